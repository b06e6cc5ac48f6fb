/* The JSON Schema of an operation's arguments, and the models' patterns. */
#include "providers/aws/integration/schema.h"

#include "interpreter/base/text.h"
#include "interpreter/definition/parse.h"
#include "providers/aws/integration/pattern.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char service[] =
    "{\"metadata\":{\"apiVersion\":\"2014-10-31\",\"endpointPrefix\":\"rds\",\"protocol\":\"query\",\"serviceId\":"
    "\"RDS\",\"xmlNamespace\":\"http://rds\"},\"operations\":{\"Modify\":{\"name\":\"Modify\",\"http\":{\"method\":"
    "\"POST\",\"requestUri\":\"/\"},\"input\":{\"shape\":\"In\"}},\"Look\":{\"name\":\"Look\",\"http\":{\"method\":"
    "\"POST\",\"requestUri\":\"/\"}}},\"shapes\":{"
    "\"In\":{\"type\":\"structure\",\"required\":[\"DBName\",\"Token\"],\"members\":{\"DBName\":{\"shape\":\"Name\"},"
    "\"Days\":{\"shape\":\"Days\"},\"Mode\":{\"shape\":\"Mode\"},\"Tree\":{\"shape\":\"Tree\"},\"At\":{\"shape\":"
    "\"When\"},\"Tags\":{\"shape\":\"Tags\"},\"Token\":{\"shape\":\"Text\",\"idempotencyToken\":true},\"Policy\":{"
    "\"shape\":\"Text\"},\"Attributes\":{\"shape\":\"Attributes\"},\"One\":{\"shape\":\"One\"},\"Data\":{\"shape\":"
    "\"Bytes\"},\"Anything\":{\"shape\":\"Document\"},\"On\":{\"shape\":\"Truth\"},\"Loop\":{\"shape\":\"Loop\"}}},"
    "\"Document\":{\"type\":\"structure\",\"members\":{},\"document\":true},\"Bytes\":{\"type\":\"blob\",\"max\":1},"
    "\"Loop\":{\"type\":\"list\",\"member\":{\"shape\":\"Loop\"}},\"Truth\":{\"type\":\"boolean\"},\"One\":{\"type\":"
    "\"structure\",\"union\":true,\"members\":{\"A\":{\"shape\":"
    "\"Text\"},\"B\":{\"shape\":\"Text\"}}},"
    "\"Name\":{\"type\":\"string\",\"min\":2,\"max\":8,\"pattern\":\"[a-z][a-z0-9]*\"},"
    "\"Days\":{\"type\":\"integer\",\"min\":0,\"max\":35},\"Mode\":{\"type\":\"string\",\"enum\":[\"fast\",\"slow\"]},"
    "\"Tree\":{\"type\":\"structure\",\"required\":[\"KeyID\"],\"members\":{\"KeyID\":{\"shape\":\"Text\"},"
    "\"children\":{\"shape\":\"Trees\"}}},\"Trees\":{\"type\":\"list\",\"max\":2,\"member\":{\"shape\":\"Tree\"}},"
    "\"When\":{\"type\":\"timestamp\"},\"Tags\":{\"type\":\"map\",\"key\":{\"shape\":\"Text\"},\"value\":{\"shape\":"
    "\"Text\"}},\"Attributes\":{\"type\":\"map\",\"key\":{\"shape\":\"Mode\"},\"value\":{\"shape\":\"Text\"}},"
    "\"Text\":{\"type\":\"string\"}}}";

static json_t *parse(const char *text)
{
    json_t *value = dr_json_parse(text, strlen(text), NULL);
    assert_non_null(value);
    return value;
}

struct fixture {
    struct dr_aws_models *models;
    json_t *schema;
};

static int open_schema(void **state)
{
    struct fixture *fixture = dr_alloc(sizeof *fixture);
    fixture->models = dr_aws_models_new(NULL);
    json_t *text = parse(service);
    char *problem = NULL;
    const struct dr_aws_model *model = dr_aws_models_add(fixture->models, "rds", text, NULL, NULL, &problem);
    json_decref(text);
    assert_non_null(model);
    fixture->schema = dr_aws_arguments_schema(dr_aws_model_operation(model, "Modify"), NULL);
    *state = fixture;
    return 0;
}

static int close_schema(void **state)
{
    struct fixture *fixture = *state;
    json_decref(fixture->schema);
    dr_aws_models_free(fixture->models);
    free(fixture);
    return 0;
}

