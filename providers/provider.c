/* What all primitives share: finishing a call, fetching arguments, and the table of those that this build has. */
#include "providers/provider.h"

#include "interpreter/base/text.h"

#include <assert.h>
#include <stdlib.h>

#define DR_PRIMITIVE(name) extern const struct dr_primitive name;
#include "providers/primitives.def"
#undef DR_PRIMITIVE

/* The catalogue gets pointers to the resources and casts them back. */
static_assert(offsetof(struct dr_primitive, resource) == 0, "a pointer to the resource is a pointer to the primitive");

static const struct dr_resource *const primitives[] = {
#define DR_PRIMITIVE(name) &name.resource,
#include "providers/primitives.def"
#undef DR_PRIMITIVE
    NULL,
};

const struct dr_resource *const *dr_primitives(void)
{
    return primitives;
}

void dr_call_succeed(struct dr_call *call, json_t *output)
{
    assert(output);
    call->finish(call, output, NULL, false);
    json_decref(output);
}

static void finish_with_error(struct dr_call *call, const char *name, const char *format, va_list arguments,
                              bool unknown) __attribute__((format(printf, 3, 0)));

static void finish_with_error(struct dr_call *call, const char *name, const char *format, va_list arguments,
                              bool unknown)
{
    struct dr_error error = {.error = dr_copy_string(name), .cause = dr_format_list(format, arguments)};
    call->finish(call, NULL, &error, unknown);
    free(error.error);
    free(error.cause);
}

void dr_call_fail(struct dr_call *call, const char *error, const char *cause_format, ...)
{
    va_list arguments;
    va_start(arguments, cause_format);
    finish_with_error(call, error, cause_format, arguments, false);
    va_end(arguments);
}

void dr_call_unknown(struct dr_call *call, const char *error, const char *cause_format, ...)
{
    va_list arguments;
    va_start(arguments, cause_format);
    finish_with_error(call, error, cause_format, arguments, true);
    va_end(arguments);
}

void dr_call_detail(struct dr_call *call, json_t *detail)
{
    json_decref(call->detail);
    call->detail = detail;
}

void dr_call_submitted(struct dr_call *call, json_t *output)
{
    assert(call->primitive->awaits_answer && output);
    call->submitted(call, output);
    json_decref(output);
}

/* The schema has been checked, but a runbook may also give null for an optional argument: then the default holds. */
const char *dr_argument_string(const struct dr_call *call, const char *name, const char *otherwise)
{
    const json_t *value = json_object_get(call->arguments, name);
    return json_is_string(value) ? json_string_value(value) : otherwise;
}

int64_t dr_argument_int(const struct dr_call *call, const char *name, int64_t otherwise)
{
    const json_t *value = json_object_get(call->arguments, name);
    if (json_is_integer(value))
        return json_integer_value(value);
    double real = json_is_real(value) ? json_real_value(value) : 0.5;
    bool whole = real >= -9007199254740992.0 && real <= 9007199254740992.0 && real - (double)(int64_t)real == 0.0;
    return whole ? (int64_t)real : otherwise;
}

double dr_argument_real(const struct dr_call *call, const char *name, double otherwise)
{
    const json_t *value = json_object_get(call->arguments, name);
    return json_is_number(value) ? json_number_value(value) : otherwise;
}

bool dr_argument_bool(const struct dr_call *call, const char *name, bool otherwise)
{
    const json_t *value = json_object_get(call->arguments, name);
    return json_is_boolean(value) ? json_is_true(value) : otherwise;
}
