/* credential_process: a program that prints credentials as JSON. It is started as it is written, without a shell.
 * (https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html) */
#include "interpreter/base/text.h"
#include "providers/aws/credentials/source.h"
#include "providers/aws/credentials/words.h"

#include <stdlib.h>
#include <string.h>

enum { PATIENCE_MS = 60000, OUTPUT_BYTES_MAX = 256 << 10, LINE_BYTES_MAX = 200 };

struct process {
    struct dr_aws_search search;
    struct dr_runtime *runtime;
    char *profile, *program, *account_id;
    struct dr_handle *running, *timer;
    dr_aws_finding_fn *fn;
    void *data;
};

static void cancel(struct dr_aws_search *search)
{
    struct process *process = (struct process *)search;
    if (process->running)
        dr_runtime_cancel(process->runtime, process->running);
    if (process->timer)
        dr_runtime_cancel(process->runtime, process->timer);
    free(process->profile);
    free(process->program);
    free(process->account_id);
    free(process);
}

static void answer(struct process *process, struct dr_aws_finding *finding)
{
    dr_aws_finding_fn *fn = process->fn;
    void *data = process->data;
    cancel(&process->search);
    fn(data, finding);
}

static void patience_ended(void *data)
{
    struct process *process = data;
    struct dr_aws_finding finding = {0};
    process->timer = NULL;
    dr_aws_failed(&finding, "the credential_process of the profile \"%s\", %s, took more than %d s", process->profile,
                  process->program, PATIENCE_MS / 1000);
    answer(process, &finding);
}

/* The last line that a program wrote of its errors; never of its output, which may be credentials. Owned by the caller.
 */
static char *last_line(const char *errors, size_t size)
{
    while (size > 0 && (unsigned char)errors[size - 1] <= ' ')
        size--;
    const char *newline = memrchr(errors, '\n', size);
    const char *start = newline ? newline + 1 : errors;
    return dr_aws_one_line(start, (size_t)(errors + size - start), LINE_BYTES_MAX);
}

/* Owned by the caller; NULL: it ended well, and its output may be read. */
static char *how_it_failed(const struct dr_process_result *result)
{
    if (result->problem)
        return dr_copy_string(result->problem);
    if (result->exit_status == 0)
        return result->output_cut ? dr_format("it printed more than %d bytes", OUTPUT_BYTES_MAX) : NULL;
    char *line = last_line(result->errors, result->errors_size);
    char *what = result->signal ? dr_format("it was ended by signal %d%s%s", result->signal, *line ? ": " : "", line)
                                : dr_format("exit status %d%s%s", result->exit_status, *line ? ": " : "", line);
    free(line);
    return what;
}

/* Owned by the caller; NULL: `finding` is FOUND. */
static char *read_output(struct process *process, const struct dr_process_result *result,
                         struct dr_aws_finding *finding)
{
    json_t *document = dr_json_parse(result->output, result->output_size, NULL);
    const json_t *version = json_object_get(document, "Version");
    char *problem = NULL;
    if (!document)
        problem = dr_copy_string("its output is not JSON");
    else if (!json_is_integer(version) || json_integer_value(version) != 1)
        problem = dr_copy_string("of its output, Version is not 1");
    else if (dr_aws_identity_read(document, "SessionToken", &finding->identity, &problem)) {
        finding->kind = DR_AWS_FOUND;
        if (finding->identity.expires_ms <= dr_runtime_now(process->runtime))
            problem = dr_copy_string("it printed credentials that have expired");
        if (!finding->identity.account_id)
            finding->identity.account_id = dr_copy_string(process->account_id);
    } else {
        char *whole = dr_format("its output cannot be used: %s", problem);
        free(problem);
        problem = whole;
    }
    dr_aws_json_wipe(document);
    json_decref(document);
    return problem;
}

static void ended(void *data, const struct dr_process_result *result)
{
    struct process *process = data;
    struct dr_aws_finding finding = {0};
    process->running = NULL;
    char *problem = how_it_failed(result);
    if (!problem)
        problem = read_output(process, result, &finding);
    if (problem)
        dr_aws_failed(&finding, "the credential_process of the profile \"%s\", %s: %s", process->profile,
                      process->program, problem);
    else
        finding.source = dr_format("profile %s (credential_process %s)", process->profile, process->program);
    free(problem);
    answer(process, &finding);
}

struct dr_aws_search *dr_aws_source_process(const struct dr_aws_quest *quest, struct dr_aws_finding *ret_finding,
                                            dr_aws_finding_fn *fn, void *data)
{
    const char *command = dr_aws_settings_get(quest->settings, "profile", quest->profile, "credential_process");
    struct dr_runtime *runtime = quest->runtime;
    struct dr_aws_words words;
    if (!command) {
        dr_aws_nothing(ret_finding, "no credential_process in the profile \"%s\"", quest->profile);
        return NULL;
    }
    const char *problem = dr_aws_words_split(&words, command, strlen(command));
    if (!problem && words.count == 0)
        problem = "it is empty";
    if (problem) {
        dr_aws_failed(ret_finding, "the credential_process of the profile \"%s\": %s", quest->profile, problem);
        dr_aws_words_done(&words);
        return NULL;
    }
    struct process *process = dr_alloc(sizeof *process);
    *process = (struct process){
        .search = {cancel},
        .runtime = runtime,
        .profile = dr_copy_string(quest->profile),
        .program = dr_copy_string(words.items[0]),
        .account_id = dr_copy_string(dr_aws_settings_get(quest->settings, "profile", quest->profile, "aws_account_id")),
        .fn = fn,
        .data = data,
    };
    process->running = runtime->ops->process(
        runtime,
        &(struct dr_process_request){.argv = (const char *const *)words.items, .output_bytes_max = OUTPUT_BYTES_MAX},
        ended, process);
    dr_aws_words_done(&words);
    if (!process->running) {
        dr_aws_failed(ret_finding, "the credential_process of the profile \"%s\" cannot be started: %s", quest->profile,
                      dr_runtime_problem(runtime));
        cancel(&process->search);
        return NULL;
    }
    process->timer = dr_runtime_timer(runtime, dr_runtime_now(runtime) + PATIENCE_MS, patience_ended, process);
    return &process->search;
}
