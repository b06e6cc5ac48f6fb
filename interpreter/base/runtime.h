/* The runtime: everything that is not a pure function. Clock, timers, randomness, HTTP, processes and sockets all go
 * through this one table, so that a whole execution, crashes included, can be simulated from a seed.
 *
 * Two implementations: the real one (runtime/real.c: epoll, libcurl's multi handle, pidfd, signalfd) and the virtual
 * one (runtime/virtual.c: time jumps to the next timer; what is not simulated fails and says so).
 *
 * Rules:
 * - Single-threaded. Callbacks are made only from within dr_runtime_wait(), never from within a start function, so a
 * caller never sees its own completion re-entrantly.
 * - Exactly one completion per start, except after a cancel: then none.
 * - Time is monotone: dr_runtime_now() never goes back, even if the system's clock does; it is read from the system
 * once per turn.
 */
#ifndef DRRUN_BASE_RUNTIME_H
#define DRRUN_BASE_RUNTIME_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct dr_runtime;

/* --- HTTP ---------------------------------------------------------------------------------------------------- */

struct dr_http_header {
    const char *name, *value;
};

struct dr_http_request { /* everything is borrowed, and copied by the start function */
    const char *method;  /* "GET", "POST", ... */
    const char *url;     /* absolute; already percent-encoded; sent as it is */
    const struct dr_http_header *headers;
    size_t header_count;
    const char *body; /* NULL: none */
    size_t body_size;
    int64_t timeout_ms;                                /* the whole exchange; 0: the default of 60 s */
    int64_t connect_timeout_ms;                        /* 0: the default of 10 s */
    size_t body_bytes_max;                             /* of the answer; 0: DR_OUTPUT_BYTES_MAX; more is an error */
    const char *ca_file, *certificate_file, *key_file; /* PEM; NULL: the system's roots, no client certificate */
    const char *resolve;                               /* "host:port:address" override as in CURLOPT_RESOLVE, or NULL */
    bool insecure;          /* TLS is not verified: only when the runbook says so in as many words */
    bool past_proxy;        /* never through a configured proxy: what answers stands beside this machine */
    unsigned redirects_max; /* 0: redirects are not followed */
};

/* How far the exchange got, which decides whether the outcome is known. */
enum dr_reach {
    DR_REACH_NOTHING, /* no byte of the request left: it certainly had no effect */
    DR_REACH_SENT,    /* (part of) the request left and no complete answer came: the outcome is unknown */
    DR_REACH_ANSWER,  /* a complete answer came */
};

struct dr_http_response { /* borrowed by the callback, valid during it */
    enum dr_reach reach;
    int status;                           /* 0 unless an answer came */
    const char *status_text;              /* "OK"; "" where HTTP/2 has none */
    const struct dr_http_header *headers; /* in the order received, names as received */
    size_t header_count;
    const char *body;
    size_t body_size;
    const char *problem; /* NULL, or why there is no complete answer: "Couldn't connect to server: 127.0.0.1:81:
                            Connection refused" */
    bool timed_out;
    bool cut; /* `body_bytes_max` was exceeded: status and headers are the server's, the body is incomplete */
    int64_t total_ms, connect_ms, first_byte_ms;
    const char *remote_address; /* "" if never connected */
};

typedef void dr_http_fn(void *data, const struct dr_http_response *response);

/* --- Processes ------------------------------------------------------------------------------------------------- */

struct dr_process_request {         /* borrowed, copied */
    const char *const *argv;        /* argv[0] is looked up in PATH; NULL-terminated */
    const char *const *environment; /* the whole environment, "K=V", NULL-terminated; NULL: ours */
    const char *directory;          /* NULL: ours */
    const char *input;              /* stdin; NULL: /dev/null */
    size_t input_size;
    size_t output_bytes_max; /* for stdout and stderr each; what is beyond is read and dropped, and flagged; 0:
                                DR_OUTPUT_BYTES_MAX */
};

