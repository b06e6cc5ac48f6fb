/* A task that calls an AWS operation: arguments into the API's spelling, the call, its answer or error in Step
 * Functions'. */
#include "providers/aws/integration/resource.h"

#include "interpreter/base/text.h"
#include "providers/aws/integration/names.h"
#include "providers/aws/integration/session.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    LAMBDA_TIMEOUT_MS = 905 * 1000, /* a function may run for 15 minutes, and the answer has to come back */
    TRIES_SHOWN_MAX = 32,
};

static const struct dr_aws_resource *resource_of(const struct dr_call *call)
{
    return (const void *)call->primitive;
}

/* --- Success
 * ----------------------------------------------------------------------------------------------------------
 */

static void deliver(struct dr_call *call, json_t *output)
{
    if (call->primitive->awaits_answer)
        dr_call_submitted(call, output);
    else
        dr_call_succeed(call, output);
}

static void succeed(struct dr_call *call, const struct dr_aws_outcome *outcome)
{
    const struct dr_aws_resource *resource = resource_of(call);
    const struct dr_aws_integration *integration = resource->integration;
    const struct dr_aws_shape *shape = resource->operation->output;
    json_t *output = shape ? dr_aws_to_spelling(integration ? DR_AWS_SPELLING_OPTIMISED : DR_AWS_SPELLING_SDK, shape,
                                                outcome->output)
                           : json_object();
    if (integration && !integration->rules->bare_result && !(integration->patterns & DR_AWS_PATTERN_INTERNAL))
        dr_aws_add_metadata(output, outcome);
    if (integration && integration->rules->conclude && !integration->rules->conclude(call, output))
        json_decref(output);
    else
        deliver(call, output);
}

/* --- Failure
 * ----------------------------------------------------------------------------------------------------------
 */

/* What the service said; and, when the attempts ran out, that the same code may mean a rate or a quota, of which only
 * one passes by waiting; and when the credentials may be why, which ones they were. */
static char *said(const struct dr_aws_outcome *outcome)
{
    const char *message = *outcome->error->message ? outcome->error->message : "null";
    if (outcome->signer)
        return dr_format("%s (%s)", message, outcome->signer);
    return outcome->throttled && outcome->note ? dr_format("%s; %s", message, outcome->note) : dr_copy_string(message);
}

/* As the SDK for Java 2 prints it: "... (Service: Rds, Status Code: 404, Request ID: ...)". */
static char *sdk_cause(const struct dr_aws_resource *resource, const struct dr_aws_outcome *outcome,
                       const char *message)
{
    const struct dr_aws_error *error = outcome->error;
    const char *extended = dr_aws_headers_find(outcome->headers, outcome->header_count, "x-amz-id-2");
    return dr_format("%s (Service: %s, Status Code: %d, Request ID: %s%s%s)", message, resource->prefix, error->status,
                     *error->request_id ? error->request_id : "null", extended ? ", Extended Request ID: " : "",
                     extended ? extended : "");
}

static void fail(struct dr_call *call, const struct dr_aws_outcome *outcome)
{
    const struct dr_aws_resource *resource = resource_of(call);
    const struct dr_aws_integration *integration = resource->integration;
    char *message = said(outcome);
    char *name = integration ? dr_aws_optimised_error(integration, outcome->error)
                             : dr_aws_sdk_error(resource->operation, outcome->error);
    char *cause = integration ? dr_aws_optimised_cause(integration, outcome->error, message)
                              : sdk_cause(resource, outcome, message);
    dr_call_fail(call, name, "%s", cause);
    free(message);
    free(name);
    free(cause);
}

/* No answer that one could use: what the SDK calls a client exception. */
static void fail_without_answer(struct dr_call *call, const struct dr_aws_outcome *outcome)
{
    const struct dr_aws_resource *resource = resource_of(call);
    if (strcmp(outcome->problem_kind, "Request") == 0) {
        dr_call_fail(call, "States.Runtime", "%s: %s", resource->name, outcome->problem);
        return;
    }
    bool on_the_way = strcmp(outcome->problem_kind, "Connection") == 0 || strcmp(outcome->problem_kind, "Timeout") == 0;
    char *name = dr_format("%s.SdkClientException", resource->prefix);
    char *cause = dr_format("%s%s", on_the_way ? "Unable to execute HTTP request: " : "", outcome->problem);
    if (outcome->unknown)
        dr_call_unknown(call, name, "%s", cause);
    else
        dr_call_fail(call, name, "%s", cause);
    free(name);
    free(cause);
}

/* --- The journal's detail
 * --------------------------------------------------------------------------------------------- */

static void set_text(json_t *object, const char *key, const char *text)
{
    if (text && *text)
        json_object_set_new(object, key, json_string(text));
}

static json_t *describe_try(const struct dr_aws_attempt *attempt)
{
    json_t *one = json_object();
    set_text(one, "requestId", attempt->request_id);
    if (attempt->status)
        json_object_set_new(one, "status", json_integer(attempt->status));
    set_text(one, "code", attempt->code);
    json_object_set_new(one, "startedMs", json_integer(attempt->started_ms));
    json_object_set_new(one, "tookMs", json_integer(attempt->took_ms));
    return one;
}

