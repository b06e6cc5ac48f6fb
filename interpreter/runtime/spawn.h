/* Starting a process: vfork and exec, because posix_spawn can set neither the parent-death signal nor the limit of open
 * files.
 *
 * The child
 * - leads a process group of its own, so that a Ctrl-C in the terminal reaches only drrun, and a cancel reaches all
 * that it started;
 * - gets SIGTERM when drrun itself dies: an execution that is resumed must not meet the leftovers of its former life.
 * What the child started itself is its own affair (a kernel cannot promise more without a cgroup);
 * - has no descriptor of ours but 0, 1 and 2, no signal blocked or ignored because of us, and the limit of open files
 * that drrun was started with.
 */
#ifndef DRRUN_RUNTIME_SPAWN_H
#define DRRUN_RUNTIME_SPAWN_H

#include <signal.h>
#include <sys/resource.h>
#include <sys/types.h>

struct dr_spawn {
    const char *const *argv;
    const char *const *environment; /* NULL: ours */
    const char *directory;          /* NULL: ours */
    int input, output, errors;      /* become 0, 1 and 2; stay open here */
    const sigset_t *mask;
    const struct sigaction *pipe; /* for SIGPIPE */
    const struct rlimit *files;
};

/* The process id; -1 with errno, and *ret_directory_failed telling whether it is about the directory. */
pid_t dr_spawn(const struct dr_spawn *spawn, int *ret_directory_failed);

#endif
