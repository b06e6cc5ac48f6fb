/* Reading requests from a connection's bytes: framing, limits, and what is refused; and AWS's own chunks. */
#include "providers/simulated/http_reader.h"

#include "providers/simulated/aws_chunks.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define BODY_MAX 100

static struct dr_sim_reader *reader;

static int begin(void **state)
{
    (void)state;
    reader = dr_alloc(sizeof *reader);
    reader->body_bytes_max = BODY_MAX;
    return 0;
}

static int end(void **state)
{
    (void)state;
    dr_sim_reader_done(reader);
    free(reader);
    return 0;
}

static enum dr_sim_read read_text(const char *text)
{
    dr_sim_reader_add(reader, text, strlen(text));
    return dr_sim_reader_next(reader);
}

static void path_and_query_stay_as_they_were_sent(void **state)
{
    (void)state;
    assert_int_equal(read_text("GET /a%20b//c?x=%2f&y HTTP/1.1\r\nHost: h:1\r\nX-A:  v \r\n\r\n"), DR_SIM_READ_WHOLE);
    assert_string_equal(reader->request.method, "GET");
    assert_string_equal(reader->request.path, "/a%20b//c");
    assert_string_equal(reader->request.query, "x=%2f&y");
    assert_string_equal(reader->request.host, "h:1");
    assert_string_equal(dr_aws_headers_find(reader->request.headers, reader->request.header_count, "x-a"), "v");
    assert_int_equal(reader->request.body_size, 0);
    assert_true(reader->keep_alive);
}

static void requests_follow_one_another_in_any_pieces(void **state)
{
    (void)state;
    const char *two = "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET /2 HTTP/1.0\r\n\r\n";
    size_t found = 0;
    for (const char *at = two; *at; at++) {
        dr_sim_reader_add(reader, at, 1);
        if (dr_sim_reader_next(reader) != DR_SIM_READ_WHOLE)
            continue;
        found++;
        assert_string_equal(reader->request.path, found == 1 ? "/" : "/2");
        assert_string_equal(reader->request.body, found == 1 ? "abc" : "");
        assert_int_equal(reader->keep_alive, found == 1);
        dr_sim_reader_drop(reader);
    }
    assert_int_equal(found, 2);
}

static void chunks_are_put_together(void **state)
{
    (void)state;
    assert_int_equal(read_text("PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n"),
                     DR_SIM_READ_MORE);
    assert_int_equal(read_text("2\r\nde\r\n0\r\nTrailer: x\r\n\r\n"), DR_SIM_READ_WHOLE);
    assert_string_equal(reader->request.body, "abcde");
}

static void who_waits_to_be_told_is_told_once(void **state)
{
    (void)state;
    assert_int_equal(read_text("PUT / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"),
                     DR_SIM_READ_CONTINUE);
    assert_int_equal(dr_sim_reader_next(reader), DR_SIM_READ_MORE);
    assert_int_equal(read_text("ab"), DR_SIM_READ_WHOLE);
}

static void a_body_at_the_limit_is_read_and_one_byte_more_is_not(void **state)
{
    (void)state;
    char body[BODY_MAX + 1] = "";
    memset(body, 'x', BODY_MAX);
    assert_int_equal(read_text("PUT / HTTP/1.1\r\nContent-Length: 100\r\n\r\n"), DR_SIM_READ_MORE);
    assert_int_equal(read_text(body), DR_SIM_READ_WHOLE);
    dr_sim_reader_drop(reader);
    assert_int_equal(read_text("PUT / HTTP/1.1\r\nContent-Length: 101\r\n\r\n"), DR_SIM_READ_BAD);
    assert_int_equal(reader->bad_status, 413);
}

static void what_could_be_read_in_two_ways_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "PUT / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "PUT / HTTP/1.1\r\nContent-Length: +1\r\n\r\n",
        "PUT / HTTP/1.1\r\nA: 1\r\n folded\r\n\r\n",
        "PUT / HTTP/1.1\r\nA : 1\r\n\r\n",
        "PUT / HTTP/2\r\n\r\n",
        "PUT /a b HTTP/1.1\r\n\r\n",
        "PUT\r\n\r\n",
        "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
        "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
        "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        end(NULL);
        begin(NULL);
        if (read_text(bad[i]) != DR_SIM_READ_BAD)
            fail_msg("taken: %s", bad[i]);
    }
}

static void a_head_without_end_is_refused(void **state)
{
    (void)state;
    enum dr_sim_read read = read_text("GET / HTTP/1.1\r\n");
    for (unsigned i = 0; i < DR_SIM_HEAD_BYTES_MAX / 10 && read == DR_SIM_READ_MORE; i++)
        read = read_text("A: 45678\r\n");
    assert_int_equal(read, DR_SIM_READ_BAD);
    assert_int_equal(reader->bad_status, 431);
}

static void aws_chunks_give_body_trailer_and_no_trace_of_themselves(void **state)
{
    (void)state;
    const struct dr_http_header headers[] = {{"Content-Encoding", "aws-chunked,gzip"},
                                             {"x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"},
                                             {"X-Amz-Decoded-Content-Length", "5"}};
    const char *body = "3;chunk-signature=ab\r\nabc\r\n2\r\nde\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n";
    struct dr_sim_request request = {.headers = headers, .header_count = 3, .body = body, .body_size = strlen(body)};
    struct dr_sim_unchunked plain;
    assert_true(dr_sim_is_chunked(&request));
    assert_true(dr_sim_unchunk(&request, &plain));
    assert_string_equal(plain.request.body, "abcde");
    const struct dr_sim_request *got = &plain.request;
    assert_string_equal(dr_aws_headers_find(got->headers, got->header_count, "Content-Encoding"), "gzip");
    assert_string_equal(dr_aws_headers_find(got->headers, got->header_count, "x-amz-checksum-crc32"), "AAAAAA==");
    dr_sim_unchunked_done(&plain);
    request.body_size -= 40; /* cut off */
    assert_false(dr_sim_unchunk(&request, &plain));
    dr_sim_unchunked_done(&plain);
    request.body = "4\r\nabcd\r\n0\r\n\r\n";
    request.body_size = strlen(request.body);
    assert_false(dr_sim_unchunk(&request, &plain)); /* not the five that were announced */
    dr_sim_unchunked_done(&plain);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(path_and_query_stay_as_they_were_sent),
        TEST(requests_follow_one_another_in_any_pieces),
        TEST(chunks_are_put_together),
        TEST(who_waits_to_be_told_is_told_once),
        TEST(a_body_at_the_limit_is_read_and_one_byte_more_is_not),
        TEST(what_could_be_read_in_two_ways_is_refused),
        TEST(a_head_without_end_is_refused),
        TEST(aws_chunks_give_body_trailer_and_no_trace_of_themselves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
