/* Our side of the comparison with botocore: reads answers, one JSON object a line ({"service", "operation", "status",
 * "headers": [[name, value]], "body": base64}), writes what we make of them, one a line: {"output"}, {"error": {"code",
 * "message", "request_id", "shape", "details"}} or {"problem"}. The argument is a folder of models. */
#include "interpreter/base/base64.h"
#include "providers/aws/protocol/protocol.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEADERS_MAX = 256 };

static json_t *refuse(char *problem)
{
    json_t *result = json_pack("{s:s}", "problem", problem);
    free(problem);
    return result;
}

static json_t *read_answer(const struct dr_aws_operation *operation, const struct dr_aws_answer *answer)
{
    if (!dr_aws_answer_is_error(operation, answer)) {
        char *problem = NULL;
        json_t *output = dr_aws_parse(operation, answer, &problem);
        return output ? json_pack("{s:o}", "output", output) : refuse(problem);
    }
    struct dr_aws_error error;
    dr_aws_parse_error(operation, answer, &error);
    json_t *result =
        json_pack("{s:{s:s, s:s, s:s, s:s*, s:O}}", "error", "code", error.code, "message", error.message, "request_id",
                  error.request_id, "shape", error.shape ? error.shape->name : NULL, "details", error.details);
    dr_aws_error_done(&error);
    return result;
}

static json_t *answer_line(struct dr_aws_models *models, const json_t *line)
{
    struct dr_http_header headers[HEADERS_MAX];
    struct dr_aws_answer answer = {.status = (int)json_integer_value(json_object_get(line, "status")),
                                   .headers = headers};
    char *problem = NULL;
    const struct dr_aws_model *model =
        dr_aws_models_find(models, json_string_value(json_object_get(line, "service")), &problem);
    if (!model)
        return refuse(problem);
    const struct dr_aws_operation *operation =
        dr_aws_model_operation(model, json_string_value(json_object_get(line, "operation")));
    if (!operation)
        return refuse(dr_copy_string("no such operation"));
    const json_t *list = json_object_get(line, "headers"), *body = json_object_get(line, "body");
    for (; answer.header_count < json_array_size(list) && answer.header_count < HEADERS_MAX; answer.header_count++) {
        const json_t *pair = json_array_get(list, answer.header_count);
        headers[answer.header_count] = (struct dr_http_header){json_string_value(json_array_get(pair, 0)),
                                                               json_string_value(json_array_get(pair, 1))};
    }
    unsigned char *bytes = NULL;
    if (!dr_base64_decode(json_string_value(body), json_string_length(body), &bytes, &answer.body_size))
        return refuse(dr_copy_string("the body is not base64"));
    answer.body = (const char *)bytes;
    json_t *result = read_answer(operation, &answer);
    free(bytes);
    return result;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s MODELS <answers >results\n", argv[0]);
        return 2;
    }
    const char *folders[] = {argv[1], NULL};
    struct dr_aws_models *models = dr_aws_models_new(&(struct dr_aws_models_options){.folders = folders});
    char *line = NULL, *problem = NULL;
    size_t room = 0;
    ssize_t size;
    while ((size = getline(&line, &room, stdin)) > 0) {
        json_t *wanted = dr_json_parse(line, (size_t)size, &problem);
        if (!wanted) {
            fprintf(stderr, "%s\n", problem);
            return 2;
        }
        json_t *result = answer_line(models, wanted);
        struct dr_text text = {0};
        dr_text_json(&text, result, SIZE_MAX);
        puts(text.bytes);
        fflush(stdout); /* the other side waits for it */
        dr_text_done(&text);
        json_decref(result);
        json_decref(wanted);
    }
    free(line);
    dr_aws_models_free(models);
    return 0;
}
