/* The primitives that finish at once: state, metric, log, approval, file. */
#include "tests/providers/call.h"

#include <sys/stat.h>
#include <unistd.h>

extern const struct dr_primitive dr_state_get, dr_state_put, dr_metric_record, dr_log_write, dr_approval_request,
    dr_file_read, dr_file_write;

/* A host that remembers what it was told. */
struct host {
    char *told;
    json_t *fact;
    int64_t answer;
    const char *problem;
};

static json_t *get_fact(void *data, const char *key, char **ret_problem)
{
    struct host *host = data;
    host->told = dr_copy_string(key);
    *ret_problem = dr_copy_string(host->problem);
    return host->fact ? json_incref(host->fact) : NULL;
}

static int64_t put_fact(void *data, const char *key, const json_t *value, int64_t if_version, const char *token,
                        char **ret_problem)
{
    struct host *host = data;
    struct dr_text text = {0};
    assert_true(dr_text_json(&text, value, 1000));
    host->told = dr_format("%s=%s at %lld by %s", key, text.bytes, (long long)if_version, token);
    dr_text_done(&text);
    *ret_problem = dr_copy_string(host->problem);
    return host->answer;
}

static void log_line(void *data, const char *level, const char *message)
{
    ((struct host *)data)->told = dr_format("%s: %s", level, message);
}

static void take_metric(void *data, const char *name, double value, const char *unit, int64_t at_ms)
{
    ((struct host *)data)->told = dr_format("%s %g %s %lld", name, value, unit, (long long)at_ms);
}

static const struct dr_host_ops host_ops = {get_fact, put_fact, log_line, take_metric};

/* Runs the call to its end, with `host`. */
static struct test_call *make(const struct dr_primitive *primitive, struct host *host, json_t *arguments)
{
    struct test_call *test = dr_alloc(sizeof *test);
    test->call = (struct dr_call){.primitive = primitive,
                                  .arguments = arguments,
                                  .host_ops = &host_ops,
                                  .host = host,
                                  .token = "TOKEN",
                                  .execution_id = "e1",
                                  .state_name = "S",
                                  .now_ms = 7,
                                  .finish = test_call_finish,
                                  .engine = test,
                                  .directory = host ? NULL : "/tmp"};
    primitive->start(&test->call);
    return test;
}

static void expect(const struct dr_primitive *primitive, struct host host, const char *arguments, const char *told,
                   const char *output, const char *error)
{
    struct test_call *test = make(primitive, &host, test_json("%s", arguments));
    assert_int_equal(test->finished, 1);
    if (error)
        assert_string_equal(test->error, error);
    else
        assert_json_equal(test->output, output);
    if (told)
        assert_string_equal(host.told, told);
    free(host.told);
    json_decref(host.fact);
    test_call_done(test);
}

static void test_state_get(void **state)
{
    (void)state;
    expect(&dr_state_get, (struct host){.fact = test_json("{'Value': 1, 'Version': 2}")}, "{'Key': 'k'}", "k",
           "{'Value': 1, 'Version': 2}", NULL);
    expect(&dr_state_get, (struct host){0}, "{'Key': 'k'}", "k", "{'Value': null, 'Version': 0}", NULL);
    expect(&dr_state_get, (struct host){0}, "{'Key': 'k', 'Required': true}", "k", NULL, "State.NotFound");
    expect(&dr_state_get, (struct host){.problem = "disk"}, "{'Key': 'k'}", "k", NULL, "State.StoreFailed");
}

static void test_state_put(void **state)
{
    (void)state;
    expect(&dr_state_put, (struct host){.answer = 4}, "{'Key': 'k', 'Value': [1]}", "k=[1] at -1 by TOKEN",
           "{'Key': 'k', 'Version': 4}", NULL);
    expect(&dr_state_put, (struct host){.answer = -1}, "{'Key': 'k', 'Value': null, 'IfVersion': 0}",
           "k=null at 0 by TOKEN", NULL, "State.VersionConflict");
    expect(&dr_state_put, (struct host){.answer = -1}, "{'Key': 'k', 'Value': 1, 'IfVersion': 3}", "k=1 at 3 by TOKEN",
           NULL, "State.VersionConflict");
    expect(&dr_state_put, (struct host){.answer = -2, .problem = "disk"}, "{'Key': 'k', 'Value': 1}", NULL, NULL,
           "State.StoreFailed");
    assert_int_equal(dr_state_put.repeat(&dr_state_put, NULL), DR_REPEAT_TOKEN);
}

static void test_metric_and_log(void **state)
{
    (void)state;
    expect(&dr_metric_record, (struct host){0}, "{'Name': 'RTO', 'Value': 1.5, 'Unit': 'Seconds'}", "RTO 1.5 Seconds 7",
           "{}", NULL);
    expect(&dr_metric_record, (struct host){0}, "{'Name': 'RTO', 'Value': 2, 'Timestamp': '1970-01-01T00:00:01Z'}",
           "RTO 2 None 1000", "{}", NULL);
    expect(&dr_metric_record, (struct host){0}, "{'Name': 'RTO', 'Value': 2, 'Timestamp': 'today'}", NULL, NULL,
           "Metric.InvalidTimestamp");
    expect(&dr_log_write, (struct host){0}, "{'Message': 'm', 'Level': 'error'}", "error: m", "{}", NULL);
    expect(&dr_log_write, (struct host){0}, "{'Message': 'm'}", "info: m", "{}", NULL);
}

