/* Choice rules: a tree of And, Or and Not over comparisons, or one JSONata condition. As deep as the document, which is
 * bounded. */
#include "interpreter/expression/rule.h"

#include "interpreter/base/text.h"
#include "interpreter/expression/comparators.h"
#include "interpreter/expression/jsonpath.h"
#include "interpreter/expression/values.h"

#include <stdlib.h>
#include <string.h>

struct dr_rule {
    enum { RULE_AND, RULE_OR, RULE_NOT, RULE_COMPARE, RULE_CONDITION } kind;
    bool uses_context;
    union {
        struct { /* And, Or: any number; Not: one */
            const struct dr_rule *const *items;
            size_t count;
        } rules;
        struct {
            const struct dr_path *variable;
            const struct comparator *comparator;
            const struct dr_path *other; /* ...Path comparators; else NULL and `constant` is set */
            struct comparand constant;
        } compare;
        const struct dr_template *condition;
    };
};

struct compiler {
    struct dr_arena *arena;
    struct dr_template_uses *uses;
    struct dr_diagnostics *found;
};

static const struct dr_rule *compile(struct compiler *compiler, const struct dr_node *node, bool top);

/* Steals `message` and `hint`; always NULL. */
static void *refuse(struct compiler *compiler, struct dr_place place, char *message, char *hint)
{
    dr_report(compiler->found, &(struct dr_diagnostic){.severity = DR_ERROR,
                                                       .code = "SCHEMA_VALIDATION_FAILED",
                                                       .place = place,
                                                       .message = message,
                                                       .hint = hint});
    return NULL;
}

/* --- Compiling ------------------------------------------------------------------------------------------------------
 */

static const struct dr_path *compile_path(struct compiler *compiler, const struct dr_node *node, struct dr_rule *rule)
{
    if (node->kind != DR_NODE_STRING) {
        return refuse(compiler, node->place,
                      dr_format("%s must be a path, but it is %s", node->key, dr_node_kind_name(node->kind)),
                      dr_copy_string("a path is a string that begins with $"));
    }
    struct dr_compile_error error = {0};
    const struct dr_path *path = dr_path_compile(compiler->arena, node->string.bytes, node->string.size, &error);
    if (!path) {
        return refuse(compiler, dr_node_place_at(node, error.offset),
                      dr_format("The value for the field '%s' must be a valid JSONPath", node->key), error.message);
    }
    if (dr_path_root(path) == DR_ROOT_CONTEXT) {
        rule->uses_context = true;
        if (compiler->uses) {
            compiler->uses->context = true;
        }
    } else if (dr_path_root(path) == DR_ROOT_VARIABLE && compiler->uses && compiler->uses->variable) {
        compiler->uses->variable(compiler->uses->data, dr_path_variable(path), dr_node_place_at(node, 0));
    }
    return path;
}

static bool compile_constant(struct compiler *compiler, const struct dr_node *node, struct dr_rule *rule)
{
    static const char *const wanted[] = {
        [COMPARE_BOOLEAN] = "true or false", [COMPARE_NUMERIC] = "a number",   [COMPARE_STRING] = "a string",
        [COMPARE_TIMESTAMP] = "a timestamp", [COMPARE_TEST] = "true or false", [COMPARE_PATTERN] = "a string",
    };
    enum comparand_type type = rule->compare.comparator->type;
    const json_t *value = dr_arena_json(compiler->arena, dr_node_json(node));
    if (dr_comparand_read(type, value, &rule->compare.constant)) {
        return true;
    }
    if (type == COMPARE_TIMESTAMP && json_is_string(value)) {
        refuse(compiler, node->place, dr_copy_string("String does not match RFC3339 timestamp"),
               dr_copy_string("write it like 2026-11-21T03:00:00Z, with an upper-case T and an offset or Z"));
    } else {
        refuse(compiler, node->place,
               dr_format("%s needs %s, but this is %s", node->key, wanted[type], dr_node_kind_name(node->kind)),
               dr_node_kind_name(node->kind) && json_is_string(value) && json_string_value(value)[0] == '$'
                   ? dr_format("to compare with a value from the data, use %sPath", node->key)
                   : NULL);
    }
    return false;
}

