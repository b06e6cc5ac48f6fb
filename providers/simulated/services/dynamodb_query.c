/* DynamoDB's Query and Scan: by key conditions or all, in order, filtered, page by page; of tables and their indexes.
 * Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.html and Scan.html */
#include "providers/simulated/services/dynamodb.h"
#include "providers/simulated/services/dynamodb_write.h"

#define PAGE_BYTES_MAX (1 << 20)

struct found { /* borrowed */
    const char *id;
    const json_t *item;
    const char *range; /* the name of the attribute that orders; NULL: none */
    uint32_t place;    /* of scans: where its partition is */
};

struct search {
    struct dr_sim_call *call;
    const json_t *table, *index; /* index NULL: the table itself */
    const char *filter, *condition, *projection;
    bool consistent;
    struct ddb_names names;
    struct found *rows;
    size_t count;
};

/* --- What there is -------------------------------------------------------------------------------------------------
 */

static const json_t *find_index(struct dr_sim_call *call, const json_t *table, const char *name)
{
    static const char *const kinds[] = {"GlobalSecondaryIndexes", "LocalSecondaryIndexes"};
    size_t i;
    json_t *index;
    for (size_t kind = 0; kind < 2; kind++) {
        json_array_foreach(json_object_get(table, kinds[kind]), i, index)
        {
            if (strcmp(row_text(index, "IndexName"), name) != 0)
                continue;
            if (kind == 0 && dr_sim_bool(call, "ConsistentRead", false))
                dr_sim_fail(call, 0, "ValidationException",
                            "Consistent reads are not supported on global secondary indexes");
            return index;
        }
    }
    dr_sim_fail(call, 0, "ValidationException", "The table does not have the specified index: %s", name);
    return NULL;
}

static bool begin(struct search *search, struct dr_sim_call *call)
{
    static const char *const old[] = {"KeyConditions", "QueryFilter", "ScanFilter", "AttributesToGet",
                                      "ConditionalOperator"};
    const char *index = dr_sim_string(call, "IndexName", NULL);
    *search = (struct search){.call = call, .table = ddb_table_of(call, dr_sim_string(call, "TableName", ""))};
    search->filter = dr_sim_string(call, "FilterExpression", NULL);
    search->projection = dr_sim_string(call, "ProjectionExpression", NULL);
    search->consistent = dr_sim_bool(call, "ConsistentRead", false);
    for (size_t i = 0; i < sizeof old / sizeof *old; i++)
        if (!call->error && json_object_get(call->input, old[i]))
            dr_sim_fail(call, 501, "NotSimulated", "The legacy parameter %s is not simulated: use expressions", old[i]);
    if (!call->error && index)
        search->index = find_index(call, search->table, index);
    ddb_names_begin(&search->names, call, call->input);
    return !call->error;
}

static uint32_t place_of(const char *id) /* FNV-1a: partitions are in no order that means something */
{
    uint32_t hash = 2166136261u;
    for (; *id; id++)
        hash = (hash ^ (unsigned char)*id) * 16777619u;
    return hash;
}

static int in_order(const void *a, const void *b)
{
    const struct found *one = a, *other = b;
    const json_t *left = one->range ? json_object_get(one->item, one->range) : NULL;
    const json_t *right = other->range ? json_object_get(other->item, other->range) : NULL;
    int order = 0;
    if (left && right && ddb_compare(left, right, &order) && order != 0)
        return order;
    if (one->place != other->place)
        return one->place < other->place ? -1 : 1;
    return strcmp(one->id, other->id);
}

/* All items that the table or index has, as this read sees them, in order; those that the key condition excludes are
 * left out. */
static void collect(struct search *search)
{
    const char *hash = ddb_key_name(search->index ? search->index : search->table, "HASH"),
               *range = ddb_key_name(search->index ? search->index : search->table, "RANGE"), *id;
    json_t *items = ddb_items(search->call->cloud, search->call->account, search->call->region,
                              row_text(search->table, "TableName"));
    json_t *row;
    search->rows = dr_alloc((json_object_size(items) + 1) * sizeof *search->rows);
    json_object_foreach(items, id, row)
    {
        const json_t *item = ddb_seen(search->call, row, search->consistent);
        if (!item || search->call->error || !json_object_get(item, hash) || (range && !json_object_get(item, range)))
            continue;
        if (search->condition &&
            !ddb_condition(&search->names, "KeyConditionExpression", search->condition, item, NULL))
            continue;
        search->rows[search->count++] = (struct found){.id = id,
                                                       .item = item,
                                                       .range = search->condition ? range : NULL,
                                                       .place = search->condition ? 0 : place_of(id)};
    }
    qsort(search->rows, search->count, sizeof *search->rows, in_order);
}

/* --- Pages ---------------------------------------------------------------------------------------------------------
 */

/* Where the page begins: behind ExclusiveStartKey. False: the call has failed. */
static bool find_start(struct search *search, bool forward, size_t *ret_start)
{
    const json_t *key = json_object_get(search->call->input, "ExclusiveStartKey");
    *ret_start = 0;
    if (!key)
        return true;
    json_t *own = json_object();
    const char *hash = ddb_key_name(search->table, "HASH"), *range = ddb_key_name(search->table, "RANGE");
    if (json_object_get(key, hash))
        json_object_set_new(own, hash, dr_json_share(json_object_get(key, hash)));
    if (range && json_object_get(key, range))
        json_object_set_new(own, range, dr_json_share(json_object_get(key, range)));
    char *id = ddb_key_id(search->call, search->table, own, false);
    json_decref(own);
    if (!id) {
        dr_sim_fail(search->call, 0, "ValidationException", "The provided starting key is invalid");
        return false;
    }
    const struct found last = {.id = id,
                               .item = key,
                               .range = search->count ? search->rows[0].range : NULL,
                               .place = search->condition ? 0 : place_of(id)};
    while (*ret_start < search->count) {
        const struct found *row = &search->rows[forward ? *ret_start : search->count - 1 - *ret_start];
        int order = in_order(row, &last);
        if (forward ? order > 0 : order < 0)
            break;
        ++*ret_start;
    }
    free(id);
    return true;
}

