/* Correct definitions are accepted without a word: AWS's recorded ones, our runbooks, our actions. */
#include "interpreter/base/text.h"
#include "interpreter/definition/definition.h"
#include "providers/aws/integration/integration.h"
#include "providers/provider.h"
#include "tests/support/lab.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char *render(const struct dr_diagnostics *found)
{
    struct dr_text text = {0};
    for (size_t i = 0; i < found->count; i++)
        dr_diagnostic_render(&text, &found->items[i], false);
    return dr_text_take(&text);
}

static struct dr_catalogue *open_catalogue(void)
{
    struct dr_catalogue *catalogue = dr_catalogue_new(dr_primitives());
    dr_catalogue_add_folder(catalogue, "providers/actions");
    return catalogue;
}

static const char *vectors(void)
{
    const char *folder = getenv("DRRUN_VECTORS");
    return folder ? folder : "../shared/vectors";
}

static void recorded_definitions_of_aws(void **state)
{
    (void)state;
    char *path = dr_format("%s/asl/recorded.json", vectors());
    json_t *cases = json_load_file(path, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    if (cases == NULL) {
        print_message("skipped: there is no %s\n", path);
        free(path);
        skip();
    }
    free(path);
    struct dr_catalogue *catalogue = open_catalogue();
    size_t failed = 0, i;
    json_t *one;
    json_array_foreach(cases, i, one)
    {
        struct dr_text text = {0};
        assert_true(dr_text_json_pretty(&text, json_object_get(one, "definition"), 64 << 20));
        json_t *files = json_pack("{s:s}", "machine.json", text.bytes);
        struct dr_diagnostics found = {0};
        struct dr_program *program = dr_program_from_files("machine.json", files, catalogue, &found);
        size_t doubts = 0; /* an unassigned variable or unknown function fails at run time only: on AWS, and here */
        for (size_t j = 0; j < found.count; j++)
            doubts +=
                strcmp(found.items[j].code, DR_VARIABLE) == 0 || strcmp(found.items[j].code, "UNKNOWN_FUNCTION") == 0;
        if (program == NULL || found.count > doubts) {
            char *shown = render(&found);
            print_message("%s:\n%s\n", json_string_value(json_object_get(one, "id")), shown);
            free(shown);
            failed++;
        }
        dr_diagnostics_done(&found);
        dr_program_free(program);
        json_decref(files);
        dr_text_done(&text);
    }
    assert_true(i >= 231);
    dr_catalogue_free(catalogue);
    json_decref(cases);
    assert_int_equal(failed, 0);
}

static void check_file(struct dr_catalogue *catalogue, const char *path, size_t *failed)
{
    struct dr_diagnostics found = {0};
    struct dr_program *program = dr_program_load(path, catalogue, &found);
    if (program == NULL || found.count > 0) {
        char *shown = render(&found);
        print_message("%s:\n%s\n", path, shown);
        free(shown);
        ++*failed;
    }
    dr_diagnostics_done(&found);
    dr_program_free(program);
}

static void check_folder(struct dr_catalogue *catalogue, const char *folder, size_t *failed, size_t *count)
{
    DIR *directory = opendir(folder);
    assert_non_null(directory);
    for (const struct dirent *item; (item = readdir(directory));) {
        char *path = dr_format("%s/%s", folder, item->d_name);
        struct stat status;
        const char *dot = strrchr(item->d_name, '.');
        if (*item->d_name != '.' && stat(path, &status) == 0 && S_ISDIR(status.st_mode))
            check_folder(catalogue, path, failed, count);
        else if (dot && strcmp(dot, ".yaml") == 0 && strcmp(item->d_name, "world.yaml") != 0) {
            check_file(catalogue, path, failed);
            ++*count;
        }
        free(path);
    }
    closedir(directory);
}

static void our_runbooks_and_actions(void **state)
{
    (void)state;
    struct dr_catalogue *catalogue = open_catalogue();
    size_t failed = 0, count = 0;
    char *folder = dr_lab_models();
    const char *const folders[] = {folder, NULL};
    struct dr_aws *aws = dr_aws_new(&(struct dr_aws_options){.model_folders = folder ? folders : NULL});
    struct dr_resolver *resolver = dr_aws_resolver_new(aws);
    dr_catalogue_set_resolver(catalogue, resolver);
    dr_catalogue_add_folder(catalogue, "providers/aws/actions");
    check_folder(catalogue, "runbooks", &failed, &count);
    check_folder(catalogue, "providers/actions", &failed, &count);
    struct dr_diagnostics found = {0};
    size_t known;
    const struct dr_resource *const *all = dr_catalogue_all(catalogue, &known, &found);
    char *shown = render(&found);
    if (found.count > 0)
        print_message("%s", shown);
    free(shown);
    assert_int_equal(found.count, 0);
    assert_true(known > 5);
    for (size_t i = 1; i < known; i++)
        assert_true(strcmp(all[i - 1]->name, all[i]->name) < 0);
    dr_diagnostics_done(&found);
    dr_catalogue_free(catalogue);
    dr_aws_resolver_free(resolver);
    dr_aws_free(aws);
    free(folder);
    assert_true(count >= 10);
    assert_int_equal(failed, 0);
}

/* A program can be made again from the texts that it kept, without a file being read. */
static void from_journaled_files(void **state)
{
    (void)state;
    struct dr_catalogue *catalogue = open_catalogue(), *empty = dr_catalogue_new(dr_primitives());
    struct dr_diagnostics found = {0};
    struct dr_program *program = dr_program_load("runbooks/postgresql/drill.yaml", catalogue, &found);
    assert_non_null(program);
    assert_non_null(json_object_get(program->files, "runbooks/postgresql/failover.yaml"));
    assert_non_null(json_object_get(program->files, "http.check"));
    json_t *files = json_deep_copy(program->files);
    dr_program_free(program);
    dr_catalogue_free(catalogue);
    program = dr_program_from_files("runbooks/postgresql/drill.yaml", files, empty, &found);
    char *shown = render(&found);
    print_message("%s", shown);
    free(shown);
    assert_non_null(program);
    assert_true(json_equal(program->files, files));
    assert_string_equal(program->runbook->name, "postgresql-drill");
    dr_program_free(program);
    json_decref(files);
    dr_catalogue_free(empty);
    dr_diagnostics_done(&found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recorded_definitions_of_aws),
        cmocka_unit_test(our_runbooks_and_actions),
        cmocka_unit_test(from_journaled_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
