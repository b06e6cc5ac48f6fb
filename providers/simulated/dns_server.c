/* The simulated Route 53 as a name server, on UDP and TCP: `dig @127.0.0.1 -p 5353 www.shop.example`. Answers are what
 * dr_sim_resolve() gives, so TTLs, propagation and health checks are the simulation's.
 * Source: RFC 1035, RFC 6891 (sizes of UDP answers), RFC 7766 (TCP). */
#include "providers/simulated/server_parts.h"

#include "interpreter/base/text.h"
#include "providers/simulated/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEADER_BYTES 12
#define UDP_BYTES 512 /* unless the question says more */
#define UDP_BYTES_MAX 1232
#define TCP_MAX 64
#define TCP_IDLE_MS 10000
#define NAME_BYTES_MAX 255
#define PORT_TRIES_MAX 20 /* where the system chooses the port */
#define CLASS_IN 1
#define TYPE_OPT 41

struct dr_sim_dns_server {
    struct dr_sim_server *server;
    int udp, tcp;
    struct dr_handle *udp_watch, *tcp_watch;
    struct dr_link streams;
    unsigned stream_count;
};

struct stream {
    struct dr_sim_dns_server *dns;
    struct dr_link link;
    int fd;
    struct dr_handle *watch, *timer;
    struct dr_text in;
};

static const struct {
    const char *name;
    unsigned number;
} types[] = {{"A", 1},   {"NS", 2},   {"CNAME", 5}, {"SOA", 6},  {"PTR", 12},
             {"MX", 15}, {"TXT", 16}, {"AAAA", 28}, {"SRV", 33}, {"CAA", 257}};

enum { NOERROR = 0, FORMERR = 1, SERVFAIL = 2, NXDOMAIN = 3, NOTIMP = 4, REFUSED = 5 };
static const struct {
    const char *name;
    unsigned code;
} statuses[] = {{"NOERROR", NOERROR}, {"SERVFAIL", SERVFAIL}, {"NXDOMAIN", NXDOMAIN}, {"REFUSED", REFUSED}};

/* --- Writing --------------------------------------------------------------------------------------------------------
 */

static void put16(struct dr_text *out, unsigned number)
{
    dr_text_putc(out, (char)(number >> 8 & 255));
    dr_text_putc(out, (char)(number & 255));
}

static void put32(struct dr_text *out, unsigned long number)
{
    put16(out, (unsigned)(number >> 16));
    put16(out, (unsigned)(number & 0xffff));
}

/* Labels without compression; false: it is no name. Escapes are those of message.h. */
static bool put_name(struct dr_text *out, const char *name, size_t size)
{
    size_t began = out->size, label = out->size;
    if (size == 1 && *name == '.')
        size = 0;
    dr_text_putc(out, 0);
    for (size_t i = 0; i < size; i++) {
        char byte = name[i];
        if (byte == '.') {
            if (out->size == label + 1)
                return false;
            if (i + 1 == size)
                break;
            label = out->size;
            dr_text_putc(out, 0);
            continue;
        }
        if (byte == '\\' && i + 3 < size && name[i + 1] >= '0' && name[i + 1] <= '2') {
            byte = (char)((name[i + 1] - '0') * 100 + (name[i + 2] - '0') * 10 + (name[i + 3] - '0'));
            i += 3;
        } else if (byte == '\\' && i + 1 < size) {
            byte = name[++i];
        }
        dr_text_putc(out, byte);
        if (out->size - label > 64)
            return false;
        out->bytes[label]++;
    }
    if (out->size > label + 1)
        dr_text_putc(out, 0);
    return out->size - began <= NAME_BYTES_MAX;
}

/* The words of a value. */
static const char *word(const char **at, size_t *ret_size)
{
    *at += strspn(*at, " ");
    const char *start = *at;
    *ret_size = strcspn(start, " ");
    *at += *ret_size;
    return start;
}

static void put_text(struct dr_text *out, const char *text)
{
    size_t left = strlen(text);
    do {
        size_t part = left < 255 ? left : 255;
        dr_text_putc(out, (char)part);
        dr_text_add(out, text, part);
        text += part;
        left -= part;
    } while (left > 0);
}

/* Numbers of so many bytes each, then names, as the type's data has them. */
static bool put_fields(struct dr_text *out, const char *value, const char *fields)
{
    for (; *fields; fields++) {
        size_t size;
        const char *part = word(&value, &size);
        if (size == 0)
            return false;
        if (*fields == 'S')
            put16(out, (unsigned)strtoul(part, NULL, 10));
        else if (*fields == 'L')
            put32(out, strtoul(part, NULL, 10));
        else if (!put_name(out, part, size))
            return false;
    }
    return true;
}

