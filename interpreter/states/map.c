/* Map: one machine over many items. Stages: read the items (ItemReader), run them, write the results (ResultWriter). */
#include "interpreter/states/dataflow.h"
#include "interpreter/states/map_items.h"
#include "interpreter/states/map_objects.h"

#include "interpreter/base/limits.h"
#include "interpreter/base/text.h"
#include "interpreter/expression/values.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A number from MaxConcurrency(Path), ToleratedFailureCount(Path), ...: `otherwise` if absent. A numeric string is
 * accepted through a path, as AWS does. */
static bool setting_number(const struct dr_view *view, const struct dr_setting *setting, bool whole, double otherwise,
                           double *ret_number, struct dr_decision *decision)
{
    *ret_number = otherwise;
    if (!dr_setting_present(setting))
        return true;
    json_t *value = dr_flow_setting(view, setting, decision);
    if (!value)
        return false;
    double number = json_is_number(value) ? json_number_value(value) : (double)NAN;
    if (json_is_string(value) && setting->path && json_string_length(value) > 0) {
        char *end;
        number = strtod(json_string_value(value), &end);
        if (*end != '\0')
            number = (double)NAN;
    }
    bool valid = isfinite(number) && (!whole || floor(number) >= number);
    if (valid)
        *ret_number = number;
    else
        dr_flow_wrong_type(setting, value, whole ? "integer" : "number", whole ? "integer" : "float", decision);
    json_decref(value);
    return valid;
}

static bool tolerances(const struct dr_moment *moment, const struct dr_view *view, struct dr_decision *decision)
{
    const struct dr_state *state = moment->state;
    double concurrency, count, percentage;
    if (!setting_number(view, &state->map.concurrency_max, true, 0, &concurrency, decision) ||
        !setting_number(view, &state->map.tolerated_count, true, -1, &count, decision) ||
        !setting_number(view, &state->map.tolerated_percentage, false, -1, &percentage, decision))
        return false;
    if (concurrency < 0)
        dr_flow_fail(decision, "States.Runtime", "MaxConcurrency cannot be negative.");
    else if (count < 0 && dr_setting_present(&state->map.tolerated_count))
        dr_flow_fail(decision, "States.Runtime", "ToleratedFailureCount cannot be negative.");
    else if ((percentage < 0 && dr_setting_present(&state->map.tolerated_percentage)) || percentage > 100)
        dr_flow_fail(decision, "States.Runtime", "ToleratedFailurePercentage must be between 0 and 100.");
    else {
        decision->concurrency_max = concurrency < DR_MAP_ITEMS_MAX ? (int64_t)concurrency : 0;
        decision->tolerated_count = (int64_t)fmin(count, DR_MAP_ITEMS_MAX);
        decision->tolerated_percentage = percentage;
        return true;
    }
    return false;
}

/* ----- The item that a branch starts with ------------------------------------------------------------------------ */

struct item_context {
    const struct dr_view *outer;
    json_t *item;
    size_t index;
    json_t *built;
};

static const json_t *item_context_build(void *data)
{
    struct item_context *seen = data;
    if (!seen->built) {
        const json_t *outer = seen->outer->context ? seen->outer->context(seen->outer->context_data) : NULL;
        seen->built = outer ? json_copy((json_t *)(uintptr_t)outer) : json_object();
        json_object_set_new(seen->built, "Map",
                            json_pack("{s:{s:I,s:O}}", "Item", "Index", (json_int_t)seen->index, "Value", seen->item));
    }
    return seen->built;
}

json_t *dr_map_item(const struct dr_moment *moment, json_t *selected_from, json_t *item, size_t index,
                    struct dr_decision *decision)
{
    if (!moment->state->map.item_selector)
        return json_incref(item);
    struct item_context seen = {.outer = &moment->view, .item = item, .index = index};
    struct dr_moment inner = *moment;
    inner.view.context = item_context_build;
    inner.view.context_data = &seen;
    json_t *input = dr_flow_template(&inner, moment->state->map.item_selector, selected_from, decision);
    json_decref(seen.built);
    return input;
}

/* ----- Stage: run ------------------------------------------------------------------------------------------------ */

