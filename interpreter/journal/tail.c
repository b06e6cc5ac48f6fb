/* What follows the last good commit: nothing, an incomplete write, or damage?
 *
 * A write is a group: records, then their commit line, all in one go. So a write that the crash interrupted leaves the
 * beginning of a group (cut at any byte if it was appended, at a sector if it overwrote padding), or a group with
 * holes, because sectors reach the disk in any order. A hole is a sector that still holds padding, newlines or zeros,
 * all of it. Everything else is damage, and damage is never cut. [D6] [D7]
 */
#include "interpreter/journal/verify.h"

#include <stdlib.h>
#include <string.h>

struct tail {
    const char *bytes;
    size_t size;     /* all that is there */
    size_t used;     /* without the padding at the end */
    uint64_t offset; /* of bytes[0] in the file */
    struct dr_verified *verified;
};

static void say_corrupt(struct tail *tail, size_t at, const char *reason)
{
    tail->verified->tail = DR_TAIL_CORRUPT;
    tail->verified->corrupt_offset = tail->offset + at;
    tail->verified->reason = reason;
}

static void say_torn(struct tail *tail)
{
    tail->verified->tail = DR_TAIL_TORN;
    tail->verified->torn_bytes =
        tail->size - tail->used == 1 ? tail->size : tail->used; /* one newline is a line's own */
}

static bool is_padding(char byte)
{
    return byte == '\n' || byte == 0;
}

/* The first sector before `used` that holds nothing but padding; `used` if there is none. Sectors at the edges count
 * with what lies inside. */
static size_t find_hole(const struct tail *tail)
{
    for (size_t start = 0; start < tail->used;) {
        size_t end = start + (size_t)(DR_SECTOR - (tail->offset + start) % DR_SECTOR);
        if (end > tail->used)
            return tail->used; /* the last one ends in something else than padding */
        size_t at = start;
        while (at < end && is_padding(tail->bytes[at]) && tail->bytes[at] == tail->bytes[start])
            at++;
        if (at == end)
            return start;
        start = end;
    }
    return tail->used;
}

/* After a hole nothing can be verified; but a commit line that says "this group was synced" shows that the hole is no
 * torn write. [D8] */
static bool is_claimed_durable(const struct tail *tail, size_t hole)
{
    const char *at = tail->bytes + hole, *end = tail->bytes + tail->used;
    while ((at = memmem(at, (size_t)(end - at), DR_COMMIT_PREFIX, DR_COMMIT_PREFIX_SIZE))) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        uint64_t durable;
        if (dr_commit_claims(at, (size_t)((newline ? newline : end) - at), &durable) &&
            durable > tail->verified->chain.commits)
            return true;
        at += DR_COMMIT_PREFIX_SIZE;
    }
    return false;
}

static bool is_record(const char *line, size_t size)
{
    if (size < 2 || line[0] != '{' || line[size - 1] != '}')
        return false;
    json_t *value = dr_json_parse(line, size, NULL);
    bool ok = json_is_object(value);
    json_decref(value);
    return ok;
}

/* A record and a commit line that run into one another: the newline between them is gone. */
static bool ends_in_commit(const char *line, size_t size)
{
    size_t shortest = DR_COMMIT_PREFIX_SIZE + DR_DIGEST_HEX;
    for (size_t length = shortest; length <= size && length < DR_COMMIT_SIZE_MAX; length++) {
        uint64_t durable;
        if (dr_commit_claims(line + size - length, length, &durable))
            return true;
    }
    return false;
}

/* The line at the very end, which may be cut. `start` is where it begins; the lines before it are in `chain`. */
static void judge_last_line(struct tail *tail, size_t start, const struct dr_chain *chain)
{
    const char *line = tail->bytes + start;
    size_t size = tail->used - start, padding = tail->size - tail->used;
    bool at_edge = padding == 0 || (tail->offset + tail->used) % DR_SECTOR == 0;
    if (dr_is_commit(line, size) || dr_resembles_commit(line, size)) {
        if (at_edge && dr_chain_begins(chain, line, size))
            say_torn(tail);
        else
            say_corrupt(tail, 0, "the group that begins here does not match its commit line");
    } else if (ends_in_commit(line, size)) {
        say_corrupt(tail, start, "a record and a commit line are not separated");
    } else if (padding == 1 && !is_record(line, size)) {
        say_corrupt(tail, start, "this line is neither a record nor a commit");
    } else {
        say_torn(tail);
    }
}

void dr_tail_judge(const char *bytes, size_t size, struct dr_verified *verified)
{
    struct tail tail = {.bytes = bytes, .size = size, .used = size, .offset = verified->bytes, .verified = verified};
    while (tail.used > 0 && is_padding(bytes[tail.used - 1]))
        tail.used--;
    verified->tail = DR_TAIL_CLEAN;
    if (tail.used == 0)
        return;

    size_t hole = find_hole(&tail), start = 0;
    struct dr_chain chain = verified->chain;
    for (const char *newline; (newline = memchr(bytes + start, '\n', hole - start));) {
        size_t length = (size_t)(newline - (bytes + start));
        if (dr_is_commit(bytes + start, length) || dr_resembles_commit(bytes + start, length)) {
            say_corrupt(&tail, 0, "the group that begins here does not match its commit line");
            return;
        }
        if (!is_record(bytes + start, length)) {
            say_corrupt(&tail, start, "this line is neither a record nor a commit");
            return;
        }
        dr_chain_feed(&chain, bytes + start, length + 1);
        start += length + 1;
    }
    if (hole < tail.used) {
        if (is_claimed_durable(&tail, hole))
            say_corrupt(&tail, hole, "bytes that a later commit knows to be synced are missing");
        else
            say_torn(&tail);
        return;
    }
    judge_last_line(&tail, start, &chain);
}
