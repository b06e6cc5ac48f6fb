/* Time as data: milliseconds since the epoch (UTC) and its ISO 8601 text. Reading the real clock is the runtime's
 * business (runtime.h). */
#ifndef DRRUN_BASE_CLOCK_H
#define DRRUN_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DR_TIME_TEXT 32 /* bytes that dr_time_format needs, NUL included */

/* "2026-11-21T03:00:00.123Z", always with milliseconds, as Step Functions prints EnteredTime. Returns `buffer`. */
const char *dr_time_format(char buffer[DR_TIME_TEXT], int64_t time_ms);

/* Parses the RFC 3339 profile of ISO 8601 that ASL requires (upper-case T and Z, an offset is mandatory, any number of
 * fraction digits; what is below a nanosecond is cut). Returns false if it is not one. `ret_nanoseconds` (0..999999999
 * within the second) may be NULL. Source: states-language.net, "Timestamps"; RFC 3339 section 5.6. */
bool dr_time_parse(const char *text, size_t size, int64_t *ret_time_ms, uint32_t *ret_nanoseconds)
    __attribute__((warn_unused_result));

/* Parses a duration as runbooks write it: "30s", "5m", "1h30m", "2d", "250ms", or a bare number of seconds.
 * Milliseconds. */
bool dr_duration_parse(const char *text, int64_t *ret_ms) __attribute__((warn_unused_result));
/* "4m 12s", "850 ms", "2h 05m" for people. Returns `buffer`. */
const char *dr_duration_format(char buffer[DR_TIME_TEXT], int64_t ms);

#endif
