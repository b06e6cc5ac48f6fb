/* Alarms of the simulated CloudWatch: their state once a minute, what they tell whom. Source:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html (evaluation, missing data),
 * .../APIReference/API_PutMetricAlarm.html, API_SetAlarmState.html. */
#include "providers/simulated/services/cloudwatch_parts.h"
#include "providers/simulated/services/messages.h"

#include "interpreter/base/clock.h"

#define PAGE_MAX 100
#define PERIODS_MAX 1440

static const struct {
    const char *name, *words;
} operators[] = {{"GreaterThanOrEqualToThreshold", "greater than or equal to"},
                 {"GreaterThanThreshold", "greater than"},
                 {"LessThanThreshold", "less than"},
                 {"LessThanOrEqualToThreshold", "less than or equal to"}};

static bool breaches(const char *comparison, double value, double threshold)
{
    if (strcmp(comparison, "GreaterThanOrEqualToThreshold") == 0)
        return value >= threshold;
    if (strcmp(comparison, "GreaterThanThreshold") == 0)
        return value > threshold;
    return strcmp(comparison, "LessThanThreshold") == 0 ? value < threshold : value <= threshold;
}

static const char *words_of(const char *comparison)
{
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (strcmp(operators[i].name, comparison) == 0)
            return operators[i].words;
    return "";
}

/* --- States ---------------------------------------------------------------------------------------------------------
 */

static void keep_history(struct dr_sim_cloud *cloud, const char *account, const char *region, const char *name,
                         const char *type, const char *summary)
{
    json_t *table = dr_sim_table(cloud, account, region, CW_HISTORY);
    char *id = dr_format("%zu", json_object_size(table)), *date = dr_sim_timestamp(dr_sim_now(cloud));
    json_object_set_new(table, id,
                        json_pack("{s:s,s:s,s:s,s:s,s:s}", "AlarmName", name, "AlarmType", "MetricAlarm", "Timestamp",
                                  date, "HistoryItemType", type, "HistorySummary", summary));
    free(id);
    free(date);
}

static void tell(struct dr_sim_cloud *cloud, const json_t *alarm, const char *before)
{
    static const char *const lists[][2] = {
        {"OK", "OKActions"}, {"ALARM", "AlarmActions"}, {"INSUFFICIENT_DATA", "InsufficientDataActions"}};
    const char *state = cw_text(alarm, "StateValue");
    json_t *whole = json_pack("{s:s,s:s,s:s,s:s,s:s}", "AlarmName", cw_text(alarm, "AlarmName"), "NewStateValue", state,
                              "OldStateValue", before, "NewStateReason", cw_text(alarm, "StateReason"), "AlarmArn",
                              cw_text(alarm, "AlarmArn"));
    char *body = json_dumps(whole, JSON_COMPACT),
         *subject = dr_format("%s: \"%s\"", state, cw_text(alarm, "AlarmName"));
    const struct dr_sim_message message = {.body = body, .subject = subject};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        const json_t *actions = json_object_get(alarm, lists[i][1]);
        for (size_t j = 0; strcmp(lists[i][0], state) == 0 && j < json_array_size(actions); j++) {
            const char *arn = json_string_value(json_array_get(actions, j));
            if (strstr(arn, ":sns:"))
                dr_sim_topic_send(cloud, arn, &message, dr_sim_now(cloud));
        }
    }
    json_decref(whole);
    free(body);
    free(subject);
}

static void set_state(struct dr_sim_cloud *cloud, const char *account, const char *region, json_t *alarm,
                      const char *state, const char *reason)
{
    char *before = dr_copy_string(cw_text(alarm, "StateValue")), *date = dr_sim_timestamp(dr_sim_now(cloud));
    json_object_set_new(alarm, "StateReason", json_string(reason));
    if (strcmp(before, state) != 0) {
        char *summary = dr_format("Alarm updated from %s to %s", before, state);
        json_object_set_new(alarm, "StateValue", json_string(state));
        json_object_set_new(alarm, "StateUpdatedTimestamp", json_string(date));
        keep_history(cloud, account, region, cw_text(alarm, "AlarmName"), "StateUpdate", summary);
        if (!json_is_false(json_object_get(alarm, "ActionsEnabled")))
            tell(cloud, alarm, before);
        free(summary);
    }
    free(before);
    free(date);
}

struct look { /* at the newest periods of an alarm's metric */
    int64_t wanted, needed, there, breaching;
    double newest;
    int64_t newest_ms;
};

