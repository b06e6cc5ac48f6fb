/* Paths: steps, predicates, sorting and grouping, in the plain form and as streams of tuples (when "%", "@" or "#" need
 * to know how a value was reached). Names of functions follow the reference implementation's evaluatePath and its
 * helpers. */
#include "interpreter/expression/jsonata/evaluate.h"

#include "interpreter/expression/jsonata/utf8.h"

/* --- looking members up
 * ------------------------------------------------------------------------------------------------- */

static void lookup_into(struct jx_run *run, struct jx_value input, struct jx_text key, struct jx_array *out,
                        unsigned depth)
{
    if (depth > JX_NESTING_MAX)
        jx_fail_nesting(run);
    jx_charge(run, 1);
    for (size_t i = 0, count = jx_count(input); i < count; i++) {
        struct jx_value item = jx_at(input, i);
        if (jx_is_array(item)) {
            lookup_into(run, item, key, out, depth + 1);
        } else if (jx_is_object(item)) {
            struct jx_value value = jx_get(item, key.bytes, key.size);
            if (jx_is_array(value))
                jx_push_all(&run->heap, out, value);
            else if (!jx_is_undefined(value))
                jx_push(&run->heap, out, value);
        }
    }
}

struct jx_value jx_lookup(struct jx_run *run, struct jx_value input, struct jx_text key)
{
    if (jx_is_object(input))
        return jx_get(input, key.bytes, key.size);
    if (!jx_is_array(input))
        return JX_NOTHING;
    struct jx_array *out = jx_sequence_new(&run->heap);
    jx_charge(run, jx_count(input) / 4);
    lookup_into(run, input, key, out, 0);
    return jx_of_array(out);
}

/* --- tuples
 * ------------------------------------------------------------------------------------------------------------- */

static struct jx_frame *frame_of_tuple(struct jx_run *run, const struct jx_frame *parent, struct jx_tuple *tuple)
{
    struct jx_frame *frame = jx_frame_new(run, parent, 0);
    frame->items = tuple->bindings;
    frame->count = tuple->count;
    return frame;
}

/* A copy of `from` (NULL: empty) with room for `more` bindings. */
static struct jx_tuple *new_tuple(struct jx_run *run, const struct jx_tuple *from, uint32_t more)
{
    uint32_t count = from ? from->count : 0;
    struct jx_tuple *tuple = jx_alloc(&run->heap, sizeof *tuple + ((size_t)count + more) * sizeof(struct jx_binding));
    tuple->at = from ? from->at : JX_NOTHING;
    tuple->count = count;
    if (count)
        memcpy(tuple->bindings, from->bindings, count * sizeof(struct jx_binding));
    return tuple;
}

/* There must be room. */
static void tuple_set(struct jx_tuple *tuple, uint32_t name, struct jx_value value)
{
    for (uint32_t i = 0; i < tuple->count; i++)
        if (tuple->bindings[i].name == name) {
            tuple->bindings[i].value = value;
            return;
        }
    tuple->bindings[tuple->count++] = (struct jx_binding){name, value};
}

static struct jx_value of_tuple(struct jx_tuple *tuple)
{
    return (struct jx_value){.tag = JX_TUPLE, .tuple = tuple};
}

/* --- predicates
 * -------------------------------------------------------------------------------------------------------------- */

/* The member of `input` at an index from the start, or, negative, from the end. */
static struct jx_value pick(struct jx_value input, double number)
{
    double index = floor(number);
    if (!jx_is_array(input))
        return index == 0 || index == -1 ? input : JX_NOTHING;
    double count = (double)jx_count(input);
    if (index < 0)
        index += count;
    return index >= 0 && index < count ? jx_at(input, (size_t)index) : JX_NOTHING;
}

static bool is_at(double wanted, size_t index, size_t count)
{
    wanted = floor(wanted);
    return (wanted < 0 ? wanted + (double)count : wanted) == (double)index;
}

/* How often the predicate's value selects the item at `index`: an array of numbers may name it twice. */
static size_t times_selected(struct jx_run *run, struct jx_value value, size_t index, size_t count)
{
    if (value.tag == JX_BOOLEAN)
        return value.boolean;
    if (jx_is_numeric(run, value))
        return is_at(jx_as_number(value), index, count);
    if (!jx_all_numbers(run, value))
        return jx_test(run, value);
    size_t times = 0;
    for (size_t i = 0, numbers = jx_count(value); i < numbers; i++)
        times += is_at(jx_as_number(jx_at(value, i)), index, count);
    return times;
}

