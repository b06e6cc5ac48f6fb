/* From an operation and its input to a signed HTTP request. */
#include "providers/aws/client/send.h"

#include "providers/aws/signing/sigv4.h"

#include <stdlib.h>
#include <string.h>

enum { PRESIGNED_SECONDS = 3600 };

/* --- The endpoint --------------------------------------------------------------------------------------------------
 */

static bool is_on(const struct dr_aws_settings *settings, const char *variable, const char *key)
{
    const char *value = dr_aws_settings_value(settings, variable, key);
    return value && strcasecmp(value, "true") == 0;
}

/* A key of the profile; nested ones as "s3.addressing_style". */
static const char *profile_key(const struct dr_aws_settings *settings, const char *key)
{
    return dr_aws_settings_get(settings, "profile", dr_aws_settings_profile(settings), key);
}

static bool key_is(const struct dr_aws_settings *settings, const char *key, const char *expected)
{
    const char *value = profile_key(settings, key);
    return value && strcasecmp(value, expected) == 0;
}

static struct dr_aws_endpoint_settings endpoint_settings(const struct dr_aws_preparing *preparing, const char *region)
{
    const struct dr_aws_settings *settings = dr_aws_settings(preparing->aws);
    const char *url = dr_aws_settings_endpoint_url(settings, preparing->operation->model->service_id),
               *sts = dr_aws_settings_value(settings, "AWS_STS_REGIONAL_ENDPOINTS", "sts_regional_endpoints"),
               *arn_region = dr_aws_settings_value(settings, "AWS_S3_USE_ARN_REGION", "s3_use_arn_region"),
               *account = dr_aws_settings_value(settings, "AWS_ACCOUNT_ID", "aws_account_id");
    if (!arn_region)
        arn_region = profile_key(settings, "s3.use_arn_region");
    const struct dr_aws_identity *identity = preparing->identity;
    bool accelerate = key_is(settings, "s3.use_accelerate_endpoint", "true");
    return (struct dr_aws_endpoint_settings){
        .region = region,
        .configured_url = url,
        /* An endpoint of one's own is as it is: the rule sets refuse it together with these. */
        .fips = !url && is_on(settings, "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint"),
        .dualstack = !url && is_on(settings, "AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint"),
        /* Names of buckets in front of "localhost" or an address lead nowhere. */
        .s3_path_style = !accelerate && (url ? !key_is(settings, "s3.addressing_style", "virtual")
                                             : key_is(settings, "s3.addressing_style", "path")),
        .s3_accelerate = accelerate,
        .s3_use_arn_region = !arn_region || strcasecmp(arn_region, "false") != 0,
        .s3_disable_multiregion =
            is_on(settings, "AWS_S3_DISABLE_MULTIREGION_ACCESS_POINTS", "s3_disable_multiregion_access_points"),
        .sts_regional = !sts || strcasecmp(sts, "legacy") != 0,
        .account_id = identity && identity->account_id ? identity->account_id : account,
    };
}

static bool resolve(const struct dr_aws_preparing *preparing, const json_t *input, const char *region,
                    struct dr_aws_endpoint *ret_endpoint, char **ret_problem)
{
    struct dr_aws_endpoint_settings settings = endpoint_settings(preparing, region);
    return dr_aws_endpoint_resolve(preparing->operation, input, &settings, ret_endpoint, ret_problem);
}

/* The Region of the signature. Pseudo-Regions are signed as the Region that they stand for. */
static char *find_signing_region(const struct dr_aws_endpoint *endpoint, const char *region)
{
    static const char *const pseudo[][2] = {{"aws-global", "us-east-1"},
                                            {"aws-cn-global", "cn-northwest-1"},
                                            {"aws-us-gov-global", "us-gov-west-1"},
                                            {"aws-iso-global", "us-iso-east-1"},
                                            {"aws-iso-b-global", "us-isob-east-1"}};
    const char *signing = endpoint->signing_region ? endpoint->signing_region : region;
    for (size_t i = 0; i < sizeof pseudo / sizeof *pseudo; i++)
        if (strcmp(signing, pseudo[i][0]) == 0)
            return dr_copy_string(pseudo[i][1]);
    return dr_copy_string(signing);
}

/* --- The signature -------------------------------------------------------------------------------------------------
 */

static bool is_scheme(const struct dr_aws_endpoint *endpoint, const char *scheme)
{
    return endpoint->auth_scheme && strcmp(endpoint->auth_scheme, scheme) == 0;
}

