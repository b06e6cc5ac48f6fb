/* The journal under power loss and kill -9: what was acknowledged is there, what is there was appended, and the journal
 * goes on. */
#include "power.h"

#include "../unit/journal/support.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

/* --- A workload, and what must be true after it --- */

static struct dr_text appended; /* all records given to the journal, in order, a newline after each */
static size_t acknowledged;     /* bytes of them that a durable commit returned for */

static unsigned draw(unsigned *seed, unsigned bound)
{
    *seed = *seed * 1103515245u + 12345u;
    return (*seed >> 16) % bound;
}

static void add_record(struct dr_journal *journal, unsigned *seed)
{
    struct dr_text line = {0};
    bool large = draw(seed, 40) == 0;
    dr_text_printf(&line, "{\"k\":\"note\",\"at\":%zu,\"text\":\"", appended.size);
    for (unsigned left = draw(seed, large ? 3000 : 200); left > 0; left--)
        dr_text_putc(&line, (char)('a' + left % 26));
    dr_text_puts(&line, "\"}");
    dr_text_add(&appended, line.bytes, line.size);
    dr_text_putc(&appended, '\n');
    dr_journal_append(journal, line.bytes, line.size);
    dr_text_done(&line);
}

static void work(struct dr_journal *journal, unsigned *seed, unsigned steps)
{
    struct dr_problem problem = {0};
    for (unsigned i = 0; i < steps; i++) {
        for (unsigned records = 1 + draw(seed, 3); records > 0; records--)
            add_record(journal, seed);
        bool durable = draw(seed, 3) > 0;
        commit(journal, durable);
        if (durable)
            acknowledged = appended.size;
        if (draw(seed, 25) == 0)
            dr_journal_rest(journal);
        if (draw(seed, 25) == 0 && !dr_journal_snapshot_write(journal, "{}", 2, &problem))
            fail_msg("%s", problem.message);
    }
}

/* What a reader finds must be a beginning of what was appended that reaches at least to what was acknowledged. [D2]
 * [D5] */
static void check(struct dr_journal *journal, const char *when)
{
    char *found = records_of(journal, 0);
    size_t size = strlen(found);
    if (size < acknowledged)
        fail_msg("%s: %zu bytes of records found, %zu were acknowledged", when, size, acknowledged);
    if (size > appended.size || memcmp(found, appended.bytes, size) != 0)
        fail_msg("%s: what was found was not appended", when);
    free(found);
}

static void forget(void)
{
    dr_text_clear(&appended);
    acknowledged = 0;
}

/* --- Power loss after every operation [D2] [D6] --- */

static unsigned outcomes, torn, padded;

static void check_outcome(unsigned seed)
{
    char path[512];
    struct dr_text image = {0};
    struct dr_problem problem = {0};
    struct dr_journal *journal;
    snprintf(path, sizeof path, "%s/executions/after/journal.jsonl", folder);
    power_fail(seed, &image);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(image.bytes ? image.bytes : "", 1, image.size, file), image.size);
    fclose(file);
    if (!dr_journal_open(store, "after", &journal, &problem))
        fail_msg("power loss, seed %u: %s", seed, problem.message);
    check(journal, "power loss");
    outcomes++;
    padded += image.size > 1 && memcmp(image.bytes + image.size - 2, "\n\n", 2) == 0;
    torn += dr_journal_read_result(journal)->torn_bytes > 0;
    dr_journal_close(journal);
    dr_text_done(&image);
}

static bool inside;    /* the check itself uses the disk */
static unsigned every; /* so many operations apart: a journal that is checked all the time is never in a burst */

static void after_each_operation(void)
{
    static unsigned operation;
    operation++;
    if (inside || power_unsynced() == 0 || operation % every != 0)
        return;
    inside = true;
    unsigned times = power_unsynced() > 6 ? 6 : power_unsynced() + 1;
    for (unsigned i = 0; i < times; i++)
        check_outcome(operation * 31 + i);
    inside = false;
}

