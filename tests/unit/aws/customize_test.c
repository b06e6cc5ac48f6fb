/* What services want beyond their models (customisations.def, presign.def). */
#include "tests/unit/aws/serialize.h"

static const char s3_shapes[] =
    "{'In': {'type': 'structure', 'members': {"
    "  'Bucket': {'shape': 'S', 'location': 'uri', 'locationName': 'Bucket'},"
    "  'Key': {'shape': 'S', 'location': 'uri', 'locationName': 'Key'},"
    "  'CopySource': {'shape': 'S', 'location': 'header', 'locationName': 'x-amz-copy-source'},"
    "  'SSECustomerKey': {'shape': 'S', 'location': 'header', 'locationName': 'x-key'},"
    "  'SSECustomerKeyMD5': {'shape': 'S', 'location': 'header', 'locationName': 'x-md5'},"
    "  'Metadata': {'shape': 'M', 'location': 'headers', 'locationName': 'x-amz-meta-'}}},"
    " 'S': {'type': 'string'}, 'M': {'type': 'map', 'key': {'shape': 'S'}, 'value': {'shape': 'S'}}}";

static struct test_api s3_copy(void)
{
    return test_api_new("{'protocol': 'rest-xml', 'serviceId': 'S3'}",
                        "{'name': 'CopyObject', 'http': {'method': 'PUT', 'requestUri': '/{Bucket}/{Key+}'}, 'input': "
                        "{'shape': 'In'}}",
                        s3_shapes);
}

static void test_s3_buckets(void **state)
{
    (void)state;
    static const char *const good[] = {"my-bucket", "a.b_C9", "arn:aws:s3:us-west-2:123456789012:accesspoint/mine",
                                       "arn:aws-cn:s3-outposts:cn-north-1:123456789012:outpost/op-1/accesspoint/mine"};
    static const char *const wrong[] = {"", "a/b", "a b", "a?b", "a#", "ä", "arn:aws:s3:::bucket", "../x", "a\\u0000b"};
    struct test_api api = s3_copy();
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!test_api_call(&api, test_json("{'Key': 'k', 'Bucket': '%s'}", good[i])))
            fail_msg("%s", api.problem);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        if (test_api_call(&api, test_json("{'Key': 'k', 'Bucket': '%s'}", wrong[i])))
            fail_msg("accepted: %s", wrong[i]);
        assert_string_equal(api.problem,
                            "Input.Bucket must be the name of a bucket (letters, digits, '.', '-' and '_') "
                            "or the ARN of an access point");
    }
    test_api_done(&api);
}

static void test_s3_customer_keys(void **state)
{
    (void)state;
    struct test_api api = s3_copy();
    assert_true(test_api_call(&api, test_json("{'Bucket': 'b', 'Key': 'k', 'SSECustomerKey': '123456789'}")));
    assert_string_equal(test_api_header(&api, "x-key"), "MTIzNDU2Nzg5");
    assert_string_equal(test_api_header(&api, "x-md5"), "JfnnlDI7RTiF9RgfG2JNCw==");
    assert_true(test_api_call(
        &api, test_json("{'Bucket': 'b', 'Key': 'k', 'SSECustomerKey': 'ready', 'SSECustomerKeyMD5': 'sum'}")));
    assert_string_equal(test_api_header(&api, "x-key"), "ready");
    assert_string_equal(test_api_header(&api, "x-md5"), "sum");
    test_api_done(&api);
}

static void test_s3_copy_source(void **state)
{
    (void)state;
    static const struct {
        const char *source, *header;
    } rows[] = {
        {"'b/a b.txt'", "b/a%20b.txt"},
        {"'b/a%20b.txt'", "b/a%20b.txt"}, /* as Step Functions' definitions have it */
        {"'b/100%'", "b/100%25"},
        {"'b/k?versionId=v 1'", "b/k?versionId=v 1"},
        {"'b/k?versionId='", "b/k%3FversionId%3D"},
    };
    struct test_api api = s3_copy();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *input = dr_format("{'Bucket': 'b', 'Key': 'k', 'CopySource': %s}", rows[i].source);
        if (!test_api_call(&api, test_json("%s", input)))
            fail_msg("%s", api.problem);
        assert_string_equal(test_api_header(&api, "x-amz-copy-source"), rows[i].header);
        free(input);
    }
    assert_false(test_api_call(&api, test_json("{'Bucket': 'b', 'Key': 'k', 'CopySource': {'Bucket': 'b'}}")));
    assert_string_equal(api.problem, "Input.CopySource must be a string, not an object");
    assert_false(test_api_call(&api, test_json("{'Bucket': 'b', 'Key': 'k', 'Metadata': {'a': 'ä'}}")));
    assert_string_equal(api.problem, "Input.Metadata must be ASCII: S3's metadata holds nothing else");
    test_api_done(&api);
}

