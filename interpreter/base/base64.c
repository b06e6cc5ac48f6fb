#include "interpreter/base/base64.h"

#include "interpreter/base/text.h"

#include <stdlib.h>
#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

json_t *dr_base64_json(const void *bytes, size_t size)
{
    const unsigned char *in = bytes;
    char *text = dr_resize(NULL, size / 3 + 1, 4);
    size_t out = 0;
    for (size_t i = 0; i < size; i += 3) {
        size_t left = size - i;
        unsigned group =
            (unsigned)in[i] << 16 | (left > 1 ? (unsigned)in[i + 1] << 8 : 0) | (left > 2 ? in[i + 2] : 0u);
        text[out++] = alphabet[group >> 18];
        text[out++] = alphabet[group >> 12 & 63];
        text[out++] = left > 1 ? alphabet[group >> 6 & 63] : '=';
        text[out++] = left > 2 ? alphabet[group & 63] : '=';
    }
    json_t *string = json_stringn_nocheck(text, out);
    free(text);
    return string;
}

static int digit_value(char letter)
{
    const char *found = letter ? strchr(alphabet, letter) : NULL;
    return found ? (int)(found - alphabet) : -1;
}

bool dr_base64_decode(const char *text, size_t size, unsigned char **ret_bytes, size_t *ret_size)
{
    size_t padding = 0;
    while (padding < 2 && padding < size && text[size - 1 - padding] == '=')
        padding++;
    if (size % 4 != 0)
        return false;
    unsigned char *bytes = dr_alloc(size / 4 * 3 + 1);
    size_t out = 0;
    unsigned group = 0;
    for (size_t i = 0; i < size - padding; i++) {
        int value = digit_value(text[i]);
        if (value < 0) {
            free(bytes);
            return false;
        }
        group = group << 6 | (unsigned)value;
        if (i % 4 > 0)
            bytes[out++] = (unsigned char)(group >> (6 - 2 * (i % 4)));
    }
    *ret_bytes = bytes;
    *ret_size = out;
    return true;
}
