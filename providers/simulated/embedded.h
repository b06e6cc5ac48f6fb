/* Files that stand in the program itself (cmake/Embed.cmake). */
#ifndef DRRUN_PROVIDERS_SIMULATED_EMBEDDED_H
#define DRRUN_PROVIDERS_SIMULATED_EMBEDDED_H

#include <stddef.h>

struct dr_embedded {
    const char *name;
    const unsigned char *bytes;
    size_t size;
};

/* The JSON Schema of worlds, "world", and those of the services' parts of it, by the services' names. The last has no
 * name. */
extern const struct dr_embedded dr_sim_world_schemas[];

#endif
