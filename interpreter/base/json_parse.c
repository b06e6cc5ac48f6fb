/* JSON text to values. jansson's own reader refuses integers beyond 64 bits and NUL in strings, both of which services
 * send. */
#include "interpreter/base/limits.h"
#include "interpreter/base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    const char *start, *at, *end;
    struct dr_text string; /* of the string read last, when it had escapes */
    const char *problem;   /* the first thing wrong */
    const char *problem_at;
};

/* A string as read: in the text itself when it has no escapes. */
struct slice {
    const char *bytes;
    size_t size;
    bool ascii;
};

static void *fail(struct reader *reader, const char *at, const char *problem)
{
    if (!reader->problem) {
        reader->problem = problem;
        reader->problem_at = at;
    }
    return NULL;
}

static void skip_space(struct reader *reader)
{
    while (reader->at < reader->end &&
           (*reader->at == ' ' || *reader->at == '\n' || *reader->at == '\r' || *reader->at == '\t')) {
        reader->at++;
    }
}

static bool read_hex4(struct reader *reader, uint32_t *ret_unit)
{
    uint32_t unit = 0;
    if (reader->end - reader->at < 4) {
        return false;
    }
    for (int i = 0; i < 4; i++) {
        char digit = *reader->at++;
        unsigned value = digit >= '0' && digit <= '9'   ? (unsigned)(digit - '0')
                         : digit >= 'a' && digit <= 'f' ? (unsigned)(digit - 'a' + 10)
                         : digit >= 'A' && digit <= 'F' ? (unsigned)(digit - 'A' + 10)
                                                        : 16;
        if (value == 16) {
            return false;
        }
        unit = unit << 4 | value;
    }
    *ret_unit = unit;
    return true;
}

static void put_code_point(struct dr_text *text, uint32_t point)
{
    char bytes[4];
    size_t size;
    if (point < 0x80) {
        bytes[0] = (char)point;
        size = 1;
    } else if (point < 0x800) {
        bytes[0] = (char)(0xC0 | point >> 6);
        bytes[1] = (char)(0x80 | (point & 0x3F));
        size = 2;
    } else if (point < 0x10000) {
        bytes[0] = (char)(0xE0 | point >> 12);
        bytes[1] = (char)(0x80 | (point >> 6 & 0x3F));
        bytes[2] = (char)(0x80 | (point & 0x3F));
        size = 3;
    } else {
        bytes[0] = (char)(0xF0 | point >> 18);
        bytes[1] = (char)(0x80 | (point >> 12 & 0x3F));
        bytes[2] = (char)(0x80 | (point >> 6 & 0x3F));
        bytes[3] = (char)(0x80 | (point & 0x3F));
        size = 4;
    }
    dr_text_add(text, bytes, size);
}

/* After the backslash. */
static bool read_escape(struct reader *reader)
{
    const char *start = reader->at - 1;
    char letter = reader->at < reader->end ? *reader->at++ : '\0';
    switch (letter) {
    case '"':
    case '\\':
    case '/':
        dr_text_putc(&reader->string, letter);
        return true;
    case 'b':
        dr_text_putc(&reader->string, '\b');
        return true;
    case 'f':
        dr_text_putc(&reader->string, '\f');
        return true;
    case 'n':
        dr_text_putc(&reader->string, '\n');
        return true;
    case 'r':
        dr_text_putc(&reader->string, '\r');
        return true;
    case 't':
        dr_text_putc(&reader->string, '\t');
        return true;
    case 'u':
        break;
    default:
        fail(reader, start, "unknown escape");
        return false;
    }
    uint32_t point, low;
    if (!read_hex4(reader, &point)) {
        fail(reader, start, "\\u needs four hexadecimal digits");
        return false;
    }
    if (point >= 0xD800 && point < 0xDC00) {
        if (reader->end - reader->at < 6 || reader->at[0] != '\\' || reader->at[1] != 'u') {
            fail(reader, start, "half a surrogate pair");
            return false;
        }
        reader->at += 2;
        if (!read_hex4(reader, &low) || low < 0xDC00 || low > 0xDFFF) {
            fail(reader, start, "half a surrogate pair");
            return false;
        }
        point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
    } else if (point >= 0xDC00 && point < 0xE000) {
        fail(reader, start, "half a surrogate pair");
        return false;
    }
    put_code_point(&reader->string, point);
    return true;
}

