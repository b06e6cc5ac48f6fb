/* runbooks/ecommerce-ecs-rds/failover.yaml in its world: undisturbed, with each fault at its worst moment, and killed
 * and resumed at every commit. Whatever happens, it ends with one database that takes writes, or stops and says why. */
#include "interpreter/base/text.h"
#include "interpreter/runtime/virtual.h"
#include "providers/simulated/databases.h"
#include "providers/simulated/names.h"
#include "providers/simulated/serve.h"
#include "tests/support/lab.h"
#include "tests/support/simulated.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FOLDER "runbooks/ecommerce-ecs-rds/"
#define ACCOUNT "111122223333"
#define EAST "us-east-1"
#define WEST "us-west-2"
#define WEST_DB "arn:aws:rds:us-west-2:" ACCOUNT ":db:shop-db"
#define LIVES_MAX 3000
#if defined __has_feature
#if __has_feature(address_sanitizer)
#define SLOW
#endif
#elif defined __SANITIZE_ADDRESS__
#define SLOW
#endif
#ifdef SLOW
#define STEP 7 /* the same code, slower: the release build dies at every commit */
#else
#define STEP 1
#endif

static char *read_text(const char *path)
{
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    char bytes[65536];
    size_t size = fread(bytes, 1, sizeof bytes, file);
    assert_true(size < sizeof bytes);
    fclose(file);
    return dr_copy_bytes(bytes, size);
}

