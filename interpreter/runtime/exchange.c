#include "interpreter/runtime/exchange.h"

#include "interpreter/base/limits.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    HEAD_BYTES_MAX = 1 << 20, /* of all header fields of one answer */
    CONNECT_TIMEOUT_MS = 10000,
    DNS_CACHE_S = 5,        /* a failover is about names that change: old answers must not stay */
    CONNECTION_LIFE_S = 30, /* nor old connections */
};

/* --- The request ---------------------------------------------------------------------------------------------------
 */

static bool is_token(const char *text)
{
    static const char others[] = "!#$%&'*+-.^_`|~"; /* RFC 9110 section 5.6.2 */
    const char *at = text;
    for (; *at; at++)
        if (!((*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || (*at >= '0' && *at <= '9') ||
              strchr(others, *at)))
            return false;
    return at > text;
}

/* What would break out of its line. */
static bool has_control(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 && *text != '\t')
            return true;
    return false;
}

static const char *find_problem(const struct dr_http_request *request)
{
    if (!is_token(request->method))
        return "the method is not a word";
    if (has_control(request->url) || strchr(request->url, ' '))
        return "the URL contains a space or a control character";
    for (size_t i = 0; i < request->header_count; i++) {
        if (!is_token(request->headers[i].name))
            return "a header's name is not a word";
        if (has_control(request->headers[i].value))
            return "a header's value contains a control character";
    }
    return NULL;
}

static bool is_one_of(const char *word, const char *const *words)
{
    while (*words && strcmp(word, *words) != 0)
        words++;
    return *words != NULL;
}

static bool has_header(const struct dr_http_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (strcasecmp(request->headers[i].name, name) == 0)
            return true;
    return false;
}

static size_t text_size(const char *text)
{
    return text ? strlen(text) + 1 : 0;
}

static const char *copy_text(char **cursor, const char *text)
{
    if (!text)
        return NULL;
    size_t size = strlen(text) + 1;
    char *copy = memcpy(*cursor, text, size);
    *cursor += size;
    return copy;
}

/* A field as CURLOPT_HTTPHEADER wants it: "Name: value", "Name;" for an empty value; "Name:" keeps libcurl from sending
 * its own. */
static char *copy_header(char **cursor, const char *name, const char *value, const char *empty)
{
    char *copy = *cursor;
    *cursor = stpcpy(*cursor, name);
    *cursor = *value ? stpcpy(stpcpy(*cursor, ": "), value) : stpcpy(*cursor, empty);
    *cursor += 1;
    return copy;
}

enum { INVENTED = 2 }; /* Expect and Content-Type, which libcurl would add to a request with a body */

static struct curl_slist *copy_headers(struct curl_slist *nodes, char **cursor, const struct dr_http_request *request)
{
    static const char *const invented[INVENTED] = {"Expect", "Content-Type"};
    size_t count = 0;
    for (size_t i = 0; i < request->header_count; i++)
        nodes[count++].data = copy_header(cursor, request->headers[i].name, request->headers[i].value, ";");
    for (size_t i = 0; i < INVENTED; i++)
        if (!has_header(request, invented[i]))
            nodes[count++].data = copy_header(cursor, invented[i], "", ":");
    for (size_t i = 0; i < count; i++)
        nodes[i].next = i + 1 < count ? &nodes[i + 1] : NULL;
    return count ? nodes : NULL;
}

struct dr_exchange *dr_exchange_new(const struct dr_http_request *request, const char **ret_problem)
{
    static const char *const repeatable[] = {"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE", NULL};
    *ret_problem = find_problem(request);
    if (*ret_problem)
        return NULL;
    size_t nodes_size = (request->header_count + INVENTED) * sizeof(struct curl_slist);
    size_t size = nodes_size + 64 + text_size(request->method) + text_size(request->url) + request->body_size +
                  text_size(request->ca_file) + text_size(request->certificate_file) + text_size(request->key_file) +
                  text_size(request->resolve);
    for (size_t i = 0; i < request->header_count; i++)
        size += text_size(request->headers[i].name) + text_size(request->headers[i].value) + 2;
    struct dr_exchange *exchange = dr_alloc(sizeof *exchange + size);
    struct curl_slist *nodes = (struct curl_slist *)(void *)exchange->block;
    char *cursor = (char *)exchange->block + nodes_size;
    exchange->block_size = size;
    exchange->request = *request;
    exchange->headers = copy_headers(nodes, &cursor, request);
    exchange->request.headers = NULL;
    exchange->request.method = copy_text(&cursor, request->method);
    exchange->request.url = copy_text(&cursor, request->url);
    exchange->request.ca_file = copy_text(&cursor, request->ca_file);
    exchange->request.certificate_file = copy_text(&cursor, request->certificate_file);
    exchange->request.key_file = copy_text(&cursor, request->key_file);
    exchange->request.resolve = copy_text(&cursor, request->resolve);
    if (request->body) {
        exchange->request.body = cursor;
        memcpy(cursor, request->body, request->body_size);
        cursor += request->body_size;
    }
    assert((size_t)(cursor - (char *)exchange->block) <= size);
    exchange->repeatable = is_one_of(request->method, repeatable);
    return exchange;
}

