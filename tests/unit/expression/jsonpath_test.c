/* What the recorded queries do not ask: roots, causes, reference paths, limits. */
#include "interpreter/expression/jsonpath.h"

#include "interpreter/base/limits.h"
#include "interpreter/expression/values.h"
#include "vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static json_t *parse(const char *text)
{
    json_t *value = dr_json_parse(text, strlen(text), NULL);
    assert_non_null(value);
    return value;
}

/* The answer as JSON, or the detail after "missing: " or "unsupported: ", or "error at N: ...". */
static char *ask(const char *text, const char *document)
{
    struct dr_arena *arena = dr_arena_new();
    struct dr_compile_error error = {0};
    const struct dr_path *path = dr_path_compile(arena, text, strlen(text), &error);
    char *answer;
    if (!path) {
        answer = dr_format("error at %zu: %s", error.offset, error.message);
        free(error.message);
    } else {
        json_t *input = parse(document), *value = NULL;
        char *detail = NULL;
        enum dr_path_outcome outcome = dr_path_find_in(path, input, &value, &detail);
        answer = outcome == DR_PATH_FOUND
                     ? json_text(value)
                     : dr_format("%s: %s", outcome == DR_PATH_MISSING ? "missing" : "unsupported", detail);
        json_decref(value);
        json_decref(input);
        free(detail);
    }
    dr_arena_free(arena);
    return answer;
}

struct row {
    const char *path, *document, *answer;
};

static void check_rows(const struct row *rows, size_t count)
{
    size_t failures = 0;
    for (size_t i = 0; i < count; i++) {
        char *answer = ask(rows[i].path, rows[i].document);
        if (strcmp(answer, rows[i].answer) != 0) {
            printf("%s of %s\n  wanted %s\n  got    %s\n", rows[i].path, rows[i].document, rows[i].answer, answer);
            failures++;
        }
        free(answer);
    }
    assert_int_equal(failures, 0);
}

static void what_is_missing_is_said_as_jayway_says_it(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"$.X", "{}", "missing: No results for path: $['X']"},
        {"$.a.no", "{\"a\":{}}", "missing: No results for path: $['a']['no']"},
        {"$.no.a", "{}", "missing: Missing property in path $['no']"},
        {"$.a.no.b", "{\"a\":{}}", "missing: Missing property in path $['a']['no']"},
        {"$.a[3]", "{\"a\":[1]}", "missing: No results for path: $['a'][3]"},
        {"$[\"X\"]", "{}", "missing: No results for path: $[\"X\"]"},
        {"$['a','b'].c", "{\"a\":1}", "[]"},
        {"$.a.b", "{\"a\":\"text\"}",
         "missing: Expected to find an object with property ['b'] in path $['a'] but found 'java.lang.String'. This is "
         "not "
         "a json object according to the JsonProvider: 'com.jayway.jsonpath.spi.json.JacksonJsonProvider'."},
        {"$.a[0]", "{\"a\":null}", "missing: The path $['a'] is null"},
        {"$.a[0].b", "{\"a\":{\"k\":1}}",
         "missing: Filter: [0]['b'] can only be applied to arrays. Current context is: {k=1}"},
        {"$.a[?(@.b)]", "{\"a\":1}",
         "unsupported: Filter: [?] can not be applied to primitives. Current context is: 1"},
        {"$.a.sum()", "{\"a\":[]}", "unsupported: Aggregation function attempted to calculate value using empty array"},
    };
    check_rows(rows, sizeof rows / sizeof *rows);
}

/* Step Functions, not Jayway: see docs/conformance-jsonpath.md. */
static void indefinite_paths_give_a_list_even_without_the_parent(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"$.items[1:].itemValue", "{}", "[]"},
        {"$.item.items[1:5]", "{}", "[]"},
        {"$[*]", "{}", "[]"},
        {"$.a.b[*]", "{\"a\":5}", "[]"},
        {"$.a..b", "{}", "[]"},
        {"$.a[?(@.x)]", "{}", "[]"},
        {"$.a[*].b", "{\"a\":[{},{\"b\":1}]}", "[1]"},
    };
    check_rows(rows, sizeof rows / sizeof *rows);
}

