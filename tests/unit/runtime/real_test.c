/* The real runtime: clock, timers, signals, descriptors, and processes. HTTP has its own suite, with real servers:
 * tests/providers. */
#include "interpreter/runtime/real.h"

#include "interpreter/base/text.h"
#include "interpreter/runtime/real_parts.h"
#include "interpreter/runtime/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

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

static int64_t wall_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* --- Clock and timers
 * ---------------------------------------------------------------------------------------------------- */

static void count(void *data)
{
    *(int *)data += 1;
}

static void timers_fire_in_order_and_not_early(void **state)
{
    struct dr_runtime *runtime = *state;
    int fired = 0;
    int64_t begun_ms = dr_runtime_now(runtime);
    for (int i = 0; i < 3000; i++)
        dr_runtime_timer(runtime, begun_ms + 20 + i % 3, count, &fired);
    struct dr_handle *cancelled = dr_runtime_timer(runtime, begun_ms + 20, count, &fired);
    dr_runtime_cancel(runtime, cancelled);
    dr_runtime_cancel(runtime, NULL);
    dr_runtime_wait(runtime, begun_ms + 10);
    assert_int_equal(fired, 0);
    assert_in_range(dr_runtime_now(runtime) - begun_ms, 10, 19);
    while (fired < 3000)
        dr_runtime_wait(runtime, INT64_MAX);
    assert_in_range(dr_runtime_now(runtime) - begun_ms, 22, 2000);
    dr_runtime_wait(runtime, dr_runtime_now(runtime) + 5);
    assert_int_equal(fired, 3000);
}

static void long_sleeps_end_on_time(void **state)
{
    struct dr_runtime *runtime = *state;
    int64_t until_ms = dr_runtime_now(runtime) + 1100; /* beyond SHORT_SLEEP_MS: on the timerfd */
    dr_runtime_wait(runtime, until_ms);
    assert_in_range(dr_runtime_now(runtime) - until_ms, 0, 500);
}

static void time_is_the_systems_and_never_before_the_journals(void **state)
{
    struct dr_runtime *runtime = *state;
    assert_in_range(dr_runtime_now(runtime) - wall_ms() + 1000, 0, 2000);
    dr_runtime_real_not_before(runtime, 1000); /* long past: no effect */
    assert_in_range(dr_runtime_now(runtime) - wall_ms() + 1000, 0, 2000);
    int64_t ahead_ms = wall_ms() + 3600000;
    dr_runtime_real_not_before(runtime, ahead_ms);
    assert_int_equal(dr_runtime_now(runtime), ahead_ms);
    int fired = 0;
    dr_runtime_timer(runtime, ahead_ms + 20, count, &fired); /* time goes on from there */
    dr_runtime_wait(runtime, INT64_MAX);
    assert_int_equal(fired, 1);
    assert_in_range(dr_runtime_now(runtime) - ahead_ms, 20, 2000);
}

static void randomness_differs(void **state)
{
    struct dr_runtime *runtime = *state;
    unsigned char one[32] = {0}, other[32] = {0};
    runtime->ops->random(runtime, one, sizeof one);
    runtime->ops->random(runtime, other, sizeof other);
    assert_memory_not_equal(one, other, sizeof one);
}

/* --- Signals and descriptors
 * ------------------------------------------------------------------------------------------------ */

static void signals_end_a_wait_and_are_told_once_each(void **state)
{
    struct dr_runtime *runtime = *state;
    assert_int_equal(runtime->ops->signal(runtime), 0);
    raise(SIGINT);
    raise(SIGTERM);
    dr_runtime_wait(runtime, INT64_MAX);
    int first = runtime->ops->signal(runtime), second = runtime->ops->signal(runtime);
    assert_true((first == SIGINT && second == SIGTERM) || (first == SIGTERM && second == SIGINT));
    assert_int_equal(runtime->ops->signal(runtime), 0);
    raise(SIGINT); /* the second Ctrl-C */
    dr_runtime_wait(runtime, INT64_MAX);
    assert_int_equal(runtime->ops->signal(runtime), SIGINT);
}

struct watching {
    struct dr_runtime *runtime;
    struct dr_handle *other;
    unsigned ready;
    int calls;
};

static void watched(void *data, int fd, unsigned ready)
{
    (void)fd;
    struct watching *watching = data;
    watching->ready = ready;
    watching->calls++;
    dr_runtime_cancel(watching->runtime, watching->other); /* which has an event in the same turn */
}

