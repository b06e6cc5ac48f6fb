/* Endpoint rule sets: {"rules": a rule set, "partitions", "parameters", "path": into the parameters}. Whatever it says,
 * there is an endpoint or a problem, and that within the bounds. */
#include "tests/fuzz/target.h"

#include "interpreter/base/text.h"
#include "providers/aws/endpoint/context.h"
#include "providers/aws/endpoint/endpoint.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    json_t *input = dr_json_parse((const char *)bytes, size, NULL);
    const json_t *parameters = json_object_get(input, "parameters");
    const char *path = json_string_value(json_object_get(input, "path"));
    struct dr_aws_endpoint endpoint = {0};
    char *problem = NULL;
    if (dr_aws_rules_resolve(json_object_get(input, "rules"), json_object_get(input, "partitions"), parameters,
                             &endpoint, &problem))
        assert(endpoint.url && !problem);
    else
        assert(problem && !endpoint.url);
    free(problem);
    dr_aws_endpoint_done(&endpoint);
    json_decref(path ? dr_aws_context_value(parameters, path) : NULL);
    json_decref(input);
    return 0;
}
