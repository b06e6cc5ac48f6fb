/* Strings, the JSON dumper and the JSON reader. */
#include "interpreter/base/limits.h"
#include "interpreter/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void text_grows_and_is_taken(void **state)
{
    (void)state;
    struct dr_text text = {0};
    for (int i = 0; i < 1000; i++) {
        dr_text_printf(&text, "%d,", i);
    }
    assert_int_equal(text.size, strlen(text.bytes));
    assert_int_equal(text.size, 10 * 2 + 90 * 3 + 900 * 4);
    dr_text_clear(&text);
    dr_text_int(&text, INT64_MIN);
    dr_text_putc(&text, ' ');
    dr_text_int(&text, 0);
    char *taken = dr_text_take(&text);
    assert_string_equal(taken, "-9223372036854775808 0");
    free(taken);
    char *empty = dr_text_take(&text);
    assert_string_equal(empty, "");
    free(empty);
}

static void printf_longer_than_the_reserve(void **state)
{
    (void)state;
    struct dr_text text = {0};
    dr_text_puts(&text, "x");
    dr_text_printf(&text, "%0500d", 7);
    assert_int_equal(text.size, 501);
    assert_int_equal(text.bytes[500], '7');
    dr_text_done(&text);
}

static void reals_are_shortest_and_read_back(void **state)
{
    (void)state;
    static const struct {
        double number;
        const char *text;
    } rows[] = {
        {0, "0.0"},
        {-0.0, "-0.0"},
        {1, "1.0"},
        {3.3, "3.3"},
        {-2.5, "-2.5"},
        {0.1, "0.1"},
        {0.30000000000000004, "0.30000000000000004"},
        {123456.789, "123456.789"},
        {100, "100.0"},
        {1e20, "100000000000000000000.0"},
        {1e21, "1e+21"},
        {1e100, "1e+100"},
        {1.5e-9, "1.5e-9"},
        {1e-7, "1e-7"},
        {0.000001, "0.000001"},
        {0.00012345, "0.00012345"},
        {5e-324, "5e-324"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
        {2.2250738585072014e-308, "2.2250738585072014e-308"},
        {9007199254740993.0, "9007199254740992.0"},
        {999999999999999.9, "999999999999999.9"},
        {1.0 / 3, "0.3333333333333333"},
        {4.35, "4.35"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct dr_text text = {0};
        dr_text_json_real(&text, rows[i].number);
        assert_string_equal(text.bytes, rows[i].text);
        assert_true(strtod(text.bytes, NULL) == rows[i].number);
        dr_text_done(&text);
    }
}

static void many_reals_read_back(void **state)
{
    (void)state;
    uint64_t bits = 88172645463325252u;
    for (int i = 0; i < 20000; i++) {
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        double number;
        memcpy(&number, &bits, sizeof number);
        if (number - number != 0) {
            continue; /* infinite or not a number */
        }
        struct dr_text text = {0};
        dr_text_json_real(&text, number);
        assert_true(strtod(text.bytes, NULL) == number);
        assert_true(text.size <= 26);
        dr_text_done(&text);
        double decimal = (double)(int64_t)(bits % 2000000000) / 1000 - 1e6;
        dr_text_json_real(&text, decimal);
        assert_true(strtod(text.bytes, NULL) == decimal);
        assert_true(text.size <= 24);
        dr_text_done(&text);
    }
}

static void check_round_trip(const char *json, const char *printed)
{
    char *error = NULL;
    json_t *value = dr_json_parse(json, strlen(json), &error);
    assert_null(error);
    assert_non_null(value);
    struct dr_text text = {0};
    assert_true(dr_text_json(&text, value, SIZE_MAX));
    assert_string_equal(text.bytes, printed);
    dr_text_done(&text);
    json_decref(value);
}

static void json_is_read_and_printed(void **state)
{
    (void)state;
    check_round_trip(" { \"b\" : [ 1 , -2.50, 1e2,true,false,null ], \"a\":{} , \"c\":[]}\n",
                     "{\"b\":[1,-2.5,100.0,true,false,null],\"a\":{},\"c\":[]}");
    check_round_trip("\"\\u0041\\n\\u001f\\\"\\\\\\/\xC3\xA9\\ud83d\\ude00\"",
                     "\"A\\n\\u001F\\\"\\\\/\xC3\xA9\xF0\x9F\x98\x80\"");
    check_round_trip("9223372036854775807", "9223372036854775807");
    check_round_trip("-9223372036854775808", "-9223372036854775808");
    check_round_trip("9223372036854775808", "9223372036854776000.0");
    check_round_trip("123456789012345678901234567890", "1.2345678901234568e+29");
    check_round_trip("\"a\\u0000b\"", "\"a\\u0000b\"");
    check_round_trip("{\"a\\u0000\":1}", "{\"a\\u0000\":1}");
    check_round_trip("{\"a\":1,\"b\":2,\"a\":3}", "{\"a\":3,\"b\":2}");
    check_round_trip("{\"k\\n\":\"v\\t\"}", "{\"k\\n\":\"v\\t\"}");
}

static void bad_json_is_refused_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *json, *error;
    } rows[] = {
        {"", "line 1, column 1: unexpected end"},
        {"{\n  \"a\": 1,\n}", "line 3, column 1: expected a key in quotes"},
        {"[1 2]", "line 1, column 4: expected ',' or ']'"},
        {"[1,]", "line 1, column 4: expected a value"},
        {"{\"a\" 1}", "line 1, column 6: expected ':'"},
        {"01", "line 1, column 1: leading zero in a number"},
        {"1.", "line 1, column 1: expected digits after the decimal point"},
        {"1e+", "line 1, column 1: expected digits in the exponent"},
        {"-", "line 1, column 1: expected a value"},
        {"1e999", "line 1, column 1: number beyond the range of a double"},
        {"\"abc", "line 1, column 1: string without an end"},
        {"\"\\x\"", "line 1, column 2: unknown escape"},
        {"\"\\u12g4\"", "line 1, column 2: \\u needs four hexadecimal digits"},
        {"\"\\ud800\"", "line 1, column 2: half a surrogate pair"},
        {"\"\\ud800\\u0041\"", "line 1, column 2: half a surrogate pair"},
        {"\"\\udc00\"", "line 1, column 2: half a surrogate pair"},
        {"\"a\tb\"", "line 1, column 3: control character in a string"},
        {"\"\xFF\"", "line 1, column 1: invalid UTF-8"},
        {"{\"\xC0\x80\":1}", "line 1, column 2: invalid UTF-8"},
        {"tru", "line 1, column 1: expected a value"},
        {"1 1", "line 1, column 3: more text after the value"},
        {"nul", "line 1, column 1: expected a value"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *error = NULL;
        assert_null(dr_json_parse(rows[i].json, strlen(rows[i].json), &error));
        assert_string_equal(error, rows[i].error);
        free(error);
        assert_null(dr_json_parse(rows[i].json, strlen(rows[i].json), NULL));
    }
}

static char *make_nested(unsigned levels)
{
    struct dr_text text = {0};
    for (unsigned i = 0; i < levels; i++) {
        dr_text_puts(&text, i % 2 ? "{\"a\":" : "[");
    }
    dr_text_putc(&text, '1');
    for (unsigned i = levels; i-- > 0;) {
        dr_text_putc(&text, i % 2 ? '}' : ']');
    }
    return dr_text_take(&text);
}

static void depth_is_bounded(void **state)
{
    (void)state;
    char *good = make_nested(DR_DEPTH_MAX), *bad = make_nested(DR_DEPTH_MAX + 1), *error = NULL;
    check_round_trip(good, good);
    assert_null(dr_json_parse(bad, strlen(bad), &error));
    assert_non_null(strstr(error, "nested too deeply"));
    json_t *inner = dr_json_parse(good, strlen(good), NULL);
    json_t *outer = json_array();
    json_array_append_new(outer, inner);
    struct dr_text text = {0};
    assert_false(dr_text_json(&text, outer, SIZE_MAX));
    dr_text_done(&text);
    json_decref(outer);
    free(error);
    free(bad);
    free(good);
}

static void printing_is_bounded_to_the_byte(void **state)
{
    (void)state;
    const char *rows[] = {"{\"a\":[1,\"x\\n\",null]}", "\"abc\"", "[]", "{}", "12345", "1.5", "[[],[]]"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        json_t *value = dr_json_parse(rows[i], strlen(rows[i]), NULL);
        struct dr_text text = {0};
        dr_text_puts(&text, "before");
        assert_true(dr_text_json(&text, value, strlen(rows[i])));
        assert_string_equal(text.bytes + 6, rows[i]);
        for (size_t max = 0; max < strlen(rows[i]); max++) {
            dr_text_clear(&text);
            assert_false(dr_text_json(&text, value, max));
        }
        dr_text_done(&text);
        json_decref(value);
    }
}

/* Thirty levels that each hold the level below twice would print a gigabyte. */
static void shared_structure_does_not_explode(void **state)
{
    (void)state;
    json_t *value = json_string("leaf");
    for (int i = 0; i < 30; i++) {
        json_t *pair = json_array();
        json_array_append(pair, value);
        json_array_append_new(pair, value);
        value = pair;
    }
    struct dr_text text = {0};
    assert_false(dr_text_json(&text, value, 10000));
    assert_true(text.size < 10100);
    dr_text_done(&text);
    json_decref(value);
}

static void pretty_is_indented(void **state)
{
    (void)state;
    const char *json = "{\"a\":[1,2],\"b\":{},\"c\":[]}";
    json_t *value = dr_json_parse(json, strlen(json), NULL);
    struct dr_text text = {0};
    assert_true(dr_text_json_pretty(&text, value, 1000));
    assert_string_equal(text.bytes, "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {},\n  \"c\": []\n}");
    dr_text_done(&text);
    json_decref(value);
}

static void plain_text_has_no_control_characters(void **state)
{
    (void)state;
    static const char wild[] = "a\x1b[31m\x7f\n\xc2\x9b"
                               "b \xe2\x80\xae\xe2\x80\xa8"
                               "c\xe2\x81\xa6\xd8\x9c\xc3\xa4\xe2\x82\xac";
    struct dr_text text = {0};
    dr_text_put_plain(&text, wild, sizeof wild - 1);
    assert_string_equal(text.bytes, "a [31m   b   c  \xc3\xa4\xe2\x82\xac");
    dr_text_clear(&text);
    dr_text_put_plain(&text, "\xc2\x9b", 1); /* cut within a character */
    dr_text_put_plain(&text, "\xe2\x80\xae", 2);
    assert_string_equal(text.bytes, "\xc2\xe2\x80");
    dr_text_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_grows_and_is_taken),
        cmocka_unit_test(printf_longer_than_the_reserve),
        cmocka_unit_test(reals_are_shortest_and_read_back),
        cmocka_unit_test(many_reals_read_back),
        cmocka_unit_test(json_is_read_and_printed),
        cmocka_unit_test(bad_json_is_refused_with_its_place),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(printing_is_bounded_to_the_byte),
        cmocka_unit_test(shared_structure_does_not_explode),
        cmocka_unit_test(pretty_is_indented),
        cmocka_unit_test(plain_text_has_no_control_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
