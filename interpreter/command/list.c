/* drrun list: the executions of the store. */
#include "interpreter/command/command.h"

#include "interpreter/base/clock.h"
#include "interpreter/engine/execution.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *status_argument;
static const struct dr_option options[] = {
    {.name = "--status",
     .argument = "STATUS",
     .help = "only RUNNING, INTERRUPTED, SUCCEEDED, FAILED, TIMED_OUT or ABORTED",
     .value = &status_argument},
    {0},
};

static int list(const struct dr_words *words);

const struct dr_command dr_command_list = {
    .name = "list",
    .synopsis = "[--status STATUS]",
    .summary = "List the executions of the store.",
    .help = "Examples:\n  drrun list\n  drrun list --status INTERRUPTED\n  drrun list --json | jq -r "
            "'.executions[].executionId'",
    .options = options,
    .run = list,
};

static const char *text_of(const json_t *record, const char *key)
{
    const char *text = json_string_value(json_object_get(record, key));
    return text ? text : "";
}

static bool known_status(void)
{
    static const char *const known[] = {"RUNNING",   "INTERRUPTED", "SUCCEEDED", "FAILED",
                                        "TIMED_OUT", "ABORTED",     "UNREADABLE"};
    bool found = !status_argument;
    for (size_t i = 0; !found && i < sizeof known / sizeof *known; i++)
        found = strcmp(status_argument, known[i]) == 0;
    return found;
}

/* RUNNING: a live process has it. INTERRUPTED: none has, and it has not ended. */
static const char *status_of(struct dr_store *store, const char *id, const json_t *last)
{
    if (strcmp(text_of(last, "k"), "end") == 0)
        return text_of(last, "status");
    return dr_store_is_running(store, id, NULL) ? "RUNNING" : "INTERRUPTED";
}

static json_t *describe(struct dr_store *store, const char *id)
{
    struct dr_problem problem = {0};
    char *first_line = NULL, *last_line = NULL, started[DR_TIME_TEXT], stopped[DR_TIME_TEXT];
    if (!dr_store_peek(store, id, &first_line, &last_line, &problem) || !first_line) {
        json_t *broken = json_pack("{s:s,s:s,s:s}", "executionId", id, "status", "UNREADABLE", "problem",
                                   problem.message ? problem.message : "it never began");
        dr_problem_done(&problem);
        free(first_line);
        free(last_line);
        return broken;
    }
    json_t *first = dr_json_parse(first_line, strlen(first_line), NULL);
    json_t *last = last_line ? dr_json_parse(last_line, strlen(last_line), NULL) : NULL;
    json_t *object = json_pack("{s:s,s:s,s:s,s:s,s:s}", "executionId", id, "name", text_of(first, "name"), "runbook",
                               text_of(first, "runbook"), "status", status_of(store, id, last), "startDate",
                               dr_time_format(started, json_integer_value(json_object_get(first, "t"))));
    if (strcmp(text_of(last, "k"), "end") == 0)
        json_object_set_new(object, "stopDate",
                            json_string(dr_time_format(stopped, json_integer_value(json_object_get(last, "t")))));
    else if (json_is_string(json_object_get(last, "s")))
        json_object_set(object, "state", json_object_get(last, "s"));
    static const char *const kept[] = {"application", "reason", "user"};
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if (json_object_get(first, kept[i]))
            json_object_set(object, kept[i], json_object_get(first, kept[i]));
    json_decref(first);
    json_decref(last);
    free(first_line);
    free(last_line);
    return object;
}

static int list(const struct dr_words *words)
{
    struct dr_problem problem = {0};
    char **ids = NULL;
    size_t count = 0;
    if (words->count > 0)
        return dr_usage(&dr_command_list, "it takes no arguments");
    if (!known_status())
        return dr_usage(&dr_command_list,
                        "there is no status \"%s\": RUNNING, INTERRUPTED, SUCCEEDED, FAILED, "
                        "TIMED_OUT, ABORTED or UNREADABLE",
                        status_argument);
    struct dr_store *store = dr_open_store(false);
    if (!store)
        return DR_EXIT_SYSTEM;
    if (!dr_store_list(store, &ids, &count, &problem)) {
        dr_store_free(store);
        return dr_complain_problem(&problem);
    }
    json_t *executions = json_array();
    for (size_t i = count; i-- > 0;) { /* newest first */
        json_t *object = describe(store, ids[i]);
        if (!status_argument || strcmp(status_argument, text_of(object, "status")) == 0)
            json_array_append(executions, object);
        json_decref(object);
        free(ids[i]);
    }
    free(ids);
    bool printed = true;
    if (dr_globals.json) {
        json_t *document = json_pack("{s:O}", "executions", executions);
        printed = dr_print_json(document);
        json_decref(document);
    } else {
        struct dr_text text = {0};
        if (json_array_size(executions) == 0)
            dr_say("no executions\n");
        if (json_array_size(executions) > 0)
            dr_text_printf(&text, "%-24s %-12s %-24s %-24s %s\n", "ID", "STATUS", "STARTED", "RUNBOOK", "STATE");
        for (size_t i = 0; i < json_array_size(executions); i++) {
            const json_t *object = json_array_get(executions, i);
            dr_text_printf(&text, "%-24s %-12s %-24s %-24s %s\n", text_of(object, "executionId"),
                           text_of(object, "status"), text_of(object, "startDate"), text_of(object, "runbook"),
                           *text_of(object, "problem") ? text_of(object, "problem") : text_of(object, "state"));
        }
        printed = text.size == 0 || dr_write_all(1, text.bytes, text.size);
        dr_text_done(&text);
    }
    json_decref(executions);
    dr_store_free(store);
    return printed ? DR_EXIT_SUCCESS : DR_EXIT_SYSTEM;
}