/* `from` must be there once; `text` is taken over. */
static char *replace(char *text, const char *from, const char *to)
{
    char *at = strstr(text, from);
    assert_non_null(at);
    char *whole = dr_format("%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    free(text);
    return whole;
}

/* Hours of copying are minutes, which changes nothing but how often is asked. */
static void open_world(struct dr_simulated *world, const char *timeline)
{
    char *text = replace(read_text(FOLDER "world.yaml"), "rds.replica.create: 2h",
                         "rds.replica.create: 60\n  rds.delete: 20\n  rds.stop: 20");
    char *whole = *timeline ? dr_format("%s\nTimeline:\n  - %s\n", text, timeline) : dr_copy_string(text);
    dr_simulated_open(world, whole);
    free(text);
    free(whole);
}

/* --- What the world has come to -------------------------------------------------------------------------------------
 */

struct ending {
    const char *active; /* the Region to which DNS leads; whose database alone takes writes */
    json_int_t east, west;
    bool fenced; /* us-east-1 */
};
static const struct ending moved = {WEST, 0, 10, true}, stayed = {EAST, 10, 1, false};

static json_int_t desired(const struct dr_simulated *world, const char *region)
{
    const json_t *service = dr_sim_find(world->cloud, ACCOUNT, region, "ecs.service", "shop/web");
    return json_integer_value(json_object_get(service, "desiredCount"));
}

/* From the state itself: a call could meet the very fault that is tested. */
static char *parameter(struct dr_simulated *world, const char *name)
{
    const json_t *there = dr_sim_find(world->cloud, ACCOUNT, "us-east-2", "ssm.parameter", name);
    const json_t *versions = json_object_get(there, "_versions");
    const json_t *newest = json_array_get(versions, json_array_size(versions) - 1);
    return dr_copy_string(json_string_value(json_object_get(newest, "Value")));
}

static bool dns_leads_to(struct dr_simulated *world, const char *region)
{
    json_t *answer = dr_sim_resolve(world->cloud, "shop.example.com", "A", world->now_ms);
    const char *address = dr_simulated_text(answer, "/Answers/0/Value");
    const char *name = dr_sim_name_of_ipv4(world->cloud, address);
    bool there = name && strstr(name, region);
    json_decref(answer);
    return there;
}

/* The old Region may be gone (then nothing is said of it): what was asked of it did not arrive. */
static void check(struct dr_simulated *world, const struct ending *ending, bool east_works)
{
    dr_simulated_wait(world, 900);
    assert_true(dns_leads_to(world, ending->active));
    assert_int_equal(desired(world, WEST), ending->west);
    if (east_works)
        assert_int_equal(desired(world, EAST), ending->east);
    assert_int_equal(dr_sim_database_writers(world->cloud, WEST_DB, true, world->now_ms), 1);
    struct dr_sim_database database;
    assert_true(dr_sim_database_at(world->cloud, WEST_DB, world->now_ms, &database));
    assert_int_equal(database.writable, ending->west == 10);
    char *fenced = parameter(world, "/shop/us-east-1/fenced"), *active = parameter(world, "/shop/active-region");
    assert_string_equal(fenced, ending->fenced ? "true" : "false");
    assert_string_equal(active, ending->active);
    free(fenced);
    free(active);
}

/* --- Running --------------------------------------------------------------------------------------------------------
 */

struct drill {
    struct dr_simulated world;
    struct dr_lab lab;
    char *runbook;
    json_t *result; /* of the last life */
};

static void begin(struct drill *drill, const char *timeline)
{
    *drill = (struct drill){.runbook = read_text(FOLDER "failover.yaml")};
    open_world(&drill->world, timeline);
    drill->lab = (struct dr_lab){.store = dr_store_memory(),
                                 .start_ms = drill->world.now_ms,
                                 .script = &dr_sim_script,
                                 .script_data = drill->world.cloud,
                                 .actions = "providers/actions",
                                 .aws = true};
}

static void end(struct drill *drill)
{
    json_decref(drill->result);
    dr_store_free(drill->lab.store);
    dr_lab_done(&drill->lab);
    dr_simulated_close(&drill->world);
    free(drill->runbook);
}

static const char *status_of(const struct drill *drill)
{
    return dr_simulated_text(drill->result, "/status");
}

static void run(struct drill *drill, const char *given)
{
    char *text = dr_copy_string(given), *problem = NULL;
    for (char *at = text; *at; at++)
        *at = *at == '\'' ? '"' : *at;
    json_t *input = dr_json_parse(text, strlen(text), &problem);
    assert_non_null(input);
    free(text);
    drill->result = dr_lab_run(&drill->lab, "failover.yaml", drill->runbook, input);
    drill->world.now_ms += json_integer_value(json_object_get(drill->result, "durationMs"));
    json_decref(input);
}

static void resume(struct drill *drill, int64_t later_ms)
{
    int64_t now_ms = dr_sim_now(drill->world.cloud);
    drill->lab.start_ms = drill->world.now_ms =
        (now_ms > drill->world.now_ms ? now_ms : drill->world.now_ms) + later_ms;
    json_decref(drill->result);
    drill->result = dr_lab_resume(&drill->lab);
    now_ms = dr_sim_now(drill->world.cloud);
    if (now_ms > drill->world.now_ms)
        drill->world.now_ms = now_ms;
}

static void assert_status(const struct drill *drill, const char *what, const char *status, const char *error)
{
    if (strcmp(status_of(drill), status) != 0 || strcmp(dr_simulated_text(drill->result, "/error"), error) != 0)
        print_message("%s: %s %s: %s %s\n", what, status_of(drill), dr_simulated_text(drill->result, "/error"),
                      dr_simulated_text(drill->result, "/cause"), dr_simulated_text(drill->result, "/invalid/0"));
    assert_string_equal(status_of(drill), status);
    assert_string_equal(dr_simulated_text(drill->result, "/error"), error);
}

static double number(const struct drill *drill, const char *pointer)
{
    return json_number_value(dr_simulated_at(drill->result, pointer));
}

/* --- Undisturbed ----------------------------------------------------------------------------------------------------
 */

static void a_planned_move_loses_nothing_and_is_in_time(void **state)
{
    (void)state;
    struct drill drill;
    begin(&drill, "");
    run(&drill, "{}");
    assert_status(&drill, "undisturbed", "SUCCEEDED", "");
    assert_true(number(&drill, "/output/rtoSeconds") > 60 && number(&drill, "/output/rtoSeconds") < 300);
    assert_true(number(&drill, "/output/rpoSeconds") == 0);
    assert_true(dr_sim_database_lost_ms(drill.world.cloud, WEST_DB, drill.world.now_ms) == 0);
    json_t *items = dr_simulated_expect(&drill.world, "us-east-2", "ssm", "DescribeOpsItems", "{}", NULL);
    assert_int_equal(json_array_size(dr_simulated_at(items, "/OpsItemSummaries")), 1);
    json_decref(items);
    check(&drill.world, &moved, true);
    end(&drill);
}

/* --- With faults ----------------------------------------------------------------------------------------------------
 */

static const struct {
    const char *what, *timeline, *error; /* "": it succeeds */
    const struct ending *ending;         /* NULL: after a resume, when the fault is over, `moved` */
    bool east_gone;
} faults[] = {
    {"the primary is gone", "{ Fault: RegionDown, Region: us-east-1 }", "", &moved, true},
    {"the primary dies while it is fenced", "{ Fault: RegionDown, Region: us-east-1, At: 2 }", "", &moved, true},
    {"the primary dies during the promotion", "{ Fault: RegionDown, Region: us-east-1, At: 60 }", "", &moved, true},
    {"the primary dies before the cutover", "{ Fault: RegionDown, Region: us-east-1, At: 130 }", "", &moved, true},
    {"the primary's control planes are gone, Route 53's among them",
     "{ Fault: ControlPlaneDown, Region: us-east-1, For: 3600 }", NULL, NULL, true},
    {"nobody can stop the primary's tasks", "{ Fault: ControlPlaneDown, Region: us-east-1, Service: ecs }", "", &moved,
     true},
    {"the recovery Region is gone too", "{ Fault: RegionDown, Region: us-west-2, For: 7200 }",
     "ElasticLoadBalancingV2.SdkClientException", &stayed, false},
    {"the control Region is gone", "{ Fault: RegionDown, Region: us-east-2, For: 300 }", "Ssm.SdkClientException",
     &stayed, false},
    {"everything is throttled now and then", "{ Fault: Throttled, Probability: 0.2 }", "", &moved, false},
    {"the promotion's connection breaks before its effect",
     "{ Fault: ResetBefore, Operation: PromoteReadReplica, Count: 1 }", "", &moved, false},
    {"and after its effect", "{ Fault: ResetAfter, Operation: PromoteReadReplica, Count: 1 }", "", &moved, false},
    {"a proxy answers the promotion", "{ Fault: WrongAnswer, Operation: PromoteReadReplica, Count: 1 }", "", &moved,
     false},
    {"the promotion's answer is cut", "{ Fault: TruncatedAnswer, Operation: PromoteReadReplica, Count: 1 }", "", &moved,
     false},
    {"RDS fails at the promotion", "{ Fault: ServerError, Operation: PromoteReadReplica, Count: 1 }", "", &moved,
     false},
    {"the scaling's connection breaks after its effect", "{ Fault: ResetAfter, Operation: UpdateService, Count: 1 }",
     "", &moved, false},
    {"the cutover's connection breaks after its effect",
     "{ Fault: ResetAfter, Operation: ChangeResourceRecordSets, Count: 1 }", "", &moved, false},
    {"the fence's connection breaks after its effect", "{ Fault: ResetAfter, Operation: PutParameter, Count: 1 }", "",
     &moved, false},
    {"nobody can be told", "{ Fault: ServerError, Service: sns }", "", &moved, false},
    {"answers are slow", "{ Fault: Latency, Milliseconds: 2000 }", "", &moved, false},
    {"clocks differ", "{ Fault: ClockSkew, Seconds: 1200 }", "", &moved, false},
    {"replication stands still", "{ Fault: ReplicationStalled, Region: us-west-2, Service: rds }",
     "Failover.NotCaughtUp", &stayed, false},
    {"Route 53 cannot be changed", "{ Fault: ControlPlaneDown, Service: route53, For: 3600 }", NULL, NULL, false},
    {"there is no capacity", "{ Fault: NoCapacity, Region: us-west-2, Service: ecs, For: 3600 }", "Elb.NotHealthy",
     NULL, false},
    {"the promotion never ends", "{ Fault: Stuck, Region: us-west-2, Service: rds, For: 3600 }", "Rds.PromotionTimeout",
     NULL, false},
    {"credentials expire during the promotion", "{ Fault: CredentialsExpire, At: 60, For: 3600 }", NULL, NULL, false},
};

static void each_fault_ends_as_it_should(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct drill drill;
        begin(&drill, faults[i].timeline);
        run(&drill, "{}");
        bool good = faults[i].error && !*faults[i].error;
        if (faults[i].error || strcmp(status_of(&drill), "FAILED") != 0)
            assert_status(&drill, faults[i].what, good ? "SUCCEEDED" : "FAILED",
                          faults[i].error ? faults[i].error : "?");
        if (!faults[i].ending) { /* it has stopped where it was, and goes on when the reason is gone */
            resume(&drill, INT64_C(2) * 3600 * 1000);
            assert_status(&drill, faults[i].what, "SUCCEEDED", "");
        }
        if (!good && faults[i].ending)
            dr_simulated_wait(&drill.world, 7200);
        check(&drill.world, faults[i].ending ? faults[i].ending : &moved, !faults[i].east_gone);
        end(&drill);
    }
}

