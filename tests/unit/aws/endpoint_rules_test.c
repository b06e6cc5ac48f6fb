/* The rule-set interpreter: the public unit cases, and rule sets that mean harm. */
#include "tests/support/lab.h"
#include "tests/unit/aws/endpoint_support.h"

#include "interpreter/base/limits.h"

static void check_file(const char *folder, const char *name, unsigned *cases)
{
    char *rules_path = dr_format("%s/valid-rules/%s", folder, name);
    char *cases_path = dr_format("%s/test-cases/%s", folder, name);
    json_t *rules = dr_lab_load(rules_path), *file = dr_lab_load(cases_path);
    assert_non_null(rules);
    const json_t *one;
    size_t i;
    json_array_foreach(json_object_get(file, "testCases"), i, one)
    {
        char *wrong = compare_case(rules, partitions(), one);
        if (wrong)
            fail_msg("%s case %zu: %s", name, i, wrong);
        ++*cases;
    }
    json_decref(rules);
    json_decref(file);
    free(rules_path);
    free(cases_path);
}

static void test_public_unit_cases(void **state)
{
    (void)state;
    char *root = dr_lab_vectors("aws-endpoints/unit"), *path = root ? dr_format("%s/valid-rules", root) : NULL;
    DIR *folder = path ? opendir(path) : NULL;
    free(path);
    if (!folder) {
        free(root);
        print_message("the public endpoint cases are not here: see DRRUN_VECTORS\n");
        skip();
    }
    unsigned cases = 0, files = 0;
    for (const struct dirent *entry; (entry = readdir(folder));)
        if (entry->d_name[0] != '.') {
            check_file(root, entry->d_name, &cases);
            files++;
        }
    closedir(folder);
    free(root);
    print_message("%u cases of %u rule sets\n", cases, files);
    assert_int_equal(files, 18);
    assert_true(cases >= 81);
}

/* What a rule set {"rules": `rules`} says, as text: the URL or the problem. The caller frees. */
static char *resolve_text(const char *rules, const char *parameters)
{
    char *text = dr_format(
        "{\"parameters\": {\"A\": {\"type\": \"string\"}, \"B\": {\"type\": \"boolean\"}}, \"rules\": %s}", rules);
    char *problem = NULL;
    json_t *set = dr_json_parse(text, strlen(text), &problem),
           *given = dr_json_parse(parameters, strlen(parameters), NULL);
    assert_null(problem);
    struct dr_aws_endpoint endpoint = {0};
    char *result;
    if (dr_aws_rules_resolve(set, partitions(), given, &endpoint, &problem))
        result = dr_copy_string(endpoint.url);
    else
        result = problem;
    dr_aws_endpoint_done(&endpoint);
    json_decref(set);
    json_decref(given);
    free(text);
    return result;
}

static void expect_text(const char *rules, const char *parameters, const char *expected)
{
    char *actual = resolve_text(rules, parameters);
    if (!strstr(actual, expected))
        fail_msg("%s with %s: expected %s, got %s", rules, parameters, expected, actual);
    free(actual);
}

#define ENDPOINT(url) "{\"conditions\": [], \"type\": \"endpoint\", \"endpoint\": {\"url\": \"" url "\"}}"

static void test_templates(void **state)
{
    (void)state;
    expect_text("[" ENDPOINT("{A}-{B}") "]", "{\"A\": \"a\", \"B\": true}", "a-true");
    expect_text("[" ENDPOINT("{{A}}{A}") "]", "{\"A\": \"a\"}", "{A}a");
    expect_text("[" ENDPOINT("x{A") "]", "{\"A\": \"a\"}", "open brace");
    expect_text("[" ENDPOINT("{A}") "]", "{}", "{A}");
    expect_text("[" ENDPOINT("{A#x}") "]", "{\"A\": \"a\"}", "not set");
    expect_text("[" ENDPOINT("https://h/p//") "]", "{}", "https://h/p");
}

