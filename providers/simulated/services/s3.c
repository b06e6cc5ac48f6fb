/* S3: buckets and what is set on them. Objects are s3_objects.c, lists s3_list.c, parts s3_uploads.c, and what goes to
 * other Regions s3_replication.c. Source: https://docs.aws.amazon.com/AmazonS3/latest/API/ */
#include "providers/simulated/services/s3.h"

extern const struct dr_sim_service dr_sim_s3;

/* --- Which bucket --------------------------------------------------------------------------------------------------
 */

bool s3_bucket_find(struct dr_sim_cloud *cloud, const char *name, struct s3_bucket *ret_bucket)
{
    *ret_bucket = (struct s3_bucket){0};
    ret_bucket->row = dr_sim_find_anywhere(cloud, S3_BUCKET, name, &ret_bucket->account, &ret_bucket->region);
    ret_bucket->name = row_text(ret_bucket->row, "Name");
    return ret_bucket->row != NULL;
}

bool s3_bucket_at_arn(struct dr_sim_cloud *cloud, const char *arn, struct s3_bucket *ret_bucket)
{
    char *name = arn_part(arn, 5);
    bool found = s3_bucket_find(cloud, name, ret_bucket);
    free(name);
    return found;
}

static bool any_bucket_of(struct dr_sim_call *call, struct s3_bucket *ret_bucket)
{
    const char *name = dr_sim_string(call, "Bucket", ""), *owner = dr_sim_string(call, "ExpectedBucketOwner", NULL);
    if (!s3_bucket_find(call->cloud, name, ret_bucket)) {
        dr_sim_fail(call, 404, "NoSuchBucket", "The specified bucket does not exist");
        call->details = json_pack("{s:s}", "BucketName", name);
    } else if (strcmp(ret_bucket->account, call->account) != 0 || (owner && strcmp(ret_bucket->account, owner) != 0)) {
        dr_sim_fail(call, 403, "AccessDenied", "Access Denied");
    }
    return !call->error;
}

bool s3_bucket_of(struct dr_sim_call *call, struct s3_bucket *ret_bucket)
{
    if (!any_bucket_of(call, ret_bucket))
        return false;
    if (strcmp(ret_bucket->region, call->region) == 0)
        return true;
    dr_sim_fail(
        call, 301, "PermanentRedirect",
        "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all "
        "future requests to this endpoint.");
    call->details = json_pack("{s:s}", "Bucket", ret_bucket->name);
    row_give_text(call->details, "Endpoint", dr_format("%s.s3.%s.amazonaws.com", ret_bucket->name, ret_bucket->region));
    call->headers = json_pack("{s:s}", "x-amz-bucket-region", ret_bucket->region);
    return false;
}

bool s3_is_versioned(const struct s3_bucket *bucket)
{
    return strcmp(row_text(bucket->row, "_versioning"), "Enabled") == 0;
}

static json_t *table_of(struct dr_sim_cloud *cloud, const struct s3_bucket *bucket, const char *what)
{
    char *kind = dr_format("s3.%s/%s", what, bucket->name);
    json_t *table = dr_sim_table(cloud, bucket->account, bucket->region, kind);
    free(kind);
    return table;
}

json_t *s3_objects(struct dr_sim_cloud *cloud, const struct s3_bucket *bucket)
{
    return table_of(cloud, bucket, "object");
}

json_t *s3_uploads(struct dr_sim_cloud *cloud, const struct s3_bucket *bucket)
{
    return table_of(cloud, bucket, "upload");
}

/* --- Buckets -------------------------------------------------------------------------------------------------------
 */

static bool name_is_fine(const char *name)
{
    size_t size = strlen(name);
    bool good =
        size >= 3 && size <= 63 && name[0] != '-' && name[0] != '.' && name[size - 1] != '-' && name[size - 1] != '.';
    for (size_t i = 0; i < size; i++)
        good = good && ((name[i] >= 'a' && name[i] <= 'z') || (name[i] >= '0' && name[i] <= '9') || name[i] == '-' ||
                        (name[i] == '.' && name[i + 1] != '.'));
    return good;
}

static json_t *make_bucket(struct dr_sim_cloud *cloud, const char *account, const char *region, const char *name)
{
    json_t *bucket = json_pack("{s:s}", "Name", name);
    row_set_time(bucket, "CreationDate", dr_sim_now(cloud));
    dr_sim_put(cloud, account, region, S3_BUCKET, name, bucket);
    return bucket;
}

