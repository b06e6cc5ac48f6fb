/* The state of the simulated cloud: tables, what is still to come, and the passing of time. */
#include "providers/simulated/cloud.h"

#include "interpreter/base/clock.h"
#include "interpreter/base/text.h"
#include "providers/simulated/cloud_parts.h"
#include "providers/simulated/serve.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_ACCOUNT "000000000000"
#define LATENCY_MS 25

#define SIM_SERVICE(name) extern const struct dr_sim_service name;
#include "providers/simulated/services.def"
#undef SIM_SERVICE

static const struct dr_sim_service *const services[] = {
#define SIM_SERVICE(name) &name,
#include "providers/simulated/services.def"
#undef SIM_SERVICE
    NULL,
};

const struct dr_sim_service *const *dr_sim_services(void)
{
    return services;
}

/* --- Tables ------------------------------------------------------------------------------------------------------ */

static json_t *member(json_t *object, const char *key)
{
    json_t *found = json_object_get(object, key);
    if (found)
        return found;
    found = json_object();
    json_object_set_new(object, key, found);
    return found;
}

json_t *dr_sim_table(struct dr_sim_cloud *cloud, const char *account, const char *region, const char *kind)
{
    return member(member(member(cloud->tables, account), region), kind);
}

json_t *dr_sim_find(struct dr_sim_cloud *cloud, const char *account, const char *region, const char *kind,
                    const char *id)
{
    const json_t *regions = json_object_get(cloud->tables, account);
    return json_object_get(json_object_get(json_object_get(regions, region), kind), id);
}

json_t *dr_sim_tables(struct dr_sim_cloud *cloud)
{
    return cloud->tables;
}

json_t *dr_sim_find_anywhere(struct dr_sim_cloud *cloud, const char *kind, const char *id, const char **ret_account,
                             const char **ret_region)
{
    const char *account, *region;
    json_t *regions, *kinds;
    json_object_foreach(cloud->tables, account, regions)
    {
        json_object_foreach(regions, region, kinds)
        {
            json_t *found = json_object_get(json_object_get(kinds, kind), id);
            if (!found)
                continue;
            if (ret_account)
                *ret_account = account;
            if (ret_region)
                *ret_region = region;
            return found;
        }
    }
    return NULL;
}

void dr_sim_put(struct dr_sim_cloud *cloud, const char *account, const char *region, const char *kind, const char *id,
                json_t *resource)
{
    json_object_set_new(dr_sim_table(cloud, account, region, kind), id, resource);
}

void dr_sim_remove(struct dr_sim_cloud *cloud, const char *account, const char *region, const char *kind,
                   const char *id)
{
    json_object_del(dr_sim_table(cloud, account, region, kind), id);
}

/* --- From the seed ----------------------------------------------------------------------------------------------- */

uint64_t dr_sim_random(struct dr_sim_cloud *cloud)
{
    return dr_random_next(&cloud->random);
}

int64_t dr_sim_whole_ms(double ms)
{
    const double most = 1e14;
    return ms > most ? (int64_t)most : ms >= -most ? (int64_t)ms : -(int64_t)most; /* NaN is the last */
}

int64_t dr_sim_ms(const json_t *number, double scale)
{
    return dr_sim_whole_ms(json_number_value(number) * scale);
}

int64_t dr_sim_timing(struct dr_sim_cloud *cloud, const char *name, int64_t otherwise_ms)
{
    const json_t *timing = json_object_get(json_object_get(cloud->world, "Timings"), name);
    if (json_is_number(timing))
        return dr_sim_ms(timing, 1000);
    if (!json_is_object(timing))
        return otherwise_ms;
    const json_t *seconds = json_object_get(timing, "Seconds"), *spread = json_object_get(timing, "Spread");
    double middle = seconds ? json_number_value(seconds) * 1000 : (double)otherwise_ms;
    double drawn = middle + (2 * dr_random_unit(&cloud->random) - 1) * json_number_value(spread) * 1000;
    return drawn > 0 ? dr_sim_whole_ms(drawn) : 0;
}

static char *uuid_from(struct dr_random *random)
{
    uint64_t high = dr_random_next(random), low = dr_random_next(random);
    return dr_format("%08" PRIx32 "-%04x-4%03x-%04x-%012" PRIx64, (uint32_t)(high >> 32),
                     (unsigned)(high >> 16) & 0xffff, (unsigned)high & 0xfff, ((unsigned)(low >> 48) & 0x3fff) | 0x8000,
                     low & 0xffffffffffff);
}

char *dr_sim_uuid(struct dr_sim_cloud *cloud)
{
    return uuid_from(&cloud->random);
}

char *dr_sim_request_id(const struct dr_sim_cloud *cloud)
{
    struct dr_random own = {.seed = ~cloud->random.seed, .drawn = 2 * cloud->calls};
    return uuid_from(&own);
}

