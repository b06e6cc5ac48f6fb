/* Metrics of the simulated CloudWatch: a service's own, one value a minute and about a minute late, and what is put.
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html,
 * API_GetMetricData.html, API_PutMetricData.html, .../monitoring/cloudwatch_concepts.html. */
#include "providers/simulated/services/cloudwatch_parts.h"

#include "providers/aws/protocol/timestamp.h"

#define PAGE_MAX 500
#define DATAPOINTS_MAX 1440
#define DATA_MAX 100800
#define POINTS_MAX 20000 /* kept of a metric of one's own */

/* --- Series ---------------------------------------------------------------------------------------------------------
 */

static int by_text(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* The same for every order of the dimensions. Owned by the caller. */
static char *key_of(const struct dr_sim_cw_series *series)
{
    size_t count = json_array_size(series->dimensions);
    char **parts = dr_alloc((count + 1) * sizeof *parts);
    struct dr_text key = {0};
    dr_text_printf(&key, "%s\n%s", series->metric_namespace, series->name);
    for (size_t i = 0; i < count; i++) {
        const json_t *row = json_array_get(series->dimensions, i);
        parts[i] = dr_format("\n%s=%s", cw_text(row, "Name"), cw_text(row, "Value"));
    }
    qsort(parts, count, sizeof *parts, by_text);
    for (size_t i = 0; i < count; i++) {
        dr_text_puts(&key, parts[i]);
        free(parts[i]);
    }
    free(parts);
    return dr_text_take(&key);
}

json_t *dr_sim_cw_own(struct dr_sim_cloud *cloud, const struct dr_sim_cw_series *series)
{
    char *key = key_of(series);
    json_t *found = dr_sim_find(cloud, series->account, series->region, CW_METRIC, key);
    if (!found) {
        found =
            json_pack("{s:s,s:s,s:o,s:[]}", "Namespace", series->metric_namespace, "MetricName", series->name,
                      "Dimensions", series->dimensions ? json_deep_copy(series->dimensions) : json_array(), "_points");
        dr_sim_put(cloud, series->account, series->region, CW_METRIC, key, found);
    }
    free(key);
    return found;
}

int64_t dr_sim_cw_delay(struct dr_sim_cloud *cloud)
{
    return dr_sim_timing(cloud, "cloudwatch.delay", CW_MINUTE);
}

struct buckets {
    struct dr_sim_cw_bucket *items;
    size_t count;
    int64_t from_ms, period_ms;
};

static void add(struct buckets *buckets, int64_t at_ms, double count, double sum, double minimum, double maximum)
{
    int64_t start = buckets->from_ms + (at_ms - buckets->from_ms) / buckets->period_ms * buckets->period_ms;
    size_t i = buckets->count;
    while (i > 0 && buckets->items[i - 1].at_ms > start)
        i--;
    if (i == 0 || buckets->items[i - 1].at_ms != start) {
        buckets->items = dr_resize(buckets->items, buckets->count + 1, sizeof *buckets->items);
        memmove(buckets->items + i + 1, buckets->items + i, (buckets->count - i) * sizeof *buckets->items);
        buckets->items[i] = (struct dr_sim_cw_bucket){.at_ms = start, .minimum = minimum, .maximum = maximum};
        buckets->count++;
        i++;
    }
    struct dr_sim_cw_bucket *bucket = &buckets->items[i - 1];
    bucket->count += count;
    bucket->sum += sum;
    bucket->minimum = minimum < bucket->minimum ? minimum : bucket->minimum;
    bucket->maximum = maximum > bucket->maximum ? maximum : bucket->maximum;
}

static bool ask_services(struct dr_sim_cloud *cloud, const struct dr_sim_cw_series *series, int64_t at_ms,
                         double *ret_value)
{
    for (const struct dr_sim_service *const *row = dr_sim_services(); *row; row++)
        if ((*row)->metric && (*row)->metric(cloud, series->account, series->region, series->metric_namespace,
                                             series->name, series->dimensions, at_ms, ret_value))
            return true;
    return false;
}

static void add_own(struct buckets *buckets, const json_t *own, int64_t from_ms, int64_t to_ms, int64_t last_ms)
{
    const json_t *points = json_object_get(own, "_points"), *constant = json_object_get(own, "_value");
    for (int64_t at = from_ms; constant && at < to_ms && at <= last_ms; at += CW_MINUTE) {
        double value = json_number_value(constant);
        add(buckets, at, 1, value, value, value);
    }
    for (size_t i = 0; i < json_array_size(points); i++) { /* [time, count, sum, minimum, maximum] */
        const json_t *point = json_array_get(points, i);
        int64_t at = (int64_t)json_integer_value(json_array_get(point, 0));
        if (at >= from_ms && at < to_ms)
            add(buckets, at, json_number_value(json_array_get(point, 1)), json_number_value(json_array_get(point, 2)),
                json_number_value(json_array_get(point, 3)), json_number_value(json_array_get(point, 4)));
    }
}

struct dr_sim_cw_bucket *dr_sim_cw_buckets(struct dr_sim_cloud *cloud, const struct dr_sim_cw_series *series,
                                           int64_t from_ms, int64_t to_ms, int64_t period_ms, size_t *ret_count)
{
    int64_t unit = period_ms < CW_MINUTE ? CW_MINUTE : period_ms, last_ms = dr_sim_now(cloud) - dr_sim_cw_delay(cloud);
    from_ms = from_ms / unit * unit; /* CloudWatch rounds the start down */
    struct buckets buckets = {.from_ms = from_ms, .period_ms = period_ms};
    for (int64_t at = from_ms; at < to_ms && at <= last_ms; at += CW_MINUTE) {
        double value;
        if (ask_services(cloud, series, at, &value))
            add(&buckets, at, 1, value, value, value);
    }
    char *key = key_of(series);
    add_own(&buckets, dr_sim_find(cloud, series->account, series->region, CW_METRIC, key), from_ms, to_ms, last_ms);
    free(key);
    *ret_count = buckets.count;
    return buckets.items;
}

bool dr_sim_cw_statistic(const struct dr_sim_cw_bucket *bucket, const char *statistic, double *ret_value)
{
    const struct {
        const char *name;
        double value;
    } known[] = {{"Average", bucket->count > 0 ? bucket->sum / bucket->count : 0},
                 {"Sum", bucket->sum},
                 {"Minimum", bucket->minimum},
                 {"Maximum", bucket->maximum},
                 {"SampleCount", bucket->count}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].name, statistic) == 0) {
            *ret_value = known[i].value;
            return true;
        }
    return false;
}

