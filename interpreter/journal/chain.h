/* The chain of digests: what a commit line says, how it is made and how it is checked.
 *
 *     {"k":"commit","n":7,"durable":6,"sha256":"<64 hex digits>"}
 *
 * `n` counts the commits from 1. `durable` is the newest commit that was known to be synced when this one was written:
 * recovery uses it to tell bytes that were never acknowledged (may be cut) from bytes that were (must not be). The
 * digest covers everything from the start of the previous commit line (of the file, for the first) up to the opening
 * quote of the digest itself; so each commit vouches for all before it.
 *
 *     struct dr_chain chain;
 *     dr_chain_start(&chain);
 *     dr_chain_feed(&chain, records, size);       whole lines, newlines included
 *     dr_chain_commit(&chain, durable, &out);     appends the commit line; the next group begins
 */
#ifndef DRRUN_JOURNAL_CHAIN_H
#define DRRUN_JOURNAL_CHAIN_H

#define OPENSSL_SUPPRESS_DEPRECATED /* EVP and the one-call SHA256() bring all ciphers along: a slow start */
#include "interpreter/base/text.h"

#include <openssl/sha.h>

#define DR_COMMIT_PREFIX "{\"k\":\"commit\",\"n\":"
#define DR_COMMIT_PREFIX_SIZE (sizeof DR_COMMIT_PREFIX - 1)
#define DR_DIGEST_HEX 64
#define DR_COMMIT_SIZE_MAX 160 /* of a commit line with its newline: two 20-digit numbers fit */

struct dr_chain {
    SHA256_CTX running;
    uint64_t commits;
    uint64_t durable;               /* as the last commit said */
    char digest[DR_DIGEST_HEX + 1]; /* of the last commit; "" before the first */
};

void dr_chain_start(struct dr_chain *chain);
void dr_chain_feed(struct dr_chain *chain, const char *bytes, size_t size);
void dr_chain_commit(struct dr_chain *chain, uint64_t durable, struct dr_text *out);

/* Is `line` (without newline) exactly the commit line that belongs here? If so the chain advances past it. */
bool dr_chain_check(struct dr_chain *chain, const char *line, size_t size);
/* Is `part` (shorter than the line with its newline) how the commit line that belongs here would begin? */
bool dr_chain_begins(const struct dr_chain *chain, const char *part, size_t size);

/* Starts as a commit line does. No record may. */
static inline bool dr_is_commit(const char *line, size_t size)
{
    return size >= DR_COMMIT_PREFIX_SIZE && __builtin_memcmp(line, DR_COMMIT_PREFIX, DR_COMMIT_PREFIX_SIZE) == 0;
}
/* Starts as a commit line does, but for at most two bytes. No record may: a commit line with a damaged start must not
 * pass for a record. */
bool dr_resembles_commit(const char *line, size_t size);

/* "durable" of a well-formed commit line (without newline); false if it is none. For lines that cannot be verified. */
bool dr_commit_claims(const char *line, size_t size, uint64_t *ret_durable);

/* Of the bytes alone, in hexadecimal. */
void dr_digest_hex(const char *bytes, size_t size, char out[DR_DIGEST_HEX + 1]);
void dr_hex(char *out /* 2 * size + 1 */, const unsigned char *bytes, size_t size);

#endif
