/* Aurora DB clusters: members, endpoints, failover within a cluster, replica clusters. Source:
 * https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBCluster.html and the operations' pages,
 * .../AuroraUserGuide/Concepts.AuroraHighAvailability.html. */
#include "providers/simulated/services/rds_operations.h"

#define MINUTE INT64_C(60000)

/* --- Members --------------------------------------------------------------------------------------------------------
 */

const char *dr_sim_rds_cluster_writer(const json_t *cluster)
{
    json_t *member;
    size_t i;
    json_array_foreach(json_object_get(cluster, "DBClusterMembers"), i, member)
    {
        if (json_is_true(json_object_get(member, "IsClusterWriter")))
            return rds_text(member, "DBInstanceIdentifier");
    }
    return NULL;
}

void dr_sim_rds_join_cluster(json_t *cluster, const char *instance, bool writer)
{
    json_array_append_new(json_object_get(cluster, "DBClusterMembers"),
                          json_pack("{s:s,s:b,s:s,s:i}", "DBInstanceIdentifier", instance, "IsClusterWriter", writer,
                                    "DBClusterParameterGroupStatus", "in-sync", "PromotionTier", 1));
}

static void set_writer(json_t *cluster, const char *instance)
{
    json_t *member;
    size_t i;
    json_array_foreach(json_object_get(cluster, "DBClusterMembers"), i, member)
    {
        json_object_set_new(member, "IsClusterWriter", json_boolean(rds_is(member, "DBInstanceIdentifier", instance)));
    }
}

void dr_sim_rds_leave_cluster(json_t *cluster, const char *instance)
{
    json_t *members = json_object_get(cluster, "DBClusterMembers");
    for (size_t i = json_array_size(members); i-- > 0;)
        if (rds_is(json_array_get(members, i), "DBInstanceIdentifier", instance))
            json_array_remove(members, i);
    if (!dr_sim_rds_cluster_writer(cluster) && json_array_size(members) > 0)
        set_writer(cluster, rds_text(json_array_get(members, 0), "DBInstanceIdentifier"));
}

/* --- Making and showing ---------------------------------------------------------------------------------------------
 */

static const char *const taken[] = {"DatabaseName",
                                    "MasterUsername",
                                    "BackupRetentionPeriod",
                                    "StorageEncrypted",
                                    "KmsKeyId",
                                    "DeletionProtection",
                                    "EngineMode",
                                    "PreferredBackupWindow",
                                    "PreferredMaintenanceWindow",
                                    "CopyTagsToSnapshot"};

static void give_endpoints(json_t *cluster, const char *account, const char *region, const char *id)
{
    char *zone = dr_sim_rds_zone_of(account, region);
    char *writer = dr_format("%s.cluster-%s.%s.rds.amazonaws.com", id, zone, region);
    char *reader = dr_format("%s.cluster-ro-%s.%s.rds.amazonaws.com", id, zone, region);
    rds_set(cluster, "Endpoint", writer);
    rds_set(cluster, "ReaderEndpoint", reader);
    free(zone);
    free(writer);
    free(reader);
}

static void set_default(json_t *object, const char *key, json_t *value)
{
    if (json_object_get(object, key))
        json_decref(value);
    else
        json_object_set_new(object, key, value);
}

json_t *dr_sim_rds_make_cluster(struct dr_sim_cloud *cloud, const char *account, const char *region, const char *id,
                                const json_t *given, const char *status)
{
    const char *engine = rds_text(given, "Engine"), *version = rds_text(given, "EngineVersion");
    engine = *engine ? engine : "aurora-postgresql";
    bool postgres = strstr(engine, "postgres") != NULL;
    version = *version ? version : postgres ? "16.4" : "8.0.mysql_aurora.3.08.0";
    char *arn = dr_sim_arn("rds", region, account, "cluster:%s", id), *made = dr_sim_timestamp(dr_sim_now(cloud));
    char *resource_id = dr_sim_hex_id(cloud, "cluster-", 26);
    int64_t port = rds_int(given, "Port");
    json_t *cluster = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:[]}", "DBClusterIdentifier", id, "Status", status,
                                "Engine", engine, "EngineVersion", version, "DBClusterArn", arn, "DbClusterResourceId",
                                resource_id, "ClusterCreateTime", made, "Port",
                                (json_int_t)(port       ? port
                                             : postgres ? 5432
                                                        : 3306),
                                "DBClusterMembers");
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        if (json_object_get(given, taken[i]))
            json_object_set(cluster, taken[i], json_object_get(given, taken[i]));
    set_default(cluster, "MasterUsername", json_string("admin"));
    set_default(cluster, "BackupRetentionPeriod", json_integer(7));
    set_default(cluster, "StorageEncrypted", json_false());
    set_default(cluster, "DeletionProtection", json_false());
    set_default(cluster, "EngineMode", json_string("provisioned"));
    set_default(cluster, "AllocatedStorage", json_integer(1));
    set_default(cluster, "MultiAZ", json_false());
    set_default(cluster, "TagList", json_array());
    set_default(cluster, "ReadReplicaIdentifiers", json_array());
    rds_set(cluster, "HostedZoneId", "Z2R2ITUGPM61AM");
    json_object_set_new(cluster, "_began", json_integer(0));
    rds_set(cluster, "_family", arn);
    give_endpoints(cluster, account, region, id);
    dr_sim_put(cloud, account, region, RDS_CLUSTER, id, cluster);
    free(arn);
    free(made);
    free(resource_id);
    return cluster;
}

