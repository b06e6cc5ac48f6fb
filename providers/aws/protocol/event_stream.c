/* Amazon's event streams (application/vnd.amazon.eventstream): messages of headers and a payload, with checksums. A
 * whole body becomes the list of its events. (https://smithy.io/2.0/aws/amazon-eventstream.html) */
#include "interpreter/base/limits.h"
#include "providers/aws/protocol/parse.h"
#include "providers/aws/protocol/timestamp.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { PRELUDE_BYTES = 12, CHECKSUM_BYTES = 4 };

/* One message: where its parts are in the body. */
struct message {
    const unsigned char *headers, *payload;
    size_t headers_size, payload_size;
};

struct header {
    const char *name;
    size_t name_size;
    unsigned type;
    const unsigned char *value;
    size_t value_size;
};

/* The types of headers' values, by number. (aws.amazon.com, "Event stream encoding") */
enum { TRUE_VALUE, FALSE_VALUE, BYTE, SHORT, INTEGER, LONG, BYTES, STRING, TIMESTAMP, UUID, TYPE_COUNT };
static const struct {
    uint8_t size; /* of the value; with `counted`, of what counts it */
    bool counted;
} header_types[] = {
    [TRUE_VALUE] = {0, false}, [FALSE_VALUE] = {0, false}, [BYTE] = {1, false}, [SHORT] = {2, false},
    [INTEGER] = {4, false},    [LONG] = {8, false},        [BYTES] = {2, true}, [STRING] = {2, true},
    [TIMESTAMP] = {8, false},  [UUID] = {16, false},
};
static_assert(sizeof(header_types) / sizeof(*header_types) == TYPE_COUNT, "one row for each type");

static uint64_t number(const unsigned char *bytes, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | bytes[i];
    return value;
}

/* The message at the beginning of `bytes`; its size, 0 with what is wrong. */
static size_t read_message(const unsigned char *bytes, size_t size, struct message *ret, const char **ret_wrong)
{
    *ret_wrong = "it breaks off";
    if (size < PRELUDE_BYTES + CHECKSUM_BYTES)
        return 0;
    size_t total = (size_t)number(bytes, 4), headers = (size_t)number(bytes + 4, 4);
    if (crc32(0, bytes, 8) != number(bytes + 8, 4)) {
        *ret_wrong = "the checksum of a message's prelude is wrong";
        return 0;
    }
    if (total < PRELUDE_BYTES + CHECKSUM_BYTES || headers > total - PRELUDE_BYTES - CHECKSUM_BYTES) {
        *ret_wrong = "the sizes of a message do not fit together";
        return 0;
    }
    if (total > size)
        return 0;
    if (crc32_z(0, bytes, total - CHECKSUM_BYTES) != number(bytes + total - CHECKSUM_BYTES, 4)) {
        *ret_wrong = "the checksum of a message is wrong";
        return 0;
    }
    *ret = (struct message){.headers = bytes + PRELUDE_BYTES,
                            .headers_size = headers,
                            .payload = bytes + PRELUDE_BYTES + headers,
                            .payload_size = total - PRELUDE_BYTES - CHECKSUM_BYTES - headers};
    return total;
}

/* The header at `at` of the message; false: there is none, or it does not fit. */
static bool next_header(const struct message *message, size_t *at, struct header *ret)
{
    const unsigned char *bytes = message->headers;
    size_t left = message->headers_size - *at;
    if (left < 2 || bytes[*at] + 2u > left)
        return false;
    *ret = (struct header){
        .name = (const char *)bytes + *at + 1, .name_size = bytes[*at], .type = bytes[*at + 1 + bytes[*at]]};
    if (ret->type >= TYPE_COUNT)
        return false;
    *at += 2 + ret->name_size;
    left -= 2 + ret->name_size;
    size_t size = header_types[ret->type].size;
    if (size > left)
        return false;
    ret->value = bytes + *at;
    ret->value_size = size;
    if (header_types[ret->type].counted) {
        ret->value = bytes + *at + size;
        ret->value_size = (size_t)number(bytes + *at, size);
        if (ret->value_size > left - size)
            return false;
        *at += size;
    }
    *at += ret->value_size;
    return true;
}

