/* SNS, SQS and OpsItems: what is published arrives, hides, comes back, and is seen. */
#include "tests/support/simulated.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define WORLD                                                                                                          \
    "Account: '111122223333'\n"                                                                                        \
    "Regions:\n"                                                                                                       \
    "  us-west-2:\n"                                                                                                   \
    "    sqs: { Queues: { jobs: { RedrivePolicy: "                                                                     \
    "'{\"deadLetterTargetArn\":\"arn:aws:sqs:us-west-2:111122223333:dead\",\"maxReceiveCount\":\"2\"}' }, dead: {}, "  \
    "seen: {}, order.fifo: { ContentBasedDeduplication: 'true' } } }\n"                                                \
    "    sns: { Topics: { alerts: { Subscriptions: [ { Protocol: sqs, Endpoint: seen } ] }, steps.fifo: {} } }\n"      \
    "Global: { iam: { Roles: { failover: {} } } }\n"
#define URL(name) "'QueueUrl': 'https://sqs.us-west-2.amazonaws.com/111122223333/" name "'"
#define TOPIC(name) "'TopicArn': 'arn:aws:sns:us-west-2:111122223333:" name "'"
#define REGION "us-west-2"

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

static json_t *sure(const char *service, const char *operation, const char *input)
{
    return dr_simulated_expect(&world, REGION, service, operation, input, NULL);
}

static void fails(const char *service, const char *operation, const char *input, const char *code)
{
    json_decref(dr_simulated_expect(&world, REGION, service, operation, input, code));
}

static void a_notification_reaches_the_queue_and_is_kept(void **state)
{
    (void)state;
    json_t *result =
        dr_simulated_run(&world, REGION, "sns.notify", "{" TOPIC("alerts") ", 'Message': {'step': 'dns'}}");
    assert_string_equal(dr_simulated_text(result, "/status"), "SUCCEEDED");
    json_t *sent =
        dr_sim_find(world.cloud, "111122223333", REGION, "sns.message", dr_simulated_text(result, "/output/MessageId"));
    assert_string_equal(dr_simulated_text(sent, "/Subject"), "drrun");
    json_decref(result);
    json_t *got = sure("sqs", "ReceiveMessage", "{" URL("seen") ", 'AttributeNames': ['All']}");
    assert_non_null(strstr(dr_simulated_text(got, "/Messages/0/Body"), "{\\\"step\\\":\\\"dns\\\"}"));
    assert_string_equal(dr_simulated_text(got, "/Messages/0/Attributes/ApproximateReceiveCount"), "1");
    json_decref(got);
    fails("sns", "Publish", "{" TOPIC("none") ", 'Message': 'x'}", "NotFound");
    fails("sns", "Publish", "{'TopicArn': 'arn:aws:sns:us-east-1:111122223333:alerts', 'Message': 'x'}",
          "InvalidParameter");
    fails("sns", "Publish", "{" TOPIC("alerts") ", 'Message': 'x', 'MessageStructure': 'json'}", "InvalidParameter");
    fails("sns", "ConfirmSubscription", "{" TOPIC("alerts") ", 'Token': 'x'}", "NotSimulated");
}

static void a_message_sent_again_after_a_reset_is_seen_twice_but_once_with_fifo(void **state)
{
    (void)state;
    dr_simulated_fault(&world, "{'Fault': 'ResetAfter', 'Service': 'sns', 'Operation': 'Publish', 'Count': 1}");
    json_t *result = dr_simulated_run(&world, REGION, "sns.notify", "{" TOPIC("steps.fifo") ", 'Message': 'go'}");
    assert_string_equal(dr_simulated_text(result, "/status"), "SUCCEEDED");
    json_decref(result);
    assert_int_equal(json_object_size(dr_sim_table(world.cloud, "111122223333", REGION, "sns.message")), 1);
    dr_simulated_fault(&world, "{'Fault': 'ResetAfter', 'Service': 'sns', 'Operation': 'Publish', 'Count': 1}");
    json_decref(dr_simulated_run(&world, REGION, "sns.notify", "{" TOPIC("alerts") ", 'Message': 'go'}"));
    json_t *got =
        sure("sqs", "GetQueueAttributes", "{" URL("seen") ", 'AttributeNames': ['ApproximateNumberOfMessages']}");
    assert_string_equal(dr_simulated_text(got, "/Attributes/ApproximateNumberOfMessages"), "2");
    json_decref(got);
}

