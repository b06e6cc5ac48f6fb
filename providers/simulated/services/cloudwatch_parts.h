/* Between the files of the simulated CloudWatch: private to this folder. */
#ifndef DRRUN_PROVIDERS_SIMULATED_SERVICES_CLOUDWATCH_PARTS_H
#define DRRUN_PROVIDERS_SIMULATED_SERVICES_CLOUDWATCH_PARTS_H

#include "interpreter/base/text.h"
#include "providers/simulated/cloud.h"

#include <stdlib.h>
#include <string.h>

#define CW_METRIC                                                                                                      \
    "cloudwatch.metric" /* of one's own: {"Namespace", "MetricName", "Dimensions", "_points", "_value"}                \
                         */
#define CW_ALARM "cloudwatch.alarm"
#define CW_HISTORY "cloudwatch.history"
#define CW_MINUTE INT64_C(60000)

static inline const char *cw_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}
static inline bool cw_is(const json_t *object, const char *key, const char *text)
{
    return strcmp(cw_text(object, key), text) == 0;
}

/* cloudwatch_metrics.c: values */
struct dr_sim_cw_series {
    const char *account, *region, *metric_namespace, *name;
    const json_t *dimensions; /* a list of {"Name", "Value"}, or NULL */
};
struct dr_sim_cw_bucket {
    int64_t at_ms; /* the beginning of the period */
    double count, sum, minimum, maximum;
};
/* The periods of [from, to) that have values which CloudWatch has by now: in time's order. The caller frees. */
struct dr_sim_cw_bucket *dr_sim_cw_buckets(struct dr_sim_cloud *cloud, const struct dr_sim_cw_series *series,
                                           int64_t from_ms, int64_t to_ms, int64_t period_ms, size_t *ret_count);
/* "Average", "Sum", "Minimum", "Maximum", "SampleCount"; false: another one. */
bool dr_sim_cw_statistic(const struct dr_sim_cw_bucket *bucket, const char *statistic, double *ret_value);
bool dr_sim_cw_good_period(int64_t seconds);
const char *dr_sim_cw_unit(const char *metric);
/* How long after its time CloudWatch has a value. */
int64_t dr_sim_cw_delay(struct dr_sim_cloud *cloud);
/* A metric of one's own, made if it is not there: borrowed. */
json_t *dr_sim_cw_own(struct dr_sim_cloud *cloud, const struct dr_sim_cw_series *series);
void dr_sim_cw_get_statistics(struct dr_sim_call *call);
void dr_sim_cw_get_data(struct dr_sim_call *call);
void dr_sim_cw_put_data(struct dr_sim_call *call);
void dr_sim_cw_list_metrics(struct dr_sim_call *call);

/* cloudwatch_alarms.c */
void dr_sim_cw_make_alarm(struct dr_sim_cloud *cloud, const char *account, const char *region, const char *name,
                          const json_t *given, int64_t now_ms);
void dr_sim_cw_evaluate(const struct dr_sim_happening *happening);
void dr_sim_cw_describe_alarms(struct dr_sim_call *call);
void dr_sim_cw_describe_alarms_for_metric(struct dr_sim_call *call);
void dr_sim_cw_describe_history(struct dr_sim_call *call);
void dr_sim_cw_put_alarm(struct dr_sim_call *call);
void dr_sim_cw_set_alarm_state(struct dr_sim_call *call);
void dr_sim_cw_delete_alarms(struct dr_sim_call *call);
void dr_sim_cw_enable_actions(struct dr_sim_call *call);
void dr_sim_cw_disable_actions(struct dr_sim_call *call);

#endif
