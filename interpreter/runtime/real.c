/* The loop of the real runtime: sources, alarms, signals, the clock. */
#include "interpreter/runtime/real.h"

#include "interpreter/base/text.h"
#include "interpreter/runtime/real_parts.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum {
    EVENTS_MAX = 256,      /* of one turn */
    SHORT_SLEEP_MS = 1000, /* longer sleeps use the timerfd, which also counts the time that the machine is suspended */
    FILES_MAX = 1 << 16,   /* what we raise the soft limit of open files to, at most */
};

static struct dr_real *real_of(struct dr_runtime *runtime)
{
    return (struct dr_real *)(void *)runtime;
}

/* --- Clock ------------------------------------------------------------------------------------------------------- */

static int64_t read_clock_ms(clockid_t clock)
{
    struct timespec time;
    int failed = clock_gettime(clock, &time);
    assert(!failed);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

int64_t dr_real_clock_ms(void)
{
    return read_clock_ms(CLOCK_BOOTTIME);
}

static void read_clock(struct dr_real *real)
{
    int64_t now_ms = dr_real_clock_ms() + real->offset_ms;
    if (now_ms > real->now_ms)
        real->now_ms = now_ms;
}

static int64_t real_now(struct dr_runtime *runtime)
{
    return real_of(runtime)->now_ms;
}

void dr_runtime_real_not_before(struct dr_runtime *runtime, int64_t time_ms)
{
    struct dr_real *real = real_of(runtime);
    read_clock(real);
    if (time_ms <= real->now_ms)
        return;
    real->offset_ms += time_ms - real->now_ms;
    real->now_ms = time_ms;
}

static void real_random(struct dr_runtime *runtime, void *bytes, size_t size)
{
    (void)runtime;
    for (size_t done = 0; done < size;) {
        ssize_t got = getrandom((char *)bytes + done, size - done, 0);
        if (got > 0)
            done += (size_t)got;
        else if (errno != EINTR)
            abort(); /* there is no running without randomness, and it cannot fail on any Linux we support */
    }
}

/* --- Sources -------------------------------------------------------------------------------------------------------
 */

bool dr_real_add_source(struct dr_real *real, struct dr_source *source, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = source};
    return epoll_ctl(real->epoll_fd, EPOLL_CTL_ADD, source->fd, &event) == 0;
}

void dr_real_change_source(struct dr_real *real, struct dr_source *source, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = source};
    int failed = epoll_ctl(real->epoll_fd, EPOLL_CTL_MOD, source->fd, &event);
    assert(!failed);
}

void dr_real_close_source(struct dr_real *real, struct dr_source *source)
{
    if (source->fd < 0)
        return;
    epoll_ctl(real->epoll_fd, EPOLL_CTL_DEL, source->fd,
              NULL); /* a child that has not exec'd yet may share it, so close() may not be enough */
    close(source->fd);
    source->fd = -1;
}

/* --- Alarms --------------------------------------------------------------------------------------------------------
 */

void dr_real_clear_alarm(struct dr_real *real, struct dr_alarm *alarm)
{
    dr_heap_remove(&real->alarms, &alarm->item);
    dr_link_remove(&alarm->due);
}

void dr_real_set_alarm(struct dr_real *real, struct dr_alarm *alarm, int64_t at_ms)
{
    dr_real_clear_alarm(real, alarm);
    dr_heap_add(&real->alarms, &alarm->item, at_ms);
}

/* Those due are taken out first, so that one which is set again for now waits for the next turn. */
static void fire_alarms(struct dr_real *real)
{
    for (struct dr_heap_item *item; (item = dr_heap_first(&real->alarms)) && item->at_ms <= real->now_ms;) {
        dr_heap_remove(&real->alarms, item);
        dr_link_append(&real->due, &DR_OWNER(item, struct dr_alarm, item)->due);
    }
    while (!dr_link_empty(&real->due)) {
        struct dr_alarm *alarm = DR_OWNER(real->due.next, struct dr_alarm, due);
        dr_link_remove(&alarm->due);
        alarm->fire(real, alarm);
    }
}

/* --- Handles -------------------------------------------------------------------------------------------------------
 */

void dr_real_adopt(struct dr_real *real, struct dr_handle *handle)
{
    dr_link_append(&real->handles, &handle->link);
}

