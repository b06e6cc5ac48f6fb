/* The standard retry mode, number by number; which errors are retried; the clocks' skew. */
#include "providers/aws/client/judge.h"
#include "providers/aws/client/rate.h"
#include "providers/aws/client/retry.h"
#include "providers/aws/client/skew.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const double almost_one = 0x1.fffffffffffffp-1;

static void attempts_by_service(void **state)
{
    (void)state;
    static const struct {
        const char *service_id;
        unsigned configured, expected;
    } rows[] = {{"RDS", 0, 3},      {"DynamoDB", 0, 4}, {"DynamoDB Streams", 0, 4}, {"RDS", 1, 1},
                {"DynamoDB", 2, 2}, {"RDS", 10, 10},    {"DynamoDB", 7, 7}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct dr_aws_quota quota = DR_AWS_QUOTA_FULL;
        struct dr_aws_retry retry;
        dr_aws_retry_begin(&retry, &quota, dr_aws_retry_rules(rows[i].service_id, rows[i].configured));
        unsigned attempts = 1;
        int64_t delay_ms;
        while (dr_aws_retry_next(&retry, DR_AWS_TRANSIENT, 0.5, -1, INT64_MAX, &delay_ms) == DR_AWS_RETRY)
            attempts++;
        assert_int_equal(attempts, rows[i].expected);
        assert_int_equal(dr_aws_retry_next(&retry, DR_AWS_TRANSIENT, 0.5, -1, INT64_MAX, &delay_ms),
                         DR_AWS_RETRY_ATTEMPTS);
    }
}

static void delays(void **state)
{
    (void)state;
    static const struct {
        const char *service_id;
        enum dr_aws_failure failure;
        unsigned attempt; /* that failed */
        double random;
        int64_t after_ms, expected_ms;
    } rows[] = {
        {"RDS", DR_AWS_TRANSIENT, 1, 0, -1, 0},
        {"RDS", DR_AWS_TRANSIENT, 1, 0.5, -1, 25},
        {"RDS", DR_AWS_TRANSIENT, 1, almost_one, -1, 50},
        {"RDS", DR_AWS_TRANSIENT, 2, 0.5, -1, 50},
        {"RDS", DR_AWS_TRANSIENT, 3, 0.5, -1, 100},
        {"RDS", DR_AWS_TRANSIENT, 9, almost_one, -1, 12800},
        {"RDS", DR_AWS_TRANSIENT, 10, almost_one, -1, 20000}, /* 25.6 s are too long; the limit is before the jitter */
        {"RDS", DR_AWS_TRANSIENT, 10, 0.5, -1, 10000},
        {"RDS", DR_AWS_TRANSIENT, 90, 0.5, -1, 10000},
        {"RDS", DR_AWS_THROTTLED, 1, 0.5, -1, 500},
        {"RDS", DR_AWS_THROTTLED, 2, 0.5, -1, 1000},
        {"RDS", DR_AWS_THROTTLED, 5, 0.5, -1, 8000},
        {"RDS", DR_AWS_THROTTLED, 6, 0.5, -1, 10000},
        {"DynamoDB", DR_AWS_TRANSIENT, 1, almost_one, -1, 25},
        {"DynamoDB", DR_AWS_TRANSIENT, 3, almost_one, -1, 100},
        {"DynamoDB", DR_AWS_THROTTLED, 1, almost_one, -1, 1000},
        /* x-amz-retry-after */
        {"RDS", DR_AWS_TRANSIENT, 1, 0.5, 0, 25}, /* never shorter */
        {"RDS", DR_AWS_TRANSIENT, 1, 0.5, 10, 25},
        {"RDS", DR_AWS_TRANSIENT, 1, 0.5, 1500, 1500}, /* as it asks */
        {"RDS", DR_AWS_TRANSIENT, 1, 0.5, 5025, 5025}, /* at most 5 s more */
        {"RDS", DR_AWS_TRANSIENT, 1, 0.5, 5026, 5025},
        {"RDS", DR_AWS_THROTTLED, 2, 0.5, 3600000, 6000},
        {"RDS", DR_AWS_THROTTLED, 2, 0.5, INT64_MAX, 6000},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct dr_aws_quota quota = DR_AWS_QUOTA_FULL;
        struct dr_aws_retry retry;
        dr_aws_retry_begin(&retry, &quota, dr_aws_retry_rules(rows[i].service_id, 100));
        int64_t delay_ms = -1;
        for (unsigned attempt = 1; attempt < rows[i].attempt; attempt++, quota = DR_AWS_QUOTA_FULL)
            assert_int_equal(dr_aws_retry_next(&retry, rows[i].failure, 0, -1, INT64_MAX, &delay_ms), DR_AWS_RETRY);
        assert_int_equal(
            dr_aws_retry_next(&retry, rows[i].failure, rows[i].random, rows[i].after_ms, INT64_MAX, &delay_ms),
            DR_AWS_RETRY);
        assert_int_equal(delay_ms, rows[i].expected_ms);
        assert_int_equal(retry.attempt, rows[i].attempt + 1);
    }
}

