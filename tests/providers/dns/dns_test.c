/* dns:query end to end: a real server for what answers say, and a scripted one for what real servers rarely do. */
#include "tests/providers/call.h"

#include "interpreter/runtime/real.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

extern const struct dr_primitive dr_dns_query;

static struct dr_runtime *runtime;

static int open_runtime(void **state)
{
    (void)state;
    char *problem = NULL;
    runtime = dr_runtime_real_new(&problem);
    if (!runtime)
        print_error("%s\n", problem);
    free(problem);
    return runtime ? 0 : -1;
}

static int close_runtime(void **state)
{
    (void)state;
    runtime->ops->free(runtime);
    return 0;
}

/* --- The real server ---------------------------------------------------------------------------------------------- */

static const char *knot(void)
{
    const char *address = getenv("DRRUN_TEST_DNS");
    if (!address || !*address) {
        print_message("skipped: knot is not installed\n");
        skip();
    }
    return address;
}

static struct test_call *ask(const char *server, const char *rest)
{
    json_t *arguments = test_json("{%s}", rest);
    json_object_set_new(arguments, "Server", json_string(server));
    struct test_call *call = test_call_start(&dr_dns_query, runtime, arguments);
    test_call_wait(call, 10000);
    return call;
}

static void expect_answers(const char *rest, const char *answers)
{
    struct test_call *call = ask(knot(), rest);
    if (call->error)
        fail_msg("%s: %s", call->error, call->cause);
    assert_json_equal(json_object_get(call->output, "Answers"), answers);
    test_call_done(call);
}

static void test_every_type_with_its_ttl(void **state)
{
    (void)state;
    expect_answers("'Name': 'ns.example.test'",
                   "[{'Name': 'ns.example.test', 'Type': 'A', 'Ttl': 3600, 'Value': '127.0.0.1'}]");
    expect_answers("'Name': 'www.example.test', 'Type': 'AAAA'",
                   "[{'Name': 'www.example.test', 'Type': 'AAAA', 'Ttl': 19, 'Value': '2001:db8::10'}]");
    expect_answers("'Name': 'example.test.', 'Type': 'MX'",
                   "[{'Name': 'example.test', 'Type': 'MX', 'Ttl': 300, 'Value': '10 mail.example.test'}]");
    expect_answers("'Name': 'example.test', 'Type': 'NS'",
                   "[{'Name': 'example.test', 'Type': 'NS', 'Ttl': 3600, 'Value': 'ns.example.test'}]");
    expect_answers("'Name': 'example.test', 'Type': 'TXT'",
                   "[{'Name': 'example.test', 'Type': 'TXT', 'Ttl': 60, 'Value': 'first part, second part'}]");
    expect_answers("'Name': 'example.test', 'Type': 'CAA'",
                   "[{'Name': 'example.test', 'Type': 'CAA', 'Ttl': 300, 'Value': '0 issue \\\"ca.example.test\\\"'}]");
    expect_answers("'Name': 'example.test', 'Type': 'SOA'",
                   "[{'Name': 'example.test', 'Type': 'SOA', 'Ttl': 3600, 'Value': 'ns.example.test admin.example.test "
                   "7 3600 600 86400 30'}]");
    expect_answers(
        "'Name': '_db._tcp.example.test', 'Type': 'SRV'",
        "[{'Name': '_db._tcp.example.test', 'Type': 'SRV', 'Ttl': 41, 'Value': '1 2 5432 www.example.test'}]");
    expect_answers("'Name': 'app.example.test', 'Type': 'CNAME'",
                   "[{'Name': 'app.example.test', 'Type': 'CNAME', 'Ttl': 23, 'Value': 'www.example.test'}]");
    expect_answers("'Name': '192.0.2.10', 'Type': 'PTR'",
                   "[{'Name': '10.2.0.192.in-addr.arpa', 'Type': 'PTR', 'Ttl': 60, 'Value': 'www.example.test'}]");
}

