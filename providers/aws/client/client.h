/* One AWS API call, from an operation and its input to an output or an error: credentials, endpoint, signature,
 * sending, retries in the "standard" mode, clock skew, pages. Asynchronous on the runtime.
 * (https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html) */
#ifndef DRRUN_PROVIDERS_AWS_CLIENT_CLIENT_H
#define DRRUN_PROVIDERS_AWS_CLIENT_CLIENT_H

#include "interpreter/base/runtime.h"
#include "providers/aws/credentials/credentials.h"
#include "providers/aws/credentials/settings.h"
#include "providers/aws/model/model.h"
#include "providers/aws/protocol/protocol.h"

/* All that the calls of one process share: models, settings, credentials, the retry quota by service and Region, the
 * clocks' skew by host. Cheap to make: everything is read on first use. */
struct dr_aws;

struct dr_aws_options {                           /* borrowed, copied */
    const char *(*environment)(const char *name); /* NULL: getenv */
    const char *profile;                          /* NULL: as configured */
    const char *const *model_folders;             /* as in dr_aws_models_options */
    const char *endpoint_url;                     /* of every service, before what is configured; NULL: as configured */
};

struct dr_aws *dr_aws_new(const struct dr_aws_options *options);
void dr_aws_free(struct dr_aws *aws); /* NULL is fine; nothing may be under way */
struct dr_aws_models *dr_aws_models(struct dr_aws *aws);
struct dr_aws_settings *dr_aws_settings(struct dr_aws *aws);
struct dr_aws_credentials *dr_aws_credentials(struct dr_aws *aws);

struct dr_aws_call { /* borrowed during start, except `operation` (the models') and `input` (a reference is taken) */
    const struct dr_aws_operation *operation;
    const json_t *input; /* in the API's spelling */
    const char *region;  /* NULL: the settings'; it may also be a pseudo-Region such as "aws-global" */
    struct dr_aws_role role;
    const struct dr_aws_identity *identity; /* not NULL: these, not the chain's; not refreshed */
    bool anonymous;                         /* not signed: sts AssumeRoleWithWebIdentity, sso GetRoleCredentials */
    const char *token;                      /* for idempotencyToken members; NULL: none */
    const char *user_agent;                 /* what is appended to "drrun/VERSION": NULL or "exec/<id>" */
    int64_t deadline_ms; /* INT64_MAX: none. Waits end before it; an attempt is given up 1 ms after it */
    int64_t attempt_timeout_ms, connect_timeout_ms; /* 0: the defaults of 60 s and 3.1 s */
    bool may_repeat; /* the operation is safe to send again although the outcome of an attempt is unknown: reads,
                        idempotent ones, those with a token. false: only what certainly had no effect is retried */
    bool all_pages;  /* follow the paginator and give one output with the result keys joined */
};

struct dr_aws_attempt {
    int status;             /* 0: no answer */
    const char *request_id; /* "" */
    const char *code;       /* the error's, or why there was no answer; "" on success */
    int64_t started_ms, took_ms;
};

struct dr_aws_outcome {               /* borrowed by the callback */
    json_t *output;                   /* NULL: failed */
    const struct dr_aws_error *error; /* AWS said no; NULL: success, or `problem` */
    const char
        *problem; /* no answer that one could use: connection, time-out, credentials, endpoint, unreadable bytes */
    const char *problem_kind; /* "Connection", "Timeout", "Credentials", "Endpoint", "Request", "Response" */
    bool unknown;             /* the last attempt may have taken effect, and `may_repeat` was false */
    bool throttled;           /* the attempts ran out on throttling: a quota may be the reason */
    const char *note; /* with `error`, for people: why there was no further attempt, and what may be done ("3 attempts
                         in 2 s; ..."). NULL: nothing to add. A problem's text has it in itself */
    const char
        *signer; /* with `error`, if the credentials may be why: "signed by AKIA...MPLE from environment"; or NULL */
    const char *region, *host;
    const struct dr_aws_attempt *attempts;
    size_t attempt_count;
    unsigned pages;
    int status;                           /* of the last answer */
    const struct dr_http_header *headers; /* of the last answer; NULL: none */
    size_t header_count;
};
typedef void dr_aws_call_fn(void *data, const struct dr_aws_outcome *outcome);

struct dr_aws_calling;
/* The callback comes later, exactly once, unless cancelled. Never NULL. */
struct dr_aws_calling *dr_aws_call_start(struct dr_aws *aws, struct dr_runtime *runtime, const struct dr_aws_call *call,
                                         dr_aws_call_fn *fn, void *data);
void dr_aws_call_cancel(struct dr_aws_calling *calling); /* NULL is fine */

#endif
