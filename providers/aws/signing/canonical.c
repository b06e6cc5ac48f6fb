/* Canonical path, query and headers. Everything is linear in the request or sorts it. */
#include "providers/aws/signing/canonical.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static bool is_unreserved(unsigned char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
           byte == '-' || byte == '.' || byte == '_' || byte == '~';
}

void dr_aws_encode(struct dr_text *text, const char *bytes, size_t size, bool keep_slashes)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        if (is_unreserved(byte) || (byte == '/' && keep_slashes)) {
            dr_text_putc(text, bytes[i]);
        } else {
            dr_text_add(text, (const char[]){'%', digits[byte >> 4], digits[byte & 15]}, 3);
        }
    }
}

static int hex_value(char digit)
{
    return digit >= '0' && digit <= '9'   ? digit - '0'
           : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10
           : digit >= 'A' && digit <= 'F' ? digit - 'A' + 10
                                          : -1;
}

void dr_aws_decode(struct dr_text *text, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        int high = -1, low = -1;
        if (bytes[i] == '%' && size - i > 2) {
            high = hex_value(bytes[i + 1]);
            low = hex_value(bytes[i + 2]);
        }
        if (high < 0 || low < 0) {
            dr_text_putc(text, bytes[i]);
        } else {
            dr_text_putc(text, (char)(high << 4 | low));
            i += 2;
        }
    }
}

/* "/a/./b//../c" -> "/a/c". What ends in a slash still does. */
static void remove_dots(struct dr_text *out, const char *path)
{
    dr_text_putc(out, '/');
    for (const char *at = path; *at;) {
        size_t size = strcspn(at, "/");
        if (size == 2 && memcmp(at, "..", 2) == 0) {
            out->size -= out->size > 1; /* the slash behind the segment that goes */
            while (out->size > 1 && out->bytes[out->size - 1] != '/') {
                out->size--;
            }
            out->bytes[out->size] = '\0';
        } else if (size > 0 && !(size == 1 && *at == '.')) {
            dr_text_add(out, at, size);
            dr_text_putc(out, '/');
        }
        at += size + (at[size] == '/');
    }
    size_t size = strlen(path);
    if (out->size > 1 && path[size - 1] != '/') {
        out->bytes[--out->size] = '\0';
    }
}

void dr_aws_canonical_path(struct dr_text *text, const char *path, bool single, bool normalize)
{
    struct dr_text plain = {0}, short_path = {0};
    if (!*path) {
        path = "/";
    }
    if (normalize) {
        remove_dots(&short_path, path);
        path = short_path.bytes;
    }
    if (single) {
        dr_aws_decode(&plain, path, strlen(path));
        dr_aws_encode(text, plain.bytes, plain.size, true);
    } else {
        dr_aws_encode(text, path, strlen(path), true);
    }
    dr_text_done(&plain);
    dr_text_done(&short_path);
}

struct parameter {
    char *name, *value;
};

static int compare_parameters(const void *left, const void *right)
{
    const struct parameter *a = left, *b = right;
    int order = strcmp(a->name, b->name);
    return order ? order : strcmp(a->value, b->value);
}

static char *encode_once(const char *bytes, size_t size)
{
    struct dr_text plain = {0}, encoded = {0};
    dr_aws_decode(&plain, bytes, size);
    dr_aws_encode(&encoded, plain.bytes, plain.size, false);
    dr_text_done(&plain);
    return dr_text_take(&encoded);
}

void dr_aws_canonical_query(struct dr_text *text, const char *query, const char *without)
{
    struct parameter *items = NULL;
    size_t count = 0, room = 0;
    for (const char *at = query; *at;) {
        size_t size = strcspn(at, "&"), name = 0;
        while (name < size && at[name] != '=') {
            name++;
        }
        if (size > 0) {
            if (count == room) {
                room = room ? 2 * room : 16;
                items = dr_resize(items, room, sizeof *items);
            }
            items[count].name = encode_once(at, name);
            items[count].value = name < size ? encode_once(at + name + 1, size - name - 1) : dr_copy_string("");
            count++;
        }
        at += size + (at[size] == '&');
    }
    if (count > 1) {
        qsort(items, count, sizeof *items, compare_parameters);
    }
    bool first = true;
    for (size_t i = 0; i < count; i++) {
        if (!without || strcmp(items[i].name, without) != 0) {
            if (!first) {
                dr_text_putc(text, '&');
            }
            first = false;
            dr_text_puts(text, items[i].name);
            dr_text_putc(text, '=');
            dr_text_puts(text, items[i].value);
        }
        free(items[i].name);
        free(items[i].value);
    }
    free(items);
}

void dr_aws_canonical_headers_add(struct dr_aws_canonical_headers *headers, const char *name, const char *value)
{
    if (headers->count == headers->room) {
        headers->room = headers->room ? 2 * headers->room : 16;
        headers->items = dr_resize(headers->items, headers->room, sizeof *headers->items);
    }
    struct dr_aws_canonical_header *added = &headers->items[headers->count];
    added->name = dr_copy_string(name);
    for (char *at = added->name; *at; at++) {
        *at = (char)(*at >= 'A' && *at <= 'Z' ? *at + ('a' - 'A') : *at);
    }
    added->value = value;
    added->order = headers->count++;
}

static int compare_headers(const void *left, const void *right)
{
    const struct dr_aws_canonical_header *a = left, *b = right;
    int order = strcmp(a->name, b->name);
    return order ? order : a->order < b->order ? -1 : 1;
}

void dr_aws_canonical_headers_sort(struct dr_aws_canonical_headers *headers)
{
    if (headers->count > 1) {
        qsort(headers->items, headers->count, sizeof *headers->items, compare_headers);
    }
}

static bool is_space(char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* Without space at the ends, and one space for each run of it. */
static void add_trimmed(struct dr_text *text, const char *value)
{
    bool any = false, gap = false;
    for (; *value; value++) {
        if (is_space(*value)) {
            gap = any;
            continue;
        }
        if (gap) {
            dr_text_putc(text, ' ');
        }
        dr_text_putc(text, *value);
        any = true;
        gap = false;
    }
}

void dr_aws_canonical_headers_lines(struct dr_text *text, const struct dr_aws_canonical_headers *headers)
{
    for (size_t i = 0; i < headers->count; i++) {
        const struct dr_aws_canonical_header *header = &headers->items[i];
        if (i > 0 && strcmp(header->name, header[-1].name) == 0) {
            text->bytes[text->size - 1] = ','; /* instead of the line's end */
        } else {
            dr_text_puts(text, header->name);
            dr_text_putc(text, ':');
        }
        add_trimmed(text, header->value);
        dr_text_putc(text, '\n');
    }
}

void dr_aws_canonical_headers_names(struct dr_text *text, const struct dr_aws_canonical_headers *headers)
{
    for (size_t i = 0; i < headers->count; i++) {
        const char *name = headers->items[i].name;
        if (i > 0 && strcmp(name, headers->items[i - 1].name) == 0) {
            continue;
        }
        if (i > 0) {
            dr_text_putc(text, ';');
        }
        dr_text_puts(text, name);
    }
}

void dr_aws_canonical_headers_done(struct dr_aws_canonical_headers *headers)
{
    for (size_t i = 0; i < headers->count; i++) {
        free(headers->items[i].name);
    }
    free(headers->items);
    *headers = (struct dr_aws_canonical_headers){0};
}
