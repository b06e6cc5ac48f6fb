/* Dynamic references from AWS: {{resolve:ssm:...}}, {{resolve:ssm-secure:...}} (GetParameter, decrypted) and
 * {{resolve:secretsmanager:...}} (GetSecretValue), in the Region and with the credentials of the call that has them. An
 * ARN is asked for in its own Region, since no other has it.
 * (https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html,
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html) */
#ifndef DRRUN_PROVIDERS_AWS_INTEGRATION_SECRET_SOURCE_H
#define DRRUN_PROVIDERS_AWS_INTEGRATION_SECRET_SOURCE_H

#include "providers/aws/client/client.h"
#include "providers/secrets.h"

/* `aws` must outlive it. */
struct dr_secret_source *dr_aws_secret_source_new(struct dr_aws *aws);
void dr_aws_secret_source_free(struct dr_secret_source *source); /* NULL is fine; nothing may be under way */

#endif
