/* Functions that search strings: for a string, a regular expression, or with a matcher function of the user's (which
 * returns an object with match, start, end, groups and next, as a regular expression does). */
#include "interpreter/expression/jsonata/function.h"

#include "interpreter/expression/jsonata/build.h"
#include "interpreter/expression/jsonata/number.h"
#include "interpreter/expression/jsonata/regex.h"
#include "interpreter/expression/jsonata/utf8.h"

#include <stdio.h>

/* --- one match after the other
 * -------------------------------------------------------------------------------------------- */

struct matcher {
    struct jx_run *run;
    struct jx_value subject;
    struct jx_text text;
    const struct jx_node *regex; /* NULL: a function */
    struct jx_value next;        /* the function to be called for the next match */
    bool started;
    /* the match found last */
    size_t start, end; /* bytes */
    struct jx_value match;
    struct jx_value groups; /* an array */
    struct jx_value object; /* of a function: what it returned */
    size_t groups_start;
};

static struct matcher new_matcher(struct jx_run *run, struct jx_value function, struct jx_value subject)
{
    struct matcher matcher = {.run = run, .subject = subject, .text = jx_as_text(subject), .next = function};
    if (jx_is_function(function) && function.function->kind == JX_REGEX)
        matcher.regex = function.function->node;
    return matcher;
}

static bool next_of_regex(struct matcher *matcher)
{
    struct jx_run *run = matcher->run;
    if (matcher->started && matcher->end >= matcher->text.size)
        return false;
    struct jx_match match;
    jx_charge(run, 1 + (matcher->text.size - matcher->end) / 1024);
    enum jx_match_result result = jx_regex_match(matcher->regex->regex, matcher->text, matcher->end, &match);
    if (result == JX_NO_MATCH)
        return false;
    if (result == JX_MATCH_LIMIT || (matcher->started && match.start == match.end)) {
        (void)jx_match_object(run, matcher->regex, matcher->subject, matcher->end, matcher->started); /* throws */
        return false;
    }
    matcher->started = true;
    matcher->start = match.start;
    matcher->end = match.end;
    matcher->match = jx_string(matcher->text.bytes + match.start, match.end - match.start);
    struct jx_array *groups = jx_array_new(&run->heap, match.group_count, 0);
    for (uint32_t i = 0; i < match.group_count; i++) {
        size_t start = match.groups[i * 2], end = match.groups[i * 2 + 1];
        jx_push(&run->heap, groups,
                start == SIZE_MAX ? JX_NOTHING : jx_string(matcher->text.bytes + start, end - start));
    }
    matcher->groups = jx_of_array(groups);
    return true;
}

static size_t byte_offset(const struct matcher *matcher, struct jx_value units)
{
    double number = jx_is_number(units) ? jx_as_number(units) : 0;
    if (!(number > 0))
        return 0;
    if (number >= (double)matcher->text.size)
        return number >= (double)jx_utf16_count(matcher->text.bytes, matcher->text.size)
                   ? matcher->text.size
                   : jx_utf16_offset(matcher->text.bytes, matcher->text.size, (size_t)number);
    return jx_utf16_offset(matcher->text.bytes, matcher->text.size, (size_t)number);
}

