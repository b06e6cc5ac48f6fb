#include "interpreter/command/simulation.h"

#include "interpreter/base/clock.h"
#include "interpreter/base/diagnostic.h"
#include "interpreter/command/command.h"
#include "providers/aws/client/client.h"
#include "providers/simulated/serve.h"
#include "providers/simulated/world.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

static uint64_t random_seed(int64_t now_ms)
{
    uint64_t seed = 0;
    return getrandom(&seed, sizeof seed, 0) == (ssize_t)sizeof seed ? seed : (uint64_t)now_ms;
}

static int64_t clock_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static json_t *load_world(const char *path)
{
    struct dr_diagnostics found = {0};
    json_t *world = dr_sim_world_load(path, &found);
    if (!world)
        dr_print_findings(&found, false);
    else
        dr_print_diagnostics(&found);
    dr_diagnostics_done(&found);
    return world;
}

struct dr_runtime *dr_simulation_open(const char *path, struct dr_sim_cloud **ret_cloud)
{
    int64_t now_ms = clock_now();
    uint64_t seed = random_seed(now_ms);
    *ret_cloud = NULL;
    if (!*path)
        return dr_runtime_virtual_new(seed, now_ms);
    json_t *world = load_world(path);
    if (!world)
        return NULL;
    const json_t *head = json_object_get(world, "World"), *given = json_object_get(head, "Seed");
    const char *start = json_string_value(json_object_get(head, "Start"));
    uint32_t fraction;
    seed = json_is_integer(given) ? (uint64_t)json_integer_value(given) : seed;
    if (start && !dr_time_parse(start, strlen(start), &now_ms, &fraction))
        dr_complain("%s: World.Start is no ISO 8601 time: %s", path, start);
    char *problem = NULL;
    *ret_cloud = dr_sim_cloud_new(world, dr_aws_models(dr_open_aws()), seed, now_ms, &problem);
    json_decref(world);
    if (!*ret_cloud) {
        dr_complain("%s: %s", path, problem);
        free(problem);
        return NULL;
    }
    struct dr_runtime *runtime = dr_runtime_virtual_new(seed, now_ms);
    dr_runtime_virtual_answer(runtime, &dr_sim_script, *ret_cloud);
    return runtime;
}
