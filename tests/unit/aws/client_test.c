/* One AWS call in virtual time, with scripted answers: exact delays, quotas, deadlines, cures, and what the outcome
 * says. (Over real sockets: tests/aws/client_test.py.) */
#include "interpreter/base/text.h"
#include "interpreter/runtime/virtual.h"
#include "providers/aws/client/client.h"
#include "providers/aws/client/signer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SEED = 42, STEPS_MAX = 64 };
static const int64_t start_ms = 1795277455000; /* 2026-11-21T16:10:55Z */

struct step { /* what the server does with a request */
    int status;
    const char *body;
    enum dr_reach reach; /* unless `status` */
    int64_t delay_ms;
    const char *name, *value; /* a header; NULL: none */
};

/* {"Items":["a"]} and {"__type":"Full","message":"no room"}, packed by gzip */
static const char packed_items[] =
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xab\x56\xf2\x2c\x49\xcd\x2d\x56\xb2\x8a\x56\x4a\x54\x8a"
    "\xad\x05\x00\xb5\x9f\x6b\x01\x0f\x00\x00\x00";
static const char packed_error[] =
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xab\x56\x8a\x8f\x2f\xa9\x2c\x48\x55\xb2\x52\x72\x2b\xcd"
    "\xc9\x51\xd2\x51\xca\x4d\x2d\x2e\x4e\x4c\x07\x09\xe4\xe5\x2b\x14\xe5\xe7\xe7\x2a\xd5\x02\x00\xc6"
    "\xcc\xa7\x1e\x25\x00\x00\x00";

static size_t body_size(const char *body)
{
    return body == packed_items   ? sizeof packed_items - 1
           : body == packed_error ? sizeof packed_error - 1
                                  : strlen(body);
}

static struct {
    struct step steps[STEPS_MAX];
    size_t step_count, sent;
    int64_t sent_ms[STEPS_MAX], timeout_ms[STEPS_MAX], connect_timeout_ms[STEPS_MAX];
    char *dates[STEPS_MAX], *attempts[STEPS_MAX], *bodies[STEPS_MAX], *urls[STEPS_MAX];
} server;

static const char own_endpoint[] = "http://demo.example:8000";
static const char *variables[8][2], *endpoint_url = own_endpoint;

static const char *get_variable(const char *name)
{
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        if (variables[i][0] && strcmp(variables[i][0], name) == 0)
            return variables[i][1];
    static const char *const files[] = {"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"};
    return strcmp(name, files[0]) == 0 || strcmp(name, files[1]) == 0 ? "/nonexistent" : NULL;
}

static char *header_of(const struct dr_http_request *request, const char *name)
{
    return dr_copy_string(dr_aws_headers_find(request->headers, request->header_count, name));
}

static bool answer(void *data, const struct dr_http_request *request, int64_t now_ms,
                   struct dr_http_response *ret_response, int64_t *ret_delay_ms)
{
    (void)data;
    size_t at = server.sent++;
    assert_true(at < STEPS_MAX);
    server.sent_ms[at] = now_ms;
    server.timeout_ms[at] = request->timeout_ms;
    server.connect_timeout_ms[at] = request->connect_timeout_ms;
    server.urls[at] = dr_copy_string(request->url);
    server.dates[at] = header_of(request, "X-Amz-Date");
    server.attempts[at] = header_of(request, "amz-sdk-request");
    server.bodies[at] = dr_copy_bytes(request->body, request->body_size);
    const struct step *step = &server.steps[at < server.step_count ? at : server.step_count - 1];
    static struct dr_http_header header;
    header = (struct dr_http_header){step->name, step->value};
    *ret_delay_ms = step->delay_ms;
    ret_response->reach = step->status ? DR_REACH_ANSWER : step->reach;
    ret_response->status = step->status;
    ret_response->problem = step->status ? NULL : "Connection reset by peer";
    ret_response->headers = &header;
    ret_response->header_count = step->name ? 1 : 0;
    ret_response->body = step->body ? step->body : "";
    ret_response->body_size = body_size(ret_response->body);
    return true;
}

static void forget_requests(void)
{
    for (size_t i = 0; i < server.sent; i++) {
        free(server.dates[i]);
        free(server.attempts[i]);
        free(server.bodies[i]);
        free(server.urls[i]);
    }
    server.sent = 0;
}

