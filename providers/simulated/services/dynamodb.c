/* DynamoDB: tables, their states, and replicas in other Regions (global tables, version 2019.11.21) to which writes go
 * some time later, the last writer winning. Items are dynamodb_items.c, queries dynamodb_query.c, several at once
 * dynamodb_batch.c, expressions dynamodb_expression.c.
 * Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/ and
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html */
#include "providers/simulated/services/dynamodb.h"
#include "interpreter/base/clock.h"

extern const struct dr_sim_service dr_sim_dynamodb;

#define CREATE_MS 5000
#define UPDATE_MS 5000
#define REPLICA_MS 120000
#define REPLICA_GONE_MS 30000
#define LAG_MS 700
#define TRY_AGAIN_MS 1000
#define PAGE_MAX 100

/* --- Which table ---------------------------------------------------------------------------------------------------
 */

/* A table's name, or its ARN. */
static const char *name_in(const char *given)
{
    const char *slash = strncmp(given, "arn:", 4) == 0 ? strstr(given, ":table/") : NULL;
    return slash ? slash + strlen(":table/") : given;
}

static json_t *find_table(struct dr_sim_call *call, const char *given)
{
    return dr_sim_find(call->cloud, call->account, call->region, DDB_TABLE, name_in(given));
}

static json_t *known_table(struct dr_sim_call *call) /* of the control plane */
{
    const char *name = dr_sim_string(call, "TableName", "");
    json_t *table = find_table(call, name);
    if (!table)
        dr_sim_fail(call, 0, "ResourceNotFoundException", "Requested resource not found: Table: %s not found",
                    name_in(name));
    return table;
}

json_t *ddb_table_of(struct dr_sim_call *call, const char *name)
{
    json_t *table = find_table(call, name);
    const char *status = row_text(table, "TableStatus");
    if (table && strcmp(status, "CREATING") != 0 && strcmp(status, "DELETING") != 0)
        return table;
    dr_sim_fail(call, 0, "ResourceNotFoundException", "Requested resource not found");
    return NULL;
}

json_t *ddb_items(struct dr_sim_cloud *cloud, const char *account, const char *region, const char *table)
{
    char *kind = dr_format("dynamodb.item/%s", table);
    json_t *items = dr_sim_table(cloud, account, region, kind);
    free(kind);
    return items;
}

const char *ddb_key_name(const json_t *schema, const char *kind)
{
    size_t i;
    json_t *key;
    json_array_foreach(json_object_get(schema, "KeySchema"), i, key)
    {
        if (strcmp(row_text(key, "KeyType"), kind) == 0)
            return row_text(key, "AttributeName");
    }
    return NULL;
}

/* As DescribeTable gives it: with what is counted, and the replicas in other Regions. A new reference. */
static json_t *describe(struct dr_sim_call *call, const json_t *table)
{
    json_t *shown = json_copy(row_mutable(table)), *row, *replicas = json_array();
    const char *key, *region;
    int64_t count = 0, bytes = 0;
    json_object_foreach(ddb_items(call->cloud, call->account, call->region, row_text(table, "TableName")), key, row)
    {
        if (!json_is_object(json_object_get(row, "_item")))
            continue;
        count++;
        bytes += (int64_t)ddb_item_bytes(json_object_get(row, "_item"));
    }
    row_set_int(shown, "ItemCount", count);
    row_set_int(shown, "TableSizeBytes", bytes);
    json_object_foreach(json_object_get(table, "_replicas"), region, row) json_array_append_new(
        replicas, json_pack("{s:s,s:s}", "RegionName", region, "ReplicaStatus", json_string_value(row)));
    if (json_array_size(replicas) > 0) {
        json_object_set(shown, "Replicas", replicas);
        row_set_text(shown, "GlobalTableVersion", "2019.11.21");
    }
    json_decref(replicas);
    return shown;
}

/* --- Making one ----------------------------------------------------------------------------------------------------
 */

static bool is_defined(const json_t *definitions, const char *name)
{
    size_t i;
    json_t *definition;
    json_array_foreach(definitions, i, definition)
    {
        if (strcmp(row_text(definition, "AttributeName"), name) == 0)
            return true;
    }
    return false;
}

static void set_indexes(json_t *table, const json_t *given, const char *member, const char *account, const char *region)
{
    json_t *own = json_array(), *index;
    size_t i;
    json_array_foreach(json_object_get(given, member), i, index)
    {
        json_t *copy = json_copy(index);
        if (*member == 'G')
            row_set_text(copy, "IndexStatus", "ACTIVE");
        row_give_text(copy, "IndexArn",
                      dr_sim_arn("dynamodb", region, account, "table/%s/index/%s", row_text(table, "TableName"),
                                 row_text(index, "IndexName")));
        json_array_append_new(own, copy);
    }
    if (json_array_size(own) > 0)
        json_object_set(table, member, own);
    json_decref(own);
}