static void test_an_alias_comes_with_what_it_leads_to(void **state)
{
    (void)state;
    struct test_call *call = ask(knot(), "'Name': 'app.example.test'");
    json_t *answers = json_object_get(call->output, "Answers");
    assert_int_equal(json_array_size(answers), 3);
    assert_string_equal(json_string_value(json_object_get(json_array_get(answers, 0), "Type")), "CNAME");
    assert_int_equal(json_integer_value(json_object_get(json_array_get(answers, 2), "Ttl")), 17);
    assert_true(json_is_true(json_object_get(call->output, "Authoritative")));
    test_call_done(call);
}

static void test_no_such_name_and_no_such_record_are_results(void **state)
{
    (void)state;
    struct test_call *call = ask(knot(), "'Name': 'nosuch.example.test'");
    assert_string_equal(json_string_value(json_object_get(call->output, "Status")), "NXDOMAIN");
    assert_int_equal(json_array_size(json_object_get(call->output, "Answers")), 0);
    test_call_done(call);
    call = ask(knot(), "'Name': 'ns.example.test', 'Type': 'AAAA'");
    assert_string_equal(json_string_value(json_object_get(call->output, "Status")), "NOERROR");
    assert_int_equal(json_array_size(json_object_get(call->output, "Answers")), 0);
    test_call_done(call);
}

static void test_an_answer_too_large_for_udp_is_fetched_over_tcp(void **state)
{
    (void)state;
    struct test_call *call = ask(knot(), "'Name': 'big.example.test', 'Type': 'TXT'");
    assert_int_equal(json_array_size(json_object_get(call->output, "Answers")), 82);
    test_call_done(call);
    call = ask(knot(), "'Name': 'www.example.test', 'Tcp': true");
    assert_int_equal(json_array_size(json_object_get(call->output, "Answers")), 2);
    test_call_done(call);
}

static void test_the_server_may_be_an_ipv6_address(void **state)
{
    (void)state;
    char *server = dr_format("[::1]:%s", strchr(knot(), ':') + 1);
    struct test_call *call = ask(server, "'Name': 'www.example.test'");
    if (call->error && strcmp(call->error, "Dns.ConnectionRefused") == 0)
        print_message("skipped: there is no IPv6 here\n");
    else
        assert_int_equal(json_array_size(json_object_get(call->output, "Answers")), 2);
    free(server);
    test_call_done(call);
}

static void test_a_zone_that_is_not_served_is_refused(void **state)
{
    (void)state;
    struct test_call *call = ask(knot(), "'Name': 'www.elsewhere.test'");
    assert_string_equal(call->error, "Dns.Refused");
    assert_non_null(strstr(call->cause, "www.elsewhere.test A at 127.0.0.1:"));
    test_call_done(call);
}

/* --- The scripted server --------------------------------------------------------------------------------------------
 */

struct server {
    int fd;
    struct dr_handle *watch;
    char address[32];
    unsigned asked;
    void (*answer)(struct server *, unsigned char *message, size_t size, const struct sockaddr_in *from);
};

static void send_answer(struct server *server, const unsigned char *message, size_t size, const struct sockaddr_in *to)
{
    assert_int_equal(sendto(server->fd, message, size, 0, (const struct sockaddr *)to, sizeof *to), size);
}

static void server_asked(void *data, int fd, unsigned ready)
{
    (void)ready;
    struct server *server = data;
    unsigned char message[4096];
    struct sockaddr_in from;
    socklen_t from_size = sizeof from;
    ssize_t size = recvfrom(fd, message, sizeof message, 0, (struct sockaddr *)&from, &from_size);
    assert_true(size > 12);
    server->asked++;
    if (server->answer)
        server->answer(server, message, (size_t)size, &from);
}

