/* Opened models: their tables of shapes and operations, filled as they are asked for. */
#include "providers/aws/model/model.h"

#include "interpreter/base/diagnostic.h"
#include "providers/aws/model/compile.h"
#include "providers/aws/model/find.h"
#include "providers/aws/model/index.h"
#include "providers/aws/model/store.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct dr_aws_models {
    struct dr_arena *arena;
    struct dr_aws_opened *opened; /* the newest first */
    struct dr_aws_finder *finder; /* NULL: nothing was looked for */
    struct dr_aws_models_options options;
    struct dr_aws_model_row *rows; /* NULL: not asked for */
    size_t row_count;
    json_t *partitions;
};

struct dr_aws_opened *dr_aws_opened_of(const struct dr_aws_model *model)
{
    union { /* every model is the first member of an opened one, made here and only lent as const */
        const struct dr_aws_model *lent;
        struct dr_aws_opened *own;
    } same = {.lent = model};
    return same.own;
}

/* Where models are looked for. */
static struct dr_aws_finder *finder_of(struct dr_aws_models *models)
{
    if (!models->finder)
        models->finder = dr_aws_finder_new(models->arena,
                                           &(struct dr_aws_finder_options){.folders = models->options.folders,
                                                                           .environment = models->options.environment});
    return models->finder;
}

/* --- Opening -------------------------------------------------------------------------------------------------------
 */

static json_t *read_object(const struct dr_aws_compact_line *line)
{
    json_t *value = dr_json_parse(line->json, line->json_size, NULL);
    if (value && !json_is_object(value)) {
        json_decref(value);
        return NULL;
    }
    return value;
}

json_t *dr_aws_line(const struct dr_aws_opened *opened, const char *prefix, const char *name)
{
    struct dr_aws_compact_line line;
    return dr_aws_compact_find(&opened->text, prefix, name, &line) ? read_object(&line) : NULL;
}

static void read_operation_names(struct dr_aws_opened *opened)
{
    static const char prefix[] = "operation/";
    struct dr_aws_compact_line line;
    size_t start = dr_aws_compact_seek(&opened->text, prefix), count = 0;
    for (size_t offset = start; dr_aws_compact_next(&opened->text, prefix, &offset, &line);)
        count++;
    const char **names = dr_arena_alloc(opened->arena, (count + 1) * sizeof *names);
    opened->operations = dr_arena_alloc(opened->arena, (count + 1) * sizeof *opened->operations);
    size_t index = 0;
    for (size_t offset = start; dr_aws_compact_next(&opened->text, prefix, &offset, &line); index++)
        names[index] =
            dr_arena_string(opened->arena, line.key + sizeof prefix - 1, line.key_size - (sizeof prefix - 1));
    opened->model.operation_names = names;
    opened->model.operation_count = count;
}

struct dr_aws_opened *dr_aws_open(struct dr_aws_models *models, const char *name, struct dr_aws_compact text,
                                  char **ret_problem)
{
    struct dr_aws_opened *opened = dr_arena_alloc(models->arena, sizeof *opened);
    opened->arena = models->arena;
    opened->text = text;
    opened->model.models = models;
    opened->model.name = dr_arena_string(models->arena, name, strlen(name));
    json_t *metadata = dr_aws_line(opened, "metadata", ""), *provenance = dr_aws_line(opened, "provenance", "");
    char *problem = metadata ? dr_aws_metadata_read(opened, metadata, provenance)
                             : dr_format("the model of %s has no metadata: it is damaged", name);
    json_decref(metadata);
    json_decref(provenance);
    if (problem) {
        *ret_problem = problem;
        return NULL;
    }
    read_operation_names(opened);
    opened->next = models->opened;
    models->opened = opened;
    return opened;
}