static json_t *make_table(struct dr_sim_cloud *cloud, const char *account, const char *region, const char *name,
                          const json_t *given, const char *status, int64_t now_ms)
{
    static const char *const members[] = {"AttributeDefinitions", "KeySchema", "StreamSpecification", NULL};
    char *id = dr_sim_uuid(cloud);
    json_t *table =
        json_pack("{s:s,s:s,s:s,s:{}}", "TableName", name, "TableId", id, "TableStatus", status, "_replicas");
    free(id);
    row_take(table, given, members);
    row_set_time(table, "CreationDateTime", now_ms);
    row_give_text(table, "TableArn", dr_sim_arn("dynamodb", region, account, "table/%s", name));
    const json_t *provisioned = json_object_get(given, "ProvisionedThroughput");
    json_t *throughput = json_pack("{s:I,s:I,s:i}", "ReadCapacityUnits",
                                   (json_int_t)row_int(provisioned, "ReadCapacityUnits"), "WriteCapacityUnits",
                                   (json_int_t)row_int(provisioned, "WriteCapacityUnits"), "NumberOfDecreasesToday", 0);
    json_object_set_new(table, "ProvisionedThroughput", throughput);
    if (!provisioned)
        json_object_set_new(table, "BillingModeSummary", json_pack("{s:s}", "BillingMode", "PAY_PER_REQUEST"));
    set_indexes(table, given, "GlobalSecondaryIndexes", account, region);
    set_indexes(table, given, "LocalSecondaryIndexes", account, region);
    if (json_is_true(json_object_get(json_object_get(given, "StreamSpecification"), "StreamEnabled"))) {
        row_set_time(table, "LatestStreamLabel", now_ms);
        row_give_text(table, "LatestStreamArn",
                      dr_format("%s/stream/%s", row_text(table, "TableArn"), row_text(table, "LatestStreamLabel")));
    }
    dr_sim_put(cloud, account, region, DDB_TABLE, name, table);
    return table;
}

