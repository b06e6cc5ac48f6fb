/* UTF-8 as this library uses it: what comes from JSON is valid; a lone surrogate, which a JSONata string can hold
 * ("\ud800"), is kept in the three bytes that UTF-8 would give it, and two halves that meet become one character again.
 */
#ifndef DRRUN_EXPRESSION_JSONATA_UTF8_H
#define DRRUN_EXPRESSION_JSONATA_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads one code point and moves *at on; an invalid byte counts as U+FFFD. `*at` < `end`. */
uint32_t jx_utf8_next(const char **at, const char *end);
size_t jx_utf8_put(char out[4], uint32_t code); /* number of bytes */
size_t jx_utf8_count(const char *bytes, size_t size);
size_t jx_utf16_count(const char *bytes, size_t size); /* in UTF-16 units, as JavaScript counts */
size_t jx_utf16_offset(const char *bytes, size_t size,
                       size_t units); /* byte offset of that UTF-16 index, at most size */
size_t jx_utf8_offset(const char *bytes, size_t size,
                      size_t characters); /* byte offset of that character, at most size */
bool jx_utf8_has_surrogate(const char *bytes, size_t size);
/* <0, 0, >0 in the order of UTF-16 units, in which JavaScript compares strings. */
int jx_utf16_compare(const char *a, size_t a_size, const char *b, size_t b_size);

static inline bool jx_is_lead_surrogate(uint32_t code)
{
    return code >= 0xD800 && code < 0xDC00;
}

static inline bool jx_is_trail_surrogate(uint32_t code)
{
    return code >= 0xDC00 && code < 0xE000;
}

static inline uint32_t jx_join_surrogates(uint32_t lead, uint32_t trail)
{
    return 0x10000 + ((lead - 0xD800) << 10) + (trail - 0xDC00);
}

#endif
