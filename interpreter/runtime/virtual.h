/* The runtime in which time jumps: an hour's wait takes no time, and everything follows from the seed. Nothing outside
 * is ever touched.
 *
 * Requests and processes fail to start, saying that they are not simulated, unless a script answers them:
 *
 *     static bool answer(void *data, const struct dr_http_request *request, int64_t now_ms, struct dr_http_response
 * *ret_response, int64_t *ret_delay_ms) { ... } struct dr_runtime *runtime = dr_runtime_virtual_new(seed, start_ms);
 *     dr_runtime_virtual_answer(runtime, &(struct dr_virtual_script){.http = answer}, data);
 */
#ifndef DRRUN_RUNTIME_VIRTUAL_H
#define DRRUN_RUNTIME_VIRTUAL_H

#include "interpreter/base/runtime.h"

/* Both functions are asked when something is started. They return false for what they do not simulate; else they fill
 * in what the answer will be (preset: nothing, all texts "") and after how many milliseconds it comes: INT64_MAX is
 * never. All texts are copied before the next call. What comes after the request's own time-out has timed out instead,
 * with `reach` as given but never DR_REACH_ANSWER. */
struct dr_virtual_script {
    bool (*http)(void *data, const struct dr_http_request *request, int64_t now_ms,
                 struct dr_http_response *ret_response, int64_t *ret_delay_ms);
    json_t *(*resolve)(void *data, const char *name, const char *type, int64_t now_ms); /* base/runtime.h; or NULL */
    bool (*process)(void *data, const struct dr_process_request *request, int64_t now_ms,
                    struct dr_process_result *ret_result, int64_t *ret_delay_ms);
};

struct dr_runtime *dr_runtime_virtual_new(uint64_t seed, int64_t start_ms); /* never NULL */

/* Copies the script; `data` is the functions'. */
void dr_runtime_virtual_answer(struct dr_runtime *runtime, const struct dr_virtual_script *script, void *data);

#endif
