/* The standard library of endpoint rule sets, one row a function.
 * (https://smithy.io/2.0/additional-specs/rules-engine/standard-library.html and
 * .../aws/rules-engine/library-functions)
 */
#include "providers/aws/endpoint/functions.h"
#include "providers/aws/endpoint/rules.h"

#include "interpreter/base/limits.h"
#include "interpreter/base/text.h"

#include <stdlib.h>
#include <string.h>

static bool is_set(const json_t *value)
{
    return value && !json_is_null(value);
}

/* --- Logic ------------------------------------------------------------------------------------------------------ */

static json_t *call_is_set(struct dr_rules_run *run, json_t *const *arguments, size_t count)
{
    (void)run;
    (void)count;
    return json_boolean(is_set(arguments[0]));
}

static json_t *call_not(struct dr_rules_run *run, json_t *const *arguments, size_t count)
{
    (void)run;
    (void)count;
    return json_boolean(!is_set(arguments[0]) || json_is_false(arguments[0]));
}

static json_t *call_boolean_equals(struct dr_rules_run *run, json_t *const *arguments, size_t count)
{
    (void)count;
    if (!json_is_boolean(arguments[0]) || !json_is_boolean(arguments[1])) {
        return dr_rules_fail(run, "booleanEquals in the endpoint rule set needs two booleans");
    }
    return json_boolean(json_is_true(arguments[0]) == json_is_true(arguments[1]));
}

static json_t *call_string_equals(struct dr_rules_run *run, json_t *const *arguments, size_t count)
{
    (void)count;
    if (!json_is_string(arguments[0]) || !json_is_string(arguments[1])) {
        return dr_rules_fail(run, "stringEquals in the endpoint rule set needs two strings");
    }
    return json_boolean(json_equal(arguments[0], arguments[1]));
}

static json_t *call_coalesce(struct dr_rules_run *run, json_t *const *arguments, size_t count)
{
    (void)run;
    for (size_t i = 0; i < count; i++) {
        if (is_set(arguments[i])) {
            return json_incref(arguments[i]);
        }
    }
    return NULL;
}

static json_t *call_if_then_else(struct dr_rules_run *run, json_t *const *arguments, size_t count)
{
    (void)run;
    (void)count;
    return json_incref(arguments[is_set(arguments[0]) && !json_is_false(arguments[0]) ? 1 : 2]);
}

/* --- Strings ---------------------------------------------------------------------------------------------------- */

static json_t *call_get_attribute(struct dr_rules_run *run, json_t *const *arguments, size_t count)
{
    (void)count;
    if (!json_is_string(arguments[1])) {
        return dr_rules_fail(run, "getAttr in the endpoint rule set needs a path");
    }
    const json_t *found =
        dr_rules_attribute(arguments[0], json_string_value(arguments[1]), json_string_length(arguments[1]));
    return found ? dr_json_share(found) : NULL;
}

static bool is_ascii(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if ((unsigned char)text[i] > 0x7f) {
            return false;
        }
    }
    return true;
}

/* (text, start, stop, from the end?): not set if the text is too short or not ASCII. */
static json_t *call_substring(struct dr_rules_run *run, json_t *const *arguments, size_t count)
{
    (void)count;
    const char *text = json_string_value(arguments[0]);
    if (!text || !json_is_integer(arguments[1]) || !json_is_integer(arguments[2])) {
        return dr_rules_fail(run, "substring in the endpoint rule set needs a string and two numbers");
    }
    json_int_t start = json_integer_value(arguments[1]), stop = json_integer_value(arguments[2]);
    size_t size = json_string_length(arguments[0]);
    if (start < 0 || start >= stop || (json_int_t)size < stop || !is_ascii(text, size)) {
        return NULL;
    }
    size_t from = json_is_true(arguments[3]) ? size - (size_t)stop : (size_t)start;
    return json_stringn_nocheck(text + from, (size_t)(stop - start));
}

/* (text, delimiter, at most so many parts; 0: all). */
static json_t *call_split(struct dr_rules_run *run, json_t *const *arguments, size_t count)
{
    (void)count;
    const char *text = json_string_value(arguments[0]), *delimiter = json_string_value(arguments[1]);
    if (!text || !delimiter || !*delimiter || !json_is_integer(arguments[2]) || json_integer_value(arguments[2]) < 0) {
        return dr_rules_fail(run, "split in the endpoint rule set needs a string, a delimiter and a limit");
    }
    json_int_t limit = json_integer_value(arguments[2]);
    json_t *parts = json_array();
    for (;;) {
        const char *end =
            limit != 0 && (json_int_t)json_array_size(parts) + 1 >= limit ? NULL : strstr(text, delimiter);
        json_array_append_new(parts,
                              end ? json_stringn_nocheck(text, (size_t)(end - text)) : json_string_nocheck(text));
        if (!end) {
            return parts;
        }
        text = end + strlen(delimiter);
    }
}

