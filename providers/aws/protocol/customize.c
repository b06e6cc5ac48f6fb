/* What services want beyond their models. Which operation wants what is customisations.def; here is how. */
#include "providers/aws/protocol/customize.h"

#include "interpreter/base/octets.h"
#include "providers/aws/protocol/checksum.h"

#include <stdlib.h>
#include <string.h>

static const struct dr_aws_place top = {0};

static bool is_ascii_alnum(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

static void set_string(json_t *input, const char *name, const char *bytes, size_t size)
{
    json_object_set_new_nocheck(input, name, json_stringn_nocheck(bytes ? bytes : "", size));
}

static bool has_member(const struct dr_aws_writer *writer, const char *name)
{
    const struct dr_aws_shape *shape = writer->operation->input;
    return shape && dr_aws_shape_member(shape, name);
}

/* --- Before ------------------------------------------------------------------------------------------------------ */

/* A name as S3 ever allowed it (1 to 255 letters, digits, '.', '-', '_'), or the ARN of an access point.
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html) */
static bool check_bucket(struct dr_aws_writer *writer, json_t *input)
{
    const char *bucket = json_string_value(json_object_get(input, "Bucket"));
    if (!bucket)
        return true; /* the path says whether one is needed */
    size_t size = json_string_length(json_object_get(input, "Bucket"));
    bool arn =
        strncmp(bucket, "arn:aws", strlen("arn:aws")) == 0 && strstr(bucket, ":s3") && strstr(bucket, "accesspoint");
    bool good = size > 0 && size <= 255 && size == strlen(bucket);
    for (size_t i = 0; good && !arn && i < size; i++)
        good = is_ascii_alnum(bucket[i]) || strchr(".-_", bucket[i]);
    if (good)
        return true;
    struct dr_aws_place place = dr_aws_place_member(&top, "Bucket");
    return dr_aws_refuse(writer, &place,
                         "must be the name of a bucket (letters, digits, '.', '-' and '_') or the ARN of an access "
                         "point");
}

static void encode_customer_key(struct dr_aws_writer *writer, json_t *input, const char *key_name, const char *md5_name)
{
    const json_t *key = json_object_get(input, key_name);
    if (!json_is_string(key) || !has_member(writer, md5_name) || dr_aws_given(input, md5_name))
        return;
    struct dr_text encoded = {0};
    const char *bytes = json_string_value(key);
    size_t size = json_string_length(key);
    char *md5 = dr_aws_checksum_text(dr_aws_checksum_find("MD5"), bytes, size);
    dr_aws_write_base64(&encoded, bytes, size);
    set_string(input, key_name, encoded.bytes, encoded.size);
    set_string(input, md5_name, md5, strlen(md5));
    dr_text_done(&encoded);
    free(md5);
}

static bool encode_customer_keys(struct dr_aws_writer *writer, json_t *input)
{
    encode_customer_key(writer, input, "SSECustomerKey", "SSECustomerKeyMD5");
    encode_customer_key(writer, input, "CopySourceSSECustomerKey", "CopySourceSSECustomerKeyMD5");
    return true;
}

static bool is_hex(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'F') || (byte >= 'a' && byte <= 'f');
}

/* Percent-encodes what is not encoded already. */
static void encode_once(struct dr_text *text, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        bool encoded = bytes[i] == '%' && i + 2 < size && is_hex(bytes[i + 1]) && is_hex(bytes[i + 2]);
        dr_octets_percent(text, bytes + i, 1, encoded ? "/%" : "/");
    }
}

static bool encode_copy_source(struct dr_aws_writer *writer, json_t *input)
{
    (void)writer;
    const json_t *source = json_object_get(input, "CopySource");
    if (!json_is_string(source))
        return true;
    static const char version_query[] = "?versionId=";
    const char *bytes = json_string_value(source), *version = strstr(bytes, version_query);
    size_t size = json_string_length(source);
    size_t path_size = version && version[strlen(version_query)] ? (size_t)(version - bytes) : size;
    struct dr_text text = {0};
    encode_once(&text, bytes, path_size);
    dr_text_add(&text, bytes + path_size, size - path_size);
    set_string(input, "CopySource", text.bytes, text.size);
    dr_text_done(&text);
    return true;
}

static bool is_ascii(const char *bytes)
{
    for (; *bytes; bytes++)
        if ((unsigned char)*bytes >= 0x80)
            return false;
    return true;
}

static bool check_metadata(struct dr_aws_writer *writer, json_t *input)
{
    json_t *metadata = json_object_get(input, "Metadata"), *value;
    const char *key;
    struct dr_aws_place place = dr_aws_place_member(&top, "Metadata");
    json_object_foreach(metadata, key, value)
    {
        const char *text = json_is_string(value) ? json_string_value(value) : "";
        if (!is_ascii(key) || !is_ascii(text))
            return dr_aws_refuse(writer, &place, "must be ASCII: S3's metadata holds nothing else");
    }
    return true;
}

