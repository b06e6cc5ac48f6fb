/* An evaluation under way, and what the parts of the evaluator (evaluate.c, path.c, call.c, transform.c) and the
 * function library share. Everything here throws (error.h).
 *
 * Memory: what a call of a function allocates can be released when it returned a scalar, because nothing made before
 * the call is changed by it: variables are bound in frames made within, and a transform changes only its own clone.
 */
#ifndef DRRUN_EXPRESSION_JSONATA_EVALUATE_H
#define DRRUN_EXPRESSION_JSONATA_EVALUATE_H

#include "interpreter/expression/jsonata/program.h"

struct jx_frame {
    const struct jx_frame *parent;
    struct jx_binding *items;
    uint32_t count;
    uint32_t capacity; /* 0: the items are a tuple's */
};

struct jx_owned { /* a reference to be dropped at the end */
    struct jx_owned *next;
    json_t *json;
};

struct jx_run {
    struct jx_trap *trap;
    struct jx_arena heap; /* values; released by marks */
    struct jx_arena keep; /* what lives to the end whatever is released */
    const struct jsonata_environment *environment;
    json_t *bindings;
    struct jx_value root; /* $$ */
    struct jx_names names;
    struct jx_value *globals; /* by name: variables and functions from outside */
    bool *global_known;
    uint32_t global_count;
    unsigned depth, depth_max;
    uint64_t steps, steps_max;
    int64_t now_ms;
    uint64_t random_state; /* of the default generator */
    uint32_t clones;
    struct jx_owned *owned;
    struct jsonata *evaluated; /* programs that $eval compiled */
    /* the call in tail position that a JX_TAIL value stands for */
    const struct jx_node *tail_node;
    struct jx_value tail_input;
    struct jx_frame *tail_frame;
    /* for built-in functions: the caller's context */
    struct jx_value call_input;
    struct jx_frame *call_frame;
};

enum jx_function_kind {
    JX_BUILTIN,
    JX_HOST,
    JX_LAMBDA,
    JX_PARTIAL, /* of a function that is no lambda */
    JX_CHAIN,   /* f ~> g */
    JX_REGEX,
    JX_NEXT, /* the "next" of a match */
    JX_TRANSFORM,
};

struct jx_function {
    enum jx_function_kind kind;
    const struct jx_signature *signature; /* NULL: takes what comes */
    union {
        const struct jx_builtin *builtin;
        const struct jsonata_function *host;
        struct {
            const struct jx_node *node; /* lambda, transform, regex */
            struct jx_frame *frame;
            struct jx_value input;
            const struct jx_nodes *parameters; /* of a lambda: those still to be given */
        };
        struct {
            struct jx_value first, second;
        } chain;
        struct {
            struct jx_value target;
            struct jx_value *arguments;
            bool *open; /* which of them are still to be given */
            size_t count;
        } partial;
        struct {
            const struct jx_node *regex;
            struct jx_value subject;
            size_t from; /* bytes */
        } next;
    };
};

enum {
    JX_ARGUMENTS_PAD = 4
}; /* undefined values behind the arguments, so that functions need not look at their count */
enum { JX_RESULT_BYTES_MAX = 64 << 20, JX_MEMORY_BYTES_MAX = 1 << 30, JX_DEPTH_MAX = 1000, JX_STEPS_MAX = 50000000 };

/* A row of the function library. */
struct jx_builtin {
    const char *name;
    const char *signature;
    unsigned parameters; /* how many a function that calls it may pass: $map passes a second one only to who takes it */
    struct jx_value (*function)(struct jx_run *run, const struct jx_value *arguments, size_t count);
};

extern const struct jx_builtin jx_builtins[];
extern const size_t jx_builtin_count;
const struct jx_builtin *jx_find_builtin(struct jx_text name);

/* --- evaluating
 * ------------------------------------------------------------------------------------------------------- */

struct jx_value jx_eval(struct jx_run *run, const struct jx_node *node, struct jx_value input, struct jx_frame *frame);
/* What a sequence becomes as a value: nothing, its only member, or itself. */
static inline struct jx_value jx_collapse(struct jx_value value)
{
    if (value.tag != JX_ARRAY || (value.array->flags & (JX_SEQUENCE | JX_TUPLES)) != JX_SEQUENCE)
        return value;
    if (value.array->count == 0)
        return JX_NOTHING;
    if (value.array->count == 1 && !(value.array->flags & JX_KEEP))
        return jx_item(value.array, 0);
    return value;
}

