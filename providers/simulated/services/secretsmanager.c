/* Secrets Manager: values with versions and stages, and replicas in other Regions that follow their primary.
 * Source: https://docs.aws.amazon.com/secretsmanager/latest/apireference/ and
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/replicate-secrets.html */
#include "providers/simulated/services/rows.h"

extern const struct dr_sim_service dr_sim_secretsmanager;

#define SECRET "secretsmanager.secret"
#define REPLICATE_MS 3000
#define TRY_AGAIN_MS 1000
#define PAGE_MAX 100
#define DAY_MS INT64_C(86400000)

/* --- Which secret --------------------------------------------------------------------------------------------------
 */

/* By name, by ARN, or by ARN without the six characters at its end. */
static json_t *find_secret(struct dr_sim_call *call, const char *given)
{
    const char *name = strncmp(given, "arn:", 4) == 0 ? strstr(given, ":secret:") : NULL;
    json_t *secret = dr_sim_find(call->cloud, call->account, call->region, SECRET, name ? name + 8 : given);
    if (secret || !name)
        return secret;
    const char *id;
    json_t *row;
    json_object_foreach(dr_sim_table(call->cloud, call->account, call->region, SECRET), id, row)
    {
        if (strcmp(row_text(row, "ARN"), given) == 0)
            return row;
    }
    return NULL;
}

static json_t *any_secret(struct dr_sim_call *call)
{
    json_t *secret = find_secret(call, dr_sim_string(call, "SecretId", ""));
    if (!secret)
        dr_sim_fail(call, 0, "ResourceNotFoundException", "Secrets Manager can't find the specified secret.");
    return secret;
}

/* One that is not marked for deletion; `write`: and is no replica. NULL: the call has failed. */
static json_t *usable(struct dr_sim_call *call, bool write)
{
    json_t *secret = any_secret(call);
    if (secret && json_object_get(secret, "DeletedDate")) {
        dr_sim_fail(call, 0, "InvalidRequestException",
                    "You can't perform this operation on the secret because it was marked for deletion.");
        return NULL;
    }
    if (secret && write && json_object_get(secret, "_replicaOf")) {
        dr_sim_fail(call, 0, "InvalidRequestException",
                    "Operation not permitted on a replica secret. Call must be made in primary secret's region.");
        return NULL;
    }
    return secret;
}

/* --- Versions ------------------------------------------------------------------------------------------------------
 */

static json_t *version_at(const json_t *secret, const char *stage)
{
    const char *id;
    json_t *version, *name;
    size_t i;
    json_object_foreach(json_object_get(secret, "_versions"), id, version)
    {
        json_array_foreach(json_object_get(version, "VersionStages"), i, name)
        {
            if (strcmp(json_string_value(name), stage) == 0)
                return version;
        }
    }
    return NULL;
}

static void take_stage(json_t *version, const char *stage)
{
    json_t *stages = json_object_get(version, "VersionStages");
    for (size_t i = json_array_size(stages); i-- > 0;)
        if (strcmp(json_string_value(json_array_get(stages, i)), stage) == 0)
            json_array_remove(stages, i);
}

/* A stage is at one version; what was current is the previous one. */
static void give_stage(json_t *secret, json_t *version, const char *stage)
{
    json_t *before = version_at(secret, stage);
    if (before == version)
        return;
    if (before)
        take_stage(before, stage);
    json_array_append_new(row_array(version, "VersionStages"), json_string(stage));
    if (before && strcmp(stage, "AWSCURRENT") == 0)
        give_stage(secret, before, "AWSPREVIOUS");
}

static void drop_stageless(json_t *secret)
{
    const char *id;
    json_t *version;
    void *next;
    json_object_foreach_safe(json_object_get(secret, "_versions"), next, id, version)
    {
        if (json_array_size(json_object_get(version, "VersionStages")) == 0)
            json_object_del(json_object_get(secret, "_versions"), id);
    }
}

static json_t *add_version(struct dr_sim_cloud *cloud, json_t *secret, const json_t *given, const char *token,
                           const json_t *stages, int64_t now_ms)
{
    static const char *const members[] = {"SecretString", "SecretBinary", NULL};
    char *id = token ? dr_copy_string(token) : dr_sim_uuid(cloud);
    json_t *version = json_pack("{s:s,s:[]}", "VersionId", id, "VersionStages"), *stage;
    row_take(version, given, members);
    row_set_time(version, "CreatedDate", now_ms);
    json_object_set_new(row_object(secret, "_versions"), id, version);
    size_t i;
    json_array_foreach(stages, i, stage) give_stage(secret, version, json_string_value(stage));
    if (!stages)
        give_stage(secret, version, "AWSCURRENT");
    drop_stageless(secret);
    row_set_time(secret, "LastChangedDate", now_ms);
    free(id);
    return version;
}

