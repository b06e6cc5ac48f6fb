#include "interpreter/command/objectives.h"

#include "interpreter/base/clock.h"

#include <string.h>
#include <strings.h>

/* A metric in milliseconds, whatever its unit of time. False: it was not recorded. */
static bool metric_ms(const struct dr_execution *execution, const char *name, double *ret_ms)
{
    const json_t *metric = json_object_get(dr_execution_metrics(execution), name);
    const char *unit = json_string_value(json_object_get(metric, "Unit"));
    bool fine = unit && (strcasecmp(unit, "Milliseconds") == 0 || strcmp(unit, "ms") == 0);
    *ret_ms = json_number_value(json_object_get(metric, "Value")) * (fine ? 1 : 1000);
    return metric != NULL;
}

static void set(json_t *objectives, const char *name, int64_t objective_ms, bool known, double actual_ms,
                const char *since)
{
    bool wanted = objective_ms >= 0;
    if (!wanted && !known)
        return;
    json_t *objective = json_object();
    if (wanted)
        json_object_set_new(objective, "objectiveMs", json_integer((json_int_t)objective_ms));
    if (known) {
        json_object_set_new(objective, "actualMs", json_integer((json_int_t)actual_ms));
        json_object_set_new(objective, "since", json_string(since));
    }
    if (wanted)
        json_object_set_new(objective, "met", known ? json_boolean(actual_ms <= (double)objective_ms) : json_null());
    json_object_set_new(objectives, name, objective);
}

int64_t dr_objectives_from_ms(const struct dr_execution *execution, bool *ret_incident)
{
    const char *incident = json_string_value(json_object_get(dr_execution_record(execution), "incidentAt"));
    int64_t from_ms = 0;
    *ret_incident = incident && dr_time_parse(incident, strlen(incident), &from_ms, NULL);
    return *ret_incident ? from_ms : dr_execution_started_ms(execution);
}

json_t *dr_objectives(const struct dr_execution *execution)
{
    const struct dr_runbook *runbook = dr_execution_program(execution)->runbook;
    json_t *objectives = json_object();
    bool incident;
    double rto_ms, rpo_ms;
    int64_t from_ms = dr_objectives_from_ms(execution, &incident);
    if (metric_ms(execution, "RTO", &rto_ms))
        set(objectives, "RTO", runbook->rto_ms, true, rto_ms, "measured by the runbook");
    else if (runbook->rto_ms >= 0)
        set(objectives, "RTO", runbook->rto_ms, dr_execution_status(execution) == DR_SUCCEEDED,
            (double)(dr_execution_stopped_ms(execution) - from_ms),
            incident ? "since the incident" : "since the start");
    bool measured = metric_ms(execution, "RPO", &rpo_ms);
    set(objectives, "RPO", runbook->rpo_ms, measured, rpo_ms, "measured by the runbook");
    return objectives;
}
