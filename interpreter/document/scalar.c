/* What plain YAML scalars mean: the YAML 1.2 core schema, whose on, no and yes are strings. */
#include "interpreter/document/reader.h"

#include "interpreter/base/text.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(text, *words) == 0)
            return true;
    return false;
}

static size_t digits(const char *text)
{
    return strspn(text, "0123456789");
}

/* [-+]? [0-9]+ */
static bool is_integer(const char *text)
{
    text += *text == '-' || *text == '+';
    return digits(text) > 0 && text[digits(text)] == '\0';
}

/* [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )? */
static bool is_real(const char *text)
{
    text += *text == '-' || *text == '+';
    size_t whole = digits(text), fraction = 0;
    text += whole;
    if (*text == '.') {
        fraction = digits(++text);
        text += fraction;
    }
    if (whole + fraction == 0)
        return false;
    if (*text == 'e' || *text == 'E') {
        text++;
        text += *text == '-' || *text == '+';
        if (digits(text) == 0)
            return false;
        text += digits(text);
    }
    return *text == '\0';
}

/* 0o17, 0x1F: YAML 1.2 has no sign here. */
static int radix_of(const char *text)
{
    if (text[0] != '0' || text[1] == '\0' || text[2] == '\0')
        return 0;
    if (text[1] == 'o' && text[2 + strspn(text + 2, "01234567")] == '\0')
        return 8;
    if (text[1] == 'x' && text[2 + strspn(text + 2, "0123456789abcdefABCDEF")] == '\0')
        return 16;
    return 0;
}

bool dr_scalar_number(struct dr_node *node, const char *text, bool integer)
{
    if (integer) {
        errno = 0;
        long long number = strtoll(text, NULL, 10);
        if (errno == 0) {
            node->kind = DR_NODE_INTEGER;
            node->integer = number;
            return true;
        }
    }
    double real = strtod(text, NULL);
    if (!isfinite(real))
        return false;
    node->kind = DR_NODE_REAL;
    node->real = real;
    return true;
}

static bool has_leading_zero(const char *text)
{
    text += *text == '-' || *text == '+';
    return text[0] == '0' && text[1] != '\0';
}

bool dr_scalar_resolve(struct dr_node *node, struct dr_diagnostics *found)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const truths[] = {"true", "True", "TRUE", NULL};
    static const char *const falsehoods[] = {"false", "False", "FALSE", NULL};
    static const char *const no_numbers[] = {".inf",  ".Inf",  ".INF", "+.inf", "+.Inf", "+.INF", "-.inf",
                                             "-.Inf", "-.INF", ".nan", ".NaN",  ".NAN",  NULL};
    const char *text = node->string.bytes;
    node->kind = DR_NODE_STRING;
    if (strlen(text) != node->string.size || strchr("0123456789+-.~ntfNTF", text[0]) == NULL)
        return true; /* nearly every scalar ends here */
    if (is_one_of(text, nulls)) {
        node->kind = DR_NODE_NULL;
    } else if (is_one_of(text, truths)) {
        node->kind = DR_NODE_BOOLEAN;
        node->boolean = true;
    } else if (is_one_of(text, falsehoods)) {
        node->kind = DR_NODE_BOOLEAN;
        node->boolean = false;
    } else if (is_one_of(text, no_numbers)) {
        return dr_refuse(found, node->place, dr_format("%s is not a number that JSON knows", text),
                         dr_copy_string("Quote it if the text is meant"));
    } else if (is_integer(text)) {
        if (has_leading_zero(text))
            dr_report(found, &(struct dr_diagnostic){
                                 .severity = DR_WARNING,
                                 .code = "LEADING_ZERO",
                                 .place = node->place,
                                 .message = dr_format(
                                     "%s has a leading zero and is therefore kept as the string \"%s\"", text, text),
                                 .hint = dr_copy_string("Quote it, or write the number without the zero")});
        else
            dr_scalar_number(node, text, true);
    } else if (radix_of(text)) {
        errno = 0;
        long long number = strtoll(text + 2, NULL, radix_of(text));
        if (errno)
            return dr_refuse(found, node->place, dr_format("The number %s is out of range", text), NULL);
        node->kind = DR_NODE_INTEGER;
        node->integer = number;
    } else if (is_real(text) && !dr_scalar_number(node, text, false)) {
        return dr_refuse(found, node->place, dr_format("The number %s is out of range", text), NULL);
    }
    return true;
}
