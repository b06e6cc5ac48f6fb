/* Which names may be a Region's. */
#include "providers/aws/endpoint/region.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static json_t *partitions;

static void check(const char *name, bool is_one, const char *expected)
{
    char *nearest = NULL;
    if (dr_aws_is_region(partitions, name, &nearest) != is_one)
        fail_msg("%s should %sbe a Region", name, is_one ? "" : "not ");
    if (expected)
        assert_string_equal(nearest, expected);
    else
        assert_null(nearest);
    free(nearest);
}

static void those_of_the_list_and_those_that_may_come(void **state)
{
    (void)state;
    check("us-east-1", true, NULL);
    check("aws-global", true, NULL);
    check("ap-southeast-9", true, NULL); /* not in the list, and as Regions are called */
    check("us-gov-east-1", true, NULL);
    check("eusc-de-east-1", true, NULL);
    check("eu-isoe-west-1", true, NULL);
}

static void slips_are_none(void **state)
{
    (void)state;
    check("us-esat-1", false, "us-east-1");
    check("us-west-22", false, "us-west-2");
    check("useast-1", false, "us-east-1");
    check("us-east-1a", false, "us-east-1");
    check("us-east-0", false, "us-east-1");
    check("-east-1", false, "us-east-1");
    check("US-EAST-1", false, "us-east-1");
    check("the other one", false, NULL);
    check("", false, NULL);
    check("-", false, NULL);
    check("-1", false, NULL);
}

int main(void)
{
    partitions =
        json_pack("{s:[{s:{s:{},s:{},s:{}}}]}", "partitions", "regions", "us-east-1", "us-west-2", "aws-global");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(those_of_the_list_and_those_that_may_come),
        cmocka_unit_test(slips_are_none),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    json_decref(partitions);
    return failed;
}
