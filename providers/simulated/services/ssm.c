/* SSM's Parameter Store: versions, overwriting, paths, secrets that are only given to who asks for them.
 * Source: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html and its neighbours. */
#include "providers/simulated/cloud.h"

#include "interpreter/base/text.h"
#include "providers/simulated/services/ops_items.h"

#include <stdlib.h>
#include <string.h>

extern const struct dr_sim_service dr_sim_ssm;

#define KIND "ssm.parameter"
#define PAGE_MAX 10
#define DESCRIBED_MAX 50

static json_t *find(struct dr_sim_call *call, const char *name, int64_t *ret_version)
{
    *ret_version = 0;
    json_t *parameter = dr_sim_find(call->cloud, call->account, call->region, KIND, name);
    const char *colon = parameter || strncmp(name, "arn:", 4) == 0 ? NULL : strrchr(name, ':');
    if (colon) { /* NAME:VERSION */
        char *plain = dr_copy_bytes(name, (size_t)(colon - name));
        parameter = dr_sim_find(call->cloud, call->account, call->region, KIND, plain);
        *ret_version = strtoll(colon + 1, NULL, 10);
        free(plain);
    }
    return parameter;
}

/* As GetParameter gives it; NULL: it has no such version. */
static json_t *shown(const json_t *parameter, int64_t version, bool decrypt)
{
    const json_t *versions = json_object_get(parameter, "_versions");
    size_t count = json_array_size(versions), index = version ? (size_t)(version - 1) : count - 1;
    const json_t *at = json_array_get(versions, index);
    if (!at)
        return NULL;
    json_t *copy = json_copy((json_t *)(uintptr_t)parameter);
    json_object_update(copy, (json_t *)(uintptr_t)at);
    json_object_set_new(copy, "Version", json_integer((json_int_t)index + 1));
    const char *type = json_string_value(json_object_get(copy, "Type"));
    if (!decrypt && type && strcmp(type, "SecureString") == 0)
        json_object_set_new(copy, "Value", json_string("AQICAHsimulated=="));
    return copy;
}

static void get_parameter(struct dr_sim_call *call)
{
    const char *name = dr_sim_string(call, "Name", "");
    int64_t version;
    const json_t *parameter = find(call, name, &version);
    json_t *value = parameter ? shown(parameter, version, dr_sim_bool(call, "WithDecryption", false)) : NULL;
    if (value)
        call->output = json_pack("{s:o}", "Parameter", value);
    else if (parameter)
        dr_sim_fail(call, 0, "ParameterVersionNotFound",
                    "Systems Manager could not find version %lld of %s. Verify the version and try again.",
                    (long long)version, name);
    else
        dr_sim_fail(call, 0, "ParameterNotFound", "%s", "");
}

static void get_parameters(struct dr_sim_call *call)
{
    json_t *found = json_array(), *invalid = json_array();
    size_t i;
    json_t *name;
    json_array_foreach(json_object_get(call->input, "Names"), i, name)
    {
        int64_t version;
        const json_t *parameter = find(call, json_string_value(name), &version);
        json_t *value = parameter ? shown(parameter, version, dr_sim_bool(call, "WithDecryption", false)) : NULL;
        if (value)
            json_array_append_new(found, value);
        else
            json_array_append(invalid, name);
    }
    call->output = json_pack("{s:o,s:o}", "Parameters", found, "InvalidParameters", invalid);
}

static void get_parameters_by_path(struct dr_sim_call *call)
{
    const char *path = dr_sim_string(call, "Path", ""), *name;
    size_t size = strlen(path);
    size += size == 0 || path[size - 1] != '/'; /* "/a" holds "/a/b", not "/ab" */
    bool deep = dr_sim_bool(call, "Recursive", false);
    json_t *all = json_array(), *parameter;
    json_object_foreach(dr_sim_table(call->cloud, call->account, call->region, KIND), name, parameter)
    {
        bool inside = strncmp(name, path, strlen(path)) == 0 && strlen(name) > size && name[size - 1] == '/';
        if (inside && (deep || !strchr(name + size, '/')))
            json_array_append_new(all, shown(parameter, 0, dr_sim_bool(call, "WithDecryption", false)));
    }
    dr_sim_page(call, "Parameters", all, PAGE_MAX, "InvalidNextToken");
    json_decref(all);
}

/* Whether a name is one that the filter {"Key": "Name", "Option", "Values"} means; other keys are not simulated. */
static bool passes(struct dr_sim_call *call, const json_t *filter, const char *name)
{
    const char *key = json_string_value(json_object_get(filter, "Key")),
               *option = json_string_value(json_object_get(filter, "Option"));
    bool begins = option && strcmp(option, "BeginsWith") == 0, contains = option && strcmp(option, "Contains") == 0;
    if (!key || strcmp(key, "Name") != 0 || (option && !begins && !contains && strcmp(option, "Equals") != 0))
        dr_sim_fail(call, 501, "NotSimulated", "Of DescribeParameters' filters only Name is simulated");
    bool found = false;
    size_t i;
    json_t *value;
    json_array_foreach(json_object_get(filter, "Values"), i, value)
    {
        const char *wanted = json_string_value(value);
        found = found || (begins     ? strncmp(name, wanted, strlen(wanted)) == 0
                          : contains ? strstr(name, wanted) != NULL
                                     : strcmp(name, wanted) == 0);
    }
    return found;
}

