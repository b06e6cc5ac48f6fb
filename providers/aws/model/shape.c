/* Shapes: from a line's JSON to structs in the arena. Names of shapes go through the model's table, so that a member
 * finds its shape without searching twice. */
#include "providers/aws/model/store.h"

#include <math.h>
#include <string.h>

static const struct type_name {
    const char *name;
    enum dr_aws_type type;
} type_names[] = {
    {"structure", DR_AWS_STRUCTURE}, {"list", DR_AWS_LIST},        {"map", DR_AWS_MAP},
    {"string", DR_AWS_STRING},       {"character", DR_AWS_STRING}, {"integer", DR_AWS_INTEGER},
    {"short", DR_AWS_INTEGER},       {"byte", DR_AWS_INTEGER},     {"long", DR_AWS_LONG},
    {"bigInteger", DR_AWS_LONG},     {"float", DR_AWS_FLOAT},      {"double", DR_AWS_DOUBLE},
    {"bigDecimal", DR_AWS_DOUBLE},   {"boolean", DR_AWS_BOOLEAN},  {"blob", DR_AWS_BLOB},
    {"timestamp", DR_AWS_TIMESTAMP},
};

bool dr_aws_type_find(const char *name, enum dr_aws_type *ret_type)
{
    for (size_t i = 0; name && i < sizeof type_names / sizeof *type_names; i++) {
        if (strcmp(type_names[i].name, name) == 0) {
            *ret_type = type_names[i].type;
            return true;
        }
    }
    return false;
}

static const char *const locations[] = {
    [DR_AWS_IN_URI] = "uri",         [DR_AWS_IN_QUERY] = "querystring", [DR_AWS_IN_HEADER] = "header",
    [DR_AWS_IN_HEADERS] = "headers", [DR_AWS_IN_STATUS] = "statusCode",
};
static const char *const timestamps[] = {
    [DR_AWS_TIME_ISO8601] = "iso8601", [DR_AWS_TIME_EPOCH] = "unixTimestamp", [DR_AWS_TIME_RFC822] = "rfc822"};

/* The index of the word under `key`; 0: none of them. */
static int index_of(const json_t *object, const char *key, const char *const *words, size_t count)
{
    const char *word = json_string_value(json_object_get(object, key));
    for (size_t i = 1; word && i < count; i++)
        if (strcmp(words[i], word) == 0)
            return (int)i;
    return 0;
}

const char *dr_aws_text_of(struct dr_aws_opened *opened, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_string(value) ? dr_arena_string(opened->arena, json_string_value(value), json_string_length(value))
                                 : NULL;
}

bool dr_aws_flag_of(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}

/* A trait is there whatever it says, unless it says false. */
static bool has_trait(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return value && !json_is_false(value) && !json_is_null(value);
}

static double number_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

static void read_xml(struct dr_aws_opened *opened, const json_t *json, const char **ret_prefix, const char **ret_uri)
{
    const json_t *namespace = json_object_get(json, "xmlNamespace");
    if (json_is_string(namespace)) {
        *ret_uri = dr_aws_text_of(opened, json, "xmlNamespace");
    } else {
        *ret_uri = dr_aws_text_of(opened, namespace, "uri");
        *ret_prefix = dr_aws_text_of(opened, namespace, "prefix");
    }
}

static void read_member(struct dr_aws_opened *opened, const char *name, const json_t *json,
                        struct dr_aws_member *member)
{
    const json_t *shape = json_object_get(json, "shape");
    const char *shape_name = json_is_string(shape) ? json_string_value(shape) : "";
    member->model = &opened->model;
    member->name = name;
    member->slot = dr_aws_slot(opened, shape_name, strlen(shape_name));
    member->shape_name = member->slot->name;
    member->wire = dr_aws_text_of(opened, json, "locationName");
    member->query_name = dr_aws_text_of(opened, json, "queryName");
    read_xml(opened, json, &member->xml_prefix, &member->xml_uri);
    member->context_param = dr_aws_text_of(opened, json_object_get(json, "contextParam"), "name");
    member->location =
        (enum dr_aws_location)index_of(json, "location", locations, sizeof locations / sizeof *locations);
    member->timestamp =
        (enum dr_aws_timestamp)index_of(json, "timestampFormat", timestamps, sizeof timestamps / sizeof *timestamps);
    member->flattened = dr_aws_flag_of(json, "flattened");
    member->xml_attribute = dr_aws_flag_of(json, "xmlAttribute");
    member->streaming = dr_aws_flag_of(json, "streaming");
    member->jsonvalue = dr_aws_flag_of(json, "jsonvalue");
    member->idempotency_token = dr_aws_flag_of(json, "idempotencyToken");
    member->host_label = dr_aws_flag_of(json, "hostLabel");
    member->box = dr_aws_flag_of(json, "box");
    member->deprecated = dr_aws_flag_of(json, "deprecated");
    member->event_payload = dr_aws_flag_of(json, "eventpayload");
    member->event_header = dr_aws_flag_of(json, "eventheader");
}

