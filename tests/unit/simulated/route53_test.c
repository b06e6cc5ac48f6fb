/* The simulated Route 53: its actions, batches as Route 53 checks them, propagation, health, what name servers answer.
 */
#include "providers/simulated/names.h"
#include "providers/simulated/serve.h"
#include "tests/support/simulated.h"

#include "interpreter/base/text.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define ANY "us-west-2"
#define ZONE "Z0EXAMPLE"
#define WORLD                                                                                                          \
    "Account: '111122223333'\n"                                                                                        \
    "Regions:\n"                                                                                                       \
    "  us-east-1: { rds: { Instances: { shop: {} } } }\n"                                                              \
    "  us-west-2: { rds: { Instances: { shop-west: { ReplicaOf: shop } } } }\n"                                        \
    "Global:\n"                                                                                                        \
    "  route53:\n"                                                                                                     \
    "    HealthChecks:\n"                                                                                              \
    "      east: { Type: TCP, Port: 5432, FullyQualifiedDomainName: " EAST_NAME ", RequestInterval: 10 }\n"            \
    "      west: { Type: TCP, Port: 5432, FullyQualifiedDomainName: " WEST_NAME " }\n"                                 \
    "      both: { Type: CALCULATED, ChildHealthChecks: [east, west], HealthThreshold: 2 }\n"                          \
    "      switch: { Type: CALCULATED, ChildHealthChecks: [], HealthThreshold: 0, Inverted: true }\n"                  \
    "    HostedZones:\n"                                                                                               \
    "      example.com:\n"                                                                                             \
    "        Id: " ZONE "\n"                                                                                           \
    "        Records:\n"                                                                                               \
    "          - { Name: www, Values: [192.0.2.1] }\n"                                                                 \
    "          - { Name: '*.wild', TTL: 30, Values: [192.0.2.9] }\n"                                                   \
    "          - { Name: db, Type: CNAME, TTL: 5, Values: [" EAST_NAME "] }\n"                                         \
    "          - { Name: alias, Alias: www }\n"                                                                        \
    "          - { Name: api, SetIdentifier: e, Failover: PRIMARY, HealthCheck: east, Values: [192.0.2.11] }\n"        \
    "          - { Name: api, SetIdentifier: w, Failover: SECONDARY, HealthCheck: west, Values: [192.0.2.12] }\n"      \
    "          - { Name: near, SetIdentifier: e, Region: us-east-1, Values: [192.0.2.21] }\n"                          \
    "          - { Name: near, SetIdentifier: w, Region: us-west-2, Values: [192.0.2.22] }\n"                          \
    "          - { Name: all, SetIdentifier: e, Weight: 0, Values: [192.0.2.31] }\n"                                   \
    "          - { Name: all, SetIdentifier: w, Weight: 1, Values: [192.0.2.32] }\n"                                   \
    "          - { Name: many, SetIdentifier: a, MultiValueAnswer: true, Values: [192.0.2.41] }\n"                     \
    "          - { Name: many, SetIdentifier: b, MultiValueAnswer: true, HealthCheck: east, Values: [192.0.2.42] }\n"
/* of the account and the Region: tests/unit/simulated/rds_test.c looks at them too */
#define EAST_NAME "shop.cEAST.us-east-1.rds.amazonaws.com"
#define WEST_NAME "shop-west.cWEST.us-west-2.rds.amazonaws.com"

static struct dr_simulated world;

static char *endpoint(struct dr_sim_cloud *cloud, const char *region, const char *id)
{
    const json_t *instance = dr_sim_find(cloud, "111122223333", region, "rds.instance", id);
    return dr_copy_string(dr_simulated_text(instance, "/Endpoint/Address"));
}

