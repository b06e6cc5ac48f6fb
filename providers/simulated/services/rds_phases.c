/* Statuses of databases that take time, and the fault that keeps one from ending. */
#include "providers/simulated/services/rds_parts.h"

#include "providers/simulated/cloud_parts.h"

#define STUCK_MS 5000 /* how often a stuck one is looked at again */

static const struct {
    const char *name;
    void (*done)(struct dr_sim_cloud *cloud, const struct dr_sim_rds_place *place, json_t *database,
                 const json_t *data);
} endings[] = {
    {"promoted", dr_sim_rds_promoted},
    {"replica made", dr_sim_rds_replica_made},
    {"deleted", dr_sim_rds_deleted},
    {"modified", dr_sim_rds_modified},
    {"switched replica", dr_sim_rds_switched_replica},
    {"cluster done", dr_sim_rds_cluster_done},
    {"cluster failed over", dr_sim_rds_cluster_failed_over},
    {"cluster promoted", dr_sim_rds_cluster_promoted},
};

static void schedule(struct dr_sim_cloud *cloud, const struct dr_sim_rds_place *place, int64_t at_ms, json_t *data)
{
    dr_sim_schedule(cloud, at_ms, "rds.phase", place->account, place->region, place->id, data);
}

void dr_sim_rds_go(struct dr_sim_cloud *cloud, const struct dr_sim_rds_place *place, const char *operation,
                   const struct dr_sim_rds_phase *phases, const char *done, json_t *data)
{
    json_t *database = dr_sim_find(cloud, place->account, place->region, place->kind, place->id);
    json_t *rest = json_array();
    int64_t now_ms = dr_sim_now(cloud), first_ms = dr_sim_timing(cloud, phases->timing, phases->otherwise_ms);
    for (const struct dr_sim_rds_phase *phase = phases + 1; phase->status; phase++) {
        int64_t ms = phase->timing ? dr_sim_timing(cloud, phase->timing, phase->otherwise_ms) : 0;
        if (ms > 0 || !phase->timing) /* a world without reboots says 0 */
            json_array_append_new(rest, json_pack("{s:s,s:I}", "Status", phase->status, "Ms", (json_int_t)ms));
    }
    dr_sim_rds_set_status(database, phases->status);
    schedule(cloud, place, now_ms + first_ms,
             json_pack("{s:s,s:o,s:s*,s:s,s:o*}", "Kind", place->kind, "Phases", rest, "Done", done, "Operation",
                       operation, "Data", data));
    dr_sim_rds_settle(cloud, now_ms);
}

static void end_phases(struct dr_sim_cloud *cloud, const struct dr_sim_rds_place *place, json_t *database,
                       const json_t *row)
{
    const char *done = rds_text(row, "Done");
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (strcmp(endings[i].name, done) == 0)
            endings[i].done(cloud, place, database, json_object_get(row, "Data"));
}

static void next_phase(const struct dr_sim_happening *happening)
{
    struct dr_sim_cloud *cloud = happening->cloud;
    const json_t *row = happening->data, *phases = json_object_get(row, "Phases"), *phase = json_array_get(phases, 0);
    const struct dr_sim_rds_place place = {rds_text(row, "Kind"), happening->account, happening->region, happening->id};
    json_t *database = dr_sim_find(cloud, place.account, place.region, place.kind, place.id);
    if (!database)
        return;
    if (dr_sim_fault(cloud, "Stuck", place.region, "rds", rds_text(row, "Operation"), place.id)) {
        schedule(cloud, &place, happening->at_ms + STUCK_MS, json_deep_copy(row));
        return;
    }
    if (phase)
        dr_sim_rds_set_status(database, rds_text(phase, "Status"));
    if (json_array_size(phases) <= 1) {
        end_phases(cloud, &place, database, row);
    } else {
        json_t *rest = json_deep_copy(row);
        json_array_remove(json_object_get(rest, "Phases"), 0);
        schedule(cloud, &place, happening->at_ms + rds_int(phase, "Ms"), rest);
    }
    dr_sim_rds_settle(cloud, happening->at_ms);
}

static void settle(const struct dr_sim_happening *happening)
{
    dr_sim_rds_settle(happening->cloud, happening->at_ms);
}

bool dr_sim_rds_busy(struct dr_sim_cloud *cloud, const struct dr_sim_rds_place *place)
{
    size_t i;
    json_t *event;
    json_array_foreach(cloud->events, i, event)
    {
        if (rds_is(event, "Event", "rds.phase") && rds_is(event, "Id", place->id) &&
            rds_is(event, "Region", place->region) && rds_is(event, "Account", place->account) &&
            rds_is(json_object_get(event, "Data"), "Kind", place->kind))
            return true;
    }
    return false;
}

const struct dr_sim_event dr_sim_rds_events[] = {
    {"rds.phase", next_phase}, {"rds.settle", settle}, {"rds.global", dr_sim_rds_global_step}, {NULL, NULL}};
