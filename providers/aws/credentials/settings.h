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
    const char *endpoint_url;                     /* --endpoint-url: of every service; NULL: as configured */
    bool ignore_endpoint_urls;                    /* of environment and files */
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
/* The same out of one of the two files only: what makes the chain's order. */
enum dr_aws_settings_file { DR_AWS_CONFIG_FILE, DR_AWS_CREDENTIALS_FILE };
const char *dr_aws_settings_get_in(const struct dr_aws_settings *settings, enum dr_aws_settings_file file,
                                   const char *kind, const char *section, const char *key);
bool dr_aws_settings_has(const struct dr_aws_settings *settings, const char *kind, const char *section);
/* The file as messages name it: "~/.aws/config (not there)". */
const char *dr_aws_settings_file_name(const struct dr_aws_settings *settings, enum dr_aws_settings_file file);
/* A path with a leading "~/" put right, owned by the caller; NULL: nobody knows where home is. */
char *dr_aws_settings_path(const struct dr_aws_settings *settings, const char *path);
/* The value of an environment variable, else of a key of the profile; NULL: neither. */
const char *dr_aws_settings_value(const struct dr_aws_settings *settings, const char *variable, const char *key);

const char *
dr_aws_settings_region(const struct dr_aws_settings *settings); /* AWS_REGION, AWS_DEFAULT_REGION, profile; NULL */
/* By precedence for a service id ("SFN", "Elastic Load Balancing v2"); NULL: none or ignored. */
const char *dr_aws_settings_endpoint_url(const struct dr_aws_settings *settings, const char *service_id);

#endif
