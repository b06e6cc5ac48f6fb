/* Walks a rule set: the first rule whose conditions hold gives the endpoint or the error. */
#include "providers/aws/endpoint/rules.h"

#include "interpreter/base/limits.h"
#include "interpreter/base/text.h"
#include "providers/aws/endpoint/endpoint.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void forget(struct dr_rules_run *run, size_t count)
{
    while (run->count > count) {
        json_decref(run->variables[--run->count].value);
    }
}

/* Each condition is a call whose value must be there and not be false; what it assigns is seen by those after it. */
static bool hold(struct dr_rules_run *run, const json_t *conditions)
{
    const json_t *condition;
    size_t i;
    json_array_foreach(conditions, i, condition)
    {
        json_t *value = dr_rules_value(run, condition);
        if (!value || json_is_false(value)) {
            json_decref(value);
            return false;
        }
        const char *name = json_string_value(json_object_get(condition, "assign"));
        if (name) {
            dr_rules_assign(run, name, value);
        } else {
            json_decref(value);
        }
    }
    return !run->problem;
}

static char *copy_member(const json_t *object, const char *name)
{
    return dr_copy_string(json_string_value(json_object_get(object, name)));
}

/* What may sign, best first: SigV4A is taken only where nothing else is offered, because it needs libcrypto's curves
 * and servers on this side of AWS rarely know it. */
static const char *const schemes[] = {"sigv4", "none", "smithy.api#noAuth", "sigv4a"};

static const json_t *choose_scheme(const json_t *offered)
{
    const json_t *scheme;
    size_t i;
    for (size_t known = 0; known < sizeof schemes / sizeof *schemes; known++) {
        json_array_foreach(offered, i, scheme)
        {
            const char *name = json_string_value(json_object_get(scheme, "name"));
            if (name && strcmp(name, schemes[known]) == 0) {
                return scheme;
            }
        }
    }
    return json_array_get(offered, 0); /* one we do not know: the client says so */
}

/* ["us-east-1", "us-*"] as X-Amz-Region-Set has it. */
static char *join_regions(const json_t *regions)
{
    struct dr_text text = {0};
    const json_t *region;
    size_t i;
    json_array_foreach(regions, i, region)
    {
        if (json_is_string(region)) {
            dr_text_puts(&text, text.size ? "," : "");
            dr_text_puts(&text, json_string_value(region));
        }
    }
    return text.size ? dr_text_take(&text) : NULL;
}

static void read_scheme(struct dr_aws_endpoint *endpoint)
{
    const json_t *scheme = choose_scheme(json_object_get(endpoint->properties, "authSchemes"));
    if (!scheme) {
        return;
    }
    const char *name = json_string_value(json_object_get(scheme, "name"));
    endpoint->auth_scheme = dr_copy_string(name && strcmp(name, "smithy.api#noAuth") == 0 ? "none" : name);
    endpoint->signing_name = copy_member(scheme, "signingName");
    endpoint->signing_region = json_object_get(scheme, "signingRegionSet")
                                   ? join_regions(json_object_get(scheme, "signingRegionSet"))
                                   : copy_member(scheme, "signingRegion");
    endpoint->disable_double_encoding = json_is_true(json_object_get(scheme, "disableDoubleEncoding"));
}

static bool make_endpoint(struct dr_rules_run *run, const json_t *rule, struct dr_aws_endpoint *ret_endpoint)
{
    json_t *url = dr_rules_value(run, json_object_get(rule, "url"));
    const json_t *headers = json_object_get(rule, "headers"), *properties = json_object_get(rule, "properties");
    struct dr_aws_endpoint endpoint = {0};
    if (!json_is_string(url)) {
        dr_rules_fail(run, "the endpoint rule set gives an endpoint without a URL");
    } else {
        endpoint.url = dr_copy_string(json_string_value(url));
    }
    json_decref(url);
    if (json_object_size(headers) > 0 && !run->problem) {
        endpoint.headers = dr_rules_properties(run, headers);
    }
    if (json_object_size(properties) > 0 && !run->problem) {
        endpoint.properties = dr_rules_properties(run, properties);
    }
    if (run->problem) {
        dr_aws_endpoint_done(&endpoint);
        return false;
    }
    for (size_t size = strlen(endpoint.url); size > 0 && endpoint.url[size - 1] == '/'; size--) {
        endpoint.url[size - 1] = '\0';
    }
    read_scheme(&endpoint);
    *ret_endpoint = endpoint;
    return true;
}

