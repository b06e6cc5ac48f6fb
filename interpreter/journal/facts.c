/* Facts: one small JSON file per key, replaced atomically under the key's lock.
 *
 *     {"Key":"active-region","Value":"us-west-2","Version":3,"UpdatedAt":"...","By":"<execution>","Tokens":[{"Token":"...","Version":3}]}
 *
 * The last tokens stay with the fact, so that a call repeated after a crash finds that it has already been done. [D12]
 */
#include "interpreter/base/clock.h"
#include "interpreter/base/limits.h"
#include "interpreter/journal/disk.h"
#include "interpreter/journal/memory.h"
#include "interpreter/journal/problem.h"
#include "interpreter/journal/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TOKENS_MAX 64 /* remembered per fact: far more than can be in flight in one execution's crash */
#define PUT_CONDITION (-1)
#define PUT_PROBLEM (-2)

/* --- Where a fact is kept --- */

static struct dr_memory_fact *find_memory(struct dr_store *store, const char *key)
{
    struct dr_memory_fact *at = store->memory->facts;
    while (at && strcmp(at->key, key) != 0)
        at = at->next;
    return at;
}

/* A new reference, or NULL if there is none. False: unreadable. */
static bool load_fact(struct dr_store *store, const char *key, json_t **ret_fact, struct dr_problem *problem)
{
    *ret_fact = NULL;
    if (store->memory) {
        struct dr_memory_fact *found = find_memory(store, key);
        *ret_fact = found ? json_incref(found->fact) : NULL;
        return true;
    }
    char *name = dr_disk_name(key), *file = dr_format("%s.json", name),
         *path = dr_store_path(store, "facts", file, NULL);
    char *bytes, *error = NULL;
    size_t size;
    bool ok = dr_disk_read(path, &bytes, &size);
    if (ok) {
        *ret_fact = dr_json_parse(bytes, size, &error);
        if (!json_is_integer(json_object_get(*ret_fact, "Version")) || !json_object_get(*ret_fact, "Value")) {
            json_decref(*ret_fact);
            *ret_fact = NULL;
            ok = dr_problem_set(problem, DR_PROBLEM_CORRUPT, "%s: not a fact%s%s", path, error ? ": " : "",
                                error ? error : "");
        }
        free(bytes);
        free(error);
    } else if (!(ok = errno == ENOENT)) {
        dr_problem_errno(problem, "read", path);
    }
    free(path);
    free(file);
    free(name);
    return ok;
}

static bool save_memory(struct dr_store *store, const char *key, json_t *fact)
{
    struct dr_memory_fact *found = find_memory(store, key);
    if (!found) {
        found = dr_alloc(sizeof *found);
        *found = (struct dr_memory_fact){.key = dr_copy_string(key), .next = store->memory->facts};
        store->memory->facts = found;
    }
    json_decref(found->fact);
    found->fact = json_incref(fact);
    return true;
}

static bool save_fact(struct dr_store *store, const char *key, json_t *fact, struct dr_problem *problem)
{
    if (store->memory)
        return save_memory(store, key, fact);
    struct dr_text text = {0};
    bool ok = dr_text_json(&text, fact, DR_PAYLOAD_BYTES_MAX);
    if (!ok)
        return dr_problem_set(problem, DR_PROBLEM_IO, "the value of fact \"%s\" is too large", key);
    dr_text_putc(&text, '\n');
    char *name = dr_disk_name(key), *file = dr_format("%s.json", name), *folder = dr_format("%s/facts", store->folder);
    ok = dr_disk_replace(folder, file, text.bytes, text.size, true) ||
         dr_problem_errno(problem, "write the fact in", folder);
    dr_text_done(&text);
    free(folder);
    free(file);
    free(name);
    return ok;
}

/* --- What a fact is --- */

static int64_t version_of(const json_t *fact)
{
    return fact ? json_integer_value(json_object_get(fact, "Version")) : 0;
}

/* The version that this token made; 0: none that we remember. */
static int64_t version_by_token(const json_t *fact, const char *token)
{
    const json_t *tokens = json_object_get(fact, "Tokens");
    for (size_t i = 0; token && i < json_array_size(tokens); i++) {
        const json_t *entry = json_array_get(tokens, i);
        const char *known = json_string_value(json_object_get(entry, "Token"));
        if (known && strcmp(known, token) == 0)
            return version_of(entry);
    }
    return 0;
}

static json_t *next_tokens(const json_t *fact, const char *token, int64_t version)
{
    json_t *tokens = json_array();
    const json_t *old = json_object_get(fact, "Tokens");
    size_t count = json_array_size(old);
    for (size_t i = count >= TOKENS_MAX ? count - TOKENS_MAX + 1 : 0; i < count; i++)
        json_array_append(tokens, json_array_get(old, i));
    if (token)
        json_array_append_new(tokens, json_pack("{s:s,s:I}", "Token", token, "Version", (json_int_t)version));
    return tokens;
}

json_t *dr_store_fact_get(struct dr_store *store, const char *key, struct dr_problem *problem)
{
    json_t *fact;
    if (!load_fact(store, key, &fact, problem) || !fact)
        return NULL;
    json_t *shown = json_object();
    static const char *const members[] = {"Value", "Version", "UpdatedAt", "By"};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        json_object_set(shown, members[i], json_object_get(fact, members[i]));
    json_decref(fact);
    return shown;
}

static int64_t put_locked(struct dr_store *store, const char *key, const json_t *value, int64_t if_version,
                          const char *token, const char *by, int64_t now_ms, struct dr_problem *problem)
{
    json_t *old;
    if (!load_fact(store, key, &old, problem))
        return PUT_PROBLEM;
    int64_t version = version_by_token(old, token);
    if (version == 0 && if_version >= 0 && if_version != version_of(old))
        version = PUT_CONDITION;
    if (version == 0) {
        char time[DR_TIME_TEXT];
        version = version_of(old) + 1;
        json_t *fact = json_pack("{s:s,s:o,s:I,s:s,s:s?,s:o}", "Key", key, "Value", json_deep_copy(value), "Version",
                                 (json_int_t)version, "UpdatedAt", dr_time_format(time, now_ms), "By", by, "Tokens",
                                 next_tokens(old, token, version));
        if (!save_fact(store, key, fact, problem))
            version = PUT_PROBLEM;
        json_decref(fact);
    }
    json_decref(old);
    return version;
}

int64_t dr_store_fact_put(struct dr_store *store, const char *key, const json_t *value, int64_t if_version,
                          const char *token, const char *by, int64_t now_ms, struct dr_problem *problem)
{
    if (store->memory)
        return put_locked(store, key, value, if_version, token, by, now_ms, problem);
    char *name = dr_disk_name(key);
    int fd = dr_store_enter(store, "facts", name, problem);
    int64_t version = fd < 0 ? PUT_PROBLEM : put_locked(store, key, value, if_version, token, by, now_ms, problem);
    if (fd >= 0)
        close(fd);
    free(name);
    return version;
}
