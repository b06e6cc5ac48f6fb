/* Each fault as a Task meets it, through the real client over the wire: which error it is, whether the effect happened,
 * and what the client puts right by itself. */
#include "tests/support/simulated.h"

#include "interpreter/base/text.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define WORLD                                                                                                          \
    "Account: '111122223333'\n"                                                                                        \
    "Regions: { us-west-2: { ssm: { Parameters: { /a: '1' } }, sqs: { Queues: { q: {} } } }, us-east-1: { ssm: { "     \
    "Parameters: { /a: '1' } } } }"
#define PUT "{\"Name\": \"/a\", \"Value\": \"2\", \"Overwrite\": true}"
#define GET "{\"Name\": \"/a\"}"
#define QUEUE "https://sqs.us-west-2.amazonaws.com/111122223333/q"
#define SEND "{\"QueueUrl\": \"" QUEUE "\", \"MessageBody\": \"x\"}"

static struct dr_simulated world;

static int begin(void **state)
{
    (void)state;
    dr_simulated_open(&world, WORLD);
    return 0;
}

static int end(void **state)
{
    (void)state;
    dr_simulated_close(&world);
    return 0;
}

/* The Task, with its own attempts, ends with `error` ("": it succeeds). */
static void task_ends(const char *region, const char *resource, const char *arguments, const char *error)
{
    char *runbook = dr_format(
        "{\"Runbook\": {\"Name\": \"t\", \"Region\": \"%s\"}, \"QueryLanguage\": \"JSONata\", \"StartAt\": \"Do\", "
        "\"States\": {\"Do\": {\"Type\": \"Task\", \"Resource\": \"aws-sdk:%s\", \"Arguments\": %s, \"Output\": "
        "{\"Error\": \"\", \"Cause\": \"\"}, \"Catch\": [{\"ErrorEquals\": [\"States.ALL\"], \"Output\": \"{%% "
        "$states.errorOutput %%}\", \"Next\": \"Caught\"}], \"End\": true}, \"Caught\": {\"Type\": \"Pass\", \"End\": "
        "true}}}",
        region, resource, arguments);
    json_t *result = dr_simulated_runbook(&world, runbook, "{}");
    if (strcmp(dr_simulated_text(result, "/status"), "SUCCEEDED") != 0 ||
        strcmp(dr_simulated_text(result, "/output/Error"), error) != 0)
        fail_msg("%s: %s: %s", resource, dr_simulated_text(result, "/output/Error"),
                 dr_simulated_text(result, "/output/Cause"));
    json_decref(result);
    free(runbook);
}

static void parameter_is(const char *value)
{
    json_t *output = dr_simulated_expect(&world, "us-west-2", "ssm", "GetParameter", GET, NULL);
    assert_string_equal(dr_simulated_text(output, "/Parameter/Value"), value);
    json_decref(output);
}

static void messages_are(const char *count)
{
    json_t *output = dr_simulated_expect(&world, "us-west-2", "sqs", "GetQueueAttributes",
                                         "{'QueueUrl': '" QUEUE "', 'AttributeNames': ['All']}", NULL);
    assert_string_equal(dr_simulated_text(output, "/Attributes/ApproximateNumberOfMessages"), count);
    json_decref(output);
}

static void a_reset_leaves_a_write_unknown_whether_it_happened_or_not(void **state)
{
    (void)state;
    dr_simulated_fault(&world, "{'Fault': 'ResetBefore', 'Operation': 'SendMessage', 'Count': 1}");
    task_ends("us-west-2", "sqs:sendMessage", SEND, "Drrun.OutcomeUnknown");
    messages_are("0");
    dr_simulated_fault(&world, "{'Fault': 'ResetAfter', 'Operation': 'SendMessage', 'Count': 1}");
    task_ends("us-west-2", "sqs:sendMessage", SEND, "Drrun.OutcomeUnknown");
    messages_are("1");
}

static void a_truncated_and_a_wrong_answer_leave_a_write_unknown(void **state)
{
    (void)state;
    dr_simulated_fault(&world, "{'Fault': 'TruncatedAnswer', 'Operation': 'SendMessage', 'Count': 1}");
    task_ends("us-west-2", "sqs:sendMessage", SEND, "Drrun.OutcomeUnknown");
    messages_are("1");
    dr_simulated_fault(&world, "{'Fault': 'WrongAnswer', 'Operation': 'SendMessage', 'Count': 1}");
    task_ends("us-west-2", "sqs:sendMessage", SEND, "Drrun.OutcomeUnknown");
    messages_are("2");
}

