/* Elastic Load Balancing: load balancers, listeners, target groups. What targets do is in elbv2_targets.c. Source:
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/ */
#include "providers/simulated/services/elbv2_parts.h"

#include "interpreter/base/text.h"

#include <stdlib.h>
#include <string.h>

extern const struct dr_sim_service dr_sim_elbv2;

#define BALANCER "elbv2.loadBalancer"
#define LISTENER "elbv2.listener"
#define GROUP "elbv2.targetGroup"
#define PAGE_MAX 400
#define PROVISION_MS (2 * 60 * 1000)

static const struct {
    const char *region, *application, *network;
} zones[] = {
#define ELB_ZONE(region, application, network) {region, application, network},
#include "providers/simulated/services/elbv2_zones.def"
#undef ELB_ZONE
};

static const char *zone_id(const char *region, bool network)
{
    for (size_t i = 0; i < sizeof zones / sizeof *zones; i++)
        if (strcmp(zones[i].region, region) == 0)
            return network ? zones[i].network : zones[i].application;
    return network ? "ZSIMULATEDNLB" : "ZSIMULATEDALB";
}

static json_t *table(const struct dr_sim_place *place, const char *kind)
{
    return dr_sim_table(place->cloud, place->account, place->region, kind);
}

static json_t *find(const struct dr_sim_call *call, const char *kind, const char *member)
{
    return dr_sim_find(call->cloud, call->account, call->region, kind, dr_sim_string(call, member, ""));
}

static void no_balancer(struct dr_sim_call *call, const char *arn)
{
    dr_sim_fail(call, 400, "LoadBalancerNotFound", "Load balancers '[%s]' not found", arn);
}

static void no_group(struct dr_sim_call *call)
{
    dr_sim_fail(call, 400, "TargetGroupNotFound", "One or more target groups not found");
}

static void no_listener(struct dr_sim_call *call)
{
    dr_sim_fail(call, 400, "ListenerNotFound", "One or more listeners not found");
}

/* --- What the other services ask --------------------------------------------------------------------------------- */

static json_t *by_name(const struct dr_sim_place *place, const char *kind, const char *member, const char *name)
{
    const char *arn;
    json_t *resource;
    json_object_foreach(table(place, kind), arn, resource)
    {
        if (strcmp(arn, name) == 0 || dr_sim_is(resource, member, name))
            return resource;
    }
    return NULL;
}

json_t *dr_sim_elb_find(const struct dr_sim_place *place, const char *name_or_arn)
{
    return by_name(place, BALANCER, "LoadBalancerName", name_or_arn);
}

static const json_t *forwards_of(const json_t *actions)
{
    size_t i;
    json_t *action;
    json_array_foreach(actions, i, action)
    {
        if (dr_sim_is(action, "Type", "forward"))
            return json_object_get(json_object_get(action, "ForwardConfig"), "TargetGroups");
    }
    return NULL;
}

const json_t *dr_sim_elb_forwards(const struct dr_sim_place *place, const char *balancer_arn)
{
    const char *arn;
    json_t *listener;
    const json_t *found = NULL;
    json_object_foreach(table(place, LISTENER), arn, listener)
    {
        if (!dr_sim_is(listener, "LoadBalancerArn", balancer_arn))
            continue;
        const json_t *forwards = forwards_of(json_object_get(listener, "DefaultActions"));
        if (forwards && (!found || dr_sim_int_in(listener, "Port", 0) == 443))
            found = forwards;
    }
    return found;
}

/* As Route 53 sees it: every group that gets requests has a healthy target.
 * https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resource-record-sets-values-alias-common.html */
static bool is_healthy(struct dr_sim_cloud *cloud, const char *kind, const char *account, const char *region,
                       const char *id, int64_t now_ms)
{
    (void)kind;
    const struct dr_sim_place place = {cloud, account, region, now_ms};
    const json_t *forwards = dr_sim_elb_forwards(&place, id);
    bool healthy = json_array_size(forwards) > 0;
    size_t i;
    json_t *forward;
    json_array_foreach(forwards, i, forward)
    {
        if (dr_sim_int_in(forward, "Weight", 1) > 0)
            healthy = healthy && dr_sim_elb_healthy(&place, dr_sim_text_in(forward, "TargetGroupArn"), NULL) > 0;
    }
    return healthy;
}

/* Each group lists the load balancers whose listeners forward to it. */
static void relink(const struct dr_sim_place *place)
{
    const char *arn, *group_arn;
    json_t *listener, *group;
    json_object_foreach(table(place, GROUP), group_arn, group)
        json_object_set_new(group, "LoadBalancerArns", json_array());
    json_object_foreach(table(place, LISTENER), arn, listener)
    {
        size_t i;
        json_t *forward;
        json_array_foreach(forwards_of(json_object_get(listener, "DefaultActions")), i, forward)
        {
            json_t *linked = json_object_get(
                json_object_get(table(place, GROUP), dr_sim_text_in(forward, "TargetGroupArn")), "LoadBalancerArns");
            if (!dr_sim_lists(linked, dr_sim_text_in(listener, "LoadBalancerArn")))
                json_array_append(linked, json_object_get(listener, "LoadBalancerArn"));
        }
    }
}

