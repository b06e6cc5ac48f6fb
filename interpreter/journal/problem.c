#include "interpreter/journal/problem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    int errnum;
    const char *advice;
} advices[] = {
    {ENOSPC, "; free space there, then: drrun resume"},
    {EDQUOT, "; free space or raise the quota, then: drrun resume"},
    {EFBIG, "; raise the file size limit (ulimit -f), then: drrun resume"},
    {EROFS, "; choose a store that can be written with --store or DRRUN_STORE"},
    {EACCES, "; choose a store that you may write with --store or DRRUN_STORE"},
    {EPERM, "; choose a store that you may write with --store or DRRUN_STORE"},
    {EIO, "; the disk failed: copy the store to another disk before going on"},
    {ELOOP, "; a symbolic link stands where drrun keeps a file of its own"},
    {EMFILE, "; raise the limit of open files (ulimit -n)"},
};

static const char *advice_for(int errnum)
{
    for (size_t i = 0; i < sizeof advices / sizeof *advices; i++)
        if (advices[i].errnum == errnum)
            return advices[i].advice;
    return "";
}

void dr_problem_done(struct dr_problem *problem)
{
    if (!problem)
        return;
    free(problem->message);
    *problem = (struct dr_problem){0};
}

bool dr_problem_set(struct dr_problem *problem, enum dr_problem_kind kind, const char *format, ...)
{
    if (!problem)
        return false;
    va_list arguments;
    va_start(arguments, format);
    char *message = dr_format_list(format, arguments);
    va_end(arguments);
    dr_problem_done(problem);
    problem->message = message;
    problem->kind = kind;
    return false;
}

bool dr_problem_errno(struct dr_problem *problem, const char *verb, const char *path)
{
    int errnum = errno;
    dr_problem_set(problem, errnum == ENOENT ? DR_PROBLEM_MISSING : DR_PROBLEM_IO, "%s: cannot %s: %s%s", path, verb,
                   strerror(errnum), advice_for(errnum));
    if (problem)
        problem->errnum = errnum;
    return false;
}

void dr_problem_copy(struct dr_problem *problem, const struct dr_problem *from)
{
    dr_problem_set(problem, from->kind, "%s", from->message ? from->message : "");
    if (problem)
        problem->errnum = from->errnum;
}
