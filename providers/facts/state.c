/* state:get and state:put: durable facts that the executions of one store share ("which Region is primary"). The host
 * keeps them. */
#include "interpreter/base/text.h"
#include "providers/provider.h"

#include <stdlib.h>
#include <string.h>

static void fail_with_problem(struct dr_call *call, char *problem /* steals */)
{
    dr_call_fail(call, "State.StoreFailed", "%s", problem ? problem : "the store cannot be used");
    free(problem);
}

static void start_get(struct dr_call *call)
{
    const char *key = dr_argument_string(call, "Key", "");
    char *problem = NULL;
    json_t *fact = call->host_ops->fact_get(call->host, key, &problem);
    if (problem) {
        json_decref(fact);
        fail_with_problem(call, problem);
    } else if (fact)
        dr_call_succeed(call, fact);
    else if (dr_argument_bool(call, "Required", false))
        dr_call_fail(call, "State.NotFound", "there is no fact \"%s\" in this store", key);
    else
        dr_call_succeed(call, json_pack("{s:n, s:i}", "Value", "Version", 0));
}

static void start_put(struct dr_call *call)
{
    const char *key = dr_argument_string(call, "Key", "");
    const json_t *value = json_object_get(call->arguments, "Value");
    int64_t if_version = dr_argument_int(call, "IfVersion", -1);
    char *problem = NULL;
    int64_t version = call->host_ops->fact_put(call->host, key, value, if_version, call->token, &problem);
    if (version == -2)
        fail_with_problem(call, problem);
    else if (version == -1 && if_version == 0)
        dr_call_fail(call, "State.VersionConflict", "there is already a fact \"%s\"", key);
    else if (version == -1)
        dr_call_fail(call, "State.VersionConflict", "fact \"%s\" is no longer at version %lld", key,
                     (long long)if_version);
    else
        dr_call_succeed(call, json_pack("{s:s, s:I}", "Key", key, "Version", (json_int_t)version));
}

static enum dr_repeat repeat_put(const struct dr_primitive *primitive, const json_t *arguments)
{
    (void)primitive;
    (void)arguments;
    return DR_REPEAT_TOKEN; /* the store remembers the token of the last put to a key */
}

const struct dr_primitive dr_state_get = {
    .resource =
        {
            .kind = DR_RESOURCE_PRIMITIVE,
            .name = "state:get",
            .summary = "Read a durable fact that the executions of this store share.",
            .effect = DR_EFFECT_READ,
            .arguments = "{\"type\":\"object\",\"properties\":{"
                         "\"Key\":{\"type\":\"string\",\"minLength\":1,\"description\":\"Its name, such as "
                         "ecommerce/primary-region\"},"
                         "\"Required\":{\"type\":\"boolean\",\"default\":false,\"description\":\"A fact that is not "
                         "there is an error\"}"
                         "},\"required\":[\"Key\"],\"additionalProperties\":false}",
            .output = "{\"Value\":\"us-west-2\",\"Version\":3,\"UpdatedAt\":\"2026-11-21T03:00:00.123Z\",\"By\":"
                      "\"ecommerce-failover-20261121\"}",
            .errors = "State.NotFound  there is no such fact, and Required is true\n"
                      "State.StoreFailed  the store cannot be read",
        },
    .start = start_get,
    .local = true,
};

const struct dr_primitive dr_state_put = {
    .resource =
        {
            .kind = DR_RESOURCE_PRIMITIVE,
            .name = "state:put",
            .summary = "Set a durable fact that the executions of this store share, if nobody else has changed it.",
            .effect = DR_EFFECT_WRITE,
            .arguments = "{\"type\":\"object\",\"properties\":{"
                         "\"Key\":{\"type\":\"string\",\"minLength\":1,\"description\":\"Its name, such as "
                         "ecommerce/primary-region\"},"
                         "\"Value\":{\"description\":\"Any JSON value\"},"
                         "\"IfVersion\":{\"type\":\"integer\",\"minimum\":0,\"description\":\"Set it only if it is at "
                         "this version; 0: only if there is none\"}"
                         "},\"required\":[\"Key\",\"Value\"],\"additionalProperties\":false}",
            .output = "{\"Key\":\"ecommerce/primary-region\",\"Version\":4}",
            .errors = "State.VersionConflict  the fact is not at IfVersion\n"
                      "State.StoreFailed  the store cannot be written",
            .undo = "state:put",
        },
    .repeat = repeat_put,
    .start = start_put,
    .local = true,
};
