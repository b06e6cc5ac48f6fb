/* drrun models: the AWS service models there are, what they say, and bringing newer ones. */
#include "interpreter/command/command.h"

#include "providers/aws/integration/names.h"
#include "providers/aws/model/compile.h"
#include "providers/aws/model/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 64 /* of nested shapes that are shown: each structure is shown once, so real ones stay far below */

static const char *to_folder;

static const char *const type_names[] = {
    [DR_AWS_STRUCTURE] = "structure", [DR_AWS_LIST] = "list",           [DR_AWS_MAP] = "map",
    [DR_AWS_STRING] = "string",       [DR_AWS_INTEGER] = "integer",     [DR_AWS_LONG] = "long",
    [DR_AWS_FLOAT] = "float",         [DR_AWS_DOUBLE] = "double",       [DR_AWS_BOOLEAN] = "boolean",
    [DR_AWS_BLOB] = "blob",           [DR_AWS_TIMESTAMP] = "timestamp",
};

static const char *effect_of(const struct dr_aws_operation *operation)
{
    return operation->read ? "Read" : "Write";
}

/* --- Data ----------------------------------------------------------------------------------------------------------
 */

static void set_number(json_t *object, const char *key, double number)
{
    if (!isnan(number))
        json_object_set_new(object, key,
                            number >= -9e15 && number <= 9e15 && number == floor(number)
                                ? json_integer((json_int_t)number)
                                : json_real(number));
}

static json_t *describe_shape(const struct dr_aws_shape *shape, json_t *shown, unsigned depth);

static json_t *describe_members(const struct dr_aws_shape *shape, json_t *shown, unsigned depth)
{
    json_t *members = json_object();
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct dr_aws_member *member = &shape->members[i];
        char *name = dr_aws_sdk_member(member->name);
        json_t *value = describe_shape(dr_aws_member_shape(member), shown, depth + 1);
        if (member->required)
            json_object_set_new(value, "required", json_true());
        if (strcmp(name, member->name) != 0)
            json_object_set_new(value, "apiName", json_string(member->name));
        json_object_set_new(members, name, value);
        free(name);
    }
    return members;
}

/* A shape in the spelling of Step Functions. Each structure is told once in a document: `shown` has those that were. */
static json_t *describe_shape(const struct dr_aws_shape *shape, json_t *shown, unsigned depth)
{
    json_t *object = json_pack("{s:s, s:s}", "type", type_names[shape->type], "shape", shape->name);
    set_number(object, "min", shape->min);
    set_number(object, "max", shape->max);
    if (shape->pattern)
        json_object_set_new(object, "pattern", json_string(shape->pattern));
    if (shape->value_count) {
        json_t *values = json_array();
        for (size_t i = 0; i < shape->value_count; i++)
            json_array_append_new(values, json_string(shape->values[i]));
        json_object_set_new(object, "enum", values);
    }
    if (shape->type == DR_AWS_STRUCTURE && (json_object_get(shown, shape->name) || depth > DEPTH_MAX)) {
        json_object_set_new(object, "seeAbove", json_true());
    } else if (shape->type == DR_AWS_STRUCTURE) {
        json_object_set_new(shown, shape->name, json_true());
        json_object_set_new(object, "members", describe_members(shape, shown, depth));
    } else if (depth <= DEPTH_MAX && shape->type == DR_AWS_LIST) {
        json_object_set_new(object, "of", describe_shape(dr_aws_member_shape(shape->member), shown, depth + 1));
    } else if (depth <= DEPTH_MAX && shape->type == DR_AWS_MAP) {
        json_object_set_new(object, "of", describe_shape(dr_aws_member_shape(shape->value), shown, depth + 1));
    }
    return object;
}

static json_t *describe_side(const struct dr_aws_shape *shape, json_t *shown)
{
    return shape ? describe_members(shape, shown, 0) : json_object();
}

static json_t *describe_errors(const struct dr_aws_operation *operation)
{
    json_t *errors = json_array();
    for (size_t i = 0; i < operation->error_count; i++) {
        const struct dr_aws_shape *shape = operation->errors[i];
        char *code = dr_copy_string(shape->error_code ? shape->error_code : shape->name);
        const struct dr_aws_error error = {.code = code, .status = shape->error_status, .shape = shape};
        char *name = dr_aws_sdk_error(operation, &error);
        json_array_append_new(errors,
                              json_pack("{s:s, s:s, s:i}", "name", name, "code", code, "status", shape->error_status));
        free(name);
        free(code);
    }
    return errors;
}

