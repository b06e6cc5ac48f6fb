/* Timers: a binary heap of branches by due time; a branch has at most one. Ties go to the lower branch id, so that runs
 * are repeatable. */
#include "interpreter/engine/tree.h"

static bool earlier(const struct dr_branch *a, const struct dr_branch *b)
{
    return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : a->id < b->id;
}

static void place(struct dr_execution *execution, size_t index, struct dr_branch *branch)
{
    execution->timers[index] = branch;
    branch->timer = index + 1;
}

static void sift_up(struct dr_execution *execution, size_t index)
{
    struct dr_branch *branch = execution->timers[index];
    while (index > 0 && earlier(branch, execution->timers[(index - 1) / 2])) {
        place(execution, index, execution->timers[(index - 1) / 2]);
        index = (index - 1) / 2;
    }
    place(execution, index, branch);
}

static void sift_down(struct dr_execution *execution, size_t index)
{
    struct dr_branch *branch = execution->timers[index];
    for (;;) {
        size_t child = 2 * index + 1;
        if (child + 1 < execution->timer_count && earlier(execution->timers[child + 1], execution->timers[child]))
            child++;
        if (child >= execution->timer_count || !earlier(execution->timers[child], branch))
            break;
        place(execution, index, execution->timers[child]);
        index = child;
    }
    place(execution, index, branch);
}

void dr_timer_clear(struct dr_execution *execution, struct dr_branch *branch)
{
    branch->due_ms = DR_TIME_NONE;
    if (branch->timer == 0)
        return;
    size_t index = branch->timer - 1;
    branch->timer = 0;
    struct dr_branch *last = execution->timers[--execution->timer_count];
    if (last == branch)
        return;
    place(execution, index, last);
    sift_down(execution, index);
    sift_up(execution, last->timer - 1);
}

void dr_timer_set(struct dr_execution *execution, struct dr_branch *branch, int64_t due_ms)
{
    dr_timer_clear(execution, branch);
    branch->due_ms = due_ms;
    if (due_ms == DR_TIME_NONE)
        return;
    if (execution->timer_count == execution->timer_capacity) {
        execution->timer_capacity = execution->timer_capacity ? 2 * execution->timer_capacity : 16;
        execution->timers = dr_resize(execution->timers, execution->timer_capacity, sizeof *execution->timers);
    }
    place(execution, execution->timer_count++, branch);
    sift_up(execution, execution->timer_count - 1);
}

struct dr_branch *dr_timer_due(struct dr_execution *execution, int64_t now_ms)
{
    if (execution->timer_count == 0 || execution->timers[0]->due_ms > now_ms)
        return NULL;
    struct dr_branch *branch = execution->timers[0];
    int64_t due_ms = branch->due_ms;
    dr_timer_clear(execution, branch);
    branch->due_ms = due_ms;
    return branch;
}

int64_t dr_timer_next(const struct dr_execution *execution)
{
    return execution->timer_count > 0 ? execution->timers[0]->due_ms : DR_TIME_NONE;
}