/* NULL: one that can be made. */
static char *scheme_problem(const struct dr_aws_prepared *prepared)
{
    const struct dr_aws_endpoint *endpoint = &prepared->endpoint;
    if (endpoint->auth_scheme && !is_scheme(endpoint, "sigv4") && !is_scheme(endpoint, "sigv4a") &&
        !is_scheme(endpoint, "none"))
        return dr_format("the endpoint asks for signatures of the kind \"%s\", which drrun cannot make",
                         endpoint->auth_scheme);
    if (strcmp(prepared->operation->model->signature_version, "bearer") == 0)
        return dr_copy_string("the service takes bearer tokens instead of signatures, which drrun does not have");
    return NULL;
}

static const char *signing_name(const struct dr_aws_prepared *prepared)
{
    return prepared->endpoint.signing_name ? prepared->endpoint.signing_name : prepared->operation->model->signing_name;
}

static struct dr_aws_scope make_scope(const struct dr_aws_prepared *prepared, int64_t server_ms)
{
    const char *service = signing_name(prepared);
    bool single = prepared->endpoint.disable_double_encoding || strncmp(service, "s3", 2) == 0;
    return (struct dr_aws_scope){
        .region = prepared->signing_region,
        .service = service,
        .now_ms = server_ms,
        .single_encoding = single,
        .normalize = !single,
        .unsigned_body = prepared->request.unsigned_body,
        .content_sha256 = true,
        .asymmetric = is_scheme(&prepared->endpoint, "sigv4a"),
    };
}

static struct dr_aws_to_sign make_to_sign(const struct dr_aws_prepared *prepared, const struct dr_aws_headers *headers)
{
    return (struct dr_aws_to_sign){
        .method = prepared->request.method,
        .host = prepared->target.host,
        .path = prepared->target.path,
        .query = prepared->target.query,
        .headers = headers->items,
        .header_count = headers->count,
        .body = prepared->request.body,
        .body_size = prepared->request.body_size,
    };
}

static void add_signature(struct dr_aws_headers *headers, const struct dr_aws_signature *signature,
                          const struct dr_aws_scope *scope, const struct dr_aws_identity *identity)
{
    dr_aws_headers_set(headers, "X-Amz-Date", signature->date);
    if (identity->session_token)
        dr_aws_headers_set(headers, "X-Amz-Security-Token", identity->session_token);
    if (signature->content_sha256)
        dr_aws_headers_set(headers, "X-Amz-Content-Sha256", signature->content_sha256);
    if (scope->asymmetric)
        dr_aws_headers_set(headers, "X-Amz-Region-Set", scope->region);
    dr_aws_headers_set(headers, "Authorization", signature->authorization);
}

static void add_all(struct dr_aws_headers *headers, const struct dr_aws_headers *more)
{
    for (size_t i = 0; i < more->count; i++)
        dr_aws_headers_add(headers, more->items[i].name, more->items[i].value);
}

static void add_endpoint_headers(struct dr_aws_headers *headers, const struct dr_aws_endpoint *endpoint)
{
    const char *name;
    json_t *values, *value;
    size_t index;
    json_object_foreach(endpoint->headers, name, values)
    {
        json_array_foreach(values, index, value) if (json_is_string(value))
            dr_aws_headers_add(headers, name, json_string_value(value));
    }
}

bool dr_aws_seal(const struct dr_aws_prepared *prepared, const struct dr_aws_identity *identity, int64_t server_ms,
                 const struct dr_aws_headers *more, struct dr_aws_headers *ret_headers, char **ret_problem)
{
    struct dr_aws_headers headers = {0};
    add_all(&headers, &prepared->request.headers);
    add_endpoint_headers(&headers, &prepared->endpoint);
    add_all(&headers, more);
    if (identity && !prepared->request.anonymous && !is_scheme(&prepared->endpoint, "none")) {
        struct dr_aws_scope scope = make_scope(prepared, server_ms);
        struct dr_aws_to_sign to_sign = make_to_sign(prepared, &headers);
        struct dr_aws_signature signature;
        dr_aws_sign(&to_sign, identity, &scope, &signature);
        *ret_problem = dr_copy_string(signature.problem);
        if (!*ret_problem)
            add_signature(&headers, &signature, &scope, identity);
        dr_aws_signature_done(&signature);
        if (*ret_problem) {
            dr_aws_headers_done(&headers);
            return false;
        }
    }
    *ret_headers = headers;
    return true;
}

/* --- Preparing -----------------------------------------------------------------------------------------------------
 */

