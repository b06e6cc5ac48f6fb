/* What a runbook can call, without running it: every Task that can be reached, also inside actions, nested runbooks,
 * branches and Maps, with its arguments, Region and credentials as far as they are known before a run. What is not
 * known is dr_unknown() (expression/known.h): the result of every task, and what depends on it. */
#ifndef DRRUN_PLAN_REACH_H
#define DRRUN_PLAN_REACH_H

#include "interpreter/definition/definition.h"

struct dr_reached { /* everything is borrowed */
    const struct dr_state *state;
    const char *path;                   /* from the runbook's state inwards: "Promote/Look" */
    const struct dr_resource *resource; /* a primitive; NULL: known in form only */
    const char *resource_text;          /* as written in the definition */
    const json_t *arguments;
    const json_t *region;      /* a string, or dr_unknown(); NULL: none is set, the user's settings decide */
    const json_t *credentials; /* {"RoleArn", ...}; NULL: the user's own */
};
typedef void dr_reach_fn(void *data, const struct dr_reached *reached);

/* Calls `visit` for each Task, ItemReader and ResultWriter that some way through the states leads to, in the order
 * written; one that is reached with several known inputs (an action used twice, a Map over known items) is told for
 * each. `input` is the execution's input as far as it is known: dr_unknown() for none of it. */
void dr_reach(const struct dr_program *program, struct dr_catalogue *catalogue, const json_t *input, dr_reach_fn *visit,
              void *data);

#endif
