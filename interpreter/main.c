/* drrun: a table of commands, nothing else. */
#include "interpreter/command/command.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const struct dr_command *const dr_commands[] = {
    &dr_command_run,     &dr_command_resume,   &dr_command_list,     &dr_command_show,
    &dr_command_history, &dr_command_report,   &dr_command_stop,     &dr_command_approve,
    &dr_command_deny,    &dr_command_validate, &dr_command_actions,  &dr_command_eval,
    &dr_command_models,  &dr_command_iam,      &dr_command_simulate, NULL,
};

static const struct dr_command *find_command(const char *name)
{
    for (const struct dr_command *const *command = dr_commands; *command; command++)
        if (strcmp((*command)->name, name) == 0)
            return *command;
    return NULL;
}

static int print_help(void)
{
    struct dr_text out = {0};
    dr_text_puts(&out, "drrun runs disaster-recovery runbooks: Amazon States Language in YAML, checkpointed at every "
                       "step.\n\nExamples:\n"
                       "  drrun failover.yaml --reason \"us-east-1 is down\"    run it\n"
                       "  drrun resume                                        finish it after a crash\n"
                       "  drrun validate failover.yaml failback.yaml          check them in a pull request\n\nCommands "
                       "(drrun COMMAND --help tells more):\n");
    for (const struct dr_command *const *command = dr_commands; *command; command++)
        dr_text_printf(&out, "  %-10s %s\n", (*command)->name, (*command)->summary);
    dr_text_puts(&out, "\n'drrun FILE' is 'drrun run FILE'. 'drrun --version' prints the version.\n");
    bool written = dr_write_all(1, out.bytes, out.size);
    dr_text_done(&out);
    return written ? DR_EXIT_SUCCESS : DR_EXIT_SYSTEM;
}

static int print_version(void)
{
    bool printed;
    if (dr_globals.json) {
        json_t *document = json_pack("{s:s}", "version", DRRUN_VERSION);
        printed = dr_print_json(document);
        json_decref(document);
    } else {
        printed = dr_print("drrun %s\n", DRRUN_VERSION);
    }
    return printed ? DR_EXIT_SUCCESS : DR_EXIT_SYSTEM;
}

static int unknown_command(const char *word)
{
    const char *names[64];
    size_t count = 0;
    for (const struct dr_command *const *command = dr_commands; *command; command++)
        names[count++] = (*command)->name;
    const char *nearest = dr_nearest(word, names, count);
    if (nearest)
        dr_complain("\"%s\" is neither a command nor a file; did you mean 'drrun %s'?", word, nearest);
    else
        dr_complain("\"%s\" is neither a command nor a file; 'drrun --help' lists the commands", word);
    return DR_EXIT_USAGE;
}

static int run_word(int argc, char **argv, int index)
{
    const char *word = index < argc ? argv[index] : "--help";
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0) {
        const struct dr_command *command = index + 1 < argc ? find_command(argv[index + 1]) : NULL;
        char *help[] = {argv[0], (char[]){"--help"}, NULL};
        int status = command ? dr_command_main(command, 2, help) : print_help();
        return argc > 1 ? status : DR_EXIT_USAGE;
    }
    if (strcmp(word, "--version") == 0)
        return print_version();
    const struct dr_command *command = find_command(word);
    if (command) { /* global options may stand before it too */
        memmove(argv + index, argv + index + 1, (size_t)(argc - index) * sizeof *argv);
        return dr_command_main(command, argc - 1, argv);
    }
    /* A file, or options followed by one. */
    if (word[0] == '-' || strchr(word, '.') || strchr(word, '/') || access(word, F_OK) == 0)
        return dr_command_main(&dr_command_run, argc, argv);
    return unknown_command(word);
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error to report, not a reason to die in the middle of a failover */
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0;
         i++) /* wrong usage is told as JSON too, wherever it stands */
        dr_globals.json = dr_globals.json || strcmp(argv[i], "--json") == 0;
    int status = run_word(argc, argv, dr_command_word(argc, argv));
    dr_print_failure(status);
    return status;
}