/* The world with the databases' real names. */
static void open_world(void)
{
    struct dr_simulated first;
    dr_simulated_open(&first, "Account: '111122223333'\nRegions:\n  us-east-1: { rds: { Instances: { shop: {} } } }\n"
                              "  us-west-2: { rds: { Instances: { shop-west: { ReplicaOf: shop } } } }\n");
    char *east = endpoint(first.cloud, "us-east-1", "shop"), *west = endpoint(first.cloud, "us-west-2", "shop-west");
    dr_simulated_close(&first);
    struct dr_text text = {0};
    for (const char *at = WORLD; *at;) {
        const char *placeholder = strncmp(at, EAST_NAME, strlen(EAST_NAME)) == 0   ? EAST_NAME
                                  : strncmp(at, WEST_NAME, strlen(WEST_NAME)) == 0 ? WEST_NAME
                                                                                   : NULL;
        if (placeholder)
            dr_text_puts(&text, strcmp(placeholder, EAST_NAME) == 0 ? east : west);
        else
            dr_text_putc(&text, *at);
        at += placeholder ? strlen(placeholder) : 1;
    }
    dr_simulated_open(&world, text.bytes);
    dr_text_done(&text);
    free(east);
    free(west);
}

static json_t *expect(const char *operation, const char *input, const char *code)
{
    return dr_simulated_expect(&world, ANY, "route53", operation, input, code);
}

static json_t *run(const char *action, const char *arguments, const char *status)
{
    json_t *result = dr_simulated_run(&world, ANY, action, arguments);
    if (strcmp(dr_simulated_text(result, "/status"), status) != 0) {
        json_object_del(result, "trace");
        json_dumpf(result, stderr, 0);
    }
    assert_string_equal(dr_simulated_text(result, "/status"), status);
    return result;
}

static void assert_resolves(const char *name, const char *wanted)
{
    json_t *answer = dr_sim_resolve(world.cloud, name, "A", world.now_ms);
    const json_t *answers = json_object_get(answer, "Answers");
    char *pointer = dr_format("/Answers/%zu/Value", json_array_size(answers) ? json_array_size(answers) - 1 : 0);
    assert_string_equal(dr_simulated_text(answer, pointer), wanted);
    free(pointer);
    json_decref(answer);
}

/* ----- Actions */

static void the_action_upserts_once_and_waits_for_insync(void **state)
{
    (void)state;
    open_world();
    const char *arguments = "{'HostedZoneId': '" ZONE "', 'Name': 'WWW.example.com', 'Type': 'A', 'Values': "
                            "['192.0.2.2'], 'Ttl': 60}";
    json_t *result = run("route53.upsert", arguments, "SUCCEEDED");
    assert_true(json_is_true(dr_simulated_at(result, "/output/Changed")));
    assert_string_equal(dr_simulated_text(result, "/output/Previous/ResourceRecords/0/Value"), "192.0.2.1");
    assert_resolves("www.example.com", "192.0.2.1"); /* the name servers do not have it yet */
    char *wait = dr_format("{'ChangeId': '%s'}", dr_simulated_text(result, "/output/ChangeId"));
    json_t *waited = run("route53.wait_insync", wait, "SUCCEEDED");
    double seconds = json_number_value(dr_simulated_at(waited, "/output/WaitedSeconds"));
    assert_true(seconds >= 20 && seconds <= 60);
    assert_resolves("www.example.com", "192.0.2.2");
    json_t *again = run("route53.upsert", arguments, "SUCCEEDED");
    assert_true(json_is_false(dr_simulated_at(again, "/output/Changed")));
    json_decref(again);
    json_decref(run("route53.wait_insync", "{'ChangeId': ''}", "SUCCEEDED"));
    json_decref(waited);
    json_decref(result);
    free(wait);
    dr_simulated_close(&world);
}

