/* The applications of a simulated world: what their pages answer by the state of a Region's stack, which writes a
 * failover loses, and what clients with cached names see. */
#include "providers/simulated/serve.h"
#include "tests/support/simulated.h"

#include "interpreter/base/text.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define EAST "us-east-1"
#define WEST "us-west-2"
#define ACCOUNT "111122223333"
#define REGION(name, database, rds, tasks)                                                                             \
    "  " name ":\n"                                                                                                    \
    "    rds: { Instances: { " rds " } }\n"                                                                            \
    "    ssm: { Parameters: { /shop/database: " database ", /" name "/fenced: 'false' } }\n"                           \
    "    elbv2: { LoadBalancers: { shop: } }\n"                                                                        \
    "    ecs: { Clusters: { shop: { Services: { web: { DesiredCount: " tasks ", TargetGroup: shop } } } } }\n"
#define WORLD(more)                                                                                                    \
    "Account: '" ACCOUNT "'\n"                                                                                         \
    "Regions:\n" REGION(EAST, "shop-east", "shop-east: { Engine: postgres }", "4") REGION(                             \
        WEST, "shop-west", "shop-west: { ReplicaOf: shop-east, Lag: 2 }",                                              \
        "1") "Global:\n"                                                                                               \
             "  application:\n"                                                                                        \
             "    Applications:\n"                                                                                     \
             "      shop: { Dns: { Region: us-east-1, TtlSeconds: 60 }, Writes: { PerSecond: 10 },\n"                  \
             "              Clients: { RequestsPerSecond: 100 }, " more "\n"                                           \
             "              Service: web, DatabaseParameter: /shop/database, FenceParameter: '/{Region}/fenced',\n"    \
             "              Regions: [us-east-1, us-west-2] }\n"
#define DOMAIN "shop.example.com"

static struct dr_simulated world;

static int teardown(void **state)
{
    (void)state;
    dr_simulated_close(&world);
    return 0;
}

/* --- Asking --------------------------------------------------------------------------------------------------------
 */

struct got {
    int status; /* 0: no answer */
    int64_t delay_ms;
    char *problem;
    char *body;
    json_t *json; /* NULL: it is none */
};

static struct got ask(const char *host, const char *method, const char *path, const char *body)
{
    const struct dr_sim_request request = {.method = method,
                                           .host = host,
                                           .path = path,
                                           .query = "",
                                           .body = body ? body : "",
                                           .body_size = body ? strlen(body) : 0};
    struct dr_sim_reply reply;
    dr_sim_serve(world.cloud, &request, host, world.now_ms, &reply);
    struct got got = {.delay_ms = reply.delay_ms};
    if (reply.reach == DR_REACH_ANSWER) {
        char *problem = NULL;
        got.status = reply.answer.status;
        got.body = dr_copy_bytes(reply.answer.body ? reply.answer.body : "", reply.answer.body_size);
        got.json = dr_json_parse(got.body, strlen(got.body), &problem);
        free(problem);
    } else {
        got.problem = dr_copy_string(reply.problem);
    }
    dr_sim_reply_done(&reply);
    return got;
}

static void done(struct got *got)
{
    free(got->problem);
    free(got->body);
    json_decref(got->json);
}

static void expect(const char *host, const char *method, const char *path, int status)
{
    struct got got = ask(host, method, path, NULL);
    if (got.status != status)
        print_error("%s %s%s: %d %s %s\n", method, host, path, got.status, got.body ? got.body : "",
                    got.problem ? got.problem : "");
    assert_int_equal(got.status, status);
    done(&got);
}

/* A member of a page's JSON: owned by the caller. */
static char *text_of(const char *host, const char *path, const char *pointer)
{
    struct got got = ask(host, "GET", path, NULL);
    char *text = dr_copy_string(dr_simulated_text(got.json, pointer));
    done(&got);
    return text;
}

static void assert_text(const char *host, const char *path, const char *pointer, const char *wanted)
{
    char *text = text_of(host, path, pointer);
    assert_string_equal(text, wanted);
    free(text);
}

static double number_of(const char *host, const char *path, const char *pointer)
{
    struct got got = ask(host, "GET", path, NULL);
    double number = json_number_value(dr_simulated_at(got.json, pointer));
    done(&got);
    return number;
}

