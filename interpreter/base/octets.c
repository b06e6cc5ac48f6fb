#include "interpreter/base/octets.h"

#include <assert.h>
#include <string.h>

/* The length of the valid UTF-8 sequence (RFC 3629) at `bytes`, 0 if there is none. */
static size_t sequence_size(const unsigned char *bytes, size_t size)
{
    unsigned char first = bytes[0];
    if (first < 0x80)
        return 1;
    size_t wanted = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || wanted > size)
        return 0;
    /* Overlong forms, surrogates and what is beyond U+10FFFF all show in the second byte. */
    unsigned char low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    unsigned char high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (bytes[1] < low || bytes[1] > high)
        return 0;
    for (size_t i = 2; i < wanted; i++)
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
    return wanted;
}

json_t *dr_octets_repaired(const char *bytes, size_t size)
{
    struct dr_text text = {0};
    dr_text_reserve(&text, size);
    for (size_t at = 0; at < size;) {
        size_t good = bytes[at] ? sequence_size((const unsigned char *)bytes + at, size - at) : 0;
        if (good)
            dr_text_add(&text, bytes + at, good);
        else
            dr_text_puts(&text, "\xef\xbf\xbd");
        at += good ? good : 1;
    }
    json_t *string = json_stringn_nocheck(text.bytes ? text.bytes : "", text.size);
    assert(string);
    dr_text_done(&text);
    return string;
}

size_t dr_octets_cut(const char *bytes, size_t size, size_t size_max)
{
    if (size <= size_max)
        return size;
    size = size_max;
    while (size > 0 && ((unsigned char)bytes[size] & 0xc0) == 0x80)
        size--;
    return size;
}

/* RFC 3986 section 2.3. */
static bool is_unreserved(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
           byte == '-' || byte == '.' || byte == '_' || byte == '~';
}

void dr_octets_percent(struct dr_text *text, const char *bytes, size_t size, const char *also_kept)
{
    static const char hex[] = "0123456789ABCDEF";
    size_t start = 0; /* of a run that is copied as it is */
    for (size_t i = 0; i < size; i++) {
        if (is_unreserved(bytes[i]) || (bytes[i] && strchr(also_kept, bytes[i])))
            continue;
        unsigned char byte = (unsigned char)bytes[i];
        const char spelt[3] = {'%', hex[byte >> 4], hex[byte & 15]};
        dr_text_add(text, bytes + start, i - start);
        dr_text_add(text, spelt, sizeof spelt);
        start = i + 1;
    }
    dr_text_add(text, bytes + start, size - start);
}
