/* DB instances and their read replicas. Source: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/ (the
 * operation of each name), .../UserGuide/USER_ReadRepl.html, .../UserGuide/accessing-monitoring.html (statuses). */
#include "providers/simulated/services/rds_operations.h"
#include "providers/simulated/services/rds_parts.h"

#include "interpreter/base/clock.h"

#define MINUTE INT64_C(60000)
#define REPLICAS_MAX 15

/* --- Making and showing ---------------------------------------------------------------------------------------------
 */

char *dr_sim_rds_zone_of(const char *account, const char *region)
{
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
    for (const char *at = account; *at; at++)
        hash = (hash ^ (unsigned char)*at) * UINT64_C(1099511628211);
    for (const char *at = region; *at; at++)
        hash = (hash ^ (unsigned char)*at) * UINT64_C(1099511628211);
    char zone[13] = "c";
    for (size_t i = 1; i < 12; i++, hash = hash / 36 + (hash << 7))
        zone[i] = "0123456789abcdefghijklmnopqrstuvwxyz"[hash % 36];
    return dr_copy_string(zone);
}

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

static int64_t port_of(const char *engine)
{
    if (strstr(engine, "postgres"))
        return 5432;
    if (starts_with(engine, "oracle"))
        return 1521;
    return starts_with(engine, "sqlserver") ? 1433 : 3306;
}

static const char *version_of(const char *engine)
{
    if (strcmp(engine, "aurora-postgresql") == 0 || strstr(engine, "postgres"))
        return "16.4";
    if (strcmp(engine, "aurora-mysql") == 0)
        return "8.0.mysql_aurora.3.08.0";
    if (strcmp(engine, "mariadb") == 0)
        return "10.11.9";
    return starts_with(engine, "oracle") ? "19.0.0.0.ru-2024-10.rur-2024-10.r1" : "8.0.40";
}

/* Members that are shown as they were given. */
static const char *const taken[] = {"AllocatedStorage",
                                    "MultiAZ",
                                    "BackupRetentionPeriod",
                                    "DBName",
                                    "MasterUsername",
                                    "StorageType",
                                    "Iops",
                                    "AvailabilityZone",
                                    "PubliclyAccessible",
                                    "StorageEncrypted",
                                    "KmsKeyId",
                                    "DeletionProtection",
                                    "AutoMinorVersionUpgrade",
                                    "CopyTagsToSnapshot",
                                    "PreferredBackupWindow",
                                    "PreferredMaintenanceWindow",
                                    "PromotionTier",
                                    "MaxAllocatedStorage",
                                    "LicenseModel",
                                    "IAMDatabaseAuthenticationEnabled",
                                    "PerformanceInsightsEnabled",
                                    "DBClusterIdentifier",
                                    "ReplicaMode"};

static void set_default(json_t *object, const char *key, json_t *value)
{
    if (json_object_get(object, key))
        json_decref(value);
    else
        json_object_set_new(object, key, value);
}

static void set_defaults(json_t *instance, const char *region)
{
    char *zone = dr_format("%sa", region);
    set_default(instance, "DBInstanceClass", json_string("db.r6g.large"));
    set_default(instance, "AllocatedStorage", json_integer(100));
    set_default(instance, "MultiAZ", json_false());
    set_default(instance, "BackupRetentionPeriod", json_integer(7));
    set_default(instance, "MasterUsername", json_string("admin"));
    set_default(instance, "StorageType", json_string("gp3"));
    set_default(instance, "AvailabilityZone", json_string(zone));
    set_default(instance, "PubliclyAccessible", json_false());
    set_default(instance, "StorageEncrypted", json_false());
    set_default(instance, "DeletionProtection", json_false());
    set_default(instance, "AutoMinorVersionUpgrade", json_true());
    set_default(instance, "CopyTagsToSnapshot", json_false());
    set_default(instance, "PreferredBackupWindow", json_string("03:00-03:30"));
    set_default(instance, "PreferredMaintenanceWindow", json_string("sun:05:00-sun:05:30"));
    set_default(instance, "LicenseModel", json_string("general-public-license"));
    set_default(instance, "IAMDatabaseAuthenticationEnabled", json_false());
    set_default(instance, "ReadReplicaDBInstanceIdentifiers", json_array());
    set_default(instance, "PendingModifiedValues", json_object());
    set_default(instance, "VpcSecurityGroups", json_array());
    set_default(instance, "DBSecurityGroups", json_array());
    set_default(instance, "TagList", json_array());
    free(zone);
}