static void test_route53_ids(void **state)
{
    (void)state;
    struct test_api api = test_api_new(
        "{'protocol': 'rest-xml', 'serviceId': 'Route 53'}",
        "{'http': {'method': 'GET', 'requestUri': '/2013-04-01/hostedzone/{Id}'}, 'input': {'shape': 'In'}}",
        "{'In': {'type': 'structure', 'members': {'Id': {'shape': 'ResourceId', 'location': 'uri', 'locationName': "
        "'Id'}}}, 'ResourceId': {'type': 'string'}}");
    assert_true(test_api_call(&api, test_json("{'Id': '/hostedzone/Z1'}")));
    assert_string_equal(api.request.path, "/2013-04-01/hostedzone/Z1");
    assert_true(test_api_call(&api, test_json("{'Id': 'Z1'}")));
    assert_string_equal(api.request.path, "/2013-04-01/hostedzone/Z1");
    assert_false(test_api_call(&api, test_json("{'Id': '/hostedzone/'}")));
    assert_string_equal(api.problem, "Input.Id must not be empty: it is part of the path");
    assert_false(test_api_call(&api, test_json("{'Id': 5}")));
    test_api_done(&api);
}

static void test_glacier(void **state)
{
    (void)state;
    struct test_api api = test_api_new(
        "{'protocol': 'rest-json', 'serviceId': 'Glacier', 'apiVersion': '2012-06-01'}",
        "{'name': 'UploadArchive', 'http': {'method': 'POST', 'requestUri': '/{accountId}/vaults'}, 'input': {'shape': "
        "'In'}}",
        "{'In': {'type': 'structure', 'payload': 'body', 'members': {'accountId': {'shape': 'S', 'location': 'uri', "
        "'locationName': 'accountId'}, 'body': {'shape': 'B', 'streaming': true}}}, 'S': {'type': 'string'}, 'B': "
        "{'type': 'blob'}}");
    static const char hash[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_true(test_api_call(&api, test_json("{}")));
    assert_string_equal(api.request.path, "/-/vaults");
    assert_string_equal(test_api_header(&api, "x-amz-glacier-version"), "2012-06-01");
    assert_null(test_api_header(&api, "x-amz-content-sha256")); /* the signature's */
    assert_string_equal(test_api_header(&api, "x-amz-sha256-tree-hash"), hash);
    test_api_done(&api);
}

static void test_search_is_posted(void **state)
{
    (void)state;
    struct test_api api = test_api_new(
        "{'protocol': 'rest-json', 'serviceId': 'CloudSearch Domain'}",
        "{'name': 'Search', 'http': {'method': 'GET', 'requestUri': '/search?format=sdk'}, 'input': {'shape': 'In'}}",
        "{'In': {'type': 'structure', 'members': {'query': {'shape': 'S', 'location': 'querystring', 'locationName': "
        "'q'}}}, 'S': {'type': 'string'}}");
    assert_true(test_api_call(&api, test_json("{'query': 'a b'}")));
    assert_string_equal(api.request.method, "POST");
    assert_string_equal(api.request.query, "");
    assert_string_equal(api.request.body, "format=sdk&q=a%20b");
    assert_string_equal(test_api_header(&api, "Content-Type"), "application/x-www-form-urlencoded");
    test_api_done(&api);
}

static void test_who_signs_and_where(void **state)
{
    (void)state;
    struct test_api api = test_api_new("{'protocol': 'query', 'serviceId': 'STS', 'apiVersion': '1'}",
                                       "{'name': 'AssumeRoleWithWebIdentity'}", "{}");
    assert_true(test_api_call(&api, test_json("{}")));
    assert_true(api.request.anonymous);
    test_api_done(&api);
    api = test_api_new("{'protocol': 'rest-json', 'serviceId': 'X'}",
                       "{'http': {'requestUri': '/'}, 'authtype': 'v4-unsigned-body'}", "{}");
    assert_true(test_api_call(&api, test_json("{}")));
    assert_true(api.request.unsigned_body && !api.request.anonymous);
    test_api_done(&api);
    api = test_api_new("{'protocol': 'json', 'serviceId': 'Machine Learning', 'jsonVersion': '1.1'}",
                       "{'name': 'Predict', 'input': {'shape': 'In'}}",
                       "{'In': {'type': 'structure', 'members': {'PredictEndpoint': {'shape': 'S'}}}, 'S': {'type': "
                       "'string'}}");
    assert_true(test_api_call(&api, test_json("{'PredictEndpoint': 'https://realtime.example.com'}")));
    assert_string_equal(api.request.endpoint, "https://realtime.example.com");
    test_api_done(&api);
    api = test_api_new("{'protocol': 'rest-json', 'serviceId': 'API Gateway'}", "{'http': {'requestUri': '/'}}", "{}");
    assert_true(test_api_call(&api, test_json("{}")));
    assert_string_equal(test_api_header(&api, "accept"), "application/json");
    test_api_done(&api);
    api = test_api_new(
        "{'protocol': 'rest-xml', 'serviceId': 'S3 Control'}",
        "{'http': {'requestUri': '/'}, 'input': {'shape': 'In'}, 'endpoint': {'hostPrefix': '{AccountId}.'}, "
        "'staticContextParams': {'RequiresAccountId': {'value': true}}}",
        "{'In': {'type': 'structure', 'members': {'AccountId': {'shape': 'S', 'hostLabel': true, 'location': 'header', "
        "'locationName': 'x-amz-account-id'}}}, 'S': {'type': 'string'}}");
    assert_true(test_api_call(&api, test_json("{'AccountId': '123456789012'}")));
    assert_null(api.request.host_prefix);
    assert_string_equal(test_api_header(&api, "x-amz-account-id"), "123456789012");
    test_api_done(&api);
}

/* --- Copies across Regions -----------------------------------------------------------------------------------------
 */

static const char copy_shapes[] =
    "{'In': {'type': 'structure', 'members': {'Source': {'shape': 'S'}, 'SourceRegion': {'shape': 'S'}, "
    "'DestinationRegion': {'shape': 'S'}, 'PreSignedUrl': {'shape': 'S'}, 'PresignedUrl': {'shape': 'S'}}}, 'S': "
    "{'type': 'string'}}";

static void test_rds_copies_are_presigned(void **state)
{
    (void)state;
    struct test_api api = test_api_new("{'protocol': 'query', 'serviceId': 'RDS', 'apiVersion': '2014-10-31'}",
                                       "{'name': 'CopyDBSnapshot', 'input': {'shape': 'In'}}", copy_shapes);
    struct dr_aws_presign need = {0};
    json_t *input = test_json("{'Source': 'arn', 'SourceRegion': 'us-east-1'}");
    assert_true(dr_aws_presign_need(api.operation, input, &need));
    assert_string_equal(need.source_region, "us-east-1");
    assert_string_equal(need.member, "PreSignedUrl");
    assert_true(dr_aws_presign_serialize(api.operation, input, "us-west-2", &api.request, &api.problem));
    assert_string_equal(api.request.method, "GET");
    assert_string_equal(api.request.query,
                        "Action=CopyDBSnapshot&Version=2014-10-31&Source=arn&DestinationRegion=us-west-2");
    assert_null(api.request.body);
    assert_int_equal(api.request.headers.count, 0);
    json_t *presigned = dr_aws_presign_input(api.operation, input, "us-west-2", "https://u/");
    json_decref(input);
    assert_false(dr_aws_presign_need(api.operation, presigned, &need)); /* it is there now */
    assert_true(test_api_call(&api, presigned));
    assert_string_equal(api.request.body,
                        "Action=CopyDBSnapshot&Version=2014-10-31&Source=arn&PreSignedUrl=https%3A%2F%2Fu%2F");
    test_api_done(&api);
}

static void test_ec2_copies_name_the_destination(void **state)
{
    (void)state;
    struct test_api api = test_api_new("{'protocol': 'ec2', 'serviceId': 'EC2', 'apiVersion': '1'}",
                                       "{'name': 'CopySnapshot', 'input': {'shape': 'In'}}", copy_shapes);
    json_t *input = test_json("{'SourceRegion': 'us-east-1'}");
    json_t *presigned = dr_aws_presign_input(api.operation, input, "us-west-2", "u");
    json_decref(input);
    assert_true(test_api_call(&api, presigned));
    assert_string_equal(api.request.body, "Action=CopySnapshot&Version=1&SourceRegion=us-east-1&DestinationRegion=us-"
                                          "west-2&PresignedUrl=u");
    test_api_done(&api);
}

static void test_who_needs_no_url(void **state)
{
    (void)state;
    static const char *const inputs[] = {"{}", "{'SourceRegion': ''}", "{'SourceRegion': null}", "{'SourceRegion': 5}",
                                         "{'SourceRegion': 'us-east-1', 'PreSignedUrl': 'mine'}"};
    struct test_api api =
        test_api_new("{'protocol': 'query', 'serviceId': 'RDS', 'apiVersion': '1'}",
                     "{'name': 'CreateDBInstanceReadReplica', 'input': {'shape': 'In'}}", copy_shapes);
    struct dr_aws_presign need = {0};
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
        json_t *input = test_json("%s", inputs[i]);
        assert_false(dr_aws_presign_need(api.operation, input, &need));
        json_decref(input);
    }
    test_api_done(&api);
    api = test_api_new("{'protocol': 'query', 'serviceId': 'RDS', 'apiVersion': '1'}",
                       "{'name': 'DescribeDBInstances', 'input': {'shape': 'In'}}", copy_shapes);
    json_t *input = test_json("{'SourceRegion': 'us-east-1'}");
    assert_false(dr_aws_presign_need(api.operation, input, &need));
    json_decref(input);
    test_api_done(&api);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_s3_buckets),
        cmocka_unit_test(test_s3_customer_keys),
        cmocka_unit_test(test_s3_copy_source),
        cmocka_unit_test(test_route53_ids),
        cmocka_unit_test(test_glacier),
        cmocka_unit_test(test_search_is_posted),
        cmocka_unit_test(test_who_signs_and_where),
        cmocka_unit_test(test_rds_copies_are_presigned),
        cmocka_unit_test(test_ec2_copies_name_the_destination),
        cmocka_unit_test(test_who_needs_no_url),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