static bool next_of_function(struct matcher *matcher)
{
    struct jx_run *run = matcher->run;
    struct jx_value arguments[1 + JX_ARGUMENTS_PAD] = {matcher->started ? JX_NOTHING : matcher->subject};
    struct jx_value object = jx_call_back(run, matcher->next, arguments, 1);
    if (jx_is_undefined(object))
        return false;
    struct jx_value start = JX_NOTHING, end = JX_NOTHING, groups = JX_NOTHING, next = JX_NOTHING, match = JX_NOTHING;
    if (jx_is_object(object)) {
        start = jx_get(object, "start", 5);
        end = jx_get(object, "end", 3);
        groups = jx_get(object, "groups", 6);
        next = jx_get(object, "next", 4);
        match = jx_get(object, "match", 5);
    }
    if (!jx_is_number(start) && !jx_is_number(end) && !jx_is_array(groups) && !jx_is_function(next))
        JX_FAIL(run->trap, .code = "T1010");
    matcher->started = true;
    matcher->object = object;
    matcher->match = match;
    matcher->groups = groups;
    matcher->next = next;
    matcher->start = byte_offset(matcher, start);
    matcher->end = jx_is_number(end) ? byte_offset(matcher, end)
                                     : matcher->start + (jx_is_string(match) ? jx_as_text(match).size : 0);
    if (matcher->end > matcher->text.size)
        matcher->end = matcher->text.size;
    return true;
}

static bool next_match(struct matcher *matcher)
{
    return matcher->regex ? next_of_regex(matcher) : next_of_function(matcher);
}

static bool below_limit(struct jx_value limit, size_t count)
{
    return jx_is_undefined(limit) || (double)count < jx_as_number(limit);
}

static void check_limit(struct jx_run *run, struct jx_value limit, const char *code)
{
    if (!jx_is_undefined(limit) && jx_as_number(limit) < 0)
        JX_FAIL(run->trap, .code = code, .value = &limit);
}

/* --- functions
 * ------------------------------------------------------------------------------------------------------------------ */

struct jx_value jx_fn_contains(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)count;
    if (jx_is_undefined(arguments[0]) || jx_is_undefined(arguments[1]))
        return JX_NOTHING;
    struct jx_text text = jx_as_text(arguments[0]);
    if (jx_is_string(arguments[1])) {
        struct jx_text part = jx_as_text(arguments[1]);
        return jx_boolean(!part.size || memmem(text.bytes, text.size, part.bytes, part.size));
    }
    struct matcher matcher = new_matcher(run, arguments[1], arguments[0]);
    return jx_boolean(next_match(&matcher));
}

struct jx_value jx_fn_match(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)count;
    if (jx_is_undefined(arguments[0]))
        return JX_NOTHING;
    check_limit(run, arguments[2], "D3040");
    struct jx_array *out = jx_sequence_new(&run->heap);
    struct matcher matcher = new_matcher(run, arguments[1], arguments[0]);
    size_t units = 0, counted = 0; /* UTF-16 units before byte `counted` */
    for (size_t n = 0; below_limit(arguments[2], n) && next_match(&matcher); n++) {
        struct jx_object *found = jx_object_new(&run->heap);
        if (matcher.start < counted)
            units = counted = 0;
        units += jx_utf16_count(matcher.text.bytes + counted, matcher.start - counted);
        counted = matcher.start;
        if (!jx_is_undefined(matcher.match))
            jx_object_set(&run->heap, found, "match", 5, matcher.match);
        jx_object_set(&run->heap, found, "index", 5, jx_number((double)units));
        if (!jx_is_undefined(matcher.groups))
            jx_object_set(&run->heap, found, "groups", 6, matcher.groups);
        jx_push(&run->heap, out, jx_of_object(found));
    }
    return jx_of_array(out);
}

/* "" separates every UTF-16 unit, as in JavaScript. */
static void split_units(struct jx_run *run, struct jx_text text, struct jx_value limit, struct jx_array *out)
{
    const char *end = text.bytes + text.size;
    for (const char *at = text.bytes; at < end && below_limit(limit, out->count);) {
        const char *start = at;
        uint32_t code = jx_utf8_next(&at, end);
        if (code < 0x10000) {
            jx_push(&run->heap, out, jx_string(start, (size_t)(at - start)));
            continue;
        }
        uint32_t halves[] = {0xD800 + ((code - 0x10000) >> 10), 0xDC00 + ((code - 0x10000) & 0x3FF)};
        for (size_t i = 0; i < 2 && below_limit(limit, out->count); i++) {
            char *bytes = jx_alloc(&run->heap, 4);
            jx_push(&run->heap, out, jx_string(bytes, jx_utf8_put(bytes, halves[i])));
        }
    }
}

