/* Health checks of the simulated Route 53: of endpoints, which are asked every interval and change their state after so
 * many answers of the other kind; calculated ones; those of CloudWatch alarms. Source:
 * https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html,
 * .../APIReference/API_HealthCheckConfig.html. */
#include "providers/simulated/services/route53_parts.h"

#include "interpreter/base/limits.h"
#include "providers/simulated/serve.h"

#define PAGE_MAX 100
#define PATIENCE_MS 4000 /* to connect; and 2 s to answer */
#define DEPTH_MAX 16     /* of calculated checks of calculated checks */

static const char *const checkers[] = {"us-east-1", "us-west-1",      "us-west-2",      "eu-west-1",
                                       "sa-east-1", "ap-northeast-1", "ap-southeast-1", "ap-southeast-2"};

static bool of_endpoint(const json_t *config)
{
    const char *type = r53_text(config, "Type");
    return strncmp(type, "HTTP", 4) == 0 || strcmp(type, "TCP") == 0;
}

/* --- Asking an endpoint ---------------------------------------------------------------------------------------------
 */

/* The status of GET / there; 0: no answer in time. -1: it is no application of the world. */
static int visit(struct dr_sim_cloud *cloud, const char *host, const char *path, int64_t now_ms)
{
    const char *question = strchr(path, '?');
    char *plain = dr_copy_bytes(path, question ? (size_t)(question - path) : strlen(path));
    const struct dr_http_header headers[] = {{"User-Agent", "Amazon-Route53-Health-Check-Service"}};
    const struct dr_sim_request request = {.method = "GET",
                                           .host = host,
                                           .path = *plain ? plain : "/",
                                           .query = question ? question + 1 : "",
                                           .headers = headers,
                                           .header_count = 1,
                                           .body = ""};
    int status = -1;
    for (const struct dr_sim_service *const *row = dr_sim_services(); *row && status < 0; row++) {
        struct dr_sim_reply reply = {.reach = DR_REACH_ANSWER};
        if ((*row)->visit && (*row)->visit(cloud, &request, host, now_ms, &reply))
            status = reply.reach == DR_REACH_ANSWER && reply.delay_ms <= PATIENCE_MS ? reply.answer.status : 0;
        dr_sim_reply_done(&reply);
    }
    free(plain);
    return status;
}

static bool answers(struct dr_sim_cloud *cloud, const json_t *config, int64_t now_ms)
{
    const char *host = r53_text(config, "FullyQualifiedDomainName"), *ip = r53_text(config, "IPAddress");
    const char *path = r53_text(config, "ResourcePath");
    int status = strncmp(r53_text(config, "Type"), "HTTP", 4) == 0 && *host
                     ? visit(cloud, host, *path ? path : "/", now_ms)
                     : -1;
    if (status >= 0)
        return status >= 200 && status < 400;
    const char *name = *ip ? dr_sim_name_of_ipv4(cloud, ip) : host;
    struct dr_sim_address address;
    return name && dr_sim_address_of(cloud, name, now_ms, &address) && address.healthy;
}

static int64_t interval_of(const json_t *config)
{
    int64_t seconds = r53_int(config, "RequestInterval");
    return (seconds ? seconds : 30) * 1000;
}

void dr_sim_r53_check_happens(const struct dr_sim_happening *happening)
{
    struct dr_sim_cloud *cloud = happening->cloud;
    json_t *check = dr_sim_find(cloud, happening->account, "global", R53_CHECK, happening->id);
    const json_t *config = json_object_get(check, "HealthCheckConfig");
    if (!check)
        return;
    bool good = answers(cloud, config, happening->at_ms), healthy = json_is_true(json_object_get(check, "_healthy"));
    int64_t threshold = r53_int(config, "FailureThreshold"), other = good == healthy ? 0 : r53_int(check, "_other") + 1;
    if (other >= (threshold ? threshold : 3)) {
        json_object_set_new(check, "_healthy", json_boolean(good));
        other = 0;
    }
    json_object_set_new(check, "_other", json_integer((json_int_t)other));
    json_object_set_new(check, "_last", json_boolean(good));
    json_object_set_new(check, "_lastAt", json_integer((json_int_t)happening->at_ms));
    dr_sim_schedule(cloud, happening->at_ms + interval_of(config), "route53.check", happening->account, "global",
                    happening->id, NULL);
}

