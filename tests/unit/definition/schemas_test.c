/* The JSON Schemas in schemas/ say what the parser's own tables say.
 *
 * runbook.schema.json and action.schema.json are made from the field tables here and compared with the files, so
 * neither can say more or less than the other. After a change of a table: DRRUN_UPDATE_SCHEMAS=1
 * unit.definition.schemas writes them. */
#include "interpreter/base/text.h"
#include "interpreter/definition/fields.h"
#include "interpreter/definition/parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define EXPRESSION "^\\{%[\\s\\S]*%\\}$"
#define PLACEHOLDER "\\$\\{[^}]+\\}"

static const struct dr_form *known[32];
static json_t *definitions;

static json_t *reference(const struct dr_form *form);

static json_t *of_type(const char *type)
{
    return json_pack("{s:s}", "type", type);
}

static json_t *list_of(json_t *items)
{
    return json_pack("{s:s,s:o}", "type", "array", "items", items);
}

/* The value by itself, without what may stand for it. */
static json_t *plain(const struct dr_field *field)
{
    json_t *schema = NULL;
    switch (field->type) {
    case DR_FIELD_ANY:
        return json_object();
    case DR_FIELD_STRING:
    case DR_FIELD_PATH:
        schema = field->flags & DR_NULLABLE ? json_pack("{s:[s,s]}", "type", "string", "null") : of_type("string");
        break;
    case DR_FIELD_BOOLEAN:
        return of_type("boolean");
    case DR_FIELD_INTEGER:
        schema = of_type("integer");
        break;
    case DR_FIELD_NUMBER:
        schema = of_type("number");
        break;
    case DR_FIELD_MAP:
        schema = of_type("object");
        if (strcmp(field->name, "States") == 0)
            json_object_set_new(schema, "additionalProperties", json_pack("{s:s}", "$ref", "#/$defs/state"));
        break;
    case DR_FIELD_LIST:
        return of_type("array");
    case DR_FIELD_STRINGS:
        schema = list_of(of_type("string"));
        break;
    case DR_FIELD_FORM:
        return reference(field->form);
    case DR_FIELD_FORMS:
        schema = list_of(reference(field->form));
        break;
    }
    if (field->values) {
        json_t *values = json_array();
        for (size_t i = 0; field->values[i]; i++)
            json_array_append_new(values, json_string(field->values[i]));
        json_object_set_new(schema, "enum", values);
    }
    bool list = field->type == DR_FIELD_STRINGS || field->type == DR_FIELD_FORMS;
    if (field->flags & DR_NOT_EMPTY)
        json_object_set_new(schema,
                            list                          ? "minItems"
                            : field->type == DR_FIELD_MAP ? "minProperties"
                                                          : "minLength",
                            json_integer(1));
    if (field->type == DR_FIELD_STRING && field->maximum > 0)
        json_object_set_new(schema, "maxLength", json_integer((json_int_t)field->maximum));
    if ((field->type == DR_FIELD_INTEGER || field->type == DR_FIELD_NUMBER) &&
        (field->minimum > 0 || field->maximum > 0)) {
        json_object_set_new(schema, "minimum", json_integer((json_int_t)field->minimum));
        json_object_set_new(schema, "maximum", json_integer((json_int_t)field->maximum));
    }
    return schema;
}

static json_t *property(const struct dr_field *field)
{
    json_t *schema = plain(field);
    bool bounded = field->values || field->type == DR_FIELD_INTEGER || field->type == DR_FIELD_NUMBER ||
                   field->type == DR_FIELD_BOOLEAN;
    if (bounded && strcmp(field->name, "Type") != 0) {
        const char *pattern = field->flags & DR_COMPUTED ? EXPRESSION "|" PLACEHOLDER : PLACEHOLDER;
        schema = json_pack("{s:[o,{s:s,s:s}]}", "anyOf", schema, "type", "string", "pattern", pattern);
    }
    if (field->flags & DR_TEMPLATED)
        schema = json_pack("{s:[o,{s:s,s:i,s:i}]}", "anyOf", schema, "type", "object", "minProperties", 1,
                           "maxProperties", 1);
    const char *language = field->flags & DR_JSONPATH_ONLY  ? " (JSONPath)"
                           : field->flags & DR_JSONATA_ONLY ? " (JSONata)"
                                                            : "";
    json_object_set_new(schema, "description", json_sprintf("%s%s", field->doc, language));
    return schema;
}

/* Fields of one group exclude one another, and of some groups one must be there. "End": false counts as not there for
 * the parser; schemas are not that subtle, so Next and End are left to it. */
