#include "providers/postgres/libpq.h"

#include "providers/library.h"

#include <assert.h>

static const char *const names[] = {
#define LIBRARY_FUNCTION(name) #name,
#include "providers/postgres/libpq.def"
#undef LIBRARY_FUNCTION
};
static_assert(sizeof(struct dr_libpq) == sizeof names, "one pointer a name, in the same order");

const struct dr_libpq *dr_libpq(const char **ret_problem)
{
    static struct dr_libpq functions;
    static bool loaded;
    static char *problem; /* remembered: a library that is missing stays missing */
    if (!loaded && !problem)
        loaded = dr_library_load("libpq.so.5", names, sizeof names / sizeof *names, &functions, &problem);
    if (!loaded)
        *ret_problem = problem;
    return loaded ? &functions : NULL;
}
