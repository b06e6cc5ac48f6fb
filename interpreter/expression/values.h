/* Questions about JSON values that several expression files ask. Internal to the room. */
#ifndef DRRUN_EXPRESSION_VALUES_H
#define DRRUN_EXPRESSION_VALUES_H

#include "interpreter/base/text.h"

#include <jansson.h>

/* -1, 0 or 1: exact also between 64-bit integers and doubles. Both are numbers. */
int dr_number_compare(const json_t *left, const json_t *right);

/* -1, 0 or 1, by UTF-16 code units as Java compares strings. Both are strings. */
int dr_string_compare(const json_t *left, const json_t *right);

/* A new number from its decimal text as Java's BigDecimal reads it ("010", "-.5e3"), or NULL. */
json_t *dr_number_parse(const char *bytes, size_t size);

/* Equality of JSON in which 1 equals 1.0, at every depth. */
bool dr_json_same(const json_t *left, const json_t *right);

/* A shallow copy: a new object or array with the same members. (jansson's own loses what follows a NUL in a key.) */
json_t *dr_json_copy(const json_t *value);
/* Sets every member of `from` in `object`. */
void dr_json_merge(json_t *object, const json_t *from);

/* Appends the value as Java's toString() shows it: {Arg1=1, Arg2=[]}, strings bare, doubles as 1.0E10. Returns false
 * when that needs more than `bytes_max` or DR_DEPTH_MAX. */
bool dr_text_java(struct dr_text *text, const json_t *value, size_t bytes_max);

/* String.hashCode(): over UTF-16 code units. */
uint32_t dr_java_string_hash(const char *bytes, size_t size);

/* "string", "number", "boolean", "null", "array", "object". */
const char *dr_json_type_name(const json_t *value);

/* The value as compact JSON for a cause: owned; cut, with an ellipsis, beyond a sensible length. */
char *dr_json_quote(const json_t *value);

/* jansson iterates over mutable objects only; nothing is changed. */
static inline json_t *dr_json_thaw(const json_t *value)
{
    union {
        const json_t *frozen;
        json_t *value;
    } same = {.frozen = value};
    return same.value;
}

#endif
