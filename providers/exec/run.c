/* exec:run: a command on this machine.
 *
 * The environment is small on purpose, so that a runbook does the same from a terminal, from cron and after a resume:
 * what programs need to work at all (`kept`), what the call says, and DRRUN_* to tell the command what it belongs to.
 */
#include "interpreter/base/octets.h"
#include "interpreter/base/text.h"
#include "providers/provider.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CAUSE_BYTES_MAX = 8 << 10 }; /* of the errors' end: the last lines tell */

static const char *const kept[] = {"PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR"};

/* --- Arguments
 * ---------------------------------------------------------------------------------------------------------------- */

struct texts { /* a NULL-terminated list of owned strings, as exec wants it */
    char **items;
    size_t count;
};

static void add(struct texts *texts, char *text)
{
    texts->items = dr_resize(texts->items, texts->count + 2, sizeof *texts->items);
    texts->items[texts->count++] = text;
    texts->items[texts->count] = NULL;
}

static void texts_done(struct texts *texts)
{
    for (size_t i = 0; i < texts->count; i++) {
        explicit_bzero(texts->items[i], strlen(texts->items[i])); /* a resolved secret may be among them */
        free(texts->items[i]);
    }
    free(texts->items);
}

/* Strings as they are, anything else as JSON. */
static char *text_of(const json_t *value)
{
    struct dr_text text = {0};
    if (json_is_string(value))
        dr_text_puts(&text, json_string_value(value));
    else
        (void)dr_text_json(&text, value, SIZE_MAX);
    return dr_text_take(&text);
}

/* Replaces a variable that is there already. */
static void set_variable(struct texts *environment, const char *name, const char *value)
{
    size_t size = strlen(name);
    char *text = dr_format("%s=%s", name, value);
    for (size_t i = 0; i < environment->count; i++)
        if (strncmp(environment->items[i], name, size) == 0 && environment->items[i][size] == '=') {
            free(environment->items[i]);
            environment->items[i] = text;
            return;
        }
    add(environment, text);
}

