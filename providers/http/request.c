#include "providers/http/request.h"

#include "interpreter/base/limits.h"
#include "interpreter/base/octets.h"

#include <stdlib.h>
#include <string.h>

/* --- Small things
 * ------------------------------------------------------------------------------------------------------- */

static const char *own(struct dr_http_call *http, char *text)
{
    http->owned = dr_resize(http->owned, http->owned_count + 1, sizeof *http->owned);
    http->owned[http->owned_count++] = text;
    return text;
}

static bool refuse(char **ret_problem, char *problem)
{
    *ret_problem = problem;
    return false;
}

static const json_t *argument(const struct dr_call *call, const char *name)
{
    const json_t *value = json_object_get(call->arguments, name);
    return json_is_null(value) ? NULL : value;
}

/* A relative path means the runbook's folder. */
static const char *file_argument(struct dr_http_call *http, const struct dr_call *call, const char *name)
{
    const char *path = dr_argument_string(call, name, NULL);
    if (!path || path[0] == '/' || !call->directory)
        return path;
    return own(http, dr_format("%s/%s", call->directory, path));
}

static int64_t seconds_argument(const struct dr_call *call, const char *name)
{
    double seconds = dr_argument_real(call, name, 0);
    if (!(seconds > 0))
        return 0;
    return seconds < 1e9 ? (int64_t)(seconds * 1000 + 0.5) : (int64_t)1e12;
}

/* --- URL
 * ------------------------------------------------------------------------------------------------------------------ */

static bool add_endpoint(struct dr_text *url, const char *endpoint, size_t size, char **ret_problem)
{
    const char *authority = strstr(endpoint, "://");
    if (!authority || (strncasecmp(endpoint, "http://", 7) != 0 && strncasecmp(endpoint, "https://", 8) != 0))
        return refuse(
            ret_problem,
            dr_format("ApiEndpoint \"%.200s\" is not a URL: it must begin with https:// or http://", endpoint));
    size_t authority_size = (size_t)(authority + 3 - endpoint) + strcspn(authority + 3, "/?#");
    if (authority_size == (size_t)(authority + 3 - endpoint))
        return refuse(ret_problem, dr_format("ApiEndpoint \"%.200s\" has no host", endpoint));
    dr_text_add(url, endpoint, authority_size < size ? authority_size : size);
    /* What is encoded already stays as it is; only what no URL may contain is encoded. */
    for (size_t i = authority_size; i < size; i++)
        if (endpoint[i] <= ' ' || endpoint[i] == 0x7f || strchr("\"<>\\^`{|}", endpoint[i]))
            dr_octets_percent(url, endpoint + i, 1, "");
        else
            dr_text_putc(url, endpoint[i]);
    return true;
}

static bool make_url(struct dr_http_call *http, const struct dr_call *call, char **ret_problem)
{
    const char *endpoint = dr_argument_string(call, "ApiEndpoint", "");
    if (!add_endpoint(&http->url, endpoint, strcspn(endpoint, "#"), ret_problem))
        return false;
    struct dr_text query = {0};
    if (argument(call, "QueryParameters"))
        dr_http_form(&query, argument(call, "QueryParameters"), "REPEAT");
    if (query.size > 0) {
        dr_text_putc(&http->url, strchr(http->url.bytes, '?') ? '&' : '?');
        dr_text_add(&http->url, query.bytes, query.size);
    }
    dr_text_done(&query);
    http->request.url = http->url.bytes;
    return true;
}

/* --- Headers
 * --------------------------------------------------------------------------------------------------------------- */

static const char *find_header(const struct dr_http_call *http, const char *name)
{
    for (size_t i = 0; i < http->header_count; i++)
        if (strcasecmp(http->headers[i].name, name) == 0)
            return http->headers[i].value;
    return NULL;
}

static void add_header(struct dr_http_call *http, const char *name, const char *value)
{
    http->headers = dr_resize(http->headers, http->header_count + 1, sizeof *http->headers);
    http->headers[http->header_count++] = (struct dr_http_header){.name = name, .value = value};
}

static bool add_header_value(struct dr_http_call *http, const char *name, const json_t *value, char **ret_problem)
{
    struct dr_text text = {0};
    if (json_is_string(value))
        dr_text_puts(&text, json_string_value(value));
    else if (json_is_number(value) || json_is_boolean(value))
        (void)dr_text_json(&text, value, DR_PAYLOAD_BYTES_MAX);
    else
        return refuse(ret_problem,
                      dr_format("header \"%s\" must be a string, a number, a boolean or a list of these", name));
    add_header(http, name, own(http, dr_text_take(&text)));
    return true;
}

