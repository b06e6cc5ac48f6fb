#include "providers/postgres/values.h"

#include "interpreter/base/base64.h"
#include "interpreter/base/limits.h"
#include "interpreter/base/text.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    DIGITS_EXACT = 15, /* decimal digits that survive a double (DBL_DIG) */
    NUMBER_BYTES_MAX = 64,
    ARRAY_DEPTH_MAX = 6, /* PostgreSQL's MAXDIM */
};
enum { OID_BOOL = 16, OID_INT8 = 20, OID_INT4 = 23, OID_FLOAT8 = 701, OID_JSONB = 3802 };

typedef json_t *read_fn(const char *text, size_t size); /* NULL: it is not what it should be, take the text */

static json_t *read_text(const char *text, size_t size)
{
    json_t *string = json_stringn(text, size);
    if (string)
        return string;
    struct dr_text valid = {0};
    for (size_t at = 0; at < size;) {
        size_t length = 1; /* the longest sequence here that is UTF-8: 1 to 4 bytes */
        json_t *one = NULL;
        for (; length <= 4 && at + length <= size && !one; length++)
            one = json_stringn(text + at, length);
        dr_text_puts(&valid, one ? json_string_value(one) : "\xef\xbf\xbd");
        at += one ? length - 1 : 1;
        json_decref(one);
    }
    string = json_stringn_nocheck(valid.bytes ? valid.bytes : "", valid.size);
    dr_text_done(&valid);
    return string;
}

static json_t *read_bool(const char *text, size_t size)
{
    return size == 1 && (*text == 't' || *text == 'f') ? json_boolean(*text == 't') : NULL;
}

static json_t *read_void(const char *text, size_t size)
{
    (void)text;
    (void)size;
    return json_null();
}

static json_t *read_float(const char *text, size_t size)
{
    char *end, digits[NUMBER_BYTES_MAX];
    if (size == 0 || size >= sizeof digits)
        return NULL;
    memcpy(digits, text, size);
    digits[size] = '\0';
    double number = strtod(digits, &end);
    return *end || !isfinite(number) ? NULL : json_real(number);
}

/* Decimal digits between the first and the last that is not 0: what a double must be able to hold. SIZE_MAX if it is
 * not a plain number. */
static size_t significant_digits(const char *text, size_t size)
{
    size_t count = 0, zeros = 0;
    for (size_t i = *text == '-'; i < size; i++) {
        if (text[i] == '.')
            continue;
        if (text[i] < '0' || text[i] > '9')
            return SIZE_MAX;
        zeros = text[i] == '0' ? zeros + 1 : 0;
        count += count > 0 || text[i] != '0';
    }
    return count > zeros ? count - zeros : 0;
}

static json_t *read_number(const char *text, size_t size)
{
    char *end, digits[NUMBER_BYTES_MAX];
    if (size == 0 || size >= sizeof digits)
        return NULL;
    size_t significant = significant_digits(text, size);
    if (significant == SIZE_MAX)
        return NULL;
    memcpy(digits, text, size);
    digits[size] = '\0';
    errno = 0;
    long long integer = strtoll(digits, &end, 10);
    if (*end == '\0' && errno == 0)
        return json_integer(integer);
    return significant <= DIGITS_EXACT ? read_float(text, size) : NULL;
}

static json_t *read_json(const char *text, size_t size)
{
    return dr_json_parse(text, size, NULL);
}

static int hex_value(char digit)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = digit ? strchr(digits, digit) : NULL;
    return found ? (int)(found - digits) : -1;
}

static json_t *read_bytea(const char *text, size_t size)
{
    if (size < 2 || size % 2 || text[0] != '\\' || text[1] != 'x')
        return NULL;
    size_t count = size / 2 - 1;
    unsigned char *bytes = dr_alloc(count + 1);
    bool good = true;
    for (size_t i = 0; i < count; i++) {
        int high = hex_value(text[2 + 2 * i]), low = hex_value(text[3 + 2 * i]);
        good &= high >= 0 && low >= 0;
        bytes[i] = good ? (unsigned char)((unsigned)high << 4 | (unsigned)low) : 0;
    }
    json_t *string = good ? dr_base64_json(bytes, count) : NULL;
    free(bytes);
    return string;
}

/* "2026-11-21 03:00:00.5+00" -> "2026-11-21T03:00:00.5Z". Anything else ("infinity", years before Christ, zones with a
 * time that is not UTC) stays as it is. */
