/* Variables: what may be set when a state is entered, computed over the graph, against what its expressions read.
 *
 * "May" is on purpose: a variable that only one of two ways sets is no mistake that can be seen from here. Inner
 * machines read what may be set when their container is entered, and must not set it.
 */
#include "interpreter/definition/parse.h"

#include "interpreter/base/text.h"

#include <stdlib.h>
#include <string.h>

enum { WORDS_MAX = 1 << 22 }; /* 32 MiB of bits; beyond, the order of states is not looked at */

struct dr_block *dr_block_open(struct dr_parser *parser, const struct dr_machine *machine,
                               const struct dr_state *container)
{
    struct dr_block *block = dr_alloc(sizeof *block);
    block->machine = machine;
    block->outer = parser->block;
    block->container = container;
    if (parser->last_block)
        parser->last_block->next = block;
    else
        parser->blocks = block;
    parser->last_block = block;
    return block;
}

/* Room for one more; `items` is a pointer to the array's pointer. */
#define GROW(items, count, capacity)                                                                                   \
    do {                                                                                                               \
        if ((count) == (capacity)) {                                                                                   \
            (capacity) = (capacity) ? (capacity)*2 : 8;                                                                \
            (items) = dr_resize((items), (capacity), sizeof *(items));                                                 \
        }                                                                                                              \
    } while (0)

void dr_block_read(struct dr_block *block, const struct dr_state *state, const char *name, struct dr_place place,
                   bool tested)
{
    GROW(block->reads, block->read_count, block->read_capacity);
    block->reads[block->read_count++] = (struct dr_read){state->index, tested, name, place};
}

static uint32_t number_of(struct dr_block *block, const char *name)
{
    if (block->variables == NULL)
        block->variables = json_object();
    const json_t *known = json_object_get(block->variables, name);
    if (known)
        return (uint32_t)json_integer_value(known);
    size_t number = json_object_size(block->variables);
    json_object_set_new_nocheck(block->variables, name, json_integer((json_int_t)number));
    return (uint32_t)number;
}

static void add_assigned(struct dr_parser *parser, struct dr_block *block, uint32_t state, const struct dr_node *member)
{
    size_t size = strlen(member->key);
    if (size > 2 && strcmp(member->key + size - 2, ".$") == 0)
        size -= 2;
    const char *name = dr_arena_string(parser->arena, member->key, size);
    GROW(block->assigned, block->assigned_count, block->assigned_capacity);
    uint32_t number = number_of(block, name);
    block->assigned[block->assigned_count++] = (struct dr_assigned){number, state, member->key_place};
}

void dr_block_edge(struct dr_parser *parser, struct dr_block *block, const struct dr_state *from,
                   const struct dr_state *to, const struct dr_node *assign)
{
    struct dr_edge edge = {.from = from ? from->index : DR_OUTSIDE,
                           .to = to ? to->index : DR_OUTSIDE,
                           .first = (uint32_t)block->assigned_count};
    if (assign && assign->kind == DR_NODE_MAP)
        for (size_t i = 0; i < assign->children.count; i++)
            add_assigned(parser, block, edge.from, assign->children.items[i]);
    edge.count = (uint32_t)block->assigned_count - edge.first;
    GROW(block->edges, block->edge_count, block->edge_capacity);
    block->edges[block->edge_count++] = edge;
}

/* --- The flow
 * ---------------------------------------------------------------------------------------------------------------- */

/* Adds to the target of an edge what its source has and the edge sets. True if that was news. */
static bool flow(struct dr_block *block, const struct dr_edge *edge)
{
    uint64_t *to = block->before + edge->to * block->words, changed = 0;
    const uint64_t *from = block->before + edge->from * block->words;
    for (size_t i = 0; i < block->words; i++) {
        changed |= from[i] & ~to[i];
        to[i] |= from[i];
    }
    for (uint32_t i = edge->first; i < edge->first + edge->count; i++) {
        uint64_t bit = UINT64_C(1) << (block->assigned[i].variable % 64), *word = &to[block->assigned[i].variable / 64];
        changed |= bit & ~*word;
        *word |= bit;
    }
    return changed != 0;
}

