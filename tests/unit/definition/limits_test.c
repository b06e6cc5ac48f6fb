/* How much a definition may be: at each limit it loads, one past it is refused. */
#include "interpreter/base/limits.h"
#include "interpreter/base/text.h"
#include "interpreter/definition/definition.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A machine of `count` states, each with the next. */
static char *make_chain(unsigned count)
{
    struct dr_text text = {0};
    dr_text_puts(&text, "{\"StartAt\":\"0\",\"States\":{");
    for (unsigned i = 0; i + 1 < count; i++)
        dr_text_printf(&text, "\"%u\":{\"Type\":\"Pass\",\"Next\":\"%u\"},", i, i + 1);
    dr_text_printf(&text, "\"%u\":{\"Type\":\"Succeed\"}}}", count - 1);
    return dr_text_take(&text);
}

static bool loads(const char *path, const char *text, const char *complaint)
{
    static const struct dr_resource *const none[] = {NULL};
    struct dr_catalogue *catalogue = dr_catalogue_new(none);
    json_t *files = text ? json_pack("{s:s}", path, text) : NULL;
    struct dr_diagnostics found = {0};
    struct dr_program *program =
        text ? dr_program_from_files(path, files, catalogue, &found) : dr_program_load(path, catalogue, &found);
    bool loaded = program, complained = false;
    for (size_t i = 0; i < found.count; i++)
        complained |= strstr(found.items[i].message, complaint) != NULL;
    assert_int_equal(complained, !loaded);
    dr_program_free(program);
    dr_diagnostics_done(&found);
    dr_catalogue_free(catalogue);
    json_decref(files);
    return loaded;
}

static void a_machine_has_at_most_so_many_states(void **state)
{
    (void)state;
    for (unsigned more = 0; more <= 1; more++) {
        char *text = make_chain(DR_STATES_MAX + more), *limit = dr_format("%d", DR_STATES_MAX);
        assert_int_equal(loads("machine.json", text, limit), more == 0);
        free(text);
        free(limit);
    }
}

/* a1 calls a2 calls a3 ... */
static void actions_call_one_another_at_most_so_deep(void **state)
{
    (void)state;
    char folder[] = "/tmp/drrun-limits-test-XXXXXX";
    assert_non_null(mkdtemp(folder));
    for (unsigned more = 0; more <= 1; more++) {
        unsigned last = DR_ACTION_DEPTH_MAX + more;
        for (unsigned i = 0; i <= last; i++) { /* 0 is the runbook */
            char *path = dr_format("%s/a%u.yaml", folder, i);
            FILE *file = fopen(path, "w");
            assert_non_null(file);
            if (i > 0)
                fprintf(file, "Action: { Name: a%u, Summary: One of a chain., Effect: Read }\n", i);
            if (i < last)
                fprintf(file, "StartAt: S\nStates: { S: { Type: Task, Resource: ./a%u.yaml, End: true } }\n", i + 1);
            else
                fputs("StartAt: S\nStates: { S: { Type: Succeed } }\n", file);
            fclose(file);
            free(path);
        }
        char *runbook = dr_format("%s/a0.yaml", folder), *limit = dr_format("more than %d deep", DR_ACTION_DEPTH_MAX);
        assert_int_equal(loads(runbook, NULL, limit), more == 0);
        free(runbook);
        free(limit);
        for (unsigned i = 0; i <= last; i++) {
            char *path = dr_format("%s/a%u.yaml", folder, i);
            unlink(path);
            free(path);
        }
    }
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_machine_has_at_most_so_many_states),
        cmocka_unit_test(actions_call_one_another_at_most_so_deep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