static void create_bucket(struct dr_sim_call *call)
{
    const char *name = dr_sim_string(call, "Bucket", "");
    const char *wanted = row_text(json_object_get(call->input, "CreateBucketConfiguration"), "LocationConstraint");
    bool classic = strcmp(call->region, "us-east-1") == 0;
    struct s3_bucket there;
    if (!name_is_fine(name)) {
        dr_sim_fail(call, 400, "InvalidBucketName", "The specified bucket is not valid.");
    } else if (classic ? *wanted && strcmp(wanted, "us-east-1") != 0 : strcmp(wanted, call->region) != 0) {
        dr_sim_fail(
            call, 400, "IllegalLocationConstraintException",
            "The %s location constraint is incompatible for the region specific endpoint this request was sent to.",
            *wanted ? wanted : "unspecified");
    } else if (classic && *wanted) {
        dr_sim_fail(call, 400, "InvalidLocationConstraint", "The specified location-constraint is not valid");
    } else if (s3_bucket_find(call->cloud, name, &there)) {
        bool own = strcmp(there.account, call->account) == 0;
        if (own && classic && strcmp(there.region, "us-east-1") == 0) /* North Virginia answers 200 again */
            call->output = json_pack("{s:o}", "Location", json_sprintf("/%s", name));
        else
            dr_sim_fail(
                call, 409, own ? "BucketAlreadyOwnedByYou" : "BucketAlreadyExists", "%s",
                own ? "Your previous request to create the named bucket succeeded and you already own it."
                    : "The requested bucket name is not available. The bucket namespace is shared by all users of "
                      "the system. Please select a different name and try again.");
    } else {
        make_bucket(call->cloud, call->account, call->region, name);
        call->output = json_object();
        row_give_text(call->output, "Location",
                      classic ? dr_format("/%s", name) : dr_format("http://%s.s3.amazonaws.com/", name));
    }
}

static void delete_bucket(struct dr_sim_call *call)
{
    struct s3_bucket bucket;
    if (!s3_bucket_of(call, &bucket))
        return;
    if (json_object_size(s3_objects(call->cloud, &bucket)) > 0) {
        dr_sim_fail(call, 409, "BucketNotEmpty", "%s",
                    *row_text(bucket.row, "_versioning")
                        ? "The bucket you tried to delete is not empty. You must delete all versions in the bucket."
                        : "The bucket you tried to delete is not empty");
        call->details = json_pack("{s:s}", "BucketName", bucket.name);
        return;
    }
    dr_sim_remove(call->cloud, call->account, call->region, S3_BUCKET, dr_sim_string(call, "Bucket", ""));
}

static int by_name(const void *a, const void *b)
{
    return strcmp(row_text(*(json_t *const *)a, "Name"), row_text(*(json_t *const *)b, "Name"));
}

static void list_buckets(struct dr_sim_call *call) /* of all Regions, by name */
{
    json_t *all = json_array(), *kinds, *bucket;
    const char *region, *name;
    json_object_foreach(json_object_get(dr_sim_tables(call->cloud), call->account), region, kinds)
    {
        json_object_foreach(json_object_get(kinds, S3_BUCKET), name, bucket) json_array_append(all, bucket);
    }
    size_t count = json_array_size(all);
    json_t **rows = dr_alloc((count + 1) * sizeof *rows), *sorted = json_array();
    for (size_t i = 0; i < count; i++)
        rows[i] = json_array_get(all, i);
    qsort(rows, count, sizeof *rows, by_name);
    for (size_t i = 0; i < count; i++)
        json_array_append(sorted, rows[i]);
    free(rows);
    json_decref(all);
    call->output =
        json_pack("{s:o,s:{s:s,s:s}}", "Buckets", sorted, "Owner", "ID", call->account, "DisplayName", "simulated");
}

static void head_bucket(struct dr_sim_call *call)
{
    struct s3_bucket bucket;
    if (s3_bucket_of(call, &bucket))
        call->headers = json_pack("{s:s}", "x-amz-bucket-region", bucket.region);
}

static void get_bucket_location(struct dr_sim_call *call) /* any Region knows */
{
    struct s3_bucket bucket;
    if (any_bucket_of(call, &bucket))
        call->output =
            json_pack("{s:s}", "LocationConstraint", strcmp(bucket.region, "us-east-1") == 0 ? "" : bucket.region);
}

