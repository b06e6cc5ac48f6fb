/* --simulate[=WORLD]: virtual time, and the simulated cloud in it. */
#ifndef DRRUN_COMMAND_SIMULATION_H
#define DRRUN_COMMAND_SIMULATION_H

#include "interpreter/base/runtime.h"

struct dr_sim_cloud;

/* The runtime of --simulate; with a world also its cloud, in `ret_cloud` (else NULL), which must be freed after the
 * runtime. NULL, having complained, with the exit status. Seed and start are --seed's and the world's (World.Seed,
 * World.Start), else random and now. */
struct dr_runtime *dr_simulation_open(const char *path, struct dr_sim_cloud **ret_cloud, int *ret_status);

/* The cloud of a world file (NULL or "": an empty one), with --fault's faults planned. NULL, having complained, with
 * the exit status. */
struct dr_sim_cloud *dr_simulation_cloud(const char *path, uint64_t *ret_seed, int *ret_status);

#endif
