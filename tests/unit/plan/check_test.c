/* Arguments that are computed, and known before a run. */
#include "interpreter/plan/check.h"

#include "interpreter/base/text.h"
#include "providers/provider.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void check(const char *yaml, const char *expected)
{
    struct dr_catalogue *catalogue = dr_catalogue_new(dr_primitives());
    struct dr_diagnostics found = {0};
    struct dr_program *program = dr_program_parse("t.yaml", yaml, strlen(yaml), catalogue, &found);
    assert_non_null(program);
    assert_int_equal(found.errors, 0);
    dr_reach_check(program, catalogue, &found);
    struct dr_text text = {0};
    for (size_t i = 0; i < found.count; i++)
        dr_text_printf(&text, "%u: %s\n", (unsigned)found.items[i].place.line, found.items[i].message);
    assert_string_equal(text.bytes ? text.bytes : "", expected);
    dr_text_done(&text);
    dr_program_free(program);
    dr_catalogue_free(catalogue);
    dr_diagnostics_done(&found);
}

static void what_an_expression_certainly_gives_is_checked(void **state)
{
    (void)state;
    check("QueryLanguage: JSONata\n"
          "StartAt: A\n"
          "States:\n"
          "  A: { Type: Pass, Assign: { method: 'GTE', limit: 0 }, Next: B }\n"
          "  B:\n"
          "    Type: Task\n"
          "    Resource: http:invoke\n"
          "    Arguments: { ApiEndpoint: 'http://a/', Method: '{% $method %}', MaxResponseBytes: '{% $limit + 0 %}' }\n"
          "    End: true\n",
          "5: What \"B\" gives to http:invoke: Arguments.Method must be \"GET\", \"HEAD\", \"OPTIONS\", \"POST\", "
          "\"PUT\", "
          "\"PATCH\" or \"DELETE\", not \"GTE\"\n"
          "5: What \"B\" gives to http:invoke: Arguments.MaxResponseBytes must be at least 1, not 0\n");
    check("QueryLanguage: JSONata\n"
          "StartAt: B\n"
          "States:\n"
          "  B: { Type: Task, Resource: http:invoke, Arguments: \"{% { 'ApiEndpoint': 'http://a/', 'Methd': 'GET' } "
          "%}\", "
          "End: true }\n",
          "4: What \"B\" gives to http:invoke: Arguments.Methd is not known. Did you mean \"Method\"?\n"
          "4: What \"B\" gives to http:invoke: Arguments.Method is required\n");
}

static void what_is_known_only_in_a_run_is_let_be(void **state)
{
    (void)state;
    check("QueryLanguage: JSONata\n"
          "StartAt: B\n"
          "States:\n"
          "  B:\n"
          "    Type: Task\n"
          "    Resource: http:invoke\n"
          "    Arguments: { ApiEndpoint: '{% $states.input.Url %}', Method: GET, MaxResponseBytes: '{% "
          "$states.input.Most %}', Headers: '{% $states.input.Headers %}' }\n"
          "    End: true\n",
          "");
    check("StartAt: B\n"
          "States:\n"
          "  B: { Type: Task, Resource: http:invoke, End: true }\n",
          "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_an_expression_certainly_gives_is_checked),
        cmocka_unit_test(what_is_known_only_in_a_run_is_let_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
