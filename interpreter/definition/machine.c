/* A machine: the names of its states, then the states, then the whole. */
#include "interpreter/definition/parse.h"

#include "interpreter/base/limits.h"
#include "interpreter/base/text.h"

#include <string.h>

enum { STATE_NAME_MAX = 80 }; /* characters; Step Functions' quota */

/* --- Names
 * ----------------------------------------------------------------------------------------------------------------- */

static uint32_t hash_name(const char *name, size_t size)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (unsigned char)name[i]) * 16777619u;
    return hash ^ (hash >> 15);
}

static void index_states(struct dr_arena *arena, struct dr_machine *machine)
{
    uint32_t size = 4;
    while (size < machine->count * 2)
        size *= 2;
    uint32_t *slots = dr_arena_alloc(arena, size * sizeof *slots);
    for (size_t i = 0; i < machine->count; i++) {
        const char *name = machine->states[i]->name;
        uint32_t at = hash_name(name, strlen(name)) & (size - 1);
        while (slots[at])
            at = (at + 1) & (size - 1);
        slots[at] = (uint32_t)i + 1;
    }
    machine->slots = slots;
    machine->slot_mask = size - 1;
}

const struct dr_state *dr_machine_state(const struct dr_machine *machine, const char *name, size_t size)
{
    if (machine->count == 0)
        return NULL;
    for (uint32_t at = hash_name(name, size) & machine->slot_mask; machine->slots[at];
         at = (at + 1) & machine->slot_mask) {
        const struct dr_state *state = machine->states[machine->slots[at] - 1];
        if (strncmp(state->name, name, size) == 0 && state->name[size] == '\0')
            return state;
    }
    return NULL;
}

static void check_name(struct dr_parser *parser, const struct dr_node *node, const struct dr_where *where)
{
    size_t characters = 0;
    for (const char *at = node->key; *at; at++)
        characters += ((unsigned char)*at & 0xC0) != 0x80;
    if (characters == 0)
        dr_mistake(parser, where, node->key_place, DR_STATE_NAME, NULL, "A state needs a name");
    else if (characters > STATE_NAME_MAX)
        dr_mistake(parser, where, node->key_place, DR_STATE_NAME, NULL,
                   "The state name has %zu characters; %d are allowed", characters, STATE_NAME_MAX);
    if (json_object_get(parser->names, node->key))
        dr_mistake(parser, where, node->key_place, DR_DUPLICATE_NAME,
                   dr_copy_string("State names are unique in the whole file, branches and iterations included"),
                   "Duplicate state name: %s", node->key);
    json_object_set_new_nocheck(parser->names, node->key, json_true());
}

/* --- Type and language
 * ------------------------------------------------------------------------------------------------------- */

static bool parse_kind(struct dr_parser *parser, const struct dr_node *node, struct dr_state *state,
                       const struct dr_where *where)
{
    if (node->kind != DR_NODE_MAP) {
        dr_mistake(parser, where, node->place, DR_SCHEMA, NULL, "A state must be a map, not %s",
                   dr_node_kind_name(node->kind));
        return false;
    }
    const struct dr_node *type = dr_node_member(node, "Type");
    const struct dr_where field = {where, "Type", 0};
    if (type == NULL) {
        dr_mistake(parser, where, node->key_place, DR_SCHEMA,
                   dr_copy_string("One of Pass, Task, Choice, Wait, Succeed, Fail, Parallel, Map"),
                   "These fields are required: [Type]");
        return false;
    }
    if (type->kind != DR_NODE_STRING) {
        dr_mistake(parser, &field, type->place, DR_SCHEMA, NULL, "\"Type\" must be a string, not %s",
                   dr_node_kind_name(type->kind));
        return false;
    }
    size_t count = 0;
    for (; dr_state_names[count]; count++) {
        if (strcmp(dr_state_names[count], type->string.bytes) != 0)
            continue;
        state->kind = (enum dr_state_kind)count;
        return true;
    }
    char *hint = dr_suggest(parser, type->string.bytes, dr_state_names, count);
    dr_mistake(parser, &field, type->place, DR_SCHEMA,
               hint ? hint : dr_copy_string("One of Pass, Task, Choice, Wait, Succeed, Fail, Parallel, Map"),
               "There is no state type \"%s\"", type->string.bytes);
    return false;
}

/* A state may say JSONata in a JSONPath machine, not the other way round. */
static enum dr_language parse_language(struct dr_parser *parser, const struct dr_node *node,
                                       const struct dr_where *where)
{
    const struct dr_node *language = dr_node_member(node, "QueryLanguage");
    if (language == NULL || language->kind != DR_NODE_STRING)
        return parser->language;
    if (strcmp(language->string.bytes, "JSONata") == 0)
        return DR_JSONATA;
    if (strcmp(language->string.bytes, "JSONPath") != 0)
        return parser->language;
    if (parser->language == DR_JSONATA) {
        const struct dr_where field = {where, "QueryLanguage", 0};
        dr_mistake(parser, &field, language->place, DR_SCHEMA,
                   dr_copy_string("Set it for each state instead of for the whole machine"),
                   "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine");
        return DR_JSONATA;
    }
    return DR_JSONPATH;
}

