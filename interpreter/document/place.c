/* Where things stand in the source: the cursor, and the place of a byte inside a string value. */
#include "interpreter/document/reader.h"

#include <assert.h>
#include <string.h>

struct dr_cursor dr_cursor_start(const struct dr_source *source)
{
    return (struct dr_cursor){.source = source, .line = 1, .column = 1};
}

void dr_cursor_next(struct dr_cursor *cursor)
{
    const char *bytes = cursor->source->bytes;
    if (cursor->offset >= cursor->source->size)
        return;
    char byte = bytes[cursor->offset++];
    cursor->index++;
    if (byte == '\n' || (byte == '\r' && bytes[cursor->offset] != '\n')) {
        cursor->line++;
        cursor->column = 1;
        return;
    }
    cursor->column += byte != '\r';
    while (cursor->offset < cursor->source->size && ((unsigned char)bytes[cursor->offset] & 0xC0) == 0x80)
        cursor->offset++;
}

void dr_cursor_to_index(struct dr_cursor *cursor, size_t index)
{
    if (index < cursor->index)
        *cursor = dr_cursor_start(cursor->source);
    while (cursor->index < index && cursor->offset < cursor->source->size)
        dr_cursor_next(cursor);
}

void dr_cursor_to_offset(struct dr_cursor *cursor, size_t offset)
{
    if (offset < cursor->offset)
        *cursor = dr_cursor_start(cursor->source);
    while (cursor->offset < offset && cursor->offset < cursor->source->size)
        dr_cursor_next(cursor);
}

struct dr_place dr_cursor_place(const struct dr_cursor *cursor, uint32_t length)
{
    return (struct dr_place){cursor->source, cursor->line, cursor->column, length};
}

/* --- Inside strings ---------------------------------------------------------------------------------------------- */

/* How many bytes of the value one step of the walk stands for. */
static size_t utf8_size(uint32_t point)
{
    return point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
}

static char byte_at(const struct dr_cursor *cursor)
{
    return cursor->source->bytes[cursor->offset]; /* NUL at the end */
}

static bool at_break(const struct dr_cursor *cursor)
{
    return byte_at(cursor) == '\n' || byte_at(cursor) == '\r';
}

static void skip_break(struct dr_cursor *cursor)
{
    if (byte_at(cursor) == '\r' && cursor->source->bytes[cursor->offset + 1] == '\n')
        dr_cursor_next(cursor);
    dr_cursor_next(cursor);
}

static void skip_blanks(struct dr_cursor *cursor)
{
    while (byte_at(cursor) == ' ' || byte_at(cursor) == '\t')
        dr_cursor_next(cursor);
}

