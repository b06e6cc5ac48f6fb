/* The states' own data flow, run over what is known: each state is entered with what all ways to it have in common,
 * until nothing changes any more; then what each calls is told. It ends, because what is known only becomes less. */
#include "interpreter/plan/reach.h"

#include "interpreter/base/limits.h"
#include "interpreter/base/text.h"
#include "interpreter/expression/known.h"
#include "interpreter/states/dataflow.h"

#include <stdlib.h>
#include <string.h>

enum {
    ITEMS_MAX = 100,      /* of a Map that are looked at one by one; beyond, as one that is not known */
    MACHINES_MAX = 10000, /* entered in all; beyond, no Map is looked at one by one any more */
};

struct walk {
    struct dr_catalogue *catalogue;
    dr_reach_fn *visit;
    void *data;
    const json_t *region, *credentials; /* what the Tasks of this machine have unless they say otherwise */
    const char *path;                   /* of the state around this machine; "" */
    const struct dr_scope *outer;
    unsigned depth;
    size_t *machines; /* how many were entered */
};

/* What is known of a state when it is entered. */
struct entry {
    json_t *input, *variables; /* NULL: no way has led here yet */
    bool waiting;              /* to be looked at (again) */
};

static void reach_machine(const struct walk *walk, const struct dr_machine *machine, const json_t *input);

static struct dr_moment moment_of(const struct dr_state *state, const struct entry *entry, const struct dr_scope *scope,
                                  struct dr_random *random)
{
    return (struct dr_moment){
        .state = state,
        .input = entry->input,
        .execution_id = "",
        .view = {.input = entry->input, .scope = scope, .random = random, .partial = true},
    };
}

/* --- Ways between states ---------------------------------------------------------------------------------------------
 */

static bool replace(json_t **value, const json_t *coming)
{
    json_t *both = dr_known_in_both(*value, coming);
    bool changed = !*value || !json_equal(*value, both);
    json_decref(*value);
    *value = both;
    return changed;
}

/* A way from a state with `variables`; consumes the decision. */
static void go(struct entry *entries, const json_t *variables, struct dr_decision *decision)
{
    if (decision->next) {
        struct entry *entry = &entries[decision->next->index];
        bool failed = decision->kind == DR_DECIDE_FAIL;
        json_t *output = failed || !decision->output ? dr_unknown() : json_incref(decision->output);
        json_t *then = json_copy((json_t *)(uintptr_t)variables);
        json_object_update(then, decision->assigned);
        bool changed = replace(&entry->input, output);
        entry->waiting = replace(&entry->variables, then) || changed || entry->waiting;
        json_decref(output);
        json_decref(then);
    }
    dr_decision_done(decision);
}

static void go_by_rules(const struct dr_moment *moment, struct entry *entries, const json_t *variables)
{
    const struct dr_state *state = moment->state;
    struct dr_decision decision = {0};
    for (size_t i = 0; i < state->choice.count; i++) {
        const struct dr_choice_rule *rule = &state->choice.rules[i];
        dr_flow_pass_on(moment, rule->assign, rule->output, rule->next, &decision);
        go(entries, variables, &decision);
    }
    dr_flow_pass_on(moment, state->assign, state->output, state->choice.otherwise, &decision);
    go(entries, variables, &decision);
}

static void leave(const struct dr_moment *moment, struct entry *entries, const json_t *variables)
{
    const struct dr_state *state = moment->state;
    struct dr_decision decision = {0};
    json_t *unknown = dr_unknown();
    if (state->kind == DR_CHOICE) {
        go_by_rules(moment, entries, variables);
    } else if (state->kind == DR_PASS) {
        dr_state_types[DR_PASS]->enter(moment, &decision);
        decision.next = state->next;
        go(entries, variables, &decision);
    } else if (state->kind == DR_WAIT) {
        dr_flow_pass_on(moment, state->assign, state->output, state->next, &decision);
        go(entries, variables, &decision);
    } else if (state->kind == DR_TASK || state->kind == DR_PARALLEL || state->kind == DR_MAP) {
        dr_flow_leave(moment, unknown, state->next, &decision);
        go(entries, variables, &decision);
        json_t *error_output = json_pack("{s:O,s:O}", "Error", unknown, "Cause", unknown);
        for (size_t i = 0; i < state->catcher_count; i++) {
            dr_flow_catch(moment, &state->catchers[i], error_output, &decision);
            go(entries, variables, &decision);
        }
        json_decref(error_output);
    }
    json_decref(unknown);
}

