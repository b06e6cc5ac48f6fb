/* libpq, loaded on first use: `dr_libpq(&problem)->PQstatus(connection)`. */
#ifndef DRRUN_PROVIDERS_POSTGRES_LIBPQ_H
#define DRRUN_PROVIDERS_POSTGRES_LIBPQ_H

#include <libpq-fe.h>

struct dr_libpq {
#define LIBRARY_FUNCTION(name) __typeof__(name) *name;
#include "providers/postgres/libpq.def"
#undef LIBRARY_FUNCTION
};

/* Its functions; NULL if it cannot be loaded, and `ret_problem` (borrowed, static) says why. */
const struct dr_libpq *dr_libpq(const char **ret_problem) __attribute__((warn_unused_result));

#endif
