/* drrun report: what an execution did and how long it took, for the incident's review and the auditor. */
#include "interpreter/command/report.h"

#include "interpreter/base/clock.h"
#include "interpreter/command/command.h"
#include "interpreter/command/look.h"

#include <stdlib.h>
#include <string.h>

static const char *format_argument;
static const struct dr_option options[] = {
    {.name = "--format",
     .argument = "text|markdown|json",
     .help = "how to print it (default text; json with --json)",
     .value = &format_argument},
    {0},
};

static int report(const struct dr_words *words);

const struct dr_command dr_command_report = {
    .name = "report",
    .synopsis = "[ID] [--format text|markdown|json]",
    .summary = "Tell what an execution did: verdict, RTO and RPO, timeline, approvals, risks.",
    .help =
        "Examples:\n"
        "  drrun report                                  # the newest\n"
        "  drrun report 20261121-031502-4f2a9c --format markdown > incident.md\n"
        "  drrun report --json | jq .objectives.RTO\n"
        "\n"
        "The RTO is what the runbook measured (metric:record RTO), else the time from --incident-at, else from the\n"
        "start, to the end. The RPO is only what was measured. The critical path are the steps whose end was\n"
        "waited for. Accepted risks are the lines of log:write with the level risk.\n"
        "\n"
        "Exit status: 0 printed; 2 wrong usage; 4 the journal cannot be read.",
    .options = options,
    .run = report,
};

/* Text and Markdown differ in how they set things off. */
struct page {
    struct dr_text text;
    bool markdown;
};

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static int64_t ms_of(const json_t *object, const char *key)
{
    return (int64_t)json_integer_value(json_object_get(object, key));
}

/* One line, whatever the text holds; in Markdown also nothing that would end a table's cell. */
static void add(struct page *page, const char *text)
{
    while (*text) {
        size_t plain = page->markdown ? strcspn(text, "|<`*_") : strlen(text);
        dr_text_put_plain(&page->text, text, plain);
        text += plain;
        if (*text) {
            dr_text_putc(&page->text, '\\');
            dr_text_putc(&page->text, *text++);
        }
    }
}

static void add_duration(struct page *page, int64_t ms)
{
    char buffer[DR_TIME_TEXT];
    dr_text_puts(&page->text, dr_duration_format(buffer, ms));
}

static void heading(struct page *page, const char *title)
{
    dr_text_printf(&page->text, page->markdown ? "\n## %s\n\n" : "\n%s\n", title);
}

static void begin_item(struct page *page)
{
    dr_text_puts(&page->text, page->markdown ? "- " : "  ");
}

static void add_objective(struct page *page, const json_t *objectives, const char *name)
{
    const json_t *objective = json_object_get(objectives, name), *met = json_object_get(objective, "met");
    if (!objective)
        return;
    begin_item(page);
    dr_text_printf(&page->text, "%s  ", name);
    if (json_object_get(objective, "actualMs")) {
        add_duration(page, ms_of(objective, "actualMs"));
        if (met) {
            dr_text_puts(&page->text, " of ");
            add_duration(page, ms_of(objective, "objectiveMs"));
            dr_text_puts(&page->text, json_is_true(met) ? ": met" : ": MISSED");
        }
        dr_text_printf(&page->text, " (%s)", text_of(objective, "since"));
    } else {
        dr_text_puts(&page->text,
                     strcmp(name, "RTO") == 0 ? "not reached" : "not measured: the runbook records no metric RPO");
    }
    dr_text_putc(&page->text, '\n');
}

static void add_fact(struct page *page, const char *name, const char *value)
{
    if (!*value)
        return;
    begin_item(page);
    dr_text_printf(&page->text, page->markdown ? "%s: " : "%-11s ", name);
    add(page, value);
    dr_text_putc(&page->text, '\n');
}

