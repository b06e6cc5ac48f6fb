/* The tasks of ECS and who keeps them running: the life of a task, the service scheduler, deployments and their circuit
 * breaker. Sources, under https://docs.aws.amazon.com/AmazonECS/latest/developerguide/:
 * task-lifecycle-explanation.html, service-event-messages-list.html, deployment-type-ecs.html,
 * deployment-circuit-breaker.html, stopped-task-error-codes.html, service-throttle-logic.html. */
#include "providers/simulated/services/ecs_parts.h"

#include "interpreter/base/text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define PROVISION_MS 8000
#define PULL_MS 15000
#define START_MS 10000 /* from the container's start to its first answer */
#define STOP_MS 2000
#define RETRY_MS 15000
#define RUN_MS 10000 /* a task of its own, from its start to its end */
#define FORGET_MS (60 * 60 * 1000)
#define EVENTS_MAX 100
#define THROTTLE_MS_MAX (15 * 60 * 1000)

static json_t *find(const struct dr_sim_place *place, const char *kind, const char *id)
{
    return dr_sim_find(place->cloud, place->account, place->region, kind, id);
}

static json_t *all_tasks(const struct dr_sim_place *place)
{
    return dr_sim_table(place->cloud, place->account, place->region, "ecs.task");
}

void dr_sim_ecs_say(const struct dr_sim_place *place, json_t *service, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *rest = dr_format_list(format, arguments);
    va_end(arguments);
    char *text = dr_format("(service %s) %s", dr_sim_text_in(service, "serviceName"), rest);
    json_t *said = json_object_get(service, "events");
    if (!dr_sim_is(json_array_get(said, 0), "message", text)) { /* ECS does not repeat itself */
        char *id = dr_sim_uuid(place->cloud);
        json_t *event = json_pack("{s:s,s:s}", "id", id, "message", text);
        dr_sim_set_time(event, "createdAt", place->now_ms);
        json_array_insert_new(said, 0, event);
        if (json_array_size(said) > EVENTS_MAX)
            json_array_remove(said, EVENTS_MAX);
        free(id);
    }
    free(rest);
    free(text);
}

/* --- Tasks ----------------------------------------------------------------------------------------------------------
 */

static bool is_leaving(const json_t *task)
{
    return dr_sim_is(task, "desiredStatus", "STOPPED");
}

static const char *address_of(const json_t *task)
{
    return dr_sim_text_in(task, "_address");
}

/* Calls `with` for each target group of a task's service. */
static void for_groups(const struct dr_sim_place *place, const json_t *task,
                       void (*with)(const struct dr_sim_place *place, const char *arn, const char *address,
                                    int64_t port))
{
    size_t i;
    json_t *balancer;
    json_array_foreach(json_object_get(find(place, "ecs.service", dr_sim_text_in(task, "_service")), "loadBalancers"),
                       i, balancer) with(place, dr_sim_text_in(balancer, "targetGroupArn"), address_of(task),
                                         dr_sim_int_in(balancer, "containerPort", 0));
}

static void schedule_task(const struct dr_sim_place *place, const char *id, int64_t after_ms, const char *to)
{
    dr_sim_schedule(place->cloud, place->now_ms + after_ms, "ecs.task", place->account, place->region, id,
                    json_pack("{s:s}", "To", to));
}

static void set_status(json_t *task, const char *status)
{
    dr_sim_set_text(task, "lastStatus", status);
    dr_sim_set_text(json_array_get(json_object_get(task, "containers"), 0), "lastStatus",
                    strcmp(status, "RUNNING") == 0   ? "RUNNING"
                    : strcmp(status, "STOPPED") == 0 ? "STOPPED"
                                                     : "PENDING");
    dr_sim_set_int(task, "version", dr_sim_int_in(task, "version", 0) + 1);
}

/* `cluster` "": in the whole Region. */
static int64_t tasks_in(const struct dr_sim_place *place, const char *cluster)
{
    int64_t count = 0;
    size_t size = strlen(cluster);
    const char *id;
    json_t *task;
    json_object_foreach(all_tasks(place), id, task) count +=
        (size == 0 || (strncmp(id, cluster, size) == 0 && id[size] == '/')) && !is_leaving(task);
    return count;
}

