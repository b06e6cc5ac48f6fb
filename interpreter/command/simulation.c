#include "interpreter/command/simulation.h"

#include "interpreter/base/clock.h"
#include "interpreter/base/diagnostic.h"
#include "interpreter/command/command.h"
#include "providers/aws/client/client.h"
#include "providers/simulated/fault_text.h"
#include "providers/simulated/serve.h"
#include "providers/simulated/world.h"

#include <errno.h>
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

/* False, having complained. */
static bool plan_faults(struct dr_sim_cloud *cloud)
{
    for (size_t i = 0; i < dr_globals.faults.count; i++) {
        char *problem = NULL;
        json_t *fault = dr_sim_fault_parse(dr_globals.faults.items[i], &problem);
        bool good = fault && dr_sim_fault_plan(cloud, fault, &problem);
        json_decref(fault);
        if (!good)
            dr_complain("--fault: %s", problem);
        free(problem);
        if (!good)
            return false;
    }
    return true;
}

/* False, having complained. */
static bool take_seed(const json_t *head, uint64_t *seed)
{
    const json_t *given = json_object_get(head, "Seed");
    if (json_is_integer(given))
        *seed = (uint64_t)json_integer_value(given);
    if (!dr_globals.seed)
        return true;
    char *end;
    errno = 0;
    unsigned long long number = strtoull(dr_globals.seed, &end, 10);
    if (*dr_globals.seed < '0' || *dr_globals.seed > '9' || *end || errno || number > INT64_MAX) {
        dr_complain("--seed: \"%s\" is no number from 0 on", dr_globals.seed);
        return false;
    }
    *seed = number;
    return true;
}

/* The cloud of a world, or of none. NULL with the mistakes in `found`. */
static struct dr_sim_cloud *make_cloud(const struct dr_sim_world *world, uint64_t seed, int64_t now_ms,
                                       struct dr_diagnostics *found)
{
    char *problem = NULL;
    json_t *empty = json_object();
    struct dr_sim_cloud *cloud = dr_sim_cloud_new(world ? dr_sim_world_json(world) : empty,
                                                  dr_aws_models(dr_open_aws()), seed, now_ms, &problem);
    if (!cloud)
        dr_sim_world_tell(world, problem, found);
    json_decref(empty);
    free(problem);
    return cloud;
}

struct dr_sim_cloud *dr_simulation_cloud(const char *path, uint64_t *ret_seed, int *ret_status)
{
    struct dr_diagnostics found = {0};
    struct dr_sim_world *world = path && *path ? dr_sim_world_open(path, &found) : NULL;
    struct dr_sim_cloud *cloud = NULL;
    *ret_status = DR_EXIT_INVALID;
    if (world || !path || !*path) {
        int64_t now_ms = clock_now();
        const json_t *head = world ? json_object_get(dr_sim_world_json(world), "World") : NULL;
        const char *start = json_string_value(json_object_get(head, "Start"));
        *ret_seed = random_seed(now_ms);
        if (start && !dr_time_parse(start, strlen(start), &now_ms, NULL))
            dr_sim_world_tell(world, "World.Start: must be a time like 2026-11-21T03:00:00Z", &found);
        else if (!take_seed(head, ret_seed))
            *ret_status = DR_EXIT_USAGE;
        else
            cloud = make_cloud(world, *ret_seed, now_ms, &found);
    }
    if (cloud)
        dr_print_diagnostics(&found);
    else
        dr_print_findings(&found, false);
    dr_diagnostics_done(&found);
    dr_sim_world_free(world);
    if (cloud && !plan_faults(cloud)) {
        *ret_status = DR_EXIT_USAGE;
        dr_sim_cloud_free(cloud);
        return NULL;
    }
    return cloud;
}

struct dr_runtime *dr_simulation_open(const char *path, struct dr_sim_cloud **ret_cloud, int *ret_status)
{
    uint64_t seed;
    *ret_cloud = NULL;
    *ret_status = DR_EXIT_USAGE;
    if (!*path && dr_globals.faults.count) {
        dr_complain("--fault needs a world that it can happen to: --simulate=WORLD");
        return NULL;
    }
    if (!*path) {
        seed = random_seed(clock_now());
        return take_seed(NULL, &seed) ? dr_runtime_virtual_new(seed, clock_now()) : NULL;
    }
    *ret_cloud = dr_simulation_cloud(path, &seed, ret_status);
    if (!*ret_cloud)
        return NULL;
    struct dr_runtime *runtime = dr_runtime_virtual_new(seed, dr_sim_now(*ret_cloud));
    dr_runtime_virtual_answer(runtime, &dr_sim_script, *ret_cloud);
    return runtime;
}
