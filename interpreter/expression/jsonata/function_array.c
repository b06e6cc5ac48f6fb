/* Arrays and what is counted over them. */
#include "interpreter/expression/jsonata/function.h"

#include "interpreter/expression/jsonata/utf8.h"

struct jx_value jx_fn_sum(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)run, (void)count;
    if (jx_is_undefined(arguments[0]))
        return JX_NOTHING;
    double total = 0;
    for (size_t i = 0, size = jx_count(arguments[0]); i < size; i++)
        total += jx_as_number(jx_at(arguments[0], i));
    return jx_number(total);
}

struct jx_value jx_fn_count(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)run, (void)count;
    return jx_number(jx_is_undefined(arguments[0]) ? 0 : (double)jx_count(arguments[0]));
}

static struct jx_value extreme(struct jx_value array, int direction)
{
    if (jx_is_undefined(array) || jx_count(array) == 0)
        return JX_NOTHING;
    struct jx_value best = jx_at(array, 0);
    for (size_t i = 1, size = jx_count(array); i < size; i++) {
        struct jx_value item = jx_at(array, i);
        double a = jx_as_number(item), b = jx_as_number(best);
        if (isnan(a) || (direction > 0 ? a > b : a < b))
            best = item;
    }
    return best;
}

struct jx_value jx_fn_max(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)run, (void)count;
    return extreme(arguments[0], 1);
}

struct jx_value jx_fn_min(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)run, (void)count;
    return extreme(arguments[0], -1);
}

struct jx_value jx_fn_average(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    if (jx_is_undefined(arguments[0]) || jx_count(arguments[0]) == 0)
        return JX_NOTHING;
    return jx_number(jx_fn_sum(run, arguments, count).number / (double)jx_count(arguments[0]));
}

struct jx_value jx_fn_append(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)count;
    return jx_append(run, arguments[0], arguments[1]);
}

struct jx_value jx_fn_reverse(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)count;
    struct jx_value array = arguments[0];
    if (jx_is_undefined(array) || jx_count(array) <= 1)
        return array;
    size_t size = jx_count(array);
    struct jx_array *reversed = jx_array_new(&run->heap, size, 0);
    for (size_t i = size; i-- > 0;)
        jx_push(&run->heap, reversed, jx_at(array, i));
    return jx_of_array(reversed);
}

/* Inside-out Fisher-Yates. */
struct jx_value jx_fn_shuffle(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)count;
    struct jx_value array = arguments[0];
    if (jx_is_undefined(array) || jx_count(array) <= 1)
        return array;
    size_t size = jx_count(array);
    struct jx_array *shuffled = jx_array_new(&run->heap, size, 0);
    for (size_t i = 0; i < size; i++) {
        size_t j = (size_t)floor(jx_random(run) * (double)(i + 1));
        jx_push(&run->heap, shuffled, jx_at(array, i));
        if (i != j) {
            shuffled->items[i] = shuffled->items[j];
            shuffled->items[j] = jx_at(array, i);
        }
    }
    return jx_of_array(shuffled);
}

struct jx_value jx_fn_zip(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    size_t shortest = count ? SIZE_MAX : 0;
    for (size_t i = 0; i < count; i++) {
        size_t size = jx_is_array(arguments[i]) ? jx_count(arguments[i]) : 0;
        shortest = size < shortest ? size : shortest;
    }
    struct jx_array *zipped = jx_array_new(&run->heap, 0, 0);
    for (size_t i = 0; i < shortest; i++) {
        struct jx_array *tuple = jx_array_new(&run->heap, count, 0);
        for (size_t a = 0; a < count; a++)
            jx_push(&run->heap, tuple, jx_at(arguments[a], i));
        jx_push(&run->heap, zipped, jx_of_array(tuple));
    }
    return jx_of_array(zipped);
}

/* --- distinct
 * ---------------------------------------------------------------------------------------------------------- */

struct jx_value jx_fn_distinct(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)count;
    struct jx_value array = arguments[0];
    if (!jx_is_array(array) || jx_count(array) <= 1)
        return array;
    size_t size = jx_count(array), slots = 16;
    while (slots < size * 2)
        slots *= 2;
    struct jx_array *distinct = jx_array_new(&run->heap, 0, jx_is_sequence(array) ? JX_SEQUENCE : 0);
    size_t *table = jx_zalloc(&run->heap, jx_times(slots, sizeof *table)); /* number in `distinct` + 1 */
    for (size_t i = 0; i < size; i++) {
        struct jx_value item = jx_at(array, i);
        size_t slot = jx_hash(item) & (slots - 1);
        while (table[slot] && !jx_run_equal(run, item, distinct->items[table[slot] - 1]))
            slot = (slot + 1) & (slots - 1);
        if (!table[slot]) {
            jx_push(&run->heap, distinct, item);
            table[slot] = distinct->count;
        }
    }
    return jx_of_array(distinct);
}

/* --- sort
 * -------------------------------------------------------------------------------------------------------------------
 */

static bool number_after(void *data, struct jx_value a, struct jx_value b)
{
    (void)data;
    return a.tag == JX_INTEGER && b.tag == JX_INTEGER ? a.integer > b.integer : jx_as_number(a) > jx_as_number(b);
}

static bool string_after(void *data, struct jx_value a, struct jx_value b)
{
    (void)data;
    struct jx_text x = jx_as_text(a), y = jx_as_text(b);
    return jx_utf16_compare(x.bytes, x.size, y.bytes, y.size) > 0;
}

struct by_function {
    struct jx_run *run;
    struct jx_value function;
};

static bool function_says_after(void *data, struct jx_value a, struct jx_value b)
{
    struct by_function *by = data;
    struct jx_value arguments[2 + JX_ARGUMENTS_PAD] = {a, b};
    struct jx_value answer = jx_call_back(by->run, by->function, arguments, 2);
    /* The comparator's answer is taken as JavaScript takes it, not as $boolean does: any array or object counts as
     * true. */
    return jx_is_array(answer) || jx_is_object(answer) || jx_is_function(answer) || jx_test(by->run, answer);
}

struct jx_value jx_fn_sort(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)count;
    struct jx_value array = arguments[0];
    if (jx_is_undefined(array) || jx_count(array) <= 1)
        return array;
    jx_after_fn *after = function_says_after;
    if (jx_is_undefined(arguments[1])) {
        bool numbers = jx_all_numbers(run, array);
        if (!numbers && !jx_all_strings(array))
            JX_FAIL(run->trap, .code = "D3070");
        after = numbers ? number_after : string_after;
    }
    struct jx_array *sorted = jx_array_share(&run->heap, array, 0);
    jx_array_room(&run->heap, sorted, 1); /* no longer shared */
    struct by_function by = {run, arguments[1]};
    jx_merge_sort(run, sorted->items, sorted->count, after, &by);
    return jx_of_array(sorted);
}
