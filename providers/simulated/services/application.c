/* The applications of a world and their clients: what a world says of them, and when they are looked at. Their parts
 * are in application_*.c; docs/simulated/application.md says what is simulated. */
#include "providers/simulated/services/application.h"

#include "providers/simulated/cloud_parts.h"

extern const struct dr_sim_service dr_sim_application;

#define REQUESTS 50.0
#define WRITES 5.0
#define CLIENTS 1000
#define TTL_CAP_S 3600
#define REREAD_S 10
#define LATENCY_MS 40

void dr_sim_application_each(struct dr_sim_cloud *cloud, int64_t now_ms,
                             void (*fn)(const struct dr_sim_application *application, void *data), void *data)
{
    struct dr_sim_application application = {.cloud = cloud, .now_ms = now_ms};
    json_t *regions;
    json_object_foreach(cloud->tables, application.account, regions)
    {
        json_object_foreach(dr_sim_application_table(cloud, application.account, "global", APPLICATION),
                            application.name, application.row) fn(&application, data);
    }
}

/* --- Worlds
 * ------------------------------------------------------------------------------------------------------------ */

static double number_or(const json_t *given, const char *key, double otherwise)
{
    const json_t *value = json_object_get(given, key);
    return json_is_number(value) ? json_number_value(value) : otherwise;
}

/* With the Region's name for each "{Region}". Owned by the caller. */
static char *fill_in(const char *text, const char *region)
{
    static const char place[] = "{Region}";
    struct dr_text filled = {0};
    for (const char *found; (found = strstr(text, place)); text = found + sizeof place - 1) {
        dr_text_add(&filled, text, (size_t)(found - text));
        dr_text_puts(&filled, region);
    }
    dr_text_puts(&filled, text);
    return dr_text_take(&filled);
}

/* What is the same in all Regions is said once, of the application. */
static json_t *make_stack(const char *name, const char *region, const json_t *application, const json_t *given)
{
    static const struct {
        const char *key;
        bool named; /* the application's own name unless it is given */
    } members[] = {
        {"LoadBalancer", true}, {"Cluster", true},         {"Service", true},          {"DatabaseParameter", false},
        {"Database", false},    {"FenceParameter", false}, {"ParameterRegion", false},
    };
    json_t *stack = json_object();
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        const char *own = row_text(given, members[i].key), *common = row_text(application, members[i].key);
        const char *text = *own ? own : *common ? common : members[i].named ? name : "";
        if (*text)
            row_give_text(stack, members[i].key, fill_in(text, region));
    }
    return stack;
}

static bool has_database(const json_t *regions)
{
    const char *region;
    json_t *stack;
    json_object_foreach(row_mutable(regions), region, stack)
    {
        if (*row_text(stack, "Database") || *row_text(stack, "DatabaseParameter"))
            return true;
    }
    return false;
}

static void make(struct dr_sim_cloud *cloud, const char *account, const char *name, const json_t *given)
{
    const json_t *writes = json_object_get(given, "Writes"), *clients = json_object_get(given, "Clients"), *about;
    const json_t *dns = json_object_get(given, "Dns");
    double requests = number_or(clients, "RequestsPerSecond", REQUESTS);
    double writes_per_second = number_or(writes, "PerSecond", WRITES < requests ? WRITES : requests);
    json_t *regions = json_object();
    const char *region;
    WORLD_EACH(json_object_get(given, "Regions"), region, about)
    {
        json_object_set_new(regions, region, make_stack(name, region, given, about));
    }
    if (!has_database(regions))
        writes_per_second = 0;
    json_t *row = json_pack("{s:o,s:i,s:f,s:f,s:I,s:I,s:I,s:f,s:f}", "Regions", regions, "Clients",
                            (int)number_or(clients, "Count", CLIENTS), "RequestsPerSecond", requests, "WritesPerSecond",
                            writes_per_second, "_ttlCap", (json_int_t)number_or(clients, "ResolverTtlCap", TTL_CAP_S),
                            "_rereadMs", (json_int_t)(1000 * number_or(given, "RereadSeconds", REREAD_S)), "_latencyMs",
                            (json_int_t)number_or(given, "LatencyMilliseconds", LATENCY_MS), "_perTask",
                            number_or(given, "RequestsPerSecondPerTask", 0), "_readShare",
                            writes_per_second <= 0         ? 1.0
                            : requests > writes_per_second ? 1 - writes_per_second / requests
                                                           : 0.0);
    const char *domain = row_text(given, "Domain");
    row_give_text(row, "Domain", *domain ? dr_copy_string(domain) : dr_format("%s.example.com", name));
    if (dns)
        json_object_set_new(row, "Dns",
                            json_pack("{s:s,s:I}", "Region", row_text(dns, "Region"), "TtlSeconds",
                                      (json_int_t)number_or(dns, "TtlSeconds", 60)));
    dr_sim_put(cloud, account, "global", APPLICATION, name, row);
}

