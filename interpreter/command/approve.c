/* drrun approve and deny: answer what an execution waits for, from any terminal that reaches its store. */
#include "interpreter/command/look.h"

#include "interpreter/base/clock.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *comment_argument, *output_argument, *error_argument, *cause_argument;
static bool heartbeat;
static const struct dr_option options[] = {
    {.name = "--comment", .argument = "TEXT", .help = "for the record", .value = &comment_argument},
    {.name = "--output",
     .argument = "JSON|@FILE|-",
     .help = "approve: what the state returns instead of who approved",
     .value = &output_argument},
    {.name = "--heartbeat",
     .help = "no answer yet, but it is being worked on: HeartbeatSeconds starts anew",
     .flag = &heartbeat},
    {0},
};
static const struct dr_option deny_options[] = {
    {.name = "--error",
     .argument = "NAME",
     .help = "the error with which the state fails, instead of Approval.Denied",
     .value = &error_argument},
    {.name = "--cause", .argument = "TEXT", .help = "its cause, instead of who denied", .value = &cause_argument},
    {.name = "--comment", .argument = "TEXT", .help = "for the record", .value = &comment_argument},
    {0},
};

static int approve(const struct dr_words *words);
static int deny(const struct dr_words *words);

const struct dr_command dr_command_approve = {
    .name = "approve",
    .synopsis = "ID [TOKEN] [--output JSON|@FILE|-] [--heartbeat]",
    .summary = "Approve what an execution waits for.",
    .help = "Examples:\n  drrun approve 20261121-031502-4f2a9c\n  drrun approve 2026 --comment \"checked with the "
            "database team\"\n"
            "  drrun approve 2026 4f2a9c01 --output '{\"restored\": true}'\n\n"
            "The token is needed only if the execution waits for several answers; 'drrun show ID' prints them. If "
            "nothing runs the execution just now, the\n"
            "answer is kept and counts when it is resumed.\n\n"
            "It answers any task token (.waitForTaskToken) as SendTaskSuccess does, with --heartbeat as "
            "SendTaskHeartbeat; 'drrun deny' as SendTaskFailure.",
    .options = options,
    .run = approve,
};

const struct dr_command dr_command_deny = {
    .name = "deny",
    .synopsis = "ID [TOKEN] [--error NAME] [--cause TEXT]",
    .summary = "Refuse what an execution waits for: the state fails with Approval.Denied.",
    .help = "Examples:\n  drrun deny 20261121-031502-4f2a9c --comment \"the primary is back\"\n"
            "  drrun deny 2026 4f2a9c01 --error Restore.Failed --cause \"the snapshot is gone\"",
    .options = deny_options,
    .run = deny,
};

struct waiting {
    const char *wanted;
    size_t count;
    char *token;
};

static void find_waiting(void *data, const struct dr_activity *activity)
{
    struct waiting *waiting = data;
    if (!activity->awaits_answer ||
        (waiting->wanted && strncmp(activity->token, waiting->wanted, strlen(waiting->wanted)) != 0))
        return;
    waiting->count++;
    free(waiting->token);
    waiting->token = dr_copy_string(activity->token);
}

static int answer(const struct dr_command *command, const struct dr_words *words)
{
    struct dr_look look = {0};
    struct dr_problem problem = {0};
    if (words->count < 1 || words->count > 2)
        return dr_usage(command, "which execution? Give its id ('drrun list')");
    struct waiting waiting = {.wanted = words->count == 2 ? words->items[1] : NULL};
    int status = dr_look_open(&look, words->items[0], NULL);
    if (status < 0) {
        dr_execution_activities(look.execution, find_waiting, &waiting);
        if (waiting.count == 0)
            status = dr_usage(command, "execution %s waits for no such answer ('drrun show %s')", look.id, look.id);
        else if (waiting.count > 1)
            status = dr_usage(command, "execution %s waits for %zu answers: give the token too ('drrun show %s')",
                              look.id, waiting.count, look.id);
    }
    json_t *output = status < 0 && output_argument ? dr_json_argument("--output", output_argument) : NULL;
    if (status < 0 && output_argument && !output)
        status = DR_EXIT_INVALID;
    if (status < 0) {
        char at[DR_TIME_TEXT];
        json_t *message = json_pack("{s:s,s:s,s:s,s:s*,s:s,s:O*,s:s*,s:s*}", "kind",
                                    heartbeat ? "heartbeat" : command->name, "token", waiting.token, "by", dr_user(),
                                    "comment", comment_argument, "at", dr_time_format(at, (int64_t)time(NULL) * 1000),
                                    "output", output, "error", error_argument, "cause", cause_argument);
        bool posted = dr_store_post(look.store, look.id, message, &problem);
        json_decref(message);
        status = posted ? DR_EXIT_SUCCESS : dr_complain_problem(&problem);
        if (posted && !dr_store_is_running(look.store, look.id, NULL))
            dr_say("recorded; nothing runs the execution just now: drrun resume %s\n", look.id);
    }
    json_decref(output);
    free(waiting.token);
    dr_look_close(&look);
    return status;
}

static int approve(const struct dr_words *words)
{
    return answer(&dr_command_approve, words);
}

static int deny(const struct dr_words *words)
{
    return answer(&dr_command_deny, words);
}