/* The id of a new order: owned by the caller. */
static char *place_order(const char *host)
{
    struct got got = ask(host, "POST", "/orders", "{\"item\": \"book\"}");
    assert_int_equal(got.status, 201);
    char *path = dr_format("/orders/%s", dr_simulated_text(got.json, "/id"));
    done(&got);
    return path;
}

static void call(const char *region, const char *service, const char *operation, const char *input)
{
    json_decref(dr_simulated_expect(&world, region, service, operation, input, NULL));
}

static void scale(const char *region, int count)
{
    char *input = dr_format("{'cluster': 'shop', 'service': 'web', 'desiredCount': %d}", count);
    call(region, "ecs", "UpdateService", input);
    free(input);
}

static void set_parameter(const char *region, const char *name, const char *value)
{
    char *input = dr_format("{'Name': '%s', 'Value': '%s', 'Overwrite': true}", name, value);
    call(region, "ssm", "PutParameter", input);
    free(input);
}

/* The DNS name of a Region's load balancer: owned by the caller. */
static char *balancer(const char *region, const char *member)
{
    json_t *output = dr_simulated_expect(&world, region, "elbv2", "DescribeLoadBalancers", "{'Names': ['shop']}", NULL);
    char *pointer = dr_format("/LoadBalancers/0/%s", member);
    char *text = dr_copy_string(dr_simulated_text(output, pointer));
    free(pointer);
    json_decref(output);
    return text;
}

/* As if Route 53 had another answer from now on. */
static void point_dns(const char *region)
{
    json_t *shop = dr_sim_find(world.cloud, ACCOUNT, "global", "application.application", "shop");
    json_object_set_new(json_object_get(shop, "Dns"), "Region", json_string(region));
    dr_simulated_wait(&world, 0);
    json_decref(dr_simulated_expect(&world, WEST, "sts", "GetCallerIdentity", "{}", NULL)); /* it is looked at */
}

static bool metric(const char *region, const char *name, double *ret_value)
{
    char *arn = balancer(region, "LoadBalancerArn"), *tail = strstr(arn, "loadbalancer/");
    assert_non_null(tail);
    json_t *dimensions = json_pack("[{s:s,s:s}]", "Name", "LoadBalancer", "Value", tail + strlen("loadbalancer/"));
    bool found = false;
    for (const struct dr_sim_service *const *service = dr_sim_services(); *service && !found; service++)
        found = (*service)->metric && (*service)->metric(world.cloud, ACCOUNT, region, "AWS/ApplicationELB", name,
                                                         dimensions, world.now_ms - 60000, ret_value);
    json_decref(dimensions);
    free(arn);
    return found;
}

/* --- Pages -----------------------------------------------------------------------------------------------------------
 */

static void test_a_shop_in_good_health_answers_every_page(void **state)
{
    (void)state;
    dr_simulated_open(&world, WORLD(""));
    struct got home = ask(DOMAIN, "GET", "/", NULL);
    assert_int_equal(home.status, 200);
    assert_non_null(strstr(home.body, "us-east-1"));
    assert_true(home.delay_ms > 0 && home.delay_ms < 500);
    done(&home);
    struct got login = ask(DOMAIN, "POST", "/login", "{\"user\": \"ann\"}");
    assert_int_equal(login.status, 200);
    assert_int_equal(strlen(dr_simulated_text(login.json, "/token")), 36);
    done(&login);
    expect(DOMAIN, "POST", "/login", 401);
    expect(DOMAIN, "GET", "/orders/1001", 404);
    char *order = place_order(DOMAIN);
    assert_text(DOMAIN, order, "/order/item", "book");
    assert_text(DOMAIN, order, "/region", EAST);
    free(order);
    struct got list = ask(DOMAIN, "GET", "/orders", NULL);
    assert_int_equal(json_array_size(dr_simulated_at(list.json, "/orders")), 1);
    done(&list);
    expect(DOMAIN, "GET", "/health", 200);
    expect(DOMAIN, "GET", "/login", 200);
    expect(DOMAIN, "POST", "/create", 201); /* as the runbooks ask */
    expect(DOMAIN, "POST", "/write", 201);
    expect(DOMAIN, "GET", "/query", 200);
    expect(DOMAIN, "POST", "/query", 405);
    char *newest = text_of(DOMAIN, "/replication", "/newestMarker");
    assert_text(DOMAIN, "/marker", "/NewestAt", newest);
    free(newest);
    expect(DOMAIN, "DELETE", "/orders", 405);
    expect(DOMAIN, "GET", "/nothing", 404);
    struct got bad = ask(DOMAIN, "POST", "/orders", "[1");
    assert_int_equal(bad.status, 400);
    done(&bad);
    expect(DOMAIN ":4566", "GET", "/", 200);
    expect("SHOP.example.com.", "GET", "/", 200);
    expect("other.example.com", "GET", "/", 0);
}

