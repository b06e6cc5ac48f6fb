/* From bytes to values by their shapes: what answers (answer.c) and errors (error.c) share. parse_xml.c and
 * parse_json.c read bodies, parse_rest.c headers and payloads, parse_scalar.c what is written as text,
 * event_stream.c Amazon's event streams.
 *
 * A value that is not of its modelled type ("soon" as a number) is kept as it came: a failover must not stop because of
 * one odd member of a description, and whoever uses that member sees what it was. */
#ifndef DRRUN_PROVIDERS_AWS_PROTOCOL_PARSE_H
#define DRRUN_PROVIDERS_AWS_PROTOCOL_PARSE_H

#include "providers/aws/protocol/protocol.h"
#include "providers/aws/protocol/xml_read.h"

/* A simple value written as text, in XML or a header. New reference; NULL: it counts as absent (an empty number). */
json_t *dr_aws_scalar_read(const struct dr_aws_shape *shape, const char *text, size_t size);
/* Bytes as an output has them: text if they are UTF-8, else base64. New reference. */
json_t *dr_aws_blob_json(const char *bytes, size_t size);
/* The same of what is base64 on the wire; what is not base64 is kept as text. */
json_t *dr_aws_blob_decode(const char *text, size_t size);
/* Text from outside as a string, repaired where it is not UTF-8. New reference. */
json_t *dr_aws_text_json(const char *text, size_t size);

/* What the element holds, by the shape. New reference; NULL: it counts as absent. */
json_t *dr_aws_xml_value(const struct dr_xml *xml, uint32_t element, const struct dr_aws_shape *shape);
/* Adds to `output` the body members of the structure that the element holds. */
void dr_aws_xml_members(const struct dr_xml *xml, uint32_t element, const struct dr_aws_shape *shape, json_t *output);

/* By the shape; null stays null. New reference. Borrows `value`, which may be shared by the result. */
json_t *dr_aws_json_value(const struct dr_aws_shape *shape, const json_t *value);
/* Adds to `output` the members of the structure that stands in `object`; null members are absent. `all`: whatever their
 * location (the json protocols have none), else only those of the body. */
void dr_aws_json_members(const struct dr_aws_shape *shape, const json_t *object, bool all, json_t *output);

/* Adds to `output` the members of the structure that stand in headers and status. */
void dr_aws_rest_head(const struct dr_aws_shape *shape, const struct dr_aws_answer *answer, json_t *output);

/* The member of `shape` that is an event stream; NULL: none. */
const struct dr_aws_member *dr_aws_event_stream(const struct dr_aws_shape *shape);
/* The list of events, each {Event: {...}}; with the json protocols, the members of the initial response go to `output`.
 * NULL with a problem: it breaks off, a checksum is wrong. */
json_t *dr_aws_event_stream_read(const struct dr_aws_operation *operation, const struct dr_aws_shape *stream,
                                 const struct dr_aws_answer *answer, json_t *output, char **ret_problem);

/* An exception or error that a stream carries instead of its next event. */
struct dr_aws_stream_error {
    char *code, *message;
    json_t *details;                  /* the members of `shape`; NULL: none */
    const struct dr_aws_shape *shape; /* NULL: not modelled in the stream */
};
/* The first one; false: none. The strings are the caller's. */
bool dr_aws_event_stream_error(const struct dr_aws_operation *operation, const struct dr_aws_shape *stream,
                               const struct dr_aws_answer *answer, struct dr_aws_stream_error *ret_error);

/* What bytes are, by their looks. */
enum dr_aws_looks { DR_AWS_LOOKS_EMPTY, DR_AWS_LOOKS_XML, DR_AWS_LOOKS_HTML, DR_AWS_LOOKS_JSON, DR_AWS_LOOKS_OTHER };
enum dr_aws_looks dr_aws_body_looks(const struct dr_aws_answer *answer);
/* The local name of the first element, "" if there is none: a look at the beginning, nothing is parsed. */
void dr_aws_body_root(const struct dr_aws_answer *answer, char ret_name[64]);
/* "expected XML, got HTML: <html><head>...", the bytes' beginning in at most 200 characters. Of XML and JSON, which may
 * hold secrets (credentials, parameters), nothing is shown but the root's name; `why` says what is wrong with them
 * ("it breaks off"), NULL: they are not what was expected. Owned by the caller. */
char *dr_aws_unexpected(const char *expected, const struct dr_aws_answer *answer, const char *why);

static inline bool dr_aws_speaks_xml(enum dr_aws_protocol protocol)
{
    return protocol == DR_AWS_QUERY || protocol == DR_AWS_EC2 || protocol == DR_AWS_REST_XML;
}
static inline bool dr_aws_is_rest(enum dr_aws_protocol protocol)
{
    return protocol == DR_AWS_REST_JSON || protocol == DR_AWS_REST_XML;
}
/* Does a member of an output stand in the body? Where in a request it would stand (URI, query) does not matter. */
static inline bool dr_aws_in_body(const struct dr_aws_member *member)
{
    return member->location == DR_AWS_IN_BODY || member->location == DR_AWS_IN_URI ||
           member->location == DR_AWS_IN_QUERY;
}
/* The name that a member has in a body. */
static inline const char *dr_aws_wire_name(const struct dr_aws_member *member)
{
    return member->wire ? member->wire : member->name;
}

#endif
