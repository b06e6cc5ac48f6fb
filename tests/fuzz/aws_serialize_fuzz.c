/* Any JSON as the input of an operation of any protocol: a request whose parts are well formed, or a problem. The first
 * byte chooses the operation, the rest is the input. */
#include "tests/fuzz/target.h"

#include "providers/aws/protocol/protocol.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* One of everything, bound to every place. */
static const char service[] =
    "{\"metadata\":{\"apiVersion\":\"1\",\"jsonVersion\":\"1.1\",\"targetPrefix\":\"T\",\"serviceId\":\"S3\"},"
    "\"operations\":{"
    "\"Plain\":{\"http\":{\"method\":\"POST\",\"requestUri\":\"/\"},\"input\":{\"shape\":\"All\"},"
    "  \"endpoint\":{\"hostPrefix\":\"{Id}.x-\"},\"requestcompression\":{\"encodings\":[\"gzip\"]}},"
    "\"CopyObject\":{\"http\":{\"method\":\"PUT\",\"requestUri\":\"/{Bucket}/{Key+}?x={Int}\"},"
    "  \"input\":{\"shape\":\"Bound\"},\"httpChecksum\":{\"requestAlgorithmMember\":\"Sum\"}},"
    "\"Payload\":{\"http\":{\"method\":\"PUT\",\"requestUri\":\"/p\"},\"input\":{\"shape\":\"Part\"},"
    "  \"httpChecksumRequired\":true}},"
    "\"shapes\":{"
    "\"All\":{\"type\":\"structure\",\"members\":{\"S\":{\"shape\":\"S\"},\"I\":{\"shape\":\"I\"},"
    "  \"D\":{\"shape\":\"D\"},\"B\":{\"shape\":\"B\"},\"T\":{\"shape\":\"T\"},\"Y\":{\"shape\":\"Y\"},"
    "  \"L\":{\"shape\":\"L\"},\"F\":{\"shape\":\"L\",\"flattened\":true},\"M\":{\"shape\":\"M\"},"
    "  \"G\":{\"shape\":\"M\",\"flattened\":true},\"A\":{\"shape\":\"S\",\"xmlAttribute\":true},"
    "  \"J\":{\"shape\":\"S\",\"jsonvalue\":true},\"O\":{\"shape\":\"O\"},\"R\":{\"shape\":\"All\"},"
    "  \"Id\":{\"shape\":\"S\",\"hostLabel\":true},\"K\":{\"shape\":\"S\",\"idempotencyToken\":true}}},"
    "\"Bound\":{\"type\":\"structure\",\"payload\":\"Body\",\"members\":{"
    "  \"Bucket\":{\"shape\":\"S\",\"location\":\"uri\"},\"Key\":{\"shape\":\"S\",\"location\":\"uri\"},"
    "  \"Int\":{\"shape\":\"I\",\"location\":\"uri\"},\"Query\":{\"shape\":\"L\",\"location\":\"querystring\"},"
    "  \"Pairs\":{\"shape\":\"P\",\"location\":\"querystring\"},\"Head\":{\"shape\":\"S\",\"location\":\"header\"},"
    "  \"Heads\":{\"shape\":\"L\",\"location\":\"header\"},\"Time\":{\"shape\":\"T\",\"location\":\"header\"},"
    "  \"Json\":{\"shape\":\"S\",\"jsonvalue\":true,\"location\":\"header\"},"
    "  \"Metadata\":{\"shape\":\"P\",\"location\":\"headers\",\"locationName\":\"x-meta-\"},"
    "  \"CopySource\":{\"shape\":\"S\",\"location\":\"header\",\"locationName\":\"x-copy\"},"
    "  \"SSECustomerKey\":{\"shape\":\"S\",\"location\":\"header\",\"locationName\":\"x-key\"},"
    "  \"SSECustomerKeyMD5\":{\"shape\":\"S\",\"location\":\"header\",\"locationName\":\"x-md5\"},"
    "  \"Sum\":{\"shape\":\"S\",\"location\":\"header\",\"locationName\":\"x-sum\"},"
    "  \"Body\":{\"shape\":\"B\",\"streaming\":true}}},"
    "\"Part\":{\"type\":\"structure\",\"payload\":\"All\",\"members\":{\"All\":{\"shape\":\"All\"}}},"
    "\"S\":{\"type\":\"string\"},\"I\":{\"type\":\"long\"},\"D\":{\"type\":\"double\"},\"B\":{\"type\":\"blob\"},"
    "\"T\":{\"type\":\"timestamp\"},\"Y\":{\"type\":\"boolean\"},"
    "\"O\":{\"type\":\"structure\",\"document\":true,\"members\":{}},"
    "\"L\":{\"type\":\"list\",\"member\":{\"shape\":\"S\"}},"
    "\"M\":{\"type\":\"map\",\"key\":{\"shape\":\"S\"},\"value\":{\"shape\":\"All\"}},"
    "\"P\":{\"type\":\"map\",\"key\":{\"shape\":\"S\"},\"value\":{\"shape\":\"S\"}}}}";

