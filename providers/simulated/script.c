/* The simulated cloud in process: what the virtual runtime asks when a request is sent. */
#include "interpreter/base/text.h"
#include "providers/simulated/cloud_parts.h"
#include "providers/simulated/serve.h"

#include <stdlib.h>
#include <string.h>

static bool answer_http(void *data, const struct dr_http_request *request, int64_t now_ms,
                        struct dr_http_response *ret_response, int64_t *ret_delay_ms)
{
    struct dr_sim_cloud *cloud = data;
    const char *scheme = strstr(request->url, "://"), *start = scheme ? scheme + 3 : request->url;
    size_t size = strcspn(start, "/?");
    char *host = dr_copy_bytes(start, size), *name = dr_copy_bytes(start, strcspn(host, ":"));
    const char *rest = start + size;
    size_t path_size = strcspn(rest, "?");
    char *path = path_size ? dr_copy_bytes(rest, path_size) : dr_copy_string("/");
    const struct dr_sim_request received = {
        .method = request->method,
        .host = host,
        .path = path,
        .query = rest[path_size] ? rest + path_size + 1 : "",
        .headers = request->headers,
        .header_count = request->header_count,
        .body = request->body ? request->body : "",
        .body_size = request->body_size,
    };
    if (!cloud->last)
        cloud->last = dr_alloc(sizeof *cloud->last);
    dr_sim_reply_done(cloud->last);
    dr_sim_serve(cloud, &received, name, now_ms, cloud->last);
    const struct dr_sim_reply *reply = cloud->last;
    *ret_response = (struct dr_http_response){
        .reach = reply->reach,
        .status = reply->reach == DR_REACH_ANSWER ? reply->answer.status : 0,
        .status_text = "",
        .headers = reply->answer.headers.items,
        .header_count = reply->answer.headers.count,
        .body = reply->answer.body ? reply->answer.body : "",
        .body_size = reply->answer.body_size,
        .problem = reply->problem,
        .remote_address = "",
    };
    *ret_delay_ms = reply->delay_ms;
    if (reply->reach == DR_REACH_NOTHING && reply->delay_ms == INT64_MAX && request->connect_timeout_ms > 0) {
        ret_response->timed_out = true; /* nobody takes the connection */
        *ret_delay_ms = request->connect_timeout_ms;
    }
    free(host);
    free(name);
    free(path);
    return true;
}

static json_t *answer_dns(void *data, const char *name, const char *type, int64_t now_ms)
{
    struct dr_sim_cloud *cloud = data;
    dr_sim_advance(cloud, now_ms);
    return dr_sim_resolve(cloud, name, type, now_ms);
}

const struct dr_virtual_script dr_sim_script = {.http = answer_http, .resolve = answer_dns};