bool dr_sim_cw_good_period(int64_t seconds)
{
    return seconds == 1 || seconds == 5 || seconds == 10 || seconds == 20 || seconds == 30 ||
           (seconds > 0 && seconds % 60 == 0);
}

const char *dr_sim_cw_unit(const char *metric)
{
    static const char *const units[][2] = {
        {"ReplicaLag", "Seconds"},         {"AuroraGlobalDBReplicationLag", "Milliseconds"},
        {"CPUUtilization", "Percent"},     {"MemoryUtilization", "Percent"},
        {"DatabaseConnections", "Count"},  {"AuroraGlobalDBRPOLag", "Milliseconds"},
        {"FreeableMemory", "Bytes"},       {"FreeStorageSpace", "Bytes"},
        {"HealthyHostCount", "Count"},     {"UnHealthyHostCount", "Count"},
        {"TargetResponseTime", "Seconds"}, {"ReplicationLatency", "Seconds"},
        {"RequestCount", "Count"},         {"HTTPCode_Target_5XX_Count", "Count"},
    };
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(units[i][0], metric) == 0)
            return units[i][1];
    return "None";
}

/* --- Reading --------------------------------------------------------------------------------------------------------
 */

static bool read_time(struct dr_sim_call *call, const char *member, int64_t *ret_ms)
{
    struct dr_aws_instant instant;
    if (!dr_aws_instant_from_json(json_object_get(call->input, member), &instant)) {
        dr_sim_fail(call, 0, "InvalidParameterValue", "The parameter %s must be a timestamp.", member);
        return false;
    }
    *ret_ms = instant.seconds * 1000 + instant.nanoseconds / 1000000;
    return true;
}