static int forget(void **state)
{
    (void)state;
    forget_requests();
    memset(variables, 0, sizeof variables);
    endpoint_url = own_endpoint;
    return 0;
}

/* --- The call ------------------------------------------------------------------------------------------------------
 */

static const char model_text[] =
    "{\"metadata\":{\"apiVersion\":\"2020-01-01\",\"endpointPrefix\":\"demo\",\"protocol\":\"json\",\"jsonVersion\":"
    "\"1.1\",\"serviceId\":\"%s\",\"serviceFullName\":\"Demo\",\"signatureVersion\":\"v4\",\"signingName\":\"demo\","
    "\"targetPrefix\":\"Demo\"},"
    "\"operations\":{\"PutThing\":{\"name\":\"PutThing\",\"http\":{\"method\":\"POST\",\"requestUri\":\"/\"},\"input\":"
    "{\"shape\":\"In\"},\"output\":{\"shape\":\"Out\"},\"errors\":[{\"shape\":\"Busy\"},{\"shape\":\"Full\"}]},"
    "\"GetRow\":{\"name\":\"GetRow\",\"http\":{\"method\":\"POST\",\"requestUri\":\"/\"},\"input\":{\"shape\":"
    "\"In\"},\"output\":{\"shape\":\"Out\"},\"endpointdiscovery\":{\"required\":true}},"
    "\"Invoke\":{\"name\":\"Invoke\",\"http\":{\"method\":\"POST\",\"requestUri\":\"/\"},\"input\":{\"shape\":"
    "\"In\"}},"
    "\"DescribeEndpoints\":{\"name\":\"DescribeEndpoints\",\"http\":{\"method\":\"POST\",\"requestUri\":\"/\"},"
    "\"output\":{\"shape\":\"Ends\"},\"endpointoperation\":true}},"
    "\"shapes\":{\"Ends\":{\"type\":\"structure\",\"members\":{\"Endpoints\":{\"shape\":\"EndList\"}}},"
    "\"EndList\":{\"type\":\"list\",\"member\":{\"shape\":\"End\"}},"
    "\"End\":{\"type\":\"structure\",\"members\":{\"Address\":{\"shape\":\"S\"},\"CachePeriodInMinutes\":{\"shape\":"
    "\"N\"}}},\"N\":{\"type\":\"long\"},"
    "\"In\":{\"type\":\"structure\",\"members\":{\"Name\":{\"shape\":\"S\"},\"Next\":{\"shape\":\"S\"}}},"
    "\"Out\":{\"type\":\"structure\",\"members\":{\"Items\":{\"shape\":\"L\"},\"Next\":{\"shape\":\"S\"}}},"
    "\"L\":{\"type\":\"list\",\"member\":{\"shape\":\"S\"}},\"S\":{\"type\":\"string\"},"
    "\"Busy\":{\"type\":\"structure\",\"members\":{},\"exception\":true,\"retryable\":{\"throttling\":true}},"
    "\"Full\":{\"type\":\"structure\",\"members\":{},\"exception\":true}}}";

struct world {
    struct dr_aws *aws;
    struct dr_runtime *runtime;
    const struct dr_aws_operation *operation;
};

static json_t *parse(const char *text)
{
    char *problem = NULL;
    json_t *value = dr_json_parse(text, strlen(text), &problem);
    if (!value)
        fail_msg("%s: %s", text, problem);
    return value;
}

static struct world make_world(const char *service_id, const struct step *steps, size_t count)
{
    memcpy(server.steps, steps, count * sizeof *steps);
    server.step_count = count;
    struct world world = {
        .aws = dr_aws_new(&(struct dr_aws_options){.environment = get_variable, .endpoint_url = endpoint_url}),
        .runtime = dr_runtime_virtual_new(SEED, start_ms),
    };
    char *text = dr_format(model_text, service_id), *problem = NULL;
    json_t *service = parse(text), *paginators = parse("{\"pagination\":{\"PutThing\":{\"input_token\":\"Next\","
                                                       "\"output_token\":\"Next\",\"result_key\":\"Items\"}}}");
    const struct dr_aws_model *model =
        dr_aws_models_add(dr_aws_models(world.aws), "demo", service, paginators, NULL, &problem);
    if (!model)
        fail_msg("%s", problem);
    world.operation = dr_aws_model_operation(model, "PutThing");
    assert_non_null(world.operation);
    dr_runtime_virtual_answer(world.runtime, &(struct dr_virtual_script){.http = answer}, NULL);
    json_decref(service);
    json_decref(paginators);
    free(text);
    return world;
}

