/* DynamoDB's single items: keys, conditions, what is returned of a write.
 * Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithItems.html */
#include "providers/simulated/services/dynamodb.h"
#include "providers/simulated/services/dynamodb_write.h"

#define ITEM_BYTES_MAX (400 << 10)

/* --- Keys ----------------------------------------------------------------------------------------------------------
 */

static const char *type_of_key(const json_t *table, const char *name)
{
    size_t i;
    json_t *definition;
    json_array_foreach(json_object_get(table, "AttributeDefinitions"), i, definition)
    {
        if (strcmp(row_text(definition, "AttributeName"), name) == 0)
            return row_text(definition, "AttributeType");
    }
    return "";
}

/* The key's value in its normal form; a new reference; NULL: the call has failed. */
static json_t *key_value(struct dr_sim_call *call, const json_t *table, const json_t *item, const char *name,
                         bool whole)
{
    const json_t *given = json_object_get(item, name);
    const char *type = type_of_key(table, name);
    if (!given && whole)
        dr_sim_fail(call, 0, "ValidationException",
                    "One or more parameter values were invalid: Missing the key %s in the item", name);
    else if (given && whole && strcmp(ddb_type(given), type) != 0)
        dr_sim_fail(call, 0, "ValidationException",
                    "One or more parameter values were invalid: Type mismatch for key %s expected: %s actual: %s", name,
                    type, ddb_type(given));
    else if (!given || strcmp(ddb_type(given), type) != 0)
        dr_sim_fail(call, 0, "ValidationException", "The provided key element does not match the schema");
    else if (strcmp(type, "N") != 0 && ddb_size(given) == 0)
        dr_sim_fail(
            call, 0, "ValidationException",
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an "
            "empty %s value. Key: %s",
            strcmp(type, "S") == 0 ? "string" : "binary", name);
    return call->error ? NULL : ddb_normal(call, given, 0);
}

char *ddb_key_id(struct dr_sim_call *call, const json_t *table, const json_t *item, bool whole)
{
    const char *hash = ddb_key_name(table, "HASH"), *range = ddb_key_name(table, "RANGE");
    json_t *id = json_array(), *value = key_value(call, table, item, hash, whole);
    if (value)
        json_array_append_new(id, value);
    if (range && !call->error && (value = key_value(call, table, item, range, whole)))
        json_array_append_new(id, value);
    if (!call->error && !whole && json_object_size(item) != json_array_size(id))
        dr_sim_fail(call, 0, "ValidationException", "The provided key element does not match the schema");
    char *text = call->error ? NULL : json_dumps(id, JSON_COMPACT);
    json_decref(id);
    return text;
}

/* --- Writes --------------------------------------------------------------------------------------------------------
 */

static void condition_failed(struct dr_sim_call *call, const json_t *given, const json_t *there)
{
    dr_sim_fail(call, 0, "ConditionalCheckFailedException", "The conditional request failed");
    if (there && strcmp(row_text(given, "ReturnValuesOnConditionCheckFailure"), "ALL_OLD") == 0)
        call->details = json_pack("{s:o}", "Item", ddb_on_the_wire(there, 0));
}

/* Old parameters that expressions have replaced. */
static bool is_legacy(struct dr_sim_call *call, const json_t *given)
{
    static const char *const old[] = {"Expected",      "ConditionalOperator", "AttributeUpdates", "AttributesToGet",
                                      "KeyConditions", "QueryFilter",         "ScanFilter"};
    for (size_t i = 0; i < sizeof old / sizeof *old; i++)
        if (json_object_get(given, old[i]))
            dr_sim_fail(call, 501, "NotSimulated", "The legacy parameter %s is not simulated: use expressions", old[i]);
    return call->error != NULL;
}

static json_t *normal_item(struct dr_sim_call *call, const json_t *given)
{
    json_t *item = json_object(), *value;
    const char *name;
    json_object_foreach(row_mutable(given), name, value)
    {
        json_t *own = call->error ? NULL : ddb_normal(call, value, 0);
        if (own)
            json_object_set_new(item, name, own);
    }
    return item;
}

