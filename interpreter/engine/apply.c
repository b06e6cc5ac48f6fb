/* Applying an event: the only place where an execution changes, in the live run and in a replay alike. [D18] */
#include "interpreter/engine/tree.h"

#include <assert.h>
#include <string.h>

void dr_event_done(struct dr_event *event)
{
    json_decref(event->data);
    json_decref(event->assigned);
    json_decref(event->detail);
    dr_error_done(&event->error);
    dr_decision_done(&event->decision);
}

static void copy_error(struct dr_error *to, const struct dr_error *from)
{
    struct dr_error copy = {.error = dr_copy_string(from->error), .cause = dr_copy_string(from->cause)};
    dr_error_done(to);
    *to = copy;
}

/* ----- Frames ------------------------------------------------------------------------------------------------------
 */

static void frame_ended(struct dr_execution *execution, struct dr_frame *frame, const struct dr_error *error)
{
    struct dr_branch *owner = frame->owner;
    dr_timer_clear(execution, owner);
    if (error) {
        copy_error(&frame->error, error);
        for (struct dr_branch *child = frame->first; child; child = child->next)
            if (child->phase != DR_PHASE_FAILED) {
                dr_branch_stop(execution, child);
                if (frame->kind == DR_FRAME_MAP)
                    dr_notify(execution, owner,
                              (struct dr_notice){.kind = DR_NOTICE_ITEM_ABORTED, .index = child->item});
            }
    }
    if (frame->kind != DR_FRAME_ACTION) {
        bool parallel = frame->kind == DR_FRAME_PARALLEL;
        dr_notify(execution, owner,
                  (struct dr_notice){.kind = error
                                                 ? (parallel ? DR_NOTICE_PARALLEL_FAILED : DR_NOTICE_MAP_FAILED)
                                                 : (parallel ? DR_NOTICE_PARALLEL_SUCCEEDED : DR_NOTICE_MAP_SUCCEEDED),
                                     .error = error});
    }
    owner->phase = DR_PHASE_JOINED;
    dr_branch_queue(execution, owner);
}

static const struct dr_machine *frame_machine(const struct dr_frame *frame, uint32_t item)
{
    const struct dr_state *state = frame->owner->state;
    if (frame->kind == DR_FRAME_PARALLEL)
        return state->parallel.branches[item];
    if (frame->kind == DR_FRAME_MAP)
        return state->map.processor;
    return frame->owner->resource->machine;
}

/* The input of the branch of `item`, or NULL with `ret_error`. New reference. */
static json_t *frame_input(struct dr_execution *execution, struct dr_frame *frame, uint32_t item,
                           struct dr_error *ret_error)
{
    if (frame->kind != DR_FRAME_MAP)
        return json_incref(frame->start);
    json_t *value = json_array_get(frame->items, item);
    if (frame->items_ready || !frame->owner->state->map.item_selector)
        return json_incref(value);
    struct dr_moment moment;
    struct dr_context context;
    struct dr_decision decision = {0};
    dr_moment_init(&moment, execution, frame->owner, &context, execution->now_ms);
    json_t *input = dr_map_item(&moment, frame->start, value, item, &decision);
    if (!input)
        dr_error_set(ret_error, decision.error.error,
                     "An error occurred while executing the state '%s' (entered at the event id #%llu). %s",
                     frame->owner->state->name, (unsigned long long)frame->owner->entered_event,
                     decision.error.cause ? decision.error.cause : "");
    dr_decision_done(&decision);
    json_decref(context.built);
    return input;
}

static void revive(struct dr_execution *execution, struct dr_branch *branch);

