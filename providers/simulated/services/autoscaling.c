/* EC2 Auto Scaling: groups that keep so many instances, their activities, suspended processes. Sources:
 * https://docs.aws.amazon.com/autoscaling/ec2/APIReference/ and .../userguide/ec2-auto-scaling-lifecycle.html,
 * .../as-suspend-resume-processes.html, .../ec2-auto-scaling-health-checks.html. */
#include "providers/simulated/services/compute.h"

#include "interpreter/base/text.h"

#include <stdlib.h>
#include <string.h>

extern const struct dr_sim_service dr_sim_autoscaling;

#define GROUP "autoscaling.group"
#define PAGE_MAX 100
#define ACTIVITIES_MAX 200
#define WARM_MS 20000  /* from the instance's start to its application's first answer */
#define RETRY_MS 60000 /* after a launch for which there was no capacity */

static json_t *find(const struct dr_sim_place *place, const char *name)
{
    return dr_sim_find(place->cloud, place->account, place->region, GROUP, name);
}

static json_t *group_of(struct dr_sim_call *call)
{
    struct dr_sim_place place = dr_sim_place_of(call);
    const char *name = dr_sim_string(call, "AutoScalingGroupName", "");
    json_t *group = find(&place, name);
    if (!group)
        dr_sim_fail(call, 400, "ValidationError", "AutoScalingGroup name not found - no such group: %s", name);
    return group;
}

static bool is_suspended(const json_t *group, const char *process)
{
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(group, "SuspendedProcesses"), i, row)
    {
        if (dr_sim_is(row, "ProcessName", process))
            return true;
    }
    return false;
}

static bool is_leaving(const json_t *instance)
{
    return strncmp(dr_sim_text_in(instance, "LifecycleState"), "Terminating", strlen("Terminating")) == 0;
}

static json_t *find_instance(const json_t *group, const char *id)
{
    size_t i;
    json_t *instance;
    json_array_foreach(json_object_get(group, "Instances"), i, instance)
    {
        if (dr_sim_is(instance, "InstanceId", id))
            return instance;
    }
    return NULL;
}

/* --- Activities
 * ------------------------------------------------------------------------------------------------------- */

static json_t *begin_activity(const struct dr_sim_place *place, json_t *group, const char *description,
                              const char *instance)
{
    char *id = dr_sim_uuid(place->cloud), *time = dr_sim_timestamp(place->now_ms);
    char *cause = dr_format("At %s the group has %zu instances and a desired capacity of %lld.", time,
                            json_array_size(json_object_get(group, "Instances")),
                            (long long)dr_sim_int_in(group, "DesiredCapacity", 0));
    json_t *all = json_object_get(group, "_activities");
    json_t *activity = json_pack("{s:s,s:O,s:s,s:s,s:s,s:s,s:i,s:s,s:s}", "ActivityId", id, "AutoScalingGroupName",
                                 json_object_get(group, "AutoScalingGroupName"), "Description", description, "Cause",
                                 cause, "StartTime", time, "StatusCode", "InProgress", "Progress", 30, "Details", "{}",
                                 "_instance", instance);
    json_array_insert_new(all, 0, activity);
    if (json_array_size(all) > ACTIVITIES_MAX)
        json_array_remove(all, ACTIVITIES_MAX);
    free(id);
    free(time);
    free(cause);
    return activity;
}

static void end_activity(const struct dr_sim_place *place, json_t *activity, const char *status, const char *message)
{
    dr_sim_set_text(activity, "StatusCode", status);
    dr_sim_set_int(activity, "Progress", 100);
    dr_sim_set_time(activity, "EndTime", place->now_ms);
    if (message)
        dr_sim_set_text(activity, "StatusMessage", message);
}

static void end_activities_of(const struct dr_sim_place *place, const json_t *group, const char *instance)
{
    size_t i;
    json_t *activity;
    json_array_foreach(json_object_get(group, "_activities"), i, activity)
    {
        if (dr_sim_is(activity, "_instance", instance) && dr_sim_is(activity, "StatusCode", "InProgress"))
            end_activity(place, activity, "Successful", NULL);
    }
}

/* --- Keeping the count
 * ------------------------------------------------------------------------------------------------- */

