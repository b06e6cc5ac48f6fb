/* What states are made of: paths, settings, templates, targets. Each compiled once, each knowing its place. */
#include "interpreter/definition/parse.h"

#include "interpreter/base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct dr_node *dr_member(const struct dr_state_parse *at, const char *name)
{
    return dr_form_member(at->form, at->node, name);
}

/* --- What expressions read
 * --------------------------------------------------------------------------------------------- */

struct reading {
    struct dr_state_parse *at;
    bool tested; /* the expression asks whether variables exist, so one that may not is no mistake */
};

static void note_read(void *data, const char *name, struct dr_place place)
{
    const struct reading *reading = data;
    dr_block_read(reading->at->parser->block, reading->at->state, name, place, reading->tested);
}

/* $exists($x) makes sense just because $x may be unassigned. */
static bool asks_existence(const struct dr_node *node)
{
    if (node->kind == DR_NODE_STRING)
        return strstr(node->string.bytes, "$exists") != NULL;
    if (node->kind == DR_NODE_LIST || node->kind == DR_NODE_MAP)
        for (size_t i = 0; i < node->children.count; i++)
            if (asks_existence(node->children.items[i]))
                return true;
    return false;
}

const struct dr_template *dr_template_parse(struct dr_state_parse *at, const struct dr_node *node, const char *field,
                                            enum dr_template_place there)
{
    if (node == NULL)
        return NULL;
    struct reading reading = {at, at->state->language == DR_JSONATA && asks_existence(node)};
    struct dr_template_uses uses = {
        .variable = note_read,
        .data = &reading,
        .inside = at->inside,
        .result_allowed = there == DR_IN_RESULT,
        .error_output_allowed = there == DR_IN_CATCH,
    };
    const struct dr_template *tpl =
        dr_template_compile(at->parser->arena, node, at->state->language, field, &uses, at->parser->found);
    at->state->uses_context |= uses.context;
    return tpl;
}

const struct dr_rule *dr_rule_parse(struct dr_state_parse *at, const struct dr_node *node)
{
    struct reading reading = {at, at->state->language == DR_JSONATA && asks_existence(node)};
    struct dr_template_uses uses = {.variable = note_read, .data = &reading, .inside = at->inside};
    const struct dr_rule *rule =
        dr_rule_compile(at->parser->arena, node, at->state->language, &uses, at->parser->found);
    at->state->uses_context |= uses.context;
    return rule;
}

void dr_payload_check(struct dr_state_parse *at, const struct dr_node *node, const struct dr_where *outer)
{
    if (node == NULL || node->kind == DR_NODE_MAP || node->kind == DR_NODE_LIST || node->kind == DR_NODE_NULL ||
        dr_has_placeholder(node))
        return;
    bool jsonata = at->state->language == DR_JSONATA;
    if (jsonata && dr_is_expression(node))
        return;
    const struct dr_where where = {outer, node->key, 0};
    dr_mistake(at->parser, &where, node->place, DR_SCHEMA,
               dr_copy_string(jsonata ? "As in { \"Name\": \"{% $states.input.name %}\" }"
                                      : "As in { \"name.$\": \"$.input.name\" }"),
               "\"%s\" must be a map%s, not %s", node->key, jsonata ? " or an expression" : "",
               dr_node_kind_name(node->kind));
}

/* A letter or _, then letters, digits and _; beyond ASCII all counts as a letter. */
static bool is_identifier(const char *name, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)name[i];
        bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_' || byte >= 0x80;
        if (!letter && (i == 0 || byte < '0' || byte > '9'))
            return false;
    }
    return size > 0;
}

void dr_assign_check(struct dr_state_parse *at, const struct dr_node *assign, const struct dr_where *outer)
{
    enum { CHARACTERS_MAX = 80 };
    const struct dr_where in_assign = {outer, "Assign", 0};
    for (size_t i = 0; assign && assign->kind == DR_NODE_MAP && i < assign->children.count; i++) {
        const char *name = assign->children.items[i]->key;
        const struct dr_where where = {&in_assign, name, 0};
        size_t size = strlen(name), characters = 0;
        if (at->state->language == DR_JSONPATH && size > 2 && strcmp(name + size - 2, ".$") == 0)
            size -= 2;
        for (size_t j = 0; j < size; j++)
            characters += ((unsigned char)name[j] & 0xC0) != 0x80;
        struct dr_place place = assign->children.items[i]->key_place;
        if (!is_identifier(name, size))
            dr_mistake(at->parser, &where, place, DR_SCHEMA,
                       dr_copy_string(*name == '$' ? "Assign names the variable without $"
                                                   : "A letter first, then letters, digits and _"),
                       "\"%s\" cannot be the name of a variable", name);
        else if (characters > CHARACTERS_MAX)
            dr_mistake(at->parser, &where, place, DR_SCHEMA, NULL, "The name of a variable has at most %d characters",
                       CHARACTERS_MAX);
        else if (size == 6 && memcmp(name, "states", 6) == 0)
            dr_mistake(at->parser, &where, place, DR_SCHEMA, NULL,
                       "The variable $states is Step Functions' own and cannot be assigned");
    }
}

