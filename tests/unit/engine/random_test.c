/* Random machines: killed after every turn and resumed, with and without snapshots, each ends as if nothing had
 * happened; a redrive ends as if nothing had failed. The machines are made so that their end does not depend on the
 * order in which branches run. */
#include "tests/support/lab.h"

#include "interpreter/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define START_MS INT64_C(1767225600000)
#define MACHINES 40

static json_t *answers_inbox; /* of all runs */
#define DEPTH_MAX 3

/* ----- Making machines
 * -------------------------------------------------------------------------------------------------- */

struct maker {
    uint64_t seed;
    json_t *answers; /* by request */
    unsigned names;
    bool failures; /* some requests fail, and nobody catches that */
    bool tolerant; /* items may fail and be tolerated */
};

static unsigned draw(struct maker *maker, unsigned below)
{
    maker->seed = maker->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(maker->seed >> 33) % below;
}

static json_t *make_machine(struct maker *maker, unsigned depth);

static json_t *make_task(struct maker *maker, const char *name)
{
    unsigned kind = draw(maker, 6);
    char *url = dr_format("http://%s/", name), *request = dr_format("GET %s", url);
    json_t *task = json_pack("{s:s,s:s,s:{s:s,s:s},s:{s:s},s:s}", "Type", "Task", "Resource", "http:invoke",
                             "Parameters", "ApiEndpoint", url, "Method", "GET", "ResultSelector", "code.$",
                             "$.StatusCode", "ResultPath", "$.last");
    int status = 200, delay = (int)draw(maker, 4) * 700;
    if (kind == 0) { /* fails, is retried, is caught */
        status = 503;
        json_object_set_new(task, "Retry",
                            json_pack("[{s:[s],s:i,s:i}]", "ErrorEquals", "States.ALL", "MaxAttempts",
                                      (int)draw(maker, 3), "IntervalSeconds", 1));
    } else if (kind == 1) { /* never answers */
        delay = -1;
        json_object_set_new(task, "TimeoutSeconds", json_integer(2));
    } else if (kind == 2 && maker->failures) {
        status = 500;
    }
    if (kind < 2)
        json_object_set_new(
            task, "Catch",
            json_pack("[{s:[s],s:s,s:s}]", "ErrorEquals", "States.ALL", "ResultPath", "$.caught", "Next", "?"));
    json_object_set_new(maker->answers, request, json_pack("{s:i,s:i}", "status", status, "delay", delay));
    free(url);
    free(request);
    return task;
}

static const char *const regions[] = {"us-east-1", "us-west-2", "eu-west-1"};

/* A request with a task token, which anybody answers at full seconds. It may be sent again until it was submitted. */
static json_t *make_ask(struct maker *maker, const char *name)
{
    char *url = dr_format("http://%s/", name), *request = dr_format("POST %s", url);
    json_object_set_new(maker->answers, request,
                        json_pack("{s:i,s:i}", "status", 200, "delay", (int)draw(maker, 3) * 600));
    json_t *task =
        json_pack("{s:s,s:s,s:s,s:{s:s,s:s},s:s}", "Type", "Task", "Resource", "test:send", "Region",
                  regions[draw(maker, 3)], "Parameters", "Url", url, "Repeat", "token", "ResultPath", "$.asked");
    free(url);
    free(request);
    return task;
}

/* What it says of itself (Region, credentials) is part of the end. */
static json_t *make_call(struct maker *maker, const char *name)
{
    char *url = dr_format("http://%s/", name), *request = dr_format("POST %s", url);
    json_object_set_new(maker->answers, request,
                        json_pack("{s:i,s:i}", "status", 200, "delay", (int)draw(maker, 3) * 600));
    json_t *task = json_pack("{s:s,s:s,s:s,s:{s:s},s:{s:s,s:s},s:s}", "Type", "Task", "Resource", "test:call", "Region",
                             regions[draw(maker, 3)], "Credentials", "RoleArn", "arn:aws:iam::123456789012:role/dr",
                             "Parameters", "Url", url, "Repeat", "safe", "ResultPath", "$.called");
    free(url);
    free(request);
    return task;
}

