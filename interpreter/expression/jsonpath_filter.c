/* Filters: [?(@.a > 3 && !(@.b == $.c))]. Comparison follows Jayway's value nodes: what has no common type is false,
 * "==" converts between numbers and their text, "===" does not, and a comparison that Jayway refuses makes the whole
 * filter false. */
#include "interpreter/base/limits.h"
#include "interpreter/base/text.h"
#include "interpreter/expression/jsonpath_internal.h"
#include "interpreter/expression/values.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MATCH_STEPS_MAX 1000000 /* backtracking of one regular expression */

enum verdict { NO, YES, REFUSED };

struct operand {
    const struct dr_path *path;
    const json_t *constant;
    pcre2_code *pattern;
};

/* A side of a comparison when it is evaluated: a value, a pattern, or neither (undefined). */
struct side {
    json_t *value; /* owned */
    const pcre2_code *pattern;
};

typedef enum verdict compare_fn(const struct side *left, const struct side *right);

struct dr_filter {
    enum { FILTER_AND, FILTER_OR, FILTER_NOT, FILTER_COMPARE, FILTER_EXISTS, FILTER_ABSENT } kind;
    const struct dr_filter *first, *second; /* second: the next operand of And and Or chains */
    compare_fn *compare;
    struct operand left, right;
};

/* --- Comparisons -------------------------------------------------------------------------------------------------- */

static enum verdict verdict(bool yes)
{
    return yes ? YES : NO;
}

static json_t *number_text(const json_t *number)
{
    struct dr_text text = {0};
    dr_text_json(&text, number, SIZE_MAX);
    json_t *string = json_stringn(text.bytes, text.size);
    dr_text_done(&text);
    return string;
}

static bool equal_values(const json_t *left, const json_t *right)
{
    if (json_is_number(left) && json_is_number(right)) {
        return dr_number_compare(left, right) == 0;
    }
    if (json_is_number(left) && json_is_string(right)) {
        json_t *number = dr_number_parse(json_string_value(right), json_string_length(right));
        bool equal = number && dr_number_compare(left, number) == 0;
        json_decref(number);
        return equal;
    }
    if (json_is_string(left) && json_is_number(right)) {
        json_t *text = number_text(right);
        bool equal = json_equal(left, text);
        json_decref(text);
        return equal;
    }
    return json_equal(left, right);
}

static enum verdict compare_eq(const struct side *left, const struct side *right)
{
    return verdict(left->value && right->value && equal_values(left->value, right->value));
}

static enum verdict compare_ne(const struct side *left, const struct side *right)
{
    return verdict(compare_eq(left, right) == NO);
}

/* Java's class of the value node: all numbers are one, both booleans are one, lists and objects are one. */
static int node_class(const json_t *value)
{
    if (json_is_number(value)) {
        return JSON_INTEGER;
    }
    if (json_is_boolean(value)) {
        return JSON_TRUE;
    }
    return json_is_object(value) ? JSON_ARRAY : (int)json_typeof(value);
}

static enum verdict compare_tseq(const struct side *left, const struct side *right)
{
    if (!left->value || !right->value || node_class(left->value) != node_class(right->value)) {
        return NO;
    }
    return compare_eq(left, right);
}

static enum verdict compare_tsne(const struct side *left, const struct side *right)
{
    return verdict(compare_tseq(left, right) == NO);
}

/* False if the two have no order. */
static bool order(const struct side *left, const struct side *right, int *ret_order)
{
    const json_t *l = left->value, *r = right->value;
    if (!l || !r) {
        return false;
    }
    if (json_is_number(l) && json_is_number(r)) {
        *ret_order = dr_number_compare(l, r);
        return true;
    }
    if (json_is_string(l) && json_is_string(r)) {
        *ret_order = dr_string_compare(l, r);
        return true;
    }
    return false;
}

static enum verdict compare_lt(const struct side *left, const struct side *right)
{
    int how;
    return verdict(order(left, right, &how) && how < 0);
}

static enum verdict compare_le(const struct side *left, const struct side *right)
{
    int how;
    return verdict(order(left, right, &how) && how <= 0);
}

static enum verdict compare_gt(const struct side *left, const struct side *right)
{
    int how;
    return verdict(order(left, right, &how) && how > 0);
}

