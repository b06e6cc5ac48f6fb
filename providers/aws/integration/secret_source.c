#include "providers/aws/integration/secret_source.h"

#include "interpreter/base/text.h"
#include "providers/aws/integration/session.h"
#include "providers/secrets_parts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct aws_source {
    struct dr_secret_source source; /* first */
    struct dr_aws *aws;
};

/* --- What is asked, and what of the answer is the value
 * ------------------------------------------------------------------- */

/* GetParameter takes NAME:VERSION as a name. */
static json_t *ask_parameter(const struct dr_secret_reference *reference)
{
    char *name =
        reference->version ? dr_format("%s:%s", reference->name, reference->version) : dr_copy_string(reference->name);
    json_t *input = json_pack("{s:s,s:b}", "Name", name, "WithDecryption", 1);
    free(name);
    return input;
}

static const json_t *parameter_value(const json_t *output)
{
    return json_object_get(json_object_get(output, "Parameter"), "Value");
}

static json_t *ask_secret(const struct dr_secret_reference *reference)
{
    return json_pack("{s:s,s:s*,s:s*}", "SecretId", reference->name, "VersionStage", reference->stage, "VersionId",
                     reference->version);
}

static const json_t *secret_value(const json_t *output)
{
    return json_object_get(output, "SecretString");
}

static const struct kind {
    const char *source, *service, *operation, *title;
    json_t *(*ask)(const struct dr_secret_reference *reference);
    const json_t *(*value)(const json_t *output);
    const char *missing[3]; /* the errors that say that there is no such value */
} kinds[] = {
    {"ssm",
     "ssm",
     "GetParameter",
     "AWS Systems Manager",
     ask_parameter,
     parameter_value,
     {"ParameterNotFound", "ParameterVersionNotFound", NULL}},
    {"ssm-secure",
     "ssm",
     "GetParameter",
     "AWS Systems Manager",
     ask_parameter,
     parameter_value,
     {"ParameterNotFound", "ParameterVersionNotFound", NULL}},
    {"secretsmanager",
     "secretsmanager",
     "GetSecretValue",
     "AWS Secrets Manager",
     ask_secret,
     secret_value,
     {"ResourceNotFoundException", NULL, NULL}},
};

static const struct kind *find_kind(const char *source)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].source, source) == 0)
            return &kinds[i];
    return NULL;
}

/* --- One value under way
 * -------------------------------------------------------------------------------------------------- */

struct fetching {
    const struct kind *kind;
    struct dr_runtime *runtime;
    struct dr_aws_calling *calling;
    struct dr_handle *timer; /* it could not even be asked for: `problem` is told in the next turn */
    char *name, *problem;
    dr_secret_fn *fn;
    void *data;
};

static void forget(struct fetching *fetching)
{
    free(fetching->name);
    free(fetching->problem);
    free(fetching);
}

