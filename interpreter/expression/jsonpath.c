/* Evaluation of compiled paths. Most paths are "simple" (keys and indices only) and are walked without any bookkeeping;
 * the rest goes through visit(), which follows the order and the omissions of Jayway's tokens: what is missing behind
 * an indefinite step is skipped, what is missing behind definite ones is an error. */
#include "interpreter/expression/jsonpath.h"

#include "interpreter/base/limits.h"
#include "interpreter/expression/jsonpath_internal.h"
#include "interpreter/expression/values.h"

#include <stdlib.h>
#include <string.h>

const char *dr_path_text(const struct dr_path *path)
{
    return path->text;
}

enum dr_path_root dr_path_root(const struct dr_path *path)
{
    return path->root;
}

const char *dr_path_variable(const struct dr_path *path)
{
    return path->variable;
}

bool dr_path_is_definite(const struct dr_path *path)
{
    return path->definite;
}

bool dr_path_is_reference(const struct dr_path *path)
{
    return path->reference;
}

bool dr_path_is_root(const struct dr_path *path)
{
    return path->root == DR_ROOT_INPUT && path->count == 0;
}

/* --- What Jayway says ------------------------------------------------------------------------------------------- */

static void put_keys(struct dr_text *text, const struct path_key *keys, size_t count, char quote)
{
    dr_text_putc(text, '[');
    for (size_t i = 0; i < count; i++) {
        dr_text_puts(text, i ? "," : "");
        dr_text_putc(text, quote);
        dr_text_add(text, keys[i].bytes, keys[i].size);
        dr_text_putc(text, quote);
    }
    dr_text_putc(text, ']');
}

static void put_step(struct dr_text *text, const struct step *step)
{
    switch (step->kind) {
    case STEP_KEY:
        put_keys(text, &step->key, 1, step->quote);
        break;
    case STEP_KEYS:
        put_keys(text, step->keys.items, step->keys.count, step->quote);
        break;
    case STEP_INDEX:
        dr_text_printf(text, "[%d]", (int)step->index);
        break;
    case STEP_INDICES:
        for (size_t i = 0; i < step->indices.count; i++) {
            dr_text_printf(text, "%s%d", i ? "," : "[", (int)step->indices.items[i]);
        }
        dr_text_putc(text, ']');
        break;
    case STEP_SLICE:
        dr_text_putc(text, '[');
        if (step->slice.has_from) {
            dr_text_int(text, step->slice.from);
        }
        dr_text_putc(text, ':');
        if (step->slice.has_to) {
            dr_text_int(text, step->slice.to);
        }
        dr_text_putc(text, ']');
        break;
    case STEP_WILDCARD:
        dr_text_puts(text, "[*]");
        break;
    case STEP_SCAN:
        dr_text_puts(text, "..");
        break;
    case STEP_FILTER:
        dr_text_puts(text, "[?]");
        break;
    case STEP_FUNCTION:
        dr_text_printf(text, ".%s(%s)", dr_path_function_name(step->call.function),
                       step->call.argument_count ? "..." : "");
        break;
    }
}

static void put_steps(struct dr_text *text, const struct dr_path *path, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        put_step(text, &path->steps[i]);
    }
}

static const char *java_class(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "java.util.LinkedHashMap";
    case JSON_ARRAY:
        return "java.util.ArrayList";
    case JSON_STRING:
        return "java.lang.String";
    case JSON_INTEGER: {
        json_int_t number = json_integer_value(value);
        return number >= INT32_MIN && number <= INT32_MAX ? "java.lang.Integer" : "java.lang.Long";
    }
    case JSON_REAL:
        return "java.lang.Double";
    case JSON_TRUE:
    case JSON_FALSE:
        return "java.lang.Boolean";
    case JSON_NULL:
        return "null";
    }
    return "null";
}

