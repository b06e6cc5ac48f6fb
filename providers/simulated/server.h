/* The simulated cloud on a socket: HTTP/1.1 with keep-alive on our own runtime, in real or scaled time, with faults as
 * a client meets them on the wire (resets are TCP resets, truncated answers end before their Content-Length, what never
 * answers never answers).
 *
 *     struct dr_sim_server *server = dr_sim_server_open(&options, &problem);
 *     while (dr_runtime_wait(runtime, INT64_MAX) && !runtime->ops->signal(runtime))
 *         ;
 *     dr_sim_server_close(server);
 *
 * HTTP is spoken by ourselves because the faults need what HTTP libraries hide, and bytes must come as they were sent:
 * docs/decisions/0011-http-of-our-own.md. */
#ifndef DRRUN_PROVIDERS_SIMULATED_SERVER_H
#define DRRUN_PROVIDERS_SIMULATED_SERVER_H

#include "providers/simulated/cloud.h"

struct dr_sim_server;

struct dr_sim_server_options { /* borrowed; the first two for as long as the server lives */
    struct dr_sim_cloud *cloud;
    struct dr_runtime *runtime; /* a real one */
    const char *listen, *dns;   /* listen.h; `dns` NULL: no DNS */
    double speed;               /* seconds of the cloud per second, more than 0 */
    const char *world;          /* its name, for /_drrun/health; NULL: none */
};

/* NULL with `ret_problem`, owned by the caller. */
struct dr_sim_server *dr_sim_server_open(const struct dr_sim_server_options *options, char **ret_problem);
/* Connections are closed, answers under way are dropped. The cloud is brought to now. */
void dr_sim_server_close(struct dr_sim_server *server);
const char *dr_sim_server_address(const struct dr_sim_server *server);     /* "127.0.0.1:4566" */
const char *dr_sim_server_dns_address(const struct dr_sim_server *server); /* NULL: none */

#endif