static struct look look_at(struct dr_sim_cloud *cloud, const char *account, const char *region, const json_t *alarm,
                           int64_t now_ms)
{
    const struct dr_sim_cw_series series = {account, region, cw_text(alarm, "Namespace"), cw_text(alarm, "MetricName"),
                                            json_object_get(alarm, "Dimensions")};
    int64_t period = (int64_t)json_integer_value(json_object_get(alarm, "Period")) * 1000;
    struct look look = {.wanted = (int64_t)json_integer_value(json_object_get(alarm, "EvaluationPeriods")),
                        .needed = (int64_t)json_integer_value(json_object_get(alarm, "DatapointsToAlarm"))};
    look.needed = look.needed > 0 ? look.needed : look.wanted;
    int64_t end = (now_ms - dr_sim_cw_delay(cloud)) / CW_MINUTE * CW_MINUTE + CW_MINUTE;
    int64_t last = (end + period - 1) / period * period;
    size_t count;
    struct dr_sim_cw_bucket *buckets =
        dr_sim_cw_buckets(cloud, &series, last - look.wanted * period, last, period, &count);
    for (size_t i = 0; i < count; i++) {
        double value = 0;
        dr_sim_cw_statistic(&buckets[i], cw_text(alarm, "Statistic"), &value);
        look.there++;
        look.breaching += breaches(cw_text(alarm, "ComparisonOperator"), value,
                                   json_number_value(json_object_get(alarm, "Threshold")));
        look.newest = value;
        look.newest_ms = buckets[i].at_ms;
    }
    free(buckets);
    return look;
}

static void evaluate(struct dr_sim_cloud *cloud, const char *account, const char *region, json_t *alarm, int64_t now_ms)
{
    struct look look = look_at(cloud, account, region, alarm, now_ms);
    const char *missing = cw_text(alarm, "TreatMissingData");
    int64_t absent = look.wanted - look.there;
    if (strcmp(missing, "breaching") == 0)
        look.breaching += absent;
    bool filled = strcmp(missing, "breaching") == 0 || strcmp(missing, "notBreaching") == 0;
    if (look.there == 0 && strcmp(missing, "ignore") == 0)
        return;
    if (look.there == 0 && !filled) {
        set_state(cloud, account, region, alarm, "INSUFFICIENT_DATA",
                  "Insufficient Data: no datapoints were received for the evaluation periods.");
        return;
    }
    bool alarmed = look.breaching >= look.needed;
    char *date = dr_sim_timestamp(look.newest_ms);
    char *reason =
        dr_format("Threshold Crossed: %lld out of the last %lld datapoints [%.15g (%s)] %s %s the threshold "
                  "(%.15g).",
                  (long long)(alarmed ? look.breaching : look.wanted - look.breaching), (long long)look.wanted,
                  look.newest, date, alarmed ? "was" : "was not", words_of(cw_text(alarm, "ComparisonOperator")),
                  json_number_value(json_object_get(alarm, "Threshold")));
    set_state(cloud, account, region, alarm, alarmed ? "ALARM" : "OK", reason);
    free(date);
    free(reason);
}

void dr_sim_cw_evaluate(const struct dr_sim_happening *happening)
{
    json_t *alarm = dr_sim_find(happening->cloud, happening->account, happening->region, CW_ALARM, happening->id);
    if (!alarm)
        return;
    if (!dr_sim_region_down(happening->cloud, happening->region))
        evaluate(happening->cloud, happening->account, happening->region, alarm, happening->at_ms);
    dr_sim_schedule(happening->cloud, happening->at_ms + CW_MINUTE, "cloudwatch.evaluate", happening->account,
                    happening->region, happening->id, NULL);
}

/* --- Operations -----------------------------------------------------------------------------------------------------
 */

