/* Successful answers, one row a protocol: where an output's members stand, and what a body must be. */
#include "providers/aws/protocol/parse.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Reads the body into `output`. false with a problem. */
typedef bool read_fn(const struct dr_aws_operation *operation, const struct dr_aws_answer *answer, json_t *output,
                     char **ret_problem);

static bool has_members(const struct dr_aws_operation *operation)
{
    return operation->output && operation->output->member_count > 0;
}

static bool refuse(const char *expected, const struct dr_aws_answer *answer, const char *why, char **ret_problem)
{
    *ret_problem = dr_aws_unexpected(expected, answer, why);
    return false;
}

/* --- XML -----------------------------------------------------------------------------------------------------------
 */

/* The tree of a body that must be XML. Call dr_xml_done() either way. */
static bool read_tree(const struct dr_aws_answer *answer, struct dr_xml *xml, char **ret_problem)
{
    char *why = NULL;
    if (dr_aws_body_looks(answer) != DR_AWS_LOOKS_XML || !dr_xml_read(answer->body, answer->body_size, xml, &why)) {
        refuse("XML", answer, why, ret_problem);
        free(why);
        return false;
    }
    return true;
}

/* The element that holds the result. Models and servers do not always agree on whether there is a wrapper. */
static uint32_t find_result(const struct dr_aws_operation *operation, const struct dr_xml *xml)
{
    uint32_t result = operation->result_wrapper ? dr_xml_child(xml, DR_XML_ROOT, operation->result_wrapper) : 0;
    if (!result && operation->model->protocol == DR_AWS_QUERY) {
        char *usual = dr_format("%sResult", operation->name);
        result = dr_xml_child(xml, DR_XML_ROOT, usual);
        free(usual);
    }
    return result ? result : DR_XML_ROOT;
}

static bool read_query(const struct dr_aws_operation *operation, const struct dr_aws_answer *answer, json_t *output,
                       char **ret_problem)
{
    struct dr_xml xml = {0};
    if (!has_members(operation) && dr_aws_body_looks(answer) == DR_AWS_LOOKS_EMPTY)
        return true;
    bool read = read_tree(answer, &xml, ret_problem);
    if (read && operation->output)
        dr_aws_xml_members(&xml, find_result(operation, &xml), operation->output, output);
    dr_xml_done(&xml);
    return read;
}

/* S3's GetBucketLocation: the only member is the root itself. */
static void take_root(const struct dr_xml *xml, const struct dr_aws_shape *shape, json_t *output)
{
    if (dr_xml_first(xml, DR_XML_ROOT) || dr_xml_text_size(xml, DR_XML_ROOT) == 0)
        return;
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct dr_aws_member *member = &shape->members[i];
        json_t *value = NULL;
        if (dr_aws_in_body(member) && strcmp(dr_aws_wire_name(member), dr_xml_name(xml, DR_XML_ROOT)) == 0)
            value = dr_aws_xml_value(xml, DR_XML_ROOT, dr_aws_member_shape(member));
        if (value)
            json_object_set_new(output, member->name, value);
    }
}

/* A whole body: the members of `shape`; with `payload`, the one member that it is. An empty one is what 200 must not
 * have: S3 sends it when it has failed after it had begun to answer. */
static bool read_rest_xml(const struct dr_aws_answer *answer, const struct dr_aws_shape *shape,
                          const struct dr_aws_member *payload, json_t *output, char **ret_problem)
{
    struct dr_xml xml = {0};
    if (dr_aws_body_looks(answer) == DR_AWS_LOOKS_EMPTY && (answer->status != 200 || shape->is_union))
        return true;
    bool read = read_tree(answer, &xml, ret_problem);
    if (read && payload) {
        json_t *value = dr_aws_xml_value(&xml, DR_XML_ROOT, shape);
        if (value)
            json_object_set_new(output, payload->name, value);
    } else if (read) {
        dr_aws_xml_members(&xml, DR_XML_ROOT, shape, output);
        take_root(&xml, shape, output);
    }
    dr_xml_done(&xml);
    return read;
}

/* --- JSON ----------------------------------------------------------------------------------------------------------
 */

/* The value of a body that must be JSON; for a structure that is no document an object. NULL with a problem. */
static json_t *read_value(const struct dr_aws_answer *answer, const struct dr_aws_shape *shape, char **ret_problem)
{
    char *why = NULL;
    json_t *value = dr_json_parse(answer->body, answer->body_size, &why);
    bool fits = value && (shape->type != DR_AWS_STRUCTURE || shape->document || json_is_object(value));
    if (!fits)
        refuse(value ? "a JSON object" : "JSON", answer, dr_aws_body_looks(answer) == DR_AWS_LOOKS_JSON ? why : NULL,
               ret_problem);
    free(why);
    if (fits)
        return value;
    json_decref(value);
    return NULL;
}

