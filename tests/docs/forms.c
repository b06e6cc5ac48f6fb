/* Prints the field tables of the language (definition/fields.c) as JSON, for tables.py: {"Wait state": [{"name":
 * "Seconds", "type": "integer", "notes": ["one of the group", ...], "doc": "..."}, ...], ...}. Usage: docs_forms. */
#include "interpreter/definition/fields.h"

#include <stdio.h>

static const char *const type_names[] = {
    [DR_FIELD_ANY] = "any",         [DR_FIELD_STRING] = "string",
    [DR_FIELD_BOOLEAN] = "boolean", [DR_FIELD_INTEGER] = "integer",
    [DR_FIELD_NUMBER] = "number",   [DR_FIELD_MAP] = "map",
    [DR_FIELD_LIST] = "list",       [DR_FIELD_STRINGS] = "list of strings",
    [DR_FIELD_PATH] = "path",       [DR_FIELD_FORM] = "map",
    [DR_FIELD_FORMS] = "list",
};

static const struct {
    unsigned flag;
    const char *name;
} flag_names[] = {
    {DR_REQUIRED, "required"},   {DR_JSONPATH_ONLY, "jsonpath"},  {DR_JSONATA_ONLY, "jsonata"},
    {DR_COMPUTED, "computed"},   {DR_NULLABLE, "nullable"},       {DR_REFERENCE, "reference"},
    {DR_INTRINSIC, "intrinsic"}, {DR_DISTRIBUTED, "distributed"},
};

static json_t *describe(const struct dr_form *form, const struct dr_field *field)
{
    json_t *flags = json_array(), *values = json_array(), *others = json_array();
    for (size_t i = 0; i < sizeof flag_names / sizeof *flag_names; i++)
        if (field->flags & flag_names[i].flag)
            json_array_append_new(flags, json_string(flag_names[i].name));
    for (size_t i = 0; field->values && field->values[i]; i++)
        json_array_append_new(values, json_string(field->values[i]));
    for (size_t i = 0; field->group && i < form->count; i++)
        if (form->fields[i].group == field->group && &form->fields[i] != field)
            json_array_append_new(others, json_string(form->fields[i].name));
    return json_pack("{s:s,s:s,s:o,s:o,s:o,s:b,s:f,s:f,s:s,s:s}", "name", field->name, "type", type_names[field->type],
                     "flags", flags, "values", values, "instead of", others, "one needed",
                     (int)(field->group && (form->groups_required >> field->group & 1)), "minimum", field->minimum,
                     "maximum", field->maximum, "doc", field->doc ? field->doc : "", "of",
                     field->form ? field->form->name : "");
}

static void add(json_t *all, const struct dr_form *form)
{
    json_t *fields = json_array();
    for (size_t i = 0; i < form->count; i++)
        json_array_append_new(fields, describe(form, &form->fields[i]));
    json_object_set_new(all, form->name, fields);
}

int main(void)
{
    static const struct dr_form *const forms[] = {
        &dr_machine_form,       &dr_branch_form,       &dr_processor_form,     &dr_processor_config_form,
        &dr_retrier_form,       &dr_catcher_form,      &dr_choice_rule_form,   &dr_item_reader_form,
        &dr_reader_config_form, &dr_item_batcher_form, &dr_result_writer_form, &dr_writer_config_form,
        &dr_runbook_form,       &dr_objectives_form,   &dr_action_form,
    };
    json_t *all = json_object();
    for (int kind = DR_PASS; kind <= DR_MAP; kind++)
        add(all, &dr_state_forms[kind]);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        add(all, forms[i]);
    int status = json_dumpf(all, stdout, JSON_INDENT(1)) == 0 && putchar('\n') != EOF ? 0 : 1;
    json_decref(all);
    return status;
}
