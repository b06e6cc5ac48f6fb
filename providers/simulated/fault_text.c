/* Faults as people give them. */
#include "providers/simulated/fault_text.h"

#include "interpreter/base/clock.h"
#include "interpreter/base/text.h"
#include "providers/simulated/cloud_parts.h"

#include <stdlib.h>
#include <string.h>

bool dr_sim_fault_tidy(json_t *fault, char **ret_problem)
{
    static const char *const durations[] = {"At", "For", "Seconds"};
    for (size_t i = 0; i < sizeof durations / sizeof *durations; i++) {
        const json_t *value = json_object_get(fault, durations[i]);
        int64_t ms;
        if (!json_is_string(value))
            continue;
        if (!dr_duration_parse(json_string_value(value), &ms)) {
            *ret_problem =
                dr_format("\"%s\" is \"%s\"; a duration is 90s, 5m or 1h30m", durations[i], json_string_value(value));
            return false;
        }
        json_object_set_new(fault, durations[i], json_real((double)ms / 1000));
    }
    return true;
}

/* The text from `*at` to the next of the marks, owned by the caller; NULL if it is empty. */
static char *take(const char **at)
{
    size_t size = strcspn(*at, "/@+*=");
    char *part = size ? dr_copy_bytes(*at, size) : NULL;
    *at += size;
    return part;
}

static void set_text(json_t *fault, const char *key, char *text /* stolen */)
{
    if (text)
        json_object_set_new(fault, key, json_string(text));
    free(text);
}

static json_t *parse_short(const char *text, char **ret_problem)
{
    static const char *const places[] = {"Region", "Service", "Operation"};
    json_t *fault = json_object();
    const char *at = text;
    size_t size = strcspn(at, ":@+*=");
    set_text(fault, "Fault", dr_copy_bytes(at, size));
    at += size;
    for (size_t i = 0; i < 3 && (*at == ':' || *at == '/'); i++) {
        at++;
        set_text(fault, places[i], take(&at));
    }
    while (*at) {
        char mark = *at++, *value = take(&at);
        if (mark == '@' && value) {
            set_text(fault, "At", value);
        } else if (mark == '+' && value) {
            set_text(fault, "For", value);
        } else if (mark == '=' && value) {
            set_text(fault, "Resource", value);
        } else if (mark == '*' && value && strspn(value, "0123456789") == strlen(value) && strlen(value) < 9) {
            json_object_set_new(fault, "Count", json_integer(strtoll(value, NULL, 10)));
            free(value);
        } else {
            free(value);
            *ret_problem = dr_format("%s is no fault: write it like RegionDown:us-east-1@60s+30m or "
                                     "Throttled:us-west-2/rds/DescribeDBInstances*3",
                                     text);
            json_decref(fault);
            return NULL;
        }
    }
    return fault;
}

json_t *dr_sim_fault_parse(const char *text, char **ret_problem)
{
    char *problem = NULL;
    json_t *fault = *text == '{' ? dr_json_parse(text, strlen(text), &problem) : parse_short(text, &problem);
    if (fault && !dr_sim_fault_tidy(fault, &problem)) {
        json_decref(fault);
        fault = NULL;
    }
    if (!fault)
        *ret_problem = problem ? problem : dr_copy_string("a fault is missing");
    return fault;
}

bool dr_sim_fault_plan(struct dr_sim_cloud *cloud, const json_t *fault, char **ret_problem)
{
    double after = json_number_value(json_object_get(fault, "At"));
    if (after <= 0)
        return dr_sim_fault_begin(cloud, fault, ret_problem) != 0;
    if (!dr_sim_fault_check(fault, ret_problem))
        return false;
    dr_sim_schedule(cloud, dr_sim_now(cloud) + dr_sim_whole_ms(after * 1000), "fault.begin", "", "", "",
                    dr_json_share(fault));
    return true;
}
