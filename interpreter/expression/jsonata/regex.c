/* Translation, piece by piece, of what JavaScript and PCRE2 read differently:
 *   .  ^  $       line ends are LF, CR, U+2028 and U+2029; $ without "m" is the very end
 *   \s \S         include the Unicode spaces
 *   \uHHHH \xHH   characters; a pair of surrogates is one character
 *   \1            a group that did not take part matches nothing; no such group: an octal escape or the digit itself
 *   [ in a class, { that is no quantifier, \a and other escapes that mean nothing in JavaScript: literal
 *   (? and (*     only the groups that JavaScript has
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "interpreter/expression/jsonata/regex.h"

#include "interpreter/expression/jsonata/build.h"
#include "interpreter/expression/jsonata/utf8.h"

#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>

enum { MATCH_LIMIT = 2000000, HEAP_LIMIT_KIB = 65536, PATTERN_MAX = 64 * 1024 };

struct jx_regex {
    struct jx_regex *next;
    pcre2_code *code;
    pcre2_match_data *data;
    pcre2_match_context *limits;
    struct jx_text source;
};

/* --- translation
 * ------------------------------------------------------------------------------------------------------- */

struct translation {
    struct jx_builder out;
    const char *at, *end;
    unsigned groups; /* that capture, in the whole pattern */
    bool named;      /* there are named ones: \k refers to them */
    bool multiline;
    const char *problem;
};

#define SPACES "\\t-\\r \\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}"
#define NOT_SPACES                                                                                                     \
    "\\x{0}-\\x{8}\\x{e}-\\x{1f}!-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}"   \
    "\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-\\x{d7ff}\\x{e000}-\\x{fefe}\\x{ff00}-\\x{10ffff}"
#define LINE_ENDS "\\n\\r\\x{2028}\\x{2029}"

static void put(struct translation *t, const char *text)
{
    jx_build_add(&t->out, text, strlen(text));
}

static void put_character(struct translation *t, uint32_t code, bool in_class)
{
    char text[16];
    if (code >= 0xD800 && code < 0xE000) {
        if (!in_class)
            put(t, "(?!)"); /* half a character is never found */
    } else if (code < 0x80 && ((code | 0x20) < 'a' || (code | 0x20) > 'z') && (code < '0' || code > '9')) {
        (void)snprintf(text, sizeof text, "\\x{%x}", code);
        put(t, text);
    } else {
        jx_build_code(&t->out, code);
    }
}

