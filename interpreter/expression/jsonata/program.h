/* A compiled expression: what jsonata_compile() makes and jsonata_eval() walks. */
#ifndef DRRUN_EXPRESSION_JSONATA_PROGRAM_H
#define DRRUN_EXPRESSION_JSONATA_PROGRAM_H

#include "interpreter/expression/jsonata/tree.h"

struct jsonata {
    struct jx_arena arena;
    struct jx_names names;
    struct jx_node *root;
    struct jx_regex *regexes; /* to be freed; linked */
    struct jsonata *next;     /* of the programs that $eval compiled */
    const struct jsonata_environment *environment;
};

enum {
    JX_PARSE_DEPTH_MAX = 500, /* nesting of an expression, parentheses and operators alike */
    JX_EXPRESSION_BYTES_MAX = 1024 * 1024,
    JX_PROGRAM_BYTES_MAX = 512 * 1024 * 1024, /* of its tree */
};

/* Parses `text` into program->root, whose names (and arena) are set up already. Throws. */
void jx_parse(struct jsonata *program, const char *text, size_t size, struct jx_trap *trap);
/* Compiles with `names` known beforehand (NULL: none). Returns NULL with trap->error filled in. */
struct jsonata *jx_compile(const char *text, size_t size, const struct jx_names *names, struct jx_trap *trap);

/* shape.c: from the tree as written to the tree as evaluated. Throws. */
struct jx_node *jx_shape(struct jsonata *program, struct jx_node *node, struct jx_trap *trap);

#endif
