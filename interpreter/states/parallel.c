/* Parallel: all branches at once, each with the same input; the results in the order of the branches. */
#include "interpreter/states/dataflow.h"

static void parallel_enter(const struct dr_moment *moment, struct dr_decision *decision)
{
    json_t *input = dr_flow_input(moment, decision);
    if (!input)
        return;
    decision->kind = DR_DECIDE_FORK;
    decision->timeout_ms = DR_TIME_NONE;
    decision->output = dr_flow_template(moment, moment->state->parameters, input, decision);
    json_decref(input);
}

static void parallel_resume(const struct dr_moment *moment, json_t *result, struct dr_decision *decision)
{
    dr_flow_leave(moment, result, moment->state->next, decision);
}

extern const struct dr_state_type dr_parallel;
const struct dr_state_type dr_parallel = {.name = "Parallel", .enter = parallel_enter, .resume = parallel_resume};
