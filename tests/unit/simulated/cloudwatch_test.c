/* The simulated CloudWatch: metrics of services a minute late, metrics of one's own, alarms and what they set off. */
#include "tests/support/simulated.h"

#include "interpreter/base/text.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define WEST "us-west-2"
#define LAG "{'DbInstanceIdentifier': 'shop-west'}"
#define WORLD                                                                                                          \
    "Account: '111122223333'\n"                                                                                        \
    "Regions:\n"                                                                                                       \
    "  us-east-1: { rds: { Instances: { shop: { Engine: mysql } } } }\n"                                               \
    "  us-west-2:\n"                                                                                                   \
    "    rds: { Instances: { shop-west: { ReplicaOf: shop, Lag: 2 } } }\n"                                             \
    "    cloudwatch:\n"                                                                                                \
    "      Metrics: [{ Namespace: Shop, MetricName: Orders, Dimensions: { Region: us-west-2 }, Value: 7 }]\n"          \
    "      Alarms:\n"                                                                                                  \
    "        lag: { Namespace: AWS/RDS, MetricName: ReplicaLag, Dimensions: { DBInstanceIdentifier: shop-west }, "     \
    "Statistic: Maximum, Threshold: 60, EvaluationPeriods: 3, DatapointsToAlarm: 2 }\n"

static struct dr_simulated world;

static json_t *expect(const char *operation, const char *input, const char *code)
{
    return dr_simulated_expect(&world, WEST, "cloudwatch", operation, input, code);
}

static json_t *run(const char *action, const char *arguments, const char *status)
{
    json_t *result = dr_simulated_run(&world, WEST, action, arguments);
    if (strcmp(dr_simulated_text(result, "/status"), status) != 0) {
        json_object_del(result, "trace");
        json_dumpf(result, stderr, 0);
    }
    assert_string_equal(dr_simulated_text(result, "/status"), status);
    return result;
}

static void the_action_reads_the_lag_of_a_minute_ago(void **state)
{
    (void)state;
    dr_simulated_open(&world, WORLD);
    json_t *result = run("rds.replica_lag", LAG, "SUCCEEDED");
    assert_float_equal(json_number_value(dr_simulated_at(result, "/output/LagSeconds")), 2, 0.001);
    json_decref(result);
    dr_simulated_fault(&world, "{'Fault': 'ReplicationStalled', 'Resource': 'shop-west'}");
    dr_simulated_wait(&world, 50);
    result = run("rds.replica_lag", LAG, "SUCCEEDED");
    assert_float_equal(json_number_value(dr_simulated_at(result, "/output/LagSeconds")), 2, 0.5); /* not known yet */
    json_decref(result);
    dr_simulated_wait(&world, 300);
    result = run("rds.replica_lag", LAG, "SUCCEEDED");
    assert_true(json_number_value(dr_simulated_at(result, "/output/LagSeconds")) > 200);
    json_decref(result);
    dr_simulated_close(&world);
}

static void a_replica_without_a_connection_has_no_lag(void **state)
{
    (void)state;
    dr_simulated_open(&world, WORLD);
    dr_simulated_fault(&world, "{'Fault': 'RegionDown', 'Region': 'us-east-1'}");
    dr_simulated_wait(&world, 200);
    json_t *result = run("rds.replica_lag", LAG, "FAILED");
    assert_string_equal(dr_simulated_text(result, "/error"), "Rds.ReplicaLagUnknown");
    json_decref(result);
    json_decref(run("rds.replica_lag", "{'DbInstanceIdentifier': 'none'}", "FAILED"));
    dr_simulated_close(&world);
}

#define SPAN "'StartTime': '2025-12-31T23:50:00Z', 'EndTime': '2026-01-01T00:10:00Z'"
#define ORDERS "'Namespace': 'Shop', 'MetricName': 'Orders', 'Dimensions': [{'Name': 'Region', 'Value': 'us-west-2'}]"

static void what_is_put_is_read_in_periods(void **state)
{
    (void)state;
    dr_simulated_open(&world, WORLD);
    json_decref(expect("PutMetricData",
                       "{'Namespace': 'Shop', 'MetricData': [{'MetricName': 'Errors', 'Value': 4}, {'MetricName': "
                       "'Errors', 'Values': [1, 3], 'Counts': [2, 1]}]}",
                       NULL));
    json_t *output = expect("GetMetricStatistics",
                            "{'Namespace': 'Shop', 'MetricName': 'Errors', 'Period': 300, 'Statistics': ['Sum', "
                            "'Average', 'SampleCount'], " SPAN "}",
                            NULL);
    assert_int_equal(json_array_size(json_object_get(output, "Datapoints")), 1);
    assert_float_equal(json_number_value(dr_simulated_at(output, "/Datapoints/0/Sum")), 9, 0.001);
    assert_float_equal(json_number_value(dr_simulated_at(output, "/Datapoints/0/SampleCount")), 4, 0.001);
    json_decref(output);
    output = expect("GetMetricData",
                    "{'MetricDataQueries': [{'Id': 'o', 'MetricStat': {'Metric': {" ORDERS
                    "}, 'Period': 60, 'Stat': 'Average'}}], " SPAN "}",
                    NULL);
    assert_string_equal(dr_simulated_text(output, "/MetricDataResults/0/StatusCode"), "Complete");
    assert_int_equal(json_array_size(dr_simulated_at(output, "/MetricDataResults/0/Values")), 10);
    assert_string_equal(dr_simulated_text(output, "/MetricDataResults/0/Timestamps/0"), "2025-12-31T23:59:00Z");
    json_decref(output);
    output = expect("ListMetrics", "{'Namespace': 'AWS/RDS', 'MetricName': 'ReplicaLag'}", NULL);
    assert_string_equal(dr_simulated_text(output, "/Metrics/0/Dimensions/0/Value"), "shop-west");
    json_decref(output);
    output = expect("ListMetrics", "{'Dimensions': [{'Name': 'Region'}]}", NULL);
    assert_int_equal(json_array_size(json_object_get(output, "Metrics")), 1);
    json_decref(output);
    dr_simulated_close(&world);
}

