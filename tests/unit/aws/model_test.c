/* Models: compiling, opening, and what operations, shapes and members say; damaged texts. */
#include "providers/aws/model/compact.h"
#include "providers/aws/model/compile.h"
#include "providers/aws/model/index.h"
#include "providers/aws/model/model.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char small[] =
    "{\"metadata\":{\"apiVersion\":\"2014-10-31\",\"endpointPrefix\":\"rds\",\"protocol\":\"query\","
    "\"protocols\":[\"smithy-rpc-v2-cbor\",\"json\",\"query\"],\"serviceId\":\"RDS\",\"serviceFullName\":"
    "\"Relational\","
    "\"xmlNamespace\":\"http://rds\",\"targetPrefix\":\"Rds_2014\",\"jsonVersion\":\"1.1\",\"awsQueryCompatible\":{}},"
    "\"operations\":{\"DescribeThings\":{\"name\":\"DescribeThings\",\"documentation\":\"<p>x</p>\","
    "\"http\":{\"method\":\"POST\",\"requestUri\":\"/\",\"responseCode\":202},\"input\":{\"shape\":\"In\"},"
    "\"output\":{\"shape\":\"Out\",\"resultWrapper\":\"DescribeThingsResult\"},\"errors\":[{\"shape\":\"Gone\"}],"
    "\"endpoint\":{\"hostPrefix\":\"data-\"},\"httpChecksum\":{\"requestChecksumRequired\":true}},"
    "\"AddThing\":{\"http\":{\"method\":\"PUT\",\"requestUri\":\"/things/{Name}\"}}},"
    "\"shapes\":{\"In\":{\"type\":\"structure\",\"required\":[\"Name\"],\"members\":{"
    "\"Name\":{\"shape\":\"Name\",\"location\":\"uri\",\"locationName\":\"name\",\"documentation\":\"d\"},"
    "\"documentation\":{\"shape\":\"Tree\"},\"Token\":{\"shape\":\"Name\",\"idempotencyToken\":true},"
    "\"At\":{\"shape\":\"When\",\"timestampFormat\":\"rfc822\"}}},"
    "\"Out\":{\"type\":\"structure\",\"members\":{\"Tree\":{\"shape\":\"Tree\"}}},"
    "\"Name\":{\"type\":\"string\",\"min\":1,\"max\":64,\"pattern\":\"[a-z]+\",\"enum\":[\"a\",\"b\"]},"
    "\"When\":{\"type\":\"timestamp\",\"timestampFormat\":\"iso8601\"},"
    "\"Tree\":{\"type\":\"list\",\"member\":{\"shape\":\"Tree\",\"locationName\":\"item\"},\"flattened\":true},"
    "\"Gone\":{\"type\":\"structure\",\"exception\":true,\"error\":{\"code\":\"ThingGone\",\"httpStatusCode\":404},"
    "\"retryable\":{\"throttling\":true}}}}";

static json_t *parse(const char *text)
{
    json_t *value = dr_json_parse(text, strlen(text), NULL);
    assert_non_null(value);
    return value;
}

static const struct dr_aws_model *add(struct dr_aws_models *models, const char *text, char **ret_problem)
{
    json_t *service = parse(text), *paginators = parse("{\"pagination\":{\"DescribeThings\":{\"input_token\":\"M\"}}}"),
           *rules = parse("{\"version\":\"1.0\"}");
    const struct dr_aws_model *model = dr_aws_models_add(models, "rds", service, paginators, rules, ret_problem);
    json_decref(service);
    json_decref(paginators);
    json_decref(rules);
    return model;
}

