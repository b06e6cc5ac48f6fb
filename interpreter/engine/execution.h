/* An execution: a running machine as a tree of branches, each in one state. A step is decide -> journal -> apply ->
 * effect. The tree changes only in dr_apply() (apply.c), in the live run and in a replay alike.
 *
 *     struct dr_execution *execution = dr_execution_new(&(struct dr_execution_options){...});
 *     dr_execution_start(execution, ...) or dr_execution_replay(execution, ...)
 *     while (dr_execution_turn(execution)) ;          until it ended, paused, was interrupted, or the store failed
 *     dr_execution_free(execution);
 */
#ifndef DRRUN_ENGINE_EXECUTION_H
#define DRRUN_ENGINE_EXECUTION_H

#include "interpreter/base/runtime.h"
#include "interpreter/definition/definition.h"
#include "interpreter/journal/journal.h"

#define DR_JOURNAL_FORMAT 1
#define DR_SEMANTICS 1 /* raised when the same journal would replay to other data: such a journal is then refused */

struct dr_execution;
struct dr_secret_source;

enum dr_status { DR_RUNNING, DR_SUCCEEDED, DR_FAILED_STATUS, DR_TIMED_OUT, DR_ABORTED_STATUS };
const char *dr_status_name(enum dr_status status); /* "SUCCEEDED", as AWS spells it */

/* What happened, for the live view, the trace, the history: AWS's event types, told in the order applied. Everything is
 * borrowed. */
enum dr_notice_kind {
#define ROW(symbol, name) DR_NOTICE_##symbol,
#include "interpreter/engine/notices.def"
#undef ROW
};
const char *dr_notice_name(enum dr_notice_kind kind); /* "TaskScheduled", ... */

struct dr_notice {
    enum dr_notice_kind kind;
    uint64_t id, previous; /* history event ids, from 1 */
    int64_t time_ms;
    const struct dr_state *state;
    uint32_t branch;
    unsigned depth;     /* 0: the runbook's own states; 1: inside one Parallel, Map or action; ... */
    bool inside_action; /* a step of an action, not of the runbook */
    const json_t *input, *output, *assigned;
    const json_t *detail; /* of a call that ended or was submitted: request ids, attempts; NULL: nothing is known */
    const char *region;   /* of a call that begins; NULL: none */
    const json_t *credentials; /* the same */
    const struct dr_error *error;
    const char *resource, *token;
    int64_t due_ms;      /* of a wait, a back-off, a call's deadline */
    unsigned attempt;    /* from 1 */
    size_t index, count; /* of Map items */
    int64_t entered_ms;  /* when the state was entered */
    const char *path;    /* a readable place of the branch: "Deploy[1]/Check" */
};

struct dr_observer {
    void (*notice)(void *data, const struct dr_notice *notice);
    void (*log)(void *data, const char *level, const char *message);
    void (*metric)(void *data, const char *name, double value, const char *unit, int64_t at_ms);
    void (*committed)(void *data, int64_t now_ms); /* what was told so far is durable: it may be shown */
    void *data;
};

struct dr_execution_options {
    struct dr_store *store;
    struct dr_journal *journal;     /* stolen; NULL: nothing is recorded (in-memory benchmark) */
    struct dr_runtime *runtime;     /* borrowed */
    struct dr_catalogue *catalogue; /* borrowed: to load journaled definitions */
    struct dr_observer observer;
    struct dr_secret_source *secrets; /* borrowed: where calls' dynamic references are fetched (providers/secrets.h);
                                       NULL: only the environment can be reached */
    uint64_t snapshot_records;        /* a snapshot after so many records; 0: the default */
};

struct dr_execution *dr_execution_new(const struct dr_execution_options *options);
void dr_execution_free(struct dr_execution *execution);

/* Who and what, for the start record. */
struct dr_execution_identity {
    const char *id, *name, *reason, *user, *host, *incident_at;
    uint64_t seed;
};
/* Begins. Borrows the program (for the execution's life) and the input. */
void dr_execution_start(struct dr_execution *execution, const struct dr_program *program, json_t *input,
                        const struct dr_execution_identity *identity);

enum dr_replay {
    DR_REPLAY_QUICK,    /* from the newest snapshot */
    DR_REPLAY_WHOLE,    /* from the start: dr_execution_entered() then knows every state */
    DR_REPLAY_OBSERVED, /* from the start, and the observer hears everything again */
};
/* Rebuilds the tree from the journal. False: the journal and its definition disagree, or a record cannot be read;
 * `problem` tells. */
