/* Printing: results to stdout, everything else to stderr; colours only where they are welcome. */
#include "interpreter/command/command.h"

#include "interpreter/base/limits.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool dr_terminal(int fd)
{
    const char *term = getenv("TERM");
    return isatty(fd) && !(term && strcmp(term, "dumb") == 0);
}

bool dr_color(int fd)
{
    const char *no_color = getenv("NO_COLOR");
    return !dr_globals.no_color && !(no_color && *no_color) && dr_terminal(fd);
}

bool dr_write_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t written = write(fd, bytes, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return false;
        bytes += written;
        size -= (size_t)written;
    }
    return true;
}

static bool printed;         /* something stands on stdout */
static char *complaint_kept; /* the first one: what went wrong, not what followed from it */

static bool to_stdout(const char *bytes, size_t size)
{
    printed = true;
    if (dr_write_all(1, bytes, size))
        return true;
    dr_complain("standard output: %s", strerror(errno));
    return false;
}

bool dr_print_json(const json_t *value)
{
    struct dr_text text = {0};
    bool whole = isatty(1) ? dr_text_json_pretty(&text, value, (size_t)4 * DR_PAYLOAD_BYTES_MAX)
                           : dr_text_json(&text, value, (size_t)4 * DR_PAYLOAD_BYTES_MAX);
    dr_text_putc(&text, '\n');
    bool written = false;
    if (whole)
        written = to_stdout(text.bytes, text.size);
    else
        dr_complain(
            "the result is larger than %u MiB or nested too deeply to print; 'drrun show' tells where it is kept",
            4 * (DR_PAYLOAD_BYTES_MAX >> 20));
    dr_text_done(&text);
    return written;
}

bool dr_print(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = dr_format_list(format, arguments);
    va_end(arguments);
    bool written = to_stdout(text, strlen(text));
    free(text);
    return written;
}

void dr_say(const char *format, ...)
{
    if (dr_globals.quiet)
        return;
    va_list arguments;
    va_start(arguments, format);
    char *text = dr_format_list(format, arguments);
    va_end(arguments);
    dr_write_all(2, text, strlen(text)); /* a closed stderr must not stop a failover */
    free(text);
}

void dr_complain(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *message = dr_format_list(format, arguments), *text = dr_format("drrun: %s\n", message);
    va_end(arguments);
    dr_write_all(2, text, strlen(text));
    dr_keep_complaint(message);
    free(message);
    free(text);
}

void dr_keep_complaint(const char *message)
{
    if (!complaint_kept)
        complaint_kept = dr_copy_string(message);
}

void dr_print_failure(int status)
{
    static const char *const errors[] = {[DR_EXIT_FAILED] = "Drrun.Failed",
                                         [DR_EXIT_USAGE] = "Drrun.Usage",
                                         [DR_EXIT_INVALID] = "Drrun.Invalid",
                                         [DR_EXIT_SYSTEM] = "Drrun.System",
                                         [DR_EXIT_INTERRUPTED] = "Drrun.Interrupted"};
    if (dr_globals.json && !printed && status > 0 && (size_t)status < sizeof errors / sizeof *errors) {
        json_t *document = json_pack("{s:s,s:s*}", "error", errors[status], "cause", complaint_kept);
        dr_print_json(document);
        json_decref(document);
    }
    free(complaint_kept);
    complaint_kept = NULL;
}

int dr_complain_problem(struct dr_problem *problem)
{
    dr_complain("%s", problem->message ? problem->message : "unknown problem");
    int status = problem->kind == DR_PROBLEM_MISSING ? DR_EXIT_USAGE : DR_EXIT_SYSTEM;
    dr_problem_done(problem);
    return status;
}

void dr_print_diagnostics(struct dr_diagnostics *found)
{
    struct dr_text text = {0};
    dr_diagnostics_sort(found);
    for (size_t i = 0; i < found->count; i++)
        dr_diagnostic_render(&text, &found->items[i], dr_color(2));
    if (text.size > 0)
        dr_write_all(2, text.bytes, text.size);
    dr_text_done(&text);
}

json_t *dr_diagnostic_json(const struct dr_diagnostic *diagnostic)
{
    static const char *const severities[] = {[DR_ERROR] = "error", [DR_WARNING] = "warning", [DR_NOTE] = "note"};
    json_t *object =
        json_pack("{s:s,s:s?,s:s?,s:i,s:i,s:s?,s:s?,s:s?}", "severity", severities[diagnostic->severity], "code",
                  diagnostic->code, "file", diagnostic->place.source ? diagnostic->place.source->name : NULL, "line",
                  (int)diagnostic->place.line, "column", (int)diagnostic->place.column, "pointer", diagnostic->pointer,
                  "message", diagnostic->message, "hint", diagnostic->hint);
    return object ? object : json_object();
}

void dr_print_findings(struct dr_diagnostics *found, bool valid)
{
    dr_print_diagnostics(found);
    if (dr_globals.json && !valid) {
        json_t *list = json_array();
        for (size_t i = 0; i < found->count; i++)
            json_array_append_new(list, dr_diagnostic_json(&found->items[i]));
        json_t *document = json_pack("{s:b,s:o}", "valid", 0, "diagnostics", list);
        dr_print_json(document);
        json_decref(document);
    }
    dr_diagnostics_done(found);
    *found = (struct dr_diagnostics){0};
}

bool dr_confirm(const char *question)
{
    char line[64];
    if (!isatty(0) || !isatty(2))
        return false;
    fprintf(stderr, "%s [y/N] ", question);
    return fgets(line, sizeof line, stdin) && (line[0] == 'y' || line[0] == 'Y');
}
