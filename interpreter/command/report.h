/* What drrun report tells, as data: gathered from a replay of the journal, printed by report.c. */
#ifndef DRRUN_COMMAND_REPORT_H
#define DRRUN_COMMAND_REPORT_H

#include "interpreter/engine/execution.h"

struct dr_report;

struct dr_report *dr_report_new(void);
void dr_report_free(struct dr_report *report);
struct dr_observer dr_report_observer(struct dr_report *report); /* hears the replay */

/* After the replay: a new reference to
 *   {"executionId", "name", "runbook", "kind", "application", "status", "verdict", "startDate", "stopDate",
 * "durationMs", "incidentAt", "reason", "user", "host", "error", "cause", "objectives": {"RTO"|"RPO": {"objectiveMs",
 * "actualMs", "met", "since"}}, "criticalPath": {"durationMs", "waitingMs", "callingMs", "peopleMs", "otherMs",
 * "steps": [{"path", "startMs", "durationMs", "waitingMs"}]}, "steps": [{"path", "type", "resource", "region", "role",
 * "startDate", "startMs", "durationMs", "attempts", "status", "error", "cause"}], "approvals": [{"path", "message",
 * "date", "approved", "by", "comment", "waitedMs"}], "risks": [{"date", "path", "message"}], "warnings": the same,
 * "resumes": [dates], "metrics"} Times in "...Ms" count from the start; what is not known is left out. */
json_t *dr_report_json(const struct dr_report *report, const struct dr_execution *execution);

#endif