/* --- Making ------------------------------------------------------------------------------------------------------- */

static json_t *make_zones(const struct dr_sim_place *place, const json_t *subnets)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < 2 || i < json_array_size(subnets); i++) {
        if (subnets && i >= json_array_size(subnets))
            break;
        char *zone = dr_sim_zone_of(place->region, i);
        char *made = dr_sim_steady_id(place->region, "subnet", zone, 8);
        char *id = dr_format("subnet-%s", made);
        const char *given = json_string_value(json_array_get(subnets, i));
        json_array_append_new(list, json_pack("{s:s,s:s,s:[]}", "ZoneName", zone, "SubnetId", given ? given : id,
                                              "LoadBalancerAddresses"));
        free(zone);
        free(made);
        free(id);
    }
    return list;
}

/* `ready`: it was there before the simulation began. The resource, borrowed. */
static json_t *make_balancer(const struct dr_sim_place *place, const char *name, const json_t *given, bool ready)
{
    bool network = dr_sim_is(given, "Type", "network");
    const char *scheme = *dr_sim_text_in(given, "Scheme") ? dr_sim_text_in(given, "Scheme") : "internet-facing";
    char *id = dr_sim_steady_id(place->region, BALANCER, name, 16);
    char *arn = dr_sim_arn("elasticloadbalancing", place->region, place->account, "loadbalancer/%s/%s/%s",
                           network ? "net" : "app", name, id);
    char *host = network
                     ? dr_format("%s-%s.elb.%s.amazonaws.com", name, id, place->region)
                     : dr_format("%s%s-%llu.%s.elb.amazonaws.com", strcmp(scheme, "internal") == 0 ? "internal-" : "",
                                 name, strtoull(id, NULL, 16) % 2000000000ULL + 1, place->region);
    const char *dns = *dr_sim_text_in(given, "DNSName") ? dr_sim_text_in(given, "DNSName") : host;
    const char *ip = *dr_sim_text_in(given, "IpAddressType") ? dr_sim_text_in(given, "IpAddressType") : "ipv4";
    const json_t *groups = json_object_get(given, "SecurityGroups");
    char *vpc_id = dr_sim_steady_id(place->region, "vpc", "default", 8), *vpc = dr_format("vpc-%s", vpc_id);
    json_t *balancer = json_pack(
        "{s:s,s:s,s:s,s:s,s:s,s:s,s:{s:s},s:s,s:o,s:o,s:s,s:o}", "LoadBalancerArn", arn, "DNSName", dns,
        "CanonicalHostedZoneId", zone_id(place->region, network), "LoadBalancerName", name, "Scheme", scheme, "VpcId",
        vpc, "State", "Code", ready ? "active" : "provisioning", "Type", network ? "network" : "application",
        "AvailabilityZones", make_zones(place, json_object_get(given, "Subnets")), "SecurityGroups",
        groups ? json_deep_copy(groups) : json_array(), "IpAddressType", ip, "_tags", json_array());
    dr_sim_set_time(balancer, "CreatedTime", place->now_ms);
    dr_sim_put(place->cloud, place->account, place->region, BALANCER, arn, balancer);
    if (!ready)
        dr_sim_schedule(place->cloud, place->now_ms + dr_sim_timing(place->cloud, "elbv2.provision", PROVISION_MS),
                        "elbv2.active", place->account, place->region, arn, NULL);
    free(id);
    free(arn);
    free(host);
    free(vpc_id);
    free(vpc);
    return balancer;
}

static void become_active(const struct dr_sim_happening *happening)
{
    json_t *balancer = dr_sim_find(happening->cloud, happening->account, happening->region, BALANCER, happening->id);
    if (balancer)
        json_object_set_new(balancer, "State", json_pack("{s:s}", "Code", "active"));
}

static const char *const group_members[] = {"Protocol",
                                            "ProtocolVersion",
                                            "Port",
                                            "VpcId",
                                            "HealthCheckProtocol",
                                            "HealthCheckPort",
                                            "HealthCheckEnabled",
                                            "HealthCheckPath",
                                            "HealthCheckIntervalSeconds",
                                            "HealthCheckTimeoutSeconds",
                                            "HealthyThresholdCount",
                                            "UnhealthyThresholdCount",
                                            "Matcher",
                                            "TargetType",
                                            "IpAddressType",
                                            NULL};

