/* HTTP: how far a request got when something went wrong, and what http:invoke makes of the answers. */
#include "interpreter/runtime/real.h"
#include "tests/providers/call.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

extern const struct dr_primitive dr_http_invoke;

static const char *port(const char *name)
{
    char variable[64];
    snprintf(variable, sizeof variable, "DRRUN_HTTP_%s", name);
    const char *value = getenv(variable);
    if (!value)
        fail_msg("%s is not set: run this under tests/providers/http/with_servers", variable);
    return value;
}

static int setup(void **state)
{
    char *problem = NULL;
    *state = dr_runtime_real_new(&problem);
    assert_non_null(*state);
    return 0;
}

static int teardown(void **state)
{
    dr_runtime_free(*state);
    return 0;
}

/* --- The runtime
 * -------------------------------------------------------------------------------------------------------------- */

struct answer {
    int count;
    enum dr_reach reach;
    int status;
    bool timed_out, cut;
    char *problem, *body, *status_text, *remote_address;
    size_t body_size, header_count;
    int64_t total_ms;
    json_t *headers; /* [[name, value], ...] */
};

static void keep_answer(void *data, const struct dr_http_response *response)
{
    struct answer *answer = data;
    *answer = (struct answer){.count = answer->count + 1,
                              .reach = response->reach,
                              .status = response->status,
                              .timed_out = response->timed_out,
                              .cut = response->cut,
                              .problem = dr_copy_string(response->problem),
                              .body = dr_copy_bytes(response->body, response->body_size),
                              .body_size = response->body_size,
                              .status_text = dr_copy_string(response->status_text),
                              .remote_address = dr_copy_string(response->remote_address),
                              .header_count = response->header_count,
                              .total_ms = response->total_ms,
                              .headers = json_array()};
    for (size_t i = 0; i < response->header_count; i++)
        json_array_append_new(answer->headers,
                              json_pack("[s,s%]", response->headers[i].name, response->headers[i].value,
                                        strcspn(response->headers[i].value, "\xe9")));
}

static void answer_done(struct answer *answer)
{
    free(answer->problem);
    free(answer->body);
    free(answer->status_text);
    free(answer->remote_address);
    json_decref(answer->headers);
}

static struct answer exchange(struct dr_runtime *runtime, struct dr_http_request request)
{
    struct answer answer = {.count = 0};
    assert_non_null(runtime->ops->http(runtime, &request, keep_answer, &answer));
    assert_int_equal(answer.count, 0); /* never within the start function */
    int64_t limit_ms = dr_runtime_now(runtime) + 30000;
    while (answer.count == 0 && dr_runtime_now(runtime) < limit_ms)
        dr_runtime_wait(runtime, limit_ms);
    assert_int_equal(answer.count, 1);
    return answer;
}

static const char *url_of(const char *server, const char *path)
{
    static char url[4][256];
    static unsigned turn;
    char *text = url[turn++ % 4];
    snprintf(text, sizeof url[0], "http://127.0.0.1:%s%s", port(server), path);
    return text;
}

static struct answer get(struct dr_runtime *runtime, const char *path)
{
    return exchange(runtime,
                    (struct dr_http_request){.method = "GET", .url = url_of("MISBEHAVING", path), .timeout_ms = 1500});
}

static int requests_of(struct dr_runtime *runtime, const char *path)
{
    char target[128];
    snprintf(target, sizeof target, "/requests?of=%s", path);
    struct answer answer = get(runtime, target);
    int count = atoi(answer.body);
    answer_done(&answer);
    return count;
}

static void a_plain_answer_is_complete(void **state)
{
    struct answer answer = exchange(*state, (struct dr_http_request){.method = "GET", .url = url_of("PLAIN", "/ok")});
    assert_int_equal(answer.reach, DR_REACH_ANSWER);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.status_text, "OK");
    assert_string_equal(answer.body, "ok\n");
    assert_null(answer.problem);
    char remote[64];
    snprintf(remote, sizeof remote, "127.0.0.1:%s", port("PLAIN"));
    assert_string_equal(answer.remote_address, remote);
    answer_done(&answer);
}

static void only_what_is_asked_for_is_sent(void **state)
{
    const struct dr_http_header headers[] = {{"X-One", "1"}, {"X-Empty", ""}};
    char url[200], expected[600];
    snprintf(url, sizeof url, "http://127.0.0.1:%s/echo/../a%%2Fb?q=1", port("MISBEHAVING")); /* PATH_AS_IS */
    struct answer answer = exchange(
        *state,
        (struct dr_http_request){
            .method = "POST", .url = url, .headers = headers, .header_count = 2, .body = "hello", .body_size = 5});
    snprintf(expected, sizeof expected,
             "{\"method\": \"POST\", \"target\": \"/echo/../a%%2Fb?q=1\", \"headers\": [[\"Host\", \"127.0.0.1:%s\"], "
             "[\"User-Agent\", \"drrun/" DRRUN_VERSION "\"], "
             "[\"Accept\", \"*/*\"], [\"X-One\", \"1\"], [\"X-Empty\", \"\"], [\"Content-Length\", \"5\"]], \"body\": "
             "\"hello\"}",
             port("MISBEHAVING"));
    assert_string_equal(answer.body, expected);
    answer_done(&answer);
    /* A large body goes out at once, without "Expect: 100-continue". */
    enum { SIZE = 3000000 };
    char *body = malloc(SIZE);
    memset(body, 'x', SIZE);
    answer =
        exchange(*state, (struct dr_http_request){
                             .method = "PUT", .url = url_of("MISBEHAVING", "/echo"), .body = body, .body_size = SIZE});
    assert_int_equal(answer.status, 200);
    assert_null(strstr(answer.body, "Expect"));
    assert_true(answer.body_size > SIZE);
    answer_done(&answer);
    free(body);
}

