/* Between the services that run applications (ecs, autoscaling, ec2, elbv2, lambda, application): a task that starts is
 * a target of a load balancer, a target that fails its checks is a task that ECS replaces. Private to this folder. */
#ifndef DRRUN_PROVIDERS_SIMULATED_SERVICES_COMPUTE_H
#define DRRUN_PROVIDERS_SIMULATED_SERVICES_COMPUTE_H

#include "providers/simulated/cloud.h"

/* Where something is: every function here concerns one account and Region. Borrowed. */
struct dr_sim_place {
    struct dr_sim_cloud *cloud;
    const char *account, *region;
    int64_t now_ms;
};
struct dr_sim_place dr_sim_place_of(const struct dr_sim_call *call);
struct dr_sim_place dr_sim_place_then(const struct dr_sim_happening *happening);

/* --- JSON ----------------------------------------------------------------------------------------------------------
 */

const char *dr_sim_text_in(const json_t *object, const char *key); /* borrowed; "" if there is none */
int64_t dr_sim_int_in(const json_t *object, const char *key, int64_t otherwise);
bool dr_sim_is(const json_t *object, const char *key, const char *text);
bool dr_sim_lists(const json_t *list, const char *text); /* an array of strings has it */
void dr_sim_set_text(json_t *object, const char *key, const char *text);
void dr_sim_set_int(json_t *object, const char *key, int64_t number);
void dr_sim_set_time(json_t *object, const char *key, int64_t at_ms);
/* The value of a metric's dimension, from a list of {"Name", "Value"} or an object by name: borrowed; "" if there is
 * none. */
const char *dr_sim_dimension(const json_t *dimensions, const char *name);
/* Copies the members of `from` that are there under these names (NULL-terminated). */
void dr_sim_take(json_t *to, const json_t *from, const char *const *names);
/* Tags as lists of {"Key", "Value"} (names as the service spells them): adds or replaces; removes by keys. */
void dr_sim_tags_add(json_t *tags, const json_t *more, const char *key);
void dr_sim_tags_remove(json_t *tags, const json_t *keys, const char *key);
json_t *dr_sim_tags_of(const json_t *given, const char *key, const char *value); /* a world's {NAME: VALUE}: new */
/* What has to stay the same from run to run: an id of hex digits (at most 16) from a Region, a kind and a name. Owned
 * by the caller. */
char *dr_sim_steady_id(const char *region, const char *kind, const char *name, unsigned digits);
/* The part after the last '/': an ARN's name. Borrowed. */
const char *dr_sim_last_part(const char *arn);
/* "us-west-2a"; `index` from 0. Owned by the caller. */
char *dr_sim_zone_of(const char *region, unsigned index);
char *dr_sim_private_ipv4(struct dr_sim_cloud *cloud); /* 10.0.x.y, not from the edges; owned by the caller */

/* --- Load balancers (elbv2.c) ------------------------------------------------------------------------------------- */

/* The target (an instance's id or an address) joins the group, and answers health checks from `ready_ms` on: INT64_MAX:
 * never. `up` at once where both are the past. Nothing if there is no such group. */
void dr_sim_elb_register(const struct dr_sim_place *place, const char *group_arn, const char *id, int64_t port,
                         int64_t ready_ms);
/* Its connections drain, and it is gone after the group's delay. */
void dr_sim_elb_deregister(const struct dr_sim_place *place, const char *group_arn, const char *id, int64_t port);
/* What the load balancer says of a target: "initial", "healthy", "unhealthy", "draining"; "" if it is not registered.
 */
const char *dr_sim_elb_state(const struct dr_sim_place *place, const char *group_arn, const char *id, int64_t port);
/* The target stops or begins to answer, in whatever groups it is. */
void dr_sim_elb_answers(const struct dr_sim_place *place, const char *id, bool up);
int64_t dr_sim_elb_drain_ms(const struct dr_sim_place *place, const char *group_arn);
/* The group's targets: healthy, and (if none is) those that get requests nevertheless. */
unsigned dr_sim_elb_healthy(const struct dr_sim_place *place, const char *group_arn, unsigned *ret_unhealthy);
/* The load balancer of that name or ARN: borrowed, or NULL. */
json_t *dr_sim_elb_find(const struct dr_sim_place *place, const char *name_or_arn);
/* Where a load balancer's default listener forwards to, by weight: [{"TargetGroupArn", "Weight"}]. Borrowed, or NULL.
 */
const json_t *dr_sim_elb_forwards(const struct dr_sim_place *place, const char *balancer_arn);

/* --- ECS (ecs.c) and EC2 (ec2.c) -----------------------------------------------------------------------------------
 */

/* A load balancer has a new opinion of a target; it may be a task's. */
void dr_sim_ecs_target_turned(const struct dr_sim_place *place, const char *group_arn, const char *address,
                              const char *state, const char *reason);
/* Application Auto Scaling, or someone else, sets a service's count; false: there is no such service. `id`:
 * "service/CLUSTER/NAME". */
bool dr_sim_ecs_set_desired(const struct dr_sim_place *place, const char *id, int64_t count);
json_t *dr_sim_ecs_service(const struct dr_sim_place *place, const char *cluster, const char *name); /* borrowed */
/* Whether an image is there to be pulled: true for what no simulated ECR holds. `ret_problem`: as a stopped task's
 * reason says it; owned by the caller. */
bool dr_sim_ecr_can_pull(const struct dr_sim_place *place, const char *image, char **ret_problem);

/* Starts an instance of the Region: its id, owned by the caller, or NULL with no capacity. It boots: "pending", then
 * "running". `given`: the members of its description that are known. */
char *dr_sim_ec2_run(const struct dr_sim_place *place, json_t *given /* stolen */);
void dr_sim_ec2_terminate(const struct dr_sim_place *place, const char *id);
bool dr_sim_ec2_is_running(const struct dr_sim_place *place, const char *id, int64_t *ret_since_ms);
/* An instance has come up, or is going: auto scaling groups care. */
void dr_sim_autoscaling_instance_turned(const struct dr_sim_place *place, const char *id, bool running);

#endif
