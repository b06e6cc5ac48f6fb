/* Record sets of the simulated Route 53: their order, and batches of changes, which are checked as Route 53 does and
 * done as a whole or not at all. Source:
 * https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html,
 * API_ListResourceRecordSets.html, .../DeveloperGuide/ResourceRecordTypes.html; the messages are those that public bug
 * reports quote. */
#include "providers/simulated/services/route53_parts.h"

#include <arpa/inet.h>
#include <ctype.h>

/* --- Names and order ------------------------------------------------------------------------------------------------
 */

char *dr_sim_r53_name(const char *name)
{
    struct dr_text text = {0};
    dr_text_reserve(&text, 1);
    for (const char *at = name; *at; at++) {
        if (*at == '*')
            dr_text_puts(&text, "\\052");
        else
            dr_text_putc(&text, (char)tolower((unsigned char)*at));
    }
    if (text.size == 0 || text.bytes[text.size - 1] != '.')
        dr_text_putc(&text, '.');
    return dr_text_take(&text);
}

/* "www.example.com." -> "com.example.www.": compared as text, so that a hyphen comes before a dot. */
static char *reversed(const char *name)
{
    struct dr_text text = {0};
    size_t end = strlen(name);
    end -= end > 0 && name[end - 1] == '.';
    while (end > 0) {
        size_t start = end;
        while (start > 0 && name[start - 1] != '.')
            start--;
        dr_text_add(&text, name + start, end - start);
        dr_text_putc(&text, '.');
        end = start > 0 ? start - 1 : 0;
    }
    return dr_text_take(&text);
}

int dr_sim_r53_compare(const char *name, const char *type, const char *identifier, const json_t *record)
{
    char *left = reversed(name), *right = reversed(r53_text(record, "Name"));
    int order = strcmp(left, right);
    free(left);
    free(right);
    if (order == 0)
        order = strcmp(type, r53_text(record, "Type"));
    return order ? order : strcmp(identifier, r53_text(record, "SetIdentifier"));
}

static size_t place_of(const json_t *records, const json_t *record, bool *ret_there)
{
    size_t i = 0, count = json_array_size(records);
    int order = 1;
    while (i < count && (order = dr_sim_r53_compare(r53_text(record, "Name"), r53_text(record, "Type"),
                                                    r53_text(record, "SetIdentifier"), json_array_get(records, i))) > 0)
        i++;
    *ret_there = i < count && order == 0;
    return i;
}

void dr_sim_r53_insert(json_t *records, json_t *record)
{
    bool there;
    size_t i = place_of(records, record, &there);
    if (there)
        json_array_set_new(records, i, record);
    else
        json_array_insert_new(records, i, record);
}

/* --- What is wrong with a change ------------------------------------------------------------------------------------
 */

struct batch {
    struct dr_sim_call *call;
    const json_t *zone;
    json_t *records; /* as the batch has made them so far */
    json_t *messages;
};