static bool put_caa(struct dr_text *out, const char *value)
{
    size_t flags_size, tag_size;
    const char *flags = word(&value, &flags_size), *tag = word(&value, &tag_size);
    value += strspn(value, " \"");
    dr_text_putc(out, (char)strtoul(flags, NULL, 10));
    dr_text_putc(out, (char)tag_size);
    dr_text_add(out, tag, tag_size);
    dr_text_add(out, value, strcspn(value, "\""));
    return flags_size > 0 && tag_size > 0 && tag_size < 256;
}

static bool put_value(struct dr_text *out, unsigned type, const char *value)
{
    unsigned char address[16];
    switch (type) {
    case 1:
    case 28:
        if (inet_pton(type == 1 ? AF_INET : AF_INET6, value, address) != 1)
            return false;
        dr_text_add(out, (char *)address, type == 1 ? 4 : 16);
        return true;
    case 6:
        return put_fields(out, value, "NNLLLLL");
    case 15:
        return put_fields(out, value, "SN");
    case 16:
        put_text(out, value);
        return true;
    case 33:
        return put_fields(out, value, "SSSN");
    case 257:
        return put_caa(out, value);
    default: /* NS, CNAME, PTR: the types are those of the table */
        return put_name(out, value, strlen(value));
    }
}

static const char *type_name(unsigned number)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].number == number)
            return types[i].name;
    return NULL;
}

static unsigned type_number(const char *name)
{
    for (size_t i = 0; name && i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i].name, name) == 0)
            return types[i].number;
    return 0;
}

static bool put_record(struct dr_text *out, const json_t *record)
{
    const char *name = json_string_value(json_object_get(record, "Name"));
    const char *value = json_string_value(json_object_get(record, "Value"));
    unsigned type = type_number(json_string_value(json_object_get(record, "Type")));
    size_t began = out->size;
    if (!name || !value || !type || !put_name(out, name, strlen(name))) {
        out->size = began;
        return false;
    }
    put16(out, type);
    put16(out, CLASS_IN);
    put32(out, (unsigned long)json_integer_value(json_object_get(record, "Ttl")));
    size_t length = out->size;
    put16(out, 0);
    if (!put_value(out, type, value) || out->size - length - 2 > UINT16_MAX) {
        out->size = began;
        return false;
    }
    out->bytes[length] = (char)((out->size - length - 2) >> 8);
    out->bytes[length + 1] = (char)((out->size - length - 2) & 255);
    return true;
}

/* --- Questions ------------------------------------------------------------------------------------------------------
 */

struct question {
    unsigned flags, type, class;
    char *name;       /* as text; owned */
    size_t end;       /* of the question in the message; 0: it cannot be read */
    size_t bytes_max; /* that an answer over UDP may have */
    bool has_opt;
};