static void operations_and_shapes_say_what_the_model_says(void **state)
{
    (void)state;
    struct dr_aws_models *models = dr_aws_models_new(NULL);
    char *problem = NULL;
    const struct dr_aws_model *model = add(models, small, &problem);
    assert_null(problem);
    assert_non_null(model);
    assert_string_equal(model->service_id, "RDS");
    assert_string_equal(model->signing_name, "rds");
    assert_string_equal(model->signature_version, "v4");
    assert_string_equal(model->xml_uri, "http://rds");
    assert_int_equal(model->protocol, DR_AWS_JSON);
    assert_true(model->query_compatible);
    assert_int_equal(model->operation_count, 2);
    assert_string_equal(model->operation_names[0], "AddThing");

    const struct dr_aws_operation *operation = dr_aws_model_operation(model, "describeThings");
    assert_non_null(operation);
    assert_ptr_equal(operation, dr_aws_model_operation(model, "DescribeThings"));
    assert_null(dr_aws_model_operation(model, "DESCRIBETHINGS"));
    assert_null(dr_aws_model_operation(model, ""));
    assert_int_equal(operation->response_code, 202);
    assert_string_equal(operation->result_wrapper, "DescribeThingsResult");
    assert_string_equal(operation->host_prefix, "data-");
    assert_true(operation->read);
    assert_true(operation->has_idempotency_token);
    assert_false(operation->checksum_required);
    assert_non_null(operation->checksum);
    assert_non_null(strstr(operation->paginator_text, "input_token"));
    assert_int_equal(operation->error_count, 1);
    assert_string_equal(operation->errors[0]->error_code, "ThingGone");
    assert_int_equal(operation->errors[0]->error_status, 404);
    assert_true(operation->errors[0]->is_exception && operation->errors[0]->is_throttling);

    const struct dr_aws_shape *input = operation->input;
    assert_int_equal(input->member_count, 4);
    assert_string_equal(input->members[0].name, "Name");
    assert_true(input->members[0].required);
    assert_int_equal(input->members[0].location, DR_AWS_IN_URI);
    assert_string_equal(input->members[0].wire, "name");
    assert_string_equal(input->members[1].name, "documentation"); /* a member of that name is no documentation */
    assert_int_equal(input->members[3].timestamp, DR_AWS_TIME_RFC822);
    const struct dr_aws_shape *name = dr_aws_member_shape(&input->members[0]);
    assert_true(name->min >= 1 && name->min <= 1 && name->max > 63);
    assert_int_equal(name->value_count, 2);
    assert_string_equal(name->pattern, "[a-z]+");
    const struct dr_aws_shape *tree = dr_aws_member_shape(dr_aws_shape_member(input, "documentation"));
    assert_ptr_equal(tree, dr_aws_member_shape(tree->member)); /* shapes may contain themselves */
    assert_true(tree->flattened && isnan(tree->min));
    assert_null(dr_aws_shape_member(input, "name"));
    assert_null(dr_aws_model_shape(model, "Nothing"));

    const struct dr_aws_operation *other = dr_aws_model_operation(model, "addThing");
    assert_false(other->read);
    assert_null(other->input);
    assert_null(other->paginator_text);
    assert_non_null(dr_aws_model_endpoint_rules(model));
    assert_ptr_equal(dr_aws_models_find(models, "rds", &problem), model);
    dr_aws_models_free(models);
}

/* Each is `small` with one text replaced, and why it is refused. */
static void broken_models_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *why;
    } rows[] = {
        {"\"input\":{\"shape\":\"In\"}", "\"input\":{\"shape\":\"No\"}", "refers to the shape \"No\""},
        {"\"input\":{\"shape\":\"In\"}", "\"input\":{\"shape\":\"Name\"}", "is no structure"},
        {"\"member\":{\"shape\":\"Tree\"", "\"member\":{\"shape\":\"Log\"", "refers to the shape \"Log\""},
        {"\"type\":\"timestamp\"", "\"type\":\"time\"", "unknown type \"time\""},
        {"\"json\",\"query\"]", "\"x\"],\"protocol\":\"cbor\"", "none of the protocols"},
        {"{\"shape\":\"Gone\"}", "{}", "names no shape"},
        {"\"Gone\":{", "\"Go\\tne\":{", "no shape"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *at = strstr(small, rows[i].from);
        assert_non_null(at);
        char *text = dr_format("%.*s%s%s", (int)(at - small), small, rows[i].to, at + strlen(rows[i].from));
        struct dr_aws_models *models = dr_aws_models_new(NULL);
        char *problem = NULL;
        assert_null(add(models, text, &problem));
        assert_non_null(problem);
        if (!strstr(problem, rows[i].why))
            fail_msg("%s", problem);
        free(problem);
        dr_aws_models_free(models);
        free(text);
    }
}

