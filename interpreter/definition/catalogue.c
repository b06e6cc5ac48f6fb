#include "interpreter/definition/catalogue.h"

#include "interpreter/base/limits.h"
#include "interpreter/base/text.h"
#include "interpreter/definition/parse.h"

#include <assert.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file that became a resource, or could not. */
struct entry {
    struct dr_resource resource;
    struct dr_arena *arena; /* the document's: holds the machine too */
    json_t *files;
    enum { ENTRY_LOADING, ENTRY_READY, ENTRY_FAILED } state;
};

struct dr_catalogue {
    const struct dr_resource *const *primitives;
    struct dr_resolver *resolver; /* NULL: none */
    struct dr_resource **called;  /* actions by the names that the resolver gives them */
    size_t called_count;
    char **folders;
    size_t folder_count;
    struct entry **entries;
    size_t entry_count;
    json_t *index;     /* path -> position in `entries` */
    json_t *schemas;   /* resource name -> parsed schema */
    json_t *journaled; /* texts by path: then nothing is read from disk */
    unsigned depth;    /* of files being loaded right now */
    const struct dr_resource **all;
    char **names;
    size_t name_count;
};

struct dr_catalogue *dr_catalogue_new(const struct dr_resource *const *primitives)
{
    struct dr_catalogue *catalogue = dr_alloc(sizeof *catalogue);
    catalogue->primitives = primitives;
    catalogue->index = json_object();
    catalogue->schemas = json_object();
    return catalogue;
}

struct dr_catalogue *dr_catalogue_journaled(const struct dr_catalogue *catalogue, const json_t *files)
{
    struct dr_catalogue *copy = dr_catalogue_new(catalogue->primitives);
    copy->resolver = catalogue->resolver;
    copy->journaled = dr_json_share(files);
    return copy;
}

static void free_names(struct dr_catalogue *catalogue)
{
    for (size_t i = 0; i < catalogue->name_count; i++)
        free(catalogue->names[i]);
    free(catalogue->names);
    catalogue->names = NULL;
    catalogue->name_count = 0;
}

bool dr_catalogue_is_journaled(const struct dr_catalogue *catalogue)
{
    return catalogue->journaled != NULL;
}

void dr_catalogue_free(struct dr_catalogue *catalogue)
{
    if (catalogue == NULL)
        return;
    for (size_t i = 0; i < catalogue->entry_count; i++) {
        json_decref(catalogue->entries[i]->files);
        dr_arena_free(catalogue->entries[i]->arena);
        free(catalogue->entries[i]);
    }
    for (size_t i = 0; i < catalogue->folder_count; i++)
        free(catalogue->folders[i]);
    for (size_t i = 0; i < catalogue->called_count; i++)
        free(catalogue->called[i]);
    free(catalogue->called);
    free_names(catalogue);
    free(catalogue->entries);
    free(catalogue->folders);
    free(catalogue->all);
    json_decref(catalogue->index);
    json_decref(catalogue->schemas);
    json_decref(catalogue->journaled);
    free(catalogue);
}

void dr_catalogue_set_resolver(struct dr_catalogue *catalogue, struct dr_resolver *resolver)
{
    catalogue->resolver = resolver;
}

void dr_catalogue_add_folder(struct dr_catalogue *catalogue, const char *folder)
{
    catalogue->folders = dr_resize(catalogue->folders, catalogue->folder_count + 1, sizeof *catalogue->folders);
    catalogue->folders[catalogue->folder_count++] = dr_copy_string(folder);
    free_names(catalogue);
}

/* --- Files
 * ------------------------------------------------------------------------------------------------------------------ */

const char *dr_path_directory(struct dr_arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return ".";
    return slash == path ? "/" : dr_arena_string(arena, path, (size_t)(slash - path));
}

const char *dr_path_join(struct dr_arena *arena, const char *directory, const char *path)
{
    while (strncmp(path, "./", 2) == 0)
        path += 2 + strspn(path + 2, "/");
    if (*path == '/' || strcmp(directory, ".") == 0)
        return dr_arena_string(arena, path, strlen(path));
    return dr_arena_format(arena, "%s%s%s", directory, directory[strlen(directory) - 1] == '/' ? "" : "/", path);
}

static bool exists(const struct dr_catalogue *catalogue, const char *path)
{
    return catalogue->journaled ? json_object_get(catalogue->journaled, path) != NULL : access(path, F_OK) == 0;
}

