/* The loop: one turn sleeps, reads the clock once, takes completions, steps what is ready, commits, and only then
 * starts effects. */
#include "interpreter/engine/tree.h"

#include "interpreter/base/limits.h"

#include <string.h>

#define STEPS_PER_TURN 10000 /* then signals, timers and completions get their turn */
#define SNAPSHOT_SMALL_BYTES (64U << 10)
#define SNAPSHOT_GROWTH 4
#define REST_MS 200 /* a sleep this long gives preallocated journal space back */

static void live_event(struct dr_execution *execution, struct dr_event *event)
{
    event->time_ms = execution->now_ms;
    dr_commit_event(execution, event);
}

static void end(struct dr_execution *execution, enum dr_status status, json_t *output, const struct dr_error *error)
{
    struct dr_event event = {
        .kind = DR_EVENT_END, .status = status, .data = json_incref(output), .due_ms = DR_TIME_NONE};
    if (error && error->error)
        event.error = (struct dr_error){.error = dr_copy_string(error->error), .cause = dr_copy_string(error->cause)};
    live_event(execution, &event);
}

/* ----- Interrupts ----------------------------------------------------------------------------------------------------
 */

void dr_execution_interrupt(struct dr_execution *execution, bool wait)
{
    execution->interrupted = true;
    execution->interrupted_now = execution->interrupted_now || !wait;
}

/* Lets go of every call that may be sent again; returns how many must be waited for. [D25] */
static size_t release_calls(struct dr_execution *execution)
{
    size_t kept = 0;
    while (execution->pending_count > 0) /* journaled, not sent: a resume sends them */
        execution->pending[--execution->pending_count]->pending = false;
    for (uint32_t i = 0; i < execution->branch_count; i++) {
        struct dr_branch *branch = execution->branches[i];
        if (!branch || !branch->effect)
            continue;
        if (execution->interrupted_now || branch->submitted ||
            dr_effect_repeat(branch->resource, branch->arguments) != DR_REPEAT_NEVER)
            dr_effect_cancel(execution, branch);
        else
            kept++;
    }
    return kept;
}

/* ----- One turn
 * ------------------------------------------------------------------------------------------------------- */

/* [D17] What observers were told becomes visible only here. [D26] Once the store has failed, nothing goes on. */
/* After so many records, but a large tree not before the journal has grown by a multiple of it: else a Map of many
 * items would do little but write itself down. */
static bool is_snapshot_due(const struct dr_execution *execution)
{
    if (!execution->options.journal || execution->records_since_snapshot < execution->options.snapshot_records)
        return false;
    uint64_t grown = dr_journal_offset(execution->options.journal) - execution->snapshot_offset;
    return execution->snapshot_bytes < SNAPSHOT_SMALL_BYTES || grown >= SNAPSHOT_GROWTH * execution->snapshot_bytes;
}

static bool commit(struct dr_execution *execution)
{
    if (execution->options.journal && !dr_journal_commit(execution->options.journal, true, &execution->problem))
        return false;
    if (execution->visible && execution->options.observer.committed)
        execution->options.observer.committed(execution->options.observer.data, execution->now_ms);
    execution->visible = false;
    if (is_snapshot_due(execution)) {
        dr_tree_save(execution);
        execution->records_since_snapshot = 0;
    }
    return true;
}

static void take_completions(struct dr_execution *execution)
{
    struct dr_event event;
    while (dr_effect_take(execution, &event))
        live_event(execution, &event);
}

static void time_out(struct dr_execution *execution, struct dr_branch *branch)
{
    struct dr_event event = {.kind = DR_EVENT_RESULT,
                             .branch = branch,
                             .due_ms = DR_TIME_NONE,
                             .detail = dr_effect_detail(branch),
                             .error = {.error = dr_copy_string("States.Timeout")}};
    event.heartbeat = branch->phase == DR_PHASE_CALLING && branch->due_ms < branch->deadline_ms;
    live_event(execution, &event);
}

static void take_timers(struct dr_execution *execution)
{
    struct dr_branch *branch;
    while ((branch = dr_timer_due(execution, execution->now_ms)) != NULL) {
        if (branch->phase == DR_PHASE_CALLING || branch->phase == DR_PHASE_FORKED)
            time_out(execution, branch);
        else
            dr_branch_queue(execution, branch); /* a Wait or a back-off is over: it decides in its turn */
    }
}

