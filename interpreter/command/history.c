/* drrun history: everything that happened, event by event. The journal is replayed, and what the replay tells is
 * printed. */
#include "interpreter/command/look.h"

#include "interpreter/base/clock.h"
#include "interpreter/base/limits.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char *format_argument;
static const struct dr_option options[] = {
    {.name = "--format",
     .argument = "text|stepfunctions|journal",
     .help = "stepfunctions: the shape of GetExecutionHistory; journal: the records as they are",
     .value = &format_argument},
    {0},
};

static int history(const struct dr_words *words);

const struct dr_command dr_command_history = {
    .name = "history",
    .synopsis = "[ID] [--format text|stepfunctions|journal]",
    .summary = "Print what happened in an execution, event by event.",
    .help = "Examples:\n"
            "  drrun history\n"
            "  drrun history 20261121-031502-4f2a9c --format stepfunctions | jq '.events[].type'\n"
            "  drrun history --format journal | jq -c 'select(.k == \"call\")'",
    .options = options,
    .run = history,
};

struct teller {
    json_t *events;      /* stepfunctions, json */
    struct dr_text text; /* text */
};

static json_t *data_text(const json_t *value)
{
    struct dr_text text = {0};
    json_t *result =
        dr_text_json(&text, value, DR_PAYLOAD_BYTES_MAX) ? json_stringn(text.bytes, text.size) : json_string("...");
    dr_text_done(&text);
    return result;
}

static void set_error(json_t *details, const struct dr_error *error)
{
    if (!error)
        return;
    if (error->error && *error->error)
        json_object_set_new(details, "error", json_string(error->error));
    if (error->cause)
        json_object_set_new(details, "cause", json_string(error->cause));
}

static void set_data(json_t *details, const char *key, const char *more, const json_t *value)
{
    if (!value)
        return;
    json_object_set_new(details, key, data_text(value));
    json_object_set_new(details, more, json_pack("{s:b}", "truncated", 0));
}

/* "mapStateStartedEventDetails" from "MapStateStarted". State events share one name for all state types. */
static char *details_key(const struct dr_notice *notice, const char *type)
{
    if (notice->kind == DR_NOTICE_STATE_ENTERED)
        return dr_copy_string("stateEnteredEventDetails");
    if (notice->kind == DR_NOTICE_STATE_EXITED)
        return dr_copy_string("stateExitedEventDetails");
    char *key = dr_format("%sEventDetails", type);
    key[0] = (char)tolower((unsigned char)key[0]);
    return key;
}

/* What Step Functions calls the resource of a call: {"aws-sdk:rds", "promoteReadReplica"}, {"sqs",
 * "sendMessage.waitForTaskToken"}, {"http", "invoke"}. */
static void set_resource(json_t *details, const char *name)
{
    const char *type = name;
    for (unsigned colons = 0; strncmp(name, "arn:", 4) == 0 && colons < 5 && strchr(type, ':'); colons++) {
        type = strchr(type, ':') + 1;
        if (colons == 1 && strncmp(type, "states:", 7) != 0) { /* arn:aws:lambda:...: the service, and all of it */
            json_object_set_new(details, "resourceType", json_stringn(type, strcspn(type, ":")));
            json_object_set_new(details, "resource", json_string(name));
            return;
        }
    }
    const char *last = strrchr(type, ':');
    json_object_set_new(details, "resourceType",
                        last ? json_stringn(type, (size_t)(last - type)) : json_string("action"));
    json_object_set_new(details, "resource", json_string(last ? last + 1 : name));
}

static void set_task(json_t *details, const struct dr_notice *notice)
{
    bool scheduled = notice->kind == DR_NOTICE_TASK_SCHEDULED;
    bool answered = notice->kind == DR_NOTICE_TASK_SUCCEEDED || notice->kind == DR_NOTICE_TASK_SUBMITTED;
    set_resource(details, notice->resource);
    if (scheduled && notice->input)
        json_object_set_new(details, "parameters", data_text(notice->input));
    if (scheduled && notice->region)
        json_object_set_new(details, "region", json_string(notice->region));
    if (scheduled && notice->credentials)
        json_object_set_new(details, "taskCredentials",
                            json_pack("{s:O}", "roleArn", json_object_get(notice->credentials, "RoleArn")));
    set_data(details, "output", "outputDetails", answered ? notice->output : NULL);
    set_error(details, notice->error);
    if (notice->detail) /* Step Functions has no place for it */
        json_object_set(details, "detail", (json_t *)(uintptr_t)notice->detail);
}

