/* Parsing and calling of intrinsic functions. */
#include "interpreter/expression/intrinsics.h"

#include "interpreter/base/limits.h"
#include "interpreter/base/text.h"
#include "interpreter/expression/intrinsic_functions.h"
#include "interpreter/expression/values.h"

#include <stdlib.h>
#include <string.h>

#define ARGUMENTS_ON_STACK 8

struct argument {
    enum { ARGUMENT_CONSTANT, ARGUMENT_PATH, ARGUMENT_CALL } kind;
    size_t offset;
    const json_t *constant;
    const char *literal; /* of a string constant: as it was written, between its quotes */
    size_t literal_size;
    const struct dr_path *path;
    const struct dr_intrinsic *call;
};

struct dr_intrinsic {
    const struct intrinsic_function *function;
    const char *text; /* from "States." to ")", for causes */
    const struct argument *arguments;
    size_t count;
    unsigned depth;
    const char *wrong_count; /* what is wrong with the number of arguments, or NULL */
    size_t offset;
};

struct parser {
    struct dr_arena *arena;
    const char *text;
    size_t size, at;
    unsigned depth;
    struct dr_compile_error *error;
};

static void *fail(struct parser *parser, size_t offset, const char *format, ...) __attribute__((format(printf, 3, 4)));

static void *fail(struct parser *parser, size_t offset, const char *format, ...)
{
    if (!parser->error->message) {
        va_list arguments;
        va_start(arguments, format);
        parser->error->message = dr_format_list(format, arguments);
        va_end(arguments);
        parser->error->offset = offset;
    }
    return NULL;
}

/* The next byte after white space, or -1. */
static int peek(struct parser *parser)
{
    while (parser->at < parser->size && strchr(" \t\r\n", parser->text[parser->at]) && parser->text[parser->at]) {
        parser->at++;
    }
    return parser->at < parser->size ? (unsigned char)parser->text[parser->at] : -1;
}

static bool parse_string(struct parser *parser, struct argument *argument)
{
    size_t opening = parser->at++;
    struct dr_text text = {0};
    bool closed = false, good = true;
    while (parser->at < parser->size && !closed && good) {
        char byte = parser->text[parser->at++];
        if (byte == '\'') {
            closed = true;
        } else if (byte == '\\') {
            char next = parser->at < parser->size ? parser->text[parser->at++] : '\0';
            good = next && strchr("\\'{}", next);
            if (good) {
                dr_text_putc(&text, next);
            } else {
                fail(parser, parser->at - 2,
                     "a backslash escapes only ', {, } and \\ in an intrinsic function's string");
            }
        } else {
            dr_text_putc(&text, byte);
        }
    }
    if (good && !closed) {
        fail(parser, opening, "the string that begins here has no closing '");
    }
    if (good && closed) {
        json_t *string = json_stringn(text.bytes ? text.bytes : "", text.size);
        if (string) {
            argument->kind = ARGUMENT_CONSTANT;
            argument->constant = dr_arena_json(parser->arena, string);
            argument->literal_size = parser->at - opening - 2;
            argument->literal = dr_arena_string(parser->arena, parser->text + opening + 1, argument->literal_size);
        } else {
            fail(parser, opening, "invalid UTF-8");
        }
    }
    dr_text_done(&text);
    return argument->constant;
}

