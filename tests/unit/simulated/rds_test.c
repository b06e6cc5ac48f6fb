/* The simulated RDS: the actions of rds and aurora against it, phases, replication, faults, and AWS's refusals. */
#include "providers/simulated/databases.h"
#include "tests/support/simulated.h"

#include "interpreter/base/text.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define EAST "us-east-1"
#define WEST "us-west-2"
#define REPLICA "{'DbInstanceIdentifier': 'shop-west'}"
#define EAST_ARN "arn:aws:rds:us-east-1:111122223333:db:shop"
#define WORLD                                                                                                          \
    "Account: '111122223333'\n"                                                                                        \
    "Regions:\n"                                                                                                       \
    "  us-east-1: { rds: { Instances: { shop: { Engine: postgres, MultiAZ: true } } } }\n"                             \
    "  us-west-2: { rds: { Instances: { shop-west: { ReplicaOf: shop, Lag: 2 } } } }\n"
#define GLOBAL_WORLD                                                                                                   \
    "Account: '111122223333'\n"                                                                                        \
    "Regions:\n"                                                                                                       \
    "  us-west-2: { rds: { Clusters: { shop-w: { Global: shop, Lag: 1 } } } }\n"                                       \
    "  us-east-1: { rds: { Clusters: { shop-e: { Global: shop, Writer: true, Instances: 2 } } } }\n"
#define EAST_CLUSTER "arn:aws:rds:us-east-1:111122223333:cluster:shop-e"
#define WEST_CLUSTER "arn:aws:rds:us-west-2:111122223333:cluster:shop-w"

static struct dr_simulated world;

static void expect(const char *region, const char *operation, const char *input, const char *code)
{
    json_decref(dr_simulated_expect(&world, region, "rds", operation, input, code));
}

/* One member of one instance. */
static char *instance_text(const char *region, const char *id, const char *member)
{
    char *input = dr_format("{'DBInstanceIdentifier': '%s'}", id), *pointer = dr_format("/DBInstances/0/%s", member);
    json_t *output = dr_simulated_expect(&world, region, "rds", "DescribeDBInstances", input, NULL);
    char *text = dr_copy_string(dr_simulated_text(output, pointer));
    json_decref(output);
    free(input);
    free(pointer);
    return text;
}

static void assert_instance(const char *region, const char *id, const char *member, const char *wanted)
{
    char *text = instance_text(region, id, member);
    assert_string_equal(text, wanted);
    free(text);
}

static json_t *run(const char *region, const char *action, const char *arguments, const char *status)
{
    json_t *result = dr_simulated_run(&world, region, action, arguments);
    if (strcmp(dr_simulated_text(result, "/status"), status) != 0) {
        json_object_del(result, "trace");
        json_dumpf(result, stderr, 0);
    }
    assert_string_equal(dr_simulated_text(result, "/status"), status);
    return result;
}

/* ----- Replicas and their promotion */

static void a_replica_is_linked_both_ways(void **state)
{
    (void)state;
    dr_simulated_open(&world, WORLD);
    json_t *output = dr_simulated_expect(&world, EAST, "rds", "DescribeDBInstances", "{}", NULL);
    assert_string_equal(dr_simulated_text(output, "/DBInstances/0/ReadReplicaDBInstanceIdentifiers/0"),
                        "arn:aws:rds:us-west-2:111122223333:db:shop-west");
    json_decref(output);
    assert_instance(WEST, "shop-west", "ReadReplicaSourceDBInstanceIdentifier", EAST_ARN);
    assert_instance(WEST, "shop-west", "StatusInfos/0/Status", "replicating");
    assert_instance(WEST, "SHOP-WEST", "DBInstanceStatus", "available");
    dr_simulated_close(&world);
}