/* A machine inside a task: an action that asks several times. */
static json_t *make_action(struct maker *maker, const char *name)
{
    char *url = dr_format("http://%s/", name), *request = dr_format("GET %s", url);
    bool bad = draw(maker, 4) == 0;
    json_object_set_new(maker->answers, request,
                        json_pack("{s:i,s:i}", "status", bad ? 404 : 200, "delay", (int)draw(maker, 3) * 300));
    json_t *task = json_pack("{s:s,s:s,s:{s:s,s:i,s:i},s:{s:s},s:s,s:[{s:[s],s:s,s:s}]}", "Type", "Task", "Resource",
                             "http.check", "Parameters", "Url", url, "Consecutive", 2, "TimeoutSeconds", 3,
                             "ResultSelector", "problem.$", "$.Problem", "ResultPath", "$.check", "Catch",
                             "ErrorEquals", "Http.CheckFailed", "ResultPath", "$.caught.Error", "Next", "?");
    json_object_set_new(json_array_get(json_object_get(task, "Catch"), 0), "ResultPath", json_null());
    if (bad && draw(maker, 2)) {
        json_object_set_new(task, "TimeoutSeconds", json_integer(2));
        json_object_set_new(json_array_get(json_object_get(task, "Catch"), 0), "ErrorEquals",
                            json_pack("[s]", "States.ALL"));
    }
    free(url);
    free(request);
    return task;
}

static json_t *make_parallel(struct maker *maker, unsigned depth)
{
    json_t *branches = json_array();
    for (unsigned i = 0, count = 1 + draw(maker, 3); i < count; i++)
        json_array_append_new(branches, make_machine(maker, depth + 1));
    return json_pack("{s:s,s:o,s:s}", "Type", "Parallel", "Branches", branches, "ResultPath", "$.parallel");
}

static json_t *make_map(struct maker *maker, unsigned depth)
{
    json_t *items = json_array(), *processor = make_machine(maker, depth + 1);
    for (unsigned i = 0, count = draw(maker, 5); i < count; i++)
        json_array_append_new(items, json_integer(i));
    json_t *map = json_pack("{s:s,s:s,s:{s:s,s:s,s:s},s:s,s:i}", "Type", "Map", "ItemsPath", "$.items", "ItemSelector",
                            "index.$", "$$.Map.Item.Index", "value.$", "$$.Map.Item.Value", "items.$", "$.items",
                            "ResultPath", "$.map", "MaxConcurrency", (int)draw(maker, 3));
    if (maker->tolerant && draw(maker, 2)) {
        json_object_set_new(processor, "ProcessorConfig",
                            json_pack("{s:s,s:s}", "Mode", "DISTRIBUTED", "ExecutionType", "STANDARD"));
        json_object_set_new(map, "ToleratedFailurePercentage", json_integer(100));
        json_t *states = json_object_get(processor, "States");
        json_t *start = json_object_get(processor, "StartAt");
        char *odd = dr_format("Odd%u", maker->names++), *boom = dr_format("Boom%u", maker->names++);
        json_object_set_new(states, odd,
                            json_pack("{s:s,s:[{s:s,s:i,s:s}],s:O}", "Type", "Choice", "Choices", "Variable", "$.index",
                                      "NumericEquals", 1, "Next", boom, "Default", start));
        json_object_set_new(states, boom, json_pack("{s:s,s:s,s:s}", "Type", "Fail", "Error", "Boom", "Cause", "odd"));
        json_object_set_new(processor, "StartAt", json_string(odd));
        free(odd);
        free(boom);
    }
    json_object_set_new(map, "ItemProcessor", processor);
    json_decref(items);
    return map;
}

static json_t *make_state(struct maker *maker, unsigned depth, const char *name)
{
    switch (draw(maker, depth < DEPTH_MAX ? 11 : 8)) {
    case 0:
        return json_pack("{s:s,s:{s:s,s:s},s:s}", "Type", "Pass", "Parameters", "was.$", "$", "n.$", "$n", "ResultPath",
                         "$.passed");
    case 1:
        return json_pack("{s:s,s:i}", "Type", "Wait", "Seconds", (int)draw(maker, 3));
    case 2:
    case 3:
        return make_task(maker, name);
    case 4:
        return json_pack("{s:s,s:{s:s}}", "Type", "Pass", "Assign", "n.$", "States.MathAdd($n, 1)");
    case 5:
        return make_action(maker, name);
    case 6:
        return make_ask(maker, name);
    case 7:
        return make_call(maker, name);
    case 8:
    case 9:
        return make_parallel(maker, depth);
    default:
        return make_map(maker, depth);
    }
}

