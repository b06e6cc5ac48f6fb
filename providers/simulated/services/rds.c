/* RDS and Aurora: the table of operations, what a world says of databases, and their metrics. The parts are in
 * rds_*.c; docs/simulated/rds.md says what is simulated. */
#include "providers/simulated/services/rds_operations.h"

#include "interpreter/base/clock.h"
#include "providers/simulated/cloud_parts.h"

extern const struct dr_sim_service dr_sim_rds;

#define HOUR_MS INT64_C(3600000)

static const struct dr_sim_operation operations[] = {
    {"AddTagsToResource", dr_sim_rds_add_tags, DR_SIM_CONTROL},
    {"CopyDBSnapshot", dr_sim_rds_copy_snapshot, DR_SIM_CONTROL},
    {"CreateDBCluster", dr_sim_rds_create_cluster, DR_SIM_CONTROL},
    {"CreateDBInstance", dr_sim_rds_create_instance, DR_SIM_CONTROL},
    {"CreateDBInstanceReadReplica", dr_sim_rds_create_replica, DR_SIM_CONTROL},
    {"CreateDBSnapshot", dr_sim_rds_create_snapshot, DR_SIM_CONTROL},
    {"CreateGlobalCluster", dr_sim_rds_create_global, DR_SIM_CONTROL},
    {"DeleteDBCluster", dr_sim_rds_delete_cluster, DR_SIM_CONTROL},
    {"DeleteDBInstance", dr_sim_rds_delete_instance, DR_SIM_CONTROL},
    {"DeleteDBSnapshot", dr_sim_rds_delete_snapshot, DR_SIM_CONTROL},
    {"DeleteGlobalCluster", dr_sim_rds_delete_global, DR_SIM_CONTROL},
    {"DescribeDBClusterEndpoints", dr_sim_rds_describe_endpoints, DR_SIM_CONTROL},
    {"DescribeDBClusters", dr_sim_rds_describe_clusters, DR_SIM_CONTROL},
    {"DescribeDBInstances", dr_sim_rds_describe_instances, DR_SIM_CONTROL},
    {"DescribeDBSnapshots", dr_sim_rds_describe_snapshots, DR_SIM_CONTROL},
    {"DescribeEvents", dr_sim_rds_describe_events, DR_SIM_CONTROL},
    {"DescribeGlobalClusters", dr_sim_rds_describe_globals, DR_SIM_CONTROL},
    {"FailoverDBCluster", dr_sim_rds_failover_cluster, DR_SIM_CONTROL},
    {"FailoverGlobalCluster", dr_sim_rds_failover_global, DR_SIM_CONTROL},
    {"ListTagsForResource", dr_sim_rds_list_tags, DR_SIM_CONTROL},
    {"ModifyDBCluster", dr_sim_rds_modify_cluster, DR_SIM_CONTROL},
    {"ModifyDBInstance", dr_sim_rds_modify_instance, DR_SIM_CONTROL},
    {"ModifyGlobalCluster", dr_sim_rds_modify_global, DR_SIM_CONTROL},
    {"PromoteReadReplica", dr_sim_rds_promote_replica, DR_SIM_CONTROL},
    {"PromoteReadReplicaDBCluster", dr_sim_rds_promote_cluster, DR_SIM_CONTROL},
    {"RebootDBInstance", dr_sim_rds_reboot_instance, DR_SIM_CONTROL},
    {"RemoveFromGlobalCluster", dr_sim_rds_remove_from_global, DR_SIM_CONTROL},
    {"RemoveTagsFromResource", dr_sim_rds_remove_tags, DR_SIM_CONTROL},
    {"RestoreDBInstanceFromDBSnapshot", dr_sim_rds_restore_snapshot, DR_SIM_CONTROL},
    {"StartDBCluster", dr_sim_rds_start_cluster, DR_SIM_CONTROL},
    {"StartDBInstance", dr_sim_rds_start_instance, DR_SIM_CONTROL},
    {"StopDBCluster", dr_sim_rds_stop_cluster, DR_SIM_CONTROL},
    {"StopDBInstance", dr_sim_rds_stop_instance, DR_SIM_CONTROL},
    {"SwitchoverGlobalCluster", dr_sim_rds_switchover_global, DR_SIM_CONTROL},
    {"SwitchoverReadReplica", dr_sim_rds_switchover_replica, DR_SIM_CONTROL},
    {NULL, NULL, DR_SIM_CONTROL},
};

