/* What the name servers of the simulated Route 53 answer: routing policies, health, aliases. The data plane goes on
 * whatever becomes of the control plane. Source:
 * https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/routing-policy.html,
 * .../dns-failover-how-route-53-chooses-records.html, .../resource-record-sets-choosing-alias-non-alias.html. */
#include "providers/simulated/services/route53_parts.h"

#include "providers/simulated/cloud_parts.h"
#include "providers/simulated/serve.h"

#define SHARES_MAX 256
#define ALIAS_TTL 60
#define DATABASE_TTL 5
#define CHAIN_MAX 8
#define VALUES_MAX 8 /* of a multivalue answer */

struct query {
    struct dr_sim_cloud *cloud;
    const char *type, *from_region; /* NULL: nowhere in particular */
    int64_t now_ms;
    json_t *answers;
    unsigned depth;
    bool exists;   /* the name does, of whatever type */
    bool all;      /* not what chance gives, but whatever weighted records give for ... */
    double chance; /* ... this chance of 0..1, ... */
    double until;  /* ... and up to which one it is the same */
};

static void ask_zone(struct query *query, const json_t *zone, const char *name, const char *shown);
static void ask(struct query *query, const char *name);

static void add(struct query *query, const char *name, const char *type, int64_t ttl, const char *value)
{
    size_t size = strlen(name), value_size = strlen(value);
    bool is_name = strcmp(type, "CNAME") == 0 || strcmp(type, "NS") == 0 || strcmp(type, "PTR") == 0;
    size -= size > 1 && name[size - 1] == '.';
    value_size -= is_name && value_size > 1 && value[value_size - 1] == '.';
    if (strcmp(type, "TXT") == 0 && value_size >= 2) { /* as dns:query gives it */
        value++;
        value_size -= 2;
    }
    json_array_append_new(query->answers, json_pack("{s:s%,s:s,s:I,s:s%}", "Name", name, size, "Type", type, "Ttl",
                                                    (json_int_t)ttl, "Value", value, value_size));
}

/* --- Health of record sets ------------------------------------------------------------------------------------------
 */

static const json_t *zone_of(struct dr_sim_cloud *cloud, const char *name);

static bool is_healthy(struct query *query, const json_t *record, unsigned depth)
{
    const char *check = r53_text(record, "HealthCheckId");
    if (*check && !dr_sim_r53_check_healthy(query->cloud, check, query->now_ms, 0))
        return false;
    const json_t *alias = json_object_get(record, "AliasTarget"), *other;
    if (!alias || !json_is_true(json_object_get(alias, "EvaluateTargetHealth")) || depth > CHAIN_MAX)
        return true;
    const char *target = r53_text(alias, "DNSName");
    struct dr_sim_address address;
    if (dr_sim_address_of(query->cloud, strncmp(target, "dualstack.", 10) == 0 ? target + 10 : target, query->now_ms,
                          &address))
        return address.healthy;
    const json_t *records = json_object_get(zone_of(query->cloud, target), "_served");
    bool any = false, healthy = false;
    size_t i;
    json_array_foreach((json_t *)(uintptr_t)records, i, other)
    {
        if (!r53_is(other, "Name", target) || !r53_is(other, "Type", r53_text(record, "Type")))
            continue;
        any = true;
        healthy = healthy || is_healthy(query, other, depth + 1);
    }
    return healthy || !any;
}

/* --- Choosing -------------------------------------------------------------------------------------------------------
 */

/* Of the group, those that are healthy; all of them if none is. A new reference. */
static json_t *healthy_ones(struct query *query, const json_t *group)
{
    json_t *healthy = json_array();
    for (size_t i = 0; i < json_array_size(group); i++)
        if (is_healthy(query, json_array_get(group, i), 0))
            json_array_append(healthy, json_array_get(group, i));
    if (json_array_size(healthy) == 0)
        json_array_extend(healthy, (json_t *)(uintptr_t)group);
    return healthy;
}

static const json_t *choose_failover(struct query *query, const json_t *group)
{
    const json_t *primary = NULL, *secondary = NULL;
    for (size_t i = 0; i < json_array_size(group); i++) {
        const json_t *record = json_array_get(group, i);
        if (r53_is(record, "Failover", "PRIMARY"))
            primary = record;
        else
            secondary = record;
    }
    if (primary && (!secondary || is_healthy(query, primary, 0) || !is_healthy(query, secondary, 0)))
        return primary;
    return secondary;
}

static const json_t *choose_by_chance(struct query *query, const json_t *candidates, uint64_t sum)
{
    size_t count = json_array_size(candidates);
    double end = 0;
    for (size_t i = 0; i + 1 < count; i++) {
        const json_t *record = json_array_get(candidates, i);
        end += sum ? (double)r53_int(record, "Weight") / (double)sum : 1.0 / (double)count;
        if (query->chance < end) {
            query->until = end < query->until ? end : query->until;
            return record;
        }
    }
    return json_array_get(candidates, count - 1);
}

