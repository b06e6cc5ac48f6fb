/* The official protocol vectors for requests: every case of every protocol but CBOR. What does not pass is listed with
 * its reason in tests/aws/request-exceptions.json, and that list is kept minimal: a listed case must fail. */
#include "tests/providers/call.h"

#include "providers/aws/protocol/protocol.h"
#include "tests/support/lab.h"

#include <expat.h>
#include <strings.h>

#define TOKEN "00000000-0000-4000-8000-000000000000"

static const char *const files[] = {"ec2",   "json",      "json_1_0", "json_1_0-query-compatible",
                                    "query", "rest-json", "rest-xml"};

/* --- XML as data: {"name", "attributes", "children", "text"}, white space between elements dropped ---------------- */

struct reader {
    json_t *open; /* a stack of elements */
    json_t *root;
};

static json_t *innermost(const struct reader *reader)
{
    return json_array_get(reader->open, json_array_size(reader->open) - 1);
}

static void on_start(void *data, const XML_Char *name, const XML_Char **attributes)
{
    struct reader *reader = data;
    json_t *element = json_pack("{s:s, s:{}, s:[], s:s}", "name", name, "attributes", "children", "text", "");
    for (; *attributes; attributes += 2)
        json_object_set_new(json_object_get(element, "attributes"), attributes[0], json_string(attributes[1]));
    if (json_array_size(reader->open))
        json_array_append(json_object_get(innermost(reader), "children"), element);
    else
        reader->root = json_incref(element);
    json_array_append_new(reader->open, element);
}

static void on_end(void *data, const XML_Char *name)
{
    (void)name;
    struct reader *reader = data;
    json_t *element = innermost(reader);
    if (json_array_size(json_object_get(element, "children")))
        json_object_set_new(element, "text", json_string(""));
    json_array_remove(reader->open, json_array_size(reader->open) - 1);
}

static void on_text(void *data, const XML_Char *bytes, int size)
{
    json_t *element = innermost(data);
    const char *before = json_string_value(json_object_get(element, "text"));
    char *text = dr_format("%s%.*s", before, size, bytes);
    json_object_set_new(element, "text", json_string(text));
    free(text);
}

static json_t *read_xml(const char *bytes, size_t size)
{
    struct reader reader = {.open = json_array()};
    XML_Parser parser = XML_ParserCreate("UTF-8");
    XML_SetUserData(parser, &reader);
    XML_SetElementHandler(parser, on_start, on_end);
    XML_SetCharacterDataHandler(parser, on_text);
    bool good = XML_Parse(parser, bytes, (int)size, 1) == XML_STATUS_OK;
    XML_ParserFree(parser);
    json_decref(reader.open);
    if (good)
        return reader.root;
    json_decref(reader.root);
    return NULL;
}

/* --- One case ------------------------------------------------------------------------------------------------------
 */

static json_t *service_of(const json_t *suite, const json_t *operation)
{
    json_t *service = json_pack("{s:O, s:O, s:{s:O}}", "metadata", json_object_get(suite, "metadata"), "shapes",
                                json_object_get(suite, "shapes"), "operations",
                                json_string_value(json_object_get(operation, "name")), operation);
    assert_non_null(service);
    return service;
}

/* NULL, or what differs; owned by the caller. */
static char *compare_body(const struct dr_aws_request *request, const char *wanted)
{
    const char *body = request->body ? request->body : "";
    if (strcmp(body, wanted) == 0 && strlen(body) == request->body_size)
        return NULL;
    json_t *ours = NULL, *theirs = NULL;
    if (*wanted == '{' || *wanted == '"') {
        ours = dr_json_parse(body, request->body_size, NULL);
        theirs = dr_json_parse(wanted, strlen(wanted), NULL);
    } else if (strchr(wanted, '<')) {
        const char *start = strchr(wanted, '<');
        ours = read_xml(body, request->body_size);
        theirs = read_xml(start, strlen(start));
    }
    bool same = ours && theirs && json_equal(ours, theirs);
    json_decref(ours);
    json_decref(theirs);
    return same ? NULL : dr_format("body: wanted <%s>, got <%s>", wanted, body);
}

static char *compare_headers(const struct dr_aws_request *request, const json_t *wanted)
{
    json_t *headers = json_object_get(wanted, "headers"), *value;
    const char *name;
    json_object_foreach(headers, name, value)
    {
        const char *ours = dr_aws_headers_find(request->headers.items, request->headers.count, name);
        if (!ours || strcmp(ours, json_string_value(value)) != 0)
            return dr_format("header %s: wanted <%s>, got <%s>", name, json_string_value(value), ours ? ours : "none");
    }
    const json_t *forbidden = json_object_get(wanted, "forbidHeaders"),
                 *required = json_object_get(wanted, "requireHeaders");
    for (size_t i = 0; i < json_array_size(forbidden); i++) {
        const char *header = json_string_value(json_array_get(forbidden, i));
        if (dr_aws_headers_find(request->headers.items, request->headers.count, header) ||
            (strcasecmp(header, "Content-Length") == 0 && request->body))
            return dr_format("header %s must not be there", header);
    }
    for (size_t i = 0; i < json_array_size(required); i++) {
        const char *header = json_string_value(json_array_get(required, i));
        bool length = strcasecmp(header, "Content-Length") == 0; /* the transport's, whenever there is a body */
        if (length ? !request->body : !dr_aws_headers_find(request->headers.items, request->headers.count, header))
            return dr_format("header %s must be there", header);
    }
    return NULL;
}