static void make_environment(struct texts *environment, const struct dr_call *call)
{
    bool inherit = dr_argument_bool(call, "InheritEnvironment", false);
    for (char **variable = environ; inherit && *variable; variable++)
        add(environment, dr_copy_string(*variable));
    for (size_t i = 0; !inherit && i < sizeof kept / sizeof *kept; i++)
        if (getenv(kept[i]))
            set_variable(environment, kept[i], getenv(kept[i]));
    if (!getenv("PATH"))
        set_variable(environment, "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    set_variable(environment, "DRRUN_EXECUTION_ID", call->execution_id ? call->execution_id : "");
    set_variable(environment, "DRRUN_STATE", call->state_name ? call->state_name : "");
    set_variable(environment, "DRRUN_TOKEN", call->token ? call->token : "");
    const char *name;
    json_t *value, *own = json_object_get(call->arguments, "Environment");
    json_object_foreach(own, name, value)
    {
        char *text = json_is_null(value) ? NULL : text_of(value);
        if (text)
            set_variable(environment, name, text);
        free(text);
    }
}

/* False with *ret_problem if it is not exactly one of Command and Shell. */
static bool make_command(struct texts *argv, const struct dr_call *call, const char **ret_problem)
{
    const json_t *command = json_object_get(call->arguments, "Command");
    const char *shell = dr_argument_string(call, "Shell", NULL);
    *ret_problem = "give either Command, a list with the program and its arguments, or Shell, a script for sh";
    if ((shell != NULL) == (json_array_size(command) > 0))
        return false;
    if (shell) {
        add(argv, dr_copy_string("sh"));
        add(argv, dr_copy_string("-c"));
        add(argv, dr_copy_string(shell));
    }
    for (size_t i = 0; i < json_array_size(command); i++)
        add(argv, text_of(json_array_get(command, i)));
    *ret_problem = "Command's first item, the program, is empty";
    return argv->items[0][0] != '\0';
}

static bool has_nul(const json_t *value)
{
    const char *name;
    json_t *member;
    union {
        const json_t *frozen;
        json_t *iterable;
    } same = {.frozen = value};
    if (json_is_string(value))
        return strlen(json_string_value(value)) != json_string_length(value);
    for (size_t i = 0; i < json_array_size(value); i++)
        if (has_nul(json_array_get(value, i)))
            return true;
    json_object_foreach(same.iterable, name, member) if (json_is_string(member) && has_nul(member)) return true;
    return false;
}

/* --- The end
 * -------------------------------------------------------------------------------------------------------------------
 */

static bool expects(const struct dr_call *call, int exit_status)
{
    const json_t *expected = json_object_get(call->arguments, "ExpectedExit");
    if (!json_is_array(expected))
        return json_is_number(expected) ? json_number_value(expected) - exit_status == 0 : exit_status == 0;
    for (size_t i = 0; i < json_array_size(expected); i++)
        if (json_is_number(json_array_get(expected, i)) &&
            json_number_value(json_array_get(expected, i)) - exit_status == 0)
            return true;
    return false;
}

/* What the command said last, without the line break: on stderr, or else on stdout. */
static char *last_words(const struct dr_process_result *result)
{
    const char *bytes = result->errors_size ? result->errors : result->output;
    size_t size = result->errors_size ? result->errors_size : result->output_size;
    while (size > 0 && (bytes[size - 1] == '\n' || bytes[size - 1] == '\r'))
        size--;
    size_t skipped = size > CAUSE_BYTES_MAX ? size - CAUSE_BYTES_MAX : 0;
    while (skipped > 0 && skipped < size && ((unsigned char)bytes[skipped] & 0xc0) == 0x80)
        skipped++;
    json_t *text = dr_octets_repaired(bytes + skipped, size - skipped);
    char *words = dr_copy_string(json_string_value(text));
    json_decref(text);
    return words;
}

static const char *program(const struct dr_call *call)
{
    const json_t *first = json_array_get(json_object_get(call->arguments, "Command"), 0);
    return json_is_string(first) ? json_string_value(first) : "sh";
}

static json_t *lines_of(const json_t *output)
{
    json_t *lines = json_array();
    const char *at = json_string_value(output), *end = at + json_string_length(output);
    while (at < end) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        size_t size = (size_t)((line_end ? line_end : end) - at);
        size_t kept_size = size > 0 && at[size - 1] == '\r' ? size - 1 : size;
        json_array_append_new(lines, json_stringn_nocheck(at, kept_size));
        at += size + (line_end ? 1 : 0);
    }
    return lines;
}

/* "Result" according to ParseOutput. False having failed the call. */
static bool add_result(struct dr_call *call, const struct dr_process_result *result, json_t *output)
{
    const char *how = dr_argument_string(call, "ParseOutput", "NONE");
    if (strcmp(how, "LINES") == 0)
        json_object_set_new_nocheck(output, "Result", lines_of(json_object_get(output, "Output")));
    if (strcmp(how, "JSON") != 0)
        return true;
    char *problem = NULL;
    json_t *value = result->output_cut ? NULL : dr_json_parse(result->output, result->output_size, &problem);
    if (value)
        json_object_set_new_nocheck(output, "Result", value);
    else
        dr_call_fail(call, "Exec.OutputInvalid", "%s: the output is not JSON: %s", program(call),
                     result->output_cut ? "it is larger than MaxOutputBytes" : problem);
    free(problem);
    return value != NULL;
}

static void succeed(struct dr_call *call, const struct dr_process_result *result)
{
    json_t *output = json_object();
    json_object_set_new_nocheck(output, "ExitCode", json_integer(result->exit_status));
    json_object_set_new_nocheck(output, "Output", dr_octets_repaired(result->output, result->output_size));
    json_object_set_new_nocheck(output, "Errors", dr_octets_repaired(result->errors, result->errors_size));
    if (result->output_cut)
        json_object_set_new_nocheck(output, "OutputTruncated", json_true());
    if (result->errors_cut)
        json_object_set_new_nocheck(output, "ErrorsTruncated", json_true());
    if (add_result(call, result, output))
        dr_call_succeed(call, output);
    else
        json_decref(output);
}

