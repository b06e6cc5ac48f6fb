/* Child processes: their pipes, their end, and their cancellation.
 *
 * A process is complete when it has ended and both outputs are at their end. Something it left in the background may
 * hold them open; that is waited for a second, not for ever.
 */
#include "interpreter/base/limits.h"
#include "interpreter/base/text.h"
#include "interpreter/runtime/real_parts.h"
#include "interpreter/runtime/spawn.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    READ_BYTES = 64 << 10,
    READS_PER_EVENT = 16, /* then the others have their turn */
    TERM_PATIENCE_MS = 5000,
    OUTPUT_PATIENCE_MS = 1000,
};

struct stream {
    struct dr_source source;
    struct dr_text text;
    bool cut;
};

struct process {
    struct dr_handle handle;
    struct dr_link link; /* in dr_real.processes, until it is reaped */
    pid_t pid;           /* 0 once reaped */
    int status;
    struct dr_source end; /* the pidfd; -1 without */
    struct dr_source input;
    struct dr_text to_write;
    size_t written;
    struct stream output, errors;
    size_t output_bytes_max;
    struct dr_alarm
        alarm; /* SIGKILL after a cancel; the end of patience after an exit; the delivery of a failed start */
    bool cancelled;
    char *problem;
    dr_process_fn *fn;
    void *data;
};

static void close_all(struct dr_real *real, struct process *process)
{
    dr_real_close_source(real, &process->end);
    dr_real_close_source(real, &process->input);
    dr_real_close_source(real, &process->output.source);
    dr_real_close_source(real, &process->errors.source);
    dr_real_clear_alarm(real, &process->alarm);
}

static void release_process(struct dr_handle *handle)
{
    struct process *process = DR_OWNER(handle, struct process, handle);
    dr_text_done(&process->to_write);
    dr_text_done(&process->output.text);
    dr_text_done(&process->errors.text);
    free(process->problem);
}

static const char *bytes_of(const struct dr_text *text)
{
    return text->bytes ? text->bytes : "";
}

static void deliver(struct dr_real *real, struct process *process)
{
    struct dr_process_result result = {
        .problem = process->problem,
        .exit_status = WIFEXITED(process->status) ? WEXITSTATUS(process->status) : -1,
        .signal = WIFSIGNALED(process->status) ? WTERMSIG(process->status) : 0,
        .output = bytes_of(&process->output.text),
        .output_size = process->output.text.size,
        .output_cut = process->output.cut,
        .errors = bytes_of(&process->errors.text),
        .errors_size = process->errors.text.size,
        .errors_cut = process->errors.cut,
    };
    if (process->problem)
        result = (struct dr_process_result){.problem = process->problem, .exit_status = -1, .output = "", .errors = ""};
    close_all(real, process);
    dr_real_bury(real, &process->handle);
    real->delivered++;
    process->fn(process->data, &result);
}

static void deliver_if_complete(struct dr_real *real, struct process *process)
{
    if (process->pid == 0 && process->output.source.fd < 0 && process->errors.source.fd < 0)
        deliver(real, process);
}

/* --- Pipes ---------------------------------------------------------------------------------------------------------
 */

static void keep(struct process *process, struct stream *stream, const char *bytes, size_t size)
{
    size_t room = process->output_bytes_max - stream->text.size;
    if (size > room) {
        size = room;
        stream->cut = true;
    }
    dr_text_add(&stream->text, bytes, size);
}

/* Reads what is there; closes the stream at its end. */
static void drain(struct dr_real *real, struct process *process, struct stream *stream)
{
    char bytes[READ_BYTES];
    for (int i = 0; i < READS_PER_EVENT; i++) {
        ssize_t got = read(stream->source.fd, bytes, sizeof bytes);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EAGAIN)
            return;
        if (got <= 0) {
            dr_real_close_source(real, &stream->source);
            return;
        }
        if (!process->cancelled)
            keep(process, stream, bytes, (size_t)got);
    }
}

static void stream_ready(struct dr_real *real, struct process *process, struct stream *stream)
{
    if (stream->source.fd < 0)
        return;
    drain(real, process, stream);
    if (!process->cancelled)
        deliver_if_complete(real, process);
}

static void output_ready(struct dr_real *real, struct dr_source *source, uint32_t events)
{
    (void)events;
    struct process *process = DR_OWNER(source, struct process, output.source);
    stream_ready(real, process, &process->output);
}

