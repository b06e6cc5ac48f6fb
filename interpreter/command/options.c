/* Parsing the command line: one table of options per command, and the help printed from the same table. */
#include "interpreter/command/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct dr_globals dr_globals;

static const struct dr_option global_options[] = {
    {.name = "--store",
     .argument = "DIR",
     .help = "where executions are kept (default $DRRUN_STORE, else $XDG_STATE_HOME/drrun)",
     .value = &dr_globals.store},
    {.name = "--actions",
     .argument = "DIR",
     .help = "a folder of actions, searched before the installed ones; may be repeated",
     .words = &dr_globals.actions},
    {.name = "--simulate",
     .argument = "WORLD",
     .optional = true,
     .help = "virtual time; nothing outside is touched",
     .flag = &dr_globals.simulated,
     .value = &dr_globals.simulate},
    {.name = "--fault",
     .argument = "FAULT",
     .help = "of the simulated cloud, RegionDown:us-east-1@60s+30m or JSON; may be repeated",
     .words = &dr_globals.faults},
    {.name = "--seed", .argument = "N", .help = "of the simulation's random numbers", .value = &dr_globals.seed},
    {.name = "--json", .help = "one JSON document on standard output", .flag = &dr_globals.json},
    {.name = "--quiet", .help = "no progress on standard error", .flag = &dr_globals.quiet},
    {.name = "--no-color", .help = "no colours (also: NO_COLOR in the environment)", .flag = &dr_globals.no_color},
    {0},
};

static void print_options(struct dr_text *out, const struct dr_option *options)
{
    for (const struct dr_option *option = options; option && option->name; option++) {
        char *shown = !option->argument  ? dr_copy_string(option->name)
                      : option->optional ? dr_format("%s[=%s]", option->name, option->argument)
                                         : dr_format("%s %s", option->name, option->argument);
        if (strlen(shown) > 26)
            dr_text_printf(out, "  %s\n  %26s %s\n", shown, "", option->help);
        else
            dr_text_printf(out, "  %-26s %s\n", shown, option->help);
        free(shown);
    }
}

static int print_help(const struct dr_command *command)
{
    struct dr_text out = {0};
    dr_text_printf(&out, "%s\n\nUsage: drrun %s %s\n\n%s\n", command->summary, command->name, command->synopsis,
                   command->help);
    if (command->options && command->options->name) {
        dr_text_puts(&out, "\nOptions:\n");
        print_options(&out, command->options);
    }
    dr_text_puts(&out, "\nGlobal options:\n");
    print_options(&out, global_options);
    bool written = dr_write_all(1, out.bytes, out.size);
    dr_text_done(&out);
    return written ? DR_EXIT_SUCCESS : DR_EXIT_SYSTEM;
}

static void add_word(struct dr_words *words, const char *word)
{
    words->items = dr_resize(words->items, words->count + 1, sizeof *words->items);
    words->items[words->count++] = word;
}

static const struct dr_option *find_option(const struct dr_option *options, const char *word, size_t length)
{
    for (const struct dr_option *option = options; option && option->name; option++)
        if (strlen(option->name) == length && strncmp(option->name, word, length) == 0)
            return option;
    return NULL;
}

static const char *nearest_option(const struct dr_command *command, const char *word)
{
    const char *names[64];
    size_t count = 0;
    for (const struct dr_option *option = command->options; option && option->name && count < 48; option++)
        names[count++] = option->name;
    for (const struct dr_option *option = global_options; option->name && count < 64; option++)
        names[count++] = option->name;
    return dr_nearest(word, names, count);
}

/* Takes the option at argv[*index]. Returns an exit status, or -1 to go on. */
static int take_option(const struct dr_command *command, int argc, char **argv, int *index)
{
    const char *word = argv[*index];
    const char *equals = strchr(word, '=');
    size_t length = equals ? (size_t)(equals - word) : strlen(word);
    const struct dr_option *option = find_option(command->options, word, length);
    if (!option)
        option = find_option(global_options, word, length);
    if (!option) {
        const char *nearest = nearest_option(command, word);
        return nearest ? dr_usage(command, "unknown option %s; did you mean %s?", word, nearest)
                       : dr_usage(command, "unknown option %s", word);
    }
    if (option->flag)
        *option->flag = true;
    if (!option->argument)
        return equals ? dr_usage(command, "%s takes no value", option->name) : -1;
    const char *argument = equals ? equals + 1 : NULL;
    if (!argument && option->optional)
        argument = "";
    else if (!argument && *index + 1 < argc)
        argument = argv[++*index];
    if (!argument)
        return dr_usage(command, "%s needs a value: %s %s", option->name, option->name, option->argument);
    if (option->value)
        *option->value = argument;
    if (option->words)
        add_word(option->words, argument);
    return -1;
}

int dr_command_word(int argc, char **argv)
{
    int index = 1;
    while (index < argc && argv[index][0] == '-') {
        const char *equals = strchr(argv[index], '=');
        const struct dr_option *option =
            find_option(global_options, argv[index], equals ? (size_t)(equals - argv[index]) : strlen(argv[index]));
        if (!option)
            break;
        index += option->argument && !option->optional && !equals ? 2 : 1;
    }
    return index < argc ? index : argc;
}

int dr_command_main(const struct dr_command *command, int argc, char **argv)
{
    struct dr_words words = {0};
    int status = -1;
    bool only_words = false;
    for (int i = 1; i < argc && status < 0; i++) {
        if (only_words || argv[i][0] != '-' || argv[i][1] == '\0')
            add_word(&words, argv[i]);
        else if (strcmp(argv[i], "--") == 0)
            only_words = true;
        else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            status = print_help(command);
        else
            status = take_option(command, argc, argv, &i);
    }
    bool simulates = dr_globals.simulated || strcmp(command->name, "simulate") == 0;
    if (status < 0 && !simulates && (dr_globals.faults.count > 0 || dr_globals.seed))
        status = dr_usage(command, "%s only makes sense with --simulate", dr_globals.seed ? "--seed" : "--fault");
    if (status < 0)
        status = command->run(&words);
    dr_print_failure(status);
    free(words.items);
    free(dr_globals.actions.items);
    for (const struct dr_option *option = command->options; option && option->name; option++)
        if (option->words)
            free(option->words->items);
    return status;
}

int dr_usage(const struct dr_command *command, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *message = dr_format_list(format, arguments);
    va_end(arguments);
    dr_keep_complaint(message);
    char *text = dr_format("drrun %s: %s\nUsage: drrun %s %s\nTry: drrun %s --help\n", command->name, message,
                           command->name, command->synopsis, command->name);
    dr_write_all(2, text, strlen(text));
    free(text);
    free(message);
    return DR_EXIT_USAGE;
}
