/* PostgreSQL's values as JSON and back. Pure functions of text: what PostgreSQL prints under
 * DateStyle=ISO, TimeZone=UTC, bytea_output=hex (query.c sets them). */
#ifndef DRRUN_PROVIDERS_POSTGRES_VALUES_H
#define DRRUN_PROVIDERS_POSTGRES_VALUES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A value of type `oid` from its text, a new reference, never NULL:
 * - bool -> true, false; int2, int4, int8, oid, xid -> integer; float4, float8 -> number (NaN and Infinity are
 * strings);
 * - numeric -> a number if that loses nothing (an integer of 64 bits, or at most 15 significant digits), else a string;
 * - json, jsonb -> what they hold; arrays of any of these -> lists, nested as they are;
 * - timestamptz -> "2026-11-21T03:00:00.123456Z"; timestamp -> the same without Z; bytea -> base64; void -> null;
 * - all else -> its text. Bytes that are not UTF-8 (a SQL_ASCII database) become U+FFFD. */
json_t *dr_postgres_value(uint32_t oid, const char *text, size_t size);

/* The name of a type ("timestamptz", "int4[]"), or "oid:N" in `buffer`. */
const char *dr_postgres_type_name(uint32_t oid, char buffer[32]);

/* A query parameter. */
struct dr_postgres_parameter {
    uint32_t oid; /* 0: the server infers it from the query */
    char *text;   /* owned; NULL: null */
};

/* null and strings are of the type that the query wants; booleans are bool; integers are int4, or int8 if they need it;
 * other numbers are float8; lists and objects are jsonb. False if the value cannot be a parameter (a string with a
 * NUL). */
bool dr_postgres_parameter(const json_t *value, struct dr_postgres_parameter *ret_parameter)
    __attribute__((warn_unused_result));

#endif
