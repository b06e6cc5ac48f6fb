/* What a call is given besides its arguments (Region, credentials, names), what is kept of it besides its result, and
 * calls that are submitted first and answered later. */
#include "tests/support/lab.h"

#include "interpreter/base/limits.h"
#include "interpreter/base/text.h"
#include "providers/provider.h"
#include "providers/secrets.h"
#include "tests/support/caller.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>

#define START_MS INT64_C(1767225600000)
#define ROLE "arn:aws:iam::123456789012:role/"

/* ----- One laboratory a test
 * -------------------------------------------------------------------------------------------------- */

struct bench {
    struct dr_lab lab;
    char folder[32]; /* actions and runbooks; "": none */
    json_t *answers, *inbox;
    json_t *notices; /* ["TaskScheduled", ...] of tasks */
};

static void note(void *data, const struct dr_notice *notice)
{
    struct bench *bench = data;
    const char *name = dr_notice_name(notice->kind);
    if (strncmp(name, "Task", 4) != 0)
        return;
    json_array_append_new(bench->notices, json_string(name));
}

static void set_up(struct bench *bench, const char *answers)
{
    *bench = (struct bench){.answers = dr_json_parse(answers, strlen(answers), NULL), .notices = json_array()};
    assert_non_null(bench->answers);
    bench->lab = (struct dr_lab){.store = dr_store_memory(),
                                 .service = {.answers = bench->answers},
                                 .callers = true,
                                 .snapshot_records = 0,
                                 .notice = note,
                                 .notice_data = bench};
}

static void set_inbox(struct bench *bench, const char *messages)
{
    json_decref(bench->inbox);
    bench->inbox = dr_json_parse(messages, strlen(messages), NULL);
    assert_non_null(bench->inbox);
    bench->lab.inbox = bench->inbox;
}

static void tear_down(struct bench *bench)
{
    struct dr_store *store = bench->lab.store;
    dr_lab_done(&bench->lab);
    dr_store_free(store);
    json_decref(bench->answers);
    json_decref(bench->inbox);
    json_decref(bench->notices);
    if (*bench->folder) {
        char *command = dr_format("rm -rf '%s'", bench->folder);
        assert_int_equal(system(command), 0);
        free(command);
    }
}

/* A file of the action path: "t/inner.yaml". */
static void write_action(struct bench *bench, const char *name, const char *text)
{
    if (!*bench->folder) {
        strcpy(bench->folder, "/tmp/drrun-calls-XXXXXX");
        assert_non_null(mkdtemp(bench->folder));
        bench->lab.actions = bench->folder;
        char *inner = dr_format("%s/t", bench->folder);
        assert_int_equal(mkdir(inner, 0700), 0);
        free(inner);
    }
    char *path = dr_format("%s/%s", bench->folder, name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    fclose(file);
    free(path);
}

static json_t *run(struct bench *bench, const char *runbook, const char *input)
{
    json_t *value = dr_json_parse(input, strlen(input), NULL);
    json_t *result = dr_lab_run(&bench->lab, "r.yaml", runbook, value);
    json_decref(value);
    if (json_object_get(result, "invalid"))
        fail_msg("%s", json_string_value(json_array_get(json_object_get(result, "invalid"), 0)));
    return result;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static void expect_member(const json_t *result, const char *key, const char *wanted)
{
    json_t *value = dr_json_parse(wanted, strlen(wanted), NULL);
    assert_non_null(value);
    if (!json_equal(json_object_get(result, key), value)) {
        struct dr_text text = {0};
        json_object_del((json_t *)(uintptr_t)result, "trace");
        dr_text_json(&text, result, 1 << 20);
        fail_msg("%s: wanted %s in %s", key, wanted, text.bytes);
    }
    json_decref(value);
}

static void expect(json_t *result, const char *key, const char *wanted)
{
    expect_member(result, key, wanted);
    json_decref(result);
}

/* --- The journal's records of one kind */

struct picked {
    const char *kind;
    json_t *records;
};

static bool pick(void *data, const char *line, size_t size, uint64_t offset)
{
    struct picked *picked = data;
    json_t *record = dr_json_parse(line, size, NULL);
    (void)offset;
    if (strcmp(text_of(record, "k"), picked->kind) == 0)
        json_array_append(picked->records, record);
    json_decref(record);
    return true;
}

static json_t *records_of(const struct bench *bench, const char *kind)
{
    struct dr_problem problem = {0};
    struct dr_journal *journal = NULL;
    struct picked picked = {.kind = kind, .records = json_array()};
    assert_true(dr_journal_view(bench->lab.store, "lab", &journal, &problem));
    assert_true(dr_journal_records(journal, 0, pick, &picked, &problem));
    dr_journal_close(journal);
    return picked.records;
}

static void expect_record(const struct bench *bench, const char *kind, size_t index, const char *key,
                          const char *wanted)
{
    json_t *records = records_of(bench, kind);
    assert_true(index < json_array_size(records));
    expect_member(json_array_get(records, index), key, wanted);
    json_decref(records);
}

static size_t count_records(const struct bench *bench, const char *kind)
{
    json_t *records = records_of(bench, kind);
    size_t count = json_array_size(records);
    json_decref(records);
    return count;
}

/* ----- Region and credentials
 * ------------------------------------------------------------------------------------------------ */

static void a_call_is_given_what_its_task_says(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench, "[{\"status\":200}]");
    static const char runbook[] =
        "StartAt: A\nStates:\n"
        "  A: { Type: Task, QueryLanguage: JSONata, Resource: 'test:call', Arguments: { Url: 'http://a/' }, End: "
        "true,\n"
        "       Region: '{% $states.input.region %}',\n"
        "       Credentials: { RoleArn: '{% \"" ROLE "\" & $states.input.role %}', ExternalId: outside } }\n";
    expect(run(&bench, runbook, "{\"region\":\"eu-west-3\",\"role\":\"dr\"}"), "output",
           "{\"Region\":\"eu-west-3\",\"Credentials\":{\"RoleArn\":\"" ROLE
           "dr\",\"ExternalId\":\"outside\"},\"Execution\":\"lab\",\"Status\":200}");
    expect_record(&bench, "call", 0, "region", "\"eu-west-3\"");
    expect_record(&bench, "call", 0, "credentials", "{\"RoleArn\":\"" ROLE "dr\",\"ExternalId\":\"outside\"}");
    tear_down(&bench);
}

static void a_region_may_be_computed(void **state)
{
    (void)state;
    static const char *const fields[] = {"RegionPath: $.region",
                                         "Region: $.region",
                                         "RegionPath: \"States.Format('{}-3', $.part)\"",
                                         "Region: \"States.Format('{}-3', $.part)\"",
                                         "Region: eu-west-3",
                                         "QueryLanguage: JSONata, Region: '{% $states.input.part & \"-3\" %}'"};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        struct bench bench;
        set_up(&bench, "[{\"status\":200}]");
        char *runbook =
            dr_format("StartAt: A\nStates: { A: { Type: Task, Resource: 'test:call', %s, %s: { Url: 'http://a/' "
                      "}, End: true } }\n",
                      fields[i], strstr(fields[i], "JSONata") ? "Arguments" : "Parameters");
        json_t *result = run(&bench, runbook, "{\"region\":\"eu-west-3\",\"part\":\"eu-west\"}");
        assert_string_equal(text_of(json_object_get(result, "output"), "Region"), "eu-west-3");
        json_decref(result);
        free(runbook);
        tear_down(&bench);
    }
    struct bench bench;
    set_up(&bench, "[{\"status\":200}]");
    json_t *result =
        run(&bench,
            "StartAt: A\nStates: { A: { Type: Task, Resource: 'test:call', RegionPath: $.region, Parameters: { "
            "Url: 'http://a/' }, End: true } }\n",
            "{\"region\":7}");
    assert_string_equal(text_of(result, "error"), "States.Runtime");
    assert_non_null(strstr(text_of(result, "cause"), "which is not a valid AWS Region"));
    json_decref(result);
    tear_down(&bench);
}

