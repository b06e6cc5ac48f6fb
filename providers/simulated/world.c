/* World files: loaded, checked with their places, and made regular. */
#include "providers/simulated/world.h"

#include "interpreter/base/clock.h"
#include "interpreter/base/text.h"
#include "interpreter/definition/parse.h"
#include "interpreter/document/document.h"
#include "providers/simulated/cloud.h"
#include "providers/simulated/embedded.h"
#include "providers/simulated/fault_text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define CODE "INVALID_WORLD"
#define DEFINITIONS "#/$defs/"
#define OUTSIDE "../world.schema.json" DEFINITIONS

struct dr_sim_world {
    struct dr_document *document;
    json_t *json;
};

/* --- The schema -----------------------------------------------------------------------------------------------------
 */

static json_t *embedded(const struct dr_embedded *file)
{
    json_t *schema = dr_json_parse((const char *)file->bytes, file->size, NULL);
    assert(schema); /* tests read it */
    return schema;
}

/* A part's references, to itself and to the whole, as the whole has them: "#/$defs/rds.Instance". */
static void move_references(json_t *schema, const char *service)
{
    const char *key;
    json_t *item;
    size_t i;
    json_array_foreach(schema, i, item) move_references(item, service);
    const char *reference = json_string_value(json_object_get(schema, "$ref"));
    if (reference) {
        char *moved = strncmp(reference, OUTSIDE, strlen(OUTSIDE)) == 0
                          ? dr_format(DEFINITIONS "%s", reference + strlen(OUTSIDE))
                          : dr_format(DEFINITIONS "%s.%s", service, reference + strlen(DEFINITIONS));
        json_object_set_new(schema, "$ref", json_string(moved));
        free(moved);
    }
    json_object_foreach(schema, key, item) move_references(item, service);
}

static void add_part(json_t *definitions, const struct dr_embedded *file)
{
    json_t *part = embedded(file), *own = json_object_get(part, "$defs"), *definition;
    const char *name;
    move_references(part, file->name);
    json_object_foreach(own, name, definition)
    {
        char *moved = dr_format("%s.%s", file->name, name);
        json_object_set(definitions, moved, definition);
        free(moved);
    }
    json_object_del(part, "$defs");
    json_object_set_new(json_object_get(json_object_get(definitions, "Services"), "properties"), file->name, part);
}

json_t *dr_sim_world_schema(void)
{
    json_t *schema = NULL;
    const struct dr_sim_service *const *services = dr_sim_services();
    for (const struct dr_embedded *file = dr_sim_world_schemas; file->name; file++)
        if (strcmp(file->name, "world") == 0)
            schema = embedded(file);
    json_t *definitions = json_object_get(schema, "$defs");
    for (const struct dr_embedded *file = dr_sim_world_schemas; file->name; file++)
        if (strcmp(file->name, "world") != 0)
            add_part(definitions, file);
    json_t *known = json_object_get(json_object_get(definitions, "Services"), "properties");
    for (size_t i = 0; services[i]; i++) /* what has no schema checks itself */
        if (!json_object_get(known, services[i]->name))
            json_object_set_new(known, services[i]->name, json_pack("{s:s}", "type", "object"));
    return schema;
}

/* `value` with all defaults, through references too. A new reference. */
static json_t *fill(const json_t *root, const json_t *schema, const json_t *value)
{
    const char *reference = json_string_value(json_object_get(schema, "$ref")), *key;
    if (reference && strncmp(reference, DEFINITIONS, strlen(DEFINITIONS)) == 0)
        schema = json_object_get(json_object_get(root, "$defs"), reference + strlen(DEFINITIONS));
    const json_t *items = json_object_get(schema, "items");
    json_t *filled, *item;
    size_t i;
    if (json_is_array(value) && items) {
        filled = json_array();
        json_array_foreach(value, i, item) json_array_append_new(filled, fill(root, items, item));
        return filled;
    }
    if (!json_is_object(value))
        return dr_json_share(value);
    json_t *properties = dr_json_share(json_object_get(schema, "properties")), *members = dr_json_share(value);
    const json_t *more = json_object_get(schema, "additionalProperties");
    filled = json_object();
    json_object_foreach(members, key, item)
    {
        const json_t *property = json_object_get(properties, key);
        property = property ? property : more;
        json_object_set_new(filled, key, json_is_object(property) ? fill(root, property, item) : json_incref(item));
    }
    json_object_foreach(properties, key, item)
    {
        const json_t *otherwise = json_object_get(item, "default");
        if (otherwise && !json_object_get(filled, key))
            json_object_set_new(filled, key, json_deep_copy(otherwise));
    }
    json_decref(members);
    json_decref(properties);
    return filled;
}

/* --- Places ---------------------------------------------------------------------------------------------------------
 */

