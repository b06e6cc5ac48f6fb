/* The simulated cloud: a stateful AWS of several accounts and Regions that is met over its wire protocols (wire.h), in
 * virtual time in process or in real or scaled time on a socket (serve.h).
 *
 * All state is JSON: tables of resources by account, Region and kind, and a list of events that are still to come. So a
 * world can be dumped, compared and put back, and everything follows from the world file, the seed and the requests.
 * Nothing here reads a clock: time is what each function is given.
 *
 * A further service is one file in services/ with a table of operations, one of events, and a row in services.def.
 *
 * Conventions of the state: a resource is kept as its Describe operation gives it (the API's own spelling, timestamps
 * as ISO 8601 text); what the simulation needs besides has a key that begins with '_' and is dropped on the way out,
 * because no model has such a member. Times of our own ("_readyAt") are integers, milliseconds since the epoch. */
#ifndef DRRUN_PROVIDERS_SIMULATED_CLOUD_H
#define DRRUN_PROVIDERS_SIMULATED_CLOUD_H

#include "interpreter/base/runtime.h"
#include "providers/aws/model/model.h"
#include "providers/aws/protocol/protocol.h"

struct dr_sim_cloud;
struct dr_sim_request;
struct dr_sim_reply;

/* --- State ------------------------------------------------------------------------------------------------------- */

/* The table of a kind ("rds.instance") in an account and Region ("global" for services without one): an object from
 * id to resource, in the order made; empty if there is none yet. Borrowed, may be changed in place. */
json_t *dr_sim_table(struct dr_sim_cloud *cloud, const char *account, const char *region, const char *kind);
/* One resource, borrowed, or NULL. */
json_t *dr_sim_find(struct dr_sim_cloud *cloud, const char *account, const char *region, const char *kind,
                    const char *id);
/* The resource of a kind with this id wherever it is (replicas in other Regions, global databases): borrowed, or NULL;
 * `ret_account` and `ret_region` (may be NULL) are the cloud's. */
json_t *dr_sim_find_anywhere(struct dr_sim_cloud *cloud, const char *kind, const char *id, const char **ret_account,
                             const char **ret_region);
/* Everything: account -> Region -> kind -> id -> resource. Borrowed. */
json_t *dr_sim_tables(struct dr_sim_cloud *cloud);
void dr_sim_put(struct dr_sim_cloud *cloud, const char *account, const char *region, const char *kind, const char *id,
                json_t *resource /* stolen */);
void dr_sim_remove(struct dr_sim_cloud *cloud, const char *account, const char *region, const char *kind,
                   const char *id);

/* A number of the world's Timings ("rds.promote": seconds, or {"Seconds", "Spread"}) as milliseconds, drawn from the
 * seed; `otherwise_ms` if the world says nothing of it. */
int64_t dr_sim_timing(struct dr_sim_cloud *cloud, const char *name, int64_t otherwise_ms);
/* A JSON number of seconds (scale 1000) or milliseconds (scale 1) as milliseconds, within 3,000 years; 0 for anything
 * else. */
int64_t dr_sim_ms(const json_t *number, double scale);
int64_t dr_sim_whole_ms(double ms); /* the same of a number that was computed: what no integer can be is bounded too */
uint64_t dr_sim_random(struct dr_sim_cloud *cloud);
/* Ids as AWS makes them, from the seed: a UUID, "i-0abc..." (prefix and hex digits), upper-case base 36. Owned by the
 * caller. */
char *dr_sim_uuid(struct dr_sim_cloud *cloud);
char *dr_sim_hex_id(struct dr_sim_cloud *cloud, const char *prefix, unsigned digits);
char *dr_sim_timestamp(int64_t at_ms); /* "2026-11-21T03:00:00.000Z"; owned by the caller */
char *dr_sim_arn(const char *service, const char *region, const char *account, const char *format, ...)
    __attribute__((format(printf, 4, 5))); /* "arn:aws:SERVICE:REGION:ACCOUNT:..." in the Region's partition */

/* --- Time -------------------------------------------------------------------------------------------------------- */

