/* The calls of AWS that credentials are made of. */
#include "providers/aws/credentials/ask.h"

#include "interpreter/base/text.h"

#include <stdlib.h>
#include <string.h>

enum { DEADLINE_MS = 30000, ATTEMPT_MS = 10000, MESSAGE_BYTES_MAX = 400 };

struct dr_aws_question {
    json_t *input;
    struct dr_aws_calling *calling;
    dr_aws_call_fn *fn;
    void *data;
};

static void question_free(struct dr_aws_question *question)
{
    dr_aws_json_wipe(question->input);
    json_decref(question->input);
    free(question);
}

static void answered(void *data, const struct dr_aws_outcome *outcome)
{
    struct dr_aws_question *question = data;
    dr_aws_call_fn *fn = question->fn;
    void *theirs = question->data;
    question_free(question);
    fn(theirs, outcome);
    if (outcome->output)
        dr_aws_json_wipe(outcome->output); /* the answer is made of secrets */
}

struct dr_aws_question *dr_aws_ask(const struct dr_aws_quest *quest, struct dr_aws_asking asking, dr_aws_call_fn *fn,
                                   void *data, char **ret_problem)
{
    const struct dr_aws_model *model = dr_aws_models_find(dr_aws_models(quest->aws), asking.service, ret_problem);
    const struct dr_aws_operation *operation = model ? dr_aws_model_operation(model, asking.operation) : NULL;
    if (model && !operation)
        *ret_problem =
            dr_format("the model of %s (%s) does not know %s", asking.service, model->origin, asking.operation);
    if (!operation || !asking.input) {
        if (operation)
            *ret_problem = dr_copy_string("a setting is not UTF-8");
        dr_aws_json_wipe(asking.input);
        json_decref(asking.input);
        return NULL;
    }
    struct dr_aws_question *question = dr_alloc(sizeof *question);
    *question = (struct dr_aws_question){.input = asking.input, .fn = fn, .data = data};
    const struct dr_aws_call call = {
        .operation = operation,
        .input = asking.input,
        .region = asking.region ? asking.region : dr_aws_ask_region(quest),
        .identity = asking.identity,
        .anonymous = asking.identity == NULL,
        .deadline_ms = dr_runtime_now(quest->runtime) + DEADLINE_MS,
        .attempt_timeout_ms = ATTEMPT_MS,
        .may_repeat = true, /* each answer is good on its own: a session more, or a token */
    };
    question->calling = dr_aws_call_start(quest->aws, quest->runtime, &call, answered, question);
    return question;
}

void dr_aws_ask_cancel(struct dr_aws_question *question)
{
    if (!question)
        return;
    dr_aws_call_cancel(question->calling);
    question_free(question);
}

char *dr_aws_ask_problem(const struct dr_aws_outcome *outcome)
{
    const struct dr_aws_error *error = outcome->error;
    struct dr_text text = {0};
    if (error)
        dr_text_printf(&text, "%s: %s", *error->code ? error->code : "no error code", error->message);
    else
        dr_text_puts(&text, outcome->problem ? outcome->problem : "no reason is known");
    if (outcome->host && *outcome->host)
        dr_text_printf(&text, " (%s)", outcome->host);
    char *line = dr_aws_one_line(text.bytes, text.size, MESSAGE_BYTES_MAX);
    dr_text_done(&text);
    return line;
}

bool dr_aws_ask_is_error(const struct dr_aws_outcome *outcome, const char *code)
{
    return outcome->error && strncmp(outcome->error->code, code, strlen(code)) == 0;
}

/* "arn:aws:sts::123456789012:assumed-role/..." -> "123456789012". Owned by the caller; NULL: none. */
static char *account_of(const char *arn)
{
    for (unsigned colon = 0; arn && colon < 4; colon++) {
        arn = strchr(arn, ':');
        arn += arn != NULL;
    }
    return arn && strcspn(arn, ":") > 0 ? dr_copy_bytes(arn, strcspn(arn, ":")) : NULL;
}

bool dr_aws_ask_identity(const struct dr_aws_outcome *outcome, struct dr_aws_identity *ret_identity, char **ret_problem)
{
    const json_t *user = json_object_get(outcome->output, "AssumedRoleUser");
    char *problem = NULL;
    if (!dr_aws_identity_read(json_object_get(outcome->output, "Credentials"), "SessionToken", ret_identity,
                              &problem)) {
        *ret_problem = dr_format("the answer cannot be used: of its Credentials, %s", problem);
        free(problem);
        return false;
    }
    if (!ret_identity->account_id)
        ret_identity->account_id = account_of(json_string_value(json_object_get(user, "Arn")));
    return true;
}

const char *dr_aws_ask_region(const struct dr_aws_quest *quest)
{
    static const char *const pseudo[][2] = {{"aws-cn-global", "cn-northwest-1"},
                                            {"aws-us-gov-global", "us-gov-west-1"},
                                            {"aws-iso-global", "us-iso-east-1"},
                                            {"aws-iso-b-global", "us-isob-east-1"}};
    const char *asked = quest->region, *region = dr_aws_settings_region(quest->settings);
    if (asked && !strstr(asked, "-global"))
        return asked;
    for (size_t i = 0; asked && !region && i < sizeof pseudo / sizeof *pseudo; i++)
        if (strcmp(asked, pseudo[i][0]) == 0)
            region = pseudo[i][1];
    return region ? region : "us-east-1"; /* as the SDKs: STS's global endpoint is there */
}
