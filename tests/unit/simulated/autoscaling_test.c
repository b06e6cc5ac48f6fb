/* Auto scaling groups and EC2 in the simulated cloud: instances come and go in time, no capacity is an activity that
 * failed, and the action autoscaling.scale. */
#include "tests/support/simulated.h"

#include "interpreter/base/text.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define WEST "us-west-2"
#define WORLD                                                                                                          \
    "Account: '111122223333'\n"                                                                                        \
    "Regions:\n"                                                                                                       \
    "  us-west-2:\n"                                                                                                   \
    "    elbv2: { TargetGroups: { web: { TargetType: instance } }, LoadBalancers: { web: {} } }\n"                     \
    "    autoscaling: { Groups: { web: { MinSize: 1, MaxSize: 4, DesiredCapacity: 1, TargetGroup: web } } }\n"
#define SCALE "{'AutoScalingGroupName': 'web', 'DesiredCapacity': 3, 'WaitSeconds': 300}"

static json_t *group(struct dr_simulated *world)
{
    return dr_simulated_expect(world, WEST, "autoscaling", "DescribeAutoScalingGroups",
                               "{'AutoScalingGroupNames': ['web']}", NULL);
}

static void scaling_out_waits_for_instances(void **state)
{
    (void)state;
    struct dr_simulated world;
    dr_simulated_open(&world, WORLD);
    int64_t began = world.now_ms;
    json_t *result = dr_simulated_run(&world, WEST, "autoscaling.scale", SCALE);
    assert_string_equal(dr_simulated_text(result, "/status"), "SUCCEEDED");
    assert_int_equal(json_integer_value(dr_simulated_at(result, "/output/InService")), 3);
    assert_true(world.now_ms - began > 25000 && world.now_ms - began < 40000);
    json_decref(result);
    result = dr_simulated_run(&world, WEST, "autoscaling.scale", SCALE);
    assert_true(json_is_false(dr_simulated_at(result, "/output/Changed")));
    json_decref(result);
    dr_simulated_wait(&world, 60);
    json_t *groups = dr_simulated_expect(&world, WEST, "elbv2", "DescribeTargetGroups", "{}", NULL);
    char *input = dr_format("{'TargetGroupArn': '%s'}", dr_simulated_text(groups, "/TargetGroups/0/TargetGroupArn"));
    json_t *health = dr_simulated_expect(&world, WEST, "elbv2", "DescribeTargetHealth", input, NULL);
    assert_int_equal(json_array_size(dr_simulated_at(health, "/TargetHealthDescriptions")), 3);
    assert_string_equal(dr_simulated_text(health, "/TargetHealthDescriptions/2/TargetHealth/State"), "healthy");
    json_decref(groups);
    json_decref(health);
    free(input);
    result =
        dr_simulated_run(&world, WEST, "autoscaling.scale", "{'AutoScalingGroupName': 'web', 'DesiredCapacity': 0}");
    assert_string_equal(dr_simulated_text(result, "/status"), "SUCCEEDED");
    json_decref(result);
    dr_simulated_wait(&world, 120);
    json_t *described = group(&world);
    assert_int_equal(json_array_size(dr_simulated_at(described, "/AutoScalingGroups/0/Instances")), 0);
    json_decref(described);
    dr_simulated_close(&world);
}

static void without_capacity_the_activity_failed(void **state)
{
    (void)state;
    struct dr_simulated world;
    dr_simulated_open(&world, WORLD);
    unsigned id = dr_simulated_fault(&world, "{'Fault': 'NoCapacity', 'Region': 'us-west-2'}");
    json_t *result = dr_simulated_run(&world, WEST, "autoscaling.scale",
                                      "{'AutoScalingGroupName': 'web', 'DesiredCapacity': 2, 'WaitSeconds': 30}");
    assert_string_equal(dr_simulated_text(result, "/error"), "AutoScaling.NotInService");
    json_decref(result);
    json_t *activities = dr_simulated_expect(&world, WEST, "autoscaling", "DescribeScalingActivities",
                                             "{'AutoScalingGroupName': 'web'}", NULL);
    assert_string_equal(dr_simulated_text(activities, "/Activities/0/StatusCode"), "Failed");
    assert_non_null(
        strstr(dr_simulated_text(activities, "/Activities/0/StatusMessage"), "InsufficientInstanceCapacity"));
    json_decref(activities);
    json_decref(dr_simulated_expect(&world, WEST, "ec2", "RunInstances",
                                    "{'ImageId': 'ami-1', 'MinCount': 1, 'MaxCount': 1}",
                                    "InsufficientInstanceCapacity"));
    dr_sim_fault_end(world.cloud, id);
    dr_simulated_wait(&world, 120);
    json_t *described = group(&world);
    assert_string_equal(dr_simulated_text(described, "/AutoScalingGroups/0/Instances/1/LifecycleState"), "InService");
    json_decref(described);
    dr_simulated_close(&world);
}

