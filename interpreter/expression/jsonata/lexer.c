#include "interpreter/expression/jsonata/lexer.h"

#include "interpreter/expression/jsonata/build.h"
#include "interpreter/expression/jsonata/number.h"
#include "interpreter/expression/jsonata/utf8.h"

static char peek(const struct jx_lexer *lexer, size_t ahead)
{
    return lexer->at + ahead < lexer->size ? lexer->text[lexer->at + ahead] : '\0';
}

static bool ended(const struct jx_lexer *lexer)
{
    return lexer->at >= lexer->size;
}

static _Noreturn void fail(struct jx_lexer *lexer, const char *code, size_t start, size_t end, struct jx_text token)
{
    struct jx_place place = {(uint32_t)start, (uint32_t)end};
    JX_FAIL(lexer->trap, .code = code, .place = &place, .token = token);
}

static bool is_space(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r' || byte == '\v';
}

static void skip_spaces_and_comments(struct jx_lexer *lexer)
{
    for (;;) {
        while (!ended(lexer) && is_space(lexer->text[lexer->at]))
            lexer->at++;
        if (peek(lexer, 0) != '/' || peek(lexer, 1) != '*')
            return;
        const char *close = memmem(lexer->text + lexer->at + 2, lexer->size - lexer->at - 2, "*/", 2);
        if (!close)
            fail(lexer, "S0106", lexer->at, lexer->size, JX_TEXT(""));
        lexer->at = (size_t)(close - lexer->text) + 2;
    }
}

/* The longest operator here that is not a word, or JX_OP_COUNT. */
static enum jx_operator find_operator(const struct jx_lexer *lexer)
{
    enum jx_operator found = JX_OP_COUNT;
    for (enum jx_operator i = 0; i < JX_OP_AND; i++) {
        const char *text = jx_operators[i].text;
        if (text[0] == peek(lexer, 0) && !ended(lexer) && (!text[1] || text[1] == peek(lexer, 1)) &&
            (found == JX_OP_COUNT || text[1]))
            found = i;
    }
    return found;
}

static bool is_operator_byte(char byte)
{
    return byte && strchr(".[]{}(),@#;:?+-*/%|=<>^&!~", byte);
}

static struct jx_token token_from(const struct jx_lexer *lexer, enum jx_token_kind kind, size_t start)
{
    return (struct jx_token){.kind = kind, .place = {(uint32_t)start, (uint32_t)lexer->at}};
}

/* --- literals
 * --------------------------------------------------------------------------------------------------------- */

