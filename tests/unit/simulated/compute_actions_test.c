/* The actions on what computes, in the simulated cloud, with each fault in their way: the world ends as it should, and
 * doing it again changes nothing. */
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
    "    elbv2: { TargetGroups: { machines: { TargetType: instance } },\n"                                             \
    "             LoadBalancers: { shop: {}, machines: {} } }\n"                                                       \
    "    autoscaling: { Groups: { web: { MaxSize: 4, DesiredCapacity: 1, TargetGroup: machines } } }\n"                \
    "    ecs: { Clusters: { shop: { Services: { web: { DesiredCount: 1, TargetGroup: shop } } } } }\n"                 \
    "    lambda: { Functions: { hello: { Answer: 42 } } }\n"
#define ECS_SCALE "{'Cluster': 'shop', 'Service': 'web', 'DesiredCount': 4}"
#define ECS_WAIT "{'Cluster': 'shop', 'Service': 'web'}"
#define GROUP_SCALE "{'AutoScalingGroupName': 'web', 'DesiredCapacity': 3, 'WaitSeconds': 300}"

/* What one call meets; the client and the action between them get over it. */
static const char *const faults[] = {
    "{'Fault': 'ResetBefore', 'Count': 1, 'Operation': '%s'}",
    "{'Fault': 'ResetAfter', 'Count': 1, 'Operation': '%s'}",
    "{'Fault': 'Throttled', 'Count': 2, 'Operation': '%s'}",
    "{'Fault': 'ServerError', 'Count': 1, 'Operation': '%s'}",
    "{'Fault': 'WrongAnswer', 'Count': 1, 'Operation': '%s'}",
    "{'Fault': 'TruncatedAnswer', 'Count': 1, 'Operation': '%s'}",
    "{'Fault': 'Latency', 'Count': 1, 'Milliseconds': 8000, 'Operation': '%s'}",
    "{'Fault': 'ControlPlaneDown', 'Count': 1, 'Operation': '%s'}",
};

static json_t *must(struct dr_simulated *world, const char *action, const char *arguments, const char *fault)
{
    json_t *result = dr_simulated_run(world, WEST, action, arguments);
    if (strcmp(dr_simulated_text(result, "/status"), "SUCCEEDED") != 0)
        fail_msg("%s with %s: %s: %s", action, fault, dr_simulated_text(result, "/error"),
                 dr_simulated_text(result, "/cause"));
    return result;
}

static char *begin(struct dr_simulated *world, size_t index, const char *operation)
{
    dr_simulated_open(world, WORLD);
    const char *at = strstr(faults[index], "%s");
    char *fault = dr_format("%.*s%s%s", (int)(at - faults[index]), faults[index], operation, at + 2);
    dr_simulated_fault(world, fault);
    return fault;
}

static void again_is_no_change(struct dr_simulated *world, const char *action, const char *arguments)
{
    json_t *again = must(world, action, arguments, "nothing, the second time");
    assert_true(json_is_false(dr_simulated_at(again, "/output/Changed")));
    json_decref(again);
}

static void ecs_ends_with_its_tasks(void **state)
{
    (void)state;
    static const char *const operations[] = {"DescribeServices", "UpdateService"};
    for (size_t i = 0; i < 2 * sizeof faults / sizeof *faults; i++) {
        struct dr_simulated world;
        char *fault = begin(&world, i / 2, operations[i % 2]);
        json_decref(must(&world, "ecs.scale", ECS_SCALE, fault));
        json_t *stable = must(&world, "ecs.wait_stable", ECS_WAIT, fault);
        assert_int_equal(json_integer_value(dr_simulated_at(stable, "/output/RunningCount")), 4);
        json_decref(stable);
        again_is_no_change(&world, "ecs.scale", ECS_SCALE);
        json_t *described = dr_simulated_expect(&world, WEST, "ecs", "DescribeServices",
                                                "{'cluster': 'shop', 'services': ['web']}", NULL);
        assert_int_equal(json_array_size(dr_simulated_at(described, "/services/0/deployments")), 1);
        json_decref(described);
        free(fault);
        dr_simulated_close(&world);
    }
}

