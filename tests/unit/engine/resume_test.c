/* What a resume, a redrive and a chosen state keep, drop and repeat. In virtual time, on the store in memory. */
#include "tests/support/lab.h"

#include "interpreter/base/text.h"
#include "interpreter/runtime/virtual.h"
#include "providers/provider.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char two_calls[] = "{\"StartAt\":\"A\",\"States\":{"
                                "\"A\":{\"Type\":\"Task\",\"Resource\":\"http:invoke\",\"Parameters\":{\"ApiEndpoint\":"
                                "\"http://a/\",\"Method\":\"GET\"},"
                                "\"ResultPath\":null,\"Next\":\"W\"},"
                                "\"W\":{\"Type\":\"Wait\",\"Seconds\":100,\"Next\":\"B\"},"
                                "\"B\":{\"Type\":\"Task\",\"Resource\":\"http:invoke\",\"Parameters\":{\"ApiEndpoint\":"
                                "\"http://b/\",\"Method\":\"GET\"},"
                                "\"ResultSelector\":{\"code.$\":\"$.StatusCode\"},\"End\":true}}}";

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

/* An execution that stopped (interrupted or failed) and was resumed. */
struct lives {
    struct dr_lab lab;
    struct dr_store *store;
    json_t *input, *answers, *first, *second; /* first and second: results, as dr_lab_run() gives them */
};

/* The first life is interrupted after `interrupt_ms` (0: it ends by itself); the second starts `later_ms` after the
 * first (before it, if the clock was set back). Steals `input` and `answers` (NULL: none). */
static void live_twice(struct lives *lives, const char *runbook, json_t *input, json_t *answers, int64_t interrupt_ms,
                       int64_t later_ms)
{
    struct dr_store *store = dr_store_memory();
    *lives = (struct lives){.store = store, .input = input, .answers = answers};
    lives->lab = (struct dr_lab){.store = store, .service = {.answers = answers}, .interrupt_at_ms = interrupt_ms};
    lives->first = dr_lab_run(&lives->lab, "r.json", runbook, input);
    lives->lab.interrupt_at_ms = 0;
    lives->lab.start_ms = INT64_C(1767225600000) + later_ms;
    lives->second = dr_lab_resume(&lives->lab);
    assert_string_equal(text_of(lives->first, "status"), interrupt_ms > 0 ? "RUNNING" : "FAILED");
    assert_string_equal(text_of(lives->second, "status"), "SUCCEEDED");
}

static void bury(struct lives *lives)
{
    json_decref(lives->input);
    json_decref(lives->answers);
    json_decref(lives->first);
    json_decref(lives->second);
    dr_lab_done(&lives->lab);
    dr_store_free(lives->store);
}

static void an_interrupted_wait_keeps_its_end(void **state)
{
    (void)state;
    struct lives lives;
    live_twice(&lives, two_calls, json_object(), NULL, 40000, 60000);
    assert_int_equal(json_integer_value(json_object_get(lives.second, "durationMs")), 100000);
    assert_int_equal(json_array_size(json_object_get(lives.second, "requests")),
                     2); /* one each, in both lives together */
    bury(&lives);
}

/* [D22] */
static void a_clock_that_was_set_back_does_not_stretch_a_wait(void **state)
{
    (void)state;
    struct lives lives;
    live_twice(&lives, two_calls, json_object(), NULL, 40000, -3600000);
    assert_int_equal(json_integer_value(json_object_get(lives.second, "durationMs")), 100000);
    bury(&lives);
}

static void a_redrive_keeps_what_is_done(void **state)
{
    (void)state;
    struct lives lives;
    json_t *answers = json_pack("[{s:i},{s:i},{s:i}]", "status", 200, "status", 500, "status", 201);
    live_twice(&lives, two_calls, json_object(), answers, 0, 0);
    assert_string_equal(text_of(lives.first, "error"), "States.Http.StatusCode.500");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(lives.second, "output"), "code")), 201);
    json_t *requests = json_object_get(lives.second, "requests");
    assert_int_equal(json_array_size(requests), 3);
    assert_string_equal(json_string_value(json_array_get(requests, 2)), "GET http://b/");
    bury(&lives);
}