bool dr_execution_replay(struct dr_execution *execution, enum dr_replay mode, struct dr_problem *problem)
    __attribute__((warn_unused_result));

/* After a replay: goes live. Reissues, restarts or raises what was under way (design 4.3). */
void dr_execution_resume(struct dr_execution *execution, const struct dr_execution_identity *by);
/* A failed, timed-out or aborted execution goes on from where it failed. */
void dr_execution_redrive(struct dr_execution *execution);
/* It goes on from a state of the runbook, with this input and these variables; everything under way is dropped. */
void dr_execution_from(struct dr_execution *execution, const struct dr_state *state, json_t *input, json_t *variables);
/* It goes on with another definition; follow with dr_execution_from(). The execution borrows the program. */
void dr_execution_define(struct dr_execution *execution, const struct dr_program *program);

/* One turn of the loop: sleeps until something is due, steps everything ready, commits, starts effects. False: it is
 * over for now; see the functions below for why. */
bool dr_execution_turn(struct dr_execution *execution);
/* Asks the loop to stop at the next checkpoint. `wait` lets calls that are unsafe to repeat finish first. */
void dr_execution_interrupt(struct dr_execution *execution, bool wait);
/* Ends it as ABORTED with this cause. */
void dr_execution_abort(struct dr_execution *execution, const char *error, const char *cause);
/* Answers a call that awaits one, by its token (NULL: the only one): an output (stolen), or an error. False if there is
 * no such call. */
bool dr_execution_answer(struct dr_execution *execution, const char *token, json_t *output,
                         const struct dr_error *error);
/* Whoever works on the answer is still there: HeartbeatSeconds starts anew. False if there is no such call. */
bool dr_execution_heartbeat(struct dr_execution *execution, const char *token);
/* Says what became of the paused call of a state (NULL: all): "repeat" it, "fail", or "succeed" with `output` (stolen,
 * may be NULL). */
bool dr_execution_resolve(struct dr_execution *execution, const char *state, const char *verdict, json_t *output);

enum dr_status dr_execution_status(const struct dr_execution *execution);
const json_t *dr_execution_output(const struct dr_execution *execution);         /* SUCCEEDED */
const struct dr_error *dr_execution_error(const struct dr_execution *execution); /* FAILED, ABORTED */
const struct dr_problem *
dr_execution_problem(const struct dr_execution *execution);       /* the store failed; message NULL: no */
size_t dr_execution_paused(const struct dr_execution *execution); /* calls whose outcome a person must tell */
size_t dr_execution_calls(const struct dr_execution *execution);  /* under way now */
const char *dr_execution_id(const struct dr_execution *execution);
const char *dr_execution_name(const struct dr_execution *execution);
const json_t *dr_execution_record(const struct dr_execution *execution); /* the start record: who, why, when, input */
const struct dr_program *dr_execution_program(const struct dr_execution *execution);
int64_t dr_execution_started_ms(const struct dr_execution *execution);
int64_t dr_execution_last_ms(const struct dr_execution *execution);       /* of the newest event */
int64_t dr_execution_stopped_ms(const struct dr_execution *execution);    /* 0: not yet */
const json_t *dr_execution_metrics(const struct dr_execution *execution); /* {"name": {"Value", "Unit", "At"}} */
uint64_t dr_execution_transitions(const struct dr_execution *execution);

/* The states under way, outermost first, for show, resume and the live view. */
struct dr_activity {
    const struct dr_state *state;
    const char *path;
    const char *phase; /* "waiting", "calling", "retrying", "paused", "failed", ... */
    const char *resource, *token;
    int64_t entered_ms, due_ms;
    unsigned attempt;
    unsigned depth;
    const struct dr_error *error;
    bool awaits_answer;
    bool inside_action;
    const json_t *arguments;
};
typedef void dr_activity_fn(void *data, const struct dr_activity *activity);
void dr_execution_activities(const struct dr_execution *execution, dr_activity_fn *visit, void *data);

/* The last input and variables with which a state of the runbook itself was entered: for --from. False: never.
 * Borrowed. */
bool dr_execution_entered(const struct dr_execution *execution, const char *state, const json_t **ret_input,
                          const json_t **ret_variables);

#endif