char *dr_sim_hex_id(struct dr_sim_cloud *cloud, const char *prefix, unsigned digits)
{
    struct dr_text text = {0};
    dr_text_puts(&text, prefix);
    for (unsigned i = 0; i < digits; i++)
        dr_text_putc(&text, "0123456789abcdef"[dr_sim_random(cloud) & 15]);
    return dr_text_take(&text);
}

char *dr_sim_timestamp(int64_t at_ms)
{
    char text[DR_TIME_TEXT];
    return dr_copy_string(dr_time_format(text, at_ms));
}

char *dr_sim_arn(const char *service, const char *region, const char *account, const char *format, ...)
{
    const char *partition = strncmp(region, "cn-", 3) == 0       ? "aws-cn"
                            : strncmp(region, "us-gov-", 7) == 0 ? "aws-us-gov"
                                                                 : "aws";
    va_list arguments;
    va_start(arguments, format);
    char *resource = dr_format_list(format, arguments);
    va_end(arguments);
    char *arn = dr_format("arn:%s:%s:%s:%s:%s", partition, service, region, account, resource);
    free(resource);
    return arn;
}

/* --- Time -------------------------------------------------------------------------------------------------------- */

int64_t dr_sim_now(const struct dr_sim_cloud *cloud)
{
    return cloud->now_ms;
}

static int64_t time_of(const json_t *event)
{
    return (int64_t)json_integer_value(json_object_get(event, "At"));
}

void dr_sim_schedule(struct dr_sim_cloud *cloud, int64_t at_ms, const char *event, const char *account,
                     const char *region, const char *id, json_t *data)
{
    size_t place = json_array_size(cloud->events);
    while (place > 0 && time_of(json_array_get(cloud->events, place - 1)) > at_ms)
        place--;
    json_array_insert_new(cloud->events, place,
                          json_pack("{s:I,s:s,s:s,s:s,s:s,s:o*}", "At", (json_int_t)at_ms, "Event", event, "Account",
                                    account, "Region", region, "Id", id, "Data", data));
}

static bool is_text(const json_t *object, const char *key, const char *text)
{
    const char *value = json_string_value(json_object_get(object, key));
    return value && strcmp(value, text) == 0;
}

void dr_sim_unschedule(struct dr_sim_cloud *cloud, const char *event, const char *account, const char *region,
                       const char *id)
{
    for (size_t i = json_array_size(cloud->events); i-- > 0;) {
        const json_t *coming = json_array_get(cloud->events, i);
        if (is_text(coming, "Event", event) && is_text(coming, "Account", account) &&
            is_text(coming, "Region", region) && is_text(coming, "Id", id))
            json_array_remove(cloud->events, i);
    }
}

static bool happen_in(const struct dr_sim_event *events, const char *name, const struct dr_sim_happening *happening)
{
    for (; events && events->name; events++)
        if (strcmp(events->name, name) == 0) {
            events->happen(happening);
            return true;
        }
    return false;
}

static void happen(struct dr_sim_cloud *cloud, const json_t *event)
{
    const char *name = json_string_value(json_object_get(event, "Event"));
    struct dr_sim_happening happening = {
        .cloud = cloud,
        .at_ms = time_of(event),
        .account = json_string_value(json_object_get(event, "Account")),
        .region = json_string_value(json_object_get(event, "Region")),
        .id = json_string_value(json_object_get(event, "Id")),
        .data = json_object_get(event, "Data"),
    };
    bool known = happen_in(dr_sim_fault_events, name, &happening);
    for (size_t i = 0; services[i] && !known; i++)
        known = happen_in(services[i]->events, name, &happening);
}

void dr_sim_observe(struct dr_sim_cloud *cloud, int64_t now_ms)
{
    for (size_t i = 0; services[i]; i++)
        if (services[i]->observe)
            services[i]->observe(cloud, now_ms);
}

void dr_sim_advance(struct dr_sim_cloud *cloud, int64_t now_ms)
{
    while (json_array_size(cloud->events) > 0) {
        json_t *event = json_array_get(cloud->events, 0);
        if (time_of(event) > now_ms)
            break;
        json_incref(event);
        json_array_remove(cloud->events, 0);
        if (time_of(event) > cloud->now_ms)
            cloud->now_ms = time_of(event);
        happen(cloud, event);
        dr_sim_observe(cloud, cloud->now_ms);
        json_decref(event);
    }
    if (now_ms > cloud->now_ms)
        cloud->now_ms = now_ms;
}

/* --- Making one -------------------------------------------------------------------------------------------------- */

static bool load_place(struct dr_sim_cloud *cloud, const char *account, const char *region, const json_t *given,
                       char **ret_problem)
{
    for (size_t i = 0; services[i]; i++) {
        const json_t *own = json_object_get(given, services[i]->name);
        if (own && services[i]->load && !services[i]->load(cloud, account, region, own, ret_problem))
            return false;
    }
    return true;
}

