/* Lambda: functions whose answer a world gives as a value, as JSONata over the event, or as an error; versions,
 * aliases, reserved concurrency, time-outs. Sources: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html and
 * its neighbours, .../dg/lambda-concurrency.html, .../dg/invocation-async.html. */
#include "providers/simulated/services/compute.h"

#include "interpreter/base/limits.h"
#include "interpreter/base/text.h"
#include "interpreter/expression/jsonata/jsonata.h"

#include <stdlib.h>
#include <string.h>

extern const struct dr_sim_service dr_sim_lambda;

#define FUNCTION "lambda.function"
#define PAGE_MAX 50
#define STEPS_MAX 1000000
#define SECONDS 0.1
#define ACCOUNT_CONCURRENCY 1000

/* --- Names
 * ------------------------------------------------------------------------------------------------------------ */

/* "NAME", "NAME:QUALIFIER", "ACCOUNT:function:NAME", an ARN. Both parts are owned by the caller. */
static void split_name(const char *given, char **ret_name, char **ret_qualifier)
{
    const char *function = strstr(given, "function:");
    const char *name = function ? function + strlen("function:") : given, *colon = strchr(name, ':');
    *ret_name = colon ? dr_copy_bytes(name, (size_t)(colon - name)) : dr_copy_string(name);
    *ret_qualifier = dr_copy_string(colon ? colon + 1 : "");
}

static void no_function(struct dr_sim_call *call, const char *name, const char *qualifier)
{
    char *arn =
        dr_sim_arn("lambda", call->region, call->account, "function:%s%s%s", name, *qualifier ? ":" : "", qualifier);
    dr_sim_fail(call, 404, "ResourceNotFoundException", "%s: %s",
                *qualifier ? "Cannot find version or alias" : "Function not found", arn);
    call->details = json_pack("{s:s}", "Type", "User");
    free(arn);
}

/* The version that a qualifier stands for: "$LATEST", "3"; NULL: there is none. Borrowed. */
static const char *version_of(const json_t *function, const char *qualifier)
{
    if (*qualifier == '\0' || strcmp(qualifier, "$LATEST") == 0)
        return "$LATEST";
    const char *alias = json_string_value(
        json_object_get(json_object_get(json_object_get(function, "_aliases"), qualifier), "FunctionVersion"));
    if (alias)
        return alias;
    return dr_sim_lists(json_object_get(function, "_versions"), qualifier) ? qualifier : NULL;
}

/* The function that the call names, and its version; NULL: the call has failed. */
static json_t *function_of(struct dr_sim_call *call, const char **ret_version)
{
    char *name, *in_name;
    split_name(dr_sim_string(call, "FunctionName", ""), &name, &in_name);
    const char *qualifier = dr_sim_string(call, "Qualifier", in_name);
    json_t *function = dr_sim_find(call->cloud, call->account, call->region, FUNCTION, name);
    const char *version = function ? version_of(function, qualifier) : NULL;
    if (!function)
        no_function(call, name, "");
    else if (!version)
        no_function(call, name, qualifier);
    if (ret_version)
        *ret_version = version;
    free(name);
    free(in_name);
    return version ? function : NULL;
}

/* As GetFunctionConfiguration gives it, of a version. New. */
static json_t *shown(const json_t *function, const char *version)
{
    json_t *copy = json_copy((json_t *)(uintptr_t)function);
    dr_sim_set_text(copy, "Version", version);
    if (strcmp(version, "$LATEST") != 0) {
        char *arn = dr_format("%s:%s", dr_sim_text_in(function, "FunctionArn"), version);
        dr_sim_set_text(copy, "FunctionArn", arn);
        free(arn);
    }
    return copy;
}

/* --- What a function answers
 * -------------------------------------------------------------------------------------------- */

struct question {
    const json_t *event;
    json_t *bindings;
    int64_t now_ms;
    char *problem; /* owned: the first */
};

static int64_t clock_of(void *data)
{
    return ((const struct question *)data)->now_ms;
}

/* "{% ... %}": its inside, owned by the caller; NULL: a plain string. */
static char *expression_in(const char *text)
{
    size_t size = strlen(text);
    bool is = size >= 4 && strncmp(text, "{%", 2) == 0 && strcmp(text + size - 2, "%}") == 0;
    return is ? dr_copy_bytes(text + 2, size - 4) : NULL;
}