/* --- Redirects: RFC 9110 section 15.4
 * --------------------------------------------------------------------------------- */

/* Keeps the fields whose names are not in `names`. */
static void drop_headers(struct dr_exchange *exchange, const char *const *names)
{
    struct curl_slist **at = &exchange->headers;
    while (*at) {
        size_t size = strcspn((*at)->data, ":;");
        bool dropped = false;
        for (const char *const *name = names; *name && !dropped; name++)
            dropped = strlen(*name) == size && strncasecmp(*name, (*at)->data, size) == 0;
        if (dropped)
            *at = (*at)->next;
        else
            at = &(*at)->next;
    }
}

/* "scheme://host:port" */
static size_t origin_size(const char *url)
{
    const char *authority = strstr(url, "://");
    if (!authority)
        return 0;
    authority += 3;
    return (size_t)(authority - url) + strcspn(authority, "/?#");
}

bool dr_exchange_redirect(struct dr_exchange *exchange, const struct dr_http_response *response)
{
    static const char *const of_body[] = {"Content-Type",     "Content-Length",    "Content-Encoding",
                                          "Content-Language", "Transfer-Encoding", NULL};
    static const char *const of_origin[] = {"Authorization", "Cookie", "Host", "Proxy-Authorization", NULL};
    struct dr_http_request *request = &exchange->request;
    int status = response->status;
    bool redirects = status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
    if (!redirects || request->redirects_max == 0 || response->reach != DR_REACH_ANSWER)
        return false;
    char *url = NULL; /* resolved against the request's own */
    exchange->line->curl->easy_getinfo(exchange->line->easy, CURLINFO_REDIRECT_URL, &url);
    if (!url || (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0))
        return false;
    if (strncmp(request->url, "https://", 8) == 0 && strncmp(url, "https://", 8) != 0)
        return false; /* what was private must not go in clear: the redirect itself is the answer */
    bool post = strcmp(request->method, "POST") == 0, head = strcmp(request->method, "HEAD") == 0;
    if ((status == 303 && !head) || ((status == 301 || status == 302) && post)) {
        request->method = "GET";
        request->body = NULL;
        request->body_size = 0;
        exchange->repeatable = true;
        drop_headers(exchange, of_body);
    }
    size_t size = origin_size(request->url);
    if (size != origin_size(url) || strncasecmp(request->url, url, size) != 0) {
        drop_headers(exchange, of_origin);
        request->certificate_file = request->key_file = NULL;
    }
    char *copy = dr_copy_string(url);
    free(exchange->redirected_to);
    request->url = exchange->redirected_to = copy;
    request->redirects_max--;
    return true;
}

/* --- The answer, as libcurl calls us
 * ------------------------------------------------------------------------------------ */

static size_t body_arrived(char *bytes, size_t unit, size_t count, void *data)
{
    struct dr_line *line = data;
    size_t size = unit * count, size_max = line->exchange->request.body_bytes_max;
    if (size > (size_max ? size_max : DR_OUTPUT_BYTES_MAX) - line->body.size) {
        line->too_big = true;
        return 0;
    }
    dr_text_add(&line->body, bytes, size);
    return size;
}

static size_t add_head_text(struct dr_line *line, const char *bytes, size_t size)
{
    size_t at = line->head.size;
    dr_text_add(&line->head, bytes, size);
    dr_text_putc(&line->head, '\0');
    return at;
}

static void trim(const char **bytes, size_t *size)
{
    while (*size > 0 && ((*bytes)[0] == ' ' || (*bytes)[0] == '\t'))
        (*bytes)++, (*size)--;
    while (*size > 0 && strchr(" \t\r\n", (*bytes)[*size - 1]))
        (*size)--;
}