static void complain(struct batch *batch, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void complain(struct batch *batch, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *message = dr_format_list(format, arguments);
    va_end(arguments);
    json_array_append_new(batch->messages, json_string(message));
    free(message);
}

/* "[name='www.example.com.', type='A']", as Route 53 names a record set. */
static char *called(const json_t *record)
{
    const char *identifier = r53_text(record, "SetIdentifier");
    return *identifier ? dr_format("[name='%s', type='%s', set-identifier='%s']", r53_text(record, "Name"),
                                   r53_text(record, "Type"), identifier)
                       : dr_format("[name='%s', type='%s']", r53_text(record, "Name"), r53_text(record, "Type"));
}

/* InvalidInput: what is said before anything is looked up. False: failed. */
static bool is_whole(struct dr_sim_call *call, const char *action, const json_t *record)
{
    static const char *const policies[] = {"Weight",   "Region",           "GeoLocation",
                                           "Failover", "MultiValueAnswer", "CidrRoutingConfig"};
    const char *identifier = r53_text(record, "SetIdentifier");
    bool alias = json_object_get(record, "AliasTarget"), traffic = json_object_get(record, "TrafficPolicyInstanceId");
    bool plain = json_object_get(record, "TTL") && json_array_size(json_object_get(record, "ResourceRecords")) > 0;
    bool some = json_object_get(record, "TTL") || json_object_get(record, "ResourceRecords");
    size_t policy_count = 0;
    for (size_t i = 0; i < sizeof policies / sizeof *policies; i++)
        policy_count += json_object_get(record, policies[i]) != NULL;
    char *where = dr_format("Change with [Action=%s, Name=%s, Type=%s, SetIdentifier=%s]", action,
                            r53_text(record, "Name"), r53_text(record, "Type"), *identifier ? identifier : "null");
    if (alias + plain + traffic == 0)
        dr_sim_fail(call, 0, "InvalidInput",
                    "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or "
                    "TrafficPolicyInstanceId], but found none in %s",
                    where);
    else if (alias + plain + traffic > 1 || (alias && some))
        dr_sim_fail(call, 0, "InvalidInput",
                    "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or "
                    "TrafficPolicyInstanceId], but found more than one in %s",
                    where);
    else if (policy_count > 0 && !*identifier)
        dr_sim_fail(call, 0, "InvalidInput", "Invalid request: Missing field 'SetIdentifier' in %s", where);
    else if (policy_count != 1 && *identifier)
        dr_sim_fail(call, 0, "InvalidInput",
                    "Invalid request: Expected exactly one of [Weight, Region, Failover, GeoLocation, "
                    "MultiValueAnswer, or CidrRoutingConfig], but found %s in %s",
                    policy_count ? "more than one" : "none", where);
    free(where);
    return !call->error;
}

static void check_value(struct batch *batch, const char *type, const char *value)
{
    unsigned char bytes[16];
    if (strcmp(type, "A") == 0 && inet_pton(AF_INET, value, bytes) != 1)
        complain(batch,
                 "Invalid Resource Record: 'FATAL problem: ARRDATAIllegalIPv4Address (Value is not a valid IPv4 "
                 "address) encountered with '%s''",
                 value);
    if (strcmp(type, "AAAA") == 0 && inet_pton(AF_INET6, value, bytes) != 1)
        complain(batch,
                 "Invalid Resource Record: 'FATAL problem: AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 "
                 "address) encountered with '%s''",
                 value);
    if ((strcmp(type, "TXT") == 0 || strcmp(type, "SPF") == 0) &&
        (strlen(value) < 2 || value[0] != '"' || value[strlen(value) - 1] != '"'))
        complain(batch,
                 "Invalid Resource Record: 'FATAL problem: InvalidCharacterString (Value should be enclosed in "
                 "quotation marks) encountered with '%s''",
                 value);
}

static void check_values(struct batch *batch, const json_t *record)
{
    const json_t *values = json_object_get(record, "ResourceRecords");
    if (r53_is(record, "Type", "CNAME") && json_array_size(values) > 1)
        complain(batch, "Only one value is permitted for a record of type CNAME: %s", r53_text(record, "Name"));
    for (size_t i = 0; i < json_array_size(values); i++) {
        const char *value = r53_text(json_array_get(values, i), "Value");
        check_value(batch, r53_text(record, "Type"), value);
        for (size_t j = 0; j < i; j++)
            if (r53_is(json_array_get(values, j), "Value", value)) {
                complain(batch, "Duplicate Resource Record: '%s'", value);
                break;
            }
    }
}

static bool lies_in(const char *name, const char *zone)
{
    size_t size = strlen(name), zone_size = strlen(zone);
    return size >= zone_size && strcmp(name + size - zone_size, zone) == 0 &&
           (size == zone_size || name[size - zone_size - 1] == '.');
}

/* With other record sets of the same name. */
static void check_neighbours(struct batch *batch, const json_t *record)
{
    const char *name = r53_text(record, "Name"), *type = r53_text(record, "Type"),
               *zone = r53_text(batch->zone, "Name");
    bool is_cname = strcmp(type, "CNAME") == 0;
    json_t *other;
    size_t i;
    if (is_cname && strcmp(name, zone) == 0)
        complain(batch, "RRSet of type CNAME with DNS name %s is not permitted at apex in zone %s", name, zone);
    json_array_foreach(batch->records, i, other)
    {
        if (!r53_is(other, "Name", name))
            continue;
        if (is_cname && !r53_is(other, "Type", "CNAME")) {
            complain(batch,
                     "RRSet of type CNAME with DNS name %s is not permitted as it conflicts with other records with "
                     "the same DNS name in zone %s",
                     name, zone);
            return;
        }
        if (!is_cname && r53_is(other, "Type", "CNAME")) {
            complain(batch,
                     "RRSet of type %s with DNS name %s is not permitted because a conflicting RRSet of type CNAME "
                     "with the same DNS name already exists in zone %s.",
                     type, name, zone);
            return;
        }
        if (r53_is(other, "Type", type) && !*r53_text(other, "SetIdentifier") != !*r53_text(record, "SetIdentifier")) {
            complain(batch,
                     "RRSet with DNS name %s, type %s, SetIdentifier %s cannot be created because a %s RRSet with the "
                     "same name and type exists in zone %s",
                     name, type, *r53_text(record, "SetIdentifier") ? r53_text(record, "SetIdentifier") : "null",
                     *r53_text(other, "SetIdentifier") ? "non-simple" : "simple", zone);
            return;
        }
    }
}

/* The zone of an alias's target that this world knows: the records of a zone of the account; NULL: AWS's own. */
static const json_t *target_records(struct batch *batch, const char *zone_id)
{
    if (strstr(r53_text(batch->zone, "Id"), zone_id))
        return batch->records;
    return json_object_get(dr_sim_find(batch->call->cloud, batch->call->account, "global", R53_ZONE, zone_id),
                           "_records");
}

static void check_alias(struct batch *batch, const json_t *record)
{
    const json_t *alias = json_object_get(record, "AliasTarget"), *other;
    if (!alias)
        return;
    const char *zone_id = r53_text(alias, "HostedZoneId"), *type = r53_text(record, "Type");
    char *target = dr_sim_r53_name(r53_text(alias, "DNSName"));
    const char *plain = strncmp(target, "dualstack.", 10) == 0 ? target + 10 : target;
    const json_t *records = target_records(batch, zone_id);
    struct dr_sim_address address;
    bool found = records == NULL, balancer = strstr(plain, ".elb.") && strstr(plain, ".amazonaws.com.");
    size_t i;
    json_array_foreach((json_t *)(uintptr_t)records, i, other)
    {
        found = found || (r53_is(other, "Name", target) && r53_is(other, "Type", type));
    }
    if (!records && balancer) {
        found = dr_sim_address_of(batch->call->cloud, plain, batch->call->now_ms, &address);
        const json_t *there =
            found ? dr_sim_find(batch->call->cloud, address.account, address.region, address.kind, address.id) : NULL;
        const char *own = r53_text(there, "CanonicalHostedZoneId");
        if (*own && strcmp(own, zone_id) != 0)
            complain(batch,
                     "Tried to create an alias that targets %s, type %s in zone %s, but the alias target name does not "
                     "lie within the target zone",
                     target, type, zone_id);
    }
    if (!found)
        complain(batch, "Tried to create an alias that targets %s, type %s in zone %s, but that target was not found",
                 target, type, zone_id);
    free(target);
}

static void check_health(struct batch *batch, const json_t *record)
{
    const char *id = r53_text(record, "HealthCheckId");
    if (*id && !dr_sim_find(batch->call->cloud, batch->call->account, "global", R53_CHECK, id))
        dr_sim_fail(batch->call, 0, "NoSuchHealthCheck", "No health check found with id: %s", id);
}

/* --- Doing it -------------------------------------------------------------------------------------------------------
 */

/* The record set as Route 53 keeps it: a new reference. */
static json_t *kept(const json_t *record)
{
    json_t *copy = json_deep_copy(record), *alias = json_object_get(copy, "AliasTarget");
    char *name = dr_sim_r53_name(r53_text(record, "Name"));
    json_object_set_new(copy, "Name", json_string(name));
    free(name);
    if (alias) {
        char *target = dr_sim_r53_name(r53_text(alias, "DNSName"));
        json_object_set_new(alias, "DNSName", json_string(target));
        free(target);
        if (!json_object_get(alias, "EvaluateTargetHealth"))
            json_object_set_new(alias, "EvaluateTargetHealth", json_false());
    }
    return copy;
}

static int by_value(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* The order of values does not matter; the rest of the record set does. */
static bool same_values(const json_t *left, const json_t *right)
{
    const json_t *left_values = json_object_get(left, "ResourceRecords"),
                 *right_values = json_object_get(right, "ResourceRecords");
    size_t count = json_array_size(left_values);
    json_t *left_rest = json_copy((json_t *)(uintptr_t)left), *right_rest = json_copy((json_t *)(uintptr_t)right);
    json_object_del(left_rest, "ResourceRecords");
    json_object_del(right_rest, "ResourceRecords");
    bool same = json_equal(left_rest, right_rest) && count == json_array_size(right_values);
    json_decref(left_rest);
    json_decref(right_rest);
    if (!same || count == 0)
        return same;
    const char **texts = dr_alloc(2 * count * sizeof *texts);
    for (size_t i = 0; i < count; i++) {
        texts[i] = r53_text(json_array_get(left_values, i), "Value");
        texts[count + i] = r53_text(json_array_get(right_values, i), "Value");
    }
    qsort(texts, count, sizeof *texts, by_value);
    qsort(texts + count, count, sizeof *texts, by_value);
    for (size_t i = 0; i < count; i++)
        same = same && strcmp(texts[i], texts[count + i]) == 0;
    free(texts);
    return same;
}

static void check_delete(struct batch *batch, const json_t *record)
{
    bool there;
    size_t i = place_of(batch->records, record, &there);
    char *name = called(record);
    bool apex = r53_is(record, "Name", r53_text(batch->zone, "Name"));
    if (!there)
        complain(batch, "Tried to delete resource record set %s but it was not found", name);
    else if (!same_values(json_array_get(batch->records, i), record))
        complain(batch,
                 "Tried to delete resource record set %s but the values provided do not match the current values",
                 name);
    else if (apex && r53_is(record, "Type", "NS"))
        complain(batch, "A HostedZone must contain at least one NS record for the zone itself.");
    else if (apex && r53_is(record, "Type", "SOA"))
        complain(batch, "A HostedZone must contain exactly one SOA record.");
    free(name);
}

static void check_put(struct batch *batch, const char *action, const json_t *record)
{
    bool there;
    place_of(batch->records, record, &there);
    if (there && strcmp(action, "CREATE") == 0) {
        char *name = called(record);
        complain(batch, "Tried to create resource record set %s but it already exists", name);
        free(name);
        return;
    }
    check_values(batch, record);
    if (!there)
        check_neighbours(batch, record);
    check_alias(batch, record);
    check_health(batch, record);
}

static void do_change(json_t *records, const char *action, const json_t *record)
{
    bool there;
    size_t i = place_of(records, record, &there);
    if (strcmp(action, "DELETE") != 0)
        dr_sim_r53_insert(records, dr_json_share(record));
    else if (there)
        json_array_remove(records, i);
}

static void take_change(struct batch *batch, const json_t *change)
{
    const char *action = r53_text(change, "Action"), *zone = r53_text(batch->zone, "Name");
    const json_t *given = json_object_get(change, "ResourceRecordSet");
    if (!is_whole(batch->call, action, given))
        return;
    json_t *record = kept(given);
    size_t before = json_array_size(batch->messages);
    if (!lies_in(r53_text(record, "Name"), zone))
        complain(batch, "RRSet with DNS name %s is not permitted in zone %s", r53_text(record, "Name"), zone);
    else if (strcmp(action, "DELETE") == 0)
        check_delete(batch, record);
    else
        check_put(batch, action, record);
    if (json_array_size(batch->messages) == before && !batch->call->error)
        do_change(batch->records, action, record);
    json_decref(record);
}

json_t *dr_sim_r53_apply(struct dr_sim_call *call, const json_t *zone, const json_t *records, const json_t *changes)
{
    struct batch batch = {
        .call = call, .zone = zone, .records = json_copy((json_t *)(uintptr_t)records), .messages = json_array()};
    for (size_t i = 0; i < json_array_size(changes) && !call->error; i++)
        take_change(&batch, json_array_get(changes, i));
    if (!call->error && json_array_size(batch.messages) > 0) {
        struct dr_text text = {0};
        for (size_t i = 0; i < json_array_size(batch.messages); i++)
            dr_text_printf(&text, "%s%s", i ? ", " : "", json_string_value(json_array_get(batch.messages, i)));
        dr_sim_fail(call, 400, "InvalidChangeBatch", "[%s]", text.bytes);
        dr_text_done(&text);
    }
    json_decref(batch.messages);
    if (!call->error)
        return batch.records;
    json_decref(batch.records);
    return NULL;
}

json_t *dr_sim_r53_apply_checked(const json_t *records, const json_t *changes)
{
    json_t *made = json_copy((json_t *)(uintptr_t)records);
    for (size_t i = 0; i < json_array_size(changes); i++) {
        const json_t *change = json_array_get(changes, i);
        json_t *record = kept(json_object_get(change, "ResourceRecordSet"));
        do_change(made, r53_text(change, "Action"), record);
        json_decref(record);
    }
    return made;
}
