#include "interpreter/journal/verify.h"

#include "interpreter/journal/disk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW_BYTES                                                                                                   \
    (256u << 10) /* fits the second-level cache, so that digesting reads what copying just put there                   \
                  */

/* A window that slides over the source; grows when one line is larger. */
struct window {
    const struct dr_bytes_source *source;
    char *bytes;
    size_t size, capacity;
    uint64_t offset; /* of bytes[0] */
    uint64_t limit;  /* where to stop */
};

static ssize_t source_read(const struct dr_bytes_source *source, char *bytes, size_t size, uint64_t offset)
{
    if (!source->memory)
        return dr_disk_pread(source->fd, bytes, size, offset);
    size_t left = offset < source->size ? source->size - (size_t)offset : 0;
    size_t some = size < left ? size : left;
    if (some > 0)
        memcpy(bytes, source->memory + offset, some);
    return (ssize_t)some;
}

static size_t first_capacity(const struct dr_bytes_source *source)
{
    return source->memory && source->size < WINDOW_BYTES ? source->size + 1 : WINDOW_BYTES;
}

/* Drops the first `drop` bytes and reads on. `*ret_more`: something was read. False with errno. */
static bool window_slide(struct window *window, size_t drop, bool *ret_more)
{
    if (drop > 0) {
        memmove(window->bytes, window->bytes + drop, window->size - drop);
        window->size -= drop;
        window->offset += drop;
    }
    if (window->size == window->capacity) {
        if (window->capacity >= DR_JOURNAL_LINE_BYTES_MAX) {
            errno = EFBIG;
            return false;
        }
        window->capacity = window->capacity ? window->capacity * 2 : first_capacity(window->source);
        window->bytes = dr_resize(window->bytes, window->capacity, 1);
    }
    uint64_t at = window->offset + window->size;
    size_t room = window->capacity - window->size;
    if (room > window->limit - at)
        room = (size_t)(window->limit - at);
    ssize_t got = room > 0 ? source_read(window->source, window->bytes + window->size, room, at) : 0;
    if (got < 0)
        return false;
    window->size += (size_t)got;
    *ret_more = got > 0;
    return true;
}

/* The number in {"k":"start","format":N: cheap, because it must be known before anything else is judged by this
 * version's rules. [D15] */
static uint64_t read_format(const char *line, size_t size)
{
    static const char start[] = "{\"k\":\"start\",\"format\":";
    uint64_t format = 0;
    if (size < sizeof start || memcmp(line, start, sizeof start - 1) != 0)
        return 0;
    for (size_t at = sizeof start - 1; at < size && line[at] >= '0' && line[at] <= '9' && format < 1000000; at++)
        format = format * 10 + (uint64_t)(line[at] - '0');
    return format;
}

static void remember_wanted(struct dr_verified *verified)
{
    if (verified->bytes == verified->wanted_bytes &&
        memcmp(verified->chain.digest, verified->wanted_digest, DR_DIGEST_HEX) == 0)
        verified->wanted_found = true;
}

/* Walks the lines up to the last good commit. */
static bool verify_chain(struct window *window, struct dr_verified *verified)
{
    struct dr_chain chain;
    dr_chain_start(&chain);
    verified->chain = chain;
    size_t fed = 0, start = 0,
           searched = 0; /* fed <= start <= searched: in the digest; a line's first byte; known to hold no newline */
    for (;;) {
        const char *newline =
            window->size > searched ? memchr(window->bytes + searched, '\n', window->size - searched) : NULL;
        if (!newline) {
            bool more;
            if (start > fed)
                dr_chain_feed(&chain, window->bytes + fed, start - fed);
            searched = window->size - start;
            if (!window_slide(window, start, &more))
                return false;
            fed = start = 0;
            if (!more)
                return true;
            continue;
        }
        const char *line = window->bytes + start;
        size_t length = (size_t)(newline - line), next = start + length + 1;
        if (window->offset + start == 0) {
            verified->format = read_format(line, length);
            if (verified->format > DR_JOURNAL_FORMAT)
                return true;
        }
        if (length == 0)
            return true; /* padding, or damage: for the judge of the tail */
        if (dr_is_commit(line, length)) {
            dr_chain_feed(&chain, window->bytes + fed, start - fed);
            if (!dr_chain_check(&chain, line, length))
                return true;
            fed = next;
            verified->chain = chain;
            verified->bytes = window->offset + next;
            remember_wanted(verified);
        }
        start = searched = next;
    }
}

static bool read_rest(const struct dr_bytes_source *source, uint64_t from, struct dr_text *rest)
{
    for (;;) {
        size_t room = first_capacity(source);
        dr_text_reserve(rest, room);
        ssize_t got = source_read(source, rest->bytes + rest->size, room, from + rest->size);
        if (got < 0)
            return false;
        if (got == 0)
            return true;
        rest->size += (size_t)got;
    }
}

bool dr_verify(const struct dr_bytes_source *source, struct dr_verified *verified)
{
    struct window window = {.source = source, .limit = UINT64_MAX};
    struct dr_text rest = {0};
    bool ok = verify_chain(&window, verified);
    free(window.bytes);
    if (ok && verified->format > DR_JOURNAL_FORMAT) {
        verified->tail = DR_TAIL_NEWER;
        return true;
    }
    ok = ok && read_rest(source, verified->bytes, &rest);
    if (ok) {
        verified->end = verified->bytes + rest.size;
        dr_tail_judge(rest.bytes ? rest.bytes : "", rest.size, verified);
    }
    int errnum = errno;
    dr_text_done(&rest);
    errno = errnum;
    return ok;
}

bool dr_read_records(const struct dr_bytes_source *source, uint64_t from, uint64_t to, dr_record_fn *record, void *data)
{
    struct window window = {.source = source, .offset = from, .limit = to};
    size_t start = 0, searched = 0;
    bool more = from < to, ok = true;
    while (more) {
        const char *newline =
            window.size > searched ? memchr(window.bytes + searched, '\n', window.size - searched) : NULL;
        if (newline) {
            const char *line = window.bytes + start;
            size_t length = (size_t)(newline - line);
            if (!dr_is_commit(line, length) && !record(data, line, length, window.offset + start))
                break;
            start = searched = start + length + 1;
        } else {
            searched = window.size - start;
            ok = window_slide(&window, start, &more);
            more = more && ok;
            start = 0;
        }
    }
    int errnum = errno;
    free(window.bytes);
    errno = errnum;
    return ok;
}