static void the_action_puts_an_alias(void **state)
{
    (void)state;
    open_world();
    const char *arguments = "{'HostedZoneId': '/hostedzone/" ZONE "', 'Name': 'shop.example.com', 'TargetDnsName': "
                            "'www.example.com', 'TargetHostedZoneId': '" ZONE "'}";
    json_decref(run("route53.upsert_alias", arguments, "SUCCEEDED"));
    json_t *again = run("route53.upsert_alias", arguments, "SUCCEEDED");
    assert_true(json_is_false(dr_simulated_at(again, "/output/Changed")));
    json_decref(again);
    dr_simulated_wait(&world, 60);
    assert_resolves("shop.example.com", "192.0.2.1");
    json_t *result = run("route53.upsert_alias",
                         "{'HostedZoneId': '" ZONE "', 'Name': 'x.example.com', 'TargetDnsName': 'none.example.com', "
                         "'TargetHostedZoneId': '" ZONE "'}",
                         "FAILED");
    assert_string_equal(dr_simulated_text(result, "/error"), "Route53.InvalidChangeBatchException");
    assert_non_null(strstr(dr_simulated_text(result, "/cause"), "but that target was not found"));
    json_decref(result);
    dr_simulated_close(&world);
}

static void the_data_plane_goes_on_without_the_control_plane(void **state)
{
    (void)state;
    open_world();
    dr_simulated_fault(&world, "{'Fault': 'ControlPlaneDown', 'Service': 'route53'}");
    json_decref(expect("ListHostedZones", "{}", "ServiceUnavailable"));
    dr_simulated_fault(&world, "{'Fault': 'RegionDown', 'Region': 'us-east-1'}");
    assert_resolves("api.example.com", "192.0.2.11");
    dr_simulated_wait(&world, 25);
    assert_resolves("api.example.com", "192.0.2.11"); /* two failures of three */
    dr_simulated_wait(&world, 10);
    assert_resolves("api.example.com", "192.0.2.12");
    dr_simulated_close(&world);
}

static void an_answer_that_is_lost_does_no_harm(void **state)
{
    (void)state;
    open_world();
    dr_simulated_fault(&world, "{'Fault': 'ResetAfter', 'Operation': 'ChangeResourceRecordSets', 'Count': 1}");
    json_t *result = run(
        "route53.upsert",
        "{'HostedZoneId': '" ZONE "', 'Name': 'www.example.com', 'Type': 'A', 'Values': ['192.0.2.3']}", "SUCCEEDED");
    assert_true(*dr_simulated_text(result, "/output/ChangeId") != '\0');
    json_decref(result);
    dr_simulated_close(&world);
}

/* ----- Batches */

#define RECORD(name, type, value)                                                                                      \
    "{'Name': '" name "', 'Type': '" type "', 'TTL': 60, 'ResourceRecords': [{'Value': '" value "'}]}"
#define CHANGE(action, record) "{'Action': '" action "', 'ResourceRecordSet': " record "}"
#define BATCH(changes) "{'HostedZoneId': '" ZONE "', 'ChangeBatch': {'Changes': [" changes "]}}"

