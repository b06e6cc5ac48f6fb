/* OpsItems: opened, looked at, changed, found by filters.
 * Source: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CreateOpsItem.html and its neighbours. */
#include "providers/simulated/services/ops_items.h"
#include "providers/simulated/services/rows.h"

#define KIND "ssm.opsItem"
#define PAGE_MAX 50

static const char *const members[] = {
    "Title",         "Description",      "Source",         "OpsItemType",     "Priority",
    "Category",      "Severity",         "Notifications",  "RelatedOpsItems", "ActualStartTime",
    "ActualEndTime", "PlannedStartTime", "PlannedEndTime", "Status",          NULL};

/* {"dedupString"} in the operational data under /aws/dedup: an open item with the same one is not opened again. */
static const char *deduplication(const json_t *item)
{
    return row_text(json_object_get(json_object_get(item, "OperationalData"), "/aws/dedup"), "Value");
}

static const json_t *open_already(struct dr_sim_call *call)
{
    const char *wanted = deduplication(call->input), *id;
    json_t *item;
    json_object_foreach(dr_sim_table(call->cloud, call->account, call->region, KIND), id, item)
    {
        bool closed =
            strcmp(row_text(item, "Status"), "Resolved") == 0 || strcmp(row_text(item, "Status"), "Closed") == 0;
        if (*wanted && !closed && strcmp(deduplication(item), wanted) == 0)
            return item;
    }
    return NULL;
}

static bool is_fine(struct dr_sim_call *call)
{
    static const struct {
        const char *name;
        size_t max;
    } lengths[] = {{"Title", 1024}, {"Description", 2048}, {"Source", 128}};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        if (strlen(dr_sim_string(call, lengths[i].name, "")) > lengths[i].max)
            dr_sim_fail(call, 0, "OpsItemInvalidParameterException", "%s must have at most %zu characters",
                        lengths[i].name, lengths[i].max);
    int64_t priority = dr_sim_int(call, "Priority", 1);
    if (priority < 1 || priority > 5)
        dr_sim_fail(call, 0, "OpsItemInvalidParameterException", "Priority must be between 1 and 5");
    return !call->error;
}

void dr_sim_create_ops_item(struct dr_sim_call *call)
{
    const json_t *there = open_already(call);
    if (there) {
        dr_sim_fail(call, 0, "OpsItemAlreadyExistsException",
                    "An OpsItem with the same deduplication string is open: %s", row_text(there, "OpsItemId"));
        call->details = json_pack("{s:s}", "OpsItemId", row_text(there, "OpsItemId"));
        return;
    }
    if (!is_fine(call))
        return;
    char *id = dr_sim_hex_id(call->cloud, "oi-", 12);
    json_t *item = json_pack("{s:s,s:s,s:s,s:s,s:s}", "OpsItemId", id, "Status", "Open", "Version", "1", "CreatedBy",
                             call->principal, "LastModifiedBy", call->principal);
    row_take(item, call->input, members);
    if (!json_object_get(item, "OpsItemType"))
        row_set_text(item, "OpsItemType", "/aws/issue");
    json_t *data = json_object_get(call->input, "OperationalData");
    json_object_set_new(item, "OperationalData", data ? json_deep_copy(data) : json_object());
    row_set_time(item, "CreatedTime", call->now_ms);
    row_set_time(item, "LastModifiedTime", call->now_ms);
    row_give_text(item, "OpsItemArn", dr_sim_arn("ssm", call->region, call->account, "opsitem/%s", id));
    call->output = json_pack("{s:s,s:s}", "OpsItemId", id, "OpsItemArn", row_text(item, "OpsItemArn"));
    dr_sim_put(call->cloud, call->account, call->region, KIND, id, item);
    free(id);
}

static json_t *find(struct dr_sim_call *call)
{
    const char *id = dr_sim_string(call, "OpsItemId", "");
    json_t *item = dr_sim_find(call->cloud, call->account, call->region, KIND, id);
    if (!item)
        dr_sim_fail(call, 0, "OpsItemNotFoundException", "OpsItem ID %s not found", id);
    return item;
}

void dr_sim_get_ops_item(struct dr_sim_call *call)
{
    json_t *item = find(call);
    if (item)
        call->output = json_pack("{s:O}", "OpsItem", item);
}

void dr_sim_update_ops_item(struct dr_sim_call *call)
{
    json_t *item = find(call), *key;
    size_t i;
    if (!item || !is_fine(call))
        return;
    row_take(item, call->input, members);
    json_t *data = row_object(item, "OperationalData");
    json_object_update(data, json_object_get(call->input, "OperationalData"));
    json_array_foreach(json_object_get(call->input, "OperationalDataToDelete"), i, key)
        json_object_del(data, json_string_value(key));
    row_set_text(item, "LastModifiedBy", call->principal);
    row_set_time(item, "LastModifiedTime", call->now_ms);
    row_give_text(item, "Version", dr_format("%ld", strtol(row_text(item, "Version"), NULL, 10) + 1));
}

/* Which member a filter is about; others are not simulated. */
static const struct {
    const char *key, *member;
} filters[] = {
    {"Status", "Status"},       {"Title", "Title"},       {"Source", "Source"},     {"OpsItemId", "OpsItemId"},
    {"Severity", "Severity"},   {"Category", "Category"}, {"Priority", "Priority"}, {"OpsItemType", "OpsItemType"},
    {"CreatedBy", "CreatedBy"},
};

/* Any value of the filter fits. */
static bool fits(struct dr_sim_call *call, const json_t *filter, const json_t *item)
{
    const char *key = row_text(filter, "Key"), *operator= row_text(filter, "Operator"), *member = NULL;
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++)
        if (strcmp(filters[i].key, key) == 0)
            member = filters[i].member;
    bool contains = strcmp(operator, "Contains") == 0;
    if (!member || (!contains && strcmp(operator, "Equal") != 0)) {
        dr_sim_fail(call, 501, "NotSimulated", "The filter %s with %s is not simulated", key, operator);
        return false;
    }
    const json_t *value = json_object_get(item, member);
    char *own = json_is_integer(value) ? dr_format("%lld", (long long)json_integer_value(value))
                                       : dr_copy_string(json_is_string(value) ? json_string_value(value) : "");
    bool good = false;
    size_t i;
    json_t *wanted;
    json_array_foreach(json_object_get(filter, "Values"), i, wanted) good =
        good ||
        (contains ? strstr(own, json_string_value(wanted)) != NULL : strcmp(own, json_string_value(wanted)) == 0);
    free(own);
    return good;
}

void dr_sim_describe_ops_items(struct dr_sim_call *call)
{
    json_t *all = json_array(), *item, *filter;
    const char *id;
    size_t i;
    json_object_foreach(dr_sim_table(call->cloud, call->account, call->region, KIND), id, item)
    {
        bool good = true;
        json_array_foreach(json_object_get(call->input, "OpsItemFilters"), i, filter) good =
            good && fits(call, filter, item);
        if (good)
            json_array_append(all, item);
    }
    if (!call->error)
        dr_sim_page(call, "OpsItemSummaries", all, PAGE_MAX, "ValidationException");
    json_decref(all);
}
