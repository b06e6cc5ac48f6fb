#include "tests/support/lab.h"

#include "tests/support/caller.h"

#include "interpreter/base/text.h"
#include "interpreter/runtime/virtual.h"
#include "providers/aws/integration/integration.h"
#include "providers/aws/integration/secret_source.h"
#include "providers/provider.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define START_MS INT64_C(1767225600000) /* 2026-01-01T00:00:00Z */

/* ----- The scripted service
 * ----------------------------------------------------------------------------------------------- */

static const json_t *next_answer(struct dr_lab_service *service, const char *what, const char *body, size_t body_size)
{
    json_array_append_new(service->requests, json_string(what));
    json_array_append_new(service->bodies, body ? json_stringn(body, body_size) : json_null());
    if (service->log) {
        int fd = open(service->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        char *line = dr_format("%s\n", what);
        if (fd >= 0 && write(fd, line, strlen(line)) < 0)
            abort();
        close(fd);
        free(line);
    }
    if (service->die_at > 0 && json_array_size(service->requests) == service->die_at)
        _exit(9);
    if (json_is_object(service->answers))
        return json_object_get(service->answers, what);
    size_t count = json_array_size(service->answers);
    if (count == 0)
        return NULL;
    const json_t *answer = json_array_get(service->answers, service->taken < count ? service->taken : count - 1);
    service->taken++;
    return answer;
}

static int64_t delay_of(const json_t *answer)
{
    int64_t delay = json_integer_value(json_object_get(answer, "delay"));
    return delay < 0 ? INT64_MAX : delay;
}

static char body_text[1 << 20];
static struct dr_http_header header_list[32];

/* The answer's own headers, after `count` that are there. */
static size_t add_headers(const json_t *answer, size_t count)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)json_object_get(answer, "headers"), name, value)
    {
        if (count < sizeof header_list / sizeof *header_list)
            header_list[count++] = (struct dr_http_header){name, json_string_value(value)};
    }
    return count;
}

static bool answer_http(void *data, const struct dr_http_request *request, int64_t now_ms,
                        struct dr_http_response *response, int64_t *ret_delay_ms)
{
    struct dr_lab_service *service = data;
    (void)now_ms;
    char *what = dr_format("%s %s", request->method, request->url);
    const json_t *answer = next_answer(service, what, request->body, request->body_size);
    free(what);
    const char *reach = json_string_value(json_object_get(answer, "reach"));
    const json_t *body = json_object_get(answer, "body");
    size_t headers = 0;
    *ret_delay_ms = delay_of(answer);
    if (reach) {
        response->reach = strcmp(reach, "sent") == 0 ? DR_REACH_SENT : DR_REACH_NOTHING;
        response->problem = "the connection broke";
        return true;
    }
    response->reach = DR_REACH_ANSWER;
    response->status =
        answer && json_object_get(answer, "status") ? (int)json_integer_value(json_object_get(answer, "status")) : 200;
    response->status_text = response->status < 300 ? "OK" : "Error";
    if (json_is_string(body)) {
        response->body = json_string_value(body);
        response->body_size = json_string_length(body);
    } else if (body) {
        struct dr_text text = {0};
        dr_text_json(&text, body, sizeof body_text - 1);
        memcpy(body_text, text.bytes, text.size);
        response->body = body_text;
        response->body_size = text.size;
        header_list[headers++] = (struct dr_http_header){"Content-Type", "application/json"};
        dr_text_done(&text);
    }
    response->headers = header_list;
    response->header_count = add_headers(answer, headers);
    return true;
}

static bool answer_process(void *data, const struct dr_process_request *request, int64_t now_ms,
                           struct dr_process_result *result, int64_t *ret_delay_ms)
{
    struct dr_lab_service *service = data;
    (void)now_ms;
    struct dr_text what = {0};
    for (size_t i = 0; request->argv[i]; i++)
        dr_text_printf(&what, "%s%s", i > 0 ? " " : "", request->argv[i]);
    const json_t *answer = next_answer(service, what.bytes, NULL, 0);
    dr_text_done(&what);
    const json_t *output = json_object_get(answer, "output"), *errors = json_object_get(answer, "errors");
    *ret_delay_ms = delay_of(answer);
    result->exit_status = (int)json_integer_value(json_object_get(answer, "exit"));
    if (json_is_string(output)) {
        result->output = json_string_value(output);
        result->output_size = json_string_length(output);
    }
    if (json_is_string(errors)) {
        result->errors = json_string_value(errors);
        result->errors_size = json_string_length(errors);
    }
    return true;
}

