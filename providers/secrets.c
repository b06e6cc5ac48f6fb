/* What was resolved for a call: remembered, masked wherever it comes back, wiped in the end. */
#include "providers/secrets.h"

#include "providers/secrets_parts.h"

#include "interpreter/base/limits.h"
#include "interpreter/base/octets.h"
#include "interpreter/base/text.h"

#include <stdlib.h>
#include <string.h>

enum {
    MASKED_BYTES_MIN = 4, /* a shorter one would blacken half the text */
};

static const char mask[] = "***";

struct secret {
    char *bytes;
    size_t size;
};

struct dr_secrets {
    struct secret *items; /* the values, and the forms in which a value may come back; longest first */
    size_t count;
    json_t **strings; /* of the resolved arguments, to be wiped with them */
    size_t string_count;
};

/* --- Remembering
 * ------------------------------------------------------------------------------------------------------- */

struct dr_secrets *dr_secrets_new(void)
{
    return dr_alloc(sizeof(struct dr_secrets));
}

void dr_secrets_wipe_text(struct dr_text *text)
{
    if (text->bytes)
        explicit_bzero(text->bytes, text->capacity);
    dr_text_done(text);
}

static void remember(struct dr_secrets *secrets, const char *bytes, size_t size)
{
    if (size < MASKED_BYTES_MIN)
        return;
    size_t at = 0;
    while (at < secrets->count && secrets->items[at].size >= size) {
        if (secrets->items[at].size == size && memcmp(secrets->items[at].bytes, bytes, size) == 0)
            return;
        at++;
    }
    secrets->items = dr_resize(secrets->items, secrets->count + 1, sizeof *secrets->items);
    memmove(secrets->items + at + 1, secrets->items + at, (secrets->count - at) * sizeof *secrets->items);
    secrets->items[at] = (struct secret){.bytes = dr_copy_bytes(bytes, size), .size = size};
    secrets->count++;
}

/* A service that echoes a request shows the value as it was sent: in a URL, in a JSON text. */
void dr_secrets_remember(struct dr_secrets *secrets, const char *bytes, size_t size)
{
    struct dr_text form = {0};
    dr_text_reserve(&form, size * 6 + 8); /* so that it is never moved, leaving a copy behind */
    remember(secrets, bytes, size);
    dr_octets_percent(&form, bytes, size, "");
    remember(secrets, form.bytes, form.size);
    dr_text_clear(&form);
    dr_text_json_string(&form, bytes, size);
    remember(secrets, form.bytes + 1, form.size - 2);
    dr_secrets_wipe_text(&form);
}

void dr_secrets_keep_string(struct dr_secrets *secrets, json_t *string)
{
    secrets->strings = dr_resize(secrets->strings, secrets->string_count + 1, sizeof(json_t *));
    secrets->strings[secrets->string_count++] = json_incref(string);
}

static void wipe_string(json_t *string)
{
    union {
        const char *read_only;
        char *bytes;
    } text = {.read_only = json_string_value(string)};
    explicit_bzero(text.bytes, json_string_length(string));
}

static void wipe(json_t *value, unsigned depth)
{
    const char *key;
    json_t *member;
    if (json_is_string(value))
        wipe_string(value);
    for (size_t i = 0; depth < DR_DEPTH_MAX && i < json_array_size(value); i++)
        wipe(json_array_get(value, i), depth + 1);
    json_object_foreach(value, key, member)
    {
        if (depth < DR_DEPTH_MAX)
            wipe(member, depth + 1);
    }
}

void dr_secrets_wipe_json(json_t *value)
{
    wipe(value, 0);
}

void dr_secrets_free(struct dr_secrets *secrets)
{
    if (!secrets)
        return;
    for (size_t i = 0; i < secrets->count; i++) {
        explicit_bzero(secrets->items[i].bytes, secrets->items[i].size);
        free(secrets->items[i].bytes);
    }
    for (size_t i = 0; i < secrets->string_count; i++) {
        if (secrets->strings[i]->refcount == 1) /* else somebody still uses it, who then answers for it */
            wipe_string(secrets->strings[i]);
        json_decref(secrets->strings[i]);
    }
    free(secrets->strings);
    free(secrets->items);
    free(secrets);
}

/* --- Walking through a value
 * --------------------------------------------------------------------------------------------- */

static json_t *rewrite(const json_t *value, dr_secrets_change_fn *change, void *data, unsigned depth);

static json_t *rewrite_array(const json_t *array, dr_secrets_change_fn *change, void *data, unsigned depth)
{
    json_t *copy = json_array();
    bool changed = false;
    for (size_t i = 0; i < json_array_size(array) && copy; i++) {
        const json_t *old = json_array_get(array, i);
        json_t *new = rewrite(old, change, data, depth);
        changed |= new != old;
        if (!new || json_array_append_new(copy, new) != 0) {
            json_decref(copy);
            copy = NULL;
        }
    }
    if (changed || !copy)
        return copy;
    json_decref(copy);
    return dr_json_share(array);
}

