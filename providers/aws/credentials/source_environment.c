/* AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN. */
#include "providers/aws/credentials/source.h"

#include "interpreter/base/text.h"
#include "providers/aws/protocol/timestamp.h"

#include <string.h>

struct dr_aws_search *dr_aws_source_environment(const struct dr_aws_quest *quest, struct dr_aws_finding *ret_finding,
                                                dr_aws_finding_fn *fn, void *data)
{
    (void)fn, (void)data; /* it answers at once */
    const struct dr_aws_settings *settings = quest->settings;
    const char *key = dr_aws_settings_environment(settings, "AWS_ACCESS_KEY_ID");
    const char *secret = dr_aws_settings_environment(settings, "AWS_SECRET_ACCESS_KEY");
    const char *token = dr_aws_settings_environment(settings, "AWS_SESSION_TOKEN");
    const char *until = dr_aws_settings_environment(settings, "AWS_CREDENTIAL_EXPIRATION");
    if (!token)
        token = dr_aws_settings_environment(settings, "AWS_SECURITY_TOKEN"); /* its name of old */
    struct dr_aws_instant instant = {0};
    if (!key)
        dr_aws_nothing(ret_finding, "AWS_ACCESS_KEY_ID is not set%s",
                       secret ? ", although AWS_SECRET_ACCESS_KEY is" : "");
    else if (!secret)
        dr_aws_failed(ret_finding, "AWS_ACCESS_KEY_ID is set, and AWS_SECRET_ACCESS_KEY is not");
    else if (until && !dr_aws_instant_read(until, strlen(until), &instant))
        dr_aws_failed(ret_finding, "AWS_CREDENTIAL_EXPIRATION is not a time");
    else if (until && instant.seconds * 1000 <= dr_runtime_now(quest->runtime))
        dr_aws_failed(ret_finding, "the credentials in the environment have expired (AWS_CREDENTIAL_EXPIRATION)");
    else
        *ret_finding = (struct dr_aws_finding){
            .kind = DR_AWS_FOUND,
            .identity = {.access_key_id = dr_copy_string(key),
                         .secret_access_key = dr_copy_string(secret),
                         .session_token = dr_copy_string(token),
                         .account_id = dr_copy_string(dr_aws_settings_environment(settings, "AWS_ACCOUNT_ID")),
                         .expires_ms = until ? instant.seconds * 1000 : INT64_MAX},
            .source = dr_copy_string("environment"),
        };
    return NULL;
}
