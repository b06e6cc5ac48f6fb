/* Aurora global databases: one cluster writes, those in other Regions follow; switchover (planned: writes stop, the
 * target catches up, roles change) and failover (what had not arrived is lost). Source:
 * https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-disaster-recovery.html and
 * .../APIReference/API_FailoverGlobalCluster.html, API_FailoverState.html. */
#include "providers/simulated/services/rds_operations.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)

static void set_writer(json_t *global, const char *arn)
{
    json_t *member;
    size_t i;
    json_array_foreach(json_object_get(global, "GlobalClusterMembers"), i, member)
    {
        json_object_set_new(member, "IsWriter", json_boolean(rds_is(member, "DBClusterArn", arn)));
    }
}

static const char *writer_of(const json_t *global)
{
    json_t *member;
    size_t i;
    json_array_foreach(json_object_get(global, "GlobalClusterMembers"), i, member)
    {
        if (json_is_true(json_object_get(member, "IsWriter")))
            return rds_text(member, "DBClusterArn");
    }
    return "";
}

static json_t *member_of(const json_t *global, const char *arn)
{
    json_t *member;
    size_t i;
    json_array_foreach(json_object_get(global, "GlobalClusterMembers"), i, member)
    {
        if (rds_is(member, "DBClusterArn", arn))
            return member;
    }
    return NULL;
}

/* --- Making and members ---------------------------------------------------------------------------------------------
 */

json_t *dr_sim_rds_make_global(struct dr_sim_cloud *cloud, const char *account, const char *id, const json_t *given)
{
    char *arn = dr_sim_arn("rds", "", account, "global-cluster:%s", id);
    char *resource_id = dr_sim_hex_id(cloud, "cluster-", 16);
    char *endpoint = dr_format("%s.global-%s.global.rds.amazonaws.com", id, resource_id + strlen("cluster-"));
    const char *engine = rds_text(given, "Engine"), *version = rds_text(given, "EngineVersion");
    engine = *engine ? engine : "aurora-postgresql";
    json_t *global = json_pack(
        "{s:s,s:s,s:s,s:s,s:s,s:s,s:b,s:b,s:[],s:s}", "GlobalClusterIdentifier", id, "GlobalClusterResourceId",
        resource_id, "GlobalClusterArn", arn, "Status", "available", "Engine", engine, "EngineVersion",
        *version                     ? version
        : strstr(engine, "postgres") ? "16.4"
                                     : "8.0.mysql_aurora.3.08.0",
        "StorageEncrypted", json_is_true(json_object_get(given, "StorageEncrypted")), "DeletionProtection",
        json_is_true(json_object_get(given, "DeletionProtection")), "GlobalClusterMembers", "Endpoint", endpoint);
    dr_sim_put(cloud, account, "global", RDS_GLOBAL, id, global);
    free(arn);
    free(resource_id);
    free(endpoint);
    return global;
}

/* The writer lists the others as its readers. */
static void list_readers(json_t *global)
{
    const char *writer = writer_of(global);
    json_t *member, *readers = json_array();
    size_t i;
    json_array_foreach(json_object_get(global, "GlobalClusterMembers"), i, member)
    {
        if (!rds_is(member, "DBClusterArn", writer))
            json_array_append(readers, json_object_get(member, "DBClusterArn"));
        json_object_set_new(member, "Readers", json_array());
    }
    member = member_of(global, writer);
    if (member)
        json_object_set(member, "Readers", readers);
    json_decref(readers);
}

void dr_sim_rds_join_global(struct dr_sim_cloud *cloud, json_t *global, json_t *cluster, int64_t now_ms)
{
    const char *arn = dr_sim_rds_arn(cluster), *writer = writer_of(global);
    bool writes = !*writer;
    if (!writes)
        dr_sim_rds_link(cloud, cluster, writer, now_ms, now_ms);
    json_array_append_new(json_object_get(global, "GlobalClusterMembers"),
                          json_pack("{s:s,s:b,s:[],s:s}", "DBClusterArn", arn, "IsWriter", writes, "Readers",
                                    "SynchronizationStatus", "connected"));
    list_readers(global);
}

