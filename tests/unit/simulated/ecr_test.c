/* ECR in the simulated cloud: images, and their replication to other Regions. */
#include "tests/support/simulated.h"

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
    "  us-west-2: { ecr: { Repositories: { stale: { Images: [] } } } }\n"                                              \
    "  us-east-1: { ecr: { Repositories: { shop: { Images: [v1] }, stale: { Images: [v1] } },\n"                       \
    "                      Replication: [us-west-2] } }\n"
#define PUT "{'repositoryName': 'shop', 'imageTag': 'v2', 'imageManifest': '{}'}"
#define V2 "{'repositoryName': 'shop', 'imageIds': [{'imageTag': 'v2'}]}"

static void what_was_replicated_is_there(void **state)
{
    (void)state;
    struct dr_simulated world;
    dr_simulated_open(&world, WORLD);
    json_t *here = dr_simulated_expect(&world, EAST, "ecr", "DescribeImages", "{'repositoryName': 'shop'}", NULL);
    json_t *there = dr_simulated_expect(&world, WEST, "ecr", "DescribeImages",
                                        "{'repositoryName': 'shop', 'imageIds': [{'imageTag': 'v1'}]}", NULL);
    assert_string_equal(dr_simulated_text(there, "/imageDetails/0/imageDigest"),
                        dr_simulated_text(here, "/imageDetails/0/imageDigest"));
    json_decref(here);
    json_decref(there);
    json_decref(dr_simulated_expect(&world, WEST, "ecr", "DescribeImages",
                                    "{'repositoryName': 'stale', 'imageIds': [{'imageTag': 'v1'}]}",
                                    "ImageNotFoundException"));
    json_decref(dr_simulated_expect(&world, WEST, "ecr", "DescribeImages", "{'repositoryName': 'none'}",
                                    "RepositoryNotFoundException"));
    dr_simulated_close(&world);
}

static void a_new_image_arrives_later(void **state)
{
    (void)state;
    struct dr_simulated world;
    dr_simulated_open(&world, WORLD);
    json_decref(dr_simulated_expect(&world, EAST, "ecr", "PutImage", PUT, NULL));
    json_decref(dr_simulated_expect(&world, EAST, "ecr", "PutImage", PUT, "ImageAlreadyExistsException"));
    json_decref(dr_simulated_expect(&world, WEST, "ecr", "DescribeImages", V2, "ImageNotFoundException"));
    json_t *missing = dr_simulated_expect(&world, WEST, "ecr", "BatchGetImage", V2, NULL);
    assert_string_equal(dr_simulated_text(missing, "/failures/0/failureCode"), "ImageNotFound");
    json_decref(missing);
    dr_simulated_wait(&world, 31);
    json_t *image = dr_simulated_expect(&world, WEST, "ecr", "BatchGetImage", V2, NULL);
    assert_string_equal(dr_simulated_text(image, "/images/0/imageManifest"), "{}");
    json_decref(image);
    dr_simulated_close(&world);
}

static void a_stalled_replication_goes_on_later(void **state)
{
    (void)state;
    struct dr_simulated world;
    dr_simulated_open(&world, WORLD);
    unsigned id = dr_simulated_fault(&world, "{'Fault': 'ReplicationStalled', 'Service': 'ecr'}");
    json_decref(dr_simulated_expect(&world, EAST, "ecr", "PutImage", PUT, NULL));
    dr_simulated_wait(&world, 300);
    json_decref(dr_simulated_expect(&world, WEST, "ecr", "DescribeImages", V2, "ImageNotFoundException"));
    static const char *const asked = "{'repositoryName': 'shop', 'imageId': {'imageTag': 'v2'}}";
    json_t *status = dr_simulated_expect(&world, EAST, "ecr", "DescribeImageReplicationStatus", asked, NULL);
    assert_string_equal(dr_simulated_text(status, "/replicationStatuses/0/status"), "IN_PROGRESS");
    json_decref(status);
    dr_sim_fault_end(world.cloud, id);
    dr_simulated_wait(&world, 31);
    json_decref(dr_simulated_expect(&world, WEST, "ecr", "DescribeImages", V2, NULL));
    dr_simulated_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_replicated_is_there),
        cmocka_unit_test(a_new_image_arrives_later),
        cmocka_unit_test(a_stalled_replication_goes_on_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
