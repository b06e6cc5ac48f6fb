/* Errors, scopes and randomness: the small things that all expressions share. */
#include "interpreter/expression/expression.h"

#include "interpreter/base/text.h"

#include <stdlib.h>

void dr_error_done(struct dr_error *error)
{
    free(error->error);
    free(error->cause);
    *error = (struct dr_error){0};
}

void dr_error_set(struct dr_error *error, const char *name, const char *cause_format, ...)
{
    char *cause = NULL;
    if (cause_format) {
        va_list arguments;
        va_start(arguments, cause_format);
        cause = dr_format_list(cause_format, arguments);
        va_end(arguments);
    }
    dr_error_done(error);
    error->error = dr_copy_string(name);
    error->cause = cause;
}

const json_t *dr_scope_find(const struct dr_scope *scope, const char *name, size_t size)
{
    for (; scope; scope = scope->outer) {
        const json_t *value = scope->variables ? json_object_getn(scope->variables, name, size) : NULL;
        if (value) {
            return value;
        }
    }
    return NULL;
}

/* SplitMix64 (Steele, Lea, Flood 2014): the n-th output depends on seed and n alone, so that a resumed run needs only
 * those. */
uint64_t dr_random_next(struct dr_random *random)
{
    uint64_t mixed = random->seed + ++random->drawn * UINT64_C(0x9E3779B97F4A7C15);
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94D049BB133111EB);
    return mixed ^ (mixed >> 31);
}

double dr_random_unit(struct dr_random *random)
{
    return (double)(dr_random_next(random) >> 11) * 0x1p-53;
}
