#include "interpreter/command/progress.h"

#include "interpreter/base/clock.h"
#include "interpreter/command/command.h"
#include "interpreter/command/objectives.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define REDRAW_MS 250
#define TIMES_COLUMNS 42  /* kept for what stands after a state's name */
#define AREA_LINES_MAX 14 /* the execution, what it does, and how much more there is */

struct dr_progress {
    struct dr_text pending; /* told, not durable yet */
    json_t *trace;
    bool quiet, live, color;
    int64_t started_ms;
    struct dr_execution *execution;
    struct dr_runtime *runtime;
    struct dr_handle *timer;
    unsigned drawn;                   /* lines of the live area on the screen */
    unsigned columns[AREA_LINES_MAX]; /* that each of them takes: a narrower screen breaks them */
};

/* ----- Lines
 * ---------------------------------------------------------------------------------------------------------------- */

static const char *paint(const struct dr_progress *progress, const char *sequence)
{
    return progress->color ? sequence : "";
}

#define GREEN "\033[32m"
#define RED "\033[31m"
#define YELLOW "\033[33m"
#define DIM "\033[2m"
#define BOLD "\033[1m"
#define PLAIN "\033[0m"

static void begin_line(struct dr_progress *progress, int64_t time_ms, const char *color, const char *verb)
{
    time_t seconds = (time_t)(time_ms / 1000);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    dr_text_printf(&progress->pending, "%s%02d:%02d:%02dZ%s %+8.1fs  %s%-8s%s ", paint(progress, DIM), utc.tm_hour,
                   utc.tm_min, utc.tm_sec, paint(progress, PLAIN), (double)(time_ms - progress->started_ms) / 1000,
                   paint(progress, color), verb, paint(progress, PLAIN));
}

/* One line of a text that may have many. */
static void add_plain(struct dr_text *out, const char *text, size_t length_max)
{
    size_t length = text ? strlen(text) : 0, shown = length < length_max ? length : length_max;
    while (shown < length && shown > 0 && ((unsigned char)text[shown] & 0xc0) == 0x80)
        shown--; /* whole characters */
    if (shown > 0)
        dr_text_put_plain(out, text, shown);
    if (shown < length)
        dr_text_puts(out, "...");
}

/* All lines of a text, each behind `indent`. */
static void add_lines(struct dr_text *out, const char *text, const char *indent, size_t length_max)
{
    for (const char *line = text; *line != '\0';) {
        size_t size = strcspn(line, "\n"), room = length_max - (size_t)(line - text);
        char *one = dr_copy_bytes(line, size);
        add_plain(out, one, room);
        free(one);
        if (size > room)
            return;
        line += size;
        line += strspn(line, "\n");
        if (*line != '\0')
            dr_text_printf(out, "\n%s", indent);
        if ((size_t)(line - text) > length_max)
            return;
    }
}

static void add_error(struct dr_text *out, const struct dr_error *error)
{
    add_plain(out, error->error && *error->error ? error->error : "failed", 200);
    if (error->cause && *error->cause) {
        dr_text_puts(out, ": ");
        add_plain(out, error->cause, 400);
    }
}

static void end_line(struct dr_progress *progress)
{
    dr_text_putc(&progress->pending, '\n');
}

static void keep_trace(struct dr_progress *progress, const struct dr_notice *notice)
{
    json_t *entry =
        json_pack("{s:s,s:O,s:O}", "exit", notice->state->name, "input", notice->input, "output", notice->output);
    if (notice->assigned && json_object_size(notice->assigned) > 0)
        json_object_set(entry, "assigned", (json_t *)(uintptr_t)notice->assigned);
    json_array_append_new(progress->trace, entry);
}