static void test_a_standby_reads_and_does_not_write(void **state)
{
    (void)state;
    dr_simulated_open(&world, WORLD(""));
    dr_simulated_wait(&world, 60);
    char *west = balancer(WEST, "DNSName"), *order = place_order(DOMAIN);
    expect(west, "GET", "/", 200);
    expect(west, "POST", "/orders", 500);
    expect(WEST "." DOMAIN, "POST", "/orders", 500);
    assert_text(WEST "." DOMAIN, "/health", "/database", "replica");
    expect("us-west-1." DOMAIN, "GET", "/", 0);
    assert_text(west, "/replication", "/role", "replica");
    assert_text(DOMAIN, "/replication", "/role", "primary");
    assert_true(fabs(number_of(west, "/replication", "/lagSeconds") - 2) < 0.01);
    char *here = text_of(DOMAIN, "/replication", "/newestMarker");
    char *there = text_of(west, "/replication", "/newestMarker");
    assert_true(strcmp(there, here) < 0 && *there);
    expect(west, "GET", order, 404); /* not there yet */
    dr_simulated_wait(&world, 3);
    expect(west, "GET", order, 200);
    free(here);
    free(there);
    free(west);
    free(order);
}

static void test_no_tasks_is_503_and_a_dead_region_is_silence(void **state)
{
    (void)state;
    dr_simulated_open(&world, WORLD(""));
    scale(EAST, 0);
    dr_simulated_wait(&world, 400);
    struct got got = ask(DOMAIN, "GET", "/", NULL);
    assert_int_equal(got.status, 503);
    assert_non_null(strstr(got.body, "503 Service Temporarily Unavailable"));
    done(&got);
    dr_simulated_fault(&world, "{'Fault': 'RegionDown', 'Region': 'us-east-1'}");
    got = ask(DOMAIN, "GET", "/", NULL);
    assert_int_equal(got.status, 0);
    assert_true(got.delay_ms == INT64_MAX);
    assert_string_equal(got.problem, "Connection timed out");
    done(&got);
}

static void test_a_fence_lets_reads_through_when_it_is_read(void **state)
{
    (void)state;
    dr_simulated_open(&world, WORLD(""));
    dr_simulated_wait(&world, 31);
    set_parameter(EAST, "/us-east-1/fenced", "true");
    struct got early = ask(DOMAIN, "POST", "/orders", NULL);
    assert_int_equal(early.status, 201); /* the tasks have not read it again */
    done(&early);
    dr_simulated_wait(&world, 30);
    expect(DOMAIN, "POST", "/orders", 503);
    expect(DOMAIN, "GET", "/", 200);
    char *west = balancer(WEST, "DNSName");
    dr_simulated_wait(&world, 30);
    assert_true(number_of(west, "/replication", "/lagSeconds") < 0.01); /* nobody writes, so it has caught up */
    char *here = text_of(DOMAIN, "/replication", "/newestMarker");
    assert_text(west, "/replication", "/newestMarker", here);
    free(here);
    free(west);
}

static void test_a_database_in_a_dead_region_fails_reads_and_writes(void **state)
{
    (void)state;
    dr_simulated_open(&world, WORLD(""));
    dr_simulated_wait(&world, 31);
    set_parameter(WEST, "/shop/database", "shop-east");
    dr_simulated_wait(&world, 31);
    char *west = balancer(WEST, "DNSName");
    expect(west, "POST", "/orders", 201); /* far, but it works */
    dr_simulated_fault(&world, "{'Fault': 'RegionDown', 'Region': 'us-east-1'}");
    expect(west, "GET", "/", 500);
    expect(west, "POST", "/orders", 500);
    expect(west, "GET", "/health", 200);
    free(west);
}

