/* Dynamic references: {{resolve:env:NAME}}, {{resolve:ssm:NAME}}, {{resolve:ssm-secure:NAME}},
 * {{resolve:secretsmanager:NAME:SecretString:KEY}} inside any string of a call's arguments are replaced at the moment
 * of the call, in a copy that only the primitive sees. Resolved values are remembered until the call ends, so that an
 * echo of one in an output, an error or a log line is masked as "***". */
#ifndef DRRUN_PROVIDERS_SECRETS_H
#define DRRUN_PROVIDERS_SECRETS_H

#include "interpreter/expression/expression.h"

#include <jansson.h>

struct dr_secrets; /* the values resolved for one call; wiped when freed */

/* `arguments` with its references resolved: the same object (a new reference) if there is none, and *ret_secrets NULL.
 * NULL with `ret_error` (Drrun.SecretNotFound, Drrun.SecretSourceUnavailable, States.Runtime for a malformed reference)
 * on failure. */
json_t *dr_secrets_resolve(const json_t *arguments, struct dr_secrets **ret_secrets, struct dr_error *ret_error)
    __attribute__((warn_unused_result));
/* `value` with every occurrence of a resolved secret (of 4 bytes or more) in its strings and keys masked: a new
 * reference, the same object if there is none. */
json_t *dr_secrets_mask(const struct dr_secrets *secrets, json_t *value);
char *dr_secrets_mask_text(const struct dr_secrets *secrets, const char *text); /* a new string; NULL gives NULL */
void dr_secrets_free(struct dr_secrets *secrets);
/* Whether a string contains a reference: the checker's and the planner's question. */
bool dr_secrets_present(const json_t *arguments);

#endif
