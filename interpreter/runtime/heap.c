#include "interpreter/runtime/heap.h"

#include "interpreter/base/text.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

static bool is_before(const struct dr_heap_item *a, const struct dr_heap_item *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->sequence < b->sequence;
}

static void put(struct dr_heap *heap, size_t place, struct dr_heap_item *item)
{
    heap->items[place - 1] = item;
    item->place = place;
}

static void sift_up(struct dr_heap *heap, struct dr_heap_item *item, size_t place)
{
    while (place > 1 && is_before(item, heap->items[place / 2 - 1])) {
        put(heap, place, heap->items[place / 2 - 1]);
        place /= 2;
    }
    put(heap, place, item);
}

static void sift_down(struct dr_heap *heap, struct dr_heap_item *item, size_t place)
{
    for (size_t child = place * 2; child <= heap->count; child = place * 2) {
        if (child < heap->count && is_before(heap->items[child], heap->items[child - 1]))
            child++;
        if (!is_before(heap->items[child - 1], item))
            break;
        put(heap, place, heap->items[child - 1]);
        place = child;
    }
    put(heap, place, item);
}

void dr_heap_add(struct dr_heap *heap, struct dr_heap_item *item, int64_t at_ms)
{
    assert(item->place == 0);
    if (heap->count == heap->capacity) {
        heap->capacity = heap->capacity ? heap->capacity * 2 : 64;
        heap->items = dr_resize(heap->items, heap->capacity, sizeof *heap->items);
    }
    item->at_ms = at_ms;
    item->sequence = heap->sequence++;
    heap->count++;
    sift_up(heap, item, heap->count);
}

void dr_heap_remove(struct dr_heap *heap, struct dr_heap_item *item)
{
    size_t place = item->place;
    if (place == 0)
        return;
    assert(heap->items[place - 1] == item);
    struct dr_heap_item *last = heap->items[--heap->count];
    item->place = 0;
    if (last == item)
        return;
    if (place > 1 && is_before(last, heap->items[place / 2 - 1]))
        sift_up(heap, last, place);
    else
        sift_down(heap, last, place);
}

struct dr_heap_item *dr_heap_first(const struct dr_heap *heap)
{
    return heap->count ? heap->items[0] : NULL;
}

void dr_heap_done(struct dr_heap *heap)
{
    free(heap->items);
    *heap = (struct dr_heap){0};
}
