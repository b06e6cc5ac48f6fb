/* Step Functions' spellings of services, operations, members and errors, and values between them and the API's. */
#include "providers/aws/integration/names.h"

#include "interpreter/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct pair {
    const char *from, *to;
};
#define COUNT(array) (sizeof(array) / sizeof *(array))

static void check_pairs(char *(*spell)(const char *), const struct pair *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char *spelt = spell(pairs[i].from);
        assert_string_equal(spelt, pairs[i].to);
        free(spelt);
    }
}

static void members_are_words_with_their_acronyms_lowered(void **state)
{
    (void)state;
    static const struct pair members[] = {
        {"DBInstanceIdentifier", "DbInstanceIdentifier"},
        {"DBInstances", "DbInstances"},
        {"desiredCount", "DesiredCount"},
        {"TTL", "Ttl"},
        {"NULL", "Nul"},
        {"S", "S"},
        {"SS", "Ss"},
        {"ETag", "ETag"},
        {"VPCZoneIdentifier", "VpcZoneIdentifier"},
        {"EnableIAMDatabaseAuthentication", "EnableIamDatabaseAuthentication"},
        {"SSEKMSKeyId", "SsekmsKeyId"},
        {"MD5OfMessageBody", "Md5OfMessageBody"},
        {"EC2SecurityGroupId", "Ec2SecurityGroupId"},
        {"S3Bucket", "S3Bucket"},
        {"s3Key", "S3Key"},
        {"privateIpv4Address", "PrivateIpv4Address"},
        {"IPv6Address", "IpV6Address"},
        {"Ipv6CidrBlock", "Ipv6CidrBlock"},
        {"ResourceARN", "ResourceArn"},
        {"x-amz-meta", "XAmzMeta"},
        {"Equals", "EqualsValue"},
        {"", ""},
        {"A", "A"},
        {"a", "A"},
    };
    check_pairs(dr_aws_sdk_member, members, COUNT(members));
}

static char *spell_as_setter(const char *name)
{
    return dr_aws_spell_member(DR_AWS_SPELLING_SETTER, name);
}

static void setters_only_lower_a_leading_acronym(void **state)
{
    (void)state;
    static const struct pair members[] = {
        {"DBClusterIdentifier", "DbClusterIdentifier"},
        {"SourceDBClusterIdentifier", "SourceDBClusterIdentifier"},
        {"DBClusterARNs", "DbClusterARNs"},
        {"MultiAZ", "MultiAZ"},
        {"ETag", "ETag"},
        {"TTL", "Ttl"},
        {"sizeInGiB", "SizeInGiB"},
    };
    check_pairs(spell_as_setter, members, COUNT(members));
}

static void operations_are_in_camel_case(void **state)
{
    (void)state;
    static const struct pair operations[] = {
        {"DescribeDBInstances", "describeDBInstances"},
        {"PromoteReadReplica", "promoteReadReplica"},
        {"GetIPSet", "getIPSet"},
        {"ListObjectsV2", "listObjectsV2"},
        {"BGPPeer", "bgpPeer"},
        {"", ""},
        {"X", "x"},
    };
    check_pairs(dr_aws_sdk_operation, operations, COUNT(operations));
}

/* "Supported AWS SDK service integrations" of Step Functions' guide, the exception prefixes that no simple rule gives;
 * the names in lower case are what stands in a Resource. */