/* Something that happens later to a resource: "rds.available" at `at_ms`. `data` (stolen, may be NULL) is given to the
 * event's function. Events of equal time happen in the order scheduled. */
void dr_sim_schedule(struct dr_sim_cloud *cloud, int64_t at_ms, const char *event, const char *account,
                     const char *region, const char *id, json_t *data);
/* Takes back all events of that name for that id. */
void dr_sim_unschedule(struct dr_sim_cloud *cloud, const char *event, const char *account, const char *region,
                       const char *id);
/* Lets everything happen that is due by `now_ms`: events and the world's timeline. Called before each request. */
void dr_sim_advance(struct dr_sim_cloud *cloud, int64_t now_ms);
int64_t dr_sim_now(const struct dr_sim_cloud *cloud);

struct dr_sim_happening { /* borrowed */
    struct dr_sim_cloud *cloud;
    int64_t at_ms;
    const char *account, *region, *id;
    const json_t *data;
};

/* --- Calls ------------------------------------------------------------------------------------------------------- */

struct dr_sim_call {
    struct dr_sim_cloud *cloud;
    const struct dr_aws_operation *operation;
    const char *account, *region; /* whose; "us-east-1" for services that are global in the aws partition */
    const char *principal;        /* ARN of who calls */
    const char *request_id;
    const struct dr_sim_request *request; /* as it came: for headers that are newer than the model */
    const json_t *input; /* an object, checked against the model: required members, types, enums, lengths, ranges */
    int64_t now_ms;
    json_t *output;        /* set by the operation, stolen: an object in the API's spelling; NULL: empty */
    char *error, *message; /* set by dr_sim_fail() */
    int status;            /* of an error; of an output, if it is not the model's (206) */
    json_t *details;       /* further members of the error shape */
    int64_t delay_ms;      /* how much later than usual the answer comes: a long poll */
    json_t *headers; /* further headers of the answer, or of the error: an object of strings, stolen; NULL: none */
};
/* The operation fails with AWS's own code ("DBInstanceNotFound") and message; `status` 0: as the model says, else 400.
 */
void dr_sim_fail(struct dr_sim_call *call, int status, const char *code, const char *message_format, ...)
    __attribute__((format(printf, 4, 5)));
/* Short hands for input members: borrowed; `otherwise` if absent. */
const char *dr_sim_string(const struct dr_sim_call *call, const char *member, const char *otherwise);
int64_t dr_sim_int(const struct dr_sim_call *call, const char *member, int64_t otherwise);
bool dr_sim_bool(const struct dr_sim_call *call, const char *member, bool otherwise);
/* One page of a list by the operation's paginator: gives the items of `all` (an array, borrowed) from the input's token
 * on, at most the input's limit or `page_max`, into call->output[member], and the next token. A token that the cloud
 * did not give is the error `bad_token_code`. */
void dr_sim_page(struct dr_sim_call *call, const char *member, const json_t *all, size_t page_max,
                 const char *bad_token_code);

enum dr_sim_plane { DR_SIM_CONTROL, DR_SIM_DATA }; /* which of the service's planes an operation needs */

struct dr_sim_operation {
    const char *name;
    void (*run)(struct dr_sim_call *call);
    enum dr_sim_plane plane;
};
struct dr_sim_event {
    const char *name;
    void (*happen)(const struct dr_sim_happening *happening);
};
/* CloudWatch asks: the value of a metric at a time. False: none of this service's, or no value then. */
typedef bool dr_sim_metric_fn(struct dr_sim_cloud *cloud, const char *account, const char *region,
                              const char *metric_namespace, const char *metric, const json_t *dimensions, int64_t at_ms,
                              double *ret_value);

