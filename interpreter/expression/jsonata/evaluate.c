/* Walks the tree. Each kind of node has a function; those of paths and calls have files of their own. */
#include "interpreter/expression/jsonata/evaluate.h"

#include "interpreter/expression/jsonata/build.h"
#include "interpreter/expression/jsonata/number.h"
#include "interpreter/expression/jsonata/signature.h"
#include "interpreter/expression/jsonata/utf8.h"

#include <stdio.h>

/* --- limits
 * ------------------------------------------------------------------------------------------------------------ */

static _Noreturn void fail_limit(struct jx_run *run, const char *code, const char *sentence)
{
    JX_FAIL(run->trap, .code = code, .message = {sentence, strlen(sentence)});
}

_Noreturn void jx_fail_steps(struct jx_run *run)
{
    char sentence[128];
    (void)snprintf(sentence, sizeof sentence, "The expression took more than %llu steps.  Check for an infinite loop",
                   (unsigned long long)run->steps_max);
    fail_limit(run, "U1001", sentence);
}

_Noreturn void jx_fail_depth(struct jx_run *run)
{
    char sentence[192];
    (void)snprintf(sentence, sizeof sentence,
                   "Evaluation is nested more than %u deep.  Check for non-terminating recursive function.  Consider "
                   "rewriting as tail-recursive",
                   run->depth_max);
    fail_limit(run, "U1001", sentence);
}

_Noreturn void jx_fail_nesting(struct jx_run *run)
{
    fail_limit(run, "U1001", "A value is nested more than 512 deep");
}

/* --- frames
 * ---------------------------------------------------------------------------------------------------------------- */

struct jx_frame *jx_frame_new(struct jx_run *run, const struct jx_frame *parent, uint32_t capacity)
{
    struct jx_frame *frame = jx_alloc(&run->heap, sizeof *frame + capacity * sizeof(struct jx_binding));
    *frame = (struct jx_frame){.parent = parent, .capacity = capacity};
    if (capacity)
        frame->items = (struct jx_binding *)(void *)(frame + 1);
    return frame;
}

static void frame_room(struct jx_run *run, struct jx_frame *frame)
{
    if (frame->count < frame->capacity)
        return;
    uint32_t capacity = frame->count < 2 ? 4 : frame->count * 2;
    struct jx_binding *items = jx_alloc(&run->heap, jx_times(capacity, sizeof *items));
    if (frame->count)
        memcpy(items, frame->items, frame->count * sizeof *items);
    frame->items = items;
    frame->capacity = capacity;
}

void jx_bind(struct jx_run *run, struct jx_frame *frame, uint32_t name, struct jx_value value)
{
    jx_charge(run, frame->count / 32);
    if (!frame->capacity)
        frame_room(run, frame);
    for (uint32_t i = 0; i < frame->count; i++)
        if (frame->items[i].name == name) {
            frame->items[i].value = value;
            return;
        }
    frame_room(run, frame);
    frame->items[frame->count++] = (struct jx_binding){name, value};
}

static struct jx_value find_host_function(struct jx_run *run, const struct jsonata_function *function)
{
    if (!function->function)
        return JX_NOTHING;
    struct jx_function *made = jx_zalloc(&run->keep, sizeof *made);
    made->kind = JX_HOST;
    made->host = function;
    if (function->signature)
        made->signature = jx_signature_new(
            &run->keep, (struct jx_text){function->signature, strlen(function->signature)}, 0, run->trap);
    return (struct jx_value){.tag = JX_FUNCTION, .function = made};
}

static struct jx_value own(struct jx_run *run, json_t *json)
{
    struct jx_owned *owned = jx_alloc(&run->keep, sizeof *owned);
    *owned = (struct jx_owned){run->owned, json};
    run->owned = owned;
    return jx_of_json(json);
}

/* What the outside says about a name: bindings, then the variable callback, added functions, built-in functions. */
static struct jx_value find_global(struct jx_run *run, uint32_t number)
{
    const struct jx_name *name = &run->names.items[number];
    const struct jsonata_environment *environment = run->environment;
    json_t *json = run->bindings ? json_object_getn(run->bindings, name->text.bytes, name->text.size) : NULL;
    if (json)
        return jx_of_json(json);
    if (environment && environment->variable) {
        json = environment->variable(environment->data, name->text.bytes, name->text.size);
        if (json)
            return own(run, json);
    }
    for (size_t i = 0; environment && i < environment->function_count; i++) {
        const struct jsonata_function *function = &environment->functions[i];
        if (jx_text_equal((struct jx_text){function->name, strlen(function->name)}, name->text))
            return find_host_function(run, function);
    }
    if (!name->builtin)
        return JX_NOTHING;
    struct jx_function *made = jx_zalloc(&run->keep, sizeof *made);
    made->kind = JX_BUILTIN;
    made->builtin = name->builtin;
    made->signature = name->signature;
    return (struct jx_value){.tag = JX_FUNCTION, .function = made};
}

