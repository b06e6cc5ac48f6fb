/* The actions of rds, aurora and route53 with each fault in their way, in every one of their calls: they end as they
 * would have without it, or say that they could not; and the world has one writer in the end. */
#include "providers/simulated/databases.h"
#include "providers/simulated/serve.h"
#include "tests/support/simulated.h"

#include "interpreter/base/text.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define WEST_CLUSTER "arn:aws:rds:us-west-2:111122223333:cluster:shop-w"
#define WORLD                                                                                                          \
    "Account: '111122223333'\n"                                                                                        \
    "Regions:\n"                                                                                                       \
    "  us-east-1: { rds: { Instances: { shop: {} }, Clusters: { shop-e: { Global: shop, Writer: true } } } }\n"        \
    "  us-west-2: { rds: { Instances: { shop-west: { ReplicaOf: shop, Lag: 2 } }, Clusters: { shop-w: { Global: shop " \
    "} } } }\n"                                                                                                        \
    "Global: { route53: { HostedZones: { example.com: { Id: Z0EXAMPLE, Records: [{ Name: www, Values: [192.0.2.1] }] " \
    "} } } }\n"

static const struct {
    const char *action, *arguments;
    const char *operations[4];
} actions[] = {
    {"rds.promote", "{'DbInstanceIdentifier': 'shop-west'}", {"DescribeDBInstances", "PromoteReadReplica"}},
    {"rds.wait_available", "{'DbInstanceIdentifier': 'shop-west'}", {"DescribeDBInstances"}},
    {"aurora.switchover_global",
     "{'GlobalClusterIdentifier': 'shop', 'TargetDbClusterIdentifier': '" WEST_CLUSTER "'}",
     {"DescribeGlobalClusters", "SwitchoverGlobalCluster", "DescribeDBClusters"}},
    {"aurora.failover_global",
     "{'GlobalClusterIdentifier': 'shop', 'TargetDbClusterIdentifier': '" WEST_CLUSTER "', 'AllowDataLoss': true}",
     {"DescribeGlobalClusters", "FailoverGlobalCluster", "DescribeDBClusters"}},
    {"route53.upsert",
     "{'HostedZoneId': 'Z0EXAMPLE', 'Name': 'www.example.com', 'Type': 'A', 'Values': ['192.0.2.2']}",
     {"ListResourceRecordSets", "ChangeResourceRecordSets"}},
};

static const char *const faults[] = {"Throttled",   "ResetBefore",     "ResetAfter", "WrongAnswer",
                                     "ServerError", "TruncatedAnswer", "Latency"};

static void assert_good_end(struct dr_simulated *world, const char *action)
{
    if (strncmp(action, "aurora", 6) == 0) {
        struct dr_sim_database database;
        assert_true(dr_sim_database_at(world->cloud, WEST_CLUSTER, world->now_ms, &database));
        assert_true(database.writable);
        assert_int_equal(dr_sim_database_writers(world->cloud, WEST_CLUSTER, false, world->now_ms), 1);
    } else if (strcmp(action, "rds.promote") == 0) {
        struct dr_sim_database database;
        assert_true(dr_sim_database_at(world->cloud, "shop-west", world->now_ms, &database));
        assert_true(database.writable);
    } else if (strncmp(action, "route53", 7) == 0) {
        dr_simulated_wait(world, 60);
        json_t *answer = dr_sim_resolve(world->cloud, "www.example.com", "A", world->now_ms);
        assert_string_equal(dr_simulated_text(answer, "/Answers/0/Value"), "192.0.2.2");
        json_decref(answer);
    }
}

static void try_one(const char *action, const char *arguments, const char *operation, const char *fault, unsigned count)
{
    struct dr_simulated world;
    dr_simulated_open(&world, WORLD);
    char *given =
        dr_format("{'Fault': '%s', 'Operation': '%s', 'Count': %u, 'Milliseconds': 20000}", fault, operation, count);
    dr_simulated_fault(&world, given);
    json_t *result = dr_simulated_run(&world, "us-west-2", action, arguments);
    if (strcmp(dr_simulated_text(result, "/status"), "SUCCEEDED") != 0)
        fail_msg("%s with %s: %s %s", action, given, dr_simulated_text(result, "/error"),
                 dr_simulated_text(result, "/cause"));
    json_decref(result);
    assert_good_end(&world, action);
    json_t *again = dr_simulated_run(&world, "us-west-2", action, arguments);
    assert_string_equal(dr_simulated_text(again, "/status"), "SUCCEEDED");
    json_decref(again);
    assert_good_end(&world, action);
    free(given);
    dr_simulated_close(&world);
}

static void actions_outlive_each_fault_in_each_call(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        for (size_t j = 0; j < 4 && actions[i].operations[j]; j++)
            for (size_t k = 0; k < sizeof faults / sizeof *faults; k++)
                try_one(actions[i].action, actions[i].arguments, actions[i].operations[j], faults[k], 1);
}

/* The same world, seed and requests: the same end, to the byte. */
static void a_run_is_the_same_a_second_time(void **state)
{
    (void)state;
    char *ends[2];
    for (size_t i = 0; i < 2; i++) {
        struct dr_simulated world;
        dr_simulated_open(&world, WORLD);
        json_decref(dr_simulated_run(&world, "us-west-2", actions[0].action, actions[0].arguments));
        json_decref(dr_simulated_run(&world, "us-west-2", actions[4].action, actions[4].arguments));
        json_t *dump = dr_sim_cloud_dump(world.cloud);
        ends[i] = json_dumps(dump, JSON_COMPACT | JSON_SORT_KEYS);
        json_decref(dump);
        dr_simulated_close(&world);
    }
    assert_string_equal(ends[0], ends[1]);
    free(ends[0]);
    free(ends[1]);
}

/* A world that is dumped in the middle of a move, and put back, goes on as if nothing had been. */
static void a_dump_holds_all_that_is_to_come(void **state)
{
    (void)state;
    struct dr_simulated world;
    dr_simulated_open(&world, WORLD);
    json_decref(dr_simulated_expect(
        &world, "us-west-2", "rds", "SwitchoverGlobalCluster",
        "{'GlobalClusterIdentifier': 'shop', 'TargetDbClusterIdentifier': '" WEST_CLUSTER "'}", NULL));
    json_decref(dr_simulated_expect(&world, "us-west-2", "rds", "PromoteReadReplica",
                                    "{'DBInstanceIdentifier': 'shop-west'}", NULL));
    dr_simulated_wait(&world, 10);
    json_t *dump = dr_sim_cloud_dump(world.cloud);
    char *problem = NULL;
    dr_simulated_wait(&world, 300);
    assert_good_end(&world, "aurora");
    int64_t end_ms = world.now_ms;
    assert_true(dr_sim_cloud_restore(world.cloud, dump, &problem));
    json_decref(dump);
    struct dr_sim_database database;
    assert_true(dr_sim_database_at(world.cloud, WEST_CLUSTER, world.now_ms, &database));
    assert_false(database.writable);
    dr_sim_advance(world.cloud, end_ms);
    assert_good_end(&world, "aurora");
    assert_good_end(&world, "rds.promote");
    dr_simulated_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(actions_outlive_each_fault_in_each_call),
        cmocka_unit_test(a_run_is_the_same_a_second_time),
        cmocka_unit_test(a_dump_holds_all_that_is_to_come),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
