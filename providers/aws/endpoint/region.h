/* Regions by their names. */
#ifndef DRRUN_PROVIDERS_AWS_ENDPOINT_REGION_H
#define DRRUN_PROVIDERS_AWS_ENDPOINT_REGION_H

#include <jansson.h>
#include <stdbool.h>

/* Whether a Region may be called so: those of partitions.json, and what is named as Regions are, since AWS opens new
 * ones every year ("ap-southeast-9", not "ap-suotheast-1"). If not, `ret_nearest` is the one that may be meant (on the
 * heap) or NULL. Empty counts as a name. */
bool dr_aws_is_region(const json_t *partitions, const char *name, char **ret_nearest);

#endif
