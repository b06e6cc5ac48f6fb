/* The formula of the back-off, and which names take which errors. */
#include "interpreter/engine/tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void delays_grow_up_to_the_maximum(void **state)
{
    (void)state;
    struct dr_random random = {.seed = 1};
    struct dr_retrier retrier = {.interval_seconds = 2, .backoff_rate = 3, .delay_max_seconds = 20};
    const int64_t wanted[] = {2000, 6000, 18000, 20000, 20000};
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(dr_retry_delay_ms(&retrier, i + 1, &random), wanted[i]);
    retrier.delay_max_seconds = 0;
    assert_int_equal(dr_retry_delay_ms(&retrier, 4, &random), 54000);
    assert_int_equal(dr_retry_delay_ms(&retrier, 100000, &random), INT64_C(31622400000)); /* bounded, never infinite */
    assert_int_equal(random.drawn, 0);
}

static void full_jitter_draws_between_zero_and_the_delay(void **state)
{
    (void)state;
    struct dr_random random = {.seed = 7}, same = {.seed = 7};
    struct dr_retrier retrier = {.interval_seconds = 10, .backoff_rate = 1, .jitter = true};
    int64_t least = INT64_MAX, most = 0;
    for (unsigned i = 0; i < 1000; i++) {
        int64_t delay = dr_retry_delay_ms(&retrier, 1, &random);
        assert_int_equal(delay, dr_retry_delay_ms(&retrier, 1, &same)); /* from the seed alone */
        assert_in_range(delay, 0, 10000);
        least = delay < least ? delay : least;
        most = delay > most ? delay : most;
    }
    assert_true(least < 500 && most > 9500);
}

static void names_take_the_errors_that_aws_says(void **state)
{
    (void)state;
    const char *const all[] = {"States.ALL"}, *const task[] = {"States.TaskFailed"},
                      *const beat[] = {"States.HeartbeatTimeout"}, *const own[] = {"My.Error"},
                      *const runtime[] = {"States.Runtime"};
    assert_true(dr_error_matches(all, 1, "My.Error", false));
    assert_true(dr_error_matches(all, 1, "States.Timeout", false));
    assert_false(dr_error_matches(all, 1, "States.Runtime", false));
    assert_false(dr_error_matches(runtime, 1, "States.Runtime", false));
    assert_false(dr_error_matches(all, 1, "States.DataLimitExceeded", false));
    assert_true(dr_error_matches(task, 1, "My.Error", false));
    assert_false(dr_error_matches(task, 1, "States.Timeout", false));
    assert_true(dr_error_matches(beat, 1, "States.Timeout", true));
    assert_false(dr_error_matches(beat, 1, "States.Timeout", false));
    assert_true(dr_error_matches(own, 1, "My.Error", false));
    assert_false(dr_error_matches(own, 1, "my.error", false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(delays_grow_up_to_the_maximum),
        cmocka_unit_test(full_jitter_draws_between_zero_and_the_delay),
        cmocka_unit_test(names_take_the_errors_that_aws_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