static void fail_unstarted(struct dr_call *call, const char *problem)
{
    size_t size = strlen(program(call));
    const char *missing = strerror(ENOENT);
    bool not_found = strncmp(problem, program(call), size) == 0 && strncmp(problem + size, ": ", 2) == 0 &&
                     strcmp(problem + size + 2, missing) == 0;
    dr_call_fail(call, not_found ? "Exec.NotFound" : "Exec.NotStarted", "%s", problem);
}

static void process_ended(void *data, const struct dr_process_result *result)
{
    struct dr_call *call = data;
    call->data = NULL;
    if (result->problem) {
        fail_unstarted(call, result->problem);
        return;
    }
    if (result->signal == 0 && expects(call, result->exit_status)) {
        succeed(call, result);
        return;
    }
    const char *signal_name = result->signal ? sigabbrev_np(result->signal) : NULL;
    char *name = result->signal == 0 ? dr_format("Exec.ExitStatus.%d", result->exit_status)
                 : signal_name       ? dr_format("Exec.Signal.SIG%s", signal_name)
                                     : dr_format("Exec.Signal.%d", result->signal);
    char *words = last_words(result);
    if (words[0])
        dr_call_fail(call, name, "%s", words);
    else if (result->signal)
        dr_call_fail(call, name, "%s was ended by signal %d", program(call), result->signal);
    else
        dr_call_fail(call, name, "%s exited with status %d and said nothing", program(call), result->exit_status);
    free(words);
    free(name);
}

/* --- The start
 * -------------------------------------------------------------------------------------------------------------------
 */

static enum dr_repeat exec_repeat(const struct dr_primitive *primitive, const json_t *arguments)
{
    (void)primitive;
    const json_t *effect = json_object_get(arguments, "Effect");
    bool reads = json_is_string(effect) && strcmp(json_string_value(effect), "Read") == 0;
    return reads || json_is_true(json_object_get(arguments, "Idempotent")) ? DR_REPEAT_SAFE : DR_REPEAT_NEVER;
}

static char *directory_of(const struct dr_call *call)
{
    const char *directory = dr_argument_string(call, "Directory", NULL);
    if (!directory)
        return dr_copy_string(call->directory);
    if (directory[0] == '/' || !call->directory)
        return dr_copy_string(directory);
    return dr_format("%s/%s", call->directory, directory);
}

static void start_process(struct dr_call *call, const struct texts *argv, const struct texts *environment)
{
    const json_t *given = json_object_get(call->arguments, "Input");
    json_int_t bytes_max = dr_argument_int(call, "MaxOutputBytes", 0);
    char *directory = directory_of(call), *input = NULL;
    struct dr_process_request request = {
        .argv = (const char *const *)argv->items,
        .environment = (const char *const *)environment->items,
        .directory = directory,
        .output_bytes_max = bytes_max > 0 ? (size_t)bytes_max : 0,
    };
    if (json_is_string(given)) {
        request.input = json_string_value(given);
        request.input_size = json_string_length(given);
    } else if (given && !json_is_null(given)) {
        request.input = input = text_of(given);
        request.input_size = strlen(input);
    }
    call->data = call->runtime->ops->process(call->runtime, &request, process_ended, call);
    if (!call->data)
        dr_call_fail(call, call->runtime->ops->simulates(call->runtime) ? "States.Runtime" : "Exec.NotStarted", "%s",
                     dr_runtime_problem(call->runtime));
    free(directory);
    free(input);
}

static void exec_start(struct dr_call *call)
{
    struct texts argv = {0}, environment = {0};
    const char *problem;
    if (!make_command(&argv, call, &problem))
        dr_call_fail(call, "States.Runtime", "%s", problem);
    else if (has_nul(json_object_get(call->arguments, "Command")) ||
             has_nul(json_object_get(call->arguments, "Shell")) ||
             has_nul(json_object_get(call->arguments, "Environment")))
        dr_call_fail(call, "States.Runtime", "Command, Shell and Environment cannot contain the character U+0000");
    else {
        make_environment(&environment, call);
        start_process(call, &argv, &environment);
    }
    texts_done(&argv);
    texts_done(&environment);
}

static void exec_cancel(struct dr_call *call)
{
    dr_runtime_cancel(call->runtime, call->data);
    call->data = NULL;
}

