/* Between the files of the simulated applications: what a world's shop is, how each Region's stack of it does, and what
 * its clients see. Private to this folder.
 *
 * Kinds, in the Region "global" of the application's account: "application.application" by name, with
 *   Domain, Regions: {REGION: {LoadBalancer, ...}}, ...   what the world says, with its defaults
 *   _since     from when on the clients' requests are still to be counted
 *   _seen      {"Regions": {REGION: share}, "Ttl", "Stacks": {REGION: {...}}}: where its name leads since then, and how
 * the stacks do _cohorts   [{"Region", "Share", "From", "To"}]: clients that still hold an older answer of the DNS,
 * fewer and fewer _writesTo  {ARN: whether it writes there} _look      when it will be looked at again although nothing
 * happens "application.availability" by name: {"Intervals": [...], "Written": [...], ...}: what its clients saw, and
 * their writes that were acknowledged. "application.order" by "NAME/ID": orders placed by single requests. */
#ifndef DRRUN_PROVIDERS_SIMULATED_SERVICES_APPLICATION_H
#define DRRUN_PROVIDERS_SIMULATED_SERVICES_APPLICATION_H

#include "providers/simulated/databases.h"
#include "providers/simulated/serve.h"
#include "providers/simulated/services/rows.h"

#define APPLICATION "application.application"
#define AVAILABILITY "application.availability"
#define ORDER "application.order"

/* An application, at a time. Borrowed. */
struct dr_sim_application {
    struct dr_sim_cloud *cloud;
    const char *account, *name;
    json_t *row;
    int64_t now_ms;
};
/* Calls `fn` for every application of the cloud. */
void dr_sim_application_each(struct dr_sim_cloud *cloud, int64_t now_ms,
                             void (*fn)(const struct dr_sim_application *application, void *data), void *data);
/* A table, borrowed, which is not made if it is not there: NULL. */
json_t *dr_sim_application_table(struct dr_sim_cloud *cloud, const char *account, const char *region, const char *kind);

/* --- A Region's stack (application_stack.c) -------------------------------------------------------------------------
 */

struct dr_sim_stack {                   /* borrowed from the cloud's state: until it changes */
    const json_t *balancer;             /* NULL: there is none */
    bool answers;                       /* something takes the connection */
    const char *silence;                /* if not, why, as curl says it */
    bool hangs;                         /* and it is silence that lasts until a time-out */
    double serving;                     /* share of requests that get to a target which answers */
    int refusal;                        /* what the load balancer answers for the others */
    double failing;                     /* share of the served ones that the application fails (a fault) */
    bool fenced;                        /* its parameter says: no writes */
    bool wants_database, has_database;  /* it is told of one; and that one is there */
    char endpoint[256];                 /* the database as it was told */
    struct dr_sim_database database;    /* if there is one */
    double reads, writes;               /* shares of requests that succeed */
    int64_t home_ms, read_ms, write_ms; /* how long answers take */
    int64_t look_ms;                    /* when it reads its parameters again, and finds something new; INT64_MAX */
};
/* `rate`: requests per second that come there. */
void dr_sim_stack_at(const struct dr_sim_application *application, const char *region, double rate,
                     struct dr_sim_stack *ret_stack);
/* The load balancer of a Region's stack, or NULL. Borrowed. */
const json_t *dr_sim_stack_balancer(const struct dr_sim_application *application, const char *region);
/* The Region of the application whose load balancer has this DNS name, or NULL. Borrowed. */
const char *dr_sim_stack_region_of(const struct dr_sim_application *application, const char *dns_name);

/* --- Its clients (application_clients.c) ----------------------------------------------------------------------------
 */

/* Where its name leads for one who asks now: a Region of the application, or "": nowhere. Borrowed. */
const char *dr_sim_clients_resolve(const struct dr_sim_application *application);
/* The world begins. */
void dr_sim_clients_begin(const struct dr_sim_application *application);
/* Sees whether anything is otherwise than before; then what was until now is put on record. */
void dr_sim_clients_look(const struct dr_sim_application *application);
/* Puts on record what has been until now. */
void dr_sim_clients_settle(const struct dr_sim_application *application);
/* Share of the clients whose requests go to a Region now. */
double dr_sim_clients_share(const struct dr_sim_application *application, const char *region);

/* --- What they have seen (application_records.c) --------------------------------------------------------------------
 */

/* Requests of [from, to] went by these shares: {"Regions": {REGION: mean share}}, with stacks as _seen has them. */
void dr_sim_records_add(const struct dr_sim_application *application, int64_t from_ms, int64_t to_ms,
                        json_t *regions /* stolen */, json_t *stacks);
/* Writes of the time before the world began, since `from_ms`, that its database has too. */
void dr_sim_records_before(const struct dr_sim_application *application, int64_t from_ms);
/* The newest acknowledged write of its clients that a database has: milliseconds, 0: none. */
int64_t dr_sim_records_newest(const struct dr_sim_application *application, const char *endpoint);
/* {"Requests", "FailedRequests", "ErrorRate", "DowntimeSeconds", "WriteDowntimeSeconds", "AcknowledgedWrites",
 * "LostWrites", "LostSeconds", "Intervals": [...]}: docs/simulated/application.md. A new reference. */
json_t *dr_sim_records_summary(const struct dr_sim_application *application);
bool dr_sim_records_metric(struct dr_sim_cloud *cloud, const char *account, const char *region,
                           const char *metric_namespace, const char *metric, const json_t *dimensions, int64_t at_ms,
                           double *ret_value);

/* --- Its pages (application_pages.c) --------------------------------------------------------------------------------
 */

bool dr_sim_pages_visit(struct dr_sim_cloud *cloud, const struct dr_sim_request *request, const char *host,
                        int64_t now_ms, struct dr_sim_reply *ret_reply);

#endif
