/* Timestamps of AWS's protocols, read leniently and written strictly. */
#include "providers/aws/protocol/timestamp.h"

#include "interpreter/base/clock.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MIN_SECONDS INT64_C(-62135596800) /* 0001-01-01T00:00:00Z */
#define MAX_SECONDS INT64_C(253402300799) /* 9999-12-31T23:59:59Z */
#define SECONDS_PER_DAY 86400
#define NS_PER_US 1000
#define NS_PER_MS 1000000
#define TEXT_MAX 64 /* no timestamp is longer */

static const char *const month_names[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
static const char *const day_names[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"}; /* 1970-01-01 was one */

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* Rounds towards the past, so that the nanoseconds go forward. */
static int64_t seconds_of_ms(int64_t ms)
{
    return ms / 1000 - (ms % 1000 < 0);
}

/* What dr_time_parse() takes: RFC 3339, in capitals. */
static bool read_rfc3339(const char *text, size_t size, struct dr_aws_instant *ret_instant)
{
    int64_t ms;
    uint32_t nanoseconds;
    if (!dr_time_parse(text, size, &ms, &nanoseconds))
        return false;
    int64_t seconds = seconds_of_ms(ms);
    if (seconds < MIN_SECONDS || seconds > MAX_SECONDS)
        return false;
    *ret_instant = (struct dr_aws_instant){.seconds = seconds, .nanoseconds = nanoseconds};
    return true;
}

/* ISO 8601 as people and servers write it: made into RFC 3339 first. */
static bool read_iso8601(const char *text, size_t size, struct dr_aws_instant *ret_instant)
{
    char rfc[TEXT_MAX + 16];
    const char *midnight = "T00:00:00Z";
    if (size < 10 || text[4] != '-')
        return false;
    memcpy(rfc, text, size);
    rfc[size] = '\0';
    if (size == 10) {
        memcpy(rfc + size, midnight, strlen(midnight) + 1);
        return read_rfc3339(rfc, strlen(rfc), ret_instant);
    }
    if (rfc[10] == ' ' || rfc[10] == 't')
        rfc[10] = 'T';
    size_t zone = size;
    for (size_t at = 11; at < size && zone == size; at++)
        if (strchr("zZ+-", rfc[at]))
            zone = at;
    bool hours_only = size == zone + 3, no_colon = size == zone + 5;
    if (zone == size)
        memcpy(rfc + zone, "Z", sizeof "Z");
    else if (rfc[zone] == 'z')
        rfc[zone] = 'Z';
    else if (rfc[zone] != 'Z' && hours_only)
        memcpy(rfc + size, ":00", sizeof ":00");
    else if (rfc[zone] != 'Z' && no_colon) {
        memmove(rfc + zone + 4, rfc + zone + 3, 3);
        rfc[zone + 3] = ':';
    }
    return read_rfc3339(rfc, strlen(rfc), ret_instant);
}

#define DIGITS "0123456789"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

/* The next word of those characters, white space before it skipped; it must fit. */
static bool take_word(const char **at, const char *characters, char *ret_word, size_t room)
{
    *at += strspn(*at, " ");
    size_t size = strspn(*at, characters);
    if (size == 0 || size >= room)
        return false;
    memcpy(ret_word, *at, size);
    ret_word[size] = '\0';
    *at += size;
    return true;
}

/* "Mon, 16 Dec 2019 23:48:18 GMT", the day of the week optional, perhaps with a fraction, which Smithy allows. */
static bool read_rfc822(const char *text, size_t size, struct dr_aws_instant *ret_instant)
{
    char copy[TEXT_MAX + 1], day[3], month[4], year[5], clock[32], zone[8], iso[TEXT_MAX];
    memcpy(copy, text, size);
    copy[size] = '\0';
    const char *comma = strchr(copy, ','), *at = comma ? comma + 1 : copy;
    if (!take_word(&at, DIGITS, day, sizeof day) || !take_word(&at, LETTERS, month, sizeof month) ||
        !take_word(&at, DIGITS, year, sizeof year) || !take_word(&at, DIGITS ":.", clock, sizeof clock) ||
        !take_word(&at, DIGITS LETTERS "+-", zone, sizeof zone) || *at || strlen(year) != 4)
        return false;
    unsigned number = 0;
    while (number < 12 && strcasecmp(month, month_names[number]) != 0)
        number++;
    if (number == 12)
        return false;
    bool utc = strcasecmp(zone, "GMT") == 0 || strcasecmp(zone, "UTC") == 0 || strcasecmp(zone, "Z") == 0;
    const char *zero = strlen(day) == 1 ? "0" : "";
    int length = snprintf(iso, sizeof iso, "%s-%02u-%s%sT%s%s", year, number + 1, zero, day, clock, utc ? "Z" : zone);
    return length > 0 && (size_t)length < sizeof iso && read_iso8601(iso, (size_t)length, ret_instant);
}

/* "-1422172800.123": decimal digits only, so that no precision is lost on the way through a double. */
static bool read_epoch(const char *text, size_t size, struct dr_aws_instant *ret_instant)
{
    size_t at = 0;
    bool negative = text[0] == '-';
    at += negative;
    int64_t seconds = 0;
    uint32_t nanoseconds = 0;
    size_t digits = at;
    for (; at < size && is_digit(text[at]); at++) {
        seconds = seconds * 10 + (text[at] - '0');
        if (seconds > MAX_SECONDS)
            return false;
    }
    if (at == digits)
        return false;
    if (at < size && text[at] == '.') {
        uint32_t unit = 100000000;
        for (at++; at < size && is_digit(text[at]); at++, unit /= 10)
            nanoseconds += unit * (uint32_t)(text[at] - '0');
    }
    if (at != size) { /* an exponent, perhaps */
        char copy[TEXT_MAX + 1], *end;
        memcpy(copy, text, size);
        copy[size] = '\0';
        double number = strtod(copy, &end);
        return (text[at] == 'e' || text[at] == 'E') && !*end && dr_aws_instant_from_seconds(number, ret_instant);
    }
    if (negative) {
        seconds = -seconds - (nanoseconds > 0);
        nanoseconds = nanoseconds ? 1000000000 - nanoseconds : 0;
        if (seconds < MIN_SECONDS)
            return false;
    }
    *ret_instant = (struct dr_aws_instant){.seconds = seconds, .nanoseconds = nanoseconds};
    return true;
}

bool dr_aws_instant_read(const char *text, size_t size, struct dr_aws_instant *ret_instant)
{
    static const char white[] = " \t\r\n";
    while (size && text[0] && strchr(white, text[0])) {
        text++;
        size--;
    }
    while (size && text[size - 1] && strchr(white, text[size - 1]))
        size--;
    if (size == 0 || size > TEXT_MAX || memchr(text, '\0', size))
        return false;
    return read_epoch(text, size, ret_instant) || read_iso8601(text, size, ret_instant) ||
           read_rfc822(text, size, ret_instant);
}

bool dr_aws_instant_from_seconds(double seconds, struct dr_aws_instant *ret_instant)
{
    if (!(seconds >= (double)MIN_SECONDS) || !(seconds < (double)(MAX_SECONDS + 1)))
        return false;
    double whole = floor(seconds), microseconds = round((seconds - whole) * 1e6);
    if (microseconds >= 1e6) {
        whole += 1;
        microseconds = 0;
    }
    if (whole > (double)MAX_SECONDS)
        return false;
    *ret_instant =
        (struct dr_aws_instant){.seconds = (int64_t)whole, .nanoseconds = (uint32_t)microseconds * NS_PER_US};
    return true;
}

bool dr_aws_instant_from_json(const json_t *value, struct dr_aws_instant *ret_instant)
{
    if (json_is_string(value))
        return dr_aws_instant_read(json_string_value(value), json_string_length(value), ret_instant);
    if (json_is_integer(value)) {
        json_int_t seconds = json_integer_value(value);
        if (seconds < MIN_SECONDS || seconds > MAX_SECONDS)
            return false;
        *ret_instant = (struct dr_aws_instant){.seconds = seconds};
        return true;
    }
    return json_is_real(value) && dr_aws_instant_from_seconds(json_real_value(value), ret_instant);
}

/* "2019-12-16T23:48:18", without zone or fraction. */
static void format_date_time(char buffer[DR_TIME_TEXT], int64_t seconds)
{
    dr_time_format(buffer, seconds * 1000);
    buffer[strlen("2019-12-16T23:48:18")] = '\0';
}

static void write_iso8601(struct dr_text *text, struct dr_aws_instant instant)
{
    char date_time[DR_TIME_TEXT];
    format_date_time(date_time, instant.seconds);
    dr_text_puts(text, date_time);
    if (instant.nanoseconds % NS_PER_MS >= NS_PER_US)
        dr_text_printf(text, ".%06uZ", instant.nanoseconds / NS_PER_US);
    else if (instant.nanoseconds >= NS_PER_MS)
        dr_text_printf(text, ".%03uZ", instant.nanoseconds / NS_PER_MS);
    else
        dr_text_putc(text, 'Z');
}

static void write_rfc822(struct dr_text *text, struct dr_aws_instant instant)
{
    char date_time[DR_TIME_TEXT];
    format_date_time(date_time, instant.seconds);
    int64_t day = (instant.seconds - MIN_SECONDS) / SECONDS_PER_DAY + 4; /* 0001-01-01 was a Monday */
    int month = (date_time[5] - '0') * 10 + date_time[6] - '0';
    dr_text_printf(text, "%s, %.2s %s %.4s %s GMT", day_names[day % 7], date_time + strlen("2019-12-"),
                   month_names[month - 1], date_time, date_time + strlen("2019-12-16T"));
}

static void write_epoch(struct dr_text *text, struct dr_aws_instant instant)
{
    int64_t seconds = instant.seconds;
    uint32_t microseconds = instant.nanoseconds / NS_PER_US;
    if (seconds < 0 && microseconds) { /* -1.25 is -2 s and 0.75 s forward */
        seconds++;
        microseconds = 1000000 - microseconds;
        if (seconds == 0)
            dr_text_putc(text, '-');
    }
    dr_text_int(text, seconds);
    if (!microseconds)
        return;
    char fraction[16];
    int size = snprintf(fraction, sizeof fraction, ".%06u", microseconds);
    while (fraction[size - 1] == '0')
        size--;
    dr_text_add(text, fraction, (size_t)size);
}

void dr_aws_instant_write(struct dr_text *text, struct dr_aws_instant instant, enum dr_aws_timestamp format)
{
    static void (*const writers[])(struct dr_text *, struct dr_aws_instant) = {
        [DR_AWS_TIME_ISO8601] = write_iso8601,
        [DR_AWS_TIME_EPOCH] = write_epoch,
        [DR_AWS_TIME_RFC822] = write_rfc822,
    };
    assert(format != DR_AWS_TIME_DEFAULT);
    writers[format](text, instant);
}

json_t *dr_aws_instant_json(struct dr_aws_instant instant)
{
    struct dr_text text = {0};
    instant.nanoseconds -= instant.nanoseconds % NS_PER_MS;
    write_iso8601(&text, instant);
    json_t *string = json_stringn_nocheck(text.bytes, text.size);
    assert(string);
    dr_text_done(&text);
    return string;
}