static void credentials_are_checked(void **state)
{
    (void)state;
    static const struct {
        const char *role, *cause;
    } cases[] = {
        {"7", "The value 7 of the field 'RoleArn' in Credentials is not the ARN of an IAM role"},
        {"\"dr\"", "The value \"dr\" of the field"},
        {"\"arn:aws:iam::12345678901:role/dr\"", "is not the ARN"},
        {"\"arn:aws:iam::123456789012:user/dr\"", "is not the ARN"},
        {"\"arn:aws:iam::123456789012:role/\"", "is not the ARN"},
        {"\"arn:aws:iam::123456789012:role/d r\"", "is not the ARN"},
        {"\"arn:aws-cn:iam::123456789012:role/path/dr\"", NULL},
        {"\"arn:aws-us-gov:iam::123456789012:role/dr\"", NULL},
    };
    static const char runbook[] =
        "StartAt: A\nStates:\n"
        "  A: { Type: Task, Resource: 'test:call', Parameters: { Url: 'http://a/' }, End: true,\n"
        "       Credentials: { RoleArn.$: $.role } }\n";
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bench bench;
        set_up(&bench, "[{\"status\":200}]");
        char *input = dr_format("{\"role\":%s}", cases[i].role);
        json_t *result = run(&bench, runbook, input);
        if (cases[i].cause) {
            assert_string_equal(text_of(result, "error"), "States.Runtime");
            if (!strstr(text_of(result, "cause"), cases[i].cause) ||
                !strstr(text_of(result, "cause"),
                        "An error occurred while executing the state 'A' (entered at the event id #2). "))
                fail_msg("%s: %s", cases[i].role, text_of(result, "cause"));
            assert_int_equal(json_array_size(json_object_get(result, "requests")), 0);
        } else {
            assert_string_equal(text_of(result, "status"), "SUCCEEDED");
        }
        json_decref(result);
        free(input);
        tear_down(&bench);
    }
}

static const char inner_action[] =
    "Action: { Name: t.inner, Summary: Calls., Effect: Write, Undo: none, Arguments: {} }\n"
    "StartAt: Both\nStates:\n"
    "  Both:\n"
    "    Type: Parallel\n"
    "    End: true\n"
    "    Branches:\n"
    "      - StartAt: Plain\n"
    "        States: { Plain: { Type: Task, Resource: 'test:call', Parameters: { Url: 'http://a/' }, End: true } }\n"
    "      - StartAt: Own\n"
    "        States:\n"
    "          Own: { Type: Task, Resource: 'test:call', Parameters: { Url: 'http://a/' }, Region: sa-east-1,\n"
    "                 Credentials: { RoleArn: '" ROLE "own' }, End: true }\n";
static const char outer_action[] =
    "Action: { Name: t.outer, Summary: Calls., Effect: Write, Undo: none, Arguments: {} }\n"
    "StartAt: Inner\nStates:\n"
    "  Inner: { Type: Task, Resource: t.inner, Parameters: {}, End: true }\n";

#define CALLED(region, role) "{\"Region\":" region ",\"Credentials\":" role ",\"Execution\":\"lab\",\"Status\":200}"
#define AS(role) "{\"RoleArn\":\"" ROLE role "\"}"

