/* The store in memory: for --simulate and for tests. The same interface, no files, no digests; it can crash on request.
 */
#ifndef DRRUN_JOURNAL_MEMORY_H
#define DRRUN_JOURNAL_MEMORY_H

#include "interpreter/journal/journal.h"

struct dr_memory_message {
    char *name;
    json_t *message;
};

struct dr_memory_execution {
    char *id;
    struct dr_text content;    /* records, a newline after each; no commit lines */
    size_t committed, durable; /* bytes of it */
    uint64_t commits;
    bool locked;
    unsigned generation; /* grows with each crash: journals opened before are dead */
    char *snapshot;
    size_t snapshot_size, snapshot_offset;
    struct dr_memory_message *inbox;
    size_t inbox_count;
    struct dr_memory_execution *next; /* in order of creation */
};

struct dr_memory_fact {
    char *key;
    json_t *fact; /* as in the file of a folder store */
    struct dr_memory_fact *next;
};

struct dr_memory_lock {
    char *application, *id;
    struct dr_memory_lock *next;
};

struct dr_memory {
    struct dr_memory_execution *executions;
    struct dr_memory_fact *facts;
    struct dr_memory_lock *locks;
    uint64_t messages; /* ever posted: their names */
};

struct dr_memory *dr_memory_new(void);
void dr_memory_free(struct dr_memory *memory);
struct dr_memory_execution *dr_memory_find(struct dr_memory *memory, const char *id); /* NULL: none */
struct dr_memory_execution *dr_memory_add(struct dr_memory *memory, const char *id);
void dr_memory_list(struct dr_memory *memory, char ***ret_ids, size_t *ret_count);
bool dr_memory_is_running(struct dr_memory *memory, const char *id, pid_t *ret_pid);

#endif