static void test_approval_asks_and_leaves_the_end_to_the_engine(void **state)
{
    (void)state;
    struct host host = {0};
    struct test_call *test =
        make(&dr_approval_request, &host, test_json("{'Message': 'Promote?', 'Approvers': ['ops', 'dba']}"));
    assert_int_equal(test->finished, 0);
    assert_string_equal(host.told, "warning: approval needed for \"S\": Promote? (asked of: ops, dba); answer with: "
                                   "drrun approve e1 TOKEN, or drrun deny");
    assert_true(dr_approval_request.awaits_answer);
    dr_approval_request.cancel(&test->call);
    free(host.told);
    test_call_done(test);
}

/* --- Files -------------------------------------------------------------------------------------------------------- */

static char folder[64];

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/drrun-local-test-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    static const char *const names[] = {"a", "text", "raw", "latin"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *path = dr_format("%s/%s", folder, names[i]);
        unlink(path);
        free(path);
    }
    return rmdir(folder); /* fails if a draft was left behind */
}

static struct test_call *call_file(const struct dr_primitive *primitive, const char *format, const char *name)
{
    char *path = dr_format("%s/%s", folder + strlen("/tmp/"), name); /* relative to the call's directory */
    json_t *arguments = test_json("%s", format);
    json_object_set_new(arguments, "Path", json_string(path));
    free(path);
    return make(primitive, NULL, arguments);
}

static void expect_file(const struct dr_primitive *primitive, const char *arguments, const char *name, const char *key,
                        const char *value)
{
    struct test_call *test = call_file(primitive, arguments, name);
    assert_int_equal(test->finished, 1);
    if (!key)
        assert_string_equal(test->error ? test->error : "no error", value);
    else
        assert_string_equal(json_string_value(json_object_get(test->output, key)), value);
    test_call_done(test);
}

static void expect_written(const char *arguments, const char *name, const char *content)
{
    struct test_call *test = call_file(&dr_file_write, arguments, name);
    assert_null(test->error);
    assert_int_equal(json_integer_value(json_object_get(test->output, "ContentLength")), strlen(content));
    test_call_done(test);
    expect_file(&dr_file_read, "{}", name, "Body", content);
}

static void test_files_are_written_and_read(void **state)
{
    (void)state;
    expect_written("{'Body': 'one'}", "text", "one");
    expect_written("{'Body': 'b'}", "text", "b"); /* shorter: replaced as a whole */
    expect_written("{'Body': {'a': [1, 2.0]}}", "text", "{\"a\":[1,2.0]}\n");
    expect_written("{'Body': ''}", "text", "");
    expect_written("{'Body': 'aGk=', 'Encoding': 'base64'}", "raw", "hi");
    expect_file(&dr_file_read, "{'Encoding': 'base64'}", "raw", "Body", "aGk=");
}

static void test_files_that_cannot_be_read_or_written(void **state)
{
    (void)state;
    expect_file(&dr_file_read, "{}", "nosuch", NULL, "File.NotFound");
    expect_file(&dr_file_read, "{}", ".", NULL, "File.NotRegular");
    expect_file(&dr_file_write, "{'Body': 'x'}", "nosuch/a", NULL, "File.NotFound");
    expect_file(&dr_file_write, "{'Body': '*', 'Encoding': 'base64'}", "a", NULL, "File.InvalidBody");
    expect_written("{'Body': '12345'}", "a", "12345");
    expect_file(&dr_file_read, "{'MaxBytes': 5}", "a", "Body", "12345");
    expect_file(&dr_file_read, "{'MaxBytes': 4}", "a", NULL, "File.TooLarge");
    test_call_done(call_file(&dr_file_write, "{'Body': '6Q==', 'Encoding': 'base64'}", "latin"));
    expect_file(&dr_file_read, "{}", "latin", NULL, "File.NotText");
}

static void test_a_named_pipe_is_refused_at_once(void **state)
{
    (void)state;
    char *path = dr_format("%s/pipe", folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    expect_file(&dr_file_read, "{}", "pipe", NULL, "File.NotRegular");
    unlink(path);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_state_get),
        cmocka_unit_test(test_state_put),
        cmocka_unit_test(test_metric_and_log),
        cmocka_unit_test(test_approval_asks_and_leaves_the_end_to_the_engine),
        cmocka_unit_test(test_files_are_written_and_read),
        cmocka_unit_test(test_files_that_cannot_be_read_or_written),
        cmocka_unit_test(test_a_named_pipe_is_refused_at_once),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
