/* A container's own role, from the agent beside it (ECS, EKS Pod Identity).
 * (https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html) */
#include "interpreter/base/text.h"
#include "providers/aws/credentials/metadata.h"
#include "providers/aws/credentials/source.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define AGENT "http://169.254.170.2"

enum { TIMEOUT_MS = 2000, ATTEMPTS = 3, PAUSE_MS = 500, TOKEN_BYTES_MAX = 64 << 10, MESSAGE_BYTES_MAX = 200 };

struct container {
    struct dr_aws_search search;
    struct dr_aws_metadata *metadata;
    char *url;
    dr_aws_finding_fn *fn;
    void *data;
};

static void container_free(struct container *container)
{
    free(container->url);
    free(container);
}

static void cancel(struct dr_aws_search *search)
{
    struct container *container = (struct container *)search;
    dr_aws_metadata_cancel(container->metadata);
    container_free(container);
}

/* --- Where credentials may be asked for without encryption
 * ------------------------------------------------------------ */

static bool is_host_allowed(const char *host, bool bracketed)
{
    struct in_addr v4;
    struct in6_addr v6, eks;
    if (bracketed)
        return inet_pton(AF_INET6, host, &v6) == 1 &&
               (IN6_IS_ADDR_LOOPBACK(&v6) ||
                (inet_pton(AF_INET6, "fd00:ec2::23", &eks) == 1 && memcmp(&v6, &eks, sizeof v6) == 0));
    if (inet_pton(AF_INET, host, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127 || v4.s_addr == inet_addr("169.254.170.2") ||
               v4.s_addr == inet_addr("169.254.170.23");
    return strcasecmp(host, "localhost") == 0;
}

/* NULL: it may be asked. */
static const char *refuse_url(const char *url)
{
    for (const char *at = url; *at; at++)
        if (*at <= ' ' || *at > '~' || *at == '\\')
            return "it is no URL";
    bool plain = strncasecmp(url, "http://", 7) == 0;
    if (!plain && strncasecmp(url, "https://", 8) != 0)
        return "it is neither http:// nor https://";
    const char *authority = url + (plain ? 7 : 8);
    size_t size = strcspn(authority, "/?#");
    if (size == 0 || memchr(authority, '@', size))
        return size == 0 ? "it names no host" : "it has a user name";
    bool bracketed = *authority == '[';
    const char *end = memchr(authority, bracketed ? ']' : ':', size);
    size_t start = bracketed ? 1 : 0, host_size = end ? (size_t)(end - authority) : size;
    if (bracketed && !end)
        return "its host is not complete";
    char *host = dr_copy_bytes(authority + start, host_size - start);
    bool allowed = !plain || is_host_allowed(host, bracketed);
    free(host);
    return allowed ? NULL : "without https, only loopback, 169.254.170.2, 169.254.170.23 and [fd00:ec2::23] are asked";
}

/* --- The answer ------------------------------------------------------------------------------------------------------
 */

/* Of an answer that is no credentials: its message, never anything else of it. */
static void read_credentials(const struct container *container, const json_t *document, struct dr_aws_finding *finding)
{
    char *problem = NULL;
    *finding = (struct dr_aws_finding){.kind = DR_AWS_FOUND};
    if (dr_aws_identity_read(document, "Token", &finding->identity, &problem)) {
        finding->source = dr_copy_string("container");
        return;
    }
    const char *message = json_string_value(json_object_get(document, "message"));
    if (!message)
        message = json_string_value(json_object_get(document, "Message"));
    char *line = message ? dr_aws_one_line(message, strlen(message), MESSAGE_BYTES_MAX) : NULL;
    dr_aws_failed(finding, "the answer of %s cannot be used: %s%s%s", container->url, problem, line ? ": " : "",
                  line ? line : "");
    free(line);
    free(problem);
}

static void answered(void *data, const struct dr_aws_metadata_answer *answer)
{
    struct container *container = data;
    struct dr_aws_finding finding = {0};
    json_t *document = answer->body ? dr_json_parse(answer->body, answer->size, NULL) : NULL;
    if (!answer->body)
        dr_aws_failed(&finding, "%s gives none: %s", container->url, answer->problem);
    else if (!document)
        dr_aws_failed(&finding, "the answer of %s is not JSON", container->url);
    else
        read_credentials(container, document, &finding);
    dr_aws_json_wipe(document);
    json_decref(document);
    dr_aws_finding_fn *fn = container->fn;
    void *theirs = container->data;
    container_free(container);
    fn(theirs, &finding);
}

/* --- The request
 * ------------------------------------------------------------------------------------------------------ */

/* *ret_token NULL: none is wanted. The file is read each time: it changes. */
static bool find_token(const struct dr_aws_quest *quest, char **ret_token, char **ret_problem)
{
    const char *file = dr_aws_settings_environment(quest->settings, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    const char *token = dr_aws_settings_environment(quest->settings, "AWS_CONTAINER_AUTHORIZATION_TOKEN");
    *ret_token = file ? dr_aws_secret_file(file, TOKEN_BYTES_MAX, ret_problem) : dr_copy_string(token);
    if (file && !*ret_token)
        return false;
    for (const char *at = *ret_token; at && *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f) {
            *ret_problem = dr_format("%s holds a line break or another control character",
                                     file ? file : "AWS_CONTAINER_AUTHORIZATION_TOKEN");
            dr_aws_secret_free(*ret_token);
            return false;
        }
    return true;
}

/* Owned by the caller; NULL: nothing of the kind is set. */
static char *find_url(const struct dr_aws_quest *quest)
{
    const char *relative = dr_aws_settings_environment(quest->settings, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    const char *full = dr_aws_settings_environment(quest->settings, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
    if (relative)
        return dr_format(AGENT "%s%s", *relative == '/' ? "" : "/", relative);
    return dr_copy_string(full);
}

struct dr_aws_search *dr_aws_source_container(const struct dr_aws_quest *quest, struct dr_aws_finding *ret_finding,
                                              dr_aws_finding_fn *fn, void *data)
{
    char *url = find_url(quest), *token = NULL, *problem = NULL;
    struct container *container = NULL;
    const char *refusal = url ? refuse_url(url) : NULL;
    if (!url)
        dr_aws_nothing(ret_finding, "neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor "
                                    "AWS_CONTAINER_CREDENTIALS_FULL_URI is set");
    else if (refusal)
        dr_aws_failed(ret_finding, "the container's credentials URI is not asked: %s", refusal);
    else if (!find_token(quest, &token, &problem))
        dr_aws_failed(ret_finding, "the authorization token cannot be used: %s", problem);
    else {
        container = dr_alloc(sizeof *container);
        *container = (struct container){.search = {cancel}, .url = url, .fn = fn, .data = data};
        url = NULL;
        container->metadata = dr_aws_metadata_start(quest->runtime,
                                                    &(struct dr_aws_metadata_request){
                                                        .method = "GET",
                                                        .url = container->url,
                                                        .header_name = token ? "Authorization" : NULL,
                                                        .header_value = token,
                                                        .timeout_ms = TIMEOUT_MS,
                                                        .attempts = ATTEMPTS,
                                                        .pause_ms = PAUSE_MS,
                                                    },
                                                    answered, container);
        dr_aws_secret_free(token);
    }
    free(url);
    free(problem);
    return container ? &container->search : NULL;
}
