/* Branches and frames: the tree's memory. Ids are slots, handed out and reused in an order that depends on the events
 * alone, so that a replay gives every branch the id that its records name. */
#include "interpreter/engine/tree.h"

#include <assert.h>

static uint32_t take_id(struct dr_execution *execution)
{
    if (execution->free_count > 0)
        return execution->free_ids[--execution->free_count];
    if (execution->branch_count == execution->branch_capacity) {
        execution->branch_capacity = execution->branch_capacity ? 2 * execution->branch_capacity : 16;
        execution->branches = dr_resize(execution->branches, execution->branch_capacity, sizeof *execution->branches);
    }
    return execution->branch_count++;
}

static void give_id(struct dr_execution *execution, uint32_t id)
{
    execution->branches[id] = NULL;
    if (execution->free_count == execution->free_capacity) {
        execution->free_capacity = execution->free_capacity ? 2 * execution->free_capacity : 16;
        execution->free_ids = dr_resize(execution->free_ids, execution->free_capacity, sizeof *execution->free_ids);
    }
    execution->free_ids[execution->free_count++] = id;
}

static struct dr_branch *attach(struct dr_execution *execution, struct dr_frame *frame, uint32_t id, uint32_t item,
                                const struct dr_machine *machine)
{
    struct dr_branch *branch = dr_alloc(sizeof *branch);
    branch->id = id;
    execution->branches[id] = branch;
    branch->machine = machine;
    branch->item = item;
    branch->due_ms = DR_TIME_NONE;
    branch->frame = frame;
    if (!frame)
        return branch;
    /* An action sees its arguments and nothing else; the branches of a Parallel or Map read the variables around them.
     */
    branch->scope.outer = frame->kind == DR_FRAME_ACTION ? NULL : &frame->owner->scope;
    branch->next = frame->first;
    if (frame->first)
        frame->first->previous = branch;
    frame->first = branch;
    frame->running++;
    return branch;
}

struct dr_branch *dr_branch_new(struct dr_execution *execution, struct dr_frame *frame, uint32_t item,
                                const struct dr_machine *machine)
{
    return attach(execution, frame, take_id(execution), item, machine);
}

void dr_branches_reserve(struct dr_execution *execution, uint32_t count, const json_t *free_ids)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t id = take_id(execution); /* may move the array */
        execution->branches[id] = NULL;
    }
    for (size_t i = 0; i < json_array_size(free_ids); i++) {
        uint32_t id = (uint32_t)json_integer_value(json_array_get(free_ids, i));
        if (id < count)
            give_id(execution, id);
    }
}

struct dr_branch *dr_branch_restore(struct dr_execution *execution, struct dr_frame *frame, uint32_t id, uint32_t item,
                                    const struct dr_machine *machine)
{
    return id < execution->branch_count && !execution->branches[id] ? attach(execution, frame, id, item, machine)
                                                                    : NULL;
}

static void forget_state(struct dr_execution *execution, struct dr_branch *branch)
{
    dr_effect_cancel(execution, branch);
    dr_timer_clear(execution, branch);
    dr_frame_free(execution, branch->children);
    branch->children = NULL;
    json_decref(branch->result);
    branch->result = NULL;
    json_decref(branch->arguments);
    branch->arguments = NULL;
    json_decref(branch->carried);
    branch->carried = NULL;
    free(branch->region);
    branch->region = NULL;
    json_decref(branch->credentials);
    branch->credentials = NULL;
    branch->submitted = false;
    dr_error_done(&branch->error);
    free(branch->tries);
    branch->tries = NULL;
    branch->attempts = branch->stage = branch->restarts = 0;
    branch->heartbeat_lost = false;
    if (branch->phase == DR_PHASE_PAUSED)
        execution->paused--;
}

void dr_branch_free(struct dr_execution *execution, struct dr_branch *branch)
{
    struct dr_frame *frame = branch->frame;
    if (frame) {
        if (branch->previous)
            branch->previous->next = branch->next;
        else
            frame->first = branch->next;
        if (branch->next)
            branch->next->previous = branch->previous;
    }
    forget_state(execution, branch);
    json_decref(branch->given);
    json_decref(branch->input);
    json_decref(branch->scope.variables);
    give_id(execution, branch->id);
    if (branch->ready) /* the queue still points here; dr_turn drops it when it gets there */
        branch->machine = NULL;
    else
        free(branch);
}