static const struct dr_rule *compile_list(struct compiler *compiler, const struct dr_node *node, struct dr_rule *rule)
{
    if (node->kind != DR_NODE_LIST || node->children.count == 0) {
        return refuse(compiler, node->place, dr_format("%s needs a list of at least one rule", node->key), NULL);
    }
    size_t count = node->children.count;
    const struct dr_rule **items = dr_arena_alloc(compiler->arena, count * sizeof(const struct dr_rule *));
    bool good = true;
    for (size_t i = 0; i < count; i++) {
        items[i] = compile(compiler, node->children.items[i], false);
        good = good && items[i];
        rule->uses_context = rule->uses_context || (items[i] && items[i]->uses_context);
    }
    rule->rules.items = items;
    rule->rules.count = count;
    return good ? rule : NULL;
}

static const struct dr_rule *compile_not(struct compiler *compiler, const struct dr_node *node, struct dr_rule *rule)
{
    const struct dr_rule **items = dr_arena_alloc(compiler->arena, sizeof(const struct dr_rule *));
    items[0] = compile(compiler, node, false);
    rule->uses_context = items[0] && items[0]->uses_context;
    rule->rules.items = items;
    rule->rules.count = 1;
    return items[0] ? rule : NULL;
}

static const struct dr_rule *compile_compare(struct compiler *compiler, const struct dr_node *node,
                                             const struct dr_node *test, struct dr_rule *rule)
{
    const struct dr_node *variable = dr_node_member(node, "Variable");
    if (!variable) {
        return refuse(compiler, node->place, dr_format("%s needs a Variable to look at", test->key), NULL);
    }
    bool is_path;
    rule->kind = RULE_COMPARE;
    rule->compare.comparator = dr_comparator_find(test->key, &is_path);
    rule->compare.variable = compile_path(compiler, variable, rule);
    bool good = rule->compare.variable;
    if (is_path) {
        rule->compare.other = compile_path(compiler, test, rule);
        good = good && rule->compare.other;
    } else {
        good = compile_constant(compiler, test, rule) && good;
    }
    return good ? rule : NULL;
}

static bool is_one_of(const char *word, const char *const *words)
{
    for (; *words; words++) {
        if (strcmp(word, *words) == 0) {
            return true;
        }
    }
    return false;
}

static void refuse_field(struct compiler *compiler, const struct dr_node *field, bool top)
{
    static const char *const at_top[] = {"Next", "Assign", "Output", NULL};
    const char *names[64] = {"And", "Or", "Not", "Variable", "Comment", "Next", "Assign", "Output"};
    size_t count = 8;
    for (const char *name; count < 64 && (name = dr_comparator_name(count - 8)); count++) {
        names[count] = name;
    }
    if (!top && is_one_of(field->key, at_top)) {
        refuse(compiler, field->key_place,
               dr_format("%s belongs to the rule as a whole, not to a rule inside And, Or or Not", field->key), NULL);
        return;
    }
    const char *nearest = dr_nearest(field->key, names, count);
    refuse(compiler, field->key_place, dr_format("a Choice rule has no field \"%s\"", field->key),
           nearest ? dr_format("did you mean \"%s\"?", nearest) : NULL);
}