struct jx_value jx_variable(struct jx_run *run, const struct jx_frame *frame, uint32_t name)
{
    if (run->names.items[name].bound)
        for (; frame; frame = frame->parent) {
            run->steps += frame->count / 32; /* a block may bind as many as it likes, at its own cost */
            for (uint32_t i = 0; i < frame->count; i++)
                if (frame->items[i].name == name)
                    return frame->items[i].value;
        }
    if (name == JX_NAME_ROOT)
        return run->root;
    if (!run->global_known[name]) {
        run->globals[name] = find_global(run, name);
        run->global_known[name] = true;
    }
    return run->globals[name];
}

/* --- shared helpers
 * ------------------------------------------------------------------------------------------------------------ */

static void charge_walk(struct jx_run *run, const struct jx_walk *walk)
{
    run->steps = run->steps_max - walk->left;
    if (walk->too_deep)
        jx_fail_nesting(run);
    if (walk->too_long)
        jx_fail_steps(run);
}

bool jx_run_equal(struct jx_run *run, struct jx_value a, struct jx_value b)
{
    if (!jx_is_array(a) && !jx_is_object(a))
        return jx_identical(a, b);
    struct jx_walk walk = {.left = run->steps_max - run->steps};
    bool equal = jx_equal(a, b, &walk);
    charge_walk(run, &walk);
    return equal;
}

bool jx_run_truth(struct jx_run *run, struct jx_value value)
{
    struct jx_walk walk = {.left = run->steps_max - run->steps};
    bool truth = jx_truth(value, &walk);
    charge_walk(run, &walk);
    return truth;
}

bool jx_is_numeric(struct jx_run *run, struct jx_value value)
{
    if (value.tag != JX_NUMBER)
        return value.tag == JX_INTEGER;
    if (isinf(value.number))
        JX_FAIL(run->trap, .code = "D1001", .value = &value);
    return !isnan(value.number);
}

bool jx_all_numbers(struct jx_run *run, struct jx_value array)
{
    if (!jx_is_array(array))
        return false;
    if (array.tag == JX_ARRAY && !array.array->items)
        return true;
    for (size_t i = 0, count = jx_count(array); i < count; i++)
        if (!jx_is_numeric(run, jx_at(array, i)))
            return false;
    return true;
}

bool jx_all_strings(struct jx_value array)
{
    if (!jx_is_array(array))
        return false;
    for (size_t i = 0, count = jx_count(array); i < count; i++)
        if (!jx_is_string(jx_at(array, i)))
            return false;
    return true;
}

struct jx_value jx_copy_string(struct jx_run *run, struct jx_text text)
{
    return jx_string(jx_copy(&run->heap, text.bytes, text.size), text.size);
}

struct jx_value jx_append(struct jx_run *run, struct jx_value a, struct jx_value b)
{
    if (jx_is_undefined(a))
        return b;
    if (jx_is_undefined(b))
        return a;
    if (jx_is_array(a) && jx_count(a) == 0 && jx_is_array(b))
        return jx_of_array(jx_array_share(&run->heap, b, 0));
    struct jx_array *joined =
        jx_array_new(&run->heap, (jx_is_array(a) ? jx_count(a) : 1) + (jx_is_array(b) ? jx_count(b) : 1), 0);
    jx_charge(run, joined->capacity / 16);
    if (jx_is_array(a))
        jx_push_all(&run->heap, joined, a);
    else
        jx_push(&run->heap, joined, a);
    if (jx_is_array(b))
        jx_push_all(&run->heap, joined, b);
    else
        jx_push(&run->heap, joined, b);
    return jx_of_array(joined);
}

static void merge_sort(struct jx_value *items, struct jx_value *other, size_t count, jx_after_fn *after, void *data)
{
    if (count <= 1)
        return;
    size_t middle = count / 2;
    merge_sort(items, other, middle, after, data);
    merge_sort(items + middle, other, count - middle, after, data);
    memcpy(other, items, middle * sizeof *items);
    size_t left = 0, right = middle, to = 0;
    while (left < middle && right < count) {
        if (after(data, other[left], items[right]))
            items[to++] = items[right++];
        else
            items[to++] = other[left++];
    }
    memcpy(items + to, other + left, (middle - left) * sizeof *items);
}