static struct dr_document *load(const struct dr_catalogue *catalogue, const char *path, struct dr_diagnostics *found)
{
    if (catalogue->journaled == NULL)
        return dr_document_load(path, found);
    const json_t *text = json_object_get(catalogue->journaled, path);
    return dr_document_parse(path, json_string_value(text), json_string_length(text), found);
}

static void report_plain(struct dr_diagnostics *found, const char *code, char *message)
{
    dr_report(found, &(struct dr_diagnostic){.code = code, .message = message});
}

/* --- Loading one
 * ---------------------------------------------------------------------------------------------------------------- */

static struct entry *add_entry(struct dr_catalogue *catalogue, const char *path)
{
    catalogue->entries = dr_resize(catalogue->entries, catalogue->entry_count + 1, sizeof *catalogue->entries);
    struct entry *entry = dr_alloc(sizeof *entry);
    entry->files = json_object();
    json_object_set_new(catalogue->index, path, json_integer((json_int_t)catalogue->entry_count));
    catalogue->entries[catalogue->entry_count++] = entry;
    return entry;
}

static bool parse_entry(struct dr_catalogue *catalogue, struct entry *entry, struct dr_document *document,
                        const char *path, bool as_runbook, struct dr_diagnostics *found)
{
    entry->arena = document->arena;
    json_object_set_new(entry->files, path, json_stringn_nocheck(document->source->bytes, document->source->size));
    struct dr_parser parser = {
        .arena = document->arena, .catalogue = catalogue, .found = found, .file = path, .files = entry->files};
    parser.directory = dr_path_directory(document->arena, path);
    const struct dr_runbook *runbook = NULL;
    struct dr_resource action = {0};
    const struct dr_machine *machine = dr_file_parse(&parser, document, &runbook, as_runbook ? NULL : &action);
    if (machine == NULL)
        return false;
    if (as_runbook) {
        entry->resource.kind = DR_RESOURCE_RUNBOOK;
        entry->resource.name = runbook->name;
        entry->resource.summary = machine->comment ? machine->comment : "A runbook.";
        entry->resource.effect = DR_EFFECT_WRITE;
        entry->resource.arguments = dr_runbook_schema_text(document->arena, runbook);
        entry->resource.runbook = runbook;
    } else {
        entry->resource = action;
        entry->resource.kind = DR_RESOURCE_ACTION;
    }
    entry->resource.file = dr_arena_string(document->arena, path, strlen(path));
    entry->resource.machine = machine;
    return true;
}

static const struct dr_resource *load_entry(struct dr_catalogue *catalogue, const char *path, bool as_runbook,
                                            struct dr_diagnostics *found)
{
    const json_t *known = json_object_get(catalogue->index, path);
    if (known) {
        struct entry *entry = catalogue->entries[json_integer_value(known)];
        if (entry->state == ENTRY_READY && (entry->resource.kind == DR_RESOURCE_RUNBOOK) != as_runbook) {
            report_plain(found, DR_BAD_RESOURCE, dr_format("%s is used as an action and as a runbook", path));
            return NULL;
        }
        if (entry->state == ENTRY_READY)
            return &entry->resource;
        report_plain(
            found, DR_BAD_RESOURCE,
            entry->state == ENTRY_LOADING
                ? dr_format("%s reaches itself: actions and runbooks cannot call one another in a circle", path)
                : dr_format("%s has mistakes of its own and cannot be used", path));
        return NULL;
    }
    if (catalogue->depth >= DR_ACTION_DEPTH_MAX) {
        report_plain(
            found, DR_BAD_RESOURCE,
            dr_format("%s: actions and runbooks call one another more than %d deep", path, DR_ACTION_DEPTH_MAX));
        return NULL;
    }
    struct entry *entry = add_entry(catalogue, path);
    catalogue->depth++;
    struct dr_document *document = load(catalogue, path, found);
    bool fine = document && parse_entry(catalogue, entry, document, path, as_runbook, found);
    catalogue->depth--;
    entry->state = fine ? ENTRY_READY : ENTRY_FAILED;
    return fine ? &entry->resource : NULL;
}

/* --- Finding
 * --------------------------------------------------------------------------------------------------------------------
 */

static const struct dr_resource *find_primitive(const struct dr_catalogue *catalogue, const char *name)
{
    for (size_t i = 0; catalogue->primitives && catalogue->primitives[i]; i++)
        if (strcmp(catalogue->primitives[i]->name, name) == 0)
            return catalogue->primitives[i];
    return NULL;
}

