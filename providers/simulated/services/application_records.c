/* What the clients of an application have seen: intervals, sums, which of their acknowledged writes a database has, and
 * the metrics of the load balancers in front. */
#include "providers/simulated/services/application.h"

#include "providers/simulated/cloud_parts.h"

#include <math.h>

#define ROWS_MAX 4096
#define MINUTE_MS 60000

static json_t *record_of(const struct dr_sim_application *application)
{
    json_t *table = dr_sim_table(application->cloud, application->account, "global", AVAILABILITY);
    return row_object(table, application->name);
}

static double number(const json_t *row, const char *key)
{
    return json_number_value(json_object_get(row, key));
}

static void count(json_t *record, const char *key, double more)
{
    json_object_set_new(record, key, json_real(number(record, key) + more));
}

/* --- Intervals ------------------------------------------------------------------------------------------------------
 */

/* The last row goes on if nothing but time distinguishes the new one. */
static void append(json_t *rows, json_t *row /* stolen */)
{
    json_t *last = json_array_get(rows, json_array_size(rows) - 1);
    if (last && row_int(last, "To") == row_int(row, "From")) {
        json_t *as_last = json_copy(row);
        json_object_set(as_last, "From", json_object_get(last, "From"));
        json_object_set(as_last, "To", json_object_get(last, "To"));
        bool same = json_equal(as_last, last);
        json_decref(as_last);
        if (same) {
            json_object_set(last, "To", json_object_get(row, "To"));
            json_decref(row);
            return;
        }
    }
    if (json_array_size(rows) >= ROWS_MAX)
        json_array_remove(rows, 0); /* the sums keep what it said */
    json_array_append_new(rows, row);
}

static void add_written(const struct dr_sim_application *application, int64_t from_ms, int64_t to_ms,
                        const json_t *regions, const json_t *stacks, bool before)
{
    json_t *written = row_array(record_of(application), "Written"), *share;
    double rate = number(application->row, "WritesPerSecond");
    const char *region;
    json_object_foreach(row_mutable(regions), region, share)
    {
        const json_t *stack = json_object_get(stacks, region);
        double per_second = rate * json_number_value(share) * number(stack, "Writes");
        if (per_second <= 0)
            continue;
        append(written,
               json_pack("{s:s,s:I,s:I,s:f,s:b}", "Lineage", row_text(stack, "Lineage"), "From", (json_int_t)from_ms,
                         "To", (json_int_t)to_ms, "PerSecond", per_second, "Before", before));
        if (!before)
            count(record_of(application), "AcknowledgedWrites", per_second * (double)(to_ms - from_ms) / 1000);
    }
}

void dr_sim_records_add(const struct dr_sim_application *application, int64_t from_ms, int64_t to_ms, json_t *regions,
                        json_t *stacks)
{
    double reads = 0, writes = 0, read_share = number(application->row, "_readShare");
    const char *region;
    json_t *share, *record = record_of(application);
    json_object_foreach(regions, region, share)
    {
        reads += json_number_value(share) * number(json_object_get(stacks, region), "Reads");
        writes += json_number_value(share) * number(json_object_get(stacks, region), "Writes");
    }
    bool writing = read_share < 1;
    double success = read_share * reads + (1 - read_share) * writes, seconds = (double)(to_ms - from_ms) / 1000;
    double requests = number(application->row, "RequestsPerSecond") * seconds;
    count(record, "Requests", requests);
    count(record, "FailedRequests", requests * (1 - success));
    count(record, "DowntimeSeconds", seconds * (1 - success));
    count(record, "WriteDowntimeSeconds", writing ? seconds * (1 - writes) : 0);
    add_written(application, from_ms, to_ms, regions, stacks, false);
    append(row_array(record, "Intervals"),
           json_pack("{s:I,s:I,s:f,s:f,s:f,s:o,s:O}", "From", (json_int_t)from_ms, "To", (json_int_t)to_ms, "Success",
                     success, "Reads", reads, "Writes", writes, "Regions", regions, "Stacks", stacks));
}

void dr_sim_records_before(const struct dr_sim_application *application, int64_t from_ms)
{
    const json_t *seen = json_object_get(application->row, "_seen"), *stacks = json_object_get(seen, "Stacks");
    json_t *held = json_object(), *share;
    const char *region;
    json_object_foreach(json_object_get(seen, "Regions"), region, share)
    {
        const char *lineage = row_text(json_object_get(stacks, region), "Lineage");
        if (*lineage && dr_sim_database_has(application->cloud, lineage, lineage, from_ms, application->now_ms))
            json_object_set(held, region, share);
    }
    add_written(application, from_ms, application->now_ms, held, stacks, true);
    json_decref(held);
}

/* --- Which writes a database has
 * -------------------------------------------------------------------------------------- */

/* The newest time of a span of writes that the database has; -1: nothing of it. What is missing is missing at the end,
 * because replication keeps the order. */
