/* What a DNS name of the simulated cloud stands for: Route 53's aliases, its health checks and the applications ask
 * with a name, the services that gave the name answer. */
#ifndef DRRUN_PROVIDERS_SIMULATED_NAMES_H
#define DRRUN_PROVIDERS_SIMULATED_NAMES_H

#include "providers/simulated/cloud.h"

struct dr_sim_address { /* borrowed from the cloud's state: until it changes */
    const char *kind;   /* of its table: "elbv2.loadBalancer", "rds.instance", "rds.cluster" */
    const char *account, *region, *id;
    bool healthy; /* it would take a request now: for an alias with EvaluateTargetHealth. False in a Region that is down
                     for what serves there; Route 53 itself sees it a health check's time later */
};
/* The resource that has this DNS name (any case, with or without the dot at its end) at a time. False: nobody's. Names
 * are given by resources: load balancers have the member "DNSName", databases "Endpoint" ("Address" in it for
 * instances) and "ReaderEndpoint". */
bool dr_sim_address_of(struct dr_sim_cloud *cloud, const char *dns_name, int64_t now_ms,
                       struct dr_sim_address *ret_address);

/* dr_sim_resolve() (serve.h) as a resolver in a Region sees it: latency routing then has somewhere to start from. A new
 * reference. */
json_t *dr_sim_resolve_from(struct dr_sim_cloud *cloud, const char *from_region, const char *name, const char *type,
                            int64_t now_ms);

/* The IPv4 addresses that such a name has: derived from the name, so that they stay the same. `index` 0 and 1. Owned by
 * the caller. */
char *dr_sim_ipv4_of(const char *dns_name, unsigned index);
/* The name of a resource that has this address; NULL: none. Borrowed from the cloud. */
const char *dr_sim_name_of_ipv4(struct dr_sim_cloud *cloud, const char *address);

/* All that it may answer, and for which share of the questions (weighted records): [{"Share", "Answer": as
 * dr_sim_resolve() gives it}]. A new reference. */
json_t *dr_sim_resolve_shares(struct dr_sim_cloud *cloud, const char *name, const char *type, int64_t now_ms);

#endif
