/* metric:record and log:write: what a runbook wants to be remembered of a run. The host decides where it goes (the
 * execution's record, the terminal). */
#include "interpreter/base/clock.h"
#include "providers/provider.h"

#include <string.h>

/* Twice in the record is no harm, and the run must not stop for it. */
static enum dr_repeat repeat_always(const struct dr_primitive *primitive, const json_t *arguments)
{
    (void)primitive;
    (void)arguments;
    return DR_REPEAT_SAFE;
}

static void start_metric(struct dr_call *call)
{
    const char *name = dr_argument_string(call, "Name", ""), *timestamp = dr_argument_string(call, "Timestamp", NULL);
    int64_t at_ms = call->now_ms;
    if (timestamp && !dr_time_parse(timestamp, strlen(timestamp), &at_ms, NULL)) {
        dr_call_fail(call, "Metric.InvalidTimestamp", "Timestamp is \"%s\"; it must be like 2026-11-21T03:00:00Z",
                     timestamp);
        return;
    }
    call->host_ops->metric(call->host, name, dr_argument_real(call, "Value", 0),
                           dr_argument_string(call, "Unit", "None"), at_ms);
    dr_call_succeed(call, json_object());
}

static void start_log(struct dr_call *call)
{
    call->host_ops->log(call->host, dr_argument_string(call, "Level", "info"), dr_argument_string(call, "Message", ""));
    dr_call_succeed(call, json_object());
}

const struct dr_primitive dr_metric_record = {
    .resource =
        {
            .kind = DR_RESOURCE_PRIMITIVE,
            .name = "metric:record",
            .summary = "Record a measured value (an RTO, a lag) in the execution's metrics.",
            .effect = DR_EFFECT_WRITE,
            .arguments = "{\"type\":\"object\",\"properties\":{"
                         "\"Name\":{\"type\":\"string\",\"minLength\":1,\"description\":\"What was measured, such as "
                         "ReplicaLag\"},"
                         "\"Value\":{\"type\":\"number\",\"description\":\"The value\"},"
                         "\"Unit\":{\"type\":\"string\",\"default\":\"None\",\"description\":\"As CloudWatch names "
                         "units: Seconds, Count, Bytes, Percent\"},"
                         "\"Timestamp\":{\"type\":\"string\",\"description\":\"When it was measured; default: now\"}"
                         "},\"required\":[\"Name\",\"Value\"],\"additionalProperties\":false}",
            .output = "{}",
            .errors = "Metric.InvalidTimestamp  Timestamp is not an ISO 8601 time with a zone",
            .undo = "none: a record is not taken back",
        },
    .repeat = repeat_always,
    .start = start_metric,
    .local = true,
};

const struct dr_primitive dr_log_write = {
    .resource =
        {
            .kind = DR_RESOURCE_PRIMITIVE,
            .name = "log:write",
            .summary = "Write a line into the execution's log.",
            .effect = DR_EFFECT_WRITE,
            .arguments = "{\"type\":\"object\",\"properties\":{"
                         "\"Message\":{\"type\":\"string\",\"description\":\"The line\"},"
                         "\"Level\":{\"type\":\"string\",\"enum\":[\"debug\",\"info\",\"warning\",\"error\",\"risk\"],"
                         "\"default\":\"info\",\"description\":\"How much it matters; risk: one "
                         "that was accepted, which drrun report lists\"}"
                         "},\"required\":[\"Message\"],\"additionalProperties\":false}",
            .output = "{}",
            .errors = "",
            .undo = "none: a record is not taken back",
        },
    .repeat = repeat_always,
    .start = start_log,
    .local = true,
};
