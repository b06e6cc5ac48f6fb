/* XML bodies of rest-xml. Elements are written as the walk goes: attributes of a structure first, because they belong
 * into its start tag. (https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html) */
#include "providers/aws/protocol/serialize.h"

#include <string.h>

/* Text and attribute values. Line breaks and control characters are written as references: a parser would normalise
 * or refuse them otherwise, and S3 keys may hold them. NUL cannot be written in any way. */
static bool put_escaped(struct dr_aws_writer *writer, const struct dr_aws_place *place, const char *bytes, size_t size,
                        struct dr_text *text)
{
    size_t start = 0;
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        if (byte >= ' ' && byte != '&' && byte != '<' && byte != '>' && byte != '"')
            continue;
        if (byte == '\0')
            return dr_aws_refuse(writer, place, "must not hold NUL: XML cannot say it");
        dr_text_add(text, bytes + start, i - start);
        start = i + 1;
        if (byte == '&')
            dr_text_puts(text, "&amp;");
        else if (byte == '<')
            dr_text_puts(text, "&lt;");
        else if (byte == '>')
            dr_text_puts(text, "&gt;");
        else if (byte == '"')
            dr_text_puts(text, "&quot;");
        else
            dr_text_printf(text, "&#x%X;", byte);
    }
    dr_text_add(text, bytes + start, size - start);
    return true;
}

static void open_tag(struct dr_text *text, const struct dr_aws_xml_root *tag)
{
    dr_text_printf(text, "<%s", tag->name);
    if (tag->uri && tag->prefix)
        dr_text_printf(text, " xmlns:%s=\"%s\"", tag->prefix, tag->uri);
    else if (tag->uri)
        dr_text_printf(text, " xmlns=\"%s\"", tag->uri);
}

static void close_tag(struct dr_text *text, const char *name)
{
    dr_text_printf(text, "</%s>", name);
}

/* The element of a reference: its own namespace, else the shape's, which matters for structures only. */
static struct dr_aws_xml_root element_of(const struct dr_aws_member *member, const char *name)
{
    const struct dr_aws_shape *shape = dr_aws_member_shape(member);
    struct dr_aws_xml_root element = {.name = name, .prefix = member->xml_prefix, .uri = member->xml_uri};
    if (!element.uri && shape->type == DR_AWS_STRUCTURE) {
        element.prefix = shape->xml_prefix;
        element.uri = shape->xml_uri;
    }
    return element;
}

static bool write_element(struct dr_aws_writer *writer, const struct dr_aws_place *place,
                          const struct dr_aws_member *member, const char *name, const json_t *value,
                          struct dr_text *text);

/* Escaped text of a scalar: content of an element or an attribute. */
static bool write_text(struct dr_aws_writer *writer, const struct dr_aws_place *place,
                       const struct dr_aws_member *member, const json_t *value, struct dr_text *text)
{
    struct dr_text scalar = {0};
    bool good = dr_aws_write_scalar(writer, place, member, value, DR_AWS_TIME_ISO8601, &scalar) &&
                put_escaped(writer, place, scalar.bytes ? scalar.bytes : "", scalar.size, text);
    dr_text_done(&scalar);
    return good && dr_aws_bounded(writer, place, text);
}

static bool write_attributes(struct dr_aws_writer *writer, const struct dr_aws_place *place,
                             const struct dr_aws_shape *shape, const json_t *value, struct dr_text *text)
{
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct dr_aws_member *member = &shape->members[i];
        const json_t *given = member->xml_attribute ? dr_aws_given(value, member->name) : NULL;
        if (!given)
            continue;
        struct dr_aws_place inside = dr_aws_place_member(place, member->name);
        dr_text_printf(text, " %s=\"", dr_aws_sent_name(member));
        if (!write_text(writer, &inside, member, given, text))
            return false;
        dr_text_putc(text, '"');
    }
    return true;
}