static void promotion_goes_through_its_phases(void **state)
{
    (void)state;
    dr_simulated_open(&world, WORLD);
    expect(WEST, "PromoteReadReplica", "{'DBInstanceIdentifier': 'shop-west', 'BackupRetentionPeriod': 3}", NULL);
    assert_instance(WEST, "shop-west", "DBInstanceStatus", "modifying");
    assert_instance(WEST, "shop-west", "ReadReplicaSourceDBInstanceIdentifier", EAST_ARN);
    expect(WEST, "PromoteReadReplica", "{'DBInstanceIdentifier': 'shop-west'}", "InvalidDBInstanceState");
    dr_simulated_wait(&world, 125);
    assert_instance(WEST, "shop-west", "DBInstanceStatus", "rebooting");
    struct dr_sim_database database;
    assert_true(dr_sim_database_at(world.cloud, "shop-west", world.now_ms, &database));
    assert_false(database.reachable);
    dr_simulated_wait(&world, 30);
    assert_instance(WEST, "shop-west", "DBInstanceStatus", "available");
    assert_instance(WEST, "shop-west", "ReadReplicaSourceDBInstanceIdentifier", "");
    assert_true(dr_sim_database_at(world.cloud, "shop-west", world.now_ms, &database));
    assert_true(database.writable);
    json_t *output = dr_simulated_expect(&world, EAST, "rds", "DescribeDBInstances", "{}", NULL);
    assert_int_equal(json_array_size(dr_simulated_at(output, "/DBInstances/0/ReadReplicaDBInstanceIdentifiers")), 0);
    json_decref(output);
    expect(WEST, "PromoteReadReplica", "{'DBInstanceIdentifier': 'shop-west'}", "InvalidDBInstanceState");
    assert_int_equal(dr_sim_database_writers(world.cloud, "shop", false, world.now_ms), 2);
    dr_simulated_close(&world);
}

static void the_action_promotes_once(void **state)
{
    (void)state;
    dr_simulated_open(&world, WORLD);
    json_t *result = run(WEST, "rds.promote", REPLICA, "SUCCEEDED");
    assert_true(json_is_false(dr_simulated_at(result, "/output/AlreadyPrimary")));
    assert_non_null(strstr(dr_simulated_text(result, "/output/Endpoint"), "shop-west."));
    assert_true(json_integer_value(json_object_get(result, "durationMs")) >= 150000);
    json_decref(result);
    json_t *again = run(WEST, "rds.promote", REPLICA, "SUCCEEDED");
    assert_true(json_is_true(dr_simulated_at(again, "/output/AlreadyPrimary")));
    assert_true(json_integer_value(json_object_get(again, "durationMs")) < 1000);
    json_decref(again);
    json_decref(run(WEST, "rds.wait_available", REPLICA, "SUCCEEDED"));
    dr_simulated_close(&world);
}

static void the_action_promotes_although_the_source_is_gone(void **state)
{
    (void)state;
    dr_simulated_open(&world, WORLD);
    int64_t down_ms = world.now_ms;
    dr_simulated_fault(&world, "{'Fault': 'RegionDown', 'Region': 'us-east-1'}");
    dr_simulated_wait(&world, 60);
    assert_instance(WEST, "shop-west", "StatusInfos/0/Status", "error");
    json_decref(run(WEST, "rds.promote", REPLICA, "SUCCEEDED"));
    /* it was 2 s behind when its source died, and that is what is lost */
    assert_int_equal(dr_sim_database_lost_ms(world.cloud, "shop-west", world.now_ms), 2000);
    assert_true(dr_sim_database_has(world.cloud, "shop-west", EAST_ARN, down_ms - 2000, world.now_ms));
    assert_false(dr_sim_database_has(world.cloud, "shop-west", EAST_ARN, down_ms - 1999, world.now_ms));
    assert_int_equal(dr_sim_database_writers(world.cloud, "shop-west", true, world.now_ms), 1);
    assert_int_equal(dr_sim_database_writers(world.cloud, "shop-west", false, world.now_ms), 2);
    dr_simulated_close(&world);
}

static void nothing_is_lost_when_writes_stop_first(void **state)
{
    (void)state;
    dr_simulated_open(&world, WORLD);
    int64_t stopped_ms = world.now_ms;
    dr_sim_database_set_writes(world.cloud, "shop", false, world.now_ms);
    dr_simulated_wait(&world, 5);
    struct dr_sim_database database;
    assert_true(dr_sim_database_at(world.cloud, "shop-west", world.now_ms, &database));
    assert_true(database.data_ms >= stopped_ms);
    assert_false(database.writable);
    json_decref(run(WEST, "rds.promote", REPLICA, "SUCCEEDED"));
    assert_int_equal(dr_sim_database_lost_ms(world.cloud, "shop-west", world.now_ms), 0);
    dr_simulated_close(&world);
}

