/* The compact form of a model: binary search over the lines of a mapped text, and writing such a text. */
#include "providers/aws/model/compact.h"

#include "interpreter/base/text.h"

#include <stdlib.h>
#include <string.h>

/* The line that begins at `start`. */
static struct dr_aws_compact_line line_at(const struct dr_aws_compact *text, size_t start, size_t *ret_end)
{
    const char *bytes = text->bytes + start, *feed = memchr(bytes, '\n', text->size - start);
    size_t size = feed ? (size_t)(feed - bytes) : text->size - start;
    const char *tab = memchr(bytes, '\t', size);
    size_t key = tab ? (size_t)(tab - bytes) : size;
    *ret_end = start + size + (feed ? 1 : 0);
    return (struct dr_aws_compact_line){
        .key = bytes, .key_size = key, .json = tab ? tab + 1 : bytes + size, .json_size = tab ? size - key - 1 : 0};
}

/* Compares a line's key with prefix + name, byte by byte. */
static int compare(const struct dr_aws_compact_line *line, const char *prefix, size_t prefix_size, const char *name,
                   size_t name_size)
{
    size_t common = line->key_size < prefix_size ? line->key_size : prefix_size;
    int order = memcmp(line->key, prefix, common);
    if (order != 0 || line->key_size < prefix_size)
        return order != 0 ? order : (prefix_size + name_size ? -1 : 0);
    size_t rest = line->key_size - prefix_size;
    order = memcmp(line->key + prefix_size, name, rest < name_size ? rest : name_size);
    return order != 0 ? order : (rest > name_size) - (rest < name_size);
}

/* The offset of the first line that is not before prefix + name. */
static size_t lower_bound(const struct dr_aws_compact *text, const char *prefix, const char *name)
{
    size_t prefix_size = strlen(prefix), name_size = strlen(name), low = 0, high = text->size;
    while (low < high) { /* `low` and `high` are beginnings of lines, or the end */
        size_t middle = low + (high - low) / 2, end;
        const char *feed = memrchr(text->bytes + low, '\n', middle - low);
        size_t start = feed ? (size_t)(feed - text->bytes) + 1 : low;
        struct dr_aws_compact_line line = line_at(text, start, &end);
        if (compare(&line, prefix, prefix_size, name, name_size) < 0)
            low = end;
        else
            high = start;
    }
    return low;
}

bool dr_aws_compact_find(const struct dr_aws_compact *text, const char *prefix, const char *name,
                         struct dr_aws_compact_line *ret_line)
{
    size_t start = lower_bound(text, prefix, name), end;
    if (start >= text->size)
        return false;
    struct dr_aws_compact_line line = line_at(text, start, &end);
    if (compare(&line, prefix, strlen(prefix), name, strlen(name)) != 0)
        return false;
    *ret_line = line;
    return true;
}

size_t dr_aws_compact_seek(const struct dr_aws_compact *text, const char *prefix)
{
    return lower_bound(text, prefix, "");
}

bool dr_aws_compact_next(const struct dr_aws_compact *text, const char *prefix, size_t *offset,
                         struct dr_aws_compact_line *ret_line)
{
    size_t end, size = strlen(prefix);
    if (*offset >= text->size)
        return false;
    struct dr_aws_compact_line line = line_at(text, *offset, &end);
    if (line.key_size < size || memcmp(line.key, prefix, size) != 0)
        return false;
    *offset = end;
    *ret_line = line;
    return true;
}

bool dr_aws_compact_is_whole(const struct dr_aws_compact *text)
{
    size_t end;
    const char *feed = text->size > 1 ? memrchr(text->bytes, '\n', text->size - 1) : NULL;
    if (!feed || text->bytes[text->size - 1] != '\n')
        return false;
    size_t start = (size_t)(feed - text->bytes) + 1;
    struct dr_aws_compact_line line = line_at(text, start, &end);
    char *wanted = dr_format("{\"bytes\":%zu}", start);
    bool whole = line.key_size == 1 && line.key[0] == '~' && line.json_size == strlen(wanted) &&
                 memcmp(line.json, wanted, line.json_size) == 0;
    free(wanted);
    return whole;
}

void dr_aws_compact_put(struct dr_aws_compact_writer *writer, const char *prefix, const char *name, char *json)
{
    if (writer->count == writer->room) {
        writer->room = writer->room ? writer->room * 2 : 256;
        writer->entries = dr_resize(writer->entries, writer->room, sizeof *writer->entries);
    }
    writer->entries[writer->count++] =
        (struct dr_aws_compact_entry){.key = dr_format("%s%s", prefix, name), .json = json};
}

static int compare_entries(const void *left, const void *right)
{
    const struct dr_aws_compact_entry *a = left, *b = right;
    return strcmp(a->key, b->key);
}

void dr_aws_compact_write(struct dr_aws_compact_writer *writer, struct dr_text *out)
{
    size_t start = out->size;
    if (writer->count)
        qsort(writer->entries, writer->count, sizeof *writer->entries, compare_entries);
    for (size_t i = 0; i < writer->count; i++)
        dr_text_printf(out, "%s\t%s\n", writer->entries[i].key, writer->entries[i].json);
    dr_text_printf(out, "~\t{\"bytes\":%zu}\n", out->size - start);
    dr_aws_compact_writer_done(writer);
}

void dr_aws_compact_writer_done(struct dr_aws_compact_writer *writer)
{
    for (size_t i = 0; i < writer->count; i++) {
        free(writer->entries[i].key);
        free(writer->entries[i].json);
    }
    free(writer->entries);
    *writer = (struct dr_aws_compact_writer){0};
}