static void watches_are_level_triggered_until_cancelled(void **state)
{
    struct dr_runtime *runtime = *state;
    int one[2], other[2];
    assert_int_equal(pipe2(one, O_CLOEXEC), 0);
    assert_int_equal(pipe2(other, O_CLOEXEC), 0);
    struct watching watching = {.runtime = runtime}, unwanted = {.runtime = runtime};
    struct dr_handle *handle = runtime->ops->watch(runtime, one[0], DR_READABLE, watched, &watching);
    dr_runtime_wait(runtime, dr_runtime_now(runtime) + 5);
    assert_int_equal(watching.calls, 0);
    assert_int_equal(write(one[1], "x", 1), 1);
    dr_runtime_wait(runtime, INT64_MAX);
    dr_runtime_wait(runtime, INT64_MAX);
    assert_int_equal(watching.calls, 2);
    assert_int_equal(watching.ready, DR_READABLE);
    watching.other = runtime->ops->watch(runtime, other[1], DR_WRITABLE, watched, &unwanted);
    unwanted.other = handle;
    dr_runtime_wait(runtime, INT64_MAX); /* whichever comes first cancels the other */
    assert_int_equal(watching.calls - 2 + unwanted.calls, 1);
    dr_runtime_cancel(runtime, handle);
    dr_runtime_cancel(runtime, watching.other);
    dr_runtime_wait(runtime, dr_runtime_now(runtime) + 5);
    assert_int_equal(watching.calls - 2 + unwanted.calls, 1);
    assert_null(runtime->ops->watch(runtime, 9999, DR_READABLE, watched, &watching));
    assert_string_equal(dr_runtime_problem(runtime), "descriptor 9999 cannot be watched: Bad file descriptor");
    close(one[0]), close(one[1]), close(other[0]), close(other[1]);
}

/* --- Processes
 * ----------------------------------------------------------------------------------------------------------- */

struct ended {
    bool done;
    int exit_status, signal;
    char *output, *errors, *problem;
    size_t output_size;
    bool output_cut, errors_cut;
};

static void process_ended(void *data, const struct dr_process_result *result)
{
    struct ended *ended = data;
    assert_false(ended->done);
    *ended = (struct ended){.done = true,
                            .exit_status = result->exit_status,
                            .signal = result->signal,
                            .output = dr_copy_bytes(result->output, result->output_size),
                            .errors = dr_copy_bytes(result->errors, result->errors_size),
                            .output_size = result->output_size,
                            .output_cut = result->output_cut,
                            .errors_cut = result->errors_cut,
                            .problem = dr_copy_string(result->problem)};
}

static void ended_done(struct ended *ended)
{
    free(ended->output);
    free(ended->errors);
    free(ended->problem);
}

static void finish(struct dr_runtime *runtime, struct ended *ended)
{
    int64_t limit_ms = dr_runtime_now(runtime) + 30000;
    while (!ended->done && dr_runtime_now(runtime) < limit_ms)
        dr_runtime_wait(runtime, limit_ms);
    assert_true(ended->done);
}

static struct ended run(struct dr_runtime *runtime, struct dr_process_request request)
{
    struct ended ended = {.done = false};
    assert_non_null(runtime->ops->process(runtime, &request, process_ended, &ended));
    assert_false(ended.done);
    finish(runtime, &ended);
    return ended;
}

static struct ended run_shell(struct dr_runtime *runtime, const char *script)
{
    const char *argv[] = {"sh", "-c", script, NULL};
    return run(runtime, (struct dr_process_request){.argv = argv});
}

static void a_process_gives_its_outputs_and_its_status(void **state)
{
    struct ended ended = run_shell(*state, "echo out; echo err >&2; exit 3");
    assert_int_equal(ended.exit_status, 3);
    assert_int_equal(ended.signal, 0);
    assert_string_equal(ended.output, "out\n");
    assert_string_equal(ended.errors, "err\n");
    assert_null(ended.problem);
    ended_done(&ended);
    ended = run_shell(*state, "kill -9 $$");
    assert_int_equal(ended.exit_status, -1);
    assert_int_equal(ended.signal, SIGKILL);
    ended_done(&ended);
}

