/* A Pratt parser: each operator binds its operands as strongly as operator.def says. Which positions may hold what, and
 * in which order errors are found, follows the reference implementation, so that both refuse the same expressions with
 * the same code. */
#include "interpreter/expression/jsonata/lexer.h"
#include "interpreter/expression/jsonata/number.h"
#include "interpreter/expression/jsonata/program.h"
#include "interpreter/expression/jsonata/regex.h"
#include "interpreter/expression/jsonata/signature.h"
#include "interpreter/expression/jsonata/utf8.h"

struct parser {
    struct jx_lexer lexer;
    struct jx_token token; /* the one to be looked at next */
    struct jsonata *program;
    struct jx_arena *arena;
    struct jx_trap *trap;
    unsigned depth;
};

static struct jx_node *parse_expression(struct parser *parser, unsigned power);

/* --- tokens
 * ------------------------------------------------------------------------------------------------------------ */

static bool at_operator(const struct parser *parser, enum jx_operator op)
{
    return parser->token.kind == JX_T_OPERATOR && parser->token.op == op;
}

static struct jx_text token_text(struct parser *parser, const struct jx_token *token)
{
    switch (token->kind) {
    case JX_T_END:
        return JX_TEXT("(end)");
    case JX_T_OPERATOR:
        return (struct jx_text){jx_operators[token->op].text, strlen(jx_operators[token->op].text)};
    case JX_T_NAME:
    case JX_T_VARIABLE:
    case JX_T_STRING:
        return jx_as_text(token->value);
    case JX_T_NUMBER: {
        char text[JX_NUMBER_TEXT];
        size_t size = jx_number_text(text, token->value.number);
        return (struct jx_text){jx_copy(parser->arena, text, size), size};
    }
    case JX_T_VALUE:
    case JX_T_REGEX:
        break;
    }
    return (struct jx_text){parser->lexer.text + token->place.start, token->place.end - token->place.start};
}

static _Noreturn void fail_at(struct parser *parser, const char *code, const struct jx_token *token)
{
    JX_FAIL(parser->trap, .code = code, .place = &token->place, .token = token_text(parser, token));
}

static void advance(struct parser *parser, bool operand_follows)
{
    parser->token = jx_lex(&parser->lexer, operand_follows);
    if (at_operator(parser, JX_OP_NOT) || at_operator(parser, JX_OP_TILDE))
        fail_at(parser, "S0204", &parser->token);
}

static void expect(struct parser *parser, enum jx_operator op, bool operand_follows)
{
    if (!at_operator(parser, op))
        JX_FAIL(parser->trap, .code = parser->token.kind == JX_T_END ? "S0203" : "S0202", .place = &parser->token.place,
                .token = token_text(parser, &parser->token), .expected = jx_operators[op].text);
    advance(parser, operand_follows);
}

static struct jx_node *new_node(struct parser *parser, enum jx_kind kind, const struct jx_token *token)
{
    struct jx_node *node = jx_zalloc(parser->arena, sizeof *node);
    node->kind = (uint8_t)kind;
    node->place = token->place;
    return node;
}

static struct jx_node *new_binary(struct parser *parser, const struct jx_token *token, struct jx_node *left,
                                  struct jx_node *right)
{
    struct jx_node *node = new_node(parser, JX_K_BINARY, token);
    node->op = (uint8_t)token->op;
    node->left = left;
    node->right = right;
    return node;
}

static struct jx_node *new_literal(struct parser *parser, enum jx_kind kind, const struct jx_token *token)
{
    struct jx_node *node = new_node(parser, kind, token);
    node->value = token->value;
    return node;
}

static uint32_t bind_name(struct parser *parser, const struct jx_node *variable)
{
    parser->program->names.items[variable->name].bound = true;
    return variable->name;
}

/* --- where an operand begins
 * ----------------------------------------------------------------------------------------------- */

static struct jx_node *parse_block(struct parser *parser, const struct jx_token *token)
{
    struct jx_node *node = new_node(parser, JX_K_BLOCK, token);
    while (!at_operator(parser, JX_OP_CLOSE_PAREN)) {
        jx_nodes_add(parser->arena, &node->items, parse_expression(parser, 0));
        if (!at_operator(parser, JX_OP_SEMICOLON))
            break;
        advance(parser, true);
    }
    expect(parser, JX_OP_CLOSE_PAREN, false);
    return node;
}

