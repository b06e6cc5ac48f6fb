/* Calls under way: started only after their record is durable, finished through a queue so that no state is ever
 * stepped from inside a callback. */
#include "interpreter/engine/tree.h"

#include "interpreter/base/limits.h"
#include "providers/secrets.h"

#include <assert.h>
#define OPENSSL_SUPPRESS_DEPRECATED /* the one-call SHA256() brings all of EVP along: a slow start */
#include <openssl/sha.h>
#include <string.h>

struct dr_effect_call {
    struct dr_call call; /* first: a primitive's pointer to its call is a pointer to this */
    struct dr_execution *execution;
    struct dr_branch *branch;
    struct dr_resolution *resolving; /* of the references in its arguments: the primitive has not started yet */
    struct dr_secrets *secrets;
    json_t *arguments;
    char token[37];
    bool finished;  /* the primitive is done with it: it is on the list of completions, or was taken from there */
    bool submitted; /* its answer is awaited, and no more of the primitive */
    json_t *output, *detail;
    struct dr_error error;
    struct dr_effect_call *next;
};

void dr_effect_token(const struct dr_execution *execution, const struct dr_branch *branch, char token[37])
{
    unsigned char digest[SHA256_DIGEST_LENGTH];
    char *text = dr_format("%s:%llu", execution->id, (unsigned long long)branch->call);
    SHA256_CTX running;
    SHA256_Init(&running);
    SHA256_Update(&running, text, strlen(text));
    SHA256_Final(digest, &running);
    free(text);
    char *out = token;
    for (unsigned i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *out++ = '-';
        *out++ = "0123456789abcdef"[digest[i] >> 4];
        *out++ = "0123456789abcdef"[digest[i] & 15];
    }
    *out = '\0';
}

bool dr_effect_awaits_answer(const struct dr_resource *resource)
{
    return resource && resource->kind == DR_RESOURCE_PRIMITIVE &&
           ((const struct dr_primitive *)(const void *)resource)->awaits_answer;
}

enum dr_repeat dr_effect_repeat(const struct dr_resource *resource, const json_t *arguments)
{
    const struct dr_primitive *primitive = (const void *)resource;
    if (primitive->repeat)
        return primitive->repeat(primitive, arguments);
    return resource->effect == DR_EFFECT_READ ? DR_REPEAT_SAFE : DR_REPEAT_NEVER;
}

const struct dr_resource *dr_effect_resource(const struct dr_state *state, unsigned stage)
{
    if (state->kind == DR_TASK)
        return state->task.resource;
    if (state->kind != DR_MAP)
        return NULL;
    if (stage == DR_MAP_READ || stage == DR_MAP_FETCH)
        return !state->map.reader ? NULL : stage == DR_MAP_READ ? state->map.reader->resource : state->map.reader->get;
    return stage == DR_MAP_WRITE && state->map.writer ? state->map.writer->resource : NULL;
}

/* What the primitive noted, as the journal may have it: masked, and not so much that it buries everything else. */
static json_t *kept_detail(const struct dr_effect_call *effect)
{
    struct dr_text text = {0};
    json_t *detail = dr_secrets_mask(effect->secrets, effect->call.detail);
    if (detail && !dr_text_json(&text, detail, DR_DETAIL_BYTES_MAX)) {
        json_decref(detail);
        detail = NULL;
    }
    dr_text_done(&text);
    return detail;
}

json_t *dr_effect_detail(const struct dr_branch *branch)
{
    return branch->effect ? kept_detail(branch->effect) : NULL;
}

static void append_finished(struct dr_effect_call *effect)
{
    struct dr_execution *execution = effect->execution;
    assert(!effect->finished);
    effect->finished = true;
    effect->next = NULL;
    if (execution->finished_last)
        execution->finished_last->next = effect;
    else
        execution->finished_first = effect;
    execution->finished_last = effect;
}

static void finish(struct dr_call *call, json_t *output, const struct dr_error *error, bool unknown)
{
    struct dr_effect_call *effect = call->engine;
    effect->output = dr_secrets_mask(effect->secrets, output);
    effect->detail = kept_detail(effect);
    if (error) {
        bool lost =
            unknown && dr_effect_repeat(&call->primitive->resource, effect->branch->arguments) == DR_REPEAT_NEVER;
        effect->error.error = dr_copy_string(lost ? "Drrun.OutcomeUnknown" : error->error);
        effect->error.cause = dr_secrets_mask_text(effect->secrets, error->cause);
    }
    append_finished(effect);
}

static void submitted(struct dr_call *call, json_t *output)
{
    struct dr_effect_call *effect = call->engine;
    effect->output = dr_secrets_mask(effect->secrets, output);
    effect->detail = kept_detail(effect);
    effect->submitted = true;
    append_finished(effect);
}

void dr_effect_queue(struct dr_execution *execution, struct dr_branch *branch)
{
    if (branch->pending)
        return;
    if (execution->pending_count == execution->pending_capacity) {
        execution->pending_capacity = execution->pending_capacity ? 2 * execution->pending_capacity : 16;
        execution->pending = dr_resize(execution->pending, execution->pending_capacity, sizeof *execution->pending);
    }
    execution->pending[execution->pending_count++] = branch;
    branch->pending = true;
}

