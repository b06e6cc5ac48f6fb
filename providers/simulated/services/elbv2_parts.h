/* Between the files of the simulated Elastic Load Balancing. */
#ifndef DRRUN_PROVIDERS_SIMULATED_SERVICES_ELBV2_PARTS_H
#define DRRUN_PROVIDERS_SIMULATED_SERVICES_ELBV2_PARTS_H

#include "providers/simulated/services/compute.h"

/* {"State", "Reason", "Description"}: a new reference; `reason` may be NULL. */
json_t *dr_sim_elb_health(const char *state, const char *reason);
/* The event "elbv2.target": a check changed a target's state, or it is drained. Its id is "GROUP-ARN TARGET:PORT". */
void dr_sim_elb_happen(const struct dr_sim_happening *happening);

#endif
