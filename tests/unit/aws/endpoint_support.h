/* What the endpoint tests share: partitions, and public cases against a rule set. */
#ifndef DRRUN_TESTS_UNIT_AWS_ENDPOINT_SUPPORT_H
#define DRRUN_TESTS_UNIT_AWS_ENDPOINT_SUPPORT_H

#include "interpreter/base/text.h"
#include "providers/aws/endpoint/endpoint.h"
#include "providers/aws/endpoint/rules.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The shape of partitions.json, with enough of it for the cases; so that they need no models. */
static inline const json_t *partitions(void)
{
    static json_t *made;
    static const char text[] =
        "{\"partitions\": ["
        "{\"id\": \"aws\", \"regionRegex\": \"^(us|eu|ap|sa|ca|me|af|il|mx)\\\\-\\\\w+\\\\-\\\\d+$\", \"regions\": "
        "{\"aws-global\": "
        "{}, \"us-east-1\": {}}, \"outputs\": {\"dnsSuffix\": \"amazonaws.com\", \"dualStackDnsSuffix\": \"api.aws\", "
        "\"supportsFIPS\": true, \"supportsDualStack\": true, \"implicitGlobalRegion\": \"us-east-1\"}},"
        "{\"id\": \"aws-cn\", \"regionRegex\": \"^cn\\\\-\\\\w+\\\\-\\\\d+$\", \"regions\": {\"aws-cn-global\": {}}, "
        "\"outputs\": "
        "{\"dnsSuffix\": \"amazonaws.com.cn\", \"dualStackDnsSuffix\": \"api.amazonwebservices.com.cn\", "
        "\"supportsFIPS\": "
        "true, \"supportsDualStack\": true}},"
        "{\"id\": \"aws-us-gov\", \"regionRegex\": \"^us\\\\-gov\\\\-\\\\w+\\\\-\\\\d+$\", \"regions\": {}, "
        "\"outputs\": "
        "{\"dnsSuffix\": \"amazonaws.com\", \"dualStackDnsSuffix\": \"api.aws\", \"supportsFIPS\": true, "
        "\"supportsDualStack\": true}},"
        "{\"id\": \"aws-iso\", \"regionRegex\": \"^us\\\\-iso\\\\-\\\\w+\\\\-\\\\d+$\", \"regions\": {}, \"outputs\": "
        "{\"dnsSuffix\": "
        "\"c2s.ic.gov\", \"dualStackDnsSuffix\": \"c2s.ic.gov\", \"supportsFIPS\": true, \"supportsDualStack\": "
        "false}},"
        "{\"id\": \"aws-iso-b\", \"regionRegex\": \"^us\\\\-isob\\\\-\\\\w+\\\\-\\\\d+$\", \"regions\": {}, "
        "\"outputs\": "
        "{\"dnsSuffix\": \"sc2s.sgov.gov\", \"dualStackDnsSuffix\": \"sc2s.sgov.gov\", \"supportsFIPS\": true, "
        "\"supportsDualStack\": false}}]}";
    if (!made)
        made = dr_json_parse(text, sizeof text - 1, NULL);
    assert_non_null(made);
    return made;
}

/* One public case {"params", "expect": {"endpoint" | "error"}} against a rule set: NULL, or how it differs (the caller
 * frees). */
static inline char *compare_case(const json_t *rules, const json_t *known_partitions, const json_t *one)
{
    const json_t *expect = json_object_get(one, "expect"), *wanted = json_object_get(expect, "endpoint");
    const char *error = json_string_value(json_object_get(expect, "error"));
    struct dr_aws_endpoint endpoint = {0};
    char *problem = NULL, *wrong = NULL;
    if (!dr_aws_rules_resolve(rules, known_partitions, json_object_get(one, "params"), &endpoint, &problem)) {
        if (!error || strcmp(error, problem) != 0)
            wrong = dr_format("expected %s, got the problem %s",
                              error ? error : json_string_value(json_object_get(wanted, "url")), problem);
        free(problem);
        return wrong;
    }
    const char *url = json_string_value(json_object_get(wanted, "url"));
    const json_t *headers = json_object_get(wanted, "headers"), *properties = json_object_get(wanted, "properties");
    size_t size = url ? strlen(url) : 0;
    while (size > 0 && url[size - 1] == '/')
        size--;
    if (!url || strlen(endpoint.url) != size || memcmp(endpoint.url, url, size) != 0)
        wrong = dr_format("expected %s, got %s", error ? error : url, endpoint.url);
    else if (json_object_size(headers) > 0 ? !json_equal(headers, endpoint.headers) : endpoint.headers != NULL)
        wrong = dr_format("the headers of %s differ", url);
    else if (json_object_size(properties) > 0 ? !json_equal(properties, endpoint.properties)
                                              : json_object_size(endpoint.properties) > 0)
        wrong = dr_format("the properties of %s differ", url);
    dr_aws_endpoint_done(&endpoint);
    return wrong;
}

#endif
