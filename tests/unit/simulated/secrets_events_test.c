/* Secrets Manager and EventBridge: stages move, replicas follow and are promoted, events find their rules. */
#include "tests/support/simulated.h"

#include "interpreter/base/text.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define WORLD                                                                                                          \
    "Account: '111122223333'\n"                                                                                        \
    "Regions:\n"                                                                                                       \
    "  us-east-1: { secretsmanager: { Secrets: { shop/db: { Value: { user: shop, password: one }, Replicas: "          \
    "[us-west-2] } } } }\n"                                                                                            \
    "  us-west-2: { sqs: { Queues: [jobs] }, ssm: { Parameters: { /shop/region: us-east-1 } }, events: { Rules: { "    \
    "failed: { Pattern: { source: [shop], detail: { state: [ { prefix: FAIL } ], n: [ { numeric: ['>', 1] } ] } }, "   \
    "Targets: [jobs] } } } }\n"
#define EAST "us-east-1"
#define WEST "us-west-2"

static struct dr_simulated world;

static int open_world(void **state)
{
    (void)state;
    dr_simulated_open(&world, WORLD);
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    dr_simulated_close(&world);
    return 0;
}

static void says(const char *region, const char *service, const char *operation, const char *input, const char *pointer,
                 const char *wanted)
{
    json_t *answer = dr_simulated_expect(&world, region, service, operation, input, NULL);
    assert_string_equal(dr_simulated_text(answer, pointer), wanted);
    json_decref(answer);
}

static void fails(const char *region, const char *service, const char *operation, const char *input, const char *code)
{
    json_decref(dr_simulated_expect(&world, region, service, operation, input, code));
}

#define SM "secretsmanager"

static void replicas_follow_and_are_promoted(void **state)
{
    (void)state;
    says(WEST, SM, "GetSecretValue", "{'SecretId': 'shop/db'}", "/SecretString",
         "{\"user\":\"shop\",\"password\":\"one\"}");
    fails(WEST, SM, "PutSecretValue", "{'SecretId': 'shop/db', 'SecretString': 'x'}", "InvalidRequestException");
    says(EAST, SM, "PutSecretValue", "{'SecretId': 'shop/db', 'SecretString': 'two'}", "/VersionStages/0",
         "AWSCURRENT");
    says(EAST, SM, "GetSecretValue", "{'SecretId': 'shop/db', 'VersionStage': 'AWSPREVIOUS'}", "/SecretString",
         "{\"user\":\"shop\",\"password\":\"one\"}");
    says(EAST, SM, "DescribeSecret", "{'SecretId': 'shop/db'}", "/ReplicationStatus/0/Status", "InProgress");
    dr_simulated_wait(&world, 4);
    says(EAST, SM, "DescribeSecret", "{'SecretId': 'shop/db'}", "/ReplicationStatus/0/Status", "InSync");
    says(WEST, SM, "GetSecretValue", "{'SecretId': 'shop/db'}", "/SecretString", "two");
    dr_simulated_fault(&world, "{'Fault': 'RegionDown', 'Region': 'us-east-1'}");
    json_decref(dr_simulated_expect(&world, WEST, SM, "StopReplicationToReplica", "{'SecretId': 'shop/db'}", NULL));
    says(WEST, SM, "PutSecretValue", "{'SecretId': 'shop/db', 'SecretString': 'three'}", "/Name", "shop/db");
    fails(WEST, SM, "GetSecretValue", "{'SecretId': 'none'}", "ResourceNotFoundException");
    fails(WEST, SM, "StopReplicationToReplica", "{'SecretId': 'shop/db'}", "InvalidRequestException");
}

static void a_secret_is_made_once_and_deleted_in_the_end(void **state)
{
    (void)state;
    const char *make = "{'Name': 'key', 'SecretBinary': {'Base64': 'AP8='}, 'ClientRequestToken': "
                       "'aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa'}";
    says(WEST, SM, "CreateSecret", make, "/Name", "key");
    says(WEST, SM, "CreateSecret", make, "/VersionId", "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa");
    fails(WEST, SM, "CreateSecret", "{'Name': 'key', 'SecretString': 'x'}", "ResourceExistsException");
    says(WEST, SM, "GetSecretValue", "{'SecretId': 'key'}", "/SecretBinary", "AP8=");
    json_decref(dr_simulated_expect(&world, WEST, SM, "DeleteSecret", "{'SecretId': 'key'}", NULL));
    fails(WEST, SM, "GetSecretValue", "{'SecretId': 'key'}", "InvalidRequestException");
    json_decref(dr_simulated_expect(&world, WEST, SM, "RestoreSecret", "{'SecretId': 'key'}", NULL));
    json_decref(dr_simulated_expect(&world, WEST, SM, "GetSecretValue", "{'SecretId': 'key'}", NULL));
    json_decref(dr_simulated_expect(&world, WEST, SM, "DeleteSecret",
                                    "{'SecretId': 'key', 'ForceDeleteWithoutRecovery': true}", NULL));
    fails(WEST, SM, "DescribeSecret", "{'SecretId': 'key'}", "ResourceNotFoundException");
}

