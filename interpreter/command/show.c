/* drrun show: where an execution stands. */
#include "interpreter/command/drive.h"
#include "interpreter/command/look.h"

#include "interpreter/base/clock.h"

#include <stdlib.h>
#include <string.h>

static int show(const struct dr_words *words);

const struct dr_command dr_command_show = {
    .name = "show",
    .synopsis = "[ID]",
    .summary = "Show where an execution stands: status, states under way, what it waits for.",
    .help = "Examples:\n  drrun show                 # the newest\n  drrun show 20261121-031502-4f2a9c --json",
    .run = show,
};

static void collect(void *data, const struct dr_activity *activity)
{
    json_t *activities = data;
    char entered[DR_TIME_TEXT], due[DR_TIME_TEXT];
    json_t *object = json_pack("{s:s,s:s,s:s,s:i}", "path", activity->path, "phase", activity->phase, "enteredTime",
                               dr_time_format(entered, activity->entered_ms), "attempt", (int)activity->attempt);
    if (activity->resource)
        json_object_set_new(object, "resource", json_string(activity->resource));
    if (activity->token)
        json_object_set_new(object, "token", json_string(activity->token));
    if (activity->due_ms != INT64_MAX)
        json_object_set_new(object, "due", json_string(dr_time_format(due, activity->due_ms)));
    if (activity->awaits_answer)
        json_object_set_new(object, "awaitsAnswer", json_true());
    if (activity->arguments)
        json_object_set(object, "arguments", (json_t *)(uintptr_t)activity->arguments);
    if (activity->error) {
        json_object_set_new(object, "error", json_string(activity->error->error));
        json_object_set_new(object, "cause",
                            activity->error->cause ? json_string(activity->error->cause) : json_null());
    }
    json_array_append_new(activities, object);
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static bool print_text(const json_t *result, const struct dr_execution *execution)
{
    static const char *const lines[][2] = {
        {"Execution", "executionId"}, {"Name", "name"},        {"Runbook", "runbook"}, {"Status", "status"},
        {"Started", "startDate"},     {"Stopped", "stopDate"}, {"Reason", "reason"},   {"By", "user"},
        {"Error", "error"},           {"Cause", "cause"}};
    struct dr_text out = {0};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (*text_of(result, lines[i][1]))
            dr_text_printf(&out, "%-10s %s%s\n", lines[i][0], text_of(result, lines[i][1]),
                           strcmp(lines[i][0], "Status") == 0 && json_is_true(json_object_get(result, "interrupted"))
                               ? ", interrupted: no process runs it"
                               : "");
    const json_t *activities = json_object_get(result, "activities");
    for (size_t i = 0; i < json_array_size(activities); i++) {
        const json_t *activity = json_array_get(activities, i);
        dr_text_printf(&out, "%-10s %s  %s", i == 0 ? "States" : "", text_of(activity, "path"),
                       text_of(activity, "phase"));
        if (*text_of(activity, "resource"))
            dr_text_printf(&out, "  %s", text_of(activity, "resource"));
        if (*text_of(activity, "due"))
            dr_text_printf(&out, "  until %s", text_of(activity, "due"));
        if (json_is_true(json_object_get(activity, "awaitsAnswer")))
            dr_text_printf(&out, "\n%-10s answer with: drrun approve %s %s   (or: drrun deny ...)", "",
                           text_of(result, "executionId"), text_of(activity, "token"));
        else if (strcmp(text_of(activity, "phase"), "paused") == 0)
            dr_text_printf(&out,
                           "\n%-10s %s\n%-10s say what became of it: drrun resume %s --unknown repeat|fail|succeed", "",
                           text_of(activity, "cause"), "", text_of(result, "executionId"));
        dr_text_putc(&out, '\n');
    }
    if (dr_execution_output(execution)) {
        dr_text_printf(&out, "%-10s ", "Output");
        dr_text_json(&out, dr_execution_output(execution), 4096);
        dr_text_putc(&out, '\n');
    }
    bool printed = dr_write_all(1, out.bytes, out.size);
    dr_text_done(&out);
    return printed;
}

static int show(const struct dr_words *words)
{
    struct dr_look look = {0};
    if (words->count > 1)
        return dr_usage(&dr_command_show, "one execution at a time");
    int status = dr_look_open(&look, words->count == 1 ? words->items[0] : NULL, NULL);
    if (status < 0) {
        json_t *result = dr_result_json(look.execution), *activities = json_array();
        const json_t *record = dr_execution_record(look.execution);
        static const char *const kept[] = {"reason", "user", "host", "application", "kind", "input"};
        for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
            if (json_object_get(record, kept[i]))
                json_object_set(result, kept[i], json_object_get(record, kept[i]));
        if (dr_execution_status(look.execution) == DR_RUNNING && !dr_store_is_running(look.store, look.id, NULL))
            json_object_set_new(result, "interrupted", json_true());
        dr_execution_activities(look.execution, collect, activities);
        json_object_set_new(result, "activities", activities);
        json_object_set_new(result, "transitions", json_integer((json_int_t)dr_execution_transitions(look.execution)));
        status = (dr_globals.json ? dr_print_json(result) : print_text(result, look.execution)) ? DR_EXIT_SUCCESS
                                                                                                : DR_EXIT_SYSTEM;
        json_decref(result);
    }
    dr_look_close(&look);
    return status;
}