static bool keys_are_fine(struct dr_sim_call *call, const json_t *schema)
{
    const json_t *definitions = json_object_get(call->input, "AttributeDefinitions");
    const char *hash = ddb_key_name(schema, "HASH"), *range = ddb_key_name(schema, "RANGE");
    if (!hash)
        dr_sim_fail(call, 0, "ValidationException",
                    "Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
    else if (range && strcmp(hash, range) == 0)
        dr_sim_fail(call, 0, "ValidationException",
                    "Both the Hash Key and the Range Key element in the KeySchema have the same name");
    else if (!is_defined(definitions, hash) || (range && !is_defined(definitions, range)))
        dr_sim_fail(call, 0, "ValidationException",
                    "One or more parameter values were invalid: Some index key attributes are not defined in "
                    "AttributeDefinitions. Keys: [%s], AttributeDefinitions: []",
                    is_defined(definitions, hash) ? range : hash);
    return !call->error;
}

static void create_table(struct dr_sim_call *call)
{
    const char *name = dr_sim_string(call, "TableName", "");
    bool on_demand = strcmp(dr_sim_string(call, "BillingMode", "PROVISIONED"), "PAY_PER_REQUEST") == 0;
    const json_t *throughput = json_object_get(call->input, "ProvisionedThroughput");
    size_t i;
    json_t *index;
    if (find_table(call, name)) {
        dr_sim_fail(call, 0, "ResourceInUseException", "Table already exists: %s", name);
        return;
    }
    if (!keys_are_fine(call, call->input))
        return;
    if (!on_demand && !throughput)
        dr_sim_fail(call, 0, "ValidationException",
                    "One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both be "
                    "specified when BillingMode is PROVISIONED");
    if (on_demand && throughput)
        dr_sim_fail(
            call, 0, "ValidationException",
            "One or more parameter values were invalid: Neither ReadCapacityUnits nor WriteCapacityUnits can be "
            "specified when BillingMode is PAY_PER_REQUEST");
    size_t used = json_array_size(json_object_get(call->input, "KeySchema"));
    json_array_foreach(json_object_get(call->input, "GlobalSecondaryIndexes"), i, index)
    {
        used += 2;
        if (!call->error)
            keys_are_fine(call, index);
    }
    used += json_array_size(json_object_get(call->input, "LocalSecondaryIndexes"));
    if (!call->error && json_array_size(json_object_get(call->input, "AttributeDefinitions")) > used)
        dr_sim_fail(
            call, 0, "ValidationException",
            "One or more parameter values were invalid: Number of attributes in KeySchema does not exactly match "
            "number of attributes defined in AttributeDefinitions");
    if (call->error)
        return;
    json_t *table = make_table(call->cloud, call->account, call->region, name, call->input, "CREATING", call->now_ms);
    dr_sim_schedule(call->cloud, call->now_ms + dr_sim_timing(call->cloud, "dynamodb.create", CREATE_MS),
                    "dynamodb.active", call->account, call->region, name, NULL);
    call->output = json_pack("{s:o}", "TableDescription", describe(call, table));
}

static void becomes_active(const struct dr_sim_happening *happening)
{
    json_t *table = dr_sim_find(happening->cloud, happening->account, happening->region, DDB_TABLE, happening->id);
    if (table)
        row_set_text(table, "TableStatus", "ACTIVE");
}

static void forget_table(struct dr_sim_cloud *cloud, const char *account, const char *region, const char *name)
{
    dr_sim_remove(cloud, account, region, DDB_TABLE, name);
    json_object_clear(ddb_items(cloud, account, region, name));
}

static void is_gone(const struct dr_sim_happening *happening)
{
    forget_table(happening->cloud, happening->account, happening->region, happening->id);
}

static void delete_table(struct dr_sim_call *call)
{
    json_t *table = known_table(call);
    if (!table)
        return;
    if (strcmp(row_text(table, "TableStatus"), "ACTIVE") != 0) {
        dr_sim_fail(call, 0, "ResourceInUseException",
                    "Attempt to change a resource which is still in use: Table is being %s: %s",
                    strcmp(row_text(table, "TableStatus"), "CREATING") == 0   ? "created"
                    : strcmp(row_text(table, "TableStatus"), "DELETING") == 0 ? "deleted"
                                                                              : "updated",
                    row_text(table, "TableName"));
        return;
    }
    if (json_is_true(json_object_get(table, "DeletionProtectionEnabled"))) {
        dr_sim_fail(
            call, 0, "ValidationException",
            "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection "
            "first.");
        return;
    }
    row_set_text(table, "TableStatus", "DELETING");
    dr_sim_schedule(call->cloud, call->now_ms + dr_sim_timing(call->cloud, "dynamodb.delete", CREATE_MS),
                    "dynamodb.gone", call->account, call->region, row_text(table, "TableName"), NULL);
    call->output = json_pack("{s:o}", "TableDescription", describe(call, table));
}

static void describe_table(struct dr_sim_call *call)
{
    const json_t *table = known_table(call);
    if (table)
        call->output = json_pack("{s:o}", "Table", describe(call, table));
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void list_tables(struct dr_sim_call *call)
{
    const json_t *tables = dr_sim_table(call->cloud, call->account, call->region, DDB_TABLE);
    const char *after = dr_sim_string(call, "ExclusiveStartTableName", ""), *name;
    const char **names = dr_alloc((json_object_size(tables) + 1) * sizeof *names);
    size_t count = 0, limit = (size_t)dr_sim_int(call, "Limit", PAGE_MAX);
    json_t *row, *page = json_array();
    json_object_foreach(row_mutable(tables), name, row) names[count++] = name;
    qsort(names, count, sizeof *names, by_bytes);
    call->output = json_object();
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], after) <= 0 && *after)
            continue;
        if (json_array_size(page) == limit) {
            json_object_set(call->output, "LastEvaluatedTableName", json_array_get(page, limit - 1));
            break;
        }
        json_array_append_new(page, json_string(names[i]));
    }
    json_object_set_new(call->output, "TableNames", page);
    free(names);
}

/* --- Replicas ------------------------------------------------------------------------------------------------------
 */

/* All replicas know one another: a change of one's state is told to all. `status` NULL: it is gone. */
static void tell(struct dr_sim_cloud *cloud, const char *account, const char *name, const char *region,
                 const char *status)
{
    const char *other;
    json_t *kinds;
    json_object_foreach(json_object_get(dr_sim_tables(cloud), account), other, kinds)
    {
        json_t *table = json_object_get(json_object_get(kinds, DDB_TABLE), name);
        if (!table || strcmp(other, region) == 0)
            continue;
        if (status)
            row_set_text(row_object(table, "_replicas"), region, status);
        else
            json_object_del(row_object(table, "_replicas"), region);
    }
}