static int hex_value(const char *at, const char *end, size_t digits)
{
    int value = 0;
    for (size_t i = 0; i < digits; i++) {
        if (at + i >= end)
            return -1;
        char c = at[i], lower = (char)(c | 0x20);
        int digit = c >= '0' && c <= '9' ? c - '0' : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* At the 'u' of \uHHHH. Moves on behind what it read. */
static uint32_t read_unicode(struct translation *t)
{
    int code = hex_value(t->at + 1, t->end, 4);
    if (code < 0) {
        t->at++;
        return 'u';
    }
    t->at += 5;
    if (jx_is_lead_surrogate((uint32_t)code) && t->end - t->at >= 6 && t->at[0] == '\\' && t->at[1] == 'u') {
        int trail = hex_value(t->at + 2, t->end, 4);
        if (trail >= 0 && jx_is_trail_surrogate((uint32_t)trail)) {
            t->at += 6;
            return jx_join_surrogates((uint32_t)code, (uint32_t)trail);
        }
    }
    return (uint32_t)code;
}

/* A backslash and digits: a back reference where there is such a group, else as JavaScript reads it for the web's sake.
 */
static void translate_digits(struct translation *t, bool in_class)
{
    unsigned reference = 0;
    const char *at = t->at;
    for (; at < t->end && *at >= '0' && *at <= '9' && reference < 1000; at++)
        reference = reference * 10 + (unsigned)(*at - '0');
    if (!in_class && *t->at != '0' && reference <= t->groups) {
        char text[16];
        (void)snprintf(text, sizeof text, "\\g{%u}", reference);
        put(t, text);
        t->at = at;
        return;
    }
    uint32_t octal = 0;
    size_t digits = 0;
    for (; digits < 3 && t->at < t->end && *t->at >= '0' && *t->at <= '7' && octal * 8 + 7 < 256 + 7; digits++) {
        uint32_t next = octal * 8 + (uint32_t)(*t->at - '0');
        if (next > 255)
            break;
        octal = next;
        t->at++;
    }
    if (digits)
        put_character(t, octal, in_class);
    else
        put_character(t, (uint32_t)*t->at++, in_class); /* \8 and \9 */
}

static void translate_escape(struct translation *t, bool in_class)
{
    if (++t->at >= t->end) {
        t->problem = "\\ at end of pattern";
        return;
    }
    char c = *t->at;
    if (c >= '0' && c <= '9') {
        translate_digits(t, in_class);
        return;
    }
    if (c == 'u') {
        put_character(t, read_unicode(t), in_class);
        return;
    }
    static const char same[] = "dDwWtnrfv";
    if (strchr(same, c) || (!in_class && (c == 'b' || c == 'B'))) {
        char text[] = {'\\', c, '\0'};
        put(t, c == 'v' ? "\\x{b}" : text);
        t->at++;
        return;
    }
    if (c == 's' || c == 'S') {
        put(t, in_class ? (c == 's' ? SPACES : NOT_SPACES) : (c == 's' ? "[" SPACES "]" : "[^" SPACES "]"));
        t->at++;
        return;
    }
    if (c == 'k' && t->named && t->at + 1 < t->end && t->at[1] == '<') {
        put(t, "\\k");
        t->at++;
        return; /* the <name> is copied as it stands */
    }
    uint32_t code;
    if (c == 'x' && hex_value(t->at + 1, t->end, 2) >= 0) {
        code = (uint32_t)hex_value(t->at + 1, t->end, 2);
        t->at += 3;
    } else if (c == 'c' && t->at + 1 < t->end && ((t->at[1] | 0x20) >= 'a' && (t->at[1] | 0x20) <= 'z')) {
        code = (uint32_t)t->at[1] & 31;
        t->at += 2;
    } else if (c == 'c') {
        code = '\\'; /* and the c follows */
    } else if (c == 'b') {
        code = 8; /* in a class */
        t->at++;
    } else {
        code = jx_utf8_next(&t->at, t->end);
    }
    put_character(t, code, in_class);
}

static void translate_class(struct translation *t)
{
    jx_build_byte(&t->out, '[');
    t->at++;
    if (t->at < t->end && *t->at == '^') {
        jx_build_byte(&t->out, '^');
        t->at++;
    }
    while (t->at < t->end && *t->at != ']' && !t->problem) {
        if (*t->at == '\\') {
            translate_escape(t, true);
        } else if (*t->at == '-') {
            jx_build_byte(&t->out, *t->at++);
        } else {
            put_character(t, jx_utf8_next(&t->at, t->end), true);
        }
    }
    if (t->at >= t->end) {
        t->problem = "Unterminated character class";
        return;
    }
    jx_build_byte(&t->out, ']');
    t->at++;
}

static void translate_group(struct translation *t)
{
    static const char *const groups[] = {"(?:", "(?=", "(?!", "(?<=", "(?<!", "(?<"};
    size_t left = (size_t)(t->end - t->at);
    if (left >= 2 && t->at[1] == '*') {
        t->problem = "Nothing to repeat";
        return;
    }
    if (left < 2 || t->at[1] != '?') {
        jx_build_byte(&t->out, *t->at++);
        return;
    }
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        size_t size = strlen(groups[i]);
        if (left >= size && memcmp(t->at, groups[i], size) == 0) {
            put(t, groups[i]);
            t->at += size;
            return;
        }
    }
    t->problem = "Invalid group";
}

static bool is_counted_quantifier(const char *at, const char *end)
{
    const char *p = at + 1, *digits = p;
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    if (p == digits)
        return false;
    if (p < end && *p == ',')
        for (p++; p < end && *p >= '0' && *p <= '9';)
            p++;
    return p < end && *p == '}';
}

/* After a quantifier JavaScript allows "?" and nothing else that PCRE2 would read as possessive. */
static void translate_quantifier(struct translation *t)
{
    if (*t->at == '{')
        while (*t->at != '}')
            jx_build_byte(&t->out, *t->at++);
    jx_build_byte(&t->out, *t->at++);
    if (t->at < t->end && *t->at == '?')
        jx_build_byte(&t->out, *t->at++);
    if (t->at < t->end && (*t->at == '+' || *t->at == '*' || *t->at == '?'))
        t->problem = "Nothing to repeat";
}

static void translate_one(struct translation *t)
{
    switch (*t->at) {
    case '\\':
        translate_escape(t, false);
        return;
    case '[':
        translate_class(t);
        return;
    case '(':
        translate_group(t);
        return;
    case '.':
        put(t, "[^" LINE_ENDS "]");
        break;
    case '^':
        put(t, t->multiline ? "(?<![^" LINE_ENDS "])" : "\\A");
        break;
    case '$':
        put(t, t->multiline ? "(?![^" LINE_ENDS "])" : "\\z");
        break;
    case '*':
    case '+':
    case '?':
        translate_quantifier(t);
        return;
    case '{':
        if (is_counted_quantifier(t->at, t->end)) {
            translate_quantifier(t);
            return;
        }
        put(t, "\\{");
        break;
    case '}':
        put(t, "\\}");
        break;
    case ']':
        put(t, "\\]");
        break;
    case ')':
    case '|':
        jx_build_byte(&t->out, *t->at);
        break;
    default:
        jx_build_code(&t->out, jx_utf8_next(&t->at, t->end));
        return;
    }
    t->at++;
}

static void count_groups(struct translation *t)
{
    bool in_class = false;
    for (const char *p = t->at; p < t->end; p++) {
        if (*p == '\\')
            p++;
        else if (*p == '[')
            in_class = true;
        else if (*p == ']')
            in_class = false;
        else if (*p == '(' && !in_class) {
            bool special = p + 1 < t->end && p[1] == '?';
            bool name = special && p + 3 < t->end && p[2] == '<' && p[3] != '=' && p[3] != '!';
            t->groups += !special || name;
            t->named |= name;
        }
    }
}

/* --- compiling and matching
 * --------------------------------------------------------------------------------------------- */

static struct jx_text problem_text(struct jx_arena *arena, const char *message)
{
    size_t size = strlen(message);
    return (struct jx_text){jx_copy(arena, message, size), size};
}

struct jx_regex *jx_regex_new(struct jx_arena *arena, struct jx_text pattern, bool ignore_case, bool multiline,
                              struct jx_regex **regexes, struct jx_text *ret_problem)
{
    if (pattern.size > PATTERN_MAX) {
        *ret_problem = problem_text(arena, "it is longer than 64 KiB");
        return NULL;
    }
    struct translation t = {
        .out = {.arena = arena}, .at = pattern.bytes, .end = pattern.bytes + pattern.size, .multiline = multiline};
    count_groups(&t);
    while (t.at < t.end && !t.problem)
        translate_one(&t);
    if (t.problem) {
        *ret_problem = problem_text(arena, t.problem);
        return NULL;
    }
    struct jx_value translated = jx_build_done(&t.out);
    struct jx_regex *regex = jx_zalloc(arena, sizeof *regex); /* first, since it may throw */
    int number = 0;
    PCRE2_SIZE offset = 0;
    uint32_t options = PCRE2_UTF | PCRE2_MATCH_UNSET_BACKREF | PCRE2_ALLOW_EMPTY_CLASS | PCRE2_NEVER_BACKSLASH_C |
                       (ignore_case ? PCRE2_CASELESS : 0);
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)translated.bytes, translated.size, options, &number, &offset, NULL);
    if (!code) {
        PCRE2_UCHAR message[160] = "";
        (void)pcre2_get_error_message(number, message, sizeof message);
        *ret_problem = problem_text(arena, (const char *)message);
        return NULL;
    }
    (void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE); /* faster where the system allows it; not needed */
    regex->code = code;
    regex->data = pcre2_match_data_create_from_pattern(code, NULL);
    regex->limits = pcre2_match_context_create(NULL);
    if (!regex->data || !regex->limits)
        abort();
    (void)pcre2_set_match_limit(regex->limits, MATCH_LIMIT);
    (void)pcre2_set_heap_limit(regex->limits, HEAP_LIMIT_KIB);
    regex->source = pattern;
    regex->next = *regexes;
    *regexes = regex;
    return regex;
}