static int hex_digit(char byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    if ((byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F'))
        return (byte | 0x20) - 'a' + 10;
    return -1;
}

/* After "\u". */
static uint32_t lex_unicode_escape(struct jx_lexer *lexer, size_t escape)
{
    uint32_t code = 0;
    for (size_t i = 0; i < 4; i++) {
        int digit = hex_digit(peek(lexer, i));
        if (digit < 0)
            fail(lexer, "S0104", escape, lexer->at, JX_TEXT(""));
        code = code << 4 | (uint32_t)digit;
    }
    lexer->at += 4;
    return code;
}

static void lex_escape(struct jx_lexer *lexer, struct jx_builder *builder)
{
    static const char escapes[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
    size_t start = lexer->at++;
    char byte = peek(lexer, 0);
    if (byte == 'u') {
        lexer->at++;
        jx_build_code(builder, lex_unicode_escape(lexer, start));
        return;
    }
    for (size_t i = 0; byte && i < sizeof escapes - 1; i += 2)
        if (escapes[i] == byte) {
            jx_build_byte(builder, escapes[i + 1]);
            lexer->at++;
            return;
        }
    if (ended(lexer))
        return; /* reported as an unterminated string */
    const char *at = lexer->text + lexer->at, *after = at;
    (void)jx_utf8_next(&after, lexer->text + lexer->size);
    fail(lexer, "S0103", start, lexer->at, (struct jx_text){at, (size_t)(after - at)});
}

static struct jx_token lex_string(struct jx_lexer *lexer)
{
    size_t start = lexer->at;
    char quote = lexer->text[lexer->at++];
    struct jx_builder builder = {.arena = lexer->arena};
    while (!ended(lexer)) {
        const char *from = lexer->text + lexer->at;
        size_t plain = 0;
        while (lexer->at + plain < lexer->size && from[plain] != quote && from[plain] != '\\')
            plain++;
        jx_build_add(&builder, from, plain);
        lexer->at += plain;
        if (ended(lexer))
            break;
        if (lexer->text[lexer->at] == quote) {
            lexer->at++;
            struct jx_token token = token_from(lexer, JX_T_STRING, start);
            token.value = jx_build_done(&builder);
            return token;
        }
        lex_escape(lexer, &builder);
    }
    fail(lexer, "S0101", start, lexer->size, JX_TEXT(""));
}

static size_t count_digits(const struct jx_lexer *lexer, size_t ahead)
{
    size_t count = 0;
    while (peek(lexer, ahead + count) >= '0' && peek(lexer, ahead + count) <= '9')
        count++;
    return count;
}

static struct jx_token lex_number(struct jx_lexer *lexer)
{
    size_t start = lexer->at, size = peek(lexer, 0) == '0' ? 1 : count_digits(lexer, 0);
    if (peek(lexer, size) == '.') {
        size_t fraction = count_digits(lexer, size + 1);
        if (fraction) {
            size += 1 + fraction;
        }
    }
    if (peek(lexer, size) == 'e' || peek(lexer, size) == 'E') {
        char sign = peek(lexer, size + 1);
        size_t before = sign == '+' || sign == '-' ? 2 : 1, digits = count_digits(lexer, size + before);
        if (digits) {
            size += before + digits;
        }
    }
    double number = jx_read_number(lexer->text + start, size);
    lexer->at += size;
    if (!isfinite(number))
        fail(lexer, "S0102", start, lexer->at, (struct jx_text){lexer->text + start, size});
    struct jx_token token = token_from(lexer, JX_T_NUMBER, start);
    token.value = jx_number(number);
    return token;
}

/* A slash ends it unless it is escaped or within brackets, of which the escaped ones do not count. */
static struct jx_token lex_regex(struct jx_lexer *lexer)
{
    size_t start = lexer->at++, backslashes = 0;
    int depth = 0;
    for (size_t pattern = lexer->at; !ended(lexer); lexer->at++) {
        char byte = lexer->text[lexer->at];
        if (byte == '/' && depth == 0 && backslashes % 2 == 0) {
            size_t size = lexer->at - pattern;
            if (!size)
                fail(lexer, "S0301", start, lexer->at + 1, JX_TEXT(""));
            lexer->at++;
            bool ignore_case = false, multiline = false;
            for (; peek(lexer, 0) == 'i' || peek(lexer, 0) == 'm'; lexer->at++)
                *(peek(lexer, 0) == 'i' ? &ignore_case : &multiline) = true;
            struct jx_token token = token_from(lexer, JX_T_REGEX, start);
            token.value = jx_string(jx_copy(lexer->arena, lexer->text + pattern, size), size);
            token.ignore_case = ignore_case;
            token.multiline = multiline;
            return token;
        }
        if (!backslashes && byte && strchr("([{", byte))
            depth++;
        if (!backslashes && byte && strchr(")]}", byte))
            depth--;
        backslashes = byte == '\\' ? backslashes + 1 : 0;
    }
    fail(lexer, "S0302", start, lexer->size, JX_TEXT(""));
}

static struct jx_token lex_quoted_name(struct jx_lexer *lexer)
{
    size_t start = lexer->at++;
    const char *from = lexer->text + lexer->at, *close = memchr(from, '`', lexer->size - lexer->at);
    if (!close)
        fail(lexer, "S0105", start, lexer->size, JX_TEXT(""));
    size_t size = (size_t)(close - from);
    lexer->at += size + 1;
    struct jx_token token = token_from(lexer, JX_T_NAME, start);
    token.value = jx_string(jx_copy(lexer->arena, from, size), size);
    return token;
}

static struct jx_token lex_word(struct jx_lexer *lexer)
{
    static const struct {
        struct jx_text text;
        enum jx_token_kind kind;
        enum jx_operator op;
        struct jx_value value;
    } words[] = {
        {{"and", 3}, JX_T_OPERATOR, JX_OP_AND, {.tag = JX_UNDEFINED}},
        {{"or", 2}, JX_T_OPERATOR, JX_OP_OR, {.tag = JX_UNDEFINED}},
        {{"in", 2}, JX_T_OPERATOR, JX_OP_IN, {.tag = JX_UNDEFINED}},
        {{"true", 4}, JX_T_VALUE, 0, {.tag = JX_BOOLEAN, .boolean = true}},
        {{"false", 5}, JX_T_VALUE, 0, {.tag = JX_BOOLEAN, .boolean = false}},
        {{"null", 4}, JX_T_VALUE, 0, {.tag = JX_NULL}},
    };
    size_t start = lexer->at;
    while (!ended(lexer) && !is_space(lexer->text[lexer->at]) && !is_operator_byte(lexer->text[lexer->at]))
        lexer->at++;
    struct jx_text text = {lexer->text + start, lexer->at - start};
    bool variable = text.size && text.bytes[0] == '$';
    if (variable)
        text = (struct jx_text){text.bytes + 1, text.size - 1};
    struct jx_token token = token_from(lexer, variable ? JX_T_VARIABLE : JX_T_NAME, start);
    for (size_t i = 0; !variable && i < sizeof words / sizeof *words; i++)
        if (jx_text_equal(words[i].text, text)) {
            token.kind = words[i].kind;
            token.op = words[i].op;
            token.value = words[i].value;
            return token;
        }
    token.value = jx_string(jx_copy(lexer->arena, text.bytes, text.size), text.size);
    return token;
}

struct jx_token jx_lex(struct jx_lexer *lexer, bool operand_follows)
{
    skip_spaces_and_comments(lexer);
    if (ended(lexer))
        return token_from(lexer, JX_T_END, lexer->size);
    char byte = lexer->text[lexer->at];
    if (byte == '/' && operand_follows)
        return lex_regex(lexer);
    enum jx_operator op = find_operator(lexer);
    if (op != JX_OP_COUNT) {
        size_t start = lexer->at;
        lexer->at += strlen(jx_operators[op].text);
        struct jx_token token = token_from(lexer, JX_T_OPERATOR, start);
        token.op = op;
        return token;
    }
    if (byte == '"' || byte == '\'')
        return lex_string(lexer);
    if (byte >= '0' && byte <= '9')
        return lex_number(lexer);
    if (byte == '`')
        return lex_quoted_name(lexer);
    return lex_word(lexer);
}
