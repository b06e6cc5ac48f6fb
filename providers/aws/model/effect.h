/* What an operation does to the world: reads, or may change it. A dry run may send what reads. */
#ifndef DRRUN_PROVIDERS_AWS_MODEL_EFFECT_H
#define DRRUN_PROVIDERS_AWS_MODEL_EFFECT_H

#include <stdbool.h>
#include <stddef.h>

/* Whether `operation` of the service (its serviceId: "RDS") changes nothing. By the list of exceptions (effects.def),
 * else by the model (`readonly`: models of 2025 say so of some operations), by the name's verb, by GET and HEAD. What
 * is not known to read is held to change something. */
bool dr_aws_operation_reads(const char *service_id, const char *operation, const char *method, bool readonly);

/* The rule without the exceptions. */
bool dr_aws_reads_by_name(const char *operation, const char *method);
/* The exceptions one by one, for the test that keeps them needed; false: no such index. */
bool dr_aws_exception(size_t index, const char **ret_service_id, const char **ret_operation, bool *ret_reads);

#endif