static void end_world(struct world *world)
{
    dr_aws_free(world->aws);
    dr_runtime_free(world->runtime);
}

static char key[] = "AKIDEXAMPLE", secret[] = "secret";
static const struct dr_aws_identity identity = {
    .access_key_id = key, .secret_access_key = secret, .expires_ms = INT64_MAX};

static struct dr_aws_call call_of(const struct world *world)
{
    return (struct dr_aws_call){
        .operation = world->operation, .region = "us-west-2", .identity = &identity, .deadline_ms = INT64_MAX};
}

struct seen { /* the outcome, as text */
    unsigned count, pages;
    char *output, *code, *problem, *kind, *note, *signer;
    bool unknown, throttled;
    size_t attempts;
    char *codes;
    int64_t took_ms;
};

static void see(void *data, const struct dr_aws_outcome *outcome)
{
    struct seen *seen = data;
    struct dr_text text = {0}, codes = {0};
    seen->count++;
    if (outcome->output) {
        dr_text_json(&text, outcome->output, 10000);
        seen->output = dr_text_take(&text);
    }
    assert_true((outcome->output != NULL) + (outcome->error != NULL) + (outcome->problem != NULL) == 1);
    seen->code = dr_copy_string(outcome->error ? outcome->error->code : NULL);
    seen->problem = dr_copy_string(outcome->problem);
    seen->kind = dr_copy_string(outcome->problem_kind);
    seen->note = dr_copy_string(outcome->note);
    seen->signer = dr_copy_string(outcome->signer);
    seen->unknown = outcome->unknown;
    seen->throttled = outcome->throttled;
    seen->pages = outcome->pages;
    seen->attempts = outcome->attempt_count;
    for (size_t i = 0; i < outcome->attempt_count; i++) {
        dr_text_printf(&codes, "%s%s", i ? " " : "", outcome->attempts[i].code[0] ? outcome->attempts[i].code : "ok");
        assert_int_equal(outcome->attempts[i].started_ms, server.sent_ms[server.sent - outcome->attempt_count + i]);
        seen->took_ms = outcome->attempts[i].started_ms + outcome->attempts[i].took_ms - start_ms;
    }
    seen->codes = dr_text_take(&codes);
}

static void seen_done(struct seen *seen)
{
    free(seen->output);
    free(seen->code);
    free(seen->problem);
    free(seen->kind);
    free(seen->note);
    free(seen->signer);
    free(seen->codes);
    *seen = (struct seen){0};
}

static struct seen make(struct world *world, const struct dr_aws_call *call)
{
    struct seen seen = {0};
    dr_aws_call_start(world->aws, world->runtime, call, see, &seen);
    assert_int_equal(seen.count, 0); /* never from within */
    while (dr_runtime_wait(world->runtime, INT64_MAX))
        ;
    assert_int_equal(seen.count, 1);
    return seen;
}

#define STEPS(...)                                                                                                     \
    ((const struct step[]){__VA_ARGS__}), sizeof((const struct step[]){__VA_ARGS__}) / sizeof(struct step)
#define OK                                                                                                             \
    {                                                                                                                  \
        200, "{\"Items\":[\"a\"]}", 0, 0, NULL, NULL                                                                   \
    }
#define ERROR(status, code)                                                                                            \
    {                                                                                                                  \
        status, "{\"__type\":\"" code "\"}", 0, 0, NULL, NULL                                                          \
    }
#define LOST                                                                                                           \
    {                                                                                                                  \
        0, NULL, DR_REACH_SENT, 0, NULL, NULL                                                                          \
    }
#define REFUSED                                                                                                        \
    {                                                                                                                  \
        0, NULL, DR_REACH_NOTHING, 0, NULL, NULL                                                                       \
    }

/* --- Delays --------------------------------------------------------------------------------------------------------
 */

/* The numbers that the call draws: 16 bytes for the invocation's id, then one number a retry. */
static void draw(double *ret_numbers, size_t count)
{
    struct dr_runtime *runtime = dr_runtime_virtual_new(SEED, 0);
    unsigned char id[16];
    runtime->ops->random(runtime, id, sizeof id);
    for (size_t i = 0; i < count; i++) {
        uint64_t bits;
        runtime->ops->random(runtime, &bits, sizeof bits);
        ret_numbers[i] = (double)(bits >> 11) * 0x1p-53;
    }
    dr_runtime_free(runtime);
}

