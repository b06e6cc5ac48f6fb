/* The targets of load balancers and what their health checks find. A check happens each interval from the registration
 * on; only the check that changes a state is an event. Sources:
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html (states, reasons,
 * thresholds; one passed check after the registration is enough), .../edit-target-group-attributes.html (the
 * deregistration delay). */
#include "providers/simulated/services/elbv2_parts.h"

#include "interpreter/base/text.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_CHECK_MS 1000 /* after the registration */
#define HISTORY_MAX 4096

static const struct {
    const char *reason, *description;
} reasons[] = {
    {"Elb.RegistrationInProgress", "Target registration is in progress"},
    {"Elb.InitialHealthChecking", "Initial health checks in progress"},
    {"Target.Timeout", "Request timed out"},
    {"Target.FailedHealthChecks", "Health checks failed"},
    {"Target.DeregistrationInProgress", "Target deregistration is in progress"},
    {"Target.NotInUse", "Target group is not configured to receive traffic from the load balancer"},
};

json_t *dr_sim_elb_health(const char *state, const char *reason)
{
    json_t *health = json_pack("{s:s}", "State", state);
    if (reason)
        dr_sim_set_text(health, "Reason", reason);
    for (size_t i = 0; reason && i < sizeof reasons / sizeof *reasons; i++)
        if (strcmp(reason, reasons[i].reason) == 0)
            dr_sim_set_text(health, "Description", reasons[i].description);
    return health;
}

static json_t *find_group(const struct dr_sim_place *place, const char *arn)
{
    return dr_sim_find(place->cloud, place->account, place->region, "elbv2.targetGroup", arn);
}

static char *key_of(const json_t *group, const char *id, int64_t port)
{
    return dr_format("%s:%lld", id, (long long)(port > 0 ? port : dr_sim_int_in(group, "Port", 0)));
}

static const char *state_of(const json_t *target)
{
    return dr_sim_text_in(json_object_get(target, "TargetHealth"), "State");
}

/* What CloudWatch will ask for later: how many were healthy since when. */
static void write_history(const struct dr_sim_place *place, json_t *group)
{
    unsigned unhealthy, healthy = dr_sim_elb_healthy(place, dr_sim_text_in(group, "TargetGroupArn"), &unhealthy);
    json_t *history = json_object_get(group, "_history");
    if (json_array_size(history) >= HISTORY_MAX)
        json_array_remove(history, 0);
    json_array_append_new(history, json_pack("[I,i,i]", (json_int_t)place->now_ms, (int)healthy, (int)unhealthy));
}

static void turn(const struct dr_sim_place *place, json_t *group, json_t *target, const char *state, const char *reason)
{
    json_object_set_new(target, "TargetHealth", dr_sim_elb_health(state, reason));
    write_history(place, group);
    dr_sim_ecs_target_turned(place, dr_sim_text_in(group, "TargetGroupArn"),
                             dr_sim_text_in(json_object_get(target, "Target"), "Id"), state, reason ? reason : "");
}

/* The time of the `count`-th check at or after `from_ms`. */
static int64_t check_after(const json_t *group, const json_t *target, int64_t from_ms, int64_t count)
{
    int64_t interval = 1000 * dr_sim_int_in(group, "HealthCheckIntervalSeconds", 30);
    int64_t first = dr_sim_int_in(target, "_registeredAt", 0) + FIRST_CHECK_MS;
    int64_t passed = from_ms > first ? (from_ms - first + interval - 1) / interval : 0;
    return first + (passed + count - 1) * interval;
}

static char *event_id(const char *group_arn, const char *key)
{
    return dr_format("%s %s", group_arn, key);
}

static void expect(const struct dr_sim_place *place, const json_t *group, const char *key, int64_t at_ms,
                   const char *state, const char *reason)
{
    char *id = event_id(dr_sim_text_in(group, "TargetGroupArn"), key);
    dr_sim_unschedule(place->cloud, "elbv2.target", place->account, place->region, id);
    if (state)
        dr_sim_schedule(place->cloud, at_ms, "elbv2.target", place->account, place->region, id,
                        json_pack("{s:s,s:s*}", "State", state, "Reason", reason));
    free(id);
}

/* The target answers from `from_ms` on, or no longer: when will the checks have found out? */
static void foresee(const struct dr_sim_place *place, const json_t *group, const char *key, const json_t *target,
                    bool up, int64_t from_ms)
{
    const char *state = state_of(target);
    bool first = strcmp(state, "initial") == 0;
    if (strcmp(state, "draining") == 0)
        return;
    if (up && strcmp(state, "healthy") != 0) {
        int64_t passes = first ? 1 : dr_sim_int_in(group, "HealthyThresholdCount", 5);
        int64_t healthy_at = check_after(group, target, from_ms, passes);
        int64_t gives_up = check_after(group, target, dr_sim_int_in(target, "_registeredAt", 0),
                                       dr_sim_int_in(group, "UnhealthyThresholdCount", 2));
        if (first && from_ms > gives_up) /* its checks fail until then */
            expect(place, group, key, gives_up, "unhealthy", "Target.FailedHealthChecks");
        else
            expect(place, group, key, healthy_at, "healthy", NULL);
    } else if (!up && strcmp(state, "unhealthy") != 0) {
        expect(place, group, key,
               check_after(group, target, from_ms, dr_sim_int_in(group, "UnhealthyThresholdCount", 2)), "unhealthy",
               "Target.Timeout");
    } else {
        expect(place, group, key, 0, NULL, NULL);
    }
}

