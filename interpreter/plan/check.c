#include "interpreter/plan/check.h"

#include "interpreter/base/text.h"
#include "interpreter/definition/parse.h"
#include "interpreter/expression/known.h"
#include "interpreter/plan/reach.h"

#include <stdlib.h>
#include <string.h>

struct inspection {
    const struct dr_program *program;
    struct dr_catalogue *catalogue;
    struct dr_diagnostics *found;
};

struct report {
    const struct inspection *inspection;
    const struct dr_reached *reached;
    const json_t *schema;
};

static void report_problem(void *data, const struct dr_schema_problem *problem)
{
    const struct report *report = data;
    const struct dr_reached *reached = report->reached;
    const char *comment = json_string_value(json_object_get(report->schema, "$comment"));
    char *path = dr_copy_string(problem->path);
    for (char *at = path; *at; at++)
        if (*at == '/')
            *at = '.';
    dr_report(report->inspection->found,
              &(struct dr_diagnostic){
                  .code = DR_ARGUMENT,
                  .place = reached->state->place,
                  .message = dr_format("What \"%s\" gives to %s: Arguments%s %s", reached->state->name,
                                       reached->resource_text, path, problem->message),
                  .hint = dr_format("It is computed, and known before a run%s%s", comment ? "; " : "",
                                    comment ? comment : ""),
              });
    free(path);
}

static void inspect(void *data, const struct dr_reached *reached)
{
    const struct inspection *inspection = data;
    const json_t *schema = reached->resource ? dr_catalogue_schema(inspection->catalogue, reached->resource) : NULL;
    if (schema == NULL || reached->state->kind != DR_TASK || reached->state->place.source == NULL ||
        reached->arguments == NULL || strcmp(reached->state->place.source->name, inspection->program->path) != 0)
        return; /* what an action calls was looked at when it was written; a writer adds to what it is given */
    json_t *given = dr_schema_drop_nulls(schema, reached->arguments), *complete = dr_schema_defaults(schema, given);
    struct report report = {inspection, reached, schema};
    dr_schema_check(schema, complete, report_problem, &report);
    json_decref(given);
    json_decref(complete);
}

void dr_reach_check(const struct dr_program *program, struct dr_catalogue *catalogue, struct dr_diagnostics *found)
{
    struct inspection inspection = {program, catalogue, found};
    json_t *input = dr_unknown();
    dr_reach(program, catalogue, input, inspect, &inspection);
    json_decref(input);
}