void dr_sim_rds_leave_global(struct dr_sim_cloud *cloud, json_t *global, const char *arn)
{
    (void)cloud;
    json_t *members = json_object_get(global, "GlobalClusterMembers");
    for (size_t i = json_array_size(members); i-- > 0;)
        if (rds_is(json_array_get(members, i), "DBClusterArn", arn))
            json_array_remove(members, i);
    list_readers(global);
}

json_t *dr_sim_rds_global_of(struct dr_sim_cloud *cloud, const char *account, const char *arn)
{
    const char *id;
    json_t *global;
    json_object_foreach(dr_sim_table(cloud, account, "global", RDS_GLOBAL), id, global)
    {
        if (member_of(global, arn))
            return global;
    }
    return NULL;
}

static json_t *find(struct dr_sim_call *call)
{
    const char *id = dr_sim_string(call, "GlobalClusterIdentifier", "");
    json_t *global = dr_sim_find(call->cloud, call->account, "global", RDS_GLOBAL, id);
    if (!global)
        dr_sim_fail(call, 0, "GlobalClusterNotFoundFault", "Global cluster %s not found", id);
    return global;
}

static void answer(struct dr_sim_call *call, const json_t *global)
{
    call->output = json_pack("{s:o}", "GlobalCluster", json_deep_copy(global));
}

void dr_sim_rds_describe_globals(struct dr_sim_call *call)
{
    static const char *const filters[] = {"db-cluster-id", "region", NULL};
    if (!dr_sim_rds_good_list(call, filters))
        return;
    const json_t *one = dr_sim_string(call, "GlobalClusterIdentifier", NULL) ? find(call) : NULL;
    if (call->error)
        return;
    json_t *all = json_array(), *global;
    const char *id;
    json_object_foreach(dr_sim_table(call->cloud, call->account, "global", RDS_GLOBAL), id, global)
    {
        if (!one || one == global)
            json_array_append(all, global);
    }
    dr_sim_rds_give_page(call, "GlobalClusters", all);
}

void dr_sim_rds_create_global(struct dr_sim_call *call)
{
    if (!dr_sim_rds_good_id(call, "GlobalClusterIdentifier"))
        return;
    char *id = dr_sim_rds_id(call, "GlobalClusterIdentifier");
    const char *source_arn = dr_sim_string(call, "SourceDBClusterIdentifier", NULL);
    json_t *source = source_arn ? dr_sim_rds_by_arn(call->cloud, source_arn, NULL) : NULL;
    if (dr_sim_find(call->cloud, call->account, "global", RDS_GLOBAL, id))
        dr_sim_fail(call, 0, "GlobalClusterAlreadyExistsFault", "Global cluster %s already exists", id);
    else if (source_arn && !source)
        dr_sim_fail(call, 0, "DBClusterNotFoundFault",
                    "The source cluster could not be found or cannot be accessed: %s", source_arn);
    else if (source && !rds_is(source, "Status", "available"))
        dr_sim_fail(call, 0, "InvalidDBClusterStateFault", "The source cluster is not in available state");
    else if (source && dr_sim_rds_global_of(call->cloud, call->account, source_arn))
        dr_sim_fail(call, 0, "InvalidDBClusterStateFault",
                    "The source cluster is already a member of a global cluster");
    else if (source && json_object_get(call->input, "Engine"))
        dr_sim_fail(call, 400, "InvalidParameterCombination",
                    "When creating global cluster from existing db cluster, value for engineName should not be "
                    "specified since it will be inherited from source cluster");
    else if (!source && !json_object_get(call->input, "Engine"))
        dr_sim_fail(call, 400, "InvalidParameterValue", "The parameter Engine must be provided and must not be blank.");
    if (!call->error) {
        json_t *global = dr_sim_rds_make_global(call->cloud, call->account, id, source ? source : call->input);
        if (source)
            dr_sim_rds_join_global(call->cloud, global, source, call->now_ms);
        answer(call, global);
    }
    free(id);
}