static void add_replica(struct dr_sim_call *call, json_t *table, const char *region)
{
    const char *name = row_text(table, "TableName");
    json_t *there = dr_sim_find(call->cloud, call->account, region, DDB_TABLE, name);
    if (strcmp(region, call->region) == 0 || json_object_get(json_object_get(table, "_replicas"), region)) {
        dr_sim_fail(
            call, 0, "ValidationException",
            "Failed to create a the new replica of table with name: '%s' because one or more replicas already existed "
            "as tables.",
            name);
    } else if (there) {
        dr_sim_fail(
            call, 0, "ValidationException",
            "Failed to create a the new replica of table with name: '%s' because one or more replicas already existed "
            "as tables.",
            name);
    } else {
        json_object_set_new(table, "StreamSpecification",
                            json_pack("{s:b,s:s}", "StreamEnabled", 1, "StreamViewType", "NEW_AND_OLD_IMAGES"));
        row_set_text(row_object(table, "_replicas"), region, "CREATING");
        row_set_text(table, "TableStatus", "UPDATING");
        dr_sim_schedule(call->cloud, call->now_ms + dr_sim_timing(call->cloud, "dynamodb.replica", REPLICA_MS),
                        "dynamodb.replica", call->account, call->region, name, json_pack("{s:s}", "Target", region));
    }
}

static void copy_items(struct dr_sim_cloud *cloud, const char *account, const char *from, const char *to,
                       const char *name)
{
    const char *id;
    json_t *row, *items = ddb_items(cloud, account, to, name);
    json_object_foreach(ddb_items(cloud, account, from, name), id, row)
        json_object_set_new(items, id, json_copy(row)); /* items themselves are never changed in place */
}

static void make_replica(struct dr_sim_cloud *cloud, const char *account, const char *from, const char *to,
                         const char *name)
{
    const json_t *source = dr_sim_find(cloud, account, from, DDB_TABLE, name);
    json_t *table = make_table(cloud, account, to, name, source, "ACTIVE", dr_sim_now(cloud)), *status;
    const char *other;
    static const char *const members[] = {"BillingModeSummary", "ProvisionedThroughput", "_lag", NULL};
    row_take(table, source, members);
    json_object_foreach(json_object_get(source, "_replicas"), other, status)
    {
        if (strcmp(other, to) != 0)
            json_object_set(row_object(table, "_replicas"), other, status);
    }
    row_set_text(row_object(table, "_replicas"), from, "ACTIVE");
    copy_items(cloud, account, from, to, name);
    tell(cloud, account, name, to, "ACTIVE");
}

static void replica_is_there(const struct dr_sim_happening *happening)
{
    const char *target = row_text(happening->data, "Target");
    json_t *table = dr_sim_find(happening->cloud, happening->account, happening->region, DDB_TABLE, happening->id);
    if (!table)
        return;
    if (dr_sim_region_down(happening->cloud, target) || dr_sim_region_down(happening->cloud, happening->region)) {
        dr_sim_schedule(happening->cloud, happening->at_ms + TRY_AGAIN_MS, "dynamodb.replica", happening->account,
                        happening->region, happening->id, json_deep_copy(happening->data));
        return;
    }
    row_set_text(table, "TableStatus", "ACTIVE");
    make_replica(happening->cloud, happening->account, happening->region, target, happening->id);
}

static void replica_is_gone(const struct dr_sim_happening *happening)
{
    const char *target = row_text(happening->data, "Target");
    json_t *table = dr_sim_find(happening->cloud, happening->account, happening->region, DDB_TABLE, happening->id);
    if (table)
        row_set_text(table, "TableStatus", "ACTIVE");
    tell(happening->cloud, happening->account, happening->id, target, NULL);
    forget_table(happening->cloud, happening->account, target, happening->id);
}

static void remove_replica(struct dr_sim_call *call, json_t *table, const char *region)
{
    const char *name = row_text(table, "TableName");
    json_t *there = dr_sim_find(call->cloud, call->account, region, DDB_TABLE, name);
    if (!there ||
        (strcmp(region, call->region) != 0 && !json_object_get(json_object_get(table, "_replicas"), region))) {
        dr_sim_fail(
            call, 0, "ValidationException",
            "Update global table operation failed because one or more replicas were not part of the global table.");
        return;
    }
    row_set_text(there, "TableStatus", "DELETING");
    tell(call->cloud, call->account, name, region, "DELETING");
    if (strcmp(region, call->region) != 0)
        row_set_text(table, "TableStatus", "UPDATING");
    dr_sim_schedule(call->cloud, call->now_ms + dr_sim_timing(call->cloud, "dynamodb.replicaGone", REPLICA_GONE_MS),
                    "dynamodb.replicaGone", call->account, call->region, name, json_pack("{s:s}", "Target", region));
}

