/* AWS's additions to JSONata. Their behaviour at the edges (what rounds, what is undefined, what is an error) is what
 * the service shows. */
#include "interpreter/expression/jsonata_aws.h"

#include "interpreter/base/text.h"
#include "interpreter/expression/digest.h"
#include "interpreter/expression/values.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RANGE_ITEMS_MAX 10000000 /* as JSONata's own [a..b] */

struct evaluation {
    const struct dr_view *view;
    struct dr_states_cache *cache;
};

static enum jsonata_status refuse(struct jsonata_error *error, const char *message)
{
    snprintf(error->code, sizeof error->code, "D3137");
    snprintf(error->message, sizeof error->message, "%s", message);
    return JSONATA_ERROR;
}

/* Rounded towards zero; what is beyond 64 bits stays at their end. */
static int64_t whole(const json_t *number)
{
    if (json_is_integer(number)) {
        return json_integer_value(number);
    }
    double real = trunc(json_real_value(number));
    return real >= 0x1p63 ? INT64_MAX : real < -0x1p63 ? INT64_MIN : (int64_t)real;
}

static enum jsonata_status call_partition(void *data, const struct jsonata_environment *environment,
                                          json_t *const *arguments, size_t count, json_t **ret_value,
                                          struct jsonata_error *ret_error)
{
    (void)data;
    (void)environment;
    const json_t *array = count > 0 ? arguments[0] : NULL, *size = count > 1 ? arguments[1] : NULL;
    size_t items = json_array_size(array);
    int64_t chunk = size ? whole(size) : (int64_t)items;
    if (chunk < 0) {
        return refuse(ret_error, "Second argument must be zero or greater");
    }
    *ret_value = NULL;
    if (items == 0 || chunk == 0) {
        return JSONATA_OK; /* undefined */
    }
    json_t *parts = json_array(), *part = NULL;
    for (size_t i = 0; i < items; i++) {
        if (i % (uint64_t)chunk == 0) {
            part = json_array();
            json_array_append_new(parts, part);
        }
        json_array_append(part, json_array_get(array, i));
    }
    *ret_value = parts;
    return JSONATA_OK;
}

static enum jsonata_status call_range(void *data, const struct jsonata_environment *environment,
                                      json_t *const *arguments, size_t count, json_t **ret_value,
                                      struct jsonata_error *ret_error)
{
    (void)data;
    (void)environment;
    *ret_value = NULL;
    if (count < 3 || !arguments[0] || !arguments[1] || !arguments[2]) {
        return JSONATA_OK;
    }
    int64_t first = whole(arguments[0]), last = whole(arguments[1]), step = whole(arguments[2]);
    if (step == 0 || (step > 0 && first > last) || (step < 0 && first < last)) {
        return JSONATA_OK;
    }
    uint64_t span = step > 0 ? (uint64_t)last - (uint64_t)first : (uint64_t)first - (uint64_t)last;
    uint64_t stride = step > 0 ? (uint64_t)step : -(uint64_t)step, items = span / stride;
    if (items >= RANGE_ITEMS_MAX) {
        return refuse(ret_error, "The range has more than 10 million items");
    }
    if (items == 0) {
        *ret_value = json_integer(first); /* a sequence of one is its item */
        return JSONATA_OK;
    }
    json_t *range = json_array();
    for (uint64_t i = 0; i <= items; i++) {
        uint64_t offset = i * stride;
        uint64_t item = step > 0 ? (uint64_t)first + offset : (uint64_t)first - offset;
        json_array_append_new(range, json_integer((json_int_t)item));
    }
    *ret_value = range;
    return JSONATA_OK;
}

static enum jsonata_status call_hash(void *data, const struct jsonata_environment *environment,
                                     json_t *const *arguments, size_t count, json_t **ret_value,
                                     struct jsonata_error *ret_error)
{
    (void)data;
    (void)environment;
    *ret_value = NULL;
    if (count < 2 || !arguments[0] || !arguments[1]) {
        return JSONATA_OK;
    }
    *ret_value =
        dr_digest(json_string_value(arguments[1]), json_string_value(arguments[0]), json_string_length(arguments[0]));
    return *ret_value ? JSONATA_OK : refuse(ret_error, "Invalid hashing algorithm");
}

