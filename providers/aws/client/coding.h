/* Bodies that were packed on the way. We ask for none, but proxies and gateways pack what they like. */
#ifndef DRRUN_PROVIDERS_AWS_CLIENT_CODING_H
#define DRRUN_PROVIDERS_AWS_CLIENT_CODING_H

#include "interpreter/base/text.h"
#include "providers/aws/protocol/protocol.h"

/* Unpacks the answer's body into `room`, which must outlive the answer, if its Content-Encoding is gzip. What is left
 * as it is: a body that is a member of the output in its own bytes (an S3 object that was stored packed), and one that
 * cannot be unpacked or would be larger than an answer may be, which the parser then refuses. */
void dr_aws_answer_unpack(const struct dr_aws_operation *operation, struct dr_aws_answer *answer, struct dr_text *room);

#endif
