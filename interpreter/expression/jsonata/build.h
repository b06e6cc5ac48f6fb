/* Strings under construction, in an arena. */
#ifndef DRRUN_EXPRESSION_JSONATA_BUILD_H
#define DRRUN_EXPRESSION_JSONATA_BUILD_H

#include "interpreter/expression/jsonata/value.h"

struct jx_builder {
    struct jx_arena *arena;
    char *bytes;
    size_t size, capacity;
};

void jx_build_room(struct jx_builder *builder, size_t more);
/* Joins the two halves of a character where one ends what is there and the other begins what is added. */
void jx_build_add(struct jx_builder *builder, const char *bytes, size_t size);
void jx_build_text(struct jx_builder *builder, struct jx_text text);
void jx_build_byte(struct jx_builder *builder, char byte);
void jx_build_code(struct jx_builder *builder, uint32_t code);
struct jx_value jx_build_done(struct jx_builder *builder);

#endif