static void references_are_resolved_in_the_simulation(void **state)
{
    (void)state;
    const char *runbook =
        "Runbook: { Name: m, Region: us-west-2 }\nStartAt: Send\nStates:\n  Send:\n    Type: Task\n    Resource: "
        "'arn:aws:states:::sqs:sendMessage'\n"
        "    Parameters: { QueueUrl: 'https://sqs.us-west-2.amazonaws.com/111122223333/jobs', MessageBody: "
        "'{{resolve:secretsmanager:shop/db:SecretString:password}}@{{resolve:ssm:/shop/region}}' }\n"
        "    End: true\n";
    json_t *result = dr_simulated_runbook(&world, runbook, "{}");
    assert_string_equal(dr_simulated_text(result, "/status"), "SUCCEEDED");
    json_decref(result);
    says(WEST, "sqs", "ReceiveMessage", "{'QueueUrl': 'https://sqs.us-west-2.amazonaws.com/111122223333/jobs'}",
         "/Messages/0/Body", "one@us-east-1");
}

static void events_find_their_rules(void **state)
{
    (void)state;
    json_t *answer = dr_simulated_expect(
        &world, WEST, "events", "PutEvents",
        "{'Entries': [{'Source': 'shop', 'DetailType': 'x', 'Detail': '{\\\"state\\\":\\\"FAILED\\\",\\\"n\\\":2}'}, "
        "{'Source': 'shop', 'DetailType': 'x', 'Detail': '{\\\"state\\\":\\\"OK\\\",\\\"n\\\":2}'}, {'Source': 'shop', "
        "'DetailType': 'x', 'Detail': 'x'}, {'DetailType': 'x', 'Detail': '{}'}]}",
        NULL);
    assert_int_equal(json_integer_value(json_object_get(answer, "FailedEntryCount")), 2);
    assert_string_equal(dr_simulated_text(answer, "/Entries/2/ErrorCode"), "MalformedDetail");
    assert_string_equal(dr_simulated_text(answer, "/Entries/3/ErrorCode"), "InvalidArgument");
    json_decref(answer);
#define JOBS "{'QueueUrl': 'https://sqs.us-west-2.amazonaws.com/111122223333/jobs', 'AttributeNames': ['All']}"
    says(WEST, "sqs", "GetQueueAttributes", JOBS, "/Attributes/ApproximateNumberOfMessages", "1");
    json_decref(dr_simulated_expect(&world, WEST, "events", "DisableRule", "{'Name': 'failed'}", NULL));
    says(WEST, "events", "DescribeRule", "{'Name': 'failed'}", "/State", "DISABLED");
    json_decref(dr_simulated_expect(
        &world, WEST, "events", "PutEvents",
        "{'Entries': [{'Source': 'shop', 'DetailType': 'x', 'Detail': '{\\\"state\\\":\\\"FAILED\\\",\\\"n\\\":2}'}]}",
        NULL));
    says(WEST, "sqs", "GetQueueAttributes", JOBS, "/Attributes/ApproximateNumberOfMessages", "1");
    says(WEST, "events", "ListTargetsByRule", "{'Rule': 'failed'}", "/Targets/0/Arn",
         "arn:aws:sqs:us-west-2:111122223333:jobs");
    fails(WEST, "events", "PutRule", "{'Name': 'x', 'EventPattern': '{\\\"a\\\":[{\\\"cidr\\\":\\\"10.0.0.0/8\\\"}]}'}",
          "NotSimulated");
    fails(WEST, "events", "PutRule", "{'Name': 'x', 'EventPattern': '[]'}", "InvalidEventPatternException");
    fails(WEST, "events", "PutRule",
          "{'Name': 'odd', 'EventPattern': '{\\\"source\\\":[{\\\"anything-but\\\":{\\\"prefix\\\":5}}]}'}", NULL);
    json_decref(dr_simulated_expect(&world, WEST, "events", "PutEvents",
                                    "{'Entries': [{'Source': 'shop', 'DetailType': 'x', 'Detail': '{}'}]}", NULL));
    fails(WEST, "events", "DescribeRule", "{'Name': 'none'}", "ResourceNotFoundException");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)
    const struct CMUnitTest tests[] = {
        TEST(replicas_follow_and_are_promoted),
        TEST(a_secret_is_made_once_and_deleted_in_the_end),
        TEST(references_are_resolved_in_the_simulation),
        TEST(events_find_their_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