/* The node that a path of keys leads to, or the last one on the way. Keys may have the separator in them. */
static const struct dr_node *follow(const struct dr_node *node, const char *path, char separator)
{
    for (;;) {
        const struct dr_node *next = NULL;
        size_t longest = 0;
        bool is_map = node->kind == DR_NODE_MAP;
        if (*path == '\0' || (!is_map && node->kind != DR_NODE_LIST))
            return node;
        for (size_t i = 0; i < node->children.count; i++) {
            const struct dr_node *child = node->children.items[i];
            char index[24];
            snprintf(index, sizeof index, "%zu", i);
            const char *key = is_map ? child->key : index;
            size_t size = strlen(key);
            if (strncmp(path, key, size) == 0 && (path[size] == '\0' || path[size] == separator) && size >= longest) {
                next = child;
                longest = size;
            }
        }
        if (!next)
            return node;
        node = next;
        path += longest;
        path += *path == separator;
    }
}

struct report {
    const struct dr_node *root;
    struct dr_diagnostics *found;
};

static void complain(struct dr_diagnostics *found, enum dr_severity severity, struct dr_place place,
                     const char *pointer, char *message /* stolen */, char *hint /* stolen */)
{
    dr_report(found, &(struct dr_diagnostic){.severity = severity,
                                             .code = CODE,
                                             .place = place,
                                             .pointer = dr_copy_string(pointer),
                                             .message = message,
                                             .hint = hint});
}

static void take_problem(void *data, const struct dr_schema_problem *problem)
{
    struct report *report = data;
    const struct dr_node *node = follow(report->root, *problem->path ? problem->path + 1 : "", '/');
    bool unknown = strncmp(problem->message, "is not known", 12) == 0;
    const char *slash = strrchr(problem->path, '/'), *name = slash ? slash + 1 : "the world";
    size_t size = node->key ? strlen(node->key) : 0, path_size = strlen(problem->path);
    if (size > 0 && size <= path_size && strcmp(problem->path + path_size - size, node->key) == 0)
        name = node->key; /* which may have a slash in it */
    const char *about = json_string_value(json_object_get(problem->schema, "description"));
    complain(report->found, DR_ERROR, unknown ? node->key_place : node->place, problem->path,
             dr_format("\"%s\" %s", name, problem->message), about && !unknown ? dr_copy_string(about) : NULL);
}

/* --- What the schema cannot say -------------------------------------------------------------------------------------
 */

/* An account id without quotes is a number. */
static void name_account(json_t *object)
{
    const json_t *account = json_object_get(object, "Account");
    if (!json_is_integer(account) || json_integer_value(account) < 0)
        return;
    char *text = dr_format("%012lld", (long long)json_integer_value(account));
    json_object_set_new(object, "Account", json_string(text));
    free(text);
}

static void name_accounts(json_t *world)
{
    const char *id;
    json_t *key;
    name_account(world);
    json_object_foreach(json_object_get(world, "AccessKeys"), id, key) name_account(key);
}

static void check_accounts(const json_t *world, const struct report *report)
{
    const char *id;
    json_t *account;
    const struct dr_node *node = dr_node_member(report->root, "Accounts");
    json_object_foreach(json_object_get(world, "Accounts"), id, account)
    {
        if (strlen(id) == 12 && strspn(id, "0123456789") == 12)
            continue;
        complain(report->found, DR_ERROR, dr_node_member(node, id)->key_place, "/Accounts",
                 dr_format("\"%s\" is no account id", id), dr_copy_string("It has 12 digits: \"111122223333\""));
    }
}

/* A Region that nothing stands in cannot be missed when it is down. */
static void check_timeline(const json_t *world, const struct report *report)
{
    const char *services[128], *regions[128], *id;
    size_t service_count = 0, region_count = 0, i;
    json_t *fault, *account, *there;
    for (; dr_sim_services()[service_count] && service_count < 128; service_count++)
        services[service_count] = dr_sim_services()[service_count]->name;
    json_object_foreach(json_object_get(world, "Regions"), id, there) if (region_count < 128) regions[region_count++] =
        id;
    json_object_foreach(json_object_get(world, "Accounts"), id, account)
    {
        const char *region;
        json_object_foreach(json_object_get(account, "Regions"), region, there) if (region_count < 128)
            regions[region_count++] = region;
    }
    const struct dr_node *timeline = dr_node_member(report->root, "Timeline");
    json_array_foreach(json_object_get(world, "Timeline"), i, fault)
    {
        const char *region = json_string_value(json_object_get(fault, "Region"));
        const char *service = json_string_value(json_object_get(fault, "Service"));
        const struct dr_node *node = timeline->children.items[i];
        bool region_is = !region || region_count == 0, service_is = !service;
        for (size_t k = 0; k < region_count; k++)
            region_is = region_is || strcmp(regions[k], region) == 0;
        for (size_t k = 0; k < service_count; k++)
            service_is = service_is || strcmp(services[k], service) == 0;
        const char *nearest = region_is ? NULL : dr_nearest(region, regions, region_count);
        if (!region_is)
            complain(report->found, DR_WARNING, dr_node_member(node, "Region")->place, "/Timeline",
                     dr_format("the world has nothing in the Region \"%s\"", region),
                     nearest ? dr_format("Did you mean \"%s\"?", nearest) : NULL);
        nearest = service_is ? NULL : dr_nearest(service, services, service_count);
        if (!service_is)
            complain(report->found, DR_ERROR, dr_node_member(node, "Service")->place, "/Timeline",
                     dr_format("the service \"%s\" is not simulated", service),
                     nearest ? dr_format("Did you mean \"%s\"?", nearest) : NULL);
    }
}

