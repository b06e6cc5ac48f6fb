/* The simulated DynamoDB: expressions, conditions, pages, transactions, and replicas that lag. */
#include "tests/support/simulated.h"

#include "interpreter/base/text.h"
#include "providers/simulated/services/dynamodb.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define WORLD                                                                                                          \
    "Account: '111122223333'\n"                                                                                        \
    "Regions:\n"                                                                                                       \
    "  us-east-1: { dynamodb: { Tables: { state: { Key: id, Replicas: [us-west-2], Lag: 2, Items: [ { id: active, "    \
    "region: us-east-1, epoch: 1 } ] }, log: { Key: run, Sort: 'at:N' } } } }\n"
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

static json_t *sure(const char *region, const char *operation, const char *input)
{
    return dr_simulated_expect(&world, region, "dynamodb", operation, input, NULL);
}

static void fails(const char *operation, const char *input, const char *code, const char *message)
{
    json_t *answer = dr_simulated_expect(&world, EAST, "dynamodb", operation, input, code);
    if (!strstr(dr_simulated_text(answer, "/Error/Message"), message))
        fail_msg("%s: %s", input, dr_simulated_text(answer, "/Error/Message"));
    json_decref(answer);
}

static void says(const char *region, const char *operation, const char *input, const char *pointer, const char *wanted)
{
    json_t *answer = sure(region, operation, input);
    assert_string_equal(dr_simulated_text(answer, pointer), wanted);
    json_decref(answer);
}

static void numbers_are_decimal(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"1", "1"},           {"007.50", "7.5"},
        {"-0", "0"},          {"1e3", "1000"},
        {"1.5E-3", "0.0015"}, {"12345678901234567890123456789012345678", "12345678901234567890123456789012345678"},
        {".5", "0.5"},        {"123456789012345678901234567890123456789", NULL},
        {"x", NULL},          {"", NULL},
        {"1e", NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *number = ddb_number(cases[i][0]);
        if (cases[i][1])
            assert_string_equal(number, cases[i][1]);
        else
            assert_null(number);
        free(number);
    }
    static const char *const sums[][3] = {{"1", "2", "3"},   {"0.1", "0.2", "0.3"}, {"10", "-10", "0"},
                                          {"1", "-2", "-1"}, {"99", "1", "100"},    {"-1.5", "-1.5", "-3"},
                                          {"0", "-5", "-5"}};
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++) {
        char *sum = ddb_number_add(sums[i][0], sums[i][1], false);
        assert_string_equal(sum, sums[i][2]);
        free(sum);
    }
    assert_true(ddb_number_compare("2", "10") < 0);
    assert_true(ddb_number_compare("-2", "-10") > 0);
    assert_true(ddb_number_compare("1.10", "1.1") == 0);
}

#define ACTIVE "'TableName': 'state', 'Key': {'id': {'S': 'active'}}"

static void the_lock_is_taken_once(void **state)
{
    (void)state;
    const char *take =
        "{" ACTIVE
        ", 'UpdateExpression': 'SET #r = :w, epoch = epoch + :one', 'ConditionExpression': '#r = :e AND epoch = :n',"
        " 'ExpressionAttributeNames': {'#r': 'region'},"
        " 'ExpressionAttributeValues': {':w': {'S': 'us-west-2'}, ':e': {'S': 'us-east-1'}, ':one': {'N': '1'}, ':n': "
        "{'N': '1'}}, 'ReturnValues': 'ALL_NEW'}";
    says(EAST, "UpdateItem", take, "/Attributes/epoch/N", "2");
    json_t *refused =
        dr_simulated_expect(&world, EAST, "dynamodb", "UpdateItem", take, "ConditionalCheckFailedException");
    json_decref(refused);
    refused = dr_simulated_expect(&world, EAST, "dynamodb", "PutItem",
                                  "{'TableName': 'state', 'Item': {'id': {'S': 'active'}}, 'ConditionExpression': "
                                  "'attribute_not_exists(id)', 'ReturnValuesOnConditionCheckFailure': 'ALL_OLD'}",
                                  "ConditionalCheckFailedException");
    assert_string_equal(dr_simulated_text(refused, "/Error/Details/Item/region/S"), "us-west-2");
    json_decref(refused);
    says(EAST, "GetItem", "{" ACTIVE ", 'ConsistentRead': true, 'ProjectionExpression': 'epoch'}", "/Item/epoch/N",
         "2");
}