static void test_a_fault_of_the_application_is_its_own(void **state)
{
    (void)state;
    dr_simulated_open(&world, WORLD(""));
    unsigned slow = dr_simulated_fault(&world, "{'Fault': 'Latency', 'Service': 'application', 'Milliseconds': 900}");
    struct got got = ask(DOMAIN, "GET", "/", NULL);
    assert_true(got.delay_ms >= 900);
    done(&got);
    dr_sim_fault_end(world.cloud, slow);
    dr_simulated_fault(&world, "{'Fault': 'ServerError', 'Service': 'application', 'Region': 'us-east-1'}");
    expect(DOMAIN, "GET", "/", 500);
}

/* --- Lost writes
 * -------------------------------------------------------------------------------------------------------- */

static void fail_over(void)
{
    call(WEST, "rds", "PromoteReadReplica", "{'DBInstanceIdentifier': 'shop-west'}");
    scale(WEST, 4);
    dr_simulated_wait(&world, 900);
    point_dns(WEST);
    dr_simulated_wait(&world, 120);
}

static void test_what_was_acknowledged_and_is_gone_is_counted(void **state)
{
    (void)state;
    dr_simulated_open(&world, WORLD(""));
    dr_simulated_wait(&world, 300);
    char *kept = place_order(DOMAIN);
    dr_simulated_wait(&world, 100);
    char *lost = place_order(DOMAIN);
    assert_true(number_of(DOMAIN, "/_status", "/LostWrites") == 0);
    assert_true(fabs(number_of(DOMAIN, "/_status", "/AcknowledgedWrites") - 4000) < 5);
    dr_simulated_fault(&world, "{'Fault': 'RegionDown', 'Region': 'us-east-1'}");
    fail_over();
    expect(DOMAIN, "GET", kept, 200);
    expect(DOMAIN, "GET", lost, 404);
    assert_text(DOMAIN, "/replication", "/role", "primary");
    assert_true(fabs(number_of(DOMAIN, "/_status", "/LostSeconds") - 2) < 0.01);
    assert_true(fabs(number_of(DOMAIN, "/_status", "/LostWrites") - 20) <= 1);
    assert_text(DOMAIN, "/_status", "/Database", "arn:aws:rds:us-west-2:111122223333:db:shop-west");
    free(kept);
    free(lost);
    call(WEST, "rds", "DeleteDBInstance", "{'DBInstanceIdentifier': 'shop-west', 'SkipFinalSnapshot': true}");
    dr_simulated_wait(&world, 900);
    struct got status = ask(DOMAIN, "GET", "/_status", NULL);
    assert_null(dr_simulated_at(status.json, "/LostWrites")); /* nobody can say */
    done(&status);
    expect(DOMAIN, "GET", "/", 500);
}

static void test_a_planned_switch_loses_nothing(void **state)
{
    (void)state;
    dr_simulated_open(&world, WORLD(""));
    dr_simulated_wait(&world, 300);
    char *kept = place_order(DOMAIN);
    scale(EAST, 0);
    dr_simulated_wait(&world, 60);
    fail_over();
    expect(DOMAIN, "GET", kept, 200);
    assert_true(number_of(DOMAIN, "/_status", "/LostSeconds") == 0);
    assert_true(number_of(DOMAIN, "/_status", "/WriteDowntimeSeconds") > 900);
    free(kept);
}

/* --- Clients
 * -------------------------------------------------------------------------------------------------------------- */

static void test_clients_move_as_their_cached_answers_end(void **state)
{
    (void)state;
    dr_simulated_open(&world, WORLD(""));
    dr_simulated_wait(&world, 100);
    assert_true(number_of(DOMAIN, "/_status", "/DowntimeSeconds") == 0);
    dr_simulated_fault(&world, "{'Fault': 'RegionDown', 'Region': 'us-east-1'}");
    dr_simulated_wait(&world, 40);
    assert_true(fabs(number_of(DOMAIN, "/_status", "/DowntimeSeconds") - 40) < 0.5);
    point_dns(WEST); /* west reads only: 90 of 100 requests */
    dr_simulated_wait(&world, 60);
    double all = number_of(DOMAIN, "/_status", "/DowntimeSeconds");
    assert_true(fabs(all - (40 + 30 + 3)) < 0.5); /* half of the clients at a time for a minute, and the writes */
    dr_simulated_wait(&world, 100);
    assert_true(fabs(number_of(DOMAIN, "/_status", "/DowntimeSeconds") - all - 10) < 0.5);
    struct got status = ask(DOMAIN, "GET", "/_status", NULL);
    const json_t *intervals = dr_simulated_at(status.json, "/Intervals");
    size_t count = json_array_size(intervals);
    assert_true(count >= 8 && count < 30); /* while they move, one for every six seconds */
    assert_true(json_number_value(dr_simulated_at(json_array_get(intervals, count - 1), "/Regions/us-west-2")) == 1);
    done(&status);
}

