/* The transform operator, |pattern|update,delete|: works on a clone. Objects that the pattern reaches outside of the
 * clone are left as they are. */
#include "interpreter/expression/jsonata/evaluate.h"

#include "interpreter/expression/jsonata/number.h"

struct jx_value jx_clone(struct jx_run *run, struct jx_value value, unsigned depth)
{
    if (depth > JX_NESTING_MAX)
        jx_fail_nesting(run);
    jx_charge(run, 1);
    if (jx_is_array(value)) {
        size_t count = jx_count(value);
        struct jx_array *array = jx_array_new(&run->heap, count, 0);
        for (size_t i = 0; i < count; i++) {
            struct jx_value item = jx_clone(run, jx_at(value, i), depth + 1);
            jx_push(&run->heap, array, jx_is_undefined(item) ? jx_null() : item);
        }
        return jx_of_array(array);
    }
    if (jx_is_object(value)) {
        struct jx_object *object = jx_object_new(&run->heap);
        object->clone = run->clones;
        const struct jx_member *members = jx_members(&run->heap, value);
        for (size_t i = 0, count = jx_member_count(value); i < count; i++)
            jx_object_set(&run->heap, object, members[i].key, members[i].size,
                          jx_clone(run, members[i].value, depth + 1));
        return jx_of_object(object);
    }
    int64_t digits;
    unsigned places;
    if (value.tag == JX_NUMBER && !jx_is_short_decimal(value.number, &digits, &places) &&
        !jx_is_integral(value.number)) { /* it goes through JSON text */
        if (isinf(value.number))
            JX_FAIL(run->trap, .code = "D1001", .value = &value);
        if (isnan(value.number))
            return jx_null();
        char text[JX_NUMBER_TEXT];
        return jx_number(jx_read_number(text, jx_number_text_15(text, value.number)));
    }
    return jx_is_function(value) ? jx_string("", 0) : value;
}

static bool is_ours(struct jx_value match, uint32_t clone)
{
    return match.tag == JX_OBJECT && match.object->clone == clone;
}

static void update(struct jx_run *run, const struct jx_node *node, struct jx_value match, struct jx_frame *frame,
                   uint32_t clone)
{
    struct jx_value change = jx_eval(run, node->right, match, frame);
    if (jx_is_undefined(change))
        return;
    if (!jx_is_object(change))
        JX_FAIL(run->trap, .code = "T2011", .place = &node->right->place, .token = JX_TEXT(""), .value = &change);
    const struct jx_member *members = jx_members(&run->heap, change);
    for (size_t i = 0, count = jx_member_count(change); i < count && is_ours(match, clone); i++)
        jx_object_set(&run->heap, match.object, members[i].key, members[i].size, members[i].value);
}

static void delete (struct jx_run *run, const struct jx_node *node, struct jx_value match, struct jx_frame *frame,
                    uint32_t clone)
{
    struct jx_value names = jx_eval(run, node->third, match, frame);
    if (jx_is_undefined(names))
        return;
    if (!jx_is_string(names) && !jx_all_strings(names))
        JX_FAIL(run->trap, .code = "T2012", .place = &node->third->place, .token = JX_TEXT(""), .value = &names);
    size_t count = jx_is_string(names) ? 1 : jx_count(names);
    for (size_t i = 0; i < count && is_ours(match, clone); i++) {
        struct jx_text name = jx_as_text(jx_is_string(names) ? names : jx_at(names, i));
        jx_object_remove(&run->heap, match.object, name.bytes, name.size);
    }
}

/* $clone can be replaced, so it is called by name. */
static struct jx_value clone_by_name(struct jx_run *run, const struct jx_function *transform, struct jx_value input)
{
    struct jx_value function = jx_variable(run, transform->frame, JX_NAME_CLONE);
    if (!jx_is_function(function))
        JX_FAIL(run->trap, .code = "T2013", .place = &transform->node->place, .token = JX_TEXT(""));
    struct jx_value arguments[1 + JX_ARGUMENTS_PAD] = {input};
    return jx_apply(run, function, arguments, 1, jx_null());
}

struct jx_value jx_transform(struct jx_run *run, const struct jx_function *transform, struct jx_value input)
{
    if (jx_is_undefined(input))
        return input;
    const struct jx_node *node = transform->node;
    uint32_t clone = ++run->clones;
    struct jx_value result = clone_by_name(run, transform, input);
    struct jx_frame *frame = jx_frame_new(run, transform->frame, 0);
    struct jx_value matches = jx_eval(run, node->left, result, frame);
    if (jx_is_undefined(matches))
        return result;
    size_t count = jx_is_array(matches) ? jx_count(matches) : 1;
    for (size_t i = 0; i < count; i++) {
        struct jx_value match = jx_is_array(matches) ? jx_at(matches, i) : matches;
        update(run, node, match, frame, clone);
        if (node->third)
            delete (run, node, match, frame, clone);
    }
    return result;
}
