/* From a call to its endpoint: gathers what the rule set asks for, or does without a rule set. */
#include "providers/aws/endpoint/context.h"
#include "providers/aws/endpoint/endpoint.h"
#include "providers/aws/endpoint/functions.h"
#include "providers/aws/endpoint/rules.h"

#include "interpreter/base/text.h"

#include <stdlib.h>
#include <string.h>

/* One call's facts, as the rule set's built-ins see them. */
struct facts {
    const struct dr_aws_operation *operation;
    const json_t *input;
    const struct dr_aws_endpoint_settings *settings;
    char *region; /* without "fips-" and the like; NULL: none */
    bool fips, dualstack, path_style;
};

/* --- The Region ------------------------------------------------------------------------------------------------- */

/* "fips-us-east-1", "us-east-1-fips", "ecr-fips.us-east-1": older names for a Region with FIPS endpoints. */
static char *strip_fips(const char *region, bool *ret_fips)
{
    size_t size = strlen(region);
    if (strncmp(region, "fips-", 5) == 0) {
        *ret_fips = true;
        return dr_copy_string(region + 5);
    }
    if (size > 5 && strcmp(region + size - 5, "-fips") == 0) {
        *ret_fips = true;
        return dr_copy_bytes(region, size - 5);
    }
    return dr_copy_string(region);
}

/* Whoever configured no Region may still call a service that is the same everywhere, or a server of his own. */
static const char *default_region(const struct dr_aws_operation *operation,
                                  const struct dr_aws_endpoint_settings *settings)
{
    return settings->configured_url ? "us-east-1" : operation->model->global_endpoint ? "aws-global" : NULL;
}

/* Services that live in one Region of a partition, and what their rule sets of 2022 do not know of it. */
static const struct {
    const char *service, *partition, *region;
} homes[] = {
    {"route53-recovery-control-config", "aws", "us-west-2"},
    {"route53-recovery-control-config", "aws-cn", "cn-northwest-1"},
    {"route53-recovery-control-config", "aws-us-gov", "us-gov-west-1"},
    {"support", "aws", "us-east-1"},
    {"support", "aws-us-gov", "us-gov-west-1"},
};

/* The Region that answers for a service; NULL: each its own. */
static const char *find_home(const struct dr_aws_model *model, const json_t *partitions, const char *region)
{
    const char *home = NULL;
    for (size_t i = 0; i < sizeof homes / sizeof *homes; i++) {
        if (strcmp(homes[i].service, model->name) == 0) {
            json_t *partition = dr_aws_partition(partitions, region);
            const char *name = json_string_value(json_object_get(partition, "name"));
            if (name && strcmp(name, homes[i].partition) == 0) {
                home = homes[i].region;
            }
            json_decref(partition);
        }
    }
    return home;
}

/* --- S3's addressing -------------------------------------------------------------------------------------------- */

static bool is_s3(const struct dr_aws_model *model)
{
    return strcmp(model->endpoint_prefix, "s3") == 0;
}

/* The bucket in the path: never for an ARN; always for GetBucketLocation, which is asked when the bucket's Region is
 * not known. */
static bool needs_path_style(const struct facts *facts)
{
    const char *bucket = json_string_value(json_object_get(facts->input, "Bucket"));
    if (strcmp(facts->operation->name, "GetBucketLocation") == 0) {
        return true;
    }
    return facts->settings->s3_path_style && !facts->settings->s3_accelerate &&
           !(bucket && strncmp(bucket, "arn:", 4) == 0);
}

/* --- Parameters ------------------------------------------------------------------------------------------------- */

static json_t *string_or_nothing(const char *value)
{
    return value && *value ? json_string(value) : NULL;
}

#define BUILT_IN(name, expression)                                                                                     \
    static json_t *name(const struct facts *facts)                                                                     \
    {                                                                                                                  \
        return expression;                                                                                             \
    }
