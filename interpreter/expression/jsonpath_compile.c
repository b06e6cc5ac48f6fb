/* JSONPath text -> steps. The grammar is what Jayway's PathCompiler accepts, read top-down, minus paths that do not
 * begin with "$", which Step Functions refuses. Inside filters a path ends where an operator begins. */
#include "interpreter/base/limits.h"
#include "interpreter/base/text.h"
#include "interpreter/expression/jsonpath_internal.h"
#include "interpreter/expression/values.h"

#include <stdlib.h>
#include <string.h>

struct step_list {
    struct step *items;
    size_t count, capacity;
};

bool dr_path_parser_fail(struct path_parser *parser, size_t offset, const char *format, ...)
{
    if (!parser->error->message) {
        va_list arguments;
        va_start(arguments, format);
        parser->error->message = dr_format_list(format, arguments);
        va_end(arguments);
        parser->error->offset = offset;
    }
    return false;
}

static int peek(const struct path_parser *parser)
{
    return parser->at < parser->size ? (unsigned char)parser->text[parser->at] : -1;
}

static bool is_space(int byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

void dr_path_skip_space(struct path_parser *parser)
{
    while (is_space(peek(parser))) {
        parser->at++;
    }
}

static bool take(struct path_parser *parser, char byte)
{
    if (peek(parser) != (unsigned char)byte) {
        return false;
    }
    parser->at++;
    return true;
}

static bool add_step(struct path_parser *parser, struct step_list *list, struct step step)
{
    if (list->count == DR_DEPTH_MAX) {
        return dr_path_parser_fail(parser, parser->at, "a path has at most %d steps", DR_DEPTH_MAX);
    }
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? list->capacity * 2 : 8;
        list->items = dr_resize(list->items, list->capacity, sizeof *list->items);
    }
    list->items[list->count++] = step;
    return true;
}

/* --- Strings and literals ---------------------------------------------------------------------------------------- */

static bool read_unicode(struct path_parser *parser, struct dr_text *text)
{
    uint32_t point = 0;
    if (parser->size - parser->at < 4) {
        return false;
    }
    for (int i = 0; i < 4; i++) {
        int digit = peek(parser);
        parser->at++;
        int value = digit >= '0' && digit <= '9'   ? digit - '0'
                    : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10
                    : digit >= 'A' && digit <= 'F' ? digit - 'A' + 10
                                                   : -1;
        if (value < 0) {
            return false;
        }
        point = point << 4 | (uint32_t)value;
    }
    if (point >= 0xD800 && point < 0xE000) {
        return false; /* half a pair has no UTF-8 form */
    }
    if (point < 0x80) {
        dr_text_putc(text, (char)point);
    } else if (point < 0x800) {
        dr_text_putc(text, (char)(0xC0 | point >> 6));
        dr_text_putc(text, (char)(0x80 | (point & 0x3F)));
    } else {
        dr_text_putc(text, (char)(0xE0 | point >> 12));
        dr_text_putc(text, (char)(0x80 | (point >> 6 & 0x3F)));
        dr_text_putc(text, (char)(0x80 | (point & 0x3F)));
    }
    return true;
}

bool dr_path_parse_quoted(struct path_parser *parser, struct path_key *ret_key)
{
    size_t opening = parser->at;
    int quote = peek(parser);
    struct dr_text text = {0};
    bool good = true;
    parser->at++;
    while (good && peek(parser) >= 0 && peek(parser) != quote) {
        int byte = peek(parser);
        parser->at++;
        if (byte != '\\') {
            dr_text_putc(&text, (char)byte);
            continue;
        }
        static const char letters[] = "bfnrt", bytes[] = "\b\f\n\r\t";
        int letter = peek(parser);
        const char *known = letter > 0 ? strchr(letters, letter) : NULL;
        parser->at++;
        if (letter < 0) {
            break;
        }
        if (letter == 'u') {
            size_t at = parser->at - 2;
            good = read_unicode(parser, &text) ||
                   dr_path_parser_fail(parser, at, "\\u needs four hexadecimal digits of a character");
        } else if ((letter == '"' || letter == '\'') && letter != quote) {
            dr_text_putc(&text,
                         '\\'); /* the other quote needs no escape, and on AWS the backslash then stands for itself */
            dr_text_putc(&text, (char)letter);
        } else {
            dr_text_putc(&text, known ? bytes[known - letters] : (char)letter);
        }
    }
    if (good && !take(parser, (char)quote)) {
        good = dr_path_parser_fail(parser, opening, "the string that begins here has no closing %c", quote);
    }
    if (good) {
        *ret_key =
            (struct path_key){dr_arena_string(parser->arena, text.bytes ? text.bytes : "", text.size), text.size};
    }
    dr_text_done(&text);
    return good;
}

