#include "interpreter/expression/jsonata/tree.h"

const struct jx_operator_row jx_operators[JX_OP_COUNT] = {
#define JX_OPERATOR(name, text, power) [JX_OP_##name] = {text, power},
#include "interpreter/expression/jsonata/operator.def"
#undef JX_OPERATOR
};

void jx_nodes_add(struct jx_arena *arena, struct jx_nodes *nodes, struct jx_node *node)
{
    if (nodes->count == nodes->capacity) {
        uint32_t capacity = nodes->capacity ? nodes->capacity * 2 : 4;
        nodes->items = jx_grow(arena, nodes->items, nodes->capacity * sizeof *nodes->items,
                               jx_times(capacity, sizeof *nodes->items));
        nodes->capacity = capacity;
    }
    nodes->items[nodes->count++] = node;
}

static uint32_t hash_name(struct jx_text text)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < text.size; i++)
        hash = (hash ^ (unsigned char)text.bytes[i]) * 16777619u;
    return hash;
}

static void index_name(struct jx_names *names, uint32_t name)
{
    uint32_t mask = names->index_size - 1, slot = hash_name(names->items[name].text) & mask;
    while (names->index[slot])
        slot = (slot + 1) & mask;
    names->index[slot] = name;
}

static void index_names(struct jx_arena *arena, struct jx_names *names)
{
    names->index_size = names->index_size ? names->index_size * 2 : 32;
    names->index = jx_zalloc(arena, names->index_size * sizeof *names->index);
    for (uint32_t i = 1; i < names->count; i++)
        index_name(names, i);
}

uint32_t jx_name(struct jx_arena *arena, struct jx_names *names, struct jx_text text)
{
    uint32_t mask = names->index_size - 1, slot = hash_name(text) & mask;
    for (; names->index[slot]; slot = (slot + 1) & mask)
        if (jx_text_equal(names->items[names->index[slot]].text, text))
            return names->index[slot];
    if (names->count == names->capacity) {
        uint32_t capacity = names->capacity * 2;
        names->items = jx_grow(arena, names->items, names->capacity * sizeof *names->items,
                               jx_times(capacity, sizeof *names->items));
        names->capacity = capacity;
    }
    uint32_t name = names->count++;
    names->items[name] = (struct jx_name){.text = {jx_copy(arena, text.bytes, text.size), text.size}};
    if (names->count * 2 > names->index_size)
        index_names(arena, names);
    else
        index_name(names, name);
    return name;
}

void jx_names_init(struct jx_arena *arena, struct jx_names *names)
{
    *names = (struct jx_names){.capacity = 16, .count = 1};
    names->items = jx_zalloc(arena, names->capacity * sizeof *names->items);
    index_names(arena, names);
    (void)jx_name(arena, names, JX_TEXT(""));
    (void)jx_name(arena, names, JX_TEXT("$"));
    (void)jx_name(arena, names, JX_TEXT("clone"));
}

void jx_names_copy(struct jx_arena *arena, struct jx_names *copy, const struct jx_names *names)
{
    *copy = *names;
    copy->items = jx_alloc(arena, copy->capacity * sizeof *copy->items);
    memcpy(copy->items, names->items, copy->count * sizeof *copy->items);
    copy->index = jx_alloc(arena, copy->index_size * sizeof *copy->index);
    memcpy(copy->index, names->index, copy->index_size * sizeof *copy->index);
}
