/* Where a request goes: the service's endpoint rule set, or what the user configured instead.
 * (https://smithy.io/2.0/additional-specs/rules-engine/;
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html) */
#ifndef DRRUN_PROVIDERS_AWS_ENDPOINT_ENDPOINT_H
#define DRRUN_PROVIDERS_AWS_ENDPOINT_ENDPOINT_H

#include "providers/aws/protocol/protocol.h"

struct dr_aws_endpoint {
    char *url;          /* "https://rds.us-west-2.amazonaws.com", perhaps with a path; no '/' at its end */
    json_t *headers;    /* {"name": ["value", ...]}; NULL: none */
    json_t *properties; /* as the rule set gives them, authSchemes among them; NULL: none */
    char *signing_name, *signing_region; /* NULL: the service's, the call's */
    bool disable_double_encoding;        /* of the auth scheme */
    char *auth_scheme;                   /* "sigv4", "sigv4a", "none"; NULL: as the service */
};
void dr_aws_endpoint_done(struct dr_aws_endpoint *endpoint);

/* Runs a rule set over `parameters` (an object by parameter name: {"Region": "us-east-1", "UseFIPS": false}); defaults
 * are filled in, required ones checked. false with `ret_problem`: the rule set's own error text, or what is wrong with
 * it. Recursion and work are bounded: a rule set comes from a file. */
bool dr_aws_rules_resolve(const json_t *rules, const json_t *partitions, const json_t *parameters,
                          struct dr_aws_endpoint *ret_endpoint, char **ret_problem);

struct dr_aws_endpoint_settings { /* from credentials/settings.h; borrowed */
    const char *region;
    const char *configured_url; /* of the service, by precedence; NULL: none */
    bool fips, dualstack;
    bool s3_path_style; /* buckets in the path: configured so, or, unless "virtual" is, an endpoint of one's own */
    bool s3_accelerate, s3_use_arn_region, s3_disable_multiregion;
    bool sts_regional;      /* true unless configured as legacy */
    const char *account_id; /* NULL: not known */
};

/* The endpoint of one call, its signing name and Region always filled in: the rule set with the built-ins, the
 * operation's static and context parameters and the input's contextParams (S3 buckets as names, ARNs and access
 * points); an old model without rules: by endpoint prefix and partition. */
bool dr_aws_endpoint_resolve(const struct dr_aws_operation *operation, const json_t *input,
                             const struct dr_aws_endpoint_settings *settings, struct dr_aws_endpoint *ret_endpoint,
                             char **ret_problem);

/* The absolute URL, path and host of a request at an endpoint: the host prefix in front of AWS's own hosts (a server of
 * one's own has no names below it), the endpoint's path before the request's; S3's bucket, which the rule set puts into
 * the host or the endpoint's path, goes out of the request's. */
struct dr_aws_target {
    char *url, *host, *path, *query;
};
bool dr_aws_target_build(const struct dr_aws_operation *operation, const struct dr_aws_endpoint *endpoint,
                         const struct dr_aws_request *request, struct dr_aws_target *ret_target, char **ret_problem);
void dr_aws_target_done(struct dr_aws_target *target);

#endif