/* What the runbook reports as lost is what the promoted database lacks. */
static void the_loss_is_measured(void **state)
{
    (void)state;
    struct drill drill;
    begin(&drill, "{ Fault: RegionDown, Region: us-east-1 }");
    run(&drill, "{}");
    assert_status(&drill, "the primary is gone", "SUCCEEDED", "");
    double lost = (double)dr_sim_database_lost_ms(drill.world.cloud, WEST_DB, drill.world.now_ms) / 1000;
    double reported = number(&drill, "/output/rpoSeconds");
    assert_true(lost > 0 && reported >= lost - 0.3 && reported <= lost + 1);
    end(&drill);
}

/* --- Killed ---------------------------------------------------------------------------------------------------------
 */

/* From the world as it is now; at every `step`th commit. */
static void kill_everywhere(struct drill *drill, const char *input, unsigned step, const struct ending *ending)
{
    json_t *first = dr_sim_cloud_dump(drill->world.cloud);
    int64_t start_ms = drill->world.now_ms;
    bool finished = false;
    for (unsigned dies = 1; !finished; dies += step) {
        char *problem = NULL;
        assert_true(dies < LIVES_MAX);
        assert_true(dr_sim_cloud_restore(drill->world.cloud, first, &problem));
        drill->lab.start_ms = drill->world.now_ms = start_ms;
        drill->lab.stop_after_turns = dies;
        dr_store_free(drill->lab.store);
        drill->lab.store = dr_store_memory();
        json_decref(drill->result);
        run(drill, input);
        finished = strcmp(status_of(drill), "RUNNING") != 0;
        drill->lab.stop_after_turns = 0;
        if (!finished) {
            dr_store_memory_crash(drill->lab.store, dies % 2 == 0);
            resume(drill, 1500);
        }
        assert_status(drill, "killed", "SUCCEEDED", "");
        check(&drill->world, ending, true);
    }
    json_decref(first);
}

