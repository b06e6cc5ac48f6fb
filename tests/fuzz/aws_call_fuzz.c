/* A whole AWS call against answers that may be anything: [{"status", "headers": {}, "body", "reach", "delay"}...], in
 * turn, the last one for ever. One outcome comes, after a bounded number of requests, and none of them goes to another
 * host. */
#include "tests/fuzz/target.h"

#include "interpreter/base/text.h"
#include "interpreter/runtime/virtual.h"
#include "providers/aws/client/parts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { REQUESTS_MAX = 40, HEADERS_MAX = 16 };

static const char model_text[] =
    "{\"metadata\":{\"apiVersion\":\"2006-03-01\",\"endpointPrefix\":\"s3\",\"protocol\":\"rest-xml\",\"serviceId\":"
    "\"S3\",\"signatureVersion\":\"s3\"},\"operations\":{"
    "\"ListObjects\":{\"name\":\"ListObjects\",\"http\":{\"method\":\"GET\",\"requestUri\":\"/{Bucket}\"},\"input\":"
    "{\"shape\":\"In\"},\"output\":{\"shape\":\"Out\"},\"errors\":[{\"shape\":\"Busy\"}]},"
    "\"HeadBucket\":{\"name\":\"HeadBucket\",\"http\":{\"method\":\"HEAD\",\"requestUri\":\"/{Bucket}\"},\"input\":"
    "{\"shape\":\"In\"}}},\"shapes\":{\"In\":{\"type\":\"structure\",\"required\":[\"Bucket\"],\"members\":{\"Bucket\":"
    "{\"shape\":\"S\",\"location\":\"uri\",\"locationName\":\"Bucket\"},\"Marker\":{\"shape\":\"S\",\"location\":"
    "\"querystring\",\"locationName\":\"marker\"}}},"
    "\"Out\":{\"type\":\"structure\",\"members\":{\"More\":{\"shape\":\"B\"},\"Next\":{\"shape\":\"S\"},\"Items\":"
    "{\"shape\":\"L\"}}},\"L\":{\"type\":\"list\",\"member\":{\"shape\":\"Item\"},\"flattened\":true},\"Item\":{"
    "\"type\":"
    "\"structure\",\"members\":{\"Key\":{\"shape\":\"S\"}}},\"S\":{\"type\":\"string\"},\"B\":{\"type\":\"boolean\"},"
    "\"Busy\":{\"type\":\"structure\",\"members\":{},\"exception\":true,\"retryable\":{\"throttling\":false}}}}";
static const char pages_text[] =
    "{\"pagination\":{\"ListObjects\":{\"more_results\":\"More\",\"input_token\":\"Marker\",\"output_token\":"
    "\"Next || Items[-1].Key\",\"result_key\":\"Items\"}}}";

struct server {
    const json_t *answers;
    size_t requests;
};

static bool answer(void *data, const struct dr_http_request *request, int64_t now_ms,
                   struct dr_http_response *ret_response, int64_t *ret_delay_ms)
{
    static struct dr_http_header headers[HEADERS_MAX];
    struct server *server = data;
    size_t count = json_array_size(server->answers), at = server->requests++;
    (void)now_ms;
    assert(strncmp(request->url, "http://s3.example:8000/", 23) == 0);
    assert(server->requests <= REQUESTS_MAX);
    const json_t *told = count ? json_array_get(server->answers, at < count ? at : count - 1) : NULL;
    const char *name;
    json_t *value;
    size_t header_count = 0;
    json_object_foreach(json_object_get(told, "headers"), name, value)
    {
        if (header_count < HEADERS_MAX && json_is_string(value))
            headers[header_count++] = (struct dr_http_header){name, json_string_value(value)};
    }
    int64_t status = json_integer_value(json_object_get(told, "status"));
    const json_t *body = json_object_get(told, "body");
    bool came = status >= 100 && status <= 999;
    *ret_response = (struct dr_http_response){
        .reach = came                                          ? DR_REACH_ANSWER
                 : json_is_true(json_object_get(told, "sent")) ? DR_REACH_SENT
                                                               : DR_REACH_NOTHING,
        .status = came ? (int)status : 0,
        .status_text = "",
        .headers = headers,
        .header_count = came ? header_count : 0,
        .body = json_is_string(body) ? json_string_value(body) : "",
        .body_size = json_string_length(body),
        .problem = came ? NULL : "reset",
        .remote_address = "",
    };
    *ret_delay_ms = json_integer_value(json_object_get(told, "delay")) & 0x1ffff;
    return true;
}

static void came(void *data, const struct dr_aws_outcome *outcome)
{
    unsigned *outcomes = data;
    (*outcomes)++;
    assert((outcome->output != NULL) + (outcome->error != NULL) + (outcome->problem != NULL) == 1);
    assert(!outcome->problem == !outcome->problem_kind);
    assert(!outcome->unknown || outcome->problem);
}

static const char *nothing(const char *name)
{
    return strcmp(name, "AWS_CONFIG_FILE") == 0 || strcmp(name, "AWS_SHARED_CREDENTIALS_FILE") == 0 ? "/dev/null"
                                                                                                    : NULL;
}

/* Made once, because the partitions are read from disk; what calls teach is forgotten, so that each input stands alone.
 */
static struct dr_aws *fresh_aws(void)
{
    static struct dr_aws *aws;
    if (!aws) {
        aws = dr_aws_new(&(struct dr_aws_options){.environment = nothing, .endpoint_url = "http://s3.example:8000"});
        json_t *service = dr_json_parse(model_text, strlen(model_text), NULL),
               *pages = dr_json_parse(pages_text, strlen(pages_text), NULL);
        char *problem = NULL;
        assert(dr_aws_models_add(dr_aws_models(aws), "s3", service, pages, NULL, &problem));
        json_decref(service);
        json_decref(pages);
    }
    for (struct dr_aws_lane *lane = aws->lanes; lane; lane = lane->next)
        lane->quota = DR_AWS_QUOTA_FULL;
    dr_aws_skews_done(&aws->skews);
    json_object_clear(aws->bucket_regions);
    return aws;
}

static void call(const json_t *answers, bool may_repeat)
{
    struct server server = {.answers = answers};
    struct dr_runtime *runtime = dr_runtime_virtual_new(7, 1795277455000);
    struct dr_aws *aws = fresh_aws();
    char *problem = NULL;
    const struct dr_aws_model *model = dr_aws_models_find(dr_aws_models(aws), "s3", &problem);
    assert(model);
    json_t *input = json_pack("{ss}", "Bucket", "b");
    char key[] = "AKID", secret[] = "secret";
    struct dr_aws_identity identity = {.access_key_id = key, .secret_access_key = secret, .expires_ms = INT64_MAX};
    unsigned outcomes = 0;
    dr_runtime_virtual_answer(runtime, &(struct dr_virtual_script){.http = answer}, &server);
    dr_aws_call_start(aws, runtime,
                      &(struct dr_aws_call){.operation = dr_aws_model_operation(model, "ListObjects"),
                                            .input = input,
                                            .region = "us-west-2",
                                            .identity = &identity,
                                            .deadline_ms = INT64_MAX,
                                            .may_repeat = may_repeat,
                                            .all_pages = true},
                      came, &outcomes);
    while (outcomes == 0)
        assert(dr_runtime_wait(runtime, INT64_MAX));
    json_decref(input);
    dr_runtime_free(runtime);
    assert(outcomes == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    json_t *answers = dr_json_parse((const char *)bytes, size, NULL);
    if (json_array_size(answers) <= 8) {
        call(answers, true);
        call(answers, false);
    }
    json_decref(answers);
    return 0;
}