static void filter_one(struct jx_run *run, const struct jx_stage *stage, struct jx_value item, size_t index,
                       size_t count, struct jx_frame *frame, struct jx_array *out)
{
    struct jx_mark mark = jx_mark(&run->heap);
    struct jx_value context = item;
    if (item.tag == JX_TUPLE) {
        context = item.tuple->at;
        frame = frame_of_tuple(run, frame, item.tuple);
    }
    size_t times = times_selected(run, jx_eval(run, stage->filter, context, frame), index, count);
    if (stage->releases)
        jx_release(&run->heap, mark);
    while (times--)
        jx_push(&run->heap, out, item);
}

/* Appends what the predicate, which is not a literal number, lets through. */
static void filter_into(struct jx_run *run, const struct jx_stage *stage, struct jx_value input, struct jx_frame *frame,
                        struct jx_array *out)
{
    if (!jx_is_array(input)) {
        filter_one(run, stage, input, 0, 1, frame, out);
        return;
    }
    for (size_t i = 0, count = jx_count(input); i < count; i++)
        filter_one(run, stage, jx_at(input, i), i, count, frame, out);
}

struct jx_value jx_eval_filter(struct jx_run *run, const struct jx_stage *stage, struct jx_value input,
                               struct jx_frame *frame)
{
    unsigned flags = JX_SEQUENCE | (jx_has_flag(input, JX_TUPLES) ? JX_TUPLES : 0);
    struct jx_array *out = jx_array_new(&run->heap, 0, flags);
    if (stage->filter->kind != JX_K_NUMBER) {
        filter_into(run, stage, input, frame, out);
        return jx_of_array(out);
    }
    struct jx_value item = pick(input, stage->filter->value.number);
    if (jx_is_array(item))
        return item;
    if (!jx_is_undefined(item))
        jx_push(&run->heap, out, item);
    return jx_of_array(out);
}

/* Predicates and positions after a step whose result is one sequence. */
static struct jx_value eval_stages(struct jx_run *run, const struct jx_stages *stages, struct jx_value result,
                                   struct jx_frame *frame)
{
    for (uint32_t s = 0; s < stages->count; s++) {
        const struct jx_stage *stage = &stages->items[s];
        if (stage->kind == JX_STAGE_FILTER) {
            result = jx_eval_filter(run, stage, result, frame);
            continue;
        }
        if (result.tag != JX_ARRAY || !result.array->items)
            continue;
        for (size_t i = 0; i < result.array->count; i++) {
            struct jx_value *item = &result.array->items[i];
            if (item->tag != JX_TUPLE)
                continue;
            struct jx_tuple *tuple = new_tuple(run, item->tuple, 1);
            tuple_set(tuple, stage->name, jx_number((double)i));
            *item = of_tuple(tuple);
        }
    }
    return result;
}

/* --- sorting
 * -------------------------------------------------------------------------------------------------------------------
 */

/* The terms of an item are evaluated when first needed, once. */
struct sorting {
    struct jx_run *run;
    const struct jx_node *node;
    struct jx_frame *frame;
    const struct jx_value *items;
    struct jx_value *terms; /* [item][term]; JX_TAIL where not evaluated yet */
};

static struct jx_value sort_term(struct sorting *sorting, size_t item, uint32_t term)
{
    struct jx_value *value = &sorting->terms[item * sorting->node->items.count + term];
    if (value->tag == JX_TAIL) {
        struct jx_value context = sorting->items[item];
        struct jx_frame *frame = sorting->frame;
        if (context.tag == JX_TUPLE) {
            frame = frame_of_tuple(sorting->run, frame, context.tuple);
            context = context.tuple->at;
        }
        *value = jx_eval(sorting->run, sorting->node->items.items[term], context, frame);
    }
    return *value;
}

static bool is_sortable(struct jx_value value)
{
    return jx_is_string(value) || jx_is_number(value);
}

