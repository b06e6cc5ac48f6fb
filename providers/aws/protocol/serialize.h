/* Between the files that make requests: what all protocols need while they write. Private to this room.
 *
 * A writer walks the input by the model's shapes, in the model's order. Everything here answers false once there is a
 * problem, and the first problem stays; so callers chain with && and nobody cleans up but protocol.c. */
#ifndef DRRUN_PROVIDERS_AWS_PROTOCOL_SERIALIZE_H
#define DRRUN_PROVIDERS_AWS_PROTOCOL_SERIALIZE_H

#include "interpreter/base/limits.h"
#include "providers/aws/protocol/protocol.h"

/* Where in the input one is, for messages: a chain through the callers' frames, which also counts the depth. */
struct dr_aws_place {
    const struct dr_aws_place *up; /* NULL: the input itself */
    const char *name;              /* NULL: `index` */
    size_t index;
    unsigned depth;
};
struct dr_aws_place dr_aws_place_member(const struct dr_aws_place *up, const char *name);
struct dr_aws_place dr_aws_place_index(const struct dr_aws_place *up, size_t index);

struct dr_aws_writer {
    const struct dr_aws_operation *operation;
    const json_t *input;            /* an object; the customised copy */
    struct dr_aws_request *request; /* what is made; freed by protocol.c on failure */
    struct dr_text body;
    const char *body_type; /* the Content-Type of the body, unless the input gives one; NULL: none */
    bool has_body;         /* an empty one too */
    char *problem;
};

/* Always false, so that callers can return it. The message is put behind the place: "Input.Filters[0].Name must be a
 * string, not a number". */
bool dr_aws_refuse(struct dr_aws_writer *writer, const struct dr_aws_place *place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* False with a problem if one step deeper would be too deep, or if `text` has become too large. */
bool dr_aws_bounded(struct dr_aws_writer *writer, const struct dr_aws_place *place, const struct dr_text *text);

const char *dr_aws_json_kind(const json_t *value); /* "a string", "an array", "nothing" */
/* The value of a member; NULL: absent or null. `object` may be anything. */
const json_t *dr_aws_given(const json_t *object, const char *name);
/* What a given member is called in the message: its locationName, else that of its list or map (SQS: "Tags" of TagMap
 * is sent as "Tag"; a structure's own name is for roots only), else its name. */
const char *dr_aws_sent_name(const struct dr_aws_member *member);
/* Whether an input has keys that the shape does not know. They are sent as they are spelt and typed: whoever got them
 * past the validation knows an API that is newer than the model. */
bool dr_aws_is_unknown(const struct dr_aws_shape *shape, const char *name);

/* The format of a timestamp at a place of use: the reference's, the shape's, else the location's. */
enum dr_aws_timestamp dr_aws_timestamp_format(const struct dr_aws_member *member, const struct dr_aws_shape *shape,
                                              enum dr_aws_timestamp otherwise);
/* Appends a scalar (string, number, boolean, blob as base64, timestamp) as plain text, not escaped for anything. */
bool dr_aws_write_scalar(struct dr_aws_writer *writer, const struct dr_aws_place *place,
                         const struct dr_aws_member *member, const json_t *value, enum dr_aws_timestamp otherwise,
                         struct dr_text *text);
/* Appends a number of a numeric shape; an integer loses the fraction .0. `quoted` tells that it is a word: NaN. */
bool dr_aws_write_number(struct dr_aws_writer *writer, const struct dr_aws_place *place, enum dr_aws_type type,
                         const json_t *value, struct dr_text *text, bool *ret_is_word);
/* Appends the bytes of a blob: a string's own, or those of {"Base64": "..."} (DR_AWS_BASE64). */
bool dr_aws_write_bytes(struct dr_aws_writer *writer, const struct dr_aws_place *place, const json_t *value,
                        struct dr_text *text);
void dr_aws_write_base64(struct dr_text *text, const char *bytes, size_t size);

/* A header from the input: refused if the value would break out of its line. */
bool dr_aws_write_header(struct dr_aws_writer *writer, const struct dr_aws_place *place, const char *name,
                         const char *value, size_t value_size);

/* The protocols (protocol.c's table). Each sets method-independent parts of the request: path, query, headers, body. */
bool dr_aws_write_query(struct dr_aws_writer *writer);
bool dr_aws_write_ec2(struct dr_aws_writer *writer);
bool dr_aws_write_json(struct dr_aws_writer *writer);
bool dr_aws_write_rest_json(struct dr_aws_writer *writer);
bool dr_aws_write_rest_xml(struct dr_aws_writer *writer);

/* Appends a structure, list, ... as JSON (serialize_json.c). `member` may have no name. */
bool dr_aws_write_json_value(struct dr_aws_writer *writer, const struct dr_aws_place *place,
                             const struct dr_aws_member *member, const json_t *value, struct dr_text *text);
/* Appends the members of a structure that stand in the body as a JSON object. */
bool dr_aws_write_json_structure(struct dr_aws_writer *writer, const struct dr_aws_place *place,
                                 const struct dr_aws_shape *shape, const json_t *value, struct dr_text *text);

struct dr_aws_xml_root {
    const char *name, *prefix, *uri; /* the namespace: NULL for none */
};
/* Appends the members of a structure that stand in the body as an XML element (xml_write.c). */
bool dr_aws_write_xml_root(struct dr_aws_writer *writer, const struct dr_aws_place *place,
                           const struct dr_aws_xml_root *root, const struct dr_aws_shape *shape, const json_t *value,
                           struct dr_text *text);

#endif
