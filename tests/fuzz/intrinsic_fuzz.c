/* Intrinsic functions: the first line is a call, the rest the input. Any call that compiles gives a value or an error
 * with a cause. */
#include "tests/fuzz/target.h"

#include "interpreter/base/text.h"
#include "interpreter/expression/intrinsics.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const char *text = (const char *)bytes, *line = size ? memchr(text, '\n', size) : NULL;
    size_t call_size = line ? (size_t)(line - text) : size;
    struct dr_arena *arena = dr_arena_new();
    struct dr_compile_error compile_error = {0};
    const struct dr_intrinsic *call = dr_intrinsic_compile(arena, text, call_size, &compile_error);
    assert(!call == !!compile_error.message);
    assert(call || compile_error.offset <= call_size);
    json_t *input = line ? dr_json_parse(line + 1, size - call_size - 1, NULL) : json_object();
    if (call && input) {
        struct dr_random random = {.seed = 1};
        struct dr_view view = {.input = input, .random = &random};
        struct dr_error error = {0};
        json_t *result = dr_intrinsic_call(call, &view, &error);
        assert(!result == !!error.error && !error.error == !error.cause);
        json_decref(result);
        dr_error_done(&error);
    }
    json_decref(input);
    free(compile_error.message);
    dr_arena_free(arena);
    return 0;
}
