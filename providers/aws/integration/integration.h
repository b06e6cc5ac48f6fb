/* AWS as resources of a runbook: aws-sdk:SERVICE:OPERATION[.waitForTaskToken|.allPages], the same as an ARN
 * (arn:aws:states:::aws-sdk:...), the optimised integrations (arn:aws:states:::lambda:invoke, ecs:runTask.sync, ...)
 * and bare Lambda ARNs. Each resolves, at load, to a resource with its arguments' schema made from the service model,
 * its effect, and what may be repeated. */
#ifndef DRRUN_PROVIDERS_AWS_INTEGRATION_INTEGRATION_H
#define DRRUN_PROVIDERS_AWS_INTEGRATION_INTEGRATION_H

#include "interpreter/definition/catalogue.h"
#include "providers/aws/client/client.h"

/* The resolver that makes the catalogue know AWS. `aws` must outlive the catalogue. */
struct dr_resolver *dr_aws_resolver_new(struct dr_aws *aws);
void dr_aws_resolver_free(struct dr_resolver *resolver);

/* The operation behind a resource that the resolver made; NULL: none (another primitive, an action). For `drrun iam`.
 */
const struct dr_aws_operation *dr_aws_resource_operation(const struct dr_resource *resource);
/* What a call of such a resource with these arguments sends, in the API's spelling, as far as it is known before a run;
 * a new reference, perhaps dr_unknown(). */
json_t *dr_aws_resource_input(const struct dr_resource *resource, const json_t *arguments);

#endif
