/* The key pair that every simulated cloud takes, as its user is told it. */
#ifndef DRRUN_PROVIDERS_SIMULATED_KEYS_H
#define DRRUN_PROVIDERS_SIMULATED_KEYS_H

#include "providers/simulated/cloud.h"

struct dr_sim_login { /* borrowed from the cloud */
    const char *account, *access_key_id, *secret_access_key;
    const char *region; /* the world's first one; "us-east-1" if it has none */
};
void dr_sim_login(struct dr_sim_cloud *cloud, struct dr_sim_login *ret_login);

#endif