static void batches_are_refused_as_a_whole(void **state)
{
    (void)state;
    static const struct {
        const char *input, *code, *message;
    } refused[] = {
        {BATCH(CHANGE("UPSERT", RECORD("new.example.com", "A", "192.0.2.5")) "," CHANGE(
             "CREATE", RECORD("www.example.com", "A", "192.0.2.5"))),
         "InvalidChangeBatch",
         "[Tried to create resource record set [name='www.example.com.', type='A'] but it already exists]"},
        {BATCH(CHANGE("DELETE", RECORD("none.example.com", "A", "192.0.2.5"))), "InvalidChangeBatch",
         "[Tried to delete resource record set [name='none.example.com.', type='A'] but it was not found]"},
        {BATCH(CHANGE("DELETE", RECORD("www.example.com", "A", "192.0.2.5"))), "InvalidChangeBatch",
         "[Tried to delete resource record set [name='www.example.com.', type='A'] but the values provided do not "
         "match the current values]"},
        {BATCH(CHANGE("UPSERT", RECORD("www.example.com", "CNAME", "a.example.com"))), "InvalidChangeBatch",
         "[RRSet of type CNAME with DNS name www.example.com. is not permitted as it conflicts with other records with "
         "the same DNS name in zone example.com.]"},
        {BATCH(CHANGE("UPSERT", RECORD("db.example.com", "A", "192.0.2.5"))), "InvalidChangeBatch",
         "[RRSet of type A with DNS name db.example.com. is not permitted because a conflicting RRSet of type CNAME "
         "with the same DNS name already exists in zone example.com..]"},
        {BATCH(CHANGE("UPSERT", RECORD("example.com", "CNAME", "a.example.org"))), "InvalidChangeBatch", NULL},
        {BATCH(CHANGE("UPSERT", RECORD("www.example.org", "A", "192.0.2.5"))), "InvalidChangeBatch",
         "[RRSet with DNS name www.example.org. is not permitted in zone example.com.]"},
        {BATCH(CHANGE("UPSERT", RECORD("a.example.com", "A", "192.0.2.500"))), "InvalidChangeBatch", NULL},
        {BATCH(CHANGE("UPSERT", RECORD("a.example.com", "TXT", "bare"))), "InvalidChangeBatch", NULL},
        {BATCH(CHANGE("UPSERT", "{'Name': 'api.example.com', 'Type': 'A', 'TTL': 5, 'ResourceRecords': [{'Value': "
                                "'192.0.2.5'}]}")),
         "InvalidChangeBatch", NULL},
        {BATCH(CHANGE("UPSERT", "{'Name': 'a.example.com', 'Type': 'A', 'TTL': 5}")), "InvalidInput",
         "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or "
         "TrafficPolicyInstanceId], but found none in Change with [Action=UPSERT, Name=a.example.com, Type=A, "
         "SetIdentifier=null]"},
        {BATCH(CHANGE("UPSERT", "{'Name': 'a.example.com', 'Type': 'A', 'TTL': 5, 'Weight': 1, 'ResourceRecords': "
                                "[{'Value': '192.0.2.5'}]}")),
         "InvalidInput", NULL},
        {BATCH(CHANGE("UPSERT", "{'Name': 'a.example.com', 'Type': 'A', 'TTL': 5, 'HealthCheckId': 'none', "
                                "'ResourceRecords': [{'Value': '192.0.2.5'}]}")),
         "NoSuchHealthCheck", NULL},
        {"{'HostedZoneId': 'ZNONE', 'ChangeBatch': {'Changes': [" CHANGE(
             "UPSERT", RECORD("a.example.com", "A", "192.0.2.5")) "]}}",
         "NoSuchHostedZone", "No hosted zone found with ID: ZNONE"},
    };
    open_world();
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        json_t *answer = expect("ChangeResourceRecordSets", refused[i].input, refused[i].code);
        if (refused[i].message)
            assert_string_equal(dr_simulated_text(answer, "/Error/Message"), refused[i].message);
        json_decref(answer);
    }
    json_t *list = expect("ListResourceRecordSets",
                          "{'HostedZoneId': '" ZONE "', 'StartRecordName': 'new.example.com', 'MaxItems': '1'}", NULL);
    assert_string_not_equal(dr_simulated_text(list, "/ResourceRecordSets/0/Name"), "new.example.com.");
    json_decref(list);
    json_decref(expect("ChangeResourceRecordSets",
                       BATCH(CHANGE("DELETE", RECORD("www.example.com", "A", "192.0.2.1")) "," CHANGE(
                           "CREATE", RECORD("www.example.com", "CNAME", "a.example.org"))),
                       NULL)); /* in one batch it is allowed */
    dr_simulated_close(&world);
}

