/* The values of an evaluation. JSON from outside is borrowed as it is (JX_JSON_*); what the evaluation makes lives in
 * its arena. A value is sixteen bytes, passed by value. Only objects made by $clone are ever changed after they were
 * made (transform.c).
 *
 * Arrays carry what the reference implementation hangs on its JavaScript arrays: JX_SEQUENCE (a result sequence, which
 * collapses when it has one member), JX_KEEP (not this one: "[]"), JX_CONS (an array constructor in a path, which is
 * not flattened), JX_TUPLES (members are tuples), JX_WRAPPER (the input array as a single value).
 */
#ifndef DRRUN_EXPRESSION_JSONATA_VALUE_H
#define DRRUN_EXPRESSION_JSONATA_VALUE_H

#include "interpreter/expression/jsonata/memory.h"

#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum jx_tag {
    JX_UNDEFINED,
    JX_NULL,
    JX_BOOLEAN,
    JX_NUMBER,
    JX_INTEGER, /* a 64-bit integer from outside which a double cannot hold exactly; computes as a double */
    JX_STRING,  /* bytes + size, in an arena or static */
    JX_JSON_STRING,
    JX_ARRAY,
    JX_JSON_ARRAY,
    JX_OBJECT,
    JX_JSON_OBJECT,
    JX_FUNCTION,
    JX_TUPLE, /* a member of a tuple stream; never seen by an expression */
    JX_TAIL,  /* a call in tail position, for the trampoline; never seen by an expression */
};

enum {
    JX_WRAPPED = 1
}; /* value.flags of a function that was passed as an argument: it no longer sees the caller's context */

struct jx_value {
    uint8_t tag; /* enum jx_tag */
    uint8_t flags;
    uint32_t size; /* of a JX_STRING */
    union {
        bool boolean;
        double number;
        int64_t integer;
        const char *bytes;
        json_t *json; /* borrowed, never changed */
        struct jx_array *array;
        struct jx_object *object;
        struct jx_function *function;
        struct jx_tuple *tuple;
    };
};

enum { JX_SEQUENCE = 1, JX_KEEP = 2, JX_CONS = 4, JX_TUPLES = 8, JX_WRAPPER = 16 };

struct jx_array {
    struct jx_value *items; /* NULL: the integers from `first` on */
    size_t count;
    size_t capacity; /* 0: the items are another array's, or there are none */
    double first;
    unsigned flags;
};

struct jx_member {
    const char *key;
    uint32_t size, hash;
    struct jx_value value;
};

struct jx_object {
    struct jx_member *members; /* in the order of insertion */
    uint32_t count, capacity;
    uint32_t *index; /* open addressing, member number + 1; NULL while there are few members */
    uint32_t index_size;
    uint32_t clone; /* which $clone() made it, 0: none did */
};

struct jx_binding {
    uint32_t name;
    struct jx_value value;
};

struct jx_tuple {
    struct jx_value at; /* "@": the context */
    uint32_t count;
    struct jx_binding bindings[];
};

struct jx_text {
    const char *bytes;
    size_t size;
};

/* --- making values --------------------------------------------------------------------------------------------- */

#define JX_NOTHING ((struct jx_value){.tag = JX_UNDEFINED})

static inline struct jx_value jx_null(void)
{
    return (struct jx_value){.tag = JX_NULL};
}

static inline struct jx_value jx_boolean(bool boolean)
{
    return (struct jx_value){.tag = JX_BOOLEAN, .boolean = boolean};
}

static inline struct jx_value jx_number(double number)
{
    return (struct jx_value){.tag = JX_NUMBER, .number = number};
}

/* Borrows the bytes; they must live as long as the evaluation. */
static inline struct jx_value jx_string(const char *bytes, size_t size)
{
    return (struct jx_value){.tag = JX_STRING, .size = (uint32_t)size, .bytes = bytes};
}

static inline struct jx_value jx_of_array(struct jx_array *array)
{
    return (struct jx_value){.tag = JX_ARRAY, .array = array};
}

static inline struct jx_value jx_of_object(struct jx_object *object)
{
    return (struct jx_value){.tag = JX_OBJECT, .object = object};
}

#define JX_EXACT 9007199254740992 /* 2^53 */

/* NULL gives undefined. Borrows. */
static inline struct jx_value jx_of_json(json_t *json)
{
    if (!json)
        return JX_NOTHING;
    switch (json_typeof(json)) {
    case JSON_OBJECT:
        return (struct jx_value){.tag = JX_JSON_OBJECT, .json = json};
    case JSON_ARRAY:
        return (struct jx_value){.tag = JX_JSON_ARRAY, .json = json};
    case JSON_STRING:
        return (struct jx_value){.tag = JX_JSON_STRING, .json = json};
    case JSON_INTEGER: {
        json_int_t integer = json_integer_value(json);
        if (integer < -JX_EXACT || integer > JX_EXACT)
            return (struct jx_value){.tag = JX_INTEGER, .integer = integer};
        return jx_number((double)integer);
    }
    case JSON_REAL:
        return jx_number(json_real_value(json));
    case JSON_TRUE:
        return jx_boolean(true);
    case JSON_FALSE:
        return jx_boolean(false);
    case JSON_NULL:
        return jx_null();
    }
    return JX_NOTHING;
}

