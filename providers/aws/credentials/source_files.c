/* The keys of a profile, in ~/.aws/credentials or in ~/.aws/config; and what `aws login` left there. */
#include "providers/aws/credentials/source.h"

#include "interpreter/base/text.h"

static void look_in(const struct dr_aws_quest *quest, enum dr_aws_settings_file file, const char *what,
                    struct dr_aws_finding *ret_finding)
{
    const struct dr_aws_settings *settings = quest->settings;
    const char *profile = quest->profile, *name = dr_aws_settings_file_name(settings, file);
    const char *key = dr_aws_settings_get_in(settings, file, "profile", profile, "aws_access_key_id");
    const char *secret = dr_aws_settings_get_in(settings, file, "profile", profile, "aws_secret_access_key");
    const char *token = dr_aws_settings_get_in(settings, file, "profile", profile, "aws_session_token");
    if (!token)
        token = dr_aws_settings_get_in(settings, file, "profile", profile, "aws_security_token");
    if (!key) {
        dr_aws_nothing(ret_finding, "no aws_access_key_id for the profile \"%s\" in %s", profile, name);
        return;
    }
    if (!*key || !secret || !*secret) {
        dr_aws_failed(ret_finding, "the profile \"%s\" in %s has %s", profile, name,
                      *key ? "an aws_access_key_id without an aws_secret_access_key" : "an empty aws_access_key_id");
        return;
    }
    const char *account = dr_aws_settings_get(settings, "profile", profile, "aws_account_id");
    *ret_finding = (struct dr_aws_finding){
        .kind = DR_AWS_FOUND,
        .identity = {.access_key_id = dr_copy_string(key),
                     .secret_access_key = dr_copy_string(secret),
                     .session_token = token && *token ? dr_copy_string(token) : NULL,
                     .account_id = dr_copy_string(account),
                     .expires_ms = INT64_MAX},
        .source = dr_format("profile %s (%s)", profile, what),
    };
}

struct dr_aws_search *dr_aws_source_credentials_file(const struct dr_aws_quest *quest,
                                                     struct dr_aws_finding *ret_finding, dr_aws_finding_fn *fn,
                                                     void *data)
{
    (void)fn, (void)data;
    look_in(quest, DR_AWS_CREDENTIALS_FILE, "credentials file", ret_finding);
    return NULL;
}

struct dr_aws_search *dr_aws_source_config_file(const struct dr_aws_quest *quest, struct dr_aws_finding *ret_finding,
                                                dr_aws_finding_fn *fn, void *data)
{
    (void)fn, (void)data;
    look_in(quest, DR_AWS_CONFIG_FILE, "config file", ret_finding);
    return NULL;
}

/* The session of `aws login` is bound to a key that only the AWS CLI has: its own command hands the credentials on. */
struct dr_aws_search *dr_aws_source_login(const struct dr_aws_quest *quest, struct dr_aws_finding *ret_finding,
                                          dr_aws_finding_fn *fn, void *data)
{
    (void)fn, (void)data;
    const char *profile = quest->profile;
    if (dr_aws_settings_get(quest->settings, "profile", profile, "login_session"))
        dr_aws_failed(
            ret_finding,
            "the profile \"%s\" has a login_session, which only the AWS CLI can use. Make another profile with "
            "credential_process = aws configure export-credentials --profile %s --format process",
            profile, profile);
    else
        dr_aws_nothing(ret_finding, "the profile \"%s\" has no login_session", profile);
    return NULL;
}