static json_t *evaluate(struct question *question, const char *expression)
{
    struct jsonata_environment environment = {.now_ms = clock_of, .data = question, .steps_max = STEPS_MAX};
    struct jsonata_error error = {0};
    struct jsonata *program = jsonata_compile(expression, strlen(expression), &environment, &error);
    json_t *value = NULL;
    enum jsonata_status status =
        program ? jsonata_eval(program, question->event, question->bindings, &environment, &value, &error)
                : JSONATA_ERROR;
    if (status == JSONATA_ERROR && !question->problem)
        question->problem = dr_copy_string(error.message);
    jsonata_free(program);
    return status == JSONATA_OK ? value : json_null();
}

/* A world's value with its expressions evaluated: a new reference. As deep as the world's document, which is bounded.
 */
static json_t *answer_of(struct question *question, const json_t *given, unsigned depth)
{
    if (depth > DR_DEPTH_MAX)
        return json_null();
    if (json_is_string(given)) {
        char *expression = expression_in(json_string_value(given));
        json_t *value = expression ? evaluate(question, expression) : json_deep_copy(given);
        free(expression);
        return value;
    }
    if (json_is_array(given)) {
        json_t *list = json_array(), *item;
        size_t i;
        json_array_foreach(given, i, item) json_array_append_new(list, answer_of(question, item, depth + 1));
        return list;
    }
    if (json_is_object(given)) {
        json_t *object = json_object(), *member;
        const char *key;
        json_object_foreach((json_t *)(uintptr_t)given, key, member)
            json_object_set_new(object, key, answer_of(question, member, depth + 1));
        return object;
    }
    return given ? json_deep_copy(given) : json_null();
}

static json_t *error_value(const char *type, const char *message)
{
    return json_pack("{s:s,s:s,s:[]}", "errorMessage", message, "errorType", type, "stackTrace");
}

/* The answer to an event: a new reference; `ret_failed`: it is an error's. */
static json_t *ask(struct dr_sim_call *call, const json_t *function, const char *version, const json_t *event,
                   bool *ret_failed)
{
    const json_t *given = json_object_get(function, "_given"), *error = json_object_get(given, "Error");
    *ret_failed = true;
    double seconds = json_number_value(json_object_get(given, "Seconds"));
    int64_t timeout = dr_sim_int_in(function, "Timeout", 3);
    if (seconds > (double)timeout) {
        char *message = dr_format("%s Task timed out after %lld.00 seconds", call->request_id, (long long)timeout);
        json_t *value = json_pack("{s:s}", "errorMessage", message);
        call->delay_ms += timeout * 1000;
        free(message);
        return value;
    }
    call->delay_ms += dr_sim_whole_ms(seconds * 1000);
    if (error)
        return error_value(*dr_sim_text_in(error, "Type") ? dr_sim_text_in(error, "Type") : "Error",
                           dr_sim_text_in(error, "Message"));
    struct question question = {.event = event, .now_ms = call->now_ms};
    question.bindings = json_pack("{s:O,s:{s:O,s:s,s:s,s:s}}", "event", event, "context", "functionName",
                                  json_object_get(function, "FunctionName"), "functionVersion", version, "awsRequestId",
                                  call->request_id, "region", call->region);
    json_t *value = answer_of(&question, json_object_get(given, "Answer"), 0);
    *ret_failed = question.problem != NULL;
    if (question.problem) {
        json_decref(value);
        value = error_value("JSONata", question.problem);
    }
    json_decref(question.bindings);
    free(question.problem);
    return value;
}

/* Whether one more may run now; it is counted until it ends. */
static bool begin(struct dr_sim_call *call, json_t *function)
{
    json_t *busy = json_object_get(function, "_busyUntil");
    const json_t *reserved = json_object_get(function, "_reserved");
    for (size_t i = json_array_size(busy); i-- > 0;)
        if (json_integer_value(json_array_get(busy, i)) <= (json_int_t)call->now_ms)
            json_array_remove(busy, i);
    json_int_t limit = reserved ? json_integer_value(reserved) : ACCOUNT_CONCURRENCY;
    if ((json_int_t)json_array_size(busy) < limit)
        return true;
    dr_sim_fail(call, 429, "TooManyRequestsException", "Rate Exceeded.");
    call->details =
        json_pack("{s:s,s:s}", "Reason",
                  reserved ? "ReservedFunctionConcurrentInvocationLimitExceeded" : "ConcurrentInvocationLimitExceeded",
                  "Type", "User");
    return false;
}

static json_t *read_event(const struct dr_sim_call *call)
{
    const json_t *payload = json_object_get(call->input, "Payload");
    if (!payload || (json_is_string(payload) && json_string_length(payload) == 0))
        return json_object();
    return json_is_string(payload) ? dr_json_parse(json_string_value(payload), json_string_length(payload), NULL)
                                   : NULL;
}

