/* The protocols rest-json and rest-xml: members bound to the path, the query, headers or the body; only the body's
 * language differs. (https://smithy.io/2.0/spec/http-bindings.html) */
#include "providers/aws/protocol/serialize.h"

#include "interpreter/base/octets.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* jansson's iterator wants a mutable object. */
static json_t *iterable(const json_t *value)
{
    union {
        const json_t *frozen;
        json_t *value;
    } same = {.frozen = value};
    return same.value;
}

/* --- The path ---------------------------------------------------------------------------------------------------- */

static const struct dr_aws_member *find_label(const struct dr_aws_shape *shape, const char *name, size_t size)
{
    for (size_t i = 0; shape && i < shape->member_count; i++) {
        const struct dr_aws_member *member = &shape->members[i];
        const char *wire = dr_aws_sent_name(member);
        if (member->location == DR_AWS_IN_URI && strlen(wire) == size && memcmp(wire, name, size) == 0)
            return member;
    }
    return NULL;
}

/* {Name}: one segment; {Name+}: the slashes of the value stay. */
static bool write_label(struct dr_aws_writer *writer, const char *label, size_t size, struct dr_text *uri)
{
    const struct dr_aws_place top = {0};
    bool greedy = size > 0 && label[size - 1] == '+';
    const struct dr_aws_member *member = find_label(writer->operation->input, label, greedy ? size - 1 : size);
    if (!member)
        return dr_aws_refuse(writer, &top, "cannot be sent: the model's path has a label {%.*s} without a member",
                             (int)size, label);
    struct dr_aws_place place = dr_aws_place_member(&top, member->name);
    const json_t *given = dr_aws_given(writer->input, member->name);
    if (!given)
        return dr_aws_refuse(writer, &place, "is missing: it is part of the path");
    struct dr_text value = {0};
    bool good = dr_aws_write_scalar(writer, &place, member, given, DR_AWS_TIME_ISO8601, &value);
    if (good && value.size == 0)
        good = dr_aws_refuse(writer, &place, "must not be empty: it is part of the path");
    if (good)
        dr_octets_percent(uri, value.bytes, value.size, greedy ? "/" : "");
    dr_text_done(&value);
    return good;
}

/* The operation's request URI with its labels filled in: a path, perhaps with the constant part of the query. */
static bool write_uri(struct dr_aws_writer *writer, struct dr_text *uri)
{
    for (const char *at = writer->operation->request_uri; *at;) {
        const char *end = *at == '{' ? strchr(at, '}') : NULL;
        if (!end) {
            dr_text_putc(uri, *at++);
            continue;
        }
        if (!write_label(writer, at + 1, (size_t)(end - at - 1), uri))
            return false;
        at = end + 1;
    }
    return true;
}

/* --- The query --------------------------------------------------------------------------------------------------- */

static void put_pair(struct dr_text *query, const char *name, size_t name_size, const char *value, size_t value_size)
{
    if (query->size)
        dr_text_putc(query, '&');
    dr_octets_percent(query, name, name_size, "");
    dr_text_putc(query, '=');
    dr_octets_percent(query, value, value_size, "");
}

/* One or, of a list, several values under one name. */
static bool write_query_values(struct dr_aws_writer *writer, const struct dr_aws_place *place,
                               const struct dr_aws_member *member, const char *name, size_t name_size,
                               const json_t *value, struct dr_text *query)
{
    const struct dr_aws_shape *shape = dr_aws_member_shape(member);
    bool list = shape->type == DR_AWS_LIST;
    if (list && !json_is_array(value))
        return dr_aws_refuse(writer, place, "must be an array, not %s", dr_aws_json_kind(value));
    bool good = true;
    for (size_t i = 0; good && i < (list ? json_array_size(value) : 1); i++) {
        struct dr_aws_place inside = dr_aws_place_index(place, i);
        const json_t *item = list ? json_array_get(value, i) : value;
        struct dr_text text = {0};
        if (!json_is_null(item)) {
            good = dr_aws_write_scalar(writer, list ? &inside : place, list ? shape->member : member, item,
                                       DR_AWS_TIME_ISO8601, &text);
            if (good)
                put_pair(query, name, name_size, text.bytes ? text.bytes : "", text.size);
        }
        dr_text_done(&text);
    }
    return good && dr_aws_bounded(writer, place, query);
}

static bool is_named_query(struct dr_aws_writer *writer, const char *name)
{
    const struct dr_aws_shape *shape = writer->operation->input;
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct dr_aws_member *member = &shape->members[i];
        if (member->location == DR_AWS_IN_QUERY && dr_aws_member_shape(member)->type != DR_AWS_MAP &&
            strcmp(dr_aws_sent_name(member), name) == 0 && dr_aws_given(writer->input, member->name))
            return true;
    }
    return false;
}

