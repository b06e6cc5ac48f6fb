#include "providers/dns/message.h"

#include "interpreter/base/text.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>

enum {
    HEADER_BYTES = 12,
    NAME_BYTES_MAX = 255, /* RFC 1035 section 2.3.4 */
    JUMPS_MAX = 127,      /* a name has at most 127 labels, and a useful jump leads to one */
    CLASS_IN = 1,
};

static const struct {
    const char *name;
    int number;
    const char *fields;
} types[] = {
#define DNS_TYPE(name, number, fields) {#name, number, fields},
#include "providers/dns/message.def"
#undef DNS_TYPE
};

/* Source: IANA "DNS RCODEs". */
static const char *const rcode_names[] = {"NOERROR",  "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED",
                                          "YXDOMAIN", "YXRRSET", "NXRRSET",  "NOTAUTH",  "NOTZONE"};

/* A place in the message. Once `bad`, it stays so and reads give 0, so that one check at the end is enough. */
struct cursor {
    const unsigned char *bytes;
    size_t size, at; /* `size`: where reading must stop */
    bool bad;
};

static unsigned take(struct cursor *cursor, unsigned count)
{
    if (cursor->bad || cursor->size - cursor->at < count) {
        cursor->bad = true;
        return 0;
    }
    unsigned number = 0;
    while (count--)
        number = number << 8 | cursor->bytes[cursor->at++];
    return number;
}

static void add_byte(struct dr_text *out, unsigned char byte, const char *escaped)
{
    if (byte < 0x20 || byte > 0x7e)
        dr_text_printf(out, "\\%03u", byte);
    else if (strchr(escaped, byte))
        dr_text_printf(out, "\\%c", byte);
    else
        dr_text_putc(out, (char)byte);
}

/* A name, which may jump to anything earlier in the whole message of `message_size` bytes. */
static void take_name(struct cursor *cursor, size_t message_size, struct dr_text *out)
{
    struct cursor place = *cursor;
    size_t name_bytes = 1, start = out->size;
    unsigned jumps = 0;
    for (unsigned length; !place.bad && (length = take(&place, 1)) != 0;) {
        if ((length & 0xc0) == 0xc0) {
            size_t target = (length & 0x3f) << 8 | take(&place, 1);
            if (jumps++ == 0)
                cursor->at = place.at;
            /* Only backwards, as compression means it: no loop gets anywhere, and the bound catches what is left. */
            if (target >= place.at || jumps > JUMPS_MAX)
                place.bad = true;
            place.at = target;
            place.size = message_size;
            continue;
        }
        name_bytes += length + 1;
        if (length > 63 || name_bytes > NAME_BYTES_MAX || place.size - place.at < length) {
            place.bad = true;
            break;
        }
        if (out->size > start)
            dr_text_putc(out, '.');
        while (length--)
            add_byte(out, place.bytes[place.at++], ".\\\"();@$");
    }
    if (out->size == start)
        dr_text_putc(out, '.');
    cursor->bad |= place.bad;
    if (jumps == 0)
        cursor->at = place.at;
}

static void take_address(struct cursor *data, int family, struct dr_text *out)
{
    size_t size = family == AF_INET ? 4 : 16;
    char text[INET6_ADDRSTRLEN];
    if (data->bad || data->size - data->at != size || !inet_ntop(family, data->bytes + data->at, text, sizeof text)) {
        data->bad = true;
        return;
    }
    data->at += size;
    dr_text_puts(out, text);
}

/* Up to `length` bytes; UTF-8 or not, JSON needs text: what is not ASCII is escaped. */
static void take_bytes(struct cursor *data, size_t length, const char *escaped, struct dr_text *out)
{
    if (data->bad || data->size - data->at < length) {
        data->bad = true;
        return;
    }
    while (length--)
        add_byte(out, data->bytes[data->at++], escaped);
}

static void take_field(struct cursor *data, size_t message_size, char field, struct dr_text *out)
{
    switch (field) {
    case '4':
        take_address(data, AF_INET, out);
        break;
    case '6':
        take_address(data, AF_INET6, out);
        break;
    case 'N':
        take_name(data, message_size, out);
        break;
    case 'B':
        dr_text_int(out, take(data, 1));
        break;
    case 'S':
        dr_text_int(out, take(data, 2));
        break;
    case 'L':
        dr_text_int(out, take(data, 4));
        break;
    case 'G':
        take_bytes(data, take(data, 1), "", out);
        break;
    case 'Q':
        dr_text_putc(out, '"');
        take_bytes(data, data->size - data->at, "\\\"", out);
        dr_text_putc(out, '"');
        break;
    default: /* 'T' */
        do
            take_bytes(data, take(data, 1), "\\", out);
        while (!data->bad && data->at < data->size);
    }
}

