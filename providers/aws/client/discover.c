/* Endpoint discovery. */
#include "providers/aws/client/discover.h"

#include <stdlib.h>
#include <string.h>

enum { HOST_BYTES_MAX = 253, MINUTES_MAX = 24 * 60 };

const struct dr_aws_operation *dr_aws_discovery(struct dr_aws *aws, const struct dr_aws_operation *operation)
{
    if (!operation->endpoint_discovery_required ||
        dr_aws_settings_endpoint_url(dr_aws_settings(aws), operation->model->service_id))
        return NULL;
    const struct dr_aws_operation *asked = dr_aws_model_operation(operation->model, "DescribeEndpoints");
    return asked != operation ? asked : NULL;
}

static char *key_of(const char *service, const char *region, const char *role)
{
    return dr_format("%s %s %s", service, region, role ? role : "");
}

const char *dr_aws_discovered(const struct dr_aws *aws, const char *service, const char *region, const char *role,
                              int64_t now_ms)
{
    char *key = key_of(service, region, role);
    const json_t *known = json_object_get(aws->discovered, key);
    free(key);
    return json_integer_value(json_object_get(known, "until")) > now_ms
               ? json_string_value(json_object_get(known, "host"))
               : NULL;
}

bool dr_aws_discover(struct dr_aws *aws, const char *service, const char *region, const char *role,
                     const json_t *output, int64_t now_ms)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
    const json_t *first = json_array_get(json_object_get(output, "Endpoints"), 0);
    const char *host = json_string_value(json_object_get(first, "Address"));
    int64_t minutes = json_integer_value(json_object_get(first, "CachePeriodInMinutes"));
    if (!host || !*host || strlen(host) > HOST_BYTES_MAX || host[strspn(host, allowed)])
        return false;
    if (minutes < 1 || minutes > MINUTES_MAX)
        minutes = minutes < 1 ? 1 : MINUTES_MAX;
    if (!aws->discovered)
        aws->discovered = json_object();
    json_int_t until_ms = now_ms + minutes * 60000;
    char *key = key_of(service, region, role);
    json_object_set_new_nocheck(aws->discovered, key, json_pack("{ss sI}", "host", host, "until", until_ms));
    free(key);
    return true;
}

bool dr_aws_undiscover(struct dr_aws *aws, const char *service, const char *region, const char *role)
{
    char *key = key_of(service, region, role);
    bool known = json_object_del(aws->discovered, key) == 0;
    free(key);
    return known;
}
