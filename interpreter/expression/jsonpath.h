/* JSONPath as Step Functions has it, which is Jayway JsonPath 2.x: filters, slices, unions, deep scan, its functions
 * (length(), min(), ...). Roots: "$" (input), "$$" (context object), "$name" (variable). Reference paths are the subset
 * that names exactly one place.
 *
 * A definite path finds one value or fails; an indefinite one ([*], slices, unions, "..", filters) gives a list,
 * perhaps empty. Sources: states-language.net "Paths" and "Reference Paths"; json-path-comparison's recordings of
 * Jayway. */
#ifndef DRRUN_EXPRESSION_JSONPATH_H
#define DRRUN_EXPRESSION_JSONPATH_H

#include "interpreter/base/arena.h"
#include "interpreter/expression/expression.h"

struct dr_path; /* immutable */

enum dr_path_root { DR_ROOT_INPUT, DR_ROOT_CONTEXT, DR_ROOT_VARIABLE };

/* NULL on a syntax error, with `ret_error` filled in. The path lives in the arena. */
const struct dr_path *dr_path_compile(struct dr_arena *arena, const char *text, size_t size,
                                      struct dr_compile_error *ret_error);

const char *dr_path_text(const struct dr_path *path);
enum dr_path_root dr_path_root(const struct dr_path *path);
const char *
dr_path_variable(const struct dr_path *path); /* the variable's name without '$'; NULL for the other roots */
bool dr_path_is_definite(const struct dr_path *path);
bool dr_path_is_reference(
    const struct dr_path *path); /* only .name, ['name'] and [n] from the input root: what ResultPath takes */
bool dr_path_is_root(const struct dr_path *path); /* just "$" */

enum dr_path_outcome {
    DR_PATH_FOUND,
    DR_PATH_MISSING, /* nothing there: the cause says what Jayway says ("No results for path: $['X']", "Missing property
                        in path $['no']") */
    DR_PATH_UNSUPPORTED, /* Jayway throws something else */
};

/* On DR_PATH_FOUND `ret_value` is a new reference; it shares structure with what was searched. Otherwise `ret_detail`
 * (may be NULL) is Jayway's sentence, owned by the caller. */
enum dr_path_outcome dr_path_find(const struct dr_path *path, const struct dr_view *view, json_t **ret_value,
                                  char **ret_detail) __attribute__((warn_unused_result));
/* The value, borrowed, of a path of keys and indices that is there; NULL does not mean that it is missing: ask
 * dr_path_find() then. */
const json_t *dr_path_peek(const struct dr_path *path, const struct dr_view *view);
/* Whether a path ends in an index beyond an array that is there: Step Functions takes such a template for null. */
bool dr_path_is_past_end(const struct dr_path *path, const struct dr_view *view);
/* What a path looks in, borrowed, for causes: the input, the context object, or (for a variable) the input. NULL:
 * nothing. */
const json_t *dr_path_searched(const struct dr_path *path, const struct dr_view *view);
/* The same as dr_path_find() on one document as "$", whatever the view: InputPath, OutputPath and tests. */
enum dr_path_outcome dr_path_find_in(const struct dr_path *path, const json_t *document, json_t **ret_value,
                                     char **ret_detail) __attribute__((warn_unused_result));

/* `document` with the place that a reference path names set to `value`: a new reference that shares everything off the
 * path. Missing objects are made; an array index that is not there, or a scalar in the way, fails with
 * States.ResultPathMatchFailure. Borrows both. */
json_t *dr_path_set(const struct dr_path *path, const json_t *document, const json_t *value, struct dr_error *ret_error)
    __attribute__((warn_unused_result));

#endif