static void told(void *data, const struct dr_notice *notice)
{
    struct dr_progress *progress = data;
    struct dr_text *out = &progress->pending;
    char buffer[DR_TIME_TEXT];
    if (progress->trace && notice->kind == DR_NOTICE_STATE_EXITED && !notice->inside_action)
        keep_trace(progress, notice);
    if (notice->kind == DR_NOTICE_EXECUTION_STARTED)
        progress->started_ms = notice->time_ms;
    if (progress->quiet)
        return;
    bool instant = notice->state && (notice->state->kind == DR_PASS || notice->state->kind == DR_CHOICE ||
                                     notice->state->kind == DR_SUCCEED);
    switch (notice->kind) {
    case DR_NOTICE_STATE_EXITED:
        if (notice->inside_action)
            break;
        begin_line(progress, notice->time_ms, GREEN, "done");
        add_plain(out, notice->path, 200);
        if (!instant)
            dr_text_printf(out, " %s(%s)%s", paint(progress, DIM),
                           dr_duration_format(buffer, notice->time_ms - notice->entered_ms), paint(progress, PLAIN));
        end_line(progress);
        break;
    case DR_NOTICE_TASK_SCHEDULED:
    case DR_NOTICE_ACTION_STARTED:
        if (notice->inside_action || progress->live)
            break;
        begin_line(progress, notice->time_ms, "", "start");
        add_plain(out, notice->path, 200);
        dr_text_printf(out, " %s%s%s", paint(progress, DIM), notice->resource, paint(progress, PLAIN));
        end_line(progress);
        break;
    case DR_NOTICE_TASK_SUBMITTED:
        begin_line(progress, notice->time_ms, "", "sent");
        add_plain(out, notice->path, 200);
        dr_text_printf(out, " waits for the answer to task token %s", notice->token);
        end_line(progress);
        break;
    case DR_NOTICE_WAIT_STARTED:
        if (notice->inside_action || progress->live)
            break;
        begin_line(progress, notice->time_ms, "", "wait");
        add_plain(out, notice->path, 200);
        dr_text_printf(
            out, " for %s",
            dr_duration_format(buffer, notice->due_ms > notice->time_ms ? notice->due_ms - notice->time_ms : 0));
        end_line(progress);
        break;
    case DR_NOTICE_RETRY_SCHEDULED:
        if (notice->inside_action)
            break;
        begin_line(progress, notice->time_ms, YELLOW, "retry");
        add_plain(out, notice->path, 200);
        dr_text_printf(out, " attempt %u in %s: ", notice->attempt,
                       dr_duration_format(buffer, notice->due_ms - notice->time_ms));
        add_error(out, notice->error);
        end_line(progress);
        break;
    case DR_NOTICE_CAUGHT:
        if (notice->inside_action)
            break;
        begin_line(progress, notice->time_ms, YELLOW, "caught");
        add_plain(out, notice->path, 200);
        dr_text_puts(out, ": ");
        add_error(out, notice->error);
        end_line(progress);
        break;
    case DR_NOTICE_STATE_FAILED:
        if (notice->inside_action) /* the task around it tells what becomes of it */
            break;
        begin_line(progress, notice->time_ms, RED, "failed");
        add_plain(out, notice->path, 200);
        dr_text_puts(out, ": ");
        add_error(out, notice->error);
        end_line(progress);
        break;
    case DR_NOTICE_ACTION_RESTARTED:
        begin_line(progress, notice->time_ms, YELLOW, "again");
        add_plain(out, notice->path, 200);
        dr_text_puts(out, " starts again: the outcome of a call inside is not known");
        end_line(progress);
        break;
    case DR_NOTICE_PAUSED:
        begin_line(progress, notice->time_ms, RED, "paused");
        add_plain(out, notice->path, 200);
        dr_text_puts(out, ": ");
        add_error(out, notice->error);
        end_line(progress);
        break;
    case DR_NOTICE_EXECUTION_REDRIVEN:
        begin_line(progress, notice->time_ms, "", "redrive");
        dr_text_puts(out, "from the states that failed");
        end_line(progress);
        break;
    case DR_NOTICE_RESUMED:
        begin_line(progress, notice->time_ms, "", "resumed");
        end_line(progress);
        break;
    case DR_NOTICE_EXECUTION_STARTED:
    case DR_NOTICE_EXECUTION_SUCCEEDED:
    case DR_NOTICE_EXECUTION_FAILED:
    case DR_NOTICE_EXECUTION_TIMED_OUT:
    case DR_NOTICE_EXECUTION_ABORTED:
    case DR_NOTICE_STATE_ENTERED:
    case DR_NOTICE_TASK_STARTED:
    case DR_NOTICE_TASK_SUCCEEDED:
    case DR_NOTICE_TASK_FAILED:
    case DR_NOTICE_TASK_TIMED_OUT:
    case DR_NOTICE_PARALLEL_STARTED:
    case DR_NOTICE_PARALLEL_SUCCEEDED:
    case DR_NOTICE_PARALLEL_FAILED:
    case DR_NOTICE_MAP_STARTED:
    case DR_NOTICE_MAP_SUCCEEDED:
    case DR_NOTICE_MAP_FAILED:
    case DR_NOTICE_ITEM_STARTED:
    case DR_NOTICE_ITEM_SUCCEEDED:
    case DR_NOTICE_ITEM_FAILED:
    case DR_NOTICE_ITEM_ABORTED:
        break;
    }
}