static void test_a_resolver_with_a_cap_asks_sooner(void **state)
{
    (void)state;
    dr_simulated_open(&world, "Account: '" ACCOUNT "'\n"
                              "Regions: { us-east-1: { elbv2: { TargetGroups: { shop: { Targets: 1 } }, LoadBalancers: "
                              "{ shop: } } }, us-west-2: { elbv2: { TargetGroups: { shop: { Targets: 1 } }, "
                              "LoadBalancers: { shop: } } } }\n"
                              "Global: { application: { Applications: { shop: { Regions: [us-east-1, us-west-2],\n"
                              "  Dns: { Region: us-east-1, TtlSeconds: 300 }, Clients: { ResolverTtlCap: 20 } } } } }");
    expect(DOMAIN, "GET", "/", 200);
    expect(DOMAIN, "POST", "/orders", 404); /* it has no database */
    dr_simulated_fault(&world, "{'Fault': 'RegionDown', 'Region': 'us-east-1'}");
    point_dns(WEST);
    dr_simulated_wait(&world, 300);
    assert_true(fabs(number_of(DOMAIN, "/_status", "/DowntimeSeconds") - 10) < 0.2);
}

static void test_metrics_tell_requests_errors_and_times(void **state)
{
    (void)state;
    dr_simulated_open(&world, WORLD(""));
    double value = 0;
    dr_simulated_wait(&world, 120);
    assert_true(metric(EAST, "RequestCount", &value) && fabs(value - 6000) < 10);
    assert_true(metric(EAST, "TargetResponseTime", &value) && value > 0.01 && value < 0.5);
    assert_false(metric(EAST, "HTTPCode_Target_5XX_Count", &value)); /* no zeros, as CloudWatch has it */
    assert_false(metric(WEST, "RequestCount", &value));
    dr_simulated_fault(&world, "{'Fault': 'ServerError', 'Service': 'application', 'Probability': 0.05}");
    dr_simulated_wait(&world, 120);
    assert_true(metric(EAST, "HTTPCode_Target_5XX_Count", &value) && fabs(value - 300) < 5);
    scale(EAST, 0);
    dr_simulated_wait(&world, 600);
    assert_true(metric(EAST, "HTTPCode_ELB_5XX_Count", &value) && fabs(value - 6000) < 10);
}

static void test_too_few_tasks_are_slow_and_then_refuse(void **state)
{
    (void)state;
    dr_simulated_open(&world, WORLD("RequestsPerSecondPerTask: 50,"));
    double usual = 0, crowded = 0;
    dr_simulated_wait(&world, 120);
    assert_true(metric(EAST, "TargetResponseTime", &usual));
    scale(EAST, 1);
    dr_simulated_wait(&world, 900);
    assert_true(metric(EAST, "TargetResponseTime", &crowded) && crowded > 3 * usual);
    double refused = 0;
    assert_true(metric(EAST, "HTTPCode_ELB_5XX_Count", &refused) && fabs(refused - 3000) < 10); /* half is too much */
}

#define ROUTED(records)                                                                                                \
    "Account: '" ACCOUNT "'\n"                                                                                         \
    "Regions:\n"                                                                                                       \
    "  us-east-1: { elbv2: { TargetGroups: { shop: { Targets: 2 } }, LoadBalancers: { shop: } } }\n"                   \
    "  us-west-2: { elbv2: { TargetGroups: { shop: { Targets: 2 } }, LoadBalancers: { shop: } } }\n"                   \
    "Global:\n"                                                                                                        \
    "  application: { Applications: { shop: { Regions: [us-east-1, us-west-2] } } }\n"                                 \
    "  route53:\n"                                                                                                     \
    "    HealthChecks:\n"                                                                                              \
    "      east: { FullyQualifiedDomainName: us-east-1.shop.example.com, ResourcePath: /health, Type: HTTP }\n"        \
    "    HostedZones: { shop.example.com: { Id: Z1SHOP, Records: [ " records " ] } }\n"

