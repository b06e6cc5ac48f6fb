/* Pages: how paths are read, when there is another page, what the joined result holds. (That it is what botocore makes
 * of the same pages, for every paginator there is, is tests/aws/client_pages.py.) */
#include "interpreter/base/limits.h"
#include "interpreter/base/text.h"
#include "providers/aws/client/pages.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static json_t *parse(const char *text)
{
    char *error = NULL;
    json_t *value = dr_json_parse(text, strlen(text), &error);
    if (!value)
        fail_msg("%s: %s", text, error);
    return value;
}

static void paths_are_searched_as_jmespath_does(void **state)
{
    (void)state;
    static const char document[] = "{\"a\":{\"b\":[{\"c\":1},{\"c\":2}],\"e\":\"\"},\"n\":null,\"t\":\"x\",\"z\":0}";
    static const struct {
        const char *path, *expected; /* NULL: nothing */
    } rows[] = {
        {"t", "\"x\""},      {"a.b[0].c", "1"},    {"a.b[-1].c", "2"},  {"a.b[2].c", NULL},
        {"a.b[-3].c", NULL}, {"a.b.c", NULL},      {"t.x", NULL},       {"t[0]", NULL},
        {"n", NULL},         {"missing", NULL},    {"n || t", "\"x\""}, {"a.e || a.b[-1].c", "2"},
        {"t||n", "\"x\""},   {"n || a.e", "\"\""}, {"z || t", "0"},     {"missing || n", NULL},
        {"a.b[x]", NULL},    {"a.b[0", NULL},      {"a..b", NULL},      {"[0]", NULL},
    };
    json_t *value = parse(document);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const json_t *found = dr_aws_pages_search(rows[i].path, value);
        struct dr_text text = {0};
        if (found)
            dr_text_json(&text, found, 1000);
        if ((found != NULL) != (rows[i].expected != NULL) || (found && strcmp(text.bytes, rows[i].expected) != 0))
            fail_msg("%s gives %s", rows[i].path, found ? text.bytes : "nothing");
        dr_text_done(&text);
    }
    json_decref(value);
}

/* Feeds `outputs` and compares the inputs that were asked for, and the result or the problem. */
static void follow(const char *paginator, const char *input, const char *const *outputs, const char *const *inputs,
                   const char *result, const char *problem)
{
    char *said = NULL;
    json_t *first = input ? parse(input) : NULL;
    struct dr_aws_pages *pages = dr_aws_pages_new(paginator, first, &said);
    assert_non_null(pages);
    enum dr_aws_pages_step step = DR_AWS_PAGES_MORE;
    size_t i = 0;
    for (; step == DR_AWS_PAGES_MORE; i++) {
        assert_non_null(outputs[i]);
        json_t *expected = parse(inputs[i]), *output = parse(outputs[i]);
        if (!json_equal(expected, (json_t *)(uintptr_t)dr_aws_pages_input(pages)))
            fail_msg("page %zu was asked for with another input than %s", i + 1, inputs[i]);
        step = dr_aws_pages_take(pages, output, strlen(outputs[i]), &said);
        json_t *unchanged = parse(outputs[i]);
        assert_true(json_equal(unchanged, output));
        json_decref(unchanged);
        json_decref(expected);
        json_decref(output);
    }
    assert_null(outputs[i]);
    assert_int_equal(dr_aws_pages_count(pages), i);
    if (problem) {
        assert_int_equal(step, DR_AWS_PAGES_BROKEN);
        assert_string_equal(said, problem);
    } else {
        assert_int_equal(step, DR_AWS_PAGES_DONE);
        json_t *joined = dr_aws_pages_result(pages);
        struct dr_text text = {0};
        dr_text_json(&text, joined, 10000);
        assert_string_equal(text.bytes, result);
        dr_text_done(&text);
        json_decref(joined);
    }
    free(said);
    json_decref(first);
    dr_aws_pages_free(pages);
}

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

