/* Where models are found: the order of the places, botocore folders plain and gzipped, extras, the cache, damaged
 * files, what is said about names that are not there, and imports. */
#include "interpreter/base/arena.h"
#include "interpreter/base/text.h"
#include "providers/aws/model/compile.h"
#include "providers/aws/model/find.h"
#include "providers/aws/model/model.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

static char root[] = "/tmp/drrun-models-XXXXXX";
static const char *variables[16]; /* name, value, ... */

static const char *environment(const char *name)
{
    for (size_t i = 0; variables[i]; i += 2)
        if (strcmp(variables[i], name) == 0)
            return variables[i + 1];
    return NULL;
}

static char paths[64][512]; /* of one test */
static size_t path_count;

static const char *at(const char *path)
{
    assert_true(path_count < 64);
    snprintf(paths[path_count], sizeof paths[0], "%s/%s", root, path);
    return paths[path_count++];
}

/* Writes a file below the root, folders included; a name that ends in ".gz" is packed. */
static void write_file(const char *path, const char *text)
{
    char *whole = dr_format("%s/%s", root, path);
    for (char *slash = strchr(whole + strlen(root) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(whole, 0700);
        *slash = '/';
    }
    size_t size = strlen(whole);
    gzFile file = gzopen(whole, strcmp(whole + size - 3, ".gz") == 0 ? "wb" : "wbT");
    assert_non_null(file);
    assert_int_equal(gzwrite(file, text, (unsigned)strlen(text)), strlen(text));
    assert_int_equal(gzclose(file), Z_OK);
    free(whole);
}

static void set_date(const char *path, time_t seconds)
{
    struct timespec times[2] = {{.tv_sec = seconds}, {.tv_sec = seconds}};
    assert_int_equal(utimensat(AT_FDCWD, at(path), times, 0), 0);
}

/* A service with one operation, by which a test knows where the model came from. */
static void write_service(const char *folder, const char *operation, const char *id)
{
    char *path = dr_format("%s/service-2.json", folder);
    char *text = dr_format("{\"version\":\"2.0\",\"metadata\":{\"protocol\":\"json\",\"apiVersion\":\"2020-01-01\","
                           "\"serviceId\":\"%s\"},\"operations\":{\"%s\":{\"http\":{\"method\":\"POST\"}}},"
                           "\"shapes\":{}}",
                           id, operation);
    write_file(path, text);
    free(text);
    free(path);
}

static int set_up(void **state)
{
    (void)state;
    memcpy(root, "/tmp/drrun-models-XXXXXX", sizeof root);
    assert_non_null(mkdtemp(root));
    memset(variables, 0, sizeof variables);
    path_count = 0;
    return 0;
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *walk)
{
    (void)about;
    (void)kind;
    (void)walk;
    return remove(path);
}

static int tear_down(void **state)
{
    (void)state;
    return nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static char *first_operation(struct dr_aws_models *models, const char *service)
{
    char *problem = NULL;
    const struct dr_aws_model *model = dr_aws_models_find(models, service, &problem);
    char *name = dr_copy_string(model ? model->operation_names[0] : problem);
    free(problem);
    return name;
}

static void assert_comes_from(const char *service, const char *operation)
{
    struct dr_aws_models *models = dr_aws_models_new(&(struct dr_aws_models_options){.environment = environment});
    char *found = first_operation(models, service);
    assert_string_equal(found, operation);
    free(found);
    dr_aws_models_free(models);
}

static void places_are_searched_in_order(void **state)
{
    (void)state;
    variables[0] = "HOME", variables[1] = at("home");
    char *own = dr_format("%s::~/own", at("none")), *shared = dr_format("%s:%s", at("b"), at("c"));
    variables[2] = "DRRUN_MODELS", variables[3] = own;
    variables[4] = "AWS_DATA_PATH", variables[5] = shared;
    write_service("home/.aws/models/drill/2020-01-01", "FromHome", "Drill");
    assert_comes_from("drill", "FromHome");
    write_service("c/drill/2020-01-01", "FromDataPath2", "Drill");
    assert_comes_from("drill", "FromDataPath2");
    write_service("b/drill/2020-01-01", "FromDataPath", "Drill");
    assert_comes_from("drill", "FromDataPath");
    write_service("home/own/drill/2020-01-01", "FromDrrun", "Drill");
    assert_comes_from("drill", "FromDrrun");
    free(own);
    free(shared);
}

static void the_latest_version_wins_and_extras_are_laid_over(void **state)
{
    (void)state;
    variables[0] = "DRRUN_MODELS", variables[1] = at("a");
    write_service("a/drill/2019-01-01", "Old", "Drill");
    write_service("a/drill/2021-01-01", "New", "Drill");
    write_file("a/drill/not-a-version/readme.json", "{}");
    assert_comes_from("drill", "New");
    write_file("a/drill/2021-01-01/service-2.sdk-extras.json",
               "{\"merge\":{\"operations\":{\"Extra\":{\"http\":{\"method\":\"GET\"}}}}}");
    assert_comes_from("drill", "Extra");
}

static void gzipped_models_are_read_and_cut_ones_refused(void **state)
{
    (void)state;
    variables[0] = "DRRUN_MODELS", variables[1] = at("a");
    write_file("a/drill/2020-01-01/service-2.json.gz",
               "{\"metadata\":{\"protocol\":\"query\"},\"operations\":{\"Packed\":{}},\"shapes\":{}}");
    assert_comes_from("drill", "Packed");
    struct stat about;
    assert_int_equal(stat(at("a/drill/2020-01-01/service-2.json.gz"), &about), 0);
    const char *file = at("a/drill/2020-01-01/service-2.json.gz");
    for (off_t size = about.st_size - 1; size > 0; size -= 7) {
        assert_int_equal(truncate(file, size), 0);
        struct dr_aws_models *models = dr_aws_models_new(&(struct dr_aws_models_options){.environment = environment});
        char *problem = NULL;
        assert_null(dr_aws_models_find(models, "drill", &problem));
        if (!strstr(problem, "service-2.json.gz"))
            fail_msg("cut to %d bytes: %s", (int)size, problem);
        free(problem);
        dr_aws_models_free(models);
    }
}

/* The path of the one file in a folder. */
static char *only_file(const char *folder)
{
    char *found = NULL;
    DIR *open = opendir(at(folder));
    struct dirent *entry;
    assert_non_null(open);
    while ((entry = readdir(open))) {
        if (entry->d_name[0] == '.')
            continue;
        assert_null(found);
        found = dr_format("%s/%s", folder, entry->d_name);
    }
    closedir(open);
    assert_non_null(found);
    return found;
}

static void the_cache_is_private_and_follows_changes(void **state)
{
    (void)state;
    variables[0] = "DRRUN_MODELS", variables[1] = at("a");
    variables[2] = "XDG_CACHE_HOME", variables[3] = at("cache");
    write_service("a/drill/2020-01-01", "First", "Drill");
    assert_comes_from("drill", "First");
    struct stat about;
    assert_int_equal(stat(at("cache/drrun/models"), &about), 0);
    assert_int_equal(about.st_mode & 0777, 0700);
    char *file = only_file("cache/drrun/models");
    assert_int_equal(stat(at(file), &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    /* What is in the cache is used: a damaged file there is made again. */
    assert_int_equal(truncate(at(file), 20), 0);
    free(file);
    assert_comes_from("drill", "First");
    write_service("a/drill/2020-01-01", "Second", "Drill");
    assert_comes_from("drill", "Second");
    assert_comes_from("drill", "Second");
    /* What was compiled long ago from another file goes, what is lately so or another service's stays. */
    write_file("cache/drrun/models/drill-0123456789abcdef.model", "old");
    write_file("cache/drrun/models/drill-0123456789abcde0.model", "of today");
    write_file("cache/drrun/models/other-0123456789abcdef.model", "old");
    set_date("cache/drrun/models/drill-0123456789abcdef.model", 1000000000);
    set_date("cache/drrun/models/other-0123456789abcdef.model", 1000000000);
    write_service("a/drill/2020-01-01", "TheThird", "Drill");
    assert_comes_from("drill", "TheThird");
    assert_int_equal(access(at("cache/drrun/models/drill-0123456789abcdef.model"), F_OK), -1);
    assert_int_equal(access(at("cache/drrun/models/drill-0123456789abcde0.model"), F_OK), 0);
    assert_int_equal(access(at("cache/drrun/models/other-0123456789abcdef.model"), F_OK), 0);
}

static void an_installed_cli_counts_if_it_is_younger(void **state)
{
    (void)state;
    struct dr_arena *arena = dr_arena_new();
    static const char *installed[2];
    char *folder = dr_format("%s/cli/awscli/botocore/data", root);
    installed[0] = folder;
    write_service("cli/awscli/botocore/data/sts/2011-06-15", "FromCli", "STS");
    write_service("cli/awscli/botocore/data/brandnew/2030-01-01", "FromCli", "Brand New Service");
    write_file("cli/awscli/__init__.py", "import os\n__version__ = '2.99.1'\n");
    const struct dr_aws_finder_options options = {.environment = environment, .installed = installed};
    static const struct {
        time_t date;
        bool counts;
    } rows[] = {{1000000000, false}, {4000000000, true}};
    for (size_t i = 0; i < 2; i++) {
        set_date("cli/awscli/botocore/data/sts/2011-06-15/service-2.json", rows[i].date);
        struct dr_aws_finder *finder = dr_aws_finder_new(arena, &options);
        assert_non_null(dr_aws_finder_bundled(finder));
        struct dr_aws_compact text;
        struct dr_aws_compact_line line;
        char *problem = NULL;
        assert_true(dr_aws_finder_find(finder, "sts", &text, &problem));
        assert_int_equal(dr_aws_compact_find(&text, "operation/", "FromCli", &line), rows[i].counts);
        assert_int_equal(dr_aws_compact_find(&text, "operation/", "AssumeRole", &line), !rows[i].counts);
        const json_t *entry = json_object_get(dr_aws_finder_list(finder), "sts");
        const char *origin = json_string_value(json_object_get(entry, "origin"));
        assert_int_equal(strcmp(origin, "AWS CLI 2.99.1") == 0, rows[i].counts);
    }
    /* The installer's layout tells the version: an old AWS CLI counts for nothing but new services. */
    static const struct {
        const char *version;
        bool counts;
    } versions[] = {{"2.4.29", false}, {"2.9.5", false}, {"2.9.6", true}, {"2.31.0", true}, {"3.0.0", true}};
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
        char *cli = dr_format("aws-cli/v2/%s/dist/awscli/botocore/data", versions[i].version);
        char *service = dr_format("%s/sts/2011-06-15", cli), *file = dr_format("%s/service-2.json", service);
        write_service(service, "FromCli", "STS");
        set_date(file, 4000000000);
        const char *folders[] = {at(cli), NULL};
        struct dr_aws_finder *own =
            dr_aws_finder_new(arena, &(struct dr_aws_finder_options){.environment = environment, .installed = folders});
        struct dr_aws_compact text;
        struct dr_aws_compact_line line;
        char *problem = NULL;
        assert_true(dr_aws_finder_find(own, "sts", &text, &problem));
        assert_int_equal(dr_aws_compact_find(&text, "operation/", "FromCli", &line), versions[i].counts);
        const char *origin =
            json_string_value(json_object_get(json_object_get(dr_aws_finder_list(own), "sts"), "origin"));
        assert_int_equal(strncmp(origin, "AWS CLI 2.", 10) == 0 || strncmp(origin, "AWS CLI 3.", 10) == 0,
                         versions[i].counts);
        free(cli);
        free(service);
        free(file);
    }
    /* A service that no index knows, by the name that Step Functions would give it. */
    struct dr_aws_finder *finder = dr_aws_finder_new(arena, &options);
    assert_string_equal(dr_aws_finder_by_sdk(finder, "brandnew"), "brandnew");
    assert_null(dr_aws_finder_by_sdk(finder, "brandnewservice"));
    dr_arena_free(arena);
    free(folder);
}

static void what_is_not_there_is_explained(void **state)
{
    (void)state;
    struct dr_aws_models *models = dr_aws_models_new(&(struct dr_aws_models_options){.environment = environment});
    char *problem = NULL;
    assert_null(dr_aws_models_find_sdk(models, "elbv2", &problem));
    assert_non_null(strstr(problem, "did you mean \"elasticloadbalancingv2\"?"));
    assert_non_null(strstr(problem, "drrun models import"));
    free(problem);
    problem = NULL;
    assert_null(dr_aws_models_find(models, "../rds", &problem));
    assert_non_null(problem);
    free(problem);
    problem = NULL;
    const struct dr_aws_model *rds = dr_aws_models_find_sdk(models, "rds", &problem);
    assert_non_null(rds);
    problem = dr_aws_operation_problem(rds, "describeDBInstance");
    assert_non_null(strstr(problem, "RDS has no operation \"describeDBInstance\" in its model of 20"));
    assert_non_null(strstr(problem, "did you mean \"describeDBInstances\"?"));
    free(problem);
    dr_aws_models_free(models);
}

static void damaged_models_are_named(void **state)
{
    (void)state;
    variables[0] = "DRRUN_MODELS", variables[1] = at("a");
    write_file("a/other.model", "metadata\t{\"protocol\":\"json\"}\nprovenance\t{\"format\":2}\n~\t{\"bytes\":53}\n");
    write_file("a/drill.model", "metadata\t{\"protocol\":\"json\"}\n");
    struct dr_aws_models *models = dr_aws_models_new(&(struct dr_aws_models_options){.environment = environment});
    char *problem = NULL;
    assert_null(dr_aws_models_find(models, "drill", &problem));
    assert_non_null(strstr(problem, "/a/drill.model is damaged"));
    free(problem);
    problem = NULL;
    assert_null(dr_aws_models_find(models, "other", &problem));
    assert_non_null(strstr(problem, "another version of drrun"));
    free(problem);
    dr_aws_models_free(models);
}

static void count_told(void *data, const char *service, size_t operations, const char *problem)
{
    json_array_append_new(data, json_pack("[s, I, b]", service, (json_int_t)operations, problem != NULL));
}

static void imports_take_what_is_good_and_tell_the_rest(void **state)
{
    (void)state;
    write_service("data/drill/2020-01-01", "Go", "Drill");
    write_file("data/broken/2020-01-01/service-2.json", "{\"metadata\":");
    write_file(
        "data/dangling/2020-01-01/service-2.json",
        "{\"metadata\":{\"protocol\":\"json\"},\"operations\":{\"A\":{\"input\":{\"shape\":\"B\"}}},\"shapes\":{}}");
    write_file("data/partitions.json", "{\"version\":\"1.1\",\"partitions\":[{\"id\":\"drill\"}]}");
    write_file("overlays/drill.json", "{\"overlay\":\"2026-01-02\",\"operations\":{\"Also\":{}}}");
    write_file("overlays/whole.json", "{\"overlay\":\"2026-01-02\",\"metadata\":{\"protocol\":\"json\","
                                      "\"serviceId\":\"Whole New\"},\"operations\":{\"Only\":{}}}");
    char *from = dr_copy_string(at("data")), *to = dr_copy_string(at("made/models")),
         *overlays = dr_copy_string(at("overlays"));
    json_t *told = json_array();
    struct dr_aws_import import = {
        .from = from, .to = to, .overlays = overlays, .origin = "a test", .told = count_told, .data = told};
    char *problem = NULL;
    assert_int_equal(dr_aws_models_import(&import, &problem), 2);
    assert_null(problem);
    assert_int_equal(json_array_size(told), 4);

    const char *folders[] = {to, NULL};
    struct dr_aws_models *models = dr_aws_models_new(&(struct dr_aws_models_options){.folders = folders});
    size_t count;
    const struct dr_aws_model_row *rows = dr_aws_models_list(models, &count);
    assert_int_equal(count, 2);
    assert_string_equal(rows[0].name, "drill");
    assert_string_equal(rows[0].origin, "a test, with drrun's overlay of 2026-01-02");
    assert_string_equal(rows[1].sdk_name, "wholenew");
    assert_string_equal(rows[1].date, "2026-01-02");
    const struct dr_aws_model *drill = dr_aws_models_find(models, "drill", &problem);
    assert_int_equal(drill->operation_count, 2);
    assert_non_null(dr_aws_models_find_sdk(models, "wholenew", &problem));
    assert_string_equal(json_string_value(json_object_get(
                            json_array_get(json_object_get(dr_aws_models_partitions(models), "partitions"), 0), "id")),
                        "drill");
    dr_aws_models_free(models);

    /* A second import of one service's folder replaces it, and leaves the others. */
    write_service("other/drill/2022-01-01", "Renewed", "Drill");
    free(from);
    from = dr_copy_string(at("other/drill"));
    import.from = from;
    assert_int_equal(dr_aws_models_import(&import, &problem), 1);
    models = dr_aws_models_new(&(struct dr_aws_models_options){.folders = folders});
    dr_aws_models_list(models, &count);
    assert_int_equal(count, 2);
    drill = dr_aws_models_find(models, "drill", &problem);
    assert_non_null(dr_aws_model_operation(drill, "renewed"));
    dr_aws_models_free(models);

    import.from = overlays; /* nothing that looks like models */
    assert_int_equal(dr_aws_models_import(&import, &problem), -1);
    assert_non_null(strstr(problem, "holds no service models"));
    free(problem);
    json_decref(told);
    free(from);
    free(to);
    free(overlays);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(places_are_searched_in_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_latest_version_wins_and_extras_are_laid_over, set_up, tear_down),
        cmocka_unit_test_setup_teardown(gzipped_models_are_read_and_cut_ones_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_cache_is_private_and_follows_changes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_installed_cli_counts_if_it_is_younger, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_there_is_explained, set_up, tear_down),
        cmocka_unit_test_setup_teardown(damaged_models_are_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(imports_take_what_is_good_and_tell_the_rest, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