static json_t *rewrite_key(const char *key, dr_secrets_change_fn *change, void *data)
{
    json_t *old = json_string_nocheck(key), *new = change(data, old);
    json_decref(old);
    return new;
}

static json_t *rewrite_object(const json_t *object, dr_secrets_change_fn *change, void *data, unsigned depth)
{
    json_t *copy = json_object(), *old;
    const char *key;
    bool changed = false;
    union {
        const json_t *frozen;
        json_t *iterable;
    } same = {.frozen = object}; /* jansson's iteration does not write */
    json_object_foreach(same.iterable, key, old)
    {
        json_t *new_key = rewrite_key(key, change, data), *new = new_key ? rewrite(old, change, data, depth) : NULL;
        changed |= new != old || (new_key && strcmp(json_string_value(new_key), key) != 0);
        bool done = new &&json_object_set_new_nocheck(copy, json_string_value(new_key), new) == 0;
        json_decref(new_key);
        if (!done) {
            json_decref(copy);
            return NULL;
        }
    }
    if (changed)
        return copy;
    json_decref(copy);
    return dr_json_share(object);
}

static json_t *rewrite(const json_t *value, dr_secrets_change_fn *change, void *data, unsigned depth)
{
    if (json_is_string(value))
        return change(data, value);
    if (depth == DR_DEPTH_MAX) /* nothing deeper gets into a state's data: see limits.h */
        return dr_json_share(value);
    if (json_is_array(value))
        return rewrite_array(value, change, data, depth + 1);
    return json_is_object(value) ? rewrite_object(value, change, data, depth + 1) : dr_json_share(value);
}

json_t *dr_secrets_rewrite(const json_t *value, dr_secrets_change_fn *change, void *data)
{
    return rewrite(value, change, data, 0);
}

/* --- What the engine calls
 * ------------------------------------------------------------------------------------------------ */

static bool is_present(const json_t *value, unsigned depth)
{
    if (json_is_string(value))
        return memmem(json_string_value(value), json_string_length(value), DR_REFERENCE_OPENING,
                      sizeof DR_REFERENCE_OPENING - 1) != NULL;
    for (size_t i = 0; depth < DR_DEPTH_MAX && i < json_array_size(value); i++)
        if (is_present(json_array_get(value, i), depth + 1))
            return true;
    union {
        const json_t *frozen;
        json_t *iterable;
    } same = {.frozen = value};
    const char *key;
    json_t *member;
    json_object_foreach(same.iterable, key, member)
    {
        if (strstr(key, DR_REFERENCE_OPENING) || (depth < DR_DEPTH_MAX && is_present(member, depth + 1)))
            return true;
    }
    return false;
}

bool dr_secrets_present(const json_t *arguments)
{
    return is_present(arguments, 0);
}

static bool mask_bytes(const struct dr_secrets *secrets, const char *bytes, size_t size, struct dr_text *out)
{
    bool masked = false;
    for (size_t at = 0; at < size;) {
        size_t hit = 0;
        for (size_t i = 0; i < secrets->count && hit == 0; i++)
            if (secrets->items[i].size <= size - at &&
                memcmp(bytes + at, secrets->items[i].bytes, secrets->items[i].size) == 0)
                hit = secrets->items[i].size;
        if (hit)
            dr_text_puts(out, mask);
        else
            dr_text_putc(out, bytes[at]);
        masked |= hit > 0;
        at += hit ? hit : 1;
    }
    return masked;
}

static json_t *change_masked(void *data, const json_t *string)
{
    struct dr_text text = {0};
    bool masked = mask_bytes(data, json_string_value(string), json_string_length(string), &text);
    json_t *result = masked ? json_stringn_nocheck(text.bytes, text.size) : dr_json_share(string);
    dr_text_done(&text);
    return result;
}

json_t *dr_secrets_mask(const struct dr_secrets *secrets, json_t *value)
{
    if (!secrets || secrets->count == 0 || !value)
        return json_incref(value);
    union {
        const struct dr_secrets *read_only;
        void *data;
    } same = {.read_only = secrets};
    return rewrite(value, change_masked, same.data, 0);
}

char *dr_secrets_mask_text(const struct dr_secrets *secrets, const char *text)
{
    if (!text || !secrets || secrets->count == 0)
        return dr_copy_string(text);
    struct dr_text out = {0};
    mask_bytes(secrets, text, strlen(text), &out);
    return dr_text_take(&out);
}
