/* XML from outside: what the tree holds, and what is refused. */
#include "interpreter/base/limits.h"
#include "providers/aws/protocol/xml_read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* NULL: it was read. Else why not; owned. */
static char *read_xml(const char *text, size_t size, struct dr_xml *xml)
{
    char *problem = NULL;
    bool read = dr_xml_read(text, size, xml, &problem);
    assert_int_equal(read, problem == NULL);
    return problem;
}

static void assert_refused(const char *text, const char *why)
{
    struct dr_xml xml = {0};
    char *problem = read_xml(text, strlen(text), &xml);
    assert_non_null(problem);
    if (!strstr(problem, why))
        fail_msg("\"%s\" does not say \"%s\"", problem, why);
    free(problem);
    dr_xml_done(&xml);
}

static const char *text_of(const struct dr_xml *xml, const char *name)
{
    uint32_t child = dr_xml_child(xml, DR_XML_ROOT, name);
    assert_int_not_equal(child, 0);
    assert_int_equal(strlen(dr_xml_text(xml, child)), dr_xml_text_size(xml, child));
    return dr_xml_text(xml, child);
}

static void leaves_keep_their_text_and_the_rest_is_layout(void **state)
{
    static const char text[] =
        " \n<?xml version=\"1.0\"?>\n<a:root xmlns:a=\"urn:x\" a:kind=\"k&amp;1\" n=\"2\">\n  <one> x &lt;y> "
        "</one>\n <two/><two>second</two><!-- <no/> -->"
        "<three>1<![CDATA[<&>]]>2<!-- c -->3</three><b:four xmlns:b=\"u\">&#233;</b:four>"
        "<mixed>text<in/>more</mixed></a:root>\n";
    (void)state;
    struct dr_xml xml = {0};
    size_t size = 0;
    char *problem = read_xml(text, strlen(text), &xml);
    assert_null(problem);
    assert_string_equal(dr_xml_name(&xml, DR_XML_ROOT), "root");
    assert_string_equal(text_of(&xml, "one"), " x <y> ");
    assert_string_equal(text_of(&xml, "two"), "");
    assert_string_equal(text_of(&xml, "three"), "1<&>23");
    assert_string_equal(text_of(&xml, "four"), "\xc3\xa9");
    assert_string_equal(text_of(&xml, "mixed"), "");
    assert_string_equal(dr_xml_attribute(&xml, DR_XML_ROOT, "kind", &size), "k&1");
    assert_int_equal(size, 3);
    assert_string_equal(dr_xml_attribute(&xml, DR_XML_ROOT, "n", &size), "2");
    assert_null(dr_xml_attribute(&xml, DR_XML_ROOT, "a", &size)); /* the namespace's declaration */
    assert_int_equal(dr_xml_child(&xml, DR_XML_ROOT, "no"), 0);
    assert_string_equal(dr_xml_name(&xml, dr_xml_next(&xml, dr_xml_child(&xml, DR_XML_ROOT, "one"))), "two");
    dr_xml_done(&xml);
}

static void what_may_define_entities_is_refused(void **state)
{
    (void)state;
    assert_refused("<!DOCTYPE lolz [<!ENTITY a \"lol\"><!ENTITY b \"&a;&a;&a;&a;\">]><lolz>&b;</lolz>",
                   "document type");
    assert_refused("<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>", "document type");
    assert_refused("<!DOCTYPE a SYSTEM \"http://127.0.0.1/a.dtd\"><a/>", "document type");
    assert_refused("<a>&nbsp;</a>", "not well-formed");
}

static void what_breaks_off_says_so_and_keeps_what_came_before(void **state)
{
    static const char text[] = "<Error><Code>Busy</Code><Message>half a sen";
    (void)state;
    struct dr_xml xml = {0};
    char *problem = read_xml(text, strlen(text), &xml);
    assert_string_equal(problem, "it breaks off");
    assert_true(dr_xml_has_root(&xml));
    assert_string_equal(text_of(&xml, "Code"), "Busy");
    assert_string_equal(text_of(&xml, "Message"), "");
    free(problem);
    dr_xml_done(&xml);
    assert_refused("", "breaks off");
    assert_refused("<a", "breaks off");
    assert_refused("<a><![CDATA[x", "breaks off");
    assert_refused("<a></b>", "at byte 5 (mismatched tag)");
    assert_refused("<a/><b/>", "not well-formed");
    assert_refused("<a>\xff</a>", "not well-formed");
}

static void other_encodings_are_understood(void **state)
{
    static const char latin[] = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a><b>\xe9</b></a>";
    (void)state;
    struct dr_xml xml = {0};
    assert_null(read_xml(latin, strlen(latin), &xml));
    assert_string_equal(text_of(&xml, "b"), "\xc3\xa9");
    dr_xml_done(&xml);
}

static void depth_is_bounded(void **state)
{
    (void)state;
    for (size_t depth = DR_DEPTH_MAX; depth <= DR_DEPTH_MAX + 1; depth++) {
        struct dr_text text = {0};
        struct dr_xml xml = {0};
        for (size_t i = 0; i < depth; i++)
            dr_text_puts(&text, "<a>");
        for (size_t i = 0; i < depth; i++)
            dr_text_puts(&text, "</a>");
        char *problem = read_xml(text.bytes, text.size, &xml);
        if (depth == DR_DEPTH_MAX)
            assert_null(problem);
        else
            assert_string_equal(problem, "its elements are nested too deeply");
        free(problem);
        dr_xml_done(&xml);
        dr_text_done(&text);
    }
}

static void elements_are_bounded(void **state)
{
    (void)state;
    struct dr_text text = {0};
    dr_text_puts(&text, "<a>");
    for (size_t i = 0; i < DR_XML_ELEMENTS_MAX - 1; i++)
        dr_text_puts(&text, "<b/>");
    for (size_t more = 0; more < 2; more++) {
        struct dr_xml xml = {0};
        dr_text_puts(&text, more ? "<b/></a>" : "</a>");
        char *problem = read_xml(text.bytes, text.size, &xml);
        if (more == 0)
            assert_null(problem);
        else
            assert_string_equal(problem, "it has too many elements");
        free(problem);
        dr_xml_done(&xml);
        text.size -= 4; /* the end tag */
    }
    dr_text_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves_keep_their_text_and_the_rest_is_layout),
        cmocka_unit_test(what_may_define_entities_is_refused),
        cmocka_unit_test(what_breaks_off_says_so_and_keeps_what_came_before),
        cmocka_unit_test(other_encodings_are_understood),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(elements_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
