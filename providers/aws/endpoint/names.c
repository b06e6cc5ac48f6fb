/* Host labels, bucket names, URLs and ARNs, as endpoint rules see them. */
#include "providers/aws/endpoint/functions.h"

#include <string.h>

static bool is_alphanumeric(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9');
}

void dr_aws_percent_encode(struct dr_text *text, const char *bytes, size_t size)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        if (is_alphanumeric(bytes[i]) || (byte && strchr("-._~", byte))) {
            dr_text_putc(text, bytes[i]);
        } else {
            dr_text_add(text, (const char[]){'%', digits[byte >> 4], digits[byte & 15]}, 3);
        }
    }
}

static bool is_label(const char *name, size_t size)
{
    if (size == 0 || size > 63 || name[0] == '-' || name[size - 1] == '-') {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        if (!is_alphanumeric(name[i]) && name[i] != '-') {
            return false;
        }
    }
    return true;
}

bool dr_aws_is_host_label(const char *name, size_t size, bool dots)
{
    for (;;) {
        const char *dot = dots && size ? memchr(name, '.', size) : NULL;
        size_t label = dot ? (size_t)(dot - name) : size;
        if (!is_label(name, label)) {
            return false;
        }
        if (!dot) {
            return true;
        }
        name += label + 1;
        size -= label + 1;
    }
}

bool dr_aws_is_ipv4(const char *text, size_t size)
{
    size_t at = 0;
    for (unsigned part = 0; part < 4; part++) {
        size_t start = at;
        while (at < size && text[at] >= '0' && text[at] <= '9') {
            at++;
        }
        if (at == start || at - start > 3 || (part < 3 && (at == size || text[at++] != '.'))) {
            return false;
        }
    }
    return at == size;
}

bool dr_aws_is_bucket_host(const char *name, size_t size, bool dots)
{
    if (size < 3 || !dr_aws_is_host_label(name, size, dots) || dr_aws_is_ipv4(name, size)) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        if (name[i] >= 'A' && name[i] <= 'Z') {
            return false;
        }
    }
    return true;
}

/* "host", "host:80", "1.2.3.4:80", "[::1]:80": whether it is an address, or nothing a URL may have. */
static bool check_authority(const char *authority, size_t size, bool *ret_is_ip)
{
    size_t host = 0;
    if (size == 0) {
        return false;
    }
    if (*authority == '[') {
        const char *close = memchr(authority, ']', size);
        if (!close) {
            return false;
        }
        host = (size_t)(close - authority) + 1;
        *ret_is_ip = true;
    } else {
        while (host < size && authority[host] != ':') {
            host++;
        }
        *ret_is_ip = dr_aws_is_ipv4(authority, host);
    }
    if (host < size && authority[host++] != ':') {
        return false;
    }
    for (; host < size; host++) {
        if (authority[host] < '0' || authority[host] > '9') {
            return false;
        }
    }
    return true;
}

json_t *dr_aws_parse_url(const char *url)
{
    size_t scheme = strncmp(url, "https://", 8) == 0 ? 5 : strncmp(url, "http://", 7) == 0 ? 4 : 0;
    bool is_ip;
    if (scheme == 0 || strpbrk(url, "?#")) {
        return NULL;
    }
    for (const char *at = url; *at; at++) {
        if ((unsigned char)*at <= ' ' || *at == 0x7f) {
            return NULL; /* not in a URL, and dangerous in a request line */
        }
    }
    const char *authority = url + scheme + 3;
    size_t authority_size = strcspn(authority, "/");
    const char *path = authority + authority_size;
    if (!check_authority(authority, authority_size, &is_ip)) {
        return NULL;
    }
    size_t path_size = strlen(path);
    struct dr_text normalized = {0};
    dr_text_puts(&normalized, path);
    if (path_size == 0 || path[path_size - 1] != '/') {
        dr_text_putc(&normalized, '/');
    }
    json_t *parts = json_object();
    json_object_set_new(parts, "scheme", json_stringn_nocheck(url, scheme));
    json_object_set_new(parts, "authority", json_stringn_nocheck(authority, authority_size));
    json_object_set_new(parts, "path", json_string_nocheck(path));
    json_object_set_new(parts, "normalizedPath", json_string_nocheck(normalized.bytes));
    json_object_set_new(parts, "isIp", json_boolean(is_ip));
    dr_text_done(&normalized);
    return parts;
}

/* Resources are split at ':' and '/': "outpost/op-1/accesspoint/a" and "accesspoint:a" alike. */
static json_t *split_resource(const char *resource)
{
    json_t *parts = json_array();
    for (;;) {
        size_t size = strcspn(resource, ":/");
        json_array_append_new(parts, json_stringn_nocheck(resource, size));
        if (!resource[size]) {
            return parts;
        }
        resource += size + 1;
    }
}

json_t *dr_aws_parse_arn(const char *text)
{
    static const char *const names[] = {"partition", "service", "region", "accountId"};
    if (strncmp(text, "arn:", 4) != 0) {
        return NULL;
    }
    const char *at = text + 4;
    json_t *arn = json_object();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *colon = strchr(at, ':');
        if (!colon || (colon == at && i < 2)) {
            json_decref(arn);
            return NULL;
        }
        json_object_set_new(arn, names[i], json_stringn_nocheck(at, (size_t)(colon - at)));
        at = colon + 1;
    }
    if (!*at) {
        json_decref(arn);
        return NULL;
    }
    json_object_set_new(arn, "resourceId", split_resource(at));
    return arn;
}