static int compare_terms(struct sorting *sorting, struct jx_value a, struct jx_value b)
{
    if (!is_sortable(a) || !is_sortable(b))
        JX_FAIL(sorting->run->trap, .code = "T2008", .place = &sorting->node->place, .value = is_sortable(a) ? &b : &a);
    if (jx_is_string(a) != jx_is_string(b))
        JX_FAIL(sorting->run->trap, .code = "T2007", .place = &sorting->node->place, .value = &a, .value2 = &b);
    if (jx_is_string(a)) {
        struct jx_text x = jx_as_text(a), y = jx_as_text(b);
        int order = jx_utf16_compare(x.bytes, x.size, y.bytes, y.size);
        return order < 0 ? -1 : order > 0;
    }
    if (jx_identical(a, b))
        return 0;
    return jx_as_number(a) < jx_as_number(b) ? -1 : 1;
}

/* The values sorted are the items' numbers. Undefined terms come last, whatever the direction. */
static bool sorts_after(void *data, struct jx_value left, struct jx_value right)
{
    struct sorting *sorting = data;
    size_t a = (size_t)left.integer, b = (size_t)right.integer;
    for (uint32_t term = 0; term < sorting->node->items.count; term++) {
        struct jx_value x = sort_term(sorting, a, term), y = sort_term(sorting, b, term);
        if (jx_is_undefined(x) || jx_is_undefined(y)) {
            if (jx_is_undefined(x) && jx_is_undefined(y))
                continue;
            return jx_is_undefined(x);
        }
        int order = compare_terms(sorting, x, y);
        if (order)
            return (sorting->node->descending[term] ? -order : order) == 1;
    }
    return false;
}

static struct jx_value eval_sort(struct jx_run *run, const struct jx_node *node, struct jx_value input,
                                 struct jx_frame *frame)
{
    if (!jx_is_array(input) || jx_count(input) <= 1)
        return input;
    size_t count = jx_count(input), cells = jx_times(count, node->items.count);
    struct jx_array *items = jx_array_share(&run->heap, input, 0);
    jx_array_room(&run->heap, items, 1); /* no longer shared or counted */
    struct sorting sorting = {.run = run, .node = node, .frame = frame, .items = items->items};
    sorting.terms = jx_alloc(&run->heap, jx_times(cells, sizeof *sorting.terms));
    for (size_t i = 0; i < cells; i++)
        sorting.terms[i] = (struct jx_value){.tag = JX_TAIL};
    struct jx_array *order = jx_array_new(&run->heap, count, 0);
    for (size_t i = 0; i < count; i++)
        jx_push(&run->heap, order, (struct jx_value){.tag = JX_INTEGER, .integer = (int64_t)i});
    jx_merge_sort(run, order->items, count, sorts_after, &sorting);
    for (size_t i = 0; i < count; i++)
        order->items[i] = items->items[order->items[i].integer];
    if (jx_has_flag(input, JX_TUPLES))
        order->flags = JX_TUPLES | JX_SEQUENCE;
    return jx_of_array(order);
}

/* --- plain steps
 * ---------------------------------------------------------------------------------------------------------------- */

/* A step's result is flattened into one sequence, except that the only result of a last step, if it is a proper array,
 * stays itself. */
struct collecting {
    struct jx_run *run;
    struct jx_array *out;
    bool last;
    size_t results;
    bool holds; /* `held` is the only result so far, and may have to stay as it is */
    struct jx_value held;
};

static void flatten_one(struct collecting *collecting, struct jx_value result)
{
    if (jx_is_array(result) && !jx_has_flag(result, JX_CONS))
        jx_push_all(&collecting->run->heap, collecting->out, result);
    else
        jx_push(&collecting->run->heap, collecting->out, result);
}

static void count_result(struct collecting *collecting)
{
    collecting->results++;
    if (collecting->holds) {
        collecting->holds = false;
        flatten_one(collecting, collecting->held);
    }
}

static void collect(struct collecting *collecting, struct jx_value result)
{
    if (jx_is_undefined(result))
        return;
    count_result(collecting);
    if (collecting->last && collecting->results == 1 && jx_is_array(result) && !jx_is_sequence(result)) {
        collecting->holds = true;
        collecting->held = result;
        return;
    }
    flatten_one(collecting, result);
}

static bool is_bare_name(const struct jx_node *step)
{
    return step->kind == JX_K_NAME && !step->predicates.count && !step->group && !step->keep_array;
}

