/* The store's inside, shared by the files of this room. */
#ifndef DRRUN_JOURNAL_STORE_H
#define DRRUN_JOURNAL_STORE_H

#include "interpreter/journal/journal.h"

struct dr_memory;
struct dr_watch;

struct dr_store {
    char *folder;             /* NULL: memory */
    struct dr_memory *memory; /* NULL: folder */
    struct dr_watch *watches; /* inboxes that somebody listens to */
};

/* "<store>/<kind>/<name>[/<file>]"; the caller frees. `file` may be NULL. */
char *dr_store_path(const struct dr_store *store, const char *kind, const char *name, const char *file);

/* An id becomes a folder's name, so it may hold letters, digits and ._:@+=- only, and must start with a letter or a
 * digit. False sets `problem`. */
bool dr_store_check_id(const char *id, struct dr_problem *problem);

/* Makes a folder of the store durably, if it is not there. */
bool dr_store_make_folder(const struct dr_store *store, const char *name, struct dr_problem *problem);

/* Opens and locks "<store>/<kind>/<name>.lock" for a short critical section; -1 with `problem`. Closing the descriptor
 * lets go. */
int dr_store_enter(const struct dr_store *store, const char *kind, const char *name, struct dr_problem *problem);

/* Removes the file by which an inbox wakes us. While the execution is still locked: the next process makes its own. */
void dr_store_unwatch(struct dr_store *store, const char *id);
void dr_watches_free(struct dr_watch *watches);

#endif