/* Starts as many branches as may run, and notes that all have ended. */
static void frame_go_on(struct dr_execution *execution, struct dr_frame *frame)
{
    while (frame->begun < frame->count &&
           (frame->concurrency_max == 0 || (int64_t)frame->running < frame->concurrency_max)) {
        uint32_t item = (uint32_t)frame->begun++;
        if (frame->results[item])
            continue; /* kept from before a redrive */
        if (frame->kept && frame->kept[item]) {
            frame->running++;
            revive(execution, frame->kept[item]);
            continue;
        }
        struct dr_error error = {0};
        json_t *input = frame_input(execution, frame, item, &error);
        if (!input) {
            frame_ended(execution, frame, &error);
            dr_error_done(&error);
            return;
        }
        const struct dr_machine *machine = frame_machine(frame, item);
        struct dr_branch *branch = dr_branch_new(execution, frame, item, machine);
        branch->input = input;
        if (frame->records) {
            branch->given = json_incref(input);
            branch->begun_ms = execution->now_ms;
        }
        branch->depth_bound = frame->owner->depth_bound + 32;
        branch->last_event = frame->owner->last_event;
        if (frame->kind == DR_FRAME_MAP)
            dr_notify(execution, frame->owner, (struct dr_notice){.kind = DR_NOTICE_ITEM_STARTED, .index = item});
        dr_branch_enter(execution, branch, machine->start, execution->now_ms);
    }
    if (frame->ended == frame->count && !frame->error.error)
        frame_ended(execution, frame, NULL);
}

/* Every item without a result runs again: from where its branch was if that was kept, else (its failure was tolerated)
 * from its start. */
static void revive_frame(struct dr_execution *execution, struct dr_branch *branch)
{
    struct dr_frame *frame = branch->children;
    dr_error_done(&frame->error);
    dr_error_done(&branch->error);
    branch->phase = DR_PHASE_FORKED;
    if (frame->kind == DR_FRAME_MAP)
        branch->stage = DR_MAP_RUN; /* the results are written again */
    frame->begun = frame->ended = frame->failed = frame->running = 0;
    for (size_t i = 0; i < frame->count; i++)
        frame->ended += frame->results[i] != NULL;
    dr_frame_keep(frame);
    frame_go_on(execution, frame);
}

static void keep_record(struct dr_frame *frame, const struct dr_branch *branch, json_t *output,
                        const struct dr_error *error, int64_t now_ms)
{
    if (!frame->records)
        return;
    json_t *record =
        json_pack("{s:s,s:I,s:O,s:I,s:I}", "Status", error ? "FAILED" : "SUCCEEDED", "Index", (json_int_t)branch->item,
                  "Input", branch->given ? branch->given : json_array_get(frame->items, branch->item), "Began",
                  (json_int_t)branch->begun_ms, "Ended", (json_int_t)now_ms);
    if (error) {
        json_object_set_new(record, "Error", json_string(error->error));
        json_object_set_new(record, "Cause", json_string(error->cause ? error->cause : ""));
    } else {
        json_object_set(record, "Output", output);
    }
    json_array_set_new(frame->records, branch->item, record);
}

static void branch_ended(struct dr_execution *execution, struct dr_branch *branch, json_t *output)
{
    struct dr_frame *frame = branch->frame;
    frame->results[branch->item] = json_incref(output);
    keep_record(frame, branch, output, NULL, execution->now_ms);
    if (frame->kind == DR_FRAME_MAP)
        dr_notify(execution, frame->owner,
                  (struct dr_notice){.kind = DR_NOTICE_ITEM_SUCCEEDED, .index = branch->item, .output = output});
    frame->owner->last_event =
        branch->last_event > frame->owner->last_event ? branch->last_event : frame->owner->last_event;
    if (branch->depth_bound > frame->owner->depth_bound)
        frame->owner->depth_bound = branch->depth_bound;
    frame->running--;
    frame->ended++;
    dr_branch_free(execution, branch);
    frame_go_on(execution, frame);
}

static bool tolerated(const struct dr_frame *frame)
{
    bool by_count = frame->tolerated_count >= 0, by_share = frame->tolerated_percentage >= 0;
    if (frame->kind != DR_FRAME_MAP || (!by_count && !by_share))
        return false;
    if (by_count && (int64_t)frame->failed > frame->tolerated_count)
        return false;
    return !by_share || (double)frame->failed * 100.0 <= frame->tolerated_percentage * (double)frame->count;
}

