/* What the header promises to those who embed the library: host functions, variables, time and randomness from outside,
 * exact integers, places of errors, and what a checker can ask. */
#include "interpreter/expression/jsonata/jsonata.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct jsonata *compile(const char *text)
{
    struct jsonata_error error;
    struct jsonata *program = jsonata_compile(text, strlen(text), NULL, &error);
    if (!program)
        print_error("%s: %s %s\n", text, error.code, error.message);
    assert_non_null(program);
    return program;
}

/* The result as compact JSON, or the error's code; valid until the next call. */
static const char *evaluate(const char *text, const char *input, const char *bindings,
                            const struct jsonata_environment *environment)
{
    static char said[512];
    struct jsonata_error error = {.code = ""};
    struct jsonata *program = compile(text);
    json_t *data = input ? json_loads(input, JSON_DECODE_ANY, NULL) : NULL;
    json_t *bound = bindings ? json_loads(bindings, 0, NULL) : NULL, *value = NULL;
    assert_true(!input == !data);
    enum jsonata_status status = jsonata_eval(program, data, bound, environment, &value, &error);
    char *printed = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
    const char *otherwise = status == JSONATA_ERROR      ? error.code
                            : status == JSONATA_FUNCTION ? "function"
                                                         : "undefined";
    (void)snprintf(said, sizeof said, "%s", printed ? printed : otherwise);
    free(printed);
    json_decref(value);
    json_decref(bound);
    json_decref(data);
    jsonata_free(program);
    return said;
}

/* --- values
 * -------------------------------------------------------------------------------------------------------------- */

static void integers_stay_exact(void **state)
{
    (void)state;
    static const char big[] = "{\"a\":9007199254740993,\"b\":[-9223372036854775808,9223372036854775807]}";
    assert_string_equal(evaluate("a", big, NULL, NULL), "9007199254740993");
    assert_string_equal(evaluate("b", big, NULL, NULL), "[-9223372036854775808,9223372036854775807]");
    assert_string_equal(evaluate("{\"x\":[b[1],a]}", big, NULL, NULL),
                        "{\"x\":[9223372036854775807,9007199254740993]}");
    assert_string_equal(evaluate("$sort(b.$)[1]", big, NULL, NULL), "9223372036854775807");
    assert_string_equal(evaluate("$max(b)", big, NULL, NULL), "9223372036854775807");
    assert_string_equal(evaluate("$string(a)", big, NULL, NULL), "\"9007199254740993\"");
    assert_string_equal(evaluate("a = 9007199254740992", big, NULL, NULL), "true"); /* as doubles */
    assert_string_equal(evaluate("$distinct([a, a])", big, NULL, NULL), "[9007199254740993]");
}

static void numbers_come_out_as_integers_where_they_are(void **state)
{
    (void)state;
    assert_string_equal(evaluate("1.0", NULL, NULL, NULL), "1");
    assert_string_equal(evaluate("[0.5 * 4, 7 / 2, -0, 1e15]", NULL, NULL, NULL), "[2,3.5,0,1000000000000000]");
    assert_string_equal(evaluate("a = b", "{\"a\":1,\"b\":1.0}", NULL, NULL), "true");
    assert_string_equal(evaluate("{\"x\":a} = {\"x\":b}", "{\"a\":1,\"b\":1.0}", NULL, NULL), "true");
    assert_string_equal(evaluate("1/0", NULL, NULL, NULL), "D1001");
    assert_string_equal(evaluate("[0/0]", NULL, NULL, NULL), "D1001");
}

static void results_share_the_input(void **state)
{
    (void)state;
    json_t *input = json_loads("{\"a\":{\"b\":[1,2]}}", 0, NULL), *value = NULL;
    struct jsonata *program = compile("{\"same\": a}");
    assert_int_equal(jsonata_eval(program, input, NULL, NULL, &value, NULL), JSONATA_OK);
    assert_ptr_equal(json_object_get(value, "same"), json_object_get(input, "a"));
    json_decref(value);
    jsonata_free(program);
    program = compile("$ ~> |a|{\"c\":1},\"b\"|");
    assert_int_equal(jsonata_eval(program, input, NULL, NULL, &value, NULL), JSONATA_OK);
    char *before = json_dumps(input, JSON_COMPACT), *after = json_dumps(value, JSON_COMPACT);
    assert_string_equal(before, "{\"a\":{\"b\":[1,2]}}");
    assert_string_equal(after, "{\"a\":{\"c\":1}}");
    free(before);
    free(after);
    json_decref(value);
    json_decref(input);
    jsonata_free(program);
}

