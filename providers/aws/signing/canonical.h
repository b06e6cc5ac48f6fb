/* A request in the one form that signer and verifier agree on, whatever it looked like on the wire.
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html) */
#ifndef DRRUN_PROVIDERS_AWS_SIGNING_CANONICAL_H
#define DRRUN_PROVIDERS_AWS_SIGNING_CANONICAL_H

#include "interpreter/base/text.h"
#include "providers/aws/signing/sigv4.h"

/* Appends `bytes` percent-encoded: only letters, digits and "-._~" stay, and '/' if `keep_slashes`. */
void dr_aws_encode(struct dr_text *text, const char *bytes, size_t size, bool keep_slashes);
/* Appends `bytes` with %XX decoded; a '%' that begins no such thing stays. */
void dr_aws_decode(struct dr_text *text, const char *bytes, size_t size);

/* Appends the canonical path. `single`: what is encoded already is not encoded again (S3). `normalize`: no "//", no
 * dot segments. */
void dr_aws_canonical_path(struct dr_text *text, const char *path, bool single, bool normalize);
/* Appends the canonical query: each name and value encoded once, sorted by name, then value. Parameters named `without`
 * are left out (NULL: none). */
void dr_aws_canonical_query(struct dr_text *text, const char *query, const char *without);

/* Headers sorted by name; those of one name in the order given. */
struct dr_aws_canonical_headers {
    struct dr_aws_canonical_header {
        char *name; /* lower case */
        const char *value;
        size_t order;
    } * items;
    size_t count, room;
};
void dr_aws_canonical_headers_add(struct dr_aws_canonical_headers *headers, const char *name, const char *value);
void dr_aws_canonical_headers_sort(struct dr_aws_canonical_headers *headers);
/* Appends "name:value,value\n" for each name. */
void dr_aws_canonical_headers_lines(struct dr_text *text, const struct dr_aws_canonical_headers *headers);
/* Appends "content-type;host;x-amz-date". */
void dr_aws_canonical_headers_names(struct dr_text *text, const struct dr_aws_canonical_headers *headers);
void dr_aws_canonical_headers_done(struct dr_aws_canonical_headers *headers);

#endif