/* ----- One execution
 * --------------------------------------------------------------------------------------------------------- */

struct session {
    struct dr_lab *lab;
    struct dr_runtime *runtime;
    struct dr_execution *execution;
    json_t *trace;
    bool interrupted;
    size_t beats; /* messages of the inbox up to here gave their heartbeat */
};

static void keep_trace(void *data, const struct dr_notice *notice)
{
    struct session *session = data;
    if (session->lab->notice)
        session->lab->notice(session->lab->notice_data, notice);
    if (notice->kind != DR_NOTICE_STATE_EXITED)
        return;
    json_t *entry =
        json_pack("{s:s,s:O,s:O}", "exit", notice->state->name, "input", notice->input, "output", notice->output);
    if (notice->assigned && json_object_size(notice->assigned) > 0)
        json_object_set(entry, "assigned", (json_t *)(uintptr_t)notice->assigned);
    json_array_append_new(session->trace, entry);
}

static void ctrl_c(void *data)
{
    struct session *session = data;
    session->interrupted = true;
}

/* So that the loop turns when a message is due. */
static void message_due(void *data)
{
    (void)data;
}

static void set_inbox_timers(struct session *session)
{
    struct dr_runtime *runtime = session->runtime;
    size_t i;
    json_t *message;
    json_array_foreach((json_t *)(uintptr_t)session->lab->inbox, i, message)
    {
        int64_t at_ms =
            dr_execution_started_ms(session->execution) + json_integer_value(json_object_get(message, "at"));
        if (at_ms > runtime->ops->now_ms(runtime))
            runtime->ops->timer(runtime, at_ms, message_due, NULL);
    }
}

static void note_token(void *data, const struct dr_activity *activity)
{
    if (activity->awaits_answer)
        json_array_append_new(data, json_string(activity->token));
}

static void answer_all(struct dr_execution *execution, json_t *output)
{
    json_t *tokens = json_array();
    dr_execution_activities(execution, note_token, tokens);
    for (size_t i = 0; i < json_array_size(tokens); i++)
        dr_execution_answer(execution, json_string_value(json_array_get(tokens, i)), json_incref(output), NULL);
    json_decref(tokens);
}

/* Between two turns, as the command line does. What nothing waits for is let be. */
static void take_inbox(struct session *session)
{
    struct dr_execution *execution = session->execution;
    int64_t now_ms = session->runtime->ops->now_ms(session->runtime) - dr_execution_started_ms(execution);
    size_t i;
    json_t *message;
    json_array_foreach((json_t *)(uintptr_t)session->lab->inbox, i, message)
    {
        const char *token = json_string_value(json_object_get(message, "token"));
        json_t *output = json_object_get(message, "output"), *error = json_object_get(message, "error");
        if (token && strcmp(token, "*") == 0) {
            if (i >= session->beats && json_integer_value(json_object_get(message, "at")) <= now_ms) {
                session->beats = i + 1;
                answer_all(execution, output);
            }
            continue;
        }
        bool beat = json_is_true(json_object_get(message, "heartbeat"));
        if (json_integer_value(json_object_get(message, "at")) > now_ms)
            continue;
        if (beat && i >= session->beats) {
            session->beats = i + 1;
            dr_execution_heartbeat(execution, token);
        }
        if (error)
            dr_execution_answer(execution, token, NULL,
                                &(struct dr_error){.error = (char *)(uintptr_t)json_string_value(error)});
        else if (output)
            dr_execution_answer(execution, token, json_incref(output), NULL);
    }
}

static void open_session(struct session *session, struct dr_lab *lab, struct dr_journal *journal)
{
    static const struct dr_virtual_script script = {.http = answer_http, .process = answer_process};
    *session = (struct session){.lab = lab, .trace = json_array()};
    session->runtime = dr_runtime_virtual_new(1, lab->start_ms ? lab->start_ms : START_MS);
    if (lab->script)
        dr_runtime_virtual_answer(session->runtime, lab->script, lab->script_data);
    else
        dr_runtime_virtual_answer(session->runtime, &script, &lab->service);
    session->execution =
        dr_execution_new(&(struct dr_execution_options){.store = lab->store,
                                                        .journal = journal,
                                                        .runtime = session->runtime,
                                                        .catalogue = lab->catalogue,
                                                        .observer = {.notice = keep_trace, .data = session},
                                                        .secrets = session->lab->secrets,
                                                        .snapshot_records = session->lab->snapshot_records});
}