static void delays_are_exact(void **state)
{
    (void)state;
    static const struct {
        const char *service_id, *attempts;
        struct step step;
        double base_ms;
        size_t expected;
    } rows[] = {
        {"Demo", NULL, ERROR(503, "ServiceUnavailable"), 50, 3},
        {"Demo", "12", ERROR(500, "InternalFailure"), 50, 12},
        {"Demo", "7", ERROR(400, "ThrottlingException"), 1000, 7},
        {"Demo", NULL, ERROR(400, "Busy"), 1000, 3}, /* modelled as throttling */
        {"Demo", NULL, REFUSED, 50, 3},
        {"DynamoDB", NULL, REFUSED, 25, 4},
        {"DynamoDB", NULL, ERROR(400, "ProvisionedThroughputExceededException"), 1000, 4},
    };
    double numbers[16];
    draw(numbers, 16);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        variables[0][0] = "AWS_MAX_ATTEMPTS";
        variables[0][1] = rows[i].attempts;
        struct world world = make_world(rows[i].service_id, &rows[i].step, 1);
        struct dr_aws_call call = call_of(&world);
        struct seen seen = make(&world, &call);
        assert_int_equal(server.sent, rows[i].expected);
        double ceiling_ms = rows[i].base_ms;
        for (size_t k = 1; k < server.sent; k++, ceiling_ms *= 2) {
            int64_t expected_ms = (int64_t)(numbers[k - 1] * (ceiling_ms < 20000 ? ceiling_ms : 20000) + 0.5);
            assert_int_equal(server.sent_ms[k] - server.sent_ms[k - 1], expected_ms);
            char *expected = dr_format("attempt=%zu; max=%zu", k + 1, rows[i].expected);
            assert_string_equal(server.attempts[k], expected);
            free(expected);
        }
        assert_false(seen.unknown);
        assert_int_equal(seen.throttled, rows[i].base_ms > 999);
        assert_int_equal(seen.attempts, rows[i].expected);
        assert_non_null(strstr(seen.note ? seen.note : seen.problem, " attempts in "));
        seen_done(&seen);
        end_world(&world);
        forget(NULL);
    }
}

static void time_outs_are_the_sdks(void **state)
{
    (void)state;
    struct world world = make_world("Demo", STEPS({200, "{}", 0, INT64_MAX, NULL, NULL}));
    struct dr_aws_call call = call_of(&world);
    call.may_repeat = true;
    struct seen seen = make(&world, &call);
    assert_int_equal(server.sent, 3);
    assert_int_equal(server.timeout_ms[0], 60000);
    assert_int_equal(server.connect_timeout_ms[0], 3100);
    assert_string_equal(seen.kind, "Timeout");
    assert_string_equal(seen.problem, "demo PutThing in us-west-2 at demo.example:8000: no complete answer within "
                                      "60000 ms (3 attempts in 3m 00s; no more are allowed (AWS_MAX_ATTEMPTS))");
    seen_done(&seen);
    end_world(&world);
}

static void what_takes_long_has_the_time(void **state)
{
    (void)state;
    struct world world = make_world("Lambda", STEPS(OK));
    struct dr_aws_call call = call_of(&world);
    call.operation = dr_aws_model_operation(world.operation->model, "Invoke");
    struct seen seen = make(&world, &call);
    assert_int_equal(server.timeout_ms[0], 910000);
    seen_done(&seen);
    call.attempt_timeout_ms = 5000; /* who asks for another gets it */
    seen = make(&world, &call);
    assert_int_equal(server.timeout_ms[1], 5000);
    seen_done(&seen);
    end_world(&world);
}

/* --- Deadlines -----------------------------------------------------------------------------------------------------
 */