static unsigned get16(const unsigned char *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

static void read_question(const unsigned char *bytes, size_t size, struct question *question)
{
    struct dr_text name = {0};
    size_t at = HEADER_BYTES;
    question->flags = get16(bytes + 2);
    while (at < size && bytes[at] != 0 && bytes[at] < 64 && name.size < 4 * NAME_BYTES_MAX) {
        if (name.size)
            dr_text_putc(&name, '.');
        for (size_t i = 1; i <= bytes[at] && at + i < size; i++) {
            unsigned char byte = bytes[at + i];
            if (byte <= ' ' || byte >= 0x7f || byte == '.' || byte == '\\')
                dr_text_printf(&name, "\\%03u", byte);
            else
                dr_text_putc(&name, (char)byte);
        }
        at += 1u + bytes[at];
    }
    bool whole = get16(bytes + 4) == 1 && at + 5 <= size && bytes[at] == 0 && at - HEADER_BYTES < NAME_BYTES_MAX;
    if (whole) {
        question->type = get16(bytes + at + 1);
        question->class = get16(bytes + at + 3);
        question->end = at + 5;
        /* An OPT record right behind it, as every client writes it. */
        const unsigned char *opt = bytes + question->end;
        question->has_opt =
            get16(bytes + 10) == 1 && question->end + 11 <= size && opt[0] == 0 && get16(opt + 1) == TYPE_OPT;
        size_t offered = question->has_opt ? get16(opt + 3) : 0;
        question->bytes_max = offered < UDP_BYTES ? UDP_BYTES : offered > UDP_BYTES_MAX ? UDP_BYTES_MAX : offered;
    }
    question->name = name.size ? dr_text_take(&name) : dr_copy_string(".");
    dr_text_done(&name);
}

static unsigned status_code(const json_t *answer)
{
    const char *status = json_string_value(json_object_get(answer, "Status"));
    for (size_t i = 0; status && i < sizeof statuses / sizeof *statuses; i++)
        if (strcmp(statuses[i].name, status) == 0)
            return statuses[i].code;
    return answer ? SERVFAIL : REFUSED; /* nothing of ours */
}

/* The answer to a message; empty: it is none to answer. */
static void answer_message(struct dr_sim_server *server, const unsigned char *bytes, size_t size, bool udp,
                           struct dr_text *out)
{
    if (size < HEADER_BYTES || get16(bytes + 2) & 0x8000)
        return;
    struct question question = {.bytes_max = UDP_BYTES};
    read_question(bytes, size, &question);
    unsigned code = NOERROR;
    const char *type = type_name(question.type);
    json_t *answer = NULL;
    if (!question.end) {
        code = FORMERR;
    } else if (question.flags & 0x7800 || question.class != CLASS_IN) {
        code = NOTIMP;
    } else {
        int64_t now_ms = dr_sim_server_now(server);
        dr_sim_advance(server->cloud, now_ms);
        /* A type that we have no words for is asked as one that its owner can only deny. */
        answer = dr_sim_resolve(server->cloud, question.name, type ? type : "CAA", now_ms);
        code = status_code(answer);
    }
    put16(out, get16(bytes));
    put16(out, 0x8400 | (question.flags & 0x0100) | code);
    put16(out, question.end ? 1 : 0);
    put32(out, 0);
    put16(out, question.has_opt ? 1 : 0);
    if (question.end)
        dr_text_add(out, (const char *)bytes + HEADER_BYTES, question.end - HEADER_BYTES);
    const json_t *records = type && code == NOERROR ? json_object_get(answer, "Answers") : NULL;
    size_t room = udp ? question.bytes_max - (question.has_opt ? 11 : 0) : UINT16_MAX - 11, count = 0;
    for (size_t i = 0; i < json_array_size(records); i++) {
        size_t before = out->size;
        if (!put_record(out, json_array_get(records, i)))
            continue;
        if (out->size > room) {
            out->size = before;
            out->bytes[2] |= 2; /* truncated: ask again over TCP */
            break;
        }
        count++;
    }
    out->bytes[6] = (char)(count >> 8);
    out->bytes[7] = (char)(count & 255);
    if (question.has_opt) {
        dr_text_putc(out, 0);
        put16(out, TYPE_OPT);
        put16(out, UDP_BYTES_MAX);
        put32(out, 0);
        put16(out, 0);
    }
    free(question.name);
    json_decref(answer);
}

/* --- Sockets --------------------------------------------------------------------------------------------------------
 */

static void on_datagram(void *data, int fd, unsigned ready)
{
    struct dr_sim_dns_server *dns = data;
    unsigned char bytes[65535];
    union {
        struct sockaddr any;
        struct sockaddr_storage room;
    } peer;
    (void)ready;
    for (unsigned i = 0; i < 64; i++) { /* others have their turn too */
        socklen_t peer_size = sizeof peer;
        ssize_t size = recvfrom(fd, bytes, sizeof bytes, 0, &peer.any, &peer_size);
        if (size < 0)
            return;
        struct dr_text out = {0};
        answer_message(dns->server, bytes, (size_t)size, true, &out);
        if (out.size) /* what cannot be sent is lost, as datagrams are */
            (void)!sendto(fd, out.bytes, out.size, 0, &peer.any, peer_size);
        dr_text_done(&out);
    }
}

static void drop(struct stream *stream)
{
    struct dr_runtime *runtime = stream->dns->server->runtime;
    dr_runtime_cancel(runtime, stream->watch);
    dr_runtime_cancel(runtime, stream->timer);
    close(stream->fd);
    dr_link_remove(&stream->link);
    stream->dns->stream_count--;
    dr_text_done(&stream->in);
    free(stream);
}

static void on_idle(void *data)
{
    struct stream *stream = data;
    stream->timer = NULL;
    drop(stream);
}

static void on_stream(void *data, int fd, unsigned ready)
{
    struct stream *stream = data;
    char block[4096];
    (void)ready;
    ssize_t size = recv(fd, block, sizeof block, 0);
    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (size <= 0) {
        drop(stream);
        return;
    }
    dr_text_add(&stream->in, block, (size_t)size);
    for (;;) {
        const unsigned char *bytes = (const unsigned char *)stream->in.bytes;
        size_t length = stream->in.size >= 2 ? get16(bytes) : 0;
        if (stream->in.size < 2 || stream->in.size < 2 + length)
            return;
        struct dr_text out = {0}, framed = {0};
        answer_message(stream->dns->server, bytes + 2, length, false, &out);
        put16(&framed, (unsigned)out.size);
        dr_text_add(&framed, out.bytes ? out.bytes : "", out.size);
        bool sent = out.size && send(fd, framed.bytes, framed.size, MSG_NOSIGNAL) == (ssize_t)framed.size;
        dr_text_done(&out);
        dr_text_done(&framed);
        if (!sent) { /* a client that does not read its answers */
            drop(stream);
            return;
        }
        memmove(stream->in.bytes, stream->in.bytes + 2 + length, stream->in.size - 2 - length);
        stream->in.size -= 2 + length;
    }
}

static void on_stream_wanted(void *data, int fd, unsigned ready)
{
    struct dr_sim_dns_server *dns = data;
    struct dr_runtime *runtime = dns->server->runtime;
    (void)ready;
    for (;;) {
        int accepted = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (accepted < 0)
            return;
        if (dns->stream_count == TCP_MAX) {
            close(accepted);
            continue;
        }
        struct stream *stream = dr_alloc(sizeof *stream);
        stream->dns = dns;
        stream->fd = accepted;
        dr_link_append(&dns->streams, &stream->link);
        dns->stream_count++;
        stream->watch = runtime->ops->watch(runtime, accepted, DR_READABLE, on_stream, stream);
        stream->timer = dr_runtime_timer(runtime, dr_runtime_now(runtime) + TCP_IDLE_MS, on_idle, stream);
        if (!stream->watch)
            drop(stream);
    }
}

/* TCP and UDP on the same port. One that the system chooses for TCP may be taken for UDP: then it is asked for another.
 */
static bool bind_both(struct dr_sim_dns_server *dns, const char *address, char **ret_actual, char **ret_problem)
{
    for (unsigned tries = 0;; tries++) {
        dns->udp = -1;
        dns->tcp = dr_sim_listen(address, false, ret_actual, ret_problem);
        if (dns->tcp < 0)
            return false;
        dns->udp = dr_sim_listen(*ret_actual, true, NULL, ret_problem);
        if (dns->udp >= 0)
            return true;
        if (tries == PORT_TRIES_MAX || strcmp(*ret_actual, address) == 0)
            return false;
        close(dns->tcp);
        free(*ret_actual);
        free(*ret_problem);
        *ret_actual = *ret_problem = NULL;
    }
}

struct dr_sim_dns_server *dr_sim_dns_server_open(struct dr_sim_server *server, const char *address, char **ret_actual,
                                                 char **ret_problem)
{
    struct dr_sim_dns_server *dns = dr_alloc(sizeof *dns);
    struct dr_runtime *runtime = server->runtime;
    dns->server = server;
    dr_link_init(&dns->streams);
    if (!bind_both(dns, address, ret_actual, ret_problem)) {
        dr_sim_dns_server_close(dns);
        return NULL;
    }
    dns->udp_watch = runtime->ops->watch(runtime, dns->udp, DR_READABLE, on_datagram, dns);
    dns->tcp_watch = runtime->ops->watch(runtime, dns->tcp, DR_READABLE, on_stream_wanted, dns);
    if (dns->udp_watch && dns->tcp_watch)
        return dns;
    *ret_problem = dr_copy_string(dr_runtime_problem(runtime));
    dr_sim_dns_server_close(dns);
    return NULL;
}

void dr_sim_dns_server_close(struct dr_sim_dns_server *dns)
{
    if (!dns)
        return;
    while (!dr_link_empty(&dns->streams))
        drop(DR_OWNER(dns->streams.next, struct stream, link));
    dr_runtime_cancel(dns->server->runtime, dns->udp_watch);
    dr_runtime_cancel(dns->server->runtime, dns->tcp_watch);
    if (dns->udp >= 0)
        close(dns->udp);
    if (dns->tcp >= 0)
        close(dns->tcp);
    free(dns);
}
