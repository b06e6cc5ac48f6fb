/* The tree of an expression. The parser (parser.c) builds it as written; shape.c turns it into what the evaluator
 * walks: paths as lists of steps, predicates attached to steps, tail calls and the ancestors that "%" needs marked.
 */
#ifndef DRRUN_EXPRESSION_JSONATA_TREE_H
#define DRRUN_EXPRESSION_JSONATA_TREE_H

#include "interpreter/expression/jsonata/error.h"

enum jx_kind {
    /* what the evaluator sees */
    JX_K_NAME,
    JX_K_STRING,
    JX_K_NUMBER,
    JX_K_VALUE, /* true, false, null */
    JX_K_REGEX,
    JX_K_VARIABLE,
    JX_K_WILDCARD,
    JX_K_DESCENDANT,
    JX_K_PARENT,
    JX_K_PATH,
    JX_K_SORT, /* a step */
    JX_K_BINARY,
    JX_K_NEGATE,
    JX_K_ARRAY,
    JX_K_OBJECT,
    JX_K_BLOCK,
    JX_K_CONDITION,
    JX_K_DEFAULT,  /* ?: */
    JX_K_COALESCE, /* ?? */
    JX_K_BIND,
    JX_K_CALL,
    JX_K_PARTIAL,
    JX_K_PLACEHOLDER, /* the ? of a partial application */
    JX_K_LAMBDA,
    JX_K_APPLY,
    JX_K_TRANSFORM,
    /* what only the parser and shape.c see */
    JX_K_KEYWORD, /* and, or, in: a name where an operand is expected */
    JX_K_END,
    JX_K_COUNT
};

enum jx_operator {
#define JX_OPERATOR(name, text, power) JX_OP_##name,
#include "interpreter/expression/jsonata/operator.def"
#undef JX_OPERATOR
    JX_OP_COUNT
};

extern const struct jx_operator_row {
    const char *text;
    unsigned power; /* how strongly it binds to its left; 0: it does not stand after an operand */
} jx_operators[JX_OP_COUNT];

/* A "%" on its way to the step whose input it names. */
struct jx_slot {
    uint32_t label; /* the name under which tuples carry it */
    int level;      /* steps still to go */
};

enum jx_stage_kind { JX_STAGE_FILTER, JX_STAGE_INDEX };

struct jx_stage {
    enum jx_stage_kind kind;
    struct jx_node *filter;
    uint32_t name;
    bool releases; /* what the filter allocates can be given back when it is decided */
};

struct jx_stages {
    struct jx_stage *items;
    uint32_t count, capacity;
};

struct jx_slots {
    struct jx_slot **items;
    uint32_t count, capacity;
};

struct jx_nodes {
    struct jx_node **items;
    uint32_t count, capacity;
};

struct jx_group {
    struct jx_nodes pairs; /* key, value, key, value, ... */
    struct jx_place place;
};

struct jx_node {
    uint8_t kind;        /* enum jx_kind */
    uint8_t op;          /* enum jx_operator, of JX_K_BINARY */
    bool keep_array;     /* "[]" was written after it */
    bool keep_singleton; /* of a path: one of its steps has keep_array */
    bool cons;           /* an array constructor that starts or ends a path */
    bool tuple;          /* a path, or a step of one, that carries tuples */
    bool tail;           /* a call in tail position of a function */
    bool plain;          /* of a path: only names, nothing attached: the fast way */
    bool scoped;         /* of a block: binds variables itself */
    struct jx_place place;
    struct jx_value value; /* literal; the text of a name or variable */
    uint32_t name; /* of a variable or bound variable; of a call: what a path called as a function could have meant */
    uint32_t focus, index; /* names bound by @ and #; 0: none */
    struct jx_node *left, *right,
        *third;                  /* operands; condition/then/else; pattern/update/delete; body of a lambda: left */
    struct jx_nodes items;       /* steps, members, arguments, parameters, expressions, sort terms */
    bool *descending;            /* of sort terms */
    struct jx_stages predicates; /* after a whole expression */
    struct jx_stages stages;     /* after a step */
    struct jx_group *group;
    struct jx_slot *slot;     /* of "%" */
    struct jx_slot *ancestor; /* of a step: its input is bound under this label */
    struct jx_slots seeking;  /* "%" below this node that are not resolved yet */
    const struct jx_signature *signature;
    struct jx_regex *regex;
};

/* Names are numbers: 0 is no name, JX_NAME_CONTEXT the empty one ("$"), JX_NAME_ROOT "$$", JX_NAME_CLONE "$clone". */
enum { JX_NAME_NONE, JX_NAME_CONTEXT, JX_NAME_ROOT, JX_NAME_CLONE };

struct jx_name {
    struct jx_text text;
    bool bound;                           /* some expression of the program binds it: by :=, a parameter, @ or # */
    const struct jx_builtin *builtin;     /* the built-in function of that name, or NULL */
    const struct jx_signature *signature; /* of the built-in function */
};

struct jx_names {
    struct jx_name *items;
    uint32_t count, capacity;
    uint32_t *index; /* open addressing */
    uint32_t index_size;
    uint32_t labels; /* made for "%" so far */
};

void jx_names_init(struct jx_arena *arena, struct jx_names *names);
uint32_t jx_name(struct jx_arena *arena, struct jx_names *names, struct jx_text text);
/* A copy that can be extended, its bytes shared. */
void jx_names_copy(struct jx_arena *arena, struct jx_names *copy, const struct jx_names *names);

void jx_nodes_add(struct jx_arena *arena, struct jx_nodes *nodes, struct jx_node *node);

#endif
