/* S3's lists: keys in the order of their bytes, grouped by a delimiter, page by page. */
#include "interpreter/base/base64.h"
#include "interpreter/base/octets.h"
#include "providers/simulated/services/s3.h"

#define KEYS_MAX 1000
#define TOKEN "key:" /* and the last key (or common prefix) given, all as base64 */

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The table's ids in the order of their bytes; owned by the caller, the ids are the table's. */
static const char **sorted_keys(const json_t *table, size_t *ret_count)
{
    const char **keys = dr_alloc((json_object_size(table) + 1) * sizeof *keys), *key;
    json_t *row;
    *ret_count = 0;
    json_object_foreach(row_mutable(table), key, row) keys[(*ret_count)++] = key;
    qsort(keys, *ret_count, sizeof *keys, by_bytes);
    return keys;
}

/* One list on its way. */
struct listing {
    struct dr_sim_call *call;
    const char *prefix, *delimiter;
    bool encoded; /* encoding-type=url */
    size_t max;
    json_t *items, *prefixes;
    char *last; /* the last key or common prefix that was given; NULL: none */
    bool more;
};

static json_t *shown(const struct listing *listing, const char *text)
{
    if (!listing->encoded)
        return json_string(text);
    struct dr_text out = {0};
    dr_octets_percent(&out, text, strlen(text), "/");
    json_t *value = json_string(out.bytes ? out.bytes : "");
    dr_text_done(&out);
    return value;
}

static void begin(struct listing *listing, struct dr_sim_call *call, const char *max_member)
{
    int64_t max = dr_sim_int(call, max_member, KEYS_MAX);
    *listing = (struct listing){
        .call = call,
        .prefix = dr_sim_string(call, "Prefix", ""),
        .delimiter = dr_sim_string(call, "Delimiter", ""),
        .encoded = strcmp(dr_sim_string(call, "EncodingType", ""), "url") == 0,
        .max = max < 0          ? 0
               : max > KEYS_MAX ? KEYS_MAX
                                : (size_t)max,
        .items = json_array(),
        .prefixes = json_array(),
    };
    if (max < 0)
        dr_sim_fail(call, 400, "InvalidArgument", "Argument maxKeys must be an integer between 0 and 2147483647");
}

static size_t given(const struct listing *listing)
{
    return json_array_size(listing->items) + json_array_size(listing->prefixes);
}

/* Whether the key is one to give now; common prefixes are given here. `listing->more` is set when the page is full. */
static bool takes(struct listing *listing, const char *key, const char *marker)
{
    size_t size = strlen(listing->prefix);
    if (strncmp(key, listing->prefix, size) != 0 || listing->more)
        return false;
    const char *end = *listing->delimiter ? strstr(key + size, listing->delimiter) : NULL;
    if (!end) {
        listing->more = given(listing) >= listing->max;
        return !listing->more;
    }
    char *common = dr_copy_bytes(key, (size_t)(end - key) + strlen(listing->delimiter));
    bool known = (listing->last && strcmp(listing->last, common) == 0) || (*marker && strcmp(common, marker) <= 0);
    if (!known && given(listing) >= listing->max) {
        listing->more = true;
    } else if (!known) {
        json_array_append_new(listing->prefixes, json_pack("{s:o}", "Prefix", shown(listing, common)));
        free(listing->last);
        listing->last = common;
        return false;
    }
    free(common);
    return false;
}

static void took(struct listing *listing, const char *key, json_t *item)
{
    json_array_append_new(listing->items, item);
    free(listing->last);
    listing->last = dr_copy_string(key);
}

/* What all lists say: name, prefix, delimiter, and that there is more. */
static void end(struct listing *listing, const char *items)
{
    struct dr_sim_call *call = listing->call;
    bool empty = listing->max == 0;
    json_t *output = json_pack("{s:s,s:o,s:I,s:b}", "Name", dr_sim_string(call, "Bucket", ""), "Prefix",
                               shown(listing, listing->prefix), "MaxKeys", (json_int_t)listing->max, "IsTruncated",
                               listing->more && !empty);
    if (*listing->delimiter)
        json_object_set_new(output, "Delimiter", shown(listing, listing->delimiter));
    if (listing->encoded)
        row_set_text(output, "EncodingType", "url");
    if (items)
        json_object_set(output, items, listing->items);
    json_object_set(output, "CommonPrefixes", listing->prefixes);
    json_object_update(output, call->output);
    json_decref(call->output);
    call->output = output;
}

