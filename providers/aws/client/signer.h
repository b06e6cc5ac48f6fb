/* Who signed a request, in words for the people whose credentials AWS refuses: which of several sources they came from
 * is what they have to find out. */
#ifndef DRRUN_PROVIDERS_AWS_CLIENT_SIGNER_H
#define DRRUN_PROVIDERS_AWS_CLIENT_SIGNER_H

#include "providers/aws/signing/sigv4.h"

#include <stdbool.h>

enum { DR_AWS_KEY_TEXT = 12 };

/* Whether an error with this code may be due to the credentials: unknown, expired or wrong. What they may not do,
 * AWS says in words that name them. */
bool dr_aws_is_refusal(const char *code);
/* "AKIA...MPLE": the ends of the access key's id, and nothing ("") of an id that is too short to hide the rest. */
void dr_aws_key_ends(const struct dr_aws_identity *identity, char ret_text[DR_AWS_KEY_TEXT]);
/* "signed by AKIA...MPLE from environment"; a role (NULL: none) stands between. Owned by the caller; NULL: not known.
 */
char *dr_aws_signer(const char *key, const char *role_arn, const char *source);

#endif
