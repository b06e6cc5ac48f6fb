/* ECS: clusters, services, tasks and task definitions as its API gives them. What makes tasks run is in ecs_tasks.c.
 * Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/ */
#include "providers/simulated/services/ecs_parts.h"

#include "interpreter/base/text.h"

#include <stdlib.h>
#include <string.h>

extern const struct dr_sim_service dr_sim_ecs;

#define CLUSTER "ecs.cluster"
#define SERVICE "ecs.service"
#define TASK "ecs.task"
#define DEFINITION "ecs.taskDefinition"
#define PAGE_MAX 100
#define SERVICES_PAGE_MAX 10
#define BAD_TOKEN "InvalidParameterException"

static json_t *table(const struct dr_sim_call *call, const char *kind)
{
    return dr_sim_table(call->cloud, call->account, call->region, kind);
}

static bool has_prefix(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* --- Finding
 * ---------------------------------------------------------------------------------------------------------- */

/* The cluster that the call names (or "default"); NULL: the call has failed. Borrowed. */
static json_t *cluster_of(struct dr_sim_call *call)
{
    const char *name = dr_sim_last_part(dr_sim_string(call, "cluster", "default"));
    json_t *cluster = json_object_get(table(call, CLUSTER), name);
    if (cluster && dr_sim_is(cluster, "status", "ACTIVE"))
        return cluster;
    dr_sim_fail(call, 400, "ClusterNotFoundException", "Cluster not found.");
    return NULL;
}

/* "CLUSTER/NAME" from a name or ARN. Owned by the caller. */
static char *key_in(const json_t *cluster, const char *name_or_arn)
{
    return dr_format("%s/%s", dr_sim_text_in(cluster, "clusterName"), dr_sim_last_part(name_or_arn));
}

static json_t *failure(struct dr_sim_call *call, const char *what, const json_t *cluster, const char *name,
                       const char *reason)
{
    char *arn = has_prefix(name, "arn:") ? dr_copy_string(name)
                : cluster                ? dr_sim_arn("ecs", call->region, call->account, "%s/%s/%s", what,
                                                      dr_sim_text_in(cluster, "clusterName"), name)
                                         : dr_sim_arn("ecs", call->region, call->account, "%s/%s", what, name);
    json_t *row = json_pack("{s:s,s:s}", "arn", arn, "reason", reason);
    free(arn);
    return row;
}

/* A task definition by "FAMILY", "FAMILY:REVISION" or ARN: the newest active one of a family. Borrowed, or NULL. */
static json_t *find_definition(const struct dr_sim_place *place, const char *name)
{
    json_t *all = dr_sim_table(place->cloud, place->account, place->region, DEFINITION), *definition, *found = NULL;
    const char *plain = dr_sim_last_part(name), *key;
    json_t *exact = json_object_get(all, plain);
    if (exact)
        return exact;
    json_object_foreach(all, key, definition)
    {
        if (dr_sim_is(definition, "family", plain) && dr_sim_is(definition, "status", "ACTIVE"))
            found = definition;
    }
    return found;
}

json_t *dr_sim_ecs_service(const struct dr_sim_place *place, const char *cluster, const char *name)
{
    char *key = dr_format("%s/%s", cluster, name);
    json_t *service = dr_sim_find(place->cloud, place->account, place->region, SERVICE, key);
    free(key);
    return service;
}

/* The service that the call's `member` names; NULL: the call has failed. `ret_key`: owned by the caller. */
static json_t *service_of(struct dr_sim_call *call, const char *member, char **ret_key)
{
    const json_t *cluster = cluster_of(call);
    if (!cluster)
        return NULL;
    char *key = key_in(cluster, dr_sim_string(call, member, ""));
    json_t *service = json_object_get(table(call, SERVICE), key);
    if (!service)
        dr_sim_fail(call, 400, "ServiceNotFoundException", "Service not found.");
    else if (!dr_sim_is(service, "status", "ACTIVE"))
        dr_sim_fail(call, 400, "ServiceNotActiveException", "Service was not ACTIVE.");
    if (call->error) {
        free(key);
        return NULL;
    }
    *ret_key = key;
    return service;
}

/* --- Making
 * ------------------------------------------------------------------------------------------------------------ */

static json_t *make_cluster(const struct dr_sim_place *place, const char *name)
{
    char *arn = dr_sim_arn("ecs", place->region, place->account, "cluster/%s", name);
    json_t *cluster =
        json_pack("{s:s,s:s,s:s,s:i,s:i,s:i,s:i,s:[],s:[s,s],s:[],s:[],s:[]}", "clusterArn", arn, "clusterName", name,
                  "status", "ACTIVE", "registeredContainerInstancesCount", 0, "runningTasksCount", 0,
                  "pendingTasksCount", 0, "activeServicesCount", 0, "statistics", "capacityProviders", "FARGATE",
                  "FARGATE_SPOT", "defaultCapacityProviderStrategy", "settings", "tags");
    dr_sim_put(place->cloud, place->account, place->region, CLUSTER, name, cluster);
    free(arn);
    return cluster;
}

static int64_t next_revision(const struct dr_sim_place *place, const char *family)
{
    int64_t newest = 0;
    const char *key;
    json_t *definition;
    json_object_foreach(dr_sim_table(place->cloud, place->account, place->region, DEFINITION), key, definition)
    {
        if (dr_sim_is(definition, "family", family) && dr_sim_int_in(definition, "revision", 0) > newest)
            newest = dr_sim_int_in(definition, "revision", 0);
    }
    return newest + 1;
}

static json_t *make_definition(const struct dr_sim_place *place, const char *family, const json_t *given)
{
    static const char *const members[] = {"taskRoleArn",
                                          "executionRoleArn",
                                          "networkMode",
                                          "volumes",
                                          "placementConstraints",
                                          "cpu",
                                          "memory",
                                          "containerDefinitions",
                                          "proxyConfiguration",
                                          "ephemeralStorage",
                                          "runtimePlatform",
                                          "inferenceAccelerators",
                                          "pidMode",
                                          "ipcMode",
                                          "requiresCompatibilities",
                                          NULL};
    int64_t revision = next_revision(place, family);
    char *key = dr_format("%s:%lld", family, (long long)revision);
    char *arn = dr_sim_arn("ecs", place->region, place->account, "task-definition/%s", key);
    json_t *definition = json_pack("{s:s,s:s,s:I,s:s,s:[s,s],s:[],s:[]}", "taskDefinitionArn", arn, "family", family,
                                   "revision", (json_int_t)revision, "status", "ACTIVE", "compatibilities", "EC2",
                                   "FARGATE", "volumes", "placementConstraints");
    dr_sim_take(definition, given, members);
    dr_sim_set_time(definition, "registeredAt", place->now_ms);
    dr_sim_put(place->cloud, place->account, place->region, DEFINITION, key, definition);
    free(key);
    free(arn);
    return definition;
}

static const char *const service_members[] = {"loadBalancers",
                                              "serviceRegistries",
                                              "deploymentConfiguration",
                                              "placementConstraints",
                                              "placementStrategy",
                                              "networkConfiguration",
                                              "healthCheckGracePeriodSeconds",
                                              "schedulingStrategy",
                                              "enableECSManagedTags",
                                              "propagateTags",
                                              "enableExecuteCommand",
                                              "capacityProviderStrategy",
                                              "platformVersion",
                                              "launchType",
                                              NULL};

static json_t *make_service(const struct dr_sim_place *place, const json_t *cluster, const char *name,
                            const json_t *definition, const json_t *given)
{
    const char *cluster_name = dr_sim_text_in(cluster, "clusterName");
    char *key = dr_format("%s/%s", cluster_name, name);
    char *arn = dr_sim_arn("ecs", place->region, place->account, "service/%s", key);
    json_t *service = json_pack(
        "{s:s,s:s,s:O,s:[],s:[],s:s,s:I,s:i,s:i,s:s,s:s,s:s,s:O,s:{s:{s:b,s:b},s:i,s:i},s:[],s:[]}", "serviceArn", arn,
        "serviceName", name, "clusterArn", json_object_get(cluster, "clusterArn"), "loadBalancers", "serviceRegistries",
        "status", "ACTIVE", "desiredCount", (json_int_t)dr_sim_int_in(given, "desiredCount", 0), "runningCount", 0,
        "pendingCount", 0, "launchType", "FARGATE", "platformVersion", "1.4.0", "platformFamily", "Linux",
        "taskDefinition", json_object_get(definition, "taskDefinitionArn"), "deploymentConfiguration",
        "deploymentCircuitBreaker", "enable", 0, "rollback", 0, "maximumPercent", 200, "minimumHealthyPercent", 100,
        "deployments", "events");
    json_object_update_new(
        service, json_pack("{s:s,s:{s:s},s:b,s:s,s:b,s:i,s:[],s:[],s:[],s:s}", "schedulingStrategy", "REPLICA",
                           "deploymentController", "type", "ECS", "enableECSManagedTags", 0, "propagateTags", "NONE",
                           "enableExecuteCommand", 0, "healthCheckGracePeriodSeconds", 0, "placementConstraints",
                           "placementStrategy", "_tags", "_lastGood", dr_sim_text_in(definition, "taskDefinitionArn")));
    json_t *usual = json_deep_copy(json_object_get(service, "deploymentConfiguration"));
    dr_sim_take(service, given, service_members);
    json_object_update(usual, json_object_get(service, "deploymentConfiguration"));
    json_object_set_new(service, "deploymentConfiguration", usual);
    dr_sim_set_time(service, "createdAt", place->now_ms);
    dr_sim_put(place->cloud, place->account, place->region, SERVICE, key, service);
    dr_sim_ecs_deploy(place, key, dr_sim_text_in(definition, "taskDefinitionArn"));
    free(key);
    free(arn);
    return service;
}

/* --- Clusters
 * ---------------------------------------------------------------------------------------------------------- */

static void create_cluster(struct dr_sim_call *call)
{
    struct dr_sim_place place = dr_sim_place_of(call);
    const char *name = dr_sim_string(call, "clusterName", "default");
    json_t *cluster = json_object_get(table(call, CLUSTER), name);
    if (!cluster || !dr_sim_is(cluster, "status", "ACTIVE"))
        cluster = make_cluster(&place, name);
    dr_sim_tags_add(json_object_get(cluster, "tags"), json_object_get(call->input, "tags"), "key");
    call->output = json_pack("{s:O}", "cluster", cluster);
}

static void delete_cluster(struct dr_sim_call *call)
{
    struct dr_sim_place place = dr_sim_place_of(call);
    json_t *cluster = cluster_of(call);
    if (!cluster)
        return;
    dr_sim_ecs_count(&place, dr_sim_text_in(cluster, "clusterName"));
    if (dr_sim_int_in(cluster, "activeServicesCount", 0) > 0) {
        dr_sim_fail(call, 400, "ClusterContainsServicesException",
                    "The Cluster cannot be deleted while Services are active.");
    } else if (dr_sim_int_in(cluster, "runningTasksCount", 0) + dr_sim_int_in(cluster, "pendingTasksCount", 0) > 0) {
        dr_sim_fail(call, 400, "ClusterContainsTasksException",
                    "The Cluster cannot be deleted while Tasks are active.");
    } else {
        dr_sim_set_text(cluster, "status", "INACTIVE");
        call->output = json_pack("{s:O}", "cluster", cluster);
    }
}

static void describe_clusters(struct dr_sim_call *call)
{
    struct dr_sim_place place = dr_sim_place_of(call);
    json_t *found = json_array(), *failures = json_array(), *name;
    json_t *asked = json_object_get(call->input, "clusters"), *usual = json_pack("[s]", "default");
    size_t i;
    json_array_foreach(json_array_size(asked) > 0 ? asked : usual, i, name)
    {
        const char *plain = dr_sim_last_part(json_string_value(name));
        json_t *cluster = json_object_get(table(call, CLUSTER), plain);
        dr_sim_ecs_count(&place, plain);
        if (cluster)
            json_array_append(found, cluster);
        else
            json_array_append_new(failures, failure(call, "cluster", NULL, json_string_value(name), "MISSING"));
    }
    call->output = json_pack("{s:o,s:o}", "clusters", found, "failures", failures);
    json_decref(usual);
}

static void list_clusters(struct dr_sim_call *call)
{
    json_t *all = json_array(), *cluster;
    const char *name;
    json_object_foreach(table(call, CLUSTER), name, cluster)
    {
        if (dr_sim_is(cluster, "status", "ACTIVE"))
            json_array_append(all, json_object_get(cluster, "clusterArn"));
    }
    dr_sim_page(call, "clusterArns", all, PAGE_MAX, BAD_TOKEN);
    json_decref(all);
}

/* --- Services
 * ---------------------------------------------------------------------------------------------------------- */

static json_t *definition_of(struct dr_sim_call *call, const char *name)
{
    struct dr_sim_place place = dr_sim_place_of(call);
    json_t *definition = find_definition(&place, name);
    if (definition && dr_sim_is(definition, "status", "ACTIVE"))
        return definition;
    dr_sim_fail(call, 400, "ClientException", definition ? "TaskDefinition is inactive" : "TaskDefinition not found.");
    return NULL;
}

static bool groups_exist(struct dr_sim_call *call)
{
    size_t i;
    json_t *balancer;
    json_array_foreach(json_object_get(call->input, "loadBalancers"), i, balancer)
    {
        const char *arn = dr_sim_text_in(balancer, "targetGroupArn");
        const json_t *group = dr_sim_find(call->cloud, call->account, call->region, "elbv2.targetGroup", arn);
        if (json_array_size(json_object_get(group, "LoadBalancerArns")) == 0) {
            dr_sim_fail(call, 400, "InvalidParameterException",
                        group ? "The target group with targetGroupArn %s does not have an associated load balancer."
                              : "Unable to assume the service linked role or find the target group %s.",
                        arn);
            return false;
        }
    }
    return true;
}

static void create_service(struct dr_sim_call *call)
{
    struct dr_sim_place place = dr_sim_place_of(call);
    const json_t *cluster = cluster_of(call);
    if (!cluster)
        return;
    char *key = key_in(cluster, dr_sim_string(call, "serviceName", ""));
    const json_t *there = json_object_get(table(call, SERVICE), key);
    const json_t *definition = NULL;
    if (there && !dr_sim_is(there, "status", "INACTIVE"))
        dr_sim_fail(call, 400, "InvalidParameterException", "Creation of service was not idempotent.");
    else
        definition = definition_of(call, dr_sim_string(call, "taskDefinition", ""));
    if (definition && groups_exist(call)) {
        json_t *service =
            make_service(&place, cluster, dr_sim_string(call, "serviceName", ""), definition, call->input);
        dr_sim_tags_add(json_object_get(service, "_tags"), json_object_get(call->input, "tags"), "key");
        dr_sim_ecs_reconcile(&place, key);
        call->output = json_pack("{s:O}", "service", service);
    }
    free(key);
}

static void update_service(struct dr_sim_call *call)
{
    static const char *const members[] = {"networkConfiguration",
                                          "platformVersion",
                                          "healthCheckGracePeriodSeconds",
                                          "enableExecuteCommand",
                                          "capacityProviderStrategy",
                                          "placementConstraints",
                                          "placementStrategy",
                                          "loadBalancers",
                                          NULL};
    struct dr_sim_place place = dr_sim_place_of(call);
    char *key = NULL;
    json_t *service = service_of(call, "service", &key);
    if (!service)
        return;
    const char *named = dr_sim_string(call, "taskDefinition", NULL);
    const json_t *definition = named ? definition_of(call, named) : NULL;
    if (!call->error) {
        const json_t *count = json_object_get(call->input, "desiredCount");
        bool other = definition && !json_equal(json_object_get(definition, "taskDefinitionArn"),
                                               json_object_get(service, "taskDefinition"));
        dr_sim_take(service, call->input, members);
        json_object_update(json_object_get(service, "deploymentConfiguration"),
                           json_object_get(call->input, "deploymentConfiguration"));
        if (count)
            json_object_set_new(service, "desiredCount", json_integer(json_integer_value(count)));
        if (other || dr_sim_bool(call, "forceNewDeployment", false)) {
            char *arn = dr_copy_string(
                dr_sim_text_in(definition ? definition : service, definition ? "taskDefinitionArn" : "taskDefinition"));
            dr_sim_ecs_deploy(&place, key, arn);
            free(arn);
        }
        if (count)
            json_object_set_new(service, "_steady", json_false());
        dr_sim_ecs_reconcile(&place, key);
        call->output = json_pack("{s:O}", "service", service);
    }
    free(key);
}

static void delete_service(struct dr_sim_call *call)
{
    struct dr_sim_place place = dr_sim_place_of(call);
    char *key = NULL;
    json_t *service = service_of(call, "service", &key);
    if (!service)
        return;
    if (dr_sim_int_in(service, "desiredCount", 0) > 0 && !dr_sim_bool(call, "force", false)) {
        dr_sim_fail(call, 400, "InvalidParameterException",
                    "The service cannot be stopped while it is scaled above 0.");
    } else {
        dr_sim_set_text(service, "status", "DRAINING");
        dr_sim_ecs_scale(&place, key, 0);
        call->output = json_pack("{s:O}", "service", service);
    }
    free(key);
}

static void describe_services(struct dr_sim_call *call)
{
    const json_t *cluster = cluster_of(call), *asked = json_object_get(call->input, "services");
    if (!cluster)
        return;
    if (json_array_size(asked) > 10) {
        dr_sim_fail(call, 400, "InvalidParameterException", "Service cannot have more than 10 elements.");
        return;
    }
    bool tags = dr_sim_lists(json_object_get(call->input, "include"), "TAGS");
    json_t *found = json_array(), *failures = json_array(), *name;
    size_t i;
    json_array_foreach(asked, i, name)
    {
        char *key = key_in(cluster, json_string_value(name));
        const json_t *service = json_object_get(table(call, SERVICE), key);
        if (service) {
            json_t *shown = json_copy((json_t *)(uintptr_t)service);
            if (tags)
                json_object_set(shown, "tags", json_object_get(service, "_tags"));
            json_array_append_new(found, shown);
        } else {
            json_array_append_new(failures, failure(call, "service", cluster, json_string_value(name), "MISSING"));
        }
        free(key);
    }
    call->output = json_pack("{s:o,s:o}", "services", found, "failures", failures);
}

static void list_services(struct dr_sim_call *call)
{
    const json_t *cluster = cluster_of(call);
    if (!cluster)
        return;
    json_t *all = json_array(), *service;
    const char *key;
    json_object_foreach(table(call, SERVICE), key, service)
    {
        if (json_equal(json_object_get(service, "clusterArn"), json_object_get(cluster, "clusterArn")) &&
            !dr_sim_is(service, "status", "INACTIVE"))
            json_array_append(all, json_object_get(service, "serviceArn"));
    }
    dr_sim_page(call, "serviceArns", all, json_object_get(call->input, "maxResults") ? PAGE_MAX : SERVICES_PAGE_MAX,
                BAD_TOKEN);
    json_decref(all);
}

bool dr_sim_ecs_set_desired(const struct dr_sim_place *place, const char *id, int64_t count)
{
    const char *key = has_prefix(id, "service/") ? id + strlen("service/") : id;
    const json_t *service = dr_sim_find(place->cloud, place->account, place->region, SERVICE, key);
    if (!service || !dr_sim_is(service, "status", "ACTIVE"))
        return false;
    dr_sim_ecs_scale(place, key, count);
    return true;
}

/* --- Tasks
 * ------------------------------------------------------------------------------------------------------------ */

static void run_task(struct dr_sim_call *call)
{
    struct dr_sim_place place = dr_sim_place_of(call);
    const json_t *cluster = cluster_of(call);
    const json_t *definition = cluster ? definition_of(call, dr_sim_string(call, "taskDefinition", "")) : NULL;
    if (!definition)
        return;
    json_t *tasks = json_array(), *failures = json_array();
    for (int64_t i = 0, count = dr_sim_int(call, "count", 1); i < count; i++) {
        char *problem = NULL;
        char *key = dr_sim_ecs_start(&place, dr_sim_text_in(cluster, "clusterName"), definition, "", "", &problem);
        json_t *task = key ? json_object_get(table(call, TASK), key) : NULL;
        if (task) {
            const char *by = dr_sim_string(call, "startedBy", NULL), *group = dr_sim_string(call, "group", NULL);
            if (by)
                dr_sim_set_text(task, "startedBy", by);
            if (group)
                dr_sim_set_text(task, "group", group);
            if (json_object_get(call->input, "overrides"))
                json_object_set(task, "overrides", json_object_get(call->input, "overrides"));
            dr_sim_tags_add(json_object_get(task, "_tags"), json_object_get(call->input, "tags"), "key");
            json_array_append(tasks, task);
        } else {
            json_array_append_new(failures, json_pack("{s:s}", "reason", problem));
        }
        free(key);
        free(problem);
    }
    call->output = json_pack("{s:o,s:o}", "tasks", tasks, "failures", failures);
}

static void stop_task(struct dr_sim_call *call)
{
    struct dr_sim_place place = dr_sim_place_of(call);
    const json_t *cluster = cluster_of(call);
    if (!cluster)
        return;
    char *key = key_in(cluster, dr_sim_string(call, "task", ""));
    json_t *task = json_object_get(table(call, TASK), key);
    if (!task) {
        dr_sim_fail(call, 400, "InvalidParameterException", "The referenced task was not found.");
    } else {
        char *service = dr_copy_string(dr_sim_text_in(task, "_service"));
        dr_sim_ecs_stop(&place, key, "UserInitiated", dr_sim_string(call, "reason", "Task stopped by user"));
        if (*service)
            dr_sim_ecs_reconcile(&place, service);
        call->output = json_pack("{s:O}", "task", task);
        free(service);
    }
    free(key);
}

static void describe_tasks(struct dr_sim_call *call)
{
    const json_t *cluster = cluster_of(call);
    if (!cluster)
        return;
    bool tags = dr_sim_lists(json_object_get(call->input, "include"), "TAGS");
    json_t *found = json_array(), *failures = json_array(), *name;
    size_t i;
    json_array_foreach(json_object_get(call->input, "tasks"), i, name)
    {
        char *key = key_in(cluster, json_string_value(name));
        const json_t *task = json_object_get(table(call, TASK), key);
        if (task) {
            json_t *shown = json_copy((json_t *)(uintptr_t)task);
            json_object_set_new(shown, "tags", tags ? json_deep_copy(json_object_get(task, "_tags")) : json_array());
            json_array_append_new(found, shown);
        } else {
            json_array_append_new(failures, failure(call, "task", cluster, json_string_value(name), "MISSING"));
        }
        free(key);
    }
    call->output = json_pack("{s:o,s:o}", "tasks", found, "failures", failures);
}

static bool is_listed(const struct dr_sim_call *call, const json_t *task)
{
    const char *service = dr_sim_string(call, "serviceName", NULL), *by = dr_sim_string(call, "startedBy", NULL),
               *family = dr_sim_string(call, "family", NULL);
    const char *definition = dr_sim_last_part(dr_sim_text_in(task, "taskDefinitionArn"));
    size_t size = family ? strlen(family) : 0;
    return dr_sim_is(task, "desiredStatus", dr_sim_string(call, "desiredStatus", "RUNNING")) &&
           (!service || strcmp(dr_sim_last_part(dr_sim_text_in(task, "_service")), dr_sim_last_part(service)) == 0) &&
           (!by || dr_sim_is(task, "startedBy", by)) &&
           (!family || (strncmp(definition, family, size) == 0 && definition[size] == ':'));
}

static void list_tasks(struct dr_sim_call *call)
{
    const json_t *cluster = cluster_of(call);
    if (!cluster)
        return;
    const char *service = dr_sim_string(call, "serviceName", NULL), *key;
    char *wanted = service ? key_in(cluster, service) : NULL;
    if (wanted && !json_object_get(table(call, SERVICE), wanted))
        dr_sim_fail(call, 400, "ServiceNotFoundException", "Service not found.");
    free(wanted);
    if (call->error)
        return;
    json_t *all = json_array(), *task;
    json_object_foreach(table(call, TASK), key, task)
    {
        if (json_equal(json_object_get(task, "clusterArn"), json_object_get(cluster, "clusterArn")) &&
            is_listed(call, task))
            json_array_append(all, json_object_get(task, "taskArn"));
    }
    dr_sim_page(call, "taskArns", all, PAGE_MAX, BAD_TOKEN);
    json_decref(all);
}

/* --- Task definitions
 * ---------------------------------------------------------------------------------------------------- */

static void register_task_definition(struct dr_sim_call *call)
{
    struct dr_sim_place place = dr_sim_place_of(call);
    if (json_array_size(json_object_get(call->input, "containerDefinitions")) == 0) {
        dr_sim_fail(call, 400, "ClientException", "Container list cannot be empty.");
        return;
    }
    json_t *definition = make_definition(&place, dr_sim_string(call, "family", ""), call->input);
    const json_t *tags = json_object_get(call->input, "tags");
    json_object_set_new(definition, "_tags", tags ? json_deep_copy(tags) : json_array());
    call->output = json_pack("{s:O}", "taskDefinition", definition);
}

static void describe_task_definition(struct dr_sim_call *call)
{
    struct dr_sim_place place = dr_sim_place_of(call);
    json_t *definition = find_definition(&place, dr_sim_string(call, "taskDefinition", ""));
    if (!definition) {
        dr_sim_fail(call, 400, "ClientException", "Unable to describe task definition.");
        return;
    }
    call->output = json_pack("{s:O}", "taskDefinition", definition);
    if (dr_sim_lists(json_object_get(call->input, "include"), "TAGS") && json_object_get(definition, "_tags"))
        json_object_set(call->output, "tags", json_object_get(definition, "_tags"));
}

static void deregister_task_definition(struct dr_sim_call *call)
{
    json_t *definition =
        json_object_get(table(call, DEFINITION), dr_sim_last_part(dr_sim_string(call, "taskDefinition", "")));
    if (!definition) {
        dr_sim_fail(call, 400, "ClientException", "Unable to describe task definition.");
        return;
    }
    dr_sim_set_text(definition, "status", "INACTIVE");
    dr_sim_set_time(definition, "deregisteredAt", call->now_ms);
    call->output = json_pack("{s:O}", "taskDefinition", definition);
}

static void list_task_definitions(struct dr_sim_call *call)
{
    const char *family = dr_sim_string(call, "familyPrefix", NULL), *key;
    bool newest_first = strcmp(dr_sim_string(call, "sort", "ASC"), "DESC") == 0;
    json_t *all = json_array(), *definition;
    json_object_foreach(table(call, DEFINITION), key, definition)
    {
        if (!dr_sim_is(definition, "status", dr_sim_string(call, "status", "ACTIVE")) ||
            (family && !dr_sim_is(definition, "family", family)))
            continue;
        json_array_insert(all, newest_first ? 0 : json_array_size(all),
                          json_object_get(definition, "taskDefinitionArn"));
    }
    dr_sim_page(call, "taskDefinitionArns", all, PAGE_MAX, BAD_TOKEN);
    json_decref(all);
}

/* --- Tags
 * --------------------------------------------------------------------------------------------------------------- */

/* The tags of any resource by its ARN: borrowed; NULL: the call has failed. */
static json_t *tags_of(struct dr_sim_call *call)
{
    static const struct {
        const char *in_arn, *kind, *member;
        bool deep; /* its key is CLUSTER/NAME */
    } rows[] = {{":service/", SERVICE, "_tags", true},
                {":task/", TASK, "_tags", true},
                {":cluster/", CLUSTER, "tags", false},
                {":task-definition/", DEFINITION, "_tags", false}};
    const char *arn = dr_sim_string(call, "resourceArn", "");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *at = strstr(arn, rows[i].in_arn);
        json_t *found = at ? json_object_get(table(call, rows[i].kind), at + strlen(rows[i].in_arn)) : NULL;
        if (found && !json_object_get(found, rows[i].member))
            json_object_set_new(found, rows[i].member, json_array());
        if (found)
            return json_object_get(found, rows[i].member);
    }
    dr_sim_fail(call, 400, "InvalidParameterException", "The specified resource is invalid. Specify a valid resource.");
    return NULL;
}

