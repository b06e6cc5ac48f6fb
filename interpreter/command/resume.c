/* drrun resume: finish an interrupted execution, or redrive a failed one. */
#include "interpreter/command/command.h"
#include "interpreter/command/drive.h"

#include "interpreter/runtime/real.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *from_argument, *with_argument, *unknown_argument, *state_argument, *output_argument, *input_argument;
static bool yes, trace, force;

static const struct dr_option options[] = {
    {.name = "--from",
     .argument = "STATE",
     .help = "go on from this state, with the input it had",
     .value = &from_argument},
    {.name = "--with", .argument = "FILE", .help = "go on with an edited runbook", .value = &with_argument},
    {.name = "--input",
     .argument = "JSON|@FILE|-",
     .help = "with --from: this input instead",
     .value = &input_argument},
    {.name = "--unknown",
     .argument = "repeat|fail|succeed",
     .help = "what became of the call whose outcome is unknown",
     .value = &unknown_argument},
    {.name = "--state", .argument = "STATE", .help = "with --unknown: only of this state", .value = &state_argument},
    {.name = "--output",
     .argument = "JSON|@FILE|-",
     .help = "with --unknown succeed: what it returned",
     .value = &output_argument},
    {.name = "--yes", .help = "do not ask", .flag = &yes},
    {.name = "--force", .help = "take the application over from another interrupted execution", .flag = &force},
    {.name = "--trace", .help = "with --json: the input and output of every state from here on", .flag = &trace},
    {0},
};

static int resume(const struct dr_words *words);

const struct dr_command dr_command_resume = {
    .name = "resume",
    .synopsis = "[ID] [--from STATE] [--with FILE] [--unknown repeat|fail|succeed]",
    .summary = "Finish an interrupted execution; redrive a failed one.",
    .help = "Examples:\n"
            "  drrun resume                              # the newest that is not finished\n"
            "  drrun resume 20261121-031502-4f2a9c\n"
            "  drrun resume 2026 --from ScaleUp          # again from a chosen state\n"
            "  drrun resume 2026 --with failover.yaml    # with the runbook as it is now\n"
            "  drrun resume 2026 --unknown repeat        # after looking: it did not take effect\n\n"
            "An interrupted execution reaches the end that it would have reached. A failed one goes on from the states "
            "that failed and keeps what is done.\n"
            "--from and --with first show what stays, what changes and what would run again, and ask.",
    .options = options,
    .run = resume,
};

/* ----- What --from and --with would do
 * ------------------------------------------------------------------------------------------- */

struct plan {
    const struct dr_program *program; /* to go on with */
    struct dr_program *edited;        /* owned; NULL without --with */
    const struct dr_state *state;
    json_t *input, *variables;
};

static const char *files_text(const struct dr_program *program)
{
    return json_string_value(json_object_get(program->files, program->path));
}

/* Compares the runbook's states by their text. */
static void show_changes(const struct dr_program *old, const struct dr_program *edited)
{
    struct dr_diagnostics found = {0};
    const char *old_text = files_text(old), *new_text = files_text(edited);
    struct dr_document *before = old_text ? dr_document_parse(old->path, old_text, strlen(old_text), &found) : NULL;
    struct dr_document *after = new_text ? dr_document_parse(edited->path, new_text, strlen(new_text), &found) : NULL;
    json_t *a = before ? dr_node_json(before->root) : json_object(),
           *b = after ? dr_node_json(after->root) : json_object();
    json_t *old_states = json_object_get(a, "States"), *new_states = json_object_get(b, "States");
    const char *name;
    json_t *value;
    size_t changes = 0;
    json_object_foreach(new_states, name, value)
    {
        json_t *was = json_object_get(old_states, name);
        if (was && json_equal(was, value))
            continue;
        dr_say("  %-10s  %s\n", was ? "changed" : "new", name);
        changes++;
    }
    json_object_foreach(old_states, name, value)
    {
        if (json_object_get(new_states, name))
            continue;
        dr_say("  %-10s  %s\n", "removed", name);
        changes++;
    }
    if (changes == 0)
        dr_say("  no state of the runbook differs\n");
    json_decref(a);
    json_decref(b);
    dr_document_free(before);
    dr_document_free(after);
    dr_diagnostics_done(&found);
}

