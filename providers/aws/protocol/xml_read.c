#include "providers/aws/protocol/xml_read.h"

#include "interpreter/base/limits.h"

#include <assert.h>
#include <expat.h>
#include <stdlib.h>
#include <string.h>

/* An element that is open, and its youngest child, so that the next one is linked without a search. */
struct open_element {
    uint32_t element, last;
};

struct reader {
    struct dr_xml *xml;
    XML_Parser parser;
    struct open_element open[DR_DEPTH_MAX];
    size_t depth;
    const char *refused; /* why we stopped expat; NULL: we did not */
};

static void refuse(struct reader *reader, const char *why)
{
    reader->refused = why;
    (void)XML_StopParser(reader->parser, XML_FALSE);
}

static void *grow(void *items, size_t *room, size_t count, size_t unit)
{
    if (count < *room)
        return items;
    *room = *room ? *room * 2 : 64;
    return dr_resize(items, *room, unit);
}

/* Appends with a NUL; the offset. It fits: the document is smaller than 2 GiB, and what is kept of it is no larger. */
static uint32_t keep(struct dr_xml *xml, const char *string, size_t size)
{
    size_t at = xml->bytes.size;
    dr_text_add(&xml->bytes, string, size);
    dr_text_putc(&xml->bytes, '\0');
    return (uint32_t)at;
}

const char *dr_xml_local(const char *name)
{
    const char *colon = strrchr(name, ':');
    return colon ? colon + 1 : name;
}

static bool declares_namespace(const char *name)
{
    return strncmp(name, "xmlns", 5) == 0 && (name[5] == '\0' || name[5] == ':');
}

static void keep_attributes(struct dr_xml *xml, uint32_t element, const XML_Char **pairs)
{
    for (; pairs[0]; pairs += 2) {
        if (declares_namespace(pairs[0]))
            continue;
        xml->attributes = grow(xml->attributes, &xml->attribute_room, xml->attribute_count, sizeof(*xml->attributes));
        const char *name = dr_xml_local(pairs[0]);
        xml->attributes[xml->attribute_count] =
            (struct dr_xml_attribute){.name = keep(xml, name, strlen(name)),
                                      .value = keep(xml, pairs[1], strlen(pairs[1])),
                                      .value_size = (uint32_t)strlen(pairs[1]),
                                      .next = xml->elements[element].attribute};
        xml->elements[element].attribute = (uint32_t)xml->attribute_count++;
    }
}

static void on_start(void *data, const XML_Char *name, const XML_Char **attributes)
{
    struct reader *reader = data;
    struct dr_xml *xml = reader->xml;
    if (reader->refused)
        return;
    if (reader->depth == DR_DEPTH_MAX) {
        refuse(reader, "its elements are nested too deeply");
        return;
    }
    if (xml->element_count > DR_XML_ELEMENTS_MAX) {
        refuse(reader, "it has too many elements");
        return;
    }
    if (reader->depth > 0 && !reader->open[reader->depth - 1].last) {
        /* The first child: what stood before it was the white space of an indented document. */
        struct dr_xml_element *parent = &xml->elements[reader->open[reader->depth - 1].element];
        xml->bytes.size = parent->text + 1;
        xml->bytes.bytes[parent->text] = '\0';
    }
    xml->elements = grow(xml->elements, &xml->element_room, xml->element_count, sizeof(*xml->elements));
    uint32_t element = (uint32_t)xml->element_count++;
    const char *local = dr_xml_local(name);
    xml->elements[element] = (struct dr_xml_element){.name = keep(xml, local, strlen(local))};
    keep_attributes(xml, element, attributes);
    if (reader->depth > 0) {
        struct open_element *parent = &reader->open[reader->depth - 1];
        if (parent->last)
            xml->elements[parent->last].next = element;
        else
            xml->elements[parent->element].first = element;
        parent->last = element;
    }
    reader->open[reader->depth++] = (struct open_element){.element = element};
    xml->elements[element].text = keep(xml, "", 0);
}