static void change_tags(struct dr_sim_call *call)
{
    json_t *tags = tags_of(call);
    dr_sim_tags_add(tags, json_object_get(call->input, "tags"), "key");
    dr_sim_tags_remove(tags, json_object_get(call->input, "tagKeys"), "key");
}

static void list_tags(struct dr_sim_call *call)
{
    json_t *tags = tags_of(call);
    if (tags)
        call->output = json_pack("{s:O}", "tags", tags);
}

static const struct dr_sim_operation operations[] = {
    {"CreateCluster", create_cluster, DR_SIM_CONTROL},
    {"CreateService", create_service, DR_SIM_CONTROL},
    {"DeleteCluster", delete_cluster, DR_SIM_CONTROL},
    {"DeleteService", delete_service, DR_SIM_CONTROL},
    {"DeregisterTaskDefinition", deregister_task_definition, DR_SIM_CONTROL},
    {"DescribeClusters", describe_clusters, DR_SIM_CONTROL},
    {"DescribeServices", describe_services, DR_SIM_CONTROL},
    {"DescribeTaskDefinition", describe_task_definition, DR_SIM_CONTROL},
    {"DescribeTasks", describe_tasks, DR_SIM_CONTROL},
    {"ListClusters", list_clusters, DR_SIM_CONTROL},
    {"ListServices", list_services, DR_SIM_CONTROL},
    {"ListTagsForResource", list_tags, DR_SIM_CONTROL},
    {"ListTaskDefinitions", list_task_definitions, DR_SIM_CONTROL},
    {"ListTasks", list_tasks, DR_SIM_CONTROL},
    {"RegisterTaskDefinition", register_task_definition, DR_SIM_CONTROL},
    {"RunTask", run_task, DR_SIM_CONTROL},
    {"StopTask", stop_task, DR_SIM_CONTROL},
    {"TagResource", change_tags, DR_SIM_CONTROL},
    {"UntagResource", change_tags, DR_SIM_CONTROL},
    {"UpdateService", update_service, DR_SIM_CONTROL},
    {NULL, NULL, DR_SIM_CONTROL},
};