static void step_one(struct collecting *collecting, const struct jx_node *step, bool bare, struct jx_value item,
                     struct jx_frame *frame)
{
    struct jx_run *run = collecting->run;
    struct jx_value result;
    if (bare && !jx_is_array(item)) {
        jx_charge(run, 1);
        result = jx_is_object(item) ? jx_collapse(jx_lookup(run, item, jx_as_text(step->value))) : JX_NOTHING;
        if (!step->stages.count) { /* the hot path */
            collect(collecting, result);
            return;
        }
    } else {
        result = jx_eval(run, step, item, frame);
    }
    uint32_t stages = step->stages.count;
    for (uint32_t s = 0; s < stages; s++) {
        const struct jx_stage *stage = &step->stages.items[s];
        if (stage->kind != JX_STAGE_FILTER)
            continue;
        if (s + 1 == stages && stage->filter->kind != JX_K_NUMBER) { /* straight to where it is going */
            count_result(collecting);
            filter_into(run, stage, result, frame, collecting->out);
            return;
        }
        result = jx_eval_filter(run, stage, result, frame);
    }
    collect(collecting, result);
}

static struct jx_value eval_step(struct jx_run *run, const struct jx_node *step, struct jx_value input,
                                 struct jx_frame *frame, bool last)
{
    if (step->kind == JX_K_SORT)
        return eval_stages(run, &step->stages, eval_sort(run, step, input, frame), frame);
    struct collecting collecting = {.run = run, .out = jx_sequence_new(&run->heap), .last = last};
    bool bare = is_bare_name(step);
    for (size_t i = 0, count = jx_count(input); i < count; i++)
        step_one(&collecting, step, bare, jx_at(input, i), frame);
    return collecting.holds ? collecting.held : jx_of_array(collecting.out);
}

/* --- tuple steps
 * ------------------------------------------------------------------------------------------------------------------ */

static struct jx_value tuples_of_sorted(struct jx_run *run, const struct jx_node *step, struct jx_value sorted)
{
    struct jx_array *out = jx_array_new(&run->heap, 0, JX_SEQUENCE | JX_TUPLES);
    for (size_t i = 0, count = jx_count(sorted); i < count; i++) {
        struct jx_tuple *tuple = new_tuple(run, NULL, 1);
        tuple->at = jx_at(sorted, i);
        if (step->index)
            tuple_set(tuple, step->index, jx_number((double)i));
        jx_push(&run->heap, out, of_tuple(tuple));
    }
    return jx_of_array(out);
}

/* `inner` is a tuple of a path within the step: its bindings win. */
static struct jx_tuple *merge_tuples(struct jx_run *run, const struct jx_tuple *outer, const struct jx_tuple *inner)
{
    struct jx_tuple *tuple = new_tuple(run, outer, inner->count);
    tuple->at = inner->at;
    for (uint32_t i = 0; i < inner->count; i++)
        tuple_set(tuple, inner->bindings[i].name, inner->bindings[i].value);
    return tuple;
}

static struct jx_tuple *extend_tuple(struct jx_run *run, const struct jx_node *step, const struct jx_tuple *outer,
                                     struct jx_value value, size_t index)
{
    struct jx_tuple *tuple = new_tuple(run, outer, 3);
    if (step->focus)
        tuple_set(tuple, step->focus, value);
    else
        tuple->at = value;
    if (step->index)
        tuple_set(tuple, step->index, jx_number((double)index));
    if (step->ancestor)
        tuple_set(tuple, step->ancestor->label, outer->at);
    return tuple;
}

static void tuple_step_one(struct jx_run *run, const struct jx_node *step, struct jx_tuple *outer,
                           struct jx_frame *frame, struct jx_array *out)
{
    struct jx_value result = jx_eval(run, step, outer->at, frame_of_tuple(run, frame, outer));
    if (jx_is_undefined(result))
        return;
    if (!jx_is_array(result)) {
        jx_push(&run->heap, out, of_tuple(extend_tuple(run, step, outer, result, 0)));
        return;
    }
    for (size_t i = 0, count = jx_count(result); i < count; i++) {
        struct jx_value item = jx_at(result, i);
        jx_push(&run->heap, out,
                of_tuple(item.tag == JX_TUPLE ? merge_tuples(run, outer, item.tuple)
                                              : extend_tuple(run, step, outer, item, i)));
    }
}