/* [D24] */
static void a_redriven_parallel_runs_only_the_branches_that_did_not_end(void **state)
{
    (void)state;
    struct lives lives;
    static const char runbook[] =
        "{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Parallel\",\"Branches\":["
        "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"http:invoke\",\"Parameters\":{"
        "\"ApiEndpoint\":\"http://a/\",\"Method\":\"GET\"},"
        "\"ResultSelector\":{\"a\":1},\"End\":true}}},"
        "{\"StartAt\":\"W\",\"States\":{\"W\":{\"Type\":\"Wait\",\"Seconds\":9,\"Next\":\"B\"},"
        "\"B\":{\"Type\":\"Task\",\"Resource\":\"http:invoke\",\"Parameters\":{\"ApiEndpoint\":\"http://b/"
        "\",\"Method\":\"GET\"},"
        "\"ResultSelector\":{\"b\":2},\"End\":true}}}],\"End\":true}}}";
    json_t *answers = json_pack("[{s:i},{s:i},{s:i}]", "status", 200, "status", 500, "status", 200);
    live_twice(&lives, runbook, json_object(), answers, 0, 0);
    json_t *wanted = json_pack("[{s:i},{s:i}]", "a", 1, "b", 2);
    assert_true(json_equal(json_object_get(lives.second, "output"), wanted));
    assert_int_equal(json_array_size(json_object_get(lives.second, "requests")), 3);
    json_decref(wanted);
    bury(&lives);
}

/* Long enough for several snapshots; interrupted after them, and the replay starts from the last. */
static void a_snapshot_resumes_to_the_same_end(void **state)
{
    (void)state;
    struct lives lives;
    static const char runbook[] =
        "{\"StartAt\":\"Loop\",\"States\":{"
        "\"Loop\":{\"Type\":\"Pass\",\"Parameters\":{\"i.$\":\"States.MathAdd($.i, "
        "1)\"},\"Assign\":{\"seen.$\":\"$.i\"},\"Next\":\"Enough\"},"
        "\"Enough\":{\"Type\":\"Choice\",\"Choices\":[{\"Variable\":\"$.i\",\"NumericLessThan\":30000,\"Next\":"
        "\"Loop\"}],\"Default\":\"P\"},"
        "\"P\":{\"Type\":\"Parallel\",\"Branches\":["
        "{\"StartAt\":\"S\",\"States\":{\"S\":{\"Type\":\"Wait\",\"Seconds\":50,\"Next\":\"T\"},\"T\":{\"Type\":"
        "\"Pass\",\"Parameters\":{\"v.$\":\"$seen\"},\"End\":true}}},"
        "{\"StartAt\":\"Q\",\"States\":{\"Q\":{\"Type\":\"Pass\",\"End\":true}}}],\"End\":true}}}";
    live_twice(&lives, runbook, json_pack("{s:i}", "i", 0), NULL, 20000, 0);
    json_t *wanted = json_pack("[{s:i},{s:i}]", "v", 30000, "i", 30000);
    assert_true(json_equal(json_object_get(lives.second, "output"), wanted));
    assert_int_equal(json_integer_value(json_object_get(lives.second, "transitions")), 60003 + 1);
    json_decref(wanted);
    bury(&lives);
}

/* ----- Unknown outcomes
 * ------------------------------------------------------------------------------------------------------- */

