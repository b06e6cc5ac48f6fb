/* What a redrive repeats and what it must not: answers that are there, calls that were cut off, tolerated items,
 * results to be written, the machine's own time. In virtual time, on the store in memory. */
#include "tests/support/lab.h"

#include "interpreter/base/text.h"
#include "interpreter/runtime/virtual.h"
#include "providers/provider.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define HTTP(name, method, host)                                                                                       \
    "\"" name "\":{\"Type\":\"Task\",\"Resource\":\"http:invoke\",\"Parameters\":{\"ApiEndpoint\":\"http://" host      \
    "/\",\"Method\":\"" method "\"},\"ResultSelector\":{\"code.$\":\"$.StatusCode\"}"

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static json_t *parse(const char *text)
{
    json_t *value = dr_json_parse(text, strlen(text), NULL);
    assert_non_null(value);
    return value;
}

static unsigned requests_to(const json_t *result, const char *request)
{
    const json_t *requests = json_object_get(result, "requests");
    unsigned count = 0;
    for (size_t i = 0; i < json_array_size(requests); i++)
        count += strcmp(json_string_value(json_array_get(requests, i)), request) == 0;
    return count;
}

struct redrive {
    struct dr_lab lab;
    struct dr_store *store;
    json_t *answers[2];
    json_t *first, *second;
};

/* Runs it with the first answers, expects that it fails, and redrives it with the second. */
static void run_and_redrive(struct redrive *redrive, const char *runbook, const char *answers, const char *later)
{
    redrive->answers[0] = parse(answers);
    redrive->answers[1] = parse(later);
    redrive->store = redrive->lab.store = dr_store_memory();
    redrive->lab.service.answers = redrive->answers[0];
    json_t *input = json_object();
    redrive->first = dr_lab_run(&redrive->lab, "r.json", runbook, input);
    json_decref(input);
    assert_string_equal(text_of(redrive->first, "status"), "FAILED");
    redrive->lab.service.answers = redrive->answers[1];
    redrive->second = dr_lab_resume(&redrive->lab);
    assert_string_equal(text_of(redrive->second, "problem"), "");
}

static void end_redrive(struct redrive *redrive)
{
    dr_lab_done(&redrive->lab);
    dr_store_free(redrive->store);
    json_decref(redrive->answers[0]);
    json_decref(redrive->answers[1]);
    json_decref(redrive->first);
    json_decref(redrive->second);
}

static void expect_output(const struct redrive *redrive, const char *wanted)
{
    json_t *output = parse(wanted);
    assert_string_equal(text_of(redrive->second, "status"), "SUCCEEDED");
    assert_true(json_equal(json_object_get(redrive->second, "output"), output));
    json_decref(output);
}

/* A sibling failed while the order was under way: whether it took effect is not known, so a person is asked. */
static void a_call_that_was_cut_off_and_is_unsafe_is_not_sent_again(void **state)
{
    (void)state;
    struct redrive redrive = {0};
    run_and_redrive(
        &redrive,
        "{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Parallel\",\"End\":true,\"Branches\":["
        "{\"StartAt\":\"A\",\"States\":{" HTTP("A", "POST", "orders") ",\"End\":true}}},"
                                                                      "{\"StartAt\":\"B\",\"States\":{" HTTP(
                                                                          "B", "GET", "b") ",\"End\":true}}}]}}}",
        "{\"POST http://orders/\":{\"delay\":5000},\"GET http://b/\":{\"status\":500,\"delay\":100}}",
        "{\"GET http://b/\":{\"status\":200}}");
    assert_string_equal(text_of(redrive.second, "status"), "RUNNING");
    assert_int_equal(json_integer_value(json_object_get(redrive.second, "paused")), 1);
    assert_int_equal(requests_to(redrive.second, "POST http://orders/"), 1);
    assert_int_equal(requests_to(redrive.second, "GET http://b/"), 2);
    end_redrive(&redrive);
}