void jx_merge_sort(struct jx_run *run, struct jx_value *items, size_t count, jx_after_fn *after, void *data)
{
    merge_sort(items, jx_alloc(&run->heap, jx_times(count / 2 + 1, sizeof *items)), count, after, data);
}

/* --- operators
 * ------------------------------------------------------------------------------------------------------------------ */

static struct jx_text operator_text(const struct jx_node *node)
{
    const char *text = jx_operators[node->op].text;
    return (struct jx_text){text, strlen(text)};
}

static _Noreturn void fail_operator(struct jx_run *run, const struct jx_node *node, const char *code,
                                    struct jx_value value, struct jx_value value2)
{
    JX_FAIL(run->trap, .code = code, .place = &node->place, .token = operator_text(node), .value = &value,
            .value2 = &value2);
}

/* False for undefined, which makes the result undefined. */
static bool check_number(struct jx_run *run, const struct jx_node *node, struct jx_value value, const char *code)
{
    if (jx_is_undefined(value))
        return false;
    if (!jx_is_number(value) || isnan(jx_as_number(value)))
        fail_operator(run, node, code, value, value);
    if (isinf(jx_as_number(value)))
        fail_operator(run, node, "D1001", value, value);
    return true;
}

static struct jx_value eval_arithmetic(struct jx_run *run, const struct jx_node *node, struct jx_value left,
                                       struct jx_value right)
{
    bool has_left = check_number(run, node, left, "T2001"), has_right = check_number(run, node, right, "T2002");
    if (!has_left || !has_right)
        return JX_NOTHING;
    double a = jx_as_number(left), b = jx_as_number(right);
    switch ((int)node->op) { /* only these five come here */
    case JX_OP_ADD:
        return jx_number(a + b);
    case JX_OP_SUBTRACT:
        return jx_number(a - b);
    case JX_OP_MULTIPLY:
        return jx_number(a * b);
    case JX_OP_DIVIDE:
        return jx_number(a / b);
    default:
        return jx_number(fmod(a, b));
    }
}

static bool is_comparable(struct jx_value value)
{
    return jx_is_undefined(value) || jx_is_string(value) || jx_is_number(value);
}

/* -1, 0, 1; 2 if one is not a number. */
static int compare(struct jx_value a, struct jx_value b)
{
    if (jx_is_string(a)) {
        struct jx_text x = jx_as_text(a), y = jx_as_text(b);
        int order = jx_utf16_compare(x.bytes, x.size, y.bytes, y.size);
        return order < 0 ? -1 : order > 0;
    }
    if (a.tag == JX_INTEGER && b.tag == JX_INTEGER)
        return a.integer < b.integer ? -1 : a.integer > b.integer;
    double x = jx_as_number(a), y = jx_as_number(b);
    return x < y ? -1 : x > y ? 1 : x == y ? 0 : 2;
}

static struct jx_value eval_comparison(struct jx_run *run, const struct jx_node *node, struct jx_value left,
                                       struct jx_value right)
{
    if (!is_comparable(left) || !is_comparable(right))
        fail_operator(run, node, "T2010", jx_is_string(left) || jx_is_number(left) ? right : left, right);
    if (jx_is_undefined(left) || jx_is_undefined(right))
        return JX_NOTHING;
    if (jx_is_string(left) != jx_is_string(right))
        fail_operator(run, node, "T2009", left, right);
    int order = compare(left, right);
    switch ((int)node->op) { /* only these four come here */
    case JX_OP_LESS:
        return jx_boolean(order == -1);
    case JX_OP_LESS_EQUAL:
        return jx_boolean(order == -1 || order == 0);
    case JX_OP_GREATER:
        return jx_boolean(order == 1);
    default:
        return jx_boolean(order == 1 || order == 0);
    }
}

static struct jx_value eval_in(struct jx_value left, struct jx_value right)
{
    if (jx_is_undefined(left) || jx_is_undefined(right))
        return jx_boolean(false);
    if (!jx_is_array(right))
        return jx_boolean(jx_identical(left, right));
    for (size_t i = 0, count = jx_count(right); i < count; i++)
        if (jx_identical(left, jx_at(right, i)))
            return jx_boolean(true);
    return jx_boolean(false);
}

