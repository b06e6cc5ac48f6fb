/* From an operation and its input to a request: the table of protocols, and what all of them share: tokens, host
 * prefixes, compression, checksums, services' own wishes. */
#include "providers/aws/protocol/protocol.h"

#include "providers/aws/protocol/checksum.h"
#include "providers/aws/protocol/customize.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* Smaller bodies do not gain enough to be worth it: the SDKs' default of request_min_compression_size_bytes. */
#define COMPRESS_BYTES_MIN 10240
#define GZIP_WINDOW (15 + 16) /* deflateInit2(): the largest window, with gzip's header */
#define HOST_LABEL_MAX 63     /* RFC 1035 */

static bool (*const writers[])(struct dr_aws_writer *) = {
    [DR_AWS_QUERY] = dr_aws_write_query,       [DR_AWS_EC2] = dr_aws_write_ec2,
    [DR_AWS_JSON] = dr_aws_write_json,         [DR_AWS_REST_JSON] = dr_aws_write_rest_json,
    [DR_AWS_REST_XML] = dr_aws_write_rest_xml,
};
static_assert(sizeof writers / sizeof *writers == DR_AWS_REST_XML + 1, "a writer for each protocol");

void dr_aws_request_done(struct dr_aws_request *request)
{
    free(request->host_prefix);
    free(request->path);
    free(request->query);
    free(request->body);
    free(request->endpoint);
    dr_aws_headers_done(&request->headers);
    *request = (struct dr_aws_request){0};
}

/* A token that is too long for a member loses its hyphens first, which carry nothing, then its end. */
static json_t *fit_token(const char *token, double max)
{
    struct dr_text text = {0};
    bool too_long = (double)strlen(token) > max; /* false for NAN: no limit */
    for (const char *at = token; *at; at++)
        if (!too_long || *at != '-')
            dr_text_putc(&text, *at);
    if (too_long && (double)text.size > max)
        text.size = max > 0 ? (size_t)max : 0;
    json_t *string = json_stringn_nocheck(text.bytes ? text.bytes : "", text.size);
    dr_text_done(&text);
    return string;
}

static void fill_tokens(const struct dr_aws_operation *operation, const char *token, json_t *input)
{
    const struct dr_aws_shape *shape = operation->input;
    for (size_t i = 0; token && shape && i < shape->member_count; i++) {
        const struct dr_aws_member *member = &shape->members[i];
        if (member->idempotency_token && !dr_aws_given(input, member->name))
            json_object_set_new_nocheck(input, member->name, fit_token(token, dr_aws_member_shape(member)->max));
    }
}

static bool is_host_label(const char *label)
{
    size_t size = strlen(label);
    if (size == 0 || size > HOST_LABEL_MAX || label[0] == '-' || label[size - 1] == '-')
        return false;
    return strspn(label, "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") == size;
}

static bool write_host_label(struct dr_aws_writer *writer, const char *name, struct dr_text *host)
{
    const struct dr_aws_place top = {0};
    struct dr_aws_place place = dr_aws_place_member(&top, name);
    const json_t *given = dr_aws_given(writer->input, name);
    const char *label = json_string_value(given);
    if (!label || strlen(label) != json_string_length(given) || !is_host_label(label))
        return dr_aws_refuse(writer, &place,
                             given ? "must be 1 to 63 letters, digits and inner hyphens: it is part of the host's name"
                                   : "is missing: it is part of the host's name");
    dr_text_puts(host, label);
    return true;
}

/* endpoint.hostPrefix: "data-", "{AccountId}." */
static bool write_host_prefix(struct dr_aws_writer *writer)
{
    const char *at = writer->operation->host_prefix;
    struct dr_text host = {0};
    bool good = true;
    while (at && *at && good) {
        const char *end = *at == '{' ? strchr(at, '}') : NULL;
        if (!end) {
            dr_text_putc(&host, *at++);
            continue;
        }
        char *name = dr_copy_bytes(at + 1, (size_t)(end - at - 1));
        good = write_host_label(writer, name, &host);
        free(name);
        at = end + 1;
    }
    if (good && host.size)
        writer->request->host_prefix = dr_text_take(&host);
    dr_text_done(&host);
    return good;
}