static void replicas_lag_and_the_last_writer_wins(void **state)
{
    (void)state;
    json_decref(sure(EAST, "UpdateItem",
                     "{" ACTIVE
                     ", 'UpdateExpression': 'SET epoch = :n', 'ExpressionAttributeValues': {':n': {'N': '5'}}}"));
    says(WEST, "GetItem", "{" ACTIVE "}", "/Item/epoch/N", "1");
    dr_simulated_wait(&world, 3);
    says(WEST, "GetItem", "{" ACTIVE "}", "/Item/epoch/N", "5");
    unsigned id = dr_simulated_fault(&world, "{'Fault': 'ReplicationStalled', 'Service': 'dynamodb'}");
    json_decref(sure(EAST, "UpdateItem",
                     "{" ACTIVE
                     ", 'UpdateExpression': 'SET epoch = :n', 'ExpressionAttributeValues': {':n': {'N': '6'}}}"));
    json_decref(sure(WEST, "UpdateItem",
                     "{" ACTIVE
                     ", 'UpdateExpression': 'SET epoch = :n', 'ExpressionAttributeValues': {':n': {'N': '7'}}}"));
    dr_simulated_wait(&world, 60);
    says(EAST, "GetItem", "{" ACTIVE "}", "/Item/epoch/N", "6");
    dr_sim_fault_end(world.cloud, id);
    dr_simulated_wait(&world, 3);
    says(EAST, "GetItem", "{" ACTIVE "}", "/Item/epoch/N", "7");
    says(WEST, "GetItem", "{" ACTIVE "}", "/Item/epoch/N", "7");
    says(EAST, "DescribeTable", "{'TableName': 'state'}", "/Table/Replicas/0/RegionName", WEST);
    says(WEST, "DescribeTable", "{'TableName': 'state'}", "/Table/Replicas/0/RegionName", EAST);
    json_decref(
        sure(EAST, "UpdateTable", "{'TableName': 'log', 'ReplicaUpdates': [{'Create': {'RegionName': 'us-west-2'}}]}"));
    json_decref(sure(EAST, "PutItem", "{'TableName': 'log', 'Item': {'run': {'S': 'a'}, 'at': {'N': '1'}}}"));
    says(EAST, "DescribeTable", "{'TableName': 'log'}", "/Table/TableStatus", "UPDATING");
    dr_simulated_wait(&world, 121);
    says(EAST, "DescribeTable", "{'TableName': 'log'}", "/Table/Replicas/0/ReplicaStatus", "ACTIVE");
    json_t *page = sure(WEST, "Scan", "{'TableName': 'log'}");
    assert_int_equal(json_integer_value(json_object_get(page, "Count")), 1);
    json_decref(page);
    json_decref(
        sure(EAST, "UpdateTable", "{'TableName': 'log', 'ReplicaUpdates': [{'Delete': {'RegionName': 'us-west-2'}}]}"));
    dr_simulated_wait(&world, 31);
    json_decref(
        dr_simulated_expect(&world, WEST, "dynamodb", "Scan", "{'TableName': 'log'}", "ResourceNotFoundException"));
}

