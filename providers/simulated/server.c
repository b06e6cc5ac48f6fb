/* The simulated cloud on a socket: connections, and what faults do to them. */
#include "providers/simulated/server.h"

#include "interpreter/base/text.h"
#include "providers/simulated/cloud_parts.h"
#include "providers/simulated/http_reader.h"
#include "providers/simulated/listen.h"
#include "providers/simulated/server_parts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTIONS_MAX 1000
#define IDLE_MS (5 * 60 * 1000)
#define LEAVE_MS 2000
#define READ_BYTES 65536
#define CONTINUE "HTTP/1.1 100 Continue\r\n\r\n"

/* How an exchange ends. */
enum end {
    KEEP,  /* the next request is read */
    CLOSE, /* after all has been sent */
    RESET, /* at once, with a TCP reset */
};

struct connection {
    struct dr_sim_server *server;
    struct dr_link link;
    int fd;
    bool loopback;
    struct dr_handle *watch, *timer; /* timer: idleness, or an answer that takes its time */
    unsigned interest;
    struct dr_sim_reader reader;
    bool answering; /* the next request has to wait */
    bool silent;    /* this one is never answered */
    struct dr_text out;
    size_t sent;
    enum end end;
};

int64_t dr_sim_server_now(struct dr_sim_server *server)
{
    double gone = (double)(dr_runtime_now(server->runtime) - server->began_ms) * server->speed;
    return server->cloud_began_ms + server->ahead_ms + (int64_t)gone;
}

/* --- One connection's end -------------------------------------------------------------------------------------------
 */

static void drop(struct connection *connection, bool reset)
{
    struct dr_sim_server *server = connection->server;
    dr_runtime_cancel(server->runtime, connection->watch);
    dr_runtime_cancel(server->runtime, connection->timer);
    if (reset) {
        const struct linger now = {.l_onoff = 1, .l_linger = 0};
        setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    }
    close(connection->fd);
    dr_link_remove(&connection->link);
    server->connection_count--;
    dr_sim_reader_done(&connection->reader);
    dr_text_done(&connection->out);
    free(connection);
}

static void on_ready(void *data, int fd, unsigned ready);

/* False: the connection is gone. */
static bool watch_for(struct connection *connection, unsigned interest)
{
    struct dr_runtime *runtime = connection->server->runtime;
    if (connection->watch && connection->interest == interest)
        return true;
    dr_runtime_cancel(runtime, connection->watch);
    connection->interest = interest;
    connection->watch = runtime->ops->watch(runtime, connection->fd, interest, on_ready, connection);
    if (connection->watch)
        return true;
    drop(connection, false);
    return false;
}

static void on_idle(void *data)
{
    struct connection *connection = data;
    connection->timer = NULL;
    drop(connection, false);
}

static void set_timer(struct connection *connection, int64_t after_ms, dr_timer_fn *fn)
{
    struct dr_runtime *runtime = connection->server->runtime;
    dr_runtime_cancel(runtime, connection->timer);
    connection->timer = fn ? dr_runtime_timer(runtime, dr_runtime_now(runtime) + after_ms, fn, connection) : NULL;
}

/* --- Answers ---------------------------------------------------------------------------------------------------------
 */

static const struct {
    int status;
    const char *words;
} reasons[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {400, "Bad Request"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {409, "Conflict"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {416, "Range Not Satisfiable"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
};

static const char *reason(int status)
{
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].status == status)
            return reasons[i].words;
    return "";
}

/* `promised`: what Content-Length says, more than there is if the answer is to break off. */
static void write_answer(struct connection *connection, const struct dr_sim_answer *answer, size_t promised)
{
    struct dr_text *out = &connection->out;
    const char *method = connection->reader.request.method, *length = NULL;
    bool to_head = method && strcmp(method, "HEAD") == 0;
    bool bare = answer->status < 200 || answer->status == 204 || answer->status == 304;
    dr_text_printf(out, "HTTP/1.1 %d %s\r\n", answer->status, reason(answer->status));
    for (size_t i = 0; i < answer->headers.count; i++) {
        const struct dr_http_header *header = &answer->headers.items[i];
        if (strcasecmp(header->name, "Content-Length") == 0)
            length = header->value;
        else if (strpbrk(header->value, "\r\n") == NULL)
            dr_text_printf(out, "%s: %s\r\n", header->name, header->value);
    }
    if (to_head && length)
        dr_text_printf(out, "Content-Length: %s\r\n", length);
    else if (!bare)
        dr_text_printf(out, "Content-Length: %zu\r\n", promised);
    dr_text_printf(out, "Connection: %s\r\n\r\n", connection->end == KEEP ? "keep-alive" : "close");
    if (!to_head && !bare && answer->body)
        dr_text_add(out, answer->body, answer->body_size);
}

/* Closing while the client still sends would be a reset, and could cost it the answer: so it goes first, or LEAVE_MS
 * pass. */
static void leave(struct connection *connection)
{
    shutdown(connection->fd, SHUT_WR);
    connection->silent = true;
    set_timer(connection, LEAVE_MS, on_idle);
    watch_for(connection, DR_READABLE);
}

/* Sends what is there. False: nothing more is to be done with the connection, which may be gone. */
static bool flush(struct connection *connection)
{
    while (connection->sent < connection->out.size) {
        ssize_t size = send(connection->fd, connection->out.bytes + connection->sent,
                            connection->out.size - connection->sent, MSG_NOSIGNAL);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0 && (errno == EAGAIN))
            return watch_for(connection, DR_WRITABLE);
        if (size < 0) {
            drop(connection, false);
            return false;
        }
        connection->sent += (size_t)size;
    }
    if (connection->out.capacity > READ_BYTES)
        dr_text_done(&connection->out);
    dr_text_clear(&connection->out);
    connection->sent = 0;
    if (connection->end == CLOSE && connection->answering) {
        leave(connection);
        return false;
    }
    return watch_for(connection, DR_READABLE);
}