/* Parts of letters, digits, - and _ with dots between: nothing that could leave a folder. */
static bool is_action_name(const char *name)
{
    size_t part = 0;
    for (; *name; name++) {
        bool word = (*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z') ||
                    (*name >= '0' && *name <= '9') || *name == '_' || *name == '-';
        if (!word && (*name != '.' || part == 0))
            return false;
        part = word ? part + 1 : 0;
    }
    return part > 0;
}

/* The file of an action on the path, on the heap, or NULL. */
static char *find_on_path(const struct dr_catalogue *catalogue, const char *name)
{
    if (!is_action_name(name))
        return NULL;
    if (catalogue->journaled)
        return dr_copy_string(json_string_value(json_object_get(catalogue->journaled, name)));
    static const char *const suffixes[] = {"yaml", "yml", "json"};
    char *relative = dr_copy_string(name);
    for (char *dot = strchr(relative, '.'); dot; dot = strchr(dot, '.'))
        *dot = '/';
    char *path = NULL;
    for (size_t i = 0; i < catalogue->folder_count && !path; i++)
        for (size_t j = 0; j < sizeof suffixes / sizeof *suffixes && !path; j++) {
            path = dr_format("%s/%s.%s", catalogue->folders[i], relative, suffixes[j]);
            if (!exists(catalogue, path)) {
                free(path);
                path = NULL;
            }
        }
    free(relative);
    return path;
}

/* The name in the file is what people read, so it must be the name that finds it. */
static const struct dr_resource *check_name(struct dr_catalogue *catalogue, const struct dr_resource *resource,
                                            const char *name, struct dr_diagnostics *found)
{
    if (resource == NULL)
        return NULL;
    struct entry *entry = catalogue->entries[json_integer_value(json_object_get(catalogue->index, resource->file))];
    json_object_set_new(entry->files, name, json_string(resource->file));
    if (strcmp(resource->name, name) == 0)
        return resource;
    report_plain(
        found, DR_BAD_ACTION,
        dr_format("%s: Action.Name is \"%s\", but the file's place says \"%s\"", resource->file, resource->name, name));
    entry->state = ENTRY_FAILED;
    return NULL;
}

static bool is_path(const char *name)
{
    return strncmp(name, "./", 2) == 0 || strncmp(name, "../", 3) == 0 || *name == '/';
}

/* What runbook:start is to people. Tasks that name it get the resource of the runbook that they start. */
static const struct dr_resource runbook_start = {
    .kind = DR_RESOURCE_RUNBOOK,
    .name = "runbook:start",
    .summary = "Run another runbook inside this one, as part of the same execution, and return its output.",
    .effect = DR_EFFECT_WRITE,
    .arguments =
        "{\"type\":\"object\",\"properties\":{"
        "\"Runbook\":{\"type\":\"string\",\"description\":\"The file, as a constant; a relative path is from this "
        "runbook's folder\"},"
        "\"Input\":{\"description\":\"Its input; checked against its Inputs, with their defaults\"}},"
        "\"required\":[\"Runbook\"]}",
    .output = "{\"description\":\"The output of the runbook\"}",
    .errors = "States.Runtime  the input is not what the runbook's Inputs say\n"
              "States.Timeout  the task's TimeoutSeconds, or the runbook's own, is over\n"
              "any other  what the runbook failed with",
    .undo = "what the runbook's author wrote for it, such as a failback.yaml beside its failover.yaml",
};

const struct dr_resource *dr_catalogue_find(struct dr_catalogue *catalogue, const char *name, const char *directory,
                                            struct dr_diagnostics *found)
{
    const struct dr_resource *primitive = find_primitive(catalogue, name);
    if (primitive)
        return primitive;
    if (strcmp(name, runbook_start.name) == 0)
        return &runbook_start;
    if (is_path(name)) {
        struct dr_arena *scratch = dr_arena_new();
        const char *path = dr_path_join(scratch, directory ? directory : ".", name);
        const struct dr_resource *resource = NULL;
        if (exists(catalogue, path))
            resource = load_entry(catalogue, path, false, found);
        dr_arena_free(scratch);
        return resource;
    }
    char *path = find_on_path(catalogue, name);
    const struct dr_resource *resource =
        path ? check_name(catalogue, load_entry(catalogue, path, false, found), name, found) : NULL;
    free(path);
    return resource;
}

/* An action under another name, which takes other arguments than its file says: the machine is the action's. */
static const struct dr_resource *call_action(struct dr_catalogue *catalogue, const struct dr_resource *name,
                                             const struct dr_resource *action)
{
    for (size_t i = 0; i < catalogue->called_count; i++)
        if (strcmp(catalogue->called[i]->name, name->name) == 0)
            return catalogue->called[i];
    struct dr_resource *called = dr_alloc(sizeof *called);
    *called = *action;
    called->name = name->name;
    called->arguments = name->arguments;
    called->schema = name->schema;
    catalogue->called = dr_resize(catalogue->called, catalogue->called_count + 1, sizeof(struct dr_resource *));
    catalogue->called[catalogue->called_count++] = called;
    return called;
}

bool dr_catalogue_is_region(const struct dr_catalogue *catalogue, const char *name, char **ret_nearest)
{
    struct dr_resolver *resolver = catalogue->resolver;
    *ret_nearest = NULL;
    return !resolver || !resolver->is_region || resolver->is_region(resolver, name, ret_nearest);
}

bool dr_catalogue_is_error(const struct dr_catalogue *catalogue, const struct dr_resource *resource, const char *name,
                           char **ret_hint)
{
    struct dr_resolver *resolver = catalogue->resolver;
    *ret_hint = NULL;
    return !resolver || !resolver->is_error || resolver->is_error(resolver, resource, name, ret_hint);
}

const struct dr_resource *dr_catalogue_resolve(struct dr_catalogue *catalogue, const char *name, bool in_action,
                                               struct dr_diagnostics *found)
{
    struct dr_resolver *resolver = catalogue->resolver;
    char *action = NULL;
    const struct dr_resource *resource = resolver ? resolver->find(resolver, name, in_action, &action, found) : NULL;
    if (action == NULL)
        return resource;
    size_t errors = found->errors;
    const struct dr_resource *does = dr_catalogue_find(catalogue, action, ".", found);
    if (does == NULL && found->errors == errors)
        report_plain(found, DR_BAD_RESOURCE,
                     dr_format("The action %s, which does this, is not on the action path", action));
    free(action);
    return does ? call_action(catalogue, resource, does) : NULL;
}

const struct dr_resource *dr_catalogue_document(struct dr_catalogue *catalogue, const char *name,
                                                struct dr_diagnostics *found)
{
    const struct dr_resource *resource = dr_catalogue_find(catalogue, name, ".", found);
    if (resource == NULL && found->errors == 0)
        resource = dr_catalogue_resolve(catalogue, name, false, found);
    if (resource && catalogue->resolver && catalogue->resolver->document)
        catalogue->resolver->document(catalogue->resolver, resource);
    return resource;
}

const struct dr_resource *dr_catalogue_runbook(struct dr_catalogue *catalogue, const char *path, const char *directory,
                                               struct dr_diagnostics *found)
{
    struct dr_arena *scratch = dr_arena_new();
    const char *full = dr_path_join(scratch, directory ? directory : ".", path);
    const struct dr_resource *resource = load_entry(catalogue, full, true, found);
    dr_arena_free(scratch);
    return resource;
}

bool dr_catalogue_has(const struct dr_catalogue *catalogue, const char *path, const char *directory)
{
    struct dr_arena *scratch = dr_arena_new();
    bool there = exists(catalogue, dr_path_join(scratch, directory ? directory : ".", path));
    dr_arena_free(scratch);
    return there;
}

const json_t *dr_catalogue_files(const struct dr_catalogue *catalogue, const struct dr_resource *resource)
{
    const json_t *at = resource->file ? json_object_get(catalogue->index, resource->file) : NULL;
    return at ? catalogue->entries[json_integer_value(at)]->files : NULL;
}

/* --- All
 * ------------------------------------------------------------------------------------------------------------------------
 */

static void add_name(struct dr_catalogue *catalogue, char *name)
{
    catalogue->names = dr_resize(catalogue->names, catalogue->name_count + 1, sizeof *catalogue->names);
    catalogue->names[catalogue->name_count++] = name;
}

static void scan_folder(struct dr_catalogue *catalogue, const char *folder, const char *prefix, unsigned depth)
{
    DIR *directory = opendir(folder);
    if (directory == NULL)
        return;
    for (const struct dirent *item; (item = readdir(directory));) {
        if (*item->d_name == '.')
            continue;
        char *path = dr_format("%s/%s", folder, item->d_name);
        const char *dot = strrchr(item->d_name, '.');
        struct stat status;
        if (stat(path, &status) == 0 && S_ISDIR(status.st_mode) && depth < 4) {
            char *inner = dr_format("%s%s.", prefix, item->d_name);
            scan_folder(catalogue, path, inner, depth + 1);
            free(inner);
        } else if (dot && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0 || strcmp(dot, ".json") == 0)) {
            add_name(catalogue, dr_format("%s%.*s", prefix, (int)(dot - item->d_name), item->d_name));
        }
        free(path);
    }
    closedir(directory);
}

