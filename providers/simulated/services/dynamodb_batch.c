/* DynamoDB's several items at once: batches, which are many single requests, and transactions, which are all or
 * nothing. Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html */
#include "providers/simulated/services/dynamodb.h"
#include "providers/simulated/services/dynamodb_write.h"

#define BATCH_GET_MAX 100
#define BATCH_WRITE_MAX 25
#define TOKEN_MS (10 * 60 * 1000)

/* --- Batches -------------------------------------------------------------------------------------------------------
 */

void ddb_batch_get_item(struct dr_sim_call *call)
{
    json_t *responses = json_object(), *wanted, *key;
    const char *name;
    size_t i, count = 0;
    json_object_foreach(json_object_get(call->input, "RequestItems"), name, wanted)
    {
        const json_t *table = call->error ? NULL : ddb_table_of(call, name);
        if (!table)
            break;
        json_t *items = json_array();
        json_object_set_new(responses, name, items);
        struct ddb_names names;
        ddb_names_begin(&names, call, wanted);
        json_t *seen = json_object();
        json_array_foreach(json_object_get(wanted, "Keys"), i, key)
        {
            if (call->error)
                break;
            char *id = json_dumps(key, JSON_COMPACT | JSON_SORT_KEYS);
            if (++count > BATCH_GET_MAX)
                dr_sim_fail(call, 0, "ValidationException", "Too many items requested for the BatchGetItem call");
            else if (json_object_get(seen, id))
                dr_sim_fail(call, 0, "ValidationException", "Provided list of item keys contains duplicates");
            json_object_set_new(seen, id, json_true());
            free(id);
            json_t *item = call->error ? NULL
                                       : ddb_read(call, &names, table, key,
                                                  json_string_value(json_object_get(wanted, "ProjectionExpression")),
                                                  json_is_true(json_object_get(wanted, "ConsistentRead")));
            if (item)
                json_array_append_new(items, item);
        }
        json_decref(seen);
        ddb_names_end(&names);
    }
    if (call->error)
        json_decref(responses);
    else
        call->output = json_pack("{s:o,s:{}}", "Responses", responses, "UnprocessedKeys");
}

/* One entry of a list of writes as a change; its table is named beside it or in it. */
struct batch {
    struct ddb_change *changes;
    size_t count;
};

static void batch_done(struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++)
        ddb_change_done(&batch->changes[i]);
    free(batch->changes);
}

static bool is_twice(const struct batch *batch)
{
    const struct ddb_change *last = &batch->changes[batch->count - 1];
    for (size_t i = 0; i + 1 < batch->count; i++)
        if (batch->changes[i].table == last->table && batch->changes[i].id && last->id &&
            strcmp(batch->changes[i].id, last->id) == 0)
            return true;
    return false;
}

void ddb_batch_write_item(struct dr_sim_call *call)
{
    json_t *requests, *request;
    const char *name;
    size_t i;
    struct batch batch = {0};
    json_object_foreach(json_object_get(call->input, "RequestItems"), name, requests)
    {
        json_array_foreach(requests, i, request)
        {
            if (call->error)
                break;
            const json_t *put = json_object_get(request, "PutRequest"),
                         *remove = json_object_get(request, "DeleteRequest");
            json_t *given = json_copy(row_mutable(put ? put : remove));
            if (!given) {
                dr_sim_fail(call, 0, "ValidationException",
                            "Supplied AttributeValue has more than one datatypes set, must contain "
                            "exactly one of the supported datatypes");
                break;
            }
            row_set_text(given, "TableName", name);
            batch.changes = dr_resize(batch.changes, batch.count + 1, sizeof *batch.changes);
            batch.count++;
            if (ddb_prepare(call, put ? DDB_PUT : DDB_DELETE, given, &batch.changes[batch.count - 1]) &&
                is_twice(&batch))
                dr_sim_fail(call, 0, "ValidationException", "Provided list of item keys contains duplicates");
            if (!call->error && batch.count > BATCH_WRITE_MAX)
                dr_sim_fail(call, 0, "ValidationException", "Too many items requested for the BatchWriteItem call");
            json_decref(given);
        }
    }
    for (i = 0; i < batch.count && !call->error; i++)
        ddb_apply(call, &batch.changes[i]);
    if (!call->error)
        call->output = json_pack("{s:{}}", "UnprocessedItems");
    batch_done(&batch);
}

/* --- Transactions --------------------------------------------------------------------------------------------------
 */

static const struct {
    const char *member;
    enum ddb_kind kind;
} actions[] = {{"Put", DDB_PUT}, {"Update", DDB_UPDATE}, {"Delete", DDB_DELETE}, {"ConditionCheck", DDB_CHECK}};