static void set_security_groups(json_t *instance, const json_t *ids)
{
    json_t *groups = json_array(), *id;
    size_t i;
    json_array_foreach(ids, i, id)
    {
        json_array_append_new(groups, json_pack("{s:O,s:s}", "VpcSecurityGroupId", id, "Status", "active"));
    }
    json_object_set_new(instance, "VpcSecurityGroups", groups);
}

static void give_endpoint(json_t *instance, const char *account, const char *region)
{
    char *zone = dr_sim_rds_zone_of(account, region);
    char *address = dr_format("%s.%s.%s.rds.amazonaws.com", rds_text(instance, "DBInstanceIdentifier"), zone, region);
    json_object_set_new(instance, "Endpoint",
                        json_pack("{s:s,s:I,s:s}", "Address", address, "Port", (json_int_t)rds_int(instance, "_port"),
                                  "HostedZoneId", "Z2R2ITUGPM61AM"));
    free(address);
    free(zone);
}

json_t *dr_sim_rds_make_instance(struct dr_sim_cloud *cloud, const char *account, const char *region, const char *id,
                                 const json_t *given, const char *status)
{
    const char *engine = rds_text(given, "Engine"), *version = rds_text(given, "EngineVersion");
    const char *class = rds_text(given, "DBInstanceClass");
    char *arn = dr_sim_arn("rds", region, account, "db:%s", id), *made = dr_sim_timestamp(dr_sim_now(cloud));
    char *resource_id = dr_sim_hex_id(cloud, "db-", 26);
    engine = *engine ? engine : "postgres";
    json_t *instance =
        json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:i}", "DBInstanceIdentifier", id, "DBInstanceStatus", status, "Engine",
                  engine, "EngineVersion", *version ? version : version_of(engine), "DBInstanceArn", arn,
                  "DbiResourceId", resource_id, "InstanceCreateTime", made, "DbInstancePort", 0);
    if (*class)
        rds_set(instance, "DBInstanceClass", class);
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        if (json_object_get(given, taken[i]))
            json_object_set(instance, taken[i], json_object_get(given, taken[i]));
    int64_t port = rds_int(given, "Port");
    json_object_set_new(instance, "_port", json_integer((json_int_t)(port ? port : port_of(engine))));
    json_object_set_new(instance, "_began", json_integer(0));
    rds_set(instance, "_family", arn);
    set_defaults(instance, region);
    if (json_is_array(json_object_get(given, "VpcSecurityGroupIds")))
        set_security_groups(instance, json_object_get(given, "VpcSecurityGroupIds"));
    if (strcmp(status, "creating") != 0)
        give_endpoint(instance, account, region);
    dr_sim_put(cloud, account, region, RDS_INSTANCE, id, instance);
    free(arn);
    free(made);
    free(resource_id);
    return instance;
}

/* As RDS tells it; a source that cannot be reached is an error, one that is gone has ended it. */
static json_t *replication_status(struct dr_sim_cloud *cloud, const json_t *instance)
{
    const char *source = rds_text(instance, "_source"), *status = "replicating", *message = NULL;
    struct dr_sim_rds_place there = {0};
    if (!*source) {
        status = "terminated"; /* being promoted, or its source was deleted */
    } else if (!dr_sim_rds_by_arn(cloud, source, &there)) {
        status = "terminated";
    } else if (dr_sim_region_down(cloud, there.region) || !dr_sim_rds_up(dr_sim_rds_by_arn(cloud, source, NULL))) {
        status = "error";
        message = "could not connect to the replication source";
    }
    return json_pack("[{s:s,s:b,s:s,s:s*}]", "StatusType", "read replication", "Normal",
                     strcmp(status, "replicating") == 0, "Status", status, "Message", message);
}

json_t *dr_sim_rds_show_instance(struct dr_sim_cloud *cloud, const char *region, const json_t *instance)
{
    (void)region;
    json_t *shown = json_copy((json_t *)(uintptr_t)instance);
    bool creating = rds_is(instance, "DBInstanceStatus", "creating");
    if (*rds_text(instance, "ReadReplicaSourceDBInstanceIdentifier") && !creating)
        json_object_set_new(shown, "StatusInfos", replication_status(cloud, instance));
    if (rds_int(instance, "BackupRetentionPeriod") > 0 && dr_sim_rds_up(instance)) {
        char *date = dr_sim_timestamp(dr_sim_now(cloud) / (5 * MINUTE) * (5 * MINUTE));
        rds_set(shown, "LatestRestorableTime", date);
        free(date);
    }
    return shown;
}

static void answer(struct dr_sim_call *call, const json_t *instance)
{
    call->output = json_pack("{s:o}", "DBInstance", dr_sim_rds_show_instance(call->cloud, call->region, instance));
}

