/* Documents: what is read, where it stands, and the answer to everything that is not a document. */
#include "interpreter/document/document.h"

#include "interpreter/base/limits.h"
#include "interpreter/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char *as_json(const char *name, const char *text, size_t size)
{
    struct dr_diagnostics found = {0};
    struct dr_document *document = dr_document_parse(name, text, size, &found);
    struct dr_text out = {0};
    if (document) {
        json_t *value = dr_node_json(document->root);
        assert_true(dr_text_json(&out, value, 1 << 20));
        json_decref(value);
    } else {
        assert_true(found.errors > 0);
        for (size_t i = 0; i < found.count; i++)
            dr_diagnostic_render(&out, &found.items[i], false);
    }
    dr_document_free(document);
    dr_diagnostics_done(&found);
    return dr_text_take(&out);
}

static void reads(const char *text, const char *expected)
{
    char *got = as_json("t.yaml", text, strlen(text));
    assert_string_equal(got, expected);
    free(got);
}

static void refuses_bytes(const char *name, const char *text, size_t size, const char *start)
{
    char *got = as_json(name, text, size);
    if (strncmp(got, start, strlen(start)) != 0)
        fail_msg("expected: %s\n     got: %s", start, got);
    free(got);
}

static void refuses(const char *text, const char *start)
{
    refuses_bytes("t.yaml", text, strlen(text), start);
}

static void refuses_json(const char *text, const char *start)
{
    refuses_bytes("t.json", text, strlen(text), start);
}

static void core_schema(void **state)
{
    (void)state;
    reads("[on, off, yes, No, y, n, true, True, FALSE, null, ~, '', '1', !!str 1]",
          "[\"on\",\"off\",\"yes\",\"No\",\"y\",\"n\",true,true,false,null,null,\"\",\"1\",\"1\"]");
    reads("[0, -0, 12, +7, 0o17, 0x1F, 1.5, .5, 1., 1e3, -1.0, 1_000, 12:30, 0b1, 2026-11-21, 1.2.3, '0x1F']",
          "[0,0,12,7,15,31,1.5,0.5,1.0,1000.0,-1.0,\"1_000\",\"12:30\",\"0b1\",\"2026-11-21\",\"1.2.3\",\"0x1F\"]");
    reads("[9223372036854775807, -9223372036854775808, 9223372036854775808]",
          "[9223372036854775807,-9223372036854775808,9223372036854776000.0]");
    reads("a:\nb: # nothing\nc: |\n  x\n  y\nd: >-\n  x\n  y\n",
          "{\"a\":null,\"b\":null,\"c\":\"x\\ny\\n\",\"d\":\"x y\"}");
    reads("!!float 1", "1.0");
    reads("! 12", "\"12\"");
    refuses("[.inf]", "t.yaml:1:2: error: .inf is not a number that JSON knows");
    refuses("a: .nan", "t.yaml:1:4: error: .nan is not a number");
    refuses("a: 1e999", "t.yaml:1:4: error: The number 1e999 is out of range");
    refuses("a: 0x1ffffffffffffffff", "t.yaml:1:4: error: The number");
    refuses("a: !!int x", "t.yaml:1:10: error: !!int does not fit a string");
}

static void leading_zero_stays_a_string_with_a_warning(void **state)
{
    (void)state;
    struct dr_diagnostics found = {0};
    struct dr_document *document = dr_document_parse("t.yaml", "a: 012345678901", 15, &found);
    assert_non_null(document);
    const struct dr_node *a = dr_node_member(document->root, "a");
    assert_int_equal(a->kind, DR_NODE_STRING);
    assert_string_equal(a->string.bytes, "012345678901");
    assert_int_equal(found.errors, 0);
    assert_int_equal(found.warnings, 1);
    assert_int_equal(found.items[0].place.column, 4);
    assert_int_equal(found.items[0].place.length, 12);
    dr_document_free(document);
    dr_diagnostics_done(&found);
}

