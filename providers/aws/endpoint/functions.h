/* What endpoint rules ask of names, URLs and ARNs, as plain functions. */
#ifndef DRRUN_PROVIDERS_AWS_ENDPOINT_FUNCTIONS_H
#define DRRUN_PROVIDERS_AWS_ENDPOINT_FUNCTIONS_H

#include "interpreter/base/text.h"

/* Appends `bytes` percent-encoded; only letters, digits and "-._~" stay. */
void dr_aws_percent_encode(struct dr_text *text, const char *bytes, size_t size);

/* RFC 1123: letters, digits and inner hyphens, 1 to 63 of them; `dots`: several such labels. */
bool dr_aws_is_host_label(const char *name, size_t size, bool dots);
/* Whether an S3 bucket may stand in a host name: 3 characters at least, lower case, no IPv4 address. */
bool dr_aws_is_bucket_host(const char *name, size_t size, bool dots);
bool dr_aws_is_ipv4(const char *text, size_t size);

/* {"scheme", "authority", "path", "normalizedPath", "isIp"} of an http(s) URL without a query; NULL: it is none. */
json_t *dr_aws_parse_url(const char *url);
/* {"partition", "service", "region", "accountId", "resourceId": [...]}; NULL: no ARN. */
json_t *dr_aws_parse_arn(const char *text);

#endif
