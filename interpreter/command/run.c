/* drrun run: start an execution and watch it to its end. */
#include "interpreter/command/command.h"
#include "interpreter/command/drive.h"

#include "interpreter/base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *input_argument, *name_argument, *reason_argument, *id_argument, *incident_argument;
static struct dr_words sets;
static bool yes, trace, force;

static const struct dr_option options[] = {
    {.name = "--input",
     .argument = "JSON|@FILE|-",
     .help = "the execution's input (default {})",
     .value = &input_argument},
    {.name = "--set",
     .argument = "NAME=VALUE",
     .help = "one input, converted to its declared type; may be repeated",
     .words = &sets},
    {.name = "--name", .argument = "NAME", .help = "a name for the execution", .value = &name_argument},
    {.name = "--id", .argument = "ID", .help = "its id (default: the time and a random part)", .value = &id_argument},
    {.name = "--reason",
     .argument = "TEXT",
     .help = "why; mandatory if the runbook says RequireReason",
     .value = &reason_argument},
    {.name = "--incident-at",
     .argument = "TIME",
     .help = "when the incident began (ISO 8601), for the record",
     .value = &incident_argument},
    {.name = "--yes", .help = "do not ask before a runbook with irreversible steps", .flag = &yes},
    {.name = "--force", .help = "take the application over from an interrupted execution", .flag = &force},
    {.name = "--trace", .help = "with --json: the input and output of every state", .flag = &trace},
    {0},
};

static int run(const struct dr_words *words);

const struct dr_command dr_command_run = {
    .name = "run",
    .synopsis = "FILE [--input JSON|@FILE|-] [--set NAME=VALUE]... [--name NAME] [--reason TEXT] [--yes]",
    .summary = "Run a runbook, checkpointed.",
    .help = "Examples:\n"
            "  drrun failover.yaml --reason \"us-east-1 is down, INC-4711\"\n"
            "  drrun run failover.yaml --input @input.json --set desiredCount=20\n"
            "  echo '{\"wait\": 5}' | drrun run drill.yaml --input - --json\n"
            "  drrun run failover.yaml --simulate --json --trace      # in virtual time\n\n"
            "Progress goes to standard error, the result to standard output. Every step is recorded before it takes "
            "effect: after Ctrl-C, a crash or a\n"
            "power failure 'drrun resume' goes on. Exit status: 0 succeeded, 1 failed, timed out or aborted, 2 wrong "
            "usage, 3 the runbook or its\n"
            "input is invalid, 4 the store or the system failed (resume), 5 interrupted (resume).",
    .options = options,
    .run = run,
};

/* "20261121-031502-4f2a9c": sorts by time, and can be told apart over the telephone. */
static char *make_id(int64_t now_ms, uint64_t random)
{
    time_t seconds = (time_t)(now_ms / 1000);
    struct tm utc;
    char stamp[32];
    gmtime_r(&seconds, &utc);
    strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &utc);
    return dr_format("%s-%06llx", stamp, (unsigned long long)(random & 0xffffff));
}

/* The input: --input, then --set, then defaults and checks of Runbook.Inputs. NULL, having complained; *ret_status
 * tells. */
static json_t *make_input(const struct dr_runbook *runbook, int *ret_status)
{
    struct dr_diagnostics found = {0};
    json_t *given = input_argument ? dr_json_argument("--input", input_argument) : json_object();
    *ret_status = DR_EXIT_INVALID;
    if (!given)
        return NULL;
    json_t *own = sets.count > 0 && json_is_object(given) ? json_copy(given) : json_incref(given);
    bool good = true;
    for (size_t i = 0; i < sets.count && good; i++)
        good = json_is_object(own) && dr_runbook_set(runbook, own, sets.items[i], &found);
    if (sets.count > 0 && !json_is_object(own))
        dr_complain("--set needs an input that is an object");
    json_t *input = good ? dr_runbook_input(runbook, own, &found) : NULL;
    dr_print_findings(&found, input != NULL);
    json_decref(own);
    json_decref(given);
    return input;
}