/* --- Replicas ------------------------------------------------------------------------------------------------------
 */

static json_t *status_of(const json_t *secret, const char *region)
{
    size_t i;
    json_t *status;
    json_array_foreach(json_object_get(secret, "ReplicationStatus"), i, status)
    {
        if (strcmp(row_text(status, "Region"), region) == 0)
            return status;
    }
    return NULL;
}

static void set_status(json_t *status, const char *what, const char *message)
{
    row_set_text(status, "Status", what);
    row_set_text(status, "StatusMessage", message);
}

/* All replicas follow after a while. */
static void follow(struct dr_sim_cloud *cloud, const char *account, const char *region, json_t *secret, int64_t now_ms)
{
    size_t i;
    json_t *status;
    json_array_foreach(json_object_get(secret, "ReplicationStatus"), i, status)
    {
        if (strcmp(row_text(status, "Status"), "Failed") == 0)
            continue;
        set_status(status, "InProgress", "Replication is in progress");
        dr_sim_schedule(cloud, now_ms + dr_sim_timing(cloud, "secretsmanager.replication", REPLICATE_MS),
                        "secretsmanager.replicate", account, region, row_text(secret, "Name"),
                        json_pack("{s:s}", "Target", row_text(status, "Region")));
    }
}

static void copy_secret(struct dr_sim_cloud *cloud, const char *account, const char *from, const char *to,
                        const json_t *secret)
{
    static const char *const members[] = {"Name", "Description", "LastChangedDate", "CreatedDate", "Tags", NULL};
    json_t *replica = json_pack("{s:s,s:s}", "_replicaOf", from, "PrimaryRegion", from);
    json_object_set_new(replica, "_versions", json_deep_copy(json_object_get(secret, "_versions")));
    row_take(replica, secret, members);
    const char *tail = strrchr(row_text(secret, "ARN"), ':');
    row_give_text(replica, "ARN", dr_sim_arn("secretsmanager", to, account, "secret%s", tail ? tail : ""));
    dr_sim_put(cloud, account, to, SECRET, row_text(secret, "Name"), replica);
}

static void replicate(const struct dr_sim_happening *happening)
{
    struct dr_sim_cloud *cloud = happening->cloud;
    const char *target = row_text(happening->data, "Target");
    json_t *secret = dr_sim_find(cloud, happening->account, happening->region, SECRET, happening->id);
    json_t *status = status_of(secret, target);
    json_t *there = dr_sim_find(cloud, happening->account, target, SECRET, happening->id);
    if (!status)
        return;
    if (dr_sim_region_down(cloud, happening->region) || dr_sim_region_down(cloud, target) ||
        dr_sim_fault(cloud, "ReplicationStalled", happening->region, "secretsmanager", NULL, happening->id) ||
        dr_sim_fault(cloud, "ReplicationStalled", target, "secretsmanager", NULL, happening->id)) {
        dr_sim_schedule(cloud, happening->at_ms + TRY_AGAIN_MS, "secretsmanager.replicate", happening->account,
                        happening->region, happening->id, json_deep_copy(happening->data));
        return;
    }
    if (there && !json_object_get(there, "_replicaOf") && !json_is_true(json_object_get(secret, "_force"))) {
        set_status(status, "Failed", "Replication failed: Secret name simple name conflict");
        return;
    }
    copy_secret(cloud, happening->account, happening->region, target, secret);
    set_status(status, "InSync", "Replication succeeded");
}

static void add_replicas(struct dr_sim_call *call, json_t *secret, const json_t *regions)
{
    size_t i;
    json_t *given;
    json_array_foreach(regions, i, given)
    {
        const char *region = row_text(given, "Region");
        if (strcmp(region, call->region) == 0) {
            dr_sim_fail(call, 0, "InvalidParameterException", "Invalid replica region.");
            return;
        }
        if (status_of(secret, region))
            continue;
        json_t *status =
            json_pack("{s:s,s:s}", "Region", region, "KmsKeyId",
                      *row_text(given, "KmsKeyId") ? row_text(given, "KmsKeyId") : "alias/aws/secretsmanager");
        json_array_append_new(row_array(secret, "ReplicationStatus"), status);
        row_set_text(secret, "PrimaryRegion", call->region);
    }
    if (dr_sim_bool(call, "ForceOverwriteReplicaSecret", false))
        json_object_set_new(secret, "_force", json_true());
    follow(call->cloud, call->account, call->region, secret, call->now_ms);
}