struct dr_process_result { /* borrowed by the callback */
    const char *problem;   /* it could not be started: "nosuch: No such file or directory"; then nothing else is set */
    int exit_status;       /* -1 if a signal ended it */
    int signal;            /* 0 if it exited */
    const char *output, *errors;
    size_t output_size, errors_size;
    bool output_cut, errors_cut;
};

typedef void dr_process_fn(void *data, const struct dr_process_result *result);

/* --- Sockets that a client library owns (libpq, c-ares) and timers -------------------------------------------------
 */

enum { DR_READABLE = 1, DR_WRITABLE = 2 };
typedef void dr_watch_fn(void *data, int fd, unsigned ready);
typedef void dr_timer_fn(void *data);

/* --- The table ------------------------------------------------------------------------------------------------- */

struct dr_handle; /* something under way; its meaning is the runtime's */

struct dr_runtime_ops {
    const char *name;
    int64_t (*now_ms)(struct dr_runtime *);
    void (*random)(struct dr_runtime *, void *bytes, size_t size);
    /* Sleeps until something is due, at most until `until_ms` (INT64_MAX: no limit), reads the clock, makes the
     * callbacks. Returns false when nothing can ever happen any more (virtual time only: no timer, nothing under way).
     */
    bool (*wait)(struct dr_runtime *, int64_t until_ms);
    struct dr_handle *(*http)(struct dr_runtime *, const struct dr_http_request *, dr_http_fn *, void *data);
    struct dr_handle *(*process)(struct dr_runtime *, const struct dr_process_request *, dr_process_fn *, void *data);
    struct dr_handle *(*watch)(struct dr_runtime *, int fd, unsigned interest, dr_watch_fn *,
                               void *data); /* level-triggered until cancelled */
    struct dr_handle *(*timer)(struct dr_runtime *, int64_t at_ms, dr_timer_fn *, void *data); /* once */
    /* Only where requests are simulated: what a resolver without a cache is told, {"Status", "Answers"} as dns:query
     * gives it, a new reference; NULL: nothing is simulated, or nobody has that name. The op itself is NULL elsewhere.
     */
    json_t *(*resolve)(struct dr_runtime *, const char *name, const char *type);
    /* Ends it without a callback. A process gets SIGTERM, then SIGKILL after 5 s, to its whole group. A request is
     * aborted. NULL is fine. */
    void (*cancel)(struct dr_runtime *, struct dr_handle *);
    /* The signal that asks to stop (SIGINT, SIGTERM, SIGHUP), 0 if none; reading it clears it. */
    int (*signal)(struct dr_runtime *);
    bool (*simulates)(const struct dr_runtime *); /* true: no real request, process or socket is ever touched */
    void (*free)(struct dr_runtime *);
};

struct dr_runtime { /* the first member of an implementation's own struct */
    const struct dr_runtime_ops *ops;
    const char *problem; /* why the last start function returned NULL; owned by the implementation */
};

/* What start functions return NULL for (out of descriptors, no such runtime feature), they say here; a static or
 * runtime-owned string. */
const char *dr_runtime_problem(const struct dr_runtime *runtime);

/* Short hands for the table. */
static inline int64_t dr_runtime_now(struct dr_runtime *runtime)
{
    return runtime->ops->now_ms(runtime);
}
static inline bool dr_runtime_wait(struct dr_runtime *runtime, int64_t until_ms)
{
    return runtime->ops->wait(runtime, until_ms);
}
static inline struct dr_handle *dr_runtime_timer(struct dr_runtime *runtime, int64_t at_ms, dr_timer_fn *fn, void *data)
{
    return runtime->ops->timer(runtime, at_ms, fn, data);
}
static inline void dr_runtime_cancel(struct dr_runtime *runtime, struct dr_handle *handle)
{
    runtime->ops->cancel(runtime, handle);
}
static inline void dr_runtime_free(struct dr_runtime *runtime) /* NULL is fine */
{
    if (runtime)
        runtime->ops->free(runtime);
}

#endif
