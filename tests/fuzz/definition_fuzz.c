/* Definitions: any text gives a program or complaints, and a program without errors is whole. */
#include "tests/fuzz/target.h"

#include "interpreter/base/text.h"
#include "interpreter/definition/definition.h"
#include "providers/provider.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* What the engine relies on. */
static void check_machine(const struct dr_machine *machine)
{
    assert(machine && machine->start && machine->count > 0);
    for (size_t i = 0; i < machine->count; i++) {
        const struct dr_state *state = machine->states[i];
        assert(state->index == i && state->machine == machine);
        assert(dr_machine_state(machine, state->name, strlen(state->name)) == state);
        for (size_t j = 0; j < state->catcher_count; j++)
            assert(state->catchers[j].next && state->catchers[j].error_count > 0);
        if (state->kind == DR_CHOICE)
            for (size_t j = 0; j < state->choice.count; j++)
                assert(state->choice.rules[j].test && state->choice.rules[j].next);
        if (state->kind == DR_TASK)
            assert(state->task.resource_text);
        if (state->kind == DR_PARALLEL)
            for (size_t j = 0; j < state->parallel.count; j++)
                check_machine(state->parallel.branches[j]);
        if (state->kind == DR_MAP)
            check_machine(state->map.processor);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct dr_catalogue *catalogue; /* of primitives only: no file is read */
    if (catalogue == NULL)
        catalogue = dr_catalogue_new(dr_primitives());
    json_t *files = json_object();
    if (json_object_set_new(files, "fuzz.yaml", json_stringn((const char *)bytes, size)) == 0) {
        struct dr_diagnostics found = {0};
        struct dr_program *program = dr_program_from_files("fuzz.yaml", files, catalogue, &found);
        assert((program == NULL) == (found.errors > 0));
        if (program)
            check_machine(program->machine);
        struct dr_text text = {0};
        dr_diagnostics_sort(&found);
        for (size_t i = 0; i < found.count && i < 20; i++)
            dr_diagnostic_render(&text, &found.items[i], false);
        dr_text_done(&text);
        dr_diagnostics_done(&found);
        dr_program_free(program);
    }
    json_decref(files);
    return 0;
}
