/* Choice rules: every comparator with its twin, mismatches of type, what is missing, and mistakes with their places. */
#include "interpreter/expression/rule.h"

#include "interpreter/document/document.h"
#include "interpreter/expression/comparators.h"
#include "vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* "true", "false", "ERROR: cause", or the diagnostics as "line:column: message", joined by "; ". */
static char *test(const char *rule_text, const char *input_text)
{
    struct dr_diagnostics found = {0};
    struct dr_document *document = dr_document_parse("rule.yaml", rule_text, strlen(rule_text), &found);
    assert_non_null(document);
    struct dr_arena *arena = dr_arena_new();
    const struct dr_rule *rule = dr_rule_compile(arena, document->root, DR_JSONPATH, NULL, &found);
    struct dr_text answer = {0};
    if (rule) {
        json_t *input = dr_json_parse(input_text, strlen(input_text), NULL);
        struct dr_view view = {.input = input};
        struct dr_error error = {0};
        switch (dr_rule_test(rule, &view, &error)) {
        case DR_RULE_TRUE:
            dr_text_puts(&answer, "true");
            break;
        case DR_RULE_FALSE:
            dr_text_puts(&answer, "false");
            break;
        case DR_RULE_ERROR:
            dr_text_printf(&answer, "%s: %s", error.error, error.cause);
            break;
        }
        dr_error_done(&error);
        json_decref(input);
    } else {
        for (size_t i = 0; i < found.count; i++) {
            dr_text_printf(&answer, "%s%u:%u: %s", i ? "; " : "", found.items[i].place.line,
                           found.items[i].place.column, found.items[i].message);
            assert_string_equal(found.items[i].code, "SCHEMA_VALIDATION_FAILED");
        }
        assert_true(found.count > 0);
    }
    dr_arena_free(arena);
    dr_document_free(document);
    dr_diagnostics_done(&found);
    return dr_text_take(&answer);
}

struct row {
    const char *rule, *input, *answer;
};

static void check_rows(const struct row *rows, size_t count)
{
    size_t failures = 0;
    for (size_t i = 0; i < count; i++) {
        char *answer = test(rows[i].rule, rows[i].input);
        if (strcmp(answer, rows[i].answer) != 0) {
            printf("%s on %s\n  wanted %s\n  got    %s\n", rows[i].rule, rows[i].input, rows[i].answer, answer);
            failures++;
        }
        free(answer);
    }
    assert_int_equal(failures, 0);
}

/* Each comparison with a smaller, an equal and a greater value; constant and path twin agree. */
static void every_comparator_and_its_twin(void **state)
{
    (void)state;
    static const struct {
        const char *type, *low, *middle, *high;
    } types[] = {
        {"Numeric", "-1", "2.5", "9007199254740993"},
        {"String", "\"a\"", "\"ab\"", "\"b\""},
        {"Timestamp", "\"2026-01-01T00:00:00Z\"", "\"2026-01-01T01:00:00.000000001+00:30\"",
         "\"2026-01-01T00:30:00.000000002Z\""},
    };
    static const struct {
        const char *operator;
        bool less, same, more;
    } operators[] = {
        {"Equals", false, true, false},           {"LessThan", true, false, false},
        {"LessThanEquals", true, true, false},    {"GreaterThan", false, false, true},
        {"GreaterThanEquals", false, true, true},
    };
    for (size_t t = 0; t < 3; t++) {
        for (size_t o = 0; o < 5; o++) {
            const char *lefts[] = {types[t].low, types[t].middle, types[t].high};
            const bool wanted[] = {operators[o].less, operators[o].same, operators[o].more};
            for (size_t i = 0; i < 3; i++) {
                char *rule =
                    dr_format("{Variable: $.l, %s%s: %s}", types[t].type, operators[o].operator, types[t].middle);
                char *twin = dr_format("{Variable: $.l, %s%sPath: $.r}", types[t].type, operators[o].operator);
                char *input = dr_format("{\"l\":%s,\"r\":%s}", lefts[i], types[t].middle);
                const struct row rows[] = {{rule, input, wanted[i] ? "true" : "false"},
                                           {twin, input, wanted[i] ? "true" : "false"}};
                check_rows(rows, 2);
                free(rule);
                free(twin);
                free(input);
            }
        }
    }
    const struct row booleans[] = {
        {"{Variable: $.l, BooleanEquals: true}", "{\"l\":true}", "true"},
        {"{Variable: $.l, BooleanEquals: true}", "{\"l\":false}", "false"},
        {"{Variable: $.l, BooleanEqualsPath: $.r}", "{\"l\":false,\"r\":false}", "true"},
        {"{Variable: $.l, BooleanEqualsPath: $.r}", "{\"l\":false,\"r\":0}", "false"},
    };
    check_rows(booleans, 4);
}

