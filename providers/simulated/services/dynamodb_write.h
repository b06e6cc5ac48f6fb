/* A write to one item, before it happens: what single writes, batches and transactions share. Private to the simulated
 * DynamoDB. */
#ifndef DRRUN_PROVIDERS_SIMULATED_SERVICES_DYNAMODB_WRITE_H
#define DRRUN_PROVIDERS_SIMULATED_SERVICES_DYNAMODB_WRITE_H

#include "providers/simulated/services/dynamodb.h"

enum ddb_kind { DDB_PUT, DDB_UPDATE, DDB_DELETE, DDB_CHECK };
struct ddb_change {
    enum ddb_kind kind;
    const json_t *table; /* borrowed */
    char *id;
    json_t *item, *old, *changed; /* new references; `changed`: names of attributes that an update named */
};
/* Checks everything, changes nothing. `given` has TableName, Item or Key, and the expressions. False: the call has
 * failed. ddb_change_done() in any case. */
bool ddb_prepare(struct dr_sim_call *call, enum ddb_kind kind, const json_t *given, struct ddb_change *ret_change);
void ddb_apply(struct dr_sim_call *call, const struct ddb_change *change);
void ddb_change_done(struct ddb_change *change);

/* The item at a key as a read sees it; a new reference; NULL: there is none, or the call has failed. */
json_t *ddb_read(struct dr_sim_call *call, struct ddb_names *names, const json_t *table, const json_t *key,
                 const char *projection, bool consistent);
/* ConsumedCapacity, if it is asked for. */
void ddb_add_capacity(struct dr_sim_call *call, const json_t *table, double units);

#endif