struct dr_sim_service {
    const char *name;                          /* of the model: "rds" */
    const struct dr_sim_operation *operations; /* sorted by name; the last has none */
    const struct dr_sim_event *events;         /* the last has no name; NULL: none */
    /* Makes the resources of a world: `given` is what the world says under Regions.<region>.<name> (or Global.<name>),
     * checked against the world's schema. False with `ret_problem`: "rds.Instances.shop-db.ReplicaOf: there is no ...".
     * Called for all services in the order of services.def, then `link` in the same order, when everything is there.
     * NULL: nothing to make. */
    bool (*load)(struct dr_sim_cloud *cloud, const char *account, const char *region, const json_t *given,
                 char **ret_problem);
    bool (*link)(struct dr_sim_cloud *cloud, char **ret_problem);
    dr_sim_metric_fn *metric; /* NULL: none */
    /* A request to a host that is no AWS endpoint: the world's applications. False: not this service's host. NULL:
     * none. */
    bool (*visit)(struct dr_sim_cloud *cloud, const struct dr_sim_request *request, const char *host, int64_t now_ms,
                  struct dr_sim_reply *ret_reply);
    /* Whether what has a DNS name (names.h) would take a request now: for a load balancer, that a target is healthy.
     * NULL: always. Its Region works; that has been seen to. */
    bool (*healthy)(struct dr_sim_cloud *cloud, const char *kind, const char *account, const char *region,
                    const char *id, int64_t now_ms);
    /* Faults have begun or ended at that time, which is now: replications stop or go on. NULL: nothing to see to. */
    void (*changed)(struct dr_sim_cloud *cloud, int64_t now_ms);
    /* After every event and every answered request: something of any service may be otherwise than before. Whoever
     * keeps a record of how the world went looks here, and must be quick. NULL: nobody does. */
    void (*observe)(struct dr_sim_cloud *cloud, int64_t now_ms);
    bool global; /* its state is in the Region "global" */
};

/* --- The cloud --------------------------------------------------------------------------------------------------- */

/* `world` is a checked world document (world.h); NULL: an empty one with one account, 000000000000. `models` is
 * borrowed. NULL with `ret_problem`. */
struct dr_sim_cloud *dr_sim_cloud_new(const json_t *world, struct dr_aws_models *models, uint64_t seed, int64_t now_ms,
                                      char **ret_problem);
void dr_sim_cloud_free(struct dr_sim_cloud *cloud);
/* Everything, as JSON: {"now", "tables", "events", "faults", ...}; and back. For comparing ends, and for a simulated
 * execution that is resumed. New references. */
json_t *dr_sim_cloud_dump(const struct dr_sim_cloud *cloud);
bool dr_sim_cloud_restore(struct dr_sim_cloud *cloud, const json_t *dump, char **ret_problem);
const struct dr_sim_service *const *dr_sim_services(void); /* NULL-terminated, from services.def */

/* --- Faults ------------------------------------------------------------------------------------------------------ */

/* A fault of the world's timeline or of --fault, from now on:
 *   {"Fault": "RegionDown" | "ControlPlaneDown" | "Throttled" | "Latency" | "ResetBefore" | "ResetAfter" |
 * "WrongAnswer" | "TruncatedAnswer" | "NoCapacity" | "ReplicationStalled" | "Stuck" | "CredentialsExpire" |
 * "ClockSkew", "Region", "Service", "Operation", "Resource": what it is about, each optional; "Probability": 0..1,
 * default 1; "Count": how many calls it hits, default all; "Milliseconds"; "Seconds"; "For": seconds, after which it
 * ends} An id by which it can be taken back. 0 with `ret_problem`. */
unsigned dr_sim_fault_begin(struct dr_sim_cloud *cloud, const json_t *fault, char **ret_problem);
void dr_sim_fault_end(struct dr_sim_cloud *cloud, unsigned id);
/* Whether a fault of that kind holds now for a Region, service, operation, resource (NULL: any): services ask for what
 * concerns their own resources (NoCapacity, ReplicationStalled, Stuck, RegionDown). The fault, borrowed, or NULL.
 * Counts it as hit. */
const json_t *dr_sim_fault(struct dr_sim_cloud *cloud, const char *kind, const char *region, const char *service,
                           const char *operation, const char *resource);
bool dr_sim_region_down(struct dr_sim_cloud *cloud, const char *region);

#endif