static void test_D2_D6_power_loss_after_every_operation(void **state)
{
    (void)state;
    char path[512];
    unsigned seed = 1;
    outcomes = torn = padded = 0;
    for (unsigned life = 0; life < 4; life++) {
        every = life < 2 ? 1 : 7;
        char id[16];
        snprintf(id, sizeof id, "e%u", life);
        snprintf(path, sizeof path, "%s/executions/%s/journal.jsonl", folder, id);
        forget();
        inside = true;
        if (life == 0)
            dr_journal_close(created("after"));
        struct dr_journal *journal = created(id);
        inside = false;
        power_watch(path, after_each_operation);
        work(journal, &seed, life < 2 ? 60 : 250);
        dr_journal_close(journal);
        power_stop();
    }
    print_message("%u outcomes, %u of them torn, %u with padding\n", outcomes, torn, padded);
    assert_true(outcomes > 200);
    assert_true(torn > 30);
    assert_true(padded > 10);
}

static void nothing(void)
{
}

/* [D1] The file's name is on disk too before anything is acknowledged. */
static void test_D1_the_folders_are_synced_before_the_first_acknowledgement(void **state)
{
    (void)state;
    char path[512], own[512], all[512];
    unsigned seed = 7;
    snprintf(path, sizeof path, "%s/executions/e1/journal.jsonl", folder);
    snprintf(own, sizeof own, "%s/executions/e1", folder);
    snprintf(all, sizeof all, "%s/executions", folder);
    power_watch(path, nothing);
    struct dr_journal *journal = created("e1");
    assert_true(power_folder_is_synced(folder));
    add_record(journal, &seed);
    commit(journal, true);
    assert_int_equal(power_unsynced(), 0);
    assert_true(power_folder_is_synced(own));
    assert_true(power_folder_is_synced(all));
    dr_journal_close(journal);
    power_stop();
    forget();
}

/* [D9] A process died between its write and its sync. The next one finds the bytes in the page cache; before it acts on
 * them they are on disk. */
static void test_D9_what_a_resume_reads_is_on_disk_before_it_acts(void **state)
{
    (void)state;
    char path[512];
    struct dr_text image = {0};
    unsigned seed = 3;
    struct dr_journal *journal = created("e1");
    snprintf(path, sizeof path, "%s/executions/e1/journal.jsonl", folder);
    power_watch(path, nothing);
    add_record(journal, &seed);
    commit(journal, false);
    dr_journal_close(journal);
    assert_int_equal(power_unsynced(), 1);
    journal = opened("e1");
    check(journal, "resume");
    assert_int_equal(power_unsynced(), 0);
    acknowledged = appended.size;
    power_fail(1, &image);
    assert_true(image.size > acknowledged);
    dr_journal_close(journal);
    power_stop();
    dr_text_done(&image);
    forget();
}

/* --- kill -9, for real --- */