/* --- What a world says ----------------------------------------------------------------------------------------------
 */

/* Seconds, or "1h30m". */
static int64_t milliseconds_of(const json_t *duration)
{
    int64_t ms = 0;
    if (json_is_string(duration) && dr_duration_parse(json_string_value(duration), &ms))
        return ms;
    return dr_sim_ms(duration, 1000);
}

static json_t *milliseconds(const json_t *seconds)
{
    return json_integer((json_int_t)milliseconds_of(seconds));
}

/* Lag, Spikes, Writes, Metrics and Tags, of instances and clusters alike. */
static void keep_world(struct dr_sim_cloud *cloud, const struct dr_sim_rds_place *place, json_t *database,
                       const json_t *given)
{
    int64_t now_ms = dr_sim_now(cloud);
    json_t *spikes = json_array(), *spike, *value;
    const char *key;
    size_t i;
    if (json_object_get(given, "Lag"))
        json_object_set_new(database, "_lag", milliseconds(json_object_get(given, "Lag")));
    json_array_foreach(json_object_get(given, "Spikes"), i, spike)
    {
        int64_t from = now_ms + milliseconds_of(json_object_get(spike, "At"));
        int64_t to = from + milliseconds_of(json_object_get(spike, "For"));
        json_array_append_new(spikes, json_pack("{s:I,s:I,s:o}", "From", (json_int_t)from, "To", (json_int_t)to, "Lag",
                                                milliseconds(json_object_get(spike, "Lag"))));
        dr_sim_schedule(cloud, from, "rds.settle", place->account, place->region, place->id, NULL);
        dr_sim_schedule(cloud, to, "rds.settle", place->account, place->region, place->id, NULL);
    }
    json_object_set_new(database, "_spikes", spikes);
    if (json_object_get(given, "Writes"))
        json_object_set(database, "_writes", json_object_get(given, "Writes"));
    if (json_object_get(given, "Metrics"))
        json_object_set(database, "_metrics", json_object_get(given, "Metrics"));
    json_object_foreach(json_object_get(given, "Tags"), key, value)
    {
        json_t *tags = json_pack("[{s:s,s:O}]", "Key", key, "Value", value);
        dr_sim_rds_set_tags(database, tags);
        json_decref(tags);
    }
}

static void load_instance(struct dr_sim_cloud *cloud, const char *account, const char *region, const char *id,
                          const json_t *given, const char *cluster_id)
{
    json_t *spelt = json_is_object(given) ? json_copy((json_t *)(uintptr_t)given) : json_object();
    const char *class = rds_text(given, "Class"), *status = rds_text(given, "Status");
    if (*class)
        rds_set(spelt, "DBInstanceClass", class);
    if (cluster_id)
        rds_set(spelt, "DBClusterIdentifier", cluster_id);
    if (*rds_text(given, "ReplicaOf") && !json_object_get(given, "BackupRetentionPeriod"))
        json_object_set_new(spelt, "BackupRetentionPeriod", json_integer(0));
    json_t *made = dr_sim_rds_make_instance(cloud, account, region, id, spelt, *status ? status : "available");
    if (*rds_text(given, "ReplicaOf"))
        rds_set(made, "_replicaOf", rds_text(given, "ReplicaOf"));
    json_object_set_new(made, "_inherits", json_boolean(!json_object_get(given, "Engine")));
    keep_world(cloud, &(struct dr_sim_rds_place){RDS_INSTANCE, account, region, id}, made, given);
    json_decref(spelt);
}

