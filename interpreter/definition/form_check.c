/* What an author wrote against the table of what may be written. */
#include "interpreter/definition/parse.h"

#include "interpreter/base/text.h"

#include <math.h>
#include <string.h>

enum { GROUPS_MAX = 8, FIELDS_MAX = 64 };

struct check {
    struct dr_parser *parser;
    const struct dr_form *form;
    const struct dr_node *node;
    enum dr_language language;
    const struct dr_where *where;
    bool seen[FIELDS_MAX]; /* by position in the form */
};

static const char *article(const char *noun)
{
    return strchr("AEIOUaeiou", *noun) ? "An" : "A";
}

static const char *code_of(const struct dr_form *form)
{
    return form == &dr_action_form ? DR_BAD_ACTION : form->of_drrun ? DR_BAD_RUNBOOK : DR_SCHEMA;
}

static const char *type_name(const struct dr_field *field)
{
    static const char *const names[] = {
        [DR_FIELD_ANY] = "any value",         [DR_FIELD_STRING] = "a string",
        [DR_FIELD_BOOLEAN] = "true or false", [DR_FIELD_INTEGER] = "an integer",
        [DR_FIELD_NUMBER] = "a number",       [DR_FIELD_MAP] = "a map",
        [DR_FIELD_LIST] = "a list",           [DR_FIELD_STRINGS] = "a list of strings",
        [DR_FIELD_PATH] = "a JSONPath",       [DR_FIELD_FORM] = "a map",
        [DR_FIELD_FORMS] = "a list",
    };
    return names[field->type];
}

static bool is_strings(const struct dr_node *node)
{
    if (node->kind != DR_NODE_LIST)
        return false;
    for (size_t i = 0; i < node->children.count; i++)
        if (node->children.items[i]->kind != DR_NODE_STRING)
            return false;
    return true;
}

static bool has_type(const struct dr_field *field, const struct dr_node *node)
{
    switch (field->type) {
    case DR_FIELD_ANY:
        return true;
    case DR_FIELD_STRING:
    case DR_FIELD_PATH:
        return node->kind == DR_NODE_STRING || (node->kind == DR_NODE_NULL && (field->flags & DR_NULLABLE));
    case DR_FIELD_BOOLEAN:
        return node->kind == DR_NODE_BOOLEAN;
    case DR_FIELD_INTEGER:
        return node->kind == DR_NODE_INTEGER || (node->kind == DR_NODE_REAL && node->real == trunc(node->real));
    case DR_FIELD_NUMBER:
        return node->kind == DR_NODE_INTEGER || node->kind == DR_NODE_REAL;
    case DR_FIELD_MAP:
    case DR_FIELD_FORM:
        return node->kind == DR_NODE_MAP;
    case DR_FIELD_LIST:
    case DR_FIELD_FORMS:
        return node->kind == DR_NODE_LIST;
    case DR_FIELD_STRINGS:
        return is_strings(node);
    }
    return false;
}

/* "{% ... %}" where JSONata may compute it, or "${...}" where something else will put the value. */
static bool stands_for_value(const struct dr_field *field, const struct dr_node *node, enum dr_language language)
{
    if (language == DR_JSONATA && (field->flags & DR_COMPUTED) && dr_is_expression(node))
        return true;
    if ((field->flags & DR_TEMPLATED) && node->kind == DR_NODE_MAP && node->children.count == 1) {
        const char *function = node->children.items[0]->key; /* CloudFormation's */
        return strcmp(function, "Ref") == 0 || strncmp(function, "Fn::", 4) == 0;
    }
    return field->type <= DR_FIELD_NUMBER && dr_has_placeholder(node);
}

static char *list_values(const char *const *values)
{
    struct dr_text text = {0};
    for (size_t i = 0; values[i]; i++)
        dr_text_printf(&text, "%s%s", i == 0 ? "" : values[i + 1] ? ", " : " or ", values[i]);
    return dr_text_take(&text);
}

static void check_enumeration(struct check *check, const struct dr_field *field, const struct dr_node *node,
                              const struct dr_where *where)
{
    size_t count = 0;
    for (; field->values[count]; count++)
        if (strcmp(field->values[count], node->string.bytes) == 0)
            return;
    char *values = list_values(field->values);
    dr_mistake(check->parser, where, node->place, code_of(check->form),
               dr_suggest(check->parser, node->string.bytes, field->values, count), "\"%s\" must be %s, not \"%s\"",
               field->name, values, node->string.bytes);
    free(values);
}

static size_t characters(const char *text)
{
    size_t count = 0;
    for (; *text; text++)
        count += ((unsigned char)*text & 0xC0) != 0x80;
    return count;
}