static struct jx_node *parse_array(struct parser *parser, const struct jx_token *token)
{
    struct jx_node *node = new_node(parser, JX_K_ARRAY, token);
    if (!at_operator(parser, JX_OP_CLOSE_BRACKET)) {
        for (;;) {
            struct jx_node *item = parse_expression(parser, 0);
            if (at_operator(parser, JX_OP_RANGE)) {
                struct jx_token range = parser->token;
                advance(parser, true);
                item = new_binary(parser, &range, item, parse_expression(parser, 0));
            }
            jx_nodes_add(parser->arena, &node->items, item);
            if (!at_operator(parser, JX_OP_COMMA))
                break;
            advance(parser, true);
        }
    }
    expect(parser, JX_OP_CLOSE_BRACKET, false);
    return node;
}

static void parse_pairs(struct parser *parser, struct jx_nodes *pairs)
{
    if (!at_operator(parser, JX_OP_CLOSE_BRACE)) {
        for (;;) {
            jx_nodes_add(parser->arena, pairs, parse_expression(parser, 0));
            expect(parser, JX_OP_COLON, true);
            jx_nodes_add(parser->arena, pairs, parse_expression(parser, 0));
            if (!at_operator(parser, JX_OP_COMMA))
                break;
            advance(parser, true);
        }
    }
    expect(parser, JX_OP_CLOSE_BRACE, false);
}

static struct jx_node *parse_transform(struct parser *parser, const struct jx_token *token)
{
    struct jx_node *node = new_node(parser, JX_K_TRANSFORM, token);
    node->left = parse_expression(parser, 0);
    expect(parser, JX_OP_BAR, true);
    node->right = parse_expression(parser, 0);
    if (at_operator(parser, JX_OP_COMMA)) {
        advance(parser, true);
        node->third = parse_expression(parser, 0);
    }
    expect(parser, JX_OP_BAR, true);
    return node;
}

static struct jx_node *parse_regex(struct parser *parser, const struct jx_token *token)
{
    struct jx_node *node = new_literal(parser, JX_K_REGEX, token);
    struct jx_text problem = {NULL, 0};
    node->regex = jx_regex_new(parser->arena, jx_as_text(token->value), token->ignore_case, token->multiline,
                               &parser->program->regexes, &problem);
    if (!node->regex)
        JX_FAIL(parser->trap, .code = "S0303", .place = &token->place, .token = jx_as_text(token->value),
                .message = problem);
    return node;
}

static struct jx_node *parse_operator_operand(struct parser *parser, const struct jx_token *token)
{
    struct jx_node *node;
    switch ((int)token->op) { /* most operators do not begin an operand */
    case JX_OP_OPEN_PAREN:
        return parse_block(parser, token);
    case JX_OP_OPEN_BRACKET:
        return parse_array(parser, token);
    case JX_OP_OPEN_BRACE:
        node = new_node(parser, JX_K_OBJECT, token);
        parse_pairs(parser, &node->items);
        return node;
    case JX_OP_BAR:
        return parse_transform(parser, token);
    case JX_OP_MULTIPLY:
        return new_node(parser, JX_K_WILDCARD, token);
    case JX_OP_DESCENDANT:
        return new_node(parser, JX_K_DESCENDANT, token);
    case JX_OP_MODULO:
        return new_node(parser, JX_K_PARENT, token);
    case JX_OP_SUBTRACT:
        node = new_node(parser, JX_K_NEGATE, token);
        node->left = parse_expression(parser, 70);
        return node;
    case JX_OP_AND:
    case JX_OP_OR:
    case JX_OP_IN:
        node = new_node(parser, JX_K_KEYWORD, token);
        node->value = jx_string(jx_operators[token->op].text, strlen(jx_operators[token->op].text));
        return node;
    default:
        fail_at(parser, "S0211", token);
    }
}

static struct jx_node *parse_operand(struct parser *parser, const struct jx_token *token)
{
    switch (token->kind) {
    case JX_T_END:
        return new_node(parser, JX_K_END, token);
    case JX_T_NAME:
        return new_literal(parser, JX_K_NAME, token);
    case JX_T_VARIABLE: {
        struct jx_node *node = new_literal(parser, JX_K_VARIABLE, token);
        node->name = jx_name(parser->arena, &parser->program->names, jx_as_text(token->value));
        return node;
    }
    case JX_T_STRING:
        return new_literal(parser, JX_K_STRING, token);
    case JX_T_NUMBER:
        return new_literal(parser, JX_K_NUMBER, token);
    case JX_T_VALUE:
        return new_literal(parser, JX_K_VALUE, token);
    case JX_T_REGEX:
        return parse_regex(parser, token);
    case JX_T_OPERATOR:
        return parse_operator_operand(parser, token);
    }
    return NULL;
}

/* --- what follows an operand
 * --------------------------------------------------------------------------------------------------- */