struct dr_aws_models *dr_aws_models_new(const struct dr_aws_models_options *options)
{
    struct dr_aws_models *models = dr_alloc(sizeof *models);
    models->arena = dr_arena_new();
    if (options)
        models->options.environment = options->environment;
    if (options && options->folders) {
        size_t count = 0;
        while (options->folders[count])
            count++;
        const char **folders = dr_arena_alloc(models->arena, (count + 1) * sizeof *folders);
        for (size_t i = 0; i < count; i++)
            folders[i] = dr_arena_string(models->arena, options->folders[i], strlen(options->folders[i]));
        models->options.folders = folders;
    }
    return models;
}

void dr_aws_models_free(struct dr_aws_models *models)
{
    if (!models)
        return;
    for (struct dr_aws_opened *opened = models->opened; opened; opened = opened->next)
        json_decref(opened->rules);
    json_decref(models->partitions);
    dr_arena_free(models->arena);
    free(models);
}

static void release_text(void *bytes)
{
    free(bytes);
}

const struct dr_aws_model *dr_aws_models_add(struct dr_aws_models *models, const char *name, const json_t *service,
                                             const json_t *paginators, const json_t *endpoint_rules, char **ret_problem)
{
    struct dr_text out = {0};
    if (!dr_aws_model_compile(name, service, paginators, NULL, endpoint_rules, "a model given as it is", "", &out,
                              ret_problem)) {
        dr_text_done(&out);
        return NULL;
    }
    struct dr_aws_compact text = {.size = out.size};
    char *bytes = dr_text_take(&out);
    dr_arena_defer(models->arena, release_text, bytes);
    text.bytes = bytes;
    struct dr_aws_opened *opened = dr_aws_open(models, name, text, ret_problem);
    return opened ? &opened->model : NULL;
}

/* --- Shapes --------------------------------------------------------------------------------------------------------
 */

struct dr_aws_slot *dr_aws_slot(struct dr_aws_opened *opened, const char *name, size_t size)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (unsigned char)name[i]) * 16777619u;
    struct dr_aws_slot **bucket = &opened->shapes[(hash ^ hash >> 16) % DR_AWS_BUCKETS];
    for (struct dr_aws_slot *slot = *bucket; slot; slot = slot->next)
        if (strncmp(slot->name, name, size) == 0 && slot->name[size] == '\0')
            return slot;
    struct dr_aws_slot *slot = dr_arena_alloc(opened->arena, sizeof *slot + size + 1);
    memcpy(slot->name, name, size);
    slot->next = *bucket;
    *bucket = slot;
    return slot;
}

/* Reads the slot's shape. NULL: the model has none of this name. */
static const struct dr_aws_shape *fill(struct dr_aws_opened *opened, struct dr_aws_slot *slot)
{
    if (slot->shape)
        return slot->shape;
    json_t *json = dr_aws_line(opened, "shape/", slot->name);
    if (json)
        slot->shape = dr_aws_shape_read(opened, slot->name, json);
    json_decref(json);
    return slot->shape;
}

const struct dr_aws_shape *dr_aws_model_shape(const struct dr_aws_model *model, const char *name)
{
    struct dr_aws_opened *opened = dr_aws_opened_of(model);
    return fill(opened, dr_aws_slot(opened, name, strlen(name)));
}

const struct dr_aws_shape *dr_aws_member_shape(const struct dr_aws_member *member)
{
    assert(member->slot);
    struct dr_aws_opened *opened = dr_aws_opened_of(member->model);
    if (!fill(opened, member->slot)) { /* a damaged file: what is not there is taken for text */
        struct dr_aws_shape *shape = dr_arena_alloc(opened->arena, sizeof *shape);
        *shape = (struct dr_aws_shape){.model = member->model,
                                       .name = member->slot->name,
                                       .type = DR_AWS_STRING,
                                       .min = (double)NAN,
                                       .max = (double)NAN};
        member->slot->shape = shape;
    }
    return member->slot->shape;
}

