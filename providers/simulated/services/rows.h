/* Short hands for rows of the simulated cloud's tables. */
#ifndef DRRUN_PROVIDERS_SIMULATED_SERVICES_ROWS_H
#define DRRUN_PROVIDERS_SIMULATED_SERVICES_ROWS_H

#include "interpreter/base/text.h"
#include "providers/simulated/cloud.h"

#include <stdlib.h>
#include <string.h>

/* The text of a member; "" if there is none. Borrowed. */
static inline const char *row_text(const json_t *row, const char *key)
{
    const json_t *value = json_object_get(row, key);
    return json_is_string(value) ? json_string_value(value) : "";
}
static inline int64_t row_int(const json_t *row, const char *key)
{
    return (int64_t)json_integer_value(json_object_get(row, key));
}
static inline void row_set_text(json_t *row, const char *key, const char *value)
{
    json_object_set_new(row, key, json_string(value));
}
static inline void row_set_int(json_t *row, const char *key, int64_t value)
{
    json_object_set_new(row, key, json_integer((json_int_t)value));
}
/* Takes over the text, which may be NULL: then nothing is set. */
static inline void row_give_text(json_t *row, const char *key, char *value)
{
    if (value)
        row_set_text(row, key, value);
    free(value);
}
static inline void row_set_time(json_t *row, const char *key, int64_t at_ms)
{
    row_give_text(row, key, dr_sim_timestamp(at_ms));
}
/* The member, made as an empty object if there is none. Borrowed. */
static inline json_t *row_object(json_t *row, const char *key)
{
    json_t *value = json_object_get(row, key);
    if (!value) {
        value = json_object();
        json_object_set_new(row, key, value);
    }
    return value;
}
static inline json_t *row_array(json_t *row, const char *key)
{
    json_t *value = json_object_get(row, key);
    if (!value) {
        value = json_array();
        json_object_set_new(row, key, value);
    }
    return value;
}
/* Copies those members of `from` that `names` (ends with NULL) lists. */
static inline void row_take(json_t *row, const json_t *from, const char *const *names)
{
    for (; *names; names++)
        if (json_object_get(from, *names))
            json_object_set_new(row, *names, dr_json_share(json_object_get(from, *names)));
}
static inline json_t *row_mutable(const json_t *row)
{
    return (json_t *)(uintptr_t)row;
}
/* The part of an ARN from 0, owned by the caller; the last (5) is all that is left. "" if it has none. */
static inline char *arn_part(const char *arn, unsigned index)
{
    for (unsigned i = 0; i < index; i++) {
        const char *colon = strchr(arn, ':');
        if (!colon)
            return dr_copy_string("");
        arn = colon + 1;
    }
    return dr_copy_bytes(arn, index == 5 ? strlen(arn) : strcspn(arn, ":"));
}
static inline bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), end_size = strlen(end);
    return size >= end_size && strcmp(text + size - end_size, end) == 0;
}
/* What a world lists, by name: an object of descriptions (which may be null), or an array of names. */
#define WORLD_EACH(given, name, description)                                                                           \
    for (size_t each_##name = 0;                                                                                       \
         each_##name < world_count(given) && world_at(given, each_##name, &name, &description); each_##name++)
static inline size_t world_count(const json_t *given)
{
    return json_is_array(given) ? json_array_size(given) : json_object_size(given);
}
static inline bool world_at(const json_t *given, size_t index, const char **ret_name, const json_t **ret_description)
{
    *ret_description = NULL;
    if (json_is_array(given)) {
        *ret_name = json_string_value(json_array_get(given, index));
        return *ret_name != NULL;
    }
    void *at = json_object_iter(row_mutable(given));
    for (size_t i = 0; i < index; i++)
        at = json_object_iter_next(row_mutable(given), at);
    *ret_name = json_object_iter_key(at);
    *ret_description = json_object_iter_value(at);
    return true;
}

#endif