/* Everything but the input's own: where the request goes. */
static bool aim(const struct dr_aws_preparing *preparing, const json_t *input, const char *region,
                struct dr_aws_prepared *prepared, char **ret_problem)
{
    prepared->operation = preparing->operation;
    if (prepared->request.endpoint)
        prepared->endpoint.url = dr_copy_string(prepared->request.endpoint);
    else if (!resolve(preparing, input, region, &prepared->endpoint, ret_problem))
        return false;
    if (preparing->discovered) {
        free(prepared->endpoint.url);
        prepared->endpoint.url = dr_format("https://%s", preparing->discovered);
    }
    prepared->signing_region = find_signing_region(&prepared->endpoint, region);
    bool is_signed = preparing->identity && !prepared->request.anonymous;
    *ret_problem = is_signed ? scheme_problem(prepared) : NULL;
    return !*ret_problem && dr_aws_target_build(preparing->operation, &prepared->endpoint, &prepared->request,
                                                &prepared->target, ret_problem);
}

/* The URL with which the destination Region fetches what it copies from the source Region. NULL with `ret_problem`. */
static char *presign(const struct dr_aws_preparing *preparing, const struct dr_aws_presign *need, char **ret_problem)
{
    struct dr_aws_prepared prepared = {0};
    char *url = NULL;
    if (dr_aws_presign_serialize(preparing->operation, preparing->input, preparing->region, &prepared.request,
                                 ret_problem) &&
        aim(preparing, preparing->input, need->source_region, &prepared, ret_problem)) {
        int64_t server_ms = dr_aws_skew_guess(&preparing->aws->skews, prepared.target.host, preparing->now_ms);
        struct dr_aws_scope scope = make_scope(&prepared, server_ms);
        scope.content_sha256 = false;
        scope.expires_seconds = PRESIGNED_SECONDS;
        struct dr_aws_to_sign to_sign = make_to_sign(&prepared, &(struct dr_aws_headers){0});
        struct dr_aws_signature signature;
        dr_aws_presign(&to_sign, preparing->identity, &scope, &signature);
        if (signature.problem)
            *ret_problem = dr_copy_string(signature.problem);
        else
            url = dr_format("%.*s?%s", (int)strcspn(prepared.target.url, "?"), prepared.target.url, signature.query);
        dr_aws_signature_done(&signature);
    }
    dr_aws_prepared_done(&prepared);
    return url;
}

bool dr_aws_prepare(const struct dr_aws_preparing *preparing, struct dr_aws_prepared *ret_prepared, char **ret_problem,
                    const char **ret_problem_kind)
{
    struct dr_aws_prepared prepared = {0};
    json_t *input = dr_json_share(preparing->input);
    struct dr_aws_presign need;
    bool good = true;
    *ret_problem_kind = "Request";
    if (preparing->identity && dr_aws_presign_need(preparing->operation, input, &need)) {
        char *url = presign(preparing, &need, ret_problem);
        good = url != NULL;
        if (url) {
            json_decref(input);
            input = dr_aws_presign_input(preparing->operation, preparing->input, preparing->region, url);
        }
        free(url);
    }
    const struct dr_aws_settings *settings = dr_aws_settings(preparing->aws);
    const char *checksums =
        dr_aws_settings_value(settings, "AWS_REQUEST_CHECKSUM_CALCULATION", "request_checksum_calculation");
    struct dr_aws_serialize_options options = {
        .token = preparing->token,
        .checksum_when_required = checksums && strcasecmp(checksums, "when_required") == 0,
        .uncompressed = is_on(settings, "AWS_DISABLE_REQUEST_COMPRESSION", "disable_request_compression"),
    };
    good = good && dr_aws_serialize(preparing->operation, input, &options, &prepared.request, ret_problem);
    if (good) {
        *ret_problem_kind = "Endpoint";
        good = aim(preparing, input, preparing->region, &prepared, ret_problem);
    }
    json_decref(input);
    if (!good) {
        dr_aws_prepared_done(&prepared);
        return false;
    }
    prepared.ready = true;
    dr_aws_prepared_done(ret_prepared);
    *ret_prepared = prepared;
    return true;
}

void dr_aws_prepared_done(struct dr_aws_prepared *prepared)
{
    dr_aws_endpoint_done(&prepared->endpoint);
    dr_aws_request_done(&prepared->request);
    dr_aws_target_done(&prepared->target);
    free(prepared->signing_region);
    *prepared = (struct dr_aws_prepared){0};
}
