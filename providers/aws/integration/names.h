/* Step Functions' spellings: `aws-sdk:` follows the AWS SDK for Java 2, not the wire (the shared rules are in
 * docs/reference/aws.md). Services: the Java package ("elasticloadbalancingv2", "sfn"). Operations: camelCase. Members:
 * words in PascalCase with acronyms lowered ("DBInstanceIdentifier" -> "DbInstanceIdentifier"). Errors:
 * "Rds.DbInstanceNotFoundException". */
#ifndef DRRUN_PROVIDERS_AWS_INTEGRATION_NAMES_H
#define DRRUN_PROVIDERS_AWS_INTEGRATION_NAMES_H

#include "providers/aws/protocol/protocol.h"

char *dr_aws_sdk_member(const char *api_name);             /* "TTL" -> "Ttl"; owned by the caller, like all here */
char *dr_aws_sdk_operation(const char *api_name);          /* "DescribeDBInstances" -> "describeDBInstances" */
char *dr_aws_sdk_prefix(const struct dr_aws_model *model); /* "Rds", "ElasticLoadBalancingV2", "DynamoDb" */
/* "Rds.DbInstanceNotFoundException"; an error that the model does not list: "Rds.RdsException". */
char *dr_aws_sdk_error(const struct dr_aws_operation *operation, const struct dr_aws_error *error);

/* A value of `shape` from either spelling into the API's: new reference. Keys that are no members stay as they are. Map
 * keys and values of enumerations are never touched. */
json_t *dr_aws_from_sdk(const struct dr_aws_shape *shape, const json_t *value);
/* A value of `shape` in the API's spelling into Step Functions'. */
json_t *dr_aws_to_sdk(const struct dr_aws_shape *shape, const json_t *value);

#endif
