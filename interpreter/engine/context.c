/* The context object ("$$", $states.context) of a branch, and the moment in which its state decides. Built only when an
 * expression asks for it. */
#include "interpreter/engine/tree.h"

#include "interpreter/base/clock.h"

#include <string.h>

static void add_map_item(json_t *context, const struct dr_branch *branch)
{
    for (; branch->frame && branch->frame->kind != DR_FRAME_ACTION; branch = branch->frame->owner) {
        const struct dr_frame *frame = branch->frame;
        if (frame->kind == DR_FRAME_MAP) {
            json_t *value = json_array_get(frame->items, branch->item);
            json_object_set_new(context, "Map",
                                json_pack("{s:{s:I,s:O}}", "Item", "Index", (json_int_t)branch->item, "Value",
                                          value ? value : json_null()));
            return;
        }
    }
}

const json_t *dr_context_build(void *data)
{
    struct dr_context *context = data;
    if (context->built)
        return context->built;
    const struct dr_execution *execution = context->execution;
    const struct dr_branch *branch = context->branch;
    char started[DR_TIME_TEXT], entered[DR_TIME_TEXT];
    json_t *built = json_object();
    json_t *about =
        json_pack("{s:s,s:O,s:s,s:s,s:s}", "Id", execution->id, "Input", execution->input, "Name",
                  dr_execution_name(execution), "RoleArn", "" /* no role: drrun acts with its user's credentials */,
                  "StartTime", dr_time_format(started, execution->started_ms));
    if (execution->redrives > 0) {
        json_object_set_new(about, "RedriveCount", json_integer((json_int_t)execution->redrives));
        json_object_set_new(about, "RedriveTime", json_string(dr_time_format(started, execution->redriven_ms)));
    }
    json_object_set_new(built, "Execution", about);
    const char *name = execution->program->runbook ? execution->program->runbook->name : "";
    json_object_set_new(built, "StateMachine", json_pack("{s:s,s:s}", "Id", name, "Name", name));
    json_t *state =
        json_pack("{s:s,s:s}", "Name", branch->state->name, "EnteredTime", dr_time_format(entered, branch->entered_ms));
    if (branch->state->kind == DR_TASK || branch->state->kind == DR_PARALLEL || branch->state->kind == DR_MAP)
        json_object_set_new(state, "RetryCount", json_integer((json_int_t)branch->attempts));
    json_object_set_new(built, "State", state);
    if (branch->state->kind == DR_TASK && dr_effect_awaits_answer(branch->state->task.resource)) {
        struct dr_branch coming =
            *branch; /* before the call the token that it will have, after it the one that it had */
        if (branch->phase == DR_PHASE_READY || branch->phase == DR_PHASE_BACKOFF)
            coming.call = execution->calls + 1;
        char token[37];
        dr_effect_token(execution, &coming, token);
        json_object_set_new(built, "Task", json_pack("{s:s}", "Token", token));
    }
    add_map_item(built, branch);
    context->built = built;
    return built;
}

void dr_moment_init(struct dr_moment *moment, struct dr_execution *execution, struct dr_branch *branch,
                    struct dr_context *context, int64_t now_ms)
{
    *context = (struct dr_context){.execution = execution, .branch = branch};
    *moment = (struct dr_moment){
        .state = branch->state,
        .input = branch->input,
        .stage = branch->stage,
        .execution_id = execution->id,
        .carried = branch->carried,
        .view = {.input = branch->input,
                 .scope = &branch->scope,
                 .context = dr_context_build,
                 .context_data = context,
                 .random = &execution->random,
                 .now_ms = now_ms},
    };
}
