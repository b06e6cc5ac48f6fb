/* S3's way of saying that a bucket is in another Region, as the SDKs understand it: the request is made again for that
 * Region, at the endpoint that the rules give. Never at an address that an answer names: a signature is only for the
 * host that it was made for. Private to this room. */
#ifndef DRRUN_PROVIDERS_AWS_CLIENT_BUCKET_H
#define DRRUN_PROVIDERS_AWS_CLIENT_BUCKET_H

#include "providers/aws/client/parts.h"

/* The bucket of an S3 call; NULL: it has none, or an access point's ARN, which says its Region. Borrowed. */
const char *dr_aws_bucket(const struct dr_aws_operation *operation, const json_t *input);

/* Whether the answer means that the bucket is elsewhere. */
bool dr_aws_bucket_moved(const struct dr_aws_operation *operation, const struct dr_aws_answer *answer,
                         const struct dr_aws_error *error);
/* The Region that the answer names, owned by the caller; NULL: none, or what cannot be one. */
char *dr_aws_bucket_region(const struct dr_aws_answer *answer);

/* What was learned: the Region of a bucket, or NULL. */
const char *dr_aws_bucket_known(const struct dr_aws *aws, const char *bucket);
void dr_aws_bucket_learn(struct dr_aws *aws, const char *bucket, const char *region);

#endif
