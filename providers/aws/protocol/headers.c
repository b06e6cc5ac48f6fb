/* Lists of HTTP headers. */
#include "providers/aws/protocol/protocol.h"

#include <stdlib.h>
#include <strings.h>

void dr_aws_headers_add(struct dr_aws_headers *headers, const char *name, const char *value)
{
    if (headers->count == headers->room) {
        headers->room = headers->room ? headers->room * 2 : 8;
        headers->items = dr_resize(headers->items, headers->room, sizeof *headers->items);
    }
    headers->items[headers->count++] =
        (struct dr_http_header){.name = dr_copy_string(name), .value = dr_copy_string(value)};
}

/* The list owns its strings; dr_http_header, which others fill with borrowed ones, has them const. */
static void free_owned(const char *string)
{
    union {
        const char *frozen;
        char *owned;
    } same = {.frozen = string};
    free(same.owned);
}

void dr_aws_headers_set(struct dr_aws_headers *headers, const char *name, const char *value)
{
    size_t kept = 0;
    bool found = false;
    for (size_t i = 0; i < headers->count; i++) {
        struct dr_http_header *item = &headers->items[i];
        if (strcasecmp(item->name, name) != 0) {
            headers->items[kept++] = *item;
            continue;
        }
        free_owned(item->value);
        item->value = NULL;
        if (found) {
            free_owned(item->name);
            continue;
        }
        item->value = dr_copy_string(value);
        headers->items[kept++] = *item;
        found = true;
    }
    headers->count = kept;
    if (!found)
        dr_aws_headers_add(headers, name, value);
}

const char *dr_aws_headers_find(const struct dr_http_header *headers, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcasecmp(headers[i].name, name) == 0)
            return headers[i].value;
    return NULL;
}

void dr_aws_headers_done(struct dr_aws_headers *headers)
{
    for (size_t i = 0; i < headers->count; i++) {
        free_owned(headers->items[i].name);
        free_owned(headers->items[i].value);
    }
    free(headers->items);
    *headers = (struct dr_aws_headers){0};
}