static void keys(void **state)
{
    (void)state;
    reads("404: a\ntrue: b\n1.5: c\n0x1F: d\n'': e\n007: f",
          "{\"404\":\"a\",\"true\":\"b\",\"1.5\":\"c\",\"0x1F\":\"d\",\"\":\"e\",\"007\":\"f\"}");
    refuses("~: a", "t.yaml:1:1: error: A key must be a string, and this is null");
    refuses("{a: b}: c", "t.yaml:1:1: error: A key must be a string, and this is a map");
    refuses("? [a]\n: c", "t.yaml:1:3: error: A key must be a string, and this is a list");
    refuses("\"a\\0b\": 1", "t.yaml:1:1: error: A key cannot contain a NUL character");
    refuses("a: 1\nb: 2\na: 3", "t.yaml:3:1: error: The key \"a\" is given twice: first in line 1, column 1, and again "
                                "here [INVALID_JSON_DESCRIPTION]");
    refuses_json("{\"a\": 1,\n \"a\": 2}",
                 "t.json:2:2: error: The key \"a\" is given twice: first in line 1, column 2");
    refuses("{\"a\": 1,\n \"a\": 2}", "t.yaml:2:2: error: The key \"a\" is given twice: first in line 1, column 2");
    /* Both duplicates of a larger map are told, each once. */
    char *got = as_json("t.yaml", "{a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, g: 1, h: 1, i: 1, j: 1, b: 2, b: 3}", 72);
    char *second = strstr(got, "t.yaml:1:68: error");
    assert_non_null(strstr(got, "t.yaml:1:62: error"));
    assert_non_null(second);
    free(got);
}

static void lookup(void **state)
{
    (void)state;
    for (int count = 1; count < 40; count++) {
        struct dr_text text = {0};
        for (int i = 0; i < count; i++)
            dr_text_printf(&text, "k%d: %d\n", (i * 7) % count, i);
        struct dr_diagnostics found = {0};
        struct dr_document *document = dr_document_parse("t.yaml", text.bytes, text.size, &found);
        if (count % 7 != 0) {
            assert_non_null(document);
            for (int i = 0; i < count; i++) {
                char key[16];
                snprintf(key, sizeof key, "k%d", (i * 7) % count);
                assert_int_equal(dr_node_member(document->root, key)->integer, i);
            }
            assert_null(dr_node_member(document->root, "k"));
            assert_null(dr_node_member(document->root, "z"));
        }
        dr_document_free(document);
        dr_diagnostics_done(&found);
        dr_text_done(&text);
    }
    assert_null(dr_node_member(NULL, "k"));
}

static void anchors_and_merges(void **state)
{
    (void)state;
    reads("a: &x {k: 1}\nb: *x\nc: [*x, *x]", "{\"a\":{\"k\":1},\"b\":{\"k\":1},\"c\":[{\"k\":1},{\"k\":1}]}");
    reads("a: &x {k: 1, l: 2}\nb: {<<: *x, l: 3, m: 4}", "{\"a\":{\"k\":1,\"l\":2},\"b\":{\"k\":1,\"l\":3,\"m\":4}}");
    reads("a: &x {k: 1}\nb: &y {k: 2, l: 2}\nc:\n  l: 9\n  <<: [*x, *y]",
          "{\"a\":{\"k\":1},\"b\":{\"k\":2,\"l\":2},\"c\":{\"l\":9,\"k\":1}}");
    reads("a: {'<<': 1}", "{\"a\":{\"<<\":1}}");
    reads("{\"<<\": {\"a\": 1}}", "{\"<<\":{\"a\":1}}");
    reads("a: &x 1\nb: &x 2\nc: *x", "{\"a\":1,\"b\":2,\"c\":2}");
    reads("&k key: 1\nb: *k", "{\"key\":1,\"b\":\"key\"}");
    reads("a: &k key\n*k : 1", "{\"a\":\"key\",\"key\":1}");
    refuses("a: *x", "t.yaml:1:4: error: The alias *x has no anchor &x before it");
    refuses("a: &x [*x]", "t.yaml:1:8: error: The alias *x stands inside the value &x that it repeats");
    refuses("a: {<<: 1}", "t.yaml:1:9: error: << merges a map or a list of maps, not an integer");
    refuses("a: !Ref b", "t.yaml:1:9: error: The custom tag !Ref is not part of runbooks");
    refuses("a: !!binary aGk=", "t.yaml:1:13: error: The tag !!binary has no meaning in JSON");
}

static void hostile_aliases_are_bounded(void **state)
{
    (void)state;
    refuses(
        "a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
        "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f "
        "[*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n"
        "g: &g [*f,*f,*f,*f,*f,*f,*f,*f,*f,*f]\n",
        "t.yaml:6:32: error: The document has more than 1048576 values");
    struct dr_text text = {0};
    dr_text_puts(&text, "m0: &m0 {k: {a: 1}}\n");
    for (int i = 1; i < 40; i++)
        dr_text_printf(&text, "m%d: &m%d {<<: *m%d, k%d: *m%d}\n", i, i, i - 1, i, i - 1);
    refuses(text.bytes, "t.yaml:");
    dr_text_done(&text);
    /* Aliases that deepen one another count their whole height. */
    dr_text_puts(&text, "a0: &a0 x\n");
    for (int i = 1; i < 40; i++) {
        dr_text_printf(&text, "a%d: &a%d ", i, i);
        for (int level = 0; level < 20; level++)
            dr_text_putc(&text, '[');
        dr_text_printf(&text, "*a%d", i - 1);
        for (int level = 0; level < 20; level++)
            dr_text_putc(&text, ']');
        dr_text_putc(&text, '\n');
    }
    char *got = as_json("t.yaml", text.bytes, text.size);
    assert_non_null(strstr(got, "nests deeper than 512 levels"));
    free(got);
    dr_text_done(&text);
}

