/* What the operations of the simulated RDS share: identifiers, lists, filters, tags, and the events that they leave. */
#include "providers/simulated/services/rds_operations.h"

#include "interpreter/base/clock.h"

#include <ctype.h>

#define PAGE_MAX 100
#define ID_MAX 63
#define EVENT_MINUTES 60
#define EVENT_DAYS 14

/* --- Identifiers ----------------------------------------------------------------------------------------------------
 */

char *dr_sim_rds_id(const struct dr_sim_call *call, const char *member)
{
    const char *given = dr_sim_string(call, member, "");
    const char *colon = strncmp(given, "arn:", 4) == 0 ? strrchr(given, ':') : NULL;
    char *id = dr_copy_string(colon ? colon + 1 : given);
    for (char *at = id; *at; at++)
        *at = (char)tolower((unsigned char)*at);
    return id;
}

bool dr_sim_rds_good_id(struct dr_sim_call *call, const char *member)
{
    const char *id = dr_sim_string(call, member, "");
    size_t size = strlen(id);
    bool good = size > 0 && size <= ID_MAX && isalpha((unsigned char)id[0]) && id[size - 1] != '-' && !strstr(id, "--");
    for (size_t i = 0; good && i < size; i++)
        good = isalnum((unsigned char)id[i]) || id[i] == '-';
    if (!good)
        dr_sim_fail(
            call, 400, "InvalidParameterValue",
            "The parameter %s is not a valid identifier. Identifiers must begin with a letter; must contain only "
            "ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two consecutive "
            "hyphens.",
            member);
    return good;
}

/* --- Lists ----------------------------------------------------------------------------------------------------------
 */

bool dr_sim_rds_good_list(struct dr_sim_call *call, const char *const *filters)
{
    int64_t limit = dr_sim_int(call, "MaxRecords", PAGE_MAX);
    if (limit < 20 || limit > PAGE_MAX) {
        dr_sim_fail(call, 400, "InvalidParameterValue", "Invalid value %lld for MaxRecords. Must be between 20 and 100",
                    (long long)limit);
        return false;
    }
    size_t i;
    json_t *filter;
    json_array_foreach(json_object_get(call->input, "Filters"), i, filter)
    {
        bool known = false;
        for (size_t j = 0; filters && filters[j]; j++)
            known = known || rds_is(filter, "Name", filters[j]);
        if (!known) {
            dr_sim_fail(call, 400, "InvalidParameterValue", "Unrecognized filter name: %s", rds_text(filter, "Name"));
            return false;
        }
    }
    return true;
}

bool dr_sim_rds_passes(const struct dr_sim_call *call, const char *filter, const char *value)
{
    size_t i, j;
    json_t *row, *wanted;
    json_array_foreach(json_object_get(call->input, "Filters"), i, row)
    {
        bool passes = !rds_is(row, "Name", filter);
        json_array_foreach(json_object_get(row, "Values"), j, wanted)
        {
            const char *text = json_string_value(wanted),
                       *colon = strncmp(text, "arn:", 4) == 0 ? strrchr(text, ':') : NULL;
            passes = passes || strcmp(colon ? colon + 1 : text, value) == 0;
        }
        if (!passes)
            return false;
    }
    return true;
}

void dr_sim_rds_give_page(struct dr_sim_call *call, const char *member, json_t *all)
{
    dr_sim_page(call, member, all, PAGE_MAX, "InvalidParameterValue");
    json_decref(all);
}

bool dr_sim_rds_may_delete(struct dr_sim_call *call, const json_t *resource, const char *what)
{
    if (!json_is_true(json_object_get(resource, "DeletionProtection")))
        return true;
    dr_sim_fail(call, 400, "InvalidParameterCombination",
                "Cannot delete protected %s, please disable deletion protection and try again.", what);
    return false;
}

/* --- Tags -----------------------------------------------------------------------------------------------------------
 */

void dr_sim_rds_set_tags(json_t *resource, const json_t *tags)
{
    json_t *list = json_object_get(resource, "TagList"), *tag, *old;
    size_t i, j;
    if (!list) {
        list = json_array();
        json_object_set_new(resource, "TagList", list);
    }
    json_array_foreach(tags, i, tag)
    {
        json_array_foreach(list, j, old)
        {
            if (rds_is(old, "Key", rds_text(tag, "Key"))) {
                json_array_remove(list, j);
                break;
            }
        }
        json_array_append_new(list,
                              json_pack("{s:s,s:s}", "Key", rds_text(tag, "Key"), "Value", rds_text(tag, "Value")));
    }
}

