#include "interpreter/base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void times_are_printed_with_milliseconds(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *text;
    } rows[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {1763694000123, "2025-11-21T03:00:00.123Z"},
        {951782400000, "2000-02-29T00:00:00.000Z"},
        {-1, "1969-12-31T23:59:59.999Z"},
        {-62167219200000, "0000-01-01T00:00:00.000Z"},
        {253402300799999, "9999-12-31T23:59:59.999Z"},
        {253402300800000, "+10000-01-01T00:00:00.000Z"},
        {INT64_MAX, "+292278994-08-17T07:12:55.807Z"},
        {INT64_MIN, "-292275055-05-16T16:47:04.192Z"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char buffer[DR_TIME_TEXT];
        assert_string_equal(dr_time_format(buffer, rows[i].ms), rows[i].text);
    }
}

static void good_times_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
        uint32_t nanoseconds;
    } rows[] = {
        {"1970-01-01T00:00:00Z", 0, 0},
        {"2025-11-21T03:00:00.123Z", 1763694000123, 123000000},
        {"2025-11-21T03:00:00.123456789Z", 1763694000123, 123456789},
        {"2025-11-21T03:00:00.1234567899999Z", 1763694000123, 123456789},
        {"2025-11-21T04:30:00+01:30", 1763694000000, 0},
        {"2025-11-20T22:00:00-05:00", 1763694000000, 0},
        {"2000-02-29T00:00:00Z", 951782400000, 0},
        {"1969-12-31T23:59:59.999Z", -1, 999000000},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t ms;
        uint32_t nanoseconds;
        assert_true(dr_time_parse(rows[i].text, strlen(rows[i].text), &ms, &nanoseconds));
        assert_int_equal(ms, rows[i].ms);
        assert_int_equal(nanoseconds, rows[i].nanoseconds);
    }
}

static void bad_times_are_refused(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        "2025-11-21",
        "2025-11-21T03:00:00",
        "2025-11-21 03:00:00Z",
        "2025-11-21t03:00:00Z",
        "2025-11-21T03:00:00z",
        "2025-11-21T03:00:00.Z",
        "2025-11-21T03:00Z",
        "2025-11-21T24:00:00Z",
        "2025-11-21T03:60:00Z",
        "2025-11-21T03:00:60Z",
        "2025-02-29T03:00:00Z",
        "1900-02-29T03:00:00Z",
        "2025-13-01T03:00:00Z",
        "2025-00-01T03:00:00Z",
        "2025-01-00T03:00:00Z",
        "2025-04-31T03:00:00Z",
        "2025-11-21T03:00:00+0100",
        "2025-11-21T03:00:00+24:00",
        "2025-11-21T03:00:00Zx",
        "2025-1-21T03:00:00Z",
        "+025-11-21T03:00:00Z",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t ms = 42;
        assert_false(dr_time_parse(rows[i], strlen(rows[i]), &ms, NULL));
        assert_int_equal(ms, 42);
    }
}

static void every_day_of_four_centuries_reads_back(void **state)
{
    (void)state;
    for (int64_t day = -146097; day < 146097; day += 13) {
        char buffer[DR_TIME_TEXT];
        int64_t ms;
        dr_time_format(buffer, day * 86400000 + 5);
        assert_true(dr_time_parse(buffer, strlen(buffer), &ms, NULL));
        assert_int_equal(ms, day * 86400000 + 5);
    }
}

static void durations(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } good[] = {
        {"30s", 30000}, {"5m", 300000}, {"1h30m", 5400000}, {"2d", 172800000},         {"250ms", 250},
        {"90", 90000},  {"0", 0},       {"1m250ms", 60250}, {"1d2h3m4s5ms", 93784005},
    };
    static const char *const bad[] = {"",    "s",    "5x",    "-5s", "1m1h",
                                      "5m5", "1s1s", "1.5 s", " 5s", "99999999999999999999s"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        int64_t ms;
        assert_true(dr_duration_parse(good[i].text, &ms));
        assert_int_equal(ms, good[i].ms);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t ms = 42;
        assert_false(dr_duration_parse(bad[i], &ms));
        assert_int_equal(ms, 42);
    }
}

static void durations_for_people(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *text;
    } rows[] = {
        {0, "0 ms"},         {850, "850 ms"},       {4250, "4.2s"},    {42000, "42s"},       {252000, "4m 12s"},
        {7500000, "2h 05m"}, {273600000, "3d 04h"}, {-850, "-850 ms"}, {-252000, "-4m 12s"}, {61000, "1m 01s"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char buffer[DR_TIME_TEXT];
        assert_string_equal(dr_duration_format(buffer, rows[i].ms), rows[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_printed_with_milliseconds),
        cmocka_unit_test(good_times_are_read),
        cmocka_unit_test(bad_times_are_refused),
        cmocka_unit_test(every_day_of_four_centuries_reads_back),
        cmocka_unit_test(durations),
        cmocka_unit_test(durations_for_people),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