static void messages_hide_and_come_back_and_die_in_the_end(void **state)
{
    (void)state;
    json_t *sent = sure(
        "sqs", "SendMessage",
        "{" URL(
            "jobs") ", 'MessageBody': 'work', 'MessageAttributes': {'a': {'DataType': 'String', 'StringValue': 'b'}}}");
    assert_string_equal(dr_simulated_text(sent, "/MD5OfMessageBody"), "67e92c8765a9bc7fb2d335c459de9eb5");
    assert_int_equal(strlen(dr_simulated_text(sent, "/MD5OfMessageAttributes")), 32);
    json_decref(sent);
    for (int i = 0; i < 2; i++) {
        json_t *got = sure("sqs", "ReceiveMessage", "{" URL("jobs") ", 'VisibilityTimeout': 10}");
        assert_string_equal(dr_simulated_text(got, "/Messages/0/Body"), "work");
        json_decref(got);
        got = sure("sqs", "ReceiveMessage", "{" URL("jobs") "}");
        assert_null(json_object_get(got, "Messages"));
        json_decref(got);
        dr_simulated_wait(&world, 11);
    }
    json_decref(sure("sqs", "ReceiveMessage", "{" URL("jobs") "}"));
    json_t *got = sure("sqs", "ReceiveMessage", "{" URL("dead") "}");
    assert_string_equal(dr_simulated_text(got, "/Messages/0/Body"), "work");
    char *input = NULL;
    json_t *given = json_pack("{s:s,s:s}", "QueueUrl", "https://sqs.us-west-2.amazonaws.com/111122223333/dead",
                              "ReceiptHandle", dr_simulated_text(got, "/Messages/0/ReceiptHandle"));
    input = json_dumps(given, 0);
    fails("sqs", "DeleteMessage", input, NULL);
    fails("sqs", "ChangeMessageVisibility", "{" URL("dead") ", 'ReceiptHandle': 'x', 'VisibilityTimeout': 1}",
          "ReceiptHandleIsInvalid");
    free(input);
    json_decref(given);
    json_decref(got);
    fails("sqs", "SendMessage", "{" URL("none") ", 'MessageBody': 'x'}", "AWS.SimpleQueueService.NonExistentQueue");
    fails("sqs", "ReceiveMessage", "{" URL("dead") ", 'MaxNumberOfMessages': 11}", "InvalidParameterValue");
}

static void a_fifo_group_waits_for_its_first_message(void **state)
{
    (void)state;
    json_decref(sure("sqs", "SendMessage", "{" URL("order.fifo") ", 'MessageBody': '1', 'MessageGroupId': 'a'}"));
    json_decref(sure("sqs", "SendMessage", "{" URL("order.fifo") ", 'MessageBody': '1', 'MessageGroupId': 'a'}"));
    json_decref(sure("sqs", "SendMessage", "{" URL("order.fifo") ", 'MessageBody': '2', 'MessageGroupId': 'a'}"));
    json_decref(sure("sqs", "SendMessage", "{" URL("order.fifo") ", 'MessageBody': '3', 'MessageGroupId': 'b'}"));
    const char *wanted[] = {"1", "3"};
    for (int i = 0; i < 2; i++) {
        json_t *got = sure("sqs", "ReceiveMessage", "{" URL("order.fifo") "}");
        assert_string_equal(dr_simulated_text(got, "/Messages/0/Body"), wanted[i]);
        json_decref(got);
    }
    int64_t before = world.now_ms;
    json_t *none = sure("sqs", "ReceiveMessage", "{" URL("order.fifo") ", 'WaitTimeSeconds': 20}");
    assert_int_equal(json_object_size(none), 0);
    assert_true(world.now_ms - before >= 20000);
    json_decref(none);
    fails("sqs", "SendMessage", "{" URL("order.fifo") ", 'MessageBody': '4'}", "MissingParameter");
}

