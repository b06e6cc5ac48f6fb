/* From an operation and its input to a signed HTTP request. Private to this room.
 *
 *     dr_aws_prepare()   endpoint, presigned URLs, serialisation: once for a page and Region
 *     dr_aws_seal()      time and signature: again for each attempt */
#ifndef DRRUN_PROVIDERS_AWS_CLIENT_SEND_H
#define DRRUN_PROVIDERS_AWS_CLIENT_SEND_H

#include "providers/aws/client/parts.h"

struct dr_aws_prepared { /* zero-initialise */
    bool ready;
    const struct dr_aws_operation *operation; /* borrowed */
    struct dr_aws_endpoint endpoint;
    struct dr_aws_request request;
    struct dr_aws_target target;
    char *signing_region;
};

struct dr_aws_preparing { /* borrowed */
    struct dr_aws *aws;
    const struct dr_aws_operation *operation;
    const json_t *input;
    const char *region, *token;
    const char *discovered;                 /* the host that serves it (discover.h); NULL: the rules' */
    const struct dr_aws_identity *identity; /* NULL: not signed */
    int64_t now_ms;
};

/* false with `ret_problem` (owned by the caller) and its kind ("Endpoint", "Request"). */
bool dr_aws_prepare(const struct dr_aws_preparing *preparing, struct dr_aws_prepared *ret_prepared, char **ret_problem,
                    const char **ret_problem_kind);
void dr_aws_prepared_done(struct dr_aws_prepared *prepared);

/* The headers to send: the request's, `more` and the signature's for the time `server_ms`. `identity` NULL: not signed.
 * false with `ret_problem`: this signature cannot be made. */
bool dr_aws_seal(const struct dr_aws_prepared *prepared, const struct dr_aws_identity *identity, int64_t server_ms,
                 const struct dr_aws_headers *more, struct dr_aws_headers *ret_headers, char **ret_problem);

#endif