static void a_cut_off_read_is_simply_sent_again(void **state)
{
    (void)state;
    struct redrive redrive = {0};
    run_and_redrive(&redrive,
                    "{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Parallel\",\"End\":true,\"Branches\":["
                    "{\"StartAt\":\"A\",\"States\":{" HTTP("A", "GET", "a") ",\"End\":true}}},"
                                                                            "{\"StartAt\":\"B\",\"States\":{" HTTP(
                                                                                "B", "GET", "b") ",\"End\":true}}}]}}}",
                    "{\"GET http://a/\":{\"delay\":5000},\"GET http://b/\":{\"status\":500,\"delay\":100}}",
                    "{\"GET http://a/\":{\"status\":201}}");
    expect_output(&redrive, "[{\"code\":201},{\"code\":200}]");
    end_redrive(&redrive);
}

/* Both answers come in the same turn, the failure first: the other is journaled, so it counts. */
static void an_answer_that_is_there_counts_after_a_redrive(void **state)
{
    (void)state;
    struct redrive redrive = {0};
    run_and_redrive(
        &redrive,
        "{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Parallel\",\"End\":true,\"Branches\":["
        "{\"StartAt\":\"B\",\"States\":{" HTTP("B", "GET", "b") ",\"End\":true}}},"
                                                                "{\"StartAt\":\"A\",\"States\":{" HTTP(
                                                                    "A", "POST", "orders") ",\"End\":true}}}]}}}",
        "{\"POST http://orders/\":{\"status\":201,\"delay\":100},\"GET "
        "http://b/\":{\"status\":500,\"delay\":100}}",
        "{}");
    expect_output(&redrive, "[{\"code\":200},{\"code\":201}]");
    assert_int_equal(requests_to(redrive.second, "POST http://orders/"), 1);
    end_redrive(&redrive);
}

#define ITEM_TASK                                                                                                      \
    "\"ItemProcessor\":{\"ProcessorConfig\":{\"Mode\":\"DISTRIBUTED\",\"ExecutionType\":\"STANDARD\"},\"StartAt\":"    \
    "\"I\",\"States\":{\"I\":{\"Type\":\"Task\",\"Resource\":\"http:invoke\",\"Parameters\":{\"ApiEndpoint.$\":"       \
    "\"States.Format('http://{}/', $)\",\"Method\":\"GET\"},\"ResultSelector\":{\"code.$\":\"$.StatusCode\"},"         \
    "\"End\":true}}}"

/* The first failure was tolerated, the second exceeded the threshold: a redriven Map Run repeats both. */
static void tolerated_items_run_again_when_the_map_failed(void **state)
{
    (void)state;
    struct redrive redrive = {0};
    run_and_redrive(
        &redrive,
        "{\"StartAt\":\"L\",\"States\":{\"L\":{\"Type\":\"Pass\",\"Result\":[\"a\",\"b\",\"c\",\"d\"],"
        "\"Next\":\"M\"},\"M\":{\"Type\":\"Map\",\"MaxConcurrency\":1,\"ToleratedFailureCount\":1," ITEM_TASK
        ",\"End\":true}}}",
        "{\"GET http://b/\":{\"status\":500},\"GET http://c/\":{\"status\":500}}", "{}");
    assert_string_equal(text_of(redrive.first, "error"), "States.ExceedToleratedFailureThreshold");
    expect_output(&redrive, "[{\"code\":200},{\"code\":200},{\"code\":200},{\"code\":200}]");
    assert_int_equal(requests_to(redrive.second, "GET http://a/"), 1);
    assert_int_equal(requests_to(redrive.second, "GET http://b/"), 2);
    assert_int_equal(requests_to(redrive.second, "GET http://c/"), 2);
    assert_int_equal(requests_to(redrive.second, "GET http://d/"), 1);
    end_redrive(&redrive);
}

/* The selector fails for one item, at run time, before its branch is there. */
static void a_map_whose_selector_failed_can_be_redriven(void **state)
{
    (void)state;
    struct redrive redrive = {0};
    run_and_redrive(&redrive,
                    "{\"StartAt\":\"L\",\"States\":{\"L\":{\"Type\":\"Pass\",\"Result\":[{\"v\":1},{\"w\":2}],"
                    "\"Next\":\"M\"},\"M\":{\"Type\":\"Map\",\"ItemSelector\":{\"v.$\":\"$$.Map.Item.Value.v\"},"
                    "\"ItemProcessor\":{\"StartAt\":\"I\",\"States\":{\"I\":{\"Type\":\"Pass\",\"End\":true}}},"
                    "\"End\":true}}}",
                    "{}", "{}");
    assert_string_equal(text_of(redrive.second, "status"), "FAILED"); /* again: nothing has changed */
    end_redrive(&redrive);
}

