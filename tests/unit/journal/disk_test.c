/* A disk that refuses, interrupts, writes less than asked; and the padding of bursts. [D3] [D4] */
#include "support.h"

#include <errno.h>
#include <sys/stat.h>

#define LINE "{\"k\":\"enter\",\"state\":\"Somewhere\"}"

/* --- A disk that fails on command --- */

static int countdown;      /* operations until the failure; 0: never */
static int failure_errnum; /* what it then sets, for ever after */
static int operations;
static size_t write_bytes_max; /* 0: as asked */
static bool interrupt;

static bool fails(void)
{
    operations++;
    if (countdown == 0 || operations < countdown)
        return false;
    errno = failure_errnum;
    return true;
}

static int failing_open(const char *path, int flags, mode_t mode)
{
    return (flags & 3) != 0 && fails() ? -1 : dr_disk_real.open(path, flags, mode);
}

static int failing_mkdir(const char *path, mode_t mode)
{
    return fails() ? -1 : dr_disk_real.mkdir(path, mode);
}

static ssize_t failing_write(int fd, const void *bytes, size_t size, off_t offset)
{
    interrupt = !interrupt;
    if (interrupt && write_bytes_max > 0) {
        errno = EINTR;
        return -1;
    }
    if (fails()) {
        /* As a disk that fills up: what still fits is written. */
        return size > 7 && failure_errnum == ENOSPC && operations == countdown
                   ? dr_disk_real.write(fd, bytes, 7, offset)
                   : -1;
    }
    return dr_disk_real.write(fd, bytes, write_bytes_max > 0 && size > write_bytes_max ? write_bytes_max : size,
                              offset);
}

static int failing_sync(int fd)
{
    interrupt = !interrupt;
    if (interrupt && write_bytes_max > 0) {
        errno = EINTR;
        return -1;
    }
    return fails() ? -1 : dr_disk_real.sync(fd);
}

static int failing_sync_folder(int fd)
{
    return fails() ? -1 : dr_disk_real.sync_folder(fd);
}

static int failing_rename(const char *from, const char *to)
{
    return fails() ? -1 : dr_disk_real.rename(from, to);
}

static void use_failing_disk(int when, int errnum)
{
    static struct dr_disk_ops ops;
    ops = dr_disk_real;
    ops.open = failing_open;
    ops.mkdir = failing_mkdir;
    ops.write = failing_write;
    ops.sync = failing_sync;
    ops.sync_folder = failing_sync_folder;
    ops.rename = failing_rename;
    countdown = when;
    failure_errnum = errnum;
    operations = 0;
    write_bytes_max = 0;
    interrupt = false;
    dr_disk_use(&ops);
}

/* One execution's life. Returns how many durable commits succeeded before the first failure; -1: creation failed. */
static int live(struct dr_problem *problem)
{
    struct dr_journal *journal;
    if (!dr_journal_create(store, "e1", &journal, problem))
        return -1;
    int durable = 0;
    bool ok = true;
    for (int i = 0; i < 6; i++) {
        append(journal, LINE);
        append(journal, LINE);
        bool sync = i % 2 == 1;
        if (dr_journal_commit(journal, sync, problem)) {
            assert_true(ok); /* never well again after a failure */
            durable += sync;
        } else {
            ok = false;
        }
    }
    append(journal, LINE);
    bool last = dr_journal_commit(journal, true, problem);
    assert_true(ok || !last);
    durable += last;
    dr_journal_close(journal);
    return durable;
}

static size_t count_records(const char *text)
{
    size_t count = 0;
    for (; (text = strchr(text, '\n')); text++)
        count++;
    return count;
}

static void check_failures(int errnum, const char *advice)
{
    int steps = 0;
    for (int when = 1;; when++) {
        void *state = NULL;
        struct dr_problem problem = {0};
        tear_down(&state);
        set_up(&state);
        use_failing_disk(when, errnum);
        int durable = live(&problem);
        steps = operations;
        dr_disk_use(NULL);
        if (steps < when) {
            assert_int_equal(durable, 4);
            assert_null(problem.message);
            break;
        }
        assert_int_equal(problem.kind, DR_PROBLEM_IO);
        assert_int_equal(problem.errnum, errnum);
        assert_non_null(strstr(problem.message, strerror(errnum)));
        assert_non_null(strstr(problem.message, advice));
        assert_non_null(strstr(problem.message, folder));
        dr_problem_done(&problem);
        if (durable < 0) {
            /* Half a creation leaves nothing: the same id can be used. */
            assert_int_equal(live(&problem), 4);
        } else {
            struct dr_journal *journal = opened("e1");
            char *records = records_of(journal, 0);
            assert_true(count_records(records) >= (size_t)durable * 4 - (durable == 4 ? 3 : 0));
            assert_int_equal(dr_journal_read_result(journal)->torn_bytes, 0); /* cut by the writer itself */
            free(records);
            append(journal, LINE);
            commit(journal, true);
            dr_journal_close(journal);
        }
    }
    assert_true(steps > 10);
}

static void test_a_full_disk_stops_the_journal_and_loses_nothing_durable(void **state)
{
    (void)state;
    check_failures(ENOSPC, "free space");
}

static void test_a_failing_disk_stops_the_journal_and_loses_nothing_durable(void **state)
{
    (void)state;
    check_failures(EIO, "copy the store");
}