static void large_input_and_output_do_not_block_each_other(void **state)
{
    enum { SIZE = 3 << 20 };
    char *input = malloc(SIZE);
    memset(input, 'x', SIZE);
    const char *argv[] = {"cat", NULL};
    struct ended ended = run(*state, (struct dr_process_request){.argv = argv, .input = input, .input_size = SIZE});
    assert_int_equal(ended.exit_status, 0);
    assert_int_equal(ended.output_size, SIZE);
    assert_false(ended.output_cut);
    assert_memory_equal(ended.output, input, SIZE);
    ended_done(&ended);
    const char *indifferent[] = {"true", NULL}; /* does not read: SIGPIPE must not end us */
    ended = run(*state, (struct dr_process_request){.argv = indifferent, .input = input, .input_size = SIZE});
    assert_int_equal(ended.exit_status, 0);
    ended_done(&ended);
    free(input);
}

static void output_beyond_the_limit_is_dropped_and_flagged(void **state)
{
    const char *at_limit[] = {"printf", "12345678", NULL}, *beyond[] = {"printf", "123456789", NULL};
    struct ended ended = run(*state, (struct dr_process_request){.argv = at_limit, .output_bytes_max = 8});
    assert_string_equal(ended.output, "12345678");
    assert_false(ended.output_cut);
    ended_done(&ended);
    ended = run(*state, (struct dr_process_request){.argv = beyond, .output_bytes_max = 8});
    assert_string_equal(ended.output, "12345678");
    assert_true(ended.output_cut);
    assert_false(ended.errors_cut);
    ended_done(&ended);
    ended = run_shell(*state, "head -c 20000000 /dev/zero"); /* much more: still ends */
    assert_true(ended.output_cut);
    assert_int_equal(ended.exit_status, 0);
    ended_done(&ended);
}

static void environment_and_directory_are_as_asked(void **state)
{
    const char *argv[] = {"sh", "-c", "echo $A:$HOME:$PWD", NULL}, *environment[] = {"A=1", NULL};
    struct ended ended =
        run(*state, (struct dr_process_request){.argv = argv, .environment = environment, .directory = "/usr"});
    assert_string_equal(ended.output, "1::/usr\n");
    ended_done(&ended);
}

static void what_cannot_be_started_says_why(void **state)
{
    const char *missing[] = {"no-such-program", NULL}, *present[] = {"true", NULL},
               *forbidden[] = {"/etc/passwd", NULL};
    struct ended ended = run(*state, (struct dr_process_request){.argv = missing});
    assert_string_equal(ended.problem, "no-such-program: No such file or directory");
    ended_done(&ended);
    ended = run(*state, (struct dr_process_request){.argv = present, .directory = "/no/such/place"});
    assert_string_equal(ended.problem, "/no/such/place: No such file or directory");
    ended_done(&ended);
    ended = run(*state, (struct dr_process_request){.argv = forbidden});
    assert_string_equal(ended.problem, "/etc/passwd: Permission denied");
    ended_done(&ended);
}

/* The children have no descriptor but 0, 1, 2 (and the one that ls opens), no blocked signal, and their own process
 * group. */
static void children_inherit_nothing_of_ours(void **state)
{
    struct ended ended =
        run_shell(*state, "ls /proc/self/fd | tr '\\n' ' '; grep -E '^Sig(Blk|Ign)' /proc/self/status; ulimit -n");
    char expected[200];
    struct dr_real *real = *state;
    snprintf(expected, sizeof expected, "0 1 2 3 SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n%llu\n",
             (unsigned long long)real->files_before.rlim_cur);
    assert_string_equal(ended.output, expected);
    ended_done(&ended);
    ended = run_shell(*state, "test $(ps -o pgid= -p $$) -eq $$");
    assert_int_equal(ended.exit_status, 0);
    ended_done(&ended);
}

static void a_background_process_does_not_hold_up_the_end(void **state)
{
    struct dr_runtime *runtime = *state;
    int64_t begun_ms = dr_runtime_now(runtime);
    struct ended ended = run_shell(runtime, "echo started; sleep 20 & exit 0");
    assert_int_equal(ended.exit_status, 0);
    assert_string_equal(ended.output, "started\n");
    assert_in_range(dr_runtime_now(runtime) - begun_ms, 900, 5000);
    ended_done(&ended);
}

static bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