/* Whether there is room for one more task: by the limits of the cluster and the Region, and the faults. */
static bool has_capacity(const struct dr_sim_place *place, const char *cluster, const char *service)
{
    int64_t limit = dr_sim_int_in(find(place, "ecs.cluster", cluster), "_capacity", INT64_MAX);
    int64_t region_limit = dr_sim_int_in(find(place, "ecs.limit", "Region"), "Capacity", INT64_MAX);
    return (limit == INT64_MAX || tasks_in(place, cluster) < limit) &&
           (region_limit == INT64_MAX || tasks_in(place, "") < region_limit) &&
           !dr_sim_fault(place->cloud, "NoCapacity", place->region, "ecs", NULL, dr_sim_last_part(service)) &&
           !dr_sim_fault(place->cloud, "NoCapacity", place->region, "ecs", NULL, cluster);
}

static json_t *make_task(const struct dr_sim_place *place, const char *cluster, const char *id,
                         const json_t *definition)
{
    char *arn = dr_sim_arn("ecs", place->region, place->account, "task/%s/%s", cluster, id);
    char *address = dr_sim_private_ipv4(place->cloud),
         *zone = dr_sim_zone_of(place->region, (unsigned)dr_sim_random(place->cloud));
    char *container = dr_sim_uuid(place->cloud), *interface = dr_sim_hex_id(place->cloud, "eni-", 17);
    const json_t *first = json_array_get(json_object_get(definition, "containerDefinitions"), 0);
    json_t *containers = json_pack("[{s:s,s:s,s:s,s:s,s:[{s:s}]}]", "name", dr_sim_text_in(first, "name"), "image",
                                   dr_sim_text_in(first, "image"), "lastStatus", "PENDING", "taskArn", arn,
                                   "networkInterfaces", "privateIpv4Address", address);
    json_t *attachment =
        json_pack("{s:s,s:s,s:s,s:[{s:s,s:s},{s:s,s:s}]}", "id", container, "type", "ElasticNetworkInterface", "status",
                  "PRECREATED", "details", "name", "networkInterfaceId", "value", interface, "name",
                  "privateIPv4Address", "value", address);
    json_t *task = json_pack("{s:s,s:O,s:s,s:s,s:s,s:s,s:s,s:s,s:i,s:s,s:o,s:[o],s:s}", "taskArn", arn, "clusterArn",
                             json_object_get(find(place, "ecs.cluster", cluster), "clusterArn"), "taskDefinitionArn",
                             dr_sim_text_in(definition, "taskDefinitionArn"), "availabilityZone", zone, "lastStatus",
                             "PROVISIONING", "desiredStatus", "RUNNING", "launchType", "FARGATE", "platformVersion",
                             "1.4.0", "version", 1, "connectivity", "CONNECTED", "containers", containers,
                             "attachments", attachment, "_address", address);
    dr_sim_set_time(task, "createdAt", place->now_ms);
    json_object_set_new(task, "_tags", json_array());
    free(arn);
    free(address);
    free(zone);
    free(container);
    free(interface);
    return task;
}

char *dr_sim_ecs_start(const struct dr_sim_place *place, const char *cluster, const json_t *definition,
                       const char *service, const char *deployment, char **ret_problem)
{
    if (!has_capacity(place, cluster, service)) {
        *ret_problem = dr_copy_string("Capacity is unavailable at this time. Please try again later or in a different "
                                      "availability zone");
        return NULL;
    }
    char *id = dr_sim_hex_id(place->cloud, "", 32), *key = dr_format("%s/%s", cluster, id);
    json_t *task = make_task(place, cluster, id, definition);
    if (*service) {
        char *group = dr_format("service:%s", dr_sim_last_part(service));
        dr_sim_set_text(task, "group", group);
        dr_sim_set_text(task, "startedBy", deployment);
        dr_sim_set_text(task, "_service", service);
        free(group);
    } else {
        char *group = dr_format("family:%s", dr_sim_text_in(definition, "family"));
        dr_sim_set_text(task, "group", group);
        free(group);
    }
    dr_sim_put(place->cloud, place->account, place->region, "ecs.task", key, task);
    schedule_task(place, key, dr_sim_timing(place->cloud, "ecs.provision", PROVISION_MS), "PENDING");
    free(id);
    return key;
}

