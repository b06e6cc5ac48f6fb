/* What the files of this room share: an opened model, its table of shapes, and where its text is. */
#ifndef DRRUN_PROVIDERS_AWS_MODEL_STORE_H
#define DRRUN_PROVIDERS_AWS_MODEL_STORE_H

#include "interpreter/base/arena.h"
#include "interpreter/base/text.h"
#include "providers/aws/model/compact.h"
#include "providers/aws/model/model.h"

/* A shape's name, where it was referred to first, and the shape once somebody asked for it. */
struct dr_aws_slot {
    struct dr_aws_slot *next; /* in its bucket */
    const struct dr_aws_shape *shape;
    char name[];
};

#define DR_AWS_BUCKETS 256

struct dr_aws_opened {
    struct dr_aws_model model; /* first: the public half */
    struct dr_arena *arena;
    struct dr_aws_compact text;
    struct dr_aws_slot *shapes[DR_AWS_BUCKETS];
    const struct dr_aws_operation **operations; /* by the index of operation_names; NULL until asked for */
    json_t *rules;                              /* NULL: not asked for, or none */
    bool rules_read;
    struct dr_aws_opened *next;
};

struct dr_aws_opened *dr_aws_opened_of(const struct dr_aws_model *model);

/* The one slot of a name in a model. */
struct dr_aws_slot *dr_aws_slot(struct dr_aws_opened *opened, const char *name, size_t size);
/* JSON of the line `prefix``name`: new reference; NULL: no such line, or it is no JSON object. */
json_t *dr_aws_line(const struct dr_aws_opened *opened, const char *prefix, const char *name);

/* Structs from a line's JSON, in the model's arena (shape.c, operation.c). Whatever the JSON is, the result is safe to
 * walk. */
const struct dr_aws_shape *dr_aws_shape_read(struct dr_aws_opened *opened, const char *name, const json_t *json);
const struct dr_aws_operation *dr_aws_operation_read(struct dr_aws_opened *opened, const char *name,
                                                     const json_t *json);
/* Fills the public half from the "metadata" and "provenance" lines. NULL, or why the model cannot be used (owned by the
 * caller). */
char *dr_aws_metadata_read(struct dr_aws_opened *opened, const json_t *metadata, const json_t *provenance);

/* The type that a model's word means; the protocol that drrun will speak, of those that a model's metadata lists. */
bool dr_aws_type_find(const char *name, enum dr_aws_type *ret_type);
bool dr_aws_protocol_find(const json_t *metadata, enum dr_aws_protocol *ret_protocol);

/* Members of JSON objects as C: in the arena; NULL, false: absent or of another type. */
const char *dr_aws_text_of(struct dr_aws_opened *opened, const json_t *object, const char *key);
bool dr_aws_flag_of(const json_t *object, const char *key);

/* Opens a model; `text` must live as long as the arena. It replaces an opened one of the same name for those who ask
 * from now on. NULL with a problem. */
struct dr_aws_opened *dr_aws_open(struct dr_aws_models *models, const char *name, struct dr_aws_compact text,
                                  char **ret_problem);

#endif