static void record_sets_are_listed_by_reversed_labels_in_pages(void **state)
{
    (void)state;
    open_world();
    const char *wanted[] = {"example.com. NS ",     "example.com. SOA ",    "alias.example.com. A ",
                            "all.example.com. A e", "all.example.com. A w", "api.example.com. A e",
                            "api.example.com. A w"};
    char *from = dr_copy_string("");
    size_t count = 0;
    for (bool more = true; more;) {
        char *input = dr_format("{'HostedZoneId': '" ZONE "', 'MaxItems': '3'%s}", from);
        json_t *page = expect("ListResourceRecordSets", input, NULL), *record;
        size_t i;
        json_array_foreach(json_object_get(page, "ResourceRecordSets"), i, record)
        {
            char *got = dr_format("%s %s %s", dr_simulated_text(record, "/Name"), dr_simulated_text(record, "/Type"),
                                  dr_simulated_text(record, "/SetIdentifier"));
            if (count < sizeof wanted / sizeof *wanted)
                assert_string_equal(got, wanted[count]);
            count++;
            free(got);
        }
        more = json_is_true(json_object_get(page, "IsTruncated"));
        const char *identifier = dr_simulated_text(page, "/NextRecordIdentifier");
        const char *next = dr_simulated_text(page, "/NextRecordName");
        const char *slash = *next == '\\' ? "\\" : ""; /* \052 in JSON */
        free(from);
        from = dr_format(", 'StartRecordName': '%s%s', 'StartRecordType': '%s'%s%s%s", slash, next,
                         dr_simulated_text(page, "/NextRecordType"), *identifier ? ", 'StartRecordIdentifier': '" : "",
                         identifier, *identifier ? "'" : "");
        json_decref(page);
        free(input);
    }
    assert_int_equal(count, 14);
    free(from);
    json_decref(
        expect("ListResourceRecordSets", "{'HostedZoneId': '" ZONE "', 'StartRecordType': 'A'}", "InvalidInput"));
    dr_simulated_close(&world);
}

/* ----- Zones, checks, answers */

static void zones_are_made_listed_and_deleted(void **state)
{
    (void)state;
    open_world();
    json_t *made = expect("CreateHostedZone", "{'Name': 'Example.org', 'CallerReference': 'a'}", NULL);
    json_decref(
        expect("CreateHostedZone", "{'Name': 'example.org', 'CallerReference': 'a'}", "HostedZoneAlreadyExists"));
    json_decref(expect("GetChange", "{'Id': 'CNONE'}", "NoSuchChange"));
    json_t *list = expect("ListHostedZonesByName", "{'DNSName': 'example.org', 'MaxItems': '1'}", NULL);
    assert_string_equal(dr_simulated_text(list, "/HostedZones/0/Name"), "example.org.");
    json_decref(list);
    list = expect("ListHostedZones", "{'MaxItems': '1'}", NULL);
    assert_true(json_is_true(json_object_get(list, "IsTruncated")));
    json_decref(list);
    char *input = dr_format("{'Id': '%s'}", dr_simulated_text(made, "/HostedZone/Id"));
    json_t *one = expect("GetHostedZone", input, NULL);
    assert_int_equal(json_array_size(dr_simulated_at(one, "/DelegationSet/NameServers")), 4);
    json_decref(one);
    json_decref(expect("DeleteHostedZone", input, NULL));
    json_decref(expect("GetHostedZone", input, "NoSuchHostedZone"));
    json_decref(expect("DeleteHostedZone", "{'Id': '" ZONE "'}", "HostedZoneNotEmpty"));
    free(input);
    json_decref(made);
    dr_simulated_close(&world);
}