/* True: there is an endpoint. False: none of these rules holds, or there is a problem. */
static bool try_rules(struct dr_rules_run *run, const json_t *rules, struct dr_aws_endpoint *ret_endpoint)
{
    const json_t *rule;
    size_t i;
    if (run->depth >= DR_RULES_DEPTH_MAX) {
        dr_rules_fail(run, "the endpoint rule set is nested more than %d deep", DR_RULES_DEPTH_MAX);
        return false;
    }
    run->depth++;
    bool found = false;
    json_array_foreach(rules, i, rule)
    {
        size_t mark = run->count;
        if (dr_rules_step(run) && hold(run, json_object_get(rule, "conditions"))) {
            const json_t *error = json_object_get(rule, "error"), *inner = json_object_get(rule, "rules");
            if (error) {
                json_t *text = dr_rules_value(run, error);
                dr_rules_fail(run, "%s", json_is_string(text) ? json_string_value(text) : "no endpoint");
                json_decref(text);
            } else if (inner) {
                found = try_rules(run, inner, ret_endpoint);
            } else {
                found = make_endpoint(run, json_object_get(rule, "endpoint"), ret_endpoint);
            }
        }
        forget(run, mark);
        if (found || run->problem) {
            break;
        }
    }
    run->depth--;
    return found;
}

static bool is_of_type(const json_t *value, const char *type)
{
    return strcasecmp(type, "boolean") == 0       ? json_is_boolean(value)
           : strcasecmp(type, "stringArray") == 0 ? json_is_array(value)
                                                  : json_is_string(value);
}

static void take_parameters(struct dr_rules_run *run, const json_t *definitions, const json_t *parameters)
{
    for (void *at = json_object_iter((json_t *)(uintptr_t)definitions); at && !run->problem;
         at = json_object_iter_next((json_t *)(uintptr_t)definitions, at)) {
        const char *name = json_object_iter_key(at);
        const json_t *definition = json_object_iter_value(at);
        const char *type = json_string_value(json_object_get(definition, "type"));
        const json_t *value = json_object_get(parameters, name);
        if (!value || json_is_null(value)) {
            value = json_object_get(definition, "default");
        }
        if (!value) {
            if (json_is_true(json_object_get(definition, "required"))) {
                dr_rules_fail(run, "the endpoint needs a value for %s, which is not given", name);
            }
        } else if (!is_of_type(value, type ? type : "string")) {
            dr_rules_fail(run, "the endpoint parameter %s is not a %s", name, type ? type : "string");
        } else {
            dr_rules_assign(run, name, dr_json_share(value));
        }
    }
}

static void describe_parameters(struct dr_rules_run *run)
{
    struct dr_text text = {0};
    for (size_t i = 0; i < run->count; i++) {
        dr_text_puts(&text, i ? ", " : "");
        dr_text_puts(&text, run->variables[i].name);
        dr_text_putc(&text, '=');
        (void)dr_text_json(&text, run->variables[i].value, 200);
    }
    dr_rules_fail(run, "no rule gives an endpoint for %s", text.size ? text.bytes : "no parameters");
    dr_text_done(&text);
}

bool dr_aws_rules_resolve(const json_t *rules, const json_t *partitions, const json_t *parameters,
                          struct dr_aws_endpoint *ret_endpoint, char **ret_problem)
{
    struct dr_rules_run run = {.partitions = partitions};
    take_parameters(&run, json_object_get(rules, "parameters"), parameters);
    bool found = !run.problem && try_rules(&run, json_object_get(rules, "rules"), ret_endpoint);
    if (!found && !run.problem) {
        describe_parameters(&run);
    }
    forget(&run, 0);
    free(run.variables);
    if (!found) {
        *ret_problem = run.problem;
    }
    return found;
}

void dr_aws_endpoint_done(struct dr_aws_endpoint *endpoint)
{
    if (endpoint) {
        free(endpoint->url);
        json_decref(endpoint->headers);
        json_decref(endpoint->properties);
        free(endpoint->signing_name);
        free(endpoint->signing_region);
        free(endpoint->auth_scheme);
        *endpoint = (struct dr_aws_endpoint){0};
    }
}
