/* What the benchmark cannot measure from a shell.
 *
 *     bench.measure append FOLDER      durable appends per second: pwrite + fdatasync of 200 bytes
 *     bench.measure exec N COMMAND...  seconds of one run, the mean of N
 *     bench.measure cpu N COMMAND...   seconds of processor time of one run, the mean of N; what else the machine does
 * matters less bench.measure run COMMAND...     seconds, peak memory in KiB, and the exit status bench.measure tree
 * FILE          memory of the parsed JSON document in KiB
 */
#include "interpreter/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define APPEND_SECONDS 2.0

extern char **environ;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static _Noreturn void give_up(const char *what)
{
    fprintf(stderr, "bench.measure: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void measure_append(const char *folder)
{
    char *path = dr_format("%s/append", folder), record[200];
    memset(record, 'x', sizeof record);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        give_up(path);
    double start = now();
    unsigned count = 0;
    for (; now() - start < APPEND_SECONDS; count++)
        if (pwrite(fd, record, sizeof record, (off_t)(count * sizeof record)) != sizeof record || fdatasync(fd) != 0)
            give_up(path);
    printf("%.0f\n", count / (now() - start));
    close(fd);
    unlink(path);
    free(path);
}

/* Runs it with its output thrown away. Returns the exit status; 128 + the signal's number. */
static int run_once(char **command, struct rusage *ret_usage)
{
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    pid_t child;
    int errnum = posix_spawnp(&child, command[0], &actions, NULL, command, environ), status;
    posix_spawn_file_actions_destroy(&actions);
    if (errnum != 0) {
        errno = errnum;
        give_up(command[0]);
    }
    while (wait4(child, &status, 0, ret_usage) < 0)
        if (errno != EINTR)
            give_up("wait");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static double seconds_of(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static void measure_exec(bool cpu, unsigned times, char **command)
{
    double start = now(), busy = 0;
    for (unsigned i = 0; i < times; i++) {
        struct rusage usage;
        if (run_once(command, &usage) != 0) {
            fprintf(stderr, "bench.measure: %s failed\n", command[0]);
            exit(1);
        }
        busy += seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
    }
    printf("%.6f\n", (cpu ? busy : now() - start) / times);
}

static void measure_run(char **command)
{
    struct rusage usage;
    double start = now();
    int status = run_once(command, &usage);
    printf("%.6f %ld %d\n", now() - start, usage.ru_maxrss, status);
}

/* Resident memory, from the kernel's own account. */
static long resident_kib(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%*d %ld", &pages) != 1)
        give_up("/proc/self/statm");
    fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void measure_tree(const char *path)
{
    FILE *file = fopen(path, "r");
    if (!file)
        give_up(path);
    struct dr_text text = {0};
    for (int byte; (byte = fgetc(file)) != EOF;)
        dr_text_putc(&text, (char)byte);
    fclose(file);
    long before = resident_kib();
    json_t *tree = dr_json_parse(text.bytes, text.size, NULL);
    printf("%ld\n", resident_kib() - before);
    json_decref(tree);
    dr_text_done(&text);
}

int main(int count, char **arguments)
{
    const char *what = count > 2 ? arguments[1] : "";
    if (strcmp(what, "append") == 0)
        measure_append(arguments[2]);
    else if ((strcmp(what, "exec") == 0 || strcmp(what, "cpu") == 0) && count > 3)
        measure_exec(strcmp(what, "cpu") == 0, (unsigned)strtoul(arguments[2], NULL, 10), arguments + 3);
    else if (strcmp(what, "run") == 0)
        measure_run(arguments + 2);
    else if (strcmp(what, "tree") == 0)
        measure_tree(arguments[2]);
    else {
        fputs(
            "usage: bench.measure append FOLDER | exec N COMMAND... | cpu N COMMAND... | run COMMAND... | tree FILE\n",
            stderr);
        return 2;
    }
    return 0;
}
