#include "interpreter/expression/jsonata/utf8.h"

#include <string.h>

uint32_t jx_utf8_next(const char **at, const char *end)
{
    const unsigned char *p = (const unsigned char *)*at;
    size_t left = (size_t)(end - *at);
    uint32_t code = p[0];
    size_t more = code < 0x80 ? 0 : code < 0xC2 ? 9 : code < 0xE0 ? 1 : code < 0xF0 ? 2 : code < 0xF5 ? 3 : 9;
    if (more == 9 || more >= left) {
        *at += 1;
        return 0xFFFD;
    }
    static const uint32_t masks[] = {0x7F, 0x1F, 0x0F, 0x07};
    code &= masks[more];
    for (size_t i = 1; i <= more; i++) {
        if ((p[i] & 0xC0) != 0x80) {
            *at += 1;
            return 0xFFFD;
        }
        code = code << 6 | (p[i] & 0x3F);
    }
    *at += more + 1;
    return code;
}

size_t jx_utf8_put(char out[4], uint32_t code)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xC0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xE0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3F));
        out[2] = (char)(0x80 | (code & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3F));
    out[2] = (char)(0x80 | (code >> 6 & 0x3F));
    out[3] = (char)(0x80 | (code & 0x3F));
    return 4;
}

static bool starts_character(char byte)
{
    return ((unsigned char)byte & 0xC0) != 0x80;
}

size_t jx_utf8_count(const char *bytes, size_t size)
{
    size_t count = 0;
    for (size_t i = 0; i < size; i++)
        count += starts_character(bytes[i]);
    return count;
}

size_t jx_utf16_count(const char *bytes, size_t size)
{
    size_t count = 0;
    for (size_t i = 0; i < size; i++)
        count += (size_t)starts_character(bytes[i]) + ((unsigned char)bytes[i] >= 0xF0);
    return count;
}

size_t jx_utf16_offset(const char *bytes, size_t size, size_t units)
{
    size_t i = 0;
    for (size_t seen = 0; i < size; i++) {
        if (!starts_character(bytes[i]))
            continue;
        if (seen >= units)
            break;
        seen += (unsigned char)bytes[i] >= 0xF0 ? 2 : 1;
    }
    return i;
}

size_t jx_utf8_offset(const char *bytes, size_t size, size_t characters)
{
    size_t i = 0;
    for (size_t seen = 0; i < size; i++)
        if (starts_character(bytes[i]) && seen++ == characters)
            break;
    return i;
}

bool jx_utf8_has_surrogate(const char *bytes, size_t size)
{
    const char *end = bytes + size;
    for (const char *at = bytes; (at = memchr(at, 0xED, (size_t)(end - at))) != NULL; at++)
        if (end - at >= 3 && (unsigned char)at[1] >= 0xA0)
            return true;
    return false;
}

int jx_utf16_compare(const char *a, size_t a_size, const char *b, size_t b_size)
{
    size_t common = a_size < b_size ? a_size : b_size;
    size_t i = 0;
    while (i < common && a[i] == b[i])
        i++;
    if (i == common)
        return a_size < b_size ? -1 : a_size > b_size;
    unsigned char x = (unsigned char)a[i], y = (unsigned char)b[i];
    /* Beyond U+FFFF a character is a pair of surrogates, which sort before U+E000..U+FFFF. */
    if (x >= 0xEE && y >= 0xEE && (x >= 0xF0) != (y >= 0xF0))
        return x >= 0xF0 ? -1 : 1;
    return x < y ? -1 : 1;
}