static bool read_span(struct dr_sim_call *call, int64_t *ret_from, int64_t *ret_to, const char *code)
{
    if (!read_time(call, "StartTime", ret_from) || !read_time(call, "EndTime", ret_to))
        return false;
    if (*ret_from >= *ret_to)
        dr_sim_fail(call, 0, code, "The parameter StartTime must be less than the parameter EndTime.");
    return !call->error;
}

void dr_sim_cw_get_statistics(struct dr_sim_call *call)
{
    static const char *const statistics[] = {"SampleCount", "Average", "Sum", "Minimum", "Maximum"};
    const struct dr_sim_cw_series series = {call->account, call->region, dr_sim_string(call, "Namespace", ""),
                                            dr_sim_string(call, "MetricName", ""),
                                            json_object_get(call->input, "Dimensions")};
    const json_t *wanted = json_object_get(call->input, "Statistics");
    int64_t from_ms, to_ms, period = dr_sim_int(call, "Period", 60);
    if (!read_span(call, &from_ms, &to_ms, "InvalidParameterValue"))
        return;
    if (!dr_sim_cw_good_period(period))
        dr_sim_fail(call, 0, "InvalidParameterValue",
                    "The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60");
    else if (json_object_get(call->input, "ExtendedStatistics"))
        dr_sim_fail(call, 501, "NotSimulated", "ExtendedStatistics are not simulated");
    else if (json_array_size(wanted) == 0)
        dr_sim_fail(call, 0, "MissingParameter",
                    "At least one of the parameters Statistics and ExtendedStatistics must be specified.");
    else if ((to_ms - from_ms) / (period * 1000) > DATAPOINTS_MAX)
        dr_sim_fail(call, 0, "InvalidParameterCombination",
                    "You have requested up to %lld datapoints, which exceeds the limit of 1,440. You may reduce the "
                    "datapoints requested by increasing Period, or decreasing the time range.",
                    (long long)((to_ms - from_ms) / (period * 1000)));
    if (call->error)
        return;
    size_t count;
    struct dr_sim_cw_bucket *buckets = dr_sim_cw_buckets(call->cloud, &series, from_ms, to_ms, period * 1000, &count);
    json_t *points = json_array();
    for (size_t i = 0; i < count; i++) {
        char *date = dr_sim_timestamp(buckets[i].at_ms);
        json_t *point = json_pack("{s:s,s:s}", "Timestamp", date, "Unit", dr_sim_cw_unit(series.name));
        for (size_t j = 0; j < sizeof statistics / sizeof *statistics; j++)
            for (size_t k = 0; k < json_array_size(wanted); k++) {
                double value;
                if (strcmp(json_string_value(json_array_get(wanted, k)), statistics[j]) == 0 &&
                    dr_sim_cw_statistic(&buckets[i], statistics[j], &value))
                    json_object_set_new(point, statistics[j], json_real(value));
            }
        json_array_append_new(points, point);
        free(date);
    }
    free(buckets);
    call->output = json_pack("{s:s,s:o}", "Label", series.name, "Datapoints", points);
}