/* Through an action inside an action, and a Parallel in it. */
static void an_action_calls_where_and_as_whom_its_task_says(void **state)
{
    (void)state;
    static const char runbook[] =
        "Runbook: { Name: r, Region: us-west-2 }\n"
        "StartAt: A\nStates:\n"
        "  A: { Type: Task, Resource: t.outer, Parameters: {}, Region: eu-west-1,\n"
        "       Credentials: { RoleArn: '" ROLE "outer' }, ResultPath: $.a, Next: B }\n"
        "  B: { Type: Task, Resource: t.outer, Parameters: {}, ResultPath: $.b, End: true }\n";
    struct bench bench;
    set_up(&bench, "[{\"status\":200}]");
    write_action(&bench, "t/inner.yaml", inner_action);
    write_action(&bench, "t/outer.yaml", outer_action);
    json_t *result = run(&bench, runbook, "{}"), *output = json_object_get(result, "output");
    expect_member(output, "a", "[" CALLED("\"eu-west-1\"", AS("outer")) "," CALLED("\"sa-east-1\"", AS("own")) "]");
    expect_member(output, "b", "[" CALLED("\"us-west-2\"", "null") "," CALLED("\"sa-east-1\"", AS("own")) "]");
    json_decref(result);
    expect_record(&bench, "fork", 0, "region", "\"eu-west-1\"");
    expect_record(&bench, "fork", 1, "credentials", AS("outer"));
    tear_down(&bench);
}

/* [D27] Killed after every turn, with a snapshot after every record, the calls go out where and as whom they would
 * have. */
static void a_resumed_action_calls_where_and_as_whom_its_task_says(void **state)
{
    (void)state;
    static const char runbook[] =
        "StartAt: A\nStates:\n"
        "  A: { Type: Task, Resource: t.outer, Parameters: {}, RegionPath: $.region,\n"
        "       Credentials: { RoleArn.$: $.role }, ResultPath: $.a, Next: W }\n"
        "  W: { Type: Wait, Seconds: 5, Next: B }\n"
        "  B: { Type: Task, Resource: 'test:call', Parameters: { Url: 'http://a/', Repeat: safe }, Region: us-east-2, "
        "ResultPath: $.b, End: true }\n";
    static const char safe[] =
        "Action: { Name: t.outer, Summary: Calls., Effect: Write, Undo: none, Arguments: {} }\n"
        "StartAt: Sleep\nStates:\n"
        "  Sleep: { Type: Wait, Seconds: 3, Next: Call }\n"
        "  Call: { Type: Task, Resource: 'test:call', Parameters: { Url: 'http://a/', Repeat: safe }, End: true }\n";
    for (unsigned turns = 1; turns < 12; turns++) {
        struct bench bench;
        set_up(&bench, "[{\"status\":200,\"delay\":700}]");
        write_action(&bench, "t/outer.yaml", safe);
        bench.lab.stop_after_turns = turns;
        bench.lab.snapshot_records = turns % 2;
        json_t *result = run(&bench, runbook, "{\"region\":\"eu-west-1\",\"role\":\"" ROLE "outer\"}");
        for (unsigned lives = 0; strcmp(text_of(result, "status"), "RUNNING") == 0; lives++) {
            assert_true(lives < 30);
            dr_store_memory_crash(bench.lab.store, turns % 3 == 0);
            bench.lab.start_ms = START_MS + json_integer_value(json_object_get(result, "durationMs"));
            bench.lab.stop_after_turns = lives < 10 ? 1 + lives % 3 : 0;
            json_decref(result);
            result = dr_lab_resume(&bench.lab);
            assert_null(json_object_get(result, "problem"));
        }
        json_t *output = json_object_get(result, "output");
        expect_member(output, "a", CALLED("\"eu-west-1\"", AS("outer")));
        expect_member(output, "b", CALLED("\"us-east-2\"", "null"));
        json_decref(result);
        tear_down(&bench);
    }
}

/* The Task that starts a runbook, then that runbook's block, then what is around. */
static void a_runbook_inside_has_its_own_region_unless_its_task_says(void **state)
{
    (void)state;
    static const char nested[] =
        "Runbook: { Name: nested, Region: ap-south-1 }\n"
        "StartAt: C\nStates:\n"
        "  C: { Type: Task, Resource: 'test:call', Parameters: { Url: 'http://a/' }, End: true }\n";
    static const char plain[] =
        "StartAt: C\nStates:\n"
        "  C: { Type: Task, Resource: 'test:call', Parameters: { Url: 'http://a/' }, End: true }\n";
    struct bench bench;
    set_up(&bench, "[{\"status\":200}]");
    write_action(&bench, "nested.yaml", nested);
    write_action(&bench, "plain.yaml", plain);
    char *runbook = dr_format(
        "Runbook: { Name: r, Region: us-west-2 }\n"
        "StartAt: A\nStates:\n"
        "  A: { Type: Task, Resource: 'runbook:start', Parameters: { Runbook: '%s/nested.yaml' }, ResultPath: $.a, "
        "Next: B }\n"
        "  B: { Type: Task, Resource: 'runbook:start', Parameters: { Runbook: '%s/nested.yaml' }, Region: eu-west-1,\n"
        "       Credentials: { RoleArn: '" ROLE "b' }, ResultPath: $.b, Next: D }\n"
        "  D: { Type: Task, Resource: 'runbook:start', Parameters: { Runbook: '%s/plain.yaml' }, ResultPath: $.d, End: "
        "true }\n",
        bench.folder, bench.folder, bench.folder);
    json_t *result = run(&bench, runbook, "{}"), *output = json_object_get(result, "output");
    expect_member(output, "a", CALLED("\"ap-south-1\"", "null"));
    expect_member(output, "b", CALLED("\"eu-west-1\"", AS("b")));
    expect_member(output, "d", CALLED("\"us-west-2\"", "null"));
    json_decref(result);
    free(runbook);
    tear_down(&bench);
}

