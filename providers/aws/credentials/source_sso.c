/* IAM Identity Center: the token of `aws sso login`, refreshed if it can be, is exchanged for the credentials of a
 * role. With an sso-session, or as of old with the start URL in the profile. */
#include "interpreter/base/text.h"
#include "providers/aws/credentials/ask.h"
#include "providers/aws/credentials/token_cache.h"
#include "providers/aws/protocol/timestamp.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { REFRESH_MS = 15 * 60 * 1000 }; /* before the token's end, as in the SDKs */

struct sso {
    struct dr_aws_search search;
    struct dr_aws_quest quest;
    const char *session; /* NULL: of old */
    const char *start_url, *region, *account, *role;
    char *path; /* of the token's file */
    json_t *token;
    int64_t token_expires_ms;
    struct dr_aws_question *question;
    dr_aws_finding_fn *fn;
    void *data;
};

static void cancel(struct dr_aws_search *search)
{
    struct sso *sso = (struct sso *)search;
    dr_aws_ask_cancel(sso->question);
    dr_aws_json_wipe(sso->token);
    json_decref(sso->token);
    free(sso->path);
    free(sso);
}

static void answer(struct sso *sso, struct dr_aws_finding *finding)
{
    dr_aws_finding_fn *fn = sso->fn;
    void *data = sso->data;
    cancel(&sso->search);
    fn(data, finding);
}

static const char *token_text(const struct sso *sso, const char *name)
{
    return json_string_value(json_object_get(sso->token, name));
}

/* What to do where a person must log in again. */
static void must_log_in(const struct dr_aws_quest *quest, struct dr_aws_finding *finding, const char *why)
{
    dr_aws_failed(finding, "%s. Run: aws sso login --profile %s", why, quest->profile);
}

/* --- The role's credentials
 * --------------------------------------------------------------------------------------------- */

static bool read_role(const struct sso *sso, const json_t *output, struct dr_aws_finding *finding)
{
    const json_t *given = json_object_get(output, "roleCredentials");
    const char *key = json_string_value(json_object_get(given, "accessKeyId"));
    const char *secret = json_string_value(json_object_get(given, "secretAccessKey"));
    const char *token = json_string_value(json_object_get(given, "sessionToken"));
    const json_t *expires = json_object_get(given, "expiration");
    if (!key || !*key || !secret || !*secret)
        return false;
    *finding = (struct dr_aws_finding){
        .kind = DR_AWS_FOUND,
        .identity = {.access_key_id = dr_copy_string(key),
                     .secret_access_key = dr_copy_string(secret),
                     .session_token = token && *token ? dr_copy_string(token) : NULL,
                     .account_id = dr_copy_string(sso->account),
                     .expires_ms = json_is_number(expires) && json_number_value(expires) > 0
                                       ? (int64_t)json_number_value(expires)
                                       : INT64_MAX},
        .source = dr_format("profile %s (SSO, role %s in %s)", sso->quest.profile, sso->role, sso->account),
    };
    return true;
}

static void role_came(void *data, const struct dr_aws_outcome *outcome)
{
    struct sso *sso = data;
    struct dr_aws_finding finding = {0};
    sso->question = NULL;
    if (outcome->output && read_role(sso, outcome->output, &finding)) {
        answer(sso, &finding);
        return;
    }
    char *problem = outcome->output ? dr_copy_string("an answer without credentials") : dr_aws_ask_problem(outcome);
    if (dr_aws_ask_is_error(outcome, "Unauthorized"))
        must_log_in(&sso->quest, &finding, "the SSO session is not valid any more");
    else
        dr_aws_failed(&finding, "GetRoleCredentials of %s in %s: %s", sso->role, sso->account, problem);
    free(problem);
    answer(sso, &finding);
}

/* false with a finding. */
static bool ask_for_role(struct sso *sso, struct dr_aws_finding *ret_finding)
{
    char *problem = NULL;
    sso->question = dr_aws_ask(
        &sso->quest,
        (struct dr_aws_asking){.service = "sso",
                               .operation = "GetRoleCredentials",
                               .region = sso->region,
                               .input = json_pack("{ss ss ss}", "roleName", sso->role, "accountId", sso->account,
                                                  "accessToken", token_text(sso, "accessToken"))},
        role_came, sso, &problem);
    if (!sso->question)
        dr_aws_failed(ret_finding, "%s", problem);
    free(problem);
    return sso->question != NULL;
}

