/* Appending, committing and reading back, on disk and in memory. */
#include "support.h"

#include <errno.h>
#include <sys/stat.h>

#define A "{\"k\":\"start\",\"format\":1,\"x\":1}"
#define B "{\"k\":\"enter\",\"state\":\"B\"}"
#define C "{\"k\":\"exit\",\"state\":\"C\"}"

static void use_memory(void)
{
    dr_store_free(store);
    store = dr_store_memory();
}

static void check_round_trip(void)
{
    struct dr_journal *journal = created("e1");
    append(journal, A);
    append(journal, B);
    uint64_t offset = dr_journal_offset(journal);
    assert_true(offset > 0);
    commit(journal, true);
    commit(journal, true);
    append(journal, C);
    commit(journal, false);
    dr_journal_close(journal);

    journal = opened("e1");
    assert_records(journal, A "\n" B "\n" C "\n");
    assert_int_equal(dr_journal_read_result(journal)->commits, 2);
    assert_int_equal(dr_journal_read_result(journal)->torn_bytes, 0);
    assert_int_equal(dr_journal_read_result(journal)->bytes, dr_journal_offset(journal));
    append(journal, B);
    commit(journal, true);
    dr_journal_close(journal);

    journal = opened("e1");
    assert_records(journal, A "\n" B "\n" C "\n" B "\n");
    dr_journal_close(journal);
}

static void test_what_is_committed_is_read_back(void **state)
{
    (void)state;
    check_round_trip();
}

static void test_memory_reads_back_too(void **state)
{
    (void)state;
    use_memory();
    check_round_trip();
}

static void check_uncommitted(void)
{
    struct dr_journal *journal = created("e1");
    append(journal, A);
    commit(journal, true);
    append(journal, B);
    dr_journal_close(journal);
    journal = opened("e1");
    assert_records(journal, A "\n");
    dr_journal_close(journal);
}

static void test_close_commits_nothing(void **state)
{
    (void)state;
    check_uncommitted();
    use_memory();
    check_uncommitted();
}

static void test_memory_power_loss_keeps_what_was_durable(void **state)
{
    (void)state;
    use_memory();
    struct dr_journal *journal = created("e1"), *again;
    append(journal, A);
    commit(journal, true);
    append(journal, B);
    commit(journal, false);
    append(journal, C);
    dr_store_memory_crash(store, false);
    again = opened("e1");
    assert_records(again, A "\n" B "\n");
    dr_journal_close(journal); /* the dead one: must not disturb */
    append(again, C);
    commit(again, false);
    dr_store_memory_crash(store, true);
    dr_journal_close(again);
    again = opened("e1");
    assert_records(again, A "\n" B "\n"); /* B was read back by a resume: from then on it is durable */
    dr_journal_close(again);
}

static void test_an_empty_journal_opens(void **state)
{
    (void)state;
    dr_journal_close(created("e1"));
    struct dr_journal *journal = opened("e1");
    assert_records(journal, "");
    append(journal, A);
    commit(journal, true);
    dr_journal_close(journal);
}

static void test_files_are_private(void **state)
{
    (void)state;
    dr_journal_close(created("e1"));
    static const struct {
        const char *path;
        mode_t mode;
    } wanted[] = {{"executions", 0700},
                  {"executions/e1", 0700},
                  {"executions/e1/inbox", 0700},
                  {"executions/e1/journal.jsonl", 0600},
                  {"executions/e1/lock", 0600}};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        char path[512];
        struct stat status;
        snprintf(path, sizeof path, "%s/%s", folder, wanted[i].path);
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_mode & 0777, wanted[i].mode);
    }
}

static void check_locked(void)
{
    struct dr_journal *journal = created("e1"), *second = NULL;
    struct dr_problem problem = {0};
    pid_t pid = 0;
    char own[32];
    snprintf(own, sizeof own, "process %ld", (long)getpid());
    append(journal, A);
    commit(journal, true);
    assert_true(dr_store_is_running(store, "e1", &pid));
    assert_int_equal(pid, getpid());
    assert_false(dr_journal_open(store, "e1", &second, &problem));
    assert_int_equal(problem.kind, DR_PROBLEM_LOCKED);
    if (dr_store_folder(store)) {
        assert_non_null(strstr(problem.message, own));
    }
    dr_problem_done(&problem);
    assert_true(dr_journal_view(store, "e1", &second, &problem));
    assert_records(second, A "\n");
    dr_journal_close(second);
    assert_true(dr_store_is_running(store, "e1", NULL));
    dr_journal_close(journal);
    assert_false(dr_store_is_running(store, "e1", NULL));
}

