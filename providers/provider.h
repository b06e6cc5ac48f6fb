/* What a primitive is to the engine: one row that says what it takes, what may be repeated, and how to start and cancel
 * it.
 *
 * A call's life: the engine journals its arguments (dynamic references unresolved), commits, resolves the references,
 * and calls start(). The primitive finishes it exactly once with dr_call_succeed(), dr_call_fail() or
 * dr_call_unknown(), at once or later from a runtime callback; the engine only queues that. After cancel() it must not
 * finish any more and must have let go of everything.
 */
#ifndef DRRUN_PROVIDERS_PROVIDER_H
#define DRRUN_PROVIDERS_PROVIDER_H

#include "interpreter/base/runtime.h"
#include "interpreter/definition/catalogue.h"
#include "interpreter/expression/expression.h"

struct dr_call;

/* What may be done when it is not known whether a call took effect (design 4.3). */
enum dr_repeat {
    DR_REPEAT_SAFE,  /* a read, or idempotent by nature: send it again */
    DR_REPEAT_TOKEN, /* idempotent under the same token: send it again with dr_call.token */
    DR_REPEAT_NEVER, /* Drrun.OutcomeUnknown */
};

struct dr_primitive {
    struct dr_resource resource; /* kind DR_RESOURCE_PRIMITIVE; `primitive` is not used */
    /* From the arguments as journaled (a GET is safe, a POST is not). NULL: by the effect, reads are safe, others
     * never. */
    enum dr_repeat (*repeat)(const struct dr_primitive *primitive, const json_t *arguments);
    void (*start)(struct dr_call *call);
    void (*cancel)(struct dr_call *call); /* NULL: it always finishes within start() */
    /* true: it waits for a person or another program (drrun approve, SendTaskSuccess); the engine finishes it by its
     * token. */
    bool awaits_answer;
    /* true: it runs in virtual time too, because it neither reaches the network nor starts a process, or does so only
     * through the runtime's http and process functions, which a simulating runtime answers itself. The engine refuses
     * every other primitive there (Drrun.NotSimulated). */
    bool local;
};

/* What the host (the engine, the command line) does for primitives. */
struct dr_host_ops {
    /* Durable facts shared by the executions of one store. A new reference {"Value","Version","UpdatedAt","By"} or NULL
     * if there is none. */
    json_t *(*fact_get)(void *host, const char *key, char **ret_problem);
    /* Sets it durably. `if_version` < 0: whatever is there; 0: only if there is none; else only that version. Returns
     * the new version; -1: the condition does not hold; -2: `ret_problem` (owned by the caller) tells. A call repeated
     * with the same `token` does nothing new. */
    int64_t (*fact_put)(void *host, const char *key, const json_t *value, int64_t if_version, const char *token,
                        char **ret_problem);
    void (*log)(void *host, const char *level, const char *message);
    void (*metric)(void *host, const char *name, double value, const char *unit, int64_t at_ms);
};

struct dr_call {
    const struct dr_primitive *primitive;
    json_t *arguments; /* borrowed; dynamic references resolved: may hold secrets, so never logged */
    struct dr_runtime *runtime;
    const struct dr_host_ops *host_ops;
    void *host;
    const char *token; /* the same whenever this attempt of this step is repeated after a crash; 36 characters like a
                          UUID; also the task token */
    const char *execution_id, *state_name;
    const char *region;    /* NULL: none */
    const char *directory; /* of the runbook: relative paths mean this */
    int64_t now_ms;
    int64_t deadline_ms;       /* INT64_MAX: none; the engine enforces it, the primitive may use it */
    const json_t *credentials; /* of the Task, evaluated: {"RoleArn", "ExternalId"}; NULL: none */
    const char *execution_name;
    void *data;     /* the primitive's own; freed by it in finish or cancel */
    json_t *detail; /* dr_call_detail() */
    void (*finish)(struct dr_call *call, json_t *output, const struct dr_error *error,
                   bool unknown);                            /* the engine's; borrows output and error */
    void (*submitted)(struct dr_call *call, json_t *output); /* the engine's; borrows output */
    void *engine;
};

/* Finish a call. Exactly one of the three, once. */
void dr_call_succeed(struct dr_call *call, json_t *output /* steals */);
void dr_call_fail(struct dr_call *call, const char *error, const char *cause_format, ...)
    __attribute__((format(printf, 3, 4)));
/* The request may or may not have taken effect. The engine repeats it if `repeat` allows, else raises
 * Drrun.OutcomeUnknown with this cause; `error` is what a call that may be repeated fails with ("States.Http.Socket").
 */
void dr_call_unknown(struct dr_call *call, const char *error, const char *cause_format, ...)
    __attribute__((format(printf, 3, 4)));

/* Beside output or error, what the record of the result keeps for people and reports, not for the state data: request
 * ids, attempts. Before the call is finished; an object, stolen. */
void dr_call_detail(struct dr_call *call, json_t *detail);
/* Of a primitive that awaits an answer: the request that carries the token was answered; from here on only the answer
 * is awaited. Journaled, so that a resume does not send it again. `output` (stolen) is what it said. The call is then
 * the engine's alone: as after finishing it, the primitive has let go of everything, and cancel() does not follow.
 * Until then `repeat` says what a resume may do, and an answer that comes earlier ends the call with cancel(). */
void dr_call_submitted(struct dr_call *call, json_t *output);

/* All primitives of this build, NULL-terminated, as the catalogue wants them (a pointer to the resource is a pointer to
 * its struct dr_primitive). */
const struct dr_resource *const *dr_primitives(void);

/* Arguments are checked against the schema before start() (names, types, required), so these only fetch. */
const char *dr_argument_string(const struct dr_call *call, const char *name, const char *otherwise);
int64_t dr_argument_int(const struct dr_call *call, const char *name, int64_t otherwise);
double dr_argument_real(const struct dr_call *call, const char *name, double otherwise);
bool dr_argument_bool(const struct dr_call *call, const char *name, bool otherwise);

#endif
