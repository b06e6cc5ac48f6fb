/* Between server.c, admin.c and dns_server.c: private to this folder. */
#ifndef DRRUN_PROVIDERS_SIMULATED_SERVER_PARTS_H
#define DRRUN_PROVIDERS_SIMULATED_SERVER_PARTS_H

#include "interpreter/runtime/list.h"
#include "providers/simulated/serve.h"
#include "providers/simulated/server.h"

struct dr_sim_dns_server;

struct dr_sim_server {
    struct dr_sim_cloud *cloud;
    struct dr_runtime *runtime;
    double speed;
    char *world, *address, *dns_address;
    int64_t began_ms, cloud_began_ms; /* the two clocks when the server was opened */
    int64_t ahead_ms;                 /* that somebody has asked for: POST /_drrun/time */
    int fd;
    struct dr_handle *watch;
    struct dr_link connections;
    unsigned connection_count;
    struct dr_sim_dns_server *dns;
};

/* The cloud's time now. */
int64_t dr_sim_server_now(struct dr_sim_server *server);

/* admin.c: /_drrun/... False: not an address of ours. Whether the client may ask has been seen to. */
bool dr_sim_admin(struct dr_sim_server *server, const struct dr_sim_request *request, struct dr_sim_answer *ret_answer);

/* dns_server.c: NULL with `ret_problem`. `ret_actual` as dr_sim_listen() gives it. */
struct dr_sim_dns_server *dr_sim_dns_server_open(struct dr_sim_server *server, const char *address, char **ret_actual,
                                                 char **ret_problem);
void dr_sim_dns_server_close(struct dr_sim_dns_server *dns);

#endif
