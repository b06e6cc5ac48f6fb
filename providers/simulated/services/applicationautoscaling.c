/* Application Auto Scaling for ECS services: the bounds of a scalable target move the service's desired count into
 * them. Sources: https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html ("if
 * ... the current capacity is outside of the range, Application Auto Scaling scales ... to a value that is inside"). */
#include "providers/simulated/services/compute.h"

#include "interpreter/base/text.h"

#include <stdlib.h>
#include <string.h>

extern const struct dr_sim_service dr_sim_applicationautoscaling;

#define TARGET "application-autoscaling.target"
#define DIMENSION "ecs:service:DesiredCount"
#define PAGE_MAX 50
#define MOVE_MS 5000

static bool is_suspended(const json_t *target, const char *what)
{
    return json_is_true(json_object_get(json_object_get(target, "SuspendedState"), what));
}

static json_t *service_of(const struct dr_sim_place *place, const char *id)
{
    const char *key = strncmp(id, "service/", strlen("service/")) == 0 ? id + strlen("service/") : "";
    return dr_sim_find(place->cloud, place->account, place->region, "ecs.service", key);
}

/* The target's service is brought inside the bounds. */
static void move(const struct dr_sim_happening *happening)
{
    struct dr_sim_place place = dr_sim_place_then(happening);
    const json_t *target = dr_sim_find(place.cloud, place.account, place.region, TARGET, happening->id);
    const json_t *service = service_of(&place, happening->id);
    int64_t least = dr_sim_int_in(target, "MinCapacity", 0), most = dr_sim_int_in(target, "MaxCapacity", 0);
    int64_t now = dr_sim_int_in(service, "desiredCount", 0);
    if (!target || !service)
        return;
    if (now < least && !is_suspended(target, "DynamicScalingOutSuspended"))
        dr_sim_ecs_set_desired(&place, happening->id, least);
    else if (now > most && !is_suspended(target, "DynamicScalingInSuspended"))
        dr_sim_ecs_set_desired(&place, happening->id, most);
}

static bool is_simulated(struct dr_sim_call *call)
{
    if (strcmp(dr_sim_string(call, "ServiceNamespace", ""), "ecs") == 0 &&
        strcmp(dr_sim_string(call, "ScalableDimension", DIMENSION), DIMENSION) == 0)
        return true;
    dr_sim_fail(call, 501, "NotSimulated", "application-autoscaling of %s is not simulated: only " DIMENSION " is",
                dr_sim_string(call, "ServiceNamespace", ""));
    return false;
}

static json_t *make_target(const struct dr_sim_place *place, const char *id, int64_t least, int64_t most)
{
    char *role = dr_sim_arn("iam", "", place->account,
                            "role/aws-service-role/ecs.application-autoscaling.amazonaws.com/"
                            "AWSServiceRoleForApplicationAutoScaling_ECSService");
    json_t *target = json_pack("{s:s,s:s,s:s,s:I,s:I,s:s,s:{s:b,s:b,s:b}}", "ServiceNamespace", "ecs", "ResourceId", id,
                               "ScalableDimension", DIMENSION, "MinCapacity", (json_int_t)least, "MaxCapacity",
                               (json_int_t)most, "RoleARN", role, "SuspendedState", "DynamicScalingInSuspended", 0,
                               "DynamicScalingOutSuspended", 0, "ScheduledScalingSuspended", 0);
    dr_sim_set_time(target, "CreationTime", place->now_ms);
    dr_sim_put(place->cloud, place->account, place->region, TARGET, id, target);
    free(role);
    return target;
}

