/* The servers that a connection string names, one by one.
 *
 * libpq tries the hosts of a list in turn, but without blocking it gives up a silent host only when the kernel does,
 * after two minutes, and it looks names up while everything waits. In a failover the first host is the one that is
 * gone. So drrun takes the list apart, looks each name up through c-ares, and gives libpq one address at a time, with a
 * time-out for each.
 */
#ifndef DRRUN_PROVIDERS_POSTGRES_TARGETS_H
#define DRRUN_PROVIDERS_POSTGRES_TARGETS_H

#include "providers/postgres/libpq.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dr_postgres_target { /* all owned; NULL: libpq's default */
    char *host, *address, *port;
};

struct dr_postgres_targets {
    PQconninfoOption *options; /* owned; what else the string says */
    struct dr_postgres_target *items;
    size_t count;
    int64_t connect_timeout_ms; /* from connect_timeout; 0: not given */
    bool prefer_standby;        /* the list is tried twice: first only standbys, then any server */
};

/* Reads a conninfo string or URI. False if it is neither, or its lists do not fit; `ret_problem` (owned by the caller)
 * says what, without repeating any of the string, which may hold a password. */
bool dr_postgres_targets_read(struct dr_postgres_targets *targets, const struct dr_libpq *libpq,
                              const char *connection_string, char **ret_problem) __attribute__((warn_unused_result));
void dr_postgres_targets_done(struct dr_postgres_targets *targets, const struct dr_libpq *libpq);

/* Whether the target is a name that has to be looked up. */
bool dr_postgres_target_is_name(const struct dr_postgres_target *target);

/* Begins to connect to the target, at `address` if that is not NULL; `standby_only`: the first pass of prefer_standby.
 * What PQconnectStart gives. */
PGconn *dr_postgres_connect(const struct dr_postgres_targets *targets, const struct dr_libpq *libpq,
                            const struct dr_postgres_target *target, const char *address, bool standby_only);

/* `message` without the password that the string gave, should a server or libpq repeat it; without line ends. Owned by
 * the caller. */
char *dr_postgres_clean_message(const struct dr_postgres_targets *targets, const char *message);

#endif
