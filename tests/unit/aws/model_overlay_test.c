/* Our overlays: each tells where it is from, fits the models that are bundled, and says nothing that they say already.
 */
#include "interpreter/base/text.h"
#include "providers/aws/model/compile.h"
#include "providers/aws/model/overlay.h"
#include "providers/aws/model/raw.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FOLDER "providers/aws/overlays"

/* botocore's data, as the build found it; models.cmake. */
static const char botocore[] = DRRUN_BOTOCORE_DATA;

static struct dr_aws_parts load(const char *service)
{
    struct dr_aws_parts parts = {0};
    char *folder = dr_aws_raw_version(botocore, service), *problem = NULL;
    if (folder) {
        parts.service = dr_aws_raw_load(folder, "service-2", &problem);
        parts.paginators = dr_aws_raw_load(folder, "paginators-1", &problem);
        parts.waiters = dr_aws_raw_load(folder, "waiters-2", &problem);
        parts.rules = dr_aws_raw_load(folder, "endpoint-rule-set-1", &problem);
    } else {
        parts.service = json_object();
    }
    assert_null(problem);
    free(folder);
    return parts;
}

static void check_source(const char *service, const json_t *overlay)
{
    const char *date = json_string_value(json_object_get(overlay, "overlay"));
    const json_t *source = json_object_get(overlay, "source");
    if (!date || strlen(date) != 10 || date[4] != '-')
        fail_msg(FOLDER "/%s.json has no date: \"overlay\": \"2026-11-21\"", service);
    if (json_array_size(source) == 0)
        fail_msg(FOLDER "/%s.json names no page of AWS's: \"source\": [...]", service);
    for (size_t i = 0; i < json_array_size(source); i++) {
        const char *page = json_string_value(json_array_get(source, i));
        if (!page || strncmp(page, "https://docs.aws.amazon.com/", 28) != 0)
            fail_msg(FOLDER "/%s.json: \"%s\" is no page of AWS's", service, page ? page : "");
    }
}

/* Adds all that `value` refers to as {"shape": NAME} to `seen`. */
static void collect(const json_t *value, json_t *seen)
{
    json_t *shared = dr_json_share(value), *item;
    const char *key;
    if (json_is_object(value)) {
        json_object_foreach(shared, key, item)
        {
            if (strcmp(key, "shape") == 0 && json_is_string(item))
                json_object_set_new(seen, json_string_value(item), json_true());
            collect(item, seen);
        }
    }
    for (size_t i = 0; i < json_array_size(value); i++)
        collect(json_array_get(value, i), seen);
    json_decref(shared);
}

static void check_used(const char *service, json_t *overlay, const struct dr_aws_parts *parts)
{
    json_t *seen = json_object(), *shape;
    const char *name;
    collect(parts->service, seen);
    json_object_foreach(json_object_get(overlay, "shapes"), name, shape)
    {
        if (json_object_get(shape, "type") && !json_object_get(seen, name))
            fail_msg(FOLDER "/%s.json: nothing refers to the shape %s", service, name);
    }
    json_decref(seen);
}

static void overlays_fit_and_repeat_nothing(void **state)
{
    (void)state;
    if (!*botocore)
        skip();
    size_t count = 0;
    char **names = dr_aws_overlay_names(FOLDER, &count);
    assert_true(count >= 20);
    for (size_t i = 0; i < count; i++) {
        char *problem = NULL;
        json_t *overlay = dr_aws_overlay_load(FOLDER, names[i], &problem), *repeated = NULL;
        if (problem)
            fail_msg("%s", problem);
        check_source(names[i], overlay);
        struct dr_aws_parts parts = load(names[i]);
        assert_true(dr_aws_overlay_apply(overlay, &parts, &repeated) > 0);
        char *origin = dr_aws_raw_origin(botocore);
        if (strcmp(origin, "botocore 1.29.27") == 0 && json_array_size(repeated) > 0) {
            char *text = json_dumps(repeated, JSON_COMPACT);
            fail_msg(FOLDER "/%s.json repeats what the model has: %s", names[i], text);
        }
        free(origin);
        check_used(names[i], overlay, &parts);
        struct dr_text out = {0};
        if (!dr_aws_model_compile(names[i], parts.service, parts.paginators, parts.waiters, parts.rules, "x", "", &out,
                                  &problem))
            fail_msg("%s", problem);
        dr_text_done(&out);
        /* Laid over once more, it adds nothing: a newer model that has it all stays as it is. */
        json_decref(repeated);
        assert_int_equal(dr_aws_overlay_apply(overlay, &parts, NULL), 0);
        dr_aws_parts_done(&parts);
        json_decref(overlay);
    }
    dr_aws_raw_names_free(names, count);
}

static json_t *parse(const char *text)
{
    json_t *value = dr_json_parse(text, strlen(text), NULL);
    assert_non_null(value);
    return value;
}

static void an_overlay_adds_and_takes_only_demands_away(void **state)
{
    (void)state;
    struct dr_aws_parts parts = {
        .service = parse("{\"operations\":{\"Old\":{}},\"shapes\":{\"In\":{\"type\":\"structure\",\"required\":[\"A\","
                         "\"B\"],\"members\":{\"A\":{\"shape\":\"S\"},\"B\":{\"shape\":\"S\"}}},"
                         "\"E\":{\"type\":\"string\",\"enum\":[\"x\"]},\"L\":{\"type\":\"list\"}}}")};
    json_t *overlay = parse(
        "{\"operations\":{\"Old\":{\"changed\":1},\"New\":{}},\"shapes\":{\"In\":{\"optional\":[\"B\"],\"members\":"
        "{\"A\":{\"shape\":\"Changed\"},\"C\":{\"shape\":\"E\"}}},\"E\":{\"enum\":[\"x\",\"y\"]},"
        "\"L\":{\"type\":\"structure\",\"members\":{\"A\":{\"shape\":\"E\"}}}},"
        "\"pagination\":{\"New\":{}},\"endpoint-rules\":{\"version\":\"1.0\"}}");
    json_t *repeated = NULL;
    assert_int_equal(dr_aws_overlay_apply(overlay, &parts, &repeated), 6);
    char *text = json_dumps(parts.service, JSON_COMPACT), *told = json_dumps(repeated, JSON_COMPACT);
    assert_string_equal(text, "{\"operations\":{\"Old\":{},\"New\":{}},\"shapes\":{\"In\":{\"type\":\"structure\","
                              "\"required\":[\"A\"],\"members\":{\"A\":{\"shape\":\"S\"},\"B\":{\"shape\":\"S\"},"
                              "\"C\":{\"shape\":\"E\"}}},\"E\":{\"type\":\"string\",\"enum\":[\"x\",\"y\"]},"
                              "\"L\":{\"type\":\"list\"}}}");
    assert_string_equal(told, "[\"operation Old\",\"shape In.A\",\"shape E.x\"]");
    assert_non_null(parts.rules);
    free(text);
    free(told);
    json_decref(repeated);
    json_decref(overlay);
    dr_aws_parts_done(&parts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(overlays_fit_and_repeat_nothing),
        cmocka_unit_test(an_overlay_adds_and_takes_only_demands_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
