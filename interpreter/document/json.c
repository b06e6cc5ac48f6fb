/* JSON text -> builder: RFC 8259, and nothing more. The state is a stack of open containers, the builder's own. */
#include "interpreter/document/reader.h"

#include "interpreter/base/text.h"

#include <stdlib.h>
#include <string.h>

struct reader {
    struct dr_builder *builder;
    const struct dr_source *source;
    struct dr_cursor mark; /* follows behind `at`, for places */
    const char *at, *end;
    struct dr_text scratch;
};

static struct dr_place place_of(struct reader *reader, const char *from, uint32_t length)
{
    dr_cursor_to_offset(&reader->mark, (size_t)(from - reader->source->bytes));
    return dr_cursor_place(&reader->mark, length);
}

static bool refuse(struct reader *reader, const char *from, char *message, const char *hint)
{
    return dr_refuse(reader->builder->found, place_of(reader, from, 0), message, dr_copy_string(hint));
}

static void skip_space(struct reader *reader)
{
    reader->at += strspn(reader->at, " \t\r\n");
}

static char *describe(const struct reader *reader, const char *expected)
{
    if (reader->at >= reader->end)
        return dr_format("The JSON text ends where %s is expected", expected);
    size_t size = 1;
    while (reader->at + size < reader->end && ((unsigned char)reader->at[size] & 0xC0) == 0x80)
        size++;
    if ((unsigned char)*reader->at < 0x20)
        return dr_format("Not valid JSON: %s is expected, not the control character U+%04X", expected,
                         (unsigned char)*reader->at);
    return dr_format("Not valid JSON: %s is expected, not \"%.*s\"", expected, (int)size, reader->at);
}

static bool refuse_unexpected(struct reader *reader, const char *expected)
{
    const char *hint = NULL;
    if (*reader->at == '/' || *reader->at == '#')
        hint = "JSON has no comments: use a \"Comment\" field, or YAML";
    else if (*reader->at == '\'')
        hint = "JSON strings stand in double quotes";
    else if (*reader->at == '}' || *reader->at == ']')
        hint = "Perhaps there is a comma too many before it";
    return refuse(reader, reader->at, describe(reader, expected), hint);
}

/* --- Strings ----------------------------------------------------------------------------------------------------- */

static bool read_hex4(const char *at, uint32_t *ret_value)
{
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        char digit = at[i];
        if (digit >= '0' && digit <= '9')
            value = value * 16 + (uint32_t)(digit - '0');
        else if ((digit | 0x20) >= 'a' && (digit | 0x20) <= 'f')
            value = value * 16 + (uint32_t)((digit | 0x20) - 'a' + 10);
        else
            return false;
    }
    *ret_value = value;
    return true;
}

static void add_point(struct dr_text *text, uint32_t point)
{
    if (point < 0x80) {
        dr_text_putc(text, (char)point);
    } else if (point < 0x800) {
        dr_text_putc(text, (char)(0xC0 | (point >> 6)));
        dr_text_putc(text, (char)(0x80 | (point & 0x3F)));
    } else if (point < 0x10000) {
        dr_text_putc(text, (char)(0xE0 | (point >> 12)));
        dr_text_putc(text, (char)(0x80 | ((point >> 6) & 0x3F)));
        dr_text_putc(text, (char)(0x80 | (point & 0x3F)));
    } else {
        dr_text_putc(text, (char)(0xF0 | (point >> 18)));
        dr_text_putc(text, (char)(0x80 | ((point >> 12) & 0x3F)));
        dr_text_putc(text, (char)(0x80 | ((point >> 6) & 0x3F)));
        dr_text_putc(text, (char)(0x80 | (point & 0x3F)));
    }
}

