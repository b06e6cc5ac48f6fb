/* What an operation does to the world: reads, or may change it. */
#ifndef DRRUN_PROVIDERS_AWS_MODEL_EFFECT_H
#define DRRUN_PROVIDERS_AWS_MODEL_EFFECT_H

#include <stdbool.h>

/* Whether `operation` of the service (its serviceId: "RDS") changes nothing. By the list of exceptions (effects.def),
 * else by its name's verb, else by GET and HEAD. What is not known to read is held to change something. */
bool dr_aws_operation_reads(const char *service_id, const char *operation, const char *method);

#endif