static void a_failover_killed_at_every_commit_ends_the_same(void **state)
{
    (void)state;
    struct drill drill;
    begin(&drill, "");
    kill_everywhere(&drill, "{'sampleRequests': 5}", STEP, &moved);
    end(&drill);
}

static void a_failback_killed_on_its_way_ends_the_same(void **state)
{
    (void)state;
    struct drill drill;
    begin(&drill, "");
    run(&drill, "{'sampleRequests': 5}");
    assert_status(&drill, "there", "SUCCEEDED", "");
    dr_simulated_wait(&drill.world, 600);
    char folder[4096];
    assert_non_null(getcwd(folder, sizeof folder));
    char *path = dr_format("Runbook: %s/" FOLDER "failover.yaml", folder); /* the laboratory runs copies elsewhere */
    free(drill.runbook);
    drill.runbook = replace(read_text(FOLDER "failback.yaml"), "Runbook: ./failover.yaml", path);
    unsigned step = getenv("DRRUN_EVERY_COMMIT") ? 1 : 5 * STEP; /* each takes minutes: most are looks at what waits */
    kill_everywhere(&drill, "{'sampleRequests': 5, 'requireApproval': false}", step, &stayed);
    free(path);
    end(&drill);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_planned_move_loses_nothing_and_is_in_time),
        cmocka_unit_test(each_fault_ends_as_it_should),
        cmocka_unit_test(the_loss_is_measured),
        cmocka_unit_test(a_failover_killed_at_every_commit_ends_the_same),
        cmocka_unit_test(a_failback_killed_on_its_way_ends_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
