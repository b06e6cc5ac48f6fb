/* Dynamic references. Where a value comes from is a row in `sources`; the AWS ones say what they lack until that
 * provider is there. */
#include "providers/secrets.h"

#include "interpreter/base/limits.h"
#include "interpreter/base/octets.h"
#include "interpreter/base/text.h"

#include <stdlib.h>
#include <string.h>

enum {
    MASKED_BYTES_MIN = 4, /* a shorter one would blacken half the text */
};

static const char opening[] = "{{resolve:", closing[] = "}}", mask[] = "***";

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

struct source {
    const char *name;
    /* Appends the value that `name` means. False with `error` set. */
    bool (*read)(const char *name, struct dr_text *value, struct dr_error *error);
};

/* --- Sources ---------------------------------------------------------------------------------------------------------
 */

static bool read_environment(const char *name, struct dr_text *value, struct dr_error *error)
{
    const char *found = getenv(name);
    if (!found) {
        dr_error_set(error, "Drrun.SecretNotFound", "{{resolve:env:%s}}: the environment variable %s is not set", name,
                     name);
        return false;
    }
    dr_text_puts(value, found);
    return true;
}

static bool refuse_aws(const char *service, const char *reference, const char *name, struct dr_error *error)
{
    dr_error_set(error, "Drrun.SecretSourceUnavailable",
                 "{{resolve:%s:%s}} needs AWS %s, which this build of drrun cannot reach; {{resolve:env:NAME}} works",
                 reference, name, service);
    return false;
}

static bool read_ssm(const char *name, struct dr_text *value, struct dr_error *error)
{
    (void)value;
    return refuse_aws("Systems Manager", "ssm", name, error);
}

static bool read_ssm_secure(const char *name, struct dr_text *value, struct dr_error *error)
{
    (void)value;
    return refuse_aws("Systems Manager", "ssm-secure", name, error);
}

static bool read_secretsmanager(const char *name, struct dr_text *value, struct dr_error *error)
{
    (void)value;
    return refuse_aws("Secrets Manager", "secretsmanager", name, error);
}

static const struct source sources[] = {
    {"env", read_environment},
    {"ssm", read_ssm},
    {"ssm-secure", read_ssm_secure},
    {"secretsmanager", read_secretsmanager},
};

/* --- Remembering
 * ------------------------------------------------------------------------------------------------------- */

static void wipe_text(struct dr_text *text)
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
static void remember_forms(struct dr_secrets *secrets, const struct dr_text *value)
{
    struct dr_text form = {0};
    dr_text_reserve(&form, value->size * 6 + 8); /* so that it is never moved, leaving a copy behind */
    remember(secrets, value->bytes ? value->bytes : "", value->size);
    dr_octets_percent(&form, value->bytes ? value->bytes : "", value->size, "");
    remember(secrets, form.bytes, form.size);
    dr_text_clear(&form);
    dr_text_json_string(&form, value->bytes ? value->bytes : "", value->size);
    remember(secrets, form.bytes + 1, form.size - 2);
    wipe_text(&form);
}

static void remember_string(struct dr_secrets *secrets, json_t *string)
{
    secrets->strings = dr_resize(secrets->strings, secrets->string_count + 1, sizeof(json_t *));
    secrets->strings[secrets->string_count++] = json_incref(string);
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
        json_t *string = secrets->strings[i];
        union {
            const char *read_only;
            char *bytes;
        } text = {.read_only = json_string_value(string)};
        if (string->refcount == 1) /* else somebody still uses it, who then answers for it */
            explicit_bzero(text.bytes, json_string_length(string));
        json_decref(string);
    }
    free(secrets->strings);
    free(secrets->items);
    free(secrets);
}

/* --- Resolving
 * --------------------------------------------------------------------------------------------------------- */

struct resolving {
    struct dr_secrets *secrets;
    struct dr_error *error;
};

/* One reference, `{{resolve:SOURCE:NAME}}` without its brackets: "SOURCE:NAME". */
static bool resolve_reference(struct resolving *resolving, const char *reference, size_t size, struct dr_text *out)
{
    char *source = dr_copy_bytes(reference, size), *name = strchr(source, ':');
    struct dr_text value = {0};
    bool found = false, resolved = false;
    if (name)
        *name++ = '\0';
    for (size_t i = 0; name && *name && i < sizeof sources / sizeof *sources && !found; i++)
        if ((found = strcmp(sources[i].name, source) == 0))
            resolved = sources[i].read(name, &value, resolving->error);
    if (!found)
        dr_error_set(
            resolving->error, "States.Runtime",
            "\"{{resolve:%.*s}}\" is not a dynamic reference: expected {{resolve:env:NAME}}, {{resolve:ssm:NAME}}, "
            "{{resolve:ssm-secure:NAME}} or {{resolve:secretsmanager:NAME:SecretString:KEY}}",
            (int)(size < 200 ? size : 200), reference);
    if (resolved) {
        remember_forms(resolving->secrets, &value);
        dr_text_add(out, value.bytes ? value.bytes : "", value.size);
    }
    wipe_text(&value);
    free(source);
    return resolved;
}