/* A map's entries are parameters of their own; a member bound to the same name wins. */
static bool write_query_map(struct dr_aws_writer *writer, const struct dr_aws_place *place,
                            const struct dr_aws_shape *shape, const json_t *value, struct dr_text *query)
{
    if (!json_is_object(value))
        return dr_aws_refuse(writer, place, "must be an object, not %s", dr_aws_json_kind(value));
    json_t *map = iterable(value);
    for (void *at = json_object_iter(map); at; at = json_object_iter_next(map, at)) {
        const char *key = json_object_iter_key(at);
        struct dr_aws_place inside = dr_aws_place_member(place, key);
        const json_t *item = json_object_iter_value(at);
        if (json_is_null(item) || is_named_query(writer, key))
            continue;
        if (!write_query_values(writer, &inside, shape->value, key, json_object_iter_key_len(at), item, query))
            return false;
    }
    return true;
}

static bool write_query(struct dr_aws_writer *writer, const struct dr_aws_place *place,
                        const struct dr_aws_member *member, const json_t *value, struct dr_text *query)
{
    const struct dr_aws_shape *shape = dr_aws_member_shape(member);
    if (shape->type == DR_AWS_MAP)
        return write_query_map(writer, place, shape, value, query);
    const char *name = dr_aws_sent_name(member);
    return write_query_values(writer, place, member, name, strlen(name), value, query);
}

/* --- Headers ----------------------------------------------------------------------------------------------------- */

/* An item of a list in a header: quoted where its commas or quotes would be taken for the list's. */
static void put_header_item(struct dr_text *text, const char *bytes, size_t size, bool may_quote)
{
    if (!may_quote || !(memchr(bytes, ',', size) || memchr(bytes, '"', size))) {
        dr_text_add(text, bytes, size);
        return;
    }
    dr_text_putc(text, '"');
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == '"' || bytes[i] == '\\')
            dr_text_putc(text, '\\');
        dr_text_putc(text, bytes[i]);
    }
    dr_text_putc(text, '"');
}

static bool write_header_list(struct dr_aws_writer *writer, const struct dr_aws_place *place,
                              const struct dr_aws_shape *shape, const json_t *value, struct dr_text *text)
{
    if (!json_is_array(value))
        return dr_aws_refuse(writer, place, "must be an array, not %s", dr_aws_json_kind(value));
    bool good = true, first = true;
    for (size_t i = 0; good && i < json_array_size(value); i++) {
        struct dr_aws_place inside = dr_aws_place_index(place, i);
        const json_t *item = json_array_get(value, i);
        if (json_is_null(item))
            continue;
        struct dr_text scalar = {0};
        good = dr_aws_write_scalar(writer, &inside, shape->member, item, DR_AWS_TIME_RFC822, &scalar);
        if (good && !first)
            dr_text_puts(text, ", ");
        first = false;
        if (good && scalar.size)
            put_header_item(text, scalar.bytes, scalar.size, dr_aws_member_shape(shape->member)->type == DR_AWS_STRING);
        dr_text_done(&scalar);
    }
    return good && dr_aws_bounded(writer, place, text);
}

/* JSON in a header travels as base64: text is taken to be JSON already, data is printed. */
static bool write_header_json(struct dr_aws_writer *writer, const struct dr_aws_place *place, const json_t *value,
                              struct dr_text *text)
{
    struct dr_text json = {0};
    bool good = true;
    if (json_is_string(value))
        dr_text_add(&json, json_string_value(value), json_string_length(value));
    else
        good = dr_text_json(&json, value, DR_PAYLOAD_BYTES_MAX) ||
               dr_aws_refuse(writer, place, "is nested too deeply, or does not fit into a request");
    if (good)
        dr_aws_write_base64(text, json.bytes ? json.bytes : "", json.size);
    dr_text_done(&json);
    return good;
}

static bool write_header(struct dr_aws_writer *writer, const struct dr_aws_place *place,
                         const struct dr_aws_member *member, const json_t *value)
{
    const struct dr_aws_shape *shape = dr_aws_member_shape(member);
    struct dr_text text = {0};
    bool good;
    if (member->jsonvalue)
        good = write_header_json(writer, place, value, &text);
    else if (shape->type == DR_AWS_LIST)
        good = write_header_list(writer, place, shape, value, &text);
    else
        good = dr_aws_write_scalar(writer, place, member, value, DR_AWS_TIME_RFC822, &text);
    good =
        good && dr_aws_write_header(writer, place, dr_aws_sent_name(member), text.bytes ? text.bytes : "", text.size);
    dr_text_done(&text);
    return good;
}