static void mistakes_are_told(void **state)
{
    (void)state;
    static const struct {
        const char *operation, *input, *code;
    } refused[] = {
        {"GetMetricStatistics",
         "{" ORDERS ", 'Period': 60, 'Statistics': ['Sum'], 'StartTime': '2026-01-01T00:00:00Z', 'EndTime': "
         "'2026-01-01T00:00:00Z'}",
         "InvalidParameterValue"},
        {"GetMetricStatistics", "{" ORDERS ", 'Period': 61, 'Statistics': ['Sum'], " SPAN "}", "InvalidParameterValue"},
        {"GetMetricStatistics", "{" ORDERS ", 'Period': 60, " SPAN "}", "MissingParameter"},
        {"GetMetricStatistics",
         "{" ORDERS ", 'Period': 60, 'Statistics': ['Sum'], 'StartTime': '2025-12-01T00:00:00Z', 'EndTime': "
         "'2026-01-01T00:00:00Z'}",
         "InvalidParameterCombination"},
        {"PutMetricData", "{'Namespace': 'AWS/RDS', 'MetricData': [{'MetricName': 'a', 'Value': 1}]}",
         "InvalidParameterValue"},
        {"PutMetricData", "{'Namespace': 'Shop', 'MetricData': [{'MetricName': 'a'}]}", "InvalidParameterCombination"},
        {"SetAlarmState", "{'AlarmName': 'none', 'StateValue': 'OK', 'StateReason': 'x'}", "ResourceNotFound"},
        {"DeleteAlarms", "{'AlarmNames': ['none']}", "ResourceNotFound"},
        {"DescribeAlarms", "{'NextToken': 'x'}", "InvalidNextToken"},
        {"PutMetricAlarm", "{'AlarmName': 'a', 'EvaluationPeriods': 1, 'ComparisonOperator': 'GreaterThanThreshold'}",
         "ValidationError"},
        {"GetMetricData", "{'MetricDataQueries': [{'Id': 'e', 'Expression': 'a+b'}], " SPAN "}", "NotSimulated"},
    };
    dr_simulated_open(&world, WORLD);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        json_decref(expect(refused[i].operation, refused[i].input, refused[i].code));
    dr_simulated_close(&world);
}

static void assert_state(const char *wanted)
{
    json_t *output = expect("DescribeAlarms", "{'AlarmNames': ['lag']}", NULL);
    assert_string_equal(dr_simulated_text(output, "/MetricAlarms/0/StateValue"), wanted);
    json_decref(output);
}

static void alarms_follow_their_metric(void **state)
{
    (void)state;
    dr_simulated_open(&world, WORLD);
    assert_state("INSUFFICIENT_DATA");
    dr_simulated_wait(&world, 120);
    assert_state("OK");
    unsigned id = dr_simulated_fault(&world, "{'Fault': 'ReplicationStalled', 'Resource': 'shop-west'}");
    dr_simulated_wait(&world, 120);
    assert_state("OK");
    dr_simulated_wait(&world, 180);
    assert_state("ALARM");
    dr_sim_fault_end(world.cloud, id);
    dr_simulated_wait(&world, 600);
    assert_state("OK");
    json_decref(expect("SetAlarmState", "{'AlarmName': 'lag', 'StateValue': 'ALARM', 'StateReason': 'a drill'}", NULL));
    assert_state("ALARM");
    dr_simulated_wait(&world, 60);
    assert_state("OK");
    json_t *history = expect("DescribeAlarmHistory", "{'AlarmName': 'lag', 'HistoryItemType': 'StateUpdate'}", NULL);
    assert_int_equal(json_array_size(json_object_get(history, "AlarmHistoryItems")), 5);
    json_decref(history);
    dr_simulated_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_action_reads_the_lag_of_a_minute_ago),
        cmocka_unit_test(a_replica_without_a_connection_has_no_lag),
        cmocka_unit_test(what_is_put_is_read_in_periods),
        cmocka_unit_test(mistakes_are_told),
        cmocka_unit_test(alarms_follow_their_metric),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