static json_t *find(struct dr_sim_call *call, struct dr_sim_rds_place *ret_place)
{
    char *id = dr_sim_rds_id(call, "DBInstanceIdentifier");
    json_t *table = dr_sim_table(call->cloud, call->account, call->region, RDS_INSTANCE);
    json_t *instance = json_object_get(table, id);
    if (instance)
        *ret_place = (struct dr_sim_rds_place){RDS_INSTANCE, call->account, call->region,
                                               json_object_iter_key(json_object_iter_at(table, id))};
    else
        dr_sim_fail(call, 0, "DBInstanceNotFound", "DBInstance %s not found.",
                    dr_sim_string(call, "DBInstanceIdentifier", ""));
    free(id);
    return instance;
}

static bool is_available(struct dr_sim_call *call, const json_t *instance)
{
    if (rds_is(instance, "DBInstanceStatus", "available"))
        return true;
    dr_sim_fail(call, 0, "InvalidDBInstanceState", "Database instance is not in available state.");
    return false;
}

static bool has_capacity(struct dr_sim_call *call, const char *id)
{
    if (!dr_sim_fault(call->cloud, "NoCapacity", call->region, "rds", call->operation->name, id))
        return true;
    dr_sim_fail(call, 0, "InsufficientDBInstanceCapacity",
                "Cannot create a database instance because there is not enough capacity for the requested DB instance "
                "class in the Availability Zone.");
    return false;
}

static bool is_new(struct dr_sim_call *call, const char *id)
{
    if (!dr_sim_find(call->cloud, call->account, call->region, RDS_INSTANCE, id))
        return true;
    dr_sim_fail(call, 0, "DBInstanceAlreadyExists", "DB instance already exists");
    return false;
}

void dr_sim_rds_describe_instances(struct dr_sim_call *call)
{
    static const char *const filters[] = {"db-cluster-id", "db-instance-id", "dbi-resource-id",
                                          "domain",        "engine",         NULL};
    struct dr_sim_rds_place place;
    if (!dr_sim_rds_good_list(call, filters))
        return;
    const json_t *one = dr_sim_string(call, "DBInstanceIdentifier", NULL) ? find(call, &place) : NULL;
    if (call->error)
        return;
    json_t *all = json_array(), *instance;
    const char *id;
    json_object_foreach(dr_sim_table(call->cloud, call->account, call->region, RDS_INSTANCE), id, instance)
    {
        if ((!one || one == instance) &&
            dr_sim_rds_passes(call, "db-cluster-id", rds_text(instance, "DBClusterIdentifier")) &&
            dr_sim_rds_passes(call, "db-instance-id", id) &&
            dr_sim_rds_passes(call, "dbi-resource-id", rds_text(instance, "DbiResourceId")) &&
            dr_sim_rds_passes(call, "engine", rds_text(instance, "Engine")) && dr_sim_rds_passes(call, "domain", ""))
            json_array_append_new(all, dr_sim_rds_show_instance(call->cloud, call->region, instance));
    }
    dr_sim_rds_give_page(call, "DBInstances", all);
}

/* --- Replicas -------------------------------------------------------------------------------------------------------
 */

void dr_sim_rds_list_replica(struct dr_sim_cloud *cloud, const struct dr_sim_rds_place *replica, const json_t *instance,
                             bool listed)
{
    const char *source = rds_text(instance, "_listedBy");
    struct dr_sim_rds_place there = {0};
    json_t *of = dr_sim_rds_by_arn(cloud, source, &there);
    if (!of)
        return;
    bool near = strcmp(there.region, replica->region) == 0;
    const char *name = near ? replica->id : rds_text(instance, "DBInstanceArn");
    json_t *list = json_object_get(of, "ReadReplicaDBInstanceIdentifiers");
    for (size_t i = json_array_size(list); i-- > 0;)
        if (strcmp(json_string_value(json_array_get(list, i)), name) == 0)
            json_array_remove(list, i);
    if (listed)
        json_array_append_new(list, json_string(name));
}