BUILT_IN(give_region, string_or_nothing(facts->region))
BUILT_IN(give_fips, json_boolean(facts->fips))
BUILT_IN(give_dualstack, json_boolean(facts->dualstack))
BUILT_IN(give_url, string_or_nothing(facts->settings->configured_url))
BUILT_IN(give_accelerate, json_boolean(facts->settings->s3_accelerate))
BUILT_IN(give_path_style, json_boolean(facts->path_style))
BUILT_IN(give_arn_region, json_boolean(facts->settings->s3_use_arn_region))
BUILT_IN(give_no_multiregion, json_boolean(facts->settings->s3_disable_multiregion))
BUILT_IN(give_global_sts, json_boolean(!facts->settings->sts_regional))
BUILT_IN(give_account, string_or_nothing(facts->settings->account_id))
BUILT_IN(give_account_mode, ((void)facts, string_or_nothing("preferred")))
BUILT_IN(give_false, ((void)facts, json_false()))
BUILT_IN(give_true, ((void)facts, json_true()))
#undef BUILT_IN

static const struct {
    const char *name;
    json_t *(*give)(const struct facts *facts);
} built_ins[] = {
    {"AWS::Auth::AccountId", give_account},
    {"AWS::Auth::AccountIdEndpointMode", give_account_mode},
    {"AWS::Region", give_region},
    {"AWS::S3::Accelerate", give_accelerate},
    {"AWS::S3::DisableMultiRegionAccessPoints", give_no_multiregion},
    /* drrun makes no CreateSession calls of its own: directory buckets take plain SigV4 as well. */
    {"AWS::S3::DisableS3ExpressSessionAuth", give_true},
    {"AWS::S3::ForcePathStyle", give_path_style},
    {"AWS::S3::UseArnRegion", give_arn_region},
    {"AWS::S3::UseGlobalEndpoint", give_false}, /* us-east-1's own: the global name may be what has failed */
    {"AWS::S3Control::UseArnRegion", give_arn_region},
    {"AWS::STS::UseGlobalEndpoint", give_global_sts},
    {"AWS::UseDualStack", give_dualstack},
    {"AWS::UseFIPS", give_fips},
    {"SDK::Endpoint", give_url},
    {"DisableS3ExpressSessionAuth", give_true}, /* a client's parameter, without a built-in's name */
};

static json_t *give_built_in(const struct facts *facts, const char *name)
{
    for (size_t i = 0; i < sizeof built_ins / sizeof *built_ins; i++) {
        if (strcmp(built_ins[i].name, name) == 0) {
            return built_ins[i].give(facts);
        }
    }
    return NULL;
}

/* What the operation or its input says of a parameter; NULL: nothing. */
static json_t *give_context(const struct facts *facts, const char *name)
{
    const struct dr_aws_operation *operation = facts->operation;
    const json_t *fixed = json_object_get(json_object_get(operation->static_context_params, name), "value");
    if (fixed) {
        return dr_json_share(fixed);
    }
    for (size_t i = 0; operation->input && i < operation->input->member_count; i++) {
        const struct dr_aws_member *member = &operation->input->members[i];
        if (member->context_param && strcmp(member->context_param, name) == 0) {
            const json_t *value = json_object_get(facts->input, member->name);
            return value && !json_is_null(value) ? dr_json_share(value) : NULL;
        }
    }
    const char *path = json_string_value(json_object_get(json_object_get(operation->context_params, name), "path"));
    return path ? dr_aws_context_value(facts->input, path) : NULL;
}

static json_t *gather(const struct facts *facts, const json_t *definitions)
{
    json_t *parameters = json_object();
    for (void *at = json_object_iter((json_t *)(uintptr_t)definitions); at;
         at = json_object_iter_next((json_t *)(uintptr_t)definitions, at)) {
        const char *name = json_object_iter_key(at);
        const char *built_in = json_string_value(json_object_get(json_object_iter_value(at), "builtIn"));
        json_t *value = give_context(facts, name);
        if (!value) {
            value = give_built_in(facts, built_in ? built_in : name);
        }
        if (value) {
            json_object_set_new(parameters, name, value);
        }
    }
    return parameters;
}

/* --- Models without a rule set ---------------------------------------------------------------------------------- */