static json_t *describe_row(const struct dr_aws_model_row *row)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "name", row->sdk_name, "awsCliName", row->name, "serviceId",
                     row->service_id, "apiVersion", row->api_version, "date", row->date, "origin", row->origin);
}

static json_t *describe_model(const struct dr_aws_model *model, const char *sdk_name)
{
    json_t *operations = json_array();
    for (size_t i = 0; i < model->operation_count; i++) {
        const struct dr_aws_operation *operation = dr_aws_model_operation(model, model->operation_names[i]);
        char *name = operation ? dr_aws_sdk_operation(operation->name) : NULL;
        if (operation)
            json_array_append_new(
                operations, json_pack("{s:s, s:s, s:b, s:b}", "name", name, "effect", effect_of(operation), "pages",
                                      operation->paginator_text != NULL, "deprecated", operation->deprecated));
        free(name);
    }
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "name", sdk_name, "awsCliName", model->name,
                     "serviceId", model->service_id, "fullName", model->full_name, "apiVersion", model->api_version,
                     "date", model->date, "origin", model->origin, "operations", operations);
}

static json_t *describe_operation(const struct dr_aws_operation *operation, const char *sdk_name)
{
    const struct dr_aws_model *model = operation->model;
    char *name = dr_aws_sdk_operation(operation->name), *resource = dr_format("aws-sdk:%s:%s", sdk_name, name);
    json_t *arguments_shown = json_object(), *output_shown = json_object();
    json_t *object = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:o, s:o, s:o}", "resource", resource, "apiName",
                               operation->name, "effect", effect_of(operation), "apiVersion", model->api_version,
                               "date", model->date, "origin", model->origin, "pages", operation->paginator_text != NULL,
                               "arguments", describe_side(operation->input, arguments_shown), "output",
                               describe_side(operation->output, output_shown), "errors", describe_errors(operation));
    json_decref(arguments_shown);
    json_decref(output_shown);
    free(resource);
    free(name);
    return object;
}

/* --- For people ----------------------------------------------------------------------------------------------------
 */

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static bool print_rows(const struct dr_aws_model_row *rows, size_t count)
{
    struct dr_text out = {0};
    size_t width = 0;
    for (size_t i = 0; i < count; i++)
        width = strlen(rows[i].sdk_name) > width ? strlen(rows[i].sdk_name) : width;
    for (size_t i = 0; i < count; i++) {
        dr_text_printf(&out, "%-*s  %-10s  %-10s  %s", (int)width, rows[i].sdk_name, rows[i].api_version, rows[i].date,
                       rows[i].origin);
        if (strcmp(rows[i].sdk_name, rows[i].name) != 0)
            dr_text_printf(&out, " (%s)", rows[i].name);
        dr_text_putc(&out, '\n');
    }
    bool written = dr_print("%s", out.bytes ? out.bytes : "");
    dr_text_done(&out);
    return written;
}

static bool print_model(const json_t *model)
{
    struct dr_text out = {0};
    const json_t *operations = json_object_get(model, "operations");
    size_t width = 0;
    for (size_t i = 0; i < json_array_size(operations); i++) {
        size_t size = strlen(text_of(json_array_get(operations, i), "name"));
        width = size > width ? size : width;
    }
    dr_text_printf(&out, "%s: %s, API of %s\n  from %s (%s)\n\n", text_of(model, "name"), text_of(model, "fullName"),
                   text_of(model, "apiVersion"), text_of(model, "origin"), text_of(model, "date"));
    for (size_t i = 0; i < json_array_size(operations); i++) {
        const json_t *operation = json_array_get(operations, i);
        bool pages = json_is_true(json_object_get(operation, "pages")),
             deprecated = json_is_true(json_object_get(operation, "deprecated"));
        dr_text_printf(&out, "%-*s  %s%s%s\n", (int)width, text_of(operation, "name"), text_of(operation, "effect"),
                       pages ? ", pages" : "", deprecated ? ", deprecated" : "");
    }
    bool written = dr_print("%s", out.bytes);
    dr_text_done(&out);
    return written;
}

static void add_range(struct dr_text *out, const json_t *shape)
{
    const json_t *min = json_object_get(shape, "min"), *max = json_object_get(shape, "max");
    if (min) {
        dr_text_puts(out, max ? ", " : ", from ");
        dr_text_json(out, min, 100);
    }
    if (max) {
        dr_text_puts(out, min ? ".." : ", up to ");
        dr_text_json(out, max, 100);
    }
}