static void an_incident_is_opened_once(void **state)
{
    (void)state;
    const char *item = "{'Title': 'Failover', 'Source': 'drrun', 'Description': 'us-east-1 is gone', 'Severity': '1',"
                       " 'OperationalData': {'/aws/dedup': {'Type': 'SearchableString', 'Value': "
                       "'{\\\"dedupString\\\":\\\"e1\\\"}'}}}";
    json_t *made = sure("ssm", "CreateOpsItem", item);
    const char *id = dr_simulated_text(made, "/OpsItemId");
    assert_int_equal(strncmp(id, "oi-", 3), 0);
    json_t *again = dr_simulated_expect(&world, REGION, "ssm", "CreateOpsItem", item, "OpsItemAlreadyExistsException");
    assert_string_equal(dr_simulated_text(again, "/Error/Details/OpsItemId"), id);
    json_decref(again);
    json_t *change = json_pack("{s:s,s:s}", "OpsItemId", id, "Status", "Resolved");
    char *input = json_dumps(change, 0);
    json_decref(sure("ssm", "UpdateOpsItem", input));
    json_decref(change);
    free(input);
    json_t *found = sure("ssm", "DescribeOpsItems",
                         "{'OpsItemFilters': [{'Key': 'Status', 'Values': ['Resolved'], 'Operator': 'Equal'}]}");
    assert_string_equal(dr_simulated_text(found, "/OpsItemSummaries/0/OpsItemId"), id);
    json_decref(found);
    json_decref(sure("ssm", "CreateOpsItem", item));
    json_decref(made);
}

static void parameters_are_described_without_their_values(void **state)
{
    (void)state;
    json_decref(sure("ssm", "PutParameter", "{'Name': '/shop/a', 'Value': 'x', 'Type': 'String'}"));
    json_decref(sure("ssm", "PutParameter", "{'Name': '/blog/a', 'Value': 'x', 'Type': 'String'}"));
    json_t *all = sure("ssm", "DescribeParameters",
                       "{'ParameterFilters': [{'Key': 'Name', 'Option': 'BeginsWith', 'Values': ['/shop']}]}");
    assert_int_equal(json_array_size(json_object_get(all, "Parameters")), 1);
    assert_string_equal(dr_simulated_text(all, "/Parameters/0/Name"), "/shop/a");
    assert_null(dr_simulated_at(all, "/Parameters/0/Value"));
    json_decref(all);
    fails("ssm", "DescribeParameters", "{'ParameterFilters': [{'Key': 'Type', 'Values': ['String']}]}", "NotSimulated");
}

static void roles_of_the_world_are_seen(void **state)
{
    (void)state;
    json_t *role = sure("iam", "GetRole", "{'RoleName': 'failover'}");
    assert_string_equal(dr_simulated_text(role, "/Role/Arn"), "arn:aws:iam::111122223333:role/failover");
    json_decref(role);
    fails("iam", "GetRole", "{'RoleName': 'none'}", "NoSuchEntity");
    json_t *user = sure("iam", "GetUser", "{}");
    assert_string_equal(dr_simulated_text(user, "/User/UserName"), "simulated");
    json_decref(user);
    role = sure("iam", "ListRoles", "{}");
    assert_string_equal(dr_simulated_text(role, "/Roles/0/RoleName"), "failover");
    json_decref(role);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)
    const struct CMUnitTest tests[] = {
        TEST(a_notification_reaches_the_queue_and_is_kept),
        TEST(a_message_sent_again_after_a_reset_is_seen_twice_but_once_with_fifo),
        TEST(messages_hide_and_come_back_and_die_in_the_end),
        TEST(a_fifo_group_waits_for_its_first_message),
        TEST(an_incident_is_opened_once),
        TEST(parameters_are_described_without_their_values),
        TEST(roles_of_the_world_are_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