static void invoke(struct dr_sim_call *call)
{
    const char *version, *type = dr_sim_string(call, "InvocationType", "RequestResponse");
    json_t *function = function_of(call, &version);
    json_t *event = function ? read_event(call) : NULL;
    if (function && !event) {
        dr_sim_fail(call, 400, "InvalidRequestContentException", "Could not parse request body into json");
    } else if (function && strcmp(type, "DryRun") == 0) {
        call->output = json_pack("{s:i}", "StatusCode", 204);
        call->status = 204;
    } else if (function && begin(call, function)) {
        bool failed, later = strcmp(type, "Event") == 0;
        int64_t before = call->delay_ms;
        json_t *answer = ask(call, function, version, event, &failed);
        json_array_append_new(json_object_get(function, "_busyUntil"),
                              json_integer((json_int_t)(call->now_ms + call->delay_ms - before)));
        dr_sim_set_int(function, "_invocations", dr_sim_int_in(function, "_invocations", 0) + 1);
        if (later) { /* nobody waits for the answer */
            call->delay_ms = before;
            call->status = 202;
            call->output = json_pack("{s:i}", "StatusCode", 202);
        } else {
            char *text = json_dumps(answer, JSON_COMPACT | JSON_ENCODE_ANY);
            call->output = json_pack("{s:i,s:s,s:s}", "StatusCode", 200, "Payload", text ? text : "null",
                                     "ExecutedVersion", version);
            if (failed)
                dr_sim_set_text(call->output, "FunctionError", "Unhandled");
            free(text);
        }
        json_decref(answer);
    }
    json_decref(event);
}

/* --- Functions
 * --------------------------------------------------------------------------------------------------------- */

static void get_function(struct dr_sim_call *call)
{
    const char *version;
    const json_t *function = function_of(call, &version), *reserved;
    if (!function)
        return;
    call->output = json_pack("{s:o,s:{s:s,s:s}}", "Configuration", shown(function, version), "Code", "RepositoryType",
                             "S3", "Location", "https://simulated.invalid/code.zip");
    reserved = json_object_get(function, "_reserved");
    if (reserved)
        json_object_set_new(call->output, "Concurrency", json_pack("{s:O}", "ReservedConcurrentExecutions", reserved));
}

static void get_function_configuration(struct dr_sim_call *call)
{
    const char *version;
    const json_t *function = function_of(call, &version);
    if (function)
        call->output = shown(function, version);
}

static void list_functions(struct dr_sim_call *call)
{
    json_t *all = json_array(), *function;
    const char *name;
    json_object_foreach(dr_sim_table(call->cloud, call->account, call->region, FUNCTION), name, function)
        json_array_append_new(all, shown(function, "$LATEST"));
    dr_sim_page(call, "Functions", all, PAGE_MAX, "InvalidParameterValueException");
    json_decref(all);
}

static void list_versions(struct dr_sim_call *call)
{
    const json_t *function = function_of(call, NULL);
    if (!function)
        return;
    json_t *all = json_array(), *version;
    size_t i;
    json_array_append_new(all, shown(function, "$LATEST"));
    json_array_foreach(json_object_get(function, "_versions"), i, version)
        json_array_append_new(all, shown(function, json_string_value(version)));
    dr_sim_page(call, "Versions", all, PAGE_MAX, "InvalidParameterValueException");
    json_decref(all);
}

static void publish_version(struct dr_sim_call *call)
{
    json_t *function = function_of(call, NULL), *versions = json_object_get(function, "_versions");
    if (!function)
        return;
    char *number = dr_format("%zu", json_array_size(versions) + 1);
    json_array_append_new(versions, json_string(number));
    call->output = shown(function, number);
    call->status = 201;
    free(number);
}

/* --- Concurrency
 * --------------------------------------------------------------------------------------------------------- */

static void put_concurrency(struct dr_sim_call *call)
{
    json_t *function = function_of(call, NULL);
    if (!function)
        return;
    dr_sim_set_int(function, "_reserved", dr_sim_int(call, "ReservedConcurrentExecutions", 0));
    call->output = json_pack("{s:O}", "ReservedConcurrentExecutions", json_object_get(function, "_reserved"));
}

static void get_concurrency(struct dr_sim_call *call)
{
    const json_t *function = function_of(call, NULL), *reserved = json_object_get(function, "_reserved");
    if (function)
        call->output = reserved ? json_pack("{s:O}", "ReservedConcurrentExecutions", reserved) : json_object();
}

