/* Calling functions: arguments, signatures, closures, partial application, chaining, and the loop that makes tail calls
 * run in constant stack. */
#include "interpreter/expression/jsonata/evaluate.h"

#include "interpreter/expression/jsonata/build.h"
#include "interpreter/expression/jsonata/json.h"
#include "interpreter/expression/jsonata/number.h"
#include "interpreter/expression/jsonata/regex.h"
#include "interpreter/expression/jsonata/signature.h"
#include "interpreter/expression/jsonata/utf8.h"

#include <stdio.h>
#include <stdlib.h>

enum { FEW = 8 }; /* arguments that need no allocation */

struct jx_value jx_new_function(struct jx_run *run, struct jx_function function)
{
    struct jx_function *made = jx_alloc(&run->heap, sizeof *made);
    *made = function;
    return (struct jx_value){.tag = JX_FUNCTION, .function = made};
}

unsigned jx_arity(struct jx_value value)
{
    const struct jx_function *function = value.function;
    unsigned open = 0;
    switch (function->kind) {
    case JX_BUILTIN:
        return function->builtin->parameters;
    case JX_HOST:
        return function->host->arguments_max;
    case JX_LAMBDA:
        return function->parameters->count;
    case JX_PARTIAL:
        for (size_t i = 0; i < function->partial.count; i++)
            open += function->partial.open[i];
        return open;
    case JX_CHAIN:
    case JX_TRANSFORM:
        return 1;
    case JX_REGEX:
        return 2;
    case JX_NEXT:
        return 0;
    }
    return 0;
}

/* --- matches
 * ------------------------------------------------------------------------------------------------------------- */

static struct jx_value matched_text(struct jx_value subject, size_t start, size_t end)
{
    struct jx_text text = jx_as_text(subject);
    return jx_string(text.bytes + start, end - start);
}

struct jx_value jx_match_object(struct jx_run *run, const struct jx_node *regex, struct jx_value subject, size_t from,
                                bool is_next)
{
    struct jx_match match;
    struct jx_text text = jx_as_text(subject);
    jx_charge(run, 1 + text.size / 64);
    switch (jx_regex_match(regex->regex, text, from, &match)) {
    case JX_NO_MATCH:
        return JX_NOTHING;
    case JX_MATCH_LIMIT:
        JX_FAIL(run->trap, .code = "U1003", .place = &regex->place, .token = jx_regex_source(regex->regex),
                .message = JX_TEXT("The regular expression takes too long to match: it backtracks too much"));
    case JX_MATCH:
        break;
    }
    if (is_next && match.start == match.end) {
        struct jx_text source = jx_regex_source(regex->regex);
        struct jx_value value = jx_string(source.bytes, source.size);
        JX_FAIL(run->trap, .code = "D1004", .place = &regex->place, .value = &value);
    }
    struct jx_arena *heap = &run->heap;
    struct jx_array *groups = jx_array_new(heap, match.group_count, 0);
    for (uint32_t i = 0; i < match.group_count; i++)
        jx_push(heap, groups,
                match.groups[i * 2] == SIZE_MAX ? JX_NOTHING
                                                : matched_text(subject, match.groups[i * 2], match.groups[i * 2 + 1]));
    struct jx_object *object = jx_object_new(heap);
    size_t start = jx_utf16_count(text.bytes, match.start);
    size_t length = jx_utf16_count(text.bytes + match.start, match.end - match.start);
    struct jx_function next = {.kind = JX_NEXT};
    next.next.regex = regex;
    next.next.subject = subject;
    next.next.from = match.end;
    jx_object_set(heap, object, "match", 5, matched_text(subject, match.start, match.end));
    jx_object_set(heap, object, "start", 5, jx_number((double)start));
    jx_object_set(heap, object, "end", 3, jx_number((double)(start + length)));
    jx_object_set(heap, object, "groups", 6, jx_of_array(groups));
    jx_object_set(heap, object, "next", 4, jx_new_function(run, next));
    return jx_of_object(object);
}

