/* JMESPath as far as service models use it to find an endpoint's parameters. */
#include "providers/aws/endpoint/context.h"

#include "interpreter/base/text.h"
#include "providers/aws/endpoint/rules.h"

#include <stdbool.h>
#include <string.h>

enum { NESTING_MAX = 16 };

static json_t *find(const json_t *value, const char *path, size_t size, unsigned depth);

static bool begins(const char *path, size_t size, const char *with)
{
    return size >= strlen(with) && memcmp(path, with, strlen(with)) == 0;
}

static json_t *list_keys(const json_t *object)
{
    if (!json_is_object(object)) {
        return NULL;
    }
    json_t *keys = json_array();
    for (void *at = json_object_iter((json_t *)(uintptr_t)object); at;
         at = json_object_iter_next((json_t *)(uintptr_t)object, at)) {
        json_array_append_new(keys, json_string_nocheck(json_object_iter_key(at)));
    }
    return keys;
}

/* The rest of the path for each item; what has none is left out. */
static json_t *project(const json_t *list, const char *rest, size_t size, unsigned depth)
{
    const json_t *item;
    size_t i;
    if (!json_is_array(list)) {
        return NULL;
    }
    json_t *found = json_array();
    json_array_foreach(list, i, item)
    {
        json_t *value = find(item, rest, size, depth);
        if (value) {
            json_array_append_new(found, value);
        }
    }
    return found;
}

/* "[a.b, c]": a list of both. */
static json_t *select_all(const json_t *value, const char *list, size_t size, unsigned depth)
{
    json_t *found = json_array();
    for (const char *at = list, *end = list + size; at < end;) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        const char *stop = comma ? comma : end;
        while (at < stop && *at == ' ') {
            at++;
        }
        json_t *one = find(value, at, (size_t)(stop - at), depth);
        json_array_append_new(found, one ? one : json_null());
        at = comma ? comma + 1 : end;
    }
    return found;
}

static json_t *flatten(const json_t *list)
{
    const json_t *item, *inner;
    size_t i, j;
    if (!json_is_array(list)) {
        return NULL;
    }
    json_t *flat = json_array();
    json_array_foreach(list, i, item)
    {
        if (!json_is_array(item)) {
            if (!json_is_null(item)) {
                json_array_append_new(flat, dr_json_share(item));
            }
            continue;
        }
        json_array_foreach(item, j, inner)
        {
            if (!json_is_null(inner)) {
                json_array_append_new(flat, dr_json_share(inner));
            }
        }
    }
    return flat;
}

static json_t *find(const json_t *value, const char *path, size_t size, unsigned depth)
{
    if (!value || json_is_null(value) || depth > NESTING_MAX) {
        return NULL;
    }
    if (size == 0) {
        return dr_json_share(value);
    }
    if (size > 2 && memcmp(path + size - 2, "[]", 2) == 0) {
        json_t *list = find(value, path, size - 2, depth + 1), *flat = list ? flatten(list) : NULL;
        json_decref(list);
        return flat;
    }
    if (begins(path, size, "keys(") && path[size - 1] == ')') {
        json_t *object = find(value, path + 5, size - 6, depth + 1), *keys = object ? list_keys(object) : NULL;
        json_decref(object);
        return keys;
    }
    if (*path == '.') {
        return find(value, path + 1, size - 1, depth + 1);
    }
    if (begins(path, size, "[*]")) {
        return project(value, path + 3, size - 3, depth + 1);
    }
    const char *close = *path == '[' ? memchr(path, ']', size) : NULL;
    if (close && close > path + 1 && strspn(path + 1, "0123456789") == (size_t)(close - path - 1)) {
        size_t taken = (size_t)(close - path) + 1;
        return find(dr_rules_attribute(value, path, taken), path + taken, size - taken, depth + 1);
    }
    if (*path == '[') {
        return path[size - 1] == ']' ? select_all(value, path + 1, size - 2, depth + 1) : NULL;
    }
    if (*path == '@') {
        return find(value, path + 1, size - 1, depth + 1);
    }
    size_t name = 0;
    while (name < size && path[name] != '.' && path[name] != '[') {
        name++;
    }
    return find(json_object_getn(value, path, name), path + name, size - name, depth + 1);
}

json_t *dr_aws_context_value(const json_t *input, const char *path)
{
    return find(input, path, strlen(path), 0);
}
