#include "interpreter/command/look.h"

#include "interpreter/runtime/virtual.h"

#include <stdlib.h>

static bool any(const json_t *first, const json_t *last)
{
    (void)last;
    return first != NULL;
}

int dr_look_open(struct dr_look *look, const char *word, const struct dr_observer *observer)
{
    struct dr_problem problem = {0};
    struct dr_journal *journal = NULL;
    look->store = dr_open_store(false);
    if (!look->store)
        return DR_EXIT_SYSTEM;
    look->id = dr_find_execution(look->store, word, any, "recorded");
    if (!look->id)
        return DR_EXIT_USAGE;
    if (!dr_journal_view(look->store, look->id, &journal, &problem))
        return dr_complain_problem(&problem);
    look->catalogue = dr_open_catalogue();
    look->runtime = dr_runtime_virtual_new(0, 0);
    look->execution =
        dr_execution_new(&(struct dr_execution_options){.store = look->store,
                                                        .journal = journal,
                                                        .runtime = look->runtime,
                                                        .catalogue = look->catalogue,
                                                        .observer = observer ? *observer : (struct dr_observer){0}});
    if (!dr_execution_replay(look->execution, observer ? DR_REPLAY_OBSERVED : DR_REPLAY_QUICK, &problem))
        return dr_complain_problem(&problem);
    return -1;
}

void dr_look_close(struct dr_look *look)
{
    dr_execution_free(look->execution);
    dr_catalogue_free(look->catalogue);
    if (look->runtime)
        look->runtime->ops->free(look->runtime);
    dr_store_free(look->store);
    free(look->id);
}
