/* Our side of the comparison with botocore: reads calls, one JSON object a line ({"service", "operation", "input",
 * "token"}), writes the requests that we would send, one a line: {"method", "host_prefix", "path", "query", "headers":
 * [[name, value]], "body": base64 or null, "presigned": {...}} or {"problem"}. The argument is a folder of models. */
#include "interpreter/base/base64.h"
#include "providers/aws/protocol/protocol.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REGION "us-west-2"
#define PRESIGNED_URL "https://presigned.example.com/"

static json_t *string_or_null(const char *string)
{
    return string ? json_string(string) : json_null();
}

static json_t *describe_request(const struct dr_aws_request *request)
{
    json_t *headers = json_array();
    for (size_t i = 0; i < request->headers.count; i++) {
        const struct dr_http_header *header = &request->headers.items[i];
        json_array_append_new(headers, json_pack("[s, s]", header->name, header->value));
    }
    json_t *answer = json_object();
    json_object_set_new(answer, "method", json_string(request->method));
    json_object_set_new(answer, "host_prefix", string_or_null(request->host_prefix));
    json_object_set_new(answer, "endpoint", string_or_null(request->endpoint));
    json_object_set_new(answer, "path", json_string(request->path));
    json_object_set_new(answer, "query", json_string(request->query));
    json_object_set_new(answer, "headers", headers);
    json_object_set_new(answer, "body",
                        request->body ? dr_base64_json(request->body, request->body_size) : json_null());
    return answer;
}

static json_t *refuse(char *problem)
{
    json_t *answer = json_pack("{s:s}", "problem", problem);
    free(problem);
    return answer;
}

/* As the client does: a copy across Regions gets its URL first. */
static json_t *answer_call(const struct dr_aws_operation *operation, const json_t *input, const char *token)
{
    struct dr_aws_serialize_options options = {.token = token};
    struct dr_aws_request request = {0};
    struct dr_aws_presign presign;
    json_t *presigned = NULL, *used = dr_json_share(input);
    char *problem = NULL;
    if (dr_aws_presign_need(operation, input, &presign)) {
        if (!dr_aws_presign_serialize(operation, input, REGION, &request, &problem)) {
            json_decref(used);
            return refuse(problem);
        }
        presigned = describe_request(&request);
        dr_aws_request_done(&request);
        json_decref(used);
        used = dr_aws_presign_input(operation, input, REGION, PRESIGNED_URL);
    }
    json_t *answer;
    if (dr_aws_serialize(operation, used, &options, &request, &problem)) {
        answer = describe_request(&request);
        dr_aws_request_done(&request);
        if (presigned)
            json_object_set(answer, "presigned", presigned);
    } else
        answer = refuse(problem);
    json_decref(presigned);
    json_decref(used);
    return answer;
}

static json_t *answer_line(struct dr_aws_models *models, const json_t *call)
{
    char *problem = NULL;
    const struct dr_aws_model *model =
        dr_aws_models_find(models, json_string_value(json_object_get(call, "service")), &problem);
    if (!model)
        return refuse(problem);
    const struct dr_aws_operation *operation =
        dr_aws_model_operation(model, json_string_value(json_object_get(call, "operation")));
    if (!operation)
        return refuse(dr_copy_string("no such operation"));
    return answer_call(operation, json_object_get(call, "input"), json_string_value(json_object_get(call, "token")));
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s MODELS <calls >requests\n", argv[0]);
        return 2;
    }
    const char *folders[] = {argv[1], NULL};
    struct dr_aws_models *models = dr_aws_models_new(&(struct dr_aws_models_options){.folders = folders});
    char *line = NULL, *problem = NULL;
    size_t room = 0;
    ssize_t size;
    while ((size = getline(&line, &room, stdin)) > 0) {
        json_t *call = dr_json_parse(line, (size_t)size, &problem);
        if (!call) {
            fprintf(stderr, "%s\n", problem);
            return 2;
        }
        json_t *answer = answer_line(models, call);
        struct dr_text text = {0};
        dr_text_json(&text, answer, SIZE_MAX);
        puts(text.bytes);
        dr_text_done(&text);
        json_decref(answer);
        json_decref(call);
    }
    free(line);
    dr_aws_models_free(models);
    return 0;
}
