/* Elastic Load Balancing in the simulated cloud: targets' health over time, draining, forwarding, and what Route 53 and
 * the action elb.wait_healthy see. */
#include "tests/support/simulated.h"

#include "interpreter/base/text.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "providers/simulated/names.h"

#define WEST "us-west-2"
#define WORLD                                                                                                          \
    "Account: '111122223333'\n"                                                                                        \
    "Regions:\n"                                                                                                       \
    "  us-west-2:\n"                                                                                                   \
    "    ec2: { Instances: { one: { Id: i-0aaaaaaaaaaaaaaa1 }, two: { Id: i-0aaaaaaaaaaaaaaa2, State: stopped } } }\n" \
    "    elbv2:\n"                                                                                                     \
    "      TargetGroups: { blue: { TargetType: instance }, green: { Targets: 2 }, alone: {} }\n"                       \
    "      LoadBalancers: { shop: { Listeners: { 443: { blue: 100, green: 0 } } } }\n"

static char *group_named(struct dr_simulated *world, const char *name)
{
    char *input = dr_format("{'Names': ['%s']}", name);
    json_t *groups = dr_simulated_expect(world, WEST, "elbv2", "DescribeTargetGroups", input, NULL);
    char *arn = dr_copy_string(dr_simulated_text(groups, "/TargetGroups/0/TargetGroupArn"));
    json_decref(groups);
    free(input);
    return arn;
}

static void call(struct dr_simulated *world, const char *operation, const char *arn, const char *rest, const char *code)
{
    char *input = dr_format("{'TargetGroupArn': '%s'%s}", arn, rest);
    json_decref(dr_simulated_expect(world, WEST, "elbv2", operation, input, code));
    free(input);
}

static void assert_state(struct dr_simulated *world, const char *arn, const char *wanted)
{
    char *input = dr_format("{'TargetGroupArn': '%s'}", arn);
    json_t *health = dr_simulated_expect(world, WEST, "elbv2", "DescribeTargetHealth", input, NULL);
    assert_string_equal(dr_simulated_text(health, "/TargetHealthDescriptions/0/TargetHealth/State"), wanted);
    json_decref(health);
    free(input);
}

static void a_load_balancer_has_its_names(void **state)
{
    (void)state;
    struct dr_simulated world;
    dr_simulated_open(&world, WORLD);
    json_t *described =
        dr_simulated_expect(&world, WEST, "elbv2", "DescribeLoadBalancers", "{'Names': ['shop']}", NULL);
    assert_string_equal(dr_simulated_text(described, "/LoadBalancers/0/CanonicalHostedZoneId"), "Z1H1FL5HABSF5");
    assert_string_equal(dr_simulated_text(described, "/LoadBalancers/0/State/Code"), "active");
    const char *name = dr_simulated_text(described, "/LoadBalancers/0/DNSName");
    assert_non_null(strstr(name, ".us-west-2.elb.amazonaws.com"));
    struct dr_sim_address address;
    assert_true(dr_sim_address_of(world.cloud, name, world.now_ms, &address));
    assert_string_equal(address.kind, "elbv2.loadBalancer");
    assert_false(address.healthy); /* blue has no targets */
    json_decref(described);
    json_decref(dr_simulated_expect(&world, WEST, "elbv2", "DescribeLoadBalancers", "{'Names': ['none']}",
                                    "LoadBalancerNotFound"));
    dr_simulated_close(&world);
}

static void a_target_goes_through_its_states(void **state)
{
    (void)state;
    struct dr_simulated world;
    dr_simulated_open(&world, WORLD);
    char *blue = group_named(&world, "blue");
    call(&world, "RegisterTargets", blue, ", 'Targets': [{'Id': 'i-0aaaaaaaaaaaaaaa2'}]", "InvalidTarget");
    call(&world, "RegisterTargets", blue, ", 'Targets': [{'Id': 'i-0aaaaaaaaaaaaaaa1'}]", NULL);
    assert_state(&world, blue, "initial");
    dr_simulated_wait(&world, 2);
    assert_state(&world, blue, "healthy");
    json_decref(
        dr_simulated_expect(&world, WEST, "ec2", "StopInstances", "{'InstanceIds': ['i-0aaaaaaaaaaaaaaa1']}", NULL));
    assert_state(&world, blue, "healthy"); /* nobody has looked yet */
    dr_simulated_wait(&world, 60);
    assert_state(&world, blue, "unhealthy"); /* two checks of 30 s */
    json_decref(
        dr_simulated_expect(&world, WEST, "ec2", "StartInstances", "{'InstanceIds': ['i-0aaaaaaaaaaaaaaa1']}", NULL));
    dr_simulated_wait(&world, 100);
    assert_state(&world, blue, "unhealthy"); /* five are wanted */
    dr_simulated_wait(&world, 100);
    assert_state(&world, blue, "healthy");
    call(&world, "DeregisterTargets", blue, ", 'Targets': [{'Id': 'i-0aaaaaaaaaaaaaaa1'}]", NULL);
    assert_state(&world, blue, "draining");
    dr_simulated_wait(&world, 301);
    assert_state(&world, blue, "");
    free(blue);
    dr_simulated_close(&world);
}

