/* AWS as resources: what names mean, what may be repeated, tokens, pages, roles, lost answers, crashes. */
#include "providers/aws/integration/integration.h"

#include "interpreter/base/text.h"
#include "providers/provider.h"
#include "tests/support/lab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static json_t *parse(const char *text)
{
    json_t *value = dr_json_parse(text, strlen(text), NULL);
    assert_non_null(value);
    return value;
}

/* --- Names
 * ------------------------------------------------------------------------------------------------------------ */

static const char *no_environment(const char *name)
{
    (void)name;
    return NULL;
}

struct names {
    struct dr_aws *aws;
    struct dr_resolver *resolver;
};

static int open_names(void **state)
{
    struct names *names = dr_alloc(sizeof *names);
    names->aws = dr_aws_new(&(struct dr_aws_options){.environment = no_environment});
    names->resolver = dr_aws_resolver_new(names->aws);
    *state = names;
    return 0;
}

static int close_names(void **state)
{
    struct names *names = *state;
    dr_aws_resolver_free(names->resolver);
    dr_aws_free(names->aws);
    free(names);
    return 0;
}

static const struct dr_resource *find(void **state, const char *name, bool in_action, const char *action)
{
    struct names *names = *state;
    struct dr_diagnostics found = {0};
    char *meant = NULL;
    const struct dr_resource *resource = names->resolver->find(names->resolver, name, in_action, &meant, &found);
    assert_int_equal(found.count, 0);
    if (action)
        assert_string_equal(meant, action);
    else
        assert_null(meant);
    free(meant);
    return resource;
}

static void names_mean_operations(void **state)
{
    const struct dr_resource *promote = find(state, "aws-sdk:rds:promoteReadReplica", false, NULL);
    assert_non_null(promote);
    assert_ptr_equal(promote, find(state, "aws-sdk:rds:promoteReadReplica", false, NULL));
    assert_string_equal(dr_aws_resource_operation(promote)->name, "PromoteReadReplica");
    assert_int_equal(promote->effect, DR_EFFECT_IRREVERSIBLE);
    const struct dr_resource *arn = find(state, "arn:aws-cn:states:::aws-sdk:sfn:describeExecution", false, NULL);
    assert_string_equal(dr_aws_resource_operation(arn)->name, "DescribeExecution");
    assert_int_equal(arn->effect, DR_EFFECT_READ);
    const struct dr_resource *run = find(state, "arn:aws:states:::ecs:runTask.sync", false, "sync.ecs.run_task");
    assert_non_null(run);
    assert_ptr_equal(run, find(state, "arn:aws:states:::ecs:runTask.sync", false, "sync.ecs.run_task"));
    assert_non_null(
        find(state, "arn:aws:states:::states:startExecution.sync:2", false, "sync.states.start_execution_2"));
    assert_non_null(find(state, "arn:aws:states:::ssm:getParameter", false, NULL));
    assert_non_null(find(state, "arn:aws:lambda:eu-west-1:123456789012:function:f:1", false, NULL));
    assert_null(find(state, "arn:aws:states:eu-west-1:123456789012:activity:a", false, NULL));
    assert_non_null(find(state, "arn:aws:states:::ecs:describeTasks", true, NULL));
    assert_null(find(state, "http:invoke", false, NULL));
    const struct dr_resource *other = *dr_primitives();
    assert_null(dr_aws_resource_operation(other));
    assert_null(dr_aws_resource_operation(NULL));
}

static void expect_problem(void **state, const char *name, const char *message, const char *hint)
{
    struct names *names = *state;
    struct dr_diagnostics found = {0};
    char *action = NULL;
    assert_null(names->resolver->find(names->resolver, name, false, &action, &found));
    assert_null(action);
    assert_int_equal(found.count, 1);
    assert_non_null(strstr(found.items[0].message, message));
    if (hint)
        assert_non_null(strstr(found.items[0].hint, hint));
    dr_diagnostics_done(&found);
}