static void add_groups(const struct dr_form *form, json_t *schema)
{
    json_t *rules = json_array();
    for (unsigned group = 1; group < 8; group++) {
        json_t *any = json_array();
        for (size_t i = 0; i < form->count; i++) {
            if (form->fields[i].group != group)
                continue;
            json_array_append_new(any, json_pack("{s:[s]}", "required", form->fields[i].name));
            for (size_t j = 0; j < i; j++)
                if (form->fields[j].group == group && strcmp(form->fields[i].name, "End") != 0)
                    json_array_append_new(rules, json_pack("{s:{s:[s,s]}}", "not", "required", form->fields[j].name,
                                                           form->fields[i].name));
        }
        if (form->groups_required & (1u << group))
            json_array_append_new(rules, json_pack("{s:O}", "anyOf", any));
        json_decref(any);
    }
    if (json_array_size(rules) > 0)
        json_object_set(schema, "allOf", rules);
    json_decref(rules);
}

static void add_comparators(json_t *schema)
{
    json_t *properties = json_object_get(schema, "properties");
    static const struct {
        const char *name, *type;
    } comparators[] = {
#define COMPARATOR(name, kind, test) {#name, #kind}, {#name "Path", "PATH"},
#define TEST(name) {#name, "TEST"},
#include "interpreter/expression/comparators.def"
#undef COMPARATOR
#undef TEST
    };
    for (size_t i = 0; i < sizeof comparators / sizeof *comparators; i++) {
        const char *type = comparators[i].type, *name = comparators[i].name;
        bool truth = strcmp(type, "BOOLEAN") == 0 || (strcmp(type, "TEST") == 0 && strncmp(name, "Is", 2) == 0);
        json_object_set_new(properties, name,
                            of_type(truth                          ? "boolean"
                                    : strcmp(type, "NUMERIC") == 0 ? "number"
                                                                   : "string"));
    }
    json_t *test = json_pack("{s:s}", "$ref", "#/$defs/test");
    json_object_set_new(properties, "And", json_pack("{s:s,s:i,s:O}", "type", "array", "minItems", 1, "items", test));
    json_object_set_new(properties, "Or", json_pack("{s:s,s:i,s:O}", "type", "array", "minItems", 1, "items", test));
    json_object_set_new(properties, "Not", test);
    json_t *inner = json_deep_copy(schema);
    static const char *const outer_only[] = {"Next", "Assign", "Output", "Condition"};
    for (size_t i = 0; i < 4; i++)
        json_object_del(json_object_get(inner, "properties"), outer_only[i]);
    json_object_del(inner, "required");
    json_object_set_new(definitions, "test", inner);
}

static json_t *describe(const struct dr_form *form)
{
    json_t *schema = of_type("object"), *properties = json_object(), *required = json_array();
    json_object_set_new(schema, "title", json_string(form->name));
    for (size_t i = 0; i < form->count; i++) {
        json_object_set_new(properties, form->fields[i].name, property(&form->fields[i]));
        if (form->fields[i].flags & DR_REQUIRED)
            json_array_append_new(required, json_string(form->fields[i].name));
    }
    json_object_set_new(schema, "properties", properties);
    if (json_array_size(required) > 0)
        json_object_set(schema, "required", required);
    json_decref(required);
    add_groups(form, schema);
    if (form == &dr_choice_rule_form)
        add_comparators(schema);
    json_object_set_new(schema, "additionalProperties", json_false());
    return schema;
}

static json_t *reference(const struct dr_form *form)
{
    size_t at = 0;
    while (known[at] && known[at] != form)
        at++;
    char *name = dr_copy_string(form->name);
    for (char *space; (space = strchr(name, ' '));)
        *space = '_';
    if (known[at] == NULL) {
        known[at] = form;
        json_object_set_new(definitions, name, describe(form));
    }
    json_t *link = json_pack("{s:o}", "$ref", json_sprintf("#/$defs/%s", name));
    free(name);
    return link;
}

/* The state's Type says which table holds. */
static json_t *describe_states(void)
{
    json_t *cases = json_array();
    for (int kind = DR_PASS; kind <= DR_MAP; kind++)
        json_array_append_new(cases, json_pack("{s:{s:{s:{s:s}}},s:o}", "if", "properties", "Type", "const",
                                               dr_state_names[kind], "then", reference(&dr_state_forms[kind])));
    json_t *names = json_array();
    for (size_t i = 0; dr_state_names[i]; i++)
        json_array_append_new(names, json_string(dr_state_names[i]));
    return json_pack("{s:s,s:{s:{s:o}},s:[s],s:o}", "type", "object", "properties", "Type", "enum", names, "required",
                     "Type", "allOf", cases);
}