static void a_stuck_promotion_times_out_and_can_be_repeated(void **state)
{
    (void)state;
    dr_simulated_open(&world, WORLD);
    unsigned id = dr_simulated_fault(&world, "{'Fault': 'Stuck', 'Resource': 'shop-west'}");
    json_t *result = run(WEST, "rds.promote", "{'DbInstanceIdentifier': 'shop-west', 'TimeoutSeconds': 600}", "FAILED");
    assert_string_equal(dr_simulated_text(result, "/error"), "Rds.PromotionTimeout");
    json_decref(result);
    assert_instance(WEST, "shop-west", "DBInstanceStatus", "modifying");
    dr_sim_fault_end(world.cloud, id);
    json_decref(run(WEST, "rds.promote", REPLICA, "SUCCEEDED"));
    dr_simulated_close(&world);
}

static void the_answer_to_a_promotion_may_be_lost(void **state)
{
    (void)state;
    dr_simulated_open(&world, WORLD);
    dr_simulated_fault(&world, "{'Fault': 'ResetAfter', 'Operation': 'PromoteReadReplica', 'Count': 1}");
    json_decref(run(WEST, "rds.promote", REPLICA, "SUCCEEDED"));
    dr_simulated_close(&world);
}

/* ----- Lag */

static double lag(void)
{
    double value = -9;
    json_t *dimensions = json_pack("[{s:s,s:s}]", "Name", "DBInstanceIdentifier", "Value", "shop-west");
    for (const struct dr_sim_service *const *row = dr_sim_services(); *row; row++)
        if (strcmp((*row)->name, "rds") == 0)
            (*row)->metric(world.cloud, "111122223333", WEST, "AWS/RDS", "ReplicaLag", dimensions, world.now_ms,
                           &value);
    json_decref(dimensions);
    return value;
}

static void lag_grows_while_replication_is_stalled_and_is_caught_up(void **state)
{
    (void)state;
    dr_simulated_open(&world, WORLD);
    assert_float_equal(lag(), 2, 0.001);
    unsigned id = dr_simulated_fault(&world, "{'Fault': 'ReplicationStalled', 'Resource': 'shop-west'}");
    dr_simulated_wait(&world, 100);
    assert_float_equal(lag(), 102, 0.001);
    dr_sim_fault_end(world.cloud, id);
    dr_simulated_wait(&world, 10);
    assert_float_equal(lag(), 62, 0.001); /* five seconds a second */
    dr_simulated_wait(&world, 60);
    assert_float_equal(lag(), 2, 0.001);
    dr_simulated_close(&world);
}

static void spikes_come_when_the_world_says(void **state)
{
    (void)state;
    dr_simulated_open(&world, "Account: '111122223333'\n"
                              "Regions:\n"
                              "  us-east-1: { rds: { Instances: { shop: { Engine: mysql } } } }\n"
                              "  us-west-2: { rds: { Instances: { shop-west: { Engine: mysql, ReplicaOf: shop, Lag: 1, "
                              "Spikes: [{ At: 60, For: 60, Lag: 40 }] } } } }\n");
    dr_simulated_wait(&world, 80);
    assert_float_equal(lag(), 21, 0.001);
    dr_simulated_wait(&world, 39);
    assert_float_equal(lag(), 40, 0.001);
    dr_simulated_wait(&world, 30);
    assert_float_equal(lag(), 1, 0.001);
    dr_simulated_fault(&world, "{'Fault': 'RegionDown', 'Region': 'us-east-1'}");
    assert_float_equal(lag(), -1, 0.001); /* MySQL has no connection, and does not know */
    dr_simulated_close(&world);
}

/* ----- Replicas made, instances changed */

static void a_new_replica_takes_long_and_catches_up(void **state)
{
    (void)state;
    dr_simulated_open(&world, WORLD);
    expect(WEST, "CreateDBInstanceReadReplica",
           "{'DBInstanceIdentifier': 'second', 'SourceDBInstanceIdentifier': '" EAST_ARN "'}", NULL);
    assert_instance(WEST, "second", "DBInstanceStatus", "creating");
    assert_instance(WEST, "second", "Endpoint/Address", "");
    dr_simulated_wait(&world, 15 * 60);
    assert_instance(WEST, "second", "DBInstanceStatus", "available");
    struct dr_sim_database database;
    assert_true(dr_sim_database_at(world.cloud, "second", world.now_ms, &database));
    assert_true(world.now_ms - database.data_ms > 600000);
    dr_simulated_wait(&world, 300);
    assert_true(dr_sim_database_at(world.cloud, "second", world.now_ms, &database));
    assert_true(world.now_ms - database.data_ms < 2000);
    expect(WEST, "CreateDBInstanceReadReplica",
           "{'DBInstanceIdentifier': 'second', 'SourceDBInstanceIdentifier': '" EAST_ARN "'}",
           "DBInstanceAlreadyExists");
    expect(WEST, "CreateDBInstanceReadReplica",
           "{'DBInstanceIdentifier': 'third', 'SourceDBInstanceIdentifier': 'shop'}", "DBInstanceNotFound");
    dr_simulated_fault(&world, "{'Fault': 'NoCapacity', 'Service': 'rds', 'Region': 'us-west-2'}");
    expect(WEST, "CreateDBInstanceReadReplica",
           "{'DBInstanceIdentifier': 'third', 'SourceDBInstanceIdentifier': '" EAST_ARN "'}",
           "InsufficientDBInstanceCapacity");
    dr_simulated_close(&world);
}

