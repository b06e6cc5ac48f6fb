/* JSONata's evaluator: the first line is an expression, the rest a document. Within small limits every expression ends,
 * with a value that can be printed or an error that has a code; the document is not changed, and a second evaluation
 * says the same. */
#include "tests/fuzz/target.h"

#include "interpreter/base/text.h"
#include "interpreter/expression/jsonata/jsonata.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const struct jsonata_environment environment = {
    .steps_max = 200000, .depth_max = 200, .bytes_max = 1 << 20, .memory_max = 64 << 20};

static enum jsonata_status evaluate(const struct jsonata *program, const json_t *document, json_t **ret_value)
{
    struct jsonata_error error = {.code = ""};
    enum jsonata_status status = jsonata_eval(program, document, NULL, &environment, ret_value, &error);
    assert((status == JSONATA_OK) == (*ret_value != NULL));
    assert(status != JSONATA_ERROR || (*error.code && *error.message));
    return status;
}

/* As text, since json_equal() stumbles over NUL in keys. The caller frees it. */
static char *printed(const json_t *value)
{
    struct dr_text out = {0};
    if (value)
        (void)dr_text_json(&out, value, 16 << 20);
    return dr_text_take(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const char *text = (const char *)bytes, *line = size ? memchr(text, '\n', size) : NULL;
    size_t expression_size = line ? (size_t)(line - text) : size;
    struct jsonata *program = jsonata_compile(text, expression_size, &environment, NULL);
    json_t *document = line ? dr_json_parse(line + 1, size - expression_size - 1, NULL) : NULL;
    if (program) {
        char *before = printed(document);
        json_t *value = NULL, *again = NULL;
        enum jsonata_status status = evaluate(program, document, &value);
        assert(evaluate(program, document, &again) == status);
        char *after = printed(document), *text_of_value = printed(value), *text_of_again = printed(again);
        assert(strcmp(before, after) == 0);
        assert(strcmp(text_of_value, text_of_again) == 0);
        free(before);
        free(after);
        free(text_of_value);
        free(text_of_again);
        json_decref(value);
        json_decref(again);
    }
    json_decref(document);
    jsonata_free(program);
    return 0;
}
