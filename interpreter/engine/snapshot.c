/* Snapshots: the tree as one JSON document, so that a resume replays only what came after. States are named, machines
 * follow from the tree. */
#include "interpreter/engine/tree.h"

#include "interpreter/base/limits.h"

#include <string.h>

/* ----- Writing
 * ---------------------------------------------------------------------------------------------------------- */

static void set_error(json_t *object, const struct dr_error *error)
{
    if (error->error)
        json_object_set_new(object, "error", json_pack("{s:s,s:s?}", "Error", error->error, "Cause", error->cause));
}

static void set_int(json_t *object, const char *key, int64_t value)
{
    json_object_set_new(object, key, json_integer(value));
}

static void set_value(json_t *object, const char *key, json_t *value)
{
    if (value)
        json_object_set(object, key, value);
}

static json_t *write_branch(const struct dr_branch *branch);

static json_t *write_frame(const struct dr_frame *frame)
{
    json_t *object = json_object();
    set_int(object, "kind", frame->kind);
    set_int(object, "count", (int64_t)frame->count);
    set_int(object, "begun", (int64_t)frame->begun);
    set_int(object, "ended", (int64_t)frame->ended);
    set_int(object, "failed", (int64_t)frame->failed);
    set_int(object, "running", (int64_t)frame->running);
    set_int(object, "concurrency", frame->concurrency_max);
    set_int(object, "toleratedCount", frame->tolerated_count);
    json_object_set_new(object, "toleratedPercentage", json_real(frame->tolerated_percentage));
    json_object_set_new(object, "itemsReady", json_boolean(frame->items_ready));
    set_value(object, "items", frame->items);
    set_value(object, "start", frame->start);
    set_value(object, "records", frame->records);
    set_error(object, &frame->error);
    json_t *results = json_array(), *branches = json_array();
    for (size_t i = 0; i < frame->count; i++) /* [] for one that is missing: a result is wrapped in a list */
        json_array_append_new(results, frame->results[i] ? json_pack("[O]", frame->results[i]) : json_array());
    const struct dr_branch *branch = frame->first;
    while (branch && branch->next) /* oldest first, as they are made again */
        branch = branch->next;
    for (; branch; branch = branch->previous)
        json_array_append_new(branches, write_branch(branch));
    json_object_set_new(object, "results", results);
    json_object_set_new(object, "branches", branches);
    return object;
}

static json_t *write_branch(const struct dr_branch *branch)
{
    json_t *object = json_object();
    json_object_set_new(object, "state", json_string(branch->state->name));
    set_int(object, "id", branch->id);
    set_int(object, "item", branch->item);
    set_int(object, "phase", branch->phase);
    set_int(object, "stopped", branch->stopped);
    set_int(object, "stage", branch->stage);
    set_int(object, "attempts", branch->attempts);
    set_int(object, "restarts", branch->restarts);
    set_int(object, "depth", branch->depth_bound);
    set_int(object, "enteredMs", branch->entered_ms);
    set_int(object, "enteredEvent", (int64_t)branch->entered_event);
    set_int(object, "lastEvent", (int64_t)branch->last_event);
    set_int(object, "call", (int64_t)branch->call);
    set_int(object, "heartbeatMs", branch->heartbeat_ms);
    set_int(object, "deadlineMs", branch->deadline_ms);
    set_int(object, "dueMs", branch->due_ms);
    json_object_set_new(object, "armed", json_boolean(branch->timer != 0));
    json_object_set_new(object, "heartbeatLost", json_boolean(branch->heartbeat_lost));
    set_value(object, "input", branch->input);
    set_value(object, "variables", branch->scope.variables);
    set_value(object, "result", branch->result);
    set_value(object, "arguments", branch->arguments);
    set_value(object, "carried", branch->carried);
    set_value(object, "given", branch->given);
    if (branch->given)
        set_int(object, "begunMs", branch->begun_ms);
    if (branch->region)
        json_object_set_new(object, "region", json_string(branch->region));
    set_value(object, "credentials", branch->credentials);
    if (branch->submitted)
        json_object_set_new(object, "submitted", json_true());
    set_error(object, &branch->error);
    if (branch->tries) {
        json_t *tries = json_array();
        for (size_t i = 0; i < branch->state->retrier_count; i++)
            json_array_append_new(tries, json_integer(branch->tries[i]));
        json_object_set_new(object, "tries", tries);
    }
    if (branch->children)
        json_object_set_new(object, "frame", write_frame(branch->children));
    return object;
}