/* While an interrupt waits for calls that are unsafe to repeat, their time-outs still hold; nothing else moves. */
static int64_t call_due(const struct dr_execution *execution)
{
    int64_t due_ms = DR_TIME_NONE;
    for (uint32_t i = 0; i < execution->branch_count; i++) {
        const struct dr_branch *branch = execution->branches[i];
        if (branch && branch->effect && branch->due_ms < due_ms)
            due_ms = branch->due_ms;
    }
    return due_ms;
}

static void time_out_calls(struct dr_execution *execution)
{
    for (uint32_t i = 0; i < execution->branch_count; i++) {
        struct dr_branch *branch = execution->branches[i];
        if (branch && branch->effect && branch->due_ms <= execution->now_ms)
            time_out(execution, branch);
    }
}

static bool may_step(const struct dr_execution *execution, const struct dr_branch *branch)
{
    switch (branch->phase) {
    case DR_PHASE_READY:
    case DR_PHASE_ANSWERED:
    case DR_PHASE_JOINED:
        return true;
    case DR_PHASE_WAITING:
    case DR_PHASE_BACKOFF:
        return branch->due_ms <= execution->now_ms;
    case DR_PHASE_CALLING:
    case DR_PHASE_FORKED:
    case DR_PHASE_PAUSED:
    case DR_PHASE_DONE:
    case DR_PHASE_FAILED:
    case DR_PHASE_ABORTED:
        return false;
    }
    return false;
}

static struct dr_branch *take_ready(struct dr_execution *execution)
{
    struct dr_branch *branch = execution->ready_first;
    if (!branch)
        return NULL;
    execution->ready_first = branch->ready_next;
    if (!execution->ready_first)
        execution->ready_last = NULL;
    branch->ready = false;
    return branch;
}

static void step_ready(struct dr_execution *execution)
{
    struct dr_branch *branch;
    for (unsigned steps = 0; steps < STEPS_PER_TURN && (branch = take_ready(execution)) != NULL;) {
        if (!branch->machine) { /* freed while it stood in the queue */
            free(branch);
            continue;
        }
        if (!may_step(execution, branch))
            continue;
        struct dr_event event;
        dr_decide(execution, branch, execution->now_ms, &event);
        dr_commit_event(execution, &event);
        steps++;
    }
}

static void end_if_over(struct dr_execution *execution)
{
    const struct dr_branch *root = execution->root;
    if (root->phase == DR_PHASE_DONE)
        end(execution, DR_SUCCEEDED, root->input, NULL);
    else if (root->phase == DR_PHASE_FAILED)
        end(execution, DR_FAILED_STATUS, NULL, &root->error);
    else if (execution->deadline_ms <= execution->now_ms)
        end(execution, DR_TIMED_OUT, NULL, NULL);
}

/* [D16] A call leaves only once its record is durable. */
static bool start_pending(struct dr_execution *execution)
{
    if (!commit(execution))
        return false;
    for (size_t i = 0; i < execution->pending_count; i++)
        dr_effect_start(execution, execution->pending[i]);
    execution->pending_count = 0;
    return true;
}

/* When something is due at the latest; the present if something is due now. */
static int64_t next_due(const struct dr_execution *execution)
{
    if (execution->ready_first || execution->finished_first)
        return execution->now_ms;
    int64_t due_ms = dr_timer_next(execution);
    return execution->deadline_ms < due_ms ? execution->deadline_ms : due_ms;
}

bool dr_execution_turn(struct dr_execution *execution)
{
    struct dr_runtime *runtime = execution->options.runtime;
    if (execution->status != DR_RUNNING || execution->problem.message)
        return false;
    if (execution->unsure && !execution->interrupted)
        dr_execution_ascertain(execution);
    if (execution->interrupted) {
        take_completions(execution); /* what is known by now need not be asked for again */
        if (release_calls(execution) == 0) {
            (void)commit(execution); /* what fails here is in execution->problem */
            return false;
        }
    }
    int64_t due_ms = execution->interrupted ? call_due(execution) : next_due(execution);
    bool busy = due_ms <= execution->now_ms;
    if (!busy && execution->options.journal && due_ms - execution->now_ms > REST_MS)
        dr_journal_rest(execution->options.journal);
    bool alive = runtime->ops->wait(runtime, due_ms);
    int64_t now_ms = runtime->ops->now_ms(runtime);
    if (now_ms > execution->now_ms)
        execution->now_ms = now_ms;
    take_completions(execution);
    if (execution->interrupted) {
        time_out_calls(execution);
        return commit(execution) && (alive || execution->calls_running == 0);
    }
    take_timers(execution);
    step_ready(execution);
    end_if_over(execution);
    if (!start_pending(execution) || execution->status != DR_RUNNING)
        return false;
    /* Nothing moves and nothing will, but for a person: unknown outcomes, or in virtual time an answer that nobody
     * gives. */
    bool stuck = !alive && !busy && !execution->ready_first && !execution->finished_first &&
                 dr_timer_next(execution) == DR_TIME_NONE;
    bool paused = execution->paused > 0 && execution->calls_running == 0 && next_due(execution) == DR_TIME_NONE &&
                  !execution->ready_first;
    return !stuck && !paused;
}

