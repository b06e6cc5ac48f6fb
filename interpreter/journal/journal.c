/* One execution's journal: buffering, group commit, padding, opening. What the bytes look like is chain.c's, reading
 * them back verify.c's. */
#include "interpreter/journal/journal.h"

#include "interpreter/journal/chain.h"
#include "interpreter/journal/disk.h"
#include "interpreter/journal/memory.h"
#include "interpreter/journal/problem.h"
#include "interpreter/journal/snapshot.h"
#include "interpreter/journal/store.h"
#include "interpreter/journal/verify.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOCK_PATIENCE_MS                                                                                               \
    1000 /* a killed process, or a child that it was just starting, lets go of the lock a moment later */
#define BUFFER_BYTES (256u << 10)     /* more than this is written, not synced, on the way */
#define BURST_COMMITS 32              /* so many durable commits ... */
#define BURST_WINDOW_MS 1000          /* ... within this time make padding worth it */
#define PADDING_BYTES_MIN (64u << 10) /* the first chunk; each next one of a burst is twice as large */
#define PADDING_BYTES_MAX (1u << 20)
#define VIEW_ATTEMPTS 5 /* a writer may change the end of the file while we read it */

/* Padding: blocks that are already allocated and written make a commit's fdatasync about 1.5 times cheaper, because the
 * file's size and extents do not change. It is newlines and not zeros because jq, grep and we all read over empty
 * lines. */
struct padding {
    uint64_t end;   /* of the file, if that is beyond what is written; else 0 */
    size_t chunk;   /* next one's size */
    bool refused;   /* no space for it: go on without */
    unsigned count; /* durable commits since `since_ms` */
    int64_t since_ms;
};

struct dr_journal {
    struct dr_store *store;
    char *id, *path;
    bool view;
    struct dr_journal_read read;
    struct dr_text *buffer;    /* records to come: own, or the memory execution's content */
    size_t record_start;       /* in the buffer: where the record begins that is being added */
    uint64_t commits, durable; /* numbers of the last commit written and of the last known to be synced */
    struct dr_problem failed;  /* the first failure; nothing is accepted after it */
    /* file */
    struct dr_text own;
    int fd, lock_fd;
    struct dr_chain chain;
    uint64_t written, synced; /* bytes of whole commits in the file, and of those on disk */
    bool folders_synced;
    struct padding padding;
    struct dr_snapshot_mark mark; /* what the snapshot beside it refers to, if it fits */
    /* memory */
    struct dr_memory_execution *execution;
    unsigned generation;
};

static struct dr_journal *new_journal(struct dr_store *store, const char *id)
{
    struct dr_journal *journal = dr_alloc(sizeof *journal);
    journal->store = store;
    journal->id = dr_copy_string(id);
    journal->fd = journal->lock_fd = -1;
    journal->buffer = &journal->own;
    if (store->folder)
        journal->path = dr_store_path(store, "executions", id, "journal.jsonl");
    return journal;
}

static void free_journal(struct dr_journal *journal)
{
    if (journal->fd >= 0)
        close(journal->fd);
    if (journal->lock_fd >= 0)
        close(journal->lock_fd);
    dr_problem_done(&journal->failed);
    dr_text_done(&journal->own);
    free(journal->id);
    free(journal->path);
    free(journal);
}

/* --- Create --- */

static bool take_lock(struct dr_journal *journal, int flags, struct dr_problem *problem)
{
    char *path = dr_store_path(journal->store, "executions", journal->id, "lock");
    journal->lock_fd = dr_disk_open(path, O_RDWR | flags);
    bool ok = journal->lock_fd >= 0 && dr_disk_lock_wait(journal->lock_fd, LOCK_PATIENCE_MS);
    if (ok) {
        dr_lock_sign(journal->lock_fd);
    } else if (journal->lock_fd >= 0 && errno == EAGAIN) {
        pid_t owner = dr_lock_owner(journal->lock_fd);
        dr_problem_set(problem, DR_PROBLEM_LOCKED, "execution %s is being run by process %ld (lock %s)", journal->id,
                       (long)owner, path);
    } else {
        dr_problem_errno(problem, "lock", path);
    }
    free(path);
    return ok;
}