/* `tuples` is undefined before the first tuple step of a path; then `input` is what the step starts from. */
static struct jx_value eval_tuple_step(struct jx_run *run, const struct jx_node *step, struct jx_value input,
                                       struct jx_value tuples, struct jx_frame *frame)
{
    if (step->kind == JX_K_SORT) {
        struct jx_value sorted = jx_is_undefined(tuples)
                                     ? tuples_of_sorted(run, step, eval_sort(run, step, input, frame))
                                     : eval_sort(run, step, tuples, frame);
        return eval_stages(run, &step->stages, sorted, frame);
    }
    struct jx_array *out = jx_array_new(&run->heap, 0, JX_SEQUENCE | JX_TUPLES);
    struct jx_value from = jx_is_undefined(tuples) ? input : tuples;
    for (size_t i = 0, count = jx_count(from); i < count; i++) {
        struct jx_value item = jx_at(from, i);
        struct jx_tuple *outer;
        if (item.tag == JX_TUPLE) {
            outer = item.tuple;
        } else {
            outer = new_tuple(run, NULL, 0);
            outer->at = item;
        }
        tuple_step_one(run, step, outer, frame, out);
    }
    return eval_stages(run, &step->stages, jx_of_array(out), frame);
}

/* --- paths
 * --------------------------------------------------------------------------------------------------------------------------
 */

/* An array constructor with an index, as first step of a path ("[a, b][0].c"), gives a value that is no sequence. The
 * reference implementation goes on with its members: a string has characters, anything else has none. */
static struct jx_value members_of_scalar(struct jx_run *run, struct jx_value value)
{
    struct jx_array *members = jx_sequence_new(&run->heap);
    struct jx_text text = jx_is_string(value) ? jx_as_text(value) : (struct jx_text){"", 0};
    const char *end = text.bytes + text.size;
    for (const char *at = text.bytes; at < end;) {
        const char *start = at;
        (void)jx_utf8_next(&at, end);
        jx_push(&run->heap, members, jx_string(start, (size_t)(at - start)));
    }
    return jx_of_array(members);
}

/* The steps from `first` on, none of which carries tuples yet, over the members of `input`. */
static struct jx_value eval_steps(struct jx_run *run, const struct jx_node *path, uint32_t first, struct jx_value input,
                                  struct jx_frame *frame)
{
    struct jx_value result = input, tuples = JX_NOTHING;
    bool in_tuples = false;
    uint32_t count = path->items.count;
    for (uint32_t i = first; i < count; i++) {
        const struct jx_node *step = path->items.items[i];
        in_tuples |= step->tuple;
        if (i == 0 && step->cons)
            result = jx_eval(run, step, input, frame);
        else if (in_tuples)
            tuples = eval_tuple_step(run, step, input, tuples, frame);
        else
            result = eval_step(run, step, input, frame, i + 1 == count);
        if (!in_tuples) {
            if (jx_is_undefined(result) || (jx_is_array(result) && jx_count(result) == 0) ||
                (jx_is_string(result) && jx_as_text(result).size == 0))
                break;
            if (!jx_is_array(result) && i + 1 < count)
                result = members_of_scalar(run, result);
        }
        if (!step->focus)
            input = result;
    }
    if (!in_tuples)
        return result;
    if (path->tuple)
        return tuples;
    struct jx_array *out = jx_sequence_new(&run->heap);
    for (size_t i = 0, size = jx_is_array(tuples) ? jx_count(tuples) : 0; i < size; i++)
        jx_push(&run->heap, out, jx_at(tuples, i).tuple->at);
    return path->group ? tuples : jx_of_array(out);
}