static void read_members(struct dr_aws_opened *opened, const json_t *json, struct dr_aws_shape *shape)
{
    json_t *members = json_object_get(json, "members"), *value;
    size_t count = json_object_size(members), index = 0;
    if (!json_is_object(members) || count == 0)
        return;
    struct dr_aws_member *list = dr_arena_alloc(opened->arena, count * sizeof *list);
    const char *name;
    json_object_foreach(members, name, value)
    {
        read_member(opened, dr_arena_string(opened->arena, name, strlen(name)), value, &list[index++]);
    }
    const json_t *required = json_object_get(json, "required");
    for (size_t i = 0; i < json_array_size(required); i++) {
        const char *wanted = json_string_value(json_array_get(required, i));
        for (size_t j = 0; wanted && j < count; j++)
            if (strcmp(list[j].name, wanted) == 0)
                list[j].required = true;
    }
    shape->members = list;
    shape->member_count = count;
}

static const struct dr_aws_member *read_part(struct dr_aws_opened *opened, const json_t *json, const char *key)
{
    struct dr_aws_member *member = dr_arena_alloc(opened->arena, sizeof *member);
    read_member(opened, NULL, json_object_get(json, key), member);
    return member;
}

static void read_enum(struct dr_aws_opened *opened, const json_t *json, struct dr_aws_shape *shape)
{
    const json_t *values = json_object_get(json, "enum");
    size_t count = json_array_size(values);
    const char **list = count ? dr_arena_alloc(opened->arena, count * sizeof *list) : NULL;
    for (size_t i = 0; i < count; i++) {
        const json_t *value = json_array_get(values, i);
        if (json_is_string(value))
            list[shape->value_count++] =
                dr_arena_string(opened->arena, json_string_value(value), json_string_length(value));
    }
    shape->values = list;
}

static void read_error(struct dr_aws_opened *opened, const json_t *json, struct dr_aws_shape *shape)
{
    const json_t *error = json_object_get(json, "error"), *retryable = json_object_get(json, "retryable");
    shape->is_exception = dr_aws_flag_of(json, "exception") || json_is_object(error);
    shape->is_fault = dr_aws_flag_of(json, "fault") || dr_aws_flag_of(error, "fault");
    shape->is_retryable = has_trait(json, "retryable");
    shape->is_throttling = dr_aws_flag_of(retryable, "throttling");
    shape->error_code = dr_aws_text_of(opened, error, "code");
    json_int_t status = json_integer_value(json_object_get(error, "httpStatusCode"));
    shape->error_status = status > 0 && status < 1000 ? (int)status : 0;
}

const struct dr_aws_shape *dr_aws_shape_read(struct dr_aws_opened *opened, const char *name, const json_t *json)
{
    struct dr_aws_shape *shape = dr_arena_alloc(opened->arena, sizeof *shape);
    shape->model = &opened->model;
    shape->name = name;
    if (!dr_aws_type_find(json_string_value(json_object_get(json, "type")), &shape->type))
        shape->type = DR_AWS_STRING; /* a damaged file: models with unknown types are refused when compiled */
    if (shape->type == DR_AWS_STRUCTURE)
        read_members(opened, json, shape);
    if (shape->type == DR_AWS_LIST)
        shape->member = read_part(opened, json, "member");
    if (shape->type == DR_AWS_MAP) {
        shape->key = read_part(opened, json, "key");
        shape->value = read_part(opened, json, "value");
    }
    shape->payload = dr_aws_text_of(opened, json, "payload");
    shape->wire = dr_aws_text_of(opened, json, "locationName");
    read_xml(opened, json, &shape->xml_prefix, &shape->xml_uri);
    shape->pattern = dr_aws_text_of(opened, json, "pattern");
    read_enum(opened, json, shape);
    shape->min = number_of(json, "min");
    shape->max = number_of(json, "max");
    shape->timestamp =
        (enum dr_aws_timestamp)index_of(json, "timestampFormat", timestamps, sizeof timestamps / sizeof *timestamps);
    shape->flattened = dr_aws_flag_of(json, "flattened");
    shape->wrapper = dr_aws_flag_of(json, "wrapper");
    shape->sensitive = dr_aws_flag_of(json, "sensitive");
    shape->streaming = dr_aws_flag_of(json, "streaming");
    shape->requires_length = dr_aws_flag_of(json, "requiresLength");
    shape->document = dr_aws_flag_of(json, "document");
    shape->is_union = dr_aws_flag_of(json, "union");
    shape->event_stream = dr_aws_flag_of(json, "eventstream");
    shape->event = dr_aws_flag_of(json, "event");
    read_error(opened, json, shape);
    return shape;
}