static void names_resolve_by_their_policies(void **state)
{
    (void)state;
    open_world();
    assert_resolves("alias.example.com", "192.0.2.1");
    assert_resolves("a.wild.example.com", "192.0.2.9");
    assert_resolves("all.example.com.", "192.0.2.32");
    char *name = endpoint(world.cloud, "us-east-1", "shop"), *address = dr_sim_ipv4_of(name, 0);
    assert_resolves("db.example.com", address);
    assert_string_equal(dr_sim_name_of_ipv4(world.cloud, address), name);
    free(name);
    free(address);
    json_t *answer = dr_sim_resolve_from(world.cloud, "us-west-2", "near.example.com", "A", world.now_ms);
    assert_string_equal(dr_simulated_text(answer, "/Answers/0/Value"), "192.0.2.22");
    assert_int_equal(json_integer_value(dr_simulated_at(answer, "/Answers/0/Ttl")), 60);
    json_decref(answer);
    answer = dr_sim_resolve(world.cloud, "many.example.com", "A", world.now_ms);
    assert_int_equal(json_array_size(json_object_get(answer, "Answers")), 2);
    json_decref(answer);
    answer = dr_sim_resolve(world.cloud, "none.example.com", "A", world.now_ms);
    assert_string_equal(dr_simulated_text(answer, "/Status"), "NXDOMAIN");
    json_decref(answer);
    answer = dr_sim_resolve(world.cloud, "www.example.com", "AAAA", world.now_ms);
    assert_string_equal(dr_simulated_text(answer, "/Status"), "NOERROR");
    assert_int_equal(json_array_size(json_object_get(answer, "Answers")), 0);
    json_decref(answer);
    answer = expect("TestDNSAnswer", "{'HostedZoneId': '" ZONE "', 'RecordName': 'www.example.com', 'RecordType': 'A'}",
                    NULL);
    assert_string_equal(dr_simulated_text(answer, "/RecordData/0"), "192.0.2.1");
    json_decref(answer);
    dr_simulated_close(&world);
}

static void health_checks_take_their_time_and_combine(void **state)
{
    (void)state;
    open_world();
    unsigned id = dr_simulated_fault(&world, "{'Fault': 'RegionDown', 'Region': 'us-east-1'}");
    dr_simulated_wait(&world, 35);
    json_t *status = expect("GetHealthCheckStatus", "{'HealthCheckId': 'east'}", NULL);
    assert_non_null(strstr(dr_simulated_text(status, "/HealthCheckObservations/0/StatusReport/Status"), "Failure"));
    json_decref(status);
    json_decref(expect("GetHealthCheckStatus", "{'HealthCheckId': 'both'}", "InvalidInput"));
    json_t *answer = dr_sim_resolve(world.cloud, "many.example.com", "A", world.now_ms);
    assert_int_equal(json_array_size(json_object_get(answer, "Answers")), 1);
    json_decref(answer);
    dr_sim_fault_end(world.cloud, id);
    dr_simulated_wait(&world, 35);
    assert_resolves("api.example.com", "192.0.2.11");
    json_decref(expect("UpdateHealthCheck", "{'HealthCheckId': 'east', 'Inverted': true}", NULL)); /* by hand */
    assert_resolves("api.example.com", "192.0.2.12");
    json_decref(expect("UpdateHealthCheck", "{'HealthCheckId': 'east', 'HealthCheckVersion': 1}",
                       "HealthCheckVersionMismatch"));
    json_decref(expect("DeleteHealthCheck", "{'HealthCheckId': 'east'}", "HealthCheckInUse"));
    json_t *made = expect("CreateHealthCheck",
                          "{'CallerReference': 'a', 'HealthCheckConfig': {'Type': 'HTTPS', 'FullyQualifiedDomainName': "
                          "'shop.example.com', 'ResourcePath': '/healthz'}}",
                          NULL);
    assert_int_equal(json_integer_value(dr_simulated_at(made, "/HealthCheck/HealthCheckConfig/FailureThreshold")), 3);
    json_decref(made);
    json_decref(expect("CreateHealthCheck",
                       "{'CallerReference': 'a', 'HealthCheckConfig': {'Type': 'TCP', 'FullyQualifiedDomainName': "
                       "'shop.example.com', 'Port': 1}}",
                       "HealthCheckAlreadyExists"));
    json_decref(expect("GetHealthCheck", "{'HealthCheckId': 'none'}", "NoSuchHealthCheck"));
    dr_simulated_close(&world);
}