void dr_sim_ecs_stop(const struct dr_sim_place *place, const char *id, const char *code, const char *reason)
{
    json_t *task = find(place, "ecs.task", id);
    if (!task || is_leaving(task))
        return;
    bool runs = dr_sim_is(task, "lastStatus", "RUNNING");
    dr_sim_unschedule(place->cloud, "ecs.task", place->account, place->region, id);
    dr_sim_set_text(task, "desiredStatus", "STOPPED");
    dr_sim_set_text(task, "stopCode", code);
    dr_sim_set_text(task, "stoppedReason", reason);
    dr_sim_set_time(task, "stoppingAt", place->now_ms);
    int64_t drain_ms = 0;
    const json_t *service = find(place, "ecs.service", dr_sim_text_in(task, "_service"));
    size_t i;
    json_t *balancer;
    json_array_foreach(json_object_get(service, "loadBalancers"), i, balancer)
    {
        const char *group = dr_sim_text_in(balancer, "targetGroupArn");
        bool serves =
            strcmp(dr_sim_elb_state(place, group, address_of(task), dr_sim_int_in(balancer, "containerPort", 0)),
                   "healthy") == 0;
        if (serves && dr_sim_elb_drain_ms(place, group) > drain_ms)
            drain_ms = dr_sim_elb_drain_ms(place, group);
    }
    set_status(task, runs && service ? "DEACTIVATING" : "STOPPING");
    for_groups(place, task, dr_sim_elb_deregister);
    schedule_task(place, id, drain_ms + dr_sim_timing(place->cloud, "ecs.stop", STOP_MS), "STOPPED");
}

static void come_up(const struct dr_sim_place *place, json_t *task, int64_t start_ms)
{
    size_t i;
    json_t *balancer;
    json_t *service = find(place, "ecs.service", dr_sim_text_in(task, "_service"));
    set_status(task, "RUNNING");
    dr_sim_set_time(task, "startedAt", place->now_ms);
    dr_sim_set_text(json_array_get(json_object_get(task, "attachments"), 0), "status", "ATTACHED");
    const json_t *definition =
        find(place, "ecs.taskDefinition", dr_sim_last_part(dr_sim_text_in(task, "taskDefinitionArn")));
    bool answers = !dr_sim_is(definition, "_behaviour", "Unhealthy") && !dr_sim_is(definition, "_behaviour", "Crashes");
    json_array_foreach(json_object_get(service, "loadBalancers"), i, balancer)
    {
        dr_sim_elb_register(place, dr_sim_text_in(balancer, "targetGroupArn"), address_of(task),
                            dr_sim_int_in(balancer, "containerPort", 0),
                            answers ? place->now_ms + start_ms : INT64_MAX);
        dr_sim_ecs_say(place, service, "registered 1 targets in (target-group %s)",
                       dr_sim_text_in(balancer, "targetGroupArn"));
    }
}

void dr_sim_ecs_be_up(const struct dr_sim_place *place, const char *id)
{
    json_t *task = find(place, "ecs.task", id);
    dr_sim_unschedule(place->cloud, "ecs.task", place->account, place->region, id);
    come_up(place, task, 0);
}

/* The definition's container cannot be had, or ends at once: the reason as ECS shows it, owned by the caller. */
static char *problem_of(const struct dr_sim_place *place, const json_t *definition)
{
    char *problem = NULL;
    size_t i;
    json_t *container;
    json_array_foreach(json_object_get(definition, "containerDefinitions"), i, container)
    {
        if (!problem)
            dr_sim_ecr_can_pull(place, dr_sim_text_in(container, "image"), &problem);
    }
    return problem;
}

static void service_lost_task(const struct dr_sim_place *place, const json_t *task, bool failed);

static void be_stopped(const struct dr_sim_place *place, const char *id, json_t *task)
{
    dr_sim_set_text(task, "desiredStatus", "STOPPED");
    set_status(task, "STOPPED");
    dr_sim_set_time(task, "stoppedAt", place->now_ms);
    dr_sim_schedule(place->cloud, place->now_ms + FORGET_MS, "ecs.forget", place->account, place->region, id, NULL);
}

/* A task ends by itself. */
static void end_task(const struct dr_sim_place *place, const char *id, json_t *task, const char *code,
                     const char *reason, int64_t exit_code)
{
    dr_sim_set_text(task, "stopCode", code);
    dr_sim_set_text(task, "stoppedReason", reason);
    if (exit_code >= 0)
        dr_sim_set_int(json_array_get(json_object_get(task, "containers"), 0), "exitCode", exit_code);
    for_groups(place, task, dr_sim_elb_deregister);
    be_stopped(place, id, task);
    service_lost_task(place, task, true);
}

