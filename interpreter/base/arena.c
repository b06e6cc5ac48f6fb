/* Blocks that grow, newest first; releases as a list in the arena itself. */
#include "interpreter/base/arena.h"

#include "interpreter/base/text.h"

#include <assert.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES_FIRST ((size_t)4096)
#define BLOCK_BYTES_LARGEST ((size_t)1 << 20)

struct block {
    struct block *older;
    size_t size, used;
    alignas(max_align_t) unsigned char bytes[];
};

struct release {
    struct release *older;
    void (*function)(void *thing);
    void *thing;
};

struct dr_arena {
    struct block *newest;
    struct release *releases;
    bool separate; /* each allocation in a block of its own, so that sanitizers see where it ends */
};

struct dr_arena *dr_arena_new(void)
{
    struct dr_arena *arena = dr_alloc(sizeof *arena);
    const char *mode = getenv("DRRUN_ARENA");
    arena->separate = mode && strcmp(mode, "separate") == 0;
    return arena;
}

void dr_arena_free(struct dr_arena *arena)
{
    if (!arena) {
        return;
    }
    while (arena->releases) {
        struct release *release = arena->releases;
        arena->releases = release->older; /* first: a release may defer no more, but must not run twice */
        release->function(release->thing);
    }
    while (arena->newest) {
        struct block *block = arena->newest;
        arena->newest = block->older;
        free(block);
    }
    free(arena);
}

static struct block *add_block(struct dr_arena *arena, size_t size)
{
    size_t whole;
    if (__builtin_add_overflow(size, sizeof(struct block), &whole)) {
        whole = SIZE_MAX; /* dr_alloc aborts */
    }
    struct block *block = dr_alloc(whole);
    block->size = size;
    block->older = arena->newest;
    arena->newest = block;
    return block;
}

void *dr_arena_alloc(struct dr_arena *arena, size_t size)
{
    const size_t unit = alignof(max_align_t);
    if (arena->separate) {
        struct block *block = add_block(arena, size ? size : 1);
        block->used = block->size;
        return block->bytes;
    }
    size_t rounded = size < SIZE_MAX - unit ? (size + unit - 1) / unit * unit : size;
    rounded = rounded ? rounded : unit;
    struct block *block = arena->newest;
    if (!block || block->size - block->used < rounded) {
        size_t grown = block && block->size ? block->size * 2 : BLOCK_BYTES_FIRST;
        grown = grown > BLOCK_BYTES_LARGEST ? BLOCK_BYTES_LARGEST : grown;
        block = add_block(arena, rounded > grown ? rounded : grown);
    }
    void *bytes = block->bytes + block->used;
    block->used += rounded;
    assert(block->used <= block->size);
    return bytes;
}

char *dr_arena_string(struct dr_arena *arena, const char *bytes, size_t size)
{
    char *copy = dr_arena_alloc(arena, size + 1);
    if (size) {
        memcpy(copy, bytes, size);
    }
    return copy;
}

char *dr_arena_format(struct dr_arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *string = dr_format_list(format, arguments);
    va_end(arguments);
    char *copy = dr_arena_string(arena, string, strlen(string));
    free(string);
    return copy;
}

void dr_arena_defer(struct dr_arena *arena, void (*release)(void *thing), void *thing)
{
    struct release *entry = dr_arena_alloc(arena, sizeof *entry);
    *entry = (struct release){.older = arena->releases, .function = release, .thing = thing};
    arena->releases = entry;
}

static void release_json(void *value)
{
    json_decref(value);
}

json_t *dr_arena_json(struct dr_arena *arena, json_t *value)
{
    dr_arena_defer(arena, release_json, value);
    return value;
}
