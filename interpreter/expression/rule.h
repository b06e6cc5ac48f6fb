/* Choice rules: comparators (comparators.def), And, Or, Not, and JSONata's Condition, compiled to a tree. */
#ifndef DRRUN_EXPRESSION_RULE_H
#define DRRUN_EXPRESSION_RULE_H

#include "interpreter/expression/template.h"

struct dr_rule;

/* Compiles the test of one choice rule (the fields Next, Assign, Output, Comment are the definition's and ignored here,
 * at the top only). */
const struct dr_rule *dr_rule_compile(struct dr_arena *arena, const struct dr_node *node, enum dr_language language,
                                      struct dr_template_uses *uses, struct dr_diagnostics *found);

enum dr_rule_outcome { DR_RULE_FALSE, DR_RULE_TRUE, DR_RULE_ERROR };
/* DR_RULE_ERROR: `ret_error` is set: States.Runtime for a Variable that finds nothing (unless IsPresent asks), or
 * States.QueryEvaluationError. A type mismatch is false, never an error. */
enum dr_rule_outcome dr_rule_test(const struct dr_rule *rule, const struct dr_view *view, struct dr_error *ret_error)
    __attribute__((warn_unused_result));

#endif
