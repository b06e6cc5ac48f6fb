/* The heap gives items back by time, then in the order in which they were added, whatever is taken out in between. */
#include "interpreter/runtime/heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { COUNT = 5000 };

static uint32_t draw(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static void items_come_out_in_order(void **state)
{
    (void)state;
    struct dr_heap heap = {0};
    struct dr_heap_item *items = calloc(COUNT, sizeof *items);
    uint32_t random = 7;
    for (size_t i = 0; i < COUNT; i++)
        dr_heap_add(&heap, &items[i], draw(&random) % 100);
    for (size_t i = 0; i < COUNT; i += 3)
        dr_heap_remove(&heap, &items[i]);
    dr_heap_remove(&heap, &items[0]); /* not in it any more: nothing happens */
    size_t left = 0;
    int64_t last_ms = -1;
    uint64_t last_sequence = 0;
    for (struct dr_heap_item *item; (item = dr_heap_first(&heap)); left++) {
        assert_true(item->at_ms > last_ms || (item->at_ms == last_ms && item->sequence > last_sequence));
        assert_int_not_equal((item - items) % 3, 0);
        last_ms = item->at_ms;
        last_sequence = item->sequence;
        dr_heap_remove(&heap, item);
    }
    assert_int_equal(left, COUNT - (COUNT + 2) / 3);
    dr_heap_done(&heap);
    free(items);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(items_come_out_in_order)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
