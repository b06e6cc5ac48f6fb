/* The parser of AWS's configuration files. A line at a time: section, key, or what belongs to the key above it. */
#include "providers/aws/credentials/ini.h"

#include "interpreter/base/limits.h"
#include "interpreter/base/text.h"
#include "providers/aws/credentials/words.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { PROBLEMS_MAX = 20 }; /* told of one file */

struct section {
    char *kind, *name; /* "" kind: one that nobody reads, such as [plugins] */
    bool plain_default;
};

struct property {
    size_t section;
    char *key;
    struct dr_text value;
};

struct dr_aws_ini {
    struct section *sections;
    size_t section_count, section_room;
    struct property *properties;
    size_t property_count, property_room;
    bool has_prefixed_default;
    struct dr_text problem;
    unsigned problem_count;
};

struct parser {
    struct dr_aws_ini *ini;
    const char *file;
    bool credentials;
    size_t line;
    const char *start;   /* of the line, for columns */
    bool in_section;     /* of `ini`, the last one */
    bool in_broken;      /* its heading could not be read: what follows is left out silently, it was told once */
    const char *key;     /* the property that an indented line may go on with; NULL: none */
    size_t key_property; /* its index */
    size_t key_indent;
    bool key_nests; /* it has no value of its own: indented lines are its nested keys */
};

struct span {
    const char *at;
    size_t size;
};

/* --- Spans ------------------------------------------------------------------------------------------------------- */

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\f' || byte == '\v';
}

static bool is_comment(char byte)
{
    return byte == '#' || byte == ';';
}

static struct span trim(struct span span)
{
    while (span.size > 0 && is_blank(*span.at))
        span.at++, span.size--;
    while (span.size > 0 && is_blank(span.at[span.size - 1]))
        span.size--;
    return span;
}

/* Up to a comment that follows a blank. */
static struct span without_comment(struct span span)
{
    for (size_t i = 1; i < span.size; i++)
        if (is_comment(span.at[i]) && is_blank(span.at[i - 1]))
            span.size = i;
    return trim(span);
}

static bool is_utf8(struct span span)
{
    json_t *text = json_stringn(span.at, span.size);
    bool valid = text != NULL;
    json_decref(text);
    return valid;
}

static char *lower(struct span span)
{
    char *text = dr_copy_bytes(span.at, span.size);
    for (char *at = text; *at; at++)
        *at = (char)tolower((unsigned char)*at);
    return text;
}

/* --- What the lines give -------------------------------------------------------------------------------------------
 */

static void complain(struct parser *parser, const char *at, const char *what)
{
    if (parser->ini->problem_count++ >= PROBLEMS_MAX)
        return;
    dr_text_printf(&parser->ini->problem, "%s%s:%zu:%zu: %s", parser->ini->problem.size > 0 ? "\n" : "", parser->file,
                   parser->line, (size_t)(at - parser->start) + 1, what);
}

static void add_section(struct parser *parser, const char *kind, const char *name, bool plain_default)
{
    struct dr_aws_ini *ini = parser->ini;
    if (ini->section_count == ini->section_room) {
        ini->section_room = ini->section_room * 2 + 8;
        ini->sections = dr_resize(ini->sections, ini->section_room, sizeof *ini->sections);
    }
    ini->sections[ini->section_count++] = (struct section){dr_copy_string(kind), dr_copy_string(name), plain_default};
    parser->in_section = true;
    if (!parser->credentials && strcmp(kind, "profile") == 0 && strcmp(name, "default") == 0 && !plain_default)
        ini->has_prefixed_default = true;
}

static void add_property(struct parser *parser, char *key, struct span value)
{
    struct dr_aws_ini *ini = parser->ini;
    if (ini->property_count == ini->property_room) {
        ini->property_room = ini->property_room * 2 + 16;
        ini->properties = dr_resize(ini->properties, ini->property_room, sizeof *ini->properties);
    }
    struct property *property = &ini->properties[ini->property_count++];
    *property = (struct property){.section = ini->section_count - 1, .key = key};
    dr_text_add(&property->value, value.at, value.size);
}

/* "[profile x]", "[default]", "[sso-session x]", "[services x]"; in the credentials file a name as it is. */
static void read_section(struct parser *parser, struct span line)
{
    const char *open = line.at, *close = memchr(line.at, ']', line.size);
    parser->key = NULL;
    parser->in_section = false;
    parser->in_broken = true;
    if (!close) {
        complain(parser, open, "this section's name is not closed: expected ']'");
        return;
    }
    struct span rest = trim((struct span){close + 1, (size_t)(line.at + line.size - close - 1)});
    if (rest.size > 0 && !is_comment(*rest.at)) {
        complain(parser, rest.at, "expected the end of the line after ']'");
        return;
    }
    struct span name = trim((struct span){open + 1, (size_t)(close - open - 1)});
    if (name.size == 0 || !is_utf8(name)) {
        complain(parser, open, name.size == 0 ? "this section has no name" : "this section's name is not UTF-8");
        return;
    }
    parser->in_broken = false;
    if (parser->credentials) {
        char *text = dr_copy_bytes(name.at, name.size);
        add_section(parser, "profile", text, false);
        free(text);
        return;
    }
    struct dr_aws_words words;
    const char *problem = dr_aws_words_split(&words, name.at, name.size);
    if (!problem && words.count == 1 && strcmp(words.items[0], "default") == 0)
        add_section(parser, "profile", "default", true);
    else if (!problem && words.count == 2)
        add_section(parser, words.items[0], words.items[1], false);
    else
        add_section(parser, "", "", false); /* not ours: [plugins], [preview], [profile two words] */
    dr_aws_words_done(&words);
}

