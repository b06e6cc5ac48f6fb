/* Requests beyond the official vectors: bytes, numbers, tokens, hosts, and inputs that no model allows: each gives a
 * request, or a problem that names the place. */
#include "tests/unit/aws/serialize.h"

#include "interpreter/base/limits.h"

#include <zlib.h>

#define TOKEN "11111111-2222-4333-8444-555555555555"

static const char shapes[] =
    "{'In': {'type': 'structure', 'members': {"
    "  'Text': {'shape': 'S'}, 'Int': {'shape': 'I'}, 'Real': {'shape': 'D'}, 'Flag': {'shape': 'Y'},"
    "  'Bytes': {'shape': 'B'}, 'Time': {'shape': 'T'}, 'List': {'shape': 'L'}, 'Map': {'shape': 'M'},"
    "  'Deep': {'shape': 'In'}, 'Json': {'shape': 'S', 'jsonvalue': true}, 'Open': {'shape': 'Doc'}}},"
    " 'S': {'type': 'string'}, 'I': {'type': 'long'}, 'D': {'type': 'double'}, 'Y': {'type': 'boolean'},"
    " 'B': {'type': 'blob'}, 'T': {'type': 'timestamp'}, 'L': {'type': 'list', 'member': {'shape': 'S'}},"
    " 'M': {'type': 'map', 'key': {'shape': 'S'}, 'value': {'shape': 'In'}},"
    " 'Doc': {'type': 'structure', 'members': {}, 'document': true}}";

static const char *const metadata[] = {
    [DR_AWS_QUERY] = "{'protocol': 'query', 'apiVersion': '1'}",
    [DR_AWS_EC2] = "{'protocol': 'ec2', 'apiVersion': '1'}",
    [DR_AWS_JSON] = "{'protocol': 'json', 'jsonVersion': '1.1', 'targetPrefix': 'Test'}",
    [DR_AWS_REST_JSON] = "{'protocol': 'rest-json'}",
    [DR_AWS_REST_XML] = "{'protocol': 'rest-xml'}",
};

static struct test_api api_of(enum dr_aws_protocol protocol)
{
    return test_api_new(metadata[protocol], "{'http': {'method': 'POST', 'requestUri': '/'}, 'input': {'shape': 'In'}}",
                        shapes);
}