static json_t *make_group(const struct dr_sim_place *place, const char *name, const json_t *given)
{
    char *id = dr_sim_steady_id(place->region, GROUP, name, 16);
    char *arn = dr_sim_arn("elasticloadbalancing", place->region, place->account, "targetgroup/%s/%s", name, id);
    json_t *group = json_pack(
        "{s:s,s:s,s:s,s:i,s:s,s:s,s:b,s:i,s:i,s:i,s:i,s:s,s:{s:s},s:[],s:s,s:s,s:s}", "TargetGroupArn", arn,
        "TargetGroupName", name, "Protocol", "HTTP", "Port", 80, "HealthCheckProtocol", "HTTP", "HealthCheckPort",
        "traffic-port", "HealthCheckEnabled", 1, "HealthCheckIntervalSeconds", 30, "HealthCheckTimeoutSeconds", 5,
        "HealthyThresholdCount", 5, "UnhealthyThresholdCount", 2, "HealthCheckPath", "/", "Matcher", "HttpCode", "200",
        "LoadBalancerArns", "TargetType", "instance", "ProtocolVersion", "HTTP1", "IpAddressType", "ipv4");
    dr_sim_take(group, given, group_members);
    json_object_set_new(group, "_tags", json_array());
    json_object_set_new(group, "_targets", json_object());
    json_object_set_new(group, "_history", json_array());
    json_object_set_new(group, "_attributes",
                        json_pack("{s:s,s:s,s:s,s:s}", "deregistration_delay.timeout_seconds", "300",
                                  "stickiness.enabled", "false", "slow_start.duration_seconds", "0",
                                  "load_balancing.algorithm.type", "round_robin"));
    dr_sim_put(place->cloud, place->account, place->region, GROUP, arn, group);
    free(id);
    free(arn);
    return group;
}

/* As AWS shows them: a forward has its groups in ForwardConfig too. New. */
static json_t *full_actions(const json_t *actions)
{
    json_t *list = json_deep_copy(actions), *action;
    size_t i;
    json_array_foreach(list, i, action)
    {
        json_t *config = json_object_get(action, "ForwardConfig"), *groups = json_object_get(config, "TargetGroups"),
               *group;
        if (!dr_sim_is(action, "Type", "forward"))
            continue;
        size_t j;
        json_array_foreach(groups, j, group)
        {
            if (!json_object_get(group, "Weight"))
                dr_sim_set_int(group, "Weight", 1);
        }
        if (json_array_size(groups) == 1)
            json_object_set(action, "TargetGroupArn", json_object_get(json_array_get(groups, 0), "TargetGroupArn"));
        else if (!groups)
            json_object_set_new(action, "ForwardConfig",
                                json_pack("{s:[{s:O,s:i}],s:{s:b}}", "TargetGroups", "TargetGroupArn",
                                          json_object_get(action, "TargetGroupArn"), "Weight", 1,
                                          "TargetGroupStickinessConfig", "Enabled", 0));
    }
    return list;
}

static json_t *make_listener(const struct dr_sim_place *place, const json_t *balancer, int64_t port,
                             const char *protocol, const json_t *actions)
{
    const char *balancer_arn = dr_sim_text_in(balancer, "LoadBalancerArn");
    char *number = dr_format("%lld", (long long)port);
    char *id = dr_sim_steady_id(balancer_arn, LISTENER, number, 16);
    const char *tail = strstr(balancer_arn, "loadbalancer/");
    char *arn = dr_sim_arn("elasticloadbalancing", place->region, place->account, "listener/%s/%s",
                           tail ? tail + strlen("loadbalancer/") : "", id);
    json_t *listener =
        json_pack("{s:s,s:s,s:I,s:s,s:o,s:[]}", "ListenerArn", arn, "LoadBalancerArn", balancer_arn, "Port",
                  (json_int_t)port, "Protocol", protocol, "DefaultActions", full_actions(actions), "_tags");
    dr_sim_put(place->cloud, place->account, place->region, LISTENER, arn, listener);
    relink(place);
    free(number);
    free(id);
    free(arn);
    return listener;
}

/* --- Load balancers ------------------------------------------------------------------------------------------------
 */

static void answer_one(struct dr_sim_call *call, const char *member, json_t *resource)
{
    call->output = json_pack("{s:[O]}", member, resource);
}

static void create_load_balancer(struct dr_sim_call *call)
{
    struct dr_sim_place place = dr_sim_place_of(call);
    const char *name = dr_sim_string(call, "Name", "");
    if (by_name(&place, BALANCER, "LoadBalancerName", name)) {
        dr_sim_fail(call, 400, "DuplicateLoadBalancerName",
                    "A load balancer with the same name '%s' exists, but with different settings", name);
        return;
    }
    json_t *balancer = make_balancer(&place, name, call->input, false);
    dr_sim_tags_add(json_object_get(balancer, "_tags"), json_object_get(call->input, "Tags"), "Key");
    answer_one(call, "LoadBalancers", balancer);
}

