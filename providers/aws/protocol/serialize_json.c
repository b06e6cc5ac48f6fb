/* JSON bodies, and the protocols json 1.0 and 1.1 that are nothing else.
 * (https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html) */
#include "providers/aws/protocol/serialize.h"

#include <string.h>

/* Data of a shape that the model leaves open, or does not know: as it is. */
static bool write_anything(struct dr_aws_writer *writer, const struct dr_aws_place *place, const json_t *value,
                           struct dr_text *text)
{
    return dr_text_json(text, value, DR_PAYLOAD_BYTES_MAX) ||
           dr_aws_refuse(writer, place, "is nested too deeply, or does not fit into a request");
}

static void write_key(struct dr_text *text, bool *first, const char *key, size_t size)
{
    if (!*first)
        dr_text_putc(text, ',');
    *first = false;
    dr_text_json_string(text, key, size);
    dr_text_putc(text, ':');
}

bool dr_aws_write_json_structure(struct dr_aws_writer *writer, const struct dr_aws_place *place,
                                 const struct dr_aws_shape *shape, const json_t *value, struct dr_text *text)
{
    if (!json_is_object(value))
        return dr_aws_refuse(writer, place, "must be an object, not %s", dr_aws_json_kind(value));
    bool first = true;
    dr_text_putc(text, '{');
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct dr_aws_member *member = &shape->members[i];
        const json_t *given = dr_aws_given(value, member->name);
        bool bound = writer->operation->model->protocol != DR_AWS_JSON && member->location != DR_AWS_IN_BODY;
        if (!given || bound) /* the json protocols have no other place than the body */
            continue;
        struct dr_aws_place inside = dr_aws_place_member(place, member->name);
        const char *key = dr_aws_sent_name(member);
        write_key(text, &first, key, strlen(key));
        if (!dr_aws_write_json_value(writer, &inside, member, given, text))
            return false;
    }
    union {
        const json_t *frozen;
        json_t *value;
    } same = {.frozen = value}; /* jansson's iterator wants it mutable */
    for (void *at = json_object_iter(same.value); at; at = json_object_iter_next(same.value, at)) {
        const json_t *given = json_object_iter_value(at);
        const char *key = json_object_iter_key(at);
        if (json_is_null(given) || !dr_aws_is_unknown(shape, key))
            continue;
        struct dr_aws_place inside = dr_aws_place_member(place, key);
        write_key(text, &first, key, json_object_iter_key_len(at));
        if (!write_anything(writer, &inside, given, text))
            return false;
    }
    dr_text_putc(text, '}');
    return dr_aws_bounded(writer, place, text);
}

static bool write_list(struct dr_aws_writer *writer, const struct dr_aws_place *place, const struct dr_aws_shape *shape,
                       const json_t *value, struct dr_text *text)
{
    if (!json_is_array(value))
        return dr_aws_refuse(writer, place, "must be an array, not %s", dr_aws_json_kind(value));
    dr_text_putc(text, '[');
    for (size_t i = 0; i < json_array_size(value); i++) {
        struct dr_aws_place inside = dr_aws_place_index(place, i);
        if (i > 0)
            dr_text_putc(text, ',');
        if (!dr_aws_write_json_value(writer, &inside, shape->member, json_array_get(value, i), text))
            return false;
    }
    dr_text_putc(text, ']');
    return true;
}

static bool write_map(struct dr_aws_writer *writer, const struct dr_aws_place *place, const struct dr_aws_shape *shape,
                      const json_t *value, struct dr_text *text)
{
    if (!json_is_object(value))
        return dr_aws_refuse(writer, place, "must be an object, not %s", dr_aws_json_kind(value));
    union {
        const json_t *frozen;
        json_t *value;
    } same = {.frozen = value};
    bool first = true;
    dr_text_putc(text, '{');
    for (void *at = json_object_iter(same.value); at; at = json_object_iter_next(same.value, at)) {
        struct dr_aws_place inside = dr_aws_place_member(place, json_object_iter_key(at));
        write_key(text, &first, json_object_iter_key(at), json_object_iter_key_len(at));
        if (!dr_aws_write_json_value(writer, &inside, shape->value, json_object_iter_value(at), text))
            return false;
    }
    dr_text_putc(text, '}');
    return true;
}