void dr_sim_rds_promote_replica(struct dr_sim_call *call)
{
    static const struct dr_sim_rds_phase phases[] = {{"modifying", "rds.promote", 2 * MINUTE},
                                                     {"rebooting", "rds.promote.reboot", 30000},
                                                     {"available", NULL, 0},
                                                     {NULL, NULL, 0}};
    struct dr_sim_rds_place place;
    json_t *instance = find(call, &place);
    if (!instance)
        return;
    if (!*rds_text(instance, "ReadReplicaSourceDBInstanceIdentifier")) {
        dr_sim_fail(call, 0, "InvalidDBInstanceState", "DB Instance is not a read replica.");
        return;
    }
    if (!is_available(call, instance))
        return;
    json_t *days = json_object_get(call->input, "BackupRetentionPeriod");
    if (days && (json_integer_value(days) < 0 || json_integer_value(days) > 35)) {
        dr_sim_fail(call, 400, "InvalidParameterValue",
                    "Invalid backup retention period: %lld. Must be between 0 and 35",
                    (long long)json_integer_value(days));
        return;
    }
    if (*rds_text(instance, "_source"))
        dr_sim_rds_cut(call->cloud, instance, call->now_ms, false);
    if (days)
        json_object_set(json_object_get(instance, "PendingModifiedValues"), "BackupRetentionPeriod", days);
    dr_sim_rds_note(call->cloud, &place, "read replica",
                    "Replication for the Read Replica was stopped: it is promoted.");
    dr_sim_rds_go(call->cloud, &place, call->operation->name, phases, "promoted",
                  json_pack("{s:I}", "Days", (json_int_t)(days ? json_integer_value(days) : 7)));
    answer(call, instance);
}

void dr_sim_rds_promoted(struct dr_sim_cloud *cloud, const struct dr_sim_rds_place *place, json_t *instance,
                         const json_t *data)
{
    dr_sim_rds_list_replica(cloud, place, instance, false);
    json_object_del(instance, "_listedBy");
    json_object_del(instance, "ReadReplicaSourceDBInstanceIdentifier");
    json_object_del(instance, "ReplicaMode");
    json_object_set(instance, "BackupRetentionPeriod", json_object_get(data, "Days"));
    json_object_set_new(instance, "PendingModifiedValues", json_object());
    dr_sim_rds_begin(instance, dr_sim_now(cloud));
    dr_sim_rds_note(cloud, place, "notification", "Promoted Read Replica instance to a stand-alone database instance.");
}

/* The source of a new replica: an identifier of this Region, or an ARN. */
static json_t *find_source(struct dr_sim_call *call, struct dr_sim_rds_place *ret_place)
{
    const char *name = dr_sim_string(call, "SourceDBInstanceIdentifier", "");
    char *arn = strncmp(name, "arn:", 4) == 0 ? dr_copy_string(name)
                                              : dr_sim_arn("rds", call->region, call->account, "db:%s", name);
    json_t *source = dr_sim_rds_by_arn(call->cloud, arn, ret_place);
    free(arn);
    if (!source) {
        dr_sim_fail(call, 0, "DBInstanceNotFound", "DBInstance %s not found.", name);
    } else if (dr_sim_region_down(call->cloud, ret_place->region)) {
        dr_sim_fail(call, 503, "ServiceUnavailable", "The source Region %s did not answer.", ret_place->region);
    } else if (!is_available(call, source)) {
    } else if (rds_int(source, "BackupRetentionPeriod") == 0 && !*rds_text(source, "_source")) {
        dr_sim_fail(call, 0, "InvalidDBInstanceState",
                    "Automated backups are not enabled for this database instance. To enable automated backups, use "
                    "ModifyDBInstance to set the backup retention period to a non-zero value.");
    } else if (json_array_size(json_object_get(source, "ReadReplicaDBInstanceIdentifiers")) >= REPLICAS_MAX) {
        dr_sim_fail(call, 0, "InstanceQuotaExceeded", "The source has %d read replicas already", REPLICAS_MAX);
    } else {
        return source;
    }
    return NULL;
}

void dr_sim_rds_create_replica(struct dr_sim_call *call)
{
    static const struct dr_sim_rds_phase phases[] = {
        {"creating", "rds.replica.create", 15 * MINUTE}, {"available", NULL, 0}, {NULL, NULL, 0}};
    struct dr_sim_rds_place there = {0};
    if (!dr_sim_rds_good_id(call, "DBInstanceIdentifier"))
        return;
    char *id = dr_sim_rds_id(call, "DBInstanceIdentifier");
    const json_t *source = is_new(call, id) ? find_source(call, &there) : NULL;
    if (source && has_capacity(call, id)) {
        bool near = strcmp(there.region, call->region) == 0;
        json_t *given = json_copy((json_t *)(uintptr_t)source);
        json_object_del(given, "AvailabilityZone");
        json_object_del(given, "MultiAZ");
        json_object_del(given, "DeletionProtection");
        json_object_update(given, (json_t *)(uintptr_t)call->input);
        json_object_set_new(given, "BackupRetentionPeriod", json_integer(0));
        if (!json_object_get(call->input, "Port"))
            json_object_set(given, "Port", json_object_get(source, "_port"));
        json_t *made = dr_sim_rds_make_instance(call->cloud, call->account, call->region, id, given, "creating");
        rds_set(made, "ReadReplicaSourceDBInstanceIdentifier", near ? there.id : dr_sim_rds_arn(source));
        rds_set(made, "_listedBy", dr_sim_rds_arn(source));
        dr_sim_rds_set_tags(made, json_object_get(call->input, "Tags"));
        dr_sim_rds_link(call->cloud, made, dr_sim_rds_arn(source), call->now_ms, call->now_ms);
        json_object_set_new(made, "_bornAt", json_integer((json_int_t)call->now_ms));
        const struct dr_sim_rds_place place = {RDS_INSTANCE, call->account, call->region,
                                               rds_text(made, "DBInstanceIdentifier")};
        dr_sim_rds_list_replica(call->cloud, &place, made, true);
        dr_sim_rds_go(call->cloud, &place, call->operation->name, phases, "replica made", NULL);
        answer(call, made);
        json_decref(given);
    }
    free(id);
}

