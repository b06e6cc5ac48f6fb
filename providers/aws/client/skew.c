/* The servers' clocks against ours, by host. */
#include "providers/aws/client/skew.h"

#include "interpreter/base/text.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

struct dr_aws_skew {
    char *host;
    int64_t ahead_ms; /* of us */
};

static bool read_number(const char *text, int digits, int *ret_number)
{
    int number = 0;
    for (int i = 0; i < digits; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        number = number * 10 + (text[i] - '0');
    }
    *ret_number = number;
    return true;
}

bool dr_aws_http_date(const char *text, int64_t *ret_time_ms)
{
    static const char shape[] = "aaa, 00 aaa 0000 00:00:00 GMT", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    if (strlen(text) != sizeof shape - 1)
        return false;
    for (size_t i = 0; i < sizeof shape - 1; i++)
        if (shape[i] != 'a' && shape[i] != '0' && shape[i] != text[i])
            return false;
    struct tm time = {0};
    while (time.tm_mon < 12 && memcmp(months + time.tm_mon * 3, text + 8, 3) != 0)
        time.tm_mon++;
    if (time.tm_mon == 12 || !read_number(text + 5, 2, &time.tm_mday) || !read_number(text + 12, 4, &time.tm_year) ||
        !read_number(text + 17, 2, &time.tm_hour) || !read_number(text + 20, 2, &time.tm_min) ||
        !read_number(text + 23, 2, &time.tm_sec))
        return false;
    if (time.tm_year < 1970 || time.tm_mday < 1 || time.tm_mday > 31 || time.tm_hour > 23 || time.tm_min > 59 ||
        time.tm_sec > 60)
        return false;
    time.tm_year -= 1900;
    *ret_time_ms = (int64_t)timegm(&time) * 1000;
    return true;
}

static struct dr_aws_skew *find_skew(const struct dr_aws_skews *skews, const char *host)
{
    for (size_t i = 0; i < skews->count; i++)
        if (strcmp(skews->items[i].host, host) == 0)
            return &skews->items[i];
    return NULL;
}

int64_t dr_aws_skew_time(const struct dr_aws_skews *skews, const char *host, int64_t now_ms)
{
    const struct dr_aws_skew *skew = find_skew(skews, host);
    return now_ms + (skew ? skew->ahead_ms : 0);
}

int64_t dr_aws_skew_guess(const struct dr_aws_skews *skews, const char *host, int64_t now_ms)
{
    bool known = find_skew(skews, host) || skews->count == 0;
    return dr_aws_skew_time(skews, known ? host : skews->items[skews->count - 1].host, now_ms);
}

bool dr_aws_skew_learn(struct dr_aws_skews *skews, const char *host, const char *date, int64_t signed_ms,
                       int64_t now_ms, int64_t least_ms)
{
    int64_t server_ms;
    if (!date || !dr_aws_http_date(date, &server_ms) || llabs(server_ms - signed_ms) < least_ms)
        return false;
    struct dr_aws_skew *skew = find_skew(skews, host);
    if (!skew) {
        skews->items = dr_resize(skews->items, skews->count + 1, sizeof *skews->items);
        skew = &skews->items[skews->count++];
        skew->host = dr_copy_string(host);
    }
    skew->ahead_ms = server_ms - now_ms;
    return true;
}

void dr_aws_skews_done(struct dr_aws_skews *skews)
{
    for (size_t i = 0; i < skews->count; i++)
        free(skews->items[i].host);
    free(skews->items);
    *skews = (struct dr_aws_skews){0};
}
