/* tests/cases/validate: definitions with mistakes, and what is said about them.
 *
 * A file is a list of cases:
 *   - about: a Retry whose States.ALL is not last
 *     definition: |                 the text of the file, YAML or JSON
 *       StartAt: ...
 *     file: machine.yaml            its name; this is the default
 *     expect:                       all findings, in order; [] for none
 *       - 12:15 SCHEMA_VALIDATION_FAILED States.ALL must appear in the last entry of Retry
 *       - 3:7 warning LEADING_ZERO ...   the text is a part of the message or hint, "~" between parts
 */
#include "interpreter/base/text.h"
#include "interpreter/definition/definition.h"
#include "providers/provider.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FOLDER "tests/cases/validate"

/* Whether `line` of a case describes the diagnostic. */
static bool fits(const char *line, const struct dr_diagnostic *found)
{
    char *place = dr_format("%u:%u ", found->place.line, found->place.column);
    size_t size = strlen(place);
    bool here = strncmp(line, place, size) == 0;
    free(place);
    if (!here)
        return false;
    line += size;
    bool warning = strncmp(line, "warning ", 8) == 0;
    if (warning != (found->severity == DR_WARNING))
        return false;
    line += warning ? 8 : 0;
    size = strlen(found->code);
    if (strncmp(line, found->code, size) != 0 || (line[size] != ' ' && line[size] != '\0'))
        return false;
    line += size + (line[size] == ' ');
    char *all =
        dr_format("%s %s at %s", found->message, found->hint ? found->hint : "", found->pointer ? found->pointer : "");
    char *parts = dr_copy_string(line), *rest = parts, *part;
    bool has_all = true;
    while (has_all && (part = strsep(&rest, "~"))) {
        part += strspn(part, " ");
        size_t length = strlen(part);
        while (length > 0 && part[length - 1] == ' ')
            part[--length] = '\0';
        has_all = strstr(all, part) != NULL;
    }
    free(parts);
    free(all);
    return has_all;
}

static bool run_case(const char *file, const struct dr_node *one, struct dr_catalogue *catalogue)
{
    const struct dr_node *about = dr_node_member(one, "about"), *definition = dr_node_member(one, "definition"),
                         *expect = dr_node_member(one, "expect"), *name = dr_node_member(one, "file");
    if (!about || !definition || !expect || definition->kind != DR_NODE_STRING || expect->kind != DR_NODE_LIST) {
        print_message("%s:%u: a case needs about, definition and expect\n", file, one->place.line);
        return false;
    }
    const char *path = name ? name->string.bytes : "machine.yaml";
    struct dr_diagnostics found = {0};
    struct dr_program *program =
        dr_program_parse(path, definition->string.bytes, definition->string.size, catalogue, &found);
    dr_diagnostics_sort(&found);
    bool right = found.count == expect->children.count && (program != NULL) == (found.errors == 0);
    for (size_t i = 0; right && i < found.count; i++)
        right = fits(expect->children.items[i]->string.bytes, &found.items[i]);
    if (!right) {
        struct dr_text text = {0};
        for (size_t i = 0; i < found.count; i++) {
            dr_text_printf(&text, "    - %u:%u %s%s %s\n", found.items[i].place.line, found.items[i].place.column,
                           found.items[i].severity == DR_WARNING ? "warning " : "", found.items[i].code,
                           found.items[i].message);
        }
        print_message("%s:%u: %s\n  found:\n%s  expected:\n", file, one->place.line, about->string.bytes,
                      text.bytes ? text.bytes : "");
        for (size_t i = 0; i < expect->children.count; i++)
            print_message("    - %s\n", expect->children.items[i]->string.bytes);
        dr_text_done(&text);
    }
    dr_program_free(program);
    dr_diagnostics_done(&found);
    return right;
}

static void cases(void **state)
{
    (void)state;
    struct dr_catalogue *catalogue = dr_catalogue_new(dr_primitives());
    dr_catalogue_add_folder(catalogue, "providers/actions");
    size_t count = 0, failed = 0;
    struct dirent **items;
    int files = scandir(FOLDER, &items, NULL, alphasort);
    assert_true(files > 0);
    for (int f = 0; f < files; f++) {
        const char *dot = strrchr(items[f]->d_name, '.');
        char *path = dr_format(FOLDER "/%s", items[f]->d_name);
        if (dot && strcmp(dot, ".yaml") == 0) {
            struct dr_diagnostics found = {0};
            struct dr_document *document = dr_document_load(path, &found);
            if (document == NULL) {
                struct dr_text text = {0};
                dr_diagnostic_render(&text, &found.items[0], false);
                fail_msg("%s", text.bytes);
            }
            for (size_t i = 0; i < document->root->children.count; i++, count++)
                failed += !run_case(path, document->root->children.items[i], catalogue);
            dr_document_free(document);
            dr_diagnostics_done(&found);
        }
        free(path);
        free(items[f]);
    }
    free(items);
    dr_catalogue_free(catalogue);
    print_message("%zu cases\n", count);
    assert_int_equal(failed, 0);
    assert_true(count > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(cases)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
