/* Route 53: hosted zones, changes and their propagation, and the table of operations; record sets, health checks and
 * what name servers answer are in route53_*.c. Source: https://docs.aws.amazon.com/Route53/latest/APIReference/ */
#include "providers/simulated/services/route53_parts.h"

#include "providers/simulated/cloud_parts.h"

extern const struct dr_sim_service dr_sim_route53;

#define ZONES_MAX 100
#define RECORDS_MAX 300
#define INSYNC_MS 40000
#define SPREAD_MS 15000 /* 25 to 55 s */
#define REFERENCE "world"

static const char *const name_servers[] = {"ns-101.awsdns-12.com", "ns-620.awsdns-13.net", "ns-1120.awsdns-12.org",
                                           "ns-1840.awsdns-37.co.uk"};

/* "Z0123456789ABCDEFGHIJ"; owned by the caller. */
static char *make_id(struct dr_sim_cloud *cloud, char letter)
{
    struct dr_text text = {0};
    dr_text_putc(&text, letter);
    for (unsigned i = 0; i < 20; i++)
        dr_text_putc(&text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[dr_sim_random(cloud) % 36]);
    return dr_text_take(&text);
}

static const char *bare(const char *id)
{
    const char *slash = strrchr(id, '/');
    return slash ? slash + 1 : id;
}

json_t *dr_sim_r53_find_zone(struct dr_sim_call *call, const char *member)
{
    const char *id = bare(dr_sim_string(call, member, ""));
    json_t *zone = dr_sim_find(call->cloud, call->account, "global", R53_ZONE, id);
    if (!zone)
        dr_sim_fail(call, 0, "NoSuchHostedZone", "No hosted zone found with ID: %s", id);
    return zone;
}

/* --- Zones ----------------------------------------------------------------------------------------------------------
 */

static json_t *name_server_list(void)
{
    json_t *list = json_array();
    for (size_t i = 0; i < sizeof name_servers / sizeof *name_servers; i++)
        json_array_append_new(list, json_string(name_servers[i]));
    return list;
}

static json_t *make_zone(struct dr_sim_cloud *cloud, const char *account, const char *id, const char *given_name,
                         const json_t *config, const char *reference)
{
    char *name = dr_sim_r53_name(given_name), *path = dr_format("/hostedzone/%s", id);
    json_t *records = json_array(), *values = json_array();
    for (size_t i = 0; i < sizeof name_servers / sizeof *name_servers; i++) {
        char *server = dr_format("%s.", name_servers[i]);
        json_array_append_new(values, json_pack("{s:s}", "Value", server));
        free(server);
    }
    dr_sim_r53_insert(
        records, json_pack("{s:s,s:s,s:i,s:o}", "Name", name, "Type", "NS", "TTL", 172800, "ResourceRecords", values));
    dr_sim_r53_insert(
        records, json_pack("{s:s,s:s,s:i,s:[{s:s}]}", "Name", name, "Type", "SOA", "TTL", 900, "ResourceRecords",
                           "Value", "ns-101.awsdns-12.com. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400"));
    json_t *zone = json_pack("{s:s,s:s,s:s,s:o,s:o}", "Id", path, "Name", name, "CallerReference", reference, "Config",
                             config ? json_copy((json_t *)(uintptr_t)config) : json_object(), "_records", records);
    if (!json_object_get(json_object_get(zone, "Config"), "PrivateZone"))
        json_object_set_new(json_object_get(zone, "Config"), "PrivateZone", json_false());
    json_object_set_new(zone, "_served", json_copy(records));
    dr_sim_put(cloud, account, "global", R53_ZONE, id, zone);
    free(name);
    free(path);
    return zone;
}

static json_t *show_zone(const json_t *zone)
{
    json_t *shown = json_copy((json_t *)(uintptr_t)zone);
    json_object_set_new(shown, "ResourceRecordSetCount",
                        json_integer((json_int_t)json_array_size(json_object_get(zone, "_records"))));
    return shown;
}

