/* AssumeRole, with a code from a person where the role wants one. */
#include "interpreter/base/text.h"
#include "providers/aws/credentials/ask.h"

#include <stdlib.h>

struct assume {
    struct dr_aws_search search;
    struct dr_aws_quest quest;
    char *role_arn, *source;
    json_t *input;
    struct dr_aws_identity identity;
    struct dr_aws_prompt *prompt;
    struct dr_aws_question *question;
    struct dr_handle *timer; /* where nothing can be started, that is said later too */
    char *problem;
    dr_aws_finding_fn *fn;
    void *data;
};

static void assume_free(struct assume *assume)
{
    free(assume->role_arn);
    free(assume->source);
    free(assume->problem);
    dr_aws_json_wipe(assume->input);
    json_decref(assume->input);
    dr_aws_identity_done(&assume->identity);
    free(assume);
}

static void cancel(struct dr_aws_search *search)
{
    struct assume *assume = (struct assume *)search;
    dr_aws_prompt_cancel(assume->prompt);
    dr_aws_ask_cancel(assume->question);
    if (assume->timer)
        dr_runtime_cancel(assume->quest.runtime, assume->timer);
    assume_free(assume);
}

static void answer(struct assume *assume, struct dr_aws_finding *finding)
{
    dr_aws_finding_fn *fn = assume->fn;
    void *data = assume->data;
    assume_free(assume);
    fn(data, finding);
}

static void fail(struct assume *assume, const char *problem)
{
    struct dr_aws_finding finding = {0};
    dr_aws_failed(&finding, "%s", problem);
    answer(assume, &finding);
}

static void fail_later(void *data)
{
    struct assume *assume = data;
    assume->timer = NULL;
    fail(assume, assume->problem);
}

static void assumed(void *data, const struct dr_aws_outcome *outcome)
{
    struct assume *assume = data;
    struct dr_aws_finding finding = {0};
    char *problem = NULL;
    assume->question = NULL;
    if (!outcome->output)
        problem = dr_aws_ask_problem(outcome);
    else if (dr_aws_ask_identity(outcome, &finding.identity, &problem)) {
        finding.kind = DR_AWS_FOUND;
        finding.source = assume->source;
        assume->source = NULL;
        answer(assume, &finding);
        return;
    }
    dr_aws_failed(&finding, "AssumeRole of %s: %s", assume->role_arn, problem);
    finding.expired = dr_aws_ask_is_error(outcome, "ExpiredToken");
    free(problem);
    answer(assume, &finding);
}

/* NULL: it is under way. */
static char *start_call(struct assume *assume)
{
    char *problem = NULL;
    json_t *input = assume->input;
    assume->input = NULL;
    assume->question =
        dr_aws_ask(&assume->quest,
                   (struct dr_aws_asking){
                       .service = "sts", .operation = "AssumeRole", .input = input, .identity = &assume->identity},
                   assumed, assume, &problem);
    return problem;
}

static void code_typed(void *data, const char *code, const char *problem)
{
    struct assume *assume = data;
    assume->prompt = NULL;
    char *own = NULL;
    if (code) {
        json_object_set_new(assume->input, "TokenCode", json_string(code));
        own = start_call(assume);
    }
    if (!code || own)
        fail(assume, own ? own : problem);
    free(own);
}

static char *start_prompt(struct assume *assume, const char *mfa_serial)
{
    char *problem = NULL;
    char *question = dr_format("MFA code of %s:", mfa_serial);
    assume->prompt = dr_aws_prompt_start(&assume->quest, question, code_typed, assume, &problem);
    char *whole = problem
                      ? dr_format("the role %s needs the code of %s, and %s. Without a person, use another profile, "
                                  "or one whose credential_process has a session already",
                                  assume->role_arn, mfa_serial, problem)
                      : NULL;
    free(question);
    free(problem);
    return whole;
}

static void set_text(json_t *input, const char *name, const char *value)
{
    if (value)
        json_object_set_new(input, name, json_string(value));
}

struct dr_aws_search *dr_aws_assume_start(const struct dr_aws_quest *quest, const struct dr_aws_assuming *assuming,
                                          dr_aws_finding_fn *fn, void *data)
{
    struct assume *assume = dr_alloc(sizeof *assume);
    *assume = (struct assume){.search = {cancel},
                              .quest = *quest,
                              .role_arn = dr_copy_string(assuming->role_arn),
                              .source = dr_copy_string(assuming->source),
                              .input = json_object(),
                              .fn = fn,
                              .data = data};
    char *session = dr_aws_session_name_clean(assuming->session_name);
    dr_aws_identity_copy(&assume->identity, assuming->identity);
    set_text(assume->input, "RoleArn", assuming->role_arn);
    set_text(assume->input, "RoleSessionName", session);
    set_text(assume->input, "ExternalId", assuming->external_id);
    set_text(assume->input, "SerialNumber", assuming->mfa_serial);
    if (assuming->duration_s > 0)
        json_object_set_new(assume->input, "DurationSeconds", json_integer(assuming->duration_s));
    assume->problem = assuming->mfa_serial ? start_prompt(assume, assuming->mfa_serial) : start_call(assume);
    if (assume->problem)
        assume->timer = dr_runtime_timer(quest->runtime, dr_runtime_now(quest->runtime), fail_later, assume);
    free(session);
    return &assume->search;
}
