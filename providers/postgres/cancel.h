/* Asks the server to cancel what runs on a connection, without waiting for it. */
#ifndef DRRUN_PROVIDERS_POSTGRES_CANCEL_H
#define DRRUN_PROVIDERS_POSTGRES_CANCEL_H

#include "providers/postgres/libpq.h"

/* A cancel request needs a connection of its own, and libpq (before 17) waits for it. So a process that belongs to
 * nobody sends it: it outlives a drrun that was stopped, holds none of its files, and ends within 10 s even if the
 * server does not answer. */
void dr_postgres_cancel(const struct dr_libpq *libpq, PGconn *connection);

#endif