void dr_sim_elb_happen(const struct dr_sim_happening *happening)
{
    struct dr_sim_place place = dr_sim_place_then(happening);
    const char *space = strchr(happening->id, ' ');
    char *arn = dr_copy_bytes(happening->id, space ? (size_t)(space - happening->id) : 0);
    json_t *group = find_group(&place, arn);
    const char *key = space ? space + 1 : "";
    json_t *targets = json_object_get(group, "_targets"), *target = json_object_get(targets, key);
    const char *state = dr_sim_text_in(happening->data, "State");
    if (target && *state == '\0') { /* drained */
        json_object_del(targets, key);
        write_history(&place, group);
    } else if (target) {
        turn(&place, group, target, state, json_string_value(json_object_get(happening->data, "Reason")));
        int64_t ready_ms = dr_sim_int_in(target, "_readyAt", INT64_MAX);
        target = json_object_get(targets, key); /* ECS may have taken it out */
        if (target && strcmp(state, "unhealthy") == 0 && ready_ms != INT64_MAX && ready_ms > happening->at_ms)
            foresee(&place, group, key, target, true, ready_ms);
    }
    free(arn);
}

void dr_sim_elb_register(const struct dr_sim_place *place, const char *group_arn, const char *id, int64_t port,
                         int64_t ready_ms)
{
    json_t *group = find_group(place, group_arn), *targets = json_object_get(group, "_targets");
    if (!group)
        return;
    char *key = key_of(group, id, port);
    json_t *target = json_object_get(targets, key);
    if (!target || strcmp(state_of(target), "draining") == 0) {
        char *zone = dr_sim_zone_of(place->region, (unsigned)json_object_size(targets));
        char *check_port = dr_format("%lld", (long long)(port > 0 ? port : dr_sim_int_in(group, "Port", 0)));
        target = json_pack("{s:{s:s,s:I,s:s},s:s,s:o,s:I,s:I,s:b}", "Target", "Id", id, "Port",
                           (json_int_t)(port > 0 ? port : dr_sim_int_in(group, "Port", 0)), "AvailabilityZone", zone,
                           "HealthCheckPort", check_port, "TargetHealth",
                           dr_sim_elb_health("initial", "Elb.RegistrationInProgress"), "_registeredAt",
                           (json_int_t)place->now_ms, "_readyAt", (json_int_t)ready_ms, "_up", ready_ms != INT64_MAX);
        json_object_set_new(targets, key, target);
        free(zone);
        free(check_port);
        foresee(place, group, key, target, ready_ms != INT64_MAX,
                ready_ms != INT64_MAX && ready_ms > place->now_ms ? ready_ms : place->now_ms);
        write_history(place, group);
    }
    free(key);
}

void dr_sim_elb_deregister(const struct dr_sim_place *place, const char *group_arn, const char *id, int64_t port)
{
    json_t *group = find_group(place, group_arn), *targets = json_object_get(group, "_targets");
    char *key = key_of(group, id, port);
    json_t *target = json_object_get(targets, key);
    int64_t delay_ms = dr_sim_elb_drain_ms(place, group_arn);
    if (target && (delay_ms == 0 || strcmp(state_of(target), "healthy") != 0)) {
        expect(place, group, key, 0, NULL, NULL); /* nothing in flight */
        json_object_del(targets, key);
        write_history(place, group);
    } else if (target && strcmp(state_of(target), "draining") != 0) {
        json_object_set_new(target, "TargetHealth", dr_sim_elb_health("draining", "Target.DeregistrationInProgress"));
        expect(place, group, key, place->now_ms + delay_ms, "", NULL);
        write_history(place, group);
    }
    free(key);
}

const char *dr_sim_elb_state(const struct dr_sim_place *place, const char *group_arn, const char *id, int64_t port)
{
    json_t *group = find_group(place, group_arn);
    char *key = key_of(group, id, port);
    const char *state = state_of(json_object_get(json_object_get(group, "_targets"), key));
    free(key);
    return state;
}

void dr_sim_elb_answers(const struct dr_sim_place *place, const char *id, bool up)
{
    const char *arn, *key;
    json_t *group, *target;
    json_object_foreach(dr_sim_table(place->cloud, place->account, place->region, "elbv2.targetGroup"), arn, group)
    {
        json_object_foreach(json_object_get(group, "_targets"), key, target)
        {
            if (!dr_sim_is(json_object_get(target, "Target"), "Id", id) ||
                json_is_true(json_object_get(target, "_up")) == up)
                continue;
            json_object_set_new(target, "_up", json_boolean(up));
            json_object_set_new(target, "_readyAt", json_integer(up ? (json_int_t)place->now_ms : INT64_MAX));
            foresee(place, group, key, target, up, place->now_ms);
        }
    }
}

int64_t dr_sim_elb_drain_ms(const struct dr_sim_place *place, const char *group_arn)
{
    const json_t *attributes = json_object_get(find_group(place, group_arn), "_attributes");
    return 1000 * strtoll(dr_sim_text_in(attributes, "deregistration_delay.timeout_seconds"), NULL, 10);
}

unsigned dr_sim_elb_healthy(const struct dr_sim_place *place, const char *group_arn, unsigned *ret_unhealthy)
{
    unsigned healthy = 0, unhealthy = 0;
    const char *key;
    json_t *target;
    json_object_foreach(json_object_get(find_group(place, group_arn), "_targets"), key, target)
    {
        healthy += strcmp(state_of(target), "healthy") == 0;
        unhealthy += strcmp(state_of(target), "unhealthy") == 0;
    }
    if (ret_unhealthy)
        *ret_unhealthy = unhealthy;
    return healthy;
}
