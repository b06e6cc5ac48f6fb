/* The harness of the simulated services: runs and calls share the cloud and its time. */
#include "tests/support/simulated.h"

#include "interpreter/base/text.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define WORLD "Account: '111122223333'\nRegions: { us-west-2: { ssm: { Parameters: { /shop/region: us-east-1 } } } }"

static void time_goes_on_from_run_to_call(void **state)
{
    (void)state;
    struct dr_simulated world;
    dr_simulated_open(&world, WORLD);
    int64_t began = world.now_ms;
    json_t *result =
        dr_simulated_run(&world, "us-west-2", "ssm.put_parameter", "{'Name': '/shop/region', 'Value': 'us-west-2'}");
    assert_string_equal(dr_simulated_text(result, "/status"), "SUCCEEDED");
    assert_true(world.now_ms > began);
    json_decref(result);
    began = world.now_ms;
    json_t *output = dr_simulated_expect(&world, "us-west-2", "ssm", "GetParameter", "{'Name': '/shop/region'}", NULL);
    assert_string_equal(dr_simulated_text(output, "/Parameter/Value"), "us-west-2");
    assert_true(world.now_ms > began);
    json_decref(output);
    json_decref(
        dr_simulated_expect(&world, "us-west-2", "ssm", "GetParameter", "{'Name': '/none'}", "ParameterNotFound"));
    dr_simulated_close(&world);
}

static void faults_are_met_on_the_wire(void **state)
{
    (void)state;
    struct dr_simulated world;
    dr_simulated_open(&world, WORLD);
    unsigned id = dr_simulated_fault(&world, "{'Fault': 'RegionDown', 'Region': 'us-west-2'}");
    json_t *answer = dr_simulated_call(&world, "us-west-2", "ssm", "GetParameter", "{'Name': '/shop/region'}");
    assert_non_null(json_object_get(answer, "Problem"));
    json_decref(answer);
    dr_sim_fault_end(world.cloud, id);
    json_decref(dr_simulated_expect(&world, "us-west-2", "ssm", "GetParameter", "{'Name': '/shop/region'}", NULL));
    dr_simulated_close(&world);
}

static void what_is_wrong_with_a_world_is_said(void **state)
{
    (void)state;
    char *problem = dr_simulated_problem("Regions: { us-west-2: { ssm: { Parameters: { /a: [1] } } } }");
    assert_non_null(problem);
    assert_non_null(strstr(problem, "/a"));
    free(problem);
    problem = dr_simulated_problem(WORLD);
    assert_null(problem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_goes_on_from_run_to_call),
        cmocka_unit_test(faults_are_met_on_the_wire),
        cmocka_unit_test(what_is_wrong_with_a_world_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