static void branch_failed(struct dr_execution *execution, struct dr_branch *branch)
{
    struct dr_frame *frame = branch->frame;
    bool map = frame->kind == DR_FRAME_MAP;
    if (map)
        dr_notify(execution, frame->owner,
                  (struct dr_notice){.kind = DR_NOTICE_ITEM_FAILED, .index = branch->item, .error = &branch->error});
    frame->running--;
    frame->failed++;
    keep_record(frame, branch, NULL, &branch->error, execution->now_ms);
    if (tolerated(frame)) {
        frame->ended++;
        dr_branch_free(execution, branch);
        frame_go_on(execution, frame);
        return;
    }
    bool run = map && frame->owner->state->map.distributed && strcmp(branch->error.error, "Drrun.OutcomeUnknown") != 0;
    struct dr_error exceeded = {0};
    if (run)
        dr_error_set(&exceeded, "States.ExceedToleratedFailureThreshold",
                     "The specified tolerated failure threshold was exceeded");
    frame_ended(execution, frame, run ? &exceeded : &branch->error);
    dr_error_done(&exceeded);
}

/* ----- One function for each kind of event --------------------------------------------------------------------------
 */

static void apply_start(struct dr_execution *execution, struct dr_event *event)
{
    const struct dr_machine *machine = execution->program->machine;
    execution->started_ms = event->time_ms;
    execution->deadline_ms =
        machine->timeout_seconds > 0 ? event->time_ms + machine->timeout_seconds * 1000 : DR_TIME_NONE;
    dr_notify(execution, NULL, (struct dr_notice){.kind = DR_NOTICE_EXECUTION_STARTED, .input = execution->input});
    execution->root = dr_branch_new(execution, NULL, 0, machine);
    execution->root->last_event = execution->event_id;
    execution->root->input = json_incref(execution->input);
    execution->root->depth_bound = 64;
    dr_branch_enter(execution, execution->root, machine->start, event->time_ms);
}

static void apply_step(struct dr_execution *execution, struct dr_event *event)
{
    struct dr_branch *branch = event->branch;
    execution->transitions++;
    if (event->index > 0)
        dr_notify(execution, branch, (struct dr_notice){.kind = DR_NOTICE_CAUGHT, .error = &event->error});
    branch->depth_bound = event->depth_bound;
    dr_timer_clear(execution, branch);
    dr_notify(execution, branch,
              (struct dr_notice){.kind = DR_NOTICE_STATE_EXITED,
                                 .input = branch->input,
                                 .output = event->data,
                                 .assigned = event->assigned});
    if (event->assigned && json_object_size(event->assigned) > 0) {
        /* The map of variables may be shared with a record of an earlier entry, so it is replaced, never changed. */
        json_t *variables = branch->scope.variables ? json_copy(branch->scope.variables) : json_object();
        json_object_update(variables, event->assigned);
        json_decref(branch->scope.variables);
        branch->scope.variables = variables;
    }
    json_decref(branch->input);
    branch->input = json_incref(event->data);
    if (event->next) {
        dr_branch_enter(execution, branch, event->next, event->time_ms);
    } else if (branch->frame) {
        json_t *output = json_incref(event->data);
        branch_ended(execution, branch, output);
        json_decref(output);
    } else {
        branch->phase = DR_PHASE_DONE;
    }
}

static void apply_wait(struct dr_execution *execution, struct dr_event *event)
{
    event->branch->phase = DR_PHASE_WAITING;
    dr_timer_set(execution, event->branch, event->due_ms);
    dr_notify(execution, event->branch, (struct dr_notice){.kind = DR_NOTICE_WAIT_STARTED, .due_ms = event->due_ms});
}

