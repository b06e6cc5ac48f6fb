/* The token of `aws sso login`, in ~/.aws/sso/cache: a JSON object that every AWS tool of the user reads and writes. */
#ifndef DRRUN_PROVIDERS_AWS_CREDENTIALS_TOKEN_CACHE_H
#define DRRUN_PROVIDERS_AWS_CREDENTIALS_TOKEN_CACHE_H

#include "providers/aws/credentials/settings.h"

/* The file for an sso-session's name, or, without one, for a start URL: its SHA-1. Owned by the caller; NULL: nobody
 * knows where home is. */
char *dr_aws_token_path(const struct dr_aws_settings *settings, const char *session_or_url);
/* An object with accessToken and expiresAt; wiped by the caller. NULL with `ret_problem` (owned by the caller). */
json_t *dr_aws_token_read(const char *path, char **ret_problem);
/* Replaces the file as a whole, readable to the user only. false with `ret_problem`: the old one is as it was. */
bool dr_aws_token_write(const char *path, const json_t *token, char **ret_problem);

#endif
