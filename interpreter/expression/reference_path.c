/* Writing through a reference path: ResultPath. */
#include "interpreter/base/limits.h"
#include "interpreter/expression/jsonpath_internal.h"
#include "interpreter/expression/values.h"

#include <assert.h>
#include <stdlib.h>

static json_t *refuse(const struct dr_path *path, const json_t *document, struct dr_error *ret_error)
{
    char *shown = dr_json_quote(document);
    dr_error_set(ret_error, "States.ResultPathMatchFailure", "Unable to apply ReferencePath %s to input %s", path->text,
                 shown);
    free(shown);
    return NULL;
}

/* Whether the step can be taken in `parent`, and what is there now (NULL: nothing yet). */
static bool look(const json_t *parent, const struct step *step, const json_t **ret_child)
{
    if (step->kind == STEP_KEY) {
        *ret_child = json_object_getn(parent, step->key.bytes, step->key.size);
        return json_is_object(parent);
    }
    *ret_child = json_array_get(parent, (size_t)step->index);
    return *ret_child;
}

static void put(json_t *parent, const struct step *step, json_t *child)
{
    if (step->kind == STEP_KEY) {
        json_object_setn_new_nocheck(parent, step->key.bytes, step->key.size, child);
    } else {
        json_array_set_new(parent, (size_t)step->index, child);
    }
}

json_t *dr_path_set(const struct dr_path *path, const json_t *document, const json_t *value, struct dr_error *ret_error)
{
    assert(path->reference);
    if (path->count == 0) {
        return dr_json_share(value);
    }
    /* First see whether it can be done, then copy the spine: one shallow copy a step. */
    const json_t *at = document;
    for (size_t i = 0; at && i < path->count; i++) {
        const json_t *child;
        if (!look(at, &path->steps[i], &child)) {
            return refuse(path, document, ret_error);
        }
        at = child;
        if (!at && i + 1 < path->count) {
            for (size_t j = i + 1; j < path->count; j++) {
                if (path->steps[j].kind != STEP_KEY) {
                    return refuse(path, document, ret_error); /* an array that is not there has no such index */
                }
            }
        }
    }
    json_t *root = dr_json_copy(document), *parent = root;
    for (size_t i = 0; i + 1 < path->count; i++) {
        const json_t *child;
        look(parent, &path->steps[i], &child);
        json_t *copy = child ? dr_json_copy(child) : json_object();
        put(parent, &path->steps[i], copy);
        parent = copy;
    }
    put(parent, &path->steps[path->count - 1], dr_json_share(value));
    return root;
}