static bool find_header(const struct message *message, const char *name, struct header *ret)
{
    size_t at = 0;
    while (next_header(message, &at, ret))
        if (ret->name_size == strlen(name) && memcmp(ret->name, name, ret->name_size) == 0)
            return true;
    return false;
}

/* A header that is text; "" if there is none. The caller frees. */
static char *header_text(const struct message *message, const char *name)
{
    struct header header;
    if (!find_header(message, name, &header) || header.type != STRING)
        return dr_copy_string("");
    return dr_copy_bytes((const char *)header.value, header.value_size);
}

static json_t *header_json(const struct header *header)
{
    uint64_t value = number(header->value, header->value_size > 8 ? 0 : header->value_size);
    struct dr_aws_instant instant;
    int64_t milliseconds;
    switch (header->type) {
    case TRUE_VALUE:
        return json_true();
    case FALSE_VALUE:
        return json_false();
    case BYTE:
        return json_integer((int8_t)value);
    case SHORT:
        return json_integer((int16_t)value);
    case INTEGER:
        return json_integer((int32_t)value);
    case LONG:
        return json_integer((int64_t)value);
    case TIMESTAMP:
        milliseconds = (int64_t)value;
        return dr_aws_instant_from_seconds((double)milliseconds / 1000, &instant) ? dr_aws_instant_json(instant)
                                                                                  : json_integer(milliseconds);
    case STRING:
        return dr_aws_text_json((const char *)header->value, header->value_size);
    default: /* bytes and UUIDs */
        return dr_aws_blob_json((const char *)header->value, header->value_size);
    }
}

/* A payload in the protocol's own form, by the shape; NULL: it is not one. */
static json_t *payload_value(const struct dr_aws_operation *operation, const struct dr_aws_shape *shape,
                             const struct message *message)
{
    const char *bytes = (const char *)message->payload;
    json_t *value = NULL;
    if (!dr_aws_speaks_xml(operation->model->protocol)) {
        json_t *json = dr_json_parse(bytes, message->payload_size, NULL);
        value = json ? dr_aws_json_value(shape, json) : NULL;
        json_decref(json);
        return value;
    }
    struct dr_xml xml = {0};
    char *problem = NULL;
    if (dr_xml_read(bytes, message->payload_size, &xml, &problem))
        value = dr_aws_xml_value(&xml, DR_XML_ROOT, shape);
    dr_xml_done(&xml);
    free(problem);
    return value;
}

static json_t *event_payload(const struct dr_aws_operation *operation, const struct dr_aws_shape *shape,
                             const struct message *message)
{
    if (shape->type == DR_AWS_BLOB)
        return dr_aws_blob_json((const char *)message->payload, message->payload_size);
    if (shape->type == DR_AWS_STRING)
        return dr_aws_text_json((const char *)message->payload, message->payload_size);
    return payload_value(operation, shape, message);
}

/* The members of one event: those in headers, the payload's, else the payload as a whole is the structure. */
static json_t *event_value(const struct dr_aws_operation *operation, const struct dr_aws_shape *event,
                           const struct message *message)
{
    json_t *value = NULL;
    const struct dr_aws_member *payload = NULL;
    for (size_t i = 0; i < event->member_count; i++)
        if (event->members[i].event_payload)
            payload = &event->members[i];
    if (payload) {
        value = json_object();
        json_t *member = event_payload(operation, dr_aws_member_shape(payload), message);
        if (member)
            json_object_set_new(value, payload->name, member);
    } else if (message->payload_size > 0) {
        value = payload_value(operation, event, message);
    }
    if (!json_is_object(value)) {
        json_decref(value);
        value = json_object();
    }
    for (size_t i = 0; i < event->member_count; i++) {
        struct header header;
        const struct dr_aws_member *member = &event->members[i];
        if (member->event_header && find_header(message, member->name, &header))
            json_object_set_new(value, member->name, header_json(&header));
    }
    return value;
}

