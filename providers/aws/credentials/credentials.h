/* Credentials: the SDKs' chain, asynchronous, cached and refreshed before they expire. credentials.c walks the table of
 * sources (one file each); what a source needs of AWS itself (AssumeRole, ...) it calls through client/client.h's
 * dr_aws_send() with the identity it has.
 * (https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html) */
#ifndef DRRUN_PROVIDERS_AWS_CREDENTIALS_CREDENTIALS_H
#define DRRUN_PROVIDERS_AWS_CREDENTIALS_CREDENTIALS_H

#include "interpreter/base/runtime.h"
#include "providers/aws/signing/sigv4.h"

struct dr_aws;             /* client/client.h */
struct dr_aws_credentials; /* the cache and what is under way */

struct dr_aws_role {          /* borrowed, copied; a Task's Credentials */
    const char *arn;          /* NULL: no role, the chain's own identity */
    const char *external_id;  /* NULL: none */
    const char *session_name; /* "drrun-<execution name>": letters, digits and =,.@-_ only; at most 64 */
};

struct dr_aws_credentials *dr_aws_credentials_new(struct dr_aws *aws);
void dr_aws_credentials_free(struct dr_aws_credentials *credentials); /* cancels what is under way; NULL is fine */

/* `problem` NULL: `identity` is valid, borrowed during the callback. Else why there is none, naming every source that
 * was tried and why it had nothing: one text of several lines. Never holds a secret. */
typedef void dr_aws_identity_fn(void *data, const struct dr_aws_identity *identity, const char *problem);

/* The callback comes later, from the runtime, never from within; several askers share one lookup. `force`: the server
 * said ExpiredToken: what is cached is thrown away first. NULL is never returned. */
struct dr_aws_lookup *dr_aws_credentials_get(struct dr_aws_credentials *credentials, struct dr_runtime *runtime,
                                             const struct dr_aws_role *role, const char *region, bool force,
                                             dr_aws_identity_fn *fn, void *data);
void dr_aws_credentials_cancel(struct dr_aws_lookup *handle); /* no callback after it; NULL is fine */

/* Where a question to a person is shown (the code of mfa_serial): by `say`, as a line, else on the terminal itself. The
 * answer is always read from the terminal. */
typedef void dr_aws_say_fn(void *data, const char *line);
void dr_aws_credentials_say(struct dr_aws_credentials *credentials, dr_aws_say_fn *say, void *data);

/* The source that gave the cached identity: "environment", "profile prod (role arn:...)", for sts.whoami and messages.
 * NULL: none was asked for yet. */
const char *dr_aws_credentials_source(const struct dr_aws_credentials *credentials);

#endif
