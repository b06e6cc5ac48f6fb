#include "interpreter/expression/jsonata/value.h"

#include "interpreter/expression/jsonata/utf8.h"

#include <assert.h>
#include <stdlib.h>

/* --- arrays ------------------------------------------------------------------------------------------------------- */

struct jx_array *jx_array_new(struct jx_arena *arena, size_t capacity, unsigned flags)
{
    struct jx_array *array = jx_alloc(arena, sizeof *array);
    *array = (struct jx_array){.flags = flags};
    if (capacity)
        jx_array_room(arena, array, capacity);
    return array;
}

void jx_array_room(struct jx_arena *arena, struct jx_array *array, size_t more)
{
    if (array->capacity - array->count >= more && array->capacity)
        return;
    size_t capacity = array->capacity ? array->capacity * 2 : 4;
    if (capacity < array->count + more)
        capacity = array->count + more;
    struct jx_value *items;
    if (array->capacity) {
        items = jx_grow(arena, array->items, array->capacity * sizeof *items, jx_times(capacity, sizeof *items));
    } else { /* the items were shared, or counted, or none */
        items = jx_alloc(arena, jx_times(capacity, sizeof *items));
        for (size_t i = 0; i < array->count; i++)
            items[i] = jx_item(array, i);
    }
    array->items = items;
    array->capacity = capacity;
}

void jx_push_all(struct jx_arena *arena, struct jx_array *array, struct jx_value members)
{
    size_t count = jx_count(members);
    if (!count)
        return;
    jx_array_room(arena, array, count);
    struct jx_value *to = array->items + array->count;
    for (size_t i = 0; i < count; i++)
        to[i] = jx_at(members, i);
    array->count += count;
}

struct jx_array *jx_array_share(struct jx_arena *arena, struct jx_value array, unsigned flags)
{
    struct jx_array *copy = jx_array_new(arena, 0, flags);
    if (array.tag == JX_ARRAY) {
        copy->items = array.array->items;
        copy->count = array.array->count;
        copy->first = array.array->first;
    } else {
        jx_push_all(arena, copy, array);
    }
    return copy;
}

/* --- objects ------------------------------------------------------------------------------------------------------ */

enum { INDEX_FROM = 8 }; /* members; fewer are searched one by one */

static uint32_t hash_bytes(const char *bytes, size_t size)
{
    uint64_t hash = 0xcbf29ce484222325u ^ size;
    while (size >= 8) {
        uint64_t word;
        memcpy(&word, bytes, 8);
        hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
        hash ^= hash >> 32;
        bytes += 8;
        size -= 8;
    }
    uint64_t tail = 0;
    memcpy(&tail, bytes, size);
    hash = (hash ^ tail) * 0x9E3779B97F4A7C15u;
    return (uint32_t)(hash >> 32 ^ hash);
}

struct jx_object *jx_object_new(struct jx_arena *arena)
{
    return jx_zalloc(arena, sizeof(struct jx_object));
}

static bool member_is(const struct jx_member *member, uint32_t hash, const char *key, size_t size)
{
    return member->hash == hash && member->size == size && memcmp(member->key, key, size) == 0;
}

static struct jx_member *find_hashed(const struct jx_object *object, uint32_t hash, const char *key, size_t size)
{
    if (!object->index) {
        for (uint32_t i = 0; i < object->count; i++)
            if (member_is(&object->members[i], hash, key, size))
                return &object->members[i];
        return NULL;
    }
    uint32_t mask = object->index_size - 1;
    for (uint32_t slot = hash & mask; object->index[slot]; slot = (slot + 1) & mask) {
        struct jx_member *member = &object->members[object->index[slot] - 1];
        if (member_is(member, hash, key, size))
            return member;
    }
    return NULL;
}

static void index_member(struct jx_object *object, uint32_t number)
{
    uint32_t mask = object->index_size - 1, slot = object->members[number].hash & mask;
    while (object->index[slot])
        slot = (slot + 1) & mask;
    object->index[slot] = number + 1;
}

static void index_all(struct jx_arena *arena, struct jx_object *object)
{
    uint32_t size = 16;
    while (size < object->count * 2)
        size *= 2;
    if (size > object->index_size) {
        size *= 2;
        object->index = jx_alloc(arena, size * sizeof *object->index);
        object->index_size = size;
    }
    memset(object->index, 0, object->index_size * sizeof *object->index);
    for (uint32_t i = 0; i < object->count; i++)
        index_member(object, i);
}

struct jx_member *jx_object_find(const struct jx_object *object, const char *key, size_t size)
{
    return find_hashed(object, hash_bytes(key, size), key, size);
}

void jx_object_set(struct jx_arena *arena, struct jx_object *object, const char *key, size_t size,
                   struct jx_value value)
{
    uint32_t hash = hash_bytes(key, size);
    struct jx_member *member = find_hashed(object, hash, key, size);
    if (member) {
        member->value = value;
        return;
    }
    if (object->count == object->capacity) {
        uint32_t capacity = object->capacity ? object->capacity * 2 : 4;
        object->members = jx_grow(arena, object->members, object->capacity * sizeof *object->members,
                                  jx_times(capacity, sizeof *object->members));
        object->capacity = capacity;
    }
    object->members[object->count++] =
        (struct jx_member){.key = key, .size = (uint32_t)size, .hash = hash, .value = value};
    if (object->count > INDEX_FROM) {
        if (object->index && object->count * 2 <= object->index_size)
            index_member(object, object->count - 1);
        else
            index_all(arena, object);
    }
}

