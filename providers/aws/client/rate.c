/* The brake of the "adaptive" retry mode: a token bucket whose rate follows a cubic curve. */
#include "providers/aws/client/rate.h"

#include <math.h>

static const double RATE_MIN = 0.5, SMOOTHING = 0.8, BUCKET_S = 0.5, BETA = 0.7, SCALE = 0.4, GROWTH_MAX = 2.0;

static void fill(struct dr_aws_rate *rate, double now_s)
{
    rate->tokens = fmin(rate->capacity_max, rate->tokens + (now_s - rate->filled_s) * rate->rate);
    rate->filled_s = now_s;
}

int64_t dr_aws_rate_wait_ms(struct dr_aws_rate *rate, int64_t now_ms)
{
    if (!rate->braking)
        return 0;
    fill(rate, (double)now_ms / 1000);
    double missing = 1 - rate->tokens;
    rate->tokens -= 1; /* below zero: the queue, in which everybody has a place */
    return missing > 0 ? (int64_t)ceil(missing / rate->rate * 1000) : 0;
}

static void measure(struct dr_aws_rate *rate, double now_s)
{
    double bucket_s = floor(now_s / BUCKET_S) * BUCKET_S;
    rate->sent++;
    if (bucket_s <= rate->bucket_s)
        return;
    rate->measured = rate->sent / (bucket_s - rate->bucket_s) * SMOOTHING + rate->measured * (1 - SMOOTHING);
    rate->sent = 0;
    rate->bucket_s = bucket_s;
}

static void set_rate(struct dr_aws_rate *rate, double wanted, double now_s)
{
    fill(rate, now_s);
    rate->rate = fmax(wanted, RATE_MIN);
    rate->capacity_max = fmax(wanted, 1);
    rate->tokens = fmin(rate->tokens, rate->capacity_max);
}

void dr_aws_rate_answer(struct dr_aws_rate *rate, bool throttled, int64_t now_ms)
{
    double now_s = (double)now_ms / 1000, wanted;
    if (!rate->begun) {
        rate->begun = true;
        rate->bucket_s = floor(now_s);
        rate->throttled_s = rate->filled_s = now_s;
        rate->rate = RATE_MIN;
        rate->capacity_max = 1;
    }
    measure(rate, now_s);
    if (throttled) {
        rate->rate_max = rate->braking ? fmin(rate->measured, rate->rate) : rate->measured;
        rate->zero_point_s = cbrt(rate->rate_max * (1 - BETA) / SCALE);
        rate->throttled_s = now_s;
        rate->braking = true;
        wanted = rate->rate_max * BETA;
    } else {
        double since_s = now_s - rate->throttled_s - rate->zero_point_s;
        wanted = SCALE * since_s * since_s * since_s + rate->rate_max;
    }
    set_rate(rate, fmin(wanted, GROWTH_MAX * rate->measured), now_s);
}
