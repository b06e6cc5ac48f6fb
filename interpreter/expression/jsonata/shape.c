/* From the tree as written to the tree as evaluated:
 *   a.b.c        becomes one path with three steps
 *   x[p] x^(t)   become stages of a step, and sort steps
 *   %            finds the step whose input it names, which then carries tuples
 *   functions    have the calls in tail position marked
 * Rules, their order and their errors follow the reference implementation's post-parse stage.
 */
#include "interpreter/expression/jsonata/program.h"

#include <stdio.h>

struct shaper {
    struct jsonata *program;
    struct jx_arena *arena;
    struct jx_trap *trap;
    unsigned depth;
};

static struct jx_node *shape(struct shaper *shaper, struct jx_node *node);

static _Noreturn void fail_at(struct shaper *shaper, const char *code, struct jx_place place, struct jx_text token,
                              const struct jx_value *value)
{
    JX_FAIL(shaper->trap, .code = code, .place = &place, .token = token, .value = value);
}

static struct jx_node *last_of(const struct jx_nodes *nodes)
{
    return nodes->items[nodes->count - 1];
}

/* --- ancestors
 * ------------------------------------------------------------------------------------------------------------ */

static void add_slot(struct shaper *shaper, struct jx_slots *slots, struct jx_slot *slot)
{
    if (slots->count == slots->capacity) {
        uint32_t capacity = slots->capacity ? slots->capacity * 2 : 2;
        slots->items = jx_grow(shaper->arena, slots->items, slots->capacity * sizeof *slots->items,
                               jx_times(capacity, sizeof *slots->items));
        slots->capacity = capacity;
    }
    slots->items[slots->count++] = slot;
}

/* The "%" that `from` could not resolve become `to`'s. */
static void hand_up(struct shaper *shaper, struct jx_node *to, const struct jx_node *from)
{
    for (uint32_t i = 0; i < from->seeking.count; i++)
        add_slot(shaper, &to->seeking, from->seeking.items[i]);
    if (from->kind == JX_K_PARENT)
        add_slot(shaper, &to->seeking, from->slot);
}

static const char *type_name(const struct jx_node *node)
{
    static const char *const names[JX_K_COUNT] = {
        [JX_K_NAME] = "name",           [JX_K_STRING] = "string",
        [JX_K_NUMBER] = "number",       [JX_K_VALUE] = "value",
        [JX_K_REGEX] = "regex",         [JX_K_VARIABLE] = "variable",
        [JX_K_WILDCARD] = "wildcard",   [JX_K_DESCENDANT] = "descendant",
        [JX_K_PARENT] = "parent",       [JX_K_PATH] = "path",
        [JX_K_SORT] = "sort",           [JX_K_BINARY] = "binary",
        [JX_K_NEGATE] = "unary",        [JX_K_ARRAY] = "unary",
        [JX_K_OBJECT] = "unary",        [JX_K_BLOCK] = "block",
        [JX_K_CONDITION] = "condition", [JX_K_DEFAULT] = "condition",
        [JX_K_COALESCE] = "condition",  [JX_K_BIND] = "bind",
        [JX_K_CALL] = "function",       [JX_K_PARTIAL] = "partial",
        [JX_K_LAMBDA] = "lambda",       [JX_K_APPLY] = "apply",
        [JX_K_TRANSFORM] = "transform", [JX_K_PLACEHOLDER] = "operator",
        [JX_K_KEYWORD] = "operator",    [JX_K_END] = "operator",
    };
    return names[node->kind];
}

static void name_ancestor(struct jx_node *step, struct jx_slot *slot)
{
    if (step->ancestor)
        slot->label = step->ancestor->label;
    step->ancestor = slot;
    step->tuple = true;
}