static void nothing_goes_beyond_the_deadline(void **state)
{
    (void)state;
    struct world world = make_world("Demo", STEPS({200, "{}", 0, INT64_MAX, NULL, NULL}));
    struct dr_aws_call call = call_of(&world);
    call.may_repeat = true;
    call.deadline_ms = start_ms + 70000; /* 60 s for the first attempt, what is left for the second */
    struct seen seen = make(&world, &call);
    assert_int_equal(server.sent, 2);
    assert_int_equal(server.sent_ms[1] + server.timeout_ms[1], call.deadline_ms + 1); /* the engine's timer is first */
    assert_int_equal(seen.took_ms, 70001);
    assert_string_equal(seen.kind, "Timeout");
    seen_done(&seen);
    end_world(&world);
    forget(NULL);

    world = make_world("Demo", STEPS(ERROR(400, "Throttling")));
    call = call_of(&world);
    call.deadline_ms = start_ms + 5; /* shorter than the wait */
    seen = make(&world, &call);
    assert_int_equal(server.sent, 1);
    assert_string_equal(seen.code, "Throttling");
    assert_non_null(strstr(seen.note, "too short for the wait"));
    seen_done(&seen);
    call.deadline_ms = start_ms;
    seen = make(&world, &call);
    assert_int_equal(server.sent, 1);
    assert_int_equal(seen.attempts, 0);
    assert_string_equal(seen.kind, "Timeout");
    seen_done(&seen);
    end_world(&world);
}

/* --- The quota -----------------------------------------------------------------------------------------------------
 */

static void the_quota_is_of_a_service_and_region(void **state)
{
    (void)state;
    struct world world = make_world("Demo", STEPS(ERROR(503, "ServiceUnavailable")));
    struct dr_aws_call call = call_of(&world);
    for (unsigned left = 500; left >= 28; left -= 28) { /* two retries a call */
        struct seen seen = make(&world, &call);
        assert_int_equal(seen.attempts, 3);
        seen_done(&seen);
        forget_requests();
    }
    struct seen seen = make(&world, &call); /* 500 = 17 x 28 + 24 */
    assert_int_equal(seen.attempts, 2);
    seen_done(&seen);
    forget_requests();
    seen = make(&world, &call);
    assert_int_equal(seen.attempts, 1);
    assert_string_equal(seen.code, "ServiceUnavailable");
    assert_non_null(strstr(seen.note, "retry quota"));
    seen_done(&seen);
    forget_requests();
    call.region = "eu-west-1"; /* has its own */
    seen = make(&world, &call);
    assert_int_equal(seen.attempts, 3);
    seen_done(&seen);
    end_world(&world);
}

/* --- What may be repeated ------------------------------------------------------------------------------------------
 */