static void add_members(struct dr_text *out, const json_t *members, size_t indent);

/* "list of string, required": what may be given, in a few words. Returns the structure below lists and maps. */
static const json_t *add_type(struct dr_text *out, const json_t *shape)
{
    const json_t *values = json_object_get(shape, "enum"), *inner = shape, *of;
    while ((of = json_object_get(inner, "of"))) {
        dr_text_puts(out, strcmp(text_of(inner, "type"), "map") == 0 ? "map of " : "list of ");
        inner = of;
        values = json_object_get(inner, "enum");
    }
    for (size_t i = 0; i < json_array_size(values); i++)
        dr_text_printf(out, "%s%s", i ? " | " : "", json_string_value(json_array_get(values, i)));
    if (!values)
        dr_text_puts(out, text_of(inner, "type"));
    if (json_is_true(json_object_get(inner, "seeAbove")))
        dr_text_printf(out, " %s, as above", text_of(inner, "shape"));
    if (!values)
        add_range(out, inner);
    if (json_is_true(json_object_get(shape, "required")))
        dr_text_puts(out, ", required");
    return inner;
}

/* Bounded by DEPTH_MAX, as what it prints is. */
static void add_members(struct dr_text *out, const json_t *members, size_t indent)
{
    json_t *all = dr_json_share(members), *shape;
    const char *name;
    json_object_foreach(all, name, shape)
    {
        dr_text_printf(out, "%*s%-*s ", (int)indent, "", indent < 34 ? (int)(34 - indent) : 1, name);
        const json_t *inner = add_type(out, shape), *below = json_object_get(inner, "members");
        dr_text_putc(out, '\n');
        if (json_object_size(below))
            add_members(out, below, indent + 2);
    }
    json_decref(all);
}

static bool print_operation(const json_t *operation)
{
    struct dr_text out = {0};
    const json_t *arguments = json_object_get(operation, "arguments"), *output = json_object_get(operation, "output"),
                 *errors = json_object_get(operation, "errors");
    dr_text_printf(&out, "%s (%s%s)\n  %s in the API of %s, from %s (%s)\n", text_of(operation, "resource"),
                   text_of(operation, "effect"), json_is_true(json_object_get(operation, "pages")) ? ", pages" : "",
                   text_of(operation, "apiName"), text_of(operation, "apiVersion"), text_of(operation, "origin"),
                   text_of(operation, "date"));
    dr_text_puts(&out, json_object_size(arguments) ? "\nArguments\n" : "\nIt takes no arguments.\n");
    add_members(&out, arguments, 2);
    if (json_object_size(output))
        dr_text_puts(&out, "\nOutput\n");
    add_members(&out, output, 2);
    if (json_array_size(errors))
        dr_text_puts(&out, "\nErrors\n");
    for (size_t i = 0; i < json_array_size(errors); i++)
        dr_text_printf(&out, "  %s\n", text_of(json_array_get(errors, i), "name"));
    bool written = dr_print("%s", out.bytes);
    dr_text_done(&out);
    return written;
}

/* --- The command ---------------------------------------------------------------------------------------------------
 */

/* Prints and frees. */
static int show(json_t *document, bool (*print)(const json_t *document))
{
    bool written = dr_globals.json ? dr_print_json(document) : print(document);
    json_decref(document);
    return written ? DR_EXIT_SUCCESS : DR_EXIT_SYSTEM;
}

static int show_all(struct dr_aws_models *models)
{
    size_t count;
    const struct dr_aws_model_row *rows = dr_aws_models_list(models, &count);
    bool written;
    if (dr_globals.json) {
        json_t *list = json_array();
        for (size_t i = 0; i < count; i++)
            json_array_append_new(list, describe_row(&rows[i]));
        json_t *document = json_pack("{s:o}", "services", list);
        written = dr_print_json(document);
        json_decref(document);
    } else {
        written = print_rows(rows, count);
    }
    return written ? DR_EXIT_SUCCESS : DR_EXIT_SYSTEM;
}

