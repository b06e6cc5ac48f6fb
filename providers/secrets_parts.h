/* Between the files of dynamic references: secrets.c remembers and masks, secret_resolution.c resolves. */
#ifndef DRRUN_PROVIDERS_SECRETS_PARTS_H
#define DRRUN_PROVIDERS_SECRETS_PARTS_H

#include "interpreter/base/text.h"
#include "providers/secrets.h"

#define DR_REFERENCE_OPENING "{{resolve:"
#define DR_REFERENCE_CLOSING "}}"

struct dr_secrets *dr_secrets_new(void);
/* Remembers a value, and the forms in which a service may echo it, to mask them. */
void dr_secrets_remember(struct dr_secrets *secrets, const char *bytes, size_t size);
/* A string of the resolved arguments, to be wiped with the secrets unless somebody still uses it. */
void dr_secrets_keep_string(struct dr_secrets *secrets, json_t *string);
void dr_secrets_wipe_text(struct dr_text *text); /* wipes and frees */
void dr_secrets_wipe_json(json_t *value);        /* its strings, and those inside; to be dropped right after */

/* A new reference to what the string becomes: the same if nothing changes, NULL to stop. */
typedef json_t *dr_secrets_change_fn(void *data, const json_t *string);
/* `value` with every string and key changed: a new reference, the same object if nothing changed, NULL if stopped. */
json_t *dr_secrets_rewrite(const json_t *value, dr_secrets_change_fn *change, void *data);

#endif