void dr_real_bury(struct dr_real *real, struct dr_handle *handle)
{
    handle->ended = true;
    dr_link_remove(&handle->link);
    dr_link_append(&real->buried, &handle->link);
}

static void free_buried(struct dr_real *real)
{
    while (!dr_link_empty(&real->buried)) {
        struct dr_handle *handle = DR_OWNER(real->buried.next, struct dr_handle, link);
        dr_link_remove(&handle->link);
        if (handle->release)
            handle->release(handle);
        free(handle);
    }
}

static void real_cancel(struct dr_runtime *runtime, struct dr_handle *handle)
{
    if (handle && !handle->ended)
        handle->cancel(real_of(runtime), handle);
}

void dr_real_refuse(struct dr_real *real, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    free(real->problem);
    real->problem = dr_format_list(format, arguments);
    real->runtime.problem = real->problem;
    va_end(arguments);
}

struct timer {
    struct dr_handle handle;
    struct dr_alarm alarm;
    dr_timer_fn *fn;
    void *data;
};

static void fire_timer(struct dr_real *real, struct dr_alarm *alarm)
{
    struct timer *timer = DR_OWNER(alarm, struct timer, alarm);
    dr_real_bury(real, &timer->handle);
    real->delivered++;
    timer->fn(timer->data);
}

static void cancel_timer(struct dr_real *real, struct dr_handle *handle)
{
    struct timer *timer = DR_OWNER(handle, struct timer, handle);
    dr_real_clear_alarm(real, &timer->alarm);
    dr_real_bury(real, handle);
}

static struct dr_handle *real_timer(struct dr_runtime *runtime, int64_t at_ms, dr_timer_fn *fn, void *data)
{
    struct timer *timer = dr_alloc(sizeof *timer);
    timer->handle.cancel = cancel_timer;
    timer->alarm.fire = fire_timer;
    timer->fn = fn;
    timer->data = data;
    dr_real_adopt(real_of(runtime), &timer->handle);
    dr_real_set_alarm(real_of(runtime), &timer->alarm, at_ms);
    return &timer->handle;
}

struct watch {
    struct dr_handle handle;
    struct dr_source source; /* the descriptor stays its owner's */
    dr_watch_fn *fn;
    void *data;
};

static void watch_ready(struct dr_real *real, struct dr_source *source, uint32_t events)
{
    struct watch *watch = DR_OWNER(source, struct watch, source);
    if (source->fd < 0)
        return;
    unsigned ready = 0;
    /* An error or a hang-up is found out by reading or writing. */
    if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        ready |= DR_READABLE;
    if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
        ready |= DR_WRITABLE;
    real->delivered++;
    watch->fn(watch->data, source->fd, ready);
}

static void cancel_watch(struct dr_real *real, struct dr_handle *handle)
{
    struct watch *watch = DR_OWNER(handle, struct watch, handle);
    epoll_ctl(real->epoll_fd, EPOLL_CTL_DEL, watch->source.fd,
              NULL); /* may fail: its owner may have closed it already */
    watch->source.fd = -1;
    dr_real_bury(real, handle);
}

static struct dr_handle *real_watch(struct dr_runtime *runtime, int fd, unsigned interest, dr_watch_fn *fn, void *data)
{
    struct dr_real *real = real_of(runtime);
    uint32_t events =
        (interest & DR_READABLE ? (uint32_t)EPOLLIN : 0) | (interest & DR_WRITABLE ? (uint32_t)EPOLLOUT : 0);
    struct watch *watch = dr_alloc(sizeof *watch);
    watch->handle.cancel = cancel_watch;
    watch->source = (struct dr_source){.fd = fd, .ready = watch_ready};
    watch->fn = fn;
    watch->data = data;
    if (!dr_real_add_source(real, &watch->source, events)) {
        dr_real_refuse(real, "descriptor %d cannot be watched: %s", fd, strerror(errno));
        free(watch);
        return NULL;
    }
    dr_real_adopt(real, &watch->handle);
    return &watch->handle;
}

/* --- Signals -------------------------------------------------------------------------------------------------------
 */