static void test_route_53_moves_the_clients_when_its_change_has_arrived(void **state)
{
    (void)state;
    dr_simulated_open(&world, ROUTED("{ Name: '@', Type: A, Alias: us-east-1/shop }"));
    expect(DOMAIN, "GET", "/", 200);
    char *west = balancer(WEST, "DNSName"), *zone = balancer(WEST, "CanonicalHostedZoneId");
    char *input = dr_format("{'HostedZoneId': 'Z1SHOP', 'ChangeBatch': {'Changes': [{'Action': 'UPSERT', "
                            "'ResourceRecordSet': {'Name': 'shop.example.com', 'Type': 'A', 'AliasTarget': {'DNSName': "
                            "'%s', 'HostedZoneId': '%s', 'EvaluateTargetHealth': false}}}]}}",
                            west, zone);
    dr_simulated_fault(&world, "{'Fault': 'RegionDown', 'Region': 'us-east-1'}");
    call(EAST, "route53", "ChangeResourceRecordSets", input);
    expect(DOMAIN, "GET", "/", 0); /* the name servers do not know yet */
    dr_simulated_wait(&world, 600);
    expect(DOMAIN, "GET", "/", 200);
    struct got status = ask(DOMAIN, "GET", "/_status", NULL);
    double down = json_number_value(dr_simulated_at(status.json, "/DowntimeSeconds"));
    assert_true(down > 30 && down < 30 + 70); /* until it is INSYNC, and half of the alias's 60 seconds */
    assert_true(json_array_size(dr_simulated_at(status.json, "/Intervals")) > 8);
    assert_true(json_number_value(dr_simulated_at(status.json, "/Dns/us-west-2")) == 1);
    done(&status);
    free(west);
    free(zone);
    free(input);
}

static void test_weights_share_the_clients(void **state)
{
    (void)state;
    dr_simulated_open(&world, ROUTED("{ Name: '@', Type: A, Alias: us-east-1/shop, SetIdentifier: e, Weight: 3 }, "
                                     "{ Name: '@', Type: A, Alias: us-west-2/shop, SetIdentifier: w, Weight: 1 }"));
    dr_simulated_wait(&world, 120);
    double value = 0;
    assert_true(metric(EAST, "RequestCount", &value) && fabs(value - 2250) < 10);
    assert_true(metric(WEST, "RequestCount", &value) && fabs(value - 750) < 10);
    dr_simulated_fault(&world, "{'Fault': 'RegionDown', 'Region': 'us-east-1'}");
    dr_simulated_wait(&world, 40);
    assert_true(fabs(number_of(DOMAIN, "/_status", "/DowntimeSeconds") - 30) < 0.5);
}

static void test_health_checks_move_the_clients_by_themselves(void **state)
{
    (void)state;
    dr_simulated_open(&world,
                      ROUTED("{ Name: '@', Type: A, Alias: us-east-1/shop, SetIdentifier: e, Failover: PRIMARY, "
                             "HealthCheck: east }, "
                             "{ Name: '@', Type: A, Alias: us-west-2/shop, SetIdentifier: w, Failover: SECONDARY }"));
    dr_simulated_wait(&world, 100);
    dr_simulated_fault(&world, "{'Fault': 'RegionDown', 'Region': 'us-east-1'}");
    dr_simulated_wait(&world, 600);
    double down = number_of(DOMAIN, "/_status", "/DowntimeSeconds");
    assert_true(down > 60 && down < 150); /* three checks, each 30 seconds after the other, and half a minute */
    dr_simulated_wait(&world, 600);
    assert_true(number_of(DOMAIN, "/_status", "/DowntimeSeconds") == down);
}

/* --- The state
 * ------------------------------------------------------------------------------------------------------------- */