/* Names only: goes from object to object as long as there is just one. */
static struct jx_value eval_plain_path(struct jx_run *run, const struct jx_node *path, struct jx_value input,
                                       struct jx_frame *frame)
{
    uint32_t count = path->items.count;
    for (uint32_t i = 0; i < count; i++) {
        if (jx_is_array(input)) {
            /* From the second step on this is the value of a member, which the step before would have flattened. */
            if (i > 0 && jx_has_flag(input, JX_CONS)) {
                struct jx_array *one = jx_sequence_new(&run->heap);
                jx_push(&run->heap, one, input);
                input = jx_of_array(one);
            }
            return eval_steps(run, path, i, input, frame);
        }
        if (!jx_is_object(input))
            return JX_NOTHING;
        struct jx_text key = jx_as_text(path->items.items[i]->value);
        input = jx_collapse(jx_get(input, key.bytes, key.size));
    }
    jx_charge(run, count);
    if (jx_is_sequence(input)) /* flattened into a new one, which may collapse */
        return jx_of_array(jx_array_share(&run->heap, input, JX_SEQUENCE));
    return input;
}

struct jx_value jx_eval_path(struct jx_run *run, const struct jx_node *node, struct jx_value input,
                             struct jx_frame *frame)
{
    if (node->plain)
        return eval_plain_path(run, node, input, frame);
    struct jx_value from = input;
    if (!jx_is_array(input) || node->items.items[0]->kind == JX_K_VARIABLE) {
        struct jx_array *one = jx_sequence_new(&run->heap);
        jx_push(&run->heap, one, input);
        from = jx_of_array(one);
    }
    struct jx_value result = eval_steps(run, node, 0, from, frame);
    if (node->keep_singleton && jx_is_array(result)) {
        if (jx_has_flag(result, JX_CONS) && !jx_is_sequence(result)) {
            struct jx_array *one = jx_sequence_new(&run->heap);
            jx_push(&run->heap, one, result);
            result = jx_of_array(one);
        }
        if (result.tag == JX_ARRAY)
            result.array->flags |= JX_KEEP;
    }
    if (node->group)
        return jx_eval_group(run, &node->group->pairs, node->group->place, result, frame);
    return result;
}

/* --- grouping
 * ---------------------------------------------------------------------------------------------------------------------------
 */

struct bucket {
    struct jx_value data; /* one item, or an array of them */
    uint32_t pair;
    bool owns; /* data is an array made for this bucket */
};

struct grouping {
    struct jx_run *run;
    const struct jx_nodes *pairs;
    struct jx_place place;
    struct jx_frame *frame;
    struct jx_object *keys; /* key -> number of its bucket */
    struct bucket *buckets;
    size_t count, capacity;
    bool tuples;
};

static _Noreturn void fail_key(struct grouping *grouping, const char *code, struct jx_value key)
{
    JX_FAIL(grouping->run->trap, .code = code, .place = &grouping->place, .value = &key);
}

static struct bucket *add_bucket(struct grouping *grouping, struct jx_text key)
{
    struct jx_arena *heap = &grouping->run->heap;
    if (grouping->count == grouping->capacity) {
        size_t capacity = grouping->capacity ? grouping->capacity * 2 : 8;
        grouping->buckets = jx_grow(heap, grouping->buckets, grouping->capacity * sizeof *grouping->buckets,
                                    jx_times(capacity, sizeof *grouping->buckets));
        grouping->capacity = capacity;
    }
    jx_object_set(heap, grouping->keys, key.bytes, key.size, jx_number((double)grouping->count));
    return &grouping->buckets[grouping->count++];
}

/* As $append, but the bucket's own array, once made, grows in place. */
static void add_to_bucket(struct jx_arena *heap, struct bucket *bucket, struct jx_value item)
{
    if (jx_is_undefined(item))
        return;
    if (jx_is_undefined(bucket->data)) {
        bucket->data = item;
        return;
    }
    if (!bucket->owns) {
        struct jx_array *array = jx_array_new(heap, 4, 0);
        if (jx_is_array(bucket->data))
            jx_push_all(heap, array, bucket->data);
        else
            jx_push(heap, array, bucket->data);
        bucket->data = jx_of_array(array);
        bucket->owns = true;
    }
    if (jx_is_array(item))
        jx_push_all(heap, bucket->data.array, item);
    else
        jx_push(heap, bucket->data.array, item);
}

