/* Payload templates in both languages: values, sharing, causes, what they use, mistakes with their places. */
#include "interpreter/expression/rule.h"
#include "interpreter/expression/template.h"

#include "interpreter/expression/values.h"
#include "vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const json_t *lend(void *data)
{
    return data;
}

static void list_variable(void *data, const char *name, struct dr_place place)
{
    dr_text_printf(data, "%s%s@%u:%u", ((struct dr_text *)data)->size ? "," : "", name, place.line, place.column);
}

/* The value as JSON, "ERROR: cause", or "line:column: message (hint)" of each mistake. Ends with " uses ..." where
 * something outside the input is read. */
static char *evaluate(enum dr_language language, const char *field, const char *text, const char *input_text)
{
    struct dr_diagnostics found = {0};
    struct dr_document *document = dr_document_parse("t.yaml", text, strlen(text), &found);
    assert_non_null(document);
    struct dr_arena *arena = dr_arena_new();
    struct dr_text variables = {0}, answer = {0};
    struct dr_template_uses uses = {.variable = list_variable, .data = &variables};
    const struct dr_template *tpl = dr_template_compile(arena, document->root, language, field, &uses, &found);
    if (tpl) {
        json_t *input = dr_json_parse(input_text, strlen(input_text), NULL);
        json_t *context = json_pack("{s:{s:s}}", "Execution", "Name", "run-1"),
               *scope_variables = json_pack("{s:i}", "x", 5);
        struct dr_scope scope = {.variables = scope_variables};
        struct dr_random random = {.seed = 3};
        struct dr_view view = {.input = input,
                               .scope = &scope,
                               .context = lend,
                               .context_data = context,
                               .random = &random,
                               .now_ms = 1763694000123};
        struct dr_error error = {0};
        json_t *value = dr_template_eval(tpl, &view, &error);
        if (value) {
            dr_text_json(&answer, value, SIZE_MAX);
        } else {
            dr_text_printf(&answer, "%s: %s", error.error, error.cause);
        }
        if (variables.size) {
            dr_text_printf(&answer, " uses %s", variables.bytes);
        }
        if (uses.context) {
            dr_text_puts(&answer, " uses the context");
        }
        assert_int_equal(uses.context, dr_template_uses_context(tpl));
        json_decref(value);
        json_decref(scope_variables);
        json_decref(context);
        json_decref(input);
        dr_error_done(&error);
    } else {
        for (size_t i = 0; i < found.count; i++) {
            const struct dr_diagnostic *item = &found.items[i];
            dr_text_printf(&answer, "%s%u:%u: %s%s%s%s", i ? "; " : "", item->place.line, item->place.column,
                           item->message, item->hint ? " (" : "", item->hint ? item->hint : "", item->hint ? ")" : "");
        }
    }
    dr_text_done(&variables);
    dr_arena_free(arena);
    dr_document_free(document);
    dr_diagnostics_done(&found);
    return dr_text_take(&answer);
}

struct row {
    const char *text, *input, *answer;
};

static void check_rows(enum dr_language language, const char *field, const struct row *rows, size_t count)
{
    size_t failures = 0;
    for (size_t i = 0; i < count; i++) {
        char *answer = evaluate(language, field, rows[i].text, rows[i].input);
        if (strcmp(answer, rows[i].answer) != 0) {
            printf("%s on %s\n  wanted %s\n  got    %s\n", rows[i].text, rows[i].input, rows[i].answer, answer);
            failures++;
        }
        free(answer);
    }
    assert_int_equal(failures, 0);
}