static json_t *delegation(void)
{
    return json_pack("{s:o}", "NameServers", name_server_list());
}

static void get_hosted_zone(struct dr_sim_call *call)
{
    const json_t *zone = dr_sim_r53_find_zone(call, "Id");
    if (!zone)
        return;
    call->output = json_pack("{s:o}", "HostedZone", show_zone(zone));
    if (json_is_true(json_object_get(json_object_get(zone, "Config"), "PrivateZone")))
        json_object_set_new(call->output, "VPCs", json_copy(json_object_get(zone, "_vpcs")));
    else
        json_object_set_new(call->output, "DelegationSet", delegation());
}

static json_t *zone_table(struct dr_sim_call *call)
{
    return dr_sim_table(call->cloud, call->account, "global", R53_ZONE);
}

static void list_hosted_zones(struct dr_sim_call *call)
{
    json_t *all = json_array(), *zone;
    const char *id;
    json_object_foreach(zone_table(call), id, zone) json_array_append_new(all, show_zone(zone));
    dr_sim_page(call, "HostedZones", all, ZONES_MAX, "InvalidInput");
    json_decref(all);
    if (call->error)
        return;
    json_object_set_new(call->output, "Marker", json_string(dr_sim_string(call, "Marker", "")));
    json_object_set_new(call->output, "MaxItems", json_string(dr_sim_string(call, "MaxItems", "100")));
}

static size_t limit_of(struct dr_sim_call *call, size_t most)
{
    const json_t *given = json_object_get(call->input, "MaxItems");
    long long limit = json_is_string(given) ? strtoll(json_string_value(given), NULL, 10) : json_integer_value(given);
    if (!given)
        return most;
    if (limit <= 0) {
        dr_sim_fail(call, 0, "InvalidInput", "MaxItems must be a positive number");
        return 0;
    }
    return (size_t)limit < most ? (size_t)limit : most;
}

/* Sorted by their names, labels reversed; those of one name by their ids. */
static json_t *zones_by_name(struct dr_sim_call *call)
{
    json_t *sorted = json_array(), *zone;
    const char *id;
    json_object_foreach(zone_table(call), id, zone)
    {
        size_t place = json_array_size(sorted);
        while (place > 0 && dr_sim_r53_compare(r53_text(zone, "Name"), "", "", json_array_get(sorted, place - 1)) < 0)
            place--;
        json_array_insert_new(sorted, place, show_zone(zone));
    }
    return sorted;
}

static void list_hosted_zones_by_name(struct dr_sim_call *call)
{
    const char *from = dr_sim_string(call, "DNSName", NULL), *id = dr_sim_string(call, "HostedZoneId", NULL);
    size_t limit = limit_of(call, ZONES_MAX);
    if (id && !from)
        dr_sim_fail(call, 0, "InvalidInput", "HostedZoneId needs DNSName");
    if (call->error)
        return;
    json_t *sorted = zones_by_name(call), *page = json_array();
    size_t i = 0, count = json_array_size(sorted);
    char *name = from ? dr_sim_r53_name(from) : NULL;
    while (name && i < count && dr_sim_r53_compare(name, "", "", json_array_get(sorted, i)) > 0)
        i++;
    while (id && i < count && r53_is(json_array_get(sorted, i), "Name", name) &&
           strcmp(bare(r53_text(json_array_get(sorted, i), "Id")), bare(id)) != 0)
        i++;
    for (; i < count && json_array_size(page) < limit; i++)
        json_array_append(page, json_array_get(sorted, i));
    char *items = dr_format("%zu", limit);
    call->output = json_pack("{s:o,s:b,s:s,s:s*,s:s*}", "HostedZones", page, "IsTruncated", i < count, "MaxItems",
                             items, "DNSName", from, "HostedZoneId", id);
    if (i < count) {
        json_object_set(call->output, "NextDNSName", json_object_get(json_array_get(sorted, i), "Name"));
        json_object_set_new(call->output, "NextHostedZoneId",
                            json_string(bare(r53_text(json_array_get(sorted, i), "Id"))));
    }
    free(items);
    free(name);
    json_decref(sorted);
}

