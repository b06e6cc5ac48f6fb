/* The Action block: what makes a file something that other runbooks can call. */
#include "interpreter/definition/parse.h"

#include "interpreter/base/text.h"

#include <string.h>

static const char *string_of(const struct dr_node *block, const char *name)
{
    const struct dr_node *node = dr_form_member(&dr_action_form, block, name);
    return node && node->kind == DR_NODE_STRING ? node->string.bytes : NULL;
}

static const char *print(struct dr_arena *arena, json_t *value)
{
    struct dr_text text = {0};
    dr_text_json(&text, value, SIZE_MAX);
    const char *copy = dr_arena_string(arena, text.bytes, text.size);
    dr_text_done(&text);
    json_decref(value);
    return copy;
}

/* Properties by name, as Arguments has them; or any JSON Schema, told by a "type" that is one. */
static bool is_map_of_schemas(const struct dr_node *output)
{
    if (output->kind != DR_NODE_MAP)
        return false;
    const struct dr_node *type = dr_node_member(output, "type");
    if (type && type->kind != DR_NODE_MAP)
        return false;
    for (size_t i = 0; i < output->children.count; i++)
        if (output->children.items[i]->kind != DR_NODE_MAP)
            return false;
    return true;
}

static const char *parse_output(struct dr_parser *parser, const struct dr_node *output, const struct dr_where *outer)
{
    const struct dr_where where = {outer, "Output", 0};
    if (output == NULL)
        return NULL;
    if (output->kind == DR_NODE_STRING) /* in words */
        return print(parser->arena, dr_node_json(output));
    if (!is_map_of_schemas(output)) {
        dr_schema_verify(parser, output, DR_BAD_ACTION, &where);
        return print(parser->arena, dr_node_json(output));
    }
    json_t *schema = dr_schema_of_map(parser, output, NULL, false, DR_BAD_ACTION, &where);
    return schema ? print(parser->arena, schema) : NULL;
}

static const char *parse_errors(struct dr_parser *parser, const struct dr_node *errors, const struct dr_where *outer)
{
    const struct dr_where where = {outer, "Errors", 0};
    if (errors == NULL)
        return NULL;
    struct dr_text text = {0};
    if (errors->kind == DR_NODE_STRING) {
        dr_text_puts(&text, errors->string.bytes);
    } else if (errors->kind != DR_NODE_MAP) {
        dr_mistake(parser, &where, errors->place, DR_BAD_ACTION,
                   dr_copy_string("As in { Http.CheckFailed: \"time was up\" }"),
                   "\"Errors\" must be a map of error names, not %s", dr_node_kind_name(errors->kind));
    } else {
        for (size_t i = 0; i < errors->children.count; i++) {
            const struct dr_node *error = errors->children.items[i];
            dr_text_printf(&text, "%s  %s\n", error->key, error->kind == DR_NODE_STRING ? error->string.bytes : "");
        }
    }
    const char *copy = dr_arena_string(parser->arena, text.bytes ? text.bytes : "", text.size);
    dr_text_done(&text);
    return copy;
}

static void check_undo(struct dr_parser *parser, const struct dr_node *block, const struct dr_resource *action,
                       const struct dr_where *where)
{
    if (action->effect != DR_EFFECT_IRREVERSIBLE && action->effect != DR_EFFECT_WRITE)
        return;
    if (dr_node_member(block, "Undo"))
        return;
    dr_mistake(parser, where, block->key_place, DR_BAD_ACTION,
               dr_copy_string("\"Undo\": the action that takes it back, or \"none, because ...\""),
               "An action that changes something says how it is undone");
}

bool dr_action_parse(struct dr_parser *parser, const struct dr_node *block, struct dr_resource *ret_action,
                     const struct dr_where *where)
{
    size_t errors = parser->found->errors;
    if (!dr_form_check(parser, &dr_action_form, block, DR_JSONPATH, where))
        return false;
    struct dr_resource action = {.kind = DR_RESOURCE_ACTION};
    action.name = string_of(block, "Name");
    action.summary = string_of(block, "Summary");
    action.undo = string_of(block, "Undo");
    action.notes = string_of(block, "Notes");
    const char *effect = string_of(block, "Effect");
    if (effect)
        action.effect = strcmp(effect, "Irreversible") == 0 ? DR_EFFECT_IRREVERSIBLE
                        : strcmp(effect, "Write") == 0      ? DR_EFFECT_WRITE
                                                            : DR_EFFECT_READ;
    check_undo(parser, block, &action, where);
    const struct dr_where in_arguments = {where, "Arguments", 0};
    const struct dr_node *arguments = dr_form_member(&dr_action_form, block, "Arguments");
    json_t *schema =
        dr_schema_of_map(parser, arguments, dr_node_member(block, "Required"), false, DR_BAD_ACTION, &in_arguments);
    if (schema) {
        json_object_set_new(schema, "additionalProperties", json_false());
        action.arguments = print(parser->arena, schema);
    }
    action.output = parse_output(parser, dr_node_member(block, "Output"), where);
    action.errors = parse_errors(parser, dr_node_member(block, "Errors"), where);
    *ret_action = action;
    return parser->found->errors == errors;
}