/* What was there with the attributes that an update named, before or after. A new reference. */
static json_t *only(const json_t *item, const json_t *changed)
{
    json_t *some = json_object(), *value;
    const char *name;
    json_object_foreach(row_mutable(changed), name, value)
    {
        if (json_object_get(item, name))
            json_object_set_new(some, name, dr_json_share(json_object_get(item, name)));
    }
    return some;
}

static bool updates_key(struct dr_sim_call *call, const json_t *table, const json_t *changed)
{
    static const char *const kinds[] = {"HASH", "RANGE"};
    for (size_t i = 0; i < 2; i++) {
        const char *name = ddb_key_name(table, kinds[i]);
        if (name && json_object_get(changed, name))
            dr_sim_fail(
                call, 0, "ValidationException",
                "One or more parameter values were invalid: Cannot update attribute %s. This attribute is part of the "
                "key",
                name);
    }
    return call->error != NULL;
}

static void forget_error(struct dr_sim_call *call)
{
    free(call->error);
    free(call->message);
    call->error = call->message = NULL;
    call->status = 0;
}

void ddb_change_done(struct ddb_change *change)
{
    free(change->id);
    json_decref(change->item);
    json_decref(change->old);
    json_decref(change->changed);
    *change = (struct ddb_change){0};
}

/* The new item of an update; a new reference; NULL: the call has failed. */
static json_t *updated(struct dr_sim_call *call, struct ddb_names *names, const json_t *given,
                       struct ddb_change *change)
{
    const char *text = json_string_value(json_object_get(given, "UpdateExpression"));
    json_t *item = change->old ? json_deep_copy(change->old) : normal_item(call, json_object_get(given, "Key"));
    if (call->error || (text && (!ddb_update(names, text, item, change->changed) ||
                                 updates_key(call, change->table, change->changed)))) {
        json_decref(item);
        return NULL;
    }
    return item;
}

bool ddb_prepare(struct dr_sim_call *call, enum ddb_kind kind, const json_t *given, struct ddb_change *ret_change)
{
    struct ddb_change *change = ret_change;
    *change = (struct ddb_change){.kind = kind, .changed = json_object()};
    const char *condition = json_string_value(json_object_get(given, "ConditionExpression"));
    if (is_legacy(call, given) || !(change->table = ddb_table_of(call, row_text(given, "TableName"))))
        return false;
    change->id =
        ddb_key_id(call, change->table, json_object_get(given, kind == DDB_PUT ? "Item" : "Key"), kind == DDB_PUT);
    if (!change->id)
        return false;
    const json_t *row = json_object_get(
        ddb_items(call->cloud, call->account, call->region, row_text(change->table, "TableName")), change->id);
    const json_t *there = json_object_get(row, "_item");
    change->old = json_is_object(there) ? dr_json_share(there) : NULL;
    struct ddb_names names;
    ddb_names_begin(&names, call, given);
    bool holds = !condition || ddb_condition(&names, "ConditionExpression", condition, change->old, NULL);
    bool judged = !call->error;
    if (!call->error && kind == DDB_PUT)
        change->item = normal_item(call, json_object_get(given, "Item"));
    else if (!call->error && kind == DDB_UPDATE)
        change->item = updated(call, &names, given, change);
    if (call->error && judged && !holds && strncmp(call->message, "Invalid ", 8) != 0)
        forget_error(call); /* what an update finds in the item does not matter then */
    ddb_names_end(&names);
    if (!call->error && !holds)
        condition_failed(call, given, change->old);
    else if (!call->error && change->item && ddb_item_bytes(change->item) > ITEM_BYTES_MAX)
        dr_sim_fail(call, 0, "ValidationException",
                    kind == DDB_PUT ? "Item size has exceeded the maximum allowed size"
                                    : "Item size to update has exceeded the maximum allowed size");
    return !call->error;
}

