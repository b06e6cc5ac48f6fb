/* One resolved AWS resource: a primitive made from a service's model. resolver (integration.c) -> this -> task.c. */
#ifndef DRRUN_PROVIDERS_AWS_INTEGRATION_RESOURCE_H
#define DRRUN_PROVIDERS_AWS_INTEGRATION_RESOURCE_H

#include "providers/aws/client/client.h"
#include "providers/aws/integration/optimised.h"
#include "providers/provider.h"

struct dr_aws_resource {
    struct dr_primitive primitive; /* first: a pointer to one is a pointer to the other */
    struct dr_aws *aws;
    const struct dr_aws_operation *operation;
    const struct dr_aws_integration *integration; /* NULL: aws-sdk */
    const char *function_arn;                     /* the function that is invoked; NULL: another operation */
    char *function_region;
    char *prefix; /* of error names */
    bool all_pages;
    bool unless_bounded; /* not if the input itself asks for a page: a limit, or where to begin */
    /* Owned texts that `primitive.resource` shows. */
    char *name, *summary, *output, *errors;
    json_t *schema;
};

/* Fills in what makes it run: start, cancel, repeat. */
void dr_aws_task_init(struct dr_aws_resource *resource);

/* The top-level member that is an idempotency token although the model does not mark it; NULL: none. */
const struct dr_aws_member *dr_aws_unmarked_token(const struct dr_aws_operation *operation);
/* What may be done when the outcome of such a call is not known. */
enum dr_repeat dr_aws_repeat(const struct dr_aws_resource *resource, const json_t *arguments);

/* Whether a Retry or Catch may name this error: false only if it has the prefix of the service's errors and none of
 * them is called so; then `ret_nearest` is one that may be meant (owned by the caller) or NULL. */
bool dr_aws_can_raise(const struct dr_aws_resource *resource, const char *name, char **ret_nearest);

/* Summary, effect, undo: what every listing needs. */
void dr_aws_document_briefly(struct dr_aws_resource *resource);
/* Output and errors: what only `drrun actions NAME` needs. */
void dr_aws_document_fully(struct dr_aws_resource *resource);

#endif