static void errors_ready(struct dr_real *real, struct dr_source *source, uint32_t events)
{
    (void)events;
    struct process *process = DR_OWNER(source, struct process, errors.source);
    stream_ready(real, process, &process->errors);
}

static void input_ready(struct dr_real *real, struct dr_source *source, uint32_t events)
{
    (void)events;
    struct process *process = DR_OWNER(source, struct process, input);
    if (source->fd < 0)
        return;
    while (process->written < process->to_write.size) {
        ssize_t put =
            write(source->fd, process->to_write.bytes + process->written, process->to_write.size - process->written);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0 && errno == EAGAIN)
            return;
        if (put < 0) /* EPIPE: it does not want more, which is its right */
            break;
        process->written += (size_t)put;
    }
    dr_real_close_source(real, source);
}

/* --- The end -------------------------------------------------------------------------------------------------------
 */

/* Collects the status if the process has ended. */
static bool reap(struct process *process)
{
    pid_t got;
    do
        got = waitpid(process->pid, &process->status, WNOHANG);
    while (got < 0 && errno == EINTR);
    if (got == 0)
        return false;
    assert(got == process->pid); /* nobody else waits for our children */
    process->pid = 0;
    dr_link_remove(&process->link);
    return true;
}

static void process_ended(struct dr_real *real, struct process *process)
{
    pid_t group = process->pid;
    if (process->cancelled)
        kill(-group, SIGKILL); /* what remains of the group; before reaping, so that the number cannot be another's */
    if (!reap(process))
        return;
    dr_real_close_source(real, &process->end);
    dr_real_close_source(real, &process->input);
    if (process->cancelled) {
        close_all(real, process);
        dr_real_bury(real, &process->handle);
        return;
    }
    if (process->output.source.fd >= 0)
        drain(real, process, &process->output);
    if (process->errors.source.fd >= 0)
        drain(real, process, &process->errors);
    dr_real_set_alarm(real, &process->alarm, real->now_ms + OUTPUT_PATIENCE_MS);
    deliver_if_complete(real, process);
}

static void end_ready(struct dr_real *real, struct dr_source *source, uint32_t events)
{
    (void)events;
    if (source->fd >= 0)
        process_ended(real, DR_OWNER(source, struct process, end));
}

static bool has_ended(const struct process *process)
{
    siginfo_t info = {.si_pid = 0};
    return waitid(P_PID, (id_t)process->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == process->pid;
}

void dr_real_process_reap(struct dr_real *real)
{
    for (struct dr_link *link = real->processes.next, *next; link != &real->processes; link = next) {
        struct process *process = DR_OWNER(link, struct process, link);
        next = link->next;
        if (process->end.fd < 0 && has_ended(process)) {
            process_ended(real, process);
            next = real->processes.next; /* the callback may have started or ended others */
        }
    }
}

static void alarm_fired(struct dr_real *real, struct dr_alarm *alarm)
{
    struct process *process = DR_OWNER(alarm, struct process, alarm);
    if (process->cancelled)
        kill(-process->pid, SIGKILL);
    else
        deliver(real, process);
}

/* A cancelled process is kept until it has ended, its output dropped: closing the pipes would end it with SIGPIPE in
 * the middle of tidying up. */
static void cancel_process(struct dr_real *real, struct dr_handle *handle)
{
    struct process *process = DR_OWNER(handle, struct process, handle);
    handle->ended = true;
    dr_link_remove(&handle->link);
    process->cancelled = true;
    if (process->pid == 0) {
        close_all(real, process);
        dr_real_bury(real, handle);
        return;
    }
    kill(-process->pid, SIGTERM);
    kill(-process->pid, SIGCONT); /* a stopped one would not see it */
    dr_real_close_source(real, &process->input);
    dr_real_set_alarm(real, &process->alarm, real->now_ms + TERM_PATIENCE_MS);
}

bool dr_real_process_dying(const struct dr_real *real)
{
    return !dr_link_empty(&real->processes);
}

void dr_real_process_kill_all(struct dr_real *real)
{
    while (!dr_link_empty(&real->processes)) {
        struct process *process = DR_OWNER(real->processes.next, struct process, link);
        kill(-process->pid, SIGKILL);
        while (waitpid(process->pid, &process->status, 0) < 0 && errno == EINTR)
            ;
        dr_link_remove(&process->link);
        close_all(real, process);
        dr_real_bury(real, &process->handle);
    }
}

/* --- The start -----------------------------------------------------------------------------------------------------
 */

struct pipes { /* the child's ends, closed here after the start */
    int input, output, errors;
};

/* Ours goes into *ret_ours, non-blocking; returns the child's, or -1. */
static int make_pipe(int *ret_ours, bool we_read)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    *ret_ours = ends[we_read ? 0 : 1];
    if (fcntl(*ret_ours, F_SETFL, O_NONBLOCK) != 0)
        abort();
    return ends[we_read ? 1 : 0];
}

