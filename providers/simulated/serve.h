/* The cloud's front door. A request of any kind: AWS's (by host or by the signature's scope: both kinds of endpoint
 * work), the applications of the world (https://shop.example.com/), and DNS questions. Faults act here. */
#ifndef DRRUN_PROVIDERS_SIMULATED_SERVE_H
#define DRRUN_PROVIDERS_SIMULATED_SERVE_H

#include "interpreter/runtime/virtual.h"
#include "providers/simulated/cloud.h"
#include "providers/simulated/wire.h"

struct dr_sim_reply {
    struct dr_sim_answer answer;
    enum dr_reach reach; /* NOTHING, SENT: there is no answer (a fault) */
    const char *problem; /* then why, as curl would say it; static */
    int64_t delay_ms;    /* after which it arrives; INT64_MAX: never */
};
/* `known_host`: the name in the URL (in process), or NULL: a socket, where the Host header may be 127.0.0.1:4566. */
void dr_sim_serve(struct dr_sim_cloud *cloud, const struct dr_sim_request *request, const char *known_host,
                  int64_t now_ms, struct dr_sim_reply *ret_reply);
void dr_sim_reply_done(struct dr_sim_reply *reply);

/* The answer function of the virtual runtime: dr_runtime_virtual_answer(runtime, &dr_sim_script, cloud). */
extern const struct dr_virtual_script dr_sim_script;

/* What the simulated Route 53 answers, as a resolver with no cache would see it: {"Status", "Answers": [{"Name",
 * "Type", "Ttl", "Value"}]} as dns:query gives it. A new reference. */
json_t *dr_sim_resolve(struct dr_sim_cloud *cloud, const char *name, const char *type, int64_t now_ms);

#endif
