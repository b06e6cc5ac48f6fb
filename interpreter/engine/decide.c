/* What a branch does next: the state's own decision, or what becomes of an error. */
#include "interpreter/engine/tree.h"
#include "interpreter/states/dataflow.h"

#include "interpreter/base/limits.h"

#include <assert.h>
#include <string.h>

#define RESTARTS_MAX 3 /* of one action whose calls keep losing their outcome; then its task fails */

static void fail_event(struct dr_event *event, struct dr_error *error)
{
    event->kind = DR_EVENT_FAIL;
    dr_error_done(&event->error);
    event->error = *error;
    *error = (struct dr_error){0};
}

/* An unknown outcome that nothing takes restarts the action around it, or pauses for a person. [D20] */
static void unknown_event(struct dr_branch *branch, struct dr_event *event, struct dr_error *error)
{
    for (struct dr_branch *inner = branch; inner->frame; inner = inner->frame->owner) {
        struct dr_branch *owner = inner->frame->owner;
        if (inner->frame->kind == DR_FRAME_ACTION && owner->resource && owner->resource->kind == DR_RESOURCE_ACTION &&
            owner->restarts < RESTARTS_MAX) {
            event->kind = DR_EVENT_RESTART;
            event->branch = owner;
            dr_error_done(error);
            return;
        }
        if (dr_error_handled_by(owner, error->error, false))
            break;
    }
    fail_event(event, error);
    if (branch->arguments && !dr_error_handled_outside(branch, event->error.error))
        event->kind = DR_EVENT_PAUSE;
}

static void leave_event(struct dr_branch *branch, struct dr_event *event, struct dr_decision *decision);

/* The error of a failing decision; our own causes say where it happened, in AWS's words. The caller owns it. */
static struct dr_error decided_error(const struct dr_branch *branch, struct dr_decision *decision)
{
    struct dr_error error = decision->error;
    decision->error = (struct dr_error){0};
    if (decision->error_is_ours && error.cause) {
        struct dr_error named = {0};
        dr_error_set(&named, error.error,
                     "An error occurred while executing the state '%s' (entered at the event id #%llu). %s",
                     branch->state->name, (unsigned long long)branch->entered_event, error.cause);
        dr_error_done(&error);
        error = named;
    }
    return error;
}

/* Retriers first, each with its own count; then catchers; then the error leaves the state. Steals `error`. */
static void error_event(struct dr_execution *execution, struct dr_branch *branch, struct dr_error *error,
                        int64_t now_ms, struct dr_event *event)
{
    const struct dr_state *state = branch->state;
    for (size_t i = 0; i < state->retrier_count; i++) {
        const struct dr_retrier *retrier = &state->retriers[i];
        if (!dr_error_matches(retrier->errors, retrier->error_count, error->error, branch->heartbeat_lost))
            continue;
        unsigned tries = branch->tries ? branch->tries[i] : 0;
        if (tries >= retrier->attempts_max)
            break; /* the first retrier that matches counts; used up, the catchers follow */
        event->kind = DR_EVENT_RETRY;
        event->index = (unsigned)i;
        event->due_ms = now_ms + dr_retry_delay_ms(retrier, tries + 1, &execution->random);
        event->error = *error;
        *error = (struct dr_error){0};
        return;
    }
    for (size_t i = 0; i < state->catcher_count; i++) {
        const struct dr_catcher *catcher = &state->catchers[i];
        if (!dr_error_matches(catcher->errors, catcher->error_count, error->error, branch->heartbeat_lost))
            continue;
        struct dr_moment moment;
        struct dr_context context;
        struct dr_decision decision = {0};
        dr_moment_init(&moment, execution, branch, &context, now_ms);
        json_t *output = json_pack("{s:s,s:s}", "Error", error->error, "Cause", error->cause ? error->cause : "");
        dr_flow_catch(&moment, catcher, output, &decision);
        json_decref(output);
        json_decref(context.built);
        if (decision.kind == DR_DECIDE_FAIL) {
            struct dr_error own = decided_error(branch, &decision);
            dr_error_done(error);
            fail_event(event, &own);
        } else {
            event->index = (unsigned)i + 1;
            event->error = *error; /* for the record; leave_event() replaces it should it fail */
            *error = (struct dr_error){0};
            leave_event(branch, event, &decision);
        }
        dr_decision_done(&decision);
        return;
    }
    if (strcmp(error->error, "Drrun.OutcomeUnknown") == 0)
        unknown_event(branch, event, error);
    else
        fail_event(event, error);
}