static const json_t *choose_weighted(struct query *query, const json_t *candidates)
{
    uint64_t sum = 0;
    size_t count = json_array_size(candidates);
    for (size_t i = 0; i < count; i++)
        sum += (uint64_t)r53_int(json_array_get(candidates, i), "Weight");
    if (query->all)
        return choose_by_chance(query, candidates, sum);
    if (count == 1 || sum == 0)
        return json_array_get(candidates, count > 1 ? dr_sim_random(query->cloud) % count : 0);
    uint64_t drawn = dr_sim_random(query->cloud) % sum;
    for (size_t i = 0; i < count; i++) {
        uint64_t weight = (uint64_t)r53_int(json_array_get(candidates, i), "Weight");
        if (drawn < weight)
            return json_array_get(candidates, i);
        drawn -= weight;
    }
    return json_array_get(candidates, 0);
}

/* How near two Regions are, by their names: the same, the same part of the world, another one. */
static unsigned distance(const char *from, const char *to)
{
    if (!from)
        return 1;
    return strcmp(from, to) == 0 ? 0 : strncmp(from, to, 3) == 0 ? 1 : 2;
}

static const json_t *choose_nearest(struct query *query, const json_t *candidates)
{
    const json_t *best = json_array_get(candidates, 0);
    for (size_t i = 1; i < json_array_size(candidates); i++) {
        const json_t *record = json_array_get(candidates, i);
        if (distance(query->from_region, r53_text(record, "Region")) <
            distance(query->from_region, r53_text(best, "Region")))
            best = record;
    }
    return best;
}

static void give(struct query *query, const json_t *zone, const json_t *record, const char *shown);

static void give_group(struct query *query, const json_t *zone, const json_t *group, const char *shown)
{
    const json_t *first = json_array_get(group, 0);
    json_t *candidates = healthy_ones(query, group);
    if (json_object_get(first, "Failover")) {
        give(query, zone, choose_failover(query, group), shown);
    } else if (json_object_get(first, "Weight")) {
        give(query, zone, choose_weighted(query, candidates), shown);
    } else if (json_object_get(first, "MultiValueAnswer")) {
        for (size_t i = 0; i < json_array_size(candidates) && i < VALUES_MAX; i++)
            give(query, zone, json_array_get(candidates, i), shown);
    } else {
        give(query, zone, choose_nearest(query, candidates), shown);
    }
    json_decref(candidates);
}

/* --- Answering ------------------------------------------------------------------------------------------------------
 */

/* What AWS's own names resolve to. False: nobody's name. */
static bool give_address(struct query *query, const char *name, const char *shown, int64_t ttl)
{
    struct dr_sim_address address;
    const char *plain = strncmp(name, "dualstack.", 10) == 0 ? name + 10 : name;
    if (!dr_sim_address_of(query->cloud, plain, query->now_ms, &address))
        return false;
    query->exists = true;
    bool database = strncmp(address.kind, "rds.", 4) == 0;
    if (strcmp(query->type, "A") != 0)
        return true;
    for (unsigned i = 0; i < (database ? 1U : 2U); i++) {
        char *ip = dr_sim_ipv4_of(plain, i);
        add(query, shown, "A", ttl ? ttl : database ? DATABASE_TTL : ALIAS_TTL, ip);
        free(ip);
    }
    return true;
}

static void give(struct query *query, const json_t *zone, const json_t *record, const char *shown)
{
    const json_t *alias = json_object_get(record, "AliasTarget"), *value;
    size_t i;
    if (alias) { /* the target's addresses under the alias's own name */
        const char *target = r53_text(alias, "DNSName");
        if (query->depth++ < CHAIN_MAX && !give_address(query, target, shown, ALIAS_TTL)) {
            const json_t *other = zone_of(query->cloud, target);
            ask_zone(query, other ? other : zone, target, shown);
        }
        return;
    }
    json_array_foreach((json_t *)(uintptr_t)json_object_get(record, "ResourceRecords"), i, value)
    {
        add(query, shown, r53_text(record, "Type"), r53_int(record, "TTL"), r53_text(value, "Value"));
    }
}

/* The record sets of a name and type; `ret_cname`: the name is a CNAME instead. New references. */
static json_t *group_of(const json_t *zone, const char *name, const char *type, bool *ret_exists)
{
    json_t *group = json_array(), *record;
    size_t i;
    json_array_foreach(json_object_get(zone, "_served"), i, record)
    {
        if (!r53_is(record, "Name", name))
            continue;
        *ret_exists = true;
        if (r53_is(record, "Type", type))
            json_array_append(group, record);
    }
    return group;
}

