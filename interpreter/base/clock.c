/* Civil time by arithmetic: no time zone database, no locale, the same answer on every machine. */
#include "interpreter/base/clock.h"

#include <stdio.h>
#include <string.h>

#define MS_PER_SECOND INT64_C(1000)
#define MS_PER_MINUTE (60 * MS_PER_SECOND)
#define MS_PER_HOUR (60 * MS_PER_MINUTE)
#define MS_PER_DAY (24 * MS_PER_HOUR)

/* Days since 1970-01-01 of a date in the proleptic Gregorian calendar. Years are counted from March, so that the leap
 * day is a year's last; 400 years have 146,097 days. */
static int64_t days_from_date(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void date_from_days(int64_t days, int64_t *ret_year, int *ret_month, int *ret_day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t of_era = days - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153;
    *ret_day = (int)(of_year - (153 * month + 2) / 5 + 1);
    *ret_month = (int)(month < 10 ? month + 3 : month - 9);
    *ret_year = year + era * 400 + (*ret_month <= 2);
}

/* At least `count` digits. */
static char *put_digits(char *at, int count, int64_t number)
{
    char digits[20];
    int size = 0;
    for (; number || size < count; number /= 10) {
        digits[size++] = (char)('0' + number % 10);
    }
    while (size) {
        *at++ = digits[--size];
    }
    return at;
}

static char *put_byte(char *at, char byte)
{
    *at = byte;
    return at + 1;
}

const char *dr_time_format(char buffer[DR_TIME_TEXT], int64_t time_ms)
{
    int64_t days = time_ms / MS_PER_DAY, rest = time_ms % MS_PER_DAY, year;
    int month, day;
    if (rest < 0) {
        days--;
        rest += MS_PER_DAY;
    }
    date_from_days(days, &year, &month, &day);
    char *at = buffer;
    if (year < 0 || year > 9999) {
        at = put_byte(at, year < 0 ? '-' : '+');
    }
    at = put_byte(put_digits(at, 4, year < 0 ? -year : year), '-');
    at = put_byte(put_digits(at, 2, month), '-');
    at = put_byte(put_digits(at, 2, day), 'T');
    at = put_byte(put_digits(at, 2, rest / MS_PER_HOUR), ':');
    at = put_byte(put_digits(at, 2, rest / MS_PER_MINUTE % 60), ':');
    at = put_byte(put_digits(at, 2, rest / MS_PER_SECOND % 60), '.');
    at = put_byte(put_digits(at, 3, rest % MS_PER_SECOND), 'Z');
    *at = '\0';
    return buffer;
}

/* Exactly `count` digits. */
static bool read_digits(const char **at, const char *end, int count, int *ret_number)
{
    int number = 0;
    if (end - *at < count) {
        return false;
    }
    for (int i = 0; i < count; i++) {
        char digit = *(*at)++;
        if (digit < '0' || digit > '9') {
            return false;
        }
        number = number * 10 + (digit - '0');
    }
    *ret_number = number;
    return true;
}

static bool read_byte(const char **at, const char *end, char byte)
{
    if (*at == end || **at != byte) {
        return false;
    }
    ++*at;
    return true;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

static bool read_offset(const char **at, const char *end, int64_t *ret_offset_ms)
{
    int hours, minutes;
    if (read_byte(at, end, 'Z')) {
        *ret_offset_ms = 0;
        return true;
    }
    bool west = *at < end && **at == '-';
    if ((!west && !read_byte(at, end, '+')) || (west && !read_byte(at, end, '-')) || !read_digits(at, end, 2, &hours) ||
        !read_byte(at, end, ':') || !read_digits(at, end, 2, &minutes) || hours > 23 || minutes > 59) {
        return false;
    }
    int64_t offset_ms = hours * MS_PER_HOUR + minutes * MS_PER_MINUTE;
    *ret_offset_ms = west ? -offset_ms : offset_ms;
    return true;
}

bool dr_time_parse(const char *text, size_t size, int64_t *ret_time_ms, uint32_t *ret_nanoseconds)
{
    const char *at = text, *end = text + size;
    int year, month, day, hour, minute, second;
    if (!read_digits(&at, end, 4, &year) || !read_byte(&at, end, '-') || !read_digits(&at, end, 2, &month) ||
        !read_byte(&at, end, '-') || !read_digits(&at, end, 2, &day) || !read_byte(&at, end, 'T') ||
        !read_digits(&at, end, 2, &hour) || !read_byte(&at, end, ':') || !read_digits(&at, end, 2, &minute) ||
        !read_byte(&at, end, ':') || !read_digits(&at, end, 2, &second)) {
        return false;
    }
    if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) || hour > 23 || minute > 59 ||
        second > 59) {
        return false;
    }
    uint32_t nanoseconds = 0;
    if (read_byte(&at, end, '.')) {
        const char *fraction = at;
        for (uint32_t unit = 100000000; at < end && *at >= '0' && *at <= '9'; at++, unit /= 10) {
            nanoseconds += unit * (uint32_t)(*at - '0');
        }
        if (at == fraction) {
            return false;
        }
    }
    int64_t offset_ms;
    if (!read_offset(&at, end, &offset_ms) || at != end) {
        return false;
    }
    *ret_time_ms = days_from_date(year, month, day) * MS_PER_DAY + hour * MS_PER_HOUR + minute * MS_PER_MINUTE +
                   second * MS_PER_SECOND + nanoseconds / 1000000 - offset_ms;
    if (ret_nanoseconds) {
        *ret_nanoseconds = nanoseconds;
    }
    return true;
}