static void methods_are_sent_as_they_are(void **state)
{
    static const char *const methods[] = {"GET", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "PURGE"};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        struct answer answer =
            exchange(*state, (struct dr_http_request){.method = methods[i], .url = url_of("MISBEHAVING", "/echo")});
        json_t *seen = dr_json_parse(answer.body, answer.body_size, NULL);
        assert_string_equal(json_string_value(json_object_get(seen, "method")), methods[i]);
        bool content = i >= 2 && i <= 4; /* those say Content-Length: 0 */
        assert_int_equal(strstr(answer.body, "\"Content-Length\", \"0\"") != NULL, content);
        json_decref(seen);
        answer_done(&answer);
    }
    struct answer answer =
        exchange(*state, (struct dr_http_request){.method = "HEAD", .url = url_of("MISBEHAVING", "/size?n=500")});
    assert_int_equal(answer.status, 200);
    assert_int_equal(answer.body_size, 0);
    answer_done(&answer);
}

static void what_would_break_the_request_apart_is_refused(void **state)
{
    struct dr_runtime *runtime = *state;
    const struct dr_http_header split = {"X-A", "1\r\nX-B: 2"}, name = {"X A", "1"};
    struct dr_http_request request = {
        .method = "GET", .url = url_of("PLAIN", "/ok"), .headers = &split, .header_count = 1};
    assert_null(runtime->ops->http(runtime, &request, keep_answer, NULL));
    assert_string_equal(dr_runtime_problem(runtime), "a header's value contains a control character");
    request.headers = &name;
    assert_null(runtime->ops->http(runtime, &request, keep_answer, NULL));
    request.header_count = 0;
    request.method = "GET /x HTTP/1.1\r\nX:";
    assert_null(runtime->ops->http(runtime, &request, keep_answer, NULL));
    request.method = "GET";
    request.url = "http://127.0.0.1/a b";
    assert_null(runtime->ops->http(runtime, &request, keep_answer, NULL));
    assert_string_equal(dr_runtime_problem(runtime), "the URL contains a space or a control character");
}

static void check_reach(struct dr_runtime *runtime, const char *path, enum dr_reach reach, bool timed_out)
{
    struct answer answer = get(runtime, path);
    if (answer.reach != reach || answer.timed_out != timed_out ||
        (answer.problem != NULL) != (reach != DR_REACH_ANSWER))
        fail_msg("%s: reach %d, timed out %d, problem %s", path, answer.reach, answer.timed_out,
                 answer.problem ? answer.problem : "-");
    answer_done(&answer);
}

static void what_left_is_told_from_what_did_not(void **state)
{
    check_reach(*state, "/close", DR_REACH_SENT, false);
    check_reach(*state, "/reset", DR_REACH_SENT, false);
    check_reach(*state, "/truncated", DR_REACH_SENT, false);
    check_reach(*state, "/truncated-chunks", DR_REACH_SENT, false);
    check_reach(*state, "/garbage", DR_REACH_SENT, false);
    check_reach(*state, "/huge-head", DR_REACH_SENT, false);
    check_reach(*state, "/slow", DR_REACH_SENT, true);
    check_reach(*state, "/stalls", DR_REACH_SENT, true);
    check_reach(*state, "/until-close", DR_REACH_ANSWER, false);
    check_reach(*state, "/html-error", DR_REACH_ANSWER, false);
    check_reach(*state, "/no-content", DR_REACH_ANSWER, false);
}

static void check_nothing_left(struct dr_runtime *runtime, struct dr_http_request request, const char *problem)
{
    request.method = "POST";
    request.body = "x";
    request.body_size = 1;
    struct answer answer = exchange(runtime, request);
    assert_int_equal(answer.reach, DR_REACH_NOTHING);
    assert_int_equal(answer.status, 0);
    if (!strstr(answer.problem, problem))
        fail_msg("%s: %s", request.url, answer.problem);
    answer_done(&answer);
}

static void a_request_that_never_left_is_known(void **state)
{
    check_nothing_left(*state, (struct dr_http_request){.url = url_of("CLOSED", "/")},
                       "Couldn't connect to server: Connection refused");
    check_nothing_left(*state, (struct dr_http_request){.url = "http://no-such-host.invalid/"},
                       "Could not resolve host");
    check_nothing_left(*state, (struct dr_http_request){.url = "ftp://127.0.0.1/"}, "not supported");
    check_nothing_left(*state, (struct dr_http_request){.url = "http://[bad/"}, "");
    char url[100];
    snprintf(url, sizeof url, "https://127.0.0.1:%s/",
             port("MISBEHAVING")); /* no TLS there: it waits for a request that never comes */
    check_nothing_left(*state, (struct dr_http_request){.url = url, .timeout_ms = 500},
                       "no complete answer within 500 ms");
}

static int listen_and_ignore(int *fillers, size_t count)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(listener, 0), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    for (size_t i = 0; i < count; i++) {
        fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        (void)connect(fillers[i], (struct sockaddr *)&address, size);
    }
    return listener;
}