static void update_table(struct dr_sim_call *call)
{
    static const char *const members[] = {"ProvisionedThroughput", "StreamSpecification", "DeletionProtectionEnabled",
                                          NULL};
    json_t *table = known_table(call), *update;
    size_t i;
    if (!table)
        return;
    if (strcmp(row_text(table, "TableStatus"), "ACTIVE") != 0) {
        dr_sim_fail(call, 0, "ResourceInUseException",
                    "Attempt to change a resource which is still in use: Table is being updated: %s",
                    row_text(table, "TableName"));
        return;
    }
    if (json_object_get(call->input, "GlobalSecondaryIndexUpdates")) {
        dr_sim_fail(call, 501, "NotSimulated", "Changing indexes of a table that is there is not simulated");
        return;
    }
    const json_t *updates = json_object_get(call->input, "ReplicaUpdates");
    json_array_foreach(updates, i, update)
    {
        const json_t *create = json_object_get(update, "Create"), *remove = json_object_get(update, "Delete");
        if (call->error)
            break;
        if (create)
            add_replica(call, table, row_text(create, "RegionName"));
        else if (remove)
            remove_replica(call, table, row_text(remove, "RegionName"));
        else
            dr_sim_fail(call, 501, "NotSimulated", "Changing the settings of a replica is not simulated");
    }
    if (call->error)
        return;
    row_take(table, call->input, members);
    if (strcmp(dr_sim_string(call, "BillingMode", ""), "PAY_PER_REQUEST") == 0)
        json_object_set_new(table, "BillingModeSummary", json_pack("{s:s}", "BillingMode", "PAY_PER_REQUEST"));
    if (json_array_size(updates) == 0) {
        row_set_text(table, "TableStatus", "UPDATING");
        dr_sim_schedule(call->cloud, call->now_ms + dr_sim_timing(call->cloud, "dynamodb.update", UPDATE_MS),
                        "dynamodb.active", call->account, call->region, row_text(table, "TableName"), NULL);
    }
    call->output = json_pack("{s:o}", "TableDescription", describe(call, table));
}

/* --- Writes and their way to the replicas --------------------------------------------------------------------------
 */

static int64_t lag_of(struct dr_sim_cloud *cloud, const json_t *table)
{
    const json_t *own = json_object_get(table, "_lag");
    return own ? (int64_t)json_integer_value(own) : dr_sim_timing(cloud, "dynamodb.replication", LAG_MS);
}

/* The later write wins; of two at the same time, the Region's name decides everywhere alike. */
static bool is_later(const json_t *row, const json_t *there)
{
    int64_t at = row_int(row, "_at"), other = row_int(there, "_at");
    return !there || at > other || (at == other && strcmp(row_text(row, "_origin"), row_text(there, "_origin")) >= 0);
}

void ddb_write(struct dr_sim_call *call, const json_t *table, const char *id, json_t *item)
{
    const char *name = row_text(table, "TableName"), *region;
    json_t *items = ddb_items(call->cloud, call->account, call->region, name), *before = json_object_get(items, id),
           *status;
    json_t *row = json_pack("{s:o,s:I,s:s}", "_item", item ? item : json_null(), "_at", (json_int_t)call->now_ms,
                            "_origin", call->region);
    if (json_object_get(before, "_item"))
        json_object_set(row, "_before", json_object_get(before, "_item"));
    json_object_set_new(items, id, row);
    json_object_foreach(json_object_get(table, "_replicas"), region, status)
    {
        if (strcmp(json_string_value(status), "CREATING") == 0) /* it begins with a copy of everything */
            continue;
        json_t *sent = json_copy(row);
        json_object_del(sent, "_before");
        dr_sim_schedule(call->cloud, call->now_ms + lag_of(call->cloud, table), "dynamodb.replicate", call->account,
                        call->region, name, json_pack("{s:s,s:s,s:o}", "Target", region, "Key", id, "Row", sent));
    }
}

static bool must_wait(const struct dr_sim_happening *happening, const char *target)
{
    struct dr_sim_cloud *cloud = happening->cloud;
    return dr_sim_region_down(cloud, happening->region) || dr_sim_region_down(cloud, target) ||
           dr_sim_fault(cloud, "ReplicationStalled", happening->region, "dynamodb", NULL, happening->id) ||
           dr_sim_fault(cloud, "ReplicationStalled", target, "dynamodb", NULL, happening->id);
}

