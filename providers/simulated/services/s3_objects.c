/* S3's objects: bytes and what is said of them, versions and delete markers, conditions, ranges, copies, tags. */
#include "interpreter/base/base64.h"
#include "interpreter/base/clock.h"
#include "providers/aws/protocol/checksum.h"
#include "providers/aws/protocol/parse.h"
#include "providers/aws/protocol/timestamp.h"
#include "providers/simulated/services/s3.h"
#include "providers/simulated/wire.h"

#include <ctype.h>
#include <openssl/evp.h>

#define KEY_BYTES_MAX 1024
#define DELETE_MAX 1000

/* --- Bytes ---------------------------------------------------------------------------------------------------------
 */

char *s3_bytes(const json_t *body, size_t *ret_size)
{
    const json_t *encoded = json_object_get(body, DR_AWS_BASE64);
    unsigned char *bytes;
    if (encoded && dr_base64_decode(json_string_value(encoded), json_string_length(encoded), &bytes, ret_size))
        return (char *)bytes;
    *ret_size = json_is_string(body) ? json_string_length(body) : 0;
    return dr_copy_bytes(json_is_string(body) ? json_string_value(body) : "", *ret_size);
}

/* Text as it is, bytes as base64: what they were on their way in. */
static json_t *body_json(const char *bytes, size_t size)
{
    json_t *text = dr_aws_blob_json(bytes, size);
    if (json_string_length(text) == size && memcmp(json_string_value(text), bytes, size) == 0)
        return text;
    json_decref(text);
    return json_pack("{s:o}", DR_AWS_BASE64, dr_base64_json(bytes, size));
}

char *s3_md5_hex(const char *bytes, size_t size)
{
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned count = 0;
    struct dr_text text = {0};
    EVP_Digest(bytes, size, sum, &count, EVP_md5(), NULL);
    for (unsigned i = 0; i < count; i++)
        dr_text_printf(&text, "%02x", sum[i]);
    return dr_text_take(&text);
}

void s3_set_content(json_t *version, const char *bytes, size_t size)
{
    char *sum = s3_md5_hex(bytes, size);
    row_give_text(version, "ETag", dr_format("\"%s\"", sum));
    json_object_set_new(version, "_body", body_json(bytes, size));
    row_set_int(version, "Size", (int64_t)size);
    free(sum);
}

bool s3_check_sums(struct dr_sim_call *call, json_t *version, const char *bytes, size_t size)
{
    static const char *const algorithms[] = {"CRC32", "CRC32C", "SHA1", "SHA256"};
    const char *md5 = dr_sim_string(call, "ContentMD5", NULL);
    char *own = dr_aws_checksum_text(dr_aws_checksum_find("MD5"), bytes, size);
    if (md5 && strlen(md5) != 24)
        dr_sim_fail(call, 400, "InvalidDigest", "The Content-MD5 you specified was invalid.");
    else if (md5 && strcmp(md5, own) != 0)
        dr_sim_fail(call, 400, "BadDigest", "The Content-MD5 you specified did not match what we received.");
    free(own);
    json_t *sums = json_object();
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms && !call->error; i++) {
        char *member = dr_format("Checksum%s", algorithms[i]);
        const char *given = dr_sim_string(call, member, NULL);
        own = dr_aws_checksum_text(dr_aws_checksum_find(algorithms[i]), bytes, size);
        if (given && strcmp(given, own) != 0)
            dr_sim_fail(call, 400, "BadDigest", "The %s you specified did not match the calculated checksum.",
                        algorithms[i]);
        else if (given)
            row_set_text(sums, member, own);
        free(own);
        free(member);
    }
    json_object_set_new(version, "_checksums", sums);
    return !call->error;
}

/* --- Versions ------------------------------------------------------------------------------------------------------
 */

json_t *s3_version(struct dr_sim_cloud *cloud, const struct s3_bucket *bucket, const char *key, const char *version)
{
    json_t *versions = json_object_get(json_object_get(s3_objects(cloud, bucket), key), "_versions");
    for (size_t i = json_array_size(versions); i-- > 0;) {
        json_t *row = json_array_get(versions, i);
        if (!version || strcmp(row_text(row, "VersionId"), version) == 0)
            return row;
    }
    return NULL;
}

static bool is_marker(const json_t *version)
{
    return json_is_true(json_object_get(version, "_deleteMarker"));
}

