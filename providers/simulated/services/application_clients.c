/* The clients of an application, many and each with its own cached answer of the DNS. They are not simulated one by
 * one: of those whose cached answer is not the newest any more, as many forget theirs each second as the time to live
 * says, so that shares are straight lines between two looks, and what they see is summed when something changes. */
#include "providers/simulated/services/application.h"

#include "providers/simulated/cloud_parts.h"
#include "providers/simulated/names.h"

#define SLICE_MS 5000     /* while clients move, the record has a line for so long, or a tenth of it */
#define NEGATIVE_S 60     /* how long "there is no such name" is kept */
#define BEFORE_MS 3600000 /* so long had the application been there when the world begins */

/* --- The DNS
 * ----------------------------------------------------------------------------------------------------------- */

static const char *region_with_address(const struct dr_sim_application *application, const char *address)
{
    const char *region;
    json_t *given;
    json_object_foreach(json_object_get(application->row, "Regions"), region, given)
    {
        const char *name = row_text(dr_sim_stack_balancer(application, region), "DNSName");
        for (unsigned i = 0; *name && i < 2; i++) {
            char *own = dr_sim_ipv4_of(name, i);
            bool same = strcmp(own, address) == 0;
            free(own);
            if (same)
                return region;
        }
    }
    return NULL;
}

static const char *read_answers(const struct dr_sim_application *application, const json_t *answers, int64_t *ret_ttl)
{
    const char *found = NULL;
    size_t i;
    json_t *answer;
    json_array_foreach(answers, i, answer)
    {
        const char *value = row_text(answer, "Value");
        const char *region = strcmp(row_text(answer, "Type"), "A") == 0 ? region_with_address(application, value)
                                                                        : dr_sim_stack_region_of(application, value);
        int64_t ttl = row_int(answer, "Ttl");
        *ret_ttl = i == 0 || ttl < *ret_ttl ? ttl : *ret_ttl;
        found = found ? found : region;
    }
    return found;
}

static void add_share(json_t *shares, const char *region, double share)
{
    double had = json_number_value(json_object_get(shares, region));
    json_object_set_new(shares, region, json_real(had + share));
}

/* Where the name leads for who asks now: {REGION or "": share of those who ask}. New. */
static json_t *lead(const struct dr_sim_application *application, int64_t *ret_ttl)
{
    const json_t *elsewhere = json_object_get(application->row, "Dns");
    int64_t cap = row_int(application->row, "_ttlCap");
    json_t *shares = json_object(), *row;
    if (elsewhere) {
        add_share(shares, row_text(elsewhere, "Region"), 1);
        *ret_ttl = row_int(elsewhere, "TtlSeconds") < cap ? row_int(elsewhere, "TtlSeconds") : cap;
        return shares;
    }
    json_t *all =
        dr_sim_resolve_shares(application->cloud, row_text(application->row, "Domain"), "A", application->now_ms);
    size_t i;
    *ret_ttl = cap;
    json_array_foreach(all, i, row)
    {
        int64_t ttl = NEGATIVE_S;
        const char *region =
            read_answers(application, json_object_get(json_object_get(row, "Answer"), "Answers"), &ttl);
        add_share(shares, region ? region : "", json_number_value(json_object_get(row, "Share")));
        *ret_ttl = ttl < *ret_ttl ? ttl : *ret_ttl;
    }
    json_decref(all);
    return shares;
}

const char *dr_sim_clients_resolve(const struct dr_sim_application *application)
{
    const json_t *elsewhere = json_object_get(application->row, "Dns");
    if (elsewhere)
        return row_text(elsewhere, "Region");
    int64_t ttl;
    json_t *answer = dr_sim_resolve(application->cloud, row_text(application->row, "Domain"), "A", application->now_ms);
    const char *region = read_answers(application, json_object_get(answer, "Answers"), &ttl);
    json_decref(answer);
    return region ? region : "";
}

/* --- Shares
 * ------------------------------------------------------------------------------------------------------------- */

static double cohort_at(const json_t *cohort, int64_t at_ms)
{
    int64_t from = row_int(cohort, "From"), to = row_int(cohort, "To");
    double share = json_number_value(json_object_get(cohort, "Share"));
    return at_ms >= to ? 0 : at_ms <= from ? share : share * (double)(to - at_ms) / (double)(to - from);
}

/* Of the time between: a straight line that ends at "To". */
static double cohort_mean(const json_t *cohort, int64_t from_ms, int64_t to_ms)
{
    int64_t end = row_int(cohort, "To") < to_ms ? row_int(cohort, "To") : to_ms;
    if (end <= from_ms)
        return 0;
    return (cohort_at(cohort, from_ms) + cohort_at(cohort, end)) / 2 * (double)(end - from_ms) /
           (double)(to_ms - from_ms);
}