void ddb_replication_happens(const struct dr_sim_happening *happening)
{
    const char *target = row_text(happening->data, "Target"), *key = row_text(happening->data, "Key");
    json_t *row = json_object_get(happening->data, "Row");
    json_t *source = dr_sim_find(happening->cloud, happening->account, happening->region, DDB_TABLE, happening->id);
    if (!dr_sim_find(happening->cloud, happening->account, target, DDB_TABLE, happening->id))
        return; /* the replica was removed */
    json_t *waiting = source ? row_object(source, "_waiting") : NULL;
    if (must_wait(happening, target)) {
        if (waiting && !json_object_get(waiting, target))
            row_set_int(waiting, target, row_int(row, "_at"));
        dr_sim_schedule(happening->cloud, happening->at_ms + TRY_AGAIN_MS, "dynamodb.replicate", happening->account,
                        happening->region, happening->id, json_deep_copy(happening->data));
        return;
    }
    if (waiting)
        json_object_del(waiting, target);
    json_t *items = ddb_items(happening->cloud, happening->account, target, happening->id),
           *there = json_object_get(items, key);
    if (!is_later(row, there))
        return;
    json_t *copy = json_copy(row);
    if (json_object_get(there, "_item"))
        json_object_set(copy, "_before", json_object_get(there, "_item"));
    row_set_int(copy, "_arrived", happening->at_ms);
    json_object_set_new(items, key, copy);
}

const json_t *ddb_seen(struct dr_sim_call *call, const json_t *row, bool consistent)
{
    int64_t stale_ms = dr_sim_timing(call->cloud, "dynamodb.staleReads", 0);
    int64_t at = json_object_get(row, "_arrived") ? row_int(row, "_arrived") : row_int(row, "_at");
    const json_t *item = json_object_get(row, !consistent && call->now_ms < at + stale_ms ? "_before" : "_item");
    return json_is_object(item) ? item : NULL;
}

/* ReplicationLatency in milliseconds, of a table towards a Region. */
static bool metric(struct dr_sim_cloud *cloud, const char *account, const char *region, const char *metric_namespace,
                   const char *name, const json_t *dimensions, int64_t at_ms, double *ret_value)
{
    const char *table_name = "", *target = "";
    size_t i;
    json_t *row;
    json_array_foreach(dimensions, i, row)
    {
        if (strcmp(row_text(row, "Name"), "TableName") == 0)
            table_name = row_text(row, "Value");
        else if (strcmp(row_text(row, "Name"), "ReceivingRegion") == 0)
            target = row_text(row, "Value");
    }
    const json_t *table = dr_sim_find(cloud, account, region, DDB_TABLE, table_name);
    if (strcmp(metric_namespace, "AWS/DynamoDB") != 0 || strcmp(name, "ReplicationLatency") != 0 ||
        !json_object_get(json_object_get(table, "_replicas"), target))
        return false;
    const json_t *since = json_object_get(json_object_get(table, "_waiting"), target);
    *ret_value = since ? (double)(at_ms - (int64_t)json_integer_value(since)) : (double)lag_of(cloud, table);
    return true;
}

/* --- Backups, time to live, limits ---------------------------------------------------------------------------------
 */

static void describe_backups(struct dr_sim_call *call)
{
    json_t *table = find_table(call, dr_sim_string(call, "TableName", ""));
    if (!table) {
        dr_sim_fail(call, 0, "TableNotFoundException", "Table not found: %s", dr_sim_string(call, "TableName", ""));
        return;
    }
    const json_t *since = json_object_get(table, "_recoverableSince");
    json_t *shown = json_pack("{s:s}", "PointInTimeRecoveryStatus", since ? "ENABLED" : "DISABLED");
    if (since) {
        row_set_time(shown, "EarliestRestorableDateTime", (int64_t)json_integer_value(since));
        row_set_time(shown, "LatestRestorableDateTime", call->now_ms - 5 * 60 * 1000);
    }
    call->output = json_pack("{s:{s:s,s:o}}", "ContinuousBackupsDescription", "ContinuousBackupsStatus", "ENABLED",
                             "PointInTimeRecoveryDescription", shown);
}

static void update_backups(struct dr_sim_call *call)
{
    json_t *table = find_table(call, dr_sim_string(call, "TableName", ""));
    const json_t *given = json_object_get(call->input, "PointInTimeRecoverySpecification");
    bool enabled = json_is_true(json_object_get(given, "PointInTimeRecoveryEnabled"));
    if (table && enabled && !json_object_get(table, "_recoverableSince"))
        row_set_int(table, "_recoverableSince", call->now_ms);
    else if (table && !enabled)
        json_object_del(table, "_recoverableSince");
    describe_backups(call);
}

