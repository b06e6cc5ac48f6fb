#include "providers/aws/integration/integration.h"

#include "interpreter/base/text.h"
#include "interpreter/definition/parse.h"
#include "interpreter/expression/known.h"
#include "providers/aws/endpoint/region.h"
#include "providers/aws/integration/names.h"
#include "providers/aws/integration/resource.h"
#include "providers/aws/integration/schema.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct resolver {
    struct dr_resolver base; /* first */
    struct dr_aws *aws;
    struct dr_aws_resource **items;
    size_t count;
    json_t *index; /* the name as it was found, "+" before it within actions -> position */
};

/* A resource's name in its parts; the strings are owned. */
struct form {
    bool optimised; /* "ecs:runTask", not "aws-sdk:ecs:runTask" */
    char *service, *operation;
    const char *suffix; /* static: "", "sync", "sync:2", "waitForTaskToken", "allPages" */
};

static void form_done(struct form *form)
{
    free(form->service);
    free(form->operation);
}

static void complain(struct dr_diagnostics *found, char *hint, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void complain(struct dr_diagnostics *found, char *hint, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    dr_report(found, &(struct dr_diagnostic){
                         .code = DR_BAD_RESOURCE, .message = dr_format_list(format, arguments), .hint = hint});
    va_end(arguments);
}

/* --- Reading a name
 * ----------------------------------------------------------------------------------------------------
 */

/* What stands behind "arn:PARTITION:states:::"; NULL: another ARN. */
static const char *integration_of(const char *name)
{
    if (strncmp(name, "arn:", 4) != 0)
        return NULL;
    const char *partition_end = strchr(name + 4, ':');
    return partition_end && strncmp(partition_end, ":states:::", 10) == 0 ? partition_end + 10 : NULL;
}

/* "service:operation.suffix", of which the suffix may have a colon too. */
static bool read_form(const char *text, struct form *ret_form)
{
    static const char *const suffixes[] = {"sync", "sync:2", "waitForTaskToken", "allPages"};
    size_t service = strcspn(text, ":");
    if (service == 0 || text[service] != ':')
        return false;
    const char *operation = text + service + 1;
    size_t size = strcspn(operation, ".");
    if (size == 0)
        return false;
    const char *suffix = "";
    if (operation[size] == '.') {
        suffix = NULL;
        for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
            if (strcmp(operation + size + 1, suffixes[i]) == 0)
                suffix = suffixes[i];
        if (strcmp(operation + size + 1, "sync:1") == 0)
            suffix = "sync";
    }
    if (suffix == NULL)
        return false;
    ret_form->service = dr_copy_bytes(text, service);
    ret_form->operation = dr_copy_bytes(operation, size);
    ret_form->suffix = suffix;
    return true;
}

/* --- Models and operations
 * ---------------------------------------------------------------------------------------------
 */

static char *model_hint(const struct dr_aws_model *model, const char *nearest)
{
    return dr_format("%s%s%sThe model of %s is of %s, from %s; drrun models import DIR brings a newer one",
                     nearest ? "Did you mean \"" : "", nearest ? nearest : "", nearest ? "\"? " : "", model->name,
                     model->date, model->origin);
}

static char *nearest_operation(const struct dr_aws_model *model, const char *name)
{
    const char *nearest = dr_nearest(name, model->operation_names, model->operation_count);
    return nearest ? dr_aws_sdk_operation(nearest) : NULL;
}

static bool has_event_stream(const struct dr_aws_shape *shape)
{
    for (size_t i = 0; shape && i < shape->member_count; i++)
        if (dr_aws_member_shape(&shape->members[i])->event_stream)
            return true;
    return false;
}

static const struct dr_aws_operation *find_operation(struct resolver *resolver, const char *service, const char *name,
                                                     struct dr_diagnostics *found)
{
    char *problem = NULL;
    const struct dr_aws_model *model = dr_aws_models_find_sdk(dr_aws_models(resolver->aws), service, &problem);
    if (model == NULL) {
        complain(found, NULL, "%s", problem ? problem : "the service is not known");
        free(problem);
        return NULL;
    }
    free(problem);
    const struct dr_aws_operation *operation = dr_aws_model_operation(model, name);
    if (operation == NULL) {
        char *nearest = nearest_operation(model, name);
        complain(found, model_hint(model, nearest), "%s has no operation \"%s\"", model->service_id, name);
        free(nearest);
    } else if (has_event_stream(operation->input) || has_event_stream(operation->output)) {
        complain(found, NULL, "%s of %s streams events, which a task cannot take", operation->name, model->service_id);
        operation = NULL;
    }
    return operation;
}

/* --- Making a resource
 * -------------------------------------------------------------------------------------------------
 */

static struct dr_aws_resource *add_resource(struct resolver *resolver, const char *name,
                                            const struct dr_aws_operation *operation,
                                            const struct dr_aws_integration *integration)
{
    struct dr_aws_resource *resource = dr_alloc(sizeof *resource);
    resource->aws = resolver->aws;
    resource->operation = operation;
    resource->integration = integration;
    resource->name = dr_copy_string(name);
    resource->prefix = integration ? dr_copy_string(integration->prefix) : dr_aws_sdk_prefix(operation->model);
    resource->primitive.resource.kind = DR_RESOURCE_PRIMITIVE;
    resource->primitive.resource.name = resource->name;
    dr_aws_task_init(resource);
    resolver->items = dr_resize(resolver->items, resolver->count + 1, sizeof *resolver->items);
    resolver->items[resolver->count++] = resource;
    return resource;
}

static void describe_arguments(struct dr_aws_resource *resource)
{
    const struct dr_aws_integration *integration = resource->integration;
    struct dr_aws_schema_options options = {.spelling = DR_AWS_SPELLING_SDK};
    if (integration)
        options = (struct dr_aws_schema_options){.spelling = DR_AWS_SPELLING_OPTIMISED,
                                                 .anything = integration->rules->anything,
                                                 .optional = integration->rules->optional};
    resource->schema = dr_aws_arguments_schema(resource->operation, &options);
    resource->primitive.resource.schema = resource->schema;
}

static const struct dr_resource *make_sdk(struct resolver *resolver, const char *name, const struct form *form,
                                          bool in_action, struct dr_diagnostics *found)
{
    if (strncmp(form->suffix, "sync", 4) == 0) {
        complain(
            found,
            dr_copy_string("Ask again until it is done, as the actions do, or use an optimised integration such as "
                           "arn:aws:states:::ecs:runTask.sync"),
            "The resource provided %s is not recognized: aws-sdk has no .%s", name, form->suffix);
        return NULL;
    }
    const struct dr_aws_operation *operation = find_operation(resolver, form->service, form->operation, found);
    if (operation == NULL)
        return NULL;
    bool paginated = operation->paginator_text != NULL;
    if (strcmp(form->suffix, "allPages") == 0 && !paginated) {
        complain(found, dr_format("Write it without .allPages"), "%s of %s does not answer in pages", operation->name,
                 operation->model->service_id);
        return NULL;
    }
    struct dr_aws_resource *resource = add_resource(resolver, name, operation, NULL);
    resource->all_pages = paginated && (in_action || strcmp(form->suffix, "allPages") == 0);
    resource->unless_bounded = in_action && *form->suffix == '\0';
    resource->primitive.awaits_answer = strcmp(form->suffix, "waitForTaskToken") == 0;
    describe_arguments(resource);
    dr_aws_document_briefly(resource);
    return &resource->primitive.resource;
}

static void complain_of_pattern(const struct dr_aws_integration *integration, const char *name,
                                struct dr_diagnostics *found)
{
    struct dr_text allowed = {0};
    dr_text_puts(&allowed, integration->name);
    if (integration->patterns & DR_AWS_PATTERN_SYNC)
        dr_text_printf(&allowed, ", %s.sync", integration->name);
    if (integration->patterns & DR_AWS_PATTERN_SYNC_2)
        dr_text_printf(&allowed, ", %s.sync:2", integration->name);
    if (integration->patterns & DR_AWS_PATTERN_TOKEN)
        dr_text_printf(&allowed, ", %s.waitForTaskToken", integration->name);
    char *hint = dr_format("There are: %s", allowed.bytes);
    complain(found, hint, "The resource provided %s is not recognized", name);
    dr_text_done(&allowed);
}

static bool allows(const struct dr_aws_integration *integration, const char *suffix)
{
    static const struct {
        const char *suffix;
        unsigned pattern;
    } patterns[] = {
        {"sync", DR_AWS_PATTERN_SYNC},
        {"sync:2", DR_AWS_PATTERN_SYNC_2},
        {"waitForTaskToken", DR_AWS_PATTERN_TOKEN},
    };
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
        if (strcmp(patterns[i].suffix, suffix) == 0)
            return integration->patterns & patterns[i].pattern;
    return *suffix == '\0';
}

/* The .sync forms take what the operation takes, and are actions that start it, look, and wait. */
static const struct dr_resource *make_optimised(struct resolver *resolver, const char *name, const struct form *form,
                                                const struct dr_aws_integration *integration, char **ret_action,
                                                struct dr_diagnostics *found)
{
    if (!allows(integration, form->suffix)) {
        complain_of_pattern(integration, name, found);
        return NULL;
    }
    const struct dr_aws_operation *operation =
        find_operation(resolver, integration->service, integration->operation, found);
    if (operation == NULL)
        return NULL;
    struct dr_aws_resource *resource = add_resource(resolver, name, operation, integration);
    resource->primitive.awaits_answer = strcmp(form->suffix, "waitForTaskToken") == 0;
    describe_arguments(resource);
    dr_aws_document_briefly(resource);
    if (strncmp(form->suffix, "sync", 4) == 0)
        *ret_action = dr_format("%s%s", integration->sync, strcmp(form->suffix, "sync:2") == 0 ? "_2" : "");
    return &resource->primitive.resource;
}

/* Services with an optimised integration whose operation is not among ours. */
static const struct dr_resource *find_optimised(struct resolver *resolver, const char *name, const struct form *form,
                                                bool in_action, char **ret_action, struct dr_diagnostics *found)
{
    char *short_name = dr_format("%s:%s", form->service, form->operation);
    const struct dr_aws_integration *integration = dr_aws_integration_find(short_name);
    if (integration && (integration->patterns & DR_AWS_PATTERN_INTERNAL) && !in_action)
        integration = NULL;
    const char *names[64], *nearest = NULL;
    size_t count, known = 0;
    const struct dr_aws_integration *all = dr_aws_integrations(&count);
    for (size_t i = 0; i < count && known < sizeof names / sizeof *names; i++)
        if (!(all[i].patterns & DR_AWS_PATTERN_INTERNAL))
            names[known++] = all[i].name;
    const struct dr_resource *resource = NULL;
    if (integration)
        resource = make_optimised(resolver, name, form, integration, ret_action, found);
    else if (strcmp(form->service, "ssm") == 0) /* it has no optimised form on AWS: the operation as it is */
        resource = make_sdk(resolver, name, form, in_action, found);
    else if ((nearest = dr_nearest(short_name, names, known)))
        complain(found, dr_format("Did you mean \"arn:aws:states:::%s\"?", nearest),
                 "The resource provided %s is not recognized", name);
    else /* AWS may well know it; the execution would fail when it gets there */
        dr_report(found,
                  &(struct dr_diagnostic){
                      .severity = DR_WARNING,
                      .code = DR_BAD_RESOURCE,
                      .message = dr_format("This drrun cannot call %s: it has no such optimised integration", name),
                      .hint = dr_format("Any operation can be called as aws-sdk:SERVICE:OPERATION"),
                  });
    free(short_name);
    return resource;
}

/* arn:PARTITION:lambda:REGION:ACCOUNT:function:NAME, perhaps with a version or alias. */
static const struct dr_resource *find_function(struct resolver *resolver, const char *name,
                                               struct dr_diagnostics *found)
{
    const char *parts[8] = {name};
    size_t count = 1;
    for (const char *at = name; *at; at++)
        if (*at == ':') {
            if (count == 8)
                return NULL;
            parts[count++] = at + 1;
        }
    if (count < 7 || strncmp(parts[2], "lambda:", 7) != 0 || strncmp(parts[5], "function:", 9) != 0)
        return NULL;
    const struct dr_aws_integration *integration = dr_aws_function_integration();
    const struct dr_aws_operation *operation =
        find_operation(resolver, integration->service, integration->operation, found);
    if (operation == NULL)
        return NULL;
    struct dr_aws_resource *resource = add_resource(resolver, name, operation, integration);
    resource->function_arn = resource->name;
    if (parts[4] - parts[3] > 1)
        resource->function_region = dr_copy_bytes(parts[3], (size_t)(parts[4] - parts[3] - 1));
    dr_aws_document_briefly(resource);
    return &resource->primitive.resource;
}

/* --- The resolver
 * ----------------------------------------------------------------------------------------------------- */

static const struct dr_resource *resolve(struct resolver *resolver, const char *name, bool in_action, char **ret_action,
                                         struct dr_diagnostics *found)
{
    const char *text = integration_of(name);
    if (text == NULL && strncmp(name, "arn:", 4) == 0)
        return find_function(resolver, name, found);
    if (text == NULL)
        text = name;
    bool sdk = strncmp(text, "aws-sdk:", 8) == 0;
    if (!sdk && text == name)
        return NULL;
    struct form form = {.optimised = !sdk};
    if (!read_form(sdk ? text + 8 : text, &form))
        return NULL; /* its form was refused before, or is somebody else's */
    const struct dr_resource *resource = sdk ? make_sdk(resolver, name, &form, in_action, found)
                                             : find_optimised(resolver, name, &form, in_action, ret_action, found);
    form_done(&form);
    return resource;
}

/* An action may know what it does with an answer; a runbook's author may not. */
static void doubt_telling(const struct dr_aws_resource *resource, struct dr_diagnostics *found)
{
    static const struct {
        const char *service, *operation, *instead;
    } telling[] = {
#define TELLING(service, operation, instead) {service, operation, instead},
#include "providers/aws/integration/telling.def"
#undef TELLING
    };
    const struct dr_aws_operation *operation = resource->operation;
    for (size_t i = 0; i < sizeof telling / sizeof *telling; i++)
        if (strcmp(operation->model->name, telling[i].service) == 0 &&
            strcmp(operation->name, telling[i].operation) == 0)
            dr_report(found,
                      &(struct dr_diagnostic){
                          .severity = DR_WARNING,
                          .code = DR_SECRET_KEPT,
                          .message = dr_format("What %s answers is a secret, and a Task's result stands in the journal",
                                               operation->name),
                          .hint = *telling[i].instead ? dr_copy_string(telling[i].instead) : NULL});
}

static const struct dr_resource *find(struct dr_resolver *base, const char *name, bool in_action, char **ret_action,
                                      struct dr_diagnostics *found)
{
    struct resolver *resolver = (struct resolver *)base;
    char *key = dr_format("%s%s", in_action ? "+" : "", name);
    const json_t *known = json_object_get(resolver->index, key);
    const struct dr_resource *resource = NULL;
    *ret_action = NULL;
    if (known) {
        resource = &resolver->items[json_integer_value(json_array_get(known, 0))]->primitive.resource;
        *ret_action = dr_copy_string(json_string_value(json_array_get(known, 1)));
    } else if ((resource = resolve(resolver, name, in_action, ret_action, found))) {
        json_t *place = json_array();
        json_array_append_new(place, json_integer((json_int_t)resolver->count - 1));
        if (*ret_action)
            json_array_append_new(place, json_string(*ret_action));
        json_object_set_new(resolver->index, key, place);
    }
    free(key);
    if (resource && !in_action && !*ret_action)
        doubt_telling((const struct dr_aws_resource *)(const void *)resource, found);
    return resource;
}

static struct dr_aws_resource *resource_of(const struct resolver *resolver, const struct dr_resource *resource)
{
    for (size_t i = 0; i < resolver->count; i++)
        if (&resolver->items[i]->primitive.resource == resource)
            return resolver->items[i];
    return NULL;
}

static void document(struct dr_resolver *base, const struct dr_resource *resource)
{
    struct dr_aws_resource *ours = resource_of((struct resolver *)base, resource);
    if (ours)
        dr_aws_document_fully(ours);
}

static bool is_region(struct dr_resolver *base, const char *name, char **ret_nearest)
{
    return dr_aws_is_region(dr_aws_models_partitions(dr_aws_models(((struct resolver *)base)->aws)), name, ret_nearest);
}

static bool is_error(struct dr_resolver *base, const struct dr_resource *resource, const char *name, char **ret_hint)
{
    const struct dr_aws_resource *ours = resource_of((struct resolver *)base, resource);
    char *nearest = NULL;
    *ret_hint = NULL;
    if (ours == NULL || dr_aws_can_raise(ours, name, &nearest))
        return true;
    *ret_hint = model_hint(ours->operation->model, nearest);
    free(nearest);
    return false;
}

struct dr_resolver *dr_aws_resolver_new(struct dr_aws *aws)
{
    struct resolver *resolver = dr_alloc(sizeof *resolver);
    resolver->base =
        (struct dr_resolver){.find = find, .document = document, .is_region = is_region, .is_error = is_error};
    resolver->aws = aws;
    resolver->index = json_object();
    return &resolver->base;
}

void dr_aws_resolver_free(struct dr_resolver *resolver)
{
    struct resolver *ours = (struct resolver *)resolver;
    if (ours == NULL)
        return;
    for (size_t i = 0; i < ours->count; i++) {
        struct dr_aws_resource *resource = ours->items[i];
        free(resource->function_region);
        free(resource->prefix);
        free(resource->name);
        free(resource->summary);
        free(resource->output);
        free(resource->errors);
        json_decref(resource->schema);
        free(resource);
    }
    free(ours->items);
    json_decref(ours->index);
    free(ours);
}

/* The resource as one of ours; NULL: somebody else's. */
static const struct dr_aws_resource *as_ours(const struct dr_resource *resource)
{
    if (resource == NULL || resource->kind != DR_RESOURCE_PRIMITIVE)
        return NULL;
    struct dr_aws_resource probe = {0};
    dr_aws_task_init(&probe);
    const struct dr_primitive *primitive = (const void *)resource; /* every primitive's resource is its first member */
    return primitive->start == probe.primitive.start ? (const struct dr_aws_resource *)primitive : NULL;
}

const struct dr_aws_operation *dr_aws_resource_operation(const struct dr_resource *resource)
{
    const struct dr_aws_resource *ours = as_ours(resource);
    return ours ? ours->operation : NULL;
}

json_t *dr_aws_resource_input(const struct dr_resource *resource, const json_t *arguments)
{
    const struct dr_aws_resource *ours = as_ours(resource);
    assert(ours);
    if (ours->function_arn)
        return json_pack("{s:s}", "FunctionName", ours->function_arn);
    if (ours->operation->input == NULL || !json_is_object(arguments))
        return dr_unknown();
    return dr_aws_from_sdk(ours->operation->input, arguments);
}
