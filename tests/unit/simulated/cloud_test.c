/* The core of the simulated cloud: tables, the order of events, faults, what a dump keeps. */
#include "providers/simulated/cloud.h"

#include "interpreter/base/text.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static struct dr_sim_cloud *make(const char *world)
{
    char *problem = NULL;
    json_t *given = world ? json_loads(world, 0, NULL) : NULL;
    struct dr_sim_cloud *cloud = dr_sim_cloud_new(given, NULL, 7, 1000, &problem);
    json_decref(given);
    assert_null(problem);
    assert_non_null(cloud);
    return cloud;
}

static void tables_are_by_account_region_and_kind(void **state)
{
    (void)state;
    struct dr_sim_cloud *cloud = make(NULL);
    dr_sim_put(cloud, "1", "eu-west-1", "x.thing", "a", json_pack("{s:i}", "N", 1));
    dr_sim_put(cloud, "2", "eu-west-2", "x.thing", "b", json_pack("{s:i}", "N", 2));
    assert_null(dr_sim_find(cloud, "1", "eu-west-2", "x.thing", "a"));
    assert_int_equal(json_integer_value(json_object_get(dr_sim_find(cloud, "1", "eu-west-1", "x.thing", "a"), "N")), 1);
    const char *account = NULL, *region = NULL;
    assert_non_null(dr_sim_find_anywhere(cloud, "x.thing", "b", &account, &region));
    assert_string_equal(account, "2");
    assert_string_equal(region, "eu-west-2");
    dr_sim_remove(cloud, "2", "eu-west-2", "x.thing", "b");
    assert_null(dr_sim_find_anywhere(cloud, "x.thing", "b", NULL, NULL));
    dr_sim_cloud_free(cloud);
}

static void the_timeline_begins_and_ends_faults(void **state)
{
    (void)state;
    struct dr_sim_cloud *cloud =
        make("{\"Timeline\": [{\"At\": 60, \"Fault\": \"RegionDown\", \"Region\": \"us-east-1\", \"For\": 30}]}");
    dr_sim_advance(cloud, 1000 + 59999);
    assert_false(dr_sim_region_down(cloud, "us-east-1"));
    dr_sim_advance(cloud, 1000 + 60000);
    assert_true(dr_sim_region_down(cloud, "us-east-1"));
    assert_false(dr_sim_region_down(cloud, "us-west-2"));
    dr_sim_advance(cloud, 1000 + 90000);
    assert_false(dr_sim_region_down(cloud, "us-east-1"));
    assert_int_equal(dr_sim_now(cloud), 91000);
    dr_sim_cloud_free(cloud);
}

static void a_fault_hits_what_it_is_limited_to_as_often_as_it_says(void **state)
{
    (void)state;
    struct dr_sim_cloud *cloud = make(NULL);
    char *problem = NULL;
    json_t *fault = json_pack("{s:s,s:s,s:i}", "Fault", "Throttled", "Service", "rds", "Count", 2);
    assert_int_not_equal(dr_sim_fault_begin(cloud, fault, &problem), 0);
    json_decref(fault);
    assert_null(dr_sim_fault(cloud, "Throttled", "us-east-1", "ecs", "DescribeServices", NULL));
    assert_null(dr_sim_fault(cloud, "Throttled", "us-east-1", NULL, NULL, NULL));
    assert_non_null(dr_sim_fault(cloud, "Throttled", "us-east-1", "rds", "DescribeDBInstances", NULL));
    assert_non_null(dr_sim_fault(cloud, "Throttled", "us-west-2", "rds", "DescribeDBInstances", NULL));
    assert_null(dr_sim_fault(cloud, "Throttled", "us-west-2", "rds", "DescribeDBInstances", NULL));
    fault = json_pack("{s:s}", "Fault", "Rain");
    assert_int_equal(dr_sim_fault_begin(cloud, fault, &problem), 0);
    assert_non_null(strstr(problem, "there is no fault \"Rain\"; there are RegionDown"));
    json_decref(fault);
    free(problem);
    dr_sim_cloud_free(cloud);
}

static void a_restored_cloud_goes_on_as_the_one_that_was_dumped(void **state)
{
    (void)state;
    struct dr_sim_cloud *one = make("{\"Timeline\": [{\"At\": 5, \"Fault\": \"RegionDown\", \"Region\": \"r\"}]}"),
                        *other = make(NULL);
    dr_sim_put(one, "1", "r", "x.thing", "a", json_object());
    dr_sim_random(one);
    json_t *dump = dr_sim_cloud_dump(one);
    char *problem = NULL;
    assert_true(dr_sim_cloud_restore(other, dump, &problem));
    dr_sim_advance(other, 6000);
    assert_true(dr_sim_region_down(other, "r"));
    dr_sim_advance(one, 6000);
    assert_true(dr_sim_random(one) == dr_sim_random(other));
    json_t *first = dr_sim_cloud_dump(one), *second = dr_sim_cloud_dump(other);
    assert_true(json_equal(first, second));
    json_t *broken = json_pack("{s:i}", "now", 1);
    assert_false(dr_sim_cloud_restore(other, broken, &problem));
    assert_non_null(problem);
    free(problem);
    json_decref(broken);
    json_decref(first);
    json_decref(second);
    json_decref(dump);
    dr_sim_cloud_free(one);
    dr_sim_cloud_free(other);
}

static void pages_join_to_the_whole(void **state)
{
    (void)state;
    struct dr_sim_cloud *cloud = make(NULL);
    struct dr_aws_operation operation = {
        .paginator_text = "{\"input_token\":\"Marker\",\"output_token\":\"Marker\",\"limit_key\":\"MaxRecords\"}"};
    json_t *all = json_pack("[i,i,i,i,i]", 1, 2, 3, 4, 5), *input = json_pack("{s:i}", "MaxRecords", 2),
           *got = json_array();
    for (unsigned pages = 1;; pages++) {
        struct dr_sim_call call = {.cloud = cloud, .operation = &operation, .input = input};
        dr_sim_page(&call, "Things", all, 100, "InvalidMarker");
        assert_null(call.error);
        json_array_extend(got, json_object_get(call.output, "Things"));
        json_t *marker = json_incref(json_object_get(call.output, "Marker"));
        json_decref(call.output);
        if (!marker) {
            assert_int_equal(pages, 3);
            break;
        }
        json_object_set_new(input, "Marker", marker);
    }
    assert_true(json_equal(all, got));
    json_object_set_new(input, "Marker", json_string("simulated-99"));
    struct dr_sim_call call = {.cloud = cloud, .operation = &operation, .input = input};
    dr_sim_page(&call, "Things", all, 100, "InvalidMarker");
    assert_string_equal(call.error, "InvalidMarker");
    free(call.error);
    free(call.message);
    json_decref(all);
    json_decref(input);
    json_decref(got);
    dr_sim_cloud_free(cloud);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_by_account_region_and_kind),
        cmocka_unit_test(the_timeline_begins_and_ends_faults),
        cmocka_unit_test(a_fault_hits_what_it_is_limited_to_as_often_as_it_says),
        cmocka_unit_test(a_restored_cloud_goes_on_as_the_one_that_was_dumped),
        cmocka_unit_test(pages_join_to_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