void dr_tree_save(struct dr_execution *execution)
{
    if (!execution->options.journal || !execution->root || execution->status != DR_RUNNING)
        return; /* the end stands in a record that a replay must read: a snapshot after it would hide it */
    json_t *object = json_object(), *free_ids = json_array();
    set_int(object, "semantics", DR_SEMANTICS);
    set_int(object, "lastMs", execution->last_ms);
    set_int(object, "deadlineMs", execution->deadline_ms);
    set_int(object, "drawn", (int64_t)execution->random.drawn);
    set_int(object, "eventId", (int64_t)execution->event_id);
    set_int(object, "transitions", (int64_t)execution->transitions);
    set_int(object, "calls", (int64_t)execution->calls);
    set_int(object, "redrives", (int64_t)execution->redrives);
    set_int(object, "redrivenMs", execution->redriven_ms);
    set_int(object, "branchCount", execution->branch_count);
    set_value(object, "metrics", execution->metrics);
    for (uint32_t i = 0; i < execution->free_count; i++)
        json_array_append_new(free_ids, json_integer(execution->free_ids[i]));
    json_object_set_new(object, "freeIds", free_ids);
    if (execution->redefined)
        json_object_set_new(
            object, "program",
            json_pack("{s:s,s:O}", "path", execution->program->path, "files", execution->program->files));
    json_object_set_new(object, "root", write_branch(execution->root));
    struct dr_text text = {0};
    struct dr_problem problem = {0};
    /* Too large, or the disk refuses: no harm, the replay is only longer. */
    if (dr_text_json(&text, object, DR_PAYLOAD_BYTES_MAX))
        dr_journal_snapshot_write(execution->options.journal, text.bytes, text.size, &problem);
    execution->snapshot_bytes = text.size;
    execution->snapshot_offset = dr_journal_offset(execution->options.journal);
    dr_problem_done(&problem);
    dr_text_done(&text);
    json_decref(object);
}

/* ----- Reading
 * ---------------------------------------------------------------------------------------------------------- */

