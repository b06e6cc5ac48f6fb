/* S3's multipart uploads: parts that become one object when they are all there.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html */
#include "providers/simulated/services/s3.h"

#include <ctype.h>

#define PARTS_MAX 10000
#define PART_BYTES_MIN (5 << 20) /* of all but the last */

/* The upload of the call: borrowed; NULL: the call has failed. */
static json_t *upload_of(struct dr_sim_call *call, struct s3_bucket *ret_bucket)
{
    if (!s3_bucket_of(call, ret_bucket))
        return NULL;
    json_t *upload = json_object_get(s3_uploads(call->cloud, ret_bucket), dr_sim_string(call, "UploadId", ""));
    if (upload && strcmp(row_text(upload, "Key"), dr_sim_string(call, "Key", "")) == 0)
        return upload;
    dr_sim_fail(
        call, 404, "NoSuchUpload",
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or "
        "completed.");
    call->details = json_pack("{s:s}", "UploadId", dr_sim_string(call, "UploadId", ""));
    return NULL;
}

void s3_create_multipart_upload(struct dr_sim_call *call)
{
    struct s3_bucket bucket;
    const char *key = dr_sim_string(call, "Key", "");
    if (!s3_bucket_of(call, &bucket))
        return;
    char *id = dr_sim_hex_id(call->cloud, "", 64);
    json_t *upload = s3_described(call);
    row_set_text(upload, "Key", key);
    row_set_text(upload, "UploadId", id);
    row_set_time(upload, "Initiated", call->now_ms);
    json_object_set_new(upload, "_parts", json_object());
    json_object_set_new(s3_uploads(call->cloud, &bucket), id, upload);
    call->output = json_pack("{s:s,s:s,s:s,s:s}", "Bucket", bucket.name, "Key", key, "UploadId", id,
                             "ServerSideEncryption", "AES256");
    free(id);
}

void s3_abort_multipart_upload(struct dr_sim_call *call)
{
    struct s3_bucket bucket;
    if (upload_of(call, &bucket))
        json_object_del(s3_uploads(call->cloud, &bucket), dr_sim_string(call, "UploadId", ""));
}

/* Takes the bytes as a part. Borrowed; NULL: the call has failed. */
static const json_t *add_part(struct dr_sim_call *call, json_t *upload, const char *bytes, size_t size)
{
    int64_t number = dr_sim_int(call, "PartNumber", 0);
    if (number < 1 || number > PARTS_MAX) {
        dr_sim_fail(call, 400, "InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive");
        return NULL;
    }
    json_t *part = json_object();
    if (!s3_check_sums(call, part, bytes, size)) {
        json_decref(part);
        return NULL;
    }
    s3_set_content(part, bytes, size);
    row_set_int(part, "PartNumber", number);
    row_set_time(part, "LastModified", call->now_ms);
    char *name = dr_format("%05lld", (long long)number);
    json_object_set_new(json_object_get(upload, "_parts"), name, part);
    free(name);
    return part;
}

void s3_upload_part(struct dr_sim_call *call)
{
    struct s3_bucket bucket;
    json_t *upload = upload_of(call, &bucket);
    if (!upload)
        return;
    size_t size;
    char *bytes = s3_bytes(json_object_get(call->input, "Body"), &size);
    const json_t *part = add_part(call, upload, bytes, size);
    if (part) {
        call->output = json_pack("{s:s,s:s}", "ETag", row_text(part, "ETag"), "ServerSideEncryption", "AES256");
        json_object_update(call->output, json_object_get(part, "_checksums"));
    }
    free(bytes);
}

void s3_upload_part_copy(struct dr_sim_call *call)
{
    struct s3_bucket bucket;
    json_t *upload = upload_of(call, &bucket);
    const json_t *source = upload ? s3_copy_source(call) : NULL;
    const char *range = dr_sim_string(call, "CopySourceRange", NULL);
    if (!source)
        return;
    size_t size, start = 0;
    char *bytes = s3_bytes(json_object_get(source, "_body"), &size), *end = NULL;
    size_t count = size;
    bool good = true;
    if (range) { /* "bytes=FIRST-LAST", nothing else */
        good = strncmp(range, "bytes=", 6) == 0 && isdigit((unsigned char)range[6]);
        start = good ? strtoull(range + 6, &end, 10) : 0;
        good = good && *end == '-' && isdigit((unsigned char)end[1]);
        unsigned long long last = good ? strtoull(end + 1, &end, 10) : 0;
        good = good && *end == '\0' && start <= last && last < size;
        count = good ? (size_t)(last - start + 1) : 0;
    }
    if (!good)
        dr_sim_fail(
            call, 400, "InvalidArgument",
            "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the "
            "zero-based offsets of the first and last bytes to copy");
    const json_t *part = good ? add_part(call, upload, bytes + start, count) : NULL;
    if (part)
        call->output = json_pack("{s:{s:s,s:s}}", "CopyPartResult", "ETag", row_text(part, "ETag"), "LastModified",
                                 row_text(part, "LastModified"));
    free(bytes);
}