static void try_again(const struct dr_sim_place *place, const char *name)
{
    dr_sim_unschedule(place->cloud, "autoscaling.group", place->account, place->region, name);
    dr_sim_schedule(place->cloud, place->now_ms + dr_sim_timing(place->cloud, "autoscaling.retry", RETRY_MS),
                    "autoscaling.group", place->account, place->region, name, NULL);
}

static bool launch(const struct dr_sim_place *place, json_t *group)
{
    const char *name = dr_sim_text_in(group, "AutoScalingGroupName");
    json_t *given = json_pack("{s:[{s:s,s:s}]}", "Tags", "Key", "aws:autoscaling:groupName", "Value", name);
    static const char *const members[] = {"InstanceType", NULL};
    dr_sim_take(given, json_object_get(group, "_instance"), members);
    char *id = dr_sim_ec2_run(place, given);
    if (!id) {
        end_activity(place,
                     begin_activity(place, group,
                                    "Launching a new EC2 instance.  Status Reason: Could not launch "
                                    "On-Demand Instances.",
                                    ""),
                     "Failed",
                     "Could not launch On-Demand Instances. InsufficientInstanceCapacity - We currently do "
                     "not have sufficient capacity in the Availability Zone you requested. Launching EC2 "
                     "instance failed.");
        try_again(place, name);
        return false;
    }
    char *text = dr_format("Launching a new EC2 instance: %s", id);
    begin_activity(place, group, text, id);
    const json_t *made = dr_sim_find(place->cloud, place->account, place->region, "ec2.instance", id);
    json_array_append_new(json_object_get(group, "Instances"),
                          json_pack("{s:s,s:O,s:O,s:s,s:s,s:b}", "InstanceId", id, "InstanceType",
                                    json_object_get(made, "InstanceType"), "AvailabilityZone",
                                    json_object_get(json_object_get(made, "Placement"), "AvailabilityZone"),
                                    "LifecycleState", "Pending", "HealthStatus", "Healthy", "ProtectedFromScaleIn", 0));
    free(text);
    free(id);
    return true;
}

static void end_instance(const struct dr_sim_place *place, json_t *group, json_t *instance)
{
    const char *id = dr_sim_text_in(instance, "InstanceId");
    size_t i;
    json_t *arn;
    char *text = dr_format("Terminating EC2 instance: %s", id);
    dr_sim_set_text(instance, "LifecycleState", "Terminating");
    begin_activity(place, group, text, id);
    json_array_foreach(json_object_get(group, "TargetGroupARNs"), i, arn)
        dr_sim_elb_deregister(place, json_string_value(arn), id, 0);
    dr_sim_ec2_terminate(place, id);
    dr_sim_schedule(place->cloud, place->now_ms + dr_sim_timing(place->cloud, "autoscaling.terminate", RETRY_MS),
                    "autoscaling.gone", place->account, place->region, id,
                    json_pack("{s:O}", "Group", json_object_get(group, "AutoScalingGroupName")));
    free(text);
}

static void reconcile(const struct dr_sim_place *place, json_t *group)
{
    json_t *instances = json_object_get(group, "Instances"), *instance;
    int64_t wanted = dr_sim_int_in(group, "DesiredCapacity", 0), have = 0;
    size_t i;
    json_array_foreach(instances, i, instance) have += !is_leaving(instance);
    while (have < wanted && !is_suspended(group, "Launch") && launch(place, group))
        have++;
    for (i = 0; have > wanted && !is_suspended(group, "Terminate") && i < json_array_size(instances); i++) {
        instance = json_array_get(instances, i); /* the oldest first */
        if (is_leaving(instance) || json_is_true(json_object_get(instance, "ProtectedFromScaleIn")))
            continue;
        end_instance(place, group, instance);
        have--;
    }
}

static void group_happens(const struct dr_sim_happening *happening)
{
    struct dr_sim_place place = dr_sim_place_then(happening);
    json_t *group = find(&place, happening->id);
    if (group)
        reconcile(&place, group);
}

static void instance_is_gone(const struct dr_sim_happening *happening)
{
    struct dr_sim_place place = dr_sim_place_then(happening);
    json_t *group = find(&place, dr_sim_text_in(happening->data, "Group")),
           *instances = json_object_get(group, "Instances");
    for (size_t i = json_array_size(instances); i-- > 0;)
        if (dr_sim_is(json_array_get(instances, i), "InstanceId", happening->id))
            json_array_remove(instances, i);
    end_activities_of(&place, group, happening->id);
    if (json_is_true(json_object_get(group, "_deleted")) && json_array_size(instances) == 0)
        dr_sim_remove(place.cloud, place.account, place.region, GROUP, dr_sim_text_in(happening->data, "Group"));
}

