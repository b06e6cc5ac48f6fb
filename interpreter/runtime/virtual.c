#include "interpreter/runtime/virtual.h"

#include "interpreter/base/text.h"
#include "interpreter/runtime/heap.h"
#include "interpreter/runtime/list.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { HTTP_TIMEOUT_MS = 60000 }; /* the default of struct dr_http_request */

struct virtual
{
    struct dr_runtime runtime;
    int64_t now_ms;
    uint64_t random;
    struct dr_heap events;
    struct dr_link due, handles, buried;
    struct dr_virtual_script script;
    void *script_data;
    char *problem;
};

/* A timer, an answer on its way, or the end of a process. */
struct dr_handle {
    struct dr_heap_item item;
    struct dr_link due, link;
    bool ended;
    void (*fire)(struct dr_handle *handle);
    void *data;
    union {
        dr_timer_fn *timer;
        dr_http_fn *http;
        dr_process_fn *process;
    } fn;
    struct dr_http_response response;
    struct dr_process_result result;
    struct dr_text texts; /* what the two point into */
};

static struct virtual *virtual_of(struct dr_runtime *runtime)
{
    return (struct virtual *)(void *)runtime;
}

static int64_t add_saturated(int64_t a, int64_t b)
{
    int64_t sum;
    return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

static void refuse(struct virtual *virtual, const char *what, const char *which)
{
    free(virtual->problem);
    virtual->problem = dr_format("%s is not simulated: %s", what, which);
    virtual->runtime.problem = virtual->problem;
}

/* --- Handles -------------------------------------------------------------------------------------------------------
 */

static struct dr_handle *start(struct virtual *virtual, int64_t at_ms, void (*fire)(struct dr_handle *), void *data)
{
    struct dr_handle *handle = dr_alloc(sizeof *handle);
    handle->fire = fire;
    handle->data = data;
    dr_link_append(&virtual->handles, &handle->link);
    if (at_ms != INT64_MAX)
        dr_heap_add(&virtual->events, &handle->item, at_ms);
    return handle;
}

static void bury(struct virtual *virtual, struct dr_handle *handle)
{
    handle->ended = true;
    dr_heap_remove(&virtual->events, &handle->item);
    dr_link_remove(&handle->due);
    dr_link_remove(&handle->link);
    dr_link_append(&virtual->buried, &handle->link);
}

static void free_all(struct dr_link *list)
{
    while (!dr_link_empty(list)) {
        struct dr_handle *handle = DR_OWNER(list->next, struct dr_handle, link);
        dr_link_remove(&handle->link);
        dr_text_done(&handle->texts);
        free(handle);
    }
}

static void virtual_cancel(struct dr_runtime *runtime, struct dr_handle *handle)
{
    if (handle && !handle->ended)
        bury(virtual_of(runtime), handle);
}

static void fire_timer(struct dr_handle *handle)
{
    handle->fn.timer(handle->data);
}

static struct dr_handle *virtual_timer(struct dr_runtime *runtime, int64_t at_ms, dr_timer_fn *fn, void *data)
{
    struct dr_handle *handle = start(virtual_of(runtime), at_ms, fire_timer, data);
    handle->fn.timer = fn;
    return handle;
}

/* --- Scripted answers ------------------------------------------------------------------------------------------------
 */

/* The texts are put one after the other; since the block may move, they are first offsets, from 1, and then pointers.
 */
static uintptr_t keep(struct dr_handle *handle, const char *bytes, size_t size)
{
    uintptr_t offset = handle->texts.size + 1;
    dr_text_add(&handle->texts, bytes ? bytes : "", bytes ? size : 0);
    dr_text_putc(&handle->texts, '\0');
    return bytes ? offset : 0;
}

static uintptr_t keep_text(struct dr_handle *handle, const char *text)
{
    return keep(handle, text, text ? strlen(text) : 0);
}

static const char *kept(const struct dr_handle *handle, uintptr_t offset)
{
    return offset ? handle->texts.bytes + (offset - 1) : NULL;
}

static void copy_response(struct dr_handle *handle, const struct dr_http_response *response)
{
    size_t headers_size = response->header_count * sizeof(struct dr_http_header);
    dr_text_reserve(&handle->texts, headers_size + 1);
    struct dr_http_header *headers = dr_alloc(headers_size + 1);
    uintptr_t *at = dr_alloc((response->header_count * 2 + 1) * sizeof *at);
    memset(handle->texts.bytes, 0, headers_size); /* the array itself comes first, where it is aligned */
    handle->texts.size = headers_size;
    uintptr_t body = keep(handle, response->body, response->body_size), problem = keep_text(handle, response->problem),
              status_text = keep_text(handle, response->status_text),
              remote = keep_text(handle, response->remote_address);
    for (size_t i = 0; i < response->header_count; i++) {
        at[i * 2] = keep_text(handle, response->headers[i].name);
        at[i * 2 + 1] = keep_text(handle, response->headers[i].value);
    }
    for (size_t i = 0; i < response->header_count; i++)
        headers[i] = (struct dr_http_header){.name = kept(handle, at[i * 2]), .value = kept(handle, at[i * 2 + 1])};
    memcpy(handle->texts.bytes, headers, headers_size);
    free(headers);
    free(at);
    handle->response = *response;
    handle->response.headers = (const struct dr_http_header *)(void *)handle->texts.bytes;
    handle->response.body = kept(handle, body);
    handle->response.problem = kept(handle, problem);
    handle->response.status_text = kept(handle, status_text);
    handle->response.remote_address = kept(handle, remote);
}

static void fire_http(struct dr_handle *handle)
{
    handle->fn.http(handle->data, &handle->response);
}

static struct dr_handle *virtual_http(struct dr_runtime *runtime, const struct dr_http_request *request, dr_http_fn *fn,
                                      void *data)
{
    struct virtual *virtual = virtual_of(runtime);
    struct dr_http_response response = {.status_text = "", .body = "", .remote_address = ""};
    int64_t delay_ms = 0, timeout_ms = request->timeout_ms > 0 ? request->timeout_ms : HTTP_TIMEOUT_MS;
    if (!virtual->script.http ||
        !virtual->script.http(virtual->script_data, request, virtual->now_ms, &response, &delay_ms)) {
        char *which = dr_format("%s %s", request->method, request->url);
        refuse(virtual, "an HTTP request", which);
        free(which);
        return NULL;
    }
    char *problem = NULL;
    if (delay_ms > timeout_ms) {
        problem = dr_format("no complete answer within %lld ms", (long long)timeout_ms);
        response =
            (struct dr_http_response){.reach = response.reach == DR_REACH_NOTHING ? DR_REACH_NOTHING : DR_REACH_SENT,
                                      .status_text = "",
                                      .body = "",
                                      .remote_address = "",
                                      .problem = problem,
                                      .timed_out = true};
        delay_ms = timeout_ms;
    }
    response.total_ms = delay_ms;
    struct dr_handle *handle = start(virtual, add_saturated(virtual->now_ms, delay_ms), fire_http, data);
    handle->fn.http = fn;
    copy_response(handle, &response);
    free(problem);
    return handle;
}

static void fire_process(struct dr_handle *handle)
{
    handle->fn.process(handle->data, &handle->result);
}

static struct dr_handle *virtual_process(struct dr_runtime *runtime, const struct dr_process_request *request,
                                         dr_process_fn *fn, void *data)
{
    struct virtual *virtual = virtual_of(runtime);
    struct dr_process_result result = {.output = "", .errors = ""};
    int64_t delay_ms = 0;
    if (!virtual->script.process ||
        !virtual->script.process(virtual->script_data, request, virtual->now_ms, &result, &delay_ms)) {
        refuse(virtual, "a process", request->argv[0]);
        return NULL;
    }
    struct dr_handle *handle = start(virtual, add_saturated(virtual->now_ms, delay_ms), fire_process, data);
    handle->fn.process = fn;
    uintptr_t problem = keep_text(handle, result.problem), output = keep(handle, result.output, result.output_size),
              errors = keep(handle, result.errors, result.errors_size);
    handle->result = result;
    handle->result.problem = kept(handle, problem);
    handle->result.output = kept(handle, output);
    handle->result.errors = kept(handle, errors);
    return handle;
}

static struct dr_handle *virtual_watch(struct dr_runtime *runtime, int fd, unsigned interest, dr_watch_fn *fn,
                                       void *data)
{
    (void)fd, (void)interest, (void)fn, (void)data;
    refuse(virtual_of(runtime), "a connection", "sockets need the real network");
    return NULL;
}

static json_t *virtual_resolve(struct dr_runtime *runtime, const char *name, const char *type)
{
    struct virtual *virtual = virtual_of(runtime);
    return virtual->script.resolve ? virtual->script.resolve(virtual->script_data, name, type, virtual->now_ms) : NULL;
}

/* --- Time ----------------------------------------------------------------------------------------------------------
 */

static int64_t virtual_now(struct dr_runtime *runtime)
{
    return virtual_of(runtime)->now_ms;
}

static void fire_due(struct virtual *virtual)
{
    for (struct dr_heap_item *item; (item = dr_heap_first(&virtual->events)) && item->at_ms <= virtual->now_ms;) {
        dr_heap_remove(&virtual->events, item);
        dr_link_append(&virtual->due, &DR_OWNER(item, struct dr_handle, item)->due);
    }
    while (!dr_link_empty(&virtual->due)) {
        struct dr_handle *handle = DR_OWNER(virtual->due.next, struct dr_handle, due);
        bury(virtual, handle);
        handle->fire(handle);
    }
}

static bool virtual_wait(struct dr_runtime *runtime, int64_t until_ms)
{
    struct virtual *virtual = virtual_of(runtime);
    free_all(&virtual->buried);
    const struct dr_heap_item *first = dr_heap_first(&virtual->events);
    if (!first && until_ms == INT64_MAX)
        return false;
    int64_t next_ms = first && first->at_ms < until_ms ? first->at_ms : until_ms;
    if (next_ms > virtual->now_ms)
        virtual->now_ms = next_ms;
    fire_due(virtual);
    return true;
}

/* SplitMix64 */
static uint64_t next_random(struct virtual *virtual)
{
    uint64_t mixed = virtual->random += 0x9e3779b97f4a7c15u;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    return mixed ^ (mixed >> 31);
}

static void virtual_random(struct dr_runtime *runtime, void *bytes, size_t size)
{
    for (size_t done = 0; done < size;) {
        uint64_t number = next_random(virtual_of(runtime));
        size_t part = size - done < sizeof number ? size - done : sizeof number;
        memcpy((char *)bytes + done, &number, part);
        done += part;
    }
}

static int virtual_signal(struct dr_runtime *runtime)
{
    (void)runtime;
    return 0;
}

static bool virtual_simulates(const struct dr_runtime *runtime)
{
    (void)runtime;
    return true;
}

static void virtual_free(struct dr_runtime *runtime)
{
    struct virtual *virtual = virtual_of(runtime);
    free_all(&virtual->handles);
    free_all(&virtual->buried);
    dr_heap_done(&virtual->events);
    free(virtual->problem);
    free(virtual);
}

static const struct dr_runtime_ops virtual_ops = {
    .name = "virtual",
    .now_ms = virtual_now,
    .random = virtual_random,
    .wait = virtual_wait,
    .http = virtual_http,
    .process = virtual_process,
    .watch = virtual_watch,
    .resolve = virtual_resolve,
    .timer = virtual_timer,
    .cancel = virtual_cancel,
    .signal = virtual_signal,
    .simulates = virtual_simulates,
    .free = virtual_free,
};

struct dr_runtime *dr_runtime_virtual_new(uint64_t seed, int64_t start_ms)
{
    struct virtual *virtual = dr_alloc(sizeof *virtual);
    virtual->runtime.ops = &virtual_ops;
    virtual->now_ms = start_ms;
    virtual->random = seed;
    dr_link_init(&virtual->due);
    dr_link_init(&virtual->handles);
    dr_link_init(&virtual->buried);
    return &virtual->runtime;
}

void dr_runtime_virtual_answer(struct dr_runtime *runtime, const struct dr_virtual_script *script, void *data)
{
    virtual_of(runtime)->script = *script;
    virtual_of(runtime)->script_data = data;
}