void dr_execution_abort(struct dr_execution *execution, const char *error, const char *cause)
{
    if (execution->status != DR_RUNNING)
        return;
    int64_t now_ms = execution->options.runtime->ops->now_ms(execution->options.runtime);
    if (now_ms > execution->now_ms)
        execution->now_ms = now_ms;
    struct dr_error why = {.error = dr_copy_string(error ? error : ""), .cause = dr_copy_string(cause)};
    end(execution, DR_ABORTED_STATUS, NULL, &why);
    dr_error_done(&why);
    (void)commit(execution); /* what fails here is in execution->problem */
}

/* ----- Answers from outside
 * ------------------------------------------------------------------------------------------- */

/* The branch that awaits the answer with this token (NULL: the only one that awaits any), or NULL. */
static struct dr_branch *find_awaiting(const struct dr_execution *execution, const char *token)
{
    struct dr_branch *found = NULL;
    size_t count = 0;
    for (uint32_t i = 0; i < execution->branch_count; i++) {
        struct dr_branch *branch = execution->branches[i];
        char own[37];
        if (!branch || !dr_branch_awaits_answer(branch))
            continue;
        dr_effect_token(execution, branch, own);
        if (!token || strcmp(token, own) == 0) {
            found = branch;
            count++;
        }
    }
    return count == 1 ? found : NULL;
}

bool dr_execution_heartbeat(struct dr_execution *execution, const char *token)
{
    struct dr_branch *found = find_awaiting(execution, token);
    if (!found || found->phase != DR_PHASE_CALLING)
        return false;
    struct dr_event event = {.kind = DR_EVENT_HEARTBEAT, .branch = found, .due_ms = DR_TIME_NONE};
    live_event(execution, &event);
    return true;
}

bool dr_execution_answer(struct dr_execution *execution, const char *token, json_t *output,
                         const struct dr_error *error)
{
    struct dr_branch *found = find_awaiting(execution, token);
    if (!found) {
        json_decref(output);
        return false;
    }
    struct dr_event event = {.kind = DR_EVENT_ANSWER, .branch = found, .data = output, .due_ms = DR_TIME_NONE};
    if (error)
        event.error = (struct dr_error){.error = dr_copy_string(error->error), .cause = dr_copy_string(error->cause)};
    live_event(execution, &event);
    return true;
}

bool dr_execution_resolve(struct dr_execution *execution, const char *state, const char *verdict, json_t *output)
{
    static const char *const verdicts[] = {"repeat", "fail", "succeed"};
    const char *known = NULL;
    bool any = false;
    for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++)
        if (strcmp(verdicts[i], verdict) == 0)
            known = verdicts[i];
    for (uint32_t i = 0; known && i < execution->branch_count; i++) {
        struct dr_branch *branch = execution->branches[i];
        if (!branch || branch->phase != DR_PHASE_PAUSED || (state && strcmp(state, branch->state->name) != 0))
            continue;
        struct dr_event event = {.kind = DR_EVENT_ANSWER, .branch = branch, .due_ms = DR_TIME_NONE, .verdict = known};
        if (strcmp(known, "succeed") == 0)
            event.data = output ? json_incref(output) : json_object();
        else if (strcmp(known, "fail") == 0)
            dr_error_set(&event.error, "Drrun.CallFailed", "%s",
                         branch->error.cause ? branch->error.cause : "a person said that the call did not take effect");
        live_event(execution, &event);
        any = true;
    }
    json_decref(output);
    return any;
}
