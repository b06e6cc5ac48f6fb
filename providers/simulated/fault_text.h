/* Faults as people give them: on the command line (--fault) and to /_drrun/faults.
 *
 *   {"Fault": "RegionDown", "Region": "us-east-1", "At": "60s", "For": "30m"}      as in a world's Timeline
 *   RegionDown:us-east-1@60s+30m
 *   Throttled:us-west-2/rds/DescribeDBInstances*3 KIND:REGION/SERVICE/OPERATION[=RESOURCE]
 *                                                                                  @WHEN +HOW-LONG *HOW-OFTEN
 * A Region may be left out ("Throttled:/rds"), and so may everything behind the kind. */
#ifndef DRRUN_PROVIDERS_SIMULATED_FAULT_TEXT_H
#define DRRUN_PROVIDERS_SIMULATED_FAULT_TEXT_H

#include "providers/simulated/cloud.h"

/* The fault as dr_sim_fault_begin() and the timeline take it, times in seconds: a new reference. NULL with
 * `ret_problem`. */
json_t *dr_sim_fault_parse(const char *text, char **ret_problem);
/* Durations as text ("30m") become seconds, in place. False with `ret_problem`. */
bool dr_sim_fault_tidy(json_t *fault, char **ret_problem);
/* Lets it begin at its "At" from the cloud's present time on (0: with the next request). False with `ret_problem`. */
bool dr_sim_fault_plan(struct dr_sim_cloud *cloud, const json_t *fault, char **ret_problem);

#endif