static bool read_json(const struct dr_aws_operation *operation, const struct dr_aws_answer *answer, json_t *output,
                      char **ret_problem)
{
    enum dr_aws_looks looks = dr_aws_body_looks(answer);
    const struct dr_aws_member *stream = dr_aws_event_stream(operation->output);
    if (stream) {
        json_t *events = dr_aws_event_stream_read(operation, dr_aws_member_shape(stream), answer, output, ret_problem);
        if (events)
            json_object_set_new(output, stream->name, events);
        return events != NULL;
    }
    if (looks == DR_AWS_LOOKS_EMPTY)
        return true;
    if (!has_members(operation))
        return looks == DR_AWS_LOOKS_HTML || looks == DR_AWS_LOOKS_XML ? refuse("JSON", answer, NULL, ret_problem)
                                                                       : true;
    json_t *value = read_value(answer, operation->output, ret_problem);
    if (value)
        dr_aws_json_members(operation->output, value, true, output);
    json_decref(value);
    return value != NULL;
}

static bool read_rest_json(const struct dr_aws_answer *answer, const struct dr_aws_shape *shape,
                           const struct dr_aws_member *payload, json_t *output, char **ret_problem)
{
    if (dr_aws_body_looks(answer) == DR_AWS_LOOKS_EMPTY)
        return true;
    json_t *value = read_value(answer, shape, ret_problem);
    if (value && !payload)
        dr_aws_json_members(shape, value, false, output);
    else if (value && !json_is_null(value))
        json_object_set_new(output, payload->name, dr_aws_json_value(shape, value));
    bool read = value != NULL;
    json_decref(value);
    return read;
}

/* --- REST ----------------------------------------------------------------------------------------------------------
 */

static bool read_structured(const struct dr_aws_operation *operation, const struct dr_aws_answer *answer,
                            const struct dr_aws_shape *shape, const struct dr_aws_member *payload, json_t *output,
                            char **ret_problem)
{
    return operation->model->protocol == DR_AWS_REST_XML ? read_rest_xml(answer, shape, payload, output, ret_problem)
                                                         : read_rest_json(answer, shape, payload, output, ret_problem);
}

/* The body as it is. Nothing is an empty stream, else no value. */
static void take_bytes(const struct dr_aws_answer *answer, const struct dr_aws_member *payload, json_t *output)
{
    const struct dr_aws_shape *shape = dr_aws_member_shape(payload);
    if (answer->body_size == 0 && !payload->streaming && !shape->streaming)
        return;
    json_t *value = shape->type == DR_AWS_BLOB ? dr_aws_blob_json(answer->body, answer->body_size)
                                               : dr_aws_text_json(answer->body, answer->body_size);
    json_object_set_new(output, payload->name, value);
}

static bool has_body_members(const struct dr_aws_shape *shape)
{
    for (size_t i = 0; shape && i < shape->member_count; i++)
        if (dr_aws_in_body(&shape->members[i]))
            return true;
    return false;
}

static const struct dr_aws_member *payload_member(const struct dr_aws_shape *shape)
{
    return shape && shape->payload ? dr_aws_shape_member(shape, shape->payload) : NULL;
}

static bool read_rest(const struct dr_aws_operation *operation, const struct dr_aws_answer *answer, json_t *output,
                      char **ret_problem)
{
    const struct dr_aws_shape *shape = operation->output;
    const struct dr_aws_member *payload = payload_member(shape), *stream = dr_aws_event_stream(shape);
    if (shape)
        dr_aws_rest_head(shape, answer, output);
    if (stream) {
        json_t *events = dr_aws_event_stream_read(operation, dr_aws_member_shape(stream), answer, output, ret_problem);
        if (events)
            json_object_set_new(output, stream->name, events);
        return events != NULL;
    }
    if (payload) {
        const struct dr_aws_shape *of = dr_aws_member_shape(payload);
        if (of->type != DR_AWS_BLOB && of->type != DR_AWS_STRING)
            return read_structured(operation, answer, of, payload, output, ret_problem);
        take_bytes(answer, payload, output);
        return true;
    }
    if (has_body_members(shape))
        return read_structured(operation, answer, shape, NULL, output, ret_problem);
    /* There is nothing to read, but a page of a proxy is no answer of AWS. */
    if (dr_aws_body_looks(answer) == DR_AWS_LOOKS_HTML)
        return refuse(operation->model->protocol == DR_AWS_REST_XML ? "XML" : "JSON", answer, NULL, ret_problem);
    return true;
}

static read_fn *const readers[] = {
    [DR_AWS_QUERY] = read_query,    [DR_AWS_EC2] = read_query,     [DR_AWS_JSON] = read_json,
    [DR_AWS_REST_JSON] = read_rest, [DR_AWS_REST_XML] = read_rest,
};
static_assert(sizeof(readers) / sizeof(*readers) == DR_AWS_REST_XML + 1, "one row for each protocol");

json_t *dr_aws_parse(const struct dr_aws_operation *operation, const struct dr_aws_answer *answer, char **ret_problem)
{
    struct dr_aws_answer safe = *answer;
    if (!safe.body || safe.body_size == 0) {
        safe.body = "";
        safe.body_size = 0;
    }
    json_t *output = json_object();
    if (readers[operation->model->protocol](operation, &safe, output, ret_problem))
        return output;
    json_decref(output);
    return NULL;
}
