/* Every query of the recorded answers of Jayway JsonPath. Where we differ on purpose, docs/conformance-jsonpath.md has
 * a line. */
#include "interpreter/expression/jsonpath.h"
#include "interpreter/expression/values.h"
#include "vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Refused with a clear message although Jayway answers. */
static const char *const refused[] = {
    "current_with_dot_notation",         /* @.a */
    "dot_notation_without_root",         /* .key */
    "dot_notation_without_root_and_dot", /* key */
};

static bool is_refused(const char *id)
{
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        if (strcmp(refused[i], id) == 0) {
            return true;
        }
    }
    return false;
}

/* The recording keeps no order where objects are walked. */
static bool same_in_any_order(const json_t *left, const json_t *right)
{
    if (!json_is_array(left) || !json_is_array(right) || json_array_size(left) != json_array_size(right)) {
        return false;
    }
    json_t *rest = json_deep_copy(right);
    for (size_t i = 0; i < json_array_size(left); i++) {
        size_t j = 0;
        while (j < json_array_size(rest) && !dr_json_same(json_array_get(left, i), json_array_get(rest, j))) {
            j++;
        }
        if (j == json_array_size(rest)) {
            json_decref(rest);
            return false;
        }
        json_array_remove(rest, j);
    }
    json_decref(rest);
    return true;
}

static bool check(const json_t *row)
{
    const char *id = json_string_value(json_object_get(row, "id"));
    const char *selector = json_string_value(json_object_get(row, "selector"));
    const json_t *expected = json_object_get(row, "result");
    const char *outcome = json_string_value(json_object_get(row, "outcome"));
    struct dr_arena *arena = dr_arena_new();
    struct dr_compile_error error = {0};
    json_t *found = NULL;
    char *detail = NULL;
    const char *got = "not_supported";
    const struct dr_path *path = dr_path_compile(arena, selector, strlen(selector), &error);
    if (path) {
        enum dr_path_outcome result = dr_path_find_in(path, json_object_get(row, "document"), &found, &detail);
        got = result == DR_PATH_FOUND ? "found" : result == DR_PATH_MISSING ? "not_found" : "not_supported";
    }
    bool any_order = strstr(selector, "..") || strchr(selector, '*');
    bool good;
    if (is_refused(id)) {
        good = !path && error.message;
    } else if (outcome) {
        good = strcmp(outcome, got) == 0;
    } else {
        good = found && (dr_json_same(found, expected) || (any_order && same_in_any_order(found, expected)));
    }
    if (!good) {
        char *wanted = expected ? json_text(expected) : dr_copy_string(outcome), *had = found ? json_text(found) : NULL;
        printf("%s: %s\n  wanted %s\n  got %s %s %s%s\n", id, selector, wanted, got, had ? had : "",
               detail ? detail : "", error.message ? error.message : "");
        free(wanted);
        free(had);
    }
    json_decref(found);
    free(detail);
    free(error.message);
    dr_arena_free(arena);
    return good;
}

static void all_queries(void **state)
{
    (void)state;
    json_t *rows = load_vectors("jsonpath/jayway.json");
    if (!rows) {
        skip();
    }
    size_t failures = 0;
    for (size_t i = 0; i < json_array_size(rows); i++) {
        failures += !check(json_array_get(rows, i));
    }
    printf("%zu queries, %zu differ\n", json_array_size(rows), failures);
    assert_int_equal(json_array_size(rows), 257);
    json_decref(rows);
    assert_int_equal(failures, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_queries)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