/* --- asking values ----------------------------------------------------------------------------------------------- */

static inline bool jx_is_undefined(struct jx_value value)
{
    return value.tag == JX_UNDEFINED;
}

static inline bool jx_is_number(struct jx_value value)
{
    return value.tag == JX_NUMBER || value.tag == JX_INTEGER;
}

static inline bool jx_is_string(struct jx_value value)
{
    return value.tag == JX_STRING || value.tag == JX_JSON_STRING;
}

static inline bool jx_is_array(struct jx_value value)
{
    return value.tag == JX_ARRAY || value.tag == JX_JSON_ARRAY;
}

static inline bool jx_is_object(struct jx_value value)
{
    return value.tag == JX_OBJECT || value.tag == JX_JSON_OBJECT;
}

static inline bool jx_is_function(struct jx_value value)
{
    return value.tag == JX_FUNCTION;
}

static inline double jx_as_number(struct jx_value value)
{
    return value.tag == JX_NUMBER ? value.number : (double)value.integer;
}

static inline struct jx_text jx_as_text(struct jx_value value)
{
    if (value.tag == JX_STRING)
        return (struct jx_text){value.bytes, value.size};
    return (struct jx_text){json_string_value(value.json), json_string_length(value.json)};
}

static inline bool jx_is_sequence(struct jx_value value)
{
    return value.tag == JX_ARRAY && (value.array->flags & JX_SEQUENCE);
}

static inline bool jx_has_flag(struct jx_value value, unsigned flag)
{
    return value.tag == JX_ARRAY && (value.array->flags & flag);
}

static inline size_t jx_count(struct jx_value array)
{
    return array.tag == JX_ARRAY ? array.array->count : json_array_size(array.json);
}

static inline struct jx_value jx_item(const struct jx_array *array, size_t index)
{
    return array->items ? array->items[index] : jx_number(array->first + (double)index);
}

/* `index` must be below jx_count(). */
static inline struct jx_value jx_at(struct jx_value array, size_t index)
{
    if (array.tag == JX_ARRAY)
        return jx_item(array.array, index);
    return jx_of_json(json_array_get(array.json, index));
}

/* --- arrays and objects --------------------------------------------------------------------------------------------
 */

struct jx_array *jx_array_new(struct jx_arena *arena, size_t capacity, unsigned flags);
static inline struct jx_array *jx_sequence_new(struct jx_arena *arena)
{
    return jx_array_new(arena, 0, JX_SEQUENCE);
}
void jx_array_room(struct jx_arena *arena, struct jx_array *array, size_t more);
static inline void jx_push(struct jx_arena *arena, struct jx_array *array, struct jx_value value)
{
    if (array->count >= array->capacity)
        jx_array_room(arena, array, 1);
    array->items[array->count++] = value;
}
/* Appends each member of an array value. */
void jx_push_all(struct jx_arena *arena, struct jx_array *array, struct jx_value members);
/* A plain array with the members of `array`, which it shares. */
struct jx_array *jx_array_share(struct jx_arena *arena, struct jx_value array, unsigned flags);

struct jx_object *jx_object_new(struct jx_arena *arena);
/* Replaces or adds; borrows the key's bytes. */
void jx_object_set(struct jx_arena *arena, struct jx_object *object, const char *key, size_t size,
                   struct jx_value value);
struct jx_member *jx_object_find(const struct jx_object *object, const char *key, size_t size); /* NULL if absent */
void jx_object_remove(struct jx_arena *arena, struct jx_object *object, const char *key, size_t size);

/* The member of an object value, undefined if absent. */
static inline struct jx_value jx_get(struct jx_value object, const char *key, size_t size)
{
    if (object.tag == JX_JSON_OBJECT)
        return jx_of_json(json_object_getn(object.json, key, size));
    struct jx_member *member = jx_object_find(object.object, key, size);
    return member ? member->value : JX_NOTHING;
}

size_t jx_member_count(struct jx_value object);
/* The members of an object value in JavaScript's order: keys that are array indexes first, ascending; then the rest as
 * inserted. Writes jx_member_count() of them to the new array it returns. */
struct jx_member *jx_members(struct jx_arena *arena, struct jx_value object);

/* --- comparing -------------------------------------------------------------------------------------------------------
 */

enum { JX_NESTING_MAX = 512 }; /* of values which a function walks through */

bool jx_text_equal(struct jx_text a, struct jx_text b);
/* `===`: scalars by value, arrays, objects and functions by identity. */
bool jx_identical(struct jx_value a, struct jx_value b);
/* A walk through values, which may share parts and so be far larger than they look. */
struct jx_walk {
    uint64_t left; /* values still to be looked at */
    bool too_deep, too_long;
};
bool jx_equal(struct jx_value a, struct jx_value b, struct jx_walk *walk);
/* A hash that equal values share. */
uint64_t jx_hash(struct jx_value value);
/* The effective boolean value; undefined is false. */
bool jx_truth(struct jx_value value, struct jx_walk *walk);

#endif