/* ----- By hand: stopped by a person, chosen states
 * ---------------------------------------------------------------------- */

struct stage {
    struct dr_store *store;
    struct dr_runtime *runtime;
    struct dr_catalogue *catalogue;
    struct dr_program *program;
    struct dr_execution *execution;
    unsigned writes, turns_to_abort;
};

static void open_stage(struct stage *stage, const char *runbook, const char *path)
{
    struct dr_diagnostics found = {0};
    struct dr_journal *journal = NULL;
    struct dr_problem problem = {0};
    stage->store = dr_store_memory();
    stage->runtime = dr_runtime_virtual_new(1, 1000);
    stage->catalogue = dr_catalogue_new(dr_primitives());
    json_t *files = json_pack("{s:s}", path, runbook), *input = json_object();
    stage->program = dr_program_from_files(path, files, stage->catalogue, &found);
    if (found.count > 0)
        print_message("%s\n", found.items[0].message);
    assert_non_null(stage->program);
    assert_true(dr_journal_create(stage->store, "x", &journal, &problem));
    stage->execution = dr_execution_new(&(struct dr_execution_options){
        .store = stage->store, .journal = journal, .runtime = stage->runtime, .catalogue = stage->catalogue});
    dr_execution_start(stage->execution, stage->program, input, &(struct dr_execution_identity){.id = "x", .seed = 2});
    json_decref(files);
    json_decref(input);
    dr_diagnostics_done(&found);
}

static void close_stage(struct stage *stage)
{
    dr_execution_free(stage->execution);
    dr_program_free(stage->program);
    dr_catalogue_free(stage->catalogue);
    stage->runtime->ops->free(stage->runtime);
    dr_store_free(stage->store);
}

static void run_to_end(struct stage *stage)
{
    while (dr_execution_turn(stage->execution))
        ;
}

/* Stopped while (or just after) the results are written: they are written on the way on, and the output is what an
 * undisturbed run gives. */
static void a_stopped_result_writer_writes_again(void **state)
{
    (void)state;
    char folder[] = "/tmp/drrun-redrive-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char *path = dr_format("%s/r.json", folder), *out = dr_format("%s/out.json", folder);
    static const char runbook[] =
        "{\"StartAt\":\"L\",\"States\":{\"L\":{\"Type\":\"Pass\",\"Result\":[1,2],\"Next\":\"M\"},"
        "\"M\":{\"Type\":\"Map\",\"ItemProcessor\":{\"ProcessorConfig\":{\"Mode\":\"DISTRIBUTED\",\"ExecutionType\":"
        "\"STANDARD\"},\"StartAt\":\"I\",\"States\":{\"I\":{\"Type\":\"Pass\",\"End\":true}}},"
        "\"ResultWriter\":{\"Resource\":\"file:write\",\"Parameters\":{\"Path\":\"out.json\"}},\"End\":true}}}";
    for (unsigned turns = 0; turns < 4; turns++) {
        struct stage stage = {0};
        open_stage(&stage, runbook, path);
        for (unsigned i = 0; i < turns; i++)
            dr_execution_turn(stage.execution);
        if (dr_execution_status(stage.execution) == DR_RUNNING) {
            dr_execution_abort(stage.execution, "Stopped", NULL);
            unlink(out);
            dr_execution_redrive(stage.execution);
            run_to_end(&stage);
            if (dr_execution_paused(stage.execution) > 0) { /* the write was cut off: a person says, again */
                assert_true(dr_execution_resolve(stage.execution, NULL, "repeat", NULL));
                run_to_end(&stage);
            }
        } else {
            run_to_end(&stage);
        }
        assert_int_equal(dr_execution_status(stage.execution), DR_SUCCEEDED);
        assert_int_equal(access(out, R_OK), 0);
        assert_true(json_is_object(dr_execution_output(stage.execution)));
        unlink(out);
        close_stage(&stage);
    }
    rmdir(folder);
    free(path);
    free(out);
}

