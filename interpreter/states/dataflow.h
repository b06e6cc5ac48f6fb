/* The data flow that all state types share. JSONPath: InputPath -> Parameters -> (work) -> ResultSelector -> Assign ->
 * ResultPath -> OutputPath. JSONata: Arguments -> (work) -> Assign, Output. Everything reads the variables as they were
 * when the state was entered. Each returns false (or NULL) with a failing decision. Sources: states-language.net "Input
 * and Output Processing"; recorded executions. */
#ifndef DRRUN_STATES_DATAFLOW_H
#define DRRUN_STATES_DATAFLOW_H

#include "interpreter/states/state_type.h"

/* The input after InputPath: a new reference. With JSONata the raw input. */
json_t *dr_flow_input(const struct dr_moment *moment, struct dr_decision *decision);
/* The template (Parameters, Arguments, ...) over `input` as "$", or `input` itself where it is NULL: a new reference.
 */
json_t *dr_flow_template(const struct dr_moment *moment, const struct dr_template *tpl, json_t *input,
                         struct dr_decision *decision);
/* Leaves to `next`: `result` goes through ResultSelector, Assign, ResultPath and OutputPath, or through Assign and
 * Output. Borrows. */
void dr_flow_leave(const struct dr_moment *moment, json_t *result, const struct dr_state *next,
                   struct dr_decision *decision);
/* The same for states without a result of their own (Choice, Wait, Succeed), with the Assign and Output that apply. */
void dr_flow_pass_on(const struct dr_moment *moment, const struct dr_template *assigned,
                     const struct dr_template *output, const struct dr_state *next, struct dr_decision *decision);
/* A catcher takes the error output {"Error","Cause"}: ResultPath, Assign, Output. */
void dr_flow_catch(const struct dr_moment *moment, const struct dr_catcher *catcher, json_t *error_output,
                   struct dr_decision *decision);

/* Fails with a run-time error of ours. */
void dr_flow_fail(struct dr_decision *decision, const char *error, const char *cause_format, ...)
    __attribute__((format(printf, 3, 4)));
/* Turns decision->error, already set by an evaluation, into a failing decision. Returns NULL. */
json_t *dr_flow_failed(struct dr_decision *decision);

/* The value of a setting that is there: a new reference, or NULL with a failing decision. A path that finds nothing
 * fails as InputPath does. */
json_t *dr_flow_setting(const struct dr_view *view, const struct dr_setting *setting, struct dr_decision *decision);
/* Fails because the value is not what the setting wants: `type` in JSONata's words ("number"), `kind` in those for a
 * path ("integer"). */
void dr_flow_wrong_type(const struct dr_setting *setting, const json_t *value, const char *type, const char *kind,
                        struct dr_decision *decision);

/* TimeoutSeconds and HeartbeatSeconds: milliseconds, or DR_TIME_NONE if absent. */
bool dr_flow_seconds(const struct dr_view *view, const struct dr_setting *setting, int64_t *ret_ms,
                     struct dr_decision *decision);

#endif