static void functions_end_a_path(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"$.a.length()", "{\"a\":[1,2]}", "2"},
        {"$.a.length()", "{\"a\":{\"x\":1}}", "1"},
        {"$.a.length()", "{\"a\":\"text\"}", "null"},
        {"$.a.min()", "{\"a\":[3,1,2]}", "1.0"},
        {"$.a.max()", "{\"a\":[3,1,\"9\"]}", "3.0"},
        {"$.a.avg()", "{\"a\":[1,2]}", "1.5"},
        {"$.a.stddev()", "{\"a\":[1,3]}", "1.0"},
        {"$.a.sum(10, $.b)", "{\"a\":[1],\"b\":5}", "16.0"},
        {"$.a.keys()", "{\"a\":{\"x\":1,\"y\":2}}", "[\"x\",\"y\"]"},
        {"$.a.concat(\"c\")", "{\"a\":[\"a\",\"b\"]}", "\"abc\""},
        {"$.a.append(3)", "{\"a\":[1]}", "[1,3]"},
        {"$.a.first()", "{\"a\":[1,2]}", "1"},
        {"$.a.last()", "{\"a\":[1,2]}", "2"},
        {"$.a.index(-2)", "{\"a\":[1,2]}", "1"},
        {"$..p.sum()", "{\"a\":{\"p\":1},\"b\":{\"p\":2}}", "3.0"},
        {"$..p.length()", "{\"a\":{\"p\":1},\"b\":{\"p\":2}}", "2"},
        {"$.a[*].length()", "{\"a\":[[1],[1,2]]}", "[1,2]"},
        {"$.a[?(@.length() > 1)]", "{\"a\":[[1],[1,2]]}", "[[1,2]]"},
    };
    check_rows(rows, sizeof rows / sizeof *rows);
}

static void filters_beyond_the_recorded_ones(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"$[?(@ nin [1,2])]", "[1,2,3]", "[3]"},
        {"$[?(@ contains 'b')]", "[\"abc\",\"xyz\",[\"b\"],[\"c\"]]", "[\"abc\",[\"b\"]]"},
        {"$[?(@ subsetof [1,2])]", "[[1],[1,3],[]]", "[[1],[]]"},
        {"$[?(@ anyof [1,2])]", "[[1,5],[3],[]]", "[[1,5]]"},
        {"$[?(@ noneof [1,2])]", "[[1,5],[3]]", "[[3]]"},
        {"$[?(@ all [1,2])]", "[[1,2,3],[1]]", "[[1,2,3]]"},
        {"$[?(@ size 2)]", "[[1,2],\"ab\",\"\xC3\xA9y\",[1]]", "[[1,2],\"ab\",\"\xC3\xA9y\"]"},
        {"$[?(@ empty true)]", "[[],\"\",{},[1],0]", "[[],\"\",{}]"},
        {"$[?(@.a==1&&@.b==2||@.c==3)]", "[{\"a\":1},{\"a\":1,\"b\":2},{\"c\":3}]", "[{\"a\":1,\"b\":2},{\"c\":3}]"},
        {"$[?(@ =~ /A.c/i)]", "[\"abc\",\"xabc\",\"ABC\",5]", "[\"abc\",\"ABC\"]"},
        {"$[?(@ in 'abc')]", "[\"a\"]", "[]"},
        {"$[?(@ == 9007199254740993)]", "[9007199254740992,9007199254740993]", "[9007199254740993]"},
        {"$.a[?(@.k == $.want)].v", "{\"want\":\"x\",\"a\":[{\"k\":\"x\",\"v\":1},{\"k\":\"y\",\"v\":2}]}", "[1]"},
        {"$[?(@ != null)]", "[null,1]", "[1]"},
        {"$.l[?($.x)]", "{\"x\":1,\"l\":[1,{}]}", "[1,{}]"},
        {"$[?(!@.a)]", "[{\"a\":null},{}]", "[{}]"},
        {"$[?(@['a','b'])]", "[{\"a\":1},{\"a\":1,\"b\":2}]", "[{\"a\":1,\"b\":2}]"},
    };
    check_rows(rows, sizeof rows / sizeof *rows);
}

