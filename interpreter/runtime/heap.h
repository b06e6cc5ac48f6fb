/* A binary heap of timers, ordered by time and then by the order in which they were set. The items are embedded in what
 * they belong to, so setting one never fails, and taking one out from anywhere is O(log n).
 *
 *     struct dr_heap_item item = {0};
 *     dr_heap_add(&heap, &item, at_ms);
 *     ... dr_heap_remove(&heap, &item);    a no-op if it is not in the heap
 */
#ifndef DRRUN_RUNTIME_HEAP_H
#define DRRUN_RUNTIME_HEAP_H

#include <stddef.h>
#include <stdint.h>

struct dr_heap_item {
    int64_t at_ms;
    uint64_t sequence;
    size_t place; /* from 1; 0: not in a heap */
};

struct dr_heap { /* zero-initialise */
    struct dr_heap_item **items;
    size_t count, capacity;
    uint64_t sequence;
};

void dr_heap_add(struct dr_heap *heap, struct dr_heap_item *item, int64_t at_ms); /* it must not be in a heap */
void dr_heap_remove(struct dr_heap *heap, struct dr_heap_item *item);
struct dr_heap_item *dr_heap_first(const struct dr_heap *heap); /* NULL if empty */
void dr_heap_done(struct dr_heap *heap);                        /* the items stay their owners' */

#endif