/* ----- The detail of a result
 * ------------------------------------------------------------------------------------------------ */

static void a_result_keeps_its_detail_without_secrets(void **state)
{
    (void)state;
    struct bench bench;
    static const char runbook[] =
        "StartAt: A\nStates:\n"
        "  A: { Type: Task, Resource: 'test:call', End: true,\n"
        "       Parameters: { Url: 'http://a/', Note: 'key {{resolve:env:DRRUN_TEST_SECRET}}' } }\n";
    assert_int_equal(setenv("DRRUN_TEST_SECRET", "hunter2-hunter2", 1), 0);
    set_up(&bench, "[{\"status\":200}]");
    json_t *result = run(&bench, runbook, "{}");
    assert_string_equal(text_of(result, "status"), "SUCCEEDED");
    json_decref(result);
    json_t *results = records_of(&bench, "result"), *calls = records_of(&bench, "call");
    json_t *detail = json_object_get(json_array_get(results, 0), "detail");
    assert_string_equal(text_of(detail, "requestId"), text_of(json_array_get(calls, 0), "token"));
    assert_string_equal(text_of(detail, "note"), "key ***");
    json_decref(results);
    json_decref(calls);
    tear_down(&bench);
    unsetenv("DRRUN_TEST_SECRET");
}

/* The bytes of the detail that a call with a note of so many characters leaves in the journal; 0: none. */
static size_t detail_bytes(size_t note_bytes)
{
    struct bench bench;
    static const char runbook[] = "StartAt: A\nStates:\n"
                                  "  A: { Type: Task, Resource: 'test:call', End: true,\n"
                                  "       Parameters: { Url: 'http://a/', Note.$: $.note } }\n";
    struct dr_text input = {0}, text = {0};
    dr_text_puts(&input, "{\"note\":\"");
    for (size_t i = 0; i < note_bytes; i++)
        dr_text_putc(&input, 'n');
    dr_text_puts(&input, "\"}");
    set_up(&bench, "[{\"status\":200}]");
    json_t *result = run(&bench, runbook, input.bytes), *results = records_of(&bench, "result");
    assert_string_equal(text_of(result, "status"), "SUCCEEDED");
    const json_t *detail = json_object_get(json_array_get(results, 0), "detail");
    if (detail)
        assert_true(dr_text_json(&text, detail, 1 << 24));
    size_t size = text.size;
    json_decref(result);
    json_decref(results);
    dr_text_done(&input);
    dr_text_done(&text);
    tear_down(&bench);
    return size;
}

static void a_detail_beyond_its_limit_is_left_out(void **state)
{
    (void)state;
    size_t bare = detail_bytes(0), fits = DR_DETAIL_BYTES_MAX - bare;
    assert_int_equal(detail_bytes(fits), DR_DETAIL_BYTES_MAX);
    assert_int_equal(detail_bytes(fits + 1), 0);
}

/* ----- Task tokens
 * ----------------------------------------------------------------------------------------------------------- */

#define SEND(repeat, more)                                                                                             \
    "StartAt: S\nStates:\n"                                                                                            \
    "  S: { Type: Task, Resource: 'test:send', ResultPath: $.answer, Next: D" more ",\n"                               \
    "       Parameters: { Url: 'http://a/', Repeat: " repeat ", Token.$: $$.Task.Token } }\n"                          \
    "  D: { Type: Pass, Parameters: { answer.$: $.answer }, End: true }\n"

static void a_submitted_call_waits_for_its_answer(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench, "[{\"status\":200,\"delay\":1000}]");
    set_inbox(&bench, "[{\"at\":60000,\"output\":{\"ok\":true}}]");
    json_t *result = run(&bench, SEND("never", ""), "{}");
    expect_member(result, "output", "{\"answer\":{\"ok\":true}}");
    expect(result, "durationMs", "60000");
    expect_record(&bench, "submitted", 0, "output",
                  "{\"Region\":null,\"Credentials\":null,\"Execution\":\"lab\",\"Status\":200}");
    json_t *submitted = records_of(&bench, "submitted"), *calls = records_of(&bench, "call");
    const json_t *call = json_array_get(calls, 0);
    assert_string_equal(text_of(json_object_get(json_array_get(submitted, 0), "detail"), "requestId"),
                        text_of(call, "token"));
    assert_string_equal(text_of(json_object_get(call, "arguments"), "Token"), text_of(call, "token"));
    json_decref(submitted);
    json_decref(calls);
    json_t *told = json_pack("[s,s,s,s]", "TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded");
    assert_true(json_equal(bench.notices, told));
    json_decref(told);
    tear_down(&bench);
}

/* The answer proves that the request arrived, whatever becomes of its own answer. */
static void an_answer_before_the_submission_counts(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench, "[{\"status\":200,\"delay\":5000}]");
    set_inbox(&bench, "[{\"at\":2000,\"output\":1}]");
    json_t *result = run(&bench, SEND("never", ""), "{}");
    expect_member(result, "output", "{\"answer\":1}");
    expect(result, "durationMs", "2000");
    assert_int_equal(count_records(&bench, "submitted"), 0);
    tear_down(&bench);
}

static void a_submission_that_fails_is_an_error(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench, "[{\"status\":500}]");
    set_inbox(&bench, "[{\"at\":2000,\"output\":1}]");
    expect(run(&bench, SEND("never", ""), "{}"), "error", "\"Test.Failed\"");
    tear_down(&bench);
}

