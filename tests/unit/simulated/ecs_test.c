/* ECS in the simulated cloud: tasks that start slowly and serve, deployments that fail, no capacity, and the actions on
 * them. */
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
    "    ecr: { Repositories: { shop: { Images: [v1] } } }\n"                                                          \
    "    elbv2: { LoadBalancers: { shop: {} } }\n"                                                                     \
    "    ecs:\n"                                                                                                       \
    "      TaskDefinitions: { bad: { Behaviour: Crashes }, ill: { Behaviour: Unhealthy }, job: { RunSeconds: 5 },\n"   \
    "                         gone: { Image: 111122223333.dkr.ecr.us-west-2.amazonaws.com/shop:v9 } }\n"               \
    "      Clusters: { shop: { Capacity: 12, Services: { web: { DesiredCount: 1, TargetGroup: shop,\n"                 \
    "                  CircuitBreaker: true } } } }\n"
#define WEB "{'Cluster': 'shop', 'Service': 'web'}"
#define DESCRIBE "{'cluster': 'shop', 'services': ['web']}"

static json_t *run(struct dr_simulated *world, const char *action, const char *arguments, const char *status)
{
    json_t *result = dr_simulated_run(world, WEST, action, arguments);
    if (strcmp(dr_simulated_text(result, "/status"), status) != 0) {
        char *text = json_dumps(result, 0);
        fail_msg("%s %s: %s", action, arguments, text);
    }
    return result;
}

static json_t *web(struct dr_simulated *world)
{
    return dr_simulated_expect(world, WEST, "ecs", "DescribeServices", DESCRIBE, NULL);
}

static json_int_t number(const json_t *value, const char *pointer)
{
    const json_t *at = dr_simulated_at(value, pointer);
    assert_true(json_is_integer(at));
    return json_integer_value(at);
}

static bool has_said(const json_t *described, const char *words)
{
    size_t i;
    json_t *event;
    json_array_foreach(dr_simulated_at(described, "/services/0/events"), i, event)
    {
        if (strstr(dr_simulated_text(event, "/message"), words))
            return true;
    }
    return false;
}

static void a_world_begins_in_a_steady_state(void **state)
{
    (void)state;
    struct dr_simulated world;
    dr_simulated_open(&world, WORLD);
    json_t *described = web(&world);
    assert_int_equal(number(described, "/services/0/runningCount"), 1);
    assert_string_equal(dr_simulated_text(described, "/services/0/deployments/0/rolloutState"), "COMPLETED");
    json_decref(described);
    json_t *result = run(&world, "ecs.wait_stable", WEB, "SUCCEEDED");
    assert_int_equal(number(result, "/output/WaitedSeconds"), 0);
    json_decref(result);
    dr_simulated_close(&world);
}

static void scaling_takes_the_time_that_tasks_need(void **state)
{
    (void)state;
    struct dr_simulated world;
    dr_simulated_open(&world, WORLD);
    json_t *first = run(&world, "ecs.scale", "{'Cluster': 'shop', 'Service': 'web', 'DesiredCount': 10}", "SUCCEEDED");
    assert_true(json_is_true(dr_simulated_at(first, "/output/Changed")));
    assert_int_equal(number(first, "/output/PreviousCount"), 1);
    json_t *again = run(&world, "ecs.scale", "{'Cluster': 'shop', 'Service': 'web', 'DesiredCount': 10}", "SUCCEEDED");
    assert_true(json_is_false(dr_simulated_at(again, "/output/Changed")));
    json_t *described = web(&world);
    assert_int_equal(number(described, "/services/0/desiredCount"), 10);
    assert_int_equal(number(described, "/services/0/runningCount"), 1);
    assert_int_equal(number(described, "/services/0/pendingCount"), 9);
    assert_true(has_said(described, "has started 9 tasks"));
    json_t *stable = run(&world, "ecs.wait_stable", WEB, "SUCCEEDED");
    assert_int_equal(number(stable, "/output/RunningCount"), 10);
    double waited = json_number_value(dr_simulated_at(stable, "/output/WaitedSeconds"));
    assert_true(waited >= 20 && waited < 30); /* 8 s for the network, 15 s for the image */
    json_decref(first);
    json_decref(again);
    json_decref(described);
    json_decref(stable);
    dr_simulated_wait(&world, 60);
    described = web(&world);
    assert_true(has_said(described, "has reached a steady state."));
    json_decref(described);
    json_t *down = run(&world, "ecs.scale", "{'Cluster': 'shop', 'Service': 'web', 'DesiredCount': 0}", "SUCCEEDED");
    json_decref(down);
    json_decref(run(&world, "ecs.wait_stable", WEB, "SUCCEEDED"));
    described = web(&world);
    assert_int_equal(number(described, "/services/0/runningCount"), 0);
    json_decref(described);
    dr_simulated_close(&world);
}

