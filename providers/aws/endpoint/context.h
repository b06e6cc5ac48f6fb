/* Values for endpoint parameters out of an operation's input. */
#ifndef DRRUN_PROVIDERS_AWS_ENDPOINT_CONTEXT_H
#define DRRUN_PROVIDERS_AWS_ENDPOINT_CONTEXT_H

#include <jansson.h>

/* The part of JMESPath that operationContextParams use: names, "keys(x)", "list[0]", "list[*].x", "[a.b, c]", and "[]"
 * at the end, which flattens. A new reference; NULL: nothing there, or not a path of this kind.
 * (https://jmespath.org/specification.html)
 */
json_t *dr_aws_context_value(const json_t *input, const char *path);

#endif