/* RFC 9110, "token". */
static bool is_token(const char *name)
{
    static const char token[] = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    return *name && name[strspn(name, token)] == '\0';
}

static bool write_prefix_headers(struct dr_aws_writer *writer, const struct dr_aws_place *place,
                                 const struct dr_aws_member *member, const json_t *value)
{
    const struct dr_aws_shape *shape = dr_aws_member_shape(member);
    if (shape->type != DR_AWS_MAP || !json_is_object(value))
        return dr_aws_refuse(writer, place, "must be an object, not %s", dr_aws_json_kind(value));
    json_t *map = iterable(value);
    bool good = true;
    for (void *at = json_object_iter(map); good && at; at = json_object_iter_next(map, at)) {
        const char *key = json_object_iter_key(at);
        struct dr_aws_place inside = dr_aws_place_member(place, key);
        if (json_is_null(json_object_iter_value(at)))
            continue;
        char *name = dr_format("%s%s", member->wire ? member->wire : "", key);
        struct dr_text text = {0};
        good = is_token(name) && strlen(key) == json_object_iter_key_len(at)
                   ? dr_aws_write_scalar(writer, &inside, shape->value, json_object_iter_value(at), DR_AWS_TIME_RFC822,
                                         &text) &&
                         dr_aws_write_header(writer, &inside, name, text.bytes ? text.bytes : "", text.size)
                   : dr_aws_refuse(writer, place, "has a key that cannot be part of a header's name");
        dr_text_done(&text);
        free(name);
    }
    return good;
}

/* --- All of them --------------------------------------------------------------------------------------------------*/

/* Fills path, query and headers; `ret_body_given` tells whether any member of the body was given. */
static bool write_bindings(struct dr_aws_writer *writer, bool *ret_body_given)
{
    const struct dr_aws_place top = {0};
    const struct dr_aws_shape *shape = writer->operation->input;
    struct dr_text uri = {0}, query = {0};
    bool good = write_uri(writer, &uri);
    size_t known = 0;
    const char *constant = uri.bytes ? strchr(uri.bytes, '?') : NULL;
    if (constant)
        dr_text_puts(&query, constant + 1);
    for (size_t i = 0; good && shape && i < shape->member_count; i++) {
        const struct dr_aws_member *member = &shape->members[i];
        const json_t *given = dr_aws_given(writer->input, member->name);
        struct dr_aws_place place = dr_aws_place_member(&top, member->name);
        known += json_object_get(writer->input, member->name) != NULL;
        if (!given)
            continue;
        switch (member->location) {
        case DR_AWS_IN_QUERY:
            good = write_query(writer, &place, member, given, &query);
            break;
        case DR_AWS_IN_HEADER:
            good = write_header(writer, &place, member, given);
            break;
        case DR_AWS_IN_HEADERS:
            good = write_prefix_headers(writer, &place, member, given);
            break;
        case DR_AWS_IN_BODY:
            *ret_body_given = true;
            break;
        case DR_AWS_IN_URI:
        case DR_AWS_IN_STATUS:
            break;
        }
    }
    *ret_body_given = *ret_body_given || json_object_size(writer->input) > known; /* what the model does not know */
    if (good) {
        size_t path_size = constant ? (size_t)(constant - uri.bytes) : uri.size;
        writer->request->path = path_size ? dr_copy_bytes(uri.bytes, path_size) : dr_copy_string("/");
        writer->request->query = dr_text_take(&query);
    }
    dr_text_done(&uri);
    dr_text_done(&query);
    return good;
}

static bool has_body_members(const struct dr_aws_shape *shape)
{
    for (size_t i = 0; shape && i < shape->member_count; i++)
        if (shape->members[i].location == DR_AWS_IN_BODY)
            return true;
    return false;
}

/* A payload of bytes or text is the body as it is. */
static bool write_raw_payload(struct dr_aws_writer *writer, const struct dr_aws_place *place,
                              const struct dr_aws_shape *shape, const json_t *given)
{
    if (!given)
        return true;
    writer->has_body = true;
    writer->body_type = shape->type == DR_AWS_BLOB ? "application/octet-stream" : "text/plain";
    if (shape->type == DR_AWS_STRING && !json_is_string(given))
        return dr_aws_refuse(writer, place, "must be a string, not %s", dr_aws_json_kind(given));
    return dr_aws_write_bytes(writer, place, given, &writer->body);
}

/* The payload member, unless it is raw. */
typedef bool write_payload_fn(struct dr_aws_writer *writer, const struct dr_aws_place *place,
                              const struct dr_aws_member *member, const json_t *given);
/* Members that stand in the body without one being the payload. */
typedef bool write_members_fn(struct dr_aws_writer *writer, bool body_given);