static void jsonpath_templates(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"{a: 1, b: [x, {c: null}]}", "{}", "{\"a\":1,\"b\":[\"x\",{\"c\":null}]}"},
        {"{'a.$': $.v, b: {'c.$': '$', d: 2}}", "{\"v\":7}", "{\"a\":7,\"b\":{\"c\":{\"v\":7},\"d\":2}}"},
        {"{list: [{'i.$': $.v}, 2]}", "{\"v\":7}", "{\"list\":[{\"i\":7},2]}"},
        {"{'a.$': \"States.Format('{}', $.v)\"}", "{\"v\":7}", "{\"a\":\"7\"}"},
        {"{'a.$': '$.v[*]'}", "{}", "{\"a\":[]}"},
        {"{'a.$': $x, 'b.$': $$.Execution.Name}", "{}", "{\"a\":5,\"b\":\"run-1\"} uses x@1:9 uses the context"},
        {"{'a.$': \"States.Array($x, $$.Execution)\"}", "{}",
         "{\"a\":[5,{\"Name\":\"run-1\"}]} uses x@1:23 uses the context"},
        {"{a: $.v, b: \"{% $x %}\"}", "{}", "{\"a\":\"$.v\",\"b\":\"{% $x %}\"}"},
        {"{o: {'value.$': $.x}}", "{\"y\":[1.0]}",
         "States.Runtime: The JSONPath '$.x' specified for the field 'value.$' could not be found in the input "
         "'{\"y\":[1.0]}'"},
        {"{'value.$': $.a.b}", "{\"a\":[]}",
         "States.Runtime: The JSONPath '$.a.b' specified for the field 'value.$' could not be found in the input "
         "'{\"a\":[]}'"},
        {"{'v.$': $none}", "{}",
         "States.Runtime: The JSONPath '$none' specified for the field 'v.$' could not be found in the input '{}' uses "
         "none@1:9"},
        {"{'v.$': '$.items[5]', 'w.$': '$.items[-3]'}", "{\"items\":[1,2]}", "{\"v\":null,\"w\":null}"},
        {"{'v.$': '$.items[5].x'}", "{\"items\":[1]}",
         "States.Runtime: The JSONPath '$.items[5].x' specified for the field 'v.$' could not be found in the input "
         "'{\"items\":[1]}'"},
        {"{'v.$': $$.Execution.No}", "{}",
         "States.Runtime: The JSONPath '$$.Execution.No' specified for the field 'v.$' could not be found in the input "
         "'{\"Execution\":{\"Name\":\"run-1\"}}' uses the context"},
        {"{'v.$': $.a.sum()}", "{\"a\":[]}",
         "States.Runtime: Invalid path '$.a.sum()' : Aggregation function attempted to calculate value using empty "
         "array"},
    };
    check_rows(DR_JSONPATH, "Parameters", rows, sizeof rows / sizeof *rows);
}

static void jsonpath_mistakes(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"{'a.$': '$.x['}", "",
         "1:13: The value for the field 'a.$' must be a valid JSONPath or a valid intrinsic function call (expected a "
         "quoted key, an index, a "
         "slice, * or ?(...) between [ and ])"},
        {"{'a.$': key}", "",
         "1:9: The value for the field 'a.$' must be a valid JSONPath or a valid intrinsic function call (expected a "
         "path that begins with $ "
         "or an intrinsic function: States.Name(...))"},
        {"x:\n  a.$: 5\n", "",
         "2:8: The value for the field 'a.$' must be a String that contains a JSONPath or an intrinsic function call, "
         "but it is an integer "
         "(without .$ at the end of the key, the value is taken as it is)"},
        {"{a: 1, 'a.$': $.x}", "", "1:8: The field 'a' is given twice, as \"a\" and as \"a.$\""},
        {"x.$: >-\n  States.Format('{}',\n  $.a[)\n", "",
         "3:6: The value for the field 'x.$' must be a valid JSONPath or a valid intrinsic function call (expected a "
         "quoted key, an index, a "
         "slice, * or ?(...) between [ and ])"},
    };
    check_rows(DR_JSONPATH, "Parameters", rows, sizeof rows / sizeof *rows);
}

