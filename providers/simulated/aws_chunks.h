/* Bodies in AWS's own chunks (Content-Encoding: aws-chunked, x-amz-content-sha256: STREAMING-...): S3 clients send them
 * where they do not know the body's digest before its end. The chunks' signatures are not checked.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html, .../sigv4-streaming-trailers.html */
#ifndef DRRUN_PROVIDERS_SIMULATED_AWS_CHUNKS_H
#define DRRUN_PROVIDERS_SIMULATED_AWS_CHUNKS_H

#include "interpreter/base/text.h"
#include "providers/simulated/wire.h"

struct dr_sim_unchunked {
    struct dr_sim_request request; /* with the body itself, the trailer's headers, and no aws-chunked */
    /* private */
    struct dr_text body, trailer;
    struct dr_http_header *headers;
    char *encoding;
};

bool dr_sim_is_chunked(const struct dr_sim_request *request);
/* False: the chunks cannot be read, or are not as long as X-Amz-Decoded-Content-Length says. Borrows `request`; in any
 * case dr_sim_unchunked_done() has to follow. */
bool dr_sim_unchunk(const struct dr_sim_request *request, struct dr_sim_unchunked *ret_unchunked);
void dr_sim_unchunked_done(struct dr_sim_unchunked *unchunked);

#endif
