/* The catalogue: finding actions, refusing circles, completing arguments; and machines too large to look at twice. */
#include "interpreter/base/limits.h"
#include "interpreter/base/text.h"
#include "interpreter/definition/definition.h"
#include "providers/provider.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/drrun-catalogue-XXXXXX";

static int setup(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *status, int flag, struct FTW *where)
{
    (void)status, (void)flag, (void)where;
    return remove(path);
}

static int teardown(void **state)
{
    (void)state;
    return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void write_file(const char *name, const char *text)
{
    char *path = dr_format("%s/%s", folder, name), *slash = strrchr(path, '/');
    *slash = '\0';
    mkdir(path, 0700);
    *slash = '/';
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    free(path);
}

static void write_action(const char *file, const char *name, const char *resource)
{
    const char *argument = strcmp(resource, "log:write") == 0 ? "Message" : "B";
    char *text = dr_format("Action:\n"
                           "  Name: %s\n"
                           "  Summary: Does.\n"
                           "  Effect: Read\n"
                           "  Arguments: { A: { type: integer, default: 3 }, B: { type: string } }\n"
                           "  Required: [B]\n"
                           "StartAt: S\n"
                           "States: { S: { Type: Task, Resource: \"%s\", Parameters: { %s: x }, End: true } }\n",
                           name, resource, argument);
    write_file(file, text);
    free(text);
}

/* What is said about an action; "" if nothing. */
static char *find(const char *name, const struct dr_resource **ret_resource, struct dr_catalogue **ret_catalogue)
{
    struct dr_catalogue *catalogue = dr_catalogue_new(dr_primitives());
    dr_catalogue_add_folder(catalogue, folder);
    struct dr_diagnostics found = {0};
    *ret_resource = dr_catalogue_find(catalogue, name, folder, &found);
    struct dr_text text = {0};
    for (size_t i = 0; i < found.count; i++)
        dr_text_printf(&text, "%s\n", found.items[i].message);
    dr_diagnostics_done(&found);
    *ret_catalogue = catalogue;
    return dr_text_take(&text);
}

static void says(const char *name, bool usable, const char *part)
{
    const struct dr_resource *resource;
    struct dr_catalogue *catalogue;
    char *said = find(name, &resource, &catalogue);
    if ((resource != NULL) != usable || !strstr(said, part))
        fail_msg("%s: %s", name, said);
    free(said);
    dr_catalogue_free(catalogue);
}

static void actions_by_name_and_path(void **state)
{
    (void)state;
    write_action("a/one.yaml", "a.one", "log:write");
    says("a.one", true, "");
    says("./a/one.yaml", true, "");
    says("a.two", false, "");
    says("../a.one", false, "");
    says("a/one", false, "");
    says("a..one", false, "");
    write_action("a/other.yaml", "a.wrong", "log:write");
    says("a.other", false, "Action.Name is \"a.wrong\", but the file's place says \"a.other\"");
    write_file("a/none.yaml", "StartAt: S\nStates: { S: { Type: Succeed } }\n");
    says("a.none", false, "used as an action and has no Action block");
}

static void circles_and_depth(void **state)
{
    (void)state;
    write_action("c/self.yaml", "c.self", "c.self");
    says("c.self", false, "reaches itself");
    write_action("c/a.yaml", "c.a", "c.b");
    write_action("c/b.yaml", "c.b", "c.a");
    says("c.a", false, "reaches itself");
    for (int i = 0; i <= DR_ACTION_DEPTH_MAX; i++) {
        char *file = dr_format("d/n%d.yaml", i), *name = dr_format("d.n%d", i);
        char *next = i == DR_ACTION_DEPTH_MAX ? dr_copy_string("log:write") : dr_format("d.n%d", i + 1);
        write_action(file, name, next);
        free(file);
        free(name);
        free(next);
    }
    says("d.n0", false, "more than 16 deep");
    says("d.n1", true, "");
}

static void arguments_are_completed(void **state)
{
    (void)state;
    write_action("a/three.yaml", "a.three", "log:write");
    const struct dr_resource *resource;
    struct dr_catalogue *catalogue;
    free(find("a.three", &resource, &catalogue));
    assert_non_null(resource);
    static const struct {
        const char *given, *expected;
    } cases[] = {
        {"{\"B\":\"x\"}", "{\"B\":\"x\",\"A\":3}"},
        {"{\"B\":\"x\",\"A\":null}", "{\"B\":\"x\",\"A\":3}"},
        {"{\"B\":null}", "Arguments.B must be a string, not null"},
        {"{}", "Arguments.B is required"},
        {"{\"B\":\"x\",\"C\":1}", "Arguments.C is not known"},
        {"5", "Arguments must be an object, not an integer"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *given = dr_json_parse(cases[i].given, strlen(cases[i].given), NULL);
        char *problem = NULL;
        json_t *arguments = dr_catalogue_arguments(catalogue, resource, given, &problem);
        struct dr_text text = {0};
        if (arguments)
            dr_text_json(&text, arguments, 1000);
        else
            dr_text_puts(&text, problem);
        assert_true(strncmp(text.bytes, cases[i].expected, strlen(cases[i].expected)) == 0);
        dr_text_done(&text);
        free(problem);
        json_decref(arguments);
        json_decref(given);
    }
    dr_catalogue_free(catalogue);
}

/* Work grows with the size of the file, not with its square: 8,000 states, each with a variable of its own, each
 * wrong. */
static void large_machines(void **state)
{
    (void)state;
    struct dr_catalogue *catalogue = dr_catalogue_new(dr_primitives());
    struct dr_text text = {0};
    dr_text_puts(&text, "{\"StartAt\":\"S0\",\"States\":{");
    for (int i = 0; i < 8000; i++)
        dr_text_printf(
            &text,
            "\"S%d\":{\"Type\":\"Pass\",\"Parameters\":{\"a.$\":\"$y%d\"},\"Assign\":{\"x%d\":1},\"Next\":\"%s%d\"},",
            i, i, i, i % 2 ? "S" : "T", i + 1);
    dr_text_puts(&text, "\"S8000\":{\"Type\":\"Succeed\"}}}");
    struct dr_diagnostics found = {0};
    clock_t started = clock();
    struct dr_program *program = dr_program_parse("large.json", text.bytes, text.size, catalogue, &found);
    dr_diagnostics_sort(&found);
    double seconds = (double)(clock() - started) / CLOCKS_PER_SEC;
    assert_null(program);
    assert_true(found.count >= 12000);
    if (seconds > 60) /* about 1 s with sanitizers */
        fail_msg("%.1f s", seconds);
    dr_diagnostics_done(&found);
    dr_text_done(&text);
    dr_catalogue_free(catalogue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(actions_by_name_and_path),
        cmocka_unit_test(circles_and_depth),
        cmocka_unit_test(arguments_are_completed),
        cmocka_unit_test(large_machines),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