/* path.c */
struct jx_value jx_eval_path(struct jx_run *run, const struct jx_node *node, struct jx_value input,
                             struct jx_frame *frame);
struct jx_value jx_eval_group(struct jx_run *run, const struct jx_nodes *pairs, struct jx_place place,
                              struct jx_value input, struct jx_frame *frame);
struct jx_value jx_eval_filter(struct jx_run *run, const struct jx_stage *stage, struct jx_value input,
                               struct jx_frame *frame);
/* The member, or those of each member of an array, as a sequence. Not collapsed. */
struct jx_value jx_lookup(struct jx_run *run, struct jx_value input, struct jx_text key);

/* call.c */
struct jx_value jx_eval_call(struct jx_run *run, const struct jx_node *node, struct jx_value input,
                             struct jx_frame *frame, const struct jx_value *first);
struct jx_value jx_eval_partial(struct jx_run *run, const struct jx_node *node, struct jx_value input,
                                struct jx_frame *frame);
struct jx_value jx_eval_apply(struct jx_run *run, const struct jx_node *node, struct jx_value input,
                              struct jx_frame *frame);
/* Calls a function value. `context` is what it sees as its context where its signature asks for one. */
struct jx_value jx_apply(struct jx_run *run, struct jx_value function, const struct jx_value *arguments, size_t count,
                         struct jx_value context);
/* The same for functions that got the function as an argument: no context. */
struct jx_value jx_call_back(struct jx_run *run, struct jx_value function, const struct jx_value *arguments,
                             size_t count);
unsigned jx_arity(struct jx_value value);
struct jx_value jx_new_function(struct jx_run *run, struct jx_function function);
/* The structure that a matcher returns, or undefined; from byte `from` on. */
struct jx_value jx_match_object(struct jx_run *run, const struct jx_node *regex, struct jx_value subject, size_t from,
                                bool is_next);

/* transform.c */
struct jx_value jx_transform(struct jx_run *run, const struct jx_function *transform, struct jx_value input);
struct jx_value jx_clone(struct jx_run *run, struct jx_value value, unsigned depth);

/* --- frames
 * ---------------------------------------------------------------------------------------------------------------- */

struct jx_frame *jx_frame_new(struct jx_run *run, const struct jx_frame *parent, uint32_t capacity);
void jx_bind(struct jx_run *run, struct jx_frame *frame, uint32_t name, struct jx_value value);
/* Undefined if nothing of that name is in sight. */
struct jx_value jx_variable(struct jx_run *run, const struct jx_frame *frame, uint32_t name);

/* --- limits
 * ---------------------------------------------------------------------------------------------------------------- */

_Noreturn void jx_fail_steps(struct jx_run *run);
_Noreturn void jx_fail_depth(struct jx_run *run);
_Noreturn void jx_fail_nesting(struct jx_run *run); /* values nested too deeply */
/* Work that is not an evaluation of a node, in the same measure. */
static inline void jx_charge(struct jx_run *run, uint64_t steps)
{
    run->steps += steps;
    if (run->steps > run->steps_max)
        jx_fail_steps(run);
}

/* --- shared helpers
 * ------------------------------------------------------------------------------------------------------------ */

bool jx_run_equal(struct jx_run *run, struct jx_value a, struct jx_value b);
bool jx_run_truth(struct jx_run *run, struct jx_value value);
static inline bool jx_test(struct jx_run *run, struct jx_value value)
{
    return value.tag == JX_BOOLEAN ? value.boolean : jx_run_truth(run, value);
}
/* True for a number; throws D1001 for an infinite one. */
bool jx_is_numeric(struct jx_run *run, struct jx_value value);
bool jx_all_numbers(struct jx_run *run, struct jx_value array); /* false if not an array */
bool jx_all_strings(struct jx_value array);
/* What $string and & make of a value. */
struct jx_value jx_to_string(struct jx_run *run, struct jx_value value, bool pretty);
struct jx_value jx_copy_string(struct jx_run *run, struct jx_text text);
/* $append without its copy where one side is empty. */
struct jx_value jx_append(struct jx_run *run, struct jx_value a, struct jx_value b);
/* The merge sort that the reference implementation uses: `after(data, a, b)` is true if a must come after b. */
typedef bool jx_after_fn(void *data, struct jx_value a, struct jx_value b);
void jx_merge_sort(struct jx_run *run, struct jx_value *items, size_t count, jx_after_fn *after, void *data);

#endif
