/* The server's side of AWS's wire protocols: an HTTP request becomes an operation and its input, an output or an error
 * the HTTP answer. The inverse of providers/aws/protocol/protocol.h, from the same models, for all five protocols. */
#ifndef DRRUN_PROVIDERS_SIMULATED_WIRE_H
#define DRRUN_PROVIDERS_SIMULATED_WIRE_H

#include "providers/aws/protocol/protocol.h"

struct dr_sim_request {                       /* borrowed */
    const char *method, *host, *path, *query; /* the bytes as received */
    const struct dr_http_header *headers;
    size_t header_count;
    const char *body;
    size_t body_size;
    int64_t
        wall_ms; /* what the client's clock should show, for signatures and the answer's Date; 0: the cloud's time */
};

/* Which operation of a model a request is: by X-Amz-Target, Action, or method and path (S3's bucket may be in the
 * host). NULL with `ret_problem`. */
const struct dr_aws_operation *dr_sim_operation_of(const struct dr_aws_model *model,
                                                   const struct dr_sim_request *request, char **ret_problem);
/* The request's input in the API's spelling: a new reference. NULL with `ret_problem`: malformed. */
json_t *dr_sim_read_input(const struct dr_aws_operation *operation, const struct dr_sim_request *request,
                          char **ret_problem);

struct dr_sim_answer { /* owned */
    int status;
    struct dr_aws_headers headers;
    char *body;
    size_t body_size;
};
void dr_sim_answer_done(struct dr_sim_answer *answer);
void dr_sim_write_output(const struct dr_aws_operation *operation, const json_t *output, const char *request_id,
                         struct dr_sim_answer *ret_answer);
/* `code` is the wire's ("DBInstanceNotFound"); `details` the error shape's further members, or NULL; `status` 0: as the
 * model says, else 400. */
void dr_sim_write_error(const struct dr_aws_operation *operation, const struct dr_aws_model *model, int status,
                        const char *code, const char *message, const json_t *details, const char *request_id,
                        struct dr_sim_answer *ret_answer);

#endif