/* The answer is written: out with it, and on to the next request. */
static bool finish(struct connection *connection)
{
    if (connection->end == RESET) {
        drop(connection, true);
        return false;
    }
    if (!flush(connection))
        return false;
    if (connection->sent < connection->out.size)
        return true; /* on_ready goes on */
    connection->answering = false;
    dr_sim_reader_drop(&connection->reader);
    set_timer(connection, IDLE_MS, on_idle);
    return true;
}

static void go_on(struct connection *connection);

static void on_due(void *data)
{
    struct connection *connection = data;
    connection->timer = NULL;
    if (finish(connection))
        go_on(connection);
}

static void answer_plainly(struct dr_sim_answer *answer, int status, const char *text)
{
    *answer = (struct dr_sim_answer){.status = status, .body = dr_format("%s\n", text)};
    answer->body_size = strlen(answer->body);
    dr_aws_headers_set(&answer->headers, "Content-Type", "text/plain");
}

/* --- Requests --------------------------------------------------------------------------------------------------------
 */

static bool is_local_name(const char *host)
{
    static const char *const names[] = {"127.0.0.1", "localhost", "[::1]"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t size = strlen(names[i]);
        if (strncasecmp(host, names[i], size) == 0 && (host[size] == '\0' || host[size] == ':'))
            return true;
    }
    return false;
}

/* /_drrun/ is for people and tests on this machine, and for no web page that one of them has open. */
static bool serve_admin(struct connection *connection, struct dr_sim_answer *answer)
{
    const struct dr_sim_request *request = &connection->reader.request;
    if (strncmp(request->path, "/_drrun/", 8) != 0)
        return false;
    bool from_page = dr_aws_headers_find(request->headers, request->header_count, "Origin") != NULL;
    if (!connection->loopback || from_page || !is_local_name(request->host))
        answer_plainly(answer, 403, "/_drrun/ is for this machine alone");
    else if (!dr_sim_admin(connection->server, request, answer))
        answer_plainly(answer, 404, "there is /_drrun/health, /_drrun/state, /_drrun/faults and /_drrun/time");
    return true;
}

/* What comes of a request, in `out` and `end`. False: nothing ever. */
static bool make_answer(struct connection *connection, int64_t *ret_delay_ms)
{
    struct dr_sim_server *server = connection->server;
    struct dr_sim_reply reply = {.reach = DR_REACH_ANSWER};
    connection->end = connection->reader.keep_alive ? KEEP : CLOSE;
    if (!serve_admin(connection, &reply.answer)) {
        struct dr_sim_request request = connection->reader.request;
        request.wall_ms = dr_runtime_now(server->runtime);
        dr_sim_serve(server->cloud, &request, NULL, dr_sim_server_now(server), &reply);
    }
    bool ever = reply.delay_ms != INT64_MAX;
    *ret_delay_ms = ever ? dr_sim_whole_ms((double)reply.delay_ms / server->speed) : INT64_MAX;
    if (reply.reach == DR_REACH_NOTHING && ever) { /* in process such a name cannot be resolved */
        dr_sim_reply_done(&reply);
        answer_plainly(&reply.answer, 404,
                       "neither a signed request to a service that is simulated nor a name of the world "
                       "(docs/simulated-cloud.md)");
        write_answer(connection, &reply.answer, reply.answer.body_size);
    } else if (reply.reach == DR_REACH_SENT && reply.answer.status == 0) {
        connection->end = RESET;
    } else if (ever) {
        bool cut = reply.reach == DR_REACH_SENT;
        connection->end = cut ? CLOSE : connection->end;
        write_answer(connection, &reply.answer, cut ? 2 * reply.answer.body_size + 1 : reply.answer.body_size);
    }
    dr_sim_reply_done(&reply);
    return ever;
}

/* True: the next request can be read now. False: later, or the connection is gone. */
static bool take_request(struct connection *connection)
{
    int64_t delay_ms = 0;
    connection->answering = true;
    set_timer(connection, 0, NULL);
    if (!make_answer(connection, &delay_ms)) {
        connection->silent = true; /* until the client leaves */
        return false;
    }
    if (delay_ms > 0) {
        set_timer(connection, delay_ms, on_due);
        return false;
    }
    return finish(connection) && !connection->answering;
}