static unsigned exact_depth(const json_t *value, unsigned limit)
{
    unsigned deepest = 0;
    if (limit == 0)
        return 1;
    if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++) {
            unsigned depth = exact_depth(json_array_get(value, i), limit - 1);
            deepest = depth > deepest ? depth : deepest;
        }
        return deepest + 1;
    }
    if (json_is_object(value)) {
        for (void *i = json_object_iter((json_t *)(uintptr_t)value); i;
             i = json_object_iter_next((json_t *)(uintptr_t)value, i)) {
            unsigned depth = exact_depth(json_object_iter_value(i), limit - 1);
            deepest = depth > deepest ? depth : deepest;
        }
        return deepest + 1;
    }
    return 1;
}

/* A state nests its data by at most so many levels; loops would nest without end. Measured exactly only when the sum of
 * the bounds says that it may be too deep. */
static bool within_depth(const struct dr_branch *branch, const struct dr_decision *decision, unsigned *ret_bound)
{
    const struct dr_state *state = branch->state;
    unsigned growth = 32;
    const struct dr_template *const templates[] = {state->parameters, state->result_selector, state->output,
                                                   state->assign};
    for (size_t i = 0; i < sizeof templates / sizeof *templates; i++)
        if (templates[i])
            growth += dr_template_depth(templates[i]);
    *ret_bound = branch->depth_bound + growth;
    if (*ret_bound <= 16 * DR_DEPTH_MAX)
        return true;
    *ret_bound = exact_depth(decision->output, DR_DEPTH_MAX);
    unsigned assigned = decision->assigned ? exact_depth(decision->assigned, DR_DEPTH_MAX) : 0;
    if (assigned > *ret_bound)
        *ret_bound = assigned;
    return *ret_bound <= DR_DEPTH_MAX;
}

/* Data that goes into a record is measured; what only goes from state to state costs no more than its parts. */
static bool is_too_large(const json_t *value, size_t bytes_max)
{
    struct dr_text text = {0};
    bool fits = dr_text_json(&text, value, bytes_max);
    dr_text_done(&text);
    return !fits;
}

static void too_large_event(const struct dr_branch *branch, struct dr_event *event)
{
    struct dr_error error = {0};
    dr_error_set(
        &error, "States.DataLimitExceeded",
        "The state/task '%s' returned a result with a size exceeding the maximum number of bytes service limit.",
        branch->state->name);
    fail_event(event, &error);
}

static void leave_event(struct dr_branch *branch, struct dr_event *event, struct dr_decision *decision)
{
    unsigned bound;
    bool is_end = !branch->frame && !decision->next; /* the execution's output */
    if (is_end && is_too_large(decision->output, DR_PAYLOAD_BYTES_MAX)) {
        too_large_event(branch, event);
        return;
    }
    if (!within_depth(branch, decision, &bound)) {
        struct dr_error error = {0};
        dr_error_set(&error, "States.DataLimitExceeded",
                     "The state/task '%s' returned a result nested more than %d levels deep.", branch->state->name,
                     DR_DEPTH_MAX);
        fail_event(event, &error);
        return;
    }
    event->depth_bound = bound;
    event->kind = DR_EVENT_STEP;
    event->next = decision->next;
    event->data = json_incref(decision->output);
    event->assigned = json_incref(decision->assigned);
}

/* The deadline that a task's own time-out, or the machine inside it, sets. */
static int64_t deadline(const struct dr_decision *decision, int64_t now_ms)
{
    int64_t timeout_ms = decision->timeout_ms;
    const struct dr_machine *machine = decision->resource ? decision->resource->machine : NULL;
    if (machine && machine->timeout_seconds > 0 && machine->timeout_seconds * 1000 < timeout_ms)
        timeout_ms = machine->timeout_seconds * 1000;
    return timeout_ms == DR_TIME_NONE ? DR_TIME_NONE : now_ms + timeout_ms;
}

/* A nested runbook's input is completed and checked as that of one started by hand. */
static json_t *nested_input(const struct dr_runbook *runbook, const json_t *given, char **ret_problem)
{
    struct dr_diagnostics found = {0};
    json_t *input = dr_runbook_input(runbook, given, &found);
    for (size_t i = 0; i < found.count && !input && !*ret_problem; i++)
        if (found.items[i].severity == DR_ERROR)
            *ret_problem = dr_copy_string(found.items[i].message);
    dr_diagnostics_done(&found);
    return input;
}