/* --- The machine
 * --------------------------------------------------------------------------------------------------------------- */

struct draft {
    struct dr_state *state;
    const struct dr_node *node;
    bool usable;
};

static struct draft *draft_states(struct dr_parser *parser, struct dr_machine *machine, const struct dr_node *states,
                                  const struct dr_where *where)
{
    size_t count = states->children.count;
    struct draft *drafts = dr_alloc((count + 1) * sizeof *drafts);
    const struct dr_state **list = dr_arena_alloc(parser->arena, (count + 1) * sizeof *list);
    struct dr_state *block = dr_arena_alloc(parser->arena, (count + 1) * sizeof *block);
    for (size_t i = 0; i < count; i++) {
        const struct dr_node *node = states->children.items[i];
        const struct dr_where at = {where, node->key, 0};
        struct dr_state *state = &block[i];
        state->name = node->key;
        state->index = (uint32_t)i;
        state->machine = machine;
        state->place = node->key_place;
        list[i] = state;
        check_name(parser, node, &at);
        drafts[i] = (struct draft){state, node, parse_kind(parser, node, state, &at)};
        state->language = parse_language(parser, node, &at);
    }
    machine->states = list;
    machine->count = count;
    index_states(parser->arena, machine);
    return drafts;
}

/* Parses all states. True if some transition leads nowhere, which is reported. */
static bool parse_states(struct dr_parser *parser, struct dr_machine *machine, const struct draft *drafts,
                         const struct dr_where *where)
{
    bool dangling = false;
    for (size_t i = 0; i < machine->count; i++) {
        const struct dr_where at_state = {where, drafts[i].node->key, 0};
        if (!drafts[i].usable) {
            dangling = true;
            continue;
        }
        const struct dr_form *form = &dr_state_forms[drafts[i].state->kind];
        dr_form_check(parser, form, drafts[i].node, drafts[i].state->language, &at_state);
        struct dr_state_parse at = {.parser = parser,
                                    .machine = machine,
                                    .state = drafts[i].state,
                                    .node = drafts[i].node,
                                    .form = form,
                                    .where = &at_state};
        dr_state_parse(&at);
        dangling |= at.dangling;
    }
    return dangling;
}

static bool parse_start(struct dr_parser *parser, struct dr_machine *machine, const struct dr_node *start,
                        const struct dr_where *where)
{
    if (start == NULL || start->kind != DR_NODE_STRING || machine->count == 0)
        return false;
    const struct dr_where field = {where, "StartAt", 0};
    struct dr_state_parse at = {.parser = parser, .machine = machine};
    machine->start = dr_target_parse(&at, start, &field);
    return machine->start || at.guess;
}

const struct dr_machine *dr_machine_parse(struct dr_parser *parser, const struct dr_form *form,
                                          const struct dr_node *node, const struct dr_state *container,
                                          const struct dr_where *where)
{
    enum dr_language language = parser->language;
    if (!dr_form_check(parser, form, node, language, where))
        return NULL;
    struct dr_machine *machine = dr_arena_alloc(parser->arena, sizeof *machine);
    machine->language = language;
    const struct dr_node *comment = dr_node_member(node, "Comment"), *timeout = dr_node_member(node, "TimeoutSeconds");
    if (comment && comment->kind == DR_NODE_STRING)
        machine->comment = comment->string.bytes;
    if (timeout && timeout->kind == DR_NODE_INTEGER)
        machine->timeout_seconds = timeout->integer;
    const struct dr_node *states = dr_form_member(form, node, "States");
    if (states == NULL)
        return machine;
    const struct dr_where in_states = {where, "States", 0};
    if (states->children.count > DR_STATES_MAX) {
        dr_mistake(parser, &in_states, states->key_place, DR_SCHEMA, NULL, "A machine has at most %d states",
                   DR_STATES_MAX);
        return machine;
    }
    struct dr_block *outer = parser->block;
    struct draft *drafts = draft_states(parser, machine, states, &in_states);
    parser->block = dr_block_open(parser, machine, container);
    bool started = parse_start(parser, machine, dr_node_member(node, "StartAt"), where);
    bool dangling = parse_states(parser, machine, drafts, &in_states);
    free(drafts);
    if (started)
        dr_graph_check(parser, parser->block, dangling, where);
    parser->block = outer;
    return machine;
}