/* A name that comes from the input, for an element. */
static bool is_name(const char *key)
{
    static const char first[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
    return *key && strchr(first, *key) &&
           strspn(key + 1, "0123456789.-ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrst"
                           "uvwxyz_") == strlen(key + 1);
}

/* What the model does not know: members as elements, lists as repeated "member" elements. */
static bool write_anything(struct dr_aws_writer *writer, const struct dr_aws_place *place, const char *name,
                           const json_t *value, struct dr_text *text)
{
    union {
        const json_t *frozen;
        json_t *value;
    } same = {.frozen = value}; /* jansson's iterator wants it mutable */
    if (!is_name(name))
        return dr_aws_refuse(writer, place, "is not known to the model, and cannot be the name of an XML element");
    dr_text_printf(text, "<%s>", name);
    for (void *at = json_object_iter(same.value); at; at = json_object_iter_next(same.value, at)) {
        struct dr_aws_place inside = dr_aws_place_member(place, json_object_iter_key(at));
        if (!dr_aws_bounded(writer, &inside, text) ||
            !write_anything(writer, &inside, json_object_iter_key(at), json_object_iter_value(at), text))
            return false;
    }
    for (size_t i = 0; json_is_array(value) && i < json_array_size(value); i++) {
        struct dr_aws_place inside = dr_aws_place_index(place, i);
        if (!dr_aws_bounded(writer, &inside, text) ||
            !write_anything(writer, &inside, "member", json_array_get(value, i), text))
            return false;
    }
    bool good = true;
    if (json_is_string(value))
        good = put_escaped(writer, place, json_string_value(value), json_string_length(value), text);
    else if (json_is_number(value) || json_is_boolean(value))
        good = dr_text_json(text, value, DR_PAYLOAD_BYTES_MAX + text->size);
    close_tag(text, name);
    return good;
}

static bool write_members(struct dr_aws_writer *writer, const struct dr_aws_place *place,
                          const struct dr_aws_shape *shape, const json_t *value, struct dr_text *text)
{
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct dr_aws_member *member = &shape->members[i];
        bool in_body = member->location == DR_AWS_IN_BODY && !member->xml_attribute;
        const json_t *given = in_body ? dr_aws_given(value, member->name) : NULL;
        if (!given)
            continue;
        struct dr_aws_place inside = dr_aws_place_member(place, member->name);
        if (!write_element(writer, &inside, member, dr_aws_sent_name(member), given, text))
            return false;
    }
    union {
        const json_t *frozen;
        json_t *value;
    } same = {.frozen = value};
    for (void *at = json_object_iter(same.value); at; at = json_object_iter_next(same.value, at)) {
        const char *key = json_object_iter_key(at);
        if (json_is_null(json_object_iter_value(at)) || !dr_aws_is_unknown(shape, key))
            continue;
        struct dr_aws_place inside = dr_aws_place_member(place, key);
        if (!write_anything(writer, &inside, key, json_object_iter_value(at), text))
            return false;
    }
    return true;
}

bool dr_aws_write_xml_root(struct dr_aws_writer *writer, const struct dr_aws_place *place,
                           const struct dr_aws_xml_root *root, const struct dr_aws_shape *shape, const json_t *value,
                           struct dr_text *text)
{
    if (!json_is_object(value))
        return dr_aws_refuse(writer, place, "must be an object, not %s", dr_aws_json_kind(value));
    open_tag(text, root);
    if (!write_attributes(writer, place, shape, value, text))
        return false;
    dr_text_putc(text, '>');
    if (!write_members(writer, place, shape, value, text))
        return false;
    close_tag(text, root->name);
    return dr_aws_bounded(writer, place, text);
}

