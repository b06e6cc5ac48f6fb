/* A state type: a row of functions that decide. Deciding is pure: definition, data and the time of the turn go in, a
 * decision comes out; the engine journals it, applies it and starts the effects.
 *
 *     READY --enter--> LEAVE | CALL | WAIT | FORK | FAIL
 *     a call answered, a wait over, the branches joined --resume--> LEAVE | CALL | FORK | FAIL
 *
 * A Map goes through up to three stages (read the items, run them, write the results), so `stage` tells resume which
 * one ended.
 */
#ifndef DRRUN_STATES_STATE_TYPE_H
#define DRRUN_STATES_STATE_TYPE_H

#include "interpreter/definition/definition.h"

#define DR_TIME_NONE INT64_MAX /* no deadline, no bound */

/* What a state can see when it decides. All borrowed. */
struct dr_moment {
    const struct dr_state *state;
    json_t *input;       /* the raw state input */
    struct dr_view view; /* .input is the raw input; scope, context, randomness and time are set */
    unsigned stage;
    const char *execution_id;
    json_t *carried;               /* by the call that was answered; NULL: nothing */
    const struct dr_error *failed; /* of a Map: its items failed it, and `result` tells of each; NULL: it succeeded */
};

enum dr_map_stage { DR_MAP_START, DR_MAP_READ, DR_MAP_RUN, DR_MAP_WRITE, DR_MAP_FETCH /* what was read names */ };

enum dr_decision_kind {
    DR_DECIDE_LEAVE, /* to `next` (NULL: the machine ends) with `output`; `assigned` variables take effect */
    DR_DECIDE_CALL,  /* `resource` with `output` as its arguments */
    DR_DECIDE_WAIT,  /* until `until_ms`, then resume */
    DR_DECIDE_FORK,  /* into the machines of a Parallel, the items of a Map (`items`), or the machine of an action or
                        runbook */
    DR_DECIDE_FAIL,  /* `error` */
};

struct dr_decision {
    enum dr_decision_kind kind;
    const struct dr_state *next;
    json_t *output;   /* LEAVE: the state's output. CALL: the arguments. FORK: what each branch starts with (a Map: what
                         its ItemSelector sees) */
    json_t *assigned; /* LEAVE: an object, or NULL */
    const struct dr_resource *resource; /* CALL */
    char *region;                       /* CALL, FORK of an action: owned; NULL: what surrounds the state says */
    json_t *credentials;                /* the same: {"RoleArn", "ExternalId"} */
    json_t *carried;                    /* CALL: what the state wants to know when it is answered; NULL: nothing */
    int64_t timeout_ms, heartbeat_ms;   /* CALL, FORK of an action: DR_TIME_NONE: none */
    int64_t until_ms;                   /* WAIT */
    json_t *items;                      /* FORK of a Map: an array of items, or of batches if `items_ready` */
    bool items_ready;        /* the branches start with the items as they are; else ItemSelector makes their input */
    int64_t concurrency_max; /* FORK of a Map: 0: no limit */
    int64_t tolerated_count; /* FORK of a Map: failures that do not fail it; negative: not given */
    double tolerated_percentage; /* the same as a share of the items; negative: not given */
    struct dr_error error;       /* FAIL */
    bool error_is_ours;          /* FAIL: the cause gets "An error occurred while executing the state ..." in front */
    unsigned stage;              /* CALL, FORK: the branch's stage from here on */
};
void dr_decision_done(struct dr_decision *decision);

struct dr_state_type {
    const char *name; /* the ASL "Type" */
    void (*enter)(const struct dr_moment *moment, struct dr_decision *decision);
    /* `result`: the call's result, the joined results, or NULL after a wait. NULL where the state never waits. */
    void (*resume)(const struct dr_moment *moment, json_t *result, struct dr_decision *decision);
};

extern const struct dr_state_type *const dr_state_types[]; /* by enum dr_state_kind */

/* What the branch of item `index` of a Map starts with: ItemSelector over `selected_from`, or the item itself. `moment`
 * is the Map's own. A new reference, or NULL with a failing decision. Borrows. */
json_t *dr_map_item(const struct dr_moment *moment, json_t *selected_from, json_t *item, size_t index,
                    struct dr_decision *decision);

#endif
