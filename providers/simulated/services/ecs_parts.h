/* Between the files of the simulated ECS. Kinds: "ecs.cluster" by name, "ecs.service" and "ecs.task" by "CLUSTER/NAME",
 * "ecs.taskDefinition" by "FAMILY:REVISION". */
#ifndef DRRUN_PROVIDERS_SIMULATED_SERVICES_ECS_PARTS_H
#define DRRUN_PROVIDERS_SIMULATED_SERVICES_ECS_PARTS_H

#include "providers/simulated/services/compute.h"

/* Puts a service's tasks in order: starts and stops what its deployments want, and tells when it is done. To be called
 * after every change of the service or its tasks. `id`: "CLUSTER/NAME". */
void dr_sim_ecs_reconcile(const struct dr_sim_place *place, const char *id);
/* The service has this count from now on. */
void dr_sim_ecs_scale(const struct dr_sim_place *place, const char *id, int64_t wanted);
/* A new deployment of a service's task definition, PRIMARY from now on. */
void dr_sim_ecs_deploy(const struct dr_sim_place *place, const char *id, const char *definition_arn);
/* A task of a definition: "CLUSTER/TASK", owned by the caller; NULL with `ret_problem` (owned by the caller): nowhere
 * to run it. `service` and `deployment` are "" for a task of its own. */
char *dr_sim_ecs_start(const struct dr_sim_place *place, const char *cluster, const json_t *definition,
                       const char *service, const char *deployment, char **ret_problem);
/* It stops: its connections drain first. */
void dr_sim_ecs_stop(const struct dr_sim_place *place, const char *id, const char *code, const char *reason);
/* A task of a world is up already. */
void dr_sim_ecs_be_up(const struct dr_sim_place *place, const char *id);
/* Counts the tasks of a cluster into its description. */
void dr_sim_ecs_count(const struct dr_sim_place *place, const char *cluster);
void dr_sim_ecs_say(const struct dr_sim_place *place, json_t *service, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

void dr_sim_ecs_task_happen(const struct dr_sim_happening *happening);
void dr_sim_ecs_service_happen(const struct dr_sim_happening *happening);
void dr_sim_ecs_grace_happen(const struct dr_sim_happening *happening);
void dr_sim_ecs_forget(const struct dr_sim_happening *happening);

#endif
