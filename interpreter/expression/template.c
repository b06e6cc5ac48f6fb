/* Payload templates. Compiling turns a document node into a tree whose constant parts are finished JSON values, shared
 * by every result; evaluating builds only what has expressions in it. The depth of both is that of the document, which
 * is bounded. */
#include "interpreter/expression/template.h"

#include "interpreter/base/text.h"
#include "interpreter/expression/intrinsics.h"
#include "interpreter/expression/jsonata_aws.h"
#include "interpreter/expression/jsonpath.h"
#include "interpreter/expression/known.h"
#include "interpreter/expression/values.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct member {
    const char *key;
    size_t key_size;
    const struct dr_template *value;
};

struct dr_template {
    enum {
        TEMPLATE_CONSTANT,
        TEMPLATE_PATH,
        TEMPLATE_INTRINSIC,
        TEMPLATE_JSONATA,
        TEMPLATE_OBJECT,
        TEMPLATE_ARRAY
    } kind;
    bool uses_context;
    unsigned depth;
    const char *field;      /* as causes name it: "value.$", "Output/result" */
    const char *expression; /* JSONata: without the {% %} */
    union {
        const json_t *constant;
        const struct dr_path *path;
        const struct dr_intrinsic *intrinsic;
        const struct jsonata *program;
        struct {
            const struct member *items;
            size_t count;
        } members;
    };
};

struct compiler {
    struct dr_arena *arena;
    enum dr_language language;
    struct dr_template_uses *uses;
    struct dr_diagnostics *found;
};

static const struct dr_template *compile(struct compiler *compiler, const struct dr_node *node, const char *field);

/* --- Mistakes ------------------------------------------------------------------------------------------------------
 */

/* Steals `message` and `hint`. */
static void report_as(struct compiler *compiler, const char *code, struct dr_place place, char *message, char *hint)
{
    dr_report(
        compiler->found,
        &(struct dr_diagnostic){.severity = DR_ERROR, .code = code, .place = place, .message = message, .hint = hint});
}

static void report(struct compiler *compiler, struct dr_place place, char *message, char *hint)
{
    report_as(compiler, "SCHEMA_VALIDATION_FAILED", place, message, hint);
}

static void use_variable(struct compiler *compiler, const char *name, struct dr_place place)
{
    if (compiler->uses && compiler->uses->variable) {
        compiler->uses->variable(compiler->uses->data, name, place);
    }
}

static void use_context(struct compiler *compiler, struct dr_template *tpl)
{
    tpl->uses_context = true;
    if (compiler->uses) {
        compiler->uses->context = true;
    }
}

/* --- JSONPath ------------------------------------------------------------------------------------------------------
 */

struct path_visit {
    struct compiler *compiler;
    struct dr_template *tpl;
    const struct dr_node *node;
};

static void visit_path(void *data, const struct dr_path *path, size_t offset)
{
    struct path_visit *visit = data;
    if (dr_path_root(path) == DR_ROOT_CONTEXT) {
        use_context(visit->compiler, visit->tpl);
    } else if (dr_path_root(path) == DR_ROOT_VARIABLE) {
        use_variable(visit->compiler, dr_path_variable(path), dr_node_place_at(visit->node, offset));
    }
}

static void warn_of_intrinsic(struct compiler *compiler, const struct dr_intrinsic *intrinsic,
                              const struct dr_node *node)
{
    size_t offset;
    const char *warning = dr_intrinsic_warning(intrinsic, &offset);
    if (warning) {
        dr_report(compiler->found, &(struct dr_diagnostic){.severity = DR_WARNING,
                                                           .code = "INTRINSIC_ARGUMENTS",
                                                           .place = dr_node_place_at(node, offset),
                                                           .message = dr_format("the call will fail: %s", warning)});
    }
}