/* The one member that says what is tested, or NULL after a report. */
static const struct dr_node *find_test(struct compiler *compiler, const struct dr_node *node, bool top)
{
    static const char *const plain[] = {"Variable", "Comment", NULL},
                             *const at_top[] = {"Next", "Assign", "Output", NULL},
                             *const combining[] = {"And", "Or", "Not", NULL};
    const struct dr_node *test = NULL;
    bool good = true, is_path;
    for (size_t i = 0; i < node->children.count; i++) {
        const struct dr_node *field = node->children.items[i];
        if (is_one_of(field->key, plain) || (top && is_one_of(field->key, at_top))) {
            continue;
        }
        if (!is_one_of(field->key, combining) && !dr_comparator_find(field->key, &is_path)) {
            refuse_field(compiler, field, top);
            good = false;
        } else if (test) {
            refuse(compiler, field->key_place,
                   dr_format("a Choice rule has one test, but this one has %s and %s", test->key, field->key),
                   dr_copy_string("join them with And"));
            good = false;
        } else {
            test = field;
        }
    }
    if (good && !test) {
        refuse(compiler, node->place, dr_copy_string("a Choice rule needs a comparator, And, Or or Not"),
               dr_copy_string("for example Variable: $.x with StringEquals: yes"));
    }
    return good ? test : NULL;
}

static const struct dr_rule *compile(struct compiler *compiler, const struct dr_node *node, bool top)
{
    if (node->kind != DR_NODE_MAP) {
        return refuse(compiler, node->place,
                      dr_format("a Choice rule must be a map, but it is %s", dr_node_kind_name(node->kind)), NULL);
    }
    const struct dr_node *test = find_test(compiler, node, top);
    if (!test) {
        return NULL;
    }
    struct dr_rule *rule = dr_arena_alloc(compiler->arena, sizeof *rule);
    if (strcmp(test->key, "And") == 0 || strcmp(test->key, "Or") == 0) {
        rule->kind = test->key[0] == 'A' ? RULE_AND : RULE_OR;
        return compile_list(compiler, test, rule);
    }
    if (strcmp(test->key, "Not") == 0) {
        rule->kind = RULE_NOT;
        return compile_not(compiler, test, rule);
    }
    return compile_compare(compiler, node, test, rule);
}

static const struct dr_rule *compile_condition(struct compiler *compiler, const struct dr_node *node)
{
    static const char *const allowed[] = {"Condition", "Next", "Assign", "Output", "Comment", NULL};
    const struct dr_node *condition = dr_node_member(node, "Condition");
    bool good = true;
    for (size_t i = 0; node->kind == DR_NODE_MAP && i < node->children.count; i++) {
        const struct dr_node *field = node->children.items[i];
        if (!is_one_of(field->key, allowed)) {
            refuse(compiler, field->key_place,
                   dr_format("a Choice rule with QueryLanguage JSONata has no field \"%s\"", field->key),
                   dr_copy_string("write the test as Condition: \"{% ... %}\""));
            good = false;
        }
    }
    if (!condition) {
        return refuse(compiler, node->place, dr_copy_string("a Choice rule needs a Condition"),
                      dr_copy_string("for example Condition: \"{% $states.input.ready %}\""));
    }
    struct dr_rule *rule = dr_arena_alloc(compiler->arena, sizeof *rule);
    rule->kind = RULE_CONDITION;
    rule->condition =
        dr_template_compile(compiler->arena, condition, DR_JSONATA, "Condition", compiler->uses, compiler->found);
    if (!rule->condition) {
        return NULL;
    }
    const json_t *constant = dr_template_constant(rule->condition);
    if (constant && !json_is_boolean(constant)) {
        return refuse(compiler, condition->place, dr_copy_string("Condition must be a JSONata expression or a boolean"),
                      dr_copy_string("an expression is written \"{% ... %}\", without white space outside"));
    }
    rule->uses_context = dr_template_uses_context(rule->condition);
    return good ? rule : NULL;
}

const struct dr_rule *dr_rule_compile(struct dr_arena *arena, const struct dr_node *node, enum dr_language language,
                                      struct dr_template_uses *uses, struct dr_diagnostics *found)
{
    struct compiler compiler = {.arena = arena, .uses = uses, .found = found};
    return language == DR_JSONATA ? compile_condition(&compiler, node) : compile(&compiler, node, true);
}

/* --- Testing --------------------------------------------------------------------------------------------------------
 */

