/* libyaml's events -> builder. libyaml knows YAML's syntax; what plain scalars mean, places, keys and bounds are ours.
 */
#include "interpreter/document/reader.h"

#include "interpreter/base/text.h"

#include <string.h>
#include <yaml.h>

#define TAG_PREFIX "tag:yaml.org,2002:"

static uint32_t underline(const yaml_mark_t *start, const yaml_mark_t *end)
{
    return start->line == end->line && end->index > start->index ? (uint32_t)(end->index - start->index) : 0;
}

/* An event starts at its anchor or tag; the value comes after those. */
static void skip_properties(struct dr_cursor *cursor, bool has_properties)
{
    while (has_properties) {
        const char *at = cursor->source->bytes + cursor->offset;
        if (*at == '&' || *at == '!')
            dr_cursor_to_offset(cursor, cursor->offset + strcspn(at, " \t\r\n"));
        else if (*at == '#')
            dr_cursor_to_offset(cursor, cursor->offset + strcspn(at, "\r\n"));
        else if (*at && strchr(" \t\r\n", *at))
            dr_cursor_next(cursor);
        else
            return;
    }
}

static const char *problem_hint(const struct dr_source *source, size_t offset, const char *problem)
{
    static const struct {
        const char *problem, *hint;
    } hints[] = {
        {"mapping values are not allowed", "Quote a value that contains \": \", and indent keys of one map alike"},
        {"could not find expected ':'", "A key is followed by \": \"; a text of several lines needs | or >"},
        {"did not find expected key", "The indentation does not fit the lines before, or a quote is not closed"},
        {"did not find expected '-' indicator", "The indentation does not fit the lines before"},
        {"found unknown escape character",
         "In double quotes a backslash is written \\\\; single quotes take it as it is"},
        {"did not find expected ',' or", "A closing bracket or a comma is missing"},
        {"found undefined tag handle",
         "Custom tags (!Name) are not part of runbooks: quote a text that starts with \"!\""},
        {"block sequence entries are not allowed", "A list under a key starts on the next line"},
    };
    if (offset < source->size && source->bytes[offset] == '\t')
        return "YAML is indented with spaces, never with tabs";
    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++)
        if (strstr(problem, hints[i].problem))
            return hints[i].hint;
    return NULL;
}

static bool refuse_syntax(struct dr_builder *builder, const yaml_parser_t *parser, const struct dr_source *source)
{
    struct dr_cursor cursor = dr_cursor_start(source);
    if (parser->error == YAML_READER_ERROR) {
        dr_cursor_to_offset(&cursor, parser->problem_offset);
        return dr_refuse(builder->found, dr_cursor_place(&cursor, 0),
                         dr_format("The character U+%04X cannot stand in YAML", (unsigned)parser->problem_value),
                         dr_copy_string("In double quotes it can be written as an escape: \\x, \\u, \\U"));
    }
    dr_cursor_to_index(&cursor, parser->problem_mark.index);
    const char *problem = parser->problem ? parser->problem : "it cannot be read",
               *hint = problem_hint(source, cursor.offset, problem);
    return dr_refuse(builder->found, dr_cursor_place(&cursor, 0),
                     parser->context ? dr_format("Not valid YAML: %s, %s", parser->context, problem)
                                     : dr_format("Not valid YAML: %s", problem),
                     dr_copy_string(hint));
}

/* What a tag makes of a node. False: not a tag of the core schema, or it does not fit; reported. */
static bool apply_tag(struct dr_builder *builder, const char *tag, struct dr_node *node)
{
    static const char *const names[] = {
        [DR_NODE_NULL] = "null",  [DR_NODE_BOOLEAN] = "bool", [DR_NODE_INTEGER] = "int", [DR_NODE_REAL] = "float",
        [DR_NODE_STRING] = "str", [DR_NODE_LIST] = "seq",     [DR_NODE_MAP] = "map",
    };
    if (strncmp(tag, TAG_PREFIX, strlen(TAG_PREFIX)) != 0)
        return dr_refuse(builder->found, node->place, dr_format("The custom tag %s is not part of runbooks", tag),
                         dr_copy_string("Remove it, or quote the text if it starts with \"!\""));
    const char *name = tag + strlen(TAG_PREFIX);
    for (size_t kind = 0; kind < sizeof names / sizeof *names; kind++) {
        if (strcmp(names[kind], name) != 0)
            continue;
        bool integer_as_real = node->kind == DR_NODE_INTEGER && kind == DR_NODE_REAL;
        if (integer_as_real) {
            double real = (double)node->integer;
            node->kind = DR_NODE_REAL;
            node->real = real;
        }
        if (node->kind == kind)
            return true;
        return dr_refuse(builder->found, node->place,
                         dr_format("!!%s does not fit %s", name, dr_node_kind_name(node->kind)), NULL);
    }
    return dr_refuse(builder->found, node->place, dr_format("The tag !!%s has no meaning in JSON", name), NULL);
}

