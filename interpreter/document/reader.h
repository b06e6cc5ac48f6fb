/* What the two readers (yaml.c, json.c) share: a cursor that knows line and column, the builder that makes nodes and
 * keeps the bounds, and the meaning of plain YAML scalars. Private to this room.
 *
 *     dr_builder_open(&builder, DR_NODE_MAP, place);
 *     dr_builder_key(&builder, "Type", 4, place);
 *     dr_builder_scalar(&builder, &node);
 *     dr_builder_close(&builder);                      -> builder.root
 *
 * Every function that can meet a mistake reports it once and returns false; the reader stops then.
 */
#ifndef DRRUN_DOCUMENT_READER_H
#define DRRUN_DOCUMENT_READER_H

#include "interpreter/document/document.h"

#define DR_SYNTAX "INVALID_JSON_DESCRIPTION"

/* A place in the source on its way forward. Lines end with LF, CRLF or CR, as editors have it. */
struct dr_cursor {
    const struct dr_source *source;
    size_t offset; /* bytes */
    size_t index;  /* code points, as libyaml counts */
    uint32_t line, column;
};

struct dr_cursor dr_cursor_start(const struct dr_source *source);
void dr_cursor_next(struct dr_cursor *cursor); /* one code point; stays at the end */
void dr_cursor_to_index(struct dr_cursor *cursor, size_t index);
void dr_cursor_to_offset(struct dr_cursor *cursor, size_t offset);
struct dr_place dr_cursor_place(const struct dr_cursor *cursor, uint32_t length);

struct dr_frame;
struct dr_anchor;

struct dr_builder {
    struct dr_arena *arena;
    struct dr_diagnostics *found;
    struct dr_frame *frames; /* the open maps and lists, outermost first */
    size_t depth, frame_capacity;
    const struct dr_node **pending; /* the children so far of all open frames */
    size_t pending_count, pending_capacity;
    struct dr_anchor *anchors;
    size_t anchor_count, anchor_capacity;
    json_t *anchor_index; /* name -> position in `anchors` */
    const char *anchor;   /* the name given to the next node; NULL: none */
    size_t nodes;         /* with expansion */
    const struct dr_node *root;
};

bool dr_builder_open(struct dr_builder *builder, enum dr_node_kind kind, struct dr_place place);
bool dr_builder_close(struct dr_builder *builder);
/* `text` is copied into the arena. `merge`: a plain <<. */
bool dr_builder_key(struct dr_builder *builder, const char *text, size_t size, struct dr_place place, bool merge);
bool dr_builder_wants_key(const struct dr_builder *builder);
/* Copies the node; what it points to must be in the arena. */
bool dr_builder_scalar(struct dr_builder *builder, const struct dr_node *node);
bool dr_builder_alias(struct dr_builder *builder, const char *name, struct dr_place place);
void dr_builder_done(struct dr_builder *builder);

/* Reports a syntax error; returns false. `message` and `hint` (may be NULL) are heap strings, stolen. */
bool dr_refuse(struct dr_diagnostics *found, struct dr_place place, char *message, char *hint);

/* Sets kind and value of `node` from a plain scalar by the YAML 1.2 core schema. Place and arena string are set
 * already. */
bool dr_scalar_resolve(struct dr_node *node, struct dr_diagnostics *found);
/* A JSON (or YAML decimal) number; false if out of range. */
bool dr_scalar_number(struct dr_node *node, const char *text, bool is_integer);

bool dr_yaml_read(struct dr_builder *builder, const struct dr_source *source);
bool dr_json_read(struct dr_builder *builder, const struct dr_source *source);

#endif