static void add_head(struct page *page, const json_t *data)
{
    static const char *const facts[][2] = {
        {"Execution", "executionId"}, {"Kind", "kind"},        {"Application", "application"},
        {"Started", "startDate"},     {"Stopped", "stopDate"}, {"Incident", "incidentAt"},
        {"Started by", "user"},       {"On", "host"},          {"Reason", "reason"},
        {"Error", "error"},           {"Cause", "cause"}};
    if (page->markdown)
        dr_text_puts(&page->text, "# ");
    add(page, text_of(data, "runbook"));
    dr_text_puts(&page->text, ": ");
    add(page, text_of(data, "verdict"));
    dr_text_puts(&page->text, page->markdown ? "\n\n" : "\n");
    add_objective(page, json_object_get(data, "objectives"), "RTO");
    add_objective(page, json_object_get(data, "objectives"), "RPO");
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        add_fact(page, facts[i][0], text_of(data, facts[i][1]));
    size_t i;
    json_t *date;
    json_array_foreach(json_object_get(data, "resumes"), i, date) add_fact(page, "Resumed", json_string_value(date));
}

static void add_lines(struct page *page, const char *title, const json_t *lines)
{
    size_t i;
    json_t *line;
    if (json_array_size(lines) == 0)
        return;
    heading(page, title);
    json_array_foreach(lines, i, line)
    {
        begin_item(page);
        dr_text_printf(&page->text, "%s ", text_of(line, "date"));
        add(page, text_of(line, "path"));
        dr_text_puts(&page->text, ": ");
        add(page, text_of(line, "message"));
        dr_text_putc(&page->text, '\n');
    }
}

static void add_approvals(struct page *page, const json_t *approvals)
{
    size_t i;
    json_t *approval;
    if (json_array_size(approvals) == 0)
        return;
    heading(page, "Approvals");
    json_array_foreach(approvals, i, approval)
    {
        const json_t *approved = json_object_get(approval, "approved");
        begin_item(page);
        dr_text_printf(&page->text, "%s ", text_of(approval, "date"));
        add(page, text_of(approval, "path"));
        dr_text_puts(&page->text, ": ");
        add(page, text_of(approval, "message"));
        dr_text_puts(&page->text, !approved                ? " (nobody has answered)"
                                  : json_is_true(approved) ? ": approved"
                                                           : ": refused");
        if (*text_of(approval, "by")) {
            dr_text_puts(&page->text, " by ");
            add(page, text_of(approval, "by"));
        }
        if (approved) {
            dr_text_puts(&page->text, " after ");
            add_duration(page, ms_of(approval, "waitedMs"));
        }
        if (*text_of(approval, "comment")) {
            dr_text_puts(&page->text, ", \"");
            add(page, text_of(approval, "comment"));
            dr_text_putc(&page->text, '"');
        }
        dr_text_putc(&page->text, '\n');
    }
}

static void add_share(struct page *page, const json_t *path, const char *key, const char *what)
{
    int64_t whole = ms_of(path, "durationMs"), part = ms_of(path, key);
    if (whole > 0 && part > 0)
        dr_text_printf(&page->text, ", %.0f %% %s", 100.0 * (double)part / (double)whole, what);
}

/* "+12.3s", as the lines of a run have it. */
static void add_offset(struct page *page, int64_t ms)
{
    dr_text_printf(&page->text, page->markdown ? "+%.1fs" : "%+9.1fs", (double)ms / 1000);
}

static void add_critical_path(struct page *page, const json_t *path)
{
    heading(page, "Critical path");
    begin_item(page);
    add_duration(page, ms_of(path, "durationMs"));
    add_share(page, path, "waitingMs", "waiting");
    add_share(page, path, "callingMs", "in calls");
    add_share(page, path, "peopleMs", "waiting for people");
    dr_text_putc(&page->text, '\n');
    if (page->markdown)
        dr_text_puts(&page->text, "\n| Start | Took | Of it waiting | Step |\n| --- | --- | --- | --- |\n");
    size_t i;
    json_t *step;
    json_array_foreach(json_object_get(path, "steps"), i, step)
    {
        dr_text_puts(&page->text, page->markdown ? "| " : "");
        add_offset(page, ms_of(step, "startMs"));
        char took[DR_TIME_TEXT], waited[DR_TIME_TEXT];
        dr_duration_format(took, ms_of(step, "durationMs"));
        if (page->markdown)
            dr_text_printf(&page->text, " | %s | %s | ", took, dr_duration_format(waited, ms_of(step, "waitingMs")));
        else
            dr_text_printf(&page->text, "  %-9s ", took);
        add(page, text_of(step, "path"));
        dr_text_puts(&page->text, page->markdown ? " |\n" : "\n");
    }
}