/* A string that is a path or an intrinsic call. `field` is the key as written: "value.$". */
static const struct dr_template *compile_path(struct compiler *compiler, const struct dr_node *node, const char *field)
{
    if (node->kind != DR_NODE_STRING) {
        report(
            compiler, node->place,
            dr_format("The value for the field '%s' must be a String that contains a JSONPath or an intrinsic function "
                      "call, but it is %s",
                      field, dr_node_kind_name(node->kind)),
            dr_copy_string("without .$ at the end of the key, the value is taken as it is"));
        return NULL;
    }
    struct dr_compile_error error = {0};
    struct dr_template *tpl = dr_arena_alloc(compiler->arena, sizeof *tpl);
    struct path_visit visit = {compiler, tpl, node};
    tpl->field = field;
    bool good;
    if (node->string.size && node->string.bytes[0] == '$') {
        tpl->kind = TEMPLATE_PATH;
        tpl->path = dr_path_compile(compiler->arena, node->string.bytes, node->string.size, &error);
        good = tpl->path;
        if (good) {
            visit_path(&visit, tpl->path, 0);
        }
    } else {
        tpl->kind = TEMPLATE_INTRINSIC;
        tpl->intrinsic = dr_intrinsic_compile(compiler->arena, node->string.bytes, node->string.size, &error);
        good = tpl->intrinsic;
        if (good) {
            tpl->depth = dr_intrinsic_depth(tpl->intrinsic);
            dr_intrinsic_paths(tpl->intrinsic, visit_path, &visit);
            warn_of_intrinsic(compiler, tpl->intrinsic, node);
        }
    }
    if (!good) {
        report(compiler, dr_node_place_at(node, error.offset),
               dr_format("The value for the field '%s' must be a valid JSONPath or a valid intrinsic function call",
                         field),
               error.message);
    }
    return good ? tpl : NULL;
}

static bool ends_with_dollar(const struct dr_node *node)
{
    size_t size = node->key ? strlen(node->key) : 0;
    return size > 2 && strcmp(node->key + size - 2, ".$") == 0;
}

/* --- JSONata -------------------------------------------------------------------------------------------------------
 */

static bool is_expression(const struct dr_node *node)
{
    const char *bytes = node->string.bytes;
    size_t size = node->string.size;
    return node->kind == DR_NODE_STRING && size >= 4 && memcmp(bytes, "{%", 2) == 0 &&
           memcmp(bytes + size - 2, "%}", 2) == 0;
}

struct jsonata_visit {
    struct compiler *compiler;
    struct dr_template *tpl;
    const struct dr_node *node;
    size_t offset; /* of the expression in the node's string */
    bool refused;
};

static void refuse_reference(struct jsonata_visit *visit, struct dr_place place, char *message, char *hint)
{
    report_as(visit->compiler, "UNSUPPORTED_JSONATA_EXPRESSION", place, message, hint);
    visit->refused = true;
}

static void refuse_states(struct jsonata_visit *visit, const char *member, struct dr_place place, const char *hint)
{
    refuse_reference(visit, place,
                     dr_format("$states.%s is not available in the field '%s'", member, visit->tpl->field),
                     dr_copy_string(hint));
}

/* There is no context item: what begins with neither $states nor a variable would read from nothing. */
static void visit_context(void *data, const char *name, const char *path, size_t position)
{
    (void)path;
    struct jsonata_visit *visit = data;
    struct dr_place place = dr_node_place_at(visit->node, visit->offset + position);
    if (strcmp(name, "$$") == 0) {
        refuse_reference(visit, place, dr_copy_string("Reference to '$$' is not supported"),
                         dr_copy_string("write $states.input to read the input"));
    } else {
        refuse_reference(visit, place, dr_format("Reference to '%s' at the top level is not supported", name),
                         dr_format("write $states.input.%s to read the input, or $%s to read a variable", name, name));
    }
}

static bool path_begins_with(const char *path, const char *name)
{
    size_t size = strlen(name);
    return strncmp(path, name, size) == 0 && (path[size] == '\0' || path[size] == '.');
}

static void visit_variable(void *data, const char *name, const char *path, size_t position)
{
    struct jsonata_visit *visit = data;
    const struct dr_template_uses *uses = visit->compiler->uses;
    struct dr_place place = dr_node_place_at(visit->node, visit->offset + position);
    if (strcmp(name, "states") != 0) {
        if (!dr_jsonata_is_function(name)) { /* "$string" may be handed over as a value */
            use_variable(visit->compiler, name, place);
        }
        return;
    }
    if (*path == '\0' || path_begins_with(path, "context")) {
        use_context(visit->compiler, visit->tpl);
    }
    if (uses && path_begins_with(path, "result") && !uses->result_allowed) {
        refuse_states(visit, "result", place,
                      "it exists only where a state has its result: Output and Assign of Task, Map and Parallel");
    } else if (uses && path_begins_with(path, "errorOutput") && !uses->error_output_allowed) {
        refuse_states(visit, "errorOutput", place, "it exists only in Output and Assign of a Catch");
    }
}