bool dr_duration_parse(const char *text, int64_t *ret_ms)
{
    static const struct {
        const char *name;
        int64_t ms;
    } units[] = {{"d", MS_PER_DAY}, {"h", MS_PER_HOUR}, {"ms", 1}, {"m", MS_PER_MINUTE}, {"s", MS_PER_SECOND}};
    int64_t total = 0, smallest = INT64_MAX;
    const char *at = text;
    do {
        const char *digits = at;
        int64_t number = 0;
        for (; *at >= '0' && *at <= '9'; at++) {
            if (__builtin_mul_overflow(number, 10, &number) || __builtin_add_overflow(number, *at - '0', &number)) {
                return false;
            }
        }
        if (at == digits) {
            return false;
        }
        int64_t unit_ms = 0;
        if (*at == '\0' && digits == text) {
            unit_ms = MS_PER_SECOND; /* a bare number */
        }
        for (size_t i = 0; !unit_ms && i < sizeof units / sizeof *units; i++) {
            size_t size = strlen(units[i].name);
            if (strncmp(at, units[i].name, size) == 0) {
                unit_ms = units[i].ms;
                at += size;
            }
        }
        if (!unit_ms || unit_ms >= smallest || __builtin_mul_overflow(number, unit_ms, &number) ||
            __builtin_add_overflow(total, number, &total)) {
            return false; /* no unit, units not in falling order, or too long */
        }
        smallest = unit_ms;
    } while (*at);
    *ret_ms = total;
    return true;
}

const char *dr_duration_format(char buffer[DR_TIME_TEXT], int64_t ms)
{
    const char *sign = ms < 0 ? "-" : "";
    uint64_t size = ms < 0 ? -(uint64_t)ms : (uint64_t)ms;
    unsigned long long s = size / 1000;
    if (size < 1000) {
        snprintf(buffer, DR_TIME_TEXT, "%s%llu ms", sign, (unsigned long long)size);
    } else if (s < 10) {
        snprintf(buffer, DR_TIME_TEXT, "%s%llu.%llus", sign, s, (unsigned long long)size % 1000 / 100);
    } else if (s < 60) {
        snprintf(buffer, DR_TIME_TEXT, "%s%llus", sign, s);
    } else if (s < 3600) {
        snprintf(buffer, DR_TIME_TEXT, "%s%llum %02llus", sign, s / 60, s % 60);
    } else if (s < 24 * 3600) {
        snprintf(buffer, DR_TIME_TEXT, "%s%lluh %02llum", sign, s / 3600, s / 60 % 60);
    } else {
        snprintf(buffer, DR_TIME_TEXT, "%s%llud %02lluh", sign, s / (24 * 3600), s / 3600 % 24);
    }
    return buffer;
}