static bool make_files(struct dr_journal *journal, struct dr_problem *problem)
{
    bool made;
    char *inbox = dr_store_path(journal->store, "executions", journal->id, "inbox");
    bool ok = dr_disk_make_folder(inbox, &made);
    if (!ok)
        dr_problem_errno(problem, "make the folder", inbox);
    free(inbox);
    if (!ok || !take_lock(journal, O_CREAT | O_EXCL, problem))
        return false;
    journal->fd = dr_disk_open(journal->path, O_RDWR | O_CREAT | O_EXCL);
    return journal->fd >= 0 || dr_problem_errno(problem, "make", journal->path);
}

static void remove_files(struct dr_journal *journal, const char *folder)
{
    static const char *const files[] = {"journal.jsonl", "lock"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char *path = dr_store_path(journal->store, "executions", journal->id, files[i]);
        unlink(path);
        free(path);
    }
    char *inbox = dr_store_path(journal->store, "executions", journal->id, "inbox");
    rmdir(inbox);
    free(inbox);
    rmdir(folder);
}

static bool create_memory(struct dr_journal *journal, struct dr_problem *problem)
{
    if (dr_memory_find(journal->store->memory, journal->id))
        return dr_problem_set(problem, DR_PROBLEM_IO, "execution %s exists already", journal->id);
    journal->execution = dr_memory_add(journal->store->memory, journal->id);
    journal->execution->locked = true;
    journal->buffer = &journal->execution->content;
    return true;
}

static bool create_files(struct dr_journal *journal, struct dr_problem *problem)
{
    if (!dr_store_make_folder(journal->store, "executions", problem))
        return false;
    char *folder = dr_store_path(journal->store, "executions", journal->id, NULL);
    bool made, ok = dr_disk_make_folder(folder, &made);
    if (!ok) {
        dr_problem_errno(problem, "make the folder", folder);
    } else if (!made) {
        ok = dr_problem_set(problem, DR_PROBLEM_IO, "execution %s exists already (%s)", journal->id, folder);
        if (problem)
            problem->errnum = EEXIST;
    } else if (!(ok = make_files(journal, problem))) {
        remove_files(journal, folder);
    }
    free(folder);
    dr_chain_start(&journal->chain);
    return ok;
}

bool dr_journal_create(struct dr_store *store, const char *id, struct dr_journal **ret_journal,
                       struct dr_problem *problem)
{
    if (!dr_store_check_id(id, problem))
        return false;
    struct dr_journal *journal = new_journal(store, id);
    if (!(store->memory ? create_memory(journal, problem) : create_files(journal, problem))) {
        free_journal(journal);
        return false;
    }
    *ret_journal = journal;
    return true;
}

/* --- Open --- */

static bool say_missing(const struct dr_journal *journal, struct dr_problem *problem)
{
    return dr_problem_set(problem, DR_PROBLEM_MISSING, "there is no execution %s in %s", journal->id,
                          journal->store->folder ? journal->store->folder : "memory");
}

static bool judge(const struct dr_journal *journal, const struct dr_verified *verified, struct dr_problem *problem)
{
    if (verified->tail == DR_TAIL_NEWER)
        return dr_problem_set(problem, DR_PROBLEM_NEWER,
                              "%s: written in format %llu by a newer drrun; this one knows format %d. Use that drrun",
                              journal->path, (unsigned long long)verified->format, DR_JOURNAL_FORMAT);
    if (verified->tail == DR_TAIL_CORRUPT)
        return dr_problem_set(
            problem, DR_PROBLEM_CORRUPT,
            "%s: byte %llu: does not verify: %s; the first %llu bytes (%llu commits) do. The file was changed or "
            "the disk is damaged: restore it from a copy",
            journal->path, (unsigned long long)verified->corrupt_offset, verified->reason,
            (unsigned long long)verified->bytes, (unsigned long long)verified->chain.commits);
    return true;
}

static bool verify_file(struct dr_journal *journal, struct dr_verified *verified, struct dr_problem *problem)
{
    struct dr_bytes_source source = {.fd = journal->fd};
    *verified = (struct dr_verified){0};
    dr_snapshot_peek(journal->store, journal->id, &journal->mark);
    verified->wanted_bytes = journal->mark.offset;
    memcpy(verified->wanted_digest, journal->mark.chain, sizeof verified->wanted_digest);
    if (!dr_verify(&source, verified))
        return dr_problem_errno(problem, "read", journal->path);
    journal->mark.fits = journal->mark.offset > 0 && verified->wanted_found;
    return true;
}

