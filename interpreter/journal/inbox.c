/* The inbox: messages from other processes to an execution, one small file each.
 *
 * executions/<id>/inbox/<20 digits>-<pid>.json; the digits grow, so that names sort by age and none is ever used twice:
 * the engine remembers names to know which messages it has already recorded. [D13]
 *
 * executions/<id>/wake is a FIFO while somebody listens: who posts writes a byte to it. inotify would need no file, but
 * letting go of a watch waits for a grace period of the kernel, more than ten times as long as a whole small run. */
#include "interpreter/journal/disk.h"
#include "interpreter/journal/memory.h"
#include "interpreter/journal/problem.h"
#include "interpreter/journal/store.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "interpreter/base/limits.h"

struct dr_watch {
    char *id, *path;
    int fd;
    struct dr_watch *next;
};

static int by_name(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static bool is_message(const char *name)
{
    size_t size = strlen(name);
    return size > 5 && name[0] != '.' && strcmp(name + size - 5, ".json") == 0;
}

static void free_names(char **names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    free(names);
}

static bool list_messages(const char *folder, char ***ret_names, size_t *ret_count)
{
    DIR *stream = opendir(folder);
    if (!stream)
        return false;
    char **names = NULL;
    size_t count = 0;
    for (struct dirent *found; (found = readdir(stream));) {
        if (!is_message(found->d_name))
            continue;
        names = dr_resize(names, count + 1, sizeof *names);
        names[count++] = dr_copy_string(found->d_name);
    }
    closedir(stream);
    if (count > 0)
        qsort(names, count, sizeof *names, by_name);
    *ret_names = names;
    *ret_count = count;
    return true;
}

/* Nanoseconds since the epoch, but later than all that is there, if the clock was set back. */
static uint64_t next_number(char *const *names, size_t count)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t number = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    uint64_t newest = count > 0 ? strtoull(names[count - 1], NULL, 10) : 0;
    return number > newest ? number : newest + 1;
}

static bool post_file(struct dr_store *store, const char *id, const char *bytes, size_t size,
                      struct dr_problem *problem)
{
    char *folder = dr_store_path(store, "executions", id, "inbox");
    char *lock = dr_store_path(store, "executions", id, ".inbox.lock");
    int lock_fd = dr_disk_open(lock, O_RDWR | O_CREAT); /* fails where there is no execution */
    char **names = NULL;
    size_t count = 0;
    bool ok = lock_fd >= 0 && dr_disk_lock_wait(lock_fd, 5000) && list_messages(folder, &names, &count);
    if (ok) {
        char *name = dr_format("%020llu-%ld.json", (unsigned long long)next_number(names, count), (long)getpid());
        ok = dr_disk_replace(folder, name, bytes, size, true);
        free(name);
    }
    if (!ok && errno == ENOENT)
        dr_problem_set(problem, DR_PROBLEM_MISSING, "there is no execution %s in %s", id, store->folder);
    else if (!ok)
        dr_problem_errno(problem, "post to", folder);
    free_names(names, count);
    if (lock_fd >= 0)
        close(lock_fd);
    free(lock);
    free(folder);
    return ok;
}

static bool post_memory(struct dr_store *store, const char *id, const json_t *message, struct dr_problem *problem)
{
    struct dr_memory_execution *execution = dr_memory_find(store->memory, id);
    if (!execution)
        return dr_problem_set(problem, DR_PROBLEM_MISSING, "there is no execution %s in memory", id);
    execution->inbox = dr_resize(execution->inbox, execution->inbox_count + 1, sizeof *execution->inbox);
    execution->inbox[execution->inbox_count++] =
        (struct dr_memory_message){.name = dr_format("%020llu.json", (unsigned long long)++store->memory->messages),
                                   .message = json_deep_copy(message)};
    return true;
}

/* Tells whoever listens. Nobody may: then the message is found when somebody does. */
static void wake(struct dr_store *store, const char *id)
{
    char *path = dr_store_path(store, "executions", id, "wake");
    int fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
    free(path);
    struct stat status;
    if (fd >= 0 && fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode) && write(fd, "", 1) < 0)
        errno = 0; /* full: it will wake anyhow */
    if (fd >= 0)
        close(fd);
}

bool dr_store_post(struct dr_store *store, const char *id, const json_t *message, struct dr_problem *problem)
{
    if (!dr_store_check_id(id, problem))
        return false;
    if (store->memory)
        return post_memory(store, id, message, problem);
    struct dr_text text = {0};
    bool ok = dr_text_json(&text, message, DR_PAYLOAD_BYTES_MAX);
    if (!ok)
        dr_problem_set(problem, DR_PROBLEM_IO, "the message to execution %s is too large", id);
    else {
        dr_text_putc(&text, '\n');
        ok = post_file(store, id, text.bytes, text.size, problem);
        if (ok)
            wake(store, id);
    }
    dr_text_done(&text);
    return ok;
}