static bool strip_route53_ids(struct dr_aws_writer *writer, json_t *input)
{
    static const char *const shapes[] = {"ResourceId", "DelegationSetId", "ChangeId"};
    const struct dr_aws_shape *shape = writer->operation->input;
    for (size_t i = 0; shape && i < shape->member_count; i++) {
        const struct dr_aws_member *member = &shape->members[i];
        const char *id = json_string_value(json_object_get(input, member->name));
        bool is_id = false;
        for (size_t j = 0; j < sizeof shapes / sizeof *shapes; j++)
            is_id |= strcmp(member->shape_name, shapes[j]) == 0;
        const char *slash = is_id && id ? strrchr(id, '/') : NULL;
        if (slash) {
            char *last = dr_copy_string(slash + 1);
            set_string(input, member->name, last, strlen(last));
            free(last);
        }
    }
    return true;
}

static bool default_account(struct dr_aws_writer *writer, json_t *input)
{
    if (has_member(writer, "accountId") && !dr_aws_given(input, "accountId"))
        set_string(input, "accountId", "-", 1);
    return true;
}

static bool drop_source_region(struct dr_aws_writer *writer, json_t *input)
{
    (void)writer;
    json_object_del(input, "SourceRegion");
    return true;
}

/* --- After ------------------------------------------------------------------------------------------------------- */

static bool drop_account_prefix(struct dr_aws_writer *writer)
{
    const json_t *known = json_object_get(writer->operation->static_context_params, "RequiresAccountId");
    if (json_is_true(json_object_get(known, "value"))) {
        free(writer->request->host_prefix);
        writer->request->host_prefix = NULL;
    }
    return true;
}

static bool accept_json(struct dr_aws_writer *writer)
{
    struct dr_aws_headers *headers = &writer->request->headers;
    if (!dr_aws_headers_find(headers->items, headers->count, "Accept"))
        dr_aws_headers_set(headers, "Accept", "application/json");
    return true;
}

static bool add_glacier_version(struct dr_aws_writer *writer)
{
    dr_aws_headers_set(&writer->request->headers, "x-amz-glacier-version", writer->operation->model->api_version);
    return true;
}

/* x-amz-content-sha256, which Glacier wants too, is the signature's. */
static bool add_tree_hash(struct dr_aws_writer *writer)
{
    static const char name[] = "x-amz-sha256-tree-hash";
    struct dr_aws_headers *headers = &writer->request->headers;
    if (dr_aws_headers_find(headers->items, headers->count, name))
        return true;
    char *hash = dr_aws_tree_hash_hex(writer->body.bytes ? writer->body.bytes : "", writer->body.size);
    dr_aws_headers_set(headers, name, hash);
    free(hash);
    return true;
}

static bool use_predict_endpoint(struct dr_aws_writer *writer)
{
    const char *url = json_string_value(json_object_get(writer->input, "PredictEndpoint"));
    if (url && *url) {
        bool absolute = strncmp(url, "https://", strlen("https://")) == 0;
        writer->request->endpoint = absolute ? dr_copy_string(url) : dr_format("https://%s", url);
    }
    return true;
}

static bool send_query_as_form(struct dr_aws_writer *writer)
{
    struct dr_aws_request *request = writer->request;
    if (strcmp(request->method, "GET") != 0 || !request->query || !*request->query)
        return true;
    request->method = "POST";
    dr_text_clear(&writer->body);
    dr_text_puts(&writer->body, request->query);
    writer->has_body = true;
    writer->body_type = "application/x-www-form-urlencoded";
    request->query[0] = '\0';
    return true;
}

static bool add_api_version(struct dr_aws_writer *writer)
{
    dr_aws_headers_set(&writer->request->headers, "x-amz-api-version", writer->operation->model->api_version);
    return true;
}

static bool make_anonymous(struct dr_aws_writer *writer)
{
    writer->request->anonymous = true;
    return true;
}

/* --- The tables -------------------------------------------------------------------------------------------------- */

static const struct {
    const char *service, *operation;
    bool (*change)(struct dr_aws_writer *writer, json_t *input);
} before[] = {
#define DR_AWS_BEFORE(service, operation, function) {service, operation, function},
#define DR_AWS_AFTER(service, operation, function)
#include "providers/aws/protocol/customisations.def"
#undef DR_AWS_BEFORE
#undef DR_AWS_AFTER
};

static const struct {
    const char *service, *operation;
    bool (*change)(struct dr_aws_writer *writer);
} after[] = {
#define DR_AWS_BEFORE(service, operation, function)
#define DR_AWS_AFTER(service, operation, function) {service, operation, function},
#include "providers/aws/protocol/customisations.def"
#undef DR_AWS_BEFORE
#undef DR_AWS_AFTER
};

static bool is_meant(const struct dr_aws_operation *operation, const char *service, const char *name)
{
    return strcmp(operation->model->service_id, service) == 0 && (!name || strcmp(operation->name, name) == 0);
}

bool dr_aws_customize_input(struct dr_aws_writer *writer, json_t *input)
{
    for (size_t i = 0; i < sizeof before / sizeof *before; i++)
        if (is_meant(writer->operation, before[i].service, before[i].operation) && !before[i].change(writer, input))
            return false;
    return true;
}

bool dr_aws_customize_request(struct dr_aws_writer *writer)
{
    for (size_t i = 0; i < sizeof after / sizeof *after; i++)
        if (is_meant(writer->operation, after[i].service, after[i].operation) && !after[i].change(writer))
            return false;
    return true;
}