static bool load(struct dr_sim_cloud *cloud, const char *account, const char *region, const json_t *given,
                 char **ret_problem)
{
    if (strcmp(region, "global") != 0) {
        *ret_problem = dr_copy_string("application: applications are in several Regions: they stand under Global");
        return false;
    }
    const char *name;
    const json_t *about;
    WORLD_EACH(json_object_get(given, "Applications"), name, about)
    {
        make(cloud, account, name, about);
    }
    return true;
}

/* Whatever a stack names must be there when the world begins. */
static bool check_stack(const struct dr_sim_application *application, const char *region, const json_t *stack,
                        char **ret_problem)
{
    const char *balancer = row_text(stack, "LoadBalancer"), *database = row_text(stack, "Database");
    struct dr_sim_database found;
    if (!dr_sim_stack_balancer(application, region))
        *ret_problem = dr_format("application.Applications.%s.Regions.%s.LoadBalancer: there is no load balancer %s in "
                                 "%s",
                                 application->name, region, balancer, region);
    else if (*database && !dr_sim_database_at(application->cloud, database, application->now_ms, &found))
        *ret_problem = dr_format("application.Applications.%s.Regions.%s.Database: there is no database %s",
                                 application->name, region, database);
    return !*ret_problem;
}

static void begin(const struct dr_sim_application *application, void *data)
{
    char **problem = data;
    const char *region;
    json_t *stack;
    json_object_foreach(json_object_get(application->row, "Regions"), region, stack)
    {
        if (*problem || !check_stack(application, region, stack, problem))
            return;
    }
    const json_t *dns = json_object_get(application->row, "Dns");
    if (dns && !json_object_get(json_object_get(application->row, "Regions"), row_text(dns, "Region")))
        *problem = dr_format("application.Applications.%s.Dns.Region: the application is not in \"%s\"",
                             application->name, row_text(dns, "Region"));
    if (!*problem)
        dr_sim_clients_begin(application);
}

static bool link_all(struct dr_sim_cloud *cloud, char **ret_problem)
{
    dr_sim_application_each(cloud, dr_sim_now(cloud), begin, ret_problem);
    return !*ret_problem;
}

/* --- Looking
 * -------------------------------------------------------------------------------------------------------------- */

static void look(const struct dr_sim_application *application, void *data)
{
    (void)data;
    dr_sim_clients_look(application);
}

static void observe(struct dr_sim_cloud *cloud, int64_t now_ms)
{
    dr_sim_application_each(cloud, now_ms, look, NULL);
}

/* Nothing else happens then: observe() comes after every event. */
static void wake(const struct dr_sim_happening *happening)
{
    (void)happening;
}

static const struct dr_sim_event events[] = {{"application.look", wake}, {NULL, NULL}};
static const struct dr_sim_operation operations[] = {{NULL, NULL, DR_SIM_CONTROL}};

const struct dr_sim_service dr_sim_application = {.name = "application",
                                                  .operations = operations,
                                                  .events = events,
                                                  .load = load,
                                                  .link = link_all,
                                                  .metric = dr_sim_records_metric,
                                                  .visit = dr_sim_pages_visit,
                                                  .changed = observe,
                                                  .observe = observe,
                                                  .global = true};
