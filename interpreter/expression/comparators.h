/* Comparators by name (comparators.def). Internal to the room: rules use it. */
#ifndef DRRUN_EXPRESSION_COMPARATORS_H
#define DRRUN_EXPRESSION_COMPARATORS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum comparand_type {
    COMPARE_BOOLEAN,
    COMPARE_NUMERIC,
    COMPARE_STRING,
    COMPARE_TIMESTAMP,
    COMPARE_TEST,
    COMPARE_PATTERN
};

/* The right side. */
struct comparand {
    const json_t *value;  /* borrowed */
    int64_t time_ms;      /* COMPARE_TIMESTAMP: parsed once when it is a constant */
    uint32_t nanoseconds; /* within the second */
};

struct comparator {
    const char *name, *path_name; /* path_name: NULL where there is no such twin */
    enum comparand_type type;
    /* Both sides have the right type. */
    bool (*test)(const json_t *left, const struct comparand *right);
};

/* NULL if there is none. `ret_is_path`: the name was that of the ...Path twin. */
const struct comparator *dr_comparator_find(const char *name, bool *ret_is_path);

/* The name at `index`, twins included, or NULL at the end. */
const char *dr_comparator_name(size_t index);

/* Whether a value can be compared by it; fills in the comparand. A mismatch of types makes a rule false, not wrong. */
bool dr_comparand_read(enum comparand_type type, const json_t *value, struct comparand *ret_comparand);

/* "*" stands for any characters, "\*" for a star, "\\" for a backslash; the whole text must match. */
bool dr_glob_matches(const char *pattern, size_t pattern_size, const char *text, size_t size);

#endif