static bool write_list(struct dr_aws_writer *writer, const struct dr_aws_place *place,
                       const struct dr_aws_member *member, const char *name, const json_t *value, struct dr_text *text)
{
    const struct dr_aws_shape *shape = dr_aws_member_shape(member);
    if (!json_is_array(value))
        return dr_aws_refuse(writer, place, "must be an array, not %s", dr_aws_json_kind(value));
    bool flattened = member->flattened || shape->flattened;
    /* Of a list whose shape is flat the items' own name counts, if there is one: SQS's answers, on which we stand in
     * for AWS. Of a member that is flattened in its place, the member's does. */
    const char *own = shape->member->wire;
    const char *item_name = own && (shape->flattened || !flattened) ? own : flattened ? name : "member";
    if (!flattened) {
        struct dr_aws_xml_root element = element_of(member, name);
        open_tag(text, &element);
        dr_text_putc(text, '>');
    }
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_t *item = json_array_get(value, i);
        struct dr_aws_place inside = dr_aws_place_index(place, i);
        if (!json_is_null(item) && !write_element(writer, &inside, shape->member, item_name, item, text))
            return false;
    }
    if (!flattened)
        close_tag(text, name);
    return true;
}

static bool write_key(struct dr_aws_writer *writer, const struct dr_aws_place *place, const struct dr_aws_member *key,
                      void *at, struct dr_text *text)
{
    struct dr_aws_xml_root element = element_of(key, key->wire ? key->wire : "key");
    open_tag(text, &element);
    dr_text_putc(text, '>');
    if (!put_escaped(writer, place, json_object_iter_key(at), json_object_iter_key_len(at), text))
        return false;
    close_tag(text, element.name);
    return true;
}

/* A map is <Name><entry><key/><value/></entry>...</Name>; a flattened one repeats <Name> where <entry> would stand. */
static bool write_map(struct dr_aws_writer *writer, const struct dr_aws_place *place,
                      const struct dr_aws_member *member, const char *name, const json_t *value, struct dr_text *text)
{
    const struct dr_aws_shape *shape = dr_aws_member_shape(member);
    if (!json_is_object(value))
        return dr_aws_refuse(writer, place, "must be an object, not %s", dr_aws_json_kind(value));
    union {
        const json_t *frozen;
        json_t *value;
    } same = {.frozen = value};
    bool flattened = member->flattened || shape->flattened;
    struct dr_aws_xml_root whole = element_of(member, name), entry = {.name = "entry"};
    if (flattened)
        entry = whole;
    else {
        open_tag(text, &whole);
        dr_text_putc(text, '>');
    }
    for (void *at = json_object_iter(same.value); at; at = json_object_iter_next(same.value, at)) {
        const json_t *item = json_object_iter_value(at);
        if (json_is_null(item))
            continue;
        struct dr_aws_place inside = dr_aws_place_member(place, json_object_iter_key(at));
        open_tag(text, &entry);
        dr_text_putc(text, '>');
        if (!write_key(writer, &inside, shape->key, at, text) ||
            !write_element(writer, &inside, shape->value, shape->value->wire ? shape->value->wire : "value", item,
                           text))
            return false;
        close_tag(text, entry.name);
    }
    if (!flattened)
        close_tag(text, name);
    return true;
}

static bool write_element(struct dr_aws_writer *writer, const struct dr_aws_place *place,
                          const struct dr_aws_member *member, const char *name, const json_t *value,
                          struct dr_text *text)
{
    const struct dr_aws_shape *shape = dr_aws_member_shape(member);
    struct dr_aws_xml_root element = element_of(member, name);
    if (!dr_aws_bounded(writer, place, text))
        return false;
    if (shape->type == DR_AWS_STRUCTURE)
        return dr_aws_write_xml_root(writer, place, &element, shape, value, text);
    if (shape->type == DR_AWS_LIST)
        return write_list(writer, place, member, name, value, text);
    if (shape->type == DR_AWS_MAP)
        return write_map(writer, place, member, name, value, text);
    open_tag(text, &element);
    dr_text_putc(text, '>');
    if (!write_text(writer, place, member, value, text))
        return false;
    close_tag(text, name);
    return true;
}
