/* What the REST protocols put beside the body: headers, prefixed headers and the status code.
 * (https://smithy.io/2.0/spec/http-bindings.html) */
#include "interpreter/base/base64.h"
#include "providers/aws/protocol/parse.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_day_name(const char *text, size_t size)
{
    static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    for (size_t i = 0; size == 3 && i < sizeof(days) / sizeof(*days); i++)
        if (strncasecmp(text, days[i], 3) == 0)
            return true;
    return false;
}

static const char *skip_space(const char *at)
{
    while (*at == ' ' || *at == '\t')
        at++;
    return at;
}

/* A quoted item, with its backslashes taken away; `at` stands on the quote and moves behind the closing one. */
static json_t *quoted_item(const char **at, const struct dr_aws_shape *shape)
{
    struct dr_text text = {0};
    const char *from = *at + 1;
    for (; *from && *from != '"'; from++) {
        if (*from == '\\' && from[1])
            from++;
        dr_text_putc(&text, *from);
    }
    *at = *from ? from + 1 : from;
    json_t *item = dr_aws_scalar_read(shape, text.bytes ? text.bytes : "", text.size);
    dr_text_done(&text);
    return item;
}

/* Up to the next comma; a date of HTTP ("Mon, 16 Dec 2019 23:48:18 GMT") has one of its own. */
static json_t *plain_item(const char **at, const struct dr_aws_shape *shape)
{
    size_t size = strcspn(*at, ",");
    if (shape->type == DR_AWS_TIMESTAMP && (*at)[size] == ',' && is_day_name(*at, size))
        size += 1 + strcspn(*at + size + 1, ",");
    const char *item = *at;
    *at += size;
    while (size > 0 && (item[size - 1] == ' ' || item[size - 1] == '\t'))
        size--;
    return size > 0 ? dr_aws_scalar_read(shape, item, size) : NULL;
}

/* A list in a header: items between commas. Empty items are ignored (RFC 9110, section 5.6.1.2). */
static void header_items(const char *text, const struct dr_aws_shape *item, json_t *list)
{
    for (const char *at = skip_space(text); *at; at = skip_space(at)) {
        json_t *value = *at == '"' ? quoted_item(&at, item) : plain_item(&at, item);
        if (value)
            json_array_append_new(list, value);
        at += strcspn(at, ",");
        at += *at == ',';
    }
}

/* JSON in a header is base64; its text is the value, as in the AWS SDK for Java, which Step Functions uses. */
static json_t *json_text(const char *text)
{
    unsigned char *bytes = NULL;
    size_t size = 0;
    if (!dr_base64_decode(text, strlen(text), &bytes, &size))
        return dr_aws_text_json(text, strlen(text));
    json_t *value = dr_aws_text_json((const char *)bytes, size);
    free(bytes);
    return value;
}

static json_t *header_value(const struct dr_aws_member *member, const char *name, const struct dr_aws_answer *answer)
{
    const struct dr_aws_shape *shape = dr_aws_member_shape(member);
    json_t *list = NULL;
    for (size_t i = 0; i < answer->header_count; i++) {
        const struct dr_http_header *header = &answer->headers[i];
        if (strcasecmp(header->name, name) != 0)
            continue;
        if (shape->type != DR_AWS_LIST)
            return member->jsonvalue ? json_text(header->value)
                                     : dr_aws_scalar_read(shape, header->value, strlen(header->value));
        list = list ? list : json_array(); /* a list may be spread over several headers */
        header_items(header->value, dr_aws_member_shape(shape->member), list);
    }
    return list;
}

/* The headers that begin with the prefix, by what follows it. */
static json_t *prefixed_headers(const struct dr_aws_member *member, const struct dr_aws_answer *answer)
{
    const char *prefix = member->wire ? member->wire : "";
    const struct dr_aws_shape *shape = dr_aws_member_shape(member);
    json_t *map = json_object();
    for (size_t i = 0; shape->type == DR_AWS_MAP && i < answer->header_count; i++) {
        const struct dr_http_header *header = &answer->headers[i];
        if (strncasecmp(header->name, prefix, strlen(prefix)) != 0)
            continue;
        json_t *value = dr_aws_scalar_read(dr_aws_member_shape(shape->value), header->value, strlen(header->value));
        if (value)
            json_object_set_new(map, header->name + strlen(prefix), value);
    }
    return map;
}

void dr_aws_rest_head(const struct dr_aws_shape *shape, const struct dr_aws_answer *answer, json_t *output)
{
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct dr_aws_member *member = &shape->members[i];
        json_t *value = NULL;
        if (member->location == DR_AWS_IN_HEADER)
            value = header_value(member, dr_aws_wire_name(member), answer);
        else if (member->location == DR_AWS_IN_HEADERS)
            value = prefixed_headers(member, answer);
        else if (member->location == DR_AWS_IN_STATUS)
            value = json_integer(answer->status);
        if (value)
            json_object_set_new(output, member->name, value);
    }
}