static void an_answer_may_be_an_error(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench, "[{\"status\":200}]");
    set_inbox(&bench, "[{\"at\":2000,\"error\":\"Worker.Gone\"}]");
    expect(run(&bench, SEND("never", ""), "{}"), "error", "\"Worker.Gone\"");
    tear_down(&bench);
}

static void heartbeats_and_time_outs_hold_after_the_submission(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench, "[{\"status\":200,\"delay\":1000}]");
    set_inbox(&bench,
              "[{\"at\":8000,\"heartbeat\":true},{\"at\":15000,\"heartbeat\":true},{\"at\":90000,\"output\":1}]");
    json_t *result = run(&bench, SEND("never", ", HeartbeatSeconds: 10, TimeoutSeconds: 100"), "{}");
    expect_member(result, "error", "\"States.Timeout\"");
    expect(result, "durationMs", "25000");
    expect_record(&bench, "result", 0, "heartbeat", "true");
    tear_down(&bench);
    set_up(&bench, "[{\"status\":200,\"delay\":1000}]");
    result = run(&bench, SEND("never", ", TimeoutSeconds: 100"), "{}");
    expect_member(result, "error", "\"States.Timeout\"");
    expect(result, "durationMs", "100000");
    tear_down(&bench);
}

static json_t *die_and_resume(struct bench *bench, json_t *result, int64_t later_ms)
{
    dr_store_memory_crash(bench->lab.store, true);
    bench->lab.start_ms = START_MS + json_integer_value(json_object_get(result, "durationMs")) + later_ms;
    bench->lab.stop_after_turns = 0;
    bench->lab.interrupt_at_ms = 0;
    json_decref(result);
    return dr_lab_resume(&bench->lab);
}

/* [D28] Whatever its repeat rule, with and without a snapshot in between. */
static void a_submitted_call_is_not_sent_again(void **state)
{
    (void)state;
    static const char *const runbooks[] = {SEND("never", ""), SEND("safe", ""), SEND("token", "")};
    for (size_t i = 0; i < 6; i++) {
        struct bench bench;
        set_up(&bench, "[{\"status\":200,\"delay\":1000}]");
        set_inbox(&bench, "[{\"at\":60000,\"output\":1}]");
        bench.lab.interrupt_at_ms = 30000;
        bench.lab.snapshot_records = i % 2;
        json_t *result = run(&bench, runbooks[i / 2], "{}");
        assert_string_equal(text_of(result, "status"), "RUNNING");
        result = die_and_resume(&bench, result, 3000);
        expect_member(result, "output", "{\"answer\":1}");
        expect_member(result, "durationMs", "60000");
        assert_int_equal(json_array_size(json_object_get(result, "requests")), 1);
        json_decref(result);
        tear_down(&bench);
    }
}