static char *describe_miss(const struct path_run *run)
{
    const struct dr_path *path = run->path;
    struct dr_text text = {0};
    switch (run->miss) {
    case MISS_NOTHING:
        dr_text_puts(&text, "No results for path: $");
        put_steps(&text, path, 0, path->count);
        break;
    case MISS_PROPERTY:
        dr_text_puts(&text, "Missing property in path $");
        put_steps(&text, path, 0, run->miss_step + 1);
        break;
    case MISS_NOT_AN_OBJECT:
        dr_text_puts(&text, "Expected to find an object with property ");
        put_step(&text, &path->steps[run->miss_step]);
        dr_text_puts(&text, " in path $");
        put_steps(&text, path, 0, run->miss_step);
        dr_text_printf(&text,
                       " but found '%s'. This is not a json object according to the JsonProvider: "
                       "'com.jayway.jsonpath.spi.json.JacksonJsonProvider'.",
                       java_class(run->miss_value));
        break;
    case MISS_NULL_ARRAY:
        dr_text_puts(&text, "The path $");
        put_steps(&text, path, 0, run->miss_step);
        dr_text_puts(&text, " is null");
        break;
    case MISS_NOT_AN_ARRAY:
    case MISS_FILTER_ON_SCALAR:
        dr_text_puts(&text, "Filter: ");
        put_steps(&text, path, run->miss_step, path->count);
        dr_text_puts(&text, run->miss == MISS_NOT_AN_ARRAY ? " can only be applied to arrays. Current context is: "
                                                           : " can not be applied to primitives. Current context is: ");
        dr_text_java(&text, run->miss_value, 64 * 1024);
        break;
    case MISS_FUNCTION:
        dr_text_puts(&text, run->problem);
        break;
    case MISS_TOO_MUCH:
        dr_text_printf(&text, "the path looks at more than %d values, or at values nested too deeply",
                       DR_PATH_VISITS_MAX);
        break;
    }
    return dr_text_take(&text);
}

/* --- Evaluation -------------------------------------------------------------------------------------------------- */

static bool visit(struct path_run *run, size_t at, const json_t *value, unsigned depth);

static bool miss(struct path_run *run, enum miss why, size_t step, const json_t *value)
{
    run->miss = why;
    run->miss_step = step;
    run->miss_value = value;
    return false;
}

static bool add_result(struct path_run *run, json_t *value)
{
    if (run->path->definite) {
        json_decref(run->found);
        run->found = value;
    } else {
        json_array_append_new(run->found, value);
    }
    return true;
}

static bool visit_key(struct path_run *run, size_t at, const struct path_key *key, const json_t *object, unsigned depth)
{
    const struct step *step = &run->path->steps[at];
    bool leaf = at + 1 == run->path->count;
    const json_t *value = json_object_getn(object, key->bytes, key->size);
    if (value) {
        return visit(run, at + 1, value, depth);
    }
    bool required = run->require_properties || (!leaf && step->kind == STEP_KEY && step->upstream_definite);
    return !required || miss(run, leaf ? MISS_NOTHING : MISS_PROPERTY, at, object);
}

static bool merge_keys(struct path_run *run, size_t at, const json_t *object)
{
    const struct step *step = &run->path->steps[at];
    json_t *merged = json_object();
    for (size_t i = 0; i < step->keys.count; i++) {
        const struct path_key *key = &step->keys.items[i];
        const json_t *value = json_object_getn(object, key->bytes, key->size);
        if (value) {
            json_object_setn_new_nocheck(merged, key->bytes, key->size, dr_json_share(value));
        } else if (run->require_properties) {
            json_decref(merged);
            return miss(run, MISS_PROPERTY, at, object);
        }
    }
    return add_result(run, merged);
}

static bool visit_keys(struct path_run *run, size_t at, const json_t *value, unsigned depth)
{
    const struct step *step = &run->path->steps[at];
    if (!json_is_object(value)) {
        return !step->upstream_definite || miss(run, MISS_NOT_AN_OBJECT, at, value);
    }
    if (step->kind == STEP_KEY) {
        return visit_key(run, at, &step->key, value, depth);
    }
    if (at + 1 == run->path->count) {
        return merge_keys(run, at, value);
    }
    for (size_t i = 0; i < step->keys.count; i++) {
        if (!visit_key(run, at, &step->keys.items[i], value, depth)) {
            return false;
        }
    }
    return true;
}

/* A negative index counts from the end, in slices too, where it makes Jayway repeat elements. */
static bool visit_index(struct path_run *run, size_t at, int32_t index, const json_t *array, unsigned depth)
{
    int64_t size = (int64_t)json_array_size(array), from_start = index < 0 ? size + index : index;
    if (from_start < 0 || from_start >= size) {
        return true;
    }
    return visit(run, at + 1, json_array_get(array, (size_t)from_start), depth);
}

