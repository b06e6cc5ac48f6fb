/* The operations of the simulated RDS, by the file they are in: the table is in rds.c. */
#ifndef DRRUN_PROVIDERS_SIMULATED_SERVICES_RDS_OPERATIONS_H
#define DRRUN_PROVIDERS_SIMULATED_SERVICES_RDS_OPERATIONS_H

#include "providers/simulated/services/rds_parts.h"

/* rds_instance.c */
void dr_sim_rds_describe_instances(struct dr_sim_call *call);
void dr_sim_rds_promote_replica(struct dr_sim_call *call);
void dr_sim_rds_create_replica(struct dr_sim_call *call);
void dr_sim_rds_switchover_replica(struct dr_sim_call *call);
void dr_sim_rds_create_instance(struct dr_sim_call *call);
void dr_sim_rds_modify_instance(struct dr_sim_call *call);
void dr_sim_rds_reboot_instance(struct dr_sim_call *call);
void dr_sim_rds_stop_instance(struct dr_sim_call *call);
void dr_sim_rds_start_instance(struct dr_sim_call *call);
void dr_sim_rds_delete_instance(struct dr_sim_call *call);
/* rds_snapshot.c */
json_t *dr_sim_rds_make_snapshot(struct dr_sim_cloud *cloud, const struct dr_sim_rds_place *of, const json_t *instance,
                                 const char *name, int64_t now_ms);
void dr_sim_rds_describe_snapshots(struct dr_sim_call *call);
void dr_sim_rds_create_snapshot(struct dr_sim_call *call);
void dr_sim_rds_copy_snapshot(struct dr_sim_call *call);
void dr_sim_rds_delete_snapshot(struct dr_sim_call *call);
void dr_sim_rds_restore_snapshot(struct dr_sim_call *call);
/* rds_cluster.c */
void dr_sim_rds_describe_clusters(struct dr_sim_call *call);
void dr_sim_rds_describe_endpoints(struct dr_sim_call *call);
void dr_sim_rds_create_cluster(struct dr_sim_call *call);
void dr_sim_rds_modify_cluster(struct dr_sim_call *call);
void dr_sim_rds_delete_cluster(struct dr_sim_call *call);
void dr_sim_rds_failover_cluster(struct dr_sim_call *call);
void dr_sim_rds_promote_cluster(struct dr_sim_call *call);
void dr_sim_rds_stop_cluster(struct dr_sim_call *call);
void dr_sim_rds_start_cluster(struct dr_sim_call *call);
/* rds_global.c */
void dr_sim_rds_describe_globals(struct dr_sim_call *call);
void dr_sim_rds_create_global(struct dr_sim_call *call);
void dr_sim_rds_modify_global(struct dr_sim_call *call);
void dr_sim_rds_delete_global(struct dr_sim_call *call);
void dr_sim_rds_remove_from_global(struct dr_sim_call *call);
void dr_sim_rds_switchover_global(struct dr_sim_call *call);
void dr_sim_rds_failover_global(struct dr_sim_call *call);
/* rds_records.c */
void dr_sim_rds_describe_events(struct dr_sim_call *call);
void dr_sim_rds_list_tags(struct dr_sim_call *call);
void dr_sim_rds_add_tags(struct dr_sim_call *call);
void dr_sim_rds_remove_tags(struct dr_sim_call *call);

#endif
