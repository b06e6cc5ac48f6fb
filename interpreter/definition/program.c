/* A file and all that it refers to, as one program. */
#include "interpreter/definition/parse.h"

#include "interpreter/base/text.h"

#include <string.h>

enum { SUGGESTIONS_MAX = 200 };

static enum dr_language file_language(struct dr_parser *parser, const struct dr_node *root)
{
    (void)parser; /* a wrong value is reported by the form's check */
    const struct dr_node *language = dr_node_member(root, "QueryLanguage");
    return language && language->kind == DR_NODE_STRING && strcmp(language->string.bytes, "JSONata") == 0 ? DR_JSONATA
                                                                                                          : DR_JSONPATH;
}

/* The file's name without folder and suffix. */
static const char *stem(struct dr_arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strchr(name, '.');
    return dr_arena_string(arena, name, dot && dot != name ? (size_t)(dot - name) : strlen(name));
}

static const struct dr_runbook *parse_runbook(struct dr_parser *parser, const struct dr_node *root)
{
    const struct dr_node *block = dr_form_member(&dr_machine_form, root, "Runbook");
    const struct dr_where where = {NULL, "Runbook", 0};
    const struct dr_runbook *written = block ? dr_runbook_parse(parser, block, &where) : NULL;
    if (written && written->name)
        return written;
    struct dr_runbook *runbook = dr_arena_alloc(parser->arena, sizeof *runbook);
    runbook->rto_ms = runbook->rpo_ms = -1;
    if (written)
        *runbook = *written;
    runbook->name = stem(parser->arena, parser->file);
    return runbook;
}

static void parse_action(struct dr_parser *parser, const struct dr_node *root, struct dr_resource *ret_action)
{
    const struct dr_node *block = dr_form_member(&dr_machine_form, root, "Action"),
                         *runbook = dr_node_member(root, "Runbook");
    const struct dr_where where = {NULL, "Action", 0};
    struct dr_resource ignored = {0};
    if (block)
        dr_action_parse(parser, block, ret_action ? ret_action : &ignored, &where);
    else if (ret_action)
        dr_mistake(parser, NULL, root->place, DR_BAD_ACTION,
                   dr_copy_string(
                       "An action says what it is: \"Action\": { \"Name\": ..., \"Summary\": ..., \"Effect\": ... }"),
                   "This file is used as an action and has no Action block");
    if (block && runbook)
        dr_mistake(parser, &where, block->key_place, DR_BAD_ACTION, NULL, "A file is a runbook or an action, not both");
}

const struct dr_machine *dr_file_parse(struct dr_parser *parser, const struct dr_document *document,
                                       const struct dr_runbook **ret_runbook, struct dr_resource *ret_action)
{
    size_t errors = parser->found->errors;
    const struct dr_node *root = document->root;
    struct dr_compile_error error = {0};
    parser->root = dr_path_compile(parser->arena, "$", 1, &error);
    parser->names = json_object();
    parser->suggestions_left = SUGGESTIONS_MAX;
    parser->language = file_language(parser, root);
    if (root->kind == DR_NODE_MAP) {
        parse_action(parser, root, ret_action);
        *ret_runbook = parse_runbook(parser, root);
        if (dr_node_member(root, "Action") == NULL)
            parser->runbook = *ret_runbook;
    }
    const struct dr_machine *machine = dr_machine_parse(parser, &dr_machine_form, root, NULL, NULL);
    dr_blocks_finish(parser);
    json_decref(parser->names);
    return parser->found->errors == errors ? machine : NULL;
}

/* --- Programs
 * ----------------------------------------------------------------------------------------------------------------------
 */

static void release_arena(void *arena)
{
    dr_arena_free(arena);
}

static void release_catalogue(void *catalogue)
{
    dr_catalogue_free(catalogue);
}

/* Takes over the document's arena, on failure too: then `found` keeps it for its places. */
static struct dr_program *make_program(const char *path, struct dr_document *document, struct dr_catalogue *catalogue,
                                       struct dr_diagnostics *found)
{
    struct dr_arena *arena = document->arena;
    struct dr_program *program = dr_arena_alloc(arena, sizeof *program);
    program->arena = arena;
    program->path = dr_arena_string(arena, path, strlen(path));
    program->files = dr_arena_json(arena, json_object());
    json_object_set_new(program->files, path, json_stringn_nocheck(document->source->bytes, document->source->size));
    struct dr_parser parser = {
        .arena = arena, .catalogue = catalogue, .found = found, .file = program->path, .files = program->files};
    parser.directory = dr_path_directory(arena, path);
    program->machine = dr_file_parse(&parser, document, &program->runbook, NULL);
    if (program->machine)
        return program;
    dr_diagnostics_keep(found, release_arena, arena);
    return NULL;
}

struct dr_program *dr_program_load(const char *path, struct dr_catalogue *catalogue, struct dr_diagnostics *found)
{
    struct dr_document *document = dr_document_load(path, found);
    return document ? make_program(path, document, catalogue, found) : NULL;
}

struct dr_program *dr_program_parse(const char *path, const char *bytes, size_t size, struct dr_catalogue *catalogue,
                                    struct dr_diagnostics *found)
{
    struct dr_document *document = dr_document_parse(path, bytes, size, found);
    return document ? make_program(path, document, catalogue, found) : NULL;
}

struct dr_program *dr_program_from_files(const char *path, const json_t *files, struct dr_catalogue *catalogue,
                                         struct dr_diagnostics *found)
{
    const json_t *text = json_object_get(files, path);
    if (!json_is_string(text)) {
        dr_report(found, &(struct dr_diagnostic){.code = DR_BAD_RUNBOOK,
                                                 .message = dr_format("The journal has no text of %s", path)});
        return NULL;
    }
    struct dr_document *document = dr_document_parse(path, json_string_value(text), json_string_length(text), found);
    if (document == NULL)
        return NULL;
    struct dr_catalogue *journaled = dr_catalogue_journaled(catalogue, files);
    struct dr_program *program = make_program(path, document, journaled, found);
    if (program)
        dr_arena_defer(program->arena, release_catalogue, journaled);
    else
        dr_diagnostics_keep(found, release_catalogue, journaled);
    return program;
}

void dr_program_free(struct dr_program *program)
{
    if (program)
        dr_arena_free(program->arena);
}
