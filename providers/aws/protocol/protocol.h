/* The wire: an operation's input becomes an HTTP request, an HTTP answer its output or its error. One table by
 * protocol (protocol.c); query.c, json.c, rest.c, xml_*.c hold what differs.
 *
 * Values are JSON in the API's own spelling. Timestamps: on the way in, ISO 8601 text or epoch seconds (number); on the
 * way out always ISO 8601 text in UTC ("2015-01-01T23:59:59Z", fractions of up to 3 digits only if there are any).
 * Blobs: text in, sent as its bytes (see DR_AWS_BASE64); out: text if it is UTF-8, else base64. Infinities and NaN: the
 * strings "Infinity", "-Infinity", "NaN". Null members count as absent. Map keys and list order are kept. */
#ifndef DRRUN_PROVIDERS_AWS_PROTOCOL_PROTOCOL_H
#define DRRUN_PROVIDERS_AWS_PROTOCOL_PROTOCOL_H

#include "interpreter/base/runtime.h"
#include "interpreter/base/text.h"
#include "providers/aws/model/model.h"

/* A blob of bytes that are no text, on the way in: an object with this one member, {"Base64": "AP8="}. */
#define DR_AWS_BASE64 "Base64"
bool dr_aws_is_bytes(const json_t *value); /* whether it is such an object; NULL is none */

/* A growing list of headers; names and values are owned. */
struct dr_aws_headers {
    struct dr_http_header *items;
    size_t count, room;
};
void dr_aws_headers_add(struct dr_aws_headers *headers, const char *name, const char *value);
void dr_aws_headers_set(struct dr_aws_headers *headers, const char *name, const char *value);          /* replaces */
const char *dr_aws_headers_find(const struct dr_http_header *headers, size_t count, const char *name); /* any case */
void dr_aws_headers_done(struct dr_aws_headers *headers);

struct dr_aws_request {
    const char *method; /* the operation's: borrowed */
    char *host_prefix;  /* endpoint.hostPrefix with its labels filled in; NULL: none */
    char *path;         /* percent-encoded once, begins with '/'; S3's bucket is still in it (endpoint.h) */
    char *query;        /* percent-encoded, without '?'; "" if there is none */
    struct dr_aws_headers
        headers; /* Content-Type, X-Amz-Target, modelled ones, checksums; not Host, not the signature's */
    char *body;  /* NULL: none */
    size_t body_size;
    bool unsigned_body; /* authtype v4-unsigned-body */
    bool anonymous;     /* never signed: authtype none, and what customisations.def says */
    char *endpoint;     /* the URL that it goes to instead of the service's endpoint (Machine Learning); NULL: none */
};
void dr_aws_request_done(struct dr_aws_request *request);

struct dr_aws_serialize_options {
    const char *token;           /* fills idempotencyToken members that are not given; NULL: they are left out */
    bool checksum_when_required; /* request_checksum_calculation = when_required; else CRC32 wherever it is supported */
    bool uncompressed;           /* disable_request_compression */
};

/* Input -> request. `input` was checked (integration/schema.c), but whatever it is, the result is a request or a
 * problem, never a crash. false with `ret_problem` (owned by the caller): "Input.Bucket must not be empty: it is part
 * of the path". */
bool dr_aws_serialize(const struct dr_aws_operation *operation, const json_t *input,
                      const struct dr_aws_serialize_options *options, struct dr_aws_request *ret_request,
                      char **ret_problem);

/* Copies across Regions: the API wants a URL, signed for the source Region, with which it fetches what is copied
 * (presign.def). */
struct dr_aws_presign {
    const char *source_region; /* borrowed from the input */
    const char *member;        /* of the input, for the URL: "PreSignedUrl" */
};
/* Whether this call needs one: it names a source Region, and the caller did not bring a URL. */
bool dr_aws_presign_need(const struct dr_aws_operation *operation, const json_t *input,
                         struct dr_aws_presign *ret_presign);
/* The request whose signed URL is wanted: GET, everything in the query. It is signed in the query form, for the source
 * Region at the source Region's endpoint, for an hour. `region` is the call's own: where the copy goes. */
bool dr_aws_presign_serialize(const struct dr_aws_operation *operation, const json_t *input, const char *region,
                              struct dr_aws_request *ret_request, char **ret_problem);
/* The input with the URL in it; a new reference. */
json_t *dr_aws_presign_input(const struct dr_aws_operation *operation, const json_t *input, const char *region,
                             const char *url);

struct dr_aws_answer { /* borrowed */
    int status;
    const struct dr_http_header *headers;
    size_t header_count;
    const char *body;
    size_t body_size;
};

/* A successful answer -> output (a new reference, an object). NULL with `ret_problem`: what the bytes are instead of
 * the protocol's ("expected XML, got HTML: <html><head>..."). Unknown members are dropped; nothing is trusted. */
json_t *dr_aws_parse(const struct dr_aws_operation *operation, const struct dr_aws_answer *answer, char **ret_problem);

struct dr_aws_error {
    char *code;       /* as on the wire, without namespace and URL: "DBInstanceNotFound"; "" unknown -> the status */
    char *message;    /* "" if there is none */
    char *request_id; /* "" */
    int status; /* of the answer; of an error in an answer that began with 200: the modelled one, else 500, as the SDKs
                   do */
    const struct dr_aws_shape *shape; /* the modelled error that it is; NULL: none of the operation's or service's */
    json_t *details;                  /* the modelled members of the error, an object; never NULL */
    bool is_modelled_answer;          /* false: HTML, nothing, or another protocol's bytes: no AWS service said this */
};
/* An answer of status 300 and above, or one of 200 that holds an error (S3 CopyObject, CompleteMultipartUpload): see
 * dr_aws_answer_is_error(). Never fails. */
void dr_aws_parse_error(const struct dr_aws_operation *operation, const struct dr_aws_answer *answer,
                        struct dr_aws_error *ret_error);
void dr_aws_error_done(struct dr_aws_error *error);
bool dr_aws_answer_is_error(const struct dr_aws_operation *operation, const struct dr_aws_answer *answer);
/* "x-amzn-requestid", "x-amz-request-id", ...; NULL: none. Borrowed from the answer. */
const char *dr_aws_request_id(const struct dr_aws_answer *answer);

#endif