static void run_task(const struct dr_sim_place *place, const char *id, json_t *task)
{
    const json_t *definition =
        find(place, "ecs.taskDefinition", dr_sim_last_part(dr_sim_text_in(task, "taskDefinitionArn")));
    char *problem = problem_of(place, definition);
    if (problem) {
        end_task(place, id, task, "TaskFailedToStart", problem, -1);
        free(problem);
        return;
    }
    int64_t start_ms = dr_sim_timing(place->cloud, "ecs.start", START_MS);
    come_up(place, task, start_ms);
    bool own = *dr_sim_text_in(task, "_service") == '\0';
    if (dr_sim_is(definition, "_behaviour", "Crashes"))
        schedule_task(place, id, start_ms, "CRASHED");
    else if (own)
        schedule_task(place, id, dr_sim_int_in(definition, "_runsMs", RUN_MS), "EXITED");
}

void dr_sim_ecs_task_happen(const struct dr_sim_happening *happening)
{
    struct dr_sim_place place = dr_sim_place_then(happening);
    json_t *task = find(&place, "ecs.task", happening->id);
    const char *to = dr_sim_text_in(happening->data, "To");
    if (!task)
        return;
    char *service = dr_copy_string(dr_sim_text_in(task, "_service"));
    if (strcmp(to, "PENDING") == 0) {
        set_status(task, "PENDING");
        schedule_task(&place, happening->id, dr_sim_timing(place.cloud, "ecs.pull", PULL_MS), "RUNNING");
    } else if (strcmp(to, "RUNNING") == 0 &&
               dr_sim_fault(place.cloud, "Stuck", place.region, "ecs", NULL, dr_sim_last_part(service))) {
        schedule_task(&place, happening->id, RETRY_MS, "RUNNING"); /* it stays pending */
    } else if (strcmp(to, "RUNNING") == 0) {
        run_task(&place, happening->id, task);
    } else if (strcmp(to, "CRASHED") == 0) {
        end_task(&place, happening->id, task, "EssentialContainerExited", "Essential container in task exited", 1);
    } else if (strcmp(to, "EXITED") == 0) {
        end_task(&place, happening->id, task, "EssentialContainerExited", "Essential container in task exited", 0);
    } else {
        dr_sim_set_int(json_array_get(json_object_get(task, "containers"), 0), "exitCode", 143);
        be_stopped(&place, happening->id, task);
    }
    if (*service)
        dr_sim_ecs_reconcile(&place, service);
    free(service);
}

void dr_sim_ecs_forget(const struct dr_sim_happening *happening)
{
    dr_sim_remove(happening->cloud, happening->account, happening->region, "ecs.task", happening->id);
}

void dr_sim_ecs_count(const struct dr_sim_place *place, const char *cluster)
{
    json_t *row = find(place, "ecs.cluster", cluster), *resource;
    const char *id;
    int64_t running = 0, pending = 0, services = 0;
    size_t size = strlen(cluster);
    json_object_foreach(all_tasks(place), id, resource)
    {
        if (strncmp(id, cluster, size) != 0 || id[size] != '/')
            continue;
        running += dr_sim_is(resource, "lastStatus", "RUNNING");
        pending += dr_sim_is(resource, "lastStatus", "PENDING") || dr_sim_is(resource, "lastStatus", "PROVISIONING");
    }
    json_object_foreach(dr_sim_table(place->cloud, place->account, place->region, "ecs.service"), id, resource)
        services += strncmp(id, cluster, size) == 0 && id[size] == '/' && dr_sim_is(resource, "status", "ACTIVE");
    dr_sim_set_int(row, "runningTasksCount", running);
    dr_sim_set_int(row, "pendingTasksCount", pending);
    dr_sim_set_int(row, "activeServicesCount", services);
}

/* --- The scheduler --------------------------------------------------------------------------------------------------
 */

struct scheduler {
    const struct dr_sim_place *place;
    const char *id, *cluster; /* of the service */
    json_t *service, *deployments;
    int64_t desired, running, pending, ready; /* of the service's tasks that are to run */
    struct dr_text started, stopped;
    unsigned started_count, stopped_count;
};

static bool is_ready(const struct scheduler *scheduler, const json_t *task)
{
    if (!dr_sim_is(task, "lastStatus", "RUNNING"))
        return false;
    size_t i;
    json_t *balancer;
    json_array_foreach(json_object_get(scheduler->service, "loadBalancers"), i, balancer)
    {
        if (strcmp(dr_sim_elb_state(scheduler->place, dr_sim_text_in(balancer, "targetGroupArn"), address_of(task),
                                    dr_sim_int_in(balancer, "containerPort", 0)),
                   "healthy") != 0)
            return false;
    }
    return true;
}