static void wait_for_file(struct dr_runtime *runtime, const char *path)
{
    for (int i = 0; i < 500 && !exists(path); i++)
        dr_runtime_wait(runtime, dr_runtime_now(runtime) + 20);
    assert_true(exists(path));
}

static void a_cancel_ends_the_whole_group(void **state)
{
    struct dr_runtime *runtime = *state;
    char folder[] = "/tmp/drrun-real-XXXXXX", script[400], ready[64], ended_at[64];
    assert_non_null(mkdtemp(folder));
    snprintf(ready, sizeof ready, "%s/ready", folder);
    snprintf(ended_at, sizeof ended_at, "%s/ended", folder);
    /* The shell tidies up when it is told to end; its child in the background would outlive it. */
    snprintf(script, sizeof script, "sleep 60 & echo $! > %s/child; trap 'echo x > %s; exit 0' TERM; echo x > %s; wait",
             folder, ended_at, ready);
    const char *argv[] = {"sh", "-c", script, NULL};
    struct ended ended = {.done = false};
    struct dr_handle *handle =
        runtime->ops->process(runtime, &(struct dr_process_request){.argv = argv}, process_ended, &ended);
    wait_for_file(runtime, ready);
    dr_runtime_cancel(runtime, handle);
    wait_for_file(runtime, ended_at);
    for (int i = 0; i < 100 && dr_real_process_dying((struct dr_real *)(void *)runtime); i++)
        dr_runtime_wait(runtime, dr_runtime_now(runtime) + 20);
    assert_false(ended.done); /* no callback after a cancel */
    char path[64], pid[32] = {0};
    snprintf(path, sizeof path, "%s/child", folder);
    FILE *file = fopen(path, "r");
    assert_non_null(fgets(pid, sizeof pid, file));
    fclose(file);
    /* It is gone, or a zombie that nobody collects. */
    char command[128];
    snprintf(command, sizeof command, "state=$(ps -o stat= -p %d); case \"$state\" in ''|Z*) exit 0;; *) exit 1;; esac",
             atoi(pid));
    for (int i = 0; i < 50 && system(command) != 0; i++)
        dr_runtime_wait(runtime, dr_runtime_now(runtime) + 20);
    assert_int_equal(system(command), 0);
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
}

static void a_stubborn_process_is_killed_after_five_seconds(void **state)
{
    struct dr_runtime *runtime = *state;
    char folder[] = "/tmp/drrun-real-XXXXXX", script[200], ready[64];
    assert_non_null(mkdtemp(folder));
    snprintf(ready, sizeof ready, "%s/ready", folder);
    snprintf(script, sizeof script, "trap '' TERM; echo x > %s; while :; do sleep 0.2; done", ready);
    const char *argv[] = {"sh", "-c", script, NULL};
    struct dr_handle *handle =
        runtime->ops->process(runtime, &(struct dr_process_request){.argv = argv}, process_ended, NULL);
    wait_for_file(runtime, ready);
    unlink(ready), rmdir(folder);
    int64_t begun_ms = dr_runtime_now(runtime);
    dr_runtime_cancel(runtime, handle);
    while (dr_real_process_dying((struct dr_real *)(void *)runtime) && dr_runtime_now(runtime) - begun_ms < 20000)
        dr_runtime_wait(runtime, dr_runtime_now(runtime) + 100);
    assert_in_range(dr_runtime_now(runtime) - begun_ms, 4900, 8000);
}