static void a_chosen_state_has_the_machines_time_anew(void **state)
{
    (void)state;
    struct stage stage = {0};
    open_stage(&stage,
               "{\"TimeoutSeconds\":10,\"StartAt\":\"W\",\"States\":{\"W\":{\"Type\":\"Wait\",\"Seconds\":20,\"Next\":"
               "\"V\"},\"V\":{\"Type\":\"Wait\",\"Seconds\":5,\"End\":true}}}",
               "r.json");
    run_to_end(&stage);
    assert_int_equal(dr_execution_status(stage.execution), DR_TIMED_OUT);
    json_t *input = json_object();
    dr_execution_from(stage.execution, dr_machine_state(stage.program->machine, "V", 1), input, NULL);
    json_decref(input);
    run_to_end(&stage);
    assert_int_equal(dr_execution_status(stage.execution), DR_SUCCEEDED);
    close_stage(&stage);
}

static void an_interrupt_that_waits_for_a_call_waits_for_its_time_out_at_most(void **state)
{
    (void)state;
    json_t *answers = parse("[{\"delay\":-1}]");
    struct dr_lab lab = {.store = dr_store_memory(), .interrupt_at_ms = 2000, .service = {.answers = answers}};
    struct dr_store *store = lab.store;
    json_t *input = json_object();
    json_t *first = dr_lab_run(
        &lab, "r.json",
        "{\"StartAt\":\"A\",\"States\":{" HTTP(
            "A", "POST", "orders") ",\"TimeoutSeconds\":10,"
                                   "\"Catch\":[{\"ErrorEquals\":[\"States.Timeout\"],\"Next\":\"B\"}],\"End\":true},"
                                   "\"B\":{\"Type\":\"Pass\",\"End\":true}}}",
        input);
    assert_string_equal(text_of(first, "status"), "RUNNING");
    assert_int_equal(json_integer_value(json_object_get(first, "durationMs")), 10000);
    lab.interrupt_at_ms = 0;
    json_t *second = dr_lab_resume(&lab);
    assert_string_equal(text_of(second, "status"), "SUCCEEDED");
    assert_int_equal(json_array_size(json_object_get(second, "requests")), 1);
    json_decref(first);
    json_decref(second);
    json_decref(input);
    json_decref(answers);
    dr_lab_done(&lab);
    dr_store_free(store);
}

/* A snapshot falls due in the very turn in which the execution ends. */
static void the_end_is_not_hidden_by_a_snapshot(void **state)
{
    (void)state;
    struct dr_lab lab = {.store = dr_store_memory(), .snapshot_records = 3};
    struct dr_store *store = lab.store;
    json_t *input = json_object();
    static const char runbook[] = "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"Next\":\"B\"},\"B\":{"
                                  "\"Type\":\"Pass\",\"Next\":\"C\"},\"C\":{\"Type\":\"Pass\",\"End\":true}}}";
    json_t *first = dr_lab_run(&lab, "r.json", runbook, input), *second = dr_lab_resume(&lab);
    assert_string_equal(text_of(first, "status"), "SUCCEEDED");
    assert_string_equal(text_of(second, "status"), "SUCCEEDED");
    assert_int_equal(json_array_size(json_object_get(second, "trace")), 0);
    struct dr_journal *journal;
    struct dr_problem problem = {0};
    char *begin, *end;
    assert_true(dr_store_peek(store, "lab", &begin, &end, &problem));
    assert_non_null(strstr(end, "SUCCEEDED"));
    uint64_t ends = 0;
    assert_true(dr_journal_view(store, "lab", &journal, &problem));
    ends = dr_journal_read_result(journal)->commits;
    assert_true(ends <= 2);
    dr_journal_close(journal);
    free(begin);
    free(end);
    json_decref(first);
    json_decref(second);
    json_decref(input);
    dr_lab_done(&lab);
    dr_store_free(store);
}

