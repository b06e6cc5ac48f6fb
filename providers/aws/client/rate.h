/* The "adaptive" retry mode's brake: once a client was throttled, it sends no faster than the service seems to take,
 * and slowly tries more (CUBIC). Pure; times are seconds.
 * (https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html) */
#ifndef DRRUN_PROVIDERS_AWS_CLIENT_RATE_H
#define DRRUN_PROVIDERS_AWS_CLIENT_RATE_H

#include <stdbool.h>
#include <stdint.h>

struct dr_aws_rate { /* zero-initialise */
    bool begun, braking;
    double rate, capacity_max, tokens, filled_s; /* the bucket: requests a second */
    double measured, bucket_s;                   /* how fast we have been sending */
    unsigned sent;                               /* since bucket_s */
    double rate_max, zero_point_s, throttled_s;  /* the curve */
};

/* A request wants to leave: how long it must wait first, in milliseconds; its place is taken. */
int64_t dr_aws_rate_wait_ms(struct dr_aws_rate *rate, int64_t now_ms);
/* An answer came. */
void dr_aws_rate_answer(struct dr_aws_rate *rate, bool throttled, int64_t now_ms);

#endif
