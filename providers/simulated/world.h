/* World files: what the simulated cloud has in it, and what happens to it (schemas/world.schema.json,
 * docs/reference/world.md).
 *
 *     struct dr_sim_world *world = dr_sim_world_open("world.yaml", &found);          NULL: see `found`
 *     cloud = dr_sim_cloud_new(dr_sim_world_json(world), models, seed, now_ms, &problem);
 *     if (!cloud)
 *         dr_sim_world_tell(world, problem, &found);
 *     ... show `found` ...
 *     dr_sim_world_free(world); */
#ifndef DRRUN_PROVIDERS_SIMULATED_WORLD_H
#define DRRUN_PROVIDERS_SIMULATED_WORLD_H

#include "interpreter/base/diagnostic.h"

#include <jansson.h>

struct dr_node;
struct dr_sim_world;

/* Loads a world and checks it against the schema and itself. NULL with the mistakes, with their places, in `found`. */
struct dr_sim_world *dr_sim_world_open(const char *path, struct dr_diagnostics *found);
/* With the defaults filled in, and all durations as seconds; borrowed. */
const json_t *dr_sim_world_json(const struct dr_sim_world *world);
/* What dr_sim_cloud_new() says of it ("rds.Instances.shop-db.ReplicaOf: there is no ..."), at its place. */
void dr_sim_world_tell(const struct dr_sim_world *world, const char *problem, struct dr_diagnostics *found);
void dr_sim_world_free(struct dr_sim_world *world); /* NULL is fine; what `found` has points into it */

/* Whether a document is meant to be a world, by what stands at its top. */
bool dr_sim_is_world(const struct dr_node *root);

/* The JSON Schema with the services' parts in it: a new reference. */
json_t *dr_sim_world_schema(void);

#endif