static void go_on(struct connection *connection)
{
    for (;;) {
        switch (dr_sim_reader_next(&connection->reader)) {
        case DR_SIM_READ_MORE:
            return;
        case DR_SIM_READ_CONTINUE:
            dr_text_puts(&connection->out, CONTINUE);
            if (!flush(connection))
                return;
            break;
        case DR_SIM_READ_WHOLE:
            if (!take_request(connection))
                return;
            break;
        case DR_SIM_READ_BAD: {
            struct dr_sim_answer answer;
            answer_plainly(&answer, connection->reader.bad_status, connection->reader.problem);
            connection->answering = true;
            connection->end = CLOSE;
            write_answer(connection, &answer, answer.body_size);
            dr_sim_answer_done(&answer);
            flush(connection);
            return;
        }
        }
    }
}

static void on_ready(void *data, int fd, unsigned ready)
{
    struct connection *connection = data;
    char block[READ_BYTES];
    if (ready & DR_WRITABLE && connection->sent < connection->out.size) {
        if (connection->answering ? finish(connection) && !connection->answering : flush(connection))
            go_on(connection);
        return;
    }
    ssize_t size = recv(fd, block, sizeof block, 0);
    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (size <= 0) {
        drop(connection, false);
        return;
    }
    if (connection->silent)
        return;
    dr_sim_reader_add(&connection->reader, block, (size_t)size);
    if (connection->answering) { /* it sends ahead: that has to wait, but not without a bound */
        if (connection->reader.in.size > DR_SIM_HEAD_BYTES_MAX + READ_BYTES)
            drop(connection, true);
        return;
    }
    go_on(connection);
}

/* --- The server ------------------------------------------------------------------------------------------------------
 */

static void on_connection(void *data, int fd, unsigned ready)
{
    struct dr_sim_server *server = data;
    (void)ready;
    for (;;) {
        union {
            struct sockaddr any;
            struct sockaddr_in6 six;
        } peer;
        socklen_t size = sizeof peer;
        int accepted = accept4(fd, &peer.any, &size, SOCK_NONBLOCK | SOCK_CLOEXEC), on = 1;
        if (accepted < 0)
            return;
        if (server->connection_count == CONNECTIONS_MAX) {
            close(accepted);
            continue;
        }
        setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct connection *connection = dr_alloc(sizeof *connection);
        connection->server = server;
        connection->fd = accepted;
        connection->loopback = dr_sim_is_loopback(&peer.any);
        connection->reader.body_bytes_max = DR_SIM_BODY_BYTES_MAX;
        dr_link_append(&server->connections, &connection->link);
        server->connection_count++;
        if (watch_for(connection, DR_READABLE))
            set_timer(connection, IDLE_MS, on_idle);
    }
}

static bool open_sockets(struct dr_sim_server *server, const struct dr_sim_server_options *options, char **ret_problem)
{
    server->fd = dr_sim_listen(options->listen, false, &server->address, ret_problem);
    if (server->fd < 0)
        return false;
    server->watch = server->runtime->ops->watch(server->runtime, server->fd, DR_READABLE, on_connection, server);
    if (!server->watch) {
        *ret_problem = dr_copy_string(dr_runtime_problem(server->runtime));
        return false;
    }
    if (options->dns)
        server->dns = dr_sim_dns_server_open(server, options->dns, &server->dns_address, ret_problem);
    return !options->dns || server->dns;
}

struct dr_sim_server *dr_sim_server_open(const struct dr_sim_server_options *options, char **ret_problem)
{
    struct dr_sim_server *server = dr_alloc(sizeof *server);
    *ret_problem = NULL;
    *server = (struct dr_sim_server){
        .cloud = options->cloud,
        .runtime = options->runtime,
        .speed = options->speed,
        .world = dr_copy_string(options->world),
        .began_ms = dr_runtime_now(options->runtime),
        .cloud_began_ms = dr_sim_now(options->cloud),
    };
    dr_link_init(&server->connections);
    options->cloud->latency_ms = 0; /* the network has its own; a world may still say more */
    if (open_sockets(server, options, ret_problem))
        return server;
    dr_sim_server_close(server);
    return NULL;
}

void dr_sim_server_close(struct dr_sim_server *server)
{
    if (!server)
        return;
    while (!dr_link_empty(&server->connections))
        drop(DR_OWNER(server->connections.next, struct connection, link), false);
    dr_sim_dns_server_close(server->dns);
    dr_runtime_cancel(server->runtime, server->watch);
    if (server->fd >= 0)
        close(server->fd);
    dr_sim_advance(server->cloud, dr_sim_server_now(server));
    free(server->world);
    free(server->address);
    free(server->dns_address);
    free(server);
}

const char *dr_sim_server_address(const struct dr_sim_server *server)
{
    return server->address;
}

const char *dr_sim_server_dns_address(const struct dr_sim_server *server)
{
    return server->dns_address;
}
