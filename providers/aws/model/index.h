/* The index of a folder of compact models: a compact text itself, in the file "index". It tells what there is without a
 * look into the models.
 *
 *     sdk/elasticloadbalancingv2   {"name":"elbv2"}
 *     service/elbv2                {"sdk", "id", "version", "date", "origin", "operations"}
 */
#ifndef DRRUN_PROVIDERS_AWS_MODEL_INDEX_H
#define DRRUN_PROVIDERS_AWS_MODEL_INDEX_H

#include "providers/aws/model/compact.h"

#include <jansson.h>

/* A service's entry, from its model's metadata and provenance. A new reference. */
json_t *dr_aws_index_entry(const char *name, const json_t *metadata, const char *date, const char *origin,
                           size_t operations);
/* Writes the entries (by name) as an index. */
void dr_aws_index_write(const json_t *entries, struct dr_text *out);
/* All entries by name: a new reference; what is damaged is left out. */
json_t *dr_aws_index_read(const struct dr_aws_compact *text);

/* The Java SDK's package of a service: what Step Functions calls it ("elasticloadbalancingv2"). Owned by the caller. */
char *dr_aws_sdk_name(const char *service_id);

#endif
