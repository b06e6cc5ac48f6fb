/* RTO and RPO: what an execution reached of what its runbook aims at. */
#ifndef DRRUN_COMMAND_OBJECTIVES_H
#define DRRUN_COMMAND_OBJECTIVES_H

#include "interpreter/engine/execution.h"

/* A new reference to {"RTO": {"objectiveMs", "actualMs", "met", "since"}, "RPO": the same}; without an objective and a
 * measured value the name is left out; "actualMs" is left out and "met" null where it was not reached or measured.
 *
 * RTO: what the runbook measured (metric:record), else from the incident (--incident-at), else from the start, to the
 * end of a success: a failover that failed in a second has not recovered anything in a second. RPO: only what was
 * measured. */
json_t *dr_objectives(const struct dr_execution *execution);
/* When the RTO's clock started: the incident, else the start. */
int64_t dr_objectives_from_ms(const struct dr_execution *execution, bool *ret_incident);

#endif