/* A call of an unknown function compiles, as in AWS, and fails when it runs. */
static void visit_call(void *data, const char *name, unsigned arguments, size_t position)
{
    struct jsonata_visit *visit = data;
    unsigned fewest, most;
    struct dr_place place = dr_node_place_at(visit->node, visit->offset + position);
    if (strcmp(name, "eval") == 0) {
        dr_report(visit->compiler->found,
                  &(struct dr_diagnostic){.severity = DR_WARNING,
                                          .code = "UNKNOWN_FUNCTION",
                                          .place = place,
                                          .message = dr_copy_string("$eval is not supported: the call will fail"),
                                          .hint = dr_copy_string("use $parse to read JSON text")});
    } else if (!dr_jsonata_is_function(name)) {
        const char *nearest = dr_jsonata_nearest_function(name);
        dr_report(
            visit->compiler->found,
            &(struct dr_diagnostic){.severity = DR_WARNING,
                                    .code = "UNKNOWN_FUNCTION",
                                    .place = place,
                                    .message = dr_format("there is no JSONata function $%s: the call will fail", name),
                                    .hint = nearest ? dr_format("did you mean $%s?", nearest) : NULL});
    } else if (arguments != UINT_MAX && dr_jsonata_arity(name, &fewest, &most) &&
               (arguments < fewest || arguments > most)) {
        dr_report(visit->compiler->found,
                  &(struct dr_diagnostic){
                      .severity = DR_WARNING,
                      .code = "FUNCTION_ARGUMENTS",
                      .place = place,
                      .message = dr_format("the call will fail: $%s takes %s%u argument%s, not %u", name,
                                           fewest == most       ? ""
                                           : arguments < fewest ? "at least "
                                                                : "at most ",
                                           arguments < fewest ? fewest : most,
                                           (arguments < fewest ? fewest : most) == 1 ? "" : "s", arguments)});
    }
}

static void release_program(void *program)
{
    jsonata_free(program);
}

/* How deep the value of an expression can nest around what it reads: no deeper than its brackets. */
static unsigned bracket_depth(const char *text)
{
    unsigned brackets = 0;
    for (; *text; text++) {
        brackets += *text == '[' || *text == '{';
    }
    return brackets + 1;
}

static const struct dr_template *compile_jsonata(struct compiler *compiler, const struct dr_node *node,
                                                 const char *field)
{
    const char *bytes = node->string.bytes;
    size_t start = 2, end = node->string.size - 2;
    while (start < end && strchr(" \t\r\n", bytes[start])) {
        start++;
    }
    while (end > start && strchr(" \t\r\n", bytes[end - 1])) {
        end--;
    }
    struct dr_template *tpl = dr_arena_alloc(compiler->arena, sizeof *tpl);
    tpl->kind = TEMPLATE_JSONATA;
    tpl->field = field;
    tpl->expression = dr_arena_string(compiler->arena, bytes + start, end - start);
    tpl->depth = bracket_depth(tpl->expression);
    struct jsonata_error error = {.code = ""};
    struct jsonata *program = dr_jsonata_compile(tpl->expression, end - start, &error);
    if (!program) {
        report_as(compiler, "INVALID_JSONATA_EXPRESSION", dr_node_place_at(node, start + error.position),
                  dr_format("The value for the field '%s' must be a valid JSONata expression", field),
                  dr_format("%s: %s", error.code, error.message));
        return NULL;
    }
    dr_arena_defer(compiler->arena, release_program, program);
    tpl->program = program;
    struct jsonata_visit visit = {compiler, tpl, node, start, false};
    jsonata_variables(program, visit_variable, &visit);
    jsonata_calls(program, visit_call, &visit);
    jsonata_context(program, visit_context, &visit);
    return visit.refused ? NULL : tpl;
}

/* --- Structure ------------------------------------------------------------------------------------------------------
 */

static unsigned json_depth(const json_t *value)
{
    unsigned deepest = 0;
    if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++) {
            unsigned inner = json_depth(json_array_get(value, i));
            deepest = inner > deepest ? inner : deepest;
        }
        return deepest + 1;
    }
    if (json_is_object(value)) {
        json_t *object = dr_json_thaw(value);
        for (void *at = json_object_iter(object); at; at = json_object_iter_next(object, at)) {
            unsigned inner = json_depth(json_object_iter_value(at));
            deepest = inner > deepest ? inner : deepest;
        }
        return deepest + 1;
    }
    return 0;
}