static void describe_time_to_live(struct dr_sim_call *call) /* UpdateTimeToLive is not simulated: nothing expires */
{
    if (known_table(call))
        call->output = json_pack("{s:{s:s}}", "TimeToLiveDescription", "TimeToLiveStatus", "DISABLED");
}

static void list_tags(struct dr_sim_call *call)
{
    if (find_table(call, dr_sim_string(call, "ResourceArn", "")))
        call->output = json_pack("{s:[]}", "Tags");
    else
        dr_sim_fail(call, 0, "ResourceNotFoundException", "Requested resource not found: ResourcArn: %s not found",
                    dr_sim_string(call, "ResourceArn", ""));
}

/* --- The service ---------------------------------------------------------------------------------------------------
 */

static const struct dr_sim_operation operations[] = {
    {"BatchGetItem", ddb_batch_get_item, DR_SIM_DATA},
    {"BatchWriteItem", ddb_batch_write_item, DR_SIM_DATA},
    {"CreateTable", create_table, DR_SIM_CONTROL},
    {"DeleteItem", ddb_delete_item, DR_SIM_DATA},
    {"DeleteTable", delete_table, DR_SIM_CONTROL},
    {"DescribeContinuousBackups", describe_backups, DR_SIM_CONTROL},
    {"DescribeTable", describe_table, DR_SIM_CONTROL},
    {"DescribeTimeToLive", describe_time_to_live, DR_SIM_CONTROL},
    {"GetItem", ddb_get_item, DR_SIM_DATA},
    {"ListTables", list_tables, DR_SIM_CONTROL},
    {"ListTagsOfResource", list_tags, DR_SIM_CONTROL},
    {"PutItem", ddb_put_item, DR_SIM_DATA},
    {"Query", ddb_query, DR_SIM_DATA},
    {"Scan", ddb_scan, DR_SIM_DATA},
    {"TransactGetItems", ddb_transact_get_items, DR_SIM_DATA},
    {"TransactWriteItems", ddb_transact_write_items, DR_SIM_DATA},
    {"UpdateContinuousBackups", update_backups, DR_SIM_CONTROL},
    {"UpdateItem", ddb_update_item, DR_SIM_DATA},
    {"UpdateTable", update_table, DR_SIM_CONTROL},
    {NULL, NULL, DR_SIM_DATA},
};

static const struct dr_sim_event events[] = {
    {"dynamodb.active", becomes_active},
    {"dynamodb.gone", is_gone},
    {"dynamodb.replica", replica_is_there},
    {"dynamodb.replicaGone", replica_is_gone},
    {"dynamodb.replicate", ddb_replication_happens},
    {NULL, NULL},
};

/* "id" (a string), or "id:N" */
static void add_key(json_t *description, const char *text, const char *kind)
{
    const char *colon = strchr(text, ':');
    char *name = colon ? dr_copy_bytes(text, (size_t)(colon - text)) : dr_copy_string(text);
    json_array_append_new(row_array(description, "KeySchema"),
                          json_pack("{s:s,s:s}", "AttributeName", name, "KeyType", kind));
    json_array_append_new(row_array(description, "AttributeDefinitions"),
                          json_pack("{s:s,s:s}", "AttributeName", name, "AttributeType", colon ? colon + 1 : "S"));
    free(name);
}

/* Whether a value is what stands in an attribute of that type. */
static bool is_content(const char *type, const json_t *value)
{
    if (strcmp(type, "BOOL") == 0)
        return json_is_boolean(value);
    if (strlen(type) == 1) {
        char *number = *type == 'N' && json_is_string(value) ? ddb_number(json_string_value(value)) : NULL;
        bool good = json_is_string(value) && (*type != 'N' || number);
        free(number);
        return good;
    }
    bool good = json_array_size(value) > 0;
    char single[2] = {type[0], '\0'};
    for (size_t i = 0; i < json_array_size(value); i++)
        good = good && is_content(single, json_array_get(value, i));
    return good;
}

