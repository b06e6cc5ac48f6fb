/* Pages by the paginators of the service models. */
#include "providers/aws/client/pages.h"

#include "interpreter/base/limits.h"
#include "interpreter/base/text.h"

#include <stdlib.h>
#include <string.h>

enum { KEYS_MAX = 32, STEP_BYTES_MAX = 256 };

struct keys {
    const char *paths[KEYS_MAX]; /* borrowed from the definition */
    size_t count;
};

struct dr_aws_pages {
    json_t *definition;
    struct keys input_tokens, output_tokens, result_keys, fixed_keys;
    const char *more_results; /* NULL: only the tokens tell */
    json_t *input, *result;
    unsigned count;
    size_t bytes;
};

/* --- Paths ---------------------------------------------------------------------------------------------------------
 */

/* One step, "name" or "[index]", of a path. Returns what follows; NULL at the end, or where it is none. */
static const char *read_step(const char *path, char name[STEP_BYTES_MAX], long *ret_index)
{
    name[0] = '\0';
    if (*path == '.')
        path++;
    if (*path == '[') {
        char *end;
        *ret_index = strtol(path + 1, &end, 10);
        return end > path + 1 && *end == ']' ? end + 1 : NULL;
    }
    size_t size = strcspn(path, ".[ |");
    if (size == 0 || size >= STEP_BYTES_MAX)
        return NULL;
    memcpy(name, path, size);
    name[size] = '\0';
    return path + size;
}

static const json_t *item_at(const json_t *list, long index)
{
    if (!json_is_array(list))
        return NULL;
    size_t size = json_array_size(list);
    if (index < 0)
        index += (long)size;
    return index >= 0 && (size_t)index < size ? json_array_get(list, (size_t)index) : NULL;
}

static bool is_true(const json_t *value) /* as JMESPath's || sees it */
{
    switch (value ? json_typeof(value) : JSON_NULL) {
    case JSON_NULL:
    case JSON_FALSE:
        return false;
    case JSON_STRING:
        return json_string_length(value) > 0;
    case JSON_ARRAY:
        return json_array_size(value) > 0;
    case JSON_OBJECT:
        return json_object_size(value) > 0;
    case JSON_TRUE:
    case JSON_INTEGER:
    case JSON_REAL:
        return true;
    }
    return false;
}

const json_t *dr_aws_pages_search(const char *path, const json_t *value)
{
    const json_t *found = NULL;
    for (;;) {
        path += strspn(path, " ");
        found = value;
        while (*path && *path != ' ' && *path != '|') {
            char name[STEP_BYTES_MAX];
            long index = 0;
            path = read_step(path, name, &index);
            if (!path)
                return NULL;
            found = name[0] ? json_object_get(found, name) : item_at(found, index);
        }
        path += strspn(path, " ");
        if (is_true(found) || path[0] != '|' || path[1] != '|')
            return json_is_null(found) ? NULL : found;
        path += 2;
    }
}

/* Sets `value` (stolen) at "a.b", making the objects on the way. */
static void set_at(json_t *target, const char *path, json_t *value)
{
    char name[STEP_BYTES_MAX];
    long index = 0;
    for (;;) {
        const char *rest = read_step(path, name, &index);
        if (!rest || !name[0]) { /* an index: nothing to set (checked when the definition was read) */
            json_decref(value);
            return;
        }
        if (*rest != '.') {
            json_object_set_new(target, name, value);
            return;
        }
        json_t *inner = json_object_get(target, name);
        if (!json_is_object(inner)) {
            inner = json_object();
            json_object_set_new(target, name, inner);
        }
        target = inner;
        path = rest;
    }
}

/* --- The definition ------------------------------------------------------------------------------------------------
 */

static bool add_key(struct keys *keys, const json_t *path, bool settable)
{
    const char *text = json_string_value(path);
    if (!text || keys->count == KEYS_MAX)
        return false;
    char name[STEP_BYTES_MAX];
    for (const char *at = text; *at;) {
        long index = 0;
        at += strspn(at, " |");
        at = *at ? read_step(at, name, &index) : at;
        if (!at || (settable && (!name[0] || strchr(" |", *at ? *at : 'x'))))
            return false;
    }
    keys->paths[keys->count++] = text;
    return *text != '\0';
}