static void on_end(void *data, const XML_Char *name)
{
    struct reader *reader = data;
    (void)name; /* expat sees that it is the right one */
    if (reader->refused)
        return;
    assert(reader->depth > 0);
    struct open_element *open = &reader->open[--reader->depth];
    struct dr_xml *xml = reader->xml;
    if (!open->last) {
        struct dr_xml_element *leaf = &xml->elements[open->element];
        leaf->text_size = (uint32_t)(xml->bytes.size - leaf->text - 1);
    }
}

static void on_text(void *data, const XML_Char *text, int size)
{
    struct reader *reader = data;
    if (reader->refused || reader->depth == 0 || reader->open[reader->depth - 1].last)
        return;                /* what stands between elements */
    reader->xml->bytes.size--; /* the NUL */
    dr_text_add(&reader->xml->bytes, text, (size_t)size);
    dr_text_putc(&reader->xml->bytes, '\0');
}

static void on_doctype(void *data, const XML_Char *name, const XML_Char *system, const XML_Char *public, int internal)
{
    (void)name, (void)system, (void)public, (void)internal;
    refuse(data, "it has a document type declaration, which may define entities");
}

static bool is_space(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static char *tell_problem(const struct reader *reader)
{
    if (reader->refused)
        return dr_copy_string(reader->refused);
    enum XML_Error code = XML_GetErrorCode(reader->parser);
    if (code == XML_ERROR_NO_ELEMENTS || code == XML_ERROR_UNCLOSED_TOKEN || code == XML_ERROR_PARTIAL_CHAR ||
        code == XML_ERROR_UNCLOSED_CDATA_SECTION) {
        return dr_copy_string("it breaks off");
    }
    return dr_format("it is not well-formed at byte %lld (%s)", (long long)XML_GetCurrentByteIndex(reader->parser),
                     XML_ErrorString(code));
}

bool dr_xml_read(const char *bytes, size_t size, struct dr_xml *xml, char **ret_problem)
{
    while (size > 0 && is_space(bytes[0]))
        bytes++, size--;
    while (size > 0 && is_space(bytes[size - 1]))
        size--;
    if (size > INT32_MAX / 2) { /* offsets have 32 bits; expat's lengths are ints */
        *ret_problem = dr_copy_string("it is too large");
        return false;
    }
    xml->element_count = xml->attribute_count = 1;
    xml->elements = grow(xml->elements, &xml->element_room, 1, sizeof(*xml->elements));
    xml->attributes = grow(xml->attributes, &xml->attribute_room, 1, sizeof(*xml->attributes));
    struct reader reader = {.xml = xml, .parser = XML_ParserCreate(NULL)};
    if (!reader.parser)
        abort(); /* out of memory, like everywhere (text.h) */
    XML_SetUserData(reader.parser, &reader);
    XML_SetElementHandler(reader.parser, on_start, on_end);
    XML_SetCharacterDataHandler(reader.parser, on_text);
    XML_SetStartDoctypeDeclHandler(reader.parser, on_doctype);
    bool whole = XML_Parse(reader.parser, size > 0 ? bytes : "", (int)size, XML_TRUE) == XML_STATUS_OK;
    if (!whole) {
        *ret_problem = tell_problem(&reader);
        if (reader.depth > 0) /* half a text is none */
            xml->bytes.bytes[xml->elements[reader.open[reader.depth - 1].element].text] = '\0';
    }
    XML_ParserFree(reader.parser);
    return whole;
}

void dr_xml_done(struct dr_xml *xml)
{
    dr_text_done(&xml->bytes);
    free(xml->elements);
    free(xml->attributes);
    *xml = (struct dr_xml){0};
}

uint32_t dr_xml_child(const struct dr_xml *xml, uint32_t element, const char *name)
{
    for (uint32_t child = dr_xml_first(xml, element); child; child = dr_xml_next(xml, child))
        if (strcmp(dr_xml_name(xml, child), name) == 0)
            return child;
    return 0;
}

const char *dr_xml_attribute(const struct dr_xml *xml, uint32_t element, const char *name, size_t *ret_size)
{
    for (uint32_t at = xml->elements[element].attribute; at; at = xml->attributes[at].next)
        if (strcmp(xml->bytes.bytes + xml->attributes[at].name, name) == 0) {
            *ret_size = xml->attributes[at].value_size;
            return xml->bytes.bytes + xml->attributes[at].value;
        }
    return NULL;
}