static enum jsonata_status call_random(void *data, const struct jsonata_environment *environment,
                                       json_t *const *arguments, size_t count, json_t **ret_value,
                                       struct jsonata_error *ret_error)
{
    (void)ret_error;
    if (count > 0 && arguments[0]) {
        *ret_value = json_real(dr_java_random_double(whole(arguments[0])));
    } else {
        *ret_value = json_real(environment->random ? environment->random(data) : 0.5);
    }
    return JSONATA_OK;
}

/* Whether an object anywhere in the text repeats a key, which AWS refuses here and our reader forgives, cannot be seen
 * in the parsed value; so the keys are counted in the text. */
static size_t count_keys(const char *text, size_t size)
{
    size_t keys = 0;
    bool in_string = false;
    for (size_t i = 0; i < size; i++) {
        if (in_string && text[i] == '\\') {
            i++;
        } else if (text[i] == '"') {
            in_string = !in_string;
        } else if (!in_string && text[i] == ':') {
            keys++;
        }
    }
    return keys;
}

static size_t count_members(const json_t *value)
{
    size_t members = json_object_size(value);
    if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++) {
            members += count_members(json_array_get(value, i));
        }
    } else if (json_is_object(value)) {
        json_t *object = dr_json_thaw(value);
        for (void *at = json_object_iter(object); at; at = json_object_iter_next(object, at)) {
            members += count_members(json_object_iter_value(at));
        }
    }
    return members;
}

static enum jsonata_status call_parse(void *data, const struct jsonata_environment *environment,
                                      json_t *const *arguments, size_t count, json_t **ret_value,
                                      struct jsonata_error *ret_error)
{
    (void)data;
    (void)environment;
    *ret_value = NULL;
    if (count < 1 || !arguments[0]) {
        return JSONATA_OK;
    }
    const char *text = json_string_value(arguments[0]);
    size_t size = json_string_length(arguments[0]);
    json_t *value = dr_json_parse(text, size, NULL);
    if (value && count_keys(text, size) != count_members(value)) {
        json_decref(value);
        value = NULL;
    }
    *ret_value = value;
    return value ? JSONATA_OK : refuse(ret_error, "Invalid JSON");
}

static enum jsonata_status call_uuid(void *data, const struct jsonata_environment *environment,
                                     json_t *const *arguments, size_t count, json_t **ret_value,
                                     struct jsonata_error *ret_error)
{
    (void)environment;
    (void)arguments;
    (void)count;
    (void)ret_error;
    const struct evaluation *evaluation = data;
    struct dr_random unseeded = {0};
    bool seeded = evaluation && evaluation->view->random;
    *ret_value = dr_uuid(seeded ? evaluation->view->random : &unseeded);
    return JSONATA_OK;
}

static const struct jsonata_function functions[] = {
    {.name = "partition", .signature = "<an?:a>", .arguments_min = 1, .arguments_max = 2, .function = call_partition},
    {.name = "range", .signature = "<nnn?:a>", .arguments_min = 2, .arguments_max = 3, .function = call_range},
    {.name = "hash", .signature = "<ss?:s>", .arguments_min = 1, .arguments_max = 2, .function = call_hash},
    {.name = "random", .signature = "<n?:n>", .arguments_min = 0, .arguments_max = 1, .function = call_random},
    {.name = "parse", .signature = "<s?:x>", .arguments_min = 0, .arguments_max = 1, .function = call_parse},
    {.name = "uuid", .signature = "<:s>", .arguments_min = 0, .arguments_max = 0, .function = call_uuid},
    {.name = "eval"}, /* refused: it would run text from the data */
};

/* --- The environment ---------------------------------------------------------------------------------------------- */