static void answer_replication(struct dr_sim_call *call, const json_t *secret)
{
    json_t *status = json_object_get(secret, "ReplicationStatus");
    call->output = json_pack("{s:s,s:o}", "ARN", row_text(secret, "ARN"), "ReplicationStatus",
                             status ? json_deep_copy(status) : json_array());
}

static void replicate_secret_to_regions(struct dr_sim_call *call)
{
    json_t *secret = usable(call, true);
    if (!secret)
        return;
    add_replicas(call, secret, json_object_get(call->input, "AddReplicaRegions"));
    if (!call->error)
        answer_replication(call, secret);
}

static void remove_status(json_t *secret, const char *region)
{
    json_t *all = json_object_get(secret, "ReplicationStatus");
    for (size_t i = json_array_size(all); i-- > 0;)
        if (strcmp(row_text(json_array_get(all, i), "Region"), region) == 0)
            json_array_remove(all, i);
}

static void remove_regions_from_replication(struct dr_sim_call *call)
{
    json_t *secret = usable(call, true), *region;
    size_t i;
    if (!secret)
        return;
    json_array_foreach(json_object_get(call->input, "RemoveReplicaRegions"), i, region)
    {
        if (!status_of(secret, json_string_value(region)))
            continue;
        remove_status(secret, json_string_value(region));
        dr_sim_remove(call->cloud, call->account, json_string_value(region), SECRET, row_text(secret, "Name"));
    }
    answer_replication(call, secret);
}

/* Asked of the replica: it becomes a secret of its own. Its primary may be out of reach. */
static void stop_replication_to_replica(struct dr_sim_call *call)
{
    json_t *secret = usable(call, false);
    if (!secret)
        return;
    const char *primary = json_string_value(json_object_get(secret, "_replicaOf"));
    if (!primary) {
        dr_sim_fail(call, 0, "InvalidRequestException",
                    "You can't promote this secret because it isn't a replica secret.");
        return;
    }
    remove_status(dr_sim_find(call->cloud, call->account, primary, SECRET, row_text(secret, "Name")), call->region);
    json_object_del(secret, "_replicaOf");
    json_object_del(secret, "PrimaryRegion");
    call->output = json_pack("{s:s}", "ARN", row_text(secret, "ARN"));
}

/* --- The operations ------------------------------------------------------------------------------------------------
 */

static json_t *make_secret(struct dr_sim_cloud *cloud, const char *account, const char *region, const char *name,
                           int64_t now_ms)
{
    char *tail = dr_sim_hex_id(cloud, "", 6);
    json_t *secret = json_pack("{s:s}", "Name", name);
    row_give_text(secret, "ARN", dr_sim_arn("secretsmanager", region, account, "secret:%s-%s", name, tail));
    row_set_time(secret, "CreatedDate", now_ms);
    row_set_time(secret, "LastChangedDate", now_ms);
    dr_sim_put(cloud, account, region, SECRET, name, secret);
    free(tail);
    return secret;
}

static bool one_value(struct dr_sim_call *call)
{
    bool text = json_object_get(call->input, "SecretString"), bytes = json_object_get(call->input, "SecretBinary");
    if (text && bytes)
        dr_sim_fail(call, 0, "InvalidParameterException",
                    "You can't specify both a binary secret value and a string secret value in the same secret.");
    return !call->error && (text || bytes);
}

static bool same_value(const json_t *version, const json_t *given)
{
    static const char *const members[] = {"SecretString", "SecretBinary"};
    for (size_t i = 0; i < 2; i++) {
        const json_t *own = json_object_get(version, members[i]), *other = json_object_get(given, members[i]);
        if ((own || other) && !json_equal(row_mutable(own), row_mutable(other)))
            return false;
    }
    return true;
}

