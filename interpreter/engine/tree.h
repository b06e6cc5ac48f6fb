/* The execution tree: private to the engine. A branch is one line of control; a frame is a state that runs branches
 * inside it. */
#ifndef DRRUN_ENGINE_TREE_H
#define DRRUN_ENGINE_TREE_H

#include "interpreter/base/limits.h"
#include "interpreter/base/text.h"
#include "interpreter/engine/execution.h"
#include "interpreter/states/state_type.h"
#include "providers/provider.h"

enum dr_phase {
    DR_PHASE_READY,    /* to enter its state */
    DR_PHASE_WAITING,  /* a Wait state, until due_ms */
    DR_PHASE_BACKOFF,  /* a retry, until due_ms */
    DR_PHASE_CALLING,  /* a call is under way, or its outcome is not known yet after a restart */
    DR_PHASE_ANSWERED, /* the call ended: result or error are set */
    DR_PHASE_FORKED,   /* its frame runs */
    DR_PHASE_JOINED,   /* its frame ended: results or error are set there */
    DR_PHASE_PAUSED,   /* a person must say what became of the call */
    DR_PHASE_DONE,     /* the root: its machine ended */
    DR_PHASE_FAILED,   /* with `error`; kept for a redrive */
    DR_PHASE_ABORTED,  /* a sibling failed; kept for a redrive */
};

struct dr_effect_call; /* a call under way (effects.c) */

struct dr_branch {
    uint32_t id;   /* its slot; reused */
    uint32_t item; /* its index in the frame */
    enum dr_phase phase;
    enum dr_phase stopped; /* ABORTED: what it was doing; a redrive asks */
    unsigned stage;        /* of a Map */
    unsigned attempts;     /* how often the state was retried since it was entered */
    unsigned restarts;     /* of its action */
    unsigned depth_bound;  /* of its data: nesting is at most this */
    bool ready;            /* in the ready queue */
    bool pending;          /* among the calls to be started */
    bool heartbeat_lost;   /* the error is a heartbeat time-out */
    const struct dr_machine *machine;
    const struct dr_state *state;
    struct dr_frame *frame;            /* that it runs in; NULL: the root */
    struct dr_frame *children;         /* of its state; NULL: none */
    struct dr_branch *previous, *next; /* in the frame */
    struct dr_branch *ready_next;
    int64_t begun_ms; /* of an item's branch whose run is recorded */
    json_t *given;    /* the same: what it started with */
    json_t *input;    /* raw; NULL: a Map item whose input has not been made yet */
    struct dr_scope scope;
    json_t *result;        /* ANSWERED */
    struct dr_error error; /* ANSWERED, FAILED */
    uint32_t *tries;       /* per retrier of the state; NULL: none yet */
    int64_t entered_ms;
    uint64_t entered_event, last_event;
    int64_t due_ms;    /* DR_TIME_NONE: none */
    size_t timer;      /* 1 + index in the timer heap; 0: none */
    json_t *arguments; /* CALLING, PAUSED: as journaled */
    json_t *carried;   /* the same, and ANSWERED: the state's own */
    const struct dr_resource *resource;
    char *region;        /* of the call, or of what an action inside calls unless told otherwise; NULL: none */
    json_t *credentials; /* the same */
    bool submitted;      /* CALLING: only the answer is still awaited */
    uint64_t call;       /* its number: the token is derived from it */
    int64_t deadline_ms; /* of the call; due_ms may be an earlier heartbeat */
    int64_t heartbeat_ms;
    struct dr_effect_call *effect;
};

enum dr_frame_kind { DR_FRAME_PARALLEL, DR_FRAME_MAP, DR_FRAME_ACTION };

struct dr_frame {
    enum dr_frame_kind kind;
    struct dr_branch *owner;
    struct dr_branch *first; /* the branches that run, or failed and are kept */
    size_t count;            /* of items */
    size_t begun, ended, failed;
    size_t running;
    int64_t concurrency_max; /* 0: no limit */
    int64_t tolerated_count;
    double tolerated_percentage;
    json_t *items;           /* Map */
    json_t *start;           /* what the branches start with, or what ItemSelector sees */
    json_t **results;        /* by item; NULL: not ended, or failed */
    struct dr_branch **kept; /* after a redrive: by item, the branch that goes on; NULL: none (left) */
    json_t *records;         /* for a ResultWriter; NULL: none */
    bool items_ready;
    struct dr_error error; /* it failed */
};

enum dr_event_kind {
#define ROW(symbol, name, meaning) DR_EVENT_##symbol,
#include "interpreter/engine/records.def"
#undef ROW
    DR_EVENT_KINDS
};

