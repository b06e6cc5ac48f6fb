#include "tests/support/simulated.h"

#include "tests/support/lab.h"

#include "interpreter/base/text.h"
#include "interpreter/document/document.h"
#include "interpreter/runtime/virtual.h"
#include "providers/aws/client/client.h"
#include "providers/simulated/serve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define START_MS INT64_C(1767225600000) /* 2026-01-01T00:00:00Z */
#define SEED 7

static _Noreturn void give_up(const char *what, const char *why)
{
    fprintf(stderr, "simulated test: %s: %s\n", what, why ? why : "");
    abort();
}

/* JSON that may have ' for ". */
static json_t *read_json(const char *text)
{
    char *plain = dr_copy_string(text ? text : "{}"), *problem = NULL;
    for (char *at = plain; *at; at++)
        if (*at == '\'')
            *at = '"';
    json_t *value = dr_json_parse(plain, strlen(plain), &problem);
    if (!value)
        give_up(text, problem);
    free(plain);
    return value;
}

static json_t *read_world(const char *text)
{
    struct dr_diagnostics found = {0};
    struct dr_document *document = dr_document_parse("world.yaml", text, strlen(text), &found);
    if (!document)
        give_up("the world", found.count ? found.items[0].message : "");
    json_t *world = dr_node_json(document->root);
    dr_document_free(document);
    dr_diagnostics_done(&found);
    return world;
}

static const char *one_attempt(const char *name)
{
    return strcmp(name, "AWS_MAX_ATTEMPTS") == 0 ? "1" : NULL;
}

/* --- The world ------------------------------------------------------------------------------------------------------
 */

static bool open_world(struct dr_simulated *simulated, const char *world, char **ret_problem)
{
    char *folder = dr_lab_models();
    const char *const folders[] = {folder, NULL};
    *simulated = (struct dr_simulated){.now_ms = START_MS};
    simulated->aws =
        dr_aws_new(&(struct dr_aws_options){.environment = one_attempt, .model_folders = folder ? folders : NULL});
    free(folder);
    json_t *given = read_world(world);
    simulated->cloud = dr_sim_cloud_new(given, dr_aws_models(simulated->aws), SEED, START_MS, ret_problem);
    json_decref(given);
    return simulated->cloud != NULL;
}

void dr_simulated_open(struct dr_simulated *simulated, const char *world)
{
    char *problem = NULL;
    if (!open_world(simulated, world, &problem))
        give_up("the world", problem);
}

char *dr_simulated_problem(const char *world)
{
    struct dr_simulated simulated;
    char *problem = NULL;
    open_world(&simulated, world, &problem);
    dr_simulated_close(&simulated);
    return problem;
}

void dr_simulated_close(struct dr_simulated *simulated)
{
    dr_sim_cloud_free(simulated->cloud);
    dr_aws_free(simulated->aws);
    *simulated = (struct dr_simulated){0};
}

void dr_simulated_wait(struct dr_simulated *simulated, int64_t seconds)
{
    simulated->now_ms += seconds * 1000;
    dr_sim_advance(simulated->cloud, simulated->now_ms);
}

unsigned dr_simulated_fault(struct dr_simulated *simulated, const char *fault)
{
    json_t *given = read_json(fault);
    char *problem = NULL;
    dr_sim_advance(simulated->cloud, simulated->now_ms);
    unsigned id = dr_sim_fault_begin(simulated->cloud, given, &problem);
    json_decref(given);
    if (!id)
        give_up(fault, problem);
    return id;
}

/* --- Runs -----------------------------------------------------------------------------------------------------------
 */

json_t *dr_simulated_runbook(struct dr_simulated *simulated, const char *text, const char *input)
{
    char *id = dr_format("run-%u", ++simulated->runs);
    struct dr_lab lab = {.store = dr_store_memory(),
                         .id = id,
                         .start_ms = simulated->now_ms,
                         .script = &dr_sim_script,
                         .script_data = simulated->cloud,
                         .aws = true};
    json_t *given = read_json(input);
    json_t *result = dr_lab_run(&lab, "run.yaml", text, given);
    simulated->now_ms += json_integer_value(json_object_get(result, "durationMs"));
    json_decref(given);
    dr_store_free(lab.store);
    dr_lab_done(&lab);
    free(id);
    return result;
}

