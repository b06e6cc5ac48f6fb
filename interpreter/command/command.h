/* The command line: one file per verb, a table of verbs in main.c, and what they share. Only this room prints. */
#ifndef DRRUN_COMMAND_COMMAND_H
#define DRRUN_COMMAND_COMMAND_H

#include "interpreter/base/diagnostic.h"
#include "interpreter/base/text.h"
#include "interpreter/definition/catalogue.h"
#include "interpreter/journal/journal.h"

enum dr_exit {
    DR_EXIT_SUCCESS = 0,     /* succeeded, or nothing to report */
    DR_EXIT_FAILED = 1,      /* the execution failed, timed out or was aborted */
    DR_EXIT_USAGE = 2,       /* wrong usage */
    DR_EXIT_INVALID = 3,     /* the runbook or its input is invalid */
    DR_EXIT_SYSTEM = 4,      /* store, disk, network set-up: nothing was lost, resume */
    DR_EXIT_INTERRUPTED = 5, /* checkpointed: resume */
};

/* ----- Options
 * ------------------------------------------------------------------------------------------------------------ */

struct dr_option {
    const char *name;     /* "--input" */
    const char *argument; /* "JSON|@FILE|-"; NULL: a flag */
    const char *help;
    bool optional; /* the argument may be left out, and is given only as --name=ARGUMENT */
    /* One of these receives it. */
    bool *flag;
    const char **value;     /* the last one wins */
    struct dr_words *words; /* every one is kept */
};

struct dr_words {
    const char **items;
    size_t count;
};

/* What every command accepts. */
struct dr_globals {
    const char *store;    /* --store; NULL: the default */
    const char *simulate; /* --simulate: "" without a world; NULL: not given */
    bool simulated;
    struct dr_words faults; /* --fault */
    const char *seed;       /* --seed; NULL: the world's or a random one */
    bool json, quiet, no_color;
    struct dr_words actions; /* --actions */
};
extern struct dr_globals dr_globals;

struct dr_command {
    const char *name;
    const char *synopsis;            /* "[ID] [--from STATE]" */
    const char *summary;             /* one line for the list of commands */
    const char *help;                /* begins with examples */
    const struct dr_option *options; /* NULL-terminated by name; its own, the global ones are added */
    /* `words` are the positional arguments. Returns an exit status. */
    int (*run)(const struct dr_words *words);
};

extern const struct dr_command dr_command_run, dr_command_resume, dr_command_list, dr_command_show, dr_command_history,
    dr_command_stop, dr_command_approve, dr_command_deny, dr_command_eval, dr_command_validate, dr_command_actions,
    dr_command_models, dr_command_iam, dr_command_report, dr_command_simulate;
extern const struct dr_command *const dr_commands[]; /* NULL-terminated, in the order of the help */

/* The index of the first word that is neither a global option nor its value: the command, if there is one. */
int dr_command_word(int argc, char **argv);
/* Parses argv[1..] against the command's options and the global ones, runs it, or prints its help. */
int dr_command_main(const struct dr_command *command, int argc, char **argv);
/* Prints "drrun COMMAND: message" and the hint to read the help. Returns DR_EXIT_USAGE. */
int dr_usage(const struct dr_command *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ----- Output
 * ------------------------------------------------------------------------------------------------------------- */

bool dr_color(int fd);    /* colour and cursor movement are welcome there */
bool dr_terminal(int fd); /* a person watches there */
/* Writes all of it, whatever happens to signals; false if the descriptor refuses. */
bool dr_write_all(int fd, const char *bytes, size_t size);
/* Prints to stdout as JSON (indented in a terminal) with a newline. False, having said so on stderr, if stdout refuses.
 */
bool dr_print_json(const json_t *value);
bool dr_print(const char *format, ...) __attribute__((format(printf, 1, 2)));    /* stdout */
void dr_say(const char *format, ...) __attribute__((format(printf, 1, 2)));      /* stderr, unless --quiet */
void dr_complain(const char *format, ...) __attribute__((format(printf, 1, 2))); /* stderr: "drrun: ..." */
void dr_keep_complaint(const char *message);
/* With --json, and if nothing stands on stdout yet: {"error", "cause"} with the first complaint. */
void dr_print_failure(int status);
int dr_complain_problem(struct dr_problem *problem); /* prints and frees it; returns its exit status */
/* All diagnostics, sorted, to stderr. */
void dr_print_diagnostics(struct dr_diagnostics *found);
/* Says that something is invalid: with --json as {"valid", "diagnostics": [...]} on stdout too. Empties the list. */
void dr_print_findings(struct dr_diagnostics *found, bool valid);
json_t *dr_diagnostic_json(const struct dr_diagnostic *diagnostic);
/* Asks a yes-or-no question on the terminal. False without one. */
bool dr_confirm(const char *question);

/* ----- What commands work on
 * -------------------------------------------------------------------------------------------------- */

/* The store of --store, $DRRUN_STORE or $XDG_STATE_HOME/drrun. NULL, having complained. */
struct dr_store *dr_open_store(bool create);
/* The catalogue with --actions, $DRRUN_ACTIONS and the installed actions. Never NULL. */
/* AWS as the user has it set up: models, settings, credentials; made on first use, shared by all that the process does,
 * and reads nothing before it is needed. */
struct dr_aws *dr_open_aws(void);
/* Where dynamic references of AWS are fetched; the process's own as well. */
struct dr_secret_source *dr_open_secrets(void);
struct dr_catalogue *dr_open_catalogue(void);
/* The execution that `word` means: an id, the beginning of one, a name (the newest so named), or with NULL the newest
 * that `wanted` accepts. The caller frees. NULL, having complained. */
char *dr_find_execution(struct dr_store *store, const char *word,
                        bool (*wanted)(const json_t *first, const json_t *last), const char *what);
/* JSON from an argument: JSON text, @FILE or - for standard input. NULL, having complained. */
json_t *dr_json_argument(const char *option, const char *argument);
const char *dr_user(void); /* who is at the terminal: $SUDO_USER, $USER, or the uid */
const char *dr_host(void);

#endif
