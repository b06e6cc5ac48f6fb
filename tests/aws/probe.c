/* For the comparisons with others' code: reads one JSON request a line, answers one JSON object a line.
 *   {"do": "sign", "method", "host", "path", "query", "headers": [[name, value]], "body", "region", "service",
 * "now_ms", "s3", "unsigned", "token", "presign": seconds or 0, "all_headers", "content_sha256", "asymmetric"}
 *   {"do": "verify", ... the same ..., "headers" with Authorization}
 *   {"do": "resolve", "service", "operation", "input", "region", "url", "fips", "dualstack", "path_style",
 * "accelerate", "use_arn_region"}; operation "" is the service's first one
 *   {"do": "target", ... the same ..., "path", "query", "host_prefix"}
 *   {"do": "rules", "service", "parameters"}
 */
#include "interpreter/base/text.h"
#include "providers/aws/endpoint/endpoint.h"
#include "providers/aws/model/model.h"
#include "providers/aws/signing/sigv4.h"
#include "providers/aws/signing/verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct dr_aws_models *models;
static char access_key_id[] = "AKIDEXAMPLE", secret_access_key[] = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

static const char *text_of(const json_t *request, const char *name)
{
    const char *value = json_string_value(json_object_get(request, name));
    return value ? value : "";
}

static const char *text_or_null(const json_t *request, const char *name)
{
    const char *value = text_of(request, name);
    return *value ? value : NULL;
}

static bool flag_of(const json_t *request, const char *name)
{
    return json_is_true(json_object_get(request, name));
}

/* --- Signatures ------------------------------------------------------------------------------------------------- */

struct signing {
    struct dr_aws_to_sign request;
    struct dr_http_header *headers;
    struct dr_aws_identity identity;
    struct dr_aws_scope scope;
};

static void read_signing(const json_t *request, struct signing *it)
{
    const json_t *headers = json_object_get(request, "headers"), *pair, *body = json_object_get(request, "body");
    const char *token = text_or_null(request, "token");
    size_t i;
    *it = (struct signing){0};
    it->headers = dr_alloc((json_array_size(headers) + 1) * sizeof *it->headers);
    json_array_foreach(headers, i, pair)
    {
        it->headers[i] = (struct dr_http_header){json_string_value(json_array_get(pair, 0)),
                                                 json_string_value(json_array_get(pair, 1))};
    }
    it->request = (struct dr_aws_to_sign){.method = text_of(request, "method"),
                                          .host = text_of(request, "host"),
                                          .path = text_of(request, "path"),
                                          .query = text_of(request, "query"),
                                          .headers = it->headers,
                                          .header_count = json_array_size(headers),
                                          .body = json_string_value(body),
                                          .body_size = json_string_length(body)};
    it->identity = (struct dr_aws_identity){.access_key_id = access_key_id,
                                            .secret_access_key = secret_access_key,
                                            .session_token = dr_copy_string(token),
                                            .expires_ms = INT64_MAX};
    bool s3 = flag_of(request, "s3");
    it->scope = (struct dr_aws_scope){.region = text_of(request, "region"),
                                      .service = text_of(request, "service"),
                                      .now_ms = json_integer_value(json_object_get(request, "now_ms")),
                                      .single_encoding = s3,
                                      .normalize = !s3,
                                      .unsigned_body = flag_of(request, "unsigned"),
                                      .content_sha256 = flag_of(request, "content_sha256"),
                                      .all_headers = flag_of(request, "all_headers"),
                                      .asymmetric = flag_of(request, "asymmetric"),
                                      .expires_seconds = json_integer_value(json_object_get(request, "presign"))};
}

static void signing_done(struct signing *it)
{
    free(it->headers);
    free(it->identity.session_token);
}

static json_t *sign(const json_t *request)
{
    struct signing it;
    struct dr_aws_signature signature;
    read_signing(request, &it);
    (it.scope.expires_seconds ? dr_aws_presign : dr_aws_sign)(&it.request, &it.identity, &it.scope, &signature);
    json_t *answer = json_pack("{s:s?, s:s?, s:s?, s:s?, s:s?, s:s?}", "signature", signature.signature, "canonical",
                               signature.canonical_request, "authorization", signature.authorization, "query",
                               signature.query, "sha256", signature.content_sha256, "problem", signature.problem);
    dr_aws_signature_done(&signature);
    signing_done(&it);
    return answer;
}

static const struct dr_aws_identity *find_owner(void *data, const char *id)
{
    const struct dr_aws_identity *identity = data;
    return strcmp(id, identity->access_key_id) == 0 ? identity : NULL;
}

static json_t *verify(const json_t *request)
{
    struct signing it;
    read_signing(request, &it);
    struct dr_aws_verify_options options = {.now_ms = it.scope.now_ms,
                                            .window_ms = 900000,
                                            .region = text_or_null(request, "verify_region"),
                                            .service = it.scope.service,
                                            .owner = find_owner,
                                            .data = &it.identity};
    struct dr_aws_verdict verdict;
    bool good = dr_aws_verify(&it.request, &options, &verdict);
    json_t *answer = json_pack("{s:b, s:s?, s:s?}", "good", good, "code", verdict.code, "message", verdict.message);
    dr_aws_verdict_done(&verdict);
    signing_done(&it);
    return answer;
}

