/* One HTTP exchange: its request as libcurl wants it, and its answer as it comes in.
 *
 * A line is what answers come in on: a libcurl easy handle with its buffers. Lines are pooled, since setting one up
 * costs more than a request. An exchange has one from its launch to its completion.
 */
#ifndef DRRUN_RUNTIME_EXCHANGE_H
#define DRRUN_RUNTIME_EXCHANGE_H

#include "interpreter/base/text.h"
#include "interpreter/runtime/curl_api.h"
#include "interpreter/runtime/real_parts.h"

struct dr_exchange;

struct dr_line {
    const struct dr_curl *curl;
    CURL *easy;
    CURLSH *share;                /* the engine's */
    struct dr_exchange *exchange; /* NULL: free */
    struct dr_line *next_free;
    struct curl_slist *connect_to; /* given to the easy handle */
    bool used;
    bool fresh;        /* nothing but the options common to all requests is set */
    bool too_big;      /* the answer was cut off by us */
    unsigned requests; /* sent for this exchange: more than one if libcurl tried again on a new connection */
    int status;
    size_t status_text_at; /* in `head` */
    struct dr_text head;   /* NUL-terminated names and values, one after the other */
    size_t *header_at;     /* pairs of offsets into `head` */
    size_t header_count, header_capacity;
    struct dr_http_header *headers; /* made from the above when the answer is complete */
    struct dr_text body;
    char remote_address[80];
    char problem[CURL_ERROR_SIZE];
};

struct dr_exchange {
    struct dr_handle handle;
    struct dr_link waiting; /* in its host's queue, while it has no line */
    struct dr_http_host *host;
    struct dr_line *line;
    struct dr_alarm timeout;
    struct dr_http_request request; /* its texts are in `block`; `headers` is not used */
    struct curl_slist *headers;     /* nodes in `block` */
    char *redirected_to;            /* owned; request.url after a redirect */
    bool repeatable;                /* GET, PUT, ...: RFC 9110 section 9.2.2 */
    int64_t started_ms;             /* on dr_real_clock_ms() */
    dr_http_fn *fn;
    void *data;
    size_t block_size;
    max_align_t block[]; /* wiped in the end: headers carry credentials */
};

/* NULL, with `ret_problem` (a constant), if the request would not be well-formed HTTP. */
struct dr_exchange *dr_exchange_new(const struct dr_http_request *request, const char **ret_problem);

/* `share` is what the lines have in common; borrowed. */
struct dr_line *dr_line_new(const struct dr_curl *curl, CURLSH *share);
void dr_line_free(struct dr_line *line);
/* Makes the line carry the exchange; the caller adds its easy handle to the multi handle. */
void dr_line_begin(struct dr_line *line, struct dr_exchange *exchange);
/* What has come of it, after libcurl has said `result`. Borrows from the line. */
void dr_line_answer(struct dr_line *line, CURLcode result, struct dr_http_response *ret_response);
/* Whether any byte of the request has left. */
bool dr_line_sent(const struct dr_line *line);
/* Whether the answer is a redirect to follow; then the exchange is for the new place, and can be begun again. */
bool dr_exchange_redirect(struct dr_exchange *exchange, const struct dr_http_response *response);

#endif
