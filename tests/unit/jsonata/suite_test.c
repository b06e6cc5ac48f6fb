/* The official JSONata test suite: every case, with values, undefined results, error codes, tokens and messages. It is
 * read from $DRRUN_VECTORS/jsonata (default: ../shared/vectors/jsonata, beside the project); without it the test says
 * that it skips. */
#include "interpreter/expression/jsonata/jsonata.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char root[512];
static unsigned case_count, failure_count;

static json_t *load(const char *path)
{
    json_error_t error;
    json_t *json = json_load_file(path, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    if (!json)
        print_error("%s:%d: %s\n", path, error.line, error.text);
    return json;
}

static char *load_text(const char *path)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    long size = ftell(file);
    assert_true(size >= 0);
    rewind(file);
    char *text = calloc(1, (size_t)size + 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, (size_t)size, file), (size_t)size);
    (void)fclose(file);
    return text;
}

/* 1 equals 1.0, and a number that was computed may differ in its last digit. */
static bool same(const json_t *a, const json_t *b, bool unordered)
{
    if (json_is_number(a) && json_is_number(b)) {
        double x = json_number_value(a), y = json_number_value(b), difference = x < y ? y - x : x - y;
        return difference <= 1e-15 * (x < 0 ? -x : x);
    }
    if (json_typeof(a) != json_typeof(b))
        return false;
    if (json_is_array(a)) {
        if (json_array_size(a) != json_array_size(b))
            return false;
        for (size_t i = 0; i < json_array_size(a); i++) {
            bool found = false;
            for (size_t j = unordered ? 0 : i; j < (unordered ? json_array_size(b) : i + 1) && !found; j++)
                found = same(json_array_get(a, i), json_array_get(b, j), unordered);
            if (!found)
                return false;
        }
        return true;
    }
    if (json_is_object(a)) {
        const char *key;
        json_t *value;
        if (json_object_size(a) != json_object_size(b))
            return false;
        json_object_foreach((json_t *)(uintptr_t)a, key, value)
        {
            const json_t *other = json_object_get(b, key);
            if (!other || !same(value, other, unordered))
                return false;
        }
        return true;
    }
    return json_equal(a, b);
}

