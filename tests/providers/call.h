/* Makes one call of a primitive as the engine would, and waits for its end.
 *
 *     struct test_call *call = test_call_start(&dr_dns_query, runtime, test_json("{'Name': 'example.com'}"));
 *     test_call_wait(call, 5000);
 *     assert_string_equal(call->error, "Dns.Timeout");
 *     test_call_done(call);
 */
#ifndef DRRUN_TESTS_PROVIDERS_CALL_H
#define DRRUN_TESTS_PROVIDERS_CALL_H

#include "interpreter/base/text.h"
#include "providers/provider.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

struct test_call {
    struct dr_call call;
    unsigned finished; /* how often: must become 1 */
    json_t *output;
    char *error, *cause;
    bool unknown;
};

static inline void test_call_finish(struct dr_call *call, json_t *output, const struct dr_error *error, bool unknown)
{
    struct test_call *test = call->engine;
    test->finished++;
    assert_int_equal(test->finished, 1);
    test->output = output ? json_incref(output) : NULL;
    test->error = error ? dr_copy_string(error->error) : NULL;
    test->cause = error ? dr_copy_string(error->cause) : NULL;
    test->unknown = unknown;
}

/* On the heap, because the call keeps pointers to itself. */
static inline struct test_call *test_call_start(const struct dr_primitive *primitive, struct dr_runtime *runtime,
                                                json_t *arguments /* steals */)
{
    struct test_call *test = dr_alloc(sizeof *test);
    assert_non_null(arguments);
    test->call = (struct dr_call){
        .primitive = primitive,
        .arguments = arguments,
        .runtime = runtime,
        .token = "01234567-89ab-cdef-0123-456789abcdef",
        .execution_id = "test",
        .state_name = "Test",
        .now_ms = runtime ? runtime->ops->now_ms(runtime) : 0,
        .deadline_ms = INT64_MAX,
        .finish = test_call_finish,
        .engine = test,
    };
    primitive->start(&test->call);
    return test;
}

/* Until it has ended; fails the test if that takes longer. */
static inline void test_call_wait(struct test_call *test, int64_t patience_ms)
{
    struct dr_runtime *runtime = test->call.runtime;
    int64_t until_ms = runtime->ops->now_ms(runtime) + patience_ms;
    while (!test->finished && runtime->ops->now_ms(runtime) < until_ms)
        (void)runtime->ops->wait(runtime, until_ms);
    if (!test->finished)
        fail_msg("the call has not ended after %lld ms", (long long)patience_ms);
}

/* Runs the loop for a while. */
static inline void test_run_for(struct dr_runtime *runtime, int64_t ms)
{
    int64_t until_ms = runtime->ops->now_ms(runtime) + ms;
    while (runtime->ops->now_ms(runtime) < until_ms)
        (void)runtime->ops->wait(runtime, until_ms);
}

static inline void test_call_done(struct test_call *test)
{
    json_decref(test->call.arguments);
    json_decref(test->output);
    free(test->error);
    free(test->cause);
    free(test);
}

/* JSON in single quotes, for tests. */
static inline json_t *test_json(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline json_t *test_json(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = dr_format_list(format, arguments), *problem = NULL;
    va_end(arguments);
    for (char *at = text; *at; at++)
        *at = *at == '\'' ? '"' : *at;
    json_t *value = dr_json_parse(text, strlen(text), &problem);
    if (!value)
        fail_msg("%s: %s", text, problem);
    free(text);
    return value;
}

static inline void assert_json_equal(const json_t *value, const char *expected_format)
{
    json_t *expected = test_json("%s", expected_format);
    struct dr_text is = {0}, must = {0};
    assert_true(dr_text_json(&is, value, 1 << 20));
    assert_true(dr_text_json(&must, expected, 1 << 20));
    assert_string_equal(is.bytes, must.bytes);
    dr_text_done(&is);
    dr_text_done(&must);
    json_decref(expected);
}

#endif
