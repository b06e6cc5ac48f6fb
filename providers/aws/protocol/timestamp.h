/* Timestamps as AWS's protocols write them: ISO 8601, seconds since the epoch, and the date of HTTP (RFC 822 as revised
 * by RFC 7231). Which one stands where is the protocol's business; reading accepts all of them anywhere, because
 * services do not keep to their models. (https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html,
 * timestampFormat)
 */
#ifndef DRRUN_PROVIDERS_AWS_PROTOCOL_TIMESTAMP_H
#define DRRUN_PROVIDERS_AWS_PROTOCOL_TIMESTAMP_H

#include "interpreter/base/text.h"
#include "providers/aws/model/model.h"

/* A moment in UTC, of the years 1 to 9999: nothing else can be written in all formats. */
struct dr_aws_instant {
    int64_t seconds;      /* since 1970-01-01T00:00:00Z; may be negative */
    uint32_t nanoseconds; /* 0..999999999, always forward from `seconds` */
};

/* Any of the formats, surrounding white space allowed; ISO 8601 without a time is midnight, without a zone UTC;
 * "1422172800.5" are seconds. false: it is none, or outside the years. */
bool dr_aws_instant_read(const char *text, size_t size, struct dr_aws_instant *ret_instant)
    __attribute__((warn_unused_result));
/* Seconds since the epoch, to the microsecond. false: NaN, or outside the years. */
bool dr_aws_instant_from_seconds(double seconds, struct dr_aws_instant *ret_instant)
    __attribute__((warn_unused_result));
/* A JSON string or number; false for all else. */
bool dr_aws_instant_from_json(const json_t *value, struct dr_aws_instant *ret_instant)
    __attribute__((warn_unused_result));

/* Appends it. ISO 8601 with no, 3 or 6 digits of fraction, as many as are needed; epoch seconds with up to 6 and no
 * trailing zeros; RFC 822 in whole seconds ("Mon, 16 Dec 2019 23:48:18 GMT"). `format` is not DEFAULT. */
void dr_aws_instant_write(struct dr_text *text, struct dr_aws_instant instant, enum dr_aws_timestamp format);
/* What an output holds: ISO 8601, cut to milliseconds, without a fraction if it is 0. New reference to a string. */
json_t *dr_aws_instant_json(struct dr_aws_instant instant);

#endif