/* Instances: a number, or names, or names with what they are. */
static void load_members(struct dr_sim_cloud *cloud, const char *account, const char *region, const char *id,
                         json_t *cluster, const json_t *given)
{
    const json_t *instances = json_object_get(given, "Instances"), *about;
    json_t *named = json_object(), *plain = json_pack("{s:s,s:s}", "Engine", rds_text(cluster, "Engine"),
                                                      "EngineVersion", rds_text(cluster, "EngineVersion"));
    json_int_t count = json_is_integer(instances) ? json_integer_value(instances) : instances ? 0 : 1;
    for (json_int_t i = 1; i <= count && i <= 16; i++) {
        char *name = dr_format("%s-%lld", id, (long long)i);
        json_object_set_new(named, name, json_object());
        free(name);
    }
    for (size_t i = 0; json_is_array(instances) && i < json_array_size(instances); i++)
        json_object_set_new(named, json_string_value(json_array_get(instances, i)), json_object());
    if (json_is_object(instances))
        json_object_update(named, (json_t *)(uintptr_t)instances);
    const char *name;
    json_object_foreach(named, name, about)
    {
        json_t *whole = json_copy(plain);
        if (json_is_object(about))
            json_object_update(whole, (json_t *)(uintptr_t)about);
        load_instance(cloud, account, region, name, whole, id);
        dr_sim_rds_join_cluster(cluster, name, !dr_sim_rds_cluster_writer(cluster));
        json_decref(whole);
    }
    json_decref(named);
    json_decref(plain);
}

static void load_cluster(struct dr_sim_cloud *cloud, const char *account, const char *region, const char *id,
                         const json_t *given)
{
    const char *status = rds_text(given, "Status");
    json_t *cluster = dr_sim_rds_make_cluster(cloud, account, region, id, given, *status ? status : "available");
    load_members(cloud, account, region, id, cluster, given);
    keep_world(cloud, &(struct dr_sim_rds_place){RDS_CLUSTER, account, region, id}, cluster, given);
    if (*rds_text(given, "Global"))
        rds_set(cluster, "_global", rds_text(given, "Global"));
    if (*rds_text(given, "ReplicaOf"))
        rds_set(cluster, "_replicaOf", rds_text(given, "ReplicaOf"));
    if (json_is_true(json_object_get(given, "Writer")))
        json_object_set_new(cluster, "_writer", json_true());
}

/* { Instances: { NAME: {...} }, Clusters: { NAME: {...} } }: schemas/world/rds.schema.json */
static bool load(struct dr_sim_cloud *cloud, const char *account, const char *region, const json_t *given,
                 char **ret_problem)
{
    const char *id;
    json_t *about;
    json_object_foreach(json_object_get(given, "Instances"), id, about)
    {
        if (about && !json_is_object(about) && !json_is_null(about)) {
            *ret_problem = dr_format("rds.Instances.%s: an instance is a map: Engine, Class, ReplicaOf, Lag, ...", id);
            return false;
        }
        load_instance(cloud, account, region, id, about, NULL);
    }
    json_object_foreach(json_object_get(given, "Clusters"), id, about)
    {
        if (!json_is_object(about) && !json_is_null(about)) {
            *ret_problem = dr_format("rds.Clusters.%s: a cluster is a map: Engine, Instances, Global, Lag, ...", id);
            return false;
        }
        load_cluster(cloud, account, region, id, about);
    }
    return true;
}

/* "shop-db" (of its own Region, else wherever it is), "us-east-1/shop-db", or an ARN. */
static json_t *find_named(struct dr_sim_cloud *cloud, const char *kind, const char *account, const char *region,
                          const char *name, const json_t *self, const char **ret_region)
{
    if (strncmp(name, "arn:", 4) == 0) {
        struct dr_sim_rds_place place = {0};
        json_t *found = dr_sim_rds_by_arn(cloud, name, &place);
        *ret_region = place.region;
        return found;
    }
    const char *slash = strchr(name, '/'), *there;
    if (slash) {
        char *wanted = dr_copy_bytes(name, (size_t)(slash - name));
        json_t *found = dr_sim_find(cloud, account, wanted, kind, slash + 1);
        free(wanted);
        if (found)
            *ret_region = strstr(dr_sim_rds_arn(found), region) ? region : "";
        return found;
    }
    json_t *found = dr_sim_find(cloud, account, region, kind, name), *kinds;
    *ret_region = region;
    if (found && found != self)
        return found;
    json_object_foreach(json_object_get(cloud->tables, account), there, kinds)
    {
        found = json_object_get(json_object_get(kinds, kind), name);
        *ret_region = there;
        if (found && found != self)
            return found;
    }
    return NULL;
}

