#include "interpreter/command/drive.h"

#include "interpreter/base/clock.h"
#include "interpreter/command/command.h"
#include "interpreter/command/simulation.h"
#include "interpreter/runtime/real.h"
#include "providers/aws/client/client.h"
#include "providers/simulated/cloud.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define SAME_SIGNAL_MS                                                                                                 \
    250 /* a wrapper (timeout, npm, a shell script) may pass on the Ctrl-C that the terminal sent us too */
#define INBOX_POLL_MS 500 /* where the store cannot tell when something arrives */

/* A question to the person at the terminal. */
static void say_above(void *progress, const char *line)
{
    dr_progress_say(progress, "%s\n", line);
}

int dr_session_open(struct dr_session *session, bool trace)
{
    int status = DR_EXIT_SYSTEM;
    char *problem = NULL;
    session->trace = trace;
    session->store = dr_globals.simulated ? dr_store_memory() : dr_open_store(true);
    if (!session->store)
        return status;
    if (dr_globals.simulated) {
        session->runtime = dr_simulation_open(dr_globals.simulate ? dr_globals.simulate : "", &session->cloud, &status);
        if (!session->runtime)
            return status;
    } else {
        session->runtime = dr_runtime_real_new(&problem);
    }
    if (!session->runtime) {
        dr_complain("%s", problem ? problem : "the runtime cannot be set up");
        free(problem);
        return status;
    }
    session->catalogue = dr_open_catalogue();
    session->progress = dr_progress_new(trace);
    if (!dr_globals.quiet)
        dr_aws_credentials_say(dr_aws_credentials(dr_open_aws()), say_above, session->progress);
    return -1;
}

void dr_session_execution(struct dr_session *session, struct dr_journal *journal)
{
    session->execution = dr_execution_new(&(struct dr_execution_options){
        .store = session->store,
        .journal = journal,
        .runtime = session->runtime,
        .catalogue = session->catalogue,
        .observer = dr_progress_observer(session->progress),
        .secrets = dr_open_secrets(),
    });
}

bool dr_session_lock(struct dr_session *session, const char *application, const char *id, bool force)
{
    char *owner = NULL;
    struct dr_problem problem = {0};
    if (!application || dr_globals.simulated)
        return true;
    if (dr_store_lock_application(session->store, application, id, force, &owner, &problem)) {
        session->application_locked = dr_copy_string(application);
        return true;
    }
    if (problem.kind == DR_PROBLEM_LOCKED && owner)
        dr_complain("execution %s is changing application \"%s\": two at once are not allowed. Finish it ('drrun "
                    "resume %s'), end it ('drrun stop %s'), or take the "
                    "application over with --force",
                    owner, application, owner, owner);
    else
        dr_complain("%s", problem.message ? problem.message : "the application cannot be locked");
    dr_problem_done(&problem);
    free(owner);
    return false;
}

void dr_session_close(struct dr_session *session)
{
    /* An interrupted execution goes on owning its application. */
    if (session->application_locked && session->execution && dr_execution_status(session->execution) != DR_RUNNING)
        dr_store_unlock_application(session->store, session->application_locked, dr_execution_id(session->execution));
    free(session->application_locked);
    dr_execution_free(session->execution);
    dr_aws_credentials_say(dr_aws_credentials(dr_open_aws()), NULL, NULL);
    dr_progress_free(session->progress);
    dr_catalogue_free(session->catalogue);
    if (session->runtime)
        session->runtime->ops->free(session->runtime);
    dr_sim_cloud_free(session->cloud);
    dr_store_free(session->store);
    *session = (struct dr_session){0};
}

/* ----- Answers from other processes
 * --------------------------------------------------------------------------------------------- */

struct inbox {
    struct dr_session *session;
    bool look;
    struct dr_handle *watch, *timer;
    char **names; /* applied, to be removed once durable */
    size_t count;
};

struct approval {
    const char *token;
    const json_t *arguments;
};

static void find_approval(void *data, const struct dr_activity *activity)
{
    struct approval *approval = data;
    if (activity->awaits_answer && (!approval->token || strcmp(approval->token, activity->token) == 0))
        approval->arguments = activity->arguments;
}

/* Whether the runbook lets this person answer: Approvers in the arguments, if it is there. */
static bool may_approve(const struct dr_execution *execution, const char *token, const char *by)
{
    struct approval approval = {.token = token};
    dr_execution_activities(execution, find_approval, &approval);
    const json_t *approvers = json_object_get(approval.arguments, "Approvers");
    for (size_t i = 0; i < json_array_size(approvers); i++)
        if (by && json_is_string(json_array_get(approvers, i)) &&
            strcmp(json_string_value(json_array_get(approvers, i)), by) == 0)
            return true;
    return json_array_size(approvers) == 0;
}

