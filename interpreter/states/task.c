/* Task: calls a primitive, or runs an action or a runbook inside itself. */
#include "interpreter/states/dataflow.h"

#include "interpreter/base/text.h"

#include <string.h>

static bool task_region(const struct dr_view *view, const struct dr_setting *setting, struct dr_decision *decision)
{
    if (!dr_setting_present(setting))
        return true;
    json_t *value = dr_flow_setting(view, setting, decision);
    if (json_string_length(value) > 0)
        decision->region = dr_copy_string(json_string_value(value));
    else if (value)
        dr_flow_wrong_type(setting, value, "string", "AWS Region", decision);
    json_decref(value);
    return decision->region != NULL;
}

/* What is wrong with the value of Credentials, or NULL. The caller frees. */
static char *credentials_problem(json_t *value)
{
    const json_t *role = json_object_get(value, "RoleArn"), *external = json_object_get(value, "ExternalId");
    struct dr_text shown = {0};
    const char *key;
    json_t *member;
    if (!json_is_object(value))
        return dr_copy_string("The Credentials field must be an object with a RoleArn");
    json_object_foreach(value, key, member) if (member != role && member != external) return dr_format(
        "The field '%s' is not supported in Credentials: it takes RoleArn and ExternalId", key);
    if (!role)
        return dr_copy_string("The Credentials field must have a RoleArn");
    if (!json_is_string(role) || !dr_is_role_arn(json_string_value(role))) {
        dr_text_json(&shown, role, 2048);
        char *problem = dr_format("The value %s of the field 'RoleArn' in Credentials is not the ARN of an IAM role",
                                  shown.bytes ? shown.bytes : "");
        dr_text_done(&shown);
        return problem;
    }
    size_t length = json_string_length(external);
    if (external && (!json_is_string(external) || length < 2 || length > 1224))
        return dr_copy_string("The field 'ExternalId' in Credentials must be a string of 2 to 1224 characters");
    return NULL;
}

static bool task_credentials(const struct dr_moment *moment, json_t *input, struct dr_decision *decision)
{
    if (!moment->state->task.credentials)
        return true;
    json_t *value = dr_flow_template(moment, moment->state->task.credentials, input, decision);
    if (!value)
        return false;
    char *problem = credentials_problem(value);
    if (problem)
        dr_flow_fail(decision, "States.Runtime", "%s", problem);
    else
        decision->credentials = json_incref(value);
    free(problem);
    json_decref(value);
    return decision->credentials != NULL;
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
        task_region(&view, &state->task.region, decision) && task_credentials(moment, input, decision))
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