void jx_object_remove(struct jx_arena *arena, struct jx_object *object, const char *key, size_t size)
{
    struct jx_member *member = jx_object_find(object, key, size);
    if (!member)
        return;
    size_t after = (size_t)(object->members + object->count - (member + 1));
    memmove(member, member + 1, after * sizeof *member);
    object->count--;
    if (object->index)
        index_all(arena, object);
}

size_t jx_member_count(struct jx_value object)
{
    return object.tag == JX_OBJECT ? object.object->count : json_object_size(object.json);
}

/* An array index as JavaScript defines it: canonical decimal, below 2^32 - 1. Such keys come first. */
static bool is_index_key(const struct jx_member *member, uint64_t *ret_index)
{
    if (member->size == 0 || member->size > 10 || (member->key[0] == '0' && member->size > 1))
        return false;
    uint64_t index = 0;
    for (uint32_t i = 0; i < member->size; i++) {
        if (member->key[i] < '0' || member->key[i] > '9')
            return false;
        index = index * 10 + (uint64_t)(member->key[i] - '0');
    }
    *ret_index = index;
    return index < 4294967295u;
}

static int compare_index_keys(const void *a, const void *b)
{
    uint64_t x = 0, y = 0;
    (void)is_index_key(a, &x);
    (void)is_index_key(b, &y);
    return x < y ? -1 : x > y;
}

static void put_index_keys_first(struct jx_arena *arena, struct jx_member *members, size_t count)
{
    size_t indexes = 0;
    uint64_t ignored;
    for (size_t i = 0; i < count; i++)
        indexes += is_index_key(&members[i], &ignored);
    if (!indexes)
        return;
    struct jx_member *ordered = jx_alloc(arena, count * sizeof *ordered);
    size_t next[2] = {0, indexes};
    for (size_t i = 0; i < count; i++)
        ordered[next[!is_index_key(&members[i], &ignored)]++] = members[i];
    qsort(ordered, indexes, sizeof *ordered, compare_index_keys);
    memcpy(members, ordered, count * sizeof *members);
}

struct jx_member *jx_members(struct jx_arena *arena, struct jx_value object)
{
    size_t count = jx_member_count(object);
    struct jx_member *members = jx_alloc(arena, jx_times(count, sizeof *members));
    if (object.tag == JX_OBJECT) {
        if (count)
            memcpy(members, object.object->members, count * sizeof *members);
    } else {
        size_t i = 0;
        for (void *at = json_object_iter(object.json); at; at = json_object_iter_next(object.json, at), i++)
            members[i] = (struct jx_member){.key = json_object_iter_key(at),
                                            .size = (uint32_t)json_object_iter_key_len(at),
                                            .value = jx_of_json(json_object_iter_value(at))};
        assert(i == count);
    }
    put_index_keys_first(arena, members, count);
    return members;
}

/* --- comparing ------------------------------------------------------------------------------------------------------
 */

bool jx_text_equal(struct jx_text a, struct jx_text b)
{
    return a.size == b.size && memcmp(a.bytes, b.bytes, a.size) == 0;
}

bool jx_identical(struct jx_value a, struct jx_value b)
{
    if (jx_is_number(a) && jx_is_number(b)) {
        if (a.tag == JX_INTEGER && b.tag == JX_INTEGER)
            return a.integer == b.integer;
        return jx_as_number(a) == jx_as_number(b);
    }
    if (jx_is_string(a) && jx_is_string(b))
        return jx_text_equal(jx_as_text(a), jx_as_text(b));
    if (a.tag != b.tag)
        return false;
    switch ((enum jx_tag)a.tag) {
    case JX_UNDEFINED:
    case JX_NULL:
        return true;
    case JX_BOOLEAN:
        return a.boolean == b.boolean;
    case JX_JSON_ARRAY:
    case JX_JSON_OBJECT:
        return a.json == b.json;
    case JX_ARRAY:
        return a.array == b.array;
    case JX_OBJECT:
        return a.object == b.object;
    case JX_FUNCTION:
        return a.function == b.function;
    case JX_TUPLE:
        return a.tuple == b.tuple;
    case JX_NUMBER:
    case JX_INTEGER:
    case JX_STRING:
    case JX_JSON_STRING:
    case JX_TAIL:
        break;
    }
    return false;
}

static bool goes_on(struct jx_walk *walk, unsigned depth)
{
    if (depth > JX_NESTING_MAX)
        walk->too_deep = true;
    if (walk->left == 0)
        walk->too_long = true;
    else
        walk->left--;
    return !walk->too_deep && !walk->too_long;
}

static bool equal(struct jx_value a, struct jx_value b, unsigned depth, struct jx_walk *walk);

