/* Faults: what holds now, for whom, how often; and the timeline that begins and ends them. */
#include "providers/simulated/cloud_parts.h"

#include "interpreter/base/diagnostic.h"
#include "interpreter/base/text.h"

#include <stdlib.h>
#include <string.h>

static const char *const kinds[] = {
    "RegionDown",        "ControlPlaneDown", "Throttled",   "Latency",    "ResetBefore",        "ResetAfter",
    "WrongAnswer",       "TruncatedAnswer",  "ServerError", "NoCapacity", "ReplicationStalled", "Stuck",
    "CredentialsExpire", "ClockSkew",
};

static void tell_services(struct dr_sim_cloud *cloud)
{
    for (const struct dr_sim_service *const *service = dr_sim_services(); *service; service++)
        if ((*service)->changed)
            (*service)->changed(cloud, cloud->now_ms);
}

bool dr_sim_fault_check(const json_t *fault, char **ret_problem)
{
    const char *kind = json_string_value(json_object_get(fault, "Fault"));
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kind && strcmp(kind, kinds[i]) == 0)
            return true;
    const char *nearest = kind ? dr_nearest(kind, kinds, sizeof kinds / sizeof *kinds) : NULL;
    struct dr_text text = {0};
    dr_text_printf(&text, "there is no fault \"%s\"", kind ? kind : "");
    if (nearest)
        dr_text_printf(&text, ". Did you mean %s?", nearest);
    for (size_t i = 0; !nearest && i < sizeof kinds / sizeof *kinds; i++)
        dr_text_printf(&text, "%s %s", i ? "," : "; there are", kinds[i]);
    *ret_problem = dr_text_take(&text);
    return false;
}

unsigned dr_sim_fault_begin(struct dr_sim_cloud *cloud, const json_t *fault, char **ret_problem)
{
    if (!dr_sim_fault_check(fault, ret_problem))
        return 0;
    unsigned id = ++cloud->fault_id;
    json_array_append_new(cloud->faults,
                          json_pack("{s:i,s:i,s:o}", "Id", (int)id, "Hits", 0, "Fault", json_deep_copy(fault)));
    const json_t *seconds = json_object_get(fault, "For");
    if (seconds) {
        char *text = dr_format("%u", id);
        dr_sim_schedule(cloud, cloud->now_ms + dr_sim_ms(seconds, 1000), "fault.end", "", "", text, NULL);
        free(text);
    }
    tell_services(cloud);
    return id;
}

void dr_sim_fault_end(struct dr_sim_cloud *cloud, unsigned id)
{
    for (size_t i = 0; i < json_array_size(cloud->faults); i++)
        if (json_integer_value(json_object_get(json_array_get(cloud->faults, i), "Id")) == (json_int_t)id) {
            json_array_remove(cloud->faults, i);
            tell_services(cloud);
            return;
        }
}

/* What the fault is limited to must be what is asked about: a fault of one service is none of the whole Region. */
static bool covers(const json_t *fault, const char *key, const char *asked)
{
    const char *limit = json_string_value(json_object_get(fault, key));
    return !limit || (asked && strcmp(limit, asked) == 0);
}

static json_t *find(struct dr_sim_cloud *cloud, const char *kind, const char *region, const char *service,
                    const char *operation, const char *resource)
{
    for (size_t i = 0; i < json_array_size(cloud->faults); i++) {
        json_t *row = json_array_get(cloud->faults, i);
        const json_t *fault = json_object_get(row, "Fault"), *count = json_object_get(fault, "Count");
        const char *named = json_string_value(json_object_get(fault, "Fault"));
        bool left = !count || json_integer_value(json_object_get(row, "Hits")) < json_integer_value(count);
        if (left && strcmp(named, kind) == 0 && covers(fault, "Region", region) && covers(fault, "Service", service) &&
            covers(fault, "Operation", operation) && covers(fault, "Resource", resource))
            return row;
    }
    return NULL;
}

const json_t *dr_sim_fault(struct dr_sim_cloud *cloud, const char *kind, const char *region, const char *service,
                           const char *operation, const char *resource)
{
    json_t *row = find(cloud, kind, region, service, operation, resource);
    const json_t *fault = json_object_get(row, "Fault"), *probability = json_object_get(fault, "Probability");
    if (!row || (probability && dr_random_unit(&cloud->random) >= json_number_value(probability)))
        return NULL;
    json_object_set_new(row, "Hits", json_integer(json_integer_value(json_object_get(row, "Hits")) + 1));
    return fault;
}

bool dr_sim_region_down(struct dr_sim_cloud *cloud, const char *region)
{
    return find(cloud, "RegionDown", region, NULL, NULL, NULL) != NULL;
}

/* --- The timeline ------------------------------------------------------------------------------------------------ */

static void begin(const struct dr_sim_happening *happening)
{
    char *problem = NULL;
    dr_sim_fault_begin(happening->cloud, happening->data, &problem);
    free(problem); /* the world's schema has the same list */
}

static void end(const struct dr_sim_happening *happening)
{
    dr_sim_fault_end(happening->cloud, (unsigned)strtoul(happening->id, NULL, 10));
}

const struct dr_sim_event dr_sim_fault_events[] = {{"fault.begin", begin}, {"fault.end", end}, {NULL, NULL}};
