/* The 18 intrinsic functions at their edges, and how calls are read. */
#include "interpreter/expression/intrinsics.h"

#include "interpreter/base/limits.h"
#include "interpreter/expression/digest.h"
#include "interpreter/expression/values.h"
#include "vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* The result as JSON, "ERROR: cause" or "error at N: ...". */
static char *call(const char *text, const char *document)
{
    struct dr_arena *arena = dr_arena_new();
    struct dr_compile_error compile_error = {0};
    const struct dr_intrinsic *intrinsic = dr_intrinsic_compile(arena, text, strlen(text), &compile_error);
    char *answer;
    if (!intrinsic) {
        answer = dr_format("error at %zu: %s", compile_error.offset, compile_error.message);
        free(compile_error.message);
    } else {
        json_t *input = dr_json_parse(document, strlen(document), NULL);
        assert_non_null(input);
        struct dr_random random = {.seed = 1};
        struct dr_view view = {.input = input, .random = &random};
        struct dr_error error = {0};
        json_t *result = dr_intrinsic_call(intrinsic, &view, &error);
        answer = result ? json_text(result) : dr_format("%s: %s", error.error, error.cause);
        json_decref(result);
        json_decref(input);
        dr_error_done(&error);
    }
    dr_arena_free(arena);
    return answer;
}

struct row {
    const char *call, *answer;
};

#define INPUT                                                                                                          \
    "{\"s\":\"text\",\"n\":7,\"r\":1.5,\"a\":[1,2,3,4,5],\"e\":[],\"o\":{\"Arg1\":1,\"Arg2\":[]},\"t\":true,\"z\":"    \
    "null,"                                                                                                            \
    "\"f\":\"a {} b\",\"d\":[1,1.0,\"1\",null,null,{\"a\":1,\"b\":2},{\"b\":2,\"a\":1}],\"big\":1e10,\"sep\":\",;\"}"

static void check_rows(const struct row *rows, size_t count)
{
    size_t failures = 0;
    for (size_t i = 0; i < count; i++) {
        char *answer = call(rows[i].call, INPUT);
        if (strcmp(answer, rows[i].answer) != 0) {
            printf("%s\n  wanted %s\n  got    %s\n", rows[i].call, rows[i].answer, answer);
            failures++;
        }
        free(answer);
    }
    assert_int_equal(failures, 0);
}

#define WHOLE(text, name, problem)                                                                                     \
    "States.Runtime: The function '" text "' had the following error: Invalid arguments in States." name ": " problem
#define FAILED(name, arguments, problem)                                                                               \
    "States.Runtime: The function 'States." name "(" arguments                                                         \
    ")' had the following error: Invalid arguments in States." name ": " problem

static void arrays(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"States.Array()", "[]"},
        {"States.Array('x', 1, -2.5, true, null, $.o)", "[\"x\",1,-2.5,true,null,{\"Arg1\":1,\"Arg2\":[]}]"},
        {"States.ArrayPartition($.a, 2)", "[[1,2],[3,4],[5]]"},
        {"States.ArrayPartition($.a, 2.6)", "[[1,2],[3,4],[5]]"},
        {"States.ArrayPartition($.e, 2)", "[]"},
        {"States.ArrayPartition($.a, 0)",
         FAILED("ArrayPartition", "$.a, 0", "Argument 2 must be a positive, non-zero integer but was: 0")},
        {"States.ArrayPartition($.s, 2)",
         FAILED("ArrayPartition", "$.s, 2", "Argument 1 must be an array but was: string")},
        {"States.ArrayContains($.a, 3)", "true"},
        {"States.ArrayContains($.a, '3')", "true"},
        {"States.ArrayContains($.d, $.d[5])", "true"},
        {"States.ArrayContains(States.Array($.d[5]), $.d[6])", "false"},
        {"States.ArrayContains($.a, true)", "false"},
        {"States.ArrayContains($.d, null)", "true"},
        {"States.ArrayRange(1, 9, 2)", "[1,3,5,7,9]"},
        {"States.ArrayRange(9, 1, -4)", "[9,5,1]"},
        {"States.ArrayRange(1, 9, -1)", "[]"},
        {"States.ArrayRange(1, 1, 5)", "[1]"},
        {"States.ArrayRange(5.4, -0.6, -2.4)", "[5,3,1]"},
        {"States.ArrayRange(1.6, 1.4, 1)", "[1]"},
        {"States.ArrayRange(1, 9, 0.49)", FAILED("ArrayRange", "1, 9, 0.49", "Argument 3, the step, must not be 0")},
        {"States.ArrayRange(1, 9, 0)", FAILED("ArrayRange", "1, 9, 0", "Argument 3, the step, must not be 0")},
        {"States.ArrayRange(1, 1001, 1)",
         FAILED("ArrayRange", "1, 1001, 1", "The range has 1001 items, more than 1000")},
        {"States.ArrayLength(States.ArrayRange(1, 1000, 1))", "1000"},
        {"States.ArrayGetItem($.a, 4)", "5"},
        {"States.ArrayGetItem($.a, 1.9)", "2"},
        {"States.ArrayGetItem($.e, 999)", "null"},
        {"States.ArrayGetItem($.a, 5)",
         FAILED("ArrayGetItem", "$.a, 5", "Index 5 is out of bounds for an array of length 5")},
        {"States.ArrayGetItem($.a, -1)",
         FAILED("ArrayGetItem", "$.a, -1", "Index -1 is out of bounds for an array of length 5")},
        {"States.ArrayLength($.o)", FAILED("ArrayLength", "$.o", "Argument 1 must be an array but was: object")},
        {"States.ArrayUnique($.d)", "[1.0,null,{\"a\":1,\"b\":2},1,\"1\"]"},
        {"States.ArrayUnique(States.Array(true, false, true))", "[false,true]"},
        {"States.ArrayUnique(States.Array('a', 'b', 'a', 'c'))", "[\"a\",\"b\",\"c\"]"},
        {"States.ArrayUnique(States.Array(null, null, 1))", "[null,1]"},
        {"States.ArrayUnique(States.Array(1, '1', 1, '01'))", "[1,\"1\",\"01\"]"},
        {"States.ArrayUnique(States.StringToJson('[[1,2],[1,2],[2,1]]'))", "[[2,1],[1,2]]"},
    };
    check_rows(rows, sizeof rows / sizeof *rows);
}