void jx_regexes_free(struct jx_regex *regexes)
{
    for (struct jx_regex *regex = regexes; regex; regex = regex->next) {
        pcre2_match_context_free(regex->limits);
        pcre2_match_data_free(regex->data);
        pcre2_code_free(regex->code);
    }
}

enum jx_match_result jx_regex_match(const struct jx_regex *regex, struct jx_text subject, size_t from,
                                    struct jx_match *ret_match)
{
    if (from > subject.size)
        return JX_NO_MATCH;
    PCRE2_SPTR bytes = (PCRE2_SPTR)(subject.bytes ? subject.bytes : "");
    int count = pcre2_match(regex->code, bytes, subject.size, from, PCRE2_NO_UTF_CHECK, regex->data, regex->limits);
    if (count == PCRE2_ERROR_JIT_STACKLIMIT)
        count = pcre2_match(regex->code, bytes, subject.size, from, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, regex->data,
                            regex->limits);
    if (count == PCRE2_ERROR_NOMATCH)
        return JX_NO_MATCH;
    if (count < 0)
        return JX_MATCH_LIMIT;
    const PCRE2_SIZE *offsets = pcre2_get_ovector_pointer(regex->data);
    *ret_match = (struct jx_match){.start = offsets[0],
                                   .end = offsets[1],
                                   .groups = offsets + 2,
                                   .group_count = pcre2_get_ovector_count(regex->data) - 1};
    return JX_MATCH;
}

struct jx_text jx_regex_source(const struct jx_regex *regex)
{
    return regex->source;
}