static void a_time_out_is_kept(void **state)
{
    struct answer answer = exchange(
        *state, (struct dr_http_request){.method = "GET", .url = url_of("MISBEHAVING", "/slow"), .timeout_ms = 300});
    assert_true(answer.timed_out);
    assert_string_equal(answer.problem, "no complete answer within 300 ms");
    assert_in_range(answer.total_ms, 300, 1500);
    answer_done(&answer);
    /* A server that does not accept, with no room left in its queue, swallows what is sent to it. */
    int fillers[4], listener = listen_and_ignore(fillers, 4);
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    char url[64];
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", ntohs(address.sin_port));
    answer = exchange(*state, (struct dr_http_request){.method = "POST", .url = url, .connect_timeout_ms = 200});
    assert_int_equal(answer.reach, DR_REACH_NOTHING);
    assert_true(answer.timed_out);
    assert_in_range(answer.total_ms, 200, 3000);
    for (size_t i = 0; i < 4; i++)
        close(fillers[i]);
    close(listener);
    answer_done(&answer);
}

/* libcurl resolves names in a thread; by default it waits for that thread when a request is given up, and all else with
 * it. So this program has its own getaddrinfo(), which a dead name server makes slow. */
__attribute__((visibility("default"))) int getaddrinfo(const char *restrict node, const char *restrict service,
                                                       const struct addrinfo *restrict hints,
                                                       struct addrinfo **restrict result)
{
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    void *address = dlsym(RTLD_NEXT, "getaddrinfo");
    memcpy(&real, &address, sizeof real);
    if (node && strcmp(node, "dead-dns.example") == 0) {
        nanosleep(&(struct timespec){.tv_sec = 3}, NULL);
        return EAI_AGAIN;
    }
    return real(node, service, hints, result);
}

static void a_dead_name_server_holds_up_nothing(void **state)
{
    struct answer answer = exchange(
        *state, (struct dr_http_request){.method = "GET", .url = "http://dead-dns.example/", .timeout_ms = 300});
    assert_true(answer.timed_out);
    assert_int_equal(answer.reach, DR_REACH_NOTHING);
    assert_in_range(answer.total_ms, 300, 1500);
    answer_done(&answer);
    answer = exchange(*state, (struct dr_http_request){.method = "GET", .url = url_of("PLAIN", "/ok")});
    assert_int_equal(answer.status, 200);
    answer_done(&answer);
    int64_t begun_ms = dr_runtime_now(*state);
    dr_runtime_wait(*state, begun_ms + 3200); /* until the thread is gone, so that it leaks nothing */
}

/* libcurl alone would send the second POST again on a new connection. */
static void what_may_not_be_repeated_is_sent_once(void **state)
{
    struct dr_http_request request = {
        .method = "POST", .url = url_of("MISBEHAVING", "/second-closes"), .body = "x", .body_size = 1};
    struct answer first = exchange(*state, request), second = exchange(*state, request);
    assert_int_equal(first.status, 200);
    assert_int_equal(second.reach, DR_REACH_SENT);
    assert_string_equal(second.problem, "the server closed the connection without an answer");
    assert_int_equal(requests_of(*state, "/second-closes"), 2);
    answer_done(&first), answer_done(&second);
    request.method = "PATCH"; /* also without a body */
    request.body_size = 0;
    request.body = NULL;
    first = exchange(*state, request), second = exchange(*state, request);
    assert_int_equal(second.reach, DR_REACH_SENT);
    assert_int_equal(requests_of(*state, "/second-closes"), 4);
    answer_done(&first), answer_done(&second);
    request.method = "GET"; /* may be: it is answered on a new connection */
    first = exchange(*state, request), second = exchange(*state, request);
    assert_int_equal(first.status, 200);
    assert_int_equal(second.status, 200);
    assert_int_equal(requests_of(*state, "/second-closes"), 7);
    answer_done(&first), answer_done(&second);
}

static void a_body_may_be_as_large_as_allowed(void **state)
{
    struct dr_http_request request = {
        .method = "GET", .url = url_of("MISBEHAVING", "/size?n=1000"), .body_bytes_max = 1000};
    struct answer answer = exchange(*state, request);
    assert_int_equal(answer.reach, DR_REACH_ANSWER);
    assert_int_equal(answer.body_size, 1000);
    assert_false(answer.cut);
    answer_done(&answer);
    request.url = url_of("MISBEHAVING", "/size?n=1001");
    answer = exchange(*state, request);
    assert_int_equal(answer.reach, DR_REACH_SENT);
    assert_true(answer.cut);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.problem, "the answer is larger than the 1000 bytes allowed");
    answer_done(&answer);
    request.url = url_of("MISBEHAVING", "/huge"); /* without end */
    request.body_bytes_max = 0;
    answer = exchange(*state, request);
    assert_true(answer.cut);
    answer_done(&answer);
}

static void headers_keep_their_order_and_their_names(void **state)
{
    struct answer answer = get(*state, "/strange-head");
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.status_text, "Quite   OK");
    assert_json_equal(
        answer.headers,
        "[['Set-Cookie','a=1'],['Set-Cookie','b=2'],['X-Empty',''],['X-Folded','one two'],['X-Latin','caf'],"
        "['Content-Length','2']]");
    assert_string_equal(answer.body, "ok");
    answer_done(&answer);
}