static void check_bounds(struct check *check, const struct dr_field *field, const struct dr_node *node,
                         const struct dr_where *where)
{
    const char *code = code_of(check->form);
    if (field->type == DR_FIELD_INTEGER || field->type == DR_FIELD_NUMBER) {
        double number = node->kind == DR_NODE_INTEGER ? (double)node->integer : node->real;
        if (field->minimum == 0.0 && field->maximum == 0.0)
            return;
        if (number < field->minimum)
            dr_mistake(check->parser, where, node->place, code, NULL, "\"%s\" must be at least %.15g, not %.15g",
                       field->name, field->minimum, number);
        else if (number > field->maximum)
            dr_mistake(check->parser, where, node->place, code, NULL, "\"%s\" must be at most %.15g, not %.15g",
                       field->name, field->maximum, number);
    } else if (node->kind == DR_NODE_STRING) {
        if ((field->flags & DR_NOT_EMPTY) && node->string.size == 0)
            dr_mistake(check->parser, where, node->place, code, NULL, "\"%s\" must not be empty", field->name);
        if (field->maximum > 0 && (double)characters(node->string.bytes) > field->maximum)
            dr_mistake(check->parser, where, node->place, code, NULL, "\"%s\" must have at most %.15g characters",
                       field->name, field->maximum);
    } else if ((field->flags & DR_NOT_EMPTY) && node->children.count == 0) {
        dr_mistake(check->parser, where, node->place, code, NULL, "\"%s\" must not be empty", field->name);
    }
}

static void check_value(struct check *check, const struct dr_field *field, const struct dr_node *node,
                        const struct dr_where *where)
{
    if (stands_for_value(field, node, check->language))
        return;
    if (!has_type(field, node)) {
        for (size_t i = 0; field->type == DR_FIELD_STRINGS && node->kind == DR_NODE_LIST && i < node->children.count;
             i++) {
            const struct dr_node *item = node->children.items[i];
            const struct dr_where at = {where, NULL, i};
            if (item->kind != DR_NODE_STRING)
                dr_mistake(check->parser, &at, item->place, code_of(check->form), NULL,
                           "\"%s\" has strings only, not %s", field->name, dr_node_kind_name(item->kind));
        }
        if (field->type == DR_FIELD_STRINGS && node->kind == DR_NODE_LIST)
            return;
        bool text_number =
            node->kind == DR_NODE_STRING && (field->type == DR_FIELD_INTEGER || field->type == DR_FIELD_NUMBER);
        bool unquoted = field->type == DR_FIELD_STRING && (node->kind == DR_NODE_INTEGER || node->kind == DR_NODE_REAL);
        char *hint = unquoted ? dr_copy_string("Put it in quotes") : NULL;
        if (text_number && (field->flags & DR_COMPUTED) && check->language == DR_JSONATA)
            hint = dr_copy_string("A number without quotes, or an expression \"{% ... %}\"");
        else if (text_number)
            hint = dr_copy_string("Write the number without quotes");
        dr_mistake(check->parser, where, node->place, code_of(check->form), hint, "\"%s\" must be %s, not %s",
                   field->name, type_name(field), dr_node_kind_name(node->kind));
    } else if (field->values && node->kind == DR_NODE_STRING) {
        check_enumeration(check, field, node, where);
    } else if (node->kind != DR_NODE_NULL) {
        check_bounds(check, field, node, where);
    }
}

static void check_language(struct check *check, const struct dr_field *field, const struct dr_node *node,
                           const struct dr_where *where)
{
    static const struct {
        const char *jsonpath, *jsonata;
    } counterparts[] = {
        {"Parameters", "Arguments"}, {"ResultSelector", "Output"}, {"ResultPath", "Output"},   {"OutputPath", "Output"},
        {"ItemsPath", "Items"},      {"Variable", "Condition"},    {"InputPath", "Arguments"}, {"Result", "Output"},
    };
    unsigned wrong = check->language == DR_JSONATA ? DR_JSONPATH_ONLY : DR_JSONATA_ONLY;
    if (!(field->flags & wrong))
        return;
    const char *ours = check->language == DR_JSONATA ? "JSONata" : "JSONPath",
               *theirs = check->language == DR_JSONATA ? "JSONPath" : "JSONata";
    const char *instead = NULL;
    for (size_t i = 0; i < sizeof counterparts / sizeof *counterparts && !instead; i++) {
        const char *from = check->language == DR_JSONATA ? counterparts[i].jsonpath : counterparts[i].jsonata;
        if (strcmp(from, field->name) == 0)
            instead = check->language == DR_JSONATA ? counterparts[i].jsonata : counterparts[i].jsonpath;
    }
    if (instead && dr_form_field(check->form, instead) == NULL)
        instead = NULL;
    char *hint = instead ? dr_format("Use \"%s\", or set \"QueryLanguage\" to \"%s\"", instead, theirs)
                         : dr_format("%s", check->language == DR_JSONATA
                                               ? "In JSONata the field itself takes an expression \"{% ... %}\""
                                               : "Set \"QueryLanguage\" to \"JSONata\"");
    dr_mistake(check->parser, where, node->key_place, DR_SCHEMA, hint,
               "The QueryLanguage is set to '%s', but field '%s' is only supported for the '%s' QueryLanguage", ours,
               field->name, theirs);
}

