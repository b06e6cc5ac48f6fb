/* S3's replication: by the rules of the source bucket, each version some time after it was written; it waits while a
 * Region is down or the replication is stalled, and goes on then.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication.html, replication-status.html,
 * replication-what-is-isnot-replicated.html and replication-metrics.html */
#include "interpreter/base/clock.h"
#include "providers/simulated/services/s3.h"

#define LAG_MS 5000       /* if the world says nothing: Timings "s3.replication" */
#define TRY_AGAIN_MS 1000 /* while it cannot be */

/* --- Rules ---------------------------------------------------------------------------------------------------------
 */

static bool has_tag(const json_t *version, const json_t *tag)
{
    size_t i;
    json_t *own;
    json_array_foreach(json_object_get(version, "_tags"), i, own)
    {
        if (strcmp(row_text(own, "Key"), row_text(tag, "Key")) == 0 &&
            strcmp(row_text(own, "Value"), row_text(tag, "Value")) == 0)
            return true;
    }
    return false;
}

static bool covers(const json_t *rule, const char *key, const json_t *version)
{
    const json_t *filter = json_object_get(rule, "Filter"), *all = json_object_get(filter, "And"), *tag;
    const char *prefix = all ? row_text(all, "Prefix") : filter ? row_text(filter, "Prefix") : row_text(rule, "Prefix");
    bool good = strcmp(row_text(rule, "Status"), "Enabled") == 0 && strncmp(key, prefix, strlen(prefix)) == 0;
    if (json_is_true(json_object_get(version, "_deleteMarker"))) { /* without a filter: the older kind of rules does */
        const char *markers = row_text(json_object_get(rule, "DeleteMarkerReplication"), "Status");
        return good && (strcmp(markers, "Enabled") == 0 || !filter);
    }
    if ((tag = json_object_get(filter, "Tag")))
        good = good && has_tag(version, tag);
    size_t i;
    json_array_foreach(json_object_get(all, "Tags"), i, tag) good = good && has_tag(version, tag);
    return good;
}

static int64_t lag_of(struct dr_sim_cloud *cloud, const struct s3_bucket *bucket)
{
    const json_t *own = json_object_get(bucket->row, "_lag");
    return own ? (int64_t)json_integer_value(own) : dr_sim_timing(cloud, "s3.replication", LAG_MS);
}

void s3_replicate(struct dr_sim_cloud *cloud, const struct s3_bucket *bucket, const char *key, json_t *version,
                  int64_t now_ms)
{
    if (json_is_true(json_object_get(version, "_replica"))) /* replicas are not replicated again */
        return;
    const json_t *rules = json_object_get(json_object_get(bucket->row, "_replication"), "Rules");
    json_t *rule;
    size_t i;
    json_array_foreach(rules, i, rule)
    {
        const char *target = row_text(json_object_get(rule, "Destination"), "Bucket");
        if (!covers(rule, key, version) || json_object_get(row_object(version, "_replication"), target))
            continue;
        row_set_text(row_object(version, "_replication"), target, "PENDING");
        dr_sim_schedule(
            cloud, now_ms + lag_of(cloud, bucket), "s3.replicate", bucket->account, bucket->region, bucket->name,
            json_pack("{s:s,s:s,s:s}", "Key", key, "VersionId", row_text(version, "VersionId"), "Target", target));
    }
}

const char *s3_replication_status(const json_t *version)
{
    if (json_is_true(json_object_get(version, "_replica")))
        return "REPLICA";
    const json_t *all = json_object_get(version, "_replication");
    const char *target, *worst = json_object_size(all) ? "COMPLETED" : NULL;
    json_t *status;
    json_object_foreach(row_mutable(all), target, status)
    {
        const char *text = json_string_value(status);
        if (strcmp(text, "FAILED") == 0 || (strcmp(text, "PENDING") == 0 && strcmp(worst, "FAILED") != 0))
            worst = text;
    }
    return worst;
}

/* --- Over time -----------------------------------------------------------------------------------------------------
 */

static bool must_wait(struct dr_sim_cloud *cloud, const struct s3_bucket *from, const struct s3_bucket *to)
{
    return dr_sim_region_down(cloud, from->region) || dr_sim_region_down(cloud, to->region) ||
           dr_sim_fault(cloud, "ReplicationStalled", from->region, "s3", NULL, from->name) ||
           dr_sim_fault(cloud, "ReplicationStalled", to->region, "s3", NULL, to->name);
}

