/* Task: calls a primitive, or runs an action or a runbook inside itself. */
#include "interpreter/states/dataflow.h"

#include "interpreter/base/text.h"

static bool task_region(const struct dr_view *view, const struct dr_setting *setting, struct dr_decision *decision)
{
    if (!dr_setting_present(setting))
        return true;
    json_t *value = dr_setting_value(setting, view, &decision->error);
    if (json_is_string(value))
        decision->region = dr_copy_string(json_string_value(value));
    else if (value)
        dr_flow_fail(decision, "States.Runtime", "The Region field must be a string");
    else
        dr_flow_failed(decision);
    json_decref(value);
    return decision->region != NULL;
}

static void task_enter(const struct dr_moment *moment, struct dr_decision *decision)
{
    const struct dr_state *state = moment->state;
    const struct dr_resource *resource = state->task.resource;
    if (!resource) {
        dr_flow_fail(decision, "States.Runtime",
                     "The resource '%s' cannot be called: this drrun has no provider for it",
                     state->task.resource_text);
        return;
    }
    json_t *input = dr_flow_input(moment, decision);
    if (!input)
        return;
    struct dr_view view = moment->view;
    view.input = input;
    json_t *arguments = NULL;
    if (dr_flow_seconds(&view, &state->task.timeout, &decision->timeout_ms, decision) &&
        dr_flow_seconds(&view, &state->task.heartbeat, &decision->heartbeat_ms, decision) &&
        task_region(&view, &state->task.region, decision))
        arguments = dr_flow_template(moment, state->parameters, input, decision);
    json_decref(input);
    if (!arguments)
        return;
    decision->resource = resource;
    decision->kind = resource->kind == DR_RESOURCE_PRIMITIVE ? DR_DECIDE_CALL : DR_DECIDE_FORK;
    if (resource->kind == DR_RESOURCE_RUNBOOK) { /* a nested runbook starts with Arguments.Input */
        json_t *nested = json_object_get(arguments, "Input");
        decision->output = nested ? json_incref(nested) : json_object();
        json_decref(arguments);
    } else {
        decision->output = arguments;
    }
}

static void task_resume(const struct dr_moment *moment, json_t *result, struct dr_decision *decision)
{
    dr_flow_leave(moment, result, moment->state->next, decision);
}

extern const struct dr_state_type dr_task;
const struct dr_state_type dr_task = {.name = "Task", .enter = task_enter, .resume = task_resume};