static void signals_ready(struct dr_real *real, struct dr_source *source, uint32_t events)
{
    (void)events;
    struct signalfd_siginfo info;
    while (read(source->fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGCHLD)
            dr_real_process_reap(real);
        else if (real->pending_signal_count < DR_SIGNALS_MAX)
            real->pending_signals[real->pending_signal_count++] = (int)info.ssi_signo;
    }
}

bool dr_real_take_sigchld(struct dr_real *real)
{
    sigset_t taken;
    sigemptyset(&taken);
    sigaddset(&taken, SIGCHLD);
    sigprocmask(SIG_BLOCK, &taken, NULL);
    sigaddset(&taken, SIGINT);
    sigaddset(&taken, SIGTERM);
    sigaddset(&taken, SIGHUP);
    return signalfd(real->signals.fd, &taken, SFD_NONBLOCK | SFD_CLOEXEC) >= 0;
}

static int real_signal(struct dr_runtime *runtime)
{
    struct dr_real *real = real_of(runtime);
    if (real->pending_signal_count == 0)
        return 0;
    int signal = real->pending_signals[0];
    real->pending_signal_count--;
    memmove(real->pending_signals, real->pending_signals + 1,
            real->pending_signal_count * sizeof *real->pending_signals);
    return signal;
}

/* --- The loop ------------------------------------------------------------------------------------------------------
 */

static void wakeup_ready(struct dr_real *real, struct dr_source *source, uint32_t events)
{
    (void)events;
    uint64_t expirations;
    ssize_t got = read(source->fd, &expirations, sizeof expirations);
    (void)got; /* it only had to wake us */
    real->wakeup_at_ms = INT64_MAX;
}

/* Waking up too early costs a turn, setting the timer costs a system call in each turn. So one that is set for an
 * earlier time stays. */
static void arm_wakeup(struct dr_real *real, int64_t wake_ms)
{
    if (real->wakeup_at_ms <= wake_ms)
        return;
    struct itimerspec at = {
        .it_value = {.tv_sec = (time_t)(wake_ms / 1000), .tv_nsec = (long)(wake_ms % 1000) * 1000000}};
    int failed = timerfd_settime(real->wakeup.fd, TFD_TIMER_ABSTIME, &at, NULL);
    assert(!failed);
    real->wakeup_at_ms = wake_ms;
}

/* How long epoll may sleep. */
static int sleep_ms(struct dr_real *real, int64_t until_ms)
{
    if (real->delivered > 0 || real->pending_signal_count > 0)
        return 0;
    const struct dr_heap_item *first = dr_heap_first(&real->alarms);
    if (first && first->at_ms < until_ms)
        until_ms = first->at_ms;
    int64_t clock_ms = dr_real_clock_ms(), wake_ms = INT64_MAX;
    if (until_ms != INT64_MAX)
        wake_ms = until_ms <= real->now_ms ? clock_ms : until_ms - real->offset_ms;
    int64_t http_ms = dr_real_http_due_ms(real);
    if (http_ms < wake_ms)
        wake_ms = http_ms;
    if (wake_ms <= clock_ms)
        return 0;
    if (wake_ms == INT64_MAX)
        return -1;
    if (wake_ms - clock_ms <= SHORT_SLEEP_MS)
        return (int)(wake_ms - clock_ms);
    arm_wakeup(real, wake_ms);
    return -1;
}

static void turn(struct dr_real *real, int64_t until_ms)
{
    struct epoll_event events[EVENTS_MAX];
    dr_real_http_turn(real); /* sends what was started since the last turn */
    int count = epoll_wait(real->epoll_fd, events, EVENTS_MAX, sleep_ms(real, until_ms));
    assert(count >= 0 || errno == EINTR);
    read_clock(real);
    for (int i = 0; i < count; i++) {
        struct dr_source *source = events[i].data.ptr;
        source->ready(real, source, events[i].events);
    }
    fire_alarms(real);
    dr_real_http_turn(real);
}

static bool real_wait(struct dr_runtime *runtime, int64_t until_ms)
{
    struct dr_real *real = real_of(runtime);
    free_buried(real);
    real->delivered = 0;
    do
        turn(real, until_ms);
    while (real->delivered == 0 && real->pending_signal_count == 0 && real->now_ms < until_ms);
    return true;
}

