/* JSON values to text. Used for every journal record and every payload that a cause quotes, so it copies runs of plain
 * bytes and avoids printf for the numbers that occur in practice. Escapes are spelt as Jackson spells them (\u001F),
 * which is what AWS prints. */
#include "interpreter/base/limits.h"
#include "interpreter/base/text.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct dump {
    struct dr_text *text;
    size_t size_max; /* of the whole text, what was there before included */
    bool pretty;
};

/* 0: as it is; 'u': \u00XX; else the letter after the backslash. */
static const char escapes[256] = {
    [0] = 'u',  [1] = 'u',  [2] = 'u',  [3] = 'u',  [4] = 'u',  [5] = 'u',   [6] = 'u',     [7] = 'u',  [8] = 'b',
    [9] = 't',  [10] = 'n', [11] = 'u', [12] = 'f', [13] = 'r', [14] = 'u',  [15] = 'u',    [16] = 'u', [17] = 'u',
    [18] = 'u', [19] = 'u', [20] = 'u', [21] = 'u', [22] = 'u', [23] = 'u',  [24] = 'u',    [25] = 'u', [26] = 'u',
    [27] = 'u', [28] = 'u', [29] = 'u', [30] = 'u', [31] = 'u', ['"'] = '"', ['\\'] = '\\',
};

void dr_text_json_string(struct dr_text *text, const char *bytes, size_t size)
{
    dr_text_reserve(text, size + 2);
    text->bytes[text->size++] = '"';
    size_t start = 0;
    for (size_t i = 0; i < size; i++) {
        char escape = escapes[(unsigned char)bytes[i]];
        if (!escape) {
            continue;
        }
        dr_text_add(text, bytes + start, i - start);
        start = i + 1;
        char spelt[6] = {'\\', escape};
        size_t spelt_size = 2;
        if (escape == 'u') {
            static const char hex[] = "0123456789ABCDEF";
            memcpy(spelt + 2, "00", 2);
            spelt[4] = hex[(unsigned char)bytes[i] >> 4];
            spelt[5] = hex[(unsigned char)bytes[i] & 15];
            spelt_size = 6;
        }
        dr_text_add(text, spelt, spelt_size);
    }
    dr_text_add(text, bytes + start, size - start);
    dr_text_putc(text, '"');
}

/* Writes `digits` (no sign, no point, no leading zero) times ten to the power `exponent` - (digits - 1), in plain
 * notation between 1e-6 and 1e21 as JavaScript does, always with a fraction or an exponent, so that it reads back as a
 * real. */
static void put_decimal(struct dr_text *text, const char *digits, int count, int exponent)
{
    if (exponent < -6 || exponent >= 21) {
        dr_text_putc(text, digits[0]);
        if (count > 1) {
            dr_text_putc(text, '.');
            dr_text_add(text, digits + 1, (size_t)count - 1);
        }
        dr_text_printf(text, "e%+d", exponent);
        return;
    }
    if (exponent < 0) {
        dr_text_puts(text, "0.");
        for (int i = exponent + 1; i < 0; i++) {
            dr_text_putc(text, '0');
        }
        dr_text_add(text, digits, (size_t)count);
        return;
    }
    int whole = exponent + 1;
    dr_text_add(text, digits, (size_t)(count < whole ? count : whole));
    for (int i = count; i < whole; i++) {
        dr_text_putc(text, '0');
    }
    dr_text_putc(text, '.');
    if (count > whole) {
        dr_text_add(text, digits + whole, (size_t)(count - whole));
    } else {
        dr_text_putc(text, '0');
    }
}

void dr_text_json_real(struct dr_text *text, double number)
{
    if (!isfinite(number)) { /* no JSON value is: only reachable by a caller's own arithmetic */
        dr_text_puts(text, "null");
        return;
    }
    if (signbit(number)) {
        dr_text_putc(text, '-');
        number = -number;
    }
    char digits[32];
    if (number == 0) {
        dr_text_puts(text, "0.0");
        return;
    }
    /* Nearly all numbers have at most six decimals. If number * 10^n is an integer below 2^53 that divides back to the
     * same double, then its digits are the shortest ones, because fifteen digits always tell doubles apart. */
    double scale = 1;
    for (int decimals = 0; decimals <= 6 && number >= 1e-4 && number < 1e15; decimals++, scale *= 10) {
        double scaled = rint(number * scale);
        if (scaled < 1e15 && scaled / scale == number) {
            char *end = digits + sizeof digits, *at = end;
            for (uint64_t rest = (uint64_t)scaled; rest; rest /= 10) {
                *--at = (char)('0' + rest % 10);
            }
            int exponent = (int)(end - at) - 1 - decimals;
            while (end - at > 1 && end[-1] == '0') {
                end--;
            }
            put_decimal(text, at, (int)(end - at), exponent);
            return;
        }
    }
    /* The fewest digits that read back the same; below DBL_MIN even one may do. */
    char spelt[40];
    for (int precision = number < DBL_MIN ? 1 : 15;; precision++) {
        snprintf(spelt, sizeof spelt, "%.*e", precision - 1, number);
        if (precision >= 17 || strtod(spelt, NULL) == number) {
            break;
        }
    }
    char *mark = strchr(spelt, 'e');
    int count = 0;
    for (const char *at = spelt; at < mark; at++) {
        if (*at != '.') {
            digits[count++] = *at;
        }
    }
    while (count > 1 && digits[count - 1] == '0') {
        count--;
    }
    put_decimal(text, digits, count, (int)strtol(mark + 1, NULL, 10));
}