/* Compresses the body if the operation takes that and it is worth it. */
static void compress_body(struct dr_aws_writer *writer)
{
    struct dr_text *body = &writer->body;
    if (!writer->operation->gzip || body->size < COMPRESS_BYTES_MIN)
        return;
    z_stream stream = {0};
    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return; /* it may be sent as it is */
    size_t room = deflateBound(&stream, body->size);
    struct dr_text packed = {0};
    dr_text_reserve(&packed, room);
    stream.next_in = (Bytef *)body->bytes;
    stream.avail_in = (uInt)body->size; /* at most DR_PAYLOAD_BYTES_MAX and a bit */
    stream.next_out = (Bytef *)packed.bytes;
    stream.avail_out = (uInt)room;
    bool good = deflate(&stream, Z_FINISH) == Z_STREAM_END;
    packed.size = stream.total_out;
    deflateEnd(&stream);
    if (!good) {
        dr_text_done(&packed);
        return;
    }
    dr_text_done(body);
    *body = packed;
    struct dr_aws_headers *headers = &writer->request->headers;
    const char *given = dr_aws_headers_find(headers->items, headers->count, "Content-Encoding");
    char *encoding = given && *given ? dr_format("%s, gzip", given) : dr_copy_string("gzip");
    dr_aws_headers_set(headers, "Content-Encoding", encoding);
    free(encoding);
}

static void finish_body(struct dr_aws_writer *writer)
{
    struct dr_aws_request *request = writer->request;
    struct dr_aws_headers *headers = &request->headers;
    if (!writer->has_body)
        return;
    request->body_size = writer->body.size;
    request->body = dr_text_take(&writer->body);
    if (writer->body_type && !dr_aws_headers_find(headers->items, headers->count, "Content-Type"))
        dr_aws_headers_set(headers, "Content-Type", writer->body_type);
}

static bool write_request(struct dr_aws_writer *writer, const struct dr_aws_serialize_options *options, json_t *input)
{
    const struct dr_aws_operation *operation = writer->operation;
    const char *auth = operation->auth_type ? operation->auth_type : "";
    fill_tokens(operation, options->token, input);
    writer->request->method = operation->method;
    writer->request->unsigned_body = strcmp(auth, "v4-unsigned-body") == 0;
    writer->request->anonymous = strcmp(auth, "none") == 0;
    if (!dr_aws_customize_input(writer, input) || !writers[operation->model->protocol](writer) ||
        !write_host_prefix(writer))
        return false;
    if (!writer->request->path)
        writer->request->path = dr_copy_string("/");
    if (!writer->request->query)
        writer->request->query = dr_copy_string("");
    if (!options->uncompressed)
        compress_body(writer);
    if (!dr_aws_write_checksum(writer, options->checksum_when_required) || !dr_aws_customize_request(writer))
        return false;
    finish_body(writer);
    return true;
}

bool dr_aws_serialize(const struct dr_aws_operation *operation, const json_t *input,
                      const struct dr_aws_serialize_options *options, struct dr_aws_request *ret_request,
                      char **ret_problem)
{
    struct dr_aws_request request = {0};
    struct dr_aws_writer writer = {.operation = operation, .request = &request};
    const struct dr_aws_place top = {0};
    json_t *same = input ? dr_json_share(input) : json_object();
    json_t *copy = json_is_object(same) ? json_copy(same) : NULL;
    json_decref(same);
    writer.input = copy;
    bool good = copy ? write_request(&writer, options, copy)
                     : dr_aws_refuse(&writer, &top, "must be an object, not %s", dr_aws_json_kind(input));
    json_decref(copy);
    dr_text_done(&writer.body);
    if (good) {
        *ret_request = request;
        return true;
    }
    assert(writer.problem);
    dr_aws_request_done(&request);
    *ret_problem = writer.problem;
    return false;
}
