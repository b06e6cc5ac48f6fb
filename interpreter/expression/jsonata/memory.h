/* Memory of one program or one evaluation: an arena that is thrown away as a whole, with marks so that a function call
 * which leaves only a number or a truth value behind gives its memory back at once.
 *
 *     struct jx_mark mark = jx_mark(arena);
 *     ... allocate, compute a scalar ...
 *     jx_release(arena, mark);
 *
 * When the arena would exceed `max`, `full` is called, which does not return (it throws, see error.h).
 */
#ifndef DRRUN_EXPRESSION_JSONATA_MEMORY_H
#define DRRUN_EXPRESSION_JSONATA_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

struct jx_chunk;

struct jx_arena {
    struct jx_chunk *small; /* newest first; the newest is being filled */
    struct jx_chunk *large; /* one block each, newest first */
    struct jx_chunk *spare; /* one emptied chunk, kept against a release at a chunk's border in a loop */
    size_t used;            /* bytes in chunks */
    size_t serial;          /* number of large blocks made so far */
    size_t max;             /* 0: no limit */
    void (*full)(void *data);
    void *data;
};

struct jx_mark {
    struct jx_chunk *small;
    size_t fill, serial;
};

void *jx_alloc(struct jx_arena *arena, size_t size); /* aligned for any type, not zeroed; never NULL */
void *jx_zalloc(struct jx_arena *arena, size_t size);
/* A larger copy of `block`, in place where possible. */
void *jx_grow(struct jx_arena *arena, void *block, size_t old_size, size_t size);
char *jx_copy(struct jx_arena *arena, const char *bytes, size_t size); /* adds a NUL */
/* size * count, saturated: an absurd size then meets the limit in jx_alloc. */
size_t jx_times(size_t count, size_t size);

struct jx_mark jx_mark(const struct jx_arena *arena);
/* Whether a small block was allocated before the mark; false if that would take long to find out. */
bool jx_is_older(const struct jx_arena *arena, const void *block, struct jx_mark mark);
void jx_release(struct jx_arena *arena, struct jx_mark mark);
void jx_arena_done(struct jx_arena *arena);

#endif