static bool load_account(struct dr_sim_cloud *cloud, const char *account, const json_t *given, char **ret_problem)
{
    const char *region;
    json_t *there;
    member(cloud->tables, account);
    json_object_foreach(json_object_get(given, "Regions"), region, there)
    {
        if (!load_place(cloud, account, region, there, ret_problem))
            return false;
    }
    return load_place(cloud, account, "global", json_object_get(given, "Global"), ret_problem);
}

static void schedule_timeline(struct dr_sim_cloud *cloud)
{
    size_t i;
    json_t *fault;
    json_array_foreach(json_object_get(cloud->world, "Timeline"), i, fault)
    {
        double after = json_number_value(json_object_get(fault, "At"));
        dr_sim_schedule(cloud, cloud->now_ms + (int64_t)(after * 1000), "fault.begin", "", "", "", json_incref(fault));
    }
}

static bool load_world(struct dr_sim_cloud *cloud, char **ret_problem)
{
    const char *account = json_string_value(json_object_get(cloud->world, "Account"));
    if (!load_account(cloud, account ? account : DEFAULT_ACCOUNT, cloud->world, ret_problem))
        return false;
    json_t *further;
    json_object_foreach(json_object_get(cloud->world, "Accounts"), account, further)
    {
        if (!load_account(cloud, account, further, ret_problem))
            return false;
    }
    for (size_t i = 0; services[i]; i++)
        if (services[i]->link && !services[i]->link(cloud, ret_problem))
            return false;
    schedule_timeline(cloud);
    return true;
}

struct dr_sim_cloud *dr_sim_cloud_new(const json_t *world, struct dr_aws_models *models, uint64_t seed, int64_t now_ms,
                                      char **ret_problem)
{
    struct dr_sim_cloud *cloud = dr_alloc(sizeof *cloud);
    *cloud = (struct dr_sim_cloud){
        .models = models,
        .world = dr_json_share(world),
        .tables = json_object(),
        .events = json_array(),
        .faults = json_array(),
        .random = {.seed = seed},
        .now_ms = now_ms,
        .latency_ms = LATENCY_MS,
    };
    *ret_problem = NULL;
    if (load_world(cloud, ret_problem))
        return cloud;
    dr_sim_cloud_free(cloud);
    return NULL;
}

void dr_sim_cloud_free(struct dr_sim_cloud *cloud)
{
    if (!cloud)
        return;
    json_decref(cloud->world);
    json_decref(cloud->tables);
    json_decref(cloud->events);
    json_decref(cloud->faults);
    if (cloud->last)
        dr_sim_reply_done(cloud->last);
    free(cloud->last);
    for (size_t i = 0; i < cloud->route_count; i++)
        free(cloud->routes[i].signing_name);
    free(cloud->routes);
    free(cloud);
}

/* --- Dumped and put back ----------------------------------------------------------------------------------------- */

json_t *dr_sim_cloud_dump(const struct dr_sim_cloud *cloud)
{
    json_t *whole = json_pack("{s:I,s:I,s:I,s:I,s:I,s:O,s:O,s:O}", "now", (json_int_t)cloud->now_ms, "seed",
                              (json_int_t)cloud->random.seed, "drawn", (json_int_t)cloud->random.drawn, "calls",
                              (json_int_t)cloud->calls, "faultId", (json_int_t)cloud->fault_id, "tables", cloud->tables,
                              "events", cloud->events, "faults", cloud->faults);
    json_t *copy = json_deep_copy(whole);
    json_decref(whole);
    return copy;
}

bool dr_sim_cloud_restore(struct dr_sim_cloud *cloud, const json_t *dump, char **ret_problem)
{
    json_int_t now, seed, drawn, calls, fault_id;
    json_t *tables, *events, *faults;
    json_error_t error;
    if (json_unpack_ex((json_t *)(uintptr_t)dump, &error, 0, "{s:I,s:I,s:I,s:I,s:I,s:o,s:o,s:o}", "now", &now, "seed",
                       &seed, "drawn", &drawn, "calls", &calls, "faultId", &fault_id, "tables", &tables, "events",
                       &events, "faults", &faults) != 0 ||
        !json_is_object(tables) || !json_is_array(events) || !json_is_array(faults)) {
        *ret_problem = dr_format("this is no state of a simulated cloud: %s", error.text);
        return false;
    }
    json_decref(cloud->tables);
    json_decref(cloud->events);
    json_decref(cloud->faults);
    cloud->tables = json_deep_copy(tables);
    cloud->events = json_deep_copy(events);
    cloud->faults = json_deep_copy(faults);
    cloud->now_ms = (int64_t)now;
    cloud->random = (struct dr_random){.seed = (uint64_t)seed, .drawn = (uint64_t)drawn};
    cloud->calls = (uint64_t)calls;
    cloud->fault_id = (unsigned)fault_id;
    return true;
}