static void text_and_data(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"States.Base64Encode('Data to encode')", "\"RGF0YSB0byBlbmNvZGU=\""},
        {"States.Base64Encode('')", "\"\""},
        {"States.Base64Decode('RGVjb2RlZCBkYXRh')", "\"Decoded data\""},
        {"States.Base64Decode('YQ')", "\"a\""},
        {"States.Base64Decode('/w==')", "\"\xEF\xBF\xBD\""},
        {"States.Base64Decode(' YWJj ZA==')", "\"abcd\""},
        {"States.Base64Decode('YQ==YQ')", "\"a\""},
        {"States.Base64Decode('!Y?')", "\"\""},
        {"States.Base64Decode('_w')", "\"\xEF\xBF\xBD\""},
        {"States.Hash('input data', 'SHA-1')", "\"aaff4a450a104cd177d28d18d74485e8cae074b7\""},
        {"States.Hash(123, 'MD5')", "\"202cb962ac59075b964b07152d234b70\""},
        {"States.Hash('', 'MD5')", "\"d41d8cd98f00b204e9800998ecf8427e\""},
        {"States.Hash('x', 'sha-1')",
         FAILED("Hash", "'x', 'sha-1'", "Argument 2 must be MD5, SHA-1, SHA-256, SHA-384 or SHA-512 but was: sha-1")},
        {"States.JsonMerge(States.StringToJson('{\"a\":{\"x\":1},\"b\":1}'), "
         "States.StringToJson('{\"a\":{\"y\":2},\"c\":3}'), false)",
         "{\"a\":{\"y\":2},\"b\":1,\"c\":3}"},
        {"States.JsonMerge($.o, $.o, true)",
         FAILED("JsonMerge", "$.o, $.o, true", "Argument 3 must be false: only the shallow merging mode is supported")},
        {"States.JsonMerge($.o, $.o, 'false')", "{\"Arg1\":1,\"Arg2\":[]}"},
        {"States.JsonMerge($.o, $.a, false)",
         FAILED("JsonMerge", "$.o, $.a, false", "Argument 2 must be an object but was: array")},
        {"States.StringToJson('[1, {\"a\": 1.0}]')", "[1,{\"a\":1.0}]"},
        {"States.StringToJson(' ')", "null"},
        {"States.StringToJson('{')",
         FAILED("StringToJson", "'{'", "Invalid JSON: line 1, column 2: expected a key in quotes")},
        {"States.StringToJson(1)", FAILED("StringToJson", "1", "Argument 1 must be a string but was: number")},
        {"States.JsonToString($.o)", "\"{\\\"Arg1\\\":1,\\\"Arg2\\\":[]}\""},
        {"States.StringSplit('1,2;3', ',')", "[\"1\",\"2;3\"]"},
        {"States.StringSplit('1,2;;3,', $.sep)", "[\"1\",\"2\",\"3\"]"},
        {"States.StringSplit('a\xC3\xA9"
         "b', '\xC3\xA9')",
         "[\"a\",\"b\"]"},
        {"States.StringSplit('', ',')", "[]"},
        {"States.StringSplit('ab', '')", "[\"ab\"]"},
        {"States.Format('Hello {}, {}', $.s, 1)", "\"Hello text, 1\""},
        {"States.Format('{} {} {} {}', $.o, $.t, $.z, $.r)", "\"{Arg1=1, Arg2=[]} true null 1.5\""},
        {"States.Format('{}', $.big)", "\"1.0E10\""},
        {"States.Format('\\{\\} \\'{}\\' \\\\', 1)", "\"{} '1' \\\\\""},
        {"States.Format(States.JsonToString($.o))", "\"{\\\"Arg1\\\":1,\\\"Arg2\\\":[]}\""},
        {"States.Format('Hello {', $.s)",
         FAILED("Format", "'Hello {', $.s", "A { in the template must be escaped as \\{")},
        {"States.Format('{{}}', $.s)", FAILED("Format", "'{{}}', $.s", "A { in the template must be escaped as \\{")},
        {"States.Format('}')", FAILED("Format", "'}'", "A } in the template must be escaped as \\}")},
        {"States.Format($.f, 'X')", "\"a X b\""},
        {"States.Format('{}')", FAILED("Format", "'{}'", "number of arguments do not match the occurrences of {}.")},
        {"States.Format('x', 1)",
         FAILED("Format", "'x', 1", "number of arguments do not match the occurrences of {}.")},
        {"States.Format($.n)", FAILED("Format", "$.n", "Argument 1 must be a string but was: number")},
    };
    check_rows(rows, sizeof rows / sizeof *rows);
}

