/* How many items a Map may have. Only the decision is made: branches come with the engine. */
#include "interpreter/base/limits.h"
#include "interpreter/states/state_type.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static const char machine[] =
    "{\"StartAt\":\"Each\",\"States\":{\"Each\":{\"Type\":\"Map\",\"End\":true,\"ItemProcessor\":"
    "{\"StartAt\":\"One\",\"States\":{\"One\":{\"Type\":\"Pass\",\"End\":true}}}}}}";

static void a_map_has_so_many_items_and_no_more(void **state)
{
    (void)state;
    static const struct dr_resource *const none[] = {NULL};
    struct dr_catalogue *catalogue = dr_catalogue_new(none);
    json_t *files = json_pack("{s:s}", "machine.json", machine);
    struct dr_diagnostics found = {0};
    struct dr_program *program = dr_program_from_files("machine.json", files, catalogue, &found);
    assert_non_null(program);
    json_t *items = json_array();
    for (size_t i = 0; i < DR_MAP_ITEMS_MAX; i++)
        json_array_append_new(items, json_null());
    for (unsigned more = 0; more <= 1; more++) {
        struct dr_moment moment = {.state = program->machine->start, .input = items, .view = {.input = items}};
        struct dr_decision decision = {0};
        dr_state_types[DR_MAP]->enter(&moment, &decision);
        assert_int_equal(decision.kind, more == 0 ? DR_DECIDE_FORK : DR_DECIDE_FAIL);
        if (more)
            assert_non_null(strstr(decision.error.cause, "maximum of 10000000"));
        dr_decision_done(&decision);
        json_array_append_new(items, json_null());
    }
    json_decref(items);
    dr_program_free(program);
    dr_diagnostics_done(&found);
    dr_catalogue_free(catalogue);
    json_decref(files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_map_has_so_many_items_and_no_more)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