void dr_sim_rds_modify_global(struct dr_sim_call *call)
{
    json_t *global = find(call);
    if (!global)
        return;
    if (json_object_get(call->input, "NewGlobalClusterIdentifier") || json_object_get(call->input, "EngineVersion")) {
        dr_sim_fail(call, 501, "NotSimulated", "ModifyGlobalCluster is simulated for DeletionProtection alone");
        return;
    }
    if (json_object_get(call->input, "DeletionProtection"))
        json_object_set(global, "DeletionProtection", json_object_get(call->input, "DeletionProtection"));
    answer(call, global);
}

void dr_sim_rds_delete_global(struct dr_sim_call *call)
{
    json_t *global = find(call);
    if (!global || !dr_sim_rds_may_delete(call, global, "Global Cluster"))
        return;
    if (json_array_size(json_object_get(global, "GlobalClusterMembers")) > 0) {
        dr_sim_fail(call, 0, "InvalidGlobalClusterStateFault", "Global Cluster %s is not empty",
                    rds_text(global, "GlobalClusterIdentifier"));
        return;
    }
    answer(call, global);
    dr_sim_remove(call->cloud, call->account, "global", RDS_GLOBAL, dr_sim_string(call, "GlobalClusterIdentifier", ""));
}

/* --- Moves ----------------------------------------------------------------------------------------------------------
 */

static bool may_move(struct dr_sim_call *call, json_t *global)
{
    if (rds_is(global, "Status", "available") && !json_object_get(global, "FailoverState"))
        return true;
    dr_sim_fail(call, 0, "InvalidGlobalClusterStateFault", "Global cluster %s is not in available state: it is %s",
                rds_text(global, "GlobalClusterIdentifier"), rds_text(global, "Status"));
    return false;
}

void dr_sim_rds_remove_from_global(struct dr_sim_call *call)
{
    static const struct dr_sim_rds_phase phases[] = {
        {"promoting", "rds.global.remove", MINUTE}, {"available", NULL, 0}, {NULL, NULL, 0}};
    json_t *global = find(call);
    if (!global || !may_move(call, global))
        return;
    const char *arn = dr_sim_string(call, "DbClusterIdentifier", "");
    const json_t *member = member_of(global, arn);
    struct dr_sim_rds_place place = {0};
    json_t *cluster = dr_sim_rds_by_arn(call->cloud, arn, &place);
    if (!member || !cluster) {
        dr_sim_fail(call, 0, "DBClusterNotFoundFault", "DBCluster %s not found.", arn);
        return;
    }
    bool writes = json_is_true(json_object_get(member, "IsWriter"));
    if (writes && json_array_size(json_object_get(global, "GlobalClusterMembers")) > 1) {
        dr_sim_fail(call, 0, "InvalidGlobalClusterStateFault",
                    "Cannot remove the primary cluster %s: the global cluster has secondary clusters", arn);
        return;
    }
    if (!writes) {
        dr_sim_rds_cut(call->cloud, cluster, call->now_ms, false);
        dr_sim_rds_go(call->cloud, &place, call->operation->name, phases, "cluster promoted", NULL);
    }
    dr_sim_rds_leave_global(call->cloud, global, arn);
    answer(call, global);
}

static void next(struct dr_sim_cloud *cloud, const char *account, const char *id, int64_t at_ms, const char *step,
                 int64_t began_ms)
{
    dr_sim_schedule(cloud, at_ms, "rds.global", account, "global", id,
                    json_pack("{s:s,s:I}", "Step", step, "Began", (json_int_t)began_ms));
}

static void begin_move(struct dr_sim_call *call, json_t *global, bool lossy)
{
    const char *id = rds_text(global, "GlobalClusterIdentifier");
    json_object_set_new(global, "FailoverState",
                        json_pack("{s:s,s:s,s:s,s:b}", "Status", "pending", "FromDbClusterArn", writer_of(global),
                                  "ToDbClusterArn", dr_sim_string(call, "TargetDbClusterIdentifier", ""),
                                  "IsDataLossAllowed", lossy));
    rds_set(global, "Status", lossy ? "failing-over" : "switching-over");
    next(call->cloud, call->account, id, call->now_ms + dr_sim_timing(call->cloud, "rds.global.pending", 5 * SECOND),
         "pending", call->now_ms);
    answer(call, global);
}