/* --- Paths
 * ---------------------------------------------------------------------------------------------------------------- */

static void note_path(struct dr_state_parse *at, const struct dr_path *path, struct dr_place place)
{
    if (dr_path_root(path) == DR_ROOT_CONTEXT)
        at->state->uses_context = true;
    else if (dr_path_root(path) == DR_ROOT_VARIABLE)
        dr_block_read(at->parser->block, at->state, dr_path_variable(path), place, false);
}

/* A compiled path; NULL if it is wrong (reported) or holds a placeholder. */
static const struct dr_path *compile_path(struct dr_state_parse *at, const struct dr_node *node, bool reference,
                                          const struct dr_where *where)
{
    if (dr_has_placeholder(node))
        return NULL;
    struct dr_compile_error error = {0};
    const struct dr_path *path = dr_path_compile(at->parser->arena, node->string.bytes, node->string.size, &error);
    if (path == NULL) {
        dr_mistake(at->parser, where, dr_node_place_at(node, error.offset), DR_SCHEMA, NULL,
                   "\"%s\" is not a JSONPath: %s", where->key, error.message);
        free(error.message);
        return NULL;
    }
    if (reference && (!dr_path_is_definite(path) || dr_path_root(path) == DR_ROOT_CONTEXT)) {
        dr_mistake(at->parser, where, node->place, DR_SCHEMA,
                   dr_copy_string("A Reference Path names one place of the input or of a variable: $.a.b[0], without @ "
                                  ".. , : ? * and $$"),
                   "Value is not a Reference Path");
        return NULL;
    }
    return path;
}

struct dr_data_path dr_data_path_parse(struct dr_state_parse *at, const struct dr_node *node, const char *name,
                                       const struct dr_where *outer)
{
    if (node == NULL)
        return (struct dr_data_path){at->parser->root, true};
    if (node->kind == DR_NODE_NULL)
        return (struct dr_data_path){NULL, false};
    const struct dr_where where = {outer, name, 0};
    bool result = strcmp(name, "ResultPath") == 0;
    const struct dr_path *path = compile_path(at, node, result, &where);
    if (path && result && !dr_path_is_reference(path) && !dr_path_is_root(path)) {
        dr_mistake(
            at->parser, &where, node->place, DR_SCHEMA,
            dr_copy_string("ResultPath names a place in the input, such as $.result; variables are set by Assign"),
            "Value is not a Reference Path");
        path = NULL;
    }
    if (path == NULL) /* wrong, and therefore never run */
        return (struct dr_data_path){at->parser->root, true};
    note_path(at, path, node->place);
    return (struct dr_data_path){path, dr_path_is_root(path)};
}

/* --- Settings
 * --------------------------------------------------------------------------------------------------------------- */

struct dr_setting dr_setting_parse_path(struct dr_state_parse *at, const struct dr_form *form,
                                        const struct dr_node *node, const char *name, const struct dr_where *outer)
{
    struct dr_setting setting = {.field = name};
    const struct dr_where where = {outer, name, 0};
    if (dr_has_placeholder(node))
        return setting;
    unsigned flags = dr_form_field(form, name)->flags;
    bool call = strncmp(node->string.bytes, "States.", 7) == 0;
    if (call && !(flags & DR_INTRINSIC)) {
        dr_mistake(at->parser, &where, node->place, DR_SCHEMA,
                   dr_copy_string("Compute it in a Pass state before, and name its place here"),
                   "\"%s\" must be a path, not an intrinsic call", name);
        return setting;
    }
    struct reading reading = {at, false};
    if (!call) {
        setting.place = compile_path(at, node, (flags & DR_REFERENCE) && !(flags & DR_INTRINSIC), &where);
        if (setting.place == NULL)
            return setting;
        note_path(at, setting.place, node->place);
    }
    struct dr_template_uses uses = {.variable = call ? note_read : NULL, .data = &reading};
    setting.computed = dr_template_compile_path(at->parser->arena, node, name, &uses, at->parser->found);
    setting.path = call ? NULL : node->string.bytes;
    at->state->uses_context |= uses.context;
    return setting;
}