/* What has no version's name ("null") is there once. */
static void drop_version(json_t *versions, const char *id)
{
    for (size_t i = json_array_size(versions); i-- > 0;)
        if (strcmp(row_text(json_array_get(versions, i), "VersionId"), id) == 0)
            json_array_remove(versions, i);
}

json_t *s3_add_version(struct dr_sim_cloud *cloud, const struct s3_bucket *bucket, const char *key, json_t *version,
                       int64_t now_ms)
{
    json_t *versions = row_array(row_object(s3_objects(cloud, bucket), key), "_versions");
    if (!json_object_get(version, "VersionId"))
        row_give_text(version, "VersionId",
                      s3_is_versioned(bucket) ? dr_sim_hex_id(cloud, "", 32) : dr_copy_string("null"));
    if (!json_object_get(version, "_at"))
        row_set_int(version, "_at", now_ms);
    row_set_time(version, "LastModified", row_int(version, "_at") / 1000 * 1000);
    drop_version(versions, row_text(version, "VersionId"));
    size_t place = json_array_size(versions); /* a replica may come late */
    while (place > 0 && row_int(json_array_get(versions, place - 1), "_at") > row_int(version, "_at"))
        place--;
    json_array_insert_new(versions, place, version);
    s3_replicate(cloud, bucket, key, version, now_ms);
    return version;
}

/* --- Conditions ----------------------------------------------------------------------------------------------------
 */

/* Whether an If-Match or If-None-Match list ("*", or ETags with or without quotes) names this ETag. */
static bool names_tag(const char *list, const char *tag)
{
    char *bare = dr_copy_bytes(tag + (*tag == '"'), strlen(tag) - (*tag == '"' ? 2 : 0));
    bool found = strcmp(list, "*") == 0;
    for (const char *at = list; *at && !found;) {
        at += strspn(at, " ,");
        size_t size = strcspn(at, ",");
        while (size > 0 && at[size - 1] == ' ')
            size--;
        const char *start = at + (*at == '"');
        size_t inner = size - (*at == '"' && size > 1 ? 2 : 0);
        found = inner == strlen(bare) && strncmp(start, bare, inner) == 0;
        at += strcspn(at, ",");
    }
    free(bare);
    return found;
}

