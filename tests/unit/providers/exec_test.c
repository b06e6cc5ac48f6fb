/* exec:run with real processes. */
#include "tests/unit/providers/harness.h"

#include "interpreter/runtime/real.h"
#include "interpreter/runtime/virtual.h"

extern const struct dr_primitive dr_exec_run;

static int setup(void **state)
{
    char *problem = NULL;
    *state = dr_runtime_real_new(&problem);
    assert_non_null(*state);
    return 0;
}

static int teardown(void **state)
{
    dr_runtime_free(*state);
    return 0;
}

static void check_output(struct dr_runtime *runtime, const char *arguments, const char *expected)
{
    struct outcome outcome;
    make_call(&outcome, &dr_exec_run, runtime, arguments);
    if (outcome.error)
        fail_msg("%s: %s: %s", arguments, outcome.error, outcome.cause);
    assert_json_text(outcome.output, expected);
    outcome_done(&outcome);
}

static void check_error(struct dr_runtime *runtime, const char *arguments, const char *error, const char *cause)
{
    struct outcome outcome;
    make_call(&outcome, &dr_exec_run, runtime, arguments);
    assert_null(outcome.output);
    assert_false(outcome.unknown);
    assert_string_equal(outcome.error, error);
    assert_string_equal(outcome.cause, cause);
    outcome_done(&outcome);
}

static void a_command_runs_without_a_shell(void **state)
{
    check_output(*state, "{'Command':['printf','%s|','a b','$HOME',3,true]}",
                 "{\"ExitCode\":0,\"Output\":\"a b|$HOME|3|true|\",\"Errors\":\"\"}");
    check_output(*state, "{'Shell':'echo $((1+2)); echo oops >&2'}",
                 "{\"ExitCode\":0,\"Output\":\"3\\n\",\"Errors\":\"oops\\n\"}");
}

static void exactly_one_of_command_and_shell_is_needed(void **state)
{
    const char *cause = "give either Command, a list with the program and its arguments, or Shell, a script for sh";
    check_error(*state, "{}", "States.Runtime", cause);
    check_error(*state, "{'Command':[]}", "States.Runtime", cause);
    check_error(*state, "{'Command':['true'],'Shell':'true'}", "States.Runtime", cause);
    check_error(*state, "{'Command':['']}", "States.Runtime", "Command's first item, the program, is empty");
    check_error(*state, "{'Shell':'true \\u0000 false'}", "States.Runtime",
                "Command, Shell and Environment cannot contain the character U+0000");
}

static void input_is_text_or_json(void **state)
{
    check_output(*state, "{'Command':['cat'],'Input':'as it is'}",
                 "{\"ExitCode\":0,\"Output\":\"as it is\",\"Errors\":\"\"}");
    check_output(*state, "{'Command':['cat'],'Input':{'a':[1,null]},'ParseOutput':'JSON'}",
                 "{\"ExitCode\":0,\"Output\":\"{\\\"a\\\":[1,null]}\",\"Errors\":\"\",\"Result\":{\"a\":[1,null]}}");
    check_output(*state, "{'Command':['cat']}", "{\"ExitCode\":0,\"Output\":\"\",\"Errors\":\"\"}");
}

static void output_is_parsed_on_request(void **state)
{
    check_output(*state, "{'Command':['printf','a\\\\r\\\\n\\\\nb'],'ParseOutput':'LINES'}",
                 "{\"ExitCode\":0,\"Output\":\"a\\r\\n\\nb\",\"Errors\":\"\",\"Result\":[\"a\",\"\",\"b\"]}");
    struct outcome outcome;
    make_call(&outcome, &dr_exec_run, *state, "{'Command':['echo','{'],'ParseOutput':'JSON'}");
    assert_string_equal(outcome.error, "Exec.OutputInvalid");
    assert_non_null(strstr(outcome.cause, "echo: the output is not JSON"));
    outcome_done(&outcome);
    check_error(*state, "{'Command':['echo','123456'],'ParseOutput':'JSON','MaxOutputBytes':3}", "Exec.OutputInvalid",
                "echo: the output is not JSON: it is larger than MaxOutputBytes");
}

