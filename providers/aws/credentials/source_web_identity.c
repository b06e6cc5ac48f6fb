/* A token that somebody else vouches for (Kubernetes, a CI system) becomes a role: AssumeRoleWithWebIdentity. From the
 * environment, or from the profile. */
#include "interpreter/base/text.h"
#include "providers/aws/credentials/ask.h"

#include <stdlib.h>

enum { TOKEN_BYTES_MAX = 64 << 10 };

struct web_identity {
    struct dr_aws_search search;
    char *arn;
    struct dr_aws_question *question;
    dr_aws_finding_fn *fn;
    void *data;
};

static void web_identity_free(struct web_identity *web)
{
    free(web->arn);
    free(web);
}

static void cancel(struct dr_aws_search *search)
{
    struct web_identity *web = (struct web_identity *)search;
    dr_aws_ask_cancel(web->question);
    web_identity_free(web);
}

static void assumed(void *data, const struct dr_aws_outcome *outcome)
{
    struct web_identity *web = data;
    struct dr_aws_finding finding = {.kind = DR_AWS_FOUND};
    char *problem = NULL;
    if (!outcome->output)
        problem = dr_aws_ask_problem(outcome);
    if (!problem && dr_aws_ask_identity(outcome, &finding.identity, &problem))
        finding.source = dr_format("web identity (role %s)", web->arn);
    else
        dr_aws_failed(&finding, "AssumeRoleWithWebIdentity of %s: %s", web->arn, problem);
    free(problem);
    dr_aws_finding_fn *fn = web->fn;
    void *theirs = web->data;
    web_identity_free(web);
    fn(theirs, &finding);
}

/* The environment before the profile, each value for itself, as in botocore. */
static const char *find(const struct dr_aws_quest *quest, const char *variable, const char *key)
{
    const char *value = quest->use_environment ? dr_aws_settings_environment(quest->settings, variable) : NULL;
    if (!value)
        value = dr_aws_settings_get(quest->settings, "profile", quest->profile, key);
    return value && *value ? value : NULL;
}

struct dr_aws_search *dr_aws_source_web_identity(const struct dr_aws_quest *quest, struct dr_aws_finding *ret_finding,
                                                 dr_aws_finding_fn *fn, void *data)
{
    const char *file = find(quest, "AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file");
    const char *arn = find(quest, "AWS_ROLE_ARN", "role_arn");
    const char *session = find(quest, "AWS_ROLE_SESSION_NAME", "role_session_name");
    if (!file) {
        dr_aws_nothing(ret_finding,
                       "no AWS_WEB_IDENTITY_TOKEN_FILE, and no web_identity_token_file in the profile "
                       "\"%s\"",
                       quest->profile);
        return NULL;
    }
    if (!arn) {
        dr_aws_failed(ret_finding,
                      "there is a token file, %s, but neither AWS_ROLE_ARN nor role_arn in the profile "
                      "\"%s\"",
                      file, quest->profile);
        return NULL;
    }
    char *problem = NULL, *path = dr_aws_settings_path(quest->settings, file);
    char *token = dr_aws_secret_file(path ? path : file, TOKEN_BYTES_MAX, &problem);
    char *clean = dr_aws_session_name_clean(session ? session : quest->session_name ? quest->session_name : "drrun");
    free(path);
    if (problem)
        dr_aws_failed(ret_finding, "the token cannot be read: %s", problem);
    struct web_identity *web = NULL;
    if (token) {
        web = dr_alloc(sizeof *web);
        *web = (struct web_identity){.search = {cancel}, .arn = dr_copy_string(arn), .fn = fn, .data = data};
        web->question =
            dr_aws_ask(quest,
                       (struct dr_aws_asking){.service = "sts",
                                              .operation = "AssumeRoleWithWebIdentity",
                                              .input = json_pack("{ss ss ss}", "RoleArn", arn, "RoleSessionName", clean,
                                                                 "WebIdentityToken", token)},
                       assumed, web, &problem);
        if (!web->question) {
            dr_aws_failed(ret_finding, "%s", problem);
            web_identity_free(web);
            web = NULL;
        }
    }
    dr_aws_secret_free(token);
    free(clean);
    free(problem);
    return web ? &web->search : NULL;
}
