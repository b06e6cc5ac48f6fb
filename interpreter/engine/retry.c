/* Which retrier or catcher takes an error, and how long to wait. */
#include "interpreter/engine/tree.h"

#include <math.h>
#include <string.h>

bool dr_error_matches(const char *const *names, size_t count, const char *error, bool heartbeat_lost)
{
    if (strcmp(error, "States.Runtime") == 0) /* never taken, not even by its own name */
        return false;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], error) == 0 || (heartbeat_lost && strcmp(names[i], "States.HeartbeatTimeout") == 0))
            return true;
        if (strcmp(names[i], "States.ALL") == 0 && strcmp(error, "States.DataLimitExceeded") != 0)
            return true;
        if (strcmp(names[i], "States.TaskFailed") == 0 && strcmp(error, "States.Timeout") != 0)
            return true;
    }
    return false;
}

int64_t dr_retry_delay_ms(const struct dr_retrier *retrier, unsigned attempt, struct dr_random *random)
{
    double seconds = retrier->interval_seconds * pow(retrier->backoff_rate, attempt - 1);
    double seconds_max = retrier->delay_max_seconds > 0 ? retrier->delay_max_seconds
                                                        : 31622400; /* a year and a day: no state waits longer */
    if (!(seconds < seconds_max))
        seconds = seconds_max;
    if (retrier->jitter)
        seconds *= dr_random_unit(random);
    return (int64_t)llround(seconds * 1000);
}

bool dr_error_handled_by(const struct dr_branch *branch, const char *error, bool heartbeat_lost)
{
    const struct dr_state *state = branch->state;
    for (size_t i = 0; i < state->retrier_count; i++)
        if (dr_error_matches(state->retriers[i].errors, state->retriers[i].error_count, error, heartbeat_lost) &&
            (branch->tries ? branch->tries[i] : 0) < state->retriers[i].attempts_max)
            return true;
    for (size_t i = 0; i < state->catcher_count; i++)
        if (dr_error_matches(state->catchers[i].errors, state->catchers[i].error_count, error, heartbeat_lost))
            return true;
    return false;
}

bool dr_error_handled_outside(const struct dr_branch *branch, const char *error)
{
    while (branch->frame) {
        branch = branch->frame->owner;
        if (branch->state->kind == DR_MAP && branch->state->map.distributed)
            error = "States.ExceedToleratedFailureThreshold";
        if (dr_error_handled_by(branch, error, false))
            return true;
    }
    return false;
}
