/* An endpoint and a request become one URL. */
#include "providers/aws/endpoint/endpoint.h"
#include "providers/aws/endpoint/functions.h"
#include "providers/aws/endpoint/rules.h"

#include "interpreter/base/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool ends_with(const char *text, size_t size, const char *end)
{
    size_t end_size = strlen(end);
    return size > end_size && strncasecmp(text + size - end_size, end, end_size) == 0 &&
           text[size - end_size - 1] == '.';
}

/* Whether names below a host are AWS's: a host prefix before anything else, a server of one's own, does not resolve. */
static bool is_aws_host(const json_t *partitions, const char *host, size_t size)
{
    static const char *const members[] = {"dnsSuffix", "dualStackDnsSuffix"};
    const json_t *partition;
    size_t i;
    json_array_foreach(json_object_get(partitions, "partitions"), i, partition)
    {
        for (size_t j = 0; j < sizeof members / sizeof *members; j++) {
            const char *suffix = json_string_value(json_object_get(json_object_get(partition, "outputs"), members[j]));
            if (suffix && ends_with(host, size, suffix)) {
                return true;
            }
        }
    }
    return ends_with(host, size, "amazonaws.com") || ends_with(host, size, "api.aws");
}

/* The rule set puts the account before the host itself (S3 Control), or the prefix is there already. */
static bool rules_add_prefix(const struct dr_aws_operation *operation, const json_t *rules)
{
    return strcmp(operation->host_prefix, "{AccountId}.") == 0 &&
           json_object_get(json_object_get(rules, "parameters"), "AccountId") != NULL;
}

/* The rule set puts the bucket where it belongs, host or path; the operation's path has it too. */
static bool rules_add_bucket(const struct dr_aws_operation *operation, const json_t *rules)
{
    static const char bucket[] = "/{Bucket}";
    const char *end = operation->request_uri + sizeof bucket - 1;
    return strncmp(operation->request_uri, bucket, sizeof bucket - 1) == 0 && (*end == '\0' || strchr("/?", *end)) &&
           json_object_get(json_object_get(rules, "parameters"), "Bucket") != NULL;
}

/* Lower case, without the scheme's own port: as it stands in the Host header. */
static char *make_host(const char *scheme, const char *prefix, const char *authority)
{
    char *host = dr_format("%s%s", prefix, authority);
    size_t size = strlen(host);
    const char *port = strcmp(scheme, "https") == 0 ? ":443" : ":80";
    if (size > strlen(port) && strcmp(host + size - strlen(port), port) == 0) {
        host[size - strlen(port)] = '\0';
    }
    for (char *at = host; *at; at++) {
        *at = (char)(*at >= 'A' && *at <= 'Z' ? *at + ('a' - 'A') : *at);
    }
    return host;
}

static bool check_host(const char *host, char **ret_problem)
{
    size_t size = strcspn(host, ":");
    if (*host == '[' || dr_aws_is_ipv4(host, size)) {
        return true;
    }
    /* Names of one's own may have underscores (docker compose makes such), and nothing that would end the host. */
    bool good = size > 0 && size < 254;
    for (size_t i = 0, label = 0; i < size && good; i++) {
        char byte = host[i];
        label = byte == '.' ? 0 : label + 1;
        good = label < 64 && ((byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || strchr("-._", byte)) &&
               !(byte == '.' && (i == 0 || host[i - 1] == '.'));
    }
    if (!good) {
        *ret_problem = dr_format("\"%s\" is not a host name: an argument that is part of it does not fit there", host);
    }
    return good;
}

static char *join_paths(const char *base, const char *path, bool bucket_in_path)
{
    if (bucket_in_path && *path == '/') {
        path += 1 + strcspn(path + 1, "/");
    }
    size_t size = strlen(base);
    while (size > 0 && base[size - 1] == '/') {
        size--;
    }
    if (strcmp(path, "/") == 0 && size > 0 && bucket_in_path) {
        path = "";
    }
    return size == 0 && !*path ? dr_copy_string("/") : dr_format("%.*s%s", (int)size, base, path);
}

bool dr_aws_target_build(const struct dr_aws_operation *operation, const struct dr_aws_endpoint *endpoint,
                         const struct dr_aws_request *request, struct dr_aws_target *ret_target, char **ret_problem)
{
    json_t *parts = dr_aws_parse_url(endpoint->url);
    if (!parts) {
        *ret_problem = dr_format("the endpoint \"%s\" is not an http or https URL", endpoint->url);
        return false;
    }
    const json_t *rules = dr_aws_model_endpoint_rules(operation->model);
    const char *scheme = json_string_value(json_object_get(parts, "scheme"));
    const char *authority = json_string_value(json_object_get(parts, "authority"));
    const char *base = json_string_value(json_object_get(parts, "path")), *prefix = request->host_prefix;
    if (prefix &&
        (!*prefix || rules_add_prefix(operation, rules) || strncasecmp(authority, prefix, strlen(prefix)) == 0 ||
         !is_aws_host(dr_aws_models_partitions(operation->model->models), authority, strcspn(authority, ":")))) {
        prefix = NULL;
    }
    struct dr_aws_target target = {.host = make_host(scheme, prefix ? prefix : "", authority),
                                   .path = join_paths(base, request->path, rules_add_bucket(operation, rules)),
                                   .query = dr_copy_string(request->query ? request->query : "")};
    target.url = dr_format("%s://%s%s%s%s", scheme, target.host, target.path, *target.query ? "?" : "", target.query);
    bool good = check_host(target.host, ret_problem);
    json_decref(parts);
    if (good) {
        *ret_target = target;
    } else {
        dr_aws_target_done(&target);
    }
    return good;
}

void dr_aws_target_done(struct dr_aws_target *target)
{
    if (target) {
        free(target->url);
        free(target->host);
        free(target->path);
        free(target->query);
        *target = (struct dr_aws_target){0};
    }
}