static const struct dr_sim_event events[] = {{"ecs.task", dr_sim_ecs_task_happen},
                                             {"ecs.service", dr_sim_ecs_service_happen},
                                             {"ecs.grace", dr_sim_ecs_grace_happen},
                                             {"ecs.forget", dr_sim_ecs_forget},
                                             {NULL, NULL}};

/* --- Worlds
 * ------------------------------------------------------------------------------------------------------------- {
 * Capacity: TASKS of the Region, TaskDefinitions: { FAMILY: { Image, Port, Cpu, Memory, Behaviour: Fine | Crashes |
 * Unhealthy, RunSeconds } }, Clusters: { NAME: { Capacity: TASKS, Services: { NAME: { DesiredCount, TaskDefinition,
 * TargetGroup, Port, HealthCheckGracePeriodSeconds, CircuitBreaker, Running: how many are up at the beginning } } } } }
 * A service whose task definition is not given gets one of its own name. */

static json_t *load_definition(const struct dr_sim_place *place, const char *family, const json_t *given)
{
    int64_t port = dr_sim_int_in(given, "Port", 80);
    const char *image = dr_sim_text_in(given, "Image"), *cpu = dr_sim_text_in(given, "Cpu"),
               *memory = dr_sim_text_in(given, "Memory"), *behaviour = dr_sim_text_in(given, "Behaviour");
    char *usual = dr_format("public.ecr.aws/simulated/%s:latest", family);
    json_t *members =
        json_pack("{s:[{s:s,s:s,s:b,s:[{s:I,s:I,s:s}]}],s:s,s:s,s:s,s:[s]}", "containerDefinitions", "name", family,
                  "image", *image ? image : usual, "essential", 1, "portMappings", "containerPort", (json_int_t)port,
                  "hostPort", (json_int_t)port, "protocol", "tcp", "cpu", *cpu ? cpu : "256", "memory",
                  *memory ? memory : "512", "networkMode", "awsvpc", "requiresCompatibilities", "FARGATE");
    json_t *definition = make_definition(place, family, members);
    if (*behaviour)
        dr_sim_set_text(definition, "_behaviour", behaviour);
    if (json_object_get(given, "RunSeconds"))
        dr_sim_set_int(definition, "_runsMs", 1000 * dr_sim_int_in(given, "RunSeconds", 0));
    json_decref(members);
    free(usual);
    return definition;
}

