/* What executions share: facts, application locks, inboxes; and a store that cannot be written. */
#include "interpreter/journal/disk.h"
#include "support.h"

#include <errno.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>

static bool memory;

static int set_up_memory(void **state)
{
    int result = set_up(state);
    dr_store_free(store);
    store = dr_store_memory();
    memory = true;
    return result;
}

static int tear_down_memory(void **state)
{
    memory = false;
    return tear_down(state);
}

static int64_t put(const char *key, const char *value, int64_t if_version, const char *token)
{
    struct dr_problem problem = {0};
    json_t *json = json_string(value);
    int64_t version = dr_store_fact_put(store, key, json, if_version, token, "e1", 1700000000123, &problem);
    json_decref(json);
    if (version == -2)
        fail_msg("put %s: %s", key, problem.message);
    return version;
}

static void assert_fact(const char *key, const char *value, int64_t version)
{
    struct dr_problem problem = {0};
    json_t *fact = dr_store_fact_get(store, key, &problem);
    assert_non_null(fact);
    assert_string_equal(json_string_value(json_object_get(fact, "Value")), value);
    assert_int_equal(json_integer_value(json_object_get(fact, "Version")), version);
    assert_string_equal(json_string_value(json_object_get(fact, "By")), "e1");
    assert_string_equal(json_string_value(json_object_get(fact, "UpdatedAt")), "2023-11-14T22:13:20.123Z");
    assert_int_equal(json_object_size(fact), 4);
    json_decref(fact);
}

static void test_facts_have_versions(void **state)
{
    (void)state;
    struct dr_problem problem = {0};
    assert_null(dr_store_fact_get(store, "region", &problem));
    assert_null(problem.message);
    assert_int_equal(put("region", "east", -1, NULL), 1);
    assert_fact("region", "east", 1);
    assert_int_equal(put("region", "west", 0, NULL), -1);
    assert_int_equal(put("region", "west", 2, NULL), -1);
    assert_fact("region", "east", 1);
    assert_int_equal(put("region", "west", 1, NULL), 2);
    assert_int_equal(put("region", "north", -1, NULL), 3);
    assert_fact("region", "north", 3);
    assert_int_equal(put("other", "x", 0, NULL), 1);
    assert_fact("other", "x", 1);
}

/* [D12] */
static void test_a_repeated_token_puts_once(void **state)
{
    (void)state;
    assert_int_equal(put("region", "east", 0, "t1"), 1);
    assert_int_equal(put("region", "east", 0, "t1"), 1); /* the condition no longer holds, but this is the same call */
    assert_int_equal(put("region", "west", -1, "t2"), 2);
    assert_int_equal(put("region", "east", 0, "t1"), 1);
    assert_fact("region", "west", 2);
    for (int i = 0; i < 100; i++) {
        char token[16];
        snprintf(token, sizeof token, "n%d", i);
        assert_int_equal(put("region", "x", -1, token), 3 + i);
    }
    assert_int_equal(put("region", "y", -1, "n99"), 102);
    assert_int_equal(put("region", "y", -1, "n40"), 43); /* 64 are remembered */
    assert_int_equal(put("region", "z", -1, "t1"), 103); /* and no more */
}