static void done(struct listing *listing)
{
    json_decref(listing->items);
    json_decref(listing->prefixes);
    free(listing->last);
}

static json_t *describe(const struct listing *listing, const char *key, const json_t *version)
{
    static const char *const members[] = {"LastModified", "ETag", "Size", NULL};
    json_t *item = json_pack("{s:o}", "Key", shown(listing, key));
    row_take(item, version, members);
    const char *class = row_text(json_object_get(version, "_head"), "StorageClass");
    row_set_text(item, "StorageClass", *class ? class : "STANDARD");
    return item;
}

static json_t *owner(const struct s3_bucket *bucket)
{
    return json_pack("{s:s,s:s}", "ID", bucket->account, "DisplayName", "simulated");
}

static void walk_objects(struct listing *listing, const struct s3_bucket *bucket, const char *marker, bool owners)
{
    size_t count;
    const char **keys = sorted_keys(s3_objects(listing->call->cloud, bucket), &count);
    for (size_t i = 0; i < count && !listing->more; i++) {
        const json_t *version = s3_version(listing->call->cloud, bucket, keys[i], NULL);
        if ((*marker && strcmp(keys[i], marker) <= 0) || json_is_true(json_object_get(version, "_deleteMarker")) ||
            !takes(listing, keys[i], marker))
            continue;
        json_t *item = describe(listing, keys[i], version);
        if (owners)
            json_object_set_new(item, "Owner", owner(bucket));
        took(listing, keys[i], item);
    }
    free(keys);
}

/* --- The operations ------------------------------------------------------------------------------------------------
 */

void s3_list_objects(struct dr_sim_call *call)
{
    struct s3_bucket bucket;
    struct listing listing;
    if (!s3_bucket_of(call, &bucket))
        return;
    const char *marker = dr_sim_string(call, "Marker", "");
    begin(&listing, call, "MaxKeys");
    if (!call->error) {
        walk_objects(&listing, &bucket, marker, true);
        end(&listing, "Contents");
        json_object_set_new(call->output, "Marker", shown(&listing, marker));
        if (listing.more && listing.max > 0 && *listing.delimiter) /* only then: else it is the last key */
            json_object_set_new(call->output, "NextMarker", shown(&listing, listing.last));
    }
    done(&listing);
}

static char *read_token(struct dr_sim_call *call, const char *token)
{
    unsigned char *bytes;
    size_t size;
    char *key = NULL;
    if (dr_base64_decode(token, strlen(token), &bytes, &size)) {
        if (size >= strlen(TOKEN) && memcmp(bytes, TOKEN, strlen(TOKEN)) == 0)
            key = dr_copy_bytes((const char *)bytes + strlen(TOKEN), size - strlen(TOKEN));
        free(bytes);
    }
    if (!key)
        dr_sim_fail(call, 400, "InvalidArgument", "The continuation token provided is incorrect");
    return key;
}

void s3_list_objects_v2(struct dr_sim_call *call)
{
    struct s3_bucket bucket;
    struct listing listing;
    const char *token = dr_sim_string(call, "ContinuationToken", NULL), *after = dr_sim_string(call, "StartAfter", "");
    if (!s3_bucket_of(call, &bucket))
        return;
    char *marker = token ? read_token(call, token) : dr_copy_string(after);
    if (!marker)
        return;
    begin(&listing, call, "MaxKeys");
    if (!call->error) {
        walk_objects(&listing, &bucket, marker, dr_sim_bool(call, "FetchOwner", false));
        end(&listing, "Contents");
        row_set_int(call->output, "KeyCount", (int64_t)given(&listing));
        if (*after)
            json_object_set_new(call->output, "StartAfter", shown(&listing, after));
        if (token)
            row_set_text(call->output, "ContinuationToken", token);
        if (listing.more && listing.max > 0) {
            char *plain = dr_format(TOKEN "%s", listing.last);
            json_object_set_new(call->output, "NextContinuationToken", dr_base64_json(plain, strlen(plain)));
            free(plain);
        }
    }
    done(&listing);
    free(marker);
}

