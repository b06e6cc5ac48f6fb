/* Functions that call functions. */
#include "interpreter/expression/jsonata/function.h"

/* Calls with the value, and with its position and the whole where the function takes them. */
static struct jx_value call_with(struct jx_run *run, struct jx_value function, unsigned arity, struct jx_value value,
                                 struct jx_value position, struct jx_value whole)
{
    struct jx_value arguments[3 + JX_ARGUMENTS_PAD] = {value};
    size_t count = 1;
    if (arity >= 2)
        arguments[count++] = position;
    if (arity >= 3)
        arguments[count++] = whole;
    return jx_call_back(run, function, arguments, count);
}

struct jx_value jx_fn_map(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)count;
    struct jx_value array = arguments[0];
    if (jx_is_undefined(array))
        return array;
    unsigned arity = jx_arity(arguments[1]);
    struct jx_array *out = jx_sequence_new(&run->heap);
    for (size_t i = 0, size = jx_count(array); i < size; i++) {
        struct jx_value value = call_with(run, arguments[1], arity, jx_at(array, i), jx_number((double)i), array);
        if (!jx_is_undefined(value))
            jx_push(&run->heap, out, value);
    }
    return jx_of_array(out);
}

struct jx_value jx_fn_filter(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)count;
    struct jx_value array = arguments[0];
    if (jx_is_undefined(array))
        return array;
    unsigned arity = jx_arity(arguments[1]);
    struct jx_array *out = jx_sequence_new(&run->heap);
    for (size_t i = 0, size = jx_count(array); i < size; i++) {
        struct jx_value item = jx_at(array, i);
        if (jx_test(run, call_with(run, arguments[1], arity, item, jx_number((double)i), array)))
            jx_push(&run->heap, out, item);
    }
    return jx_of_array(out);
}

struct jx_value jx_fn_single(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)count;
    struct jx_value array = arguments[0], found = JX_NOTHING;
    if (jx_is_undefined(array))
        return array;
    bool any = false, has_function = jx_is_function(arguments[1]);
    unsigned arity = has_function ? jx_arity(arguments[1]) : 0;
    for (size_t i = 0, size = jx_count(array); i < size; i++) {
        struct jx_value item = jx_at(array, i);
        if (has_function && !jx_test(run, call_with(run, arguments[1], arity, item, jx_number((double)i), array)))
            continue;
        if (any)
            JX_FAIL(run->trap, .code = "D3138");
        any = true;
        found = item;
    }
    if (!any)
        JX_FAIL(run->trap, .code = "D3139");
    return found;
}

struct jx_value jx_fn_reduce(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)count;
    struct jx_value array = arguments[0], result = arguments[2];
    if (jx_is_undefined(array))
        return array;
    unsigned arity = jx_arity(arguments[1]);
    if (arity < 2)
        JX_FAIL(run->trap, .code = "D3050");
    size_t i = 0, size = jx_count(array);
    if (jx_is_undefined(result) && size > 0)
        result = jx_at(array, i++);
    for (; i < size; i++) {
        struct jx_value call[4 + JX_ARGUMENTS_PAD] = {result, jx_at(array, i), jx_number((double)i), array};
        size_t given = arity >= 4 ? 4 : arity;
        for (size_t a = given; a < 4; a++)
            call[a] = JX_NOTHING;
        result = jx_call_back(run, arguments[1], call, given);
    }
    return result;
}

struct jx_value jx_fn_each(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)count;
    struct jx_array *out = jx_sequence_new(&run->heap);
    if (!jx_is_object(arguments[0]))
        return jx_of_array(out);
    unsigned arity = jx_arity(arguments[1]);
    const struct jx_member *members = jx_members(&run->heap, arguments[0]);
    for (size_t i = 0, size = jx_member_count(arguments[0]); i < size; i++) {
        struct jx_value value = call_with(run, arguments[1], arity, members[i].value,
                                          jx_string(members[i].key, members[i].size), arguments[0]);
        if (!jx_is_undefined(value))
            jx_push(&run->heap, out, value);
    }
    return jx_of_array(out);
}