static void prefixes_are_those_of_the_guide(void **state)
{
    (void)state;
    static const struct pair services[] = {
        {"RDS", "Rds"},
        {"DynamoDB", "DynamoDb"},
        {"DynamoDB Streams", "DynamoDbStreams"},
        {"ECS", "Ecs"},
        {"EC2", "Ec2"},
        {"S3", "S3"},
        {"S3 Control", "S3Control"},
        {"SFN", "Sfn"},
        {"SQS", "Sqs"},
        {"Elastic Load Balancing", "ElasticLoadBalancing"},
        {"Elastic Load Balancing v2", "ElasticLoadBalancingV2"},
        {"CloudWatch Logs", "CloudWatchLogs"},
        {"ACM PCA", "AcmPca"},
        {"API Gateway", "ApiGateway"},
        {"ApiGatewayV2", "ApiGatewayV2"},
        {"AmplifyUIBuilder", "AmplifyUiBuilder"},
        {"b2bi", "B2Bi"},
        {"billingconductor", "Billingconductor"},
        {"CloudHSM V2", "CloudHsmV2"},
        {"codestar notifications", "CodestarNotifications"},
        {"Config Service", "Config"},
        {"Cost and Usage Report Service", "CostAndUsageReport"},
        {"Database Migration Service", "DatabaseMigration"},
        {"Directory Service", "Directory"},
        {"Directory Service Data", "DirectoryServiceData"},
        {"DocDB Elastic", "DocDbElastic"},
        {"DevOps Guru", "DevOpsGuru"},
        {"Elasticsearch Service", "Elasticsearch"},
        {"FSx", "FSx"},
        {"IoT", "Iot"},
        {"IoTAnalytics", "IoTAnalytics"},
        {"IoTFleetHub", "IoTFleetHub"},
        {"IoT Jobs Data Plane", "IotJobsDataPlane"},
        {"IoTSiteWise", "IoTSiteWise"},
        {"Kinesis Analytics V2", "KinesisAnalyticsV2"},
        {"Lex Model Building Service", "LexModelBuilding"},
        {"Lex Models V2", "LexModelsV2"},
        {"m2", "M2"},
        {"MTurk", "MTurk"},
        {"Pinpoint SMS Voice V2", "PinpointSmsVoiceV2"},
        {"Resource Groups Tagging API", "ResourceGroupsTaggingApi"},
        {"Route 53", "Route53"},
        {"Route53 Recovery Cluster", "Route53RecoveryCluster"},
        {"SageMaker A2I Runtime", "SageMakerA2IRuntime"},
        {"SESv2", "SesV2"},
        {"SSO OIDC", "SsoOidc"},
        {"WAFV2", "Wafv2"},
        {"WAF Regional", "WafRegional"},
        {"XRay", "XRay"},
    };
    for (size_t i = 0; i < COUNT(services); i++) {
        const struct dr_aws_model model = {.service_id = services[i].from};
        char *prefix = dr_aws_sdk_prefix(&model);
        assert_string_equal(prefix, services[i].to);
        free(prefix);
    }
}

static void errors_are_the_exceptions_of_java(void **state)
{
    (void)state;
    static const struct pair exceptions[] = {
        {"DBInstanceNotFoundFault", "DbInstanceNotFoundException"},
        {"ClusterNotFoundException", "ClusterNotFoundException"},
        {"NoSuchKey", "NoSuchKeyException"},
        {"KMSKeyNotAccessibleFault", "KmsKeyNotAccessibleException"},
        {"InvalidDBInstanceStateFault", "InvalidDbInstanceStateException"},
        {"NoSuchHostedZone", "NoSuchHostedZoneException"},
        {"StateMachineDoesNotExist", "StateMachineDoesNotExistException"},
    };
    check_pairs(dr_aws_sdk_exception, exceptions, COUNT(exceptions));
    const struct dr_aws_model model = {.service_id = "SecretsManager"};
    const struct dr_aws_operation operation = {.model = &model};
    const struct dr_aws_shape gone = {.name = "ResourceNotFoundException"};
    char *listed = dr_aws_sdk_error(&operation, &(struct dr_aws_error){.shape = &gone});
    char *unlisted = dr_aws_sdk_error(&operation, &(struct dr_aws_error){0});
    assert_string_equal(listed, "SecretsManager.ResourceNotFoundException");
    assert_string_equal(unlisted, "SecretsManager.SecretsManagerException");
    free(listed);
    free(unlisted);
}

/* --- Values
 * ----------------------------------------------------------------------------------------------------------- */

