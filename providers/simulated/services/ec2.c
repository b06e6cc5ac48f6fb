/* EC2, the basics: instances, images, snapshots, and the networks that a world has without saying so. Source:
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/ ; the states of an instance:
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html */
#include "providers/simulated/services/compute.h"

#include "interpreter/base/text.h"

#include <stdlib.h>
#include <string.h>

extern const struct dr_sim_service dr_sim_ec2;

#define INSTANCE "ec2.instance"
#define IMAGE "ec2.image"
#define SNAPSHOT "ec2.snapshot"
#define PAGE_MAX 1000
#define BAD_TOKEN "InvalidParameterValue"
#define BOOT_MS 25000
#define CHECKS_MS (2 * 60 * 1000) /* the status checks pass so long after */
#define STOP_MS 30000
#define TERMINATE_MS 20000
#define FORGET_MS (60 * 60 * 1000)
#define IMAGE_MS (5 * 60 * 1000)
#define SNAPSHOT_MS (3 * 60 * 1000)

static const struct {
    const char *name;
    int code;
} states[] = {{"pending", 0},     {"running", 16},  {"shutting-down", 32},
              {"terminated", 48}, {"stopping", 64}, {"stopped", 80}};

static json_t *state_named(const char *name)
{
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (strcmp(states[i].name, name) == 0)
            return json_pack("{s:i,s:s}", "Code", states[i].code, "Name", name);
    return NULL;
}

static json_t *find(const struct dr_sim_place *place, const char *kind, const char *id)
{
    return dr_sim_find(place->cloud, place->account, place->region, kind, id);
}

static json_t *table(const struct dr_sim_call *call, const char *kind)
{
    return dr_sim_table(call->cloud, call->account, call->region, kind);
}

static const char *state_of(const json_t *instance)
{
    return dr_sim_text_in(json_object_get(instance, "State"), "Name");
}