static void complain(const char *name, const char *text, const char *wanted, const json_t *wanted_value,
                     enum jsonata_status status, const json_t *got, const struct jsonata_error *error)
{
    failure_count++;
    char *expected = wanted_value ? json_dumps(wanted_value, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
    char *result = got ? json_dumps(got, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
    print_error("%s: %s\n  expected %s %.300s\n  got %s %.300s\n", name, text, wanted, expected ? expected : "",
                status == JSONATA_ERROR       ? error->code
                : status == JSONATA_UNDEFINED ? "undefined"
                : status == JSONATA_FUNCTION  ? "a function"
                                              : "value",
                status == JSONATA_ERROR ? error->message : (result ? result : ""));
    free(expected);
    free(result);
}

static const char *wanted_of(const json_t *test, const char *key)
{
    const json_t *inner = json_object_get(test, "error");
    const char *direct = json_string_value(json_object_get(test, key));
    return direct ? direct : json_string_value(json_object_get(inner, key));
}

static void judge(const char *name, const json_t *test, const char *text, enum jsonata_status status, const json_t *got,
                  const struct jsonata_error *error)
{
    const json_t *wanted = json_object_get(test, "result");
    const char *code = wanted_of(test, "code"), *token = wanted_of(test, "token"),
               *message = wanted_of(test, "message");
    if (code) {
        bool right = status == JSONATA_ERROR && strcmp(error->code, code) == 0 &&
                     (!token || strcmp(error->token, token) == 0) && (!message || strcmp(error->message, message) == 0);
        if (!right)
            complain(name, text, code, NULL, status, got, error);
    } else if (wanted) {
        if (status != JSONATA_OK || !same(wanted, got, json_is_true(json_object_get(test, "unordered"))))
            complain(name, text, "value", wanted, status, got, error);
    } else if (json_is_true(json_object_get(test, "undefinedResult"))) {
        if (status != JSONATA_UNDEFINED)
            complain(name, text, "undefined", NULL, status, got, error);
    } else {
        print_error("%s: says nothing about its result\n", name);
        failure_count++;
    }
}

static json_t *input_of(const json_t *test)
{
    const json_t *data = json_object_get(test, "data");
    const char *dataset = json_string_value(json_object_get(test, "dataset"));
    char path[1024];
    if (data)
        return json_incref((json_t *)(uintptr_t)data);
    if (!dataset)
        return NULL;
    (void)snprintf(path, sizeof path, "%s/datasets/%s.json", root, dataset);
    return load(path);
}

static void run_case(const char *name, const char *folder, const json_t *test)
{
    const char *file = json_string_value(json_object_get(test, "expr-file"));
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/%s", folder, file ? file : "");
    const json_t *expression = json_object_get(test, "expr");
    char *text = file ? load_text(path) : strdup(json_string_value(expression));
    size_t size = file ? strlen(text) : json_string_length(expression);
    const json_t *depth = json_object_get(test, "depth");
    struct jsonata_environment environment = {
        .depth_max = depth ? (unsigned)json_integer_value(depth) : 0,
        .now_ms = NULL,
        .steps_max = json_object_get(test, "timelimit") ? 5000000 : 0, /* in place of its milliseconds */
    };
    struct jsonata_error error = {.code = ""};
    json_t *input = input_of(test), *got = NULL;
    enum jsonata_status status = JSONATA_ERROR;
    struct jsonata *program = jsonata_compile(text, size, &environment, &error);
    if (program)
        status = jsonata_eval(program, input, json_object_get(test, "bindings"), &environment, &got, &error);
    judge(name, test, text, status, got, &error);
    json_decref(got);
    json_decref(input);
    jsonata_free(program);
    free(text);
}

static void run_file(const char *group, const char *file)
{
    char folder[1024], path[2048], name[1024];
    (void)snprintf(folder, sizeof folder, "%s/groups/%s", root, group);
    (void)snprintf(path, sizeof path, "%s/%s", folder, file);
    json_t *json = load(path), *test;
    if (!json) { /* the case holds half a character, which jansson refuses to read; see lone_surrogates() */
        print_message("%s: not readable as UTF-8, tested by hand\n", path);
        return;
    }
    size_t index;
    if (json_is_array(json)) {
        json_array_foreach(json, index, test)
        {
            (void)snprintf(name, sizeof name, "%s/%s[%zu]", group, file, index);
            case_count++;
            run_case(name, folder, test);
        }
    } else {
        (void)snprintf(name, sizeof name, "%s/%s", group, file);
        case_count++;
        run_case(name, folder, json);
    }
    json_decref(json);
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int is_json(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return dot && strcmp(dot, ".json") == 0;
}

static void official_suite(void **state)
{
    (void)state;
    char path[1024];
    struct dirent **groups, **files;
    const char *vectors = getenv("DRRUN_VECTORS");
    (void)snprintf(root, sizeof root, "%s/jsonata", vectors ? vectors : "../shared/vectors");
    (void)snprintf(path, sizeof path, "%s/groups", root);
    int group_count = scandir(path, &groups, is_visible, alphasort);
    if (group_count < 0) {
        print_message("SKIPPED: no JSONata suite at %s (set DRRUN_VECTORS)\n", path);
        skip();
    }
    for (int g = 0; g < group_count; g++) {
        (void)snprintf(path, sizeof path, "%s/groups/%s", root, groups[g]->d_name);
        int file_count = scandir(path, &files, is_json, alphasort);
        for (int f = 0; f < file_count; f++) {
            run_file(groups[g]->d_name, files[f]->d_name);
            free(files[f]);
        }
        if (file_count >= 0)
            free(files);
        free(groups[g]);
    }
    free(groups);
    print_message("%u cases, %u failures\n", case_count, failure_count);
    assert_true(case_count > 1600);
    assert_int_equal(failure_count, 0);
}

/* function-encodeUrl/case002 and function-encodeUrlComponent/case002, whose JSON jansson refuses to read. */
static void lone_surrogates(void **state)
{
    (void)state;
    static const char *const texts[] = {"$encodeUrl('\\ud800')", "$encodeUrlComponent('\\ud800')"};
    static const char *const tokens[] = {"encodeUrl", "encodeUrlComponent"};
    for (size_t i = 0; i < 2; i++) {
        struct jsonata_error error;
        json_t *got = NULL;
        struct jsonata *program = jsonata_compile(texts[i], strlen(texts[i]), NULL, &error);
        assert_non_null(program);
        assert_int_equal(jsonata_eval(program, NULL, NULL, NULL, &got, &error), JSONATA_ERROR);
        assert_string_equal(error.code, "D3140");
        assert_string_equal(error.token, tokens[i]);
        assert_string_equal(error.value, "\"\\ud800\"");
        jsonata_free(program);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(official_suite),
        cmocka_unit_test(lone_surrogates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
