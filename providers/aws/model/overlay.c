/* Laying overlays over models: only what is missing is added. */
#include "providers/aws/model/overlay.h"

#include "interpreter/base/text.h"
#include "providers/aws/model/raw.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

struct laying {
    size_t added;
    json_t *repeated; /* NULL: nobody asks */
};

json_t *dr_aws_overlay_load(const char *folder, const char *service, char **ret_problem)
{
    char *path = dr_format("%s/%s.json", folder, service);
    json_t *overlay = dr_aws_raw_file(path, ret_problem);
    free(path);
    return overlay;
}

char **dr_aws_overlay_names(const char *folder, size_t *ret_count)
{
    static const char ending[] = ".json";
    char **names = NULL;
    size_t count = 0;
    DIR *open = opendir(folder);
    struct dirent *entry;
    while (open && (entry = readdir(open))) {
        size_t size = strlen(entry->d_name), tail = sizeof ending - 1;
        if (entry->d_name[0] == '.' || size <= tail || strcmp(entry->d_name + size - tail, ending) != 0)
            continue;
        names = dr_resize(names, count + 1, sizeof *names);
        names[count++] = dr_copy_bytes(entry->d_name, size - tail);
    }
    if (open)
        closedir(open);
    *ret_count = count;
    return names;
}

static void note(struct laying *laying, const char *what, const char *name, const char *part)
{
    if (!laying->repeated)
        return;
    char *text = dr_format("%s %s%s%s", what, name, *part ? "." : "", part);
    json_array_append_new(laying->repeated, json_string(text));
    free(text);
}

/* The object under `key`, made if it is not there. */
static json_t *child(json_t *object, const char *key)
{
    json_t *there = json_object_get(object, key);
    if (!json_is_object(there)) {
        there = json_object();
        json_object_set_new(object, key, there);
    }
    return there;
}

/* Adds the members of `from` that `to` lacks. */
static void add_all(struct laying *laying, const char *what, json_t *to, json_t *from)
{
    const char *name;
    json_t *value;
    json_object_foreach(from, name, value)
    {
        if (json_object_get(to, name)) {
            note(laying, what, name, "");
        } else {
            json_object_set_new(to, name, json_deep_copy(value));
            laying->added++;
        }
    }
}

static bool has_text(const json_t *list, const char *text)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *item = json_string_value(json_array_get(list, i));
        if (item && strcmp(item, text) == 0)
            return true;
    }
    return false;
}

/* Takes members out of "required". */
static void add_optional(struct laying *laying, const char *name, json_t *shape, const json_t *optional)
{
    json_t *required = json_object_get(shape, "required");
    for (size_t i = 0; i < json_array_size(optional); i++) {
        const char *member = json_string_value(json_array_get(optional, i));
        bool found = false;
        for (size_t j = json_array_size(required); member && j-- > 0;) {
            const char *item = json_string_value(json_array_get(required, j));
            if (item && strcmp(item, member) == 0) {
                json_array_remove(required, j);
                found = true;
            }
        }
        laying->added += found;
        if (member && !found)
            note(laying, "optional", name, member);
    }
}

/* Adds to a shape that is there the members and values it lacks. */
static void add_parts(struct laying *laying, const char *name, json_t *shape, const json_t *over)
{
    const char *key;
    json_t *value, *members = json_object_get(over, "members"), *values = json_object_get(over, "enum");
    const char *type = json_string_value(json_object_get(shape, "type")),
               *wanted = json_string_value(json_object_get(over, "type"));
    if (!type || (wanted && strcmp(type, wanted) != 0))
        return; /* the model means something else by this name */
    size_t before = laying->added, repeated = json_array_size(laying->repeated);
    if (json_is_object(members) && strcmp(type, "structure") == 0) {
        json_t *there = child(shape, "members");
        json_object_foreach(members, key, value)
        {
            if (json_object_get(there, key)) {
                note(laying, "shape", name, key);
            } else {
                json_object_set_new(there, key, json_deep_copy(value));
                laying->added++;
            }
        }
    }
    json_t *there = json_object_get(shape, "enum");
    for (size_t i = 0; json_is_array(there) && i < json_array_size(values); i++) {
        const char *text = json_string_value(json_array_get(values, i));
        if (text && has_text(there, text)) {
            note(laying, "shape", name, text);
        } else if (text) {
            json_array_append_new(there, json_string(text));
            laying->added++;
        }
    }
    add_optional(laying, name, shape, json_object_get(over, "optional"));
    if (laying->added == before && json_array_size(laying->repeated) == repeated)
        note(laying, "shape", name, "");
}

static void add_shapes(struct laying *laying, json_t *to, json_t *from)
{
    const char *name;
    json_t *shape;
    json_object_foreach(from, name, shape)
    {
        json_t *there = json_object_get(to, name);
        if (json_is_object(there)) {
            add_parts(laying, name, there, shape);
        } else {
            json_object_set_new(to, name, json_deep_copy(shape));
            laying->added++;
        }
    }
}

static void add_file(struct laying *laying, const char *what, json_t **file, const char *list, json_t *from)
{
    if (!json_is_object(from))
        return;
    if (!*file)
        *file = json_object();
    add_all(laying, what, child(*file, list), from);
}

size_t dr_aws_overlay_apply(const json_t *overlay, struct dr_aws_parts *parts, json_t **ret_repeated)
{
    struct laying laying = {.repeated = ret_repeated ? json_array() : NULL};
    json_t *service = parts->service, *rules = json_object_get(overlay, "endpoint-rules");
    if (!json_object_get(service, "metadata") && json_object_get(overlay, "metadata")) {
        json_object_set_new(service, "metadata", json_deep_copy(json_object_get(overlay, "metadata")));
        laying.added++;
    }
    add_all(&laying, "operation", child(service, "operations"), json_object_get(overlay, "operations"));
    add_shapes(&laying, child(service, "shapes"), json_object_get(overlay, "shapes"));
    add_file(&laying, "paginator", &parts->paginators, "pagination", json_object_get(overlay, "pagination"));
    add_file(&laying, "waiter", &parts->waiters, "waiters", json_object_get(overlay, "waiters"));
    if (rules && parts->rules) {
        note(&laying, "endpoint-rules", "", "");
    } else if (rules) {
        parts->rules = json_deep_copy(rules);
        laying.added++;
    }
    if (ret_repeated)
        *ret_repeated = laying.repeated;
    return laying.added;
}

void dr_aws_parts_done(struct dr_aws_parts *parts)
{
    json_decref(parts->service);
    json_decref(parts->paginators);
    json_decref(parts->waiters);
    json_decref(parts->rules);
    *parts = (struct dr_aws_parts){0};
}