static void mistakes_are_placed_and_explained(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"", "", "error at 0: a path begins with $"},
        {"@.a", "", "error at 0: a path begins with $"},
        {"$.", "", "error at 1: expected a key, *, or [ after the dot"},
        {"$.a..", "", "error at 3: expected a key, *, or [ after the dot"},
        {"$.a b", "", "error at 3: put a key that contains blanks in brackets and quotes: ['my key']"},
        {"$[key]", "", "error at 1: expected a quoted key, an index, a slice, * or ?(...) between [ and ]"},
        {"$['a", "", "error at 2: the string that begins here has no closing '"},
        {"$['a'", "", "error at 5: expected ']' or ',' after the key"},
        {"$[1", "", "error at 3: expected ']' or ',' after the index"},
        {"$[:]", "", "error at 2: a slice needs a start or an end; for all elements write [*]"},
        {"$[99999999999]", "", "error at 2: array indices are 32-bit integers"},
        {"$[?(@.a = 1)]", "", "error at 8: expected an operator or ')'"},
        {"$[?(1)]", "", "error at 4: a constant alone is not a condition: compare it with something"},
        {"$[?()]", "", "error at 4: the filter is empty"},
        {"$[?(@.a =~ /[/)]", "", "error at 13: missing terminating ] for character class"},
        {"$.a.length().b", "", "error at 12: a function must be the last step of a path"},
    };
    check_rows(rows, sizeof rows / sizeof *rows);
}

static const json_t *lend(void *data)
{
    return data;
}

static void roots_are_input_context_and_variables(void **state)
{
    (void)state;
    json_t *input = parse("{\"a\":1}"), *context = parse("{\"a\":2}"), *outer = parse("{\"x\":{\"a\":3},\"y\":4}"),
           *inner = parse("{\"y\":5}");
    struct dr_scope scopes[2] = {{.variables = inner, .outer = &scopes[1]}, {.variables = outer}};
    struct dr_view view = {.input = input, .scope = scopes, .context = lend, .context_data = context};
    static const struct {
        const char *path;
        enum dr_path_root root;
        json_int_t value; /* 0: missing */
    } rows[] = {
        {"$.a", DR_ROOT_INPUT, 1},       {"$$.a", DR_ROOT_CONTEXT, 2},   {"$x.a", DR_ROOT_VARIABLE, 3},
        {"$y", DR_ROOT_VARIABLE, 5},     {"$none", DR_ROOT_VARIABLE, 0}, {"$x['a']", DR_ROOT_VARIABLE, 3},
        {"$$.none", DR_ROOT_CONTEXT, 0},
    };
    struct dr_arena *arena = dr_arena_new();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct dr_compile_error error = {0};
        const struct dr_path *path = dr_path_compile(arena, rows[i].path, strlen(rows[i].path), &error);
        assert_non_null(path);
        assert_int_equal(dr_path_root(path), rows[i].root);
        json_t *value = NULL;
        char *detail = NULL;
        enum dr_path_outcome outcome = dr_path_find(path, &view, &value, &detail);
        assert_int_equal(outcome, rows[i].value ? DR_PATH_FOUND : DR_PATH_MISSING);
        assert_int_equal(json_integer_value(value), rows[i].value);
        assert_true(!rows[i].value == !!detail);
        assert_true(!rows[i].value == !dr_path_peek(path, &view));
        json_decref(value);
        free(detail);
    }
    dr_arena_free(arena);
    json_decref(input);
    json_decref(context);
    json_decref(inner);
    json_decref(outer);
}

