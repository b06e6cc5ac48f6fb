/* The databases of the simulated RDS as an application meets them: who takes writes, how new what one reads is, and
 * what a promotion has lost. Times are milliseconds of virtual time; "data up to T" means that every write acknowledged
 * at or before T is there, and none of this lineage after it.
 *
 *     struct dr_sim_database db;
 *     if (dr_sim_database_at(cloud, "shop-db.c0ffee.us-west-2.rds.amazonaws.com", now_ms, &db) && db.writable)
 *         ... the write is acknowledged ...
 *
 * Every database has a history: a list of spans, {"Lineage", "From", "To"}: whose writes it holds. A replica's last
 * span is its source's lineage up to what it has applied; promoted, it keeps that and begins a lineage of its own. So a
 * marker written to lineage L at time T is in a database exactly if dr_sim_database_has(L, T). */
#ifndef DRRUN_PROVIDERS_SIMULATED_DATABASES_H
#define DRRUN_PROVIDERS_SIMULATED_DATABASES_H

#include "providers/simulated/cloud.h"

struct dr_sim_database { /* borrowed from the cloud's state: until it changes */
    const char *kind;    /* "rds.instance" or "rds.cluster" */
    const char *account, *region, *id;
    const char *status;  /* as RDS says it: "available", "rebooting", ... */
    bool reachable;      /* it takes connections now (its Region works, it is up) */
    bool writable;       /* and is a primary that takes writes */
    const char *lineage; /* the ARN whose writes its newest data are: its own if it is a primary */
    int64_t data_ms;     /* it has every write of that lineage up to here: now for a primary, less for a replica */
};
/* By endpoint (address of an instance; writer, reader or instance endpoint of a cluster; any case), or by ARN, or by
 * identifier if only one database has it. False: there is no such database (any more). */
bool dr_sim_database_at(struct dr_sim_cloud *cloud, const char *endpoint, int64_t now_ms,
                        struct dr_sim_database *ret_database);
/* Whether a write acknowledged by the primary of lineage `lineage` at `at_ms` is in the database now. */
bool dr_sim_database_has(struct dr_sim_cloud *cloud, const char *endpoint, const char *lineage, int64_t at_ms,
                         int64_t now_ms);
/* What the database lacks of its former source since it was promoted or failed over to: milliseconds of its source's
 * writes. 0: nothing, or it never was promoted. A planned switchover loses nothing. */
int64_t dr_sim_database_lost_ms(struct dr_sim_cloud *cloud, const char *endpoint, int64_t now_ms);
/* How many databases that come from one another take writes now, wherever they are: 2 and more is a split brain. The
 * `endpoint`'s family is counted; its own ARN too if it does. Writers in Regions that are down count, because they may
 * still be writing: `reachable_only` leaves them out. */
unsigned dr_sim_database_writers(struct dr_sim_cloud *cloud, const char *endpoint, bool reachable_only, int64_t now_ms);
/* An application stops (fences) or resumes its writes to a lineage: while nobody writes, replicas catch up to lag 0 and
 * have everything. Databases are written to unless told so (a world: Writes: false). */
void dr_sim_database_set_writes(struct dr_sim_cloud *cloud, const char *endpoint, bool written, int64_t now_ms);

#endif
