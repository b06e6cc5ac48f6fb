/* dns:query in virtual time: what the simulation says is the answer, and what it does not know is no answer. */
#include "tests/support/lab.h"

#include "interpreter/base/text.h"
#include "interpreter/runtime/virtual.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <string.h>

#define RUNBOOK(name)                                                                                                  \
    "{\"StartAt\": \"Ask\", \"States\": {\"Ask\": {\"Type\": \"Task\", \"Resource\": \"dns:query\", \"End\": true, "   \
    "\"Parameters\": {\"Name\": \"" name "\"}}}}"

static json_t *resolve(void *data, const char *name, const char *type, int64_t now_ms)
{
    (void)data;
    assert_true(now_ms > 0);
    if (strcmp(name, "gone.test") == 0)
        return json_pack("{s:s,s:[]}", "Status", "NXDOMAIN", "Answers");
    if (strcmp(name, "ill.test") == 0)
        return json_pack("{s:s,s:[]}", "Status", "SERVFAIL", "Answers");
    if (strcmp(name, "www.test") != 0)
        return NULL;
    return json_pack("{s:s,s:[{s:s,s:s,s:i,s:s}]}", "Status", "NOERROR", "Answers", "Name", name, "Type", type, "Ttl",
                     60, "Value", "192.0.2.1");
}

static json_t *run(const char *runbook, const struct dr_virtual_script *script)
{
    struct dr_lab lab = {.store = dr_store_memory(), .script = script};
    json_t *input = json_object(), *result = dr_lab_run(&lab, "run.json", runbook, input);
    json_decref(input);
    dr_store_free(lab.store);
    dr_lab_done(&lab);
    return result;
}

static const char *text(const json_t *result, const char *key)
{
    const char *found = json_string_value(json_object_get(result, key));
    return found ? found : "";
}

static const struct dr_virtual_script with_names = {.resolve = resolve};

static void the_simulation_answers(void **state)
{
    (void)state;
    json_t *result = run(RUNBOOK("www.test"), &with_names), *output = json_object_get(result, "output");
    assert_string_equal(text(result, "status"), "SUCCEEDED");
    assert_string_equal(text(output, "Status"), "NOERROR");
    assert_string_equal(text(output, "Server"), "the system's resolver");
    assert_true(json_is_false(json_object_get(output, "Authoritative")));
    assert_string_equal(text(json_array_get(json_object_get(output, "Answers"), 0), "Value"), "192.0.2.1");
    json_decref(result);
    result = run(RUNBOOK("gone.test"), &with_names);
    assert_string_equal(text(json_object_get(result, "output"), "Status"), "NXDOMAIN");
    json_decref(result);
}

static void what_it_cannot_answer_is_an_error(void **state)
{
    (void)state;
    static const struct dr_virtual_script without_names = {.http = NULL};
    json_t *result = run(RUNBOOK("other.test"), &with_names);
    assert_string_equal(text(result, "error"), "Drrun.NotSimulated");
    json_decref(result);
    result = run(RUNBOOK("www.test"), &without_names);
    assert_string_equal(text(result, "error"), "Drrun.NotSimulated");
    json_decref(result);
    result = run(RUNBOOK("ill.test"), &with_names);
    assert_string_equal(text(result, "error"), "Dns.ServerFailure");
    json_decref(result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_simulation_answers),
        cmocka_unit_test(what_it_cannot_answer_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
