/* The role of the EC2 instance, from its metadata service: a session token first (version 2), then the role's name,
 * then its credentials. (https://docs.aws.amazon.com/sdkref/latest/guide/feature-imds-credentials.html) */
#include "interpreter/base/text.h"
#include "providers/aws/credentials/metadata.h"
#include "providers/aws/credentials/source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ENDPOINT_IPV4 "http://169.254.169.254"
#define ENDPOINT_IPV6 "http://[fd00:ec2::254]"
#define TOKEN_PATH "/latest/api/token"
#define ROLE_PATH "/latest/meta-data/iam/security-credentials/"

enum {
    TIMEOUT_S = 1,
    ATTEMPTS = 1,
    SETTING_MAX = 60, /* seconds or attempts: more would hold up the run */
    NAME_BYTES_MAX = 256,
    MESSAGE_BYTES_MAX = 200,
    EXTENSION_MS = 15 * 60 * 1000, /* of credentials that the service gives although they have expired ... */
    JITTER_MIN_MS = 2 * 60 * 1000, /* ... and as much more, at random, so that a fleet does not ask at once */
    JITTER_MAX_MS = 10 * 60 * 1000,
};

struct instance {
    struct dr_aws_search search;
    struct dr_runtime *runtime;
    struct dr_aws_metadata *metadata;
    char *endpoint, *token, *role; /* the token NULL: version 1 */
    int64_t timeout_ms;
    unsigned attempts;
    bool only_v2;
    dr_aws_finding_fn *fn;
    void *data;
};

static void instance_free(struct instance *instance)
{
    free(instance->endpoint);
    dr_aws_secret_free(instance->token);
    free(instance->role);
    free(instance);
}

static void cancel(struct dr_aws_search *search)
{
    struct instance *instance = (struct instance *)search;
    dr_aws_metadata_cancel(instance->metadata);
    instance_free(instance);
}

static void answer(struct instance *instance, struct dr_aws_finding *finding)
{
    dr_aws_finding_fn *fn = instance->fn;
    void *data = instance->data;
    instance_free(instance);
    fn(data, finding);
}

static void nothing(struct instance *instance, const char *what, const char *why)
{
    struct dr_aws_finding finding = {0};
    dr_aws_nothing(&finding, "%s %s: %s", instance->endpoint, what, why);
    answer(instance, &finding);
}

static void ask(struct instance *instance, const char *path, const char *more, dr_aws_metadata_fn *fn)
{
    char *url = dr_format("%s%s%s", instance->endpoint, path, more);
    bool for_token = strcmp(path, TOKEN_PATH) == 0;
    instance->metadata = dr_aws_metadata_start(instance->runtime,
                                               &(struct dr_aws_metadata_request){
                                                   .method = for_token ? "PUT" : "GET",
                                                   .url = url,
                                                   .header_name = for_token ? "x-aws-ec2-metadata-token-ttl-seconds"
                                                                  : instance->token ? "x-aws-ec2-metadata-token"
                                                                                    : NULL,
                                                   .header_value = for_token ? "21600" : instance->token,
                                                   .timeout_ms = instance->timeout_ms,
                                                   .attempts = instance->attempts,
                                               },
                                               fn, instance);
    free(url);
}

/* --- Third answer: the credentials
 * ------------------------------------------------------------------------------------ */

/* Where the service cannot get new credentials, the old ones are mostly still taken: better than none in a disaster.
 * (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html; botocore's
 * InstanceMetadataFetcher) */
static void extend(struct instance *instance, struct dr_aws_identity *identity)
{
    int64_t now_ms = dr_runtime_now(instance->runtime);
    uint32_t jitter;
    if (identity->expires_ms > now_ms)
        return;
    instance->runtime->ops->random(instance->runtime, &jitter, sizeof jitter);
    identity->expires_ms = now_ms + EXTENSION_MS + JITTER_MIN_MS + jitter % (JITTER_MAX_MS - JITTER_MIN_MS);
}

static void read_credentials(struct instance *instance, const json_t *document, struct dr_aws_finding *finding)
{
    const char *code = json_string_value(json_object_get(document, "Code"));
    const char *message = json_string_value(json_object_get(document, "Message"));
    char *problem = NULL;
    *finding = (struct dr_aws_finding){.kind = DR_AWS_FOUND};
    if (code && strcmp(code, "Success") != 0) {
        char *words = dr_format("%s: %s", code, message ? message : "");
        problem = dr_aws_one_line(words, strlen(words), MESSAGE_BYTES_MAX);
        free(words);
    } else if (dr_aws_identity_read(document, "Token", &finding->identity, &problem)) {
        extend(instance, &finding->identity);
        finding->source = dr_format("instance metadata (role %s)", instance->role);
        return;
    }
    dr_aws_nothing(finding, "the answer for the role %s cannot be used: %s", instance->role, problem);
    free(problem);
}

