/* What all protocols need while they write a request: places for messages, bounds, and scalars as text. */
#include "providers/aws/protocol/serialize.h"

#include "interpreter/base/base64.h"
#include "providers/aws/protocol/timestamp.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define INTEGER_DIGITS_MAX 400 /* the longest double without a fraction has 309 */

struct dr_aws_place dr_aws_place_member(const struct dr_aws_place *up, const char *name)
{
    return (struct dr_aws_place){.up = up, .name = name, .depth = up->depth + 1};
}

struct dr_aws_place dr_aws_place_index(const struct dr_aws_place *up, size_t index)
{
    return (struct dr_aws_place){.up = up, .index = index, .depth = up->depth + 1};
}

/* Keys come from the input: what is no text does not get onto a terminal. */
static void put_name(struct dr_text *text, const char *name)
{
    dr_text_putc(text, '.');
    for (; *name; name++)
        dr_text_putc(text, (unsigned char)*name < ' ' || *name == 127 ? '?' : *name);
}

/* "Input.Filters[0].Name". The places are chained from the inside out, so they are gathered first; beyond a few levels
 * only the ends are told. */
static void put_place(struct dr_text *text, const struct dr_aws_place *place)
{
    enum { TOLD_MAX = 16 };
    const struct dr_aws_place *told[TOLD_MAX];
    size_t count = 0;
    bool cut = false;
    for (; place && place->up; place = place->up) {
        if (count < TOLD_MAX)
            told[count++] = place;
        else
            cut = true;
    }
    dr_text_puts(text, cut ? "Input..." : "Input");
    while (count-- > 0) {
        if (told[count]->name)
            put_name(text, told[count]->name);
        else
            dr_text_printf(text, "[%zu]", told[count]->index);
    }
}

bool dr_aws_refuse(struct dr_aws_writer *writer, const struct dr_aws_place *place, const char *format, ...)
{
    if (writer->problem)
        return false;
    struct dr_text text = {0};
    put_place(&text, place);
    va_list arguments;
    va_start(arguments, format);
    char *message = dr_format_list(format, arguments);
    va_end(arguments);
    dr_text_printf(&text, " %s", message);
    free(message);
    writer->problem = dr_text_take(&text);
    return false;
}

bool dr_aws_bounded(struct dr_aws_writer *writer, const struct dr_aws_place *place, const struct dr_text *text)
{
    if (place->depth > DR_DEPTH_MAX)
        return dr_aws_refuse(writer, place, "is nested too deeply: more than %d levels", DR_DEPTH_MAX);
    if (text->size > DR_PAYLOAD_BYTES_MAX)
        return dr_aws_refuse(writer, place, "does not fit: a request has at most %u bytes", DR_PAYLOAD_BYTES_MAX);
    return true;
}

const char *dr_aws_json_kind(const json_t *value)
{
    static const char *const names[] = {
        [JSON_OBJECT] = "an object", [JSON_ARRAY] = "an array", [JSON_STRING] = "a string", [JSON_INTEGER] = "a number",
        [JSON_REAL] = "a number",    [JSON_TRUE] = "true",      [JSON_FALSE] = "false",     [JSON_NULL] = "null",
    };
    return value ? names[json_typeof(value)] : "nothing";
}

const json_t *dr_aws_given(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return value && !json_is_null(value) ? value : NULL;
}

const char *dr_aws_sent_name(const struct dr_aws_member *member)
{
    if (member->wire)
        return member->wire;
    const struct dr_aws_shape *shape = dr_aws_member_shape(member);
    bool collection = shape->type == DR_AWS_LIST || shape->type == DR_AWS_MAP;
    return collection && shape->wire ? shape->wire : member->name;
}

bool dr_aws_is_unknown(const struct dr_aws_shape *shape, const char *name)
{
    return !dr_aws_shape_member(shape, name);
}

