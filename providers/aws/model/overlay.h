/* Overlays: what a model lacks, written by us in providers/aws/overlays/<service>.json, in botocore's own form:
 *
 *     {"overlay": "2026-11-21", "source": ["https://docs.aws.amazon.com/..."],
 *      "metadata": {...},                          only of a service that the models do not have at all
 *      "operations": {...}, "shapes": {...},       added; to a structure that is there, the members it lacks are added,
 * to an enumeration the values "pagination": {...}, "waiters": {...}}      added
 *
 * An overlay never changes what a model says: a newer model that has all of it is left as it is. */
#ifndef DRRUN_PROVIDERS_AWS_MODEL_OVERLAY_H
#define DRRUN_PROVIDERS_AWS_MODEL_OVERLAY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* An overlay by service from a folder: a new reference; NULL without a problem: there is none. */
json_t *dr_aws_overlay_load(const char *folder, const char *service, char **ret_problem);
/* The services that a folder has overlays of; free with dr_aws_raw_names_free(). */
char **dr_aws_overlay_names(const char *folder, size_t *ret_count);
struct dr_aws_parts { /* one service's files, as parsed; each but the first may be NULL */
    json_t *service, *paginators, *waiters, *rules;
};
void dr_aws_parts_done(struct dr_aws_parts *parts);
/* Lays it over; the parts are changed in place. Returns how much was added (operations, shapes, members, values,
 * paginators, ...); `ret_repeated` (may be NULL) receives what the model had already, as "shape X.Member": a new
 * reference to an array of strings. */
size_t dr_aws_overlay_apply(const json_t *overlay, struct dr_aws_parts *parts, json_t **ret_repeated);

#endif
