/* How a compiled JSONPath looks. Shared by its compiler (jsonpath_compile.c), its evaluator (jsonpath.c), filters
 * (jsonpath_filter.c), functions (jsonpath_function.c) and reference paths (reference_path.c); nobody else includes
 * this. */
#ifndef DRRUN_EXPRESSION_JSONPATH_INTERNAL_H
#define DRRUN_EXPRESSION_JSONPATH_INTERNAL_H

#include "interpreter/expression/jsonpath.h"

struct dr_filter;
struct path_function;

enum step_kind {
    STEP_KEY,      /* .a ['a'] */
    STEP_KEYS,     /* ['a','b'] */
    STEP_INDEX,    /* [1] [-1] */
    STEP_INDICES,  /* [0,2] */
    STEP_SLICE,    /* [1:3] [1:] [:3] */
    STEP_WILDCARD, /* .* [*] */
    STEP_SCAN,     /* .. ; the next step says what is looked for */
    STEP_FILTER,   /* [?(...)] */
    STEP_FUNCTION, /* .length() ; always the last step */
};

struct path_key {
    const char *bytes;
    size_t size;
};

struct step {
    enum step_kind kind;
    bool upstream_definite; /* all steps before name one place, so that a miss is an error rather than no result */
    char quote;             /* keys: how they were quoted, for texts */
    union {
        struct path_key key;
        struct {
            const struct path_key *items;
            size_t count;
        } keys;
        int32_t index;
        struct {
            const int32_t *items;
            size_t count;
        } indices;
        struct {
            int32_t from, to;
            bool has_from, has_to;
        } slice;
        const struct dr_filter *filter;
        struct {
            const struct path_function *function;
            const struct path_argument *arguments;
            size_t argument_count;
        } call;
    };
};

/* An argument of a path function: a path, or a constant. */
struct path_argument {
    const struct dr_path *path;
    const json_t *constant;
};

struct dr_path {
    const char *text;
    enum dr_path_root root;
    bool at_item;                     /* starts with "@": only inside filters */
    bool definite, reference, simple; /* simple: only keys and indices, so one walk without bookkeeping finds it */
    const char *variable;
    size_t variable_size;
    const struct step *steps;
    size_t count;
};

/* --- compiling ------------------------------------------------------------------------------------------------- */

struct path_parser {
    struct dr_arena *arena;
    const char *text;
    size_t size, at;
    struct dr_compile_error *error; /* the first problem; message is NULL as long as there is none */
    unsigned depth;                 /* of filters and arguments */
};

bool dr_path_parser_fail(struct path_parser *parser, size_t offset, const char *format, ...)
    __attribute__((format(printf, 3, 4))); /* always false */
void dr_path_skip_space(struct path_parser *parser);
/* Reads a path that stands inside a filter or an argument list and ends where it cannot go on. */
const struct dr_path *dr_path_parse_inner(struct path_parser *parser);
/* Reads a quoted string from its opening quote; the bytes live in the arena. */
bool dr_path_parse_quoted(struct path_parser *parser, struct path_key *ret_key);
/* Reads a JSON literal in which single quotes are allowed; it lives in the arena. */
const json_t *dr_path_parse_json(struct path_parser *parser);
/* From "(" after "[?" to its ")". */
const struct dr_filter *dr_filter_parse(struct path_parser *parser);

/* --- evaluating ------------------------------------------------------------------------------------------------ */

enum miss { /* why a path found nothing; each has its sentence in Jayway */
            MISS_NOTHING,
            MISS_PROPERTY,
            MISS_NOT_AN_OBJECT,
            MISS_NULL_ARRAY,
            MISS_NOT_AN_ARRAY,
            MISS_FILTER_ON_SCALAR,
            MISS_FUNCTION,
            MISS_TOO_MUCH,
};

struct path_run {
    const struct dr_path *path;
    const json_t *root;      /* what "$" means in filters and arguments */
    bool require_properties; /* an existence test: a missing property is a miss even behind a wildcard */
    size_t *visits;          /* left over of DR_PATH_VISITS_MAX, shared with nested runs */
    json_t *found;           /* definite: the last value found; else the list */
    enum miss miss;
    size_t miss_step;
    const json_t *miss_value; /* borrowed from what is searched */
    const char *problem;      /* MISS_FUNCTION: a constant */
};

/* Evaluates a path from `start` ("@" or "$"). True: `run->found` is a new reference, or NULL when a definite path has
 * no result. */
bool dr_path_run(struct path_run *run, const json_t *start);
bool dr_filter_accepts(const struct dr_filter *filter, const json_t *item, const json_t *root, size_t *visits);

const struct path_function *dr_path_function_find(const char *name, size_t size);
const char *dr_path_function_name(const struct path_function *function);
/* A new reference, or NULL with `ret_problem` set. */
json_t *dr_path_function_call(const struct step *step, const json_t *value, const json_t *root, size_t *visits,
                              const char **ret_problem);

#endif
