/* A document from a server beside this machine. */
#include "providers/aws/credentials/metadata.h"

#include "interpreter/base/text.h"
#include "providers/aws/credentials/source.h"

#include <stdlib.h>

enum { BODY_BYTES_MAX = 256 << 10 };

struct dr_aws_metadata {
    struct dr_runtime *runtime;
    char *method, *url, *header_name, *header_value;
    int64_t timeout_ms, pause_ms;
    unsigned attempts_left;
    struct dr_handle *http, *timer;
    dr_aws_metadata_fn *fn;
    void *data;
    char *problem; /* of the start */
};

void dr_aws_metadata_cancel(struct dr_aws_metadata *metadata)
{
    if (!metadata)
        return;
    if (metadata->http)
        dr_runtime_cancel(metadata->runtime, metadata->http);
    if (metadata->timer)
        dr_runtime_cancel(metadata->runtime, metadata->timer);
    free(metadata->method);
    free(metadata->url);
    free(metadata->header_name);
    dr_aws_secret_free(metadata->header_value);
    free(metadata->problem);
    free(metadata);
}

static void answer(struct dr_aws_metadata *metadata, const struct dr_aws_metadata_answer *answer)
{
    dr_aws_metadata_fn *fn = metadata->fn;
    void *data = metadata->data;
    metadata->problem = NULL; /* the answer's: freed by who made it */
    dr_aws_metadata_cancel(metadata);
    fn(data, answer);
}

static void try_once(void *data);

static void answered(void *data, const struct dr_http_response *response)
{
    struct dr_aws_metadata *metadata = data;
    metadata->http = NULL;
    bool came = response->reach == DR_REACH_ANSWER && !response->cut;
    bool again = !came || response->status == 429 || response->status >= 500;
    if (again && --metadata->attempts_left > 0) {
        metadata->timer = dr_runtime_timer(metadata->runtime, dr_runtime_now(metadata->runtime) + metadata->pause_ms,
                                           try_once, metadata);
        return;
    }
    bool good = came && response->status == 200;
    char *status = dr_format("HTTP status %d", response->status);
    const char *problem = came ? status : response->problem;
    answer(metadata, &(struct dr_aws_metadata_answer){.body = good ? response->body : NULL,
                                                      .size = good ? response->body_size : 0,
                                                      .status = response->status,
                                                      .reached = response->reach != DR_REACH_NOTHING,
                                                      .problem = good      ? NULL
                                                                 : problem ? problem
                                                                           : "the answer is incomplete"});
    free(status);
}

static void could_not_start(void *data)
{
    struct dr_aws_metadata *metadata = data;
    char *problem = metadata->problem;
    metadata->timer = NULL;
    answer(metadata, &(struct dr_aws_metadata_answer){.problem = problem});
    free(problem);
}

static void try_once(void *data)
{
    struct dr_aws_metadata *metadata = data;
    struct dr_runtime *runtime = metadata->runtime;
    struct dr_http_header headers[] = {{"Accept", "*/*"}, {metadata->header_name, metadata->header_value}};
    metadata->timer = NULL;
    metadata->http = runtime->ops->http(runtime,
                                        &(struct dr_http_request){.method = metadata->method,
                                                                  .url = metadata->url,
                                                                  .headers = headers,
                                                                  .header_count = metadata->header_name ? 2 : 1,
                                                                  .timeout_ms = metadata->timeout_ms,
                                                                  .connect_timeout_ms = metadata->timeout_ms,
                                                                  .body_bytes_max = BODY_BYTES_MAX,
                                                                  .past_proxy = true},
                                        answered, metadata);
    if (metadata->http)
        return;
    metadata->problem = dr_copy_string(dr_runtime_problem(runtime));
    metadata->timer = dr_runtime_timer(runtime, dr_runtime_now(runtime), could_not_start, metadata);
}

struct dr_aws_metadata *dr_aws_metadata_start(struct dr_runtime *runtime, const struct dr_aws_metadata_request *request,
                                              dr_aws_metadata_fn *fn, void *data)
{
    struct dr_aws_metadata *metadata = dr_alloc(sizeof *metadata);
    *metadata = (struct dr_aws_metadata){.runtime = runtime,
                                         .method = dr_copy_string(request->method),
                                         .url = dr_copy_string(request->url),
                                         .header_name = dr_copy_string(request->header_name),
                                         .header_value = dr_copy_string(request->header_value),
                                         .timeout_ms = request->timeout_ms,
                                         .pause_ms = request->pause_ms,
                                         .attempts_left = request->attempts,
                                         .fn = fn,
                                         .data = data};
    try_once(metadata);
    return metadata;
}