/* [D28] Dead before the submission: sent again if it may be, and else unknown, unless the answer tells. */
static void a_call_that_was_not_submitted_follows_its_repeat_rule(void **state)
{
    (void)state;
    static const struct {
        const char *runbook, *inbox;
        size_t requests, paused;
    } cases[] = {
        {SEND("token", ""), "[{\"at\":60000,\"output\":1}]", 2, 0},
        {SEND("never", ""), "[]", 1, 1},
        {SEND("never", ""), "[{\"at\":2500,\"output\":1}]", 1, 0},
        {SEND("never", ", Catch: [{ ErrorEquals: [Drrun.OutcomeUnknown], ResultPath: $.answer, Next: D }]"), "[]", 1,
         0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bench bench;
        set_up(&bench, "[{\"status\":200,\"delay\":5000}]");
        bench.lab.interrupt_at_ms = 2000;
        bench.lab.leave_at_once = true;
        json_t *result = run(&bench, cases[i].runbook, "{}");
        assert_string_equal(text_of(result, "status"), "RUNNING");
        set_inbox(&bench, cases[i].inbox);
        result = die_and_resume(&bench, result, 3000);
        assert_int_equal(json_array_size(json_object_get(result, "requests")), cases[i].requests);
        assert_int_equal(json_integer_value(json_object_get(result, "paused")), cases[i].paused);
        assert_string_equal(text_of(result, "status"), cases[i].paused ? "RUNNING" : "SUCCEEDED");
        if (cases[i].paused) { /* and now the answer comes after all */
            set_inbox(&bench, "[{\"at\":0,\"output\":7}]");
            result = die_and_resume(&bench, result, 3000);
            expect_member(result, "output", "{\"answer\":7}");
        }
        json_decref(result);
        tear_down(&bench);
    }
}

/* Nobody may be asked twice because something else failed; and the time in between is nobody's. */
static void a_redrive_goes_on_waiting(void **state)
{
    (void)state;
    static const char runbook[] =
        "StartAt: P\nStates:\n"
        "  P:\n    Type: Parallel\n    End: true\n    Branches:\n"
        "      - StartAt: S\n        States:\n"
        "          S: { Type: Task, Resource: 'test:send', Parameters: { Url: 'http://s/' }, TimeoutSeconds: 100, End: "
        "true }\n"
        "      - StartAt: W\n        States:\n"
        "          W: { Type: Wait, Seconds: 20, Next: C }\n"
        "          C: { Type: Task, Resource: 'test:call', Parameters: { Url: 'http://c/' }, ResultSelector: { s.$: "
        "$.Status }, End: true }\n";
    struct bench bench;
    set_up(&bench, "[{\"status\":200},{\"status\":500},{\"status\":201}]");
    json_t *result = run(&bench, runbook, "{}");
    assert_string_equal(text_of(result, "error"), "Test.Failed");
    set_inbox(&bench, "[{\"at\":1070000,\"output\":1}]"); /* 90 s of its time are over then */
    result = die_and_resume(&bench, result, 980000);
    expect_member(result, "output", "[1,{\"s\":201}]");
    assert_int_equal(json_array_size(json_object_get(result, "requests")), 3);
    json_decref(result);
    tear_down(&bench);
    set_up(&bench, "[{\"status\":200},{\"status\":500},{\"status\":201}]");
    result = run(&bench, runbook, "{}");
    result = die_and_resume(&bench, result, 980000);
    expect_member(result, "error", "\"States.Timeout\"");
    expect(result, "durationMs", "1080000"); /* 100 s of running time */
    tear_down(&bench);
}

/* ----- Secrets that must be fetched
 * ------------------------------------------------------------------------------------------------- */

/* A vault that answers after `delay_ms`, "value of NAME in REGION". */
struct vault {
    struct dr_secret_source source;
    int64_t delay_ms;
    unsigned fetched, cancelled;
};

struct fetching {
    struct dr_runtime *runtime;
    struct dr_handle *timer;
    char *value;
    dr_secret_fn *fn;
    void *data;
};

static void vault_answers(void *data)
{
    struct fetching *fetching = data;
    static struct dr_error missing;
    missing.error = (char *)(uintptr_t) "Drrun.SecretNotFound";
    missing.cause = (char *)(uintptr_t) "there is none";
    bool there = strstr(fetching->value, "missing") == NULL;
    fetching->fn(fetching->data, there ? fetching->value : NULL, strlen(fetching->value), there ? NULL : &missing);
    free(fetching->value);
    free(fetching);
}

static void *vault_fetch(struct dr_secret_source *source, const struct dr_secret_request *request, dr_secret_fn *fn,
                         void *data)
{
    struct vault *vault = (struct vault *)(void *)source;
    struct fetching *fetching = dr_alloc(sizeof *fetching);
    fetching->runtime = request->runtime;
    fetching->value = dr_format("value of %s in %s for %s", request->reference->name, request->region,
                                json_string_value(json_object_get(request->credentials, "RoleArn")));
    fetching->fn = fn;
    fetching->data = data;
    fetching->timer = request->runtime->ops->timer(
        request->runtime, request->runtime->ops->now_ms(request->runtime) + vault->delay_ms, vault_answers, fetching);
    vault->fetched++;
    return fetching;
}

static void vault_cancel(struct dr_secret_source *source, void *data)
{
    struct vault *vault = (struct vault *)(void *)source;
    struct fetching *fetching = data;
    fetching->runtime->ops->cancel(fetching->runtime, fetching->timer);
    free(fetching->value);
    free(fetching);
    vault->cancelled++;
}

#define WITH_SECRET(name, more)                                                                                        \
    "StartAt: A\nStates:\n"                                                                                            \
    "  A: { Type: Task, Resource: 'test:call', Region: eu-west-1, Credentials: { RoleArn: '" ROLE                      \
    "dr' }, End: true,\n"                                                                                              \
    "       Parameters: { Url: 'http://a/', Note: 'a {{resolve:ssm:" name "}}', Repeat: safe }" more " }\n"

static bool mentions(void *data, const char *line, size_t size, uint64_t offset)
{
    bool *found = data;
    (void)offset;
    *found |= memmem(line, size, "value of", 8) != NULL;
    return true;
}

/* [D29] In the Region and as the role of the call; the value reaches the primitive and no disk. */
static void a_secret_is_fetched_where_and_as_whom_the_call_is_made(void **state)
{
    (void)state;
    struct bench bench;
    struct vault vault = {.source = {.fetch = vault_fetch, .cancel = vault_cancel}, .delay_ms = 500};
    set_up(&bench, "[{\"status\":200,\"delay\":100}]");
    bench.lab.secrets = &vault.source;
    json_t *result = run(&bench, WITH_SECRET("k", ""), "{}");
    expect_member(result, "status", "\"SUCCEEDED\"");
    expect(result, "durationMs", "600");
    json_t *results = records_of(&bench, "result");
    assert_string_equal(text_of(json_object_get(json_array_get(results, 0), "detail"), "note"), "a ***");
    json_decref(results);
    struct dr_problem problem = {0};
    struct dr_journal *journal = NULL;
    bool found = false;
    assert_true(dr_journal_view(bench.lab.store, "lab", &journal, &problem));
    assert_true(dr_journal_records(journal, 0, mentions, &found, &problem));
    dr_journal_close(journal);
    assert_false(found);
    assert_int_equal(vault.fetched, 1);
    tear_down(&bench);
}

static void a_secret_that_is_not_there_fails_the_call(void **state)
{
    (void)state;
    struct bench bench;
    struct vault vault = {.source = {.fetch = vault_fetch, .cancel = vault_cancel}, .delay_ms = 500};
    set_up(&bench, "[{\"status\":200}]");
    bench.lab.secrets = &vault.source;
    json_t *result = run(&bench, WITH_SECRET("missing", ""), "{}");
    expect_member(result, "error", "\"Drrun.SecretNotFound\"");
    assert_int_equal(json_array_size(json_object_get(result, "requests")), 0);
    json_decref(result);
    tear_down(&bench);
}

static void time_outs_hold_while_a_secret_is_fetched(void **state)
{
    (void)state;
    struct bench bench;
    struct vault vault = {.source = {.fetch = vault_fetch, .cancel = vault_cancel}, .delay_ms = 5000};
    set_up(&bench, "[{\"status\":200}]");
    bench.lab.secrets = &vault.source;
    json_t *result = run(&bench, WITH_SECRET("k", ", TimeoutSeconds: 2"), "{}");
    expect_member(result, "error", "\"States.Timeout\"");
    expect_member(result, "durationMs", "2000");
    assert_int_equal(json_array_size(json_object_get(result, "requests")), 0);
    assert_int_equal(vault.cancelled, 1);
    json_decref(result);
    tear_down(&bench);
}

/* A Ctrl-C, and then the value is fetched anew: no snapshot and no journal has it. */
static void a_resume_fetches_the_secret_again(void **state)
{
    (void)state;
    for (unsigned snapshots = 0; snapshots < 2; snapshots++) {
        struct bench bench;
        struct vault vault = {.source = {.fetch = vault_fetch, .cancel = vault_cancel}, .delay_ms = 500};
        set_up(&bench, "[{\"status\":200}]");
        bench.lab.secrets = &vault.source;
        bench.lab.interrupt_at_ms = 200;
        bench.lab.snapshot_records = snapshots;
        json_t *result = run(&bench, WITH_SECRET("k", ""), "{}");
        assert_string_equal(text_of(result, "status"), "RUNNING");
        assert_int_equal(vault.cancelled, 1);
        result = die_and_resume(&bench, result, 1000);
        assert_string_equal(text_of(result, "status"), "SUCCEEDED");
        assert_int_equal(vault.fetched, 2);
        json_decref(result);
        tear_down(&bench);
    }
}

/* ----- Data that no record can hold
 * ---------------------------------------------------------------------------------------------------- */

/* DR_PAYLOAD_BYTES_MAX for the execution's output, DR_RECORD_BYTES_MAX for a call's arguments: an error, and no end of
 * the process. */
static void data_too_large_for_a_record_is_an_error(void **state)
{
    (void)state;
#define QUOTES(count, next)                                                                                            \
    "StartAt: A\nStates:\n"                                                                                            \
    "  A: { Type: Pass, QueryLanguage: JSONata, Output: '{% $pad(\"\", " count                                         \
    ", $states.input.quote) %}', Next: B }\n"                                                                          \
    "  B: { Type: Pass, Parameters: { Url.$: $, Note.$: $ }, " next " }\n"
    static const struct {
        const char *runbook, *error, *cause;
    } cases[] = {
        {QUOTES("16770000", "End: true"), NULL, NULL}, /* two of them, each character two bytes */
        {QUOTES("16780000", "End: true"), "States.DataLimitExceeded",
         "The state/task 'B' returned a result with a size"},
        {QUOTES("33600000", "Next: C") "  C: { Type: Task, Resource: 'test:call', Parameters: { Url.$: $.Url, Note.$: "
                                       "$.Url, Repeat.$: $.Url, Token.$: $.Url }, End: true }\n",
         "States.DataLimitExceeded", "The state/task 'C' returned a result with a size"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bench bench;
        set_up(&bench, "[{\"status\":200}]");
        json_t *result = run(&bench, cases[i].runbook, "{\"quote\":\"\\\"\"}");
        assert_string_equal(text_of(result, "status"), cases[i].error ? "FAILED" : "SUCCEEDED");
        if (cases[i].error) {
            assert_string_equal(text_of(result, "error"), cases[i].error);
            assert_non_null(strstr(text_of(result, "cause"), cases[i].cause));
        }
        json_decref(result);
        tear_down(&bench);
    }
}

/* ----- A service's model that changes between two lives
 * ---------------------------------------------------------------------------------- */

#define WIDE                                                                                                           \
    "{\"type\":\"object\",\"properties\":{\"Url\":{\"type\":\"string\"},\"Repeat\":{\"type\":\"string\"},"             \
    "\"Note\":{\"type\":\"string\"}},\"additionalProperties\":false}"
#define NARROW                                                                                                         \
    "{\"type\":\"object\",\"properties\":{\"Url\":{\"type\":\"string\"},\"Repeat\":{\"type\":\"string\"}},"            \
    "\"additionalProperties\":false}"

static struct dr_primitive modelled;

static const struct dr_resource *find_modelled(struct dr_resolver *resolver, const char *name, bool in_action,
                                               char **ret_action, struct dr_diagnostics *found)
{
    (void)resolver;
    (void)in_action;
    (void)ret_action;
    (void)found;
    return strcmp(name, "aws-sdk:test:call") == 0 ? &modelled.resource : NULL;
}

static void use_model(struct bench *bench, const char *schema)
{
    static struct dr_resolver resolver = {.find = find_modelled};
    memcpy(&modelled, dr_lab_primitives()[0], sizeof modelled);
    modelled.resource.name = "aws-sdk:test:call";
    modelled.resource.arguments = schema;
    bench->lab.resolver = &resolver;
    dr_catalogue_free(bench->lab.catalogue);
    bench->lab.catalogue = NULL;
}

/* [D30] Also for the call's own record, and with a constant that the new model would refuse at once. */
static void a_resume_stands_by_what_an_older_model_took(void **state)
{
    (void)state;
    static const char runbook[] = "StartAt: A\nStates:\n"
                                  "  A: { Type: Task, Resource: 'aws-sdk:test:call', End: true,\n"
                                  "       Parameters: { Url: 'http://a/', Repeat: safe, Note: constant } }\n";
    struct bench bench;
    set_up(&bench, "[{\"status\":200,\"delay\":1000}]");
    use_model(&bench, WIDE);
    bench.lab.interrupt_at_ms = 500;
    json_t *result = run(&bench, runbook, "{}");
    assert_string_equal(text_of(result, "status"), "RUNNING");
    use_model(&bench, NARROW);
    result = die_and_resume(&bench, result, 1000);
    expect(result, "status", "\"SUCCEEDED\"");
    tear_down(&bench);
}

/* [D30] The failure stands in the record; the redrive asks the new model. */
static void a_redrive_asks_the_newer_model(void **state)
{
    (void)state;
    static const char runbook[] = "StartAt: A\nStates:\n"
                                  "  A: { Type: Task, Resource: 'aws-sdk:test:call', End: true }\n";
    static const char input[] = "{\"Url\":\"http://a/\",\"Repeat\":\"safe\",\"Note\":\"n\"}";
    struct bench bench;
    set_up(&bench, "[{\"status\":200}]");
    use_model(&bench, NARROW);
    json_t *result = run(&bench, runbook, input);
    assert_string_equal(text_of(result, "error"), "States.Runtime");
    assert_non_null(strstr(text_of(result, "cause"), "could not be used to start the Task"));
    use_model(&bench, WIDE);
    result = die_and_resume(&bench, result, 1000);
    if (!json_object_get(result, "status"))
        fail_msg("%s", text_of(result, "problem"));
    expect(result, "status", "\"SUCCEEDED\"");
    tear_down(&bench);
}

/* The machine's own time is over: what is under way is cut off, a fetch as well as a call. */
static void a_timed_out_execution_cancels_what_is_under_way(void **state)
{
    (void)state;
    static const char runbook[] =
        "TimeoutSeconds: 2\nStartAt: P\nStates:\n"
        "  P:\n    Type: Parallel\n    End: true\n    Branches:\n"
        "      - { StartAt: A, States: { A: { Type: Task, Resource: 'test:call', Parameters: { Url: 'http://a/' }, "
        "End: "
        "true } } }\n"
        "      - { StartAt: S, States: { S: { Type: Task, Resource: 'test:send', Parameters: { Url: 'http://s/' }, "
        "End: "
        "true } } }\n"
        "      - { StartAt: B, States: { B: { Type: Task, Resource: 'test:call', Parameters: { Url: 'http://b/', Note: "
        "'{{resolve:ssm:k}}' }, Region: eu-west-1, Credentials: { RoleArn: '" ROLE "dr' }, End: true } } }\n";
    struct bench bench;
    struct vault vault = {.source = {.fetch = vault_fetch, .cancel = vault_cancel}, .delay_ms = 5000};
    set_up(&bench, "[{\"status\":200,\"delay\":5000},{\"status\":200,\"delay\":100}]");
    bench.lab.secrets = &vault.source;
    json_t *result = run(&bench, runbook, "{}");
    expect_member(result, "status", "\"TIMED_OUT\"");
    expect(result, "durationMs", "2000");
    assert_int_equal(vault.cancelled, 1);
    assert_int_equal(count_records(&bench, "result"), 0);
    tear_down(&bench);
}

static void a_timed_out_call_is_cancelled_and_tells_no_more(void **state)
{
    (void)state;
    struct bench bench;
    static const char runbook[] =
        "StartAt: A\nStates:\n"
        "  A: { Type: Task, Resource: 'test:call', TimeoutSeconds: 2, Parameters: { Url: 'http://a/' }, End: true,\n"
        "       Catch: [{ ErrorEquals: [States.Timeout], Next: W }] }\n"
        "  W: { Type: Wait, Seconds: 60, End: true }\n";
    set_up(&bench, "[{\"status\":200,\"delay\":5000}]");
    json_t *result = run(&bench, runbook, "{}");
    expect_member(result, "output", "{\"Error\":\"States.Timeout\",\"Cause\":\"\"}");
    json_decref(result);
    assert_int_equal(count_records(&bench, "result"), 1);
    tear_down(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_is_given_what_its_task_says),
        cmocka_unit_test(a_region_may_be_computed),
        cmocka_unit_test(credentials_are_checked),
        cmocka_unit_test(an_action_calls_where_and_as_whom_its_task_says),
        cmocka_unit_test(a_resumed_action_calls_where_and_as_whom_its_task_says),
        cmocka_unit_test(a_runbook_inside_has_its_own_region_unless_its_task_says),
        cmocka_unit_test(a_result_keeps_its_detail_without_secrets),
        cmocka_unit_test(a_detail_beyond_its_limit_is_left_out),
        cmocka_unit_test(a_submitted_call_waits_for_its_answer),
        cmocka_unit_test(an_answer_before_the_submission_counts),
        cmocka_unit_test(a_submission_that_fails_is_an_error),
        cmocka_unit_test(an_answer_may_be_an_error),
        cmocka_unit_test(heartbeats_and_time_outs_hold_after_the_submission),
        cmocka_unit_test(a_submitted_call_is_not_sent_again),
        cmocka_unit_test(a_call_that_was_not_submitted_follows_its_repeat_rule),
        cmocka_unit_test(a_redrive_goes_on_waiting),
        cmocka_unit_test(a_secret_is_fetched_where_and_as_whom_the_call_is_made),
        cmocka_unit_test(a_secret_that_is_not_there_fails_the_call),
        cmocka_unit_test(time_outs_hold_while_a_secret_is_fetched),
        cmocka_unit_test(a_resume_fetches_the_secret_again),
        cmocka_unit_test(data_too_large_for_a_record_is_an_error),
        cmocka_unit_test(a_resume_stands_by_what_an_older_model_took),
        cmocka_unit_test(a_redrive_asks_the_newer_model),
        cmocka_unit_test(a_timed_out_execution_cancels_what_is_under_way),
        cmocka_unit_test(a_timed_out_call_is_cancelled_and_tells_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