/* At the opening quote. */
static bool read_string(struct reader *reader, struct slice *ret_slice)
{
    const char *opening = reader->at++, *run = reader->at;
    unsigned char seen = 0;
    bool escaped = false;
    for (;;) {
        const char *at = reader->at;
        while (at < reader->end && *at != '"' && *at != '\\' && (unsigned char)*at >= 0x20) {
            seen |= (unsigned char)*at++;
        }
        reader->at = at;
        if (at == reader->end) {
            fail(reader, opening, "string without an end");
            return false;
        }
        if (*at == '"') {
            break;
        }
        if (*at != '\\') {
            fail(reader, at, "control character in a string");
            return false;
        }
        if (!escaped) {
            dr_text_clear(&reader->string);
            escaped = true;
        }
        dr_text_add(&reader->string, run, (size_t)(at - run));
        reader->at++;
        if (!read_escape(reader)) {
            return false;
        }
        run = reader->at;
    }
    if (escaped) {
        dr_text_add(&reader->string, run, (size_t)(reader->at - run));
        *ret_slice = (struct slice){reader->string.bytes, reader->string.size, seen < 0x80};
    } else {
        *ret_slice = (struct slice){run, (size_t)(reader->at - run), seen < 0x80};
    }
    reader->at++;
    return true;
}

static json_t *make_string(struct reader *reader, const char *at, struct slice slice)
{
    json_t *string =
        slice.ascii ? json_stringn_nocheck(slice.bytes, slice.size) : json_stringn(slice.bytes, slice.size);
    return string ? string : fail(reader, at, "invalid UTF-8");
}

static const char *skip_digits(const char *at, const char *end)
{
    while (at < end && *at >= '0' && *at <= '9') {
        at++;
    }
    return at;
}

static json_t *read_real(struct reader *reader, const char *start, const char *end)
{
    char digits[64], *copy = digits;
    size_t size = (size_t)(end - start);
    if (size >= sizeof digits) {
        copy = dr_copy_bytes(start, size);
    } else {
        memcpy(digits, start, size);
        digits[size] = '\0';
    }
    double number = strtod(copy, NULL);
    if (copy != digits) {
        free(copy);
    }
    return isfinite(number) ? json_real(number) : fail(reader, start, "number beyond the range of a double");
}

static json_t *read_number(struct reader *reader)
{
    const char *start = reader->at, *at = start, *end = reader->end;
    bool negative = *at == '-';
    at += negative;
    const char *digits = at;
    at = skip_digits(at, end);
    if (at == digits || (*digits == '0' && at - digits > 1)) {
        return fail(reader, start, at == digits ? "expected a value" : "leading zero in a number");
    }
    bool integer = true;
    if (at < end && *at == '.') {
        const char *fraction = ++at;
        at = skip_digits(at, end);
        integer = false;
        if (at == fraction) {
            return fail(reader, start, "expected digits after the decimal point");
        }
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        at++;
        if (at < end && (*at == '+' || *at == '-')) {
            at++;
        }
        const char *exponent = at;
        at = skip_digits(at, end);
        integer = false;
        if (at == exponent) {
            return fail(reader, start, "expected digits in the exponent");
        }
    }
    reader->at = at;
    if (integer) {
        int64_t number = 0;
        bool fits = true;
        for (const char *digit = digits; digit < at && fits; digit++) {
            int64_t unit = negative ? -(*digit - '0') : *digit - '0';
            fits = !__builtin_mul_overflow(number, 10, &number) && !__builtin_add_overflow(number, unit, &number);
        }
        if (fits) {
            return json_integer(number);
        }
    }
    return read_real(reader, start, at);
}

static json_t *read_word(struct reader *reader, const char *word, json_t *value)
{
    size_t size = strlen(word);
    if ((size_t)(reader->end - reader->at) < size || memcmp(reader->at, word, size) != 0) {
        return fail(reader, reader->at, "expected a value");
    }
    reader->at += size;
    return value;
}

static json_t *read_value(struct reader *reader, unsigned depth);