/* Counts the tasks of each deployment into it, and of all into the service. */
static void count(struct scheduler *scheduler)
{
    scheduler->running = scheduler->pending = scheduler->ready = 0;
    size_t i;
    json_t *deployment, *task;
    const char *id;
    json_array_foreach(scheduler->deployments, i, deployment)
    {
        int64_t running = 0, pending = 0, ready = 0;
        json_object_foreach(all_tasks(scheduler->place), id, task)
        {
            if (!dr_sim_is(task, "_service", scheduler->id) || is_leaving(task) ||
                !dr_sim_is(task, "startedBy", dr_sim_text_in(deployment, "id")))
                continue;
            bool runs = dr_sim_is(task, "lastStatus", "RUNNING");
            running += runs;
            pending += !runs;
            ready += is_ready(scheduler, task);
        }
        dr_sim_set_int(deployment, "runningCount", running);
        dr_sim_set_int(deployment, "pendingCount", pending);
        dr_sim_set_int(deployment, "_ready", ready);
        scheduler->running += running;
        scheduler->pending += pending;
        scheduler->ready += ready;
    }
    dr_sim_set_int(scheduler->service, "runningCount", scheduler->running);
    dr_sim_set_int(scheduler->service, "pendingCount", scheduler->pending);
}

static int64_t tasks_of(const json_t *deployment)
{
    return dr_sim_int_in(deployment, "runningCount", 0) + dr_sim_int_in(deployment, "pendingCount", 0);
}

/* One that a deployment can do without: not ready before ready, new before old. Owned by the caller, or NULL. */
static char *spare_task(const struct scheduler *scheduler, const json_t *deployment, bool *ret_ready)
{
    const char *id, *found = NULL;
    json_t *task;
    *ret_ready = true;
    json_object_foreach(all_tasks(scheduler->place), id, task)
    {
        if (!dr_sim_is(task, "_service", scheduler->id) || is_leaving(task) ||
            !dr_sim_is(task, "startedBy", dr_sim_text_in(deployment, "id")))
            continue;
        bool ready = is_ready(scheduler, task);
        if (found && ready && !*ret_ready)
            continue;
        found = id;
        *ret_ready = ready;
    }
    return found ? dr_copy_string(found) : NULL;
}

static void note(struct dr_text *text, unsigned *count_of, const char *id)
{
    dr_text_printf(text, "%s(task %s)", *count_of ? " " : "", dr_sim_last_part(id));
    ++*count_of;
}

/* Stops tasks of a deployment while the service keeps at least `keep_ready` ready ones. */
static void shrink(struct scheduler *scheduler, const json_t *deployment, int64_t wanted, int64_t keep_ready)
{
    while (tasks_of(deployment) > wanted) {
        bool ready;
        char *id = spare_task(scheduler, deployment, &ready);
        if (!id || (ready && scheduler->ready - 1 < keep_ready)) {
            free(id);
            return;
        }
        dr_sim_ecs_stop(scheduler->place, id, "ServiceSchedulerInitiated", "Scaling activity initiated by deployment");
        note(&scheduler->stopped, &scheduler->stopped_count, id);
        free(id);
        count(scheduler);
    }
}

static void try_again(const struct scheduler *scheduler, int64_t at_ms)
{
    const struct dr_sim_place *place = scheduler->place;
    dr_sim_unschedule(place->cloud, "ecs.service", place->account, place->region, scheduler->id);
    dr_sim_schedule(place->cloud, at_ms, "ecs.service", place->account, place->region, scheduler->id, NULL);
}

static void grow(struct scheduler *scheduler, json_t *deployment, int64_t most)
{
    const struct dr_sim_place *place = scheduler->place;
    const json_t *definition =
        find(place, "ecs.taskDefinition", dr_sim_last_part(dr_sim_text_in(deployment, "taskDefinition")));
    int64_t not_before = dr_sim_int_in(deployment, "_notBefore", 0);
    if (tasks_of(deployment) >= scheduler->desired)
        return;
    if (not_before > place->now_ms) {
        try_again(scheduler, not_before);
        return;
    }
    while (tasks_of(deployment) < scheduler->desired && scheduler->running + scheduler->pending < most) {
        char *problem = NULL;
        char *id = dr_sim_ecs_start(place, scheduler->cluster, definition, scheduler->id,
                                    dr_sim_text_in(deployment, "id"), &problem);
        if (!id) {
            dr_sim_ecs_say(place, scheduler->service,
                           "was unable to place a task. Reason: %s. For more information, see the Troubleshooting "
                           "section of the Amazon ECS Developer Guide.",
                           problem);
            try_again(scheduler, place->now_ms + dr_sim_timing(place->cloud, "ecs.retry", RETRY_MS));
            free(problem);
            return;
        }
        note(&scheduler->started, &scheduler->started_count, id);
        free(id);
        count(scheduler);
    }
}

