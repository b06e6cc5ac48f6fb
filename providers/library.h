/* Shared libraries that are loaded when a task first needs them, because linking them would cost every run their
 * start-up time.
 *
 * A library is described by a .def file of LIBRARY_FUNCTION(name) rows. Its header turns them into a struct of function
 * pointers, its .c into the list of their names in the same order (providers/postgres/libpq.h is the example):
 *
 *     static struct dr_libpq functions;
 *     if (!dr_library_load("libpq.so.5", names, count, &functions, &problem)) ...
 */
#ifndef DRRUN_PROVIDERS_LIBRARY_H
#define DRRUN_PROVIDERS_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

/* Fills `functions`, a struct of `count` function pointers, in the order of `names`. False if the library or one of the
 * functions is not there; `ret_problem` (owned by the caller) then says which. The library stays loaded until the
 * process ends. */
bool dr_library_load(const char *file, const char *const *names, size_t count, void *functions, char **ret_problem)
    __attribute__((warn_unused_result));

#endif
