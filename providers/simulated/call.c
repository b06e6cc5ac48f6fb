/* What operations share: failing, reading their input, and giving a page of a list. */
#include "providers/simulated/cloud.h"

#include "interpreter/base/text.h"

#include <stdlib.h>
#include <string.h>

void dr_sim_fail(struct dr_sim_call *call, int status, const char *code, const char *message_format, ...)
{
    va_list arguments;
    va_start(arguments, message_format);
    free(call->error);
    free(call->message);
    call->error = dr_copy_string(code);
    call->message = dr_format_list(message_format, arguments);
    call->status = status;
    va_end(arguments);
}

const char *dr_sim_string(const struct dr_sim_call *call, const char *member, const char *otherwise)
{
    const json_t *value = json_object_get(call->input, member);
    return json_is_string(value) ? json_string_value(value) : otherwise;
}

int64_t dr_sim_int(const struct dr_sim_call *call, const char *member, int64_t otherwise)
{
    const json_t *value = json_object_get(call->input, member);
    return json_is_integer(value) ? (int64_t)json_integer_value(value) : otherwise;
}

bool dr_sim_bool(const struct dr_sim_call *call, const char *member, bool otherwise)
{
    const json_t *value = json_object_get(call->input, member);
    return json_is_boolean(value) ? json_is_true(value) : otherwise;
}

/* --- Pages ------------------------------------------------------------------------------------------------------- */

#define TOKEN "simulated-" /* and the index of the first item of the next page */

/* A paginator's fields are a name or a list of names; ours are pages by one token. */
static const char *first_name(const json_t *paginator, const char *field)
{
    const json_t *value = json_object_get(paginator, field);
    return json_string_value(json_is_array(value) ? json_array_get(value, 0) : value);
}

static size_t limit_of(const struct dr_sim_call *call, const char *key, size_t page_max)
{
    const json_t *value = key ? json_object_get(call->input, key) : NULL;
    long long limit = json_is_string(value) ? strtoll(json_string_value(value), NULL, 10) : json_integer_value(value);
    return limit > 0 && (unsigned long long)limit < page_max ? (size_t)limit : page_max;
}

void dr_sim_page(struct dr_sim_call *call, const char *member, const json_t *all, size_t page_max,
                 const char *bad_token_code)
{
    const char *text = call->operation->paginator_text;
    json_t *paginator = text ? dr_json_parse(text, strlen(text), NULL) : NULL;
    const char *input_token = first_name(paginator, "input_token"),
               *output_token = first_name(paginator, "output_token");
    const char *more = first_name(paginator, "more_results");
    const char *given = input_token ? dr_sim_string(call, input_token, "") : "";
    size_t start = 0, size = json_array_size(all), limit = limit_of(call, first_name(paginator, "limit_key"), page_max);
    bool fine = true;
    if (*given) {
        char *end = NULL;
        fine = strncmp(given, TOKEN, strlen(TOKEN)) == 0;
        start = fine ? strtoull(given + strlen(TOKEN), &end, 10) : 0;
        fine = fine && *end == '\0' && start <= size;
    }
    if (!fine) {
        dr_sim_fail(call, 0, bad_token_code, "The token %s is not valid", given);
    } else {
        size_t stop = start + limit < size ? start + limit : size;
        json_t *items = json_array();
        for (size_t i = start; i < stop; i++)
            json_array_append(items, json_array_get(all, i));
        call->output = call->output ? call->output : json_object();
        json_object_set_new(call->output, member, items);
        if (more)
            json_object_set_new(call->output, more, json_boolean(stop < size));
        if (stop < size && output_token) {
            char *token = dr_format(TOKEN "%zu", stop);
            json_object_set_new(call->output, output_token, json_string(token));
            free(token);
        }
    }
    json_decref(paginator);
}