static void jsonata_templates(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"\"{% $states.input.v + 1 %}\"", "{\"v\":7}", "8"},
        {"{a: '{% $x %}', b: [1, '{% $states.context.Execution.Name %}']}", "{}",
         "{\"a\":5,\"b\":[1,\"run-1\"]} uses x@1:9 uses the context"},
        {"[\" {% $x %}\", \"{% $x %} \", \"{%%}x\", \"{%}\"]", "{}", "[\" {% $x %}\",\"{% $x %} \",\"{%%}x\",\"{%}\"]"},
        {"{'a.$': $.v}", "{}", "{\"a.$\":\"$.v\"}"},
        {"'{% $states.input %}'", "{\"v\":[1]}", "{\"v\":[1]}"},
        {"'{% $nothing %}'", "{}",
         "States.QueryEvaluationError: The JSONata expression '$nothing' specified for the field 'Output' returned "
         "nothing (undefined). "
         "uses nothing@1:5"},
        {"{deep: {list: [1, '{% $states.input.no %}']}}", "{}",
         "States.QueryEvaluationError: The JSONata expression '$states.input.no' specified for the field "
         "'Output/deep/list[1]' returned "
         "nothing (undefined)."},
        {"{r: '{% $randomSeeded(1) %}'}", "{}",
         "States.QueryEvaluationError: The JSONata expression '$randomSeeded(1)' specified for the field 'Output/r' "
         "threw an error during "
         "evaluation. T1006: Attempted to invoke a non-function"},
        {"'{% function($x){$x} %}'", "{}",
         "States.QueryEvaluationError: The JSONata expression 'function($x){$x}' specified for the field 'Output' "
         "returned an unsupported "
         "result type."},
        {"'{% $millis() %}'", "{}", "1763694000123"},
        {"'{% $sum := 1 %}'", "{}", "1"},
        {"'{% $states.input.items[v > 1]{k: $sum(v)} %}'", "{\"items\":[{\"k\":\"a\",\"v\":2},{\"k\":\"b\",\"v\":1}]}",
         "{\"a\":2}"},
        {"'{% $states.input.items^(v).v %}'", "{\"items\":[{\"v\":2},{\"v\":1}]}", "[1,2]"},
        {"'{% $eval(\"1\") %}'", "{}",
         "States.QueryEvaluationError: The JSONata expression '$eval(\"1\")' specified for the field 'Output' threw an "
         "error during "
         "evaluation. T1006: Attempted to invoke a non-function"},
        {"'{% $map([1,2], $string) %}'", "{}", "[\"1\",\"2\"]"},
    };
    check_rows(DR_JSONATA, "Output", rows, sizeof rows / sizeof *rows);
}

static void jsonata_mistakes(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"'{% $states.result.x %}'", "1:5: $states.result is not available in the field 'Output'"},
        {"{a: '{% $states.errorOutput %}'}", "1:9: $states.errorOutput is not available in the field 'Output/a'"},
        {"'{% phone %}'", "1:5: Reference to 'phone' at the top level is not supported (write $states.input.phone"},
        {"'{% $states.input.a + b.c[d = 1] %}'", "1:23: Reference to 'b' at the top level is not supported"},
        {"'{% $map($states.input.a, function($x){ b }) %}'", "Reference to 'b' at the top level is not supported"},
        {"'{% $$.x %}'", "1:5: Reference to '$$' is not supported"},
        {"'{% 1 + %}'", "The value for the field 'Output' must be a valid JSONata expression (S0207: "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *answer = evaluate(DR_JSONATA, "Output", rows[i][0], "{}");
        if (!strstr(answer, rows[i][1])) {
            printf("%s\n  wanted %s\n  got    %s\n", rows[i][0], rows[i][1], answer);
            fail();
        }
        free(answer);
    }
}

