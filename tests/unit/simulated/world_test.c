/* World files: what is wrong with them is told at its place, and what they leave out is filled in. */
#include "providers/simulated/world.h"

#include "interpreter/base/text.h"
#include "providers/simulated/embedded.h"
#include "providers/simulated/fault_text.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The world of a text; `ret_told`: its diagnostics as they are printed. */
static json_t *open_text(const char *text, char **ret_told)
{
    char path[] = "/tmp/world-test-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    struct dr_diagnostics found = {0};
    struct dr_sim_world *world = dr_sim_world_open(path, &found);
    struct dr_text told = {0};
    for (size_t i = 0; i < found.count; i++)
        dr_text_printf(&told, "%u:%u %s%s%s\n", found.items[i].place.line, found.items[i].place.column,
                       found.items[i].message, found.items[i].hint ? " | " : "",
                       found.items[i].hint ? found.items[i].hint : "");
    json_t *json = world ? dr_json_share(dr_sim_world_json(world)) : NULL;
    dr_diagnostics_done(&found);
    dr_sim_world_free(world);
    unlink(path);
    *ret_told = dr_text_take(&told);
    return json;
}

static void expect_told(const char *text, const char *wanted)
{
    char *told;
    json_t *world = open_text(text, &told);
    assert_null(world);
    if (!strstr(told, wanted))
        fail_msg("told: %s", told);
    free(told);
}

static void mistakes_have_their_place_and_the_nearest_name(void **state)
{
    (void)state;
    expect_told("World: { Sede: 7 }\n", "1:10 \"Sede\" is not known. Did you mean \"Seed\"?");
    expect_told("Regions:\n  us-east-1:\n    smm: {}\n", "3:5 \"smm\" is not known. Did you mean \"ssm\"?");
    expect_told("Timeline:\n  - { At: 5x, Fault: RegionDown }\n", "2:11 \"At\" fits none");
    expect_told("Timings: { rds.promote: 1.5s }\n", "1:25 \"rds.promote\" fits none"); /* it would have been none */
    expect_told("Timeline:\n  - { Fault: RegionDwn }\n", "2:14 \"Fault\" must be");
    expect_told("Timeline:\n  - { Fault: Throttled, Service: smm }\n", "2:34 the service \"smm\" is not simulated");
    expect_told("Accounts: { 4711: {} }\n", "1:13 \"4711\" is no account id");
    expect_told("[1]\n", "1:1 A world is a map");
    expect_told("Regions: { us-east-1: { ssm: { Parameters: { /a/b: [1] } } } }\n", "1:52 \"/a/b\" fits none");
}

static void a_region_without_anything_is_a_warning(void **state)
{
    (void)state;
    char *told;
    json_t *world =
        open_text("Regions: { us-east-1: {} }\nTimeline: [{ Fault: RegionDown, Region: us-est-1 }]\n", &told);
    assert_non_null(world);
    assert_non_null(strstr(told, "Did you mean \"us-east-1\"?"));
    json_decref(world);
    free(told);
}

static void defaults_are_filled_in_and_durations_are_seconds(void **state)
{
    (void)state;
    char *told;
    json_t *world = open_text("Timings: { a: 2m, b: { Seconds: 1m30s, Spread: 5 } }\n"
                              "Timeline: [{ Fault: RegionDown, At: 1m, For: 1h }]\n",
                              &told);
    assert_string_equal(told, "");
    assert_string_equal(json_string_value(json_object_get(world, "Account")), "000000000000");
    const json_t *timings = json_object_get(world, "Timings");
    assert_true(json_number_value(json_object_get(timings, "a")) == 120);
    assert_true(json_number_value(json_object_get(json_object_get(timings, "b"), "Seconds")) == 90);
    const json_t *fault = json_array_get(json_object_get(world, "Timeline"), 0);
    assert_true(json_number_value(json_object_get(fault, "At")) == 60);
    assert_true(json_number_value(json_object_get(fault, "For")) == 3600);
    json_decref(world);
    free(told);
    world = open_text("Account: 111122223333\n", &told);
    assert_string_equal(json_string_value(json_object_get(world, "Account")), "111122223333");
    json_decref(world);
    free(told);
}