static void what_is_unknown_says_which_model_and_what_is_near(void **state)
{
    expect_problem(state, "aws-sdk:rds:promoteReadReplca", "RDS has no operation \"promoteReadReplca\"",
                   "Did you mean \"promoteReadReplica\"? The model of rds is of 20");
    expect_problem(state, "aws-sdk:elbv2:describeTargetHealth", "elasticloadbalancingv2", NULL);
    expect_problem(state, "aws-sdk:rds:describeDBInstances.sync", "aws-sdk has no .sync", NULL);
    expect_problem(state, "arn:aws:states:::glue:startJobRun.waitForTaskToken", "is not recognized",
                   "glue:startJobRun, glue:startJobRun.sync");
    expect_problem(state, "aws-sdk:kinesis:subscribeToShard", "streams events", NULL);
    expect_problem(state, "aws-sdk:sts:getCallerIdentity.allPages", "does not answer in pages", NULL);
}

static void what_is_sent_is_told_before_a_run(void **state)
{
    json_t *given = parse("{\"DbInstanceIdentifier\":\"shop\"}");
    json_t *sent = dr_aws_resource_input(find(state, "aws-sdk:rds:promoteReadReplica", false, NULL), given);
    assert_string_equal(json_string_value(json_object_get(sent, "DBInstanceIdentifier")), "shop");
    json_decref(sent);
    sent = dr_aws_resource_input(find(state, "arn:aws:lambda:eu-west-1:1:function:f", false, NULL), given);
    assert_string_equal(json_string_value(json_object_get(sent, "FunctionName")),
                        "arn:aws:lambda:eu-west-1:1:function:f");
    json_decref(sent);
    json_decref(given);
}

static void expect_repeat(void **state, const char *name, const char *arguments, enum dr_repeat wanted)
{
    const struct dr_primitive *primitive = (const void *)find(state, name, false, NULL);
    assert_non_null(primitive);
    json_t *value = parse(arguments);
    if (primitive->repeat(primitive, value) != wanted)
        fail_msg("%s %s", name, arguments);
    json_decref(value);
}

/* On AWS there are more; such a definition is valid, and one should know that it cannot run here. */
static void an_integration_of_others_is_a_warning(void **state)
{
    struct names *names = *state;
    static const char *const others[] = {"arn:aws:states:::emr-containers:startJobRun.sync",
                                         "arn:aws:states:::ecs:describeTasks"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct dr_diagnostics found = {0};
        char *action = NULL;
        assert_null(names->resolver->find(names->resolver, others[i], false, &action, &found));
        assert_int_equal(found.errors, 0);
        assert_int_equal(found.warnings, 1);
        dr_diagnostics_done(&found);
    }
}

static void only_what_can_do_no_harm_is_repeated(void **state)
{
    expect_repeat(state, "aws-sdk:rds:describeDBInstances", "{}", DR_REPEAT_SAFE);
    expect_repeat(state, "aws-sdk:rds:promoteReadReplica", "{}", DR_REPEAT_NEVER);
    expect_repeat(state, "aws-sdk:backup:startBackupJob", "{}", DR_REPEAT_TOKEN);
    expect_repeat(state, "aws-sdk:codebuild:startBuild", "{}", DR_REPEAT_TOKEN);
    expect_repeat(state, "aws-sdk:ec2:runInstances", "{}", DR_REPEAT_TOKEN);
    expect_repeat(state, "aws-sdk:ecs:updateService", "{}", DR_REPEAT_SAFE);
    expect_repeat(state, "arn:aws:states:::states:startExecution", "{}", DR_REPEAT_TOKEN);
    expect_repeat(state, "arn:aws:states:::lambda:invoke", "{}", DR_REPEAT_NEVER);
    expect_repeat(state, "aws-sdk:route53:changeResourceRecordSets",
                  "{\"ChangeBatch\":{\"Changes\":[{\"Action\":\"UPSERT\"},{\"Action\":\"UPSERT\"}]}}", DR_REPEAT_SAFE);
    expect_repeat(state, "aws-sdk:route53:changeResourceRecordSets",
                  "{\"ChangeBatch\":{\"Changes\":[{\"Action\":\"UPSERT\"},{\"Action\":\"CREATE\"}]}}", DR_REPEAT_NEVER);
    expect_repeat(state, "aws-sdk:route53:changeResourceRecordSets", "{}", DR_REPEAT_NEVER);
}

