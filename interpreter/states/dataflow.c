#include "interpreter/states/dataflow.h"

#include "interpreter/base/text.h"
#include "interpreter/expression/values.h"

#include <math.h>
#include <string.h>

void dr_decision_done(struct dr_decision *decision)
{
    json_decref(decision->output);
    json_decref(decision->assigned);
    json_decref(decision->items);
    json_decref(decision->credentials);
    json_decref(decision->carried);
    free(decision->region);
    dr_error_done(&decision->error);
    *decision = (struct dr_decision){0};
}

void dr_flow_fail(struct dr_decision *decision, const char *error, const char *cause_format, ...)
{
    va_list arguments;
    va_start(arguments, cause_format);
    char *cause = dr_format_list(cause_format, arguments);
    va_end(arguments);
    dr_error_set(&decision->error, error, "%s", cause);
    dr_flow_failed(decision);
    free(cause);
}

json_t *dr_flow_failed(struct dr_decision *decision)
{
    decision->kind = DR_DECIDE_FAIL;
    decision->error_is_ours = true;
    return NULL;
}

/* InputPath or OutputPath. A null path means an empty object. */
static json_t *select_path(const struct dr_data_path *data_path, const struct dr_view *view, json_t *document,
                           struct dr_decision *decision)
{
    if (data_path->is_root)
        return json_incref(document);
    if (!data_path->path)
        return json_object();
    struct dr_view seen = *view;
    seen.input = document;
    json_t *value = NULL;
    char *detail = NULL;
    if (dr_path_find(data_path->path, &seen, &value, &detail) == DR_PATH_FOUND)
        return value;
    dr_flow_fail(decision, "States.Runtime", "Invalid path '%s' : %s", dr_path_text(data_path->path),
                 detail ? detail : "No results");
    free(detail);
    return NULL;
}

json_t *dr_flow_input(const struct dr_moment *moment, struct dr_decision *decision)
{
    if (moment->state->language == DR_JSONATA)
        return json_incref(moment->input);
    return select_path(&moment->state->input_path, &moment->view, moment->input, decision);
}

json_t *dr_flow_template(const struct dr_moment *moment, const struct dr_template *tpl, json_t *input,
                         struct dr_decision *decision)
{
    if (!tpl)
        return json_incref(input);
    struct dr_view view = moment->view;
    if (moment->state->language == DR_JSONPATH)
        view.input = input;
    json_t *value = dr_template_eval(tpl, &view, &decision->error);
    return value ? value : dr_flow_failed(decision);
}

/* Evaluates Assign over `view` into decision->assigned. */
static bool assign(const struct dr_template *tpl, const struct dr_view *view, struct dr_decision *decision)
{
    if (!tpl)
        return true;
    decision->assigned = dr_template_eval(tpl, view, &decision->error);
    if (!decision->assigned)
        dr_flow_failed(decision);
    return decision->assigned != NULL;
}

/* ResultPath into the raw input, then OutputPath (NULL: none): the JSONPath way out. */
static void place_result(const struct dr_moment *moment, const struct dr_data_path *result_path, json_t *result,
                         const struct dr_data_path *output_path, struct dr_decision *decision)
{
    json_t *combined;
    if (result_path->is_root)
        combined = json_incref(result);
    else if (!result_path->path)
        combined = json_incref(moment->input);
    else
        combined = dr_path_set(result_path->path, moment->input, result, &decision->error);
    if (!combined) {
        dr_flow_failed(decision);
        return;
    }
    decision->output =
        output_path ? select_path(output_path, &moment->view, combined, decision) : json_incref(combined);
    json_decref(combined);
}

/* Output over `view`, or `otherwise`: the JSONata way out. */
static void evaluate_output(const struct dr_template *output, const struct dr_view *view, json_t *otherwise,
                            struct dr_decision *decision)
{
    decision->output = output ? dr_template_eval(output, view, &decision->error) : json_incref(otherwise);
    if (!decision->output)
        dr_flow_failed(decision);
}

