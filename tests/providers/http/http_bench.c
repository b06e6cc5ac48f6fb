/* How many requests a second the real runtime makes, to compare with `wrk -t1 -cN URL`. Run under with_servers:
 *
 *     tests/providers/http/with_servers build/release/tests/providers/http/bench.http [REQUESTS [AT_ONCE...]]
 */
#include "interpreter/runtime/real.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct bench {
    struct dr_runtime *runtime;
    struct dr_http_request request;
    long left, answered, failed;
};

static double seconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void answered(void *data, const struct dr_http_response *response);

static void send_next(struct bench *bench)
{
    if (bench->left == 0)
        return;
    bench->left--;
    if (!bench->runtime->ops->http(bench->runtime, &bench->request, answered, bench)) {
        fprintf(stderr, "%s\n", dr_runtime_problem(bench->runtime));
        exit(1);
    }
}

static void answered(void *data, const struct dr_http_response *response)
{
    struct bench *bench = data;
    bench->answered++;
    bench->failed += response->status != 200;
    send_next(bench);
}

static void measure(struct dr_runtime *runtime, const char *url, long requests, long at_once)
{
    struct bench bench = {.runtime = runtime, .request = {.method = "GET", .url = url}, .left = requests};
    double begun = seconds();
    for (long i = 0; i < at_once; i++)
        send_next(&bench);
    while (bench.answered < requests)
        dr_runtime_wait(runtime, INT64_MAX);
    printf("%8ld requests, %6ld at once: %8.0f a second, %ld failed\n", requests, at_once,
           (double)requests / (seconds() - begun), bench.failed);
}

int main(int argc, char **argv)
{
    char *problem = NULL, url[64];
    const char *port = getenv("DRRUN_HTTP_PLAIN");
    long requests = argc > 1 ? atol(argv[1]) : 20000;
    if (!port || requests <= 0) {
        fprintf(stderr, "run this under tests/providers/http/with_servers\n");
        return 2;
    }
    snprintf(url, sizeof url, "http://127.0.0.1:%s/ok", port);
    struct dr_runtime *runtime = dr_runtime_real_new(&problem);
    if (!runtime) {
        fprintf(stderr, "%s\n", problem);
        return 1;
    }
    static const long usual[] = {1, 100, 10000};
    for (int i = 0; i < 3 && argc <= 2; i++)
        measure(runtime, url, requests, usual[i]);
    for (int i = 2; i < argc; i++)
        measure(runtime, url, requests, atol(argv[i]));
    dr_runtime_free(runtime);
    return 0;
}
