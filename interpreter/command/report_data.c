/* From a replay to a report: each visit of a state is a span with its children, and the critical path goes through
 * those whose end was waited for. */
#include "interpreter/command/report.h"

#include "interpreter/base/clock.h"
#include "interpreter/base/text.h"
#include "interpreter/command/drive.h"
#include "interpreter/command/objectives.h"
#include "interpreter/states/state_type.h"

#include <stdlib.h>
#include <string.h>

enum share { SHARE_WAITING, SHARE_CALLING, SHARE_PEOPLE, SHARES };

/* One visit of a state. */
struct span {
    char *path, *group; /* "Deploy[1]/Check" is in the group "Deploy[1]" */
    const struct dr_state *state;
    size_t parent;                    /* 1 + index; 0: none */
    int64_t entered_ms, left_ms;      /* -1: not yet */
    int64_t shares[SHARES], since_ms; /* of what is under way: the share that `doing` names */
    enum share doing;                 /* SHARES: nothing */
    unsigned attempts;
    char *resource, *region, *role, *error, *cause;
    const char *status; /* static */
    bool inside_action, is_action, has_children;
};

struct dr_report {
    struct span *spans;
    size_t count;
    json_t *latest; /* path -> 1 + index */
    json_t *approvals, *risks, *warnings, *resumes;
    int64_t started_ms, last_ms;
};

struct dr_report *dr_report_new(void)
{
    struct dr_report *report = dr_alloc(sizeof *report);
    report->latest = json_object();
    report->approvals = json_array();
    report->risks = json_array();
    report->warnings = json_array();
    report->resumes = json_array();
    return report;
}

void dr_report_free(struct dr_report *report)
{
    for (size_t i = 0; i < report->count; i++) {
        struct span *span = &report->spans[i];
        free(span->path);
        free(span->group);
        free(span->resource);
        free(span->region);
        free(span->role);
        free(span->error);
        free(span->cause);
    }
    free(report->spans);
    json_decref(report->latest);
    json_decref(report->approvals);
    json_decref(report->risks);
    json_decref(report->warnings);
    json_decref(report->resumes);
    free(report);
}

/* --- Listening -----------------------------------------------------------------------------------------------------
 */

static json_t *date_of(int64_t time_ms)
{
    char buffer[DR_TIME_TEXT];
    return json_string(dr_time_format(buffer, time_ms));
}

static void replace(char **string, const char *by)
{
    free(*string);
    *string = dr_copy_string(by);
}

static struct span *find(struct dr_report *report, const char *path)
{
    json_int_t index = path ? json_integer_value(json_object_get(report->latest, path)) : 0;
    return index ? &report->spans[index - 1] : NULL;
}

/* The state around: "Deploy[1]/Check" is inside "Deploy". */
static char *parent_path(const char *group)
{
    char *path = dr_copy_string(group), *open = strrchr(path, '[');
    if (open && path[strlen(path) - 1] == ']')
        *open = '\0';
    return path;
}

static void enter(struct dr_report *report, const struct dr_notice *notice)
{
    const char *slash = strrchr(notice->path, '/');
    struct span span = {.path = dr_copy_string(notice->path),
                        .group =
                            slash ? dr_copy_bytes(notice->path, (size_t)(slash - notice->path)) : dr_copy_string(""),
                        .state = notice->state,
                        .entered_ms = notice->time_ms,
                        .left_ms = -1,
                        .doing = SHARES,
                        .status = "running",
                        .inside_action = notice->inside_action};
    char *outer = parent_path(span.group);
    span.parent = (size_t)json_integer_value(json_object_get(report->latest, outer));
    free(outer);
    report->spans = dr_resize(report->spans, report->count + 1, sizeof *report->spans);
    if (span.parent)
        report->spans[span.parent - 1].has_children = true;
    report->spans[report->count++] = span;
    json_object_set_new(report->latest, notice->path, json_integer((json_int_t)report->count));
}

static void stop_doing(struct span *span, int64_t now_ms)
{
    if (span->doing != SHARES)
        span->shares[span->doing] += now_ms - span->since_ms;
    span->doing = SHARES;
}

static void start_doing(struct span *span, enum share what, int64_t now_ms)
{
    stop_doing(span, now_ms);
    span->doing = what;
    span->since_ms = now_ms;
}

static void leave(struct span *span, const struct dr_notice *notice, const char *status)
{
    stop_doing(span, notice->time_ms);
    span->left_ms = notice->time_ms;
    span->status = status;
    if (notice->error) {
        replace(&span->error, notice->error->error);
        replace(&span->cause, notice->error->cause);
    }
}

static bool is_resource(const struct dr_notice *notice, const char *name)
{
    return notice->resource && strcmp(notice->resource, name) == 0;
}