static void quota_is_paid_and_given_back(void **state)
{
    (void)state;
    struct dr_aws_quota quota = DR_AWS_QUOTA_FULL;
    struct dr_aws_retry retry;
    int64_t delay_ms;
    assert_int_equal(quota.left, 500);
    dr_aws_retry_begin(&retry, &quota, dr_aws_retry_rules("RDS", 1000));
    dr_aws_retry_succeeded(&retry);
    assert_int_equal(quota.left, 500); /* never more than it was made with */
    dr_aws_retry_next(&retry, DR_AWS_TRANSIENT, 0, -1, INT64_MAX, &delay_ms);
    assert_int_equal(quota.left, 486);
    dr_aws_retry_next(&retry, DR_AWS_THROTTLED, 0, -1, INT64_MAX, &delay_ms);
    assert_int_equal(quota.left, 481);
    dr_aws_retry_succeeded(&retry);
    assert_int_equal(quota.left, 486); /* the last retry's cost */
    dr_aws_retry_begin(&retry, &quota, dr_aws_retry_rules("RDS", 1000));
    dr_aws_retry_succeeded(&retry);
    assert_int_equal(quota.left, 487); /* a success at once gives 1 */
    dr_aws_retry_begin(&retry, &quota, dr_aws_retry_rules("RDS", 1000));
    for (unsigned left = 487; left >= 14; left -= 14)
        assert_int_equal(dr_aws_retry_next(&retry, DR_AWS_TRANSIENT, 0, -1, INT64_MAX, &delay_ms), DR_AWS_RETRY);
    assert_int_equal(quota.left, 487 % 14);
    assert_int_equal(dr_aws_retry_next(&retry, DR_AWS_TRANSIENT, 0, -1, INT64_MAX, &delay_ms), DR_AWS_RETRY_QUOTA);
    assert_int_equal(dr_aws_retry_next(&retry, DR_AWS_THROTTLED, 0, -1, INT64_MAX, &delay_ms), DR_AWS_RETRY);
    assert_int_equal(quota.left, 487 % 14 - 5);
}

static void refusals_cost_nothing(void **state)
{
    (void)state;
    struct dr_aws_quota quota = DR_AWS_QUOTA_FULL;
    struct dr_aws_retry retry;
    int64_t delay_ms = 4711;
    dr_aws_retry_begin(&retry, &quota, dr_aws_retry_rules("RDS", 0));
    assert_int_equal(dr_aws_retry_next(&retry, DR_AWS_FINAL, 0, -1, INT64_MAX, &delay_ms), DR_AWS_RETRY_FINAL);
    assert_int_equal(dr_aws_retry_next(&retry, DR_AWS_THROTTLED, 0.5, -1, 500, &delay_ms), DR_AWS_RETRY_DEADLINE);
    assert_int_equal(dr_aws_retry_next(&retry, DR_AWS_THROTTLED, 0, -1, 0, &delay_ms), DR_AWS_RETRY_DEADLINE);
    assert_int_equal(quota.left, 500);
    assert_int_equal(retry.attempt, 1);
    assert_int_equal(delay_ms, 4711);
    assert_int_equal(dr_aws_retry_next(&retry, DR_AWS_THROTTLED, 0.5, -1, 501, &delay_ms), DR_AWS_RETRY);
}