static const char arguments[] =
    "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{"
    "\"Command\":{\"type\":\"array\",\"items\":{\"type\":[\"string\",\"number\",\"boolean\"]},\"description\":\"The "
    "program, looked up in "
    "PATH, and its arguments; no shell comes between. Either this or Shell\"},"
    "\"Shell\":{\"type\":\"string\",\"description\":\"A script for sh -c. Data does not belong into its text: pass it "
    "in Environment\"},"
    "\"Environment\":{\"type\":\"object\",\"description\":\"Variables; a value that is not a string is passed as JSON. "
    "Besides these there are "
    "PATH, HOME, USER, LOGNAME, LANG, LC_ALL, LC_CTYPE, TZ and TMPDIR as drrun has them, and DRRUN_EXECUTION_ID, "
    "DRRUN_STATE and "
    "DRRUN_TOKEN\"},"
    "\"InheritEnvironment\":{\"type\":\"boolean\",\"default\":false,\"description\":\"Pass on drrun's whole "
    "environment\"},"
    "\"Directory\":{\"type\":\"string\",\"description\":\"Where to run it; relative to the runbook's folder, which is "
    "the default\"},"
    "\"Input\":{\"description\":\"Its standard input: a string as it is, anything else as JSON; default: empty\"},"
    "\"ExpectedExit\":{\"type\":[\"integer\",\"array\"],\"items\":{\"type\":\"integer\"},\"default\":[0],"
    "\"description\":\"The exit statuses that "
    "are success\"},"
    "\"Effect\":{\"type\":\"string\",\"enum\":[\"Read\",\"Write\"],\"default\":\"Write\",\"description\":\"Read: it "
    "changes nothing, so it may be "
    "repeated when its outcome is unknown\"},"
    "\"Idempotent\":{\"type\":\"boolean\",\"default\":false,\"description\":\"It writes, but running it twice is as "
    "good as once: it may be "
    "repeated\"},"
    "\"ParseOutput\":{\"type\":\"string\",\"enum\":[\"NONE\",\"JSON\",\"LINES\"],\"default\":\"NONE\",\"description\":"
    "\"Adds Result: the output "
    "as data, or as a list of lines\"},"
    "\"MaxOutputBytes\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":67108864,\"default\":8388608,\"description\":"
    "\"Kept of the output and of "
    "the errors each; the rest is dropped\"}}}";

static const char output[] =
    "{\"type\":\"object\",\"required\":[\"ExitCode\",\"Output\",\"Errors\"],\"properties\":{"
    "\"ExitCode\":{\"type\":\"integer\"},"
    "\"Output\":{\"type\":\"string\",\"description\":\"What it wrote to stdout; bytes that are not UTF-8 are U+FFFD\"},"
    "\"Errors\":{\"type\":\"string\",\"description\":\"What it wrote to stderr\"},"
    "\"OutputTruncated\":{\"type\":\"boolean\",\"description\":\"true if stdout exceeded MaxOutputBytes\"},"
    "\"ErrorsTruncated\":{\"type\":\"boolean\"},"
    "\"Result\":{\"description\":\"With ParseOutput\"}}}";

const struct dr_primitive dr_exec_run = {
    .resource =
        {
            .kind = DR_RESOURCE_PRIMITIVE,
            .name = "exec:run",
            .summary = "Run a command on this machine and return its output.",
            .effect = DR_EFFECT_WRITE,
            .arguments = arguments,
            .output = output,
            .errors = "Exec.ExitStatus.N  it exited with status N, which is not in ExpectedExit; the cause is the end "
                      "of its errors\n"
                      "Exec.Signal.SIGNAME  a signal ended it\n"
                      "Exec.NotFound  there is no such program\n"
                      "Exec.NotStarted  it could not be started: no permission, no such folder\n"
                      "Exec.OutputInvalid  the output is not what ParseOutput says\n"
                      "States.Runtime  an argument cannot be used, or time is virtual and the command is not simulated",
            .undo = "none: what a command did is known only to the command",
        },
    .repeat = exec_repeat,
    .local = true, /* through the runtime only */
    .start = exec_start,
    .cancel = exec_cancel,
};
