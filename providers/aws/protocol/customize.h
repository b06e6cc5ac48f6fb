/* What services want beyond their models: the table is customisations.def. */
#ifndef DRRUN_PROVIDERS_AWS_PROTOCOL_CUSTOMIZE_H
#define DRRUN_PROVIDERS_AWS_PROTOCOL_CUSTOMIZE_H

#include "providers/aws/protocol/serialize.h"

/* `input` is the caller's own copy, one level deep: members may be set and deleted, not changed in place. */
bool dr_aws_customize_input(struct dr_aws_writer *writer, json_t *input);
/* After the protocol wrote the request; the body is still in the writer. */
bool dr_aws_customize_request(struct dr_aws_writer *writer);

#endif
