#include "interpreter/expression/jsonata/calendar.h"

enum { DAY_MS = 86400000 };

static int64_t divide_down(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Howard Hinnant's days_from_civil: years begin in March, so that the leap day is a year's last. */
int64_t jx_days(int64_t year, int64_t month, int64_t day)
{
    year += divide_down(month - 1, 12);
    month -= divide_down(month - 1, 12) * 12;
    year -= month <= 2;
    int64_t era = divide_down(year, 400), year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468 + day - 1;
}

struct jx_date jx_date_of(int64_t millis)
{
    int64_t days = divide_down(millis, DAY_MS), rest = millis - days * DAY_MS;
    int64_t shifted = days + 719468, era = divide_down(shifted, 146097), day_of_era = shifted - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153;
    struct jx_date date = {.millis = millis};
    date.day = (int)(day_of_year - (153 * month + 2) / 5 + 1);
    date.month = (int)(month < 10 ? month + 3 : month - 9);
    date.year = year_of_era + era * 400 + (date.month <= 2);
    date.weekday = (int)(days + 3 - divide_down(days + 3, 7) * 7) + 1;
    date.hour = (int)(rest / 3600000);
    date.minute = (int)(rest / 60000 % 60);
    date.second = (int)(rest / 1000 % 60);
    date.millisecond = (int)(rest % 1000);
    return date;
}

int jx_day_of_year(const struct jx_date *date)
{
    return (int)(jx_days(date->year, date->month, date->day) - jx_days(date->year, 1, 1)) + 1;
}

/* The Monday of the week that holds the first Thursday of the month. */
static int64_t first_week(int64_t year, int64_t month)
{
    int64_t first = jx_days(year, month, 1);
    int64_t weekday = first + 3 - divide_down(first + 3, 7) * 7 + 1;
    return weekday > 4 ? first + 8 - weekday : first - weekday + 1;
}

/* Which week of a period the day is in, given where the first weeks of this, the next and the previous period begin. */
static int week_number(int64_t day, int64_t this_start, int64_t next_start, int64_t previous_start)
{
    if (day >= next_start)
        return 1;
    int64_t start = day < this_start ? previous_start : this_start;
    return (int)((day - start) / 7) + 1;
}

int jx_week_of_year(const struct jx_date *date)
{
    return week_number(jx_days(date->year, date->month, date->day), first_week(date->year, 1),
                       first_week(date->year + 1, 1), first_week(date->year - 1, 1));
}

int jx_week_of_month(const struct jx_date *date)
{
    return week_number(jx_days(date->year, date->month, date->day), first_week(date->year, date->month),
                       first_week(date->year, date->month + 1), first_week(date->year, date->month - 1));
}

int64_t jx_week_year(const struct jx_date *date)
{
    int64_t day = jx_days(date->year, date->month, date->day);
    if (day < first_week(date->year, 1))
        return date->year - 1;
    return day >= first_week(date->year + 1, 1) ? date->year + 1 : date->year;
}

int jx_week_month(const struct jx_date *date)
{
    int64_t day = jx_days(date->year, date->month, date->day);
    if (day < first_week(date->year, date->month))
        return date->month == 1 ? 12 : date->month - 1;
    if (day >= first_week(date->year, date->month + 1))
        return date->month == 12 ? 1 : date->month + 1;
    return date->month;
}