static const char service[] =
    "{\"metadata\":{\"apiVersion\":\"2012-08-10\",\"endpointPrefix\":\"x\",\"protocol\":\"json\",\"serviceId\":\"X\","
    "\"jsonVersion\":\"1.0\",\"targetPrefix\":\"X\"},\"operations\":{\"DoIt\":{\"name\":\"DoIt\",\"http\":{\"method\":"
    "\"POST\",\"requestUri\":\"/\"},\"input\":{\"shape\":\"In\"},\"output\":{\"shape\":\"In\"}}},\"shapes\":{"
    "\"In\":{\"type\":\"structure\",\"members\":{\"DBInstanceId\":{\"shape\":\"Text\"},\"items\":{\"shape\":\"List\"},"
    "\"Map\":{\"shape\":\"Map\"},\"Count\":{\"shape\":\"Whole\"},\"On\":{\"shape\":\"Truth\"},\"Value\":{\"shape\":"
    "\"Value\"},\"Policy\":{\"shape\":\"Text\"},\"MD5OfBody\":{\"shape\":\"Text\"},\"Zip\":{\"shape\":\"Bytes\"},"
    "\"Payload\":{\"shape\":\"Bytes\"}}},\"Bytes\":{\"type\":\"blob\"},"
    "\"Value\":{\"type\":\"structure\",\"members\":{\"NULL\":{\"shape\":\"Truth\"},\"L\":{\"shape\":\"Values\"},"
    "\"M\":{\"shape\":\"ValueMap\"}}},\"Values\":{\"type\":\"list\",\"member\":{\"shape\":\"Value\"}},"
    "\"ValueMap\":{\"type\":\"map\",\"key\":{\"shape\":\"Text\"},\"value\":{\"shape\":\"Value\"}},"
    "\"List\":{\"type\":\"list\",\"member\":{\"shape\":\"Item\"}},\"Map\":{\"type\":\"map\",\"key\":{\"shape\":"
    "\"Text\"},\"value\":{\"shape\":\"Item\"}},\"Item\":{\"type\":\"structure\",\"members\":{\"kmsKeyID\":{\"shape\":"
    "\"Text\"}}},\"Text\":{\"type\":\"string\"},\"Whole\":{\"type\":\"integer\"},\"Truth\":{\"type\":\"boolean\"}}}";

static json_t *parse(const char *text)
{
    json_t *value = dr_json_parse(text, strlen(text), NULL);
    assert_non_null(value);
    return value;
}

static int open_model(void **state)
{
    struct dr_aws_models *models = dr_aws_models_new(NULL);
    json_t *text = parse(service);
    char *problem = NULL;
    assert_non_null(dr_aws_models_add(models, "x", text, NULL, NULL, &problem));
    json_decref(text);
    *state = models;
    return 0;
}

static int close_model(void **state)
{
    dr_aws_models_free(*state);
    return 0;
}

static void check_value(void **state, json_t *(*convert)(const struct dr_aws_shape *, const json_t *),
                        const char *given, const char *expected)
{
    char *problem = NULL;
    const struct dr_aws_model *model = dr_aws_models_find(*state, "x", &problem);
    const struct dr_aws_operation *operation = dr_aws_model_operation(model, "doIt");
    json_t *value = parse(given), *wanted = parse(expected), *converted = convert(operation->input, value);
    struct dr_text text = {0};
    dr_text_json(&text, converted, SIZE_MAX);
    if (!json_equal(converted, wanted))
        fail_msg("%s became %s, not %s", given, text.bytes, expected);
    dr_text_done(&text);
    json_decref(value);
    json_decref(wanted);
    json_decref(converted);
}

static void arguments_are_taken_in_any_spelling_at_every_level(void **state)
{
    check_value(state, dr_aws_from_sdk,
                "{\"DbInstanceId\":\"a\",\"Items\":[{\"KmsKeyID\":\"k\"},{\"KmsKeyId\":\"l\"}]}",
                "{\"DBInstanceId\":\"a\",\"items\":[{\"kmsKeyID\":\"k\"},{\"kmsKeyID\":\"l\"}]}");
    check_value(state, dr_aws_from_sdk, "{\"DBInstanceId\":\"a\",\"items\":[{\"kmsKeyID\":\"k\"}]}",
                "{\"DBInstanceId\":\"a\",\"items\":[{\"kmsKeyID\":\"k\"}]}");
    check_value(state, dr_aws_from_sdk, "{\"Value\":{\"M\":{\"NULL\":{\"Nul\":true},\"x\":{\"L\":[{\"NULL\":true}]}}}}",
                "{\"Value\":{\"M\":{\"NULL\":{\"NULL\":true},\"x\":{\"L\":[{\"NULL\":true}]}}}}");
}

