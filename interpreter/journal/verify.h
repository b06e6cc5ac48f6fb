/* Reading a journal back: the chain is verified from the first byte, and what follows the last commit is judged:
 * nothing, torn, or corrupt. Pure: it reads from a file or from memory and changes neither. docs/crash-safety.md argues
 * for the judgement, [D5] to [D8].
 *
 *     struct dr_bytes_source source = {.fd = fd};
 *     struct dr_verified found = {0};
 *     if (!dr_verify(&source, &found)) errno tells;
 */
#ifndef DRRUN_JOURNAL_VERIFY_H
#define DRRUN_JOURNAL_VERIFY_H

#include "interpreter/journal/chain.h"
#include "interpreter/journal/journal.h"

#define DR_SECTOR 512                          /* what a disk writes whole or not at all */
#define DR_JOURNAL_LINE_BYTES_MAX (512u << 20) /* one record */

struct dr_bytes_source {
    const char *memory; /* NULL: the file */
    size_t size;        /* of `memory` */
    int fd;
};

enum dr_tail { DR_TAIL_CLEAN, DR_TAIL_TORN, DR_TAIL_CORRUPT, DR_TAIL_NEWER };

struct dr_verified {
    /* in: a commit that somebody remembers (a snapshot): is it there? */
    uint64_t wanted_bytes;
    char wanted_digest[DR_DIGEST_HEX + 1];
    bool wanted_found;
    /* out */
    struct dr_chain chain; /* after the last good commit: ready to go on */
    uint64_t bytes;        /* end of the last good commit line */
    uint64_t end;          /* of the file */
    enum dr_tail tail;
    uint64_t torn_bytes;     /* without padding */
    uint64_t corrupt_offset; /* where what does not verify begins */
    const char *reason;      /* CORRUPT: in words */
    uint64_t format;         /* NEWER: what the first record says */
};

/* False with errno if the source cannot be read. Corruption is a result, not a failure. */
bool dr_verify(const struct dr_bytes_source *source, struct dr_verified *verified) __attribute__((warn_unused_result));

/* Gives the records (not the commit lines) between two commit boundaries. False with errno. */
bool dr_read_records(const struct dr_bytes_source *source, uint64_t from, uint64_t to, dr_record_fn *record,
                     void *data);

/* Judges the bytes after the last good commit, which is where `verified->chain` and `->bytes` stand. */
void dr_tail_judge(const char *bytes, size_t size, struct dr_verified *verified);

#endif
