/* What AWS answered to machines of one Pass or one Choice rule, evaluated without an engine: templates, intrinsic
 * functions, comparators. */
#include "interpreter/document/document.h"
#include "interpreter/expression/rule.h"
#include "interpreter/expression/template.h"
#include "interpreter/expression/values.h"
#include "vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct score {
    size_t run, skipped, failed;
};

static const json_t *borrow(void *data)
{
    return data;
}

/* Whether `cause` is AWS's after its "An error occurred while executing the state '...' (entered at ...). ". */
static bool ends_with(const char *text, const char *end)
{
    size_t text_size = strlen(text), size = strlen(end);
    return size <= text_size && strcmp(text + text_size - size, end) == 0;
}

static bool same_error(const struct dr_error *error, const json_t *expected)
{
    const char *name = json_string_value(json_object_get(expected, "error"));
    const char *cause = json_string_value(json_object_get(expected, "cause"));
    return error->error && name && strcmp(error->error, name) == 0 && error->cause && cause &&
           ends_with(cause, error->cause);
}

static void check_pass(struct score *score, const char *id, const struct dr_node *state, enum dr_language language,
                       const struct dr_view *view, const json_t *expected)
{
    const struct dr_node *node = dr_node_member(state, language == DR_JSONATA ? "Output" : "Parameters");
    const struct dr_node *assign = dr_node_member(state, "Assign");
    const char *field = language == DR_JSONATA ? "Output" : "Parameters";
    if (!node && assign && assign->children.count) {
        node = assign;
        field = "Assign";
    }
    if (!node || dr_node_member(state, "Result")) {
        score->skipped++;
        return;
    }
    score->run++;
    struct dr_arena *arena = dr_arena_new();
    struct dr_diagnostics found = {0};
    struct dr_error error = {0};
    struct dr_template_uses uses = {0};
    const struct dr_template *tpl = dr_template_compile(arena, node, language, field, &uses, &found);
    json_t *result = tpl ? dr_template_eval(tpl, view, &error) : NULL;
    const json_t *wanted = json_object_get(expected, "output");
    const struct dr_node *output_path = dr_node_member(state, "OutputPath");
    bool good = result ? wanted && (output_path || dr_json_same(result, wanted)) : same_error(&error, expected);
    if (result && output_path) {
        good = dr_json_same(json_object_get(result, "merged"), wanted);
    }
    if (!good) {
        score->failed++;
        char *shown = result ? json_text(result) : NULL;
        printf("%s: %s %s %s %s\n", id, shown ? shown : "", error.error ? error.error : "",
               error.cause ? error.cause : "", found.count ? found.items[0].message : "");
        free(shown);
    }
    json_decref(result);
    dr_error_done(&error);
    dr_diagnostics_done(&found);
    dr_arena_free(arena);
}

static void check_choice(struct score *score, const char *id, const struct dr_node *state, enum dr_language language,
                         const struct dr_view *view, const json_t *expected)
{
    const struct dr_node *rules = dr_node_member(state, "Choices");
    const char *wanted = json_string_value(json_object_get(json_object_get(expected, "output"), "TestResult.$"));
    if (!wanted || rules->children.count != 1) {
        score->skipped++;
        return;
    }
    score->run++;
    struct dr_arena *arena = dr_arena_new();
    struct dr_diagnostics found = {0};
    struct dr_error error = {0};
    const struct dr_rule *rule = dr_rule_compile(arena, rules->children.items[0], language, NULL, &found);
    assert_non_null(rule);
    enum dr_rule_outcome outcome = dr_rule_test(rule, view, &error);
    if (strcmp(wanted, outcome == DR_RULE_TRUE    ? "ConditionTrue"
                       : outcome == DR_RULE_FALSE ? "ConditionFalse"
                                                  : "") != 0) {
        score->failed++;
        printf("%s: %d instead of %s\n", id, (int)outcome, wanted);
    }
    dr_error_done(&error);
    dr_diagnostics_done(&found);
    dr_arena_free(arena);
}

static void check(struct score *score, const json_t *row)
{
    const char *id = json_string_value(json_object_get(row, "id"));
    const json_t *definition = json_object_get(row, "definition"), *input = json_object_get(row, "input");
    const json_t *expected = json_object_get(row, "expect");
    if (json_object_size(json_object_get(definition, "States")) > 1 && strncmp(id, "choice_operators", 16) != 0) {
        score->skipped++;
        return;
    }
    char *text = json_text(definition);
    struct dr_diagnostics found = {0};
    struct dr_document *document = dr_document_parse("recorded.json", text, strlen(text), &found);
    assert_non_null(document);
    const struct dr_node *start = dr_node_member(document->root, "StartAt");
    const struct dr_node *state = dr_node_member(dr_node_member(document->root, "States"), start->string.bytes);
    const struct dr_node *of_state = dr_node_member(state, "QueryLanguage");
    const struct dr_node *of_machine = dr_node_member(document->root, "QueryLanguage");
    const struct dr_node *query = of_state ? of_state : of_machine;
    enum dr_language language = query && strcmp(query->string.bytes, "JSONata") == 0 ? DR_JSONATA : DR_JSONPATH;
    json_t *context = json_pack("{s:{s:O}}", "Execution", "Input", input);
    struct dr_view view = {.input = input, .context = borrow, .context_data = context};
    const char *type = dr_node_member(state, "Type")->string.bytes;
    if (strcmp(type, "Pass") == 0) {
        check_pass(score, id, state, language, &view, expected);
    } else if (strcmp(type, "Choice") == 0) {
        check_choice(score, id, state, language, &view, expected);
    } else {
        score->skipped++;
    }
    json_decref(context);
    dr_document_free(document);
    dr_diagnostics_done(&found);
    free(text);
}

static void single_states(void **state)
{
    (void)state;
    static const char *const categories[] = {
        "choice operators", "intrinsic functions", "outputs", "assign/variables", "jsonata", "base"};
    json_t *rows = load_vectors("asl/recorded.json");
    if (!rows) {
        skip();
    }
    struct score score = {0};
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        const char *category = json_string_value(json_object_get(row, "category"));
        for (size_t j = 0; j < sizeof categories / sizeof *categories; j++) {
            if (strcmp(category, categories[j]) == 0) {
                check(&score, row);
            }
        }
    }
    printf("%zu recordings evaluated, %zu need an engine, %zu differ\n", score.run, score.skipped, score.failed);
    assert_true(score.run >= 170);
    assert_int_equal(score.failed, 0);
    json_decref(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(single_states)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
