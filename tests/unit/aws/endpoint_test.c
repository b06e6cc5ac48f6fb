/* A call's endpoint and the URL of its request: built-ins, context parameters, pseudo-Regions, models without rules,
 * URLs of one's own, host prefixes, S3's buckets. */
#include "tests/unit/aws/endpoint_support.h"

#include "providers/aws/endpoint/context.h"
#include "providers/aws/endpoint/functions.h"
#include "providers/aws/model/model.h"

#include <unistd.h>

static struct dr_aws_models *models;

/* A service with one operation, "Do": its members as JSON, its http and endpoint as in a model. */
static const struct dr_aws_operation *make(const char *name, const char *metadata, const char *operation,
                                           const char *members, const char *rules)
{
    char *text =
        dr_format("{\"version\": \"2.0\", \"metadata\": {\"apiVersion\": \"2020-01-01\", \"endpointPrefix\": \"%s\", "
                  "\"protocol\": \"rest-json\", \"serviceId\": \"%s\", \"signatureVersion\": \"v4\" %s}, "
                  "\"operations\": {\"Do\": {\"name\": \"Do\", \"input\": {\"shape\": \"In\"} %s}}, "
                  "\"shapes\": {\"In\": {\"type\": \"structure\", \"members\": {%s}}, \"S\": {\"type\": \"string\"}}}",
                  name, name, metadata, operation, members);
    char *problem = NULL;
    json_t *service = dr_json_parse(text, strlen(text), &problem);
    json_t *set = rules ? dr_json_parse(rules, strlen(rules), &problem) : NULL;
    assert_null(problem);
    const struct dr_aws_model *model = dr_aws_models_add(models, name, service, NULL, set, &problem);
    if (!model)
        fail_msg("%s", problem);
    json_decref(service);
    json_decref(set);
    free(text);
    return dr_aws_model_operation(model, "Do");
}

static char *resolve(const struct dr_aws_operation *operation, const char *input,
                     const struct dr_aws_endpoint_settings *settings)
{
    struct dr_aws_endpoint endpoint = {0};
    char *problem = NULL, *text;
    json_t *value = dr_json_parse(input, strlen(input), NULL);
    if (dr_aws_endpoint_resolve(operation, value, settings, &endpoint, &problem))
        text = dr_format("%s %s %s", endpoint.url, endpoint.signing_name, endpoint.signing_region);
    else
        text = problem;
    dr_aws_endpoint_done(&endpoint);
    json_decref(value);
    return text;
}

static void expect(const struct dr_aws_operation *operation, const char *input,
                   struct dr_aws_endpoint_settings settings, const char *expected)
{
    char *actual = resolve(operation, input, &settings);
    if (!strstr(actual, expected))
        fail_msg("expected %s, got %s", expected, actual);
    free(actual);
}

static void test_a_model_without_rules(void **state)
{
    (void)state;
    const struct dr_aws_operation *plain = make("old", ", \"signingName\": \"older\"", "", "", NULL);
    const struct dr_aws_operation *global =
        make("world", ", \"globalEndpoint\": \"world.amazonaws.com\"", "", "", NULL);
    expect(plain, "{}", (struct dr_aws_endpoint_settings){.region = "eu-west-1"},
           "https://old.eu-west-1.amazonaws.com older eu-west-1");
    expect(plain, "{}", (struct dr_aws_endpoint_settings){.region = "cn-north-1"},
           "https://old.cn-north-1.amazonaws.com.cn older cn-north-1");
    expect(plain, "{}", (struct dr_aws_endpoint_settings){.region = "eusc-de-east-1"},
           "https://old.eusc-de-east-1.amazonaws.eu older eusc-de-east-1");
    expect(plain, "{}", (struct dr_aws_endpoint_settings){.region = "us-east-1", .fips = true, .dualstack = true},
           "https://old-fips.us-east-1.api.aws older us-east-1");
    expect(plain, "{}", (struct dr_aws_endpoint_settings){.region = "fips-us-east-1"},
           "https://old-fips.us-east-1.amazonaws.com older us-east-1");
    expect(plain, "{}", (struct dr_aws_endpoint_settings){.region = "us-east-1-fips"},
           "https://old-fips.us-east-1.amazonaws.com older us-east-1");
    expect(global, "{}", (struct dr_aws_endpoint_settings){.region = "eu-west-1"},
           "https://world.amazonaws.com world us-east-1");
    expect(global, "{}", (struct dr_aws_endpoint_settings){0}, "https://world.amazonaws.com world us-east-1");
    expect(global, "{}", (struct dr_aws_endpoint_settings){.region = "aws-cn-global"},
           "https://world.cn-northwest-1.amazonaws.com.cn world cn-northwest-1");
    expect(plain, "{}", (struct dr_aws_endpoint_settings){.region = "us-east-1", .configured_url = "http://[::1]:80"},
           "http://[::1]:80 older us-east-1");
}