static void collect(void *data, const struct dr_schema_problem *problem)
{
    dr_text_printf(data, "%s %s\n", problem->path, problem->message);
}

static void expect(void **state, bool computed, const char *given, const char *complaints)
{
    const struct fixture *fixture = *state;
    json_t *value = parse(given);
    struct dr_text found = {0};
    if (computed)
        dr_schema_check_computed(fixture->schema, value, collect, &found);
    else
        dr_schema_check(fixture->schema, value, collect, &found);
    assert_string_equal(found.bytes ? found.bytes : "", complaints);
    dr_text_done(&found);
    json_decref(value);
}

static void names_are_checked_in_every_spelling(void **state)
{
    expect(state, false, "{\"DbName\":\"ab\"}", "");
    expect(state, false, "{\"DBName\":\"ab\"}", "");
    expect(state, false, "{\"DbName\":\"ab\",\"Dayz\":1}", "/Dayz is not known. Did you mean \"Days\"?\n");
    expect(state, false, "{\"DbName\":\"ab\",\"DBName\":\"ab\"}",
           "/DBName is \"DbName\" by another name: give one of them\n");
    expect(state, false, "{}", "/DbName is required\n");
    expect(state, false, "{\"DBName\":\"a\"}", "/DBName must have at least 2 characters\n");
}

static void shapes_that_hold_themselves_are_followed(void **state)
{
    expect(state, false,
           "{\"DbName\":\"ab\",\"Tree\":{\"KeyId\":\"a\",\"Children\":[{\"KeyID\":\"b\",\"children\":[]}]}}", "");
    expect(state, false, "{\"DbName\":\"ab\",\"Tree\":{\"KeyId\":\"a\",\"Children\":[{},{\"KeyId\":1}]}}",
           "/Tree/Children/0/KeyId is required\n/Tree/Children/1/KeyId must be a string, not an integer\n");
    expect(state, false, "{\"DbName\":\"ab\",\"Tree\":{\"KeyId\":\"a\",\"Children\":[{\"Keyid\":\"x\"}]}}",
           "/Tree/Children/0/Keyid is not known. Did you mean \"KeyId\"?\n/Tree/Children/0/KeyId is required\n");
    const char *three =
        "{\"DbName\":\"ab\",\"Tree\":{\"KeyId\":\"a\",\"Children\":[{\"KeyId\":\"1\"},{\"KeyId\":\"2\"},{"
        "\"KeyId\":\"3\"}]}}";
    expect(state, false, "{\"DbName\":\"ab\",\"Loop\":[[],[[[]]]]}", "");
    expect(state, false, "{\"DbName\":\"ab\",\"Loop\":[[],[[1]]]}", "/Loop/1/0/0 must be a list, not an integer\n");
    expect(state, false, three, "/Tree/Children must have at most 2 items, not 3\n");
}

static void values_are_checked(void **state)
{
    expect(state, false, "{\"DbName\":\"AB\",\"Days\":36,\"Mode\":\"fats\"}",
           "/DbName must match the pattern [a-z][a-z0-9]*\n/Days must be at most 35, not 36\n/Mode must be \"fast\" or "
           "\"slow\", not \"fats\"\n");
    expect(state, false, "{\"DbName\":\"ab\",\"Days\":\"many\",\"On\":\"maybe\"}",
           "/Days must be an integer, not a string\n/On must be true or false, not a string\n");
    expect(state, false, "{\"DbName\":\"ab\",\"Days\":\"7\",\"On\":\"true\"}", "");
    expect(state, false, "{\"DbName\":\"ab\",\"At\":\"yesterday\"}",
           "/At must match the pattern YYYY-MM-DDThh:mm:ssZ\n");
    expect(state, false, "{\"DbName\":\"ab\",\"At\":\"2026-01-01T00:00:00Z\"}", "");
    expect(state, false, "{\"DbName\":\"ab\",\"At\":1767225600.5}", "");
    expect(state, false, "{\"DbName\":\"ab\",\"At\":true}", "/At must be a string or a number, not true or false\n");
    expect(state, false, "{\"DbName\":\"ab\",\"Tags\":{\"DBName\":\"x\",\"y\":1}}",
           "/Tags/y must be a string, not an integer\n");
    expect(state, false, "{\"DbName\":\"ab\",\"Attributes\":{\"fast\":\"x\",\"slwo\":\"y\"}}",
           "/Attributes/slwo is not known. Did you mean \"slow\"?\n");
    expect(state, false, "{\"DbName\":\"ab\",\"One\":{\"A\":\"x\",\"B\":\"y\"}}", "/One must have at most 1 members\n");
    expect(state, false, "{\"DbName\":\"ab\",\"Policy\":{\"Version\":1},\"Anything\":[1],\"Data\":\"more than one\"}",
           "");
    expect(state, false, "{\"DbName\":\"ab\",\"Data\":{\"Base64\":\"AP8=\"}}", "");
    expect(state, false, "{\"DbName\":\"ab\",\"Data\":{\"base64\":\"AP8=\"}}",
           "/Data/base64 is not known. Did you mean \"Base64\"?\n/Data/Base64 is required\n");
}