static json_t *finish_session(struct session *session)
{
    struct dr_execution *execution = session->execution;
    struct dr_runtime *runtime = session->runtime;
    if (session->lab->interrupt_at_ms > 0)
        runtime->ops->timer(runtime, dr_execution_started_ms(execution) + session->lab->interrupt_at_ms, ctrl_c,
                            session);
    unsigned turns = 0;
    set_inbox_timers(session);
    do {
        if (session->interrupted)
            dr_execution_interrupt(execution, !session->lab->leave_at_once);
        take_inbox(session);
    } while (dr_execution_turn(execution) && ++turns != session->lab->stop_after_turns);
    const struct dr_error *error = dr_execution_error(execution);
    enum dr_status status = dr_execution_status(execution);
    json_t *result = json_pack("{s:s}", "status", dr_status_name(status));
    if (status == DR_SUCCEEDED)
        json_object_set(result, "output", (json_t *)(uintptr_t)dr_execution_output(execution));
    if (error->error && *error->error)
        json_object_set_new(result, "error", json_string(error->error));
    if (error->cause)
        json_object_set_new(result, "cause", json_string(error->cause));
    json_object_set_new(result, "trace", session->trace);
    json_object_set_new(result, "durationMs",
                        json_integer(dr_execution_last_ms(execution) - dr_execution_started_ms(execution)));
    json_object_set(result, "requests", session->lab->service.requests);
    json_object_set(result, "bodies", session->lab->service.bodies);
    json_object_set(result, "metrics", (json_t *)(uintptr_t)dr_execution_metrics(execution));
    json_object_set_new(result, "transitions", json_integer((json_int_t)dr_execution_transitions(execution)));
    json_object_set_new(result, "turns", json_integer(turns));
    json_object_set_new(result, "paused", json_integer((json_int_t)dr_execution_paused(execution)));
    if (dr_execution_problem(execution)->message)
        json_object_set_new(result, "problem", json_string(dr_execution_problem(execution)->message));
    dr_execution_free(execution);
    runtime->ops->free(runtime);
    return result;
}

static const char *aws_environment(const char *name)
{
    static const char *const variables[][2] = {
        {"AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"},
        {"AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"},
        {"AWS_REGION", "eu-west-1"},
        {"AWS_EC2_METADATA_DISABLED", "true"},
    };
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        if (strcmp(variables[i][0], name) == 0)
            return variables[i][1];
    return NULL;
}

/* The bundled models alone, whatever is installed beside: below the build folder, as this program is. */
char *dr_lab_models(void)
{
    char self[4096];
    ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
    self[size > 0 ? size : 0] = '\0';
    for (char *slash; (slash = strrchr(self, '/')) != NULL;) {
        *slash = '\0';
        char *folder = dr_format("%s/share/drrun/models", self);
        if (access(folder, R_OK) == 0)
            return folder;
        free(folder);
    }
    return NULL;
}

static void add_aws(struct dr_lab *lab)
{
    char *folder = dr_lab_models();
    const char *const folders[] = {folder, NULL};
    lab->aws_shared =
        dr_aws_new(&(struct dr_aws_options){.environment = aws_environment, .model_folders = folder ? folders : NULL});
    free(folder);
    lab->aws_resolver = dr_aws_resolver_new(lab->aws_shared);
    dr_catalogue_set_resolver(lab->catalogue, lab->aws_resolver);
    lab->secrets = lab->aws_secrets = dr_aws_secret_source_new(lab->aws_shared);
    dr_catalogue_add_folder(lab->catalogue, "providers/aws/actions");
}

static void prepare(struct dr_lab *lab)
{
    if (!lab->catalogue) {
        lab->catalogue = dr_catalogue_new(lab->callers ? dr_lab_primitives() : dr_primitives());
        dr_catalogue_set_resolver(lab->catalogue, lab->resolver);
        if (lab->actions)
            dr_catalogue_add_folder(lab->catalogue, lab->actions);
        if (lab->aws)
            add_aws(lab);
    }
    if (!lab->service.requests)
        lab->service.requests = json_array();
    if (!lab->service.bodies)
        lab->service.bodies = json_array();
    if (!lab->id)
        lab->id = "lab";
}