/* A path ends at a comma, a closing parenthesis or white space outside its own brackets, quotes and parentheses. */
static bool parse_path(struct parser *parser, struct argument *argument)
{
    size_t start = parser->at;
    unsigned open = 0;
    char quote = '\0';
    for (; parser->at < parser->size; parser->at++) {
        char byte = parser->text[parser->at];
        if (quote) {
            if (byte == '\\') {
                parser->at++;
            } else if (byte == quote) {
                quote = '\0';
            }
        } else if (open && (byte == '\'' || byte == '"')) {
            quote = byte;
        } else if (byte == '[' || byte == '(') {
            open++;
        } else if (open && (byte == ']' || byte == ')')) {
            open--;
        } else if (!open && (byte == ',' || byte == ')' || byte == ' ')) {
            break;
        }
    }
    parser->at = parser->at < parser->size ? parser->at : parser->size;
    struct dr_compile_error error = {0};
    argument->kind = ARGUMENT_PATH;
    argument->path = dr_path_compile(parser->arena, parser->text + start, parser->at - start, &error);
    if (!argument->path) {
        fail(parser, start + error.offset, "%s", error.message);
        free(error.message);
    }
    return argument->path;
}

static bool parse_word(struct parser *parser, struct argument *argument)
{
    size_t start = parser->at;
    while (parser->at < parser->size && !strchr(",) \t\r\n", parser->text[parser->at])) {
        parser->at++;
    }
    size_t size = parser->at - start;
    char *problem = NULL;
    json_t *value = size ? dr_json_parse(parser->text + start, size, &problem) : NULL;
    free(problem);
    if (!value || json_is_array(value) || json_is_object(value) || json_is_string(value)) {
        json_decref(value);
        fail(parser, start,
             "expected a path, a string in single quotes, a number, true, false, null or another intrinsic function");
        return false;
    }
    argument->kind = ARGUMENT_CONSTANT;
    argument->constant = dr_arena_json(parser->arena, value);
    return true;
}

static const struct dr_intrinsic *parse_call(struct parser *parser);

static bool parse_argument(struct parser *parser, struct argument *argument)
{
    int byte = peek(parser);
    *argument = (struct argument){.offset = parser->at};
    if (byte == '\'') {
        return parse_string(parser, argument);
    }
    if (byte == '$') {
        return parse_path(parser, argument);
    }
    if (parser->size - parser->at >= 7 && memcmp(parser->text + parser->at, "States.", 7) == 0) {
        argument->kind = ARGUMENT_CALL;
        argument->call = parse_call(parser);
        return argument->call;
    }
    return parse_word(parser, argument);
}

static const struct intrinsic_function *find_function(struct parser *parser, const char *name, size_t size,
                                                      size_t offset)
{
    const char *names[32];
    for (size_t i = 0; i < dr_intrinsic_function_count; i++) {
        const struct intrinsic_function *function = &dr_intrinsic_functions[i];
        if (strlen(function->name) == size && memcmp(function->name, name, size) == 0) {
            return function;
        }
        names[i] = function->name;
    }
    char *word = dr_copy_bytes(name, size);
    const char *nearest = dr_nearest(word, names, dr_intrinsic_function_count);
    fail(parser, offset, "there is no intrinsic function States.%s%s%s%s", word,
         nearest ? "; did you mean States." : "", nearest ? nearest : "", nearest ? "?" : "");
    free(word);
    return NULL;
}

/* The service takes a call with the wrong number of arguments and fails it when it runs, so this is no mistake of form.
 */
static const char *check_count(struct parser *parser, const struct intrinsic_function *function, size_t count)
{
    if (count >= function->arguments_min && count <= function->arguments_max) {
        return NULL;
    }
    const char *bound = function->arguments_max == SIZE_MAX                  ? "at least "
                        : function->arguments_min == function->arguments_max ? ""
                        : count < function->arguments_min                    ? "at least "
                                                                             : "at most ";
    size_t wanted = count < function->arguments_min ? function->arguments_min : function->arguments_max;
    return dr_arena_format(parser->arena, "States.%s takes %s%zu argument%s, not %zu: %s", function->name, bound,
                           wanted, wanted == 1 ? "" : "s", count, function->summary);
}