/* Copies the literal with its single quotes made double. */
const json_t *dr_path_parse_json(struct path_parser *parser)
{
    struct dr_text json = {0};
    size_t start = parser->at;
    unsigned open = 0;
    bool good = true;
    do {
        int byte = peek(parser);
        if (byte < 0) {
            good = dr_path_parser_fail(parser, start, "the list or object that begins here has no end");
        } else if (byte == '\'' || byte == '"') {
            struct path_key string;
            good = dr_path_parse_quoted(parser, &string);
            if (good) {
                dr_text_json_string(&json, string.bytes, string.size);
            }
        } else {
            open += byte == '[' || byte == '{';
            open -= byte == ']' || byte == '}';
            dr_text_putc(&json, (char)byte);
            parser->at++;
        }
    } while (good && open > 0);
    json_t *value = NULL;
    if (good) {
        char *problem = NULL;
        value = dr_json_parse(json.bytes, json.size, &problem);
        if (value) {
            dr_arena_json(parser->arena, value);
        } else {
            dr_path_parser_fail(parser, start, "this is not JSON: %s", problem);
        }
        free(problem);
    }
    dr_text_done(&json);
    return value;
}

/* --- Brackets ----------------------------------------------------------------------------------------------------- */

static bool parse_keys(struct path_parser *parser, struct step_list *list)
{
    struct path_key *keys = NULL;
    size_t count = 0;
    int quote = peek(parser);
    bool good = true;
    while (good) {
        keys = dr_resize(keys, count + 1, sizeof *keys);
        if (peek(parser) != quote) {
            good = dr_path_parser_fail(parser, parser->at, "expected another key in %c quotes", quote);
        } else if ((good = dr_path_parse_quoted(parser, &keys[count]))) {
            count++;
            dr_path_skip_space(parser);
            if (take(parser, ']')) {
                break;
            }
            good = take(parser, ',') || dr_path_parser_fail(parser, parser->at, "expected ']' or ',' after the key");
            dr_path_skip_space(parser);
        }
    }
    if (good) {
        struct step step = {.kind = STEP_KEY, .quote = (char)quote, .key = keys[0]};
        if (count > 1) {
            struct path_key *items = dr_arena_alloc(parser->arena, count * sizeof *items);
            memcpy(items, keys, count * sizeof *items);
            step = (struct step){.kind = STEP_KEYS, .quote = (char)quote, .keys = {items, count}};
        }
        good = add_step(parser, list, step);
    }
    free(keys);
    return good;
}

/* An optional 32-bit integer, as Integer.parseInt() reads it. */
static bool parse_index(struct path_parser *parser, int32_t *ret_index, bool *ret_present)
{
    size_t start = parser->at;
    bool negative = take(parser, '-');
    int64_t number = 0;
    size_t digits = parser->at;
    while (peek(parser) >= '0' && peek(parser) <= '9') {
        number = number * 10 + (peek(parser) - '0');
        parser->at++;
        if (number > (int64_t)INT32_MAX + negative) {
            return dr_path_parser_fail(parser, start, "array indices are 32-bit integers");
        }
    }
    *ret_present = parser->at > digits;
    if (!*ret_present && negative) {
        return dr_path_parser_fail(parser, start, "expected digits after '-'");
    }
    if (*ret_present) {
        *ret_index = (int32_t)(negative ? -number : number);
    }
    return true;
}