static void instances_are_changed_stopped_and_deleted(void **state)
{
    (void)state;
    dr_simulated_open(&world, WORLD);
    expect(EAST, "StopDBInstance", "{'DBInstanceIdentifier': 'shop'}", "InvalidDBInstanceState");
    expect(EAST, "DescribeDBInstances", "{'DBInstanceIdentifier': 'none'}", "DBInstanceNotFound");
    expect(EAST, "DescribeDBInstances", "{'MaxRecords': 10}", "InvalidParameterValue");
    expect(EAST, "DescribeDBInstances", "{'Marker': 'x'}", "InvalidParameterValue");
    expect(EAST, "ModifyDBInstance", "{'DBInstanceIdentifier': 'shop', 'BackupRetentionPeriod': 0}",
           "InvalidDBInstanceState");
    expect(EAST, "ModifyDBInstance",
           "{'DBInstanceIdentifier': 'shop', 'DBInstanceClass': 'db.r6g.xlarge', 'ApplyImmediately': true}", NULL);
    assert_instance(EAST, "shop", "PendingModifiedValues/DBInstanceClass", "db.r6g.xlarge");
    assert_instance(EAST, "shop", "DBInstanceStatus", "modifying");
    dr_simulated_wait(&world, 60);
    assert_instance(EAST, "shop", "DBInstanceClass", "db.r6g.xlarge");
    expect(EAST, "RebootDBInstance", "{'DBInstanceIdentifier': 'shop', 'ForceFailover': true}", NULL);
    assert_instance(EAST, "shop", "DBInstanceStatus", "rebooting");
    dr_simulated_wait(&world, 60);
    expect(WEST, "RebootDBInstance", "{'DBInstanceIdentifier': 'shop-west', 'ForceFailover': true}",
           "InvalidParameterCombination");
    expect(WEST, "DeleteDBInstance", "{'DBInstanceIdentifier': 'shop-west', 'SkipFinalSnapshot': true}", NULL);
    assert_instance(WEST, "shop-west", "DBInstanceStatus", "deleting");
    dr_simulated_wait(&world, 300);
    expect(WEST, "DescribeDBInstances", "{'DBInstanceIdentifier': 'shop-west'}", "DBInstanceNotFound");
    expect(EAST, "StopDBInstance", "{'DBInstanceIdentifier': 'shop'}", NULL);
    dr_simulated_wait(&world, 200);
    assert_instance(EAST, "shop", "DBInstanceStatus", "stopped");
    expect(EAST, "StartDBInstance", "{'DBInstanceIdentifier': 'shop'}", NULL);
    dr_simulated_wait(&world, 301);
    assert_instance(EAST, "shop", "DBInstanceStatus", "available");
    expect(EAST, "ModifyDBInstance", "{'DBInstanceIdentifier': 'shop', 'DeletionProtection': true}", NULL);
    dr_simulated_wait(&world, 60);
    expect(EAST, "DeleteDBInstance", "{'DBInstanceIdentifier': 'shop', 'SkipFinalSnapshot': true}",
           "InvalidParameterCombination");
    json_t *output =
        dr_simulated_expect(&world, EAST, "rds", "DescribeEvents",
                            "{'SourceIdentifier': 'shop', 'SourceType': 'db-instance', 'Duration': 60}", NULL);
    assert_true(json_array_size(json_object_get(output, "Events")) >= 4);
    json_decref(output);
    dr_simulated_close(&world);
}

