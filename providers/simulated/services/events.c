/* EventBridge: rules that pass events on to queues and topics. Every event stays in the table "events.event", so that
 * tests and reports see it; schedules are kept and never fire.
 * Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/ and
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html */
#include "interpreter/base/limits.h"
#include "providers/simulated/services/messages.h"
#include "providers/simulated/services/rows.h"

#include <strings.h>

extern const struct dr_sim_service dr_sim_events;

#define RULE "events.rule"
#define BUS "events.bus"
#define EVENT "events.event"
#define PAGE_MAX 100
#define ENTRY_BYTES_MAX 262144

/* --- Buses and rules -----------------------------------------------------------------------------------------------
 */

/* A bus is named or its ARN given. */
static const char *bus_name(const char *given)
{
    const char *slash = strncmp(given, "arn:", 4) == 0 ? strchr(given, '/') : NULL;
    return slash ? slash + 1 : given;
}

static bool bus_exists(struct dr_sim_cloud *cloud, const char *account, const char *region, const char *name)
{
    return strcmp(name, "default") == 0 || dr_sim_find(cloud, account, region, BUS, name);
}

/* The bus of the call; NULL: it has failed. */
static const char *bus_of(struct dr_sim_call *call)
{
    const char *name = bus_name(dr_sim_string(call, "EventBusName", "default"));
    if (bus_exists(call->cloud, call->account, call->region, name))
        return name;
    dr_sim_fail(call, 0, "ResourceNotFoundException", "Event bus %s does not exist.", name);
    return NULL;
}

static json_t *rule_of(struct dr_sim_call *call, const char *member)
{
    const char *bus = bus_of(call), *name = dr_sim_string(call, member, "");
    if (!bus)
        return NULL;
    char *id = dr_format("%s/%s", bus, name);
    json_t *rule = dr_sim_find(call->cloud, call->account, call->region, RULE, id);
    free(id);
    if (!rule)
        dr_sim_fail(call, 0, "ResourceNotFoundException", "Rule %s does not exist on EventBus %s.", name, bus);
    return rule;
}

static json_t *make_rule(struct dr_sim_cloud *cloud, const char *account, const char *region, const char *bus,
                         const char *name, const json_t *given)
{
    static const char *const members[] = {
        "EventPattern", "ScheduleExpression", "State", "Description", "RoleArn", NULL};
    bool own = strcmp(bus, "default") != 0;
    char *id = dr_format("%s/%s", bus, name);
    json_t *rule = dr_sim_find(cloud, account, region, RULE, id),
           *targets = json_incref(json_object_get(rule, "_targets"));
    rule = json_pack("{s:s,s:s,s:s,s:s}", "Name", name, "EventBusName", bus, "State", "ENABLED", "CreatedBy", account);
    row_take(rule, given, members);
    row_give_text(rule, "Arn",
                  dr_sim_arn("events", region, account, "rule/%s%s%s", own ? bus : "", own ? "/" : "", name));
    json_object_set_new(rule, "_targets", targets ? targets : json_object());
    dr_sim_put(cloud, account, region, RULE, id, rule);
    free(id);
    return rule;
}

/* --- Patterns ------------------------------------------------------------------------------------------------------
 */

static const char *const operators[] = {"prefix", "suffix", "exists", "anything-but", "equals-ignore-case", "numeric"};

/* Whether a pattern uses only what is simulated. */
static bool is_known_pattern(const json_t *pattern, unsigned depth)
{
    const char *key;
    json_t *value, *item;
    size_t i;
    if (!json_is_object(pattern) || depth > DR_DEPTH_MAX)
        return false;
    json_object_foreach(row_mutable(pattern), key, value)
    {
        if (*key == '$')
            return false;
        if (json_is_object(value) && !is_known_pattern(value, depth + 1))
            return false;
        json_array_foreach(value, i, item)
        {
            const char *name = json_is_object(item) ? json_object_iter_key(json_object_iter(item)) : NULL;
            bool known = !json_is_object(item);
            for (size_t j = 0; name && j < sizeof operators / sizeof *operators; j++)
                known = known || strcmp(operators[j], name) == 0;
            if (!known)
                return false;
        }
    }
    return true;
}

static bool compare_number(const char *sign, double value, double limit)
{
    if (strcmp(sign, "=") == 0)
        return !(value < limit) && !(value > limit);
    if (*sign == '<')
        return value < limit || (sign[1] == '=' && !(value > limit));
    return value > limit || (sign[1] == '=' && !(value < limit));
}