/* After "[from". The step of "[from:to:step]" is read and, as in Jayway, has no effect. */
static bool parse_slice(struct path_parser *parser, struct step_list *list, struct step step, size_t start)
{
    int32_t ignored;
    bool present;
    if (!parse_index(parser, &step.slice.to, &step.slice.has_to)) {
        return false;
    }
    if (take(parser, ':') && !parse_index(parser, &ignored, &present)) {
        return false;
    }
    if (!take(parser, ']')) {
        return dr_path_parser_fail(parser, parser->at, "expected ']' after the slice");
    }
    if (!step.slice.has_from && !step.slice.has_to) {
        return dr_path_parser_fail(parser, start, "a slice needs a start or an end; for all elements write [*]");
    }
    return add_step(parser, list, step);
}

static bool parse_indices(struct path_parser *parser, struct step_list *list)
{
    int32_t *indices = NULL, index = 0;
    size_t count = 0, start = parser->at;
    bool present, good = true;
    for (;;) {
        good = parse_index(parser, &index, &present);
        if (good && count == 0 && take(parser, ':')) {
            struct step slice = {.kind = STEP_SLICE, .slice = {.from = index, .has_from = present}};
            good = parse_slice(parser, list, slice, start);
            break;
        }
        if (good && !present) {
            good = dr_path_parser_fail(parser, parser->at, "expected an array index");
        }
        if (!good) {
            break;
        }
        indices = dr_resize(indices, count + 1, sizeof *indices);
        indices[count++] = index;
        dr_path_skip_space(parser);
        if (take(parser, ']')) {
            struct step step = {.kind = STEP_INDEX, .index = indices[0]};
            if (count > 1) {
                int32_t *items = dr_arena_alloc(parser->arena, count * sizeof *items);
                memcpy(items, indices, count * sizeof *items);
                step = (struct step){.kind = STEP_INDICES, .indices = {items, count}};
            }
            good = add_step(parser, list, step);
            break;
        }
        if (!take(parser, ',')) {
            good = dr_path_parser_fail(parser, parser->at, "expected ']' or ',' after the index");
            break;
        }
        dr_path_skip_space(parser);
    }
    free(indices);
    return good;
}

static bool parse_filter(struct path_parser *parser, struct step_list *list)
{
    parser->at++;
    dr_path_skip_space(parser);
    if (peek(parser) != '(') {
        return dr_path_parser_fail(parser, parser->at, "a filter is written [?(...)]");
    }
    const struct dr_filter *filter = dr_filter_parse(parser);
    if (!filter) {
        return false;
    }
    dr_path_skip_space(parser);
    if (!take(parser, ']')) {
        return dr_path_parser_fail(parser, parser->at, "expected ']' after the filter");
    }
    return add_step(parser, list, (struct step){.kind = STEP_FILTER, .filter = filter});
}

static bool parse_bracket(struct path_parser *parser, struct step_list *list)
{
    size_t opening = parser->at++;
    dr_path_skip_space(parser);
    int byte = peek(parser);
    if (byte == '\'' || byte == '"') {
        return parse_keys(parser, list);
    }
    if (byte == '*') {
        parser->at++;
        dr_path_skip_space(parser);
        return take(parser, ']') ? add_step(parser, list, (struct step){.kind = STEP_WILDCARD})
                                 : dr_path_parser_fail(parser, parser->at, "expected ']' after the wildcard");
    }
    if (byte == '?') {
        return parse_filter(parser, list);
    }
    if ((byte >= '0' && byte <= '9') || byte == '-' || byte == ':') {
        return parse_indices(parser, list);
    }
    return dr_path_parser_fail(parser, opening,
                               "expected a quoted key, an index, a slice, * or ?(...) between [ and ]");
}

/* --- Dots --------------------------------------------------------------------------------------------------------- */