static json_t *read_query(struct dr_sim_call *call, const json_t *query, int64_t from_ms, int64_t to_ms)
{
    const json_t *stat = json_object_get(query, "MetricStat"), *metric = json_object_get(stat, "Metric");
    const char *statistic = cw_text(stat, "Stat"), *label = cw_text(query, "Label");
    const struct dr_sim_cw_series series = {call->account, call->region, cw_text(metric, "Namespace"),
                                            cw_text(metric, "MetricName"), json_object_get(metric, "Dimensions")};
    int64_t period = (int64_t)json_integer_value(json_object_get(stat, "Period"));
    struct dr_sim_cw_bucket none = {0};
    double value = 0;
    if (!stat)
        dr_sim_fail(call, 501, "NotSimulated", "Metric math (the expression of %s) is not simulated",
                    cw_text(query, "Id"));
    else if (!dr_sim_cw_statistic(&none, statistic, &value))
        dr_sim_fail(call, 501, "NotSimulated", "The statistic %s is not simulated", statistic);
    else if (!dr_sim_cw_good_period(period))
        dr_sim_fail(call, 400, "ValidationError", "Period must be 1, 5, 10, 20, 30 or a multiple of 60");
    else if ((to_ms - from_ms) / (period * 1000) > DATA_MAX)
        dr_sim_fail(call, 400, "ValidationError", "The request would give more than %d datapoints", DATA_MAX);
    if (call->error)
        return NULL;
    size_t count;
    struct dr_sim_cw_bucket *buckets = dr_sim_cw_buckets(call->cloud, &series, from_ms, to_ms, period * 1000, &count);
    bool ascending = strcmp(dr_sim_string(call, "ScanBy", ""), "TimestampAscending") == 0;
    json_t *times = json_array(), *values = json_array();
    for (size_t i = 0; i < count; i++) {
        const struct dr_sim_cw_bucket *bucket = &buckets[ascending ? i : count - 1 - i];
        char *date = dr_sim_timestamp(bucket->at_ms);
        json_array_append_new(times, json_string(date));
        dr_sim_cw_statistic(bucket, statistic, &value);
        json_array_append_new(values, json_real(value));
        free(date);
    }
    free(buckets);
    return json_pack("{s:s,s:s,s:o,s:o,s:s}", "Id", cw_text(query, "Id"), "Label", *label ? label : series.name,
                     "Timestamps", times, "Values", values, "StatusCode", "Complete");
}

void dr_sim_cw_get_data(struct dr_sim_call *call)
{
    int64_t from_ms, to_ms;
    const json_t *queries = json_object_get(call->input, "MetricDataQueries");
    if (!read_span(call, &from_ms, &to_ms, "ValidationError"))
        return;
    if (json_object_get(call->input, "NextToken")) {
        dr_sim_fail(call, 0, "InvalidNextToken", "The token is not valid: all results are on one page");
        return;
    }
    json_t *results = json_array();
    for (size_t i = 0; i < json_array_size(queries) && !call->error; i++) {
        const json_t *query = json_array_get(queries, i);
        for (size_t j = 0; j < i; j++)
            if (cw_is(json_array_get(queries, j), "Id", cw_text(query, "Id")))
                dr_sim_fail(call, 400, "ValidationError",
                            "The values for parameter id in MetricDataQueries are not unique.");
        json_t *result = call->error ? NULL : read_query(call, query, from_ms, to_ms);
        if (result && !json_is_false(json_object_get(query, "ReturnData")))
            json_array_append_new(results, result);
        else
            json_decref(result);
    }
    if (call->error)
        json_decref(results);
    else
        call->output = json_pack("{s:o,s:[]}", "MetricDataResults", results, "Messages");
}

/* --- Putting and listing --------------------------------------------------------------------------------------------
 */

static void put_point(json_t *metric, int64_t at_ms, double count, double sum, double minimum, double maximum)
{
    json_t *points = json_object_get(metric, "_points");
    if (json_array_size(points) >= POINTS_MAX)
        json_array_remove(points, 0);
    json_array_append_new(points, json_pack("[I,f,f,f,f]", (json_int_t)at_ms, count, sum, minimum, maximum));
}

static bool put_datum(struct dr_sim_call *call, const json_t *datum)
{
    const struct dr_sim_cw_series series = {call->account, call->region, dr_sim_string(call, "Namespace", ""),
                                            cw_text(datum, "MetricName"), json_object_get(datum, "Dimensions")};
    const json_t *set = json_object_get(datum, "StatisticValues"), *values = json_object_get(datum, "Values"),
                 *counts = json_object_get(datum, "Counts"), *value = json_object_get(datum, "Value"),
                 *stamp = json_object_get(datum, "Timestamp");
    struct dr_aws_instant instant;
    int64_t at_ms = call->now_ms;
    if (stamp && dr_aws_instant_from_json(stamp, &instant))
        at_ms = instant.seconds * 1000;
    if ((set != NULL) + (values != NULL) + (value != NULL) != 1 ||
        (counts && json_array_size(counts) != json_array_size(values))) {
        dr_sim_fail(call, 0, "InvalidParameterCombination",
                    "Exactly one of Value, Values (with as many Counts) and StatisticValues must be given for %s",
                    series.name);
        return false;
    }
    json_t *metric = dr_sim_cw_own(call->cloud, &series);
    double one = json_number_value(value);
    if (value)
        put_point(metric, at_ms, 1, one, one, one);
    if (set)
        put_point(metric, at_ms, json_number_value(json_object_get(set, "SampleCount")),
                  json_number_value(json_object_get(set, "Sum")), json_number_value(json_object_get(set, "Minimum")),
                  json_number_value(json_object_get(set, "Maximum")));
    for (size_t i = 0; i < json_array_size(values); i++) {
        double count = counts ? json_number_value(json_array_get(counts, i)) : 1;
        one = json_number_value(json_array_get(values, i));
        put_point(metric, at_ms, count, one * count, one, one);
    }
    return true;
}