void dr_frame_free(struct dr_execution *execution, struct dr_frame *frame)
{
    if (!frame)
        return;
    while (frame->first)
        dr_branch_free(execution, frame->first);
    for (size_t i = 0; i < frame->count; i++)
        json_decref(frame->results[i]);
    free(frame->results);
    free(frame->kept);
    json_decref(frame->items);
    json_decref(frame->start);
    json_decref(frame->records);
    dr_error_done(&frame->error);
    free(frame);
}

void dr_frame_keep(struct dr_frame *frame)
{
    free(frame->kept);
    frame->kept = NULL;
    for (struct dr_branch *child = frame->first; child; child = child->next) {
        if (child->item < frame->begun || (child->phase != DR_PHASE_FAILED && child->phase != DR_PHASE_ABORTED))
            continue;
        if (!frame->kept)
            frame->kept = dr_alloc(frame->count * sizeof(struct dr_branch *));
        frame->kept[child->item] = child;
    }
}

void dr_branch_enter(struct dr_execution *execution, struct dr_branch *branch, const struct dr_state *state,
                     int64_t now_ms)
{
    forget_state(execution, branch);
    branch->state = state;
    branch->phase = DR_PHASE_READY;
    branch->entered_ms = now_ms;
    dr_notify(execution, branch, (struct dr_notice){.kind = DR_NOTICE_STATE_ENTERED, .input = branch->input});
    branch->entered_event = branch->last_event;
    if (execution->track_entered && !branch->frame)
        json_object_set_new(execution->entered, state->name,
                            json_pack("{s:O,s:O*}", "input", branch->input, "variables", branch->scope.variables));
    dr_branch_queue(execution, branch);
}

void dr_branch_queue(struct dr_execution *execution, struct dr_branch *branch)
{
    assert(branch->machine);
    if (branch->ready)
        return;
    branch->ready = true;
    branch->ready_next = NULL;
    if (execution->ready_last)
        execution->ready_last->ready_next = branch;
    else
        execution->ready_first = branch;
    execution->ready_last = branch;
}

void dr_branch_stop(struct dr_execution *execution, struct dr_branch *branch)
{
    dr_effect_cancel(execution, branch);
    dr_timer_clear(execution, branch);
    if (branch->phase == DR_PHASE_PAUSED)
        execution->paused--;
    for (struct dr_branch *child = branch->children ? branch->children->first : NULL; child; child = child->next)
        dr_branch_stop(execution, child);
    if (branch->phase == DR_PHASE_FAILED || branch->phase == DR_PHASE_ABORTED)
        return;
    branch->stopped = branch->phase;
    branch->phase = DR_PHASE_ABORTED;
}

const char *dr_branch_region(const struct dr_execution *execution, const struct dr_branch *branch)
{
    for (; branch->frame; branch = branch->frame->owner)
        if (branch->frame->kind == DR_FRAME_ACTION && branch->frame->owner->region)
            return branch->frame->owner->region;
    return execution->program->runbook->region;
}

json_t *dr_branch_credentials(const struct dr_branch *branch)
{
    for (; branch->frame; branch = branch->frame->owner)
        if (branch->frame->kind == DR_FRAME_ACTION && branch->frame->owner->credentials)
            return branch->frame->owner->credentials;
    return NULL;
}

unsigned dr_branch_depth(const struct dr_branch *branch)
{
    unsigned depth = 0;
    for (; branch->frame; branch = branch->frame->owner)
        depth++;
    return depth;
}

bool dr_branch_in_action(const struct dr_branch *branch)
{
    for (; branch->frame; branch = branch->frame->owner)
        if (branch->frame->kind == DR_FRAME_ACTION && branch->frame->owner->resource &&
            branch->frame->owner->resource->kind == DR_RESOURCE_ACTION)
            return true;
    return false;
}

bool dr_branch_awaits_answer(const struct dr_branch *branch)
{
    return (branch->phase == DR_PHASE_CALLING || branch->phase == DR_PHASE_PAUSED) &&
           dr_effect_awaits_answer(branch->resource);
}

void dr_branch_path(const struct dr_branch *branch, struct dr_text *out)
{
    if (branch->frame) {
        dr_branch_path(branch->frame->owner, out);
        if (branch->frame->kind != DR_FRAME_ACTION)
            dr_text_printf(out, "[%u]", (unsigned)branch->item);
        dr_text_putc(out, '/');
    }
    dr_text_puts(out, branch->state ? branch->state->name : "");
}
