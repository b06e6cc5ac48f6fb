/* Sockets to listen on, from an address as people write it: "127.0.0.1:4566", "[::1]:4566", "localhost:4566", ":4566"
 * (127.0.0.1), "4566". Port 0: any free one. */
#ifndef DRRUN_PROVIDERS_SIMULATED_LISTEN_H
#define DRRUN_PROVIDERS_SIMULATED_LISTEN_H

#include <stdbool.h>

struct sockaddr;

/* A non-blocking socket bound there, listening if it is a stream; -1 with `ret_problem`. `ret_actual`, if not NULL:
 * the address with its port, "127.0.0.1:4566". Both owned by the caller. */
int dr_sim_listen(const char *address, bool datagrams, char **ret_actual, char **ret_problem);
bool dr_sim_is_loopback(const struct sockaddr *address);

#endif
