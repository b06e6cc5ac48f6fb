/* approval:request: asks a person, and waits. The engine finishes the call when `drrun approve` or `drrun deny` names
 * its token. */
#include "interpreter/base/text.h"
#include "providers/provider.h"

#include <stdlib.h>

/* "Promote us-west-2? (asked of: ops, dba)" */
static void start(struct dr_call *call)
{
    struct dr_text line = {0};
    dr_text_printf(&line, "approval needed for \"%s\": %s", call->state_name, dr_argument_string(call, "Message", ""));
    size_t i;
    json_t *approver;
    json_array_foreach(json_object_get(call->arguments, "Approvers"), i, approver)
        dr_text_printf(&line, "%s%s", i ? ", " : " (asked of: ", json_string_value(approver));
    if (i > 0)
        dr_text_putc(&line, ')');
    dr_text_printf(&line, "; answer with: drrun approve %s %s, or drrun deny", call->execution_id, call->token);
    call->host_ops->log(call->host, "warning", line.bytes);
    dr_text_done(&line);
}

static void cancel(struct dr_call *call)
{
    (void)call; /* nothing is under way: the engine forgets the token */
}

/* Asking again after a crash asks the same question under the same token. */
static enum dr_repeat repeat(const struct dr_primitive *primitive, const json_t *arguments)
{
    (void)primitive;
    (void)arguments;
    return DR_REPEAT_TOKEN;
}

const struct dr_primitive dr_approval_request = {
    .resource =
        {
            .kind = DR_RESOURCE_PRIMITIVE,
            .name = "approval:request",
            .summary = "Ask a person to approve before the runbook goes on (drrun approve, drrun deny).",
            .effect = DR_EFFECT_WRITE,
            .arguments = "{\"type\":\"object\",\"properties\":{"
                         "\"Message\":{\"type\":\"string\",\"minLength\":1,\"description\":\"What is to be approved, "
                         "and what follows from it\"},"
                         "\"Approvers\":{\"type\":\"array\",\"items\":{\"type\":\"string\"},\"description\":\"Who may "
                         "answer; none named: anybody\"},"
                         "\"Details\":{\"description\":\"Anything that helps to decide; shown by drrun show\"}"
                         "},\"required\":[\"Message\"],\"additionalProperties\":false}",
            .output = "{\"Approved\":true,\"By\":\"alice\",\"Comment\":\"replica lag is "
                      "0\",\"At\":\"2026-11-21T03:00:00.123Z\"}",
            .errors = "Approval.Denied  a person said no\n"
                      "States.Timeout  nobody answered within TimeoutSeconds",
            .undo = "none: an answer is part of the record",
        },
    .repeat = repeat,
    .start = start,
    .cancel = cancel,
    .awaits_answer = true,
    .local = true,
};
