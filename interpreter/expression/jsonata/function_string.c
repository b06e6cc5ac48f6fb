/* Strings: casting, cutting, padding, case. Lengths and positions count characters. */
#include "interpreter/expression/jsonata/function.h"

#include "interpreter/expression/jsonata/build.h"
#include "interpreter/expression/jsonata/case.h"
#include "interpreter/expression/jsonata/number.h"
#include "interpreter/expression/jsonata/utf8.h"

#include <stdio.h>

/* --- $string
 * ------------------------------------------------------------------------------------------------------------ */

struct printing {
    struct jx_run *run;
    struct jx_builder out;
    bool pretty;
};

static void print_value(struct printing *printing, struct jx_value value, unsigned depth);

static void print_string(struct printing *printing, struct jx_text text)
{
    static const char escapes[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    const char *end = text.bytes + text.size, *plain = text.bytes;
    jx_build_byte(&printing->out, '"');
    for (const char *at = text.bytes; at < end;) {
        const char *start = at;
        unsigned char byte = (unsigned char)*at;
        if (byte >= 0x20 && byte != '"' && byte != '\\' && byte != 0xED) {
            at++;
            continue;
        }
        uint32_t code = jx_utf8_next(&at, end);
        char escape[8];
        size_t size = 0;
        for (size_t i = 0; i < sizeof escapes - 1; i += 2)
            if ((uint32_t)(unsigned char)escapes[i] == code)
                size = (size_t)snprintf(escape, sizeof escape, "\\%c", escapes[i + 1]);
        if (!size && (code < 0x20 || (code >= 0xD800 && code < 0xE000)))
            size = (size_t)snprintf(escape, sizeof escape, "\\u%04x", code);
        if (!size)
            continue;
        jx_build_add(&printing->out, plain, (size_t)(start - plain));
        jx_build_add(&printing->out, escape, size);
        plain = at;
    }
    jx_build_add(&printing->out, plain, (size_t)(end - plain));
    jx_build_byte(&printing->out, '"');
}

static void print_number(struct printing *printing, struct jx_value value)
{
    char text[JX_NUMBER_TEXT];
    if (!jx_is_numeric(printing->run, value))
        jx_build_add(&printing->out, "null", 4);
    else if (value.tag == JX_INTEGER)
        jx_build_add(&printing->out, text, jx_value_number_text(text, value));
    else
        jx_build_add(&printing->out, text, jx_number_text_15(text, value.number));
}

static void new_line(struct printing *printing, unsigned depth)
{
    if (!printing->pretty)
        return;
    jx_build_byte(&printing->out, '\n');
    while (depth--)
        jx_build_add(&printing->out, "  ", 2);
}

static void print_array(struct printing *printing, struct jx_value array, unsigned depth)
{
    size_t count = jx_count(array);
    jx_build_byte(&printing->out, '[');
    for (size_t i = 0; i < count; i++) {
        if (i)
            jx_build_byte(&printing->out, ',');
        new_line(printing, depth + 1);
        print_value(printing, jx_at(array, i), depth + 1);
    }
    if (count)
        new_line(printing, depth);
    jx_build_byte(&printing->out, ']');
}

static void print_object(struct printing *printing, struct jx_value object, unsigned depth)
{
    size_t count = jx_member_count(object);
    const struct jx_member *members = jx_members(&printing->run->heap, object);
    jx_build_byte(&printing->out, '{');
    for (size_t i = 0; i < count; i++) {
        if (i)
            jx_build_byte(&printing->out, ',');
        new_line(printing, depth + 1);
        print_string(printing, (struct jx_text){members[i].key, members[i].size});
        jx_build_byte(&printing->out, ':');
        if (printing->pretty)
            jx_build_byte(&printing->out, ' ');
        print_value(printing, members[i].value, depth + 1);
    }
    if (count)
        new_line(printing, depth);
    jx_build_byte(&printing->out, '}');
}

static void print_value(struct printing *printing, struct jx_value value, unsigned depth)
{
    if (depth > JX_NESTING_MAX)
        jx_fail_nesting(printing->run);
    jx_charge(printing->run, 1);
    if (jx_is_string(value))
        print_string(printing, jx_as_text(value));
    else if (jx_is_number(value))
        print_number(printing, value);
    else if (jx_is_array(value))
        print_array(printing, value, depth);
    else if (jx_is_object(value))
        print_object(printing, value, depth);
    else if (jx_is_function(value))
        jx_build_add(&printing->out, "\"\"", 2);
    else if (value.tag == JX_BOOLEAN)
        jx_build_add(&printing->out, value.boolean ? "true" : "false", value.boolean ? 4 : 5);
    else
        jx_build_add(&printing->out, "null", 4);
}

struct jx_value jx_to_string(struct jx_run *run, struct jx_value value, bool pretty)
{
    if (jx_is_string(value))
        return value;
    if (jx_is_function(value))
        return jx_string("", 0);
    if (value.tag == JX_NUMBER && !isfinite(value.number))
        JX_FAIL(run->trap, .code = "D3001", .value = &value);
    if (jx_has_flag(value, JX_WRAPPER))
        value = jx_at(value, 0);
    struct printing printing = {.run = run, .out = {.arena = &run->heap}, .pretty = pretty};
    print_value(&printing, value, 0);
    return jx_build_done(&printing.out);
}

struct jx_value jx_fn_string(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)count;
    if (jx_is_undefined(arguments[0]))
        return JX_NOTHING;
    return jx_to_string(run, arguments[0], arguments[1].tag == JX_BOOLEAN && arguments[1].boolean);
}