/* A body, or a problem. */
static void test_values(void **state)
{
    (void)state;
    static const struct {
        enum dr_aws_protocol protocol;
        const char *input, *body, *problem;
    } rows[] = {
        {DR_AWS_JSON, "{'Int': 3.0}", "{\"Int\":3}", NULL},
        {DR_AWS_JSON, "{'Int': -0.0}", "{\"Int\":0}", NULL},
        {DR_AWS_JSON, "{'Int': 123456789012345678901}", "{\"Int\":123456789012345683968}", NULL},
        {DR_AWS_JSON, "{'Int': 9223372036854775807}", "{\"Int\":9223372036854775807}", NULL},
        {DR_AWS_JSON, "{'Int': '42'}", "{\"Int\":42}", NULL},
        {DR_AWS_JSON, "{'Int': 1.5}", NULL, "Input.Int must be a whole number"},
        {DR_AWS_JSON, "{'Int': 'NaN'}", NULL, "Input.Int must be a number, not a string"},
        {DR_AWS_JSON, "{'Int': '4 2'}", NULL, "Input.Int must be a number, not a string"},
        {DR_AWS_JSON, "{'Int': true}", NULL, "Input.Int must be a number, not true"},
        {DR_AWS_JSON, "{'Real': 0.1}", "{\"Real\":0.1}", NULL},
        {DR_AWS_JSON, "{'Real': 1e100}", "{\"Real\":1e+100}", NULL},
        {DR_AWS_JSON, "{'Real': 7}", "{\"Real\":7}", NULL},
        {DR_AWS_JSON, "{'Real': '-Infinity'}", "{\"Real\":\"-Infinity\"}", NULL},
        {DR_AWS_QUERY, "{'Real': 'NaN'}", "Action=Op&Version=1&Real=NaN", NULL},
        {DR_AWS_JSON, "{'Flag': 'true'}", "{\"Flag\":true}", NULL},
        {DR_AWS_JSON, "{'Flag': 'yes'}", NULL, "Input.Flag must be true or false, not a string"},
        {DR_AWS_JSON, "{'Flag': 0}", NULL, "Input.Flag must be true or false, not a number"},
        {DR_AWS_JSON, "{'Text': 5}", NULL, "Input.Text must be a string, not a number"},
        {DR_AWS_JSON, "{'Text': null, 'List': ['a', null]}", "{\"List\":[\"a\",null]}", NULL},
        {DR_AWS_JSON, "{'Bytes': 'abc'}", "{\"Bytes\":\"YWJj\"}", NULL},
        {DR_AWS_JSON, "{'Bytes': {'Base64': '/wA='}}", "{\"Bytes\":\"/wA=\"}", NULL},
        {DR_AWS_JSON, "{'Bytes': {'Base64': 'no!'}}", NULL, "Input.Bytes is not valid base64"},
        {DR_AWS_JSON, "{'Bytes': [1]}", NULL,
         "Input.Bytes must be a string, or {\"Base64\": \"...\"} for bytes, not an array"},
        {DR_AWS_JSON, "{'Time': '2026-11-21T03:00:00.5Z'}", "{\"Time\":1795230000.5}", NULL},
        {DR_AWS_QUERY, "{'Time': 1795230000.25}", "Action=Op&Version=1&Time=2026-11-21T03%3A00%3A00.250Z", NULL},
        {DR_AWS_JSON, "{'Time': 'tomorrow'}", NULL,
         "Input.Time must be a time (ISO 8601 like \"2026-11-21T03:00:00Z\", or seconds since 1970), not this text"},
        {DR_AWS_JSON, "{'Time': 1e300}", NULL,
         "Input.Time must be a time (ISO 8601 like \"2026-11-21T03:00:00Z\", or seconds since 1970), not a number"},
        {DR_AWS_JSON, "{'Json': {'a': [1]}}", "{\"Json\":\"{\\\"a\\\":[1]}\"}", NULL},
        {DR_AWS_JSON, "{'Open': [1, {'x': null}]}", "{\"Open\":[1,{\"x\":null}]}", NULL},
        {DR_AWS_JSON, "{'List': 'a'}", NULL, "Input.List must be an array, not a string"},
        {DR_AWS_JSON, "{'List': ['a', 5]}", NULL, "Input.List[1] must be a string, not a number"},
        {DR_AWS_QUERY, "{'Map': {'k': {'Text': 1}}}", NULL, "Input.Map.k.Text must be a string, not a number"},
        {DR_AWS_QUERY, "{'Map': {'k\\r\\n': {'Text': 1}}}", NULL,
         "Input.Map.k\?\?.Text must be a string, not a number"},
        {DR_AWS_QUERY, "{'List': []}", "Action=Op&Version=1&List=", NULL},
        {DR_AWS_QUERY, "{'List': ['a', null, 'b']}", "Action=Op&Version=1&List.member.1=a&List.member.2=b", NULL},
        {DR_AWS_EC2, "{'List': []}", "Action=Op&Version=1", NULL},
        {DR_AWS_REST_XML, "{'Text': 'a<b>&\\u0001\\r\\n'}", "<In><Text>a&lt;b&gt;&amp;&#x1;&#xD;&#xA;</Text></In>",
         NULL},
        {DR_AWS_REST_XML, "{'Text': 'a\\u0000b'}", NULL, "Input.Text must not hold NUL: XML cannot say it"},
        {DR_AWS_REST_XML, "{}", "", NULL},
        /* What the model does not know is sent as it is: an author may know a newer API. */
        {DR_AWS_JSON, "{'New': {'a': [true]}, 'Int': 1}", "{\"Int\":1,\"New\":{\"a\":[true]}}", NULL},
        {DR_AWS_QUERY, "{'New': [{'a': 1}], 'Other': true}", "Action=Op&Version=1&New.member.1.a=1&Other=true", NULL},
        {DR_AWS_EC2, "{'new': ['x']}", "Action=Op&Version=1&New.1=x", NULL},
        {DR_AWS_REST_XML, "{'New': {'a': ['<', 2]}}",
         "<In><New><a><member>&lt;</member><member>2</member></a></New></In>", NULL},
        {DR_AWS_REST_XML, "{'a b': 1}", NULL,
         "Input.a b is not known to the model, and cannot be the name of an XML element"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct test_api api = api_of(rows[i].protocol);
        bool good = test_api_call(&api, test_json("%s", rows[i].input));
        if (good != !rows[i].problem)
            fail_msg("%s: %s", rows[i].input, api.problem ? api.problem : api.request.body);
        if (good)
            assert_string_equal(api.request.body ? api.request.body : "", rows[i].body);
        else
            assert_string_equal(api.problem, rows[i].problem);
        test_api_done(&api);
    }
}

static void test_the_input_itself(void **state)
{
    (void)state;
    for (enum dr_aws_protocol protocol = DR_AWS_QUERY; protocol <= DR_AWS_REST_XML; protocol++) {
        struct test_api api = api_of(protocol);
        assert_true(test_api_call(&api, NULL)); /* no input is an empty one */
        assert_string_equal(api.request.path, "/");
        assert_string_equal(api.request.query, "");
        assert_false(test_api_call(&api, test_json("[1]")));
        assert_string_equal(api.problem, "Input must be an object, not an array");
        test_api_done(&api);
    }
}

/* {"Deep": {"Deep": ... {} }} */
static json_t *nested(unsigned levels)
{
    json_t *value = json_object();
    while (levels-- > 0)
        value = json_pack("{s:o}", "Deep", value);
    return value;
}

static void test_nesting_is_bounded(void **state)
{
    (void)state;
    for (enum dr_aws_protocol protocol = DR_AWS_QUERY; protocol <= DR_AWS_REST_XML; protocol++) {
        struct test_api api = api_of(protocol);
        if (!test_api_call(&api, nested(DR_DEPTH_MAX)))
            fail_msg("%s", api.problem);
        assert_false(test_api_call(&api, nested(DR_DEPTH_MAX + 1)));
        assert_non_null(strstr(api.problem, "is nested too deeply: more than 512 levels"));
        test_api_done(&api);
    }
    struct test_api api = api_of(DR_AWS_JSON); /* also where the shape is open */
    assert_false(test_api_call(&api, json_pack("{s:o}", "Open", nested(DR_DEPTH_MAX + 10))));
    assert_string_equal(api.problem, "Input.Open is nested too deeply, or does not fit into a request");
    test_api_done(&api);
}

/* A small graph that would print as gigabytes: each level holds the one below it twice. */
static void test_size_is_bounded(void **state)
{
    (void)state;
    for (enum dr_aws_protocol protocol = DR_AWS_QUERY; protocol <= DR_AWS_REST_XML; protocol++) {
        struct test_api api = api_of(protocol);
        char *words = dr_alloc((1u << 20) + 1);
        memset(words, 'x', 1u << 20);
        json_t *value = json_pack("{s:s}", "Text", words);
        free(words);
        for (unsigned i = 0; i < 20; i++) {
            json_t *above = json_pack("{s:{s:O, s:O}}", "Map", "a", value, "b", value);
            json_decref(value);
            value = above;
        }
        assert_false(test_api_call(&api, value));
        assert_non_null(strstr(api.problem, "does not fit: a request has at most 67108864 bytes"));
        test_api_done(&api);
    }
}

static const char bound[] =
    "{'In': {'type': 'structure', 'payload': 'Body', 'members': {"
    "  'Name': {'shape': 'S', 'location': 'uri', 'locationName': 'name'},"
    "  'Header': {'shape': 'S', 'location': 'header', 'locationName': 'x-head'},"
    "  'Heads': {'shape': 'M', 'location': 'headers', 'locationName': 'x-meta-'},"
    "  'Length': {'shape': 'S', 'location': 'header', 'locationName': 'Content-Length'},"
    "  'Type': {'shape': 'S', 'location': 'header', 'locationName': 'Content-Type'},"
    "  'Query': {'shape': 'L', 'location': 'querystring', 'locationName': 'q'},"
    "  'Body': {'shape': 'B', 'streaming': true}}},"
    " 'S': {'type': 'string'}, 'B': {'type': 'blob'}, 'L': {'type': 'list', 'member': {'shape': 'S'}},"
    " 'M': {'type': 'map', 'key': {'shape': 'S'}, 'value': {'shape': 'S'}}}";

static struct test_api bound_api(void)
{
    return test_api_new("{'protocol': 'rest-json'}",
                        "{'http': {'method': 'PUT', 'requestUri': '/x/{name}?fixed'}, 'input': {'shape': 'In'}}",
                        bound);
}

static void test_what_cannot_be_bound_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *input, *problem;
    } rows[] = {
        {"{}", "Input.Name is missing: it is part of the path"},
        {"{'Name': null}", "Input.Name is missing: it is part of the path"},
        {"{'Name': ''}", "Input.Name must not be empty: it is part of the path"},
        {"{'Name': ['a']}", "Input.Name must be a string, not an array"},
        {"{'Name': 'a', 'Header': 'x\\r\\nHost: evil'}",
         "Input.Header must not hold line breaks or NUL: it is sent as the header x-head"},
        {"{'Name': 'a', 'Header': 'x\\u0000'}",
         "Input.Header must not hold line breaks or NUL: it is sent as the header x-head"},
        {"{'Name': 'a', 'Heads': {'k\\r\\n': 'v'}}", "Input.Heads has a key that cannot be part of a header's name"},
        {"{'Name': 'a', 'Heads': {'k': 'v\\n'}}",
         "Input.Heads.k must not hold line breaks or NUL: it is sent as the header x-meta-k"},
        {"{'Name': 'a', 'Heads': ['k']}", "Input.Heads must be an object, not an array"},
        {"{'Name': 'a', 'Query': 'q'}", "Input.Query must be an array, not a string"},
        {"{'Name': 'a', 'Body': 5}", "Input.Body must be a string, or {\"Base64\": \"...\"} for bytes, not a number"},
    };
    struct test_api api = bound_api();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (test_api_call(&api, test_json("%s", rows[i].input)))
            fail_msg("accepted: %s", rows[i].input);
        assert_string_equal(api.problem, rows[i].problem);
    }
    test_api_done(&api);
}