static bool make_batches(const struct dr_moment *moment, const struct dr_view *view, json_t *selected_from,
                         struct dr_decision *decision)
{
    const struct dr_item_batcher *batcher = moment->state->map.batcher;
    double items_max, bytes_max;
    if (!setting_number(view, &batcher->items_max, true, 0, &items_max, decision) ||
        !setting_number(view, &batcher->bytes_max, true, 0, &bytes_max, decision))
        return false;
    if (items_max < 0 || bytes_max < 0) {
        dr_flow_fail(decision, "States.Runtime", "%s cannot be negative.",
                     items_max < 0 ? "MaxItemsPerBatch" : "MaxInputBytesPerBatch");
        return false;
    }
    json_t *batch_input = NULL;
    if (batcher->batch_input &&
        !(batch_input = dr_flow_template(moment, batcher->batch_input, selected_from, decision)))
        return false;
    json_t *selected = json_array();
    for (size_t i = 0; i < json_array_size(decision->items); i++) {
        json_t *input = dr_map_item(moment, selected_from, json_array_get(decision->items, i), i, decision);
        if (!input) {
            json_decref(selected);
            json_decref(batch_input);
            return false;
        }
        json_array_append_new(selected, input);
    }
    json_t *batches = dr_items_batch(selected, batch_input, (size_t)items_max, (size_t)bytes_max);
    json_decref(selected);
    json_decref(batch_input);
    json_decref(decision->items);
    decision->items = batches;
    decision->items_ready = true;
    return true;
}

/* Forks over decision->items. `input` is the effective input, which the selectors see. Steals neither. */
static void fork_items(const struct dr_moment *moment, json_t *input, struct dr_decision *decision)
{
    struct dr_view view = moment->view;
    view.input = input;
    decision->kind = DR_DECIDE_FORK;
    decision->stage = DR_MAP_RUN;
    decision->timeout_ms = DR_TIME_NONE;
    decision->output = json_incref(input);
    if (!tolerances(moment, &view, decision))
        return;
    if (json_array_size(decision->items) > DR_MAP_ITEMS_MAX) {
        dr_flow_fail(decision, "States.Runtime", "The Map state has more items than the maximum of %d.",
                     DR_MAP_ITEMS_MAX);
        return;
    }
    if (moment->state->map.batcher)
        make_batches(moment, &view, input, decision);
}

/* The items of a Map without a reader: a new reference, or NULL with a failing decision. */
static json_t *own_items(const struct dr_moment *moment, json_t *input, struct dr_decision *decision)
{
    const struct dr_state *state = moment->state;
    json_t *items;
    if (state->language == DR_JSONATA) {
        items = dr_flow_template(moment, state->map.items, input, decision);
    } else if (state->map.items_path.is_root || !state->map.items_path.path) {
        items = json_incref(input);
    } else {
        struct dr_view view = moment->view;
        view.input = input;
        char *detail = NULL;
        if (dr_path_find(state->map.items_path.path, &view, &items, &detail) != DR_PATH_FOUND) {
            dr_flow_fail(decision, "States.Runtime", "Invalid path '%s' : %s", dr_path_text(state->map.items_path.path),
                         detail ? detail : "No results");
            free(detail);
            return NULL;
        }
    }
    if (!items || json_is_array(items))
        return items;
    struct dr_text text = {0};
    dr_text_json(&text, items, 10000);
    if (state->language == DR_JSONPATH)
        dr_flow_fail(decision, "States.Runtime", "Reference path \"%s\" must point to array.",
                     state->map.items_path.path ? dr_path_text(state->map.items_path.path) : "$");
    else if (state->map.items && dr_template_expression(state->map.items))
        dr_flow_fail(decision, "States.QueryEvaluationError",
                     "The JSONata expression '%s' specified for the field 'Items' returned an unexpected result type. "
                     "Expected 'array', but was '%s' for value: %s",
                     dr_template_expression(state->map.items), dr_json_type_name(items), text.bytes);
    else
        dr_flow_fail(decision, "States.QueryEvaluationError", "Map state input must be an array but was: %s",
                     text.bytes);
    dr_text_done(&text);
    json_decref(items);
    return NULL;
}

