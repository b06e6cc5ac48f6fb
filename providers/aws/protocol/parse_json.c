/* JSON bodies by their shapes: the json and rest-json protocols.
 * (https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html) */
#include "providers/aws/protocol/parse.h"
#include "providers/aws/protocol/timestamp.h"

#include <math.h>

static json_t *list_value(const struct dr_aws_shape *shape, const json_t *value)
{
    const struct dr_aws_shape *item = dr_aws_member_shape(shape->member);
    json_t *list = json_array();
    for (size_t i = 0; i < json_array_size(value); i++)
        json_array_append_new(list, dr_aws_json_value(item, json_array_get(value, i)));
    return list;
}

static json_t *map_value(const struct dr_aws_shape *shape, const json_t *value)
{
    const struct dr_aws_shape *of = dr_aws_member_shape(shape->value);
    json_t *map = json_object(), *shared = dr_json_share(value), *item;
    const char *key;
    size_t key_size;
    json_object_keylen_foreach(shared, key, key_size, item)
    {
        if (!json_is_null(item))
            json_object_setn_new_nocheck(map, key, key_size, dr_aws_json_value(of, item));
    }
    json_decref(shared);
    return map;
}

static json_t *structure_value(const struct dr_aws_shape *shape, const json_t *value)
{
    json_t *structure = json_object();
    dr_aws_json_members(shape, value, true, structure);
    return structure;
}

static json_t *number_value(const struct dr_aws_shape *shape, const json_t *value)
{
    bool whole = shape->type == DR_AWS_INTEGER || shape->type == DR_AWS_LONG;
    if (whole && json_is_real(value)) {
        double real = json_real_value(value);
        return real == trunc(real) && fabs(real) < 0x1p53 ? json_integer((json_int_t)real) : dr_json_share(value);
    }
    if (!whole && json_is_integer(value))
        return json_real((double)json_integer_value(value));
    return dr_json_share(value);
}

static json_t *string_value(const struct dr_aws_shape *shape, const json_t *value)
{
    struct dr_aws_instant instant;
    switch (shape->type) {
    case DR_AWS_BLOB:
        return dr_aws_blob_decode(json_string_value(value), json_string_length(value));
    case DR_AWS_TIMESTAMP:
        return dr_aws_instant_from_json(value, &instant) ? dr_aws_instant_json(instant) : dr_json_share(value);
    case DR_AWS_INTEGER:
    case DR_AWS_LONG:
    case DR_AWS_FLOAT:
    case DR_AWS_DOUBLE:
    case DR_AWS_BOOLEAN: {
        json_t *read = dr_aws_scalar_read(shape, json_string_value(value), json_string_length(value));
        return read ? read : dr_json_share(value);
    }
    case DR_AWS_STRUCTURE:
    case DR_AWS_LIST:
    case DR_AWS_MAP:
    case DR_AWS_STRING:
        break;
    }
    return dr_json_share(value);
}

json_t *dr_aws_json_value(const struct dr_aws_shape *shape, const json_t *value)
{
    struct dr_aws_instant instant;
    if (shape->document)
        return dr_json_share(value);
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return shape->type == DR_AWS_STRUCTURE ? structure_value(shape, value)
               : shape->type == DR_AWS_MAP     ? map_value(shape, value)
                                               : dr_json_share(value);
    case JSON_ARRAY:
        return shape->type == DR_AWS_LIST ? list_value(shape, value) : dr_json_share(value);
    case JSON_STRING:
        return string_value(shape, value);
    case JSON_INTEGER:
    case JSON_REAL:
        if (shape->type == DR_AWS_TIMESTAMP && dr_aws_instant_from_json(value, &instant))
            return dr_aws_instant_json(instant);
        if (shape->type == DR_AWS_INTEGER || shape->type == DR_AWS_LONG || shape->type == DR_AWS_FLOAT ||
            shape->type == DR_AWS_DOUBLE) {
            return number_value(shape, value);
        }
        break;
    case JSON_TRUE:
    case JSON_FALSE:
    case JSON_NULL:
        break;
    }
    return dr_json_share(value);
}

void dr_aws_json_members(const struct dr_aws_shape *shape, const json_t *object, bool all, json_t *output)
{
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct dr_aws_member *member = &shape->members[i];
        if (!all && !dr_aws_in_body(member))
            continue;
        const json_t *value = json_object_get(object, dr_aws_wire_name(member));
        if (value && !json_is_null(value))
            json_object_set_new(output, member->name, dr_aws_json_value(dr_aws_member_shape(member), value));
    }
}
