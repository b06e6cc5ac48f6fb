/* The other side of a signature: what a server does. The simulated cloud checks its clients with it. */
#ifndef DRRUN_PROVIDERS_AWS_SIGNING_VERIFY_H
#define DRRUN_PROVIDERS_AWS_SIGNING_VERIFY_H

#include "providers/aws/signing/sigv4.h"

/* The identity that owns an access key id; NULL: nobody does. Borrowed until dr_aws_verify() returns. */
typedef const struct dr_aws_identity *dr_aws_key_owner_fn(void *data, const char *access_key_id);

struct dr_aws_verify_options {
    int64_t now_ms;      /* the server's clock */
    int64_t window_ms;   /* how far the client's may be off; AWS: 15 minutes */
    const char *region;  /* the scope must name it; NULL: any */
    const char *service; /* the signing name that the scope must name; NULL: any */
    dr_aws_key_owner_fn *owner;
    void *data;
};

/* Who signed, for the server's answer and log. */
struct dr_aws_verdict {
    const struct dr_aws_identity *identity; /* of the owner function; NULL if it did not come so far */
    const char *code;       /* AWS's name of the refusal ("SignatureDoesNotMatch"), static; NULL: it is good */
    char *message;          /* why, with the canonical request that the server computed, as AWS does; owned */
    char *region, *service; /* of the scope, if it could be read; SigV4A: the Region set; owned */
};

/* Checks the Authorization header, or the presigned query, of a request as it was received: `request->headers` without
 * Host, its host apart. S3's and its sisters' paths are taken as S3 takes them. The body's digest is compared with
 * x-amz-content-sha256 unless that says UNSIGNED-PAYLOAD or STREAMING-... (the chunks' own signatures are not checked).
 * Signatures are compared in constant time. True: it is good.
 */
bool dr_aws_verify(const struct dr_aws_to_sign *request, const struct dr_aws_verify_options *options,
                   struct dr_aws_verdict *ret_verdict);
void dr_aws_verdict_done(struct dr_aws_verdict *verdict);

#endif