static void get_hosted_zone_count(struct dr_sim_call *call)
{
    call->output = json_pack("{s:I}", "HostedZoneCount", (json_int_t)json_object_size(zone_table(call)));
}

/* --- Changes --------------------------------------------------------------------------------------------------------
 */

/* PENDING until all name servers have it; `changes` may be NULL (a zone made or deleted). A new reference: ChangeInfo.
 */
static json_t *make_change(struct dr_sim_call *call, json_t *zone, const json_t *changes, const char *comment)
{
    int64_t drawn = INSYNC_MS - SPREAD_MS + (int64_t)(dr_sim_random(call->cloud) % (2 * SPREAD_MS));
    int64_t at_ms = call->now_ms + dr_sim_timing(call->cloud, "route53.insync", drawn);
    if (zone && r53_int(zone, "_syncAt") > at_ms)
        at_ms = r53_int(zone, "_syncAt");
    if (zone)
        json_object_set_new(zone, "_syncAt", json_integer((json_int_t)at_ms));
    char *id = make_id(call->cloud, 'C'), *path = dr_format("/change/%s", id), *date = dr_sim_timestamp(call->now_ms);
    json_t *info =
        json_pack("{s:s,s:s,s:s,s:s*}", "Id", path, "Status", "PENDING", "SubmittedAt", date, "Comment", comment);
    dr_sim_put(call->cloud, call->account, "global", R53_CHANGE, id, json_copy(info));
    dr_sim_schedule(call->cloud, at_ms, "route53.insync", call->account, "global", id,
                    json_pack("{s:s,s:o}", "Zone", bare(r53_text(zone, "Id")), "Changes",
                              changes ? json_deep_copy(changes) : json_array()));
    free(id);
    free(path);
    free(date);
    return info;
}

static void insync(const struct dr_sim_happening *happening)
{
    json_t *zone =
        dr_sim_find(happening->cloud, happening->account, "global", R53_ZONE, r53_text(happening->data, "Zone"));
    json_t *change = dr_sim_find(happening->cloud, happening->account, "global", R53_CHANGE, happening->id);
    if (zone)
        json_object_set_new(
            zone, "_served",
            dr_sim_r53_apply_checked(json_object_get(zone, "_served"), json_object_get(happening->data, "Changes")));
    if (change)
        json_object_set_new(change, "Status", json_string("INSYNC"));
}

static void change_resource_record_sets(struct dr_sim_call *call)
{
    json_t *zone = dr_sim_r53_find_zone(call, "HostedZoneId");
    const json_t *batch = json_object_get(call->input, "ChangeBatch"), *changes = json_object_get(batch, "Changes");
    json_t *records = zone ? dr_sim_r53_apply(call, zone, json_object_get(zone, "_records"), changes) : NULL;
    if (!records)
        return;
    json_object_set_new(zone, "_records", records);
    call->output = json_pack("{s:o}", "ChangeInfo",
                             make_change(call, zone, changes, json_string_value(json_object_get(batch, "Comment"))));
}

static void get_change(struct dr_sim_call *call)
{
    const char *id = bare(dr_sim_string(call, "Id", ""));
    json_t *change = dr_sim_find(call->cloud, call->account, "global", R53_CHANGE, id);
    if (change)
        call->output = json_pack("{s:O}", "ChangeInfo", change);
    else
        dr_sim_fail(call, 0, "NoSuchChange", "A change with the specified change ID does not exist: %s", id);
}

