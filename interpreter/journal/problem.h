/* How this room says what went wrong: place first, then the errno's words, then what to do. */
#ifndef DRRUN_JOURNAL_PROBLEM_H
#define DRRUN_JOURNAL_PROBLEM_H

#include "interpreter/journal/journal.h"

/* Replaces what `problem` holds (NULL: nobody asks). Always false, so that a caller can return it. */
bool dr_problem_set(struct dr_problem *problem, enum dr_problem_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* An operation on `path` that set errno: "cannot write /x/y: No space left on device; free space ...". Always false. */
bool dr_problem_errno(struct dr_problem *problem, const char *verb, const char *path);
void dr_problem_copy(struct dr_problem *problem, const struct dr_problem *from);

#endif