static double moving_at(const struct dr_sim_application *application, int64_t at_ms)
{
    double sum = 0;
    size_t i;
    json_t *cohort;
    json_array_foreach(json_object_get(application->row, "_cohorts"), i, cohort) sum += cohort_at(cohort, at_ms);
    return sum;
}

double dr_sim_clients_share(const struct dr_sim_application *application, const char *region)
{
    const json_t *current = json_object_get(json_object_get(application->row, "_seen"), "Regions");
    double share =
        json_number_value(json_object_get(current, region)) * (1 - moving_at(application, application->now_ms));
    size_t i;
    json_t *cohort;
    json_array_foreach(json_object_get(application->row, "_cohorts"), i, cohort)
    {
        if (strcmp(row_text(cohort, "Region"), region) == 0)
            share += cohort_at(cohort, application->now_ms);
    }
    return share < 1e-9 ? 0 : share;
}

/* {REGION: mean share}; new. */
static json_t *mean_shares(const struct dr_sim_application *application, int64_t from_ms, int64_t to_ms)
{
    json_t *shares = json_object(), *cohort;
    double rest = 1;
    size_t i;
    json_array_foreach(json_object_get(application->row, "_cohorts"), i, cohort)
    {
        double mean = cohort_mean(cohort, from_ms, to_ms);
        rest -= mean;
        add_share(shares, row_text(cohort, "Region"), mean);
    }
    const char *region;
    json_t *share;
    json_object_foreach(json_object_get(json_object_get(application->row, "_seen"), "Regions"), region, share)
        add_share(shares, region, rest * json_number_value(share));
    return shares;
}

/* --- Looking
 * ------------------------------------------------------------------------------------------------------------ */

void dr_sim_clients_settle(const struct dr_sim_application *application)
{
    json_t *row = application->row;
    int64_t since_ms = row_int(row, "_since");
    if (application->now_ms <= since_ms)
        return;
    dr_sim_records_add(application, since_ms, application->now_ms,
                       mean_shares(application, since_ms, application->now_ms),
                       json_object_get(json_object_get(row, "_seen"), "Stacks"));
    row_set_int(row, "_since", application->now_ms);
    json_t *cohorts = json_object_get(row, "_cohorts");
    for (size_t i = json_array_size(cohorts); i-- > 0;)
        if (row_int(json_array_get(cohorts, i), "To") <= application->now_ms)
            json_array_remove(cohorts, i);
}

/* Clients that have the answer of until now keep it for its time to live, each from another moment on. */
static void move_clients(const struct dr_sim_application *application)
{
    double settled = 1 - moving_at(application, application->now_ms);
    const json_t *seen = json_object_get(application->row, "_seen");
    int64_t keep_ms = 1000 * row_int(seen, "Ttl");
    const char *region;
    json_t *part;
    json_object_foreach(json_object_get(seen, "Regions"), region, part)
    {
        double share = settled * json_number_value(part);
        if (share > 1e-9 && keep_ms > 0)
            json_array_append_new(json_object_get(application->row, "_cohorts"),
                                  json_pack("{s:s,s:f,s:I,s:I}", "Region", region, "Share", share, "From",
                                            (json_int_t)application->now_ms, "To",
                                            (json_int_t)application->now_ms + keep_ms));
    }
}

/* What of a stack's state its clients notice. New. */
static json_t *show_stack(const struct dr_sim_application *application, const struct dr_sim_stack *stack)
{
    double reads = json_number_value(json_object_get(application->row, "_readShare"));
    return json_pack("{s:b,s:f,s:f,s:f,s:f,s:s}", "Answers", stack->answers, "Serving",
                     stack->answers ? stack->serving : 0.0, "Reads", stack->reads, "Writes", stack->writes, "Ms",
                     reads * (double)stack->read_ms + (1 - reads) * (double)stack->write_ms, "Lineage",
                     stack->writes > 0 ? stack->database.lineage : "");
}

/* The databases that this one's clients write to, or could if it let them. */
static void note_writes(const struct dr_sim_application *application, const struct dr_sim_stack *stack, double share,
                        json_t *writes_to)
{
    if (!stack->has_database || !stack->database.writable)
        return;
    bool written =
        share > 0 && stack->writes > 0 && json_number_value(json_object_get(application->row, "WritesPerSecond")) > 0;
    if (written || !json_object_get(writes_to, stack->database.lineage))
        json_object_set_new(writes_to, stack->database.lineage, json_boolean(written));
}

struct asked {
    const char *lineage;
    bool written;
};

static void ask_others(const struct dr_sim_application *other, void *data)
{
    struct asked *asked = data;
    asked->written =
        asked->written || json_is_true(json_object_get(json_object_get(other->row, "_writesTo"), asked->lineage));
}