/* A record of a type we do not know: RFC 3597 section 5. */
static void take_unknown(struct cursor *data, struct dr_text *out)
{
    dr_text_printf(out, "\\# %zu ", data->size - data->at);
    while (data->at < data->size)
        dr_text_printf(out, "%02x", data->bytes[data->at++]);
}

static json_t *take_text(struct dr_text *text)
{
    json_t *string = json_stringn_nocheck(text->bytes ? text->bytes : "", text->size);
    dr_text_clear(text);
    return string;
}

static const char *type_fields(int number, const char **ret_name)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].number == number) {
            *ret_name = types[i].name;
            return types[i].fields;
        }
    return NULL;
}

/* Appends the record to `answers` unless it is not of the Internet class (then it is skipped). */
static void take_record(struct cursor *cursor, struct dr_text *scratch, json_t *answers)
{
    take_name(cursor, cursor->size, scratch);
    json_t *name = take_text(scratch);
    int type = (int)take(cursor, 2);
    unsigned class = take(cursor, 2);
    int32_t ttl = (int32_t)take(cursor, 4);
    size_t length = take(cursor, 2);
    if (cursor->bad || cursor->size - cursor->at < length) {
        cursor->bad = true;
        json_decref(name);
        return;
    }
    struct cursor data = {cursor->bytes, cursor->at + length, cursor->at, false};
    const char *type_name = NULL;
    const char *fields = type_fields(type, &type_name);
    if (!fields)
        take_unknown(&data, scratch);
    for (const char *field = fields; field && *field; field++) {
        if (field != fields)
            dr_text_putc(scratch, ' ');
        take_field(&data, cursor->size, *field, scratch);
    }
    cursor->bad |= data.bad || data.at != data.size;
    cursor->at = data.size;
    char numbered[16];
    if (!type_name) {
        snprintf(numbered, sizeof numbered, "TYPE%d", type);
        type_name = numbered;
    }
    json_t *value = take_text(scratch);
    if (class == CLASS_IN) /* a TTL with the top bit set means 0: RFC 2181 section 8 */
        json_array_append_new(answers, json_pack("{s:o, s:s, s:i, s:o}", "Name", name, "Type", type_name, "Ttl",
                                                 ttl < 0 ? 0 : ttl, "Value", value));
    else {
        json_decref(name);
        json_decref(value);
    }
}

json_t *dr_dns_answer(const unsigned char *bytes, size_t size, int *ret_rcode)
{
    struct cursor cursor = {bytes, size, 0, size < HEADER_BYTES};
    (void)take(&cursor, 2); /* the id: c-ares has compared it */
    unsigned flags = take(&cursor, 2);
    unsigned questions = take(&cursor, 2), records = take(&cursor, 2);
    (void)take(&cursor, 4); /* how many authority and additional records: not used */
    if (cursor.bad || !(flags & 0x8000))
        return NULL;
    struct dr_text scratch = {0};
    json_t *answers = json_array();
    while (questions-- && !cursor.bad) {
        take_name(&cursor, size, &scratch);
        dr_text_clear(&scratch);
        (void)take(&cursor, 4);
    }
    while (records-- && !cursor.bad)
        take_record(&cursor, &scratch, answers);
    dr_text_done(&scratch);
    if (cursor.bad) {
        json_decref(answers);
        return NULL;
    }
    unsigned rcode = flags & 0xf;
    char numbered[16];
    snprintf(numbered, sizeof numbered, "RCODE%u", rcode);
    *ret_rcode = (int)rcode;
    return json_pack("{s:s, s:b, s:o}", "Status",
                     rcode < sizeof rcode_names / sizeof *rcode_names ? rcode_names[rcode] : numbered, "Authoritative",
                     (flags & 0x0400) != 0, "Answers", answers);
}

int dr_dns_type_number(const char *name)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i].name, name) == 0)
            return types[i].number;
    return -1;
}

char *dr_dns_reverse_name(const char *address)
{
    unsigned char bytes[16];
    struct dr_text name = {0};
    if (inet_pton(AF_INET, address, bytes) == 1)
        dr_text_printf(&name, "%u.%u.%u.%u.in-addr.arpa", bytes[3], bytes[2], bytes[1], bytes[0]);
    else if (inet_pton(AF_INET6, address, bytes) == 1) {
        for (int i = 15; i >= 0; i--)
            dr_text_printf(&name, "%x.%x.", bytes[i] & 15u, bytes[i] >> 4);
        dr_text_puts(&name, "ip6.arpa");
    } else
        return NULL;
    return dr_text_take(&name);
}