static void call_begins(struct dr_report *report, struct span *span, const struct dr_notice *notice)
{
    const char *level = json_string_value(json_object_get(notice->input, "Level"));
    bool person = is_resource(notice, "approval:request");
    span->attempts = notice->attempt ? notice->attempt : 1;
    replace(&span->resource, notice->resource);
    if (notice->region)
        replace(&span->region, notice->region);
    if (notice->credentials)
        replace(&span->role, json_string_value(json_object_get(notice->credentials, "RoleArn")));
    start_doing(span, person ? SHARE_PEOPLE : SHARE_CALLING, notice->time_ms);
    if (person)
        json_array_append_new(report->approvals, json_pack("{s:s,s:o*,s:o}", "path", notice->path, "message",
                                                           json_incref(json_object_get(notice->input, "Message")),
                                                           "date", date_of(notice->time_ms)));
    else if (is_resource(notice, "log:write") && level && (strcmp(level, "risk") == 0 || strcmp(level, "warning") == 0))
        json_array_append_new(*level == 'r' ? report->risks : report->warnings,
                              json_pack("{s:o,s:s,s:o*}", "date", date_of(notice->time_ms), "path", notice->path,
                                        "message", json_incref(json_object_get(notice->input, "Message"))));
}

static void approval_ends(struct dr_report *report, const struct span *span, const struct dr_notice *notice)
{
    json_t *approval = json_array_get(report->approvals, json_array_size(report->approvals) - 1);
    for (size_t i = json_array_size(report->approvals); i-- > 0;) {
        approval = json_array_get(report->approvals, i);
        if (strcmp(json_string_value(json_object_get(approval, "path")), span->path) == 0)
            break;
    }
    json_object_set_new(approval, "waitedMs", json_integer((json_int_t)(notice->time_ms - span->since_ms)));
    json_object_set_new(approval, "approved", json_boolean(notice->kind == DR_NOTICE_TASK_SUCCEEDED));
    static const char *const keys[][2] = {{"By", "by"}, {"Comment", "comment"}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        json_t *value = json_object_get(notice->output, keys[i][0]);
        if (json_is_string(value))
            json_object_set(approval, keys[i][1], value);
    }
    if (notice->error && notice->error->cause)
        json_object_set_new(approval, "comment", json_string(notice->error->cause));
}

static void call_ends(struct dr_report *report, struct span *span, const struct dr_notice *notice)
{
    if (is_resource(notice, "approval:request") || (span->resource && strcmp(span->resource, "approval:request") == 0))
        approval_ends(report, span, notice);
    stop_doing(span, notice->time_ms);
}

static void hear(void *data, const struct dr_notice *notice)
{
    struct dr_report *report = data;
    report->last_ms = notice->time_ms;
    if (notice->kind == DR_NOTICE_EXECUTION_STARTED)
        report->started_ms = notice->time_ms;
    if (notice->kind == DR_NOTICE_RESUMED || notice->kind == DR_NOTICE_EXECUTION_REDRIVEN)
        json_array_append_new(report->resumes, date_of(notice->time_ms));
    if (notice->kind == DR_NOTICE_STATE_ENTERED) {
        enter(report, notice);
        return;
    }
    struct span *span = find(report, notice->path);
    if (!span)
        return;
    switch ((unsigned)notice->kind) {
    case DR_NOTICE_STATE_EXITED:
        leave(span, notice, span->error ? "caught" : "succeeded");
        break;
    case DR_NOTICE_STATE_FAILED:
        leave(span, notice, "failed");
        break;
    case DR_NOTICE_CAUGHT:
        replace(&span->error, notice->error->error);
        replace(&span->cause, notice->error->cause);
        break;
    case DR_NOTICE_TASK_SCHEDULED:
        call_begins(report, span, notice);
        break;
    case DR_NOTICE_TASK_SUCCEEDED:
    case DR_NOTICE_TASK_FAILED:
    case DR_NOTICE_TASK_TIMED_OUT:
        call_ends(report, span, notice);
        break;
    case DR_NOTICE_ACTION_STARTED:
        span->is_action = true;
        span->attempts = notice->attempt ? notice->attempt : 1;
        replace(&span->resource, notice->resource);
        break;
    case DR_NOTICE_WAIT_STARTED:
    case DR_NOTICE_RETRY_SCHEDULED:
        start_doing(span, SHARE_WAITING, notice->time_ms);
        break;
    default:
        break;
    }
}

struct dr_observer dr_report_observer(struct dr_report *report)
{
    return (struct dr_observer){.notice = hear, .data = report};
}

/* --- The critical path ---------------------------------------------------------------------------------------------
 */

static int64_t end_of(const struct dr_report *report, const struct span *span)
{
    return span->left_ms >= 0 ? span->left_ms : report->last_ms;
}

/* Of the branches inside a span (0: of the execution), the group whose last state ended last. NULL: there are none. */
static const char *last_group(const struct dr_report *report, size_t parent)
{
    const char *group = NULL;
    int64_t latest = -1;
    for (size_t i = 0; i < report->count; i++) {
        const struct span *span = &report->spans[i];
        if (span->parent == parent && end_of(report, span) >= latest) {
            latest = end_of(report, span);
            group = span->group;
        }
    }
    return group;
}

