/* The journal: one append-only file of JSON lines per execution, and the store that holds them. Bytes only: what the
 * records mean is the engine's.
 *
 *     struct dr_journal *journal;
 *     dr_journal_create(store, id, &journal, &problem);
 *     dr_journal_append(journal, line, size);         buffered
 *     dr_journal_commit(journal, true, &problem);     one write, one fdatasync; then effects may leave
 *
 * Format. A record is one line of JSON. Every write to the file ends with a commit line
 *     {"k":"commit","n":7,"durable":6,"sha256":"<64 hex digits>"}
 * whose digest covers all bytes from the start of the previous commit line up to itself, so that a change anywhere, and
 * a torn tail, show. `durable` is the newest commit known to be synced at that time. Reading verifies the whole chain:
 * an incomplete write after the last commit is a torn tail, cut and reported; anything else that does not verify is
 * refused with its offset. docs/crash-safety.md holds the argument.
 */
#ifndef DRRUN_JOURNAL_JOURNAL_H
#define DRRUN_JOURNAL_JOURNAL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "interpreter/base/text.h"

/* The version of the format, as the first record tells it: {"k":"start","format":1,... A greater one is refused with
 * DR_PROBLEM_NEWER. */
#define DR_JOURNAL_FORMAT 1

struct dr_store;
struct dr_journal;

/* A failed operation of the store: what, on which path, the errno's text, and what to do. Zero-initialise. */
struct dr_problem {
    char *message; /* owned; NULL: none */
    int errnum;
    enum dr_problem_kind {
        DR_PROBLEM_NONE,
        DR_PROBLEM_IO,      /* disk full, permissions, ... */
        DR_PROBLEM_MISSING, /* no such execution */
        DR_PROBLEM_LOCKED,  /* another process has it: the message names its pid */
        DR_PROBLEM_CORRUPT, /* does not verify: the message names file and offset */
        DR_PROBLEM_NEWER,   /* written by a newer drrun */
    } kind;
};
void dr_problem_done(struct dr_problem *problem);

/* --- The store: a folder, or memory (--simulate, tests) ----------------------------------------------------------- */

/* Opens (and with `create` makes, mode 0700) the store. NULL on failure. Layout: README in docs/reference/store.md. */
struct dr_store *dr_store_open(const char *folder, bool create, struct dr_problem *problem)
    __attribute__((warn_unused_result));
struct dr_store *dr_store_memory(void);
/* The process dies, in memory: what was not committed is gone, and with `power` what was not committed durably; locks
 * are free again. Journals still open must only be closed. For tests and rehearsals. */
void dr_store_memory_crash(struct dr_store *store, bool power);
void dr_store_free(struct dr_store *store);
const char *dr_store_folder(const struct dr_store *store); /* NULL for memory */

/* The ids of all executions, oldest first (by id if the file system's clock cannot tell them apart). The caller frees
 * each and the array. */
bool dr_store_list(struct dr_store *store, char ***ret_ids, size_t *ret_count, struct dr_problem *problem);
/* First and last record (not commit) of an execution's journal, without verifying the rest: for `list`. Caller frees.
 */
bool dr_store_peek(struct dr_store *store, const char *id, char **ret_first, char **ret_last,
                   struct dr_problem *problem);
/* Is a live process running it? */
bool dr_store_is_running(struct dr_store *store, const char *id, pid_t *ret_pid);

/* Application lock: two executions that change one application exclude each other. Held until released or the process
 * ends, but an execution that was interrupted still owns its application (recorded in the lock file) until it ends or
 * another `force`s it; one that a live process is running cannot be forced. False with LOCKED: `ret_owner` names the
 * execution that has it (caller frees). */
bool dr_store_lock_application(struct dr_store *store, const char *application, const char *id, bool force,
                               char **ret_owner, struct dr_problem *problem);
void dr_store_unlock_application(struct dr_store *store, const char *application, const char *id);

/* The inbox of an execution: answers and requests from other processes (approve, deny, stop), each a small JSON file
 * put there atomically and durably. */
bool dr_store_post(struct dr_store *store, const char *id, const json_t *message, struct dr_problem *problem);
/* Calls `take` for each message, oldest first; the message is removed when `done` says that its record is committed.
 * `name` identifies it. */
typedef void dr_inbox_fn(void *data, const char *name, const json_t *message);
bool dr_store_inbox(struct dr_store *store, const char *id, dr_inbox_fn *take, void *data, struct dr_problem *problem);
void dr_store_inbox_done(struct dr_store *store, const char *id, const char *name);
/* A descriptor that becomes readable when the inbox may have something (a FIFO beside it); -1 if there is none, then
 * poll. Owned by the store. */