static void a_mismatch_of_types_is_false(void **state)
{
    (void)state;
    static const char *const values[] = {"null", "1", "1.0", "\"1\"", "true", "[]", "{}", "\"2026-01-01T00:00:00Z\""};
    static const struct {
        const char *rule;
        unsigned comparable; /* one bit per value */
    } rules[] = {
        {"{Variable: $.v, NumericGreaterThanEquals: -5}", 1u << 1 | 1u << 2},
        {"{Variable: $.v, StringGreaterThanEquals: ''}", 1u << 3 | 1u << 7},
        {"{Not: {Variable: $.v, BooleanEquals: true}}", 0xFF & ~(1u << 4)},
        {"{Variable: $.v, TimestampGreaterThan: '1990-01-01T00:00:00Z'}", 1u << 7},
        {"{Variable: $.v, StringMatches: '*'}", 1u << 3 | 1u << 7},
        {"{Variable: $.v, IsNull: true}", 1u << 0},
        {"{Variable: $.v, IsNumeric: true}", 1u << 1 | 1u << 2},
        {"{Variable: $.v, IsString: true}", 1u << 3 | 1u << 7},
        {"{Variable: $.v, IsBoolean: true}", 1u << 4},
        {"{Variable: $.v, IsTimestamp: true}", 1u << 7},
        {"{Variable: $.v, IsPresent: true}", 0xFF},
        {"{Variable: $.v, IsTimestamp: false}", 0xFF & ~(1u << 7)},
    };
    for (size_t r = 0; r < sizeof rules / sizeof *rules; r++) {
        for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
            char *input = dr_format("{\"v\":%s}", values[v]);
            check_rows(&(const struct row){rules[r].rule, input, rules[r].comparable >> v & 1 ? "true" : "false"}, 1);
            free(input);
        }
    }
}

static void what_is_missing_is_an_error_unless_asked_for(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"{Variable: $.no, IsPresent: false}", "{}", "true"},
        {"{Variable: $.no, IsPresent: true}", "{}", "false"},
        {"{Variable: $.a.b, IsPresent: true}", "{\"a\":1}", "false"},
        {"{Variable: $.no, IsNull: true}", "{}",
         "States.Runtime: Invalid path '$.no': The choice state's condition path references an invalid value."},
        {"{Variable: $.a, NumericEqualsPath: $.no.x}", "{\"a\":1}",
         "States.Runtime: Invalid path '$.no.x': The choice state's condition path references an invalid value."},
        {"{Not: {Variable: $.no, IsString: true}}", "{}",
         "States.Runtime: Invalid path '$.no': The choice state's condition path references an invalid value."},
        {"{And: [{Variable: $.no, IsPresent: true}, {Variable: $.no, NumericEquals: 1}]}", "{}", "false"},
        {"{Or: [{Variable: $.no, IsPresent: false}, {Variable: $.no, NumericEquals: 1}]}", "{}", "true"},
    };
    check_rows(rows, sizeof rows / sizeof *rows);
}