/* --- The token
 * ---------------------------------------------------------------------------------------------------------- */

static json_t *time_text(int64_t time_ms)
{
    struct dr_aws_instant instant = {.seconds = time_ms / 1000};
    return dr_aws_instant_json(instant);
}

/* The new token, in memory and in the file, so that the refresh token, which is good once, is not lost to the user's
 * other tools. false: the answer has none. */
static bool take_token(struct sso *sso, const json_t *output)
{
    const char *access = json_string_value(json_object_get(output, "accessToken"));
    const char *refresh = json_string_value(json_object_get(output, "refreshToken"));
    json_int_t lives_s = json_integer_value(json_object_get(output, "expiresIn"));
    if (!access || !*access || lives_s <= 0 || lives_s > INT32_MAX)
        return false;
    sso->token_expires_ms = dr_runtime_now(sso->quest.runtime) + lives_s * 1000;
    json_object_set_new(sso->token, "accessToken", json_string(access));
    json_object_set_new(sso->token, "expiresAt", time_text(sso->token_expires_ms));
    if (refresh && *refresh)
        json_object_set_new(sso->token, "refreshToken", json_string(refresh));
    char *problem = NULL;
    (void)dr_aws_token_write(sso->path, sso->token, &problem); /* this run has it all the same */
    free(problem);
    return true;
}

/* Reads the token's file. false with `ret_problem` (owned by the caller). */
static bool read_token(struct sso *sso, char **ret_problem)
{
    json_t *token = dr_aws_token_read(sso->path, ret_problem);
    if (!token)
        return false;
    dr_aws_json_wipe(sso->token);
    json_decref(sso->token);
    sso->token = token;
    const char *until = token_text(sso, "expiresAt");
    size_t size = strlen(until);
    if (size > 3 && strcmp(until + size - 3, "UTC") == 0)
        size -= 3; /* old tools wrote "2020-06-17T10:02:08UTC" */
    struct dr_aws_instant instant;
    sso->token_expires_ms = dr_aws_instant_read(until, size, &instant) ? instant.seconds * 1000 : 0;
    return true;
}

static bool is_token_valid(const struct sso *sso)
{
    return sso->token_expires_ms > dr_runtime_now(sso->quest.runtime);
}

/* Another process of the user's may have been faster: a refresh token is good once, and the file has the new one. */
static bool find_others_token(struct sso *sso)
{
    char *problem = NULL;
    bool found = read_token(sso, &problem) && is_token_valid(sso);
    free(problem);
    return found;
}

static void refreshed(void *data, const struct dr_aws_outcome *outcome)
{
    struct sso *sso = data;
    struct dr_aws_finding finding = {0};
    sso->question = NULL;
    bool fresh = outcome->output && take_token(sso, outcome->output);
    if (!fresh && !is_token_valid(sso) && !find_others_token(sso)) {
        char *problem = outcome->output ? dr_copy_string("an answer without a token") : dr_aws_ask_problem(outcome);
        char *why = dr_format("the SSO session has expired, and its token cannot be refreshed (%s)", problem);
        must_log_in(&sso->quest, &finding, why);
        free(why);
        free(problem);
    } else if (ask_for_role(sso, &finding))
        return;
    answer(sso, &finding);
}

static bool is_past(const struct sso *sso, const char *time)
{
    struct dr_aws_instant instant;
    return !time || !dr_aws_instant_read(time, strlen(time), &instant) ||
           instant.seconds * 1000 <= dr_runtime_now(sso->quest.runtime);
}

/* Tokens of an sso-session come with all that a refresh needs; those of old do not. */
static bool can_refresh(const struct sso *sso)
{
    return sso->session && token_text(sso, "clientId") && token_text(sso, "clientSecret") &&
           token_text(sso, "refreshToken") && !is_past(sso, token_text(sso, "registrationExpiresAt"));
}

