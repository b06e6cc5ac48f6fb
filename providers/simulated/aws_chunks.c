/* Bodies in AWS's own chunks. */
#include "providers/simulated/aws_chunks.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TRAILERS_MAX 8

static const char *header(const struct dr_sim_request *request, const char *name)
{
    return dr_aws_headers_find(request->headers, request->header_count, name);
}

bool dr_sim_is_chunked(const struct dr_sim_request *request)
{
    const char *encoding = header(request, "Content-Encoding"), *digest = header(request, "X-Amz-Content-Sha256");
    return (encoding && strncasecmp(encoding, "aws-chunked", 11) == 0) ||
           (digest && strncmp(digest, "STREAMING-", 10) == 0 && header(request, "X-Amz-Decoded-Content-Length"));
}

/* The line at `*at`, without its end; NULL: there is none. */
static const char *take_line(const char **at, const char *end, size_t *ret_size)
{
    const char *line = *at, *stop = line < end ? memchr(line, '\n', (size_t)(end - line)) : NULL;
    if (!stop)
        return NULL;
    *at = stop + 1;
    *ret_size = (size_t)(stop - line);
    if (*ret_size > 0 && stop[-1] == '\r')
        --*ret_size;
    return line;
}

/* The last chunk is the one of no bytes. */
static bool read_chunks(struct dr_sim_unchunked *unchunked, const char **at, const char *end)
{
    for (;;) {
        size_t size, length = 0, digits = 0;
        const char *line = take_line(at, end, &size);
        if (!line)
            return false;
        for (; digits < size && isxdigit((unsigned char)line[digits]); digits++) {
            int digit = tolower((unsigned char)line[digits]);
            length = length << 4 | (size_t)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
            if (length > (size_t)(end - *at))
                return false;
        }
        if (digits == 0 || (digits < size && line[digits] != ';'))
            return false;
        if (length == 0)
            return true;
        dr_text_add(&unchunked->body, *at, length);
        *at += length;
        if (!take_line(at, end, &size) || size != 0)
            return false;
    }
}

/* "x-amz-checksum-crc32:AAAAAA==", one a line; they count as headers. */
static void read_trailer(struct dr_sim_unchunked *unchunked, const char *at, const char *end, size_t *count)
{
    dr_text_add(&unchunked->trailer, at, (size_t)(end - at));
    dr_text_putc(&unchunked->trailer, '\n');
    char *line = unchunked->trailer.bytes, *stop;
    for (unsigned i = 0; i < TRAILERS_MAX && (stop = strchr(line, '\n')); i++, line = stop + 1) {
        *stop = '\0';
        if (stop > line && stop[-1] == '\r')
            stop[-1] = '\0';
        char *colon = strchr(line, ':');
        if (!colon)
            return;
        *colon = '\0';
        unchunked->headers[(*count)++] =
            (struct dr_http_header){.name = line, .value = colon + 1 + strspn(colon + 1, " ")};
    }
}

/* What is left of "aws-chunked,gzip"; NULL: nothing. */
static char *other_encoding(const char *encoding)
{
    const char *rest = strncasecmp(encoding, "aws-chunked", 11) == 0 ? encoding + 11 : encoding;
    rest += strspn(rest, ", ");
    return *rest ? dr_copy_string(rest) : NULL;
}

bool dr_sim_unchunk(const struct dr_sim_request *request, struct dr_sim_unchunked *ret_unchunked)
{
    struct dr_sim_unchunked *unchunked = ret_unchunked;
    *unchunked = (struct dr_sim_unchunked){.request = *request};
    unchunked->headers = dr_alloc((request->header_count + TRAILERS_MAX) * sizeof *unchunked->headers);
    const char *at = request->body, *end = at + request->body_size;
    const char *length = header(request, "X-Amz-Decoded-Content-Length");
    if (!read_chunks(unchunked, &at, end) || (length && strtoull(length, NULL, 10) != unchunked->body.size))
        return false;
    size_t count = 0;
    for (size_t i = 0; i < request->header_count; i++) {
        struct dr_http_header kept = request->headers[i];
        if (strcasecmp(kept.name, "Content-Encoding") == 0) {
            free(unchunked->encoding);
            kept.value = unchunked->encoding = other_encoding(kept.value);
        }
        if (kept.value && strcasecmp(kept.name, "Content-Length") != 0)
            unchunked->headers[count++] = kept;
    }
    read_trailer(unchunked, at, end, &count);
    unchunked->request.headers = unchunked->headers;
    unchunked->request.header_count = count;
    unchunked->request.body = unchunked->body.bytes ? unchunked->body.bytes : "";
    unchunked->request.body_size = unchunked->body.size;
    return true;
}

void dr_sim_unchunked_done(struct dr_sim_unchunked *unchunked)
{
    dr_text_done(&unchunked->body);
    dr_text_done(&unchunked->trailer);
    free(unchunked->headers);
    free(unchunked->encoding);
}