/* --- Filters
 * ----------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *filter, *member, *inner;
} filters[] = {
    {"availability-zone", "Placement", "AvailabilityZone"},
    {"description", "Description", NULL},
    {"group-id", "GroupId", NULL},
    {"group-name", "GroupName", NULL},
    {"image-id", "ImageId", NULL},
    {"instance-id", "InstanceId", NULL},
    {"instance-state-name", "State", "Name"},
    {"instance-type", "InstanceType", NULL},
    {"is-default", "IsDefault", NULL},
    {"isDefault", "IsDefault", NULL},
    {"name", "Name", NULL},
    {"owner-id", "OwnerId", NULL},
    {"region-name", "RegionName", NULL},
    {"root-device-type", "RootDeviceType", NULL},
    {"snapshot-id", "SnapshotId", NULL},
    {"state", "State", NULL},
    {"status", "State", NULL},
    {"subnet-id", "SubnetId", NULL},
    {"volume-id", "VolumeId", NULL},
    {"vpc-id", "VpcId", NULL},
    {"zone-name", "ZoneName", NULL},
};

/* '*' and '?' as in EC2's filters; linear in both but for backtracking to the last star. */
static bool fits(const char *pattern, const char *text)
{
    const char *star = NULL, *resume = NULL;
    while (*text) {
        if (*pattern == '*') {
            star = pattern++;
            resume = text;
        } else if (*pattern == '?' || *pattern == *text) {
            pattern++;
            text++;
        } else if (star) {
            pattern = star + 1;
            text = ++resume;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

/* The value of a filter in a resource; NULL: it has none. `ret_known`: whether there is such a filter. */
static const char *filter_value(const json_t *resource, const char *name, bool *ret_known)
{
    *ret_known = true;
    if (strncmp(name, "tag:", 4) == 0) {
        size_t i;
        json_t *tag;
        json_array_foreach(json_object_get(resource, "Tags"), i, tag)
        {
            if (dr_sim_is(tag, "Key", name + 4))
                return dr_sim_text_in(tag, "Value");
        }
        return NULL;
    }
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
        if (strcmp(filters[i].filter, name) != 0)
            continue;
        const json_t *value = json_object_get(resource, filters[i].member);
        value = filters[i].inner ? json_object_get(value, filters[i].inner) : value;
        return json_is_boolean(value) ? (json_is_true(value) ? "true" : "false") : json_string_value(value);
    }
    *ret_known = false;
    return NULL;
}

/* Whether a resource passes the call's Filters; an unknown one fails the call. */
static bool passes(struct dr_sim_call *call, const json_t *resource)
{
    size_t i, j;
    json_t *filter, *pattern;
    json_array_foreach(json_object_get(call->input, "Filters"), i, filter)
    {
        bool known, any = false;
        const char *value = filter_value(resource, dr_sim_text_in(filter, "Name"), &known);
        if (!known && !call->error)
            dr_sim_fail(call, 400, "InvalidParameterValue", "The filter '%s' is invalid",
                        dr_sim_text_in(filter, "Name"));
        json_array_foreach(json_object_get(filter, "Values"), j, pattern) any =
            any || (value && fits(json_string_value(pattern), value));
        if (!any)
            return false;
    }
    return true;
}

/* The resources that a call asks for, by ids (all must be there) and filters. A new list; NULL: it has failed. */
static json_t *selected(struct dr_sim_call *call, const json_t *all, const char *ids_member, const char *code,
                        const char *what)
{
    const json_t *ids = json_object_get(call->input, ids_member);
    json_t *found = json_array(), *row;
    const char *id;
    size_t i;
    json_array_foreach(ids, i, row)
    {
        if (!json_object_get(all, json_string_value(row)) && !call->error)
            dr_sim_fail(call, 400, code, "The %s ID '%s' does not exist", what, json_string_value(row));
    }
    json_object_foreach((json_t *)(uintptr_t)all, id, row)
    {
        if ((json_array_size(ids) == 0 || dr_sim_lists(ids, id)) && passes(call, row))
            json_array_append(found, row);
    }
    if (!call->error)
        return found;
    json_decref(found);
    return NULL;
}

static void answer_selected(struct dr_sim_call *call, const char *member, const json_t *all, const char *ids_member,
                            const char *code, const char *what)
{
    json_t *found = selected(call, all, ids_member, code, what);
    if (found)
        dr_sim_page(call, member, found, PAGE_MAX, BAD_TOKEN);
    json_decref(found);
}

/* Tags given with the making of something. */
static void take_tags(const struct dr_sim_call *call, json_t *resource, const char *type)
{
    size_t i;
    json_t *given;
    json_array_foreach(json_object_get(call->input, "TagSpecifications"), i, given)
    {
        if (dr_sim_is(given, "ResourceType", type))
            dr_sim_tags_add(json_object_get(resource, "Tags"), json_object_get(given, "Tags"), "Key");
    }
}

/* --- Networks: each Region has one VPC with a subnet in each of three zones
 * ---------------------------------------------- */

static char *network_id(const char *prefix, const char *region, const char *name)
{
    char *id = dr_sim_steady_id(region, prefix, name, 8), *whole = dr_format("%s-%s", prefix, id);
    free(id);
    return whole;
}

static void ensure_network(const struct dr_sim_place *place)
{
    json_t *vpcs = dr_sim_table(place->cloud, place->account, place->region, "ec2.vpc");
    if (json_object_size(vpcs) > 0)
        return;
    char *vpc = network_id("vpc", place->region, "default"), *group = network_id("sg", place->region, "default");
    json_object_set_new(vpcs, vpc,
                        json_pack("{s:s,s:s,s:s,s:s,s:b,s:s,s:[]}", "VpcId", vpc, "CidrBlock", "10.0.0.0/16", "State",
                                  "available", "OwnerId", place->account, "IsDefault", 1, "InstanceTenancy", "default",
                                  "Tags"));
    dr_sim_put(place->cloud, place->account, place->region, "ec2.securityGroup", group,
               json_pack("{s:s,s:s,s:s,s:s,s:s,s:[],s:[],s:[]}", "GroupId", group, "GroupName", "default",
                         "Description", "default VPC security group", "VpcId", vpc, "OwnerId", place->account,
                         "IpPermissions", "IpPermissionsEgress", "Tags"));
    for (unsigned i = 0; i < 3; i++) {
        char *zone = dr_sim_zone_of(place->region, i), *subnet = network_id("subnet", place->region, zone);
        char *block = dr_format("10.0.%u.0/20", i * 16);
        dr_sim_put(place->cloud, place->account, place->region, "ec2.subnet", subnet,
                   json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:i,s:b,s:[]}", "SubnetId", subnet, "VpcId", vpc,
                             "AvailabilityZone", zone, "CidrBlock", block, "State", "available", "OwnerId",
                             place->account, "AvailableIpAddressCount", 4091, "DefaultForAz", 1, "Tags"));
        free(zone);
        free(subnet);
        free(block);
    }
    free(vpc);
    free(group);
}