/* Whatever comes, each request is answered once, and nothing is read beyond its end (the sanitizers watch). */
static void broken_answers_break_nothing(void **state)
{
    unsigned complete = 0;
    for (unsigned seed = 0; seed < 500; seed++) {
        char path[64];
        snprintf(path, sizeof path, "/noise?seed=%u", seed);
        struct answer answer = get(*state, path);
        complete += answer.reach == DR_REACH_ANSWER;
        assert_int_not_equal(answer.reach, DR_REACH_NOTHING);
        assert_int_equal(answer.problem == NULL, answer.reach == DR_REACH_ANSWER);
        answer_done(&answer);
    }
    assert_in_range(complete, 1, 499); /* else the noise is none, or nothing but */
}

static struct answer follow(struct dr_runtime *runtime, const char *method, const char *path, unsigned redirects_max)
{
    static const struct dr_http_header headers[] = {
        {"Authorization", "secret"}, {"Content-Type", "text/x"}, {"X-Kept", "1"}};
    return exchange(runtime, (struct dr_http_request){.method = method,
                                                      .url = url_of("MISBEHAVING", path),
                                                      .headers = headers,
                                                      .header_count = 3,
                                                      .body = strcmp(method, "GET") ? "data" : NULL,
                                                      .body_size = strcmp(method, "GET") ? 4 : 0,
                                                      .redirects_max = redirects_max});
}

static void check_redirect(struct dr_runtime *runtime, const char *method, const char *status, const char *method_after,
                           bool body_after)
{
    char path[100];
    snprintf(path, sizeof path, "/redirect?status=%s&to=/echo", status);
    struct answer answer = follow(runtime, method, path, 1);
    json_t *seen = dr_json_parse(answer.body, answer.body_size, NULL);
    assert_string_equal(json_string_value(json_object_get(seen, "method")), method_after);
    assert_string_equal(json_string_value(json_object_get(seen, "body")), body_after ? "data" : "");
    assert_int_equal(strstr(answer.body, "text/x") != NULL, body_after || strcmp(method, "GET") == 0);
    assert_non_null(strstr(answer.body, "X-Kept"));
    assert_non_null(strstr(answer.body, "secret")); /* the same host */
    json_decref(seen);
    answer_done(&answer);
}

static void redirects_are_followed_as_the_rfc_says(void **state)
{
    check_redirect(*state, "GET", "302", "GET", false);
    check_redirect(*state, "POST", "301", "GET", false);
    check_redirect(*state, "POST", "302", "GET", false);
    check_redirect(*state, "POST", "303", "GET", false);
    check_redirect(*state, "POST", "307", "POST", true);
    check_redirect(*state, "PUT", "308", "PUT", true);
    check_redirect(*state, "PUT", "302", "PUT", true);
    check_redirect(*state, "PATCH", "303", "GET", false);
    struct answer answer = follow(*state, "GET", "/redirect?to=/echo", 0); /* unless asked for, they are answers */
    assert_int_equal(answer.status, 302);
    assert_string_equal(answer.body, "elsewhere");
    answer_done(&answer);
    answer = follow(*state, "GET", "/circle", 5);
    assert_int_equal(answer.status, 302);
    assert_int_equal(requests_of(*state, "/circle"), 6);
    answer_done(&answer);
}

static void credentials_do_not_follow_to_another_place(void **state)
{
    char path[200];
    snprintf(path, sizeof path, "/redirect?to=http://localhost:%s/echo", port("MISBEHAVING"));
    struct answer answer = follow(*state, "GET", path, 1);
    assert_int_equal(answer.status, 200);
    assert_null(strstr(answer.body, "secret"));
    assert_non_null(strstr(answer.body, "X-Kept"));
    answer_done(&answer);
    answer = follow(*state, "GET", "/redirect?to=file:///etc/passwd", 1);
    assert_int_equal(answer.status, 302);
    answer_done(&answer);
}

static struct answer get_tls(struct dr_runtime *runtime, const char *server, struct dr_http_request request)
{
    char url[100];
    snprintf(url, sizeof url, "https://localhost:%s/state.json", port(server));
    request.method = "GET";
    request.url = url;
    return exchange(runtime, request);
}

static const char *file(const char *name)
{
    static char path[4][256];
    static unsigned turn;
    char *text = path[turn++ % 4];
    snprintf(text, sizeof path[0], "%s/%s", port("FOLDER"), name);
    return text;
}

static void check_tls_refused(struct dr_runtime *runtime, const char *server, struct dr_http_request request,
                              const char *problem)
{
    struct answer answer = get_tls(runtime, server, request);
    assert_int_equal(answer.reach, DR_REACH_NOTHING);
    if (!strstr(answer.problem, problem))
        fail_msg("%s: %s", server, answer.problem);
    answer_done(&answer);
}

static void tls_is_verified(void **state)
{
    struct answer answer = get_tls(*state, "TLS", (struct dr_http_request){.ca_file = file("authority.pem")});
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.body, "{\"writable\":true}");
    answer_done(&answer);
    /* A connection made with one set of trust is not used for another. */
    check_tls_refused(*state, "TLS", (struct dr_http_request){.ca_file = NULL},
                      "unable to get local issuer certificate");
    check_tls_refused(*state, "TLS", (struct dr_http_request){.ca_file = file("stranger.pem")}, "certificate");
    check_tls_refused(*state, "TLS", (struct dr_http_request){.ca_file = file("missing.pem")}, "");
    answer = get_tls(*state, "TLS", (struct dr_http_request){.insecure = true});
    assert_int_equal(answer.status, 200);
    answer_done(&answer);
    check_tls_refused(*state, "TLS", (struct dr_http_request){.ca_file = NULL},
                      "unable to get local issuer certificate");
}

