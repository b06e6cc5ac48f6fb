/* http:invoke: Step Functions' HTTP task, without the EventBridge connection, and with what a failover needs besides:
 * certificates, addresses, time-outs, and being told what may be repeated.
 *
 * Errors, as Step Functions names them: States.Http.StatusCode.N with the body as the cause when an answer came that
 * was not expected, States.Http.Socket when none came, for whatever reason (AWS uses it for its 60 s time-out too).
 *
 * Repetition (design 4.3): the methods that RFC 9110 section 9.2.2 calls idempotent are repeated, as it allows clients
 * to do; others only if the request carries an idempotency key, or the author says Idempotent.
 */
#include "interpreter/base/octets.h"
#include "interpreter/base/text.h"
#include "providers/http/request.h"
#include "providers/http/response.h"

#include <stdlib.h>
#include <string.h>

enum { CAUSE_BYTES_MAX = 32 << 10 }; /* what Step Functions allows a cause to be */

static enum dr_repeat http_repeat(const struct dr_primitive *primitive, const json_t *arguments)
{
    (void)primitive;
    static const char *const idempotent[] = {"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"};
    const json_t *declared = json_object_get(arguments, "Idempotent");
    if (json_is_boolean(declared))
        return json_is_true(declared) ? DR_REPEAT_SAFE : DR_REPEAT_NEVER;
    if (json_is_string(json_object_get(arguments, "IdempotencyHeader")))
        return DR_REPEAT_TOKEN;
    const json_t *method = json_object_get(arguments, "Method");
    for (size_t i = 0; json_is_string(method) && i < sizeof idempotent / sizeof *idempotent; i++)
        if (strcmp(json_string_value(method), idempotent[i]) == 0)
            return DR_REPEAT_SAFE;
    const char *name;
    json_t *value, *headers = json_object_get(arguments, "Headers");
    json_object_foreach(headers, name, value) if (strcasecmp(name, "Idempotency-Key") ==
                                                  0) return DR_REPEAT_SAFE; /* journaled: the same again */
    return DR_REPEAT_NEVER;
}

static void fail_with_status(struct dr_call *call, const struct dr_http_response *response)
{
    char name[64];
    snprintf(name, sizeof name, "States.Http.StatusCode.%d", response->status);
    json_t *body = dr_octets_repaired(response->body, response->body_size);
    const char *text = json_string_value(body);
    size_t size = dr_octets_cut(text, json_string_length(body), CAUSE_BYTES_MAX);
    if (size > 0)
        dr_call_fail(call, name, "%.*s", (int)size, text);
    else
        dr_call_fail(call, name, "%d %s", response->status, dr_http_status_text(response));
    json_decref(body);
}

static void finish(struct dr_call *call, const struct dr_http_response *response)
{
    static const char socket_error[] = "States.Http.Socket";
    const char *endpoint = dr_argument_string(call, "ApiEndpoint", ""),
               *method = dr_argument_string(call, "Method", "GET");
    if (response->cut)
        dr_call_fail(call, "States.DataLimitExceeded", "%s %s: %s (MaxResponseBytes)", method, endpoint,
                     response->problem);
    else if (response->reach == DR_REACH_NOTHING)
        dr_call_fail(call, socket_error, "%s %s: %s; nothing was sent", method, endpoint, response->problem);
    else if (response->reach == DR_REACH_SENT)
        dr_call_unknown(call, socket_error, "%s %s: %s; the request had been sent", method, endpoint,
                        response->problem);
    else if (!dr_http_expects(json_object_get(call->arguments, "ExpectedStatus"), response->status))
        fail_with_status(call, response);
    else
        dr_call_succeed(call, dr_http_output(response));
}

static void http_answered(void *data, const struct dr_http_response *response)
{
    struct dr_call *call = data;
    call->data = NULL;
    finish(call, response);
}

static void http_start(struct dr_call *call)
{
    struct dr_http_call http;
    char *problem = NULL;
    if (!dr_http_call_init(&http, call, &problem)) {
        dr_call_fail(call, "States.Runtime", "%s", problem);
        free(problem);
    } else {
        call->data = call->runtime->ops->http(call->runtime, &http.request, http_answered, call);
        if (!call->data) /* a header that is none, no libcurl, or not simulated: nothing that a Retry or a Catch could
                            mend */
            dr_call_fail(call, "States.Runtime", "%s %s: %s", http.request.method,
                         dr_argument_string(call, "ApiEndpoint", ""), dr_runtime_problem(call->runtime));
    }
    dr_http_call_done(&http);
}

static void http_cancel(struct dr_call *call)
{
    dr_runtime_cancel(call->runtime, call->data);
    call->data = NULL;
}