/* A new instance, a restored one and a new replica have an endpoint once they are there. */
void dr_sim_rds_replica_made(struct dr_sim_cloud *cloud, const struct dr_sim_rds_place *place, json_t *instance,
                             const json_t *data)
{
    (void)data;
    give_endpoint(instance, place->account, place->region);
    if (!*rds_text(instance, "_source"))
        dr_sim_rds_begin(instance, dr_sim_now(cloud));
    dr_sim_rds_note(cloud, place, "creation", "DB instance created");
}

/* Oracle and SQL Server only, and only with both of them working: the roles change and nothing is lost. */
void dr_sim_rds_switchover_replica(struct dr_sim_call *call)
{
    static const struct dr_sim_rds_phase phases[] = {
        {"modifying", "rds.switchover", 2 * MINUTE}, {"available", NULL, 0}, {NULL, NULL, 0}};
    struct dr_sim_rds_place place, there = {0};
    json_t *instance = find(call, &place);
    if (!instance || !is_available(call, instance))
        return;
    json_t *source = dr_sim_rds_by_arn(call->cloud, rds_text(instance, "_source"), &there);
    if (!starts_with(rds_text(instance, "Engine"), "oracle") && !starts_with(rds_text(instance, "Engine"), "sqlserver"))
        dr_sim_fail(call, 400, "InvalidParameterCombination",
                    "SwitchoverReadReplica is not supported for the %s engine", rds_text(instance, "Engine"));
    else if (!source)
        dr_sim_fail(call, 0, "InvalidDBInstanceState", "DB Instance is not a read replica.");
    else if (dr_sim_region_down(call->cloud, there.region) || !rds_is(source, "DBInstanceStatus", "available"))
        dr_sim_fail(call, 0, "InvalidDBInstanceState", "The primary DB instance is not in available state.");
    if (call->error)
        return;
    dr_sim_rds_set_status(source, "modifying");
    json_object_set_new(source, "_readOnly", json_true());
    dr_sim_rds_go(call->cloud, &place, call->operation->name, phases, "switched replica",
                  json_pack("{s:s}", "Source", dr_sim_rds_arn(source)));
    answer(call, instance);
}

void dr_sim_rds_switched_replica(struct dr_sim_cloud *cloud, const struct dr_sim_rds_place *place, json_t *instance,
                                 const json_t *data)
{
    int64_t now_ms = dr_sim_now(cloud);
    struct dr_sim_rds_place there = {0};
    json_t *source = dr_sim_rds_by_arn(cloud, rds_text(data, "Source"), &there);
    if (!source)
        return;
    bool near = strcmp(there.region, place->region) == 0;
    dr_sim_rds_cut(cloud, instance, now_ms, true);
    dr_sim_rds_list_replica(cloud, place, instance, false);
    json_object_del(instance, "_listedBy");
    json_object_del(instance, "ReadReplicaSourceDBInstanceIdentifier");
    dr_sim_rds_begin(instance, now_ms);
    dr_sim_rds_link(cloud, source, dr_sim_rds_arn(instance), now_ms, now_ms);
    rds_set(source, "ReadReplicaSourceDBInstanceIdentifier", near ? place->id : dr_sim_rds_arn(instance));
    rds_set(source, "_listedBy", dr_sim_rds_arn(instance));
    dr_sim_rds_set_status(source, "available");
    dr_sim_rds_list_replica(cloud, &there, source, true);
}

/* --- Making, changing, deleting -------------------------------------------------------------------------------------
 */

static bool needs(struct dr_sim_call *call, const char *member)
{
    if (json_object_get(call->input, member))
        return true;
    dr_sim_fail(call, 400, "InvalidParameterValue", "The parameter %s must be provided and must not be blank.", member);
    return false;
}

