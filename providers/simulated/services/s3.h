/* Between the files of the simulated S3. Private to it.
 *
 * A bucket is a row "s3.bucket" in its Region. Its objects are rows of the table "s3.object/BUCKET" by key:
 * {"_versions": [oldest, ..., newest]}; a version is {"VersionId", "ETag", "Size", "LastModified", "_at", "_body": text
 * or
 * {"Base64"}, "_head": what GetObject gives in headers, "_tags", "_checksums", "_replication": {destination: status},
 * "_deleteMarker", "_replica"}. */
#ifndef DRRUN_PROVIDERS_SIMULATED_SERVICES_S3_H
#define DRRUN_PROVIDERS_SIMULATED_SERVICES_S3_H

#include "providers/simulated/services/rows.h"

#define S3_BUCKET "s3.bucket"

struct s3_bucket { /* borrowed from the state */
    json_t *row;
    const char *name, *account, *region;
};
/* The call's bucket. False: the call has failed (there is none, it is another's, it is in another Region). */
bool s3_bucket_of(struct dr_sim_call *call, struct s3_bucket *ret_bucket);
/* By name, wherever it is; false: there is none. */
bool s3_bucket_find(struct dr_sim_cloud *cloud, const char *name, struct s3_bucket *ret_bucket);
/* "arn:aws:s3:::NAME"; false: there is none. */
bool s3_bucket_at_arn(struct dr_sim_cloud *cloud, const char *arn, struct s3_bucket *ret_bucket);
bool s3_is_versioned(const struct s3_bucket *bucket); /* Enabled; suspended is not */
/* Table of objects; table of multipart uploads by id. Borrowed. */
json_t *s3_objects(struct dr_sim_cloud *cloud, const struct s3_bucket *bucket);
json_t *s3_uploads(struct dr_sim_cloud *cloud, const struct s3_bucket *bucket);

/* The version of an object; `version` NULL: the newest, which may be a delete marker. Borrowed; NULL: none. */
json_t *s3_version(struct dr_sim_cloud *cloud, const struct s3_bucket *bucket, const char *key, const char *version);
/* Adds a version (stolen) as the newest: gives it its VersionId unless it has one, its times, and begins its
 * replication. In an unversioned bucket it takes the place of the one there was. Borrowed. */
json_t *s3_add_version(struct dr_sim_cloud *cloud, const struct s3_bucket *bucket, const char *key, json_t *version,
                       int64_t now_ms);
/* Content of a version from its bytes: "_body", "Size", "ETag". */
void s3_set_content(json_t *version, const char *bytes, size_t size);
/* The bytes of a body; owned by the caller. */
char *s3_bytes(const json_t *body, size_t *ret_size);
/* Of bytes, as hex digits; owned by the caller. */
char *s3_md5_hex(const char *bytes, size_t size);
/* What a request says of an object besides its bytes: "_head", "_tags". A new version row. */
json_t *s3_described(struct dr_sim_call *call);
/* False: Content-MD5 or a checksum is not that of the bytes, and the call has failed. The checksums are kept in
 * `version`. */
bool s3_check_sums(struct dr_sim_call *call, json_t *version, const char *bytes, size_t size);
/* Takes If-Match and If-None-Match of a write. False: the call has failed. */
bool s3_may_write(struct dr_sim_call *call, const struct s3_bucket *bucket, const char *key);
/* The object version that x-amz-copy-source means: borrowed; NULL: the call has failed. */
const json_t *s3_copy_source(struct dr_sim_call *call);

/* Begins the replication of a new version (or delete marker) by the bucket's rules. */
void s3_replicate(struct dr_sim_cloud *cloud, const struct s3_bucket *bucket, const char *key, json_t *version,
                  int64_t now_ms);
void s3_replication_happens(const struct dr_sim_happening *happening); /* the event "s3.replicate" */
bool s3_replication_metric(struct dr_sim_cloud *cloud, const char *account, const char *region,
                           const char *metric_namespace, const char *metric, const json_t *dimensions, int64_t at_ms,
                           double *ret_value);
/* What x-amz-replication-status says of a version; NULL: nothing. */
const char *s3_replication_status(const json_t *version);
/* A world's ReplicateTo ({ Bucket, Lag, Prefix }, or the name of the destination) when all buckets are there: the
 * destinations are versioned, and what there is at first is everywhere. False with `ret_problem`. */
bool s3_replication_link(struct dr_sim_cloud *cloud, char **ret_problem);
void s3_put_bucket_replication(struct dr_sim_call *call);

void s3_list_objects(struct dr_sim_call *call);
void s3_list_objects_v2(struct dr_sim_call *call);
void s3_list_object_versions(struct dr_sim_call *call);
void s3_list_multipart_uploads(struct dr_sim_call *call);

void s3_copy_object(struct dr_sim_call *call);
void s3_delete_object(struct dr_sim_call *call);
void s3_delete_objects(struct dr_sim_call *call);
void s3_delete_object_tagging(struct dr_sim_call *call);
void s3_get_object(struct dr_sim_call *call);
void s3_get_object_attributes(struct dr_sim_call *call);
void s3_get_object_tagging(struct dr_sim_call *call);
void s3_head_object(struct dr_sim_call *call);
void s3_put_object(struct dr_sim_call *call);
void s3_put_object_tagging(struct dr_sim_call *call);

void s3_abort_multipart_upload(struct dr_sim_call *call);
void s3_complete_multipart_upload(struct dr_sim_call *call);
void s3_create_multipart_upload(struct dr_sim_call *call);
void s3_list_parts(struct dr_sim_call *call);
void s3_upload_part(struct dr_sim_call *call);
void s3_upload_part_copy(struct dr_sim_call *call);

#endif