/* --- Endpoints -------------------------------------------------------------------------------------------------- */

static const struct dr_aws_model *find_model(const json_t *request, json_t **ret_answer)
{
    char *problem = NULL;
    const struct dr_aws_model *model = dr_aws_models_find(models, text_of(request, "service"), &problem);
    if (!model)
        *ret_answer = json_pack("{s:s}", "no_model", problem);
    free(problem);
    return model;
}

static json_t *describe_endpoint(const struct dr_aws_endpoint *endpoint)
{
    return json_pack("{s:s, s:s?, s:s?, s:s?, s:b, s:O?, s:O?}", "url", endpoint->url, "signing_name",
                     endpoint->signing_name, "signing_region", endpoint->signing_region, "auth_scheme",
                     endpoint->auth_scheme, "disable_double_encoding", endpoint->disable_double_encoding, "headers",
                     endpoint->headers, "properties", endpoint->properties);
}

static void add_target(const json_t *request, const struct dr_aws_operation *operation,
                       const struct dr_aws_endpoint *endpoint, json_t *answer)
{
    struct dr_aws_request sent = {.method = operation->method,
                                  .host_prefix = dr_copy_string(text_or_null(request, "host_prefix")),
                                  .path = dr_copy_string(text_of(request, "path")),
                                  .query = dr_copy_string(text_of(request, "query"))};
    struct dr_aws_target target;
    char *problem = NULL;
    if (dr_aws_target_build(operation, endpoint, &sent, &target, &problem)) {
        json_object_set_new(answer, "target", json_string(target.url));
        json_object_set_new(answer, "host", json_string(target.host));
        dr_aws_target_done(&target);
    } else {
        json_object_set_new(answer, "problem", json_string(problem));
        free(problem);
    }
    free(sent.host_prefix);
    free(sent.path);
    free(sent.query);
}

static json_t *resolve(const json_t *request, bool with_target)
{
    json_t *answer = NULL;
    const struct dr_aws_model *model = find_model(request, &answer);
    if (!model)
        return answer;
    const char *name = text_or_null(request, "operation");
    const struct dr_aws_operation *operation = dr_aws_model_operation(model, name ? name : model->operation_names[0]);
    if (!operation)
        return json_pack("{s:s}", "no_model", "no such operation");
    struct dr_aws_endpoint_settings settings = {.region = text_or_null(request, "region"),
                                                .configured_url = text_or_null(request, "url"),
                                                .fips = flag_of(request, "fips"),
                                                .dualstack = flag_of(request, "dualstack"),
                                                .s3_path_style = flag_of(request, "path_style"),
                                                .s3_accelerate = flag_of(request, "accelerate"),
                                                .s3_use_arn_region = flag_of(request, "use_arn_region"),
                                                .sts_regional = !flag_of(request, "sts_legacy")};
    struct dr_aws_endpoint endpoint = {0};
    char *problem = NULL;
    if (!dr_aws_endpoint_resolve(operation, json_object_get(request, "input"), &settings, &endpoint, &problem)) {
        answer = json_pack("{s:s}", "problem", problem);
        free(problem);
        return answer;
    }
    answer = describe_endpoint(&endpoint);
    if (with_target)
        add_target(request, operation, &endpoint, answer);
    dr_aws_endpoint_done(&endpoint);
    return answer;
}

static json_t *run_rules(const json_t *request)
{
    json_t *answer = NULL;
    const struct dr_aws_model *model = find_model(request, &answer);
    if (!model)
        return answer;
    const json_t *rules = dr_aws_model_endpoint_rules(model);
    struct dr_aws_endpoint endpoint = {0};
    char *problem = NULL;
    if (!rules)
        return json_pack("{s:s}", "no_model", "no rule set");
    if (!dr_aws_rules_resolve(rules, dr_aws_models_partitions(models), json_object_get(request, "parameters"),
                              &endpoint, &problem)) {
        answer = json_pack("{s:s}", "problem", problem);
        free(problem);
        return answer;
    }
    answer = describe_endpoint(&endpoint);
    dr_aws_endpoint_done(&endpoint);
    return answer;
}

int main(int argc, char **argv)
{
    const char *const folders[] = {argc > 1 ? argv[1] : "", NULL};
    models = dr_aws_models_new(argc > 1 ? &(struct dr_aws_models_options){.folders = folders} : NULL);
    char *line = NULL;
    size_t room = 0;
    for (ssize_t size; (size = getline(&line, &room, stdin)) > 0;) {
        json_t *request = dr_json_parse(line, (size_t)size, NULL);
        const char *what = text_of(request, "do");
        json_t *answer = strcmp(what, "sign") == 0      ? sign(request)
                         : strcmp(what, "verify") == 0  ? verify(request)
                         : strcmp(what, "resolve") == 0 ? resolve(request, false)
                         : strcmp(what, "target") == 0  ? resolve(request, true)
                         : strcmp(what, "rules") == 0   ? run_rules(request)
                                                        : json_pack("{s:s}", "problem", "unknown request");
        struct dr_text text = {0};
        (void)dr_text_json(&text, answer, SIZE_MAX);
        puts(text.bytes);
        dr_text_done(&text);
        json_decref(answer);
        json_decref(request);
    }
    free(line);
    dr_aws_models_free(models);
    dr_aws_signing_forget();
    return 0;
}
