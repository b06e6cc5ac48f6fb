/* Signatures: whatever the request is, its signature is one, and the server's side accepts it; whatever a stranger
 * claims in the Authorization header or the query, it is refused without harm. */
#include "tests/fuzz/target.h"

#include "interpreter/base/text.h"
#include "providers/aws/signing/verify.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { PARTS = 7, NOW_MS = 1795219200 };

static const struct dr_aws_identity *find_owner(void *data, const char *access_key_id)
{
    (void)access_key_id;
    return data;
}

static void try_own(const struct dr_aws_to_sign *request, struct dr_aws_identity *identity, bool raw)
{
    struct dr_aws_scope scope = {.region = "us-east-1",
                                 .service = raw ? "s3" : "rds",
                                 .now_ms = NOW_MS * 1000LL,
                                 .single_encoding = raw,
                                 .normalize = !raw,
                                 .content_sha256 = true};
    struct dr_aws_signature signature;
    dr_aws_sign(request, identity, &scope, &signature);
    assert(signature.authorization);
    dr_aws_signature_done(&signature);
    struct dr_aws_to_sign sent = *request; /* a stranger's Authorization is not sent along */
    sent.header_count = 0;
    dr_aws_sign(&sent, identity, &scope, &signature);
    const struct dr_http_header received[] = {{"Authorization", signature.authorization},
                                              {"X-Amz-Date", signature.date},
                                              {"X-Amz-Content-Sha256", signature.content_sha256}};
    sent.headers = received;
    sent.header_count = sizeof received / sizeof *received;
    struct dr_aws_verify_options options = {
        .now_ms = scope.now_ms, .window_ms = 1000, .region = scope.region, .owner = find_owner, .data = identity};
    struct dr_aws_verdict verdict;
    assert(dr_aws_verify(&sent, &options, &verdict));
    dr_aws_verdict_done(&verdict);
    dr_aws_signature_done(&signature);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static char id[] = "AKID", secret[] = "secret";
    struct dr_aws_identity identity = {.access_key_id = id, .secret_access_key = secret, .expires_ms = INT64_MAX};
    char *parts[PARTS];
    for (size_t i = 0; i < PARTS; i++) {
        const uint8_t *end = size ? memchr(bytes, '\n', size) : NULL;
        size_t part = end ? (size_t)(end - bytes) : size;
        parts[i] = dr_copy_bytes((const char *)bytes, part);
        bytes += part + (end != NULL);
        size -= part + (end != NULL);
    }
    const struct dr_http_header headers[] = {
        {"Authorization", parts[2]}, {"X-Amz-Date", parts[3]}, {parts[4], parts[5]}, {"X-Amz-Region-Set", parts[6]}};
    struct dr_aws_to_sign request = {.method = "POST",
                                     .host = "h",
                                     .path = parts[0],
                                     .query = parts[1],
                                     .headers = headers,
                                     .header_count = 4,
                                     .body = "b",
                                     .body_size = 1};
    try_own(&request, &identity, false);
    try_own(&request, &identity, true);
    struct dr_aws_verify_options options = {
        .now_ms = NOW_MS * 1000LL, .window_ms = 900000, .owner = find_owner, .data = &identity};
    struct dr_aws_verdict verdict;
    assert(!dr_aws_verify(&request, &options, &verdict));
    assert(verdict.code && verdict.message);
    dr_aws_verdict_done(&verdict);
    request.headers = &headers[2]; /* presigned, perhaps */
    request.header_count = 1;
    (void)dr_aws_verify(&request, &options, &verdict);
    dr_aws_verdict_done(&verdict);
    for (size_t i = 0; i < PARTS; i++)
        free(parts[i]);
    return 0;
}