static void begin_head(struct dr_line *line, const char *bytes, size_t size)
{
    dr_text_clear(&line->head);
    dr_text_clear(&line->body);
    line->header_count = 0;
    line->status = 0;
    const char *end = bytes + size, *at = memchr(bytes, ' ', size);
    while (at && at < end && *at == ' ')
        at++;
    for (; at && at < end && *at >= '0' && *at <= '9' && line->status < 1000; at++)
        line->status = line->status * 10 + (*at - '0');
    size_t left = at ? (size_t)(end - at) : 0;
    const char *text = at ? at : "";
    trim(&text, &left);
    line->status_text_at = add_head_text(line, text, left);
}

static void add_header(struct dr_line *line, const char *bytes, size_t size)
{
    const char *colon = memchr(bytes, ':', size);
    if (!colon) /* the empty line at the end */
        return;
    if (line->header_count == line->header_capacity) {
        line->header_capacity = line->header_capacity ? line->header_capacity * 2 : 32;
        line->header_at = dr_resize(line->header_at, line->header_capacity * 2, sizeof *line->header_at);
        line->headers = dr_resize(line->headers, line->header_capacity, sizeof *line->headers);
    }
    const char *value = colon + 1;
    size_t value_size = size - (size_t)(value - bytes);
    trim(&value, &value_size);
    line->header_at[line->header_count * 2] = add_head_text(line, bytes, (size_t)(colon - bytes));
    line->header_at[line->header_count * 2 + 1] = add_head_text(line, value, value_size);
    line->header_count++;
}

/* A line that begins with white space continues the one before (obsolete, but it exists). */
static void continue_header(struct dr_line *line, const char *bytes, size_t size)
{
    trim(&bytes, &size);
    if (line->header_count == 0 || size == 0)
        return;
    line->head.size--; /* the NUL */
    dr_text_putc(&line->head, ' ');
    add_head_text(line, bytes, size);
}

static size_t head_arrived(char *bytes, size_t unit, size_t count, void *data)
{
    struct dr_line *line = data;
    size_t size = unit * count;
    if (size >= 5 && memcmp(bytes, "HTTP/", 5) == 0)
        begin_head(line, bytes, size);
    else if (line->head.size + size > HEAD_BYTES_MAX) {
        line->too_big = true;
        return 0;
    } else if (size > 0 && (bytes[0] == ' ' || bytes[0] == '\t'))
        continue_header(line, bytes, size);
    else
        add_header(line, bytes, size);
    return size;
}

/* Called before each request that goes out. libcurl sends a request again on a new connection when the old one, left
 * open by an earlier exchange, is closed without an answer. It does so for every method; but the server may have acted
 * before it closed, so what must not be repeated is not: the outcome is unknown then, and the engine decides. */
