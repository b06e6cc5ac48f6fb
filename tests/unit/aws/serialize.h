/* For the tests of requests: a small model in one go, an operation of it, and the request of an input. JSON is written
 * with single quotes. */
#ifndef DRRUN_TESTS_UNIT_AWS_SERIALIZE_H
#define DRRUN_TESTS_UNIT_AWS_SERIALIZE_H

#include "tests/providers/call.h"

#include "providers/aws/protocol/protocol.h"

struct test_api {
    struct dr_aws_models *models;
    const struct dr_aws_operation *operation;
    struct dr_aws_request request; /* of the last call */
    char *problem;                 /* of the last call; NULL: none */
};

/* `metadata` may leave out what the tests do not care for; `operation` is one operation with its name. */
static inline struct test_api test_api_new(const char *metadata, const char *operation, const char *shapes)
{
    struct test_api api = {.models = dr_aws_models_new(&(struct dr_aws_models_options){0})};
    json_t *service = json_pack("{s:o, s:{s:o}, s:o}", "metadata", test_json("%s", metadata), "operations", "Op",
                                test_json("%s", operation), "shapes", test_json("%s", shapes));
    assert_non_null(service);
    const char *name =
        json_string_value(json_object_get(json_object_get(json_object_get(service, "operations"), "Op"), "name"));
    if (name) { /* it is known by its own name then */
        json_t *operations = json_object_get(service, "operations"),
               *row = json_incref(json_object_get(operations, "Op"));
        json_object_set_new(operations, name, row);
        json_object_del(operations, "Op");
    }
    char *problem = NULL;
    char *kept = dr_copy_string(name ? name : "Op");
    const struct dr_aws_model *model = dr_aws_models_add(api.models, "test", service, NULL, NULL, &problem);
    if (!model)
        fail_msg("%s", problem);
    api.operation = dr_aws_model_operation(model, kept);
    assert_non_null(api.operation);
    free(kept);
    json_decref(service);
    return api;
}

static inline void test_api_clear(struct test_api *api)
{
    dr_aws_request_done(&api->request);
    free(api->problem);
    api->problem = NULL;
}

static inline bool test_api_call_with(struct test_api *api, const struct dr_aws_serialize_options *options,
                                      json_t *input /* stolen */)
{
    test_api_clear(api);
    bool good = dr_aws_serialize(api->operation, input, options, &api->request, &api->problem);
    assert_true(good == !api->problem);
    json_decref(input);
    return good;
}

static inline bool test_api_call(struct test_api *api, json_t *input /* stolen */)
{
    return test_api_call_with(api, &(struct dr_aws_serialize_options){0}, input);
}

static inline const char *test_api_header(const struct test_api *api, const char *name)
{
    return dr_aws_headers_find(api->request.headers.items, api->request.headers.count, name);
}

static inline void test_api_done(struct test_api *api)
{
    test_api_clear(api);
    dr_aws_models_free(api->models);
}

#endif
