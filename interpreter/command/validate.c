/* drrun validate FILE...: every mistake of every file, offline. */
#include "interpreter/command/command.h"

#include "interpreter/definition/definition.h"
#include "interpreter/document/document.h"
#include "interpreter/plan/check.h"
#include "providers/aws/client/client.h"
#include "providers/simulated/cloud.h"
#include "providers/simulated/world.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What AWS finds out only when the execution gets there, and is certain now. A run is not kept from trying. */
static const char *const certain[] = {DR_VARIABLE, DR_OUTER_VARIABLE, "UNKNOWN_FUNCTION", "INTRINSIC_ARGUMENTS",
                                      "FUNCTION_ARGUMENTS"};

static void be_strict(struct dr_diagnostics *found)
{
    for (size_t i = 0; i < found->count; i++) {
        struct dr_diagnostic *item = &found->items[i];
        for (size_t j = 0; j < sizeof certain / sizeof *certain; j++) {
            if (item->severity != DR_WARNING || item->code == NULL || strcmp(item->code, certain[j]) != 0)
                continue;
            item->severity = DR_ERROR;
            found->warnings--;
            found->errors++;
        }
    }
}

static json_t *describe(const char *file, const struct dr_diagnostics *found)
{
    json_t *list = json_array();
    for (size_t i = 0; i < found->count; i++)
        json_array_append_new(list, dr_diagnostic_json(&found->items[i]));
    json_t *description = json_object();
    json_object_set_new(description, "file", json_string(file));
    json_object_set_new(description, "valid", json_boolean(found->errors == 0));
    json_object_set_new(description, "diagnostics", list);
    return description;
}

static void count(struct dr_text *text, size_t number, const char *what)
{
    if (number > 0)
        dr_text_printf(text, "%s%zu %s%s", text->size ? ", " : "", number, what, number == 1 ? "" : "s");
}

/* A world of the simulated cloud: false if it is something else, or cannot be read. */
static bool is_world(const char *file)
{
    struct dr_diagnostics found = {0};
    struct dr_document *document = strcmp(file, "-") != 0 ? dr_document_load(file, &found) : NULL;
    bool is = document && dr_sim_is_world(document->root);
    dr_diagnostics_done(&found);
    dr_document_free(document);
    return is;
}

static void check_world(const char *file, struct dr_diagnostics *found, struct dr_sim_world **ret_world)
{
    char *problem = NULL;
    *ret_world = dr_sim_world_open(file, found);
    if (!*ret_world)
        return;
    struct dr_sim_cloud *cloud =
        dr_sim_cloud_new(dr_sim_world_json(*ret_world), dr_aws_models(dr_open_aws()), 0, 0, &problem);
    if (!cloud)
        dr_sim_world_tell(*ret_world, problem, found);
    free(problem);
    dr_sim_cloud_free(cloud);
}

/* Whether the file is valid. `report` collects for --json, NULL without it. */
static bool validate(const char *file, struct dr_catalogue *catalogue, json_t *report)
{
    struct dr_diagnostics found = {0};
    struct dr_program *program = NULL;
    struct dr_sim_world *world = NULL;
    if (is_world(file))
        check_world(file, &found, &world);
    else
        program = dr_program_load(file, catalogue, &found);
    be_strict(&found);
    if (program && found.errors == 0)
        dr_reach_check(program, catalogue, &found);
    dr_diagnostics_sort(&found);
    bool valid = found.errors == 0;
    if (report)
        json_array_append_new(report, describe(file, &found));
    else
        dr_print_diagnostics(&found);
    struct dr_text summary = {0};
    count(&summary, found.errors, "error");
    count(&summary, found.warnings, "warning");
    if (!valid && !report)
        dr_say("%s: %s\n", file, summary.bytes);
    else if (!report && !dr_globals.quiet)
        dr_print("%s: valid%s%s\n", file, summary.size ? ", " : "", summary.size ? summary.bytes : "");
    dr_text_done(&summary);
    dr_diagnostics_done(&found);
    dr_program_free(program);
    dr_sim_world_free(world);
    return valid;
}

static int run(const struct dr_words *words)
{
    if (words->count == 0)
        return dr_usage(&dr_command_validate, "which file?");
    struct dr_catalogue *catalogue = dr_open_catalogue();
    json_t *report = dr_globals.json ? json_array() : NULL;
    int status = DR_EXIT_SUCCESS;
    for (size_t i = 0; i < words->count; i++)
        if (!validate(words->items[i], catalogue, report))
            status = DR_EXIT_INVALID;
    if (report) {
        json_t *document = json_object();
        json_object_set_new(document, "files", report);
        if (!dr_print_json(document))
            status = DR_EXIT_SYSTEM;
        json_decref(document);
    }
    dr_catalogue_free(catalogue);
    return status;
}

static const struct dr_option options[] = {{0}};

const struct dr_command dr_command_validate = {
    .name = "validate",
    .synopsis = "FILE...",
    .summary = "Check runbooks, actions and worlds without running them.",
    .help = "Examples:\n"
            "  drrun validate failover.yaml\n"
            "  drrun validate --json runbooks/*.yaml | jq '.files[] | select(.valid | not)'\n"
            "  drrun validate - < machine.asl.json\n"
            "\n"
            "Reports every mistake with its place, what was expected, and AWS's code where it has one. Nothing is\n"
            "sent and nothing is started; the files that a runbook refers to are checked with it. Any Step Functions\n"
            "definition is a runbook too, and worlds of the simulated cloud are checked as such.\n"
            "\n"
            "Exit status: 0 all valid, perhaps with warnings; 2 wrong usage; 3 there are errors.",
    .options = options,
    .run = run,
};