static void queries_go_in_order_and_page_by_page(void **state)
{
    (void)state;
    for (int i = 0; i < 12; i++) {
        char *input =
            dr_format("{'TableName': 'log', 'Item': {'run': {'S': '%s'}, 'at': {'N': '%d'}, 'state': {'S': 's%d'}}}",
                      i % 3 ? "a" : "b", i, i);
        json_decref(sure(EAST, "PutItem", input));
        free(input);
    }
    struct dr_text seen = {0};
    char *key = NULL;
    do {
        char *input = dr_format("{'TableName': 'log', 'KeyConditionExpression': 'run = :r AND #at > :n', "
                                "'ExpressionAttributeNames': {'#at': 'at'}, 'ExpressionAttributeValues': {':r': {'S': "
                                "'a'}, ':n': {'N': '2'}}, 'ScanIndexForward': false, 'Limit': 2%s%s}",
                                key ? ", 'ExclusiveStartKey': " : "", key ? key : "");
        json_t *page = sure(EAST, "Query", input), *item;
        size_t i;
        json_array_foreach(json_object_get(page, "Items"), i, item)
            dr_text_printf(&seen, "%s,", dr_simulated_text(item, "/at/N"));
        free(input);
        free(key);
        key =
            json_object_get(page, "LastEvaluatedKey") ? json_dumps(json_object_get(page, "LastEvaluatedKey"), 0) : NULL;
        json_decref(page);
    } while (key);
    assert_string_equal(seen.bytes, "11,10,8,7,5,4,");
    dr_text_done(&seen);
    json_t *page =
        sure(EAST, "Scan",
             "{'TableName': 'log', 'FilterExpression': 'begins_with(#s, :p) AND (#at BETWEEN :a AND :b OR #at "
             "IN (:c))', 'ExpressionAttributeNames': {'#s': 'state', '#at': 'at'}, 'ExpressionAttributeValues': {':p': "
             "{'S': 's'}, ':a': {'N': '2'}, ':b': {'N': '4'}, ':c': {'N': '9'}}, 'Select': 'COUNT'}");
    assert_int_equal(json_integer_value(json_object_get(page, "Count")), 4);
    assert_int_equal(json_integer_value(json_object_get(page, "ScannedCount")), 12);
    json_decref(page);
    fails("Query",
          "{'TableName': 'log', 'KeyConditionExpression': '#at = :n', 'ExpressionAttributeNames': {'#at': 'at'}, "
          "'ExpressionAttributeValues': {':n': {'N': '2'}}}",
          "ValidationException", "Query condition missed key schema element: run");
}

static void updates_change_lists_maps_and_sets(void **state)
{
    (void)state;
    json_decref(sure(EAST, "PutItem",
                     "{'TableName': 'state', 'Item': {'id': {'S': 'x'}, 'l': {'L': [{'S': 'a'}]}, 'm': {'M': {'k': "
                     "{'N': '1'}}}, 's': {'SS': ['a', 'b']}}}"));
    json_t *answer =
        sure(EAST, "UpdateItem",
             "{'TableName': 'state', 'Key': {'id': {'S': 'x'}}, 'UpdateExpression': 'SET l = list_append(l, :l), m.k = "
             "m.k + :one, n = if_not_exists(n, :one) REMOVE m.gone ADD c :one DELETE s :s',"
             " 'ExpressionAttributeValues': {':l': {'L': [{'S': 'b'}]}, ':one': {'N': '1.50'}, ':s': {'SS': ['a']}}, "
             "'ReturnValues': 'ALL_NEW'}");
    assert_string_equal(dr_simulated_text(answer, "/Attributes/l/L/1/S"), "b");
    assert_string_equal(dr_simulated_text(answer, "/Attributes/m/M/k/N"), "2.5");
    assert_string_equal(dr_simulated_text(answer, "/Attributes/n/N"), "1.5");
    assert_string_equal(dr_simulated_text(answer, "/Attributes/c/N"), "1.5");
    assert_string_equal(dr_simulated_text(answer, "/Attributes/s/SS/0"), "b");
    json_decref(answer);
#define X "'TableName': 'state', 'Key': {'id': {'S': 'x'}}"
    fails("UpdateItem", "{" X ", 'UpdateExpression': 'SET a = '}", "ValidationException",
          "Syntax error; token: \"<EOF>\"");
    fails("UpdateItem", "{" X ", 'UpdateExpression': 'REMOVE Region'}", "ValidationException",
          "Invalid UpdateExpression: Attribute name is a reserved keyword; reserved keyword: Region");
    fails("UpdateItem", "{" X ", 'UpdateExpression': 'SET a = :x'}", "ValidationException", "attribute value: :x");
    fails("UpdateItem", "{" X ", 'UpdateExpression': 'SET id = :x', 'ExpressionAttributeValues': {':x': {'S': 'y'}}}",
          "ValidationException", "part of the key");
    fails("UpdateItem",
          "{" X
          ", 'UpdateExpression': 'SET a = :x', 'ExpressionAttributeValues': {':x': {'S': 'y'}, ':y': {'S': 'y'}}}",
          "ValidationException", "unused in expressions: keys: {:y}");
    fails("UpdateItem",
          "{" X ", 'UpdateExpression': 'SET a = absent + :x', 'ExpressionAttributeValues': {':x': {'N': '1'}}}",
          "ValidationException", "does not exist in the item");
    fails("UpdateItem", "{" X ", 'UpdateExpression': 'SET a.b = :x', 'ExpressionAttributeValues': {':x': {'N': '1'}}}",
          "ValidationException", "invalid for update");
    fails("UpdateItem",
          "{" X ", 'UpdateExpression': 'SET a = :x, a = :x', 'ExpressionAttributeValues': {':x': {'N': '1'}}}",
          "ValidationException", "overlap");
    fails("PutItem", "{'TableName': 'state', 'Item': {'no': {'S': 'x'}}}", "ValidationException",
          "Missing the key id in the item");
    fails("PutItem", "{'TableName': 'state', 'Item': {'id': {'N': '1'}}}", "ValidationException",
          "Type mismatch for key id expected: S actual: N");
    fails("GetItem", "{'TableName': 'state', 'Key': {'no': {'S': 'x'}}}", "ValidationException",
          "The provided key element does not match the schema");
    fails("GetItem", "{'TableName': 'none', 'Key': {'no': {'S': 'x'}}}", "ResourceNotFoundException",
          "Requested resource not found");
    fails("UpdateTimeToLive",
          "{'TableName': 'state', 'TimeToLiveSpecification': {'Enabled': true, 'AttributeName': 'x'}}", "NotSimulated",
          "not simulated");
    says(EAST, "PutItem", "{'TableName': 'state', 'Item': {'id': {'S': 'bytes'}, 'b': {'B': {'Base64': 'AP8='}}}}",
         "/none", "");
    says(EAST, "GetItem", "{'TableName': 'state', 'Key': {'id': {'S': 'bytes'}}}", "/Item/b/B", "AP8=");
}

