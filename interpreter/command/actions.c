/* drrun actions [NAME]: what a Task can call, from the files and tables that define it. */
#include "interpreter/command/command.h"

#include "interpreter/definition/definition.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const effects[] = {
    [DR_EFFECT_READ] = "Read", [DR_EFFECT_WRITE] = "Write", [DR_EFFECT_IRREVERSIBLE] = "Irreversible"};
static const char *const kinds[] = {
    [DR_RESOURCE_PRIMITIVE] = "primitive", [DR_RESOURCE_ACTION] = "action", [DR_RESOURCE_RUNBOOK] = "runbook"};

/* --- Data ----------------------------------------------------------------------------------------------------------
 */

static void set_text(json_t *object, const char *key, const char *text)
{
    json_object_set_new(object, key, text ? json_string(text) : json_null());
}

/* A schema or an example, as JSON if it is that, else as text. */
static json_t *parse(const char *text)
{
    if (text == NULL)
        return json_null();
    json_t *value = dr_json_parse(text, strlen(text), NULL);
    return value ? value : json_string(text);
}

static json_t *describe(const struct dr_resource *resource)
{
    json_t *object = json_object();
    set_text(object, "name", resource->name);
    set_text(object, "kind", kinds[resource->kind]);
    set_text(object, "summary", resource->summary);
    set_text(object, "effect", effects[resource->effect]);
    set_text(object, "undo", resource->undo);
    json_object_set_new(object, "arguments",
                        resource->schema ? dr_json_share(resource->schema) : parse(resource->arguments));
    json_object_set_new(object, "output", parse(resource->output));
    set_text(object, "errors", resource->errors);
    set_text(object, "notes", resource->notes);
    set_text(object, "file", resource->file);
    return object;
}

/* --- For people ------------------------------------------------------------------------------------------------------
 */

/* Adds words, broken before column 100, later lines indented. */
static void add_wrapped(struct dr_text *out, const char *text, size_t column, size_t indent)
{
    while (*text) {
        size_t word = strcspn(text, " \n");
        if (column > indent && column + 1 + word > 100) {
            dr_text_printf(out, "\n%*s", (int)indent, "");
            column = indent;
        } else if (column > indent && word > 0) {
            dr_text_putc(out, ' ');
            column++;
        }
        dr_text_add(out, text, word);
        column += word;
        text += word;
        if (*text == '\n' && text[1]) {
            dr_text_printf(out, "\n%*s", (int)indent, "");
            column = indent;
        }
        text += *text != '\0';
    }
    dr_text_putc(out, '\n');
}

static bool is_required(const json_t *schema, const char *name)
{
    const json_t *required = json_object_get(schema, "required");
    for (size_t i = 0; i < json_array_size(required); i++)
        if (strcmp(json_string_value(json_array_get(required, i)), name) == 0)
            return true;
    return false;
}

static void add_list(struct dr_text *out, const json_t *values, const char *between)
{
    for (size_t i = 0; i < json_array_size(values); i++) {
        const json_t *value = json_array_get(values, i);
        dr_text_puts(out, i ? between : "");
        if (json_is_string(value))
            dr_text_puts(out, json_string_value(value));
        else
            dr_text_json(out, value, 1000);
    }
}

/* What a list's items are, and theirs; `ret_lists` counts how often. */
static const json_t *innermost(const json_t *schema, unsigned *ret_lists)
{
    *ret_lists = 0;
    const json_t *items;
    while ((items = json_object_get(schema, "items")) && json_is_object(items) && *ret_lists < 8) {
        schema = items;
        (*ret_lists)++;
    }
    return schema;
}