void dr_sim_cw_make_alarm(struct dr_sim_cloud *cloud, const char *account, const char *region, const char *name,
                          const json_t *given, int64_t now_ms)
{
    static const char *const lists[] = {"OKActions", "AlarmActions", "InsufficientDataActions", "Dimensions"};
    const json_t *before = dr_sim_find(cloud, account, region, CW_ALARM, name);
    json_t *alarm = json_deep_copy(given);
    char *arn = dr_sim_arn("cloudwatch", region, account, "alarm:%s", name), *date = dr_sim_timestamp(now_ms);
    json_object_del(alarm, "Tags");
    json_object_set_new(alarm, "AlarmName", json_string(name));
    json_object_set_new(alarm, "AlarmArn", json_string(arn));
    json_object_set_new(alarm, "AlarmConfigurationUpdatedTimestamp", json_string(date));
    if (!json_object_get(alarm, "ActionsEnabled"))
        json_object_set_new(alarm, "ActionsEnabled", json_true());
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (!json_object_get(alarm, lists[i]))
            json_object_set_new(alarm, lists[i], json_array());
    if (before) { /* changing an alarm keeps its state */
        json_object_set(alarm, "StateValue", json_object_get(before, "StateValue"));
        json_object_set(alarm, "StateReason", json_object_get(before, "StateReason"));
        json_object_set(alarm, "StateUpdatedTimestamp", json_object_get(before, "StateUpdatedTimestamp"));
    } else {
        json_object_set_new(alarm, "StateValue", json_string("INSUFFICIENT_DATA"));
        json_object_set_new(alarm, "StateReason", json_string("Unchecked: Initial alarm creation"));
        json_object_set_new(alarm, "StateUpdatedTimestamp", json_string(date));
        dr_sim_schedule(cloud, now_ms / CW_MINUTE * CW_MINUTE + CW_MINUTE, "cloudwatch.evaluate", account, region, name,
                        NULL);
    }
    keep_history(cloud, account, region, name, "ConfigurationUpdate",
                 before ? "Alarm configuration updated" : "Alarm created");
    dr_sim_put(cloud, account, region, CW_ALARM, name, alarm);
    free(arn);
    free(date);
}

void dr_sim_cw_put_alarm(struct dr_sim_call *call)
{
    int64_t period = dr_sim_int(call, "Period", 0), wanted = dr_sim_int(call, "EvaluationPeriods", 1);
    if (json_object_get(call->input, "Metrics") || json_object_get(call->input, "ExtendedStatistic"))
        dr_sim_fail(call, 501, "NotSimulated", "Alarms on metric math and percentiles are not simulated");
    else if (!json_object_get(call->input, "MetricName") || !json_object_get(call->input, "Namespace") ||
             !json_object_get(call->input, "Statistic") || !json_object_get(call->input, "Period"))
        dr_sim_fail(call, 400, "ValidationError",
                    "MetricName, Namespace, Statistic and Period are needed for an alarm on one metric");
    else if (!json_object_get(call->input, "Threshold"))
        dr_sim_fail(call, 400, "ValidationError", "Threshold is needed");
    else if (!*words_of(dr_sim_string(call, "ComparisonOperator", "")))
        dr_sim_fail(call, 501, "NotSimulated", "Anomaly detection is not simulated");
    else if (!dr_sim_cw_good_period(period))
        dr_sim_fail(call, 400, "ValidationError", "Metric alarm period must be 10, 20, 30 or a multiple of 60");
    else if (dr_sim_int(call, "DatapointsToAlarm", wanted) > wanted)
        dr_sim_fail(call, 400, "ValidationError", "DatapointsToAlarm must be less than or equal to EvaluationPeriods");
    else if (wanted > PERIODS_MAX || period * wanted > 86400 * 7)
        dr_sim_fail(call, 400, "ValidationError",
                    "Metrics cannot be checked across more than a week (EvaluationPeriods * Period must be <= 604800)");
    if (!call->error)
        dr_sim_cw_make_alarm(call->cloud, call->account, call->region, dr_sim_string(call, "AlarmName", ""),
                             call->input, call->now_ms);
}

static bool is_named(const json_t *names, const char *name)
{
    for (size_t i = 0; i < json_array_size(names); i++)
        if (strcmp(json_string_value(json_array_get(names, i)), name) == 0)
            return true;
    return false;
}

static bool has_action(const json_t *alarm, const char *prefix)
{
    const json_t *actions = json_object_get(alarm, "AlarmActions");
    for (size_t i = 0; i < json_array_size(actions); i++)
        if (strncmp(json_string_value(json_array_get(actions, i)), prefix, strlen(prefix)) == 0)
            return true;
    return false;
}

