/* DNS names that the cloud's resources have, found in the tables. */
#include "providers/simulated/names.h"

#include "interpreter/base/text.h"
#include "providers/simulated/cloud_parts.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Which members of which resources are DNS names. */
static const struct {
    const char *service, *kind, *member, *inner; /* `inner`: a member of the member; NULL: itself */
} places[] = {
    {"elbv2", "elbv2.loadBalancer", "DNSName", NULL}, {"rds", "rds.instance", "Endpoint", "Address"},
    {"rds", "rds.cluster", "Endpoint", NULL},         {"rds", "rds.cluster", "ReaderEndpoint", NULL},
    {"rds", "rds.globalCluster", "Endpoint", NULL},
};

static bool same_name(const char *left, const char *right)
{
    size_t left_size = strlen(left), right_size = strlen(right);
    left_size -= left_size > 0 && left[left_size - 1] == '.';
    right_size -= right_size > 0 && right[right_size - 1] == '.';
    return left_size == right_size && strncasecmp(left, right, left_size) == 0;
}

static const char *name_at(const json_t *resource, size_t place)
{
    const json_t *member = json_object_get(resource, places[place].member);
    return json_string_value(places[place].inner ? json_object_get(member, places[place].inner) : member);
}

static bool is_healthy(struct dr_sim_cloud *cloud, const char *service, const struct dr_sim_address *address,
                       int64_t now_ms)
{
    if (dr_sim_region_down(cloud, address->region))
        return false;
    for (const struct dr_sim_service *const *row = dr_sim_services(); *row; row++)
        if (strcmp((*row)->name, service) == 0 && (*row)->healthy)
            return (*row)->healthy(cloud, address->kind, address->account, address->region, address->id, now_ms);
    return true;
}

static bool find_in_table(json_t *table, size_t place, const char *dns_name, struct dr_sim_address *found)
{
    const char *id;
    json_t *resource;
    json_object_foreach(table, id, resource)
    {
        const char *name = name_at(resource, place);
        if (!name || !same_name(name, dns_name))
            continue;
        found->kind = places[place].kind;
        found->id = id;
        return true;
    }
    return false;
}

bool dr_sim_address_of(struct dr_sim_cloud *cloud, const char *dns_name, int64_t now_ms,
                       struct dr_sim_address *ret_address)
{
    struct dr_sim_address found = {0};
    json_t *regions, *kinds;
    json_object_foreach(cloud->tables, found.account, regions)
    {
        json_object_foreach(regions, found.region, kinds)
        {
            for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
                if (!find_in_table(json_object_get(kinds, places[i].kind), i, dns_name, &found))
                    continue;
                found.healthy = is_healthy(cloud, places[i].service, &found, now_ms);
                *ret_address = found;
                return true;
            }
        }
    }
    return false;
}

/* --- Addresses ------------------------------------------------------------------------------------------------------
 */

static uint32_t hash_of(const char *name, unsigned index)
{
    uint32_t hash = 2166136261U ^ index; /* FNV-1a */
    size_t size = strlen(name);
    size -= size > 0 && name[size - 1] == '.';
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)name[i];
        hash = (hash ^ (byte >= 'A' && byte <= 'Z' ? byte | 32U : byte)) * 16777619U;
    }
    return hash;
}

/* From 198.18.0.0/15, which is nobody's (RFC 2544). */
char *dr_sim_ipv4_of(const char *dns_name, unsigned index)
{
    uint32_t hash = hash_of(dns_name, index);
    return dr_format("198.%u.%u.%u", 18U + (hash >> 16 & 1U), hash >> 8 & 255U, hash & 255U);
}

const char *dr_sim_name_of_ipv4(struct dr_sim_cloud *cloud, const char *address)
{
    const char *account, *region, *id;
    json_t *regions, *kinds, *resource;
    json_object_foreach(cloud->tables, account, regions)
    {
        json_object_foreach(regions, region, kinds)
        {
            for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
                json_object_foreach(json_object_get(kinds, places[i].kind), id, resource)
                {
                    const char *name = name_at(resource, i);
                    for (unsigned index = 0; name && index < 2; index++) {
                        char *own = dr_sim_ipv4_of(name, index);
                        bool same = strcmp(own, address) == 0;
                        free(own);
                        if (same)
                            return name;
                    }
                }
            }
        }
    }
    return NULL;
}