static void the_name_is_verified_too(void **state)
{
    char url[100], resolve[100];
    snprintf(url, sizeof url, "https://app.example:%s/ok", port("TLS"));
    snprintf(resolve, sizeof resolve, "app.example:%s:127.0.0.1", port("TLS"));
    struct dr_http_request request = {
        .method = "GET", .url = url, .ca_file = file("authority.pem"), .resolve = resolve};
    struct answer answer = exchange(*state, request);
    assert_int_equal(answer.status, 200);
    answer_done(&answer);
    request.resolve = NULL; /* it held for that one request */
    answer = exchange(*state, request);
    assert_int_equal(answer.reach, DR_REACH_NOTHING);
    answer_done(&answer);
    snprintf(url, sizeof url, "https://other.example:%s/ok", port("TLS"));
    snprintf(resolve, sizeof resolve, "other.example:%s:127.0.0.1", port("TLS"));
    request.resolve = resolve;
    answer = exchange(*state, request);
    assert_int_equal(answer.reach, DR_REACH_NOTHING);
    assert_non_null(strstr(answer.problem, "other.example"));
    answer_done(&answer);
}

static void client_certificates_are_shown(void **state)
{
    struct dr_http_request request = {.ca_file = file("authority.pem")};
    struct answer answer = get_tls(*state, "MUTUAL", request);
    assert_int_equal(answer.status, 400); /* nginx: "No required SSL certificate was sent" */
    answer_done(&answer);
    request.certificate_file = file("client.pem");
    request.key_file = file("server.key");
    check_tls_refused(*state, "MUTUAL", request, "private key");
    request.key_file = file("client.key");
    answer = get_tls(*state, "MUTUAL", request);
    assert_int_equal(answer.status, 200);
    answer_done(&answer);
}

static void a_cancelled_request_is_over(void **state)
{
    struct dr_runtime *runtime = *state;
    struct answer answer = {.count = 0};
    struct dr_http_request request = {.method = "GET", .url = url_of("MISBEHAVING", "/slow?s=0.2")};
    struct dr_handle *handle = runtime->ops->http(runtime, &request, keep_answer, &answer);
    dr_runtime_cancel(runtime, handle); /* before it was sent */
    handle = runtime->ops->http(runtime, &request, keep_answer, &answer);
    dr_runtime_wait(runtime, dr_runtime_now(runtime) + 50);
    dr_runtime_cancel(runtime, handle); /* while it waits for the answer */
    test_run_for(runtime, 400);
    assert_int_equal(answer.count, 0);
    runtime->ops->http(runtime, &request, keep_answer, &answer); /* freed with the runtime */
}

struct crowd {
    struct dr_runtime *runtime;
    const struct dr_http_request *request;
    int left, answered, bad;
};

static void crowd_answered(void *data, const struct dr_http_response *response)
{
    struct crowd *crowd = data;
    crowd->answered++;
    crowd->bad += response->status != 200;
}

static void ten_thousand_at_once_are_all_answered(void **state)
{
    enum { COUNT = 10000 };
    struct dr_runtime *runtime = *state;
    struct dr_http_request request = {.method = "GET", .url = url_of("PLAIN", "/ok")};
    struct crowd crowd = {.runtime = runtime, .request = &request};
    struct timespec begun, ended;
    clock_gettime(CLOCK_MONOTONIC, &begun);
    for (int i = 0; i < COUNT; i++)
        assert_non_null(runtime->ops->http(runtime, &request, crowd_answered, &crowd));
    int64_t limit_ms = dr_runtime_now(runtime) + 60000;
    while (crowd.answered < COUNT && dr_runtime_now(runtime) < limit_ms)
        dr_runtime_wait(runtime, limit_ms);
    clock_gettime(CLOCK_MONOTONIC, &ended);
    assert_int_equal(crowd.answered, COUNT);
    assert_int_equal(crowd.bad, 0);
    print_message("%d requests at once: %.2f s\n", COUNT,
                  (double)(ended.tv_sec - begun.tv_sec) + (double)(ended.tv_nsec - begun.tv_nsec) / 1e9);
}

static void a_host_that_hangs_does_not_starve_the_others(void **state)
{
    struct dr_runtime *runtime = *state;
    struct dr_http_request hanging = {.method = "GET", .url = url_of("MISBEHAVING", "/slow"), .timeout_ms = 3000};
    struct crowd crowd = {.runtime = runtime, .request = &hanging};
    for (int i = 0; i < 400; i++) /* more than one host may have under way */
        assert_non_null(runtime->ops->http(runtime, &hanging, crowd_answered, &crowd));
    struct answer answer =
        exchange(runtime, (struct dr_http_request){.method = "GET", .url = url_of("PLAIN", "/ok"), .timeout_ms = 2000});
    assert_int_equal(answer.status, 200);
    assert_in_range(answer.total_ms, 0, 1900);
    answer_done(&answer);
    while (crowd.answered < 400)
        dr_runtime_wait(runtime, INT64_MAX);
    assert_int_equal(crowd.bad, 400);
}

/* --- http:invoke
 * ---------------------------------------------------------------------------------------------------------------- */

static struct test_call *invoke(struct dr_runtime *runtime, json_t *arguments)
{
    struct test_call *call = test_call_start(&dr_http_invoke, runtime, arguments);
    test_call_wait(call, 20000);
    return call;
}

