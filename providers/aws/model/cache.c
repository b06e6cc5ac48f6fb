/* The cache of compiled models, and mapping files. */
#include "providers/aws/model/cache.h"

#include "interpreter/base/text.h"
#include "providers/aws/model/import.h"
#include "providers/aws/model/raw.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* --- Mapping -------------------------------------------------------------------------------------------------------
 */

static void unmap(void *thing)
{
    struct dr_aws_compact *text = thing;
    union {
        const char *bytes;
        void *address;
    } mapping = {.bytes = text->bytes};
    munmap(mapping.address, text->size);
    free(text);
}

bool dr_aws_map(struct dr_arena *arena, const char *path, bool own_only, struct dr_aws_compact *ret_text,
                bool *ret_damaged)
{
    *ret_damaged = false;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat about;
    if (fd < 0)
        return false;
    bool taken = fstat(fd, &about) == 0 && S_ISREG(about.st_mode) && (!own_only || about.st_uid == geteuid());
    void *bytes =
        taken && about.st_size > 0 ? mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
    close(fd);
    if (bytes == MAP_FAILED) {
        *ret_damaged = taken && about.st_size == 0;
        return false;
    }
    struct dr_aws_compact *kept = dr_alloc(sizeof *kept);
    *kept = (struct dr_aws_compact){.bytes = bytes, .size = (size_t)about.st_size};
    dr_arena_defer(arena, unmap, kept);
    *ret_damaged = !dr_aws_compact_is_whole(kept);
    *ret_text = *kept;
    return !*ret_damaged;
}

/* --- The cache -----------------------------------------------------------------------------------------------------
 */

struct digest {
    uint64_t hash; /* FNV-1a: it tells files of one user apart, it defends nothing */
};

static void digest_bytes(struct digest *digest, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < size; i++)
        digest->hash = (digest->hash ^ at[i]) * 1099511628211u;
}

static void digest_file(struct digest *digest, const char *folder, const char *file)
{
    struct stat about;
    char *path = dr_format("%s/%s", folder, file);
    if (stat(path, &about) == 0) {
        int64_t facts[] = {about.st_mtim.tv_sec, about.st_mtim.tv_nsec, about.st_size};
        digest_bytes(digest, path, strlen(path) + 1);
        digest_bytes(digest, facts, sizeof facts);
    }
    free(path);
}

/* The file's name: it changes with everything that the model is made of, and with the program that makes it. */
static char *cached_name(const char *name, const char *version_folder, const char *overlays)
{
    static const char program[] = "drrun " DRRUN_VERSION;
    static const char *const files[] = {
        "service-2.json",       "service-2.json.gz",        "service-2.sdk-extras.json",  "paginators-1.json",
        "paginators-1.json.gz", "endpoint-rule-set-1.json", "endpoint-rule-set-1.json.gz"};
    struct digest digest = {.hash = 14695981039346656037u};
    const int format = DR_AWS_COMPACT_FORMAT;
    digest_bytes(&digest, program, sizeof program);
    digest_bytes(&digest, &format, sizeof format);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        digest_file(&digest, version_folder, files[i]);
    if (overlays) {
        char *file = dr_format("%s.json", name);
        digest_file(&digest, overlays, file);
        free(file);
    }
    return dr_format("%s-%016" PRIx64 ".model", name, digest.hash);
}

/* Makes the cache's folder, for its owner only. That it cannot be made is no mistake: then nothing is kept. */
static void make_private(const char *path)
{
    char *part = dr_copy_string(path);
    for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(part, 0700);
        *slash = '/';
    }
    mkdir(part, 0700);
    free(part);
}

/* Removes what was compiled from files of this service that have changed since, once it is a month older than `kept`.
 */
static void prune(const char *cache, const char *name, const char *kept)
{
    const time_t month = (time_t)30 * 24 * 3600;
    struct stat newest, about;
    size_t size = strlen(name);
    DIR *open = opendir(cache);
    struct dirent *entry;
    bool known = open && fstatat(dirfd(open), kept, &newest, 0) == 0;
    while (known && (entry = readdir(open))) {
        /* "rds-<16 digits>.model", not "rds-data-..." */
        bool same = strlen(entry->d_name) == strlen(kept) && strncmp(entry->d_name, name, size) == 0 &&
                    entry->d_name[size] == '-' && strcmp(entry->d_name, kept) != 0;
        if (same && fstatat(dirfd(open), entry->d_name, &about, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(about.st_mode) &&
            about.st_mtime < newest.st_mtime - month)
            unlinkat(dirfd(open), entry->d_name, 0);
    }
    if (open)
        closedir(open);
}

static void release_bytes(void *bytes)
{
    free(bytes);
}

bool dr_aws_cache_get(struct dr_arena *arena, const char *cache, const char *name, const char *version_folder,
                      const char *overlays, struct dr_aws_compact *ret_text, char **ret_problem)
{
    char *file = cached_name(name, version_folder, overlays);
    char *path = cache ? dr_format("%s/%s", cache, file) : NULL;
    bool damaged, got = path && dr_aws_map(arena, path, true, ret_text, &damaged);
    if (!got) {
        struct dr_aws_imported imported = {0};
        char *origin = dr_aws_raw_origin(version_folder), *unwritten = NULL;
        got = dr_aws_import_service(name, version_folder, overlays, origin, &imported, ret_problem);
        if (got && cache) {
            make_private(cache);
            if (dr_aws_write_file(cache, file, imported.text.bytes, imported.text.size, true, &unwritten))
                prune(cache, name, file);
        }
        if (got) {
            struct dr_aws_compact text = {.size = imported.text.size};
            char *bytes = dr_text_take(&imported.text);
            dr_arena_defer(arena, release_bytes, bytes);
            text.bytes = bytes;
            *ret_text = text;
        }
        dr_aws_imported_done(&imported);
        free(origin);
        free(unwritten); /* the next run compiles it again */
    }
    free(path);
    free(file);
    return got;
}
