#include "providers/aws/integration/optimised.h"

#include "interpreter/base/text.h"

#include <stdlib.h>
#include <string.h>

static char *print(const json_t *value)
{
    struct dr_text text = {0};
    dr_text_json(&text, value, SIZE_MAX);
    return dr_text_take(&text);
}

static void fail_with_json(struct dr_call *call, const char *error, const json_t *cause)
{
    char *text = print(cause);
    dr_call_fail(call, error, "%s", text);
    free(text);
}

/* --- lambda:invoke
 * -------------------------------------------------------------------------------------------------- */

static const char *const lambda_anything[] = {"Payload", NULL};

/* The payload is JSON whatever was given: a text that is no JSON becomes a JSON string, nothing an empty object. */
static void prepare_lambda(const struct dr_call *call, json_t *input)
{
    (void)call;
    const json_t *payload = json_object_get(input, "Payload");
    if (payload == NULL || json_is_null(payload)) {
        json_object_set_new(input, "Payload", json_string("{}"));
        return;
    }
    json_t *parsed =
        json_is_string(payload) ? dr_json_parse(json_string_value(payload), json_string_length(payload), NULL) : NULL;
    if (parsed == NULL) {
        char *text = print(payload);
        json_object_set_new(input, "Payload", json_string_nocheck(text));
        free(text);
    }
    json_decref(parsed);
}

/* The function failed: what it threw is the task's error. */
static void fail_as_function(struct dr_call *call, const char *payload, const json_t *parsed, bool compact)
{
    const char *type = json_string_value(json_object_get(parsed, "errorType"));
    char *compacted = parsed && compact ? print(parsed) : NULL;
    const char *text = compacted ? compacted : payload ? payload : "";
    if (type && *type)
        dr_call_fail(call, type, "%s", text);
    else
        dr_call_fail(call, "Lambda.Unknown",
                     "The cause could not be determined because Lambda did not return an error type. Returned payload: "
                     "%s",
                     text);
    free(compacted);
}

static bool conclude_lambda(struct dr_call *call, json_t *output)
{
    const json_t *payload = json_object_get(output, "Payload");
    const char *text = json_string_value(payload);
    json_t *parsed = text ? dr_json_parse(text, json_string_length(payload), NULL) : NULL;
    bool failed = json_object_get(output, "FunctionError") != NULL;
    if (failed)
        fail_as_function(call, text, parsed, true);
    else if (parsed)
        json_object_set(output, "Payload", parsed);
    json_decref(parsed);
    return !failed;
}

static const struct dr_aws_rules lambda_rules = {
    .anything = lambda_anything,
    .prepare = prepare_lambda,
    .conclude = conclude_lambda,
};

/* A function by its ARN: the arguments are {FunctionName, Payload} by now, and only the payload comes back. */
static bool conclude_function(struct dr_call *call, json_t *output)
{
    const json_t *payload = json_object_get(output, "Payload");
    const char *text = json_string_value(payload);
    json_t *parsed = text ? dr_json_parse(text, json_string_length(payload), NULL) : NULL;
    if (json_object_get(output, "FunctionError"))
        fail_as_function(call, text, parsed, false);
    else
        dr_call_succeed(call, parsed ? json_incref(parsed) : text ? json_string_nocheck(text) : json_null());
    json_decref(parsed);
    return false;
}

static const struct dr_aws_rules function_rules = {.bare_result = true, .conclude = conclude_function};

/* --- sns, sqs: any data is a message
 * -------------------------------------------------------------------------------- */

static const char *const sns_anything[] = {"Message", NULL};
static const struct dr_aws_rules sns_rules = {.anything = sns_anything};

static const char *const sqs_anything[] = {"MessageBody", NULL};
static const struct dr_aws_rules sqs_rules = {.anything = sqs_anything};

/* --- ecs:runTask
 * ---------------------------------------------------------------------------------------------------- */

/* An answer of status 200 may say that nothing was started. */
static bool conclude_run_task(struct dr_call *call, json_t *output)
{
    if (json_array_size(json_object_get(output, "Failures")) == 0 ||
        json_array_size(json_object_get(output, "Tasks")) > 0)
        return true;
    fail_with_json(call, "AmazonECS.Unknown", output);
    return false;
}

static const struct dr_aws_rules ecs_rules = {.conclude = conclude_run_task};

/* --- events:putEvents
 * ----------------------------------------------------------------------------------------------- */

/* AWS adds the ARN of the execution to each event's resources, so that it can be found again; ours has an id. */
static void prepare_events(const struct dr_call *call, json_t *input)
{
    json_t *entries = json_object_get(input, "Entries"), *marked = json_array();
    for (size_t i = 0; i < json_array_size(entries); i++) {
        json_t *entry = json_copy(json_array_get(entries, i));
        json_t *resources = json_copy(json_object_get(entry, "Resources"));
        if (!json_is_array(resources)) {
            json_decref(resources);
            resources = json_array();
        }
        json_array_append_new(resources, json_string_nocheck(call->execution_id ? call->execution_id : ""));
        if (json_is_object(entry))
            json_object_set(entry, "Resources", resources);
        json_decref(resources);
        json_array_append_new(marked, entry);
    }
    if (entries)
        json_object_set(input, "Entries", marked);
    json_decref(marked);
}

