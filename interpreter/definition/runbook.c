/* The Runbook block, and what it says about an execution's input. */
#include "interpreter/definition/parse.h"

#include "interpreter/base/clock.h"
#include "interpreter/base/text.h"

#include <stdlib.h>
#include <string.h>

/* --- The block
 * ------------------------------------------------------------------------------------------------------------ */

static const char *string_of(const struct dr_node *block, const char *name)
{
    const struct dr_node *node = dr_form_member(&dr_runbook_form, block, name);
    return node ? node->string.bytes : NULL;
}

/* A duration, or a bare number of seconds. */
static int64_t parse_objective(struct dr_parser *parser, const struct dr_node *objectives, const char *name,
                               const struct dr_where *outer)
{
    const struct dr_node *node = dr_node_member(objectives, name);
    const struct dr_where where = {outer, name, 0};
    int64_t ms = 0;
    if (node == NULL)
        return -1;
    if (node->kind == DR_NODE_INTEGER && node->integer >= 0 && node->integer < INT64_C(1000000000))
        return node->integer * 1000;
    if (node->kind == DR_NODE_STRING && dr_duration_parse(node->string.bytes, &ms) && ms >= 0)
        return ms;
    dr_mistake(parser, &where, node->place, DR_BAD_RUNBOOK, dr_copy_string("As in 5m, 90s, 1h30m or 2d"),
               "\"%s\" must be a duration", name);
    return -1;
}

void dr_region_check(struct dr_parser *parser, const struct dr_node *node, const struct dr_where *where)
{
    char *nearest = NULL;
    if (node == NULL || node->kind != DR_NODE_STRING || dr_has_placeholder(node) || dr_is_expression(node) ||
        dr_catalogue_is_region(parser->catalogue, node->string.bytes, &nearest))
        return;
    dr_doubt(parser, where, node->place, DR_NO_REGION, nearest ? dr_format("Did you mean \"%s\"?", nearest) : NULL,
             "No Region of AWS is called \"%s\"", node->string.bytes);
    free(nearest);
}

static enum dr_runbook_kind kind_of(const struct dr_node *block)
{
    const struct dr_node *kind = dr_node_member(block, "Kind");
    const char *const *values = dr_form_field(&dr_runbook_form, "Kind")->values;
    for (int i = 0; values[i]; i++)
        if (kind && kind->kind == DR_NODE_STRING && strcmp(values[i], kind->string.bytes) == 0)
            return (enum dr_runbook_kind)i;
    return DR_KIND_OPERATION;
}

const struct dr_runbook *dr_runbook_parse(struct dr_parser *parser, const struct dr_node *block,
                                          const struct dr_where *where)
{
    if (!dr_form_check(parser, &dr_runbook_form, block, DR_JSONPATH, where))
        return NULL;
    struct dr_runbook *runbook = dr_arena_alloc(parser->arena, sizeof *runbook);
    runbook->rto_ms = runbook->rpo_ms = -1;
    runbook->name = string_of(block, "Name");
    runbook->kind = kind_of(block);
    runbook->application = string_of(block, "Application");
    runbook->region = string_of(block, "Region");
    runbook->impaired = dr_strings_parse(parser->arena, dr_node_member(block, "Impaired"), &runbook->impaired_count);
    const struct dr_node *region = dr_node_member(block, "Region"), *impaired = dr_node_member(block, "Impaired");
    const struct dr_where in_region = {where, "Region", 0}, in_impaired = {where, "Impaired", 0};
    dr_region_check(parser, region, &in_region);
    for (size_t i = 0; i < runbook->impaired_count; i++)
        dr_region_check(parser, impaired->children.items[i], &(struct dr_where){&in_impaired, NULL, i});
    const struct dr_node *objectives = dr_form_member(&dr_runbook_form, block, "Objectives"),
                         *reason = dr_form_member(&dr_runbook_form, block, "RequireReason");
    const struct dr_where in_objectives = {where, "Objectives", 0}, in_inputs = {where, "Inputs", 0};
    if (objectives && dr_form_check(parser, &dr_objectives_form, objectives, DR_JSONPATH, &in_objectives)) {
        runbook->rto_ms = parse_objective(parser, objectives, "RTO", &in_objectives);
        runbook->rpo_ms = parse_objective(parser, objectives, "RPO", &in_objectives);
    }
    runbook->require_reason = reason && reason->kind == DR_NODE_BOOLEAN && reason->boolean;
    const struct dr_node *inputs = dr_form_member(&dr_runbook_form, block, "Inputs"),
                         *required = dr_node_member(block, "Required");
    json_t *schema =
        inputs || required ? dr_schema_of_map(parser, inputs, required, true, DR_BAD_RUNBOOK, &in_inputs) : NULL;
    if (schema) {
        dr_arena_json(parser->arena, schema);
        runbook->inputs = json_object_get(schema, "properties");
        runbook->required = json_object_get(schema, "required");
        runbook->inputs_node = inputs;
    }
    return runbook;
}

