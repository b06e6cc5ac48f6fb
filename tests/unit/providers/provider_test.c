/* What all primitives promise: the table is sorted and complete, each schema is JSON, each is documented; and fetching
 * arguments. */
#include "tests/unit/providers/harness.h"

#include <stdio.h>

static char *read_page(const char *primitive)
{
    char path[128];
    snprintf(path, sizeof path, "docs/reference/primitives/%s.md", primitive);
    *strchr(path, ':') = '-';
    FILE *file = fopen(path, "r");
    if (!file)
        fail_msg("%s: the page for %s is missing", path, primitive);
    char *page = dr_alloc(1 << 20);
    size_t size = fread(page, 1, (1 << 20) - 1, file);
    assert_in_range(size, 100, (1 << 20) - 2);
    fclose(file);
    return page;
}

static void check_mentioned(const char *primitive, const char *page, const char *word)
{
    char quoted[128];
    snprintf(quoted, sizeof quoted, "`%s`", word);
    char inner[128];
    snprintf(inner, sizeof inner, "`%s.", word); /* `Transform.RequestBodyEncoding` */
    if (!strstr(page, quoted) && !strstr(page, inner))
        fail_msg("docs/reference/primitives: the page for %s does not mention `%s`", primitive, word);
}

static void check_arguments(const struct dr_resource *resource, const char *page)
{
    json_t *schema = parse_json(resource->arguments), *properties = json_object_get(schema, "properties"), *property;
    assert_string_equal(json_string_value(json_object_get(schema, "type")), "object");
    const char *name;
    json_object_foreach(properties, name, property) check_mentioned(resource->name, page, name);
    json_t *required = json_object_get(schema, "required");
    for (size_t i = 0; i < json_array_size(required); i++)
        assert_non_null(json_object_get(properties, json_string_value(json_array_get(required, i))));
    json_decref(schema);
}

static void check_errors(const struct dr_resource *resource, const char *page)
{
    for (const char *line = resource->errors; line && *line;
         line += strcspn(line, "\n") + (strchr(line, '\n') != NULL)) {
        char name[64];
        size_t size = strcspn(line, " ");
        assert_in_range(size, 1, sizeof name - 1);
        assert_int_equal(strncmp(line + size, "  ", 2), 0);
        snprintf(name, sizeof name, "%.*s", (int)size, line);
        check_mentioned(resource->name, page, name);
    }
}

static void every_primitive_is_described(void **state)
{
    (void)state;
    const struct dr_resource *const *resources = dr_primitives();
    size_t count = 0;
    for (; resources[count]; count++) {
        const struct dr_resource *resource = resources[count];
        const struct dr_primitive *primitive = (const struct dr_primitive *)(const void *)resource;
        assert_int_equal(resource->kind, DR_RESOURCE_PRIMITIVE);
        assert_true(count == 0 || strcmp(resources[count - 1]->name, resource->name) < 0); /* primitives.def */
        assert_non_null(resource->summary);
        assert_non_null(primitive->start);
        assert_true(resource->effect == DR_EFFECT_READ || resource->undo);
        char *page = read_page(resource->name);
        check_arguments(resource, page);
        check_errors(resource, page);
        free(page);
    }
    assert_in_range(count, 2, 1000);
}

static void arguments_are_fetched_or_defaulted(void **state)
{
    (void)state;
    json_t *arguments =
        parse_json("{\"s\":\"text\",\"i\":7,\"whole\":7.0,\"r\":2.5,\"huge\":1e300,\"t\":true,\"null\":null}");
    struct dr_call call = {.arguments = arguments};
    assert_string_equal(dr_argument_string(&call, "s", "x"), "text");
    assert_string_equal(dr_argument_string(&call, "none", "x"), "x");
    assert_string_equal(dr_argument_string(&call, "null", "x"), "x");
    assert_int_equal(dr_argument_int(&call, "i", 1), 7);
    assert_int_equal(dr_argument_int(&call, "whole", 1), 7); /* JSONata makes such */
    assert_int_equal(dr_argument_int(&call, "r", 1), 1);
    assert_int_equal(dr_argument_int(&call, "huge", 1), 1);
    assert_int_equal(dr_argument_int(&call, "null", 1), 1);
    assert_true(dr_argument_real(&call, "r", 1) > 2.4 && dr_argument_real(&call, "i", 1) > 6.9);
    assert_true(dr_argument_bool(&call, "t", false));
    assert_true(dr_argument_bool(&call, "none", true));
    json_decref(arguments);
}

static void start_succeeding(struct dr_call *call)
{
    dr_call_succeed(call, json_pack("{s:i}", "a", 1));
}

static void start_unknown(struct dr_call *call)
{
    dr_call_unknown(call, "States.Http.Socket", "%s %d", "lost", 5);
}

static void calls_finish_with_what_they_were_given(void **state)
{
    (void)state;
    const struct dr_primitive good = {.start = start_succeeding}, lost = {.start = start_unknown};
    struct outcome outcome = {.finished = false};
    outcome.call = (struct dr_call){.finish = keep_outcome, .engine = &outcome};
    good.start(&outcome.call);
    assert_json_text(outcome.output, "{\"a\":1}");
    assert_int_equal(outcome.output->refcount, 1); /* stolen from the primitive, and ours */
    outcome_done(&outcome);
    outcome = (struct outcome){.finished = false};
    outcome.call = (struct dr_call){.finish = keep_outcome, .engine = &outcome};
    lost.start(&outcome.call);
    assert_true(outcome.unknown);
    assert_string_equal(outcome.error, "States.Http.Socket");
    assert_string_equal(outcome.cause, "lost 5");
    outcome_done(&outcome);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_primitive_is_described),
        cmocka_unit_test(arguments_are_fetched_or_defaulted),
        cmocka_unit_test(calls_finish_with_what_they_were_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