/* The endpoint's part of the address is another room's business: here it is put in front, to compare as a whole. */
static char *compare_address(const struct dr_aws_request *request, const json_t *wanted, const char *endpoint)
{
    const char *rest = endpoint ? strstr(endpoint, "://") + 3 : "", *slash = strchr(rest, '/');
    char *uri = dr_format("%s%s%s%s", slash ? slash : "", request->path, *request->query ? "?" : "", request->query);
    char *host = dr_format("%s%s", request->host_prefix ? request->host_prefix : "", rest);
    const char *wanted_uri = json_string_value(json_object_get(wanted, "uri"));
    const char *wanted_host = json_string_value(json_object_get(wanted, "host"));
    char *problem = NULL;
    if (wanted_uri && strcmp(uri, wanted_uri) != 0)
        problem = dr_format("uri: wanted <%s>, got <%s>", wanted_uri, uri);
    else if (wanted_host && strcmp(host, wanted_host) != 0)
        problem = dr_format("host: wanted <%s>, got <%s>", wanted_host, host);
    free(uri);
    free(host);
    return problem;
}

static char *run_case(const json_t *suite, const json_t *test)
{
    const json_t *given = json_object_get(test, "given"), *wanted = json_object_get(test, "serialized");
    struct dr_aws_models *models = dr_aws_models_new(&(struct dr_aws_models_options){0});
    json_t *service = service_of(suite, given);
    char *problem = NULL;
    const struct dr_aws_model *model = dr_aws_models_add(models, "vectors", service, NULL, NULL, &problem);
    struct dr_aws_request request = {0};
    if (model) {
        const struct dr_aws_operation *operation =
            dr_aws_model_operation(model, json_string_value(json_object_get(given, "name")));
        assert_non_null(operation);
        struct dr_aws_serialize_options options = {.token = TOKEN};
        if (dr_aws_serialize(operation, json_object_get(test, "params"), &options, &request, &problem)) {
            const char *body = json_string_value(json_object_get(wanted, "body"));
            const char *method = json_string_value(json_object_get(wanted, "method"));
            if (method && strcmp(method, request.method) != 0)
                problem = dr_format("method: wanted %s, got %s", method, request.method);
            if (!problem)
                problem =
                    compare_address(&request, wanted, json_string_value(json_object_get(suite, "clientEndpoint")));
            if (!problem)
                problem = compare_headers(&request, wanted);
            if (!problem && body)
                problem = compare_body(&request, body);
        }
    }
    dr_aws_request_done(&request);
    dr_aws_models_free(models);
    json_decref(service);
    return problem;
}

/* --- All of them ---------------------------------------------------------------------------------------------------
 */

static void run_file(const char *file, json_t *exceptions, unsigned *passed, unsigned *failed)
{
    char *name = dr_format("aws-protocols/input/%s.json", file), *path = dr_lab_vectors(name);
    json_t *suites = dr_lab_load(path), *suite, *test;
    assert_non_null(suites);
    size_t i, j;
    json_array_foreach(suites, i, suite)
    {
        json_array_foreach(json_object_get(suite, "cases"), j, test)
        {
            char *id = dr_format("%s/%s", file, json_string_value(json_object_get(test, "id")));
            char *problem = run_case(suite, test);
            bool excepted = json_object_get(exceptions, id);
            if (excepted && !problem)
                print_error("%s passes: take it off tests/aws/request-exceptions.json\n", id);
            if (!excepted && problem)
                print_error("%s: %s\n", id, problem);
            *failed += excepted != (problem != NULL);
            *passed += !problem;
            json_object_del(exceptions, id);
            free(problem);
            free(id);
        }
    }
    json_decref(suites);
    free(name);
    free(path);
}

static void test_every_vector(void **state)
{
    (void)state;
    char *there = dr_lab_vectors("aws-protocols");
    if (!there) {
        print_message("skipped: the test data from outside (DRRUN_VECTORS) is not there\n");
        skip();
    }
    free(there);
    json_t *exceptions = dr_lab_load("tests/aws/request-exceptions.json"), *reason;
    assert_non_null(exceptions);
    const char *id;
    json_object_foreach(exceptions, id, reason)
    {
        assert_true(json_string_length(reason) > 0);
    }
    unsigned passed = 0, failed = 0;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        run_file(files[i], exceptions, &passed, &failed);
    json_object_foreach(exceptions, id, reason)
    {
        print_error("%s is no case: take it off tests/aws/request-exceptions.json\n", id);
        failed++;
    }
    json_decref(exceptions);
    print_message("%u cases pass\n", passed);
    assert_int_equal(failed, 0);
    assert_true(passed > 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_vector)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