/* String(value) as JavaScript has it. */
static void build_coerced(struct jx_run *run, struct jx_builder *builder, struct jx_value value, unsigned depth)
{
    if (depth > JX_NESTING_MAX)
        jx_fail_nesting(run);
    jx_charge(run, 1);
    if (jx_is_array(value)) {
        for (size_t i = 0, count = jx_count(value); i < count; i++) {
            struct jx_value item = jx_at(value, i);
            if (i)
                jx_build_byte(builder, ',');
            if (!jx_is_undefined(item) && item.tag != JX_NULL)
                build_coerced(run, builder, item, depth + 1);
        }
    } else if (jx_is_number(value)) {
        char text[JX_NUMBER_TEXT];
        jx_build_add(builder, text, jx_value_number_text(text, value));
    } else if (jx_is_object(value)) {
        jx_build_text(builder, JX_TEXT("[object Object]"));
    } else if (jx_is_undefined(value)) {
        jx_build_text(builder, JX_TEXT("undefined"));
    } else {
        jx_build_text(builder, jx_as_text(jx_to_string(run, value, false)));
    }
}

/* A regular expression called as a function: of a string and the UTF-16 index to begin at. */
static struct jx_value call_regex(struct jx_run *run, const struct jx_function *function,
                                  const struct jx_value *arguments, size_t count)
{
    struct jx_value subject = count ? arguments[0] : JX_NOTHING;
    if (!jx_is_string(subject)) {
        struct jx_builder builder = {.arena = &run->heap};
        build_coerced(run, &builder, subject, 0);
        subject = jx_build_done(&builder);
    }
    struct jx_text text = jx_as_text(subject);
    size_t from = 0;
    if (count > 1 && jx_is_number(arguments[1]) && jx_as_number(arguments[1]) > 0) {
        double index = jx_as_number(arguments[1]);
        if (index > (double)jx_utf16_count(text.bytes, text.size))
            return JX_NOTHING;
        from = jx_utf16_offset(text.bytes, text.size, (size_t)index);
    }
    return jx_match_object(run, function->node, subject, from, false);
}

static struct jx_value call_next(struct jx_run *run, const struct jx_function *function)
{
    if (function->next.from >= jx_as_text(function->next.subject).size)
        return JX_NOTHING;
    return jx_match_object(run, function->next.regex, function->next.subject, function->next.from, true);
}

/* --- functions that are no lambdas
 * ---------------------------------------------------------------------------------------- */

static struct jx_value call_host(struct jx_run *run, const struct jsonata_function *host,
                                 const struct jx_value *arguments, size_t count)
{
    struct jsonata_error error = {.position = 0};
    json_t *result = NULL;
    json_t **converted = jx_zalloc(&run->keep, (count + JX_ARGUMENTS_PAD) * sizeof *converted);
    if (count < host->arguments_min || count > host->arguments_max)
        JX_FAIL(run->trap, .code = "T0410",
                .index = (unsigned)(count < host->arguments_min ? count : host->arguments_max) + 1);
    for (size_t i = 0; i < count; i++) {
        converted[i] = jx_to_json(run, arguments[i]);
        if (converted[i]) {
            struct jx_owned *owned = jx_alloc(&run->keep, sizeof *owned);
            *owned = (struct jx_owned){run->owned, converted[i]};
            run->owned = owned;
        }
    }
    void *data = run->environment ? run->environment->data : NULL;
    enum jsonata_status status = host->function(data, run->environment, converted, count, &result, &error);
    if (status == JSONATA_ERROR) {
        if (!error.position && !error.end && run->trap->call) {
            error.position = run->trap->call->place.start;
            error.end = run->trap->call->place.end;
        }
        if (!*error.token)
            (void)snprintf(error.token, sizeof error.token, "%s", host->name);
        run->trap->error = error;
        longjmp(run->trap->jump, 1);
    }
    if (status != JSONATA_OK || !result)
        return JX_NOTHING;
    struct jx_owned *owned = jx_alloc(&run->keep, sizeof *owned);
    *owned = (struct jx_owned){run->owned, result};
    run->owned = owned;
    return jx_of_json(result);
}

static struct jx_value call_builtin(struct jx_run *run, const struct jx_builtin *builtin,
                                    const struct jx_value *arguments, size_t count, struct jx_value context)
{
    for (size_t i = 0; i < count; i++)
        if (arguments[i].tag == JX_ARRAY || arguments[i].tag == JX_JSON_ARRAY)
            jx_charge(run, jx_count(arguments[i]) / 64);
    run->call_input = context;
    return builtin->function(run, arguments, count);
}