static int64_t newest_held(const struct dr_sim_application *application, const char *endpoint, const json_t *span)
{
    const char *lineage = row_text(span, "Lineage");
    int64_t low = row_int(span, "From"), high = row_int(span, "To"), now_ms = application->now_ms;
    if (dr_sim_database_has(application->cloud, endpoint, lineage, high, now_ms))
        return high;
    if (!dr_sim_database_has(application->cloud, endpoint, lineage, low, now_ms))
        return -1;
    while (low + 1 < high) {
        int64_t middle = low + (high - low) / 2;
        if (dr_sim_database_has(application->cloud, endpoint, lineage, middle, now_ms))
            low = middle;
        else
            high = middle;
    }
    return low;
}

int64_t dr_sim_records_newest(const struct dr_sim_application *application, const char *endpoint)
{
    int64_t newest_ms = 0;
    double rate = number(application->row, "WritesPerSecond");
    int64_t period_ms = rate >= 1000 || rate <= 0 ? 1 : (int64_t)(1000 / rate); /* a write each so often */
    const json_t *written = json_object_get(record_of(application), "Written");
    for (size_t i = json_array_size(written); i-- > 0;) {
        const json_t *span = json_array_get(written, i);
        if (row_int(span, "To") <= newest_ms)
            continue;
        int64_t held_ms = newest_held(application, endpoint, span), write_ms = held_ms - held_ms % period_ms;
        if (held_ms >= 0 && write_ms >= row_int(span, "From") && write_ms > newest_ms)
            newest_ms = write_ms;
    }
    return newest_ms;
}

/* The database that clients' writes go to, or went to last; "" if none was ever. Borrowed. */
static const char *survivor(const struct dr_sim_application *application)
{
    const json_t *written = json_object_get(record_of(application), "Written");
    const char *last = row_text(json_array_get(written, json_array_size(written) - 1), "Lineage");
    double most = 0;
    const char *region;
    json_t *stack;
    json_object_foreach(json_object_get(json_object_get(application->row, "_seen"), "Stacks"), region, stack)
    {
        double share = dr_sim_clients_share(application, region) * number(stack, "Writes");
        if (share > most) {
            most = share;
            last = row_text(stack, "Lineage");
        }
    }
    return last;
}

/* How many acknowledged writes the surviving database lacks, and of how many seconds they are. */
static void count_lost(const struct dr_sim_application *application, json_t *summary)
{
    const char *database = survivor(application);
    struct dr_sim_database found;
    row_set_text(summary, "Database", database);
    if (*database && !dr_sim_database_at(application->cloud, database, application->now_ms, &found))
        return; /* deleted, and no other one is written to yet: nobody can say */
    double writes = 0;
    int64_t lost_ms = 0, first_ms = INT64_MAX, last_ms = 0;
    size_t i;
    json_t *span;
    json_array_foreach(json_object_get(record_of(application), "Written"), i, span)
    {
        int64_t held_ms = newest_held(application, database, span), to_ms = row_int(span, "To");
        if (held_ms == to_ms)
            continue;
        int64_t from_ms = held_ms < 0 ? row_int(span, "From") : held_ms;
        lost_ms += to_ms - from_ms;
        writes += number(span, "PerSecond") * (double)(to_ms - from_ms) / 1000;
        first_ms = from_ms < first_ms ? from_ms : first_ms;
        last_ms = to_ms > last_ms ? to_ms : last_ms;
    }
    json_object_set_new(summary, "LostWrites", json_integer((json_int_t)llround(writes)));
    json_object_set_new(summary, "LostSeconds", json_real((double)lost_ms / 1000));
    if (lost_ms > 0) {
        row_set_time(summary, "LostFrom", first_ms);
        row_set_time(summary, "LostTo", last_ms);
    }
}

/* --- The summary
 * ------------------------------------------------------------------------------------------------------- */

static double rounded(double value)
{
    return round(value * 1000) / 1000;
}

static json_t *show_interval(const json_t *interval)
{
    json_t *shown = json_object(), *shares = json_object(), *share;
    const char *region;
    row_set_time(shown, "From", row_int(interval, "From"));
    row_set_time(shown, "To", row_int(interval, "To"));
    json_object_set_new(shown, "Success", json_real(rounded(number(interval, "Success"))));
    json_object_set_new(shown, "Writes", json_real(rounded(number(interval, "Writes"))));
    json_object_foreach(json_object_get(interval, "Regions"), region, share)
    {
        double part = rounded(json_number_value(share));
        if (part > 0)
            json_object_set_new(shares, *region ? region : "nowhere", json_real(part));
    }
    json_object_set_new(shown, "Regions", shares);
    return shown;
}

