/* Growing byte strings, and the few heap helpers. Out of memory aborts with a message: nothing in drrun can go on
 * safely without memory, and the journal makes an abort harmless. */
#ifndef DRRUN_BASE_TEXT_H
#define DRRUN_BASE_TEXT_H

#include <jansson.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zero-initialise. `bytes` is NUL-terminated whenever it is not NULL. */
struct dr_text {
    char *bytes;
    size_t size, capacity;
};

/* A new reference to a frozen value. jansson wants a mutable pointer for that; this is the one place where the const
 * goes. */
static inline json_t *dr_json_share(const json_t *value)
{
    union {
        const json_t *frozen;
        json_t *value;
    } same = {.frozen = value};
    return json_incref(same.value);
}

void *dr_alloc(size_t size);                             /* zeroed; never NULL */
void *dr_resize(void *block, size_t count, size_t unit); /* checked multiplication; new bytes are not zeroed */
char *dr_copy_string(const char *string);                /* NULL gives NULL */
char *dr_copy_bytes(const char *bytes, size_t size);     /* NUL is added */
char *dr_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *dr_format_list(const char *format, va_list arguments) __attribute__((format(printf, 1, 0)));

void dr_text_reserve(struct dr_text *text, size_t more);
void dr_text_add(struct dr_text *text, const char *bytes, size_t size);
void dr_text_puts(struct dr_text *text, const char *string);
void dr_text_putc(struct dr_text *text, char byte);
/* For people's eyes: control characters of ASCII and Latin-1 (one of which begins escape sequences) and those that turn
 * the direction of writing become blanks, so that what a server says cannot play with a terminal or look like something
 * else. */
void dr_text_put_plain(struct dr_text *text, const char *bytes, size_t size);
void dr_text_int(struct dr_text *text, int64_t number);
void dr_text_printf(struct dr_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void dr_text_clear(struct dr_text *text); /* keeps the memory */
char *dr_text_take(struct dr_text *text); /* the caller owns the string; the text is empty afterwards; never NULL */
void dr_text_done(struct dr_text *text);

/* Appends `value` as JSON: compact, shortest numbers that read back the same (3.3, 1.0, 1e+100), valid UTF-8 as it is,
 * object members in insertion order. Bounded in depth (DR_DEPTH_MAX) and size: returns false, having appended a prefix,
 * once more than `bytes_max` bytes would be needed (values share structure, so a small graph can print huge). */
bool dr_text_json(struct dr_text *text, const json_t *value, size_t bytes_max);
/* The same, indented by two spaces, for people. */
bool dr_text_json_pretty(struct dr_text *text, const json_t *value, size_t bytes_max);
/* Appends a JSON string literal with its quotes. */
void dr_text_json_string(struct dr_text *text, const char *bytes, size_t size);
/* Appends a number as JSON does (shortest round trip; "1.0" keeps its fraction). */
void dr_text_json_real(struct dr_text *text, double number);

/* Parses JSON data (no positions; for those see document.h). Integers beyond 64 bits become reals; NUL in strings, any
 * top-level value and duplicate keys (last wins, as AWS) are accepted. Bounded depth. NULL on error, `ret_error` (owned
 * by the caller, may be NULL) says where and why. */
json_t *dr_json_parse(const char *bytes, size_t size, char **ret_error) __attribute__((warn_unused_result));

#endif