static void delete_load_balancer(struct dr_sim_call *call)
{
    struct dr_sim_place place = dr_sim_place_of(call);
    const char *arn = dr_sim_string(call, "LoadBalancerArn", ""), *listener_arn;
    json_t *listener;
    void *next;
    json_object_foreach_safe(table(&place, LISTENER), next, listener_arn, listener)
    {
        if (dr_sim_is(listener, "LoadBalancerArn", arn))
            dr_sim_remove(call->cloud, call->account, call->region, LISTENER, listener_arn);
    }
    dr_sim_remove(call->cloud, call->account, call->region, BALANCER, arn); /* deleting it twice is no error */
    relink(&place);
}

/* The resources whose ids or names are asked for, or all that `member` of is `value`. NULL: one is missing. */
static json_t *select_from(json_t *all, const json_t *arns, const json_t *names, const char *name_member)
{
    json_t *found = json_array(), *resource;
    const char *arn;
    json_object_foreach(all, arn, resource)
    {
        bool wanted =
            (!arns && !names) || dr_sim_lists(arns, arn) || dr_sim_lists(names, dr_sim_text_in(resource, name_member));
        if (wanted)
            json_array_append(found, resource);
    }
    if (json_array_size(found) >= json_array_size(arns) + json_array_size(names))
        return found;
    json_decref(found);
    return NULL;
}

static void describe_load_balancers(struct dr_sim_call *call)
{
    struct dr_sim_place place = dr_sim_place_of(call);
    const json_t *arns = json_object_get(call->input, "LoadBalancerArns"),
                 *names = json_object_get(call->input, "Names");
    json_t *found = select_from(table(&place, BALANCER), arns, names, "LoadBalancerName");
    if (found)
        dr_sim_page(call, "LoadBalancers", found, PAGE_MAX, "ValidationError");
    else
        no_balancer(call, json_string_value(json_array_get(arns ? arns : names, 0)));
    json_decref(found);
}

static void describe_load_balancer_attributes(struct dr_sim_call *call)
{
    if (!find(call, BALANCER, "LoadBalancerArn"))
        no_balancer(call, dr_sim_string(call, "LoadBalancerArn", ""));
    else
        call->output = json_pack("{s:[{s:s,s:s},{s:s,s:s},{s:s,s:s}]}", "Attributes", "Key",
                                 "deletion_protection.enabled", "Value", "false", "Key", "idle_timeout.timeout_seconds",
                                 "Value", "60", "Key", "load_balancing.cross_zone.enabled", "Value", "true");
}

/* --- Target groups --------------------------------------------------------------------------------------------------
 */

static void create_target_group(struct dr_sim_call *call)
{
    struct dr_sim_place place = dr_sim_place_of(call);
    const char *name = dr_sim_string(call, "Name", "");
    if (by_name(&place, GROUP, "TargetGroupName", name)) {
        dr_sim_fail(call, 400, "DuplicateTargetGroupName",
                    "A target group with the same name '%s' exists, but with different settings", name);
        return;
    }
    json_t *group = make_group(&place, name, call->input);
    dr_sim_tags_add(json_object_get(group, "_tags"), json_object_get(call->input, "Tags"), "Key");
    answer_one(call, "TargetGroups", group);
}

static void delete_target_group(struct dr_sim_call *call)
{
    const json_t *group = find(call, GROUP, "TargetGroupArn");
    const char *arn = dr_sim_string(call, "TargetGroupArn", "");
    if (json_array_size(json_object_get(group, "LoadBalancerArns")) > 0)
        dr_sim_fail(call, 400, "ResourceInUse", "Target group '%s' is currently in use by a listener or a rule", arn);
    else
        dr_sim_remove(call->cloud, call->account, call->region, GROUP, arn);
}

static void describe_target_groups(struct dr_sim_call *call)
{
    struct dr_sim_place place = dr_sim_place_of(call);
    const char *balancer = dr_sim_string(call, "LoadBalancerArn", "");
    json_t *found = select_from(table(&place, GROUP), json_object_get(call->input, "TargetGroupArns"),
                                json_object_get(call->input, "Names"), "TargetGroupName");
    for (size_t i = json_array_size(found); *balancer && i-- > 0;)
        if (!dr_sim_lists(json_object_get(json_array_get(found, i), "LoadBalancerArns"), balancer))
            json_array_remove(found, i);
    if (found)
        dr_sim_page(call, "TargetGroups", found, PAGE_MAX, "ValidationError");
    else
        no_group(call);
    json_decref(found);
}

static void modify_target_group(struct dr_sim_call *call)
{
    json_t *group = find(call, GROUP, "TargetGroupArn");
    if (!group) {
        no_group(call);
        return;
    }
    dr_sim_take(group, call->input, group_members);
    answer_one(call, "TargetGroups", group);
}