static json_t *generate(const char *name)
{
    bool action = strcmp(name, "action") == 0;
    memset(known, 0, sizeof known);
    definitions = json_object();
    json_t *schema = describe(&dr_machine_form);
    json_object_set_new(definitions, "state", describe_states());
    json_object_del(json_object_get(schema, "properties"), action ? "Runbook" : "Action");
    json_object_del(definitions, action ? "Runbook_block" : "Action_block");
    if (action) {
        json_object_del(definitions, "Objectives_map");
        json_array_append_new(json_object_get(schema, "required"), json_string("Action"));
    }
    json_object_set_new(schema, "$schema", json_string("https://json-schema.org/draft/2020-12/schema"));
    json_object_set_new(schema, "$id", json_sprintf("drrun:%s", name));
    json_object_set_new(schema, "title", json_sprintf("drrun %s", name));
    json_object_set_new(schema, "$defs", definitions);
    return schema;
}

static void compare(const char *name)
{
    char *path = dr_format("schemas/%s.schema.json", name);
    json_t *schema = generate(name);
    if (getenv("DRRUN_UPDATE_SCHEMAS"))
        assert_int_equal(json_dump_file(schema, path, JSON_INDENT(2)), 0);
    json_t *written = json_load_file(path, 0, NULL);
    if (!written || !json_equal(schema, written))
        fail_msg(
            "%s does not say what interpreter/definition/fields.c says: write it again with DRRUN_UPDATE_SCHEMAS=1",
            path);
    json_decref(written);
    json_decref(schema);
    free(path);
}

static void runbook_and_action(void **state)
{
    (void)state;
    compare("runbook");
    compare("action");
}

/* Every kind that the engine writes is described, and nothing else. */
static void journal_kinds(void **state)
{
    (void)state;
    static const char *const kinds[] = {
#define ROW(symbol, name, meaning) name,
#include "interpreter/engine/records.def"
#undef ROW
        "commit",
    };
    json_t *schema = json_load_file("schemas/journal.schema.json", 0, NULL);
    assert_non_null(schema);
    const json_t *forms = json_object_get(schema, "oneOf");
    assert_int_equal(json_array_size(forms), sizeof kinds / sizeof *kinds);
    for (size_t i = 0; i < json_array_size(forms); i++) {
        const json_t *kind =
            json_object_get(json_object_get(json_object_get(json_array_get(forms, i), "properties"), "k"), "const");
        assert_string_equal(json_string_value(kind), kinds[i]);
    }
    json_decref(schema);
}

static void fits(const char *path, const char *value, bool expected)
{
    json_t *schema = json_load_file(path, 0, NULL), *parsed = dr_json_parse(value, strlen(value), NULL);
    assert_true(schema && parsed);
    if (dr_schema_check(schema, parsed, NULL, NULL) != expected)
        fail_msg("%s: %s", path, value);
    json_decref(schema);
    json_decref(parsed);
}

static void records_and_results(void **state)
{
    (void)state;
    static const char journal[] = "schemas/journal.schema.json", result[] = "schemas/result.schema.json";
    fits(journal, "{\"k\":\"step\",\"t\":1,\"b\":0,\"s\":\"L\",\"n\":\"W\"}", true);
    fits(journal, "{\"k\":\"step\",\"t\":1,\"b\":0,\"s\":\"L\",\"next\":\"W\"}", false);
    fits(journal,
         "{\"k\":\"call\",\"t\":1,\"b\":0,\"s\":\"L\",\"call\":1,\"attempt\":1,\"resource\":\"log:write\",\"token\":"
         "\"x\",\"arguments\":{}}",
         true);
    fits(journal, "{\"k\":\"call\",\"t\":1,\"b\":0,\"s\":\"L\"}", false);
    fits(journal, "{\"k\":\"leap\",\"t\":1}", false);
    fits(result,
         "{\"executionId\":\"x\",\"name\":\"x\",\"runbook\":\"r\",\"status\":\"SUCCEEDED\",\"output\":[1],"
         "\"startDate\":\"2026-11-21T14:42:25.773Z\",\"metrics\":{}}",
         true);
    fits(result,
         "{\"executionId\":\"x\",\"name\":\"x\",\"runbook\":\"r\",\"status\":\"DONE\",\"startDate\":\"2026-11-21T14:42:"
         "25.773Z\",\"metrics\":{}}",
         false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runbook_and_action),
        cmocka_unit_test(journal_kinds),
        cmocka_unit_test(records_and_results),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