/* Looks for the step that is slot->level steps before the end of `node`. */
static void seek_parent(struct shaper *shaper, struct jx_node *node, struct jx_slot *slot)
{
    if (++shaper->depth > JX_PARSE_DEPTH_MAX * 2)
        JX_FAIL(shaper->trap, .code = "U1001", .place = &node->place, .token = JX_TEXT("%"),
                .message = JX_TEXT("The expression is nested too deeply"));
    switch ((int)node->kind) { /* other kinds have no parent step */
    case JX_K_NAME:
    case JX_K_WILDCARD:
        if (--slot->level == 0)
            name_ancestor(node, slot);
        break;
    case JX_K_PARENT:
        slot->level++;
        break;
    case JX_K_BLOCK:
        if (node->items.count) {
            node->tuple = true;
            seek_parent(shaper, last_of(&node->items), slot);
        }
        break;
    case JX_K_PATH: {
        node->tuple = true;
        uint32_t index = node->items.count - 1;
        seek_parent(shaper, node->items.items[index], slot);
        while (slot->level > 0 && index > 0)
            seek_parent(shaper, node->items.items[--index], slot);
        break;
    }
    default:
        fail_at(shaper, "S0217", node->place, (struct jx_text){type_name(node), strlen(type_name(node))}, NULL);
    }
    shaper->depth--;
}

/* Resolves what the last step of the path seeks among the steps before it; the rest goes up. */
static void resolve_ancestry(struct shaper *shaper, struct jx_node *path)
{
    struct jx_node **steps = path->items.items;
    struct jx_node *last = last_of(&path->items);
    struct jx_slots slots = last->seeking;
    if (last->kind == JX_K_PARENT)
        add_slot(shaper, &slots, last->slot);
    for (uint32_t i = 0; i < slots.count; i++) {
        struct jx_slot *slot = slots.items[i];
        int64_t index = (int64_t)path->items.count - 2;
        while (slot->level > 0) {
            if (index < 0) {
                add_slot(shaper, &path->seeking, slot);
                break;
            }
            struct jx_node *step = steps[index--];
            while (index >= 0 && step->focus && steps[index]->focus)
                step = steps[index--]; /* steps that bind with @ all start from the same context */
            seek_parent(shaper, step, slot);
        }
    }
}

/* --- paths
 * ----------------------------------------------------------------------------------------------------------------------
 */

static struct jx_node *new_path(struct shaper *shaper, struct jx_node *step)
{
    struct jx_node *path = jx_zalloc(shaper->arena, sizeof *path);
    path->kind = JX_K_PATH;
    path->place = step->place;
    jx_nodes_add(shaper->arena, &path->items, step);
    return path;
}

static struct jx_stages *stages_after(struct jx_node *result, struct jx_node **ret_step)
{
    if (result->kind != JX_K_PATH) {
        *ret_step = result;
        return &result->predicates;
    }
    *ret_step = last_of(&result->items);
    return &(*ret_step)->stages;
}

static void add_stage(struct shaper *shaper, struct jx_stages *stages, struct jx_stage stage)
{
    if (stages->count == stages->capacity) {
        uint32_t capacity = stages->capacity ? stages->capacity * 2 : 2;
        stages->items = jx_grow(shaper->arena, stages->items, stages->capacity * sizeof *stages->items,
                                jx_times(capacity, sizeof *stages->items));
        stages->capacity = capacity;
    }
    stages->items[stages->count++] = stage;
}

static struct jx_node *shape_dot(struct shaper *shaper, struct jx_node *node)
{
    struct jx_node *left = shape(shaper, node->left), *path = left;
    if (left->kind != JX_K_PATH)
        path = new_path(shaper, left);
    if (left->kind == JX_K_PARENT)
        add_slot(shaper, &path->seeking, left->slot);
    struct jx_node *right = shape(shaper, node->right);
    if (right->kind == JX_K_PATH) {
        for (uint32_t i = 0; i < right->items.count; i++)
            jx_nodes_add(shaper->arena, &path->items, right->items.items[i]);
    } else {
        right->stages = right->predicates;
        right->predicates = (struct jx_stages){0};
        jx_nodes_add(shaper->arena, &path->items, right);
    }
    uint32_t added = right->kind == JX_K_PATH ? right->items.count : 1;
    uint32_t first_new = left->kind == JX_K_PATH ? path->items.count - added : 0;
    for (uint32_t i = first_new; i < path->items.count; i++) {
        struct jx_node *step = path->items.items[i];
        if (step->kind == JX_K_NUMBER || step->kind == JX_K_VALUE)
            fail_at(shaper, "S0213", step->place, JX_TEXT(""), &step->value);
        if (step->kind == JX_K_STRING)
            step->kind = JX_K_NAME;
        path->keep_singleton |= step->keep_array;
    }
    struct jx_node *first = path->items.items[0], *last = last_of(&path->items);
    if (first->kind == JX_K_ARRAY)
        first->cons = true;
    if (last->kind == JX_K_ARRAY)
        last->cons = true;
    resolve_ancestry(shaper, path);
    return path;
}

