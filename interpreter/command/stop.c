/* drrun stop: end an execution as ABORTED. */
#include "interpreter/command/drive.h"
#include "interpreter/command/look.h"

#include "interpreter/runtime/real.h"

#include <stdlib.h>
#include <string.h>

static const char *error_argument, *cause_argument;
static const struct dr_option options[] = {
    {.name = "--error", .argument = "NAME", .help = "an error name for the record", .value = &error_argument},
    {.name = "--cause", .argument = "TEXT", .help = "why, for the record", .value = &cause_argument},
    {0},
};

static int stop(const struct dr_words *words);

const struct dr_command dr_command_stop = {
    .name = "stop",
    .synopsis = "ID [--error NAME] [--cause TEXT]",
    .summary = "End an execution as ABORTED, running or interrupted.",
    .help = "Example:\n  drrun stop 20261121-031502-4f2a9c --cause \"failing over by hand\"\n\n"
            "A running process is told and stops at once, cancelling what is under way. To stop and go on later, "
            "interrupt it (Ctrl-C) instead.",
    .options = options,
    .run = stop,
};

static int tell(struct dr_store *store, const char *id)
{
    struct dr_problem problem = {0};
    json_t *message = json_pack("{s:s,s:s*,s:s*,s:s}", "kind", "stop", "error", error_argument, "cause", cause_argument,
                                "by", dr_user());
    bool posted = dr_store_post(store, id, message, &problem);
    json_decref(message);
    if (!posted)
        return dr_complain_problem(&problem);
    dr_say("%s has been told to stop\n", id);
    return DR_EXIT_SUCCESS;
}

/* Nobody runs it: the end is written here. */
static int end_here(struct dr_session *session, const char *id)
{
    struct dr_problem problem = {0};
    struct dr_journal *journal = NULL;
    if (!dr_journal_open(session->store, id, &journal, &problem)) {
        if (problem.kind != DR_PROBLEM_LOCKED)
            return dr_complain_problem(&problem);
        dr_problem_done(&problem); /* somebody resumed it meanwhile */
        return tell(session->store, id);
    }
    dr_session_execution(session, journal);
    if (!dr_execution_replay(session->execution, DR_REPLAY_QUICK, &problem))
        return dr_complain_problem(&problem);
    if (dr_execution_status(session->execution) != DR_RUNNING) {
        dr_complain("execution %s has ended already: %s", id, dr_status_name(dr_execution_status(session->execution)));
        return DR_EXIT_USAGE;
    }
    dr_runtime_real_not_before(session->runtime, dr_execution_last_ms(session->execution));
    dr_execution_abort(session->execution, error_argument, cause_argument);
    if (dr_execution_problem(session->execution)->message) {
        dr_complain("%s", dr_execution_problem(session->execution)->message);
        return DR_EXIT_SYSTEM;
    }
    const char *application = dr_execution_program(session->execution)->runbook->application;
    if (application)
        dr_store_unlock_application(session->store, application, id);
    dr_say("%s is ABORTED\n", id);
    return DR_EXIT_SUCCESS;
}

static int stop(const struct dr_words *words)
{
    struct dr_session session = {0};
    if (words->count != 1)
        return dr_usage(&dr_command_stop, "which execution? Give its id ('drrun list')");
    if (dr_globals.simulated)
        return dr_usage(&dr_command_stop, "a simulated execution cannot be reached from outside");
    int status = dr_session_open(&session, false);
    if (status < 0) {
        char *id = dr_find_execution(session.store, words->items[0], NULL, "");
        if (!id)
            status = DR_EXIT_USAGE;
        else
            status = dr_store_is_running(session.store, id, NULL) ? tell(session.store, id) : end_here(&session, id);
        free(id);
    }
    dr_session_close(&session);
    return status;
}
