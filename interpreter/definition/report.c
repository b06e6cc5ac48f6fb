/* How the parser complains: pointer, place, code, hint. */
#include "interpreter/definition/parse.h"

#include "interpreter/base/text.h"

#include <string.h>

static void add_where(struct dr_text *text, const struct dr_where *where)
{
    const struct dr_where *chain[1024]; /* documents nest less deep: DR_DEPTH_MAX */
    size_t count = 0;
    for (; where && count < sizeof chain / sizeof *chain; where = where->outer)
        chain[count++] = where;
    while (count > 0) {
        const struct dr_where *at = chain[--count];
        if (at->key)
            dr_text_printf(text, "/%s", at->key);
        else
            dr_text_printf(text, "[%zu]", at->index);
    }
}

static void report(struct dr_parser *parser, enum dr_severity severity, const struct dr_where *where,
                   struct dr_place place, const char *code, char *hint, char *message)
{
    struct dr_text pointer = {0};
    add_where(&pointer, where);
    dr_report(parser->found, &(struct dr_diagnostic){.severity = severity,
                                                     .code = code,
                                                     .place = place,
                                                     .pointer = dr_text_take(&pointer),
                                                     .message = message,
                                                     .hint = hint});
}

void dr_mistake(struct dr_parser *parser, const struct dr_where *where, struct dr_place place, const char *code,
                char *hint, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    report(parser, DR_ERROR, where, place, code, hint, dr_format_list(format, arguments));
    va_end(arguments);
}

void dr_doubt(struct dr_parser *parser, const struct dr_where *where, struct dr_place place, const char *code,
              char *hint, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    report(parser, DR_WARNING, where, place, code, hint, dr_format_list(format, arguments));
    va_end(arguments);
}

char *dr_suggest(struct dr_parser *parser, const char *word, const char *const *candidates, size_t count)
{
    if (parser->suggestions_left == 0)
        return NULL;
    parser->suggestions_left--;
    const char *nearest = dr_nearest(word, candidates, count);
    return nearest ? dr_format("Did you mean \"%s\"?", nearest) : NULL;
}

bool dr_has_placeholder(const struct dr_node *node)
{
    if (node->kind != DR_NODE_STRING)
        return false;
    const char *start = strstr(node->string.bytes, "${");
    return start && strchr(start, '}');
}

bool dr_is_expression(const struct dr_node *node)
{
    return node->kind == DR_NODE_STRING && node->string.size >= 4 && memcmp(node->string.bytes, "{%", 2) == 0 &&
           memcmp(node->string.bytes + node->string.size - 2, "%}", 2) == 0;
}