static void credentials_came(void *data, const struct dr_aws_metadata_answer *came)
{
    struct instance *instance = data;
    struct dr_aws_finding finding = {0};
    instance->metadata = NULL;
    json_t *document = came->body ? dr_json_parse(came->body, came->size, NULL) : NULL;
    if (!came->body)
        dr_aws_nothing(&finding, "%s gives none for the role %s: %s", instance->endpoint, instance->role,
                       came->problem);
    else if (!document)
        dr_aws_nothing(&finding, "the answer for the role %s is not JSON", instance->role);
    else
        read_credentials(instance, document, &finding);
    dr_aws_json_wipe(document);
    json_decref(document);
    answer(instance, &finding);
}

/* --- Second answer: the role's name
 * ------------------------------------------------------------------------------------- */

static void role_came(void *data, const struct dr_aws_metadata_answer *came)
{
    struct instance *instance = data;
    instance->metadata = NULL;
    size_t size = 0;
    while (size < came->size && came->body[size] > ' ' && came->body[size] < 0x7f)
        size++;
    if (!came->body || size == 0 || size > NAME_BYTES_MAX) {
        nothing(instance, "names no role of this instance",
                came->status == 404 ? "it has none"
                : came->problem     ? came->problem
                                    : "an empty answer");
        return;
    }
    instance->role = dr_copy_bytes(came->body, size);
    ask(instance, ROLE_PATH, instance->role, credentials_came);
}

/* --- First answer: the session token
 * ------------------------------------------------------------------------------------ */

static void token_came(void *data, const struct dr_aws_metadata_answer *came)
{
    struct instance *instance = data;
    instance->metadata = NULL;
    if (came->body && came->size > 0) {
        instance->token = dr_copy_bytes(came->body, came->size);
        for (char *at = instance->token; *at; at++)
            if (*at <= ' ')
                *at = '\0'; /* one word */
    } else if (!came->reached || came->status == 400) {
        nothing(instance, "is not there", came->problem); /* not EC2 */
        return;
    } else if (instance->only_v2) {
        nothing(instance, "gives no session token, and version 1 is switched off", came->problem);
        return;
    }
    ask(instance, ROLE_PATH, "", role_came);
}

/* --- Settings
 * ----------------------------------------------------------------------------------------------------------- */

static const char *setting(const struct dr_aws_quest *quest, const char *variable, const char *key)
{
    const char *value = variable ? dr_aws_settings_environment(quest->settings, variable) : NULL;
    return value ? value : dr_aws_settings_get(quest->settings, "profile", quest->profile, key);
}

static bool is_true(const char *value)
{
    return value && strcasecmp(value, "true") == 0;
}

static long number(const char *text, long otherwise)
{
    char *end = NULL;
    errno = 0;
    long value = text ? strtol(text, &end, 10) : 0;
    return text && !errno && !*end && end != text && value > 0 && value <= SETTING_MAX ? value : otherwise;
}

static char *find_endpoint(const struct dr_aws_quest *quest)
{
    const char *endpoint = setting(quest, "AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint");
    const char *mode = setting(quest, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ec2_metadata_service_endpoint_mode");
    if (!endpoint || !*endpoint)
        endpoint = mode && strcasecmp(mode, "ipv6") == 0 ? ENDPOINT_IPV6 : ENDPOINT_IPV4;
    size_t size = strlen(endpoint);
    while (size > 0 && endpoint[size - 1] == '/')
        size--;
    return dr_copy_bytes(endpoint, size);
}

static bool is_url(const char *text)
{
    for (const char *at = text; *at; at++)
        if (*at <= ' ' || *at > '~')
            return false;
    return strncasecmp(text, "http://", 7) == 0 || strncasecmp(text, "https://", 8) == 0;
}

struct dr_aws_search *dr_aws_source_instance(const struct dr_aws_quest *quest, struct dr_aws_finding *ret_finding,
                                             dr_aws_finding_fn *fn, void *data)
{
    if (is_true(dr_aws_settings_environment(quest->settings, "AWS_EC2_METADATA_DISABLED"))) {
        dr_aws_nothing(ret_finding, "switched off by AWS_EC2_METADATA_DISABLED");
        return NULL;
    }
    char *endpoint = find_endpoint(quest);
    if (!is_url(endpoint)) {
        dr_aws_failed(ret_finding, "AWS_EC2_METADATA_SERVICE_ENDPOINT is not a URL that begins with http://");
        free(endpoint);
        return NULL;
    }
    struct instance *instance = dr_alloc(sizeof *instance);
    *instance = (struct instance){
        .search = {cancel},
        .runtime = quest->runtime,
        .endpoint = endpoint,
        .timeout_ms =
            1000 * number(setting(quest, "AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout"), TIMEOUT_S),
        .attempts = (unsigned)number(
            setting(quest, "AWS_METADATA_SERVICE_NUM_ATTEMPTS", "metadata_service_num_attempts"), ATTEMPTS),
        .only_v2 = is_true(setting(quest, "AWS_EC2_METADATA_V1_DISABLED", "ec2_metadata_v1_disabled")),
        .fn = fn,
        .data = data,
    };
    ask(instance, TOKEN_PATH, "", token_came);
    return &instance->search;
}
