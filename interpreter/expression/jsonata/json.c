#include "interpreter/expression/jsonata/json.h"

#include "interpreter/expression/jsonata/build.h"
#include "interpreter/expression/jsonata/number.h"
#include "interpreter/expression/jsonata/utf8.h"

#include <stdio.h>
#include <stdlib.h>

/* References are under construction here, so nothing below throws; a problem is noted and reported at the end. */
struct conversion {
    struct jx_run *run;
    size_t left; /* bytes of result still allowed */
    enum { FINE, TOO_LARGE, TOO_DEEP, NOT_FINITE } problem;
    struct jx_value culprit;
};

static json_t *convert(struct conversion *conversion, struct jx_value value, unsigned depth);

static bool afford(struct conversion *conversion, size_t size)
{
    if (conversion->problem != FINE)
        return false;
    if (size > conversion->left) {
        conversion->problem = TOO_LARGE;
        return false;
    }
    conversion->left -= size;
    return true;
}

static json_t *must(json_t *json)
{
    if (!json)
        abort(); /* out of memory: the text is valid UTF-8 */
    return json;
}

/* Halves of characters cannot be written as UTF-8: U+FFFD takes their place. */
static char *without_surrogates(struct jx_text text, size_t *ret_size)
{
    char *copy = malloc(text.size + 1);
    if (!copy)
        abort();
    const char *end = text.bytes + text.size;
    size_t size = 0;
    for (const char *at = text.bytes; at < end;) {
        uint32_t code = jx_utf8_next(&at, end);
        size += jx_utf8_put(copy + size, code >= 0xD800 && code < 0xE000 ? 0xFFFD : code);
    }
    *ret_size = size;
    return copy;
}

static json_t *convert_string(struct jx_text text)
{
    if (!jx_utf8_has_surrogate(text.bytes, text.size))
        return must(json_stringn_nocheck(text.bytes ? text.bytes : "", text.size));
    size_t size;
    char *copy = without_surrogates(text, &size);
    json_t *json = must(json_stringn_nocheck(copy, size));
    free(copy);
    return json;
}

static json_t *convert_number(struct conversion *conversion, struct jx_value value)
{
    if (value.tag == JX_INTEGER)
        return must(json_integer(value.integer));
    if (!isfinite(value.number)) {
        if (conversion->problem == FINE)
            conversion->problem = NOT_FINITE;
        conversion->culprit = value;
        return NULL;
    }
    if (fabs(value.number) <= (double)JX_EXACT && (double)(int64_t)value.number == value.number)
        return must(json_integer((int64_t)value.number));
    return must(json_real(value.number));
}

static json_t *convert_array(struct conversion *conversion, const struct jx_array *array, unsigned depth)
{
    json_t *out = must(json_array());
    for (size_t i = 0; i < array->count; i++) {
        json_t *item = convert(conversion, jx_item(array, i), depth + 1);
        if (!item) {
            json_decref(out);
            return NULL;
        }
        if (json_array_append_new(out, item) != 0)
            abort();
    }
    return out;
}

static void set_member(json_t *object, struct jx_text key, json_t *value)
{
    bool odd = jx_utf8_has_surrogate(key.bytes, key.size);
    size_t size = key.size;
    char *copy = odd ? without_surrogates(key, &size) : NULL;
    if (json_object_setn_new_nocheck(object, odd ? copy : key.bytes ? key.bytes : "", size, value) != 0)
        abort();
    free(copy);
}

static json_t *convert_object(struct conversion *conversion, struct jx_object *object, unsigned depth)
{
    json_t *out = must(json_object());
    struct jx_member *members = jx_members(&conversion->run->keep, jx_of_object(object));
    for (uint32_t i = 0; i < object->count; i++) {
        const struct jx_member *member = &members[i];
        json_t *value = afford(conversion, member->size + 8u) ? convert(conversion, member->value, depth + 1) : NULL;
        if (!value) {
            json_decref(out);
            return NULL;
        }
        set_member(out, (struct jx_text){member->key, member->size}, value);
    }
    return out;
}

/* NULL: a problem. Undefined within an array or object is null, as in JavaScript's JSON of it. */
static json_t *convert(struct conversion *conversion, struct jx_value value, unsigned depth)
{
    if (depth > JX_NESTING_MAX && conversion->problem == FINE)
        conversion->problem = TOO_DEEP;
    if (!afford(conversion, 8))
        return NULL;
    switch ((enum jx_tag)value.tag) {
    case JX_UNDEFINED:
    case JX_NULL:
    case JX_TUPLE:
    case JX_TAIL:
        return json_null();
    case JX_BOOLEAN:
        return json_boolean(value.boolean);
    case JX_NUMBER:
    case JX_INTEGER:
        return convert_number(conversion, value);
    case JX_STRING:
        return afford(conversion, value.size) ? convert_string(jx_as_text(value)) : NULL;
    case JX_JSON_STRING:
    case JX_JSON_ARRAY:
    case JX_JSON_OBJECT:
        return json_incref(value.json);
    case JX_ARRAY:
        return convert_array(conversion, value.array, depth);
    case JX_OBJECT:
        return convert_object(conversion, value.object, depth);
    case JX_FUNCTION:
        break;
    }
    return must(json_string(""));
}

json_t *jx_to_json(struct jx_run *run, struct jx_value value)
{
    if (jx_is_undefined(value))
        return NULL;
    size_t max = run->environment && run->environment->bytes_max ? run->environment->bytes_max : JX_RESULT_BYTES_MAX;
    struct conversion conversion = {.run = run, .left = max};
    json_t *json = convert(&conversion, value, 0);
    if (json)
        return json;
    if (conversion.problem == TOO_DEEP)
        jx_fail_nesting(run);
    if (conversion.problem == NOT_FINITE)
        JX_FAIL(run->trap, .code = "D1001", .value = &conversion.culprit);
    char sentence[80];
    int size = snprintf(sentence, sizeof sentence, "The result is larger than %zu bytes", max);
    JX_FAIL(run->trap, .code = "U1002", .message = {sentence, (size_t)size});
}
