/* The examples that AWS's own models bring are taken: 1,600 requests in 80 services, none of them ours. Those that the
 * service would refuse too are listed, and the list is as short as it can be. */
#include "providers/aws/integration/schema.h"

#include "interpreter/base/text.h"
#include "interpreter/definition/parse.h"
#include "tests/support/lab.h"

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char examples[] = "/usr/lib/python3/dist-packages/botocore/data/*/*/examples-1.json";

static struct wrong {
    const char *operation, *complaint;
    bool met;
} wrong[] = {
    {"DescribeNatGateways", "/Filters is not known", false},
    {"GetLexicon", "/Name must match the pattern [0-9A-Za-z]{1,20}", false},
    {"GetProducts", "/ServiceCode is required", false},
    {"ModifyNetworkInterfaceAttribute", "/Description must be an object, not a string", false},
    {"ModifyNetworkInterfaceAttribute", "/SourceDestCheck must be an object, not true or false", false},
    {"ModifySpotFleetRequest", "/ExcessCapacityTerminationPolicy must be \"noTermination\" or \"default\"", false},
    {"ModifySubnetAttribute", "/MapPublicIpOnLaunch must be an object, not true or false", false},
};

struct place {
    const char *service, *operation;
    size_t unexpected;
};

static void complain(void *data, const struct dr_schema_problem *problem)
{
    struct place *place = data;
    char *text = dr_format("%s %s", problem->path, problem->message);
    bool listed = false;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (strcmp(wrong[i].operation, place->operation) == 0 &&
            strncmp(text, wrong[i].complaint, strlen(wrong[i].complaint)) == 0)
            listed = wrong[i].met = true;
    if (!listed) {
        print_message("%s:%s%s\n", place->service, place->operation, text);
        place->unexpected++;
    }
    free(text);
}

/* The respelt input means the same: back in the API's spelling it is what it was. */
static void check_spelling(const struct dr_aws_operation *operation, const json_t *input)
{
    json_t *respelt = dr_aws_to_sdk(operation->input, input), *back = dr_aws_from_sdk(operation->input, respelt),
           *plain = dr_aws_from_sdk(operation->input, input);
    assert_true(json_equal(back, plain));
    json_decref(respelt);
    json_decref(back);
    json_decref(plain);
}

static size_t check_service(struct dr_aws_models *models, const char *path, struct place *place)
{
    char *folder = dr_copy_string(path), *problem = NULL;
    for (int i = 0; i < 2; i++)
        *strrchr(folder, '/') = '\0';
    place->service = strrchr(folder, '/') + 1;
    const struct dr_aws_model *model = dr_aws_models_find(models, place->service, &problem);
    json_t *file = dr_lab_load(path), *list, *example;
    size_t count = 0, i;
    assert_non_null(file);
    json_object_foreach(json_object_get(file, "examples"), place->operation, list)
    {
        const struct dr_aws_operation *operation = model ? dr_aws_model_operation(model, place->operation) : NULL;
        if (operation == NULL || operation->input == NULL)
            continue;
        json_t *schema = dr_aws_arguments_schema(operation, NULL);
        json_array_foreach(list, i, example)
        {
            const json_t *input = json_object_get(example, "input");
            if (input == NULL)
                continue;
            dr_schema_check(schema, input, complain, place);
            check_spelling(operation, input);
            count++;
        }
        json_decref(schema);
    }
    json_decref(file);
    free(problem);
    free(folder);
    return count;
}

static const char *no_environment(const char *name)
{
    (void)name;
    return NULL;
}

static void the_examples_of_the_models_are_taken(void **state)
{
    (void)state;
    glob_t found;
    if (glob(examples, 0, NULL, &found) != 0) {
        print_message("%s: not there, so nothing is compared\n", examples);
        skip();
    }
    struct dr_aws_models *models = dr_aws_models_new(&(struct dr_aws_models_options){.environment = no_environment});
    struct place place = {0};
    size_t count = 0;
    for (size_t i = 0; i < found.gl_pathc; i++)
        count += check_service(models, found.gl_pathv[i], &place);
    globfree(&found);
    dr_aws_models_free(models);
    assert_int_equal(place.unexpected, 0);
    assert_true(count > 1000);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (!wrong[i].met)
            fail_msg("%s%s is not complained about any more: off the list", wrong[i].operation, wrong[i].complaint);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_examples_of_the_models_are_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