/* Only what was verified is given to anybody. [D2] [D5] */
static void adopt(struct dr_journal *journal, const struct dr_verified *verified)
{
    journal->chain = verified->chain;
    journal->commits = journal->durable = verified->chain.commits;
    journal->written = journal->synced = verified->bytes;
    journal->read = (struct dr_journal_read){
        .commits = verified->chain.commits, .bytes = verified->bytes, .torn_bytes = verified->torn_bytes};
}

/* What was read may only be in the page cache, left by a process that died before its sync; acting on it must wait
 * until it is on disk. [D9] */
static bool settle(struct dr_journal *journal, const struct dr_verified *verified, struct dr_problem *problem)
{
    if (verified->end > verified->bytes && !dr_disk_truncate(journal->fd, verified->bytes))
        return dr_problem_errno(problem, "cut the torn end of", journal->path);
    if (!dr_disk_sync(journal->fd))
        return dr_problem_errno(problem, "sync", journal->path);
    return true;
}

static bool sync_folders(struct dr_journal *journal, struct dr_problem *problem)
{
    char *own = dr_store_path(journal->store, "executions", journal->id, NULL);
    char *all = dr_format("%s/executions", journal->store->folder);
    bool ok = dr_disk_sync_folder(own) && dr_disk_sync_folder(all);
    if (!ok)
        dr_problem_errno(problem, "sync the folder", own);
    free(own);
    free(all);
    journal->folders_synced = ok;
    return ok;
}

static bool open_file(struct dr_journal *journal, int flags, struct dr_problem *problem)
{
    journal->fd = dr_disk_open(journal->path, flags);
    if (journal->fd >= 0)
        return true;
    return errno == ENOENT ? say_missing(journal, problem) : dr_problem_errno(problem, "open", journal->path);
}

static bool open_files(struct dr_journal *journal, struct dr_problem *problem)
{
    struct dr_verified verified;
    if (access(journal->path, F_OK) != 0 && errno == ENOENT)
        return say_missing(journal, problem);
    if (!take_lock(journal, O_CREAT, problem) || !open_file(journal, O_RDWR, problem) ||
        !verify_file(journal, &verified, problem) || !judge(journal, &verified, problem) ||
        !settle(journal, &verified, problem) || !sync_folders(journal, problem))
        return false;
    adopt(journal, &verified);
    return true;
}

static void adopt_memory(struct dr_journal *journal)
{
    struct dr_memory_execution *execution = journal->execution;
    journal->generation = execution->generation;
    journal->commits = execution->commits;
    journal->read = (struct dr_journal_read){.commits = execution->commits, .bytes = execution->committed};
}

static bool open_memory(struct dr_journal *journal, struct dr_problem *problem)
{
    struct dr_memory_execution *execution = dr_memory_find(journal->store->memory, journal->id);
    if (!execution)
        return say_missing(journal, problem);
    if (execution->locked)
        return dr_problem_set(problem, DR_PROBLEM_LOCKED, "execution %s is being run by this process", journal->id);
    execution->locked = true;
    journal->execution = execution;
    journal->buffer = &execution->content;
    journal->record_start = execution->content.size;
    adopt_memory(journal);
    return true;
}

bool dr_journal_open(struct dr_store *store, const char *id, struct dr_journal **ret_journal,
                     struct dr_problem *problem)
{
    if (!dr_store_check_id(id, problem))
        return false;
    struct dr_journal *journal = new_journal(store, id);
    if (!(store->memory ? open_memory(journal, problem) : open_files(journal, problem))) {
        free_journal(journal);
        return false;
    }
    *ret_journal = journal;
    return true;
}

/* --- View --- */

/* No lock, no change; a writer may be at work, so what does not verify is read again before it is believed. [D15] */
static bool view_files(struct dr_journal *journal, struct dr_problem *problem)
{
    struct dr_verified verified;
    if (!open_file(journal, O_RDONLY, problem))
        return false;
    bool ok = false;
    for (unsigned attempt = 0; !ok && attempt < VIEW_ATTEMPTS; attempt++) {
        if (!verify_file(journal, &verified, problem))
            return false;
        ok = judge(journal, &verified, problem);
    }
    if (!ok)
        return false;
    dr_problem_done(problem);
    adopt(journal, &verified);
    return true;
}