/* At a backslash. */
static bool read_escape(struct reader *reader)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    const char *start = reader->at++;
    const char *name = *reader->at ? strchr(names, *reader->at) : NULL;
    if (name) {
        dr_text_putc(&reader->scratch, values[name - names]);
        reader->at++;
        return true;
    }
    uint32_t point, low;
    if (*reader->at != 'u' || !read_hex4(reader->at + 1, &point))
        return refuse(reader, start, dr_copy_string("Not valid JSON: an unknown escape in a string"),
                      "A backslash itself is written \\\\");
    reader->at += 5;
    if (point >= 0xD800 && point <= 0xDBFF && reader->at[0] == '\\' && reader->at[1] == 'u' &&
        read_hex4(reader->at + 2, &low) && low >= 0xDC00 && low <= 0xDFFF) {
        point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
        reader->at += 6;
    }
    if (point >= 0xD800 && point <= 0xDFFF)
        return refuse(reader, start, dr_copy_string("Not valid JSON: half of a surrogate pair in a string"), NULL);
    add_point(&reader->scratch, point);
    return true;
}

/* At the opening quote. The content is in the arena afterwards. */
static bool read_string(struct reader *reader, struct dr_node *ret_node)
{
    const char *start = reader->at++;
    dr_text_clear(&reader->scratch);
    for (;;) {
        size_t run = 0;
        while ((unsigned char)reader->at[run] >= 0x20 && reader->at[run] != '"' && reader->at[run] != '\\')
            run++;
        dr_text_add(&reader->scratch, reader->at, run);
        reader->at += run;
        if (*reader->at == '"')
            break;
        if (*reader->at == '\\') {
            if (!read_escape(reader))
                return false;
        } else if (reader->at >= reader->end) {
            return refuse(reader, start, dr_copy_string("The string that starts here is not closed"), NULL);
        } else {
            return refuse(
                reader, reader->at,
                dr_format("Not valid JSON: the control character U+%04X in a string", (unsigned char)*reader->at),
                *reader->at == '\n' || *reader->at == '\r'
                    ? "A string cannot go over several lines: write \\n, and look for a missing quote"
                    : "Write it as an escape: \\t, \\u001b");
        }
    }
    reader->at++;
    struct dr_place place = place_of(reader, start, 0);
    dr_cursor_to_offset(&reader->mark, (size_t)(reader->at - reader->source->bytes));
    place.length = reader->mark.column - place.column;
    *ret_node = (struct dr_node){.kind = DR_NODE_STRING, .place = place};
    ret_node->string.bytes = dr_arena_string(reader->builder->arena, reader->scratch.bytes ? reader->scratch.bytes : "",
                                             reader->scratch.size);
    ret_node->string.size = reader->scratch.size;
    ret_node->string.offset = (uint32_t)(start - reader->source->bytes);
    ret_node->string.style = DR_STYLE_DOUBLE;
    return true;
}

/* --- The other scalars ---------------------------------------------------------------------------------------------
 */

static bool read_number(struct reader *reader)
{
    const char *start = reader->at, *at = start + (*start == '-');
    size_t whole = strspn(at, "0123456789");
    if (whole == 0)
        return refuse_unexpected(reader, "a value");
    if (whole > 1 && *at == '0')
        return refuse(reader, start, dr_copy_string("Not valid JSON: a number with a leading zero"),
                      "Quote it if it is an identifier");
    at += whole;
    bool integer = true, fine = true;
    if (*at == '.') {
        size_t fraction = strspn(++at, "0123456789");
        integer = false;
        fine = fraction > 0;
        at += fraction;
    }
    if (fine && (*at == 'e' || *at == 'E')) {
        at++;
        at += *at == '-' || *at == '+';
        size_t exponent = strspn(at, "0123456789");
        integer = false;
        fine = exponent > 0;
        at += exponent;
    }
    uint32_t length = (uint32_t)(at - start);
    struct dr_node node = {.place = place_of(reader, start, length)};
    if (!fine)
        return refuse(reader, start, dr_copy_string("Not valid JSON: a digit is missing in this number"), NULL);
    if (!dr_scalar_number(&node, start, integer))
        return refuse(reader, start, dr_copy_string("This number is out of range"), NULL);
    reader->at = at;
    return dr_builder_scalar(reader->builder, &node);
}

