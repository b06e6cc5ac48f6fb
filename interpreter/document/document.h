/* Documents: YAML or JSON text -> a tree in which every node keeps its place.
 *
 *     struct dr_document *document = dr_document_load("failover.yaml", &found);     (NULL: see `found`)
 *     const struct dr_node *states = dr_node_member(document->root, "States");
 *     ...
 *     dr_document_free(document);
 *
 * YAML 1.2 core schema on top of libyaml (so on, no and yes are strings); anchors, aliases and << merge keys; a
 * duplicate key is an error; an integer with a leading zero (an AWS account id) stays a string, with a warning; custom
 * tags are refused. JSON text (first significant character '{' or '[' and a .json name, or any text that parses as
 * such) goes through the JSON reader, with the same rules. Sizes, nesting and alias expansion are bounded (limits.h).
 * Design 2.2.
 *
 * A key is a string; a number or boolean as key is the string that was written (404: is "404"). An alias is a copy of
 * the anchored node under its own key: its place is the anchored value's, its key_place the alias's. All syntax errors
 * carry AWS's INVALID_JSON_DESCRIPTION.
 */
#ifndef DRRUN_DOCUMENT_DOCUMENT_H
#define DRRUN_DOCUMENT_DOCUMENT_H

#include "interpreter/base/arena.h"
#include "interpreter/base/diagnostic.h"

#include <jansson.h>

enum dr_node_kind {
    DR_NODE_NULL,
    DR_NODE_BOOLEAN,
    DR_NODE_INTEGER,
    DR_NODE_REAL,
    DR_NODE_STRING,
    DR_NODE_LIST,
    DR_NODE_MAP
};

struct dr_node {
    enum dr_node_kind kind;
    struct dr_place place;     /* of the value's first character */
    struct dr_place key_place; /* of the key, for a member of a map; else equal to place */
    const char *key;           /* for a member of a map; else NULL. NUL-terminated; keys with NUL inside are refused */
    union {
        bool boolean;
        int64_t integer;
        double real;
        struct {
            const char *bytes; /* NUL-terminated */
            size_t size;
            uint32_t offset; /* of the value in the source, in bytes: of the quote or block indicator if it has one */
            enum { DR_STYLE_PLAIN, DR_STYLE_SINGLE, DR_STYLE_DOUBLE, DR_STYLE_LITERAL, DR_STYLE_FOLDED } style;
        } string;
        struct {
            const struct dr_node *const *items; /* list elements, or the members of a map in the order written */
            size_t count;
            const struct dr_node *const *sorted; /* the members of a larger map by key; else NULL */
        } children;
    };
};

struct dr_document {
    struct dr_arena *arena; /* holds everything, the source too */
    const struct dr_source *source;
    const struct dr_node *root;
};

/* Reads a file ("-": standard input). The document owns the source that diagnostics point into, so it is freed after
 * they are shown; a source that was refused is kept by `found` itself. NULL if it cannot be read or has errors; they
 * are in `found`. */
struct dr_document *dr_document_load(const char *path, struct dr_diagnostics *found)
    __attribute__((warn_unused_result));
/* The same from memory; `name` is for diagnostics. Borrows and copies. */
struct dr_document *dr_document_parse(const char *name, const char *bytes, size_t size, struct dr_diagnostics *found)
    __attribute__((warn_unused_result));
void dr_document_free(struct dr_document *document);

/* The member of a map, or NULL (also if `map` is NULL or not a map). */
const struct dr_node *dr_node_member(const struct dr_node *map, const char *key);
/* A new reference to the node as data. */
json_t *dr_node_json(const struct dr_node *node);
/* The place of byte `offset` of a string value in the file, through quoting, escapes, folding and block indentation. */
struct dr_place dr_node_place_at(const struct dr_node *string, size_t offset);
/* "a string", "a list", ... for messages. */
const char *dr_node_kind_name(enum dr_node_kind kind);

#endif