const struct dr_aws_member *dr_aws_shape_member(const struct dr_aws_shape *shape, const char *name)
{
    for (size_t i = 0; shape && i < shape->member_count; i++)
        if (strcmp(shape->members[i].name, name) == 0)
            return &shape->members[i];
    return NULL;
}

/* --- Operations ----------------------------------------------------------------------------------------------------
 */

static int compare_name(const void *key, const void *item)
{
    const char *const *name = item;
    return strcmp(key, *name);
}

static const struct dr_aws_operation *find_operation(struct dr_aws_opened *opened, const char *name)
{
    const struct dr_aws_model *model = &opened->model;
    const char *const *found = model->operation_count ? bsearch(name, model->operation_names, model->operation_count,
                                                                sizeof *model->operation_names, compare_name)
                                                      : NULL;
    if (!found)
        return NULL;
    size_t index = (size_t)(found - model->operation_names);
    json_t *json = opened->operations[index] ? NULL : dr_aws_line(opened, "operation/", *found);
    if (json)
        opened->operations[index] = dr_aws_operation_read(opened, *found, json);
    json_decref(json);
    return opened->operations[index];
}

const struct dr_aws_operation *dr_aws_model_operation(const struct dr_aws_model *model, const char *name)
{
    struct dr_aws_opened *opened = dr_aws_opened_of(model);
    const struct dr_aws_operation *operation = find_operation(opened, name);
    if (operation || !islower((unsigned char)name[0]))
        return operation;
    char *spelling = dr_copy_string(name); /* camelCase lowers the first letter only: no operation begins with two
                                              capitals */
    spelling[0] = (char)toupper((unsigned char)name[0]);
    operation = find_operation(opened, spelling);
    free(spelling);
    return operation;
}

/* --- Endpoint rules ------------------------------------------------------------------------------------------------
 */

const json_t *dr_aws_model_endpoint_rules(const struct dr_aws_model *model)
{
    struct dr_aws_opened *opened = dr_aws_opened_of(model);
    if (!opened->rules_read) {
        opened->rules_read = true;
        opened->rules = dr_aws_line(opened, "endpoint-rules", "");
        if (!opened->rules) /* a model without: the bundled one's go for it */
            opened->rules = dr_aws_finder_rules(finder_of(model->models), model->name);
    }
    return opened->rules;
}

/* --- Finding -------------------------------------------------------------------------------------------------------
 */

#define NEWER_MODELS                                                                                                   \
    "Newer models come with the AWS CLI v2, with $AWS_DATA_PATH, or by 'drrun models import DIR' of a botocore data "  \
    "folder"

/* What is unknown, what is near, what was searched. */
static char *explain_service(struct dr_aws_models *models, const char *name, bool sdk)
{
    size_t count = 0;
    const struct dr_aws_model_row *rows = dr_aws_models_list(models, &count);
    const char **names = dr_alloc((count + 1) * sizeof *names), *date = "";
    for (size_t i = 0; i < count; i++) {
        names[i] = sdk ? rows[i].sdk_name : rows[i].name;
        date = strcmp(rows[i].date, date) > 0 ? rows[i].date : date;
    }
    const char *nearest = dr_nearest(name, names, count);
    for (size_t i = 0; sdk && !nearest && i < count; i++) /* the AWS CLI's name for it is as good a guess */
        nearest = strcmp(rows[i].name, name) == 0 ? rows[i].sdk_name : NULL;
    char *text = count == 0 ? dr_format("there are no AWS service models: drrun's own are missing. " NEWER_MODELS)
                            : dr_format("there is no service \"%s\" among the %zu in the AWS service models (the "
                                        "latest is of %s)%s%s%s " NEWER_MODELS,
                                        name, count, date, nearest ? "; did you mean \"" : "", nearest ? nearest : "",
                                        nearest ? "\"?" : ".");
    free(names);
    return text;
}

