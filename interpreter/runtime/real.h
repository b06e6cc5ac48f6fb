/* The runtime that touches the world: epoll, libcurl's multi handle, pidfds, a signalfd.
 *
 *     struct dr_runtime *runtime = dr_runtime_real_new(&problem);
 *     dr_runtime_real_not_before(runtime, last_journaled_ms);
 *     while (...) { start things; runtime->ops->wait(runtime, INT64_MAX); runtime->ops->signal(runtime); }
 *     dr_runtime_free(runtime);
 *
 * At most one at a time: it blocks SIGINT, SIGTERM and SIGHUP (SIGCHLD too where there are no pidfds), ignores SIGPIPE
 * for the whole process, and raises the soft limit of open files to the hard one; all of that is put back when it is
 * freed, and in the processes that it starts.
 *
 * Freeing it cancels what is under way, and gives the processes that were cancelled their five seconds before it kills
 * them.
 */
#ifndef DRRUN_RUNTIME_REAL_H
#define DRRUN_RUNTIME_REAL_H

#include "interpreter/base/runtime.h"

/* NULL if the system refuses (no descriptors left); `ret_problem` (owned by the caller) then says why. */
struct dr_runtime *dr_runtime_real_new(char **ret_problem) __attribute__((warn_unused_result));

/* Time is never before `time_ms`: for a resumed execution, the last time in its journal, in case the system's clock was
 * set back since. Time then goes on from there, ahead of the system's clock. */
void dr_runtime_real_not_before(struct dr_runtime *runtime, int64_t time_ms);

#endif