static void list_resource_record_sets(struct dr_sim_call *call)
{
    const json_t *zone = dr_sim_r53_find_zone(call, "HostedZoneId"), *records = json_object_get(zone, "_records");
    const char *from = dr_sim_string(call, "StartRecordName", NULL),
               *type = dr_sim_string(call, "StartRecordType", NULL),
               *identifier = dr_sim_string(call, "StartRecordIdentifier", NULL);
    size_t limit = zone ? limit_of(call, RECORDS_MAX) : 0, i = 0, count = json_array_size(records);
    if (zone && ((type && !from) || (identifier && !type)))
        dr_sim_fail(call, 0, "InvalidInput",
                    "StartRecordType needs StartRecordName, and StartRecordIdentifier needs both of them");
    if (call->error)
        return;
    char *name = from ? dr_sim_r53_name(from) : NULL, *items = dr_format("%zu", limit);
    json_t *page = json_array();
    while (name && i < count &&
           dr_sim_r53_compare(name, type ? type : "", identifier ? identifier : "", json_array_get(records, i)) > 0)
        i++;
    for (; i < count && json_array_size(page) < limit; i++)
        json_array_append(page, json_array_get(records, i));
    call->output = json_pack("{s:o,s:b,s:s}", "ResourceRecordSets", page, "IsTruncated", i < count, "MaxItems", items);
    const json_t *next = json_array_get(records, i);
    if (next) {
        json_object_set(call->output, "NextRecordName", json_object_get(next, "Name"));
        json_object_set(call->output, "NextRecordType", json_object_get(next, "Type"));
        if (json_object_get(next, "SetIdentifier"))
            json_object_set(call->output, "NextRecordIdentifier", json_object_get(next, "SetIdentifier"));
    }
    free(name);
    free(items);
}

static void create_hosted_zone(struct dr_sim_call *call)
{
    const char *name = dr_sim_string(call, "Name", ""), *reference = dr_sim_string(call, "CallerReference", ""), *id;
    const json_t *vpc = json_object_get(call->input, "VPC"), *zone;
    json_object_foreach(zone_table(call), id, zone)
    {
        if (r53_is(zone, "CallerReference", reference)) {
            dr_sim_fail(call, 0, "HostedZoneAlreadyExists",
                        "A hosted zone has already been created with the specified caller reference.");
            return;
        }
    }
    if (!*name || name[0] == '.' || strstr(name, "..")) {
        dr_sim_fail(call, 0, "InvalidDomainName", "%s is not a valid domain name", name);
        return;
    }
    char *made_id = make_id(call->cloud, 'Z');
    json_t *made = make_zone(call->cloud, call->account, made_id, name,
                             json_object_get(call->input, "HostedZoneConfig"), reference);
    char *location = dr_format("https://route53.amazonaws.com/2013-04-01/hostedzone/%s", made_id);
    if (vpc) {
        json_object_set_new(json_object_get(made, "Config"), "PrivateZone", json_true());
        json_object_set_new(made, "_vpcs", json_pack("[o]", json_deep_copy(vpc)));
    }
    call->output = json_pack("{s:o,s:o,s:s}", "HostedZone", show_zone(made), "ChangeInfo",
                             make_change(call, made, NULL, NULL), "Location", location);
    if (vpc)
        json_object_set_new(call->output, "VPC", json_deep_copy(vpc));
    else
        json_object_set_new(call->output, "DelegationSet", delegation());
    free(location);
    free(made_id);
}

static void delete_hosted_zone(struct dr_sim_call *call)
{
    json_t *zone = dr_sim_r53_find_zone(call, "Id");
    if (!zone)
        return;
    if (json_array_size(json_object_get(zone, "_records")) > 2) {
        dr_sim_fail(call, 0, "HostedZoneNotEmpty",
                    "The specified hosted zone contains non-required resource record sets and so cannot be deleted.");
        return;
    }
    call->output = json_pack("{s:o}", "ChangeInfo", make_change(call, NULL, NULL, NULL));
    dr_sim_remove(call->cloud, call->account, "global", R53_ZONE, bare(dr_sim_string(call, "Id", "")));
}