static struct jx_text node_text(struct parser *parser, const struct jx_node *node)
{
    if (jx_is_string(node->value))
        return jx_as_text(node->value);
    if (node->kind == JX_K_END)
        return JX_TEXT("(end)");
    return (struct jx_text){parser->lexer.text + node->place.start, node->place.end - node->place.start};
}

static void parse_signature(struct parser *parser, struct jx_node *lambda)
{
    uint32_t start = parser->token.place.start;
    struct jx_text text = {parser->lexer.text + start, 0};
    for (unsigned depth = 1; depth > 0 && !at_operator(parser, JX_OP_OPEN_BRACE) && parser->token.kind != JX_T_END;) {
        advance(parser, true);
        if (at_operator(parser, JX_OP_GREATER))
            depth--;
        else if (at_operator(parser, JX_OP_LESS))
            depth++;
        text.size = parser->token.place.end - start;
    }
    expect(parser, JX_OP_GREATER, true);
    lambda->signature = jx_signature_new(parser->arena, text, start, parser->trap);
}

static struct jx_node *parse_lambda(struct parser *parser, struct jx_node *call)
{
    struct jx_node *node = call;
    for (uint32_t i = 0; i < node->items.count; i++) {
        const struct jx_node *parameter = node->items.items[i];
        if (parameter->kind != JX_K_VARIABLE)
            JX_FAIL(parser->trap, .code = "S0208", .place = &parameter->place, .token = node_text(parser, parameter),
                    .index = i + 1);
        (void)bind_name(parser, parameter);
    }
    node->kind = JX_K_LAMBDA;
    if (at_operator(parser, JX_OP_LESS))
        parse_signature(parser, node);
    expect(parser, JX_OP_OPEN_BRACE, true);
    node->left = parse_expression(parser, 0);
    expect(parser, JX_OP_CLOSE_BRACE, true);
    return node;
}

static struct jx_node *parse_call(struct parser *parser, const struct jx_token *token, struct jx_node *left)
{
    struct jx_node *node = new_node(parser, JX_K_CALL, token);
    if (!at_operator(parser, JX_OP_CLOSE_PAREN)) {
        for (;;) {
            if (at_operator(parser, JX_OP_QUESTION)) {
                node->kind = JX_K_PARTIAL;
                jx_nodes_add(parser->arena, &node->items, new_node(parser, JX_K_PLACEHOLDER, &parser->token));
                advance(parser, true);
            } else {
                jx_nodes_add(parser->arena, &node->items, parse_expression(parser, 0));
            }
            if (!at_operator(parser, JX_OP_COMMA))
                break;
            advance(parser, true);
        }
    }
    expect(parser, JX_OP_CLOSE_PAREN, false);
    if (left->kind == JX_K_NAME && (jx_text_equal(jx_as_text(left->value), JX_TEXT("function")) ||
                                    jx_text_equal(jx_as_text(left->value), JX_TEXT("\u03BB"))))
        return parse_lambda(parser, node);
    node->left = left;
    return node;
}

static struct jx_node *parse_predicate(struct parser *parser, const struct jx_token *token, struct jx_node *left)
{
    if (at_operator(parser, JX_OP_CLOSE_BRACKET)) { /* "[]" keeps singletons: a mark on the step it follows */
        struct jx_node *step = left;
        while (step->kind == JX_K_BINARY && step->op == JX_OP_OPEN_BRACKET)
            step = step->left;
        step->keep_array = true;
        advance(parser, true);
        return left;
    }
    struct jx_node *node = new_binary(parser, token, left, parse_expression(parser, 0));
    expect(parser, JX_OP_CLOSE_BRACKET, false);
    return node;
}

static struct jx_node *parse_sort(struct parser *parser, const struct jx_token *token, struct jx_node *left)
{
    struct jx_node *node = new_binary(parser, token, left, NULL);
    uint32_t capacity = 0;
    expect(parser, JX_OP_OPEN_PAREN, true);
    for (;;) {
        bool descending = at_operator(parser, JX_OP_GREATER);
        if (descending || at_operator(parser, JX_OP_LESS))
            advance(parser, true);
        if (node->items.count == capacity) {
            node->descending = jx_grow(parser->arena, node->descending, capacity, capacity + 8);
            capacity += 8;
        }
        node->descending[node->items.count] = descending;
        jx_nodes_add(parser->arena, &node->items, parse_expression(parser, 0));
        if (!at_operator(parser, JX_OP_COMMA))
            break;
        advance(parser, true);
    }
    expect(parser, JX_OP_CLOSE_PAREN, true);
    return node;
}