/* One element of a pattern's list: a value, or {"prefix": "x"}. `value` NULL: the event has none. */
static bool fits_element(const json_t *element, const json_t *value)
{
    const char *text = json_is_string(value) ? json_string_value(value) : NULL;
    const json_t *argument;
    if (!json_is_object(element))
        return value && json_equal(row_mutable(element), row_mutable(value));
    if ((argument = json_object_get(element, "exists")))
        return json_is_true(argument) == (value != NULL);
    if ((argument = json_object_get(element, "prefix")))
        return text && json_is_string(argument) &&
               strncmp(text, json_string_value(argument), json_string_length(argument)) == 0;
    if ((argument = json_object_get(element, "suffix")))
        return text && json_is_string(argument) && ends_with(text, json_string_value(argument));
    if ((argument = json_object_get(element, "equals-ignore-case")))
        return text && json_is_string(argument) && strcasecmp(text, json_string_value(argument)) == 0;
    if ((argument = json_object_get(element, "anything-but"))) {
        bool excluded = json_equal(row_mutable(argument), row_mutable(value));
        for (size_t i = 0; i < json_array_size(argument); i++)
            excluded = excluded || json_equal(json_array_get(argument, i), row_mutable(value));
        const json_t *prefix = json_object_get(argument, "prefix");
        excluded = excluded || (json_is_string(prefix) && text &&
                                strncmp(text, json_string_value(prefix), json_string_length(prefix)) == 0);
        return value && !excluded;
    }
    argument = json_object_get(element, "numeric");
    bool good = json_is_number(value) && json_array_size(argument) >= 2;
    for (size_t i = 0; good && i + 1 < json_array_size(argument); i += 2)
        good = json_is_string(json_array_get(argument, i)) &&
               compare_number(json_string_value(json_array_get(argument, i)), json_number_value(value),
                              json_number_value(json_array_get(argument, i + 1)));
    return good;
}

/* Any element of the list fits the value, or any of its items if it is an array. */
static bool fits_list(const json_t *list, const json_t *value)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *element = json_array_get(list, i);
        if (!json_is_array(value) && fits_element(element, value))
            return true;
        for (size_t j = 0; j < json_array_size(value); j++)
            if (fits_element(element, json_array_get(value, j)))
                return true;
    }
    return false;
}

static bool fits(const json_t *pattern, const json_t *event, unsigned depth)
{
    const char *key;
    json_t *wanted;
    json_object_foreach(row_mutable(pattern), key, wanted)
    {
        const json_t *value = json_object_get(event, key);
        bool good =
            json_is_object(wanted) ? depth < DR_DEPTH_MAX && fits(wanted, value, depth + 1) : fits_list(wanted, value);
        if (!good)
            return false;
    }
    return true;
}

/* --- Events --------------------------------------------------------------------------------------------------------
 */

/* "$.detail.state" of an event; borrowed. */
static const json_t *at_path(const json_t *event, const char *path)
{
    path += *path == '$';
    while (event && *path == '.') {
        size_t size = strcspn(++path, ".");
        event = json_object_getn(event, path, size);
        path += size;
    }
    return event;
}

static void deliver(struct dr_sim_call *call, const json_t *target, json_t *event, json_t *kept)
{
    const char *arn = row_text(target, "Arn"), *input = json_string_value(json_object_get(target, "Input")),
               *path = json_string_value(json_object_get(target, "InputPath"));
    const json_t *part = path ? at_path(event, path) : event;
    char *body = input ? dr_copy_string(input) : json_dumps(part, JSON_COMPACT | JSON_ENCODE_ANY);
    const struct dr_sim_message message = {
        .body = body ? body : "null",
        .group = json_string_value(json_object_get(json_object_get(target, "SqsParameters"), "MessageGroupId"))};
    bool arrived = false;
    if (strstr(arn, ":sqs:"))
        arrived = dr_sim_queue_send(call->cloud, arn, &message, call->now_ms);
    else if (strstr(arn, ":sns:"))
        arrived = dr_sim_topic_send(call->cloud, arn, &message, call->now_ms);
    json_array_append_new(row_array(kept, "Deliveries"), json_pack("{s:s,s:b}", "Arn", arn, "Arrived", arrived));
    free(body);
}

