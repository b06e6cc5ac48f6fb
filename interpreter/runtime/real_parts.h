/* What the parts of the real runtime (real.c, real_http.c, real_process.c) share.
 *
 * Memory: a callback may cancel anything, also what has an event waiting in the same turn. So a handle that ends is
 * only buried; its memory goes when the next turn begins.
 */
#ifndef DRRUN_RUNTIME_REAL_PARTS_H
#define DRRUN_RUNTIME_REAL_PARTS_H

#include "interpreter/runtime/heap.h"
#include "interpreter/runtime/list.h"
#include "interpreter/runtime/real.h"

#include <signal.h>
#include <sys/resource.h>

struct dr_real;

/* What epoll watches. `ready` must cope with an event for a source that was closed earlier in the same turn (fd < 0).
 */
struct dr_source {
    int fd;
    void (*ready)(struct dr_real *real, struct dr_source *source, uint32_t events);
};

struct dr_alarm { /* zero-initialise, but for `fire` */
    struct dr_heap_item item;
    struct dr_link due; /* in dr_real.due once its time has come, until it has fired */
    void (*fire)(struct dr_real *real, struct dr_alarm *alarm);
};

struct dr_handle { /* the first member of every kind */
    void (*cancel)(struct dr_real *real, struct dr_handle *handle);
    void (*release)(struct dr_handle *handle); /* frees what it owns; the handle itself is free()d by the caller */
    bool ended;                                /* completed or cancelled: cancel does nothing more */
    struct dr_link link;                       /* in dr_real.handles, later in dr_real.buried */
};

enum { DR_SIGNALS_MAX = 16 };

struct dr_real {
    struct dr_runtime runtime;
    int epoll_fd;
    struct dr_source signals, wakeup; /* a signalfd, and a timerfd on CLOCK_BOOTTIME for long sleeps */
    int64_t now_ms, offset_ms;        /* now = CLOCK_BOOTTIME + offset */
    int64_t wakeup_at_ms;             /* what `wakeup` is set to, on dr_real_clock_ms(); INT64_MAX: it is not */
    struct dr_heap alarms;
    struct dr_link due, handles, buried;
    unsigned delivered; /* callbacks made in this turn */
    int pending_signals[DR_SIGNALS_MAX];
    size_t pending_signal_count;
    char *problem;
    struct dr_http_engine *http; /* NULL until first used */
    struct dr_link processes;
    bool without_pidfds; /* Linux before 5.3, or a sandbox: SIGCHLD tells instead */
    sigset_t mask_before;
    struct sigaction pipe_before;
    struct rlimit files_before;
    size_t files_max;
};

/* real.c */
int64_t dr_real_clock_ms(void); /* CLOCK_BOOTTIME */
bool dr_real_add_source(struct dr_real *real, struct dr_source *source, uint32_t events);
void dr_real_change_source(struct dr_real *real, struct dr_source *source, uint32_t events);
void dr_real_close_source(struct dr_real *real, struct dr_source *source);           /* takes it out and closes it */
void dr_real_set_alarm(struct dr_real *real, struct dr_alarm *alarm, int64_t at_ms); /* replaces the time set before */
void dr_real_clear_alarm(struct dr_real *real, struct dr_alarm *alarm);
void dr_real_adopt(struct dr_real *real, struct dr_handle *handle); /* it is under way */
void dr_real_bury(struct dr_real *real, struct dr_handle *handle);  /* it has ended */
bool dr_real_take_sigchld(struct dr_real *real); /* from now on SIGCHLD calls dr_real_process_reap() */
void dr_real_refuse(struct dr_real *real, const char *format, ...)
    __attribute__((format(printf, 2, 3))); /* sets the problem */

/* real_http.c */
struct dr_handle *dr_real_http(struct dr_runtime *runtime, const struct dr_http_request *request, dr_http_fn *fn,
                               void *data);
int64_t dr_real_http_due_ms(const struct dr_real *real); /* on dr_real_clock_ms(); INT64_MAX: nothing */
void dr_real_http_turn(struct dr_real *real);            /* does what is due, delivers what is complete */
void dr_real_http_done(struct dr_real *real);

/* real_process.c */
struct dr_handle *dr_real_process(struct dr_runtime *runtime, const struct dr_process_request *request,
                                  dr_process_fn *fn, void *data);
void dr_real_process_reap(struct dr_real *real);        /* after a SIGCHLD, where there are no pidfds */
bool dr_real_process_dying(const struct dr_real *real); /* cancelled ones are still there */
void dr_real_process_kill_all(struct dr_real *real);    /* no more patience: SIGKILL */

#endif