static bool arrays_equal(struct jx_value a, struct jx_value b, unsigned depth, struct jx_walk *walk)
{
    size_t count = jx_count(a);
    if (jx_count(b) != count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!equal(jx_at(a, i), jx_at(b, i), depth + 1, walk))
            return false;
    return true;
}

static bool objects_equal(struct jx_value a, struct jx_value b, unsigned depth, struct jx_walk *walk)
{
    if (jx_member_count(a) != jx_member_count(b))
        return false;
    if (a.tag == JX_OBJECT) {
        for (uint32_t i = 0; i < a.object->count; i++) {
            const struct jx_member *member = &a.object->members[i];
            struct jx_value other = jx_get(b, member->key, member->size);
            if (jx_is_undefined(other) || !equal(member->value, other, depth + 1, walk))
                return false;
        }
        return true;
    }
    for (void *at = json_object_iter(a.json); at; at = json_object_iter_next(a.json, at)) {
        struct jx_value other = jx_get(b, json_object_iter_key(at), json_object_iter_key_len(at));
        if (jx_is_undefined(other) || !equal(jx_of_json(json_object_iter_value(at)), other, depth + 1, walk))
            return false;
    }
    return true;
}

static bool equal(struct jx_value a, struct jx_value b, unsigned depth, struct jx_walk *walk)
{
    if (!goes_on(walk, depth))
        return false;
    if (jx_is_array(a) && jx_is_array(b))
        return jx_identical(a, b) || arrays_equal(a, b, depth, walk);
    if (jx_is_object(a) && jx_is_object(b))
        return jx_identical(a, b) || objects_equal(a, b, depth, walk);
    return jx_identical(a, b);
}

bool jx_equal(struct jx_value a, struct jx_value b, struct jx_walk *walk)
{
    return equal(a, b, 0, walk);
}

static uint64_t mix(uint64_t hash, uint64_t more)
{
    hash = (hash ^ more) * 0x9E3779B97F4A7C15u;
    return hash ^ hash >> 29;
}

static uint64_t hash_text(struct jx_text text)
{
    return mix(JX_STRING, hash_bytes(text.bytes, text.size));
}

/* Goes two levels down: enough to tell values apart, and cheap on deep ones. */
static uint64_t hash_value(struct jx_value value, unsigned depth)
{
    if (jx_is_number(value)) {
        double number = jx_as_number(value) + 0.0; /* -0 becomes 0 */
        uint64_t bits;
        memcpy(&bits, &number, sizeof bits);
        return mix(JX_NUMBER, bits);
    }
    if (jx_is_string(value))
        return hash_text(jx_as_text(value));
    if (value.tag == JX_BOOLEAN)
        return mix(JX_BOOLEAN, value.boolean);
    if (jx_is_array(value)) {
        size_t count = jx_count(value);
        uint64_t hash = mix(JX_ARRAY, count);
        for (size_t i = 0; depth < 2 && i < count && i < 16; i++)
            hash = mix(hash, hash_value(jx_at(value, i), depth + 1));
        return hash;
    }
    if (value.tag == JX_OBJECT) {
        uint64_t sum = 0;
        for (uint32_t i = 0; depth < 2 && i < value.object->count; i++) {
            const struct jx_member *member = &value.object->members[i];
            sum += mix(hash_text((struct jx_text){member->key, member->size}), hash_value(member->value, depth + 1));
        }
        return mix(JX_OBJECT, sum);
    }
    if (value.tag == JX_JSON_OBJECT) {
        uint64_t sum = 0;
        for (void *at = depth < 2 ? json_object_iter(value.json) : NULL; at; at = json_object_iter_next(value.json, at))
            sum += mix(hash_text((struct jx_text){json_object_iter_key(at), json_object_iter_key_len(at)}),
                       hash_value(jx_of_json(json_object_iter_value(at)), depth + 1));
        return mix(JX_OBJECT, sum);
    }
    return mix(value.tag, 0);
}

uint64_t jx_hash(struct jx_value value)
{
    return hash_value(value, 0);
}

static bool truth(struct jx_value value, unsigned depth, struct jx_walk *walk)
{
    if (!goes_on(walk, depth))
        return false;
    switch ((enum jx_tag)value.tag) {
    case JX_BOOLEAN:
        return value.boolean;
    case JX_NUMBER:
        return value.number != 0 && !isnan(value.number);
    case JX_INTEGER:
        return true;
    case JX_STRING:
        return value.size > 0;
    case JX_JSON_STRING:
        return json_string_length(value.json) > 0;
    case JX_OBJECT:
    case JX_JSON_OBJECT:
        return jx_member_count(value) > 0;
    case JX_ARRAY:
    case JX_JSON_ARRAY:
        for (size_t i = 0, count = jx_count(value); i < count; i++)
            if (truth(jx_at(value, i), depth + 1, walk))
                return true;
        return false;
    case JX_TUPLE:
        return true;
    case JX_UNDEFINED:
    case JX_NULL:
    case JX_FUNCTION:
    case JX_TAIL:
        break;
    }
    return false;
}

bool jx_truth(struct jx_value value, struct jx_walk *walk)
{
    return truth(value, 0, walk);
}