/* By Step Functions' name or the AWS CLI's. */
static const struct dr_aws_model *find_model(struct dr_aws_models *models, const char *name, const char **ret_sdk_name)
{
    char *problem = NULL, *other = NULL;
    const struct dr_aws_model *model = dr_aws_models_find_sdk(models, name, &problem);
    if (!model)
        model = dr_aws_models_find(models, name, &other);
    size_t count;
    const struct dr_aws_model_row *rows = model ? dr_aws_models_list(models, &count) : NULL;
    for (size_t i = 0; model && i < count; i++)
        if (strcmp(rows[i].name, model->name) == 0)
            *ret_sdk_name = rows[i].sdk_name;
    if (!model)
        dr_complain("%s", problem);
    free(problem);
    free(other);
    return model;
}

static int show_one(struct dr_aws_models *models, const char *service, const char *name)
{
    const char *sdk_name = service;
    const struct dr_aws_model *model = find_model(models, service, &sdk_name);
    if (!model)
        return DR_EXIT_USAGE;
    if (!name)
        return show(describe_model(model, sdk_name), print_model);
    const struct dr_aws_operation *operation = dr_aws_model_operation(model, name);
    if (!operation) {
        char *problem = dr_aws_operation_problem(model, name);
        dr_complain("%s", problem);
        free(problem);
        return DR_EXIT_USAGE;
    }
    return show(describe_operation(operation, sdk_name), print_operation);
}

static void told(void *data, const char *service, size_t operations, const char *problem)
{
    json_t *services = data;
    if (problem)
        dr_complain("%s", problem);
    else
        json_object_set_new(services, service, json_integer((json_int_t)operations));
}

static int import(struct dr_aws_models *models, const char *from)
{
    const char *to = to_folder ? to_folder : dr_aws_models_import_folder(models);
    if (!to) {
        dr_complain("there is no place for the models: HOME is not set. Give --to DIR");
        return DR_EXIT_SYSTEM;
    }
    json_t *services = json_object();
    char *problem = NULL;
    const struct dr_aws_import job = {
        .from = from, .to = to, .overlays = dr_aws_models_overlays(models), .told = told, .data = services};
    long count = dr_aws_models_import(&job, &problem);
    if (count < 0) {
        dr_complain("%s", problem);
    } else if (dr_globals.json) {
        json_t *document = json_pack("{s:s, s:O}", "folder", to, "services", services);
        if (!dr_print_json(document))
            count = -1;
        json_decref(document);
    } else {
        dr_say("%ld service%s imported into %s\n", count, count == 1 ? "" : "s", to);
    }
    free(problem);
    json_decref(services);
    return count < 0 ? DR_EXIT_SYSTEM : DR_EXIT_SUCCESS;
}

static int run(const struct dr_words *words)
{
    bool importing = words->count > 0 && strcmp(words->items[0], "import") == 0;
    if (importing && words->count != 2)
        return dr_usage(&dr_command_models, "import needs one folder: drrun models import DIR");
    if (words->count > 2)
        return dr_usage(&dr_command_models, "a service and an operation, please");
    if (to_folder && !importing)
        return dr_usage(&dr_command_models, "--to belongs to 'drrun models import DIR'");
    struct dr_aws_models *models = dr_aws_models_new(NULL);
    int status = importing      ? import(models, words->items[1])
                 : words->count ? show_one(models, words->items[0], words->count > 1 ? words->items[1] : NULL)
                                : show_all(models);
    dr_aws_models_free(models);
    return status;
}

static const struct dr_option options[] = {
    {.name = "--to",
     .argument = "DIR",
     .help = "where imported models go (default $XDG_DATA_HOME/drrun/models)",
     .value = &to_folder},
    {0},
};

const struct dr_command dr_command_models = {
    .name = "models",
    .synopsis = "[SERVICE [OPERATION] | import DIR [--to DIR]]",
    .summary = "Show the AWS service models: services, operations, arguments; import newer ones.",
    .help = "Examples:\n"
            "  drrun models                               every service, its model's date and origin\n"
            "  drrun models rds                           what RDS can do, reading and writing\n"
            "  drrun models rds promoteReadReplica        its arguments, output and errors\n"
            "  drrun models rds --json | jq -r '.operations[] | select(.effect == \"Read\") | .name'\n"
            "  drrun models import ~/botocore/data        use newer models, from a botocore data folder\n"
            "\n"
            "Services are named as in Step Functions (aws-sdk:SERVICE:OPERATION); the AWS CLI's names do as well.\n"
            "Models are found in $DRRUN_MODELS, $AWS_DATA_PATH, ~/.aws/models, what was imported, an AWS CLI v2\n"
            "that is younger than drrun's own models, and drrun's own.",
    .options = options,
    .run = run,
};