static bool write_rest(struct dr_aws_writer *writer, write_payload_fn *write_payload, write_members_fn *write_members)
{
    const struct dr_aws_place top = {0};
    const struct dr_aws_shape *input = writer->operation->input;
    bool body_given = false;
    if (!write_bindings(writer, &body_given))
        return false;
    const struct dr_aws_member *member = input && input->payload ? dr_aws_shape_member(input, input->payload) : NULL;
    if (!member)
        return write_members(writer, body_given);
    const struct dr_aws_shape *shape = dr_aws_member_shape(member);
    const json_t *given = dr_aws_given(writer->input, member->name);
    struct dr_aws_place place = dr_aws_place_member(&top, member->name);
    if (shape->event_stream)
        return !given || dr_aws_refuse(writer, &place, "is a stream of events, which cannot be sent");
    if ((shape->type == DR_AWS_BLOB || shape->type == DR_AWS_STRING) && !shape->document)
        return write_raw_payload(writer, &place, shape, given);
    return write_payload(writer, &place, member, given);
}

static bool write_json_payload(struct dr_aws_writer *writer, const struct dr_aws_place *place,
                               const struct dr_aws_member *member, const json_t *given)
{
    const struct dr_aws_shape *shape = dr_aws_member_shape(member);
    if (!given && (shape->is_union || shape->document))
        return true; /* there is no empty one */
    writer->has_body = true;
    writer->body_type = "application/json";
    if (given)
        return dr_aws_write_json_value(writer, place, member, given, &writer->body);
    dr_text_puts(&writer->body, "{}");
    return true;
}

static bool write_json_members(struct dr_aws_writer *writer, bool body_given)
{
    static const struct dr_aws_shape nothing = {.type = DR_AWS_STRUCTURE};
    const struct dr_aws_place top = {0};
    const struct dr_aws_shape *shape = writer->operation->input ? writer->operation->input : &nothing;
    if (!body_given && !has_body_members(shape))
        return true;
    writer->has_body = true;
    writer->body_type = "application/json";
    return dr_aws_write_json_structure(writer, &top, shape, writer->input, &writer->body);
}

/* The root element of a payload. A locationName that differs from the member's name was chosen; one that merely repeats
 * it was chosen only if a namespace stands beside it (S3: "LegalHold" of shape ObjectLockLegalHold), because newer
 * models repeat the name everywhere and then mean the shape's. */
static struct dr_aws_xml_root payload_root(const struct dr_aws_member *member)
{
    const struct dr_aws_shape *shape = dr_aws_member_shape(member);
    struct dr_aws_xml_root root = {.name = shape->wire ? shape->wire : shape->name,
                                   .prefix = member->xml_uri ? member->xml_prefix : shape->xml_prefix,
                                   .uri = member->xml_uri ? member->xml_uri : shape->xml_uri};
    if (member->wire && (member->xml_uri || strcmp(member->wire, member->name) != 0))
        root.name = member->wire;
    return root;
}

static bool write_xml_payload(struct dr_aws_writer *writer, const struct dr_aws_place *place,
                              const struct dr_aws_member *member, const json_t *given)
{
    if (!given)
        return true;
    writer->has_body = true;
    writer->body_type = "application/xml";
    struct dr_aws_xml_root root = payload_root(member);
    return dr_aws_write_xml_root(writer, place, &root, dr_aws_member_shape(member), given, &writer->body);
}

static bool write_xml_members(struct dr_aws_writer *writer, bool body_given)
{
    static const struct dr_aws_shape nothing = {.type = DR_AWS_STRUCTURE};
    const struct dr_aws_place top = {0};
    const struct dr_aws_operation *operation = writer->operation;
    const struct dr_aws_shape *shape = operation->input ? operation->input : &nothing;
    if (!body_given)
        return true;
    const char *name = shape->wire             ? shape->wire
                       : operation->input_wire ? operation->input_wire
                       : shape->name           ? shape->name
                                               : operation->name;
    struct dr_aws_xml_root root = {.name = name,
                                   .prefix = operation->input_xml_uri ? operation->input_xml_prefix : shape->xml_prefix,
                                   .uri = operation->input_xml_uri ? operation->input_xml_uri : shape->xml_uri};
    writer->has_body = true;
    writer->body_type = "application/xml";
    return dr_aws_write_xml_root(writer, &top, &root, shape, writer->input, &writer->body);
}

bool dr_aws_write_rest_json(struct dr_aws_writer *writer)
{
    return write_rest(writer, write_json_payload, write_json_members);
}

bool dr_aws_write_rest_xml(struct dr_aws_writer *writer)
{
    return write_rest(writer, write_xml_payload, write_xml_members);
}