static void register_target(struct dr_sim_call *call)
{
    struct dr_sim_place place = dr_sim_place_of(call);
    const char *id = dr_sim_string(call, "ResourceId", "");
    json_t *target = dr_sim_find(call->cloud, call->account, call->region, TARGET, id);
    if (!is_simulated(call))
        return;
    int64_t least = dr_sim_int(call, "MinCapacity", dr_sim_int_in(target, "MinCapacity", -1));
    int64_t most = dr_sim_int(call, "MaxCapacity", dr_sim_int_in(target, "MaxCapacity", -1));
    if (!service_of(&place, id))
        dr_sim_fail(call, 400, "ValidationException", "ECS service doesn't exist: %s", id);
    else if (least < 0 || most < 0)
        dr_sim_fail(call, 400, "ValidationException", "MinCapacity and MaxCapacity are required for a new target");
    else if (least > most)
        dr_sim_fail(call, 400, "ValidationException", "Maximum capacity cannot be less than minimum capacity");
    if (call->error)
        return;
    if (!target)
        target = make_target(&place, id, least, most);
    dr_sim_set_int(target, "MinCapacity", least);
    dr_sim_set_int(target, "MaxCapacity", most);
    json_object_update(json_object_get(target, "SuspendedState"), json_object_get(call->input, "SuspendedState"));
    dr_sim_unschedule(call->cloud, "application-autoscaling.move", call->account, call->region, id);
    dr_sim_schedule(call->cloud, call->now_ms + dr_sim_timing(call->cloud, "application-autoscaling.move", MOVE_MS),
                    "application-autoscaling.move", call->account, call->region, id, NULL);
    char *arn =
        dr_sim_arn("application-autoscaling", call->region, call->account, "scalable-target/%s", dr_sim_last_part(id));
    call->output = json_pack("{s:s}", "ScalableTargetARN", arn);
    free(arn);
}

static void deregister_target(struct dr_sim_call *call)
{
    const char *id = dr_sim_string(call, "ResourceId", "");
    if (!is_simulated(call))
        return;
    if (!dr_sim_find(call->cloud, call->account, call->region, TARGET, id))
        dr_sim_fail(
            call, 400, "ObjectNotFoundException",
            "No scalable target found for service namespace: ecs, resource ID: %s, scalable dimension: " DIMENSION, id);
    else
        dr_sim_remove(call->cloud, call->account, call->region, TARGET, id);
}

static void describe_targets(struct dr_sim_call *call)
{
    const json_t *ids = json_object_get(call->input, "ResourceIds");
    json_t *all = json_array(), *target;
    const char *id;
    if (is_simulated(call)) {
        json_object_foreach(dr_sim_table(call->cloud, call->account, call->region, TARGET), id, target)
        {
            if (!ids || dr_sim_lists(ids, id))
                json_array_append(all, target);
        }
        dr_sim_page(call, "ScalableTargets", all, PAGE_MAX, "InvalidNextTokenException");
    }
    json_decref(all);
}

static const struct dr_sim_operation operations[] = {
    {"DeregisterScalableTarget", deregister_target, DR_SIM_CONTROL},
    {"DescribeScalableTargets", describe_targets, DR_SIM_CONTROL},
    {"RegisterScalableTarget", register_target, DR_SIM_CONTROL},
    {NULL, NULL, DR_SIM_CONTROL},
};

static const struct dr_sim_event events[] = {{"application-autoscaling.move", move}, {NULL, NULL}};

/* { Targets: { "service/CLUSTER/NAME": { Min, Max } } } */
static bool load(struct dr_sim_cloud *cloud, const char *account, const char *region, const json_t *given,
                 char **ret_problem)
{
    const struct dr_sim_place place = {cloud, account, region, dr_sim_now(cloud)};
    const char *id;
    json_t *row;
    json_object_foreach(json_object_get(given, "Targets"), id, row)
    {
        if (!service_of(&place, id)) {
            *ret_problem = dr_format("application-autoscaling.Targets.%s: there is no such ECS service", id);
            return false;
        }
        make_target(&place, id, dr_sim_int_in(row, "Min", 0), dr_sim_int_in(row, "Max", 10));
    }
    return true;
}

const struct dr_sim_service dr_sim_applicationautoscaling = {
    .name = "application-autoscaling", .operations = operations, .events = events, .load = load};