bool dr_journal_view(struct dr_store *store, const char *id, struct dr_journal **ret_journal,
                     struct dr_problem *problem)
{
    if (!dr_store_check_id(id, problem))
        return false;
    struct dr_journal *journal = new_journal(store, id);
    journal->view = true;
    bool ok;
    if (store->memory) {
        journal->execution = dr_memory_find(store->memory, id);
        ok = journal->execution || say_missing(journal, problem);
        if (ok)
            adopt_memory(journal);
    } else {
        ok = view_files(journal, problem);
    }
    if (!ok) {
        free_journal(journal);
        return false;
    }
    *ret_journal = journal;
    return true;
}

bool dr_journal_records(struct dr_journal *journal, uint64_t from, dr_record_fn *record, void *data,
                        struct dr_problem *problem)
{
    struct dr_bytes_source source = {.fd = journal->fd};
    if (journal->execution) {
        source.memory = journal->execution->content.bytes ? journal->execution->content.bytes : "";
        source.size = journal->execution->content.size;
    }
    if (from > journal->read.bytes)
        from = journal->read.bytes;
    return dr_read_records(&source, from, journal->read.bytes, record, data) ||
           dr_problem_errno(problem, "read", journal->path ? journal->path : journal->id);
}

const struct dr_journal_read *dr_journal_read_result(const struct dr_journal *journal)
{
    return &journal->read;
}

/* --- Append and commit --- */

static void discard(struct dr_journal *journal)
{
    dr_text_clear(journal->buffer);
    journal->record_start = 0;
}

/* Remembers the first failure. Cuts away what the failed operation left, so that nothing half-written or never synced
 * is found again; if that fails too, opening will judge it. [D4] */
