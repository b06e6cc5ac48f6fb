/* The table of state types, by enum dr_state_kind. */
#include "interpreter/states/state_type.h"

#include <assert.h>

extern const struct dr_state_type dr_pass, dr_task, dr_choice, dr_wait, dr_succeed, dr_fail, dr_parallel, dr_map;

const struct dr_state_type *const dr_state_types[] = {
    [DR_PASS] = &dr_pass,       [DR_TASK] = &dr_task, [DR_CHOICE] = &dr_choice,     [DR_WAIT] = &dr_wait,
    [DR_SUCCEED] = &dr_succeed, [DR_FAIL] = &dr_fail, [DR_PARALLEL] = &dr_parallel, [DR_MAP] = &dr_map,
};

static_assert(sizeof dr_state_types / sizeof *dr_state_types == DR_MAP + 1, "a row for each state type");