/* --- Whole executions
 * -------------------------------------------------------------------------------------------------- */

struct bench {
    struct dr_lab lab;
    json_t *answers, *inbox;
};

static void set_up(struct bench *bench, const char *answers)
{
    *bench = (struct bench){.answers = parse(answers)};
    bench->lab = (struct dr_lab){.store = dr_store_memory(), .service = {.answers = bench->answers}, .aws = true};
}

static void tear_down(struct bench *bench)
{
    struct dr_store *store = bench->lab.store;
    dr_lab_done(&bench->lab);
    dr_store_free(store);
    json_decref(bench->answers);
    json_decref(bench->inbox);
}

static json_t *run(struct bench *bench, const char *runbook)
{
    json_t *input = json_object(), *result = dr_lab_run(&bench->lab, "r.yaml", runbook, input);
    json_decref(input);
    if (json_object_get(result, "invalid"))
        fail_msg("%s", json_string_value(json_array_get(json_object_get(result, "invalid"), 0)));
    return result;
}

static void expect(const json_t *result, const char *key, const char *wanted)
{
    json_t *value = parse(wanted);
    if (!json_equal(json_object_get(result, key), value)) {
        struct dr_text text = {0};
        dr_text_json(&text, result, 1 << 20);
        fail_msg("%s: wanted %s in %s", key, wanted, text.bytes);
    }
    json_decref(value);
}

struct wanted {
    const char *text;
    bool found;
};

static bool contains(void *data, const char *line, size_t size, uint64_t offset)
{
    struct wanted *wanted = data;
    (void)offset;
    wanted->found |= memmem(line, size, wanted->text, strlen(wanted->text)) != NULL;
    return true;
}

static void expect_journaled(struct bench *bench, const char *text)
{
    struct wanted wanted = {.text = text};
    struct dr_problem problem = {0};
    struct dr_journal *journal = NULL;
    assert_true(dr_journal_view(bench->lab.store, "lab", &journal, &problem));
    assert_true(dr_journal_records(journal, 0, contains, &wanted, &problem));
    dr_journal_close(journal);
    assert_true(wanted.found);
}

static const char publish[] =
    "{StartAt: Ask, States: {Ask: {Type: Task, Resource: 'arn:aws:states:::aws-sdk:sqs:sendMessage.waitForTaskToken', "
    "Parameters: {QueueUrl: 'https://sqs.eu-west-1.amazonaws.com/1/q', MessageBody: {'Token.$': $$.Task.Token}}, "
    "TimeoutSeconds: 600, End: true}}}";
static const char accepted[] =
    "[{\"body\":\"<SendMessageResponse><SendMessageResult><MessageId>m</MessageId></SendMessageResult>"
    "</SendMessageResponse>\",\"headers\":{\"x-amzn-RequestId\":\"r-9\"}}]";

static void a_task_waits_for_the_answer_to_its_token(void **state)
{
    struct bench bench;
    (void)state;
    set_up(&bench, accepted);
    bench.inbox = parse("[{\"at\":60000,\"output\":{\"said\":\"yes\"}}]");
    bench.lab.inbox = bench.inbox;
    json_t *result = run(&bench, publish);
    expect(result, "status", "\"SUCCEEDED\"");
    expect(result, "output", "{\"said\":\"yes\"}");
    expect(result, "durationMs", "60000");
    assert_non_null(strstr(json_string_value(json_array_get(json_object_get(result, "bodies"), 0)), "Token%22%3A%22"));
    json_decref(result);
    expect_journaled(&bench, "\"requestId\":\"r-9\"");
    expect_journaled(&bench, "\"host\":\"sqs.eu-west-1.amazonaws.com\"");
    tear_down(&bench);
}