static void test_newer_functions(void **state)
{
    (void)state;
    static const char split[] =
        "[{\"conditions\": [{\"fn\": \"split\", \"argv\": [\"{A}\", \"--\", %d], \"assign\": \"s\"}, {\"fn\": "
        "\"getAttr\", "
        "\"argv\": [{\"ref\": \"s\"}, \"[%d]\"], \"assign\": \"x\"}], \"endpoint\": {\"url\": \"{x}\"}}]";
    static const struct {
        int limit, index;
        const char *expected;
    } cases[] = {{0, 0, "a"},
                 {0, 2, "c"},
                 {0, -1, "c"},
                 {0, -3, "a"},
                 {2, 1, "b--c"},
                 {1, 0, "a--b--c"},
                 {0, 3, "no rule gives"},
                 {0, -4, "no rule gives"},
                 {-1, 0, "split"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *rules = dr_format(split, cases[i].limit, cases[i].index);
        expect_text(rules, "{\"A\": \"a--b--c\"}", cases[i].expected);
        free(rules);
    }
    static const char choose[] = "[{\"conditions\": [{\"fn\": \"coalesce\", \"argv\": [{\"ref\": \"A\"}, \"none\"], "
                                 "\"assign\": \"x\"}, {\"fn\": "
                                 "\"ite\", \"argv\": [{\"ref\": \"B\"}, \"yes\", \"no\"], \"assign\": \"y\"}], "
                                 "\"endpoint\": {\"url\": \"{x}-{y}\"}}]";
    expect_text(choose, "{\"A\": \"a\", \"B\": true}", "a-yes");
    expect_text(choose, "{\"B\": false}", "none-no");
}

static void test_what_is_wrong_is_said(void **state)
{
    (void)state;
    expect_text("[]", "{\"A\": \"a\"}", "no rule gives an endpoint for A=\"a\"");
    expect_text("{}", "{}", "no rule gives");
    expect_text("[1, null, {}]", "{}", "without a URL");
    expect_text("[{\"conditions\": [1, 2]}]", "{}", "without a URL");
    expect_text("[" ENDPOINT("x") "]", "{\"A\": 1}", "A is not a string");
    expect_text("[" ENDPOINT("x") "]", "{\"B\": \"true\"}", "B is not a boolean");
    expect_text("[{\"conditions\": [{\"fn\": \"conjure\", \"argv\": []}]}]", "{}", "\"conjure\"");
    expect_text("[{\"conditions\": [{\"fn\": \"isSet\", \"argv\": []}]}]", "{}",
                "isSet in the endpoint rule set has 0");
    expect_text("[{\"conditions\": [{\"argv\": []}]}]", "{}", "without \"fn\"");
    expect_text("[{\"conditions\": [{\"fn\": \"stringEquals\", \"argv\": [{\"ref\": \"A\"}, true]}]}]", "{}",
                "two strings");
    expect_text("[{\"error\": {\"ref\": \"A\"}}]", "{\"A\": \"my words\"}", "my words");
}

static void test_depth_is_bounded(void **state)
{
    (void)state;
    for (int past = 0; past < 2; past++) {
        struct dr_text rules = {0};
        int depth = DR_RULES_DEPTH_MAX + past;
        for (int i = 1; i < depth; i++)
            dr_text_puts(&rules, "[{\"rules\":");
        dr_text_puts(&rules, "[" ENDPOINT("deep") "]");
        for (int i = 1; i < depth; i++)
            dr_text_puts(&rules, "}]");
        expect_text(rules.bytes, "{}", past ? "more than 64 deep" : "deep");
        dr_text_clear(&rules);
        dr_text_puts(&rules, "[{\"conditions\":[");
        for (int i = 1; i < depth; i++)
            dr_text_puts(&rules, "{\"fn\":\"coalesce\",\"argv\":[");
        dr_text_puts(&rules, "true");
        for (int i = 1; i < depth; i++)
            dr_text_puts(&rules, "]}");
        dr_text_puts(&rules, "],\"endpoint\":{\"url\":\"deep\"}}]");
        expect_text(rules.bytes, "{}", past ? "more than 64 deep" : "deep");
        dr_text_done(&rules);
    }
}

/* a, aa, aaaa, ...: each condition doubles the text of the one before. */
static void test_text_and_work_are_bounded(void **state)
{
    (void)state;
    struct dr_text rules = {0};
    char limit[64];
    for (int past = 0; past < 2; past++) {
        dr_text_clear(&rules);
        dr_text_puts(&rules, "[{\"conditions\":[{\"fn\":\"coalesce\",\"argv\":[\"a\"],\"assign\":\"v0\"}");
        int doublings = __builtin_ctz(DR_RULES_TEXT_BYTES_MAX) + past;
        for (int i = 0; i < doublings; i++)
            dr_text_printf(&rules, ",{\"fn\":\"coalesce\",\"argv\":[\"{v%d}{v%d}\"],\"assign\":\"v%d\"}", i, i, i + 1);
        dr_text_puts(&rules, "],\"endpoint\":{\"url\":\"fine\"}}]");
        expect_text(rules.bytes, "{}", past ? "a text of more than 65536 bytes" : "fine");
    }
    /* One step a rule. */
    for (int past = 0; past < 2; past++) {
        dr_text_clear(&rules);
        dr_text_puts(&rules, "[");
        for (int i = 0; i < DR_RULES_STEPS_MAX - (past ? 0 : 2); i++)
            dr_text_puts(&rules, "{\"rules\":[]},");
        dr_text_puts(&rules, ENDPOINT("fine") "]");
        snprintf(limit, sizeof limit, "more than %d steps", DR_RULES_STEPS_MAX);
        expect_text(rules.bytes, "{}", past ? limit : "fine");
    }
    dr_text_done(&rules);
}

static void expect_scheme(const char *schemes, const char *scheme, const char *name, const char *region, bool once)
{
    char *text =
        dr_format("{\"rules\": [{\"endpoint\": {\"url\": \"u\", \"properties\": {\"authSchemes\": %s}}}]}", schemes);
    json_t *rules = dr_json_parse(text, strlen(text), NULL);
    struct dr_aws_endpoint endpoint;
    char *problem;
    assert_true(dr_aws_rules_resolve(rules, partitions(), NULL, &endpoint, &problem));
    assert_string_equal(endpoint.auth_scheme, scheme);
    assert_true(name ? endpoint.signing_name && strcmp(endpoint.signing_name, name) == 0 : !endpoint.signing_name);
    assert_true(region ? endpoint.signing_region && strcmp(endpoint.signing_region, region) == 0
                       : !endpoint.signing_region);
    assert_int_equal(endpoint.disable_double_encoding, once);
    dr_aws_endpoint_done(&endpoint);
    json_decref(rules);
    free(text);
}

static void test_the_best_scheme_is_chosen(void **state)
{
    (void)state;
    expect_scheme(
        "[{\"name\": \"sigv4\", \"signingName\": \"s3\", \"signingRegion\": \"r\", \"disableDoubleEncoding\": true}]",
        "sigv4", "s3", "r", true);
    expect_scheme("[{\"name\": \"sigv4a\", \"signingName\": \"s3\", \"signingRegionSet\": [\"*\"]}]", "sigv4a", "s3",
                  "*", false);
    expect_scheme("[{\"name\": \"sigv4a\", \"signingRegionSet\": [\"a\", \"b\"]}]", "sigv4a", NULL, "a,b", false);
    expect_scheme(
        "[{\"name\": \"sigv4a\", \"signingRegionSet\": [\"*\"]}, {\"name\": \"sigv4\", \"signingRegion\": \"r\"}]",
        "sigv4", NULL, "r", false);
    expect_scheme("[{\"name\": \"smithy.api#noAuth\"}]", "none", NULL, NULL, false);
    expect_scheme("[{\"name\": \"sigv9\"}]", "sigv9", NULL, NULL, false);
}

static void test_partitions(void **state)
{
    (void)state;
    static const struct {
        const char *region, *name, *suffix;
    } cases[] = {{"us-east-1", "aws", "amazonaws.com"},
                 {"eu-moon-7", "aws", "amazonaws.com"},
                 {"cn-north-1", "aws-cn", "amazonaws.com.cn"},
                 {"us-gov-west-1", "aws-us-gov", "amazonaws.com"},
                 {"us-iso-east-1", "aws-iso", "c2s.ic.gov"},
                 {"us-isob-east-1", "aws-iso-b", "sc2s.sgov.gov"},
                 {"mars", "aws", "amazonaws.com"},
                 {"", "aws", "amazonaws.com"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *partition = dr_aws_partition(partitions(), cases[i].region);
        assert_string_equal(json_string_value(json_object_get(partition, "name")), cases[i].name);
        assert_string_equal(json_string_value(json_object_get(partition, "dnsSuffix")), cases[i].suffix);
        json_decref(partition);
    }
    json_t *bare = dr_aws_partition(NULL, "us-east-1");
    assert_string_equal(json_string_value(json_object_get(bare, "dnsSuffix")), "amazonaws.com");
    json_decref(bare);
    json_t *evil = json_pack("{s:[{s:s,s:s,s:{}},{s:s,s:s,s:{}}]}", "partitions", "id", "bad", "regionRegex", "(",
                             "outputs", "id", "slow", "regionRegex", "^(a+)+$", "outputs");
    json_t *fallback = dr_aws_partition(evil, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab");
    assert_string_equal(json_string_value(json_object_get(fallback, "name")), "bad");
    json_decref(fallback);
    json_decref(evil);
    assert_string_equal(dr_aws_partition_global_region(partitions(), "aws-global"), "us-east-1");
    assert_null(dr_aws_partition_global_region(partitions(), "us-east-1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_public_unit_cases),         cmocka_unit_test(test_templates),
        cmocka_unit_test(test_newer_functions),           cmocka_unit_test(test_what_is_wrong_is_said),
        cmocka_unit_test(test_depth_is_bounded),          cmocka_unit_test(test_text_and_work_are_bounded),
        cmocka_unit_test(test_the_best_scheme_is_chosen), cmocka_unit_test(test_partitions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