const struct dr_aws_model *dr_aws_models_find(struct dr_aws_models *models, const char *name, char **ret_problem)
{
    for (struct dr_aws_opened *opened = models->opened; opened; opened = opened->next)
        if (strcmp(opened->model.name, name) == 0)
            return &opened->model;
    struct dr_aws_compact text;
    char *problem = NULL;
    struct dr_aws_opened *opened = NULL;
    if (dr_aws_finder_find(finder_of(models), name, &text, &problem))
        opened = dr_aws_open(models, name, text, &problem);
    else if (!problem)
        problem = explain_service(models, name, false);
    if (!opened)
        *ret_problem = problem;
    return opened ? &opened->model : NULL;
}

const struct dr_aws_model *dr_aws_models_find_sdk(struct dr_aws_models *models, const char *sdk_name,
                                                  char **ret_problem)
{
    for (struct dr_aws_opened *opened = models->opened; opened; opened = opened->next) {
        char *own = dr_aws_sdk_name(opened->model.service_id);
        bool same = strcmp(own, sdk_name) == 0;
        free(own);
        if (same)
            return &opened->model;
    }
    const char *name = dr_aws_finder_by_sdk(finder_of(models), sdk_name);
    if (name)
        return dr_aws_models_find(models, name, ret_problem);
    *ret_problem = explain_service(models, sdk_name, true);
    return NULL;
}

const char *dr_aws_models_import_folder(struct dr_aws_models *models)
{
    return dr_aws_finder_imports(finder_of(models));
}

const char *dr_aws_models_overlays(struct dr_aws_models *models)
{
    return dr_aws_finder_overlays(finder_of(models));
}

static const char *entry_text(const json_t *entry, const char *key)
{
    const char *text = json_string_value(json_object_get(entry, key));
    return text ? text : "";
}

const struct dr_aws_model_row *dr_aws_models_list(struct dr_aws_models *models, size_t *ret_count)
{
    if (!models->rows) {
        json_t *list = dr_json_share(dr_aws_finder_list(finder_of(models))), *entry;
        struct dr_aws_model_row *rows = dr_arena_alloc(models->arena, (json_object_size(list) + 1) * sizeof *rows);
        const char *name;
        json_object_foreach(list, name, entry)
        {
            rows[models->row_count++] = (struct dr_aws_model_row){.name = name,
                                                                  .sdk_name = entry_text(entry, "sdk"),
                                                                  .service_id = entry_text(entry, "id"),
                                                                  .api_version = entry_text(entry, "version"),
                                                                  .date = entry_text(entry, "date"),
                                                                  .origin = entry_text(entry, "origin")};
        }
        models->rows = rows;
        json_decref(list); /* the finder keeps it as long as the models live */
    }
    *ret_count = models->row_count;
    return models->rows;
}

const json_t *dr_aws_models_partitions(struct dr_aws_models *models)
{
    if (!models->partitions)
        models->partitions = dr_aws_finder_partitions(finder_of(models));
    if (!models->partitions)
        models->partitions = json_pack("{s:s, s:[]}", "version", "1.1", "partitions");
    return models->partitions;
}

char *dr_aws_operation_problem(const struct dr_aws_model *model, const char *name)
{
    bool camel = islower((unsigned char)name[0]);
    const char *nearest = NULL;
    char *spelling = dr_copy_string(name);
    if (camel)
        spelling[0] = (char)toupper((unsigned char)spelling[0]);
    nearest = dr_nearest(spelling, model->operation_names, model->operation_count);
    free(spelling);
    char *shown = dr_copy_string(nearest);
    if (shown && camel)
        shown[0] = (char)tolower((unsigned char)shown[0]);
    char *text = dr_format("%s has no operation \"%s\" in its model of %s (%s)%s%s%s " NEWER_MODELS, model->service_id,
                           name, *model->date ? model->date : "an unknown date", model->origin,
                           shown ? "; did you mean \"" : "", shown ? shown : "", shown ? "\"?" : ".");
    free(shown);
    return text;
}