/* --- The state ------------------------------------------------------------------------------------------------------
 */

static bool alarm_healthy(struct dr_sim_cloud *cloud, const char *account, const json_t *config)
{
    const json_t *alarm = json_object_get(config, "AlarmIdentifier");
    const char *state =
        r53_text(dr_sim_find(cloud, account, r53_text(alarm, "Region"), "cloudwatch.alarm", r53_text(alarm, "Name")),
                 "StateValue");
    if (strcmp(state, "OK") == 0 || strcmp(state, "ALARM") == 0)
        return *state == 'O';
    const char *otherwise = r53_text(config, "InsufficientDataHealthStatus");
    return strcmp(otherwise, "Unhealthy") != 0; /* LastKnownStatus: none is known, and Healthy is the default */
}

bool dr_sim_r53_check_healthy(struct dr_sim_cloud *cloud, const char *id, int64_t now_ms, unsigned depth)
{
    const char *account;
    const json_t *check = dr_sim_find_anywhere(cloud, R53_CHECK, id, &account, NULL);
    const json_t *config = json_object_get(check, "HealthCheckConfig");
    if (!check || json_is_true(json_object_get(config, "Disabled")) || depth > DEPTH_MAX)
        return true;
    bool healthy = json_is_true(json_object_get(check, "_healthy"));
    if (r53_is(config, "Type", "CALCULATED")) {
        const json_t *children = json_object_get(config, "ChildHealthChecks");
        int64_t good = 0;
        for (size_t i = 0; i < json_array_size(children); i++)
            good += dr_sim_r53_check_healthy(cloud, json_string_value(json_array_get(children, i)), now_ms, depth + 1);
        healthy = good >= r53_int(config, "HealthThreshold");
    } else if (r53_is(config, "Type", "CLOUDWATCH_METRIC")) {
        healthy = alarm_healthy(cloud, account, config);
    }
    return healthy != json_is_true(json_object_get(config, "Inverted"));
}

/* --- Operations -----------------------------------------------------------------------------------------------------
 */

json_t *dr_sim_r53_make_check(struct dr_sim_cloud *cloud, const char *account, const char *id, const json_t *config,
                              const char *caller_reference, int64_t now_ms)
{
    json_t *whole = json_copy((json_t *)(uintptr_t)config);
    const char *type = r53_text(config, "Type");
    if (of_endpoint(config)) {
        if (!json_object_get(config, "Port") && strcmp(type, "TCP") != 0)
            json_object_set_new(whole, "Port", json_integer(strncmp(type, "HTTPS", 5) == 0 ? 443 : 80));
        if (!json_object_get(config, "RequestInterval"))
            json_object_set_new(whole, "RequestInterval", json_integer(30));
        if (!json_object_get(config, "FailureThreshold"))
            json_object_set_new(whole, "FailureThreshold", json_integer(3));
    }
    if (!json_object_get(config, "Inverted"))
        json_object_set_new(whole, "Inverted", json_false());
    if (!json_object_get(config, "Disabled"))
        json_object_set_new(whole, "Disabled", json_false());
    json_t *check =
        json_pack("{s:s,s:s,s:o,s:i,s:b,s:b,s:I}", "Id", id, "CallerReference", caller_reference, "HealthCheckConfig",
                  whole, "HealthCheckVersion", 1, "_healthy", 1, "_last", 1, "_lastAt", (json_int_t)now_ms);
    dr_sim_put(cloud, account, "global", R53_CHECK, id, check);
    if (of_endpoint(whole))
        dr_sim_schedule(cloud, now_ms + interval_of(whole), "route53.check", account, "global", id, NULL);
    return check;
}