static void a_snapshot_is_restored_with_what_it_holds(void **state)
{
    (void)state;
    dr_simulated_open(&world, WORLD);
    expect(EAST, "CreateDBSnapshot", "{'DBInstanceIdentifier': 'shop', 'DBSnapshotIdentifier': 'before'}", NULL);
    int64_t taken_ms = world.now_ms;
    expect(WEST, "CopyDBSnapshot",
           "{'SourceDBSnapshotIdentifier': 'arn:aws:rds:us-east-1:111122223333:snapshot:before', "
           "'TargetDBSnapshotIdentifier': 'copy'}",
           "InvalidDBSnapshotState");
    dr_simulated_wait(&world, 200);
    expect(WEST, "CopyDBSnapshot",
           "{'SourceDBSnapshotIdentifier': 'arn:aws:rds:us-east-1:111122223333:snapshot:before', "
           "'TargetDBSnapshotIdentifier': 'copy', 'SourceRegion': 'us-east-1'}",
           NULL);
    dr_simulated_wait(&world, 1000);
    json_t *output = dr_simulated_expect(&world, WEST, "rds", "DescribeDBSnapshots", "{}", NULL);
    assert_string_equal(dr_simulated_text(output, "/DBSnapshots/0/Status"), "available");
    assert_string_equal(dr_simulated_text(output, "/DBSnapshots/0/SourceRegion"), EAST);
    json_decref(output);
    expect(WEST, "RestoreDBInstanceFromDBSnapshot",
           "{'DBInstanceIdentifier': 'restored', 'DBSnapshotIdentifier': 'copy'}", NULL);
    dr_simulated_wait(&world, 800);
    assert_instance(WEST, "restored", "DBInstanceStatus", "available");
    assert_true(dr_sim_database_has(world.cloud, "restored", EAST_ARN, taken_ms - 1000, world.now_ms));
    assert_false(dr_sim_database_has(world.cloud, "restored", EAST_ARN, taken_ms + 1, world.now_ms));
    dr_simulated_close(&world);
}

static void tags_are_kept(void **state)
{
    (void)state;
    dr_simulated_open(&world, WORLD);
    expect(EAST, "AddTagsToResource",
           "{'ResourceName': '" EAST_ARN "', 'Tags': [{'Key': 'a', 'Value': '1'}, {'Key': 'b', 'Value': '2'}]}", NULL);
    expect(EAST, "RemoveTagsFromResource", "{'ResourceName': '" EAST_ARN "', 'TagKeys': ['a']}", NULL);
    json_t *output =
        dr_simulated_expect(&world, EAST, "rds", "ListTagsForResource", "{'ResourceName': '" EAST_ARN "'}", NULL);
    assert_int_equal(json_array_size(json_object_get(output, "TagList")), 1);
    assert_string_equal(dr_simulated_text(output, "/TagList/0/Value"), "2");
    json_decref(output);
    expect(EAST, "ListTagsForResource", "{'ResourceName': '" EAST_ARN "x'}", "DBInstanceNotFound");
    dr_simulated_close(&world);
}

/* ----- Aurora */

#define MOVE(target) "{'GlobalClusterIdentifier': 'shop', 'TargetDbClusterIdentifier': '" target "'}"
#define LOSE(target)                                                                                                   \
    "{'GlobalClusterIdentifier': 'shop', 'TargetDbClusterIdentifier': '" target "', 'AllowDataLoss': true}"

static void a_switchover_loses_nothing_and_turns_the_roles_round(void **state)
{
    (void)state;
    dr_simulated_open(&world, GLOBAL_WORLD);
    json_t *result = run(WEST, "aurora.describe_global", "{'GlobalClusterIdentifier': 'shop'}", "SUCCEEDED");
    assert_string_equal(dr_simulated_text(result, "/output/Writer"), EAST_CLUSTER);
    json_decref(result);
    result = run(WEST, "aurora.switchover_global", MOVE(WEST_CLUSTER), "SUCCEEDED");
    assert_non_null(strstr(dr_simulated_text(result, "/output/Endpoint"), "shop-w.cluster-"));
    json_decref(result);
    result = run(WEST, "aurora.switchover_global", MOVE(WEST_CLUSTER), "SUCCEEDED");
    assert_true(json_is_true(dr_simulated_at(result, "/output/AlreadyPrimary")));
    json_decref(result);
    assert_int_equal(dr_sim_database_lost_ms(world.cloud, WEST_CLUSTER, world.now_ms), 0);
    assert_int_equal(dr_sim_database_writers(world.cloud, WEST_CLUSTER, false, world.now_ms), 1);
    struct dr_sim_database database;
    assert_true(dr_sim_database_at(world.cloud, EAST_CLUSTER, world.now_ms, &database));
    assert_false(database.writable);
    assert_string_equal(database.lineage, WEST_CLUSTER);
    json_decref(run(EAST, "aurora.switchover_global", MOVE(EAST_CLUSTER), "SUCCEEDED"));
    dr_simulated_close(&world);
}

