/* drrun eval: one expression, as a runbook would evaluate it. Without one, in a terminal, a small loop that reads and
 * prints. */
#include "interpreter/command/command.h"

#include "interpreter/base/clock.h"
#include "interpreter/base/limits.h"
#include "interpreter/document/document.h"
#include "interpreter/expression/jsonata_aws.h"
#include "interpreter/expression/template.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

static const char *input_argument, *variables_argument;
static bool jsonata, jsonpath;

static const struct dr_option options[] = {
    {.name = "--jsonata", .help = "the expression is JSONata (the default)", .flag = &jsonata},
    {.name = "--jsonpath", .help = "the expression is a JSONPath or an intrinsic function call", .flag = &jsonpath},
    {.name = "--input",
     .argument = "JSON|@FILE|-",
     .help = "what it is evaluated on: $ and $states.input",
     .value = &input_argument},
    {.name = "--vars",
     .argument = "JSON|@FILE",
     .help = "an object of variables: {\"n\": 1} is $n",
     .value = &variables_argument},
    {0},
};

static int eval(const struct dr_words *words);

const struct dr_command dr_command_eval = {
    .name = "eval",
    .synopsis = "[--jsonata|--jsonpath] ['EXPR'|@FILE] [--input JSON|@FILE|-] [--vars JSON|@FILE]",
    .summary = "Evaluate an expression, as a runbook would.",
    .help = "Examples:\n"
            "  drrun eval '$sum(items.price)' --input '{\"items\": [{\"price\": 2}, {\"price\": 3}]}'\n"
            "  drrun eval '{% $states.input.region = $home %}' --input '{\"region\": \"us-west-2\"}' --vars "
            "'{\"home\": \"us-west-2\"}'\n"
            "  drrun eval --jsonpath \"States.Format('{} hosts', States.ArrayLength(\\$.hosts))\" --input @hosts.json\n"
            "  drrun eval                                # in a terminal: reads expressions line by line\n\n"
            "Prints the result as JSON, nothing if there is none, and exits with 0; a mistake is shown with its place, "
            "and the exit status is 1.\n"
            "$eval works here, to try things out; in a runbook it is refused.",
    .options = options,
    .run = eval,
};

static void show_mistake(const char *text, size_t begin, size_t end, const char *code, const char *message)
{
    struct dr_source source = {.name = "expression", .bytes = text, .size = strlen(text)};
    struct dr_diagnostics found = {0};
    uint32_t line = 1, column = 1, length = 0;
    for (size_t i = 0; i < end && i < source.size; i++) {
        bool starts = ((unsigned char)text[i] & 0xC0) != 0x80;
        if (i >= begin) {
            length += starts;
        } else if (text[i] == '\n') {
            line++;
            column = 1;
        } else {
            column += starts;
        }
    }
    dr_report(&found,
              &(struct dr_diagnostic){.severity = DR_ERROR,
                                      .code = code,
                                      .place = {.source = &source, .line = line, .column = column, .length = length},
                                      .message = dr_copy_string(message)});
    dr_print_diagnostics(&found);
    if (dr_globals.json) {
        json_t *document =
            json_pack("{s:{s:s,s:s,s:I}}", "error", "code", code, "message", message, "position", (json_int_t)begin);
        dr_print_json(document);
        json_decref(document);
    }
    dr_diagnostics_done(&found);
}

static int print_value(json_t *value)
{
    bool printed = dr_print_json(value);
    json_decref(value);
    return printed ? DR_EXIT_SUCCESS : DR_EXIT_SYSTEM;
}

static int eval_jsonata(const char *text, const struct dr_view *view)
{
    struct jsonata_error error = {0};
    json_t *value = NULL;
    switch (dr_jsonata_explore(text, strlen(text), view, &value, &error)) {
    case JSONATA_OK:
        return print_value(value);
    case JSONATA_UNDEFINED:
        return DR_EXIT_SUCCESS;
    case JSONATA_FUNCTION:
        show_mistake(text, 0, strlen(text), "T0000", "the result is a function, which is not JSON");
        return DR_EXIT_FAILED;
    case JSONATA_ERROR:
        break;
    }
    show_mistake(text, error.position, error.end > error.position ? error.end : error.position + 1, error.code,
                 error.message);
    return DR_EXIT_FAILED;
}

