#include "interpreter/expression/jsonata/memory.h"

#include <assert.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is released must not be read again: AddressSanitizer is told, so that every test run checks the marks. */
#if defined(__SANITIZE_ADDRESS__)
#define WATCHED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WATCHED 1
#endif
#endif
#ifdef WATCHED
#include <sanitizer/asan_interface.h>
#define HIDE(start, size) ASAN_POISON_MEMORY_REGION(start, size)
#define SHOW(start, size) ASAN_UNPOISON_MEMORY_REGION(start, size)
#else
#define HIDE(start, size) ((void)(start), (void)(size))
#define SHOW(start, size) ((void)(start), (void)(size))
#endif

enum { CHUNK_FIRST = 4096, CHUNK_MAX = 256 * 1024, LARGE = 32 * 1024 };

struct jx_chunk {
    struct jx_chunk *older, *newer;
    size_t size, fill, serial;
    alignas(max_align_t) unsigned char bytes[];
};

static size_t round_up(size_t size)
{
    const size_t unit = alignof(max_align_t);
    return size > SIZE_MAX - unit ? SIZE_MAX - SIZE_MAX % unit : (size + unit - 1) / unit * unit;
}

size_t jx_times(size_t count, size_t size)
{
    size_t product;
    return __builtin_mul_overflow(count, size, &product) ? SIZE_MAX / 2 : product;
}

static _Noreturn void give_up(void)
{
    fputs("out of memory\n", stderr);
    abort();
}

static void account(struct jx_arena *arena, size_t more)
{
    if (arena->max && (more > arena->max || arena->used > arena->max - more)) {
        arena->full(arena->data);
        abort(); /* full() does not return */
    }
    arena->used += more;
}

static struct jx_chunk *chunk_new(struct jx_arena *arena, size_t size, struct jx_chunk *older)
{
    account(arena, size);
    struct jx_chunk *chunk = size > SIZE_MAX / 2 ? NULL : malloc(sizeof *chunk + size);
    if (!chunk)
        give_up();
    *chunk = (struct jx_chunk){.older = older, .size = size};
    if (older)
        older->newer = chunk;
    return chunk;
}

static void chunk_free(struct jx_arena *arena, struct jx_chunk *chunk)
{
    arena->used -= chunk->size;
    SHOW(chunk->bytes, chunk->size);
    free(chunk);
}

static void *alloc_large(struct jx_arena *arena, size_t size)
{
    arena->large = chunk_new(arena, size, arena->large);
    arena->large->serial = ++arena->serial;
    return arena->large->bytes;
}

static void add_chunk(struct jx_arena *arena, size_t size)
{
    struct jx_chunk *spare = arena->spare;
    if (spare && spare->size >= size) {
        arena->spare = NULL;
        spare->older = arena->small;
        spare->fill = 0;
        arena->small = spare;
        return;
    }
    size_t next = arena->small ? arena->small->size * 2 : CHUNK_FIRST;
    if (next > CHUNK_MAX)
        next = CHUNK_MAX;
    arena->small = chunk_new(arena, next > size ? next : size, arena->small);
    HIDE(arena->small->bytes, arena->small->size);
}

void *jx_alloc(struct jx_arena *arena, size_t size)
{
    size = round_up(size ? size : 1);
    if (size >= LARGE)
        return alloc_large(arena, size);
    if (!arena->small || arena->small->size - arena->small->fill < size)
        add_chunk(arena, size);
    struct jx_chunk *chunk = arena->small;
    void *block = chunk->bytes + chunk->fill;
    chunk->fill += size;
    SHOW(block, size);
    return block;
}

void *jx_zalloc(struct jx_arena *arena, size_t size)
{
    return memset(jx_alloc(arena, size), 0, size);
}

static void *grow_large(struct jx_arena *arena, void *block, size_t size)
{
    struct jx_chunk *chunk = (struct jx_chunk *)(void *)((unsigned char *)block - offsetof(struct jx_chunk, bytes));
    account(arena, size - chunk->size);
    struct jx_chunk *moved = size > SIZE_MAX / 2 ? NULL : realloc(chunk, sizeof *chunk + size);
    if (!moved)
        give_up();
    moved->size = size;
    if (moved->older)
        moved->older->newer = moved;
    if (moved->newer)
        moved->newer->older = moved;
    else
        arena->large = moved;
    return moved->bytes;
}

void *jx_grow(struct jx_arena *arena, void *block, size_t old_size, size_t size)
{
    assert(size >= old_size);
    if (!block)
        return jx_alloc(arena, size);
    size_t old_room = round_up(old_size ? old_size : 1), room = round_up(size);
    if (old_room >= LARGE)
        return grow_large(arena, block, room);
    struct jx_chunk *chunk = arena->small;
    if (room < LARGE && chunk && (unsigned char *)block + old_room == chunk->bytes + chunk->fill &&
        chunk->size - chunk->fill >= room - old_room) {
        SHOW((unsigned char *)block, room);
        chunk->fill += room - old_room;
        return block;
    }
    return memcpy(jx_alloc(arena, size), block, old_size);
}

char *jx_copy(struct jx_arena *arena, const char *bytes, size_t size)
{
    char *copy = jx_alloc(arena, size + 1);
    if (size)
        memcpy(copy, bytes, size);
    copy[size] = '\0';
    return copy;
}

struct jx_mark jx_mark(const struct jx_arena *arena)
{
    return (struct jx_mark){arena->small, arena->small ? arena->small->fill : 0, arena->serial};
}

static bool is_within(const void *block, const unsigned char *from, size_t size)
{
    return (uintptr_t)block >= (uintptr_t)from && (uintptr_t)block < (uintptr_t)from + size;
}

bool jx_is_older(const struct jx_arena *arena, const void *block, struct jx_mark mark)
{
    const struct jx_chunk *chunk = arena->small;
    for (unsigned i = 0; chunk != mark.small; i++, chunk = chunk->older)
        if (i == 8 || is_within(block, chunk->bytes, chunk->size))
            return false;
    return !chunk || !is_within(block, chunk->bytes + mark.fill, chunk->size - mark.fill);
}

/* Large blocks are told apart by serial number, not by address, because growing moves them. */
void jx_release(struct jx_arena *arena, struct jx_mark mark)
{
    while (arena->large && arena->large->serial > mark.serial) {
        struct jx_chunk *chunk = arena->large;
        arena->large = chunk->older;
        chunk_free(arena, chunk);
    }
    if (arena->large)
        arena->large->newer = NULL;
    while (arena->small != mark.small) {
        struct jx_chunk *chunk = arena->small;
        arena->small = chunk->older;
        if (arena->spare && arena->spare->size >= chunk->size) {
            chunk_free(arena, chunk);
        } else {
            if (arena->spare)
                chunk_free(arena, arena->spare);
            HIDE(chunk->bytes, chunk->size);
            arena->spare = chunk;
        }
    }
    if (arena->small) {
        HIDE(arena->small->bytes + mark.fill, arena->small->size - mark.fill);
        arena->small->fill = mark.fill;
        arena->small->newer = NULL;
    }
}

void jx_arena_done(struct jx_arena *arena)
{
    jx_release(arena, (struct jx_mark){0});
    if (arena->spare)
        chunk_free(arena, arena->spare);
    arena->spare = NULL;
}