/* One deployment is left, and all of its tasks serve. */
static void finish(struct scheduler *scheduler)
{
    json_t *primary = json_array_get(scheduler->deployments, 0);
    bool steady = json_array_size(scheduler->deployments) == 1 && scheduler->running == scheduler->desired &&
                  scheduler->pending == 0 && scheduler->ready == scheduler->desired;
    if (steady && dr_sim_is(primary, "rolloutState", "IN_PROGRESS")) {
        char *reason = dr_format("ECS deployment %s completed.", dr_sim_text_in(primary, "id"));
        dr_sim_set_text(primary, "rolloutState", "COMPLETED");
        dr_sim_set_text(primary, "rolloutStateReason", reason);
        dr_sim_set_time(primary, "updatedAt", scheduler->place->now_ms);
        json_object_set(scheduler->service, "_lastGood", json_object_get(primary, "taskDefinition"));
        dr_sim_ecs_say(scheduler->place, scheduler->service, "(deployment %s) deployment completed.",
                       dr_sim_text_in(primary, "id"));
        free(reason);
    }
    if (steady && !json_is_true(json_object_get(scheduler->service, "_steady"))) {
        dr_sim_ecs_say(scheduler->place, scheduler->service, "has reached a steady state.");
        dr_sim_set_int(primary, "_failures", 0);
    }
    json_object_set_new(scheduler->service, "_steady", json_boolean(steady));
}

static void work(struct scheduler *scheduler)
{
    const json_t *config = json_object_get(scheduler->service, "deploymentConfiguration");
    int64_t desired = scheduler->desired;
    int64_t most = desired * dr_sim_int_in(config, "maximumPercent", 200) / 100;
    int64_t least = (desired * dr_sim_int_in(config, "minimumHealthyPercent", 100) + 99) / 100;
    json_t *primary = json_array_get(scheduler->deployments, 0);
    count(scheduler);
    bool given_up = dr_sim_is(primary, "rolloutState", "FAILED");
    dr_sim_set_int(primary, "desiredCount", desired);
    shrink(scheduler, primary, desired, 0);
    for (size_t i = json_array_size(scheduler->deployments); i-- > 1;) {
        json_t *old = json_array_get(scheduler->deployments, i);
        int64_t serves = dr_sim_int_in(primary, "_ready", 0);
        int64_t wanted = given_up ? desired : serves < desired ? desired - serves : 0;
        dr_sim_set_int(old, "desiredCount", wanted < tasks_of(old) ? wanted : tasks_of(old));
        if (!given_up || scheduler->desired == 0)
            shrink(scheduler, old, wanted, least);
        if (tasks_of(old) == 0)
            json_array_remove(scheduler->deployments, i);
    }
    if (!given_up)
        grow(scheduler, primary, most > desired || json_array_size(scheduler->deployments) > 1 ? most : desired);
    count(scheduler);
    finish(scheduler);
}

static void end_service(struct scheduler *scheduler)
{
    if (dr_sim_is(scheduler->service, "status", "DRAINING") && scheduler->running + scheduler->pending == 0) {
        dr_sim_set_text(scheduler->service, "status", "INACTIVE");
        json_object_set_new(scheduler->service, "deployments", json_array());
    }
}

