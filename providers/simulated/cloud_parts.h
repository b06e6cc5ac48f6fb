/* Between the files of the simulated cloud's core: private to this folder. */
#ifndef DRRUN_PROVIDERS_SIMULATED_CLOUD_PARTS_H
#define DRRUN_PROVIDERS_SIMULATED_CLOUD_PARTS_H

#include "interpreter/expression/expression.h"
#include "providers/aws/signing/sigv4.h"
#include "providers/simulated/cloud.h"

struct dr_sim_route {
    char *signing_name;
    const struct dr_sim_service *service; /* NULL: not simulated */
    const struct dr_aws_model *model;     /* NULL: there is none of that name */
};

struct dr_sim_cloud {
    struct dr_aws_models *models; /* borrowed */
    json_t *world;                /* NULL: none was given */
    json_t *tables;               /* account -> Region -> kind -> id -> resource */
    json_t *events;               /* still to come, sorted: [{"At", "Event", "Account", "Region", "Id", "Data"}] */
    json_t *faults;               /* that hold: [{"Id", "Hits", "Fault": {...}}] */
    unsigned fault_id;            /* the newest */
    struct dr_random random;
    int64_t now_ms;
    int64_t latency_ms;          /* of an answer, unless the world says otherwise */
    struct dr_sim_route *routes; /* serve.c: signing names and what they mean, as far as asked for */
    size_t route_count;
    uint64_t calls;            /* served so far: request ids come from it */
    struct dr_sim_reply *last; /* script.c: what the virtual runtime was told last; it copies it before the next */
};

/* cloud.c: lets those services look that keep a record. */
void dr_sim_observe(struct dr_sim_cloud *cloud, int64_t now_ms);

/* fault.c: the events of the timeline. */
extern const struct dr_sim_event dr_sim_fault_events[];

/* fault.c: whether there is such a fault. */
bool dr_sim_fault_check(const json_t *fault, char **ret_problem);

/* cloud.c: the id of the call that is being served. From its number and not from the cloud's own draws, so that who
 * looks more often meets the same world. Owned by the caller. */
char *dr_sim_request_id(const struct dr_sim_cloud *cloud);

/* check.c: what is wrong with an input by its model, as the service itself would say it. False: `call` has failed. */
bool dr_sim_check_input(struct dr_sim_call *call);

/* keys.c: who may sign. Borrowed; NULL: nobody has this key. */
struct dr_sim_key {
    struct dr_aws_identity identity;
    const char *account, *principal; /* ARN */
    int64_t expires_ms;
};
bool dr_sim_key_find(struct dr_sim_cloud *cloud, const char *access_key_id, struct dr_sim_key *ret_key);

#endif
