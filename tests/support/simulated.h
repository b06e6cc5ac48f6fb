/* Runbooks and single calls against the simulated cloud, through the real client, in virtual time that goes on from one
 * to the next.
 *
 *     struct dr_simulated world = {0};
 *     dr_simulated_open(&world, "Account: '111122223333'\nRegions: {us-west-2: {rds: ...}}");
 *     json_t *result = dr_simulated_run(&world, "us-west-2", "rds.promote", "{'DbInstanceIdentifier': 'shop-db'}");
 *     json_t *output = dr_simulated_call(&world, "us-west-2", "rds", "DescribeDBInstances", "{}");
 *     dr_simulated_wait(&world, 60);
 *     dr_simulated_close(&world);
 *
 * JSON may be written with ' for ". Mistakes of the test itself end it with a message. */
#ifndef DRRUN_TESTS_SUPPORT_SIMULATED_H
#define DRRUN_TESTS_SUPPORT_SIMULATED_H

#include "providers/simulated/cloud.h"

struct dr_simulated {
    struct dr_sim_cloud *cloud; /* owned */
    struct dr_aws *aws;         /* owned: one attempt a call */
    int64_t now_ms;             /* where the next run or call begins; 2026-01-01T00:00:00Z at first */
    unsigned runs;
};

void dr_simulated_open(struct dr_simulated *simulated, const char *world); /* YAML or JSON; seed 7 */
void dr_simulated_close(struct dr_simulated *simulated);

/* What dr_simulated_open says is wrong with a world: owned by the caller, NULL if it is fine. */
char *dr_simulated_problem(const char *world);

/* One Task: an action or an `aws-sdk:` resource, in a Region, with these Arguments, as `drrun run --simulate` would. A
 * new reference to dr_lab_run()'s result: {"status", "output" | "error" + "cause", "durationMs", ...}. */
json_t *dr_simulated_run(struct dr_simulated *simulated, const char *region, const char *resource,
                         const char *arguments);
/* A whole runbook. */
json_t *dr_simulated_runbook(struct dr_simulated *simulated, const char *text, const char *input);

/* One request and its answer, over the wire, without retries; `input` in the API's spelling. A new reference to the
 * output, or {"Error": {"Code", "Message", "Status", "Details"}}, or {"Problem": text} where no usable answer came. */
json_t *dr_simulated_call(struct dr_simulated *simulated, const char *region, const char *service,
                          const char *operation, const char *input);
/* The same, and the answer must be the error `code` ("" or NULL: must be no error). Ends the test if not. The output or
 * error, owned by the caller. */
json_t *dr_simulated_expect(struct dr_simulated *simulated, const char *region, const char *service,
                            const char *operation, const char *input, const char *code);

void dr_simulated_wait(struct dr_simulated *simulated, int64_t seconds);
/* A fault from now on: "{'Fault': 'RegionDown', 'Region': 'us-east-1'}". Its id, for dr_sim_fault_end(). */
unsigned dr_simulated_fault(struct dr_simulated *simulated, const char *fault);

/* The string at a JSON pointer ("/DBInstances/0/DBInstanceStatus"); "" if there is none. Borrowed from `value`. */
const char *dr_simulated_text(const json_t *value, const char *pointer);
json_t *dr_simulated_at(const json_t *value, const char *pointer); /* borrowed, or NULL */

#endif
