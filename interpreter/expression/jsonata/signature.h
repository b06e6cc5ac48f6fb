/* Function signatures, "<s-nn?:s>": which arguments a function takes, and what happens to those that do not fit. */
#ifndef DRRUN_EXPRESSION_JSONATA_SIGNATURE_H
#define DRRUN_EXPRESSION_JSONATA_SIGNATURE_H

#include "interpreter/expression/jsonata/error.h"

struct jx_signature;

/* `text` begins with '<' and stands at byte `offset` of the expression. Throws S0401 and S0402. */
const struct jx_signature *jx_signature_new(struct jx_arena *arena, struct jx_text text, uint32_t offset,
                                            struct jx_trap *trap);

/* Checks arguments and brings them into shape: wraps single values for array parameters, puts the context in where a
 * parameter marked '-' is missing. Returns the new argument list (in `arena`). Throws T0410, T0411, T0412. */
struct jx_value *jx_signature_apply(const struct jx_signature *signature, struct jx_arena *arena,
                                    const struct jx_value *arguments, size_t count, struct jx_value context,
                                    struct jx_trap *trap, size_t *ret_count);

/* True if jx_signature_apply() would pass the arguments on as they are (and undefined for those left out): the usual
 * case, quickly. */
bool jx_signature_fits(const struct jx_signature *signature, const struct jx_value *arguments, size_t count);

/* How many arguments a call must and may have; UINT32_MAX: any number. */
void jx_signature_arity(const struct jx_signature *signature, unsigned *ret_min, unsigned *ret_max);

#endif