static bool link_replica(struct dr_sim_cloud *cloud, const struct dr_sim_rds_place *place, json_t *replica,
                         char **ret_problem)
{
    const char *of = rds_text(replica, "_replicaOf"), *region = NULL;
    bool cluster = strcmp(place->kind, RDS_CLUSTER) == 0;
    const json_t *source = find_named(cloud, place->kind, place->account, place->region, of, replica, &region);
    if (!source) {
        *ret_problem = dr_format("%s: rds.%s.%s.ReplicaOf: there is no %s", place->region,
                                 cluster ? "Clusters" : "Instances", place->id, of);
        return false;
    }
    int64_t now_ms = dr_sim_now(cloud);
    if (!cluster && json_is_true(json_object_get(replica, "_inherits"))) {
        static const char *const inherited[] = {"Engine", "EngineVersion", "_port"};
        for (size_t i = 0; i < sizeof inherited / sizeof *inherited; i++)
            json_object_set(replica, inherited[i], json_object_get(source, inherited[i]));
        json_object_set(json_object_get(replica, "Endpoint"), "Port", json_object_get(source, "_port"));
    }
    /* it has replicated for long, so that there are metrics of the past */
    dr_sim_rds_link(cloud, replica, dr_sim_rds_arn(source), now_ms - HOUR_MS, now_ms - HOUR_MS);
    dr_sim_rds_settle(cloud, now_ms - HOUR_MS);
    if (cluster) {
        rds_set(replica, "ReplicationSourceIdentifier", dr_sim_rds_arn(source));
    } else {
        bool near = strcmp(region, place->region) == 0;
        rds_set(replica, "ReadReplicaSourceDBInstanceIdentifier",
                near ? rds_text(source, "DBInstanceIdentifier") : dr_sim_rds_arn(source));
        rds_set(replica, "_listedBy", dr_sim_rds_arn(source));
        dr_sim_rds_list_replica(cloud, place, replica, true);
    }
    return true;
}

static void link_global(struct dr_sim_cloud *cloud, const struct dr_sim_rds_place *place, json_t *cluster)
{
    const char *id = rds_text(cluster, "_global");
    json_t *global = dr_sim_find(cloud, place->account, "global", RDS_GLOBAL, id);
    if (!global)
        global = dr_sim_rds_make_global(cloud, place->account, id, cluster);
    dr_sim_rds_join_global(cloud, global, cluster, dr_sim_now(cloud) - HOUR_MS);
    dr_sim_rds_settle(cloud, dr_sim_now(cloud) - HOUR_MS);
}

struct linking {
    const char *kind;
    unsigned pass; /* clusters that say that they write join their global database first */
    char **ret_problem;
};

static bool link_one(struct dr_sim_cloud *cloud, const struct dr_sim_rds_place *place, json_t *database,
                     const struct linking *linking)
{
    bool first = json_is_true(json_object_get(database, "_writer"));
    if (linking->pass == 0 && *rds_text(database, "_replicaOf"))
        return link_replica(cloud, place, database, linking->ret_problem);
    if (linking->pass > 0 && *rds_text(database, "_global") && first == (linking->pass == 1))
        link_global(cloud, place, database);
    return true;
}

static bool link_pass(struct dr_sim_cloud *cloud, const struct linking *linking)
{
    struct dr_sim_rds_place place = {.kind = linking->kind};
    json_t *regions, *kinds, *database;
    json_object_foreach(cloud->tables, place.account, regions)
    {
        json_object_foreach(regions, place.region, kinds)
        {
            json_object_foreach(json_object_get(kinds, linking->kind), place.id, database)
            {
                if (!link_one(cloud, &place, database, linking))
                    return false;
            }
        }
    }
    return true;
}

static bool link_all(struct dr_sim_cloud *cloud, char **ret_problem)
{
    const struct linking passes[] = {{RDS_INSTANCE, 0, ret_problem},
                                     {RDS_CLUSTER, 0, ret_problem},
                                     {RDS_CLUSTER, 1, ret_problem},
                                     {RDS_CLUSTER, 2, ret_problem}};
    for (size_t i = 0; i < sizeof passes / sizeof *passes; i++)
        if (!link_pass(cloud, &passes[i]))
            return false;
    dr_sim_rds_settle(cloud, dr_sim_now(cloud));
    return true;
}