static void half_characters_cannot_leave(void **state)
{
    (void)state;
    assert_string_equal(evaluate("'\\ud83d' & '\\ude00'", NULL, NULL, NULL), "\"\U0001F600\"");
    assert_string_equal(evaluate("'\\ud83d'", NULL, NULL, NULL), "\"\uFFFD\"");
    assert_string_equal(evaluate("{'\\udc00':$split('\U0001F600','')}", NULL, NULL, NULL),
                        "{\"\uFFFD\":[\"\uFFFD\",\"\uFFFD\"]}");
}

/* --- from outside
 * ---------------------------------------------------------------------------------------------------------- */

static json_t *variable(void *data, const char *name, size_t size)
{
    ++*(unsigned *)data;
    if (size == 5 && memcmp(name, "count", 5) == 0)
        return json_string("not the function");
    return size == 1 && *name == 'v' ? json_pack("{s:i}", "x", 7) : NULL;
}

static int64_t at_noon(void *data)
{
    (void)data;
    return 1521801216617;
}

static double half(void *data)
{
    (void)data;
    return 0.5;
}

static enum jsonata_status add(void *data, const struct jsonata_environment *environment, json_t *const *arguments,
                               size_t count, json_t **ret_value, struct jsonata_error *ret_error)
{
    (void)data, (void)environment;
    json_int_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        if (!arguments[i])
            return JSONATA_UNDEFINED;
        if (!json_is_integer(arguments[i])) {
            (void)snprintf(ret_error->code, sizeof ret_error->code, "X0001");
            (void)snprintf(ret_error->message, sizeof ret_error->message, "no integer");
            return JSONATA_ERROR;
        }
        sum += json_integer_value(arguments[i]);
    }
    *ret_value = json_integer(sum);
    return JSONATA_OK;
}

static const struct jsonata_function functions[] = {
    {.name = "add", .arguments_min = 1, .arguments_max = 3, .function = add},
    {.name = "plus", .signature = "<n-n:n>", .arguments_min = 1, .arguments_max = 2, .function = add},
    {.name = "sum", .arguments_min = 0, .arguments_max = 9, .function = add},
    {.name = "eval"},
};

static void the_outside_is_asked(void **state)
{
    (void)state;
    unsigned asked = 0;
    struct jsonata_environment environment = {.now_ms = at_noon,
                                              .random = half,
                                              .variable = variable,
                                              .data = &asked,
                                              .functions = functions,
                                              .function_count = 4};
    assert_string_equal(evaluate("$v.x + $v.x", NULL, NULL, &environment), "14");
    assert_int_equal(asked, 1); /* once an evaluation */
    assert_string_equal(evaluate("($v := 1; $v)", NULL, NULL, &environment), "1");
    assert_string_equal(evaluate("$v", NULL, "{\"v\":2}", &environment), "2"); /* bindings come first */
    assert_string_equal(evaluate("$count", NULL, NULL, &environment), "\"not the function\"");
    assert_string_equal(evaluate("$now()", NULL, NULL, &environment), "\"2018-03-23T10:33:36.617Z\"");
    assert_string_equal(evaluate("$millis()", NULL, NULL, &environment), "1521801216617");
    assert_string_equal(evaluate("$random()", NULL, NULL, &environment), "0.5");
    assert_string_equal(evaluate("[$random(), $random()] = [$random(), $random()]", NULL, NULL, NULL), "false");
    assert_string_equal(evaluate("$shuffle([1..5])", NULL, NULL, &environment), "[1,3,5,2,4]");
}