static bool read_scalar(struct dr_builder *builder, const yaml_event_t *event, struct dr_cursor *cursor)
{
    static const int styles[] = {
        [YAML_ANY_SCALAR_STYLE] = DR_STYLE_PLAIN,
        [YAML_PLAIN_SCALAR_STYLE] = DR_STYLE_PLAIN,
        [YAML_SINGLE_QUOTED_SCALAR_STYLE] = DR_STYLE_SINGLE,
        [YAML_DOUBLE_QUOTED_SCALAR_STYLE] = DR_STYLE_DOUBLE,
        [YAML_LITERAL_SCALAR_STYLE] = DR_STYLE_LITERAL,
        [YAML_FOLDED_SCALAR_STYLE] = DR_STYLE_FOLDED,
    };
    const char *anchor = (const char *)event->data.scalar.anchor, *tag = (const char *)event->data.scalar.tag;
    const char *bytes = (const char *)event->data.scalar.value;
    size_t size = event->data.scalar.length;
    bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (tag && strcmp(tag, "!") == 0) { /* the non-specific tag: as if quoted */
        tag = NULL;
        plain = false;
    }
    skip_properties(cursor, (anchor || event->data.scalar.tag) && event->end_mark.index > event->start_mark.index);
    uint32_t length = cursor->index < event->end_mark.index && cursor->line == event->end_mark.line + 1
                          ? (uint32_t)(event->end_mark.index - cursor->index)
                          : 0;
    struct dr_place place = dr_cursor_place(cursor, length);
    builder->anchor = anchor ? dr_arena_string(builder->arena, anchor, strlen(anchor)) : NULL;

    struct dr_node node = {.kind = DR_NODE_STRING, .place = place};
    node.string.bytes = dr_arena_string(builder->arena, bytes, size);
    node.string.size = size;
    node.string.offset = (uint32_t)cursor->offset;
    memcpy(&node.string.style, &styles[event->data.scalar.style], sizeof node.string.style);
    const char *text = node.string.bytes;

    bool is_key = dr_builder_wants_key(builder);
    bool merges = is_key && plain && tag == NULL && strcmp(text, "<<") == 0;
    if ((plain || tag) && !(tag && strcmp(tag, TAG_PREFIX "str") == 0)) {
        struct dr_diagnostics ignored = {0};
        bool fine = dr_scalar_resolve(&node, is_key ? &ignored : builder->found);
        dr_diagnostics_done(&ignored);
        if (!fine && !is_key)
            return false;
    }
    if (tag && !apply_tag(builder, tag, &node))
        return false;
    if (!is_key)
        return dr_builder_scalar(builder, &node);
    if (node.kind == DR_NODE_NULL)
        return dr_refuse(builder->found, place, dr_copy_string("A key must be a string, and this is null"),
                         dr_copy_string("Write the key in quotes"));
    return dr_builder_key(builder, text, size, place, merges);
}

static bool read_open(struct dr_builder *builder, enum dr_node_kind kind, const char *anchor, const char *tag,
                      struct dr_cursor *cursor)
{
    skip_properties(cursor, anchor || tag);
    struct dr_place place = dr_cursor_place(cursor, 0);
    if (dr_builder_wants_key(builder))
        return dr_refuse(builder->found, place,
                         dr_format("A key must be a string, and this is %s", dr_node_kind_name(kind)),
                         dr_copy_string("A text that starts with \"{\" or \"[\" must be quoted"));
    struct dr_node node = {.kind = kind, .place = place};
    if (tag && strcmp(tag, "!") != 0 && !apply_tag(builder, tag, &node))
        return false;
    builder->anchor = anchor ? dr_arena_string(builder->arena, anchor, strlen(anchor)) : NULL;
    return dr_builder_open(builder, kind, place);
}

static bool read_event(struct dr_builder *builder, const yaml_event_t *event, struct dr_cursor *cursor,
                       unsigned *documents)
{
    dr_cursor_to_index(cursor, event->start_mark.index);
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (++*documents == 1)
            return true;
        return dr_refuse(builder->found, dr_cursor_place(cursor, 0),
                         dr_copy_string("A second YAML document starts here; one file is one document"),
                         dr_copy_string("Put each document into its own file"));
    case YAML_ALIAS_EVENT:
        return dr_builder_alias(builder, (const char *)event->data.alias.anchor,
                                dr_cursor_place(cursor, underline(&event->start_mark, &event->end_mark)));
    case YAML_SCALAR_EVENT:
        return read_scalar(builder, event, cursor);
    case YAML_SEQUENCE_START_EVENT:
        return read_open(builder, DR_NODE_LIST, (const char *)event->data.sequence_start.anchor,
                         (const char *)event->data.sequence_start.tag, cursor);
    case YAML_MAPPING_START_EVENT:
        return read_open(builder, DR_NODE_MAP, (const char *)event->data.mapping_start.anchor,
                         (const char *)event->data.mapping_start.tag, cursor);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return dr_builder_close(builder);
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        return true;
    }
    return true;
}

bool dr_yaml_read(struct dr_builder *builder, const struct dr_source *source)
{
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        abort(); /* out of memory */
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)source->bytes, source->size);
    struct dr_cursor cursor = dr_cursor_start(source);
    unsigned documents = 0;
    bool fine = true, ended = false;
    while (fine && !ended) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event)) {
            fine = refuse_syntax(builder, &parser, source);
            break;
        }
        ended = event.type == YAML_STREAM_END_EVENT;
        fine = read_event(builder, &event, &cursor, &documents);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return fine;
}