json_t *dr_sim_records_summary(const struct dr_sim_application *application)
{
    static const char *const sums[] = {"Requests", "FailedRequests", "DowntimeSeconds", "WriteDowntimeSeconds",
                                       "AcknowledgedWrites"};
    dr_sim_clients_settle(application);
    json_t *summary = json_object(), *intervals = json_array(), *interval;
    const json_t *record = record_of(application), *seen = json_object_get(application->row, "_seen");
    double requests = number(record, "Requests");
    size_t i;
    row_set_text(summary, "Application", application->name);
    row_set_time(summary, "From", row_int(application->row, "_began"));
    row_set_time(summary, "To", application->now_ms);
    for (i = 0; i < sizeof sums / sizeof *sums; i++)
        json_object_set_new(summary, sums[i], json_real(rounded(number(record, sums[i]))));
    json_object_set_new(summary, "ErrorRate",
                        json_real(requests > 0 ? number(record, "FailedRequests") / requests : 0));
    count_lost(application, summary);
    json_object_set(summary, "Dns", json_object_get(seen, "Regions"));
    json_array_foreach(json_object_get(record, "Intervals"), i, interval)
        json_array_append_new(intervals, show_interval(interval));
    json_object_set_new(summary, "Intervals", intervals);
    return summary;
}

/* --- CloudWatch: AWS/ApplicationELB by LoadBalancer, "app/NAME/ID"
 * ---------------------------------------------------------
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html: counts are
 * of the minute that begins at the time asked about, and are only there when they are not zero. */

struct question {
    const char *account, *region, *balancer;
    int64_t from_ms, to_ms;
    bool found;
    double requests, balancer_errors, target_errors, ms;
};

static void sum_interval(const struct dr_sim_application *application, const json_t *interval,
                         struct question *question)
{
    int64_t from_ms = row_int(interval, "From"), to_ms = row_int(interval, "To");
    from_ms = from_ms > question->from_ms ? from_ms : question->from_ms;
    to_ms = to_ms < question->to_ms ? to_ms : question->to_ms;
    const json_t *stack = json_object_get(json_object_get(interval, "Stacks"), question->region);
    if (from_ms >= to_ms || !json_is_true(json_object_get(stack, "Answers")))
        return;
    double rate = number(application->row, "RequestsPerSecond");
    double requests =
        rate * number(json_object_get(interval, "Regions"), question->region) * (double)(to_ms - from_ms) / 1000;
    double reads = number(application->row, "_readShare"), serving = number(stack, "Serving");
    double good = reads * number(stack, "Reads") + (1 - reads) * number(stack, "Writes");
    question->requests += requests;
    question->balancer_errors += requests * (1 - serving);
    question->target_errors += requests * (serving - good);
    question->ms += requests * serving * number(stack, "Ms");
}

static void ask_application(const struct dr_sim_application *application, void *data)
{
    struct question *question = data;
    const char *arn = row_text(dr_sim_stack_balancer(application, question->region), "LoadBalancerArn");
    const char *own = strstr(arn, "loadbalancer/");
    if (strcmp(application->account, question->account) != 0 || !own ||
        strcmp(own + strlen("loadbalancer/"), question->balancer) != 0)
        return;
    question->found = true;
    dr_sim_clients_settle(application);
    size_t i;
    json_t *interval;
    json_array_foreach(json_object_get(record_of(application), "Intervals"), i, interval)
        sum_interval(application, interval, question);
}

static const char *dimension(const json_t *dimensions, const char *name)
{
    size_t i;
    json_t *one;
    json_array_foreach(row_mutable(dimensions), i, one)
    {
        if (strcmp(row_text(one, "Name"), name) == 0)
            return row_text(one, "Value");
    }
    return NULL;
}

bool dr_sim_records_metric(struct dr_sim_cloud *cloud, const char *account, const char *region,
                           const char *metric_namespace, const char *metric, const json_t *dimensions, int64_t at_ms,
                           double *ret_value)
{
    const char *balancer = dimension(dimensions, "LoadBalancer");
    if (strcmp(metric_namespace, "AWS/ApplicationELB") != 0 || !balancer || dimension(dimensions, "AvailabilityZone"))
        return false;
    struct question question = {account, region, balancer, at_ms, at_ms + MINUTE_MS, false, 0, 0, 0, 0};
    dr_sim_application_each(cloud, dr_sim_now(cloud), ask_application, &question);
    double served = question.requests - question.balancer_errors;
    const struct {
        const char *name;
        double value;
    } values[] = {
        {"RequestCount", question.requests},
        {"HTTPCode_ELB_5XX_Count", question.balancer_errors},
        {"HTTPCode_Target_5XX_Count", question.target_errors},
        {"HTTPCode_Target_2XX_Count", served - question.target_errors},
        {"TargetResponseTime", served > 0 ? question.ms / served / 1000 : 0},
    };
    for (size_t i = 0; question.found && i < sizeof values / sizeof *values; i++)
        if (strcmp(values[i].name, metric) == 0 && values[i].value > 1e-9) {
            *ret_value = values[i].value;
            return true;
        }
    return false;
}