void dr_sim_cw_describe_alarms(struct dr_sim_call *call)
{
    const json_t *names = json_object_get(call->input, "AlarmNames"),
                 *types = json_object_get(call->input, "AlarmTypes");
    const char *prefix = dr_sim_string(call, "AlarmNamePrefix", NULL), *state = dr_sim_string(call, "StateValue", NULL),
               *action = dr_sim_string(call, "ActionPrefix", NULL), *name;
    if (names && prefix) {
        dr_sim_fail(call, 400, "ValidationError", "AlarmNames and AlarmNamePrefix cannot be given together");
        return;
    }
    json_t *all = json_array(), *alarm;
    json_object_foreach(dr_sim_table(call->cloud, call->account, call->region, CW_ALARM), name, alarm)
    {
        if ((!names || is_named(names, name)) && (!prefix || strncmp(name, prefix, strlen(prefix)) == 0) &&
            (!state || cw_is(alarm, "StateValue", state)) && (!action || has_action(alarm, action)) &&
            (!types || is_named(types, "MetricAlarm")))
            json_array_append(all, alarm);
    }
    dr_sim_page(call, "MetricAlarms", all, PAGE_MAX, "InvalidNextToken");
    json_decref(all);
    if (!call->error)
        json_object_set_new(call->output, "CompositeAlarms", json_array());
}

void dr_sim_cw_describe_alarms_for_metric(struct dr_sim_call *call)
{
    json_t *all = json_array(), *alarm;
    const char *name;
    const json_t *wanted = json_object_get(call->input, "Dimensions");
    json_object_foreach(dr_sim_table(call->cloud, call->account, call->region, CW_ALARM), name, alarm)
    {
        if (cw_is(alarm, "MetricName", dr_sim_string(call, "MetricName", "")) &&
            cw_is(alarm, "Namespace", dr_sim_string(call, "Namespace", "")) &&
            (!wanted || json_equal(wanted, json_object_get(alarm, "Dimensions"))))
            json_array_append(all, alarm);
    }
    call->output = json_pack("{s:o}", "MetricAlarms", all);
}

void dr_sim_cw_describe_history(struct dr_sim_call *call)
{
    const char *name = dr_sim_string(call, "AlarmName", NULL), *type = dr_sim_string(call, "HistoryItemType", NULL),
               *id;
    bool ascending = strcmp(dr_sim_string(call, "ScanBy", ""), "TimestampAscending") == 0;
    json_t *all = json_array(), *item;
    json_object_foreach(dr_sim_table(call->cloud, call->account, call->region, CW_HISTORY), id, item)
    {
        if ((!name || cw_is(item, "AlarmName", name)) && (!type || cw_is(item, "HistoryItemType", type)))
            json_array_insert(all, ascending ? json_array_size(all) : 0, item);
    }
    dr_sim_page(call, "AlarmHistoryItems", all, PAGE_MAX, "InvalidNextToken");
    json_decref(all);
}

void dr_sim_cw_set_alarm_state(struct dr_sim_call *call)
{
    json_t *alarm =
        dr_sim_find(call->cloud, call->account, call->region, CW_ALARM, dr_sim_string(call, "AlarmName", ""));
    if (!alarm)
        dr_sim_fail(call, 0, "ResourceNotFound", "%s", "");
    else
        set_state(call->cloud, call->account, call->region, alarm, dr_sim_string(call, "StateValue", ""),
                  dr_sim_string(call, "StateReason", ""));
}

void dr_sim_cw_delete_alarms(struct dr_sim_call *call)
{
    const json_t *names = json_object_get(call->input, "AlarmNames");
    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *name = json_string_value(json_array_get(names, i));
        if (!dr_sim_find(call->cloud, call->account, call->region, CW_ALARM, name)) {
            dr_sim_fail(call, 0, "ResourceNotFound", "%s", "");
            return;
        }
    }
    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *name = json_string_value(json_array_get(names, i));
        dr_sim_unschedule(call->cloud, "cloudwatch.evaluate", call->account, call->region, name);
        dr_sim_remove(call->cloud, call->account, call->region, CW_ALARM, name);
    }
}

static void set_actions(struct dr_sim_call *call, bool enabled)
{
    const json_t *names = json_object_get(call->input, "AlarmNames");
    for (size_t i = 0; i < json_array_size(names); i++) {
        json_t *alarm = dr_sim_find(call->cloud, call->account, call->region, CW_ALARM,
                                    json_string_value(json_array_get(names, i)));
        if (alarm)
            json_object_set_new(alarm, "ActionsEnabled", json_boolean(enabled));
    }
}

void dr_sim_cw_enable_actions(struct dr_sim_call *call)
{
    set_actions(call, true);
}

void dr_sim_cw_disable_actions(struct dr_sim_call *call)
{
    set_actions(call, false);
}