/* --- What a state calls ----------------------------------------------------------------------------------------------
 */

/* The template over the state's effective input; dr_unknown() where that fails. */
static json_t *template_value(const struct dr_moment *moment, const struct dr_template *tpl)
{
    struct dr_decision decision = {0};
    json_t *input = dr_flow_input(moment, &decision), *value = NULL;
    if (input)
        value = dr_flow_template(moment, tpl, input, &decision);
    json_decref(input);
    dr_decision_done(&decision);
    return value ? value : dr_unknown();
}

static void tell(const struct walk *walk, const struct dr_state *state, const struct dr_resource *resource,
                 const char *text, const json_t *arguments)
{
    struct dr_reached reached = {
        .state = state,
        .path = walk->path,
        .resource = resource,
        .resource_text = text,
        .arguments = arguments,
        .region = walk->region,
        .credentials = walk->credentials,
    };
    walk->visit(walk->data, &reached);
}

static void reach_task(const struct walk *walk, const struct dr_moment *moment)
{
    const struct dr_state *state = moment->state;
    const struct dr_resource *resource = state->task.resource;
    struct walk inner = *walk;
    json_t *region = NULL, *credentials = NULL, *arguments = template_value(moment, state->parameters);
    if (dr_setting_present(&state->task.region)) {
        struct dr_error error = {0};
        region = dr_setting_value(&state->task.region, &moment->view, &error);
        dr_error_done(&error);
        inner.region = region = region ? region : dr_unknown();
    }
    if (state->task.credentials)
        inner.credentials = credentials = template_value(moment, state->task.credentials);
    if (resource && resource->kind != DR_RESOURCE_PRIMITIVE) {
        const json_t *given = arguments;
        json_t *nothing = json_object();
        if (resource->kind == DR_RESOURCE_RUNBOOK) {
            given = json_object_get(arguments, "Input");
            given = given ? given : dr_is_unknown(arguments) ? arguments : nothing;
            if (resource->runbook->region && !dr_setting_present(&state->task.region)) {
                json_decref(region);
                inner.region = region = json_string(resource->runbook->region);
            }
        }
        json_t *input = dr_catalogue_defaults(walk->catalogue, resource, given);
        inner.outer = NULL; /* it sees no variables of its caller */
        inner.depth++;
        if (inner.depth <= DR_ACTION_DEPTH_MAX)
            reach_machine(&inner, resource->machine, input);
        json_decref(input);
        json_decref(nothing);
    } else {
        tell(&inner, state, resource, state->task.resource_text, arguments);
    }
    json_decref(region);
    json_decref(credentials);
    json_decref(arguments);
}

/* Objects that a Map gets or puts by itself: their keys follow from what it reads, or are its own. */
static void tell_object(const struct walk *walk, const struct dr_state *state, const struct dr_resource *resource,
                        const json_t *where)
{
    json_t *bucket = json_object_get(where, "Bucket");
    json_t *arguments =
        json_pack("{s:o,s:o}", "Bucket", bucket ? json_incref(bucket) : dr_unknown(), "Key", dr_unknown());
    tell(walk, state, resource, resource->name, arguments);
    json_decref(arguments);
}