static void and_or_not(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"{And: [{Variable: $.a, NumericEquals: 1}, {Variable: $.b, NumericEquals: 2}]}", "{\"a\":1,\"b\":2}", "true"},
        {"{And: [{Variable: $.a, NumericEquals: 1}, {Variable: $.b, NumericEquals: 2}]}", "{\"a\":1,\"b\":3}", "false"},
        {"{Or: [{Variable: $.a, NumericEquals: 1}, {Variable: $.b, NumericEquals: 2}]}", "{\"a\":0,\"b\":2}", "true"},
        {"{Or: [{Variable: $.a, NumericEquals: 1}, {Variable: $.b, NumericEquals: 2}]}", "{\"a\":0,\"b\":0}", "false"},
        {"{Not: {Or: [{Not: {Variable: $.a, IsNull: true}}]}}", "{\"a\":null}", "true"},
        {"{Variable: $.a, IsNull: true, Next: X, Comment: c, Assign: {x: 1}, Output: y}", "{\"a\":null}", "true"},
    };
    check_rows(rows, sizeof rows / sizeof *rows);
}

static void string_matches_star_is_anchored(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *text;
        bool matches;
    } rows[] = {
        {"", "", true},
        {"", "a", false},
        {"a", "a", true},
        {"a", "ab", false},
        {"*", "", true},
        {"*", "abc", true},
        {"a*", "abc", true},
        {"a*", "ba", false},
        {"*c", "abc", true},
        {"*c", "abcd", false},
        {"a*c", "ac", true},
        {"a*c", "abbc", true},
        {"*b*", "abc", true},
        {"*x*", "abc", false},
        {"log-*.txt", "log-1.txt", true},
        {"log-*.txt", "log-1.txt.gz", false},
        {"a\\*c", "a*c", true},
        {"a\\*c", "abc", false},
        {"a\\\\c", "a\\c", true},
        {"\\*", "*", true},
        {"*\\*", "ab*", true},
        {"*\\*", "ab", false},
        {"a**b", "ab", true},
        {"*a*b*c*", "xaybzc", true},
        {"*ab", "aab", true},
        {"*aab", "aaab", true},
        {"a\\c", "a\\c", true},
        {"*.example.com", "a.b.example.com", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool matches = dr_glob_matches(rows[i].pattern, strlen(rows[i].pattern), rows[i].text, strlen(rows[i].text));
        if (matches != rows[i].matches) {
            printf("%s on %s\n", rows[i].pattern, rows[i].text);
        }
        assert_int_equal(matches, rows[i].matches);
    }
}

static void mistakes_are_placed_and_explained(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"Variable: $.a\nNumericEqual: 1\n", "", "2:1: a Choice rule has no field \"NumericEqual\""},
        {"Variable: $.a\nNumericEquals: x\n", "", "2:16: NumericEquals needs a number, but this is a string"},
        {"Variable: $.a\nTimestampEquals: 2026-01-01\n", "", "2:18: String does not match RFC3339 timestamp"},
        {"Variable: $.a[\nIsNull: true\n", "", "1:14: The value for the field 'Variable' must be a valid JSONPath"},
        {"Variable: $.a\nNumericEqualsPath: 5\n", "", "2:20: NumericEqualsPath must be a path, but it is an integer"},
        {"NumericEquals: 1\n", "", "1:1: NumericEquals needs a Variable to look at"},
        {"Variable: $.a\n", "", "1:1: a Choice rule needs a comparator, And, Or or Not"},
        {"Variable: $.a\nIsNull: true\nIsString: true\n", "",
         "3:1: a Choice rule has one test, but this one has IsNull and IsString"},
        {"And: []\n", "", "1:6: And needs a list of at least one rule"},
        {"Not: {Variable: $.a, IsNull: true, Next: X}\n", "",
         "1:36: Next belongs to the rule as a whole, not to a rule inside And, Or or Not"},
        {"Or: [5]\n", "", "1:6: a Choice rule must be a map, but it is an integer"},
        {"Or: [{Variable: $.a, IsNull: 1}, {Variable: a, IsNull: true}]\n", "",
         "1:30: IsNull needs true or false, but this is an integer; 1:45: The value for the field 'Variable' must be a "
         "valid JSONPath"},
    };
    check_rows(rows, sizeof rows / sizeof *rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_comparator_and_its_twin),
        cmocka_unit_test(a_mismatch_of_types_is_false),
        cmocka_unit_test(what_is_missing_is_an_error_unless_asked_for),
        cmocka_unit_test(and_or_not),
        cmocka_unit_test(string_matches_star_is_anchored),
        cmocka_unit_test(mistakes_are_placed_and_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