static void ask_zone(struct query *query, const json_t *zone, const char *name, const char *shown)
{
    bool exists = false;
    char *wanted = dr_copy_string(name);
    json_t *group = group_of(zone, wanted, query->type, &exists);
    for (const char *dot = strchr(name, '.'); !exists && dot && dot[1]; dot = strchr(dot + 1, '.')) {
        free(wanted); /* wildcards, the nearest first */
        json_decref(group);
        wanted = dr_format("\\052%s", dot);
        group = group_of(zone, wanted, query->type, &exists);
    }
    query->exists = query->exists || exists;
    if (json_array_size(group) > 0) {
        give_group(query, zone, group, shown);
    } else if (exists) {
        bool ignored = false;
        json_t *cname = group_of(zone, wanted, "CNAME", &ignored);
        if (json_array_size(cname) > 0 && query->depth++ < CHAIN_MAX) {
            size_t before = json_array_size(query->answers);
            give_group(query, zone, cname, shown);
            const json_t *answer = json_array_get(query->answers, before);
            if (answer && r53_is(answer, "Type", "CNAME"))
                ask(query, r53_text(answer, "Value"));
        }
        json_decref(cname);
    }
    json_decref(group);
    free(wanted);
}

/* The zone with the longest name that the name lies in; a public one before a private one. */
static const json_t *zone_of(struct dr_sim_cloud *cloud, const char *name)
{
    const char *account, *id;
    json_t *regions, *zone;
    const json_t *best = NULL;
    size_t best_size = 0, size = strlen(name);
    json_object_foreach(cloud->tables, account, regions)
    {
        json_object_foreach(json_object_get(json_object_get(regions, "global"), R53_ZONE), id, zone)
        {
            const char *own = r53_text(zone, "Name");
            size_t own_size = strlen(own);
            bool private = json_is_true(json_object_get(json_object_get(zone, "Config"), "PrivateZone"));
            if (own_size > size || strcmp(name + size - own_size, own) != 0 ||
                (own_size < size && name[size - own_size - 1] != '.'))
                continue;
            if (own_size > best_size || (own_size == best_size && !private)) {
                best = zone;
                best_size = own_size;
            }
        }
    }
    return best;
}

static void ask(struct query *query, const char *name)
{
    char *wanted = dr_sim_r53_name(name);
    const json_t *zone = zone_of(query->cloud, wanted);
    if (zone)
        ask_zone(query, zone, wanted, wanted);
    else
        give_address(query, wanted, wanted, 0);
    free(wanted);
}

static json_t *finish(struct query *query)
{
    return json_pack("{s:s,s:o}", "Status", query->exists ? "NOERROR" : "NXDOMAIN", "Answers", query->answers);
}

json_t *dr_sim_r53_answer(struct dr_sim_cloud *cloud, const json_t *zone, const char *name, const char *type,
                          const char *from_region, int64_t now_ms)
{
    struct query query = {
        .cloud = cloud, .type = type, .from_region = from_region, .now_ms = now_ms, .answers = json_array()};
    char *wanted = dr_sim_r53_name(name);
    ask_zone(&query, zone, wanted, wanted);
    free(wanted);
    return finish(&query);
}

json_t *dr_sim_resolve_from(struct dr_sim_cloud *cloud, const char *from_region, const char *name, const char *type,
                            int64_t now_ms)
{
    struct query query = {
        .cloud = cloud, .type = type, .from_region = from_region, .now_ms = now_ms, .answers = json_array()};
    if (now_ms > dr_sim_now(cloud)) /* who asks while something happens is asked again when more does */
        dr_sim_advance(cloud, now_ms);
    ask(&query, name);
    return finish(&query);
}

json_t *dr_sim_resolve_shares(struct dr_sim_cloud *cloud, const char *name, const char *type, int64_t now_ms)
{
    json_t *list = json_array();
    double chance = 0;
    for (unsigned i = 0; i < SHARES_MAX && chance < 1; i++) {
        struct query query = {.cloud = cloud,
                              .type = type,
                              .now_ms = now_ms,
                              .answers = json_array(),
                              .all = true,
                              .chance = chance,
                              .until = 1};
        ask(&query, name);
        json_array_append_new(list, json_pack("{s:f,s:o}", "Share", query.until - chance, "Answer", finish(&query)));
        chance = query.until;
    }
    return list;
}

json_t *dr_sim_resolve(struct dr_sim_cloud *cloud, const char *name, const char *type, int64_t now_ms)
{
    return dr_sim_resolve_from(cloud, NULL, name, type, now_ms);
}

void dr_sim_r53_test_answer(struct dr_sim_call *call)
{
    const json_t *zone = dr_sim_r53_find_zone(call, "HostedZoneId");
    if (!zone)
        return;
    const char *name = dr_sim_string(call, "RecordName", ""), *type = dr_sim_string(call, "RecordType", "A");
    json_t *answer = dr_sim_r53_answer(call->cloud, zone, name, type, NULL, call->now_ms), *data = json_array(), *row;
    size_t i;
    json_array_foreach(json_object_get(answer, "Answers"), i, row)
        json_array_append(data, json_object_get(row, "Value"));
    call->output =
        json_pack("{s:s,s:s,s:s,s:o,s:O,s:s}", "Nameserver", "ns-1.simulated.", "RecordName", name, "RecordType", type,
                  "RecordData", data, "ResponseCode", json_object_get(answer, "Status"), "Protocol", "UDP");
    json_decref(answer);
}
