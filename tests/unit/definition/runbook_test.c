/* Inputs of a runbook: defaults, checks, --set; and the values of the block. */
#include "interpreter/base/text.h"
#include "interpreter/definition/definition.h"
#include "providers/provider.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct dr_catalogue *catalogue;
static struct dr_program *program;

static const char text[] = "Runbook:\n"
                           "  Name: orders\n"
                           "  Kind: Failback\n"
                           "  Objectives: { RTO: 5m, RPO: 0s }\n"
                           "  Impaired: [a, b]\n"
                           "  Inputs:\n"
                           "    zone: { type: string, pattern: '^Z', description: The zone }\n"
                           "    count: { type: integer, minimum: 1, maximum: 5, default: 2 }\n"
                           "    ratio: { type: number, default: 0.5 }\n"
                           "    force: { type: boolean, default: false }\n"
                           "    db: { type: object, default: {}, properties: { port: { type: integer, default: 5432 }, "
                           "host: { type: string } } }\n"
                           "    tags: { type: array, items: { type: string }, default: [] }\n"
                           "    mode: { enum: [fast, safe], default: safe }\n"
                           "StartAt: A\n"
                           "States: { A: { Type: Succeed } }\n";

static int setup(void **state)
{
    (void)state;
    struct dr_diagnostics found = {0};
    catalogue = dr_catalogue_new(dr_primitives());
    program = dr_program_parse("orders.yaml", text, strlen(text), catalogue, &found);
    return program && found.count == 0 ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    dr_program_free(program);
    dr_catalogue_free(catalogue);
    return 0;
}

/* What becomes of an input, as JSON; or the first complaint. */
static char *complete(const char *given, size_t *ret_warnings)
{
    struct dr_diagnostics found = {0};
    json_t *value = given ? dr_json_parse(given, strlen(given), NULL) : NULL;
    json_t *input = dr_runbook_input(program->runbook, value, &found);
    assert_int_equal(input == NULL, found.errors > 0);
    struct dr_text out = {0};
    if (input)
        dr_text_json(&out, input, 10000);
    else
        dr_text_printf(&out, "%u: %s", found.items[found.warnings].place.line, found.items[found.warnings].message);
    if (ret_warnings)
        *ret_warnings = found.warnings;
    json_decref(input);
    json_decref(value);
    dr_diagnostics_done(&found);
    return dr_text_take(&out);
}

static void becomes(const char *given, const char *expected)
{
    char *got = complete(given, NULL);
    assert_string_equal(got, expected);
    free(got);
}

static void the_block(void **state)
{
    (void)state;
    const struct dr_runbook *runbook = program->runbook;
    assert_string_equal(runbook->name, "orders");
    assert_int_equal(runbook->kind, DR_KIND_FAILBACK);
    assert_int_equal(runbook->rto_ms, 300000);
    assert_int_equal(runbook->rpo_ms, 0);
    assert_int_equal(runbook->impaired_count, 2);
    assert_false(runbook->require_reason);
}

static void defaults_are_filled_in(void **state)
{
    (void)state;
    becomes("{\"zone\":\"Z1\"}",
            "{\"zone\":\"Z1\",\"count\":2,\"ratio\":0.5,\"force\":false,\"db\":{},\"tags\":[],\"mode\":\"safe\"}");
    becomes("{\"zone\":\"Z1\",\"count\":3,\"ratio\":1,\"force\":true,\"db\":{\"host\":\"h\"},\"tags\":[\"a\"],\"mode\":"
            "\"fast\",\"other\":[1]}",
            "{\"zone\":\"Z1\",\"count\":3,\"ratio\":1,\"force\":true,\"db\":{\"host\":\"h\",\"port\":5432},\"tags\":["
            "\"a\"],\"mode\":\"fast\",\"other\":[1]}");
}

static void what_does_not_fit_is_told_with_the_place_of_its_declaration(void **state)
{
    (void)state;
    becomes(NULL, "7: The input \"zone\" is required");
    becomes("{}", "7: The input \"zone\" is required");
    becomes("[]", "6: The input must be an object, not a list");
    becomes("{\"zone\":\"A\"}", "7: The input \"zone\" must match the pattern ^Z");
    becomes("{\"zone\":5}", "7: The input \"zone\" must be a string, not an integer");
    becomes("{\"zone\":\"Z\",\"count\":0}", "8: The input \"count\" must be at least 1, not 0");
    becomes("{\"zone\":\"Z\",\"count\":6}", "8: The input \"count\" must be at most 5, not 6");
    becomes("{\"zone\":\"Z\",\"count\":1.5}", "8: The input \"count\" must be an integer, not a number");
    becomes("{\"zone\":\"Z\",\"tags\":[\"a\",1]}", "12: The input \"tags.1\" must be a string, not an integer");
    becomes("{\"zone\":\"Z\",\"db\":{\"port\":\"x\"}}", "11: The input \"db.port\" must be an integer, not a string");
    becomes("{\"zone\":\"Z\",\"mode\":\"slow\"}", "13: The input \"mode\" must be \"fast\" or \"safe\", not \"slow\"");
}