static void add_steps(struct page *page, const json_t *steps)
{
    heading(page, "Steps");
    if (page->markdown)
        dr_text_puts(&page->text,
                     "| Start | Took | Step | What | Attempts | Outcome |\n| --- | --- | --- | --- | --- | --- |\n");
    size_t i;
    json_t *step;
    json_array_foreach(steps, i, step)
    {
        char took[DR_TIME_TEXT];
        int64_t attempts = ms_of(step, "attempts");
        const char *what = *text_of(step, "resource") ? text_of(step, "resource") : text_of(step, "type");
        dr_duration_format(took, ms_of(step, "durationMs"));
        dr_text_puts(&page->text, page->markdown ? "| " : "");
        add_offset(page, ms_of(step, "startMs"));
        dr_text_printf(&page->text, page->markdown ? " | %s | " : "  %-9s ", took);
        add(page, text_of(step, "path"));
        dr_text_puts(&page->text, page->markdown ? " | " : "  ");
        add(page, what);
        if (page->markdown)
            dr_text_printf(&page->text, " | %lld | ", (long long)attempts);
        else if (attempts > 1)
            dr_text_printf(&page->text, ", %lld attempts", (long long)attempts);
        if (page->markdown || strcmp(text_of(step, "status"), "succeeded") != 0) {
            dr_text_printf(&page->text, "%s%s", page->markdown ? "" : "  ", text_of(step, "status"));
            if (*text_of(step, "error")) {
                dr_text_puts(&page->text, ": ");
                add(page, text_of(step, "error"));
            }
        }
        dr_text_puts(&page->text, page->markdown ? " |\n" : "\n");
    }
}

static void add_metrics(struct page *page, const json_t *metrics)
{
    const char *name;
    json_t *metric;
    if (json_object_size(metrics) == 0)
        return;
    heading(page, "Metrics");
    json_object_foreach((json_t *)(uintptr_t)metrics, name, metric)
    {
        struct dr_text value = {0};
        dr_text_json(&value, json_object_get(metric, "Value"), 100);
        begin_item(page);
        add(page, name);
        dr_text_printf(&page->text, ": %s ", value.bytes);
        add(page, text_of(metric, "Unit"));
        dr_text_putc(&page->text, '\n');
        dr_text_done(&value);
    }
}

static bool print(const json_t *data, bool markdown)
{
    struct page page = {.markdown = markdown};
    add_head(&page, data);
    add_lines(&page, "Accepted risks", json_object_get(data, "risks"));
    add_approvals(&page, json_object_get(data, "approvals"));
    add_lines(&page, "Warnings", json_object_get(data, "warnings"));
    add_critical_path(&page, json_object_get(data, "criticalPath"));
    add_steps(&page, json_object_get(data, "steps"));
    add_metrics(&page, json_object_get(data, "metrics"));
    bool printed = dr_print("%s", page.text.bytes);
    dr_text_done(&page.text);
    return printed;
}

static int report(const struct dr_words *words)
{
    const char *format = format_argument ? format_argument : dr_globals.json ? "json" : "text";
    bool json = strcmp(format, "json") == 0, markdown = strcmp(format, "markdown") == 0;
    if (words->count > 1)
        return dr_usage(&dr_command_report, "one execution at a time");
    if (!json && !markdown && strcmp(format, "text") != 0)
        return dr_usage(&dr_command_report, "--format is text, markdown or json, not \"%s\"", format);
    struct dr_look look = {0};
    struct dr_report *gathered = dr_report_new();
    struct dr_observer observer = dr_report_observer(gathered);
    int status = dr_look_open(&look, words->count == 1 ? words->items[0] : NULL, &observer);
    if (status < 0) {
        json_t *data = dr_report_json(gathered, look.execution);
        status = (json ? dr_print_json(data) : print(data, markdown)) ? DR_EXIT_SUCCESS : DR_EXIT_SYSTEM;
        json_decref(data);
    }
    dr_look_close(&look);
    dr_report_free(gathered);
    return status;
}