/* --- cutting
 * ---------------------------------------------------------------------------------------------------------------- */

/* Where Array.prototype.slice begins or ends. */
static size_t slice_index(double index, size_t length)
{
    index = isnan(index) ? 0 : trunc(index);
    if (index < 0)
        index += (double)length;
    return index <= 0 ? 0 : index >= (double)length ? length : (size_t)index;
}

struct jx_value jx_fn_substring(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)run, (void)count;
    if (jx_is_undefined(arguments[0]))
        return JX_NOTHING;
    struct jx_text text = jx_as_text(arguments[0]);
    size_t length = jx_utf8_count(text.bytes, text.size);
    double start = jx_is_undefined(arguments[1]) ? 0 : jx_as_number(arguments[1]), end = (double)length;
    if ((double)length + start < 0)
        start = 0;
    if (!jx_is_undefined(arguments[2])) {
        double wanted = jx_as_number(arguments[2]);
        if (wanted <= 0)
            return jx_string("", 0);
        end = start >= 0 ? start + wanted : (double)length + start + wanted;
    }
    size_t first = slice_index(start, length), last = slice_index(end, length);
    if (first >= last)
        return jx_string("", 0);
    size_t from = jx_utf8_offset(text.bytes, text.size, first);
    size_t size = jx_utf8_offset(text.bytes + from, text.size - from, last - first);
    return jx_string(text.bytes + from, size);
}

static const char *find(struct jx_text text, struct jx_value wanted, size_t *ret_size)
{
    struct jx_text part = jx_is_undefined(wanted) ? JX_TEXT("undefined") : jx_as_text(wanted);
    *ret_size = part.size;
    return part.size ? memmem(text.bytes, text.size, part.bytes, part.size) : text.bytes;
}

struct jx_value jx_fn_substring_before(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)run, (void)count;
    if (jx_is_undefined(arguments[0]))
        return JX_NOTHING;
    struct jx_text text = jx_as_text(arguments[0]);
    size_t size;
    const char *found = find(text, arguments[1], &size);
    return found ? jx_string(text.bytes, (size_t)(found - text.bytes)) : arguments[0];
}

struct jx_value jx_fn_substring_after(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)run, (void)count;
    if (jx_is_undefined(arguments[0]))
        return JX_NOTHING;
    struct jx_text text = jx_as_text(arguments[0]);
    size_t size;
    const char *found = find(text, arguments[1], &size);
    return found ? jx_string(found + size, text.size - (size_t)(found - text.bytes) - size) : arguments[0];
}

/* --- shaping
 * ------------------------------------------------------------------------------------------------------------------ */

struct jx_value jx_fn_lowercase(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)count;
    if (jx_is_undefined(arguments[0]))
        return JX_NOTHING;
    struct jx_builder builder = {.arena = &run->heap};
    jx_build_lower(&builder, jx_as_text(arguments[0]));
    return jx_build_done(&builder);
}

struct jx_value jx_fn_uppercase(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)count;
    if (jx_is_undefined(arguments[0]))
        return JX_NOTHING;
    struct jx_builder builder = {.arena = &run->heap};
    jx_build_upper(&builder, jx_as_text(arguments[0]));
    return jx_build_done(&builder);
}

struct jx_value jx_fn_length(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)run, (void)count;
    if (jx_is_undefined(arguments[0]))
        return JX_NOTHING;
    struct jx_text text = jx_as_text(arguments[0]);
    return jx_number((double)jx_utf8_count(text.bytes, text.size));
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

struct jx_value jx_fn_trim(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)count;
    if (jx_is_undefined(arguments[0]))
        return JX_NOTHING;
    struct jx_text text = jx_as_text(arguments[0]);
    struct jx_builder builder = {.arena = &run->heap};
    for (size_t i = 0; i < text.size;) {
        size_t blanks = i, word;
        while (blanks < text.size && is_blank(text.bytes[blanks]))
            blanks++;
        for (word = blanks; word < text.size && !is_blank(text.bytes[word]); word++)
            continue;
        if (blanks > i && builder.size && word > blanks)
            jx_build_byte(&builder, ' ');
        jx_build_add(&builder, text.bytes + blanks, word - blanks);
        i = word;
    }
    return jx_build_done(&builder);
}

/* The pad string over and over, cut after `length` characters. */
static void build_padding(struct jx_run *run, struct jx_builder *builder, struct jx_text pad, double length)
{
    const char *end = pad.bytes + pad.size;
    for (const char *at = pad.bytes; length >= 1; length--) {
        const char *start = at;
        (void)jx_utf8_next(&at, end);
        jx_build_add(builder, start, (size_t)(at - start));
        jx_charge(run, 1);
        if (at == end)
            at = pad.bytes;
    }
}

struct jx_value jx_fn_pad(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)count;
    if (jx_is_undefined(arguments[0]))
        return JX_NOTHING;
    struct jx_text text = jx_as_text(arguments[0]), pad = JX_TEXT(" ");
    if (jx_is_string(arguments[2]) && jx_as_text(arguments[2]).size)
        pad = jx_as_text(arguments[2]);
    double width = jx_is_undefined(arguments[1]) ? 0 : trunc(jx_as_number(arguments[1]));
    double missing = fabs(width) - (double)jx_utf8_count(text.bytes, text.size);
    if (!(missing > 0))
        return arguments[0];
    struct jx_builder builder = {.arena = &run->heap};
    if (width > 0)
        jx_build_text(&builder, text);
    build_padding(run, &builder, pad, missing);
    if (width < 0)
        jx_build_text(&builder, text);
    return jx_build_done(&builder);
}