static void a_resume_does_not_send_again_what_was_taken(void **state)
{
    struct bench bench;
    (void)state;
    set_up(&bench, accepted);
    bench.lab.interrupt_at_ms = 1000;
    bench.lab.leave_at_once = true;
    json_t *result = run(&bench, publish);
    expect(result, "status", "\"RUNNING\"");
    json_decref(result);
    bench.lab.interrupt_at_ms = 0;
    bench.inbox = parse("[{\"at\":90000,\"output\":1}]");
    bench.lab.inbox = bench.inbox;
    result = dr_lab_resume(&bench.lab);
    expect(result, "output", "1");
    assert_int_equal(json_array_size(json_object_get(result, "requests")), 1);
    json_decref(result);
    tear_down(&bench);
}

static const char promote[] =
    "{StartAt: Promote, States: {Promote: {Type: Task, Resource: 'aws-sdk:rds:promoteReadReplica', Parameters: "
    "{DbInstanceIdentifier: shop}, Catch: [{ErrorEquals: [Drrun.OutcomeUnknown], Next: Lost}], End: true}, "
    "Lost: {Type: Succeed}}}";

static void a_lost_answer_to_a_write_is_not_guessed(void **state)
{
    struct bench bench;
    (void)state;
    set_up(&bench, "[{\"reach\":\"sent\"}]");
    json_t *result = run(&bench, promote);
    expect(result, "status", "\"SUCCEEDED\"");
    assert_string_equal(json_string_value(json_object_get(json_object_get(result, "output"), "Error")),
                        "Drrun.OutcomeUnknown");
    assert_int_equal(json_array_size(json_object_get(result, "requests")), 1);
    json_decref(result);
    tear_down(&bench);
}

static void what_was_never_sent_is_a_client_exception(void **state)
{
    struct bench bench;
    (void)state;
    set_up(&bench, "[{\"reach\":\"nothing\"}]");
    json_t *result = run(&bench, promote);
    expect(result, "error", "\"Rds.SdkClientException\"");
    assert_non_null(strstr(json_string_value(json_object_get(result, "cause")), "Unable to execute HTTP request: "));
    assert_int_equal(json_array_size(json_object_get(result, "requests")), 3);
    json_decref(result);
    expect_journaled(&bench, "\"attempts\":3");
    tear_down(&bench);
}

static void a_lost_answer_to_a_read_is_asked_for_again(void **state)
{
    struct bench bench;
    (void)state;
    set_up(&bench,
           "[{\"reach\":\"sent\"},{\"body\":\"<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances/>"
           "</DescribeDBInstancesResult></DescribeDBInstancesResponse>\"}]");
    json_t *result =
        run(&bench, "{StartAt: A, States: {A: {Type: Task, Resource: 'aws-sdk:rds:describeDBInstances', End: true}}}");
    expect(result, "output", "{\"DbInstances\":[]}");
    assert_int_equal(json_array_size(json_object_get(result, "requests")), 2);
    json_decref(result);
    tear_down(&bench);
}

static const char pages[] = "[{\"body\":{\"TableNames\":[\"a\",\"b\"],\"LastEvaluatedTableName\":\"b\"}},"
                            "{\"body\":{\"TableNames\":[\"c\"]}}]";

static void pages_are_joined_where_one_asks_for_all(void **state)
{
    struct bench bench;
    (void)state;
    set_up(&bench, pages);
    json_t *result =
        run(&bench, "{StartAt: A, States: {A: {Type: Task, Resource: 'aws-sdk:dynamodb:listTables.allPages', "
                    "Parameters: {}, End: true}}}");
    expect(result, "output", "{\"TableNames\":[\"a\",\"b\",\"c\"]}");
    expect(result, "bodies", "[\"{}\",\"{\\\"ExclusiveStartTableName\\\":\\\"b\\\"}\"]");
    json_decref(result);
    tear_down(&bench);
    set_up(&bench, pages);
    result =
        run(&bench, "{StartAt: A, States: {A: {Type: Task, Resource: 'aws-sdk:dynamodb:listTables', Parameters: {}, "
                    "End: true}}}");
    expect(result, "output", "{\"TableNames\":[\"a\",\"b\"],\"LastEvaluatedTableName\":\"b\"}");
    json_decref(result);
    tear_down(&bench);
}

