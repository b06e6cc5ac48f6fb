#include "interpreter/expression/jsonata/build.h"

#include "interpreter/expression/jsonata/utf8.h"

void jx_build_room(struct jx_builder *builder, size_t more)
{
    if (builder->capacity - builder->size > more)
        return;
    size_t capacity = builder->capacity ? builder->capacity * 2 : 48;
    if (capacity <= builder->size + more)
        capacity = builder->size + more + 1;
    builder->bytes = jx_grow(builder->arena, builder->bytes, builder->capacity, capacity);
    builder->capacity = capacity;
}

static bool ends_in_lead(const struct jx_builder *builder)
{
    const unsigned char *end = (const unsigned char *)builder->bytes + builder->size;
    return builder->size >= 3 && end[-3] == 0xED && end[-2] >= 0xA0 && end[-2] < 0xB0;
}

void jx_build_add(struct jx_builder *builder, const char *bytes, size_t size)
{
    if (!size)
        return;
    jx_build_room(builder, size + 1);
    if (size >= 3 && (unsigned char)bytes[0] == 0xED && (unsigned char)bytes[1] >= 0xB0 && ends_in_lead(builder)) {
        const char *lead = builder->bytes + builder->size - 3, *trail = bytes, *end = bytes + size;
        uint32_t code = jx_join_surrogates(jx_utf8_next(&lead, lead + 3), jx_utf8_next(&trail, end));
        builder->size += jx_utf8_put(builder->bytes + builder->size - 3, code) - 3;
        bytes += 3;
        size -= 3;
    }
    memcpy(builder->bytes + builder->size, bytes, size);
    builder->size += size;
}

void jx_build_text(struct jx_builder *builder, struct jx_text text)
{
    jx_build_add(builder, text.bytes, text.size);
}

void jx_build_byte(struct jx_builder *builder, char byte)
{
    jx_build_room(builder, 1);
    builder->bytes[builder->size++] = byte;
}

void jx_build_code(struct jx_builder *builder, uint32_t code)
{
    char bytes[4];
    jx_build_add(builder, bytes, jx_utf8_put(bytes, code));
}

struct jx_value jx_build_done(struct jx_builder *builder)
{
    jx_build_room(builder, 1);
    builder->bytes[builder->size] = '\0';
    return jx_string(builder->bytes, builder->size);
}