static bool ask_for_token(struct sso *sso)
{
    char *problem = NULL;
    sso->question =
        dr_aws_ask(&sso->quest,
                   (struct dr_aws_asking){.service = "sso-oidc",
                                          .operation = "CreateToken",
                                          .region = sso->region,
                                          .input = json_pack("{ss ss ss ss}", "grantType", "refresh_token", "clientId",
                                                             token_text(sso, "clientId"), "clientSecret",
                                                             token_text(sso, "clientSecret"), "refreshToken",
                                                             token_text(sso, "refreshToken"))},
                   refreshed, sso, &problem);
    free(problem);
    return sso->question != NULL;
}

/* false with a finding. */
static bool begin(struct sso *sso, struct dr_aws_finding *ret_finding)
{
    char *problem = NULL;
    sso->path = dr_aws_token_path(sso->quest.settings, sso->session ? sso->session : sso->start_url);
    if (!sso->path || !read_token(sso, &problem)) {
        char *why = dr_format("there is no SSO session (%s)", problem ? problem : "HOME is not set");
        must_log_in(&sso->quest, ret_finding, why);
        free(why);
        free(problem);
        return false;
    }
    if (sso->token_expires_ms - dr_runtime_now(sso->quest.runtime) < REFRESH_MS && can_refresh(sso) &&
        ask_for_token(sso))
        return true;
    if (is_token_valid(sso))
        return ask_for_role(sso, ret_finding);
    must_log_in(&sso->quest, ret_finding, "the SSO session has expired");
    return false;
}

/* --- Settings
 * ------------------------------------------------------------------------------------------------------------- */

static const char *key_of(const struct dr_aws_quest *quest, const char *key)
{
    const char *value = dr_aws_settings_get(quest->settings, "profile", quest->profile, key);
    return value && *value ? value : NULL;
}

/* A key of the sso-session, or of the profile; false with a finding: missing, or different in the two. */
static bool find(const struct dr_aws_quest *quest, const char *session, const char *key, const char **ret_value,
                 struct dr_aws_finding *ret_finding)
{
    const char *own = key_of(quest, key);
    const char *shared = session ? dr_aws_settings_get(quest->settings, "sso-session", session, key) : NULL;
    *ret_value = shared && *shared ? shared : own;
    if (!*ret_value)
        dr_aws_failed(ret_finding, "the profile \"%s\" is set up for SSO, and %s is missing%s%s", quest->profile, key,
                      session ? " there and in sso-session " : "", session ? session : "");
    else if (shared && own && strcmp(shared, own) != 0)
        dr_aws_failed(ret_finding, "%s is not the same in the profile \"%s\" and in sso-session %s", key,
                      quest->profile, session);
    else
        return true;
    return false;
}

struct dr_aws_search *dr_aws_source_sso(const struct dr_aws_quest *quest, struct dr_aws_finding *ret_finding,
                                        dr_aws_finding_fn *fn, void *data)
{
    const char *session = key_of(quest, "sso_session");
    if (!key_of(quest, "sso_role_name") && !key_of(quest, "sso_account_id")) {
        dr_aws_nothing(ret_finding, "neither sso_role_name nor sso_account_id in the profile \"%s\"", quest->profile);
        return NULL;
    }
    if (session && !dr_aws_settings_has(quest->settings, "sso-session", session)) {
        dr_aws_failed(ret_finding, "the profile \"%s\" has sso_session = %s, and there is no section [sso-session %s]",
                      quest->profile, session, session);
        return NULL;
    }
    struct sso *sso = dr_alloc(sizeof *sso);
    *sso = (struct sso){.search = {cancel}, .quest = *quest, .session = session, .fn = fn, .data = data};
    if (find(quest, session, "sso_start_url", &sso->start_url, ret_finding) &&
        find(quest, session, "sso_region", &sso->region, ret_finding) &&
        find(quest, NULL, "sso_account_id", &sso->account, ret_finding) &&
        find(quest, NULL, "sso_role_name", &sso->role, ret_finding) && begin(sso, ret_finding))
        return &sso->search;
    cancel(&sso->search);
    return NULL;
}