static void a_null_is_not_given(void **state)
{
    expect(state, false, "{\"DbName\":\"ab\",\"Days\":null,\"Tree\":{\"KeyId\":\"a\",\"Children\":null}}", "");
    expect(state, false, "{\"DbName\":null}", "/DbName must be a string, not null\n");
}

static void what_a_run_computes_is_taken_as_step_functions_takes_it(void **state)
{
    expect(state, true, "{\"DbName\":12,\"Mode\":\"newer\"}", "");
    expect(state, true, "{\"DbName\":\"AB\",\"Tags\":{\"a\":1,\"b\":{\"c\":2}}}", "");
    expect(state, true, "{\"DbNam\":\"ab\"}", "/DbNam is not known. Did you mean \"DbName\"?\n/DbName is required\n");
    expect(state, true, "{\"DbName\":\"ab\",\"Days\":true}", "/Days must be an integer, not true or false\n");
    expect(state, true, "{\"DbName\":\"ab\",\"Days\":99}", "/Days must be at most 35, not 99\n");
}

static void an_operation_without_input_takes_nothing(void **state)
{
    const struct fixture *fixture = *state;
    char *problem = NULL;
    const struct dr_aws_model *model = dr_aws_models_find(fixture->models, "rds", &problem);
    json_t *schema = dr_aws_arguments_schema(dr_aws_model_operation(model, "Look"), NULL);
    json_t *nothing = json_object(), *something = parse("{\"A\":1}");
    assert_true(dr_schema_check(schema, nothing, NULL, NULL));
    assert_false(dr_schema_check(schema, something, NULL, NULL));
    json_decref(schema);
    json_decref(nothing);
    json_decref(something);
}

static void patterns_of_java_are_those_of_pcre(void **state)
{
    (void)state;
    static const struct {
        const char *java, *pcre;
    } patterns[] = {
        {"[a-z]+", "\\A(?:[a-z]+)\\z"},
        {"^[a-z]+", "^[a-z]+"},
        {"[\\u0020-\\uD7FF\\uE000-\\uFFFD\\uD800\\uDC00-\\uDBFF\\uDFFF\\r\\n\\t]*",
         "\\A(?:[\\x{20}-\\x{d7ff}\\x{e000}-\\x{fffd}\\x{10000}-\\x{10ffff}\\r\\n\\t]*)\\z"},
        {"\\p{Alpha}\\p{L}*", "\\A(?:[a-zA-Z]\\p{L}*)\\z"},
        {"[\\p{Alnum}_]+", "\\A(?:[a-zA-Z0-9_]+)\\z"},
        {"[^\\r\\n]", "[^\\r\\n]"},
        {"[$^]+x", "\\A(?:[$^]+x)\\z"},
        {"^[\\w-.\\p{L}-_\\--]$", "^[\\w\\-.\\p{L}\\-_\\--]$"},
        {"[\\p{Print}&&[^|:/]]+", NULL},
        {"/^(?=.*[a-z])x$/", NULL},
        {"\\\\+[1-9]\\\\d{1,14}$", NULL},
        {"[a-z", NULL},
        {"\\uD800", NULL},
        {"", NULL},
        {"\\", "\\"},
    };
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        char *pattern = dr_aws_pattern(patterns[i].java);
        if (patterns[i].pcre == NULL)
            assert_null(pattern);
        else
            assert_string_equal(pattern, patterns[i].pcre);
        free(pattern);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_checked_in_every_spelling),
        cmocka_unit_test(shapes_that_hold_themselves_are_followed),
        cmocka_unit_test(values_are_checked),
        cmocka_unit_test(a_null_is_not_given),
        cmocka_unit_test(what_a_run_computes_is_taken_as_step_functions_takes_it),
        cmocka_unit_test(an_operation_without_input_takes_nothing),
        cmocka_unit_test(patterns_of_java_are_those_of_pcre),
    };
    return cmocka_run_group_tests(tests, open_schema, close_schema);
}