static void the_unknown_is_repeated_only_if_that_does_no_harm(void **state)
{
    (void)state;
    static const struct {
        struct step first;
        bool may_repeat, unknown;
        size_t sent;
    } rows[] = {
        {LOST, false, true, 1},
        {LOST, true, false, 2},
        {REFUSED, false, false, 2},
        {{502, "<html>", 0, 0, NULL, NULL}, false, true, 1},
        {{502, "<html>", 0, 0, NULL, NULL}, true, false, 2},
        {{503, "<html>", 0, 0, NULL, NULL}, false, false, 2},
        {{200, "<html>", 0, 0, NULL, NULL}, false, true, 1},
        {{200, "<html>", 0, 0, NULL, NULL}, true, false, 2},
        {{200, "{\"Items\":[", 0, 0, NULL, NULL}, false, true, 1},
        {ERROR(500, "InternalFailure"), false, false, 2},
        {ERROR(400, "Throttling"), false, false, 2},
        {ERROR(400, "Full"), true, false, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world world = make_world("Demo", STEPS(rows[i].first, OK));
        struct dr_aws_call call = call_of(&world);
        call.may_repeat = rows[i].may_repeat;
        struct seen seen = make(&world, &call);
        assert_int_equal(server.sent, rows[i].sent);
        assert_int_equal(seen.unknown, rows[i].unknown);
        assert_int_equal(seen.output != NULL, rows[i].sent == 2);
        seen_done(&seen);
        end_world(&world);
        forget(NULL);
    }
}

/* --- Cures ---------------------------------------------------------------------------------------------------------
 */

static void a_wrong_clock_is_put_right_at_once(void **state)
{
    (void)state;
    static const struct step wrong = {403,    "{\"__type\":\"RequestTimeTooSkewed\"}", 0, 0,
                                      "date", "Sat, 21 Nov 2026 18:00:00 GMT"};
    variables[0][0] = "AWS_MAX_ATTEMPTS"; /* it is not a retry */
    variables[0][1] = "1";
    struct world world = make_world("Demo", STEPS(wrong, OK));
    struct dr_aws_call call = call_of(&world);
    struct seen seen = make(&world, &call);
    assert_string_equal(seen.codes, "RequestTimeTooSkewed ok");
    assert_string_equal(server.dates[0], "20261121T161055Z");
    assert_string_equal(server.dates[1], "20261121T180000Z");
    assert_int_equal(server.sent_ms[1], server.sent_ms[0]);
    seen_done(&seen);
    end_world(&world);
    forget(NULL);

    world = make_world("Demo", STEPS(wrong));
    call = call_of(&world);
    seen = make(&world, &call); /* once: the server keeps saying so */
    assert_int_equal(server.sent, 2);
    assert_string_equal(seen.code, "RequestTimeTooSkewed");
    assert_non_null(strstr(seen.note, "Date header"));
    seen_done(&seen);
    end_world(&world);
}

static void a_refusal_says_whose_credentials_were_refused(void **state)
{
    (void)state;
    static const struct {
        struct step step;
        bool own;
        const char *signer;
    } cases[] = {
        {ERROR(400, "UnrecognizedClientException"), false, "signed by the credentials from simulation"},
        {ERROR(400, "UnrecognizedClientException"), true, NULL}, /* who gave them knows */
        {ERROR(400, "AccessDeniedException"), false, NULL},      /* they were taken, and AWS's own text says whose */
        {ERROR(400, "ValidationException"), false, NULL},        /* they were taken */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world world = make_world("Demo", &cases[i].step, 1);
        struct dr_aws_call call = call_of(&world);
        if (!cases[i].own)
            call.identity = NULL;
        struct seen seen = make(&world, &call);
        if (cases[i].signer)
            assert_string_equal(seen.signer, cases[i].signer);
        else
            assert_null(seen.signer);
        seen_done(&seen);
        end_world(&world);
        forget(NULL);
    }
}

static void no_more_than_the_ends_of_a_key_are_shown(void **state)
{
    (void)state;
    char text[DR_AWS_KEY_TEXT], whole[] = "ASIAIOSFODNN7EXAMPLE", brief[] = "AKIASHORT";
    struct dr_aws_identity shown = {.access_key_id = whole};
    dr_aws_key_ends(&shown, text);
    assert_string_equal(text, "ASIA...MPLE");
    char *signer = dr_aws_signer(text, "arn:aws:iam::1:role/dr", "profile prod");
    assert_string_equal(signer,
                        "signed by ASIA...MPLE of the role arn:aws:iam::1:role/dr, assumed with the credentials from "
                        "profile prod");
    free(signer);
    shown.access_key_id = brief; /* its ends would be most of it */
    dr_aws_key_ends(&shown, text);
    assert_string_equal(text, "");
    assert_null(dr_aws_signer(text, NULL, NULL));
}

static void an_expired_session_of_ones_own_is_not_renewed(void **state)
{
    (void)state;
    struct world world = make_world("Demo", STEPS(ERROR(400, "ExpiredTokenException"), OK));
    struct dr_aws_call call = call_of(&world);
    struct seen seen = make(&world, &call);
    assert_int_equal(server.sent, 1);
    assert_string_equal(seen.code, "ExpiredTokenException");
    seen_done(&seen);
    end_world(&world);
}

/* --- Pages ---------------------------------------------------------------------------------------------------------
 */

static void each_page_has_its_own_attempts(void **state)
{
    (void)state;
    struct world world = make_world(
        "Demo", STEPS({200, "{\"Items\":[\"a\"],\"Next\":\"2\"}", 0, 0, NULL, NULL}, ERROR(503, "ServiceUnavailable"),
                      ERROR(503, "ServiceUnavailable"), {200, "{\"Items\":[\"b\"],\"Next\":\"3\"}", 0, 0, NULL, NULL},
                      ERROR(400, "Throttling"), {200, "{\"Items\":[\"c\"]}", 0, 0, NULL, NULL}));
    struct dr_aws_call call = call_of(&world);
    json_t *input = parse("{\"Name\":\"n\"}");
    call.all_pages = true;
    call.input = input;
    struct seen seen = make(&world, &call);
    assert_string_equal(seen.codes, "ok ServiceUnavailable ServiceUnavailable ok Throttling ok");
    assert_string_equal(seen.output, "{\"Items\":[\"a\",\"b\",\"c\"]}");
    assert_int_equal(seen.pages, 3);
    assert_string_equal(server.bodies[0], "{\"Name\":\"n\"}");
    assert_non_null(strstr(server.bodies[5], "\"3\""));
    assert_string_equal(server.attempts[5], "attempt=2; max=3");
    seen_done(&seen);
    forget_requests();
    server.steps[0] = (struct step)OK;
    call.all_pages = false;
    seen = make(&world, &call);
    assert_int_equal(seen.pages, 1);
    seen_done(&seen);
    json_decref(input);
    end_world(&world);
}

/* --- Bodies --------------------------------------------------------------------------------------------------------
 */

static void what_was_packed_on_the_way_is_unpacked(void **state)
{
    (void)state;
    struct world world = make_world("DynamoDB", STEPS({200, packed_items, 0, 0, "content-encoding", "GZIP"},
                                                      {400, packed_error, 0, 0, "Content-Encoding", "gzip"},
                                                      {200, "{\"Items\":[\"b\"]}", 0, 0, "Content-Encoding", "gzip"}));
    struct dr_aws_call call = call_of(&world);
    struct seen seen = make(&world, &call);
    assert_string_equal(seen.output, "{\"Items\":[\"a\"]}");
    seen_done(&seen);
    seen = make(&world, &call);
    assert_string_equal(seen.code, "Full");
    seen_done(&seen);
    seen = make(&world, &call); /* said to be packed, and is not */
    assert_string_equal(seen.output, "{\"Items\":[\"b\"]}");
    seen_done(&seen);
    end_world(&world);
}

/* --- Settings ------------------------------------------------------------------------------------------------------
 */

static void what_is_missing_or_wrong_is_said_before_anything_leaves(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value, *region, *kind, *problem;
    } rows[] = {
        {NULL, NULL, NULL, "Endpoint", "demo PutThing: no Region is known: "},
        {"AWS_MAX_ATTEMPTS", "-1", "us-west-2", "Request",
         "the number of attempts (AWS_MAX_ATTEMPTS, max_attempts) is "
         "\"-1\"; it must be from 1 to 1000"},
        {"AWS_RETRY_MODE", "never", "us-west-2", "Request", "is \"never\"; it can be standard or adaptive"},
        {"AWS_PROFILE", "nosuch", "us-west-2", "Credentials", "nosuch"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        variables[0][0] = rows[i].name;
        variables[0][1] = rows[i].value;
        struct world world = make_world("Demo", STEPS(OK));
        struct dr_aws_call call = call_of(&world);
        call.region = rows[i].region;
        struct seen seen = make(&world, &call);
        assert_int_equal(server.sent, 0);
        assert_string_equal(seen.kind, rows[i].kind);
        if (!strstr(seen.problem, rows[i].problem))
            fail_msg("%s", seen.problem);
        seen_done(&seen);
        end_world(&world);
        forget(NULL);
    }
}

static void the_adaptive_mode_slows_down(void **state)
{
    (void)state;
    variables[0][0] = "AWS_RETRY_MODE";
    variables[0][1] = "adaptive";
    struct world world = make_world("Demo", STEPS(ERROR(400, "Throttling"), OK));
    struct dr_aws_call call = call_of(&world);
    static const int64_t expected_ms[] = {2000, 2625, 2910, 3194, 3335}; /* client_retry_test.c */
    for (size_t i = 0; i < sizeof expected_ms / sizeof *expected_ms; i++) {
        struct seen seen = make(&world, &call);
        assert_non_null(seen.output);
        assert_int_equal(server.sent_ms[server.sent - 1] - start_ms, expected_ms[i]);
        seen_done(&seen);
        forget_requests();
        server.steps[0] = (struct step)OK;
    }
    call.deadline_ms = dr_runtime_now(world.runtime) + 100;
    struct seen seen = make(&world, &call);
    assert_string_equal(seen.kind, "Timeout");
    assert_non_null(strstr(seen.problem, "adaptive"));
    seen_done(&seen);
    end_world(&world);
}

/* --- Endpoint discovery --------------------------------------------------------------------------------------------
 */

static void who_serves_the_account_is_asked_first(void **state)
{
    (void)state;
    static const struct step told = {
        200, "{\"Endpoints\":[{\"Address\":\"cell7.example\",\"CachePeriodInMinutes\":2}]}", 0, 0, NULL, NULL};
    endpoint_url = NULL;
    struct world world = make_world("Demo", STEPS(told, OK, OK, told, OK));
    world.operation = dr_aws_model_operation(world.operation->model, "GetRow");
    struct dr_aws_call call = call_of(&world);
    static const char *const expected[] = {"https://demo.us-west-2.amazonaws.com/", "https://cell7.example/",
                                           "https://cell7.example/", "https://demo.us-west-2.amazonaws.com/",
                                           "https://cell7.example/"};
    for (size_t i = 0; i < 3; i++) { /* what was told holds for two minutes */
        struct seen seen = make(&world, &call);
        assert_string_equal(seen.output, "{\"Items\":[\"a\"]}");
        seen_done(&seen);
        dr_runtime_wait(world.runtime, dr_runtime_now(world.runtime) + 61000);
    }
    assert_int_equal(server.sent, 5);
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(server.urls[i], expected[i]);
    end_world(&world);
    forget_requests();

    static const struct step nobody = {200, "{\"Endpoints\":[{\"Address\":\"evil.example/x\"}]}", 0, 0, NULL, NULL};
    world = make_world("Demo", STEPS(nobody));
    call.operation = dr_aws_model_operation(world.operation->model, "GetRow");
    struct seen seen = make(&world, &call);
    assert_int_equal(server.sent, 1);
    assert_string_equal(seen.kind, "Endpoint");
    assert_non_null(strstr(seen.problem, "it names no host"));
    seen_done(&seen);
    end_world(&world);
    forget_requests();

    static const struct step gone = {421, "{\"__type\":\"InvalidEndpointException\"}", 0, 0, NULL, NULL};
    world = make_world("Demo", STEPS(told, gone, told, gone));
    call.operation = dr_aws_model_operation(world.operation->model, "GetRow");
    seen = make(&world, &call);
    assert_string_equal(seen.codes, "ok InvalidEndpointException ok InvalidEndpointException"); /* once */
    assert_string_equal(server.urls[2], expected[0]);
    seen_done(&seen);
    end_world(&world);
    forget_requests();

    endpoint_url = own_endpoint; /* who names an endpoint means it */
    world = make_world("Demo", STEPS(OK));
    call.operation = dr_aws_model_operation(world.operation->model, "GetRow");
    seen = make(&world, &call);
    assert_int_equal(server.sent, 1);
    assert_non_null(seen.output);
    seen_done(&seen);
    end_world(&world);
}

static struct dr_aws_calling *to_cancel;

static void cancel_it(void *data)
{
    (void)data;
    dr_aws_call_cancel(to_cancel);
}

static void after_a_cancel_nothing_comes(void **state)
{
    (void)state;
    for (int64_t at_ms = 0; at_ms <= 60; at_ms += 10) { /* waiting for the answer, for the retry, for the second one */
        struct world world = make_world("Demo", STEPS({503, "", 0, 20, "x-amz-retry-after", "20"}));
        struct dr_aws_call call = call_of(&world);
        struct seen seen = {0};
        to_cancel = dr_aws_call_start(world.aws, world.runtime, &call, see, &seen);
        dr_runtime_timer(world.runtime, start_ms + at_ms, cancel_it, NULL);
        while (dr_runtime_wait(world.runtime, INT64_MAX))
            ;
        assert_int_equal(seen.count, 0);
        end_world(&world);
        forget(NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(delays_are_exact, forget),
        cmocka_unit_test_teardown(time_outs_are_the_sdks, forget),
        cmocka_unit_test_teardown(what_takes_long_has_the_time, forget),
        cmocka_unit_test_teardown(nothing_goes_beyond_the_deadline, forget),
        cmocka_unit_test_teardown(the_quota_is_of_a_service_and_region, forget),
        cmocka_unit_test_teardown(the_unknown_is_repeated_only_if_that_does_no_harm, forget),
        cmocka_unit_test_teardown(a_wrong_clock_is_put_right_at_once, forget),
        cmocka_unit_test_teardown(a_refusal_says_whose_credentials_were_refused, forget),
        cmocka_unit_test(no_more_than_the_ends_of_a_key_are_shown),
        cmocka_unit_test_teardown(an_expired_session_of_ones_own_is_not_renewed, forget),
        cmocka_unit_test_teardown(each_page_has_its_own_attempts, forget),
        cmocka_unit_test_teardown(what_was_packed_on_the_way_is_unpacked, forget),
        cmocka_unit_test_teardown(what_is_missing_or_wrong_is_said_before_anything_leaves, forget),
        cmocka_unit_test_teardown(the_adaptive_mode_slows_down, forget),
        cmocka_unit_test_teardown(who_serves_the_account_is_asked_first, forget),
        cmocka_unit_test_teardown(after_a_cancel_nothing_comes, forget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