static void take_answer(void *data, const char *name, const json_t *message)
{
    struct inbox *inbox = data;
    struct dr_execution *execution = inbox->session->execution;
    const char *kind = json_string_value(json_object_get(message, "kind"));
    const char *token = json_string_value(json_object_get(message, "token"));
    const char *by = json_string_value(json_object_get(message, "by"));
    const json_t *comment = json_object_get(message, "comment");
    if (kind && (strcmp(kind, "approve") == 0 || strcmp(kind, "deny") == 0) && !may_approve(execution, token, by)) {
        dr_progress_say(inbox->session->progress,
                        "%s is not among the approvers that the runbook names; the answer does not count\n",
                        by ? by : "somebody");
    } else if (kind && strcmp(kind, "approve") == 0) {
        json_t *output = json_object_get(message, "output");
        output = output ? json_incref(output)
                        : json_pack("{s:b,s:s*,s:O*,s:O*}", "Approved", 1, "By", by, "Comment", comment, "At",
                                    json_object_get(message, "at"));
        if (!dr_execution_answer(execution, token, output, NULL))
            dr_progress_say(inbox->session->progress, "an approval came that nothing waits for\n");
    } else if (kind && strcmp(kind, "deny") == 0) {
        struct dr_error error = {0};
        const char *named = json_string_value(json_object_get(message, "error"));
        const char *cause = json_string_value(json_object_get(message, "cause"));
        if (cause)
            dr_error_set(&error, named ? named : "Approval.Denied", "%s", cause);
        else
            dr_error_set(&error, named ? named : "Approval.Denied", "Denied by %s%s%s", by ? by : "somebody",
                         comment ? ": " : "", comment ? json_string_value(comment) : "");
        if (!dr_execution_answer(execution, token, NULL, &error))
            dr_progress_say(inbox->session->progress, "a refusal came that nothing waits for\n");
        dr_error_done(&error);
    } else if (kind && strcmp(kind, "heartbeat") == 0) {
        dr_execution_heartbeat(execution, token);
    } else if (kind && strcmp(kind, "stop") == 0) {
        dr_execution_abort(execution, json_string_value(json_object_get(message, "error")),
                           json_string_value(json_object_get(message, "cause")));
    }
    inbox->names = dr_resize(inbox->names, inbox->count + 1, sizeof *inbox->names);
    inbox->names[inbox->count++] = dr_copy_string(name);
}

static void arrived(void *data, int fd, unsigned ready)
{
    struct inbox *inbox = data;
    (void)fd;
    (void)ready;
    inbox->look = true;
}

static void poll_inbox(void *data)
{
    struct inbox *inbox = data;
    struct dr_runtime *runtime = inbox->session->runtime;
    inbox->look = true;
    inbox->timer = runtime->ops->timer(runtime, runtime->ops->now_ms(runtime) + INBOX_POLL_MS, poll_inbox, inbox);
}

static void open_inbox(struct inbox *inbox, struct dr_session *session)
{
    struct dr_runtime *runtime = session->runtime;
    *inbox = (struct inbox){.session = session, .look = true};
    if (dr_globals.simulated)
        return;
    int fd = dr_store_inbox_fd(session->store, dr_execution_id(session->execution));
    inbox->watch = fd >= 0 ? runtime->ops->watch(runtime, fd, DR_READABLE, arrived, inbox) : NULL;
    if (!inbox->watch)
        inbox->timer = runtime->ops->timer(runtime, runtime->ops->now_ms(runtime) + INBOX_POLL_MS, poll_inbox, inbox);
}

static void look_into_inbox(struct inbox *inbox)
{
    struct dr_problem problem = {0};
    const char *id = dr_execution_id(inbox->session->execution);
    if (inbox->look && !dr_store_inbox(inbox->session->store, id, take_answer, inbox, &problem))
        dr_complain("%s", problem.message ? problem.message : "the inbox cannot be read");
    dr_problem_done(&problem);
    inbox->look = false;
}

/* Their records are durable now. */
static void forget_answers(struct inbox *inbox)
{
    for (size_t i = 0; i < inbox->count; i++) {
        dr_store_inbox_done(inbox->session->store, dr_execution_id(inbox->session->execution), inbox->names[i]);
        free(inbox->names[i]);
    }
    inbox->count = 0;
}

static void close_inbox(struct inbox *inbox)
{
    struct dr_runtime *runtime = inbox->session->runtime;
    forget_answers(inbox);
    runtime->ops->cancel(runtime, inbox->watch);
    runtime->ops->cancel(runtime, inbox->timer);
    free(inbox->names);
}

/* ----- The loop
 * ---------------------------------------------------------------------------------------------------------------------
 */