void dr_sim_autoscaling_instance_turned(const struct dr_sim_place *place, const char *id, bool running)
{
    const char *name;
    json_t *group, *instance = NULL;
    size_t i;
    json_t *arn;
    json_object_foreach(dr_sim_table(place->cloud, place->account, place->region, GROUP), name, group)
    {
        instance = find_instance(group, id);
        if (instance)
            break;
    }
    if (!instance || is_leaving(instance))
        return;
    if (running) {
        dr_sim_set_text(instance, "LifecycleState", "InService");
        end_activities_of(place, group, id);
        json_array_foreach(json_object_get(group, "TargetGroupARNs"), i, arn)
            dr_sim_elb_register(place, json_string_value(arn), id, 0,
                                place->now_ms + dr_sim_timing(place->cloud, "autoscaling.warm", WARM_MS));
    } else if (!is_suspended(group, "ReplaceUnhealthy")) {
        dr_sim_set_text(instance, "HealthStatus", "Unhealthy");
        end_instance(place, group, instance);
        reconcile(place, group);
    }
}

/* --- Groups
 * ------------------------------------------------------------------------------------------------------------ */

static const char *const members[] = {"LaunchConfigurationName",
                                      "LaunchTemplate",
                                      "MixedInstancesPolicy",
                                      "MinSize",
                                      "MaxSize",
                                      "DesiredCapacity",
                                      "DefaultCooldown",
                                      "AvailabilityZones",
                                      "LoadBalancerNames",
                                      "TargetGroupARNs",
                                      "HealthCheckType",
                                      "HealthCheckGracePeriod",
                                      "PlacementGroup",
                                      "VPCZoneIdentifier",
                                      "TerminationPolicies",
                                      "NewInstancesProtectedFromScaleIn",
                                      "CapacityRebalance",
                                      NULL};

static json_t *make_group(const struct dr_sim_place *place, const char *name, const json_t *given)
{
    char *id = dr_sim_uuid(place->cloud);
    char *arn = dr_sim_arn("autoscaling", place->region, place->account, "autoScalingGroup:%s:autoScalingGroupName/%s",
                           id, name);
    json_t *zones = json_array();
    for (unsigned i = 0; i < 3; i++) {
        char *zone = dr_sim_zone_of(place->region, i);
        json_array_append_new(zones, json_string(zone));
        free(zone);
    }
    json_t *group =
        json_pack("{s:s,s:s,s:i,s:i,s:i,s:o,s:[],s:[],s:s,s:i,s:[],s:[],s:[],s:[s],s:b,s:[]}", "AutoScalingGroupName",
                  name, "AutoScalingGroupARN", arn, "MinSize", 0, "MaxSize", 0, "DefaultCooldown", 300,
                  "AvailabilityZones", zones, "LoadBalancerNames", "TargetGroupARNs", "HealthCheckType", "EC2",
                  "HealthCheckGracePeriod", 0, "Instances", "SuspendedProcesses", "Tags", "TerminationPolicies",
                  "Default", "NewInstancesProtectedFromScaleIn", 0, "_activities");
    dr_sim_take(group, given, members);
    if (!json_object_get(group, "DesiredCapacity"))
        json_object_set(group, "DesiredCapacity", json_object_get(group, "MinSize"));
    dr_sim_set_time(group, "CreatedTime", place->now_ms);
    dr_sim_put(place->cloud, place->account, place->region, GROUP, name, group);
    free(id);
    free(arn);
    return group;
}

/* The sizes that a group would have are in order. */
static bool are_in_order(struct dr_sim_call *call, int64_t least, int64_t most, int64_t desired)
{
    if (least > most)
        dr_sim_fail(call, 400, "ValidationError", "Max bound, %lld, must be greater than or equal to min bound, %lld",
                    (long long)most, (long long)least);
    else if (desired < least || desired > most)
        dr_sim_fail(call, 400, "ValidationError",
                    "Desired capacity:%lld must be between the specified min size:%lld and max size:%lld",
                    (long long)desired, (long long)least, (long long)most);
    return !call->error;
}