static void bounds_and_names_are_checked(void **state)
{
    (void)state;
    struct dr_simulated world;
    dr_simulated_open(&world, WORLD);
    json_decref(dr_simulated_expect(&world, WEST, "autoscaling", "SetDesiredCapacity",
                                    "{'AutoScalingGroupName': 'web', 'DesiredCapacity': 9}", "ValidationError"));
    json_decref(dr_simulated_expect(&world, WEST, "autoscaling", "UpdateAutoScalingGroup",
                                    "{'AutoScalingGroupName': 'none', 'MinSize': 1}", "ValidationError"));
    json_t *result =
        dr_simulated_run(&world, WEST, "autoscaling.scale", "{'AutoScalingGroupName': 'none', 'DesiredCapacity': 2}");
    assert_string_equal(dr_simulated_text(result, "/error"), "AutoScaling.GroupNotFound");
    json_decref(result);
    dr_simulated_close(&world);
}

static void a_suspended_group_launches_nothing(void **state)
{
    (void)state;
    struct dr_simulated world;
    dr_simulated_open(&world, WORLD);
    static const char *const launch = "{'AutoScalingGroupName': 'web', 'ScalingProcesses': ['Launch']}";
    json_decref(dr_simulated_expect(&world, WEST, "autoscaling", "SuspendProcesses", launch, NULL));
    json_decref(dr_simulated_expect(&world, WEST, "autoscaling", "SetDesiredCapacity",
                                    "{'AutoScalingGroupName': 'web', 'DesiredCapacity': 2}", NULL));
    dr_simulated_wait(&world, 60);
    json_t *described = group(&world);
    assert_int_equal(json_array_size(dr_simulated_at(described, "/AutoScalingGroups/0/Instances")), 1);
    assert_string_equal(dr_simulated_text(described, "/AutoScalingGroups/0/SuspendedProcesses/0/ProcessName"),
                        "Launch");
    json_decref(described);
    json_decref(dr_simulated_expect(&world, WEST, "autoscaling", "ResumeProcesses", launch, NULL));
    described = group(&world);
    assert_int_equal(json_array_size(dr_simulated_at(described, "/AutoScalingGroups/0/Instances")), 2);
    json_decref(described);
    dr_simulated_close(&world);
}

static void an_instance_that_goes_is_replaced(void **state)
{
    (void)state;
    struct dr_simulated world;
    dr_simulated_open(&world, WORLD);
    json_t *described = group(&world);
    char *old = dr_copy_string(dr_simulated_text(described, "/AutoScalingGroups/0/Instances/0/InstanceId"));
    char *input = dr_format("{'InstanceIds': ['%s']}", old);
    json_decref(described);
    json_decref(dr_simulated_expect(&world, WEST, "ec2", "TerminateInstances", input, NULL));
    dr_simulated_wait(&world, 120);
    described = group(&world);
    assert_int_equal(json_array_size(dr_simulated_at(described, "/AutoScalingGroups/0/Instances")), 1);
    assert_string_not_equal(dr_simulated_text(described, "/AutoScalingGroups/0/Instances/0/InstanceId"), old);
    json_decref(described);
    json_t *instances =
        dr_simulated_expect(&world, WEST, "ec2", "DescribeInstances",
                            "{'Filters': [{'Name': 'instance-state-name', 'Values': ['term*']}]}", NULL);
    assert_string_equal(dr_simulated_text(instances, "/Reservations/0/Instances/0/InstanceId"), old);
    json_decref(instances);
    free(old);
    free(input);
    dr_simulated_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scaling_out_waits_for_instances),   cmocka_unit_test(without_capacity_the_activity_failed),
        cmocka_unit_test(bounds_and_names_are_checked),      cmocka_unit_test(a_suspended_group_launches_nothing),
        cmocka_unit_test(an_instance_that_goes_is_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