static void test_a_second_process_is_kept_off(void **state)
{
    (void)state;
    check_locked();
    use_memory();
    check_locked();
}

static void test_an_id_is_used_once_and_stays_inside(void **state)
{
    (void)state;
    static const char *const bad[] = {"", ".", "..", "../x", "a/b", "/etc", ".hidden", "-x", "a b", "a\nb", "\xc3\xa9"};
    struct dr_problem problem = {0};
    struct dr_journal *journal = NULL;
    dr_journal_close(created("e1"));
    assert_false(dr_journal_create(store, "e1", &journal, &problem));
    assert_int_equal(problem.errnum, EEXIST);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(dr_journal_create(store, bad[i], &journal, &problem));
        assert_false(dr_journal_open(store, bad[i], &journal, &problem));
        assert_false(dr_journal_view(store, bad[i], &journal, &problem));
    }
    char longest[130];
    memset(longest, 'a', 129);
    longest[129] = 0;
    assert_false(dr_journal_create(store, longest, &journal, &problem));
    longest[128] = 0;
    dr_journal_close(created(longest));
    dr_problem_done(&problem);
}

static void test_what_is_not_there_is_missing(void **state)
{
    (void)state;
    struct dr_problem problem = {0};
    struct dr_journal *journal = NULL;
    char *first, *last;
    assert_false(dr_journal_open(store, "none", &journal, &problem));
    assert_int_equal(problem.kind, DR_PROBLEM_MISSING);
    assert_false(dr_journal_view(store, "none", &journal, &problem));
    assert_int_equal(problem.kind, DR_PROBLEM_MISSING);
    assert_false(dr_store_peek(store, "none", &first, &last, &problem));
    assert_int_equal(problem.kind, DR_PROBLEM_MISSING);
    assert_null(dr_store_open("/nonexistent/store", false, &problem));
    assert_int_equal(problem.kind, DR_PROBLEM_MISSING);
    dr_problem_done(&problem);
}

/* [D15] */
static void test_a_newer_format_is_refused(void **state)
{
    (void)state;
    struct dr_problem problem = {0};
    struct dr_journal *journal = created("e1");
    append(journal, "{\"k\":\"start\",\"format\":2,\"x\":1}");
    commit(journal, true);
    dr_journal_close(journal);
    assert_false(dr_journal_open(store, "e1", &journal, &problem));
    assert_int_equal(problem.kind, DR_PROBLEM_NEWER);
    assert_non_null(strstr(problem.message, "format 2"));
    assert_false(dr_journal_view(store, "e1", &journal, &problem));
    assert_int_equal(problem.kind, DR_PROBLEM_NEWER);
    dr_problem_done(&problem);
}

/* More than the buffer holds is written on the way; each write ends in a commit of its own. */
static void test_large_buffers_are_written_on_the_way(void **state)
{
    (void)state;
    struct dr_journal *journal = created("e1");
    struct dr_text line = {0}, expected = {0};
    for (int i = 0; i < 40; i++) {
        dr_text_clear(&line);
        dr_text_printf(&line, "{\"k\":\"note\",\"i\":%d,\"pad\":\"", i);
        for (int j = 0; j < 20000; j++) {
            dr_text_putc(&line, 'x');
        }
        dr_text_puts(&line, "\"}");
        struct dr_text *place = dr_journal_buffer(journal);
        dr_text_add(place, line.bytes, line.size);
        dr_journal_added(journal);
        dr_text_add(&expected, line.bytes, line.size);
        dr_text_putc(&expected, '\n');
    }
    commit(journal, true);
    dr_journal_close(journal);
    journal = opened("e1");
    assert_records(journal, expected.bytes);
    assert_true(dr_journal_read_result(journal)->commits > 2);
    dr_journal_close(journal);
    dr_text_done(&line);
    dr_text_done(&expected);
}