static void apply_retry(struct dr_execution *execution, struct dr_event *event)
{
    struct dr_branch *branch = event->branch;
    if (!branch->tries)
        branch->tries = dr_alloc(branch->state->retrier_count * sizeof *branch->tries);
    branch->tries[event->index]++;
    branch->attempts++;
    dr_frame_free(execution, branch->children);
    branch->children = NULL;
    dr_error_done(&branch->error);
    branch->heartbeat_lost = false;
    branch->phase = DR_PHASE_BACKOFF;
    dr_timer_set(execution, branch, event->due_ms);
    dr_notify(execution, branch,
              (struct dr_notice){.kind = DR_NOTICE_RETRY_SCHEDULED, .due_ms = event->due_ms, .error = &event->error});
}

static void arm(struct dr_execution *execution, struct dr_branch *branch, int64_t now_ms)
{
    bool beat = branch->heartbeat_ms != DR_TIME_NONE && now_ms + branch->heartbeat_ms < branch->deadline_ms;
    dr_timer_set(execution, branch, beat ? now_ms + branch->heartbeat_ms : branch->deadline_ms);
}

/* What is called (or runs inside), where and as whom, and what the state wants to know afterwards. */
static void place_call(struct dr_branch *branch, const struct dr_decision *decision)
{
    free(branch->region);
    branch->region = dr_copy_string(decision->region);
    json_decref(branch->credentials);
    branch->credentials = json_incref(decision->credentials);
    branch->resource = decision->resource;
    json_decref(branch->carried);
    branch->carried = json_incref(decision->carried);
}

static void apply_call(struct dr_execution *execution, struct dr_event *event)
{
    struct dr_branch *branch = event->branch;
    branch->phase = DR_PHASE_CALLING;
    branch->stage = event->index;
    branch->call = ++execution->calls;
    branch->submitted = false;
    place_call(branch, &event->decision);
    /* Other calls end by themselves or at their deadline. */
    branch->heartbeat_ms = dr_effect_awaits_answer(branch->resource) ? event->decision.heartbeat_ms : DR_TIME_NONE;
    branch->deadline_ms = event->due_ms;
    json_decref(branch->arguments);
    branch->arguments = json_incref(event->data);
    arm(execution, branch, event->time_ms);
    dr_notify(execution, branch,
              (struct dr_notice){.kind = DR_NOTICE_TASK_SCHEDULED,
                                 .input = event->data,
                                 .resource = branch->resource->name,
                                 .region = branch->region,
                                 .credentials = branch->credentials,
                                 .due_ms = event->due_ms});
    dr_notify(execution, branch,
              (struct dr_notice){.kind = DR_NOTICE_TASK_STARTED, .resource = branch->resource->name});
    if (!execution->replaying)
        dr_effect_queue(execution, branch);
}

/* The effect goes on as a mere wait, in effects.c. */
static void apply_submitted(struct dr_execution *execution, struct dr_event *event)
{
    struct dr_branch *branch = event->branch;
    char token[37];
    branch->submitted = true;
    dr_effect_token(execution, branch, token);
    dr_notify(execution, branch,
              (struct dr_notice){.kind = DR_NOTICE_TASK_SUBMITTED,
                                 .output = event->data,
                                 .detail = event->detail,
                                 .token = token,
                                 .resource = branch->resource->name});
}