static void a_failover_loses_what_had_not_arrived(void **state)
{
    (void)state;
    dr_simulated_open(&world, GLOBAL_WORLD);
    unsigned id = dr_simulated_fault(&world, "{'Fault': 'RegionDown', 'Region': 'us-east-1'}");
    dr_simulated_wait(&world, 30);
    expect(WEST, "SwitchoverGlobalCluster", MOVE(WEST_CLUSTER), "InvalidDBClusterStateFault");
    json_decref(run(WEST, "aurora.failover_global", LOSE(WEST_CLUSTER), "SUCCEEDED"));
    assert_int_equal(dr_sim_database_lost_ms(world.cloud, WEST_CLUSTER, world.now_ms), 1000);
    assert_int_equal(dr_sim_database_writers(world.cloud, WEST_CLUSTER, false, world.now_ms), 2);
    dr_sim_fault_end(world.cloud, id);
    dr_simulated_wait(&world, 30); /* the old primary is back, and follows */
    assert_int_equal(dr_sim_database_writers(world.cloud, WEST_CLUSTER, false, world.now_ms), 1);
    json_t *again = run(WEST, "aurora.failover_global", LOSE(WEST_CLUSTER), "SUCCEEDED");
    assert_true(json_is_true(dr_simulated_at(again, "/output/AlreadyPrimary")));
    json_decref(again);
    dr_simulated_close(&world);
}

static void a_switchover_that_cannot_catch_up_is_cancelled(void **state)
{
    (void)state;
    dr_simulated_open(&world, GLOBAL_WORLD);
    dr_simulated_fault(&world, "{'Fault': 'ReplicationStalled', 'Resource': 'shop-w'}");
    expect(WEST, "SwitchoverGlobalCluster", MOVE(WEST_CLUSTER), NULL);
    expect(WEST, "SwitchoverGlobalCluster", MOVE(WEST_CLUSTER), "InvalidGlobalClusterStateFault");
    dr_simulated_wait(&world, 300);
    assert_int_equal(dr_sim_database_writers(world.cloud, WEST_CLUSTER, false, world.now_ms), 0);
    dr_simulated_wait(&world, 400);
    json_t *output = dr_simulated_expect(&world, WEST, "rds", "DescribeGlobalClusters", "{}", NULL);
    assert_string_equal(dr_simulated_text(output, "/GlobalClusters/0/Status"), "available");
    json_decref(output);
    struct dr_sim_database database;
    assert_true(dr_sim_database_at(world.cloud, EAST_CLUSTER, world.now_ms, &database));
    assert_true(database.writable);
    dr_simulated_close(&world);
}