#define REFUSED "The Parameters "

/* [D30] Whether arguments fit depends on the model of the service, which may be another one than when they were first
 * judged: that judgement stands. Steals and returns `complete`, or what the record says instead: new reference. */
static json_t *as_recorded(const json_t *record, struct dr_decision *decision, json_t *complete)
{
    const char *error = json_string_value(json_object_get(record, "error"));
    const char *cause = json_string_value(json_object_get(record, "cause"));
    json_t *arguments = json_object_get(record, "arguments");
    if (!complete && arguments)
        return json_incref(arguments);
    if (complete && error && strcmp(error, "States.Runtime") == 0 && cause && strstr(cause, REFUSED)) {
        json_decref(complete);
        dr_error_set(&decision->error, error, "%s", cause);
        decision->kind = DR_DECIDE_FAIL; /* the cause has its beginning already */
        return NULL;
    }
    return complete;
}

/* The arguments as the resource declares them: defaults filled in, checked. A wrong one is the runbook's mistake at run
 * time, as on AWS. */
static void complete_arguments(struct dr_execution *execution, struct dr_decision *decision)
{
    char *problem = NULL;
    const struct dr_resource *resource = decision->resource;
    json_t *complete = resource->kind == DR_RESOURCE_RUNBOOK
                           ? nested_input(resource->runbook, decision->output, &problem)
                           : dr_catalogue_arguments(execution->options.catalogue, resource, decision->output, &problem);
    complete = as_recorded(execution->replayed, decision, complete);
    if (complete) {
        json_decref(decision->output);
        decision->output = complete;
    } else if (decision->kind != DR_DECIDE_FAIL) {
        struct dr_text given = {0};
        dr_text_json(&given, decision->output, 10000);
        dr_flow_fail(decision, "States.Runtime", REFUSED "'%s' could not be used to start the Task: [%s]",
                     given.bytes ? given.bytes : "", problem ? problem : "");
        dr_text_done(&given);
    }
    free(problem);
}

/* [D27] Where and as whom: what the Task says itself; for a runbook inside, then what its Runbook block says; else what
 * the states around it say, from the inside out. */
static void inherit(const struct dr_execution *execution, const struct dr_branch *branch, struct dr_decision *decision)
{
    const struct dr_resource *resource = decision->resource;
    if (!decision->region && resource->kind == DR_RESOURCE_RUNBOOK)
        decision->region = dr_copy_string(resource->runbook->region);
    if (!decision->region)
        decision->region = dr_copy_string(dr_branch_region(execution, branch));
    if (!decision->credentials)
        decision->credentials = json_incref(dr_branch_credentials(branch));
}

static void decision_event(struct dr_execution *execution, struct dr_branch *branch, struct dr_decision *decision,
                           int64_t now_ms, struct dr_event *event)
{
    if (decision->resource && (decision->kind == DR_DECIDE_CALL || decision->kind == DR_DECIDE_FORK)) {
        inherit(execution, branch, decision);
        complete_arguments(execution, decision);
    }
    switch (decision->kind) {
    case DR_DECIDE_LEAVE:
        leave_event(branch, event, decision);
        break;
    case DR_DECIDE_WAIT:
        event->kind = DR_EVENT_WAIT;
        event->due_ms = decision->until_ms;
        break;
    case DR_DECIDE_CALL:
        if (is_too_large(decision->output, DR_RECORD_BYTES_MAX)) {
            too_large_event(branch, event);
            break;
        }
        __attribute__((fallthrough));
    case DR_DECIDE_FORK:
        event->kind = decision->kind == DR_DECIDE_CALL ? DR_EVENT_CALL : DR_EVENT_FORK;
        event->index = decision->stage;
        event->due_ms = deadline(decision, now_ms);
        event->data = json_incref(decision->output);
        event->decision = *decision;
        *decision = (struct dr_decision){0};
        break;
    case DR_DECIDE_FAIL: {
        struct dr_error error = decided_error(branch, decision);
        if (branch->state->kind == DR_FAIL)
            fail_event(event, &error);
        else
            error_event(execution, branch, &error, now_ms, event);
        break;
    }
    }
}

/* The results of a frame as the state sees them: a list in the order of the items, without those that failed and were
 * tolerated. New reference. */