/* --- Tags -----------------------------------------------------------------------------------------------------------
 */

static json_t *tagged(struct dr_sim_call *call)
{
    const char *id = bare(dr_sim_string(call, "ResourceId", ""));
    bool zone = strcmp(dr_sim_string(call, "ResourceType", ""), "hostedzone") == 0;
    json_t *found = dr_sim_find(call->cloud, call->account, "global", zone ? R53_ZONE : R53_CHECK, id);
    if (!found)
        dr_sim_fail(call, 0, zone ? "NoSuchHostedZone" : "NoSuchHealthCheck", "No %s found with ID: %s",
                    zone ? "hosted zone" : "health check", id);
    else if (!json_object_get(found, "_tags"))
        json_object_set_new(found, "_tags", json_object());
    return found;
}

static void change_tags(struct dr_sim_call *call)
{
    json_t *tags = json_object_get(tagged(call), "_tags"), *tag, *key;
    size_t i;
    json_array_foreach(json_object_get(call->input, "AddTags"), i, tag)
        json_object_set(tags, r53_text(tag, "Key"), json_object_get(tag, "Value"));
    json_array_foreach(json_object_get(call->input, "RemoveTagKeys"), i, key)
        json_object_del(tags, json_string_value(key));
}

static void list_tags(struct dr_sim_call *call)
{
    json_t *resource = tagged(call), *list = json_array(), *value;
    const char *key;
    json_object_foreach(json_object_get(resource, "_tags"), key, value)
        json_array_append_new(list, json_pack("{s:s,s:O}", "Key", key, "Value", value));
    if (resource)
        call->output =
            json_pack("{s:{s:s,s:s,s:O}}", "ResourceTagSet", "ResourceType", dr_sim_string(call, "ResourceType", ""),
                      "ResourceId", bare(dr_sim_string(call, "ResourceId", "")), "Tags", list);
    json_decref(list);
}

static const struct dr_sim_operation operations[] = {
    {"ChangeResourceRecordSets", change_resource_record_sets, DR_SIM_CONTROL},
    {"ChangeTagsForResource", change_tags, DR_SIM_CONTROL},
    {"CreateHealthCheck", dr_sim_r53_create_check, DR_SIM_CONTROL},
    {"CreateHostedZone", create_hosted_zone, DR_SIM_CONTROL},
    {"DeleteHealthCheck", dr_sim_r53_delete_check, DR_SIM_CONTROL},
    {"DeleteHostedZone", delete_hosted_zone, DR_SIM_CONTROL},
    {"GetChange", get_change, DR_SIM_CONTROL},
    {"GetHealthCheck", dr_sim_r53_get_check, DR_SIM_CONTROL},
    {"GetHealthCheckStatus", dr_sim_r53_get_check_status, DR_SIM_CONTROL},
    {"GetHostedZone", get_hosted_zone, DR_SIM_CONTROL},
    {"GetHostedZoneCount", get_hosted_zone_count, DR_SIM_CONTROL},
    {"ListHealthChecks", dr_sim_r53_list_checks, DR_SIM_CONTROL},
    {"ListHostedZones", list_hosted_zones, DR_SIM_CONTROL},
    {"ListHostedZonesByName", list_hosted_zones_by_name, DR_SIM_CONTROL},
    {"ListResourceRecordSets", list_resource_record_sets, DR_SIM_CONTROL},
    {"ListTagsForResource", list_tags, DR_SIM_CONTROL},
    {"TestDNSAnswer", dr_sim_r53_test_answer, DR_SIM_CONTROL},
    {"UpdateHealthCheck", dr_sim_r53_update_check, DR_SIM_CONTROL},
    {NULL, NULL, DR_SIM_CONTROL},
};

static const struct dr_sim_event events[] = {
    {"route53.insync", insync}, {"route53.check", dr_sim_r53_check_happens}, {NULL, NULL}};

/* --- What a world says ----------------------------------------------------------------------------------------------
 */

