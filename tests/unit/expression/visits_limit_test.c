/* How many values one evaluation of a path may look at. */
#include "interpreter/base/limits.h"
#include "interpreter/expression/jsonpath.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static void a_path_looks_at_so_many_values_and_no_more(void **state)
{
    (void)state;
    struct dr_arena *arena = dr_arena_new();
    struct dr_compile_error error = {0};
    const struct dr_path *path = dr_path_compile(arena, "$[*]", 4, &error);
    assert_non_null(path);
    /* The array itself is one of the values. */
    json_t *array = json_array();
    for (size_t i = 0; i < DR_PATH_VISITS_MAX - 1; i++)
        json_array_append_new(array, json_null());
    json_t *value = NULL;
    assert_int_equal(dr_path_find_in(path, array, &value, NULL), DR_PATH_FOUND);
    assert_int_equal(json_array_size(value), DR_PATH_VISITS_MAX - 1);
    json_decref(value);
    json_array_append_new(array, json_null());
    char *detail = NULL;
    assert_int_equal(dr_path_find_in(path, array, &value, &detail), DR_PATH_UNSUPPORTED);
    assert_non_null(strstr(detail, "more than 10000000 values"));
    free(detail);
    json_decref(array);
    dr_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_path_looks_at_so_many_values_and_no_more)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