static json_t *tagged(struct dr_sim_call *call)
{
    const char *arn = dr_sim_string(call, "ResourceName", "");
    json_t *found = dr_sim_rds_by_arn(call->cloud, arn, NULL);
    const char *name = strrchr(arn, ':');
    if (!found && name && strstr(arn, ":snapshot:"))
        found = dr_sim_find(call->cloud, call->account, call->region, RDS_SNAPSHOT, name + 1);
    if (!found && name && strstr(arn, ":global-cluster:"))
        found = dr_sim_find(call->cloud, call->account, "global", RDS_GLOBAL, name + 1);
    if (!found && strncmp(arn, "arn:", 4) != 0)
        dr_sim_fail(call, 400, "InvalidParameterValue", "Invalid resource name: %s", arn);
    else if (!found && strstr(arn, ":cluster:"))
        dr_sim_fail(call, 0, "DBClusterNotFoundFault", "DBCluster %s not found.", name + 1);
    else if (!found && strstr(arn, ":snapshot:"))
        dr_sim_fail(call, 0, "DBSnapshotNotFound", "DBSnapshot %s not found.", name + 1);
    else if (!found)
        dr_sim_fail(call, 0, "DBInstanceNotFound", "DBInstance %s not found.", name + 1);
    return found;
}

void dr_sim_rds_list_tags(struct dr_sim_call *call)
{
    json_t *resource = tagged(call);
    if (resource) {
        dr_sim_rds_set_tags(resource, NULL);
        call->output = json_pack("{s:O}", "TagList", json_object_get(resource, "TagList"));
    }
}

void dr_sim_rds_add_tags(struct dr_sim_call *call)
{
    json_t *resource = tagged(call);
    if (resource)
        dr_sim_rds_set_tags(resource, json_object_get(call->input, "Tags"));
}

void dr_sim_rds_remove_tags(struct dr_sim_call *call)
{
    json_t *resource = tagged(call), *key;
    size_t i;
    json_array_foreach(json_object_get(call->input, "TagKeys"), i, key)
    {
        json_t *list = json_object_get(resource, "TagList");
        for (size_t j = json_array_size(list); j-- > 0;)
            if (rds_is(json_array_get(list, j), "Key", json_string_value(key)))
                json_array_remove(list, j);
    }
}

/* --- Events ---------------------------------------------------------------------------------------------------------
 */

void dr_sim_rds_note(struct dr_sim_cloud *cloud, const struct dr_sim_rds_place *place, const char *category,
                     const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *message = dr_format_list(format, arguments);
    va_end(arguments);
    json_t *table = dr_sim_table(cloud, place->account, place->region, RDS_EVENT);
    char *id = dr_format("%zu", json_object_size(table)), *date = dr_sim_timestamp(dr_sim_now(cloud));
    bool cluster = strcmp(place->kind, RDS_CLUSTER) == 0;
    char *arn = dr_sim_arn("rds", place->region, place->account, "%s:%s", cluster ? "cluster" : "db", place->id);
    json_object_set_new(table, id,
                        json_pack("{s:s,s:s,s:s,s:[s],s:s,s:s,s:I}", "SourceIdentifier", place->id, "SourceType",
                                  cluster ? "db-cluster" : "db-instance", "Message", message, "EventCategories",
                                  category, "Date", date, "SourceArn", arn, "_at", (json_int_t)dr_sim_now(cloud)));
    free(message);
    free(id);
    free(date);
    free(arn);
}

static bool read_time(const struct dr_sim_call *call, const char *member, int64_t otherwise, int64_t *ret_ms)
{
    const char *text = dr_sim_string(call, member, NULL);
    *ret_ms = otherwise;
    return !text || dr_time_parse(text, strlen(text), ret_ms, NULL);
}

static bool has_category(const struct dr_sim_call *call, const json_t *event)
{
    const json_t *wanted = json_object_get(call->input, "EventCategories");
    const char *own = json_string_value(json_array_get(json_object_get(event, "EventCategories"), 0));
    for (size_t i = 0; i < json_array_size(wanted); i++)
        if (strcmp(json_string_value(json_array_get(wanted, i)), own) == 0)
            return true;
    return json_array_size(wanted) == 0;
}

void dr_sim_rds_describe_events(struct dr_sim_call *call)
{
    const char *source = dr_sim_string(call, "SourceIdentifier", NULL), *type = dr_sim_string(call, "SourceType", NULL);
    int64_t from_ms, to_ms, minutes = dr_sim_int(call, "Duration", EVENT_MINUTES);
    if (!dr_sim_rds_good_list(call, NULL))
        return;
    if (source && !type) {
        dr_sim_fail(call, 400, "InvalidParameterCombination",
                    "SourceIdentifier requires that you also specify a SourceType value");
        return;
    }
    if (!read_time(call, "EndTime", call->now_ms, &to_ms) ||
        !read_time(call, "StartTime", to_ms - minutes * 60000, &from_ms) || from_ms > to_ms) {
        dr_sim_fail(call, 400, "InvalidParameterCombination", "End time must come after start time");
        return;
    }
    if (from_ms < call->now_ms - INT64_C(86400000) * EVENT_DAYS) {
        dr_sim_fail(call, 400, "InvalidParameterValue", "Start time must be within the last 14 days");
        return;
    }
    json_t *all = json_array(), *event;
    const char *id;
    json_object_foreach(dr_sim_table(call->cloud, call->account, call->region, RDS_EVENT), id, event)
    {
        if (rds_int(event, "_at") >= from_ms && rds_int(event, "_at") <= to_ms &&
            (!source || rds_is(event, "SourceIdentifier", source)) && (!type || rds_is(event, "SourceType", type)) &&
            has_category(call, event))
            json_array_append(all, event);
    }
    dr_sim_rds_give_page(call, "Events", all);
}
