/* What all expressions share: what they can see, and how they fail. Compiled once at load, evaluated often. */
#ifndef DRRUN_EXPRESSION_EXPRESSION_H
#define DRRUN_EXPRESSION_EXPRESSION_H

#include "interpreter/base/diagnostic.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* A workflow error: an ASL error name and a cause. Zero-initialise; both strings are owned. */
struct dr_error {
    char *error; /* "States.Runtime"; NULL: no error (a Fail state without Error has "") */
    char *cause; /* NULL: none */
};

void dr_error_done(struct dr_error *error);
/* Replaces what is there. `error` is copied. */
void dr_error_set(struct dr_error *error, const char *name, const char *cause_format, ...)
    __attribute__((format(printf, 3, 4)));

/* Variables (ASL "Assign"), innermost scope first. Inner scopes read outer variables and cannot assign them. */
struct dr_scope {
    json_t *variables; /* an object: name without '$' -> value; NULL: none yet */
    const struct dr_scope *outer;
};

/* A source of randomness: journaled seed, so that a resumed run draws what it drew before. SplitMix64 over (seed,
 * counter). */
struct dr_random {
    uint64_t seed, drawn;
};
uint64_t dr_random_next(struct dr_random *random);
double dr_random_unit(struct dr_random *random); /* [0, 1) */

/* What an expression can see. All borrowed. */
struct dr_view {
    const json_t *input;          /* JSONPath "$"; JSONata $states.input */
    const json_t *result;         /* JSONata $states.result; NULL: not there */
    const json_t *error_output;   /* JSONata $states.errorOutput; NULL: not there */
    const struct dr_scope *scope; /* "$name"; NULL: none */
    const json_t *(*context)(
        void *data); /* "$$" / $states.context, built when first asked for; borrowed; NULL: there is none */
    void *context_data;
    struct dr_random *random;
    int64_t now_ms; /* for JSONata's $now and $millis */
    bool partial; /* not a run: unknown values (known.h) may stand in all of the above, and templates give what is known
                   */
};

/* The value of a variable through the scopes, borrowed, or NULL. */
const json_t *dr_scope_find(const struct dr_scope *scope, const char *name, size_t size);

/* What compiling an expression found out; the checker and the engine read it. */
struct dr_compile_error {
    char *message; /* owned; what is wrong and what was expected */
    size_t offset; /* in bytes from the start of the expression's text */
};

#endif