static void test_interrupted_and_short_writes_are_completed(void **state)
{
    (void)state;
    struct dr_problem problem = {0};
    use_failing_disk(0, 0);
    write_bytes_max = 5;
    assert_int_equal(live(&problem), 4);
    dr_disk_use(NULL);
    struct dr_journal *journal = opened("e1");
    char *records = records_of(journal, 0);
    assert_int_equal(count_records(records), 13);
    free(records);
    dr_journal_close(journal);
}

/* --- No system call without need --- */

static void test_nothing_to_do_is_no_system_call(void **state)
{
    (void)state;
    use_failing_disk(0, 0);
    struct dr_journal *journal = created("e1");
    operations = 0;
    commit(journal, true);
    assert_int_equal(operations, 0);
    append(journal, LINE);
    assert_int_equal(operations, 0);
    commit(journal, true);
    assert_int_equal(operations, 4); /* one write, one sync, and once in its life the two folders */
    operations = 0;
    commit(journal, true);
    commit(journal, false);
    assert_int_equal(operations, 0);
    append(journal, LINE);
    commit(journal, true);
    assert_int_equal(operations, 2);
    append(journal, LINE);
    commit(journal, false);
    assert_int_equal(operations, 3);
    commit(journal, true); /* written, not yet synced */
    assert_int_equal(operations, 4);
    dr_journal_close(journal);
}

/* --- Padding --- */

static off_t file_size(void)
{
    char path[512];
    struct stat status;
    snprintf(path, sizeof path, "%s/executions/e1/journal.jsonl", folder);
    assert_int_equal(stat(path, &status), 0);
    return status.st_size;
}

static void burst(struct dr_journal *journal, int commits)
{
    for (int i = 0; i < commits; i++) {
        append(journal, LINE);
        commit(journal, true);
    }
}

static void test_a_burst_is_padded_and_rest_takes_it_away(void **state)
{
    (void)state;
    struct dr_journal *journal = created("e1"), *view;
    struct dr_problem problem = {0};
    char *first, *last;
    burst(journal, 20);
    assert_int_equal(file_size(), dr_journal_offset(journal)); /* a few are not a burst */
    burst(journal, 30);
    assert_true((uint64_t)file_size() > dr_journal_offset(journal));
    assert_int_equal(file_size() % 4096, 0);

    assert_true(dr_journal_view(store, "e1", &view, &problem));
    assert_int_equal(dr_journal_read_result(view)->commits, 50);
    assert_int_equal(dr_journal_read_result(view)->torn_bytes, 0);
    dr_journal_close(view);
    assert_true(dr_store_peek(store, "e1", &first, &last, &problem));
    assert_string_equal(last, LINE);
    free(first);
    free(last);

    dr_journal_rest(journal);
    assert_int_equal(file_size(), dr_journal_offset(journal));
    burst(journal, 40);
    assert_true((uint64_t)file_size() > dr_journal_offset(journal));
    dr_journal_close(journal);
    journal = opened("e1");
    assert_int_equal(file_size(), dr_journal_offset(journal));
    assert_int_equal(dr_journal_read_result(journal)->commits, 90);
    dr_journal_close(journal);
}

/* kill -9 in a burst: the padding is there, and is not a torn tail. */
static void test_padding_left_by_a_killed_process_is_not_torn(void **state)
{
    (void)state;
    struct dr_journal *journal = created("e1");
    burst(journal, 50);
    char from[512], to[512], command[1200];
    snprintf(from, sizeof from, "%s/executions/e1", folder);
    snprintf(to, sizeof to, "%s/executions/e2", folder);
    snprintf(command, sizeof command, "cp -r '%s' '%s'", from, to);
    assert_int_equal(system(command), 0);
    dr_journal_close(journal);
    journal = opened("e2");
    assert_int_equal(dr_journal_read_result(journal)->commits, 50);
    assert_int_equal(dr_journal_read_result(journal)->torn_bytes, 0);
    dr_journal_close(journal);
}

static ssize_t write_without_padding(int fd, const void *bytes, size_t size, off_t offset)
{
    if (size > 4096) {
        const char *end = memmem(bytes, size, "\n\n", 2); /* only what is before the padding fits */
        if (!end) {
            errno = ENOSPC;
            return -1;
        }
        return dr_disk_real.write(fd, bytes, (size_t)(end + 1 - (const char *)bytes) + 100, offset);
    }
    if (((const char *)bytes)[0] == '\n') {
        errno = ENOSPC;
        return -1;
    }
    return dr_disk_real.write(fd, bytes, size, offset);
}

static void test_no_space_for_padding_is_no_failure(void **state)
{
    (void)state;
    struct dr_journal *journal = created("e1");
    struct dr_disk_ops ops = dr_disk_real;
    ops.write = write_without_padding;
    dr_disk_use(&ops);
    burst(journal, 200);
    dr_journal_close(journal);
    journal = opened("e1");
    assert_int_equal(dr_journal_read_result(journal)->commits, 200);
    dr_journal_close(journal);
}

#define SCENE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(test_a_full_disk_stops_the_journal_and_loses_nothing_durable),
        SCENE(test_a_failing_disk_stops_the_journal_and_loses_nothing_durable),
        SCENE(test_interrupted_and_short_writes_are_completed),
        SCENE(test_nothing_to_do_is_no_system_call),
        SCENE(test_a_burst_is_padded_and_rest_takes_it_away),
        SCENE(test_padding_left_by_a_killed_process_is_not_torn),
        SCENE(test_no_space_for_padding_is_no_failure),
    };
    return cmocka_run_group_tests_name("disk", tests, NULL, NULL);
}
