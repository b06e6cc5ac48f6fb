/* The virtual runtime: time jumps, the order is fixed, what is not simulated says so. */
#include "interpreter/runtime/virtual.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static char seen[256];
static char a[] = "a", b[] = "b", c[] = "c", d[] = "d", x[] = "x";

static void note(void *data)
{
    strcat(seen, data);
}

struct chain {
    struct dr_runtime *runtime;
    struct dr_handle *victim;
    int rounds;
};

static void cancel_victim(void *data)
{
    struct chain *chain = data;
    dr_runtime_cancel(chain->runtime, chain->victim);
    strcat(seen, "c");
}

static void again(void *data)
{
    struct chain *chain = data;
    chain->rounds++;
    dr_runtime_timer(chain->runtime, dr_runtime_now(chain->runtime), again, chain);
}

static void time_jumps_to_the_next_timer(void **state)
{
    (void)state;
    struct dr_runtime *runtime = dr_runtime_virtual_new(1, 1000);
    seen[0] = '\0';
    dr_runtime_timer(runtime, 7200000, note, b);
    dr_runtime_timer(runtime, 5000, note, a);
    dr_runtime_timer(runtime, 7200000, note, c);
    assert_true(dr_runtime_wait(runtime, INT64_MAX));
    assert_string_equal(seen, "a");
    assert_int_equal(dr_runtime_now(runtime), 5000);
    assert_true(dr_runtime_wait(runtime, 6000));
    assert_int_equal(dr_runtime_now(runtime), 6000);
    assert_true(dr_runtime_wait(runtime, INT64_MAX));
    assert_string_equal(seen, "abc");
    assert_int_equal(dr_runtime_now(runtime), 7200000);
    assert_false(dr_runtime_wait(runtime, INT64_MAX)); /* nothing can ever happen */
    assert_true(dr_runtime_wait(runtime, 8000000));
    assert_int_equal(dr_runtime_now(runtime), 8000000);
    dr_runtime_timer(runtime, 10, note, d); /* long past: at once, and time does not go back */
    assert_true(dr_runtime_wait(runtime, INT64_MAX));
    assert_int_equal(dr_runtime_now(runtime), 8000000);
    assert_string_equal(seen, "abcd");
    dr_runtime_free(runtime);
}

static void a_timer_may_cancel_another_that_is_due_too(void **state)
{
    (void)state;
    struct chain chain = {.runtime = dr_runtime_virtual_new(1, 0)};
    seen[0] = '\0';
    dr_runtime_timer(chain.runtime, 5, cancel_victim, &chain);
    chain.victim = dr_runtime_timer(chain.runtime, 5, note, x);
    dr_runtime_wait(chain.runtime, INT64_MAX);
    assert_string_equal(seen, "c");
    assert_false(dr_runtime_wait(chain.runtime, INT64_MAX));
    dr_runtime_free(chain.runtime);
}

static void a_timer_for_now_waits_for_the_next_turn(void **state)
{
    (void)state;
    struct chain chain = {.runtime = dr_runtime_virtual_new(1, 0)};
    dr_runtime_timer(chain.runtime, 0, again, &chain);
    dr_runtime_wait(chain.runtime, INT64_MAX);
    assert_int_equal(chain.rounds, 1);
    dr_runtime_wait(chain.runtime, INT64_MAX);
    assert_int_equal(chain.rounds, 2);
    dr_runtime_free(chain.runtime);
}

static void unsimulated_things_say_so(void **state)
{
    (void)state;
    struct dr_runtime *runtime = dr_runtime_virtual_new(1, 0);
    const char *argv[] = {"systemctl", NULL};
    assert_null(
        runtime->ops->http(runtime, &(struct dr_http_request){.method = "GET", .url = "http://a/"}, NULL, NULL));
    assert_string_equal(dr_runtime_problem(runtime), "an HTTP request is not simulated: GET http://a/");
    assert_null(runtime->ops->process(runtime, &(struct dr_process_request){.argv = argv}, NULL, NULL));
    assert_string_equal(dr_runtime_problem(runtime), "a process is not simulated: systemctl");
    assert_null(runtime->ops->watch(runtime, 0, DR_READABLE, NULL, NULL));
    assert_true(runtime->ops->simulates(runtime));
    dr_runtime_free(runtime);
}

static bool answer(void *data, const struct dr_http_request *request, int64_t now_ms,
                   struct dr_http_response *ret_response, int64_t *ret_delay_ms)
{
    (void)data, (void)now_ms;
    static const struct dr_http_header headers[] = {{"X-A", "1"}, {"X-B", "2"}};
    if (strstr(request->url, "unknown"))
        return false;
    *ret_response =
        (struct dr_http_response){.reach = strstr(request->url, "refused") ? DR_REACH_NOTHING : DR_REACH_ANSWER,
                                  .status = 200,
                                  .status_text = "OK",
                                  .headers = headers,
                                  .header_count = 2,
                                  .body = "{}",
                                  .body_size = 2,
                                  .remote_address = "10.0.0.1:80"};
    *ret_delay_ms = strstr(request->url, "never") || strstr(request->url, "refused") ? INT64_MAX : 250;
    return true;
}