static void traffic_is_moved_by_weights(void **state)
{
    (void)state;
    struct dr_simulated world;
    dr_simulated_open(&world, WORLD);
    json_t *balancers = dr_simulated_expect(&world, WEST, "elbv2", "DescribeLoadBalancers", "{}", NULL);
    char *input =
        dr_format("{'LoadBalancerArn': '%s'}", dr_simulated_text(balancers, "/LoadBalancers/0/LoadBalancerArn"));
    json_t *listeners = dr_simulated_expect(&world, WEST, "elbv2", "DescribeListeners", input, NULL);
    char *green = group_named(&world, "green"),
         *change = dr_format("{'ListenerArn': '%s', 'DefaultActions': [{'Type': 'forward', 'TargetGroupArn': '%s'}]}",
                             dr_simulated_text(listeners, "/Listeners/0/ListenerArn"), green);
    for (int i = 0; i < 2; i++) { /* twice is once */
        json_t *changed = dr_simulated_expect(&world, WEST, "elbv2", "ModifyListener", change, NULL);
        assert_string_equal(
            dr_simulated_text(changed, "/Listeners/0/DefaultActions/0/ForwardConfig/TargetGroups/0/TargetGroupArn"),
            green);
        json_decref(changed);
    }
    struct dr_sim_address address;
    assert_true(dr_sim_address_of(world.cloud, dr_simulated_text(balancers, "/LoadBalancers/0/DNSName"), world.now_ms,
                                  &address));
    assert_true(address.healthy);
    free(input);
    free(green);
    free(change);
    json_decref(balancers);
    json_decref(listeners);
    dr_simulated_close(&world);
}

static void a_group_that_nobody_uses_is_unused(void **state)
{
    (void)state;
    struct dr_simulated world;
    dr_simulated_open(&world, WORLD);
    char *alone = group_named(&world, "alone"), *blue = group_named(&world, "blue");
    call(&world, "RegisterTargets", alone, ", 'Targets': [{'Id': '10.0.0.9'}]", NULL);
    assert_state(&world, alone, "unused");
    call(&world, "DeleteTargetGroup", blue, "", "ResourceInUse");
    call(&world, "DescribeTargetHealth",
         "arn:aws:elasticloadbalancing:us-west-2:111122223333:targetgroup/none/0123456789abcdef", "",
         "TargetGroupNotFound");
    free(alone);
    free(blue);
    dr_simulated_close(&world);
}

static void the_action_waits_until_targets_are_healthy(void **state)
{
    (void)state;
    struct dr_simulated world;
    dr_simulated_open(&world, WORLD);
    char *blue = group_named(&world, "blue"),
         *input = dr_format("{'TargetGroupArn': '%s', 'TimeoutSeconds': 30}", blue);
    json_t *failed = dr_simulated_run(&world, WEST, "elb.wait_healthy", input);
    assert_string_equal(dr_simulated_text(failed, "/error"), "Elb.NotHealthy");
    json_decref(failed);
    call(&world, "RegisterTargets", blue, ", 'Targets': [{'Id': 'i-0aaaaaaaaaaaaaaa1'}]", NULL);
    for (int i = 0; i < 2; i++) {
        json_t *result = dr_simulated_run(&world, WEST, "elb.wait_healthy", input);
        assert_string_equal(dr_simulated_text(result, "/status"), "SUCCEEDED");
        assert_int_equal(json_integer_value(dr_simulated_at(result, "/output/Healthy")), 1);
        json_decref(result);
    }
    free(blue);
    free(input);
    json_t *missing = dr_simulated_run(&world, WEST, "elb.wait_healthy",
                                       "{'TargetGroupArn': 'arn:aws:elasticloadbalancing:us-west-2:111122223333:"
                                       "targetgroup/none/0123456789abcdef'}");
    assert_string_equal(dr_simulated_text(missing, "/error"), "ElasticLoadBalancingV2.TargetGroupNotFoundException");
    json_decref(missing);
    dr_simulated_close(&world);
}

static void what_is_made_is_provisioned_first(void **state)
{
    (void)state;
    struct dr_simulated world;
    dr_simulated_open(&world, WORLD);
    json_t *made =
        dr_simulated_expect(&world, WEST, "elbv2", "CreateLoadBalancer", "{'Name': 'new', 'Type': 'network'}", NULL);
    assert_string_equal(dr_simulated_text(made, "/LoadBalancers/0/State/Code"), "provisioning");
    assert_string_equal(dr_simulated_text(made, "/LoadBalancers/0/CanonicalHostedZoneId"), "Z18D5FSROUN65G");
    json_decref(made);
    json_decref(dr_simulated_expect(&world, WEST, "elbv2", "CreateLoadBalancer", "{'Name': 'new'}",
                                    "DuplicateLoadBalancerName"));
    dr_simulated_wait(&world, 121);
    made = dr_simulated_expect(&world, WEST, "elbv2", "DescribeLoadBalancers", "{'Names': ['new']}", NULL);
    assert_string_equal(dr_simulated_text(made, "/LoadBalancers/0/State/Code"), "active");
    json_decref(made);
    json_decref(dr_simulated_expect(&world, WEST, "elbv2", "CreateRule",
                                    "{'ListenerArn': 'x', 'Conditions': [], 'Priority': 1, 'Actions': []}",
                                    "NotSimulated"));
    dr_simulated_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_load_balancer_has_its_names),
        cmocka_unit_test(a_target_goes_through_its_states),
        cmocka_unit_test(traffic_is_moved_by_weights),
        cmocka_unit_test(a_group_that_nobody_uses_is_unused),
        cmocka_unit_test(the_action_waits_until_targets_are_healthy),
        cmocka_unit_test(what_is_made_is_provisioned_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