static void create_secret(struct dr_sim_call *call)
{
    static const char *const members[] = {"Description", "KmsKeyId", "Tags", NULL}, *const answered[] = {
                                                                                        "ARN", "Name",
                                                                                        "ReplicationStatus", NULL};
    const char *name = dr_sim_string(call, "Name", ""), *token = dr_sim_string(call, "ClientRequestToken", NULL);
    json_t *there = find_secret(call, name),
           *version = token ? json_object_get(json_object_get(there, "_versions"), token) : NULL;
    if (there && json_object_get(there, "DeletedDate"))
        dr_sim_fail(call, 0, "InvalidRequestException",
                    "You can't create this secret because a secret with this name is already scheduled for deletion.");
    else if (there && !(version && same_value(version, call->input)))
        dr_sim_fail(call, 0, "ResourceExistsException", "The operation failed because the secret %s already exists.",
                    name);
    bool valued = one_value(call);
    if (call->error)
        return;
    if (!there) {
        there = make_secret(call->cloud, call->account, call->region, name, call->now_ms);
        row_take(there, call->input, members);
        if (valued)
            version = add_version(call->cloud, there, call->input, token, NULL, call->now_ms);
        add_replicas(call, there, json_object_get(call->input, "AddReplicaRegions"));
    }
    call->output = json_object();
    row_take(call->output, there, answered);
    if (version)
        row_set_text(call->output, "VersionId", row_text(version, "VersionId"));
}

static void get_secret_value(struct dr_sim_call *call)
{
    static const char *const members[] = {"VersionId",     "SecretString", "SecretBinary",
                                          "VersionStages", "CreatedDate",  NULL};
    const char *id = dr_sim_string(call, "VersionId", NULL), *stage = dr_sim_string(call, "VersionStage", NULL);
    json_t *secret = usable(call, false);
    if (!secret)
        return;
    const json_t *version = id ? json_object_get(json_object_get(secret, "_versions"), id)
                               : version_at(secret, stage ? stage : "AWSCURRENT");
    if (!version && id) {
        dr_sim_fail(call, 0, "ResourceNotFoundException",
                    "Secrets Manager can't find the specified secret value for VersionId: %s", id);
    } else if (!version) {
        dr_sim_fail(call, 0, "ResourceNotFoundException",
                    "Secrets Manager can't find the specified secret value for staging label: %s",
                    stage ? stage : "AWSCURRENT");
    } else if (id && stage && version != version_at(secret, stage)) {
        dr_sim_fail(call, 0, "InvalidRequestException",
                    "You provided a VersionStage that is not associated to the provided VersionId.");
    } else {
        call->output = json_pack("{s:s,s:s}", "ARN", row_text(secret, "ARN"), "Name", row_text(secret, "Name"));
        row_take(call->output, version, members);
    }
}

static void put_value(struct dr_sim_call *call, bool stages_given)
{
    const char *token = dr_sim_string(call, "ClientRequestToken", NULL);
    json_t *secret = usable(call, true);
    bool valued = secret && one_value(call);
    if (!secret || call->error)
        return;
    if (!valued && stages_given) {
        dr_sim_fail(call, 0, "InvalidRequestException", "You must provide either SecretString or SecretBinary.");
        return;
    }
    json_t *there = token ? json_object_get(json_object_get(secret, "_versions"), token) : NULL;
    if (there && valued && !same_value(there, call->input)) {
        dr_sim_fail(
            call, 0, "ResourceExistsException",
            "You can't use ClientRequestToken %s because that value is already in use for a version of secret %s.",
            token, row_text(secret, "ARN"));
        return;
    }
    if (!there && valued) {
        there = add_version(call->cloud, secret, call->input, token,
                            stages_given ? json_object_get(call->input, "VersionStages") : NULL, call->now_ms);
        follow(call->cloud, call->account, call->region, secret, call->now_ms);
    }
    call->output = json_pack("{s:s,s:s}", "ARN", row_text(secret, "ARN"), "Name", row_text(secret, "Name"));
    if (there) {
        row_set_text(call->output, "VersionId", row_text(there, "VersionId"));
        json_object_set_new(call->output, "VersionStages", json_copy(json_object_get(there, "VersionStages")));
    }
}

static void put_secret_value(struct dr_sim_call *call)
{
    put_value(call, true);
}

static void update_secret(struct dr_sim_call *call)
{
    static const char *const members[] = {"Description", "KmsKeyId", NULL};
    put_value(call, false);
    if (!call->error)
        row_take(find_secret(call, dr_sim_string(call, "SecretId", "")), call->input, members);
}