/* All states that can be reached from this one, in the order of the runbook. */
static void mark_reachable(const struct dr_machine *machine, const struct dr_state *state, bool *reached)
{
    const struct dr_state **stack = dr_alloc((machine->count + 1) * sizeof *stack);
    size_t depth = 0;
    reached[state->index] = true;
    stack[depth++] = state;
    while (depth > 0) {
        state = stack[--depth];
        const struct dr_state *targets[2] = {state->next, state->kind == DR_CHOICE ? state->choice.otherwise : NULL};
        size_t rules = state->kind == DR_CHOICE ? state->choice.count : 0;
        for (size_t i = 0; i < 2 + rules + state->catcher_count; i++) {
            const struct dr_state *target = i < 2           ? targets[i]
                                            : i < 2 + rules ? state->choice.rules[i - 2].next
                                                            : state->catchers[i - 2 - rules].next;
            if (target && !reached[target->index]) {
                reached[target->index] = true;
                stack[depth++] = target;
            }
        }
    }
    free(stack);
}

static void show_plan(const struct dr_execution *execution, const struct plan *plan)
{
    const struct dr_machine *machine = plan->program->machine;
    bool *reached = dr_alloc((machine->count + 1) * sizeof *reached);
    if (plan->edited) {
        dr_say("The edited runbook %s:\n", plan->edited->path);
        show_changes(dr_execution_program(execution), plan->edited);
    }
    mark_reachable(machine, plan->state, reached);
    dr_say("Going on from %s:\n", plan->state->name);
    for (size_t i = 0; i < machine->count; i++) {
        const json_t *input, *variables;
        const char *name = machine->states[i]->name;
        bool done = dr_execution_entered(execution, name, &input, &variables);
        if (reached[i] || done)
            dr_say("  %-10s  %s\n", !reached[i] ? "stays done" : done ? "runs again" : "will run", name);
    }
    free(reached);
}

static const struct dr_state *state_named(const struct dr_program *program, const char *name)
{
    const struct dr_state *state = dr_machine_state(program->machine, name, strlen(name));
    if (state)
        return state;
    const char **names = dr_alloc((program->machine->count + 1) * sizeof *names);
    for (size_t i = 0; i < program->machine->count; i++)
        names[i] = program->machine->states[i]->name;
    const char *nearest = dr_nearest(name, names, program->machine->count);
    dr_complain("--from: the runbook has no state \"%s\"%s%s%s", name, nearest ? "; did you mean \"" : "",
                nearest ? nearest : "", nearest ? "\"?" : "");
    free(names);
    return NULL;
}

static void top_state(void *data, const struct dr_activity *activity)
{
    const struct dr_state **state = data;
    if (activity->depth == 0)
        *state = activity->state;
}

/* Fills in the plan. Returns an exit status, or -1. */
static int make_plan(struct dr_session *session, struct plan *plan)
{
    struct dr_execution *execution = session->execution;
    plan->program = dr_execution_program(execution);
    if (with_argument) {
        struct dr_diagnostics found = {0};
        plan->edited = dr_program_load(with_argument, session->catalogue, &found);
        dr_print_diagnostics(&found);
        dr_diagnostics_done(&found);
        if (!plan->edited)
            return DR_EXIT_INVALID;
        plan->program = plan->edited;
    }
    const struct dr_state *current = NULL;
    dr_execution_activities(execution, top_state, &current);
    const char *name = from_argument ? from_argument : current ? current->name : NULL;
    if (!name)
        return dr_usage(&dr_command_resume, "the execution has ended; say from which state: --from STATE");
    plan->state = state_named(plan->program, name);
    if (!plan->state)
        return DR_EXIT_USAGE;
    const json_t *input = NULL, *variables = NULL;
    bool entered = dr_execution_entered(execution, name, &input, &variables);
    if (!entered && !input_argument)
        return dr_usage(&dr_command_resume, "state \"%s\" was never entered, so its input is not known: give --input",
                        name);
    plan->input =
        input_argument ? dr_json_argument("--input", input_argument) : json_incref((json_t *)(uintptr_t)input);
    plan->variables = json_incref((json_t *)(uintptr_t)variables);
    return plan->input ? -1 : DR_EXIT_INVALID;
}

/* ----- The command
 * ------------------------------------------------------------------------------------------------------------------ */

