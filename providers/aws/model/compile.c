/* One service of botocore's into its compact text: what a call needs, checked so far that no reference dangles. */
#include "providers/aws/model/compile.h"

#include "interpreter/base/limits.h"
#include "providers/aws/model/compact.h"
#include "providers/aws/model/store.h"

#include <stdlib.h>
#include <string.h>

/* What people read and calls do not need. */
static const char *const dropped[] = {"documentation", "documentationUrl", "deprecatedMessage", "deprecatedSince",
                                      "examples",      "synthetic",        "xmlOrder",          "alias",
                                      "senderFault",   "internalonly"};

static void strip(json_t *object)
{
    for (size_t i = 0; json_is_object(object) && i < sizeof dropped / sizeof *dropped; i++)
        json_object_del(object, dropped[i]);
}

/* A copy without documentation: of the thing itself and of the references in it, never of members that happen to have
 * such a name. */
static json_t *strip_shape(const json_t *shape)
{
    json_t *copy = json_deep_copy(shape), *members = json_object_get(copy, "members"), *value;
    const char *name;
    strip(copy);
    json_object_foreach(members, name, value)
    {
        strip(value);
    }
    static const char *const parts[] = {"member", "key", "value", "error"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        strip(json_object_get(copy, parts[i]));
    return copy;
}

static json_t *strip_operation(const json_t *operation)
{
    json_t *copy = json_deep_copy(operation), *errors = json_object_get(copy, "errors");
    strip(copy);
    strip(json_object_get(copy, "input"));
    strip(json_object_get(copy, "output"));
    for (size_t i = 0; i < json_array_size(errors); i++) {
        json_t *error = json_array_get(errors, i);
        const json_t *shape = json_object_get(error, "shape");
        if (shape)
            json_array_set_new(errors, i, json_pack("{s:O}", "shape", shape));
    }
    return copy;
}

/* --- Checking ------------------------------------------------------------------------------------------------------
 */

/* Names become keys of lines. */
static bool is_name(const char *name)
{
    for (const char *at = name; *at; at++)
        if ((unsigned char)*at <= ' ' || *at == 127)
            return false;
    return *name != '\0';
}

/* NULL, or what is wrong with a reference from `where`. */
static char *check_reference(const json_t *shapes, const json_t *reference, const char *what, const char *where)
{
    const json_t *name = json_object_get(reference, "shape");
    if (!json_is_string(name))
        return dr_format("%s of %s names no shape", what, where);
    if (!json_is_object(json_object_get(shapes, json_string_value(name))))
        return dr_format("%s of %s refers to the shape \"%s\", which is not there", what, where,
                         json_string_value(name));
    return NULL;
}

static char *check_members(const json_t *shapes, json_t *members, const char *where)
{
    const char *name;
    json_t *member;
    char *problem = NULL;
    json_object_foreach(members, name, member)
    {
        problem = is_name(name) ? check_reference(shapes, member, name, where)
                                : dr_format("%s has a member with a name that is none", where);
        if (problem)
            break;
    }
    return problem;
}

static char *check_shape(const json_t *shapes, const char *name, const json_t *shape)
{
    enum dr_aws_type type;
    const char *type_name = json_string_value(json_object_get(shape, "type"));
    if (!is_name(name) || !json_is_object(shape))
        return dr_format("\"shapes\" has a member that is no shape");
    if (!dr_aws_type_find(type_name, &type))
        return dr_format("the shape %s has the unknown type \"%s\"", name, type_name ? type_name : "");
    if (type == DR_AWS_STRUCTURE)
        return check_members(shapes, json_object_get(shape, "members"), name);
    if (type == DR_AWS_LIST)
        return check_reference(shapes, json_object_get(shape, "member"), "the member", name);
    if (type == DR_AWS_MAP) {
        char *problem = check_reference(shapes, json_object_get(shape, "key"), "the key", name);
        return problem ? problem : check_reference(shapes, json_object_get(shape, "value"), "the value", name);
    }
    return NULL;
}

/* Input and output are structures, or absent. */
static char *check_side(const json_t *shapes, const json_t *operation, const char *side, const char *where)
{
    const json_t *reference = json_object_get(operation, side);
    if (!reference)
        return NULL;
    char *problem = check_reference(shapes, reference, side, where);
    if (problem)
        return problem;
    const json_t *shape = json_object_get(shapes, json_string_value(json_object_get(reference, "shape")));
    const char *type = json_string_value(json_object_get(shape, "type"));
    return type && strcmp(type, "structure") == 0 ? NULL : dr_format("the %s of %s is no structure", side, where);
}

static char *check_operation(const json_t *shapes, const char *name, const json_t *operation)
{
    if (!is_name(name) || !json_is_object(operation))
        return dr_format("\"operations\" has a member that is no operation");
    char *problem = check_side(shapes, operation, "input", name);
    if (!problem)
        problem = check_side(shapes, operation, "output", name);
    const json_t *errors = json_object_get(operation, "errors");
    for (size_t i = 0; !problem && i < json_array_size(errors); i++)
        problem = check_reference(shapes, json_array_get(errors, i), "an error", name);
    return problem;
}

/* --- Writing -------------------------------------------------------------------------------------------------------
 */

/* Steals `json`. */
static bool put(struct dr_aws_compact_writer *writer, const char *prefix, const char *name, json_t *json)
{
    struct dr_text text = {0};
    bool whole = dr_text_json(&text, json, DR_DOCUMENT_BYTES_MAX);
    if (whole)
        dr_aws_compact_put(writer, prefix, name, dr_text_take(&text));
    dr_text_done(&text);
    json_decref(json);
    return whole;
}

static char *put_shapes(struct dr_aws_compact_writer *writer, json_t *shapes)
{
    const char *name;
    json_t *shape;
    char *problem = NULL;
    json_object_foreach(shapes, name, shape)
    {
        problem = check_shape(shapes, name, shape);
        if (!problem && !put(writer, "shape/", name, strip_shape(shape)))
            problem = dr_format("the shape %s is too large", name);
        if (problem)
            break;
    }
    return problem;
}

static char *put_operations(struct dr_aws_compact_writer *writer, json_t *operations, const json_t *shapes)
{
    const char *name;
    json_t *operation;
    char *problem = NULL;
    json_object_foreach(operations, name, operation)
    {
        problem = check_operation(shapes, name, operation);
        if (!problem && !put(writer, "operation/", name, strip_operation(operation)))
            problem = dr_format("the operation %s is too large", name);
        if (problem)
            break;
    }
    return problem;
}

/* Paginators and waiters: an object by name under `list`. Those that are none are left out: calls work without. */
static void put_named(struct dr_aws_compact_writer *writer, const char *prefix, const json_t *file, const char *list)
{
    const char *name;
    json_t *items = json_object_get(file, list), *item;
    json_object_foreach(items, name, item)
    {
        if (is_name(name) && json_is_object(item))
            put(writer, prefix, name, strip_operation(item));
    }
}

static char *put_all(struct dr_aws_compact_writer *writer, const json_t *service, const json_t *paginators,
                     const json_t *waiters, const json_t *endpoint_rules)
{
    json_t *metadata = json_object_get(service, "metadata"), *operations = json_object_get(service, "operations"),
           *shapes = json_object_get(service, "shapes");
    enum dr_aws_protocol protocol;
    if (!json_is_object(metadata) || !json_is_object(operations))
        return dr_format("there is no \"metadata\" or no \"operations\"");
    if (!dr_aws_protocol_find(metadata, &protocol))
        return dr_format("it speaks none of the protocols that drrun knows");
    char *problem = put_shapes(writer, shapes);
    if (!problem)
        problem = put_operations(writer, operations, shapes);
    if (problem)
        return problem;
    put(writer, "metadata", "", strip_shape(metadata));
    put_named(writer, "paginator/", paginators, "pagination");
    put_named(writer, "waiter/", waiters, "waiters");
    if (json_is_object(endpoint_rules))
        put(writer, "endpoint-rules", "", dr_json_share(endpoint_rules));
    return NULL;
}

bool dr_aws_model_compile(const char *name, const json_t *service, const json_t *paginators, const json_t *waiters,
                          const json_t *endpoint_rules, const char *origin, const char *date, struct dr_text *out,
                          char **ret_problem)
{
    struct dr_aws_compact_writer writer = {0};
    char *problem = put_all(&writer, service, paginators, waiters, endpoint_rules);
    if (problem) {
        *ret_problem = dr_format("the model of %s cannot be used: %s (from %s)", name, problem, origin);
        free(problem);
        dr_aws_compact_writer_done(&writer);
        return false;
    }
    put(&writer, "provenance", "",
        json_pack("{s:i, s:s, s:s, s:s}", "format", DR_AWS_COMPACT_FORMAT, "origin", origin, "date", date, "licence",
                  "Apache-2.0"));
    dr_aws_compact_write(&writer, out);
    return true;
}
