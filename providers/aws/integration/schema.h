/* What an operation takes, as a JSON Schema of interpreter/definition/schema.c: names in Step Functions' spelling with
 * the API's own accepted too, what is required, types, enumerations, lengths, patterns, ranges. */
#ifndef DRRUN_PROVIDERS_AWS_INTEGRATION_SCHEMA_H
#define DRRUN_PROVIDERS_AWS_INTEGRATION_SCHEMA_H

#include "providers/aws/integration/names.h"

struct dr_aws_schema_options {
    enum dr_aws_spelling spelling;
    const char *const *anything; /* top-level members, in the API's spelling, that take any data; NULL-terminated; NULL:
                                    none */
    const char *const *optional; /* top-level members that the integration itself fills; the same */
};

/* A new reference. `options` may be NULL. */
json_t *dr_aws_arguments_schema(const struct dr_aws_operation *operation, const struct dr_aws_schema_options *options);

/* What the operation answers, in Step Functions' spelling, for documentation: without patterns and bounds. */
json_t *dr_aws_output_schema(const struct dr_aws_operation *operation, enum dr_aws_spelling spelling);

#endif
