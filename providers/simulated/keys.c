/* Who may sign: the fixed key of the simulation, the world's own keys, and the sessions that STS has given out, which
 * are resources of the kind "sts.session" by their access key id: {"AccessKeyId", "SecretAccessKey", "SessionToken",
 * "_arn",
 * "_expiresAt"}. */
#include "providers/simulated/keys.h"

#include "providers/simulated/cloud_parts.h"

#include "interpreter/base/text.h"

#include <string.h>

/* What credentials.c gives in virtual time, and `drrun simulate` tells its user. */
#define KEY_ID "AKIDSIMULATED"
#define SECRET "simulated-secret-access-key"

static char *lent(const char *string) /* identities own their strings; these are only shown to the verifier */
{
    union {
        const char *frozen;
        char *shown;
    } same = {.frozen = string};
    return same.shown;
}

static const char *default_account(const struct dr_sim_cloud *cloud)
{
    const char *account = json_object_iter_key(json_object_iter(cloud->tables));
    return account ? account : "000000000000";
}

static void set(struct dr_sim_key *key, const char *id, const char *secret, const char *token)
{
    key->identity = (struct dr_aws_identity){.access_key_id = lent(id),
                                             .secret_access_key = lent(secret),
                                             .session_token = lent(token),
                                             .expires_ms = INT64_MAX};
    key->expires_ms = INT64_MAX;
}

bool dr_sim_key_find(struct dr_sim_cloud *cloud, const char *access_key_id, struct dr_sim_key *ret_key)
{
    *ret_key = (struct dr_sim_key){0};
    const char *account, *region;
    const json_t *session = dr_sim_find_anywhere(cloud, "sts.session", access_key_id, &account, &region);
    if (session) {
        set(ret_key, access_key_id, json_string_value(json_object_get(session, "SecretAccessKey")),
            json_string_value(json_object_get(session, "SessionToken")));
        ret_key->account = account;
        ret_key->principal = json_string_value(json_object_get(session, "_arn"));
        ret_key->expires_ms = (int64_t)json_integer_value(json_object_get(session, "_expiresAt"));
        return true;
    }
    const json_t *own = json_object_get(json_object_get(cloud->world, "AccessKeys"), access_key_id);
    if (own) { /* {"Secret", "Account"} */
        const char *of = json_string_value(json_object_get(own, "Account"));
        set(ret_key, access_key_id, json_string_value(json_object_get(own, "Secret")), NULL);
        ret_key->account = of ? of : default_account(cloud);
        return true;
    }
    if (strcmp(access_key_id, KEY_ID) != 0)
        return false;
    set(ret_key, KEY_ID, SECRET, NULL);
    ret_key->account = default_account(cloud);
    return true;
}

void dr_sim_login(struct dr_sim_cloud *cloud, struct dr_sim_login *ret_login)
{
    const char *region = json_object_iter_key(json_object_iter(json_object_get(cloud->world, "Regions")));
    *ret_login = (struct dr_sim_login){
        .account = default_account(cloud),
        .access_key_id = KEY_ID,
        .secret_access_key = SECRET,
        .region = region ? region : "us-east-1",
    };
}
