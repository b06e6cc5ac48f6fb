/* Requests on the simulated cloud's socket: whatever comes, in whatever pieces, is read, refused or waited for; and the
 * pieces make no difference. */
#include "providers/simulated/http_reader.h"

#include "interpreter/base/text.h"
#include "providers/simulated/aws_chunks.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size);

/* What was read: methods, paths, headers' and bodies' sizes, and how it ended. */
static void read_all(const char *bytes, size_t size, size_t piece, struct dr_text *read)
{
    struct dr_sim_reader *reader = dr_alloc(sizeof *reader);
    enum dr_sim_read state = DR_SIM_READ_MORE;
    reader->body_bytes_max = 1u << 16;
    for (size_t at = 0; at < size && state != DR_SIM_READ_BAD; at += piece) {
        dr_sim_reader_add(reader, bytes + at, size - at < piece ? size - at : piece);
        for (;;) {
            state = dr_sim_reader_next(reader);
            if (state == DR_SIM_READ_CONTINUE)
                continue;
            if (state != DR_SIM_READ_WHOLE)
                break;
            const struct dr_sim_request *request = &reader->request;
            dr_text_printf(read, "%s %s?%s %zu %zu\n", request->method, request->path, request->query,
                           request->header_count, request->body_size);
            struct dr_sim_unchunked plain;
            if (dr_sim_is_chunked(request)) {
                dr_sim_unchunk(request, &plain);
                dr_sim_unchunked_done(&plain);
            }
            dr_sim_reader_drop(reader);
        }
    }
    if (state == DR_SIM_READ_BAD)
        dr_text_printf(read, "%d\n", reader->bad_status);
    dr_sim_reader_done(reader);
    free(reader);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
    struct dr_text whole = {0}, pieces = {0};
    if (size > 1u << 14) /* a head that is too large is found out when its pieces come */
        return 0;
    read_all((const char *)bytes, size, size + 1, &whole);
    read_all((const char *)bytes, size, 7, &pieces);
    if (whole.size != pieces.size || (whole.size && memcmp(whole.bytes, pieces.bytes, whole.size) != 0))
        abort();
    dr_text_done(&whole);
    dr_text_done(&pieces);
    return 0;
}