json_t *dr_sim_rds_show_cluster(struct dr_sim_cloud *cloud, const char *region, const json_t *cluster)
{
    (void)cloud;
    (void)region;
    json_t *shown = json_copy((json_t *)(uintptr_t)cluster), *member;
    json_t *members = json_deep_copy(json_object_get(cluster, "DBClusterMembers"));
    size_t i;
    bool follows = *rds_text(cluster, "_source") != '\0';
    json_array_foreach(members, i, member)
    {
        if (follows) /* a secondary has only readers */
            json_object_set_new(member, "IsClusterWriter", json_false());
    }
    json_object_set_new(shown, "MultiAZ", json_boolean(json_array_size(members) > 1));
    json_object_set_new(shown, "DBClusterMembers", members);
    return shown;
}

static void answer(struct dr_sim_call *call, const json_t *cluster)
{
    call->output = json_pack("{s:o}", "DBCluster", dr_sim_rds_show_cluster(call->cloud, call->region, cluster));
}

static json_t *find(struct dr_sim_call *call, struct dr_sim_rds_place *ret_place)
{
    char *id = dr_sim_rds_id(call, "DBClusterIdentifier");
    json_t *table = dr_sim_table(call->cloud, call->account, call->region, RDS_CLUSTER);
    json_t *cluster = json_object_get(table, id);
    if (cluster)
        *ret_place = (struct dr_sim_rds_place){RDS_CLUSTER, call->account, call->region,
                                               json_object_iter_key(json_object_iter_at(table, id))};
    else
        dr_sim_fail(call, 0, "DBClusterNotFoundFault", "DBCluster %s not found.",
                    dr_sim_string(call, "DBClusterIdentifier", ""));
    free(id);
    return cluster;
}

static bool is_available(struct dr_sim_call *call, const json_t *cluster)
{
    if (rds_is(cluster, "Status", "available"))
        return true;
    dr_sim_fail(call, 0, "InvalidDBClusterStateFault", "DB cluster %s is not in available state.",
                rds_text(cluster, "DBClusterIdentifier"));
    return false;
}

void dr_sim_rds_describe_clusters(struct dr_sim_call *call)
{
    static const char *const filters[] = {"clone-group-id", "db-cluster-id", "db-cluster-resource-id",
                                          "domain",         "engine",        NULL};
    struct dr_sim_rds_place place;
    if (!dr_sim_rds_good_list(call, filters))
        return;
    const json_t *one = dr_sim_string(call, "DBClusterIdentifier", NULL) ? find(call, &place) : NULL;
    if (call->error)
        return;
    json_t *all = json_array(), *cluster;
    const char *id;
    json_object_foreach(dr_sim_table(call->cloud, call->account, call->region, RDS_CLUSTER), id, cluster)
    {
        if ((!one || one == cluster) && dr_sim_rds_passes(call, "db-cluster-id", id) &&
            dr_sim_rds_passes(call, "db-cluster-resource-id", rds_text(cluster, "DbClusterResourceId")) &&
            dr_sim_rds_passes(call, "engine", rds_text(cluster, "Engine")) && dr_sim_rds_passes(call, "domain", "") &&
            dr_sim_rds_passes(call, "clone-group-id", ""))
            json_array_append_new(all, dr_sim_rds_show_cluster(call->cloud, call->region, cluster));
    }
    dr_sim_rds_give_page(call, "DBClusters", all);
}

