/* Payload templates: the values of Parameters, ResultSelector, ItemSelector, Assign (JSONPath: keys that end in ".$"
 * are paths or intrinsic calls) and Arguments, Output, Items, Assign (JSONata: strings "{% ... %}" are expressions). A
 * subtree without expressions is one shared constant. A single scalar field (TimeoutSeconds: "{% $t %}") is a template
 * too. */
#ifndef DRRUN_EXPRESSION_TEMPLATE_H
#define DRRUN_EXPRESSION_TEMPLATE_H

#include "interpreter/base/arena.h"
#include "interpreter/document/document.h"
#include "interpreter/expression/expression.h"

enum dr_language { DR_JSONPATH, DR_JSONATA };

struct dr_template; /* immutable */

/* What the expressions of a template use; the checker compares it with what there is. */
struct dr_template_uses {
    bool context; /* reads $$ or $states.context: the engine must build it */
    void (*variable)(void *data, const char *name,
                     struct dr_place place); /* called for each variable read; may be NULL */
    void *data;
    const char *inside; /* where in its state the template stands, for causes: "Choices[1]", "Catch[0]"; NULL: in the
                           state itself */
    bool result_allowed, error_output_allowed; /* JSONata: $states.result and $states.errorOutput exist here */
};

/* Compiles a node. `field` names it in causes ("Parameters", "Output", "Assign"). Mistakes go to `found` with place and
 * AWS's code; the result is NULL if there were any. `uses` may be NULL. */
const struct dr_template *dr_template_compile(struct dr_arena *arena, const struct dr_node *node,
                                              enum dr_language language, const char *field,
                                              struct dr_template_uses *uses, struct dr_diagnostics *found);

/* JSONPath only: a string node that is itself a path or an intrinsic call, as in ErrorPath, CausePath and the other
 * "...Path" fields. */
const struct dr_template *dr_template_compile_path(struct dr_arena *arena, const struct dr_node *node,
                                                   const char *field, struct dr_template_uses *uses,
                                                   struct dr_diagnostics *found);

/* A new reference, or NULL with `ret_error` set: States.Runtime / States.ParameterPathFailure / States.IntrinsicFailure
 * (JSONPath) or States.QueryEvaluationError (JSONata), the cause without the engine's "An error occurred while
 * executing the state" prefix. */
json_t *dr_template_eval(const struct dr_template *tpl, const struct dr_view *view, struct dr_error *ret_error)
    __attribute__((warn_unused_result));

/* The constant, borrowed, or NULL if it has expressions. */
const json_t *dr_template_constant(const struct dr_template *tpl);
bool dr_template_uses_context(const struct dr_template *tpl);
/* How many levels it can nest around what it reads (for the bound on depth). */
unsigned dr_template_depth(const struct dr_template *tpl);
/* The source text of a whole-value JSONata expression without the {% %}, or NULL. For causes. */
const char *dr_template_expression(const struct dr_template *tpl);
/* What causes call it: "Output", "Choices[1]/Condition", "value.$"; NULL for a constant and for what holds several. */
const char *dr_template_field(const struct dr_template *tpl);

#endif