static void compute(struct dr_block *block)
{
    block->computed = true;
    size_t variables = json_object_size(block->variables), states = block->machine->count;
    block->words = (variables + 63) / 64;
    if (variables == 0 || states == 0 || block->words > WORDS_MAX / states) {
        block->words = 0;
        return;
    }
    block->before = dr_alloc(states * block->words * sizeof *block->before);
    size_t *first = dr_alloc((states + 1) * sizeof *first); /* edges by source, counted */
    struct dr_edge *edges = dr_resize(NULL, block->edge_count + 1, sizeof *edges);
    size_t count = 0;
    for (size_t i = 0; i < block->edge_count; i++)
        if (block->edges[i].from != DR_OUTSIDE && block->edges[i].to != DR_OUTSIDE)
            edges[count++] = block->edges[i];
    for (size_t i = 0; i < count; i++)
        first[edges[i].from + 1]++;
    for (size_t i = 0; i < states; i++)
        first[i + 1] += first[i];

    uint32_t *queue = dr_resize(NULL, states, sizeof *queue);
    bool *queued = dr_alloc(states * sizeof *queued);
    size_t head = 0, waiting = states;
    for (size_t i = 0; i < states; i++) {
        queue[i] = (uint32_t)i;
        queued[i] = true;
    }
    while (waiting > 0) {
        uint32_t at = queue[head];
        head = (head + 1) % states;
        waiting--;
        queued[at] = false;
        for (size_t i = first[at]; i < first[at + 1]; i++) {
            if (!flow(block, &edges[i]) || queued[edges[i].to])
                continue;
            queue[(head + waiting) % states] = edges[i].to;
            waiting++;
            queued[edges[i].to] = true;
        }
    }
    free(first);
    free(edges);
    free(queue);
    free(queued);
}

static bool may_be_set(struct dr_block *block, uint32_t state, const char *name)
{
    const json_t *known = json_object_get(block->variables, name);
    if (known == NULL)
        return false;
    if (!block->computed)
        compute(block);
    size_t number = (size_t)json_integer_value(known);
    return block->words == 0 || (block->before[state * block->words + number / 64] >> (number % 64) & 1);
}

static bool is_visible(struct dr_block *block, uint32_t state, const char *name)
{
    for (; block; block = block->outer) {
        if (may_be_set(block, state, name))
            return true;
        state = block->container ? block->container->index : 0;
    }
    return false;
}

/* --- Complaints
 * ---------------------------------------------------------------------------------------------------------------- */

static char *hint_for(struct dr_parser *parser, const struct dr_block *block, const char *name)
{
    for (const struct dr_block *outer = block; outer; outer = outer->outer)
        if (json_object_get(outer->variables, name))
            return dr_format("$%s is assigned in this runbook, but on no way that leads here", name);
    char *hint = NULL;
    for (const struct dr_block *outer = block; outer && !hint; outer = outer->outer) {
        size_t count = json_object_size(outer->variables), i = 0;
        const char **names = dr_resize(NULL, count + 1, sizeof *names), *key;
        json_t *value;
        json_object_foreach(outer->variables, key, value) names[i++] = key;
        hint = dr_suggest(parser, name, names, count);
        free(names);
    }
    return hint ? hint : dr_format("Assign it in a state before: \"Assign\": { \"%s\": ... }", name);
}

static void check_reads(struct dr_parser *parser, struct dr_block *block)
{
    for (size_t i = 0; i < block->read_count; i++) {
        const struct dr_read *read = &block->reads[i];
        if (read->tested || is_visible(block, read->state, read->name))
            continue;
        const struct dr_where where = {NULL, "States", 0},
                              state = {&where, block->machine->states[read->state]->name, 0};
        dr_doubt(parser, &state, read->place, DR_VARIABLE, hint_for(parser, block, read->name),
                 "The variable $%s is read here and never assigned before", read->name);
    }
}

static const char *name_of(const struct dr_block *block, uint32_t number)
{
    const char *key;
    json_t *value;
    json_object_foreach(block->variables, key, value) if ((uint32_t)json_integer_value(value) == number) return key;
    return "";
}

static void check_assigned(struct dr_parser *parser, struct dr_block *block)
{
    if (block->outer == NULL)
        return;
    size_t count = json_object_size(block->variables);
    bool *taken = dr_alloc((count + 1) * sizeof *taken);
    const char *key;
    json_t *value;
    json_object_foreach(block->variables, key, value) taken[json_integer_value(value)] =
        is_visible(block->outer, block->container->index, key);
    for (size_t i = 0; i < block->assigned_count; i++) {
        const struct dr_assigned *assigned = &block->assigned[i];
        if (!taken[assigned->variable])
            continue;
        const struct dr_where where = {NULL, "States", 0};
        const struct dr_where state = {
            &where, assigned->state == DR_OUTSIDE ? "" : block->machine->states[assigned->state]->name, 0};
        dr_doubt(
            parser, &state, assigned->place, DR_OUTER_VARIABLE,
            dr_copy_string("Give it another name, or return the value as output and assign it in the state around"),
            "The variable $%s belongs to the outer scope, which a branch or iteration can read and not assign",
            name_of(block, assigned->variable));
    }
    free(taken);
}

void dr_blocks_finish(struct dr_parser *parser)
{
    for (struct dr_block *block = parser->blocks; block; block = block->next) {
        check_reads(parser, block);
        check_assigned(parser, block);
    }
    for (struct dr_block *block = parser->blocks, *next; block; block = next) {
        next = block->next;
        json_decref(block->variables);
        free(block->edges);
        free(block->assigned);
        free(block->reads);
        free(block->before);
        free(block);
    }
    parser->blocks = parser->last_block = NULL;
}