static int compare_names(const void *left, const void *right)
{
    const char *const *a = left, *const *b = right;
    return strcmp(*a, *b);
}

static void list_names(struct dr_catalogue *catalogue)
{
    if (catalogue->names)
        return;
    for (size_t i = 0; catalogue->primitives && catalogue->primitives[i]; i++)
        add_name(catalogue, dr_copy_string(catalogue->primitives[i]->name));
    add_name(catalogue, dr_copy_string(runbook_start.name));
    for (size_t i = 0; i < catalogue->folder_count; i++)
        scan_folder(catalogue, catalogue->folders[i], "", 0);
    if (catalogue->name_count < 2)
        return;
    qsort(catalogue->names, catalogue->name_count, sizeof *catalogue->names, compare_names);
    size_t kept = 1;
    for (size_t i = 1; i < catalogue->name_count; i++) {
        if (strcmp(catalogue->names[kept - 1], catalogue->names[i]) == 0)
            free(catalogue->names[i]);
        else
            catalogue->names[kept++] = catalogue->names[i];
    }
    catalogue->name_count = kept;
}

const char **dr_catalogue_names(struct dr_catalogue *catalogue, size_t *ret_count)
{
    list_names(catalogue);
    const char **names = dr_resize(NULL, catalogue->name_count + 1, sizeof *names);
    for (size_t i = 0; i < catalogue->name_count; i++)
        names[i] = catalogue->names[i];
    *ret_count = catalogue->name_count;
    return names;
}