static void get_bucket_versioning(struct dr_sim_call *call)
{
    struct s3_bucket bucket;
    if (s3_bucket_of(call, &bucket) && *row_text(bucket.row, "_versioning"))
        call->output = json_pack("{s:s}", "Status", row_text(bucket.row, "_versioning"));
}

static void put_bucket_versioning(struct dr_sim_call *call)
{
    struct s3_bucket bucket;
    const char *status = row_text(json_object_get(call->input, "VersioningConfiguration"), "Status");
    if (!s3_bucket_of(call, &bucket))
        return;
    if (!*status)
        dr_sim_fail(call, 400, "IllegalVersioningConfigurationException", "The Versioning element must be specified");
    else if (strcmp(status, "Suspended") == 0 && json_object_get(bucket.row, "_replication"))
        dr_sim_fail(
            call, 409, "InvalidBucketState",
            "A replication configuration is present on this bucket, so the versioning state cannot be changed.");
    else
        row_set_text(bucket.row, "_versioning", status);
}

/* --- What else is set on a bucket ----------------------------------------------------------------------------------
 */

/* Kept as it was put. What it would do beyond being there (lifecycle rules, encryption) is in docs/simulated/s3.md. */
static const struct setting {
    const char *get, *put, *remove;
    const char *key;            /* of the bucket's row */
    const char *given, *inside; /* the member of the input, and the one in it that is the output's; NULL: itself */
    const char *shown;          /* the output's member */
    const char *absent, *absent_text; /* the error if nothing was set; NULL: an empty answer */
    const char *otherwise;            /* what there is if nothing was set, as JSON; NULL: nothing */
} settings[] = {
    {"GetBucketReplication", NULL, "DeleteBucketReplication", "_replication", NULL, NULL, "ReplicationConfiguration",
     "ReplicationConfigurationNotFoundError", "The replication configuration was not found", NULL},
    {"GetBucketTagging", "PutBucketTagging", "DeleteBucketTagging", "_tagging", "Tagging", "TagSet", "TagSet",
     "NoSuchTagSet", "The TagSet does not exist", NULL},
    {"GetBucketLifecycleConfiguration", "PutBucketLifecycleConfiguration", "DeleteBucketLifecycle", "_lifecycle",
     "LifecycleConfiguration", "Rules", "Rules", "NoSuchLifecycleConfiguration",
     "The lifecycle configuration does not exist", NULL},
    {"GetPublicAccessBlock", "PutPublicAccessBlock", "DeletePublicAccessBlock", "_publicAccess",
     "PublicAccessBlockConfiguration", NULL, "PublicAccessBlockConfiguration", "NoSuchPublicAccessBlockConfiguration",
     "The public access block configuration was not found",
     "{\"BlockPublicAcls\":true,\"IgnorePublicAcls\":true,\"BlockPublicPolicy\":true,\"RestrictPublicBuckets\":true}"},
    {"GetBucketEncryption", "PutBucketEncryption", "DeleteBucketEncryption", "_encryption",
     "ServerSideEncryptionConfiguration", NULL, "ServerSideEncryptionConfiguration",
     "ServerSideEncryptionConfigurationNotFoundError", "The server side encryption configuration was not found",
     "{\"Rules\":[{\"ApplyServerSideEncryptionByDefault\":{\"SSEAlgorithm\":\"AES256\"},\"BucketKeyEnabled\":false}]}"},
    {"GetBucketOwnershipControls", "PutBucketOwnershipControls", "DeleteBucketOwnershipControls", "_ownership",
     "OwnershipControls", NULL, "OwnershipControls", "OwnershipControlsNotFoundError",
     "The bucket ownership controls were not found", "{\"Rules\":[{\"ObjectOwnership\":\"BucketOwnerEnforced\"}]}"},
    {"GetBucketPolicy", NULL, NULL, "_policy", NULL, NULL, "Policy", "NoSuchBucketPolicy",
     "The bucket policy does not exist", NULL},
    {"GetBucketCors", NULL, NULL, "_cors", NULL, NULL, "CORSRules", "NoSuchCORSConfiguration",
     "The CORS configuration does not exist", NULL},
    {"GetBucketWebsite", NULL, NULL, "_website", NULL, NULL, "Website", "NoSuchWebsiteConfiguration",
     "The specified bucket does not have a website configuration", NULL},
    {"GetObjectLockConfiguration", NULL, NULL, "_lock", NULL, NULL, "ObjectLockConfiguration",
     "ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket", NULL},
    {"GetBucketLogging", NULL, NULL, "_logging", NULL, NULL, "LoggingEnabled", NULL, NULL, NULL},
    {"GetBucketAccelerateConfiguration", NULL, NULL, "_accelerate", NULL, NULL, "Status", NULL, NULL, NULL},
    {"GetBucketRequestPayment", NULL, NULL, "_payer", NULL, NULL, "Payer", NULL, NULL, "\"BucketOwner\""},
};

