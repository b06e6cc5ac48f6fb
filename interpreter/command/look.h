/* Looking at an execution without touching it: what show, history, stop, approve and deny share. */
#ifndef DRRUN_COMMAND_LOOK_H
#define DRRUN_COMMAND_LOOK_H

#include "interpreter/command/command.h"
#include "interpreter/engine/execution.h"

struct dr_look {
    struct dr_store *store;
    struct dr_catalogue *catalogue;
    struct dr_runtime *runtime; /* virtual: replays never touch the world */
    struct dr_execution *execution;
    char *id;
};

/* Opens and replays the execution that `word` means (NULL: the newest). With `observer` all of it is told again.
 * Returns -1, or an exit status having complained. Close it either way. */
int dr_look_open(struct dr_look *look, const char *word, const struct dr_observer *observer);
void dr_look_close(struct dr_look *look);

#endif