/* "integer, default 3": what may be given, in a few words. */
static void add_type(struct dr_text *out, const json_t *schema, bool required)
{
    unsigned lists;
    const json_t *inner = innermost(schema, &lists);
    if (lists > 0 && (json_object_get(inner, "type") || json_object_get(inner, "$ref"))) {
        for (unsigned i = 0; i < lists; i++)
            dr_text_puts(out, "array of ");
        schema = inner;
    }
    const json_t *type = json_object_get(schema, "type"), *values = json_object_get(schema, "enum");
    const json_t *minimum = json_object_get(schema, "minimum"), *otherwise = json_object_get(schema, "default");
    if (values)
        add_list(out, values, " | ");
    else if (json_is_array(type))
        add_list(out, type, " or ");
    else if (json_object_get(schema, "$ref"))
        dr_text_puts(out, "object");
    else
        dr_text_puts(out, type ? json_string_value(type) : "any");
    if (minimum) {
        dr_text_puts(out, ", at least ");
        dr_text_json(out, minimum, 100);
    }
    if (required)
        dr_text_puts(out, ", required");
    if (otherwise) {
        dr_text_puts(out, ", default ");
        dr_text_json(out, otherwise, 200);
    }
}

enum { NESTED_MAX = 8, NAME_COLUMNS = 24 };

struct listing {
    struct dr_text *out;
    const json_t *root;
    bool arguments;
    const char *above[NESTED_MAX]; /* the definitions that are being listed: they may hold themselves */
};

/* The schema of the root's $defs that a property, or the items of its lists, refers to; NULL: none, or one above. */
static const json_t *nested_in(struct listing *listing, const json_t *property, unsigned depth)
{
    static const char place[] = "#/$defs/";
    unsigned lists;
    const char *reference = json_string_value(json_object_get(innermost(property, &lists), "$ref"));
    if (reference == NULL || depth + 1 >= NESTED_MAX || strncmp(reference, place, strlen(place)) != 0)
        return NULL;
    for (unsigned i = 0; i <= depth; i++)
        if (listing->above[i] && strcmp(listing->above[i], reference) == 0)
            return NULL;
    listing->above[depth + 1] = reference;
    return json_object_get(json_object_get(listing->root, "$defs"), reference + strlen(place));
}

/* One line a property; what it is made of below it, further right. As deep as NESTED_MAX. */
static void add_members(struct listing *listing, const json_t *schema, unsigned depth)
{
    struct dr_text *out = listing->out;
    const int indent = 2 + 2 * (int)depth;
    const char *name;
    json_t *property;
    json_object_foreach(json_object_get(schema, "properties"), name, property)
    {
        const char *about = json_string_value(json_object_get(property, "description"));
        size_t start = out->size;
        dr_text_printf(out, "%*s%-*s ", indent, "", NAME_COLUMNS - 2 * (int)depth, name);
        add_type(out, property, listing->arguments && is_required(schema, name));
        if (about) {
            dr_text_putc(out, '.');
            add_wrapped(out, about, out->size - start, NAME_COLUMNS + 3);
        } else {
            dr_text_putc(out, '\n');
        }
        const json_t *nested = nested_in(listing, property, depth);
        if (nested)
            add_members(listing, nested, depth + 1);
    }
}

static void add_properties(struct dr_text *out, const char *title, const json_t *parsed, const char *text,
                           bool arguments)
{
    json_t *schema = parsed ? dr_json_share(parsed) : text ? dr_json_parse(text, strlen(text), NULL) : NULL;
    if (json_object_size(json_object_get(schema, "properties")) > 0) {
        dr_text_printf(out, "\n%s\n", title);
        add_members(&(struct listing){.out = out, .root = schema, .arguments = arguments}, schema, 0);
    } else if (text && !arguments) { /* an example, or words */
        dr_text_printf(out, "\n%s\n  ", title);
        add_wrapped(out, json_is_string(schema) ? json_string_value(schema) : text, 2, 2);
    }
    json_decref(schema);
}

static void add_lines(struct dr_text *out, const char *title, const char *lines)
{
    if (lines == NULL || *lines == '\0')
        return;
    dr_text_printf(out, "\n%s\n", title);
    while (*lines) {
        size_t size = strcspn(lines, "\n");
        char *line = dr_copy_bytes(lines, size);
        dr_text_puts(out, "  ");
        add_wrapped(out, line, 2, 4);
        free(line);
        lines += size + (lines[size] == '\n');
    }
}