static void test_the_same_seed_sees_the_same_and_a_dump_goes_on(void **state)
{
    (void)state;
    json_t *dumps[2];
    for (unsigned i = 0; i < 2; i++) {
        dr_simulated_open(&world, WORLD(""));
        dr_simulated_wait(&world, 100);
        dr_simulated_fault(&world, "{'Fault': 'RegionDown', 'Region': 'us-east-1'}");
        if (i == 1) {
            char *problem = NULL;
            json_t *dump = dr_sim_cloud_dump(world.cloud);
            assert_true(dr_sim_cloud_restore(world.cloud, dump, &problem));
            json_decref(dump);
        }
        point_dns(WEST);
        dr_simulated_wait(&world, 100);
        dumps[i] = json_deep_copy(dr_sim_find(world.cloud, ACCOUNT, "global", "application.availability", "shop"));
        assert_non_null(dumps[i]);
        dr_simulated_close(&world);
    }
    assert_true(json_equal(dumps[0], dumps[1]));
    json_decref(dumps[0]);
    json_decref(dumps[1]);
}

static void test_quiet_hours_leave_no_trace(void **state)
{
    (void)state;
    dr_simulated_open(&world, WORLD(""));
    for (unsigned i = 0; i < 24; i++)
        dr_simulated_wait(&world, 3600);
    struct got status = ask(DOMAIN, "GET", "/_status", NULL);
    assert_int_equal(json_array_size(dr_simulated_at(status.json, "/Intervals")), 1);
    done(&status);
}

static void test_a_world_is_told_what_is_missing(void **state)
{
    (void)state;
    static const struct {
        const char *world, *problem;
    } rows[] = {
        {"Regions: {us-east-1: {}}\nGlobal: {application: {Applications: {shop: {Regions: [us-east-1]}}}}",
         "application.Applications.shop.Regions.us-east-1.LoadBalancer: there is no load balancer shop in us-east-1"},
        {"Regions: {us-east-1: {elbv2: {LoadBalancers: {shop: }}}}\n"
         "Global: {application: {Applications: {shop: {Regions: {us-east-1: {Database: shop}}}}}}",
         "application.Applications.shop.Regions.us-east-1.Database: there is no database shop"},
        {"Regions: {us-east-1: {elbv2: {LoadBalancers: {shop: }}}}\n"
         "Global: {application: {Applications: {shop: {Regions: [us-east-1], Dns: {Region: us-west-2}}}}}",
         "application.Applications.shop.Dns.Region: the application is not in \"us-west-2\""},
        {"Regions: {us-east-1: {application: {Applications: {shop: }}}}",
         "application: applications are in several Regions: they stand under Global"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *problem = dr_simulated_problem(rows[i].world);
        assert_non_null(problem);
        assert_string_equal(problem, rows[i].problem);
        free(problem);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_a_shop_in_good_health_answers_every_page, teardown),
        cmocka_unit_test_teardown(test_a_standby_reads_and_does_not_write, teardown),
        cmocka_unit_test_teardown(test_no_tasks_is_503_and_a_dead_region_is_silence, teardown),
        cmocka_unit_test_teardown(test_a_fence_lets_reads_through_when_it_is_read, teardown),
        cmocka_unit_test_teardown(test_a_database_in_a_dead_region_fails_reads_and_writes, teardown),
        cmocka_unit_test_teardown(test_a_fault_of_the_application_is_its_own, teardown),
        cmocka_unit_test_teardown(test_what_was_acknowledged_and_is_gone_is_counted, teardown),
        cmocka_unit_test_teardown(test_a_planned_switch_loses_nothing, teardown),
        cmocka_unit_test_teardown(test_clients_move_as_their_cached_answers_end, teardown),
        cmocka_unit_test_teardown(test_a_resolver_with_a_cap_asks_sooner, teardown),
        cmocka_unit_test_teardown(test_metrics_tell_requests_errors_and_times, teardown),
        cmocka_unit_test_teardown(test_too_few_tasks_are_slow_and_then_refuse, teardown),
        cmocka_unit_test_teardown(test_route_53_moves_the_clients_when_its_change_has_arrived, teardown),
        cmocka_unit_test_teardown(test_weights_share_the_clients, teardown),
        cmocka_unit_test_teardown(test_health_checks_move_the_clients_by_themselves, teardown),
        cmocka_unit_test(test_the_same_seed_sees_the_same_and_a_dump_goes_on),
        cmocka_unit_test_teardown(test_quiet_hours_leave_no_trace, teardown),
        cmocka_unit_test(test_a_world_is_told_what_is_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
