/* A Map's items and results as objects of a bucket. Reading: what the first call returned may name further objects (an
 * inventory's manifest, Athena's, a listing), which are got one after the other. Writing: the results by status, as
 * SUCCEEDED_0.json, FAILED_0.json and PENDING_0.json, then manifest.json, under PREFIX/RUN/. What is still to do goes
 * from call to call in decision.carried.
 * (https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html,
 * .../input-output-resultwriter.html)
 */
#ifndef DRRUN_STATES_MAP_OBJECTS_H
#define DRRUN_STATES_MAP_OBJECTS_H

#include "interpreter/states/state_type.h"

/* What the reader's call carries, from its arguments. New reference. */
json_t *dr_objects_carry(const json_t *arguments);
/* A call of the reader was answered with `result`. Then either decision->items is set (at most `items_max`, 0: all), or
 * the decision is to get the next object, or to fail with States.ItemReaderFailed. */
void dr_objects_read(const struct dr_moment *moment, json_t *result, size_t items_max, struct dr_decision *decision);

/* Begins to write `records` (map_items.h has their form); `arguments`: {"Bucket", "Prefix"}. Decides to put the first
 * object, or fails with States.ResultWriterFailed. */
void dr_objects_export(const struct dr_moment *moment, const json_t *arguments, json_t *records,
                       struct dr_decision *decision);
/* An object was put: decides to put the next, or, after the last, leaves with {"MapRunArn", "ResultWriterDetails"}, or
 * fails as the items did. */
void dr_objects_exported(const struct dr_moment *moment, struct dr_decision *decision);

#endif
