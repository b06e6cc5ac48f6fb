#include "interpreter/expression/jsonata/function.h"

const struct jx_builtin jx_builtins[] = {
#define JX_FUNCTION(name, signature, parameters, implementation) {name, signature, parameters, implementation},
#include "interpreter/expression/jsonata/function.def"
#undef JX_FUNCTION
};

const size_t jx_builtin_count = sizeof jx_builtins / sizeof *jx_builtins;