static void the_environment_is_small_and_says_what_for(void **state)
{
    setenv("DRRUN_TEST_PRIVATE", "leak", 1);
    check_output(*state,
                 "{'Shell':'echo $DRRUN_TEST_PRIVATE-$A-$B-$DRRUN_EXECUTION_ID-$DRRUN_STATE-$DRRUN_TOKEN; test -n "
                 "\\\"$PATH\\\"','Environment':{'A':'1 2','B':{'c':1},'N':null}}",
                 "{\"ExitCode\":0,\"Output\":\"-1 "
                 "2-{\\\"c\\\":1}-failover-1-Step-0f0e0d0c-0b0a-4908-8706-050403020100\\n\",\"Errors\":\"\"}");
    check_output(*state,
                 "{'Shell':'echo $DRRUN_TEST_PRIVATE','InheritEnvironment':true,'Environment':{'DRRUN_TEST_OTHER':1}}",
                 "{\"ExitCode\":0,\"Output\":\"leak\\n\",\"Errors\":\"\"}");
    check_output(*state, "{'Shell':'echo $PATH','Environment':{'PATH':'/usr/bin:/bin'}}",
                 "{\"ExitCode\":0,\"Output\":\"/usr/bin:/bin\\n\",\"Errors\":\"\"}");
}

static void the_directory_is_relative_to_the_runbook(void **state)
{
    check_output(*state, "{'Command':['pwd']}", "{\"ExitCode\":0,\"Output\":\"/tmp\\n\",\"Errors\":\"\"}");
    check_output(*state, "{'Command':['pwd'],'Directory':'../usr'}",
                 "{\"ExitCode\":0,\"Output\":\"/usr\\n\",\"Errors\":\"\"}");
    check_output(*state, "{'Command':['pwd'],'Directory':'/'}", "{\"ExitCode\":0,\"Output\":\"/\\n\",\"Errors\":\"\"}");
}

static void failures_have_names_of_their_own(void **state)
{
    check_error(*state, "{'Shell':'echo out; echo first >&2; echo last >&2; exit 7'}", "Exec.ExitStatus.7",
                "first\nlast");
    check_error(*state, "{'Shell':'echo only out; exit 1'}", "Exec.ExitStatus.1", "only out");
    check_error(*state, "{'Command':['false']}", "Exec.ExitStatus.1", "false exited with status 1 and said nothing");
    check_error(*state, "{'Shell':'kill -SEGV $$'}", "Exec.Signal.SIGSEGV", "sh was ended by signal 11");
    check_error(*state, "{'Command':['no-such-program']}", "Exec.NotFound",
                "no-such-program: No such file or directory");
    check_error(*state, "{'Command':['true'],'Directory':'/nowhere'}", "Exec.NotStarted",
                "/nowhere: No such file or directory");
    check_error(*state, "{'Command':['/etc/passwd']}", "Exec.NotStarted", "/etc/passwd: Permission denied");
    check_error(*state, "{'Command':['true'],'ExpectedExit':[1]}", "Exec.ExitStatus.0",
                "true exited with status 0 and said nothing");
    check_output(*state, "{'Command':['false'],'ExpectedExit':[0,1]}",
                 "{\"ExitCode\":1,\"Output\":\"\",\"Errors\":\"\"}");
    check_output(*state, "{'Command':['false'],'ExpectedExit':1}", "{\"ExitCode\":1,\"Output\":\"\",\"Errors\":\"\"}");
}

