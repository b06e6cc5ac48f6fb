/* Snapshots of DB instances: made, copied (from other Regions too), restored. What a snapshot holds is known to the
 * moment (databases.h). Source: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBSnapshot.html,
 * API_CopyDBSnapshot.html, API_RestoreDBInstanceFromDBSnapshot.html. */
#include "providers/simulated/services/rds_operations.h"

#include "interpreter/base/clock.h"

#define MINUTE INT64_C(60000)

/* A snapshot is being made until a time of its own: no event is needed. */
static json_t *show(struct dr_sim_cloud *cloud, const json_t *snapshot)
{
    json_t *shown = json_copy((json_t *)(uintptr_t)snapshot);
    int64_t from_ms = rds_int(snapshot, "_from"), to_ms = rds_int(snapshot, "_readyAt"), now_ms = dr_sim_now(cloud);
    bool ready = now_ms >= to_ms;
    rds_set(shown, "Status", ready ? "available" : "creating");
    int64_t percent = ready || to_ms <= from_ms ? 100 : (now_ms - from_ms) * 100 / (to_ms - from_ms);
    json_object_set_new(shown, "PercentProgress", json_integer((json_int_t)percent));
    return shown;
}

static bool is_ready(struct dr_sim_call *call, const json_t *snapshot)
{
    if (call->now_ms >= rds_int(snapshot, "_readyAt"))
        return true;
    dr_sim_fail(call, 0, "InvalidDBSnapshotState", "Cannot use the snapshot %s: it is not available",
                rds_text(snapshot, "DBSnapshotIdentifier"));
    return false;
}

static json_t *put(struct dr_sim_cloud *cloud, const char *account, const char *region, const char *name,
                   json_t *snapshot, const char *timing, int64_t otherwise_ms, int64_t now_ms)
{
    char *arn = dr_sim_arn("rds", region, account, "snapshot:%s", name), *date = dr_sim_timestamp(now_ms);
    int64_t ready_ms = now_ms + dr_sim_timing(cloud, timing, otherwise_ms);
    rds_set(snapshot, "DBSnapshotIdentifier", name);
    rds_set(snapshot, "DBSnapshotArn", arn);
    rds_set(snapshot, "SnapshotCreateTime", date);
    rds_set(snapshot, "SnapshotType", "manual");
    json_object_set_new(snapshot, "_from", json_integer((json_int_t)now_ms));
    json_object_set_new(snapshot, "_readyAt", json_integer((json_int_t)ready_ms));
    dr_sim_put(cloud, account, region, RDS_SNAPSHOT, name, snapshot);
    free(arn);
    free(date);
    return snapshot;
}

json_t *dr_sim_rds_make_snapshot(struct dr_sim_cloud *cloud, const struct dr_sim_rds_place *of, const json_t *instance,
                                 const char *name, int64_t now_ms)
{
    static const char *const kept[] = {"DBInstanceIdentifier", "Engine",           "EngineVersion",
                                       "AllocatedStorage",     "AvailabilityZone", "MasterUsername",
                                       "LicenseModel",         "StorageType",      "InstanceCreateTime",
                                       "DbiResourceId",        "KmsKeyId",         "IAMDatabaseAuthenticationEnabled"};
    json_t *snapshot = json_object();
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if (json_object_get(instance, kept[i]))
            json_object_set(snapshot, kept[i], json_object_get(instance, kept[i]));
    json_object_set(snapshot, "Port", json_object_get(instance, "_port"));
    json_object_set(snapshot, "Encrypted", json_object_get(instance, "StorageEncrypted"));
    json_object_set(snapshot, "DBInstanceClass", json_object_get(instance, "DBInstanceClass"));
    json_object_set_new(snapshot, "TagList", json_array());
    json_object_set_new(snapshot, "_spans", dr_sim_rds_spans(cloud, instance, now_ms));
    rds_set(snapshot, "_family", rds_text(instance, "_family"));
    return put(cloud, of->account, of->region, name, snapshot, "rds.snapshot", 3 * MINUTE, now_ms);
}