static void a_deployment_replaces_its_tasks_and_keeps_serving(void **state)
{
    (void)state;
    struct dr_simulated world;
    dr_simulated_open(&world, WORLD);
    json_decref(dr_simulated_expect(&world, WEST, "ecs", "UpdateService",
                                    "{'cluster': 'shop', 'service': 'web', 'forceNewDeployment': true}", NULL));
    json_t *described = web(&world);
    assert_int_equal(json_array_size(dr_simulated_at(described, "/services/0/deployments")), 2);
    assert_string_equal(dr_simulated_text(described, "/services/0/deployments/0/rolloutState"), "IN_PROGRESS");
    assert_int_equal(number(described, "/services/0/runningCount"), 1);
    json_decref(described);
    json_t *stable = run(&world, "ecs.wait_stable", WEB, "SUCCEEDED");
    assert_true(json_number_value(dr_simulated_at(stable, "/output/WaitedSeconds")) >
                30); /* healthy, not only running */
    json_decref(stable);
    described = web(&world);
    assert_int_equal(json_array_size(dr_simulated_at(described, "/services/0/deployments")), 1);
    assert_string_equal(dr_simulated_text(described, "/services/0/deployments/0/rolloutState"), "COMPLETED");
    json_decref(described);
    dr_simulated_close(&world);
}

static void a_failing_deployment_is_given_up_and_rolled_back(void **state)
{
    (void)state;
    static const char *const definitions[] = {"bad", "gone"};
    for (size_t i = 0; i < 2; i++) {
        struct dr_simulated world;
        dr_simulated_open(&world, WORLD);
        char *input = dr_format("{'cluster': 'shop', 'service': 'web', 'taskDefinition': '%s'}", definitions[i]);
        json_decref(dr_simulated_expect(&world, WEST, "ecs", "UpdateService", input, NULL));
        free(input);
        dr_simulated_wait(&world, 600);
        json_t *described = web(&world);
        assert_true(has_said(described, "deployment failed: tasks failed to start."));
        assert_true(has_said(described, "rolling back to (task definition web:1)"));
        assert_non_null(strstr(dr_simulated_text(described, "/services/0/taskDefinition"), "/web:1"));
        assert_int_equal(number(described, "/services/0/runningCount"), 1);
        json_decref(described);
        json_t *stopped = dr_simulated_expect(&world, WEST, "ecs", "ListTasks",
                                              "{'cluster': 'shop', 'desiredStatus': 'STOPPED'}", NULL);
        bool told = false;
        for (size_t j = 0; j < json_array_size(dr_simulated_at(stopped, "/taskArns")); j++) {
            char *one = dr_format("{'cluster': 'shop', 'tasks': ['%s']}",
                                  json_string_value(json_array_get(dr_simulated_at(stopped, "/taskArns"), j)));
            json_t *task = dr_simulated_expect(&world, WEST, "ecs", "DescribeTasks", one, NULL);
            told = told || strstr(dr_simulated_text(task, "/tasks/0/stoppedReason"),
                                  i == 0 ? "Essential container" : "CannotPullContainerError");
            json_decref(task);
            free(one);
        }
        assert_true(told);
        json_decref(stopped);
        dr_simulated_close(&world);
    }
}

