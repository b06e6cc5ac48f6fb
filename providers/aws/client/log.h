/* The record of a call's attempts, for the journal and for messages. Private to this room. */
#ifndef DRRUN_PROVIDERS_AWS_CLIENT_LOG_H
#define DRRUN_PROVIDERS_AWS_CLIENT_LOG_H

#include "providers/aws/client/client.h"

struct dr_aws_log { /* zero-initialise */
    struct dr_aws_attempt *items;
    size_t count;
};

/* The texts are copied. Failures are all kept; of the successes of very many pages, the first ones and the last. */
void dr_aws_log_add(struct dr_aws_log *log, const struct dr_aws_attempt *attempt);
void dr_aws_log_done(struct dr_aws_log *log);

#endif
