/* The snapshot file: a line that says what it belongs to, then the engine's bytes. It is a cache: nothing is lost with
 * it, so it is written without a sync, and whatever is wrong with it means only that the replay starts at the
 * beginning. [D10]
 *
 *     {"k":"snapshot","format":1,"offset":73728,"chain":"<digest of the commit that ends
 * there>","size":4096,"sha256":"<of what follows>"}
 */
#ifndef DRRUN_JOURNAL_SNAPSHOT_H
#define DRRUN_JOURNAL_SNAPSHOT_H

#include "interpreter/journal/chain.h"
#include "interpreter/journal/journal.h"

struct dr_snapshot_mark {
    uint64_t offset;               /* 0: there is no snapshot */
    char chain[DR_DIGEST_HEX + 1]; /* digest of the commit that ends at `offset` */
    bool fits;                     /* the journal has that commit there */
};

bool dr_snapshot_write(struct dr_store *store, const char *id, const struct dr_snapshot_mark *mark, const char *bytes,
                       size_t size, struct dr_problem *problem);
/* What the first line says; `offset` 0 if there is none or it is not one of ours. */
void dr_snapshot_peek(struct dr_store *store, const char *id, struct dr_snapshot_mark *ret_mark);
/* The bytes, if the file still says `mark` and its own digest is right. */
bool dr_snapshot_read(struct dr_store *store, const char *id, const struct dr_snapshot_mark *mark, char **ret_bytes,
                      size_t *ret_size);

#endif