static struct jx_value call_partial(struct jx_run *run, const struct jx_function *function,
                                    const struct jx_value *arguments, size_t count)
{
    size_t total = function->partial.count;
    struct jx_value *all = jx_alloc(&run->heap, (total + JX_ARGUMENTS_PAD) * sizeof *all);
    memcpy(all, function->partial.arguments, total * sizeof *all);
    for (size_t i = 0, next = 0; i < total; i++)
        if (function->partial.open[i]) {
            all[i] = next < count ? arguments[next] : JX_NOTHING;
            next++;
        }
    for (size_t i = 0; i < JX_ARGUMENTS_PAD; i++)
        all[total + i] = JX_NOTHING;
    return jx_call_back(run, function->partial.target, all, total);
}

static struct jx_value call_lambda(struct jx_run *run, const struct jx_function *lambda,
                                   const struct jx_value *arguments, size_t count)
{
    const struct jx_nodes *parameters = lambda->parameters;
    struct jx_frame *frame = jx_frame_new(run, lambda->frame, parameters->count);
    for (uint32_t i = 0; i < parameters->count; i++)
        jx_bind(run, frame, parameters->items[i]->name, i < count ? arguments[i] : JX_NOTHING);
    return jx_eval(run, lambda->node->left, lambda->input, frame);
}

/* One call; a lambda may leave its own last call to the caller (JX_TAIL). */
static struct jx_value apply_once(struct jx_run *run, struct jx_value value, const struct jx_value *arguments,
                                  size_t count, struct jx_value context)
{
    if (!jx_is_function(value))
        JX_FAIL(run->trap, .code = "T1006");
    const struct jx_function *function = value.function;
    if (value.flags & JX_WRAPPED)
        context = jx_null();
    if (function->signature && !jx_signature_fits(function->signature, arguments, count)) {
        arguments = jx_signature_apply(function->signature, &run->heap, arguments, count, context, run->trap, &count);
        struct jx_value *padded = jx_alloc(&run->heap, (count + JX_ARGUMENTS_PAD) * sizeof *padded);
        memcpy(padded, arguments, count * sizeof *padded);
        for (size_t i = 0; i < JX_ARGUMENTS_PAD; i++)
            padded[count + i] = JX_NOTHING;
        arguments = padded;
    }
    switch (function->kind) {
    case JX_LAMBDA:
        return call_lambda(run, function, arguments, count);
    case JX_BUILTIN:
        return call_builtin(run, function->builtin, arguments, count, context);
    case JX_HOST:
        return call_host(run, function->host, arguments, count);
    case JX_PARTIAL:
        return call_partial(run, function, arguments, count);
    case JX_CHAIN: {
        struct jx_value between[1 + JX_ARGUMENTS_PAD] = {jx_call_back(run, function->chain.first, arguments, 1)};
        return jx_call_back(run, function->chain.second, between, 1);
    }
    case JX_REGEX:
        return call_regex(run, function, arguments, count);
    case JX_NEXT:
        return call_next(run, function);
    case JX_TRANSFORM:
        return jx_transform(run, function, count ? arguments[0] : JX_NOTHING);
    }
    return JX_NOTHING;
}

static struct jx_value *argument_room(struct jx_run *run, struct jx_value few[FEW + JX_ARGUMENTS_PAD], size_t count)
{
    struct jx_value *arguments =
        count <= FEW ? few : jx_alloc(&run->heap, jx_times(count + JX_ARGUMENTS_PAD, sizeof *arguments));
    for (size_t i = 0; i < JX_ARGUMENTS_PAD; i++)
        arguments[count + i] = JX_NOTHING;
    return arguments;
}

static bool is_scalar(struct jx_value value)
{
    return value.tag <= JX_INTEGER;
}

/* The memory of a finished iteration is given back when only scalars go on to the next one. `kept`: allocated before
 * `mark`. */