static bool conclude_events(struct dr_call *call, json_t *output)
{
    if (json_integer_value(json_object_get(output, "FailedEntryCount")) == 0)
        return true;
    fail_with_json(call, "EventBridge.FailedEntry", output);
    return false;
}

static const struct dr_aws_rules events_rules = {
    .bare_result = true,
    .prepare = prepare_events,
    .conclude = conclude_events,
};

/* --- states:startExecution
 * ------------------------------------------------------------------------------------------ */

/* An execution's name is its idempotency token: the same name and input again is the same execution. */
static void prepare_execution(const struct dr_call *call, json_t *input)
{
    const json_t *data = json_object_get(input, "input");
    if (data == NULL || json_is_null(data))
        json_object_set_new(input, "input", json_string("{}"));
    if (json_object_get(input, "name") == NULL && call->token)
        json_object_set_new(input, "name", json_string(call->token));
}

static const char *const states_anything[] = {"input", NULL};
static const struct dr_aws_rules states_rules = {
    .anything = states_anything,
    .token_makes_repeatable = true,
    .prepare = prepare_execution,
};

/* --- The rows
 * --------------------------------------------------------------------------------------------------------- */

static const struct dr_aws_rules no_rules = {0};

#define SYNC DR_AWS_PATTERN_SYNC
#define SYNC_2 DR_AWS_PATTERN_SYNC_2
#define TOKEN DR_AWS_PATTERN_TOKEN
#define INTERNAL DR_AWS_PATTERN_INTERNAL
#define DR_AWS_INTEGRATION(name_, service_, operation_, prefix_, client_, base_, patterns_, sync_, rules_)             \
    {.name = name_,                                                                                                    \
     .service = service_,                                                                                              \
     .operation = operation_,                                                                                          \
     .prefix = prefix_,                                                                                                \
     .client = client_,                                                                                                \
     .base = base_,                                                                                                    \
     .patterns = patterns_,                                                                                            \
     .sync = sync_,                                                                                                    \
     .rules = rules_},
static const struct dr_aws_integration integrations[] = {
#include "providers/aws/integration/integrations.def"
};

static const struct dr_aws_integration function_integration = {
    .name = "lambda:invoke",
    .service = "lambda",
    .operation = "Invoke",
    .prefix = "Lambda",
    .client = "AWSLambda",
    .base = "AWSLambdaException",
    .rules = &function_rules,
};

const struct dr_aws_integration *dr_aws_integrations(size_t *ret_count)
{
    *ret_count = sizeof integrations / sizeof *integrations;
    return integrations;
}

const struct dr_aws_integration *dr_aws_integration_find(const char *name)
{
    for (size_t i = 0; i < sizeof integrations / sizeof *integrations; i++)
        if (strcmp(integrations[i].name, name) == 0)
            return &integrations[i];
    return NULL;
}

const struct dr_aws_integration *dr_aws_function_integration(void)
{
    return &function_integration;
}

/* --- Answers
 * ---------------------------------------------------------------------------------------------------------- */

static const char *find_request_id(const struct dr_aws_outcome *outcome)
{
    return outcome->attempt_count > 0 ? outcome->attempts[outcome->attempt_count - 1].request_id : "";
}

void dr_aws_add_metadata(json_t *output, const struct dr_aws_outcome *outcome)
{
    json_t *all = json_object(), *first = json_object();
    for (size_t i = 0; i < outcome->header_count; i++) {
        const struct dr_http_header *header = &outcome->headers[i];
        json_t *values = json_object_get(all, header->name), *value = json_string(header->value);
        if (value == NULL)
            continue; /* not text */
        if (values == NULL) {
            values = json_array();
            json_object_set_new(all, header->name, values);
            json_object_set(first, header->name, value);
        }
        json_array_append_new(values, value);
    }
    json_t *http = json_object(), *response = json_object();
    json_object_set_new(http, "AllHttpHeaders", all);
    json_object_set_new(http, "HttpHeaders", first);
    json_object_set_new(http, "HttpStatusCode", json_integer(outcome->status));
    json_object_set_new(response, "RequestId", json_string(find_request_id(outcome)));
    json_object_set_new(output, "SdkHttpMetadata", http);
    json_object_set_new(output, "SdkResponseMetadata", response);
}

char *dr_aws_optimised_error(const struct dr_aws_integration *integration, const struct dr_aws_error *error)
{
    static const char suffix[] = "Exception";
    if (error->shape == NULL)
        return dr_format("%s.%s", integration->prefix, integration->base);
    const char *name = error->shape->name;
    size_t size = strlen(name), tail = sizeof suffix - 1;
    bool has_suffix = size >= tail && strcmp(name + size - tail, suffix) == 0;
    return dr_format("%s.%s%s", integration->prefix, name, has_suffix ? "" : suffix);
}

char *dr_aws_optimised_cause(const struct dr_aws_integration *integration, const struct dr_aws_error *error,
                             const char *message)
{
    return dr_format("%s (Service: %s; Status Code: %d; Error Code: %s; Request ID: %s; Proxy: null)", message,
                     integration->client, error->status, *error->code ? error->code : "null",
                     *error->request_id ? error->request_id : "null");
}
