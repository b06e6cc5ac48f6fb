#include "providers/aws/integration/schema.h"

#include "interpreter/base/text.h"
#include "providers/aws/integration/names.h"
#include "providers/aws/integration/pattern.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { INLINE_DEPTH_MAX = 16 }; /* lists of lists of maps: a list that contains itself ends here */

struct build {
    enum dr_aws_spelling spelling;
    json_t *definitions;                 /* by shape name; structures only */
    const struct dr_aws_shape **waiting; /* structures that are referred to and not described yet: a list instead of
                                            recursion, because how deep models nest is not for us to say */
    size_t waiting_count, waiting_room;
    bool output; /* only what there is, not what is allowed */
};

static json_t *describe(struct build *build, const struct dr_aws_member *member, unsigned depth);

static bool is_listed(const char *const *names, const char *name)
{
    for (size_t i = 0; names && names[i]; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static void set_type(json_t *schema, const char *first, const char *second, const char *third)
{
    if (second == NULL) {
        json_object_set_new(schema, "type", json_string(first));
        return;
    }
    json_t *types = json_array();
    json_array_append_new(types, json_string(first));
    json_array_append_new(types, json_string(second));
    if (third)
        json_array_append_new(types, json_string(third));
    json_object_set_new(schema, "type", types);
}

/* --- Bounds
 * -----------------------------------------------------------------------------------------------------------
 */

static void set_bound(json_t *schema, const char *key, double bound, bool is_count)
{
    if (isnan(bound) || (is_count && bound <= 0) || fabs(bound) > 9e18)
        return;
    bool whole = is_count || bound == trunc(bound);
    json_object_set_new(schema, key, whole ? json_integer((json_int_t)bound) : json_real(bound));
}

static void set_bounds(const struct build *build, json_t *schema, const struct dr_aws_shape *shape, const char *least,
                       const char *most, bool is_count)
{
    if (build->output)
        return;
    set_bound(schema, least, shape->min, is_count);
    set_bound(schema, most, shape->max, is_count);
}

static void set_values(json_t *schema, const struct dr_aws_shape *shape)
{
    if (shape->value_count == 0)
        return;
    json_t *values = json_array();
    for (size_t i = 0; i < shape->value_count; i++)
        json_array_append_new(values, json_string(shape->values[i]));
    json_object_set_new(schema, "enum", values);
}

static void set_pattern(const struct build *build, json_t *schema, const struct dr_aws_shape *shape)
{
    char *pattern = shape->pattern && !build->output ? dr_aws_pattern(shape->pattern) : NULL;
    if (pattern == NULL)
        return;
    json_object_set_new(schema, "pattern", json_string(pattern));
    if (strcmp(pattern, shape->pattern) != 0)
        json_object_set_new(schema, "patternAsWritten", json_string(shape->pattern));
    free(pattern);
}

/* What the protocols read as a time: ISO 8601, seconds since 1970, or HTTP's form. */
static void set_time_pattern(json_t *schema)
{
    json_object_set_new(schema, "pattern",
                        json_string("^(\\d{4}-\\d\\d-\\d\\d([Tt ].*)?|-?\\d+(\\.\\d+)?|[A-Z][a-z]{2,8}, .*)$"));
    json_object_set_new(schema, "patternAsWritten", json_string("YYYY-MM-DDThh:mm:ssZ"));
}

/* --- Types
 * ------------------------------------------------------------------------------------------------------------ */

/* Text, or bytes that are none: {"Base64": "AP8="}. */
static void allow_bytes(json_t *schema)
{
    set_type(schema, "string", "object", NULL);
    json_object_set_new(schema, "properties", json_pack("{s:{s:s}}", DR_AWS_BASE64, "type", "string"));
    json_object_set_new(schema, "required", json_pack("[s]", DR_AWS_BASE64));
    json_object_set_new(schema, "additionalProperties", json_false());
}

static json_t *describe_text(const struct build *build, const struct dr_aws_member *member,
                             const struct dr_aws_shape *shape)
{
    json_t *schema = json_object();
    if (!build->output && dr_aws_takes_json(member->name))
        set_type(schema, "string", "object", "array");
    else if (!build->output && shape->type == DR_AWS_BLOB)
        allow_bytes(schema);
    else
        set_type(schema, "string", NULL, NULL);
    if (shape->type == DR_AWS_BLOB)
        return schema; /* its length is that of the bytes, and the text may be their base64 */
    set_values(schema, shape);
    if (shape->value_count == 0) {
        set_bounds(build, schema, shape, "minLength", "maxLength", true);
        set_pattern(build, schema, shape);
    }
    return schema;
}

static json_t *describe_number(const struct build *build, const struct dr_aws_shape *shape, const char *type)
{
    json_t *schema = json_object();
    set_type(schema, type, NULL, NULL);
    set_bounds(build, schema, shape, "minimum", "maximum", false);
    return schema;
}

static json_t *describe_map(struct build *build, const struct dr_aws_shape *shape, unsigned depth)
{
    json_t *schema = json_object(), *value = describe(build, shape->value, depth + 1);
    const struct dr_aws_shape *key = dr_aws_member_shape(shape->key);
    set_type(schema, "object", NULL, NULL);
    if (key->value_count > 0 && !build->output) { /* the keys are an enumeration: members by another name */
        json_t *properties = json_object();
        for (size_t i = 0; i < key->value_count; i++)
            json_object_set(properties, key->values[i], value);
        json_object_set_new(schema, "properties", properties);
        json_object_set_new(schema, "additionalProperties", json_false());
        json_decref(value);
    } else {
        json_object_set_new(schema, "additionalProperties", value);
    }
    set_bounds(build, schema, shape, "minProperties", "maxProperties", true);
    return schema;
}

static void add_alias(json_t *schema, json_t *properties, const char *alias, const char *name)
{
    if (strcmp(alias, name) == 0 || json_object_get(properties, alias))
        return;
    json_t *aliases = json_object_get(schema, "aliases");
    if (aliases == NULL) {
        aliases = json_object();
        json_object_set_new(schema, "aliases", aliases);
    }
    json_object_set_new(aliases, alias, json_string(name));
}

static void add_spellings(json_t *schema, const char *api_name, const char *name)
{
    json_t *properties = json_object_get(schema, "properties");
    add_alias(schema, properties, api_name, name);
    for (int spelling = DR_AWS_SPELLING_SDK; spelling <= DR_AWS_SPELLING_SETTER; spelling++) {
        char *other = dr_aws_spell_member((enum dr_aws_spelling)spelling, api_name);
        add_alias(schema, properties, other, name);
        free(other);
    }
}

/* A structure's own object; `optional` names members that need not be given although the API wants them. */
static json_t *describe_structure(struct build *build, const struct dr_aws_shape *shape, const char *const *optional)
{
    json_t *schema = json_object(), *properties = json_object(), *required = json_array();
    set_type(schema, "object", NULL, NULL);
    json_object_set_new(schema, "properties", properties);
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct dr_aws_member *member = &shape->members[i];
        char *name = dr_aws_spell_member(build->spelling, member->name);
        json_object_set_new(properties, name, describe(build, member, 0));
        if (member->required && !member->idempotency_token && !is_listed(optional, member->name))
            json_array_append_new(required, json_string(name));
        free(name);
    }
    for (size_t i = 0; i < shape->member_count && !build->output; i++) {
        char *name = dr_aws_spell_member(build->spelling, shape->members[i].name);
        add_spellings(schema, shape->members[i].name, name);
        free(name);
    }
    if (json_array_size(required) > 0 && !build->output)
        json_object_set(schema, "required", required);
    json_decref(required);
    if (build->output)
        return schema;
    json_object_set_new(schema, "additionalProperties", json_false());
    json_object_set_new(schema, "absentNulls", json_true());
    if (shape->is_union) {
        json_object_set_new(schema, "minProperties", json_integer(1));
        json_object_set_new(schema, "maxProperties", json_integer(1));
    }
    return schema;
}

/* Structures are described once, by name: they may contain themselves. */
static json_t *refer(struct build *build, const struct dr_aws_shape *shape)
{
    if (json_object_get(build->definitions, shape->name) == NULL) {
        json_object_set_new(build->definitions, shape->name, json_object()); /* its turn comes */
        if (build->waiting_count == build->waiting_room) {
            build->waiting_room = build->waiting_room ? build->waiting_room * 2 : 32;
            build->waiting = dr_resize(build->waiting, build->waiting_room, sizeof *build->waiting);
        }
        build->waiting[build->waiting_count++] = shape;
    }
    char *reference = dr_format("#/$defs/%s", shape->name);
    json_t *schema = json_object();
    json_object_set_new(schema, "$ref", json_string(reference));
    free(reference);
    return schema;
}

static json_t *describe_list(struct build *build, const struct dr_aws_shape *shape, unsigned depth)
{
    json_t *schema = json_object();
    set_type(schema, "array", NULL, NULL);
    json_object_set_new(schema, "items", describe(build, shape->member, depth + 1));
    set_bounds(build, schema, shape, "minItems", "maxItems", true);
    return schema;
}

static json_t *describe(struct build *build, const struct dr_aws_member *member, unsigned depth)
{
    const struct dr_aws_shape *shape = dr_aws_member_shape(member);
    if (shape->document || member->jsonvalue || depth > INLINE_DEPTH_MAX)
        return json_object();
    json_t *schema = NULL;
    switch (shape->type) {
    case DR_AWS_STRUCTURE:
        return refer(build, shape);
    case DR_AWS_LIST:
        return describe_list(build, shape, depth);
    case DR_AWS_MAP:
        return describe_map(build, shape, depth);
    case DR_AWS_STRING:
    case DR_AWS_BLOB:
        return describe_text(build, member, shape);
    case DR_AWS_INTEGER:
    case DR_AWS_LONG:
        return describe_number(build, shape, "integer");
    case DR_AWS_FLOAT:
    case DR_AWS_DOUBLE:
        return describe_number(build, shape, "number");
    case DR_AWS_BOOLEAN:
        schema = json_object();
        set_type(schema, "boolean", NULL, NULL);
        return schema;
    case DR_AWS_TIMESTAMP:
        schema = json_object();
        if (build->output)
            set_type(schema, "string", NULL, NULL);
        else
            set_type(schema, "string", "number", NULL);
        if (!build->output)
            set_time_pattern(schema);
        return schema;
    }
    return json_object();
}

/* --- The whole
 * -------------------------------------------------------------------------------------------------------- */

static json_t *describe_all(struct build *build, const struct dr_aws_shape *shape, const char *const *optional)
{
    static const struct dr_aws_shape nothing = {.type = DR_AWS_STRUCTURE};
    build->definitions = json_object();
    json_t *schema = describe_structure(build, shape ? shape : &nothing, optional);
    for (size_t i = 0; i < build->waiting_count; i++)
        json_object_set_new(build->definitions, build->waiting[i]->name,
                            describe_structure(build, build->waiting[i], NULL));
    json_object_set_new(schema, "$defs", build->definitions);
    free(build->waiting);
    return schema;
}

static void allow_anything(json_t *schema, const struct dr_aws_schema_options *options)
{
    for (size_t i = 0; options->anything && options->anything[i]; i++) {
        char *name = dr_aws_spell_member(options->spelling, options->anything[i]);
        json_object_set_new(json_object_get(schema, "properties"), name, json_object());
        free(name);
    }
}

json_t *dr_aws_arguments_schema(const struct dr_aws_operation *operation, const struct dr_aws_schema_options *options)
{
    static const struct dr_aws_schema_options plain = {0};
    options = options ? options : &plain;
    struct build build = {.spelling = options->spelling};
    json_t *schema = describe_all(&build, operation->input, options->optional);
    allow_anything(schema, options);
    json_object_set_new(schema, "coerce", json_true());
    const struct dr_aws_model *model = operation->model;
    char *comment = dr_format("the model of %s is of %s, from %s; drrun models import DIR brings a newer one",
                              model->name, model->date, model->origin);
    json_object_set_new(schema, "$comment", json_string(comment));
    free(comment);
    return schema;
}

json_t *dr_aws_output_schema(const struct dr_aws_operation *operation, enum dr_aws_spelling spelling)
{
    struct build build = {.spelling = spelling, .output = true};
    return describe_all(&build, operation->output, NULL);
}