static void pass_on(struct dr_sim_call *call, const char *bus, json_t *event, json_t *kept)
{
    const char *id, *target_id;
    json_t *rule, *target;
    json_object_foreach(dr_sim_table(call->cloud, call->account, call->region, RULE), id, rule)
    {
        const char *text = row_text(rule, "EventPattern");
        if (strcmp(row_text(rule, "EventBusName"), bus) != 0 || strcmp(row_text(rule, "State"), "ENABLED") != 0 ||
            !*text)
            continue;
        json_t *pattern = dr_json_parse(text, strlen(text), NULL);
        if (pattern && fits(pattern, event, 0)) {
            json_object_foreach(json_object_get(rule, "_targets"), target_id, target)
                deliver(call, target, event, kept);
        }
        json_decref(pattern);
    }
}

static json_t *refused(const char *code, const char *message)
{
    return json_pack("{s:s,s:s}", "ErrorCode", code, "ErrorMessage", message);
}

static json_t *put_event(struct dr_sim_call *call, const json_t *entry)
{
    static const char *const needed[] = {"Source", "DetailType", "Detail"};
    const char *text = row_text(entry, "Detail"), *bus = bus_name(row_text(entry, "EventBusName"));
    bus = *bus ? bus : "default";
    for (size_t i = 0; i < 3; i++) {
        if (*row_text(entry, needed[i]))
            continue;
        char *message =
            dr_format("Parameter %s is not valid. Reason: %s is a required argument.", needed[i], needed[i]);
        json_t *answer = refused("InvalidArgument", message);
        free(message);
        return answer;
    }
    json_t *detail = dr_json_parse(text, strlen(text), NULL);
    if (!json_is_object(detail)) {
        json_decref(detail);
        return refused("MalformedDetail", "Detail is malformed.");
    }
    if (!bus_exists(call->cloud, call->account, call->region, bus)) {
        json_decref(detail);
        return refused("ResourceNotFoundException", "Event bus does not exist.");
    }
    char *id = dr_sim_uuid(call->cloud), *now = dr_sim_timestamp(call->now_ms);
    const char *time = *row_text(entry, "Time") ? row_text(entry, "Time") : now;
    json_t *resources = json_object_get(entry, "Resources");
    json_t *event = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:o,s:o}", "version", "0", "id", id, "detail-type",
                              row_text(entry, "DetailType"), "source", row_text(entry, "Source"), "account",
                              call->account, "time", time, "region", call->region, "resources",
                              resources ? json_incref(resources) : json_array(), "detail", detail);
    json_t *kept = json_pack("{s:O,s:s,s:[]}", "Event", event, "EventBusName", bus, "Deliveries");
    dr_sim_put(call->cloud, call->account, call->region, EVENT, id, kept);
    pass_on(call, bus, event, kept);
    json_t *answer = json_pack("{s:s}", "EventId", id);
    json_decref(event);
    free(id);
    free(now);
    return answer;
}

static void put_events(struct dr_sim_call *call)
{
    json_t *entries = json_array(), *entry;
    size_t i, bytes = 0;
    int failed = 0;
    if (json_object_get(call->input, "EndpointId")) {
        dr_sim_fail(call, 501, "NotSimulated", "Global endpoints of EventBridge are not simulated");
        json_decref(entries);
        return;
    }
    json_array_foreach(json_object_get(call->input, "Entries"), i, entry) bytes +=
        strlen(row_text(entry, "Detail")) + strlen(row_text(entry, "DetailType")) + strlen(row_text(entry, "Source"));
    if (bytes > ENTRY_BYTES_MAX) {
        dr_sim_fail(call, 400, "ValidationException", "Total size of the entries in the request is over the limit.");
        json_decref(entries);
        return;
    }
    json_array_foreach(json_object_get(call->input, "Entries"), i, entry)
    {
        json_t *answer = put_event(call, entry);
        failed += json_object_get(answer, "ErrorCode") != NULL;
        json_array_append_new(entries, answer);
    }
    call->output = json_pack("{s:i,s:o}", "FailedEntryCount", failed, "Entries", entries);
}

/* --- The operations on rules ---------------------------------------------------------------------------------------
 */

static void put_rule(struct dr_sim_call *call)
{
    const char *text = dr_sim_string(call, "EventPattern", NULL), *bus = bus_of(call);
    if (!bus)
        return;
    json_t *pattern = text ? dr_json_parse(text, strlen(text), NULL) : NULL;
    if (!text && !dr_sim_string(call, "ScheduleExpression", NULL))
        dr_sim_fail(call, 400, "ValidationException",
                    "Parameter(s) EventPattern or ScheduleExpression must be specified.");
    else if (text && !json_is_object(pattern))
        dr_sim_fail(call, 0, "InvalidEventPatternException",
                    "Event pattern is not valid. Reason: it is no JSON object");
    else if (pattern && !is_known_pattern(pattern, 0))
        dr_sim_fail(call, 501, "NotSimulated", "This operator of event patterns is not simulated");
    json_decref(pattern);
    if (!call->error)
        call->output = json_pack("{s:s}", "RuleArn",
                                 row_text(make_rule(call->cloud, call->account, call->region, bus,
                                                    dr_sim_string(call, "Name", ""), call->input),
                                          "Arn"));
}