static void host_functions(void **state)
{
    (void)state;
    struct jsonata_environment environment = {.functions = functions, .function_count = 4};
    assert_string_equal(evaluate("$add(1,2,3)", NULL, NULL, &environment), "6");
    assert_string_equal(evaluate("$sum(1,2)", NULL, NULL, &environment), "3"); /* replaces the built-in one */
    assert_string_equal(evaluate("$map([1,2],$add(?,10))", NULL, NULL, &environment), "[11,12]");
    assert_string_equal(evaluate("5 ~> $add(1)", NULL, NULL, &environment), "6");
    assert_string_equal(evaluate("a.$plus(1)", "{\"a\":[1,2]}", NULL, &environment), "[2,3]");
    assert_string_equal(evaluate("$add(nothing)", NULL, NULL, &environment), "undefined");
    assert_string_equal(evaluate("$add()", NULL, NULL, &environment), "T0410");
    assert_string_equal(evaluate("$add(1,2,3,4)", NULL, NULL, &environment), "T0410");
    assert_string_equal(evaluate("$plus('a',1)", NULL, NULL, &environment), "T0410");
    assert_string_equal(evaluate("$add('a')", NULL, NULL, &environment), "X0001");
    assert_string_equal(evaluate("$eval('1')", NULL, NULL, &environment), "T1006"); /* removed */
    assert_string_equal(evaluate("$eval('1')", NULL, NULL, NULL), "1");
    assert_string_equal(evaluate("$add", NULL, NULL, &environment), "function");
}

static void host_errors_say_where(void **state)
{
    (void)state;
    struct jsonata_environment environment = {.functions = functions, .function_count = 4};
    struct jsonata *program = compile("1 + $add('a')");
    struct jsonata_error error;
    json_t *value = NULL;
    assert_int_equal(jsonata_eval(program, NULL, NULL, &environment, &value, &error), JSONATA_ERROR);
    assert_string_equal(error.code, "X0001");
    assert_string_equal(error.token, "add");
    assert_int_equal(error.position, 4);
    jsonata_free(program);
}

/* --- places of errors
 * ---------------------------------------------------------------------------------------------------------- */

static void errors_have_places(void **state)
{
    (void)state;
    static const struct {
        const char *text, *code, *token;
        size_t start, end;
    } rows[] = {
        {"a + ", "S0207", "(end)", 4, 4},
        {"[1, 2", "S0203", "(end)", 5, 5},
        {"a b", "S0201", "b", 2, 3},
        {"\"\u00e9\" b", "S0201", "b", 5, 6}, /* bytes */
        {"(1 := 2)", "S0212", "1", 1, 2},
        {"a ! b", "S0204", "!", 2, 3},
        {"'abc", "S0101", "", 0, 4},
        {"'a\\qb'", "S0103", "q", 2, 3},
        {"'\\u00g'", "S0104", "", 1, 3},
        {"1 /* x", "S0106", "", 2, 6},
        {"/[/", "S0302", "", 0, 3},
        {"/(?<=a/", "S0302", "", 0, 7},
        {"/(?i)a/", "S0303", "(?i)a", 0, 7},
        {"1e999", "S0102", "1e999", 0, 5},
        {"function($a, b){1}", "S0208", "b", 13, 14},
        {"=1", "S0211", "=", 0, 1},
        {"[1]{'b':$}[0]", "S0209", "", 10, 11},
        {"a.1", "S0213", "", 2, 3},
        {"%", "S0217", "parent", 0, 1},
        {"\xff", "S0201", "\uFFFD", 0, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct jsonata_error error = {.code = ""};
        struct jsonata *program = jsonata_compile(rows[i].text, strlen(rows[i].text), NULL, &error);
        if (program || strcmp(error.code, rows[i].code) != 0 || error.position != rows[i].start ||
            error.end != rows[i].end)
            print_error("%s: %s %zu-%zu \"%s\"\n", rows[i].text, error.code, error.position, error.end, error.token);
        assert_null(program);
        assert_string_equal(error.code, rows[i].code);
        assert_string_equal(error.token, rows[i].token);
        assert_int_equal(error.position, rows[i].start);
        assert_int_equal(error.end, rows[i].end);
    }
}

static void messages_are_filled_in(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"1 + 'a'", "The right side of the \"+\" operator must evaluate to a number"},
        {"$uppercase(1)", "Argument 1 of function \"uppercase\" does not match function signature"},
        {"$sum(['a'])", "Argument 1 of function \"sum\" must be an array of numbers"},
        {"'a' < 1", "The values \"a\" and 1 either side of operator \"<\" must be of the same data type"},
        {"$number('x')", "Unable to cast value to a number: \"x\""},
        {"sum(1)", "Attempted to invoke a non-function. Did you mean $sum?"},
        {"{1:2}", "Key in object structure must evaluate to a string; got: 1"},
        {"$error('my \"words\"')", "my \"words\""},
        {"$power(10, 400)", "The power function has resulted in a value that cannot be represented as a JSON number: "
                            "base=10, exponent=400"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct jsonata *program = compile(rows[i][0]);
        struct jsonata_error error;
        json_t *value = NULL;
        assert_int_equal(jsonata_eval(program, NULL, NULL, NULL, &value, &error), JSONATA_ERROR);
        assert_string_equal(error.message, rows[i][1]);
        jsonata_free(program);
    }
}