static json_t *make_machine(struct maker *maker, unsigned depth)
{
    json_t *states = json_object();
    char *first = dr_format("S%u", maker->names++), *name = dr_copy_string(first);
    char *variable = dr_format(depth == 0 ? "n" : "n_%s", name), *end = dr_format("End%u", maker->names++);
    json_object_set_new(states, name,
                        json_pack("{s:s,s:{s:i},s:{s:[iii]},s:s}", "Type", "Pass", "Assign", variable, 1, "Result",
                                  "items", 0, 1, 2, "ResultPath", "$.added"));
    json_object_set_new(json_object_get(states, name), "Result", json_pack("[iii]", 0, 1, 2));
    json_object_set_new(json_object_get(states, name), "ResultPath", json_string("$.items"));
    for (unsigned i = 0, count = 1 + draw(maker, 3); i < count; i++) {
        char *next = dr_format("S%u", maker->names++);
        json_t *state = make_state(maker, depth, next), *before = json_object_get(states, name);
        if (depth > 0 && json_object_get(state, "Assign")) { /* inner scopes may not assign outer variables */
            json_decref(state);
            state = json_pack("{s:s}", "Type", "Pass");
        }
        json_object_set_new(before, "Next", json_string(next));
        json_t *catchers = json_object_get(before, "Catch");
        if (catchers)
            json_object_set_new(json_array_get(catchers, 0), "Next", json_string(next));
        json_object_set_new(states, next, state);
        free(name);
        name = next;
    }
    json_t *last = json_object_get(states, name);
    json_t *catchers = json_object_get(last, "Catch");
    if (catchers)
        json_object_set_new(json_array_get(catchers, 0), "Next", json_string(end));
    json_object_set_new(last, "Next", json_string(end));
    json_object_set_new(states, end, json_pack("{s:s}", "Type", "Succeed"));
    json_t *machine = json_pack("{s:s,s:o}", "StartAt", first, "States", states);
    free(first);
    free(name);
    free(variable);
    free(end);
    return machine;
}

/* ----- Running them
 * ----------------------------------------------------------------------------------------------------- */

static char *text_of(const json_t *value)
{
    struct dr_text text = {0};
    assert_true(dr_text_json(&text, value, 1 << 24));
    return dr_text_take(&text);
}

static void expect_same(const char *what, const char *runbook, const json_t *wanted, const json_t *found)
{
    static const char *const keys[] = {"status", "output", "error"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const json_t *a = json_object_get(wanted, keys[i]), *b = json_object_get(found, keys[i]);
        if (a == b || (a && b && json_equal(a, b)))
            continue;
        json_object_del((json_t *)(uintptr_t)found, "trace");
        json_object_del((json_t *)(uintptr_t)wanted, "trace");
        char *left = text_of(wanted), *right = text_of(found);
        printf("%s: %s differs\n%s\nwanted %s\nfound  %s\n", what, keys[i], runbook, left, right);
        fail();
    }
}

/* Every second somebody answers whatever is asked. */
static json_t *make_inbox(void)
{
    json_t *inbox = json_array();
    for (int i = 1; i <= 300; i++)
        json_array_append_new(
            inbox, json_pack("{s:i,s:s,s:{s:i}}", "at", 1000 * i, "token", "*", "output", "StatusCode", 200));
    return inbox;
}

struct trial {
    const char *runbook;
    const json_t *answers;
    uint64_t snapshot_records;
    bool power;
};

static json_t *run_whole(const struct trial *trial)
{
    struct dr_lab lab = {.store = dr_store_memory(),
                         .actions = "providers/actions",
                         .service = {.answers = trial->answers},
                         .callers = true,
                         .inbox = answers_inbox};
    struct dr_store *store = lab.store;
    json_t *input = json_object(), *result = dr_lab_run(&lab, "r.json", trial->runbook, input);
    json_decref(input);
    dr_lab_done(&lab);
    dr_store_free(store);
    return result;
}

/* Dies after every `step` turns until it ends. */
static json_t *run_dying(const struct trial *trial, unsigned step)
{
    struct dr_lab lab = {.store = dr_store_memory(),
                         .actions = "providers/actions",
                         .service = {.answers = trial->answers},
                         .callers = true,
                         .inbox = answers_inbox,
                         .snapshot_records = trial->snapshot_records,
                         .stop_after_turns = step};
    struct dr_store *store = lab.store;
    json_t *input = json_object(), *result = dr_lab_run(&lab, "r.json", trial->runbook, input);
    for (unsigned lives = 0; strcmp(json_string_value(json_object_get(result, "status")), "RUNNING") == 0; lives++) {
        dr_store_memory_crash(store, trial->power);
        lab.start_ms = START_MS + json_integer_value(json_object_get(result, "durationMs"));
        lab.stop_after_turns = lives > 20 ? 0 : step + lives;
        json_decref(result);
        result = dr_lab_resume(&lab);
        if (json_object_get(result, "problem"))
            fail_msg("step %u: %s\n%s", step, json_string_value(json_object_get(result, "problem")), trial->runbook);
        if (lives > 40)
            fail_msg("it does not end\n%s", trial->runbook);
    }
    json_decref(input);
    dr_lab_done(&lab);
    dr_store_free(store);
    return result;
}

