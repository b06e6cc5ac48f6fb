/* The functions at the end of a path: $.prices.sum(), $.list.length(). Numbers come out as reals, as Jayway's do. */
#include "interpreter/base/text.h"
#include "interpreter/expression/jsonpath_internal.h"
#include "interpreter/expression/values.h"

#include <math.h>
#include <string.h>

struct call {
    const json_t *value; /* what the path found */
    json_t *arguments;   /* an array, flattened one level */
    const char *problem;
};

typedef json_t *function_fn(struct call *call);

struct path_function {
    const char *name;
    function_fn *call;
};

struct sums {
    size_t count;
    double sum, squares, least, greatest;
};

static void add_numbers(struct sums *sums, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        if (!json_is_number(item)) {
            continue;
        }
        double number = json_number_value(item);
        sums->least = sums->count && sums->least < number ? sums->least : number;
        sums->greatest = sums->count && sums->greatest > number ? sums->greatest : number;
        sums->count++;
        sums->sum += number;
        sums->squares += number * number;
    }
}

static bool sum_up(struct call *call, struct sums *sums)
{
    *sums = (struct sums){0};
    add_numbers(sums, call->value);
    add_numbers(sums, call->arguments);
    if (sums->count == 0) {
        call->problem = "Aggregation function attempted to calculate value using empty array";
    }
    return sums->count > 0;
}

static json_t *make_real(struct call *call, double number)
{
    if (!isfinite(number)) {
        call->problem = "the result is beyond the range of a double";
        return NULL;
    }
    return json_real(number);
}

static json_t *call_sum(struct call *call)
{
    struct sums sums;
    return sum_up(call, &sums) ? make_real(call, sums.sum) : NULL;
}

static json_t *call_min(struct call *call)
{
    struct sums sums;
    return sum_up(call, &sums) ? make_real(call, sums.least) : NULL;
}

static json_t *call_max(struct call *call)
{
    struct sums sums;
    return sum_up(call, &sums) ? make_real(call, sums.greatest) : NULL;
}

static json_t *call_avg(struct call *call)
{
    struct sums sums;
    return sum_up(call, &sums) ? make_real(call, sums.sum / (double)sums.count) : NULL;
}

static json_t *call_stddev(struct call *call)
{
    struct sums sums;
    if (!sum_up(call, &sums)) {
        return NULL;
    }
    double count = (double)sums.count, mean = sums.sum / count;
    double variance = sums.squares / count - mean * mean;
    return make_real(call, sqrt(variance > 0 ? variance : 0));
}

static json_t *call_length(struct call *call)
{
    const json_t *value = json_array_size(call->arguments) ? json_array_get(call->arguments, 0) : call->value;
    if (json_is_array(value)) {
        return json_integer((json_int_t)json_array_size(value));
    }
    return json_is_object(value) ? json_integer((json_int_t)json_object_size(value)) : json_null();
}

static json_t *call_keys(struct call *call)
{
    if (!json_is_object(call->value)) {
        return json_null();
    }
    json_t *object = dr_json_thaw(call->value), *keys = json_array();
    for (void *at = json_object_iter(object); at; at = json_object_iter_next(object, at)) {
        json_array_append_new(keys, json_stringn(json_object_iter_key(at), json_object_iter_key_len(at)));
    }
    return keys;
}

static void add_strings(struct dr_text *text, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        if (json_is_string(item)) {
            dr_text_add(text, json_string_value(item), json_string_length(item));
        }
    }
}

static json_t *call_concat(struct call *call)
{
    struct dr_text text = {0};
    add_strings(&text, call->value);
    add_strings(&text, call->arguments);
    json_t *string = json_stringn(text.bytes ? text.bytes : "", text.size);
    dr_text_done(&text);
    return string;
}

static json_t *call_append(struct call *call)
{
    if (!json_is_array(call->value)) {
        return dr_json_share(call->value);
    }
    json_t *list = dr_json_copy(call->value);
    json_array_extend(list, call->arguments);
    return list;
}

static json_t *item_at(struct call *call, json_int_t index)
{
    json_int_t size = (json_int_t)json_array_size(call->value);
    index = index < 0 ? size + index : index;
    if (!json_is_array(call->value) || index < 0 || index >= size) {
        call->problem = "Aggregation function attempted to calculate value using empty array";
        return NULL;
    }
    return dr_json_share(json_array_get(call->value, (size_t)index));
}

static json_t *call_first(struct call *call)
{
    return item_at(call, 0);
}

static json_t *call_last(struct call *call)
{
    return item_at(call, -1);
}

static json_t *call_index(struct call *call)
{
    const json_t *index = json_array_get(call->arguments, 0);
    if (!json_is_integer(index)) {
        call->problem = "index() needs an integer";
        return NULL;
    }
    return item_at(call, json_integer_value(index));
}

static const struct path_function functions[] = {
    {"min", call_min},       {"max", call_max},       {"avg", call_avg},     {"stddev", call_stddev},
    {"sum", call_sum},       {"length", call_length}, {"size", call_length}, {"keys", call_keys},
    {"concat", call_concat}, {"append", call_append}, {"first", call_first}, {"last", call_last},
    {"index", call_index},
};

const struct path_function *dr_path_function_find(const char *name, size_t size)
{
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        if (strlen(functions[i].name) == size && memcmp(functions[i].name, name, size) == 0) {
            return &functions[i];
        }
    }
    return NULL;
}

const char *dr_path_function_name(const struct path_function *function)
{
    return function->name;
}

json_t *dr_path_function_call(const struct step *step, const json_t *value, const json_t *root, size_t *visits,
                              const char **ret_problem)
{
    struct call call = {.value = value, .arguments = json_array()};
    bool lists = step->call.function->call != call_length; /* length($.list) takes the list itself */
    json_t *result = NULL;
    for (size_t i = 0; i < step->call.argument_count; i++) {
        const struct path_argument *argument = &step->call.arguments[i];
        struct path_run run = {.path = argument->path, .root = root, .visits = visits};
        if (argument->constant) {
            run.found = dr_json_share(argument->constant);
        } else if (!dr_path_run(&run, root) || !run.found) {
            call.problem = "an argument of the function finds nothing";
            break;
        }
        if (json_is_array(run.found) && lists) {
            json_array_extend(call.arguments, run.found);
            json_decref(run.found);
        } else {
            json_array_append_new(call.arguments, run.found);
        }
    }
    if (!call.problem) {
        result = step->call.function->call(&call);
    }
    json_decref(call.arguments);
    *ret_problem = call.problem;
    return result;
}