void dr_sim_rds_create_instance(struct dr_sim_call *call)
{
    static const struct dr_sim_rds_phase phases[] = {
        {"creating", "rds.create", 8 * MINUTE}, {"available", NULL, 0}, {NULL, NULL, 0}};
    const char *cluster_id = dr_sim_string(call, "DBClusterIdentifier", NULL);
    json_t *cluster =
        cluster_id ? dr_sim_find(call->cloud, call->account, call->region, RDS_CLUSTER, cluster_id) : NULL;
    if (!dr_sim_rds_good_id(call, "DBInstanceIdentifier"))
        return;
    if (cluster_id && !cluster) {
        dr_sim_fail(call, 0, "DBClusterNotFoundFault", "DBCluster %s not found.", cluster_id);
        return;
    }
    if (!cluster && (!needs(call, "AllocatedStorage") || !needs(call, "MasterUsername")))
        return;
    char *id = dr_sim_rds_id(call, "DBInstanceIdentifier");
    if (is_new(call, id) && has_capacity(call, id)) {
        json_t *given = json_copy((json_t *)(uintptr_t)call->input);
        if (!json_object_get(given, "BackupRetentionPeriod"))
            json_object_set_new(given, "BackupRetentionPeriod", json_integer(1));
        json_t *made = dr_sim_rds_make_instance(call->cloud, call->account, call->region, id, given, "creating");
        dr_sim_rds_set_tags(made, json_object_get(call->input, "Tags"));
        json_object_set_new(made, "_readOnly", json_true());
        if (cluster)
            dr_sim_rds_join_cluster(cluster, id, !dr_sim_rds_cluster_writer(cluster));
        const struct dr_sim_rds_place place = {RDS_INSTANCE, call->account, call->region,
                                               rds_text(made, "DBInstanceIdentifier")};
        dr_sim_rds_go(call->cloud, &place, call->operation->name, phases, "replica made", NULL);
        answer(call, made);
        json_decref(given);
    }
    free(id);
}

/* What can be changed, and how soon; the rest of ModifyDBInstance is not simulated. */
static const struct {
    const char *member, *shown;
    bool at_once; /* whatever ApplyImmediately says */
} changes[] = {
    {"AllocatedStorage", "AllocatedStorage", false},
    {"DBInstanceClass", "DBInstanceClass", false},
    {"EngineVersion", "EngineVersion", false},
    {"MultiAZ", "MultiAZ", false},
    {"Iops", "Iops", false},
    {"StorageType", "StorageType", false},
    {"BackupRetentionPeriod", "BackupRetentionPeriod", true},
    {"DeletionProtection", "DeletionProtection", true},
    {"CopyTagsToSnapshot", "CopyTagsToSnapshot", true},
    {"PubliclyAccessible", "PubliclyAccessible", true},
    {"AutoMinorVersionUpgrade", "AutoMinorVersionUpgrade", true},
    {"PreferredBackupWindow", "PreferredBackupWindow", true},
    {"PreferredMaintenanceWindow", "PreferredMaintenanceWindow", true},
    {"PromotionTier", "PromotionTier", true},
    {"MaxAllocatedStorage", "MaxAllocatedStorage", true},
    {"EnableIAMDatabaseAuthentication", "IAMDatabaseAuthenticationEnabled", true},
    {"VpcSecurityGroupIds", "VpcSecurityGroupIds", true},
    {"MasterUserPassword", NULL, true},
    {"ApplyImmediately", NULL, true},
    {"AllowMajorVersionUpgrade", NULL, true},
    {"DBInstanceIdentifier", NULL, true},
};

static bool collect_changes(struct dr_sim_call *call, const json_t *instance, json_t *now, json_t *later)
{
    const char *member;
    json_t *value;
    bool immediately = dr_sim_bool(call, "ApplyImmediately", false);
    json_object_foreach((json_t *)(uintptr_t)call->input, member, value)
    {
        size_t i = 0, count = sizeof changes / sizeof *changes;
        while (i < count && strcmp(changes[i].member, member) != 0)
            i++;
        if (i == count) {
            dr_sim_fail(call, 501, "NotSimulated", "ModifyDBInstance with %s is not simulated", member);
            return false;
        }
        if (changes[i].shown && !json_equal(json_object_get(instance, changes[i].shown), value))
            json_object_set(immediately || changes[i].at_once ? now : later, changes[i].shown, value);
    }
    return true;
}