static bool visit_slice(struct path_run *run, size_t at, const json_t *array, unsigned depth)
{
    const struct step *step = &run->path->steps[at];
    int64_t size = (int64_t)json_array_size(array), from = 0, to = size;
    if (step->slice.has_from && !step->slice.has_to) {
        from = step->slice.from < 0 ? size + step->slice.from : step->slice.from;
        from = from < 0 ? 0 : from;
    } else if (step->slice.has_from) {
        from = step->slice.from;
        to = step->slice.to < size ? step->slice.to : size;
    } else {
        to = step->slice.to < 0 ? size + step->slice.to : step->slice.to;
        to = to < size ? to : size;
    }
    if (size == 0) {
        return true;
    }
    if (from < -size) {
        from = -size; /* what is before the first element is not there */
    }
    for (int64_t i = from; i < to; i++) {
        if (!visit_index(run, at, (int32_t)i, array, depth)) {
            return false;
        }
    }
    return true;
}

static bool visit_array(struct path_run *run, size_t at, const json_t *value, unsigned depth)
{
    const struct step *step = &run->path->steps[at];
    if (!json_is_array(value)) {
        return !step->upstream_definite ||
               miss(run, json_is_null(value) ? MISS_NULL_ARRAY : MISS_NOT_AN_ARRAY, at, value);
    }
    if (step->kind == STEP_INDEX) {
        return visit_index(run, at, step->index, value, depth);
    }
    if (step->kind == STEP_SLICE) {
        return visit_slice(run, at, value, depth);
    }
    for (size_t i = 0; i < step->indices.count; i++) {
        if (!visit_index(run, at, step->indices.items[i], value, depth)) {
            return false;
        }
    }
    return true;
}

static bool visit_wildcard(struct path_run *run, size_t at, const json_t *value, unsigned depth)
{
    if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++) {
            if (!visit(run, at + 1, json_array_get(value, i), depth)) {
                return false;
            }
        }
    } else if (json_is_object(value)) {
        json_t *object = dr_json_thaw(value);
        for (void *member = json_object_iter(object); member; member = json_object_iter_next(object, member)) {
            if (!visit(run, at + 1, json_object_iter_value(member), depth)) {
                return false;
            }
        }
    }
    return true;
}

static bool visit_filter(struct path_run *run, size_t at, const json_t *value, unsigned depth)
{
    const struct step *step = &run->path->steps[at];
    if (json_is_object(value)) {
        return !dr_filter_accepts(step->filter, value, run->root, run->visits) || visit(run, at + 1, value, depth);
    }
    if (!json_is_array(value)) {
        return !step->upstream_definite || miss(run, MISS_FILTER_ON_SCALAR, at, value);
    }
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_t *item = json_array_get(value, i);
        if (dr_filter_accepts(step->filter, item, run->root, run->visits) && !visit(run, at + 1, item, depth)) {
            return false;
        }
    }
    return true;
}

/* Whether a scan applies the step `target` to a value at all. */
static bool scan_matches(struct path_run *run, const struct step *target, const json_t *value, bool leaf)
{
    switch (target->kind) {
    case STEP_KEY:
        return json_is_object(value) && json_object_getn(value, target->key.bytes, target->key.size);
    case STEP_KEYS:
        for (size_t i = 0; leaf && i < target->keys.count; i++) {
            if (!json_object_getn(value, target->keys.items[i].bytes, target->keys.items[i].size)) {
                return false;
            }
        }
        return json_is_object(value);
    case STEP_INDEX:
    case STEP_INDICES:
    case STEP_SLICE:
        return json_is_array(value);
    case STEP_WILDCARD:
        return true;
    case STEP_FILTER:
        return dr_filter_accepts(target->filter, value, run->root, run->visits);
    case STEP_SCAN:
    case STEP_FUNCTION:
        break;
    }
    return false;
}