static void release_iteration(struct jx_run *run, struct jx_mark mark, const struct jx_value *arguments, size_t count,
                              bool kept)
{
    for (size_t i = 0; i < count; i++)
        kept = kept && is_scalar(arguments[i]);
    if (kept)
        jx_release(&run->heap, mark);
}

/* Makes the tail call that the last call left, and those that it leaves. */
static struct jx_value run_tail_calls(struct jx_run *run, struct jx_value context, struct jx_mark mark)
{
    struct jx_value few[FEW + JX_ARGUMENTS_PAD], value;
    const struct jx_call *outer = run->trap->call;
    do {
        const struct jx_node *node = run->tail_node;
        struct jx_value input = run->tail_input;
        struct jx_frame *frame = run->tail_frame;
        struct jx_value function = jx_eval(run, node->left, input, frame);
        size_t count = node->items.count;
        struct jx_value *arguments = argument_room(run, few, count);
        for (size_t i = 0; i < count; i++)
            arguments[i] = jx_eval(run, node->items.items[i], input, frame);
        struct jx_call call = {{node->left->place.start, node->place.end},
                               node->left->kind == JX_K_VARIABLE ? jx_as_text(node->left->value)
                                                                 : (struct jx_text){NULL, 0}};
        run->trap->call = &call;
        /* A function reached by name through frames older than the mark is itself older, unless it was made in this
         * loop. */
        bool older = jx_is_function(function) && function.function->kind == JX_LAMBDA && arguments == few &&
                     jx_is_older(&run->heap, function.function, mark);
        release_iteration(run, mark, arguments, count, older);
        value = apply_once(run, function, arguments, count, context);
        run->trap->call = outer;
    } while (value.tag == JX_TAIL);
    return value;
}

struct jx_value jx_apply(struct jx_run *run, struct jx_value function, const struct jx_value *arguments, size_t count,
                         struct jx_value context)
{
    struct jx_mark mark = jx_mark(&run->heap);
    struct jx_value value = apply_once(run, function, arguments, count, context);
    return value.tag == JX_TAIL ? run_tail_calls(run, context, mark) : value;
}

struct jx_value jx_call_back(struct jx_run *run, struct jx_value function, const struct jx_value *arguments,
                             size_t count)
{
    /* Twice as deep as it looks: through the function library and back. */
    if (++run->depth > run->depth_max)
        jx_fail_depth(run);
    struct jx_mark mark = jx_mark(&run->heap);
    struct jx_value value = jx_apply(run, function, arguments, count, jx_null());
    if (is_scalar(value))
        jx_release(&run->heap, mark);
    run->depth--;
    return value;
}

/* --- nodes
 * ------------------------------------------------------------------------------------------------------------------ */

static struct jx_text procedure_name(const struct jx_node *procedure)
{
    if (procedure->kind == JX_K_PATH)
        procedure = procedure->items.items[0];
    return jx_is_string(procedure->value) ? jx_as_text(procedure->value) : (struct jx_text){NULL, 0};
}

static void check_forgotten_dollar(struct jx_run *run, const struct jx_node *node, struct jx_value function,
                                   struct jx_frame *frame, const char *code)
{
    if (jx_is_undefined(function) && node->left->kind == JX_K_PATH && node->name &&
        !jx_is_undefined(jx_variable(run, frame, node->name)))
        JX_FAIL(run->trap, .code = code, .place = &node->left->place, .token = procedure_name(node->left));
}

/* A function that is passed on no longer sees its caller's context. */
static struct jx_value wrap(struct jx_value argument)
{
    if (argument.tag == JX_FUNCTION)
        argument.flags |= JX_WRAPPED;
    return argument;
}