static const struct dr_template *make_constant(struct compiler *compiler, const struct dr_node *node)
{
    struct dr_template *tpl = dr_arena_alloc(compiler->arena, sizeof *tpl);
    tpl->kind = TEMPLATE_CONSTANT;
    tpl->constant = dr_arena_json(compiler->arena, dr_node_json(node));
    tpl->depth = json_depth(tpl->constant);
    return tpl;
}

/* One member or item; `ret_member->value` is NULL if it is wrong. */
static void compile_child(struct compiler *compiler, const struct dr_node *child, size_t index, const char *field,
                          struct member *ret_member)
{
    *ret_member = (struct member){.key = child->key, .key_size = child->key ? strlen(child->key) : 0};
    if (compiler->language == DR_JSONPATH && ends_with_dollar(child)) {
        ret_member->key_size -= 2;
        ret_member->key = dr_arena_string(compiler->arena, child->key, ret_member->key_size);
        ret_member->value =
            compile_path(compiler, child, dr_arena_string(compiler->arena, child->key, strlen(child->key)));
        return;
    }
    if (child->kind == DR_NODE_LIST || child->kind == DR_NODE_MAP || is_expression(child)) {
        field = child->key ? dr_arena_format(compiler->arena, "%s/%s", field, child->key)
                           : dr_arena_format(compiler->arena, "%s[%zu]", field, index);
    }
    ret_member->value = compile(compiler, child, field);
}

/* "a" and "a.$" in one object would be the same member. */
static bool check_unique(struct compiler *compiler, const struct dr_node *node)
{
    bool good = true;
    for (size_t i = 0; compiler->language == DR_JSONPATH && i < node->children.count; i++) {
        const struct dr_node *child = node->children.items[i];
        if (!ends_with_dollar(child)) {
            continue;
        }
        char *plain = dr_copy_bytes(child->key, strlen(child->key) - 2);
        if (dr_node_member(node, plain)) {
            report(compiler, child->key_place,
                   dr_format("The field '%s' is given twice, as \"%s\" and as \"%s\"", plain, plain, child->key), NULL);
            good = false;
        }
        free(plain);
    }
    return good;
}

static const struct dr_template *compile_children(struct compiler *compiler, const struct dr_node *node,
                                                  const char *field)
{
    size_t count = node->children.count;
    struct member *members = dr_arena_alloc(compiler->arena, count * sizeof *members);
    struct dr_template *tpl = dr_arena_alloc(compiler->arena, sizeof *tpl);
    bool good = node->kind != DR_NODE_MAP || check_unique(compiler, node), constant = true;
    for (size_t i = 0; i < count; i++) {
        compile_child(compiler, node->children.items[i], i, field, &members[i]);
        const struct dr_template *value = members[i].value;
        if (!value) {
            good = false;
            continue;
        }
        constant = constant && value->kind == TEMPLATE_CONSTANT;
        tpl->uses_context = tpl->uses_context || value->uses_context;
        tpl->depth = value->depth > tpl->depth ? value->depth : tpl->depth;
    }
    if (!good || constant) {
        return good ? make_constant(compiler, node) : NULL;
    }
    tpl->kind = node->kind == DR_NODE_MAP ? TEMPLATE_OBJECT : TEMPLATE_ARRAY;
    tpl->depth++;
    tpl->members.items = members;
    tpl->members.count = count;
    return tpl;
}

static const struct dr_template *compile(struct compiler *compiler, const struct dr_node *node, const char *field)
{
    if (node->kind == DR_NODE_LIST || node->kind == DR_NODE_MAP) {
        return compile_children(compiler, node, field);
    }
    if (compiler->language == DR_JSONATA && is_expression(node)) {
        return compile_jsonata(compiler, node, field);
    }
    return make_constant(compiler, node);
}

const struct dr_template *dr_template_compile(struct dr_arena *arena, const struct dr_node *node,
                                              enum dr_language language, const char *field,
                                              struct dr_template_uses *uses, struct dr_diagnostics *found)
{
    struct compiler compiler = {.arena = arena, .language = language, .uses = uses, .found = found};
    const char *inside = uses && uses->inside ? uses->inside : "";
    return compile(&compiler, node, dr_arena_format(arena, "%s%s%s", inside, *inside ? "/" : "", field));
}