static bool is(const char *name, const char *operation)
{
    return name && strcmp(name, operation) == 0;
}

/* Any of the operations in the table above. */
static void set_or_get(struct dr_sim_call *call)
{
    const char *name = call->operation->name;
    struct s3_bucket bucket;
    if (!s3_bucket_of(call, &bucket))
        return;
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        const struct setting *setting = &settings[i];
        json_t *kept = json_object_get(bucket.row, setting->key);
        if (is(setting->put, name)) {
            const json_t *given = json_object_get(call->input, setting->given);
            given = setting->inside ? json_object_get(given, setting->inside) : given;
            json_object_set_new(bucket.row, setting->key, given ? dr_json_share(given) : json_array());
            call->status = is("PutBucketTagging", name) ? 204 : 0;
        } else if (is(setting->remove, name)) { /* null: taken away, where AWS sets something by itself */
            json_object_set_new(bucket.row, setting->key, json_null());
            if (!setting->otherwise)
                json_object_del(bucket.row, setting->key);
        } else if (is(setting->get, name)) {
            json_t *shown =
                kept || !setting->otherwise ? json_incref(kept) : json_loads(setting->otherwise, JSON_DECODE_ANY, NULL);
            if (shown && !json_is_null(shown))
                call->output = json_pack("{s:O}", setting->shown, shown);
            else if (setting->absent)
                dr_sim_fail(call, 404, setting->absent, "%s", setting->absent_text);
            json_decref(shown);
        }
    }
}

/* --- The service ---------------------------------------------------------------------------------------------------
 */

static const struct dr_sim_operation operations[] = {
    {"AbortMultipartUpload", s3_abort_multipart_upload, DR_SIM_DATA},
    {"CompleteMultipartUpload", s3_complete_multipart_upload, DR_SIM_DATA},
    {"CopyObject", s3_copy_object, DR_SIM_DATA},
    {"CreateBucket", create_bucket, DR_SIM_CONTROL},
    {"CreateMultipartUpload", s3_create_multipart_upload, DR_SIM_DATA},
    {"DeleteBucket", delete_bucket, DR_SIM_CONTROL},
    {"DeleteBucketEncryption", set_or_get, DR_SIM_CONTROL},
    {"DeleteBucketLifecycle", set_or_get, DR_SIM_CONTROL},
    {"DeleteBucketOwnershipControls", set_or_get, DR_SIM_CONTROL},
    {"DeleteBucketReplication", set_or_get, DR_SIM_CONTROL},
    {"DeleteBucketTagging", set_or_get, DR_SIM_CONTROL},
    {"DeleteObject", s3_delete_object, DR_SIM_DATA},
    {"DeleteObjectTagging", s3_delete_object_tagging, DR_SIM_DATA},
    {"DeleteObjects", s3_delete_objects, DR_SIM_DATA},
    {"DeletePublicAccessBlock", set_or_get, DR_SIM_CONTROL},
    {"GetBucketAccelerateConfiguration", set_or_get, DR_SIM_CONTROL},
    {"GetBucketCors", set_or_get, DR_SIM_CONTROL},
    {"GetBucketEncryption", set_or_get, DR_SIM_CONTROL},
    {"GetBucketLifecycleConfiguration", set_or_get, DR_SIM_CONTROL},
    {"GetBucketLocation", get_bucket_location, DR_SIM_CONTROL},
    {"GetBucketLogging", set_or_get, DR_SIM_CONTROL},
    {"GetBucketOwnershipControls", set_or_get, DR_SIM_CONTROL},
    {"GetBucketPolicy", set_or_get, DR_SIM_CONTROL},
    {"GetBucketReplication", set_or_get, DR_SIM_CONTROL},
    {"GetBucketRequestPayment", set_or_get, DR_SIM_CONTROL},
    {"GetBucketTagging", set_or_get, DR_SIM_CONTROL},
    {"GetBucketVersioning", get_bucket_versioning, DR_SIM_CONTROL},
    {"GetBucketWebsite", set_or_get, DR_SIM_CONTROL},
    {"GetObject", s3_get_object, DR_SIM_DATA},
    {"GetObjectAttributes", s3_get_object_attributes, DR_SIM_DATA},
    {"GetObjectLockConfiguration", set_or_get, DR_SIM_CONTROL},
    {"GetObjectTagging", s3_get_object_tagging, DR_SIM_DATA},
    {"GetPublicAccessBlock", set_or_get, DR_SIM_CONTROL},
    {"HeadBucket", head_bucket, DR_SIM_DATA},
    {"HeadObject", s3_head_object, DR_SIM_DATA},
    {"ListBuckets", list_buckets, DR_SIM_CONTROL},
    {"ListMultipartUploads", s3_list_multipart_uploads, DR_SIM_DATA},
    {"ListObjectVersions", s3_list_object_versions, DR_SIM_DATA},
    {"ListObjects", s3_list_objects, DR_SIM_DATA},
    {"ListObjectsV2", s3_list_objects_v2, DR_SIM_DATA},
    {"ListParts", s3_list_parts, DR_SIM_DATA},
    {"PutBucketEncryption", set_or_get, DR_SIM_CONTROL},
    {"PutBucketLifecycleConfiguration", set_or_get, DR_SIM_CONTROL},
    {"PutBucketOwnershipControls", set_or_get, DR_SIM_CONTROL},
    {"PutBucketReplication", s3_put_bucket_replication, DR_SIM_CONTROL},
    {"PutBucketTagging", set_or_get, DR_SIM_CONTROL},
    {"PutBucketVersioning", put_bucket_versioning, DR_SIM_CONTROL},
    {"PutObject", s3_put_object, DR_SIM_DATA},
    {"PutObjectTagging", s3_put_object_tagging, DR_SIM_DATA},
    {"PutPublicAccessBlock", set_or_get, DR_SIM_CONTROL},
    {"UploadPart", s3_upload_part, DR_SIM_DATA},
    {"UploadPartCopy", s3_upload_part_copy, DR_SIM_DATA},
    {NULL, NULL, DR_SIM_DATA},
};

