/* CloudWatch: the table of operations and what a world says of metrics and alarms; the parts are in cloudwatch_*.c. */
#include "providers/simulated/services/cloudwatch_parts.h"

extern const struct dr_sim_service dr_sim_cloudwatch;

static const struct dr_sim_operation operations[] = {
    {"DeleteAlarms", dr_sim_cw_delete_alarms, DR_SIM_CONTROL},
    {"DescribeAlarmHistory", dr_sim_cw_describe_history, DR_SIM_CONTROL},
    {"DescribeAlarms", dr_sim_cw_describe_alarms, DR_SIM_CONTROL},
    {"DescribeAlarmsForMetric", dr_sim_cw_describe_alarms_for_metric, DR_SIM_CONTROL},
    {"DisableAlarmActions", dr_sim_cw_disable_actions, DR_SIM_CONTROL},
    {"EnableAlarmActions", dr_sim_cw_enable_actions, DR_SIM_CONTROL},
    {"GetMetricData", dr_sim_cw_get_data, DR_SIM_DATA},
    {"GetMetricStatistics", dr_sim_cw_get_statistics, DR_SIM_DATA},
    {"ListMetrics", dr_sim_cw_list_metrics, DR_SIM_DATA},
    {"PutMetricAlarm", dr_sim_cw_put_alarm, DR_SIM_CONTROL},
    {"PutMetricData", dr_sim_cw_put_data, DR_SIM_DATA},
    {"SetAlarmState", dr_sim_cw_set_alarm_state, DR_SIM_CONTROL},
    {NULL, NULL, DR_SIM_DATA},
};

static const struct dr_sim_event events[] = {{"cloudwatch.evaluate", dr_sim_cw_evaluate}, {NULL, NULL}};

/* { Name: Value } as CloudWatch has it: a new reference. */
static json_t *dimension_list(const json_t *by_name)
{
    const char *name;
    json_t *list = json_array(), *value;
    json_object_foreach((json_t *)(uintptr_t)by_name, name, value)
        json_array_append_new(list, json_pack("{s:s,s:O}", "Name", name, "Value", value));
    return list;
}

static void set_default(json_t *object, const char *key, json_t *value)
{
    if (json_object_get(object, key))
        json_decref(value);
    else
        json_object_set_new(object, key, value);
}

/* { Alarms: { NAME: {...} }, Metrics: [ {...} ] }: schemas/world/cloudwatch.schema.json */
static bool load(struct dr_sim_cloud *cloud, const char *account, const char *region, const json_t *given,
                 char **ret_problem)
{
    const char *name;
    json_t *about;
    size_t i;
    json_array_foreach(json_object_get(given, "Metrics"), i, about)
    {
        json_t *dimensions = dimension_list(json_object_get(about, "Dimensions"));
        const struct dr_sim_cw_series series = {account, region, cw_text(about, "Namespace"),
                                                cw_text(about, "MetricName"), dimensions};
        json_object_set(dr_sim_cw_own(cloud, &series), "_value", json_object_get(about, "Value"));
        json_decref(dimensions);
    }
    json_object_foreach(json_object_get(given, "Alarms"), name, about)
    {
        if (!*cw_text(about, "Namespace") || !*cw_text(about, "MetricName") || !json_object_get(about, "Threshold")) {
            *ret_problem = dr_format("cloudwatch.Alarms.%s: an alarm has Namespace, MetricName and Threshold", name);
            return false;
        }
        json_t *alarm = json_deep_copy(about);
        json_object_set_new(alarm, "Dimensions", dimension_list(json_object_get(about, "Dimensions")));
        set_default(alarm, "Statistic", json_string("Average"));
        set_default(alarm, "Period", json_integer(60));
        set_default(alarm, "EvaluationPeriods", json_integer(1));
        set_default(alarm, "ComparisonOperator", json_string("GreaterThanThreshold"));
        set_default(alarm, "TreatMissingData", json_string("missing"));
        dr_sim_cw_make_alarm(cloud, account, region, name, alarm, dr_sim_now(cloud));
        json_decref(alarm);
    }
    return true;
}

const struct dr_sim_service dr_sim_cloudwatch = {
    .name = "cloudwatch", .operations = operations, .events = events, .load = load};