static enum verdict compare_ge(const struct side *left, const struct side *right)
{
    int how;
    return verdict(order(left, right, &how) && how >= 0);
}

static bool matches(const pcre2_code *pattern, const json_t *value)
{
    json_t *text = json_is_string(value)    ? dr_json_share(value)
                   : json_is_number(value)  ? number_text(value)
                   : json_is_boolean(value) ? json_string(json_is_true(value) ? "true" : "false")
                                            : json_string("");
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    pcre2_match_context *context = pcre2_match_context_create(NULL);
    pcre2_set_match_limit(context, MATCH_STEPS_MAX);
    int found =
        pcre2_match(pattern, (PCRE2_SPTR)json_string_value(text), json_string_length(text), 0, 0, data, context);
    pcre2_match_context_free(context);
    pcre2_match_data_free(data);
    json_decref(text);
    return found >= 0;
}

static enum verdict compare_regex(const struct side *left, const struct side *right)
{
    if (!left->pattern == !right->pattern) {
        return NO;
    }
    const pcre2_code *pattern = left->pattern ? left->pattern : right->pattern;
    const json_t *value = left->pattern ? right->value : left->value;
    if (!json_is_array(value)) {
        return verdict(matches(pattern, value));
    }
    for (size_t i = 0; i < json_array_size(value); i++) {
        if (matches(pattern, json_array_get(value, i))) {
            return YES;
        }
    }
    return NO;
}

static bool contains(const json_t *list, const json_t *wanted)
{
    for (size_t i = 0; wanted && i < json_array_size(list); i++) {
        if (equal_values(wanted, json_array_get(list, i))) {
            return true;
        }
    }
    return false;
}

/* A list is needed: an object is not one (false), a scalar is an error. */
static bool is_json(const json_t *value)
{
    return json_is_array(value) || json_is_object(value);
}

static enum verdict compare_in(const struct side *left, const struct side *right)
{
    return is_json(right->value) ? verdict(contains(right->value, left->value)) : REFUSED;
}

static enum verdict compare_nin(const struct side *left, const struct side *right)
{
    enum verdict in = compare_in(left, right);
    return in == REFUSED ? REFUSED : verdict(in == NO);
}

static enum verdict compare_contains(const struct side *left, const struct side *right)
{
    if (json_is_string(left->value) && json_is_string(right->value)) {
        return verdict(memmem(json_string_value(left->value), json_string_length(left->value),
                              json_string_value(right->value), json_string_length(right->value)) != NULL);
    }
    return verdict(contains(left->value, right->value));
}

static size_t count_in(const json_t *wanted, const json_t *list)
{
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(wanted); i++) {
        count += contains(list, json_array_get(wanted, i));
    }
    return count;
}

static enum verdict compare_all(const struct side *left, const struct side *right)
{
    if (!json_is_array(right->value)) {
        return REFUSED;
    }
    return verdict(json_is_array(left->value) && count_in(right->value, left->value) == json_array_size(right->value));
}

static enum verdict compare_subsetof(const struct side *left, const struct side *right)
{
    return verdict(json_is_array(left->value) && json_is_array(right->value) &&
                   count_in(left->value, right->value) == json_array_size(left->value));
}

static enum verdict compare_anyof(const struct side *left, const struct side *right)
{
    return verdict(json_is_array(left->value) && json_is_array(right->value) &&
                   count_in(left->value, right->value) > 0);
}

static enum verdict compare_noneof(const struct side *left, const struct side *right)
{
    return verdict(json_is_array(left->value) && json_is_array(right->value) &&
                   count_in(left->value, right->value) == 0);
}

static size_t characters(const json_t *string)
{
    size_t count = 0;
    for (size_t i = 0; i < json_string_length(string); i++) {
        count += ((unsigned char)json_string_value(string)[i] & 0xC0) != 0x80;
    }
    return count;
}

static enum verdict compare_size(const struct side *left, const struct side *right)
{
    if (!json_is_integer(right->value)) {
        return NO;
    }
    json_int_t wanted = json_integer_value(right->value);
    if (json_is_string(left->value)) {
        return verdict((json_int_t)characters(left->value) == wanted);
    }
    return verdict(json_is_array(left->value) && (json_int_t)json_array_size(left->value) == wanted);
}