static json_t *invalid(struct dr_diagnostics *found)
{
    json_t *list = json_array();
    dr_diagnostics_sort(found);
    for (size_t i = 0; i < found->count; i++) {
        char *line = dr_format("%u:%u: %s", (unsigned)found->items[i].place.line,
                               (unsigned)found->items[i].place.column, found->items[i].message);
        json_array_append_new(list, json_string(line));
        free(line);
    }
    dr_diagnostics_done(found);
    return json_pack("{s:o}", "invalid", list);
}

static json_t *problem_result(struct dr_problem *problem)
{
    json_t *result = json_pack("{s:s}", "problem", problem->message ? problem->message : "unknown");
    dr_problem_done(problem);
    return result;
}

/* From a file, because only then are actions looked up on the action path. */
static struct dr_program *load(const char *name, const char *text, struct dr_catalogue *catalogue,
                               struct dr_diagnostics *found)
{
    char folder[] = "/tmp/drrun-lab-XXXXXX";
    if (!mkdtemp(folder))
        abort();
    char *path = dr_format("%s/%s", folder, name);
    FILE *file = fopen(path, "we");
    if (!file || fputs(text, file) < 0 || fclose(file) != 0)
        abort();
    struct dr_program *program = dr_program_load(path, catalogue, found);
    unlink(path);
    rmdir(folder);
    free(path);
    return program;
}

json_t *dr_lab_run(struct dr_lab *lab, const char *name, const char *text, json_t *input)
{
    struct dr_diagnostics found = {0};
    struct dr_problem problem = {0};
    struct dr_journal *journal = NULL;
    struct session session;
    prepare(lab);
    struct dr_program *program = load(name, text, lab->catalogue, &found);
    if (!program)
        return invalid(&found);
    json_t *complete = dr_runbook_input(program->runbook, input, &found);
    if (!complete) {
        dr_program_free(program);
        return invalid(&found);
    }
    dr_diagnostics_done(&found);
    if (!dr_journal_create(lab->store, lab->id, &journal, &problem)) {
        json_decref(complete);
        dr_program_free(program);
        return problem_result(&problem);
    }
    open_session(&session, lab, journal);
    dr_execution_start(session.execution, program, complete,
                       &(struct dr_execution_identity){.id = lab->id, .seed = 42});
    json_decref(complete);
    json_t *result = finish_session(&session);
    dr_program_free(program);
    return result;
}

json_t *dr_lab_resume(struct dr_lab *lab)
{
    struct dr_problem problem = {0};
    struct dr_journal *journal = NULL;
    struct session session;
    prepare(lab);
    if (!dr_journal_open(lab->store, lab->id, &journal, &problem))
        return problem_result(&problem);
    open_session(&session, lab, journal);
    if (!dr_execution_replay(session.execution, DR_REPLAY_QUICK, &problem)) {
        dr_execution_free(session.execution);
        session.runtime->ops->free(session.runtime);
        json_decref(session.trace);
        return problem_result(&problem);
    }
    if (dr_execution_status(session.execution) == DR_FAILED_STATUS)
        dr_execution_redrive(session.execution);
    if (dr_execution_status(session.execution) == DR_RUNNING)
        dr_execution_resume(session.execution, &(struct dr_execution_identity){0});
    return finish_session(&session);
}

void dr_lab_done(struct dr_lab *lab)
{
    dr_catalogue_free(lab->catalogue);
    dr_aws_secret_source_free(lab->aws_secrets);
    dr_aws_resolver_free(lab->aws_resolver);
    dr_aws_free(lab->aws_shared);
    json_decref(lab->service.requests);
    json_decref(lab->service.bodies);
    *lab = (struct dr_lab){0};
}

/* ----- Data from outside
 * -------------------------------------------------------------------------------------------------------- */

char *dr_lab_vectors(const char *file)
{
    const char *folder = getenv("DRRUN_VECTORS");
    char *path = dr_format("%s/%s", folder && *folder ? folder : "../shared/vectors", file);
    if (access(path, R_OK) == 0)
        return path;
    free(path);
    return NULL;
}

json_t *dr_lab_load(const char *path)
{
    FILE *file = fopen(path, "re");
    struct dr_text text = {0};
    char block[65536];
    size_t size;
    if (!file)
        return NULL;
    while ((size = fread(block, 1, sizeof block, file)) > 0)
        dr_text_add(&text, block, size);
    fclose(file);
    json_t *value = dr_json_parse(text.bytes ? text.bytes : "", text.size, NULL);
    dr_text_done(&text);
    return value;
}
