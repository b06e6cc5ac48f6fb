/* Dynamic references: the first line is what a source gives for every reference, the rest a string with references in
 * it. Whatever they are, the resolution tells exactly once, with a value or with an error that has a cause, and what
 * was given does not come back unmasked. */
#include "tests/fuzz/target.h"

#include "interpreter/base/text.h"
#include "providers/secrets.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { PENDING_MAX = 128 };

static struct {
    const char *value; /* what the source gives; not terminated */
    size_t size;
    struct {
        dr_secret_fn *fn;
        void *data;
    } pending[PENDING_MAX];
    size_t count, cancelled;
    unsigned told;
} vault;

static void *fetch(struct dr_secret_source *source, const struct dr_secret_request *request, dr_secret_fn *fn,
                   void *data)
{
    (void)source;
    assert(request->reference->name && *request->reference->name && strcmp(request->reference->source, "env") != 0);
    assert(!(request->reference->stage && request->reference->version));
    assert(vault.count < PENDING_MAX);
    vault.pending[vault.count].fn = fn;
    vault.pending[vault.count].data = data;
    return &vault.pending[vault.count++];
}

static void cancel(struct dr_secret_source *source, void *fetching)
{
    (void)source;
    assert(fetching);
    vault.cancelled++;
}

static void tell(void *data, json_t *resolved, struct dr_secrets *secrets, const struct dr_error *error)
{
    (void)data;
    vault.told++;
    assert(!resolved == !!error && (!error || (error->error && error->cause)));
    if (resolved && secrets && vault.size >= 4) {
        json_t *echo = json_stringn(vault.value, vault.size), *masked = dr_secrets_mask(secrets, echo);
        json_decref(masked);
        json_decref(echo);
    }
    dr_secrets_free(secrets);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct dr_secret_source source = {.fetch = fetch, .cancel = cancel};
    const char *text = (const char *)bytes, *line = size ? memchr(text, '\n', size) : NULL;
    const struct dr_secret_place place = {.source = &source, .region = "eu-west-1"};
    if (!line)
        return 0;
    vault.value = text;
    vault.size = (size_t)(line - text);
    vault.count = vault.cancelled = 0;
    vault.told = 0;
    json_t *string = json_stringn(line + 1, size - vault.size - 1);
    if (!string)
        return 0;
    json_t *arguments = json_pack("[O,{s:o}]", string, "again", string);
    struct dr_resolution *resolution = dr_secrets_resolve(arguments, &place, tell, NULL);
    assert(!resolution == (vault.told == 1));
    bool cancels = vault.size % 5 == 4;
    for (size_t i = 0, count = vault.count; resolution && !cancels && i < count && vault.told == 0; i++)
        vault.pending[i].fn(vault.pending[i].data, vault.value, vault.size, NULL);
    if (resolution && cancels)
        dr_secrets_cancel(resolution);
    assert(vault.told == (resolution && cancels ? 0U : 1U));
    json_decref(arguments);
    return 0;
}
