/* Errors in every form that services, gateways and broken servers send. */
#include "tests/support/aws_small_model.h"

#include "interpreter/expression/values.h"
#include "providers/aws/protocol/protocol.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* One answer and what is to be found in it. NULL: not looked at. */
struct error_case {
    const char *protocol, *operation;
    int status;
    const char *header, *header_value; /* NULL: none */
    const char *body;
    const char *code, *message, *shape; /* shape "": none */
    const char *details, *request_id;
    bool foreign; /* no service said it */
};

/* clang-format off */
static const struct error_case cases[] = {
    /* XML */
    {"query", "Look", 404, NULL, NULL,
     "<ErrorResponse xmlns='urn:x'><Error><Type>Sender</Type><Code>ThingGone</Code><Message>No thing.</Message>"
     "<Thing>t</Thing></Error><RequestId>id-1</RequestId></ErrorResponse>",
     "ThingGone", "No thing.", "ThingGoneFault", "{\"message\":\"No thing.\",\"Thing\":\"t\"}", "id-1", false},
    {"query", "Look", 404, NULL, NULL, "<ErrorResponse><Error><Code>ThingGoneFault</Code></Error></ErrorResponse>",
     "ThingGoneFault", "", "ThingGoneFault", "{}", "", false},
    {"ec2", "Look", 400, NULL, NULL,
     "<Response><Errors><Error><Code>InvalidThing.Malformed</Code><Message>Bad</Message></Error><Error><Code>Second</Code>"
     "</Error></Errors><RequestID>id-2</RequestID></Response>",
     "InvalidThing.Malformed", "Bad", "", "{}", "id-2", false},
    {"rest-xml", "Look", 403, "x-amz-request-id", "id-3",
     " <?xml version='1.0'?>\n<Error><Code>AccessDenied</Code><Message>Access Denied</Message><RequestId>other</RequestId>"
     "<HostId>h</HostId></Error>",
     "AccessDenied", "Access Denied", "", "{}", "id-3", false},
    {"rest-xml", "Look", 400, NULL, NULL,
     "<BadBatch xmlns='https://r53'><Messages><Message>first</Message><Message>second</Message></Messages>"
     "<RequestId>id-4</RequestId></BadBatch>",
     "BadBatch", "first\nsecond", "BadBatch", "{\"message\":\"first\\nsecond\"}", "id-4", false},
    {"rest-xml", "Look", 400, NULL, NULL,
     "<ErrorResponse><Error><Code>BadBatch</Code><Message>[first, second]</Message></Error></ErrorResponse>",
     "BadBatch", "[first, second]", "BadBatch", "{\"message\":\"[first, second]\"}", "", false},
    {"query", "Look", 404, NULL, NULL,
     "<ErrorResponse>\n <Error>\n  <Code>\n ThingGone\n</Code>\n <Message> No.\n</Message> </Error> </ErrorResponse>",
     "ThingGone", "No.", "ThingGoneFault", NULL, "", false},
    {"rest-xml", "Drop", 503, "Retry-After", "7", "<Error><Code>Busy</Code></Error>", "Busy", "", "Busy", "{\"Wait\":7}",
     "", false},
    {"query", "Look", 400, NULL, NULL, "<ErrorResponse><Error><Code>Limit</Code></Error></ErrorResponse>", "Limit", "",
     "LimitException", "{}", "", false},
    {"query", "Look", 400, NULL, NULL, "<ErrorResponse><Error><Code>Out</Code></Error></ErrorResponse>", "Out", "", "",
     "{}", "", false}, /* a shape, but no error */
    {"query", "Look", 503, NULL, NULL, "<ErrorResponse><Error><Code>Throttling</Code><Message>Rate exc", "Throttling", "",
     "", "{}", "", false}, /* cut off behind the code */
    {"query", "Look", 503, NULL, NULL, "<ErrorResponse><Error><Code>Thrott", "503", "", NULL, "{}", "", false},
    /* JSON */
    {"json", "Look", 400, "x-amzn-RequestId", "id-5", "{\"__type\":\"com.amazon.small#Busy\",\"Message\":\"later\"}",
     "Busy", "later", "Busy", "{\"message\":\"later\"}", "id-5", false},
    {"json", "Look", 400, NULL, NULL, "{\"__type\":\"ThingGone\",\"message\":\"m\",\"Thing\":\"t\"}", "ThingGone", "m",
     "ThingGoneFault", "{\"message\":\"m\",\"Thing\":\"t\"}", "", false},
    {"json", "Look", 400, "X-AMZN-ERRORTYPE", "Busy:http://internal.amazon.com/coral/", "{\"errorMessage\":\"m\"}", "Busy",
     "m", "Busy", NULL, "", false},
    {"json", "Look", 400, "x-amzn-query-error", "AWS.Small.ThingGone;Sender", "{\"__type\":\"small#Busy\"}",
     "AWS.Small.ThingGone", "", "Busy", "{}", "", false},
    {"json", "Look", 400, "x-amzn-query-error", ";Sender", "{\"__type\":\"small#Busy\"}", "Busy", "", "Busy", "{}", "",
     false},
    {"json", "Look", 400, NULL, NULL, "{\"Output\":{\"__type\":\"a#UnknownOperationException\"},\"Version\":\"1.0\"}",
     "UnknownOperationException", "", "", "{}", "", false},
    {"json", "Look", 400, NULL, NULL, "{\"Error\":{\"Code\":\"Busy\",\"Message\":\"m\"},\"RequestId\":\"id-6\"}", "Busy",
     "m", "Busy", NULL, "id-6", false},
    {"rest-json", "Look", 429, "retry-after", "3", "{\"code\":\"Busy\",\"message\":\"m\"}", "Busy", "m", "Busy",
     "{\"Wait\":3,\"message\":\"m\"}", "", false},
    {"rest-json", "Look", 401, NULL, NULL, "{\"error\":\"invalid_grant\",\"error_description\":\"expired\"}",
     "invalid_grant", "expired", "", "{}", "", false},
    {"rest-json", "Look", 403, "x-amzn-errortype", "ForbiddenException", "{\"message\":\"Forbidden\"}",
     "ForbiddenException", "Forbidden", "", "{}", "", false},
    {"rest-json", "Look", 500, NULL, NULL, "{\"error\":\"Something went wrong\",\"code\":7}", "500", "", "", "{}", "",
     false},
    {"json", "Look", 500, NULL, NULL, "{\"__type\":\"Bus", "500", "expected JSON, got JSON of 14 bytes: it is no error that AWS sends",
     "", "{}", "", true},
    {"json", "Look", 500, NULL, NULL, "{\"__type\":{\"a\":1},\"message\":[1]}", "500", "", "", "{}", "", false},
    /* Other protocols' bytes */
    {"json", "Look", 400, NULL, NULL, "<ErrorResponse><Error><Code>Throttling</Code><Message>m</Message></Error></ErrorResponse>",
     "Throttling", "m", "", "{}", "", true},
    {"json", "Look", 404, NULL, NULL, "<UnknownOperationException/>\n", "UnknownOperationException", "", "", "{}", "", true},
    {"query", "Look", 400, NULL, NULL, "{\"__type\":\"small#Busy\",\"message\":\"m\"}", "Busy", "m", "Busy",
     "{\"message\":\"m\"}", "", true},
    {"rest-xml", "Look", 404, NULL, NULL, "<Answer><Name>x</Name></Answer>", "404",
     "expected XML, got XML of 31 bytes, <Answer>: it is no error that AWS sends", "", "{}", "", true},
    /* HTML, nothing, anything */
    {"query", "Look", 502, NULL, NULL, "<html><body>502 Bad Gateway</body></html>", "502",
     "expected XML, got HTML: <html><body>502 Bad Gateway</body></html>", "", "{}", "", true},
    {"json", "Look", 500, NULL, NULL, "<html><Error><Code>Busy</Code></Error></html>", "500", NULL, "", "{}", "", true},
    {"rest-json", "Look", 503, NULL, NULL, "no server is available", "503",
     "expected JSON, got other bytes: no server is available", "", "{}", "", true},
    {"query", "Look", 500, NULL, NULL, "", "500", "", "", "{}", "", true},
    {"query", "Look", 500, NULL, NULL, NULL, "500", "", "", "{}", "", true},
    {"rest-json", "Look", 500, "X-Amzn-Errortype", "Busy", NULL, "Busy", "", "Busy", "{}", "", false},
    {"rest-xml", "Look", 304, "x-amz-request-id", "id-7", NULL, "304", "", "", "{}", "id-7", false},
    {"query", "Look", 500, "x-amzn-errortype", "\xff\xfe", NULL, "\xef\xbf\xbd\xef\xbf\xbd", "", "", "{}", "", false},
    /* HEAD has no body */
    {"rest-xml", "Head", 404, "x-amz-request-id", "id-8", NULL, "404", "", "NoSuchThing", "{}", "id-8", false},
    {"rest-xml", "Head", 403, "x-amz-request-id", "id-9", NULL, "403", "", "", "{}", "id-9", false},
    /* 200 that failed on the way */
    {"rest-xml", "Copy", 200, NULL, NULL, "\n <?xml version='1.0'?><Error><Code>Busy</Code><Message>m</Message></Error>",
     "Busy", "m", "Busy", "{\"message\":\"m\"}", "", false},
    {"query", "Look", 200, NULL, NULL, "<a:ErrorResponse xmlns:a='x'><Error><Code>Busy</Code></Error></a:ErrorResponse>",
     "Busy", "", "Busy", "{}", "", false},
    {"ec2", "Look", 200, NULL, NULL, "<Response><Errors><Error><Code>Busy</Code></Error></Errors></Response>", "Busy", "",
     "Busy", "{}", "", false},
};
/* clang-format on */