static unsigned renames; /* a snapshot is the only file that a run puts in place so */

static int count_rename(const char *from, const char *to)
{
    renames++;
    return dr_disk_real.rename(from, to);
}

/* With a snapshot every hundred records, three thousand items would be written down thirty times. */
static void a_large_tree_is_not_written_down_again_and_again(void **state)
{
    (void)state;
    static const char runbook[] =
        "{\"QueryLanguage\":\"JSONata\",\"StartAt\":\"M\",\"States\":{\"M\":{\"Type\":\"Map\",\"Items\":\"{% "
        "[1..3000] %}\",\"ItemProcessor\":{\"StartAt\":\"W\",\"States\":{\"W\":{\"Type\":\"Wait\",\"Seconds\":\"{% "
        "$states.input % 60 + 1 %}\","
        "\"End\":true}}},\"Output\":\"{% $count($states.result) %}\",\"End\":true}}}";
    char folder[] = "/tmp/drrun-redrive-XXXXXX";
    assert_non_null(mkdtemp(folder));
    struct dr_problem problem = {0};
    struct dr_disk_ops counting = dr_disk_real;
    counting.rename = count_rename;
    struct dr_store *store = dr_store_open(folder, true, &problem);
    assert_non_null(store);
    dr_disk_use(&counting);
    renames = 0;
    struct dr_lab lab = {.store = store, .snapshot_records = 100, .stop_after_turns = 5};
    json_t *input = json_object(), *first = dr_lab_run(&lab, "r.json", runbook, input);
    assert_string_equal(text_of(first, "status"), "RUNNING");
    lab.stop_after_turns = 0;
    json_t *second = dr_lab_resume(&lab);
    dr_disk_use(&dr_disk_real);
    assert_string_equal(text_of(second, "status"), "SUCCEEDED");
    assert_int_equal(json_integer_value(json_object_get(second, "output")), 3000);
    assert_in_range(renames, 1, 10);
    json_decref(first);
    json_decref(second);
    json_decref(input);
    dr_lab_done(&lab);
    dr_store_free(store);
    char *command = dr_format("rm -rf '%s'", folder);
    assert_int_equal(system(command), 0);
    free(command);
}

/* More attempts than 16 bits count. */
static void many_retries_come_to_an_end(void **state)
{
    (void)state;
    json_t *answers = parse("[{\"status\":503}]");
    struct dr_lab lab = {.store = dr_store_memory(), .service = {.answers = answers}};
    struct dr_store *store = lab.store;
    json_t *input = json_object();
    json_t *result = dr_lab_run(
        &lab, "r.json",
        "{\"StartAt\":\"A\",\"States\":{" HTTP(
            "A", "GET", "a") ",\"Retry\":[{\"ErrorEquals\":[\"States.ALL\"],"
                             "\"MaxAttempts\":66000,\"IntervalSeconds\":1,\"BackoffRate\":1}],\"End\":true}}}",
        input);
    assert_string_equal(text_of(result, "status"), "FAILED");
    assert_int_equal(json_array_size(json_object_get(result, "requests")), 66001);
    json_decref(result);
    json_decref(input);
    json_decref(answers);
    dr_lab_done(&lab);
    dr_store_free(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_that_was_cut_off_and_is_unsafe_is_not_sent_again),
        cmocka_unit_test(a_cut_off_read_is_simply_sent_again),
        cmocka_unit_test(an_answer_that_is_there_counts_after_a_redrive),
        cmocka_unit_test(tolerated_items_run_again_when_the_map_failed),
        cmocka_unit_test(a_map_whose_selector_failed_can_be_redriven),
        cmocka_unit_test(a_stopped_result_writer_writes_again),
        cmocka_unit_test(a_chosen_state_has_the_machines_time_anew),
        cmocka_unit_test(an_interrupt_that_waits_for_a_call_waits_for_its_time_out_at_most),
        cmocka_unit_test(the_end_is_not_hidden_by_a_snapshot),
        cmocka_unit_test(a_large_tree_is_not_written_down_again_and_again),
        cmocka_unit_test(many_retries_come_to_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
