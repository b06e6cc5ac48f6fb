#include "tests/providers/call.h"

#include "providers/postgres/values.h"

/* oid, PostgreSQL's text, our JSON. */
static const struct {
    uint32_t oid;
    const char *text, *json;
} rows[] = {
    {16, "t", "true"},
    {16, "f", "false"},
    {16, "yes", "'yes'"},
    {21, "-32768", "-32768"},
    {23, "2147483647", "2147483647"},
    {20, "9223372036854775807", "9223372036854775807"},
    {20, "-9223372036854775808", "-9223372036854775808"},
    {26, "4294967295", "4294967295"},
    {700, "1.5", "1.5"},
    {701, "0.1", "0.1"},
    {701, "1e+300", "1e+300"},
    {701, "NaN", "'NaN'"},
    {701, "-Infinity", "'-Infinity'"},
    {1700, "12", "12"},
    {1700, "12.50", "12.5"},
    {1700, "-0.001", "-0.001"},
    {1700, "9223372036854775808", "'9223372036854775808'"},
    {1700, "123456789012345.0", "123456789012345.0"},
    {1700, "1234567890.12345", "1234567890.12345"},     /* 15 digits */
    {1700, "12345678901.12345", "'12345678901.12345'"}, /* 16 */
    {1700, "0.1000000000000000000", "0.1"},
    {1700, "NaN", "'NaN'"},
    {114, "{\"a\": [1, 2.50]}", "{'a': [1, 2.5]}"},
    {3802, "null", "null"},
    {114, "{broken", "'{broken'"},
    {17, "\\xdeadBEEF", "'\\\\xdeadBEEF'"}, /* upper case is not what PostgreSQL prints */
    {17, "\\xdeadbeef", "'3q2+7w=='"},
    {17, "\\x", "''"},
    {1184, "2026-11-21 03:00:00.123456+00", "'2026-11-21T03:00:00.123456Z'"},
    {1184, "2026-11-21 03:00:00+00", "'2026-11-21T03:00:00Z'"},
    {1184, "2026-11-21 03:00:00+05:30", "'2026-11-21 03:00:00+05:30'"},
    {1184, "infinity", "'infinity'"},
    {1184, "0044-03-15 12:00:00+00 BC", "'0044-03-15 12:00:00+00 BC'"},
    {1114, "2026-11-21 03:00:00", "'2026-11-21T03:00:00'"},
    {1082, "2026-11-21", "'2026-11-21'"},
    {2278, "", "null"},
    {3220, "0/3000148", "'0/3000148'"},
    {25, "", "''"},
    {25, "123", "'123'"},
    {99999, "anything", "'anything'"},
    {1007, "{}", "[]"},
    {1007, "{1,NULL,-3}", "[1, null, -3]"},
    {1007, "[0:1]={1,2}", "[1, 2]"},
    {1007, "{{1,2},{3,4}}", "[[1, 2], [3, 4]]"},
    {1009, "{a,\"b,c\",\"NULL\",\"\",\"q\\\"\\\\\"}", "['a', 'b,c', 'NULL', '', 'q\\\"\\\\']"},
    {1000, "{t,f}", "[true, false]"},
    {1185, "{\"2026-11-21 03:00:00+00\"}", "['2026-11-21T03:00:00Z']"},
    {3807, "{\"{\\\"a\\\": 1}\"}", "[{'a': 1}]"},
    {1007, "{1,2", "'{1,2'"},
    {1007, "{1,,2}", "'{1,,2}'"},
    {1007, "{1}}", "'{1}}'"},
    {1007, "{,1}", "'{,1}'"},
    {1007, "{1,}", "'{1,}'"},
    {1007, "{1}{2}", "'{1}{2}'"},
    {1007, "x{1}", "'x{1}'"},
    {1007, "[0:1]", "'[0:1]'"},
    {1007, "", "''"},
    {1009, "{\"a}", "'{\\\"a}'"},
    {1009, "{a\\", "'{a\\\\'"},
    {1007, "{{{{{{1}}}}}}", "[[[[[[1]]]]]]"},
    {1007, "{{{{{{{1}}}}}}}", "'{{{{{{{1}}}}}}}'"}, /* one deeper than PostgreSQL goes */
};

static void test_values_have_the_json_type_of_their_postgresql_type(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        json_t *value = dr_postgres_value(rows[i].oid, rows[i].text, strlen(rows[i].text));
        print_message("%u %s\n", rows[i].oid, rows[i].text);
        assert_json_equal(value, rows[i].json);
        json_decref(value);
    }
}

static void test_bytes_that_are_not_utf8_are_replaced(void **state)
{
    (void)state;
    json_t *value = dr_postgres_value(25, "a\xff\xc3\xa9\xc3", 5);
    assert_string_equal(json_string_value(value), "a\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd");
    json_decref(value);
}

static void test_parameters_are_typed_by_their_json_type(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        uint32_t oid;
        const char *text;
    } expected[] = {
        {"null", 0, NULL},
        {"'x'", 0, "x"},
        {"true", 16, "true"},
        {"2147483647", 23, "2147483647"},
        {"2147483648", 20, "2147483648"},
        {"-2147483648", 23, "-2147483648"},
        {"1.5", 701, "1.5"},
        {"[1,'a']", 3802, "[1,\"a\"]"},
        {"{}", 3802, "{}"},
    };
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        json_t *value = test_json("%s", expected[i].json);
        struct dr_postgres_parameter parameter;
        assert_true(dr_postgres_parameter(value, &parameter));
        assert_int_equal(parameter.oid, expected[i].oid);
        if (expected[i].text)
            assert_string_equal(parameter.text, expected[i].text);
        else
            assert_null(parameter.text);
        free(parameter.text);
        json_decref(value);
    }
    json_t *with_nul = json_stringn("a\0b", 3);
    struct dr_postgres_parameter parameter;
    assert_false(dr_postgres_parameter(with_nul, &parameter));
    json_decref(with_nul);
}

static void test_type_names(void **state)
{
    (void)state;
    char buffer[32];
    assert_string_equal(dr_postgres_type_name(1184, buffer), "timestamptz");
    assert_string_equal(dr_postgres_type_name(1007, buffer), "int4[]");
    assert_string_equal(dr_postgres_type_name(16385, buffer), "oid:16385");
    assert_string_equal(dr_postgres_type_name(0, buffer), "oid:0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_have_the_json_type_of_their_postgresql_type),
        cmocka_unit_test(test_bytes_that_are_not_utf8_are_replaced),
        cmocka_unit_test(test_parameters_are_typed_by_their_json_type),
        cmocka_unit_test(test_type_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