/* Every object and array under `value`, itself included, parents first. */
static bool scan(struct path_run *run, size_t at, const json_t *value, unsigned depth)
{
    if (!json_is_object(value) && !json_is_array(value)) {
        return true;
    }
    if (depth > 3 * DR_DEPTH_MAX || *run->visits == 0) {
        return miss(run, MISS_TOO_MUCH, at, value);
    }
    --*run->visits;
    if (scan_matches(run, &run->path->steps[at + 1], value, at + 2 == run->path->count) &&
        !visit(run, at + 1, value, depth + 1)) {
        return false;
    }
    if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++) {
            if (!scan(run, at, json_array_get(value, i), depth + 1)) {
                return false;
            }
        }
        return true;
    }
    json_t *object = dr_json_thaw(value);
    for (void *member = json_object_iter(object); member; member = json_object_iter_next(object, member)) {
        if (!scan(run, at, json_object_iter_value(member), depth + 1)) {
            return false;
        }
    }
    return true;
}

/* Applies the steps from `at` on to `value`. False: a miss, which is described in the run. The depth of the C stack is
 * that of the data plus the number of steps, both of which are bounded. */
static bool visit(struct path_run *run, size_t at, const json_t *value, unsigned depth)
{
    if (depth > 3 * DR_DEPTH_MAX || *run->visits == 0) {
        return miss(run, MISS_TOO_MUCH, at, value);
    }
    --*run->visits;
    if (at == run->path->count) {
        return add_result(run, dr_json_share(value));
    }
    const struct step *step = &run->path->steps[at];
    switch (step->kind) {
    case STEP_KEY:
    case STEP_KEYS:
        return visit_keys(run, at, value, depth + 1);
    case STEP_INDEX:
    case STEP_INDICES:
    case STEP_SLICE:
        return visit_array(run, at, value, depth + 1);
    case STEP_WILDCARD:
        return visit_wildcard(run, at, value, depth + 1);
    case STEP_SCAN:
        return scan(run, at, value, depth + 1);
    case STEP_FILTER:
        return visit_filter(run, at, value, depth + 1);
    case STEP_FUNCTION: {
        json_t *result = dr_path_function_call(step, value, run->root, run->visits, &run->problem);
        return result ? add_result(run, result) : miss(run, MISS_FUNCTION, at, value);
    }
    }
    return true;
}

/* "$..price.sum()" sums all prices rather than each: the function takes the list that the rest of the path gives. */
static bool run_scan_function(struct path_run *run, const json_t *start)
{
    struct dr_path inner = *run->path;
    inner.count--;
    inner.definite = false;
    struct path_run list = {.path = &inner, .root = run->root, .visits = run->visits};
    if (!dr_path_run(&list, start)) {
        return miss(run, list.miss, list.miss_step, list.miss_value);
    }
    const struct step *last = &run->path->steps[run->path->count - 1];
    run->found = dr_path_function_call(last, list.found, run->root, run->visits, &run->problem);
    json_decref(list.found);
    return run->found || miss(run, MISS_FUNCTION, run->path->count - 1, start);
}

bool dr_path_run(struct path_run *run, const json_t *start)
{
    const struct dr_path *path = run->path;
    run->found = NULL;
    if (path->count > 1 && path->steps[0].kind == STEP_SCAN && path->steps[path->count - 1].kind == STEP_FUNCTION) {
        return run_scan_function(run, start);
    }
    if (!path->definite) {
        run->found = json_array();
    }
    if (!visit(run, 0, start, 0)) {
        json_decref(run->found);
        run->found = NULL;
        return false;
    }
    return true;
}

/* --- Entry points ------------------------------------------------------------------------------------------------ */

/* The value of a simple path, borrowed, or NULL with the step that failed. */
static const json_t *walk(const struct dr_path *path, const json_t *value, size_t *ret_step, const json_t **ret_last)
{
    for (size_t i = 0; i < path->count; i++) {
        const struct step *step = &path->steps[i];
        const json_t *next;
        if (step->kind == STEP_KEY) {
            next = json_object_getn(value, step->key.bytes, step->key.size);
        } else {
            int64_t index = step->index < 0 ? (int64_t)json_array_size(value) + step->index : step->index;
            next = index < 0 ? NULL : json_array_get(value, (size_t)index);
        }
        if (!next) {
            *ret_step = i;
            *ret_last = value;
            return NULL;
        }
        value = next;
    }
    return value;
}