static json_t *schema_of(const struct dr_runbook *runbook)
{
    json_t *schema = json_object();
    json_object_set_new(schema, "type", json_string("object"));
    json_object_set_new(schema, "properties", dr_json_share(runbook->inputs));
    if (runbook->required)
        json_object_set_new(schema, "required", dr_json_share(runbook->required));
    return schema;
}

const char *dr_runbook_schema_text(struct dr_arena *arena, const struct dr_runbook *runbook)
{
    json_t *schema = json_object(), *properties = json_object(), *required = json_array();
    json_t *path = json_object();
    json_object_set_new(path, "type", json_string("string"));
    json_object_set_new(properties, "Runbook", path);
    json_object_set_new(properties, "Input", runbook->inputs ? schema_of(runbook) : json_object());
    json_array_append_new(required, json_string("Runbook"));
    if (runbook->inputs && json_array_size(runbook->required) > 0)
        json_array_append_new(required, json_string("Input"));
    json_object_set_new(schema, "type", json_string("object"));
    json_object_set_new(schema, "properties", properties);
    json_object_set_new(schema, "required", required);
    json_object_set_new(schema, "additionalProperties", json_false());
    struct dr_text text = {0};
    dr_text_json(&text, schema, SIZE_MAX);
    const char *copy = dr_arena_string(arena, text.bytes, text.size);
    dr_text_done(&text);
    json_decref(schema);
    return copy;
}

/* --- The input
 * ------------------------------------------------------------------------------------------------------------- */

struct input_report {
    const struct dr_runbook *runbook;
    struct dr_diagnostics *found;
};

/* The place of the declaration that `path` ("/name/...") is about. */
static struct dr_place place_of(const struct dr_runbook *runbook, const char *path)
{
    if (runbook->inputs_node == NULL)
        return (struct dr_place){0};
    size_t size = *path ? strcspn(path + 1, "/") : 0;
    for (size_t i = 0; size && i < runbook->inputs_node->children.count; i++) {
        const struct dr_node *input = runbook->inputs_node->children.items[i];
        if (strlen(input->key) == size && memcmp(input->key, path + 1, size) == 0)
            return input->key_place;
    }
    return runbook->inputs_node->key_place;
}

static char *dotted(const char *path)
{
    char *name = dr_copy_string(*path ? path + 1 : path);
    for (char *at = name; *at; at++)
        if (*at == '/')
            *at = '.';
    return name;
}

static void report_input(void *data, const struct dr_schema_problem *problem)
{
    const struct input_report *report = data;
    char *name = dotted(problem->path);
    bool missing = strcmp(problem->message, "is required") == 0;
    const json_t *described = json_object_get(json_object_get(report->runbook->inputs, name), "description");
    char *hint = missing && described ? dr_format("%s: --set %s=... or --input", json_string_value(described), name)
                 : missing            ? dr_format("Give it with --set %s=... or --input", name)
                                      : NULL;
    dr_report(report->found,
              &(struct dr_diagnostic){.code = DR_BAD_INPUT,
                                      .place = place_of(report->runbook, problem->path),
                                      .pointer = dr_copy_string(problem->path),
                                      .message = *name ? dr_format("The input \"%s\" %s", name, problem->message)
                                                       : dr_format("The input %s", problem->message),
                                      .hint = hint});
    free(name);
}