/* A result, an error or a time-out reaches a branch that waits for it; what ran inside is dropped. */
static void apply_result(struct dr_execution *execution, struct dr_event *event)
{
    struct dr_branch *branch = event->branch;
    bool called = branch->phase == DR_PHASE_CALLING || branch->phase == DR_PHASE_PAUSED;
    if (branch->phase == DR_PHASE_PAUSED)
        execution->paused--;
    /* A redrive of a Map whose results could not be written keeps them. */
    bool keeps = called && branch->state->kind == DR_MAP && branch->stage == DR_MAP_WRITE;
    dr_effect_cancel(execution, branch);
    dr_timer_clear(execution, branch);
    if (!keeps) {
        dr_frame_free(execution, branch->children);
        branch->children = NULL;
    }
    json_decref(branch->result);
    branch->result = json_incref(event->data);
    dr_error_done(&branch->error);
    if (event->error.error)
        copy_error(&branch->error, &event->error);
    branch->heartbeat_lost = event->heartbeat;
    branch->phase = DR_PHASE_ANSWERED;
    bool timed_out = event->error.error && strcmp(event->error.error, "States.Timeout") == 0;
    if (called)
        dr_notify(execution, branch,
                  (struct dr_notice){.kind = timed_out            ? DR_NOTICE_TASK_TIMED_OUT
                                             : event->error.error ? DR_NOTICE_TASK_FAILED
                                                                  : DR_NOTICE_TASK_SUCCEEDED,
                                     .output = event->data,
                                     .error = event->error.error ? &event->error : NULL,
                                     .detail = event->detail,
                                     .resource = branch->resource->name});
    dr_branch_queue(execution, branch);
}

static void apply_fork(struct dr_execution *execution, struct dr_event *event)
{
    struct dr_branch *branch = event->branch;
    const struct dr_decision *decision = &event->decision;
    struct dr_frame *frame = dr_alloc(sizeof *frame);
    bool map = branch->state->kind == DR_MAP, parallel = branch->state->kind == DR_PARALLEL;
    frame->kind = map ? DR_FRAME_MAP : parallel ? DR_FRAME_PARALLEL : DR_FRAME_ACTION;
    frame->owner = branch;
    frame->count = map ? json_array_size(decision->items) : parallel ? branch->state->parallel.count : 1;
    frame->results = dr_alloc((frame->count + 1) * sizeof *frame->results);
    frame->items = json_incref(decision->items);
    frame->start = json_incref(event->data);
    frame->items_ready = decision->items_ready;
    frame->concurrency_max = map ? decision->concurrency_max : 0;
    frame->tolerated_count = decision->tolerated_count;
    frame->tolerated_percentage = decision->tolerated_percentage;
    if (map && branch->state->map.writer) {
        frame->records = json_array();
        for (size_t i = 0; i < frame->count; i++)
            json_array_append_new(frame->records, json_null());
    }
    branch->children = frame;
    branch->phase = DR_PHASE_FORKED;
    branch->stage = event->index;
    place_call(branch, decision);
    dr_timer_set(execution, branch, event->due_ms);
    dr_notify(execution, branch,
              (struct dr_notice){.kind = map        ? DR_NOTICE_MAP_STARTED
                                         : parallel ? DR_NOTICE_PARALLEL_STARTED
                                                    : DR_NOTICE_ACTION_STARTED,
                                 .count = frame->count,
                                 .input = event->data,
                                 .resource = branch->resource ? branch->resource->name : NULL});
    frame_go_on(execution, frame);
}

static void apply_fail(struct dr_execution *execution, struct dr_event *event)
{
    struct dr_branch *branch = event->branch;
    dr_timer_clear(execution, branch);
    copy_error(&branch->error, &event->error);
    branch->phase = DR_PHASE_FAILED;
    dr_notify(execution, branch, (struct dr_notice){.kind = DR_NOTICE_STATE_FAILED, .error = &event->error});
    if (branch->frame)
        branch_failed(execution, branch);
}

static void apply_restart(struct dr_execution *execution, struct dr_event *event)
{
    struct dr_branch *branch = event->branch;
    unsigned restarts = branch->restarts + 1;
    dr_timer_clear(execution, branch);
    dr_frame_free(execution, branch->children);
    branch->children = NULL;
    branch->restarts = restarts;
    branch->phase = DR_PHASE_READY;
    dr_notify(execution, branch,
              (struct dr_notice){.kind = DR_NOTICE_ACTION_RESTARTED,
                                 .resource = branch->resource ? branch->resource->name : NULL});
    dr_branch_queue(execution, branch);
}

