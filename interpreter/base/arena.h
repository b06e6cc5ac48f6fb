/* An arena: many small allocations, one free. A parsed runbook lives in one. With the environment variable
 * DRRUN_ARENA=separate each allocation is its own, so that sanitizers see overruns. */
#ifndef DRRUN_BASE_ARENA_H
#define DRRUN_BASE_ARENA_H

#include <jansson.h>
#include <stddef.h>

struct dr_arena;

struct dr_arena *dr_arena_new(void);
void dr_arena_free(struct dr_arena *arena); /* NULL is fine; runs the deferred releases, newest first */

void *dr_arena_alloc(struct dr_arena *arena, size_t size); /* zeroed, aligned for any type; never NULL */
char *dr_arena_string(struct dr_arena *arena, const char *bytes, size_t size);
char *dr_arena_format(struct dr_arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Calls release(thing) when the arena is freed: for what lives in the arena but owns something outside (json_t, pcre2).
 */
void dr_arena_defer(struct dr_arena *arena, void (*release)(void *thing), void *thing);
/* Steals a reference; it is dropped with the arena. Returns `value`. */
json_t *dr_arena_json(struct dr_arena *arena, json_t *value);

#endif