static const char *group_arn(const struct dr_sim_place *place, const char *name)
{
    const char *arn;
    json_t *group;
    json_object_foreach(dr_sim_table(place->cloud, place->account, place->region, "elbv2.targetGroup"), arn, group)
    {
        if (dr_sim_is(group, "TargetGroupName", name) || strcmp(arn, name) == 0)
            return arn;
    }
    return NULL;
}

/* Tasks that were there before the simulation began: running, and their targets healthy. */
static void start_tasks(const struct dr_sim_place *place, const char *cluster, const char *key, json_t *service,
                        const json_t *definition, int64_t count)
{
    json_t *deployment = json_array_get(json_object_get(service, "deployments"), 0);
    for (int64_t i = 0; i < count; i++) {
        char *problem = NULL;
        char *id = dr_sim_ecs_start(place, cluster, definition, key, dr_sim_text_in(deployment, "id"), &problem);
        if (id)
            dr_sim_ecs_be_up(place, id);
        free(id);
        free(problem);
    }
    dr_sim_set_text(deployment, "rolloutState", "COMPLETED");
    char *reason = dr_format("ECS deployment %s completed.", dr_sim_text_in(deployment, "id"));
    dr_sim_set_text(deployment, "rolloutStateReason", reason);
    free(reason);
}

