/* Recovery, in two steps: restore exactly what was recorded, reacting to nothing; then catch up with calls whose
 * outcome is unknown and with timers that are overdue. A pure decision is not read from the journal but made again, and
 * must be the one that was recorded. */
#include "interpreter/engine/tree.h"

#include <string.h>
#include <unistd.h>

struct replay {
    struct dr_execution *execution;
    char *problem;
    uint64_t offset, records;
};

static bool refuse(struct replay *replay, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool refuse(struct replay *replay, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *what = dr_format_list(format, arguments);
    va_end(arguments);
    replay->problem = dr_format("record %llu at byte %llu: %s", (unsigned long long)replay->records,
                                (unsigned long long)replay->offset, what);
    free(what);
    return false;
}

static const char *text_of(const json_t *record, const char *key)
{
    return json_string_value(json_object_get(record, key));
}

static int64_t int_of(const json_t *record, const char *key, int64_t otherwise)
{
    const json_t *value = json_object_get(record, key);
    return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

static void error_of(const json_t *record, struct dr_error *error)
{
    error->error = dr_copy_string(text_of(record, "error"));
    error->cause = dr_copy_string(text_of(record, "cause"));
}

/* [D23] */
struct dr_program *dr_execution_load(struct dr_execution *execution, const json_t *record, char **ret_problem)
{
    struct dr_diagnostics found = {0};
    struct dr_program *program = dr_program_from_files(text_of(record, "path"), json_object_get(record, "files"),
                                                       execution->options.catalogue, &found);
    if (!program)
        *ret_problem = dr_format("the runbook in the journal cannot be loaded: %s",
                                 found.count > 0 ? found.items[0].message : "unknown");
    dr_diagnostics_done(&found);
    return program;
}

static bool load_program(struct replay *replay, const json_t *record, struct dr_program **ret_program)
{
    char *problem = NULL;
    *ret_program = dr_execution_load(replay->execution, record, &problem);
    if (!*ret_program)
        refuse(replay, "%s", problem);
    free(problem);
    return *ret_program != NULL;
}

/* Without the members that every record has. */
static json_t *without_header(json_t *record)
{
    json_t *data = json_copy(record);
    json_object_del(data, "k");
    json_object_del(data, "t");
    json_object_del(data, "b");
    json_object_del(data, "s");
    return data;
}

/* ----- Records that stand for themselves
 * -------------------------------------------------------------------------------------- */

static bool replay_start(struct replay *replay, json_t *record, struct dr_event *event)
{
    struct dr_execution *execution = replay->execution;
    if (execution->record)
        return refuse(replay, "a second start");
    if (int_of(record, "semantics", 0) != DR_SEMANTICS)
        return refuse(replay, "it was written by drrun %s, which decides differently; finish it with that version",
                      text_of(record, "drrun"));
    if (!load_program(replay, record, &execution->owned_program))
        return false;
    execution->program = execution->owned_program;
    event->data = without_header(record);
    dr_execution_adopt(execution, event->data);
    return true;
}

static bool replay_definition(struct replay *replay, json_t *record, struct dr_event *event)
{
    struct dr_program *program;
    if (!load_program(replay, record, &program))
        return false;
    /* The tree still points into the old program until `from` follows, so both live on. */
    dr_execution_keep(replay->execution, program);
    replay->execution->redefined = true;
    event->data = without_header(record);
    return true;
}

static bool replay_from(struct replay *replay, json_t *record, struct dr_event *event)
{
    const char *name = text_of(record, "n");
    event->next = name ? dr_machine_state(replay->execution->program->machine, name, strlen(name)) : NULL;
    event->data = json_incref(json_object_get(record, "input"));
    event->assigned = json_incref(json_object_get(record, "variables"));
    return event->next && event->data ? true : refuse(replay, "state \"%s\" is not in the runbook", name ? name : "");
}

static bool replay_answer(struct replay *replay, json_t *record, struct dr_event *event)
{
    static const char *const verdicts[] = {"repeat", "fail", "succeed"};
    (void)replay;
    event->data = json_incref(json_object_get(record, "output"));
    event->detail = json_incref(json_object_get(record, "detail"));
    event->heartbeat = json_is_true(json_object_get(record, "heartbeat"));
    error_of(record, &event->error);
    const char *verdict = text_of(record, "verdict");
    for (size_t i = 0; verdict && i < sizeof verdicts / sizeof *verdicts; i++)
        if (strcmp(verdict, verdicts[i]) == 0)
            event->verdict = verdicts[i];
    return true;
}

static bool replay_end(struct replay *replay, json_t *record, struct dr_event *event)
{
    const char *status = text_of(record, "status");
    event->data = json_incref(json_object_get(record, "output"));
    error_of(record, &event->error);
    for (enum dr_status i = DR_SUCCEEDED; i <= DR_ABORTED_STATUS; i++)
        if (status && strcmp(status, dr_status_name(i)) == 0) {
            event->status = i;
            return true;
        }
    return refuse(replay, "unknown status");
}

/* ----- Records of decisions
 * ---------------------------------------------------------------------------------------------------- */

static bool may_decide(const struct dr_branch *branch)
{
    return branch->phase == DR_PHASE_READY || branch->phase == DR_PHASE_ANSWERED || branch->phase == DR_PHASE_JOINED ||
           branch->phase == DR_PHASE_WAITING || branch->phase == DR_PHASE_BACKOFF;
}

/* [D18] [D21] Decides again, in the branch that decided then (for a restart of an action, a branch inside it), and
 * compares. */
static bool replay_decision(struct replay *replay, json_t *record, enum dr_event_kind kind, struct dr_branch *branch,
                            struct dr_event *event)
{
    struct dr_execution *execution = replay->execution;
    if (!may_decide(branch))
        return refuse(replay, "state \"%s\" has nothing to decide here", branch->state->name);
    execution->replayed = record;
    dr_decide(execution, branch, event->time_ms, event);
    execution->replayed = NULL;
    const char *next = text_of(record, "n");
    const char *decided = event->next ? event->next->name : NULL;
    if (event->kind != kind || (next == NULL) != (decided == NULL) || (next && strcmp(next, decided) != 0))
        return refuse(replay, "state \"%s\" decides differently now: the journal and the runbook in it disagree",
                      branch->state->name);
    if (int_of(record, "until", event->due_ms) != event->due_ms)
        return refuse(replay, "state \"%s\" would wait until another time", branch->state->name);
    const json_t *arguments = json_object_get(record, "arguments");
    if (arguments && !json_equal(arguments, event->data))
        return refuse(replay, "state \"%s\" would call with other arguments", branch->state->name);
    const char *region = text_of(record, "region");
    if (region && (!event->decision.region || strcmp(region, event->decision.region) != 0))
        return refuse(replay, "state \"%s\" would call in another Region", branch->state->name);
    const json_t *credentials = json_object_get(record, "credentials");
    if (credentials && !json_equal(credentials, event->decision.credentials))
        return refuse(replay, "state \"%s\" would call with other credentials", branch->state->name);
    return true;
}

static struct dr_branch *deciding_inside(struct dr_branch *branch)
{
    for (struct dr_branch *child = branch->children ? branch->children->first : NULL; child; child = child->next) {
        struct dr_branch *inside = child->phase == DR_PHASE_ANSWERED && child->error.error &&
                                           strcmp(child->error.error, "Drrun.OutcomeUnknown") == 0
                                       ? child
                                       : deciding_inside(child);
        if (inside)
            return inside;
    }
    return NULL;
}

static enum dr_event_kind kind_of(const json_t *record)
{
    static const char *const names[] = {
#define ROW(symbol, name, meaning) [DR_EVENT_##symbol] = name,
#include "interpreter/engine/records.def"
#undef ROW
    };
    const char *name = text_of(record, "k");
    for (enum dr_event_kind kind = 0; name && kind < DR_EVENT_KINDS; kind++)
        if (strcmp(names[kind], name) == 0)
            return kind;
    return DR_EVENT_KINDS;
}

static bool replay_event(struct replay *replay, json_t *record, struct dr_event *event)
{
    struct dr_execution *execution = replay->execution;
    enum dr_event_kind kind = kind_of(record);
    int64_t id = int_of(record, "b", -1);
    struct dr_branch *branch = id >= 0 && id < (int64_t)execution->branch_count ? execution->branches[id] : NULL;
    *event =
        (struct dr_event){.kind = kind, .time_ms = int_of(record, "t", 0), .branch = branch, .due_ms = DR_TIME_NONE};
    if (kind == DR_EVENT_KINDS)
        return refuse(replay, "a record of a kind that this drrun does not know");
    if (kind != DR_EVENT_START && !execution->record)
        return refuse(replay, "the start is missing");
    if (id >= 0 && (!branch || !text_of(record, "s") || strcmp(text_of(record, "s"), branch->state->name) != 0))
        return refuse(replay, "no branch %lld in state \"%s\"", (long long)id,
                      text_of(record, "s") ? text_of(record, "s") : "");
    execution->now_ms = event->time_ms;
    switch (kind) {
    case DR_EVENT_START:
        return replay_start(replay, record, event);
    case DR_EVENT_STEP:
    case DR_EVENT_WAIT:
    case DR_EVENT_CALL:
    case DR_EVENT_RETRY:
    case DR_EVENT_FORK:
    case DR_EVENT_FAIL:
    case DR_EVENT_PAUSE:
        return branch ? replay_decision(replay, record, kind, branch, event) : refuse(replay, "no branch");
    case DR_EVENT_RESTART: {
        struct dr_branch *inside = branch ? deciding_inside(branch) : NULL;
        return inside ? replay_decision(replay, record, kind, inside, event) : refuse(replay, "no action to restart");
    }
    case DR_EVENT_RESULT:
    case DR_EVENT_ANSWER:
        if (!branch ||
            (branch->phase != DR_PHASE_CALLING && branch->phase != DR_PHASE_FORKED && branch->phase != DR_PHASE_PAUSED))
            return refuse(replay, "nothing was called");
        return replay_answer(replay, record, event);
    case DR_EVENT_HEARTBEAT:
        return branch && branch->phase == DR_PHASE_CALLING ? true : refuse(replay, "nothing was called");
    case DR_EVENT_SUBMITTED:
        event->data = json_incref(json_object_get(record, "output"));
        event->detail = json_incref(json_object_get(record, "detail"));
        return branch && branch->phase == DR_PHASE_CALLING ? true : refuse(replay, "nothing was called");
    case DR_EVENT_RESUMED:
    case DR_EVENT_METRIC:
        event->data = without_header(record);
        return true;
    case DR_EVENT_REDRIVE:
        return true;
    case DR_EVENT_DEFINITION:
        return replay_definition(replay, record, event);
    case DR_EVENT_FROM:
        return replay_from(replay, record, event);
    case DR_EVENT_END:
        return replay_end(replay, record, event);
    case DR_EVENT_KINDS:
        break;
    }
    return false;
}

/* ----- The short way for steps, which are nearly all of a long journal
 * ------------------------------------------------------- */

struct cursor {
    const char *at, *end;
};

static bool skip(struct cursor *cursor, const char *text)
{
    size_t length = strlen(text);
    if ((size_t)(cursor->end - cursor->at) < length || memcmp(cursor->at, text, length) != 0)
        return false;
    cursor->at += length;
    return true;
}

static bool read_int(struct cursor *cursor, int64_t *ret_number)
{
    int64_t number = 0;
    const char *begin = cursor->at;
    for (; cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9' && cursor->at - begin < 18;
         cursor->at++)
        number = 10 * number + (*cursor->at - '0');
    *ret_number = number;
    return cursor->at > begin;
}

/* Whether the string that starts here is `wanted`, written without escapes. */
static bool is_string(struct cursor *cursor, const char *wanted)
{
    return skip(cursor, "\"") && skip(cursor, wanted) && skip(cursor, "\"");
}

/* A plain step that the branch decides just so. False: not applied, nothing changed; the long way then tells what is
 * wrong. */
static bool replay_plain_step(struct replay *replay, const char *line, size_t size)
{
    struct dr_execution *execution = replay->execution;
    struct cursor cursor = {line, line + size};
    int64_t time_ms, id;
    if (!skip(&cursor, "{\"k\":\"step\",\"t\":") || !read_int(&cursor, &time_ms) || !skip(&cursor, ",\"b\":") ||
        !read_int(&cursor, &id) || id >= (int64_t)execution->branch_count)
        return false;
    struct dr_branch *branch = execution->branches[id];
    if (!branch || !may_decide(branch) || branch->state->retrier_count + branch->state->catcher_count > 0 ||
        !skip(&cursor, ",\"s\":") || !is_string(&cursor, branch->state->name))
        return false;
    struct dr_event event;
    uint64_t drawn = execution->random.drawn;
    execution->now_ms = time_ms;
    dr_decide(execution, branch, time_ms, &event);
    bool same = event.kind == DR_EVENT_STEP &&
                (!event.next || (skip(&cursor, ",\"n\":") && is_string(&cursor, event.next->name))) &&
                skip(&cursor, "}") && cursor.at == cursor.end;
    if (same)
        dr_apply(execution, &event);
    else
        execution->random.drawn = drawn;
    dr_event_done(&event);
    return same;
}

static bool replay_record(void *data, const char *line, size_t size, uint64_t offset)
{
    struct replay *replay = data;
    struct dr_event event;
    char *problem = NULL;
    replay->offset = offset;
    replay->records++;
    if (replay_plain_step(replay, line, size))
        return true;
    json_t *record = dr_json_parse(line, size, &problem);
    if (!record) {
        refuse(replay, "not JSON: %s", problem ? problem : "");
        free(problem);
        return false;
    }
    bool good = replay_event(replay, record, &event);
    if (good)
        dr_apply(replay->execution, &event);
    dr_event_done(&event);
    json_decref(record);
    return good;
}

/* Only the first record, for what a snapshot leaves out. */
static bool replay_first(void *data, const char *line, size_t size, uint64_t offset)
{
    struct replay *replay = data;
    json_t *record = dr_json_parse(line, size, NULL);
    struct dr_event event = {0};
    (void)offset;
    if (record && kind_of(record) == DR_EVENT_START && replay_start(replay, record, &event))
        replay->execution->started_ms = int_of(record, "t", 0);
    dr_event_done(&event);
    json_decref(record);
    return false;
}

bool dr_execution_replay(struct dr_execution *execution, enum dr_replay mode, struct dr_problem *problem)
{
    struct dr_journal *journal = execution->options.journal;
    struct replay replay = {.execution = execution};
    char *bytes = NULL;
    size_t size = 0;
    uint64_t from = 0;
    execution->replaying = true;
    execution->observed = mode == DR_REPLAY_OBSERVED;
    execution->track_entered = mode == DR_REPLAY_WHOLE;
    if (mode == DR_REPLAY_QUICK && dr_journal_snapshot_read(journal, &bytes, &size, &from)) {
        bool read = dr_journal_records(journal, 0, replay_first, &replay, problem) && execution->record &&
                    dr_tree_restore(execution, bytes, size);
        free(bytes);
        if (!read && !replay.problem)
            refuse(&replay, "the snapshot beside the journal does not fit it; move snapshot.json away and try again");
        execution->snapshot_offset = from;
        execution->snapshot_bytes = size;
    }
    bool good = !replay.problem && dr_journal_records(journal, from, replay_record, &replay, problem) &&
                !replay.problem && execution->record;
    if (!good && !problem->message) {
        problem->kind = DR_PROBLEM_CORRUPT;
        problem->message =
            replay.problem ? replay.problem : dr_copy_string("the journal is empty: the execution never began");
        replay.problem = NULL;
    }
    free(replay.problem);
    execution->replaying = execution->observed = execution->track_entered = false;
    execution->records_since_snapshot = replay.records;
    return good;
}

/* ----- Catching up
 * --------------------------------------------------------------------------------------------------------------- */

static void live(struct dr_execution *execution, struct dr_event event)
{
    event.time_ms = execution->now_ms;
    event.due_ms = DR_TIME_NONE;
    dr_commit_event(execution, &event);
}

static void raise_unknown(struct dr_execution *execution, struct dr_branch *branch)
{
    struct dr_event event = {.kind = DR_EVENT_RESULT, .branch = branch};
    dr_error_set(&event.error, "Drrun.OutcomeUnknown",
                 "drrun stopped between the request of %s and its answer: it is not known whether it took effect",
                 branch->resource->name);
    live(execution, event);
}

/* [D19] Sent again under the same token, if it may be; else its outcome is unknown. [D28] Once submitted, it is only
 * waited for; and where the answer may lie in the inbox, that is looked at first: it tells that the request arrived. */
static void catch_up(struct dr_execution *execution, struct dr_branch *branch)
{
    if (branch->phase != DR_PHASE_CALLING || branch->effect)
        return;
    if (branch->submitted || dr_effect_repeat(branch->resource, branch->arguments) != DR_REPEAT_NEVER)
        dr_effect_queue(execution, branch); /* its record is durable, the token the same */
    else if (dr_effect_awaits_answer(branch->resource))
        execution->unsure = true;
    else
        raise_unknown(execution, branch);
}

void dr_execution_ascertain(struct dr_execution *execution)
{
    execution->unsure = false;
    for (uint32_t i = 0; i < execution->branch_count; i++) {
        struct dr_branch *branch = execution->branches[i];
        if (branch && branch->phase == DR_PHASE_CALLING && !branch->effect && !branch->submitted &&
            dr_effect_repeat(branch->resource, branch->arguments) == DR_REPEAT_NEVER)
            raise_unknown(execution, branch);
    }
}

/* [D22] */
static void set_now(struct dr_execution *execution)
{
    struct dr_runtime *runtime = execution->options.runtime;
    int64_t now_ms = runtime->ops->now_ms(runtime);
    execution->now_ms = now_ms > execution->last_ms ? now_ms : execution->last_ms;
}

void dr_execution_resume(struct dr_execution *execution, const struct dr_execution_identity *by)
{
    set_now(execution);
    json_t *record = json_pack("{s:i}", "pid", (int)getpid());
    if (by->user)
        json_object_set_new(record, "user", json_string(by->user));
    if (by->host)
        json_object_set_new(record, "host", json_string(by->host));
    live(execution, (struct dr_event){.kind = DR_EVENT_RESUMED, .data = record});
    for (uint32_t i = 0; i < execution->branch_count; i++)
        if (execution->branches[i])
            catch_up(execution, execution->branches[i]);
}

void dr_execution_redrive(struct dr_execution *execution)
{
    set_now(execution);
    live(execution, (struct dr_event){.kind = DR_EVENT_REDRIVE});
}

void dr_execution_from(struct dr_execution *execution, const struct dr_state *state, json_t *input, json_t *variables)
{
    set_now(execution);
    live(execution,
         (struct dr_event){
             .kind = DR_EVENT_FROM, .next = state, .data = json_incref(input), .assigned = json_incref(variables)});
}

void dr_execution_define(struct dr_execution *execution, const struct dr_program *program)
{
    set_now(execution);
    execution->program = program;
    execution->redefined = true;
    live(execution, (struct dr_event){.kind = DR_EVENT_DEFINITION,
                                      .data = json_pack("{s:s,s:O}", "path", program->path, "files", program->files)});
}
