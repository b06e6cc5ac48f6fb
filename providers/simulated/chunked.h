/* S3's bodies in chunks: what SDKs send with Content-Encoding: aws-chunked, where checksums stand behind the body.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html and sigv4-streaming-trailers.html */
#ifndef DRRUN_PROVIDERS_SIMULATED_CHUNKED_H
#define DRRUN_PROVIDERS_SIMULATED_CHUNKED_H

#include "providers/simulated/wire.h"

/* Whether the request says that its body is in such chunks. */
bool dr_sim_is_chunked(const struct dr_sim_request *request);
/* The bytes themselves are appended to `body`, the headers that stand behind them to `trailers`. Chunk signatures are
 * not checked (the header's is). False: the body is not in chunks, or its length is not x-amz-decoded-content-length;
 * what was appended stays. */
bool dr_sim_unchunk(const struct dr_sim_request *request, struct dr_text *body, struct dr_aws_headers *trailers);

#endif