static void answer_attributes(struct dr_sim_call *call, const json_t *group)
{
    json_t *list = json_array(), *value;
    const char *key;
    json_object_foreach(json_object_get(group, "_attributes"), key, value)
        json_array_append_new(list, json_pack("{s:s,s:O}", "Key", key, "Value", value));
    call->output = json_pack("{s:o}", "Attributes", list);
}

static void describe_target_group_attributes(struct dr_sim_call *call)
{
    const json_t *group = find(call, GROUP, "TargetGroupArn");
    if (group)
        answer_attributes(call, group);
    else
        no_group(call);
}

static void modify_target_group_attributes(struct dr_sim_call *call)
{
    json_t *group = find(call, GROUP, "TargetGroupArn"), *attribute;
    if (!group) {
        no_group(call);
        return;
    }
    size_t i;
    json_array_foreach(json_object_get(call->input, "Attributes"), i, attribute) json_object_set(
        json_object_get(group, "_attributes"), dr_sim_text_in(attribute, "Key"), json_object_get(attribute, "Value"));
    answer_attributes(call, group);
}

/* --- Targets --------------------------------------------------------------------------------------------------------
 */

static void register_targets(struct dr_sim_call *call)
{
    struct dr_sim_place place = dr_sim_place_of(call);
    const json_t *group = find(call, GROUP, "TargetGroupArn");
    if (!group) {
        no_group(call);
        return;
    }
    bool instances = dr_sim_is(group, "TargetType", "instance");
    const json_t *targets = json_object_get(call->input, "Targets");
    json_t *target;
    size_t i;
    int64_t since_ms;
    json_array_foreach(targets, i, target)
    {
        const char *id = dr_sim_text_in(target, "Id");
        if (instances && !dr_sim_ec2_is_running(&place, id, &since_ms)) {
            dr_sim_fail(call, 400, "InvalidTarget",
                        "The following targets are not in a running state and cannot be registered: '%s'", id);
            return;
        }
    }
    json_array_foreach(targets, i, target)
    {
        const char *id = dr_sim_text_in(target, "Id");
        bool answers = dr_sim_ec2_is_running(&place, id, &since_ms);
        dr_sim_elb_register(&place, dr_sim_text_in(group, "TargetGroupArn"), id, dr_sim_int_in(target, "Port", 0),
                            answers ? since_ms : INT64_MAX);
    }
}

static void deregister_targets(struct dr_sim_call *call)
{
    struct dr_sim_place place = dr_sim_place_of(call);
    if (!find(call, GROUP, "TargetGroupArn")) {
        no_group(call);
        return;
    }
    json_t *target;
    size_t i;
    json_array_foreach(json_object_get(call->input, "Targets"), i, target)
        dr_sim_elb_deregister(&place, dr_sim_string(call, "TargetGroupArn", ""), dr_sim_text_in(target, "Id"),
                              dr_sim_int_in(target, "Port", 0));
}

static bool is_asked(const json_t *asked, const json_t *target)
{
    size_t i;
    json_t *one;
    json_array_foreach(asked, i, one)
    {
        const json_t *port = json_object_get(one, "Port");
        if (dr_sim_is(target, "Id", dr_sim_text_in(one, "Id")) &&
            (!port || json_equal(port, json_object_get(target, "Port"))))
            return true;
    }
    return !asked;
}

static void describe_target_health(struct dr_sim_call *call)
{
    const json_t *group = find(call, GROUP, "TargetGroupArn"), *asked = json_object_get(call->input, "Targets");
    if (!group) {
        no_group(call);
        return;
    }
    bool used = json_array_size(json_object_get(group, "LoadBalancerArns")) > 0;
    json_t *list = json_array(), *target;
    const char *key;
    json_object_foreach(json_object_get(group, "_targets"), key, target)
    {
        if (!is_asked(asked, json_object_get(target, "Target")))
            continue;
        json_t *shown = json_copy(target);
        if (!used)
            json_object_set_new(shown, "TargetHealth", dr_sim_elb_health("unused", "Target.NotInUse"));
        json_array_append_new(list, shown);
    }
    size_t i;
    json_t *one;
    json_array_foreach(asked, i, one) /* what is asked for by name and is not there */
    {
        bool found = false;
        json_object_foreach(json_object_get(group, "_targets"), key, target) found =
            found || dr_sim_is(json_object_get(target, "Target"), "Id", dr_sim_text_in(one, "Id"));
        if (!found)
            json_array_append_new(list, json_pack("{s:O,s:{s:s,s:s,s:s}}", "Target", one, "TargetHealth", "State",
                                                  "unused", "Reason", "Target.NotRegistered", "Description",
                                                  "Target is not registered to the target group"));
    }
    call->output = json_pack("{s:o}", "TargetHealthDescriptions", list);
}