/* RDS is told when writing to a database stops and begins: replicas catch up with one that is left alone. */
static void tell_databases(const struct dr_sim_application *application, json_t *writes_to /* stolen */)
{
    json_t *before = json_incref(row_object(application->row, "_writesTo")), *written;
    const char *lineage;
    json_object_set_new(application->row, "_writesTo", writes_to);
    json_object_foreach(writes_to, lineage, written)
    {
        if (json_object_get(before, lineage) == written) /* true and false are one each */
            continue;
        struct asked asked = {.lineage = lineage};
        dr_sim_application_each(application->cloud, application->now_ms, ask_others, &asked);
        dr_sim_database_set_writes(application->cloud, lineage, asked.written, application->now_ms);
    }
    json_decref(before);
}

/* How it is now: {"Regions", "Ttl", "Stacks"}. New. `ret_look_ms`: when it will be otherwise by itself. */
static json_t *see(const struct dr_sim_application *application, json_t *writes_to, int64_t *ret_look_ms)
{
    int64_t ttl;
    json_t *regions = lead(application, &ttl), *stacks = json_object(), *given;
    const char *region;
    double rate = json_number_value(json_object_get(application->row, "RequestsPerSecond"));
    json_object_foreach(json_object_get(application->row, "Regions"), region, given)
    {
        struct dr_sim_stack stack;
        double share = dr_sim_clients_share(application, region);
        dr_sim_stack_at(application, region, rate * share, &stack);
        json_object_set_new(stacks, region, show_stack(application, &stack));
        *ret_look_ms = stack.look_ms < *ret_look_ms ? stack.look_ms : *ret_look_ms;
        note_writes(application, &stack, share, writes_to);
    }
    return json_pack("{s:o,s:I,s:o}", "Regions", regions, "Ttl", (json_int_t)ttl, "Stacks", stacks);
}

/* While clients move, again soon. */
static int64_t next_slice(const struct dr_sim_application *application)
{
    int64_t next_ms = INT64_MAX;
    size_t i;
    json_t *cohort;
    json_array_foreach(json_object_get(application->row, "_cohorts"), i, cohort)
    {
        int64_t to = row_int(cohort, "To"), tenth = (to - row_int(cohort, "From")) / 10;
        int64_t slice = application->now_ms + (tenth > SLICE_MS ? tenth : SLICE_MS);
        slice = slice < to ? slice : to;
        next_ms = slice < next_ms ? slice : next_ms;
    }
    return next_ms;
}

static void plan_look(const struct dr_sim_application *application, int64_t look_ms)
{
    int64_t slice_ms = next_slice(application), planned_ms = row_int(application->row, "_look");
    look_ms = slice_ms < look_ms ? slice_ms : look_ms;
    if (planned_ms > application->now_ms && planned_ms <= look_ms)
        return;
    dr_sim_unschedule(application->cloud, "application.look", application->account, "global", application->name);
    row_set_int(application->row, "_look", look_ms == INT64_MAX ? 0 : look_ms);
    if (look_ms != INT64_MAX)
        dr_sim_schedule(application->cloud, look_ms, "application.look", application->account, "global",
                        application->name, NULL);
}

void dr_sim_clients_look(const struct dr_sim_application *application)
{
    int64_t look_ms = INT64_MAX;
    json_t *writes_to = json_object(), *seen = see(application, writes_to, &look_ms);
    json_t *before = json_object_get(application->row, "_seen");
    bool moving = json_array_size(json_object_get(application->row, "_cohorts")) > 0;
    bool same = json_equal(seen, before);
    if (!same || (moving && next_slice(application) <= application->now_ms) ||
        row_int(application->row, "_look") == application->now_ms)
        dr_sim_clients_settle(application);
    if (!same) {
        if (!json_equal(json_object_get(before, "Regions"), json_object_get(seen, "Regions")))
            move_clients(application);
        json_object_set(application->row, "_seen", seen);
    }
    json_decref(seen);
    plan_look(application, look_ms);
    tell_databases(application, writes_to);
}

void dr_sim_clients_begin(const struct dr_sim_application *application)
{
    int64_t look_ms = INT64_MAX;
    json_t *writes_to = json_object();
    row_set_int(application->row, "_began", application->now_ms);
    row_set_int(application->row, "_since", application->now_ms);
    json_object_set_new(application->row, "_cohorts", json_array());
    int64_t ttl;
    json_object_set_new(application->row, "_seen", json_pack("{s:o}", "Regions", lead(application, &ttl)));
    json_object_set_new(application->row, "_seen", see(application, writes_to, &look_ms));
    dr_sim_records_before(application, application->now_ms - BEFORE_MS);
    plan_look(application, look_ms);
    tell_databases(application, writes_to);
}