static void numbers(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"States.MathAdd(1.49, 1.5)", "3"},
        {"States.MathAdd(-1.5, 0)", "-1"},
        {"States.MathAdd(-3.5, 0)", "-3"},
        {"States.MathAdd(2147483646, 1)", "2147483647"},
        {"States.MathAdd(2147483647, 1)",
         FAILED("MathAdd", "2147483647, 1", "The sum must be between -2147483648 and 2147483647")},
        {"States.MathAdd(2147483648, 0)",
         FAILED("MathAdd", "2147483648, 0", "Argument 1 must be between -2147483648 and 2147483647")},
        {"States.MathAdd('1', 0)", FAILED("MathAdd", "'1', 0", "Argument 1 must be an integer but was: string")},
        {"States.MathRandom(5, 6)", "5"},
        {"States.MathRandom(1.4, 1.6)", FAILED("MathRandom", "1.4, 1.6", "The start 1 must be less than the end 1")},
        {"States.MathRandom(0, 100, 42)", "30"}, /* new java.util.Random(42).nextInt(100) */
        {"States.MathRandom(0, 16, 42)", "11"},  /* a power of two takes the high bits */
        {"States.MathRandom(10, 110, 42)", "40"},
        {"States.MathRandom(3, 3)", FAILED("MathRandom", "3, 3", "The start 3 must be less than the end 3")},
    };
    check_rows(rows, sizeof rows / sizeof *rows);
    assert_true(dr_java_random_double(42) == 0.7275636800328681);
    assert_true(dr_java_random_double(0) == 0.730967787376657);
    char *uuid = call("States.UUID()", "{}");
    assert_int_equal(strlen(uuid), 38);
    assert_int_equal(uuid[15], '4');
    assert_non_null(strchr("89ab", uuid[20]));
    free(uuid);
}

static void nesting_and_missing_paths(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"States.Format('{}.{}', States.ArrayGetItem(States.StringSplit('a/b', '/'), 1), States.ArrayLength($.a))",
         "\"b.5\""},
        {" States.ArrayLength( $.a ) ", "5"},
        {"States.Array($['s'], $.a[?(@ > 3)], $.a.length())", "[\"text\",[4,5],5]"},
    };
    check_rows(rows, sizeof rows / sizeof *rows);
    static const struct row causes[] = {
        {"States.Format('{}',$.nope)",
         "The function 'States.Format('{}',$.nope)' had the following error: The JsonPath argument for the field "
         "'$.nope' could not be found in the input '{\"other\":1}'"},
        {"States.Array(1, States.Format('{}', $.a.b))",
         "The function 'States.Array(1, States.Format('{}', $.a.b))' had the following error: The JsonPath argument "
         "for the field '$.a.b' could "
         "not be found in the input '{\"other\":1}'"},
        {"States.Format('{}', $$.Nope.Deep)",
         "The function 'States.Format('{}', $$.Nope.Deep)' had the following error: The JsonPath argument "
         "for the field '$.Nope.Deep' could not be found in the input '{\"other\":1}'"},
        {"States.Format('{}', $.other[0])", "The function 'States.Format('{}', $.other[0])' had the following error: "
                                            "Filter: [0] can only be applied to arrays. Current context "
                                            "is: 1"},
    };
    for (size_t i = 0; i < sizeof causes / sizeof *causes; i++) {
        char *answer = call(causes[i].call, "{\"other\":1}");
        char *wanted = dr_format("States.Runtime: %s", causes[i].answer);
        assert_string_equal(answer, wanted);
        free(answer);
        free(wanted);
    }
}

