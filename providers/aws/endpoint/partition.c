/* Partitions: which Regions belong together, and what their DNS names end in. */
#include "providers/aws/endpoint/rules.h"

#include "interpreter/base/text.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <string.h>

/* A pattern that is broken, or takes too long, matches nothing: the file it is from is not ours. */
static bool matches(const char *pattern, const char *text)
{
    int error;
    PCRE2_SIZE offset;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, 0, &error, &offset, NULL);
    if (!code) {
        return false;
    }
    pcre2_match_context *context = pcre2_match_context_create(NULL);
    pcre2_match_data *match = pcre2_match_data_create_from_pattern(code, NULL);
    pcre2_set_match_limit(context, 10000);
    pcre2_set_depth_limit(context, 1000);
    int count = pcre2_match(code, (PCRE2_SPTR)text, strlen(text), 0, 0, match, context);
    pcre2_match_data_free(match);
    pcre2_match_context_free(context);
    pcre2_code_free(code);
    return count > 0;
}

/* Listed Regions first, then those that look like one of the partition; NULL: neither. */
static const json_t *find_partition(const json_t *list, const char *region)
{
    const json_t *partition;
    size_t i;
    json_array_foreach(list, i, partition)
    {
        if (json_object_get(json_object_get(partition, "regions"), region)) {
            return partition;
        }
    }
    json_array_foreach(list, i, partition)
    {
        const char *pattern = json_string_value(json_object_get(partition, "regionRegex"));
        if (pattern && matches(pattern, region)) {
            return partition;
        }
    }
    return NULL;
}

/* Partitions that a file of before 2024 does not know, by how their Regions begin. */
static const struct younger {
    const char *prefix, *name, *suffix, *dualstack_suffix, *global_region;
} younger[] = {
    {"eusc-", "aws-eusc", "amazonaws.eu", "api.amazonwebservices.eu", "eusc-de-east-1"},
    {"eu-isoe-", "aws-iso-e", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk", "eu-isoe-west-1"},
    {"us-isof-", "aws-iso-f", "csp.hci.ic.gov", "api.aws.hci.ic.gov", "us-isof-south-1"},
};

static json_t *make_younger(const char *region)
{
    for (const struct younger *it = younger; it < younger + sizeof younger / sizeof *younger; it++) {
        if (strncmp(region, it->prefix, strlen(it->prefix)) == 0) {
            return json_pack("{s:s, s:s, s:s, s:s, s:b, s:b}", "name", it->name, "dnsSuffix", it->suffix,
                             "dualStackDnsSuffix", it->dualstack_suffix, "implicitGlobalRegion", it->global_region,
                             "supportsFIPS", 1, "supportsDualStack", 1);
        }
    }
    return NULL;
}

json_t *dr_aws_partition(const json_t *partitions, const char *region)
{
    const json_t *list = json_object_get(partitions, "partitions");
    const json_t *partition = find_partition(list, region);
    if (!partition) {
        json_t *made = make_younger(region);
        if (made) {
            return made;
        }
        partition = json_array_get(list, 0);
    }
    const json_t *name = json_object_get(partition, "id"), *outputs = json_object_get(partition, "outputs");
    json_t *result = json_is_object(outputs)
                         ? json_copy((json_t *)(uintptr_t)outputs)
                         : json_pack("{s:s, s:s, s:b, s:b}", "dnsSuffix", "amazonaws.com", "dualStackDnsSuffix",
                                     "api.aws", "supportsFIPS", 1, "supportsDualStack", 1);
    const json_t *own = json_object_get(json_object_get(partition, "regions"), region);
    const json_t *own_outputs = json_object_get(own, "outputs");
    if (json_is_object(own_outputs)) {
        json_object_update(result, (json_t *)(uintptr_t)own_outputs);
    }
    json_object_set_new(result, "name", json_is_string(name) ? dr_json_share(name) : json_string("aws"));
    return result;
}

const char *dr_aws_partition_global_region(const json_t *partitions, const char *region)
{
    /* For partition files of before 2023, which do not say it. */
    static const struct {
        const char *pseudo, *region;
    } known[] = {{"aws-global", "us-east-1"},
                 {"aws-cn-global", "cn-northwest-1"},
                 {"aws-us-gov-global", "us-gov-west-1"},
                 {"aws-iso-global", "us-iso-east-1"},
                 {"aws-iso-b-global", "us-isob-east-1"},
                 {"aws-iso-e-global", "eu-isoe-west-1"},
                 {"aws-iso-f-global", "us-isof-south-1"}};
    size_t size = strlen(region);
    if (size < 7 || strcmp(region + size - 7, "-global") != 0) {
        return NULL;
    }
    const json_t *partition = find_partition(json_object_get(partitions, "partitions"), region);
    const char *implicit =
        json_string_value(json_object_get(json_object_get(partition, "outputs"), "implicitGlobalRegion"));
    for (size_t i = 0; i < sizeof known / sizeof *known && !implicit; i++) {
        if (strcmp(known[i].pseudo, region) == 0) {
            implicit = known[i].region;
        }
    }
    return implicit;
}