static void split_at_string(struct jx_run *run, struct jx_text text, struct jx_text separator, struct jx_value limit,
                            struct jx_array *out)
{
    const char *at = text.bytes, *end = text.bytes + text.size;
    while (below_limit(limit, out->count)) {
        const char *found = memmem(at, (size_t)(end - at), separator.bytes, separator.size);
        jx_push(&run->heap, out, jx_string(at, (size_t)((found ? found : end) - at)));
        if (!found)
            break;
        at = found + separator.size;
    }
}

struct jx_value jx_fn_split(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)count;
    if (jx_is_undefined(arguments[0]))
        return JX_NOTHING;
    struct jx_value limit = arguments[2];
    check_limit(run, limit, "D3020");
    struct jx_text text = jx_as_text(arguments[0]);
    struct jx_array *out = jx_array_new(&run->heap, 0, 0);
    if (jx_is_string(arguments[1])) {
        struct jx_text separator = jx_as_text(arguments[1]);
        if (!jx_is_undefined(limit))
            limit = jx_number(floor(jx_as_number(limit)));
        if (separator.size)
            split_at_string(run, text, separator, limit, out);
        else
            split_units(run, text, limit, out);
        return jx_of_array(out);
    }
    if (!below_limit(limit, 0))
        return jx_of_array(out);
    struct matcher matcher = new_matcher(run, arguments[1], arguments[0]);
    size_t start = 0, n = 0;
    for (; below_limit(limit, n) && next_match(&matcher); n++) {
        size_t stop = matcher.start > start ? matcher.start : start;
        jx_push(&run->heap, out, jx_string(text.bytes + start, stop - start));
        start = matcher.end;
    }
    if (below_limit(limit, n))
        jx_push(&run->heap, out, jx_string(text.bytes + start, text.size - start));
    return jx_of_array(out);
}

struct jx_value jx_fn_join(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)count;
    if (jx_is_undefined(arguments[0]))
        return JX_NOTHING;
    struct jx_text separator = jx_is_undefined(arguments[1]) ? JX_TEXT("") : jx_as_text(arguments[1]);
    struct jx_builder builder = {.arena = &run->heap};
    for (size_t i = 0, size = jx_count(arguments[0]); i < size; i++) {
        struct jx_value item = jx_at(arguments[0], i);
        if (i)
            jx_build_text(&builder, separator);
        if (jx_is_string(item))
            jx_build_text(&builder, jx_as_text(item));
    }
    return jx_build_done(&builder);
}

/* --- $replace
 * ----------------------------------------------------------------------------------------------------------------------
 */

static unsigned decimal_digits(size_t number)
{
    unsigned digits = 1;
    for (; number >= 10; number /= 10)
        digits++;
    return digits;
}

/* Up to `most` digits; false if there is none. */
static bool read_group_number(struct jx_text text, size_t at, unsigned most, size_t *ret_number)
{
    size_t number = 0, used = 0;
    while (used < most && at + used < text.size && text.bytes[at + used] >= '0' && text.bytes[at + used] <= '9')
        number = number * 10 + (size_t)(text.bytes[at + used++] - '0');
    *ret_number = number;
    return used > 0;
}

