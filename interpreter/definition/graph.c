/* What only the whole machine shows: states that nothing leads to, and machines without an end. */
#include "interpreter/definition/parse.h"

#include "interpreter/base/text.h"

#include <stdlib.h>

/* The edges are in the order of the states that they leave, because states are parsed in order; StartAt's come first.
 */
static size_t *index_edges(const struct dr_block *block)
{
    size_t *first = dr_alloc((block->machine->count + 2) * sizeof *first);
    for (size_t i = 0; i < block->edge_count; i++)
        if (block->edges[i].from != DR_OUTSIDE)
            first[block->edges[i].from + 1]++;
    size_t outside = 0;
    while (outside < block->edge_count && block->edges[outside].from == DR_OUTSIDE)
        outside++;
    first[0] = outside;
    for (size_t i = 1; i <= block->machine->count; i++)
        first[i] += first[i - 1];
    return first;
}

static bool *find_reachable(const struct dr_block *block)
{
    size_t count = block->machine->count, *first = index_edges(block), depth = 0;
    bool *reached = dr_alloc((count + 1) * sizeof *reached);
    uint32_t *stack = dr_alloc((count + 2) * sizeof *stack);
    if (block->machine->start) {
        reached[block->machine->start->index] = true;
        stack[depth++] = block->machine->start->index;
    }
    for (size_t i = 0; i < first[0]; i++) { /* what a wrong StartAt may have meant */
        uint32_t to = block->edges[i].to;
        if (to != DR_OUTSIDE && !reached[to]) {
            reached[to] = true;
            stack[depth++] = to;
        }
    }
    while (depth > 0) {
        uint32_t at = stack[--depth];
        for (size_t i = first[at]; i < first[at + 1]; i++) {
            uint32_t to = block->edges[i].to;
            if (to == DR_OUTSIDE || reached[to])
                continue;
            reached[to] = true;
            stack[depth++] = to;
        }
    }
    free(first);
    free(stack);
    return reached;
}

static bool can_end(const struct dr_machine *machine)
{
    for (size_t i = 0; i < machine->count; i++) {
        const struct dr_state *state = machine->states[i];
        if (state->kind == DR_SUCCEED || state->kind == DR_FAIL || (state->kind != DR_CHOICE && state->next == NULL))
            return true;
    }
    return false;
}

void dr_graph_check(struct dr_parser *parser, const struct dr_block *block, bool dangling, const struct dr_where *where)
{
    const struct dr_machine *machine = block->machine;
    const struct dr_where states = {where, "States", 0};
    if (!dangling && !can_end(machine)) {
        dr_mistake(parser, where, machine->start ? machine->start->place : (struct dr_place){0}, DR_NO_END,
                   dr_copy_string("Give one state \"End\": true, or add a Succeed or Fail state"),
                   "Workflow has no terminal state");
        return; /* as AWS: what else is unreachable does not matter then */
    }
    bool *reached = find_reachable(block);
    for (size_t i = 0; i < machine->count; i++) {
        const struct dr_where at = {&states, machine->states[i]->name, 0};
        if (!reached[i])
            dr_mistake(parser, &at, machine->states[i]->place, DR_TARGET,
                       dr_copy_string("Let a Next, Default or Catch lead to it, or remove it"),
                       "State \"%s\" is not reachable.", machine->states[i]->name);
    }
    free(reached);
}