static void update_secret_version_stage(struct dr_sim_call *call)
{
    const char *stage = dr_sim_string(call, "VersionStage", ""), *to = dr_sim_string(call, "MoveToVersionId", NULL),
               *from = dr_sim_string(call, "RemoveFromVersionId", NULL);
    json_t *secret = usable(call, true);
    if (!secret)
        return;
    json_t *versions = json_object_get(secret, "_versions"), *there = version_at(secret, stage);
    json_t *target = to ? json_object_get(versions, to) : NULL;
    if (to && !target)
        dr_sim_fail(call, 0, "ResourceNotFoundException", "Secrets Manager can't find the specified secret version %s.",
                    to);
    else if (there && there != target && (!from || strcmp(row_text(there, "VersionId"), from) != 0))
        dr_sim_fail(call, 0, "InvalidParameterException",
                    "The parameter RemoveFromVersionId can't be empty. Staging label %s is currently attached to "
                    "version %s, so "
                    "you must explicitly reference that version in RemoveFromVersionId.",
                    stage, row_text(there, "VersionId"));
    if (call->error)
        return;
    if (target)
        give_stage(secret, target, stage);
    else if (there)
        take_stage(there, stage);
    follow(call->cloud, call->account, call->region, secret, call->now_ms);
    call->output = json_pack("{s:s,s:s}", "ARN", row_text(secret, "ARN"), "Name", row_text(secret, "Name"));
}

/* With the versions' stages under the name that the operation has for them. A new reference. */
static json_t *describe(const json_t *secret, const char *stages)
{
    json_t *shown = json_deep_copy(secret), *all = json_object(), *version;
    const char *id;
    json_object_foreach(json_object_get(secret, "_versions"), id, version)
        json_object_set_new(all, id, json_copy(json_object_get(version, "VersionStages")));
    json_object_set_new(shown, stages, all);
    return shown;
}

static void describe_secret(struct dr_sim_call *call)
{
    const json_t *secret = any_secret(call);
    if (secret)
        call->output = describe(secret, "VersionIdsToStages");
}

static void list_secrets(struct dr_sim_call *call)
{
    json_t *all = json_array(), *secret;
    const char *name;
    if (json_array_size(json_object_get(call->input, "Filters")) > 0)
        dr_sim_fail(call, 501, "NotSimulated", "Filters of ListSecrets are not simulated");
    json_object_foreach(dr_sim_table(call->cloud, call->account, call->region, SECRET), name, secret)
    {
        if (!json_object_get(secret, "DeletedDate"))
            json_array_append_new(all, describe(secret, "SecretVersionsToStages"));
    }
    if (!call->error)
        dr_sim_page(call, "SecretList", all, PAGE_MAX, "InvalidNextTokenException");
    json_decref(all);
}

static void list_secret_version_ids(struct dr_sim_call *call)
{
    const json_t *secret = any_secret(call);
    json_t *all = json_array(), *version;
    const char *id;
    json_object_foreach(json_object_get(secret, "_versions"), id, version) json_array_append(all, version);
    if (secret) {
        call->output = json_pack("{s:s,s:s}", "ARN", row_text(secret, "ARN"), "Name", row_text(secret, "Name"));
        dr_sim_page(call, "Versions", all, PAGE_MAX, "InvalidNextTokenException");
    }
    json_decref(all);
}

static void delete_secret(struct dr_sim_call *call)
{
    bool force = dr_sim_bool(call, "ForceDeleteWithoutRecovery", false);
    const json_t *window = json_object_get(call->input, "RecoveryWindowInDays");
    json_t *secret = usable(call, true);
    if (!secret)
        return;
    int64_t days = window ? (int64_t)json_integer_value(window) : 30;
    if (force && window)
        dr_sim_fail(call, 0, "InvalidParameterException",
                    "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.");
    else if (days < 7 || days > 30)
        dr_sim_fail(call, 0, "InvalidParameterException",
                    "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).");
    else if (json_array_size(json_object_get(secret, "ReplicationStatus")) > 0)
        dr_sim_fail(call, 0, "InvalidRequestException", "You can't delete secret %s that still has replica regions.",
                    row_text(secret, "Name"));
    if (call->error)
        return;
    row_set_time(secret, "DeletedDate", call->now_ms);
    call->output = json_pack("{s:s,s:s}", "ARN", row_text(secret, "ARN"), "Name", row_text(secret, "Name"));
    row_set_time(call->output, "DeletionDate", call->now_ms + (force ? 0 : days * DAY_MS));
    char *name = dr_copy_string(row_text(secret, "Name"));
    if (force)
        dr_sim_remove(call->cloud, call->account, call->region, SECRET, name);
    else
        dr_sim_schedule(call->cloud, call->now_ms + days * DAY_MS, "secretsmanager.delete", call->account, call->region,
                        name, NULL);
    free(name);
}

