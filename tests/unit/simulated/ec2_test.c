/* EC2 in the simulated cloud: states over time, copies to other Regions, filters, and the networks that are always
 * there. */
#include "tests/support/simulated.h"

#include "interpreter/base/text.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define WEST "us-west-2"
#define EAST "us-east-1"
#define WORLD                                                                                                          \
    "Account: '111122223333'\n"                                                                                        \
    "Regions:\n"                                                                                                       \
    "  us-east-1: { ec2: { Images: { golden: ami-0aaaaaaaaaaaaaaa1 }, Snapshots: { snap-0aaaaaaaaaaaaaaa1: 20 } } }\n" \
    "  us-west-2: { ec2: { Instances: { jump: { State: stopped, Tags: { Role: jump } } } } }\n"

static void an_instance_starts_in_time(void **state)
{
    (void)state;
    struct dr_simulated world;
    dr_simulated_open(&world, WORLD);
    static const char *const jump = "{'Filters': [{'Name': 'tag:Role', 'Values': ['jump']}]}";
    json_t *found = dr_simulated_expect(&world, WEST, "ec2", "DescribeInstances", jump, NULL);
    assert_string_equal(dr_simulated_text(found, "/Reservations/0/Instances/0/State/Name"), "stopped");
    char *ids =
        dr_format("{'InstanceIds': ['%s']}", dr_simulated_text(found, "/Reservations/0/Instances/0/InstanceId"));
    json_decref(found);
    for (int i = 0; i < 2; i++) { /* the second finds it on its way */
        json_t *started = dr_simulated_expect(&world, WEST, "ec2", "StartInstances", ids, NULL);
        assert_string_equal(dr_simulated_text(started, "/StartingInstances/0/CurrentState/Name"), "pending");
        json_decref(started);
    }
    dr_simulated_wait(&world, 30);
    json_t *status = dr_simulated_expect(&world, WEST, "ec2", "DescribeInstanceStatus", ids, NULL);
    assert_string_equal(dr_simulated_text(status, "/InstanceStatuses/0/InstanceStatus/Status"), "initializing");
    json_decref(status);
    dr_simulated_wait(&world, 120);
    status = dr_simulated_expect(&world, WEST, "ec2", "DescribeInstanceStatus", ids, NULL);
    assert_string_equal(dr_simulated_text(status, "/InstanceStatuses/0/SystemStatus/Status"), "ok");
    json_decref(status);
    json_decref(dr_simulated_expect(&world, WEST, "ec2", "TerminateInstances", ids, NULL));
    json_decref(dr_simulated_expect(&world, WEST, "ec2", "StartInstances", ids, "IncorrectInstanceState"));
    free(ids);
    json_decref(dr_simulated_expect(&world, WEST, "ec2", "StopInstances", "{'InstanceIds': ['i-0123456789abcdef0']}",
                                    "InvalidInstanceID.NotFound"));
    json_decref(dr_simulated_expect(&world, WEST, "ec2", "DescribeInstances",
                                    "{'Filters': [{'Name': 'colour', 'Values': ['red']}]}", "InvalidParameterValue"));
    dr_simulated_close(&world);
}

static void images_and_snapshots_are_copied_between_regions(void **state)
{
    (void)state;
    struct dr_simulated world;
    dr_simulated_open(&world, WORLD);
    json_t *copy = dr_simulated_expect(
        &world, WEST, "ec2", "CopyImage",
        "{'Name': 'golden', 'SourceImageId': 'ami-0aaaaaaaaaaaaaaa1', 'SourceRegion': 'us-east-1'}", NULL);
    char *ids = dr_format("{'ImageIds': ['%s']}", dr_simulated_text(copy, "/ImageId"));
    json_decref(copy);
    json_t *images = dr_simulated_expect(&world, WEST, "ec2", "DescribeImages", ids, NULL);
    assert_string_equal(dr_simulated_text(images, "/Images/0/State"), "pending");
    json_decref(images);
    dr_simulated_wait(&world, 301);
    images = dr_simulated_expect(&world, WEST, "ec2", "DescribeImages", ids, NULL);
    assert_string_equal(dr_simulated_text(images, "/Images/0/State"), "available");
    json_decref(images);
    free(ids);
    copy = dr_simulated_expect(&world, WEST, "ec2", "CopySnapshot",
                               "{'SourceSnapshotId': 'snap-0aaaaaaaaaaaaaaa1', 'SourceRegion': 'us-east-1'}", NULL);
    dr_simulated_wait(&world, 181);
    ids = dr_format("{'SnapshotIds': ['%s']}", dr_simulated_text(copy, "/SnapshotId"));
    json_t *snapshots = dr_simulated_expect(&world, WEST, "ec2", "DescribeSnapshots", ids, NULL);
    assert_string_equal(dr_simulated_text(snapshots, "/Snapshots/0/State"), "completed");
    json_decref(snapshots);
    json_decref(copy);
    free(ids);
    json_decref(
        dr_simulated_expect(&world, WEST, "ec2", "CopyImage",
                            "{'Name': 'x', 'SourceImageId': 'ami-0bbbbbbbbbbbbbbb1', 'SourceRegion': 'us-east-1'}",
                            "InvalidAMIID.NotFound"));
    dr_simulated_close(&world);
}

static void every_region_has_a_network(void **state)
{
    (void)state;
    struct dr_simulated world;
    dr_simulated_open(&world, WORLD);
    json_t *vpcs = dr_simulated_expect(&world, EAST, "ec2", "DescribeVpcs", "{}", NULL);
    json_t *subnets = dr_simulated_expect(&world, EAST, "ec2", "DescribeSubnets", "{}", NULL);
    json_t *zones = dr_simulated_expect(&world, EAST, "ec2", "DescribeAvailabilityZones", "{}", NULL);
    assert_int_equal(json_array_size(dr_simulated_at(subnets, "/Subnets")), 3);
    assert_string_equal(dr_simulated_text(subnets, "/Subnets/0/VpcId"), dr_simulated_text(vpcs, "/Vpcs/0/VpcId"));
    assert_string_equal(dr_simulated_text(zones, "/AvailabilityZones/0/ZoneName"), "us-east-1a");
    json_decref(vpcs);
    json_decref(subnets);
    json_decref(zones);
    dr_simulated_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_instance_starts_in_time),
        cmocka_unit_test(images_and_snapshots_are_copied_between_regions),
        cmocka_unit_test(every_region_has_a_network),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
