/* How the stack of an application does in one Region: its load balancer, the targets behind it, what its tasks have
 * read from their parameters, and the database that these lead to. */
#include "providers/simulated/services/application.h"

#include "interpreter/base/clock.h"
#include "providers/simulated/cloud_parts.h"
#include "providers/simulated/names.h"
#include "providers/simulated/services/compute.h"

#include <stdio.h>
#include <strings.h>

#define NEAR_MS 5    /* a query of a database in the Region */
#define FAR_MS 70    /* of one in another Region */
#define LOST_MS 5000 /* until the application gives up a database that does not answer */
#define COMMIT_MS 10
#define CROWD_MAX 10.0 /* a task that has too much to do is this much slower */

json_t *dr_sim_application_table(struct dr_sim_cloud *cloud, const char *account, const char *region, const char *kind)
{
    const json_t *regions = json_object_get(cloud->tables, account);
    return json_object_get(json_object_get(regions, region), kind);
}

static json_t *given_of(const struct dr_sim_application *application, const char *region)
{
    return json_object_get(json_object_get(application->row, "Regions"), region);
}

/* --- The load balancer ----------------------------------------------------------------------------------------------
 */

const json_t *dr_sim_stack_balancer(const struct dr_sim_application *application, const char *region)
{
    const char *wanted = row_text(given_of(application, region), "LoadBalancer"), *arn;
    json_t *balancer;
    json_object_foreach(
        dr_sim_application_table(application->cloud, application->account, region, "elbv2.loadBalancer"), arn, balancer)
    {
        if (strcmp(arn, wanted) == 0 || strcmp(row_text(balancer, "LoadBalancerName"), wanted) == 0)
            return balancer;
    }
    return NULL;
}

const char *dr_sim_stack_region_of(const struct dr_sim_application *application, const char *dns_name)
{
    size_t size = strlen(dns_name);
    size -= size > 0 && dns_name[size - 1] == '.';
    const char *region;
    json_t *given;
    json_object_foreach(json_object_get(application->row, "Regions"), region, given)
    {
        const char *name = row_text(dr_sim_stack_balancer(application, region), "DNSName");
        if (strlen(name) == size && strncasecmp(name, dns_name, size) == 0)
            return region;
    }
    return NULL;
}

/* The targets of a group that get requests, and how many of them answer. A group of which none is healthy lets all have
 * them that are not.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
 */
static unsigned count_targets(const json_t *group, int64_t now_ms, unsigned *ret_answering)
{
    unsigned counts[2] = {0}, answering[2] = {0};
    const char *key;
    json_t *target;
    json_object_foreach(json_object_get(group, "_targets"), key, target)
    {
        const char *state = row_text(json_object_get(target, "TargetHealth"), "State");
        bool healthy = strcmp(state, "healthy") == 0;
        if (!healthy && strcmp(state, "unhealthy") != 0)
            continue;
        counts[healthy]++;
        answering[healthy] += !json_is_false(json_object_get(target, "_up")) && row_int(target, "_readyAt") <= now_ms;
    }
    *ret_answering = answering[counts[1] > 0];
    return counts[counts[1] > 0];
}

/* Which share of requests gets to a target that answers; `ret_targets`: how many these are. */
static void find_targets(const struct dr_sim_application *application, const char *region, const json_t *forwards,
                         struct dr_sim_stack *stack, unsigned *ret_targets)
{
    double weights = 0, served = 0;
    bool nobody = true;
    size_t i;
    json_t *forward;
    json_array_foreach(forwards, i, forward)
    {
        const json_t *given = json_object_get(forward, "Weight");
        double weight = given ? json_number_value(given) : 1;
        unsigned answering, count = count_targets(dr_sim_find(application->cloud, application->account, region,
                                                              "elbv2.targetGroup", row_text(forward, "TargetGroupArn")),
                                                  application->now_ms, &answering);
        weights += weight;
        served += count ? weight * answering / count : 0;
        nobody = nobody && (count == 0 || weight <= 0);
        *ret_targets += weight > 0 ? answering : 0;
    }
    stack->serving = weights > 0 ? served / weights : 0;
    stack->refusal = nobody ? 503 : 502; /* nobody to ask; who is asked does not answer */
}