/* A path, or a list of them. */
static bool read_keys(struct keys *keys, const json_t *value, bool settable)
{
    if (!value || json_is_null(value))
        return true;
    if (!json_is_array(value))
        return add_key(keys, value, settable);
    size_t index;
    const json_t *item;
    json_array_foreach((json_t *)(uintptr_t)value, index, item) if (!add_key(keys, item, settable)) return false;
    return true;
}

struct dr_aws_pages *dr_aws_pages_new(const char *paginator_text, const json_t *input, char **ret_problem)
{
    struct dr_aws_pages *pages = dr_alloc(sizeof *pages);
    char *error = NULL;
    json_t *definition = pages->definition = dr_json_parse(paginator_text, strlen(paginator_text), &error);
    struct keys more = {0};
    pages->input = input ? dr_json_share(input) : json_object();
    pages->result = json_object();
    bool good = json_is_object(definition) &&
                read_keys(&pages->input_tokens, json_object_get(definition, "input_token"), true) &&
                read_keys(&pages->output_tokens, json_object_get(definition, "output_token"), false) &&
                read_keys(&pages->result_keys, json_object_get(definition, "result_key"), true) &&
                read_keys(&pages->fixed_keys, json_object_get(definition, "non_aggregate_keys"), true) &&
                read_keys(&more, json_object_get(definition, "more_results"), false) && pages->input_tokens.count > 0 &&
                pages->input_tokens.count == pages->output_tokens.count && pages->result_keys.count > 0 &&
                more.count <= 1;
    if (!good) {
        *ret_problem = dr_format("the service model's paginator cannot be followed: %s",
                                 error ? error : "it needs as many input tokens as output tokens, and a result key");
        free(error);
        dr_aws_pages_free(pages);
        return NULL;
    }
    pages->more_results = more.count ? more.paths[0] : NULL;
    return pages;
}

void dr_aws_pages_free(struct dr_aws_pages *pages)
{
    if (!pages)
        return;
    json_decref(pages->definition);
    json_decref(pages->input);
    json_decref(pages->result);
    free(pages);
}

/* --- Joining -------------------------------------------------------------------------------------------------------
 */

/* One level of ours, so that extending it changes nobody else's value. */
static json_t *copy_level(const json_t *value)
{
    if (json_is_array(value)) {
        json_t *copy = json_array();
        for (size_t i = 0; i < json_array_size(value); i++)
            json_array_append(copy, json_array_get(value, i));
        return copy;
    }
    return dr_json_share(value);
}

static json_t *join_texts(const json_t *first, const json_t *second)
{
    struct dr_text text = {0};
    dr_text_add(&text, json_string_value(first), json_string_length(first));
    dr_text_add(&text, json_string_value(second), json_string_length(second));
    json_t *joined = json_stringn_nocheck(text.bytes ? text.bytes : "", text.size);
    dr_text_done(&text);
    return joined;
}

/* Maps of lists (API Gateway's usage by key) are joined key by key. */
static json_t *join_maps(const json_t *first, const json_t *second)
{
    json_t *joined = json_object();
    const char *key;
    const json_t *value;
    json_object_foreach((json_t *)(uintptr_t)first, key, value)
        json_object_set_new_nocheck(joined, key, copy_level(value));
    json_object_foreach((json_t *)(uintptr_t)second, key, value)
    {
        json_t *there = json_object_get(joined, key);
        if (json_is_array(there) && json_is_array(value))
            json_array_extend(there, (json_t *)(uintptr_t)value);
        else
            json_object_set_new_nocheck(joined, key, copy_level(value));
    }
    return joined;
}

static void join(json_t *result, const char *path, const json_t *value)
{
    const json_t *there = dr_aws_pages_search(path, result);
    json_int_t sum;
    if (!there)
        set_at(result, path, copy_level(value));
    else if (json_is_array(there) && json_is_array(value))
        json_array_extend((json_t *)(uintptr_t)there, (json_t *)(uintptr_t)value);
    else if (json_is_string(there) && json_is_string(value))
        set_at(result, path, join_texts(there, value));
    else if (json_is_object(there) && json_is_object(value))
        set_at(result, path, join_maps(there, value));
    else if (json_is_integer(there) && json_is_integer(value) &&
             !__builtin_add_overflow(json_integer_value(there), json_integer_value(value), &sum))
        set_at(result, path, json_integer(sum));
    else if (json_is_number(there) && json_is_number(value))
        set_at(result, path, json_real(json_number_value(there) + json_number_value(value)));
}

