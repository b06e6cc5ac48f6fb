/* Reads HTTP/1.1 requests from the bytes of a connection, in whatever pieces they come:
 *
 *     struct dr_sim_reader reader = {.body_bytes_max = ...};
 *     dr_sim_reader_add(&reader, bytes, size);
 *     while (dr_sim_reader_next(&reader) == DR_SIM_READ_WHOLE) {
 *         ... reader.request, valid until the next call of anything here ...
 *         dr_sim_reader_drop(&reader);
 *     }
 *     dr_sim_reader_done(&reader);
 *
 * Bodies are read with Content-Length and with chunks; what stands inside a body (aws-chunked) is not its business.
 * Whatever two readers could understand differently (both lengths, folded headers, spaces in names) is refused.
 * Source: RFC 9112. */
#ifndef DRRUN_PROVIDERS_SIMULATED_HTTP_READER_H
#define DRRUN_PROVIDERS_SIMULATED_HTTP_READER_H

#include "interpreter/base/text.h"
#include "providers/simulated/wire.h"

#define DR_SIM_HEAD_BYTES_MAX (64u << 10) /* request line and headers */
#define DR_SIM_HEADERS_MAX 256
#define DR_SIM_BODY_BYTES_MAX (256u << 20)

enum dr_sim_read {
    DR_SIM_READ_MORE,     /* more bytes are needed */
    DR_SIM_READ_CONTINUE, /* the same, and the client waits for "100 Continue" (said once) */
    DR_SIM_READ_WHOLE,    /* `request` is there */
    DR_SIM_READ_BAD,      /* `bad_status` and `problem`; nothing more can be read from this connection */
};

struct dr_sim_reader { /* zero-initialise but for the limit */
    size_t body_bytes_max;
    struct dr_sim_request request;
    bool keep_alive; /* of the request: another one may follow */
    int bad_status;
    const char *problem; /* static */
    /* private */
    struct dr_text in, head, body;
    struct dr_http_header headers[DR_SIM_HEADERS_MAX];
    size_t body_left, scanned;
    bool has_head, chunked, in_chunk, in_trailer, told_to_continue;
    char empty[1];
};

void dr_sim_reader_add(struct dr_sim_reader *reader, const char *bytes, size_t size);
enum dr_sim_read dr_sim_reader_next(struct dr_sim_reader *reader);
void dr_sim_reader_drop(struct dr_sim_reader *reader); /* the request that was whole */
void dr_sim_reader_done(struct dr_sim_reader *reader);

#endif