/* The value of a path, borrowed or (in `ret_owned`) new; NULL if there is none. */
static const json_t *look(const struct dr_path *path, const struct dr_view *view, json_t **ret_owned)
{
    const json_t *value = dr_path_peek(path, view);
    if (!value && dr_path_find(path, view, ret_owned, NULL) == DR_PATH_FOUND) {
        value = *ret_owned;
    }
    return value;
}

static enum dr_rule_outcome miss(const struct dr_path *path, struct dr_error *ret_error)
{
    dr_error_set(ret_error, "States.Runtime",
                 "Invalid path '%s': The choice state's condition path references an invalid value.",
                 dr_path_text(path));
    return DR_RULE_ERROR;
}

static enum dr_rule_outcome outcome(bool yes)
{
    return yes ? DR_RULE_TRUE : DR_RULE_FALSE;
}

static enum dr_rule_outcome test_compare(const struct dr_rule *rule, const struct dr_view *view,
                                         struct dr_error *ret_error)
{
    const struct comparator *comparator = rule->compare.comparator;
    struct comparand left = {0}, right = rule->compare.constant;
    json_t *owned = NULL, *other_owned = NULL;
    enum dr_rule_outcome result = DR_RULE_FALSE;
    const json_t *value = look(rule->compare.variable, view, &owned);
    if (!value && strcmp(comparator->name, "IsPresent") != 0) {
        return miss(rule->compare.variable, ret_error);
    }
    if (comparator->type == COMPARE_TEST) {
        result = outcome(comparator->test(value, &right));
        json_decref(owned);
        return result;
    }
    if (rule->compare.other) {
        right.value = look(rule->compare.other, view, &other_owned);
        if (!right.value) {
            result = miss(rule->compare.other, ret_error);
        } else if (!dr_comparand_read(comparator->type, right.value, &right)) {
            right.value = NULL;
        }
    }
    if (right.value && dr_comparand_read(comparator->type, value, &left)) {
        result = outcome(comparator->test(value, &right));
    }
    json_decref(owned);
    json_decref(other_owned);
    return result;
}

static enum dr_rule_outcome test_condition(const struct dr_rule *rule, const struct dr_view *view,
                                           struct dr_error *ret_error)
{
    json_t *value = dr_template_eval(rule->condition, view, ret_error);
    if (!value) {
        return DR_RULE_ERROR;
    }
    enum dr_rule_outcome result = outcome(json_is_true(value));
    if (!json_is_boolean(value)) {
        char *shown = dr_json_quote(value);
        dr_error_set(ret_error, "States.QueryEvaluationError",
                     "The JSONata expression '%s' specified for the field '%s' returned an unexpected result type. "
                     "Expected 'boolean', but was '%s' for value: %s",
                     dr_template_expression(rule->condition), dr_template_field(rule->condition),
                     dr_json_type_name(value), shown);
        free(shown);
        result = DR_RULE_ERROR;
    }
    json_decref(value);
    return result;
}

enum dr_rule_outcome dr_rule_test(const struct dr_rule *rule, const struct dr_view *view, struct dr_error *ret_error)
{
    enum dr_rule_outcome result = DR_RULE_FALSE;
    switch (rule->kind) {
    case RULE_AND:
        result = DR_RULE_TRUE;
        for (size_t i = 0; i < rule->rules.count && result == DR_RULE_TRUE; i++) {
            result = dr_rule_test(rule->rules.items[i], view, ret_error);
        }
        return result;
    case RULE_OR:
        for (size_t i = 0; i < rule->rules.count && result == DR_RULE_FALSE; i++) {
            result = dr_rule_test(rule->rules.items[i], view, ret_error);
        }
        return result;
    case RULE_NOT:
        result = dr_rule_test(rule->rules.items[0], view, ret_error);
        return result == DR_RULE_ERROR ? result : outcome(result == DR_RULE_FALSE);
    case RULE_COMPARE:
        return test_compare(rule, view, ret_error);
    case RULE_CONDITION:
        return test_condition(rule, view, ret_error);
    }
    return result;
}