static json_t *invoke_ok(struct dr_runtime *runtime, json_t *arguments)
{
    struct test_call *call = invoke(runtime, arguments);
    if (call->error)
        fail_msg("%s: %s", call->error, call->cause);
    json_t *output = json_incref(call->output);
    test_call_done(call);
    return output;
}

static void check_failure(struct dr_runtime *runtime, json_t *arguments, const char *error, const char *cause,
                          bool unknown)
{
    struct test_call *call = invoke(runtime, arguments);
    assert_non_null(call->error);
    assert_string_equal(call->error, error);
    if (!strstr(call->cause, cause))
        fail_msg("%s: \"%s\" is not in \"%s\"", error, cause, call->cause);
    assert_int_equal(call->unknown, unknown);
    test_call_done(call);
}

static void an_answer_is_an_output(void **state)
{
    json_t *output =
        invoke_ok(*state, test_json("{'ApiEndpoint':'http://127.0.0.1:%s/state.json','Method':'GET'}", port("PLAIN")));
    assert_int_equal(json_integer_value(json_object_get(output, "StatusCode")), 200);
    assert_string_equal(json_string_value(json_object_get(output, "StatusText")), "OK");
    assert_json_equal(json_object_get(output, "ResponseBody"), "{'writable':true}");
    assert_json_equal(json_object_get(json_object_get(output, "Headers"), "content-type"), "['application/json']");
    assert_true(json_is_integer(json_object_get(output, "LatencyMs")));
    json_decref(output);
}

static void check_body(struct dr_runtime *runtime, const char *path, const char *body, const char *encoding)
{
    json_t *output = invoke_ok(
        runtime, test_json("{'ApiEndpoint':'http://127.0.0.1:%s%s','Method':'GET'}", port("MISBEHAVING"), path));
    assert_json_equal(json_object_get(output, "ResponseBody"), body);
    const char *got = json_string_value(json_object_get(output, "ResponseBodyEncoding"));
    assert_string_equal(got ? got : "", encoding);
    json_decref(output);
}

static void bodies_are_data_text_or_base64(void **state)
{
    check_body(*state, "/problem-json", "{'big':12345678901234567890,'n':1.0}", "");
    check_body(*state, "/bad-json", "'{not json'", "");
    check_body(*state, "/binary", "'AP/+AQ=='", "base64");
    check_body(*state, "/no-content", "''", "");
    check_body(*state, "/until-close", "'no length at all'", "");
}

static void header_values_are_lists(void **state)
{
    json_t *output = invoke_ok(
        *state, test_json("{'ApiEndpoint':'http://127.0.0.1:%s/strange-head','Method':'GET'}", port("MISBEHAVING")));
    assert_json_equal(json_object_get(output, "Headers"),
                      "{'set-cookie':['a=1','b=2'],'x-empty':[''],'x-folded':['one two'],'x-latin':['caf\xef\xbf\xbd'],"
                      "'content-length':['2']}");
    json_decref(output);
}

static json_t *echo(struct dr_runtime *runtime, const char *arguments)
{
    json_t *all = test_json("{'ApiEndpoint':'http://127.0.0.1:%s/echo','Method':'POST'}", port("MISBEHAVING"));
    json_t *more = test_json("%s", arguments);
    json_object_update(all, more);
    json_decref(more);
    json_t *output = invoke_ok(runtime, all), *body = json_incref(json_object_get(output, "ResponseBody"));
    json_decref(output);
    return body;
}

static void check_echo(struct dr_runtime *runtime, const char *arguments, const char *member, const char *expected)
{
    json_t *body = echo(runtime, arguments);
    assert_string_equal(json_string_value(json_object_get(body, member)), expected);
    json_decref(body);
}

static const char *echoed_header(const json_t *body, const char *name)
{
    json_t *headers = json_object_get(body, "headers");
    for (size_t i = 0; i < json_array_size(headers); i++)
        if (strcmp(json_string_value(json_array_get(json_array_get(headers, i), 0)), name) == 0)
            return json_string_value(json_array_get(json_array_get(headers, i), 1));
    return "(none)";
}

static void check_header(struct dr_runtime *runtime, const char *arguments, const char *name, const char *expected)
{
    json_t *body = echo(runtime, arguments);
    assert_string_equal(echoed_header(body, name), expected);
    json_decref(body);
}

static void requests_are_made_from_the_arguments(void **state)
{
    check_echo(*state, "{'RequestBody':{'a':[1,null]}}", "body", "{\"a\":[1,null]}");
    check_header(*state, "{'RequestBody':{'a':[1,null]}}", "Content-Type", "application/json");
    check_header(*state, "{'RequestBody':{'a':1},'Headers':{'content-type':'application/x-amz-json-1.1'}}",
                 "content-type", "application/x-amz-json-1.1");
    check_echo(*state, "{'RequestBody':'as it is'}", "body", "as it is");
    check_header(*state, "{'RequestBody':'as it is'}", "Content-Type", "text/plain; charset=utf-8");
    check_header(*state, "{'Method':'GET'}", "Content-Type", "(none)");
    check_header(*state, "{'Headers':{'X-N':3,'X-Null':null,'X-B':true}}", "X-N", "3");
    check_header(*state, "{'Headers':{'X-N':3,'X-Null':null,'X-B':true}}", "X-Null", "(none)");
    check_header(*state, "{'IdempotencyHeader':'Idempotency-Key'}", "Idempotency-Key",
                 "01234567-89ab-cdef-0123-456789abcdef");
    check_echo(*state, "{'QueryParameters':{'q':'a b&c','n':1,'list':['x','y'],'none':null}}", "target",
               "/echo?q=a%20b%26c&n=1&list=x&list=y&none=");
}