static const char arguments[] =
    "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"ApiEndpoint\",\"Method\"],\"properties\":{"
    "\"ApiEndpoint\":{\"type\":\"string\",\"description\":\"The URL, https:// or http://\"},"
    "\"Method\":{\"type\":\"string\",\"enum\":[\"GET\",\"HEAD\",\"OPTIONS\",\"POST\",\"PUT\",\"PATCH\",\"DELETE\"],"
    "\"description\":\"The request's method\"},"
    "\"Headers\":{\"type\":\"object\",\"description\":\"Name to value; a list sends the header several times. "
    "Credentials belong in "
    "{{resolve:...}}\"},"
    "\"QueryParameters\":{\"type\":\"object\",\"description\":\"Appended to the URL, percent-encoded; a list repeats "
    "the name\"},"
    "\"RequestBody\":{\"description\":\"Sent as JSON; a string is sent as it is, as text/plain unless Headers has a "
    "Content-Type\"},"
    "\"Transform\":{\"type\":\"object\",\"description\":\"How RequestBody is "
    "encoded\",\"additionalProperties\":false,\"properties\":{"
    "\"RequestBodyEncoding\":{\"type\":\"string\",\"enum\":[\"NONE\",\"URL_ENCODED\"],\"default\":\"NONE\","
    "\"description\":\"URL_ENCODED "
    "sends an object as a form\"},"
    "\"RequestEncodingOptions\":{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{\"ArrayFormat\":{"
    "\"type\":\"string\","
    "\"enum\":[\"INDICES\",\"REPEAT\",\"COMMAS\",\"BRACKETS\"],\"default\":\"INDICES\"}}}}},"
    "\"Authentication\":{\"type\":\"object\",\"description\":\"Accepted so that a Step Functions definition loads; a "
    "ConnectionArn cannot be "
    "used outside AWS and fails the call\"},"
    "\"InvocationConfig\":{\"type\":\"object\",\"description\":\"As Authentication\"},"
    "\"ExpectedStatus\":{\"type\":[\"integer\",\"string\",\"array\"],\"default\":\"2xx\",\"description\":\"What counts "
    "as success: 204, "
    "\\\"2xx\\\", or a list of these\"},"
    "\"Idempotent\":{\"type\":\"boolean\",\"description\":\"Whether the request may be sent again when its outcome is "
    "unknown; default: GET, "
    "HEAD, OPTIONS, PUT and DELETE may, others only with an Idempotency-Key header\"},"
    "\"IdempotencyHeader\":{\"type\":\"string\",\"description\":\"The name of a header, usually Idempotency-Key, that "
    "carries a token which is "
    "the same when the request is sent again\"},"
    "\"TimeoutSeconds\":{\"type\":\"number\",\"default\":60,\"description\":\"For the whole exchange\"},"
    "\"ConnectTimeoutSeconds\":{\"type\":\"number\",\"default\":10,\"description\":\"For the connection alone\"},"
    "\"MaxRedirects\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":50,\"default\":0,\"description\":\"0: a redirect "
    "is an answer like any "
    "other. Credentials are not sent on to another host, and https is never left for http\"},"
    "\"MaxResponseBytes\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":67108864,\"default\":8388608,"
    "\"description\":\"A larger answer is an error\"},"
    "\"CaFile\":{\"type\":\"string\",\"description\":\"PEM file of the authorities to trust instead of the system's; "
    "relative to the "
    "runbook\"},"
    "\"CertificateFile\":{\"type\":\"string\",\"description\":\"PEM file of the client certificate\"},"
    "\"KeyFile\":{\"type\":\"string\",\"description\":\"PEM file of its key\"},"
    "\"Resolve\":{\"type\":\"string\",\"description\":\"host:port:address: where this host is to be found, whatever "
    "the DNS says\"},"
    "\"InsecureSkipTlsVerify\":{\"type\":\"boolean\",\"default\":false,\"description\":\"Anyone may answer. For a "
    "drill, never for a "
    "failover\"}}}";

static const char output[] =
    "{\"type\":\"object\",\"required\":[\"StatusCode\",\"StatusText\",\"Headers\",\"ResponseBody\",\"LatencyMs\"],"
    "\"properties\":{"
    "\"StatusCode\":{\"type\":\"integer\"},"
    "\"StatusText\":{\"type\":\"string\"},"
    "\"Headers\":{\"type\":\"object\",\"description\":\"Name in lower case to the list of its values\"},"
    "\"ResponseBody\":{\"description\":\"Data if it is JSON, else a string\"},"
    "\"ResponseBodyEncoding\":{\"type\":\"string\",\"description\":\"base64 if the body is not text\"},"
    "\"LatencyMs\":{\"type\":\"integer\",\"description\":\"From the start of the request to the last byte of the "
    "answer\"}}}";

const struct dr_primitive dr_http_invoke = {
    .resource =
        {
            .kind = DR_RESOURCE_PRIMITIVE,
            .name = "http:invoke",
            .summary = "Send an HTTP request and return its answer, as Step Functions' HTTP task does.",
            .effect = DR_EFFECT_WRITE,
            .arguments = arguments,
            .output = output,
            .errors =
                "States.Http.StatusCode.N  an answer came whose status N is not expected; the cause is its body\n"
                "States.Http.Socket  no complete answer came: no connection, TLS refused, time-out, connection lost\n"
                "States.DataLimitExceeded  the answer is larger than MaxResponseBytes\n"
                "States.Runtime  an argument cannot be used",
            .undo = "none: what a request did is known only to its server",
        },
    .repeat = http_repeat,
    .local = true, /* through the runtime only */
    .start = http_start,
    .cancel = http_cancel,
};