static void a_compact_text_is_sorted_and_knows_its_end(void **state)
{
    (void)state;
    struct dr_aws_compact_writer writer = {0};
    static const char *const names[] = {"b", "a", "ab", "", "B"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        dr_aws_compact_put(&writer, "shape/", names[i], dr_format("{\"n\":%zu}", i));
    struct dr_text out = {0};
    dr_aws_compact_write(&writer, &out);
    struct dr_aws_compact text = {.bytes = out.bytes, .size = out.size};
    struct dr_aws_compact_line line;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_true(dr_aws_compact_find(&text, "shape/", names[i], &line));
        assert_int_equal(line.json[5], '0' + (int)i);
    }
    assert_false(dr_aws_compact_find(&text, "shape/", "c", &line));
    assert_false(dr_aws_compact_find(&text, "shap", "", &line));
    assert_false(dr_aws_compact_find(&text, "", "", &line));
    assert_false(dr_aws_compact_find(&text, "zzz", "", &line));
    assert_true(dr_aws_compact_is_whole(&text));
    for (size_t size = 0; size < out.size; size++) { /* cut anywhere: never taken for whole, never read beyond */
        char *copy = dr_copy_bytes(out.bytes, size);
        struct dr_aws_compact cut = {.bytes = copy, .size = size};
        assert_false(dr_aws_compact_is_whole(&cut));
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            dr_aws_compact_find(&cut, "shape/", names[i], &line);
        free(copy);
    }
    dr_text_done(&out);
}

/* Names that Step Functions documents, among them all that are not simply the serviceId.
 * (https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html) */
static void services_are_named_as_step_functions_names_them(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"SFN", "sfn"},
        {"EventBridge", "eventbridge"},
        {"Elastic Load Balancing v2", "elasticloadbalancingv2"},
        {"CloudWatch Logs", "cloudwatchlogs"},
        {"Cost Explorer", "costexplorer"},
        {"Application Auto Scaling", "applicationautoscaling"},
        {"Route53 Recovery Cluster", "route53recoverycluster"},
        {"Redshift Data", "redshiftdata"},
        {"Config Service", "config"},
        {"Database Migration Service", "databasemigration"},
        {"Cost and Usage Report Service", "costandusagereport"},
        {"Directory Service", "directory"},
        {"Application Discovery Service", "applicationdiscovery"},
        {"Elasticsearch Service", "elasticsearch"},
        {"Lex Model Building Service", "lexmodelbuilding"},
        {"Lex Runtime Service", "lexruntime"},
        {"Lex Models V2", "lexmodelsv2"},
        {"Marketplace Entitlement Service", "marketplaceentitlement"},
        {"Marketplace Metering", "marketplacemetering"},
        {"ServerlessApplicationRepository", "serverlessapplicationrepository"},
        {"CodeStar connections", "codestarconnections"},
        {"codestar notifications", "codestarnotifications"},
        {"IoT 1Click Projects", "iot1clickprojects"},
        {"IoT Jobs Data Plane", "iotjobsdataplane"},
        {"ACM PCA", "acmpca"},
        {"CloudHSM V2", "cloudhsmv2"},
        {"Cognito Identity Provider", "cognitoidentityprovider"},
        {"DynamoDB Streams", "dynamodbstreams"},
        {"ECR PUBLIC", "ecrpublic"},
        {"EMR containers", "emrcontainers"},
        {"Pinpoint SMS Voice", "pinpointsmsvoice"},
        {"Resource Groups Tagging API", "resourcegroupstaggingapi"},
        {"SageMaker A2I Runtime", "sagemakera2iruntime"},
        {"Service Catalog AppRegistry", "servicecatalogappregistry"},
        {"Service Quotas", "servicequotas"},
        {"ServiceDiscovery", "servicediscovery"},
        {"SSO OIDC", "ssooidc"},
        {"WAF Regional", "wafregional"},
        {"S3 Control", "s3control"},
        {"ARC Region switch", "arcregionswitch"},
        {"Service", "service"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *name = dr_aws_sdk_name(rows[i][0]);
        assert_string_equal(name, rows[i][1]);
        free(name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operations_and_shapes_say_what_the_model_says),
        cmocka_unit_test(broken_models_are_refused),
        cmocka_unit_test(services_are_named_as_step_functions_names_them),
        cmocka_unit_test(a_compact_text_is_sorted_and_knows_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