static void create_group(struct dr_sim_call *call)
{
    struct dr_sim_place place = dr_sim_place_of(call);
    const char *name = dr_sim_string(call, "AutoScalingGroupName", "");
    int64_t least = dr_sim_int(call, "MinSize", 0), most = dr_sim_int(call, "MaxSize", 0);
    if (find(&place, name)) {
        dr_sim_fail(call, 400, "AlreadyExists",
                    "AutoScalingGroup by this name already exists - A group with the name %s already exists", name);
    } else if (are_in_order(call, least, most, dr_sim_int(call, "DesiredCapacity", least))) {
        json_t *group = make_group(&place, name, call->input);
        dr_sim_tags_add(json_object_get(group, "Tags"), json_object_get(call->input, "Tags"), "Key");
        reconcile(&place, group);
    }
}

static void update_group(struct dr_sim_call *call)
{
    struct dr_sim_place place = dr_sim_place_of(call);
    json_t *group = group_of(call);
    if (!group)
        return;
    int64_t least = dr_sim_int(call, "MinSize", dr_sim_int_in(group, "MinSize", 0));
    int64_t most = dr_sim_int(call, "MaxSize", dr_sim_int_in(group, "MaxSize", 0));
    int64_t desired = dr_sim_int(call, "DesiredCapacity", -1);
    if (desired < 0) { /* moved into new bounds */
        desired = dr_sim_int_in(group, "DesiredCapacity", 0);
        desired = desired < least ? least : desired > most && most >= least ? most : desired;
    }
    if (!are_in_order(call, least, most, desired))
        return;
    dr_sim_take(group, call->input, members);
    dr_sim_set_int(group, "DesiredCapacity", desired);
    reconcile(&place, group);
}

static void set_desired_capacity(struct dr_sim_call *call)
{
    struct dr_sim_place place = dr_sim_place_of(call);
    json_t *group = group_of(call);
    int64_t desired = dr_sim_int(call, "DesiredCapacity", 0);
    if (!group)
        return;
    int64_t least = dr_sim_int_in(group, "MinSize", 0), most = dr_sim_int_in(group, "MaxSize", 0);
    if (desired > most)
        dr_sim_fail(call, 400, "ValidationError",
                    "New SetDesiredCapacity value %lld is above max value %lld for the AutoScalingGroup.",
                    (long long)desired, (long long)most);
    else if (desired < least)
        dr_sim_fail(call, 400, "ValidationError",
                    "New SetDesiredCapacity value %lld is below min value %lld for the AutoScalingGroup.",
                    (long long)desired, (long long)least);
    if (call->error)
        return;
    dr_sim_set_int(group, "DesiredCapacity", desired);
    reconcile(&place, group);
}

static void delete_group(struct dr_sim_call *call)
{
    struct dr_sim_place place = dr_sim_place_of(call);
    json_t *group = group_of(call);
    if (!group)
        return;
    bool empty = json_array_size(json_object_get(group, "Instances")) == 0;
    if (!empty && !dr_sim_bool(call, "ForceDelete", false)) {
        dr_sim_fail(
            call, 400, "ResourceInUse",
            "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) "
            "still in the group.");
        return;
    }
    dr_sim_set_int(group, "MinSize", 0);
    dr_sim_set_int(group, "DesiredCapacity", 0);
    dr_sim_set_text(group, "Status", "Delete in progress");
    json_object_set_new(group, "_deleted", json_true());
    reconcile(&place, group);
    if (empty)
        dr_sim_remove(place.cloud, place.account, place.region, GROUP, dr_sim_string(call, "AutoScalingGroupName", ""));
}

static void describe_groups(struct dr_sim_call *call)
{
    const json_t *names = json_object_get(call->input, "AutoScalingGroupNames");
    json_t *all = json_array(), *group;
    const char *name;
    json_object_foreach(dr_sim_table(call->cloud, call->account, call->region, GROUP), name, group)
    {
        if (json_array_size(names) == 0 || dr_sim_lists(names, name))
            json_array_append(all, group);
    }
    dr_sim_page(call, "AutoScalingGroups", all, PAGE_MAX, "InvalidNextToken");
    json_decref(all);
}

