/* Models from botocore folders, compiled once: $XDG_CACHE_HOME/drrun/models/<service>-<what it was made of>.model. */
#ifndef DRRUN_PROVIDERS_AWS_MODEL_CACHE_H
#define DRRUN_PROVIDERS_AWS_MODEL_CACHE_H

#include "interpreter/base/arena.h"
#include "providers/aws/model/compact.h"

#include <stdbool.h>

/* The compact text of a version's folder, from the cache if it has it, else compiled and put there. `cache` NULL, or
 * not to be written: only compiled. Lives in `arena`. false with a problem. */
bool dr_aws_cache_get(struct dr_arena *arena, const char *cache, const char *name, const char *version_folder,
                      const char *overlays, struct dr_aws_compact *ret_text, char **ret_problem);

/* Maps a compact text until the arena is freed. false: it is not there. `ret_damaged`: it is not whole. `own_only`: a
 * file of another user's is not taken. */
bool dr_aws_map(struct dr_arena *arena, const char *path, bool own_only, struct dr_aws_compact *ret_text,
                bool *ret_damaged);

#endif
