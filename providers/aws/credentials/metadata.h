/* A document from a server beside this machine (a container's agent, the instance's metadata service): GET or PUT with
 * a short patience, past any proxy, repeated a few times. */
#ifndef DRRUN_PROVIDERS_AWS_CREDENTIALS_METADATA_H
#define DRRUN_PROVIDERS_AWS_CREDENTIALS_METADATA_H

#include "interpreter/base/runtime.h"

struct dr_aws_metadata_request { /* borrowed, copied */
    const char *method, *url;
    const char *header_name, *header_value; /* one header, maybe a secret; NULL: none */
    int64_t timeout_ms;                     /* of an attempt */
    unsigned attempts;                      /* in all */
    int64_t pause_ms;                       /* between them */
};

struct dr_aws_metadata_answer { /* borrowed by the callback */
    const char *body;           /* NULL: there is no answer of status 200 */
    size_t size;
    int status;          /* 0: none came */
    bool reached;        /* at least one byte of the request left: somebody is there */
    const char *problem; /* "HTTP status 500", "...: Connection refused"; NULL with a body */
};
typedef void dr_aws_metadata_fn(void *data, const struct dr_aws_metadata_answer *answer);

/* The callback comes later, once, unless cancelled. Repeated is what may be better the next time: no answer, 429, 5xx.
 * Never NULL. */
struct dr_aws_metadata *dr_aws_metadata_start(struct dr_runtime *runtime, const struct dr_aws_metadata_request *request,
                                              dr_aws_metadata_fn *fn, void *data);
void dr_aws_metadata_cancel(struct dr_aws_metadata *metadata); /* NULL is fine */

#endif