static void kinds_of_paths(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        bool definite, reference, root;
    } rows[] = {
        {"$", true, true, true},
        {"$.a['b'][0]", true, true, false},
        {"$[-1]", true, false, false},
        {"$.a[*]", false, false, false},
        {"$['a','b']", true, false, false},
        {"$['a','b'].c", false, false, false},
        {"$..a", false, false, false},
        {"$$.a", true, false, false},
        {"$x", true, false, false},
        {"$[0,1]", false, false, false},
        {"$[1:2]", false, false, false},
        {"$[?(@.a)]", false, false, false},
        {"$.a.length()", true, false, false},
    };
    struct dr_arena *arena = dr_arena_new();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct dr_compile_error error = {0};
        const struct dr_path *path = dr_path_compile(arena, rows[i].path, strlen(rows[i].path), &error);
        assert_non_null(path);
        assert_string_equal(dr_path_text(path), rows[i].path);
        assert_int_equal(dr_path_is_definite(path), rows[i].definite);
        assert_int_equal(dr_path_is_reference(path), rows[i].reference);
        assert_int_equal(dr_path_is_root(path), rows[i].root);
    }
    dr_arena_free(arena);
}

static void setting_copies_the_spine_and_shares_the_rest(void **state)
{
    (void)state;
    static const struct {
        const char *path, *document, *result; /* NULL: refused */
    } rows[] = {
        {"$", "{\"a\":1}", "\"new\""},
        {"$.b", "{\"a\":1}", "{\"a\":1,\"b\":\"new\"}"},
        {"$.a", "{\"a\":1,\"b\":2}", "{\"a\":\"new\",\"b\":2}"},
        {"$.x.y.z", "{\"a\":1}", "{\"a\":1,\"x\":{\"y\":{\"z\":\"new\"}}}"},
        {"$.a.b", "{\"a\":{\"c\":1},\"k\":[]}", "{\"a\":{\"c\":1,\"b\":\"new\"},\"k\":[]}"},
        {"$.a[1].b", "{\"a\":[1,{\"c\":2}]}", "{\"a\":[1,{\"c\":2,\"b\":\"new\"}]}"},
        {"$[0]", "[1,2]", "[\"new\",2]"},
        {"$.a", "{\"k\\u0000x\":1,\"k\\u0000y\":2}", "{\"k\\u0000x\":1,\"k\\u0000y\":2,\"a\":\"new\"}"},
        {"$.a[2]", "{\"a\":[1]}", NULL},
        {"$.a.b", "{\"a\":1}", NULL},
        {"$.a", "[]", NULL},
        {"$.a", "\"text\"", NULL},
        {"$.a.b", "{\"a\":null}", NULL},
        {"$.x[0]", "{}", NULL},
    };
    struct dr_arena *arena = dr_arena_new();
    json_t *value = json_string("new");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct dr_compile_error compile_error = {0};
        struct dr_error error = {0};
        const struct dr_path *path = dr_path_compile(arena, rows[i].path, strlen(rows[i].path), &compile_error);
        json_t *document = parse(rows[i].document), *before = parse(rows[i].document);
        json_t *result = dr_path_set(path, document, value, &error);
        assert_true(dr_json_same(document, before));
        if (rows[i].result) {
            char *text = json_text(result);
            assert_string_equal(text, rows[i].result);
            free(text);
        } else {
            assert_null(result);
            assert_string_equal(error.error, "States.ResultPathMatchFailure");
            char *cause = dr_format("Unable to apply ReferencePath %s to input %s", rows[i].path, rows[i].document);
            assert_string_equal(error.cause, cause);
            free(cause);
        }
        dr_error_done(&error);
        json_decref(result);
        json_decref(before);
        json_decref(document);
    }
    json_t *document = parse("{\"big\":{\"k\":1},\"a\":{}}");
    struct dr_error error = {0};
    struct dr_compile_error compile_error = {0};
    json_t *result = dr_path_set(dr_path_compile(arena, "$.a.b", 5, &compile_error), document, value, &error);
    assert_ptr_equal(json_object_get(result, "big"), json_object_get(document, "big"));
    json_decref(result);
    json_decref(document);
    json_decref(value);
    dr_arena_free(arena);
}

static char *repeat(const char *head, const char *unit, unsigned count, const char *tail)
{
    struct dr_text text = {0};
    dr_text_puts(&text, head);
    for (unsigned i = 0; i < count; i++) {
        dr_text_puts(&text, unit);
    }
    dr_text_puts(&text, tail);
    return dr_text_take(&text);
}

