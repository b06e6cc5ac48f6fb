/* What the primitives' tables say is sound, and their pages in docs/reference/primitives/ say the same. */
#include "interpreter/base/text.h"
#include "providers/provider.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned complaints;

static void complain(const struct dr_resource *resource, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void complain(const struct dr_resource *resource, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *message = dr_format_list(format, arguments);
    va_end(arguments);
    print_error("%s: %s\n", resource->name, message);
    free(message);
    complaints++;
}

static void finish(const char *how)
{
    if (complaints > 0)
        fail_msg("%u complaints. %s", complaints, how);
}

/* "dns:query" -> docs/reference/primitives/dns-query.md, as one string; "" (with a complaint) if it is not there. */
static char *read_page(const struct dr_resource *resource)
{
    char *path = dr_format("docs/reference/primitives/%s.md", resource->name);
    struct dr_text text = {0};
    for (char *at = path; *at; at++)
        *at = *at == ':' ? '-' : *at;
    FILE *file = fopen(path, "r");
    if (!file)
        complain(resource, "there is no page %s", path);
    for (int byte; file && (byte = getc(file)) != EOF;)
        dr_text_putc(&text, (char)byte);
    if (file)
        fclose(file);
    free(path);
    return dr_text_take(&text);
}

static json_t *parse(const struct dr_resource *resource, const char *what, const char *text)
{
    char *problem = NULL;
    json_t *value = dr_json_parse(text, strlen(text), &problem);
    if (!value)
        complain(resource, "%s is not JSON: %s", what, problem);
    free(problem);
    return value;
}

/* Whether a table has a row whose first cell names it: "| `Name` | ..." or "| `One`, `Name` | ...". */
static bool has_row(const char *page, const char *name, size_t size)
{
    char *quoted = dr_format("`%.*s`", (int)size, name);
    bool found = false;
    for (const char *row = page; !found && (row = strstr(row, "\n| ")); row++) {
        const char *cell = row + 3;
        found = memmem(cell, strcspn(cell, "|\n"), quoted, strlen(quoted));
    }
    free(quoted);
    return found;
}

/* Whether the page speaks of an argument: `Name`, or of a part of it: `Name.Part`. */
static bool has_argument(const char *page, const char *name)
{
    char *whole = dr_format("`%s`", name), *part = dr_format("`%s.", name);
    bool found = strstr(page, whole) || strstr(page, part);
    free(whole);
    free(part);
    return found;
}

static void check_schema(const struct dr_resource *resource, const char *page)
{
    json_t *schema = parse(resource, "arguments", resource->arguments);
    const json_t *properties = json_object_get(schema, "properties");
    const char *name;
    json_t *property, *required;
    size_t i;
    json_object_foreach((json_t *)(uintptr_t)properties, name, property)
    {
        if (!json_object_get(property, "description"))
            complain(resource, "argument %s has no description", name);
        if (!has_argument(page, name))
            complain(resource, "its page says nothing of argument %s", name);
    }
    json_array_foreach(json_object_get(schema, "required"), i, required)
    {
        if (!json_object_get(properties, json_string_value(required)))
            complain(resource, "%s is required and is not an argument", json_string_value(required));
        char *row = dr_format("\n| `%s` | ", json_string_value(required)), *at = strstr(page, row);
        const char *end = at ? strchr(at + 1, '\n') : NULL;
        if (end && !memmem(at, (size_t)(end - at), "required", strlen("required")))
            complain(resource, "its page does not say that %s is required", json_string_value(required));
        free(row);
    }
    json_decref(schema);
}

static void check_errors(const struct dr_resource *resource, const char *page)
{
    const char *line = resource->errors ? resource->errors : "";
    while (*line) {
        size_t size = strcspn(line, "\n");
        const char *gap = memmem(line, size, "  ", 2);
        if (!gap)
            complain(resource, "error line without two blanks behind the name: %.*s", (int)size, line);
        else if (!has_row(page, line, (size_t)(gap - line)))
            complain(resource, "its page has no row for error %.*s", (int)(gap - line), line);
        line += size + (line[size] == '\n');
    }
}

static void test_tables_and_pages_agree(void **state)
{
    (void)state;
    complaints = 0;
    for (const struct dr_resource *const *at = dr_primitives(); *at; at++) {
        char *page = read_page(*at);
        check_schema(*at, page);
        check_errors(*at, page);
        json_decref(parse(*at, "output", (*at)->output));
        if ((*at)->effect != DR_EFFECT_READ && !(*at)->undo)
            complain(*at, "changes something and has no undo: name what takes it back, or write none and why");
        if (!strstr(page, (*at)->name))
            complain(*at, "its page does not name it");
        free(page);
    }
    finish("Correct the table in the primitive's .c, or its page in docs/reference/primitives/.");
}

static void test_names_are_unique_and_sorted(void **state)
{
    (void)state;
    complaints = 0;
    for (const struct dr_resource *const *at = dr_primitives(); at[0] && at[1]; at++)
        if (strcmp(at[0]->name, at[1]->name) >= 0)
            complain(at[1], "comes behind %s", at[0]->name);
    finish("Order the rows of providers/primitives.def by the names of the resources.");
}

static void test_what_waits_can_be_cancelled(void **state)
{
    (void)state;
    complaints = 0;
    for (const struct dr_resource *const *at = dr_primitives(); *at; at++) {
        const struct dr_primitive *primitive = (const struct dr_primitive *)(const void *)*at;
        if (primitive->awaits_answer && !primitive->cancel)
            complain(*at, "waits for an answer and has no cancel()");
    }
    finish("providers/provider.h says what cancel() has to do.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables_and_pages_agree),
        cmocka_unit_test(test_names_are_unique_and_sorted),
        cmocka_unit_test(test_what_waits_can_be_cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