static bool load_service(const struct dr_sim_place *place, const json_t *cluster, const char *name, const json_t *given,
                         char **ret_problem)
{
    const char *cluster_name = dr_sim_text_in(cluster, "clusterName");
    const char *family = *dr_sim_text_in(given, "TaskDefinition") ? dr_sim_text_in(given, "TaskDefinition") : name;
    const json_t *definition = find_definition(place, family);
    if (!definition && json_object_get(given, "TaskDefinition")) {
        *ret_problem = dr_format("ecs.Clusters.%s.Services.%s.TaskDefinition: there is no task definition %s",
                                 cluster_name, name, family);
        return false;
    }
    if (!definition)
        definition = load_definition(place, family, given);
    const json_t *container = json_array_get(json_object_get(definition, "containerDefinitions"), 0);
    int64_t port = dr_sim_int_in(json_array_get(json_object_get(container, "portMappings"), 0), "containerPort", 80);
    json_t *members = json_pack("{s:I,s:I}", "desiredCount", (json_int_t)dr_sim_int_in(given, "DesiredCount", 1),
                                "healthCheckGracePeriodSeconds",
                                (json_int_t)dr_sim_int_in(given, "HealthCheckGracePeriodSeconds", 60));
    const char *group = dr_sim_text_in(given, "TargetGroup"), *arn = *group ? group_arn(place, group) : NULL;
    if (*group && !arn)
        *ret_problem = dr_format("ecs.Clusters.%s.Services.%s.TargetGroup: there is no target group %s", cluster_name,
                                 name, group);
    if (arn)
        json_object_set_new(members, "loadBalancers",
                            json_pack("[{s:s,s:s,s:I}]", "targetGroupArn", arn, "containerName",
                                      dr_sim_text_in(container, "name"), "containerPort", (json_int_t)port));
    if (json_is_true(json_object_get(given, "CircuitBreaker")))
        json_object_set_new(members, "deploymentConfiguration",
                            json_pack("{s:{s:b,s:b}}", "deploymentCircuitBreaker", "enable", 1, "rollback", 1));
    if (!*ret_problem) {
        json_t *service = make_service(place, cluster, name, definition, members);
        char *key = key_in(cluster, name);
        start_tasks(place, cluster_name, key, service, definition,
                    dr_sim_int_in(given, "Running", dr_sim_int_in(given, "DesiredCount", 1)));
        free(key);
    }
    json_decref(members);
    return !*ret_problem;
}