static void delete_concurrency(struct dr_sim_call *call)
{
    json_t *function = function_of(call, NULL);
    if (function) {
        json_object_del(function, "_reserved");
        call->status = 204;
    }
}

/* --- Aliases
 * -------------------------------------------------------------------------------------------------------------- */

static json_t *make_alias(const json_t *function, const char *name, const char *version, const char *description)
{
    char *arn = dr_format("%s:%s", dr_sim_text_in(function, "FunctionArn"), name);
    json_t *alias = json_pack("{s:s,s:s,s:s,s:s}", "AliasArn", arn, "Name", name, "FunctionVersion", version,
                              "Description", description);
    json_object_set_new(json_object_get(function, "_aliases"), name, alias);
    free(arn);
    return alias;
}

/* The alias that the call names; NULL: the call has failed. */
static json_t *alias_of(struct dr_sim_call *call, json_t **ret_function)
{
    *ret_function = function_of(call, NULL);
    const char *name = dr_sim_string(call, "Name", "");
    json_t *alias = json_object_get(json_object_get(*ret_function, "_aliases"), name);
    if (*ret_function && !alias) {
        char *arn = dr_format("%s:%s", dr_sim_text_in(*ret_function, "FunctionArn"), name);
        dr_sim_fail(call, 404, "ResourceNotFoundException", "Cannot find alias arn: %s", arn);
        free(arn);
    }
    return alias;
}

static bool is_version(struct dr_sim_call *call, const json_t *function, const char *version)
{
    if (strcmp(version, "$LATEST") == 0 || dr_sim_lists(json_object_get(function, "_versions"), version))
        return true;
    no_function(call, dr_sim_text_in(function, "FunctionName"), version);
    return false;
}

static void create_alias(struct dr_sim_call *call)
{
    const json_t *function = function_of(call, NULL);
    const char *name = dr_sim_string(call, "Name", ""), *version = dr_sim_string(call, "FunctionVersion", "");
    if (!function || !is_version(call, function, version))
        return;
    if (json_object_get(json_object_get(function, "_aliases"), name)) {
        dr_sim_fail(call, 409, "ResourceConflictException", "Alias already exists: %s:%s",
                    dr_sim_text_in(function, "FunctionArn"), name);
        return;
    }
    call->output = json_incref(make_alias(function, name, version, dr_sim_string(call, "Description", "")));
    call->status = 201;
}

static void get_alias(struct dr_sim_call *call)
{
    json_t *function, *alias = alias_of(call, &function);
    if (alias)
        call->output = json_incref(alias);
}

static void update_alias(struct dr_sim_call *call)
{
    static const char *const members[] = {"FunctionVersion", "Description", "RoutingConfig", NULL};
    json_t *function, *alias = alias_of(call, &function);
    const char *version = dr_sim_string(call, "FunctionVersion", "$LATEST");
    if (!alias || !is_version(call, function, version))
        return;
    dr_sim_take(alias, call->input, members);
    call->output = json_incref(alias);
}

static void delete_alias(struct dr_sim_call *call)
{
    json_object_del(json_object_get(function_of(call, NULL), "_aliases"), dr_sim_string(call, "Name", ""));
    if (!call->error)
        call->status = 204;
}

static void list_aliases(struct dr_sim_call *call)
{
    const json_t *function = function_of(call, NULL);
    if (!function)
        return;
    json_t *all = json_array(), *alias;
    const char *name;
    json_object_foreach(json_object_get(function, "_aliases"), name, alias) json_array_append(all, alias);
    dr_sim_page(call, "Aliases", all, PAGE_MAX, "InvalidParameterValueException");
    json_decref(all);
}

static const struct dr_sim_operation operations[] = {
    {"CreateAlias", create_alias, DR_SIM_CONTROL},
    {"DeleteAlias", delete_alias, DR_SIM_CONTROL},
    {"DeleteFunctionConcurrency", delete_concurrency, DR_SIM_CONTROL},
    {"GetAlias", get_alias, DR_SIM_CONTROL},
    {"GetFunction", get_function, DR_SIM_CONTROL},
    {"GetFunctionConcurrency", get_concurrency, DR_SIM_CONTROL},
    {"GetFunctionConfiguration", get_function_configuration, DR_SIM_CONTROL},
    {"Invoke", invoke, DR_SIM_DATA},
    {"ListAliases", list_aliases, DR_SIM_CONTROL},
    {"ListFunctions", list_functions, DR_SIM_CONTROL},
    {"ListVersionsByFunction", list_versions, DR_SIM_CONTROL},
    {"PublishVersion", publish_version, DR_SIM_CONTROL},
    {"PutFunctionConcurrency", put_concurrency, DR_SIM_CONTROL},
    {"UpdateAlias", update_alias, DR_SIM_CONTROL},
    {NULL, NULL, DR_SIM_CONTROL},
};