#define BALANCED                                                                                                       \
    "Account: '111122223333'\n"                                                                                        \
    "Regions:\n"                                                                                                       \
    "  us-east-1: { elbv2: { LoadBalancers: { shop: {} } } }\n"                                                        \
    "  us-west-2: { elbv2: { LoadBalancers: { shop: {} } } }\n"                                                        \
    "Global:\n"                                                                                                        \
    "  route53:\n"                                                                                                     \
    "    HostedZones:\n"                                                                                               \
    "      example.com:\n"                                                                                             \
    "        Id: " ZONE "\n"                                                                                           \
    "        Records: [{ Name: '@', Alias: us-east-1/shop }]\n"

static json_t *balancer(const char *region)
{
    json_t *output = dr_simulated_expect(&world, region, "elbv2", "DescribeLoadBalancers", "{}", NULL);
    json_t *one = json_incref(dr_simulated_at(output, "/LoadBalancers/0"));
    json_decref(output);
    return one;
}

static void assert_points_to(const json_t *wanted)
{
    char *address = dr_sim_ipv4_of(dr_simulated_text(wanted, "/DNSName"), 1);
    assert_resolves("example.com", address);
    free(address);
}

static void an_alias_moves_from_load_balancer_to_load_balancer(void **state)
{
    (void)state;
    dr_simulated_open(&world, BALANCED);
    json_t *east = balancer("us-east-1"), *west = balancer("us-west-2");
    assert_points_to(east);
    char *arguments = dr_format("{'HostedZoneId': '" ZONE "', 'Name': 'example.com', 'TargetDnsName': 'dualstack.%s', "
                                "'TargetHostedZoneId': '%s', 'EvaluateTargetHealth': true}",
                                dr_simulated_text(west, "/DNSName"), dr_simulated_text(west, "/CanonicalHostedZoneId"));
    json_decref(run("route53.upsert_alias", arguments, "SUCCEEDED"));
    dr_simulated_wait(&world, 60);
    assert_points_to(west);
    json_t *again = run("route53.upsert_alias", arguments, "SUCCEEDED");
    assert_true(json_is_false(dr_simulated_at(again, "/output/Changed")));
    json_decref(again);
    free(arguments);
    arguments = dr_format("{'HostedZoneId': '" ZONE "', 'Name': 'example.com', 'TargetDnsName': '%s', "
                          "'TargetHostedZoneId': '%s'}",
                          dr_simulated_text(west, "/DNSName"), dr_simulated_text(east, "/CanonicalHostedZoneId"));
    json_t *result = run("route53.upsert_alias", arguments, "FAILED"); /* the zone of another Region's balancers */
    assert_non_null(strstr(dr_simulated_text(result, "/cause"), "does not lie within the target zone"));
    json_decref(result);
    free(arguments);
    json_decref(east);
    json_decref(west);
    dr_simulated_close(&world);
}

static void a_world_with_a_mistake_says_where(void **state)
{
    (void)state;
    char *problem = dr_simulated_problem("Global: { route53: { HostedZones: { example.com: { Records: [{ Name: a, "
                                         "Alias: us-east-1/none }] } } } }");
    assert_non_null(problem);
    assert_non_null(strstr(problem, "there is no load balancer us-east-1/none"));
    free(problem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_action_upserts_once_and_waits_for_insync),
        cmocka_unit_test(the_action_puts_an_alias),
        cmocka_unit_test(the_data_plane_goes_on_without_the_control_plane),
        cmocka_unit_test(an_answer_that_is_lost_does_no_harm),
        cmocka_unit_test(batches_are_refused_as_a_whole),
        cmocka_unit_test(record_sets_are_listed_by_reversed_labels_in_pages),
        cmocka_unit_test(zones_are_made_listed_and_deleted),
        cmocka_unit_test(names_resolve_by_their_policies),
        cmocka_unit_test(health_checks_take_their_time_and_combine),
        cmocka_unit_test(an_alias_moves_from_load_balancer_to_load_balancer),
        cmocka_unit_test(a_world_with_a_mistake_says_where),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