static void logged(void *data, const char *level, const char *message)
{
    struct dr_progress *progress = data;
    if (progress->quiet)
        return;
    dr_text_printf(&progress->pending, "%31s ", "");
    dr_text_puts(&progress->pending, level ? level : "info");
    dr_text_puts(&progress->pending, ": ");
    add_plain(&progress->pending, message, 2000);
    end_line(progress);
}

/* ----- The live area
 * ------------------------------------------------------------------------------------------------------------ */

static struct winsize screen_size(void)
{
    struct winsize size;
    if (ioctl(2, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        size = (struct winsize){.ws_col = 80, .ws_row = 24};
    return size;
}

/* The screen may have become narrower since the area was drawn: its lines are then broken into several. */
static void erase(struct dr_progress *progress, struct dr_text *out)
{
    unsigned width = screen_size().ws_col, rows = 0;
    for (unsigned i = 0; i < progress->drawn; i++)
        rows += progress->columns[i] > width ? (progress->columns[i] + width - 1) / width : 1;
    if (rows > 0)
        dr_text_printf(out, "\033[%uA\r\033[J", rows);
    progress->drawn = 0;
}

struct drawing {
    struct dr_progress *progress;
    struct dr_text *out;
    int64_t now_ms;
    unsigned width, lines, lines_max;
    size_t hidden; /* activities that found no line */
};

/* A line of the area, cut to the width of the screen so that it is one line there too. */
static void draw_line(struct drawing *drawing, const char *mark, const char *color, const char *text)
{
    size_t columns = 0, i = 0;
    for (; text[i] != '\0' && columns + 4 < drawing->width; i++)
        columns += ((unsigned char)text[i] & 0xC0) != 0x80;
    while (text[i] != '\0' && ((unsigned char)text[i] & 0xC0) == 0x80)
        i++;
    dr_text_printf(drawing->out, "%s%s%s %.*s\n", paint(drawing->progress, color), mark,
                   paint(drawing->progress, PLAIN), (int)i, text);
    drawing->progress->columns[drawing->lines++] = (unsigned)columns + 2;
}

static void draw_activity(void *data, const struct dr_activity *activity)
{
    struct drawing *drawing = data;
    bool running = strcmp(activity->phase, "running") == 0;
    if ((running && activity->state->kind != DR_TASK) || strcmp(activity->phase, "aborted") == 0)
        return;
    if (drawing->lines + 1 >= drawing->lines_max) { /* the last line tells how many */
        drawing->hidden++;
        return;
    }
    struct dr_text line = {0};
    char elapsed[DR_TIME_TEXT], left[DR_TIME_TEXT];
    for (unsigned i = 0; i < activity->depth; i++)
        dr_text_puts(&line, "  ");
    const char *item = strrchr(activity->path, '['); /* "Deploy[1]/Check": which of them */
    if (item && strchr(item, '/') == strrchr(activity->path, '/'))
        dr_text_printf(&line, "%.*s ", (int)strcspn(item, "/"), item);
    add_plain(&line, activity->state->name, drawing->width > TIMES_COLUMNS + 16 ? drawing->width - TIMES_COLUMNS : 16);
    dr_text_printf(&line, "  %s", dr_duration_format(elapsed, drawing->now_ms - activity->entered_ms));
    if (activity->resource)
        dr_text_printf(&line, "  %s", activity->resource);
    if (activity->attempt > 1)
        dr_text_printf(&line, "  attempt %u", activity->attempt);
    if (!running && strcmp(activity->phase, "calling") != 0)
        dr_text_printf(&line, "  %s", activity->phase);
    if (activity->awaits_answer)
        dr_text_printf(&line, "  waits for: drrun approve %s", dr_execution_id(drawing->progress->execution));
    else if (activity->due_ms != INT64_MAX && activity->due_ms > drawing->now_ms)
        dr_text_printf(&line, "  %s left", dr_duration_format(left, activity->due_ms - drawing->now_ms));
    draw_line(drawing, running ? " " : ">", YELLOW, line.bytes);
    dr_text_done(&line);
}

static void draw(struct dr_progress *progress, struct dr_text *out)
{
    struct winsize size = screen_size();
    struct drawing drawing = {.progress = progress, .out = out, .width = size.ws_col};
    drawing.lines_max = size.ws_row > 3 && size.ws_row - 1 < AREA_LINES_MAX ? size.ws_row - 1U : AREA_LINES_MAX;
    const struct dr_execution *execution = progress->execution;
    const struct dr_runbook *runbook = dr_execution_program(execution)->runbook;
    struct dr_text line = {0};
    char elapsed[DR_TIME_TEXT], left[DR_TIME_TEXT];
    drawing.now_ms = progress->runtime->ops->now_ms(progress->runtime);
    bool incident;
    dr_text_printf(&line, "%s  %s", runbook->name,
                   dr_duration_format(elapsed, drawing.now_ms - dr_execution_started_ms(execution)));
    int64_t spent_ms = drawing.now_ms - dr_objectives_from_ms(execution, &incident);
    bool late = runbook->rto_ms > 0 && spent_ms > runbook->rto_ms;
    if (runbook->rto_ms > 0)
        dr_text_printf(&line, late ? "  RTO exceeded by %s" : "  RTO: %s left",
                       dr_duration_format(left, late ? spent_ms - runbook->rto_ms : runbook->rto_ms - spent_ms));
    draw_line(&drawing, "=", late ? RED : BOLD, line.bytes);
    dr_text_done(&line);
    dr_execution_activities(execution, draw_activity, &drawing);
    if (drawing.hidden > 0) {
        char more[64];
        snprintf(more, sizeof more, "  and %zu more", drawing.hidden);
        draw_line(&drawing, " ", "", more);
    }
    progress->drawn = drawing.lines;
}

static void show(struct dr_progress *progress)
{
    struct dr_text out = {0};
    bool area = progress->live && progress->execution && dr_execution_status(progress->execution) == DR_RUNNING;
    if (progress->live)
        erase(progress, &out);
    if (progress->pending.size > 0)
        dr_text_add(&out, progress->pending.bytes, progress->pending.size);
    dr_text_clear(&progress->pending);
    if (area)
        draw(progress, &out);
    if (out.size > 0)
        dr_write_all(2, out.bytes, out.size); /* a closed stderr must not stop a failover */
    dr_text_done(&out);
}

void dr_progress_say(struct dr_progress *progress, const char *format, ...)
{
    struct dr_text out = {0};
    va_list arguments;
    va_start(arguments, format);
    char *text = dr_format_list(format, arguments);
    va_end(arguments);
    if (progress->live)
        erase(progress, &out); /* the next drawing puts it back below */
    dr_text_puts(&out, text);
    if (!progress->quiet)
        dr_write_all(2, out.bytes, out.size);
    dr_text_done(&out);
    free(text);
}

static void committed(void *data, int64_t now_ms)
{
    (void)now_ms;
    show(data);
}

static void redraw(void *data)
{
    struct dr_progress *progress = data;
    if (progress->pending.size == 0) /* what is not durable yet waits for its commit */
        show(progress);
    progress->timer = progress->runtime->ops->timer(
        progress->runtime, progress->runtime->ops->now_ms(progress->runtime) + REDRAW_MS, redraw, progress);
}

/* ----- Life
 * -----------------------------------------------------------------------------------------------------------------------
 */

struct dr_progress *dr_progress_new(bool trace)
{
    struct dr_progress *progress = dr_alloc(sizeof *progress);
    progress->trace = trace ? json_array() : NULL;
    progress->quiet = dr_globals.quiet;
    progress->live = !progress->quiet && dr_terminal(2) && !dr_globals.simulated;
    progress->color = dr_color(2);
    return progress;
}

struct dr_observer dr_progress_observer(struct dr_progress *progress)
{
    return (struct dr_observer){.notice = progress->quiet && !progress->trace ? NULL : told,
                                .log = logged,
                                .committed = committed,
                                .data = progress};
}

void dr_progress_attach(struct dr_progress *progress, struct dr_execution *execution, struct dr_runtime *runtime)
{
    progress->execution = execution;
    progress->runtime = runtime;
    progress->started_ms = dr_execution_started_ms(execution);
    if (progress->live)
        progress->timer = runtime->ops->timer(runtime, runtime->ops->now_ms(runtime) + REDRAW_MS, redraw, progress);
}

static void print_objective(const json_t *objectives, const char *name, const char *otherwise)
{
    const json_t *objective = json_object_get(objectives, name), *met = json_object_get(objective, "met");
    char actual[DR_TIME_TEXT], wanted[DR_TIME_TEXT];
    if (!met)
        return;
    if (json_is_null(met))
        dr_say("  %s  %s\n", name, otherwise);
    else
        dr_say("  %s  %s of %s: %s\n", name,
               dr_duration_format(actual, json_integer_value(json_object_get(objective, "actualMs"))),
               dr_duration_format(wanted, json_integer_value(json_object_get(objective, "objectiveMs"))),
               json_is_true(met) ? "met" : "MISSED");
}

/* All but those that the objectives' lines have told. */
static void print_metrics(const struct dr_execution *execution)
{
    const struct dr_runbook *runbook = dr_execution_program(execution)->runbook;
    const char *name;
    json_t *metric;
    json_object_foreach((json_t *)(uintptr_t)dr_execution_metrics(execution), name, metric)
    {
        if ((runbook->rto_ms > 0 && strcmp(name, "RTO") == 0) || (runbook->rpo_ms > 0 && strcmp(name, "RPO") == 0))
            continue;
        struct dr_text value = {0};
        dr_text_json(&value, json_object_get(metric, "Value"), 100);
        dr_say("  %s  %s %s\n", name, value.bytes, json_string_value(json_object_get(metric, "Unit")));
        dr_text_done(&value);
    }
}

void dr_progress_finish(struct dr_progress *progress, const struct dr_execution *execution)
{
    char buffer[DR_TIME_TEXT];
    if (progress->timer)
        progress->runtime->ops->cancel(progress->runtime, progress->timer);
    progress->timer = NULL;
    progress->execution = NULL;
    show(progress);
    enum dr_status status = dr_execution_status(execution);
    const struct dr_runbook *runbook = dr_execution_program(execution)->runbook;
    const char *id = dr_execution_id(execution);
    if (status == DR_RUNNING) {
        dr_say("%s%s is checkpointed.%s\n", paint(progress, YELLOW), id, paint(progress, PLAIN));
        return;
    }
    int64_t spent_ms = dr_execution_stopped_ms(execution) - dr_execution_started_ms(execution);
    dr_say("%s%s%s %s after %s\n", paint(progress, status == DR_SUCCEEDED ? GREEN : RED), dr_status_name(status),
           paint(progress, PLAIN), runbook->name, dr_duration_format(buffer, spent_ms));
    const struct dr_error *error = dr_execution_error(execution);
    if (error->error) {
        struct dr_text text = {0};
        add_plain(&text, *error->error ? error->error : "failed", 200);
        if (error->cause && *error->cause) {
            dr_text_puts(&text, ": ");
            add_lines(&text, error->cause, "  ", 4000);
        }
        dr_say("  %s\n", text.bytes);
        dr_text_done(&text);
    }
    json_t *objectives = dr_objectives(execution);
    print_objective(objectives, "RTO", "not reached");
    print_objective(objectives, "RPO", "not measured: the runbook records no metric RPO");
    json_decref(objectives);
    print_metrics(execution);
}

const json_t *dr_progress_trace(const struct dr_progress *progress)
{
    return progress->trace;
}

void dr_progress_free(struct dr_progress *progress)
{
    if (!progress)
        return;
    dr_text_done(&progress->pending);
    json_decref(progress->trace);
    free(progress);
}