/* From the opening parenthesis to the closing one. The list is on the heap. */
static bool parse_arguments(struct parser *parser, struct argument **ret_items, size_t *ret_count)
{
    size_t opening = parser->at;
    if (peek(parser) != '(') {
        fail(parser, parser->at, "expected '(' after the name of the intrinsic function");
        return false;
    }
    parser->at++;
    if (peek(parser) == ')') {
        parser->at++;
        return true;
    }
    for (;;) {
        *ret_items = dr_resize(*ret_items, *ret_count + 1, sizeof **ret_items);
        if (!parse_argument(parser, &(*ret_items)[*ret_count])) {
            return false;
        }
        ++*ret_count;
        int byte = peek(parser);
        if (byte != ',' && byte != ')') {
            fail(parser, byte < 0 ? opening : parser->at,
                 byte < 0 ? "this '(' is never closed" : "expected ',' or ')'");
            return false;
        }
        parser->at++;
        if (byte == ')') {
            return true;
        }
    }
}

static const struct dr_intrinsic *parse_call(struct parser *parser)
{
    size_t start = parser->at;
    if (++parser->depth > DR_FILTER_DEPTH_MAX) {
        return fail(parser, start, "intrinsic functions nest at most %d deep", DR_FILTER_DEPTH_MAX);
    }
    parser->at += strlen("States.");
    size_t name = parser->at;
    while (parser->at < parser->size && !strchr("(, \t\r\n)'", parser->text[parser->at])) {
        parser->at++;
    }
    const struct intrinsic_function *function = find_function(parser, parser->text + name, parser->at - name, start);
    struct argument *items = NULL;
    size_t count = 0;
    struct dr_intrinsic *call = NULL;
    if (function && parse_arguments(parser, &items, &count)) {
        struct argument *kept = dr_arena_alloc(parser->arena, count * sizeof *kept);
        call = dr_arena_alloc(parser->arena, sizeof *call);
        call->function = function;
        call->offset = start;
        call->wrong_count = check_count(parser, function, count);
        call->text = dr_arena_string(parser->arena, parser->text + start, parser->at - start);
        call->arguments = kept;
        call->count = count;
        for (size_t i = 0; i < count; i++) {
            kept[i] = items[i];
            unsigned inner = items[i].kind == ARGUMENT_CALL ? items[i].call->depth : 0;
            call->depth = inner > call->depth ? inner : call->depth;
        }
        call->depth += 2; /* States.ArrayPartition adds two levels, the others fewer */
    }
    free(items);
    parser->depth--;
    return call;
}

const struct dr_intrinsic *dr_intrinsic_compile(struct dr_arena *arena, const char *text, size_t size,
                                                struct dr_compile_error *ret_error)
{
    struct dr_compile_error error = {0};
    struct parser parser = {.arena = arena, .text = text, .size = size, .error = &error};
    const struct dr_intrinsic *call = NULL;
    peek(&parser);
    if (size - parser.at < 7 || memcmp(text + parser.at, "States.", 7) != 0) {
        fail(&parser, parser.at, "expected a path that begins with $ or an intrinsic function: States.Name(...)");
    } else {
        call = parse_call(&parser);
    }
    if (call && peek(&parser) >= 0) {
        call = fail(&parser, parser.at, "there is more text after the intrinsic function's ')'");
    }
    if (!call) {
        *ret_error = error;
    }
    return call;
}

void dr_intrinsic_paths(const struct dr_intrinsic *call,
                        void (*visit)(void *data, const struct dr_path *path, size_t offset), void *data)
{
    for (size_t i = 0; i < call->count; i++) {
        const struct argument *argument = &call->arguments[i];
        if (argument->kind == ARGUMENT_PATH) {
            visit(data, argument->path, argument->offset);
        } else if (argument->kind == ARGUMENT_CALL) {
            dr_intrinsic_paths(argument->call, visit, data);
        }
    }
}