static void describe_rule(struct dr_sim_call *call)
{
    json_t *rule = rule_of(call, "Name");
    if (rule)
        call->output = json_incref(rule);
}

static void set_state(struct dr_sim_call *call, const char *state)
{
    json_t *rule = rule_of(call, "Name");
    if (rule)
        row_set_text(rule, "State", state);
}

static void enable_rule(struct dr_sim_call *call)
{
    set_state(call, "ENABLED");
}

static void disable_rule(struct dr_sim_call *call)
{
    set_state(call, "DISABLED");
}

static void delete_rule(struct dr_sim_call *call) /* one that is not there is no error */
{
    const char *bus = bus_of(call);
    if (!bus)
        return;
    char *id = dr_format("%s/%s", bus, dr_sim_string(call, "Name", ""));
    const json_t *rule = dr_sim_find(call->cloud, call->account, call->region, RULE, id);
    if (json_object_size(json_object_get(rule, "_targets")) > 0)
        dr_sim_fail(call, 400, "ValidationException", "Rule can't be deleted since it has targets.");
    else
        dr_sim_remove(call->cloud, call->account, call->region, RULE, id);
    free(id);
}

static void list_rules(struct dr_sim_call *call)
{
    const char *bus = bus_of(call), *prefix = dr_sim_string(call, "NamePrefix", ""), *id;
    json_t *all = json_array(), *rule;
    json_object_foreach(dr_sim_table(call->cloud, call->account, call->region, RULE), id, rule)
    {
        if (bus && strcmp(row_text(rule, "EventBusName"), bus) == 0 &&
            strncmp(row_text(rule, "Name"), prefix, strlen(prefix)) == 0)
            json_array_append(all, rule);
    }
    if (bus)
        dr_sim_page(call, "Rules", all, PAGE_MAX, "ValidationException");
    json_decref(all);
}

static void put_targets(struct dr_sim_call *call)
{
    json_t *rule = rule_of(call, "Rule"), *target;
    size_t i;
    if (!rule)
        return;
    json_array_foreach(json_object_get(call->input, "Targets"), i, target)
    {
        if (json_object_get(target, "InputTransformer"))
            dr_sim_fail(call, 501, "NotSimulated", "Input transformers of targets are not simulated");
    }
    if (call->error)
        return;
    json_array_foreach(json_object_get(call->input, "Targets"), i, target)
        json_object_set(json_object_get(rule, "_targets"), row_text(target, "Id"), target);
    call->output = json_pack("{s:i,s:[]}", "FailedEntryCount", 0, "FailedEntries");
}

static void remove_targets(struct dr_sim_call *call)
{
    json_t *rule = rule_of(call, "Rule"), *id;
    size_t i;
    if (!rule)
        return;
    json_array_foreach(json_object_get(call->input, "Ids"), i, id)
        json_object_del(json_object_get(rule, "_targets"), json_string_value(id));
    call->output = json_pack("{s:i,s:[]}", "FailedEntryCount", 0, "FailedEntries");
}

static void list_targets_by_rule(struct dr_sim_call *call)
{
    const json_t *rule = rule_of(call, "Rule");
    json_t *all = json_array(), *target;
    const char *id;
    json_object_foreach(json_object_get(rule, "_targets"), id, target) json_array_append(all, target);
    if (rule)
        dr_sim_page(call, "Targets", all, PAGE_MAX, "ValidationException");
    json_decref(all);
}

static json_t *describe_bus(const struct dr_sim_call *call, const char *name)
{
    json_t *shown = json_pack("{s:s}", "Name", name);
    row_give_text(shown, "Arn", dr_sim_arn("events", call->region, call->account, "event-bus/%s", name));
    return shown;
}

static void describe_event_bus(struct dr_sim_call *call)
{
    const char *name = bus_name(dr_sim_string(call, "Name", "default"));
    if (bus_exists(call->cloud, call->account, call->region, name))
        call->output = describe_bus(call, name);
    else
        dr_sim_fail(call, 0, "ResourceNotFoundException", "Event bus %s does not exist.", name);
}

