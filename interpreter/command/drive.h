/* Driving an execution from the command line: run and resume end in the same loop, with signals, answers from other
 * processes, and the result. */
#ifndef DRRUN_COMMAND_DRIVE_H
#define DRRUN_COMMAND_DRIVE_H

#include "interpreter/command/progress.h"
#include "interpreter/engine/execution.h"

struct dr_session {
    struct dr_store *store;
    struct dr_catalogue *catalogue;
    struct dr_runtime *runtime;
    struct dr_progress *progress;
    struct dr_sim_cloud *cloud; /* of --simulate=WORLD; NULL: none */
    struct dr_execution *execution;
    char *application_locked; /* owned; to be released at the end */
    bool trace, interrupted;
    int64_t interrupted_ms; /* when */
};

/* Opens store, catalogue and runtime as the global options say. -1, or an exit status having complained. */
int dr_session_open(struct dr_session *session, bool trace);
/* The execution over `journal` (stolen). */
void dr_session_execution(struct dr_session *session, struct dr_journal *journal);
/* Takes the application's lock for this execution. False, having complained. */
bool dr_session_lock(struct dr_session *session, const char *application, const char *id, bool force);
/* Runs it until it ends, pauses or is interrupted; prints the result. Returns an exit status. */
int dr_session_drive(struct dr_session *session);
void dr_session_close(struct dr_session *session);

/* {"executionId", "name", "runbook", "status", "output" | "error" + "cause", "startDate", "stopDate", "metrics"}: a new
 * reference. */
json_t *dr_result_json(const struct dr_execution *execution);

#endif
