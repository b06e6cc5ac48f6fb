/* The answer of an HTTP request as the output of http:invoke. */
#ifndef DRRUN_PROVIDERS_HTTP_RESPONSE_H
#define DRRUN_PROVIDERS_HTTP_RESPONSE_H

#include "interpreter/base/runtime.h"

#include <jansson.h>

/* {"StatusCode","StatusText","Headers","ResponseBody","LatencyMs"}: a new reference. */
json_t *dr_http_output(const struct dr_http_response *response);
/* The standard phrase if the server sent none (HTTP/2 has no room for it). */
const char *dr_http_status_text(const struct dr_http_response *response);
/* Whether the status is one of those expected: NULL (any 2xx), a number, a text such as "2xx" or "204", or a list of
 * these. */
bool dr_http_expects(const json_t *expected, int status);

#endif
