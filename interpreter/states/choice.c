/* Choice: the first rule that holds says where to go. */
#include "interpreter/states/dataflow.h"

static void choice_enter(const struct dr_moment *moment, struct dr_decision *decision)
{
    const struct dr_state *state = moment->state;
    json_t *input = dr_flow_input(moment, decision);
    if (!input)
        return;
    struct dr_view view = moment->view;
    view.input = input;
    const struct dr_choice_rule *taken = NULL;
    enum dr_rule_outcome outcome = DR_RULE_FALSE;
    for (size_t i = 0; i < state->choice.count && outcome == DR_RULE_FALSE; i++) {
        taken = &state->choice.rules[i];
        outcome = dr_rule_test(taken->test, &view, &decision->error);
    }
    json_decref(input);
    if (outcome == DR_RULE_ERROR)
        dr_flow_failed(decision);
    else if (outcome == DR_RULE_TRUE)
        dr_flow_pass_on(moment, taken->assign, taken->output, taken->next, decision);
    else if (state->choice.otherwise) /* the state's own Assign and Output belong to Default */
        dr_flow_pass_on(moment, state->assign, state->output, state->choice.otherwise, decision);
    else
        /* The language's name for this is States.NoChoiceMatched; the service says this. */
        dr_flow_fail(decision, "States.Runtime",
                     "Failed to transition out of the state. The state does not point to a next state.");
}

extern const struct dr_state_type dr_choice;
const struct dr_state_type dr_choice = {.name = "Choice", .enter = choice_enter};
