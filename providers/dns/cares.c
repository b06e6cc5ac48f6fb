#include "providers/dns/cares.h"

#include "interpreter/base/text.h"
#include "providers/library.h"

#include <assert.h>

static const char *const names[] = {
#define LIBRARY_FUNCTION(name) #name,
#include "providers/dns/cares.def"
#undef LIBRARY_FUNCTION
};
static_assert(sizeof(struct dr_cares) == sizeof names, "one pointer a name, in the same order");

static bool load(struct dr_cares *functions, char **ret_problem)
{
    if (!dr_library_load("libcares.so.2", names, sizeof names / sizeof *names, functions, ret_problem))
        return false;
    int status = functions->ares_library_init(ARES_LIB_INIT_ALL);
    if (status != ARES_SUCCESS)
        *ret_problem = dr_format("libcares.so.2 cannot be initialised: %s", functions->ares_strerror(status));
    return status == ARES_SUCCESS;
}

const struct dr_cares *dr_cares(const char **ret_problem)
{
    static struct dr_cares functions;
    static bool loaded;
    static char *problem; /* remembered: a library that is missing stays missing */
    if (!loaded && !problem)
        loaded = load(&functions, &problem);
    if (!loaded)
        *ret_problem = problem;
    return loaded ? &functions : NULL;
}
