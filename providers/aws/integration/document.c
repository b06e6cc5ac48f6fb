/* What `drrun actions aws-sdk:SERVICE:OPERATION` shows: from the model, as the checks are. */
#include "providers/aws/integration/resource.h"

#include "interpreter/base/text.h"
#include "providers/aws/integration/names.h"
#include "providers/aws/integration/schema.h"

#include <stdlib.h>
#include <string.h>

/* Verbs after which there is no way back, or only a long one. */
static const char *const irreversible[] = {"Delete", "Terminate", "Purge", "Promote", "Destroy", "Release"};

static enum dr_effect effect_of(const struct dr_aws_operation *operation)
{
    if (operation->read)
        return DR_EFFECT_READ;
    for (size_t i = 0; i < sizeof irreversible / sizeof *irreversible; i++)
        if (strncmp(operation->name, irreversible[i], strlen(irreversible[i])) == 0)
            return DR_EFFECT_IRREVERSIBLE;
    return DR_EFFECT_WRITE;
}

void dr_aws_document_briefly(struct dr_aws_resource *resource)
{
    const struct dr_aws_operation *operation = resource->operation;
    const struct dr_aws_model *model = operation->model;
    struct dr_resource *shown = &resource->primitive.resource;
    resource->summary =
        dr_format("Call %s of %s (API version %s).", operation->name, model->full_name, model->api_version);
    shown->summary = resource->summary;
    shown->effect = effect_of(operation);
    if (shown->effect != DR_EFFECT_READ)
        shown->undo = "none that the model tells: see the service's own documentation";
    if (resource->primitive.awaits_answer)
        shown->notes = "After the service took the request, the task waits until somebody answers its token: drrun "
                       "approve, drrun deny, or SendTaskSuccess.";
    else if (resource->all_pages)
        shown->notes = "All pages are asked for, and come as one result.";
}

static char *document_errors(const struct dr_aws_resource *resource)
{
    struct dr_text text = {0};
    const struct dr_aws_operation *operation = resource->operation;
    const char *base_prefix = resource->prefix;
    for (size_t i = 0; i < operation->error_count; i++) {
        const struct dr_aws_error error = {.shape = operation->errors[i]};
        char *name = resource->integration ? dr_aws_optimised_error(resource->integration, &error)
                                           : dr_aws_sdk_error(operation, &error);
        dr_text_printf(&text, "%s  ", name);
        if (operation->errors[i]->error_status)
            dr_text_printf(&text, "status %d\n", operation->errors[i]->error_status);
        else
            dr_text_puts(&text, "as the service documents it\n");
        free(name);
    }
    const struct dr_aws_error unlisted = {0};
    char *name = resource->integration ? dr_aws_optimised_error(resource->integration, &unlisted)
                                       : dr_aws_sdk_error(operation, &unlisted);
    dr_text_printf(&text, "%s  an error that the model does not list: throttling, missing permissions and the like\n",
                   name);
    dr_text_printf(&text, "%s.SdkClientException  no answer came, or there are no credentials\n", base_prefix);
    free(name);
    return dr_text_take(&text);
}

static char *document_output(const struct dr_aws_resource *resource)
{
    json_t *schema = dr_aws_output_schema(resource->operation,
                                          resource->integration ? DR_AWS_SPELLING_OPTIMISED : DR_AWS_SPELLING_SDK);
    struct dr_text text = {0};
    dr_text_json(&text, schema, SIZE_MAX);
    json_decref(schema);
    return dr_text_take(&text);
}

void dr_aws_document_fully(struct dr_aws_resource *resource)
{
    if (resource->errors)
        return;
    resource->errors = document_errors(resource);
    resource->output = document_output(resource);
    resource->primitive.resource.errors = resource->errors;
    resource->primitive.resource.output = resource->output;
}
