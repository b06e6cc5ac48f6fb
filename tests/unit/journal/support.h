/* What the tests of this room share: a store in a fresh folder, and a journal read back as one string. */
#ifndef DRRUN_TESTS_UNIT_JOURNAL_SUPPORT_H
#define DRRUN_TESTS_UNIT_JOURNAL_SUPPORT_H

#include "interpreter/journal/journal.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[256];
static struct dr_store *store;

static inline int remove_one(const char *path, const struct stat *status, int type, struct FTW *level)
{
    (void)status, (void)type, (void)level;
    return remove(path);
}

static inline int set_up(void **state)
{
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/drrun-journal-XXXXXX", base ? base : "/tmp");
    if (!mkdtemp(folder)) {
        return -1;
    }
    struct dr_problem problem = {0};
    store = dr_store_open(folder, true, &problem);
    return store ? 0 : -1;
}

static inline int tear_down(void **state)
{
    (void)state;
    dr_disk_use(NULL);
    dr_store_free(store);
    store = NULL;
    return nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static inline struct dr_journal *created(const char *id)
{
    struct dr_problem problem = {0};
    struct dr_journal *journal = NULL;
    if (!dr_journal_create(store, id, &journal, &problem)) {
        fail_msg("create %s: %s", id, problem.message);
    }
    return journal;
}

static inline struct dr_journal *opened(const char *id)
{
    struct dr_problem problem = {0};
    struct dr_journal *journal = NULL;
    if (!dr_journal_open(store, id, &journal, &problem)) {
        fail_msg("open %s: %s", id, problem.message);
    }
    return journal;
}

static inline void append(struct dr_journal *journal, const char *line)
{
    dr_journal_append(journal, line, strlen(line));
}

static inline void commit(struct dr_journal *journal, bool durable)
{
    struct dr_problem problem = {0};
    if (!dr_journal_commit(journal, durable, &problem)) {
        fail_msg("commit: %s", problem.message);
    }
}

static inline bool collect(void *data, const char *line, size_t size, uint64_t offset)
{
    (void)offset;
    dr_text_add(data, line, size);
    dr_text_putc(data, '\n');
    return true;
}

/* All records from `from` on, each with a newline. The caller frees. */
static inline char *records_of(struct dr_journal *journal, uint64_t from)
{
    struct dr_text text = {0};
    struct dr_problem problem = {0};
    if (!dr_journal_records(journal, from, collect, &text, &problem)) {
        fail_msg("records: %s", problem.message);
    }
    return dr_text_take(&text);
}

static inline void assert_records(struct dr_journal *journal, const char *expected)
{
    char *found = records_of(journal, 0);
    assert_string_equal(found, expected);
    free(found);
}

#endif
