/* AWS calls as told on stdin, on the real runtime; their outcomes on stdout. For client_test.py and others who want to
 * see what the client does.
 *
 *   {"models": {"rds": {"service": {...}, "paginators": {...}, "rules": {...}}},
 *    "environment": {"AWS_ENDPOINT_URL": "http://127.0.0.1:8000", ...},     all that there is
 *    "calls": [{"service", "operation", "input", "region", "identity": {"key", "secret", "token"}, "anonymous",
 * "token", "userAgent", "deadlineMs", "attemptTimeoutMs", "connectTimeoutMs", "mayRepeat", "allPages",
 *               "cancelAfterMs"}],
 *    "together": true}                                                       all at once; else one after the other */
#include "interpreter/base/text.h"
#include "interpreter/runtime/real.h"
#include "providers/aws/client/client.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *environment;

static const char *get_environment(const char *name)
{
    return json_string_value(json_object_get(environment, name));
}

struct one {
    json_t *outcome;
    struct dr_runtime *runtime;
    struct dr_aws_calling *calling;
    size_t *left;
};

static json_t *text_or_null(const char *text)
{
    return text ? json_string(text) : json_null();
}

static json_t *show_error(const struct dr_aws_error *error)
{
    return error ? json_pack("{ss ss ss si sb sO}", "code", error->code, "message", error->message, "requestId",
                             error->request_id, "status", error->status, "isModelled", (int)error->is_modelled_answer,
                             "details", error->details)
                 : json_null();
}

static void came(void *data, const struct dr_aws_outcome *outcome)
{
    struct one *one = data;
    json_t *attempts = json_array();
    for (size_t i = 0; i < outcome->attempt_count; i++) {
        const struct dr_aws_attempt *attempt = &outcome->attempts[i];
        json_array_append_new(attempts,
                              json_pack("{si ss ss sI sI}", "status", attempt->status, "requestId", attempt->request_id,
                                        "code", attempt->code, "startedMs", (json_int_t)attempt->started_ms, "tookMs",
                                        (json_int_t)attempt->took_ms));
    }
    one->outcome = json_pack(
        "{sO? so so so so sb sb so so so sI si si}", "output", outcome->output, "error", show_error(outcome->error),
        "problem", text_or_null(outcome->problem), "problemKind", text_or_null(outcome->problem_kind), "note",
        text_or_null(outcome->note), "unknown", (int)outcome->unknown, "throttled", (int)outcome->throttled, "region",
        text_or_null(outcome->region), "host", text_or_null(outcome->host), "attempts", attempts, "pages",
        (json_int_t)outcome->pages, "status", outcome->status, "headers", (int)outcome->header_count);
    assert(one->outcome);
    one->calling = NULL;
    (*one->left)--;
}

static void give_up(void *data)
{
    struct one *one = data;
    if (!one->calling)
        return;
    dr_aws_call_cancel(one->calling);
    one->calling = NULL;
    one->outcome = json_string("cancelled");
    (*one->left)--;
}

static const char *text_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static int64_t number_of(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static void start(struct dr_aws *aws, struct one *one, const json_t *call)
{
    char *problem = NULL;
    const struct dr_aws_model *model = dr_aws_models_find(dr_aws_models(aws), text_of(call, "service"), &problem);
    const struct dr_aws_operation *operation = model ? dr_aws_model_operation(model, text_of(call, "operation")) : NULL;
    if (!operation) {
        fprintf(stderr, "no such operation: %s\n", problem ? problem : text_of(call, "operation"));
        exit(2);
    }
    const json_t *who = json_object_get(call, "identity");
    struct dr_aws_identity identity = {.access_key_id = dr_copy_string(text_of(who, "key")),
                                       .secret_access_key = dr_copy_string(text_of(who, "secret")),
                                       .session_token = dr_copy_string(text_of(who, "token")),
                                       .expires_ms = INT64_MAX};
    int64_t deadline_ms = number_of(call, "deadlineMs"), cancel_ms = number_of(call, "cancelAfterMs");
    one->calling =
        dr_aws_call_start(aws, one->runtime,
                          &(struct dr_aws_call){
                              .operation = operation,
                              .input = json_object_get(call, "input"),
                              .region = text_of(call, "region"),
                              .identity = who ? &identity : NULL,
                              .anonymous = json_is_true(json_object_get(call, "anonymous")),
                              .token = text_of(call, "token"),
                              .user_agent = text_of(call, "userAgent"),
                              .deadline_ms = deadline_ms ? dr_runtime_now(one->runtime) + deadline_ms : INT64_MAX,
                              .attempt_timeout_ms = number_of(call, "attemptTimeoutMs"),
                              .connect_timeout_ms = number_of(call, "connectTimeoutMs"),
                              .may_repeat = json_is_true(json_object_get(call, "mayRepeat")),
                              .all_pages = json_is_true(json_object_get(call, "allPages")),
                          },
                          came, one);
    dr_aws_identity_done(&identity);
    if (cancel_ms)
        dr_runtime_timer(one->runtime, dr_runtime_now(one->runtime) + cancel_ms, give_up, one);
}

static void add_models(struct dr_aws *aws, const json_t *models)
{
    const char *name;
    json_t *model;
    json_object_foreach((json_t *)(uintptr_t)models, name, model)
    {
        char *problem = NULL;
        if (!dr_aws_models_add(dr_aws_models(aws), name, json_object_get(model, "service"),
                               json_object_get(model, "paginators"), json_object_get(model, "rules"), &problem)) {
            fprintf(stderr, "%s: %s\n", name, problem);
            exit(2);
        }
    }
}

static json_t *read_all(FILE *file)
{
    struct dr_text text = {0};
    char buffer[65536];
    for (size_t size; (size = fread(buffer, 1, sizeof buffer, file)) > 0;)
        dr_text_add(&text, buffer, size);
    char *problem = NULL;
    json_t *value = dr_json_parse(text.bytes ? text.bytes : "", text.size, &problem);
    if (!value) {
        fprintf(stderr, "stdin: %s\n", problem);
        exit(2);
    }
    dr_text_done(&text);
    return value;
}

int main(void)
{
    json_t *told = read_all(stdin);
    const json_t *calls = json_object_get(told, "calls");
    environment = json_object_get(told, "environment");
    char *problem = NULL;
    struct dr_runtime *runtime = dr_runtime_real_new(&problem);
    if (!runtime) {
        fprintf(stderr, "%s\n", problem);
        return 2;
    }
    struct dr_aws *aws = dr_aws_new(&(struct dr_aws_options){.environment = get_environment});
    add_models(aws, json_object_get(told, "models"));
    size_t count = json_array_size(calls), left = 0;
    struct one *all = dr_alloc((count + 1) * sizeof *all);
    bool together = json_is_true(json_object_get(told, "together"));
    for (size_t i = 0; i < count; i++) {
        all[i].runtime = runtime;
        all[i].left = &left;
        left++;
        start(aws, &all[i], json_array_get(calls, i));
        while (!together && left > 0)
            dr_runtime_wait(runtime, INT64_MAX);
    }
    while (left > 0)
        dr_runtime_wait(runtime, INT64_MAX);
    json_t *outcomes = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(outcomes, all[i].outcome);
    struct dr_text text = {0};
    dr_text_json(&text, outcomes, SIZE_MAX);
    puts(text.bytes);
    dr_text_done(&text);
    json_decref(outcomes);
    json_decref(told);
    free(all);
    dr_aws_free(aws);
    dr_runtime_free(runtime);
    return 0;
}
