/* Between the files of the simulated DynamoDB. Private to it.
 *
 * A table is a row "dynamodb.table" by name, in each Region that has a replica of it. Its items are rows of the table
 * "dynamodb.item/TABLE" by their key as JSON: {"_item": the item, null once deleted, "_at", "_origin": Region that
 * wrote it, "_before": what was there until then}. Attribute values are the API's: {"S": "x"}, {"N": "1"}. */
#ifndef DRRUN_PROVIDERS_SIMULATED_SERVICES_DYNAMODB_H
#define DRRUN_PROVIDERS_SIMULATED_SERVICES_DYNAMODB_H

#include "providers/simulated/services/rows.h"

#define DDB_TABLE "dynamodb.table"

/* --- Values (dynamodb_value.c) --- */

/* Numbers of 38 digits. "1", "-2.5", "1e3"; as DynamoDB writes them: without superfluous zeros. Owned; NULL: none. */
char *ddb_number(const char *text);
int ddb_number_compare(const char *a, const char *b);
/* a + b, or a - b. Owned by the caller; NULL: it has more than 38 digits. */
char *ddb_number_add(const char *a, const char *b, bool minus);
/* "S", "N", ...; "" if it is no attribute value. */
const char *ddb_type(const json_t *value);
bool ddb_equal(const json_t *a, const json_t *b);
/* Of two values of the same type that has an order (S, N, B). False: they have none. */
bool ddb_compare(const json_t *a, const json_t *b, int *ret_order);
bool ddb_contains(const json_t *container, const json_t *value);
/* As size() counts; -1: it has none. */
int64_t ddb_size(const json_t *value);
/* What an item takes of the page of 1 MB. */
size_t ddb_item_bytes(const json_t *item);
/* Checks and writes numbers as DynamoDB does: a new reference; NULL: the call has failed. */
json_t *ddb_normal(struct dr_sim_call *call, const json_t *value, unsigned depth);
/* An item as error details have it: bytes as base64. A new reference. */
json_t *ddb_on_the_wire(const json_t *value, unsigned depth);

/* --- Expressions (dynamodb_expression.c) --- */

struct ddb_names { /* ExpressionAttributeNames and -Values, and which were used; all of one request or part of it */
    struct dr_sim_call *call;
    const json_t *names, *values; /* borrowed */
    json_t *used;
};
void ddb_names_begin(struct ddb_names *names, struct dr_sim_call *call, const json_t *given);
/* False: the call has failed, because a name or value is in no expression. */
bool ddb_names_end(struct ddb_names *names);
/* Whether the item (NULL: there is none) fulfils a condition; `kind` is "ConditionExpression", ...: for messages. When
 * the call fails, false. `equals` (may be NULL) collects what a key condition says with '='. */
bool ddb_condition(struct ddb_names *names, const char *kind, const char *text, const json_t *item, json_t *equals);
/* The parts of the item that the projection names; a new reference; NULL: the call has failed. */
json_t *ddb_project(struct ddb_names *names, const char *text, const json_t *item);
/* Changes `item` in place; `changed` gets the names of the top-level attributes. False: the call has failed. */
bool ddb_update(struct ddb_names *names, const char *text, json_t *item, json_t *changed);

/* Whether a name is one that expressions may only have behind '#' (dynamodb_words.c). */
bool ddb_is_reserved(const char *name);

/* --- Tables (dynamodb.c) --- */

/* The table that the call names, if it takes requests. Borrowed; NULL: the call has failed. */
json_t *ddb_table_of(struct dr_sim_call *call, const char *name);
json_t *ddb_items(struct dr_sim_cloud *cloud, const char *account, const char *region, const char *table);
/* The name of the table's (or index's) key of that kind, "HASH" or "RANGE"; NULL: none. */
const char *ddb_key_name(const json_t *schema, const char *kind);
/* The row's id of an item, or of a key: owned; NULL: the call has failed. `whole`: it is an item, not just a key. */
char *ddb_key_id(struct dr_sim_call *call, const json_t *table, const json_t *item, bool whole);
/* Writes (`item` stolen; NULL deletes) and begins the replication. */
void ddb_write(struct dr_sim_call *call, const json_t *table, const char *id, json_t *item);
/* What a read sees: borrowed; NULL: nothing. */
const json_t *ddb_seen(struct dr_sim_call *call, const json_t *row, bool consistent);
void ddb_replication_happens(const struct dr_sim_happening *happening);

void ddb_batch_get_item(struct dr_sim_call *call);
void ddb_batch_write_item(struct dr_sim_call *call);
void ddb_delete_item(struct dr_sim_call *call);
void ddb_get_item(struct dr_sim_call *call);
void ddb_put_item(struct dr_sim_call *call);
void ddb_update_item(struct dr_sim_call *call);
void ddb_transact_get_items(struct dr_sim_call *call);
void ddb_transact_write_items(struct dr_sim_call *call);
void ddb_query(struct dr_sim_call *call);
void ddb_scan(struct dr_sim_call *call);

#endif
