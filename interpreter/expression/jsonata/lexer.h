/* Text to tokens, one at a time. Whether "/" divides or begins a regular expression depends on what came before, which
 * the parser knows. */
#ifndef DRRUN_EXPRESSION_JSONATA_LEXER_H
#define DRRUN_EXPRESSION_JSONATA_LEXER_H

#include "interpreter/expression/jsonata/tree.h"

enum jx_token_kind {
    JX_T_END,
    JX_T_NAME,
    JX_T_VARIABLE,
    JX_T_OPERATOR,
    JX_T_STRING,
    JX_T_NUMBER,
    JX_T_VALUE, /* true, false, null */
    JX_T_REGEX,
};

struct jx_token {
    enum jx_token_kind kind;
    enum jx_operator op;
    struct jx_place place;
    struct jx_value
        value; /* of a literal; text of a name, variable (without '$') or regular expression (its pattern) */
    bool ignore_case, multiline; /* of a regular expression */
};

struct jx_lexer {
    const char *text;
    size_t size, at;
    struct jx_arena *arena;
    struct jx_trap *trap;
};

/* `operand_follows`: false where only an operator makes sense, so that "/" is one. Throws. */
struct jx_token jx_lex(struct jx_lexer *lexer, bool operand_follows);

#endif