static void check(const struct error_case *it, const struct dr_aws_operation *operation)
{
    const struct dr_http_header header = {it->header, it->header_value};
    const struct dr_aws_answer answer = {.status = it->status,
                                         .headers = &header,
                                         .header_count = it->header ? 1 : 0,
                                         .body = it->body,
                                         .body_size = it->body ? strlen(it->body) : 0};
    struct dr_aws_error error;
    print_message("%s %d %s\n", it->protocol, it->status, it->body ? it->body : "");
    assert_true(dr_aws_answer_is_error(operation, &answer));
    dr_aws_parse_error(operation, &answer, &error);
    assert_string_equal(error.code, it->code);
    assert_int_equal(error.status, it->status == 200 ? 500 : it->status);
    if (it->message)
        assert_string_equal(error.message, it->message);
    if (it->shape)
        assert_string_equal(error.shape ? error.shape->name : "", it->shape);
    assert_string_equal(error.request_id, it->request_id);
    assert_int_equal(error.is_modelled_answer, !it->foreign);
    assert_true(json_is_object(error.details));
    if (it->details) {
        json_t *wanted = dr_json_parse(it->details, strlen(it->details), NULL);
        if (!dr_json_same(wanted, error.details)) {
            struct dr_text text = {0};
            dr_text_json(&text, error.details, 10000);
            fail_msg("details: %s instead of %s", text.bytes, it->details);
        }
        json_decref(wanted);
    }
    dr_aws_error_done(&error);
    dr_aws_error_done(&error); /* twice is fine */
}