static bool print_one(const struct dr_resource *resource)
{
    struct dr_text out = {0};
    dr_text_printf(&out, "%s (%s, %s)\n  ", resource->name, kinds[resource->kind], effects[resource->effect]);
    add_wrapped(&out, resource->summary ? resource->summary : "", 2, 2);
    add_properties(&out, "Arguments", resource->schema, resource->arguments, true);
    add_properties(&out, "Output", NULL, resource->output, false);
    add_lines(&out, "Errors", resource->errors);
    add_lines(&out, "Undo", resource->undo);
    add_lines(&out, "Notes", resource->notes);
    add_lines(&out, "Defined in", resource->file);
    bool written = dr_print("%s", out.bytes);
    dr_text_done(&out);
    return written;
}

static bool print_all(const struct dr_resource *const *all, size_t number)
{
    struct dr_text out = {0};
    size_t width = 0;
    for (size_t i = 0; i < number; i++)
        if (strlen(all[i]->name) > width)
            width = strlen(all[i]->name);
    for (size_t i = 0; i < number; i++) {
        dr_text_printf(&out, "%-*s  %-12s  ", (int)width, all[i]->name, effects[all[i]->effect]);
        add_wrapped(&out, all[i]->summary ? all[i]->summary : "", width + 16, width + 16);
    }
    bool written = dr_print("%s", out.bytes ? out.bytes : "");
    dr_text_done(&out);
    return written;
}

/* --- The command
 * ------------------------------------------------------------------------------------------------------- */

static int show_one(struct dr_catalogue *catalogue, const char *name, struct dr_diagnostics *found)
{
    const struct dr_resource *resource = dr_catalogue_document(catalogue, name, found);
    if (resource) {
        json_t *description = describe(resource);
        bool written = dr_globals.json ? dr_print_json(description) : print_one(resource);
        json_decref(description);
        return written ? DR_EXIT_SUCCESS : DR_EXIT_SYSTEM;
    }
    if (found->errors > 0)
        return DR_EXIT_INVALID;
    size_t number;
    const struct dr_resource *const *all = dr_catalogue_all(catalogue, &number, found);
    const char **names = dr_resize(NULL, number + 1, sizeof *names);
    for (size_t i = 0; i < number; i++)
        names[i] = all[i]->name;
    const char *nearest = dr_nearest(name, names, number);
    dr_complain("there is no action or primitive \"%s\"%s%s%s", name, nearest ? ". Did you mean \"" : "",
                nearest ? nearest : "", nearest ? "\"?" : "");
    free(names);
    return DR_EXIT_USAGE;
}

static int show_all(struct dr_catalogue *catalogue, struct dr_diagnostics *found)
{
    size_t number;
    const struct dr_resource *const *all = dr_catalogue_all(catalogue, &number, found);
    bool written;
    if (dr_globals.json) {
        json_t *list = json_array(), *document = json_object();
        for (size_t i = 0; i < number; i++)
            json_array_append_new(list, describe(all[i]));
        json_object_set_new(document, "actions", list);
        written = dr_print_json(document);
        json_decref(document);
    } else {
        written = print_all(all, number);
    }
    if (!written)
        return DR_EXIT_SYSTEM;
    return found->errors > 0 ? DR_EXIT_INVALID : DR_EXIT_SUCCESS;
}

static int run(const struct dr_words *words)
{
    if (words->count > 1)
        return dr_usage(&dr_command_actions, "one name, please");
    struct dr_catalogue *catalogue = dr_open_catalogue();
    struct dr_diagnostics found = {0};
    int status = words->count ? show_one(catalogue, words->items[0], &found) : show_all(catalogue, &found);
    dr_print_diagnostics(&found);
    dr_diagnostics_done(&found);
    dr_catalogue_free(catalogue);
    return status;
}

static const struct dr_option options[] = {{0}};

const struct dr_command dr_command_actions = {
    .name = "actions",
    .synopsis = "[NAME]",
    .summary = "List what a Task can call, or document one of them.",
    .help = "Examples:\n"
            "  drrun actions\n"
            "  drrun actions http.check\n"
            "  drrun actions ./actions/mine.yaml\n"
            "  drrun actions --json | jq -r '.actions[] | select(.effect != \"Read\") | .name'\n"
            "\n"
            "Actions are files: those installed, those in the folders of --actions and $DRRUN_ACTIONS, and any\n"
            "file by its path. Primitives are built in.",
    .options = options,
    .run = run,
};
