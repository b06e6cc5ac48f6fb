/* The function library: one function per row of function.def, by topic in function_*.c. Arguments have passed their
 * signature; missing ones are undefined. */
#ifndef DRRUN_EXPRESSION_JSONATA_FUNCTION_H
#define DRRUN_EXPRESSION_JSONATA_FUNCTION_H

#include "interpreter/expression/jsonata/evaluate.h"

#define JX_FUNCTION(name, signature, parameters, implementation)                                                       \
    struct jx_value implementation(struct jx_run *run, const struct jx_value *arguments, size_t count);
#include "interpreter/expression/jsonata/function.def"
#undef JX_FUNCTION

/* A random number in [0, 1). */
double jx_random(struct jx_run *run);

#endif
