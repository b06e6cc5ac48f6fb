/* STS: who calls, and roles. A role that a Task names can be assumed if the world has it (Global.iam.Roles of its
 * account); its trust, if given, is checked. Source: https://docs.aws.amazon.com/STS/latest/APIReference/ */
#include "providers/simulated/cloud.h"

#include "interpreter/base/text.h"

#include <stdlib.h>
#include <string.h>

extern const struct dr_sim_service dr_sim_sts;

static void get_caller_identity(struct dr_sim_call *call)
{
    call->output =
        json_pack("{s:s,s:s,s:s}", "Account", call->account, "Arn", call->principal, "UserId", "AIDASIMULATED");
}

/* A session of `arn` that ends after `seconds`, as STS answers it. */
static json_t *make_session(struct dr_sim_call *call, const char *account, const char *arn, int64_t seconds)
{
    char *id = dr_sim_hex_id(call->cloud, "ASIASIMULATED", 7), *secret = dr_sim_hex_id(call->cloud, "secret-", 33),
         *token = dr_sim_hex_id(call->cloud, "token-", 60), *end = dr_sim_timestamp(call->now_ms + seconds * 1000);
    json_t *session = json_pack("{s:s,s:s,s:s,s:s}", "AccessKeyId", id, "SecretAccessKey", secret, "SessionToken",
                                token, "Expiration", end);
    json_t *kept = json_copy(session);
    json_object_set_new(kept, "_arn", json_string(arn));
    json_object_set_new(kept, "_expiresAt", json_integer((json_int_t)call->now_ms + seconds * 1000));
    dr_sim_put(call->cloud, account, "global", "sts.session", id, kept);
    free(id);
    free(secret);
    free(token);
    free(end);
    return session;
}

/* The account and the name in "arn:aws:iam::ACCOUNT:role/PATH/NAME"; false: it is none. */
static bool read_role(const char *arn, char account[13], const char **ret_name)
{
    const char *at = strstr(arn, ":iam::");
    if (!at || strlen(at) < 6 + 12 + 6 || strncmp(at + 18, ":role/", 6) != 0)
        return false;
    memcpy(account, at + 6, 12);
    account[12] = '\0';
    const char *slash = strrchr(at, '/');
    *ret_name = slash + 1;
    return **ret_name != '\0';
}

static void assume(struct dr_sim_call *call, bool web_identity)
{
    const char *arn = dr_sim_string(call, "RoleArn", ""), *session_name = dr_sim_string(call, "RoleSessionName", "");
    const char *name = NULL;
    char account[13];
    if (!read_role(arn, account, &name)) {
        dr_sim_fail(call, 400, "ValidationError", "%s is invalid", arn);
        return;
    }
    const json_t *role = dr_sim_find(call->cloud, account, "global", "iam.role", name);
    const char *wanted = json_string_value(json_object_get(role, "ExternalId"));
    const char *given = dr_sim_string(call, "ExternalId", "");
    if (!role || (wanted && strcmp(wanted, given) != 0)) {
        dr_sim_fail(call, 403, "AccessDenied", "User: %s is not authorized to perform: sts:%s on resource: %s",
                    call->principal, call->operation->name, arn);
        return;
    }
    char *assumed = dr_format("arn:aws:sts::%s:assumed-role/%s/%s", account, name, session_name);
    json_t *user = json_object();
    char *id = dr_format("AROASIMULATED:%s", session_name);
    json_object_set_new(user, "AssumedRoleId", json_string(id));
    json_object_set_new(user, "Arn", json_string(assumed));
    call->output = json_pack("{s:o,s:o}", "Credentials",
                             make_session(call, account, assumed, dr_sim_int(call, "DurationSeconds", 3600)),
                             "AssumedRoleUser", user);
    if (web_identity)
        json_object_set_new(call->output, "Provider", json_string("simulated"));
    free(assumed);
    free(id);
}

static void assume_role(struct dr_sim_call *call)
{
    assume(call, false);
}

static void assume_role_with_web_identity(struct dr_sim_call *call)
{
    assume(call, true);
}

static void get_session_token(struct dr_sim_call *call)
{
    call->output =
        json_pack("{s:o}", "Credentials",
                  make_session(call, call->account, call->principal, dr_sim_int(call, "DurationSeconds", 43200)));
}

static const struct dr_sim_operation operations[] = {
    {"AssumeRole", assume_role, DR_SIM_DATA},
    {"AssumeRoleWithWebIdentity", assume_role_with_web_identity, DR_SIM_DATA},
    {"GetCallerIdentity", get_caller_identity, DR_SIM_DATA},
    {"GetSessionToken", get_session_token, DR_SIM_DATA},
    {NULL, NULL, DR_SIM_DATA},
};

/* { Roles: { NAME: { ExternalId: ... } } }, as iam.c has them too */
static bool load(struct dr_sim_cloud *cloud, const char *account, const char *region, const json_t *given,
                 char **ret_problem)
{
    (void)ret_problem;
    const char *name;
    json_t *role;
    json_object_foreach(json_object_get(given, "Roles"), name, role)
        dr_sim_put(cloud, account, region, "iam.role", name, json_is_object(role) ? json_copy(role) : json_object());
    return true;
}

const struct dr_sim_service dr_sim_sts = {.name = "sts", .operations = operations, .load = load};