static bool is_integer(struct jx_value value)
{
    return jx_is_number(value) && jx_is_integral(jx_as_number(value));
}

/* The integers are not written down, only counted. */
static struct jx_value eval_range(struct jx_run *run, const struct jx_node *node, struct jx_value left,
                                  struct jx_value right)
{
    if (!jx_is_undefined(left) && !is_integer(left))
        fail_operator(run, node, "T2003", left, left);
    if (!jx_is_undefined(right) && !is_integer(right))
        fail_operator(run, node, "T2004", right, right);
    if (jx_is_undefined(left) || jx_is_undefined(right) || jx_as_number(left) > jx_as_number(right))
        return JX_NOTHING;
    double size = jx_as_number(right) - jx_as_number(left) + 1;
    if (size > 1e7)
        fail_operator(run, node, "D2014", jx_number(size), left);
    struct jx_array *range = jx_sequence_new(&run->heap);
    range->first = jx_as_number(left);
    range->count = (size_t)size;
    return jx_of_array(range);
}

static struct jx_value eval_concatenation(struct jx_run *run, const struct jx_node *node, struct jx_value left,
                                          struct jx_value right)
{
    struct jx_value operands[] = {left, right};
    struct jx_builder builder = {.arena = &run->heap};
    /* Errors in turning a value into a string are the operator's. */
    const struct jx_call *outer = run->trap->call;
    struct jx_call here = {node->place, operator_text(node)};
    run->trap->call = &here;
    for (size_t i = 0; i < 2; i++)
        if (!jx_is_undefined(operands[i]))
            jx_build_text(&builder, jx_as_text(jx_to_string(run, operands[i], false)));
    run->trap->call = outer;
    return jx_build_done(&builder);
}

static struct jx_value eval_binary(struct jx_run *run, const struct jx_node *node, struct jx_value input,
                                   struct jx_frame *frame)
{
    struct jx_value left = jx_eval(run, node->left, input, frame);
    if (node->op == JX_OP_AND)
        return jx_boolean(jx_test(run, left) && jx_test(run, jx_eval(run, node->right, input, frame)));
    if (node->op == JX_OP_OR)
        return jx_boolean(jx_test(run, left) || jx_test(run, jx_eval(run, node->right, input, frame)));
    struct jx_value right = jx_eval(run, node->right, input, frame);
    switch ((int)node->op) { /* the rest was turned into other nodes */
    case JX_OP_ADD:
    case JX_OP_SUBTRACT:
    case JX_OP_MULTIPLY:
    case JX_OP_DIVIDE:
    case JX_OP_MODULO:
        return eval_arithmetic(run, node, left, right);
    case JX_OP_EQUAL:
    case JX_OP_NOT_EQUAL:
        if (jx_is_undefined(left) || jx_is_undefined(right))
            return jx_boolean(false);
        return jx_boolean(jx_run_equal(run, left, right) == (node->op == JX_OP_EQUAL));
    case JX_OP_LESS:
    case JX_OP_LESS_EQUAL:
    case JX_OP_GREATER:
    case JX_OP_GREATER_EQUAL:
        return eval_comparison(run, node, left, right);
    case JX_OP_CONCATENATE:
        return eval_concatenation(run, node, left, right);
    case JX_OP_RANGE:
        return eval_range(run, node, left, right);
    case JX_OP_IN:
        return eval_in(left, right);
    default:
        return JX_NOTHING;
    }
}

static struct jx_value eval_negation(struct jx_run *run, const struct jx_node *node, struct jx_value input,
                                     struct jx_frame *frame)
{
    struct jx_value value = jx_eval(run, node->left, input, frame);
    if (jx_is_undefined(value))
        return value;
    if (!jx_is_numeric(run, value))
        JX_FAIL(run->trap, .code = "D1002", .place = &node->place, .token = JX_TEXT("-"), .value = &value);
    return jx_number(-jx_as_number(value));
}

/* --- constructors, wildcards, blocks
 * ------------------------------------------------------------------------------------------------ */

