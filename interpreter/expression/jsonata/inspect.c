/* What a program reads from outside, for checks before it runs. Scopes are followed as the evaluator makes them: a name
 * bound anywhere in a block, among a function's parameters or by a step of a path is the program's own there. */
#include "interpreter/expression/jsonata/evaluate.h"

#include <limits.h>
#include <stdlib.h>

#include <stdio.h>

struct scope {
    const struct scope *outer;
    unsigned char *bound; /* by name: whether it is bound in this scope */
};

struct inspection {
    const struct jsonata *program;
    jsonata_visit_fn *variable;
    jsonata_visit_call_fn *call;
    jsonata_visit_fn *context;
    unsigned inside; /* of steps, predicates and groups, which have a context item of their own */
    void *data;
};

static void inspect(struct inspection *inspection, const struct jx_node *node, const struct scope *scope);

/* --- who binds a name
 * ------------------------------------------------------------------------------------------------------ */

static void collect(const struct jx_node *node, unsigned char *bound);

static void collect_all(const struct jx_nodes *nodes, unsigned char *bound)
{
    for (uint32_t i = 0; i < nodes->count; i++)
        collect(nodes->items[i], bound);
}

static void collect_stages(const struct jx_stages *stages, unsigned char *bound)
{
    for (uint32_t i = 0; i < stages->count; i++) {
        if (stages->items[i].kind == JX_STAGE_INDEX)
            bound[stages->items[i].name] = 1;
        else
            collect(stages->items[i].filter, bound);
    }
}

/* Marks what is bound in the frame that the node is evaluated in; blocks and functions have frames of their own. */
static void collect(const struct jx_node *node, unsigned char *bound)
{
    bound[node->focus] = bound[node->index] = 1; /* 0 is no name */
    collect_stages(&node->predicates, bound);
    collect_stages(&node->stages, bound);
    if (node->group)
        collect_all(&node->group->pairs, bound);
    if (node->kind == JX_K_BLOCK || node->kind == JX_K_LAMBDA)
        return;
    if (node->kind == JX_K_BIND)
        bound[node->name] = 1;
    else if (node->left)
        collect(node->left, bound);
    if (node->right)
        collect(node->right, bound);
    if (node->third)
        collect(node->third, bound);
    collect_all(&node->items, bound);
}

/* The scope that a block, a function or (no outer one) the whole program makes. */
static struct scope open_scope(const struct jsonata *program, const struct jx_node *node, const struct scope *outer)
{
    struct scope scope = {outer, calloc(program->names.count, 1)};
    if (!scope.bound)
        abort();
    if (!outer) {
        collect(node, scope.bound);
    } else if (node->kind == JX_K_LAMBDA) {
        for (uint32_t i = 0; i < node->items.count; i++)
            scope.bound[node->items.items[i]->name] = 1;
        collect(node->left, scope.bound);
    } else {
        collect_all(&node->items, scope.bound);
    }
    return scope;
}

static bool is_own(const struct inspection *inspection, uint32_t name, const struct scope *scope)
{
    if (name == JX_NAME_CONTEXT || name == JX_NAME_ROOT)
        return true;
    if (!inspection->program->names.items[name].bound)
        return false;
    for (; scope; scope = scope->outer)
        if (scope->bound[name])
            return true;
    return false;
}

/* --- reporting
 * ----------------------------------------------------------------------------------------------------------------- */

/* The names that follow the first step, as far as nothing but names follows. */
static void report_variable(struct inspection *inspection, const struct jx_node *variable, const struct jx_node *path,
                            const struct scope *scope)
{
    if (!inspection->variable || is_own(inspection, variable->name, scope))
        return;
    char joined[512];
    size_t size = 0;
    bool plain = !variable->predicates.count && !variable->stages.count && !variable->group;
    for (uint32_t i = 1; path && plain && i < path->items.count; i++) {
        const struct jx_node *step = path->items.items[i];
        if (step->kind != JX_K_NAME)
            break;
        struct jx_text name = jx_as_text(step->value);
        if (size + name.size + 2 > sizeof joined || memchr(name.bytes, '\0', name.size))
            break;
        if (size)
            joined[size++] = '.';
        memcpy(joined + size, name.bytes, name.size);
        size += name.size;
        plain = !step->stages.count && !step->predicates.count;
    }
    joined[size] = '\0';
    inspection->variable(inspection->data, inspection->program->names.items[variable->name].text.bytes, joined,
                         variable->place.start);
}

static void report_call(struct inspection *inspection, const struct jx_node *call, unsigned arguments,
                        const struct scope *scope)
{
    if (inspection->call && call->left->kind == JX_K_VARIABLE && !is_own(inspection, call->left->name, scope))
        inspection->call(inspection->data, inspection->program->names.items[call->left->name].text.bytes, arguments,
                         call->left->place.start);
}

static void inspect_nodes(struct inspection *inspection, const struct jx_nodes *nodes, const struct scope *scope)
{
    for (uint32_t i = 0; i < nodes->count; i++)
        inspect(inspection, nodes->items[i], scope);
}