static json_t *details_of(const struct dr_notice *notice)
{
    json_t *details = json_object();
    switch (notice->kind) {
    case DR_NOTICE_STATE_ENTERED:
        json_object_set_new(details, "name", json_string(notice->state->name));
        set_data(details, "input", "inputDetails", notice->input);
        break;
    case DR_NOTICE_STATE_EXITED:
        json_object_set_new(details, "name", json_string(notice->state->name));
        set_data(details, "output", "outputDetails", notice->output);
        if (notice->assigned && json_object_size(notice->assigned) > 0) {
            json_t *assigned = json_object();
            const char *name;
            json_t *value;
            json_object_foreach((json_t *)(uintptr_t)notice->assigned, name, value)
                json_object_set_new(assigned, name, data_text(value));
            json_object_set_new(details, "assignedVariables", assigned);
        }
        break;
    case DR_NOTICE_TASK_SCHEDULED:
    case DR_NOTICE_TASK_STARTED:
    case DR_NOTICE_TASK_SUBMITTED:
    case DR_NOTICE_TASK_SUCCEEDED:
    case DR_NOTICE_TASK_FAILED:
    case DR_NOTICE_TASK_TIMED_OUT:
        set_task(details, notice);
        break;
    case DR_NOTICE_MAP_STARTED:
        json_object_set_new(details, "length", json_integer((json_int_t)notice->count));
        break;
    case DR_NOTICE_ITEM_STARTED:
    case DR_NOTICE_ITEM_SUCCEEDED:
    case DR_NOTICE_ITEM_FAILED:
    case DR_NOTICE_ITEM_ABORTED:
        json_object_set_new(details, "name", json_string(notice->state->name));
        json_object_set_new(details, "index", json_integer((json_int_t)notice->index));
        break;
    case DR_NOTICE_EXECUTION_STARTED:
        set_data(details, "input", "inputDetails", notice->input);
        break;
    case DR_NOTICE_EXECUTION_SUCCEEDED:
        set_data(details, "output", "outputDetails", notice->output);
        break;
    case DR_NOTICE_EXECUTION_FAILED:
    case DR_NOTICE_EXECUTION_TIMED_OUT:
    case DR_NOTICE_EXECUTION_ABORTED:
        set_error(details, notice->error);
        break;
    case DR_NOTICE_EXECUTION_REDRIVEN:
    case DR_NOTICE_PARALLEL_STARTED:
    case DR_NOTICE_PARALLEL_SUCCEEDED:
    case DR_NOTICE_PARALLEL_FAILED:
    case DR_NOTICE_MAP_SUCCEEDED:
    case DR_NOTICE_MAP_FAILED:
    case DR_NOTICE_WAIT_STARTED:
    case DR_NOTICE_RETRY_SCHEDULED:
    case DR_NOTICE_STATE_FAILED:
    case DR_NOTICE_CAUGHT:
    case DR_NOTICE_ACTION_STARTED:
    case DR_NOTICE_ACTION_RESTARTED:
    case DR_NOTICE_PAUSED:
    case DR_NOTICE_RESUMED:
        break;
    }
    return details;
}