static void copy_version(struct dr_sim_cloud *cloud, const struct s3_bucket *to, const char *key, const json_t *version,
                         int64_t now_ms)
{
    static const char *const members[] = {"VersionId", "ETag",       "Size",          "_at",    "_body", "_head",
                                          "_tags",     "_checksums", "_deleteMarker", "_parts", NULL};
    json_t *replica = json_pack("{s:b}", "_replica", 1);
    row_take(replica, version, members); /* what it is made of is never changed in place */
    s3_add_version(cloud, to, key, replica, now_ms);
}

void s3_replication_happens(const struct dr_sim_happening *happening)
{
    struct dr_sim_cloud *cloud = happening->cloud;
    const char *key = row_text(happening->data, "Key"), *target = row_text(happening->data, "Target");
    struct s3_bucket from, to;
    json_t *version = s3_bucket_find(cloud, happening->id, &from)
                          ? s3_version(cloud, &from, key, row_text(happening->data, "VersionId"))
                          : NULL;
    if (!version) /* deleted meanwhile */
        return;
    bool there = s3_bucket_at_arn(cloud, target, &to);
    if (there && must_wait(cloud, &from, &to)) {
        dr_sim_schedule(cloud, happening->at_ms + TRY_AGAIN_MS, "s3.replicate", happening->account, happening->region,
                        happening->id, json_deep_copy(happening->data));
        return;
    }
    bool good = there && s3_is_versioned(&to);
    if (good)
        copy_version(cloud, &to, key, version, happening->at_ms);
    row_set_text(row_object(version, "_replication"), target, good ? "COMPLETED" : "FAILED");
}

/* --- The configuration ---------------------------------------------------------------------------------------------
 */

void s3_put_bucket_replication(struct dr_sim_call *call)
{
    struct s3_bucket bucket, target;
    const json_t *given = json_object_get(call->input, "ReplicationConfiguration");
    json_t *rule;
    size_t i;
    if (!s3_bucket_of(call, &bucket))
        return;
    if (!s3_is_versioned(&bucket)) {
        dr_sim_fail(call, 400, "InvalidRequest",
                    "Versioning must be 'Enabled' on the bucket to apply a replication configuration");
        return;
    }
    json_array_foreach(json_object_get(given, "Rules"), i, rule)
    {
        bool there = s3_bucket_at_arn(call->cloud, row_text(json_object_get(rule, "Destination"), "Bucket"), &target);
        if (there && s3_is_versioned(&target))
            continue;
        dr_sim_fail(call, 400, "InvalidRequest", "%s",
                    there ? "Destination bucket must have versioning enabled." : "Destination bucket must exist.");
        return;
    }
    json_t *own = json_deep_copy(given);
    json_array_foreach(json_object_get(own, "Rules"), i, rule)
    {
        if (!json_object_get(rule, "ID"))
            row_give_text(rule, "ID", dr_sim_hex_id(call->cloud, "", 32));
    }
    json_object_set_new(bucket.row, "_replication", own);
}

/* --- Metrics -------------------------------------------------------------------------------------------------------
 */

static const char *dimension(const json_t *dimensions, const char *name)
{
    size_t i;
    json_t *row;
    json_array_foreach(dimensions, i, row)
    {
        if (strcmp(row_text(row, "Name"), name) == 0)
            return row_text(row, "Value");
    }
    return row_text(dimensions, name);
}