static void depth(void **state)
{
    (void)state;
    const char *names[] = {"t.yaml", "t.json", "flow.yaml"};
    for (int kind = 0; kind < 3; kind++)
        for (int levels = DR_DEPTH_MAX; levels <= DR_DEPTH_MAX + 1; levels++) {
            struct dr_text text = {0};
            for (int i = 0; i < levels; i++)
                dr_text_puts(&text, kind == 0 ? "- " : "[");
            dr_text_puts(&text, kind == 2 ? "x" : "1");
            for (int i = 0; kind && i < levels; i++)
                dr_text_putc(&text, ']');
            char *got = as_json(names[kind], text.bytes, text.size);
            if ((strstr(got, "The document nests deeper than 512 levels") != NULL) != (levels > DR_DEPTH_MAX))
                fail_msg("%s with %d levels: %.200s", names[kind], levels, got);
            free(got);
            dr_text_done(&text);
        }
    struct dr_text text = {0};
    for (int i = 0; i < 200000; i++)
        dr_text_putc(&text, '[');
    refuses(text.bytes, "t.yaml:1:");
    dr_text_done(&text);
}

static void size(void **state)
{
    (void)state;
    size_t size = DR_DOCUMENT_BYTES_MAX;
    char *bytes = malloc(size + 1);
    memset(bytes, ' ', size + 1);
    bytes[0] = '1';
    bytes[size] = '\n';
    char *got = as_json("t.json", bytes, size);
    assert_string_equal(got, "1");
    free(got);
    refuses_bytes("t.json", bytes, size + 1, "t.json: error: The file is larger than 16 MiB");
    free(bytes);
    struct dr_text text = {0};
    dr_text_putc(&text, '[');
    for (unsigned i = 0; i < DR_DOCUMENT_NODES_MAX - 1; i++)
        dr_text_puts(&text, i ? ",1" : "1");
    dr_text_putc(&text, ']');
    struct dr_diagnostics found = {0};
    struct dr_document *document = dr_document_parse("t.json", text.bytes, text.size, &found);
    assert_non_null(document);
    dr_document_free(document);
    text.bytes[text.size - 1] = ',';
    dr_text_puts(&text, "1]");
    refuses_bytes("t.json", text.bytes, text.size,
                  "t.json:1:2097152: error: The document has more than 1048576 values");
    dr_text_done(&text);
}

static void characters(void **state)
{
    (void)state;
    reads("\xEF\xBB\xBF"
          "a: 1",
          "{\"a\":1}");
    refuses_bytes("t.yaml", "a: \0b", 5, "t.yaml:1:4: error: A NUL byte cannot stand in a document");
    refuses_bytes("t.json", "[\"a\0\"]", 6, "t.json:1:4: error: A NUL byte");
    refuses("a: b\nc: \xff", "t.yaml:2:4: error: The byte 0xFF is not valid UTF-8");
    refuses("a: \xC0\x80", "t.yaml:1:4: error: The byte 0xC0");         /* overlong */
    refuses("a: \xED\xA0\x80", "t.yaml:1:4: error: The byte 0xED");     /* surrogate */
    refuses("a: \xF4\x90\x80\x80", "t.yaml:1:4: error: The byte 0xF4"); /* beyond Unicode */
    refuses("a: \xE2\x82", "t.yaml:1:4: error: The byte 0xE2");         /* cut */
    refuses_bytes("t.yaml",
                  "\xFF\xFE"
                  "a\0:\0",
                  6, "t.yaml: error: The file is UTF-16 or UTF-32");
    refuses_bytes("t.yaml", "a\0:\0 \0b\0", 8, "t.yaml: error: The file is UTF-16");
    refuses("a: \x07", "t.yaml:1:4: error: The character U+0007 cannot stand in YAML");
    refuses("a:\n\tb: 1", "t.yaml:2:1: error: Not valid YAML");
    char *got = as_json("t.yaml", "a:\n\tb: 1", 8);
    assert_non_null(strstr(got, "indented with spaces, never with tabs"));
    free(got);
    refuses("", "t.yaml: error: The file is empty");
    refuses("  \n\n", "t.yaml: error: The file is empty");
    refuses("# only\n", "t.yaml: error: The file holds nothing but comments");
    refuses_json("", "t.json: error: The file is empty");
}