static void describe_instances(struct dr_sim_call *call)
{
    const json_t *ids = json_object_get(call->input, "InstanceIds");
    json_t *all = json_array(), *group, *instance;
    const char *name;
    size_t i;
    json_object_foreach(dr_sim_table(call->cloud, call->account, call->region, GROUP), name, group)
    {
        json_array_foreach(json_object_get(group, "Instances"), i, instance)
        {
            if (json_array_size(ids) > 0 && !dr_sim_lists(ids, dr_sim_text_in(instance, "InstanceId")))
                continue;
            json_t *shown = json_copy(instance);
            dr_sim_set_text(shown, "AutoScalingGroupName", name);
            if (dr_sim_is(instance, "HealthStatus", "Healthy"))
                dr_sim_set_text(shown, "HealthStatus", "HEALTHY");
            json_array_append_new(all, shown);
        }
    }
    dr_sim_page(call, "AutoScalingInstances", all, 50, "InvalidNextToken");
    json_decref(all);
}

static void describe_activities(struct dr_sim_call *call)
{
    const char *wanted = dr_sim_string(call, "AutoScalingGroupName", NULL), *name;
    const json_t *ids = json_object_get(call->input, "ActivityIds");
    if (wanted && !group_of(call))
        return;
    json_t *all = json_array(), *group, *activity;
    size_t i;
    json_object_foreach(dr_sim_table(call->cloud, call->account, call->region, GROUP), name, group)
    {
        json_array_foreach(json_object_get(group, "_activities"), i, activity)
        {
            if ((!wanted || strcmp(wanted, name) == 0) &&
                (!ids || dr_sim_lists(ids, dr_sim_text_in(activity, "ActivityId"))))
                json_array_append(all, activity);
        }
    }
    dr_sim_page(call, "Activities", all, PAGE_MAX, "InvalidNextToken");
    json_decref(all);
}

/* --- Processes
 * --------------------------------------------------------------------------------------------------------- */

static const char *const processes[] = {"Launch",           "Terminate",         "HealthCheck",
                                        "ReplaceUnhealthy", "AZRebalance",       "AlarmNotification",
                                        "ScheduledActions", "AddToLoadBalancer", "InstanceRefresh"};

static void change_processes(struct dr_sim_call *call)
{
    struct dr_sim_place place = dr_sim_place_of(call);
    json_t *group = group_of(call), *suspended = json_object_get(group, "SuspendedProcesses");
    const json_t *wanted = json_object_get(call->input, "ScalingProcesses");
    bool suspend = call->operation->name[0] == 'S';
    for (size_t i = 0; group && i < sizeof processes / sizeof *processes; i++) {
        if (json_array_size(wanted) > 0 && !dr_sim_lists(wanted, processes[i]))
            continue;
        for (size_t j = json_array_size(suspended); j-- > 0;)
            if (dr_sim_is(json_array_get(suspended, j), "ProcessName", processes[i]))
                json_array_remove(suspended, j);
        if (suspend) {
            char *time = dr_sim_timestamp(call->now_ms), *reason = dr_format("User suspended at %s", time);
            json_array_append_new(suspended,
                                  json_pack("{s:s,s:s}", "ProcessName", processes[i], "SuspensionReason", reason));
            free(time);
            free(reason);
        }
    }
    if (group)
        reconcile(&place, group);
}

static void terminate_instance(struct dr_sim_call *call)
{
    struct dr_sim_place place = dr_sim_place_of(call);
    const char *id = dr_sim_string(call, "InstanceId", ""), *name;
    json_t *group, *instance = NULL;
    json_object_foreach(dr_sim_table(call->cloud, call->account, call->region, GROUP), name, group)
    {
        instance = find_instance(group, id);
        if (instance)
            break;
    }
    if (!instance) {
        dr_sim_fail(call, 400, "ValidationError",
                    "Instance Id not found - No managed instance found for instance ID: %s", id);
        return;
    }
    if (dr_sim_bool(call, "ShouldDecrementDesiredCapacity", false))
        dr_sim_set_int(group, "DesiredCapacity", dr_sim_int_in(group, "DesiredCapacity", 1) - 1);
    if (!is_leaving(instance))
        end_instance(&place, group, instance);
    call->output = json_pack("{s:O}", "Activity", json_array_get(json_object_get(group, "_activities"), 0));
    reconcile(&place, group);
}

