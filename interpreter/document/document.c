#include "interpreter/document/document.h"

#include "interpreter/base/limits.h"
#include "interpreter/base/text.h"
#include "interpreter/document/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- Reading the file ------------------------------------------------------------------------------------------------
 */

static bool refuse_file(struct dr_diagnostics *found, const struct dr_source *source, char *message, const char *hint)
{
    return dr_refuse(found, (struct dr_place){.source = source}, message, dr_copy_string(hint));
}

static bool read_all(int fd, const struct dr_source *source, struct dr_text *text, struct dr_diagnostics *found)
{
    for (;;) {
        dr_text_reserve(text, 64u << 10);
        ssize_t count = read(fd, text->bytes + text->size, 64u << 10);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0 && errno == EISDIR)
            return refuse_file(found, source, dr_copy_string("This is a directory, not a file"),
                               "Name the files in it: drrun validate DIRECTORY/*.yaml");
        if (count < 0)
            return refuse_file(found, source, dr_format("The file cannot be read: %s", strerror(errno)), NULL);
        if (count == 0)
            return true;
        text->size += (size_t)count;
        text->bytes[text->size] = '\0';
        if (text->size > DR_DOCUMENT_BYTES_MAX)
            return refuse_file(found, source, dr_format("The file is larger than %u MiB", DR_DOCUMENT_BYTES_MAX >> 20),
                               NULL);
    }
}

/* --- Characters
 * -------------------------------------------------------------------------------------------------------- */

/* The bytes of the UTF-8 sequence at `at`, 0 if it is not one. Source: Unicode 15, table 3-7. */
static size_t utf8_sequence(const unsigned char *at, size_t left)
{
    unsigned char low = 0x80, high = 0xBF;
    size_t size;
    if (at[0] < 0x80)
        return 1;
    if (at[0] >= 0xC2 && at[0] <= 0xDF)
        size = 2;
    else if (at[0] >= 0xE0 && at[0] <= 0xEF)
        size = 3;
    else if (at[0] >= 0xF0 && at[0] <= 0xF4)
        size = 4;
    else
        return 0;
    if (at[0] == 0xE0)
        low = 0xA0;
    else if (at[0] == 0xED)
        high = 0x9F;
    else if (at[0] == 0xF0)
        low = 0x90;
    else if (at[0] == 0xF4)
        high = 0x8F;
    if (size > left || at[1] < low || at[1] > high)
        return 0;
    for (size_t i = 2; i < size; i++)
        if ((at[i] & 0xC0) != 0x80)
            return 0;
    return size;
}

static bool is_utf16(const unsigned char *bytes, size_t size)
{
    if (size < 2)
        return false;
    bool marked = (bytes[0] == 0xFF && bytes[1] == 0xFE) || (bytes[0] == 0xFE && bytes[1] == 0xFF);
    return marked || (size >= 4 &&
                      ((bytes[0] == 0 && bytes[1] && bytes[2] == 0) || (bytes[0] && bytes[1] == 0 && bytes[3] == 0)));
}

/* How many bytes from `at` on are ASCII and not NUL, in steps of 8: nearly the whole of nearly every file. */
static size_t plain_run(const unsigned char *at, size_t left)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), highs = UINT64_C(0x8080808080808080);
    size_t run = 0;
    for (uint64_t word; run + sizeof word <= left; run += sizeof word) {
        memcpy(&word, at + run, sizeof word);
        if ((word & highs) || ((word - ones) & ~word & highs))
            break;
    }
    return run;
}

static bool check_characters(const struct dr_source *source, struct dr_diagnostics *found)
{
    const unsigned char *bytes = (const unsigned char *)source->bytes;
    if (is_utf16(bytes, source->size))
        return refuse_file(found, source, dr_copy_string("The file is UTF-16 or UTF-32; runbooks are UTF-8"),
                           "Save it as UTF-8: iconv -f UTF-16 -t UTF-8");
    for (size_t at = 0, size; at < source->size; at += size) {
        size = plain_run(bytes + at, source->size - at);
        if (size)
            continue;
        size = utf8_sequence(bytes + at, source->size - at);
        if (size && bytes[at])
            continue;
        struct dr_cursor cursor = dr_cursor_start(source);
        dr_cursor_to_offset(&cursor, at);
        char *message = size ? dr_copy_string("A NUL byte cannot stand in a document")
                             : dr_format("The byte 0x%02X is not valid UTF-8", bytes[at]);
        return dr_refuse(found, dr_cursor_place(&cursor, 0), message,
                         size ? NULL : dr_copy_string("Save the file as UTF-8"));
    }
    return true;
}

/* --- From text to tree
 * --------------------------------------------------------------------------------------------------- */

static bool has_suffix(const char *name, const char *suffix)
{
    size_t size = strlen(name), tail = strlen(suffix);
    return size >= tail && strcasecmp(name + size - tail, suffix) == 0;
}

static bool read_json(struct dr_document *document, struct dr_diagnostics *found)
{
    struct dr_builder builder = {.arena = document->arena, .found = found};
    bool fine = dr_json_read(&builder, document->source);
    document->root = fine ? builder.root : NULL;
    dr_builder_done(&builder);
    return fine;
}

static bool read_yaml(struct dr_document *document, struct dr_diagnostics *found)
{
    struct dr_builder builder = {.arena = document->arena, .found = found};
    bool fine = dr_yaml_read(&builder, document->source);
    document->root = fine ? builder.root : NULL;
    dr_builder_done(&builder);
    return fine;
}

/* JSON is read as JSON also when the name does not say so, because libyaml refuses some of it (escaped surrogates,
 * tabs). If it is not JSON, then it may be YAML's flow style, and what was wrong with it as JSON is of no interest. */
