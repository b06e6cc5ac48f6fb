/* libcurl, loaded when a request is first made: linking it would make ld.so load some thirty libraries before main(),
 * which takes longer than a whole small runbook (docs/decisions/0002-libraries-loaded-on-use.md). */
#ifndef DRRUN_RUNTIME_CURL_API_H
#define DRRUN_RUNTIME_CURL_API_H

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <stdbool.h>

struct dr_curl {
#define DR_CURL(name) __typeof__(&curl_##name) name;
#include "interpreter/runtime/curl_api.def"
#undef DR_CURL
    /* An easy handle can be used again. Before 8.2.0 it kept a pointer into the freed headers of the answer before,
     * which an answer that begins with a folded header made it use: https://github.com/curl/curl/issues/11101 */
    bool forgets_headers;
};

/* The loaded library, the same one each time; NULL with `ret_problem` (owned by the caller) if it is not there or too
 * old. It is never unloaded. */
const struct dr_curl *dr_curl_load(char **ret_problem);

#endif
