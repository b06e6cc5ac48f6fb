/* How this library fails inside: a problem is thrown to the trap that jsonata_compile() or jsonata_eval() set, and
 * becomes their struct jsonata_error there. Memory belongs to arenas and so needs no unwinding; code that holds
 * anything else (json_t references under construction) must not call what throws.
 *
 *     JX_FAIL(trap, .code = "T2001", .place = place, .token = token, .value = &value);
 */
#ifndef DRRUN_EXPRESSION_JSONATA_ERROR_H
#define DRRUN_EXPRESSION_JSONATA_ERROR_H

#include "interpreter/expression/jsonata/jsonata.h"
#include "interpreter/expression/jsonata/value.h"

#include <setjmp.h>

/* Where a token stands in the expression, in bytes. */
struct jx_place {
    uint32_t start, end;
};

struct jx_trap {
    jmp_buf jump;
    struct jsonata_error error;
    /* The call under way, for problems that do not say more exactly where they are; NULL: none. */
    const struct jx_call *call;
};

struct jx_call {
    struct jx_place place;
    struct jx_text token;
};

struct jx_problem {
    const char *code;
    const struct jx_place *place;          /* NULL: the call under way */
    struct jx_text token;                  /* .bytes NULL: the function called */
    const struct jx_value *value, *value2; /* may be NULL */
    struct jx_text message;                /* inserted into the sentence; .bytes NULL: none */
    const char *expected;
    unsigned index;
};

_Noreturn void jx_fail(struct jx_trap *trap, const struct jx_problem *problem);
#define JX_FAIL(trap, ...) jx_fail(trap, &(struct jx_problem){__VA_ARGS__})
/* A literal as struct jx_text. */
#define JX_TEXT(literal) ((struct jx_text){literal, sizeof(literal) - 1})

/* Fills in `error` from a problem, without throwing. */
void jx_describe(struct jsonata_error *error, const struct jx_problem *problem, const struct jx_call *call);

/* Writes a value as JSON for people, cut to fit with "..."; always NUL-terminated. */
void jx_show(char *out, size_t size, struct jx_value value);

#endif