static uint32_t read_hex(struct dr_cursor *cursor, int digits)
{
    uint32_t point = 0;
    for (; digits > 0 && strchr("0123456789abcdefABCDEF", byte_at(cursor)) && byte_at(cursor); digits--) {
        char digit = byte_at(cursor);
        point = point * 16 + (uint32_t)(digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
        dr_cursor_next(cursor);
    }
    return point;
}

/* At a backslash: passes the escape. The bytes that it stands for; 0 for an escaped line break. */
static size_t skip_escape(struct dr_cursor *cursor)
{
    dr_cursor_next(cursor);
    if (at_break(cursor)) {
        skip_break(cursor);
        skip_blanks(cursor);
        return 0;
    }
    char kind = byte_at(cursor);
    dr_cursor_next(cursor);
    switch (kind) {
    case 'x':
        return utf8_size(read_hex(cursor, 2));
    case 'U':
        return utf8_size(read_hex(cursor, 8));
    case 'u': {
        uint32_t point = read_hex(cursor, 4);
        if (point < 0xD800 || point > 0xDBFF || byte_at(cursor) != '\\')
            return utf8_size(point);
        dr_cursor_next(cursor);
        dr_cursor_next(cursor);
        read_hex(cursor, 4);
        return 4;
    }
    case 'N': /* U+0085 */
    case '_': /* U+00A0 */
        return 2;
    case 'L': /* U+2028 */
    case 'P': /* U+2029 */
        return 3;
    default:
        return 1;
    }
}

/* At a line break of a flow scalar: passes it, the blank lines after it and the next line's indentation. They stand for
 * one space, or for one line feed each blank line. */
static size_t skip_fold(struct dr_cursor *cursor)
{
    size_t breaks = 0;
    while (at_break(cursor)) {
        skip_break(cursor);
        skip_blanks(cursor);
        breaks++;
    }
    return breaks > 1 ? breaks - 1 : 1;
}

/* Blanks are content unless a line break follows them. */
static bool blanks_before_break(const struct dr_cursor *cursor)
{
    const char *at = cursor->source->bytes + cursor->offset;
    at += strspn(at, " \t");
    return *at == '\n' || *at == '\r';
}

static void walk_flow(struct dr_cursor *cursor, size_t offset, int style)
{
    char quote = style == DR_STYLE_DOUBLE ? '"' : style == DR_STYLE_SINGLE ? '\'' : '\0';
    if (quote)
        dr_cursor_next(cursor);
    size_t done = 0;
    while (done < offset && byte_at(cursor)) {
        struct dr_cursor before = *cursor;
        if (quote == '"' && byte_at(cursor) == '\\') {
            done += skip_escape(cursor);
        } else if ((byte_at(cursor) == ' ' || byte_at(cursor) == '\t') && blanks_before_break(cursor)) {
            skip_blanks(cursor);
        } else if (at_break(cursor)) {
            done += skip_fold(cursor);
        } else if (quote == '\'' && byte_at(cursor) == '\'') {
            dr_cursor_next(cursor);
            dr_cursor_next(cursor);
            done++;
        } else {
            dr_cursor_next(cursor);
            done += cursor->offset - before.offset;
        }
        if (done > offset) { /* in the middle of an escape or fold: its start */
            *cursor = before;
            return;
        }
    }
    if (quote == '"') /* an escaped line break is no part of what follows it */
        while (byte_at(cursor) == '\\' &&
               (cursor->source->bytes[cursor->offset + 1] == '\n' || cursor->source->bytes[cursor->offset + 1] == '\r'))
            skip_escape(cursor);
}

static size_t line_length(const struct dr_cursor *cursor)
{
    return strcspn(cursor->source->bytes + cursor->offset, "\r\n");
}

/* Block scalars. Rather than repeat libyaml's folding, the value is matched against the source: the text of a line
 * stands in the value as it is behind the indentation, and between two lines stands one space or a run of line feeds,
 * whatever the blank lines were. */
static void walk_block(struct dr_cursor *cursor, const struct dr_node *string, size_t offset)
{
    const char *value = string->string.bytes;
    dr_cursor_to_offset(cursor, cursor->offset + line_length(cursor)); /* the header: | or >, indicators, a comment */
    skip_break(cursor);
    size_t done = strspn(value, "\n");
    if (offset < done)
        return;
    while (byte_at(cursor) && strspn(cursor->source->bytes + cursor->offset, " ") == line_length(cursor)) {
        dr_cursor_to_offset(cursor, cursor->offset + line_length(cursor));
        skip_break(cursor);
    }
    size_t blanks = strspn(cursor->source->bytes + cursor->offset, " "), extra = strspn(value + done, " ");
    size_t indent = blanks > extra ? blanks - extra : 0;
    while (byte_at(cursor)) {
        size_t length = line_length(cursor), text = length > indent ? length - indent : 0;
        if (offset <= done + text) {
            dr_cursor_to_offset(cursor, cursor->offset + (length - text) + (offset - done));
            return;
        }
        done += text;
        dr_cursor_to_offset(cursor, cursor->offset + length);
        size_t run = value[done] == ' ' ? 1 : strspn(value + done, "\n");
        if (offset < done + run || run == 0)
            return;
        done += run;
        do {
            skip_break(cursor);
            length = line_length(cursor);
            if (length <= indent)
                dr_cursor_to_offset(cursor, cursor->offset + length);
        } while (length <= indent && byte_at(cursor));
    }
}

struct dr_place dr_node_place_at(const struct dr_node *string, size_t offset)
{
    assert(string->kind == DR_NODE_STRING);
    if (string->place.source == NULL || string->place.line == 0)
        return string->place;
    if (offset > string->string.size)
        offset = string->string.size;
    struct dr_cursor cursor = {.source = string->place.source,
                               .offset = string->string.offset,
                               .line = string->place.line,
                               .column = string->place.column};
    if (string->string.style == DR_STYLE_LITERAL || string->string.style == DR_STYLE_FOLDED)
        walk_block(&cursor, string, offset);
    else
        walk_flow(&cursor, offset, (int)string->string.style);
    return dr_cursor_place(&cursor, 0);
}