static char *nested_filter(unsigned parentheses)
{
    char *open = repeat("$[?(", "(", parentheses, "@.a"), *whole = repeat(open, ")", parentheses, ")]");
    free(open);
    return whole;
}

static bool compiles(char *text)
{
    struct dr_arena *arena = dr_arena_new();
    struct dr_compile_error error = {0};
    bool good = dr_path_compile(arena, text, strlen(text), &error);
    assert_true(good == !error.message);
    free(error.message);
    dr_arena_free(arena);
    free(text);
    return good;
}

static void limits_hold_at_and_past_them(void **state)
{
    (void)state;
    assert_true(compiles(repeat("$", ".a", DR_DEPTH_MAX, "")));
    assert_false(compiles(repeat("$", ".a", DR_DEPTH_MAX + 1, "")));
    /* The filter, its innermost comparison and that one's path are levels too. */
    assert_true(compiles(nested_filter(DR_FILTER_DEPTH_MAX - 3)));
    assert_false(compiles(nested_filter(DR_FILTER_DEPTH_MAX - 2)));
    assert_false(compiles(repeat("$[?(", "(", 100000, "@.a)")));
    assert_false(compiles(repeat("$[?(", "!(", 100000, "@.a)")));
    assert_false(compiles(repeat("$", "[?(@.a", 100000, "")));
    assert_false(compiles(repeat("$.a", ".sum($", 100000, "")));
}

/* The document, its lists (one list again and again), their items and `more` items are all looked at; none has the key.
 */
static enum dr_path_outcome look_at(size_t lists, size_t items, size_t more)
{
    json_t *document = json_array(), *list = json_array();
    for (size_t i = 0; i < items; i++) {
        json_array_append_new(list, json_true());
    }
    for (size_t i = 0; i < lists; i++) {
        json_array_append(document, list);
    }
    for (size_t i = 0; i < more; i++) {
        json_array_append_new(document, json_true());
    }
    struct dr_arena *arena = dr_arena_new();
    struct dr_compile_error error = {0};
    json_t *value = NULL;
    enum dr_path_outcome outcome =
        dr_path_find_in(dr_path_compile(arena, "$[*][*].x", 9, &error), document, &value, NULL);
    json_decref(value);
    json_decref(list);
    json_decref(document);
    dr_arena_free(arena);
    return outcome;
}

static void a_path_looks_at_so_many_values_and_no_more(void **state)
{
    (void)state;
    size_t items = (DR_PATH_VISITS_MAX - 4) / 3;
    assert_int_equal(1 + 3 + 3 * items, DR_PATH_VISITS_MAX);
    assert_int_equal(look_at(3, items, 0), DR_PATH_FOUND);
    assert_int_equal(look_at(3, items, 1), DR_PATH_UNSUPPORTED);
}

/* Each ".." looks at everything below each thing that the one before found. */
static void a_path_that_explodes_is_stopped(void **state)
{
    (void)state;
    struct dr_text text = {0};
    for (int i = 0; i < 60; i++) {
        dr_text_puts(&text, "[1,");
    }
    dr_text_puts(&text, "1");
    for (int i = 0; i < 60; i++) {
        dr_text_puts(&text, "]");
    }
    char *answer = ask("$..*..*..*..*..*..*", text.bytes);
    assert_string_equal(answer,
                        "unsupported: the path looks at more than 10000000 values, or at values nested too deeply");
    free(answer);
    dr_text_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_missing_is_said_as_jayway_says_it),
        cmocka_unit_test(indefinite_paths_give_a_list_even_without_the_parent),
        cmocka_unit_test(functions_end_a_path),
        cmocka_unit_test(filters_beyond_the_recorded_ones),
        cmocka_unit_test(mistakes_are_placed_and_explained),
        cmocka_unit_test(roots_are_input_context_and_variables),
        cmocka_unit_test(kinds_of_paths),
        cmocka_unit_test(setting_copies_the_spine_and_shares_the_rest),
        cmocka_unit_test(limits_hold_at_and_past_them),
        cmocka_unit_test(a_path_looks_at_so_many_values_and_no_more),
        cmocka_unit_test(a_path_that_explodes_is_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