static void to_seconds(json_t *object, const char *key)
{
    int64_t ms;
    const json_t *value = json_object_get(object, key);
    if (json_is_string(value) && dr_duration_parse(json_string_value(value), &ms))
        json_object_set_new(object, key, json_real((double)ms / 1000));
}

/* Durations are seconds from here on; the schema has seen to their form. */
static void tidy_durations(json_t *world)
{
    size_t i;
    json_t *item, *timings = json_object_get(world, "Timings");
    const char *key;
    void *next;
    char *problem = NULL;
    json_array_foreach(json_object_get(world, "Timeline"), i, item)
    {
        dr_sim_fault_tidy(item, &problem);
        free(problem);
        problem = NULL;
    }
    json_object_foreach_safe(timings, next, key, item)
    {
        to_seconds(timings, key);
        to_seconds(item, "Seconds");
        to_seconds(item, "Spread");
    }
}

/* --- The file -------------------------------------------------------------------------------------------------------
 */

static void release_document(void *document)
{
    dr_document_free(document);
}

/* NULL: it has errors. A new reference. */
static json_t *check(const struct dr_node *root, struct dr_diagnostics *found)
{
    struct report report = {root, found};
    size_t before = found->errors;
    json_t *schema = dr_sim_world_schema(), *world = dr_node_json(root);
    name_accounts(world);
    dr_schema_check(schema, world, take_problem, &report);
    json_t *filled = NULL;
    if (found->errors == before) {
        check_accounts(world, &report);
        check_timeline(world, &report);
        filled = fill(schema, schema, world);
        json_t *own = json_deep_copy(filled);
        json_decref(filled);
        filled = own;
        tidy_durations(filled);
    }
    json_decref(world);
    json_decref(schema);
    if (found->errors == before)
        return filled;
    json_decref(filled);
    return NULL;
}

struct dr_sim_world *dr_sim_world_open(const char *path, struct dr_diagnostics *found)
{
    struct dr_document *document = dr_document_load(path, found);
    if (!document)
        return NULL;
    json_t *json = NULL;
    if (document->root->kind == DR_NODE_MAP)
        json = check(document->root, found);
    else
        complain(found, DR_ERROR, document->root->place, "",
                 dr_copy_string("A world is a map: World, Regions, Global, Timeline, ..."), NULL);
    if (!json) {
        dr_diagnostics_keep(found, release_document, document);
        return NULL;
    }
    struct dr_sim_world *world = dr_alloc(sizeof *world);
    *world = (struct dr_sim_world){document, json};
    return world;
}

const json_t *dr_sim_world_json(const struct dr_sim_world *world)
{
    return world->json;
}

/* The node that "rds.Instances.shop-db: ..." is about, in whichever Region has it. */
static const struct dr_node *find_place(const struct dr_node *root, const char *path, size_t depth)
{
    const struct dr_node *best = root;
    size_t farthest = 0;
    const struct dr_node *stack[1024];
    size_t depths[1024], count = 0;
    stack[count] = root;
    depths[count++] = 0;
    while (count > 0) { /* Regions, Accounts: a few levels from the top */
        const struct dr_node *node = stack[--count];
        size_t level = depths[count];
        const struct dr_node *end = follow(node, path, '.');
        if (end != node && end->place.source && (size_t)end->place.line + 1 > farthest &&
            (best == root || end->kind != DR_NODE_MAP)) {
            best = end;
            farthest = (size_t)end->place.line + 1;
        }
        for (size_t i = 0; node->kind == DR_NODE_MAP && level < depth && i < node->children.count && count < 1024;
             i++) {
            stack[count] = node->children.items[i];
            depths[count++] = level + 1;
        }
    }
    return best;
}

void dr_sim_world_tell(const struct dr_sim_world *world, const char *problem, struct dr_diagnostics *found)
{
    const char *colon = strstr(problem, ": ");
    struct dr_place place = world->document->root->place;
    if (colon) {
        char *path = dr_copy_bytes(problem, (size_t)(colon - problem));
        place = find_place(world->document->root, path, 4)->place;
        free(path);
    }
    complain(found, DR_ERROR, place, "", dr_copy_string(problem), NULL);
}

void dr_sim_world_free(struct dr_sim_world *world)
{
    if (!world)
        return;
    json_decref(world->json);
    dr_document_free(world->document);
    free(world);
}

bool dr_sim_is_world(const struct dr_node *root)
{
    static const char *const others[] = {"StartAt", "States", "Action", "Runbook"}, *const own[] = {
                                                                                        "World", "Regions", "Accounts",
                                                                                        "Timeline", "Global"};
    bool is = false;
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        is = is || dr_node_member(root, own[i]);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        is = is && !dr_node_member(root, others[i]);
    return is;
}
