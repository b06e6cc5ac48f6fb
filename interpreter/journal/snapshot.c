#include "interpreter/journal/snapshot.h"

#include "interpreter/journal/disk.h"
#include "interpreter/journal/problem.h"
#include "interpreter/journal/store.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEADER_BYTES_MAX 512

bool dr_snapshot_write(struct dr_store *store, const char *id, const struct dr_snapshot_mark *mark, const char *bytes,
                       size_t size, struct dr_problem *problem)
{
    struct dr_text text = {0};
    char digest[DR_DIGEST_HEX + 1];
    dr_digest_hex(bytes, size, digest);
    dr_text_printf(
        &text, "{\"k\":\"snapshot\",\"format\":%d,\"offset\":%llu,\"chain\":\"%s\",\"size\":%zu,\"sha256\":\"%s\"}\n",
        DR_JOURNAL_FORMAT, (unsigned long long)mark->offset, mark->chain, size, digest);
    dr_text_add(&text, bytes, size);
    char *folder = dr_store_path(store, "executions", id, NULL);
    bool ok = dr_disk_replace(folder, "snapshot.json", text.bytes, text.size, false) ||
              dr_problem_errno(problem, "write the snapshot in", folder);
    free(folder);
    dr_text_done(&text);
    return ok;
}

/* Reads the header line. `ret_digest` may be NULL. The offset of the payload, 0 if it is no snapshot of this format. */
static size_t read_header(const char *bytes, size_t size, struct dr_snapshot_mark *ret_mark, size_t *ret_size,
                          char ret_digest[DR_DIGEST_HEX + 1])
{
    const char *newline = memchr(bytes, '\n', size < HEADER_BYTES_MAX ? size : HEADER_BYTES_MAX);
    json_t *header = newline ? dr_json_parse(bytes, (size_t)(newline - bytes), NULL) : NULL;
    const char *kind, *chain, *digest;
    json_int_t format, offset, payload;
    bool ok = header && json_unpack(header, "{s:s,s:I,s:I,s:s,s:I,s:s}", "k", &kind, "format", &format, "offset",
                                    &offset, "chain", &chain, "size", &payload, "sha256", &digest) == 0;
    ok = ok && strcmp(kind, "snapshot") == 0 && format == DR_JOURNAL_FORMAT && offset > 0 && payload >= 0 &&
         strlen(chain) == DR_DIGEST_HEX && strlen(digest) == DR_DIGEST_HEX;
    if (ok) {
        ret_mark->offset = (uint64_t)offset;
        memcpy(ret_mark->chain, chain, sizeof ret_mark->chain);
        *ret_size = (size_t)payload;
        memcpy(ret_digest, digest, DR_DIGEST_HEX + 1);
    }
    json_decref(header);
    return ok ? (size_t)(newline + 1 - bytes) : 0;
}

void dr_snapshot_peek(struct dr_store *store, const char *id, struct dr_snapshot_mark *ret_mark)
{
    *ret_mark = (struct dr_snapshot_mark){0};
    char *path = dr_store_path(store, "executions", id, "snapshot.json");
    int fd = dr_disk_open(path, O_RDONLY);
    free(path);
    if (fd < 0)
        return;
    char start[HEADER_BYTES_MAX], digest[DR_DIGEST_HEX + 1];
    ssize_t got = dr_disk_pread(fd, start, sizeof start, 0);
    close(fd);
    size_t size;
    if (got > 0)
        read_header(start, (size_t)got, ret_mark, &size, digest);
}

bool dr_snapshot_read(struct dr_store *store, const char *id, const struct dr_snapshot_mark *mark, char **ret_bytes,
                      size_t *ret_size)
{
    char *path = dr_store_path(store, "executions", id, "snapshot.json");
    char *file;
    size_t file_size;
    bool ok = dr_disk_read(path, &file, &file_size);
    free(path);
    if (!ok)
        return false;
    struct dr_snapshot_mark found = {0};
    char digest[DR_DIGEST_HEX + 1], actual[DR_DIGEST_HEX + 1];
    size_t size = 0, start = read_header(file, file_size, &found, &size, digest);
    ok =
        start > 0 && file_size - start == size && found.offset == mark->offset && strcmp(found.chain, mark->chain) == 0;
    if (ok) {
        dr_digest_hex(file + start, size, actual);
        ok = strcmp(actual, digest) == 0;
    }
    if (ok) {
        *ret_bytes = dr_copy_bytes(file + start, size);
        *ret_size = size;
    }
    free(file);
    return ok;
}
