/* Which execution owns an application. A file that holds the owner's id, replaced atomically under a short lock, so it
 * survives the owner's death: what an interrupted failover has begun must be finished (or taken over by `force`) before
 * another may touch the same application. [D14] */
#include "interpreter/journal/disk.h"
#include "interpreter/journal/memory.h"
#include "interpreter/journal/problem.h"
#include "interpreter/journal/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct dr_memory_lock **find_memory(struct dr_memory *memory, const char *application)
{
    struct dr_memory_lock **at = &memory->locks;
    while (*at && strcmp((*at)->application, application) != 0)
        at = &(*at)->next;
    return at;
}

/* May `id` have what `owner` has? */
static bool may_take(struct dr_store *store, const char *application, const char *owner, const char *id, bool force,
                     char **ret_owner, struct dr_problem *problem)
{
    if (!owner || strcmp(owner, id) == 0)
        return true;
    pid_t pid = 0;
    bool running = dr_store_is_running(store, owner, &pid);
    if (!running && force)
        return true;
    if (ret_owner)
        *ret_owner = dr_copy_string(owner);
    if (running)
        return dr_problem_set(
            problem, DR_PROBLEM_LOCKED,
            "execution %s is changing application \"%s\" (process %ld); wait for it or stop it: drrun stop %s", owner,
            application, (long)pid, owner);
    return dr_problem_set(
        problem, DR_PROBLEM_LOCKED,
        "execution %s was interrupted while changing application \"%s\"; finish it first: drrun resume %s", owner,
        application, owner);
}

static bool lock_memory(struct dr_store *store, const char *application, const char *id, bool force, char **ret_owner,
                        struct dr_problem *problem)
{
    struct dr_memory_lock **at = find_memory(store->memory, application);
    if (!may_take(store, application, *at ? (*at)->id : NULL, id, force, ret_owner, problem))
        return false;
    if (!*at) {
        *at = dr_alloc(sizeof **at);
        (*at)->application = dr_copy_string(application);
    }
    free((*at)->id);
    (*at)->id = dr_copy_string(id);
    return true;
}

/* The owner's id; NULL if there is none, or its execution is gone from the store. False: unreadable. */
static bool read_owner(struct dr_store *store, const char *name, char **ret_owner, struct dr_problem *problem)
{
    char *path = dr_store_path(store, "applications", name, NULL), *owner = NULL;
    size_t size;
    bool ok = dr_disk_read(path, &owner, &size) || errno == ENOENT;
    if (!ok)
        dr_problem_errno(problem, "read", path);
    free(path);
    if (owner)
        owner[strcspn(owner, "\n")] = 0;
    if (owner && dr_store_check_id(owner, NULL)) {
        path = dr_store_path(store, "executions", owner, "journal.jsonl");
        if (access(path, F_OK) != 0 && errno == ENOENT) {
            free(owner);
            owner = NULL;
        }
        free(path);
    } else {
        free(owner); /* empty, or no id: written by nobody */
        owner = NULL;
    }
    *ret_owner = owner;
    return ok;
}

static bool write_owner(struct dr_store *store, const char *name, const char *id, struct dr_problem *problem)
{
    char *folder = dr_format("%s/applications", store->folder), *line = dr_format("%s\n", id);
    bool ok = dr_disk_replace(folder, name, line, strlen(line), true) ||
              dr_problem_errno(problem, "record the owner in", folder);
    free(folder);
    free(line);
    return ok;
}

bool dr_store_lock_application(struct dr_store *store, const char *application, const char *id, bool force,
                               char **ret_owner, struct dr_problem *problem)
{
    if (store->memory)
        return lock_memory(store, application, id, force, ret_owner, problem);
    char *name = dr_disk_name(application), *owner = NULL;
    int fd = dr_store_enter(store, "applications", name, problem);
    bool ok = fd >= 0 && read_owner(store, name, &owner, problem) &&
              may_take(store, application, owner, id, force, ret_owner, problem);
    if (ok && !(owner && strcmp(owner, id) == 0))
        ok = write_owner(store, name, id, problem);
    if (fd >= 0)
        close(fd);
    free(owner);
    free(name);
    return ok;
}

static void unlock_memory(struct dr_store *store, const char *application, const char *id)
{
    struct dr_memory_lock **at = find_memory(store->memory, application), *found = *at;
    if (!found || strcmp(found->id, id) != 0)
        return;
    *at = found->next;
    free(found->application);
    free(found->id);
    free(found);
}

/* A failure leaves the application owned by an execution that has ended; whoever comes next is told and can force it.
 */
void dr_store_unlock_application(struct dr_store *store, const char *application, const char *id)
{
    if (store->memory) {
        unlock_memory(store, application, id);
        return;
    }
    char *name = dr_disk_name(application), *owner = NULL;
    int fd = dr_store_enter(store, "applications", name, NULL);
    if (fd >= 0 && read_owner(store, name, &owner, NULL) && owner && strcmp(owner, id) == 0) {
        char *path = dr_store_path(store, "applications", name, NULL);
        dr_disk_unlink(path);
        free(path);
    }
    if (fd >= 0)
        close(fd);
    free(owner);
    free(name);
}