void ddb_apply(struct dr_sim_call *call, const struct ddb_change *change)
{
    if (change->kind == DDB_DELETE && change->old)
        ddb_write(call, change->table, change->id, NULL);
    else if (change->kind == DDB_PUT || change->kind == DDB_UPDATE)
        ddb_write(call, change->table, change->id, json_incref(change->item));
}

void ddb_add_capacity(struct dr_sim_call *call, const json_t *table, double units)
{
    const char *wanted = dr_sim_string(call, "ReturnConsumedCapacity", "NONE");
    if (strcmp(wanted, "NONE") != 0 && call->output)
        json_object_set_new(call->output, "ConsumedCapacity",
                            json_pack("{s:s,s:f}", "TableName", row_text(table, "TableName"), "CapacityUnits", units));
}

static void write_one(struct dr_sim_call *call, enum ddb_kind kind)
{
    struct ddb_change change;
    const char *wanted = dr_sim_string(call, "ReturnValues", "NONE");
    bool simple = strcmp(wanted, "NONE") == 0 || strcmp(wanted, "ALL_OLD") == 0;
    if (kind != DDB_UPDATE && !simple) {
        dr_sim_fail(call, 0, "ValidationException", "ReturnValues can only be ALL_OLD or NONE");
        return;
    }
    if (ddb_prepare(call, kind, call->input, &change)) {
        ddb_apply(call, &change);
        json_t *shown = NULL;
        if (strcmp(wanted, "ALL_OLD") == 0)
            shown = json_incref(change.old);
        else if (strcmp(wanted, "ALL_NEW") == 0)
            shown = json_incref(change.item);
        else if (strncmp(wanted, "UPDATED", 7) == 0)
            shown = only(strcmp(wanted, "UPDATED_NEW") == 0 ? change.item : change.old, change.changed);
        call->output = json_object();
        if (shown && json_object_size(shown) > 0)
            json_object_set(call->output, "Attributes", shown);
        json_decref(shown);
        ddb_add_capacity(call, change.table, 1);
    }
    ddb_change_done(&change);
}

void ddb_put_item(struct dr_sim_call *call)
{
    write_one(call, DDB_PUT);
}

void ddb_update_item(struct dr_sim_call *call)
{
    write_one(call, DDB_UPDATE);
}

void ddb_delete_item(struct dr_sim_call *call)
{
    write_one(call, DDB_DELETE);
}

/* --- Reads ---------------------------------------------------------------------------------------------------------
 */

json_t *ddb_read(struct dr_sim_call *call, struct ddb_names *names, const json_t *table, const json_t *key,
                 const char *projection, bool consistent)
{
    char *id = ddb_key_id(call, table, key, false);
    if (!id)
        return NULL;
    const json_t *row =
        json_object_get(ddb_items(call->cloud, call->account, call->region, row_text(table, "TableName")), id);
    const json_t *item = ddb_seen(call, row, consistent);
    free(id);
    json_t *shown = projection ? ddb_project(names, projection, item) : item ? dr_json_share(item) : NULL;
    if (shown && !item) {
        json_decref(shown);
        shown = NULL;
    }
    return shown;
}

void ddb_get_item(struct dr_sim_call *call)
{
    const json_t *table =
        is_legacy(call, call->input) ? NULL : ddb_table_of(call, dr_sim_string(call, "TableName", ""));
    if (!table)
        return;
    bool consistent = dr_sim_bool(call, "ConsistentRead", false);
    struct ddb_names names;
    ddb_names_begin(&names, call, call->input);
    json_t *item = ddb_read(call, &names, table, json_object_get(call->input, "Key"),
                            dr_sim_string(call, "ProjectionExpression", NULL), consistent);
    if (ddb_names_end(&names)) {
        call->output = json_pack("{s:O*}", "Item", item);
        ddb_add_capacity(call, table, consistent ? 1 : 0.5);
    }
    json_decref(item);
}