static void reach_map(const struct walk *walk, const struct dr_moment *moment)
{
    const struct dr_state *state = moment->state;
    json_t *items = NULL, *selected_from = template_value(moment, NULL);
    if (state->map.reader) {
        json_t *arguments = template_value(moment, state->map.reader->arguments);
        tell(walk, state, state->map.reader->resource, state->map.reader->resource_text, arguments);
        if (state->map.reader->get)
            tell_object(walk, state, state->map.reader->get,
                        state->map.reader->reads == DR_READS_LISTED ? arguments : NULL);
        json_decref(arguments);
    } else if (state->map.items) {
        items = template_value(moment, state->map.items);
    } else {
        struct dr_moment in_place = *moment;
        in_place.view.input = selected_from;
        if (state->map.items_path.path &&
            dr_path_find(state->map.items_path.path, &in_place.view, &items, NULL) != DR_PATH_FOUND)
            items = NULL;
    }
    bool one_by_one = json_is_array(items) && json_array_size(items) <= ITEMS_MAX && !state->map.batcher &&
                      *walk->machines < MACHINES_MAX;
    if (!one_by_one) {
        json_decref(items);
        items = json_array();
        json_array_append_new(items, dr_unknown());
    }
    for (size_t i = 0; i < json_array_size(items); i++) {
        struct dr_decision decision = {0};
        json_t *input = state->map.batcher ? dr_unknown()
                                           : dr_map_item(moment, selected_from, json_array_get(items, i), i, &decision);
        dr_decision_done(&decision);
        input = input ? input : dr_unknown();
        reach_machine(walk, state->map.processor, input);
        json_decref(input);
    }
    if (state->map.writer && state->map.writer->resource_text) {
        json_t *arguments = template_value(moment, state->map.writer->arguments);
        if (state->map.writer->exports && state->map.writer->resource)
            tell_object(walk, state, state->map.writer->resource, arguments);
        else
            tell(walk, state, state->map.writer->resource, state->map.writer->resource_text, arguments);
        json_decref(arguments);
    }
    json_decref(items);
    json_decref(selected_from);
}

static void reach_state(const struct walk *walk, const struct dr_moment *moment, const struct dr_scope *scope)
{
    const struct dr_state *state = moment->state;
    struct walk inner = *walk;
    char *path = dr_format("%s%s%s", walk->path, *walk->path ? "/" : "", state->name);
    inner.path = path;
    inner.outer = scope;
    if (state->kind == DR_TASK) {
        reach_task(&inner, moment);
    } else if (state->kind == DR_MAP) {
        reach_map(&inner, moment);
    } else if (state->kind == DR_PARALLEL) {
        json_t *input = template_value(moment, state->parameters);
        for (size_t i = 0; i < state->parallel.count; i++)
            reach_machine(&inner, state->parallel.branches[i], input);
        json_decref(input);
    }
    free(path);
}

static void reach_machine(const struct walk *walk, const struct dr_machine *machine, const json_t *input)
{
    (*walk->machines)++;
    struct entry *entries = dr_alloc(machine->count * sizeof *entries);
    struct dr_random random = {0};
    entries[machine->start->index] = (struct entry){dr_json_share(input), json_object(), true};
    for (bool again = true; again;) {
        again = false;
        for (size_t i = 0; i < machine->count; i++) {
            struct entry *entry = &entries[i];
            if (!entry->waiting)
                continue;
            again = true;
            entry->waiting = false;
            struct entry now = {json_incref(entry->input), json_incref(entry->variables), false};
            const struct dr_scope scope = {now.variables, walk->outer};
            struct dr_moment moment = moment_of(machine->states[i], &now, &scope, &random);
            leave(&moment, entries, now.variables);
            json_decref(now.input);
            json_decref(now.variables);
        }
    }
    for (size_t i = 0; i < machine->count; i++) {
        struct entry *entry = &entries[i];
        if (!entry->input)
            continue;
        const struct dr_scope scope = {entry->variables, walk->outer};
        struct dr_moment moment = moment_of(machine->states[i], entry, &scope, &random);
        reach_state(walk, &moment, &scope);
        json_decref(entry->input);
        json_decref(entry->variables);
    }
    free(entries);
}

void dr_reach(const struct dr_program *program, struct dr_catalogue *catalogue, const json_t *input, dr_reach_fn *visit,
              void *data)
{
    json_t *region = program->runbook->region ? json_string(program->runbook->region) : NULL;
    size_t machines = 0;
    struct walk walk = {
        .catalogue = catalogue, .visit = visit, .data = data, .region = region, .path = "", .machines = &machines};
    reach_machine(&walk, program->machine, input);
    json_decref(region);
}