static void apply_pause(struct dr_execution *execution, struct dr_event *event)
{
    copy_error(&event->branch->error, &event->error);
    event->branch->phase = DR_PHASE_PAUSED;
    execution->paused++;
    dr_notify(execution, event->branch, (struct dr_notice){.kind = DR_NOTICE_PAUSED, .error = &event->error});
}

/* What a person said of an unknown outcome, or an answer to a call that awaited one. */
static void apply_answer(struct dr_execution *execution, struct dr_event *event)
{
    struct dr_branch *branch = event->branch;
    if (!event->verdict || strcmp(event->verdict, "repeat") != 0) {
        apply_result(execution, event);
        return;
    }
    if (branch->phase == DR_PHASE_PAUSED)
        execution->paused--;
    dr_error_done(&branch->error);
    branch->phase = DR_PHASE_READY;
    dr_branch_queue(execution, branch);
}

static bool is_unknown(const struct dr_error *error)
{
    return strcmp(error->error, "Drrun.OutcomeUnknown") == 0;
}

/* The time during which the execution was over does not count. */
static void await_further(struct dr_execution *execution, struct dr_branch *branch)
{
    if (branch->deadline_ms != DR_TIME_NONE)
        branch->deadline_ms += execution->now_ms - execution->over_ms;
    branch->phase = DR_PHASE_CALLING;
    arm(execution, branch, execution->now_ms);
    if (!execution->replaying)
        dr_effect_queue(execution, branch);
}

/* [D24] What ended keeps its result. Inside a Parallel or Map, each branch goes on from where it was; an answer that is
 * there already counts; a call that was cut off and is unsafe to repeat is unknown; an answer that was awaited is
 * awaited further [D28]; every other state is entered again (an action from its start, being convergent). */
static void revive(struct dr_execution *execution, struct dr_branch *branch)
{
    const struct dr_frame *frame = branch->children;
    enum dr_phase stopped = branch->phase == DR_PHASE_ABORTED ? branch->stopped : DR_PHASE_FAILED;
    if (frame && (frame->kind != DR_FRAME_ACTION || branch->resource->kind == DR_RESOURCE_RUNBOOK)) {
        revive_frame(execution, branch);
    } else if (stopped == DR_PHASE_ANSWERED && (!branch->error.error || is_unknown(&branch->error))) {
        branch->phase = DR_PHASE_ANSWERED;
        dr_branch_queue(execution, branch);
    } else if (stopped == DR_PHASE_CALLING && branch->submitted) {
        await_further(execution, branch);
    } else if ((stopped == DR_PHASE_CALLING || stopped == DR_PHASE_PAUSED) &&
               dr_effect_repeat(branch->resource, branch->arguments) == DR_REPEAT_NEVER) {
        dr_error_done(&branch->error);
        dr_error_set(&branch->error, "Drrun.OutcomeUnknown",
                     "the call of %s was stopped before its answer: it is not known whether it took effect",
                     branch->resource->name);
        branch->phase = DR_PHASE_ANSWERED;
        dr_branch_queue(execution, branch);
    } else {
        dr_branch_enter(execution, branch, branch->state, execution->now_ms);
    }
}

/* An ended execution runs again, and its time starts again. */
static void reopen(struct dr_execution *execution, int64_t now_ms)
{
    const struct dr_machine *machine = execution->program->machine;
    execution->status = DR_RUNNING;
    execution->over_ms = execution->stopped_ms;
    execution->stopped_ms = 0;
    execution->deadline_ms = machine->timeout_seconds > 0 ? now_ms + machine->timeout_seconds * 1000 : DR_TIME_NONE;
    dr_error_done(&execution->error);
}

static void apply_redrive(struct dr_execution *execution, struct dr_event *event)
{
    reopen(execution, event->time_ms);
    execution->redrives++;
    execution->redriven_ms = event->time_ms;
    dr_notify(execution, execution->root, (struct dr_notice){.kind = DR_NOTICE_EXECUTION_REDRIVEN});
    revive(execution, execution->root);
}