static void errors_are_told_apart(void **state)
{
    (void)state;
    static char rds[] = "RDS", sts[] = "STS";
    static const struct dr_aws_shape retryable = {.is_retryable = true},
                                     throttling = {.is_retryable = true, .is_throttling = true}, plain = {0};
    static const struct {
        const char *service_id, *code;
        int status;
        const struct dr_aws_shape *shape;
        bool foreign; /* not the bytes of an AWS service */
        enum dr_aws_failure failure;
        enum dr_aws_cure cure;
        bool unknown;
    } rows[] = {
        {rds, "RequestTimeout", 400, NULL, false, DR_AWS_TRANSIENT, 0, false},
        {rds, "RequestTimeoutException", 408, NULL, false, DR_AWS_TRANSIENT, 0, false},
        {rds, "PriorRequestNotComplete", 400, NULL, false, DR_AWS_TRANSIENT, 0, false},
        {sts, "IDPCommunicationError", 400, NULL, false, DR_AWS_TRANSIENT, 0, false},
        {rds, "IDPCommunicationError", 400, NULL, false, DR_AWS_FINAL, 0, false},
        {rds, "Throttling", 400, NULL, false, DR_AWS_THROTTLED, 0, false},
        {rds, "ThrottlingException", 400, NULL, false, DR_AWS_THROTTLED, 0, false},
        {rds, "ThrottledException", 400, NULL, false, DR_AWS_THROTTLED, 0, false},
        {rds, "RequestThrottledException", 400, NULL, false, DR_AWS_THROTTLED, 0, false},
        {rds, "RequestThrottled", 400, NULL, false, DR_AWS_THROTTLED, 0, false},
        {rds, "TooManyRequestsException", 429, NULL, false, DR_AWS_THROTTLED, 0, false},
        {rds, "ProvisionedThroughputExceededException", 400, NULL, false, DR_AWS_THROTTLED, 0, false},
        {rds, "TransactionInProgressException", 400, NULL, false, DR_AWS_THROTTLED, 0, false},
        {rds, "RequestLimitExceeded", 503, NULL, false, DR_AWS_THROTTLED, 0, false},
        {rds, "BandwidthLimitExceeded", 503, NULL, false, DR_AWS_THROTTLED, 0, false},
        {rds, "LimitExceededException", 400, NULL, false, DR_AWS_THROTTLED, 0, false},
        {rds, "SlowDown", 503, NULL, false, DR_AWS_THROTTLED, 0, false}, /* the code counts before the status */
        {rds, "EC2ThrottledException", 502, NULL, false, DR_AWS_THROTTLED, 0, false},
        {rds, "Busy", 400, &retryable, false, DR_AWS_TRANSIENT, 0, false},
        {rds, "Busy", 400, &throttling, false, DR_AWS_THROTTLED, 0, false},
        {rds, "Busy", 400, &plain, false, DR_AWS_FINAL, 0, false},
        {rds, "InternalFailure", 500, NULL, false, DR_AWS_TRANSIENT, 0, false},
        {rds, "BadGateway", 502, NULL, false, DR_AWS_TRANSIENT, 0, false},
        {rds, "ServiceUnavailable", 503, NULL, false, DR_AWS_TRANSIENT, 0, false},
        {rds, "GatewayTimeout", 504, NULL, false, DR_AWS_TRANSIENT, 0, false},
        {rds, "", 500, NULL, true, DR_AWS_TRANSIENT, 0, true},
        {rds, "", 502, NULL, true, DR_AWS_TRANSIENT, 0, true},
        {rds, "", 503, NULL, true, DR_AWS_TRANSIENT, 0, false},
        {rds, "", 504, NULL, true, DR_AWS_TRANSIENT, 0, true},
        {rds, "500", 500, NULL, false, DR_AWS_TRANSIENT, 0, true}, /* the status, because there is no code */
        {rds, "504", 504, NULL, true, DR_AWS_TRANSIENT, 0, true},
        {rds, "", 429, NULL, true, DR_AWS_THROTTLED, 0, false},
        {rds, "", 520, NULL, true, DR_AWS_FINAL, 0, true},
        {rds, "NotImplemented", 501, NULL, false, DR_AWS_FINAL, 0, false},
        {rds, "", 501, NULL, true, DR_AWS_FINAL, 0, true},
        {rds, "", 403, NULL, true, DR_AWS_FINAL, 0, false},
        {rds, "DBInstanceNotFound", 404, NULL, false, DR_AWS_FINAL, 0, false},
        {rds, "RequestTimeTooSkewed", 403, NULL, false, DR_AWS_FINAL, DR_AWS_CURE_CLOCK, false},
        {rds, "RequestInTheFuture", 400, NULL, false, DR_AWS_FINAL, DR_AWS_CURE_CLOCK, false},
        {rds, "RequestExpired", 400, NULL, false, DR_AWS_FINAL, DR_AWS_CURE_CLOCK_OR_RENEW, false},
        {rds, "SignatureDoesNotMatch", 403, NULL, false, DR_AWS_FINAL, DR_AWS_CURE_PERHAPS_CLOCK, false},
        {rds, "InvalidSignatureException", 403, NULL, false, DR_AWS_FINAL, DR_AWS_CURE_PERHAPS_CLOCK, false},
        {rds, "AuthFailure", 401, NULL, false, DR_AWS_FINAL, DR_AWS_CURE_PERHAPS_CLOCK, false},
        {rds, "ExpiredToken", 403, NULL, false, DR_AWS_FINAL, DR_AWS_CURE_RENEW, false},
        {rds, "ExpiredTokenException", 400, NULL, false, DR_AWS_FINAL, DR_AWS_CURE_RENEW, false},
        {rds, "TokenRefreshRequired", 400, NULL, false, DR_AWS_FINAL, DR_AWS_CURE_RENEW, false},
        {rds, "throttling", 400, NULL, false, DR_AWS_FINAL, 0, false}, /* codes are exact */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char code[64];
        strcpy(code, rows[i].code);
        struct dr_aws_model model = {.service_id = rows[i].service_id};
        struct dr_aws_error error = {
            .code = code, .status = rows[i].status, .shape = rows[i].shape, .is_modelled_answer = !rows[i].foreign};
        struct dr_aws_judgement judgement = dr_aws_judge_error(&model, &error);
        if (judgement.failure != rows[i].failure || judgement.cure != rows[i].cure ||
            judgement.unknown != rows[i].unknown)
            fail_msg("%s, status %d: failure %d, cure %d, unknown %d", rows[i].code, rows[i].status,
                     (int)judgement.failure, (int)judgement.cure, (int)judgement.unknown);
    }
}