const struct dr_resource *const *dr_catalogue_all(struct dr_catalogue *catalogue, size_t *ret_count,
                                                  struct dr_diagnostics *found)
{
    list_names(catalogue);
    catalogue->all = dr_resize(catalogue->all, catalogue->name_count + 1, sizeof *catalogue->all);
    size_t count = 0;
    for (size_t i = 0; i < catalogue->name_count; i++) {
        const struct dr_resource *resource = dr_catalogue_find(catalogue, catalogue->names[i], ".", found);
        if (resource)
            catalogue->all[count++] = resource;
    }
    *ret_count = count;
    return catalogue->all;
}

/* --- Arguments
 * ------------------------------------------------------------------------------------------------------------------ */

const json_t *dr_catalogue_schema(struct dr_catalogue *catalogue, const struct dr_resource *resource)
{
    if (resource->schema || resource->arguments == NULL)
        return resource->schema;
    const char *key = resource->file ? resource->file : resource->name;
    json_t *schema = json_object_get(catalogue->schemas, key);
    if (schema)
        return schema;
    char *problem = NULL;
    schema = dr_json_parse(resource->arguments, strlen(resource->arguments), &problem);
    assert(schema && problem == NULL); /* ours, or checked when its file was loaded */
    json_object_set_new(catalogue->schemas, key, schema);
    return schema;
}

static void keep_first(void *data, const struct dr_schema_problem *problem)
{
    char **first = data;
    if (*first)
        return;
    *first = dr_format("Arguments%s %s", problem->path, problem->message);
    for (char *at = *first + strlen("Arguments"); *at && *at != ' '; at++)
        if (*at == '/')
            *at = '.';
}

json_t *dr_catalogue_arguments(struct dr_catalogue *catalogue, const struct dr_resource *resource, const json_t *given,
                               char **ret_problem)
{
    const json_t *schema = dr_catalogue_schema(catalogue, resource);
    if (schema == NULL)
        return dr_json_share(given);
    json_t *arguments = dr_schema_drop_nulls(schema, given), *complete = dr_schema_defaults(schema, arguments);
    json_decref(arguments);
    char *problem = NULL;
    if (dr_schema_check_computed(schema, complete, keep_first, &problem))
        return complete;
    json_decref(complete);
    if (ret_problem)
        *ret_problem = problem;
    else
        free(problem);
    return NULL;
}

json_t *dr_catalogue_defaults(struct dr_catalogue *catalogue, const struct dr_resource *resource, const json_t *given)
{
    const json_t *schema = dr_catalogue_schema(catalogue, resource);
    return schema && json_is_object(given) ? dr_schema_defaults(schema, given) : dr_json_share(given);
}