struct jx_value jx_eval_call(struct jx_run *run, const struct jx_node *node, struct jx_value input,
                             struct jx_frame *frame, const struct jx_value *first)
{
    struct jx_value function = node->left->kind == JX_K_VARIABLE && node->left->name != JX_NAME_CONTEXT &&
                                       !node->left->predicates.count && !node->left->group
                                   ? jx_variable(run, frame, node->left->name)
                                   : jx_eval(run, node->left, input, frame);
    check_forgotten_dollar(run, node, function, frame, "T1005");
    struct jx_value few[FEW + JX_ARGUMENTS_PAD];
    size_t count = node->items.count + (first != NULL), next = 0;
    struct jx_value *arguments = argument_room(run, few, count);
    if (first)
        arguments[next++] = *first;
    for (uint32_t i = 0; i < node->items.count; i++)
        arguments[next++] = wrap(jx_eval(run, node->items.items[i], input, frame));
    const struct jx_call *outer = run->trap->call;
    struct jx_call call = {{node->left->place.start, node->place.end}, procedure_name(node->left)};
    struct jx_frame *outer_frame = run->call_frame;
    run->trap->call = &call;
    run->call_frame = frame;
    struct jx_value value = jx_apply(run, function, arguments, count, input);
    run->trap->call = outer;
    run->call_frame = outer_frame;
    return value;
}

static struct jx_value partial_lambda(struct jx_run *run, const struct jx_function *lambda, const struct jx_node *node,
                                      const struct jx_value *arguments)
{
    struct jx_nodes *open = jx_zalloc(&run->heap, sizeof *open);
    struct jx_frame *frame = jx_frame_new(run, lambda->frame, lambda->parameters->count);
    for (uint32_t i = 0; i < lambda->parameters->count; i++) {
        struct jx_node *parameter = lambda->parameters->items[i];
        if (i < node->items.count && node->items.items[i]->kind == JX_K_PLACEHOLDER)
            jx_nodes_add(&run->heap, open, parameter);
        else
            jx_bind(run, frame, parameter->name, i < node->items.count ? arguments[i] : JX_NOTHING);
    }
    struct jx_function partial = {.kind = JX_LAMBDA};
    partial.node = lambda->node;
    partial.frame = frame;
    partial.input = lambda->input;
    partial.parameters = open;
    return jx_new_function(run, partial);
}

struct jx_value jx_eval_partial(struct jx_run *run, const struct jx_node *node, struct jx_value input,
                                struct jx_frame *frame)
{
    size_t given = node->items.count;
    struct jx_value *arguments = jx_alloc(&run->heap, given * sizeof *arguments);
    bool *open = jx_zalloc(&run->heap, given);
    for (size_t i = 0; i < given; i++) {
        open[i] = node->items.items[i]->kind == JX_K_PLACEHOLDER;
        arguments[i] = open[i] ? JX_NOTHING : jx_eval(run, node->items.items[i], input, frame);
    }
    struct jx_value function = jx_eval(run, node->left, input, frame);
    check_forgotten_dollar(run, node, function, frame, "T1007");
    if (!jx_is_function(function))
        JX_FAIL(run->trap, .code = "T1008", .place = &node->place, .token = procedure_name(node->left));
    if (function.function->kind == JX_LAMBDA)
        return partial_lambda(run, function.function, node, arguments);
    struct jx_function partial = {.kind = JX_PARTIAL};
    partial.partial.target = function;
    partial.partial.arguments = arguments;
    partial.partial.open = open;
    partial.partial.count = given;
    return jx_new_function(run, partial);
}

struct jx_value jx_eval_apply(struct jx_run *run, const struct jx_node *node, struct jx_value input,
                              struct jx_frame *frame)
{
    struct jx_value left = jx_eval(run, node->left, input, frame);
    if (node->right->kind == JX_K_CALL)
        return jx_eval_call(run, node->right, input, frame, &left);
    struct jx_value function = jx_eval(run, node->right, input, frame);
    if (!jx_is_function(function))
        JX_FAIL(run->trap, .code = "T2006", .place = &node->place, .token = JX_TEXT("~>"), .value = &function);
    if (jx_is_function(left)) {
        struct jx_function chain = {.kind = JX_CHAIN};
        chain.chain.first = left;
        chain.chain.second = function;
        return jx_new_function(run, chain);
    }
    struct jx_value arguments[1 + JX_ARGUMENTS_PAD] = {left};
    const struct jx_call *outer = run->trap->call;
    struct jx_call call = {node->right->place, procedure_name(node->right)};
    struct jx_frame *outer_frame = run->call_frame;
    run->trap->call = &call;
    run->call_frame = frame;
    struct jx_value value = jx_apply(run, function, arguments, 1, jx_null());
    run->trap->call = outer;
    run->call_frame = outer_frame;
    return value;
}