static json_t *find(struct dr_sim_call *call)
{
    const char *id = dr_sim_string(call, "HealthCheckId", "");
    json_t *check = dr_sim_find(call->cloud, call->account, "global", R53_CHECK, id);
    if (!check)
        dr_sim_fail(call, 0, "NoSuchHealthCheck", "No health check exists with the specified ID: %s", id);
    return check;
}

static bool good_config(struct dr_sim_call *call, const json_t *config)
{
    const char *type = r53_text(config, "Type");
    if (of_endpoint(config) && !json_object_get(config, "IPAddress") &&
        !json_object_get(config, "FullyQualifiedDomainName"))
        dr_sim_fail(call, 0, "InvalidInput",
                    "Invalid health check: either IPAddress or FullyQualifiedDomainName must be specified");
    else if (strcmp(type, "TCP") == 0 && !json_object_get(config, "Port"))
        dr_sim_fail(call, 0, "InvalidInput", "Invalid health check: Port must be specified for a TCP health check");
    else if (strstr(type, "STR_MATCH"))
        dr_sim_fail(call, 501, "NotSimulated", "Health checks that search the answer (%s) are not simulated", type);
    else if (strcmp(type, "RECOVERY_CONTROL") == 0)
        dr_sim_fail(call, 501, "NotSimulated",
                    "Health checks of routing controls are not simulated: use Inverted or Disabled");
    else if (strcmp(type, "CALCULATED") == 0 && !json_object_get(config, "ChildHealthChecks"))
        dr_sim_fail(call, 0, "InvalidInput",
                    "Invalid health check: ChildHealthChecks must be specified for a CALCULATED health check");
    else if (strcmp(type, "CLOUDWATCH_METRIC") == 0 && !json_object_get(config, "AlarmIdentifier"))
        dr_sim_fail(call, 0, "InvalidInput",
                    "Invalid health check: AlarmIdentifier must be specified for a CLOUDWATCH_METRIC health check");
    const json_t *children = json_object_get(config, "ChildHealthChecks");
    for (size_t i = 0; i < json_array_size(children) && !call->error; i++)
        if (!dr_sim_find(call->cloud, call->account, "global", R53_CHECK,
                         json_string_value(json_array_get(children, i))))
            dr_sim_fail(call, 0, "InvalidInput", "Invalid health check: there is no child health check %s",
                        json_string_value(json_array_get(children, i)));
    return !call->error;
}

void dr_sim_r53_create_check(struct dr_sim_call *call)
{
    const json_t *config = json_object_get(call->input, "HealthCheckConfig");
    const char *reference = dr_sim_string(call, "CallerReference", ""), *id;
    json_t *check;
    json_object_foreach(dr_sim_table(call->cloud, call->account, "global", R53_CHECK), id, check)
    {
        if (!r53_is(check, "CallerReference", reference))
            continue;
        if (json_equal(json_object_get(check, "_given"), config)) /* the same request again */
            call->output = json_pack("{s:O}", "HealthCheck", check);
        else
            dr_sim_fail(call, 0, "HealthCheckAlreadyExists",
                        "A health check with the caller reference %s already exists with other settings", reference);
        return;
    }
    if (!good_config(call, config))
        return;
    char *made = dr_sim_uuid(call->cloud);
    check = dr_sim_r53_make_check(call->cloud, call->account, made, config, reference, call->now_ms);
    json_object_set_new(check, "_given", json_deep_copy(config));
    char *location = dr_format("https://route53.amazonaws.com/2013-04-01/healthcheck/%s", made);
    call->output = json_pack("{s:O,s:s}", "HealthCheck", check, "Location", location);
    free(location);
    free(made);
}

void dr_sim_r53_get_check(struct dr_sim_call *call)
{
    json_t *check = find(call);
    if (check)
        call->output = json_pack("{s:O}", "HealthCheck", check);
}

