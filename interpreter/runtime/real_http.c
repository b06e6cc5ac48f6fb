/* HTTP on libcurl's multi handle: which exchange goes out when, and how libcurl's sockets and timer join the loop.
 *
 * A host that hangs must not starve the others, and ten thousand requests must not need ten thousand connections. So
 * each host has its own queue and a limit of exchanges under way; the hosts that wait for the overall limit take turns.
 */
#include "interpreter/base/text.h"
#include "interpreter/runtime/exchange.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

enum {
    TIMEOUT_MS = 60000,
    PER_HOST_MAX = 256,
    TOTAL_MAX = 2048,
    HOST_BUCKETS = 256,
    BODY_BYTES_KEPT = 256 << 10, /* by a line that is free */
};

struct dr_http_host { /* by scheme, name and port; kept for ever: a run talks to few */
    struct dr_http_host *next;
    struct dr_link ready; /* in dr_http_engine.ready, when it has exchanges waiting and may start one */
    struct dr_link waiting;
    size_t active;
    size_t origin_size;
    char origin[];
};

struct dr_http_engine {
    struct dr_real *real;
    const struct dr_curl *curl;
    CURLM *multi;
    CURLSH *share;  /* TLS sessions: a new connection to a host goes on with the session of an old one */
    int64_t due_ms; /* on dr_real_clock_ms(); INT64_MIN: at once; INT64_MAX: never */
    struct dr_line *free_lines;
    struct dr_link ready;
    size_t active, active_max;
    struct dr_http_host *hosts[HOST_BUCKETS];
};

/* --- libcurl's sockets and timer
 * -------------------------------------------------------------------------------------- */

struct socket { /* buried like a handle */
    struct dr_handle handle;
    struct dr_source source;
};

