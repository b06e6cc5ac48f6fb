/* The optimised integrations: what they do beside calling their operation. The rows are integrations.def. */
#ifndef DRRUN_PROVIDERS_AWS_INTEGRATION_OPTIMISED_H
#define DRRUN_PROVIDERS_AWS_INTEGRATION_OPTIMISED_H

#include "providers/aws/client/client.h"
#include "providers/provider.h"

enum { /* `patterns` */
       DR_AWS_PATTERN_SYNC = 1,
       DR_AWS_PATTERN_SYNC_2 = 2,
       DR_AWS_PATTERN_TOKEN = 4,
       DR_AWS_PATTERN_INTERNAL = 8,
};

/* What is special about one. Each function may be NULL. */
struct dr_aws_rules {
    const char *const *anything; /* members that take any data: see dr_aws_schema_options */
    const char *const *optional;
    bool bare_result;            /* without SdkHttpMetadata and SdkResponseMetadata */
    bool token_makes_repeatable; /* prepare() puts the call's token where the service recognises a repetition */
    /* Changes the arguments, in the API's spelling, before they are sent. */
    void (*prepare)(const struct dr_call *call, json_t *input);
    /* Looks at a successful answer, in the integration's spelling. false: it was a failure after all, and the call has
     * been finished. */
    bool (*conclude)(struct dr_call *call, json_t *output);
};

struct dr_aws_integration {
    const char *name, *service, *operation;
    const char *prefix, *client, *base;
    unsigned patterns;
    const char *sync;
    const struct dr_aws_rules *rules; /* never NULL */
};

/* By "lambda:invoke"; NULL: none. */
const struct dr_aws_integration *dr_aws_integration_find(const char *name);
const struct dr_aws_integration *dr_aws_integrations(size_t *ret_count);
/* What stands for a bare function ARN: its input is the payload, its result too. */
const struct dr_aws_integration *dr_aws_function_integration(void);

/* The optimised integrations' results say how the answer came; taken from the outcome. */
void dr_aws_add_metadata(json_t *output, const struct dr_aws_outcome *outcome);
/* "Lambda.ResourceNotFoundException", and its cause, as AWS writes both for these; owned by the caller. */
char *dr_aws_optimised_error(const struct dr_aws_integration *integration, const struct dr_aws_error *error);
char *dr_aws_optimised_cause(const struct dr_aws_integration *integration, const struct dr_aws_error *error,
                             const char *message);

#endif