static bool make_headers(struct dr_http_call *http, const struct dr_call *call, char **ret_problem)
{
    const char *name;
    json_t *value, *headers = json_object_get(call->arguments, "Headers");
    json_object_foreach(headers, name, value)
    {
        if (strcasecmp(name, "Content-Length") == 0 || strcasecmp(name, "Transfer-Encoding") == 0)
            return refuse(ret_problem, dr_format("header \"%s\" follows from the body and cannot be set", name));
        for (size_t i = 0; json_is_array(value) && i < json_array_size(value); i++)
            if (!add_header_value(http, name, json_array_get(value, i), ret_problem))
                return false;
        if (!json_is_array(value) && !json_is_null(value) && !add_header_value(http, name, value, ret_problem))
            return false;
    }
    const char *idempotency = dr_argument_string(call, "IdempotencyHeader", NULL);
    if (idempotency && !find_header(http, idempotency))
        add_header(http, idempotency, call->token);
    return true;
}

/* --- Body
 * -------------------------------------------------------------------------------------------------------------------
 */

static bool make_body(struct dr_http_call *http, const struct dr_call *call, char **ret_problem)
{
    const json_t *body = argument(call, "RequestBody"), *transform = argument(call, "Transform");
    if (!body)
        return true;
    const json_t *encoding = json_object_get(transform, "RequestBodyEncoding");
    const json_t *options = json_object_get(transform, "RequestEncodingOptions"),
                 *format = json_object_get(options, "ArrayFormat");
    const char *content_type;
    if (json_is_string(encoding) && strcmp(json_string_value(encoding), "URL_ENCODED") == 0) {
        if (!json_is_object(body))
            return refuse(ret_problem, dr_copy_string("RequestBody must be an object to be URL_ENCODED"));
        dr_http_form(&http->body, body, json_is_string(format) ? json_string_value(format) : "INDICES");
        content_type = "application/x-www-form-urlencoded";
    } else if (json_is_string(body)) {
        dr_text_add(&http->body, json_string_value(body), json_string_length(body));
        content_type = "text/plain; charset=utf-8";
    } else {
        if (!dr_text_json(&http->body, body, DR_PAYLOAD_BYTES_MAX))
            return refuse(ret_problem, dr_format("RequestBody is larger than %u bytes", DR_PAYLOAD_BYTES_MAX));
        content_type = "application/json";
    }
    if (!find_header(http, "Content-Type"))
        add_header(http, "Content-Type", content_type);
    http->request.body = http->body.bytes ? http->body.bytes : "";
    http->request.body_size = http->body.size;
    return true;
}

/* --- All together
 * ------------------------------------------------------------------------------------------------------------ */

static bool check_connection(const struct dr_call *call, char **ret_problem)
{
    static const char *const blocks[] = {"Authentication", "InvocationConfig"};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        if (json_object_get(json_object_get(call->arguments, blocks[i]), "ConnectionArn"))
            return refuse(
                ret_problem,
                dr_format("%s.ConnectionArn names an EventBridge connection, which only AWS can read; give the "
                          "credentials in Headers instead, e.g. Authorization: \"Bearer {{resolve:env:TOKEN}}\"",
                          blocks[i]));
    return true;
}

bool dr_http_call_init(struct dr_http_call *http, const struct dr_call *call, char **ret_problem)
{
    int64_t bytes_max = dr_argument_int(call, "MaxResponseBytes", DR_OUTPUT_BYTES_MAX);
    int64_t redirects_max = dr_argument_int(call, "MaxRedirects", 0);
    *http = (struct dr_http_call){0};
    if (!check_connection(call, ret_problem) || !make_url(http, call, ret_problem) ||
        !make_headers(http, call, ret_problem) || !make_body(http, call, ret_problem))
        return false;
    http->request.method = dr_argument_string(call, "Method", "GET");
    http->request.headers = http->headers;
    http->request.header_count = http->header_count;
    http->request.timeout_ms = seconds_argument(call, "TimeoutSeconds");
    http->request.connect_timeout_ms = seconds_argument(call, "ConnectTimeoutSeconds");
    http->request.body_bytes_max =
        bytes_max > 0 && bytes_max < DR_PAYLOAD_BYTES_MAX ? (size_t)bytes_max : DR_PAYLOAD_BYTES_MAX;
    http->request.redirects_max = redirects_max <= 0 ? 0 : redirects_max < 50 ? (unsigned)redirects_max : 50;
    http->request.ca_file = file_argument(http, call, "CaFile");
    http->request.certificate_file = file_argument(http, call, "CertificateFile");
    http->request.key_file = file_argument(http, call, "KeyFile");
    http->request.resolve = dr_argument_string(call, "Resolve", NULL);
    http->request.insecure = dr_argument_bool(call, "InsecureSkipTlsVerify", false);
    return true;
}

static void wipe(struct dr_text *text)
{
    if (text->bytes)
        explicit_bzero(text->bytes, text->capacity);
    dr_text_done(text);
}

void dr_http_call_done(struct dr_http_call *http)
{
    for (size_t i = 0; i < http->owned_count; i++) {
        explicit_bzero(http->owned[i], strlen(http->owned[i]));
        free(http->owned[i]);
    }
    wipe(&http->url);
    wipe(&http->body);
    free(http->owned);
    free(http->headers);
    *http = (struct dr_http_call){0};
}
