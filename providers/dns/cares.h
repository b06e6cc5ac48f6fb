/* c-ares, loaded on first use: `dr_cares(&problem)->ares_query(...)`. */
#ifndef DRRUN_PROVIDERS_DNS_CARES_H
#define DRRUN_PROVIDERS_DNS_CARES_H

/* Later versions deprecate what Debian 12's version has nothing better for. */
#define CARES_NO_DEPRECATED
#include <ares.h>

struct dr_cares {
#define LIBRARY_FUNCTION(name) __typeof__(name) *name;
#include "providers/dns/cares.def"
#undef LIBRARY_FUNCTION
};

/* Its functions, the library initialised; NULL if it cannot be loaded, and `ret_problem` (borrowed, static) says why.
 */
const struct dr_cares *dr_cares(const char **ret_problem) __attribute__((warn_unused_result));

#endif