static void restore_secret(struct dr_sim_call *call)
{
    json_t *secret = any_secret(call);
    if (!secret)
        return;
    json_object_del(secret, "DeletedDate");
    dr_sim_unschedule(call->cloud, "secretsmanager.delete", call->account, call->region, row_text(secret, "Name"));
    call->output = json_pack("{s:s,s:s}", "ARN", row_text(secret, "ARN"), "Name", row_text(secret, "Name"));
}

static void is_deleted(const struct dr_sim_happening *happening)
{
    dr_sim_remove(happening->cloud, happening->account, happening->region, SECRET, happening->id);
}

/* --- The service ---------------------------------------------------------------------------------------------------
 */

static const struct dr_sim_operation operations[] = {
    {"CreateSecret", create_secret, DR_SIM_CONTROL},
    {"DeleteSecret", delete_secret, DR_SIM_CONTROL},
    {"DescribeSecret", describe_secret, DR_SIM_CONTROL},
    {"GetSecretValue", get_secret_value, DR_SIM_DATA},
    {"ListSecretVersionIds", list_secret_version_ids, DR_SIM_CONTROL},
    {"ListSecrets", list_secrets, DR_SIM_CONTROL},
    {"PutSecretValue", put_secret_value, DR_SIM_CONTROL},
    {"RemoveRegionsFromReplication", remove_regions_from_replication, DR_SIM_CONTROL},
    {"ReplicateSecretToRegions", replicate_secret_to_regions, DR_SIM_CONTROL},
    {"RestoreSecret", restore_secret, DR_SIM_CONTROL},
    {"StopReplicationToReplica", stop_replication_to_replica, DR_SIM_CONTROL},
    {"UpdateSecret", update_secret, DR_SIM_CONTROL},
    {"UpdateSecretVersionStage", update_secret_version_stage, DR_SIM_CONTROL},
    {NULL, NULL, DR_SIM_DATA},
};

static const struct dr_sim_event events[] = {
    {"secretsmanager.replicate", replicate}, {"secretsmanager.delete", is_deleted}, {NULL, NULL}};

/* Secrets: { NAME: text, or a map that is kept as JSON, or { Value, Replicas: [REGION] } } */
static bool load(struct dr_sim_cloud *cloud, const char *account, const char *region, const json_t *given,
                 char **ret_problem)
{
    const char *name;
    const json_t *described;
    WORLD_EACH(json_object_get(given, "Secrets"), name, described)
    {
        const json_t *value = json_object_get(described, "Value") ? json_object_get(described, "Value") : described;
        json_t *secret = make_secret(cloud, account, region, name, dr_sim_now(cloud)), *target;
        char *text = json_is_string(value) ? dr_copy_string(json_string_value(value))
                                           : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
        if (!text) {
            *ret_problem = dr_format("secretsmanager.Secrets.%s: a secret is text, or { Value, Replicas }", name);
            return false;
        }
        json_t *content = json_pack("{s:s}", "SecretString", text);
        add_version(cloud, secret, content, NULL, NULL, dr_sim_now(cloud));
        json_decref(content);
        free(text);
        size_t i;
        json_array_foreach(json_object_get(described, "Value") ? json_object_get(described, "Replicas") : NULL, i,
                           target)
        {
            const char *to = json_string_value(target);
            if (!to || strcmp(to, region) == 0) {
                *ret_problem = dr_format("secretsmanager.Secrets.%s.Replicas: other Regions", name);
                return false;
            }
            json_array_append_new(row_array(secret, "ReplicationStatus"),
                                  json_pack("{s:s,s:s,s:s,s:s}", "Region", to, "KmsKeyId", "alias/aws/secretsmanager",
                                            "Status", "InSync", "StatusMessage", "Replication succeeded"));
            row_set_text(secret, "PrimaryRegion", region);
            copy_secret(cloud, account, region, to, secret);
        }
    }
    return true;
}

const struct dr_sim_service dr_sim_secretsmanager = {
    .name = "secretsmanager", .operations = operations, .events = events, .load = load};