static void move(struct dr_sim_call *call, bool lossy)
{
    json_t *global = find(call);
    if (!global || !may_move(call, global))
        return;
    const char *target = dr_sim_string(call, "TargetDbClusterIdentifier", "");
    struct dr_sim_rds_place there = {0}, from = {0};
    const json_t *cluster = dr_sim_rds_by_arn(call->cloud, target, &there),
                 *writer = dr_sim_rds_by_arn(call->cloud, writer_of(global), &from);
    if (!member_of(global, target) || !cluster)
        dr_sim_fail(call, 0, "DBClusterNotFoundFault", "DBCluster %s not found.", target);
    else if (cluster == writer)
        dr_sim_fail(call, 0, "InvalidGlobalClusterStateFault", "The target cluster %s is the primary cluster already",
                    target);
    else if (!rds_is(cluster, "Status", "available") || dr_sim_region_down(call->cloud, there.region))
        dr_sim_fail(call, 0, "InvalidDBClusterStateFault", "The target cluster %s is not in available state", target);
    else if (!dr_sim_rds_cluster_writer(cluster))
        dr_sim_fail(call, 0, "InvalidDBClusterStateFault", "The target cluster %s has no DB instance", target);
    else if (!lossy &&
             (!writer || !rds_is(writer, "Status", "available") || dr_sim_region_down(call->cloud, from.region)))
        dr_sim_fail(call, 0, "InvalidDBClusterStateFault",
                    "The primary cluster is not in available state: a switchover needs a healthy global cluster");
    if (!call->error)
        begin_move(call, global, lossy);
}

void dr_sim_rds_switchover_global(struct dr_sim_call *call)
{
    move(call, false);
}

void dr_sim_rds_failover_global(struct dr_sim_call *call)
{
    bool lossy = dr_sim_bool(call, "AllowDataLoss", false);
    if (json_object_get(call->input, "AllowDataLoss") && json_object_get(call->input, "Switchover"))
        dr_sim_fail(call, 400, "InvalidParameterCombination",
                    "AllowDataLoss and Switchover can not be specified together");
    else
        move(call, lossy);
}

/* --- What happens in a move -----------------------------------------------------------------------------------------
 */

struct moving {
    struct dr_sim_cloud *cloud;
    const char *account, *id;
    json_t *global, *state, *from, *to;
    struct dr_sim_rds_place from_place, to_place;
    int64_t now_ms, began_ms;
};

static void after(const struct moving *moving, const char *step, const char *timing, int64_t otherwise_ms)
{
    int64_t ms = timing ? dr_sim_timing(moving->cloud, timing, otherwise_ms) : otherwise_ms;
    next(moving->cloud, moving->account, moving->id, moving->now_ms + ms, step, moving->began_ms);
}

static void finish(struct moving *moving)
{
    json_object_del(moving->global, "FailoverState");
    rds_set(moving->global, "Status", "available");
}

/* The others follow the new primary. One whose Region is down does so when it is back: until then it does what it did.
 */
static void follow(struct moving *moving)
{
    const char *to = dr_sim_rds_arn(moving->to);
    json_t *member;
    size_t i;
    json_array_foreach(json_object_get(moving->global, "GlobalClusterMembers"), i, member)
    {
        struct dr_sim_rds_place place = {0};
        json_t *cluster = dr_sim_rds_by_arn(moving->cloud, rds_text(member, "DBClusterArn"), &place);
        if (!cluster || cluster == moving->to)
            continue;
        if (dr_sim_region_down(moving->cloud, place.region)) {
            rds_set(cluster, "_rejoin", to);
            rds_set(member, "SynchronizationStatus", "pending-resync");
        } else {
            dr_sim_rds_link(moving->cloud, cluster, to, moving->now_ms, moving->now_ms);
            dr_sim_rds_set_status(cluster, "available");
        }
    }
}

