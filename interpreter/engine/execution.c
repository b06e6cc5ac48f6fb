/* The life of an execution: made, begun, looked at, freed. */
#include "interpreter/engine/execution.h"

#include "interpreter/engine/tree.h"

#include "interpreter/base/clock.h"

#include <string.h>
#include <unistd.h>

#define SNAPSHOT_RECORDS 20000 /* bounds what a resume has to replay */

/* ----- What the engine does for primitives
 * ----------------------------------------------------------------------------- */

static json_t *fact_get(void *host, const char *key, char **ret_problem)
{
    struct dr_execution *execution = host;
    struct dr_problem problem = {0};
    json_t *fact = execution->options.store ? dr_store_fact_get(execution->options.store, key, &problem) : NULL;
    *ret_problem = dr_copy_string(problem.message);
    dr_problem_done(&problem);
    return fact;
}

static int64_t fact_put(void *host, const char *key, const json_t *value, int64_t if_version, const char *token,
                        char **ret_problem)
{
    struct dr_execution *execution = host;
    struct dr_problem problem = {0};
    *ret_problem = NULL;
    if (!execution->options.store) {
        *ret_problem = dr_copy_string("this execution has no store");
        return -2;
    }
    int64_t version = dr_store_fact_put(execution->options.store, key, value, if_version, token, execution->id,
                                        execution->now_ms, &problem);
    *ret_problem = dr_copy_string(problem.message);
    dr_problem_done(&problem);
    return version;
}

static void log_line(void *host, const char *level, const char *message)
{
    struct dr_execution *execution = host;
    if (execution->options.observer.log)
        execution->options.observer.log(execution->options.observer.data, level, message);
    execution->visible = true;
}

static void metric(void *host, const char *name, double value, const char *unit, int64_t at_ms)
{
    struct dr_execution *execution = host;
    char at[DR_TIME_TEXT];
    struct dr_event event = {.kind = DR_EVENT_METRIC, .time_ms = execution->now_ms, .due_ms = DR_TIME_NONE};
    event.data = json_pack("{s:s,s:f,s:s,s:s}", "name", name, "value", value, "unit", unit ? unit : "", "at",
                           dr_time_format(at, at_ms));
    dr_commit_event(execution, &event);
    if (execution->options.observer.metric)
        execution->options.observer.metric(execution->options.observer.data, name, value, unit, at_ms);
}

/* ----- Life
 * -------------------------------------------------------------------------------------------------------------- */

struct dr_execution *dr_execution_new(const struct dr_execution_options *options)
{
    struct dr_execution *execution = dr_alloc(sizeof *execution);
    execution->options = *options;
    if (execution->options.snapshot_records == 0)
        execution->options.snapshot_records = SNAPSHOT_RECORDS;
    execution->host_ops =
        (struct dr_host_ops){.fact_get = fact_get, .fact_put = fact_put, .log = log_line, .metric = metric};
    execution->metrics = json_object();
    execution->entered = json_object();
    execution->deadline_ms = DR_TIME_NONE;
    return execution;
}

void dr_execution_free(struct dr_execution *execution)
{
    if (!execution)
        return;
    if (execution->root)
        dr_branch_free(execution, execution->root);
    while (execution->ready_first) {
        struct dr_branch *branch = execution->ready_first;
        execution->ready_first = branch->ready_next;
        free(branch); /* all were freed above, so only the queue still held them */
    }
    free(execution->branches);
    free(execution->free_ids);
    free(execution->timers);
    free(execution->pending);
    json_decref(execution->record);
    json_decref(execution->input);
    json_decref(execution->output);
    json_decref(execution->metrics);
    json_decref(execution->entered);
    dr_error_done(&execution->error);
    dr_problem_done(&execution->problem);
    free(execution->id);
    free(execution->directory);
    dr_journal_close(execution->options.journal);
    for (size_t i = 0; i < execution->kept_count; i++)
        dr_program_free(execution->kept[i]);
    free(execution->kept);
    dr_program_free(execution->owned_program);
    free(execution);
}