static void follow(const struct dr_report *report, size_t parent, bool told, int64_t shares[SHARES], json_t *steps)
{
    const char *group = last_group(report, parent);
    for (size_t i = 0; i < report->count && group; i++) {
        const struct span *span = &report->spans[i];
        if (span->parent != parent || strcmp(span->group, group) != 0)
            continue;
        int64_t own[SHARES] = {0};
        for (unsigned share = 0; share < SHARES; share++)
            own[share] = span->shares[share];
        bool inner = span->has_children && !span->is_action;
        follow(report, i + 1, told || !inner, own, steps);
        for (unsigned share = 0; share < SHARES; share++)
            shares[share] += own[share];
        if (!told && !inner)
            json_array_append_new(steps, json_pack("{s:s,s:I,s:I,s:I}", "path", span->path, "startMs",
                                                   (json_int_t)(span->entered_ms - report->started_ms), "durationMs",
                                                   (json_int_t)(end_of(report, span) - span->entered_ms), "waitingMs",
                                                   (json_int_t)own[SHARE_WAITING]));
    }
}

static json_t *critical_path(const struct dr_report *report)
{
    int64_t shares[SHARES] = {0}, whole = report->last_ms - report->started_ms;
    json_t *steps = json_array();
    follow(report, 0, false, shares, steps);
    int64_t known = shares[SHARE_WAITING] + shares[SHARE_CALLING] + shares[SHARE_PEOPLE];
    return json_pack("{s:I,s:I,s:I,s:I,s:I,s:o}", "durationMs", (json_int_t)whole, "waitingMs",
                     (json_int_t)shares[SHARE_WAITING], "callingMs", (json_int_t)shares[SHARE_CALLING], "peopleMs",
                     (json_int_t)shares[SHARE_PEOPLE], "otherMs", (json_int_t)(whole > known ? whole - known : 0),
                     "steps", steps);
}

/* --- The whole -------------------------------------------------------------------------------------------------------
 */

static void set_text(json_t *object, const char *key, const char *text)
{
    if (text)
        json_object_set_new(object, key, json_string(text));
}

static json_t *steps_of(const struct dr_report *report)
{
    json_t *steps = json_array();
    for (size_t i = 0; i < report->count; i++) {
        const struct span *span = &report->spans[i];
        if (span->inside_action)
            continue;
        json_t *step = json_pack("{s:s,s:s,s:o,s:I,s:I,s:s}", "path", span->path, "type",
                                 dr_state_types[span->state->kind]->name, "startDate", date_of(span->entered_ms),
                                 "startMs", (json_int_t)(span->entered_ms - report->started_ms), "durationMs",
                                 (json_int_t)(end_of(report, span) - span->entered_ms), "status",
                                 span->left_ms < 0 && report->count ? "aborted" : span->status);
        if (span->attempts)
            json_object_set_new(step, "attempts", json_integer((json_int_t)span->attempts));
        set_text(step, "resource", span->resource);
        set_text(step, "region", span->region);
        set_text(step, "role", span->role);
        set_text(step, "error", span->error);
        set_text(step, "cause", span->cause);
        json_array_append_new(steps, step);
    }
    return steps;
}

/* "SUCCEEDED, RTO met, RPO not measured" */
static json_t *verdict_of(const struct dr_execution *execution, const json_t *objectives)
{
    struct dr_text text = {0};
    const char *name;
    json_t *objective;
    dr_text_puts(&text, dr_status_name(dr_execution_status(execution)));
    json_object_foreach((json_t *)(uintptr_t)objectives, name, objective)
    {
        const json_t *met = json_object_get(objective, "met");
        if (met)
            dr_text_printf(&text, ", %s %s", name,
                           json_is_true(met)                ? "met"
                           : json_is_false(met)             ? "missed"
                           : *name == 'R' && name[1] == 'T' ? "not reached"
                                                            : "not measured");
    }
    json_t *verdict = json_string(text.bytes);
    dr_text_done(&text);
    return verdict;
}

json_t *dr_report_json(const struct dr_report *report, const struct dr_execution *execution)
{
    static const char *const kept[] = {"kind", "application", "reason", "user", "host", "incidentAt", "drrun"};
    json_t *result = dr_result_json(execution), *objectives = dr_objectives(execution);
    const json_t *record = dr_execution_record(execution);
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if (json_object_get(record, kept[i]))
            json_object_set(result, kept[i], json_object_get(record, kept[i]));
    json_object_set_new(result, "verdict", verdict_of(execution, objectives));
    json_object_set_new(result, "durationMs", json_integer((json_int_t)(report->last_ms - report->started_ms)));
    json_object_set_new(result, "objectives", objectives);
    json_object_set_new(result, "criticalPath", critical_path(report));
    json_object_set_new(result, "steps", steps_of(report));
    json_object_set(result, "approvals", report->approvals);
    json_object_set(result, "risks", report->risks);
    json_object_set(result, "warnings", report->warnings);
    json_object_set(result, "resumes", report->resumes);
    return result;
}