static json_t *joined(const struct dr_frame *frame)
{
    if (frame->kind == DR_FRAME_ACTION)
        return json_incref(frame->results[0]);
    if (frame->records)
        return json_incref(frame->records);
    json_t *results = json_array();
    for (size_t i = 0; i < frame->count; i++)
        if (frame->results[i])
            json_array_append(results, frame->results[i]);
    return results;
}

/* Whether a Map that its items failed writes what became of them before it fails. */
static bool exports_failure(const struct dr_branch *branch, const struct dr_error *error)
{
    const struct dr_state *state = branch->state;
    return branch->phase == DR_PHASE_JOINED && state->kind == DR_MAP && state->map.writer &&
           state->map.writer->exports && strcmp(error->error, "States.ExceedToleratedFailureThreshold") == 0;
}

/* The records of its items, also of those that were stopped or never begun. New reference. */
static json_t *failed_records(const struct dr_frame *frame)
{
    json_t *records = json_copy(frame->records);
    for (const struct dr_branch *child = frame->first; child; child = child->next)
        if (child->phase == DR_PHASE_ABORTED)
            json_array_set_new(records, child->item,
                               json_pack("{s:s,s:I,s:O*,s:I}", "Status", "ABORTED", "Index", (json_int_t)child->item,
                                         "Input", child->given, "Began", (json_int_t)child->begun_ms));
    for (size_t i = 0; i < json_array_size(records); i++)
        if (json_is_null(json_array_get(records, i)))
            json_array_set_new(records, i,
                               json_pack("{s:s,s:I,s:O*}", "Status", "PENDING", "Index", (json_int_t)i, "Input",
                                         json_array_get(frame->items, i)));
    return records;
}

static void copy_error(struct dr_error *to, const struct dr_error *from)
{
    *to = (struct dr_error){.error = dr_copy_string(from->error), .cause = dr_copy_string(from->cause)};
}

/* What goes wrong while a Map reads its items or writes its results has an error name of its own. */
static void name_map_error(const struct dr_branch *branch, struct dr_error *error)
{
    bool reading = branch->stage == DR_MAP_READ || branch->stage == DR_MAP_FETCH;
    const char *name = reading                         ? "States.ItemReaderFailed"
                       : branch->stage == DR_MAP_WRITE ? "States.ResultWriterFailed"
                                                       : NULL;
    if (branch->state->kind != DR_MAP || branch->phase != DR_PHASE_ANSWERED || !name ||
        strcmp(error->error, "Drrun.OutcomeUnknown") == 0)
        return;
    struct dr_error named = {0};
    dr_error_set(&named, name, "%s: %s", error->error, error->cause ? error->cause : "");
    dr_error_done(error);
    *error = named;
}

void dr_decide(struct dr_execution *execution, struct dr_branch *branch, int64_t now_ms, struct dr_event *event)
{
    *event = (struct dr_event){.branch = branch, .time_ms = now_ms, .due_ms = DR_TIME_NONE};
    const struct dr_state_type *type = dr_state_types[branch->state->kind];
    const struct dr_error *failed = NULL;
    if (branch->phase == DR_PHASE_ANSWERED && branch->error.error)
        failed = &branch->error;
    else if (branch->phase == DR_PHASE_JOINED && branch->children->error.error)
        failed = &branch->children->error;
    bool told = failed && exports_failure(branch, failed);
    if (failed && !told) {
        struct dr_error error;
        copy_error(&error, failed);
        name_map_error(branch, &error);
        error_event(execution, branch, &error, now_ms, event);
        return;
    }
    struct dr_moment moment;
    struct dr_context context;
    struct dr_decision decision = {.timeout_ms = DR_TIME_NONE, .heartbeat_ms = DR_TIME_NONE};
    dr_moment_init(&moment, execution, branch, &context, now_ms);
    if (branch->phase == DR_PHASE_READY || branch->phase == DR_PHASE_BACKOFF) {
        moment.stage = 0;
        type->enter(&moment, &decision);
    } else {
        assert(branch->phase == DR_PHASE_WAITING || branch->phase == DR_PHASE_ANSWERED ||
               branch->phase == DR_PHASE_JOINED);
        json_t *result = told                               ? failed_records(branch->children)
                         : branch->phase == DR_PHASE_JOINED ? joined(branch->children)
                                                            : json_incref(branch->result);
        moment.failed = told ? failed : NULL;
        type->resume(&moment, result, &decision);
        json_decref(result);
    }
    decision_event(execution, branch, &decision, now_ms, event);
    dr_decision_done(&decision);
    json_decref(context.built);
}