static json_t *call_uri_encode(struct dr_rules_run *run, json_t *const *arguments, size_t count)
{
    (void)run;
    (void)count;
    if (!json_is_string(arguments[0])) {
        return NULL;
    }
    struct dr_text text = {0};
    dr_aws_percent_encode(&text, json_string_value(arguments[0]), json_string_length(arguments[0]));
    json_t *value =
        text.size > DR_RULES_TEXT_BYTES_MAX
            ? dr_rules_fail(run, "the endpoint rule set makes a text of more than %d bytes", DR_RULES_TEXT_BYTES_MAX)
            : json_stringn_nocheck(text.bytes ? text.bytes : "", text.size);
    dr_text_done(&text);
    return value;
}

/* --- Names ------------------------------------------------------------------------------------------------------ */

static json_t *call_is_valid_host_label(struct dr_rules_run *run, json_t *const *arguments, size_t count)
{
    (void)run;
    (void)count;
    return json_boolean(json_is_string(arguments[0]) &&
                        dr_aws_is_host_label(json_string_value(arguments[0]), json_string_length(arguments[0]),
                                             json_is_true(arguments[1])));
}

static json_t *call_is_virtual_hostable(struct dr_rules_run *run, json_t *const *arguments, size_t count)
{
    (void)run;
    (void)count;
    return json_boolean(json_is_string(arguments[0]) &&
                        dr_aws_is_bucket_host(json_string_value(arguments[0]), json_string_length(arguments[0]),
                                              json_is_true(arguments[1])));
}

static json_t *call_parse_url(struct dr_rules_run *run, json_t *const *arguments, size_t count)
{
    (void)run;
    (void)count;
    return json_is_string(arguments[0]) ? dr_aws_parse_url(json_string_value(arguments[0])) : NULL;
}

static json_t *call_parse_arn(struct dr_rules_run *run, json_t *const *arguments, size_t count)
{
    (void)run;
    (void)count;
    return json_is_string(arguments[0]) ? dr_aws_parse_arn(json_string_value(arguments[0])) : NULL;
}

static json_t *call_partition(struct dr_rules_run *run, json_t *const *arguments, size_t count)
{
    (void)count;
    return dr_aws_partition(run->partitions, json_is_string(arguments[0]) ? json_string_value(arguments[0]) : "");
}

/* --- The table -------------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    size_t at_least, at_most;
    json_t *(*call)(struct dr_rules_run *run, json_t *const *arguments, size_t count);
} functions[] = {
    {"aws.isVirtualHostableS3Bucket", 2, 2, call_is_virtual_hostable},
    {"aws.parseArn", 1, 1, call_parse_arn},
    {"aws.partition", 1, 1, call_partition},
    {"booleanEquals", 2, 2, call_boolean_equals},
    {"coalesce", 1, DR_RULES_ARGUMENTS, call_coalesce},
    {"getAttr", 2, 2, call_get_attribute},
    {"isSet", 1, 1, call_is_set},
    {"isValidHostLabel", 2, 2, call_is_valid_host_label},
    {"ite", 3, 3, call_if_then_else},
    {"not", 1, 1, call_not},
    {"parseURL", 1, 1, call_parse_url},
    {"split", 3, 3, call_split},
    {"stringEquals", 2, 2, call_string_equals},
    {"substring", 4, 4, call_substring},
    {"uriEncode", 1, 1, call_uri_encode},
};

json_t *dr_rules_call(struct dr_rules_run *run, const char *name, json_t *const *arguments, size_t count)
{
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        if (strcmp(functions[i].name, name) != 0) {
            continue;
        }
        if (count < functions[i].at_least || count > functions[i].at_most) {
            return dr_rules_fail(run, "%s in the endpoint rule set has %zu arguments", name, count);
        }
        return functions[i].call(run, arguments, count);
    }
    return dr_rules_fail(run, "the endpoint rule set calls \"%s\", which this version of drrun does not know", name);
}