static void pages_are_followed_and_joined(void **state)
{
    (void)state;
    static const char simple[] = "{\"input_token\":\"Marker\",\"output_token\":\"Marker\",\"result_key\":\"Items\"}";
    follow(simple, "{\"Max\":2}",
           LIST("{\"Items\":[1,2],\"Marker\":\"p2\",\"Other\":1}", "{\"Items\":[],\"Marker\":\"p3\"}",
                "{\"Items\":[3],\"Marker\":\"\"}"),
           LIST("{\"Max\":2}", "{\"Max\":2,\"Marker\":\"p2\"}", "{\"Max\":2,\"Marker\":\"p3\"}"), "{\"Items\":[1,2,3]}",
           NULL);
    follow(simple, NULL, LIST("{\"Items\":[1]}"), LIST("{}"), "{\"Items\":[1]}", NULL);
    follow(simple, NULL, LIST("{}"), LIST("{}"), "{}", NULL);
    /* S3 ListObjects: a flag, and a token that may have to be made from the last item. */
    follow("{\"more_results\":\"IsTruncated\",\"input_token\":\"Marker\",\"output_token\":\"NextMarker || "
           "Contents[-1].Key\",\"result_key\":[\"Contents\",\"CommonPrefixes\"],\"limit_key\":\"MaxKeys\"}",
           "{\"Bucket\":\"b\"}",
           LIST("{\"IsTruncated\":true,\"Contents\":[{\"Key\":\"a\"},{\"Key\":\"b\"}]}",
                "{\"IsTruncated\":true,\"NextMarker\":\"c\",\"Contents\":[{\"Key\":\"x\"}],\"CommonPrefixes\":[9]}",
                "{\"IsTruncated\":false,\"NextMarker\":\"d\",\"CommonPrefixes\":[8]}"),
           LIST("{\"Bucket\":\"b\"}", "{\"Bucket\":\"b\",\"Marker\":\"b\"}", "{\"Bucket\":\"b\",\"Marker\":\"c\"}"),
           "{\"Contents\":[{\"Key\":\"a\"},{\"Key\":\"b\"},{\"Key\":\"x\"}],\"CommonPrefixes\":[9,8]}", NULL);
    /* Route 53 ListResourceRecordSets: several tokens, of which some may be missing. */
    follow("{\"more_results\":\"IsTruncated\",\"input_token\":[\"StartName\",\"StartId\"],\"output_token\":"
           "[\"NextName\",\"NextId\"],\"result_key\":\"Sets\"}",
           "{\"StartName\":\"a\"}",
           LIST("{\"IsTruncated\":true,\"NextName\":\"b\",\"NextId\":\"i\",\"Sets\":[1]}",
                "{\"IsTruncated\":true,\"NextName\":\"b\",\"Sets\":[2]}", "{\"IsTruncated\":false,\"Sets\":[3]}"),
           LIST("{\"StartName\":\"a\"}", "{\"StartName\":\"b\",\"StartId\":\"i\"}", "{\"StartName\":\"b\"}"),
           "{\"Sets\":[1,2,3]}", NULL);
    /* CloudFront, Kinesis: everything one level down; the first page's other keys stay. */
    follow("{\"more_results\":\"L.More\",\"input_token\":\"Marker\",\"output_token\":\"L.Next\",\"result_key\":"
           "\"L.Items\",\"non_aggregate_keys\":[\"L.Name\",\"Kind\",\"L\"]}",
           NULL,
           LIST("{\"L\":{\"More\":true,\"Next\":\"n\",\"Items\":[1],\"Name\":\"x\"},\"Kind\":{\"a\":[1]}}",
                "{\"L\":{\"More\":false,\"Items\":[2],\"Name\":\"y\"},\"Kind\":\"z\"}"),
           LIST("{}", "{\"Marker\":\"n\"}"), "{\"L\":{\"Items\":[1,2],\"Name\":\"x\"},\"Kind\":{\"a\":[1]}}", NULL);
    /* DynamoDB Scan (numbers, a token that is an object), RDS logs (text), API Gateway usage (maps). */
    follow("{\"input_token\":\"Start\",\"output_token\":\"Last\",\"result_key\":[\"Count\",\"Text\",\"Usage\"]}", NULL,
           LIST("{\"Count\":2,\"Text\":\"ab\",\"Usage\":{\"k\":[1],\"l\":[5]},\"Last\":{\"pk\":{\"S\":\"x\"}}}",
                "{\"Count\":3,\"Text\":\"c\",\"Usage\":{\"k\":[2],\"m\":[7]},\"Last\":{}}"),
           LIST("{}", "{\"Start\":{\"pk\":{\"S\":\"x\"}}}"),
           "{\"Count\":5,\"Text\":\"abc\",\"Usage\":{\"k\":[1,2],\"l\":[5],\"m\":[7]}}", NULL);
}