static const char *const protocols[] = {"query", "ec2", "json", "rest-json", "rest-xml"};
static const char *const names[] = {"Plain", "CopyObject", "Payload"};
enum { PROTOCOLS = sizeof protocols / sizeof *protocols, NAMES = sizeof names / sizeof *names };

static struct dr_aws_models *models; /* for the whole run */
static const struct dr_aws_operation *operations[PROTOCOLS * NAMES];

static void load_operations(void)
{
    models = dr_aws_models_new(&(struct dr_aws_models_options){0});
    for (size_t i = 0; i < PROTOCOLS; i++) {
        char *problem = NULL;
        json_t *json = dr_json_parse(service, strlen(service), &problem);
        assert(json);
        json_object_set_new(json_object_get(json, "metadata"), "protocol", json_string(protocols[i]));
        const struct dr_aws_model *model = dr_aws_models_add(models, protocols[i], json, NULL, NULL, &problem);
        assert(model);
        for (size_t j = 0; j < NAMES; j++) {
            operations[i * NAMES + j] = dr_aws_model_operation(model, names[j]);
            assert(operations[i * NAMES + j]);
        }
        json_decref(json);
    }
}

static void check_request(const struct dr_aws_operation *operation, const struct dr_aws_request *request)
{
    static const char legal[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%/=&";
    assert(request->path[0] == '/' && strspn(request->path, legal) == strlen(request->path));
    assert(strspn(request->query, legal) == strlen(request->query));
    for (size_t i = 0; i < request->headers.count; i++)
        assert(*request->headers.items[i].name && !strpbrk(request->headers.items[i].name, " \r\n:") &&
               !strpbrk(request->headers.items[i].value, "\r\n"));
    if (!request->body || dr_aws_headers_find(request->headers.items, request->headers.count, "Content-Encoding"))
        return;
    enum dr_aws_protocol protocol = operation->model->protocol;
    if (protocol == DR_AWS_QUERY || protocol == DR_AWS_EC2)
        assert(strspn(request->body, legal) == request->body_size);
    const char *type = dr_aws_headers_find(request->headers.items, request->headers.count, "Content-Type");
    if (type && strstr(type, "json")) {
        json_t *body = dr_json_parse(request->body, request->body_size, NULL);
        assert(json_is_object(body));
        json_decref(body);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (!models)
        load_operations();
    if (size == 0)
        return 0;
    json_t *input = dr_json_parse((const char *)bytes + 1, size - 1, NULL);
    if (!input)
        return 0;
    const struct dr_aws_operation *operation = operations[bytes[0] % (PROTOCOLS * NAMES)];
    struct dr_aws_serialize_options options = {.token = "11111111-2222-4333-8444-555555555555"};
    struct dr_aws_request request = {0};
    char *problem = NULL;
    if (dr_aws_serialize(operation, input, &options, &request, &problem))
        check_request(operation, &request);
    else
        assert(problem && strncmp(problem, "Input", strlen("Input")) == 0);
    free(problem);
    dr_aws_request_done(&request);
    json_decref(input);
    return 0;
}
