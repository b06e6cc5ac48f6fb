/* What is wrong with an input by its model: required members, types, enumerations, lengths, ranges. Services name it
 * differently; what they say is AWS's common sentence. */
#include "providers/simulated/cloud_parts.h"

#include "interpreter/base/limits.h"
#include "interpreter/base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct names {
    const char *service, *missing, *invalid;
};
/* The common errors of each service's API reference; the first that fits. */
static const struct names by_service[] = {
    {"rds", "MissingParameter", "InvalidParameterValue"},
    {"ec2", "MissingParameter", "InvalidParameterValue"},
    {"ecs", "InvalidParameterException", "InvalidParameterException"},
    {"ecr", "InvalidParameterException", "InvalidParameterException"},
    {"lambda", "InvalidParameterValueException", "InvalidParameterValueException"},
    {"sns", "InvalidParameter", "InvalidParameter"},
    {"sqs", "MissingParameter", "InvalidParameterValue"},
    {"s3", "InvalidRequest", "InvalidArgument"},
    {"route53", "InvalidInput", "InvalidInput"},
    {"cloudwatch", "MissingParameter", "InvalidParameterValue"},
    {"secretsmanager", "InvalidParameterException", "InvalidParameterException"},
    {NULL, NULL, NULL},
};

struct check {
    struct dr_sim_call *call;
    struct names names;
};

static bool refuse(struct check *check, bool missing, const char *where, const json_t *value, const char *constraint)
{
    struct dr_text shown = {0};
    if (!value)
        dr_text_puts(&shown, "null");
    else if (json_is_string(value))
        dr_text_printf(&shown, "'%.200s'", json_string_value(value));
    else
        dr_text_json(&shown, value, 200);
    dr_sim_fail(check->call, 0, missing ? check->names.missing : check->names.invalid,
                "1 validation error detected: Value %s at '%s' failed to satisfy constraint: %s",
                shown.bytes ? shown.bytes : "", where, constraint);
    dr_text_done(&shown);
    return false;
}

static bool check_value(struct check *check, const struct dr_aws_shape *shape, const json_t *value, const char *where,
                        unsigned depth);

static bool check_structure(struct check *check, const struct dr_aws_shape *shape, const json_t *value,
                            const char *where, unsigned depth)
{
    bool good = true;
    for (size_t i = 0; good && i < shape->member_count; i++) {
        const struct dr_aws_member *member = &shape->members[i];
        const json_t *item = json_object_get(value, member->name);
        char *inner = dr_format("%s%s%s", where, *where ? "." : "", member->name);
        if (!item && member->required)
            good = refuse(check, true, inner, NULL, "Member must not be null");
        else if (item)
            good = check_value(check, dr_aws_member_shape(member), item, inner, depth + 1);
        free(inner);
    }
    return good;
}

static bool check_enum(struct check *check, const struct dr_aws_shape *shape, const json_t *value, const char *where)
{
    struct dr_text wanted = {0};
    dr_text_puts(&wanted, "Member must satisfy enum value set: [");
    for (size_t i = 0; i < shape->value_count; i++) {
        if (strcmp(shape->values[i], json_string_value(value)) == 0) {
            dr_text_done(&wanted);
            return true;
        }
        dr_text_printf(&wanted, "%s%s", i ? ", " : "", shape->values[i]);
    }
    dr_text_putc(&wanted, ']');
    refuse(check, false, where, value, wanted.bytes);
    dr_text_done(&wanted);
    return false;
}

static bool check_bounds(struct check *check, const struct dr_aws_shape *shape, const json_t *value, const char *where,
                         double size, const char *what)
{
    char *constraint = NULL;
    if (!isnan(shape->min) && size < shape->min)
        constraint = dr_format("Member must have %s greater than or equal to %.15g", what, shape->min);
    else if (!isnan(shape->max) && size > shape->max)
        constraint = dr_format("Member must have %s less than or equal to %.15g", what, shape->max);
    if (constraint)
        refuse(check, false, where, value, constraint);
    bool good = !constraint;
    free(constraint);
    return good;
}

static bool check_items(struct check *check, const struct dr_aws_shape *shape, const json_t *value, const char *where,
                        unsigned depth)
{
    bool good =
        check_bounds(check, shape, value, where,
                     (double)(json_is_array(value) ? json_array_size(value) : json_object_size(value)), "length");
    for (size_t i = 0; good && i < json_array_size(value); i++) {
        char *inner = dr_format("%s.%zu.member", where, i + 1);
        good = check_value(check, dr_aws_member_shape(shape->member), json_array_get(value, i), inner, depth + 1);
        free(inner);
    }
    const char *key;
    json_t *item;
    json_object_foreach((json_t *)(uintptr_t)value, key, item)
    {
        char *inner = dr_format("%s.%s.member", where, key);
        good = good && check_value(check, dr_aws_member_shape(shape->value), item, inner, depth + 1);
        free(inner);
    }
    return good;
}

static bool check_value(struct check *check, const struct dr_aws_shape *shape, const json_t *value, const char *where,
                        unsigned depth)
{
    if (depth > DR_DEPTH_MAX)
        return refuse(check, false, where, NULL, "Member must not nest so deeply");
    switch (shape->type) {
    case DR_AWS_STRUCTURE:
        return json_is_object(value) ? check_structure(check, shape, value, where, depth)
                                     : refuse(check, false, where, value, "Member must be a structure");
    case DR_AWS_LIST:
        return json_is_array(value) ? check_items(check, shape, value, where, depth)
                                    : refuse(check, false, where, value, "Member must be a list");
    case DR_AWS_MAP:
        return json_is_object(value) ? check_items(check, shape, value, where, depth)
                                     : refuse(check, false, where, value, "Member must be a map");
    case DR_AWS_STRING:
        if (!json_is_string(value))
            return refuse(check, false, where, value, "Member must be a string");
        return (shape->value_count == 0 || check_enum(check, shape, value, where)) &&
               check_bounds(check, shape, value, where, (double)json_string_length(value), "length");
    case DR_AWS_INTEGER:
    case DR_AWS_LONG:
    case DR_AWS_FLOAT:
    case DR_AWS_DOUBLE:
        return json_is_number(value) ? check_bounds(check, shape, value, where, json_number_value(value), "value")
                                     : refuse(check, false, where, value, "Member must be a number");
    case DR_AWS_BOOLEAN:
        return json_is_boolean(value) || refuse(check, false, where, value, "Member must be a boolean");
    case DR_AWS_BLOB:
    case DR_AWS_TIMESTAMP:
        return true;
    }
    return true;
}

bool dr_sim_check_input(struct dr_sim_call *call)
{
    const struct dr_aws_model *model = call->operation->model;
    struct check check = {call, {NULL, "ValidationException", "ValidationException"}};
    if (model->protocol == DR_AWS_QUERY)
        check.names = (struct names){NULL, "ValidationError", "ValidationError"};
    for (size_t i = 0; by_service[i].service; i++)
        if (strcmp(by_service[i].service, model->name) == 0)
            check.names = by_service[i];
    return !call->operation->input || check_structure(&check, call->operation->input, call->input, "", 0);
}