static void describe_parameters(struct dr_sim_call *call) /* the model has no Value here */
{
    json_t *all = json_array(), *parameter, *filter;
    const char *name;
    size_t i;
    if (json_array_size(json_object_get(call->input, "Filters")) > 0)
        dr_sim_fail(call, 501, "NotSimulated", "The older Filters are not simulated: use ParameterFilters");
    json_object_foreach(dr_sim_table(call->cloud, call->account, call->region, KIND), name, parameter)
    {
        bool good = true;
        json_array_foreach(json_object_get(call->input, "ParameterFilters"), i, filter) good =
            passes(call, filter, name) && good;
        if (good)
            json_array_append_new(all, shown(parameter, 0, false));
    }
    if (!call->error)
        dr_sim_page(call, "Parameters", all, DESCRIBED_MAX, "InvalidNextToken");
    json_decref(all);
}

static json_t *make_version(const char *value, int64_t now_ms)
{
    char *date = dr_sim_timestamp(now_ms);
    json_t *version = json_pack("{s:s,s:s}", "Value", value, "LastModifiedDate", date);
    free(date);
    return version;
}

static void put(struct dr_sim_cloud *cloud, const char *account, const char *region, const char *name, const char *type,
                const char *value)
{
    char *arn = dr_sim_arn("ssm", region, account, "parameter%s%s", *name == '/' ? "" : "/", name);
    dr_sim_put(cloud, account, region, KIND, name,
               json_pack("{s:s,s:s,s:s,s:s,s:[o]}", "Name", name, "Type", type, "ARN", arn, "DataType", "text",
                         "_versions", make_version(value, dr_sim_now(cloud))));
    free(arn);
}

static void put_parameter(struct dr_sim_call *call)
{
    const char *name = dr_sim_string(call, "Name", ""), *value = dr_sim_string(call, "Value", "");
    json_t *there = dr_sim_find(call->cloud, call->account, call->region, KIND, name);
    const char *type = dr_sim_string(call, "Type", there ? json_string_value(json_object_get(there, "Type")) : NULL);
    if (there && !dr_sim_bool(call, "Overwrite", false)) {
        dr_sim_fail(
            call, 0, "ParameterAlreadyExists",
            "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.");
        return;
    }
    if (!type) {
        dr_sim_fail(call, 0, "ValidationException", "A parameter type is required when you create a parameter.");
        return;
    }
    if (there) {
        json_object_set_new(there, "Type", json_string(type));
        json_array_append_new(json_object_get(there, "_versions"), make_version(value, call->now_ms));
    } else {
        put(call->cloud, call->account, call->region, name, type, value);
        there = dr_sim_find(call->cloud, call->account, call->region, KIND, name);
    }
    call->output = json_pack("{s:I,s:s}", "Version", (json_int_t)json_array_size(json_object_get(there, "_versions")),
                             "Tier", "Standard");
}

static void delete_parameter(struct dr_sim_call *call)
{
    const char *name = dr_sim_string(call, "Name", "");
    if (!dr_sim_find(call->cloud, call->account, call->region, KIND, name))
        dr_sim_fail(call, 0, "ParameterNotFound", "%s", "");
    else
        dr_sim_remove(call->cloud, call->account, call->region, KIND, name);
}

static const struct dr_sim_operation operations[] = {
    {"CreateOpsItem", dr_sim_create_ops_item, DR_SIM_CONTROL},
    {"DescribeParameters", describe_parameters, DR_SIM_CONTROL},
    {"DescribeOpsItems", dr_sim_describe_ops_items, DR_SIM_CONTROL},
    {"GetOpsItem", dr_sim_get_ops_item, DR_SIM_CONTROL},
    {"UpdateOpsItem", dr_sim_update_ops_item, DR_SIM_CONTROL},
    {"DeleteParameter", delete_parameter, DR_SIM_CONTROL},
    {"GetParameter", get_parameter, DR_SIM_DATA},
    {"GetParameters", get_parameters, DR_SIM_DATA},
    {"GetParametersByPath", get_parameters_by_path, DR_SIM_DATA},
    {"PutParameter", put_parameter, DR_SIM_DATA},
    {NULL, NULL, DR_SIM_DATA},
};

/* { Parameters: { NAME: VALUE, or { Value, Type } } } */
static bool load(struct dr_sim_cloud *cloud, const char *account, const char *region, const json_t *given,
                 char **ret_problem)
{
    const char *name;
    json_t *parameter;
    json_object_foreach(json_object_get(given, "Parameters"), name, parameter)
    {
        const char *value =
            json_string_value(json_is_object(parameter) ? json_object_get(parameter, "Value") : parameter);
        const char *type = json_string_value(json_object_get(parameter, "Type"));
        if (!value) {
            *ret_problem = dr_format("ssm.Parameters.%s: a parameter is a string, or { Value, Type }", name);
            return false;
        }
        put(cloud, account, region, name, type ? type : "String", value);
    }
    return true;
}

const struct dr_sim_service dr_sim_ssm = {.name = "ssm", .operations = operations, .load = load};
