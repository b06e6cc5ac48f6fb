#include "providers/http/response.h"

#include "interpreter/base/base64.h"
#include "interpreter/base/octets.h"
#include "interpreter/base/text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct phrase { /* RFC 9110 section 15 */
    int status;
    const char *text;
} phrases[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
};

const char *dr_http_status_text(const struct dr_http_response *response)
{
    if (response->status_text[0])
        return response->status_text;
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++)
        if (phrases[i].status == response->status)
            return phrases[i].text;
    return "";
}

/* "2xx", "204" */
static bool matches_text(const char *pattern, int status)
{
    char digits[16];
    snprintf(digits, sizeof digits, "%03d", status);
    if (strlen(pattern) != 3 || strlen(digits) != 3)
        return false;
    for (size_t i = 0; i < 3; i++)
        if (tolower((unsigned char)pattern[i]) != 'x' && pattern[i] != digits[i])
            return false;
    return true;
}

static bool matches(const json_t *expected, int status)
{
    if (json_is_string(expected))
        return matches_text(json_string_value(expected), status);
    return json_is_number(expected) && json_number_value(expected) - status == 0;
}

bool dr_http_expects(const json_t *expected, int status)
{
    if (!expected || json_is_null(expected))
        return status >= 200 && status <= 299;
    if (!json_is_array(expected))
        return matches(expected, status);
    for (size_t i = 0; i < json_array_size(expected); i++)
        if (matches(json_array_get(expected, i), status))
            return true;
    return false;
}

/* Name -> list of values, as Step Functions gives it; the names in lower case, which they are in HTTP/2 anyway, so that
 * a runbook need not care which version of HTTP it met. */
static json_t *headers_of(const struct dr_http_response *response)
{
    json_t *headers = json_object();
    for (size_t i = 0; i < response->header_count; i++) {
        char *lower = dr_copy_string(response->headers[i].name);
        for (char *at = lower; *at; at++)
            *at = (char)tolower((unsigned char)*at);
        json_t *name = dr_octets_repaired(lower, strlen(lower)),
               *values = json_object_get(headers, json_string_value(name));
        if (!values)
            json_object_set_new_nocheck(headers, json_string_value(name), values = json_array());
        json_array_append_new(values,
                              dr_octets_repaired(response->headers[i].value, strlen(response->headers[i].value)));
        json_decref(name);
        free(lower);
    }
    return headers;
}

static bool is_json(const struct dr_http_response *response)
{
    for (size_t i = 0; i < response->header_count; i++) {
        if (strcasecmp(response->headers[i].name, "Content-Type") != 0)
            continue;
        const char *type = response->headers[i].value;
        size_t size = strcspn(type, "; \t");
        return (size == 16 && strncasecmp(type, "application/json", size) == 0) ||
               (size == 9 && strncasecmp(type, "text/json", size) == 0) ||
               (size > 5 && strncasecmp(type + size - 5, "+json", 5) == 0);
    }
    return false;
}

/* JSON as data; other text as a string; what is no text as base64, and said so. */
static void add_body(json_t *output, const struct dr_http_response *response)
{
    json_t *body = is_json(response) ? dr_json_parse(response->body, response->body_size, NULL) : NULL;
    if (!body)
        body = json_stringn(response->body, response->body_size);
    bool binary = !body;
    json_object_set_new_nocheck(output, "ResponseBody",
                                binary ? dr_base64_json(response->body, response->body_size) : body);
    if (binary)
        json_object_set_new_nocheck(output, "ResponseBodyEncoding", json_string_nocheck("base64"));
}

json_t *dr_http_output(const struct dr_http_response *response)
{
    const char *text = dr_http_status_text(response);
    json_t *output = json_object();
    json_object_set_new_nocheck(output, "StatusCode", json_integer(response->status));
    json_object_set_new_nocheck(output, "StatusText", dr_octets_repaired(text, strlen(text)));
    json_object_set_new_nocheck(output, "Headers", headers_of(response));
    add_body(output, response);
    json_object_set_new_nocheck(output, "LatencyMs", json_integer(response->total_ms));
    return output;
}