/* The replacement with $0, $1, ... and $$ filled in. A number that names no group is read with a digit less. */
static void build_replacement(struct jx_builder *builder, struct jx_text replacement, const struct matcher *matcher)
{
    size_t groups = jx_is_array(matcher->groups) ? jx_count(matcher->groups) : 0;
    unsigned most = groups ? decimal_digits(groups) : 1;
    for (size_t at = 0; at < replacement.size;) {
        const char *dollar = memchr(replacement.bytes + at, '$', replacement.size - at);
        size_t plain = dollar ? (size_t)(dollar - replacement.bytes) : replacement.size;
        jx_build_add(builder, replacement.bytes + at, plain - at);
        if (!dollar)
            return;
        at = plain + 1;
        size_t number;
        if (at < replacement.size && replacement.bytes[at] == '$') {
            jx_build_byte(builder, '$');
            at++;
        } else if (at < replacement.size && replacement.bytes[at] == '0') {
            if (jx_is_string(matcher->match))
                jx_build_text(builder, jx_as_text(matcher->match));
            at++;
        } else if (!read_group_number(replacement, at, most, &number)) {
            jx_build_byte(builder, '$');
        } else {
            if (most > 1 && number > groups)
                (void)read_group_number(replacement, at, most - 1, &number);
            if (number >= 1 && number <= groups && jx_is_string(jx_at(matcher->groups, number - 1)))
                jx_build_text(builder, jx_as_text(jx_at(matcher->groups, number - 1)));
            at += decimal_digits(number);
        }
    }
}

static void build_called_replacement(struct jx_run *run, struct jx_builder *builder, struct jx_value function,
                                     struct matcher *matcher)
{
    struct jx_value object = matcher->object;
    if (matcher->regex)
        object = jx_match_object(run, matcher->regex, matcher->subject, matcher->start, false);
    struct jx_value arguments[1 + JX_ARGUMENTS_PAD] = {object};
    struct jx_value result = jx_call_back(run, function, arguments, 1);
    if (!jx_is_string(result))
        JX_FAIL(run->trap, .code = "D3012", .value = &result);
    jx_build_text(builder, jx_as_text(result));
}

static struct jx_value replace_string(struct jx_run *run, struct jx_text text, struct jx_text pattern,
                                      struct jx_value replacement, struct jx_value limit)
{
    struct jx_builder builder = {.arena = &run->heap};
    const char *at = text.bytes, *end = text.bytes + text.size, *found;
    for (size_t n = 0;
         below_limit(limit, n) && (found = memmem(at, (size_t)(end - at), pattern.bytes, pattern.size)) != NULL; n++) {
        if (!jx_is_string(replacement))
            JX_FAIL(run->trap, .code = "D3012", .value = &replacement);
        jx_build_add(&builder, at, (size_t)(found - at));
        jx_build_text(&builder, jx_as_text(replacement));
        at = found + pattern.size;
    }
    jx_build_add(&builder, at, (size_t)(end - at));
    return jx_build_done(&builder);
}

struct jx_value jx_fn_replace(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)count;
    struct jx_value pattern = arguments[1], replacement = arguments[2], limit = arguments[3];
    if (jx_is_undefined(arguments[0]))
        return JX_NOTHING;
    if (jx_is_string(pattern) && !jx_as_text(pattern).size)
        JX_FAIL(run->trap, .code = "D3010", .value = &pattern);
    check_limit(run, limit, "D3011");
    if (!below_limit(limit, 0))
        return arguments[0];
    struct jx_text text = jx_as_text(arguments[0]);
    if (jx_is_string(pattern))
        return replace_string(run, text, jx_as_text(pattern), replacement, limit);
    struct jx_builder builder = {.arena = &run->heap};
    struct matcher matcher = new_matcher(run, pattern, arguments[0]);
    size_t position = 0;
    for (size_t n = 0; below_limit(limit, n) && next_match(&matcher); n++) {
        if (matcher.start > position)
            jx_build_add(&builder, text.bytes + position, matcher.start - position);
        if (jx_is_string(replacement))
            build_replacement(&builder, jx_as_text(replacement), &matcher);
        else
            build_called_replacement(run, &builder, replacement, &matcher);
        position = matcher.start + (jx_is_string(matcher.match) ? jx_as_text(matcher.match).size : 0);
        if (position > text.size)
            position = text.size;
    }
    jx_build_add(&builder, text.bytes + position, text.size - position);
    return jx_build_done(&builder);
}