void dr_sim_cw_put_data(struct dr_sim_call *call)
{
    const json_t *data = json_object_get(call->input, "MetricData");
    if (strncmp(dr_sim_string(call, "Namespace", ""), "AWS/", 4) == 0) {
        dr_sim_fail(call, 0, "InvalidParameterValue", "The value AWS/ for parameter Namespace is invalid.");
        return;
    }
    for (size_t i = 0; i < json_array_size(data); i++)
        if (!put_datum(call, json_array_get(data, i)))
            return;
}

static bool is_wanted(const struct dr_sim_call *call, const json_t *metric)
{
    const json_t *filters = json_object_get(call->input, "Dimensions"), *own = json_object_get(metric, "Dimensions");
    if (!cw_is(metric, "Namespace", dr_sim_string(call, "Namespace", cw_text(metric, "Namespace"))) ||
        !cw_is(metric, "MetricName", dr_sim_string(call, "MetricName", cw_text(metric, "MetricName"))))
        return false;
    for (size_t i = 0; i < json_array_size(filters); i++) {
        const json_t *filter = json_array_get(filters, i);
        bool has = false;
        for (size_t j = 0; j < json_array_size(own); j++) {
            const json_t *dimension = json_array_get(own, j);
            has = has ||
                  (cw_is(dimension, "Name", cw_text(filter, "Name")) &&
                   cw_is(dimension, "Value",
                         json_object_get(filter, "Value") ? cw_text(filter, "Value") : cw_text(dimension, "Value")));
        }
        if (!has)
            return false;
    }
    return true;
}

/* Those of databases; other services' metrics can be read but are not listed. */
static const struct {
    const char *kind, *dimension, *metric;
} listed[] = {
    {"rds.instance", "DBInstanceIdentifier", "CPUUtilization"},
    {"rds.instance", "DBInstanceIdentifier", "DatabaseConnections"},
    {"rds.instance", "DBInstanceIdentifier", "FreeStorageSpace"},
    {"rds.instance", "DBInstanceIdentifier", "ReplicaLag"},
    {"rds.cluster", "DBClusterIdentifier", "AuroraGlobalDBReplicationLag"},
};

void dr_sim_cw_list_metrics(struct dr_sim_call *call)
{
    json_t *all = json_array(), *metric, *resource;
    const char *id;
    json_object_foreach(dr_sim_table(call->cloud, call->account, call->region, CW_METRIC), id, metric)
    {
        if (is_wanted(call, metric))
            json_array_append(all, metric);
    }
    for (size_t i = 0; i < sizeof listed / sizeof *listed; i++) {
        json_object_foreach(dr_sim_table(call->cloud, call->account, call->region, listed[i].kind), id, resource)
        {
            metric = json_pack("{s:s,s:s,s:[{s:s,s:s}]}", "Namespace", "AWS/RDS", "MetricName", listed[i].metric,
                               "Dimensions", "Name", listed[i].dimension, "Value", id);
            const struct dr_sim_cw_series series = {call->account, call->region, "AWS/RDS", listed[i].metric,
                                                    json_object_get(metric, "Dimensions")};
            double value;
            if (is_wanted(call, metric) && ask_services(call->cloud, &series, call->now_ms, &value))
                json_array_append(all, metric);
            json_decref(metric);
        }
    }
    dr_sim_page(call, "Metrics", all, PAGE_MAX, "InvalidParameterValue");
    json_decref(all);
}