static json_t *find(struct dr_sim_call *call, const char *member, const char **ret_region)
{
    const char *name = dr_sim_string(call, member, ""), *region = call->region;
    char *own = NULL;
    json_t *found = NULL;
    if (strncmp(name, "arn:", 4) == 0) {
        const char *id = strrchr(name, ':') + 1, *account;
        found = dr_sim_find_anywhere(call->cloud, RDS_SNAPSHOT, id, &account, &region);
        for (const char *at = name, *end; !own && (end = strchr(at, ':')); at = end + 1)
            if (strchr(at, '-') && strchr(at, '-') < end)
                own = dr_copy_bytes(at, (size_t)(end - at)); /* the Region is its first part with a hyphen */
        if (own)
            found = dr_sim_find(call->cloud, call->account, own, RDS_SNAPSHOT, id);
        if (found && ret_region)
            *ret_region = own && strcmp(own, call->region) == 0 ? call->region : region;
    } else {
        found = dr_sim_find(call->cloud, call->account, call->region, RDS_SNAPSHOT, name);
        if (ret_region)
            *ret_region = call->region;
    }
    free(own);
    if (!found)
        dr_sim_fail(call, 0, "DBSnapshotNotFound", "DBSnapshot %s not found.", name);
    return found;
}

void dr_sim_rds_describe_snapshots(struct dr_sim_call *call)
{
    static const char *const filters[] = {"db-instance-id", "db-snapshot-id", "dbi-resource-id",
                                          "snapshot-type",  "engine",         NULL};
    if (!dr_sim_rds_good_list(call, filters))
        return;
    const json_t *one =
        dr_sim_string(call, "DBSnapshotIdentifier", NULL) ? find(call, "DBSnapshotIdentifier", NULL) : NULL;
    const char *of = dr_sim_string(call, "DBInstanceIdentifier", NULL),
               *type = dr_sim_string(call, "SnapshotType", NULL), *id;
    if (call->error)
        return;
    json_t *all = json_array(), *snapshot;
    json_object_foreach(dr_sim_table(call->cloud, call->account, call->region, RDS_SNAPSHOT), id, snapshot)
    {
        if ((!one || one == snapshot) && (!of || rds_is(snapshot, "DBInstanceIdentifier", of)) &&
            (!type || rds_is(snapshot, "SnapshotType", type)) && dr_sim_rds_passes(call, "db-snapshot-id", id) &&
            dr_sim_rds_passes(call, "db-instance-id", rds_text(snapshot, "DBInstanceIdentifier")) &&
            dr_sim_rds_passes(call, "snapshot-type", rds_text(snapshot, "SnapshotType")) &&
            dr_sim_rds_passes(call, "dbi-resource-id", rds_text(snapshot, "DbiResourceId")) &&
            dr_sim_rds_passes(call, "engine", rds_text(snapshot, "Engine")))
            json_array_append_new(all, show(call->cloud, snapshot));
    }
    dr_sim_rds_give_page(call, "DBSnapshots", all);
}

static bool is_new(struct dr_sim_call *call, const char *name)
{
    if (!dr_sim_find(call->cloud, call->account, call->region, RDS_SNAPSHOT, name))
        return true;
    dr_sim_fail(call, 0, "DBSnapshotAlreadyExists",
                "Cannot create the snapshot because a snapshot with the identifier %s already exists.", name);
    return false;
}

static void answer(struct dr_sim_call *call, const json_t *snapshot)
{
    call->output = json_pack("{s:o}", "DBSnapshot", show(call->cloud, snapshot));
}

void dr_sim_rds_create_snapshot(struct dr_sim_call *call)
{
    char *id = dr_sim_rds_id(call, "DBInstanceIdentifier"), *name = dr_sim_rds_id(call, "DBSnapshotIdentifier");
    json_t *instance = dr_sim_find(call->cloud, call->account, call->region, RDS_INSTANCE, id);
    if (!instance) {
        dr_sim_fail(call, 0, "DBInstanceNotFound", "DBInstance %s not found.", id);
    } else if (!rds_is(instance, "DBInstanceStatus", "available")) {
        dr_sim_fail(
            call, 0, "InvalidDBInstanceState",
            "Cannot create a snapshot because the database instance %s is not currently in the available state.", id);
    } else if (dr_sim_rds_good_id(call, "DBSnapshotIdentifier") && is_new(call, name)) {
        const struct dr_sim_rds_place place = {RDS_INSTANCE, call->account, call->region, id};
        json_t *made = dr_sim_rds_make_snapshot(call->cloud, &place, instance, name, call->now_ms);
        dr_sim_rds_set_tags(made, json_object_get(call->input, "Tags"));
        answer(call, made);
    }
    free(id);
    free(name);
}