static void test_bound_members(void **state)
{
    (void)state;
    struct test_api api = bound_api();
    assert_true(test_api_call(&api, test_json("{'Name': 'a/b c', 'Query': ['1', '&'], 'Heads': {'k': 'v'}, 'Length': "
                                              "'7', 'Type': 'image/png', 'Body': {'Base64': 'AP8='}}")));
    assert_string_equal(api.request.method, "PUT");
    assert_string_equal(api.request.path, "/x/a%2Fb%20c");
    assert_string_equal(api.request.query, "fixed&q=1&q=%26");
    assert_string_equal(test_api_header(&api, "X-Meta-K"), "v");
    assert_string_equal(test_api_header(&api, "content-type"), "image/png");
    assert_null(test_api_header(&api, "Content-Length")); /* the transport counts */
    assert_int_equal(api.request.body_size, 2);
    assert_memory_equal(api.request.body, "\0\xff", 2);
    test_api_done(&api);
}

static void test_tokens(void **state)
{
    (void)state;
    static const struct {
        const char *limit, *input, *body;
    } rows[] = {
        {"", "{}", "{\"Token\":\"" TOKEN "\"}"},
        {"", "{'Token': null}", "{\"Token\":\"" TOKEN "\"}"},
        {"", "{'Token': 'mine'}", "{\"Token\":\"mine\"}"},
        {", 'max': 36", "{}", "{\"Token\":\"" TOKEN "\"}"},
        {", 'max': 32", "{}", "{\"Token\":\"11111111222243338444555555555555\"}"},
        {", 'max': 8", "{}", "{\"Token\":\"11111111\"}"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *token_shapes =
            dr_format("{'In': {'type': 'structure', 'members': {'Token': {'shape': 'S', 'idempotencyToken': true}}},"
                      " 'S': {'type': 'string'%s}}",
                      rows[i].limit);
        struct test_api api = test_api_new(metadata[DR_AWS_JSON], "{'input': {'shape': 'In'}}", token_shapes);
        struct dr_aws_serialize_options options = {.token = TOKEN};
        assert_true(test_api_call_with(&api, &options, test_json("%s", rows[i].input)));
        assert_string_equal(api.request.body, rows[i].body);
        test_api_done(&api);
        free(token_shapes);
    }
}

static void test_hosts(void **state)
{
    (void)state;
    struct test_api api = test_api_new(
        "{'protocol': 'rest-json'}",
        "{'http': {'requestUri': '/'}, 'input': {'shape': 'In'}, 'endpoint': {'hostPrefix': '{Id}.data-'}}",
        "{'In': {'type': 'structure', 'members': {'Id': {'shape': 'S', 'hostLabel': true}}}, 'S': {'type': 'string'}}");
    assert_true(test_api_call(&api, test_json("{'Id': 'a-1'}")));
    assert_string_equal(api.request.host_prefix, "a-1.data-");
    static const char *const wrong[] = {"{'Id': ''}",  "{'Id': '-a'}",  "{'Id': 'a.b'}",      "{'Id': 'a/b'}",
                                        "{'Id': 'ä'}", "{'Id': 'a@b'}", "{'Id': 'a\\u0000b'}"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        if (test_api_call(&api, test_json("%s", wrong[i])))
            fail_msg("accepted: %s", wrong[i]);
        assert_string_equal(
            api.problem, "Input.Id must be 1 to 63 letters, digits and inner hyphens: it is part of the host's name");
    }
    assert_false(test_api_call(&api, test_json("{'Id': 5}")));
    assert_string_equal(api.problem, "Input.Id must be a string, not a number");
    assert_false(test_api_call(&api, test_json("{}")));
    assert_string_equal(api.problem, "Input.Id is missing: it is part of the host's name");
    test_api_done(&api);
}

static void test_large_bodies_are_compressed_where_that_is_taken(void **state)
{
    (void)state;
    struct test_api api = test_api_new(
        metadata[DR_AWS_JSON], "{'input': {'shape': 'In'}, 'requestcompression': {'encodings': ['gzip']}}", shapes);
    char text[20001];
    memset(text, 'x', 20000);
    text[20000] = '\0';
    assert_true(test_api_call(&api, json_pack("{s:s}", "Text", text)));
    assert_string_equal(test_api_header(&api, "Content-Encoding"), "gzip");
    assert_true(api.request.body_size < 200);
    unsigned char plain[20100];
    z_stream stream = {.next_in = (Bytef *)api.request.body, .avail_in = (uInt)api.request.body_size};
    assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
    stream.next_out = plain;
    stream.avail_out = sizeof plain;
    assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
    assert_int_equal(stream.total_out, 20000 + strlen("{\"Text\":\"\"}"));
    inflateEnd(&stream);
    struct dr_aws_serialize_options plainly = {.uncompressed = true};
    assert_true(test_api_call_with(&api, &plainly, json_pack("{s:s}", "Text", text)));
    assert_true(api.request.body_size > 20000);
    assert_true(test_api_call(&api, test_json("{'Text': 'small'}")));
    assert_null(test_api_header(&api, "Content-Encoding"));
    test_api_done(&api);
}

static void test_streams_of_events_are_refused(void **state)
{
    (void)state;
    struct test_api api =
        test_api_new("{'protocol': 'rest-json'}", "{'input': {'shape': 'In'}}",
                     "{'In': {'type': 'structure', 'payload': 'Events', 'members': {'Events': "
                     "{'shape': 'E'}}}, 'E': {'type': 'structure', 'eventstream': true, 'members': {}}}");
    assert_false(test_api_call(&api, test_json("{'Events': {}}")));
    assert_string_equal(api.problem, "Input.Events is a stream of events, which cannot be sent");
    test_api_done(&api);
}

static void test_lists_of_headers(void **state)
{
    (void)state;
    struct dr_aws_headers headers = {0};
    dr_aws_headers_add(&headers, "A", "1");
    dr_aws_headers_add(&headers, "b", "2");
    dr_aws_headers_add(&headers, "a", "3");
    assert_string_equal(dr_aws_headers_find(headers.items, headers.count, "a"), "1");
    dr_aws_headers_set(&headers, "a", "4"); /* all of that name become one */
    assert_int_equal(headers.count, 2);
    assert_string_equal(headers.items[0].name, "A");
    assert_string_equal(headers.items[0].value, "4");
    dr_aws_headers_set(&headers, "c", "");
    assert_string_equal(dr_aws_headers_find(headers.items, headers.count, "C"), "");
    assert_null(dr_aws_headers_find(headers.items, headers.count, "d"));
    dr_aws_headers_done(&headers);
    assert_int_equal(headers.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_the_input_itself),
        cmocka_unit_test(test_nesting_is_bounded),
        cmocka_unit_test(test_size_is_bounded),
        cmocka_unit_test(test_what_cannot_be_bound_is_refused),
        cmocka_unit_test(test_bound_members),
        cmocka_unit_test(test_tokens),
        cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_large_bodies_are_compressed_where_that_is_taken),
        cmocka_unit_test(test_streams_of_events_are_refused),
        cmocka_unit_test(test_lists_of_headers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