/* [D29] The only copy of the arguments with the secrets in them is the primitive's. */
static void resolved(void *data, json_t *arguments, struct dr_secrets *secrets, const struct dr_error *error)
{
    struct dr_effect_call *effect = data;
    struct dr_runtime *runtime = effect->call.runtime;
    effect->resolving = NULL;
    effect->secrets = secrets;
    effect->call.arguments = effect->arguments = json_incref(arguments);
    if (runtime->ops->now_ms(runtime) > effect->call.now_ms) /* fetching took its time */
        effect->call.now_ms = runtime->ops->now_ms(runtime);
    if (arguments)
        effect->call.primitive->start(&effect->call);
    else
        finish(&effect->call, NULL, error, false);
}

void dr_effect_start(struct dr_execution *execution, struct dr_branch *branch)
{
    const struct dr_primitive *primitive = (const void *)branch->resource;
    struct dr_effect_call *effect = dr_alloc(sizeof *effect);
    struct dr_runtime *runtime = execution->options.runtime;
    effect->execution = execution;
    effect->branch = branch;
    dr_effect_token(execution, branch, effect->token);
    effect->call = (struct dr_call){
        .primitive = primitive,
        .runtime = runtime,
        .host_ops = &execution->host_ops,
        .host = execution,
        .token = effect->token,
        .execution_id = execution->id,
        .state_name = branch->state->name,
        .execution_name = dr_execution_name(execution),
        .region = branch->region ? branch->region : dr_branch_region(execution, branch),
        .credentials = branch->credentials,
        .directory = execution->directory,
        .now_ms = execution->now_ms,
        .deadline_ms = branch->deadline_ms,
        .finish = finish,
        .submitted = submitted,
        .engine = effect,
    };
    branch->pending = false;
    branch->effect = effect;
    execution->calls_running++;
    if (branch->submitted) { /* [D28] by a life before this one */
        effect->finished = effect->submitted = true;
        return;
    }
    if (runtime->ops->simulates(runtime) && !primitive->local) {
        struct dr_error error = {0};
        dr_error_set(&error, "Drrun.NotSimulated", "%s is not simulated", primitive->resource.name);
        finish(&effect->call, NULL, &error, false);
        dr_error_done(&error);
        return;
    }
    const struct dr_secret_place place = {.source = execution->options.secrets,
                                          .runtime = runtime,
                                          .region = effect->call.region,
                                          .credentials = effect->call.credentials,
                                          .execution_name = effect->call.execution_name,
                                          .deadline_ms = effect->call.deadline_ms};
    effect->resolving = dr_secrets_resolve(branch->arguments, &place, resolved, effect);
}

/* Everything that only the primitive and its result needed, the resolved secrets above all. */
static void let_go(struct dr_effect_call *effect)
{
    json_decref(effect->arguments);
    json_decref(effect->output);
    json_decref(effect->detail);
    json_decref(effect->call.detail);
    dr_error_done(&effect->error);
    dr_secrets_free(effect->secrets);
    effect->call.arguments = effect->call.detail = effect->arguments = effect->output = effect->detail = NULL;
    effect->secrets = NULL;
}

static void forget(struct dr_execution *execution, struct dr_effect_call *effect)
{
    effect->branch->effect = NULL;
    execution->calls_running--;
    let_go(effect);
    free(effect);
}

void dr_effect_cancel(struct dr_execution *execution, struct dr_branch *branch)
{
    for (size_t i = 0; branch->pending && i < execution->pending_count; i++)
        if (execution->pending[i] == branch) {
            branch->pending = false;
            execution->pending[i] = execution->pending[--execution->pending_count];
            break;
        }
    struct dr_effect_call *effect = branch->effect;
    if (!effect)
        return;
    if (effect->resolving) {
        dr_secrets_cancel(effect->resolving);
    } else if (!effect->finished) {
        if (effect->call.primitive->cancel)
            effect->call.primitive->cancel(&effect->call);
    } else {
        struct dr_effect_call **link = &execution->finished_first, *last = NULL;
        while (*link && *link != effect) {
            last = *link;
            link = &(*link)->next;
        }
        if (*link) {
            *link = effect->next;
            if (execution->finished_last == effect)
                execution->finished_last = last;
        }
    }
    forget(execution, effect);
}

/* An answer too large for the state's data fails the call; a submission that large did not fail, and what it said is
 * let go of. */
static void take_output(const struct dr_effect_call *effect, struct dr_event *event)
{
    struct dr_text text = {0};
    if (dr_text_json(&text, effect->output, DR_PAYLOAD_BYTES_MAX))
        event->data = json_incref(effect->output);
    else if (!effect->submitted)
        dr_error_set(&event->error, "States.DataLimitExceeded",
                     "The state/task '%s' returned a result with a size exceeding the maximum number of bytes "
                     "service limit.",
                     effect->branch->state->name);
    dr_text_done(&text);
}

bool dr_effect_take(struct dr_execution *execution, struct dr_event *event)
{
    struct dr_effect_call *effect = execution->finished_first;
    if (!effect)
        return false;
    execution->finished_first = effect->next;
    if (!effect->next)
        execution->finished_last = NULL;
    effect->next = NULL;
    *event = (struct dr_event){.kind = effect->submitted ? DR_EVENT_SUBMITTED : DR_EVENT_RESULT,
                               .branch = effect->branch,
                               .due_ms = DR_TIME_NONE,
                               .detail = effect->detail,
                               .error = effect->error};
    effect->error = (struct dr_error){0};
    effect->detail = NULL;
    if (!event->error.error)
        take_output(effect, event);
    if (effect->submitted)
        let_go(effect); /* what is left stands for the wait */
    else
        forget(execution, effect);
    return true;
}