static bool parse_arguments(struct path_parser *parser, const struct path_argument **ret_items, size_t *ret_count)
{
    struct path_argument *items = NULL;
    size_t count = 0;
    bool good = true;
    dr_path_skip_space(parser);
    while (good && !take(parser, ')')) {
        items = dr_resize(items, count + 1, sizeof *items);
        items[count] = (struct path_argument){0};
        int byte = peek(parser);
        if (byte == '$') {
            items[count].path = dr_path_parse_inner(parser);
        } else if (byte == '[' || byte == '{') {
            items[count].constant = dr_path_parse_json(parser);
        } else if (byte == '"') {
            struct path_key key;
            if (dr_path_parse_quoted(parser, &key)) {
                json_t *string = json_stringn(key.bytes, key.size);
                items[count].constant = string ? dr_arena_json(parser->arena, string) : NULL;
            }
        } else {
            size_t start = parser->at;
            while (peek(parser) > 0 && strchr("0123456789+-.eE", peek(parser))) {
                parser->at++;
            }
            json_t *number = dr_number_parse(parser->text + start, parser->at - start);
            items[count].constant = number ? dr_arena_json(parser->arena, number) : NULL;
        }
        good = items[count].path || items[count].constant ||
               dr_path_parser_fail(parser, parser->at, "expected a path, a number or a string in double quotes");
        count++;
        dr_path_skip_space(parser);
        if (good && peek(parser) != ')') {
            good = take(parser, ',') || dr_path_parser_fail(parser, parser->at, "expected ',' or ')'");
            dr_path_skip_space(parser);
        }
    }
    if (good && count) {
        struct path_argument *kept = dr_arena_alloc(parser->arena, count * sizeof *kept);
        memcpy(kept, items, count * sizeof *kept);
        *ret_items = kept;
        *ret_count = count;
    }
    free(items);
    return good;
}

/* At the opening parenthesis. */
static bool parse_function(struct path_parser *parser, struct step_list *list, size_t start)
{
    struct step step = {.kind = STEP_FUNCTION};
    step.call.function = dr_path_function_find(parser->text + start, parser->at - start);
    if (!step.call.function) {
        return dr_path_parser_fail(
            parser, start,
            "there is no JSONPath function \"%.*s\"; there are min, max, avg, stddev, sum, length, "
            "size, keys, concat, append, first, last and index",
            (int)(parser->at - start), parser->text + start);
    }
    parser->at++;
    if (++parser->depth > DR_FILTER_DEPTH_MAX) {
        return dr_path_parser_fail(parser, start, "nested too deeply");
    }
    bool good =
        parse_arguments(parser, &step.call.arguments, &step.call.argument_count) && add_step(parser, list, step);
    parser->depth--;
    return good;
}

/* Where a key in dot notation ends. */
static bool ends_key(const struct path_parser *parser, bool inner)
{
    int byte = peek(parser);
    if (byte < 0 || byte == '.' || byte == '[' || byte == '(' || byte == ' ') {
        return true;
    }
    if (!inner) {
        return false;
    }
    int next = parser->at + 1 < parser->size ? (unsigned char)parser->text[parser->at + 1] : -1;
    return is_space(byte) || strchr(")<>=~!,", byte) || ((byte == '&' || byte == '|') && next == byte);
}

static bool parse_key_or_function(struct path_parser *parser, struct step_list *list, bool inner)
{
    size_t start = parser->at;
    while (!ends_key(parser, inner)) {
        if (inner && peek(parser) == '/') {
            return dr_path_parser_fail(parser, parser->at, "put a key that contains '/' in brackets and quotes");
        }
        parser->at++;
    }
    if (!inner && peek(parser) == ' ') {
        return dr_path_parser_fail(parser, parser->at,
                                   "put a key that contains blanks in brackets and quotes: ['my key']");
    }
    if (peek(parser) == '(') {
        return parse_function(parser, list, start);
    }
    if (parser->at == start) {
        return dr_path_parser_fail(parser, start, "expected a key");
    }
    size_t size = parser->at - start;
    return add_step(parser, list,
                    (struct step){.kind = STEP_KEY,
                                  .quote = '\'',
                                  .key = {dr_arena_string(parser->arena, parser->text + start, size), size}});
}

/* One step, or two for "..". */
static bool parse_step(struct path_parser *parser, struct step_list *list, bool inner)
{
    if (list->count && list->items[list->count - 1].kind == STEP_FUNCTION) {
        return dr_path_parser_fail(parser, parser->at, "a function must be the last step of a path");
    }
    size_t dots = parser->at;
    if (take(parser, '.')) {
        if (take(parser, '.') && !add_step(parser, list, (struct step){.kind = STEP_SCAN})) {
            return false;
        }
        if (peek(parser) < 0 || peek(parser) == '.') {
            return dr_path_parser_fail(parser, dots, "expected a key, *, or [ after the dot");
        }
    }
    if (peek(parser) == '[') {
        return parse_bracket(parser, list);
    }
    if (take(parser, '*')) {
        return add_step(parser, list, (struct step){.kind = STEP_WILDCARD});
    }
    return parse_key_or_function(parser, list, inner);
}