/* Where the key ends: '=', or, where there is none, the ':' that botocore takes as well. */
static const char *find_separator(struct span line)
{
    const char *equals = memchr(line.at, '=', line.size);
    return equals ? equals : memchr(line.at, ':', line.size);
}

/* false: it was complained about. */
static bool read_pair(struct parser *parser, struct span line, struct span *ret_key, struct span *ret_value)
{
    line = without_comment(line);
    const char *separator = find_separator(line);
    if (!separator) {
        complain(parser, line.at, "expected \"key = value\"");
        return false;
    }
    *ret_key = trim((struct span){line.at, (size_t)(separator - line.at)});
    *ret_value = trim((struct span){separator + 1, (size_t)(line.at + line.size - separator - 1)});
    if (ret_key->size == 0)
        complain(parser, line.at, "expected a key before '='");
    else if (!is_utf8(line))
        complain(parser, line.at, "this line is not UTF-8");
    else
        return true;
    return false;
}

static void read_property(struct parser *parser, struct span line, size_t indent)
{
    struct span key, value;
    parser->key = NULL;
    if (!parser->in_section) {
        if (!parser->in_broken)
            complain(parser, line.at, "expected a section first, such as [default] or [profile NAME]");
        return;
    }
    if (!read_pair(parser, line, &key, &value))
        return;
    add_property(parser, lower(key), value);
    parser->key_property = parser->ini->property_count - 1;
    parser->key = parser->ini->properties[parser->key_property].key;
    parser->key_indent = indent;
    parser->key_nests = value.size == 0;
}

/* An indented line: a nested key, or more of the value. */
static void read_continuation(struct parser *parser, struct span line)
{
    if (parser->key_nests) {
        struct span key, value;
        if (!read_pair(parser, line, &key, &value))
            return;
        char *inner = lower(key);
        add_property(parser, dr_format("%s.%s", parser->key, inner), value);
        free(inner);
        return;
    }
    if (!is_utf8(line)) {
        complain(parser, line.at, "this line is not UTF-8");
        return;
    }
    struct dr_text *value = &parser->ini->properties[parser->key_property].value;
    dr_text_putc(value, '\n');
    dr_text_add(value, line.at, line.size);
}

static void read_line(struct parser *parser, struct span line)
{
    const char *nul = memchr(line.at, '\0', line.size);
    struct span content = trim(line);
    if (content.size == 0 || is_comment(*content.at))
        return;
    if (nul) {
        complain(parser, nul, "this line contains a NUL byte");
        return;
    }
    size_t indent = (size_t)(content.at - line.at);
    if (parser->key && indent > parser->key_indent)
        read_continuation(parser, content);
    else if (*content.at == '[')
        read_section(parser, content);
    else
        read_property(parser, content, indent);
}

/* --- The file ------------------------------------------------------------------------------------------------------
 */

struct dr_aws_ini *dr_aws_ini_parse(const char *name, const char *bytes, size_t size, bool credentials)
{
    struct dr_aws_ini *ini = dr_alloc(sizeof *ini);
    struct parser parser = {.ini = ini, .file = name, .credentials = credentials};
    const char *at = bytes, *end = bytes + size;
    if (size > DR_AWS_INI_BYTES_MAX) {
        dr_text_printf(&ini->problem, "%s: larger than %u bytes", name, DR_AWS_INI_BYTES_MAX);
        return ini;
    }
    if (size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
        at += 3; /* an editor's byte order mark */
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *stop = newline ? newline : end;
        parser.line++;
        parser.start = at;
        read_line(&parser, (struct span){at, (size_t)(stop - at)});
        at = newline ? newline + 1 : end;
    }
    if (ini->problem_count > PROBLEMS_MAX)
        dr_text_printf(&ini->problem, "\n%s: and %u more", name, ini->problem_count - PROBLEMS_MAX);
    return ini;
}

void dr_aws_ini_free(struct dr_aws_ini *ini)
{
    if (!ini)
        return;
    for (size_t i = 0; i < ini->section_count; i++) {
        free(ini->sections[i].kind);
        free(ini->sections[i].name);
    }
    for (size_t i = 0; i < ini->property_count; i++) {
        free(ini->properties[i].key);
        explicit_bzero(ini->properties[i].value.bytes, ini->properties[i].value.size);
        dr_text_done(&ini->properties[i].value);
    }
    free(ini->sections);
    free(ini->properties);
    dr_text_done(&ini->problem);
    free(ini);
}

const char *dr_aws_ini_problem(const struct dr_aws_ini *ini)
{
    return ini->problem.size > 0 ? ini->problem.bytes : NULL;
}

static bool is_section(const struct dr_aws_ini *ini, size_t index, const char *kind, const char *name)
{
    const struct section *section = &ini->sections[index];
    return strcmp(section->kind, kind) == 0 && strcmp(section->name, name) == 0 &&
           !(section->plain_default && ini->has_prefixed_default);
}

const char *dr_aws_ini_get(const struct dr_aws_ini *ini, const char *kind, const char *section, const char *key)
{
    for (size_t i = ini->property_count; i-- > 0;)
        if (strcmp(ini->properties[i].key, key) == 0 && is_section(ini, ini->properties[i].section, kind, section))
            return ini->properties[i].value.bytes;
    return NULL;
}

bool dr_aws_ini_has(const struct dr_aws_ini *ini, const char *kind, const char *section)
{
    for (size_t i = 0; i < ini->section_count; i++)
        if (is_section(ini, i, kind, section))
            return true;
    return false;
}

const char *dr_aws_ini_section(const struct dr_aws_ini *ini, const char *kind, size_t index)
{
    for (size_t i = 0; i < ini->section_count; i++)
        if (strcmp(ini->sections[i].kind, kind) == 0 && index-- == 0)
            return ini->sections[i].name;
    return NULL;
}