static enum verdict compare_empty(const struct side *left, const struct side *right)
{
    if (!json_is_string(left->value) && !is_json(left->value)) {
        return NO;
    }
    if (!json_is_boolean(right->value)) {
        return REFUSED;
    }
    size_t size = json_is_string(left->value)  ? json_string_length(left->value)
                  : json_is_array(left->value) ? json_array_size(left->value)
                                               : json_object_size(left->value);
    return verdict((size == 0) == json_is_true(right->value));
}

static const struct {
    const char *name;
    compare_fn *compare;
} operators[] = {
    {"==", compare_eq},       {"!=", compare_ne},
    {"===", compare_tseq},    {"!==", compare_tsne},
    {"<", compare_lt},        {"<=", compare_le},
    {">", compare_gt},        {">=", compare_ge},
    {"=~", compare_regex},    {"in", compare_in},
    {"nin", compare_nin},     {"contains", compare_contains},
    {"all", compare_all},     {"subsetof", compare_subsetof},
    {"anyof", compare_anyof}, {"noneof", compare_noneof},
    {"size", compare_size},   {"empty", compare_empty},
};

/* --- Parsing ------------------------------------------------------------------------------------------------------ */

static const struct dr_filter *parse_or(struct path_parser *parser);

/* The next significant byte, or -1. */
static int peek(struct path_parser *parser)
{
    dr_path_skip_space(parser);
    return parser->at < parser->size ? (unsigned char)parser->text[parser->at] : -1;
}

static void release_pattern(void *pattern)
{
    pcre2_code_free(pattern);
}

static bool parse_pattern(struct path_parser *parser, struct operand *operand)
{
    static const struct {
        char letter;
        uint32_t option;
    } flags[] = {
        {'i', PCRE2_CASELESS}, {'x', PCRE2_EXTENDED}, {'m', PCRE2_MULTILINE}, {'s', PCRE2_DOTALL}, {'u', 0}, {'d', 0}};
    size_t opening = parser->at++, start = parser->at;
    while (parser->at < parser->size && parser->text[parser->at] != '/') {
        parser->at += parser->text[parser->at] == '\\' ? 2 : 1;
    }
    if (parser->at >= parser->size) {
        parser->at = parser->size;
        return dr_path_parser_fail(parser, opening, "the regular expression that begins here has no closing /");
    }
    size_t end = parser->at++;
    uint32_t options = PCRE2_UTF | PCRE2_ANCHORED | PCRE2_ENDANCHORED;
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        if (parser->at < parser->size && parser->text[parser->at] == flags[i].letter) {
            options |= flags[i].option;
            parser->at++;
            i = (size_t)-1; /* flags come in any order */
        }
    }
    int problem;
    PCRE2_SIZE where;
    operand->pattern = pcre2_compile((PCRE2_SPTR)parser->text + start, end - start, options, &problem, &where, NULL);
    if (!operand->pattern) {
        char message[128];
        pcre2_get_error_message(problem, (PCRE2_UCHAR *)message, sizeof message);
        return dr_path_parser_fail(parser, start + where, "%s", message);
    }
    dr_arena_defer(parser->arena, release_pattern, operand->pattern);
    return true;
}

static bool parse_word(struct path_parser *parser, struct operand *operand)
{
    static const struct {
        const char *word;
        json_type type;
    } words[] = {{"true", JSON_TRUE}, {"false", JSON_FALSE}, {"null", JSON_NULL}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t size = strlen(words[i].word);
        if (parser->size - parser->at >= size && memcmp(parser->text + parser->at, words[i].word, size) == 0) {
            parser->at += size;
            operand->constant = words[i].type == JSON_TRUE    ? json_true()
                                : words[i].type == JSON_FALSE ? json_false()
                                                              : json_null();
            return true;
        }
    }
    return dr_path_parser_fail(parser, parser->at, "expected a path, a string, a number, true, false, null or a list");
}

