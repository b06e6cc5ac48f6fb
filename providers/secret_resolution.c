/* Resolving the references of one call: collect what is named, fetch each value once and all of them at the same time,
 * then make the copy of the arguments. */
#include "providers/secrets.h"

#include "interpreter/base/limits.h"
#include "providers/secrets_parts.h"

#include <stdlib.h>
#include <string.h>

static const char opening[] = DR_REFERENCE_OPENING, closing[] = DR_REFERENCE_CLOSING;

struct value {
    struct dr_resolution *resolution;
    struct dr_secret_reference reference;
    void *fetching;       /* NULL: not under way */
    struct dr_text bytes; /* never grown once it holds the value */
};

struct dr_resolution {
    json_t *arguments;
    struct dr_secret_place place;
    struct dr_secrets *secrets;
    struct value **values; /* by address: a source calls back with one */
    size_t count, missing;
    dr_resolved_fn *fn;
    void *data;
    struct dr_error error;
};

static void free_resolution(struct dr_resolution *resolution)
{
    for (size_t i = 0; i < resolution->count; i++) {
        struct value *value = resolution->values[i];
        if (value->fetching)
            resolution->place.source->cancel(resolution->place.source, value->fetching);
        dr_secret_reference_done(&value->reference);
        dr_secrets_wipe_text(&value->bytes);
        free(value);
    }
    free(resolution->values);
    dr_secrets_free(resolution->secrets);
    dr_error_done(&resolution->error);
    json_decref(resolution->arguments);
    free(resolution);
}

/* --- Strings with references in them ------------------------------------------------------------------------------ */

/* Appends what one reference stands for. False with the resolution's error set. */
typedef bool each_fn(struct dr_resolution *resolution, const struct dr_secret_reference *reference,
                     struct dr_text *out);

/* The string with `each` in place of every reference: a new reference, the same string if there is none, or NULL. */
static json_t *replace(struct dr_resolution *resolution, const json_t *string, each_fn *each)
{
    const char *at = json_string_value(string), *end = at + json_string_length(string);
    const char *found = memmem(at, (size_t)(end - at), opening, sizeof opening - 1);
    if (!found)
        return dr_json_share(string);
    struct dr_text text = {0};
    for (; found; found = memmem(at, (size_t)(end - at), opening, sizeof opening - 1)) {
        const char *inside = found + sizeof opening - 1;
        const char *close = memmem(inside, (size_t)(end - inside), closing, sizeof closing - 1);
        struct dr_secret_reference reference = {0};
        dr_text_add(&text, at, (size_t)(found - at));
        if (!close)
            dr_error_set(&resolution->error, "States.Runtime", "a dynamic reference is not closed: \"%.60s\"", found);
        bool good = close &&
                    dr_secret_reference_parse(inside, (size_t)(close - inside), &reference, &resolution->error) &&
                    each(resolution, &reference, &text);
        dr_secret_reference_done(&reference);
        if (!good) {
            dr_secrets_wipe_text(&text);
            return NULL;
        }
        at = close + sizeof closing - 1;
    }
    dr_text_add(&text, at, (size_t)(end - at));
    json_t *resolved = json_stringn(text.bytes ? text.bytes : "", text.size);
    dr_secrets_wipe_text(&text);
    if (resolved)
        dr_secrets_keep_string(resolution->secrets, resolved);
    else
        dr_error_set(&resolution->error, "States.Runtime", "the value of a dynamic reference is not valid UTF-8");
    return resolved;
}

/* --- First pass: what is to be fetched ---------------------------------------------------------------------------- */

static bool is_variable(const struct dr_secret_reference *reference)
{
    return strcmp(reference->source, "env") == 0;
}

static struct value *find_value(const struct dr_resolution *resolution, const struct dr_secret_reference *reference)
{
    for (size_t i = 0; i < resolution->count; i++)
        if (dr_secret_reference_same(&resolution->values[i]->reference, reference))
            return resolution->values[i];
    return NULL;
}

static bool collect(struct dr_resolution *resolution, const struct dr_secret_reference *reference, struct dr_text *out)
{
    (void)out;
    if (is_variable(reference) || find_value(resolution, reference))
        return true;
    if (resolution->count == DR_SECRETS_MAX) {
        dr_error_set(&resolution->error, "States.Runtime", "a call may have references to %d secrets at most",
                     DR_SECRETS_MAX);
        return false;
    }
    struct value *value = dr_alloc(sizeof *value);
    value->resolution = resolution;
    value->reference = dr_secret_reference_copy(reference);
    resolution->values = dr_resize(resolution->values, resolution->count + 1, sizeof(struct value *));
    resolution->values[resolution->count++] = value;
    return true;
}

static json_t *collect_string(void *data, const json_t *string)
{
    json_t *replaced = replace(data, string, collect);
    json_decref(replaced);
    return replaced ? dr_json_share(string) : NULL;
}

/* --- Second pass: the copy ---------------------------------------------------------------------------------------- */

static void fail_key(struct dr_resolution *resolution, const struct dr_secret_reference *reference, const char *problem)
{
    dr_error_set(&resolution->error, "Drrun.SecretNotFound", "{{resolve:%s:%s:SecretString:%s}}: %s", reference->source,
                 reference->name, reference->key, problem);
}