static json_t *network_table(struct dr_sim_call *call, const char *kind)
{
    struct dr_sim_place place = dr_sim_place_of(call);
    ensure_network(&place);
    return table(call, kind);
}

static void describe_vpcs(struct dr_sim_call *call)
{
    answer_selected(call, "Vpcs", network_table(call, "ec2.vpc"), "VpcIds", "InvalidVpcID.NotFound", "vpc");
}

static void describe_subnets(struct dr_sim_call *call)
{
    answer_selected(call, "Subnets", network_table(call, "ec2.subnet"), "SubnetIds", "InvalidSubnetID.NotFound",
                    "subnet");
}

static void describe_security_groups(struct dr_sim_call *call)
{
    answer_selected(call, "SecurityGroups", network_table(call, "ec2.securityGroup"), "GroupIds",
                    "InvalidGroup.NotFound", "security group");
}

static void describe_availability_zones(struct dr_sim_call *call)
{
    json_t *all = json_object();
    for (unsigned i = 0; i < 3; i++) {
        char *zone = dr_sim_zone_of(call->region, i), *id = dr_format("%s-az%u", call->region, i + 1);
        json_object_set_new(all, zone,
                            json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:[],s:s}", "State", "available", "OptInStatus",
                                      "opt-in-not-required", "RegionName", call->region, "ZoneName", zone, "ZoneId", id,
                                      "GroupName", call->region, "Messages", "ZoneType", "availability-zone"));
        free(zone);
        free(id);
    }
    json_t *found = selected(call, all, "ZoneNames", "InvalidParameterValue", "availability zone");
    if (found)
        call->output = json_pack("{s:o}", "AvailabilityZones", found);
    json_decref(all);
}

static void describe_regions(struct dr_sim_call *call)
{
    static const char *const names[] = {
        "ap-south-1",     "eu-north-1",     "eu-west-3",    "eu-west-2", "eu-west-1",      "ap-northeast-3",
        "ap-northeast-2", "ap-northeast-1", "ca-central-1", "sa-east-1", "ap-southeast-1", "ap-southeast-2",
        "eu-central-1",   "us-east-1",      "us-east-2",    "us-west-1", "us-west-2"};
    json_t *all = json_object();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *endpoint = dr_format("ec2.%s.amazonaws.com", names[i]);
        json_object_set_new(all, names[i],
                            json_pack("{s:s,s:s,s:s}", "RegionName", names[i], "Endpoint", endpoint, "OptInStatus",
                                      "opt-in-not-required"));
        free(endpoint);
    }
    json_t *found = selected(call, all, "RegionNames", "InvalidParameterValue", "region");
    if (found)
        call->output = json_pack("{s:o}", "Regions", found);
    json_decref(all);
}

/* --- Instances
 * -------------------------------------------------------------------------------------------------------------- */

static void set_state(json_t *instance, const char *name)
{
    json_object_set_new(instance, "State", state_named(name));
}

static void later(const struct dr_sim_place *place, const char *id, const char *timing, int64_t otherwise_ms,
                  const char *state)
{
    dr_sim_unschedule(place->cloud, "ec2.instance", place->account, place->region, id);
    dr_sim_schedule(place->cloud, place->now_ms + dr_sim_timing(place->cloud, timing, otherwise_ms), "ec2.instance",
                    place->account, place->region, id, json_pack("{s:s}", "State", state));
}

