/* Small things that the services which run applications have in common: JSON, tags, steady ids. */
#include "providers/simulated/services/compute.h"

#include "interpreter/base/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct dr_sim_place dr_sim_place_of(const struct dr_sim_call *call)
{
    return (struct dr_sim_place){call->cloud, call->account, call->region, call->now_ms};
}

struct dr_sim_place dr_sim_place_then(const struct dr_sim_happening *happening)
{
    return (struct dr_sim_place){happening->cloud, happening->account, happening->region, happening->at_ms};
}

const char *dr_sim_text_in(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

int64_t dr_sim_int_in(const json_t *object, const char *key, int64_t otherwise)
{
    const json_t *value = json_object_get(object, key);
    if (json_is_integer(value))
        return json_integer_value(value);
    double real = json_real_value(value);
    return json_is_real(value) && real > -9e15 && real < 9e15 ? (int64_t)real : otherwise;
}

bool dr_sim_is(const json_t *object, const char *key, const char *text)
{
    const char *value = json_string_value(json_object_get(object, key));
    return value && strcmp(value, text) == 0;
}

bool dr_sim_lists(const json_t *list, const char *text)
{
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item)
    {
        if (json_is_string(item) && strcmp(json_string_value(item), text) == 0)
            return true;
    }
    return false;
}

void dr_sim_set_text(json_t *object, const char *key, const char *text)
{
    json_object_set_new(object, key, json_string(text));
}

void dr_sim_set_int(json_t *object, const char *key, int64_t number)
{
    json_object_set_new(object, key, json_integer((json_int_t)number));
}

void dr_sim_set_time(json_t *object, const char *key, int64_t at_ms)
{
    char *text = dr_sim_timestamp(at_ms);
    dr_sim_set_text(object, key, text);
    free(text);
}

const char *dr_sim_dimension(const json_t *dimensions, const char *name)
{
    size_t i;
    json_t *one;
    json_array_foreach(dimensions, i, one)
    {
        if (dr_sim_is(one, "Name", name))
            return dr_sim_text_in(one, "Value");
    }
    return dr_sim_text_in(dimensions, name);
}

void dr_sim_take(json_t *to, const json_t *from, const char *const *names)
{
    for (; *names; names++) {
        json_t *value = json_object_get(from, *names);
        if (value)
            json_object_set_new(to, *names, json_deep_copy(value));
    }
}

static size_t tag_index(const json_t *tags, const char *name, const char *key)
{
    size_t i = 0;
    while (i < json_array_size(tags) && !dr_sim_is(json_array_get(tags, i), key, name))
        i++;
    return i;
}

void dr_sim_tags_add(json_t *tags, const json_t *more, const char *key)
{
    size_t i;
    json_t *tag;
    json_array_foreach(more, i, tag)
    {
        size_t at = tag_index(tags, dr_sim_text_in(tag, key), key);
        if (at < json_array_size(tags))
            json_array_set_new(tags, at, json_deep_copy(tag));
        else
            json_array_append_new(tags, json_deep_copy(tag));
    }
}

void dr_sim_tags_remove(json_t *tags, const json_t *keys, const char *key)
{
    size_t i;
    json_t *name;
    json_array_foreach(keys, i, name)
    {
        size_t at = tag_index(tags, json_string_value(name), key);
        if (at < json_array_size(tags))
            json_array_remove(tags, at);
    }
}

json_t *dr_sim_tags_of(const json_t *given, const char *key, const char *value)
{
    json_t *tags = json_array(), *text;
    const char *name;
    json_object_foreach((json_t *)(uintptr_t)given, name, text)
        json_array_append_new(tags, json_pack("{s:s,s:O}", key, name, value, text));
    return tags;
}

char *dr_sim_steady_id(const char *region, const char *kind, const char *name, unsigned digits)
{
    const char *const parts[] = {region, "/", kind, "/", name};
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        for (const char *at = parts[i]; *at; at++)
            hash = (hash ^ (unsigned char)*at) * UINT64_C(1099511628211);
    hash ^= hash >> 29;
    char *whole = dr_format("%016" PRIx64, hash);
    whole[digits < 16 ? digits : 16] = '\0';
    return whole;
}

const char *dr_sim_last_part(const char *arn)
{
    const char *slash = strrchr(arn, '/');
    return slash ? slash + 1 : arn;
}

char *dr_sim_zone_of(const char *region, unsigned index)
{
    return dr_format("%s%c", region, (char)('a' + index % 3));
}

char *dr_sim_private_ipv4(struct dr_sim_cloud *cloud)
{
    uint64_t drawn = dr_sim_random(cloud);
    return dr_format("10.0.%u.%u", (unsigned)(drawn & 127), 4 + (unsigned)((drawn >> 8) % 250));
}