/* Appends and commits until it is killed; tells the number of acknowledged bytes through the pipe. */
static void child_works(int acks, unsigned seed)
{
    struct dr_problem problem = {0};
    struct dr_journal *journal;
    if (!dr_journal_open(store, "e1", &journal, &problem))
        _exit(1);
    for (;;) {
        for (unsigned records = 1 + draw(&seed, 4); records > 0; records--)
            add_record(journal, &seed);
        bool durable = draw(&seed, 4) > 0;
        if (!dr_journal_commit(journal, durable, &problem))
            _exit(2);
        uint64_t bytes = appended.size;
        if (durable && write(acks, &bytes, sizeof bytes) != sizeof bytes)
            _exit(3);
    }
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void test_D1_D2_D6_kill_9_at_any_moment(void **state)
{
    (void)state;
    unsigned seed = (unsigned)getpid(), rounds = 0, kept = 0;
    print_message("seed %u\n", seed);
    forget();
    dr_journal_close(created("e1"));
    for (int64_t end = now_ms() + 5000; now_ms() < end && rounds < 150; rounds++) {
        int acks[2];
        assert_int_equal(pipe2(acks, O_CLOEXEC), 0);
        pid_t child = fork();
        if (child == 0) {
            close(acks[0]);
            child_works(acks[1], seed + rounds);
        }
        close(acks[1]);
        usleep(500 + draw(&seed, 15000));
        kill(child, SIGKILL);
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        for (uint64_t bytes; read(acks[0], &bytes, sizeof bytes) == sizeof bytes;)
            acknowledged = bytes;
        close(acks[0]);

        /* The records carry their own position, so what was appended can be told from what is found. */
        struct dr_journal *journal = opened("e1");
        char *found = records_of(journal, 0);
        size_t size = strlen(found), at = 0;
        assert_true(size >= acknowledged);
        assert_true(size >= kept && (kept == 0 || memcmp(found, appended.bytes, kept) == 0));
        while (at < size) {
            size_t says = 0;
            assert_int_equal(sscanf(found + at, "{\"k\":\"note\",\"at\":%zu,", &says), 1);
            assert_int_equal(says, at);
            at = (size_t)(strchr(found + at, '\n') + 1 - found);
        }
        dr_text_clear(&appended);
        dr_text_add(&appended, found, size);
        kept = (unsigned)size;
        free(found);
        dr_journal_close(journal);
    }
    print_message("%u kills, %u bytes of records\n", rounds, kept);
    assert_true(rounds > 20 && kept > 10000);
    forget();
}

/* [D11] Two resumes at once, for real: one gets it, the other is told by whom. */
static void test_D11_two_processes_never_run_one_execution(void **state)
{
    (void)state;
    dr_journal_close(created("e1"));
    enum { PROCESSES = 6 };
    int won[2], go[2];
    assert_int_equal(pipe2(won, O_CLOEXEC), 0);
    assert_int_equal(pipe2(go, O_CLOEXEC), 0);
    for (int i = 0; i < PROCESSES; i++) {
        if (fork() != 0)
            continue;
        struct dr_problem problem = {0};
        struct dr_journal *journal;
        bool got = dr_journal_open(store, "e1", &journal, &problem);
        char result = got ? 'W' : problem.kind == DR_PROBLEM_LOCKED ? 'L' : '?';
        close(go[1]);
        if (write(won[1], &result, 1) == 1 && read(go[0], &result, 1) == 0)
            _exit(0);
        _exit(1);
    }
    int winners = 0;
    for (int i = 0; i < PROCESSES; i++) {
        char result = 0;
        assert_int_equal(read(won[0], &result, 1), 1);
        assert_true(result == 'W' || result == 'L');
        winners += result == 'W';
    }
    assert_int_equal(winners, 1);
    assert_true(dr_store_is_running(store, "e1", NULL));
    close(go[1]);
    close(go[0]);
    for (int i = 0; i < PROCESSES; i++) {
        int status;
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    close(won[0]);
    close(won[1]);
    assert_false(dr_store_is_running(store, "e1", NULL));
}

/* [D12] A fact under kill -9: always a whole version, never an older one than was acknowledged. */
static void test_D12_a_fact_is_old_or_new_under_kill_9(void **state)
{
    (void)state;
    unsigned seed = (unsigned)getpid();
    struct dr_problem problem = {0};
    for (unsigned round = 0; round < 25; round++) {
        int acks[2];
        assert_int_equal(pipe2(acks, O_CLOEXEC), 0);
        pid_t child = fork();
        if (child == 0) {
            for (;;) {
                json_t *value = json_integer(round);
                int64_t version = dr_store_fact_put(store, "region", value, -1, NULL, "e1", 0, &problem);
                json_decref(value);
                if (version < 0 || write(acks[1], &version, sizeof version) != sizeof version)
                    _exit(1);
            }
        }
        close(acks[1]);
        usleep(500 + draw(&seed, 8000));
        kill(child, SIGKILL);
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        int64_t newest = 0;
        for (int64_t version; read(acks[0], &version, sizeof version) == sizeof version;)
            newest = version;
        close(acks[0]);
        json_t *fact = dr_store_fact_get(store, "region", &problem);
        if (!fact && newest > 0)
            fail_msg("%s", problem.message ? problem.message : "the fact is gone");
        int64_t found = json_integer_value(json_object_get(fact, "Version"));
        assert_true(found >= newest && (newest == 0 || found <= newest + 1));
        json_decref(fact);
    }
}

static int free_texts(void **state)
{
    (void)state;
    dr_text_done(&appended);
    return 0;
}

#define SCENE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        SCENE(test_D2_D6_power_loss_after_every_operation),
        SCENE(test_D1_the_folders_are_synced_before_the_first_acknowledgement),
        SCENE(test_D9_what_a_resume_reads_is_on_disk_before_it_acts),
        SCENE(test_D1_D2_D6_kill_9_at_any_moment),
        SCENE(test_D11_two_processes_never_run_one_execution),
        SCENE(test_D12_a_fact_is_old_or_new_under_kill_9),
    };
    return cmocka_run_group_tests_name("journal crash", tests, NULL, free_texts);
}