/* [D20] An action looks first, so when the outcome of a call inside is unknown it starts again from its look. */
static void an_action_restarts_from_its_start(void **state)
{
    (void)state;
    static const char action[] =
        "Action: { Name: shop.order, Summary: Order once., Effect: Write, Undo: none, Arguments: {} }\n"
        "StartAt: Look\nStates:\n"
        "  Look: { Type: Task, Resource: 'http:invoke', Parameters: { ApiEndpoint: 'http://shop/', Method: GET }, "
        "Next: There }\n"
        "  There: { Type: Choice, Choices: [{ Variable: $.ResponseBody.there, BooleanEquals: true, Next: Done }], "
        "Default: Order }\n"
        "  Order: { Type: Task, Resource: 'http:invoke', Parameters: { ApiEndpoint: 'http://shop/', Method: POST }, "
        "Next: Done }\n"
        "  Done: { Type: Pass, Result: ordered, End: true }\n";
    static const char runbook[] = "{\"StartAt\":\"O\",\"States\":{\"O\":{\"Type\":\"Task\",\"Resource\":\"shop.order\","
                                  "\"Parameters\":{},\"End\":true}}}";
    char folder[] = "/tmp/drrun-actions-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char *inner = dr_format("%s/shop", folder), *path = dr_format("%s/shop/order.yaml", folder);
    assert_int_equal(mkdir(inner, 0700), 0);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fputs(action, file);
    fclose(file);
    json_t *answers =
        json_pack("[{s:{s:b}},{s:I},{s:{s:b}}]", "body", "there", 0, "delay", (json_int_t)-1, "body", "there", 1);
    struct dr_lab lab = {.store = dr_store_memory(),
                         .actions = folder,
                         .service = {.answers = answers},
                         .interrupt_at_ms = 1000,
                         .leave_at_once = true};
    struct dr_store *store = lab.store;
    json_t *input = json_object(), *first = dr_lab_run(&lab, "r.json", runbook, input);
    assert_string_equal(text_of(first, "status"), "RUNNING");
    lab.interrupt_at_ms = 0;
    json_t *second = dr_lab_resume(&lab);
    assert_string_equal(text_of(second, "status"), "SUCCEEDED");
    json_t *requests = json_object_get(second, "requests");
    assert_int_equal(json_array_size(requests), 3); /* GET, POST, and after the resume only GET */
    assert_string_equal(json_string_value(json_array_get(requests, 2)), "GET http://shop/");
    json_decref(input);
    json_decref(first);
    json_decref(second);
    json_decref(answers);
    dr_lab_done(&lab);
    dr_store_free(store);
    unlink(path);
    rmdir(inner);
    rmdir(folder);
    free(inner);
    free(path);
}

/* ----- A journal that its own runbook contradicts
 * ------------------------------------------------------------------------------ */

static json_t *replay_of(const char *const *lines)
{
    struct dr_store *store = dr_store_memory();
    struct dr_problem problem = {0};
    struct dr_journal *journal = NULL;
    assert_true(dr_journal_create(store, "lab", &journal, &problem));
    for (; *lines; lines++)
        dr_journal_append(journal, *lines, strlen(*lines));
    assert_true(dr_journal_commit(journal, true, &problem));
    dr_journal_close(journal);
    struct dr_lab lab = {.store = store};
    json_t *result = dr_lab_resume(&lab);
    dr_lab_done(&lab);
    dr_store_free(store);
    return result;
}

#define START(semantics)                                                                                               \
    "{\"k\":\"start\",\"t\":1767225600000,\"format\":1,\"semantics\":" semantics                                       \
    ",\"drrun\":\"0\",\"id\":\"lab\",\"name\":\"lab\",\"runbook\":\"r\","                                              \
    "\"seed\":1,\"path\":\"r.json\",\"files\":{\"r.json\":\"{\\\"StartAt\\\":\\\"A\\\",\\\"States\\\":{\\\"A\\\":{"    \
    "\\\"Type\\\":\\\"Pass\\\","                                                                                       \
    "\\\"Next\\\":\\\"B\\\"},\\\"B\\\":{\\\"Type\\\":\\\"Succeed\\\"}}}\"},\"input\":{}}"

/* [D18] */
static void a_replay_refuses_what_would_be_decided_otherwise(void **state)
{
    (void)state;
    static const char *const good[] = {START("1"),
                                       "{\"k\":\"step\",\"t\":1767225600001,\"b\":0,\"s\":\"A\",\"n\":\"B\"}", NULL};
    static const char *const bad[][3] = {
        {START("1"), "{\"k\":\"step\",\"t\":1767225600001,\"b\":0,\"s\":\"A\",\"n\":\"A\"}", NULL},
        {START("1"), "{\"k\":\"step\",\"t\":1767225600001,\"b\":0,\"s\":\"B\"}", NULL},
        {START("1"), "{\"k\":\"step\",\"t\":1767225600001,\"b\":7,\"s\":\"A\",\"n\":\"B\"}", NULL},
        {START("1"), "{\"k\":\"result\",\"t\":1767225600001,\"b\":0,\"s\":\"A\",\"output\":1}", NULL},
        {START("1"), "{\"k\":\"dance\",\"t\":1767225600001}", NULL},
        {START("99"), NULL},
        {"{\"k\":\"step\",\"t\":1767225600001,\"b\":0,\"s\":\"A\",\"n\":\"B\"}", NULL},
    };
    json_t *result = replay_of(good);
    assert_string_equal(text_of(result, "status"), "SUCCEEDED");
    json_decref(result);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        result = replay_of(bad[i]);
        assert_true(strstr(text_of(result, "problem"), "record ") != NULL);
        json_decref(result);
    }
}