static bool fail(struct dr_journal *journal, const char *verb, uint64_t keep)
{
    dr_problem_errno(&journal->failed, verb, journal->path);
    if (dr_disk_truncate(journal->fd, keep))
        journal->padding.end = 0;
    journal->written = keep;
    discard(journal);
    return false;
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Counts a durable commit; true within a burst of them. */
static bool is_burst(struct padding *padding)
{
    int64_t now = now_ms();
    if (now - padding->since_ms > BURST_WINDOW_MS) {
        bool going_on = padding->count >= BURST_COMMITS && now - padding->since_ms <= 2 * BURST_WINDOW_MS;
        if (!going_on)
            padding->chunk = 0;
        padding->count = going_on ? BURST_COMMITS : 0;
        padding->since_ms = now;
    }
    padding->count += padding->count < BURST_COMMITS;
    return padding->count >= BURST_COMMITS && !padding->refused;
}

/* Adds newlines to the buffer, up to a round offset, if the write would reach the end of the padding. */
static void add_padding(struct dr_journal *journal)
{
    struct padding *padding = &journal->padding;
    uint64_t end = journal->written + journal->buffer->size;
    if (end <= padding->end)
        return;
    padding->chunk = padding->chunk ? padding->chunk * 2 : PADDING_BYTES_MIN;
    if (padding->chunk > PADDING_BYTES_MAX)
        padding->chunk = PADDING_BYTES_MAX;
    uint64_t target = (end + padding->chunk) / 4096 * 4096;
    size_t more = (size_t)(target - end);
    dr_text_reserve(journal->buffer, more);
    memset(journal->buffer->bytes + journal->buffer->size, '\n', more);
    journal->buffer->size += more;
}

/* One write: records, their commit line and perhaps padding. [D3] */
static bool write_group(struct dr_journal *journal, bool pad)
{
    struct dr_text *buffer = journal->buffer;
    dr_chain_feed(&journal->chain, buffer->bytes, buffer->size);
    dr_chain_commit(&journal->chain, journal->durable, buffer);
    size_t size = buffer->size, written;
    if (pad)
        add_padding(journal);
    if (!dr_disk_write(journal->fd, buffer->bytes, buffer->size, journal->written, &written)) {
        if (written < size)
            return fail(journal, "write", journal->written);
        journal->padding.refused = true; /* only padding is missing */
    }
    uint64_t reached = journal->written + written;
    journal->written += size;
    journal->commits++;
    if (reached > journal->written)
        journal->padding.end = reached;
    else if (journal->padding.end <= journal->written)
        journal->padding.end = 0;
    discard(journal);
    return true;
}

void dr_journal_added(struct dr_journal *journal)
{
    struct dr_text *buffer = journal->buffer;
    const char *line = buffer->bytes + journal->record_start;
    size_t size = buffer->size - journal->record_start;
    assert(!journal->view && size > 0 && !dr_resembles_commit(line, size));
#ifndef __OPTIMIZE__
    assert(!memchr(line, '\n', size));
#endif
    dr_text_putc(buffer, '\n');
    journal->record_start = buffer->size;
    if (journal->execution) {
        assert(journal->generation == journal->execution->generation);
        return;
    }
    if (journal->failed.message)
        discard(journal);
    else if (buffer->size >= BUFFER_BYTES)
        write_group(journal, false);
}

void dr_journal_append(struct dr_journal *journal, const char *line, size_t size)
{
    dr_text_add(journal->buffer, line, size);
    dr_journal_added(journal);
}

struct dr_text *dr_journal_buffer(struct dr_journal *journal)
{
    return journal->buffer;
}

static bool commit_memory(struct dr_journal *journal, bool durable)
{
    struct dr_memory_execution *execution = journal->execution;
    assert(journal->generation == execution->generation);
    if (execution->committed < execution->content.size) {
        execution->committed = execution->content.size;
        execution->commits++;
    }
    if (durable)
        execution->durable = execution->committed;
    return true;
}

/* The group is on disk, and, once in a journal's life, so are the folder entries that lead to it. [D1] */
static bool make_durable(struct dr_journal *journal)
{
    if (!dr_disk_sync(journal->fd))
        return fail(journal, "sync", journal->synced);
    if (!journal->folders_synced && !sync_folders(journal, &journal->failed))
        return false;
    journal->durable = journal->commits;
    journal->synced = journal->written;
    return true;
}

bool dr_journal_commit(struct dr_journal *journal, bool durable, struct dr_problem *problem)
{
    assert(!journal->view);
    if (journal->execution)
        return commit_memory(journal, durable);
    bool ok = !journal->failed.message;
    if (ok && journal->buffer->size > 0)
        ok = write_group(journal, durable && is_burst(&journal->padding));
    if (ok && durable && journal->synced < journal->written)
        ok = make_durable(journal);
    if (!ok)
        dr_problem_copy(problem, &journal->failed);
    return ok;
}

uint64_t dr_journal_offset(const struct dr_journal *journal)
{
    return journal->written + journal->buffer->size;
}

/* --- Snapshots --- */

bool dr_journal_snapshot_write(struct dr_journal *journal, const char *bytes, size_t size, struct dr_problem *problem)
{
    if (!dr_journal_commit(journal, false, problem))
        return false;
    if (journal->execution) {
        free(journal->execution->snapshot);
        journal->execution->snapshot = dr_copy_bytes(bytes, size);
        journal->execution->snapshot_size = size;
        journal->execution->snapshot_offset = journal->execution->committed;
        return true;
    }
    if (journal->commits == 0)
        return true; /* nothing to save the replay of */
    struct dr_snapshot_mark mark = {.offset = journal->written};
    memcpy(mark.chain, journal->chain.digest, sizeof mark.chain);
    return dr_snapshot_write(journal->store, journal->id, &mark, bytes, size, problem);
}

bool dr_journal_snapshot_read(struct dr_journal *journal, char **ret_bytes, size_t *ret_size, uint64_t *ret_offset)
{
    struct dr_memory_execution *execution = journal->execution;
    if (execution) {
        if (!execution->snapshot)
            return false;
        *ret_bytes = dr_copy_bytes(execution->snapshot, execution->snapshot_size);
        *ret_size = execution->snapshot_size;
        *ret_offset = execution->snapshot_offset;
        return true;
    }
    if (!journal->mark.fits || !dr_snapshot_read(journal->store, journal->id, &journal->mark, ret_bytes, ret_size))
        return false;
    *ret_offset = journal->mark.offset;
    return true;
}

/* --- Rest and close --- */

void dr_journal_rest(struct dr_journal *journal)
{
    struct padding *padding = &journal->padding;
    if (padding->end > journal->written && dr_disk_truncate(journal->fd, journal->written))
        padding->end = 0;
    padding->count = 0; /* whoever rests is not in a burst */
}

void dr_journal_close(struct dr_journal *journal)
{
    if (!journal)
        return;
    struct dr_memory_execution *execution = journal->execution;
    if (!journal->view && execution && journal->generation == execution->generation) {
        execution->content.size = execution->committed;
        execution->locked = false;
    }
    if (!journal->view && journal->fd >= 0) {
        dr_journal_rest(journal);
        dr_store_unwatch(journal->store, journal->id);
    }
    free_journal(journal);
}