enum dr_aws_timestamp dr_aws_timestamp_format(const struct dr_aws_member *member, const struct dr_aws_shape *shape,
                                              enum dr_aws_timestamp otherwise)
{
    if (member->timestamp != DR_AWS_TIME_DEFAULT)
        return member->timestamp;
    return shape->timestamp != DR_AWS_TIME_DEFAULT ? shape->timestamp : otherwise;
}

void dr_aws_write_base64(struct dr_text *text, const char *bytes, size_t size)
{
    json_t *string = dr_base64_json(bytes, size);
    dr_text_add(text, json_string_value(string), json_string_length(string));
    json_decref(string);
}

bool dr_aws_is_bytes(const json_t *value)
{
    return json_object_size(value) == 1 && json_is_string(json_object_get(value, DR_AWS_BASE64));
}

bool dr_aws_write_bytes(struct dr_aws_writer *writer, const struct dr_aws_place *place, const json_t *value,
                        struct dr_text *text)
{
    if (json_is_string(value)) {
        dr_text_add(text, json_string_value(value), json_string_length(value));
        return dr_aws_bounded(writer, place, text);
    }
    if (!dr_aws_is_bytes(value))
        return dr_aws_refuse(writer, place, "must be a string, or {\"" DR_AWS_BASE64 "\": \"...\"} for bytes, not %s",
                             dr_aws_json_kind(value));
    const json_t *coded = json_object_get(value, DR_AWS_BASE64);
    unsigned char *bytes;
    size_t size;
    if (!dr_base64_decode(json_string_value(coded), json_string_length(coded), &bytes, &size))
        return dr_aws_refuse(writer, place, "is not valid base64");
    dr_text_add(text, (const char *)bytes, size);
    free(bytes);
    return dr_aws_bounded(writer, place, text);
}

/* A number as JSON spells it, in a string: dynamic references ({{resolve:ssm:...}}) give nothing but strings. New
 * reference; NULL: it is none. */
static json_t *number_in(const json_t *string)
{
    json_t *number = dr_json_parse(json_string_value(string), json_string_length(string), NULL);
    if (json_is_number(number))
        return number;
    json_decref(number);
    return NULL;
}

/* Whole numbers, also those that came as 3.0 or are beyond 64 bits. */
static bool write_integer(struct dr_aws_writer *writer, const struct dr_aws_place *place, const json_t *number,
                          struct dr_text *text)
{
    if (json_is_integer(number)) {
        dr_text_int(text, json_integer_value(number));
        return true;
    }
    double real = json_real_value(number);
    if (floor(real) != real || isinf(real))
        return dr_aws_refuse(writer, place, "must be a whole number");
    char digits[INTEGER_DIGITS_MAX];
    snprintf(digits, sizeof digits, "%.0f", real == 0.0 ? 0.0 : real); /* no "-0" */
    dr_text_puts(text, digits);
    return true;
}

bool dr_aws_write_number(struct dr_aws_writer *writer, const struct dr_aws_place *place, enum dr_aws_type type,
                         const json_t *value, struct dr_text *text, bool *ret_is_word)
{
    static const char *const words[] = {"NaN", "Infinity", "-Infinity"};
    bool whole = type == DR_AWS_INTEGER || type == DR_AWS_LONG;
    *ret_is_word = false;
    for (size_t i = 0; json_is_string(value) && !whole && i < sizeof words / sizeof *words; i++) {
        if (strcmp(json_string_value(value), words[i]) == 0) {
            dr_text_puts(text, words[i]);
            *ret_is_word = true;
            return true;
        }
    }
    json_t *number = json_is_string(value) ? number_in(value) : json_is_number(value) ? dr_json_share(value) : NULL;
    if (!number)
        return dr_aws_refuse(writer, place, "must be a number, not %s", dr_aws_json_kind(value));
    bool good = true;
    if (whole)
        good = write_integer(writer, place, number, text);
    else if (json_is_integer(number))
        dr_text_int(text, json_integer_value(number));
    else
        dr_text_json_real(text, json_real_value(number));
    json_decref(number);
    return good;
}