/* ----- Answers
 * ---------------------------------------------------------------------------------------------------------------- */

struct waiting {
    struct dr_store *store;
    struct dr_runtime *runtime;
    struct dr_catalogue *catalogue;
    struct dr_program *program;
    struct dr_execution *execution;
};

static void wait_for_answer(struct waiting *waiting, const char *runbook)
{
    struct dr_diagnostics found = {0};
    struct dr_journal *journal = NULL;
    struct dr_problem problem = {0};
    *waiting = (struct waiting){.store = dr_store_memory(),
                                .runtime = dr_runtime_virtual_new(1, 1000),
                                .catalogue = dr_catalogue_new(dr_primitives())};
    json_t *files = json_pack("{s:s}", "r.json", runbook), *input = json_object();
    waiting->program = dr_program_from_files("r.json", files, waiting->catalogue, &found);
    assert_non_null(waiting->program);
    assert_true(dr_journal_create(waiting->store, "w", &journal, &problem));
    waiting->execution = dr_execution_new(&(struct dr_execution_options){
        .store = waiting->store, .journal = journal, .runtime = waiting->runtime, .catalogue = waiting->catalogue});
    dr_execution_start(waiting->execution, waiting->program, input,
                       &(struct dr_execution_identity){.id = "w", .seed = 2});
    while (dr_execution_turn(waiting->execution))
        ;
    json_decref(files);
    json_decref(input);
    dr_diagnostics_done(&found);
}

static void stop_waiting(struct waiting *waiting)
{
    dr_execution_free(waiting->execution);
    dr_program_free(waiting->program);
    dr_catalogue_free(waiting->catalogue);
    waiting->runtime->ops->free(waiting->runtime);
    dr_store_free(waiting->store);
}

static void an_approval_is_answered_once(void **state)
{
    (void)state;
    struct waiting waiting;
    wait_for_answer(&waiting,
                    "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"approval:request\","
                    "\"Parameters\":{\"Message\":\"Sure?\"},\"End\":true}}}");
    assert_int_equal(dr_execution_status(waiting.execution), DR_RUNNING);
    assert_false(dr_execution_answer(waiting.execution, "00000000-0000-0000-0000-000000000000", json_true(), NULL));
    assert_true(dr_execution_answer(waiting.execution, NULL, json_string("yes"), NULL));
    assert_false(dr_execution_answer(waiting.execution, NULL, json_string("again"), NULL));
    while (dr_execution_turn(waiting.execution))
        ;
    assert_int_equal(dr_execution_status(waiting.execution), DR_SUCCEEDED);
    assert_string_equal(json_string_value(dr_execution_output(waiting.execution)), "yes");
    stop_waiting(&waiting);
}

static void a_heartbeat_that_stays_away_is_a_time_out(void **state)
{
    (void)state;
    struct waiting waiting;
    wait_for_answer(&waiting, "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"approval:"
                              "request\",\"TimeoutSeconds\":60,\"HeartbeatSeconds\":10,"
                              "\"Parameters\":{\"Message\":\"Sure?\"},\"Catch\":[{\"ErrorEquals\":[\"States."
                              "HeartbeatTimeout\"],\"Next\":\"L\"}],\"End\":true},"
                              "\"L\":{\"Type\":\"Pass\",\"End\":true}}}");
    assert_int_equal(dr_execution_status(waiting.execution), DR_SUCCEEDED);
    assert_string_equal(text_of(dr_execution_output(waiting.execution), "Error"), "States.Timeout");
    assert_int_equal(dr_execution_last_ms(waiting.execution) - dr_execution_started_ms(waiting.execution), 10000);
    stop_waiting(&waiting);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_interrupted_wait_keeps_its_end),
        cmocka_unit_test(a_clock_that_was_set_back_does_not_stretch_a_wait),
        cmocka_unit_test(a_redrive_keeps_what_is_done),
        cmocka_unit_test(a_redriven_parallel_runs_only_the_branches_that_did_not_end),
        cmocka_unit_test(a_snapshot_resumes_to_the_same_end),
        cmocka_unit_test(an_action_restarts_from_its_start),
        cmocka_unit_test(a_replay_refuses_what_would_be_decided_otherwise),
        cmocka_unit_test(an_approval_is_answered_once),
        cmocka_unit_test(a_heartbeat_that_stays_away_is_a_time_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