/* --- Listeners ------------------------------------------------------------------------------------------------------
 */

static bool groups_exist(struct dr_sim_call *call, const json_t *actions)
{
    struct dr_sim_place place = dr_sim_place_of(call);
    json_t *full = full_actions(actions), *forward;
    size_t i;
    bool good = true;
    json_array_foreach(forwards_of(full), i, forward) good =
        good && json_object_get(table(&place, GROUP), dr_sim_text_in(forward, "TargetGroupArn"));
    json_decref(full);
    if (!good)
        no_group(call);
    return good;
}

static void create_listener(struct dr_sim_call *call)
{
    struct dr_sim_place place = dr_sim_place_of(call);
    const json_t *balancer = find(call, BALANCER, "LoadBalancerArn"),
                 *actions = json_object_get(call->input, "DefaultActions");
    const char *balancer_arn = dr_sim_string(call, "LoadBalancerArn", ""), *arn;
    int64_t port = dr_sim_int(call, "Port", 80);
    json_t *listener;
    if (!balancer) {
        no_balancer(call, balancer_arn);
        return;
    }
    json_object_foreach(table(&place, LISTENER), arn, listener)
    {
        if (dr_sim_is(listener, "LoadBalancerArn", balancer_arn) && dr_sim_int_in(listener, "Port", 0) == port) {
            dr_sim_fail(call, 400, "DuplicateListener",
                        "A listener already exists on this port for this load balancer");
            return;
        }
    }
    if (groups_exist(call, actions))
        answer_one(call, "Listeners",
                   make_listener(&place, balancer, port, dr_sim_string(call, "Protocol", "HTTP"), actions));
}

static void delete_listener(struct dr_sim_call *call)
{
    struct dr_sim_place place = dr_sim_place_of(call);
    if (!find(call, LISTENER, "ListenerArn")) {
        no_listener(call);
        return;
    }
    dr_sim_remove(call->cloud, call->account, call->region, LISTENER, dr_sim_string(call, "ListenerArn", ""));
    relink(&place);
}

static void describe_listeners(struct dr_sim_call *call)
{
    struct dr_sim_place place = dr_sim_place_of(call);
    const char *balancer = dr_sim_string(call, "LoadBalancerArn", "");
    if (*balancer && !find(call, BALANCER, "LoadBalancerArn")) {
        no_balancer(call, balancer);
        return;
    }
    json_t *found =
        select_from(table(&place, LISTENER), json_object_get(call->input, "ListenerArns"), NULL, "ListenerArn");
    for (size_t i = json_array_size(found); *balancer && i-- > 0;)
        if (!dr_sim_is(json_array_get(found, i), "LoadBalancerArn", balancer))
            json_array_remove(found, i);
    if (found)
        dr_sim_page(call, "Listeners", found, PAGE_MAX, "ValidationError");
    else
        no_listener(call);
    json_decref(found);
}

static void modify_listener(struct dr_sim_call *call)
{
    static const char *const members[] = {"Port", "Protocol", "SslPolicy", "Certificates", NULL};
    struct dr_sim_place place = dr_sim_place_of(call);
    json_t *listener = find(call, LISTENER, "ListenerArn");
    const json_t *actions = json_object_get(call->input, "DefaultActions");
    if (!listener) {
        no_listener(call);
        return;
    }
    if (actions && !groups_exist(call, actions))
        return;
    dr_sim_take(listener, call->input, members);
    if (actions)
        json_object_set_new(listener, "DefaultActions", full_actions(actions));
    relink(&place);
    answer_one(call, "Listeners", listener);
}

/* A listener's one rule is its default; others are not simulated (CreateRule says so). */
static void describe_rules(struct dr_sim_call *call)
{
    const json_t *listener = find(call, LISTENER, "ListenerArn");
    if (!listener) {
        no_listener(call);
        return;
    }
    const char *arn = dr_sim_text_in(listener, "ListenerArn"), *tail = strstr(arn, ":listener/");
    char *id = dr_sim_steady_id(arn, "rule", "default", 16);
    char *rule = dr_format("%.*s:listener-rule/%s/%s", (int)(tail ? tail - arn : 0), arn,
                           tail ? tail + strlen(":listener/") : "", id);
    json_t *all = json_pack("[{s:s,s:s,s:[],s:O,s:b}]", "RuleArn", rule, "Priority", "default", "Conditions", "Actions",
                            json_object_get(listener, "DefaultActions"), "IsDefault", 1);
    dr_sim_page(call, "Rules", all, PAGE_MAX, "ValidationError");
    json_decref(all);
    free(id);
    free(rule);
}

/* --- Tags ------------------------------------------------------------------------------------------------------------
 */

