/* Step Functions' spellings: `aws-sdk:` follows the AWS SDK for Java 2, not the wire (the shared rules are in
 * docs/reference/aws/integrations.md). Services: the Java package ("elasticloadbalancingv2", "sfn"). Operations:
 * camelCase. Members: words in PascalCase with acronyms lowered ("DBInstanceIdentifier" -> "DbInstanceIdentifier").
 * Errors: "Rds.DbInstanceNotFoundException".
 *
 * The optimised integrations are older: they follow the SDK for Java 1, which leaves names as the API has them and
 * only raises the first letter ("MD5OfMessageBody", "privateIpv4Address" -> "PrivateIpv4Address"). */
#ifndef DRRUN_PROVIDERS_AWS_INTEGRATION_NAMES_H
#define DRRUN_PROVIDERS_AWS_INTEGRATION_NAMES_H

#include "providers/aws/protocol/protocol.h"

enum dr_aws_spelling {
    DR_AWS_SPELLING_SDK,
    DR_AWS_SPELLING_OPTIMISED,
    /* Of the SDK's setters: only a leading acronym is lowered ("DbInstanceIdentifier", but "MultiAZ" and
     * "SourceDBClusterIdentifier"). State machines that exist have it; taken, never given. */
    DR_AWS_SPELLING_SETTER,
};

char *dr_aws_sdk_member(const char *api_name);             /* "TTL" -> "Ttl"; owned by the caller, like all here */
char *dr_aws_sdk_operation(const char *api_name);          /* "DescribeDBInstances" -> "describeDBInstances" */
char *dr_aws_sdk_prefix(const struct dr_aws_model *model); /* "Rds", "ElasticLoadBalancingV2", "DynamoDb" */
char *dr_aws_sdk_exception(const char *shape_name); /* "DBInstanceNotFoundFault" -> "DbInstanceNotFoundException" */
/* "Rds.DbInstanceNotFoundException"; an error that the model does not list: "Rds.RdsException". */
char *dr_aws_sdk_error(const struct dr_aws_operation *operation, const struct dr_aws_error *error);

/* A member by one of the names that are accepted for it: the API's, Step Functions' of either spelling. NULL: none. */
const struct dr_aws_member *dr_aws_find_member(const struct dr_aws_shape *shape, const char *name);
/* A member in one of the spellings; owned by the caller. */
char *dr_aws_spell_member(enum dr_aws_spelling spelling, const char *api_name);

/* Whether data is the JSON text of this member by nature (json.def), in the API's spelling; NULL is none. */
bool dr_aws_takes_json(const char *name);

/* A value of `shape` from any spelling into the API's: new reference. Keys that are no members stay as they are. Map
 * keys and values of enumerations are never touched. Null members are left out. As Step Functions does, data for a
 * string or blob becomes its JSON text, but {"Base64": ...} (DR_AWS_BASE64) stays as it is; and text for a number or
 * truth value is read as one. */
json_t *dr_aws_from_sdk(const struct dr_aws_shape *shape, const json_t *value);
/* A value of `shape` in the API's spelling into Step Functions'. */
json_t *dr_aws_to_sdk(const struct dr_aws_shape *shape, const json_t *value);
json_t *dr_aws_to_spelling(enum dr_aws_spelling spelling, const struct dr_aws_shape *shape, const json_t *value);

#endif
