/* Pass: hands its input, or a fixed or computed result, on. */
#include "interpreter/states/dataflow.h"

static void pass_enter(const struct dr_moment *moment, struct dr_decision *decision)
{
    const struct dr_state *state = moment->state;
    if (state->language == DR_JSONATA) {
        dr_flow_pass_on(moment, state->assign, state->output, state->next, decision);
        return;
    }
    json_t *input = dr_flow_input(moment, decision);
    if (!input)
        return;
    json_t *result = state->pass.result
                         ? json_incref((json_t *)(uintptr_t)state->pass.result) /* Result wins over Parameters */
                         : dr_flow_template(moment, state->parameters, input, decision);
    json_decref(input);
    if (result)
        dr_flow_leave(moment, result, state->next, decision);
    json_decref(result);
}

extern const struct dr_state_type dr_pass;
const struct dr_state_type dr_pass = {.name = "Pass", .enter = pass_enter};
