/* The user's AWS settings: environment variables first, then the profile of ~/.aws/config and ~/.aws/credentials. Read
 * once a run. (https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html) */
#ifndef DRRUN_PROVIDERS_AWS_CREDENTIALS_SETTINGS_H
#define DRRUN_PROVIDERS_AWS_CREDENTIALS_SETTINGS_H

#include <jansson.h>
#include <stdbool.h>

struct dr_aws_settings;

struct dr_aws_settings_options {                  /* borrowed, copied */
    const char *(*environment)(const char *name); /* NULL: getenv */
    const char *profile;                          /* NULL: AWS_PROFILE, else "default" */
};

/* Never NULL. Files that are not there are no mistake; a broken line, or a profile that was named and is not there, is
 * found when it is needed: dr_aws_settings_problem(). */
struct dr_aws_settings *dr_aws_settings_new(const struct dr_aws_settings_options *options);
void dr_aws_settings_free(struct dr_aws_settings *settings); /* NULL is fine; wiped */

const char *dr_aws_settings_problem(const struct dr_aws_settings *settings); /* NULL: none; "~/.aws/config:12: ..." */
const char *dr_aws_settings_environment(const struct dr_aws_settings *settings,
                                        const char *name);                   /* NULL: unset or empty */
const char *dr_aws_settings_profile(const struct dr_aws_settings *settings); /* the profile's name */
bool dr_aws_settings_profile_is_explicit(const struct dr_aws_settings *settings);
/* A key of a section: ("profile", "dev", "region"), ("sso-session", "corp", "sso_region"), ("services", "local",
 * "s3.endpoint_url" for the nested key). The credentials file's keys win for a profile. NULL: none. */
const char *dr_aws_settings_get(const struct dr_aws_settings *settings, const char *kind, const char *section,
                                const char *key);
/* The value of an environment variable, else of a key of the profile; NULL: neither. */
const char *dr_aws_settings_value(const struct dr_aws_settings *settings, const char *variable, const char *key);

const char *
dr_aws_settings_region(const struct dr_aws_settings *settings); /* AWS_REGION, AWS_DEFAULT_REGION, profile; NULL */
/* By precedence for a service id ("SFN", "Elastic Load Balancing v2"); NULL: none or ignored. */
const char *dr_aws_settings_endpoint_url(const struct dr_aws_settings *settings, const char *service_id);

#endif
