/* What one attempt's answer, or the lack of one, means: whether it may be repeated, whether it may have had an effect,
 * and what must be put right first. The table of codes is errors.def; the reasons are in
 * docs/decisions/0007-what-is-sent-again.md. */
#ifndef DRRUN_PROVIDERS_AWS_CLIENT_JUDGE_H
#define DRRUN_PROVIDERS_AWS_CLIENT_JUDGE_H

#include "interpreter/base/runtime.h"
#include "providers/aws/client/retry.h"
#include "providers/aws/protocol/protocol.h"

enum dr_aws_cure { /* to be tried once, at once, and not counted as a retry */
                   DR_AWS_CURE_NONE,
                   DR_AWS_CURE_CLOCK,          /* the server says that the time is wrong */
                   DR_AWS_CURE_CLOCK_OR_RENEW, /* the time, or else the credentials */
                   DR_AWS_CURE_PERHAPS_CLOCK,  /* the signature is wrong, perhaps because of the time */
                   DR_AWS_CURE_RENEW,          /* the credentials have expired */
};

struct dr_aws_judgement {
    enum dr_aws_failure failure;
    enum dr_aws_cure cure;
    bool unknown; /* it may have taken effect: to be repeated only if that does no harm */
};

/* No complete answer. */
struct dr_aws_judgement dr_aws_judge_silence(const struct dr_http_response *response);
/* A complete answer with an error. */
struct dr_aws_judgement dr_aws_judge_error(const struct dr_aws_model *model, const struct dr_aws_error *error);
/* A complete answer that says success in bytes that are not the service's. */
struct dr_aws_judgement dr_aws_judge_gibberish(void);

#endif