const struct dr_aws_member *dr_aws_event_stream(const struct dr_aws_shape *shape)
{
    for (size_t i = 0; shape && i < shape->member_count; i++)
        if (dr_aws_in_body(&shape->members[i]) && dr_aws_member_shape(&shape->members[i])->event_stream)
            return &shape->members[i];
    return NULL;
}

/* One message that is an event: into the list, or, the initial response, into the output. */
static void take_event(const struct dr_aws_operation *operation, const struct dr_aws_shape *stream,
                       const struct message *message, json_t *events, json_t *output)
{
    char *type = header_text(message, ":event-type");
    const struct dr_aws_member *member = dr_aws_shape_member(stream, type);
    if (member) {
        json_t *event = json_object();
        json_object_set_new(event, member->name, event_value(operation, dr_aws_member_shape(member), message));
        json_array_append_new(events, event);
    } else if (strcmp(type, "initial-response") == 0) {
        json_t *initial = payload_value(operation, operation->output, message);
        if (json_is_object(initial))
            json_object_update(output, initial);
        json_decref(initial);
    }
    free(type);
}

json_t *dr_aws_event_stream_read(const struct dr_aws_operation *operation, const struct dr_aws_shape *stream,
                                 const struct dr_aws_answer *answer, json_t *output, char **ret_problem)
{
    const unsigned char *bytes = (const unsigned char *)answer->body;
    json_t *events = json_array();
    for (size_t at = 0; at < answer->body_size;) {
        struct message message;
        const char *wrong;
        size_t size = read_message(bytes + at, answer->body_size - at, &message, &wrong);
        if (size == 0) {
            *ret_problem = dr_format("expected an event stream of %zu bytes, %s at byte %zu, after %zu events",
                                     answer->body_size, wrong, at, json_array_size(events));
            json_decref(events);
            return NULL;
        }
        take_event(operation, stream, &message, events, output);
        at += size;
    }
    return events;
}

static void read_exception(const struct dr_aws_operation *operation, const struct dr_aws_shape *stream,
                           const struct message *message, struct dr_aws_stream_error *ret_error)
{
    ret_error->code = header_text(message, ":exception-type");
    const struct dr_aws_member *member = dr_aws_shape_member(stream, ret_error->code);
    ret_error->shape = member ? dr_aws_member_shape(member) : NULL;
    ret_error->details = ret_error->shape ? event_value(operation, ret_error->shape, message) : NULL;
    const json_t *text = json_object_get(ret_error->details, "message");
    if (!text)
        text = json_object_get(ret_error->details, "Message");
    ret_error->message = dr_copy_string(json_is_string(text) ? json_string_value(text) : "");
}

bool dr_aws_event_stream_error(const struct dr_aws_operation *operation, const struct dr_aws_shape *stream,
                               const struct dr_aws_answer *answer, struct dr_aws_stream_error *ret_error)
{
    const unsigned char *bytes = (const unsigned char *)answer->body;
    bool found = false;
    *ret_error = (struct dr_aws_stream_error){0};
    for (size_t at = 0; at < answer->body_size && !found;) {
        struct message message;
        const char *wrong;
        size_t size = read_message(bytes + at, answer->body_size - at, &message, &wrong);
        if (size == 0)
            return false;
        char *type = header_text(&message, ":message-type");
        if (strcmp(type, "exception") == 0) {
            read_exception(operation, stream, &message, ret_error);
            found = true;
        } else if (strcmp(type, "error") == 0) {
            ret_error->code = header_text(&message, ":error-code");
            ret_error->message = header_text(&message, ":error-message");
            found = true;
        }
        free(type);
        at += size;
    }
    return found;
}
