/* Between the files of the simulated cloud's core: private to this folder. */
#ifndef DRRUN_PROVIDERS_SIMULATED_CLOUD_PARTS_H
#define DRRUN_PROVIDERS_SIMULATED_CLOUD_PARTS_H

#include "interpreter/expression/expression.h"
#include "providers/simulated/cloud.h"

struct dr_sim_cloud {
    struct dr_aws_models *models; /* borrowed */
    json_t *world;                /* NULL: none was given */
    json_t *tables;               /* account -> Region -> kind -> id -> resource */
    json_t *events;               /* still to come, sorted: [{"At", "Event", "Account", "Region", "Id", "Data"}] */
    json_t *faults;               /* that hold: [{"Id", "Hits", "Fault": {...}}] */
    unsigned fault_id;            /* the newest */
    struct dr_random random;
    int64_t now_ms;
    uint64_t calls; /* served so far: request ids come from it */
};

/* fault.c: the events of the timeline. */
extern const struct dr_sim_event dr_sim_fault_events[];

#endif
