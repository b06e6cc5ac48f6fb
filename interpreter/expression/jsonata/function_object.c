/* Objects, and what asks for the type of a value. */
#include "interpreter/expression/jsonata/function.h"

static void keys_into(struct jx_run *run, struct jx_value value, struct jx_object *keys, unsigned depth)
{
    if (depth > JX_NESTING_MAX)
        jx_fail_nesting(run);
    jx_charge(run, 1);
    if (jx_is_array(value)) {
        for (size_t i = 0, count = jx_count(value); i < count; i++)
            keys_into(run, jx_at(value, i), keys, depth + 1);
    } else if (jx_is_object(value)) {
        const struct jx_member *members = jx_members(&run->heap, value);
        for (size_t i = 0, count = jx_member_count(value); i < count; i++)
            jx_object_set(&run->heap, keys, members[i].key, members[i].size, jx_null());
    }
}

struct jx_value jx_fn_keys(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)count;
    struct jx_object *keys = jx_object_new(&run->heap);
    keys_into(run, arguments[0], keys, 0);
    struct jx_array *names = jx_sequence_new(&run->heap);
    const struct jx_member *members = jx_members(&run->heap, jx_of_object(keys));
    for (uint32_t i = 0; i < keys->count; i++)
        jx_push(&run->heap, names, jx_string(members[i].key, members[i].size));
    return jx_of_array(names);
}

struct jx_value jx_fn_lookup(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)count;
    return jx_lookup(run, arguments[0],
                     jx_as_text(jx_is_undefined(arguments[1]) ? jx_string("undefined", 9) : arguments[1]));
}

static struct jx_value spread(struct jx_run *run, struct jx_value value, unsigned depth)
{
    if (depth > JX_NESTING_MAX)
        jx_fail_nesting(run);
    jx_charge(run, 1);
    struct jx_array *out = jx_sequence_new(&run->heap);
    if (jx_is_array(value)) {
        for (size_t i = 0, count = jx_count(value); i < count; i++) {
            struct jx_value part = spread(run, jx_at(value, i), depth + 1);
            if (!jx_is_undefined(part))
                out->flags = 0; /* appended to, it is no sequence any more */
            if (jx_is_array(part))
                jx_push_all(&run->heap, out, part);
            else if (!jx_is_undefined(part))
                jx_push(&run->heap, out, part);
        }
    } else if (jx_is_object(value)) {
        const struct jx_member *members = jx_members(&run->heap, value);
        for (size_t i = 0, count = jx_member_count(value); i < count; i++) {
            struct jx_object *one = jx_object_new(&run->heap);
            jx_object_set(&run->heap, one, members[i].key, members[i].size, members[i].value);
            jx_push(&run->heap, out, jx_of_object(one));
        }
    } else {
        return value;
    }
    return jx_of_array(out);
}

struct jx_value jx_fn_spread(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)count;
    return spread(run, arguments[0], 0);
}

struct jx_value jx_fn_merge(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)count;
    if (jx_is_undefined(arguments[0]))
        return JX_NOTHING;
    struct jx_object *merged = jx_object_new(&run->heap);
    for (size_t i = 0, size = jx_count(arguments[0]); i < size; i++) {
        struct jx_value object = jx_at(arguments[0], i);
        const struct jx_member *members = jx_members(&run->heap, object);
        for (size_t m = 0, member_count = jx_member_count(object); m < member_count; m++)
            jx_object_set(&run->heap, merged, members[m].key, members[m].size, members[m].value);
    }
    return jx_of_object(merged);
}

struct jx_value jx_fn_clone(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)count;
    struct jx_value value = arguments[0];
    if (jx_has_flag(value, JX_WRAPPER))
        value = jx_at(value, 0);
    return jx_is_undefined(value) ? value : jx_clone(run, value, 0);
}

struct jx_value jx_fn_exists(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)run, (void)count;
    return jx_boolean(!jx_is_undefined(arguments[0]));
}

struct jx_value jx_fn_boolean(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)count;
    return jx_is_undefined(arguments[0]) ? arguments[0] : jx_boolean(jx_test(run, arguments[0]));
}

struct jx_value jx_fn_not(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)count;
    return jx_is_undefined(arguments[0]) ? arguments[0] : jx_boolean(!jx_test(run, arguments[0]));
}

struct jx_value jx_fn_type(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)run, (void)count;
    static const char *const names[] = {
        [JX_NULL] = "null",     [JX_BOOLEAN] = "boolean",    [JX_NUMBER] = "number",     [JX_INTEGER] = "number",
        [JX_STRING] = "string", [JX_JSON_STRING] = "string", [JX_ARRAY] = "array",       [JX_JSON_ARRAY] = "array",
        [JX_OBJECT] = "object", [JX_JSON_OBJECT] = "object", [JX_FUNCTION] = "function", [JX_TUPLE] = "object",
    };
    if (jx_is_undefined(arguments[0]))
        return JX_NOTHING;
    const char *name = names[arguments[0].tag];
    return jx_string(name, strlen(name));
}

/* --- errors on purpose
 * ---------------------------------------------------------------------------------------------------- */

static _Noreturn void fail_with(struct jx_run *run, const char *code, struct jx_value message, struct jx_text otherwise)
{
    struct jx_text text = otherwise;
    if (jx_is_string(message) && jx_as_text(message).size)
        text = jx_as_text(message);
    JX_FAIL(run->trap, .code = code, .message = text);
}

struct jx_value jx_fn_error(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)count;
    fail_with(run, "D3137", arguments[0], JX_TEXT("$error() function evaluated"));
}

struct jx_value jx_fn_assert(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)count;
    if (!jx_test(run, arguments[0]))
        fail_with(run, "D3141", arguments[1], JX_TEXT("$assert() statement failed"));
    return JX_NOTHING;
}