static json_t *read_timestamp(const char *text, size_t size)
{
    static const char shape[] = "0000-00-00 00:00:00";
    size_t fixed = sizeof shape - 1, end = fixed;
    if (size < fixed)
        return NULL;
    for (size_t i = 0; i < fixed; i++)
        if (shape[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != shape[i])
            return NULL;
    if (end < size && text[end] == '.')
        for (end++; end < size && text[end] >= '0' && text[end] <= '9';)
            end++;
    bool utc = size - end == 3 && memcmp(text + end, "+00", 3) == 0;
    if (!utc && end != size)
        return NULL;
    struct dr_text iso = {0};
    dr_text_add(&iso, text, end);
    iso.bytes[10] = 'T';
    if (utc)
        dr_text_putc(&iso, 'Z');
    json_t *string = json_stringn_nocheck(iso.bytes, iso.size);
    dr_text_done(&iso);
    return string;
}

static const struct {
    const char *name;
    uint32_t oid, array_oid;
    read_fn *read;
} types[] = {
#define POSTGRES_TYPE(name, oid, array_oid, read) {#name, oid, array_oid, read},
#include "providers/postgres/types.def"
#undef POSTGRES_TYPE
};

/* One element of an array, at `*at`: quoted or bare. NULL if the text is not an array. */
static json_t *read_element(read_fn *read, const char *text, size_t size, size_t *at)
{
    struct dr_text element = {0};
    bool quoted = text[*at] == '"', closed = !quoted;
    size_t i = *at + quoted;
    for (; i < size; i++) {
        if (quoted ? text[i] == '"' : text[i] == ',' || text[i] == '}')
            break;
        if (text[i] == '\\' && ++i == size)
            break;
        dr_text_putc(&element, text[i]);
    }
    if (quoted && i < size) {
        closed = true;
        i++;
    }
    *at = i;
    const char *bytes = element.bytes ? element.bytes : "";
    json_t *value = NULL;
    if (closed && !quoted && strcmp(bytes, "NULL") == 0)
        value = json_null();
    else if (closed && (quoted || element.size > 0)) {
        value = read(bytes, element.size);
        value = value ? value : read_text(bytes, element.size);
    }
    dr_text_done(&element);
    return value;
}

/* "{1,2,NULL}", "{{a,b},{c,d}}", "[0:1]={1,2}". Source: PostgreSQL manual, section 8.15.6. */
static json_t *read_array(read_fn *read, const char *text, size_t size)
{
    json_t *open[ARRAY_DEPTH_MAX], *whole = NULL; /* open: borrowed, the whole owns them */
    size_t depth = 0, at = 0;
    if (size > 0 && *text == '[') { /* bounds other than 1: a list has none */
        const char *equals = memchr(text, '=', size);
        at = equals ? (size_t)(equals - text) + 1 : size;
    }
    bool value_due = true; /* after '{' and ','; a '}' may come instead only in "{}" */
    while (at < size) {
        char next = text[at];
        if (whole && depth == 0)
            goto malformed;
        if (next == '{' && value_due && depth < ARRAY_DEPTH_MAX) {
            json_t *list = json_array();
            if (depth > 0)
                json_array_append_new(open[depth - 1], list);
            else
                whole = list;
            open[depth++] = list;
            at++;
        } else if (depth == 0) {
            goto malformed;
        } else if (next == '}') {
            if (value_due && json_array_size(open[depth - 1]) > 0)
                goto malformed;
            depth--;
            value_due = false;
            at++;
        } else if (next == ',') {
            if (value_due)
                goto malformed;
            value_due = true;
            at++;
        } else {
            json_t *element = value_due ? read_element(read, text, size, &at) : NULL;
            if (!element)
                goto malformed;
            json_array_append_new(open[depth - 1], element);
            value_due = false;
        }
    }
    if (whole && depth == 0)
        return whole;
malformed:
    json_decref(whole);
    return NULL;
}

json_t *dr_postgres_value(uint32_t oid, const char *text, size_t size)
{
    json_t *value = NULL;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (types[i].oid == oid)
            value = types[i].read(text, size);
        else if (types[i].array_oid == oid && oid)
            value = read_array(types[i].read, text, size);
    }
    return value ? value : read_text(text, size);
}

const char *dr_postgres_type_name(uint32_t oid, char buffer[32])
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (types[i].oid == oid)
            return types[i].name;
        if (types[i].array_oid == oid && oid) {
            snprintf(buffer, 32, "%s[]", types[i].name);
            return buffer;
        }
    }
    snprintf(buffer, 32, "oid:%u", oid);
    return buffer;
}

bool dr_postgres_parameter(const json_t *value, struct dr_postgres_parameter *ret_parameter)
{
    struct dr_postgres_parameter parameter = {0};
    struct dr_text text = {0};
    switch (json_typeof(value)) {
    case JSON_NULL:
        break;
    case JSON_STRING:
        if (strlen(json_string_value(value)) != json_string_length(value))
            return false;
        dr_text_puts(&text, json_string_value(value));
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        parameter.oid = OID_BOOL;
        dr_text_puts(&text, json_is_true(value) ? "true" : "false");
        break;
    case JSON_INTEGER:
        /* int4 where it fits: PostgreSQL widens it by itself, but never narrows an int8 for a function that takes an
         * int4 (pg_promote). */
        parameter.oid = json_integer_value(value) == (int32_t)json_integer_value(value) ? OID_INT4 : OID_INT8;
        dr_text_int(&text, json_integer_value(value));
        break;
    case JSON_REAL:
        parameter.oid = OID_FLOAT8;
        dr_text_json_real(&text, json_real_value(value));
        break;
    case JSON_OBJECT:
    case JSON_ARRAY:
        parameter.oid = OID_JSONB;
        if (!dr_text_json(&text, value, DR_PAYLOAD_BYTES_MAX)) {
            dr_text_done(&text);
            return false;
        }
    }
    if (!json_is_null(value))
        parameter.text = dr_text_take(&text);
    *ret_parameter = parameter;
    return true;
}
