/* Which errors an aws-sdk operation can end with, to doubt the names in a Retry or Catch that can never match. */
#include "providers/aws/integration/resource.h"

#include "interpreter/base/text.h"
#include "providers/aws/integration/names.h"

#include <stdlib.h>
#include <string.h>

static const char ending[] = "Exception";

static bool is_exception(const struct dr_aws_shape *shape, const char *name)
{
    char *exception = dr_aws_sdk_exception(shape->name);
    bool same = strcmp(exception, name) == 0;
    free(exception);
    return same;
}

static bool lists(const struct dr_aws_operation *operation, const char *name)
{
    for (size_t i = 0; i < operation->error_count; i++)
        if (is_exception(operation->errors[i], name))
            return true;
    return false;
}

/* An error of the service that its operation does not list has its own name too, as protocol/error.c finds it. */
static bool service_has(const struct dr_aws_model *model, const char *name)
{
    const struct dr_aws_shape *shape = dr_aws_model_shape(model, name);
    if (shape && shape->is_exception && is_exception(shape, name))
        return true;
    for (size_t i = 0; i < model->operation_count; i++) {
        const struct dr_aws_operation *operation = dr_aws_model_operation(model, model->operation_names[i]);
        if (operation && lists(operation, name))
            return true;
    }
    return false;
}

/* What the SDK raises by itself, and what it calls an error that the model does not know. */
static bool is_common(const struct dr_aws_resource *resource, const char *name)
{
    static const char *const common[] = {
        "SdkException",
        "SdkClientException",
        "AbortedException",
        "ApiCallTimeoutException",
        "ApiCallAttemptTimeoutException",
    };
    for (size_t i = 0; i < sizeof common / sizeof *common; i++)
        if (strcmp(common[i], name) == 0)
            return true;
    size_t size = strlen(resource->prefix);
    return strncmp(name, resource->prefix, size) == 0 && strcmp(name + size, ending) == 0;
}

/* "NoSuchHostedZone" of that and of "NoSuchHostedZoneException", "...Fault", "...Error". Owned by the caller. */
static char *stem_of(const char *name)
{
    static const char *const endings[] = {ending, "Fault", "Error"};
    size_t size = strlen(name);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t tail = strlen(endings[i]);
        if (size > tail && strcmp(name + size - tail, endings[i]) == 0)
            return dr_copy_bytes(name, size - tail);
    }
    return dr_copy_string(name);
}

static char *find_nearest(const struct dr_aws_resource *resource, const char *name)
{
    const struct dr_aws_operation *operation = resource->operation;
    char *stem = stem_of(name), *whole = dr_format("%s%s", stem, ending), *nearest = NULL;
    if (service_has(operation->model, whole)) {
        nearest = dr_format("%s.%s", resource->prefix, whole);
    } else {
        char **stems = dr_alloc((operation->error_count + 1) * sizeof *stems);
        for (size_t i = 0; i < operation->error_count; i++) {
            char *exception = dr_aws_sdk_exception(operation->errors[i]->name);
            stems[i] = stem_of(exception);
            free(exception);
        }
        const char *found = dr_nearest(stem, (const char *const *)stems, operation->error_count);
        if (found)
            nearest = dr_format("%s.%s%s", resource->prefix, found, ending);
        for (size_t i = 0; i < operation->error_count; i++)
            free(stems[i]);
        free(stems);
    }
    free(stem);
    free(whole);
    return nearest;
}

bool dr_aws_can_raise(const struct dr_aws_resource *resource, const char *name, char **ret_nearest)
{
    *ret_nearest = NULL;
    size_t size = strlen(resource->prefix);
    if (resource->integration || strncmp(name, resource->prefix, size) != 0 || name[size] != '.')
        return true;
    name += size + 1;
    if (is_common(resource, name) || lists(resource->operation, name) || service_has(resource->operation->model, name))
        return true;
    *ret_nearest = find_nearest(resource, name);
    return false;
}