/* A world's plain value as an attribute's: "x" is {"S": "x"}; what is {"S": ...} already stays. A new reference. */
static json_t *attribute(const json_t *plain, unsigned depth)
{
    const char *key;
    json_t *item;
    size_t i;
    if (json_is_string(plain))
        return json_pack("{s:O}", "S", plain);
    if (json_is_boolean(plain))
        return json_pack("{s:O}", "BOOL", plain);
    if (json_is_number(plain)) {
        char *text = json_dumps(plain, JSON_ENCODE_ANY), *number = ddb_number(text);
        json_t *value = json_pack("{s:s}", "N", number ? number : "0");
        free(text);
        free(number);
        return value;
    }
    if (json_is_array(plain) && depth < 32) {
        json_t *list = json_array();
        json_array_foreach(plain, i, item) json_array_append_new(list, attribute(item, depth + 1));
        return json_pack("{s:o}", "L", list);
    }
    if (json_is_object(plain) && depth < 32) {
        static const char *const typed[] = {"S", "N", "B", "SS", "NS", "BOOL"}; /* lists and maps are plain */
        const json_t *inside = json_object_get(plain, ddb_type(plain));
        for (i = 0; i < sizeof typed / sizeof *typed; i++)
            if (strcmp(ddb_type(plain), typed[i]) == 0 && is_content(typed[i], inside))
                return dr_json_share(plain);
        json_t *map = json_object();
        json_object_foreach(row_mutable(plain), key, item) json_object_set_new(map, key, attribute(item, depth + 1));
        return json_pack("{s:o}", "M", map);
    }
    return json_pack("{s:b}", "NULL", 1);
}

static bool load_items(struct dr_sim_cloud *cloud, const char *account, const char *region, const char *name,
                       const json_t *given, char **ret_problem)
{
    const json_t *table = dr_sim_find(cloud, account, region, DDB_TABLE, name);
    json_t *plain, *value;
    size_t i;
    const char *key;
    json_array_foreach(given, i, plain)
    {
        json_t *item = json_object();
        json_object_foreach(plain, key, value) json_object_set_new(item, key, attribute(value, 0));
        struct dr_sim_call call = {.cloud = cloud, .account = account, .region = region, .now_ms = dr_sim_now(cloud)};
        char *id = ddb_key_id(&call, table, item, true);
        if (!id)
            *ret_problem = dr_format("dynamodb.Tables.%s.Items[%zu]: %s", name, i, call.message);
        else
            json_object_set_new(
                ddb_items(cloud, account, region, name), id,
                json_pack("{s:O,s:I,s:s}", "_item", item, "_at", (json_int_t)dr_sim_now(cloud), "_origin", region));
        json_decref(item);
        free(call.error);
        free(call.message);
        free(id);
        if (*ret_problem)
            return false;
    }
    return true;
}

/* Tables: { NAME: { Key: id, Sort: "at:N", Replicas: [us-west-2], Lag: 0.7, Items: [ { id: x, n: 1 } ] } } */
static bool load(struct dr_sim_cloud *cloud, const char *account, const char *region, const json_t *given,
                 char **ret_problem)
{
    const char *name;
    const json_t *described;
    WORLD_EACH(json_object_get(given, "Tables"), name, described)
    {
        const char *hash = row_text(described, "Key"), *range = row_text(described, "Sort");
        json_t *description = json_object(), *row;
        add_key(description, *hash ? hash : "id", "HASH");
        if (*range)
            add_key(description, range, "RANGE");
        if (json_object_get(described, "Replicas"))
            json_object_set_new(description, "StreamSpecification",
                                json_pack("{s:b,s:s}", "StreamEnabled", 1, "StreamViewType", "NEW_AND_OLD_IMAGES"));
        json_t *table = make_table(cloud, account, region, name, description, "ACTIVE", dr_sim_now(cloud));
        json_decref(description);
        const json_t *lag = json_object_get(described, "Lag");
        int64_t lag_ms = dr_sim_ms(lag, 1000);
        if (lag && !json_is_number(lag) &&
            !(json_is_string(lag) && dr_duration_parse(json_string_value(lag), &lag_ms))) {
            *ret_problem = dr_format("dynamodb.Tables.%s.Lag: a number of seconds, or \"2s\"", name);
            return false;
        }
        if (lag)
            row_set_int(table, "_lag", lag_ms);
        if (json_is_true(json_object_get(described, "PointInTimeRecovery")))
            row_set_int(table, "_recoverableSince", dr_sim_now(cloud));
        if (!load_items(cloud, account, region, name, json_object_get(described, "Items"), ret_problem))
            return false;
        size_t i;
        json_array_foreach(json_object_get(described, "Replicas"), i, row)
        {
            const char *target = json_string_value(row);
            if (!target || strcmp(target, region) == 0 || dr_sim_find(cloud, account, target, DDB_TABLE, name)) {
                *ret_problem =
                    dr_format("dynamodb.Tables.%s.Replicas: \"%s\" is no other Region, or has this table already", name,
                              target ? target : "");
                return false;
            }
            row_set_text(row_object(table, "_replicas"), target, "ACTIVE");
            make_replica(cloud, account, region, target, name);
        }
    }
    return true;
}

const struct dr_sim_service dr_sim_dynamodb = {
    .name = "dynamodb", .operations = operations, .events = events, .load = load, .metric = metric};