static char *made_with(const char *token)
{
    return dr_format(
        "{'TransactItems': [{'Put': {'TableName': 'log', 'Item': {'run': {'S': 't'}, 'at': {'N': '1'}}}}, {'Update': "
        "{" ACTIVE ", 'UpdateExpression': 'SET epoch = :n', 'ConditionExpression': 'epoch = :o', "
        "'ExpressionAttributeValues': {':n': {'N': '2'}, ':o': {'N': '1'}}}}], 'ClientRequestToken': '%s'}",
        token);
}

static void transactions_are_all_or_nothing(void **state)
{
    (void)state;
    char *input = made_with("one");
    json_decref(sure(EAST, "TransactWriteItems", input));
    json_decref(sure(EAST, "TransactWriteItems", input)); /* the same token: done already */
    free(input);
    input = made_with("two");
    json_t *refused =
        dr_simulated_expect(&world, EAST, "dynamodb", "TransactWriteItems", input, "TransactionCanceledException");
    assert_string_equal(dr_simulated_text(refused, "/Error/Details/CancellationReasons/1/Code"),
                        "ConditionalCheckFailed");
    assert_string_equal(dr_simulated_text(refused, "/Error/Details/CancellationReasons/0/Code"), "None");
    json_decref(refused);
    free(input);
    json_t *got = sure(EAST, "TransactGetItems",
                       "{'TransactItems': [{'Get': {" ACTIVE
                       "}}, {'Get': {'TableName': 'state', 'Key': {'id': {'S': 'none'}}}}]}");
    assert_string_equal(dr_simulated_text(got, "/Responses/0/Item/epoch/N"), "2");
    json_decref(got);
    json_decref(sure(EAST, "BatchWriteItem",
                     "{'RequestItems': {'log': [{'PutRequest': {'Item': {'run': {'S': 'b'}, 'at': {'N': '1'}}}}, "
                     "{'DeleteRequest': {'Key': {'run': {'S': 't'}, 'at': {'N': '1'}}}}]}}"));
    says(EAST, "BatchGetItem",
         "{'RequestItems': {'log': {'Keys': [{'run': {'S': 'b'}, 'at': {'N': '1'}}, {'run': {'S': 't'}, 'at': {'N': "
         "'1'}}]}}}",
         "/Responses/log/0/run/S", "b");
}

