#include "interpreter/expression/values.h"

#include "interpreter/base/limits.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define QUOTE_BYTES_MAX                                                                                                \
    ((size_t)256 * 1024) /* a cause quotes whole payloads, as AWS does, up to AWS's own payload limit */

static int compare_integer_with_real(int64_t integer, double real)
{
    if (real >= 0x1p63) {
        return -1;
    }
    if (real < -0x1p63) {
        return 1;
    }
    double whole = trunc(real);
    int64_t truncated = (int64_t)whole;
    if (integer != truncated) {
        return integer < truncated ? -1 : 1;
    }
    return real > whole ? -1 : real < whole ? 1 : 0;
}

int dr_number_compare(const json_t *left, const json_t *right)
{
    bool left_is_integer = json_typeof(left) == JSON_INTEGER, right_is_integer = json_typeof(right) == JSON_INTEGER;
    if (left_is_integer && right_is_integer) {
        json_int_t l = json_integer_value(left), r = json_integer_value(right);
        return (l > r) - (l < r);
    }
    if (left_is_integer) {
        return compare_integer_with_real(json_integer_value(left), json_real_value(right));
    }
    if (right_is_integer) {
        return -compare_integer_with_real(json_integer_value(right), json_real_value(left));
    }
    double l = json_real_value(left), r = json_real_value(right);
    return (l > r) - (l < r);
}

/* UTF-8 sorts by code point; UTF-16 differs in one thing only: surrogates (code points above U+FFFF, lead bytes F0-F4)
 * sort below U+E000-U+FFFF (lead bytes EE and EF). */
static int utf16_rank(unsigned char byte)
{
    if (byte >= 0xF0) {
        return byte - 2;
    }
    return byte == 0xEE || byte == 0xEF ? byte + 5 : byte;
}

int dr_string_compare(const json_t *left, const json_t *right)
{
    const unsigned char *l = (const unsigned char *)json_string_value(left);
    const unsigned char *r = (const unsigned char *)json_string_value(right);
    size_t left_size = json_string_length(left), right_size = json_string_length(right);
    size_t shorter = left_size < right_size ? left_size : right_size;
    for (size_t i = 0; i < shorter; i++) {
        if (l[i] != r[i]) {
            /* Continuation bytes stay below every lead byte that is moved. */
            int left_rank = utf16_rank(l[i]), right_rank = utf16_rank(r[i]);
            return left_rank < right_rank ? -1 : 1;
        }
    }
    return (left_size > right_size) - (left_size < right_size);
}

json_t *dr_number_parse(const char *bytes, size_t size)
{
    char copy[512];
    if (size == 0 || size >= sizeof copy) {
        return NULL;
    }
    memcpy(copy, bytes, size);
    copy[size] = '\0';
    size_t digits = 0, at = copy[0] == '-' || copy[0] == '+';
    bool whole = true;
    for (; copy[at] >= '0' && copy[at] <= '9'; at++) {
        digits++;
    }
    if (copy[at] == '.') {
        whole = false;
        for (at++; copy[at] >= '0' && copy[at] <= '9'; at++) {
            digits++;
        }
    }
    if (digits == 0) {
        return NULL;
    }
    if (copy[at] == 'e' || copy[at] == 'E') {
        whole = false;
        at++;
        at += copy[at] == '-' || copy[at] == '+';
        size_t exponent = at;
        while (copy[at] >= '0' && copy[at] <= '9') {
            at++;
        }
        if (at == exponent) {
            return NULL;
        }
    }
    if (at != size) {
        return NULL;
    }
    if (whole) {
        errno = 0;
        long long integer = strtoll(copy, NULL, 10);
        if (errno == 0) {
            return json_integer(integer);
        }
    }
    double real = strtod(copy, NULL);
    return isfinite(real) ? json_real(real) : NULL;
}

static bool same(const json_t *left, const json_t *right, unsigned depth)
{
    if (left == right) {
        return true;
    }
    if (depth > DR_DEPTH_MAX) {
        return false;
    }
    if (json_is_number(left) && json_is_number(right)) {
        return dr_number_compare(left, right) == 0;
    }
    if (json_typeof(left) != json_typeof(right)) {
        return false;
    }
    if (json_is_array(left)) {
        size_t size = json_array_size(left);
        if (size != json_array_size(right)) {
            return false;
        }
        for (size_t i = 0; i < size; i++) {
            if (!same(json_array_get(left, i), json_array_get(right, i), depth + 1)) {
                return false;
            }
        }
        return true;
    }
    if (json_is_object(left)) {
        if (json_object_size(left) != json_object_size(right)) {
            return false;
        }
        json_t *object = dr_json_thaw(left);
        for (void *at = json_object_iter(object); at; at = json_object_iter_next(object, at)) {
            const json_t *other = json_object_getn(right, json_object_iter_key(at), json_object_iter_key_len(at));
            if (!other || !same(json_object_iter_value(at), other, depth + 1)) {
                return false;
            }
        }
        return true;
    }
    return json_equal(left, right);
}

bool dr_json_same(const json_t *left, const json_t *right)
{
    return same(left, right, 0);
}

void dr_json_merge(json_t *object, const json_t *from)
{
    json_t *source = dr_json_thaw(from);
    for (void *at = json_object_iter(source); at; at = json_object_iter_next(source, at)) {
        json_object_setn_new_nocheck(object, json_object_iter_key(at), json_object_iter_key_len(at),
                                     json_incref(json_object_iter_value(at)));
    }
}

