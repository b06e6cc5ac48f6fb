/* Follows paginators over given pages, for client_pages.py: [{"paginator", "input", "pages"}] on stdin,
 * [{"inputs", "result" | "problem"}] on stdout. */
#include "interpreter/base/text.h"
#include "providers/aws/client/pages.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *follow(const json_t *told)
{
    struct dr_text definition = {0};
    dr_text_json(&definition, json_object_get(told, "paginator"), SIZE_MAX);
    char *problem = NULL;
    json_t *inputs = json_array(), *result = NULL;
    struct dr_aws_pages *pages = dr_aws_pages_new(definition.bytes, json_object_get(told, "input"), &problem);
    const json_t *outputs = json_object_get(told, "pages");
    enum dr_aws_pages_step step = pages ? DR_AWS_PAGES_MORE : DR_AWS_PAGES_BROKEN;
    for (size_t i = 0; step == DR_AWS_PAGES_MORE && i < json_array_size(outputs); i++) {
        json_array_append_new(inputs, json_deep_copy(dr_aws_pages_input(pages)));
        step = dr_aws_pages_take(pages, json_array_get(outputs, i), 0, &problem);
    }
    if (step == DR_AWS_PAGES_MORE)
        problem = dr_copy_string("it wants more pages than there are");
    if (!problem)
        result = dr_aws_pages_result(pages);
    json_t *answer = json_pack("{so so? ss?}", "inputs", inputs, "result", result, "problem", problem);
    free(problem);
    dr_aws_pages_free(pages);
    dr_text_done(&definition);
    return answer;
}

int main(void)
{
    struct dr_text text = {0};
    char buffer[65536];
    for (size_t size; (size = fread(buffer, 1, sizeof buffer, stdin)) > 0;)
        dr_text_add(&text, buffer, size);
    char *problem = NULL;
    json_t *told = dr_json_parse(text.bytes ? text.bytes : "", text.size, &problem), *answers = json_array();
    if (!told) {
        fprintf(stderr, "stdin: %s\n", problem);
        return 2;
    }
    for (size_t i = 0; i < json_array_size(told); i++)
        json_array_append_new(answers, follow(json_array_get(told, i)));
    dr_text_clear(&text);
    dr_text_json(&text, answers, SIZE_MAX);
    puts(text.bytes);
    dr_text_done(&text);
    json_decref(answers);
    json_decref(told);
    return 0;
}
