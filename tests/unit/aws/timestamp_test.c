/* Timestamps of AWS's protocols: every format read, every format written, and what is none refused. */
#include "tests/providers/call.h"

#include "providers/aws/protocol/timestamp.h"

#include <math.h>

static const char *written(struct dr_aws_instant instant, enum dr_aws_timestamp format)
{
    static char last[64];
    struct dr_text text = {0};
    dr_aws_instant_write(&text, instant, format);
    snprintf(last, sizeof last, "%s", text.bytes);
    dr_text_done(&text);
    return last;
}

static void test_reads_all_formats(void **state)
{
    (void)state;
    static const struct {
        const char *text, *iso;
    } rows[] = {
        {"2019-12-16T23:48:18Z", "2019-12-16T23:48:18Z"},
        {"2019-12-16T23:48:18.123456789Z", "2019-12-16T23:48:18.123456Z"},
        {"2019-12-16T23:48:18.500+01:00", "2019-12-16T22:48:18.500Z"},
        {"2019-12-16t23:48:18-0130", "2019-12-17T01:18:18Z"},
        {"2019-12-16 23:48:18+01", "2019-12-16T22:48:18Z"},
        {"2019-12-16T23:48:18", "2019-12-16T23:48:18Z"},
        {" 2019-12-16\n", "2019-12-16T00:00:00Z"},
        {"Mon, 16 Dec 2019 23:48:18 GMT", "2019-12-16T23:48:18Z"},
        {"Mon, 16 Dec 2019 23:48:18.25 GMT", "2019-12-16T23:48:18.250Z"},
        {"6 nov 1994 08:49:37 +0100", "1994-11-06T07:49:37Z"},
        {"1576540098", "2019-12-16T23:48:18Z"},
        {"1576540098.001", "2019-12-16T23:48:18.001Z"},
        {"1.576540098E9", "2019-12-16T23:48:18Z"},
        {"-0.25", "1969-12-31T23:59:59.750Z"},
        {"-62135596800", "0001-01-01T00:00:00Z"},
        {"253402300799.999", "9999-12-31T23:59:59.999Z"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct dr_aws_instant instant;
        if (!dr_aws_instant_read(rows[i].text, strlen(rows[i].text), &instant))
            fail_msg("refused: %s", rows[i].text);
        assert_string_equal(written(instant, DR_AWS_TIME_ISO8601), rows[i].iso);
    }
}

static void test_refuses_what_is_none(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        " ",
        "tomorrow",
        "2019-13-01",
        "2019-02-30T00:00:00Z",
        "253402300800",
        "nan",
        "1e300",
        "-62135596801",
        "0x10",
        "-",
        "0000-12-31",
        "1576540098 s",
        "Mon, 16 Foo 2019 23:48:18 GMT",
        "Mon, 16 Dec 2019 23:48:18",
        "Mon, 31 Feb 2019 00:00:00 GMT",
        "2019-12-16T23:48:18Z and a good many more letters, so that it is longer than any",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct dr_aws_instant instant;
        if (dr_aws_instant_read(rows[i], strlen(rows[i]), &instant))
            fail_msg("accepted: %s", rows[i]);
    }
    struct dr_aws_instant instant;
    assert_false(dr_aws_instant_read("2019-12-16\0T", 12, &instant));
    assert_false(dr_aws_instant_from_seconds((double)NAN, &instant));
    assert_false(dr_aws_instant_from_seconds((double)INFINITY, &instant));
    assert_false(dr_aws_instant_from_seconds(253402300799.9999999, &instant));
    assert_false(dr_aws_instant_from_json(NULL, &instant));
    json_t *wrong = json_array();
    assert_false(dr_aws_instant_from_json(wrong, &instant));
    json_decref(wrong);
}

static void test_writes_all_formats(void **state)
{
    (void)state;
    struct dr_aws_instant whole = {.seconds = 1576540098};
    assert_string_equal(written(whole, DR_AWS_TIME_ISO8601), "2019-12-16T23:48:18Z");
    assert_string_equal(written(whole, DR_AWS_TIME_EPOCH), "1576540098");
    assert_string_equal(written(whole, DR_AWS_TIME_RFC822), "Mon, 16 Dec 2019 23:48:18 GMT");
    struct dr_aws_instant old = {.seconds = -2, .nanoseconds = 750000000};
    assert_string_equal(written(old, DR_AWS_TIME_EPOCH), "-1.25");
    assert_string_equal(written(old, DR_AWS_TIME_ISO8601), "1969-12-31T23:59:58.750Z");
    assert_string_equal(written(old, DR_AWS_TIME_RFC822), "Wed, 31 Dec 1969 23:59:58 GMT");
    struct dr_aws_instant just = {.seconds = -1, .nanoseconds = 999999999};
    assert_string_equal(written(just, DR_AWS_TIME_EPOCH), "-0.000001");
    struct dr_aws_instant first = {.seconds = -62135596800};
    assert_string_equal(written(first, DR_AWS_TIME_RFC822), "Mon, 01 Jan 0001 00:00:00 GMT");
    struct dr_aws_instant leap = {.seconds = 951782400};
    assert_string_equal(written(leap, DR_AWS_TIME_RFC822), "Tue, 29 Feb 2000 00:00:00 GMT");
}

static void test_output_text(void **state)
{
    (void)state;
    static const struct {
        double seconds;
        const char *text;
    } rows[] = {{1576540098, "2019-12-16T23:48:18Z"},
                {1576540098.5, "2019-12-16T23:48:18.500Z"},
                {1576540098.0004, "2019-12-16T23:48:18Z"},
                {-0.001, "1969-12-31T23:59:59.999Z"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        json_t *number = json_real(rows[i].seconds);
        struct dr_aws_instant instant;
        assert_true(dr_aws_instant_from_json(number, &instant));
        json_decref(number);
        json_t *text = dr_aws_instant_json(instant);
        assert_string_equal(json_string_value(text), rows[i].text);
        json_decref(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_all_formats),
        cmocka_unit_test(test_refuses_what_is_none),
        cmocka_unit_test(test_writes_all_formats),
        cmocka_unit_test(test_output_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