static void an_unhealthy_task_is_replaced(void **state)
{
    (void)state;
    struct dr_simulated world;
    dr_simulated_open(&world, WORLD);
    json_decref(dr_simulated_expect(&world, WEST, "ecs", "UpdateService",
                                    "{'cluster': 'shop', 'service': 'web', 'taskDefinition': 'ill'}", NULL));
    dr_simulated_wait(&world, 300);
    json_t *described = web(&world);
    assert_true(has_said(described, "is unhealthy in (target-group"));
    assert_int_equal(number(described, "/services/0/deployments/1/runningCount"), 1); /* the old one still serves */
    json_decref(described);
    dr_simulated_close(&world);
}

static void without_capacity_the_service_says_so_and_tries_again(void **state)
{
    (void)state;
    struct dr_simulated world;
    dr_simulated_open(&world, WORLD);
    unsigned id = dr_simulated_fault(&world, "{'Fault': 'NoCapacity', 'Region': 'us-west-2', 'Service': 'ecs'}");
    json_decref(run(&world, "ecs.scale", "{'Cluster': 'shop', 'Service': 'web', 'DesiredCount': 3}", "SUCCEEDED"));
    json_t *failed =
        run(&world, "ecs.wait_stable", "{'Cluster': 'shop', 'Service': 'web', 'TimeoutSeconds': 60}", "FAILED");
    assert_string_equal(dr_simulated_text(failed, "/error"), "Ecs.NotStable");
    assert_non_null(strstr(dr_simulated_text(failed, "/cause"), "was unable to place a task"));
    json_decref(failed);
    dr_sim_fault_end(world.cloud, id);
    json_decref(run(&world, "ecs.wait_stable", WEB, "SUCCEEDED"));
    json_decref(run(&world, "ecs.scale", "{'Cluster': 'shop', 'Service': 'web', 'DesiredCount': 20}", "SUCCEEDED"));
    dr_simulated_wait(&world, 120);
    json_t *described = web(&world);
    assert_int_equal(number(described, "/services/0/runningCount"), 12); /* the cluster's capacity */
    json_decref(described);
    dr_simulated_close(&world);
}

static void a_region_has_room_for_so_many_tasks(void **state)
{
    (void)state;
    struct dr_simulated world;
    dr_simulated_open(&world, "Regions: { us-west-2: { ecs: { Capacity: 5, Clusters: { shop: { Services: { web: {}, "
                              "api: { DesiredCount: 2 } } } } } } }");
    json_decref(run(&world, "ecs.scale", "{'Cluster': 'shop', 'Service': 'web', 'DesiredCount': 9}", "SUCCEEDED"));
    dr_simulated_wait(&world, 120);
    json_t *described = web(&world);
    assert_int_equal(number(described, "/services/0/runningCount"), 3); /* two are the other service's */
    json_decref(described);
    json_t *full =
        dr_simulated_expect(&world, WEST, "ecs", "RunTask", "{'cluster': 'shop', 'taskDefinition': 'api'}", NULL);
    assert_non_null(strstr(dr_simulated_text(full, "/failures/0/reason"), "Capacity is unavailable"));
    json_decref(full);
    dr_simulated_close(&world);
}

static void stuck_tasks_stay_pending(void **state)
{
    (void)state;
    struct dr_simulated world;
    dr_simulated_open(&world, WORLD);
    unsigned id = dr_simulated_fault(&world, "{'Fault': 'Stuck', 'Service': 'ecs', 'Resource': 'web'}");
    json_decref(run(&world, "ecs.scale", "{'Cluster': 'shop', 'Service': 'web', 'DesiredCount': 3}", "SUCCEEDED"));
    dr_simulated_wait(&world, 300);
    json_t *described = web(&world);
    assert_int_equal(number(described, "/services/0/pendingCount"), 2);
    json_decref(described);
    dr_sim_fault_end(world.cloud, id);
    json_decref(run(&world, "ecs.wait_stable", WEB, "SUCCEEDED"));
    dr_simulated_close(&world);
}

