/* JSONata 2 for C: a parser and an evaluator on jansson values, with no knowledge of workflows.
 *
 *     struct jsonata_error error;
 *     struct jsonata *program = jsonata_compile("$sum(items.price)", strlen(...), NULL, &error);
 *     enum jsonata_status status = jsonata_eval(program, input, bindings, NULL, &result, &error);
 *     jsonata_free(program);
 *
 * A program is immutable and can be evaluated any number of times. Input and bindings are borrowed and never changed;
 * results share structure with them. Depth, steps, result size and regular-expression backtracking are bounded.
 */
#ifndef DRRUN_EXPRESSION_JSONATA_JSONATA_H
#define DRRUN_EXPRESSION_JSONATA_JSONATA_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct jsonata;

struct jsonata_error {
    char code[8]; /* "S0201", "T2001", "D3030", ... as the reference implementation numbers them; "U1001" and up: limits
                   */
    size_t position;   /* where the offending token begins, in bytes from the start of the expression */
    size_t end;        /* where it ends: what the reference implementation calls its position */
    char token[64];    /* the offending token, "" if none */
    char value[128];   /* the offending value as JSON, cut to fit, "" if none */
    char message[512]; /* the reference implementation's sentence with token and value filled in */
};

/* What stands between an expression and the outside world. NULL members have safe defaults. */
struct jsonata_environment {
    int64_t (*now_ms)(void *data); /* $now, $millis; default: 0 */
    double (*random)(void *data);  /* $random, $shuffle: [0,1); default: a fixed sequence */
    void (*random_bytes)(void *data, void *bytes, size_t size); /* $uuid */
    /* Looks up $name when the expression itself does not define it: a new reference or NULL. Before the built-in
     * functions. */
    json_t *(*variable)(void *data, const char *name, size_t size);
    void *data;
    const struct jsonata_function *functions; /* added to (or, with function == NULL, removed from) the built-in ones */
    size_t function_count;
    uint64_t steps_max; /* default 50 million; U1001 beyond. A step is about one node evaluated, or some dozens of
                           values looked at */
    unsigned depth_max; /* of nested evaluations; default 1,000, U1001 beyond */
    size_t bytes_max;   /* of result; default 64 MiB, U1002 beyond */
    size_t memory_max;  /* while evaluating; default and upper limit 1 GiB, U1002 beyond */
};

/* A host function on plain JSON values. `arguments` has NULL for undefined. Returns JSONATA_OK with a new reference
 * (NULL: undefined), or JSONATA_ERROR with `ret_error` filled in. */
enum jsonata_status { JSONATA_OK, JSONATA_UNDEFINED, JSONATA_ERROR, JSONATA_FUNCTION };
struct jsonata_function {
    const char *name;      /* without '$' */
    const char *signature; /* "<nn:n>" as JSONata writes them, or NULL */
    unsigned arguments_min, arguments_max;
    enum jsonata_status (*function)(void *data, const struct jsonata_environment *environment, json_t *const *arguments,
                                    size_t count, json_t **ret_value, struct jsonata_error *ret_error);
};

/* NULL on a syntax error. `environment` tells which functions exist (NULL: the built-in ones); borrowed for the
 * program's life. */
struct jsonata *jsonata_compile(const char *text, size_t size, const struct jsonata_environment *environment,
                                struct jsonata_error *ret_error) __attribute__((warn_unused_result));
void jsonata_free(struct jsonata *program);

/* Calls `visit` for each variable that the program reads and does not bind itself: for checks before it runs. `path` is
 * what directly follows as plain names, joined by dots ("result.x" for $states.result.x), "" if nothing. */
typedef void jsonata_visit_fn(void *data, const char *name, const char *path, size_t position);
void jsonata_variables(const struct jsonata *program, jsonata_visit_fn *visit, void *data);
/* The same for what the program reads from the input of its evaluation: a name, "*" or "**" outside of any step,
 * predicate or group, and "$$" anywhere. For hosts that give no input; `path` is "". */
void jsonata_context(const struct jsonata *program, jsonata_visit_fn *visit, void *data);
/* The same for calls of functions by name that the program does not bind itself: with the number of arguments, the left
 * side of "~>" included; UINT_MAX for a partial application, of which more are given later. */
typedef void jsonata_visit_call_fn(void *data, const char *name, unsigned arguments, size_t position);
void jsonata_calls(const struct jsonata *program, jsonata_visit_call_fn *visit, void *data);
/* How many arguments the function `name` (without '$') must and may be given, UINT_MAX: any number. False if there is
 * none: not built in, not added by `environment` (NULL: nothing is), or removed by it. Arguments that the context can
 * stand in for count as optional. */
bool jsonata_arity(const struct jsonata_environment *environment, const char *name, size_t size, unsigned *ret_min,
                   unsigned *ret_max) __attribute__((warn_unused_result));
/* The name (without '$') of the n-th built-in function, NULL beyond the last: for suggestions. */
const char *jsonata_function_name(size_t n);

/* Evaluates. `input` is "$" (NULL: undefined); `bindings` an object of variables, or NULL. JSONATA_OK: `ret_value` is a
 * new reference. JSONATA_UNDEFINED: nothing. JSONATA_FUNCTION: the result is a function, which is not JSON.
 * JSONATA_ERROR: `ret_error` tells. */
enum jsonata_status jsonata_eval(const struct jsonata *program, const json_t *input, const json_t *bindings,
                                 const struct jsonata_environment *environment, json_t **ret_value,
                                 struct jsonata_error *ret_error) __attribute__((warn_unused_result));

#endif
