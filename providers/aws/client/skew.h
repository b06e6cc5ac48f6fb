/* How far the servers' clocks are from ours, by host: learned from the Date header of an answer that refuses a
 * signature for its time. A machine whose clock is wrong can still recover a Region. */
#ifndef DRRUN_PROVIDERS_AWS_CLIENT_SKEW_H
#define DRRUN_PROVIDERS_AWS_CLIENT_SKEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dr_aws_skews { /* zero-initialise */
    struct dr_aws_skew *items;
    size_t count;
};

/* The server's time for our `now_ms`. */
int64_t dr_aws_skew_time(const struct dr_aws_skews *skews, const char *host, int64_t now_ms);

/* The same for a host that will not tell: if nothing is known of it, what another host taught, since it is mostly our
 * own clock that is wrong. */
int64_t dr_aws_skew_guess(const struct dr_aws_skews *skews, const char *host, int64_t now_ms);

/* The answer of `host` to a request that was signed with `signed_ms` came at `now_ms` with this Date header (NULL:
 * none). true: it differs from `signed_ms` by `least_ms` or more, and is remembered. */
bool dr_aws_skew_learn(struct dr_aws_skews *skews, const char *host, const char *date, int64_t signed_ms,
                       int64_t now_ms, int64_t least_ms);

void dr_aws_skews_done(struct dr_aws_skews *skews);

/* "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7, IMF-fixdate; its obsolete forms are not accepted). */
bool dr_aws_http_date(const char *text, int64_t *ret_time_ms);

#endif
