#include "interpreter/base/diagnostic.h"

#include "interpreter/base/text.h"

#include <assert.h>
#include <string.h>

/* A line longer than this is shown as a window around the caret: definitions are often one line of minified JSON. */
enum { LINE_SHOWN_MAX = 100, LINE_BEFORE_CARET = 60, WORD_MAX = 80 };

void dr_report(struct dr_diagnostics *list, const struct dr_diagnostic *diagnostic)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? list->capacity * 2 : 8;
        list->items = dr_resize(list->items, list->capacity, sizeof *list->items);
    }
    list->items[list->count++] = *diagnostic;
    list->errors += diagnostic->severity == DR_ERROR;
    list->warnings += diagnostic->severity == DR_WARNING;
}

static void release(struct dr_diagnostic *diagnostic)
{
    free(diagnostic->pointer);
    free(diagnostic->message);
    free(diagnostic->hint);
}

void dr_diagnostics_done(struct dr_diagnostics *list)
{
    if (list == NULL)
        return;
    for (size_t i = 0; i < list->count; i++)
        release(&list->items[i]);
    free(list->items);
    for (size_t i = list->kept_count; i > 0; i--)
        list->kept[i - 1].release(list->kept[i - 1].thing);
    free(list->kept);
    *list = (struct dr_diagnostics){0};
}

void dr_diagnostics_keep(struct dr_diagnostics *list, void (*release_thing)(void *thing), void *thing)
{
    list->kept = dr_resize(list->kept, list->kept_count + 1, sizeof *list->kept);
    list->kept[list->kept_count++] = (struct dr_kept){release_thing, thing};
}

static int compare_text(const char *a, const char *b)
{
    if (a == NULL || b == NULL)
        return (a != NULL) - (b != NULL);
    return strcmp(a, b);
}

static int compare_number(uint32_t a, uint32_t b)
{
    return (a > b) - (a < b);
}

static int compare_place(const struct dr_diagnostic *a, const struct dr_diagnostic *b)
{
    int order =
        compare_text(a->place.source ? a->place.source->name : NULL, b->place.source ? b->place.source->name : NULL);
    if (order == 0)
        order = compare_number(a->place.line, b->place.line);
    return order ? order : compare_number(a->place.column, b->place.column);
}

static bool is_same(const struct dr_diagnostic *a, const struct dr_diagnostic *b)
{
    return a->severity == b->severity && compare_place(a, b) == 0 && compare_text(a->code, b->code) == 0 &&
           compare_text(a->message, b->message) == 0;
}

/* qsort is not stable, and the order of reporting at one place is worth keeping: sort positions beside the items. */
struct ranked {
    const struct dr_diagnostic *item;
    size_t rank;
};

static int compare_ranked(const void *left, const void *right)
{
    const struct ranked *a = left, *b = right;
    int order = compare_place(a->item, b->item);
    return order ? order : (a->rank > b->rank) - (a->rank < b->rank);
}

void dr_diagnostics_sort(struct dr_diagnostics *list)
{
    if (list->count < 2)
        return;
    struct ranked *ranked = dr_resize(NULL, list->count, sizeof *ranked);
    for (size_t i = 0; i < list->count; i++)
        ranked[i] = (struct ranked){&list->items[i], i};
    qsort(ranked, list->count, sizeof *ranked, compare_ranked);

    struct dr_diagnostics sorted = {.kept = list->kept, .kept_count = list->kept_count};
    for (size_t i = 0; i < list->count; i++) {
        struct dr_diagnostic *item = &list->items[ranked[i].rank];
        bool repeated = false;
        for (size_t j = sorted.count; !repeated && j > 0 && compare_place(&sorted.items[j - 1], item) == 0; j--)
            repeated = is_same(&sorted.items[j - 1], item);
        if (repeated)
            release(item);
        else
            dr_report(&sorted, item);
    }
    free(ranked);
    free(list->items);
    *list = sorted;
}

/* --- Showing ----------------------------------------------------------------------------------------------------- */

static const struct {
    const char *name, *color;
} severities[] = {
    [DR_ERROR] = {"error", "\033[1;31m"},
    [DR_WARNING] = {"warning", "\033[1;35m"},
    [DR_NOTE] = {"note", "\033[1;36m"},
};

/* The bytes of one code point at `text`, at least 1; bytes that are not UTF-8 count one each. */
static size_t point_size(const char *text, const char *end)
{
    size_t size = 1;
    while (text + size < end && ((unsigned char)text[size] & 0xC0) == 0x80)
        size++;
    return size;
}

/* Whether terminals show the code point two cells wide (East Asian wide and emoji, to the block). */
static bool is_wide(const char *text, size_t size)
{
    const unsigned char *bytes = (const unsigned char *)text;
    if (size == 4)
        return bytes[0] == 0xF0 && bytes[1] >= 0x9F;
    if (size != 3)
        return false;
    unsigned point = ((bytes[0] & 0x0Fu) << 12) | ((bytes[1] & 0x3Fu) << 6) | (bytes[2] & 0x3Fu);
    return (point >= 0x1100 && point <= 0x115F) || (point >= 0x2E80 && point <= 0xA4CF) ||
           (point >= 0xAC00 && point <= 0xD7A3) || (point >= 0xF900 && point <= 0xFAFF) ||
           (point >= 0xFE30 && point <= 0xFE6F) || (point >= 0xFF00 && point <= 0xFF60);
}