/* A change of the tree, decided or read from the journal. Owns its references. */
struct dr_event {
    enum dr_event_kind kind;
    int64_t time_ms;
    struct dr_branch *branch;
    const struct dr_state *next; /* STEP, FROM */
    json_t *data; /* STEP: output (not journaled). CALL: arguments. RESULT, ANSWER, END: output. METRIC, START, RESUMED,
                     DEFINITION: the record */
    json_t *assigned;            /* STEP (not journaled), FROM */
    int64_t due_ms;              /* WAIT, RETRY, CALL, FORK */
    unsigned index;              /* RETRY: the retrier. STEP: 1 + the catcher. CALL: the stage */
    struct dr_error error;       /* RESULT, FAIL, ANSWER, END, PAUSE */
    bool heartbeat;              /* RESULT */
    json_t *detail;              /* RESULT, SUBMITTED: what people may want to know of it; NULL: nothing */
    unsigned depth_bound;        /* STEP: how deep the data may nest by now */
    enum dr_status status;       /* END */
    const char *verdict;         /* ANSWER to a pause: "repeat", "fail", "succeed"; static */
    struct dr_decision decision; /* CALL, FORK: what was decided (not journaled) */
};
void dr_event_done(struct dr_event *event);

struct dr_execution {
    struct dr_execution_options options;
    struct dr_program *owned_program; /* loaded from the journal */
    struct dr_program **kept;         /* programs that `definition` records brought */
    size_t kept_count;
    const struct dr_program *program;
    json_t *record; /* the start record */
    char *id;
    char *directory; /* of the runbook */
    struct dr_host_ops host_ops;
    struct dr_random random;
    json_t *input;
    int64_t started_ms, stopped_ms, now_ms, last_ms;
    int64_t over_ms; /* when it had ended, before it was reopened */
    int64_t deadline_ms;
    enum dr_status status;
    json_t *output;
    struct dr_error error;
    json_t *metrics;
    struct dr_problem problem;
    json_t *entered; /* {state: {"input", "variables"}} of the runbook's own states */
    bool track_entered;
    bool unsure;    /* just resumed: calls of unknown outcome wait for the answers that lie in the inbox */
    bool redefined; /* a person changed the runbook: snapshots carry it */
    bool replaying, observed;
    const json_t *replayed; /* the record of a decision while it is made again; NULL: made for the first time */
    bool interrupted, interrupted_now;
    bool visible; /* something was applied that an observer may show */
    uint64_t event_id, transitions, calls;
    uint64_t redrives;
    int64_t redriven_ms; /* the newest */

    struct dr_branch **branches;
    uint32_t branch_count, branch_capacity;
    uint32_t *free_ids;
    uint32_t free_count, free_capacity;
    struct dr_branch *root;
    struct dr_branch *ready_first, *ready_last;
    struct dr_branch **timers;
    size_t timer_count, timer_capacity;
    struct dr_branch **pending; /* calls journaled and not started yet */
    size_t pending_count, pending_capacity;
    struct dr_effect_call *finished_first, *finished_last; /* completions, not applied yet */
    size_t calls_running;
    size_t paused;
    uint64_t records_since_snapshot;
    uint64_t snapshot_offset, snapshot_bytes; /* of the newest */
};

/* branches.c */
struct dr_branch *dr_branch_new(struct dr_execution *execution, struct dr_frame *frame, uint32_t item,
                                const struct dr_machine *machine);
/* For snapshots: slots 0..count-1, those of `free_ids` (in their order) free; then each branch at its slot (NULL: the
 * slot is not there or taken). */
void dr_branches_reserve(struct dr_execution *execution, uint32_t count, const json_t *free_ids);
struct dr_branch *dr_branch_restore(struct dr_execution *execution, struct dr_frame *frame, uint32_t id, uint32_t item,
                                    const struct dr_machine *machine);
void dr_branch_free(struct dr_execution *execution, struct dr_branch *branch);
void dr_branch_enter(struct dr_execution *execution, struct dr_branch *branch, const struct dr_state *state,
                     int64_t now_ms);
void dr_branch_queue(struct dr_execution *execution, struct dr_branch *branch);
void dr_branch_stop(struct dr_execution *execution,
                    struct dr_branch *branch); /* cancels its effect, timers and everything inside; keeps the tree */
void dr_frame_free(struct dr_execution *execution, struct dr_frame *frame);
/* Finds the branches, failed or stopped, of items that have not begun (again): frame->kept. */
void dr_frame_keep(struct dr_frame *frame);
unsigned dr_branch_depth(const struct dr_branch *branch);
bool dr_branch_in_action(const struct dr_branch *branch);
/* An answer by its token would end its call: also one of unknown outcome, since the answer tells that it arrived. */
bool dr_branch_awaits_answer(const struct dr_branch *branch);
void dr_branch_path(const struct dr_branch *branch, struct dr_text *out);