static json_t *key_of(const struct search *search, const json_t *item)
{
    const json_t *schemas[] = {search->table, search->index};
    json_t *key = json_object(), *part;
    size_t i;
    for (size_t j = 0; j < 2; j++) {
        json_array_foreach(json_object_get(schemas[j], "KeySchema"), i, part)
            json_object_set_new(key, row_text(part, "AttributeName"),
                                dr_json_share(json_object_get(item, row_text(part, "AttributeName"))));
    }
    return key;
}

/* What the index has of an item. A new reference. */
static json_t *projected(const struct search *search, const json_t *item)
{
    const json_t *projection = json_object_get(search->index, "Projection");
    const char *kind = row_text(projection, "ProjectionType");
    if (!search->index || strcmp(kind, "ALL") == 0 || !*kind)
        return dr_json_share(item);
    json_t *some = key_of(search, item), *name;
    size_t i;
    json_array_foreach(json_object_get(projection, "NonKeyAttributes"), i, name)
    {
        if (json_object_get(item, json_string_value(name)))
            json_object_set_new(some, json_string_value(name),
                                dr_json_share(json_object_get(item, json_string_value(name))));
    }
    return some;
}

static void give_page(struct search *search, bool forward)
{
    struct dr_sim_call *call = search->call;
    bool counts = strcmp(dr_sim_string(call, "Select", ""), "COUNT") == 0;
    int64_t limit = dr_sim_int(call, "Limit", INT64_MAX), scanned = 0;
    size_t start, bytes = 0;
    if (search->filter) /* once without an item: a mistake is one in an empty table too */
        ddb_condition(&search->names, "FilterExpression", search->filter, NULL, NULL);
    if (search->projection && !call->error)
        json_decref(ddb_project(&search->names, search->projection, NULL));
    if (call->error || !find_start(search, forward, &start))
        return;
    json_t *items = json_array(), *last = NULL;
    int64_t count = 0;
    for (size_t i = start; i < search->count && !call->error; i++) {
        const struct found *row = &search->rows[forward ? i : search->count - 1 - i];
        json_t *own = projected(search, row->item);
        bytes += ddb_item_bytes(own);
        scanned++;
        if (!search->filter || ddb_condition(&search->names, "FilterExpression", search->filter, own, NULL)) {
            json_t *shown =
                search->projection ? ddb_project(&search->names, search->projection, own) : json_incref(own);
            count++;
            if (shown && !counts)
                json_array_append(items, shown);
            json_decref(shown);
        }
        json_decref(own);
        if (scanned >= limit || bytes > PAGE_BYTES_MAX) {
            last = key_of(search, row->item); /* there may be nothing behind it, as on AWS */
            break;
        }
    }
    call->output = json_pack("{s:I,s:I}", "Count", (json_int_t)count, "ScannedCount", (json_int_t)scanned);
    if (!counts)
        json_object_set(call->output, "Items", items);
    if (last)
        json_object_set(call->output, "LastEvaluatedKey", last);
    json_decref(items);
    json_decref(last);
    size_t blocks = bytes / 4096 + 1; /* of 4 KiB, begun ones count */
    double units = (double)blocks;
    ddb_add_capacity(call, search->table, search->consistent ? units : units / 2);
}

static void finish(struct search *search)
{
    ddb_names_end(&search->names);
    free(search->rows);
}

/* --- The operations ------------------------------------------------------------------------------------------------
 */

void ddb_query(struct dr_sim_call *call)
{
    struct search search;
    const char *condition = dr_sim_string(call, "KeyConditionExpression", NULL);
    if (!begin(&search, call)) {
        finish(&search);
        return;
    }
    const json_t *keys = search.index ? search.index : search.table;
    json_t *equals = json_object();
    search.condition = condition;
    if (!condition)
        dr_sim_fail(call, 0, "ValidationException",
                    "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.");
    else
        ddb_condition(&search.names, "KeyConditionExpression", condition, NULL, equals);
    if (!call->error && !json_object_get(equals, ddb_key_name(keys, "HASH")))
        dr_sim_fail(call, 0, "ValidationException", "Query condition missed key schema element: %s",
                    ddb_key_name(keys, "HASH"));
    json_decref(equals);
    if (!call->error)
        collect(&search);
    if (!call->error)
        give_page(&search, dr_sim_bool(call, "ScanIndexForward", true));
    finish(&search);
}

void ddb_scan(struct dr_sim_call *call)
{
    struct search search;
    int64_t segments = dr_sim_int(call, "TotalSegments", 1), segment = dr_sim_int(call, "Segment", 0);
    if (begin(&search, call)) {
        collect(&search);
        if (segment >= segments)
            dr_sim_fail(call, 0, "ValidationException",
                        "The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: "
                        "%lld is not "
                        "less than TotalSegments: %lld",
                        (long long)segment, (long long)segments);
        size_t kept = 0;
        for (size_t i = 0; i < search.count && segments > 1; i++)
            if ((int64_t)(search.rows[i].place % (uint32_t)segments) == segment)
                search.rows[kept++] = search.rows[i];
        if (segments > 1)
            search.count = kept;
        if (!call->error)
            give_page(&search, true);
    }
    finish(&search);
}