void dr_sim_rds_copy_snapshot(struct dr_sim_call *call)
{
    const char *region = NULL, *target = dr_sim_string(call, "TargetDBSnapshotIdentifier", "");
    const json_t *source = find(call, "SourceDBSnapshotIdentifier", &region);
    if (!source || !dr_sim_rds_good_id(call, "TargetDBSnapshotIdentifier") || !is_new(call, target) ||
        !is_ready(call, source))
        return;
    if (dr_sim_region_down(call->cloud, region)) {
        dr_sim_fail(call, 503, "ServiceUnavailable", "The source Region %s did not answer.", region);
        return;
    }
    bool far = strcmp(region, call->region) != 0;
    json_t *copy = json_deep_copy(source);
    rds_set(copy, "SourceDBSnapshotIdentifier", rds_text(source, "DBSnapshotArn"));
    if (far)
        rds_set(copy, "SourceRegion", region);
    if (!dr_sim_bool(call, "CopyTags", false))
        json_object_set_new(copy, "TagList", json_array());
    dr_sim_rds_set_tags(copy, json_object_get(call->input, "Tags"));
    answer(call, put(call->cloud, call->account, call->region, target, copy, far ? "rds.snapshot.copy" : "rds.snapshot",
                     far ? 15 * MINUTE : 3 * MINUTE, call->now_ms));
}

void dr_sim_rds_delete_snapshot(struct dr_sim_call *call)
{
    const json_t *snapshot = find(call, "DBSnapshotIdentifier", NULL);
    if (!snapshot || !is_ready(call, snapshot))
        return;
    answer(call, snapshot);
    rds_set(json_object_get(call->output, "DBSnapshot"), "Status", "deleted");
    dr_sim_remove(call->cloud, call->account, call->region, RDS_SNAPSHOT, rds_text(snapshot, "DBSnapshotIdentifier"));
}

void dr_sim_rds_restore_snapshot(struct dr_sim_call *call)
{
    static const struct dr_sim_rds_phase phases[] = {
        {"creating", "rds.restore", 12 * MINUTE}, {"available", NULL, 0}, {NULL, NULL, 0}};
    const json_t *snapshot = find(call, "DBSnapshotIdentifier", NULL);
    if (!snapshot || !is_ready(call, snapshot) || !dr_sim_rds_good_id(call, "DBInstanceIdentifier"))
        return;
    char *id = dr_sim_rds_id(call, "DBInstanceIdentifier");
    if (dr_sim_find(call->cloud, call->account, call->region, RDS_INSTANCE, id)) {
        dr_sim_fail(call, 0, "DBInstanceAlreadyExists", "DB instance already exists");
    } else if (dr_sim_fault(call->cloud, "NoCapacity", call->region, "rds", call->operation->name, id)) {
        dr_sim_fail(call, 0, "InsufficientDBInstanceCapacity",
                    "Cannot create a database instance because there is not enough capacity.");
    } else {
        json_t *given = json_copy((json_t *)(uintptr_t)snapshot);
        json_object_del(given, "AvailabilityZone");
        json_object_update(given, (json_t *)(uintptr_t)call->input);
        json_t *made = dr_sim_rds_make_instance(call->cloud, call->account, call->region, id, given, "creating");
        dr_sim_rds_set_tags(made, json_object_get(call->input, "Tags"));
        json_object_set(made, "_history", json_object_get(snapshot, "_spans"));
        json_object_set_new(made, "_readOnly", json_true());
        rds_set(made, "_family", rds_text(snapshot, "_family"));
        const struct dr_sim_rds_place place = {RDS_INSTANCE, call->account, call->region,
                                               rds_text(made, "DBInstanceIdentifier")};
        dr_sim_rds_go(call->cloud, &place, call->operation->name, phases, "replica made", NULL);
        call->output = json_pack("{s:o}", "DBInstance", dr_sim_rds_show_instance(call->cloud, call->region, made));
        json_decref(given);
    }
    free(id);
}