void dr_sim_r53_get_check_status(struct dr_sim_call *call)
{
    const json_t *check = find(call);
    if (!check)
        return;
    if (!of_endpoint(json_object_get(check, "HealthCheckConfig"))) {
        dr_sim_fail(call, 0, "InvalidInput", "The status of a health check of type %s cannot be observed",
                    r53_text(json_object_get(check, "HealthCheckConfig"), "Type"));
        return;
    }
    bool good = json_is_true(json_object_get(check, "_last"));
    json_t *observations = json_array();
    char *date = dr_sim_timestamp(r53_int(check, "_lastAt"));
    for (size_t i = 0; i < sizeof checkers / sizeof *checkers; i++) {
        char *address = dr_format("15.177.%zu.21", 10 + 4 * i);
        json_array_append_new(
            observations,
            json_pack(
                "{s:s,s:s,s:{s:s,s:s}}", "Region", checkers[i], "IPAddress", address, "StatusReport", "Status",
                good ? "Success: HTTP Status Code 200, OK"
                     : "Failure: Connection timed out. The endpoint or the internet connection is down, or requests "
                       "are being blocked by your firewall.",
                "CheckedTime", date));
        free(address);
    }
    free(date);
    call->output = json_pack("{s:o}", "HealthCheckObservations", observations);
}

void dr_sim_r53_list_checks(struct dr_sim_call *call)
{
    json_t *all = json_array(), *check;
    const char *id;
    json_object_foreach(dr_sim_table(call->cloud, call->account, "global", R53_CHECK), id, check)
        json_array_append(all, check);
    dr_sim_page(call, "HealthChecks", all, PAGE_MAX, "InvalidInput");
    json_decref(all);
    if (!call->error) {
        json_object_set_new(call->output, "Marker", json_string(dr_sim_string(call, "Marker", "")));
        json_object_set_new(call->output, "MaxItems", json_string(dr_sim_string(call, "MaxItems", "100")));
    }
}

void dr_sim_r53_update_check(struct dr_sim_call *call)
{
    json_t *check = find(call), *value;
    if (!check)
        return;
    int64_t version = dr_sim_int(call, "HealthCheckVersion", r53_int(check, "HealthCheckVersion"));
    if (version != r53_int(check, "HealthCheckVersion")) {
        dr_sim_fail(call, 0, "HealthCheckVersionMismatch", "The value of HealthCheckVersion does not match: it is %lld",
                    (long long)r53_int(check, "HealthCheckVersion"));
        return;
    }
    json_t *config = json_copy(json_object_get(check, "HealthCheckConfig"));
    const char *member;
    json_object_foreach((json_t *)(uintptr_t)call->input, member, value)
    {
        if (strcmp(member, "HealthCheckId") != 0 && strcmp(member, "HealthCheckVersion") != 0 &&
            strcmp(member, "ResetElements") != 0)
            json_object_set(config, member, value);
    }
    if (good_config(call, config)) {
        json_object_set(check, "HealthCheckConfig", config);
        json_object_set_new(check, "HealthCheckVersion", json_integer((json_int_t)version + 1));
        call->output = json_pack("{s:O}", "HealthCheck", check);
    }
    json_decref(config);
}

static bool in_use(struct dr_sim_call *call, const char *id)
{
    const char *other;
    json_t *check, *child;
    size_t i;
    json_object_foreach(dr_sim_table(call->cloud, call->account, "global", R53_CHECK), other, check)
    {
        json_array_foreach(json_object_get(json_object_get(check, "HealthCheckConfig"), "ChildHealthChecks"), i, child)
        {
            if (strcmp(json_string_value(child), id) == 0)
                return true;
        }
    }
    return false;
}

void dr_sim_r53_delete_check(struct dr_sim_call *call)
{
    const char *id = dr_sim_string(call, "HealthCheckId", "");
    if (!find(call))
        return;
    if (in_use(call, id)) {
        dr_sim_fail(call, 0, "HealthCheckInUse", "The health check %s is in use by another health check", id);
        return;
    }
    dr_sim_unschedule(call->cloud, "route53.check", call->account, "global", id);
    dr_sim_remove(call->cloud, call->account, "global", R53_CHECK, id);
}
