/* JSONPath: the first line is a path, the rest a document. Any text compiles or is refused with a place inside it; any
 * path ends, and a reference path that writes can be read back. */
#include "tests/fuzz/target.h"

#include "interpreter/base/text.h"
#include "interpreter/expression/jsonpath.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void find(const struct dr_path *path, const json_t *document)
{
    json_t *value = NULL;
    char *detail = NULL;
    enum dr_path_outcome outcome = dr_path_find_in(path, document, &value, &detail);
    assert((outcome == DR_PATH_FOUND) == (value != NULL));
    assert((outcome == DR_PATH_FOUND) == (detail == NULL));
    assert(dr_path_is_definite(path) || !value || json_is_array(value));
    json_decref(value);
    free(detail);
}

static void set(const struct dr_path *path, const json_t *document)
{
    struct dr_error error = {0};
    json_t *value = json_string("new"), *changed = dr_path_set(path, document, value, &error), *seen = NULL;
    assert((changed != NULL) == (error.error == NULL));
    if (changed) {
        enum dr_path_outcome outcome = dr_path_find_in(path, changed, &seen, NULL);
        assert(outcome == DR_PATH_FOUND && seen == value);
    }
    json_decref(seen);
    json_decref(changed);
    json_decref(value);
    dr_error_done(&error);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const char *text = (const char *)bytes, *line = size ? memchr(text, '\n', size) : NULL;
    size_t path_size = line ? (size_t)(line - text) : size;
    struct dr_arena *arena = dr_arena_new();
    struct dr_compile_error error = {0};
    const struct dr_path *path = dr_path_compile(arena, text, path_size, &error);
    assert(!path == !!error.message);
    assert(path || error.offset <= path_size);
    json_t *document = line ? dr_json_parse(line + 1, size - path_size - 1, NULL) : json_object();
    if (path && document && dr_path_root(path) == DR_ROOT_INPUT) {
        find(path, document);
        if (dr_path_is_reference(path)) {
            set(path, document);
        }
    }
    json_decref(document);
    free(error.message);
    dr_arena_free(arena);
    return 0;
}