static json_t *make_instance(const struct dr_sim_place *place, const char *id, const json_t *given)
{
    ensure_network(place);
    char *address = dr_sim_private_ipv4(place->cloud),
         *zone = dr_sim_zone_of(place->region, (unsigned)dr_sim_random(place->cloud));
    char *vpc = network_id("vpc", place->region, "default"), *subnet = network_id("subnet", place->region, zone);
    char *name = dr_format("ip-%s.%s.compute.internal", address, place->region);
    for (char *at = name; *at && at < name + 3 + strlen(address); at++)
        *at = *at == '.' ? '-' : *at;
    json_t *instance =
        json_pack("{s:s,s:s,s:s,s:{s:s,s:s},s:s,s:s,s:s,s:s,s:{s:s},s:s,s:s,s:s,s:[],s:o}", "InstanceId", id, "ImageId",
                  "ami-0simulated0000000", "InstanceType", "t3.micro", "Placement", "AvailabilityZone", zone, "Tenancy",
                  "default", "PrivateIpAddress", address, "PrivateDnsName", name, "VpcId", vpc, "SubnetId", subnet,
                  "Monitoring", "State", "disabled", "Architecture", "x86_64", "RootDeviceType", "ebs",
                  "VirtualizationType", "hvm", "Tags", "State", state_named("pending"));
    json_object_update(instance, (json_t *)(uintptr_t)given);
    dr_sim_set_time(instance, "LaunchTime", place->now_ms);
    dr_sim_put(place->cloud, place->account, place->region, INSTANCE, id, instance);
    free(address);
    free(zone);
    free(vpc);
    free(subnet);
    free(name);
    return instance;
}

static bool has_capacity(const struct dr_sim_place *place)
{
    return !dr_sim_fault(place->cloud, "NoCapacity", place->region, "ec2", NULL, NULL);
}

char *dr_sim_ec2_run(const struct dr_sim_place *place, json_t *given)
{
    char *id = has_capacity(place) ? dr_sim_hex_id(place->cloud, "i-", 17) : NULL;
    if (id) {
        make_instance(place, id, given);
        later(place, id, "ec2.boot", BOOT_MS, "running");
    }
    json_decref(given);
    return id;
}

bool dr_sim_ec2_is_running(const struct dr_sim_place *place, const char *id, int64_t *ret_since_ms)
{
    const json_t *instance = find(place, INSTANCE, id), *row;
    const char *key;
    if (!instance)
        json_object_foreach(dr_sim_table(place->cloud, place->account, place->region, INSTANCE), key, row) instance =
            dr_sim_is(row, "PrivateIpAddress", id) ? row : instance;
    *ret_since_ms = dr_sim_int_in(instance, "_runningAt", 0);
    return strcmp(state_of(instance), "running") == 0;
}

static void change(const struct dr_sim_place *place, json_t *instance, const char *state)
{
    char *id = dr_copy_string(dr_sim_text_in(instance, "InstanceId"));
    bool ran = strcmp(state_of(instance), "running") == 0, runs = strcmp(state, "running") == 0;
    set_state(instance, state);
    if (runs)
        dr_sim_set_int(instance, "_runningAt", place->now_ms);
    if (ran != runs) {
        dr_sim_elb_answers(place, id, runs);
        dr_sim_autoscaling_instance_turned(place, id, runs);
    }
    free(id);
}

void dr_sim_ec2_terminate(const struct dr_sim_place *place, const char *id)
{
    json_t *instance = find(place, INSTANCE, id);
    if (!instance || strcmp(state_of(instance), "terminated") == 0 || strcmp(state_of(instance), "shutting-down") == 0)
        return;
    later(place, id, "ec2.terminate", TERMINATE_MS, "terminated");
    change(place, instance, "shutting-down");
}

static void instance_happens(const struct dr_sim_happening *happening)
{
    struct dr_sim_place place = dr_sim_place_then(happening);
    json_t *instance = find(&place, INSTANCE, happening->id);
    const char *state = dr_sim_text_in(happening->data, "State");
    if (!instance)
        return;
    if (*state == '\0') {
        dr_sim_remove(place.cloud, place.account, place.region, INSTANCE, happening->id);
        return;
    }
    change(&place, instance, state);
    if (strcmp(state, "terminated") == 0)
        dr_sim_schedule(place.cloud, happening->at_ms + FORGET_MS, "ec2.instance", place.account, place.region,
                        happening->id, json_pack("{s:s}", "State", ""));
}