static struct jx_value eval_array(struct jx_run *run, const struct jx_node *node, struct jx_value input,
                                  struct jx_frame *frame)
{
    struct jx_array *array = jx_array_new(&run->heap, 0, node->cons ? JX_CONS : 0);
    for (uint32_t i = 0; i < node->items.count; i++) {
        const struct jx_node *item = node->items.items[i];
        struct jx_value value = jx_eval(run, item, input, frame);
        if (jx_is_undefined(value))
            continue;
        if (item->kind == JX_K_ARRAY || !jx_is_array(value))
            jx_push(&run->heap, array, value);
        else if (array->count == 0)
            array = jx_array_share(&run->heap, value, array->flags);
        else
            jx_push_all(&run->heap, array, value);
    }
    return jx_of_array(array);
}

static void flatten_into(struct jx_run *run, struct jx_value value, struct jx_array *out, unsigned depth)
{
    if (!jx_is_array(value)) {
        jx_push(&run->heap, out, value);
        return;
    }
    if (depth > JX_NESTING_MAX)
        jx_fail_nesting(run);
    jx_charge(run, 1);
    for (size_t i = 0, count = jx_count(value); i < count; i++)
        flatten_into(run, jx_at(value, i), out, depth + 1);
}

static void add_wildcard_value(struct jx_run *run, struct jx_value value, struct jx_array *out)
{
    if (jx_is_array(value)) {
        out->flags = 0; /* what was appended to is no sequence any more */
        flatten_into(run, value, out, 0);
    } else {
        jx_push(&run->heap, out, value);
    }
}

static struct jx_value eval_wildcard(struct jx_run *run, struct jx_value input)
{
    struct jx_array *out = jx_sequence_new(&run->heap);
    if (jx_has_flag(input, JX_WRAPPER) && jx_count(input))
        input = jx_at(input, 0);
    if (jx_is_array(input)) {
        for (size_t i = 0, count = jx_count(input); i < count; i++)
            add_wildcard_value(run, jx_at(input, i), out);
    } else if (jx_is_object(input)) {
        const struct jx_member *members = jx_members(&run->heap, input);
        for (size_t i = 0, count = jx_member_count(input); i < count; i++)
            add_wildcard_value(run, members[i].value, out);
    }
    jx_charge(run, out->count / 16);
    return jx_of_array(out);
}

static void add_descendants(struct jx_run *run, struct jx_value value, struct jx_array *out, unsigned depth)
{
    if (depth > JX_NESTING_MAX)
        jx_fail_nesting(run);
    jx_charge(run, 1);
    if (jx_is_array(value)) {
        for (size_t i = 0, count = jx_count(value); i < count; i++)
            add_descendants(run, jx_at(value, i), out, depth + 1);
        return;
    }
    jx_push(&run->heap, out, value);
    if (jx_is_object(value)) {
        const struct jx_member *members = jx_members(&run->heap, value);
        for (size_t i = 0, count = jx_member_count(value); i < count; i++)
            add_descendants(run, members[i].value, out, depth + 1);
    }
}

static struct jx_value eval_descendants(struct jx_run *run, struct jx_value input)
{
    if (jx_is_undefined(input))
        return input;
    struct jx_array *out = jx_sequence_new(&run->heap);
    add_descendants(run, input, out, 0);
    return out->count == 1 ? out->items[0] : jx_of_array(out);
}

static struct jx_value eval_block(struct jx_run *run, const struct jx_node *node, struct jx_value input,
                                  struct jx_frame *frame)
{
    struct jx_value value = JX_NOTHING;
    if (node->scoped)
        frame = jx_frame_new(run, frame, 4);
    for (uint32_t i = 0; i < node->items.count; i++)
        value = jx_eval(run, node->items.items[i], input, frame);
    return value;
}

static struct jx_value eval_condition(struct jx_run *run, const struct jx_node *node, struct jx_value input,
                                      struct jx_frame *frame)
{
    if (jx_test(run, jx_eval(run, node->left, input, frame)))
        return jx_eval(run, node->right, input, frame);
    return node->third ? jx_eval(run, node->third, input, frame) : JX_NOTHING;
}

/* ?: and ??. The left side is evaluated once. */
static struct jx_value eval_default(struct jx_run *run, const struct jx_node *node, struct jx_value input,
                                    struct jx_frame *frame)
{
    struct jx_value value = jx_eval(run, node->left, input, frame);
    bool good = node->kind == JX_K_DEFAULT ? jx_test(run, value) : !jx_is_undefined(value);
    return good ? value : jx_eval(run, node->right, input, frame);
}

static struct jx_value eval_binding(struct jx_run *run, const struct jx_node *node, struct jx_value input,
                                    struct jx_frame *frame)
{
    struct jx_value value = jx_eval(run, node->right, input, frame);
    jx_bind(run, frame, node->name, value);
    return value;
}