static void long_errors_are_cut_at_the_front(void **state)
{
    struct outcome outcome;
    make_call(&outcome, &dr_exec_run, *state,
              "{'Shell':'head -c 20000 /dev/zero | tr \\\\\\\\000 x >&2; echo the end >&2; exit 1'}");
    assert_int_equal(strlen(outcome.cause), 8 << 10);
    assert_string_equal(outcome.cause + (8 << 10) - 8, "xthe end");
    outcome_done(&outcome);
}

static void bytes_that_are_no_text_are_replaced(void **state)
{
    check_output(*state, "{'Command':['printf','a\\\\377\\\\303\\\\251\\\\355\\\\240\\\\200\\\\000b']}",
                 "{\"ExitCode\":0,\"Output\":\"a\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
                 "b\",\"Errors\":\"\"}");
}

static void truncated_output_is_flagged(void **state)
{
    check_output(*state, "{'Shell':'echo 12345; echo 123 >&2','MaxOutputBytes':4}",
                 "{\"ExitCode\":0,\"Output\":\"1234\",\"Errors\":\"123\\n\",\"OutputTruncated\":true}");
}

static void a_cancelled_call_does_not_finish(void **state)
{
    struct outcome outcome;
    struct dr_runtime *runtime = *state;
    begin_call(&outcome, &dr_exec_run, runtime, "{'Command':['sleep','30']}");
    dr_exec_run.cancel(&outcome.call);
    dr_runtime_wait(runtime, dr_runtime_now(runtime) + 200);
    assert_false(outcome.finished);
    outcome_done(&outcome);
}

static void check_repeat(const char *arguments, enum dr_repeat expected)
{
    json_t *value = parse_json(arguments);
    assert_int_equal(dr_exec_run.repeat(&dr_exec_run, value), expected);
    json_decref(value);
}

static void only_what_says_so_is_repeated(void **state)
{
    (void)state;
    check_repeat("{\"Command\":[\"ls\"]}", DR_REPEAT_NEVER);
    check_repeat("{\"Command\":[\"ls\"],\"Effect\":\"Write\"}", DR_REPEAT_NEVER);
    check_repeat("{\"Command\":[\"ls\"],\"Effect\":\"Read\"}", DR_REPEAT_SAFE);
    check_repeat("{\"Command\":[\"ls\"],\"Idempotent\":true}", DR_REPEAT_SAFE);
    check_repeat("{\"Command\":[\"ls\"],\"Idempotent\":false}", DR_REPEAT_NEVER);
}

static void in_virtual_time_it_says_that_it_is_not_simulated(void **state)
{
    (void)state;
    struct dr_runtime *runtime = dr_runtime_virtual_new(1, 0);
    check_error(runtime, "{'Command':['true']}", "States.Runtime", "a process is not simulated: true");
    dr_runtime_free(runtime);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_command_runs_without_a_shell, setup, teardown),
        cmocka_unit_test_setup_teardown(exactly_one_of_command_and_shell_is_needed, setup, teardown),
        cmocka_unit_test_setup_teardown(input_is_text_or_json, setup, teardown),
        cmocka_unit_test_setup_teardown(output_is_parsed_on_request, setup, teardown),
        cmocka_unit_test_setup_teardown(the_environment_is_small_and_says_what_for, setup, teardown),
        cmocka_unit_test_setup_teardown(the_directory_is_relative_to_the_runbook, setup, teardown),
        cmocka_unit_test_setup_teardown(failures_have_names_of_their_own, setup, teardown),
        cmocka_unit_test_setup_teardown(long_errors_are_cut_at_the_front, setup, teardown),
        cmocka_unit_test_setup_teardown(bytes_that_are_no_text_are_replaced, setup, teardown),
        cmocka_unit_test_setup_teardown(truncated_output_is_flagged, setup, teardown),
        cmocka_unit_test_setup_teardown(a_cancelled_call_does_not_finish, setup, teardown),
        cmocka_unit_test(only_what_says_so_is_repeated),
        cmocka_unit_test(in_virtual_time_it_says_that_it_is_not_simulated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