/* --- Metrics --------------------------------------------------------------------------------------------------------
 */

static const char *dimension(const json_t *dimensions, const char *name)
{
    json_t *row;
    size_t i;
    json_array_foreach((json_t *)(uintptr_t)dimensions, i, row)
    {
        if (rds_is(row, "Name", name))
            return rds_text(row, "Value");
    }
    return NULL;
}

/* Seconds of ReplicaLag. MySQL does not know it without a connection, and says -1; PostgreSQL's goes on growing. */
static bool replica_lag(const json_t *instance, int64_t at_ms, double *ret_value)
{
    const json_t *log = json_object_get(instance, "_log");
    const json_t *last = json_array_get(log, json_array_size(log) - 1);
    if (json_array_size(log) == 0 || rds_int(json_array_get(log, 0), "At") > at_ms ||
        (json_object_get(last, "Ended") && rds_int(last, "At") <= at_ms))
        return false;
    int64_t behind = at_ms - dr_sim_rds_applied(instance, at_ms);
    bool knows = strstr(rds_text(instance, "Engine"), "postgres") || dr_sim_rds_connected(instance, at_ms);
    *ret_value = knows ? (double)(behind > 0 ? behind : 0) / 1000 : -1;
    return true;
}

static bool usual_metric(const json_t *database, const char *metric, double *ret_value)
{
    static const struct {
        const char *name;
        double value;
    } usual[] = {{"CPUUtilization", 18},       {"DatabaseConnections", 24}, {"FreeableMemory", 6.0e9},
                 {"FreeStorageSpace", 6.0e10}, {"ReadLatency", 0.0006},     {"WriteLatency", 0.0011}};
    const json_t *given = json_object_get(json_object_get(database, "_metrics"), metric);
    if (given) {
        *ret_value = json_number_value(given);
        return true;
    }
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        if (strcmp(usual[i].name, metric) == 0) {
            *ret_value = usual[i].value;
            return true;
        }
    return false;
}

static bool metric(struct dr_sim_cloud *cloud, const char *account, const char *region, const char *metric_namespace,
                   const char *metric, const json_t *dimensions, int64_t at_ms, double *ret_value)
{
    if (strcmp(metric_namespace, "AWS/RDS") != 0)
        return false;
    const char *id = dimension(dimensions, "DBInstanceIdentifier"),
               *cluster = dimension(dimensions, "DBClusterIdentifier");
    const json_t *database = id        ? dr_sim_find(cloud, account, region, RDS_INSTANCE, id)
                             : cluster ? dr_sim_find(cloud, account, region, RDS_CLUSTER, cluster)
                                       : NULL;
    if (!database || dr_sim_region_down(cloud, region))
        return false;
    if (id && strcmp(metric, "ReplicaLag") == 0)
        return replica_lag(database, at_ms, ret_value);
    if (cluster && (strcmp(metric, "AuroraGlobalDBReplicationLag") == 0 ||
                    strcmp(metric, "AuroraGlobalDBRPOLag") == 0 || strcmp(metric, "AuroraReplicaLag") == 0)) {
        const json_t *log = json_object_get(database, "_log");
        const json_t *last = json_array_get(log, json_array_size(log) - 1);
        if (json_array_size(log) == 0 || (json_object_get(last, "Ended") && rds_int(last, "At") <= at_ms))
            return false;
        int64_t behind = at_ms - dr_sim_rds_applied(database, at_ms); /* milliseconds, as CloudWatch has it */
        *ret_value = (double)(behind > 0 ? behind : 0);
        return true;
    }
    return dr_sim_rds_up(database) && usual_metric(database, metric, ret_value);
}

const struct dr_sim_service dr_sim_rds = {.name = "rds",
                                          .operations = operations,
                                          .events = dr_sim_rds_events,
                                          .load = load,
                                          .link = link_all,
                                          .metric = metric,
                                          .changed = dr_sim_rds_settle};
