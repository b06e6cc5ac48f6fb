/* Base64 and URLs. */
#include "interpreter/expression/jsonata/function.h"

#include "interpreter/expression/jsonata/build.h"
#include "interpreter/expression/jsonata/utf8.h"

/* --- base64: of the low bytes of UTF-16 units, as btoa() has it
 * ------------------------------------------------------------ */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void build_triple(struct jx_builder *builder, const unsigned char *bytes, size_t count)
{
    uint32_t group = (uint32_t)bytes[0] << 16 | (count > 1 ? (uint32_t)bytes[1] << 8 : 0) | (count > 2 ? bytes[2] : 0);
    for (size_t i = 0; i < 4; i++)
        jx_build_byte(builder, i <= count ? alphabet[group >> (18 - 6 * i) & 63] : '=');
}

struct jx_value jx_fn_base64_encode(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)count;
    if (jx_is_undefined(arguments[0]))
        return JX_NOTHING;
    struct jx_text text = jx_as_text(arguments[0]);
    struct jx_builder builder = {.arena = &run->heap};
    unsigned char triple[4];
    size_t used = 0;
    const char *end = text.bytes + text.size;
    for (const char *at = text.bytes; at < end;) {
        uint32_t code = jx_utf8_next(&at, end);
        if (code >= 0x10000)
            triple[used++] = (unsigned char)(0xD800 + ((code - 0x10000) >> 10));
        if (used == 3) {
            build_triple(&builder, triple, 3);
            used = 0;
        }
        triple[used++] = (unsigned char)code; /* of a pair's second half the low byte is the code's */
        if (used == 3) {
            build_triple(&builder, triple, 3);
            used = 0;
        }
    }
    if (used)
        build_triple(&builder, triple, used);
    return jx_build_done(&builder);
}

static int base64_value(char c)
{
    if (c == '-')
        return 62;
    if (c == '_')
        return 63;
    const char *found = c ? strchr(alphabet, c) : NULL;
    return found ? (int)(found - alphabet) : -1;
}

/* Takes the URL alphabet too, passes over what is neither, and stops at "=". */
struct jx_value jx_fn_base64_decode(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)count;
    if (jx_is_undefined(arguments[0]))
        return JX_NOTHING;
    struct jx_text text = jx_as_text(arguments[0]);
    struct jx_builder builder = {.arena = &run->heap};
    uint32_t group = 0;
    unsigned bits = 0;
    for (size_t i = 0; i < text.size && text.bytes[i] != '='; i++) {
        int value = base64_value(text.bytes[i]);
        if (value < 0)
            continue;
        group = group << 6 | (uint32_t)value;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            jx_build_code(&builder, group >> bits & 0xFF);
        }
    }
    return jx_build_done(&builder);
}

/* --- URLs
 * -------------------------------------------------------------------------------------------------------------------
 */

static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()";
static const char reserved[] = ";/?:@&=+$,#";

static _Noreturn void fail_url(struct jx_run *run, struct jx_value value, const char *function)
{
    JX_FAIL(run->trap, .code = "D3140", .token = {function, strlen(function)}, .value = &value);
}

static struct jx_value encode(struct jx_run *run, struct jx_value value, bool keep_reserved, const char *function)
{
    if (jx_is_undefined(value))
        return value;
    struct jx_text text = jx_as_text(value);
    if (jx_utf8_has_surrogate(text.bytes, text.size))
        fail_url(run, value, function);
    struct jx_builder builder = {.arena = &run->heap};
    for (size_t i = 0; i < text.size; i++) {
        char c = text.bytes[i];
        unsigned char byte = (unsigned char)c;
        if (c && (strchr(unreserved, c) || (keep_reserved && strchr(reserved, c)))) {
            jx_build_byte(&builder, c);
        } else {
            jx_build_byte(&builder, '%');
            jx_build_byte(&builder, "0123456789ABCDEF"[byte >> 4]);
            jx_build_byte(&builder, "0123456789ABCDEF"[byte & 15]);
        }
    }
    return jx_build_done(&builder);
}

/* The byte that "%HH" stands for, -1 if it is not that. */
static int escaped_byte(struct jx_text text, size_t at)
{
    int byte = 0;
    if (at + 3 > text.size || text.bytes[at] != '%')
        return -1;
    for (size_t i = 1; i < 3; i++) {
        char c = text.bytes[at + i], lower = (char)(c | 0x20);
        int digit = c >= '0' && c <= '9' ? c - '0' : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
        if (digit < 0)
            return -1;
        byte = byte << 4 | digit;
    }
    return byte;
}

/* Escapes must make whole, valid UTF-8 characters. Returns how many escapes make the one at `at`, 0 if they do not. */
static size_t escaped_character(struct jx_text text, size_t at, uint32_t *ret_code)
{
    char bytes[4];
    int first = escaped_byte(text, at);
    if (first < 0)
        return 0;
    size_t size = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
    for (size_t i = 0; i < size; i++) {
        int byte = escaped_byte(text, at + i * 3);
        if (byte < 0 || (i && (byte & 0xC0) != 0x80))
            return 0;
        bytes[i] = (char)byte;
    }
    if (!size)
        return 0;
    const char *start = bytes;
    *ret_code = jx_utf8_next(&start, bytes + size);
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    bool good = *ret_code >= least[size] && *ret_code <= 0x10FFFF && (*ret_code < 0xD800 || *ret_code >= 0xE000);
    return good ? size : 0;
}

static struct jx_value decode(struct jx_run *run, struct jx_value value, bool keep_reserved, const char *function)
{
    if (jx_is_undefined(value))
        return value;
    struct jx_text text = jx_as_text(value);
    struct jx_builder builder = {.arena = &run->heap};
    for (size_t i = 0; i < text.size;) {
        if (text.bytes[i] != '%') {
            jx_build_add(&builder, text.bytes + i++, 1);
            continue;
        }
        uint32_t code;
        size_t escapes = escaped_character(text, i, &code);
        if (!escapes)
            fail_url(run, value, function);
        if (keep_reserved && code && code < 0x80 && strchr(reserved, (int)code))
            jx_build_add(&builder, text.bytes + i, 3);
        else
            jx_build_code(&builder, code);
        i += escapes * 3;
    }
    return jx_build_done(&builder);
}

struct jx_value jx_fn_encode_url_component(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)count;
    return encode(run, arguments[0], false, "encodeUrlComponent");
}

struct jx_value jx_fn_encode_url(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)count;
    return encode(run, arguments[0], true, "encodeUrl");
}

struct jx_value jx_fn_decode_url_component(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)count;
    return decode(run, arguments[0], false, "decodeUrlComponent");
}

struct jx_value jx_fn_decode_url(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)count;
    return decode(run, arguments[0], true, "decodeUrl");
}