/* --- what a checker asks
 * ----------------------------------------------------------------------------------------------------------- */

static void note_variable(void *data, const char *name, const char *path, size_t position)
{
    char *seen = data;
    size_t used = strlen(seen);
    (void)snprintf(seen + used, 256 - used, "%s/%s@%zu ", name, path, position);
}

static void note_call(void *data, const char *name, unsigned arguments, size_t position)
{
    char *seen = data;
    size_t used = strlen(seen);
    (void)snprintf(seen + used, 256 - used, "%s/%u@%zu ", name, arguments, position);
}

static void variables_read(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"$states.input.a.b[0].c + $x", "states/input.a.b@0 x/@25 "},
        {"$states.result[0].x", "states/result@0 "},
        {"$states[0].x", "states/@0 "},
        {"$states.`a b`.c", "states/a b.c@0 "},
        {"$ & $$.a", ""},
        {"($x := $y; $x & $z)", "y/@7 z/@16 "},
        {"($x & ($x := 1))", "x/@1 "},
        {"($x; $x := 1)", ""},
        {"$f(function($a){$a & $b})", "b/@21 "},
        {"a@$i.b#$n.[$i, $n, $m]", "m/@19 "},
        {"a[$p > 1]{$k: $v}^(>$s)", "k/@10 v/@14 p/@2 s/@20 "},
        {"$sum($v.x) ~> $string", "v/x@5 "},
        {"a ~> |$p|{'b': $q}, $r|", "p/@6 q/@15 r/@20 "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char seen[256] = "";
        struct jsonata *program = compile(rows[i][0]);
        jsonata_variables(program, note_variable, seen);
        jsonata_free(program);
        assert_string_equal(seen, rows[i][1]);
    }
}

static void calls_made(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"$sum(a, b) + $f()", "sum/2@0 f/0@13 "},
        {"a ~> $pad(5) ~> $trim", "pad/2@5 trim/1@16 "},
        {"($f := function(){1}; $f(2))", ""},
        {"$map(a, $uppercase)", "map/2@0 "},
        {"$substring(?, 1)", "substring/4294967295@0 "}, /* UINT_MAX: the others come later */
        {"a[$not(b)].{'k': $string($count(c))}", "not/1@2 string/1@17 count/1@25 "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char seen[256] = "";
        struct jsonata *program = compile(rows[i][0]);
        jsonata_calls(program, note_call, seen);
        jsonata_free(program);
        assert_string_equal(seen, rows[i][1]);
    }
}

static void arities(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        unsigned min, max;
    } rows[] = {{"substring", 1, 3}, {"sum", 1, 1},    {"now", 0, 2},   {"zip", 1, UINT_MAX},
                {"uppercase", 0, 1}, {"reduce", 2, 3}, {"millis", 0, 0}};
    unsigned min = 9, max = 9;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_true(jsonata_arity(NULL, rows[i].name, strlen(rows[i].name), &min, &max));
        assert_int_equal(min, rows[i].min);
        assert_int_equal(max, rows[i].max);
    }
    struct jsonata_environment environment = {.functions = functions, .function_count = 4};
    assert_true(jsonata_arity(&environment, "sum", 3, &min, &max));
    assert_int_equal(max, 9);
    assert_false(jsonata_arity(&environment, "eval", 4, &min, &max));
    assert_false(jsonata_arity(NULL, "add", 3, &min, &max));
    size_t count = 0;
    while (jsonata_function_name(count))
        count++;
    assert_int_equal(count, 65);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_stay_exact),
        cmocka_unit_test(numbers_come_out_as_integers_where_they_are),
        cmocka_unit_test(results_share_the_input),
        cmocka_unit_test(half_characters_cannot_leave),
        cmocka_unit_test(the_outside_is_asked),
        cmocka_unit_test(host_functions),
        cmocka_unit_test(host_errors_say_where),
        cmocka_unit_test(errors_have_places),
        cmocka_unit_test(messages_are_filled_in),
        cmocka_unit_test(variables_read),
        cmocka_unit_test(calls_made),
        cmocka_unit_test(arities),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