static struct jx_node *shape_predicate(struct shaper *shaper, struct jx_node *node)
{
    struct jx_node *result = shape(shaper, node->left), *step;
    struct jx_stages *stages = stages_after(result, &step);
    if (step->group)
        fail_at(shaper, "S0209", node->place, JX_TEXT(""), NULL);
    struct jx_node *filter = shape(shaper, node->right);
    for (uint32_t i = 0; i < filter->seeking.count; i++) {
        if (filter->seeking.items[i]->level == 1)
            seek_parent(shaper, step, filter->seeking.items[i]);
        else
            filter->seeking.items[i]->level--;
    }
    hand_up(shaper, step, filter);
    add_stage(shaper, stages, (struct jx_stage){.kind = JX_STAGE_FILTER, .filter = filter});
    return result;
}

static void shape_pairs(struct shaper *shaper, struct jx_nodes *pairs, struct jx_node *seeker)
{
    for (uint32_t i = 0; i < pairs->count; i++) {
        pairs->items[i] = shape(shaper, pairs->items[i]);
        if (seeker)
            hand_up(shaper, seeker, pairs->items[i]);
    }
}

static struct jx_node *shape_group(struct shaper *shaper, struct jx_node *node)
{
    struct jx_node *result = shape(shaper, node->left);
    if (result->group)
        fail_at(shaper, "S0210", node->place, JX_TEXT(""), NULL);
    shape_pairs(shaper, &node->items, NULL);
    result->group = jx_zalloc(shaper->arena, sizeof *result->group);
    *result->group = (struct jx_group){.pairs = node->items, .place = node->place};
    return result;
}

static struct jx_node *shape_sort(struct shaper *shaper, struct jx_node *node)
{
    struct jx_node *result = shape(shaper, node->left);
    if (result->kind != JX_K_PATH)
        result = new_path(shaper, result);
    struct jx_node *step = jx_zalloc(shaper->arena, sizeof *step);
    step->kind = JX_K_SORT;
    step->place = node->place;
    step->descending = node->descending;
    step->items = node->items;
    for (uint32_t i = 0; i < step->items.count; i++) {
        step->items.items[i] = shape(shaper, step->items.items[i]);
        hand_up(shaper, step, step->items.items[i]);
    }
    jx_nodes_add(shaper->arena, &result->items, step);
    resolve_ancestry(shaper, result);
    return result;
}

static struct jx_node *shape_focus(struct shaper *shaper, struct jx_node *node)
{
    struct jx_node *result = shape(shaper, node->left), *step;
    (void)stages_after(result, &step);
    if (step->stages.count || step->predicates.count)
        fail_at(shaper, "S0215", node->place, JX_TEXT(""), NULL);
    if (step->kind == JX_K_SORT)
        fail_at(shaper, "S0216", node->place, JX_TEXT(""), NULL);
    if (node->keep_array)
        step->keep_array = true;
    step->focus = node->right->name;
    step->tuple = true;
    return result;
}

static struct jx_node *shape_index(struct shaper *shaper, struct jx_node *node)
{
    struct jx_node *result = shape(shaper, node->left), *step;
    (void)stages_after(result, &step);
    if (result->kind != JX_K_PATH) {
        result = new_path(shaper, result);
        step->stages = step->predicates;
        step->predicates = (struct jx_stages){0};
    }
    if (!step->stages.count)
        step->index = node->right->name;
    else
        add_stage(shaper, &step->stages, (struct jx_stage){.kind = JX_STAGE_INDEX, .name = node->right->name});
    step->tuple = true;
    return result;
}

/* --- the rest
 * ----------------------------------------------------------------------------------------------------------------------
 */

static struct jx_node *shape_operands(struct shaper *shaper, struct jx_node *node)
{
    node->left = shape(shaper, node->left);
    hand_up(shaper, node, node->left);
    if (node->right) {
        node->right = shape(shaper, node->right);
        hand_up(shaper, node, node->right);
    }
    if (node->third) {
        node->third = shape(shaper, node->third);
        hand_up(shaper, node, node->third);
    }
    return node;
}