static json_t *resolve_string(struct resolving *resolving, const json_t *string)
{
    const char *at = json_string_value(string), *end = at + json_string_length(string);
    const char *found = memmem(at, (size_t)(end - at), opening, sizeof opening - 1);
    if (!found)
        return dr_json_share(string);
    struct dr_text text = {0};
    for (; found; found = memmem(at, (size_t)(end - at), opening, sizeof opening - 1)) {
        const char *reference = found + sizeof opening - 1;
        const char *close = memmem(reference, (size_t)(end - reference), closing, sizeof closing - 1);
        dr_text_add(&text, at, (size_t)(found - at));
        if (!close)
            dr_error_set(resolving->error, "States.Runtime", "a dynamic reference is not closed: \"%.60s\"", found);
        if (!close || !resolve_reference(resolving, reference, (size_t)(close - reference), &text)) {
            wipe_text(&text);
            return NULL;
        }
        at = close + sizeof closing - 1;
    }
    dr_text_add(&text, at, (size_t)(end - at));
    json_t *resolved = json_stringn(text.bytes, text.size);
    wipe_text(&text);
    if (resolved) {
        remember_string(resolving->secrets, resolved);
        return resolved;
    }
    dr_error_set(resolving->error, "States.Runtime", "the value of a dynamic reference is not valid UTF-8");
    return NULL;
}

/* --- Walking through a value
 * --------------------------------------------------------------------------------------------- */

/* A new reference to what the string becomes: the same if nothing changes, NULL to stop. */
typedef json_t *change_fn(void *data, const json_t *string);

static json_t *rewrite(const json_t *value, change_fn *change, void *data, unsigned depth);

static json_t *rewrite_array(const json_t *array, change_fn *change, void *data, unsigned depth)
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

static json_t *rewrite_key(const char *key, change_fn *change, void *data)
{
    json_t *old = json_string_nocheck(key), *new = change(data, old);
    json_decref(old);
    return new;
}

static json_t *rewrite_object(const json_t *object, change_fn *change, void *data, unsigned depth)
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

static json_t *rewrite(const json_t *value, change_fn *change, void *data, unsigned depth)
{
    if (json_is_string(value))
        return change(data, value);
    if (depth == DR_DEPTH_MAX) /* nothing deeper gets into a state's data: see limits.h */
        return dr_json_share(value);
    if (json_is_array(value))
        return rewrite_array(value, change, data, depth + 1);
    return json_is_object(value) ? rewrite_object(value, change, data, depth + 1) : dr_json_share(value);
}

/* --- What the engine calls
 * ------------------------------------------------------------------------------------------------ */

static bool is_present(const json_t *value, unsigned depth)
{
    if (json_is_string(value))
        return memmem(json_string_value(value), json_string_length(value), opening, sizeof opening - 1) != NULL;
    for (size_t i = 0; depth < DR_DEPTH_MAX && i < json_array_size(value); i++)
        if (is_present(json_array_get(value, i), depth + 1))
            return true;
    union {
        const json_t *frozen;
        json_t *iterable;
    } same = {.frozen = value};
    const char *key;
    json_t *member;
    json_object_foreach(same.iterable, key,
                        member) if (depth < DR_DEPTH_MAX && is_present(member, depth + 1)) return true;
    return false;
}

bool dr_secrets_present(const json_t *arguments)
{
    return is_present(arguments, 0);
}

static json_t *change_resolved(void *data, const json_t *string)
{
    return resolve_string(data, string);
}

json_t *dr_secrets_resolve(const json_t *arguments, struct dr_secrets **ret_secrets, struct dr_error *ret_error)
{
    if (!dr_secrets_present(arguments)) {
        *ret_secrets = NULL;
        return dr_json_share(arguments);
    }
    struct resolving resolving = {.secrets = dr_alloc(sizeof *resolving.secrets), .error = ret_error};
    json_t *resolved = rewrite(arguments, change_resolved, &resolving, 0);
    if (resolved)
        *ret_secrets = resolving.secrets;
    else
        dr_secrets_free(resolving.secrets);
    return resolved;
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