static void a_group_ends_with_its_instances(void **state)
{
    (void)state;
    static const char *const operations[] = {"DescribeAutoScalingGroups", "UpdateAutoScalingGroup"};
    for (size_t i = 0; i < 2 * sizeof faults / sizeof *faults; i++) {
        struct dr_simulated world;
        char *fault = begin(&world, i / 2, operations[i % 2]);
        json_t *result = must(&world, "autoscaling.scale", GROUP_SCALE, fault);
        assert_int_equal(json_integer_value(dr_simulated_at(result, "/output/InService")), 3);
        json_decref(result);
        again_is_no_change(&world, "autoscaling.scale", GROUP_SCALE);
        free(fault);
        dr_simulated_close(&world);
    }
}

static void targets_are_waited_for_in_spite_of_faults(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct dr_simulated world;
        char *fault = begin(&world, i, "DescribeTargetHealth");
        json_t *groups =
            dr_simulated_expect(&world, WEST, "elbv2", "DescribeTargetGroups", "{'Names': ['shop']}", NULL);
        char *wanted = dr_format("{'TargetGroupArn': '%s', 'MinHealthy': 4}",
                                 dr_simulated_text(groups, "/TargetGroups/0/TargetGroupArn"));
        json_decref(must(&world, "ecs.scale", ECS_SCALE, fault));
        json_t *result = must(&world, "elb.wait_healthy", wanted, fault);
        assert_int_equal(json_integer_value(dr_simulated_at(result, "/output/Healthy")), 4);
        json_decref(result);
        json_decref(groups);
        free(wanted);
        free(fault);
        dr_simulated_close(&world);
    }
}

/* A function that may not be repeated is called once at most: whoever lost its answer is told. */
static void a_function_is_not_called_twice_unless_it_may_be(void **state)
{
    (void)state;
    for (int idempotent = 0; idempotent < 2; idempotent++) {
        struct dr_simulated world;
        dr_simulated_open(&world, WORLD);
        dr_simulated_fault(&world, "{'Fault': 'ResetAfter', 'Count': 1, 'Operation': 'Invoke'}");
        json_t *result = dr_simulated_run(&world, WEST, "lambda.invoke",
                                          idempotent ? "{'FunctionName': 'hello', 'Idempotent': true}"
                                                     : "{'FunctionName': 'hello'}");
        assert_string_equal(dr_simulated_text(result, "/error"), idempotent ? "" : "Drrun.OutcomeUnknown");
        const json_t *function = dr_sim_find(world.cloud, "111122223333", WEST, "lambda.function", "hello");
        assert_int_equal(json_integer_value(json_object_get(function, "_invocations")), idempotent ? 2 : 1);
        json_decref(result);
        dr_simulated_close(&world);
    }
}

static void a_region_that_is_down_answers_nobody(void **state)
{
    (void)state;
    struct dr_simulated world;
    dr_simulated_open(&world, WORLD);
    unsigned id = dr_simulated_fault(&world, "{'Fault': 'RegionDown', 'Region': 'us-west-2'}");
    json_t *result = dr_simulated_run(&world, WEST, "ecs.scale", ECS_SCALE);
    assert_string_equal(dr_simulated_text(result, "/status"), "FAILED");
    json_decref(result);
    dr_sim_fault_end(world.cloud, id);
    json_decref(must(&world, "ecs.scale", ECS_SCALE, "a Region that is back"));
    dr_simulated_close(&world);
}

/* The same seed, the same requests: the same world. */
static void a_run_is_the_same_every_time(void **state)
{
    (void)state;
    json_t *ends[2];
    for (int i = 0; i < 2; i++) {
        struct dr_simulated world;
        dr_simulated_open(&world, WORLD);
        json_decref(must(&world, "ecs.scale", ECS_SCALE, "nothing"));
        json_decref(must(&world, "ecs.wait_stable", ECS_WAIT, "nothing"));
        json_decref(must(&world, "autoscaling.scale", GROUP_SCALE, "nothing"));
        ends[i] = dr_sim_cloud_dump(world.cloud);
        dr_simulated_close(&world);
    }
    assert_true(json_equal(ends[0], ends[1]));
    json_decref(ends[0]);
    json_decref(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ecs_ends_with_its_tasks),
        cmocka_unit_test(a_group_ends_with_its_instances),
        cmocka_unit_test(targets_are_waited_for_in_spite_of_faults),
        cmocka_unit_test(a_function_is_not_called_twice_unless_it_may_be),
        cmocka_unit_test(a_region_that_is_down_answers_nobody),
        cmocka_unit_test(a_run_is_the_same_every_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