static bool read_root(struct dr_document *document, struct dr_diagnostics *found)
{
    const char *first = document->source->bytes + strspn(document->source->bytes, " \t\r\n");
    if (*first == '\0')
        return refuse_file(found, document->source, dr_copy_string("The file is empty"), NULL);
    if (has_suffix(document->source->name, ".json"))
        return read_json(document, found);
    if (*first == '{' || *first == '[') {
        struct dr_diagnostics as_json = {0};
        bool is_json = read_json(document, &as_json), duplicates = is_json && as_json.errors > 0;
        dr_diagnostics_done(&as_json);
        if (duplicates)
            return read_json(document, found);
        if (is_json)
            return true;
    }
    if (!read_yaml(document, found))
        return false;
    if (document->root == NULL)
        return refuse_file(found, document->source, dr_copy_string("The file holds nothing but comments"), NULL);
    return true;
}

static void release_arena(void *arena)
{
    dr_arena_free(arena);
}

/* The document or, if something is wrong, NULL: then `found` keeps the source that its places point into. */
static struct dr_document *finish(struct dr_document *document, bool fine, size_t errors_before,
                                  struct dr_diagnostics *found)
{
    if (fine && found->errors == errors_before)
        return document;
    dr_diagnostics_keep(found, release_arena, document->arena);
    return NULL;
}

static struct dr_document *start(const char *name)
{
    struct dr_arena *arena = dr_arena_new();
    struct dr_document *document = dr_arena_alloc(arena, sizeof *document);
    struct dr_source *source = dr_arena_alloc(arena, sizeof *source);
    source->name = dr_arena_string(arena, name, strlen(name));
    source->bytes = "";
    document->arena = arena;
    document->source = source;
    return document;
}

static bool read_bytes(struct dr_document *document, const char *bytes, size_t size, struct dr_diagnostics *found)
{
    if (size > DR_DOCUMENT_BYTES_MAX)
        return refuse_file(found, document->source,
                           dr_format("The file is larger than %u MiB", DR_DOCUMENT_BYTES_MAX >> 20), NULL);
    if (size >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0) { /* a byte order mark says UTF-8 and nothing else */
        bytes += 3;
        size -= 3;
    }
    struct dr_source *source = dr_arena_alloc(document->arena, sizeof *source);
    source->name = document->source->name;
    source->bytes = dr_arena_string(document->arena, bytes, size);
    source->size = size;
    document->source = source;
    return check_characters(source, found) && read_root(document, found);
}

struct dr_document *dr_document_parse(const char *name, const char *bytes, size_t size, struct dr_diagnostics *found)
{
    size_t errors = found->errors;
    struct dr_document *document = start(name);
    return finish(document, read_bytes(document, bytes, size, found), errors, found);
}

struct dr_document *dr_document_load(const char *path, struct dr_diagnostics *found)
{
    size_t errors = found->errors;
    bool standard = strcmp(path, "-") == 0;
    struct dr_document *document = start(standard ? "<stdin>" : path);
    struct dr_text text = {0};
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    bool fine = fd >= 0 ? read_all(fd, document->source, &text, found)
                        : refuse_file(found, document->source,
                                      dr_format("The file cannot be opened: %s", strerror(errno)), NULL);
    if (fd >= 0 && !standard)
        close(fd);
    if (fine)
        fine = read_bytes(document, text.bytes ? text.bytes : "", text.size, found);
    dr_text_done(&text);
    return finish(document, fine, errors, found);
}

void dr_document_free(struct dr_document *document)
{
    if (document)
        dr_arena_free(document->arena);
}

/* --- Looking at nodes
 * ------------------------------------------------------------------------------------------------------ */

const struct dr_node *dr_node_member(const struct dr_node *map, const char *key)
{
    if (map == NULL || map->kind != DR_NODE_MAP)
        return NULL;
    if (map->children.sorted == NULL) {
        for (size_t i = 0; i < map->children.count; i++)
            if (map->children.items[i]->key[0] == key[0] && strcmp(map->children.items[i]->key, key) == 0)
                return map->children.items[i];
        return NULL;
    }
    size_t low = 0, high = map->children.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(key, map->children.sorted[middle]->key);
        if (order == 0)
            return map->children.sorted[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

/* Recursion is bounded by DR_DEPTH_MAX, which the builder keeps, aliases included. */
json_t *dr_node_json(const struct dr_node *node)
{
    json_t *value;
    switch (node->kind) {
    case DR_NODE_NULL:
        return json_null();
    case DR_NODE_BOOLEAN:
        return json_boolean(node->boolean);
    case DR_NODE_INTEGER:
        return json_integer(node->integer);
    case DR_NODE_REAL:
        return json_real(node->real);
    case DR_NODE_STRING:
        return json_stringn_nocheck(node->string.bytes, node->string.size);
    case DR_NODE_LIST:
        value = json_array();
        for (size_t i = 0; i < node->children.count; i++)
            json_array_append_new(value, dr_node_json(node->children.items[i]));
        return value;
    case DR_NODE_MAP:
        value = json_object();
        for (size_t i = 0; i < node->children.count; i++)
            json_object_set_new_nocheck(value, node->children.items[i]->key, dr_node_json(node->children.items[i]));
        return value;
    }
    return NULL;
}

const char *dr_node_kind_name(enum dr_node_kind kind)
{
    static const char *const names[] = {
        [DR_NODE_NULL] = "null",     [DR_NODE_BOOLEAN] = "a boolean", [DR_NODE_INTEGER] = "an integer",
        [DR_NODE_REAL] = "a number", [DR_NODE_STRING] = "a string",   [DR_NODE_LIST] = "a list",
        [DR_NODE_MAP] = "a map",
    };
    return names[kind];
}