static void what_would_never_end_is_told(void **state)
{
    (void)state;
    static const char simple[] = "{\"input_token\":\"Marker\",\"output_token\":\"Marker\",\"result_key\":\"Items\"}",
                      flagged[] = "{\"more_results\":\"More\",\"input_token\":\"Marker\",\"output_token\":\"Next\","
                                  "\"result_key\":\"Items\"}";
    follow(simple, NULL, LIST("{\"Marker\":\"a\"}", "{\"Marker\":\"b\"}", "{\"Marker\":\"b\"}"),
           LIST("{}", "{\"Marker\":\"a\"}", "{\"Marker\":\"b\"}"), NULL,
           "page 3 ends with the same Marker as the page before: it would never end");
    follow(simple, "{\"Marker\":\"a\"}", LIST("{\"Marker\":\"a\"}"), LIST("{\"Marker\":\"a\"}"), NULL,
           "page 1 ends with the same Marker as the page before: it would never end");
    follow(flagged, NULL, LIST("{\"More\":true}"), LIST("{}"), NULL,
           "page 1 says that there is more (More) and not where (Next is missing)");
}

static void size_and_number_are_bounded(void **state)
{
    (void)state;
    static const char simple[] = "{\"input_token\":\"Marker\",\"output_token\":\"Marker\",\"result_key\":\"Items\"}";
    char *problem = NULL;
    struct dr_aws_pages *pages = dr_aws_pages_new(simple, NULL, &problem);
    json_t *a = parse("{\"Marker\":\"a\"}"), *b = parse("{\"Marker\":\"b\"}"), *none = parse("{}");
    assert_int_equal(dr_aws_pages_take(pages, a, DR_PAYLOAD_BYTES_MAX, &problem), DR_AWS_PAGES_MORE);
    assert_int_equal(dr_aws_pages_take(pages, none, 1, &problem), DR_AWS_PAGES_BROKEN);
    assert_string_equal(problem, "the first 2 pages together are larger than the 67108864 bytes allowed: narrow the "
                                 "request, or ask for single pages");
    free(problem);
    dr_aws_pages_free(pages);
    pages = dr_aws_pages_new(simple, NULL, &problem);
    for (unsigned i = 1; i < DR_AWS_PAGES_MAX; i++)
        assert_int_equal(dr_aws_pages_take(pages, i % 2 ? a : b, 0, &problem), DR_AWS_PAGES_MORE);
    assert_int_equal(dr_aws_pages_take(pages, b, 0, &problem), DR_AWS_PAGES_BROKEN);
    assert_string_equal(problem, "there are more than 10000 pages: narrow the request, or ask for single pages");
    free(problem);
    dr_aws_pages_free(pages);
    json_decref(a);
    json_decref(b);
    json_decref(none);
}

static void broken_paginators_are_refused(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        "[]",
        "{}",
        "{\"input_token\":\"a\",\"output_token\":\"b\"}",
        "{\"input_token\":[\"a\",\"c\"],\"output_token\":\"b\",\"result_key\":\"r\"}",
        "{\"input_token\":\"a\",\"output_token\":\"b[*]\",\"result_key\":\"r\"}",
        "{\"input_token\":\"a\",\"output_token\":\"b\",\"result_key\":\"r[0]\"}",
        "{\"input_token\":\"a\",\"output_token\":\"b\",\"result_key\":\"r || s\"}",
        "{\"input_token\":\"a\",\"output_token\":\"b\",\"result_key\":\"\"}",
        "{\"input_token\":7,\"output_token\":\"b\",\"result_key\":\"r\"}",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *problem = NULL;
        assert_null(dr_aws_pages_new(rows[i], NULL, &problem));
        assert_non_null(strstr(problem, "the service model's paginator cannot be followed: "));
        free(problem);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_searched_as_jmespath_does), cmocka_unit_test(pages_are_followed_and_joined),
        cmocka_unit_test(what_would_never_end_is_told),        cmocka_unit_test(size_and_number_are_bounded),
        cmocka_unit_test(broken_paginators_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
