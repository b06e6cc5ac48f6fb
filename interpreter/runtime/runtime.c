/* What every runtime has in common. */
#include "interpreter/base/runtime.h"

const char *dr_runtime_problem(const struct dr_runtime *runtime)
{
    return runtime->problem ? runtime->problem : "no reason is known";
}