static void silence_is_told_apart(void **state)
{
    (void)state;
    static const struct {
        enum dr_reach reach;
        bool cut;
        struct dr_aws_judgement expected;
    } rows[] = {
        {DR_REACH_NOTHING, false, {.failure = DR_AWS_TRANSIENT}},
        {DR_REACH_SENT, false, {.failure = DR_AWS_TRANSIENT, .unknown = true}},
        {DR_REACH_SENT, true, {.failure = DR_AWS_FINAL, .unknown = true}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct dr_aws_judgement judgement =
            dr_aws_judge_silence(&(struct dr_http_response){.reach = rows[i].reach, .cut = rows[i].cut});
        assert_int_equal(judgement.failure, rows[i].expected.failure);
        assert_int_equal(judgement.unknown, rows[i].expected.unknown);
        assert_int_equal(judgement.cure, DR_AWS_CURE_NONE);
    }
}

/* The numbers are those of botocore's ClientRateLimiter, rounded up to whole milliseconds. */
static void the_adaptive_brake_is_botocores(void **state)
{
    (void)state;
    static const struct {
        bool throttled;
        int64_t wait_ms;
        double rate; /* afterwards */
    } rows[] = {{true, 0, 0.5},       {false, 2000, 1.6},   {false, 625, 3.52},   {false, 285, 3.52},
                {false, 284, 7.104},  {false, 141, 7.104},  {true, 141, 2.4864},  {true, 400, 1.7405},
                {false, 575, 2.3735}, {false, 421, 2.4812}, {false, 403, 2.4883}, {false, 402, 2.5605}};
    struct dr_aws_rate rate = {0};
    int64_t now_ms = 1000000;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t wait_ms = dr_aws_rate_wait_ms(&rate, now_ms);
        assert_int_equal(wait_ms, rows[i].wait_ms);
        now_ms += wait_ms;
        dr_aws_rate_answer(&rate, rows[i].throttled, now_ms);
        assert_true(rate.rate > rows[i].rate - 0.0001 && rate.rate < rows[i].rate + 0.0001);
    }
    rate = (struct dr_aws_rate){0};
    for (int i = 0; i < 1000; i++, now_ms += 3) { /* without throttling there is no brake */
        assert_int_equal(dr_aws_rate_wait_ms(&rate, now_ms), 0);
        dr_aws_rate_answer(&rate, false, now_ms);
    }
}