static void server_start(struct server *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    server->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(server->fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(getsockname(server->fd, (struct sockaddr *)&address, &size), 0);
    snprintf(server->address, sizeof server->address, "127.0.0.1:%u", ntohs(address.sin_port));
    server->watch = runtime->ops->watch(runtime, server->fd, DR_READABLE, server_asked, server);
    assert_non_null(server->watch);
}

static void server_stop(struct server *server)
{
    runtime->ops->cancel(runtime, server->watch);
    close(server->fd);
}

/* Where the question ends: behind its name and four bytes. */
static size_t question_end(const unsigned char *message)
{
    size_t at = 12;
    while (message[at])
        at += message[at] + 1u;
    return at + 5;
}

/* The question as an answer with `rcode`, with an A record of 192.0.2.1 if that is 0. */
static size_t make_answer(unsigned char *message, unsigned rcode)
{
    static const unsigned char record[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, 192, 0, 2, 1};
    size_t end = question_end(message);
    message[2] = 0x84;
    message[3] = (unsigned char)rcode;
    memset(message + 6, 0, 6);
    if (rcode)
        return end;
    message[7] = 1;
    memcpy(message + end, record, sizeof record);
    return end + sizeof record;
}

static void answer_servfail(struct server *server, unsigned char *message, size_t size, const struct sockaddr_in *from)
{
    (void)size;
    send_answer(server, message, make_answer(message, 2), from);
}

static void answer_notauth(struct server *server, unsigned char *message, size_t size, const struct sockaddr_in *from)
{
    (void)size;
    send_answer(server, message, make_answer(message, 9), from);
}

static void answer_cut_short(struct server *server, unsigned char *message, size_t size, const struct sockaddr_in *from)
{
    (void)size;
    send_answer(server, message, make_answer(message, 0) - 2, from);
}

/* First a forger that does not know the id, then one that answers another question; then the truth. */
static void answer_after_forgers(struct server *server, unsigned char *message, size_t size,
                                 const struct sockaddr_in *from)
{
    (void)size;
    size_t end = make_answer(message, 0);
    message[end - 1] = 66;
    message[0] ^= 0x55;
    send_answer(server, message, end, from);
    message[0] ^= 0x55;
    message[13] ^= 1; /* a letter of the name */
    send_answer(server, message, end, from);
    message[13] ^= 1;
    message[end - 1] = 1;
    send_answer(server, message, end, from);
}

static void answer_the_second_time(struct server *server, unsigned char *message, size_t size,
                                   const struct sockaddr_in *from)
{
    (void)size;
    if (server->asked > 1)
        send_answer(server, message, make_answer(message, 0), from);
}

/* As servers of before 1999 do. */
static void answer_formerr_to_edns(struct server *server, unsigned char *message, size_t size,
                                   const struct sockaddr_in *from)
{
    (void)size;
    send_answer(server, message, make_answer(message, message[11] ? 1 : 0), from);
}

static void test_scripted_answers(void **state)
{
    (void)state;
    static const struct {
        void (*answer)(struct server *, unsigned char *, size_t, const struct sockaddr_in *);
        const char *error; /* NULL: 192.0.2.1 */
    } rows[] = {
        {answer_servfail, "Dns.ServerFailure"}, {answer_notauth, "Dns.Failed"}, {answer_cut_short, "Dns.BadResponse"},
        {answer_after_forgers, NULL},           {answer_the_second_time, NULL}, {answer_formerr_to_edns, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct server server = {.answer = rows[i].answer};
        server_start(&server);
        struct test_call *call = ask(server.address, "'Name': 'a.test', 'TimeoutSeconds': 3");
        print_message("row %zu: %s %s\n", i, call->error ? call->error : "", call->cause ? call->cause : "");
        if (rows[i].error)
            assert_string_equal(call->error ? call->error : "none", rows[i].error);
        else
            assert_json_equal(json_object_get(call->output, "Answers"),
                              "[{'Name': 'a.test', 'Type': 'A', 'Ttl': 5, 'Value': '192.0.2.1'}]");
        test_call_done(call);
        server_stop(&server);
    }
}

static void test_silence_is_a_time_out(void **state)
{
    (void)state;
    struct server server = {0};
    server_start(&server);
    int64_t from_ms = runtime->ops->now_ms(runtime);
    struct test_call *call = ask(server.address, "'Name': 'a.test', 'TimeoutSeconds': 0.7, 'Tries': 3");
    int64_t took_ms = runtime->ops->now_ms(runtime) - from_ms;
    assert_string_equal(call->error, "Dns.Timeout");
    assert_in_range(took_ms, 500, 1500);
    assert_int_equal(server.asked, 3);
    test_call_done(call);
    server_stop(&server);
}

static void test_nobody_listening_is_refused_at_once(void **state)
{
    (void)state;
    struct server server = {0};
    server_start(&server);
    server_stop(&server); /* its port is free now */
    int64_t from_ms = runtime->ops->now_ms(runtime);
    struct test_call *call = ask(server.address, "'Name': 'a.test', 'TimeoutSeconds': 5");
    assert_string_equal(call->error, "Dns.ConnectionRefused");
    assert_true(runtime->ops->now_ms(runtime) - from_ms < 2000);
    test_call_done(call);
    call = ask(server.address, "'Name': 'a.test', 'TimeoutSeconds': 5, 'Tcp': true");
    assert_string_equal(call->error, "Dns.ConnectionRefused");
    test_call_done(call);
}

static void test_a_cancelled_question_lets_go_of_everything(void **state)
{
    (void)state;
    struct server server = {.answer = NULL};
    server_start(&server);
    json_t *arguments = test_json("{'Name': 'a.test', 'Server': '%s'}", server.address);
    struct test_call *call = test_call_start(&dr_dns_query, runtime, arguments);
    test_run_for(runtime, 50);
    assert_int_equal(server.asked, 1);
    dr_dns_query.cancel(&call->call);
    test_run_for(runtime, 1000); /* a second try would come in this time */
    assert_int_equal(server.asked, 1);
    assert_int_equal(call->finished, 0);
    test_call_done(call);
    server_stop(&server);
}

static void test_arguments_that_cannot_be_asked(void **state)
{
    (void)state;
    static const char *const servers[] = {
        "",     "dns.example", "127.0.0.1:",     "127.0.0.1:0",         "127.0.0.1:65536", "127.0.0.1:53x",
        "[::1", "[::1]53",     "[127.0.0.1]:53", "127.0.0.1,127.0.0.2", "127.0.0.1: 53"};
    for (size_t i = 0; i < sizeof servers / sizeof *servers; i++) {
        struct test_call *call = ask(servers[i], "'Name': 'a.test'");
        assert_string_equal(call->error ? call->error : servers[i], "Dns.InvalidServer");
        test_call_done(call);
    }
    static const char *const names[] = {"a..test",
                                        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.test"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *rest = dr_format("'Name': '%s'", names[i]);
        struct test_call *call = ask("127.0.0.1:1", rest);
        assert_string_equal(call->error, "Dns.InvalidName");
        test_call_done(call);
        free(rest);
    }
    struct test_call *call = ask("127.0.0.1:1", "'Name': 'a.test', 'Type': 'HINFO'");
    assert_string_equal(call->error, "Dns.InvalidType");
    test_call_done(call);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_type_with_its_ttl),
        cmocka_unit_test(test_an_alias_comes_with_what_it_leads_to),
        cmocka_unit_test(test_no_such_name_and_no_such_record_are_results),
        cmocka_unit_test(test_an_answer_too_large_for_udp_is_fetched_over_tcp),
        cmocka_unit_test(test_the_server_may_be_an_ipv6_address),
        cmocka_unit_test(test_a_zone_that_is_not_served_is_refused),
        cmocka_unit_test(test_scripted_answers),
        cmocka_unit_test(test_silence_is_a_time_out),
        cmocka_unit_test(test_nobody_listening_is_refused_at_once),
        cmocka_unit_test(test_a_cancelled_question_lets_go_of_everything),
        cmocka_unit_test(test_arguments_that_cannot_be_asked),
    };
    return cmocka_run_group_tests(tests, open_runtime, close_runtime);
}