static json_t *find_any(struct dr_sim_call *call, const char *arn)
{
    static const char *const kinds[] = {BALANCER, GROUP, LISTENER};
    json_t *found = NULL;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds && !found; i++)
        found = dr_sim_find(call->cloud, call->account, call->region, kinds[i], arn);
    if (!found && strstr(arn, ":targetgroup/"))
        no_group(call);
    else if (!found)
        no_balancer(call, arn);
    return found;
}

static void change_tags(struct dr_sim_call *call)
{
    size_t i;
    json_t *arn;
    json_array_foreach(json_object_get(call->input, "ResourceArns"), i, arn)
    {
        json_t *resource = find_any(call, json_string_value(arn));
        if (!resource)
            return;
        dr_sim_tags_add(json_object_get(resource, "_tags"), json_object_get(call->input, "Tags"), "Key");
        dr_sim_tags_remove(json_object_get(resource, "_tags"), json_object_get(call->input, "TagKeys"), "Key");
    }
}

static void describe_tags(struct dr_sim_call *call)
{
    json_t *list = json_array(), *arn;
    size_t i;
    json_array_foreach(json_object_get(call->input, "ResourceArns"), i, arn)
    {
        const json_t *resource = find_any(call, json_string_value(arn));
        if (!resource)
            break;
        json_array_append_new(list,
                              json_pack("{s:O,s:O}", "ResourceArn", arn, "Tags", json_object_get(resource, "_tags")));
    }
    call->output = json_pack("{s:o}", "TagDescriptions", list);
}

static const struct dr_sim_operation operations[] = {
    {"AddTags", change_tags, DR_SIM_CONTROL},
    {"CreateListener", create_listener, DR_SIM_CONTROL},
    {"CreateLoadBalancer", create_load_balancer, DR_SIM_CONTROL},
    {"CreateTargetGroup", create_target_group, DR_SIM_CONTROL},
    {"DeleteListener", delete_listener, DR_SIM_CONTROL},
    {"DeleteLoadBalancer", delete_load_balancer, DR_SIM_CONTROL},
    {"DeleteTargetGroup", delete_target_group, DR_SIM_CONTROL},
    {"DeregisterTargets", deregister_targets, DR_SIM_CONTROL},
    {"DescribeListeners", describe_listeners, DR_SIM_CONTROL},
    {"DescribeLoadBalancerAttributes", describe_load_balancer_attributes, DR_SIM_CONTROL},
    {"DescribeLoadBalancers", describe_load_balancers, DR_SIM_CONTROL},
    {"DescribeRules", describe_rules, DR_SIM_CONTROL},
    {"DescribeTags", describe_tags, DR_SIM_CONTROL},
    {"DescribeTargetGroupAttributes", describe_target_group_attributes, DR_SIM_CONTROL},
    {"DescribeTargetGroups", describe_target_groups, DR_SIM_CONTROL},
    {"DescribeTargetHealth", describe_target_health, DR_SIM_CONTROL},
    {"ModifyListener", modify_listener, DR_SIM_CONTROL},
    {"ModifyTargetGroup", modify_target_group, DR_SIM_CONTROL},
    {"ModifyTargetGroupAttributes", modify_target_group_attributes, DR_SIM_CONTROL},
    {"RegisterTargets", register_targets, DR_SIM_CONTROL},
    {"RemoveTags", change_tags, DR_SIM_CONTROL},
    {NULL, NULL, DR_SIM_CONTROL},
};

static const struct dr_sim_event events[] = {
    {"elbv2.active", become_active}, {"elbv2.target", dr_sim_elb_happen}, {NULL, NULL}};

/* --- Worlds
 * ------------------------------------------------------------------------------------------------------------ {
 * TargetGroups: { NAME: { members of a target group, DeregistrationDelaySeconds, Targets: COUNT } }, LoadBalancers: {
 * NAME: { Type, Scheme, DNSName, Listeners: { PORT: NAME, or { NAME: WEIGHT } } } } } A load balancer without listeners
 * forwards port 443 to the target group of its own name, which is made if need be. */

/* Targets that the world has without a service of its own, and which always answer. */
static void add_targets(const struct dr_sim_place *place, json_t *group, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        char *address = dr_sim_private_ipv4(place->cloud);
        dr_sim_elb_register(place, dr_sim_text_in(group, "TargetGroupArn"), address, 0, place->now_ms);
        free(address);
    }
    const char *key;
    json_t *target;
    json_object_foreach(json_object_get(group, "_targets"), key, target)
    {
        json_object_set_new(target, "TargetHealth", dr_sim_elb_health("healthy", NULL));
        char *id = dr_format("%s %s", dr_sim_text_in(group, "TargetGroupArn"), key);
        dr_sim_unschedule(place->cloud, "elbv2.target", place->account, place->region, id);
        free(id);
    }
}