static bool parse_operand(struct path_parser *parser, struct operand *operand)
{
    int byte = peek(parser);
    size_t start = parser->at;
    if (byte == '$' || byte == '@') {
        operand->path = dr_path_parse_inner(parser);
        return operand->path;
    }
    if (byte == '\'' || byte == '"') {
        struct path_key key;
        if (!dr_path_parse_quoted(parser, &key)) {
            return false;
        }
        json_t *string = json_stringn(key.bytes, key.size);
        operand->constant = string ? dr_arena_json(parser->arena, string) : NULL;
        return operand->constant || dr_path_parser_fail(parser, start, "invalid UTF-8");
    }
    if (byte == '[' || byte == '{') {
        operand->constant = dr_path_parse_json(parser);
        return operand->constant;
    }
    if (byte == '/') {
        return parse_pattern(parser, operand);
    }
    if (byte == '-' || byte == '.' || (byte >= '0' && byte <= '9')) {
        while (parser->at < parser->size && strchr("0123456789+-.eE", parser->text[parser->at]) &&
               parser->text[parser->at]) {
            parser->at++;
        }
        json_t *number = dr_number_parse(parser->text + start, parser->at - start);
        operand->constant = number ? dr_arena_json(parser->arena, number) : NULL;
        return operand->constant || dr_path_parser_fail(parser, start, "this is not a number");
    }
    return parse_word(parser, operand);
}

static bool is_operator_byte(char byte)
{
    return byte == '<' || byte == '>' || byte == '=' || byte == '~' || byte == '!';
}

/* NULL if none is here. */
static compare_fn *parse_operator(struct path_parser *parser)
{
    int byte = peek(parser);
    size_t start = parser->at, end = start;
    if (byte < 0) {
        return NULL;
    }
    bool symbol = is_operator_byte((char)byte);
    while (end < parser->size && (symbol ? is_operator_byte(parser->text[end]) : parser->text[end] != ' ')) {
        end++;
    }
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        if (strlen(operators[i].name) == end - start &&
            strncasecmp(operators[i].name, parser->text + start, end - start) == 0) {
            parser->at = end;
            return operators[i].compare;
        }
    }
    return NULL;
}

static const struct dr_filter *parse_comparison(struct path_parser *parser)
{
    struct dr_filter *filter = dr_arena_alloc(parser->arena, sizeof *filter);
    size_t start = parser->at;
    bool absent = peek(parser) == '!';
    parser->at += absent;
    if (peek(parser) < 0 || !parse_operand(parser, &filter->left)) {
        dr_path_parser_fail(parser, start, "expected a comparison");
        return NULL;
    }
    filter->compare = absent ? NULL : parse_operator(parser);
    if (filter->compare) {
        filter->kind = FILTER_COMPARE;
        return parse_operand(parser, &filter->right) ? filter : NULL;
    }
    if (!filter->left.path) {
        dr_path_parser_fail(parser, start, "a constant alone is not a condition: compare it with something");
        return NULL;
    }
    filter->kind = absent ? FILTER_ABSENT : FILTER_EXISTS;
    return filter;
}

static const struct dr_filter *parse_term(struct path_parser *parser)
{
    if (++parser->depth > DR_FILTER_DEPTH_MAX) {
        dr_path_parser_fail(parser, parser->at, "nested too deeply");
        return NULL;
    }
    const struct dr_filter *result;
    int byte = peek(parser);
    size_t start = parser->at;
    if (byte == '!') {
        parser->at++;
        int next = peek(parser);
        parser->at = next == '$' || next == '@' ? start : parser->at;
        byte = next == '$' || next == '@' ? 0 : byte;
    }
    if (byte == '!') {
        struct dr_filter *negation = dr_arena_alloc(parser->arena, sizeof *negation);
        negation->kind = FILTER_NOT;
        negation->first = parse_term(parser);
        result = negation->first ? negation : NULL;
    } else if (byte == '(') {
        parser->at++;
        result = parse_or(parser);
        if (result && peek(parser) != ')') {
            dr_path_parser_fail(parser, parser->at, "expected an operator or ')'");
            result = NULL;
        }
        parser->at++;
    } else {
        result = parse_comparison(parser);
    }
    parser->depth--;
    return result;
}