static void mistakes_are_placed_and_explained(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"Format('x')", "error at 0: expected a path that begins with $ or an intrinsic function: States.Name(...)"},
        {"States.Formt('x')", "error at 0: there is no intrinsic function States.Formt; did you mean States.Format?"},
        {"States.Format('x'", "error at 13: this '(' is never closed"},
        {"States.Format('x) ", "error at 14: the string that begins here has no closing '"},
        {"States.Format('\\n')",
         "error at 15: a backslash escapes only ', {, } and \\ in an intrinsic function's string"},
        {"States.Array(abc)", "error at 13: expected a path, a string in single quotes, a number, true, false, null or "
                              "another intrinsic function"},
        {"States.Array($.a[)", "error at 16: expected a quoted key, an index, a slice, * or ?(...) between [ and ]"},
        {"States.UUID() x", "error at 14: there is more text after the intrinsic function's ')'"},
        {"States.Array(1 2)", "error at 15: expected ',' or ')'"},
    };
    check_rows(rows, sizeof rows / sizeof *rows);
}

/* The service takes such a call and fails it when it runs. */
static void a_wrong_number_of_arguments_fails_when_called(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"States.Format()",
         FAILED("Format", "",
                "States.Format takes at least 1 argument, not 0: a text with each {} replaced by the next argument")},
        {"States.UUID(1)", FAILED("UUID", "1", "States.UUID takes 0 arguments, not 1: a random version 4 UUID")},
        {"States.Array(1, States.Hash('x'))",
         WHOLE("States.Array(1, States.Hash('x'))", "Hash",
               "States.Hash takes 2 arguments, not 1: hexadecimal MD5, SHA-1, SHA-256, SHA-384 or SHA-512 of a text")},
    };
    check_rows(rows, sizeof rows / sizeof *rows);
    struct dr_arena *arena = dr_arena_new();
    struct dr_compile_error error = {0};
    const char *text = "States.Array(1, States.Hash('x'))";
    size_t offset = 0;
    const char *warning = dr_intrinsic_warning(dr_intrinsic_compile(arena, text, strlen(text), &error), &offset);
    assert_string_equal(
        warning, "States.Hash takes 2 arguments, not 1: hexadecimal MD5, SHA-1, SHA-256, SHA-384 or SHA-512 of a text");
    assert_int_equal(offset, 16);
    assert_null(dr_intrinsic_warning(dr_intrinsic_compile(arena, "States.UUID()", 13, &error), &offset));
    dr_arena_free(arena);
}

static void limits_hold_at_and_past_them(void **state)
{
    (void)state;
    for (unsigned levels = DR_FILTER_DEPTH_MAX; levels <= DR_FILTER_DEPTH_MAX + 1; levels++) {
        struct dr_text text = {0};
        for (unsigned i = 0; i < levels; i++) {
            dr_text_puts(&text, "States.Array(");
        }
        for (unsigned i = 0; i < levels; i++) {
            dr_text_puts(&text, ")");
        }
        char *answer = call(text.bytes, "{}");
        assert_int_equal(answer[0], levels == DR_FILTER_DEPTH_MAX ? '[' : 'e');
        free(answer);
        dr_text_done(&text);
    }
    for (size_t size = 10000; size <= 10001; size++) {
        struct dr_text text = {0};
        dr_text_puts(&text, "States.Base64Encode('");
        for (size_t i = 0; i < size; i++) {
            dr_text_putc(&text, 'x');
        }
        dr_text_puts(&text, "')");
        char *answer = call(text.bytes, "{}");
        assert_true((strstr(answer, "Argument 1 has more than 10000 characters") != NULL) == (size > 10000));
        free(answer);
        dr_text_done(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrays),
        cmocka_unit_test(text_and_data),
        cmocka_unit_test(numbers),
        cmocka_unit_test(nesting_and_missing_paths),
        cmocka_unit_test(mistakes_are_placed_and_explained),
        cmocka_unit_test(a_wrong_number_of_arguments_fails_when_called),
        cmocka_unit_test(limits_hold_at_and_past_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
