/* The SDKs' "standard" retry mode as of November 2026, as a pure state machine: whether a failed attempt is followed by
 * another, and after how long. No clock, no randomness, no network of its own.
 *
 *     struct dr_aws_quota quota = DR_AWS_QUOTA_FULL;          of one client: a service in a Region
 *     struct dr_aws_retry retry;                              of one request
 *     dr_aws_retry_begin(&retry, &quota, dr_aws_retry_rules("DynamoDB", 0));
 *     for each attempt: dr_aws_retry_next(&retry, DR_AWS_TRANSIENT, random, -1, &delay_ms), or
 *     dr_aws_retry_succeeded(&retry)
 *
 * (https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html) */
#ifndef DRRUN_PROVIDERS_AWS_CLIENT_RETRY_H
#define DRRUN_PROVIDERS_AWS_CLIENT_RETRY_H

#include <stdbool.h>
#include <stdint.h>

enum dr_aws_failure {
    DR_AWS_FINAL,     /* another attempt would fail in the same way */
    DR_AWS_TRANSIENT, /* not served this time */
    DR_AWS_THROTTLED, /* too many requests */
};

struct dr_aws_quota { /* keeps a client from adding to an outage by retrying everything */
    unsigned left;
};
#define DR_AWS_QUOTA_FULL ((struct dr_aws_quota){.left = 500})

struct dr_aws_retry_rules {
    unsigned attempts_max;                       /* in all, the first one included */
    double base_ms[DR_AWS_THROTTLED + 1];        /* by failure */
    unsigned cost[DR_AWS_THROTTLED + 1], refund; /* tokens of the quota; what a success without a retry gives back */
    double delay_ms_max;                         /* before the jitter */
    double after_more_ms_max;                    /* x-amz-retry-after may add so much to the delay */
};

/* The rules for a service by its id; `attempts_max` 0: the service's own. */
struct dr_aws_retry_rules dr_aws_retry_rules(const char *service_id, unsigned attempts_max);

struct dr_aws_retry {
    struct dr_aws_retry_rules rules;
    struct dr_aws_quota *quota; /* borrowed */
    unsigned attempt;           /* the one under way: 1 is the first */
    unsigned paid;              /* for the last retry; 0: there was none */
};

void dr_aws_retry_begin(struct dr_aws_retry *retry, struct dr_aws_quota *quota, struct dr_aws_retry_rules rules);

enum dr_aws_retry_answer {
    DR_AWS_RETRY,          /* after the delay: retry->attempt is the next one already */
    DR_AWS_RETRY_FINAL,    /* no: the failure is final */
    DR_AWS_RETRY_ATTEMPTS, /* no: that was the last attempt */
    DR_AWS_RETRY_DEADLINE, /* no: the delay would be longer than `patience_ms` */
    DR_AWS_RETRY_QUOTA,    /* no: too many retries of this client failed lately */
};

/* After a failed attempt. delay = random x min(base x 2^(attempt - 1), 20 s); with `after_ms` (the header
 * x-amz-retry-after; negative: there is none) max(delay, min(after_ms, delay + 5 s)). `random` is of [0, 1).
 * `ret_delay_ms` is set with DR_AWS_RETRY only. */
enum dr_aws_retry_answer dr_aws_retry_next(struct dr_aws_retry *retry, enum dr_aws_failure failure, double random,
                                           int64_t after_ms, int64_t patience_ms, int64_t *ret_delay_ms);

/* The request succeeded: the last retry's cost, or 1, goes back into the quota. */
void dr_aws_retry_succeeded(struct dr_aws_retry *retry);

#endif