static void apply_from(struct dr_execution *execution, struct dr_event *event)
{
    struct dr_branch *root = execution->root;
    reopen(execution, event->time_ms);
    dr_branch_stop(execution, root);
    root->machine = execution->program->machine;
    json_t *input = json_incref(event->data), *variables = json_incref(event->assigned);
    json_decref(root->input);
    json_decref(root->scope.variables);
    root->input = input;
    root->scope.variables = variables;
    dr_branch_enter(execution, root, event->next, event->time_ms);
}

static void apply_metric(struct dr_execution *execution, struct dr_event *event)
{
    json_t *name = json_object_get(event->data, "name");
    json_object_set_new(execution->metrics, json_string_value(name),
                        json_pack("{s:O,s:O,s:O}", "Value", json_object_get(event->data, "value"), "Unit",
                                  json_object_get(event->data, "unit"), "At", json_object_get(event->data, "at")));
}

static void apply_end(struct dr_execution *execution, struct dr_event *event)
{
    static const enum dr_notice_kind told[] = {[DR_SUCCEEDED] = DR_NOTICE_EXECUTION_SUCCEEDED,
                                               [DR_FAILED_STATUS] = DR_NOTICE_EXECUTION_FAILED,
                                               [DR_TIMED_OUT] = DR_NOTICE_EXECUTION_TIMED_OUT,
                                               [DR_ABORTED_STATUS] = DR_NOTICE_EXECUTION_ABORTED};
    execution->status = event->status;
    execution->stopped_ms = event->time_ms;
    json_decref(execution->output);
    execution->output = json_incref(event->data);
    dr_error_done(&execution->error);
    if (event->error.error)
        copy_error(&execution->error, &event->error);
    if (event->status != DR_SUCCEEDED)
        dr_branch_stop(execution, execution->root);
    dr_notify(execution, execution->root,
              (struct dr_notice){.kind = told[event->status],
                                 .output = event->data,
                                 .error = event->error.error ? &event->error : NULL});
}

void dr_apply(struct dr_execution *execution, struct dr_event *event)
{
    execution->now_ms = event->time_ms;
    execution->last_ms = event->time_ms;
    switch (event->kind) {
    case DR_EVENT_START:
        apply_start(execution, event);
        break;
    case DR_EVENT_STEP:
        apply_step(execution, event);
        break;
    case DR_EVENT_WAIT:
        apply_wait(execution, event);
        break;
    case DR_EVENT_CALL:
        apply_call(execution, event);
        break;
    case DR_EVENT_RESULT:
        apply_result(execution, event);
        break;
    case DR_EVENT_RETRY:
        apply_retry(execution, event);
        break;
    case DR_EVENT_FORK:
        apply_fork(execution, event);
        break;
    case DR_EVENT_FAIL:
        apply_fail(execution, event);
        break;
    case DR_EVENT_RESTART:
        apply_restart(execution, event);
        break;
    case DR_EVENT_PAUSE:
        apply_pause(execution, event);
        break;
    case DR_EVENT_ANSWER:
        apply_answer(execution, event);
        break;
    case DR_EVENT_HEARTBEAT:
        arm(execution, event->branch, event->time_ms);
        break;
    case DR_EVENT_RESUMED:
        dr_notify(execution, execution->root, (struct dr_notice){.kind = DR_NOTICE_RESUMED});
        break;
    case DR_EVENT_REDRIVE:
        apply_redrive(execution, event);
        break;
    case DR_EVENT_FROM:
        apply_from(execution, event);
        break;
    case DR_EVENT_DEFINITION: /* the program was exchanged by whoever made the event; `from` follows */
        break;
    case DR_EVENT_METRIC:
        apply_metric(execution, event);
        break;
    case DR_EVENT_END:
        apply_end(execution, event);
        break;
    case DR_EVENT_SUBMITTED:
        apply_submitted(execution, event);
        break;
    case DR_EVENT_KINDS:
        assert(0);
        break;
    }
}