int dr_store_inbox_fd(struct dr_store *store, const char *id);

/* Facts: small durable values shared by all executions of the store (state:get, state:put). See struct dr_host_ops in
 * providers/provider.h. */
json_t *dr_store_fact_get(struct dr_store *store, const char *key, struct dr_problem *problem);
int64_t dr_store_fact_put(struct dr_store *store, const char *key, const json_t *value, int64_t if_version,
                          const char *token, const char *by, int64_t now_ms, struct dr_problem *problem);

/* --- One execution's journal ----------------------------------------------------------------------------------------
 */

/* Makes the execution's folder and an empty, locked journal, durably (folder entries synced). Fails if the id exists.
 */
bool dr_journal_create(struct dr_store *store, const char *id, struct dr_journal **ret_journal,
                       struct dr_problem *problem) __attribute__((warn_unused_result));

struct dr_journal_read {
    uint64_t commits;    /* verified */
    uint64_t bytes;      /* verified: where the next record will stand */
    uint64_t torn_bytes; /* cut from the end (0: none) */
};
typedef bool dr_record_fn(void *data, const char *line, size_t size,
                          uint64_t offset); /* without the newline; false stops reading, not an error */

/* Opens to go on: takes the lock, verifies the whole chain, cuts a torn tail (durably), gives the records from byte
 * `from` on to `record` (not the commit lines). `from` is 0 or an offset that a snapshot recorded. */
bool dr_journal_open(struct dr_store *store, const char *id, struct dr_journal **ret_journal,
                     struct dr_problem *problem) __attribute__((warn_unused_result));
bool dr_journal_records(struct dr_journal *journal, uint64_t from, dr_record_fn *record, void *data,
                        struct dr_problem *problem);
const struct dr_journal_read *dr_journal_read_result(const struct dr_journal *journal);
/* Opens to look: no lock, nothing is changed, a running execution may be appending; what is not committed yet is not
 * seen. Not for append. */
bool dr_journal_view(struct dr_store *store, const char *id, struct dr_journal **ret_journal,
                     struct dr_problem *problem) __attribute__((warn_unused_result));

/* Adds a record (one line of JSON without newline) to the buffer. Large buffers are written, not synced, on the way
 * (each write ends with a commit line). After a failed write nothing is accepted any more: dr_journal_commit() keeps
 * saying why. */
void dr_journal_append(struct dr_journal *journal, const char *line, size_t size);
/* The buffer to which a record can be appended in place; call dr_journal_added() once the newline-less line stands
 * there. Saves a copy. */
struct dr_text *dr_journal_buffer(struct dr_journal *journal);
void dr_journal_added(struct dr_journal *journal);
/* Writes what is buffered, and if `durable` syncs (nothing to do: no system call). False: the disk refused; everything
 * before the last successful durable commit is safe. */
bool dr_journal_commit(struct dr_journal *journal, bool durable, struct dr_problem *problem)
    __attribute__((warn_unused_result));
uint64_t dr_journal_offset(const struct dr_journal *journal); /* bytes committed or buffered so far */

/* Snapshots: the engine's whole state at a committed offset, beside the journal, atomically replaced; bounds the
 * replay. A missing or damaged snapshot is not an error: the replay starts at 0. `ret_bytes` is owned by the caller. */
bool dr_journal_snapshot_write(struct dr_journal *journal, const char *bytes, size_t size, struct dr_problem *problem);
bool dr_journal_snapshot_read(struct dr_journal *journal, char **ret_bytes, size_t *ret_size, uint64_t *ret_offset);

/* Trims preallocated space: before a long sleep, so that `tail -f` and `jq` see a plain file. */
void dr_journal_rest(struct dr_journal *journal);
/* Commits nothing. Lets go of the lock. */
void dr_journal_close(struct dr_journal *journal);

/* Every write, sync, rename and unlink of this room goes through this table, so that tests can stop, fail or tear any
 * one of them. */
struct dr_disk_ops {
    int (*open)(const char *path, int flags, mode_t mode);
    int (*mkdir)(const char *path, mode_t mode);
    ssize_t (*write)(int fd, const void *bytes, size_t size, off_t offset);
    int (*sync)(int fd);        /* of a file: fdatasync */
    int (*sync_folder)(int fd); /* fsync */
    int (*rename)(const char *from, const char *to);
    int (*truncate)(int fd, off_t size);
    int (*unlink)(const char *path);
};
extern const struct dr_disk_ops dr_disk_real;
void dr_disk_use(const struct dr_disk_ops *ops); /* process-wide; tests only */

#endif