static void run_instances(struct dr_sim_call *call)
{
    struct dr_sim_place place = dr_sim_place_of(call);
    static const char *const members[] = {"ImageId", "InstanceType", "KeyName", "SubnetId", NULL};
    int64_t least = dr_sim_int(call, "MinCount", 1), most = dr_sim_int(call, "MaxCount", least);
    const char *image = dr_sim_string(call, "ImageId", NULL);
    if (least < 1 || most < least) {
        dr_sim_fail(call, 400, "InvalidParameterValue", "Value (%lld) for parameter maxCount is invalid.",
                    (long long)most);
        return;
    }
    if (image && json_object_size(table(call, IMAGE)) > 0 && !find(&place, IMAGE, image)) {
        dr_sim_fail(call, 400, "InvalidAMIID.NotFound", "The image id '[%s]' does not exist", image);
        return;
    }
    if (!has_capacity(&place)) {
        dr_sim_fail(
            call, 500, "InsufficientInstanceCapacity",
            "We currently do not have sufficient %s capacity in the Availability Zone you requested. Our system "
            "will be working on provisioning additional capacity.",
            dr_sim_string(call, "InstanceType", "t3.micro"));
        return;
    }
    json_t *instances = json_array();
    for (int64_t i = 0; i < most && i < 1000; i++) {
        json_t *given = json_object();
        dr_sim_take(given, call->input, members);
        char *id = dr_sim_ec2_run(&place, given);
        json_t *instance = find(&place, INSTANCE, id);
        if (instance) {
            take_tags(call, instance, "instance");
            json_array_append(instances, instance);
        }
        free(id);
    }
    char *reservation = dr_sim_hex_id(call->cloud, "r-", 17);
    call->output = json_pack("{s:s,s:s,s:[],s:o}", "ReservationId", reservation, "OwnerId", call->account, "Groups",
                             "Instances", instances);
    free(reservation);
}

static void describe_instances(struct dr_sim_call *call)
{
    json_t *found = selected(call, table(call, INSTANCE), "InstanceIds", "InvalidInstanceID.NotFound", "instance"),
           *all = json_array(), *instance;
    size_t i;
    json_array_foreach(found, i, instance) json_array_append_new(
        all, json_pack("{s:s+,s:s,s:[],s:[O]}", "ReservationId", "r-", dr_sim_text_in(instance, "InstanceId") + 2,
                       "OwnerId", call->account, "Groups", "Instances", instance));
    if (found)
        dr_sim_page(call, "Reservations", all, PAGE_MAX, BAD_TOKEN);
    json_decref(found);
    json_decref(all);
}

static void describe_instance_status(struct dr_sim_call *call)
{
    json_t *found = selected(call, table(call, INSTANCE), "InstanceIds", "InvalidInstanceID.NotFound", "instance"),
           *all = json_array(), *instance;
    bool every = dr_sim_bool(call, "IncludeAllInstances", false);
    size_t i;
    json_array_foreach(found, i, instance)
    {
        bool runs = strcmp(state_of(instance), "running") == 0;
        bool checked = runs && call->now_ms >= dr_sim_int_in(instance, "_runningAt", 0) +
                                                   dr_sim_timing(call->cloud, "ec2.checks", CHECKS_MS);
        const char *status = !runs ? "not-applicable" : checked ? "ok" : "initializing";
        if (runs || every)
            json_array_append_new(all,
                                  json_pack("{s:O,s:O,s:O,s:{s:s},s:{s:s}}", "InstanceId",
                                            json_object_get(instance, "InstanceId"), "AvailabilityZone",
                                            json_object_get(json_object_get(instance, "Placement"), "AvailabilityZone"),
                                            "InstanceState", json_object_get(instance, "State"), "InstanceStatus",
                                            "Status", status, "SystemStatus", "Status", status));
    }
    if (found)
        dr_sim_page(call, "InstanceStatuses", all, PAGE_MAX, BAD_TOKEN);
    json_decref(found);
    json_decref(all);
}

/* Start, Stop and Terminate: those in `from` (a list of words) begin to change, the others stay or are refused. */
struct change {
    const char *from, *at_once, *then, *timing, *member;
    int64_t otherwise_ms;
};