static void map_keys_and_unknown_names_are_left_alone(void **state)
{
    check_value(state, dr_aws_from_sdk, "{\"Map\":{\"DBInstanceId\":{\"KmsKeyId\":\"k\"}},\"dbinstanceid\":1,\"\":2}",
                "{\"Map\":{\"DBInstanceId\":{\"kmsKeyID\":\"k\"}},\"dbinstanceid\":1,\"\":2}");
    check_value(state, dr_aws_to_sdk, "{\"Map\":{\"DBInstanceId\":{\"kmsKeyID\":\"k\"}},\"DBOther\":1}",
                "{\"Map\":{\"DBInstanceId\":{\"KmsKeyId\":\"k\"}},\"DBOther\":1}");
}

static void results_are_respelt_and_nulls_are_absent(void **state)
{
    check_value(state, dr_aws_to_sdk,
                "{\"DBInstanceId\":\"a\",\"items\":[{\"kmsKeyID\":\"k\"}],\"Count\":null,\"Value\":{\"NULL\":true}}",
                "{\"DbInstanceId\":\"a\",\"Items\":[{\"KmsKeyId\":\"k\"}],\"Value\":{\"Nul\":true}}");
}

static json_t *to_optimised(const struct dr_aws_shape *shape, const json_t *value)
{
    return dr_aws_to_spelling(DR_AWS_SPELLING_OPTIMISED, shape, value);
}

static void optimised_results_only_raise_the_first_letter(void **state)
{
    check_value(state, to_optimised, "{\"MD5OfBody\":\"a\",\"items\":[{\"kmsKeyID\":\"k\"}]}",
                "{\"MD5OfBody\":\"a\",\"Items\":[{\"KmsKeyID\":\"k\"}]}");
}

static void scalars_are_read_as_step_functions_reads_them(void **state)
{
    check_value(state, dr_aws_from_sdk,
                "{\"Count\":\"5\",\"On\":\"true\",\"Policy\":{\"a\":[1]},\"DBInstanceId\":5,\"Items\":null}",
                "{\"Count\":5,\"On\":true,\"Policy\":\"{\\\"a\\\":[1]}\",\"DBInstanceId\":\"5\"}");
    check_value(state, dr_aws_from_sdk, "{\"Zip\":{\"Base64\":\"AP8=\"}}", "{\"Zip\":{\"Base64\":\"AP8=\"}}");
    check_value(state, dr_aws_from_sdk, "{\"Zip\":{\"a\":1},\"Payload\":{\"Base64\":\"x\"}}",
                "{\"Zip\":\"{\\\"a\\\":1}\",\"Payload\":\"{\\\"Base64\\\":\\\"x\\\"}\"}");
    check_value(state, dr_aws_from_sdk, "{\"Count\":\"five\",\"On\":\"1\"}", "{\"Count\":\"five\",\"On\":\"1\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_are_words_with_their_acronyms_lowered),
        cmocka_unit_test(setters_only_lower_a_leading_acronym),
        cmocka_unit_test(operations_are_in_camel_case),
        cmocka_unit_test(prefixes_are_those_of_the_guide),
        cmocka_unit_test(errors_are_the_exceptions_of_java),
        cmocka_unit_test(arguments_are_taken_in_any_spelling_at_every_level),
        cmocka_unit_test(map_keys_and_unknown_names_are_left_alone),
        cmocka_unit_test(results_are_respelt_and_nulls_are_absent),
        cmocka_unit_test(optimised_results_only_raise_the_first_letter),
        cmocka_unit_test(scalars_are_read_as_step_functions_reads_them),
    };
    return cmocka_run_group_tests(tests, open_model, close_model);
}
