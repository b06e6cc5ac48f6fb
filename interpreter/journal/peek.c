/* First and last record of a journal without reading what lies between. */
#include "interpreter/journal/chain.h"
#include "interpreter/journal/disk.h"
#include "interpreter/journal/memory.h"
#include "interpreter/journal/problem.h"
#include "interpreter/journal/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STEP_BYTES (16u << 10)

/* Reads on from the start until there is a whole line. */
static bool read_first(int fd, uint64_t end, char **ret_first)
{
    struct dr_text text = {0};
    const char *newline = NULL;
    bool ok = true;
    for (size_t step = STEP_BYTES; ok && !newline && text.size < end; step *= 2) {
        dr_text_reserve(&text, step);
        ssize_t got = dr_disk_pread(fd, text.bytes + text.size, step, text.size);
        ok = got > 0;
        if (ok) {
            newline = memchr(text.bytes + text.size, '\n', (size_t)got);
            text.size += (size_t)got;
        }
    }
    if (newline && newline > text.bytes && text.bytes[0] == '{')
        *ret_first = dr_copy_bytes(text.bytes, (size_t)(newline - text.bytes));
    dr_text_done(&text);
    return ok;
}

/* The last line before `end` that is a record followed by a commit, if `bytes`, which reach back to `offset`, hold it
 * whole. */
static char *find_last(const char *bytes, size_t size, uint64_t offset)
{
    bool committed = false;
    const char *end = bytes + size;
    for (const char *newline; (newline = memrchr(bytes, '\n', (size_t)(end - bytes))); end = newline) {
        /* `end` is the newline that closes the line after this one; the line is newline+1 .. end. */
        const char *line = newline + 1;
        if (end == bytes + size || line == end)
            continue; /* a cut line at the end; padding */
        if (dr_is_commit(line, (size_t)(end - line)))
            committed = true;
        else if (committed)
            return dr_copy_bytes(line, (size_t)(end - line));
    }
    if (offset == 0 && committed && end > bytes && !dr_is_commit(bytes, (size_t)(end - bytes)))
        return dr_copy_bytes(bytes, (size_t)(end - bytes));
    return NULL;
}

static bool read_last(int fd, uint64_t end, char **ret_last)
{
    struct dr_text text = {0};
    bool ok = true;
    for (uint64_t step = STEP_BYTES; ok && !*ret_last && text.size < end; step *= 4) {
        size_t size = (size_t)(step < end ? step : end);
        dr_text_clear(&text);
        dr_text_reserve(&text, size);
        while (ok && text.size < size) {
            ssize_t got = dr_disk_pread(fd, text.bytes + text.size, size - text.size, end - size + text.size);
            ok = got > 0;
            text.size += ok ? (size_t)got : 0;
        }
        if (ok)
            *ret_last = find_last(text.bytes, text.size, end - size);
    }
    dr_text_done(&text);
    return ok;
}

static bool peek_memory(struct dr_store *store, const char *id, char **ret_first, char **ret_last,
                        struct dr_problem *problem)
{
    const struct dr_memory_execution *execution = dr_memory_find(store->memory, id);
    if (!execution)
        return dr_problem_set(problem, DR_PROBLEM_MISSING, "there is no execution %s in memory", id);
    *ret_first = *ret_last = NULL;
    if (execution->committed == 0)
        return true;
    const char *bytes = execution->content.bytes;
    size_t last = execution->committed - 1;
    const char *newline = memchr(bytes, '\n', execution->committed), *before = memrchr(bytes, '\n', last);
    const char *line = before ? before + 1 : bytes;
    *ret_first = dr_copy_bytes(bytes, (size_t)(newline - bytes));
    *ret_last = dr_copy_bytes(line, (size_t)(bytes + last - line));
    return true;
}

bool dr_store_peek(struct dr_store *store, const char *id, char **ret_first, char **ret_last,
                   struct dr_problem *problem)
{
    if (store->memory)
        return peek_memory(store, id, ret_first, ret_last, problem);
    if (!dr_store_check_id(id, problem))
        return false;
    char *path = dr_store_path(store, "executions", id, "journal.jsonl");
    int fd = dr_disk_open(path, O_RDONLY);
    struct stat status;
    char *first = NULL, *last = NULL;
    bool ok = fd >= 0 && fstat(fd, &status) == 0;
    uint64_t end = ok ? (uint64_t)status.st_size : 0;
    ok = ok && read_last(fd, end, &last);
    /* Without a commit nothing has been recorded yet, not even the first record. */
    ok = ok && (!last || read_first(fd, end, &first));
    if (!ok) {
        dr_problem_errno(problem, "read", path);
        free(first);
        free(last);
    } else {
        *ret_first = first;
        *ret_last = last;
    }
    int errnum = errno;
    if (fd >= 0)
        close(fd);
    errno = errnum;
    free(path);
    return ok;
}