static void change_instances(struct dr_sim_call *call, const struct change *wanted)
{
    struct dr_sim_place place = dr_sim_place_of(call);
    json_t *ids = json_object_get(call->input, "InstanceIds"), *id, *rows = json_array();
    size_t i;
    json_array_foreach(ids, i, id)
    {
        const json_t *instance = find(&place, INSTANCE, json_string_value(id));
        bool gone = strcmp(state_of(instance), "terminated") == 0 || strcmp(state_of(instance), "shutting-down") == 0;
        if (!instance && !call->error)
            dr_sim_fail(call, 400, "InvalidInstanceID.NotFound", "The instance ID '%s' does not exist",
                        json_string_value(id));
        else if (gone && strcmp(wanted->then, "terminated") != 0 && !call->error)
            dr_sim_fail(call, 400, "IncorrectInstanceState",
                        "This instance '%s' is not in a state from which it can be changed.", json_string_value(id));
    }
    json_array_foreach(ids, i, id)
    {
        json_t *instance = call->error ? NULL : find(&place, INSTANCE, json_string_value(id));
        if (!instance)
            continue;
        json_t *before = json_incref(json_object_get(instance, "State"));
        if (strstr(wanted->from, state_of(instance))) {
            later(&place, json_string_value(id), wanted->timing, wanted->otherwise_ms, wanted->then);
            change(&place, instance, wanted->at_once);
        }
        json_array_append_new(rows, json_pack("{s:O,s:O,s:o}", "InstanceId", id, "CurrentState",
                                              json_object_get(instance, "State"), "PreviousState", before));
    }
    if (!call->error)
        call->output = json_pack("{s:O}", wanted->member, rows);
    json_decref(rows);
}

static void start_instances(struct dr_sim_call *call)
{
    change_instances(call, &(struct change){"stopped", "pending", "running", "ec2.boot", "StartingInstances", BOOT_MS});
}

static void stop_instances(struct dr_sim_call *call)
{
    change_instances(call,
                     &(struct change){"running", "stopping", "stopped", "ec2.stop", "StoppingInstances", STOP_MS});
}

static void terminate_instances(struct dr_sim_call *call)
{
    change_instances(call, &(struct change){"pending running stopping stopped", "shutting-down", "terminated",
                                            "ec2.terminate", "TerminatingInstances", TERMINATE_MS});
}

/* --- Images and snapshots
 * ------------------------------------------------------------------------------------------------- */

static json_t *make_image(const struct dr_sim_place *place, const char *id, const char *name, const char *state)
{
    json_t *image = json_pack("{s:s,s:s,s:s,s:s,s:b,s:s,s:s,s:s,s:s,s:s,s:[],s:s}", "ImageId", id, "Name", name,
                              "State", state, "OwnerId", place->account, "Public", 0, "Architecture", "x86_64",
                              "ImageType", "machine", "RootDeviceType", "ebs", "RootDeviceName", "/dev/xvda",
                              "VirtualizationType", "hvm", "Tags", "Description", "");
    dr_sim_set_time(image, "CreationDate", place->now_ms);
    dr_sim_put(place->cloud, place->account, place->region, IMAGE, id, image);
    return image;
}

static json_t *make_snapshot(const struct dr_sim_place *place, const char *id, const char *volume, int64_t size,
                             const char *state)
{
    json_t *snapshot =
        json_pack("{s:s,s:s,s:s,s:s,s:s,s:I,s:b,s:s,s:[]}", "SnapshotId", id, "VolumeId", volume, "OwnerId",
                  place->account, "State", state, "Progress", strcmp(state, "completed") == 0 ? "100%" : "0%",
                  "VolumeSize", (json_int_t)size, "Encrypted", 0, "Description", "", "Tags");
    dr_sim_set_time(snapshot, "StartTime", place->now_ms);
    dr_sim_put(place->cloud, place->account, place->region, SNAPSHOT, id, snapshot);
    return snapshot;
}

static void becomes(const struct dr_sim_happening *happening)
{
    struct dr_sim_place place = dr_sim_place_then(happening);
    json_t *image = find(&place, IMAGE, happening->id), *snapshot = find(&place, SNAPSHOT, happening->id);
    if (image)
        dr_sim_set_text(image, "State", "available");
    if (snapshot) {
        dr_sim_set_text(snapshot, "State", "completed");
        dr_sim_set_text(snapshot, "Progress", "100%");
    }
}

static void ready_later(const struct dr_sim_place *place, const char *id, const char *timing, int64_t otherwise_ms)
{
    dr_sim_schedule(place->cloud, place->now_ms + dr_sim_timing(place->cloud, timing, otherwise_ms), "ec2.ready",
                    place->account, place->region, id, NULL);
}

static json_t *new_image(struct dr_sim_call *call, const char *name)
{
    struct dr_sim_place place = dr_sim_place_of(call);
    char *id = dr_sim_hex_id(call->cloud, "ami-", 17);
    json_t *image = make_image(&place, id, name, "pending");
    dr_sim_set_text(image, "Description", dr_sim_string(call, "Description", ""));
    take_tags(call, image, "image");
    ready_later(&place, id, "ec2.image", IMAGE_MS);
    call->output = json_pack("{s:s}", "ImageId", id);
    free(id);
    return image;
}