static struct jx_node *parse_condition(struct parser *parser, const struct jx_token *token, struct jx_node *left)
{
    struct jx_node *node = new_node(parser, JX_K_CONDITION, token);
    node->left = left;
    node->right = parse_expression(parser, 0);
    if (at_operator(parser, JX_OP_COLON)) {
        advance(parser, true);
        node->third = parse_expression(parser, 0);
    }
    return node;
}

static struct jx_node *parse_binding(struct parser *parser, const struct jx_token *token, struct jx_node *left)
{
    if (left->kind != JX_K_VARIABLE)
        JX_FAIL(parser->trap, .code = "S0212", .place = &left->place, .token = node_text(parser, left));
    struct jx_node *node = new_node(parser, JX_K_BIND, token);
    node->name = bind_name(parser, left);
    node->left = left;
    node->right = parse_expression(parser, jx_operators[JX_OP_BIND].power - 1);
    return node;
}

/* @$name and #$name. */
static struct jx_node *parse_step_variable(struct parser *parser, const struct jx_token *token, struct jx_node *left)
{
    struct jx_node *variable = parse_expression(parser, jx_operators[token->op].power);
    if (variable->kind != JX_K_VARIABLE)
        JX_FAIL(parser->trap, .code = "S0214", .place = &variable->place, .token = {jx_operators[token->op].text, 1});
    (void)bind_name(parser, variable);
    return new_binary(parser, token, left, variable);
}

/* The token, an operator that may follow `left`, has been read; the next one too. */
static struct jx_node *parse_after(struct parser *parser, const struct jx_token *token, struct jx_node *left)
{
    struct jx_node *node;
    switch ((int)token->op) { /* the others are plain binary operators */
    case JX_OP_OPEN_PAREN:
        return parse_call(parser, token, left);
    case JX_OP_OPEN_BRACKET:
        return parse_predicate(parser, token, left);
    case JX_OP_OPEN_BRACE:
        node = new_binary(parser, token, left, NULL);
        parse_pairs(parser, &node->items);
        return node;
    case JX_OP_SORT:
        return parse_sort(parser, token, left);
    case JX_OP_QUESTION:
        return parse_condition(parser, token, left);
    case JX_OP_DEFAULT:
    case JX_OP_COALESCE:
        node = new_node(parser, token->op == JX_OP_DEFAULT ? JX_K_DEFAULT : JX_K_COALESCE, token);
        node->left = left;
        node->right = parse_expression(parser, 0);
        return node;
    case JX_OP_BIND:
        return parse_binding(parser, token, left);
    case JX_OP_FOCUS:
    case JX_OP_INDEX:
        return parse_step_variable(parser, token, left);
    default:
        return new_binary(parser, token, left, parse_expression(parser, jx_operators[token->op].power));
    }
}

static struct jx_node *parse_expression(struct parser *parser, unsigned power)
{
    if (++parser->depth > JX_PARSE_DEPTH_MAX)
        JX_FAIL(parser->trap, .code = "U1001", .place = &parser->token.place,
                .token = token_text(parser, &parser->token), .message = JX_TEXT("The expression is nested too deeply"));
    struct jx_token token = parser->token;
    advance(parser, false);
    struct jx_node *left = parse_operand(parser, &token);
    while (parser->token.kind == JX_T_OPERATOR && power < jx_operators[parser->token.op].power) {
        token = parser->token;
        advance(parser, true);
        left = parse_after(parser, &token, left);
    }
    parser->depth--;
    return left;
}

static void check_utf8(struct parser *parser)
{
    const char *text = parser->lexer.text, *end = text + parser->lexer.size;
    for (const char *at = text; at < end;) {
        const char *start = at;
        if (jx_utf8_next(&at, end) == 0xFFFD && at - start != 3)
            JX_FAIL(parser->trap, .code = "S0201", .token = JX_TEXT("\uFFFD"),
                    .place = &(struct jx_place){(uint32_t)(start - text), (uint32_t)(at - text)});
    }
}

void jx_parse(struct jsonata *program, const char *text, size_t size, struct jx_trap *trap)
{
    struct parser parser = {.lexer = {.text = text, .size = size, .arena = &program->arena, .trap = trap},
                            .program = program,
                            .arena = &program->arena,
                            .trap = trap};
    if (size > JX_EXPRESSION_BYTES_MAX)
        JX_FAIL(trap, .code = "U1002", .place = &(struct jx_place){0, 0}, .token = JX_TEXT(""),
                .message = JX_TEXT("The expression is longer than 1 MiB"));
    check_utf8(&parser);
    advance(&parser, true);
    struct jx_node *node = parse_expression(&parser, 0);
    if (parser.token.kind != JX_T_END)
        fail_at(&parser, "S0201", &parser.token);
    program->root = jx_shape(program, node, trap);
}