/* Epoch seconds are a number, the other formats text. */
static bool write_timestamp(struct dr_aws_writer *writer, const struct dr_aws_place *place,
                            const struct dr_aws_member *member, const json_t *value, struct dr_text *text)
{
    bool quoted = dr_aws_timestamp_format(member, dr_aws_member_shape(member), DR_AWS_TIME_EPOCH) != DR_AWS_TIME_EPOCH;
    if (quoted)
        dr_text_putc(text, '"');
    if (!dr_aws_write_scalar(writer, place, member, value, DR_AWS_TIME_EPOCH, text))
        return false;
    if (quoted)
        dr_text_putc(text, '"');
    return true;
}

static bool write_number(struct dr_aws_writer *writer, const struct dr_aws_place *place, enum dr_aws_type type,
                         const json_t *value, struct dr_text *text)
{
    struct dr_text number = {0};
    bool is_word, good = dr_aws_write_number(writer, place, type, value, &number, &is_word);
    if (good && is_word)
        dr_text_json_string(text, number.bytes, number.size);
    else if (good)
        dr_text_add(text, number.bytes, number.size);
    dr_text_done(&number);
    return good;
}

/* Strings go straight to the body: they are the bulk of large requests. */
static bool write_string(struct dr_aws_writer *writer, const struct dr_aws_place *place,
                         const struct dr_aws_member *member, const json_t *value, struct dr_text *text)
{
    if (json_is_string(value)) {
        dr_text_json_string(text, json_string_value(value), json_string_length(value));
        return true;
    }
    struct dr_text string = {0};
    bool good = dr_aws_write_scalar(writer, place, member, value, DR_AWS_TIME_EPOCH, &string);
    if (good)
        dr_text_json_string(text, string.bytes, string.size);
    dr_text_done(&string);
    return good;
}

bool dr_aws_write_json_value(struct dr_aws_writer *writer, const struct dr_aws_place *place,
                             const struct dr_aws_member *member, const json_t *value, struct dr_text *text)
{
    const struct dr_aws_shape *shape = dr_aws_member_shape(member);
    if (!dr_aws_bounded(writer, place, text))
        return false;
    if (shape->document)
        return write_anything(writer, place, value, text);
    if (json_is_null(value)) { /* of a list or a map: sparse ones keep it */
        dr_text_puts(text, "null");
        return true;
    }
    switch (shape->type) {
    case DR_AWS_STRUCTURE:
        return dr_aws_write_json_structure(writer, place, shape, value, text);
    case DR_AWS_LIST:
        return write_list(writer, place, shape, value, text);
    case DR_AWS_MAP:
        return write_map(writer, place, shape, value, text);
    case DR_AWS_STRING:
        return write_string(writer, place, member, value, text);
    case DR_AWS_INTEGER:
    case DR_AWS_LONG:
    case DR_AWS_FLOAT:
    case DR_AWS_DOUBLE:
        return write_number(writer, place, shape->type, value, text);
    case DR_AWS_BOOLEAN:
        return dr_aws_write_scalar(writer, place, member, value, DR_AWS_TIME_EPOCH, text);
    case DR_AWS_TIMESTAMP:
        return write_timestamp(writer, place, member, value, text);
    case DR_AWS_BLOB:
        dr_text_putc(text, '"');
        if (!dr_aws_write_scalar(writer, place, member, value, DR_AWS_TIME_EPOCH, text))
            return false;
        dr_text_putc(text, '"');
        return true;
    }
    return dr_aws_refuse(writer, place, "has a type that the model does not know");
}

bool dr_aws_write_json(struct dr_aws_writer *writer)
{
    const struct dr_aws_operation *operation = writer->operation;
    const struct dr_aws_model *model = operation->model;
    const struct dr_aws_place top = {0};
    static const struct dr_aws_shape nothing = {.type = DR_AWS_STRUCTURE};

    char *target = model->target_prefix ? dr_format("%s.%s", model->target_prefix, operation->name)
                                        : dr_copy_string(operation->name);
    dr_aws_headers_set(&writer->request->headers, "X-Amz-Target", target);
    free(target);
    if (model->query_compatible)
        dr_aws_headers_set(&writer->request->headers, "x-amzn-query-mode", "true");
    bool is_1_1 = model->json_version && strcmp(model->json_version, "1.1") == 0;
    writer->body_type = is_1_1 ? "application/x-amz-json-1.1" : "application/x-amz-json-1.0";
    writer->has_body = true;
    return dr_aws_write_json_structure(writer, &top, operation->input ? operation->input : &nothing, writer->input,
                                       &writer->body);
}
