/* Wait: until so many seconds have passed, or until a point in time. */
#include "interpreter/states/dataflow.h"

#include "interpreter/base/clock.h"
#include "interpreter/base/text.h"

#include <math.h>
#include <string.h>

#define WAIT_MS_MAX                                                                                                    \
    (INT64_C(24855) * 86400 * 1000) /* AWS accepts 24855 days, just below 2^31 seconds, and refuses 24856 */

static void wait_fail(struct dr_decision *decision, const struct dr_setting *setting, const json_t *value,
                      const char *what)
{
    struct dr_text shown = {0};
    if (json_is_string(value))
        dr_text_add(&shown, json_string_value(value), json_string_length(value));
    else
        dr_text_json(&shown, value, 10000);
    if (setting->path)
        dr_flow_fail(decision, "States.Runtime", "The %s parameter %s: %s == %s", setting->field, what, setting->path,
                     shown.bytes ? shown.bytes : "");
    else
        dr_flow_fail(decision, "States.QueryEvaluationError", "The %s field %s: %s", setting->field, what,
                     shown.bytes ? shown.bytes : "");
    dr_text_done(&shown);
}

static void wait_until(struct dr_decision *decision, int64_t now_ms, int64_t until_ms)
{
    decision->kind = DR_DECIDE_WAIT;
    decision->until_ms = until_ms;
    if (until_ms - now_ms > WAIT_MS_MAX)
        dr_flow_fail(decision, "States.Runtime", "Wait state delay is too long.");
}

static void wait_seconds(struct dr_decision *decision, const struct dr_setting *setting, json_t *value, int64_t now_ms)
{
    double seconds = (double)NAN;
    if (json_is_number(value)) {
        seconds = json_number_value(value);
    } else if (json_is_string(value) && setting->path && json_string_length(value) > 0) {
        char *end; /* a numeric string is accepted through a path */
        seconds = (double)strtoll(json_string_value(value), &end, 10);
        if (*end != '\0')
            seconds = (double)NAN;
    }
    if (!json_is_number(value) && !setting->path)
        dr_flow_wrong_type(setting, value, "number", "integer", decision);
    else if (isnan(seconds) || floor(seconds) < seconds)
        wait_fail(decision, setting, value,
                  setting->path ? "cannot be parsed as a long value" : "must be a non-negative integer");
    else if (seconds < 0)
        wait_fail(decision, setting, value,
                  setting->path ? "references a negative value" : "must be a non-negative integer");
    else
        wait_until(decision, now_ms, seconds > 1e12 ? INT64_MAX : now_ms + (int64_t)seconds * 1000);
}

static void wait_timestamp(struct dr_decision *decision, const struct dr_setting *setting, json_t *value,
                           int64_t now_ms)
{
    int64_t time_ms;
    uint32_t nanoseconds;
    if (!json_is_string(value) && !setting->path)
        dr_flow_wrong_type(setting, value, "string", "string", decision);
    else if (!json_is_string(value) ||
             !dr_time_parse(json_string_value(value), json_string_length(value), &time_ms, &nanoseconds))
        wait_fail(decision, setting, value,
                  setting->path ? "does not reference a valid ISO-8601 extended offset date-time format string"
                                : "cannot be parsed as an ISO-8601 extended offset date-time format string");
    else
        wait_until(decision, now_ms, nanoseconds % 1000000 != 0 ? time_ms + 1 : time_ms); /* never early */
}

static void wait_enter(const struct dr_moment *moment, struct dr_decision *decision)
{
    const struct dr_setting *setting = &moment->state->wait.setting;
    json_t *input = dr_flow_input(moment, decision);
    if (!input)
        return;
    struct dr_view view = moment->view;
    view.input = input;
    json_t *value = dr_setting_value(setting, &view, &decision->error);
    json_decref(input);
    if (!value && setting->path)
        dr_flow_fail(decision, "States.Runtime", "The %s parameter does not reference an input value: %s",
                     setting->field, setting->path);
    else if (!value)
        dr_flow_failed(decision);
    else if (moment->state->wait.kind == DR_WAIT_SECONDS)
        wait_seconds(decision, setting, value, view.now_ms);
    else
        wait_timestamp(decision, setting, value, view.now_ms);
    json_decref(value);
}

static void wait_resume(const struct dr_moment *moment, json_t *result, struct dr_decision *decision)
{
    (void)result;
    dr_flow_pass_on(moment, moment->state->assign, moment->state->output, moment->state->next, decision);
}

extern const struct dr_state_type dr_wait;
const struct dr_state_type dr_wait = {.name = "Wait", .enter = wait_enter, .resume = wait_resume};