static void test_any_key_is_a_key_of_its_own(void **state)
{
    (void)state;
    char longest[2000], longer[2001];
    memset(longest, 'k', sizeof longest - 1);
    longest[sizeof longest - 1] = 0;
    snprintf(longer, sizeof longer, "%sk", longest);
    const char *const keys[] = {"a",     "A",   "a/b", "a%2Fb", "../../etc/passwd", ".",   "..",    ".a",   "",
                                "%",     "a\n", "a ",  "%25",   "\xc3\xa9",         "con", longest, longer, "a.lock",
                                "a.json"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        assert_int_equal(put(keys[i], keys[i], 0, NULL), 1);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        assert_fact(keys[i], keys[i], 1);
}

/* Processes that count in one fact: no step is lost, because a put with a version is a compare-and-swap. */
static void test_concurrent_puts_lose_nothing(void **state)
{
    (void)state;
    enum { WRITERS = 4, STEPS = 15 };
    for (int i = 0; i < WRITERS; i++) {
        if (fork() != 0)
            continue;
        for (int step = 0; step < STEPS;) {
            struct dr_problem problem = {0};
            json_t *fact = dr_store_fact_get(store, "count", &problem);
            int64_t version = json_integer_value(json_object_get(fact, "Version"));
            json_t *next = json_integer(json_integer_value(json_object_get(fact, "Value")) + 1);
            int64_t made = dr_store_fact_put(store, "count", next, version, NULL, "e1", 0, &problem);
            step += made > 0;
            json_decref(next);
            json_decref(fact);
            if (made == -2)
                _exit(1);
        }
        _exit(0);
    }
    for (int i = 0; i < WRITERS; i++) {
        int status;
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    struct dr_problem problem = {0};
    json_t *fact = dr_store_fact_get(store, "count", &problem);
    assert_int_equal(json_integer_value(json_object_get(fact, "Value")), WRITERS * STEPS);
    json_decref(fact);
}

static void test_a_damaged_fact_is_refused(void **state)
{
    (void)state;
    put("region", "east", -1, NULL);
    char path[512];
    snprintf(path, sizeof path, "%s/facts/region.json", folder);
    assert_int_equal(truncate(path, 10), 0);
    struct dr_problem problem = {0};
    assert_null(dr_store_fact_get(store, "region", &problem));
    assert_int_equal(problem.kind, DR_PROBLEM_CORRUPT);
    assert_non_null(strstr(problem.message, path));
    json_t *value = json_true();
    assert_int_equal(dr_store_fact_put(store, "region", value, -1, NULL, "e1", 0, &problem), -2);
    dr_problem_done(&problem);
}

/* --- Applications --- */

static bool lock(const char *id, bool force, char **ret_owner)
{
    struct dr_problem problem = {0};
    bool ok = dr_store_lock_application(store, "shop/eu", id, force, ret_owner, &problem);
    assert_int_equal(problem.kind, ok ? DR_PROBLEM_NONE : DR_PROBLEM_LOCKED);
    dr_problem_done(&problem);
    return ok;
}

/* [D14] */
static void test_an_application_has_one_owner(void **state)
{
    (void)state;
    char *owner = NULL;
    struct dr_journal *first = created("e1"), *second = created("e2");
    assert_true(lock("e1", false, &owner));
    assert_true(lock("e1", false, &owner)); /* a resume takes its own again */
    assert_null(owner);
    assert_false(lock("e2", false, &owner));
    assert_string_equal(owner, "e1");
    free(owner);
    owner = NULL;
    assert_false(lock("e2", true, &owner)); /* a running one cannot be forced */
    free(owner);
    owner = NULL;

    dr_journal_close(first); /* interrupted: still the owner */
    assert_false(lock("e2", false, &owner));
    assert_string_equal(owner, "e1");
    free(owner);
    owner = NULL;
    dr_store_unlock_application(store, "shop/eu", "e2"); /* not its */
    assert_false(lock("e2", false, NULL));
    assert_true(lock("e2", true, &owner));
    assert_null(owner);
    dr_store_unlock_application(store, "shop/eu", "e1"); /* no longer its */
    assert_false(lock("e1", false, NULL));
    dr_store_unlock_application(store, "shop/eu", "e2");
    assert_true(lock("e1", false, NULL));
    dr_store_unlock_application(store, "shop/eu", "e1");
    dr_journal_close(second);
}

static void test_an_owner_that_is_gone_owns_nothing(void **state)
{
    (void)state;
    assert_true(lock("removed", false, NULL));
    dr_journal_close(created("e1"));
    assert_true(lock("e1", false, NULL));
}

/* --- Inboxes --- */

static struct dr_text seen;
static char names[8][64];
static size_t names_count;

static void take(void *data, const char *name, const json_t *message)
{
    (void)data;
    dr_text_puts(&seen, json_string_value(json_object_get(message, "m")));
    snprintf(names[names_count++ % 8], sizeof names[0], "%s", name);
}

static const char *inbox(void)
{
    struct dr_problem problem = {0};
    dr_text_clear(&seen);
    names_count = 0;
    if (!dr_store_inbox(store, "e1", take, NULL, &problem))
        fail_msg("%s", problem.message);
    return seen.bytes ? seen.bytes : "";
}

static void post(const char *text)
{
    struct dr_problem problem = {0};
    json_t *message = json_pack("{s:s}", "m", text);
    if (!dr_store_post(store, "e1", message, &problem))
        fail_msg("%s", problem.message);
    json_decref(message);
}

static bool readable(int fd)
{
    struct pollfd wait_for = {.fd = fd, .events = POLLIN};
    return poll(&wait_for, 1, 0) == 1;
}

/* [D13] */
static void test_messages_are_taken_in_order_and_stay_until_done(void **state)
{
    (void)state;
    dr_journal_close(created("e1"));
    int fd = dr_store_inbox_fd(store, "e1");
    assert_true(memory ? fd == -1 : fd >= 0);
    assert_string_equal(inbox(), "");
    post("a");
    post("b");
    post("c");
    assert_true(memory || readable(fd));
    assert_string_equal(inbox(), "abc");
    assert_true(memory || !readable(fd));
    assert_string_equal(inbox(), "abc");
    char second[64];
    snprintf(second, sizeof second, "%s", names[1]);
    dr_store_inbox_done(store, "e1", second);
    assert_string_equal(inbox(), "ac");
    dr_store_inbox_done(store, "e1", second); /* a second time does nothing */
    dr_store_inbox_done(store, "e1", names[0]);
    dr_store_inbox_done(store, "e1", names[1]);
    assert_string_equal(inbox(), "");
    post("d");
    assert_true(memory || readable(fd));
    assert_string_equal(inbox(), "d");
    assert_true(strcmp(names[0], second) > 0); /* names are never used again */
    assert_int_equal(dr_store_inbox_fd(store, "e1"), fd);
    dr_text_done(&seen);
}

/* The next process to run the execution is woken too, whatever the one before leaves or removes. */
static void test_each_owner_of_an_inbox_is_woken(void **state)
{
    (void)state;
    char path[512];
    struct dr_problem problem = {0};
    snprintf(path, sizeof path, "%s/executions/e1/wake", folder);
    struct dr_journal *journal = created("e1");
    assert_true(dr_store_inbox_fd(store, "e1") >= 0);
    assert_int_equal(access(path, F_OK), 0);
    dr_journal_close(journal);
    assert_int_equal(access(path, F_OK), -1);

    struct dr_store *next = dr_store_open(folder, false, &problem);
    assert_true(dr_journal_open(next, "e1", &journal, &problem));
    int fd = dr_store_inbox_fd(next, "e1");
    dr_store_free(store);
    store = next;
    post("a");
    assert_true(readable(fd));
    dr_journal_close(journal);
}

static void test_posting_to_nobody_is_an_error(void **state)
{
    (void)state;
    struct dr_problem problem = {0};
    json_t *message = json_object();
    assert_false(dr_store_post(store, "none", message, &problem));
    assert_int_equal(problem.kind, DR_PROBLEM_MISSING);
    assert_false(dr_store_post(store, "../x", message, &problem));
    json_decref(message);
    dr_problem_done(&problem);
}

static void test_a_message_of_a_set_back_clock_is_still_the_newest(void **state)
{
    (void)state;
    dr_journal_close(created("e1"));
    char path[512];
    snprintf(path, sizeof path, "%s/executions/e1/inbox/04102444800000000000-1.json", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("{\"m\":\"future\"}\n", file);
    fclose(file);
    post("a");
    post("b");
    assert_string_equal(inbox(), "futureab");
    dr_text_done(&seen);
}

/* --- A store that cannot be written: looking works, writing says why. --- */

static int denied_open(const char *path, int flags, mode_t mode)
{
    if ((flags & 3) != 0) {
        errno = EROFS;
        return -1;
    }
    return dr_disk_real.open(path, flags, mode);
}

static int denied_mkdir(const char *path, mode_t mode)
{
    (void)mode;
    errno = access(path, F_OK) == 0 ? EEXIST : EROFS;
    return -1;
}

static void assert_read_only(struct dr_problem *problem)
{
    assert_int_equal(problem->kind, DR_PROBLEM_IO);
    assert_int_equal(problem->errnum, EROFS);
    assert_non_null(strstr(problem->message, "Read-only file system"));
    assert_non_null(strstr(problem->message, "--store"));
    assert_non_null(strstr(problem->message, folder));
    dr_problem_done(problem);
}

/* [D15] */
static void test_a_read_only_store_can_be_looked_at(void **state)
{
    (void)state;
    struct dr_journal *journal = created("e1");
    append(journal, "{\"k\":\"start\"}");
    commit(journal, true);
    dr_journal_close(journal);
    put("region", "east", -1, NULL);
    struct dr_disk_ops ops = dr_disk_real;
    ops.open = denied_open;
    ops.mkdir = denied_mkdir;
    dr_disk_use(&ops);

    struct dr_problem problem = {0};
    char *first, *last, **ids;
    size_t count;
    assert_true(dr_store_list(store, &ids, &count, &problem));
    assert_int_equal(count, 1);
    free(ids[0]);
    free(ids);
    assert_true(dr_store_peek(store, "e1", &first, &last, &problem));
    free(first);
    free(last);
    assert_true(dr_journal_view(store, "e1", &journal, &problem));
    assert_records(journal, "{\"k\":\"start\"}\n");
    dr_journal_close(journal);
    assert_false(dr_store_is_running(store, "e1", NULL));
    assert_fact("region", "east", 1);

    assert_false(dr_journal_open(store, "e1", &journal, &problem));
    assert_read_only(&problem);
    assert_false(dr_journal_create(store, "e2", &journal, &problem));
    assert_read_only(&problem);
    assert_false(dr_store_lock_application(store, "shop", "e1", false, NULL, &problem));
    assert_read_only(&problem);
    json_t *value = json_object();
    assert_int_equal(dr_store_fact_put(store, "region", value, -1, NULL, "e1", 0, &problem), -2);
    assert_read_only(&problem);
    assert_false(dr_store_post(store, "e1", value, &problem));
    assert_read_only(&problem);
    json_decref(value);
}

/* --- The order of a replacement [D12] --- */

static char order[16];

static void note(char operation)
{
    size_t size = strlen(order);
    if (size + 1 < sizeof order)
        order[size] = operation;
}

static ssize_t noted_write(int fd, const void *bytes, size_t size, off_t offset)
{
    note('w');
    return dr_disk_real.write(fd, bytes, size, offset);
}

static int noted_sync(int fd)
{
    note('s');
    return dr_disk_real.sync(fd);
}

static int noted_rename(const char *from, const char *to)
{
    note('r');
    return dr_disk_real.rename(from, to);
}

static int noted_sync_folder(int fd)
{
    note('f');
    return dr_disk_real.sync_folder(fd);
}

static void test_a_replacement_is_written_synced_renamed_and_its_folder_synced(void **state)
{
    (void)state;
    dr_journal_close(created("e1"));
    put("region", "east", -1, NULL); /* the folders are there */
    assert_true(lock("e1", false, NULL));
    dr_store_unlock_application(store, "shop/eu", "e1");
    struct dr_disk_ops ops = dr_disk_real;
    ops.write = noted_write;
    ops.sync = noted_sync;
    ops.rename = noted_rename;
    ops.sync_folder = noted_sync_folder;
    dr_disk_use(&ops);
    memset(order, 0, sizeof order);
    put("region", "west", -1, NULL);
    assert_string_equal(order, "wsrf");
    memset(order, 0, sizeof order);
    assert_true(lock("e1", false, NULL));
    assert_string_equal(order, "wsrf");
    memset(order, 0, sizeof order);
    post("a");
    assert_string_equal(order, "wsrf");
}

/* Nothing of ours is followed out of the store. */
static void test_symbolic_links_are_not_followed(void **state)
{
    (void)state;
    struct dr_journal *journal = created("e1");
    dr_journal_close(journal);
    char path[512], target[512];
    struct dr_problem problem = {0};
    snprintf(path, sizeof path, "%s/executions/e1/journal.jsonl", folder);
    snprintf(target, sizeof target, "%s/elsewhere", folder);
    assert_int_equal(rename(path, target), 0);
    assert_int_equal(symlink(target, path), 0);
    assert_false(dr_journal_open(store, "e1", &journal, &problem));
    assert_int_equal(problem.errnum, ELOOP);
    assert_false(dr_journal_view(store, "e1", &journal, &problem));
    assert_int_equal(problem.errnum, ELOOP);
    dr_problem_done(&problem);
}

static void test_the_store_is_made_with_its_parents(void **state)
{
    (void)state;
    char path[512];
    struct dr_problem problem = {0};
    struct stat status;
    snprintf(path, sizeof path, "%s/a/b/c/", folder);
    struct dr_store *deep = dr_store_open(path, true, &problem);
    assert_non_null(deep);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    dr_store_free(deep);
    snprintf(path, sizeof path, "%s/file", folder);
    fclose(fopen(path, "w"));
    assert_null(dr_store_open(path, true, &problem));
    assert_int_equal(problem.errnum, ENOTDIR);
    dr_problem_done(&problem);
}

#define ON_DISK(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
#define IN_MEMORY(function)                                                                                            \
    {                                                                                                                  \
#function " in memory", function, set_up_memory, tear_down_memory, NULL                                        \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_DISK(test_facts_have_versions),
        IN_MEMORY(test_facts_have_versions),
        ON_DISK(test_a_repeated_token_puts_once),
        IN_MEMORY(test_a_repeated_token_puts_once),
        ON_DISK(test_any_key_is_a_key_of_its_own),
        IN_MEMORY(test_any_key_is_a_key_of_its_own),
        ON_DISK(test_concurrent_puts_lose_nothing),
        ON_DISK(test_a_damaged_fact_is_refused),
        ON_DISK(test_an_application_has_one_owner),
        IN_MEMORY(test_an_application_has_one_owner),
        ON_DISK(test_an_owner_that_is_gone_owns_nothing),
        ON_DISK(test_messages_are_taken_in_order_and_stay_until_done),
        IN_MEMORY(test_messages_are_taken_in_order_and_stay_until_done),
        ON_DISK(test_each_owner_of_an_inbox_is_woken),
        ON_DISK(test_posting_to_nobody_is_an_error),
        IN_MEMORY(test_posting_to_nobody_is_an_error),
        ON_DISK(test_a_message_of_a_set_back_clock_is_still_the_newest),
        ON_DISK(test_a_read_only_store_can_be_looked_at),
        ON_DISK(test_a_replacement_is_written_synced_renamed_and_its_folder_synced),
        ON_DISK(test_symbolic_links_are_not_followed),
        ON_DISK(test_the_store_is_made_with_its_parents),
    };
    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
