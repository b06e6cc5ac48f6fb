#include "providers/dns/resolver.h"

#include "interpreter/base/text.h"

#include <stdlib.h>

/* As DNS Flag Day 2020 recommends: it passes without fragmentation. */
enum { UDP_PAYLOAD_BYTES = 1232, TRY_MS_MIN = 50 };

struct watched {
    int fd;
    struct dr_handle *handle;
};

struct dr_resolver {
    struct dr_runtime *runtime;
    const struct dr_cares *cares;
    ares_channel channel;
    struct watched *watched;
    size_t count, capacity;
    struct dr_handle *timer;
    void (*turn)(void *data);
    void *data;
};

/* The timer follows whatever c-ares waits for next. */
static void timer_due(void *data);

static void arm_timer(struct dr_resolver *resolver)
{
    struct timeval left;
    if (resolver->timer)
        resolver->runtime->ops->cancel(resolver->runtime, resolver->timer);
    resolver->timer = NULL;
    if (!resolver->cares->ares_timeout(resolver->channel, NULL, &left))
        return; /* nothing under way */
    /* Rounded up, so that c-ares' own clock agrees that the time has come. */
    int64_t wait_ms = (int64_t)left.tv_sec * 1000 + left.tv_usec / 1000 + 1;
    resolver->timer = resolver->runtime->ops->timer(
        resolver->runtime, resolver->runtime->ops->now_ms(resolver->runtime) + wait_ms, timer_due, resolver);
}

static void take_turn(struct dr_resolver *resolver, ares_socket_t readable, ares_socket_t writable)
{
    resolver->cares->ares_process_fd(resolver->channel, readable, writable);
    arm_timer(resolver);
    resolver->turn(resolver->data); /* may free the resolver */
}

static void timer_due(void *data)
{
    struct dr_resolver *resolver = data;
    resolver->timer = NULL;
    take_turn(resolver, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

static void socket_ready(void *data, int fd, unsigned ready)
{
    take_turn(data, ready & DR_READABLE ? fd : ARES_SOCKET_BAD, ready & DR_WRITABLE ? fd : ARES_SOCKET_BAD);
}

/* c-ares says what it now waits for on a socket; neither means that it is about to close it. */
static void socket_changed(void *data, ares_socket_t fd, int readable, int writable)
{
    struct dr_resolver *resolver = data;
    size_t i = 0;
    while (i < resolver->count && resolver->watched[i].fd != fd)
        i++;
    if (i < resolver->count) {
        resolver->runtime->ops->cancel(resolver->runtime, resolver->watched[i].handle);
        resolver->watched[i] = resolver->watched[--resolver->count];
    }
    unsigned interest = (readable ? DR_READABLE : 0u) | (writable ? DR_WRITABLE : 0u);
    if (!interest)
        return;
    if (resolver->count == resolver->capacity) {
        resolver->capacity = resolver->capacity ? 2 * resolver->capacity : 4;
        resolver->watched = dr_resize(resolver->watched, resolver->capacity, sizeof *resolver->watched);
    }
    /* A refused watch (no descriptors left) shows as a time-out: the socket is never found ready. */
    struct dr_handle *handle = resolver->runtime->ops->watch(resolver->runtime, fd, interest, socket_ready, resolver);
    if (handle)
        resolver->watched[resolver->count++] = (struct watched){fd, handle};
}

/* c-ares doubles the time of each round: with n tries they add up to (2^n - 1) times the first. */
static int first_try_ms(const struct dr_resolver_options *options)
{
    int64_t ms = options->timeout_ms / ((INT64_C(1) << options->tries) - 1);
    return ms < TRY_MS_MIN ? TRY_MS_MIN : ms > INT32_MAX ? INT32_MAX : (int)ms;
}

struct dr_resolver *dr_resolver_new(struct dr_runtime *runtime, const struct dr_resolver_options *options,
                                    void (*turn)(void *data), void *data, char **ret_problem)
{
    const char *missing;
    const struct dr_cares *cares = dr_cares(&missing);
    if (!cares) {
        *ret_problem = dr_copy_string(missing);
        return NULL;
    }
    struct dr_resolver *resolver = dr_alloc(sizeof *resolver);
    *resolver = (struct dr_resolver){.runtime = runtime, .cares = cares, .turn = turn, .data = data};
    struct ares_options wanted = {
        .flags =
            ARES_FLAG_EDNS | (options->tcp ? ARES_FLAG_USEVC : 0) | (options->first_answer ? ARES_FLAG_NOCHECKRESP : 0),
        .timeout = first_try_ms(options),
        .tries = options->tries,
        .ednspsz = UDP_PAYLOAD_BYTES,
        .sock_state_cb = socket_changed,
        .sock_state_cb_data = resolver,
    };
    int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_EDNSPSZ | ARES_OPT_SOCK_STATE_CB;
    int status = cares->ares_init_options(&resolver->channel, &wanted, mask);
    if (status != ARES_SUCCESS) {
        *ret_problem = dr_format("the resolver cannot be set up: %s", cares->ares_strerror(status));
        free(resolver);
        return NULL;
    }
    status = options->servers ? cares->ares_set_servers_ports_csv(resolver->channel, options->servers) : ARES_SUCCESS;
    if (status != ARES_SUCCESS) {
        *ret_problem = dr_format("%s: %s", options->servers, cares->ares_strerror(status));
        dr_resolver_free(resolver);
        return NULL;
    }
    return resolver;
}

ares_channel dr_resolver_channel(const struct dr_resolver *resolver)
{
    return resolver->channel;
}

void dr_resolver_go(struct dr_resolver *resolver)
{
    arm_timer(resolver);
}

void dr_resolver_free(struct dr_resolver *resolver)
{
    if (!resolver)
        return;
    resolver->cares->ares_destroy(resolver->channel); /* closes its sockets, each with a last socket_changed() */
    for (size_t i = 0; i < resolver->count; i++)
        resolver->runtime->ops->cancel(resolver->runtime, resolver->watched[i].handle);
    if (resolver->timer)
        resolver->runtime->ops->cancel(resolver->runtime, resolver->timer);
    free(resolver->watched);
    free(resolver);
}
