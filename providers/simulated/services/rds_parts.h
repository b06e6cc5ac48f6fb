/* Between the files of the simulated RDS: private to this folder.
 *
 * What a database (an instance or a cluster: "rds.instance", "rds.cluster") has besides what RDS shows of it:
 *   _source    ARN of the database that it replicates from; absent: it replicates from none
 *   _log       how the replication went: [{"At", "Applied", "Flows", "Lag", "Lost"}], from each entry on until the
 * next; a last one with "Ended" when it was cut _history   whose writes it holds from former times: [{"Lineage",
 * "From", "To"}] _began     since when its own writes count _readOnly  it takes no writes although it has no source
 * (being promoted, or its source is gone) _writes    false: nobody writes to it _quietSince  a primary into which
 * nothing is written: fenced, down, or its Region is _family    ARN of the database from which it all comes _lag,
 * _spikes  what the world says of its replication _lostMs    what it lacked when it was cut off */
#ifndef DRRUN_PROVIDERS_SIMULATED_SERVICES_RDS_PARTS_H
#define DRRUN_PROVIDERS_SIMULATED_SERVICES_RDS_PARTS_H

#include "interpreter/base/text.h"
#include "providers/simulated/cloud.h"
#include "providers/simulated/databases.h"

#include <stdlib.h>
#include <string.h>

#define RDS_INSTANCE "rds.instance"
#define RDS_CLUSTER "rds.cluster"
#define RDS_GLOBAL "rds.globalCluster"
#define RDS_SNAPSHOT "rds.snapshot"
#define RDS_EVENT "rds.event"

struct dr_sim_rds_place { /* borrowed */
    const char *kind, *account, *region, *id;
};

static inline const char *rds_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}
static inline bool rds_is(const json_t *object, const char *key, const char *text)
{
    return strcmp(rds_text(object, key), text) == 0;
}
static inline void rds_set(json_t *object, const char *key, const char *text)
{
    json_object_set_new(object, key, json_string(text));
}
static inline int64_t rds_int(const json_t *object, const char *key)
{
    return (int64_t)json_integer_value(json_object_get(object, key));
}

/* rds_data.c: replication and whose writes are where; the rest of it is databases.h. */
/* The database with this ARN, borrowed, or NULL; `ret_place` (may be NULL) is where it is. */
json_t *dr_sim_rds_by_arn(struct dr_sim_cloud *cloud, const char *arn, struct dr_sim_rds_place *ret_place);
const char *dr_sim_rds_arn(const json_t *database); /* of an instance or a cluster */
const char *dr_sim_rds_status(const json_t *database);
void dr_sim_rds_set_status(json_t *database, const char *status);
bool dr_sim_rds_up(const json_t *database); /* it serves, as far as its status tells */
/* `database` replicates from `source_arn` from now on, with `applied_ms` of it there already. */
void dr_sim_rds_link(struct dr_sim_cloud *cloud, json_t *database, const char *source_arn, int64_t since_ms,
                     int64_t applied_ms);
/* Up to when it has its source's writes, at a time. */
int64_t dr_sim_rds_applied(const json_t *database, int64_t at_ms);
bool dr_sim_rds_flows(const json_t *database); /* its replication goes on */
/* It had a connection to its source at that time: standing still is no lack of one. */
bool dr_sim_rds_connected(const json_t *database, int64_t at_ms);
/* The spans of which its data are, at a time: a new reference. */
json_t *dr_sim_rds_spans(struct dr_sim_cloud *cloud, const json_t *database, int64_t at_ms);
/* Ends the replication: it keeps what it has, and takes no writes until dr_sim_rds_begin(). `planned`: it waited for
 * everything first. */
void dr_sim_rds_cut(struct dr_sim_cloud *cloud, json_t *database, int64_t now_ms, bool planned);
void dr_sim_rds_begin(json_t *database, int64_t now_ms);
/* Faults, statuses or writes have changed: replications stop or go on from now. */
void dr_sim_rds_settle(struct dr_sim_cloud *cloud, int64_t now_ms);

/* rds_phases.c: statuses that take time. */
struct dr_sim_rds_phase {
    const char *status; /* NULL: the end of the list */
    const char *timing; /* of the world's Timings: how long it stays so; NULL: it stays */
    int64_t otherwise_ms;
};
/* From now on through these statuses; when the last one is reached, `done` (a row of the table in rds_phases.c, NULL:
 * nothing) happens first. `operation`: whose doing it is, for the fault Stuck. */
void dr_sim_rds_go(struct dr_sim_cloud *cloud, const struct dr_sim_rds_place *place, const char *operation,
                   const struct dr_sim_rds_phase *phases, const char *done, json_t *data);
extern const struct dr_sim_event dr_sim_rds_events[];
/* Whether something is still to happen to it. */
bool dr_sim_rds_busy(struct dr_sim_cloud *cloud, const struct dr_sim_rds_place *place);