static void fail(struct fetching *fetching, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void fail(struct fetching *fetching, const char *name, const char *format, ...)
{
    struct dr_error error = {0};
    va_list arguments;
    va_start(arguments, format);
    char *what = dr_format_list(format, arguments);
    va_end(arguments);
    dr_error_set(&error, name, "{{resolve:%s:%s}}: %s", fetching->kind->source, fetching->name, what);
    fetching->fn(fetching->data, NULL, 0, &error);
    dr_error_done(&error);
    free(what);
}

static bool is_missing(const struct kind *kind, const char *code)
{
    for (size_t i = 0; kind->missing[i]; i++)
        if (strcmp(kind->missing[i], code) == 0)
            return true;
    return false;
}

static void answered(void *data, const struct dr_aws_outcome *outcome)
{
    struct fetching *fetching = data;
    const struct kind *kind = fetching->kind;
    const json_t *value = outcome->output ? kind->value(outcome->output) : NULL;
    if (json_is_string(value))
        fetching->fn(fetching->data, json_string_value(value), json_string_length(value), NULL);
    else if (outcome->output)
        fail(fetching, "Drrun.SecretNotFound", "%s in %s has it, but not as text", kind->title, outcome->region);
    else if (outcome->error && is_missing(kind, outcome->error->code))
        fail(fetching, "Drrun.SecretNotFound", "%s in %s has none (%s)", kind->title, outcome->region,
             *outcome->error->message ? outcome->error->message : outcome->error->code);
    else if (outcome->error)
        fail(fetching, "Drrun.SecretSourceUnavailable", "%s in %s says %s: %s (Request ID: %s)%s%s%s%s", kind->title,
             outcome->region, outcome->error->code, outcome->error->message, outcome->error->request_id,
             outcome->signer ? "; " : "", outcome->signer ? outcome->signer : "", outcome->note ? "; " : "",
             outcome->note ? outcome->note : "");
    else
        fail(fetching, "Drrun.SecretSourceUnavailable", "%s: %s%s%s", kind->title, outcome->problem,
             outcome->note ? "; " : "", outcome->note ? outcome->note : "");
    dr_secrets_wipe_json(outcome->output); /* nobody else looks at it */
    forget(fetching);
}

static void tell_problem(void *data)
{
    struct fetching *fetching = data;
    fail(fetching, "Drrun.SecretSourceUnavailable", "%s", fetching->problem);
    forget(fetching);
}

/* The Region in "arn:aws:ssm:us-west-2:123456789012:parameter/x", owned by the caller; NULL: no ARN, or none in it. */
static char *region_of(const char *name)
{
    if (strncmp(name, "arn:", 4) != 0)
        return NULL;
    for (unsigned i = 0; i < 3 && name; i++)
        name = strchr(name, ':') ? strchr(name, ':') + 1 : NULL;
    size_t size = name ? strcspn(name, ":") : 0;
    return size > 0 ? dr_copy_bytes(name, size) : NULL;
}

static void *fetch(struct dr_secret_source *source, const struct dr_secret_request *request, dr_secret_fn *fn,
                   void *data)
{
    struct aws_source *own = (struct aws_source *)(void *)source;
    struct fetching *fetching = dr_alloc(sizeof *fetching);
    struct dr_runtime *runtime = request->runtime;
    const struct kind *kind = find_kind(request->reference->source);
    assert(kind);
    *fetching = (struct fetching){
        .kind = kind, .runtime = runtime, .name = dr_copy_string(request->reference->name), .fn = fn, .data = data};
    const struct dr_aws_model *model = dr_aws_models_find(dr_aws_models(own->aws), kind->service, &fetching->problem);
    const struct dr_aws_operation *operation = model ? dr_aws_model_operation(model, kind->operation) : NULL;
    if (!operation) {
        if (!fetching->problem)
            fetching->problem = dr_aws_operation_problem(model, kind->operation);
        fetching->timer = runtime->ops->timer(runtime, runtime->ops->now_ms(runtime), tell_problem, fetching);
        return fetching;
    }
    json_t *input = kind->ask(request->reference);
    char *session = dr_aws_session_of(request->execution_name), *region = region_of(request->reference->name);
    const struct dr_aws_call call = {
        .operation = operation,
        .input = input,
        .region = region ? region : request->region,
        .role = {.arn = json_string_value(json_object_get(request->credentials, "RoleArn")),
                 .external_id = json_string_value(json_object_get(request->credentials, "ExternalId")),
                 .session_name = session},
        .deadline_ms = request->deadline_ms,
        .may_repeat = true,
    };
    fetching->calling = dr_aws_call_start(own->aws, runtime, &call, answered, fetching);
    json_decref(input);
    free(session);
    free(region);
    return fetching;
}

static void cancel(struct dr_secret_source *source, void *data)
{
    struct fetching *fetching = data;
    (void)source;
    if (fetching->timer)
        fetching->runtime->ops->cancel(fetching->runtime, fetching->timer);
    dr_aws_call_cancel(fetching->calling);
    forget(fetching);
}

struct dr_secret_source *dr_aws_secret_source_new(struct dr_aws *aws)
{
    struct aws_source *own = dr_alloc(sizeof *own);
    *own = (struct aws_source){.source = {.fetch = fetch, .cancel = cancel}, .aws = aws};
    return &own->source;
}

void dr_aws_secret_source_free(struct dr_secret_source *source)
{
    free(source);
}
