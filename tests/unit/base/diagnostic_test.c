/* Diagnostics: order, rendering, the nearest name. */
#include "interpreter/base/diagnostic.h"

#include "interpreter/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void renders(const char *source_text, struct dr_place place, const char *expected)
{
    struct dr_source source = {.name = "f.yaml", .bytes = source_text, .size = strlen(source_text)};
    place.source = &source;
    char message[] = "wrong", hint[] = "Write right";
    struct dr_diagnostic diagnostic = {.code = "CODE", .place = place, .message = message, .hint = hint};
    struct dr_text out = {0};
    dr_diagnostic_render(&out, &diagnostic, false);
    assert_string_equal(out.bytes, expected);
    dr_text_done(&out);
}

static void rendering(void **state)
{
    (void)state;
    renders("a: 1\n  Next: Prodd\n", (struct dr_place){.line = 2, .column = 9, .length = 5},
            "f.yaml:2:9: error: wrong [CODE]\n"
            "     2 |   Next: Prodd\n"
            "       |         ^~~~~\n"
            "       = Write right\n");
    renders("a: 1\r\nb\r\n", (struct dr_place){.line = 2, .column = 2},
            "f.yaml:2:2: error: wrong [CODE]\n     2 | b\n       |  ^\n       = Write right\n");
    renders(
        "\ta: \xE4\xB8\xAD x", (struct dr_place){.line = 1, .column = 7, .length = 1},
        "f.yaml:1:7: error: wrong [CODE]\n     1 | \ta: \xE4\xB8\xAD x\n       | \t      ^\n       = Write right\n");
    renders("x: \033[2J", (struct dr_place){.line = 1, .column = 1},
            "f.yaml:1:1: error: wrong [CODE]\n     1 | x: ?[2J\n       | ^\n       = Write right\n");
    renders("x", (struct dr_place){0}, "f.yaml: error: wrong [CODE]\n       = Write right\n");
    renders("", (struct dr_place){.line = 7, .column = 1}, "f.yaml:7:1: error: wrong [CODE]\n       = Write right\n");
}

static void a_long_line_is_shown_in_part(void **state)
{
    (void)state;
    char *line = malloc(5001);
    memset(line, 'x', 5000);
    line[5000] = '\0';
    line[2999] = 'Z';
    struct dr_source source = {.name = "f", .bytes = line, .size = 5000};
    char message[] = "wrong";
    struct dr_diagnostic diagnostic = {.severity = DR_WARNING, .place = {&source, 1, 3000, 1}, .message = message};
    struct dr_text out = {0};
    dr_diagnostic_render(&out, &diagnostic, true);
    assert_true(out.size < 400);
    const char *z = strchr(out.bytes, 'Z'), *line_start = strstr(out.bytes, "     1 |"),
               *caret = strchr(out.bytes, '^');
    assert_non_null(z);
    const char *caret_line = strstr(out.bytes, "       | ");
    assert_int_equal(z - line_start, caret - caret_line - (long)strlen("\033[1;35m"));
    dr_text_done(&out);
    free(line);
}

static void add(struct dr_diagnostics *list, uint32_t line, const char *message)
{
    static const struct dr_source source = {.name = "f", .bytes = "", .size = 0};
    dr_report(list, &(struct dr_diagnostic){.place = {&source, line, 1, 0}, .message = dr_copy_string(message)});
}

static void order(void **state)
{
    (void)state;
    struct dr_diagnostics list = {0};
    add(&list, 3, "c");
    add(&list, 1, "b");
    add(&list, 3, "d");
    add(&list, 1, "a");
    add(&list, 3, "c");
    assert_int_equal(list.errors, 5);
    dr_diagnostics_sort(&list);
    assert_int_equal(list.count, 4);
    assert_int_equal(list.errors, 4);
    const char *expected = "bacd";
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(list.items[i].message[0], expected[i]);
    dr_diagnostics_done(&list);
    dr_diagnostics_done(NULL);
}

static void nearest(void **state)
{
    (void)state;
    const char *const names[] = {"Pass", "Task", "Parallel", "Production", "Next", "End"};
    const size_t count = sizeof names / sizeof *names;
    assert_string_equal(dr_nearest("Prod", names, count) ? "?" : "none", "none");
    assert_string_equal(dr_nearest("Prodution", names, count), "Production");
    assert_string_equal(dr_nearest("parallel", names, count), "Parallel");
    assert_string_equal(dr_nearest("NEXT", names, count), "Next");
    assert_string_equal(dr_nearest("Nxet", names, count), "Next");
    assert_string_equal(dr_nearest("en", names, count), "End");
    assert_null(dr_nearest("", names, count));
    assert_null(dr_nearest("x", names, count));
    assert_null(dr_nearest("Choice", names, count));
    assert_null(dr_nearest("Pass", names, 0));
    char *huge = malloc(100001);
    memset(huge, 'a', 100000);
    huge[100000] = '\0';
    assert_null(dr_nearest(huge, names, count));
    free(huge);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rendering),
        cmocka_unit_test(a_long_line_is_shown_in_part),
        cmocka_unit_test(order),
        cmocka_unit_test(nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