static struct jx_node *shape_binary(struct shaper *shaper, struct jx_node *node)
{
    switch ((int)node->op) { /* the others are operators on two values */
    case JX_OP_DOT:
        return shape_dot(shaper, node);
    case JX_OP_OPEN_BRACKET:
        return shape_predicate(shaper, node);
    case JX_OP_OPEN_BRACE:
        return shape_group(shaper, node);
    case JX_OP_SORT:
        return shape_sort(shaper, node);
    case JX_OP_FOCUS:
        return shape_focus(shaper, node);
    case JX_OP_INDEX:
        return shape_index(shaper, node);
    case JX_OP_APPLY:
        node->kind = JX_K_APPLY;
        node->left = shape(shaper, node->left);
        node->right = shape(shaper, node->right);
        node->keep_array |= node->left->keep_array || node->right->keep_array;
        return node;
    default:
        return shape_operands(shaper, node);
    }
}

static struct jx_node *shape_negation(struct shaper *shaper, struct jx_node *node)
{
    node->left = shape(shaper, node->left);
    if (node->left->kind == JX_K_NUMBER) {
        node->left->value.number = -node->left->value.number;
        return node->left;
    }
    hand_up(shaper, node, node->left);
    return node;
}

static struct jx_node *shape_items(struct shaper *shaper, struct jx_node *node)
{
    for (uint32_t i = 0; i < node->items.count; i++) {
        struct jx_node *item = node->items.items[i] = shape(shaper, node->items.items[i]);
        hand_up(shaper, node, item);
        if (node->kind == JX_K_BLOCK && (item->cons || (item->kind == JX_K_PATH && item->items.items[0]->cons)))
            node->cons = true;
    }
    return node;
}

/* A call whose value is the function's value need not wait for it (apply.c). */
static void mark_tail_calls(struct jx_node *node)
{
    if (node->predicates.count || (node->group && node->kind != JX_K_CALL))
        return;
    if (node->kind == JX_K_CALL) {
        node->tail = true;
    } else if (node->kind == JX_K_CONDITION) {
        mark_tail_calls(node->right);
        if (node->third)
            mark_tail_calls(node->third);
    } else if (node->kind == JX_K_DEFAULT || node->kind == JX_K_COALESCE) {
        mark_tail_calls(node->right);
    } else if (node->kind == JX_K_BLOCK && node->items.count) {
        mark_tail_calls(last_of(&node->items));
    }
}

static struct jx_node *shape_parent(struct shaper *shaper, struct jx_node *node)
{
    char label[16];
    struct jx_names *names = &shaper->program->names;
    int size = snprintf(label, sizeof label, "!%u", names->labels++);
    node->slot = jx_zalloc(shaper->arena, sizeof *node->slot);
    *node->slot =
        (struct jx_slot){.label = jx_name(shaper->arena, names, (struct jx_text){label, (size_t)size}), .level = 1};
    names->items[node->slot->label].bound = true;
    return node;
}

static struct jx_node *shape_name(struct shaper *shaper, struct jx_node *node)
{
    node->kind = JX_K_NAME;
    struct jx_node *path = new_path(shaper, node);
    path->keep_singleton = node->keep_array;
    return path;
}

static struct jx_node *shape_kind(struct shaper *shaper, struct jx_node *node)
{
    switch ((enum jx_kind)node->kind) {
    case JX_K_NAME:
    case JX_K_KEYWORD:
        return shape_name(shaper, node);
    case JX_K_STRING:
    case JX_K_NUMBER:
    case JX_K_VALUE:
    case JX_K_REGEX:
    case JX_K_VARIABLE:
    case JX_K_WILDCARD:
    case JX_K_DESCENDANT:
    case JX_K_PLACEHOLDER:
        return node;
    case JX_K_PARENT:
        return shape_parent(shaper, node);
    case JX_K_BINARY:
        return shape_binary(shaper, node);
    case JX_K_NEGATE:
        return shape_negation(shaper, node);
    case JX_K_ARRAY:
    case JX_K_BLOCK:
        return shape_items(shaper, node);
    case JX_K_OBJECT:
        shape_pairs(shaper, &node->items, node);
        return node;
    case JX_K_CONDITION:
    case JX_K_DEFAULT:
    case JX_K_COALESCE:
        return shape_operands(shaper, node);
    case JX_K_BIND:
        node->right = shape(shaper, node->right);
        hand_up(shaper, node, node->right);
        return node;
    case JX_K_CALL:
    case JX_K_PARTIAL:
        (void)shape_items(shaper, node);
        node->left = shape(shaper, node->left);
        if (node->left->kind == JX_K_PATH && node->left->items.items[0]->kind == JX_K_NAME)
            node->name = jx_name(shaper->arena, &shaper->program->names, jx_as_text(node->left->items.items[0]->value));
        return node;
    case JX_K_LAMBDA:
        node->left = shape(shaper, node->left);
        mark_tail_calls(node->left);
        return node;
    case JX_K_TRANSFORM:
        node->left = shape(shaper, node->left);
        node->right = shape(shaper, node->right);
        if (node->third)
            node->third = shape(shaper, node->third);
        return node;
    case JX_K_END:
        fail_at(shaper, "S0207", node->place, JX_TEXT("(end)"), NULL);
    case JX_K_PATH:
    case JX_K_SORT:
    case JX_K_APPLY:
    case JX_K_COUNT:
        break; /* made here, never met */
    }
    return node;
}