static void step_pending(struct moving *moving)
{
    bool lossy = json_is_true(json_object_get(moving->state, "IsDataLossAllowed"));
    rds_set(moving->state, "Status", lossy ? "failing-over" : "switching-over");
    if (lossy) {
        dr_sim_rds_cut(moving->cloud, moving->to, moving->now_ms, false);
        dr_sim_rds_set_status(moving->to, "failing-over");
        if (moving->from && !dr_sim_region_down(moving->cloud, moving->from_place.region))
            json_object_set_new(moving->from, "_readOnly", json_true()); /* it can be told to stop */
        after(moving, "end", "rds.global.failover", MINUTE);
    } else {
        json_object_set_new(moving->from, "_readOnly", json_true());
        dr_sim_rds_set_status(moving->from, "switching-over");
        dr_sim_rds_set_status(moving->to, "switching-over");
        after(moving, "wait", NULL, SECOND);
    }
}

/* Of a switchover: nothing may be missing. It does not wait for ever. */
static void step_wait(struct moving *moving)
{
    bool lost = dr_sim_region_down(moving->cloud, moving->from_place.region);
    int64_t patience = dr_sim_timing(moving->cloud, "rds.global.cancel", 10 * MINUTE);
    const json_t *quiet = json_object_get(moving->from, "_quietSince");
    int64_t written = quiet ? (int64_t)json_integer_value(quiet) : moving->now_ms;
    if (lost || moving->now_ms - moving->began_ms > patience) {
        rds_set(moving->state, "Status", "cancelling");
        after(moving, "cancel", NULL, 10 * SECOND);
    } else if (dr_sim_rds_applied(moving->to, moving->now_ms) < written) {
        after(moving, "wait", NULL, SECOND);
    } else {
        dr_sim_rds_cut(moving->cloud, moving->to, moving->now_ms, true);
        after(moving, "end", "rds.global.switchover", MINUTE);
    }
}

static void step_cancel(struct moving *moving)
{
    json_object_del(moving->from, "_readOnly");
    dr_sim_rds_set_status(moving->from, "available");
    dr_sim_rds_set_status(moving->to, "available");
    finish(moving);
}

static void step_end(struct moving *moving)
{
    dr_sim_rds_begin(moving->to, moving->now_ms);
    dr_sim_rds_set_status(moving->to, "available");
    set_writer(moving->global, dr_sim_rds_arn(moving->to));
    follow(moving);
    list_readers(moving->global);
    dr_sim_rds_note(moving->cloud, &moving->to_place, "global failover",
                    "Global %s to DB cluster %s in Region %s finished.",
                    json_is_true(json_object_get(moving->state, "IsDataLossAllowed")) ? "failover" : "switchover",
                    moving->to_place.id, moving->to_place.region);
    finish(moving);
}

void dr_sim_rds_global_step(const struct dr_sim_happening *happening)
{
    static const struct {
        const char *name;
        void (*step)(struct moving *moving);
    } steps[] = {{"pending", step_pending}, {"wait", step_wait}, {"cancel", step_cancel}, {"end", step_end}};
    struct moving moving = {.cloud = happening->cloud,
                            .account = happening->account,
                            .id = happening->id,
                            .now_ms = happening->at_ms,
                            .began_ms = rds_int(happening->data, "Began")};
    moving.global = dr_sim_find(moving.cloud, moving.account, "global", RDS_GLOBAL, moving.id);
    moving.state = json_object_get(moving.global, "FailoverState");
    moving.from = dr_sim_rds_by_arn(moving.cloud, rds_text(moving.state, "FromDbClusterArn"), &moving.from_place);
    moving.to = dr_sim_rds_by_arn(moving.cloud, rds_text(moving.state, "ToDbClusterArn"), &moving.to_place);
    const char *name = rds_text(happening->data, "Step");
    if (!moving.state || !moving.to || !moving.from)
        return;
    if (dr_sim_fault(moving.cloud, "Stuck", moving.to_place.region, "rds", NULL, moving.id)) {
        after(&moving, name, NULL, 5 * SECOND);
        return;
    }
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (strcmp(steps[i].name, name) == 0)
            steps[i].step(&moving);
    dr_sim_rds_settle(moving.cloud, moving.now_ms);
}
