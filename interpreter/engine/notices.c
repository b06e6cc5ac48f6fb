/* Telling observers what happened, with the event numbers of Step Functions' history. */
#include "interpreter/engine/tree.h"

static const char *const names[] = {
#define ROW(symbol, name) [DR_NOTICE_##symbol] = name,
#include "interpreter/engine/notices.def"
#undef ROW
};

const char *dr_notice_name(enum dr_notice_kind kind)
{
    return names[kind];
}

const char *dr_status_name(enum dr_status status)
{
    static const char *const statuses[] = {[DR_RUNNING] = "RUNNING",
                                           [DR_SUCCEEDED] = "SUCCEEDED",
                                           [DR_FAILED_STATUS] = "FAILED",
                                           [DR_TIMED_OUT] = "TIMED_OUT",
                                           [DR_ABORTED_STATUS] = "ABORTED"};
    return statuses[status];
}

void dr_notify(struct dr_execution *execution, struct dr_branch *branch, struct dr_notice notice)
{
    notice.previous = branch ? branch->last_event : 0;
    if (names[notice.kind][0] != '-') {
        notice.id = ++execution->event_id;
        if (branch)
            branch->last_event = notice.id;
    }
    if (!execution->options.observer.notice || (execution->replaying && !execution->observed))
        return;
    struct dr_text path = {0};
    notice.time_ms = execution->now_ms;
    if (branch) {
        dr_branch_path(branch, &path);
        notice.state = branch->state;
        notice.branch = branch->id;
        notice.depth = dr_branch_depth(branch);
        notice.inside_action = dr_branch_in_action(branch);
        notice.entered_ms = branch->entered_ms;
        notice.attempt = branch->attempts + 1;
    }
    notice.path = path.bytes ? path.bytes : "";
    execution->options.observer.notice(execution->options.observer.data, &notice);
    execution->visible = true;
    dr_text_done(&path);
}
