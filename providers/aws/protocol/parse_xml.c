/* XML bodies by their shapes: the query, ec2 and rest-xml protocols write values in the same way.
 * (https://smithy.io/2.0/spec/protocol-traits.html#xml-bindings) */
#include "providers/aws/protocol/parse.h"

#include <string.h>

static bool is_flattened(const struct dr_aws_member *member, const struct dr_aws_shape *shape)
{
    return member->flattened || shape->flattened;
}

/* The member that stands in elements of that name. */
static const struct dr_aws_member *find_member(const struct dr_aws_shape *shape, const char *name, size_t *hint)
{
    for (size_t i = 0; i < shape->member_count; i++) {
        size_t at = (*hint + i) % shape->member_count; /* elements mostly come in the model's order */
        const struct dr_aws_member *member = &shape->members[at];
        if (dr_aws_in_body(member) && !member->xml_attribute && strcmp(dr_aws_wire_name(member), name) == 0) {
            *hint = at;
            return member;
        }
    }
    return NULL;
}

/* The same by the name that the member's shape has: ElastiCache's log deliveries have no other. */
static const struct dr_aws_member *find_by_shape(const struct dr_aws_shape *shape, const char *name)
{
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct dr_aws_member *member = &shape->members[i];
        const char *wire = member->wire || member->xml_attribute ? NULL : dr_aws_member_shape(member)->wire;
        if (wire && dr_aws_in_body(member) && strcmp(wire, name) == 0)
            return member;
    }
    return NULL;
}

static bool has_flattened(const struct dr_aws_shape *shape)
{
    for (size_t i = 0; i < shape->member_count; i++)
        if (is_flattened(&shape->members[i], dr_aws_member_shape(&shape->members[i])))
            return true;
    return false;
}

/* May the element be (an item of) the member? A flattened list has no element of its own, and models differ in whose
 * name its items then have: the member's, or the item's. */
static bool is_named(const struct dr_aws_member *member, const char *name)
{
    const struct dr_aws_shape *shape = dr_aws_member_shape(member);
    const char *item = shape->type == DR_AWS_LIST && is_flattened(member, shape) ? shape->member->wire : NULL;
    return dr_aws_in_body(member) && !member->xml_attribute &&
           (strcmp(dr_aws_wire_name(member), name) == 0 || (item && strcmp(item, name) == 0));
}

/* An entry of a map: its key and its value beside one another. */
static void map_entry(const struct dr_xml *xml, uint32_t entry, const struct dr_aws_shape *map, json_t *output)
{
    uint32_t key = dr_xml_child(xml, entry, map->key->wire ? map->key->wire : "key");
    uint32_t value = dr_xml_child(xml, entry, map->value->wire ? map->value->wire : "value");
    if (!key || !value)
        return;
    json_t *parsed = dr_aws_xml_value(xml, value, dr_aws_member_shape(map->value));
    if (parsed)
        json_object_setn_new(output, dr_xml_text(xml, key), dr_xml_text_size(xml, key), parsed);
}

static void list_items(const struct dr_xml *xml, uint32_t parent, const struct dr_aws_shape *list, json_t *output)
{
    const struct dr_aws_shape *item = dr_aws_member_shape(list->member);
    for (uint32_t child = dr_xml_first(xml, parent); child; child = dr_xml_next(xml, child)) {
        json_t *value = dr_aws_xml_value(xml, child, item);
        if (value)
            json_array_append_new(output, value);
    }
}

json_t *dr_aws_xml_value(const struct dr_xml *xml, uint32_t element, const struct dr_aws_shape *shape)
{
    json_t *value = NULL;
    switch (shape->type) {
    case DR_AWS_STRUCTURE:
        value = json_object();
        dr_aws_xml_members(xml, element, shape, value);
        return value;
    case DR_AWS_LIST:
        value = json_array();
        list_items(xml, element, shape, value);
        return value;
    case DR_AWS_MAP:
        value = json_object();
        for (uint32_t entry = dr_xml_first(xml, element); entry; entry = dr_xml_next(xml, entry))
            map_entry(xml, entry, shape, value);
        return value;
    case DR_AWS_STRING:
    case DR_AWS_INTEGER:
    case DR_AWS_LONG:
    case DR_AWS_FLOAT:
    case DR_AWS_DOUBLE:
    case DR_AWS_BOOLEAN:
    case DR_AWS_BLOB:
    case DR_AWS_TIMESTAMP:
        break;
    }
    return dr_aws_scalar_read(shape, dr_xml_text(xml, element), dr_xml_text_size(xml, element));
}

/* One more of the elements that together are a flattened list or map. */
static void add_flattened(const struct dr_xml *xml, uint32_t element, const struct dr_aws_member *member,
                          const struct dr_aws_shape *shape, json_t *output)
{
    json_t *whole = json_object_get(output, member->name);
    if (!whole) {
        whole = shape->type == DR_AWS_LIST ? json_array() : json_object();
        json_object_set_new(output, member->name, whole);
    }
    if (shape->type == DR_AWS_MAP) {
        map_entry(xml, element, shape, whole);
        return;
    }
    json_t *value = dr_aws_xml_value(xml, element, dr_aws_member_shape(shape->member));
    if (value)
        json_array_append_new(whole, value);
}

static void read_attributes(const struct dr_xml *xml, uint32_t element, const struct dr_aws_shape *shape,
                            json_t *output)
{
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct dr_aws_member *member = &shape->members[i];
        size_t size = 0;
        const char *text = member->xml_attribute
                               ? dr_xml_attribute(xml, element, dr_xml_local(dr_aws_wire_name(member)), &size)
                               : NULL;
        json_t *value = text ? dr_aws_scalar_read(dr_aws_member_shape(member), text, size) : NULL;
        if (value)
            json_object_set_new(output, member->name, value);
    }
}

static void read_member(const struct dr_xml *xml, uint32_t element, const struct dr_aws_member *member, json_t *output)
{
    const struct dr_aws_shape *shape = dr_aws_member_shape(member);
    if ((shape->type == DR_AWS_LIST || shape->type == DR_AWS_MAP) && is_flattened(member, shape)) {
        add_flattened(xml, element, member, shape, output);
        return;
    }
    /* What must not repeat, and does, counts as it came first. */
    json_t *value = json_object_get(output, member->name) ? NULL : dr_aws_xml_value(xml, element, shape);
    if (value)
        json_object_set_new(output, member->name, value);
}

/* Every member that has that name: S3's notifications are there once as a list and, from former times, once as a single
 * member. false: none. */
static bool read_all_named(const struct dr_xml *xml, uint32_t element, const struct dr_aws_shape *shape, json_t *output)
{
    bool found = false;
    for (size_t i = 0; i < shape->member_count; i++)
        if (is_named(&shape->members[i], dr_xml_name(xml, element))) {
            read_member(xml, element, &shape->members[i], output);
            found = true;
        }
    return found;
}

void dr_aws_xml_members(const struct dr_xml *xml, uint32_t element, const struct dr_aws_shape *shape, json_t *output)
{
    size_t hint = 0;
    if (shape->member_count == 0)
        return;
    bool flattened = has_flattened(shape);
    read_attributes(xml, element, shape, output);
    for (uint32_t child = dr_xml_first(xml, element); child; child = dr_xml_next(xml, child)) {
        if (flattened && read_all_named(xml, child, shape, output))
            continue;
        const struct dr_aws_member *member = find_member(shape, dr_xml_name(xml, child), &hint);
        if (!member)
            member = find_by_shape(shape, dr_xml_name(xml, child));
        if (member)
            read_member(xml, child, member, output);
    }
}