static int before_request(void *data, char *remote, char *local, int remote_port, int local_port)
{
    (void)local;
    (void)local_port;
    struct dr_line *line = data;
    snprintf(line->remote_address, sizeof line->remote_address, strchr(remote, ':') ? "[%s]:%d" : "%s:%d", remote,
             remote_port);
    bool again = line->requests++ > 0 && dr_line_sent(line);
    return again && !line->exchange->repeatable ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

/* --- Lines
 * ------------------------------------------------------------------------------------------------------------ */

static void set_common(struct dr_line *line)
{
    const struct dr_curl *curl = line->curl;
    curl->easy_setopt(line->easy, CURLOPT_NOSIGNAL, 1L);
    curl->easy_setopt(line->easy, CURLOPT_PATH_AS_IS, 1L);
    curl->easy_setopt(line->easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl->easy_setopt(line->easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl->easy_setopt(line->easy, CURLOPT_QUICK_EXIT,
                      1L); /* else the loop would wait for a resolver that is given up */
    curl->easy_setopt(line->easy, CURLOPT_USERAGENT, "drrun/" DRRUN_VERSION);
    curl->easy_setopt(line->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
    curl->easy_setopt(line->easy, CURLOPT_DNS_CACHE_TIMEOUT, (long)DNS_CACHE_S);
    curl->easy_setopt(line->easy, CURLOPT_MAXLIFETIME_CONN, (long)CONNECTION_LIFE_S);
    curl->easy_setopt(line->easy, CURLOPT_TCP_KEEPALIVE, 1L); /* an answer may take minutes, and routers forget */
    curl->easy_setopt(line->easy, CURLOPT_ERRORBUFFER, line->problem);
    curl->easy_setopt(line->easy, CURLOPT_WRITEFUNCTION, body_arrived);
    curl->easy_setopt(line->easy, CURLOPT_WRITEDATA, line);
    curl->easy_setopt(line->easy, CURLOPT_HEADERFUNCTION, head_arrived);
    curl->easy_setopt(line->easy, CURLOPT_HEADERDATA, line);
    curl->easy_setopt(line->easy, CURLOPT_PREREQFUNCTION, before_request);
    curl->easy_setopt(line->easy, CURLOPT_PREREQDATA, line);
    curl->easy_setopt(line->easy, CURLOPT_PRIVATE, line);
    curl->easy_setopt(line->easy, CURLOPT_SHARE, line->share);
    line->fresh = true;
}

static void open_easy(struct dr_line *line)
{
    line->easy = line->curl->easy_init();
    if (!line->easy)
        abort(); /* out of memory */
    set_common(line);
}

struct dr_line *dr_line_new(const struct dr_curl *curl, CURLSH *share)
{
    struct dr_line *line = dr_alloc(sizeof *line);
    line->curl = curl;
    line->share = share;
    open_easy(line);
    return line;
}

/* Makes the easy handle as good as new. */
static void renew_easy(struct dr_line *line)
{
    if (line->curl->forgets_headers) {
        if (line->fresh)
            return;
        line->curl->easy_reset(line->easy);
        set_common(line);
    } else {
        line->curl->easy_cleanup(line->easy);
        open_easy(line);
    }
    line->curl->slist_free_all(line->connect_to);
    line->connect_to = NULL;
}

void dr_line_free(struct dr_line *line)
{
    line->curl->easy_cleanup(line->easy);
    line->curl->slist_free_all(line->connect_to);
    dr_text_done(&line->head);
    dr_text_done(&line->body);
    free(line->header_at);
    free(line->headers);
    free(line);
}

static void set_method(struct dr_line *line, const struct dr_http_request *request)
{
    const struct dr_curl *curl = line->curl;
    const char *method = request->method;
    bool get = strcmp(method, "GET") == 0, head = strcmp(method, "HEAD") == 0, post = strcmp(method, "POST") == 0;
    /* Methods whose requests have a content by definition say "Content-Length: 0" when there is none: RFC 9110
     * section 8.6. */
    bool content = request->body_size > 0 || post || strcmp(method, "PUT") == 0 || strcmp(method, "PATCH") == 0;
    curl->easy_setopt(line->easy, CURLOPT_HTTPGET, 1L); /* also undoes NOBODY */
    if (head && !content)
        curl->easy_setopt(line->easy, CURLOPT_NOBODY, 1L);
    if (content) {
        curl->easy_setopt(line->easy, CURLOPT_POST, 1L);
        curl->easy_setopt(line->easy, CURLOPT_POSTFIELDS, request->body_size ? request->body : "");
        curl->easy_setopt(line->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_size);
    }
    bool named = content ? post : get || head;
    curl->easy_setopt(line->easy, CURLOPT_CUSTOMREQUEST, named ? NULL : method);
}

/* CURLOPT_RESOLVE's "host:port:address", as CURLOPT_CONNECT_TO, which unlike it holds for this request only. The list
 * is the line's. */
static struct curl_slist *connect_to(const struct dr_curl *curl, const char *resolve)
{
    const char *port = strchr(resolve, ':'), *address = port ? strchr(port + 1, ':') : NULL;
    if (!address)
        return NULL;
    bool bare_ipv6 = strchr(address + 1, ':') && address[1] != '[';
    char *text = dr_format("%.*s:%s%s%s:%.*s", (int)(address - resolve), resolve, bare_ipv6 ? "[" : "", address + 1,
                           bare_ipv6 ? "]" : "", (int)(address - port - 1), port + 1);
    struct curl_slist *list = curl->slist_append(NULL, text);
    free(text);
    return list;
}

static void set_special(struct dr_line *line, const struct dr_http_request *request)
{
    const struct dr_curl *curl = line->curl;
    if (!request->ca_file && !request->certificate_file && !request->key_file && !request->resolve &&
        !request->insecure && !request->past_proxy && !request->connect_timeout_ms)
        return;
    line->fresh = false;
    if (request->ca_file) {
        curl->easy_setopt(line->easy, CURLOPT_CAINFO, request->ca_file);
        curl->easy_setopt(line->easy, CURLOPT_CAPATH, NULL); /* these and no others */
    }
    if (request->certificate_file)
        curl->easy_setopt(line->easy, CURLOPT_SSLCERT, request->certificate_file);
    if (request->key_file)
        curl->easy_setopt(line->easy, CURLOPT_SSLKEY, request->key_file);
    if (request->resolve) {
        line->connect_to = connect_to(curl, request->resolve);
        curl->easy_setopt(line->easy, CURLOPT_CONNECT_TO, line->connect_to);
    }
    if (request->insecure) {
        curl->easy_setopt(line->easy, CURLOPT_SSL_VERIFYPEER, 0L);
        curl->easy_setopt(line->easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    if (request->past_proxy)
        curl->easy_setopt(line->easy, CURLOPT_NOPROXY, "*");
    if (request->connect_timeout_ms)
        curl->easy_setopt(line->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)request->connect_timeout_ms);
}

void dr_line_begin(struct dr_line *line, struct dr_exchange *exchange)
{
    const struct dr_curl *curl = line->curl;
    assert(!line->exchange);
    if (line->used)
        renew_easy(line);
    line->used = true;
    line->exchange = exchange;
    exchange->line = line;
    line->too_big = false;
    line->requests = 0;
    line->status = 0;
    line->header_count = 0;
    dr_text_clear(&line->head);
    line->status_text_at = add_head_text(line, "", 0);
    dr_text_clear(&line->body);
    line->remote_address[0] = line->problem[0] = '\0';
    curl->easy_setopt(line->easy, CURLOPT_URL, exchange->request.url);
    curl->easy_setopt(line->easy, CURLOPT_HTTPHEADER, exchange->headers);
    set_method(line, &exchange->request);
    set_special(line, &exchange->request);
}

bool dr_line_sent(const struct dr_line *line)
{
    long bytes = 0;
    if (line->requests == 0) /* what left so far was for a proxy, which was asked to connect */
        return false;
    line->curl->easy_getinfo(line->easy, CURLINFO_REQUEST_SIZE, &bytes);
    return bytes > 0;
}

static int64_t time_ms(const struct dr_line *line, CURLINFO info)
{
    curl_off_t microseconds = 0;
    line->curl->easy_getinfo(line->easy, info, &microseconds);
    return (microseconds + 500) / 1000;
}

/* What libcurl says, and what the system said to it: "Failed to connect to ...: Connection refused". */
static void add_reason(struct dr_line *line, CURLcode result)
{
    long error = 0;
    if (line->problem[0] == '\0')
        snprintf(line->problem, sizeof line->problem, "%s", line->curl->easy_strerror(result));
    bool of_system = result == CURLE_COULDNT_CONNECT || result == CURLE_SEND_ERROR || result == CURLE_RECV_ERROR;
    if (!of_system || line->curl->easy_getinfo(line->easy, CURLINFO_OS_ERRNO, &error) != CURLE_OK || error == 0)
        return;
    const char *reason = strerror((int)error);
    size_t size = strlen(line->problem);
    if (!strstr(line->problem, reason))
        snprintf(line->problem + size, sizeof line->problem - size, ": %s", reason);
}

/* Replaces line->problem by the whole story. */
static const char *explain(struct dr_line *line, CURLcode result)
{
    if (line->too_big)
        snprintf(line->problem, sizeof line->problem, "the answer is larger than the %zu bytes allowed",
                 line->exchange->request.body_bytes_max ? line->exchange->request.body_bytes_max
                                                        : (size_t)DR_OUTPUT_BYTES_MAX);
    else if (result == CURLE_ABORTED_BY_CALLBACK)
        snprintf(line->problem, sizeof line->problem, "the server closed the connection without an answer");
    else
        add_reason(line, result);
    return line->problem;
}

void dr_line_answer(struct dr_line *line, CURLcode result, struct dr_http_response *ret_response)
{
    for (size_t i = 0; i < line->header_count; i++)
        line->headers[i] = (struct dr_http_header){.name = line->head.bytes + line->header_at[i * 2],
                                                   .value = line->head.bytes + line->header_at[i * 2 + 1]};
    enum dr_reach unfinished = dr_line_sent(line) ? DR_REACH_SENT : DR_REACH_NOTHING;
    *ret_response = (struct dr_http_response){
        .reach = result == CURLE_OK ? DR_REACH_ANSWER : unfinished,
        .status = line->status,
        .status_text = line->head.bytes + line->status_text_at,
        .headers = line->headers,
        .header_count = line->header_count,
        .body = line->body.bytes ? line->body.bytes : "",
        .body_size = line->body.size,
        .problem = result == CURLE_OK ? NULL : explain(line, result),
        .timed_out = result == CURLE_OPERATION_TIMEDOUT,
        .cut = line->too_big,
        .total_ms = dr_real_clock_ms() - line->exchange->started_ms,
        .connect_ms = time_ms(line, CURLINFO_CONNECT_TIME_T),
        .first_byte_ms = time_ms(line, CURLINFO_STARTTRANSFER_TIME_T),
        .remote_address = line->remote_address,
    };
}
