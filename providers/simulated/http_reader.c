/* HTTP/1.1 requests from the bytes of a connection. */
#include "providers/simulated/http_reader.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static enum dr_sim_read refuse(struct dr_sim_reader *reader, int status, const char *problem)
{
    reader->bad_status = status;
    reader->problem = problem;
    return DR_SIM_READ_BAD;
}

static void consume(struct dr_text *text, size_t size)
{
    if (size == 0)
        return;
    memmove(text->bytes, text->bytes + size, text->size - size);
    text->size -= size;
    text->bytes[text->size] = '\0';
}

void dr_sim_reader_add(struct dr_sim_reader *reader, const char *bytes, size_t size)
{
    dr_text_add(&reader->in, bytes, size);
}

static const char *header(const struct dr_sim_reader *reader, const char *name)
{
    return dr_aws_headers_find(reader->headers, reader->request.header_count, name);
}

/* --- The head -------------------------------------------------------------------------------------------------------
 */

/* The size of the head with its empty line, 0: it is not there yet. Lines may end with LF alone. */
static size_t head_size(struct dr_sim_reader *reader)
{
    const char *bytes = reader->in.bytes;
    for (size_t i = reader->scanned; i < reader->in.size; i++) {
        if (bytes[i] != '\n')
            continue;
        size_t next = i + 1;
        next += next < reader->in.size && bytes[next] == '\r';
        if (next < reader->in.size && bytes[next] == '\n')
            return next + 1;
    }
    reader->scanned = reader->in.size > 3 ? reader->in.size - 3 : 0;
    return 0;
}

static bool is_token(const char *text)
{
    for (const char *at = text; *at; at++)
        if (!isalnum((unsigned char)*at) && !strchr("!#$%&'*+-.^_`|~", *at))
            return false;
    return *text != '\0';
}

/* "METHOD target HTTP/1.x", cut into its parts in place. */
static bool read_request_line(struct dr_sim_reader *reader, char *line)
{
    char *target = strchr(line, ' '), *version = target ? strchr(target + 1, ' ') : NULL;
    if (!version)
        return false;
    *target++ = '\0';
    *version++ = '\0';
    if (!is_token(line) || strncmp(version, "HTTP/1.", 7) != 0 ||
        (strcmp(version + 7, "0") != 0 && strcmp(version + 7, "1") != 0))
        return false;
    reader->keep_alive = version[7] == '1';
    reader->request.method = line;
    if (strncasecmp(target, "http://", 7) == 0) { /* absolute, as a proxy's client sends it */
        char *path = strchr(target + 7, '/');
        target = path ? path : version + strlen(version);
    }
    for (const char *at = target; *at; at++)
        if ((unsigned char)*at <= ' ' || *at == 0x7f || *at == '#')
            return false;
    if (*target != '/' && *target != '\0' && strcmp(target, "*") != 0)
        return false;
    char *query = strchr(target, '?');
    if (query)
        *query++ = '\0';
    reader->request.path = *target ? target : "/";
    reader->request.query = query ? query : "";
    return true;
}

static bool read_header(struct dr_sim_reader *reader, char *line)
{
    char *colon = strchr(line, ':');
    if (!colon || reader->request.header_count == DR_SIM_HEADERS_MAX)
        return false;
    *colon = '\0';
    char *value = colon + 1 + strspn(colon + 1, " \t"), *end = value + strlen(value);
    while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
        *--end = '\0';
    if (!is_token(line)) /* a folded line begins with a space */
        return false;
    reader->headers[reader->request.header_count++] = (struct dr_http_header){line, value};
    return true;
}

/* How long the body is. */
static enum dr_sim_read read_framing(struct dr_sim_reader *reader)
{
    const char *coding = header(reader, "Transfer-Encoding"), *length = header(reader, "Content-Length");
    const char *connection = header(reader, "Connection"), *host = header(reader, "Host");
    if (connection && strcasecmp(connection, "close") == 0)
        reader->keep_alive = false;
    else if (connection && strcasecmp(connection, "keep-alive") == 0)
        reader->keep_alive = true;
    reader->request.host = host ? host : "";
    reader->chunked = coding != NULL;
    if (coding && (strcasecmp(coding, "chunked") != 0 || length))
        return refuse(reader, 400, "a body is either chunked or has a Content-Length");
    if (!length)
        return DR_SIM_READ_MORE;
    char *end;
    unsigned long long size = strtoull(length, &end, 10);
    if (!isdigit((unsigned char)*length) || *end)
        return refuse(reader, 400, "Content-Length is no number");
    if (size > reader->body_bytes_max)
        return refuse(reader, 413, "the body is too large for the simulated cloud");
    reader->body_left = (size_t)size;
    return DR_SIM_READ_MORE;
}