static void put_line(struct dump *dump, unsigned depth)
{
    if (dump->pretty) {
        dr_text_putc(dump->text, '\n');
        for (unsigned i = 0; i < depth; i++) {
            dr_text_add(dump->text, "  ", 2);
        }
    }
}

static bool put_value(struct dump *dump, const json_t *value, unsigned depth);

static bool put_array(struct dump *dump, const json_t *array, unsigned depth)
{
    size_t size = json_array_size(array);
    dr_text_putc(dump->text, '[');
    for (size_t i = 0; i < size; i++) {
        if (i) {
            dr_text_putc(dump->text, ',');
        }
        put_line(dump, depth + 1);
        if (!put_value(dump, json_array_get(array, i), depth + 1)) {
            return false;
        }
    }
    if (size) {
        put_line(dump, depth);
    }
    dr_text_putc(dump->text, ']');
    return true;
}

static bool put_object(struct dump *dump, const json_t *object, unsigned depth)
{
    /* jansson iterates over mutable objects only; nothing is changed here. */
    union {
        const json_t *frozen;
        json_t *value;
    } same = {.frozen = object};
    dr_text_putc(dump->text, '{');
    bool first = true;
    for (void *at = json_object_iter(same.value); at; at = json_object_iter_next(same.value, at)) {
        if (!first) {
            dr_text_putc(dump->text, ',');
        }
        first = false;
        put_line(dump, depth + 1);
        size_t key_size = json_object_iter_key_len(at);
        if (dump->text->size + key_size > dump->size_max) {
            return false;
        }
        dr_text_json_string(dump->text, json_object_iter_key(at), key_size);
        dr_text_add(dump->text, ": ", dump->pretty ? 2 : 1);
        if (!put_value(dump, json_object_iter_value(at), depth + 1)) {
            return false;
        }
    }
    if (!first) {
        put_line(dump, depth);
    }
    dr_text_putc(dump->text, '}');
    return true;
}

static bool put_value(struct dump *dump, const json_t *value, unsigned depth)
{
    if (depth > DR_DEPTH_MAX || dump->text->size >= dump->size_max) {
        return false;
    }
    if (!value) {
        dr_text_add(dump->text, "null", 4);
        return true;
    }
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return put_object(dump, value, depth) && dump->text->size <= dump->size_max;
    case JSON_ARRAY:
        return put_array(dump, value, depth) && dump->text->size <= dump->size_max;
    case JSON_STRING:
        if (json_string_length(value) > dump->size_max - dump->text->size) {
            return false;
        }
        dr_text_json_string(dump->text, json_string_value(value), json_string_length(value));
        break;
    case JSON_INTEGER:
        dr_text_int(dump->text, json_integer_value(value));
        break;
    case JSON_REAL:
        dr_text_json_real(dump->text, json_real_value(value));
        break;
    case JSON_TRUE:
        dr_text_add(dump->text, "true", 4);
        break;
    case JSON_FALSE:
        dr_text_add(dump->text, "false", 5);
        break;
    case JSON_NULL:
        dr_text_add(dump->text, "null", 4);
        break;
    }
    return dump->text->size <= dump->size_max;
}

static bool dump_json(struct dr_text *text, const json_t *value, size_t bytes_max, bool pretty)
{
    struct dump dump = {.text = text, .pretty = pretty};
    if (__builtin_add_overflow(text->size, bytes_max, &dump.size_max)) {
        dump.size_max = SIZE_MAX;
    }
    return put_value(&dump, value, 0);
}

bool dr_text_json(struct dr_text *text, const json_t *value, size_t bytes_max)
{
    return dump_json(text, value, bytes_max, false);
}

bool dr_text_json_pretty(struct dr_text *text, const json_t *value, size_t bytes_max)
{
    return dump_json(text, value, bytes_max, true);
}