static void tell_detail(struct dr_call *call, const struct dr_aws_outcome *outcome)
{
    json_t *detail = json_object();
    size_t count = outcome->attempt_count;
    if (count > 0)
        set_text(detail, "requestId", outcome->attempts[count - 1].request_id);
    json_object_set_new(detail, "attempts", json_integer((json_int_t)count));
    set_text(detail, "region", outcome->region);
    set_text(detail, "host", outcome->host);
    set_text(detail, "note", outcome->note);
    if (outcome->pages > 1)
        json_object_set_new(detail, "pages", json_integer(outcome->pages));
    if (count > 1 && outcome->pages <= 1) {
        json_t *tries = json_array();
        for (size_t i = count > TRIES_SHOWN_MAX ? count - TRIES_SHOWN_MAX : 0; i < count; i++)
            json_array_append_new(tries, describe_try(&outcome->attempts[i]));
        json_object_set_new(detail, "tries", tries);
    }
    dr_call_detail(call, detail);
}

/* --- The call
 * ---------------------------------------------------------------------------------------------------------
 */

static void answered(void *data, const struct dr_aws_outcome *outcome)
{
    struct dr_call *call = data;
    call->data = NULL;
    tell_detail(call, outcome);
    if (outcome->output)
        succeed(call, outcome);
    else if (outcome->error)
        fail(call, outcome);
    else
        fail_without_answer(call, outcome);
}

/* What is sent, in the API's spelling: a new reference that is nobody else's. */
static json_t *make_input(const struct dr_aws_resource *resource, const struct dr_call *call)
{
    static const struct dr_aws_shape nothing = {.type = DR_AWS_STRUCTURE};
    const struct dr_aws_shape *shape = resource->operation->input ? resource->operation->input : &nothing;
    json_t *input;
    if (resource->function_arn) {
        json_t *arguments = json_object();
        json_object_set_new(arguments, "FunctionName", json_string(resource->function_arn));
        struct dr_text payload = {0};
        dr_text_json(&payload, call->arguments, SIZE_MAX);
        json_object_set_new(arguments, "Payload", json_stringn_nocheck(payload.bytes, payload.size));
        dr_text_done(&payload);
        return arguments;
    }
    input = json_is_object(call->arguments) ? dr_aws_from_sdk(shape, call->arguments) : json_object();
    if (resource->integration && resource->integration->rules->prepare)
        resource->integration->rules->prepare(call, input);
    const struct dr_aws_member *token = dr_aws_unmarked_token(resource->operation);
    if (token && call->token && json_object_get(input, token->name) == NULL)
        json_object_set_new(input, token->name, json_string(call->token));
    return input;
}

static bool is_invocation(const struct dr_aws_operation *operation)
{
    return strcmp(operation->name, "Invoke") == 0 && strcmp(operation->model->service_id, "Lambda") == 0;
}

/* Whether the input has a limit or a token of the paginator: then its author wants that page and not all. */
static bool asks_for_a_page(const struct dr_aws_operation *operation, const json_t *input)
{
    static const char *const keys[] = {"limit_key", "input_token"};
    json_t *paginator = dr_json_parse(operation->paginator_text, strlen(operation->paginator_text), NULL);
    bool asks = false;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const json_t *names = json_object_get(paginator, keys[i]);
        for (size_t j = 0; j < (json_is_array(names) ? json_array_size(names) : 1); j++) {
            const char *name = json_string_value(json_is_array(names) ? json_array_get(names, j) : names);
            asks = asks || (name && json_object_get(input, name));
        }
    }
    json_decref(paginator);
    return asks;
}

static void start(struct dr_call *call)
{
    const struct dr_aws_resource *resource = resource_of(call);
    json_t *input = make_input(resource, call);
    char *session = dr_aws_session_of(call->execution_name ? call->execution_name : call->execution_id);
    char *agent = dr_format("exec/%s", call->execution_id ? call->execution_id : "");
    const struct dr_aws_call request = {
        .operation = resource->operation,
        .input = input,
        .region = resource->function_region ? resource->function_region : call->region,
        .role = {.arn = json_string_value(json_object_get(call->credentials, "RoleArn")),
                 .external_id = json_string_value(json_object_get(call->credentials, "ExternalId")),
                 .session_name = session},
        .token = call->token,
        .user_agent = agent,
        .deadline_ms = call->deadline_ms,
        .attempt_timeout_ms = is_invocation(resource->operation) ? LAMBDA_TIMEOUT_MS : 0,
        .may_repeat = dr_aws_repeat(resource, call->arguments) != DR_REPEAT_NEVER,
        .all_pages = resource->all_pages && !(resource->unless_bounded && asks_for_a_page(resource->operation, input)),
    };
    call->data = dr_aws_call_start(resource->aws, call->runtime, &request, answered, call);
    free(session);
    free(agent);
    json_decref(input);
}

static void cancel(struct dr_call *call)
{
    dr_aws_call_cancel(call->data);
    call->data = NULL;
}

static enum dr_repeat repeat(const struct dr_primitive *primitive, const json_t *arguments)
{
    return dr_aws_repeat((const void *)primitive, arguments);
}

void dr_aws_task_init(struct dr_aws_resource *resource)
{
    resource->primitive.start = start;
    resource->primitive.cancel = cancel;
    resource->primitive.repeat = repeat;
    resource->primitive.local = true; /* it reaches the network through the runtime only */
}
