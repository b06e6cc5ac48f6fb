/* The proleptic Gregorian calendar in UTC, and ISO weeks. Months count from 1, days of the week from 1 (Monday). Times
 * are milliseconds since 1970, whole numbers within JavaScript's range. */
#ifndef DRRUN_EXPRESSION_JSONATA_CALENDAR_H
#define DRRUN_EXPRESSION_JSONATA_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

#define JX_TIME_MAX 8.64e15

struct jx_date {
    int64_t millis;
    int64_t year;
    int month, day, hour, minute, second, millisecond;
    int weekday;
};

struct jx_date jx_date_of(int64_t millis);
/* Days since 1970 of a day; the month may lie outside of 1..12, the day outside of the month. */
int64_t jx_days(int64_t year, int64_t month, int64_t day);
int jx_day_of_year(const struct jx_date *date);
int jx_week_of_year(const struct jx_date *date);
int jx_week_of_month(const struct jx_date *date);
int64_t jx_week_year(const struct jx_date *date); /* the year that the ISO week belongs to */
int jx_week_month(const struct jx_date *date);    /* the month that the week belongs to */

#endif
