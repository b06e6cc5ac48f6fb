/* What a Resource names: a primitive, an action by name or path, another runbook, or something of AWS known by its
 * form. */
#include "interpreter/definition/parse.h"

#include "interpreter/base/text.h"

#include <stdlib.h>
#include <string.h>

/* How many parts a colon-separated name has. */
static size_t count_parts(const char *text)
{
    size_t count = 1;
    for (; *text; text++)
        count += *text == ':';
    return count;
}

/* "arn:aws:states:::" in any partition: the integration's name is behind it. NULL: another ARN. */
static const char *integration_of(const char *arn)
{
    const char *at = strchr(arn + 4, ':');
    if (at == NULL || strncmp(at, ":states:::", 10) != 0)
        return NULL;
    return at + 10;
}

static bool is_word(const char *text, size_t size, bool upper)
{
    if (size == 0)
        return false;
    for (size_t i = 0; i < size; i++) {
        char byte = text[i];
        bool fine = (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '-' || byte == '_' ||
                    (upper && byte >= 'A' && byte <= 'Z');
        if (!fine)
            return false;
    }
    return true;
}

/* service:operation, with what may follow: .sync, .sync:2, .waitForTaskToken. */
static bool is_integration(const char *text)
{
    static const char *const suffixes[] = {"", ".sync", ".sync:2", ".sync:1", ".waitForTaskToken", ".allPages"};
    if (strncmp(text, "aws-sdk:", 8) == 0)
        text += 8;
    size_t service = strcspn(text, ":");
    if (text[service] != ':' || !is_word(text, service, true))
        return false;
    const char *operation = text + service + 1;
    size_t size = strcspn(operation, ".");
    if (!is_word(operation, size, true))
        return false;
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
        if (strcmp(operation + size, suffixes[i]) == 0)
            return true;
    return false;
}

static bool check_arn(struct dr_parser *parser, const struct dr_node *node, const struct dr_where *where)
{
    const char *arn = node->string.bytes, *integration = integration_of(arn);
    if (integration ? is_integration(integration) : count_parts(arn) >= 6 && !strchr(arn, ' '))
        return true;
    dr_mistake(parser, where, node->place, integration ? DR_BAD_RESOURCE : DR_SCHEMA,
               dr_copy_string(integration ? "An integration is arn:aws:states:::SERVICE:OPERATION, perhaps with .sync, "
                                            ".sync:2 or .waitForTaskToken"
                                          : "An ARN is arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE"),
               integration ? "The resource provided %s is not recognized" : "Value is not a valid resource ARN: %s",
               arn);
    return false;
}

/* The catalogue's own complaints have no place in this file: they get the Resource's. */
static void adopt(struct dr_parser *parser, struct dr_diagnostics *theirs, const struct dr_node *node,
                  const struct dr_where *where)
{
    for (size_t i = 0; i < theirs->count; i++) {
        struct dr_diagnostic item = theirs->items[i];
        theirs->items[i] = (struct dr_diagnostic){.severity = item.severity};
        if (item.place.source) {
            dr_report(parser->found, &item);
        } else {
            (item.severity == DR_ERROR ? dr_mistake : dr_doubt)(parser, where, node->place, item.code, item.hint, "%s",
                                                                item.message);
            free(item.message);
            free(item.pointer);
        }
    }
    for (size_t i = 0; i < theirs->kept_count; i++)
        dr_diagnostics_keep(parser->found, theirs->kept[i].release, theirs->kept[i].thing);
    theirs->kept_count = 0;
    dr_diagnostics_done(theirs);
}

static void report_unknown(struct dr_parser *parser, const struct dr_node *node, const struct dr_where *where)
{
    const char *name = node->string.bytes;
    char *hint = NULL;
    if (parser->suggestions_left > 0) {
        size_t count;
        const char **names = dr_catalogue_names(parser->catalogue, &count);
        hint = dr_suggest(parser, name, names, count);
        free(names);
    }
    bool path = *name == '.' || *name == '/';
    if (hint == NULL)
        hint = dr_copy_string(
            path ? "The path is relative to this file"
                 : "drrun actions lists what there is; AWS resources are ARNs or aws-sdk:SERVICE:OPERATION");
    dr_mistake(parser, where, node->place, DR_BAD_RESOURCE, hint,
               path ? "There is no action file %s" : "There is no action or primitive \"%s\"", name);
}

static void collect_files(struct dr_parser *parser, const struct dr_resource *resource)
{
    const json_t *files = dr_catalogue_files(parser->catalogue, resource);
    if (files == NULL || parser->files == NULL)
        return;
    json_t *shared = dr_json_share(files);
    json_object_update_missing(parser->files, shared);
    json_decref(shared);
}

/* runbook:start names a file, so that it can be checked, planned and journaled like the rest: the name must be a
 * constant. */
static const struct dr_resource *parse_runbook(struct dr_parser *parser, const struct dr_node *resource,
                                               const struct dr_node *arguments, const struct dr_where *where)
{
    const struct dr_node *path = dr_node_member(arguments, "Runbook");
    if (path == NULL || path->kind != DR_NODE_STRING || dr_is_expression(path)) {
        dr_mistake(parser, where, path ? path->place : resource->place, DR_ARGUMENT,
                   dr_copy_string("As in \"Runbook\": \"./failover.yaml\""),
                   "runbook:start needs the argument Runbook: the path of a file, as a constant");
        return NULL;
    }
    if (!dr_catalogue_has(parser->catalogue, path->string.bytes, parser->directory)) {
        dr_mistake(parser, where, path->place, DR_BAD_RESOURCE, dr_copy_string("The path is relative to this file"),
                   "There is no runbook file %s", path->string.bytes);
        return NULL;
    }
    struct dr_diagnostics found = {0};
    const struct dr_resource *runbook =
        dr_catalogue_runbook(parser->catalogue, path->string.bytes, parser->directory, &found);
    adopt(parser, &found, path, where);
    return runbook;
}

/* The form alone: what is wrong with it whether or not anything answers to it. */
static bool check_form(struct dr_parser *parser, const struct dr_node *resource, const struct dr_where *where)
{
    const char *name = resource->string.bytes;
    if (strncmp(name, "arn:", 4) == 0)
        return check_arn(parser, resource, where);
    if (is_integration(name))
        return true;
    dr_mistake(parser, where, resource->place, DR_BAD_RESOURCE, dr_copy_string("As in aws-sdk:rds:promoteReadReplica"),
               "The resource provided %s is not recognized", name);
    return false;
}

const struct dr_resource *dr_resource_parse(struct dr_parser *parser, const struct dr_node *resource,
                                            const struct dr_node *arguments, enum dr_language language,
                                            const struct dr_where *outer)
{
    (void)language;
    const char *name = resource->string.bytes;
    const struct dr_where where = {outer, "Resource", 0};
    if (*name == '\0' || strstr(name, "${")) /* empty: reported; a placeholder: who knows */
        return NULL;
    struct dr_diagnostics found = {0};
    const struct dr_resource *known = NULL;
    const char *integration = strncmp(name, "arn:", 4) == 0 ? integration_of(name) : NULL;
    if (integration && strcmp(integration, "http:invoke") == 0) {
        name = integration;
    } else if (strncmp(name, "arn:", 4) == 0 || strncmp(name, "aws-sdk:", 8) == 0) {
        if (!check_form(parser, resource, &where))
            return NULL;
        bool in_action = parser->runbook == NULL;
        known = dr_catalogue_resolve(parser->catalogue, name, in_action, &found);
        adopt(parser, &found, resource, &where);
        if (known)
            collect_files(parser, known);
        return known;
    }
    if (strcmp(name, "runbook:start") == 0) {
        known = parse_runbook(parser, resource, arguments, &where);
    } else {
        known = dr_catalogue_find(parser->catalogue, name, parser->directory, &found);
        bool told = found.errors > 0;
        adopt(parser, &found, resource, &where);
        if (known == NULL && name != resource->string.bytes)
            return NULL; /* a build without HTTP */
        if (known == NULL && !told)
            report_unknown(parser, resource, &where);
    }
    if (known)
        collect_files(parser, known);
    return known;
}

void dr_arguments_check(struct dr_parser *parser, const struct dr_resource *resource, const struct dr_node *task,
                        const struct dr_node *arguments, enum dr_language language, const char *provided,
                        const struct dr_where *outer)
{
    if (dr_catalogue_is_journaled(parser->catalogue))
        return; /* [D30] it passed when the execution began, and a model of a service may know more or less by now */
    const json_t *schema = dr_catalogue_schema(parser->catalogue, resource);
    const struct dr_node *name = dr_node_member(task, "Resource");
    if (schema == NULL || (name && name->kind == DR_NODE_STRING && strncmp(name->string.bytes, "arn:", 4) == 0 &&
                           strcmp(resource->name, "http:invoke") == 0))
        return; /* by its ARN it is AWS's HTTP task, with arguments that ours has no use for */
    const char *field = language == DR_JSONATA ? "Arguments" : "Parameters";
    const struct dr_where where = {outer, field, 0};
    const char *comment = json_string_value(json_object_get(schema, "$comment"));
    char *what = dr_format("drrun actions %s shows the arguments%s%s",
                           resource->kind == DR_RESOURCE_RUNBOOK ? "runbook:start" : resource->name,
                           comment ? "; " : "", comment ? comment : "");
    if (arguments) {
        dr_schema_check_node(parser, schema, arguments, language, what, provided, &where);
    } else if (language ==
               DR_JSONATA) { /* without Parameters a JSONPath task gets its input, which is known only then */
        const json_t *required = json_object_get(schema, "required");
        for (size_t i = 0; i < json_array_size(required); i++)
            if (!provided || strcmp(provided, json_string_value(json_array_get(required, i))) != 0)
                dr_mistake(parser, outer, task->key ? task->key_place : task->place, DR_ARGUMENT, dr_copy_string(what),
                           "\"%s\" is required", json_string_value(json_array_get(required, i)));
    }
    free(what);
}

static void check_errors(struct dr_parser *parser, const struct dr_resource *resource, const struct dr_node *names,
                         const char *field, const struct dr_where *outer)
{
    const struct dr_where where = {outer, "ErrorEquals", 0};
    for (size_t i = 0; names && names->kind == DR_NODE_LIST && i < names->children.count; i++) {
        const struct dr_node *name = names->children.items[i];
        char *hint = NULL;
        if (name->kind == DR_NODE_STRING && !dr_has_placeholder(name) &&
            !dr_catalogue_is_error(parser->catalogue, resource, name->string.bytes, &hint))
            dr_doubt(parser, &(struct dr_where){&where, NULL, i}, name->place, DR_NO_ERROR, hint,
                     "%s has no error \"%s\", so that this %s does not match", resource->name, name->string.bytes,
                     field);
    }
}

void dr_errors_check(struct dr_parser *parser, const struct dr_resource *resource, const struct dr_node *task,
                     const struct dr_where *outer)
{
    static const char *const fields[] = {"Retry", "Catch"};
    if (dr_catalogue_is_journaled(parser->catalogue))
        return; /* it was said when the execution began */
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        const struct dr_node *list = dr_node_member(task, fields[i]);
        const struct dr_where where = {outer, fields[i], 0};
        for (size_t j = 0; list && list->kind == DR_NODE_LIST && j < list->children.count; j++)
            check_errors(parser, resource, dr_node_member(list->children.items[j], "ErrorEquals"), fields[i],
                         &(struct dr_where){&where, NULL, j});
    }
}
