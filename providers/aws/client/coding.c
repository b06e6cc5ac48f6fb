#include "providers/aws/client/coding.h"

#include "interpreter/base/gunzip.h"
#include "interpreter/base/limits.h"

#include <strings.h>

/* Whether success has the body's bytes for a value. */
static bool is_opaque(const struct dr_aws_operation *operation, const struct dr_aws_answer *answer)
{
    return answer->status < 300 && operation->output && operation->output->payload &&
           dr_aws_member_shape(dr_aws_shape_member(operation->output, operation->output->payload))->type !=
               DR_AWS_STRUCTURE;
}

void dr_aws_answer_unpack(const struct dr_aws_operation *operation, struct dr_aws_answer *answer, struct dr_text *room)
{
    const char *coding = dr_aws_headers_find(answer->headers, answer->header_count, "Content-Encoding");
    if (!coding || (strcasecmp(coding, "gzip") != 0 && strcasecmp(coding, "x-gzip") != 0))
        return;
    if (!dr_is_gzip(answer->body, answer->body_size) || is_opaque(operation, answer))
        return;
    if (dr_gunzip(answer->body, answer->body_size, DR_PAYLOAD_BYTES_MAX, room) != NULL)
        return;
    answer->body = room->bytes;
    answer->body_size = room->size;
}