/* "@" and "" are the zone itself, "www" is in it, "www.example.com" too. Owned by the caller. */
static char *name_in(const char *given, const char *zone)
{
    char *name = dr_sim_r53_name(given);
    size_t size = strlen(name), zone_size = strlen(zone);
    bool whole = size >= zone_size && strcmp(name + size - zone_size, zone) == 0;
    char *full = !*given || strcmp(given, "@") == 0 ? dr_copy_string(zone)
                 : whole                            ? dr_copy_string(name)
                                                    : dr_format("%s%s", name, zone);
    free(name);
    return full;
}

/* { Name, Type, TTL, Values } or { Name, Type, Alias: TARGET or { Target, Zone, EvaluateTargetHealth } }, and the
 * members of a routing policy. What an alias's target is called is known when everything is there (link). */
static json_t *load_record(const json_t *given, const char *zone)
{
    static const char *const taken[] = {"SetIdentifier", "Weight",           "Region",
                                        "Failover",      "MultiValueAnswer", "GeoLocation"};
    char *name = name_in(r53_text(given, "Name"), zone);
    const char *type = r53_text(given, "Type");
    const json_t *ttl = json_object_get(given, "TTL"), *alias = json_object_get(given, "Alias"), *value;
    json_t *record = json_pack("{s:s,s:s}", "Name", name, "Type", *type ? type : "A");
    free(name);
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        if (json_object_get(given, taken[i]))
            json_object_set(record, taken[i], json_object_get(given, taken[i]));
    if (json_object_get(given, "HealthCheck"))
        json_object_set(record, "HealthCheckId", json_object_get(given, "HealthCheck"));
    if (alias) {
        json_object_set_new(record, "_alias", json_deep_copy(alias));
        return record;
    }
    json_object_set_new(record, "TTL", ttl ? json_deep_copy(ttl) : json_integer(60));
    json_t *values = json_array();
    size_t i;
    json_array_foreach((json_t *)(uintptr_t)json_object_get(given, "Values"), i, value)
        json_array_append_new(values, json_pack("{s:O}", "Value", value));
    json_object_set_new(record, "ResourceRecords", values);
    return record;
}

static bool load(struct dr_sim_cloud *cloud, const char *account, const char *region, const json_t *given,
                 char **ret_problem)
{
    const char *name;
    json_t *about, *record;
    size_t i;
    if (strcmp(region, "global") != 0) {
        *ret_problem = dr_copy_string("route53 stands under Global: it belongs to no Region");
        return false;
    }
    json_object_foreach(json_object_get(given, "HealthChecks"), name, about)
    {
        const char *type = r53_text(about, "Type");
        json_t *config = json_copy(about);
        json_object_set_new(config, "Type", json_string(*type ? type : "HTTPS"));
        dr_sim_r53_make_check(cloud, account, name, config, name, dr_sim_now(cloud));
        json_decref(config);
    }
    json_object_foreach(json_object_get(given, "HostedZones"), name, about)
    {
        const char *id = r53_text(about, "Id");
        char *made = *id ? dr_copy_string(id) : make_id(cloud, 'Z');
        json_t *config = json_pack("{s:b}", "PrivateZone", json_is_true(json_object_get(about, "Private")));
        json_t *zone = make_zone(cloud, account, made, name, config, REFERENCE);
        json_decref(config);
        free(made);
        json_array_foreach(json_object_get(about, "Records"), i, record)
        {
            if (!json_is_object(record) ||
                (!json_object_get(record, "Alias") && json_array_size(json_object_get(record, "Values")) == 0)) {
                *ret_problem =
                    dr_format("route53.HostedZones.%s.Records.%zu: a record has Values or an Alias", name, i);
                return false;
            }
            dr_sim_r53_insert(json_object_get(zone, "_records"), load_record(record, r53_text(zone, "Name")));
        }
    }
    return true;
}