/* drrun is killed: see docs/decisions/0004. A second process plays drrun. */
static void a_command_ends_when_drrun_is_killed(void **state)
{
    (void)state;
    int reports[2];
    assert_int_equal(pipe2(reports, O_CLOEXEC), 0);
    pid_t drrun = fork();
    if (drrun == 0) {
        char *problem = NULL;
        struct dr_runtime *runtime = dr_runtime_real_new(&problem);
        const char *argv[] = {"sh", "-c", "trap 'echo told; exit 0' TERM; echo ready; while :; do sleep 0.05; done",
                              NULL};
        /* Its output goes to us, so that it is heard after drrun's death. */
        const struct rlimit files = {.rlim_cur = 256, .rlim_max = 256};
        sigset_t mask;
        sigemptyset(&mask);
        int directory_failed;
        pid_t child = dr_spawn(&(struct dr_spawn){.argv = argv,
                                                  .input = open("/dev/null", O_RDONLY | O_CLOEXEC),
                                                  .output = reports[1],
                                                  .errors = reports[1],
                                                  .mask = &mask,
                                                  .pipe = &(struct sigaction){.sa_handler = SIG_DFL},
                                                  .files = &files},
                               &directory_failed);
        dr_runtime_wait(runtime, child > 0 ? INT64_MAX : 0);
        _exit(1);
    }
    close(reports[1]);
    char heard[64] = {0};
    assert_int_equal(read(reports[0], heard, sizeof heard - 1), 6);
    assert_string_equal(heard, "ready\n");
    kill(drrun, SIGKILL);
    waitpid(drrun, NULL, 0);
    assert_int_equal(read(reports[0], heard, sizeof heard - 1), 5);
    assert_int_equal(memcmp(heard, "told\n", 5), 0);
    assert_int_equal(read(reports[0], heard, sizeof heard - 1), 0); /* it has ended */
    close(reports[0]);
}

static void processes_end_also_without_pidfds(void **state)
{
    struct dr_real *real = *state;
    real->without_pidfds = true;
    struct ended one = {.done = false}, other = {.done = false};
    const char *fast[] = {"true", NULL}, *slow[] = {"sh", "-c", "sleep 0.1; exit 4", NULL};
    real->runtime.ops->process(&real->runtime, &(struct dr_process_request){.argv = slow}, process_ended, &one);
    real->runtime.ops->process(&real->runtime, &(struct dr_process_request){.argv = fast}, process_ended, &other);
    finish(&real->runtime, &other);
    finish(&real->runtime, &one);
    assert_int_equal(one.exit_status, 4);
    assert_int_equal(other.exit_status, 0);
    ended_done(&one);
    ended_done(&other);
}

static void freeing_the_runtime_ends_its_processes(void **state)
{
    (void)state;
    char *problem = NULL;
    struct dr_runtime *runtime = dr_runtime_real_new(&problem);
    const char *argv[] = {"sleep", "60", NULL};
    assert_non_null(runtime->ops->process(runtime, &(struct dr_process_request){.argv = argv}, process_ended, NULL));
    dr_runtime_timer(runtime, INT64_MAX, count, NULL);
    int64_t begun_ms = wall_ms();
    dr_runtime_free(runtime);
    assert_in_range(wall_ms() - begun_ms, 0, 3000);
    sigset_t blocked;
    sigprocmask(SIG_SETMASK, NULL, &blocked);
    assert_false(sigismember(&blocked, SIGINT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(timers_fire_in_order_and_not_early, setup, teardown),
        cmocka_unit_test_setup_teardown(long_sleeps_end_on_time, setup, teardown),
        cmocka_unit_test_setup_teardown(time_is_the_systems_and_never_before_the_journals, setup, teardown),
        cmocka_unit_test_setup_teardown(randomness_differs, setup, teardown),
        cmocka_unit_test_setup_teardown(signals_end_a_wait_and_are_told_once_each, setup, teardown),
        cmocka_unit_test_setup_teardown(watches_are_level_triggered_until_cancelled, setup, teardown),
        cmocka_unit_test_setup_teardown(a_process_gives_its_outputs_and_its_status, setup, teardown),
        cmocka_unit_test_setup_teardown(large_input_and_output_do_not_block_each_other, setup, teardown),
        cmocka_unit_test_setup_teardown(output_beyond_the_limit_is_dropped_and_flagged, setup, teardown),
        cmocka_unit_test_setup_teardown(environment_and_directory_are_as_asked, setup, teardown),
        cmocka_unit_test_setup_teardown(what_cannot_be_started_says_why, setup, teardown),
        cmocka_unit_test_setup_teardown(children_inherit_nothing_of_ours, setup, teardown),
        cmocka_unit_test_setup_teardown(a_background_process_does_not_hold_up_the_end, setup, teardown),
        cmocka_unit_test_setup_teardown(a_cancel_ends_the_whole_group, setup, teardown),
        cmocka_unit_test_setup_teardown(a_stubborn_process_is_killed_after_five_seconds, setup, teardown),
        cmocka_unit_test(a_command_ends_when_drrun_is_killed),
        cmocka_unit_test_setup_teardown(processes_end_also_without_pidfds, setup, teardown),
        cmocka_unit_test(freeing_the_runtime_ends_its_processes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