static int eval_jsonpath(const char *text, const struct dr_view *view)
{
    struct dr_source source = {.name = "expression", .bytes = text, .size = strlen(text)};
    struct dr_place place = {.source = &source, .line = 1, .column = 1};
    struct dr_node node = {.kind = DR_NODE_STRING, .place = place, .key_place = place};
    struct dr_diagnostics found = {0};
    struct dr_error error = {0};
    struct dr_arena *arena = dr_arena_new();
    int status = DR_EXIT_FAILED;
    node.string.bytes = text;
    node.string.size = source.size;
    const struct dr_template *compiled = dr_template_compile_path(arena, &node, "expression", NULL, &found);
    json_t *value = compiled ? dr_template_eval(compiled, view, &error) : NULL;
    if (!compiled) {
        const struct dr_diagnostic *first = &found.items[0];
        dr_print_findings(&found, first->severity != DR_ERROR);
    } else if (value) {
        status = print_value(value);
    } else {
        struct dr_text message = {0};
        dr_text_printf(&message, "%s: %s", error.error, error.cause ? error.cause : "");
        show_mistake(text, 0, 0, error.error, message.bytes);
        dr_text_done(&message);
    }
    dr_error_done(&error);
    dr_diagnostics_done(&found);
    dr_arena_free(arena);
    return status;
}

/* Without the {% %} around it, if there are any. A copy. */
static char *bare(const char *text)
{
    size_t size = strlen(text);
    while (size > 0 && strchr(" \t\r\n", text[size - 1]))
        size--;
    size_t begin = strspn(text, " \t\r\n");
    if (size >= begin + 4 && strncmp(text + begin, "{%", 2) == 0 && strncmp(text + size - 2, "%}", 2) == 0)
        return dr_copy_bytes(text + begin + 2, size - begin - 4);
    return dr_copy_string(text);
}

static int eval_one(const char *text, const struct dr_view *view)
{
    char *expression = bare(text);
    int status = jsonpath ? eval_jsonpath(expression, view) : eval_jsonata(expression, view);
    free(expression);
    return status;
}

static int eval_lines(const struct dr_view *view)
{
    char *line = NULL;
    size_t capacity = 0;
    ssize_t size;
    dr_say("%s; Ctrl-D ends.\n", jsonpath ? "JSONPath and intrinsic functions" : "JSONata");
    for (dr_say("> "); (size = getline(&line, &capacity, stdin)) >= 0; dr_say("> ")) {
        while (size > 0 && (line[size - 1] == '\n' || line[size - 1] == '\r'))
            line[--size] = '\0';
        if (size > 0)
            eval_one(line, view);
    }
    dr_say("\n");
    free(line);
    return DR_EXIT_SUCCESS;
}

/* The text of the expression: the word itself, or the file that @FILE names. NULL, having complained. */
static char *expression_text(const char *word)
{
    struct dr_text text = {0};
    char block[65536];
    size_t size;
    if (word[0] != '@')
        return dr_copy_string(word);
    FILE *file = fopen(word + 1, "re");
    if (!file) {
        dr_complain("%s: %s", word + 1, strerror(errno));
        return NULL;
    }
    while ((size = fread(block, 1, sizeof block, file)) > 0 && text.size < DR_DOCUMENT_BYTES_MAX)
        dr_text_add(&text, block, size);
    bool good = !ferror(file) && text.size < DR_DOCUMENT_BYTES_MAX;
    if (!good)
        dr_complain("%s: %s", word + 1,
                    text.size < DR_DOCUMENT_BYTES_MAX ? strerror(errno) : "too large for an expression");
    fclose(file);
    if (good)
        return dr_text_take(&text);
    dr_text_done(&text);
    return NULL;
}

static int eval(const struct dr_words *words)
{
    if (words->count > 1)
        return dr_usage(&dr_command_eval, "one expression; put it in quotes");
    if (jsonata && jsonpath)
        return dr_usage(&dr_command_eval, "--jsonata and --jsonpath exclude each other");
    if (words->count == 0 && !isatty(0))
        return dr_usage(&dr_command_eval, "which expression?");
    if (words->count == 0 && input_argument && strcmp(input_argument, "-") == 0)
        return dr_usage(&dr_command_eval, "standard input cannot be both the input and the expressions");
    struct timespec now;
    struct dr_random random = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    if (getrandom(&random.seed, sizeof random.seed, 0) != (ssize_t)sizeof random.seed)
        random.seed = (uint64_t)now.tv_nsec;
    json_t *input = input_argument ? dr_json_argument("--input", input_argument) : NULL;
    json_t *variables = variables_argument ? dr_json_argument("--vars", variables_argument) : NULL;
    char *text = words->count == 1 ? expression_text(words->items[0]) : NULL;
    int status = DR_EXIT_INVALID;
    struct dr_scope scope = {.variables = variables};
    struct dr_view view = {.input = input,
                           .scope = &scope,
                           .random = &random,
                           .now_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000};
    if ((input_argument && !input) || (variables_argument && !variables))
        status = DR_EXIT_INVALID;
    else if (variables && !json_is_object(variables))
        status = dr_usage(&dr_command_eval, "--vars takes an object of variables");
    else if (text)
        status = eval_one(text, &view);
    else if (words->count == 0)
        status = eval_lines(&view);
    free(text);
    json_decref(input);
    json_decref(variables);
    return status;
}