static void a_killed_run_ends_as_if_nothing_had_happened(void **state)
{
    (void)state;
    unsigned kills = 0, succeeded = 0;
    for (unsigned i = 0; i < MACHINES; i++) {
        struct maker maker = {.seed = i, .answers = json_object(), .tolerant = true};
        json_t *machine = make_machine(&maker, 0);
        struct trial trial = {.runbook = text_of(machine), .answers = maker.answers};
        json_t *wanted = run_whole(&trial);
        if (!json_object_get(wanted, "status"))
            fail_msg("refused: %s\n%s", text_of(wanted), trial.runbook);
        unsigned turns = (unsigned)json_integer_value(json_object_get(wanted, "turns"));
        succeeded += strcmp(json_string_value(json_object_get(wanted, "status")), "SUCCEEDED") == 0;
        for (unsigned step = 1; step <= turns && step < 20; step++, kills++) {
            trial.snapshot_records = step % 3 == 0 ? 0 : step % 3;
            trial.power = step % 2 == 0;
            json_t *found = run_dying(&trial, step);
            expect_same("killed", trial.runbook, wanted, found);
            json_decref(found);
        }
        json_decref(wanted);
        json_decref(machine);
        json_decref(maker.answers);
        free((void *)(uintptr_t)trial.runbook);
    }
    print_message("%u kills in %u machines, %u of which succeed\n", kills, (unsigned)MACHINES, succeeded);
}

static void a_redriven_run_ends_as_if_nothing_had_failed(void **state)
{
    (void)state;
    unsigned redriven = 0;
    for (unsigned i = 0; i < 4 * MACHINES; i++) {
        struct maker maker = {.seed = 1000 + i, .answers = json_object(), .failures = true};
        json_t *machine = make_machine(&maker, 0), *good = json_deep_copy(maker.answers);
        const char *request;
        json_t *answer;
        json_object_foreach(good, request, answer) if (json_integer_value(json_object_get(answer, "status")) == 500)
            json_object_set_new(answer, "status", json_integer(200));
        struct trial trial = {.runbook = text_of(machine), .answers = good};
        json_t *wanted = run_whole(&trial);
        struct dr_lab lab = {.store = dr_store_memory(),
                             .actions = "providers/actions",
                             .service = {.answers = maker.answers},
                             .callers = true,
                             .inbox = answers_inbox};
        struct dr_store *store = lab.store;
        lab.snapshot_records = i % 3;
        json_t *input = json_object(), *result = dr_lab_run(&lab, "r.json", trial.runbook, input);
        if (strcmp(json_string_value(json_object_get(result, "status")), "FAILED") == 0) {
            redriven++;
            if (i % 2 == 0) { /* it fails again first */
                json_decref(result);
                result = dr_lab_resume(&lab);
                assert_string_equal(json_string_value(json_object_get(result, "status")), "FAILED");
            }
            lab.service.answers = good;
            for (unsigned lives = 0; lives < 40; lives++) { /* and the redrive is killed now and then */
                lab.stop_after_turns = i % 4 == 3 && lives < 20 ? 1 + lives : 0;
                lab.start_ms = START_MS + json_integer_value(json_object_get(result, "durationMs"));
                json_decref(result);
                result = dr_lab_resume(&lab);
                if (strcmp(json_string_value(json_object_get(result, "status")), "RUNNING") != 0)
                    break;
                dr_store_memory_crash(store, true);
            }
        }
        expect_same("redriven", trial.runbook, wanted, result);
        json_decref(result);
        json_decref(input);
        dr_lab_done(&lab);
        dr_store_free(store);
        json_decref(wanted);
        json_decref(machine);
        json_decref(good);
        json_decref(maker.answers);
        free((void *)(uintptr_t)trial.runbook);
    }
    print_message("%u redrives\n", redriven);
    assert_true(redriven > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_killed_run_ends_as_if_nothing_had_happened),
        cmocka_unit_test(a_redriven_run_ends_as_if_nothing_had_failed),
    };
    answers_inbox = make_inbox();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    json_decref(answers_inbox);
    return failed;
}