static bool open_pipes(struct process *process, const struct dr_process_request *request, struct pipes *pipes)
{
    pipes->input = request->input ? make_pipe(&process->input.fd, false) : open("/dev/null", O_RDONLY | O_CLOEXEC);
    pipes->output = make_pipe(&process->output.source.fd, true);
    pipes->errors = make_pipe(&process->errors.source.fd, true);
    return pipes->input >= 0 && pipes->output >= 0 && pipes->errors >= 0;
}

static void close_pipes(const struct pipes *pipes)
{
    const int all[] = {pipes->input, pipes->output, pipes->errors};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i] >= 0)
            close(all[i]);
}

static bool watch_pipes(struct dr_real *real, struct process *process)
{
    return (process->input.fd < 0 || dr_real_add_source(real, &process->input, EPOLLOUT)) &&
           dr_real_add_source(real, &process->output.source, EPOLLIN) &&
           dr_real_add_source(real, &process->errors.source, EPOLLIN);
}

static void watch_end(struct dr_real *real, struct process *process)
{
    if (!real->without_pidfds) {
        process->end.fd = (int)syscall(SYS_pidfd_open, process->pid, 0);
        if (process->end.fd >= 0 && dr_real_add_source(real, &process->end, EPOLLIN))
            return;
        dr_real_close_source(real, &process->end);
        real->without_pidfds = true;
    }
    if (!dr_real_take_sigchld(real))
        abort();    /* changing the mask of a signalfd that we have cannot fail */
    raise(SIGCHLD); /* it may have ended before SIGCHLD was taken */
}

static void start(struct dr_real *real, struct process *process, const struct dr_process_request *request,
                  const struct pipes *pipes)
{
    int directory_failed = 0;
    process->pid = dr_spawn(
        &(struct dr_spawn){
            .argv = request->argv,
            .environment = request->environment,
            .directory = request->directory,
            .input = pipes->input,
            .output = pipes->output,
            .errors = pipes->errors,
            .mask = &real->mask_before,
            .pipe = &real->pipe_before,
            .files = &real->files_before,
        },
        &directory_failed);
    if (process->pid > 0) {
        dr_link_append(&real->processes, &process->link);
        watch_end(real, process);
        return;
    }
    process->pid = 0;
    process->problem = dr_format("%s: %s", directory_failed ? request->directory : request->argv[0], strerror(errno));
    dr_real_set_alarm(real, &process->alarm, real->now_ms); /* callbacks come only from wait */
}

struct dr_handle *dr_real_process(struct dr_runtime *runtime, const struct dr_process_request *request,
                                  dr_process_fn *fn, void *data)
{
    struct dr_real *real = (struct dr_real *)(void *)runtime;
    struct process *process = dr_alloc(sizeof *process);
    process->handle.cancel = cancel_process;
    process->handle.release = release_process;
    process->end = (struct dr_source){.fd = -1, .ready = end_ready};
    process->input = (struct dr_source){.fd = -1, .ready = input_ready};
    process->output.source = (struct dr_source){.fd = -1, .ready = output_ready};
    process->errors.source = (struct dr_source){.fd = -1, .ready = errors_ready};
    process->alarm.fire = alarm_fired;
    process->output_bytes_max = request->output_bytes_max ? request->output_bytes_max : DR_OUTPUT_BYTES_MAX;
    process->fn = fn;
    process->data = data;
    struct pipes pipes;
    bool ready = open_pipes(process, request, &pipes) && watch_pipes(real, process);
    if (!ready) {
        dr_real_refuse(real, "no pipes for %s: %s", request->argv[0], strerror(errno));
        close_pipes(&pipes);
        close_all(real, process);
        free(process);
        return NULL;
    }
    dr_text_add(&process->to_write, request->input ? request->input : "", request->input ? request->input_size : 0);
    dr_real_adopt(real, &process->handle);
    start(real, process, request, &pipes);
    close_pipes(&pipes);
    return &process->handle;
}