static void several_documents(void **state)
{
    (void)state;
    reads("---\na: 1\n...\n", "{\"a\":1}");
    reads("%YAML 1.2\n---\na: 1\n", "{\"a\":1}");
    refuses("a: 1\n---\nb: 1\n", "t.yaml:2:1: error: A second YAML document starts here");
    refuses_json("{} {}", "t.json:1:4: error: Not valid JSON: the end of the text is expected, not \"{\"");
}

static void yaml_syntax(void **state)
{
    (void)state;
    refuses("a: b: c", "t.yaml:1:5: error: Not valid YAML: mapping values are not allowed in this context");
    refuses("a: [1, 2\nb: 3", "t.yaml:2:2: error: Not valid YAML");
    refuses("a: \"x",
            "t.yaml:1:6: error: Not valid YAML: while scanning a quoted scalar, found unexpected end of stream");
    refuses("\xC3\xA4\xC3\xA4: [\xC3\xA4, }", "t.yaml:1:9: error: Not valid YAML"); /* columns are characters */
    refuses("a:\n  - 1\n b: 2", "t.yaml:3:2: error: Not valid YAML");
}

static void json_syntax(void **state)
{
    (void)state;
    reads("{\"a\": [1, -2.5e3, \"\\u00e4\\ud83d\\ude00\\n\\/\", true, null, {}, []]}",
          "{\"a\":[1,-2500.0,\"\xC3\xA4\xF0\x9F\x98\x80\\n/\",true,null,{},[]]}");
    reads("[\"\\u0000\"]", "[\"\\u0000\"]");
    refuses_json("{\"a\": 1,}", "t.json:1:9: error: Not valid JSON: a key in double quotes is expected, not \"}\"");
    refuses_json("[1,]", "t.json:1:4: error: Not valid JSON: a value is expected, not \"]\"");
    refuses_json("[1 2]", "t.json:1:4: error: Not valid JSON: \",\" or \"]\" is expected, not \"2\"");
    refuses_json("{\"a\" 1}", "t.json:1:6: error: Not valid JSON: \":\" is expected");
    refuses_json("[01]", "t.json:1:2: error: Not valid JSON: a number with a leading zero");
    refuses_json("[1.]", "t.json:1:2: error: Not valid JSON: a digit is missing");
    refuses_json("[1e400]", "t.json:1:2: error: This number is out of range");
    refuses_json("[tru]", "t.json:1:2: error: Not valid JSON: a value is expected");
    refuses_json("['a']", "t.json:1:2: error: Not valid JSON: a value is expected, not \"'\"");
    refuses_json("[\"a\nb\"]", "t.json:1:4: error: Not valid JSON: the control character U+000A in a string");
    refuses_json("[\"a", "t.json:1:2: error: The string that starts here is not closed");
    refuses_json("[\"\\q\"]", "t.json:1:3: error: Not valid JSON: an unknown escape in a string");
    refuses_json("[\"\\ud83d\"]", "t.json:1:3: error: Not valid JSON: half of a surrogate pair");
    refuses_json("[1", "t.json:1:3: error: The JSON text ends where");
    refuses_json("{\"\xC3\xA4\": \xC3\xA4}",
                 "t.json:1:7: error: Not valid JSON: a value is expected, not \"\xC3\xA4\"");
    refuses_json("a: 1", "t.json:1:1: error: Not valid JSON");
    reads("{a: 1}", "{\"a\":1}"); /* YAML's flow style, not JSON */
}

static void places(void **state)
{
    (void)state;
    static const char text[] = "\xC3\xA4: 'x'\nb:\n  - &n !!str one\n  - {k: \"v\"}\nc: *n\n";
    struct dr_diagnostics found = {0};
    struct dr_document *document = dr_document_parse("t.yaml", text, strlen(text), &found);
    assert_non_null(document);
    const struct dr_node *first = document->root->children.items[0], *b = dr_node_member(document->root, "b");
    assert_int_equal(document->root->place.line, 1);
    assert_int_equal(first->key_place.column, 1);
    assert_int_equal(first->key_place.length, 1);
    assert_int_equal(first->place.column, 4);
    assert_int_equal(first->place.length, 3);
    assert_int_equal(b->key_place.line, 2);
    assert_int_equal(b->place.line, 3);
    assert_int_equal(b->place.column, 3);
    assert_int_equal(b->children.items[0]->place.column, 14);
    const struct dr_node *k = dr_node_member(b->children.items[1], "k");
    assert_int_equal(k->key_place.line, 4);
    assert_int_equal(k->key_place.column, 6);
    assert_int_equal(k->place.column, 9);
    const struct dr_node *c = dr_node_member(document->root, "c");
    assert_int_equal(c->key_place.line, 5);
    assert_int_equal(c->place.line, 3); /* an alias stands where its value was written */
    dr_document_free(document);
    dr_diagnostics_done(&found);
}

