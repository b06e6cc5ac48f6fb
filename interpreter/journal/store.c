#include "interpreter/journal/store.h"

#include "interpreter/journal/disk.h"
#include "interpreter/journal/memory.h"
#include "interpreter/journal/problem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ID_BYTES_MAX 128
#define ENTER_PATIENCE_MS 5000

char *dr_store_path(const struct dr_store *store, const char *kind, const char *name, const char *file)
{
    return file ? dr_format("%s/%s/%s/%s", store->folder, kind, name, file)
                : dr_format("%s/%s/%s", store->folder, kind, name);
}

bool dr_store_check_id(const char *id, struct dr_problem *problem)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:@+=-";
    size_t size = strlen(id);
    if (size > 0 && size <= ID_BYTES_MAX && strspn(id, allowed) == size && !strchr("._:@+=-", id[0]))
        return true;
    return dr_problem_set(
        problem, DR_PROBLEM_MISSING,
        "\"%.200s\" is not an execution id: 1 to %d letters, digits and ._:@+=-, a letter or digit first", id,
        ID_BYTES_MAX);
}

/* Makes one folder, and its entry in the parent durable. */
static bool make_durable(const char *path, struct dr_problem *problem)
{
    bool made;
    if (!dr_disk_make_folder(path, &made))
        return dr_problem_errno(problem, "make the folder", path);
    if (!made)
        return true;
    char *parent = dr_copy_string(path);
    char *slash = strrchr(parent, '/');
    if (slash == parent)
        slash++;
    if (slash)
        *slash = 0;
    bool ok = dr_disk_sync_folder(slash ? parent : ".");
    if (!ok)
        dr_problem_errno(problem, "sync the folder", slash ? parent : ".");
    free(parent);
    return ok;
}

bool dr_store_make_folder(const struct dr_store *store, const char *name, struct dr_problem *problem)
{
    char *path = dr_format("%s/%s", store->folder, name);
    bool ok = make_durable(path, problem);
    free(path);
    return ok;
}

static bool is_folder(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return false;
    if (S_ISDIR(status.st_mode))
        return true;
    errno = ENOTDIR;
    return false;
}

/* Like mkdir -p, each level durable. */
static bool make_all(const char *folder, struct dr_problem *problem)
{
    char *path = dr_copy_string(folder);
    bool ok = true;
    for (char *at = path + 1; ok && *at; at++) {
        if (*at != '/')
            continue;
        *at = 0;
        ok = is_folder(path) || make_durable(path, problem);
        *at = '/';
    }
    ok = ok && make_durable(path, problem);
    free(path);
    return ok;
}

struct dr_store *dr_store_open(const char *folder, bool create, struct dr_problem *problem)
{
    struct dr_store *store = dr_alloc(sizeof *store);
    store->folder = dr_copy_string(*folder ? folder : ".");
    for (size_t size = strlen(store->folder); size > 1 && store->folder[size - 1] == '/'; size--)
        store->folder[size - 1] = 0;
    bool ok = is_folder(store->folder);
    if (!ok && errno == ENOENT && create)
        ok = make_all(store->folder, problem);
    else if (!ok)
        dr_problem_errno(problem, "open the store", store->folder);
    if (!ok) {
        dr_store_free(store);
        return NULL;
    }
    return store;
}

struct dr_store *dr_store_memory(void)
{
    struct dr_store *store = dr_alloc(sizeof *store);
    store->memory = dr_memory_new();
    return store;
}

void dr_store_free(struct dr_store *store)
{
    if (!store)
        return;
    dr_watches_free(store->watches);
    dr_memory_free(store->memory);
    free(store->folder);
    free(store);
}

const char *dr_store_folder(const struct dr_store *store)
{
    return store->folder;
}

int dr_store_enter(const struct dr_store *store, const char *kind, const char *name, struct dr_problem *problem)
{
    if (!dr_store_make_folder(store, kind, problem))
        return -1;
    char *path = dr_format("%s/%s/.%s.lock", store->folder, kind, name);
    int fd = dr_disk_open(path, O_RDWR | O_CREAT);
    if (fd < 0) {
        dr_problem_errno(problem, "open", path);
    } else if (!dr_disk_lock_wait(fd, ENTER_PATIENCE_MS)) {
        if (errno == EAGAIN)
            dr_problem_set(problem, DR_PROBLEM_LOCKED, "%s: another process holds this lock for more than %d s", path,
                           ENTER_PATIENCE_MS / 1000);
        else
            dr_problem_errno(problem, "lock", path);
        close(fd);
        fd = -1;
    }
    free(path);
    return fd;
}

struct entry {
    char *id;
    int64_t born_ns;
};

static int by_age(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;
    if (a->born_ns != b->born_ns)
        return a->born_ns < b->born_ns ? -1 : 1;
    return strcmp(a->id, b->id);
}

/* When the execution's folder was made; 0 where the file system does not tell. */
static int64_t born_ns(const char *path)
{
    struct statx status;
    if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_BTIME, &status) != 0 || !(status.stx_mask & STATX_BTIME))
        return 0;
    return (int64_t)status.stx_btime.tv_sec * 1000000000 + status.stx_btime.tv_nsec;
}

bool dr_store_list(struct dr_store *store, char ***ret_ids, size_t *ret_count, struct dr_problem *problem)
{
    if (store->memory) {
        dr_memory_list(store->memory, ret_ids, ret_count);
        return true;
    }
    char *path = dr_format("%s/executions", store->folder);
    DIR *folder = opendir(path);
    if (!folder && errno != ENOENT) {
        dr_problem_errno(problem, "list", path);
        free(path);
        return false;
    }
    struct entry *entries = NULL;
    size_t count = 0;
    for (struct dirent *found; folder && (found = readdir(folder));) {
        if (!dr_store_check_id(found->d_name, NULL))
            continue;
        /* A folder without a journal is a creation that a crash cut short: no execution yet. */
        char *journal = dr_store_path(store, "executions", found->d_name, "journal.jsonl");
        if (access(journal, F_OK) == 0) {
            char *own = dr_store_path(store, "executions", found->d_name, NULL);
            entries = dr_resize(entries, count + 1, sizeof *entries);
            entries[count++] = (struct entry){.id = dr_copy_string(found->d_name), .born_ns = born_ns(own)};
            free(own);
        }
        free(journal);
    }
    if (folder)
        closedir(folder);
    free(path);
    if (count > 0)
        qsort(entries, count, sizeof *entries, by_age);
    char **ids = dr_resize(NULL, count + 1, sizeof *ids);
    for (size_t i = 0; i < count; i++)
        ids[i] = entries[i].id;
    ids[count] = NULL;
    free(entries);
    *ret_ids = ids;
    *ret_count = count;
    return true;
}

bool dr_store_is_running(struct dr_store *store, const char *id, pid_t *ret_pid)
{
    if (store->memory)
        return dr_memory_is_running(store->memory, id, ret_pid);
    if (!dr_store_check_id(id, NULL))
        return false;
    char *path = dr_store_path(store, "executions", id, "lock");
    int fd = dr_disk_open(path, O_RDONLY);
    free(path);
    if (fd < 0)
        return false;
    bool running = dr_disk_is_locked(fd);
    if (running && ret_pid)
        *ret_pid = dr_lock_owner(fd);
    close(fd);
    return running;
}