void dr_sim_rds_modify_instance(struct dr_sim_call *call)
{
    static const struct dr_sim_rds_phase phases[] = {
        {"modifying", "rds.modify", MINUTE}, {"available", NULL, 0}, {NULL, NULL, 0}};
    struct dr_sim_rds_place place;
    json_t *instance = find(call, &place);
    if (!instance || !is_available(call, instance))
        return;
    const json_t *days = json_object_get(call->input, "BackupRetentionPeriod");
    if (days && json_integer_value(days) == 0 &&
        json_array_size(json_object_get(instance, "ReadReplicaDBInstanceIdentifiers")) > 0) {
        dr_sim_fail(call, 0, "InvalidDBInstanceState",
                    "Cannot disable backups of a database instance that has read replicas.");
        return;
    }
    json_t *now = json_object(), *later = json_object();
    if (collect_changes(call, instance, now, later)) {
        json_t *pending = json_object_get(instance, "PendingModifiedValues");
        json_object_update(pending, later);
        if (json_object_size(now) > 0) {
            json_object_update(pending, now);
            json_object_del(pending, "VpcSecurityGroupIds");
            dr_sim_rds_go(call->cloud, &place, call->operation->name, phases, "modified", json_incref(now));
        }
        answer(call, instance);
    }
    json_decref(now);
    json_decref(later);
}

void dr_sim_rds_modified(struct dr_sim_cloud *cloud, const struct dr_sim_rds_place *place, json_t *instance,
                         const json_t *data)
{
    const char *member;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)data, member, value)
    {
        json_object_del(json_object_get(instance, "PendingModifiedValues"), member);
        if (strcmp(member, "VpcSecurityGroupIds") == 0)
            set_security_groups(instance, value);
        else
            json_object_set(instance, member, value);
    }
    if (json_object_size(data) > 0)
        dr_sim_rds_note(cloud, place, "configuration change", "Finished applying modification");
}

void dr_sim_rds_reboot_instance(struct dr_sim_call *call)
{
    static const struct dr_sim_rds_phase phases[] = {
        {"rebooting", "rds.reboot", 45000}, {"available", NULL, 0}, {NULL, NULL, 0}};
    struct dr_sim_rds_place place;
    json_t *instance = find(call, &place);
    if (!instance || !is_available(call, instance))
        return;
    if (dr_sim_bool(call, "ForceFailover", false) && !json_is_true(json_object_get(instance, "MultiAZ"))) {
        dr_sim_fail(call, 400, "InvalidParameterCombination",
                    "Cannot use ForceFailover since the DB instance isn't configured for Multi-AZ.");
        return;
    }
    dr_sim_rds_note(call->cloud, &place, "availability", "DB instance restarted");
    dr_sim_rds_go(call->cloud, &place, call->operation->name, phases, NULL, NULL);
    answer(call, instance);
}

void dr_sim_rds_stop_instance(struct dr_sim_call *call)
{
    static const struct dr_sim_rds_phase phases[] = {
        {"stopping", "rds.stop", 3 * MINUTE}, {"stopped", NULL, 0}, {NULL, NULL, 0}};
    struct dr_sim_rds_place place;
    json_t *instance = find(call, &place);
    if (!instance || !is_available(call, instance))
        return;
    if (*rds_text(instance, "ReadReplicaSourceDBInstanceIdentifier"))
        dr_sim_fail(call, 0, "InvalidDBInstanceState", "Cannot stop a read replica.");
    else if (json_array_size(json_object_get(instance, "ReadReplicaDBInstanceIdentifiers")) > 0)
        dr_sim_fail(call, 0, "InvalidDBInstanceState", "Cannot stop a DB instance that has a read replica.");
    else if (*rds_text(instance, "DBClusterIdentifier"))
        dr_sim_fail(call, 400, "InvalidParameterCombination",
                    "aurora is not a supported engine for StopDBInstance: stop the DB cluster.");
    if (call->error)
        return;
    dr_sim_rds_note(call->cloud, &place, "notification", "DB instance stopped");
    dr_sim_rds_go(call->cloud, &place, call->operation->name, phases, NULL, NULL);
    answer(call, instance);
}

void dr_sim_rds_start_instance(struct dr_sim_call *call)
{
    static const struct dr_sim_rds_phase phases[] = {
        {"starting", "rds.start", 5 * MINUTE}, {"available", NULL, 0}, {NULL, NULL, 0}};
    struct dr_sim_rds_place place;
    json_t *instance = find(call, &place);
    if (!instance)
        return;
    if (!rds_is(instance, "DBInstanceStatus", "stopped")) {
        dr_sim_fail(call, 0, "InvalidDBInstanceState",
                    "Instance %s is not stopped or inaccessible-encryption-credentials-recoverable.", place.id);
        return;
    }
    if (!has_capacity(call, place.id))
        return;
    dr_sim_rds_note(call->cloud, &place, "notification", "DB instance started");
    dr_sim_rds_go(call->cloud, &place, call->operation->name, phases, NULL, NULL);
    answer(call, instance);
}