/* What is put back in the middle of a scaling comes to the same end. */
static void a_world_goes_on_where_it_was_left(void **state)
{
    (void)state;
    struct dr_simulated world;
    dr_simulated_open(&world, WORLD);
    json_decref(run(&world, "ecs.scale", "{'Cluster': 'shop', 'Service': 'web', 'DesiredCount': 6}", "SUCCEEDED"));
    for (int second = 0; second < 40; second += 5) {
        json_t *middle = dr_sim_cloud_dump(world.cloud);
        int64_t end_ms = world.now_ms + 400000;
        dr_sim_advance(world.cloud, end_ms);
        json_t *end = dr_sim_cloud_dump(world.cloud);
        char *problem = NULL;
        assert_true(dr_sim_cloud_restore(world.cloud, middle, &problem));
        dr_sim_advance(world.cloud, end_ms);
        json_t *other_end = dr_sim_cloud_dump(world.cloud);
        assert_true(json_equal(end, other_end));
        assert_true(dr_sim_cloud_restore(world.cloud, middle, &problem));
        json_decref(middle);
        json_decref(end);
        json_decref(other_end);
        dr_simulated_wait(&world, 5);
    }
    dr_simulated_close(&world);
}

static void errors_and_failures_are_those_of_ecs(void **state)
{
    (void)state;
    struct dr_simulated world;
    dr_simulated_open(&world, WORLD);
    json_decref(dr_simulated_expect(&world, WEST, "ecs", "DescribeServices", "{'cluster': 'none', 'services': ['web']}",
                                    "ClusterNotFoundException"));
    json_decref(dr_simulated_expect(&world, WEST, "ecs", "UpdateService", "{'cluster': 'shop', 'service': 'none'}",
                                    "ServiceNotFoundException"));
    json_decref(dr_simulated_expect(&world, WEST, "ecs", "DescribeTaskDefinition", "{'taskDefinition': 'none'}",
                                    "ClientException"));
    json_decref(dr_simulated_expect(&world, WEST, "ecs", "DeleteService", "{'cluster': 'shop', 'service': 'web'}",
                                    "InvalidParameterException"));
    json_decref(dr_simulated_expect(&world, WEST, "ecs", "ListTasks", "{'cluster': 'shop', 'nextToken': 'x'}",
                                    "InvalidParameterException"));
    json_t *missing =
        dr_simulated_expect(&world, WEST, "ecs", "DescribeServices", "{'cluster': 'shop', 'services': ['none']}", NULL);
    assert_string_equal(dr_simulated_text(missing, "/failures/0/reason"), "MISSING");
    json_decref(missing);
    json_t *failed = run(&world, "ecs.scale", "{'Cluster': 'shop', 'Service': 'none', 'DesiredCount': 3}", "FAILED");
    assert_string_equal(dr_simulated_text(failed, "/error"), "Ecs.ServiceNotFound");
    json_decref(failed);
    dr_simulated_close(&world);
}

static void a_task_of_its_own_runs_and_ends(void **state)
{
    (void)state;
    struct dr_simulated world;
    dr_simulated_open(&world, WORLD);
    json_t *result = dr_simulated_run(&world, WEST, "arn:aws:states:::ecs:runTask.sync",
                                      "{'Cluster': 'shop', 'TaskDefinition': 'job', 'LaunchType': 'FARGATE'}");
    assert_string_equal(dr_simulated_text(result, "/status"), "SUCCEEDED");
    json_decref(result);
    result = dr_simulated_run(&world, WEST, "arn:aws:states:::ecs:runTask.sync",
                              "{'Cluster': 'shop', 'TaskDefinition': 'bad', 'LaunchType': 'FARGATE'}");
    assert_string_equal(dr_simulated_text(result, "/status"), "FAILED");
    json_decref(result);
    dr_simulated_close(&world);
}