/* Every $ref leads somewhere, and every service's part stands in the file that editors read. */
static void look_at(const json_t *root, const json_t *schema)
{
    const char *reference = json_string_value(json_object_get(schema, "$ref")), *key;
    json_t *item, *shared = dr_json_share(schema);
    size_t i;
    if (reference && strncmp(reference, "#/$defs/", 8) == 0 &&
        !json_object_get(json_object_get(root, "$defs"), reference + 8))
        fail_msg("%s leads nowhere", reference);
    json_array_foreach(shared, i, item) look_at(root, item);
    json_object_foreach(shared, key, item) look_at(root, item);
    json_decref(shared);
}

static void the_schema_is_whole(void **state)
{
    (void)state;
    json_t *schema = dr_sim_world_schema(), *written = json_load_file("schemas/world.schema.json", 0, NULL);
    assert_non_null(written);
    look_at(schema, schema);
    const json_t *services =
        json_object_get(json_object_get(json_object_get(written, "$defs"), "Services"), "properties");
    for (const struct dr_embedded *file = dr_sim_world_schemas; file->name; file++) {
        char *reference = dr_format("world/%s.schema.json", file->name);
        const char *there = json_string_value(json_object_get(json_object_get(services, file->name), "$ref"));
        if (strcmp(file->name, "world") != 0 && (!there || strcmp(there, reference) != 0))
            fail_msg("schemas/world.schema.json does not refer to %s under $defs.Services", reference);
        free(reference);
    }
    json_decref(schema);
    json_decref(written);
}

static void expect_fault(const char *text, const char *wanted)
{
    char *problem = NULL;
    json_t *fault = dr_sim_fault_parse(text, &problem), *as = json_loads(wanted, 0, NULL);
    if (!fault || !json_equal(fault, as))
        fail_msg("%s: %s", text, fault ? json_dumps(fault, 0) : problem);
    json_decref(fault);
    json_decref(as);
}

static void faults_are_short_to_write(void **state)
{
    (void)state;
    expect_fault("RegionDown:us-east-1@60s+30m",
                 "{\"Fault\": \"RegionDown\", \"Region\": \"us-east-1\", \"At\": 60.0, \"For\": 1800.0}");
    expect_fault("Throttled:us-west-2/rds/DescribeDBInstances*3",
                 "{\"Fault\": \"Throttled\", \"Region\": \"us-west-2\", \"Service\": \"rds\", \"Operation\": "
                 "\"DescribeDBInstances\", \"Count\": 3}");
    expect_fault("Throttled:/rds", "{\"Fault\": \"Throttled\", \"Service\": \"rds\"}");
    expect_fault("Stuck:us-west-2/rds=shop-db",
                 "{\"Fault\": \"Stuck\", \"Region\": \"us-west-2\", \"Service\": \"rds\", \"Resource\": \"shop-db\"}");
    expect_fault("{\"Fault\": \"ClockSkew\", \"Seconds\": \"1h\"}", "{\"Fault\": \"ClockSkew\", \"Seconds\": 3600.0}");
    static const char *const bad[] = {"RegionDown@", "RegionDown@x", "Throttled*many", "{\"Fault\": ", ""};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char *problem = NULL;
        struct dr_sim_cloud *cloud = dr_sim_cloud_new(NULL, NULL, 1, 0, &problem);
        json_t *fault = dr_sim_fault_parse(bad[i], &problem);
        if (fault && dr_sim_fault_plan(cloud, fault, &problem))
            fail_msg("taken: %s", bad[i]);
        assert_non_null(problem);
        dr_sim_cloud_free(cloud);
        json_decref(fault);
        free(problem);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mistakes_have_their_place_and_the_nearest_name),
        cmocka_unit_test(a_region_without_anything_is_a_warning),
        cmocka_unit_test(defaults_are_filled_in_and_durations_are_seconds),
        cmocka_unit_test(the_schema_is_whole),
        cmocka_unit_test(faults_are_short_to_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