static bool run(void *data, const struct dr_process_request *request, int64_t now_ms,
                struct dr_process_result *ret_result, int64_t *ret_delay_ms)
{
    (void)data, (void)now_ms, (void)request;
    *ret_result = (struct dr_process_result){.output = "out", .output_size = 3, .errors = "", .exit_status = 3};
    *ret_delay_ms = 10;
    return true;
}

static void check_response(void *data, const struct dr_http_response *response)
{
    assert_int_equal(response->status, 200);
    assert_int_equal(response->header_count, 2);
    assert_string_equal(response->headers[1].name, "X-B");
    assert_string_equal(response->headers[1].value, "2");
    assert_string_equal(response->body, "{}");
    assert_int_equal(response->total_ms, 250);
    *(int *)data += 1;
}

static void check_time_out(void *data, const struct dr_http_response *response)
{
    assert_true(response->timed_out);
    assert_string_equal(response->problem, "no complete answer within 3000 ms");
    *(int *)data = (int)response->reach;
}

static void check_result(void *data, const struct dr_process_result *result)
{
    assert_int_equal(result->exit_status, 3);
    assert_string_equal(result->output, "out");
    *(int *)data += 1;
}

static void scripted_services_answer_after_their_delay(void **state)
{
    (void)state;
    struct dr_runtime *runtime = dr_runtime_virtual_new(1, 0);
    const char *argv[] = {"true", NULL};
    int answers = 0, reach = -1;
    dr_runtime_virtual_answer(runtime, &(struct dr_virtual_script){.http = answer, .process = run}, NULL);
    assert_non_null(runtime->ops->http(runtime, &(struct dr_http_request){.method = "GET", .url = "http://a/"},
                                       check_response, &answers));
    assert_non_null(runtime->ops->process(runtime, &(struct dr_process_request){.argv = argv}, check_result, &answers));
    assert_null(runtime->ops->http(runtime, &(struct dr_http_request){.method = "GET", .url = "http://unknown/"},
                                   check_response, &answers));
    assert_int_equal(answers, 0); /* never within a start function */
    dr_runtime_wait(runtime, INT64_MAX);
    assert_int_equal(dr_runtime_now(runtime), 10);
    dr_runtime_wait(runtime, INT64_MAX);
    assert_int_equal(dr_runtime_now(runtime), 250);
    assert_int_equal(answers, 2);
    struct dr_http_request slow = {.method = "POST", .url = "http://never/", .timeout_ms = 3000};
    runtime->ops->http(runtime, &slow, check_time_out, &reach);
    dr_runtime_wait(runtime, INT64_MAX);
    assert_int_equal(dr_runtime_now(runtime), 3250);
    assert_int_equal(reach, DR_REACH_SENT);
    slow.url = "http://refused/";
    runtime->ops->http(runtime, &slow, check_time_out, &reach);
    dr_runtime_wait(runtime, INT64_MAX);
    assert_int_equal(reach, DR_REACH_NOTHING);
    dr_runtime_cancel(runtime, runtime->ops->http(runtime, &slow, check_time_out, &reach));
    assert_false(dr_runtime_wait(runtime, INT64_MAX));
    dr_runtime_free(runtime);
}

static void randomness_follows_from_the_seed(void **state)
{
    (void)state;
    struct dr_runtime *one = dr_runtime_virtual_new(42, 0), *same = dr_runtime_virtual_new(42, 0),
                      *other = dr_runtime_virtual_new(43, 0);
    char from_a[20] = {0}, from_b[20] = {0}, from_c[20] = {0};
    one->ops->random(one, from_a, 13);
    same->ops->random(same, from_b, 13);
    other->ops->random(other, from_c, 13);
    assert_memory_equal(from_a, from_b, 20);
    assert_memory_not_equal(from_a, from_c, 13);
    assert_memory_equal(from_a + 13, "\0\0\0\0\0\0\0", 7);
    dr_runtime_free(one);
    dr_runtime_free(same);
    dr_runtime_free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_jumps_to_the_next_timer),
        cmocka_unit_test(a_timer_may_cancel_another_that_is_due_too),
        cmocka_unit_test(a_timer_for_now_waits_for_the_next_turn),
        cmocka_unit_test(unsimulated_things_say_so),
        cmocka_unit_test(scripted_services_answer_after_their_delay),
        cmocka_unit_test(randomness_follows_from_the_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