static void classify_miss(struct path_run *run, size_t at, const json_t *value)
{
    const struct step *step = &run->path->steps[at];
    if (step->kind == STEP_KEY) {
        miss(run,
             !json_is_object(value)      ? MISS_NOT_AN_OBJECT
             : at + 1 < run->path->count ? MISS_PROPERTY
                                         : MISS_NOTHING,
             at, value);
    } else {
        miss(run,
             json_is_array(value)  ? MISS_NOTHING
             : json_is_null(value) ? MISS_NULL_ARRAY
                                   : MISS_NOT_AN_ARRAY,
             at, value);
    }
}

static enum dr_path_outcome find_from(const struct dr_path *path, const json_t *start, json_t **ret_value,
                                      char **ret_detail)
{
    size_t visits = DR_PATH_VISITS_MAX;
    struct path_run run = {.path = path, .root = start, .visits = &visits};
    if (path->simple) {
        size_t step = 0;
        const json_t *last = NULL, *value = walk(path, start, &step, &last);
        if (value) {
            *ret_value = dr_json_share(value);
            return DR_PATH_FOUND;
        }
        classify_miss(&run, step, last);
    } else if (dr_path_run(&run, start)) {
        if (run.found) {
            *ret_value = run.found;
            return DR_PATH_FOUND;
        }
        miss(&run, MISS_NOTHING, path->count, start);
    } else if (!path->definite && (run.miss == MISS_PROPERTY || run.miss == MISS_NOT_AN_OBJECT)) {
        /* Step Functions catches this one: "$.items[1:].x" of {} is []. */
        *ret_value = json_array();
        return DR_PATH_FOUND;
    }
    if (ret_detail) {
        *ret_detail = describe_miss(&run);
    }
    bool unsupported = run.miss == MISS_FILTER_ON_SCALAR || run.miss == MISS_FUNCTION || run.miss == MISS_TOO_MUCH;
    return unsupported ? DR_PATH_UNSUPPORTED : DR_PATH_MISSING;
}

/* What a path starts from, borrowed, or NULL if there is no such variable or context. */
static const json_t *find_root(const struct dr_path *path, const struct dr_view *view)
{
    switch (path->root) {
    case DR_ROOT_INPUT:
        return view->input;
    case DR_ROOT_CONTEXT:
        return view->context ? view->context(view->context_data) : NULL;
    case DR_ROOT_VARIABLE:
        return dr_scope_find(view->scope, path->variable, path->variable_size);
    }
    return NULL;
}

enum dr_path_outcome dr_path_find(const struct dr_path *path, const struct dr_view *view, json_t **ret_value,
                                  char **ret_detail)
{
    const json_t *start = find_root(path, view);
    if (start) {
        return find_from(path, start, ret_value, ret_detail);
    }
    if (ret_detail) {
        *ret_detail = path->root == DR_ROOT_VARIABLE ? dr_format("there is no variable $%s", path->variable)
                                                     : dr_copy_string("there is nothing to look in");
    }
    return DR_PATH_MISSING;
}

enum dr_path_outcome dr_path_find_in(const struct dr_path *path, const json_t *document, json_t **ret_value,
                                     char **ret_detail)
{
    if (path->root != DR_ROOT_INPUT) {
        if (ret_detail) {
            *ret_detail = dr_format("%s does not start at the document", path->text);
        }
        return DR_PATH_UNSUPPORTED;
    }
    return find_from(path, document, ret_value, ret_detail);
}

bool dr_path_is_past_end(const struct dr_path *path, const struct dr_view *view)
{
    const json_t *start = path->simple ? find_root(path, view) : NULL, *last = NULL;
    size_t step = 0;
    return start && !walk(path, start, &step, &last) && step + 1 == path->count &&
           path->steps[step].kind == STEP_INDEX && json_is_array(last);
}

const json_t *dr_path_searched(const struct dr_path *path, const struct dr_view *view)
{
    return path->root == DR_ROOT_CONTEXT ? find_root(path, view) : view->input;
}

const json_t *dr_path_peek(const struct dr_path *path, const struct dr_view *view)
{
    const json_t *start = path->simple ? find_root(path, view) : NULL, *last;
    size_t step;
    return start ? walk(path, start, &step, &last) : NULL;
}