json_t *dr_json_copy(const json_t *value)
{
    if (json_is_object(value)) {
        json_t *copy = json_object();
        dr_json_merge(copy, value);
        return copy;
    }
    return json_copy(dr_json_thaw(value));
}

/* Double.toString: plain between 1e-3 and 1e7, else d.dddE10. The digits are the shortest ones in both languages. */
static void put_java_real(struct dr_text *text, double real)
{
    struct dr_text shortest = {0};
    dr_text_json_real(&shortest, real);
    double size = fabs(real);
    if (real == 0 || (size >= 1e-3 && size < 1e7)) {
        dr_text_add(text, shortest.bytes, shortest.size);
        dr_text_done(&shortest);
        return;
    }
    char digits[400];
    int count = 0, point = -1, exponent = 0;
    for (const char *at = shortest.bytes; *at; at++) {
        if (*at == 'e') {
            exponent = (int)strtol(at + 1, NULL, 10);
            break;
        }
        if (*at == '.') {
            point = count;
        } else if (*at != '-') {
            digits[count++] = *at;
        }
    }
    point = point < 0 ? count : point;
    int first = 0;
    while (first < count - 1 && digits[first] == '0') {
        first++;
    }
    while (count - 1 > first && digits[count - 1] == '0') {
        count--;
    }
    exponent += point - first - 1;
    if (real < 0) {
        dr_text_putc(text, '-');
    }
    dr_text_putc(text, digits[first]);
    dr_text_putc(text, '.');
    if (count - first > 1) {
        dr_text_add(text, digits + first + 1, (size_t)(count - first - 1));
    } else {
        dr_text_putc(text, '0');
    }
    dr_text_printf(text, "E%d", exponent);
    dr_text_done(&shortest);
}

static bool put_java(struct dr_text *text, const json_t *value, size_t size_max, unsigned depth)
{
    if (depth > DR_DEPTH_MAX || text->size > size_max) {
        return false;
    }
    switch (json_typeof(value)) {
    case JSON_OBJECT: {
        json_t *object = dr_json_thaw(value);
        const char *separator = "";
        dr_text_putc(text, '{');
        for (void *at = json_object_iter(object); at; at = json_object_iter_next(object, at)) {
            dr_text_puts(text, separator);
            separator = ", ";
            dr_text_add(text, json_object_iter_key(at), json_object_iter_key_len(at));
            dr_text_putc(text, '=');
            if (!put_java(text, json_object_iter_value(at), size_max, depth + 1)) {
                return false;
            }
        }
        dr_text_putc(text, '}');
        break;
    }
    case JSON_ARRAY:
        dr_text_putc(text, '[');
        for (size_t i = 0; i < json_array_size(value); i++) {
            if (i) {
                dr_text_puts(text, ", ");
            }
            if (!put_java(text, json_array_get(value, i), size_max, depth + 1)) {
                return false;
            }
        }
        dr_text_putc(text, ']');
        break;
    case JSON_STRING:
        if (json_string_length(value) > size_max) {
            return false;
        }
        dr_text_add(text, json_string_value(value), json_string_length(value));
        break;
    case JSON_REAL:
        put_java_real(text, json_real_value(value));
        break;
    case JSON_INTEGER:
    case JSON_TRUE:
    case JSON_FALSE:
    case JSON_NULL:
        return dr_text_json(text, value, SIZE_MAX);
    }
    return text->size <= size_max;
}

bool dr_text_java(struct dr_text *text, const json_t *value, size_t bytes_max)
{
    return put_java(text, value, text->size + bytes_max, 0);
}

uint32_t dr_java_string_hash(const char *bytes, size_t size)
{
    uint32_t hash = 0;
    for (size_t i = 0; i < size;) {
        unsigned char lead = (unsigned char)bytes[i++];
        uint32_t point = lead < 0x80 ? lead : lead < 0xE0 ? lead & 0x1Fu : lead < 0xF0 ? lead & 0x0Fu : lead & 0x07u;
        for (; i < size && ((unsigned char)bytes[i] & 0xC0) == 0x80; i++) {
            point = point << 6 | ((unsigned char)bytes[i] & 0x3Fu);
        }
        if (point >= 0x10000) {
            hash = 31 * hash + (0xD800 + ((point - 0x10000) >> 10));
            point = 0xDC00 + ((point - 0x10000) & 0x3FF);
        }
        hash = 31 * hash + point;
    }
    return hash;
}

const char *dr_json_type_name(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "object";
    case JSON_ARRAY:
        return "array";
    case JSON_STRING:
        return "string";
    case JSON_INTEGER:
    case JSON_REAL:
        return "number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "boolean";
    case JSON_NULL:
        return "null";
    }
    return "null";
}

char *dr_json_quote(const json_t *value)
{
    struct dr_text text = {0};
    if (!dr_text_json(&text, value, QUOTE_BYTES_MAX)) {
        size_t size = text.size < QUOTE_BYTES_MAX ? text.size : QUOTE_BYTES_MAX;
        while (size > 0 && ((unsigned char)text.bytes[size] & 0xC0) == 0x80) {
            size--; /* not inside a character */
        }
        text.size = size;
        dr_text_puts(&text, "\xE2\x80\xA6");
    }
    return dr_text_take(&text);
}