json_t *dr_simulated_run(struct dr_simulated *simulated, const char *region, const char *resource,
                         const char *arguments)
{
    json_t *given = read_json(arguments);
    json_t *runbook = json_pack("{s:{s:s,s:s},s:s,s:s,s:{s:{s:s,s:s,s:s,s:o,s:b}}}", "Runbook", "Name", "test",
                                "Region", region, "QueryLanguage", "JSONata", "StartAt", "Do", "States", "Do", "Type",
                                "Task", "Resource", resource, "Region", region, "Arguments", given, "End", 1);
    char *text = json_dumps(runbook, 0);
    json_t *result = dr_simulated_runbook(simulated, text, "{}");
    free(text);
    json_decref(runbook);
    return result;
}

/* --- Calls ----------------------------------------------------------------------------------------------------------
 */

struct reply {
    json_t *value;
    bool arrived;
};

static void keep(void *data, const struct dr_aws_outcome *outcome)
{
    struct reply *reply = data;
    reply->arrived = true;
    if (outcome->output) {
        reply->value = json_deep_copy(outcome->output);
    } else if (outcome->error) {
        const struct dr_aws_error *error = outcome->error;
        reply->value =
            json_pack("{s:{s:s,s:s,s:i,s:O*}}", "Error", "Code", error->code, "Message",
                      error->message ? error->message : "", "Status", error->status, "Details", error->details);
    } else {
        reply->value = json_pack("{s:s}", "Problem", outcome->problem ? outcome->problem : "");
    }
}

json_t *dr_simulated_call(struct dr_simulated *simulated, const char *region, const char *service,
                          const char *operation, const char *input)
{
    char *problem = NULL;
    const struct dr_aws_model *model = dr_aws_models_find(dr_aws_models(simulated->aws), service, &problem);
    const struct dr_aws_operation *found = model ? dr_aws_model_operation(model, operation) : NULL;
    if (!found)
        give_up(operation, problem ? problem : "no such operation");
    json_t *given = read_json(input);
    struct dr_runtime *runtime = dr_runtime_virtual_new(SEED, simulated->now_ms);
    dr_runtime_virtual_answer(runtime, &dr_sim_script, simulated->cloud);
    struct reply reply = {0};
    char *token = dr_format("00000000-0000-4000-8000-%012llx", (unsigned long long)simulated->now_ms); /* its own */
    const struct dr_aws_call call = {
        .operation = found, .input = given, .region = region, .token = token, .deadline_ms = INT64_MAX};
    dr_aws_call_start(simulated->aws, runtime, &call, keep, &reply);
    while (!reply.arrived && runtime->ops->wait(runtime, INT64_MAX))
        ;
    if (!reply.arrived)
        give_up(operation, "no answer ever comes");
    simulated->now_ms = dr_runtime_now(runtime);
    runtime->ops->free(runtime);
    free(token);
    json_decref(given);
    return reply.value;
}

json_t *dr_simulated_expect(struct dr_simulated *simulated, const char *region, const char *service,
                            const char *operation, const char *input, const char *code)
{
    json_t *answer = dr_simulated_call(simulated, region, service, operation, input);
    const char *got = dr_simulated_text(answer, "/Error/Code");
    if (json_object_get(answer, "Problem") || strcmp(got, code ? code : "") != 0) {
        char *shown = json_dumps(answer, 0);
        fprintf(stderr, "%s %s in %s: wanted %s, got ", operation, input, region, code && *code ? code : "an output");
        give_up("the answer", shown);
    }
    return answer;
}

/* --- Looking --------------------------------------------------------------------------------------------------------
 */

json_t *dr_simulated_at(const json_t *value, const char *pointer)
{
    json_t *at = (json_t *)(uintptr_t)value;
    while (at && *pointer == '/') {
        size_t size = strcspn(++pointer, "/");
        char *key = dr_copy_bytes(pointer, size);
        at = json_is_array(at) ? json_array_get(at, strtoull(key, NULL, 10)) : json_object_get(at, key);
        free(key);
        pointer += size;
    }
    return at;
}

const char *dr_simulated_text(const json_t *value, const char *pointer)
{
    const json_t *at = dr_simulated_at(value, pointer);
    return json_is_string(at) ? json_string_value(at) : "";
}