static bool irreversible(const struct dr_machine *machine)
{
    for (size_t i = 0; i < machine->count; i++) {
        const struct dr_state *state = machine->states[i];
        if (state->kind == DR_TASK && state->task.resource && state->task.resource->effect == DR_EFFECT_IRREVERSIBLE)
            return true;
        if (state->kind == DR_MAP && irreversible(state->map.processor))
            return true;
        for (size_t j = 0; state->kind == DR_PARALLEL && j < state->parallel.count; j++)
            if (irreversible(state->parallel.branches[j]))
                return true;
    }
    return false;
}

static bool agreed(const struct dr_program *program)
{
    if (yes || dr_globals.simulated || !dr_terminal(0) || !irreversible(program->machine))
        return true;
    char *question = dr_format("%s has steps that cannot be taken back. Run it?", program->runbook->name);
    bool answer = dr_confirm(question);
    free(question);
    return answer;
}

static int start(struct dr_session *session, const struct dr_program *program, json_t *input)
{
    struct dr_problem problem = {0};
    struct dr_journal *journal = NULL;
    struct dr_runtime *runtime = session->runtime;
    uint64_t random[2];
    runtime->ops->random(runtime, random, sizeof random);
    char *id = id_argument ? dr_copy_string(id_argument) : make_id(runtime->ops->now_ms(runtime), random[0]);
    int status = DR_EXIT_FAILED;
    if (!dr_session_lock(session, program->runbook->application, id, force)) {
        status = DR_EXIT_SYSTEM;
    } else if (!dr_journal_create(session->store, id, &journal, &problem)) {
        status = dr_complain_problem(&problem);
        dr_store_unlock_application(session->store, session->application_locked ? session->application_locked : "", id);
        free(session->application_locked);
        session->application_locked = NULL;
    } else {
        dr_session_execution(session, journal);
        dr_execution_start(session->execution, program, input,
                           &(struct dr_execution_identity){.id = id,
                                                           .name = name_argument,
                                                           .reason = reason_argument,
                                                           .user = dr_user(),
                                                           .host = dr_host(),
                                                           .incident_at = incident_argument,
                                                           .seed = random[1]});
        dr_progress_attach(session->progress, session->execution, session->runtime);
        if (!dr_globals.simulated)
            dr_say("%s: execution %s\n", program->runbook->name, id);
        status = dr_session_drive(session);
    }
    free(id);
    return status;
}

static int run(const struct dr_words *words)
{
    struct dr_diagnostics found = {0};
    struct dr_session session = {0};
    int64_t incident_ms;
    if (words->count != 1)
        return dr_usage(&dr_command_run, words->count == 0 ? "which runbook? Give a file" : "one runbook at a time");
    if (incident_argument && !dr_time_parse(incident_argument, strlen(incident_argument), &incident_ms, NULL))
        return dr_usage(&dr_command_run, "--incident-at: \"%s\" is not a time like 2026-11-21T03:00:00Z",
                        incident_argument);
    int status = dr_session_open(&session, trace);
    if (status >= 0) {
        dr_session_close(&session);
        return status;
    }
    status = DR_EXIT_INVALID;
    struct dr_program *program = dr_program_load(words->items[0], session.catalogue, &found);
    dr_print_findings(&found, program != NULL);
    json_t *input = program ? make_input(program->runbook, &status) : NULL;
    if (input && program->runbook->require_reason && !(reason_argument && *reason_argument))
        status = dr_usage(&dr_command_run, "this runbook wants a reason for the record: --reason TEXT");
    else if (input && !agreed(program))
        status = DR_EXIT_USAGE;
    else if (input)
        status = start(&session, program, input);
    json_decref(input);
    dr_session_close(&session);
    dr_program_free(program);
    return status;
}