static void what_may_be_repeated_is(void **state)
{
    (void)state;
    dr_simulated_fault(&world, "{'Fault': 'ResetBefore', 'Operation': 'GetParameter', 'Count': 2}");
    task_ends("us-west-2", "ssm:getParameter", GET, "");
    dr_simulated_fault(&world, "{'Fault': 'Throttled', 'Service': 'sqs', 'Count': 2}");
    task_ends("us-west-2", "sqs:sendMessage", SEND, "");
    messages_are("1");
}

static void a_region_that_is_down_fails_for_certain_after_its_time(void **state)
{
    (void)state;
    unsigned id = dr_simulated_fault(&world, "{'Fault': 'RegionDown', 'Region': 'us-west-2'}");
    int64_t began = world.now_ms;
    task_ends("us-west-2", "sqs:sendMessage", SEND, "Sqs.SdkClientException");
    assert_true(world.now_ms - began >= 1000); /* the time to connect */
    task_ends("us-east-1", "ssm:putParameter", PUT, "");
    dr_sim_fault_end(world.cloud, id);
    parameter_is("1");
    messages_are("0");
}

static void throttling_that_goes_on_is_an_error_without_effect(void **state)
{
    (void)state;
    unsigned id = dr_simulated_fault(&world, "{'Fault': 'Throttled', 'Service': 'ssm'}");
    task_ends("us-west-2", "ssm:putParameter", PUT, "Ssm.SsmException");
    dr_sim_fault_end(world.cloud, id);
    parameter_is("1");
}

static void a_control_plane_that_is_down_leaves_the_data_plane(void **state)
{
    (void)state;
    dr_simulated_fault(&world, "{'Fault': 'ControlPlaneDown', 'Region': 'us-west-2', 'For': 60}");
    task_ends("us-west-2", "ssm:deleteParameter", GET, "Ssm.SsmException");
    parameter_is("1");
    dr_simulated_wait(&world, 60);
    task_ends("us-west-2", "ssm:deleteParameter", GET, "");
}

static void the_client_corrects_its_clock(void **state)
{
    (void)state;
    dr_simulated_fault(&world, "{'Fault': 'ClockSkew', 'Seconds': 3600}");
    task_ends("us-west-2", "ssm:putParameter", PUT, "");
    task_ends("us-west-2", "sqs:sendMessage", SEND, "");
    parameter_is("2");
    messages_are("1");
}

static void expired_credentials_are_told(void **state)
{
    (void)state;
    unsigned id = dr_simulated_fault(&world, "{'Fault': 'CredentialsExpire'}");
    task_ends("us-west-2", "ssm:putParameter", PUT, "Ssm.SsmException");
    dr_sim_fault_end(world.cloud, id);
    parameter_is("1");
}

static void latency_takes_its_time(void **state)
{
    (void)state;
    dr_simulated_fault(&world, "{'Fault': 'Latency', 'Milliseconds': 5000, 'Count': 1}");
    int64_t began = world.now_ms;
    task_ends("us-west-2", "ssm:putParameter", PUT, "");
    assert_true(world.now_ms - began >= 5000 && world.now_ms - began < 6000);
}

static void a_fault_may_come_only_sometimes_but_the_same_from_the_same_seed(void **state)
{
    (void)state;
    char hits[2][41] = {"", ""};
    for (unsigned life = 0; life < 2; life++) {
        end(NULL);
        begin(NULL);
        dr_simulated_fault(&world, "{'Fault': 'Throttled', 'Probability': 0.5}");
        for (unsigned i = 0; i < 40; i++) {
            json_t *answer = dr_simulated_call(&world, "us-west-2", "ssm", "GetParameter", "{'Name': '/a'}");
            hits[life][i] = json_object_get(answer, "Error") ? 'x' : '.';
            json_decref(answer);
        }
    }
    assert_non_null(strchr(hits[0], 'x'));
    assert_non_null(strchr(hits[0], '.'));
    assert_string_equal(hits[0], hits[1]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(a_reset_leaves_a_write_unknown_whether_it_happened_or_not),
        TEST(a_truncated_and_a_wrong_answer_leave_a_write_unknown),
        TEST(what_may_be_repeated_is),
        TEST(a_region_that_is_down_fails_for_certain_after_its_time),
        TEST(throttling_that_goes_on_is_an_error_without_effect),
        TEST(a_control_plane_that_is_down_leaves_the_data_plane),
        TEST(the_client_corrects_its_clock),
        TEST(expired_credentials_are_told),
        TEST(latency_takes_its_time),
        TEST(a_fault_may_come_only_sometimes_but_the_same_from_the_same_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
