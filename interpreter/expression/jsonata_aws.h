/* JSONata as Step Functions offers it: the library plus AWS's functions ($partition, $range, $hash, $random with a
 * seed, $parse), the reserved variable $states, and no $eval. Internal to the room: templates and rules use it. */
#ifndef DRRUN_EXPRESSION_JSONATA_AWS_H
#define DRRUN_EXPRESSION_JSONATA_AWS_H

#include "interpreter/expression/expression.h"
#include "interpreter/expression/jsonata/jsonata.h"

struct jsonata *dr_jsonata_compile(const char *text, size_t size, struct jsonata_error *ret_error);

/* $states, built when an expression first asks for it and shared by the expressions of one template. Zero-initialise.
 */
struct dr_states_cache {
    json_t *states;
};
void dr_states_cache_done(struct dr_states_cache *cache);

enum jsonata_status dr_jsonata_eval(const struct jsonata *program, const struct dr_view *view,
                                    struct dr_states_cache *cache, json_t **ret_value, struct jsonata_error *ret_error)
    __attribute__((warn_unused_result));

/* For `drrun eval`: compiles and evaluates in one go, with the view's input as "$" too and with $eval. */
enum jsonata_status dr_jsonata_explore(const char *text, size_t size, const struct dr_view *view, json_t **ret_value,
                                       struct jsonata_error *ret_error) __attribute__((warn_unused_result));

/* Whether AWS or the library defines a function of this name, so that "$name" need not be a variable. */
bool dr_jsonata_is_function(const char *name);
/* How many arguments it must and may be given (UINT_MAX: any number). False if there is none. */
bool dr_jsonata_arity(const char *name, unsigned *ret_min, unsigned *ret_max) __attribute__((warn_unused_result));

/* The function whose name is nearest, or NULL. */
const char *dr_jsonata_nearest_function(const char *name);

#endif
