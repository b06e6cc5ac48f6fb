/* What a function of intrinsics.def looks like. Between intrinsics.c (parsing) and intrinsic_functions.c. */
#ifndef DRRUN_EXPRESSION_INTRINSIC_FUNCTIONS_H
#define DRRUN_EXPRESSION_INTRINSIC_FUNCTIONS_H

#include "interpreter/expression/expression.h"

struct intrinsic_call {
    json_t *const *arguments; /* borrowed */
    size_t count;
    const char
        *format; /* Format: the first argument as it was written, escapes included; NULL when it was not a literal */
    size_t format_size;
    struct dr_random *random;
    char *problem; /* owned; set by a function that returns NULL */
};

struct intrinsic_function {
    const char *name;
    size_t arguments_min, arguments_max;
    const char *summary;
    json_t *(*call)(struct intrinsic_call *call);
};

extern const struct intrinsic_function dr_intrinsic_functions[];
extern const size_t dr_intrinsic_function_count;

#endif