/* --- Whole paths -------------------------------------------------------------------------------------------------- */

static bool is_name_byte(int byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
           byte == '_' || byte >= 0x80;
}

static bool parse_root(struct path_parser *parser, struct dr_path *path, bool inner)
{
    if (inner && take(parser, '@')) {
        path->at_item = true;
        return true;
    }
    if (!take(parser, '$')) {
        return dr_path_parser_fail(parser, parser->at, "a path begins with $");
    }
    if (inner) {
        return true;
    }
    if (take(parser, '$')) {
        path->root = DR_ROOT_CONTEXT;
        return true;
    }
    size_t start = parser->at;
    while (is_name_byte(peek(parser))) {
        parser->at++;
    }
    if (parser->at > start) {
        path->root = DR_ROOT_VARIABLE;
        path->variable_size = parser->at - start;
        path->variable = dr_arena_string(parser->arena, parser->text + start, path->variable_size);
    }
    return true;
}

/* Whether the path goes on. In a filter it ends at whatever cannot belong to it. */
static bool goes_on(const struct path_parser *parser, bool inner)
{
    return peek(parser) >= 0 && (!inner || peek(parser) == '.' || peek(parser) == '[' || !ends_key(parser, true));
}

static void classify(struct dr_path *path, struct step *steps)
{
    bool definite = true, simple = true, reference = path->root == DR_ROOT_INPUT;
    for (size_t i = 0; i < path->count; i++) {
        struct step *step = &steps[i];
        step->upstream_definite = definite;
        bool leaf = i + 1 == path->count;
        bool plain = step->kind == STEP_KEY || step->kind == STEP_INDEX;
        definite = definite && (plain || step->kind == STEP_FUNCTION || (step->kind == STEP_KEYS && leaf));
        simple = simple && plain;
        reference = reference && plain && !(step->kind == STEP_INDEX && step->index < 0);
    }
    if (path->count > 1 && steps[0].kind == STEP_SCAN && steps[path->count - 1].kind == STEP_FUNCTION) {
        definite = true; /* the function takes the whole list */
    }
    path->definite = definite;
    path->simple = simple;
    path->reference = reference;
}

static const struct dr_path *parse_path(struct path_parser *parser, bool inner)
{
    struct dr_path *path = dr_arena_alloc(parser->arena, sizeof *path);
    struct step_list list = {0};
    size_t start = parser->at;
    bool good = parse_root(parser, path, inner);
    if (good && goes_on(parser, inner) && peek(parser) != '.' && peek(parser) != '[') {
        good = dr_path_parser_fail(parser, parser->at, "expected '.' or '[' after the root of the path");
    }
    while (good && goes_on(parser, inner)) {
        good = parse_step(parser, &list, inner);
    }
    if (good) {
        struct step *steps = dr_arena_alloc(parser->arena, list.count * sizeof *steps);
        if (list.count) {
            memcpy(steps, list.items, list.count * sizeof *steps);
        }
        path->steps = steps;
        path->count = list.count;
        path->text = dr_arena_string(parser->arena, parser->text + start, parser->at - start);
        classify(path, steps);
    }
    free(list.items);
    return good ? path : NULL;
}

const struct dr_path *dr_path_parse_inner(struct path_parser *parser)
{
    if (++parser->depth > DR_FILTER_DEPTH_MAX) {
        dr_path_parser_fail(parser, parser->at, "nested too deeply");
        return NULL;
    }
    const struct dr_path *path = parse_path(parser, true);
    parser->depth--;
    return path;
}

const struct dr_path *dr_path_compile(struct dr_arena *arena, const char *text, size_t size,
                                      struct dr_compile_error *ret_error)
{
    struct dr_compile_error error = {0};
    struct path_parser parser = {.arena = arena, .text = text, .size = size, .error = &error};
    while (parser.size > 0 && is_space((unsigned char)text[parser.size - 1])) {
        parser.size--;
    }
    dr_path_skip_space(&parser);
    const struct dr_path *path = parse_path(&parser, false);
    if (!path) {
        *ret_error = error;
    }
    return path;
}