void dr_sim_ecs_reconcile(const struct dr_sim_place *place, const char *id)
{
    json_t *service = find(place, "ecs.service", id);
    if (!service || dr_sim_is(service, "status", "INACTIVE") || json_is_true(json_object_get(service, "_working")))
        return;
    const char *slash = strchr(id, '/');
    char *cluster = dr_copy_bytes(id, (size_t)(slash - id)), *own_id = dr_copy_string(id);
    struct scheduler scheduler = {.place = place,
                                  .id = own_id,
                                  .cluster = cluster,
                                  .service = service,
                                  .deployments = json_object_get(service, "deployments"),
                                  .desired = dr_sim_int_in(service, "desiredCount", 0)};
    json_object_set_new(service, "_working", json_true()); /* what a stopped task leads to comes back here */
    work(&scheduler);
    json_object_del(service, "_working");
    if (scheduler.stopped_count > 0)
        dr_sim_ecs_say(place, service, "has stopped %u running tasks: %s.", scheduler.stopped_count,
                       scheduler.stopped.bytes);
    if (scheduler.started_count > 0)
        dr_sim_ecs_say(place, service, "has started %u tasks: %s.", scheduler.started_count, scheduler.started.bytes);
    end_service(&scheduler);
    dr_text_done(&scheduler.started);
    dr_text_done(&scheduler.stopped);
    free(cluster);
    free(own_id);
}

void dr_sim_ecs_scale(const struct dr_sim_place *place, const char *id, int64_t wanted)
{
    json_t *service = find(place, "ecs.service", id);
    dr_sim_set_int(service, "desiredCount", wanted);
    json_object_set_new(service, "_steady", json_false());
    dr_sim_ecs_reconcile(place, id);
}

void dr_sim_ecs_service_happen(const struct dr_sim_happening *happening)
{
    struct dr_sim_place place = dr_sim_place_then(happening);
    dr_sim_ecs_reconcile(&place, happening->id);
}

/* --- Deployments ----------------------------------------------------------------------------------------------------
 */

void dr_sim_ecs_deploy(const struct dr_sim_place *place, const char *id, const char *definition_arn)
{
    json_t *service = find(place, "ecs.service", id), *deployments = json_object_get(service, "deployments"), *old;
    char *number = dr_format("ecs-svc/%019llu", (unsigned long long)(dr_sim_random(place->cloud) >> 2));
    char *reason = dr_format("ECS deployment %s in progress.", number);
    size_t i;
    json_array_foreach(deployments, i, old) dr_sim_set_text(old, "status", "ACTIVE");
    json_t *deployment =
        json_pack("{s:s,s:s,s:s,s:O,s:i,s:i,s:i,s:s,s:s,s:s,s:s}", "id", number, "status", "PRIMARY", "taskDefinition",
                  definition_arn, "desiredCount", json_object_get(service, "desiredCount"), "pendingCount", 0,
                  "runningCount", 0, "failedTasks", 0, "launchType", "FARGATE", "platformVersion", "1.4.0",
                  "rolloutState", "IN_PROGRESS", "rolloutStateReason", reason);
    dr_sim_set_time(deployment, "createdAt", place->now_ms);
    dr_sim_set_time(deployment, "updatedAt", place->now_ms);
    json_array_insert_new(deployments, 0, deployment);
    dr_sim_set_text(service, "taskDefinition", definition_arn);
    json_object_set_new(service, "_steady", json_false());
    free(number);
    free(reason);
}

static void break_circuit(const struct dr_sim_place *place, const char *id, json_t *service, json_t *deployment)
{
    const json_t *breaker =
        json_object_get(json_object_get(service, "deploymentConfiguration"), "deploymentCircuitBreaker");
    int64_t failed = dr_sim_int_in(deployment, "failedTasks", 0),
            half = (dr_sim_int_in(service, "desiredCount", 0) + 1) / 2;
    int64_t threshold = half < 3 ? 3 : half > 200 ? 200 : half;
    if (!json_is_true(json_object_get(breaker, "enable")) || failed < threshold ||
        !dr_sim_is(deployment, "rolloutState", "IN_PROGRESS"))
        return;
    dr_sim_set_text(deployment, "rolloutState", "FAILED");
    dr_sim_set_text(deployment, "rolloutStateReason", "ECS deployment circuit breaker: tasks failed to start.");
    dr_sim_set_time(deployment, "updatedAt", place->now_ms);
    dr_sim_ecs_say(place, service, "(deployment %s) deployment failed: tasks failed to start.",
                   dr_sim_text_in(deployment, "id"));
    const char *last = dr_sim_text_in(service, "_lastGood");
    if (json_is_true(json_object_get(breaker, "rollback")) && *last) {
        char *good = dr_copy_string(last);
        dr_sim_ecs_say(place, service, "rolling back to (task definition %s).", dr_sim_last_part(good));
        dr_sim_ecs_deploy(place, id, good);
        free(good);
    }
}