static void create_event_bus(struct dr_sim_call *call)
{
    const char *name = dr_sim_string(call, "Name", "");
    if (bus_exists(call->cloud, call->account, call->region, name)) {
        dr_sim_fail(call, 0, "ResourceAlreadyExistsException", "Event bus %s already exists.", name);
        return;
    }
    dr_sim_put(call->cloud, call->account, call->region, BUS, name, json_object());
    char *arn = dr_sim_arn("events", call->region, call->account, "event-bus/%s", name);
    call->output = json_pack("{s:s}", "EventBusArn", arn);
    free(arn);
}

static void list_event_buses(struct dr_sim_call *call)
{
    json_t *all = json_array(), *bus;
    const char *name, *prefix = dr_sim_string(call, "NamePrefix", "");
    if (strncmp("default", prefix, strlen(prefix)) == 0)
        json_array_append_new(all, describe_bus(call, "default"));
    json_object_foreach(dr_sim_table(call->cloud, call->account, call->region, BUS), name, bus)
    {
        if (strncmp(name, prefix, strlen(prefix)) == 0)
            json_array_append_new(all, describe_bus(call, name));
    }
    dr_sim_page(call, "EventBuses", all, PAGE_MAX, "ValidationException");
    json_decref(all);
}

/* --- The service ---------------------------------------------------------------------------------------------------
 */

static const struct dr_sim_operation operations[] = {
    {"CreateEventBus", create_event_bus, DR_SIM_CONTROL},
    {"DeleteRule", delete_rule, DR_SIM_CONTROL},
    {"DescribeEventBus", describe_event_bus, DR_SIM_CONTROL},
    {"DescribeRule", describe_rule, DR_SIM_CONTROL},
    {"DisableRule", disable_rule, DR_SIM_CONTROL},
    {"EnableRule", enable_rule, DR_SIM_CONTROL},
    {"ListEventBuses", list_event_buses, DR_SIM_CONTROL},
    {"ListRules", list_rules, DR_SIM_CONTROL},
    {"ListTargetsByRule", list_targets_by_rule, DR_SIM_CONTROL},
    {"PutEvents", put_events, DR_SIM_DATA},
    {"PutRule", put_rule, DR_SIM_CONTROL},
    {"PutTargets", put_targets, DR_SIM_CONTROL},
    {"RemoveTargets", remove_targets, DR_SIM_CONTROL},
    {NULL, NULL, DR_SIM_DATA},
};

/* Buses: [NAME]; Rules: { NAME: { Bus, Pattern: {...} or Schedule: TEXT, Enabled: false, Targets: [ARN, or a queue's
 * name] } } */
static bool load(struct dr_sim_cloud *cloud, const char *account, const char *region, const json_t *given,
                 char **ret_problem)
{
    const char *name;
    const json_t *described;
    WORLD_EACH(json_object_get(given, "Buses"), name, described)
    dr_sim_put(cloud, account, region, BUS, name, json_object());
    WORLD_EACH(json_object_get(given, "Rules"), name, described)
    {
        const json_t *pattern = json_object_get(described, "Pattern"),
                     *schedule = json_object_get(described, "Schedule");
        const char *bus = *row_text(described, "Bus") ? row_text(described, "Bus") : "default";
        if ((pattern && !is_known_pattern(pattern, 0)) || (!pattern && !schedule) ||
            !bus_exists(cloud, account, region, bus)) {
            *ret_problem =
                dr_format("events.Rules.%s: a rule has a Pattern (whose operators are simulated) or a Schedule, and a "
                          "Bus that there is",
                          name);
            return false;
        }
        json_t *own = json_object(), *target;
        if (pattern)
            row_give_text(own, "EventPattern", json_dumps(pattern, JSON_COMPACT));
        else
            json_object_set_new(own, "ScheduleExpression", dr_json_share(schedule));
        if (json_is_false(json_object_get(described, "Enabled")))
            row_set_text(own, "State", "DISABLED");
        json_t *rule = make_rule(cloud, account, region, bus, name, own);
        json_decref(own);
        size_t i;
        json_array_foreach(json_object_get(described, "Targets"), i, target)
        {
            char *id = dr_format("target-%zu", i + 1);
            const char *text = json_is_string(target) ? json_string_value(target) : "";
            char *arn = strchr(text, ':') ? dr_copy_string(text) : dr_sim_arn("sqs", region, account, "%s", text);
            json_object_set_new(json_object_get(rule, "_targets"), id, json_pack("{s:s,s:s}", "Id", id, "Arn", arn));
            free(arn);
            free(id);
        }
    }
    return true;
}

const struct dr_sim_service dr_sim_events = {.name = "events", .operations = operations, .load = load};
