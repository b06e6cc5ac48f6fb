/* Bodies in chunks: "SIZE;chunk-signature=...", the bytes, ..., a chunk of no bytes, trailers. */
#include "providers/simulated/chunked.h"

#include <stdlib.h>
#include <string.h>

bool dr_sim_is_chunked(const struct dr_sim_request *request)
{
    const char *digest = dr_aws_headers_find(request->headers, request->header_count, "x-amz-content-sha256");
    const char *encoding = dr_aws_headers_find(request->headers, request->header_count, "Content-Encoding");
    return (digest && strncmp(digest, "STREAMING-", 10) == 0) || (encoding && strstr(encoding, "aws-chunked"));
}

/* The line that begins at `at`, without its CR LF; `at` goes behind it. NULL: there is no whole line. Owned. */
static char *take_line(const char **at, const char *end)
{
    const char *feed = memchr(*at, '\n', (size_t)(end - *at));
    if (!feed)
        return NULL;
    size_t size = (size_t)(feed - *at);
    char *line = dr_copy_bytes(*at, size > 0 && feed[-1] == '\r' ? size - 1 : size);
    *at = feed + 1;
    return line;
}

/* "x-amz-checksum-crc32:AAAAAA==" */
static void take_trailer(const char *line, struct dr_aws_headers *trailers)
{
    const char *colon = strchr(line, ':');
    if (!colon)
        return;
    char *name = dr_copy_bytes(line, (size_t)(colon - line));
    dr_aws_headers_add(trailers, name, colon + 1 + strspn(colon + 1, " \t"));
    free(name);
}

bool dr_sim_unchunk(const struct dr_sim_request *request, struct dr_text *body, struct dr_aws_headers *trailers)
{
    const char *at = request->body, *end = at + request->body_size;
    size_t before = body->size;
    for (;;) {
        char *line = take_line(&at, end), *stop = NULL;
        unsigned long long size = line ? strtoull(line, &stop, 16) : 0;
        bool good = line && stop > line && (*stop == '\0' || *stop == ';') && size <= (size_t)(end - at);
        free(line);
        if (!good)
            return false;
        if (size == 0)
            break;
        dr_text_add(body, at, (size_t)size);
        at += size;
        free(take_line(&at, end));
    }
    for (char *line; (line = take_line(&at, end)); free(line))
        take_trailer(line, trailers);
    const char *declared = dr_aws_headers_find(request->headers, request->header_count, "x-amz-decoded-content-length");
    return !declared || strtoull(declared, NULL, 10) == body->size - before;
}