static void every_form_of_error_is_understood(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct dr_aws_models *models = dr_aws_models_new(NULL);
        const struct dr_aws_model *model = dr_small_model(models, cases[i].protocol);
        assert_non_null(model);
        check(&cases[i], dr_aws_model_operation(model, cases[i].operation));
        dr_aws_models_free(models);
    }
}

static void what_is_no_error_is_not_taken_for_one(void **state)
{
    static const struct {
        const char *protocol, *operation, *body;
    } fine[] = {
        {"rest-xml", "Fetch", "<Error><Code>stored by a user</Code></Error>"},
        {"rest-xml", "Copy", "<CopyResult><Error>none</Error></CopyResult>"},
        {"rest-xml", "Look", "<Response><Name>x</Name></Response>"},
        {"rest-json", "Look", "<Error/>"}, /* no error, though not readable either */
        {"query", "Drop", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++) {
        struct dr_aws_models *models = dr_aws_models_new(NULL);
        const struct dr_aws_model *model = dr_small_model(models, fine[i].protocol);
        const struct dr_aws_answer answer = {.status = 200, .body = fine[i].body, .body_size = strlen(fine[i].body)};
        assert_false(dr_aws_answer_is_error(dr_aws_model_operation(model, fine[i].operation), &answer));
        dr_aws_models_free(models);
    }
}

static void the_services_own_request_id_wins(void **state)
{
    static const struct dr_http_header headers[] = {
        {"X-Amz-Cf-Id", "edge"}, {"x-amz-request-id", ""}, {"X-AMZN-RequestId", "own"}};
    (void)state;
    const struct dr_aws_answer answer = {.headers = headers, .header_count = 3}, none = {0};
    assert_string_equal(dr_aws_request_id(&answer), "own");
    assert_null(dr_aws_request_id(&none));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_of_error_is_understood),
        cmocka_unit_test(what_is_no_error_is_not_taken_for_one),
        cmocka_unit_test(the_services_own_request_id_wins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
