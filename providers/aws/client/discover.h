/* Endpoint discovery: Timestream is divided into cells, and DescribeEndpoints says which one serves an account. Kept as
 * long as the answer allows. Not with an endpoint of the user's own. Private to this room.
 * (https://docs.aws.amazon.com/timestream/latest/developerguide/Using-API.endpoint-discovery.how-it-works.html) */
#ifndef DRRUN_PROVIDERS_AWS_CLIENT_DISCOVER_H
#define DRRUN_PROVIDERS_AWS_CLIENT_DISCOVER_H

#include "providers/aws/client/parts.h"

/* The operation to ask first; NULL: none, the endpoint rules know where the operation is served. */
const struct dr_aws_operation *dr_aws_discovery(struct dr_aws *aws, const struct dr_aws_operation *operation);

/* The host that was told for a service, Region and role (NULL: none), while it holds; NULL: nobody knows. Borrowed
 * until the next call. */
const char *dr_aws_discovered(const struct dr_aws *aws, const char *service, const char *region, const char *role,
                              int64_t now_ms);
/* Keeps what DescribeEndpoints said. false: it names no host. */
bool dr_aws_discover(struct dr_aws *aws, const char *service, const char *region, const char *role,
                     const json_t *output, int64_t now_ms);

/* The host says that it does not serve the account any more. false: nothing was known of it anyway. */
bool dr_aws_undiscover(struct dr_aws *aws, const char *service, const char *region, const char *role);

#endif