static json_t *start_record(const struct dr_program *program, json_t *input,
                            const struct dr_execution_identity *identity)
{
    static const char *const kinds[] = {
        [DR_KIND_OPERATION] = "Operation", [DR_KIND_FAILOVER] = "Failover", [DR_KIND_FAILBACK] = "Failback",
        [DR_KIND_DRILL] = "Drill",         [DR_KIND_CHECK] = "Check",       [DR_KIND_REPORT] = "Report"};
    char folder[4096];
    const struct dr_runbook *runbook = program->runbook;
    json_t *record =
        json_pack("{s:i,s:i,s:s,s:s,s:s,s:s,s:s}", "format", DR_JOURNAL_FORMAT, "semantics", DR_SEMANTICS, "drrun",
                  DRRUN_VERSION, "id", identity->id, "name", identity->name ? identity->name : identity->id, "runbook",
                  runbook->name, "kind", kinds[runbook->kind]);
    json_object_set_new(record, "seed", json_integer((json_int_t)(identity->seed >> 1)));
    const struct {
        const char *key, *value;
    } optional[] = {{"application", runbook->application},
                    {"reason", identity->reason},
                    {"user", identity->user},
                    {"host", identity->host},
                    {"incidentAt", identity->incident_at},
                    {"folder", getcwd(folder, sizeof folder)}};
    for (size_t i = 0; i < sizeof optional / sizeof *optional; i++)
        if (optional[i].value)
            json_object_set_new(record, optional[i].key, json_string(optional[i].value));
    json_object_set_new(record, "pid", json_integer(getpid()));
    json_object_set_new(record, "path", json_string(program->path));
    json_object_set(record, "files", program->files);
    json_object_set(record, "input", input);
    return record;
}

/* The folder that relative paths of the runbook mean: that of its file, made absolute with the folder of the start. */
static char *folder_of(const json_t *record)
{
    const char *path = json_string_value(json_object_get(record, "path"));
    const char *folder = json_string_value(json_object_get(record, "folder"));
    const char *slash = path ? strrchr(path, '/') : NULL;
    size_t length = slash ? (size_t)(slash - path) : 0;
    if (slash && path[0] == '/')
        return dr_copy_bytes(path, length ? length : 1);
    if (!slash)
        return dr_copy_string(folder ? folder : ".");
    return dr_format("%s/%.*s", folder ? folder : ".", (int)length, path);
}

void dr_execution_adopt(struct dr_execution *execution, json_t *record)
{
    execution->record = json_incref(record);
    execution->id = dr_copy_string(json_string_value(json_object_get(record, "id")));
    execution->random = (struct dr_random){.seed = (uint64_t)json_integer_value(json_object_get(record, "seed"))};
    execution->input = json_incref(json_object_get(record, "input"));
    execution->directory = folder_of(record);
}

void dr_execution_keep(struct dr_execution *execution, struct dr_program *program)
{
    execution->kept = dr_resize(execution->kept, execution->kept_count + 1, sizeof *execution->kept);
    execution->kept[execution->kept_count++] = program;
    execution->program = program;
}

void dr_execution_start(struct dr_execution *execution, const struct dr_program *program, json_t *input,
                        const struct dr_execution_identity *identity)
{
    struct dr_runtime *runtime = execution->options.runtime;
    struct dr_event event = {
        .kind = DR_EVENT_START, .due_ms = DR_TIME_NONE, .data = start_record(program, input, identity)};
    execution->program = program;
    execution->now_ms = event.time_ms = runtime->ops->now_ms(runtime);
    dr_execution_adopt(execution, event.data);
    dr_commit_event(execution, &event);
}

/* ----- Looking
 * ------------------------------------------------------------------------------------------------------------ */

enum dr_status dr_execution_status(const struct dr_execution *execution)
{
    return execution->status;
}

const json_t *dr_execution_output(const struct dr_execution *execution)
{
    return execution->output;
}