/* --- Going on ------------------------------------------------------------------------------------------------------
 */

static enum dr_aws_pages_step broken(char **ret_problem, char *problem)
{
    *ret_problem = problem;
    return DR_AWS_PAGES_BROKEN;
}

/* Sets the tokens of the next request. false: there is none. `ret_same`: they are those of the last one. */
static bool set_tokens(struct dr_aws_pages *pages, const json_t *output, bool *ret_same)
{
    json_t *next = json_object();
    const char *key;
    const json_t *value;
    json_object_foreach(pages->input, key, value) json_object_set_nocheck(next, key, (json_t *)(uintptr_t)value);
    bool any = false, same = true;
    for (size_t i = 0; i < pages->input_tokens.count; i++) {
        const char *name = pages->input_tokens.paths[i];
        const json_t *token = dr_aws_pages_search(pages->output_tokens.paths[i], output),
                     *before = json_object_get(pages->input, name);
        if (!is_true(token)) {
            same = same && !before;
            json_object_del(next, name);
            continue;
        }
        any = true;
        same = same && before && json_equal((json_t *)(uintptr_t)before, (json_t *)(uintptr_t)token);
        json_object_set_new_nocheck(next, name, dr_json_share(token));
    }
    *ret_same = any && same;
    json_decref(pages->input);
    pages->input = next;
    return any;
}

enum dr_aws_pages_step dr_aws_pages_take(struct dr_aws_pages *pages, const json_t *output, size_t bytes,
                                         char **ret_problem)
{
    pages->count++;
    pages->bytes += bytes;
    if (pages->bytes > DR_PAYLOAD_BYTES_MAX)
        return broken(ret_problem, dr_format("the first %u pages together are larger than the %u bytes allowed: "
                                             "narrow the request, or ask for single pages",
                                             pages->count, DR_PAYLOAD_BYTES_MAX));
    for (size_t i = 0; i < pages->result_keys.count; i++) {
        const json_t *value = dr_aws_pages_search(pages->result_keys.paths[i], output);
        if (value)
            join(pages->result, pages->result_keys.paths[i], value);
    }
    for (size_t i = 0; pages->count == 1 && i < pages->fixed_keys.count; i++) {
        const json_t *value = dr_aws_pages_search(pages->fixed_keys.paths[i], output);
        if (value && !dr_aws_pages_search(pages->fixed_keys.paths[i], pages->result))
            set_at(pages->result, pages->fixed_keys.paths[i],
                   json_deep_copy(value)); /* ours: pages are joined into it */
    }
    if (pages->more_results && !is_true(dr_aws_pages_search(pages->more_results, output)))
        return DR_AWS_PAGES_DONE;
    bool same = false;
    if (!set_tokens(pages, output, &same)) {
        if (!pages->more_results)
            return DR_AWS_PAGES_DONE;
        return broken(ret_problem, dr_format("page %u says that there is more (%s) and not where (%s is missing)",
                                             pages->count, pages->more_results, pages->output_tokens.paths[0]));
    }
    if (same)
        return broken(ret_problem, dr_format("page %u ends with the same %s as the page before: it would never end",
                                             pages->count, pages->output_tokens.paths[0]));
    if (pages->count >= DR_AWS_PAGES_MAX)
        return broken(
            ret_problem,
            dr_format("there are more than %u pages: narrow the request, or ask for single pages", DR_AWS_PAGES_MAX));
    return DR_AWS_PAGES_MORE;
}

const json_t *dr_aws_pages_input(const struct dr_aws_pages *pages)
{
    return pages->input;
}

json_t *dr_aws_pages_result(const struct dr_aws_pages *pages)
{
    return json_incref(pages->result);
}

unsigned dr_aws_pages_count(const struct dr_aws_pages *pages)
{
    return pages->count;
}
