/* AWS Signature Version 4 (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html), header and query
 * form, and its asymmetric sister SigV4A, which is valid in several Regions at once.
 *
 * Signed are host, content-type, content-md5 and x-amz-*: what a proxy may change, add or drop on the way (user-agent,
 * accept, connection, ...) stays out. */
#ifndef DRRUN_PROVIDERS_AWS_SIGNING_SIGV4_H
#define DRRUN_PROVIDERS_AWS_SIGNING_SIGV4_H

#include "interpreter/base/runtime.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Who signs. Strings are owned by whoever made it (credentials/). */
struct dr_aws_identity {
    char *access_key_id, *secret_access_key;
    char *session_token; /* NULL: none */
    char *account_id;    /* NULL: not known */
    int64_t expires_ms;  /* INT64_MAX: never */
};

struct dr_aws_to_sign { /* borrowed */
    const char *method;
    const char *host;  /* with the port, if it is not the scheme's own */
    const char *path;  /* the bytes that will be sent, percent-encoded: begins with '/' */
    const char *query; /* the bytes that will be sent, without '?'; "" */
    const struct dr_http_header
        *headers; /* all that will be sent, except Host; user-agent and the like are not signed */
    size_t header_count;
    const char *body; /* NULL: empty */
    size_t body_size;
};

struct dr_aws_scope {
    const char *region; /* SigV4A: the Region set, such as "*" or "us-east-1,us-west-2" */
    const char *service;
    int64_t now_ms;          /* corrected for the server's clock */
    bool single_encoding;    /* S3: the path is encoded once, and not normalised */
    bool normalize;          /* remove dot segments and double slashes in the canonical path: all but S3 */
    bool unsigned_body;      /* UNSIGNED-PAYLOAD */
    bool content_sha256;     /* send and sign x-amz-content-sha256: always, except in the official vectors */
    bool omit_token;         /* the session token is added after signing (the official vectors have both) */
    bool all_headers;        /* sign every header but those that change on the way: the official vectors */
    bool asymmetric;         /* SigV4A */
    int64_t expires_seconds; /* query form only */
};

/* Everything on the way to the signature, for tests and for explaining a SignatureDoesNotMatch. */
struct dr_aws_signature {
    char *canonical_request, *string_to_sign, *signature;
    char *authorization;  /* header form: the Authorization header's value */
    char *date;           /* X-Amz-Date: "20150830T123600Z" */
    char *content_sha256; /* the value of x-amz-content-sha256 */
    char *query;          /* query form: the whole signed query string */
    char *problem;        /* NULL; SigV4A: why there is no signature: libcrypto.so.3 cannot be loaded */
};

/* Header form: the request is sent with its headers plus X-Amz-Date, X-Amz-Security-Token (if there is a session),
 * x-amz-content-sha256 (if asked), X-Amz-Region-Set (SigV4A: the scope's Region) and Authorization. Headers of these
 * names that the request brings along, from an earlier attempt perhaps, are not signed: replace them. */
void dr_aws_sign(const struct dr_aws_to_sign *request, const struct dr_aws_identity *identity,
                 const struct dr_aws_scope *scope, struct dr_aws_signature *ret_signature);
/* Query form: presigned URLs. */
void dr_aws_presign(const struct dr_aws_to_sign *request, const struct dr_aws_identity *identity,
                    const struct dr_aws_scope *scope, struct dr_aws_signature *ret_signature);
void dr_aws_signature_done(struct dr_aws_signature *signature);

/* Wipes and frees what an identity holds. */
void dr_aws_identity_done(struct dr_aws_identity *identity);
void dr_aws_identity_copy(struct dr_aws_identity *to, const struct dr_aws_identity *from);

/* Forgets the signing keys, which are kept by (secret, day, Region, service) because a key costs four times what a
 * signature does. Whoever drops the last identity calls it. */
void dr_aws_signing_forget(void);

#endif
