/* Answers by a small model: what the official vectors do not show. Bodies that are odd, cut, or somebody else's. */
#include "tests/support/aws_small_model.h"

#include "interpreter/base/limits.h"
#include "interpreter/expression/values.h"
#include "providers/aws/protocol/protocol.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <zlib.h>

#include <cmocka.h>

static struct dr_aws_models *models;

static const struct dr_aws_operation *operation_of(const char *protocol, const char *name)
{
    const struct dr_aws_model *model = dr_small_model(models, protocol);
    assert_non_null(model);
    const struct dr_aws_operation *operation = dr_aws_model_operation(model, name);
    assert_non_null(operation);
    return operation;
}

static int set_up(void **state)
{
    (void)state;
    models = dr_aws_models_new(NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    dr_aws_models_free(models);
    return 0;
}

static void assert_same(json_t *got /* stolen */, const char *expected)
{
    json_t *wanted = dr_json_parse(expected, strlen(expected), NULL);
    assert_non_null(wanted);
    if (!dr_json_same(wanted, got)) {
        struct dr_text text = {0};
        if (got)
            dr_text_json(&text, got, 10000);
        fail_msg("expected %s, got %s", expected, got ? text.bytes : "nothing");
    }
    json_decref(wanted);
    json_decref(got);
}

static void assert_output(const char *protocol, const char *operation, const char *body, const char *expected)
{
    const struct dr_aws_answer answer = {.status = 200, .body = body, .body_size = strlen(body)};
    char *problem = NULL;
    json_t *output = dr_aws_parse(operation_of(protocol, operation), &answer, &problem);
    if (problem)
        fail_msg("%s", problem);
    assert_same(output, expected);
}

static void assert_problem(const char *protocol, const char *operation, const char *body, const char *expected)
{
    const struct dr_aws_answer answer = {.status = 200, .body = body, .body_size = strlen(body)};
    char *problem = NULL;
    json_t *output = dr_aws_parse(operation_of(protocol, operation), &answer, &problem);
    assert_null(output);
    assert_non_null(problem);
    assert_string_equal(problem, expected);
    free(problem);
}

static void xml_values_have_their_types(void **state)
{
    (void)state;
    assert_output(
        "rest-xml", "Look",
        "<Out xmlns:xsi='urn:x' xsi:type='Big'><Name/><Count> 7 </Count><Size>9223372036854775807</Size>"
        "<Rate>-1.5e3</Rate><On>TRUE</On><At>2015-01-01T23:59:59.500Z</At><Data>aGkK\n aGk=</Data>"
        "<Items><member>a</member><member/></Items><FlatItem>x</FlatItem><Strange><Name>no</Name></Strange>"
        "<FlatItem>y</FlatItem><Tags><entry><key>k</key><value>v</value></entry><entry><key>lost</key>"
        "</entry></Tags><Attribute><Name>n</Name><Value>1</Value></Attribute>"
        "<Attribute><Value>2</Value><Name>m</Name></Attribute><Tree><Count/><On/></Tree><Name>second</Name>"
        "</Out>",
        "{\"Kind\":\"Big\",\"Name\":\"\",\"Count\":7,\"Size\":9223372036854775807,\"Rate\":-1500.0,\"On\":true,"
        "\"At\":\"2015-01-01T23:59:59.500Z\",\"Data\":\"hi\\nhi\",\"Items\":[\"a\",\"\"],\"Flat\":[\"x\",\"y\"],"
        "\"Tags\":{\"k\":\"v\"},\"Attributes\":{\"n\":\"1\",\"m\":\"2\"},\"Tree\":{}}");
}

static void elements_of_several_or_odd_names_are_found(void **state)
{
    (void)state;
    assert_output("rest-xml", "Look", "<Out><Event>a</Event><LateName><x>1</x></LateName><Event>b</Event></Out>",
                  "{\"Events\":[\"a\",\"b\"],\"Event\":\"a\",\"Late\":[\"1\"]}");
}

static void what_is_not_of_its_type_is_kept_as_it_came(void **state)
{
    (void)state;
    assert_output("rest-xml", "Look",
                  "<Out><Count>soon</Count><Size>99999999999999999999</Size><Rate>0x10</Rate><On>maybe</On>"
                  "<At>yesterday</At><Data>not base64!</Data></Out>",
                  "{\"Count\":\"soon\",\"Size\":1e20,\"Rate\":\"0x10\",\"On\":\"maybe\",\"At\":\"yesterday\","
                  "\"Data\":\"not base64!\"}");
    assert_output(
        "json", "Look",
        "{\"Name\":5,\"Count\":\"7\",\"Size\":3.0,\"Rate\":1,\"On\":\"true\",\"At\":\"x\",\"Items\":{\"a\":1},"
        "\"Tags\":[1],\"Tree\":\"t\",\"Trees\":[null,{\"Count\":2.5}],\"Any\":{\"a\":[null]}}",
        "{\"Name\":5,\"Count\":7,\"Size\":3,\"Rate\":1.0,\"On\":true,\"At\":\"x\",\"Items\":{\"a\":1},"
        "\"Tags\":[1],\"Tree\":\"t\",\"Trees\":[null,{\"Count\":2.5}],\"Any\":{\"a\":[null]}}");
}

static void json_values_have_their_types(void **state)
{
    (void)state;
    assert_output(
        "json", "Look",
        "{\"At\":1422172800.5,\"Size\":9007199254740993,\"Data\":\"//79\",\"Tags\":{\"a\":null,\"b\":\"c\"},"
        "\"Name\":null,\"Unknown\":1,\"One\":{\"__type\":\"small#Left\",\"Left\":\"l\",\"Right\":null,\"New\":1},"
        "\"Flat\":[\"x\"]}",
        "{\"At\":\"2015-01-25T08:00:00.500Z\",\"Size\":9007199254740993,\"Data\":\"//79\",\"Tags\":{\"b\":\"c\"},"
        "\"One\":{\"Left\":\"l\"},\"Flat\":[\"x\"]}");
    assert_output("json", "Look", "", "{}");
    assert_output("json", "Look", " \n", "{}");
    assert_output("json", "Drop", "anything", "{}");
}

static void query_results_are_found_with_and_without_wrapper(void **state)
{
    (void)state;
    assert_output("query", "Look", "<LookResponse><LookResult><Name>n</Name></LookResult></LookResponse>",
                  "{\"Name\":\"n\"}");
    assert_output("query", "Look", "<LookResponse><Name>n</Name></LookResponse>", "{\"Name\":\"n\"}");
    assert_output("query", "Drop", "<DropResponse><ResponseMetadata/></DropResponse>", "{}");
    assert_output("query", "Drop", "", "{}");
}

static void other_bytes_are_told(void **state)
{
    (void)state;
    assert_problem("query", "Look", "<html>\n<head>\t<title>Bad\x01 Gateway</title>",
                   "expected XML, got HTML: <html> <head> <title>Bad Gateway</title>");
    assert_problem("json", "Look", "<!DOCTYPE html><p>Log in", "expected JSON, got HTML: <!DOCTYPE html><p>Log in");
    assert_problem("rest-xml", "Drop", "<HTML>Log in", "expected XML, got HTML: <HTML>Log in");
    assert_problem("rest-json", "Drop", "<HTML>Log in", "expected JSON, got HTML: <HTML>Log in");
    assert_problem("query", "Look", "", "expected XML, got nothing");
    assert_problem("rest-xml", "Copy", "", "expected XML, got nothing");
    assert_problem("rest-xml", "Look", "upstream \xff timeout",
                   "expected XML, got other bytes: upstream \xef\xbf\xbd timeout");
    assert_problem("json", "Look", "[1]", "expected a JSON object, got JSON of 3 bytes");
}

static void secrets_in_broken_answers_are_not_told(void **state)
{
    (void)state;
    assert_problem("query", "Look", "<LookResponse><SecretAccessKey>hush",
                   "expected XML, got XML of 35 bytes, <LookResponse>: it breaks off");
    assert_problem("json", "Look", "<a:Look><Secret>hush</Secret></a:Look>",
                   "expected JSON, got XML of 38 bytes, <Look>");
    assert_problem("query", "Look", "{\"Secret\":\"hush\"}", "expected XML, got JSON of 17 bytes");
}

static void an_excerpt_ends_after_200_characters(void **state)
{
    (void)state;
    struct dr_text body = {0}, expected = {0};
    dr_text_puts(&expected, "expected JSON, got other bytes: ");
    for (size_t i = 0; i < 300; i++)
        dr_text_puts(&body, "\xc3\xa9");
    for (size_t i = 0; i < 200; i++)
        dr_text_puts(&expected, "\xc3\xa9");
    dr_text_puts(&expected, "...");
    assert_problem("json", "Look", body.bytes, expected.bytes);
    dr_text_done(&body);
    dr_text_done(&expected);
}

static void headers_are_members_too(void **state)
{
    static const struct dr_http_header headers[] = {{"etag", "\"abc\""},
                                                    {"content-length", "12"},
                                                    {"X-Names", "a, \"b,\\\"c\\\"\" ,, d"},
                                                    {"x-names", "e"},
                                                    {"X-Amz-Meta-Owner", "me"},
                                                    {"x-amz-meta-", ""},
                                                    {"X-Extra", "eyJhIjoxfQ=="},
                                                    {"X-Dates", "Mon, 16 Dec 2019 23:48:18 GMT, 2019-12-16T23:48:19Z"}};
    (void)state;
    const struct dr_aws_answer answer = {.status = 206, .headers = headers, .header_count = 8};
    char *problem = NULL;
    assert_same(dr_aws_parse(operation_of("rest-xml", "Head"), &answer, &problem),
                "{\"Tag\":\"\\\"abc\\\"\",\"Length\":12,\"Names\":[\"a\",\"b,\\\"c\\\"\",\"d\",\"e\"],"
                "\"Meta\":{\"Owner\":\"me\",\"\":\"\"},\"Extra\":\"{\\\"a\\\":1}\",\"Status\":206,"
                "\"Dates\":[\"2019-12-16T23:48:18Z\",\"2019-12-16T23:48:19Z\"]}");
    assert_null(problem);
}

static void streams_are_text_or_base64(void **state)
{
    (void)state;
    assert_output("rest-xml", "Fetch", "<Error>stored by a user</Error>",
                  "{\"Body\":\"<Error>stored by a user</Error>\"}");
    assert_output("rest-json", "Fetch", "\xff\xfe", "{\"Body\":\"//4=\"}");
    assert_output("rest-json", "Fetch", "", "{\"Body\":\"\"}");
}

static void the_root_may_be_the_only_member(void **state)
{
    (void)state;
    assert_output("rest-xml", "Place", "<LocationConstraint xmlns=\"http://s3\">eu-west-1</LocationConstraint>",
                  "{\"LocationConstraint\":\"eu-west-1\"}");
    assert_output("rest-xml", "Place", "<LocationConstraint/>", "{}"); /* us-east-1 */
    assert_output("rest-xml", "Place", "<X><LocationConstraint>eu</LocationConstraint></X>",
                  "{\"LocationConstraint\":\"eu\"}");
}

static void recursive_answers_end_at_the_depth_limit(void **state)
{
    (void)state;
    const struct dr_aws_operation *operation = operation_of("rest-xml", "Look");
    for (size_t depth = DR_DEPTH_MAX; depth <= DR_DEPTH_MAX + 1; depth++) {
        struct dr_text text = {0};
        char *problem = NULL;
        for (size_t i = 0; i < depth; i++)
            dr_text_puts(&text, "<Tree>");
        for (size_t i = 0; i < depth; i++)
            dr_text_puts(&text, "</Tree>");
        const struct dr_aws_answer answer = {.status = 200, .body = text.bytes, .body_size = text.size};
        json_t *output = dr_aws_parse(operation, &answer, &problem);
        assert_int_equal(output != NULL, depth == DR_DEPTH_MAX);
        free(problem);
        json_decref(output);
        dr_text_done(&text);
    }
}

/* --- Event streams -------------------------------------------------------------------------------------------------
 */

static void add_number(struct dr_text *text, uint64_t value, size_t size)
{
    while (size-- > 0)
        dr_text_putc(text, (char)(value >> 8 * size & 0xff));
}

static void add_string_header(struct dr_text *headers, const char *name, const char *value)
{
    add_number(headers, strlen(name), 1);
    dr_text_puts(headers, name);
    add_number(headers, 7, 1);
    add_number(headers, strlen(value), 2);
    dr_text_puts(headers, value);
}

/* Appends a message; `headers` is emptied. */
static void add_message(struct dr_text *stream, struct dr_text *headers, const char *payload)
{
    size_t start = stream->size;
    add_number(stream, 16 + headers->size + strlen(payload), 4);
    add_number(stream, headers->size, 4);
    add_number(stream, crc32(0, (const unsigned char *)stream->bytes + start, 8), 4);
    dr_text_add(stream, headers->bytes, headers->size);
    dr_text_puts(stream, payload);
    add_number(stream, crc32_z(0, (const unsigned char *)stream->bytes + start, stream->size - start), 4);
    dr_text_clear(headers);
}

static void add_event(struct dr_text *stream, const char *kind, const char *type, const char *payload)
{
    struct dr_text headers = {0};
    add_string_header(&headers, ":message-type", kind);
    add_string_header(&headers, strcmp(kind, "exception") == 0 ? ":exception-type" : ":event-type", type);
    if (strcmp(type, "Chunk") == 0) {
        dr_text_add(&headers, "\6Number\4\xff\xff\xff\xfe", 12);        /* -2, an integer */
        dr_text_add(&headers, "\2At\10\0\0\1\x4a\xef\xa5\x3f\xf4", 12); /* a timestamp in milliseconds */
    }
    add_message(stream, &headers, payload);
    dr_text_done(&headers);
}

static void event_streams_are_lists_of_events(void **state)
{
    (void)state;
    struct dr_text stream = {0};
    char *problem = NULL;
    add_event(&stream, "event", "Chunk", "abc");
    add_event(&stream, "event", "Unknown", "{}");
    add_event(&stream, "event", "Stats", "{\"Count\":3,\"Other\":1}");
    struct dr_aws_answer answer = {.status = 200, .body = stream.bytes, .body_size = stream.size};
    const struct dr_aws_operation *operation = operation_of("rest-json", "Watch");
    assert_false(dr_aws_answer_is_error(operation, &answer));
    assert_same(dr_aws_parse(operation, &answer, &problem),
                "{\"Events\":[{\"Chunk\":{\"Payload\":\"abc\",\"Number\":-2,\"At\":\"2015-01-15T22:09:52.116Z\"}},"
                "{\"Stats\":{\"Count\":3}}]}");
    answer.body_size -= 1;
    assert_null(dr_aws_parse(operation, &answer, &problem));
    assert_non_null(strstr(problem, "it breaks off at byte"));
    assert_non_null(strstr(problem, "after 1 events"));
    free(problem);
    stream.bytes[30] ^= 1;
    assert_null(dr_aws_parse(operation, &answer, &problem));
    assert_non_null(strstr(problem, "the checksum of a message is wrong at byte 0"));
    free(problem);
    dr_text_done(&stream);
}

static void an_exception_in_a_stream_is_an_error(void **state)
{
    (void)state;
    struct dr_text stream = {0};
    struct dr_aws_error error;
    add_event(&stream, "event", "Chunk", "abc");
    add_event(&stream, "exception", "Busy", "{\"message\":\"later\"}");
    const struct dr_aws_answer answer = {.status = 200, .body = stream.bytes, .body_size = stream.size};
    const struct dr_aws_operation *operation = operation_of("rest-json", "Watch");
    assert_true(dr_aws_answer_is_error(operation, &answer));
    dr_aws_parse_error(operation, &answer, &error);
    assert_string_equal(error.code, "Busy");
    assert_string_equal(error.message, "later");
    assert_int_equal(error.status, 500);
    assert_non_null(error.shape);
    assert_same(json_incref(error.details), "{\"message\":\"later\"}");
    dr_aws_error_done(&error);
    dr_text_done(&stream);
}

/* --- Speed ---------------------------------------------------------------------------------------------------------
 */

/* Twice as much takes about twice as long: what would be quadratic takes four times. Wide bounds, because machines are
 * shared. */
static double seconds_for(const char *protocol, size_t items)
{
    struct dr_text text = {0};
    bool xml = strcmp(protocol, "json") != 0;
    dr_text_puts(&text, xml ? "<Out><Trees>" : "{\"Trees\":[");
    for (size_t i = 0; i < items; i++) {
        if (xml)
            dr_text_printf(&text, "<member><Name>name %zu</Name><Count>%zu</Count><FlatItem>a</FlatItem></member>", i,
                           i);
        else
            dr_text_printf(&text, "%s{\"Name\":\"name %zu\",\"Count\":%zu,\"Flat\":[\"a\"]}", i ? "," : "", i, i);
    }
    dr_text_puts(&text, xml ? "</Trees></Out>" : "]}");
    const struct dr_aws_operation *operation = operation_of(protocol, "Look");
    const struct dr_aws_answer answer = {.status = 200, .body = text.bytes, .body_size = text.size};
    char *problem = NULL;
    clock_t start = clock();
    json_t *output = dr_aws_parse(operation, &answer, &problem);
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    assert_int_equal(json_array_size(json_object_get(output, "Trees")), items);
    print_message("%s: %.1f MB in %.0f ms\n", protocol, (double)text.size / 1e6, seconds * 1000);
    json_decref(output);
    dr_text_done(&text);
    return seconds;
}

static void large_answers_take_time_in_proportion(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        const char *protocol = i ? "json" : "rest-xml";
        double small = seconds_for(protocol, 20000), large = seconds_for(protocol, 160000);
        assert_true(large < small * 8 * 4 + 0.5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(xml_values_have_their_types),
        cmocka_unit_test(elements_of_several_or_odd_names_are_found),
        cmocka_unit_test(what_is_not_of_its_type_is_kept_as_it_came),
        cmocka_unit_test(json_values_have_their_types),
        cmocka_unit_test(query_results_are_found_with_and_without_wrapper),
        cmocka_unit_test(other_bytes_are_told),
        cmocka_unit_test(secrets_in_broken_answers_are_not_told),
        cmocka_unit_test(an_excerpt_ends_after_200_characters),
        cmocka_unit_test(headers_are_members_too),
        cmocka_unit_test(streams_are_text_or_base64),
        cmocka_unit_test(the_root_may_be_the_only_member),
        cmocka_unit_test(recursive_answers_end_at_the_depth_limit),
        cmocka_unit_test(event_streams_are_lists_of_events),
        cmocka_unit_test(an_exception_in_a_stream_is_an_error),
        cmocka_unit_test(large_answers_take_time_in_proportion),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