static void find_front(const struct dr_sim_application *application, const char *region, struct dr_sim_stack *stack,
                       unsigned *ret_targets)
{
    const struct dr_sim_place place = {application->cloud, application->account, region, application->now_ms};
    stack->balancer = dr_sim_stack_balancer(application, region);
    const json_t *forwards =
        stack->balancer ? dr_sim_elb_forwards(&place, row_text(stack->balancer, "LoadBalancerArn")) : NULL;
    stack->hangs = dr_sim_region_down(application->cloud, region) ||
                   strcmp(row_text(json_object_get(stack->balancer, "State"), "Code"), "provisioning") == 0;
    stack->answers = forwards && !stack->hangs;
    stack->silence = stack->hangs       ? "Connection timed out"
                     : !stack->balancer ? "Could not resolve host: the load balancer is no more"
                                        : "Connection refused";
    if (stack->answers)
        find_targets(application, region, forwards, stack, ret_targets);
}

/* --- Parameters ------------------------------------------------------------------------------------------------------
 */

static int64_t time_in(const json_t *row, const char *key)
{
    int64_t at_ms = 0;
    const char *text = row_text(row, key);
    return dr_time_parse(text, strlen(text), &at_ms, NULL) ? at_ms : 0;
}

/* When the oldest of the service's tasks came up: all have read their parameters since. 0: it has none. */
static int64_t oldest_task(const struct dr_sim_application *application, const char *region)
{
    const json_t *given = given_of(application, region);
    char *service = dr_format("%s/%s", row_text(given, "Cluster"), row_text(given, "Service"));
    int64_t oldest_ms = 0;
    const char *id;
    json_t *task;
    json_object_foreach(dr_sim_application_table(application->cloud, application->account, region, "ecs.task"), id,
                        task)
    {
        if (strcmp(row_text(task, "_service"), service) != 0 || strcmp(row_text(task, "lastStatus"), "RUNNING") != 0 ||
            strcmp(row_text(task, "desiredStatus"), "RUNNING") != 0)
            continue;
        int64_t started_ms = time_in(task, "startedAt");
        oldest_ms = oldest_ms == 0 || started_ms < oldest_ms ? started_ms : oldest_ms;
    }
    free(service);
    return oldest_ms;
}

/* When all of the application's tasks there have read their parameters last. */
static int64_t last_read(const struct dr_sim_application *application, const char *region, int64_t *ret_next_ms)
{
    int64_t began_ms = row_int(application->row, "_began"), every_ms = row_int(application->row, "_rereadMs");
    int64_t started_ms = oldest_task(application, region), read_ms = began_ms;
    *ret_next_ms = INT64_MAX;
    if (every_ms > 0) {
        read_ms = application->now_ms - (application->now_ms - began_ms) % every_ms;
        *ret_next_ms = read_ms + every_ms;
    }
    return started_ms > read_ms ? started_ms : read_ms;
}

/* The value that a parameter had at a time: borrowed; "" if it had none. */
static const char *value_at(const json_t *parameter, int64_t at_ms)
{
    const json_t *versions = json_object_get(parameter, "_versions");
    for (size_t i = json_array_size(versions); i-- > 0;)
        if (time_in(json_array_get(versions, i), "LastModifiedDate") <= at_ms)
            return row_text(json_array_get(versions, i), "Value");
    return "";
}

static const char *read_parameter(const struct dr_sim_application *application, const char *region, const char *name,
                                  struct dr_sim_stack *stack)
{
    const char *where = row_text(given_of(application, region), "ParameterRegion");
    const json_t *parameter =
        dr_sim_find(application->cloud, application->account, *where ? where : region, "ssm.parameter", name);
    int64_t next_ms;
    const char *value = value_at(parameter, last_read(application, region, &next_ms));
    if (strcmp(value, value_at(parameter, application->now_ms)) != 0 && next_ms < stack->look_ms)
        stack->look_ms = next_ms;
    return value;
}

static bool is_yes(const char *value)
{
    static const char *const words[] = {"true", "1", "yes", "on", "fenced"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasecmp(value, words[i]) == 0)
            return true;
    return false;
}

/* --- The database
 * ----------------------------------------------------------------------------------------------------- */

