/* The "standard" retry mode: attempts, delays, quota. */
#include "providers/aws/client/retry.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

static const struct dr_aws_retry_rules common = {
    .attempts_max = 3,
    .base_ms = {[DR_AWS_TRANSIENT] = 50, [DR_AWS_THROTTLED] = 1000},
    .cost = {[DR_AWS_TRANSIENT] = 14, [DR_AWS_THROTTLED] = 5},
    .refund = 1,
    .delay_ms_max = 20000,
    .after_more_ms_max = 5000,
};

static const struct special_service {
    const char *service_id;
    unsigned attempts_max;
    double transient_base_ms;
} specials[] = {
    {"DynamoDB", 4, 25},
    {"DynamoDB Streams", 4, 25},
};

struct dr_aws_retry_rules dr_aws_retry_rules(const char *service_id, unsigned attempts_max)
{
    struct dr_aws_retry_rules rules = common;
    for (size_t i = 0; i < sizeof specials / sizeof *specials; i++)
        if (strcmp(specials[i].service_id, service_id) == 0) {
            rules.attempts_max = specials[i].attempts_max;
            rules.base_ms[DR_AWS_TRANSIENT] = specials[i].transient_base_ms;
        }
    if (attempts_max > 0)
        rules.attempts_max = attempts_max;
    return rules;
}

void dr_aws_retry_begin(struct dr_aws_retry *retry, struct dr_aws_quota *quota, struct dr_aws_retry_rules rules)
{
    *retry = (struct dr_aws_retry){.rules = rules, .quota = quota, .attempt = 1};
}

static int64_t find_delay_ms(const struct dr_aws_retry *retry, enum dr_aws_failure failure, double random,
                             int64_t after_ms)
{
    double ceiling_ms = retry->rules.base_ms[failure];
    for (unsigned i = 1; i < retry->attempt && ceiling_ms < retry->rules.delay_ms_max; i++)
        ceiling_ms *= 2;
    if (ceiling_ms > retry->rules.delay_ms_max)
        ceiling_ms = retry->rules.delay_ms_max;
    double delay_ms = random * ceiling_ms;
    if (after_ms >= 0) {
        double after = (double)after_ms, most = delay_ms + retry->rules.after_more_ms_max;
        if (after > most)
            after = most;
        if (after > delay_ms)
            delay_ms = after;
    }
    return (int64_t)(delay_ms + 0.5);
}

enum dr_aws_retry_answer dr_aws_retry_next(struct dr_aws_retry *retry, enum dr_aws_failure failure, double random,
                                           int64_t after_ms, int64_t patience_ms, int64_t *ret_delay_ms)
{
    assert(random >= 0 && random < 1);
    if (failure == DR_AWS_FINAL)
        return DR_AWS_RETRY_FINAL;
    if (retry->attempt >= retry->rules.attempts_max)
        return DR_AWS_RETRY_ATTEMPTS;
    int64_t delay_ms = find_delay_ms(retry, failure, random, after_ms);
    if (delay_ms >= patience_ms)
        return DR_AWS_RETRY_DEADLINE;
    if (retry->quota->left < retry->rules.cost[failure])
        return DR_AWS_RETRY_QUOTA;
    retry->quota->left -= retry->paid = retry->rules.cost[failure];
    retry->attempt++;
    *ret_delay_ms = delay_ms;
    return DR_AWS_RETRY;
}

void dr_aws_retry_succeeded(struct dr_aws_retry *retry)
{
    unsigned left = retry->quota->left + (retry->paid ? retry->paid : retry->rules.refund);
    retry->quota->left = left < DR_AWS_QUOTA_FULL.left ? left : DR_AWS_QUOTA_FULL.left;
    retry->paid = 0;
}