/* The member `key` of the JSON object that the secret is. */
static bool pick_member(struct dr_resolution *resolution, const struct dr_secret_reference *reference,
                        const struct dr_text *secret, struct dr_text *out)
{
    json_t *object = dr_json_parse(secret->bytes, secret->size, NULL); /* its problem would quote the secret */
    json_t *member = json_object_get(object, reference->key);
    bool found = false;
    if (!json_is_object(object))
        fail_key(resolution, reference, "the secret is not a JSON object");
    else if (!member)
        fail_key(resolution, reference, "the secret has no such member");
    else if (json_is_string(member))
        found = true;
    else if (!(found = dr_text_json(out, member, DR_PAYLOAD_BYTES_MAX)))
        fail_key(resolution, reference, "the member is too large");
    if (found && json_is_string(member))
        dr_text_add(out, json_string_value(member), json_string_length(member));
    dr_secrets_wipe_json(object);
    json_decref(object);
    return found;
}

static bool read_variable(struct dr_resolution *resolution, const struct dr_secret_reference *reference,
                          struct dr_text *out)
{
    const char *found = getenv(reference->name);
    if (!found)
        dr_error_set(&resolution->error, "Drrun.SecretNotFound",
                     "{{resolve:env:%s}}: the environment variable %s is not set", reference->name, reference->name);
    else
        dr_text_puts(out, found);
    return found != NULL;
}

static bool insert(struct dr_resolution *resolution, const struct dr_secret_reference *reference, struct dr_text *out)
{
    const struct value *value = is_variable(reference) ? NULL : find_value(resolution, reference);
    struct dr_text bytes = {0};
    bool good;
    if (!value)
        good = read_variable(resolution, reference, &bytes);
    else if (reference->key)
        good = pick_member(resolution, reference, &value->bytes, &bytes);
    else {
        dr_text_add(&bytes, value->bytes.bytes, value->bytes.size);
        good = true;
    }
    if (good) {
        dr_secrets_remember(resolution->secrets, bytes.bytes ? bytes.bytes : "", bytes.size);
        dr_text_add(out, bytes.bytes ? bytes.bytes : "", bytes.size);
    }
    dr_secrets_wipe_text(&bytes);
    return good;
}

static json_t *insert_string(void *data, const json_t *string)
{
    return replace(data, string, insert);
}

/* --- The whole ---------------------------------------------------------------------------------------------------- */

/* Tells what became of it, and is gone. */
static void finish(struct dr_resolution *resolution)
{
    dr_resolved_fn *fn = resolution->fn;
    void *data = resolution->data;
    json_t *resolved =
        resolution->error.error ? NULL : dr_secrets_rewrite(resolution->arguments, insert_string, resolution);
    struct dr_secrets *secrets = NULL;
    struct dr_error error = resolution->error;
    resolution->error = (struct dr_error){0};
    if (resolved) {
        secrets = resolution->secrets;
        resolution->secrets = NULL;
    }
    free_resolution(resolution);
    fn(data, resolved, secrets, resolved ? NULL : &error);
    json_decref(resolved);
    dr_error_done(&error);
}

static void fetched(void *data, const char *bytes, size_t size, const struct dr_error *error)
{
    struct value *value = data;
    struct dr_resolution *resolution = value->resolution;
    value->fetching = NULL;
    if (!bytes) {
        dr_error_set(&resolution->error, error->error, "%s", error->cause ? error->cause : "");
        finish(resolution); /* lets go of the others */
        return;
    }
    dr_text_add(&value->bytes, bytes, size);
    if (--resolution->missing == 0)
        finish(resolution);
}

static void fetch_all(struct dr_resolution *resolution)
{
    const struct dr_secret_place *place = &resolution->place;
    resolution->missing = resolution->count;
    for (size_t i = 0; i < resolution->count; i++) {
        struct value *value = resolution->values[i];
        const struct dr_secret_request request = {.reference = &value->reference,
                                                  .runtime = place->runtime,
                                                  .region = place->region,
                                                  .credentials = place->credentials,
                                                  .execution_name = place->execution_name,
                                                  .deadline_ms = place->deadline_ms};
        value->fetching = place->source->fetch(place->source, &request, fetched, value);
    }
}

struct dr_resolution *dr_secrets_resolve(const json_t *arguments, const struct dr_secret_place *place,
                                         dr_resolved_fn *fn, void *data)
{
    if (!dr_secrets_present(arguments)) {
        json_t *same = dr_json_share(arguments);
        fn(data, same, NULL, NULL);
        json_decref(same);
        return NULL;
    }
    struct dr_resolution *resolution = dr_alloc(sizeof *resolution);
    *resolution = (struct dr_resolution){
        .arguments = dr_json_share(arguments), .place = *place, .secrets = dr_secrets_new(), .fn = fn, .data = data};
    json_t *seen = dr_secrets_rewrite(arguments, collect_string, resolution);
    json_decref(seen);
    if (seen && resolution->count > 0 && !place->source)
        dr_error_set(&resolution->error, "Drrun.SecretSourceUnavailable",
                     "{{resolve:%s:%s}} needs AWS, which cannot be reached here; {{resolve:env:NAME}} works",
                     resolution->values[0]->reference.source, resolution->values[0]->reference.name);
    if (resolution->error.error || resolution->count == 0) {
        finish(resolution);
        return NULL;
    }
    fetch_all(resolution);
    return resolution;
}

void dr_secrets_cancel(struct dr_resolution *resolution)
{
    if (resolution)
        free_resolution(resolution);
}
