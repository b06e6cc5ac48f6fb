#include "tests/support/caller.h"

#include "interpreter/base/text.h"
#include "providers/provider.h"

#include <assert.h>
#include <string.h>

struct calling {
    struct dr_handle *request;
};

static json_t *told(const struct dr_call *call, int status)
{
    return json_pack("{s:s?,s:O?,s:s?,s:i}", "Region", call->region, "Credentials",
                     (json_t *)(uintptr_t)call->credentials, "Execution", call->execution_name, "Status", status);
}

static void answered(void *data, const struct dr_http_response *response)
{
    struct dr_call *call = data;
    free(call->data);
    call->data = NULL;
    dr_call_detail(call, json_pack("{s:s,s:[{s:i}],s:s?}", "requestId", call->token, "attempts", "status",
                                   response->status, "note", dr_argument_string(call, "Note", NULL)));
    if (response->reach == DR_REACH_NOTHING)
        dr_call_fail(call, "Test.Unreachable", "nothing was sent");
    else if (response->reach == DR_REACH_SENT)
        dr_call_unknown(call, "Test.Broken", "no answer came");
    else if (response->status >= 500)
        dr_call_fail(call, "Test.Failed", "status %d", response->status);
    else if (call->primitive->awaits_answer)
        dr_call_submitted(call, told(call, response->status));
    else
        dr_call_succeed(call, told(call, response->status));
}

static void start(struct dr_call *call)
{
    struct calling *calling = dr_alloc(sizeof *calling);
    struct dr_http_request request = {.method = "POST", .url = dr_argument_string(call, "Url", "")};
    call->data = calling;
    calling->request = call->runtime->ops->http(call->runtime, &request, answered, call);
    assert(calling->request);
}

static void cancel(struct dr_call *call)
{
    struct calling *calling = call->data;
    call->runtime->ops->cancel(call->runtime, calling->request);
    free(calling);
    call->data = NULL;
}

static enum dr_repeat repeat(const struct dr_primitive *primitive, const json_t *arguments)
{
    const char *told_repeat = json_string_value(json_object_get(arguments, "Repeat"));
    (void)primitive;
    if (told_repeat && strcmp(told_repeat, "safe") == 0)
        return DR_REPEAT_SAFE;
    return told_repeat && strcmp(told_repeat, "token") == 0 ? DR_REPEAT_TOKEN : DR_REPEAT_NEVER;
}

#define ARGUMENTS                                                                                                      \
    "{\"type\":\"object\",\"properties\":{\"Url\":{\"type\":\"string\"},\"Repeat\":{\"type\":\"string\"},"             \
    "\"Note\":{\"type\":\"string\"},\"Token\":{\"type\":\"string\"}},\"required\":[\"Url\"],"                          \
    "\"additionalProperties\":false}"

static const struct dr_primitive test_call = {
    .resource = {.kind = DR_RESOURCE_PRIMITIVE,
                 .name = "test:call",
                 .summary = "Calls.",
                 .effect = DR_EFFECT_WRITE,
                 .arguments = ARGUMENTS},
    .repeat = repeat,
    .start = start,
    .cancel = cancel,
    .local = true,
};

static const struct dr_primitive test_send = {
    .resource = {.kind = DR_RESOURCE_PRIMITIVE,
                 .name = "test:send",
                 .summary = "Sends a task token.",
                 .effect = DR_EFFECT_WRITE,
                 .arguments = ARGUMENTS},
    .repeat = repeat,
    .start = start,
    .cancel = cancel,
    .awaits_answer = true,
    .local = true,
};

const struct dr_resource *const *dr_lab_primitives(void)
{
    static const struct dr_resource *all[64] = {&test_call.resource, &test_send.resource};
    const struct dr_resource *const *own = dr_primitives();
    for (size_t i = 0; own[i]; i++) {
        assert(i + 3 < sizeof all / sizeof *all);
        all[i + 2] = own[i];
    }
    return all;
}
