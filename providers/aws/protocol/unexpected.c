/* What came instead of what was expected, for messages. */
#include "interpreter/base/octets.h"
#include "providers/aws/protocol/parse.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define EXCERPT_CHARACTERS 200

static bool is_space(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/* ASCII only: the names that matter are, and what is shown of others must be text. */
static bool is_name_byte(char byte)
{
    unsigned char value = (unsigned char)byte;
    return isalnum(value) || byte == '_' || byte == '-' || byte == '.' || byte == ':';
}

/* Behind `end`, or at the end of the bytes. */
static size_t skip_past(const char *bytes, size_t size, size_t at, const char *end)
{
    const char *found = memmem(bytes + at, size - at, end, strlen(end));
    return found ? (size_t)(found - bytes) + strlen(end) : size;
}

/* Where the first start tag is: white space, the byte order mark, declarations and comments are skipped. */
static size_t find_tag(const char *bytes, size_t size)
{
    size_t at = size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    while (at < size) {
        if (is_space(bytes[at]))
            at++;
        else if (size - at >= 2 && memcmp(bytes + at, "<?", 2) == 0)
            at = skip_past(bytes, size, at, "?>");
        else if (size - at >= 4 && memcmp(bytes + at, "<!--", 4) == 0)
            at = skip_past(bytes, size, at, "-->");
        else if (size - at >= 2 && memcmp(bytes + at, "<!", 2) == 0)
            at = skip_past(bytes, size, at, ">");
        else
            break;
    }
    return at;
}

void dr_aws_body_root(const struct dr_aws_answer *answer, char ret_name[64])
{
    size_t at = find_tag(answer->body, answer->body_size), length = 0;
    ret_name[0] = '\0';
    if (at >= answer->body_size || answer->body[at] != '<')
        return;
    for (at++; at < answer->body_size && is_name_byte(answer->body[at]); at++) {
        if (answer->body[at] == ':')
            length = 0; /* it was the prefix */
        else if (length < 63)
            ret_name[length++] = answer->body[at];
    }
    ret_name[length] = '\0';
}

static bool begins_with(const char *bytes, size_t size, const char *start)
{
    return size >= strlen(start) && strncasecmp(bytes, start, strlen(start)) == 0;
}

enum dr_aws_looks dr_aws_body_looks(const struct dr_aws_answer *answer)
{
    size_t at = 0;
    while (at < answer->body_size && is_space(answer->body[at]))
        at++;
    if (at == answer->body_size)
        return DR_AWS_LOOKS_EMPTY;
    const char *start = answer->body + at;
    if (*start == '{' || *start == '[')
        return DR_AWS_LOOKS_JSON;
    char root[64];
    dr_aws_body_root(answer, root);
    if (strcasecmp(root, "html") == 0 || strcasecmp(root, "head") == 0 || strcasecmp(root, "body") == 0 ||
        begins_with(start, answer->body_size - at, "<!doctype html")) {
        return DR_AWS_LOOKS_HTML;
    }
    return root[0] || *start == '<' ? DR_AWS_LOOKS_XML : DR_AWS_LOOKS_OTHER;
}

/* The beginning in printable characters, each run of white space and controls as one blank. */
static void add_excerpt(struct dr_text *text, const struct dr_aws_answer *answer)
{
    /* Enough bytes for the characters, even if there is much white space; not the whole of a large body. */
    size_t size = answer->body_size < 4096 ? answer->body_size : 4096;
    json_t *whole = dr_octets_repaired(answer->body, size);
    const char *at = json_string_value(whole), *end = at + json_string_length(whole);
    size_t shown = 0;
    bool blank = false, any = false;
    for (; at < end && shown < EXCERPT_CHARACTERS; at++) {
        unsigned char byte = (unsigned char)*at;
        if (byte <= 0x20 || byte == 0x7f) {
            blank = any;
            continue;
        }
        if (blank && (byte & 0xc0) != 0x80) {
            dr_text_putc(text, ' ');
            shown++;
        }
        blank = false;
        any = true;
        dr_text_putc(text, *at);
        while (at + 1 < end && ((unsigned char)at[1] & 0xc0) == 0x80)
            dr_text_putc(text, *++at);
        shown++;
    }
    if (at < end || size < answer->body_size)
        dr_text_puts(text, "...");
    json_decref(whole);
}

char *dr_aws_unexpected(const char *expected, const struct dr_aws_answer *answer, const char *why)
{
    struct dr_text text = {0};
    char root[64];
    dr_text_printf(&text, "expected %s, got ", expected);
    switch (dr_aws_body_looks(answer)) {
    case DR_AWS_LOOKS_EMPTY:
        dr_text_puts(&text, "nothing");
        return dr_text_take(&text);
    case DR_AWS_LOOKS_HTML:
        dr_text_puts(&text, "HTML: ");
        add_excerpt(&text, answer);
        return dr_text_take(&text);
    case DR_AWS_LOOKS_OTHER:
        dr_text_puts(&text, "other bytes: ");
        add_excerpt(&text, answer);
        return dr_text_take(&text);
    case DR_AWS_LOOKS_JSON:
        dr_text_printf(&text, "JSON of %zu bytes", answer->body_size);
        break;
    case DR_AWS_LOOKS_XML:
        dr_aws_body_root(answer, root);
        dr_text_printf(&text, "XML of %zu bytes, <%s>", answer->body_size, root);
        break;
    }
    if (why)
        dr_text_printf(&text, ": %s", why);
    return dr_text_take(&text);
}