void s3_list_object_versions(struct dr_sim_call *call)
{
    struct s3_bucket bucket;
    struct listing listing;
    if (!s3_bucket_of(call, &bucket))
        return;
    const char *marker = dr_sim_string(call, "KeyMarker", ""), *id_marker = dr_sim_string(call, "VersionIdMarker", "");
    begin(&listing, call, "MaxKeys");
    json_t *markers = json_array(), *versions = json_array();
    char *last_id = NULL;
    size_t count;
    const char **keys = sorted_keys(s3_objects(call->cloud, &bucket), &count);
    for (size_t i = 0; i < count && !listing.more && !call->error; i++) {
        int order = *marker ? strcmp(keys[i], marker) : 1;
        if (order < 0 || (order == 0 && !*id_marker))
            continue;
        bool past = order > 0; /* of the marker's key, only what is behind the marker's version */
        const json_t *all = json_object_get(json_object_get(s3_objects(call->cloud, &bucket), keys[i]), "_versions");
        for (size_t j = json_array_size(all); j-- > 0 && !listing.more;) {
            const json_t *version = json_array_get(all, j);
            bool is_marker = json_is_true(json_object_get(version, "_deleteMarker"));
            if (!past) {
                past = strcmp(row_text(version, "VersionId"), id_marker) == 0;
                continue;
            }
            if (!takes(&listing, keys[i], marker))
                continue;
            json_t *item = describe(&listing, keys[i], version);
            row_set_text(item, "VersionId", row_text(version, "VersionId"));
            json_object_set_new(item, "IsLatest", json_boolean(j + 1 == json_array_size(all)));
            json_object_set_new(item, "Owner", owner(&bucket));
            json_array_append(is_marker ? markers : versions, item);
            took(&listing, keys[i], item);
            free(last_id);
            last_id = dr_copy_string(row_text(version, "VersionId"));
        }
    }
    if (!call->error) {
        end(&listing, NULL);
        json_object_set(call->output, "Versions", versions);
        json_object_set(call->output, "DeleteMarkers", markers);
        json_object_set_new(call->output, "KeyMarker", shown(&listing, marker));
        row_set_text(call->output, "VersionIdMarker", id_marker);
        if (listing.more && listing.max > 0) {
            json_object_set_new(call->output, "NextKeyMarker", shown(&listing, listing.last));
            if (last_id)
                row_set_text(call->output, "NextVersionIdMarker", last_id);
        }
    }
    free(keys);
    free(last_id);
    json_decref(markers);
    json_decref(versions);
    done(&listing);
}

void s3_list_multipart_uploads(struct dr_sim_call *call)
{
    static const char *const members[] = {"UploadId", "Initiated", NULL};
    struct s3_bucket bucket;
    struct listing listing;
    if (!s3_bucket_of(call, &bucket))
        return;
    begin(&listing, call, "MaxUploads");
    const char *id;
    json_t *upload;
    json_object_foreach(s3_uploads(call->cloud, &bucket), id, upload)
    {
        const char *key = row_text(upload, "Key");
        if (call->error || !takes(&listing, key, ""))
            continue;
        json_t *item = json_pack("{s:o,s:s}", "Key", shown(&listing, key), "StorageClass", "STANDARD");
        row_take(item, upload, members);
        json_object_set_new(item, "Owner", owner(&bucket));
        json_object_set_new(item, "Initiator", owner(&bucket));
        took(&listing, key, item);
    }
    if (!call->error) {
        end(&listing, "Uploads");
        row_set_text(call->output, "Bucket", bucket.name);
        row_set_int(call->output, "MaxUploads", (int64_t)listing.max);
    }
    done(&listing);
}
