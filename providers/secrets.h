/* Dynamic references: {{resolve:env:NAME}}, {{resolve:ssm:NAME}}, {{resolve:secretsmanager:ID:SecretString:KEY}}
 * (secret_reference.h has the grammar) inside any string of a call's arguments are replaced at the moment of the call,
 * in a copy that only the primitive sees. Resolved values are remembered until the call ends, so that an echo of one in
 * an output, an error or a log line is masked as "***". [D29] */
#ifndef DRRUN_PROVIDERS_SECRETS_H
#define DRRUN_PROVIDERS_SECRETS_H

#include "interpreter/base/runtime.h"
#include "interpreter/expression/expression.h"
#include "providers/secret_reference.h"

#include <jansson.h>

/* --- Where values come from --------------------------------------------------------------------------------------- */

/* What a source is asked for. Everything is borrowed during fetch(). */
struct dr_secret_request {
    const struct dr_secret_reference *reference; /* never of "env"; its key is not the source's business */
    struct dr_runtime *runtime;
    const char *region;         /* of the call; NULL: none */
    const json_t *credentials;  /* the same: {"RoleArn", "ExternalId"} */
    const char *execution_name; /* for the session's name */
    int64_t deadline_ms;        /* of the call; INT64_MAX: none */
};

/* `value` (borrowed, `size` bytes) or NULL with `error`: Drrun.SecretNotFound or Drrun.SecretSourceUnavailable. */
typedef void dr_secret_fn(void *data, const char *value, size_t size, const struct dr_error *error);

/* The first member of an implementation's own struct. */
struct dr_secret_source {
    /* Starts to fetch one value. `fn` is called later, from a callback of the runtime, exactly once, unless cancelled.
     * Never NULL. */
    void *(*fetch)(struct dr_secret_source *source, const struct dr_secret_request *request, dr_secret_fn *fn,
                   void *data);
    void (*cancel)(struct dr_secret_source *source, void *fetching);
};

/* --- The references of one call ----------------------------------------------------------------------------------- */

struct dr_secrets; /* the values resolved for one call; wiped when freed */

struct dr_secret_place {             /* borrowed, also while the resolution is under way */
    struct dr_secret_source *source; /* NULL: only the environment can be reached */
    struct dr_runtime *runtime;
    const char *region;
    const json_t *credentials;
    const char *execution_name;
    int64_t deadline_ms;
};

/* `resolved` is borrowed: the arguments themselves where they had no reference, and `secrets` (the receiver's to free)
 * then NULL. Or `resolved` is NULL and `error` tells: Drrun.SecretNotFound, Drrun.SecretSourceUnavailable,
 * States.Runtime for a malformed reference. */
typedef void dr_resolved_fn(void *data, json_t *resolved, struct dr_secrets *secrets, const struct dr_error *error);

struct dr_resolution;
/* Resolves every reference in `arguments` (a reference is taken), each value fetched once, all at the same time. `fn`
 * hears exactly once unless cancelled: before this returns, which then returns NULL, if nothing had to be fetched. */
struct dr_resolution *dr_secrets_resolve(const json_t *arguments, const struct dr_secret_place *place,
                                         dr_resolved_fn *fn, void *data);
void dr_secrets_cancel(struct dr_resolution *resolution); /* NULL is fine */

/* `value` with every occurrence of a resolved secret (of 4 bytes or more) in its strings and keys masked: a new
 * reference, the same object if there is none. */
json_t *dr_secrets_mask(const struct dr_secrets *secrets, json_t *value);
char *dr_secrets_mask_text(const struct dr_secrets *secrets, const char *text); /* a new string; NULL gives NULL */
void dr_secrets_free(struct dr_secrets *secrets);
/* Whether a string contains a reference: the checker's and the planner's question. */
bool dr_secrets_present(const json_t *arguments);

#endif