const struct dr_template *dr_template_compile_path(struct dr_arena *arena, const struct dr_node *node,
                                                   const char *field, struct dr_template_uses *uses,
                                                   struct dr_diagnostics *found)
{
    struct compiler compiler = {.arena = arena, .language = DR_JSONPATH, .uses = uses, .found = found};
    return compile_path(&compiler, node, dr_arena_string(arena, field, strlen(field)));
}

/* --- Evaluation -----------------------------------------------------------------------------------------------------
 */

struct run {
    const struct dr_view *view;
    struct dr_states_cache cache;
    struct dr_error *error;
};

static json_t *evaluate(struct run *run, const struct dr_template *tpl);

static json_t *evaluate_path(struct run *run, const struct dr_template *tpl)
{
    json_t *value = NULL;
    const json_t *seen = dr_path_peek(tpl->path, run->view);
    if (seen) {
        return dr_json_share(seen);
    }
    char *detail = NULL;
    switch (dr_path_find(tpl->path, run->view, &value, &detail)) {
    case DR_PATH_FOUND:
        return value;
    case DR_PATH_MISSING: {
        if (dr_path_is_past_end(tpl->path, run->view)) {
            free(detail);
            return json_null();
        }
        const json_t *searched = dr_path_searched(tpl->path, run->view);
        char *input = searched ? dr_json_quote(searched) : dr_copy_string("");
        dr_error_set(run->error, "States.Runtime",
                     "The JSONPath '%s' specified for the field '%s' could not be found in the input '%s'",
                     dr_path_text(tpl->path), tpl->field, input);
        free(input);
        break;
    }
    case DR_PATH_UNSUPPORTED:
        dr_error_set(run->error, "States.Runtime", "Invalid path '%s' : %s", dr_path_text(tpl->path), detail);
        break;
    }
    free(detail);
    return NULL;
}

static json_t *evaluate_jsonata(struct run *run, const struct dr_template *tpl)
{
    json_t *value = NULL;
    struct jsonata_error error = {.code = ""};
    char *outcome = NULL;
    switch (dr_jsonata_eval(tpl->program, run->view, &run->cache, &value, &error)) {
    case JSONATA_OK:
        return value;
    case JSONATA_UNDEFINED:
        outcome = dr_copy_string("returned nothing (undefined).");
        break;
    case JSONATA_FUNCTION:
        outcome = dr_copy_string("returned an unsupported result type.");
        break;
    case JSONATA_ERROR:
        outcome = dr_format("threw an error during evaluation. %s: %s", error.code, error.message);
        break;
    }
    dr_error_set(run->error, "States.QueryEvaluationError",
                 "The JSONata expression '%s' specified for the field '%s' %s", tpl->expression, tpl->field, outcome);
    free(outcome);
    return NULL;
}

static json_t *evaluate_members(struct run *run, const struct dr_template *tpl)
{
    bool is_object = tpl->kind == TEMPLATE_OBJECT;
    json_t *result = is_object ? json_object() : json_array();
    for (size_t i = 0; i < tpl->members.count; i++) {
        const struct member *member = &tpl->members.items[i];
        json_t *value = evaluate(run, member->value);
        if (!value) {
            json_decref(result);
            return NULL;
        }
        if (is_object) {
            json_object_setn_new_nocheck(result, member->key, member->key_size, value);
        } else {
            json_array_append_new(result, value);
        }
    }
    return result;
}

/* --- What is known before a run (dr_view.partial) -------------------------------------------------------------------
 */

struct reads {
    const struct dr_view *view;
    bool known; /* all that was read */
};

static void read_path(void *data, const struct dr_path *path, size_t offset)
{
    (void)offset;
    struct reads *reads = data;
    json_t *value = NULL;
    if (dr_path_root(path) == DR_ROOT_CONTEXT)
        reads->known = false;
    else if (!dr_path_is_definite(path)) /* what a filter or .. leaves out may depend on what is not known */
        reads->known = reads->known && dr_is_known(dr_path_searched(path, reads->view));
    else if (dr_path_find(path, reads->view, &value, NULL) != DR_PATH_FOUND)
        reads->known = false;
    else
        reads->known = reads->known && dr_is_known(value);
    json_decref(value);
}