static void aws_functions_of_jsonata(void **state)
{
    (void)state;
#define THROWS(expression, problem)                                                                                    \
    "States.QueryEvaluationError: The JSONata expression '" expression                                                 \
    "' specified for the field 'Output' threw an error during evaluation. " problem
#define NOTHING(expression)                                                                                            \
    "States.QueryEvaluationError: The JSONata expression '" expression                                                 \
    "' specified for the field 'Output' returned nothing (undefined)."
    static const struct row rows[] = {
        {"\"{% $partition([1,2,3,4,5], 2) %}\"", "{}", "[[1,2],[3,4],[5]]"},
        {"\"{% $partition([1,2,3]) %}\"", "{}", "[[1,2,3]]"},
        {"\"{% $partition([1,2,3,4,5], 2.9) %}\"", "{}", "[[1,2],[3,4],[5]]"},
        {"\"{% $partition([1], 3) %}\"", "{}", "[[1]]"},
        {"\"{% $partition([], 2) %}\"", "{}", NOTHING("$partition([], 2)")},
        {"\"{% $partition([1,2,3], 0) %}\"", "{}", NOTHING("$partition([1,2,3], 0)")},
        {"\"{% $partition([1,2,3], -1) %}\"", "{}",
         THROWS("$partition([1,2,3], -1)", "D3137: Second argument must be zero or greater")},
        {"\"{% $range(0, 10, 2) %}\"", "{}", "[0,2,4,6,8,10]"},
        {"\"{% $range(10, 0, -2) %}\"", "{}", "[10,8,6,4,2,0]"},
        {"\"{% $range(1, 9, 9) %}\"", "{}", "1"},
        {"\"{% $range(-1.7, 2, 1) %}\"", "{}", "[-1,0,1,2]"},
        {"\"{% $range(5, 1, -1.5) %}\"", "{}", "[5,4,3,2,1]"},
        {"\"{% $range(5, 1, 1) %}\"", "{}", NOTHING("$range(5, 1, 1)")},
        {"\"{% $range(1, 5) %}\"", "{}", NOTHING("$range(1, 5)")},
        {"\"{% $hash('Hello', 'MD5') %}\"", "{}", "\"8b1a9953c4611296a827abf8c47804d7\""},
        {"\"{% $hash('Hello') %}\"", "{}", NOTHING("$hash('Hello')")},
        {"\"{% $hash('Hello', 'md5') %}\"", "{}", THROWS("$hash('Hello', 'md5')", "D3137: Invalid hashing algorithm")},
        {"\"{% $hash(42, 'MD5') %}\"", "{}",
         THROWS("$hash(42, 'MD5')", "T0410: Argument 1 of function \"hash\" does not match function signature")},
        {"\"{% $random(42) %}\"", "{}", "0.7275636800328681"},
        {"\"{% $random(0.9) = $random(0) %}\"", "{}", "true"},
        {"\"{% $random() = $random() %}\"", "{}", "false"},
        {"\"{% $parse('{\\\"b\\\":1,\\\"a\\\":[2]}') %}\"", "{}", "{\"b\":1,\"a\":[2]}"},
        {"\"{% $parse('{\\\"a\\\":1,\\\"a\\\":2}') %}\"", "{}",
         THROWS("$parse('{\"a\":1,\"a\":2}')", "D3137: Invalid JSON")},
        {"\"{% $parse('') %}\"", "{}", THROWS("$parse('')", "D3137: Invalid JSON")},
        {"\"{% $parse('[1,2] [3]') %}\"", "{}", THROWS("$parse('[1,2] [3]')", "D3137: Invalid JSON")},
        {"\"{% $parse('{\\\"n\\\":9223372036854775807}').n %}\"", "{}", "9223372036854775807"},
        {"\"{% $exists($parse('null')) %}\"", "{}", "true"},
        {"\"{% $length($uuid()) %}\"", "{}", "36"},
        {"\"{% $uuid() = $uuid() %}\"", "{}", "false"},
        {"\"{% $map(['{\\\"a\\\":1}', '{\\\"a\\\":2}'], $parse).a %}\"", "{}", "[1,2]"},
    };
    check_rows(DR_JSONATA, "Output", rows, sizeof rows / sizeof *rows);
}

static void a_part_of_a_state_is_named_in_causes(void **state)
{
    (void)state;
    struct dr_diagnostics found = {0};
    const char *text = "{Condition: '{% $states.input.n %}', Output: {v: '{% $states.input.no %}'}}";
    struct dr_document *document = dr_document_parse("t.yaml", text, strlen(text), &found);
    struct dr_arena *arena = dr_arena_new();
    json_t *input = json_pack("{s:i}", "n", 1);
    struct dr_view view = {.input = input};
    struct dr_error error = {0};
    struct dr_template_uses uses = {.inside = "Choices[1]"};
    const struct dr_rule *rule = dr_rule_compile(arena, document->root, DR_JSONATA, &uses, &found);
    assert_int_equal(dr_rule_test(rule, &view, &error), DR_RULE_ERROR);
    assert_string_equal(
        error.cause,
        "The JSONata expression '$states.input.n' specified for the field 'Choices[1]/Condition' returned an "
        "unexpected result type. Expected 'boolean', but was 'number' for value: 1");
    const struct dr_template *output =
        dr_template_compile(arena, dr_node_member(document->root, "Output"), DR_JSONATA, "Output", &uses, &found);
    assert_null(dr_template_eval(output, &view, &error));
    assert_string_equal(
        error.cause, "The JSONata expression '$states.input.no' specified for the field 'Choices[1]/Output/v' returned "
                     "nothing (undefined).");
    dr_error_done(&error);
    json_decref(input);
    dr_arena_free(arena);
    dr_document_free(document);
    dr_diagnostics_done(&found);
}