/* timers.c: a heap by due_ms */
void dr_timer_set(struct dr_execution *execution, struct dr_branch *branch, int64_t due_ms);
void dr_timer_clear(struct dr_execution *execution, struct dr_branch *branch);
struct dr_branch *dr_timer_due(struct dr_execution *execution,
                               int64_t now_ms);              /* takes the earliest that is due, or NULL */
int64_t dr_timer_next(const struct dr_execution *execution); /* DR_TIME_NONE: none */

/* The Region and the credentials of what a branch calls, unless its own Task says: those of the nearest Task, runbook
 * or action around it. Borrowed; NULL: none. */
const char *dr_branch_region(const struct dr_execution *execution, const struct dr_branch *branch);
json_t *dr_branch_credentials(const struct dr_branch *branch);

/* decide.c: what a branch does next. Pure but for the randomness that it draws. */
void dr_decide(struct dr_execution *execution, struct dr_branch *branch, int64_t now_ms, struct dr_event *event);
/* retry.c */
bool dr_error_matches(const char *const *names, size_t count, const char *error, bool heartbeat_lost);
/* Delay before attempt `attempt` (1 = first retry), in milliseconds. Source: states-language.net, "Retrying after
 * error". */
int64_t dr_retry_delay_ms(const struct dr_retrier *retrier, unsigned attempt, struct dr_random *random);
/* Whether an error would be retried or caught by the state of some branch around this one (not its own). */
bool dr_error_handled_outside(const struct dr_branch *branch, const char *error);
bool dr_error_handled_by(const struct dr_branch *branch, const char *error, bool heartbeat_lost);

/* apply.c: the only place where an execution changes */
void dr_apply(struct dr_execution *execution, struct dr_event *event);
/* records.c */
#define DR_RECORD_BYTES_MAX ((size_t)4 * DR_PAYLOAD_BYTES_MAX) /* of one value in a record */
void dr_record_write(const struct dr_execution *execution, const struct dr_event *event, struct dr_text *out);
/* Appends the event to the journal and applies it: the live path. */
void dr_commit_event(struct dr_execution *execution, struct dr_event *event);
/* context.c: the context object of a branch ("$$") */
struct dr_context {
    struct dr_execution *execution;
    struct dr_branch *branch;
    json_t *built;
};
const json_t *dr_context_build(void *data);
void dr_moment_init(struct dr_moment *moment, struct dr_execution *execution, struct dr_branch *branch,
                    struct dr_context *context, int64_t now_ms);
/* notices.c */
void dr_notify(struct dr_execution *execution, struct dr_branch *branch, struct dr_notice notice);
/* effects.c */
void dr_effect_start(struct dr_execution *execution, struct dr_branch *branch);
void dr_effect_cancel(struct dr_execution *execution, struct dr_branch *branch);
const struct dr_resource *dr_effect_resource(const struct dr_state *state,
                                             unsigned stage); /* what the state calls in this stage; NULL: nothing */
/* The next completion as a RESULT event, or the next submission as a SUBMITTED one. */
bool dr_effect_take(struct dr_execution *execution, struct dr_event *event);
/* What a call under way has noted so far: a new reference, masked; NULL: nothing. */
json_t *dr_effect_detail(const struct dr_branch *branch);
/* Puts a call, journaled or going on, on the list of those that start once the journal is durable. */
void dr_effect_queue(struct dr_execution *execution, struct dr_branch *branch);
bool dr_effect_awaits_answer(
    const struct dr_resource *resource); /* a person or another program ends the call; NULL: false */
enum dr_repeat dr_effect_repeat(const struct dr_resource *resource, const json_t *arguments);
void dr_effect_token(const struct dr_execution *execution, const struct dr_branch *branch, char token[37]);
/* execution.c */
void dr_execution_adopt(struct dr_execution *execution, json_t *record); /* the start record; borrows */
void dr_execution_keep(struct dr_execution *execution,
                       struct dr_program *program); /* the program from now on; steals */
/* recover.c */
struct dr_program *dr_execution_load(struct dr_execution *execution, const json_t *record,
                                     char **ret_problem); /* from the record's "path" and "files" */
/* After a resume, once the inbox was looked into: calls whose outcome no answer has told are of unknown outcome. */
void dr_execution_ascertain(struct dr_execution *execution);
/* snapshot.c */
void dr_tree_save(struct dr_execution *execution);
bool dr_tree_restore(struct dr_execution *execution, const char *bytes, size_t size);

#endif
