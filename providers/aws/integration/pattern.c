#include "providers/aws/integration/pattern.h"

#include "interpreter/base/text.h"

#include <stdlib.h>
#include <string.h>

/* Java's POSIX classes, as the inside of a bracket. */
static const struct {
    const char *name, *set;
} classes[] = {
    {"ASCII", "\\x00-\\x7f"}, {"Alnum", "a-zA-Z0-9"},        {"Alpha", "a-zA-Z"},
    {"Blank", " \\t"},        {"Cntrl", "\\x00-\\x1f\\x7f"}, {"Digit", "0-9"},
    {"Graph", "\\x21-\\x7e"}, {"IsAlphabetic", "\\p{L}"},    {"IsDigit", "\\p{Nd}"},
    {"IsLetter", "\\p{L}"},   {"LD", "\\p{L}\\p{Nd}"},       {"Lower", "a-z"},
    {"Print", "\\x20-\\x7e"}, {"Punct", "!-\\/:-@\\[-`{-~"}, {"Space", "\\s"},
    {"Upper", "A-Z"},         {"XDigit", "0-9a-fA-F"},       {"all", "\\x00-\\x{10ffff}"},
};

struct conversion {
    const char *at;
    struct dr_text out;
    bool in_class, anchored, broken;
    bool after_set; /* within a class: \w, \p{L}, ... stands just before, so that a hyphen is none of a range */
    unsigned elements, quantifiers; /* outside of classes */
};

static bool read_unit(const char *at, unsigned *ret_unit)
{
    if (at[0] != '\\' || at[1] != 'u')
        return false;
    char digits[5] = {0};
    for (size_t i = 0; i < 4; i++) {
        digits[i] = at[2 + i];
        if (digits[i] == '\0' || strchr("0123456789abcdefABCDEF", digits[i]) == NULL)
            return false;
    }
    *ret_unit = (unsigned)strtoul(digits, NULL, 16);
    return true;
}

/* \uXXXX, or two of them that are one character. */
static bool convert_unit(struct conversion *to)
{
    unsigned unit, second;
    if (!read_unit(to->at, &unit))
        return false;
    to->at += 6;
    if (unit >= 0xD800 && unit < 0xDC00 && read_unit(to->at, &second) && second >= 0xDC00 && second < 0xE000) {
        to->at += 6;
        unit = 0x10000 + ((unit - 0xD800) << 10) + (second - 0xDC00);
    }
    if (unit >= 0xD800 && unit < 0xE000)
        to->broken = true; /* half a character */
    dr_text_printf(&to->out, "\\x{%x}", unit);
    return true;
}

/* \p{Alpha} and the like. */
static bool convert_class(struct conversion *to)
{
    bool negated = to->at[1] == 'P';
    if ((to->at[1] != 'p' && !negated) || to->at[2] != '{')
        return false;
    const char *name = to->at + 3;
    size_t size = strcspn(name, "}");
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        if (strlen(classes[i].name) != size || memcmp(classes[i].name, name, size) != 0)
            continue;
        if (to->in_class && negated)
            to->broken = true;
        if (to->in_class)
            dr_text_puts(&to->out, classes[i].set);
        else
            dr_text_printf(&to->out, "[%s%s]", negated ? "^" : "", classes[i].set);
        to->at = name + size + (name[size] == '}');
        return true;
    }
    return false;
}

static void convert_escape(struct conversion *to)
{
    to->elements += !to->in_class;
    to->after_set = to->at[1] && strchr("dDwWsSpPhHvV", to->at[1]) != NULL;
    if (convert_unit(to) || convert_class(to))
        return;
    if (to->at[1] == '\\' && to->at[2] && strchr("dDwWsS+.", to->at[2]))
        to->broken = true; /* escaped once too often when the model was written */
    if (strchr("AzZbB", to->at[1]) && to->at[1] && !to->in_class)
        to->anchored = true;
    size_t size = to->at[1] ? 2 : 1;
    if ((to->at[1] == 'p' || to->at[1] == 'P') && to->at[2] == '{')
        size += strcspn(to->at + 2, "}") + (strchr(to->at + 2, '}') != NULL);
    dr_text_add(&to->out, to->at, size);
    to->at += size;
}

static void convert_in_class(struct conversion *to)
{
    char byte = *to->at;
    if (byte == '[' || (byte == '&' && to->at[1] == '&'))
        to->broken = true; /* Java's unions and intersections */
    if (byte == ']')
        to->in_class = false;
    if (byte == '-' && to->after_set) /* PCRE2 takes that for a mistake */
        dr_text_putc(&to->out, '\\');
    to->after_set = false;
    dr_text_putc(&to->out, byte);
    to->at++;
}

static void convert_plain(struct conversion *to)
{
    char byte = *to->at++;
    dr_text_putc(&to->out, byte);
    to->anchored |= byte == '^' || byte == '$';
    if (strchr("*+?{", byte))
        to->quantifiers++;
    else
        to->elements++;
    if (byte != '[')
        return;
    to->in_class = true;
    if (*to->at == '^')
        dr_text_putc(&to->out, *to->at++);
}

char *dr_aws_pattern(const char *java)
{
    size_t size = strlen(java);
    if (size == 0 || (java[0] == '/' && java[size - 1] == '/' && java[1] == '^'))
        return NULL; /* written for another language, slashes and all */
    struct conversion to = {.at = java};
    while (*to.at) {
        if (*to.at == '\\')
            convert_escape(&to);
        else if (to.in_class)
            convert_in_class(&to);
        else
            convert_plain(&to);
    }
    bool single = to.elements == 1 && to.quantifiers == 0; /* "\S": somewhere, rather than nothing else */
    char *pattern = NULL;
    if (!to.broken && !to.in_class)
        pattern = to.anchored || single ? dr_copy_string(to.out.bytes) : dr_format("\\A(?:%s)\\z", to.out.bytes);
    dr_text_done(&to.out);
    return pattern;
}