void dr_sim_rds_describe_endpoints(struct dr_sim_call *call)
{
    static const char *const filters[] = {"db-cluster-endpoint-type", "db-cluster-endpoint-status", NULL};
    static const struct {
        const char *type, *member;
    } kinds[] = {{"WRITER", "Endpoint"}, {"READER", "ReaderEndpoint"}};
    struct dr_sim_rds_place place;
    if (!dr_sim_rds_good_list(call, filters))
        return;
    const json_t *one = dr_sim_string(call, "DBClusterIdentifier", NULL) ? find(call, &place) : NULL;
    if (call->error)
        return;
    json_t *all = json_array(), *cluster;
    const char *id;
    json_object_foreach(dr_sim_table(call->cloud, call->account, call->region, RDS_CLUSTER), id, cluster)
    {
        for (size_t i = 0; (!one || one == cluster) && i < 2; i++) {
            bool inactive = i == 0 && *rds_text(cluster, "_source"); /* a secondary's writer endpoint leads nowhere */
            const char *status = inactive ? "inactive" : "available";
            char *lower = dr_copy_string(i == 0 ? "writer" : "reader");
            if (dr_sim_rds_passes(call, "db-cluster-endpoint-type", lower) &&
                dr_sim_rds_passes(call, "db-cluster-endpoint-status", status))
                json_array_append_new(all, json_pack("{s:s,s:s,s:s,s:s}", "DBClusterIdentifier", id, "Endpoint",
                                                     rds_text(cluster, kinds[i].member), "Status", status,
                                                     "EndpointType", kinds[i].type));
            free(lower);
        }
    }
    dr_sim_rds_give_page(call, "DBClusterEndpoints", all);
}

/* --- Making, changing, deleting -------------------------------------------------------------------------------------
 */

/* What a new cluster follows: the primary of its global database, or a cluster in another Region. */
static bool find_source(struct dr_sim_call *call, const json_t **ret_source, json_t **ret_global)
{
    const char *global_id = dr_sim_string(call, "GlobalClusterIdentifier", NULL),
               *arn = dr_sim_string(call, "ReplicationSourceIdentifier", NULL);
    *ret_source = NULL;
    *ret_global = NULL;
    if (global_id) {
        *ret_global = dr_sim_find(call->cloud, call->account, "global", RDS_GLOBAL, global_id);
        if (!*ret_global)
            dr_sim_fail(call, 0, "GlobalClusterNotFoundFault", "Global cluster %s not found", global_id);
        else if (!rds_is(*ret_global, "Status", "available"))
            dr_sim_fail(call, 0, "InvalidGlobalClusterStateFault", "Global cluster %s is not in available state",
                        global_id);
    } else if (arn) {
        *ret_source = dr_sim_rds_by_arn(call->cloud, arn, NULL);
        if (!*ret_source)
            dr_sim_fail(call, 0, "DBClusterNotFoundFault", "The source cluster could not be found: %s", arn);
        else if (!rds_is(*ret_source, "Status", "available"))
            dr_sim_fail(call, 0, "InvalidDBClusterStateFault", "The source cluster is not in available state");
    }
    return !call->error;
}

void dr_sim_rds_create_cluster(struct dr_sim_call *call)
{
    static const struct dr_sim_rds_phase phases[] = {
        {"creating", "rds.cluster.create", 3 * MINUTE}, {"available", NULL, 0}, {NULL, NULL, 0}};
    const json_t *source;
    json_t *global;
    if (!dr_sim_rds_good_id(call, "DBClusterIdentifier") || !find_source(call, &source, &global))
        return;
    char *id = dr_sim_rds_id(call, "DBClusterIdentifier");
    if (dr_sim_find(call->cloud, call->account, call->region, RDS_CLUSTER, id)) {
        dr_sim_fail(call, 0, "DBClusterAlreadyExistsFault", "DB Cluster already exists");
    } else if (!source && !global && !json_object_get(call->input, "MasterUsername")) {
        dr_sim_fail(call, 400, "InvalidParameterValue",
                    "The parameter MasterUsername must be provided and must not be blank.");
    } else {
        json_t *made = dr_sim_rds_make_cluster(call->cloud, call->account, call->region, id, call->input, "creating");
        const struct dr_sim_rds_place place = {RDS_CLUSTER, call->account, call->region,
                                               rds_text(made, "DBClusterIdentifier")};
        dr_sim_rds_set_tags(made, json_object_get(call->input, "Tags"));
        if (global) {
            dr_sim_rds_join_global(call->cloud, global, made, call->now_ms);
        } else if (source) {
            dr_sim_rds_link(call->cloud, made, dr_sim_rds_arn(source), call->now_ms, call->now_ms);
            rds_set(made, "ReplicationSourceIdentifier", dr_sim_rds_arn(source));
        }
        dr_sim_rds_go(call->cloud, &place, call->operation->name, phases, "cluster done", NULL);
        answer(call, made);
    }
    free(id);
}