struct jx_value jx_fn_sift(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)count;
    if (!jx_is_object(arguments[0]))
        return JX_NOTHING;
    if (!jx_is_function(arguments[1]))
        JX_FAIL(run->trap, .code = "T1006");
    struct jx_object *out = jx_object_new(&run->heap);
    unsigned arity = jx_arity(arguments[1]);
    const struct jx_member *members = jx_members(&run->heap, arguments[0]);
    for (size_t i = 0, size = jx_member_count(arguments[0]); i < size; i++)
        if (jx_test(run, call_with(run, arguments[1], arity, members[i].value,
                                   jx_string(members[i].key, members[i].size), arguments[0])))
            jx_object_set(&run->heap, out, members[i].key, members[i].size, members[i].value);
    return out->count ? jx_of_object(out) : JX_NOTHING;
}

/* --- eval
 * -------------------------------------------------------------------------------------------------------------------
 */

/* What the expression sees by name is what the call of $eval sees, so it is compiled with the names known so far. */
static const struct jsonata *compile_here(struct jx_run *run, struct jx_text text, struct jx_trap *trap)
{
    struct jsonata *program = jx_compile(text.bytes, text.size, &run->names, trap);
    if (!program)
        return NULL;
    program->next = run->evaluated;
    run->evaluated = program;
    run->names = program->names;
    struct jx_value *globals = jx_zalloc(&run->keep, run->names.count * sizeof *globals);
    bool *known = jx_zalloc(&run->keep, run->names.count);
    memcpy(globals, run->globals, run->global_count * sizeof *globals);
    memcpy(known, run->global_known, run->global_count);
    run->globals = globals;
    run->global_known = known;
    run->global_count = run->names.count;
    return program;
}

static struct jx_value eval_program(struct jx_run *run, const struct jsonata *program, struct jx_value input,
                                    struct jx_frame *frame, struct jx_trap *trap)
{
    struct jx_trap *outer = run->trap;
    unsigned depth = run->depth;
    if (setjmp(trap->jump)) {
        run->trap = outer;
        run->heap.data = outer;
        run->depth = depth;
        /* Limits stay what they are: an expression must not catch them. */
        if (trap->error.code[0] == 'U') {
            outer->error = trap->error;
            longjmp(outer->jump, 1);
        }
        JX_FAIL(outer, .code = "D3121", .message = {trap->error.message, strlen(trap->error.message)});
    }
    run->trap = trap;
    run->heap.data = trap;
    struct jx_value value = jx_eval(run, program->root, input, frame);
    run->trap = outer;
    run->heap.data = outer;
    return value;
}

struct jx_value jx_fn_eval(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)count;
    if (jx_is_undefined(arguments[0]))
        return JX_NOTHING;
    struct jx_value input = jx_is_undefined(arguments[1]) ? run->call_input : arguments[1];
    if (jx_is_array(arguments[1]) && !jx_is_sequence(arguments[1])) {
        struct jx_array *wrapper = jx_array_new(&run->heap, 1, JX_SEQUENCE | JX_WRAPPER);
        jx_push(&run->heap, wrapper, input);
        input = jx_of_array(wrapper);
    }
    struct jx_trap trap = {.call = NULL};
    struct jx_frame *frame = jx_frame_new(run, run->call_frame, 4); /* what it binds is its own */
    jx_charge(run, 100 + jx_as_text(arguments[0]).size);
    const struct jsonata *program = compile_here(run, jx_as_text(arguments[0]), &trap);
    if (!program)
        JX_FAIL(run->trap, .code = "D3120", .message = {trap.error.message, strlen(trap.error.message)});
    return eval_program(run, program, input, frame, &trap);
}