void dr_flow_leave(const struct dr_moment *moment, json_t *result, const struct dr_state *next,
                   struct dr_decision *decision)
{
    const struct dr_state *state = moment->state;
    struct dr_view view = moment->view;
    decision->next = next;
    decision->kind = DR_DECIDE_LEAVE;
    if (state->language == DR_JSONATA) {
        view.result = result;
        if (assign(state->assign, &view, decision))
            evaluate_output(state->output, &view, result, decision);
        return;
    }
    view.input = result;
    json_t *selected = state->result_selector ? dr_template_eval(state->result_selector, &view, &decision->error)
                                              : json_incref(result);
    if (!selected) {
        dr_flow_failed(decision);
        return;
    }
    view.input = selected;
    if (assign(state->assign, &view, decision))
        place_result(moment, &state->result_path, selected, &state->output_path, decision);
    json_decref(selected);
}

void dr_flow_pass_on(const struct dr_moment *moment, const struct dr_template *assigned,
                     const struct dr_template *output, const struct dr_state *next, struct dr_decision *decision)
{
    decision->next = next;
    decision->kind = DR_DECIDE_LEAVE;
    json_t *input = dr_flow_input(moment, decision);
    if (!input)
        return;
    struct dr_view view = moment->view;
    view.input = input;
    if (assign(assigned, &view, decision)) {
        if (moment->state->language == DR_JSONPATH)
            decision->output = select_path(&moment->state->output_path, &moment->view, input, decision);
        else
            evaluate_output(output, &view, input, decision);
    }
    json_decref(input);
}

void dr_flow_catch(const struct dr_moment *moment, const struct dr_catcher *catcher, json_t *error_output,
                   struct dr_decision *decision)
{
    struct dr_view view = moment->view;
    decision->next = catcher->next;
    decision->kind = DR_DECIDE_LEAVE;
    if (moment->state->language == DR_JSONATA) {
        view.error_output = error_output;
        if (assign(catcher->assign, &view, decision))
            evaluate_output(catcher->output, &view, error_output, decision);
        return;
    }
    view.input = error_output;
    if (assign(catcher->assign, &view, decision))
        place_result(moment, &catcher->result, error_output, NULL, decision);
}

json_t *dr_flow_setting(const struct dr_view *view, const struct dr_setting *setting, struct dr_decision *decision)
{
    json_t *value = NULL;
    if (!setting->place) {
        value = dr_setting_value(setting, view, &decision->error);
        return value ? value : dr_flow_failed(decision);
    }
    char *detail = NULL;
    if (dr_path_find(setting->place, view, &value, &detail) == DR_PATH_FOUND)
        return value;
    dr_flow_fail(decision, "States.Runtime", "Invalid path '%s' : %s", setting->path, detail ? detail : "No results");
    free(detail);
    return NULL;
}

void dr_flow_wrong_type(const struct dr_setting *setting, const json_t *value, const char *type, const char *kind,
                        struct dr_decision *decision)
{
    struct dr_text text = {0};
    const char *expression = setting->computed ? dr_template_expression(setting->computed) : NULL;
    if (!expression && json_is_string(value))
        dr_text_add(&text, json_string_value(value), json_string_length(value));
    else
        dr_text_json(&text, value, 10000);
    const char *shown = text.bytes ? text.bytes : "";
    if (expression)
        dr_flow_fail(decision, "States.QueryEvaluationError",
                     "The JSONata expression '%s' specified for the field '%s' returned an unexpected result type. "
                     "Expected '%s', but was '%s' for value: %s",
                     expression, setting->field, type, dr_json_type_name(value), shown);
    else
        dr_flow_fail(decision, "States.Runtime", "The %s field refers to value \"%s\" which is not a valid %s: %s",
                     setting->field, shown, kind, setting->path ? setting->path : "");
    dr_text_done(&text);
}

bool dr_flow_seconds(const struct dr_view *view, const struct dr_setting *setting, int64_t *ret_ms,
                     struct dr_decision *decision)
{
    *ret_ms = DR_TIME_NONE;
    if (!dr_setting_present(setting))
        return true;
    json_t *value = dr_flow_setting(view, setting, decision);
    if (!value)
        return false;
    double seconds = json_number_value(value);
    bool valid = json_is_number(value) && seconds >= 1 && seconds <= 99999999 && floor(seconds) >= seconds;
    if (valid)
        *ret_ms = (int64_t)seconds * 1000;
    else if (json_is_number(value) && !setting->path)
        dr_flow_fail(decision, "States.QueryEvaluationError",
                     "The %s field must be an integer from 1 to 99999999 but was: %.15g", setting->field, seconds);
    else
        dr_flow_wrong_type(setting, value, "integer", "number of seconds (1 to 99999999)", decision);
    json_decref(value);
    return valid;
}