/* The DNS name that a world means: a load balancer as "us-east-1/shop-alb", or a name. Owned by the caller. */
static char *target_name(struct dr_sim_cloud *cloud, const char *account, const char *target, const char *zone,
                         const char **ret_zone_id)
{
    const char *slash = strchr(target, '/'), *id;
    json_t *balancer;
    if (slash) {
        char *region = dr_copy_bytes(target, (size_t)(slash - target));
        json_t *table = dr_sim_table(cloud, account, region, "elbv2.loadBalancer");
        free(region);
        json_object_foreach(table, id, balancer)
        {
            if (strcmp(id, slash + 1) == 0 || r53_is(balancer, "LoadBalancerName", slash + 1)) {
                *ret_zone_id = r53_text(balancer, "CanonicalHostedZoneId");
                return dr_sim_r53_name(r53_text(balancer, "DNSName"));
            }
        }
        return NULL;
    }
    struct dr_sim_address address;
    if (dr_sim_address_of(cloud, target, dr_sim_now(cloud), &address)) {
        *ret_zone_id = r53_text(dr_sim_find(cloud, address.account, address.region, address.kind, address.id),
                                "CanonicalHostedZoneId");
        return dr_sim_r53_name(target);
    }
    return strstr(target, ".amazonaws.com") || strstr(target, ".cloudfront.net") ? dr_sim_r53_name(target)
                                                                                 : name_in(target, zone);
}

static bool link_record(struct dr_sim_cloud *cloud, const char *account, const json_t *zone, json_t *record,
                        char **ret_problem)
{
    const json_t *alias = json_object_get(record, "_alias");
    if (!alias)
        return true;
    const char *target = json_is_string(alias) ? json_string_value(alias) : r53_text(alias, "Target"), *zone_id = "";
    char *name = target_name(cloud, account, target, r53_text(zone, "Name"), &zone_id);
    if (!name) {
        *ret_problem = dr_format("route53.HostedZones.%s: record %s: there is no load balancer %s",
                                 r53_text(zone, "Name"), r53_text(record, "Name"), target);
        return false;
    }
    const char *given = r53_text(alias, "Zone");
    json_object_set_new(record, "AliasTarget",
                        json_pack("{s:s,s:s,s:b}", "HostedZoneId",
                                  *given     ? given
                                  : *zone_id ? zone_id
                                             : bare(r53_text(zone, "Id")),
                                  "DNSName", name, "EvaluateTargetHealth",
                                  json_is_true(json_object_get(alias, "EvaluateTargetHealth"))));
    json_object_del(record, "_alias");
    free(name);
    return true;
}

static bool link_zone(struct dr_sim_cloud *cloud, const char *account, json_t *zone, char **ret_problem)
{
    json_t *record;
    size_t i;
    json_array_foreach(json_object_get(zone, "_records"), i, record)
    {
        if (!link_record(cloud, account, zone, record, ret_problem))
            return false;
        const char *check = r53_text(record, "HealthCheckId");
        if (*check && !dr_sim_find(cloud, account, "global", R53_CHECK, check)) {
            *ret_problem = dr_format("route53.HostedZones.%s: record %s: there is no health check %s",
                                     r53_text(zone, "Name"), r53_text(record, "Name"), check);
            return false;
        }
    }
    json_object_set_new(zone, "_served", json_copy(json_object_get(zone, "_records")));
    return true;
}

static bool link_all(struct dr_sim_cloud *cloud, char **ret_problem)
{
    const char *account, *id;
    json_t *regions, *zone;
    json_object_foreach(cloud->tables, account, regions)
    {
        json_object_foreach(json_object_get(json_object_get(regions, "global"), R53_ZONE), id, zone)
        {
            if (!link_zone(cloud, account, zone, ret_problem))
                return false;
        }
    }
    return true;
}

const struct dr_sim_service dr_sim_route53 = {
    .name = "route53", .operations = operations, .events = events, .load = load, .link = link_all, .global = true};