static void socket_ready(struct dr_real *real, struct dr_source *source, uint32_t events)
{
    if (source->fd < 0)
        return;
    int ready = (events & EPOLLIN ? CURL_CSELECT_IN : 0) | (events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                (events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
    int running;
    real->http->curl->multi_socket_action(real->http->multi, source->fd, ready, &running);
}

static void forget_socket(struct dr_http_engine *engine, struct socket *socket)
{
    epoll_ctl(engine->real->epoll_fd, EPOLL_CTL_DEL, socket->source.fd, NULL); /* libcurl closes it, later or never */
    socket->source.fd = -1;
    dr_real_bury(engine->real, &socket->handle);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *data, void *socket_data)
{
    (void)easy;
    struct dr_http_engine *engine = data;
    struct socket *socket = socket_data;
    if (what == CURL_POLL_REMOVE) {
        if (socket)
            forget_socket(engine, socket);
        return 0;
    }
    uint32_t events = (what & CURL_POLL_IN ? (uint32_t)EPOLLIN : 0) | (what & CURL_POLL_OUT ? (uint32_t)EPOLLOUT : 0);
    if (socket) {
        dr_real_change_source(engine->real, &socket->source, events);
        return 0;
    }
    socket = dr_alloc(sizeof *socket);
    socket->source = (struct dr_source){.fd = fd, .ready = socket_ready};
    if (!dr_real_add_source(engine->real, &socket->source, events))
        abort(); /* only the kernel's memory or its limit of watches can be the reason */
    engine->curl->multi_assign(engine->multi, fd, socket);
    return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *data)
{
    (void)multi;
    struct dr_http_engine *engine = data;
    if (timeout_ms < 0)
        engine->due_ms = INT64_MAX;
    else
        engine->due_ms = timeout_ms == 0 ? INT64_MIN : dr_real_clock_ms() + timeout_ms;
    return 0;
}

int64_t dr_real_http_due_ms(const struct dr_real *real)
{
    return real->http ? real->http->due_ms : INT64_MAX;
}

/* --- Hosts
 * ------------------------------------------------------------------------------------------------------------ */

static size_t origin_size(const char *url)
{
    const char *authority = strstr(url, "://");
    authority = authority ? authority + 3 : url;
    return (size_t)(authority - url) + strcspn(authority, "/?#");
}

static struct dr_http_host *find_host(struct dr_http_engine *engine, const char *url)
{
    size_t size = origin_size(url);
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (unsigned char)url[i]) * 16777619u;
    struct dr_http_host **bucket = &engine->hosts[hash % HOST_BUCKETS];
    for (struct dr_http_host *host = *bucket; host; host = host->next)
        if (host->origin_size == size && memcmp(host->origin, url, size) == 0)
            return host;
    struct dr_http_host *host = dr_alloc(sizeof *host + size);
    memcpy(host->origin, url, size);
    host->origin_size = size;
    dr_link_init(&host->waiting);
    host->next = *bucket;
    *bucket = host;
    return host;
}

/* Puts the host where it belongs after its queue or its count has changed. */
static void sort_in(struct dr_http_engine *engine, struct dr_http_host *host)
{
    bool wants = !dr_link_empty(&host->waiting) && host->active < PER_HOST_MAX;
    if (wants && !host->ready.next)
        dr_link_append(&engine->ready, &host->ready);
    else if (!wants)
        dr_link_remove(&host->ready);
}

/* --- Exchanges
 * -------------------------------------------------------------------------------------------------------- */

static void launch(struct dr_http_engine *engine, struct dr_exchange *exchange)
{
    struct dr_line *line = engine->free_lines;
    if (line)
        engine->free_lines = line->next_free;
    else
        line = dr_line_new(engine->curl, engine->share);
    engine->active++;
    exchange->host->active++;
    dr_line_begin(line, exchange);
    if (engine->curl->multi_add_handle(engine->multi, line->easy) != CURLM_OK)
        abort(); /* out of memory: it is a handle of ours, and not in use */
}

static void launch_waiting(struct dr_http_engine *engine)
{
    while (!dr_link_empty(&engine->ready) && engine->active < engine->active_max) {
        struct dr_http_host *host = DR_OWNER(engine->ready.next, struct dr_http_host, ready);
        struct dr_exchange *exchange = DR_OWNER(host->waiting.next, struct dr_exchange, waiting);
        dr_link_remove(&exchange->waiting);
        launch(engine, exchange);
        dr_link_remove(&host->ready); /* to the end of the line */
        sort_in(engine, host);
    }
}

static void enqueue(struct dr_http_engine *engine, struct dr_exchange *exchange)
{
    exchange->host = find_host(engine, exchange->request.url);
    dr_link_append(&exchange->host->waiting, &exchange->waiting);
    sort_in(engine, exchange->host);
    launch_waiting(engine);
}

/* Takes the line off the exchange; its answer stays readable until it is given back. */
static struct dr_line *detach(struct dr_http_engine *engine, struct dr_exchange *exchange)
{
    struct dr_line *line = exchange->line;
    struct dr_http_host *host = exchange->host;
    if (line) {
        engine->curl->multi_remove_handle(engine->multi, line->easy);
        line->exchange = NULL;
        exchange->line = NULL;
        engine->active--;
        host->active--;
    }
    dr_link_remove(&exchange->waiting);
    sort_in(engine, host);
    return line;
}

static void give_back(struct dr_http_engine *engine, struct dr_line *line)
{
    if (!line)
        return;
    if (line->body.capacity > BODY_BYTES_KEPT)
        dr_text_done(&line->body);
    line->next_free = engine->free_lines;
    engine->free_lines = line;
}

static void release_exchange(struct dr_handle *handle)
{
    struct dr_exchange *exchange = DR_OWNER(handle, struct dr_exchange, handle);
    explicit_bzero(exchange->block, exchange->block_size);
    free(exchange->redirected_to);
}

static void deliver(struct dr_http_engine *engine, struct dr_exchange *exchange,
                    const struct dr_http_response *response)
{
    struct dr_real *real = engine->real;
    dr_real_clear_alarm(real, &exchange->timeout);
    struct dr_line *line = detach(engine, exchange);
    dr_real_bury(real, &exchange->handle);
    real->delivered++;
    exchange->fn(exchange->data, response);
    give_back(engine, line);
    launch_waiting(engine);
}

static void complete(struct dr_http_engine *engine, struct dr_exchange *exchange, CURLcode result)
{
    struct dr_http_response response;
    dr_line_answer(exchange->line, result, &response);
    if (!dr_exchange_redirect(exchange, &response)) {
        deliver(engine, exchange, &response);
        return;
    }
    give_back(engine, detach(engine, exchange));
    enqueue(engine, exchange);
}

static void time_out(struct dr_real *real, struct dr_alarm *alarm)
{
    struct dr_exchange *exchange = DR_OWNER(alarm, struct dr_exchange, timeout);
    int64_t elapsed_ms = dr_real_clock_ms() - exchange->started_ms;
    struct dr_http_response response = {.status_text = "", .body = "", .remote_address = "", .total_ms = elapsed_ms};
    if (exchange->line)
        dr_line_answer(exchange->line, CURLE_OPERATION_TIMEDOUT, &response);
    char *problem =
        dr_format(exchange->line ? "no complete answer within %lld ms" : "waiting for a free connection for %lld ms",
                  (long long)(exchange->request.timeout_ms ? exchange->request.timeout_ms : TIMEOUT_MS));
    response.timed_out = true;
    response.problem = problem;
    deliver(real->http, exchange, &response);
    free(problem);
}

static void cancel_exchange(struct dr_real *real, struct dr_handle *handle)
{
    struct dr_exchange *exchange = DR_OWNER(handle, struct dr_exchange, handle);
    dr_real_clear_alarm(real, &exchange->timeout);
    give_back(real->http, detach(real->http, exchange));
    dr_real_bury(real, handle);
    launch_waiting(real->http);
}

void dr_real_http_turn(struct dr_real *real)
{
    struct dr_http_engine *engine = real->http;
    if (!engine)
        return;
    int running, left;
    if (engine->due_ms != INT64_MAX && engine->due_ms <= dr_real_clock_ms()) {
        engine->due_ms = INT64_MAX;
        engine->curl->multi_socket_action(engine->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    for (CURLMsg *message; (message = engine->curl->multi_info_read(engine->multi, &left));) {
        char *line = NULL;
        assert(message->msg == CURLMSG_DONE);
        engine->curl->easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &line);
        complete(engine, ((struct dr_line *)(void *)line)->exchange, message->data.result);
    }
}

/* --- Start and end
 * ---------------------------------------------------------------------------------------------------- */

static struct dr_http_engine *start_engine(struct dr_real *real)
{
    char *problem = NULL;
    const struct dr_curl *curl = dr_curl_load(&problem);
    if (!curl) {
        dr_real_refuse(real, "%s", problem);
        free(problem);
        return NULL;
    }
    struct dr_http_engine *engine = dr_alloc(sizeof *engine);
    engine->real = real;
    engine->curl = curl;
    engine->due_ms = INT64_MAX;
    engine->active_max = real->files_max / 2 < TOTAL_MAX ? real->files_max / 2 : TOTAL_MAX;
    dr_link_init(&engine->ready);
    engine->multi = curl->multi_init();
    engine->share = curl->share_init();
    if (!engine->multi || !engine->share)
        abort(); /* out of memory */
    curl->share_setopt(engine->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    curl->multi_setopt(engine->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl->multi_setopt(engine->multi, CURLMOPT_SOCKETDATA, engine);
    curl->multi_setopt(engine->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl->multi_setopt(engine->multi, CURLMOPT_TIMERDATA, engine);
    curl->multi_setopt(engine->multi, CURLMOPT_MAXCONNECTS, (long)engine->active_max);
    real->http = engine;
    return engine;
}

struct dr_handle *dr_real_http(struct dr_runtime *runtime, const struct dr_http_request *request, dr_http_fn *fn,
                               void *data)
{
    struct dr_real *real = (struct dr_real *)(void *)runtime;
    struct dr_http_engine *engine = real->http ? real->http : start_engine(real);
    if (!engine)
        return NULL;
    const char *problem;
    struct dr_exchange *exchange = dr_exchange_new(request, &problem);
    if (!exchange) {
        dr_real_refuse(real, "%s", problem);
        return NULL;
    }
    exchange->handle.cancel = cancel_exchange;
    exchange->handle.release = release_exchange;
    exchange->timeout.fire = time_out;
    exchange->fn = fn;
    exchange->data = data;
    exchange->started_ms = dr_real_clock_ms();
    dr_real_adopt(real, &exchange->handle);
    int64_t timeout_ms = request->timeout_ms > 0 ? request->timeout_ms : TIMEOUT_MS;
    dr_real_set_alarm(real, &exchange->timeout, exchange->started_ms + real->offset_ms + timeout_ms);
    enqueue(engine, exchange);
    return &exchange->handle;
}

void dr_real_http_done(struct dr_real *real)
{
    struct dr_http_engine *engine = real->http;
    if (!engine)
        return;
    assert(engine->active == 0);
    for (struct dr_line *line; (line = engine->free_lines);) {
        engine->free_lines = line->next_free;
        dr_line_free(line);
    }
    engine->curl->multi_cleanup(engine->multi);
    engine->curl->share_cleanup(engine->share);
    for (size_t i = 0; i < HOST_BUCKETS; i++)
        for (struct dr_http_host *host; (host = engine->hosts[i]);) {
            engine->hosts[i] = host->next;
            free(host);
        }
    free(engine);
    real->http = NULL;
}
