/* What can be said of a runbook's calls before a run, beyond what the template itself shows: arguments that are
 * computed from what is known (a constant that an earlier state assigned, an expression of constants) are held against
 * the schema of what they are given to. */
#ifndef DRRUN_PLAN_CHECK_H
#define DRRUN_PLAN_CHECK_H

#include "interpreter/base/diagnostic.h"
#include "interpreter/definition/definition.h"

/* Reports arguments that do not fit, at the states of the program's own file. The program has no errors. */
void dr_reach_check(const struct dr_program *program, struct dr_catalogue *catalogue, struct dr_diagnostics *found);

#endif