static void precondition_failed(struct dr_sim_call *call, const char *condition)
{
    dr_sim_fail(call, 412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold");
    call->details = json_pack("{s:s}", "Condition", condition);
}

static const char *request_header(const struct dr_sim_call *call, const char *name)
{
    return dr_aws_headers_find(call->request->headers, call->request->header_count, name);
}

bool s3_may_write(struct dr_sim_call *call, const struct s3_bucket *bucket, const char *key)
{
    const char *match = request_header(call, "If-Match"), *none = request_header(call, "If-None-Match");
    const json_t *there = s3_version(call->cloud, bucket, key, NULL);
    there = there && is_marker(there) ? NULL : there;
    if (strlen(key) > KEY_BYTES_MAX) {
        dr_sim_fail(call, 400, "KeyTooLongError", "Your key is too long");
    } else if (match && !there) {
        dr_sim_fail(call, 404, "NoSuchKey", "The specified key does not exist.");
    } else if (match && !names_tag(match, row_text(there, "ETag"))) {
        precondition_failed(call, "If-Match");
    } else if (none && strcmp(none, "*") != 0) {
        dr_sim_fail(call, 501, "NotImplemented", "A header you provided implies functionality that is not implemented");
        call->details = json_pack("{s:s}", "Header", "If-None-Match");
    } else if (none && there) {
        precondition_failed(call, "If-None-Match");
    }
    return !call->error;
}

/* Milliseconds of a timestamp of the input; -1: not given. */
static int64_t given_time(const struct dr_sim_call *call, const char *member)
{
    const char *text = dr_sim_string(call, member, NULL);
    int64_t at_ms;
    return text && dr_time_parse(text, strlen(text), &at_ms, NULL) ? at_ms : -1;
}

/* Of a read, in the order of https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html; copies have the same
 * with a prefix, and are never "not modified". */
static bool may_read(struct dr_sim_call *call, const json_t *version, bool copy)
{
    const char *match = dr_sim_string(call, copy ? "CopySourceIfMatch" : "IfMatch", NULL),
               *none = dr_sim_string(call, copy ? "CopySourceIfNoneMatch" : "IfNoneMatch", NULL);
    int64_t since = given_time(call, copy ? "CopySourceIfModifiedSince" : "IfModifiedSince"),
            until = given_time(call, copy ? "CopySourceIfUnmodifiedSince" : "IfUnmodifiedSince");
    int64_t modified = row_int(version, "_at") / 1000 * 1000;
    const char *tag = row_text(version, "ETag"), *unchanged = NULL;
    if (match && !names_tag(match, tag))
        precondition_failed(call, "If-Match");
    else if (!match && until >= 0 && modified > until)
        precondition_failed(call, "If-Unmodified-Since");
    else if (none && names_tag(none, tag))
        unchanged = "If-None-Match";
    else if (!none && since >= 0 && modified <= since)
        unchanged = "If-Modified-Since";
    if (unchanged && copy) {
        precondition_failed(call, unchanged);
    } else if (unchanged) {
        dr_sim_fail(call, 304, "NotModified", "Not Modified");
        call->headers = json_pack("{s:s,s:s}", "ETag", tag, "x-amz-version-id", row_text(version, "VersionId"));
    }
    return !call->error;
}

/* --- Reading -------------------------------------------------------------------------------------------------------
 */

/* The version that a read means. Borrowed; NULL: the call has failed. */
static json_t *wanted_version(struct dr_sim_call *call, const struct s3_bucket *bucket)
{
    const char *key = dr_sim_string(call, "Key", ""), *id = dr_sim_string(call, "VersionId", NULL);
    json_t *version = s3_version(call->cloud, bucket, key, id);
    if (version && !is_marker(version))
        return version;
    if (version && id)
        dr_sim_fail(call, 405, "MethodNotAllowed", "The specified method is not allowed against this resource.");
    else if (id && strcmp(id, "null") != 0 && strlen(id) != 32)
        dr_sim_fail(call, 400, "InvalidArgument", "Invalid version id specified");
    else if (id)
        dr_sim_fail(call, 404, "NoSuchVersion", "The specified version does not exist.");
    else
        dr_sim_fail(call, 404, "NoSuchKey", "The specified key does not exist.");
    call->details = json_pack("{s:s}", "Key", key);
    if (version)
        call->headers =
            json_pack("{s:s,s:s}", "x-amz-delete-marker", "true", "x-amz-version-id", row_text(version, "VersionId"));
    return NULL;
}

/* "bytes=0-99", "bytes=100-", "bytes=-100" of a size. False: no range of bytes is asked for (or not as one). */
static bool read_range(const char *text, size_t size, size_t *ret_start, size_t *ret_count, bool *ret_possible)
{
    char *end = NULL;
    if (!text || strncmp(text, "bytes=", 6) != 0 || strchr(text, ','))
        return false;
    text += 6;
    bool suffix = *text == '-';
    if (!isdigit((unsigned char)text[suffix]))
        return false;
    unsigned long long first = strtoull(text + suffix, &end, 10), last = size ? size - 1 : 0;
    if (suffix) {
        *ret_possible = first > 0 && size > 0;
        *ret_count = first < size ? (size_t)first : size;
        *ret_start = size - *ret_count;
        return *end == '\0';
    }
    if (*end != '-' || (end[1] && !isdigit((unsigned char)end[1])))
        return false;
    if (end[1]) {
        unsigned long long given = strtoull(end + 1, NULL, 10);
        if (given < first)
            return false;
        last = given < last ? given : last;
    }
    *ret_possible = first < size;
    *ret_start = (size_t)first;
    *ret_count = *ret_possible ? (size_t)(last - first + 1) : 0;
    return true;
}

/* What GetObject and HeadObject say of a version in headers. */
static json_t *describe(struct dr_sim_call *call, const struct s3_bucket *bucket, const json_t *version)
{
    static const char *const overrides[][2] = {{"ResponseContentType", "ContentType"},
                                               {"ResponseCacheControl", "CacheControl"},
                                               {"ResponseContentDisposition", "ContentDisposition"},
                                               {"ResponseContentEncoding", "ContentEncoding"},
                                               {"ResponseContentLanguage", "ContentLanguage"},
                                               {"ResponseExpires", "Expires"}};
    static const char *const members[] = {"ETag", "LastModified", NULL};
    json_t *output = json_deep_copy(json_object_get(version, "_head"));
    output = output ? output : json_object();
    row_take(output, version, members);
    for (size_t i = 0; i < sizeof overrides / sizeof *overrides; i++)
        if (json_object_get(call->input, overrides[i][0]))
            json_object_set(output, overrides[i][1], json_object_get(call->input, overrides[i][0]));
    row_set_text(output, "AcceptRanges", "bytes");
    row_set_int(output, "ContentLength", row_int(version, "Size"));
    row_set_text(output, "ServerSideEncryption", "AES256");
    if (*row_text(bucket->row, "_versioning"))
        row_set_text(output, "VersionId", row_text(version, "VersionId"));
    if (s3_replication_status(version))
        row_set_text(output, "ReplicationStatus", s3_replication_status(version));
    if (strcmp(row_text(output, "StorageClass"), "STANDARD") == 0)
        json_object_del(output, "StorageClass");
    if (strcmp(dr_sim_string(call, "ChecksumMode", ""), "ENABLED") == 0 && !json_object_get(call->input, "Range"))
        json_object_update(output, json_object_get(version, "_checksums"));
    if (row_int(version, "_parts") > 0 && json_object_get(call->input, "PartNumber"))
        row_set_int(output, "PartsCount", row_int(version, "_parts"));
    return output;
}

static void read_object(struct dr_sim_call *call, bool with_body)
{
    struct s3_bucket bucket;
    json_t *version = s3_bucket_of(call, &bucket) ? wanted_version(call, &bucket) : NULL;
    if (!version || !may_read(call, version, false))
        return;
    size_t size = (size_t)row_int(version, "Size"), start = 0, count = size;
    bool possible = true, part = read_range(dr_sim_string(call, "Range", NULL), size, &start, &count, &possible);
    if (part && !possible) {
        dr_sim_fail(call, 416, "InvalidRange", "The requested range is not satisfiable");
        call->details = json_pack("{s:s}", "RangeRequested", dr_sim_string(call, "Range", ""));
        row_give_text(call->details, "ActualObjectSize", dr_format("%zu", size));
        return;
    }
    if (json_object_get(call->input, "PartNumber") && dr_sim_int(call, "PartNumber", 1) != 1) {
        dr_sim_fail(call, 501, "NotSimulated", "Reading single parts of an object is not simulated");
        return;
    }
    call->output = describe(call, &bucket, version);
    if (part) {
        call->status = 206;
        row_set_int(call->output, "ContentLength", (int64_t)count);
        char *range = dr_format("bytes %zu-%zu/%zu", start, start + count - 1, size);
        if (with_body)
            row_set_text(call->output, "ContentRange", range);
        else
            call->headers = json_pack("{s:s}", "Content-Range", range);
        free(range);
    }
    if (!with_body) { /* no body follows, so nobody else would say it */
        call->headers = call->headers ? call->headers : json_object();
        row_give_text(call->headers, "Content-Length", dr_format("%zu", count));
    }
    size_t tags = json_array_size(json_object_get(version, "_tags"));
    if (with_body && tags > 0)
        row_set_int(call->output, "TagCount", (int64_t)tags);
    if (!with_body)
        return;
    if (!part) {
        json_object_set(call->output, "Body", json_object_get(version, "_body"));
        return;
    }
    size_t all;
    char *bytes = s3_bytes(json_object_get(version, "_body"), &all);
    json_object_set_new(call->output, "Body", body_json(bytes + start, count));
    free(bytes);
}

void s3_get_object(struct dr_sim_call *call)
{
    read_object(call, true);
}

void s3_head_object(struct dr_sim_call *call)
{
    read_object(call, false);
}

static bool asks_for(const struct dr_sim_call *call, const char *attribute)
{
    const json_t *list = json_object_get(call->input, "ObjectAttributes");
    for (size_t i = 0; i < json_array_size(list); i++) /* one header may hold several */
        if (strstr(json_string_value(json_array_get(list, i)), attribute))
            return true;
    return false;
}

void s3_get_object_attributes(struct dr_sim_call *call)
{
    struct s3_bucket bucket;
    const json_t *version = s3_bucket_of(call, &bucket) ? wanted_version(call, &bucket) : NULL;
    if (!version)
        return;
    const char *tag = row_text(version, "ETag");
    call->output = json_pack("{s:s}", "LastModified", row_text(version, "LastModified"));
    if (*row_text(bucket.row, "_versioning"))
        row_set_text(call->output, "VersionId", row_text(version, "VersionId"));
    if (asks_for(call, "ETag"))
        row_give_text(call->output, "ETag", dr_copy_bytes(tag + 1, strlen(tag) - 2));
    if (asks_for(call, "ObjectSize"))
        row_set_int(call->output, "ObjectSize", row_int(version, "Size"));
    if (asks_for(call, "StorageClass"))
        row_set_text(call->output, "StorageClass", "STANDARD");
    if (asks_for(call, "Checksum") && json_object_size(json_object_get(version, "_checksums")) > 0)
        json_object_set(call->output, "Checksum", json_object_get(version, "_checksums"));
}

/* --- Writing -------------------------------------------------------------------------------------------------------
 */

static int hex(char given)
{
    int digit = given | 0x20;
    return digit >= '0' && digit <= '9' ? digit - '0' : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* Percent-decoded, and '+' as a blank in queries. Owned by the caller. */
static char *decoded(const char *text, size_t size, bool plus)
{
    struct dr_text out = {0};
    for (size_t i = 0; i < size; i++) {
        bool coded = text[i] == '%' && i + 2 < size && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0;
        char plain = text[i];
        if (coded)
            plain = (char)(hex(text[i + 1]) << 4 | hex(text[i + 2]));
        else if (plus && plain == '+')
            plain = ' ';
        dr_text_putc(&out, plain);
        i += coded ? 2 : 0;
    }
    return dr_text_take(&out);
}

/* "a=b&c=d" as a list of tags. */
static json_t *tags_of_query(const char *text)
{
    json_t *tags = json_array();
    while (*text) {
        size_t size = strcspn(text, "&"), key = strcspn(text, "=&");
        char *parts[2] = {dr_copy_bytes(text, key),
                          key < size ? dr_copy_bytes(text + key + 1, size - key - 1) : dr_copy_string("")};
        char *name = decoded(parts[0], strlen(parts[0]), true), *value = decoded(parts[1], strlen(parts[1]), true);
        json_t *tag = json_pack("{s:s,s:s}", "Key", name, "Value", value);
        if (tag) /* else it is no text */
            json_array_append_new(tags, tag);
        free(parts[0]);
        free(parts[1]);
        free(name);
        free(value);
        text += size + (text[size] == '&');
    }
    return tags;
}

json_t *s3_described(struct dr_sim_call *call)
{
    static const char *const members[] = {
        "CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage",         "ContentType",
        "Expires",      "Metadata",           "StorageClass",    "WebsiteRedirectLocation", NULL};
    json_t *version = json_object(), *head = row_object(version, "_head");
    row_take(head, call->input, members);
    if (!json_object_get(head, "ContentType"))
        row_set_text(head, "ContentType", "binary/octet-stream");
    const char *tags = dr_sim_string(call, "Tagging", "");
    if (*tags)
        json_object_set_new(version, "_tags", tags_of_query(tags));
    return version;
}

static void answer_written(struct dr_sim_call *call, const struct s3_bucket *bucket, const json_t *version)
{
    call->output = call->output ? call->output : json_object();
    row_set_text(call->output, "ServerSideEncryption", "AES256");
    if (*row_text(bucket->row, "_versioning"))
        row_set_text(call->output, "VersionId", row_text(version, "VersionId"));
}

void s3_put_object(struct dr_sim_call *call)
{
    struct s3_bucket bucket;
    const char *key = dr_sim_string(call, "Key", "");
    if (!s3_bucket_of(call, &bucket) || !s3_may_write(call, &bucket, key))
        return;
    size_t size;
    char *bytes = s3_bytes(json_object_get(call->input, "Body"), &size);
    json_t *version = s3_described(call);
    if (s3_check_sums(call, version, bytes, size)) {
        s3_set_content(version, bytes, size);
        s3_add_version(call->cloud, &bucket, key, version, call->now_ms);
        call->output = json_pack("{s:s}", "ETag", row_text(version, "ETag"));
        json_object_update(call->output, json_object_get(version, "_checksums"));
        answer_written(call, &bucket, version);
    } else {
        json_decref(version);
    }
    free(bytes);
}

/* --- Copies --------------------------------------------------------------------------------------------------------
 */

/* "BUCKET/KEY?versionId=ID", percent-encoded, maybe with '/' at its beginning. */
static void read_source(const char *text, char **ret_bucket, char **ret_key, char **ret_version)
{
    const char *question = strstr(text, "?versionId=");
    text += *text == '/';
    char *plain = decoded(text, question ? (size_t)(question - text) : strlen(text), false);
    const char *slash = strchr(plain, '/');
    *ret_bucket = slash ? dr_copy_bytes(plain, (size_t)(slash - plain)) : dr_copy_string("");
    *ret_key = dr_copy_string(slash ? slash + 1 : "");
    *ret_version = question ? dr_copy_string(question + strlen("?versionId=")) : NULL;
    free(plain);
}

const json_t *s3_copy_source(struct dr_sim_call *call)
{
    char *name, *key, *id;
    read_source(dr_sim_string(call, "CopySource", ""), &name, &key, &id);
    struct s3_bucket bucket;
    const json_t *version = NULL;
    if (!*name || !*key) {
        dr_sim_fail(call, 400, "InvalidArgument",
                    "Copy Source must mention the source bucket and key: sourcebucket/sourcekey");
    } else if (!s3_bucket_find(call->cloud, name, &bucket)) {
        dr_sim_fail(call, 404, "NoSuchBucket", "The specified bucket does not exist");
    } else if (strcmp(bucket.account, call->account) != 0) {
        dr_sim_fail(call, 403, "AccessDenied", "Access Denied");
    } else if (dr_sim_region_down(call->cloud, bucket.region)) {
        dr_sim_fail(call, 503, "ServiceUnavailable", "Service is unable to handle request.");
    } else {
        version = s3_version(call->cloud, &bucket, key, id);
        if (!version || is_marker(version)) {
            dr_sim_fail(call, 404, id ? "NoSuchVersion" : "NoSuchKey", "%s",
                        id ? "The specified version does not exist." : "The specified key does not exist.");
            version = NULL;
        } else if (!may_read(call, version, true)) {
            version = NULL;
        }
    }
    free(name);
    free(key);
    free(id);
    return version;
}

void s3_copy_object(struct dr_sim_call *call)
{
    struct s3_bucket bucket;
    const char *key = dr_sim_string(call, "Key", "");
    const json_t *source =
        s3_bucket_of(call, &bucket) && s3_may_write(call, &bucket, key) ? s3_copy_source(call) : NULL;
    if (!source)
        return;
    bool replace = strcmp(dr_sim_string(call, "MetadataDirective", "COPY"), "REPLACE") == 0;
    bool new_tags = strcmp(dr_sim_string(call, "TaggingDirective", "COPY"), "REPLACE") == 0;
    if (source == s3_version(call->cloud, &bucket, key, NULL) && !replace &&
        !json_object_get(call->input, "StorageClass")) {
        dr_sim_fail(
            call, 400, "InvalidRequest",
            "This copy request is illegal because it is trying to copy an object to itself without changing the "
            "object's metadata, storage class, website redirect location or encryption attributes.");
        return;
    }
    json_t *version = s3_described(call);
    if (!replace) {
        json_object_set_new(version, "_head", json_deep_copy(json_object_get(source, "_head")));
        if (json_object_get(call->input, "StorageClass"))
            json_object_set(json_object_get(version, "_head"), "StorageClass",
                            json_object_get(call->input, "StorageClass"));
    }
    if (!new_tags) {
        json_object_del(version, "_tags");
        if (json_object_get(source, "_tags"))
            json_object_set_new(version, "_tags", json_deep_copy(json_object_get(source, "_tags")));
    }
    size_t size;
    char *bytes = s3_bytes(json_object_get(source, "_body"), &size);
    s3_set_content(version, bytes, size);
    free(bytes);
    char *source_id = dr_copy_string(row_text(source, "VersionId"));
    s3_add_version(call->cloud, &bucket, key, version, call->now_ms);
    call->output = json_pack("{s:{s:s,s:s}}", "CopyObjectResult", "ETag", row_text(version, "ETag"), "LastModified",
                             row_text(version, "LastModified"));
    if (strcmp(source_id, "null") != 0)
        row_set_text(call->output, "CopySourceVersionId", source_id);
    free(source_id);
    answer_written(call, &bucket, version);
}

/* --- Deleting ------------------------------------------------------------------------------------------------------
 */

/* A version itself, or a delete marker above all, or the only one there is. A new reference to {"DeleteMarker",
 * "VersionId"}, as far as there is something to say. */
static json_t *remove_object(struct dr_sim_call *call, const struct s3_bucket *bucket, const char *key, const char *id)
{
    json_t *objects = s3_objects(call->cloud, bucket), *said = json_object();
    json_t *versions = json_object_get(json_object_get(objects, key), "_versions");
    if (id || !*row_text(bucket->row, "_versioning")) {
        const json_t *version = s3_version(call->cloud, bucket, key, id ? id : "null");
        if (id)
            row_set_text(said, "VersionId", id);
        if (version && is_marker(version))
            json_object_set_new(said, "DeleteMarker", json_true());
        char *name = dr_copy_string(id ? id : "null");
        drop_version(versions, name);
        free(name);
        if (json_array_size(versions) == 0)
            json_object_del(objects, key);
        return said;
    }
    const json_t *marker =
        s3_add_version(call->cloud, bucket, key, json_pack("{s:b}", "_deleteMarker", 1), call->now_ms);
    json_object_set_new(said, "DeleteMarker", json_true());
    row_set_text(said, "VersionId", row_text(marker, "VersionId"));
    return said;
}

void s3_delete_object(struct dr_sim_call *call)
{
    struct s3_bucket bucket;
    if (s3_bucket_of(call, &bucket))
        call->output =
            remove_object(call, &bucket, dr_sim_string(call, "Key", ""), dr_sim_string(call, "VersionId", NULL));
}

void s3_delete_objects(struct dr_sim_call *call)
{
    struct s3_bucket bucket;
    const json_t *wanted = json_object_get(call->input, "Delete"), *list = json_object_get(wanted, "Objects");
    json_t *object;
    size_t i;
    if (!s3_bucket_of(call, &bucket))
        return;
    if (json_array_size(list) == 0 || json_array_size(list) > DELETE_MAX) {
        dr_sim_fail(call, 400, "MalformedXML",
                    "The XML you provided was not well-formed or did not validate against our published schema");
        return;
    }
    json_t *deleted = json_array();
    json_array_foreach(list, i, object)
    {
        const char *id = json_string_value(json_object_get(object, "VersionId"));
        json_t *said = remove_object(call, &bucket, row_text(object, "Key"), id);
        json_t *row = json_pack("{s:s}", "Key", row_text(object, "Key"));
        if (id)
            row_set_text(row, "VersionId", id);
        if (json_object_get(said, "DeleteMarker")) {
            json_object_set_new(row, "DeleteMarker", json_true());
            row_set_text(row, "DeleteMarkerVersionId", row_text(said, "VersionId"));
        }
        json_array_append_new(deleted, row);
        json_decref(said);
    }
    call->output = json_object();
    if (!json_is_true(json_object_get(wanted, "Quiet")))
        json_object_set(call->output, "Deleted", deleted);
    json_decref(deleted);
}

/* --- Tags ----------------------------------------------------------------------------------------------------------
 */

void s3_get_object_tagging(struct dr_sim_call *call)
{
    struct s3_bucket bucket;
    const json_t *version = s3_bucket_of(call, &bucket) ? wanted_version(call, &bucket) : NULL;
    if (!version)
        return;
    json_t *tags = json_object_get(version, "_tags");
    call->output = json_pack("{s:o}", "TagSet", tags ? json_incref(tags) : json_array());
    if (*row_text(bucket.row, "_versioning"))
        row_set_text(call->output, "VersionId", row_text(version, "VersionId"));
}

void s3_put_object_tagging(struct dr_sim_call *call)
{
    struct s3_bucket bucket;
    json_t *version = s3_bucket_of(call, &bucket) ? wanted_version(call, &bucket) : NULL;
    json_t *tags = json_object_get(json_object_get(call->input, "Tagging"), "TagSet");
    if (version && json_array_size(tags) > 10)
        dr_sim_fail(call, 400, "BadRequest", "Object tags cannot be greater than 10");
    else if (version)
        json_object_set_new(version, "_tags", tags ? json_incref(tags) : json_array());
}

void s3_delete_object_tagging(struct dr_sim_call *call)
{
    struct s3_bucket bucket;
    json_t *version = s3_bucket_of(call, &bucket) ? wanted_version(call, &bucket) : NULL;
    if (version)
        json_object_del(version, "_tags");
}