static const char role[] =
    "{StartAt: A, States: {A: {Type: Task, Resource: 'aws-sdk:dynamodb:listTables', Parameters: {}, Region: eu-west-3, "
    "Credentials: {RoleArn: 'arn:aws:iam::123456789012:role/dr'}, End: true}}}";

static void a_tasks_role_is_assumed_in_a_session_of_the_executions_name(void **state)
{
    struct bench bench;
    (void)state;
    set_up(&bench,
           "[{\"body\":\"<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA</AccessKeyId>"
           "<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2026-01-01T01:00:00Z"
           "</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>\"},{\"body\":{\"TableNames\":[]}}]");
    json_t *result = run(&bench, role);
    expect(result, "output", "{\"TableNames\":[]}");
    const char *asked = json_string_value(json_array_get(json_object_get(result, "bodies"), 0));
    assert_non_null(strstr(asked, "Action=AssumeRole"));
    assert_non_null(strstr(asked, "RoleSessionName=drrun-"));
    assert_string_equal(json_string_value(json_array_get(json_object_get(result, "requests"), 1)),
                        "POST https://dynamodb.eu-west-3.amazonaws.com/");
    json_decref(result);
    tear_down(&bench);
}

/* kill -9 at every request of a .sync form: the job is started once, and the result is that of an undisturbed run. */
static void a_sync_form_survives_a_crash_after_any_turn(void **state)
{
    (void)state;
    static const char text[] =
        "{StartAt: A, States: {A: {Type: Task, Resource: 'arn:aws:states:::states:startExecution.sync:2', "
        "Parameters: {StateMachineArn: m}, End: true}}}";
    static const char answers[] = "[{\"body\":{\"executionArn\":\"E\",\"startDate\":1}},{\"body\":{\"executionArn\":"
                                  "\"E\",\"status\":\"RUNNING\"}},"
                                  "{\"body\":{\"executionArn\":\"E\",\"status\":\"SUCCEEDED\",\"output\":\"[1]\"}}]";
    bool ended = false;
    for (unsigned turns = 1; turns < 60 && !ended; turns++) {
        struct bench bench;
        set_up(&bench, answers);
        bench.lab.stop_after_turns = turns;
        json_t *result = run(&bench, text);
        ended = strcmp(json_string_value(json_object_get(result, "status")), "RUNNING") != 0;
        if (!ended) {
            json_decref(result);
            dr_store_memory_crash(bench.lab.store, false);
            bench.lab.stop_after_turns = 0;
            result = dr_lab_resume(&bench.lab);
        }
        expect(result, "status", "\"SUCCEEDED\"");
        expect(result, "output", "{\"ExecutionArn\":\"E\",\"Status\":\"SUCCEEDED\",\"Output\":[1]}");
        json_decref(result);
        tear_down(&bench);
    }
    assert_true(ended);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_mean_operations),
        cmocka_unit_test(what_is_unknown_says_which_model_and_what_is_near),
        cmocka_unit_test(an_integration_of_others_is_a_warning),
        cmocka_unit_test(what_is_sent_is_told_before_a_run),
        cmocka_unit_test(only_what_can_do_no_harm_is_repeated),
        cmocka_unit_test(a_task_waits_for_the_answer_to_its_token),
        cmocka_unit_test(a_resume_does_not_send_again_what_was_taken),
        cmocka_unit_test(a_lost_answer_to_a_write_is_not_guessed),
        cmocka_unit_test(what_was_never_sent_is_a_client_exception),
        cmocka_unit_test(a_lost_answer_to_a_read_is_asked_for_again),
        cmocka_unit_test(pages_are_joined_where_one_asks_for_all),
        cmocka_unit_test(a_tasks_role_is_assumed_in_a_session_of_the_executions_name),
        cmocka_unit_test(a_sync_form_survives_a_crash_after_any_turn),
    };
    return cmocka_run_group_tests(tests, open_names, close_names);
}