static bool real_simulates(const struct dr_runtime *runtime)
{
    (void)runtime;
    return false;
}

/* --- Life ----------------------------------------------------------------------------------------------------------
 */

static void cancel_all(struct dr_real *real)
{
    while (!dr_link_empty(&real->handles)) {
        struct dr_handle *handle = DR_OWNER(real->handles.next, struct dr_handle, link);
        handle->cancel(real, handle);
    }
}

static void let_processes_end(struct dr_real *real)
{
    const int64_t patience_ms = 6000; /* a second more than cancelled processes have */
    int64_t until_ms = real->now_ms + patience_ms;
    while (dr_real_process_dying(real) && real->now_ms < until_ms)
        turn(real, until_ms);
    dr_real_process_kill_all(real);
}

static void restore_process(struct dr_real *real)
{
    setrlimit(RLIMIT_NOFILE, &real->files_before);
    sigaction(SIGPIPE, &real->pipe_before, NULL);
    sigprocmask(SIG_SETMASK, &real->mask_before, NULL);
}

static void real_free(struct dr_runtime *runtime)
{
    struct dr_real *real = real_of(runtime);
    cancel_all(real);
    let_processes_end(real);
    dr_real_http_done(real);
    free_buried(real);
    dr_heap_done(&real->alarms);
    dr_real_close_source(real, &real->signals);
    dr_real_close_source(real, &real->wakeup);
    if (real->epoll_fd >= 0)
        close(real->epoll_fd);
    restore_process(real);
    free(real->problem);
    free(real);
}

static const struct dr_runtime_ops real_ops = {
    .name = "real",
    .now_ms = real_now,
    .random = real_random,
    .wait = real_wait,
    .http = dr_real_http,
    .process = dr_real_process,
    .watch = real_watch,
    .timer = real_timer,
    .cancel = real_cancel,
    .signal = real_signal,
    .simulates = real_simulates,
    .free = real_free,
};

static void raise_file_limit(struct dr_real *real)
{
    struct rlimit files = {.rlim_cur = 1024, .rlim_max = 1024};
    getrlimit(RLIMIT_NOFILE, &files);
    real->files_before = files;
    files.rlim_cur = files.rlim_max < FILES_MAX ? files.rlim_max : FILES_MAX;
    if (files.rlim_cur > real->files_before.rlim_cur && setrlimit(RLIMIT_NOFILE, &files) == 0)
        real->files_max = files.rlim_cur;
    else
        real->files_max = real->files_before.rlim_cur;
}

static void take_signals(struct dr_real *real, sigset_t *ret_taken)
{
    sigemptyset(ret_taken);
    sigaddset(ret_taken, SIGINT);
    sigaddset(ret_taken, SIGTERM);
    sigaddset(ret_taken, SIGHUP);
    sigprocmask(SIG_BLOCK, ret_taken, &real->mask_before);
    sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, &real->pipe_before);
}

struct dr_runtime *dr_runtime_real_new(char **ret_problem)
{
    struct dr_real *real = dr_alloc(sizeof *real);
    real->runtime.ops = &real_ops;
    real->wakeup_at_ms = INT64_MAX;
    dr_link_init(&real->due);
    dr_link_init(&real->handles);
    dr_link_init(&real->buried);
    dr_link_init(&real->processes);
    real->now_ms = read_clock_ms(CLOCK_REALTIME);
    real->offset_ms = real->now_ms - dr_real_clock_ms();
    raise_file_limit(real);
    sigset_t taken;
    take_signals(real, &taken);
    real->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    real->signals = (struct dr_source){.fd = signalfd(-1, &taken, SFD_NONBLOCK | SFD_CLOEXEC), .ready = signals_ready};
    real->wakeup =
        (struct dr_source){.fd = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC), .ready = wakeup_ready};
    if (real->epoll_fd < 0 || real->signals.fd < 0 || real->wakeup.fd < 0 ||
        !dr_real_add_source(real, &real->signals, EPOLLIN) || !dr_real_add_source(real, &real->wakeup, EPOLLIN)) {
        *ret_problem = dr_format("the event loop cannot be set up: %s", strerror(errno));
        real_free(&real->runtime);
        return NULL;
    }
    return &real->runtime;
}