static void a_service_is_made_listed_in_pages_and_deleted(void **state)
{
    (void)state;
    struct dr_simulated world;
    dr_simulated_open(&world, WORLD);
    json_decref(dr_simulated_expect(
        &world, WEST, "ecs", "CreateService",
        "{'cluster': 'shop', 'serviceName': 'api', 'taskDefinition': 'job:1', 'desiredCount': 2}", NULL));
    json_t *page =
        dr_simulated_expect(&world, WEST, "ecs", "ListServices", "{'cluster': 'shop', 'maxResults': 1}", NULL);
    assert_int_equal(json_array_size(dr_simulated_at(page, "/serviceArns")), 1);
    char *next =
        dr_format("{'cluster': 'shop', 'maxResults': 1, 'nextToken': '%s'}", dr_simulated_text(page, "/nextToken"));
    json_decref(page);
    page = dr_simulated_expect(&world, WEST, "ecs", "ListServices", next, NULL);
    assert_non_null(strstr(dr_simulated_text(page, "/serviceArns/0"), "service/shop/api"));
    assert_null(dr_simulated_at(page, "/nextToken"));
    json_decref(page);
    free(next);
    dr_simulated_wait(&world, 60);
    json_decref(dr_simulated_expect(&world, WEST, "ecs", "DeleteService",
                                    "{'cluster': 'shop', 'service': 'api', 'force': true}", NULL));
    dr_simulated_wait(&world, 60);
    json_t *clusters = dr_simulated_expect(&world, WEST, "ecs", "DescribeClusters", "{'clusters': ['shop']}", NULL);
    assert_int_equal(number(clusters, "/clusters/0/activeServicesCount"), 1);
    assert_int_equal(number(clusters, "/clusters/0/runningTasksCount"), 1);
    json_decref(clusters);
    dr_simulated_close(&world);
}

static void bounds_of_application_auto_scaling_move_the_count(void **state)
{
    (void)state;
    struct dr_simulated world;
    dr_simulated_open(&world,
                      WORLD "    application-autoscaling: { Targets: { service/shop/web: { Min: 1, Max: 4 } } }\n");
    json_decref(
        dr_simulated_expect(&world, WEST, "application-autoscaling", "RegisterScalableTarget",
                            "{'ServiceNamespace': 'ecs', 'ResourceId': 'service/shop/web', 'ScalableDimension': "
                            "'ecs:service:DesiredCount', 'MinCapacity': 5, 'MaxCapacity': 8}",
                            NULL));
    dr_simulated_wait(&world, 90);
    json_t *described = web(&world);
    assert_int_equal(number(described, "/services/0/runningCount"), 5);
    json_decref(described);
    json_t *targets = dr_simulated_expect(&world, WEST, "application-autoscaling", "DescribeScalableTargets",
                                          "{'ServiceNamespace': 'ecs'}", NULL);
    assert_int_equal(number(targets, "/ScalableTargets/0/MaxCapacity"), 8);
    json_decref(targets);
    json_decref(
        dr_simulated_expect(&world, WEST, "application-autoscaling", "RegisterScalableTarget",
                            "{'ServiceNamespace': 'ecs', 'ResourceId': 'service/shop/none', 'ScalableDimension': "
                            "'ecs:service:DesiredCount', 'MinCapacity': 5, 'MaxCapacity': 8}",
                            "ValidationException"));
    dr_simulated_close(&world);
}

static void what_a_world_lacks_is_said(void **state)
{
    (void)state;
    char *problem = dr_simulated_problem(
        "Regions: { us-west-2: { ecs: { Clusters: { a: { Services: { b: { TargetGroup: none } } } } } } }");
    assert_non_null(problem);
    assert_non_null(strstr(problem, "there is no target group none"));
    free(problem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_world_begins_in_a_steady_state),
        cmocka_unit_test(scaling_takes_the_time_that_tasks_need),
        cmocka_unit_test(a_deployment_replaces_its_tasks_and_keeps_serving),
        cmocka_unit_test(a_failing_deployment_is_given_up_and_rolled_back),
        cmocka_unit_test(an_unhealthy_task_is_replaced),
        cmocka_unit_test(without_capacity_the_service_says_so_and_tries_again),
        cmocka_unit_test(a_region_has_room_for_so_many_tasks),
        cmocka_unit_test(stuck_tasks_stay_pending),
        cmocka_unit_test(a_world_goes_on_where_it_was_left),
        cmocka_unit_test(errors_and_failures_are_those_of_ecs),
        cmocka_unit_test(a_task_of_its_own_runs_and_ends),
        cmocka_unit_test(a_service_is_made_listed_in_pages_and_deleted),
        cmocka_unit_test(bounds_of_application_auto_scaling_move_the_count),
        cmocka_unit_test(what_a_world_lacks_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