static int by_number(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void s3_list_parts(struct dr_sim_call *call)
{
    static const char *const members[] = {"PartNumber", "LastModified", "ETag", "Size", NULL};
    struct s3_bucket bucket;
    const json_t *upload = upload_of(call, &bucket);
    if (!upload)
        return;
    const json_t *parts = json_object_get(upload, "_parts");
    int64_t max = dr_sim_int(call, "MaxParts", 1000), last = 0;
    const char *given = dr_sim_string(call, "PartNumberMarker", "0"), *name;
    int64_t marker = dr_sim_int(call, "PartNumberMarker", strtoll(given, NULL, 10));
    const char **names = dr_alloc((json_object_size(parts) + 1) * sizeof *names);
    size_t count = 0;
    json_t *part, *shown = json_array();
    json_object_foreach(row_mutable(parts), name, part) names[count++] = name;
    qsort(names, count, sizeof *names, by_number);
    bool more = false;
    for (size_t i = 0; i < count; i++) {
        part = json_object_get(parts, names[i]);
        if (row_int(part, "PartNumber") <= marker)
            continue;
        more = (int64_t)json_array_size(shown) >= max;
        if (more)
            break;
        json_t *row = json_object();
        row_take(row, part, members);
        json_array_append_new(shown, row);
        last = row_int(part, "PartNumber");
    }
    free(names);
    call->output =
        json_pack("{s:s,s:s,s:s,s:I,s:b,s:s,s:{s:s},s:{s:s}}", "Bucket", bucket.name, "Key", row_text(upload, "Key"),
                  "UploadId", row_text(upload, "UploadId"), "MaxParts", (json_int_t)max, "IsTruncated", more,
                  "StorageClass", "STANDARD", "Owner", "ID", bucket.account, "Initiator", "ID", bucket.account);
    if (json_array_size(shown) > 0)
        json_object_set(call->output, "Parts", shown);
    if (json_array_size(shown) > 0) { /* a number or text, as the model has it */
        json_object_set_new(call->output, "PartNumberMarker", json_sprintf("%lld", (long long)marker));
        json_object_set_new(call->output, "NextPartNumberMarker", json_sprintf("%lld", (long long)last));
    }
    json_decref(shown);
}

static bool same_tag(const char *given, const char *own)
{
    if (*given == '"')
        return strcmp(given, own) == 0;
    size_t size = strlen(own) - 2;
    return strlen(given) == size && strncmp(given, own + 1, size) == 0;
}

/* The parts' bytes in `all`, the sums of each in `sums`. False: the call has failed. */
static bool join(struct dr_sim_call *call, const json_t *upload, const json_t *wanted, struct dr_text *all,
                 struct dr_text *sums)
{
    int64_t before = 0;
    for (size_t i = 0; i < json_array_size(wanted); i++) {
        const json_t *given = json_array_get(wanted, i);
        char *name = dr_format("%05lld", (long long)row_int(given, "PartNumber"));
        const json_t *part = json_object_get(json_object_get(upload, "_parts"), name);
        free(name);
        if (row_int(given, "PartNumber") <= before) {
            dr_sim_fail(call, 400, "InvalidPartOrder",
                        "The list of parts was not in ascending order. Parts must be ordered by part number.");
            return false;
        }
        if (!part || !same_tag(row_text(given, "ETag"), row_text(part, "ETag"))) {
            dr_sim_fail(
                call, 400, "InvalidPart",
                "One or more of the specified parts could not be found.  The part may not have been uploaded, or "
                "the specified entity tag may not match the part's entity tag.");
            return false;
        }
        if (i + 1 < json_array_size(wanted) && row_int(part, "Size") < PART_BYTES_MIN) {
            dr_sim_fail(call, 400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size");
            return false;
        }
        size_t size;
        char *bytes = s3_bytes(json_object_get(part, "_body"), &size);
        dr_text_add(all, bytes, size);
        free(bytes);
        const char *tag = row_text(part, "ETag") + 1; /* 32 hex digits are 16 bytes */
        for (int at = 0; at < 32; at += 2) {
            char digits[3] = {tag[at], tag[at + 1], '\0'};
            dr_text_putc(sums, (char)strtol(digits, NULL, 16));
        }
        before = row_int(given, "PartNumber");
    }
    return true;
}

void s3_complete_multipart_upload(struct dr_sim_call *call)
{
    static const char *const members[] = {"_head", "_tags", NULL};
    struct s3_bucket bucket;
    const json_t *upload = upload_of(call, &bucket);
    const json_t *wanted = json_object_get(json_object_get(call->input, "MultipartUpload"), "Parts");
    if (!upload || !s3_may_write(call, &bucket, row_text(upload, "Key")))
        return;
    if (json_array_size(wanted) == 0) {
        dr_sim_fail(call, 400, "MalformedXML",
                    "The XML you provided was not well-formed or did not validate against our published schema");
        return;
    }
    struct dr_text all = {0}, sums = {0};
    if (join(call, upload, wanted, &all, &sums)) {
        json_t *version = json_object();
        row_take(version, upload, members);
        s3_set_content(version, all.bytes ? all.bytes : "", all.size);
        char *sum = s3_md5_hex(sums.bytes, sums.size), *key = dr_copy_string(row_text(upload, "Key"));
        row_give_text(version, "ETag", dr_format("\"%s-%zu\"", sum, json_array_size(wanted)));
        row_set_int(version, "_parts", (int64_t)json_array_size(wanted));
        s3_add_version(call->cloud, &bucket, key, version, call->now_ms);
        call->output = json_pack("{s:s,s:s,s:s,s:s}", "Bucket", bucket.name, "Key", key, "ETag",
                                 row_text(version, "ETag"), "ServerSideEncryption", "AES256");
        row_give_text(call->output, "Location",
                      dr_format("https://%s.s3.%s.amazonaws.com/%s", bucket.name, bucket.region, key));
        if (*row_text(bucket.row, "_versioning"))
            row_set_text(call->output, "VersionId", row_text(version, "VersionId"));
        json_object_del(s3_uploads(call->cloud, &bucket), dr_sim_string(call, "UploadId", ""));
        free(sum);
        free(key);
    }
    dr_text_done(&all);
    dr_text_done(&sums);
}