static const struct dr_sim_event events[] = {{"s3.replicate", s3_replication_happens}, {NULL, NULL}};

/* Buckets: [NAME, ...] or { NAME: { Versioning: true, ReplicateTo: NAME or { Bucket, Lag, Prefix }, Objects: { KEY:
 * text } } } */
static bool load(struct dr_sim_cloud *cloud, const char *account, const char *region, const json_t *given,
                 char **ret_problem)
{
    const char *name, *key;
    const json_t *described;
    WORLD_EACH(json_object_get(given, "Buckets"), name, described)
    {
        struct s3_bucket bucket;
        if (!name_is_fine(name) || s3_bucket_find(cloud, name, &bucket)) {
            *ret_problem =
                dr_format("s3.Buckets.%s: %s", name,
                          name_is_fine(name) ? "another bucket has this name"
                                             : "a bucket's name has 3 to 63 lower-case letters, digits, dots and -");
            return false;
        }
        json_t *row = make_bucket(cloud, account, region, name);
        const json_t *to = json_object_get(described, "ReplicateTo");
        if (json_is_true(json_object_get(described, "Versioning")) || to)
            row_set_text(row, "_versioning", "Enabled");
        if (to) /* for s3_replication_link() */
            json_object_set_new(row, "_replicateTo", dr_json_share(to));
    }
    WORLD_EACH(json_object_get(given, "Buckets"), name, described)
    {
        struct s3_bucket bucket;
        json_t *text;
        s3_bucket_find(cloud, name, &bucket);
        json_object_foreach(json_object_get(described, "Objects"), key, text)
        {
            json_t *version = json_pack("{s:{s:s}}", "_head", "ContentType", "binary/octet-stream");
            char *bytes =
                json_is_string(text) ? dr_copy_string(json_string_value(text)) : json_dumps(text, JSON_ENCODE_ANY);
            s3_set_content(version, bytes, strlen(bytes));
            s3_add_version(cloud, &bucket, key, version, dr_sim_now(cloud));
            free(bytes);
        }
    }
    return true;
}

const struct dr_sim_service dr_sim_s3 = {.name = "s3",
                                         .operations = operations,
                                         .events = events,
                                         .load = load,
                                         .link = s3_replication_link,
                                         .metric = s3_replication_metric};
