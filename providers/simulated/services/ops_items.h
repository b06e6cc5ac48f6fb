/* SSM's OpsItems: the records of incidents. Operations of the service "ssm" (ssm.c). */
#ifndef DRRUN_PROVIDERS_SIMULATED_SERVICES_OPS_ITEMS_H
#define DRRUN_PROVIDERS_SIMULATED_SERVICES_OPS_ITEMS_H

#include "providers/simulated/cloud.h"

void dr_sim_create_ops_item(struct dr_sim_call *call);
void dr_sim_describe_ops_items(struct dr_sim_call *call);
void dr_sim_get_ops_item(struct dr_sim_call *call);
void dr_sim_update_ops_item(struct dr_sim_call *call);

#endif