/* In each text the value holds the letter Z once; place_at of its offset must be where Z stands in the text. */
static void places_inside_strings(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "a: xZ",
        "a: 'x''yZ'",
        "a: \"x\\n\\u00e4\\x41\\U0001F600 Z\"",
        "a: \"\xC3\xA4\xC3\xA4Z\"",
        "a: x\n  y Z",
        "a: 'x\n\n  yZ'",
        "a: \"x\n  \\\n  Z\"",
        "a: \"x \\\n  y Z\"",
        "a: |\n  one\n\n  two Z\n",
        "a: |\n  Z\n",
        "a: |\n\n\n  xZ\n",
        "a: |2\n    xZ\n",
        "a: |2-\n    x\n   yZ\n",
        "a: >\n  one\n  two\n\n  threeZ\n",
        "a: >\n  one\n    more\n    Z\n\n\n  x",
        "a: >-\n  one\n\n\n  two\n  Zx",
        "a: |\n  one\n     \n  Z\n",
        "a: # x\n  Z",
        "a: |\r\n  one\r\n  twoZ\r\n",
        "a: >\n\n  x\n  \xC3\xA4 Z",
        "{\"a\": \"x\\/\\ud83d\\ude00\\\"Z\"}",
        "a:\n  - b: |\n      x\n      y Z\n",
        "a: >\n  x  \n  Z\n",
        "a: \"x  \n   Z\"",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct dr_diagnostics found = {0};
        struct dr_document *document = dr_document_parse("t.yaml", texts[i], strlen(texts[i]), &found);
        assert_non_null(document);
        const struct dr_node *node = document->root->children.items[0];
        while (node->kind != DR_NODE_STRING)
            node = node->children.items[0];
        struct dr_place place = dr_node_place_at(node, (size_t)(strchr(node->string.bytes, 'Z') - node->string.bytes));
        uint32_t line = 1, column = 1;
        for (const char *at = texts[i]; *at != 'Z'; at++) {
            if (*at == '\n') {
                line++;
                column = 1;
            } else if (((unsigned char)*at & 0xC0) != 0x80 && *at != '\r') {
                column++;
            }
        }
        if (place.line != line || place.column != column)
            fail_msg("%s\nvalue %s: expected %u:%u, got %u:%u", texts[i], node->string.bytes, line, column, place.line,
                     place.column);
        /* Any offset, even one behind the end, has an answer. */
        for (size_t offset = 0; offset <= node->string.size + 2; offset++)
            assert_true(dr_node_place_at(node, offset).line >= 1);
        dr_document_free(document);
        dr_diagnostics_done(&found);
    }
}

static void files(void **state)
{
    (void)state;
    struct dr_diagnostics found = {0};
    assert_null(dr_document_load("tests", &found));
    assert_string_equal(found.items[0].message, "This is a directory, not a file");
    assert_null(dr_document_load("no/such.yaml", &found));
    assert_string_equal(found.items[1].message, "The file cannot be opened: No such file or directory");
    char path[] = "/tmp/drrun-document-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0 && write(fd, "a: 1\n", 5) == 5);
    close(fd);
    struct dr_document *document = dr_document_load(path, &found);
    assert_non_null(document);
    assert_int_equal(dr_node_member(document->root, "a")->integer, 1);
    dr_document_free(document);
    unlink(path);
    dr_diagnostics_done(&found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(core_schema),
        cmocka_unit_test(leading_zero_stays_a_string_with_a_warning),
        cmocka_unit_test(keys),
        cmocka_unit_test(lookup),
        cmocka_unit_test(anchors_and_merges),
        cmocka_unit_test(hostile_aliases_are_bounded),
        cmocka_unit_test(depth),
        cmocka_unit_test(size),
        cmocka_unit_test(characters),
        cmocka_unit_test(several_documents),
        cmocka_unit_test(yaml_syntax),
        cmocka_unit_test(json_syntax),
        cmocka_unit_test(places),
        cmocka_unit_test(places_inside_strings),
        cmocka_unit_test(files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