/* ReplicationLatency in seconds, BytesPendingReplication, OperationsPendingReplication of source and destination. */
bool s3_replication_metric(struct dr_sim_cloud *cloud, const char *account, const char *region,
                           const char *metric_namespace, const char *metric, const json_t *dimensions, int64_t at_ms,
                           double *ret_value)
{
    struct s3_bucket bucket;
    const char *target = dimension(dimensions, "DestinationBucket"), *key;
    (void)region; /* AWS has them in the destination's Region */
    if (strcmp(metric_namespace, "AWS/S3") != 0 ||
        !s3_bucket_find(cloud, dimension(dimensions, "SourceBucket"), &bucket) ||
        strcmp(bucket.account, account) != 0 || !json_object_get(bucket.row, "_replication"))
        return false;
    char *arn = dr_format("arn:aws:s3:::%s", target);
    double latency = 0, bytes = 0, count = 0;
    json_t *object, *version;
    json_object_foreach(s3_objects(cloud, &bucket), key, object)
    {
        size_t i;
        json_array_foreach(json_object_get(object, "_versions"), i, version)
        {
            if (strcmp(row_text(json_object_get(version, "_replication"), arn), "PENDING") != 0)
                continue;
            double age = (double)(at_ms - row_int(version, "_at")) / 1000;
            latency = age > latency ? age : latency;
            bytes += (double)row_int(version, "Size");
            count++;
        }
    }
    free(arn);
    bool known = true;
    if (strcmp(metric, "ReplicationLatency") == 0)
        *ret_value = latency;
    else if (strcmp(metric, "BytesPendingReplication") == 0)
        *ret_value = bytes;
    else if (strcmp(metric, "OperationsPendingReplication") == 0)
        *ret_value = count;
    else
        known = false;
    return known;
}

/* --- A world's -----------------------------------------------------------------------------------------------------
 */

static int64_t lag_given(const json_t *given)
{
    int64_t lag_ms = 0;
    if (json_is_number(given))
        return dr_sim_ms(given, 1000);
    return json_is_string(given) && dr_duration_parse(json_string_value(given), &lag_ms) ? lag_ms : -1;
}

static bool link_bucket(struct dr_sim_cloud *cloud, json_t *row, const json_t *to, char **ret_problem)
{
    const char *name = json_is_object(to) ? row_text(to, "Bucket") : json_string_value(to), *key;
    const json_t *lag = json_object_get(to, "Lag");
    struct s3_bucket from, target;
    json_t *object, *version;
    s3_bucket_find(cloud, row_text(row, "Name"), &from);
    if (!name || !s3_bucket_find(cloud, name, &target)) {
        *ret_problem = dr_format("s3.Buckets.%s.ReplicateTo: there is no bucket \"%s\"", from.name, name ? name : "");
        return false;
    }
    if (lag && lag_given(lag) < 0) {
        *ret_problem = dr_format("s3.Buckets.%s.ReplicateTo.Lag: a number of seconds, or \"30s\"", from.name);
        return false;
    }
    row_set_text(target.row, "_versioning", "Enabled");
    char *arn = dr_format("arn:aws:s3:::%s", name), *role = dr_sim_arn("iam", "", from.account, "role/s3-replication");
    json_object_set_new(row, "_replication",
                        json_pack("{s:s,s:[{s:s,s:i,s:s,s:{s:s},s:{s:s},s:{s:s}}]}", "Role", role, "Rules", "ID",
                                  "simulated", "Priority", 1, "Status", "Enabled", "Filter", "Prefix",
                                  row_text(to, "Prefix"), "Destination", "Bucket", arn, "DeleteMarkerReplication",
                                  "Status", "Enabled"));
    if (lag)
        row_set_int(row, "_lag", lag_given(lag));
    json_object_foreach(s3_objects(cloud, &from), key, object)
    {
        version = json_array_get(json_object_get(object, "_versions"), 0);
        if (!covers(json_array_get(json_object_get(json_object_get(row, "_replication"), "Rules"), 0), key, version))
            continue;
        copy_version(cloud, &target, key, version, dr_sim_now(cloud));
        row_set_text(row_object(version, "_replication"), arn, "COMPLETED");
    }
    free(arn);
    free(role);
    return true;
}

bool s3_replication_link(struct dr_sim_cloud *cloud, char **ret_problem)
{
    const char *account, *region, *name;
    json_t *regions, *kinds, *row;
    json_object_foreach(dr_sim_tables(cloud), account, regions)
    {
        json_object_foreach(regions, region, kinds)
        {
            json_object_foreach(json_object_get(kinds, S3_BUCKET), name, row)
            {
                json_t *to = json_incref(json_object_get(row, "_replicateTo"));
                json_object_del(row, "_replicateTo");
                bool good = !to || link_bucket(cloud, row, to, ret_problem);
                json_decref(to);
                if (!good)
                    return false;
            }
        }
    }
    return true;
}