static const char *find_line(const struct dr_source *source, uint32_t line, const char **ret_end)
{
    const char *at = source->bytes, *end = source->bytes + source->size;
    for (uint32_t n = 1; n < line && at < end; n++) {
        at += strcspn(at, "\r\n");
        if (at < end)
            at += at[0] == '\r' && at[1] == '\n' ? 2 : 1;
    }
    *ret_end = at + strcspn(at, "\r\n");
    return at;
}

static void add_source_line(struct dr_text *out, const struct dr_place *place, const char *color, const char *plain)
{
    const char *end, *line = find_line(place->source, place->line, &end);
    if (line == end)
        return;
    uint32_t first = place->column > LINE_SHOWN_MAX ? place->column - LINE_BEFORE_CARET : 1;
    dr_text_printf(out, "%6u | %s", place->line, first > 1 ? "..." : "");
    struct dr_text carets = {0};
    dr_text_puts(&carets, first > 1 ? "       |    " : "       | ");

    uint32_t column = 1;
    const char *at = line;
    for (; at < end && column < first + LINE_SHOWN_MAX; column++) {
        size_t size = point_size(at, end);
        if (column >= first) {
            bool tab = *at == '\t', control = (unsigned char)*at < 0x20 || *at == 0x7F;
            dr_text_add(out, control && !tab ? "?" : at, control && !tab ? 1 : size);
            uint32_t length = place->length ? place->length : 1;
            if (column < place->column)
                dr_text_puts(&carets, tab ? "\t" : is_wide(at, size) ? "  " : " ");
            else if (column - place->column < length)
                dr_text_puts(&carets, column == place->column ? (is_wide(at, size) ? "^~" : "^")
                                      : is_wide(at, size)     ? "~~"
                                                              : "~");
        }
        at += size;
    }
    if (place->column >= column)
        dr_text_puts(&carets, "^"); /* just behind the line's end: something is missing there */
    dr_text_puts(out, at < end ? "...\n" : "\n");
    dr_text_printf(out, "%.9s%s%s%s\n", carets.bytes, color, carets.bytes + 9, plain);
    dr_text_done(&carets);
}

void dr_diagnostic_render(struct dr_text *out, const struct dr_diagnostic *diagnostic, bool color)
{
    const struct dr_place *place = &diagnostic->place;
    const char *paint = color ? severities[diagnostic->severity].color : "", *plain = color ? "\033[0m" : "";
    if (place->source && place->line)
        dr_text_printf(out, "%s:%u:%u: ", place->source->name, place->line, place->column);
    else if (place->source)
        dr_text_printf(out, "%s: ", place->source->name);
    dr_text_printf(out, "%s%s:%s %s", paint, severities[diagnostic->severity].name, plain, diagnostic->message);
    if (diagnostic->code && *diagnostic->code)
        dr_text_printf(out, " [%s]", diagnostic->code);
    dr_text_putc(out, '\n');
    if (place->source && place->line)
        add_source_line(out, place, paint, plain);
    if (diagnostic->hint)
        dr_text_printf(out, "       = %s\n", diagnostic->hint);
}

/* --- The nearest name -------------------------------------------------------------------------------------------- */

static char fold(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
}

/* Optimal string alignment distance; letters that differ only in case are equal. Both at most WORD_MAX long. */
static size_t distance(const char *a, size_t a_size, const char *b, size_t b_size)
{
    size_t rows[3][WORD_MAX + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b_size; j++)
        above[j] = j;
    memset(before, 0, sizeof rows[0]);
    for (size_t i = 1; i <= a_size; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b_size; j++) {
            bool same = fold(a[i - 1]) == fold(b[j - 1]);
            size_t best = above[j - 1] + !same;
            if (above[j] + 1 < best)
                best = above[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            if (i > 1 && j > 1 && fold(a[i - 1]) == fold(b[j - 2]) && fold(a[i - 2]) == fold(b[j - 1]) &&
                before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            row[j] = best;
        }
        size_t *spare = before;
        before = above;
        above = row;
        row = spare;
    }
    return above[b_size];
}

const char *dr_nearest(const char *word, const char *const *candidates, size_t count)
{
    size_t size = strlen(word);
    if (size == 0 || size > WORD_MAX)
        return NULL;
    size_t bound = size / 3 ? size / 3 : 1;
    const char *nearest = NULL;
    for (size_t i = 0; i < count; i++) {
        size_t other = strlen(candidates[i]);
        if (other > WORD_MAX || other > size + bound || size > other + bound)
            continue;
        size_t apart = distance(word, size, candidates[i], other);
        if (apart < size && apart <= bound && (nearest == NULL || apart < bound)) {
            nearest = candidates[i];
            if (apart == 0)
                return nearest;
            bound = apart;
        }
    }
    return nearest;
}