static void tables_take_time(void **state)
{
    (void)state;
    const char *make = "{'TableName': 'new', 'AttributeDefinitions': [{'AttributeName': 'id', 'AttributeType': 'S'}], "
                       "'KeySchema': [{'AttributeName': 'id', 'KeyType': 'HASH'}], 'BillingMode': 'PAY_PER_REQUEST'}";
    says(EAST, "CreateTable", make, "/TableDescription/TableStatus", "CREATING");
    fails("CreateTable", make, "ResourceInUseException", "Table already exists: new");
    fails("GetItem", "{'TableName': 'new', 'Key': {'id': {'S': 'x'}}}", "ResourceNotFoundException",
          "Requested resource not found");
    dr_simulated_wait(&world, 6);
    says(EAST, "DescribeTable", "{'TableName': 'new'}", "/Table/TableStatus", "ACTIVE");
    says(EAST, "ListTables", "{'Limit': 1}", "/LastEvaluatedTableName", "log");
    json_decref(sure(EAST, "UpdateContinuousBackups",
                     "{'TableName': 'new', 'PointInTimeRecoverySpecification': {'PointInTimeRecoveryEnabled': true}}"));
    says(EAST, "DescribeContinuousBackups", "{'TableName': 'new'}",
         "/ContinuousBackupsDescription/PointInTimeRecoveryDescription/PointInTimeRecoveryStatus", "ENABLED");
    json_decref(sure(EAST, "DeleteTable", "{'TableName': 'new'}"));
    dr_simulated_wait(&world, 6);
    fails("DescribeTable", "{'TableName': 'new'}", "ResourceNotFoundException", "Table: new not found");
}

/* A write whose answer was lost is made again by the runbook's own condition, and the item is as it should be. */
static void a_lost_answer_changes_nothing_twice(void **state)
{
    (void)state;
    dr_simulated_fault(&world, "{'Fault': 'ResetAfter', 'Service': 'dynamodb', 'Operation': 'PutItem', 'Count': 1}");
    const char *runbook =
        "Runbook: { Name: m, Region: us-east-1 }\nStartAt: Put\nStates:\n  Put:\n    Type: Task\n    Resource: "
        "'arn:aws:states:::dynamodb:putItem'\n"
        "    Parameters: { TableName: state, Item: { id: { S: run }, n: { N: '1' } } }\n"
        "    Retry: [ { ErrorEquals: [ States.ALL ], IntervalSeconds: 1, MaxAttempts: 3 } ]\n    End: true\n";
    json_t *result = dr_simulated_runbook(&world, runbook, "{}");
    assert_string_equal(dr_simulated_text(result, "/status"), "SUCCEEDED");
    json_decref(result);
    says(EAST, "GetItem", "{'TableName': 'state', 'Key': {'id': {'S': 'run'}}}", "/Item/n/N", "1");
}

static void a_world_may_write_items_plainly_or_as_the_api_does(void **state)
{
    (void)state;
    struct dr_simulated plain;
    dr_simulated_open(&plain,
                      "Regions: { us-east-1: { dynamodb: { Tables: { tab: { Items: [ { id: a, n: { N: 5 }, m: { N: "
                      "'5' }, l: [1, x] } ] } } } } }");
    json_t *got = dr_simulated_expect(&plain, EAST, "dynamodb", "GetItem",
                                      "{'TableName': 'tab', 'Key': {'id': {'S': 'a'}}}", NULL);
    assert_string_equal(dr_simulated_text(got, "/Item/n/M/N/N"), "5"); /* a number is no attribute's content */
    assert_string_equal(dr_simulated_text(got, "/Item/m/N"), "5");
    assert_string_equal(dr_simulated_text(got, "/Item/l/L/1/S"), "x");
    json_decref(got);
    dr_simulated_close(&plain);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_decimal),
        cmocka_unit_test(a_world_may_write_items_plainly_or_as_the_api_does),
        TEST(the_lock_is_taken_once),
        TEST(replicas_lag_and_the_last_writer_wins),
        TEST(queries_go_in_order_and_page_by_page),
        TEST(updates_change_lists_maps_and_sets),
        TEST(transactions_are_all_or_nothing),
        TEST(tables_take_time),
        TEST(a_lost_answer_changes_nothing_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