static void test_what_cannot_be_a_place(void **state)
{
    (void)state;
    const struct dr_aws_operation *plain = make("bare", "", "", "", NULL);
    expect(plain, "{}", (struct dr_aws_endpoint_settings){0}, "no AWS Region for bare: set Region on the Task");
    expect(plain, "{}", (struct dr_aws_endpoint_settings){.region = ""}, "no AWS Region for bare");
    expect(plain, "{}", (struct dr_aws_endpoint_settings){.configured_url = "http://127.0.0.1:1"},
           "http://127.0.0.1:1 bare us-east-1");
    static const char *const regions[] = {"a b", "us-east-1.evil.com", "us-east-1/", "-", "us_east_1", "fips-", "@"};
    for (size_t i = 0; i < sizeof regions / sizeof *regions; i++)
        expect(plain, "{}", (struct dr_aws_endpoint_settings){.region = regions[i]}, "is not a Region");
    static const char *const urls[] = {
        "localhost:4566",      "ftp://x", "https://",          "http://h:x", "http://h/?a=b", "http://u@h:1:2",
        "http://h/p#fragment", "//h",     "http://h/\r\nX: y", "http://h h", "http://h/a b"};
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++)
        expect(plain, "{}", (struct dr_aws_endpoint_settings){.region = "us-east-1", .configured_url = urls[i]},
               "is not a URL like");
}

#define PARAMETER(name, type, more) "\"" name "\": {\"type\": \"" type "\"" more "}"
#define WHEN(condition, url) "{\"conditions\": [" condition "], \"endpoint\": {\"url\": \"" url "\"}}"
#define IS_SET(name) "{\"fn\": \"isSet\", \"argv\": [{\"ref\": \"" name "\"}]}"

static void test_parameters_come_from_everywhere(void **state)
{
    (void)state;
    static const char
        rules[] =
            "{\"parameters\": {" PARAMETER(
                "Region", "string", ", \"builtIn\": \"AWS::Region\", \"required\": true") "," PARAMETER("Endpoint", "string", ", \"builtIn\": \"SDK::Endpoint\"") "," PARAMETER("Fips", "boolean", ", \"builtIn\": \"AWS::UseFIPS\"") "," PARAMETER("Account", "string", ", \"builtIn\": \"AWS::Auth::AccountId\"") "," PARAMETER("Mode", "string", ", \"builtIn\": \"AWS::Auth::AccountIdEndpointMode\"") "," PARAMETER("Unknown", "string", ", \"builtIn\": \"AWS::Something::New\"") "," PARAMETER("Fixed", "string", "") "," PARAMETER("Member",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                           "string",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                           "") "," PARAMETER("Path", "stringArray", "") "}, \"rules\": [" WHEN(IS_SET("Endpoint"),
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               "{Endpoint}") "," WHEN(IS_SET("Unknown"),
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                      "unknown") "," WHEN(IS_SET("Path"), "https://{Path#[0]}-{Path#[-1]}.{Fixed}") "," WHEN(IS_SET("Member"), "https://{Member}.{Fixed}") "," WHEN(IS_SET("Account"),
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                    "https://{Account}.{Mode}.{Region}") "," WHEN("", "https://{Fixed}.{Region}.{Fips}") "]}";
    const struct dr_aws_operation *operation = make(
        "rich", "",
        ", \"staticContextParams\": {\"Fixed\": {\"value\": \"fixed\"}}, \"operationContextParams\": {\"Path\": "
        "{\"path\": "
        "\"List[*].[A.N, B.N][]\"}}",
        "\"M\": {\"shape\": \"S\", \"contextParam\": {\"name\": \"Member\"}}, \"List\": {\"shape\": \"S\"}", rules);
    struct dr_aws_endpoint_settings settings = {.region = "eu-west-1", .fips = true};
    expect(operation, "{}", settings, "https://fixed.eu-west-1.true rich eu-west-1");
    expect(operation, "{\"M\": \"m\"}", settings, "https://m.fixed");
    expect(operation, "{\"M\": null}", settings, "https://fixed.eu-west-1.true");
    expect(operation, "{\"M\": 7}", settings, "Member is not a string");
    expect(operation, "{\"List\": [{\"A\": {\"N\": \"a\"}}, {\"B\": {\"N\": \"b\"}}, {\"A\": {\"N\": \"c\"}}]}",
           settings, "https://a-c.fixed");
    settings.account_id = "123456789012";
    expect(operation, "{}", settings, "https://123456789012.preferred.eu-west-1");
    settings.configured_url = "http://127.0.0.1:4566/base/";
    expect(operation, "{\"M\": \"m\"}", settings, "http://127.0.0.1:4566/base rich");
}