static bool resolve_without_rules(const struct facts *facts, const json_t *partitions,
                                  struct dr_aws_endpoint *ret_endpoint)
{
    const struct dr_aws_model *model = facts->operation->model;
    if (facts->settings->configured_url) {
        ret_endpoint->url = dr_copy_string(facts->settings->configured_url);
        return true;
    }
    json_t *partition = dr_aws_partition(partitions, facts->region);
    const char *name = json_string_value(json_object_get(partition, "name"));
    const char *suffix =
        json_string_value(json_object_get(partition, facts->dualstack ? "dualStackDnsSuffix" : "dnsSuffix"));
    const char *global = dr_aws_partition_global_region(partitions, facts->region);
    if (model->global_endpoint && name && strcmp(name, "aws") == 0 && !facts->fips && !facts->dualstack) {
        ret_endpoint->url = dr_format("https://%s", model->global_endpoint);
        ret_endpoint->signing_region = dr_copy_string("us-east-1");
    } else {
        ret_endpoint->url = dr_format("https://%s%s.%s.%s", model->endpoint_prefix, facts->fips ? "-fips" : "",
                                      global ? global : facts->region, suffix ? suffix : "amazonaws.com");
    }
    json_decref(partition);
    return true;
}

/* --- All together ----------------------------------------------------------------------------------------------- */

/* What the rule set left open is the service's and the call's. */
static void fill_signing(const struct facts *facts, const json_t *partitions, struct dr_aws_endpoint *endpoint)
{
    if (!endpoint->signing_name) {
        endpoint->signing_name = dr_copy_string(facts->operation->model->signing_name);
    }
    if (!endpoint->signing_region) {
        const char *global = dr_aws_partition_global_region(partitions, facts->region);
        endpoint->signing_region = dr_copy_string(global ? global : facts->region);
    }
}

static bool check_url(const char *url, char **ret_problem)
{
    json_t *parts = dr_aws_parse_url(url);
    if (!parts) {
        *ret_problem = dr_format("the configured endpoint \"%s\" is not a URL like http://127.0.0.1:4566", url);
    }
    json_decref(parts);
    return parts != NULL;
}

bool dr_aws_endpoint_resolve(const struct dr_aws_operation *operation, const json_t *input,
                             const struct dr_aws_endpoint_settings *settings, struct dr_aws_endpoint *ret_endpoint,
                             char **ret_problem)
{
    const struct dr_aws_model *model = operation->model;
    const char *region = settings->region && *settings->region ? settings->region : default_region(operation, settings);
    if (!region) {
        *ret_problem = dr_format("no AWS Region for %s: set Region on the Task or in the Runbook block, AWS_REGION, or "
                                 "region in the profile",
                                 model->name);
        return false;
    }
    if (settings->configured_url && !check_url(settings->configured_url, ret_problem)) {
        return false;
    }
    struct facts facts = {.operation = operation, .input = input, .settings = settings, .fips = settings->fips};
    facts.region = strip_fips(region, &facts.fips);
    if (!dr_aws_is_host_label(facts.region, strlen(facts.region), false)) {
        *ret_problem = dr_format("\"%s\" is not a Region", region);
        free(facts.region);
        return false;
    }
    facts.fips = facts.fips && !settings->configured_url; /* the URL says what it is */
    facts.dualstack = settings->dualstack && !settings->configured_url;
    facts.path_style = is_s3(model) && needs_path_style(&facts);
    const json_t *partitions = dr_aws_models_partitions(model->models), *rules = dr_aws_model_endpoint_rules(model);
    const char *home =
        settings->configured_url || facts.fips || facts.dualstack ? NULL : find_home(model, partitions, facts.region);
    if (home) {
        free(facts.region);
        facts.region = dr_copy_string(home);
    }
    struct dr_aws_endpoint endpoint = {0};
    bool found;
    if (rules) {
        json_t *parameters = gather(&facts, json_object_get(rules, "parameters"));
        found = dr_aws_rules_resolve(rules, partitions, parameters, &endpoint, ret_problem);
        json_decref(parameters);
    } else {
        found = resolve_without_rules(&facts, partitions, &endpoint);
    }
    if (found) {
        fill_signing(&facts, partitions, &endpoint);
        *ret_endpoint = endpoint;
    }
    free(facts.region);
    return found;
}
