/* Service models: hostile ones, compiled and raw. Whatever a file says, opening it and walking all that it reaches is
 * safe. */
#include "tests/fuzz/target.h"

#include "interpreter/base/text.h"
#include "providers/aws/model/compile.h"
#include "providers/aws/model/index.h"
#include "providers/aws/model/store.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define SHAPES_MAX 2000

struct walk {
    const struct dr_aws_shape *seen[SHAPES_MAX];
    size_t count;
};

static void visit(struct walk *walk, const struct dr_aws_shape *shape)
{
    if (!shape || walk->count == SHAPES_MAX)
        return;
    for (size_t i = 0; i < walk->count; i++)
        if (walk->seen[i] == shape)
            return;
    walk->seen[walk->count++] = shape;
}

static void visit_member(struct walk *walk, const struct dr_aws_member *member)
{
    if (member)
        visit(walk, dr_aws_member_shape(member));
}

static void walk_model(const struct dr_aws_model *model)
{
    static struct walk walk;
    walk.count = 0;
    for (size_t i = 0; i < model->operation_count; i++) {
        const struct dr_aws_operation *operation = dr_aws_model_operation(model, model->operation_names[i]);
        if (!operation)
            continue;
        assert(operation->method && operation->request_uri);
        visit(&walk, operation->input);
        visit(&walk, operation->output);
        for (size_t j = 0; j < operation->error_count; j++)
            visit(&walk, operation->errors[j]);
    }
    for (size_t i = 0; i < walk.count; i++) {
        const struct dr_aws_shape *shape = walk.seen[i];
        for (size_t j = 0; j < shape->member_count; j++) {
            visit_member(&walk, &shape->members[j]);
            assert(dr_aws_shape_member(shape, shape->members[j].name));
        }
        for (size_t j = 0; j < shape->value_count; j++)
            assert(shape->values[j]);
        visit_member(&walk, shape->member);
        visit_member(&walk, shape->key);
        visit_member(&walk, shape->value);
    }
    dr_aws_model_endpoint_rules(model);
    char *problem = dr_aws_operation_problem(model, "describeThing");
    assert(problem);
    free(problem);
}

/* As a compiled model from a disk. */
static void open_compact(const char *bytes, size_t size)
{
    struct dr_aws_models *models = dr_aws_models_new(NULL);
    struct dr_aws_compact text = {.bytes = bytes, .size = size};
    char *problem = NULL;
    dr_aws_compact_is_whole(&text);
    struct dr_aws_opened *opened = dr_aws_open(models, "drill", text, &problem);
    assert(!opened == !!problem);
    if (opened)
        walk_model(&opened->model);
    free(problem);
    dr_aws_models_free(models);
    json_decref(dr_aws_index_read(&text));
}

/* As botocore's own. What compiles has no dangling reference. */
static void open_raw(const char *bytes, size_t size)
{
    json_t *service = dr_json_parse(bytes, size, NULL);
    if (!service)
        return;
    struct dr_aws_models *models = dr_aws_models_new(NULL);
    char *problem = NULL;
    const struct dr_aws_model *model = dr_aws_models_add(models, "drill", service, service, service, &problem);
    assert(!model == !!problem);
    if (model)
        walk_model(model);
    free(problem);
    dr_aws_models_free(models);
    json_decref(service);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char *copy = dr_copy_bytes((const char *)bytes, size); /* so that reading beyond is seen */
    if (size > 0 && bytes[0] == '{')
        open_raw(copy, size);
    else
        open_compact(copy, size);
    free(copy);
    return 0;
}