static void nearly_a_declared_name_is_warned_of(void **state)
{
    (void)state;
    size_t warnings;
    free(complete("{\"zone\":\"Z\",\"coutn\":3}", &warnings));
    assert_int_equal(warnings, 1);
    free(complete("{\"zone\":\"Z\",\"somethingElse\":3}", &warnings));
    assert_int_equal(warnings, 0);
}

static void sets(const char *assignment, const char *expected)
{
    struct dr_diagnostics found = {0};
    json_t *input = json_pack("{s:{s:s}}", "db", "host", "h");
    bool fine = dr_runbook_set(program->runbook, input, assignment, &found);
    assert_int_equal(fine, found.errors == 0);
    struct dr_text out = {0};
    if (fine)
        dr_text_json(&out, input, 10000);
    else
        dr_text_puts(&out, found.items[0].message);
    assert_string_equal(out.bytes, expected);
    dr_text_done(&out);
    json_decref(input);
    dr_diagnostics_done(&found);
}

static void set_converts_to_the_declared_type(void **state)
{
    (void)state;
    sets("zone=5", "{\"db\":{\"host\":\"h\"},\"zone\":\"5\"}");
    sets("zone=", "{\"db\":{\"host\":\"h\"},\"zone\":\"\"}");
    sets("zone=a=b", "{\"db\":{\"host\":\"h\"},\"zone\":\"a=b\"}");
    sets("count=5", "{\"db\":{\"host\":\"h\"},\"count\":5}");
    sets("force=true", "{\"db\":{\"host\":\"h\"},\"force\":true}");
    sets("tags=[\"x\"]", "{\"db\":{\"host\":\"h\"},\"tags\":[\"x\"]}");
    sets("db.port=1", "{\"db\":{\"host\":\"h\",\"port\":1}}");
    sets("db.host=2", "{\"db\":{\"host\":\"2\"}}");
    sets("mode=fast", "{\"db\":{\"host\":\"h\"},\"mode\":\"fast\"}");
    sets("new=1", "{\"db\":{\"host\":\"h\"},\"new\":1}");
    sets("new=word", "{\"db\":{\"host\":\"h\"},\"new\":\"word\"}");
    sets("new.deep.er={\"a\":1}", "{\"db\":{\"host\":\"h\"},\"new\":{\"deep\":{\"er\":{\"a\":1}}}}");
    sets("count=many", "--set count=many: the runbook declares it as an integer");
    sets("force=yes", "--set force=yes: the runbook declares it as a boolean");
    sets("tags=x", "--set tags=x: the runbook declares it as an array");
    sets("zone", "--set zone: expected NAME=VALUE");
    sets("=1", "--set =1: expected NAME=VALUE");
}

static void without_a_block_anything_goes(void **state)
{
    (void)state;
    static const char plain[] = "{\"StartAt\": \"A\", \"States\": {\"A\": {\"Type\": \"Succeed\"}}}";
    struct dr_diagnostics found = {0};
    struct dr_program *machine = dr_program_parse("dir/my.machine.asl.json", plain, strlen(plain), catalogue, &found);
    assert_non_null(machine);
    assert_string_equal(machine->runbook->name, "my");
    assert_int_equal(machine->runbook->rto_ms, -1);
    json_t *given = json_pack("[i]", 1), *input = dr_runbook_input(machine->runbook, given, &found);
    assert_ptr_equal(given, input);
    json_decref(given);
    json_decref(input);
    dr_program_free(machine);
    dr_diagnostics_done(&found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_block),
        cmocka_unit_test(defaults_are_filled_in),
        cmocka_unit_test(what_does_not_fit_is_told_with_the_place_of_its_declaration),
        cmocka_unit_test(nearly_a_declared_name_is_warned_of),
        cmocka_unit_test(set_converts_to_the_declared_type),
        cmocka_unit_test(without_a_block_anything_goes),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