static void told_as_event(void *data, const struct dr_notice *notice)
{
    static const char *const types[] = {
        [DR_PASS] = "Pass",       [DR_TASK] = "Task", [DR_CHOICE] = "Choice",     [DR_WAIT] = "Wait",
        [DR_SUCCEED] = "Succeed", [DR_FAIL] = "Fail", [DR_PARALLEL] = "Parallel", [DR_MAP] = "Map"};
    struct teller *teller = data;
    const char *name = dr_notice_name(notice->kind);
    char time[DR_TIME_TEXT];
    if (name[0] == '-')
        return;
    bool of_state = notice->kind == DR_NOTICE_STATE_ENTERED || notice->kind == DR_NOTICE_STATE_EXITED;
    char *type = of_state ? dr_format("%s%s", types[notice->state->kind], name) : dr_copy_string(name);
    char *key = details_key(notice, type);
    json_t *event = json_pack("{s:s,s:s,s:I,s:I}", "timestamp", dr_time_format(time, notice->time_ms), "type", type,
                              "id", (json_int_t)notice->id, "previousEventId", (json_int_t)notice->previous);
    json_t *details = details_of(notice);
    if (json_object_size(details) > 0)
        json_object_set(event, key, details);
    json_array_append_new(teller->events, event);
    json_decref(details);
    free(type);
    free(key);
}

static void told_as_text(void *data, const struct dr_notice *notice)
{
    struct teller *teller = data;
    const char *name = dr_notice_name(notice->kind);
    char time[DR_TIME_TEXT];
    dr_text_printf(&teller->text, "%s  %-22s %s", dr_time_format(time, notice->time_ms),
                   name[0] == '-' ? name + 1 : name, notice->path);
    if (notice->resource)
        dr_text_printf(&teller->text, "  %s", notice->resource);
    if (notice->error && notice->error->error)
        dr_text_printf(&teller->text, "  %s%s%s", notice->error->error, notice->error->cause ? ": " : "",
                       notice->error->cause ? notice->error->cause : "");
    const char *request = json_string_value(json_object_get(notice->detail, "requestId"));
    json_int_t attempts = json_integer_value(json_object_get(notice->detail, "attempts"));
    if (request && *request)
        dr_text_printf(&teller->text, "  (request %s)", request);
    if (attempts > 1)
        dr_text_printf(&teller->text, "  (%lld attempts)", (long long)attempts);
    dr_text_putc(&teller->text, '\n');
}

static bool print_line(void *data, const char *line, size_t size, uint64_t offset)
{
    struct dr_text *text = data;
    (void)offset;
    dr_text_add(text, line, size);
    dr_text_putc(text, '\n');
    return true;
}

static int print_journal(const char *word)
{
    struct dr_problem problem = {0};
    struct dr_journal *journal = NULL;
    struct dr_text text = {0};
    struct dr_look look = {0};
    int status = dr_look_open(&look, word, NULL); /* also verifies it */
    if (status < 0 && (!dr_journal_view(look.store, look.id, &journal, &problem) ||
                       !dr_journal_records(journal, 0, print_line, &text, &problem)))
        status = dr_complain_problem(&problem);
    else if (status < 0)
        status = dr_write_all(1, text.bytes, text.size) ? DR_EXIT_SUCCESS : DR_EXIT_SYSTEM;
    dr_journal_close(journal);
    dr_look_close(&look);
    dr_text_done(&text);
    return status;
}

static int history(const struct dr_words *words)
{
    const char *word = words->count == 1 ? words->items[0] : NULL;
    const char *format = format_argument ? format_argument : dr_globals.json ? "stepfunctions" : "text";
    if (words->count > 1)
        return dr_usage(&dr_command_history, "one execution at a time");
    if (strcmp(format, "journal") == 0)
        return print_journal(word);
    bool events = strcmp(format, "stepfunctions") == 0;
    if (!events && strcmp(format, "text") != 0)
        return dr_usage(&dr_command_history, "--format takes text, stepfunctions or journal, not \"%s\"", format);
    struct teller teller = {.events = json_array()};
    struct dr_look look = {0};
    struct dr_observer observer = {.notice = events ? told_as_event : told_as_text, .data = &teller};
    int status = dr_look_open(&look, word, &observer);
    if (status < 0 && events) {
        json_t *document = json_pack("{s:O}", "events", teller.events);
        status = dr_print_json(document) ? DR_EXIT_SUCCESS : DR_EXIT_SYSTEM;
        json_decref(document);
    } else if (status < 0) {
        status = dr_write_all(1, teller.text.bytes, teller.text.size) ? DR_EXIT_SUCCESS : DR_EXIT_SYSTEM;
    }
    dr_look_close(&look);
    json_decref(teller.events);
    dr_text_done(&teller.text);
    return status;
}