static json_t *read_array(struct reader *reader, unsigned depth)
{
    json_t *array = json_array();
    reader->at++;
    skip_space(reader);
    if (reader->at < reader->end && *reader->at == ']') {
        reader->at++;
        return array;
    }
    for (;;) {
        json_t *item = read_value(reader, depth + 1);
        if (!item) {
            break;
        }
        json_array_append_new(array, item);
        skip_space(reader);
        if (reader->at < reader->end && *reader->at == ',') {
            reader->at++;
            continue;
        }
        if (reader->at < reader->end && *reader->at == ']') {
            reader->at++;
            return array;
        }
        fail(reader, reader->at, "expected ',' or ']'");
        break;
    }
    json_decref(array);
    return NULL;
}

/* One member, from its key's quote on. */
static bool read_member(struct reader *reader, json_t *object, unsigned depth)
{
    struct slice slice;
    const char *start = reader->at;
    if (start == reader->end || *start != '"') {
        fail(reader, start, "expected a key in quotes");
        return false;
    }
    if (!read_string(reader, &slice)) {
        return false;
    }
    /* The value may have escapes of its own, which use the same buffer. */
    char small[128], *owned = NULL;
    if (slice.bytes == reader->string.bytes) {
        char *kept = slice.size < sizeof small ? small : (owned = dr_alloc(slice.size + 1));
        memcpy(kept, slice.bytes, slice.size);
        slice.bytes = kept;
    }
    bool done = false;
    skip_space(reader);
    if (reader->at == reader->end || *reader->at != ':') {
        fail(reader, reader->at, "expected ':'");
    } else {
        reader->at++;
        json_t *value = read_value(reader, depth + 1);
        if (value) {
            done = slice.ascii ? json_object_setn_new_nocheck(object, slice.bytes, slice.size, value) == 0
                               : json_object_setn_new(object, slice.bytes, slice.size, value) == 0;
            if (!done) {
                fail(reader, start, "invalid UTF-8");
            }
        }
    }
    free(owned);
    return done;
}

static json_t *read_object(struct reader *reader, unsigned depth)
{
    json_t *object = json_object();
    reader->at++;
    skip_space(reader);
    if (reader->at < reader->end && *reader->at == '}') {
        reader->at++;
        return object;
    }
    while (read_member(reader, object, depth)) {
        skip_space(reader);
        if (reader->at < reader->end && *reader->at == ',') {
            reader->at++;
            skip_space(reader);
            continue;
        }
        if (reader->at < reader->end && *reader->at == '}') {
            reader->at++;
            return object;
        }
        fail(reader, reader->at, "expected ',' or '}'");
        break;
    }
    json_decref(object);
    return NULL;
}

static json_t *read_value(struct reader *reader, unsigned depth)
{
    skip_space(reader);
    if (reader->at == reader->end) {
        return fail(reader, reader->at, "unexpected end");
    }
    if (depth > DR_DEPTH_MAX) {
        return fail(reader, reader->at, "nested too deeply");
    }
    const char *start = reader->at;
    switch (*start) {
    case '{':
        return read_object(reader, depth);
    case '[':
        return read_array(reader, depth);
    case '"': {
        struct slice slice;
        return read_string(reader, &slice) ? make_string(reader, start, slice) : NULL;
    }
    case 't':
        return read_word(reader, "true", json_true());
    case 'f':
        return read_word(reader, "false", json_false());
    case 'n':
        return read_word(reader, "null", json_null());
    default:
        return read_number(reader);
    }
}

static char *describe_problem(const struct reader *reader)
{
    size_t line = 1, column = 1;
    for (const char *at = reader->start; at < reader->problem_at; at++) {
        if (*at == '\n') {
            line++;
            column = 1;
        } else if (((unsigned char)*at & 0xC0) != 0x80) {
            column++;
        }
    }
    return dr_format("line %zu, column %zu: %s", line, column, reader->problem);
}

json_t *dr_json_parse(const char *bytes, size_t size, char **ret_error)
{
    struct reader reader = {.start = bytes, .at = bytes, .end = bytes + size};
    json_t *value = read_value(&reader, 0);
    if (value) {
        skip_space(&reader);
        if (reader.at < reader.end) {
            fail(&reader, reader.at, "more text after the value");
            json_decref(value);
            value = NULL;
        }
    }
    if (!value && ret_error) {
        *ret_error = describe_problem(&reader);
    }
    dr_text_done(&reader.string);
    return value;
}
