/* Intrinsic functions: States.Format('Hello {}', $.name), nested as deep as wanted. A call is parsed once;
 * intrinsics.def lists the functions. Internal to the room: templates use it. */
#ifndef DRRUN_EXPRESSION_INTRINSICS_H
#define DRRUN_EXPRESSION_INTRINSICS_H

#include "interpreter/base/arena.h"
#include "interpreter/expression/expression.h"
#include "interpreter/expression/jsonpath.h"

struct dr_intrinsic; /* immutable */

/* NULL on a mistake, with `ret_error` filled in. The call lives in the arena. */
const struct dr_intrinsic *dr_intrinsic_compile(struct dr_arena *arena, const char *text, size_t size,
                                                struct dr_compile_error *ret_error);

/* A new reference, or NULL with `ret_error` set: States.Runtime, which is what the service raises here, not
 * States.IntrinsicFailure. */
json_t *dr_intrinsic_call(const struct dr_intrinsic *call, const struct dr_view *view, struct dr_error *ret_error)
    __attribute__((warn_unused_result));

/* Calls `visit` for each path among the arguments, with its offset in the text. */
void dr_intrinsic_paths(const struct dr_intrinsic *call,
                        void (*visit)(void *data, const struct dr_path *path, size_t offset), void *data);

/* What will fail when the call runs, whatever the data, or NULL: a wrong number of arguments. */
const char *dr_intrinsic_warning(const struct dr_intrinsic *call, size_t *ret_offset);

/* How many levels the result may nest around the arguments. */
unsigned dr_intrinsic_depth(const struct dr_intrinsic *call);

#endif