void dr_sim_rds_cluster_done(struct dr_sim_cloud *cloud, const struct dr_sim_rds_place *place, json_t *cluster,
                             const json_t *data)
{
    const char *member;
    json_t *value;
    if (json_is_true(json_object_get(data, "_delete"))) {
        json_t *global = dr_sim_rds_global_of(cloud, place->account, dr_sim_rds_arn(cluster));
        if (global)
            dr_sim_rds_leave_global(cloud, global, dr_sim_rds_arn(cluster));
        dr_sim_remove(cloud, place->account, place->region, RDS_CLUSTER, place->id);
        return;
    }
    json_object_foreach((json_t *)(uintptr_t)data, member, value) json_object_set(cluster, member, value);
}

void dr_sim_rds_modify_cluster(struct dr_sim_call *call)
{
    static const struct dr_sim_rds_phase phases[] = {
        {"modifying", "rds.cluster.modify", MINUTE / 2}, {"available", NULL, 0}, {NULL, NULL, 0}};
    static const char *const known[] = {"BackupRetentionPeriod",
                                        "DeletionProtection",
                                        "PreferredBackupWindow",
                                        "PreferredMaintenanceWindow",
                                        "CopyTagsToSnapshot",
                                        "EngineVersion",
                                        "Port"};
    struct dr_sim_rds_place place;
    json_t *cluster = find(call, &place), *value;
    const char *member;
    if (!cluster || !is_available(call, cluster))
        return;
    json_t *changes = json_object();
    json_object_foreach((json_t *)(uintptr_t)call->input, member, value)
    {
        bool shown = false;
        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
            shown = shown || strcmp(known[i], member) == 0;
        if (shown && !json_equal(json_object_get(cluster, member), value))
            json_object_set(changes, member, value);
        else if (!shown && strcmp(member, "DBClusterIdentifier") != 0 && strcmp(member, "ApplyImmediately") != 0 &&
                 strcmp(member, "MasterUserPassword") != 0 && !call->error)
            dr_sim_fail(call, 501, "NotSimulated", "ModifyDBCluster with %s is not simulated", member);
    }
    if (!call->error) {
        if (json_object_size(changes) > 0)
            dr_sim_rds_go(call->cloud, &place, call->operation->name, phases, "cluster done", json_incref(changes));
        answer(call, cluster);
    }
    json_decref(changes);
}

void dr_sim_rds_delete_cluster(struct dr_sim_call *call)
{
    static const struct dr_sim_rds_phase phases[] = {{"deleting", "rds.cluster.delete", 2 * MINUTE}, {NULL, NULL, 0}};
    struct dr_sim_rds_place place;
    json_t *cluster = find(call, &place);
    if (!cluster || !dr_sim_rds_may_delete(call, cluster, "Cluster"))
        return;
    if (json_array_size(json_object_get(cluster, "DBClusterMembers")) > 0)
        dr_sim_fail(call, 0, "InvalidDBClusterStateFault",
                    "Cluster cannot be deleted, it still contains DB instances in non-deleting state.");
    else if (dr_sim_rds_global_of(call->cloud, call->account, dr_sim_rds_arn(cluster)))
        dr_sim_fail(call, 0, "InvalidDBClusterStateFault",
                    "This cluster is a part of a global cluster, please remove it from globalcluster first");
    else if (!dr_sim_bool(call, "SkipFinalSnapshot", false) &&
             !json_object_get(call->input, "FinalDBSnapshotIdentifier"))
        dr_sim_fail(call, 400, "InvalidParameterCombination",
                    "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.");
    else if (json_object_get(call->input, "FinalDBSnapshotIdentifier"))
        dr_sim_fail(call, 501, "NotSimulated", "Snapshots of clusters are not simulated: SkipFinalSnapshot");
    if (call->error)
        return;
    dr_sim_rds_go(call->cloud, &place, call->operation->name, phases, "cluster done", json_pack("{s:b}", "_delete", 1));
    answer(call, cluster);
}

/* --- Failover within the cluster, promotion, stop and start ---------------------------------------------------------
 */