const struct dr_error *dr_execution_error(const struct dr_execution *execution)
{
    return &execution->error;
}

const struct dr_problem *dr_execution_problem(const struct dr_execution *execution)
{
    return &execution->problem;
}

size_t dr_execution_paused(const struct dr_execution *execution)
{
    return execution->paused;
}

size_t dr_execution_calls(const struct dr_execution *execution)
{
    return execution->calls_running;
}

const char *dr_execution_id(const struct dr_execution *execution)
{
    return execution->id;
}

const char *dr_execution_name(const struct dr_execution *execution)
{
    return json_string_value(json_object_get(execution->record, "name"));
}

const json_t *dr_execution_record(const struct dr_execution *execution)
{
    return execution->record;
}

const struct dr_program *dr_execution_program(const struct dr_execution *execution)
{
    return execution->program;
}

int64_t dr_execution_started_ms(const struct dr_execution *execution)
{
    return execution->started_ms;
}

int64_t dr_execution_stopped_ms(const struct dr_execution *execution)
{
    return execution->stopped_ms;
}

int64_t dr_execution_last_ms(const struct dr_execution *execution)
{
    return execution->last_ms;
}

const json_t *dr_execution_metrics(const struct dr_execution *execution)
{
    return execution->metrics;
}

uint64_t dr_execution_transitions(const struct dr_execution *execution)
{
    return execution->transitions;
}

bool dr_execution_entered(const struct dr_execution *execution, const char *state, const json_t **ret_input,
                          const json_t **ret_variables)
{
    const json_t *entry = json_object_get(execution->entered, state);
    if (!entry)
        return false;
    *ret_input = json_object_get(entry, "input");
    *ret_variables = json_object_get(entry, "variables");
    return true;
}

static void visit_branch(const struct dr_execution *execution, const struct dr_branch *branch, dr_activity_fn *visit,
                         void *data)
{
    static const char *const phases[] = {
        [DR_PHASE_READY] = "ready",     [DR_PHASE_WAITING] = "waiting", [DR_PHASE_BACKOFF] = "retrying",
        [DR_PHASE_CALLING] = "calling", [DR_PHASE_ANSWERED] = "ready",  [DR_PHASE_FORKED] = "running",
        [DR_PHASE_JOINED] = "ready",    [DR_PHASE_PAUSED] = "paused",   [DR_PHASE_DONE] = "done",
        [DR_PHASE_FAILED] = "failed",   [DR_PHASE_ABORTED] = "aborted"};
    struct dr_text path = {0};
    char token[37];
    dr_branch_path(branch, &path);
    dr_effect_token(execution, branch, token);
    bool calling = branch->phase == DR_PHASE_CALLING || branch->phase == DR_PHASE_PAUSED;
    visit(data, &(struct dr_activity){
                    .state = branch->state,
                    .path = path.bytes,
                    .phase = phases[branch->phase],
                    .resource = branch->resource ? branch->resource->name : NULL,
                    .token = calling ? token : NULL,
                    .entered_ms = branch->entered_ms,
                    .due_ms = branch->due_ms,
                    .attempt = branch->attempts + 1,
                    .depth = dr_branch_depth(branch),
                    .error = branch->error.error ? &branch->error : NULL,
                    .awaits_answer = dr_branch_awaits_answer(branch),
                    .inside_action = dr_branch_in_action(branch),
                    .arguments = calling ? branch->arguments : NULL,
                });
    dr_text_done(&path);
    if (!branch->children)
        return;
    const struct dr_branch *child = branch->children->first;
    while (child && child->next) /* the list is newest first; people read oldest first */
        child = child->next;
    for (; child; child = child->previous)
        visit_branch(execution, child, visit, data);
}

void dr_execution_activities(const struct dr_execution *execution, dr_activity_fn *visit, void *data)
{
    if (execution->root && execution->root->phase != DR_PHASE_DONE)
        visit_branch(execution, execution->root, visit, data);
}