static struct jx_value new_closure(struct jx_run *run, const struct jx_node *node, struct jx_value input,
                                   struct jx_frame *frame)
{
    struct jx_function function = {.kind = node->kind == JX_K_LAMBDA      ? JX_LAMBDA
                                           : node->kind == JX_K_TRANSFORM ? JX_TRANSFORM
                                                                          : JX_REGEX,
                                   .signature = node->signature};
    function.node = node;
    function.frame = frame;
    function.input = input;
    function.parameters = &node->items;
    return jx_new_function(run, function);
}

static struct jx_value eval_variable(struct jx_run *run, const struct jx_node *node, struct jx_value input,
                                     struct jx_frame *frame)
{
    if (node->name != JX_NAME_CONTEXT)
        return jx_variable(run, frame, node->name);
    return jx_has_flag(input, JX_WRAPPER) ? jx_at(input, 0) : input;
}

/* A call in tail position is handed to the loop in jx_apply() instead of being made here. */
static struct jx_value eval_tail(struct jx_run *run, const struct jx_node *node, struct jx_value input,
                                 struct jx_frame *frame)
{
    run->tail_node = node;
    run->tail_input = input;
    run->tail_frame = frame;
    return (struct jx_value){.tag = JX_TAIL};
}

/* --- dispatch
 * ----------------------------------------------------------------------------------------------------------------------
 */

static struct jx_value eval_kind(struct jx_run *run, const struct jx_node *node, struct jx_value input,
                                 struct jx_frame *frame)
{
    switch ((enum jx_kind)node->kind) {
    case JX_K_PATH:
        return jx_eval_path(run, node, input, frame);
    case JX_K_NAME:
        return jx_lookup(run, input, jx_as_text(node->value));
    case JX_K_STRING:
    case JX_K_NUMBER:
    case JX_K_VALUE:
        return node->value;
    case JX_K_VARIABLE:
        return eval_variable(run, node, input, frame);
    case JX_K_BINARY:
        return eval_binary(run, node, input, frame);
    case JX_K_CALL:
        return node->tail ? eval_tail(run, node, input, frame) : jx_eval_call(run, node, input, frame, NULL);
    case JX_K_CONDITION:
        return eval_condition(run, node, input, frame);
    case JX_K_BLOCK:
        return eval_block(run, node, input, frame);
    case JX_K_OBJECT:
        return jx_eval_group(run, &node->items, node->place, input, frame);
    case JX_K_ARRAY:
        return eval_array(run, node, input, frame);
    case JX_K_NEGATE:
        return eval_negation(run, node, input, frame);
    case JX_K_WILDCARD:
        return eval_wildcard(run, input);
    case JX_K_DESCENDANT:
        return eval_descendants(run, input);
    case JX_K_PARENT:
        return jx_variable(run, frame, node->slot->label);
    case JX_K_DEFAULT:
    case JX_K_COALESCE:
        return eval_default(run, node, input, frame);
    case JX_K_BIND:
        return eval_binding(run, node, input, frame);
    case JX_K_REGEX:
    case JX_K_LAMBDA:
    case JX_K_TRANSFORM:
        return new_closure(run, node, input, frame);
    case JX_K_PARTIAL:
        return jx_eval_partial(run, node, input, frame);
    case JX_K_APPLY:
        return jx_eval_apply(run, node, input, frame);
    case JX_K_SORT:
    case JX_K_PLACEHOLDER:
    case JX_K_KEYWORD:
    case JX_K_END:
    case JX_K_COUNT:
        break; /* never evaluated by themselves */
    }
    return JX_NOTHING;
}

struct jx_value jx_eval(struct jx_run *run, const struct jx_node *node, struct jx_value input, struct jx_frame *frame)
{
    if (++run->depth > run->depth_max)
        jx_fail_depth(run);
    if (++run->steps > run->steps_max)
        jx_fail_steps(run);
    struct jx_value value = eval_kind(run, node, input, frame);
    for (uint32_t i = 0; i < node->predicates.count; i++)
        value = jx_eval_filter(run, &node->predicates.items[i], value, frame);
    if (node->group && node->kind != JX_K_PATH && value.tag != JX_TAIL)
        value = jx_eval_group(run, &node->group->pairs, node->group->place, value, frame);
    if (node->keep_array && jx_is_sequence(value))
        value.array->flags |= JX_KEEP;
    run->depth--;
    return jx_collapse(value);
}
