/* One c-ares channel driven by the runtime: its sockets are watched, its time-outs are a timer. No state is shared
 * between channels, so nothing is cached from one call to the next.
 *
 *     struct dr_resolver *resolver = dr_resolver_new(runtime, &options, after_each_turn, me, &problem);
 *     dr_cares(...)->ares_query(dr_resolver_channel(resolver), ..., answered, me);
 *     dr_resolver_go(resolver);       the answer may be there already: look
 *     ...                             after_each_turn(me): answered() may have been called; here, and only here, the
 * resolver may be freed dr_resolver_free(resolver);     calls answered() with ARES_EDESTRUCTION if the query is still
 * under way
 */
#ifndef DRRUN_PROVIDERS_DNS_RESOLVER_H
#define DRRUN_PROVIDERS_DNS_RESOLVER_H

#include "interpreter/base/runtime.h"
#include "providers/dns/cares.h"

struct dr_resolver;

struct dr_resolver_options {
    const char *servers; /* "192.0.2.1:53,[2001:db8::1]:53"; NULL: the system's (/etc/resolv.conf) */
    bool tcp;            /* do not try UDP first */
    bool first_answer;   /* SERVFAIL and REFUSED are answers too: the next server is not asked */
    int64_t timeout_ms;  /* for all tries together */
    int tries;           /* for each server */
};

/* NULL if c-ares is missing or refuses the options; `ret_problem` (owned by the caller) says why. `turn` is called
 * after each time that c-ares has been at work, from a runtime callback. */
struct dr_resolver *dr_resolver_new(struct dr_runtime *runtime, const struct dr_resolver_options *options,
                                    void (*turn)(void *data), void *data, char **ret_problem)
    __attribute__((warn_unused_result));
ares_channel dr_resolver_channel(const struct dr_resolver *resolver);
/* After a query was started: arms the timer. */
void dr_resolver_go(struct dr_resolver *resolver);
void dr_resolver_free(struct dr_resolver *resolver); /* NULL is fine */

#endif