static void create_image(struct dr_sim_call *call)
{
    struct dr_sim_place place = dr_sim_place_of(call);
    const char *id = dr_sim_string(call, "InstanceId", "");
    if (!find(&place, INSTANCE, id))
        dr_sim_fail(call, 400, "InvalidInstanceID.NotFound", "The instance ID '%s' does not exist", id);
    else
        new_image(call, dr_sim_string(call, "Name", ""));
}

static void copy_image(struct dr_sim_call *call)
{
    const char *id = dr_sim_string(call, "SourceImageId", ""), *region = dr_sim_string(call, "SourceRegion", "");
    const json_t *source = dr_sim_find(call->cloud, call->account, region, IMAGE, id);
    if (!source || dr_sim_region_down(call->cloud, region))
        dr_sim_fail(call, 400, "InvalidAMIID.NotFound", "The image id '[%s]' does not exist in %s", id, region);
    else if (!dr_sim_is(source, "State", "available"))
        dr_sim_fail(call, 400, "InvalidRequest", "The image %s is not available for copying", id);
    else
        new_image(call, dr_sim_string(call, "Name", ""));
}

static void describe_images(struct dr_sim_call *call)
{
    answer_selected(call, "Images", table(call, IMAGE), "ImageIds", "InvalidAMIID.NotFound", "image");
}

static void answer_snapshot(struct dr_sim_call *call, const char *volume, int64_t size, bool whole)
{
    struct dr_sim_place place = dr_sim_place_of(call);
    char *id = dr_sim_hex_id(call->cloud, "snap-", 17);
    json_t *snapshot = make_snapshot(&place, id, volume, size, "pending");
    dr_sim_set_text(snapshot, "Description", dr_sim_string(call, "Description", ""));
    take_tags(call, snapshot, "snapshot");
    ready_later(&place, id, "ec2.snapshot", SNAPSHOT_MS);
    call->output = whole ? json_incref(snapshot)
                         : json_pack("{s:s,s:O}", "SnapshotId", id, "Tags", json_object_get(snapshot, "Tags"));
    free(id);
}

static void create_snapshot(struct dr_sim_call *call)
{
    answer_snapshot(call, dr_sim_string(call, "VolumeId", ""), 8, true);
}

static void copy_snapshot(struct dr_sim_call *call)
{
    const char *id = dr_sim_string(call, "SourceSnapshotId", ""), *region = dr_sim_string(call, "SourceRegion", "");
    const json_t *source = dr_sim_find(call->cloud, call->account, region, SNAPSHOT, id);
    if (!source || dr_sim_region_down(call->cloud, region))
        dr_sim_fail(call, 400, "InvalidSnapshot.NotFound", "The snapshot '%s' does not exist.", id);
    else if (!dr_sim_is(source, "State", "completed"))
        dr_sim_fail(call, 400, "IncorrectState", "The snapshot %s is not in the completed state", id);
    else
        answer_snapshot(call, "vol-ffffffff", dr_sim_int_in(source, "VolumeSize", 8), false);
}

static void describe_snapshots(struct dr_sim_call *call)
{
    answer_selected(call, "Snapshots", table(call, SNAPSHOT), "SnapshotIds", "InvalidSnapshot.NotFound", "snapshot");
}

/* --- Tags
 * ---------------------------------------------------------------------------------------------------------------------
 */

static void change_tags(struct dr_sim_call *call)
{
    static const char *const kinds[] = {INSTANCE, IMAGE, SNAPSHOT, "ec2.vpc", "ec2.subnet", "ec2.securityGroup"};
    struct dr_sim_place place = dr_sim_place_of(call);
    bool add = call->operation->name[0] == 'C';
    size_t i;
    json_t *id, *tag;
    json_array_foreach(json_object_get(call->input, "Resources"), i, id)
    {
        json_t *resource = NULL;
        for (size_t j = 0; j < sizeof kinds / sizeof *kinds && !resource; j++)
            resource = find(&place, kinds[j], json_string_value(id));
        if (!resource) {
            dr_sim_fail(call, 400, "InvalidID", "The ID '%s' is not valid", json_string_value(id));
            return;
        }
        json_t *tags = json_object_get(resource, "Tags"), *keys = json_array();
        size_t j;
        json_array_foreach(json_object_get(call->input, "Tags"), j, tag)
            json_array_append(keys, json_object_get(tag, "Key"));
        if (add)
            dr_sim_tags_add(tags, json_object_get(call->input, "Tags"), "Key");
        else
            dr_sim_tags_remove(tags, keys, "Key");
        json_decref(keys);
    }
}