/* Their targets pass at the world's first moment. */
static void settle(const struct dr_sim_place *place)
{
    const char *arn, *target_key, *key;
    json_t *group, *target, *service;
    json_object_foreach(dr_sim_table(place->cloud, place->account, place->region, "elbv2.targetGroup"), arn, group)
    {
        json_object_foreach(json_object_get(group, "_targets"), target_key, target)
        {
            if (!json_is_true(json_object_get(target, "_up")))
                continue;
            char *id = dr_format("%s %s", arn, target_key);
            dr_sim_unschedule(place->cloud, "elbv2.target", place->account, place->region, id);
            json_object_set_new(target, "TargetHealth", json_pack("{s:s}", "State", "healthy"));
            free(id);
        }
        unsigned healthy = dr_sim_elb_healthy(place, arn, NULL);
        json_object_set_new(group, "_history", json_pack("[[I,i,i]]", (json_int_t)place->now_ms, (int)healthy, 0));
    }
    json_object_foreach(dr_sim_table(place->cloud, place->account, place->region, SERVICE), key, service)
    {
        json_object_set_new(service, "events", json_array());
        dr_sim_ecs_reconcile(place, key);
    }
}

static bool load(struct dr_sim_cloud *cloud, const char *account, const char *region, const json_t *given,
                 char **ret_problem)
{
    const struct dr_sim_place place = {cloud, account, region, dr_sim_now(cloud)};
    const char *name, *service_name;
    json_t *row, *service;
    if (json_object_get(given, "Capacity"))
        dr_sim_put(cloud, account, region, "ecs.limit", "Region",
                   json_pack("{s:O}", "Capacity", json_object_get(given, "Capacity")));
    json_object_foreach(json_object_get(given, "TaskDefinitions"), name, row) load_definition(&place, name, row);
    json_object_foreach(json_object_get(given, "Clusters"), name, row)
    {
        json_t *cluster = make_cluster(&place, name);
        if (json_object_get(row, "Capacity"))
            dr_sim_set_int(cluster, "_capacity", dr_sim_int_in(row, "Capacity", 0));
        json_object_foreach(json_object_get(row, "Services"), service_name, service)
        {
            if (!load_service(&place, cluster, service_name, service, ret_problem))
                return false;
        }
    }
    settle(&place);
    return true;
}

/* CloudWatch: Container Insights' counts, as they are now. */

static bool metric(struct dr_sim_cloud *cloud, const char *account, const char *region, const char *metric_namespace,
                   const char *name, const json_t *dimensions, int64_t at_ms, double *ret_value)
{
    static const struct {
        const char *metric, *member;
    } rows[] = {{"RunningTaskCount", "runningCount"},
                {"DesiredTaskCount", "desiredCount"},
                {"PendingTaskCount", "pendingCount"}};
    const struct dr_sim_place place = {cloud, account, region, at_ms};
    if (strcmp(metric_namespace, "ECS/ContainerInsights") != 0)
        return false;
    const json_t *service = dr_sim_ecs_service(&place, dr_sim_dimension(dimensions, "ClusterName"),
                                               dr_sim_dimension(dimensions, "ServiceName"));
    for (size_t i = 0; service && i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].metric, name) == 0) {
            *ret_value = (double)dr_sim_int_in(service, rows[i].member, 0);
            return true;
        }
    return false;
}

const struct dr_sim_service dr_sim_ecs = {
    .name = "ecs", .operations = operations, .events = events, .load = load, .metric = metric};