/* A task of a service has ended by itself, or its load balancer has given it up. Failing starts are tried again more
 * and more slowly. */
static void service_lost_task(const struct dr_sim_place *place, const json_t *task, bool failed)
{
    const char *id = dr_sim_text_in(task, "_service");
    json_t *service = find(place, "ecs.service", id), *deployment = NULL, *row;
    size_t i;
    json_array_foreach(json_object_get(service, "deployments"), i, row)
    {
        if (dr_sim_is(row, "id", dr_sim_text_in(task, "startedBy")))
            deployment = row;
    }
    if (!deployment || !failed)
        return;
    int64_t failures = dr_sim_int_in(deployment, "_failures", 0) + 1;
    int64_t pause_ms = RETRY_MS << (failures < 3 ? 0 : failures > 9 ? 6 : failures - 3);
    dr_sim_set_int(deployment, "_failures", failures);
    dr_sim_set_int(deployment, "failedTasks", dr_sim_int_in(deployment, "failedTasks", 0) + 1);
    dr_sim_set_int(deployment, "_notBefore", place->now_ms + (pause_ms < THROTTLE_MS_MAX ? pause_ms : THROTTLE_MS_MAX));
    json_object_set_new(service, "_steady", json_false());
    if (failures >= 3)
        dr_sim_ecs_say(place, service,
                       "is unable to consistently start tasks successfully. For more information, see "
                       "the Troubleshooting section of the Amazon ECS Developer Guide.");
    break_circuit(place, id, service, deployment);
}

void dr_sim_ecs_target_turned(const struct dr_sim_place *place, const char *group_arn, const char *address,
                              const char *state, const char *reason)
{
    const char *id;
    json_t *task, *found = NULL;
    char *found_id = NULL;
    json_object_foreach(all_tasks(place), id, task)
    {
        if (!found && dr_sim_is(task, "_address", address) && !is_leaving(task) && *dr_sim_text_in(task, "_service")) {
            found = task;
            found_id = dr_copy_string(id);
        }
    }
    if (!found)
        return;
    char *service_id = dr_copy_string(dr_sim_text_in(found, "_service"));
    json_t *service = find(place, "ecs.service", service_id);
    if (strcmp(state, "unhealthy") == 0) {
        int64_t grace_ms = 1000 * dr_sim_int_in(service, "healthCheckGracePeriodSeconds", 0);
        char *early = dr_sim_timestamp(place->now_ms - grace_ms);
        if (strcmp(dr_sim_text_in(found, "startedAt"), early) <= 0) {
            dr_sim_ecs_say(place, service, "(task %s) is unhealthy in (target-group %s) due to (reason %s)",
                           dr_sim_last_part(found_id), group_arn,
                           strcmp(reason, "Target.Timeout") == 0 ? "Request timed out" : "Health checks failed");
            char *why = dr_format("Task failed ELB health checks in (target-group %s)", group_arn);
            dr_sim_ecs_stop(place, found_id, "ServiceSchedulerInitiated", why);
            service_lost_task(place, found, true);
            free(why);
        } else { /* still in its grace: looked at again then */
            dr_sim_unschedule(place->cloud, "ecs.grace", place->account, place->region, found_id);
            dr_sim_schedule(place->cloud, place->now_ms + grace_ms, "ecs.grace", place->account, place->region,
                            found_id, json_pack("{s:s}", "Group", group_arn));
        }
        free(early);
    }
    dr_sim_ecs_reconcile(place, service_id);
    free(service_id);
    free(found_id);
}

/* An unhealthy task's grace is over. */
void dr_sim_ecs_grace_happen(const struct dr_sim_happening *happening)
{
    struct dr_sim_place place = dr_sim_place_then(happening);
    const json_t *task = find(&place, "ecs.task", happening->id);
    const char *group = dr_sim_text_in(happening->data, "Group");
    size_t i;
    json_t *balancer;
    json_array_foreach(json_object_get(find(&place, "ecs.service", dr_sim_text_in(task, "_service")), "loadBalancers"),
                       i, balancer)
    {
        if (dr_sim_is(balancer, "targetGroupArn", group) &&
            strcmp(dr_sim_elb_state(&place, group, address_of(task), dr_sim_int_in(balancer, "containerPort", 0)),
                   "unhealthy") == 0) {
            char *address = dr_copy_string(address_of(task));
            dr_sim_ecs_target_turned(&place, group, address, "unhealthy", "Target.Timeout");
            free(address);
            return;
        }
    }
}
