/* Bodies keep their bytes on the way into the simulated cloud: binary ones, base64 in JSON, keys that begin with '/'.
 */
#include "providers/simulated/wire.h"
#include "tests/support/lab.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static struct dr_aws_models *models;

static json_t *read_as(const char *service, const struct dr_sim_request *request, const char *operation)
{
    char *problem = NULL;
    const struct dr_aws_model *model = dr_aws_models_find(models, service, &problem);
    assert_non_null(model);
    const struct dr_aws_operation *found = dr_sim_operation_of(model, request, &problem);
    assert_non_null(found);
    assert_string_equal(found->name, operation);
    json_t *input = dr_sim_read_input(found, request, &problem);
    free(problem);
    return input;
}

static void bytes_that_are_no_text_stay_what_they_are(void **state)
{
    (void)state;
    struct dr_sim_request put = {
        .method = "PUT", .host = "s3", .path = "/b//k/", .query = "", .body = "\xff\0x", .body_size = 3};
    json_t *input = read_as("s3", &put, "PutObject");
    assert_string_equal(json_string_value(json_object_get(json_object_get(input, "Body"), "Base64")), "/wB4");
    assert_string_equal(json_string_value(json_object_get(input, "Key")), "/k/");
    json_decref(input);
    const struct dr_http_header target = {"X-Amz-Target", "DynamoDB_20120810.PutItem"};
    const char *body = "{\"TableName\":\"t\",\"Item\":{\"b\":{\"B\":\"AP8=\"},\"c\":{\"B\":\"QVA4PQ==\"}}}";
    struct dr_sim_request item = {.method = "POST",
                                  .host = "d",
                                  .path = "/",
                                  .query = "",
                                  .headers = &target,
                                  .header_count = 1,
                                  .body = body,
                                  .body_size = strlen(body)};
    input = read_as("dynamodb", &item, "PutItem");
    json_t *b = json_object_get(json_object_get(json_object_get(input, "Item"), "b"), "B");
    assert_string_equal(json_string_value(json_object_get(b, "Base64")), "AP8=");
    json_t *c = json_object_get(json_object_get(json_object_get(input, "Item"), "c"), "B");
    assert_string_equal(json_string_value(c), "AP8=");
    json_decref(input);
}

int main(void)
{
    char *folder = dr_lab_models();
    const char *const folders[] = {folder, NULL};
    models = dr_aws_models_new(&(struct dr_aws_models_options){.folders = folder ? folders : NULL});
    free(folder);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_that_are_no_text_stay_what_they_are),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    dr_aws_models_free(models);
    return failed;
}