static void load_group(const struct dr_sim_place *place, const char *name, const json_t *given)
{
    json_t *group = make_group(place, name, given);
    const json_t *delay = json_object_get(given, "DeregistrationDelaySeconds");
    if (!json_object_get(given, "TargetType"))
        dr_sim_set_text(group, "TargetType", "ip"); /* what Fargate's services need */
    if (delay) {
        char *text = dr_format("%lld", (long long)json_integer_value(delay));
        dr_sim_set_text(json_object_get(group, "_attributes"), "deregistration_delay.timeout_seconds", text);
        free(text);
    }
    add_targets(place, group, dr_sim_int_in(given, "Targets", 0));
}

static json_t *forward_to(const struct dr_sim_place *place, const char *balancer, const char *port, const json_t *given,
                          char **ret_problem)
{
    json_t *groups = json_array(), *weight, *whole = NULL;
    const char *name;
    if (json_is_string(given))
        given = whole = json_pack("{s:i}", json_string_value(given), 1);
    json_object_foreach((json_t *)(uintptr_t)given, name, weight)
    {
        const json_t *group = by_name(place, GROUP, "TargetGroupName", name);
        if (!group && !*ret_problem)
            *ret_problem =
                dr_format("elbv2.LoadBalancers.%s.Listeners.%s: there is no target group %s", balancer, port, name);
        json_array_append_new(groups, json_pack("{s:s,s:O}", "TargetGroupArn", dr_sim_text_in(group, "TargetGroupArn"),
                                                "Weight", weight));
    }
    json_decref(whole);
    return json_pack("[{s:s,s:{s:o}}]", "Type", "forward", "ForwardConfig", "TargetGroups", groups);
}

static bool load_balancer(const struct dr_sim_place *place, const char *name, const json_t *given, char **ret_problem)
{
    json_t *balancer = make_balancer(place, name, given, true), *target;
    json_t *listeners = json_object_get(given, "Listeners"), *usual = NULL;
    bool network = dr_sim_is(given, "Type", "network");
    if (!listeners) {
        listeners = usual = json_pack("{s:s}", network ? "80" : "443", name);
        if (!by_name(place, GROUP, "TargetGroupName", name))
            load_group(place, name, NULL);
    }
    const char *port;
    json_object_foreach(listeners, port, target)
    {
        json_t *actions = forward_to(place, name, port, target, ret_problem);
        const char *protocol = network ? "TCP" : strcmp(port, "443") == 0 ? "HTTPS" : "HTTP";
        if (!*ret_problem)
            make_listener(place, balancer, strtoll(port, NULL, 10), protocol, actions);
        json_decref(actions);
    }
    json_decref(usual);
    return !*ret_problem;
}

static bool load(struct dr_sim_cloud *cloud, const char *account, const char *region, const json_t *given,
                 char **ret_problem)
{
    const struct dr_sim_place place = {cloud, account, region, dr_sim_now(cloud)};
    const char *name;
    json_t *row;
    json_object_foreach(json_object_get(given, "TargetGroups"), name, row) load_group(&place, name, row);
    json_object_foreach(json_object_get(given, "LoadBalancers"), name, row)
    {
        if (!load_balancer(&place, name, row, ret_problem))
            return false;
    }
    return true;
}

/* CloudWatch: HealthyHostCount and UnHealthyHostCount by TargetGroup, "targetgroup/NAME/ID". */

static bool metric(struct dr_sim_cloud *cloud, const char *account, const char *region, const char *metric_namespace,
                   const char *name, const json_t *dimensions, int64_t at_ms, double *ret_value)
{
    bool healthy = strcmp(name, "HealthyHostCount") == 0;
    if ((strcmp(metric_namespace, "AWS/ApplicationELB") != 0 && strcmp(metric_namespace, "AWS/NetworkELB") != 0) ||
        (!healthy && strcmp(name, "UnHealthyHostCount") != 0))
        return false;
    const char *wanted = dr_sim_dimension(dimensions, "TargetGroup"), *arn;
    json_t *group;
    json_object_foreach(dr_sim_table(cloud, account, region, GROUP), arn, group)
    {
        const char *tail = strstr(arn, "targetgroup/");
        if (!tail || strcmp(tail, wanted) != 0)
            continue;
        const json_t *history = json_object_get(group, "_history"), *row = NULL;
        for (size_t i = json_array_size(history); i-- > 0 && !row;)
            if (json_integer_value(json_array_get(json_array_get(history, i), 0)) <= at_ms)
                row = json_array_get(history, i);
        *ret_value = (double)json_integer_value(json_array_get(row, healthy ? 1 : 2));
        return true;
    }
    return false;
}

const struct dr_sim_service dr_sim_elbv2 = {
    .name = "elbv2", .operations = operations, .events = events, .load = load, .metric = metric, .healthy = is_healthy};
