/* Paginators and pages: {"paginator", "input", "pages": [output...], "path", "value"}. Whatever they say, it ends, and
 * the outputs are not changed. */
#include "tests/fuzz/target.h"

#include "interpreter/base/text.h"
#include "providers/aws/client/pages.h"

#include <assert.h>
#include <stdlib.h>

static void follow(const json_t *told)
{
    struct dr_text definition = {0};
    char *problem = NULL;
    if (!dr_text_json(&definition, json_object_get(told, "paginator"), 4096)) {
        dr_text_done(&definition);
        return;
    }
    const json_t *input = json_object_get(told, "input"), *outputs = json_object_get(told, "pages");
    struct dr_aws_pages *pages = dr_aws_pages_new(definition.bytes, json_is_object(input) ? input : NULL, &problem);
    assert((pages == NULL) == (problem != NULL));
    enum dr_aws_pages_step step = DR_AWS_PAGES_MORE;
    for (size_t i = 0; pages && step == DR_AWS_PAGES_MORE && i < json_array_size(outputs); i++) {
        json_t *output = json_array_get(outputs, i), *before = json_deep_copy(output);
        step = dr_aws_pages_take(pages, output, 100, &problem);
        assert(json_equal(output, before));
        assert((step == DR_AWS_PAGES_BROKEN) == (problem != NULL));
        assert(json_is_object(dr_aws_pages_input(pages)));
        json_decref(before);
    }
    if (pages) {
        json_t *result = dr_aws_pages_result(pages);
        assert(json_is_object(result));
        json_decref(result);
    }
    dr_aws_pages_free(pages);
    dr_text_done(&definition);
    free(problem);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    json_t *told = dr_json_parse((const char *)bytes, size, NULL);
    const char *path = json_string_value(json_object_get(told, "path"));
    if (json_object_get(told, "paginator"))
        follow(told);
    if (path)
        dr_aws_pages_search(path, json_object_get(told, "value"));
    json_decref(told);
    return 0;
}