/* Says what became of calls with an unknown outcome. Returns an exit status, or -1. */
static int resolve(struct dr_execution *execution)
{
    static const char *const verdicts[] = {"repeat", "fail", "succeed"};
    bool known = false;
    for (size_t i = 0; i < 3; i++)
        known = known || strcmp(unknown_argument, verdicts[i]) == 0;
    if (!known)
        return dr_usage(&dr_command_resume, "--unknown takes repeat, fail or succeed, not \"%s\"", unknown_argument);
    json_t *output = output_argument ? dr_json_argument("--output", output_argument) : NULL;
    if (output_argument && !output)
        return DR_EXIT_INVALID;
    if (dr_execution_resolve(execution, state_argument, unknown_argument, output))
        return -1;
    return dr_usage(&dr_command_resume, "no call %s%s has an unknown outcome", state_argument ? "of " : "here",
                    state_argument ? state_argument : "");
}

static int go_on(struct dr_session *session, struct plan *plan)
{
    struct dr_execution *execution = session->execution;
    enum dr_status status = dr_execution_status(execution);
    bool chosen = from_argument || with_argument;
    if (chosen) {
        int refused = make_plan(session, plan);
        if (refused >= 0)
            return refused;
        show_plan(execution, plan);
        if (!yes && !dr_confirm("Go on like this?")) {
            dr_complain("nothing was changed; --yes goes on without asking");
            return DR_EXIT_USAGE;
        }
    } else if (status == DR_SUCCEEDED) {
        dr_complain("execution %s has succeeded; there is nothing to resume (--from STATE runs a part of it again)",
                    dr_execution_id(execution));
        return DR_EXIT_USAGE;
    }
    dr_say("%s: execution %s\n", dr_execution_program(execution)->runbook->name, dr_execution_id(execution));
    dr_progress_attach(session->progress, execution, session->runtime);
    dr_runtime_real_not_before(session->runtime, dr_execution_last_ms(execution));
    if (plan->edited)
        dr_execution_define(execution, plan->edited);
    if (chosen)
        dr_execution_from(execution, plan->state, plan->input, plan->variables);
    else if (status != DR_RUNNING)
        dr_execution_redrive(execution);
    dr_execution_resume(execution, &(struct dr_execution_identity){.user = dr_user(), .host = dr_host()});
    if (unknown_argument) {
        int refused = resolve(execution);
        if (refused >= 0)
            return refused;
    }
    return dr_session_drive(session);
}

static bool unfinished(const json_t *first, const json_t *last)
{
    const char *kind = json_string_value(json_object_get(last, "k"));
    const char *status = json_string_value(json_object_get(last, "status"));
    (void)first;
    return kind && !(strcmp(kind, "end") == 0 && status && strcmp(status, "SUCCEEDED") == 0);
}

static int resume(const struct dr_words *words)
{
    struct dr_session session = {0};
    struct dr_problem problem = {0};
    struct dr_journal *journal = NULL;
    struct plan plan = {0};
    if (words->count > 1)
        return dr_usage(&dr_command_resume, "one execution at a time");
    if (dr_globals.simulated)
        return dr_usage(&dr_command_resume, "a simulated execution leaves nothing to resume");
    int status = dr_session_open(&session, trace);
    if (status >= 0) {
        dr_session_close(&session);
        return status;
    }
    status = DR_EXIT_SYSTEM;
    char *id = dr_find_execution(session.store, words->count == 1 ? words->items[0] : NULL, unfinished, "unfinished");
    if (!id) {
        status = DR_EXIT_USAGE;
    } else if (!dr_journal_open(session.store, id, &journal, &problem)) {
        status = dr_complain_problem(&problem);
    } else {
        const struct dr_journal_read *read = dr_journal_read_result(journal);
        if (read->torn_bytes > 0)
            dr_say("%llu bytes at the end of the journal were never committed (a write was cut off); they are dropped. "
                   "Nothing depended on them.\n",
                   (unsigned long long)read->torn_bytes);
        dr_session_execution(&session, journal);
        if (!dr_execution_replay(session.execution, from_argument || with_argument ? DR_REPLAY_WHOLE : DR_REPLAY_QUICK,
                                 &problem))
            status = dr_complain_problem(&problem);
        else if (dr_session_lock(&session, dr_execution_program(session.execution)->runbook->application, id, force))
            status = go_on(&session, &plan);
    }
    json_decref(plan.input);
    json_decref(plan.variables);
    free(id);
    dr_session_close(&session);
    dr_program_free(plan.edited);
    return status;
}
