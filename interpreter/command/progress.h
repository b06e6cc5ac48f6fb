/* What a person sees of a run, on stderr: live in a terminal, one line an event without one. Nothing is shown before it
 * is durable. Also keeps the trace. */
#ifndef DRRUN_COMMAND_PROGRESS_H
#define DRRUN_COMMAND_PROGRESS_H

#include "interpreter/engine/execution.h"

struct dr_progress;

/* `trace`: keep {"exit", "input", "output", "assigned"} of each state left. */
struct dr_progress *dr_progress_new(bool trace);
struct dr_observer dr_progress_observer(struct dr_progress *progress);
/* Once the execution runs: the live view draws itself from it, with the runtime's timer. */
void dr_progress_attach(struct dr_progress *progress, struct dr_execution *execution, struct dr_runtime *runtime);
/* Says something at once, while it runs: above the live view, if there is one. Not with --quiet. */
void dr_progress_say(struct dr_progress *progress, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Takes the live view down and prints how it ended: verdict, objectives, metrics, and how to go on. */
void dr_progress_finish(struct dr_progress *progress, const struct dr_execution *execution);
const json_t *dr_progress_trace(const struct dr_progress *progress); /* borrowed; NULL without `trace` */
void dr_progress_free(struct dr_progress *progress);

#endif
