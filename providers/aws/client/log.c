/* The record of a call's attempts. */
#include "providers/aws/client/log.h"

#include <stdlib.h>

enum { SUCCESSES_KEPT = 100 };

static void forget(const struct dr_aws_attempt *attempt)
{
    free((char *)(uintptr_t)attempt->request_id);
    free((char *)(uintptr_t)attempt->code);
}

void dr_aws_log_add(struct dr_aws_log *log, const struct dr_aws_attempt *attempt)
{
    struct dr_aws_attempt *last = log->count ? &log->items[log->count - 1] : NULL;
    if (last && log->count >= SUCCESSES_KEPT && !attempt->code[0] && !last->code[0]) {
        forget(last);
    } else {
        log->items = dr_resize(log->items, log->count + 1, sizeof *log->items);
        last = &log->items[log->count++];
    }
    *last = *attempt;
    last->request_id = dr_copy_string(attempt->request_id);
    last->code = dr_copy_string(attempt->code);
}

void dr_aws_log_done(struct dr_aws_log *log)
{
    for (size_t i = 0; i < log->count; i++)
        forget(&log->items[i]);
    free(log->items);
    *log = (struct dr_aws_log){0};
}