/* rds_instance.c */
/* A new instance from what the world or a request gives: it is put into the table; borrowed. */
json_t *dr_sim_rds_make_instance(struct dr_sim_cloud *cloud, const char *account, const char *region, const char *id,
                                 const json_t *given, const char *status);
/* As Describe gives it at a time: a new reference. */
json_t *dr_sim_rds_show_instance(struct dr_sim_cloud *cloud, const char *region, const json_t *instance);
void dr_sim_rds_promoted(struct dr_sim_cloud *cloud, const struct dr_sim_rds_place *place, json_t *instance,
                         const json_t *data);
void dr_sim_rds_replica_made(struct dr_sim_cloud *cloud, const struct dr_sim_rds_place *place, json_t *instance,
                             const json_t *data);
void dr_sim_rds_deleted(struct dr_sim_cloud *cloud, const struct dr_sim_rds_place *place, json_t *instance,
                        const json_t *data);
void dr_sim_rds_modified(struct dr_sim_cloud *cloud, const struct dr_sim_rds_place *place, json_t *instance,
                         const json_t *data);
void dr_sim_rds_switched_replica(struct dr_sim_cloud *cloud, const struct dr_sim_rds_place *place, json_t *instance,
                                 const json_t *data);
/* The source lists it, or does not any more. */
void dr_sim_rds_list_replica(struct dr_sim_cloud *cloud, const struct dr_sim_rds_place *replica, const json_t *instance,
                             bool listed);
char *dr_sim_rds_zone_of(const char *account, const char *region); /* "cabc...": of endpoints; owned by the caller */
void dr_sim_rds_set_tags(json_t *resource, const json_t *tags);    /* a list of {"Key", "Value"}, or NULL */

/* rds_cluster.c */
json_t *dr_sim_rds_make_cluster(struct dr_sim_cloud *cloud, const char *account, const char *region, const char *id,
                                const json_t *given, const char *status);
json_t *dr_sim_rds_show_cluster(struct dr_sim_cloud *cloud, const char *region, const json_t *cluster);
void dr_sim_rds_join_cluster(json_t *cluster, const char *instance, bool writer);
void dr_sim_rds_leave_cluster(json_t *cluster, const char *instance);
const char *dr_sim_rds_cluster_writer(const json_t *cluster); /* the instance's id, or NULL: none */
void dr_sim_rds_cluster_done(struct dr_sim_cloud *cloud, const struct dr_sim_rds_place *place, json_t *cluster,
                             const json_t *data);
void dr_sim_rds_cluster_failed_over(struct dr_sim_cloud *cloud, const struct dr_sim_rds_place *place, json_t *cluster,
                                    const json_t *data);
void dr_sim_rds_cluster_promoted(struct dr_sim_cloud *cloud, const struct dr_sim_rds_place *place, json_t *cluster,
                                 const json_t *data);

/* rds_global.c */
json_t *dr_sim_rds_make_global(struct dr_sim_cloud *cloud, const char *account, const char *id, const json_t *given);
void dr_sim_rds_join_global(struct dr_sim_cloud *cloud, json_t *global, json_t *cluster, int64_t now_ms);
void dr_sim_rds_leave_global(struct dr_sim_cloud *cloud, json_t *global, const char *arn);
/* The global database of which a cluster is a member, or NULL. */
json_t *dr_sim_rds_global_of(struct dr_sim_cloud *cloud, const char *account, const char *arn);
void dr_sim_rds_global_step(const struct dr_sim_happening *happening);

/* rds_records.c: events, and what operations share. */
void dr_sim_rds_note(struct dr_sim_cloud *cloud, const struct dr_sim_rds_place *place, const char *category,
                     const char *format, ...) __attribute__((format(printf, 4, 5)));
/* MaxRecords is 20..100, and filters are known; false: the call has failed. */
bool dr_sim_rds_good_list(struct dr_sim_call *call, const char *const *filters);
/* Whether a filter of the call lets this value through; true without such a filter. */
bool dr_sim_rds_passes(const struct dr_sim_call *call, const char *filter, const char *value);
void dr_sim_rds_give_page(struct dr_sim_call *call, const char *member, json_t *all /* stolen */);
/* An identifier as RDS takes it: letters, digits, hyphens, begins with a letter, at most 63. False: failed. */
bool dr_sim_rds_good_id(struct dr_sim_call *call, const char *member);
/* The identifier of an input's member in lower case, out of an ARN too. Owned by the caller. */
char *dr_sim_rds_id(const struct dr_sim_call *call, const char *member);
/* Whether a resource's deletion protection or a final snapshot is in the way of deleting it; false: failed. */
bool dr_sim_rds_may_delete(struct dr_sim_call *call, const json_t *resource, const char *what);

#endif