static void take_signal(struct dr_session *session)
{
    static const char *const names[] = {
        [SIGINT] = "Interrupted", [SIGTERM] = "SIGTERM", [SIGHUP] = "The terminal closed"};
    int number = session->runtime->ops->signal(session->runtime);
    if (number == 0)
        return;
    int64_t now_ms = session->runtime->ops->now_ms(session->runtime);
    bool again = session->interrupted;
    if (again && now_ms - session->interrupted_ms < SAME_SIGNAL_MS)
        return;
    session->interrupted_ms = now_ms;
    session->interrupted = true;
    dr_execution_interrupt(session->execution, !again);
    const char *name = number == SIGINT || number == SIGTERM || number == SIGHUP ? names[number] : "Signal";
    if (again)
        dr_progress_say(session->progress, "%s again: leaving now. Everything up to here is recorded.\n", name);
    else if (dr_execution_calls(session->execution) > 0)
        dr_progress_say(session->progress,
                        "%s: stopping when what cannot be cut off has ended. Again: leaves at once.\n", name);
    else
        dr_progress_say(session->progress, "%s: stopping at a checkpoint.\n", name);
}

json_t *dr_result_json(const struct dr_execution *execution)
{
    char started[DR_TIME_TEXT], stopped[DR_TIME_TEXT];
    const struct dr_error *error = dr_execution_error(execution);
    enum dr_status status = dr_execution_status(execution);
    json_t *result =
        json_pack("{s:s,s:s,s:s,s:s}", "executionId", dr_execution_id(execution), "name", dr_execution_name(execution),
                  "runbook", dr_execution_program(execution)->runbook->name, "status", dr_status_name(status));
    if (status == DR_SUCCEEDED)
        json_object_set(result, "output", (json_t *)(uintptr_t)dr_execution_output(execution));
    if (error->error && *error->error)
        json_object_set_new(result, "error", json_string(error->error));
    if (error->cause)
        json_object_set_new(result, "cause", json_string(error->cause));
    json_object_set_new(result, "startDate", json_string(dr_time_format(started, dr_execution_started_ms(execution))));
    if (dr_execution_stopped_ms(execution) > 0)
        json_object_set_new(result, "stopDate",
                            json_string(dr_time_format(stopped, dr_execution_stopped_ms(execution))));
    json_object_set(result, "metrics", (json_t *)(uintptr_t)dr_execution_metrics(execution));
    return result;
}

static bool print_result(const struct dr_session *session)
{
    const struct dr_execution *execution = session->execution;
    if (!dr_globals.json)
        return dr_execution_status(execution) != DR_SUCCEEDED || dr_print_json(dr_execution_output(execution));
    json_t *result = dr_result_json(execution);
    if (session->trace)
        json_object_set(result, "trace", (json_t *)(uintptr_t)dr_progress_trace(session->progress));
    bool printed = dr_print_json(result);
    json_decref(result);
    return printed;
}

static void print_paused(void *data, const struct dr_activity *activity)
{
    const char *id = data;
    if (strcmp(activity->phase, "paused") != 0)
        return;
    dr_say("  %s: %s\n", activity->path,
           activity->error && activity->error->cause ? activity->error->cause : "the outcome is not known");
    dr_say("  Look whether it took effect, then one of\n    drrun resume %s --unknown repeat\n    drrun resume %s "
           "--unknown fail\n    drrun resume %s --unknown succeed "
           "[--output JSON]\n",
           id, id, id);
}

/* How to go on, word for word. */
static int print_left(const struct dr_session *session)
{
    const struct dr_execution *execution = session->execution;
    const char *id = dr_execution_id(execution);
    if (dr_execution_paused(execution) > 0) {
        dr_say("A person must say what became of %zu call%s:\n", dr_execution_paused(execution),
               dr_execution_paused(execution) > 1 ? "s" : "");
        dr_execution_activities(execution, print_paused, (void *)(uintptr_t)id);
    } else {
        dr_say("To go on: drrun resume %s\n", id);
    }
    return DR_EXIT_INTERRUPTED;
}

int dr_session_drive(struct dr_session *session)
{
    struct dr_execution *execution = session->execution;
    struct inbox inbox;
    open_inbox(&inbox, session);
    do {
        take_signal(session);
        if (inbox.count > 0)
            forget_answers(&inbox);
        look_into_inbox(&inbox);
    } while (dr_execution_turn(execution));
    const struct dr_problem *problem = dr_execution_problem(execution);
    if (!problem->message)
        close_inbox(&inbox);
    dr_progress_finish(session->progress, execution);
    if (problem->message) {
        dr_complain("%s", problem->message);
        dr_say("Nothing is lost: everything up to the last checkpoint is recorded. To go on: drrun resume %s\n",
               dr_execution_id(execution));
        return DR_EXIT_SYSTEM;
    }
    enum dr_status status = dr_execution_status(execution);
    bool ended_badly = status == DR_FAILED_STATUS || status == DR_TIMED_OUT || status == DR_ABORTED_STATUS;
    if (ended_badly && !dr_globals.simulated) /* a simulation keeps nothing */
        dr_say("To go on from what failed: drrun resume %s\n", dr_execution_id(execution));
    bool printed = print_result(session);
    if (status == DR_RUNNING)
        return print_left(session);
    if (!printed)
        return DR_EXIT_SYSTEM;
    return status == DR_SUCCEEDED ? DR_EXIT_SUCCESS : DR_EXIT_FAILED;
}
