#include "interpreter/runtime/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <unistd.h>

/* What parent and child say to each other: vfork shares the memory. */
struct message {
    volatile int problem; /* errno */
    volatile bool directory_failed;
    pid_t parent;
};

/* A descriptor that is already in place must lose FD_CLOEXEC, which dup2 onto itself does not do. */
static bool move_descriptor(int from, int to)
{
    return from == to ? fcntl(to, F_SETFD, 0) == 0 : dup2(from, to) >= 0;
}

/* A Ctrl-C that reached this process while it was still in drrun's group was meant for drrun: it is pending (drrun
 * blocks these), and to ignore a signal drops it. */
static void drop_pending(int number)
{
    const struct sigaction ignore = {.sa_handler = SIG_IGN}, standard = {.sa_handler = SIG_DFL};
    sigaction(number, &ignore, NULL);
    sigaction(number, &standard, NULL);
}

/* In the child, on the parent's memory and stack: nothing but system calls and plain stores. */
static void become(const struct dr_spawn *spawn, struct message *message)
{
    sigaction(SIGPIPE, spawn->pipe, NULL);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != message->parent) /* died before the prctl */
        _exit(127);
    setrlimit(RLIMIT_NOFILE, spawn->files);
    if (spawn->directory && chdir(spawn->directory) != 0) {
        message->problem = errno;
        message->directory_failed = true;
        _exit(127);
    }
    if (move_descriptor(spawn->input, 0) && move_descriptor(spawn->output, 1) && move_descriptor(spawn->errors, 2)) {
        close_range(3, ~0u,
                    CLOSE_RANGE_CLOEXEC); /* also what drrun inherited itself; before Linux 5.11 that stays open */
        drop_pending(SIGINT);
        drop_pending(SIGTERM);
        drop_pending(SIGHUP);
        sigprocmask(SIG_SETMASK, spawn->mask, NULL);
        /* exec takes `char *const *` for historical reasons and does not write. */
        union {
            const char *const *read_only;
            char *const *as_declared;
        } argv = {.read_only = spawn->argv}, environment = {.read_only = spawn->environment};
        execvpe(argv.as_declared[0], argv.as_declared, environment.read_only ? environment.as_declared : environ);
    }
    message->problem = errno;
    _exit(127);
}

pid_t dr_spawn(const struct dr_spawn *spawn, int *ret_directory_failed)
{
    struct message message = {.parent = getpid()};
    pid_t pid = vfork();
    if (pid == 0)
        become(spawn, &message);
    if (pid > 0 && message.problem != 0) {
        *ret_directory_failed = message.directory_failed;
        errno = message.problem;
        return -1;
    }
    return pid;
}