static bool read_word(struct reader *reader)
{
    static const struct {
        const char *word;
        enum dr_node_kind kind;
        bool boolean;
    } words[] = {{"null", DR_NODE_NULL, false}, {"true", DR_NODE_BOOLEAN, true}, {"false", DR_NODE_BOOLEAN, false}};
    size_t size = strspn(reader->at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (size != strlen(words[i].word) || memcmp(reader->at, words[i].word, size) != 0)
            continue;
        struct dr_node node = {.kind = words[i].kind, .place = place_of(reader, reader->at, (uint32_t)size)};
        if (node.kind == DR_NODE_BOOLEAN)
            node.boolean = words[i].boolean;
        reader->at += size;
        return dr_builder_scalar(reader->builder, &node);
    }
    return refuse_unexpected(reader, "a value");
}

/* --- Structure -----------------------------------------------------------------------------------------------------
 */

static bool read_key(struct reader *reader)
{
    struct dr_node key;
    if (*reader->at != '"')
        return refuse_unexpected(reader, "a key in double quotes");
    if (!read_string(reader, &key) ||
        !dr_builder_key(reader->builder, key.string.bytes, key.string.size, key.place, false))
        return false;
    skip_space(reader);
    if (*reader->at != ':')
        return refuse_unexpected(reader, "\":\"");
    reader->at++;
    skip_space(reader);
    return true;
}

/* One value; of a map or list only its opening. */
static bool read_value(struct reader *reader, bool *ret_opened)
{
    *ret_opened = *reader->at == '{' || *reader->at == '[';
    if (*ret_opened) {
        struct dr_place place = place_of(reader, reader->at, 0);
        return dr_builder_open(reader->builder, *reader->at++ == '{' ? DR_NODE_MAP : DR_NODE_LIST, place);
    }
    if (*reader->at == '"') {
        struct dr_node node;
        return read_string(reader, &node) && dr_builder_scalar(reader->builder, &node);
    }
    if (*reader->at == '-' || (*reader->at >= '0' && *reader->at <= '9'))
        return read_number(reader);
    return read_word(reader);
}

static bool read_all(struct reader *reader)
{
    bool fresh = false; /* the innermost container has just been opened */
    struct dr_builder *builder = reader->builder;
    char closers[1024]; /* DR_DEPTH_MAX is below that; the builder refuses what is deeper */
    skip_space(reader);
    if (!read_value(reader, &fresh))
        return false;
    if (fresh)
        closers[builder->depth - 1] = reader->at[-1] == '{' ? '}' : ']';
    while (builder->depth) {
        char closer = closers[builder->depth - 1];
        skip_space(reader);
        if (*reader->at == closer) {
            reader->at++;
            if (!dr_builder_close(builder))
                return false;
            fresh = false;
            continue;
        }
        if (!fresh) {
            if (*reader->at != ',')
                return refuse_unexpected(reader, closer == '}' ? "\",\" or \"}\"" : "\",\" or \"]\"");
            reader->at++;
            skip_space(reader);
        }
        if (closer == '}' && !read_key(reader))
            return false;
        if (!read_value(reader, &fresh))
            return false;
        if (fresh)
            closers[builder->depth - 1] = reader->at[-1] == '{' ? '}' : ']';
    }
    skip_space(reader);
    return reader->at >= reader->end || refuse_unexpected(reader, "the end of the text");
}

bool dr_json_read(struct dr_builder *builder, const struct dr_source *source)
{
    struct reader reader = {.builder = builder,
                            .source = source,
                            .mark = dr_cursor_start(source),
                            .at = source->bytes,
                            .end = source->bytes + source->size};
    bool fine = read_all(&reader);
    dr_text_done(&reader.scratch);
    return fine;
}
