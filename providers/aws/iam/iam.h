/* What an operation needs of IAM: its actions, on which resources. Tables: prefixes.def, actions.def, resources.def. */
#ifndef DRRUN_PROVIDERS_AWS_IAM_IAM_H
#define DRRUN_PROVIDERS_AWS_IAM_IAM_H

#include "providers/aws/model/model.h"

struct dr_aws_iam_call { /* borrowed */
    const struct dr_aws_operation *operation;
    const json_t *input;   /* in the API's spelling; what is not known is dr_unknown(); may itself be */
    const char *partition; /* "aws" */
    const char *region;    /* "*": not known */
    const char *account;   /* "*": not known */
};
/* Calls `add` for each action with each resource ("rds:PromoteReadReplica",
 * "arn:aws:rds:us-west-2:111122223333:db:shop"); not at all if the operation needs no permission. */
void dr_aws_iam(const struct dr_aws_iam_call *call, void (*add)(void *data, const char *action, const char *resource),
                void *data);

/* What comes behind a secret's name or ARN in the resource that a policy names: its six random characters, as
 * wildcards; "" behind an ARN that has them. Static. */
const char *dr_aws_iam_secret_end(const char *id);

#endif
