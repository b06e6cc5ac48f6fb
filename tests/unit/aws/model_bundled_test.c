/* All that is bundled can be used: every service by both its names, every operation, every shape that one reaches,
 * every service's endpoint rules. */
#include "interpreter/base/arena.h"
#include "providers/aws/model/find.h"
#include "providers/aws/model/model.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SHAPES_MAX 10000 /* of one service; EC2 has some 4,000 */

static struct dr_aws_models *models;

/* Only what is bundled: what else is installed on a machine must not decide a test. */
static int open_models(void **state)
{
    (void)state;
    struct dr_arena *arena = dr_arena_new();
    const char *none[] = {NULL};
    struct dr_aws_finder *finder = dr_aws_finder_new(arena, &(struct dr_aws_finder_options){.folders = none});
    const char *folders[] = {dr_aws_finder_bundled(finder), NULL};
    assert_non_null(folders[0]);
    models = dr_aws_models_new(&(struct dr_aws_models_options){.folders = folders});
    dr_arena_free(arena);
    return 0;
}

static int close_models(void **state)
{
    (void)state;
    dr_aws_models_free(models);
    return 0;
}

/* The shapes of one service that were met, as names. */
static json_t *seen;
static const struct dr_aws_shape *queue[SHAPES_MAX];
static size_t queued;

static void meet(const struct dr_aws_shape *shape)
{
    if (!shape || json_object_get(seen, shape->name))
        return;
    json_object_set_new(seen, shape->name, json_true());
    assert_true(queued < SHAPES_MAX);
    queue[queued++] = shape;
}

static void meet_member(const struct dr_aws_member *member)
{
    if (!member)
        return;
    /* dr_aws_member_shape() stands in for what is missing; this does not. */
    const struct dr_aws_shape *shape = dr_aws_model_shape(member->model, member->shape_name);
    if (!shape)
        fail_msg("%s refers to the shape \"%s\", which is not there", member->model->name, member->shape_name);
    assert_ptr_equal(shape, dr_aws_member_shape(member));
    meet(shape);
}

static void use_model(const struct dr_aws_model *model)
{
    seen = json_object();
    queued = 0;
    assert_true(model->operation_count > 0);
    for (size_t i = 0; i < model->operation_count; i++) {
        const char *name = model->operation_names[i];
        const struct dr_aws_operation *operation = dr_aws_model_operation(model, name);
        assert_non_null(operation);
        char camel[256];
        snprintf(camel, sizeof camel, "%s", name);
        camel[0] = (char)tolower((unsigned char)camel[0]);
        assert_ptr_equal(dr_aws_model_operation(model, camel), operation);
        assert_true(operation->request_uri[0] == '/');
        assert_non_null(strstr(" GET PUT POST HEAD PATCH DELETE ", operation->method));
        meet(operation->input);
        meet(operation->output);
        for (size_t j = 0; j < operation->error_count; j++)
            meet(operation->errors[j]);
    }
    for (size_t i = 0; i < queued; i++) {
        for (size_t j = 0; j < queue[i]->member_count; j++)
            meet_member(&queue[i]->members[j]);
        meet_member(queue[i]->member);
        meet_member(queue[i]->key);
        meet_member(queue[i]->value);
    }
    json_decref(seen);
}

static void every_service_can_be_used(void **state)
{
    (void)state;
    size_t count, operations = 0;
    const struct dr_aws_model_row *rows = dr_aws_models_list(models, &count);
    assert_true(count >= 335); /* botocore's and those of our overlays */
    for (size_t i = 0; i < count; i++) {
        char *problem = NULL;
        const struct dr_aws_model *model = dr_aws_models_find(models, rows[i].name, &problem);
        if (!model)
            fail_msg("%s", problem);
        assert_string_equal(model->service_id, rows[i].service_id);
        assert_string_equal(model->date, rows[i].date);
        for (const char *at = rows[i].sdk_name; *at; at++)
            assert_true(islower((unsigned char)*at) || isdigit((unsigned char)*at));
        /* sms-voice and pinpoint-sms-voice are one service twice. */
        const struct dr_aws_model *named = dr_aws_models_find_sdk(models, rows[i].sdk_name, &problem);
        assert_string_equal(named->service_id, model->service_id);
        use_model(model);
        operations += model->operation_count;
        if (!dr_aws_model_endpoint_rules(model))
            fail_msg("%s has no endpoint rules", model->name);
    }
    assert_true(operations > 12900);
    assert_true(json_array_size(json_object_get(dr_aws_models_partitions(models), "partitions")) >= 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_service_can_be_used)};
    return cmocka_run_group_tests(tests, open_models, close_models);
}