static void dates_of_http(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t expected_ms; /* -1: none */
    } rows[] = {
        {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777000},
        {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
        {"Sat, 21 Nov 2026 16:10:55 GMT", 1795277455000},
        {"Tue, 29 Feb 2028 23:59:60 GMT", 1835481600000},
        {"", -1},
        {"Sunday, 06-Nov-94 08:49:37 GMT", -1},
        {"Sun Nov  6 08:49:37 1994", -1},
        {"Sun, 06 Nov 1994 08:49:37 CET", -1},
        {"Sun, 06 Foo 1994 08:49:37 GMT", -1},
        {"Sun, 6  Nov 1994 08:49:37 GMT", -1},
        {"Sun, 00 Nov 1994 08:49:37 GMT", -1},
        {"Sun, 32 Nov 1994 08:49:37 GMT", -1},
        {"Sun, 06 Nov 1994 24:49:37 GMT", -1},
        {"Sun, 06 Nov 0000 08:49:37 GMT", -1},
        {"Sun, 06 Nov 1994 08:49:37 GMT ", -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t time_ms = -1;
        assert_int_equal(dr_aws_http_date(rows[i].text, &time_ms), rows[i].expected_ms >= 0);
        assert_int_equal(time_ms, rows[i].expected_ms);
    }
}

static void skew_is_learned_by_host(void **state)
{
    (void)state;
    struct dr_aws_skews skews = {0};
    const char *date = "Sun, 06 Nov 1994 08:49:37 GMT";
    const int64_t server_ms = 784111777000, ours_ms = server_ms - 3600000;
    assert_int_equal(dr_aws_skew_time(&skews, "a", ours_ms), ours_ms);
    assert_false(dr_aws_skew_learn(&skews, "a", NULL, ours_ms, ours_ms, 1000));
    assert_false(dr_aws_skew_learn(&skews, "a", "yesterday", ours_ms, ours_ms, 1000));
    assert_false(dr_aws_skew_learn(&skews, "a", date, server_ms - 999, server_ms, 1000));
    assert_false(dr_aws_skew_learn(&skews, "a", date, server_ms + 999, server_ms, 1000));
    assert_true(dr_aws_skew_learn(&skews, "a", date, server_ms + 1000, server_ms + 1200, 1000));
    assert_int_equal(dr_aws_skew_time(&skews, "a", 5000), 3800);
    assert_true(dr_aws_skew_learn(&skews, "a", date, ours_ms - 300, ours_ms, 240000));
    assert_int_equal(dr_aws_skew_time(&skews, "a", ours_ms + 50), server_ms + 50);
    assert_int_equal(dr_aws_skew_time(&skews, "b", ours_ms), ours_ms);
    assert_int_equal(dr_aws_skew_guess(&skews, "a", 0), 3600000);
    assert_int_equal(dr_aws_skew_guess(&skews, "b", 0), 3600000);
    assert_int_equal(dr_aws_skew_guess(&(struct dr_aws_skews){0}, "b", 7), 7);
    assert_true(dr_aws_skew_learn(&skews, "b", date, server_ms + 7200000, server_ms + 7200000, 240000));
    assert_int_equal(dr_aws_skew_time(&skews, "b", 0), -7200000);
    assert_int_equal(dr_aws_skew_time(&skews, "a", 0), 3600000);
    dr_aws_skews_done(&skews);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attempts_by_service),
        cmocka_unit_test(delays),
        cmocka_unit_test(quota_is_paid_and_given_back),
        cmocka_unit_test(refusals_cost_nothing),
        cmocka_unit_test(errors_are_told_apart),
        cmocka_unit_test(silence_is_told_apart),
        cmocka_unit_test(the_adaptive_brake_is_botocores),
        cmocka_unit_test(dates_of_http),
        cmocka_unit_test(skew_is_learned_by_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