static void test_paths_into_the_input(void **state)
{
    (void)state;
    static const char input[] =
        "{\"A\": {\"B\": \"b\"}, \"L\": [{\"N\": 1}, {\"M\": 2}, {\"N\": 3}], \"K\": {\"x\": 0, \"y\": "
        "0}, \"N\": null}";
    static const struct {
        const char *path, *expected;
    } cases[] = {{"A.B", "\"b\""},
                 {"A", "{\"B\":\"b\"}"},
                 {"A.C", NULL},
                 {"N", NULL},
                 {"L[*].N", "[1,3]"},
                 {"keys(K)", "[\"x\",\"y\"]"},
                 {"keys(A)", "[\"B\"]"},
                 {"keys(L)", NULL},
                 {"L[*].[N, M][]", "[1,2,3]"},
                 {"L[*].[N]", "[[1],[null],[3]]"},
                 {"A[*]", NULL},
                 {"L[*]", "[{\"N\":1},{\"M\":2},{\"N\":3}]"},
                 {"L[0].N", "1"},
                 {"L[9]", NULL},
                 {"A.", "{\"B\":\"b\"}"},
                 {"keys(", NULL}};
    json_t *value = dr_json_parse(input, strlen(input), NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *found = dr_aws_context_value(value, cases[i].path);
        char *text = found ? json_dumps(found, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
        if (cases[i].expected ? !text || strcmp(text, cases[i].expected) != 0 : text != NULL)
            fail_msg("%s: expected %s, got %s", cases[i].path, cases[i].expected ? cases[i].expected : "nothing",
                     text ? text : "nothing");
        free(text);
        json_decref(found);
    }
    json_decref(value);
}

/* --- Targets ---------------------------------------------------------------------------------------------------- */

static void expect_target(const struct dr_aws_operation *operation, const char *url, const char *prefix,
                          const char *path, const char *query, const char *expected)
{
    struct dr_aws_endpoint endpoint = {.url = dr_copy_string(url)};
    struct dr_aws_request request = {
        .host_prefix = dr_copy_string(prefix), .path = dr_copy_string(path), .query = dr_copy_string(query)};
    struct dr_aws_target target = {0};
    char *problem = NULL;
    if (dr_aws_target_build(operation, &endpoint, &request, &target, &problem)) {
        if (strcmp(target.url, expected) != 0)
            fail_msg("%s + %s: expected %s, got %s", url, path, expected, target.url);
        assert_non_null(strstr(target.url, target.host));
        assert_non_null(strstr(target.url, target.path));
    } else {
        if (!strstr(problem, expected))
            fail_msg("%s + %s: expected %s, got %s", url, path, expected, problem);
    }
    free(problem);
    dr_aws_target_done(&target);
    dr_aws_endpoint_done(&endpoint);
    free(request.host_prefix);
    free(request.path);
    free(request.query);
}

static void test_targets(void **state)
{
    (void)state;
    const struct dr_aws_operation *plain = make("plain", "", ", \"endpoint\": {\"hostPrefix\": \"data-\"}", "", NULL);
    expect_target(plain, "https://a.us-east-1.amazonaws.com", NULL, "/", "", "https://a.us-east-1.amazonaws.com/");
    expect_target(plain, "https://a.us-east-1.amazonaws.com", "data-", "/x", "y=1",
                  "https://data-a.us-east-1.amazonaws.com/x?y=1");
    expect_target(plain, "https://a.us-east-1.api.aws:443", "data-", "/", "", "https://data-a.us-east-1.api.aws/");
    expect_target(plain, "https://data-a.us-east-1.amazonaws.com", "data-", "/", "",
                  "https://data-a.us-east-1.amazonaws.com/");
    /* Nothing below a server of one's own. */
    static const char *const own[] = {"http://127.0.0.1:4566", "http://[::1]:4566", "http://localhost:4566",
                                      "http://moto:5000", "https://emulator.example"};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        char *expected = dr_format("%s/p", own[i]);
        expect_target(plain, own[i], "data-", "/p", "", expected);
        free(expected);
    }
    expect_target(plain, "http://H:80/Base/", NULL, "/p", "", "http://h/Base/p");
    expect_target(plain, "http://h:443", NULL, "/", "", "http://h:443/");
    expect_target(plain, "http://h/base", NULL, "/", "", "http://h/base/");
    expect_target(plain, "http://my_server:1", NULL, "//a/../b%20c", "", "http://my_server:1//a/../b%20c");
    /* What would end the host, or is none. */
    expect_target(plain, "https://a.amazonaws.com", "evil.com/", "/", "", "is not a host name");
    expect_target(plain, "https://a.amazonaws.com", "a..", "/", "", "is not a host name");
    expect_target(plain, "https://a.amazonaws.com", "evil.com#", "/", "", "is not a host name");
    expect_target(plain, "https://a@b", NULL, "/", "", "is not a host name");
    expect_target(plain, "nothing", NULL, "/", "", "not an http or https URL");
    char label[70];
    memset(label, 'x', sizeof label);
    label[sizeof label - 1] = '\0';
    expect_target(plain, "https://amazonaws.com.a.amazonaws.com", label, "/", "", "is not a host name");
}

