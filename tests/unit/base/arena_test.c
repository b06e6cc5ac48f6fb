#include "interpreter/base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void allocations_are_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    struct dr_arena *arena = dr_arena_new();
    unsigned char *blocks[200];
    for (size_t i = 0; i < 200; i++) {
        size_t size = i * i % 977;
        blocks[i] = dr_arena_alloc(arena, size);
        assert_int_equal((uintptr_t)blocks[i] % _Alignof(max_align_t), 0);
        for (size_t j = 0; j < size; j++) {
            assert_int_equal(blocks[i][j], 0);
        }
        memset(blocks[i], (int)(i % 251) + 1, size);
    }
    for (size_t i = 0; i < 200; i++) {
        for (size_t j = 0; j < i * i % 977; j++) {
            assert_int_equal(blocks[i][j], i % 251 + 1);
        }
    }
    memset(dr_arena_alloc(arena, 5 << 20), 1, 5 << 20);
    dr_arena_free(arena);
    dr_arena_free(NULL);
}

static void strings(void **state)
{
    (void)state;
    struct dr_arena *arena = dr_arena_new();
    assert_string_equal(dr_arena_string(arena, "abcdef", 3), "abc");
    assert_string_equal(dr_arena_format(arena, "%s-%d", "x", 7), "x-7");
    dr_arena_free(arena);
}

static char order[8];
static void note(void *thing)
{
    strcat(order, thing);
}

static void releases_run_newest_first(void **state)
{
    (void)state;
    struct dr_arena *arena = dr_arena_new();
    order[0] = '\0';
    char one[] = "1", two[] = "2", three[] = "3";
    dr_arena_defer(arena, note, one);
    dr_arena_defer(arena, note, two);
    json_t *value = dr_arena_json(arena, json_array());
    json_incref(value);
    dr_arena_defer(arena, note, three);
    dr_arena_free(arena);
    assert_string_equal(order, "321");
    assert_int_equal(value->refcount, 1);
    json_decref(value);
}

static void everything_again_separately(void **state)
{
    setenv("DRRUN_ARENA", "separate", 1);
    allocations_are_zeroed_aligned_and_apart(state);
    strings(state);
    releases_run_newest_first(state);
    unsetenv("DRRUN_ARENA");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocations_are_zeroed_aligned_and_apart),
        cmocka_unit_test(strings),
        cmocka_unit_test(releases_run_newest_first),
        cmocka_unit_test(everything_again_separately),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
