/* Dates and times. */
#include "interpreter/expression/jsonata/function.h"

#include "interpreter/expression/jsonata/picture.h"

static struct jx_text picture_of(struct jx_value value)
{
    return jx_is_string(value) ? jx_as_text(value) : (struct jx_text){NULL, 0};
}

struct jx_value jx_fn_to_millis(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)count;
    if (jx_is_undefined(arguments[0]))
        return JX_NOTHING;
    if (jx_is_undefined(arguments[1]))
        return jx_parse_iso_date(run, arguments[0]);
    return jx_parse_date(run, jx_as_text(arguments[0]), jx_as_text(arguments[1]));
}

struct jx_value jx_fn_from_millis(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)count;
    if (jx_is_undefined(arguments[0]))
        return JX_NOTHING;
    return jx_format_date(run, jx_as_number(arguments[0]), picture_of(arguments[1]), arguments[2]);
}

struct jx_value jx_fn_now(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)count;
    return jx_format_date(run, (double)run->now_ms, picture_of(arguments[0]), arguments[1]);
}

struct jx_value jx_fn_millis(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)arguments, (void)count;
    return jx_number((double)run->now_ms);
}