static void forms_are_encoded_as_step_functions_does(void **state)
{
    check_echo(*state,
               "{'RequestBody':{'a':['x','y'],'b':{'c':{'d':1}},'e':'1 "
               "2','f':true},'Transform':{'RequestBodyEncoding':'URL_ENCODED'}}",
               "body", "a[0]=x&a[1]=y&b[c][d]=1&e=1%202&f=true");
    check_header(*state, "{'RequestBody':{'a':1},'Transform':{'RequestBodyEncoding':'URL_ENCODED'}}", "Content-Type",
                 "application/x-www-form-urlencoded");
    static const char *const formats[][2] = {
        {"REPEAT", "a=x&a=y"}, {"COMMAS", "a=x,y"}, {"BRACKETS", "a[]=x&a[]=y"}, {"INDICES", "a[0]=x&a[1]=y"}};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        char arguments[300];
        snprintf(arguments, sizeof arguments,
                 "{'RequestBody':{'a':['x','y']},'Transform':{'RequestBodyEncoding':'URL_ENCODED','"
                 "RequestEncodingOptions':{'ArrayFormat':'%s'}}}",
                 formats[i][0]);
        check_echo(*state, arguments, "body", formats[i][1]);
    }
}

static void statuses_that_are_not_expected_are_errors(void **state)
{
    const char *misbehaving = port("MISBEHAVING");
    check_failure(*state, test_json("{'ApiEndpoint':'http://127.0.0.1:%s/html-error','Method':'GET'}", misbehaving),
                  "States.Http.StatusCode.503", "<html><h1>Service Unavailable</h1></html>", false);
    check_failure(*state, test_json("{'ApiEndpoint':'http://127.0.0.1:%s/missing','Method':'GET'}", port("PLAIN")),
                  "States.Http.StatusCode.404", "404 Not Found", false);
    check_failure(
        *state,
        test_json("{'ApiEndpoint':'http://127.0.0.1:%s/status?line=409%%20Conflict','Method':'POST'}", misbehaving),
        "States.Http.StatusCode.409", "409 Conflict", false);
    check_failure(*state,
                  test_json("{'ApiEndpoint':'http://127.0.0.1:%s/ok','Method':'GET','ExpectedStatus':[204,'3xx']}",
                            port("PLAIN")),
                  "States.Http.StatusCode.200", "ok", false);
    static const char *const expected[] = {"404", "'404'", "'4xx'", "[200,404]", "[200,'40X']"};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        json_decref(invoke_ok(
            *state, test_json("{'ApiEndpoint':'http://127.0.0.1:%s/missing','Method':'GET','ExpectedStatus':%s}",
                              port("PLAIN"), expected[i])));
    check_failure(*state,
                  test_json("{'ApiEndpoint':'http://127.0.0.1:%s/redirect?to=/ok','Method':'GET'}", misbehaving),
                  "States.Http.StatusCode.302", "elsewhere", false);
    json_decref(invoke_ok(
        *state, test_json("{'ApiEndpoint':'http://127.0.0.1:%s/redirect?to=/echo','Method':'GET','MaxRedirects':1}",
                          misbehaving)));
}

static void lost_answers_are_unknown_and_lost_connections_are_not(void **state)
{
    const char *misbehaving = port("MISBEHAVING");
    check_failure(*state, test_json("{'ApiEndpoint':'http://127.0.0.1:%s/reset','Method':'POST'}", misbehaving),
                  "States.Http.Socket", "; the request had been sent", true);
    check_failure(*state, test_json("{'ApiEndpoint':'http://127.0.0.1:%s/truncated','Method':'POST'}", misbehaving),
                  "States.Http.Socket", "; the request had been sent", true);
    check_failure(
        *state,
        test_json("{'ApiEndpoint':'http://127.0.0.1:%s/slow','Method':'GET','TimeoutSeconds':0.2}", misbehaving),
        "States.Http.Socket", "no complete answer within 200 ms; the request had been sent", true);
    check_failure(*state, test_json("{'ApiEndpoint':'http://127.0.0.1:%s/','Method':'POST'}", port("CLOSED")),
                  "States.Http.Socket", "; nothing was sent", false);
    check_failure(*state, test_json("{'ApiEndpoint':'https://localhost:%s/','Method':'POST'}", port("TLS")),
                  "States.Http.Socket", "; nothing was sent", false);
    check_failure(
        *state,
        test_json("{'ApiEndpoint':'http://127.0.0.1:%s/huge','Method':'POST','MaxResponseBytes':5000}", misbehaving),
        "States.DataLimitExceeded", "larger than the 5000 bytes", false);
}