static void report_context(struct inspection *inspection, const struct jx_node *node)
{
    if (!inspection->context)
        return;
    if (node->kind == JX_K_VARIABLE && node->name == JX_NAME_ROOT)
        inspection->context(inspection->data, "$$", "", node->place.start);
    else if (!inspection->inside && (node->kind == JX_K_WILDCARD || node->kind == JX_K_DESCENDANT))
        inspection->context(inspection->data, node->kind == JX_K_WILDCARD ? "*" : "**", "", node->place.start);
    else if (!inspection->inside && node->kind == JX_K_NAME) {
        char name[256];
        struct jx_text text = jx_as_text(node->value);
        snprintf(name, sizeof name, "%.*s", (int)(text.size < 200 ? text.size : 200), text.bytes);
        inspection->context(inspection->data, name, "", node->place.start);
    }
}

static void inspect_stages(struct inspection *inspection, const struct jx_stages *stages, const struct scope *scope)
{
    for (uint32_t i = 0; i < stages->count; i++)
        if (stages->items[i].kind == JX_STAGE_FILTER)
            inspect(inspection, stages->items[i].filter, scope);
}

/* What hangs on a node whatever its kind. */
static void inspect_attached(struct inspection *inspection, const struct jx_node *node, const struct scope *scope)
{
    inspection->inside++;
    inspect_stages(inspection, &node->predicates, scope);
    inspect_stages(inspection, &node->stages, scope);
    if (node->group)
        inspect_nodes(inspection, &node->group->pairs, scope);
    inspection->inside--;
}

static void inspect_path(struct inspection *inspection, const struct jx_node *path, const struct scope *scope)
{
    const struct jx_node *first = path->items.items[0];
    if (first->kind == JX_K_VARIABLE) {
        report_context(inspection, first);
        report_variable(inspection, first, path, scope);
        inspect_attached(inspection, first, scope);
    } else {
        inspect(inspection, first, scope);
    }
    inspection->inside++;
    for (uint32_t i = 1; i < path->items.count; i++)
        inspect(inspection, path->items.items[i], scope);
    inspection->inside--;
}

static void inspect_call(struct inspection *inspection, const struct jx_node *call, unsigned given,
                         const struct scope *scope)
{
    report_call(inspection, call, call->kind == JX_K_PARTIAL ? UINT_MAX : call->items.count + given, scope);
    if (call->left->kind != JX_K_VARIABLE)
        inspect(inspection, call->left, scope);
    else
        inspect_attached(inspection, call->left, scope);
    inspect_nodes(inspection, &call->items, scope);
}

static void inspect_scope(struct inspection *inspection, const struct jx_node *node, const struct scope *outer)
{
    struct scope scope = open_scope(inspection->program, node, outer);
    if (node->kind == JX_K_LAMBDA)
        inspect(inspection, node->left, &scope);
    else
        inspect_nodes(inspection, &node->items, &scope);
    free(scope.bound);
}

static void inspect(struct inspection *inspection, const struct jx_node *node, const struct scope *scope)
{
    report_context(inspection, node);
    inspect_attached(inspection, node, scope);
    switch ((int)node->kind) { /* all others: just their operands */
    case JX_K_VARIABLE:
        report_variable(inspection, node, NULL, scope);
        return;
    case JX_K_PATH:
        inspect_path(inspection, node, scope);
        return;
    case JX_K_BLOCK:
    case JX_K_LAMBDA:
        inspect_scope(inspection, node, scope);
        return;
    case JX_K_BIND:
        inspect(inspection, node->right, scope);
        return;
    case JX_K_CALL:
    case JX_K_PARTIAL:
        inspect_call(inspection, node, 0, scope);
        return;
    case JX_K_APPLY:
        inspect(inspection, node->left, scope);
        if (node->right->kind == JX_K_CALL) {
            inspect_attached(inspection, node->right, scope);
            inspect_call(inspection, node->right, 1, scope);
        } else if (node->right->kind == JX_K_VARIABLE) {
            struct jx_node call = {.kind = JX_K_CALL, .left = node->right};
            inspect_call(inspection, &call, 1, scope);
        } else {
            inspect(inspection, node->right, scope);
        }
        return;
    case JX_K_TRANSFORM: /* its parts see what it is applied to */
        inspection->inside++;
        break;
    default:
        break;
    }
    const struct jx_node *operands[] = {node->left, node->right, node->third};
    for (size_t i = 0; i < 3; i++)
        if (operands[i])
            inspect(inspection, operands[i], scope);
    inspect_nodes(inspection, &node->items, scope);
    inspection->inside -= node->kind == JX_K_TRANSFORM;
}

static void inspect_program(struct inspection *inspection)
{
    struct scope top = open_scope(inspection->program, inspection->program->root, NULL);
    inspect(inspection, inspection->program->root, &top);
    free(top.bound);
}

void jsonata_variables(const struct jsonata *program, jsonata_visit_fn *visit, void *data)
{
    inspect_program(&(struct inspection){.program = program, .variable = visit, .data = data});
}

void jsonata_calls(const struct jsonata *program, jsonata_visit_call_fn *visit, void *data)
{
    inspect_program(&(struct inspection){.program = program, .call = visit, .data = data});
}

void jsonata_context(const struct jsonata *program, jsonata_visit_fn *visit, void *data)
{
    inspect_program(&(struct inspection){.program = program, .context = visit, .data = data});
}