static enum dr_sim_read read_head(struct dr_sim_reader *reader)
{
    size_t blank = 0; /* a line or two before the request are allowed */
    while (blank < reader->in.size && (reader->in.bytes[blank] == '\r' || reader->in.bytes[blank] == '\n'))
        blank++;
    consume(&reader->in, blank);
    size_t size = head_size(reader);
    if ((size ? size : reader->in.size) > DR_SIM_HEAD_BYTES_MAX)
        return refuse(reader, 431, "the request's head is too large");
    if (size == 0)
        return DR_SIM_READ_MORE;
    if (memchr(reader->in.bytes, '\0', size))
        return refuse(reader, 400, "a NUL in the request's head");
    dr_text_clear(&reader->head);
    dr_text_add(&reader->head, reader->in.bytes, size);
    consume(&reader->in, size);
    reader->scanned = 0;
    reader->request = (struct dr_sim_request){.headers = reader->headers, .host = "", .body = ""};
    bool first = true;
    for (char *line = reader->head.bytes, *next; *line; line = next) {
        char *end = strchr(line, '\n'); /* every line has one: head_size() found the last */
        next = end + 1;
        *end = '\0';
        if (end > line && end[-1] == '\r')
            end[-1] = '\0';
        if (*line == '\0')
            break;
        if (!(first ? read_request_line(reader, line) : read_header(reader, line)))
            return refuse(reader, 400, first ? "this is no HTTP request" : "a header cannot be read");
        first = false;
    }
    reader->has_head = true;
    return read_framing(reader);
}

/* --- The body -------------------------------------------------------------------------------------------------------
 */

/* The next line of chunked coding, ended in place; NULL: not there yet. `ret_size` counts its end. */
static char *peek_line(struct dr_sim_reader *reader, size_t *ret_size)
{
    char *end = reader->in.size ? memchr(reader->in.bytes, '\n', reader->in.size) : NULL;
    if (!end)
        return NULL;
    *ret_size = (size_t)(end - reader->in.bytes) + 1;
    if (end > reader->in.bytes && end[-1] == '\r')
        end--;
    *end = '\0';
    return reader->in.bytes;
}

static enum dr_sim_read read_chunks(struct dr_sim_reader *reader)
{
    for (;;) {
        size_t size;
        if (reader->body_left > 0) {
            size_t part = reader->body_left < reader->in.size ? reader->body_left : reader->in.size;
            if (part == 0)
                return DR_SIM_READ_MORE;
            dr_text_add(&reader->body, reader->in.bytes, part);
            consume(&reader->in, part);
            reader->body_left -= part;
            continue;
        }
        const char *line = peek_line(reader, &size);
        if (!line)
            return reader->in.size > DR_SIM_HEAD_BYTES_MAX ? refuse(reader, 400, "a chunk cannot be read")
                                                           : DR_SIM_READ_MORE;
        if (reader->in_trailer) {
            bool last = *line == '\0';
            consume(&reader->in, size);
            if (last)
                return DR_SIM_READ_WHOLE;
        } else if (reader->in_chunk) { /* the empty line after its bytes */
            if (*line)
                return refuse(reader, 400, "a chunk is longer than it says");
            reader->in_chunk = false;
            consume(&reader->in, size);
        } else {
            char *end;
            unsigned long long length = strtoull(line, &end, 16);
            if (!isxdigit((unsigned char)*line) || (*end && *end != ';' && *end != ' '))
                return refuse(reader, 400, "a chunk's size cannot be read");
            if (length > reader->body_bytes_max - reader->body.size)
                return refuse(reader, 413, "the body is too large for the simulated cloud");
            reader->body_left = (size_t)length;
            reader->in_trailer = length == 0;
            reader->in_chunk = length > 0;
            consume(&reader->in, size);
        }
    }
}

static enum dr_sim_read read_body(struct dr_sim_reader *reader)
{
    if (reader->chunked)
        return read_chunks(reader);
    size_t part = reader->body_left < reader->in.size ? reader->body_left : reader->in.size;
    if (part > 0) {
        dr_text_add(&reader->body, reader->in.bytes, part);
        consume(&reader->in, part);
        reader->body_left -= part;
    }
    return reader->body_left == 0 ? DR_SIM_READ_WHOLE : DR_SIM_READ_MORE;
}

enum dr_sim_read dr_sim_reader_next(struct dr_sim_reader *reader)
{
    enum dr_sim_read read = DR_SIM_READ_MORE;
    if (reader->bad_status)
        return DR_SIM_READ_BAD;
    if (!reader->has_head)
        read = read_head(reader);
    if (read == DR_SIM_READ_BAD || !reader->has_head)
        return read;
    read = read_body(reader);
    if (read == DR_SIM_READ_WHOLE) {
        reader->request.body = reader->body.size ? reader->body.bytes : reader->empty;
        reader->request.body_size = reader->body.size;
    } else if (read == DR_SIM_READ_MORE && !reader->told_to_continue) {
        const char *expect = header(reader, "Expect");
        reader->told_to_continue = true;
        if (expect && strcasecmp(expect, "100-continue") == 0 && reader->body.size == 0)
            return DR_SIM_READ_CONTINUE;
    }
    return read;
}

void dr_sim_reader_drop(struct dr_sim_reader *reader)
{
    if (reader->body.capacity > DR_SIM_HEAD_BYTES_MAX)
        dr_text_done(&reader->body);
    dr_text_clear(&reader->body);
    reader->has_head = reader->chunked = reader->in_chunk = reader->in_trailer = reader->told_to_continue = false;
    reader->body_left = 0;
    reader->request = (struct dr_sim_request){0};
}

void dr_sim_reader_done(struct dr_sim_reader *reader)
{
    dr_text_done(&reader->in);
    dr_text_done(&reader->head);
    dr_text_done(&reader->body);
}