static void group_item(struct grouping *grouping, struct jx_value item)
{
    struct jx_run *run = grouping->run;
    struct jx_value context = item;
    struct jx_frame *frame = grouping->frame;
    if (item.tag == JX_TUPLE) {
        context = item.tuple->at;
        frame = frame_of_tuple(run, frame, item.tuple);
    }
    for (uint32_t pair = 0; pair * 2 < grouping->pairs->count; pair++) {
        struct jx_value key = jx_eval(run, grouping->pairs->items[pair * 2], context, frame);
        if (jx_is_undefined(key))
            continue;
        if (!jx_is_string(key))
            fail_key(grouping, "T1003", key);
        struct jx_text text = jx_as_text(key);
        if (jx_text_equal(text, JX_TEXT("_jsonata_lambda")) || jx_text_equal(text, JX_TEXT("_jsonata_function")))
            fail_key(grouping, "D1013", key);
        struct jx_member *known = jx_object_find(grouping->keys, text.bytes, text.size);
        if (!known) {
            *add_bucket(grouping, text) = (struct bucket){.data = item, .pair = pair};
            continue;
        }
        struct bucket *bucket = &grouping->buckets[(size_t)known->value.number];
        if (bucket->pair != pair)
            fail_key(grouping, "D1009", key);
        add_to_bucket(&run->heap, bucket, item);
    }
}

/* The number of the binding in the tuple, or its count. */
static uint32_t find_binding(const struct jx_tuple *tuple, uint32_t name)
{
    uint32_t i = 0;
    while (i < tuple->count && tuple->bindings[i].name != name)
        i++;
    return i;
}

/* The tuples of a bucket become one, whose members are the sequences of theirs. */
static struct jx_tuple *reduce_tuples(struct jx_run *run, struct jx_value data)
{
    if (data.tag == JX_TUPLE)
        return data.tuple;
    uint32_t room = 4;
    struct jx_tuple *all = new_tuple(run, NULL, room);
    struct bucket context = {.data = JX_NOTHING}, *buckets = jx_zalloc(&run->heap, room * sizeof *buckets);
    for (size_t i = 0, count = jx_count(data); i < count; i++) {
        const struct jx_tuple *next = jx_at(data, i).tuple;
        add_to_bucket(&run->heap, &context, next->at);
        for (uint32_t b = 0; b < next->count; b++) {
            uint32_t at = find_binding(all, next->bindings[b].name);
            if (at == room) {
                all = new_tuple(run, all, room);
                buckets = jx_grow(&run->heap, buckets, room * sizeof *buckets, jx_times(room, 2 * sizeof *buckets));
                memset(buckets + room, 0, room * sizeof *buckets);
                room *= 2;
            }
            if (at == all->count)
                tuple_set(all, next->bindings[b].name, JX_NOTHING);
            add_to_bucket(&run->heap, &buckets[at], next->bindings[b].value);
        }
    }
    all->at = context.data;
    for (uint32_t b = 0; b < all->count; b++)
        all->bindings[b].value = buckets[b].data;
    return all;
}

struct jx_value jx_eval_group(struct jx_run *run, const struct jx_nodes *pairs, struct jx_place place,
                              struct jx_value input, struct jx_frame *frame)
{
    struct grouping grouping = {.run = run,
                                .pairs = pairs,
                                .place = place,
                                .frame = frame,
                                .keys = jx_object_new(&run->heap),
                                .tuples = jx_has_flag(input, JX_TUPLES)};
    if (!jx_is_array(input)) {
        group_item(&grouping, input);
    } else {
        for (size_t i = 0, count = jx_count(input); i < count; i++)
            group_item(&grouping, jx_at(input, i));
        if (jx_count(input) == 0 && !grouping.tuples)
            group_item(&grouping, JX_NOTHING);
    }
    /* Buckets are numbered in the order of their keys. */
    struct jx_object *result = jx_object_new(&run->heap);
    for (uint32_t i = 0; i < grouping.keys->count; i++) {
        const struct jx_member *key = &grouping.keys->members[i];
        const struct bucket *bucket = &grouping.buckets[i];
        struct jx_value context = bucket->data;
        struct jx_frame *inner = frame;
        if (grouping.tuples) {
            struct jx_tuple *tuple = reduce_tuples(run, context);
            context = tuple->at;
            inner = frame_of_tuple(run, frame, tuple);
        }
        struct jx_value value = jx_eval(run, pairs->items[bucket->pair * 2 + 1], context, inner);
        if (!jx_is_undefined(value))
            jx_object_set(&run->heap, result, key->key, key->size, value);
    }
    return jx_of_object(result);
}
