/* XML as AWS sends it, read into a compact tree: elements, attributes and the text of leaves. Namespaces are ignored,
 * as the SDKs do: names are local names. No document type declaration is accepted, so there are no entities but XML's
 * own five; depth and size are bounded (limits.h).
 *
 *     struct dr_xml xml = {0};
 *     char *problem = NULL;
 *     if (dr_xml_read(body, size, &xml, &problem))
 *         for (uint32_t child = dr_xml_first(&xml, DR_XML_ROOT); child; child = dr_xml_next(&xml, child))
 *             puts(dr_xml_name(&xml, child));
 *     dr_xml_done(&xml);
 */
#ifndef DRRUN_PROVIDERS_AWS_PROTOCOL_XML_READ_H
#define DRRUN_PROVIDERS_AWS_PROTOCOL_XML_READ_H

#include "interpreter/base/text.h"

enum { DR_XML_ROOT = 1 }; /* elements are numbered in document order; 0 is no element */

struct dr_xml_element { /* numbers of elements and attributes, offsets into `bytes` */
    uint32_t name, text, text_size, first, next, attribute;
};

struct dr_xml_attribute {
    uint32_t name, value, value_size, next;
};

struct dr_xml { /* zero-initialise */
    struct dr_text bytes;
    struct dr_xml_element *elements;
    struct dr_xml_attribute *attributes;
    size_t element_count, element_room, attribute_count, attribute_room; /* entry 0 is not used */
};

/* White space around the document is skipped: S3 sends some while it works. false with `ret_problem` (owned by the
 * caller): "it breaks off", "it is not well-formed at byte 12 (mismatched tag)". The tree then holds what stood before
 * that, an unfinished leaf without its text. Call dr_xml_done() either way. */
bool dr_xml_read(const char *bytes, size_t size, struct dr_xml *xml, char **ret_problem)
    __attribute__((warn_unused_result));
void dr_xml_done(struct dr_xml *xml);

static inline bool dr_xml_has_root(const struct dr_xml *xml)
{
    return xml->element_count > DR_XML_ROOT;
}
static inline const char *dr_xml_name(const struct dr_xml *xml, uint32_t element)
{
    return xml->bytes.bytes + xml->elements[element].name;
}
/* Of an element without children, NUL-terminated; "" of others. */
static inline const char *dr_xml_text(const struct dr_xml *xml, uint32_t element)
{
    return xml->bytes.bytes + xml->elements[element].text;
}
static inline size_t dr_xml_text_size(const struct dr_xml *xml, uint32_t element)
{
    return xml->elements[element].text_size;
}
static inline uint32_t dr_xml_first(const struct dr_xml *xml, uint32_t element)
{
    return xml->elements[element].first;
}
static inline uint32_t dr_xml_next(const struct dr_xml *xml, uint32_t element)
{
    return xml->elements[element].next;
}
/* The first child of that name; 0: none. */
uint32_t dr_xml_child(const struct dr_xml *xml, uint32_t element, const char *name);
/* The attribute of that local name, with its size; NULL: none. */
const char *dr_xml_attribute(const struct dr_xml *xml, uint32_t element, const char *name, size_t *ret_size);
/* What follows the prefix of a qualified name: "type" of "xsi:type". */
const char *dr_xml_local(const char *name);

#endif
