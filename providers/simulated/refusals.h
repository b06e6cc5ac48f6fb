/* What a service says to a request that is not signed as it should be: the same verdict has another name and status in
 * each family of services. */
#ifndef DRRUN_PROVIDERS_SIMULATED_REFUSALS_H
#define DRRUN_PROVIDERS_SIMULATED_REFUSALS_H

#include "providers/aws/model/model.h"

struct dr_sim_refusal {         /* static */
    const char *code, *message; /* `message` NULL: the verdict's own */
    int status;
};
/* `verdict` is struct dr_aws_verdict's code. */
struct dr_sim_refusal dr_sim_refusal(const struct dr_aws_model *model, const char *verdict);

#endif