static void check_peek(void)
{
    char *first = NULL, *last = NULL;
    struct dr_problem problem = {0};
    struct dr_journal *journal = created("e1");
    assert_true(dr_store_peek(store, "e1", &first, &last, &problem));
    assert_null(first);
    assert_null(last);
    append(journal, A);
    append(journal, B);
    commit(journal, true);
    append(journal, C);
    assert_true(dr_store_peek(store, "e1", &first, &last, &problem));
    assert_string_equal(first, A);
    assert_string_equal(last, B);
    free(first);
    free(last);
    for (int i = 0; i < 5000; i++) {
        append(journal, B);
        if (i % 3 == 0) {
            commit(journal, i % 100 == 0);
        }
    }
    append(journal, C);
    commit(journal, false);
    assert_true(dr_store_peek(store, "e1", &first, &last, &problem));
    assert_string_equal(first, A);
    assert_string_equal(last, C);
    free(first);
    free(last);
    dr_journal_close(journal);
}

static void test_peek_sees_the_first_and_the_last_committed_record(void **state)
{
    (void)state;
    check_peek();
    use_memory();
    check_peek();
}

static void check_list(void)
{
    char **ids;
    size_t count;
    struct dr_problem problem = {0};
    assert_true(dr_store_list(store, &ids, &count, &problem));
    assert_int_equal(count, 0);
    free(ids);
    dr_journal_close(created("zebra"));
    usleep(30000); /* the file system's clock ticks in milliseconds */
    dr_journal_close(created("ape"));
    assert_true(dr_store_list(store, &ids, &count, &problem));
    assert_int_equal(count, 2);
    assert_string_equal(ids[0], "zebra");
    assert_string_equal(ids[1], "ape");
    free(ids[0]);
    free(ids[1]);
    free(ids);
}

static void test_list_is_in_order_of_age(void **state)
{
    (void)state;
    check_list();
    use_memory();
    check_list();
}

/* [D10] */
static void check_snapshot(bool memory)
{
    struct dr_journal *journal = created("e1");
    struct dr_problem problem = {0};
    char *bytes;
    size_t size;
    uint64_t offset;
    append(journal, A);
    commit(journal, true);
    assert_true(dr_journal_snapshot_write(journal, "{\"s\":1}\n\0x", 10, &problem));
    append(journal, B);
    commit(journal, true);
    dr_journal_close(journal);
    journal = opened("e1");
    assert_true(dr_journal_snapshot_read(journal, &bytes, &size, &offset));
    assert_int_equal(size, 10);
    assert_memory_equal(bytes, "{\"s\":1}\n\0x", 10);
    char *rest = records_of(journal, offset);
    assert_string_equal(rest, B "\n");
    free(rest);
    free(bytes);
    dr_journal_close(journal);
    if (memory) {
        return;
    }
    /* Damage to any byte of it only means that there is none. */
    char path[512];
    snprintf(path, sizeof path, "%s/executions/e1/snapshot.json", folder);
    FILE *file = fopen(path, "r+");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    long end = ftell(file);
    for (long i = 0; i < end; i++) {
        fseek(file, i, SEEK_SET);
        int byte = fgetc(file);
        fseek(file, i, SEEK_SET);
        fputc(byte ^ 4, file);
        fflush(file);
        journal = opened("e1");
        assert_false(dr_journal_snapshot_read(journal, &bytes, &size, &offset));
        assert_records(journal, A "\n" B "\n");
        dr_journal_close(journal);
        fseek(file, i, SEEK_SET);
        fputc(byte, file);
    }
    fclose(file);
}

static void test_a_snapshot_bounds_the_replay(void **state)
{
    (void)state;
    check_snapshot(false);
    use_memory();
    check_snapshot(true);
}

#define SCENE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(test_what_is_committed_is_read_back),
        SCENE(test_memory_reads_back_too),
        SCENE(test_close_commits_nothing),
        SCENE(test_memory_power_loss_keeps_what_was_durable),
        SCENE(test_an_empty_journal_opens),
        SCENE(test_files_are_private),
        SCENE(test_a_second_process_is_kept_off),
        SCENE(test_an_id_is_used_once_and_stays_inside),
        SCENE(test_what_is_not_there_is_missing),
        SCENE(test_a_newer_format_is_refused),
        SCENE(test_large_buffers_are_written_on_the_way),
        SCENE(test_peek_sees_the_first_and_the_last_committed_record),
        SCENE(test_list_is_in_order_of_age),
        SCENE(test_a_snapshot_bounds_the_replay),
    };
    return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
