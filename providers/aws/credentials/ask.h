/* The few calls of AWS that credentials are made of: AssumeRole, AssumeRoleWithWebIdentity, GetRoleCredentials,
 * CreateToken. Made by client/, like any other. */
#ifndef DRRUN_PROVIDERS_AWS_CREDENTIALS_ASK_H
#define DRRUN_PROVIDERS_AWS_CREDENTIALS_ASK_H

#include "providers/aws/client/client.h"
#include "providers/aws/credentials/source.h"

struct dr_aws_asking { /* borrowed during the start */
    const char *service, *operation;
    const char *region;                     /* NULL: quest's, the settings', the partition's first */
    json_t *input;                          /* stolen, wiped once it was sent: it may hold tokens */
    const struct dr_aws_identity *identity; /* NULL: the call is not signed */
};
/* The callback comes later, once, unless cancelled. NULL with `ret_problem` (owned by the caller): it cannot be made.
 */
struct dr_aws_question *dr_aws_ask(const struct dr_aws_quest *quest, struct dr_aws_asking asking, dr_aws_call_fn *fn,
                                   void *data, char **ret_problem);
void dr_aws_ask_cancel(struct dr_aws_question *question); /* NULL is fine */

/* "AccessDenied: User ... is not authorized ...": one line. Owned by the caller. */
char *dr_aws_ask_problem(const struct dr_aws_outcome *outcome);
/* Whether AWS answered with an error of this code, or a name that begins with it ("ExpiredToken",
 * "ExpiredTokenException"). */
bool dr_aws_ask_is_error(const struct dr_aws_outcome *outcome, const char *code);
/* STS's `Credentials` of an answer. false with `ret_problem`. */
bool dr_aws_ask_identity(const struct dr_aws_outcome *outcome, struct dr_aws_identity *ret_identity,
                         char **ret_problem);
/* The Region whose STS is asked: the Task's, which the author chose because it is there, before the one that the
 * settings name, which may be the one that is gone; a pseudo-Region ("aws-global") is none. */
const char *dr_aws_ask_region(const struct dr_aws_quest *quest);

/* --- AssumeRole (assume.c) ------------------------------------------------------------------------------------------
 */

struct dr_aws_assuming { /* borrowed during the start */
    const char *role_arn, *session_name;
    const char *external_id, *mfa_serial; /* NULL: none */
    int64_t duration_s;                   /* 0: AWS's default of an hour */
    const struct dr_aws_identity *identity;
    const char *source; /* what becomes the finding's, copied */
};
/* Asks for the code of `mfa_serial` on the terminal, then assumes the role. Always later. A finding that is not FOUND
 * is FAILED. */
struct dr_aws_search *dr_aws_assume_start(const struct dr_aws_quest *quest, const struct dr_aws_assuming *assuming,
                                          dr_aws_finding_fn *fn, void *data);

/* --- A person at a terminal (prompt.c)
 * -------------------------------------------------------------------------------- */

/* A code of six digits typed by a person, while the loop goes on; asked again until it is one. It is shown as it is
 * typed: it is good for once, and a terminal that nobody changed needs no putting right after a crash. `code` is wiped
 * after the callback; NULL with `problem`: the terminal was closed, or nothing was typed for five minutes. */
typedef void dr_aws_prompt_fn(void *data, const char *code, const char *problem);
/* NULL with `ret_problem` (owned by the caller): there is no terminal. */
struct dr_aws_prompt *dr_aws_prompt_start(const struct dr_aws_quest *quest, const char *question, dr_aws_prompt_fn *fn,
                                          void *data, char **ret_problem);
void dr_aws_prompt_cancel(struct dr_aws_prompt *prompt); /* NULL is fine */

#endif