/* --- Worlds: { Functions: { NAME: { Answer, Error: { Type, Message }, Seconds, Timeout, Concurrency, Versions,
 * Aliases: { NAME: VERSION } } } }
 * ------------------------------------------------------------------------------------- */

/* What is wrong with the expressions of an answer: owned by the caller, NULL: nothing. */
static char *syntax_problem(const json_t *given, unsigned depth)
{
    char *problem = NULL;
    const char *key;
    json_t *member;
    size_t i;
    if (depth > DR_DEPTH_MAX)
        return NULL;
    char *expression = json_is_string(given) ? expression_in(json_string_value(given)) : NULL;
    if (expression) {
        struct jsonata_error error = {0};
        struct jsonata *program = jsonata_compile(expression, strlen(expression), NULL, &error);
        problem = program ? NULL : dr_copy_string(error.message);
        jsonata_free(program);
    }
    free(expression);
    json_array_foreach(given, i, member) problem = problem ? problem : syntax_problem(member, depth + 1);
    json_object_foreach((json_t *)(uintptr_t)given, key, member) problem =
        problem ? problem : syntax_problem(member, depth + 1);
    return problem;
}

static bool load_function(const struct dr_sim_place *place, const char *name, const json_t *given, char **ret_problem)
{
    char *problem = syntax_problem(json_object_get(given, "Answer"), 0);
    if (problem) {
        *ret_problem = dr_format("lambda.Functions.%s.Answer: %s", name, problem);
        free(problem);
        return false;
    }
    char *arn = dr_sim_arn("lambda", place->region, place->account, "function:%s", name);
    char *role = dr_sim_arn("iam", "", place->account, "role/%s", name);
    const char *runtime = *dr_sim_text_in(given, "Runtime") ? dr_sim_text_in(given, "Runtime") : "python3.9";
    json_t *kept = json_is_object(given) ? json_deep_copy(given) : json_object();
    if (!json_object_get(kept, "Seconds"))
        json_object_set_new(kept, "Seconds", json_real(SECONDS));
    json_t *function =
        json_pack("{s:s,s:s,s:s,s:s,s:s,s:i,s:s,s:I,s:i,s:s,s:s,s:s,s:s,s:[s],s:o,s:{},s:[],s:[]}", "FunctionName",
                  name, "FunctionArn", arn, "Runtime", runtime, "Role", role, "Handler", "index.handler", "CodeSize",
                  1024, "Description", "", "Timeout", (json_int_t)dr_sim_int_in(given, "Timeout", 3), "MemorySize", 128,
                  "Version", "$LATEST", "State", "Active", "LastUpdateStatus", "Successful", "PackageType", "Zip",
                  "Architectures", "x86_64", "_given", kept, "_aliases", "_versions", "_busyUntil");
    dr_sim_set_time(function, "LastModified", place->now_ms);
    if (json_object_get(given, "Concurrency"))
        json_object_set(function, "_reserved", json_object_get(given, "Concurrency"));
    for (int64_t i = 1; i <= dr_sim_int_in(given, "Versions", 1); i++) {
        char *number = dr_format("%lld", (long long)i);
        json_array_append_new(json_object_get(function, "_versions"), json_string(number));
        free(number);
    }
    const char *alias;
    json_t *version;
    json_object_foreach(json_object_get(given, "Aliases"), alias, version)
    {
        const char *number = json_string_value(version);
        if (!version_of(function, number ? number : "?") && !*ret_problem)
            *ret_problem = dr_format("lambda.Functions.%s.Aliases.%s: there is no version %s", name, alias, number);
        make_alias(function, alias, number ? number : "", "");
    }
    dr_sim_put(place->cloud, place->account, place->region, FUNCTION, name, function);
    free(arn);
    free(role);
    return !*ret_problem;
}

static bool load(struct dr_sim_cloud *cloud, const char *account, const char *region, const json_t *given,
                 char **ret_problem)
{
    const struct dr_sim_place place = {cloud, account, region, dr_sim_now(cloud)};
    const char *name;
    json_t *row;
    json_object_foreach(json_object_get(given, "Functions"), name, row)
    {
        if (!load_function(&place, name, row, ret_problem))
            return false;
    }
    return true;
}

const struct dr_sim_service dr_sim_lambda = {.name = "lambda", .operations = operations, .load = load};