/* The field that the author may have meant counts as given, so that one slip of the pen is one message. */
static void report_unknown(struct check *check, const struct dr_node *member, const struct dr_where *where)
{
    const char *names[FIELDS_MAX];
    for (size_t i = 0; i < check->form->count; i++)
        names[i] = check->form->fields[i].name;
    const char *nearest = dr_nearest(member->key, names, check->form->count);
    char *hint = nearest ? dr_format("Did you mean \"%s\"?", nearest) : NULL;
    for (size_t i = 0; nearest && i < check->form->count; i++)
        if (names[i] == nearest)
            check->seen[i] = true;
    if (!hint && check->form >= dr_state_forms && check->form <= &dr_state_forms[DR_MAP]) {
        struct dr_text homes = {0};
        for (int kind = DR_PASS; kind <= DR_MAP; kind++)
            if (dr_form_field(&dr_state_forms[kind], member->key))
                dr_text_printf(&homes, "%s%s", homes.size ? ", " : "", dr_state_names[kind]);
        hint = homes.size ? dr_format("\"%s\" is a field of: %s", member->key, homes.bytes) : NULL;
        dr_text_done(&homes);
    }
    dr_mistake(check->parser, where, member->key_place, code_of(check->form), hint,
               "Field '%s' is not supported in %s %s", member->key, article(check->form->name)[1] ? "an" : "a",
               check->form->name);
}

static bool counts(const struct dr_node *node)
{
    return !(node->kind == DR_NODE_BOOLEAN && !node->boolean &&
             strcmp(node->key, "End") == 0); /* End: false says nothing */
}

static void check_members(struct check *check)
{
    const struct dr_node *first[GROUPS_MAX] = {0};
    for (size_t i = 0; i < check->node->children.count; i++) {
        const struct dr_node *member = check->node->children.items[i];
        const struct dr_where where = {check->where, member->key, 0};
        const struct dr_field *field = dr_form_field(check->form, member->key);
        if (field == NULL) {
            if (!check->form->open)
                report_unknown(check, member, &where);
            continue;
        }
        if (!counts(member))
            continue;
        check->seen[field - check->form->fields] = true;
        check_language(check, field, member, &where);
        check_value(check, field, member, &where);
        if (field->group == 0 || member->kind == DR_NODE_NULL)
            continue;
        if (first[field->group])
            dr_mistake(check->parser, check->where, member->key_place, code_of(check->form),
                       dr_format("Remove one of the two"), "There should only be one of the following fields: [%s, %s]",
                       first[field->group]->key, member->key);
        else
            first[field->group] = member;
    }
}

static struct dr_place place_of_missing(const struct dr_node *node)
{
    return node->key ? node->key_place : node->place;
}

static void check_required(struct check *check)
{
    struct dr_text missing = {0};
    bool group_seen[GROUPS_MAX] = {0};
    size_t count = 0;
    for (size_t i = 0; i < check->form->count; i++) {
        const struct dr_field *field = &check->form->fields[i];
        group_seen[field->group] |= check->seen[i];
        if ((field->flags & DR_REQUIRED) && !check->seen[i]) {
            dr_text_printf(&missing, "%s%s", count++ ? ", " : "", field->name);
        }
    }
    if (count)
        dr_mistake(check->parser, check->where, place_of_missing(check->node), code_of(check->form), NULL,
                   "These fields are required: [%s]", missing.bytes);
    for (unsigned group = 1; group < GROUPS_MAX; group++) {
        if (!(check->form->groups_required & (1u << group)) || group_seen[group])
            continue;
        unsigned wrong = check->language == DR_JSONATA ? DR_JSONPATH_ONLY : DR_JSONATA_ONLY;
        dr_text_clear(&missing);
        for (size_t i = 0; i < check->form->count; i++)
            if (check->form->fields[i].group == group && !(check->form->fields[i].flags & wrong))
                dr_text_printf(&missing, "%s%s", missing.size ? ", " : "", check->form->fields[i].name);
        dr_mistake(check->parser, check->where, place_of_missing(check->node), code_of(check->form), NULL,
                   "%s %s needs one of these fields: [%s]", article(check->form->name), check->form->name,
                   missing.bytes);
    }
    dr_text_done(&missing);
}

bool dr_form_check(struct dr_parser *parser, const struct dr_form *form, const struct dr_node *node,
                   enum dr_language language, const struct dr_where *where)
{
    if (node->kind != DR_NODE_MAP) {
        dr_mistake(parser, where, node->place, code_of(form), NULL, "%s %s must be a map, not %s", article(form->name),
                   form->name, dr_node_kind_name(node->kind));
        return false;
    }
    struct check check = {.parser = parser, .form = form, .node = node, .language = language, .where = where};
    check_members(&check);
    check_required(&check);
    return true;
}

const struct dr_node *dr_form_member(const struct dr_form *form, const struct dr_node *node, const char *name)
{
    const struct dr_node *member = dr_node_member(node, name);
    const struct dr_field *field = member ? dr_form_field(form, name) : NULL;
    return field && (has_type(field, member) || ((field->flags & DR_COMPUTED) && dr_is_expression(member)) ||
                     dr_has_placeholder(member))
               ? member
               : NULL;
}