static void map_enter(const struct dr_moment *moment, struct dr_decision *decision)
{
    const struct dr_item_reader *reader = moment->state->map.reader;
    json_t *input = dr_flow_input(moment, decision);
    if (!input)
        return;
    if (reader && !reader->resource) {
        dr_flow_fail(decision, "States.Runtime",
                     "The resource '%s' cannot be called: this drrun has no provider for it", reader->resource_text);
    } else if (reader) {
        decision->kind = DR_DECIDE_CALL;
        decision->stage = DR_MAP_READ;
        decision->resource = reader->resource;
        decision->timeout_ms = decision->heartbeat_ms = DR_TIME_NONE;
        if (reader->arguments)
            decision->output = dr_flow_template(moment, reader->arguments, input, decision);
        else
            decision->output = json_object();
        if (decision->output && reader->reads != DR_READS_ITEMS)
            decision->carried = dr_objects_carry(decision->output);
    } else {
        decision->items = own_items(moment, input, decision);
        if (decision->items)
            fork_items(moment, input, decision);
    }
    json_decref(input);
}

static void items_were_read(const struct dr_moment *moment, json_t *result, struct dr_decision *decision)
{
    const struct dr_item_reader *reader = moment->state->map.reader;
    json_t *input = dr_flow_input(moment, decision);
    if (!input)
        return;
    struct dr_view view = moment->view;
    view.input = input;
    double items_max;
    if (setting_number(&view, &reader->items_max, true, 0, &items_max, decision)) {
        if (items_max < 0)
            dr_flow_fail(decision, "States.ItemReaderFailed", "field MaxItems must be positive");
        else if (reader->reads == DR_READS_ITEMS)
            decision->items = dr_items_read(reader, result, (size_t)items_max, decision);
        else
            dr_objects_read(moment, result, (size_t)items_max, decision);
    }
    if (decision->items)
        fork_items(moment, input, decision);
    json_decref(input);
}

/* The arguments of the writer's call, as the author gave them: a new reference, or NULL with a failing decision. */
static json_t *writer_arguments(const struct dr_moment *moment, struct dr_decision *decision)
{
    const struct dr_result_writer *writer = moment->state->map.writer;
    json_t *input = dr_flow_input(moment, decision), *arguments = NULL;
    if (input)
        arguments = writer->arguments ? dr_flow_template(moment, writer->arguments, input, decision) : json_object();
    json_decref(input);
    return arguments;
}

static void export_items(const struct dr_moment *moment, json_t *records, struct dr_decision *decision)
{
    const struct dr_result_writer *writer = moment->state->map.writer;
    if (!writer->resource) {
        dr_flow_fail(decision, "States.Runtime",
                     "The resource '%s' cannot be called: this drrun has no provider for it", writer->resource_text);
        return;
    }
    json_t *arguments = writer_arguments(moment, decision);
    if (arguments)
        dr_objects_export(moment, arguments, records, decision);
    json_decref(arguments);
}

static void items_are_done(const struct dr_moment *moment, json_t *result, struct dr_decision *decision)
{
    const struct dr_result_writer *writer = moment->state->map.writer;
    if (!writer || writer->exports) {
        if (writer)
            export_items(moment, result, decision);
        else
            dr_flow_leave(moment, result, moment->state->next, decision);
        return;
    }
    json_t *formatted = dr_items_format(writer, result);
    if (!writer->resource_text) { /* WriterConfig alone shapes the state's own result */
        dr_flow_leave(moment, formatted, moment->state->next, decision);
    } else if (!writer->resource) {
        dr_flow_fail(decision, "States.Runtime",
                     "The resource '%s' cannot be called: this drrun has no provider for it", writer->resource_text);
    } else {
        json_t *arguments = writer_arguments(moment, decision);
        if (arguments) {
            decision->kind = DR_DECIDE_CALL;
            decision->stage = DR_MAP_WRITE;
            decision->resource = writer->resource;
            decision->timeout_ms = decision->heartbeat_ms = DR_TIME_NONE;
            decision->output = dr_items_write_arguments(writer, arguments, formatted);
        }
        json_decref(arguments);
    }
    json_decref(formatted);
}

static void map_resume(const struct dr_moment *moment, json_t *result, struct dr_decision *decision)
{
    if (moment->stage == DR_MAP_READ || moment->stage == DR_MAP_FETCH)
        items_were_read(moment, result, decision);
    else if (moment->stage == DR_MAP_RUN)
        items_are_done(moment, result, decision);
    else if (moment->state->map.writer->exports)
        dr_objects_exported(moment, decision);
    else
        dr_flow_leave(moment, result, moment->state->next, decision);
}

extern const struct dr_state_type dr_map;
const struct dr_state_type dr_map = {.name = "Map", .enter = map_enter, .resume = map_resume};