static const struct dr_sim_operation operations[] = {
    {"CopyImage", copy_image, DR_SIM_CONTROL},
    {"CopySnapshot", copy_snapshot, DR_SIM_CONTROL},
    {"CreateImage", create_image, DR_SIM_CONTROL},
    {"CreateSnapshot", create_snapshot, DR_SIM_CONTROL},
    {"CreateTags", change_tags, DR_SIM_CONTROL},
    {"DeleteTags", change_tags, DR_SIM_CONTROL},
    {"DescribeAvailabilityZones", describe_availability_zones, DR_SIM_CONTROL},
    {"DescribeImages", describe_images, DR_SIM_CONTROL},
    {"DescribeInstanceStatus", describe_instance_status, DR_SIM_CONTROL},
    {"DescribeInstances", describe_instances, DR_SIM_CONTROL},
    {"DescribeRegions", describe_regions, DR_SIM_CONTROL},
    {"DescribeSecurityGroups", describe_security_groups, DR_SIM_CONTROL},
    {"DescribeSnapshots", describe_snapshots, DR_SIM_CONTROL},
    {"DescribeSubnets", describe_subnets, DR_SIM_CONTROL},
    {"DescribeVpcs", describe_vpcs, DR_SIM_CONTROL},
    {"RunInstances", run_instances, DR_SIM_CONTROL},
    {"StartInstances", start_instances, DR_SIM_CONTROL},
    {"StopInstances", stop_instances, DR_SIM_CONTROL},
    {"TerminateInstances", terminate_instances, DR_SIM_CONTROL},
    {NULL, NULL, DR_SIM_CONTROL},
};

static const struct dr_sim_event events[] = {{"ec2.instance", instance_happens}, {"ec2.ready", becomes}, {NULL, NULL}};

/* --- Worlds: { Instances: { NAME: { Id, InstanceType, State: running | stopped, Tags } }, Images: { NAME: ID },
 *               Snapshots: { ID: SIZE } } ----------------------------------------------------------------------------
 */

static bool load(struct dr_sim_cloud *cloud, const char *account, const char *region, const json_t *given,
                 char **ret_problem)
{
    (void)ret_problem;
    const struct dr_sim_place place = {cloud, account, region, dr_sim_now(cloud)};
    static const char *const members[] = {"InstanceType", "ImageId", NULL};
    const char *name;
    json_t *row;
    json_object_foreach(json_object_get(given, "Instances"), name, row)
    {
        char *made = dr_sim_steady_id(region, INSTANCE, name, 16), *usual = dr_format("i-0%s", made);
        const char *id = *dr_sim_text_in(row, "Id") ? dr_sim_text_in(row, "Id") : usual;
        const char *state = *dr_sim_text_in(row, "State") ? dr_sim_text_in(row, "State") : "running";
        json_t *given_members = json_object(), *tags = dr_sim_tags_of(json_object_get(row, "Tags"), "Key", "Value");
        dr_sim_take(given_members, row, members);
        json_array_append_new(tags, json_pack("{s:s,s:s}", "Key", "Name", "Value", name));
        json_t *instance = make_instance(&place, id, given_members);
        json_object_set_new(instance, "Tags", tags);
        set_state(instance, strcmp(state, "stopped") == 0 ? "stopped" : "running");
        dr_sim_set_int(instance, "_runningAt", place.now_ms - CHECKS_MS);
        json_decref(given_members);
        free(made);
        free(usual);
    }
    json_object_foreach(json_object_get(given, "Images"), name, row)
        make_image(&place, json_string_value(row) ? json_string_value(row) : "", name, "available");
    json_object_foreach(json_object_get(given, "Snapshots"), name, row)
        make_snapshot(&place, name, "vol-ffffffff", (int64_t)json_integer_value(row), "completed");
    return true;
}

const struct dr_sim_service dr_sim_ec2 = {.name = "ec2", .operations = operations, .events = events, .load = load};