static struct dr_watch *find_watch(struct dr_store *store, const char *id)
{
    struct dr_watch *at = store->watches;
    while (at && strcmp(at->id, id) != 0)
        at = at->next;
    return at;
}

/* What woke us is about to be read. Before the listing: a message that arrives in between wakes us again. */
static void drain(const struct dr_watch *watch)
{
    char bytes[256];
    while (watch && read(watch->fd, bytes, sizeof bytes) > 0)
        continue;
}

static bool take_files(struct dr_store *store, const char *id, dr_inbox_fn *take, void *data,
                       struct dr_problem *problem)
{
    drain(find_watch(store, id));
    char *folder = dr_store_path(store, "executions", id, "inbox");
    char **names = NULL;
    size_t count = 0;
    bool ok = list_messages(folder, &names, &count) || errno == ENOENT;
    if (!ok)
        dr_problem_errno(problem, "list", folder);
    for (size_t i = 0; ok && i < count; i++) {
        char *path = dr_format("%s/%s", folder, names[i]), *bytes;
        size_t size;
        if (dr_disk_read(path, &bytes, &size)) {
            json_t *message = dr_json_parse(bytes, size, NULL);
            if (message)
                take(data, names[i], message);
            else
                dr_disk_unlink(path); /* posting is atomic: this was put there by something else */
            json_decref(message);
            free(bytes);
        } else if (errno != ENOENT) {
            ok = dr_problem_errno(problem, "read", path);
        }
        free(path);
    }
    free_names(names, count);
    free(folder);
    return ok;
}

bool dr_store_inbox(struct dr_store *store, const char *id, dr_inbox_fn *take, void *data, struct dr_problem *problem)
{
    if (!store->memory)
        return take_files(store, id, take, data, problem);
    struct dr_memory_execution *execution = dr_memory_find(store->memory, id);
    /* `take` may call dr_store_inbox_done(), so go by name. */
    size_t count = execution ? execution->inbox_count : 0;
    struct dr_memory_message *copy = dr_resize(NULL, count, sizeof *copy);
    for (size_t i = 0; i < count; i++)
        copy[i] = (struct dr_memory_message){.name = dr_copy_string(execution->inbox[i].name),
                                             .message = json_incref(execution->inbox[i].message)};
    for (size_t i = 0; i < count; i++) {
        take(data, copy[i].name, copy[i].message);
        free(copy[i].name);
        json_decref(copy[i].message);
    }
    free(copy);
    return true;
}

void dr_store_inbox_done(struct dr_store *store, const char *id, const char *name)
{
    if (store->memory) {
        struct dr_memory_execution *execution = dr_memory_find(store->memory, id);
        for (size_t i = 0; execution && i < execution->inbox_count; i++) {
            if (strcmp(execution->inbox[i].name, name) != 0)
                continue;
            free(execution->inbox[i].name);
            json_decref(execution->inbox[i].message);
            execution->inbox_count--;
            memmove(execution->inbox + i, execution->inbox + i + 1,
                    (execution->inbox_count - i) * sizeof *execution->inbox);
            return;
        }
        return;
    }
    assert(!strchr(name, '/'));
    char *folder = dr_store_path(store, "executions", id, "inbox"), *path = dr_format("%s/%s", folder, name);
    dr_disk_unlink(path); /* if that fails, or the crash undoes it, the engine knows the name */
    free(path);
    free(folder);
}

int dr_store_inbox_fd(struct dr_store *store, const char *id)
{
    if (store->memory || !dr_store_check_id(id, NULL))
        return -1;
    struct dr_watch *watch = find_watch(store, id);
    if (watch)
        return watch->fd;
    char *path = dr_store_path(store, "executions", id, "wake");
    int fd = -1;
    struct stat status;
    if (mkfifo(path, 0600) == 0 || errno == EEXIST)
        fd = open(path,
                  O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW); /* a writer of our own: without one it would hang up */
    if (fd < 0 || fstat(fd, &status) != 0 || !S_ISFIFO(status.st_mode)) {
        if (fd >= 0)
            close(fd);
        free(path);
        return -1;
    }
    watch = dr_alloc(sizeof *watch);
    *watch = (struct dr_watch){.id = dr_copy_string(id), .path = path, .fd = fd, .next = store->watches};
    store->watches = watch;
    return fd;
}

void dr_store_unwatch(struct dr_store *store, const char *id)
{
    const struct dr_watch *watch = find_watch(store, id);
    if (watch)
        unlink(watch->path);
}

void dr_watches_free(struct dr_watch *watches)
{
    for (struct dr_watch *next; watches; watches = next) {
        next = watches->next;
        close(watches->fd);
        free(watches->path);
        free(watches->id);
        free(watches);
    }
}
