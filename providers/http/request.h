/* The arguments of http:invoke as an HTTP request. */
#ifndef DRRUN_PROVIDERS_HTTP_REQUEST_H
#define DRRUN_PROVIDERS_HTTP_REQUEST_H

#include "interpreter/base/text.h"
#include "providers/provider.h"

struct dr_http_call {
    struct dr_http_request request; /* points into what follows */
    struct dr_text url, body;
    struct dr_http_header *headers;
    size_t header_count;
    char **owned; /* texts that the headers and files point to */
    size_t owned_count;
};

/* False, with *ret_problem (owned by the caller) saying what is wrong with which argument. Afterwards
 * dr_http_call_done() in any case. */
bool dr_http_call_init(struct dr_http_call *http, const struct dr_call *call, char **ret_problem)
    __attribute__((warn_unused_result));
void dr_http_call_done(struct dr_http_call *http); /* wipes: headers carry credentials */

/* Appends `value` as application/x-www-form-urlencoded, lists as `format` says: "INDICES", "REPEAT", "COMMAS" or
 * "BRACKETS". */
void dr_http_form(struct dr_text *out, const json_t *value, const char *format);

#endif
