/* Succeed: ends its machine with its output. */
#include "interpreter/states/dataflow.h"

static void succeed_enter(const struct dr_moment *moment, struct dr_decision *decision)
{
    dr_flow_pass_on(moment, NULL, moment->state->output, NULL, decision);
}

extern const struct dr_state_type dr_succeed;
const struct dr_state_type dr_succeed = {.name = "Succeed", .enter = succeed_enter};