static void an_unknown_function_is_a_warning(void **state)
{
    (void)state;
    struct dr_diagnostics found = {0};
    const char *text = "'{% ($f := function($x){$x}; $f(1) + $summ([1])) %}'";
    struct dr_document *document = dr_document_parse("t.yaml", text, strlen(text), &found);
    struct dr_arena *arena = dr_arena_new();
    assert_non_null(dr_template_compile(arena, document->root, DR_JSONATA, "Output", NULL, &found));
    assert_int_equal(found.count, 1);
    assert_int_equal(found.warnings, 1);
    assert_int_equal(found.items[0].place.column, 38);
    assert_string_equal(found.items[0].message, "there is no JSONata function $summ: the call will fail");
    assert_string_equal(found.items[0].hint, "did you mean $sum?");
    dr_arena_free(arena);
    dr_document_free(document);
    dr_diagnostics_done(&found);
}

/* What is constant is built once and shared by every result. */
static void constants_are_shared(void **state)
{
    (void)state;
    struct dr_diagnostics found = {0};
    const char *text = "{fixed: {a: [1, 2]}, 'v.$': $.big}";
    struct dr_document *document = dr_document_parse("t.yaml", text, strlen(text), &found);
    struct dr_arena *arena = dr_arena_new();
    const struct dr_template *tpl = dr_template_compile(arena, document->root, DR_JSONPATH, "Parameters", NULL, &found);
    json_t *input = json_pack("{s:[i,i]}", "big", 1, 2);
    struct dr_view view = {.input = input};
    struct dr_error error = {0};
    json_t *one = dr_template_eval(tpl, &view, &error), *two = dr_template_eval(tpl, &view, &error);
    assert_ptr_equal(json_object_get(one, "fixed"), json_object_get(two, "fixed"));
    assert_ptr_equal(json_object_get(one, "v"), json_object_get(input, "big"));
    assert_null(dr_template_constant(tpl));
    assert_int_equal(dr_template_depth(tpl), 3);
    json_decref(one);
    json_decref(two);
    json_decref(input);
    const struct dr_template *constant =
        dr_template_compile(arena, dr_node_member(document->root, "fixed"), DR_JSONATA, "Output", NULL, &found);
    assert_non_null(dr_template_constant(constant));
    dr_arena_free(arena);
    dr_document_free(document);
    dr_diagnostics_done(&found);
}

static void a_path_field_is_a_template(void **state)
{
    (void)state;
    struct dr_diagnostics found = {0};
    const char *text = "{CausePath: \"States.Format('{}!', $.c)\", ErrorPath: $.e, Bad: 5}";
    struct dr_document *document = dr_document_parse("t.yaml", text, strlen(text), &found);
    struct dr_arena *arena = dr_arena_new();
    json_t *input = json_pack("{s:s}", "c", "why");
    struct dr_view view = {.input = input};
    struct dr_error error = {0};
    const struct dr_template *cause =
        dr_template_compile_path(arena, dr_node_member(document->root, "CausePath"), "CausePath", NULL, &found);
    json_t *value = dr_template_eval(cause, &view, &error);
    assert_string_equal(json_string_value(value), "why!");
    json_decref(value);
    const struct dr_template *name =
        dr_template_compile_path(arena, dr_node_member(document->root, "ErrorPath"), "ErrorPath", NULL, &found);
    assert_null(dr_template_eval(name, &view, &error));
    assert_string_equal(
        error.cause,
        "The JSONPath '$.e' specified for the field 'ErrorPath' could not be found in the input '{\"c\":\"why\"}'");
    assert_null(dr_template_compile_path(arena, dr_node_member(document->root, "Bad"), "Bad", NULL, &found));
    assert_int_equal(found.errors, 1);
    dr_error_done(&error);
    json_decref(input);
    dr_arena_free(arena);
    dr_document_free(document);
    dr_diagnostics_done(&found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jsonpath_templates),
        cmocka_unit_test(jsonpath_mistakes),
        cmocka_unit_test(jsonata_templates),
        cmocka_unit_test(jsonata_mistakes),
        cmocka_unit_test(aws_functions_of_jsonata),
        cmocka_unit_test(a_part_of_a_state_is_named_in_causes),
        cmocka_unit_test(an_unknown_function_is_a_warning),
        cmocka_unit_test(constants_are_shared),
        cmocka_unit_test(a_path_field_is_a_template),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