static struct jx_node *shape(struct shaper *shaper, struct jx_node *node)
{
    if (++shaper->depth > JX_PARSE_DEPTH_MAX)
        JX_FAIL(shaper->trap, .code = "U1001", .place = &node->place, .token = JX_TEXT(""),
                .message = JX_TEXT("The expression is nested too deeply"));
    bool keep_array = node->keep_array;
    struct jx_node *result = shape_kind(shaper, node);
    result->keep_array |= keep_array;
    shaper->depth--;
    return result;
}

/* --- notes for the evaluator
 * ---------------------------------------------------------------------------------------------------------- */

static bool annotate(struct jx_node *node);

static bool annotate_nodes(const struct jx_nodes *nodes)
{
    bool binds = false;
    for (uint32_t i = 0; i < nodes->count; i++)
        binds |= annotate(nodes->items[i]);
    return binds;
}

static bool annotate_stages(const struct jx_stages *stages)
{
    bool binds = false;
    for (uint32_t i = 0; i < stages->count; i++) {
        struct jx_stage *stage = &stages->items[i];
        if (stage->kind == JX_STAGE_FILTER) {
            bool filter_binds = annotate(stage->filter);
            stage->releases = !filter_binds;
            binds |= filter_binds;
        }
    }
    return binds;
}

static bool is_plain(const struct jx_node *path)
{
    if (path->keep_singleton || path->keep_array || path->tuple || path->group)
        return false;
    for (uint32_t i = 0; i < path->items.count; i++) {
        const struct jx_node *step = path->items.items[i];
        if (step->kind != JX_K_NAME || step->tuple || step->keep_array || step->stages.count ||
            step->predicates.count || step->group)
            return false;
    }
    return true;
}

/* Whether evaluating the node can bind a variable in the frame it is evaluated in. */
static bool annotate(struct jx_node *node)
{
    bool binds = annotate_stages(&node->predicates);
    binds |= annotate_stages(&node->stages);
    if (node->group)
        binds |= annotate_nodes(&node->group->pairs);
    switch ((int)node->kind) { /* all others: what their operands do */
    case JX_K_BLOCK:
        node->scoped = annotate_nodes(&node->items);
        return binds;
    case JX_K_LAMBDA:
        (void)annotate(node->left);
        return binds;
    case JX_K_TRANSFORM:
        (void)annotate(node->left);
        (void)annotate(node->right);
        if (node->third)
            (void)annotate(node->third);
        return binds;
    case JX_K_BIND:
        (void)annotate(node->right);
        return true;
    case JX_K_PATH:
        node->plain = is_plain(node);
        break;
    default:
        break;
    }
    binds |= annotate_nodes(&node->items);
    struct jx_node *operands[] = {node->left, node->right, node->third};
    for (size_t i = 0; i < 3; i++)
        if (operands[i])
            binds |= annotate(operands[i]);
    return binds;
}

struct jx_node *jx_shape(struct jsonata *program, struct jx_node *node, struct jx_trap *trap)
{
    struct shaper shaper = {.program = program, .arena = &program->arena, .trap = trap};
    struct jx_node *root = shape(&shaper, node);
    if (root->kind == JX_K_PARENT || root->seeking.count)
        fail_at(&shaper, "S0217", root->place, (struct jx_text){type_name(root), strlen(type_name(root))}, NULL);
    (void)annotate(root);
    return root;
}
