/* Fail: ends its machine with an error of the author's. With no fields it has neither error nor cause. */
#include "interpreter/states/dataflow.h"

#include "interpreter/base/text.h"
#include "interpreter/states/map_items.h"

/* The text of Error or Cause: NULL if absent. False with a failing decision if it is not a string. */
static bool fail_text(const struct dr_view *view, const struct dr_setting *setting, char **ret_text,
                      struct dr_decision *decision)
{
    if (!dr_setting_present(setting))
        return true;
    json_t *value = dr_setting_value(setting, view, &decision->error);
    if (!value) {
        dr_flow_failed(decision);
        return false;
    }
    if (json_is_string(value)) {
        *ret_text = dr_copy_bytes(json_string_value(value), json_string_length(value));
    } else {
        dr_flow_wrong_type(setting, value, "string", "string", decision);
    }
    json_decref(value);
    return *ret_text != NULL;
}

static void fail_enter(const struct dr_moment *moment, struct dr_decision *decision)
{
    json_t *input = dr_flow_input(moment, decision);
    if (!input)
        return;
    struct dr_view view = moment->view;
    view.input = input;
    char *error = NULL, *cause = NULL;
    if (fail_text(&view, &moment->state->fail.error, &error, decision) &&
        fail_text(&view, &moment->state->fail.cause, &cause, decision)) {
        decision->kind = DR_DECIDE_FAIL;
        decision->error = (struct dr_error){.error = error ? error : dr_copy_string(""), .cause = cause};
    } else {
        free(error);
        free(cause);
    }
    json_decref(input);
}

extern const struct dr_state_type dr_fail;
const struct dr_state_type dr_fail = {.name = "Fail", .enter = fail_enter};