static bool good_final_snapshot(struct dr_sim_call *call, const json_t *instance)
{
    const char *name = dr_sim_string(call, "FinalDBSnapshotIdentifier", NULL);
    bool skip = dr_sim_bool(call, "SkipFinalSnapshot", false), member = *rds_text(instance, "DBClusterIdentifier");
    if (name && skip)
        dr_sim_fail(call, 400, "InvalidParameterCombination",
                    "FinalDBSnapshotIdentifier can not be specified when deleting a database instance and skipping the "
                    "final snapshot.");
    else if (!name && !skip && !member && !*rds_text(instance, "ReadReplicaSourceDBInstanceIdentifier"))
        dr_sim_fail(call, 400, "InvalidParameterCombination",
                    "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.");
    else if (name && *rds_text(instance, "ReadReplicaSourceDBInstanceIdentifier"))
        dr_sim_fail(call, 400, "InvalidParameterCombination",
                    "FinalDBSnapshotIdentifier can not be specified when deleting a read replica.");
    else if (name && dr_sim_find(call->cloud, call->account, call->region, RDS_SNAPSHOT, name))
        dr_sim_fail(call, 0, "DBSnapshotAlreadyExists",
                    "Cannot create the snapshot because a snapshot with the identifier %s already exists.", name);
    return !call->error;
}

void dr_sim_rds_delete_instance(struct dr_sim_call *call)
{
    static const struct dr_sim_rds_phase phases[] = {{"deleting", "rds.delete", 4 * MINUTE}, {NULL, NULL, 0}};
    struct dr_sim_rds_place place;
    json_t *instance = find(call, &place);
    if (!instance || !dr_sim_rds_may_delete(call, instance, "DB Instance") || !good_final_snapshot(call, instance))
        return;
    if (rds_is(instance, "DBInstanceStatus", "deleting")) {
        dr_sim_fail(call, 0, "InvalidDBInstanceState", "Instance %s is already being deleted.", place.id);
        return;
    }
    const char *name = dr_sim_string(call, "FinalDBSnapshotIdentifier", NULL);
    if (name)
        dr_sim_rds_make_snapshot(call->cloud, &place, instance, name, call->now_ms);
    dr_sim_unschedule(call->cloud, "rds.phase", place.account, place.region, place.id);
    dr_sim_rds_go(call->cloud, &place, call->operation->name, phases, "deleted", NULL);
    answer(call, instance);
}

/* Replicas in the same Region become primaries of their own; those in others only stop replicating. */
static void orphan(struct dr_sim_cloud *cloud, const struct dr_sim_rds_place *place, const json_t *instance)
{
    json_t *names = json_deep_copy(json_object_get(instance, "ReadReplicaDBInstanceIdentifiers")), *name;
    size_t i;
    json_array_foreach(names, i, name)
    {
        const char *text = json_string_value(name);
        char *arn = strncmp(text, "arn:", 4) == 0 ? dr_copy_string(text)
                                                  : dr_sim_arn("rds", place->region, place->account, "db:%s", text);
        struct dr_sim_rds_place there = {0};
        json_t *replica = dr_sim_rds_by_arn(cloud, arn, &there);
        free(arn);
        if (!replica)
            continue;
        if (*rds_text(replica, "_source"))
            dr_sim_rds_cut(cloud, replica, dr_sim_now(cloud), false);
        if (strcmp(there.region, place->region) == 0) {
            json_t *data = json_pack("{s:i}", "Days", 7);
            dr_sim_rds_promoted(cloud, &there, replica, data);
            json_decref(data);
        }
    }
    json_decref(names);
}

void dr_sim_rds_deleted(struct dr_sim_cloud *cloud, const struct dr_sim_rds_place *place, json_t *instance,
                        const json_t *data)
{
    (void)data;
    const char *cluster_id = rds_text(instance, "DBClusterIdentifier");
    json_t *cluster = dr_sim_find(cloud, place->account, place->region, RDS_CLUSTER, cluster_id);
    orphan(cloud, place, instance);
    dr_sim_rds_list_replica(cloud, place, instance, false);
    if (cluster)
        dr_sim_rds_leave_cluster(cluster, place->id);
    dr_sim_rds_note(cloud, place, "deletion", "DB instance deleted");
    dr_sim_remove(cloud, place->account, place->region, RDS_INSTANCE, place->id);
}