static void clusters_refuse_what_aws_refuses(void **state)
{
    (void)state;
    dr_simulated_open(&world, GLOBAL_WORLD);
    expect(WEST, "DescribeGlobalClusters", "{'GlobalClusterIdentifier': 'x'}", "GlobalClusterNotFoundFault");
    expect(WEST, "DescribeDBClusters", "{'DBClusterIdentifier': 'x'}", "DBClusterNotFoundFault");
    expect(WEST, "FailoverGlobalCluster", LOSE(WEST_CLUSTER "x"), "DBClusterNotFoundFault");
    expect(WEST, "FailoverGlobalCluster", LOSE(EAST_CLUSTER), "InvalidGlobalClusterStateFault");
    expect(WEST, "FailoverGlobalCluster",
           "{'GlobalClusterIdentifier': 'shop', 'TargetDbClusterIdentifier': '" WEST_CLUSTER
           "', 'AllowDataLoss': true, 'Switchover': false}",
           "InvalidParameterCombination");
    expect(EAST, "RemoveFromGlobalCluster",
           "{'GlobalClusterIdentifier': 'shop', 'DbClusterIdentifier': '" EAST_CLUSTER "'}",
           "InvalidGlobalClusterStateFault");
    expect(EAST, "DeleteGlobalCluster", "{'GlobalClusterIdentifier': 'shop'}", "InvalidGlobalClusterStateFault");
    expect(EAST, "DeleteDBCluster", "{'DBClusterIdentifier': 'shop-e', 'SkipFinalSnapshot': true}",
           "InvalidDBClusterStateFault");
    expect(WEST, "PromoteReadReplicaDBCluster", "{'DBClusterIdentifier': 'shop-w'}", "InvalidDBClusterStateFault");
    expect(WEST, "FailoverDBCluster", "{'DBClusterIdentifier': 'shop-w'}", "InvalidDBInstanceState");
    expect(EAST, "FailoverDBCluster", "{'DBClusterIdentifier': 'shop-e'}", NULL);
    dr_simulated_wait(&world, 40);
    json_t *output = dr_simulated_expect(&world, EAST, "rds", "DescribeDBClusters", "{}", NULL);
    assert_true(json_is_true(dr_simulated_at(output, "/DBClusters/0/DBClusterMembers/1/IsClusterWriter")));
    json_decref(output);
    expect(EAST, "RemoveFromGlobalCluster",
           "{'GlobalClusterIdentifier': 'shop', 'DbClusterIdentifier': '" WEST_CLUSTER "'}", NULL);
    dr_simulated_wait(&world, 70);
    struct dr_sim_database database;
    assert_true(dr_sim_database_at(world.cloud, WEST_CLUSTER, world.now_ms, &database));
    assert_true(database.writable);
    dr_simulated_close(&world);
}

static void a_global_database_grows(void **state)
{
    (void)state;
    dr_simulated_open(&world, "Account: '111122223333'\n"
                              "Regions: { us-east-1: { rds: { Clusters: { shop-e: { } } } } }\n");
    expect(EAST, "CreateGlobalCluster",
           "{'GlobalClusterIdentifier': 'shop', 'SourceDBClusterIdentifier': '" EAST_CLUSTER "'}", NULL);
    expect(WEST, "CreateDBCluster",
           "{'DBClusterIdentifier': 'shop-w', 'Engine': 'aurora-postgresql', 'GlobalClusterIdentifier': 'shop'}", NULL);
    dr_simulated_wait(&world, 200);
    expect(WEST, "CreateDBInstance",
           "{'DBInstanceIdentifier': 'shop-w-1', 'DBClusterIdentifier': 'shop-w', 'Engine': 'aurora-postgresql', "
           "'DBInstanceClass': 'db.r6g.large'}",
           NULL);
    dr_simulated_wait(&world, 600);
    json_decref(run(WEST, "aurora.switchover_global", MOVE(WEST_CLUSTER), "SUCCEEDED"));
    dr_simulated_close(&world);
}

static void a_world_with_a_mistake_says_where(void **state)
{
    (void)state;
    char *problem = dr_simulated_problem("Regions: { us-east-1: { rds: { Instances: { a: { ReplicaOf: b } } } } }");
    assert_non_null(problem);
    assert_non_null(strstr(problem, "rds.Instances.a.ReplicaOf: there is no b"));
    free(problem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_replica_is_linked_both_ways),
        cmocka_unit_test(promotion_goes_through_its_phases),
        cmocka_unit_test(the_action_promotes_once),
        cmocka_unit_test(the_action_promotes_although_the_source_is_gone),
        cmocka_unit_test(nothing_is_lost_when_writes_stop_first),
        cmocka_unit_test(a_stuck_promotion_times_out_and_can_be_repeated),
        cmocka_unit_test(the_answer_to_a_promotion_may_be_lost),
        cmocka_unit_test(lag_grows_while_replication_is_stalled_and_is_caught_up),
        cmocka_unit_test(spikes_come_when_the_world_says),
        cmocka_unit_test(a_new_replica_takes_long_and_catches_up),
        cmocka_unit_test(instances_are_changed_stopped_and_deleted),
        cmocka_unit_test(a_snapshot_is_restored_with_what_it_holds),
        cmocka_unit_test(tags_are_kept),
        cmocka_unit_test(a_switchover_loses_nothing_and_turns_the_roles_round),
        cmocka_unit_test(a_failover_loses_what_had_not_arrived),
        cmocka_unit_test(a_switchover_that_cannot_catch_up_is_cancelled),
        cmocka_unit_test(clusters_refuse_what_aws_refuses),
        cmocka_unit_test(a_global_database_grows),
        cmocka_unit_test(a_world_with_a_mistake_says_where),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