static void find_database(const struct dr_sim_application *application, const char *region, struct dr_sim_stack *stack)
{
    const json_t *given = given_of(application, region);
    const char *parameter = row_text(given, "DatabaseParameter"), *fence = row_text(given, "FenceParameter");
    const char *endpoint =
        *parameter ? read_parameter(application, region, parameter, stack) : row_text(given, "Database");
    stack->fenced = *fence && is_yes(read_parameter(application, region, fence, stack));
    stack->wants_database = *parameter || *endpoint;
    size_t size = strcspn(endpoint, ":"); /* HOST:PORT; ARNs have no place here */
    if (strncmp(endpoint, "arn:", 4) == 0)
        size = strlen(endpoint);
    snprintf(stack->endpoint, sizeof stack->endpoint, "%.*s", (int)size, endpoint);
    stack->has_database =
        size > 0 && dr_sim_database_at(application->cloud, stack->endpoint, application->now_ms, &stack->database);
}

/* --- Faults of the application itself: {"Fault": "Latency" | "ServerError", "Service": "application", ...}
 * -------------- */

static void find_faults(const struct dr_sim_application *application, const char *region, struct dr_sim_stack *stack,
                        int64_t *ret_slower_ms)
{
    size_t i;
    json_t *row;
    *ret_slower_ms = 0;
    json_array_foreach(application->cloud->faults, i, row)
    {
        const json_t *fault = json_object_get(row, "Fault"), *probability = json_object_get(fault, "Probability");
        const char *there = row_text(fault, "Region"), *what = row_text(fault, "Resource");
        if (strcmp(row_text(fault, "Service"), "application") != 0 || (*there && strcmp(there, region) != 0) ||
            (*what && strcmp(what, application->name) != 0))
            continue;
        if (strcmp(row_text(fault, "Fault"), "Latency") == 0)
            *ret_slower_ms += dr_sim_ms(json_object_get(fault, "Milliseconds"), 1);
        else if (strcmp(row_text(fault, "Fault"), "ServerError") == 0)
            stack->failing = probability ? json_number_value(probability) : 1;
    }
}

/* Requests that wait for one another: 1 / (1 - load), and what is too much is refused. */
static void crowd(const struct dr_sim_application *application, double rate, unsigned targets,
                  struct dr_sim_stack *stack, double *ret_factor)
{
    double each = json_number_value(json_object_get(application->row, "_perTask")), load;
    *ret_factor = 1;
    if (each <= 0 || targets == 0)
        return;
    load = rate / (each * targets);
    *ret_factor = load < 1 - 1 / CROWD_MAX ? 1 / (1 - load) : CROWD_MAX;
    if (load > 1) {
        stack->serving /= load;
        stack->refusal = 503;
    }
}

void dr_sim_stack_at(const struct dr_sim_application *application, const char *region, double rate,
                     struct dr_sim_stack *ret_stack)
{
    struct dr_sim_stack *stack = ret_stack;
    *stack = (struct dr_sim_stack){.look_ms = INT64_MAX};
    unsigned targets = 0;
    int64_t slower_ms;
    double factor;
    find_front(application, region, stack, &targets);
    find_database(application, region, stack);
    find_faults(application, region, stack, &slower_ms);
    crowd(application, rate, targets, stack, &factor);
    bool reads = !stack->wants_database || (stack->has_database && stack->database.reachable);
    bool writes = reads && stack->wants_database && stack->database.writable && !stack->fenced;
    double served = stack->answers ? stack->serving * (1 - stack->failing) : 0;
    stack->reads = reads ? served : 0;
    stack->writes = writes ? served : 0;
    int64_t base_ms = row_int(application->row, "_latencyMs");
    int64_t trip_ms = !stack->wants_database                        ? 0
                      : !reads                                      ? LOST_MS
                      : strcmp(stack->database.region, region) == 0 ? NEAR_MS
                                                                    : FAR_MS;
    stack->home_ms = dr_sim_whole_ms((double)base_ms * factor) + slower_ms;
    stack->read_ms = (int64_t)((double)(base_ms + trip_ms) * factor) + slower_ms;
    stack->write_ms = (int64_t)((double)(base_ms + trip_ms + COMMIT_MS) * factor) + slower_ms;
}