static void arguments_that_cannot_be_used_say_so(void **state)
{
    static const char *const bad[][2] = {
        {"{'ApiEndpoint':'example.com','Method':'GET'}", "must begin with https:// or http://"},
        {"{'ApiEndpoint':'https:///x','Method':'GET'}", "has no host"},
        {"{'ApiEndpoint':'https://e.example','Method':'GET','Headers':{'Content-Length':'3'}}",
         "follows from the body"},
        {"{'ApiEndpoint':'https://e.example','Method':'GET','Headers':{'X':{}}}", "must be a string"},
        {"{'ApiEndpoint':'https://"
         "e.example','Method':'POST','RequestBody':'x','Transform':{'RequestBodyEncoding':'URL_ENCODED'}}",
         "must be an object"},
        {"{'ApiEndpoint':'https://e.example','Method':'GET','Authentication':{'ConnectionArn':'arn:aws:events:...'}}",
         "{{resolve:env:TOKEN}}"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check_failure(*state, test_json("%s", bad[i][0]), "States.Runtime", bad[i][1], false);
    check_failure(*state, test_json("{'ApiEndpoint':'http://127.0.0.1:1/','Method':'GET','Headers':{'X':'a\\nb'}}"),
                  "States.Runtime", "a header's value contains a control character", false);
}

static void certificates_come_from_files(void **state)
{
    json_decref(
        invoke_ok(*state, test_json("{'ApiEndpoint':'https://localhost:%s/"
                                    "ok','Method':'GET','CaFile':'%s','CertificateFile':'%s','KeyFile':'%s'}",
                                    port("MUTUAL"), file("authority.pem"), file("client.pem"), file("client.key"))));
    json_t *output = invoke_ok(
        *state, test_json("{'ApiEndpoint':'https://localhost:%s/ok','Method':'GET','InsecureSkipTlsVerify':true}",
                          port("TLS")));
    assert_string_equal(json_string_value(json_object_get(output, "StatusText")), "OK"); /* HTTP/2 has none */
    json_decref(output);
}

static void what_is_sent_to_an_endpoint_is_encoded(void **state)
{
    json_t *output = invoke_ok(*state, test_json("{'ApiEndpoint':'http://127.0.0.1:%s/echo/a "
                                                 "b/\xc3\xa9%%2F?x=1#part','Method':'GET','QueryParameters':{'y':2}}",
                                                 port("MISBEHAVING")));
    assert_string_equal(json_string_value(json_object_get(json_object_get(output, "ResponseBody"), "target")),
                        "/echo/a%20b/%C3%A9%2F?x=1&y=2");
    json_decref(output);
}

static void cancelling_a_call_ends_it(void **state)
{
    struct test_call *call = test_call_start(
        &dr_http_invoke, *state,
        test_json("{'ApiEndpoint':'http://127.0.0.1:%s/slow?s=0.1','Method':'GET'}", port("MISBEHAVING")));
    test_run_for(*state, 20);
    dr_http_invoke.cancel(&call->call);
    test_run_for(*state, 300);
    assert_int_equal(call->finished, 0);
    test_call_done(call);
}

static void check_repeat(const char *arguments, enum dr_repeat expected)
{
    json_t *value = test_json("%s", arguments);
    assert_int_equal(dr_http_invoke.repeat(&dr_http_invoke, value), expected);
    json_decref(value);
}

static void idempotent_requests_are_repeated(void **state)
{
    (void)state;
    check_repeat("{'Method':'GET'}", DR_REPEAT_SAFE);
    check_repeat("{'Method':'PUT'}", DR_REPEAT_SAFE);
    check_repeat("{'Method':'DELETE'}", DR_REPEAT_SAFE);
    check_repeat("{'Method':'POST'}", DR_REPEAT_NEVER);
    check_repeat("{'Method':'PATCH'}", DR_REPEAT_NEVER);
    check_repeat("{'Method':'POST','Idempotent':true}", DR_REPEAT_SAFE);
    check_repeat("{'Method':'PUT','Idempotent':false}", DR_REPEAT_NEVER);
    check_repeat("{'Method':'POST','IdempotencyHeader':'Idempotency-Key'}", DR_REPEAT_TOKEN);
    check_repeat("{'Method':'POST','Headers':{'idempotency-key':'order-7'}}", DR_REPEAT_SAFE);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(a_plain_answer_is_complete),
        TEST(only_what_is_asked_for_is_sent),
        TEST(methods_are_sent_as_they_are),
        TEST(what_would_break_the_request_apart_is_refused),
        TEST(what_left_is_told_from_what_did_not),
        TEST(a_request_that_never_left_is_known),
        TEST(a_time_out_is_kept),
        TEST(a_dead_name_server_holds_up_nothing),
        TEST(what_may_not_be_repeated_is_sent_once),
        TEST(a_body_may_be_as_large_as_allowed),
        TEST(headers_keep_their_order_and_their_names),
        TEST(broken_answers_break_nothing),
        TEST(redirects_are_followed_as_the_rfc_says),
        TEST(credentials_do_not_follow_to_another_place),
        TEST(tls_is_verified),
        TEST(the_name_is_verified_too),
        TEST(client_certificates_are_shown),
        TEST(a_cancelled_request_is_over),
        TEST(ten_thousand_at_once_are_all_answered),
        TEST(a_host_that_hangs_does_not_starve_the_others),
        TEST(an_answer_is_an_output),
        TEST(bodies_are_data_text_or_base64),
        TEST(header_values_are_lists),
        TEST(requests_are_made_from_the_arguments),
        TEST(forms_are_encoded_as_step_functions_does),
        TEST(statuses_that_are_not_expected_are_errors),
        TEST(lost_answers_are_unknown_and_lost_connections_are_not),
        TEST(arguments_that_cannot_be_used_say_so),
        TEST(certificates_come_from_files),
        TEST(what_is_sent_to_an_endpoint_is_encoded),
        TEST(cancelling_a_call_ends_it),
        TEST(idempotent_requests_are_repeated),
#undef TEST
    };
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