static const struct dr_sim_operation operations[] = {
    {"CreateAutoScalingGroup", create_group, DR_SIM_CONTROL},
    {"DeleteAutoScalingGroup", delete_group, DR_SIM_CONTROL},
    {"DescribeAutoScalingGroups", describe_groups, DR_SIM_CONTROL},
    {"DescribeAutoScalingInstances", describe_instances, DR_SIM_CONTROL},
    {"DescribeScalingActivities", describe_activities, DR_SIM_CONTROL},
    {"ResumeProcesses", change_processes, DR_SIM_CONTROL},
    {"SetDesiredCapacity", set_desired_capacity, DR_SIM_CONTROL},
    {"SuspendProcesses", change_processes, DR_SIM_CONTROL},
    {"TerminateInstanceInAutoScalingGroup", terminate_instance, DR_SIM_CONTROL},
    {"UpdateAutoScalingGroup", update_group, DR_SIM_CONTROL},
    {NULL, NULL, DR_SIM_CONTROL},
};

static const struct dr_sim_event events[] = {
    {"autoscaling.group", group_happens}, {"autoscaling.gone", instance_is_gone}, {NULL, NULL}};

/* --- Worlds: { Groups: { NAME: { MinSize, MaxSize, DesiredCapacity, InstanceType, TargetGroup } } }
 * ---------------------- */

static void start_instances(const struct dr_sim_place *place, json_t *group)
{
    size_t i, j;
    json_t *instance, *arn;
    int64_t wanted = dr_sim_int_in(group, "DesiredCapacity", 0);
    while ((int64_t)json_array_size(json_object_get(group, "Instances")) < wanted && launch(place, group))
        ;
    json_array_foreach(json_object_get(group, "Instances"), i, instance)
    {
        const char *id = dr_sim_text_in(instance, "InstanceId");
        json_t *machine = dr_sim_find(place->cloud, place->account, place->region, "ec2.instance", id);
        dr_sim_unschedule(place->cloud, "ec2.instance", place->account, place->region, id);
        json_object_set_new(machine, "State", json_pack("{s:i,s:s}", "Code", 16, "Name", "running"));
        dr_sim_set_text(instance, "LifecycleState", "InService");
        json_array_foreach(json_object_get(group, "TargetGroupARNs"), j, arn)
        {
            dr_sim_elb_register(place, json_string_value(arn), id, 0, place->now_ms);
            json_t *targets = json_object_get(dr_sim_find(place->cloud, place->account, place->region,
                                                          "elbv2.targetGroup", json_string_value(arn)),
                                              "_targets"),
                   *target;
            const char *key;
            json_object_foreach(targets, key, target)
                json_object_set_new(target, "TargetHealth", json_pack("{s:s}", "State", "healthy"));
        }
    }
    json_object_set_new(group, "_activities", json_array());
}

static bool load(struct dr_sim_cloud *cloud, const char *account, const char *region, const json_t *given,
                 char **ret_problem)
{
    const struct dr_sim_place place = {cloud, account, region, dr_sim_now(cloud)};
    const char *name, *arn;
    json_t *row, *target_group;
    json_object_foreach(json_object_get(given, "Groups"), name, row)
    {
        json_t *group = make_group(&place, name, row);
        const char *wanted = dr_sim_text_in(row, "TargetGroup");
        if (!json_object_get(row, "MaxSize"))
            json_object_set(group, "MaxSize", json_object_get(group, "DesiredCapacity"));
        json_object_set_new(group, "_instance", json_deep_copy(row));
        json_object_foreach(dr_sim_table(cloud, account, region, "elbv2.targetGroup"), arn, target_group)
        {
            if (*wanted && dr_sim_is(target_group, "TargetGroupName", wanted))
                json_object_set_new(group, "TargetGroupARNs", json_pack("[s]", arn));
        }
        if (*wanted && json_array_size(json_object_get(group, "TargetGroupARNs")) == 0) {
            *ret_problem = dr_format("autoscaling.Groups.%s.TargetGroup: there is no target group %s", name, wanted);
            return false;
        }
        start_instances(&place, group);
    }
    return true;
}

const struct dr_sim_service dr_sim_autoscaling = {
    .name = "autoscaling", .operations = operations, .events = events, .load = load};
