#include "interpreter/expression/comparators.h"

#include "interpreter/base/clock.h"
#include "interpreter/expression/values.h"

#include <assert.h>
#include <string.h>

bool dr_comparand_read(enum comparand_type type, const json_t *value, struct comparand *ret_comparand)
{
    ret_comparand->value = value;
    switch (type) {
    case COMPARE_BOOLEAN:
        return json_is_boolean(value);
    case COMPARE_NUMERIC:
        return json_is_number(value);
    case COMPARE_STRING:
    case COMPARE_PATTERN:
        return json_is_string(value);
    case COMPARE_TIMESTAMP:
        return json_is_string(value) && dr_time_parse(json_string_value(value), json_string_length(value),
                                                      &ret_comparand->time_ms, &ret_comparand->nanoseconds);
    case COMPARE_TEST:
        return json_is_boolean(value);
    }
    return false;
}

static int order_BOOLEAN(const json_t *left, const struct comparand *right)
{
    return json_is_true(left) - json_is_true(right->value);
}

static int order_NUMERIC(const json_t *left, const struct comparand *right)
{
    return dr_number_compare(left, right->value);
}

static int order_STRING(const json_t *left, const struct comparand *right)
{
    return dr_string_compare(left, right->value);
}

static int order_TIMESTAMP(const json_t *left, const struct comparand *right)
{
    struct comparand time = {0};
    bool read = dr_comparand_read(COMPARE_TIMESTAMP, left, &time);
    assert(read);
    if (time.time_ms != right->time_ms) {
        return time.time_ms < right->time_ms ? -1 : 1;
    }
    return (time.nanoseconds > right->nanoseconds) - (time.nanoseconds < right->nanoseconds);
}

/* The Is... tests ask about any value; IsPresent is answered before, by whether there is one. */
static bool is_IsBoolean(const json_t *value)
{
    return json_is_boolean(value);
}

static bool is_IsNull(const json_t *value)
{
    return json_is_null(value);
}

static bool is_IsNumeric(const json_t *value)
{
    return json_is_number(value);
}

static bool is_IsPresent(const json_t *value)
{
    return value;
}

static bool is_IsString(const json_t *value)
{
    return json_is_string(value);
}

static bool is_IsTimestamp(const json_t *value)
{
    struct comparand time;
    return dr_comparand_read(COMPARE_TIMESTAMP, value, &time);
}

static bool test_StringMatches(const json_t *left, const struct comparand *right)
{
    return dr_glob_matches(json_string_value(right->value), json_string_length(right->value), json_string_value(left),
                           json_string_length(left));
}

/* Greedy with one point to come back to: linear in practice, never worse than pattern times text. */
bool dr_glob_matches(const char *pattern, size_t pattern_size, const char *text, size_t size)
{
    size_t at = 0, in_pattern = 0, star_pattern = SIZE_MAX, star_text = 0;
    while (at < size || in_pattern < pattern_size) {
        if (in_pattern < pattern_size && pattern[in_pattern] == '*') {
            star_pattern = ++in_pattern;
            star_text = at;
            continue;
        }
        bool escape = in_pattern + 1 < pattern_size && pattern[in_pattern] == '\\' &&
                      (pattern[in_pattern + 1] == '*' || pattern[in_pattern + 1] == '\\');
        size_t literal = in_pattern + escape;
        if (literal < pattern_size && at < size && pattern[literal] == text[at]) {
            in_pattern = literal + 1;
            at++;
            continue;
        }
        if (star_pattern == SIZE_MAX || star_text == size) {
            return false;
        }
        in_pattern = star_pattern;
        at = ++star_text;
    }
    return true;
}

#define COMPARATOR(name, type, condition)                                                                              \
    static bool test_##name(const json_t *left, const struct comparand *right)                                         \
    {                                                                                                                  \
        int order = order_##type(left, right);                                                                         \
        return condition;                                                                                              \
    }
#define TEST(name)
#include "interpreter/expression/comparators.def"
#undef COMPARATOR
#undef TEST

#define IS(name)                                                                                                       \
    static bool test_##name(const json_t *left, const struct comparand *right)                                         \
    {                                                                                                                  \
        return is_##name(left) == json_is_true(right->value);                                                          \
    }
IS(IsBoolean)
IS(IsNull)
IS(IsNumeric)
IS(IsPresent)
IS(IsString)
IS(IsTimestamp)

#define TYPE_OF_IsBoolean COMPARE_TEST
#define TYPE_OF_IsNull COMPARE_TEST
#define TYPE_OF_IsNumeric COMPARE_TEST
#define TYPE_OF_IsPresent COMPARE_TEST
#define TYPE_OF_IsString COMPARE_TEST
#define TYPE_OF_IsTimestamp COMPARE_TEST
#define TYPE_OF_StringMatches COMPARE_PATTERN

static const struct comparator comparators[] = {
#define COMPARATOR(name, type, condition) {#name, #name "Path", COMPARE_##type, test_##name},
#define TEST(name) {#name, NULL, TYPE_OF_##name, test_##name},
#include "interpreter/expression/comparators.def"
#undef COMPARATOR
#undef TEST
};

static_assert(sizeof comparators / sizeof *comparators == 23, "39 comparators: 16 with a twin, 7 without");

const struct comparator *dr_comparator_find(const char *name, bool *ret_is_path)
{
    for (size_t i = 0; i < sizeof comparators / sizeof *comparators; i++) {
        const struct comparator *comparator = &comparators[i];
        if (strcmp(comparator->name, name) == 0) {
            *ret_is_path = false;
            return comparator;
        }
        if (comparator->path_name && strcmp(comparator->path_name, name) == 0) {
            *ret_is_path = true;
            return comparator;
        }
    }
    return NULL;
}

const char *dr_comparator_name(size_t index)
{
    for (size_t i = 0; i < sizeof comparators / sizeof *comparators; i++) {
        size_t names = comparators[i].path_name ? 2 : 1;
        if (index < names) {
            return index ? comparators[i].path_name : comparators[i].name;
        }
        index -= names;
    }
    return NULL;
}