static const json_t *constant_of(struct dr_parser *parser, const struct dr_form *form, const struct dr_node *node)
{
    const struct dr_field *field = dr_form_field(form, node->key);
    if (field->type == DR_FIELD_INTEGER && node->kind == DR_NODE_REAL) /* 5.0 */
        return dr_arena_json(parser->arena, json_integer((json_int_t)node->real));
    return dr_arena_json(parser->arena, dr_node_json(node));
}

struct dr_setting dr_setting_parse(struct dr_state_parse *at, const struct dr_form *form, const struct dr_node *node,
                                   const char *name, const char *path_name, const struct dr_where *where)
{
    const struct dr_node *value = dr_form_member(form, node, name),
                         *path = path_name ? dr_form_member(form, node, path_name) : NULL;
    if (value && at->state->language == DR_JSONATA && dr_is_expression(value))
        return (struct dr_setting){.field = name, .computed = dr_template_parse(at, value, name, DR_IN_INPUT)};
    if (value)
        return (struct dr_setting){.field = name, .constant = constant_of(at->parser, form, value)};
    if (path && at->state->language == DR_JSONPATH && path->kind == DR_NODE_STRING)
        return dr_setting_parse_path(at, form, path, path_name, where);
    return (struct dr_setting){0};
}

/* --- Targets
 * -------------------------------------------------------------------------------------------------------------------
 */

const struct dr_state *dr_target_parse(struct dr_state_parse *at, const struct dr_node *node,
                                       const struct dr_where *where)
{
    if (node == NULL || node->kind != DR_NODE_STRING) {
        at->dangling = true;
        return NULL;
    }
    const struct dr_state *target = dr_machine_state(at->machine, node->string.bytes, node->string.size);
    if (target)
        return target;
    at->dangling = true;
    char *hint = NULL;
    if (at->parser->suggestions_left > 0) {
        const char **names = dr_resize(NULL, at->machine->count, sizeof *names);
        for (size_t i = 0; i < at->machine->count; i++)
            names[i] = at->machine->states[i]->name;
        const char *nearest = dr_nearest(node->string.bytes, names, at->machine->count);
        free(names);
        at->parser->suggestions_left--;
        if (nearest) {
            hint = dr_format("Did you mean \"%s\"?", nearest);
            at->guess = dr_machine_state(at->machine, nearest, strlen(nearest));
            dr_block_edge(at->parser, at->parser->block, at->state, at->guess, NULL);
        }
    }
    if (hint == NULL && json_object_get(at->parser->names, node->string.bytes))
        hint = dr_copy_string(
            "There is such a state, but in another machine: a branch or iteration cannot be left or entered by Next");
    dr_mistake(at->parser, where, node->place, DR_TARGET, hint, "Missing 'Next' target: %s", node->string.bytes);
    return NULL;
}

const char *const *dr_strings_parse(struct dr_arena *arena, const struct dr_node *list, size_t *ret_count)
{
    size_t count = list && list->kind == DR_NODE_LIST ? list->children.count : 0;
    const char **strings = dr_arena_alloc(arena, (count + 1) * sizeof *strings);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (list->children.items[i]->kind == DR_NODE_STRING)
            strings[kept++] = list->children.items[i]->string.bytes;
    *ret_count = kept;
    return strings;
}

/* --- Their values
 * ------------------------------------------------------------------------------------------------------------------ */

bool dr_setting_present(const struct dr_setting *setting)
{
    return setting->constant || setting->computed;
}

json_t *dr_setting_value(const struct dr_setting *setting, const struct dr_view *view, struct dr_error *ret_error)
{
    if (setting->constant)
        return dr_json_share(setting->constant);
    return setting->computed ? dr_template_eval(setting->computed, view, ret_error) : NULL;
}

bool dr_is_role_arn(const char *text)
{
    static const char *const parts[] = {"arn:aws", ":iam::", ":role/"};
    if (strncmp(text, parts[0], strlen(parts[0])) != 0)
        return false;
    text += strlen(parts[0]);
    text += strspn(text, "-abcdefghijklmnopqrstuvwxyz0123456789"); /* aws-cn, aws-us-gov, ... */
    if (strncmp(text, parts[1], strlen(parts[1])) != 0)
        return false;
    text += strlen(parts[1]);
    if (strspn(text, "0123456789") != 12 || strncmp(text + 12, parts[2], strlen(parts[2])) != 0)
        return false;
    text += 12 + strlen(parts[2]);
    size_t length = strlen(text), size = 0;
    while (size < length && text[size] > ' ' && text[size] < 127)
        size++;
    return length > 0 && length <= 1024 && size == length && text[length - 1] != '/';
}