static void test_buckets_and_accounts_that_the_rules_place(void **state)
{
    (void)state;
    static const char rules[] = "{\"parameters\": {" PARAMETER("Bucket", "string", "") "," PARAMETER(
        "AccountId", "string", "") "}, \"rules\": [" WHEN("", "https://h") "]}";
    static const char http[] =
        ", \"http\": {\"method\": \"GET\", \"requestUri\": \"%s\"}, \"endpoint\": {\"hostPrefix\": "
        "\"{AccountId}.\"}";
    char *bucket_http = dr_format(http, "/{Bucket}/{Key+}"), *other_http = dr_format(http, "/{Bucketeer}");
    const struct dr_aws_operation *bucket = make("buckets", "", bucket_http, "", rules);
    const struct dr_aws_operation *other = make("others", "", other_http, "", rules);
    const struct dr_aws_operation *old = make("oldbuckets", "", bucket_http, "", NULL);
    expect_target(bucket, "https://b.s3.amazonaws.com", NULL, "/b/k/l", "", "https://b.s3.amazonaws.com/k/l");
    expect_target(bucket, "https://b.s3.amazonaws.com", NULL, "/b", "", "https://b.s3.amazonaws.com/");
    expect_target(bucket, "https://b.s3.amazonaws.com", NULL, "/b/", "", "https://b.s3.amazonaws.com/");
    expect_target(bucket, "https://b.s3.amazonaws.com", NULL, "/b//k", "", "https://b.s3.amazonaws.com//k");
    expect_target(bucket, "https://s3.amazonaws.com/b", NULL, "/b/k", "a=1", "https://s3.amazonaws.com/b/k?a=1");
    expect_target(bucket, "http://127.0.0.1:9000/b", NULL, "/b", "", "http://127.0.0.1:9000/b");
    expect_target(bucket, "https://x.s3-accesspoint.us-west-2.amazonaws.com", NULL, "/arn%3Aaws%3As3%3Aa%2Fb/k", "",
                  "https://x.s3-accesspoint.us-west-2.amazonaws.com/k");
    expect_target(bucket, "https://1.s3-control.amazonaws.com", "1.", "/b/k", "",
                  "https://1.s3-control.amazonaws.com/k");
    expect_target(bucket, "https://s3-outposts.amazonaws.com", "1.", "/b/k", "", "https://s3-outposts.amazonaws.com/k");
    expect_target(other, "https://s3.amazonaws.com", NULL, "/x", "", "https://s3.amazonaws.com/x");
    expect_target(old, "https://s3.amazonaws.com", "1.", "/b/k", "", "https://1.s3.amazonaws.com/b/k");
    free(bucket_http);
    free(other_http);
}

static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool dots, label, bucket;
    } cases[] = {{"bucket", false, true, true},   {"my.bucket", true, true, true}, {"my.bucket", false, false, false},
                 {"Bucket", false, true, false},  {"a", false, true, false},       {"1.2.3.4", true, true, false},
                 {"a..b", true, false, false},    {"-ab", false, false, false},    {"ab-", false, false, false},
                 {"", true, false, false},        {"a_b", false, false, false},    {"1.2.3.4.5", true, true, true},
                 {"1.2.3.1234", true, true, true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t size = strlen(cases[i].name);
        assert_int_equal(dr_aws_is_host_label(cases[i].name, size, cases[i].dots), cases[i].label);
        assert_int_equal(dr_aws_is_bucket_host(cases[i].name, size, cases[i].dots), cases[i].bucket);
    }
}

static int set_up(void **state)
{
    (void)state;
    static const char *const none[] = {NULL};
    models = dr_aws_models_new(&(struct dr_aws_models_options){.folders = none});
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    dr_aws_models_free(models);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_model_without_rules),
        cmocka_unit_test(test_what_cannot_be_a_place),
        cmocka_unit_test(test_parameters_come_from_everywhere),
        cmocka_unit_test(test_paths_into_the_input),
        cmocka_unit_test(test_targets),
        cmocka_unit_test(test_buckets_and_accounts_that_the_rules_place),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