/* The transaction with this token was done already. True: nothing is left to do (or the call has failed). */
static bool was_done(struct dr_sim_call *call)
{
    const char *token = dr_sim_string(call, "ClientRequestToken", NULL);
    if (!token)
        return false;
    json_t *known = dr_sim_table(call->cloud, call->account, call->region, "dynamodb.token");
    const json_t *before = json_object_get(known, token);
    const json_t *items = json_object_get(call->input, "TransactItems");
    if (before && call->now_ms - row_int(before, "_at") < TOKEN_MS) {
        if (!json_equal(json_object_get(before, "_items"), items))
            dr_sim_fail(
                call, 0, "IdempotentParameterMismatchException",
                "Request parameters do not match with the parameters provided for the previous request with the same "
                "client token");
        else
            call->output = json_object();
        return true;
    }
    return false;
}

static void remember(struct dr_sim_call *call)
{
    const char *token = dr_sim_string(call, "ClientRequestToken", NULL);
    if (token)
        json_object_set_new(dr_sim_table(call->cloud, call->account, call->region, "dynamodb.token"), token,
                            json_pack("{s:I,s:O}", "_at", (json_int_t)call->now_ms, "_items",
                                      json_object_get(call->input, "TransactItems")));
}

/* The error of one entry becomes its reason; the call goes on. What concerns the request as a whole stays its error. */
static json_t *reason_of(struct dr_sim_call *call)
{
    json_t *reason = json_pack("{s:s}", "Code", "None");
    if (!call->error)
        return reason;
    bool condition = strcmp(call->error, "ConditionalCheckFailedException") == 0;
    row_set_text(reason, "Code", condition ? "ConditionalCheckFailed" : "ValidationError");
    row_set_text(reason, "Message", call->message);
    if (json_object_get(call->details, "Item"))
        json_object_set(reason, "Item", json_object_get(call->details, "Item"));
    free(call->error);
    free(call->message);
    json_decref(call->details);
    call->error = call->message = NULL;
    call->details = NULL;
    return reason;
}

static void cancel(struct dr_sim_call *call, json_t *reasons)
{
    struct dr_text codes = {0};
    size_t i;
    json_t *reason;
    json_array_foreach(reasons, i, reason) dr_text_printf(&codes, "%s%s", i ? ", " : "", row_text(reason, "Code"));
    dr_sim_fail(call, 0, "TransactionCanceledException",
                "Transaction cancelled, please refer cancellation reasons for specific reasons [%s]", codes.bytes);
    call->details = json_pack("{s:O}", "CancellationReasons", reasons);
    dr_text_done(&codes);
}

void ddb_transact_write_items(struct dr_sim_call *call)
{
    json_t *entry, *reasons = json_array();
    size_t i;
    bool failed = false;
    struct batch batch = {0};
    if (was_done(call)) {
        json_decref(reasons);
        return;
    }
    json_array_foreach(json_object_get(call->input, "TransactItems"), i, entry)
    {
        size_t which = 0;
        while (which < 4 && !json_object_get(entry, actions[which].member))
            which++;
        if (which == 4 || json_object_size(entry) != 1) {
            dr_sim_fail(call, 0, "ValidationException",
                        "TransactItems can only contain one of Check, Put, Update or Delete");
            break;
        }
        batch.changes = dr_resize(batch.changes, batch.count + 1, sizeof *batch.changes);
        batch.count++;
        ddb_prepare(call, actions[which].kind, json_object_get(entry, actions[which].member),
                    &batch.changes[batch.count - 1]);
        bool of_entry = call->error && (strcmp(call->error, "ConditionalCheckFailedException") == 0);
        if (call->error && !of_entry)
            break;
        failed = failed || of_entry;
        json_array_append_new(reasons, reason_of(call));
        if (is_twice(&batch)) {
            dr_sim_fail(call, 0, "ValidationException",
                        "Transaction request cannot include multiple operations on one item");
            break;
        }
    }
    if (!call->error && failed)
        cancel(call, reasons);
    for (i = 0; i < batch.count && !call->error; i++)
        ddb_apply(call, &batch.changes[i]);
    if (!call->error) {
        remember(call);
        call->output = json_object();
    }
    batch_done(&batch);
    json_decref(reasons);
}

void ddb_transact_get_items(struct dr_sim_call *call)
{
    json_t *responses = json_array(), *entry;
    size_t i;
    json_array_foreach(json_object_get(call->input, "TransactItems"), i, entry)
    {
        const json_t *get = json_object_get(entry, "Get"),
                     *table = call->error ? NULL : ddb_table_of(call, row_text(get, "TableName"));
        if (!table)
            break;
        struct ddb_names names;
        ddb_names_begin(&names, call, get);
        json_t *item = ddb_read(call, &names, table, json_object_get(get, "Key"),
                                json_string_value(json_object_get(get, "ProjectionExpression")), true);
        ddb_names_end(&names);
        json_array_append_new(responses, json_pack("{s:o*}", "Item", item));
    }
    if (call->error)
        json_decref(responses);
    else
        call->output = json_pack("{s:o}", "Responses", responses);
}
