#include "interpreter/expression/jsonata/case.h"

#include "interpreter/expression/jsonata/utf8.h"

struct range {
    uint32_t from, to, step;
    int32_t delta;
};

struct many {
    uint32_t code, to[3];
};

/* Each table takes its rows from case.def and ignores the others. */
#define JX_UPPER(from, to, step, delta)
#define JX_UPPER_MANY(code, a, b, c)
#define JX_LOWER(from, to, step, delta)
#define JX_LOWER_MANY(code, a, b, c)
#define JX_CASED(from, to)
#define JX_IGNORABLE(from, to)

#undef JX_UPPER
#define JX_UPPER(from, to, step, delta) {from, to, step, delta},
static const struct range upper_ranges[] = {
#include "interpreter/expression/jsonata/case.def"
};
#undef JX_UPPER
#define JX_UPPER(from, to, step, delta)

#undef JX_LOWER
#define JX_LOWER(from, to, step, delta) {from, to, step, delta},
static const struct range lower_ranges[] = {
#include "interpreter/expression/jsonata/case.def"
};
#undef JX_LOWER
#define JX_LOWER(from, to, step, delta)

#undef JX_UPPER_MANY
#define JX_UPPER_MANY(code, a, b, c) {code, {a, b, c}},
static const struct many upper_many[] = {
#include "interpreter/expression/jsonata/case.def"
};
#undef JX_UPPER_MANY
#define JX_UPPER_MANY(code, a, b, c)

#undef JX_LOWER_MANY
#define JX_LOWER_MANY(code, a, b, c) {code, {a, b, c}},
static const struct many lower_many[] = {
#include "interpreter/expression/jsonata/case.def"
};
#undef JX_LOWER_MANY
#define JX_LOWER_MANY(code, a, b, c)

#undef JX_CASED
#define JX_CASED(from, to) {from, to, 1, 0},
static const struct range cased[] = {
#include "interpreter/expression/jsonata/case.def"
};
#undef JX_CASED
#define JX_CASED(from, to)

#undef JX_IGNORABLE
#define JX_IGNORABLE(from, to) {from, to, 1, 0},
static const struct range ignorable[] = {
#include "interpreter/expression/jsonata/case.def"
};

/* Ranges of every second character may lie within one another, so the last that begins before `code` need not be the
 * one. */
static const struct range *find_range(const struct range *ranges, size_t count, uint32_t code)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (ranges[middle].from <= code)
            low = middle + 1;
        else
            high = middle;
    }
    for (size_t back = 0; back < 4 && low > back; back++) {
        const struct range *range = &ranges[low - 1 - back];
        if (code <= range->to && (code - range->from) % range->step == 0)
            return range;
    }
    return NULL;
}

static const struct many *find_many(const struct many *rows, size_t count, uint32_t code)
{
    for (size_t i = 0; i < count && rows[i].code <= code; i++)
        if (rows[i].code == code)
            return &rows[i];
    return NULL;
}

static void build_mapped(struct jx_builder *builder, uint32_t code, const struct range *range, const struct many *many)
{
    if (many) {
        for (size_t i = 0; i < 3 && many->to[i]; i++)
            jx_build_code(builder, many->to[i]);
    } else {
        jx_build_code(builder, range ? (uint32_t)((int32_t)code + range->delta) : code);
    }
}

#define COUNT(table) (sizeof(table) / sizeof *(table))

void jx_build_upper(struct jx_builder *builder, struct jx_text text)
{
    const char *end = text.bytes + text.size;
    jx_build_room(builder, text.size);
    for (const char *at = text.bytes; at < end;) {
        if ((unsigned char)*at < 0x80) {
            jx_build_byte(builder, *at >= 'a' && *at <= 'z' ? (char)(*at - 32) : *at);
            at++;
            continue;
        }
        uint32_t code = jx_utf8_next(&at, end);
        build_mapped(builder, code, find_range(upper_ranges, COUNT(upper_ranges), code),
                     find_many(upper_many, COUNT(upper_many), code));
    }
}

static bool is_cased(uint32_t code)
{
    return find_range(cased, COUNT(cased), code) != NULL;
}

static bool is_ignorable(uint32_t code)
{
    return find_range(ignorable, COUNT(ignorable), code) != NULL;
}

/* A capital sigma that ends a word: after a letter, not before one. */
static bool is_final_sigma(bool after_letter, const char *next, const char *end)
{
    while (next < end) {
        uint32_t code = jx_utf8_next(&next, end);
        if (!is_ignorable(code))
            return after_letter && !is_cased(code);
    }
    return after_letter;
}

enum { SIGMA = 0x3A3, FINAL_SIGMA = 0x3C2 };

void jx_build_lower(struct jx_builder *builder, struct jx_text text)
{
    const char *end = text.bytes + text.size;
    bool after_letter = false; /* among what is not passed over */
    jx_build_room(builder, text.size);
    for (const char *at = text.bytes; at < end;) {
        if ((unsigned char)*at < 0x80) {
            bool capital = *at >= 'A' && *at <= 'Z', letter = capital || (*at >= 'a' && *at <= 'z');
            jx_build_byte(builder, capital ? (char)(*at + 32) : *at);
            if (letter || !is_ignorable((uint32_t)(unsigned char)*at))
                after_letter = letter;
            at++;
            continue;
        }
        uint32_t code = jx_utf8_next(&at, end);
        if (code == SIGMA && is_final_sigma(after_letter, at, end))
            jx_build_code(builder, FINAL_SIGMA);
        else
            build_mapped(builder, code, find_range(lower_ranges, COUNT(lower_ranges), code),
                         find_many(lower_many, COUNT(lower_many), code));
        if (!is_ignorable(code))
            after_letter = is_cased(code);
    }
}