const char *dr_intrinsic_warning(const struct dr_intrinsic *call, size_t *ret_offset)
{
    const char *warning = call->wrong_count;
    *ret_offset = call->offset;
    for (size_t i = 0; i < call->count && !warning; i++) {
        if (call->arguments[i].kind == ARGUMENT_CALL) {
            warning = dr_intrinsic_warning(call->arguments[i].call, ret_offset);
        }
    }
    return warning;
}

unsigned dr_intrinsic_depth(const struct dr_intrinsic *call)
{
    return call->depth;
}

/* --- Calling ------------------------------------------------------------------------------------------------------ */

struct run {
    const char *text; /* the whole expression: causes name it, not the call inside that failed */
    const struct dr_view *view;
    struct dr_error *error;
};

static json_t *run_call(const struct run *run, const struct dr_intrinsic *call);

/* The service shows a path into the context object without its first "$", and the input all the same. */
static json_t *refuse_path(const struct run *run, const struct dr_path *path, const char *detail)
{
    if (detail && strncmp(detail, "Filter: ", 8) ==
                      0) { /* something that is no array: the words of its JSONPath library come through */
        dr_error_set(run->error, "States.Runtime", "The function '%s' had the following error: %s", run->text, detail);
        return NULL;
    }
    char *input = run->view->input ? dr_json_quote(run->view->input) : dr_copy_string("");
    dr_error_set(
        run->error, "States.Runtime",
        "The function '%s' had the following error: The JsonPath argument for the field '%s' could not be found in "
        "the input '%s'",
        run->text, dr_path_text(path) + (dr_path_root(path) == DR_ROOT_CONTEXT), input);
    free(input);
    return NULL;
}

static json_t *evaluate(const struct run *run, const struct argument *argument)
{
    json_t *value = NULL;
    char *detail = NULL;
    switch (argument->kind) {
    case ARGUMENT_CONSTANT:
        return dr_json_share(argument->constant);
    case ARGUMENT_CALL:
        return run_call(run, argument->call);
    case ARGUMENT_PATH:
        if (dr_path_find(argument->path, run->view, &value, &detail) == DR_PATH_FOUND) {
            return value;
        }
        break;
    }
    value = refuse_path(run, argument->path, detail);
    free(detail);
    return value;
}

/* The service has one sentence for all arguments that a function does not take, and States.Runtime for its name; the
 * rest is ours. */
static json_t *refuse(const struct run *run, const struct dr_intrinsic *call, const char *problem)
{
    dr_error_set(run->error, "States.Runtime",
                 "The function '%s' had the following error: Invalid arguments in States.%s: %s", run->text,
                 call->function->name, problem);
    return NULL;
}

static json_t *run_call(const struct run *run, const struct dr_intrinsic *call)
{
    if (call->wrong_count) {
        return refuse(run, call, call->wrong_count);
    }
    json_t *on_stack[ARGUMENTS_ON_STACK], **values = on_stack;
    if (call->count > ARGUMENTS_ON_STACK) {
        values = dr_resize(NULL, call->count, sizeof(json_t *));
    }
    size_t count = 0;
    while (count < call->count && (values[count] = evaluate(run, &call->arguments[count]))) {
        count++;
    }
    json_t *result = NULL;
    if (count == call->count) {
        struct dr_random unseeded = {0};
        struct intrinsic_call state = {
            .arguments = values, .count = count, .random = run->view->random ? run->view->random : &unseeded};
        if (count) {
            state.format = call->arguments[0].literal;
            state.format_size = call->arguments[0].literal_size;
        }
        result = call->function->call(&state);
        if (!result) {
            refuse(run, call, state.problem ? state.problem : "invalid argument");
        }
        free(state.problem);
    }
    while (count > 0) {
        json_decref(values[--count]);
    }
    if (values != on_stack) {
        free(values);
    }
    return result;
}

json_t *dr_intrinsic_call(const struct dr_intrinsic *call, const struct dr_view *view, struct dr_error *ret_error)
{
    struct run run = {.text = call->text, .view = view, .error = ret_error};
    return run_call(&run, call);
}