/* A name that is nearly a declared one is most likely meant to be it; others may be anyone's business. */
static void warn_undeclared(const struct dr_runbook *runbook, const json_t *input, struct dr_diagnostics *found)
{
    size_t count = json_object_size(runbook->inputs), i = 0;
    const char **names = dr_resize(NULL, count + 1, sizeof *names), *key;
    json_t *declared = dr_json_share(runbook->inputs), *given = dr_json_share(input), *value;
    json_object_foreach(declared, key, value) names[i++] = key;
    json_object_foreach(given, key, value)
    {
        const char *nearest = json_object_get(declared, key) ? NULL : dr_nearest(key, names, count);
        if (nearest)
            dr_report(found, &(struct dr_diagnostic){
                                 .severity = DR_WARNING,
                                 .code = DR_BAD_INPUT,
                                 .message = dr_format("The runbook does not declare the input \"%s\"", key),
                                 .hint = dr_format("Did you mean \"%s\"?", nearest)});
    }
    json_decref(declared);
    json_decref(given);
    free(names);
}

json_t *dr_runbook_input(const struct dr_runbook *runbook, const json_t *given, struct dr_diagnostics *found)
{
    if (runbook->inputs == NULL)
        return given ? dr_json_share(given) : json_object();
    json_t *schema = schema_of(runbook), *none = json_object();
    json_t *input = dr_schema_defaults(schema, given ? given : none);
    struct input_report report = {runbook, found};
    if (json_is_object(input))
        warn_undeclared(runbook, input, found);
    if (!dr_schema_check(schema, input, report_input, &report)) {
        json_decref(input);
        input = NULL;
    }
    json_decref(schema);
    json_decref(none);
    return input;
}

/* --- --set
 * -------------------------------------------------------------------------------------------------------------------
 */

/* The text as the declared type; a new reference, NULL if it is none of that type. */
static json_t *convert(const json_t *schema, const char *text)
{
    const json_t *type = json_object_get(schema, "type");
    const char *name = json_string_value(type);
    if (name && strcmp(name, "string") == 0)
        return json_string(text);
    json_t *value = dr_json_parse(text, strlen(text), NULL);
    if (name == NULL) { /* undeclared, or of several types */
        if (value && (type == NULL || dr_schema_check(schema, value, NULL, NULL)))
            return value;
        json_decref(value);
        return json_string(text);
    }
    json_t *wanted = json_object();
    json_object_set_new(wanted, "type", json_string(name));
    if (value && !dr_schema_check(wanted, value, NULL, NULL)) {
        json_decref(value);
        value = NULL;
    }
    json_decref(wanted);
    return value;
}

bool dr_runbook_set(const struct dr_runbook *runbook, json_t *input, const char *assignment,
                    struct dr_diagnostics *found)
{
    const char *equals = strchr(assignment, '=');
    if (equals == NULL || equals == assignment || !json_is_object(input)) {
        dr_report(found, &(struct dr_diagnostic){.code = DR_BAD_INPUT,
                                                 .message = dr_format("--set %s: expected NAME=VALUE", assignment)});
        return false;
    }
    char *path = dr_copy_bytes(assignment, (size_t)(equals - assignment)), *rest = path, *name;
    const json_t *properties = runbook->inputs, *schema = NULL;
    json_t *object = input;
    bool fine = true;
    /* A declared name may itself have dots in it: then it is not a path. */
    bool whole = json_object_get(properties, path) != NULL;
    for (name = whole ? strsep(&rest, "") : strsep(&rest, "."); rest; name = strsep(&rest, ".")) {
        json_t *inner = json_object_get(object, name);
        if (!json_is_object(inner)) {
            inner = json_object();
            json_object_set_new(object, name, inner);
        } else {
            inner = json_copy(inner); /* what is in there may be shared with a default */
            json_object_set_new(object, name, inner);
        }
        schema = json_object_get(properties, name);
        properties = json_object_get(schema, "properties");
        object = inner;
    }
    schema = json_object_get(properties, name);
    json_t *value = convert(schema, equals + 1);
    if (value == NULL) {
        const char *type = json_string_value(json_object_get(schema, "type"));
        dr_report(found,
                  &(struct dr_diagnostic){.code = DR_BAD_INPUT,
                                          .message = dr_format("--set %s: the runbook declares it as %s%s", assignment,
                                                               strchr("aeiou", *type) ? "an " : "a ", type)});
        fine = false;
    } else if (json_object_set_new(object, name, value) != 0) {
        dr_report(found, &(struct dr_diagnostic){.code = DR_BAD_INPUT,
                                                 .message = dr_format("--set %s: the name is not valid UTF-8", path)});
        fine = false;
    }
    free(path);
    return fine;
}