void dr_sim_rds_failover_cluster(struct dr_sim_call *call)
{
    static const struct dr_sim_rds_phase phases[] = {
        {"failing-over", "rds.cluster.failover", MINUTE / 2}, {"available", NULL, 0}, {NULL, NULL, 0}};
    struct dr_sim_rds_place place;
    json_t *cluster = find(call, &place), *member;
    const char *wanted = dr_sim_string(call, "TargetDBInstanceIdentifier", NULL), *target = NULL;
    size_t i;
    if (!cluster || !is_available(call, cluster))
        return;
    bool is_member = false;
    json_array_foreach(json_object_get(cluster, "DBClusterMembers"), i, member)
    {
        const char *id = rds_text(member, "DBInstanceIdentifier");
        const json_t *instance = dr_sim_find(call->cloud, call->account, call->region, RDS_INSTANCE, id);
        is_member = is_member || (wanted && strcmp(wanted, id) == 0);
        if (!target && !json_is_true(json_object_get(member, "IsClusterWriter")) &&
            rds_is(instance, "DBInstanceStatus", "available") && (!wanted || strcmp(wanted, id) == 0))
            target = id;
    }
    if (wanted && !is_member)
        dr_sim_fail(call, 400, "InvalidParameterValue", "Cannot find DB instance %s in DB cluster %s", wanted,
                    place.id);
    else if (!target)
        dr_sim_fail(call, 0, "InvalidDBInstanceState", "DB cluster %s has no failover target that is available",
                    place.id);
    if (call->error)
        return;
    dr_sim_rds_note(call->cloud, &place, "failover", "Started cross AZ failover to DB instance: %s", target);
    dr_sim_rds_go(call->cloud, &place, call->operation->name, phases, "cluster failed over",
                  json_pack("{s:s}", "Target", target));
    answer(call, cluster);
}

void dr_sim_rds_cluster_failed_over(struct dr_sim_cloud *cloud, const struct dr_sim_rds_place *place, json_t *cluster,
                                    const json_t *data)
{
    set_writer(cluster, rds_text(data, "Target"));
    dr_sim_rds_note(cloud, place, "failover", "Completed failover to DB instance: %s", rds_text(data, "Target"));
}

void dr_sim_rds_promote_cluster(struct dr_sim_call *call)
{
    static const struct dr_sim_rds_phase phases[] = {
        {"promoting", "rds.cluster.promote", 2 * MINUTE}, {"available", NULL, 0}, {NULL, NULL, 0}};
    struct dr_sim_rds_place place;
    json_t *cluster = find(call, &place);
    if (!cluster)
        return;
    if (!*rds_text(cluster, "ReplicationSourceIdentifier")) {
        dr_sim_fail(call, 0, "InvalidDBClusterStateFault", "DB cluster %s is not a read replica cluster.", place.id);
        return;
    }
    if (!is_available(call, cluster))
        return;
    dr_sim_rds_cut(call->cloud, cluster, call->now_ms, false);
    dr_sim_rds_go(call->cloud, &place, call->operation->name, phases, "cluster promoted", NULL);
    answer(call, cluster);
}

void dr_sim_rds_cluster_promoted(struct dr_sim_cloud *cloud, const struct dr_sim_rds_place *place, json_t *cluster,
                                 const json_t *data)
{
    (void)data;
    json_object_del(cluster, "ReplicationSourceIdentifier");
    dr_sim_rds_begin(cluster, dr_sim_now(cloud));
    dr_sim_rds_note(cloud, place, "notification", "Promoted replica cluster to stand-alone cluster.");
}

void dr_sim_rds_stop_cluster(struct dr_sim_call *call)
{
    static const struct dr_sim_rds_phase phases[] = {
        {"stopping", "rds.stop", 3 * MINUTE}, {"stopped", NULL, 0}, {NULL, NULL, 0}};
    struct dr_sim_rds_place place;
    json_t *cluster = find(call, &place);
    if (!cluster || !is_available(call, cluster))
        return;
    if (dr_sim_rds_global_of(call->cloud, call->account, dr_sim_rds_arn(cluster))) {
        dr_sim_fail(call, 0, "InvalidDBClusterStateFault", "Cannot stop a cluster that is part of a global cluster.");
        return;
    }
    dr_sim_rds_go(call->cloud, &place, call->operation->name, phases, NULL, NULL);
    answer(call, cluster);
}

void dr_sim_rds_start_cluster(struct dr_sim_call *call)
{
    static const struct dr_sim_rds_phase phases[] = {
        {"starting", "rds.start", 5 * MINUTE}, {"available", NULL, 0}, {NULL, NULL, 0}};
    struct dr_sim_rds_place place;
    json_t *cluster = find(call, &place);
    if (!cluster)
        return;
    if (!rds_is(cluster, "Status", "stopped")) {
        dr_sim_fail(call, 0, "InvalidDBClusterStateFault", "DbCluster %s is not in stopped state.", place.id);
        return;
    }
    dr_sim_rds_go(call->cloud, &place, call->operation->name, phases, NULL, NULL);
    answer(call, cluster);
}