/* A chain of operands that "&&" or "||" joins. */
static const struct dr_filter *parse_chain(struct path_parser *parser, bool is_or)
{
    struct dr_filter *head = NULL, *tail = NULL;
    for (;;) {
        const struct dr_filter *operand = is_or ? parse_chain(parser, false) : parse_term(parser);
        if (!operand) {
            return NULL;
        }
        int byte = peek(parser);
        bool more =
            byte == (is_or ? '|' : '&') && parser->at + 1 < parser->size && parser->text[parser->at + 1] == byte;
        if (!head && !more) {
            return operand;
        }
        struct dr_filter *link = dr_arena_alloc(parser->arena, sizeof *link);
        link->kind = is_or ? FILTER_OR : FILTER_AND;
        link->first = operand;
        if (tail) {
            tail->second = link;
        } else {
            head = link;
        }
        tail = link;
        if (!more) {
            return head;
        }
        parser->at += 2;
    }
}

static const struct dr_filter *parse_or(struct path_parser *parser)
{
    return parse_chain(parser, true);
}

const struct dr_filter *dr_filter_parse(struct path_parser *parser)
{
    if (++parser->depth > DR_FILTER_DEPTH_MAX) {
        dr_path_parser_fail(parser, parser->at, "nested too deeply");
        return NULL;
    }
    const struct dr_filter *filter = NULL;
    parser->at++;
    if (peek(parser) == ')') {
        dr_path_parser_fail(parser, parser->at, "the filter is empty");
    } else {
        filter = parse_or(parser);
    }
    if (filter && peek(parser) != ')') {
        dr_path_parser_fail(parser, parser->at, "expected an operator or ')'");
        filter = NULL;
    }
    parser->at++;
    parser->depth--;
    return filter;
}

/* --- Evaluation --------------------------------------------------------------------------------------------------- */

struct filter_run {
    const json_t *item, *root;
    size_t *visits;
};

static bool run_path(const struct filter_run *run, const struct dr_path *path, bool exists, struct path_run *ret_run)
{
    *ret_run = (struct path_run){.path = path, .root = run->root, .visits = run->visits, .require_properties = exists};
    return dr_path_run(ret_run, path->at_item ? run->item : run->root);
}

static enum verdict exists(const struct filter_run *run, const struct dr_path *path)
{
    struct path_run inner;
    if (!run_path(run, path, true, &inner)) {
        return inner.miss == MISS_FILTER_ON_SCALAR || inner.miss == MISS_FUNCTION ? REFUSED : NO;
    }
    bool found = inner.found;
    json_decref(inner.found);
    return verdict(found);
}

static bool evaluate_side(const struct filter_run *run, const struct operand *operand, struct side *side)
{
    *side = (struct side){.pattern = operand->pattern};
    if (operand->constant) {
        side->value = dr_json_share(operand->constant);
    } else if (operand->path) {
        struct path_run inner;
        if (!run_path(run, operand->path, false, &inner)) {
            return inner.miss != MISS_FILTER_ON_SCALAR && inner.miss != MISS_FUNCTION;
        }
        side->value = inner.found;
    }
    return true;
}

static enum verdict compare(const struct filter_run *run, const struct dr_filter *filter)
{
    struct side left = {0}, right = {0};
    enum verdict result = REFUSED;
    if (evaluate_side(run, &filter->left, &left) && evaluate_side(run, &filter->right, &right)) {
        result = filter->compare(&left, &right);
    }
    json_decref(left.value);
    json_decref(right.value);
    return result;
}

static enum verdict test(const struct filter_run *run, const struct dr_filter *filter)
{
    enum verdict result = NO;
    switch (filter->kind) {
    case FILTER_AND:
        for (result = YES; filter && result == YES; filter = filter->second) {
            result = test(run, filter->first);
        }
        return result;
    case FILTER_OR:
        for (; filter && result == NO; filter = filter->second) {
            result = test(run, filter->first);
        }
        return result;
    case FILTER_NOT:
        result = test(run, filter->first);
        return result == REFUSED ? REFUSED : verdict(result == NO);
    case FILTER_COMPARE:
        return compare(run, filter);
    case FILTER_EXISTS:
        return exists(run, filter->left.path);
    case FILTER_ABSENT:
        result = exists(run, filter->left.path);
        return result == REFUSED ? REFUSED : verdict(result == NO);
    }
    return NO;
}

bool dr_filter_accepts(const struct dr_filter *filter, const json_t *item, const json_t *root, size_t *visits)
{
    struct filter_run run = {.item = item, .root = root, .visits = visits};
    return test(&run, filter) == YES;
}