/* As far as the names go: "input.a.b" is known although input.c is not. */
static void read_variable(void *data, const char *name, const char *path, size_t position)
{
    (void)position;
    struct reads *reads = data;
    const json_t *value;
    if (strcmp(name, "states") != 0) {
        value = dr_scope_find(reads->view->scope, name, strlen(name));
        if (!value && dr_jsonata_is_function(name))
            return;
    } else if (path_begins_with(path, "input")) {
        value = reads->view->input;
        path += strlen("input");
    } else if (path_begins_with(path, "result")) {
        value = reads->view->result;
        path += strlen("result");
    } else {
        value = NULL; /* the context object, what failed, all of $states */
    }
    path += *path == '.';
    while (*path && json_is_object(value)) {
        size_t size = strcspn(path, ".");
        value = json_object_getn(value, path, size);
        if (!value)
            return; /* it is known that there is none */
        path += size + (path[size] == '.');
    }
    reads->known = reads->known && value && dr_is_known(value);
}

static void read_function(void *data, const char *name, unsigned arguments, size_t position)
{
    (void)arguments, (void)position;
    static const char *const moody[] = {"now", "millis", "random", "shuffle", "uuid"};
    struct reads *reads = data;
    for (size_t i = 0; i < sizeof moody / sizeof *moody; i++)
        reads->known = reads->known && strcmp(name, moody[i]) != 0;
}

/* "$states.input.x": it gives what is there, known or not. */
static bool is_plain_path(const char *expression)
{
    expression += strspn(expression, " \t\n");
    size_t size = strspn(expression, "$._0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
    return *expression == '$' && expression[1] != '$' && expression[size + strspn(expression + size, " \t\n")] == '\0';
}

static bool is_given(struct run *run, const struct dr_template *tpl)
{
    struct reads reads = {run->view, true};
    if (tpl->kind == TEMPLATE_JSONATA) {
        jsonata_variables(tpl->program, read_variable, &reads);
        jsonata_calls(tpl->program, read_function, &reads);
        return reads.known || (is_plain_path(tpl->expression) && !tpl->uses_context);
    }
    if (tpl->kind == TEMPLATE_INTRINSIC)
        dr_intrinsic_paths(tpl->intrinsic, read_path, &reads);
    else if (!dr_path_is_definite(tpl->path) || dr_path_root(tpl->path) == DR_ROOT_CONTEXT)
        read_path(&reads, tpl->path, 0);
    return reads.known;
}

static json_t *evaluate_known(struct run *run, const struct dr_template *tpl);

static json_t *evaluate_partial(struct run *run, const struct dr_template *tpl)
{
    const uint64_t drawn = run->view->random ? run->view->random->drawn : 0;
    json_t *value = is_given(run, tpl) ? evaluate_known(run, tpl) : NULL;
    dr_error_done(run->error);
    if (value && (!run->view->random || run->view->random->drawn == drawn))
        return value;
    json_decref(value);
    return dr_unknown();
}

static json_t *evaluate(struct run *run, const struct dr_template *tpl)
{
    bool reads = tpl->kind == TEMPLATE_PATH || tpl->kind == TEMPLATE_INTRINSIC || tpl->kind == TEMPLATE_JSONATA;
    return run->view->partial && reads ? evaluate_partial(run, tpl) : evaluate_known(run, tpl);
}

static json_t *evaluate_known(struct run *run, const struct dr_template *tpl)
{
    switch (tpl->kind) {
    case TEMPLATE_CONSTANT:
        return dr_json_share(tpl->constant);
    case TEMPLATE_PATH:
        return evaluate_path(run, tpl);
    case TEMPLATE_INTRINSIC:
        return dr_intrinsic_call(tpl->intrinsic, run->view, run->error);
    case TEMPLATE_JSONATA:
        return evaluate_jsonata(run, tpl);
    case TEMPLATE_OBJECT:
    case TEMPLATE_ARRAY:
        return evaluate_members(run, tpl);
    }
    return NULL;
}

json_t *dr_template_eval(const struct dr_template *tpl, const struct dr_view *view, struct dr_error *ret_error)
{
    struct run run = {.view = view, .error = ret_error};
    json_t *result = evaluate(&run, tpl);
    dr_states_cache_done(&run.cache);
    return result;
}

const json_t *dr_template_constant(const struct dr_template *tpl)
{
    return tpl->kind == TEMPLATE_CONSTANT ? tpl->constant : NULL;
}

bool dr_template_uses_context(const struct dr_template *tpl)
{
    return tpl->uses_context;
}

unsigned dr_template_depth(const struct dr_template *tpl)
{
    return tpl->depth;
}

const char *dr_template_expression(const struct dr_template *tpl)
{
    return tpl->expression;
}

const char *dr_template_field(const struct dr_template *tpl)
{
    return tpl->field;
}
