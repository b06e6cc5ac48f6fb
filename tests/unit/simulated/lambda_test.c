/* Lambda in the simulated cloud: answers, errors, versions and aliases, throttles, and the action lambda.invoke. */
#include "tests/support/simulated.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define EAST "us-east-1"
#define WORLD                                                                                                          \
    "Account: '111122223333'\n"                                                                                        \
    "Regions:\n"                                                                                                       \
    "  us-east-1:\n"                                                                                                   \
    "    lambda:\n"                                                                                                    \
    "      Functions:\n"                                                                                               \
    "        hello: { Answer: { text: \"{% 'Hello ' & $event.name %}\", n: 1 }, Versions: 2, Aliases: { live: '2' } "  \
    "}\n"                                                                                                              \
    "        broken: { Error: { Type: NotReady, Message: come back later } }\n"                                        \
    "        slow: { Seconds: 9, Timeout: 4, Answer: never }\n"                                                        \
    "        none: { Concurrency: 0 }\n"

static json_t *run(struct dr_simulated *world, const char *arguments)
{
    return dr_simulated_run(world, EAST, "lambda.invoke", arguments);
}

static void a_function_answers_its_event(void **state)
{
    (void)state;
    struct dr_simulated world;
    dr_simulated_open(&world, WORLD);
    for (int i = 0; i < 2; i++) {
        json_t *result = run(&world, "{'FunctionName': 'hello:live', 'Payload': {'name': 'Ada'}}");
        assert_string_equal(dr_simulated_text(result, "/status"), "SUCCEEDED");
        assert_string_equal(dr_simulated_text(result, "/output/Payload/text"), "Hello Ada");
        assert_string_equal(dr_simulated_text(result, "/output/ExecutedVersion"), "2");
        json_decref(result);
    }
    json_decref(dr_simulated_expect(&world, EAST, "lambda", "Invoke", "{'FunctionName': 'hello', 'Payload': 'x'}",
                                    "InvalidRequestContentException"));
    json_t *event = dr_simulated_expect(&world, EAST, "lambda", "Invoke",
                                        "{'FunctionName': 'hello', 'InvocationType': 'Event'}", NULL);
    assert_int_equal(json_integer_value(dr_simulated_at(event, "/StatusCode")), 202);
    json_decref(event);
    dr_simulated_close(&world);
}

static void its_errors_are_the_tasks(void **state)
{
    (void)state;
    struct dr_simulated world;
    dr_simulated_open(&world, WORLD);
    json_t *result = run(&world, "{'FunctionName': 'broken'}");
    assert_string_equal(dr_simulated_text(result, "/error"), "NotReady");
    json_decref(result);
    result = run(&world, "{'FunctionName': 'missing'}");
    assert_string_equal(dr_simulated_text(result, "/error"), "Lambda.ResourceNotFoundException");
    json_decref(result);
    int64_t began = world.now_ms;
    result = run(&world, "{'FunctionName': 'slow'}");
    assert_string_equal(dr_simulated_text(result, "/status"), "FAILED");
    assert_true(world.now_ms - began >= 4000 && world.now_ms - began < 5000);
    json_decref(result);
    result = run(&world, "{'FunctionName': 'none'}"); /* after the action's own retries */
    assert_string_equal(dr_simulated_text(result, "/error"), "Lambda.TooManyRequestsException");
    json_decref(result);
    dr_simulated_close(&world);
}

static void aliases_and_versions_are_kept(void **state)
{
    (void)state;
    struct dr_simulated world;
    dr_simulated_open(&world, WORLD);
    json_t *alias = dr_simulated_expect(&world, EAST, "lambda", "UpdateAlias",
                                        "{'FunctionName': 'hello', 'Name': 'live', 'FunctionVersion': '1'}", NULL);
    assert_string_equal(dr_simulated_text(alias, "/FunctionVersion"), "1");
    json_decref(alias);
    json_decref(dr_simulated_expect(&world, EAST, "lambda", "UpdateAlias",
                                    "{'FunctionName': 'hello', 'Name': 'live', 'FunctionVersion': '7'}",
                                    "ResourceNotFoundException"));
    json_t *page = dr_simulated_expect(&world, EAST, "lambda", "ListFunctions", "{'MaxItems': 3}", NULL);
    assert_int_equal(json_array_size(dr_simulated_at(page, "/Functions")), 3);
    assert_true(*dr_simulated_text(page, "/NextMarker") != '\0');
    json_decref(page);
    json_t *function = dr_simulated_expect(&world, EAST, "lambda", "GetFunction", "{'FunctionName': 'none'}", NULL);
    assert_int_equal(json_integer_value(dr_simulated_at(function, "/Concurrency/ReservedConcurrentExecutions")), 0);
    json_decref(function);
    json_decref(
        dr_simulated_expect(&world, EAST, "lambda", "DeleteFunctionConcurrency", "{'FunctionName': 'none'}", NULL));
    json_decref(dr_simulated_expect(&world, EAST, "lambda", "Invoke", "{'FunctionName': 'none'}", NULL));
    dr_simulated_close(&world);
}

static void expressions_are_checked_when_the_world_is_read(void **state)
{
    (void)state;
    char *problem =
        dr_simulated_problem("Regions: { us-east-1: { lambda: { Functions: { f: { Answer: '{% 1 + %}' } } } } }");
    assert_non_null(problem);
    assert_non_null(strstr(problem, "lambda.Functions.f.Answer"));
    free(problem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_function_answers_its_event),
        cmocka_unit_test(its_errors_are_the_tasks),
        cmocka_unit_test(aliases_and_versions_are_kept),
        cmocka_unit_test(expressions_are_checked_when_the_world_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