static bool write_boolean(struct dr_aws_writer *writer, const struct dr_aws_place *place, const json_t *value,
                          struct dr_text *text)
{
    const char *word = json_is_string(value) ? json_string_value(value) : "";
    bool is_true = json_is_true(value) || strcmp(word, "true") == 0;
    if (!is_true && !json_is_false(value) && strcmp(word, "false") != 0)
        return dr_aws_refuse(writer, place, "must be true or false, not %s", dr_aws_json_kind(value));
    dr_text_puts(text, is_true ? "true" : "false");
    return true;
}

static bool write_timestamp(struct dr_aws_writer *writer, const struct dr_aws_place *place, const json_t *value,
                            enum dr_aws_timestamp format, struct dr_text *text)
{
    struct dr_aws_instant instant;
    if (!dr_aws_instant_from_json(value, &instant))
        return dr_aws_refuse(writer, place,
                             "must be a time (ISO 8601 like \"2026-11-21T03:00:00Z\", or seconds since 1970), not %s",
                             json_is_string(value) ? "this text" : dr_aws_json_kind(value));
    dr_aws_instant_write(text, instant, format);
    return true;
}

bool dr_aws_write_scalar(struct dr_aws_writer *writer, const struct dr_aws_place *place,
                         const struct dr_aws_member *member, const json_t *value, enum dr_aws_timestamp otherwise,
                         struct dr_text *text)
{
    const struct dr_aws_shape *shape = dr_aws_member_shape(member);
    bool is_word;
    struct dr_text bytes = {0};
    bool good = false;
    switch (shape->type) {
    case DR_AWS_STRING:
        if (member->jsonvalue && !json_is_string(value))
            return dr_text_json(text, value, DR_PAYLOAD_BYTES_MAX) ||
                   dr_aws_refuse(writer, place, "is nested too deeply, or does not fit into a request");
        if (!json_is_string(value))
            return dr_aws_refuse(writer, place, "must be a string, not %s", dr_aws_json_kind(value));
        dr_text_add(text, json_string_value(value), json_string_length(value));
        return dr_aws_bounded(writer, place, text);
    case DR_AWS_INTEGER:
    case DR_AWS_LONG:
    case DR_AWS_FLOAT:
    case DR_AWS_DOUBLE:
        return dr_aws_write_number(writer, place, shape->type, value, text, &is_word);
    case DR_AWS_BOOLEAN:
        return write_boolean(writer, place, value, text);
    case DR_AWS_TIMESTAMP:
        return write_timestamp(writer, place, value, dr_aws_timestamp_format(member, shape, otherwise), text);
    case DR_AWS_BLOB:
        good = dr_aws_write_bytes(writer, place, value, &bytes);
        if (good)
            dr_aws_write_base64(text, bytes.bytes ? bytes.bytes : "", bytes.size);
        dr_text_done(&bytes);
        return good && dr_aws_bounded(writer, place, text);
    case DR_AWS_STRUCTURE:
    case DR_AWS_LIST:
    case DR_AWS_MAP:
        break;
    }
    return dr_aws_refuse(writer, place, "cannot be sent: the model puts a structure where only a value can stand");
}

bool dr_aws_write_header(struct dr_aws_writer *writer, const struct dr_aws_place *place, const char *name,
                         const char *value, size_t value_size)
{
    if (strcasecmp(name, "Content-Length") == 0)
        return true; /* the transport counts the bytes that it sends; another number would hang the connection */
    for (size_t i = 0; i < value_size; i++)
        if (value[i] == '\r' || value[i] == '\n' || value[i] == '\0')
            return dr_aws_refuse(writer, place, "must not hold line breaks or NUL: it is sent as the header %s", name);
    char *copy = dr_copy_bytes(value, value_size);
    dr_aws_headers_set(&writer->request->headers, name, copy);
    free(copy);
    return true;
}
