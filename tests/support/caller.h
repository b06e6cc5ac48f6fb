/* Primitives for tests of the engine: they tell what the engine gave them, and send one request, which a laboratory's
 * service answers.
 *   test:call  {Url, Repeat}: ends with {"Region", "Credentials", "Execution", "Status"}, and a detail
 *   test:send  the same, as a request that carries a task token: submitted when it was answered, then its answer is
 *              awaited
 * Repeat: "safe", "token" or "never" (the default). An answer with status 500 or more is an error, Test.Failed. */
#ifndef DRRUN_TESTS_SUPPORT_CALLER_H
#define DRRUN_TESTS_SUPPORT_CALLER_H

#include "interpreter/definition/catalogue.h"

/* All primitives of this build and these, NULL-terminated. */
const struct dr_resource *const *dr_lab_primitives(void);

#endif
