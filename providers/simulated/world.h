/* World files: what the simulated cloud has in it, and what happens to it (schemas/world.schema.json,
 * docs/reference/world.md). */
#ifndef DRRUN_PROVIDERS_SIMULATED_WORLD_H
#define DRRUN_PROVIDERS_SIMULATED_WORLD_H

#include "interpreter/base/diagnostic.h"

#include <jansson.h>

/* Loads, checks against the schema, and fills in the defaults: a new reference. NULL with the mistakes, with their
 * places, in `found`. */
json_t *dr_sim_world_load(const char *path, struct dr_diagnostics *found);

#endif