static int64_t now_ms(void *data)
{
    const struct evaluation *evaluation = data;
    return evaluation->view->now_ms;
}

static double draw(void *data)
{
    const struct evaluation *evaluation = data;
    return evaluation->view->random ? dr_random_unit(evaluation->view->random) : 0.5;
}

static json_t *build_states(const struct dr_view *view)
{
    json_t *states = json_object();
    const json_t *context = view->context ? view->context(view->context_data) : NULL;
    const struct {
        const char *name;
        size_t size;
        const json_t *value;
    } members[] = {
        {"input", 5, view->input},
        {"result", 6, view->result},
        {"errorOutput", 11, view->error_output},
        {"context", 7, context},
    };
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        if (members[i].value) {
            json_object_setn_new_nocheck(states, members[i].name, members[i].size, dr_json_share(members[i].value));
        }
    }
    return states;
}

static json_t *find_variable(void *data, const char *name, size_t size)
{
    const struct evaluation *evaluation = data;
    if (size == 6 && memcmp(name, "states", 6) == 0) {
        if (!evaluation->cache->states) {
            evaluation->cache->states = build_states(evaluation->view);
        }
        return json_incref(evaluation->cache->states);
    }
    return dr_json_share(dr_scope_find(evaluation->view->scope, name, size));
}

#define ENVIRONMENT                                                                                                    \
    .now_ms = now_ms, .random = draw, .variable = find_variable, .functions = functions,                               \
    .function_count = sizeof functions / sizeof *functions

static const struct jsonata_environment compile_environment = {ENVIRONMENT};

bool dr_jsonata_is_function(const char *name)
{
    unsigned fewest, most;
    return dr_jsonata_arity(name, &fewest, &most);
}

bool dr_jsonata_arity(const char *name, unsigned *ret_min, unsigned *ret_max)
{
    return jsonata_arity(&compile_environment, name, strlen(name), ret_min, ret_max);
}

const char *dr_jsonata_nearest_function(const char *name)
{
    const char *names[128];
    size_t count = 0;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        if (functions[i].function) {
            names[count++] = functions[i].name;
        }
    }
    for (size_t i = 0; count < sizeof names / sizeof *names && jsonata_function_name(i); i++) {
        const char *built_in = jsonata_function_name(i);
        if (dr_jsonata_is_function(built_in)) {
            names[count++] = built_in;
        }
    }
    return dr_nearest(name, names, count);
}

struct jsonata *dr_jsonata_compile(const char *text, size_t size, struct jsonata_error *ret_error)
{
    return jsonata_compile(text, size, &compile_environment, ret_error);
}

void dr_states_cache_done(struct dr_states_cache *cache)
{
    json_decref(cache->states);
    cache->states = NULL;
}

enum jsonata_status dr_jsonata_eval(const struct jsonata *program, const struct dr_view *view,
                                    struct dr_states_cache *cache, json_t **ret_value, struct jsonata_error *ret_error)
{
    struct evaluation evaluation = {.view = view, .cache = cache};
    const struct jsonata_environment environment = {ENVIRONMENT, .data = &evaluation};
    /* "$" means nothing at the top of an expression in Step Functions: everything comes from variables. */
    return jsonata_eval(program, NULL, NULL, &environment, ret_value, ret_error);
}

enum jsonata_status dr_jsonata_explore(const char *text, size_t size, const struct dr_view *view, json_t **ret_value,
                                       struct jsonata_error *ret_error)
{
    struct dr_states_cache cache = {0};
    struct evaluation evaluation = {.view = view, .cache = &cache};
    struct jsonata_environment environment = {ENVIRONMENT, .data = &evaluation};
    environment.function_count--; /* the last row takes $eval away */
    struct jsonata *program = jsonata_compile(text, size, &environment, ret_error);
    enum jsonata_status status = JSONATA_ERROR;
    if (program) {
        status = jsonata_eval(program, view->input, NULL, &environment, ret_value, ret_error);
    }
    jsonata_free(program);
    dr_states_cache_done(&cache);
    return status;
}