static int64_t int_of(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static void read_error(const json_t *object, struct dr_error *error)
{
    const json_t *value = json_object_get(object, "error");
    error->error = dr_copy_string(json_string_value(json_object_get(value, "Error")));
    error->cause = dr_copy_string(json_string_value(json_object_get(value, "Cause")));
}

static bool read_branch(struct dr_execution *execution, struct dr_branch *branch, const json_t *object);

static const struct dr_machine *machine_of(const struct dr_frame *frame, size_t item)
{
    const struct dr_state *state = frame->owner->state;
    switch (frame->kind) {
    case DR_FRAME_PARALLEL:
        return item < state->parallel.count ? state->parallel.branches[item] : NULL;
    case DR_FRAME_MAP:
        return state->map.processor;
    case DR_FRAME_ACTION:
        return frame->owner->resource ? frame->owner->resource->machine : NULL;
    }
    return NULL;
}

static bool read_frame(struct dr_execution *execution, struct dr_branch *owner, const json_t *object)
{
    struct dr_frame *frame = dr_alloc(sizeof *frame);
    owner->children = frame;
    frame->owner = owner;
    frame->kind = (enum dr_frame_kind)int_of(object, "kind");
    frame->count = (size_t)int_of(object, "count");
    const json_t *results = json_object_get(object, "results"), *branches = json_object_get(object, "branches");
    if (json_array_size(results) != frame->count)
        return false;
    frame->results = dr_alloc((frame->count + 1) * sizeof *frame->results);
    for (size_t i = 0; i < frame->count; i++)
        frame->results[i] = json_incref(json_array_get(json_array_get(results, i), 0));
    frame->begun = (size_t)int_of(object, "begun");
    frame->ended = (size_t)int_of(object, "ended");
    frame->failed = (size_t)int_of(object, "failed");
    frame->concurrency_max = int_of(object, "concurrency");
    frame->tolerated_count = int_of(object, "toleratedCount");
    frame->tolerated_percentage = json_number_value(json_object_get(object, "toleratedPercentage"));
    frame->items_ready = json_is_true(json_object_get(object, "itemsReady"));
    frame->items = json_incref(json_object_get(object, "items"));
    frame->start = json_incref(json_object_get(object, "start"));
    frame->records = json_incref(json_object_get(object, "records"));
    read_error(object, &frame->error);
    for (size_t i = 0; i < json_array_size(branches); i++) {
        const json_t *one = json_array_get(branches, i);
        size_t item = (size_t)int_of(one, "item");
        const struct dr_machine *machine = machine_of(frame, item);
        if (!machine || item >= frame->count ||
            !read_branch(execution,
                         dr_branch_restore(execution, frame, (uint32_t)int_of(one, "id"), (uint32_t)item, machine),
                         one))
            return false;
    }
    frame->running = (size_t)int_of(object, "running");
    dr_frame_keep(frame);
    return true;
}

static bool read_branch(struct dr_execution *execution, struct dr_branch *branch, const json_t *object)
{
    const json_t *name = json_object_get(object, "state");
    if (!branch || !json_is_string(name))
        return false;
    branch->state = dr_machine_state(branch->machine, json_string_value(name), json_string_length(name));
    if (!branch->state)
        return false;
    branch->phase = (enum dr_phase)int_of(object, "phase");
    branch->stopped = (enum dr_phase)int_of(object, "stopped");
    branch->stage = (unsigned)int_of(object, "stage");
    branch->attempts = (unsigned)int_of(object, "attempts");
    branch->restarts = (unsigned)int_of(object, "restarts");
    branch->depth_bound = (unsigned)int_of(object, "depth");
    branch->entered_ms = int_of(object, "enteredMs");
    branch->entered_event = (uint64_t)int_of(object, "enteredEvent");
    branch->last_event = (uint64_t)int_of(object, "lastEvent");
    branch->call = (uint64_t)int_of(object, "call");
    branch->heartbeat_ms = int_of(object, "heartbeatMs");
    branch->deadline_ms = int_of(object, "deadlineMs");
    branch->heartbeat_lost = json_is_true(json_object_get(object, "heartbeatLost"));
    branch->input = json_incref(json_object_get(object, "input"));
    branch->scope.variables = json_incref(json_object_get(object, "variables"));
    branch->result = json_incref(json_object_get(object, "result"));
    branch->arguments = json_incref(json_object_get(object, "arguments"));
    branch->carried = json_incref(json_object_get(object, "carried"));
    branch->given = json_incref(json_object_get(object, "given"));
    branch->begun_ms = int_of(object, "begunMs");
    branch->region = dr_copy_string(json_string_value(json_object_get(object, "region")));
    branch->credentials = json_incref(json_object_get(object, "credentials"));
    branch->submitted = json_is_true(json_object_get(object, "submitted"));
    branch->resource = dr_effect_resource(branch->state, branch->stage);
    read_error(object, &branch->error);
    const json_t *tries = json_object_get(object, "tries");
    if (tries && json_array_size(tries) == branch->state->retrier_count) {
        branch->tries = dr_alloc((branch->state->retrier_count + 1) * sizeof *branch->tries);
        for (size_t i = 0; i < branch->state->retrier_count; i++)
            branch->tries[i] = (uint32_t)json_integer_value(json_array_get(tries, i));
    }
    if (json_is_true(json_object_get(object, "armed")))
        dr_timer_set(execution, branch, int_of(object, "dueMs"));
    else
        branch->due_ms = int_of(object, "dueMs");
    if (branch->phase == DR_PHASE_PAUSED)
        execution->paused++;
    dr_branch_queue(execution, branch);
    const json_t *frame = json_object_get(object, "frame");
    return !frame || read_frame(execution, branch, frame);
}

bool dr_tree_restore(struct dr_execution *execution, const char *bytes, size_t size)
{
    json_t *object = dr_json_parse(bytes, size, NULL);
    bool good = json_is_object(object) && int_of(object, "semantics") == DR_SEMANTICS;
    const json_t *program = json_object_get(object, "program");
    if (good && program) {
        char *problem = NULL;
        struct dr_program *loaded = dr_execution_load(execution, program, &problem);
        free(problem);
        if (loaded)
            dr_execution_keep(execution, loaded);
        execution->redefined = true;
        good = loaded != NULL;
    }
    if (good) {
        execution->last_ms = execution->now_ms = int_of(object, "lastMs");
        execution->deadline_ms = int_of(object, "deadlineMs");
        execution->random.drawn = (uint64_t)int_of(object, "drawn");
        execution->event_id = (uint64_t)int_of(object, "eventId");
        execution->transitions = (uint64_t)int_of(object, "transitions");
        execution->calls = (uint64_t)int_of(object, "calls");
        execution->redrives = (uint64_t)int_of(object, "redrives");
        execution->redriven_ms = int_of(object, "redrivenMs");
        json_object_update(execution->metrics, json_object_get(object, "metrics"));
        const json_t *root = json_object_get(object, "root"), *free_ids = json_object_get(object, "freeIds");
        dr_branches_reserve(execution, (uint32_t)int_of(object, "branchCount"), free_ids);
        execution->root =
            dr_branch_restore(execution, NULL, (uint32_t)int_of(root, "id"), 0, execution->program->machine);
        good = execution->root && read_branch(execution, execution->root, root);
    }
    json_decref(object);
    return good;
}
