/* A stand-in for the engine: makes one call of a primitive and keeps what it finished with. */
#ifndef DRRUN_TESTS_UNIT_PROVIDERS_HARNESS_H
#define DRRUN_TESTS_UNIT_PROVIDERS_HARNESS_H

#include "interpreter/base/limits.h"
#include "interpreter/base/text.h"
#include "providers/provider.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct outcome {
    struct dr_call call;
    json_t *arguments;
    bool finished, unknown;
    json_t *output;
    char *error, *cause;
};

static inline void keep_outcome(struct dr_call *call, json_t *output, const struct dr_error *error, bool unknown)
{
    struct outcome *outcome = call->engine;
    assert_false(outcome->finished);
    outcome->finished = true;
    outcome->unknown = unknown;
    outcome->output = json_incref(output);
    outcome->error = error ? dr_copy_string(error->error) : NULL;
    outcome->cause = error ? dr_copy_string(error->cause) : NULL;
}

static inline json_t *parse_json(const char *text)
{
    char *problem = NULL;
    json_t *value = dr_json_parse(text, strlen(text), &problem);
    if (!value)
        fail_msg("%s: %s", text, problem);
    return value;
}

/* Starts the call; `arguments` as JSON with ' for ". */
static inline void begin_call(struct outcome *outcome, const struct dr_primitive *primitive, struct dr_runtime *runtime,
                              const char *arguments)
{
    char *text = dr_copy_string(arguments);
    for (char *at = text; *at; at++)
        if (*at == '\'')
            *at = '"';
    *outcome = (struct outcome){.arguments = parse_json(text)};
    outcome->call = (struct dr_call){
        .primitive = primitive,
        .arguments = outcome->arguments,
        .runtime = runtime,
        .token = "0f0e0d0c-0b0a-4908-8706-050403020100",
        .execution_id = "failover-1",
        .state_name = "Step",
        .directory = "/tmp",
        .now_ms = dr_runtime_now(runtime),
        .deadline_ms = INT64_MAX,
        .finish = keep_outcome,
        .engine = outcome,
    };
    free(text);
    primitive->start(&outcome->call);
}

/* And waits for it to finish. */
static inline void make_call(struct outcome *outcome, const struct dr_primitive *primitive, struct dr_runtime *runtime,
                             const char *arguments)
{
    begin_call(outcome, primitive, runtime, arguments);
    int64_t limit_ms = dr_runtime_now(runtime) + 60000;
    while (!outcome->finished && dr_runtime_now(runtime) < limit_ms && dr_runtime_wait(runtime, limit_ms))
        ;
    assert_true(outcome->finished);
}

static inline void outcome_done(struct outcome *outcome)
{
    json_decref(outcome->arguments);
    json_decref(outcome->output);
    free(outcome->error);
    free(outcome->cause);
}

static inline void assert_json_text(const json_t *value, const char *expected)
{
    struct dr_text text = {0};
    assert_true(dr_text_json(&text, value, DR_PAYLOAD_BYTES_MAX));
    assert_string_equal(text.bytes, expected);
    dr_text_done(&text);
}

static inline const char *text_member(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "(none)";
}

#endif
